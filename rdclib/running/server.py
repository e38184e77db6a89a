"""The fork server: imports everything once, then forks a fresh process for each run.

It is a process of its own with an empty main module and one thread, started by `rdclib.running.client`. It does not
read notebooks: the child does. It ends when the process that started it ends, and takes every run with it.
"""

import ast
import atexit
import contextlib
import ctypes
import gc
import importlib
import json
import os
import resource
import select
import shutil
import signal
import socket
import sys
import time
import traceback
from dataclasses import dataclass, replace
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]
CAPTURE_LIMIT = 4_000_000  # bytes that programs started by a cell may print before we forget the rest
TICK_MS = 200
EXAMPLE = "quillhaven"
_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None

# Packages that no notebook imports.
_NOT_NEEDED = ("running", "workshop", "__main__", "templates")


def modules_to_import():
    """Names of the modules that the library imports anywhere, also inside functions, and its own."""
    names = set()
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        if parts[0] in _NOT_NEEDED:
            continue
        names.add(".".join((PACKAGE.name, *(part for part in parts if part != "__init__"))))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names.update(alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names.add(node.module)
    return sorted(names)


def preload():
    """Import what runs need. A module that cannot be imported here fails in the run that asks for it."""
    for name in modules_to_import():
        try:
            importlib.import_module(name)
        except Exception:
            print(f"not imported before the runs: {name}", file=sys.stderr)


def warm_up():
    """Use the library once, on a city without files, so that what is made at first use is there before the forks."""
    from rdclib.assessment import assess
    from rdclib.engagement import load_engagement
    from rdclib.figures import Picture, picture
    from rdclib.records import load_records

    try:
        example = load_engagement(EXAMPLE)
        # Reading files would start threads of pyarrow's.
        empty = replace(example, facts=example.facts.model_copy(update={"files": {}}))
        assess(load_records(empty), empty)
        figure, axes = picture.canvas()
        axes.plot([0, 1], label="line")
        axes.legend(title="Legend")
        Picture(figure, "alt", "caption", "warm").html()
    except Exception as error:
        print(f"not warmed up: {type(error).__name__}: {error}", file=sys.stderr)


def _threads_left():
    """How many threads run when those that an import started for a moment have had time to end."""
    patience = time.monotonic() + 5
    while (threads := len(os.listdir("/proc/self/task"))) != 1 and time.monotonic() < patience:
        time.sleep(0.02)
    return threads


@dataclass
class _Run:
    connection: socket.socket
    capture: int  # file in memory that the run's file descriptors 1 and 2 lead to
    folder: str
    ending: bytes = b""  # what is still to be sent after its end


def main():
    """Serve runs at a socket in the folder given as argument, until standard input ends or all is idle too long."""
    folder, idle_seconds = sys.argv[1], float(sys.argv[2])
    from rdclib.running import shell

    preload()
    made = shell.make(folder)
    warm_up()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(f"{folder}/server")
        listener.listen(128)
        if (threads := _threads_left()) != 1:
            sys.exit(f"{threads} threads are running; a fork would copy their locks and not them")
        gc.collect()
        gc.freeze()
        server = _Server(listener, folder, made, idle_seconds)
        print("ready", flush=True)
        try:
            server.serve()
        finally:
            server.stop()
            shutil.rmtree(folder, ignore_errors=True)


class _Server:
    def __init__(self, listener, folder, shell, idle_seconds):
        self.listener, self.folder, self.shell, self.idle_seconds = listener, folder, shell, idle_seconds
        self.runs = {}  # process: _Run
        self.ended = []  # runs whose last message did not fit into the pipe yet
        self.count = 0
        self.pid = os.getpid()
        # Processes that a run leaves behind become ours, so that we can end them.
        _LIBC.prctl(_PR_SET_CHILD_SUBREAPER, 1)
        self.wake, wake_write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self.wake_write = wake_write
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)
        self.poll = select.poll()
        self.poll.register(0, select.POLLIN)
        self.poll.register(self.wake, select.POLLIN)
        self.poll.register(listener, select.POLLIN)

    def serve(self):
        while True:
            busy = self.runs or self.ended
            events = self.poll.poll(TICK_MS if busy else self.idle_seconds * 1000)
            if not events and not busy:
                return
            for descriptor, _ in events:
                if descriptor == 0:
                    return  # whoever started us has ended
                if descriptor == self.wake:
                    with contextlib.suppress(BlockingIOError):
                        os.read(self.wake, 4096)
                elif descriptor == self.listener.fileno():
                    self.fork()
                else:  # the supervisor of this run hung up or asks for its end
                    self.end(descriptor)
            self.reap()
            self.tidy()

    def fork(self):
        connection, _ = self.listener.accept()
        self.count += 1
        folder = f"{self.folder}/run-{self.count}"
        os.mkdir(folder)
        capture = os.memfd_create(folder, os.MFD_CLOEXEC)
        # Appending: after we cut the file, writers go on at its new end.
        os.set_blocking(capture, True)
        _append(capture)
        child = os.fork()
        if child == 0:
            try:
                self.become_run(connection, capture, folder)
            except BaseException as error:
                trouble = {"trouble": f"The run could not be prepared ({type(error).__name__}: {error})."}
                connection.sendall(json.dumps(trouble).encode() + b"\n")
            finally:
                os._exit(1)
        with contextlib.suppress(OSError):
            os.setpgid(child, child)
        self.runs[child] = _Run(connection, capture, folder)
        self.poll.register(connection, select.POLLRDHUP)

    def become_run(self, connection, capture, folder):
        """Leave everything of the server's behind, and run the cells."""
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        with contextlib.suppress(OSError):
            os.setpgid(0, 0)
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != self.pid:
            os._exit(1)
        for run in (*self.runs.values(), *self.ended):
            run.connection.close()
            os.close(run.capture)
        self.listener.close()
        os.close(self.wake)
        os.close(self.wake_write)
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, 0)
        os.dup2(capture, 1)
        os.dup2(capture, 2)
        with connection.makefile("rb") as stream:
            request = json.loads(stream.readline() or "null")
        if request is not None:
            execute(self.shell, connection, capture, folder, request)

    def end(self, descriptor):
        for child, run in self.runs.items():
            if run.connection.fileno() == descriptor:
                self.poll.unregister(descriptor)
                _kill(child)

    def reap(self):
        while True:
            try:
                seen = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            except ChildProcessError:
                return
            if seen is None:
                return
            run = self.runs.pop(seen.si_pid, None)
            if run:
                _kill(seen.si_pid)  # before it is waited for: until then no other process can get its number
            _, status, usage = os.wait4(seen.si_pid, 0)
            if run:
                self.finish(run, os.waitstatus_to_exitcode(status), usage.ru_maxrss / 1024)

    def finish(self, run, code, peak_mb):
        with contextlib.suppress(KeyError):
            self.poll.unregister(run.connection)
        for orphan in self.orphans():
            _kill(orphan)
        os.close(run.capture)
        shutil.rmtree(run.folder, ignore_errors=True)
        # A run that was killed while it wrote a line leaves half of it: begin a new one.
        run.ending = b"\n" + json.dumps({"end": code, "peak_mb": round(peak_mb, 1)}).encode() + b"\n"
        self.ended.append(run)

    def orphans(self):
        """Processes whose run has ended, and daemons that a run made: both are our children now."""
        path = f"/proc/self/task/{self.pid}/children"
        try:
            with open(path) as stream:
                children = {int(number) for number in stream.read().split()}
        except OSError:  # a kernel without this file
            return set()
        return children - set(self.runs)

    def tidy(self):
        """Send what still waits to be sent, and cut what programs printed beyond all measure."""
        for run in list(self.ended):
            try:
                sent = run.connection.send(run.ending, socket.MSG_DONTWAIT)
                run.ending = run.ending[sent:]
            except BlockingIOError:
                continue
            except OSError:
                run.ending = b""
            if not run.ending:
                run.connection.close()
                self.ended.remove(run)
        for run in self.runs.values():
            if os.fstat(run.capture).st_size > CAPTURE_LIMIT:
                os.ftruncate(run.capture, CAPTURE_LIMIT)

    def stop(self):
        for child in self.runs:
            _kill(child)
        for orphan in self.orphans():
            _kill(orphan)


def _append(descriptor):
    import fcntl

    fcntl.fcntl(descriptor, fcntl.F_SETFL, fcntl.fcntl(descriptor, fcntl.F_GETFL) | os.O_APPEND)


def _kill(process):
    for kill in (os.killpg, os.kill):
        with contextlib.suppress(OSError):
            kill(process, signal.SIGKILL)


# --- in the child ---


def execute(shell, connection, capture, folder, request):
    """Run the cells of a request; never returns.

    Parameters
    ----------
    shell : rdclib.running.shell.Shell
    connection : socket.socket
        Where messages go.
    capture : int
        File that descriptors 1 and 2 lead to.
    folder : str
        The run's own working folder, unless the request names one.
    request : dict
        ``cells`` as ``[number, source]``; ``directory``, ``environment``, ``memory_mb``; ``watch``, folders whose
        opened files are reported; ``report``, names whose values are; ``leave_out``, forms that no one will see.
    """
    from rdclib.running.shell import Channel, Printed, run_cell

    channel = shell.channel = Channel(connection)
    shell.leave_out = tuple(request["leave_out"])
    sys.stdout, sys.stderr = Printed(channel, "stdout", 1), Printed(channel, "stderr", 2)
    channel.send({"pid": os.getpid()})
    os.environ.update(request["environment"])
    directory = request["directory"] or folder
    os.chdir(directory)
    sys.path.insert(0, directory)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if request["memory_mb"]:
        _limit_memory(request["memory_mb"])
    opened = _watch(tuple(request["watch"]))
    # What the server registered for its own end is none of the run's business; what the cells register is.
    atexit._clear()
    complete = True
    for number, source in request["cells"]:
        complete = run_cell(shell, number, source)
        _read_capture(channel, capture)
        if not complete:
            break
        channel.send({"done": number, "count": shell.execution_count - 1})
    names = {
        name: shell.user_ns[name] for name in request["report"] if type(shell.user_ns.get(name)) in (str, int, bool)
    }
    channel.send({"all": complete, "opened": sorted(opened), "names": names})
    try:
        atexit._run_exitfuncs()
    except BaseException:
        traceback.print_exc()
    channel.flush()
    os._exit(0)


def _read_capture(channel, capture):
    """Pass on what programs wrote to descriptors 1 and 2 while the cell ran, for example ``os.system``."""
    size = min(os.fstat(capture).st_size, CAPTURE_LIMIT)
    if size:
        text = os.pread(capture, size, 0).decode(errors="backslashreplace")
        os.ftruncate(capture, 0)
        channel.printed("stdout", text)
        channel.flush()


def _limit_memory(limit_mb):
    """Let Python raise MemoryError in the cell that asks for too much; the supervisor ends what slips through."""
    pages = [int(number) for number in Path("/proc/self/statm").read_text().split()]
    resident, data = pages[1] * resource.getpagesize(), pages[5] * resource.getpagesize()
    allowed = max(int(limit_mb * 1024 * 1024) - resident, 16 * 1024 * 1024)
    resource.setrlimit(resource.RLIMIT_DATA, (data + allowed, data + allowed))


def _watch(folders):
    """Note the files below some folders that Python opens from now on."""
    opened = set()

    def note(event, args):
        if event == "open" and type(args[0]) is str and args[0].startswith(folders):
            opened.add(args[0])

    if folders:
        sys.addaudithook(note)
    return opened
