"""Makes the reports of many engagements: decides what is missing, hands it to workers, publishes what came back."""

import os
import time
from collections import deque
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, wait
from contextlib import ExitStack
from dataclasses import dataclass, field

from filelock import Timeout

from rdclib import periods, places
from rdclib.engagement import load_engagement
from rdclib.errors import RDCError, WrongUse
from rdclib.running import keys, ledger, progress, reports, task
from rdclib.running import stages as known_stages
from rdclib.running.interrupts import interrupted_once, undisturbed
from rdclib.running.progress import total
from rdclib.running.stages import checked_parameters
from rdclib.running.workers import Workers

__all__ = ["fine", "run", "total"]

TIMEOUT_SECONDS = 900  # for one run, unless another is asked for
UP_TO_DATE = "no input changed since it was made"
STOPPED = "Stopped before it was finished.\nRun the same command again to go on."
_ATTEMPTS = 2  # a run whose server or worker was killed from outside is tried once more
_TICK_SECONDS = 0.3


@dataclass
class _City:
    """One engagement of a batch: what is known of it, and what is still to be done."""

    name: str
    runs: dict  # stage name: number in the ledger
    engagement: object  # or the error why it cannot be read
    period: str  # of the last reports where it cannot be read; empty when there were none
    lock: object = None
    open: int = 0  # jobs that have not ended
    busy_since: float = 0.0  # since when another runner has held it


@dataclass
class _Job:
    city: _City
    stage: object
    run: int
    parameters: dict
    inputs: dict
    attempts: int = 0
    began: str = ""
    folder: object = field(default=None)


def run(
    names,
    *,
    period="",
    as_of="",
    parameters=None,
    jobs=None,
    timeout=TIMEOUT_SECONDS,
    memory=None,
    force=False,
    why=False,
    scheduler="",
    executor=None,
    fork=None,
    stages=None,
    clock=time.monotonic,
):
    """Make the reports of some engagements that are missing or out of date.

    Parameters
    ----------
    names : sequence of str
        Engagements.
    period, as_of : str
        For all of them; empty means the one in each engagement.yaml.
    parameters : dict, optional
        More parameters of the notebooks: plain text, whole numbers, true or false.
    jobs : int, optional
        Reports made at the same time; the number of processors unless given.
    timeout, memory : float, optional
        Seconds and MB for one run.
    force : bool
        Make all, also what is up to date.
    why : bool
        Report why each report is made or left alone.
    scheduler : str
        Address of a dask scheduler, ``tcp://...``, whose workers share the folder.
    executor : concurrent.futures.Executor, optional
        Another one than a pool of processes of our own; it is not shut down.
    fork : bool, optional
        False uses ordinary kernels.
    stages : sequence of Stage, optional
        Other notebooks than those of an engagement.
    clock : callable
        Seconds that go on; waiting for another runner is measured with it.

    Returns
    -------
    list of dict
        The ledger's row of each report that was asked for; `fine` reports whether it is as it should be.

    Raises
    ------
    WrongUse
        When an engagement or a parameter does not exist.
    ReportError
        When a notebook cannot be run at all, or the ledger cannot be written.
    KeyboardInterrupt
        After Ctrl-C, when everything was stopped and written down; it carries the message.
    """
    names = list(dict.fromkeys(names))
    stages = known_stages.STAGES if stages is None else stages
    for name in names:
        places.folder(name)
    if period:
        periods.parse(period)
    if as_of:
        periods.parse_day(as_of)
    given = {stage.name: _checked(stage, parameters or {}) for stage in stages}
    folder = reports.ready(places.reports())
    options = {"period": period, "as_of": as_of, "given": given, "force": force, "why": why}
    limits = {"timeout": timeout, "memory": memory}
    with ExitStack() as stack:
        book = ledger.Ledger(folder)
        stack.callback(book.close)
        staging = stack.enter_context(reports.staging(folder))
        asked = len(names) * len(stages)
        interrupts = stack.enter_context(interrupted_once())
        workers = stack.enter_context(Workers(jobs, asked, scheduler, executor, fork))
        screen = stack.enter_context(progress.for_screen(asked))
        batch = _Batch(names, stages, folder, staging, book, workers, screen, options, limits, clock)
        return batch.run(interrupts)


def _checked(stage, given):
    """Refuse a notebook that does not take what every run gives it, and parameters that it does not know."""
    checked_parameters(stage.path, _own_parameters("", "", ""))
    for name in given:
        if name in ("engagement_name", "period", "as_of"):
            raise WrongUse(
                f"'{name}' is not given as a parameter.", fix="Give the name itself, --period and --as-of instead."
            )
    return checked_parameters(stage.path, given)


def _own_parameters(name, period, as_of):
    return {"engagement_name": name, "period": period, "as_of": as_of, "interactive": False}


def fine(row):
    """Whether a row of `run` shows a report that exists and is current."""
    return row["state"] == ledger.DONE or (row["state"] == ledger.SKIPPED and row["why"] == UP_TO_DATE)


class _Batch:
    def __init__(self, names, stages, folder, staging, book, workers, screen, options, limits, clock):
        self.stages, self.folder, self.staging, self.book = stages, folder, staging, book
        self.workers, self.screen, self.options, self.limits, self.clock = workers, screen, options, limits, clock
        self.hashes = keys.Hashes(book.hashes())
        # Once: the workers go on with the library that they have imported, whatever is written to its files.
        self.common = keys.common(self.hashes)
        self.todo = deque()  # jobs of cities that we hold
        self.running = {}  # future: job
        self.book.begin()
        self.cities = deque(self._asked_for(names))

    def _asked_for(self, names):
        asked = []
        for name in names:
            # Read now, so that the ledger knows the period; errors are reported when its turn comes.
            try:
                engagement = load_engagement(name, self.options["period"], self.options["as_of"])
                period = engagement.period.label
            except RDCError as error:
                engagement, period = error, self.options["period"] or self.book.last_period(name)
            asked.append((name, engagement, period))
        if asked and all(isinstance(engagement, WrongUse) for _, engagement, _ in asked):
            raise asked[0][1]
        rows = [
            {"engagement": name, "notebook": stage.name, "period": period}
            for name, _, period in asked
            for stage in self.stages
        ]
        numbers = iter(self.book.add(rows))
        return [
            _City(name, {stage.name: next(numbers) for stage in self.stages}, engagement, period)
            for name, engagement, period in asked
        ]

    def run(self, interrupts):
        try:
            while self.cities or self.todo or self.running:
                interrupts.count()
                self._submit()
                if self.running:
                    ended, _ = wait(self.running, timeout=_TICK_SECONDS, return_when=FIRST_COMPLETED)
                    for future in ended:
                        self._collect(future)
                elif self.cities:
                    time.sleep(_TICK_SECONDS)
        except KeyboardInterrupt:
            with undisturbed():
                raise KeyboardInterrupt(self._stop()) from None
        except BaseException:
            self.workers.kill()  # what runs would be waited for
            raise
        finally:
            self._close()
        return self.book.rows()

    # --- what to do next ---

    def _submit(self):
        while len(self.running) < self.workers.jobs:
            while not self.todo and self._take_city():
                pass
            if not self.todo:
                return
            job = self.todo.popleft()
            try:
                self._start(job)
            except BrokenExecutor:
                self.workers.renew()
                self.todo.appendleft(job)

    def _take_city(self):
        """Take the next engagement that no other runner holds; False when there is none now."""
        for _ in range(len(self.cities)):
            city = self.cities.popleft()
            city.lock = reports.lock(self.folder, city.name)
            try:
                city.lock.acquire()
            except Timeout:
                self._wait_for_other(city)
                continue
            if isinstance(city.engagement, RDCError):
                for stage in self.stages:
                    self._fail(city, stage, {"state": ledger.FAILED, "message": str(city.engagement)})
                city.lock.release()
            else:
                self._plan(city)
            return True
        return False

    def _wait_for_other(self, city):
        """Put an engagement back that another runner holds, but not for ever."""
        city.busy_since = city.busy_since or self.clock()
        if self.clock() - city.busy_since <= (self.limits["timeout"] or TIMEOUT_SECONDS) * len(self.stages) + 60:
            self.cities.append(city)
            return
        message = (
            f"Another runner holds the reports of {city.name} and does not let go.\n"
            "See which with rdc status, end it, and run the same command again."
        )
        for stage in self.stages:
            self._end(city, stage.name, state=ledger.SKIPPED, why="another runner holds it", message=message)

    def _plan(self, city):
        """Decide for each report of an engagement that we hold whether it is to be made."""
        jobs = []
        for stage in self.stages:
            try:
                parameters = self._parameters(city, stage)
                inputs = self._inputs(city, stage, parameters)
                reason = self._reason(city, stage, inputs)
            except Exception as error:
                self._fail(city, stage, task.failure(error, city.name))
                continue
            if self.options["why"]:
                decided = f"made: {reason}" if reason else f"not made: {UP_TO_DATE}"
                self.screen.line(f"{city.name}  {city.period}  {stage.name}  {decided}")
            known = {"key": keys.key(inputs), "inputs": inputs, "why": reason or UP_TO_DATE}
            if reason:
                self.book.update(city.runs[stage.name], **known)
                jobs.append(_Job(city, stage, city.runs[stage.name], parameters, inputs))
            else:
                known["report"] = self._page(city, stage)
                self._end(city, stage.name, state=ledger.SKIPPED, quiet=True, **known)
        city.open = len(jobs)
        self.todo.extend(jobs)
        if not jobs:
            city.lock.release()

    def _inputs(self, city, stage, parameters):
        return keys.inputs(stage.path, city.engagement.folder, parameters, self.hashes, self.common)

    def _parameters(self, city, stage):
        own = _own_parameters(city.name, city.engagement.period.label, self.options["as_of"])
        return own | self.options["given"][stage.name]

    def _reason(self, city, stage, inputs):
        """Why a report is made; empty when it is current."""
        name, period = city.name, city.period
        if self.options["force"]:
            return "asked for with --force"
        known = reports.record(self.folder, name, period)["reports"].get(stage.name)
        if not known or not known["made"]:
            return "the report does not exist yet"
        last = self.book.last_state(name, period, stage.name)
        if last in ledger.BAD or known["state"] in ledger.BAD:
            return f"the last run was not finished ({last or known['state']})"
        if reasons := keys.changes(known["inputs"], inputs):
            return "; ".join(reasons)
        if not reports.whole(self.folder, name, period, stage.name):
            return "the report's file is gone or was changed"
        return ""

    def _page(self, city, stage):
        path = self.folder / city.name / city.period / f"{stage.name}.html"
        return path.relative_to(places.home()).as_posix()

    # --- one run ---

    def _start(self, job):
        job.attempts += 1
        job.began = ledger.now()
        job.folder = self.staging / f"{job.run}-{job.attempts}"
        job.folder.mkdir(exist_ok=True)
        asked = {
            "engagement": job.city.engagement,
            "notebook": job.stage.path,
            "title": job.stage.title,
            "parameters": job.parameters,
            "stamp": f"Made {job.began[:10]} {job.began[11:16]} UTC",
            "staging": str(job.folder),
            "home": {"RDC_HOME": str(places.home())},
            "watch": [f"{folder}{os.sep}" for folder in (places.engagements(), places.EXAMPLES)],
            **self.limits,
        }
        future = self.workers.submit(asked)
        self.running[future] = job
        self.book.update(job.run, state=ledger.RUNNING, started_at=job.began, attempts=job.attempts)
        self.screen.begin(job.city.name, job.stage.title)

    def _collect(self, future):
        job = self.running.pop(future)
        try:
            result = future.result()
        except BrokenExecutor:
            self.workers.renew()
            result = {
                "state": ledger.KILLED,
                "message": f"The worker that watched over the run was killed.\n{task.AGAIN}",
                "lost": True,
            }
        except Exception as error:  # a scheduler that lost its worker, or a result that did not travel
            message = f"The worker was lost ({type(error).__name__}).\n{task.AGAIN}"
            result = {"state": ledger.KILLED, "message": message, "lost": True}
        if result.pop("lost", False):
            self.workers.replace_lost()
            if job.attempts < _ATTEMPTS:
                self.todo.append(job)
                return
        if result["state"] == ledger.DONE:
            result |= self._publish(job, result)
        if result["state"] == ledger.DONE:
            self._end(job.city, job.stage.name, **result)
        else:
            self._fail(job.city, job.stage, result)
        job.city.open -= 1
        if not job.city.open:
            job.city.lock.release()

    def _publish(self, job, result):
        city = job.city
        if changed := keys.changes(job.inputs, self._inputs_now(job)):
            message = (
                f"The inputs changed while the report was made: {'; '.join(changed)}.\nRun the same command again."
            )
            return {"state": ledger.STALE, "message": message}
        measured = {name: result[name] for name in ("seconds", "peak_mb")}
        try:
            reports.put(
                self.folder,
                city.engagement,
                job.stage.name,
                job.stage.title,
                job.folder,
                job.inputs,
                job.began,
                **measured,
            )
        except Exception as error:
            return task.failure(error, city.name)
        return {"report": self._page(city, job.stage)}

    def _inputs_now(self, job):
        try:
            return self._inputs(job.city, job.stage, job.parameters)
        except OSError:
            return job.inputs | {"data": {}}

    def _fail(self, city, stage, result):
        """Mark the last good report, and end a run that made no newer one."""
        name = "" if isinstance(city.engagement, RDCError) else city.engagement.facts.city
        try:
            reports.keep(self.folder, city.name, city.period, name, stage, result["state"])
        except Exception as error:
            result["message"] += f"\n{task.failure(error, city.name)['message']}"
        self._end(city, stage.name, **result)

    def _end(self, city, stage, *, quiet=False, **values):
        self.book.update(city.runs[stage], ended_at=ledger.now(), **values)
        row = {"engagement": city.name, "notebook": stage, "cell": None, "heading": "", "message": "", "seconds": None}
        row["period"] = city.period
        self.screen.end(row | values, quiet=quiet)

    # --- the end ---

    def _stop(self):
        """End what runs and record what was not done; returns the message."""
        self.workers.kill()
        for row in self.book.rows():
            if row["state"] in ledger.OPEN:
                state = ledger.KILLED if row["state"] == ledger.RUNNING else ledger.SKIPPED
                self.book.update(row["id"], state=state, why="", message=STOPPED, ended_at=ledger.now())
        done = sum(row["state"] == ledger.DONE for row in self.book.rows())
        return (
            f"Stopped. {done} of {self.screen.total} reports were made and are kept.\n"
            "Run the same command again to go on; it makes only what is missing."
        )

    def _close(self):
        with undisturbed():
            for job in (*self.todo, *self.running.values()):
                job.city.lock.release(force=True)
            self.book.keep_hashes(self.hashes.new)
            self.book.end()
            try:
                reports.write_index(self.folder)
            except (RDCError, OSError, Timeout) as error:
                self.screen.complain(f"The list of reports could not be written: {error}")
