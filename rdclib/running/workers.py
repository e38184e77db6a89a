"""The processes that watch over runs, here or on other machines, and the fork server that they ask for them."""

import multiprocessing
import os
import signal
import threading
from concurrent.futures import ProcessPoolExecutor

from rdclib.errors import ReportError
from rdclib.running import client, task
from rdclib.running.interrupts import undisturbed


class Workers:
    """An executor, and the fork server that its tasks ask for runs.

    Where the executor is not a pool of our own, each of its processes has a server of its own.

    Parameters
    ----------
    jobs : int or None
        Reports made at the same time; None means one a processor.
    asked : int
        Reports in all.
    scheduler : str
        Address of a dask scheduler; empty means this machine.
    executor : concurrent.futures.Executor or None
        Another one than a pool of our own; it is not shut down.
    fork : bool or None
        False uses ordinary kernels; None means forks where the system has them.
    """

    def __init__(self, jobs, asked, scheduler, executor, fork):
        # More workers than reports would only be started and ended.
        self.jobs = max(1, min(jobs or os.cpu_count() or 1, asked))
        self._asked_for = jobs
        self._scheduler, self._executor = scheduler, executor
        self._fork = client.FORKS if fork is None else fork
        self._own = not (scheduler or executor)
        self._server = self._cluster = None

    def submit(self, asked):
        """Hand a run to a worker, as `rdclib.running.task.make_report` takes it; returns the future.

        Workers and server start with the first.

        Raises
        ------
        ReportError
            When no scheduler answers.
        concurrent.futures.BrokenExecutor
            When a worker was killed; see `renew`.
        """
        if self._executor is None:
            self._start()
        address = self._server.address if self._server else None
        return self._executor.submit(task.make_report, asked | {"address": address, "fork": self._fork})

    def _start(self):
        if self._scheduler:
            self._cluster = _connected(self._scheduler)
            # A run that kills its worker is not to be tried on all the others.
            self._cluster.run_on_scheduler(_allow_no_failures)
            self._executor = self._cluster.get_executor(pure=False)
            self.jobs = self._asked_for or sum(self._cluster.nthreads().values()) or 1
            return
        self._new_pool()
        self.replace_lost()

    def _new_pool(self):
        # spawn: no threads, locks or open files are copied into the workers.
        context = multiprocessing.get_context("spawn")
        self._executor = ProcessPoolExecutor(self.jobs, mp_context=context, initializer=_begin_worker)
        # Workers inherit that Ctrl-C is not for them: one that still imports would print where it was.
        with undisturbed(signal.SIGINT):
            self._executor.submit(os.getpid)  # all begin with the first task

    def renew(self):
        """A new pool after one whose worker was killed.

        Raises
        ------
        ReportError
            When the pool is not ours.
        """
        if not self._own:
            raise ReportError(
                "The executor is broken.", fix="Start its workers again, then run the same command again."
            )
        self._executor.shutdown(wait=False, cancel_futures=True)
        self._new_pool()

    def replace_lost(self):
        """Start the fork server, or start it again when it has ended."""
        if not (self._own and self._fork) or (self._server and self._server.alive()):
            return
        if self._server:
            self._server.close()
            self._server = None
        try:
            self._server = client.Server()
        except client.ServerLost as error:
            # Slower, and as safe.
            self._fork = False
            print(f"Ordinary kernels are used, because {error}.", flush=True)

    def kill(self):
        """End all runs at once."""
        if self._server:
            self._server.close()
        elif self._cluster:
            self._cluster.run(client.close_own_server)
        elif not self._own:
            client.close_own_server()
        if self._own:
            # What a worker started sees its end and ends too. The executor itself cannot end a task that runs.
            for process in list((getattr(self._executor, "_processes", None) or {}).values()):
                process.kill()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        with undisturbed():
            if self._server:
                self._server.close()
            if self._cluster:
                self._cluster.close()
            elif self._own and self._executor:
                self._executor.shutdown(wait=True, cancel_futures=True)


def _connected(scheduler):
    try:
        from distributed import Client
    except ImportError:
        raise ReportError(
            "Several machines need the library distributed.", fix="Install it with pip install 'rdclib[cluster]'."
        ) from None
    try:
        return Client(scheduler, timeout=30)
    except (OSError, ValueError) as error:
        raise ReportError(
            f"No scheduler answers at {scheduler} ({type(error).__name__}).",
            fix="Start one with dask scheduler and give the address that it prints, for example tcp://10.0.0.5:8786.",
        ) from None


def _allow_no_failures(dask_scheduler):
    dask_scheduler.allowed_failures = 0


def _begin_worker():
    """Leave Ctrl-C to the coordinator, end with it, however it ended, and import what reports need."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()

    def end_with_the_coordinator():
        parent.join()
        os._exit(1)

    threading.Thread(target=end_with_the_coordinator, daemon=True).start()
    task.warm_up()
