"""Starts the fork server, asks it for runs, and watches over each run from outside: time, memory, end."""

import atexit
import contextlib
import json
import os
import queue
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

FORKS = sys.platform == "linux"
START_SECONDS = 180  # imports from a cold disk
END_SECONDS = 5  # for the server to end a run that it was asked to end
KERNEL_DIED = 137
IDLE_SECONDS = 900  # an unused server ends itself after this time
_TICK = 0.25

# One thread, so that a fork copies everything there is; and sets in the same order in every run.
_ONE_THREAD = {
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "NUMEXPR_NUM_THREADS": "1",
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
    "PYTHONHASHSEED": "0",
}


def _command(module, *arguments):
    # An empty main module; and -P: a file pandas.py in the current folder is not the library pandas.
    return [sys.executable, "-P", "-c", f"from rdclib.running.{module} import main; main()", *arguments]


class ServerLost(Exception):
    """The fork server could not be started or has ended; the run itself is not to blame."""


class Stopped(Exception):
    """A run that did not come to its end.

    Parameters
    ----------
    state : str
        ``killed``, ``timed out`` or ``hung``.
    message : str
        What happened.
    """

    def __init__(self, state, message):
        super().__init__(message)
        self.state = state


class Server:
    """A fork server of this process.

    Raises
    ------
    ServerLost
        When it does not start; the reason is in the message.
    """

    def __init__(self):
        self._folder = tempfile.mkdtemp(prefix="rdc-")
        self.address = f"{self._folder}/server"
        log = Path(self._folder, "log")
        with log.open("wb") as errors:
            self._process = subprocess.Popen(
                _command("server", self._folder, str(IDLE_SECONDS)),
                stdin=subprocess.PIPE,  # when it closes, the server knows that we ended, for whatever reason
                stdout=subprocess.PIPE,
                stderr=errors,
                env=os.environ | _ONE_THREAD | {"IPYTHONDIR": self._folder},
                start_new_session=True,
            )
        ready = False
        try:
            ready = self._ready()
        finally:  # also when Ctrl-C comes meanwhile
            if not ready:
                reason = log.read_text(errors="replace").strip().splitlines()[-1:] or ["no reason given"]
                self.close()
        if not ready:
            raise ServerLost(f"the fork server did not start: {reason[0]}")

    @property
    def pid(self):
        """Number of the server's process."""
        return self._process.pid

    def _ready(self):
        # A thread, because a pipe has no time limit; the server's life hangs on the pipe and not on this thread.
        line = []
        reader = threading.Thread(target=lambda: line.append(self._process.stdout.readline()), daemon=True)
        reader.start()
        reader.join(START_SECONDS)
        return line == [b"ready\n"]

    def alive(self):
        """Whether it still runs."""
        return self._process.poll() is None

    def close(self):
        """End the server and all its runs."""
        with contextlib.suppress(OSError):
            self._process.stdin.close()
        try:
            self._process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()
        shutil.rmtree(self._folder, ignore_errors=True)


_own = None
_own_lock = threading.Lock()


def own_server():
    """The fork server of this process, started when first asked for and again when it has ended."""
    global _own
    with _own_lock:
        if _own is None or not _own.alive():
            if _own is None:
                atexit.register(close_own_server)
            else:
                _own.close()
            _own = Server()
        return _own


def close_own_server():
    """End the fork server of this process, if there is one."""
    global _own
    with _own_lock:
        if _own is not None:
            _own.close()
            _own = None


class ForkedRun:
    """A run in a child of the fork server.

    Parameters
    ----------
    address : str
        Of the server.
    request : dict
        What `rdclib.running.server.execute` needs.

    Raises
    ------
    ServerLost
        When no server answers at the address.
    """

    knows_its_peak = True  # the server reports the peak memory at the end

    def __init__(self, address, request):
        self.pid = None
        self._buffer = b""
        self._socket = socket.socket(socket.AF_UNIX)
        try:
            self._socket.connect(address)
            self._socket.sendall(json.dumps(request).encode() + b"\n")
        except OSError as error:
            self._socket.close()
            raise ServerLost(f"the fork server does not answer: {error.strerror}") from None

    def read(self, seconds):
        """The next message, or None when none arrived in time.

        Raises
        ------
        ServerLost
            When the server ended before the run did.
        """
        while b"\n" not in self._buffer:
            self._socket.settimeout(max(seconds, 0.001))
            try:
                data = self._socket.recv(1 << 20)
            except TimeoutError:
                return None
            except OSError:
                data = b""
            if not data:
                if self.pid:
                    _kill_group(self.pid)
                raise ServerLost("the fork server ended during the run")
            self._buffer += data
        line, _, self._buffer = self._buffer.partition(b"\n")
        return _message(line)

    def stop(self):
        """Have the run ended, with everything it started; returns its peak memory in MB."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_WR)
        until = time.monotonic() + END_SECONDS
        with contextlib.suppress(ServerLost):
            while (left := until - time.monotonic()) > 0:
                message = self.read(left)
                if message and "end" in message:
                    return message["peak_mb"]
        if self.pid:
            _kill_group(self.pid)
        return None

    def close(self):
        """Hang up; the server ends the run if it still runs."""
        self._socket.close()


class KernelRun:
    """A run in an ordinary Jupyter kernel, for systems without fork; the same messages, slower.

    Parameters
    ----------
    request : dict
        As for `ForkedRun`.
    """

    knows_its_peak = False

    def __init__(self, request):
        self._folder = tempfile.mkdtemp(prefix="rdc-")
        request = request | {"directory": request["directory"] or self._folder}
        self._process = subprocess.Popen(
            _command("kernel"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=os.environ | _ONE_THREAD | request["environment"] | {"IPYTHONDIR": self._folder},
            start_new_session=True,
        )
        self.pid = self._process.pid
        self._lines = queue.Queue()
        threading.Thread(target=self._listen, daemon=True).start()
        # Stays open: when it closes, the process knows that we ended.
        self._process.stdin.write(json.dumps(request).encode() + b"\n")
        self._process.stdin.flush()

    def _listen(self):
        for line in self._process.stdout:
            self._lines.put(line)
        self._lines.put(None)

    def read(self, seconds):
        """The next message, or None when none arrived in time."""
        try:
            line = self._lines.get(timeout=max(seconds, 0.001))
        except queue.Empty:
            return None
        if line is None:
            return {"end": self._process.wait() or 1}
        return _message(line)

    def stop(self):
        """End the kernel and everything it started."""
        import psutil

        with contextlib.suppress(psutil.Error):
            for process in (*psutil.Process(self.pid).children(recursive=True), psutil.Process(self.pid)):
                with contextlib.suppress(psutil.Error):
                    process.kill()
        self._process.wait()

    def close(self):
        """Remove everything that was created."""
        self.stop()
        for stream in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(OSError):
                stream.close()
        shutil.rmtree(self._folder, ignore_errors=True)


def _message(line):
    try:
        return json.loads(line)
    except ValueError:  # half a line of a run that was killed while it wrote
        return {}


def _kill_group(pid):
    with contextlib.suppress(OSError):
        os.killpg(pid, signal.SIGKILL)


def memory_mb(pid):
    """Resident memory of a process and everything it started, in MB; 0 when it has ended."""
    import psutil

    total = 0
    with contextlib.suppress(psutil.Error):
        process = psutil.Process(pid)
        for one in (process, *process.children(recursive=True)):
            with contextlib.suppress(psutil.Error):
                total += one.memory_info().rss
    return total / 1024 / 1024


def watch(run, *, timeout, memory, account):
    """Pass on a run's messages until it ends, and end it when it takes too long or too much.

    Parameters
    ----------
    run : ForkedRun or KernelRun
    timeout : float or None
        Seconds for the whole run.
    memory : float or None
        MB of resident memory for the run with everything it starts, libraries included.
    account : dict
        Gains ``seconds``, ``peak_mb``, ``opened`` and ``names``, also when the run fails.

    Yields
    ------
    dict
        Messages with ``begin``, ``output``, ``clear``, ``done`` or ``error``.

    Raises
    ------
    Stopped
        When the run was killed, timed out, hung, or ended without having run every cell.
    ServerLost
        When the server ended first.
    """
    began = time.monotonic()
    checked = 0.0
    complete = False
    try:
        while True:
            spent = time.monotonic() - began
            if timeout and spent > timeout:
                account["peak_mb"] = run.stop() or account.get("peak_mb")
                raise _too_late(complete, time.monotonic() - began, timeout)
            message = run.read(min(_TICK, timeout - spent) if timeout else _TICK)
            if run.pid and spent - checked > _TICK and (memory or not run.knows_its_peak):
                checked = spent
                used = memory_mb(run.pid)
                account["peak_mb"] = max(account.get("peak_mb") or 0, round(used, 1))
                if memory and used > memory:
                    run.stop()
                    raise _too_much(used, memory)
            if not message:
                continue
            if "pid" in message:
                run.pid = message["pid"]
            elif "all" in message:
                complete = message["all"]
                account.update(opened=message["opened"], names=message["names"])
            elif "trouble" in message:
                account["trouble"] = message["trouble"]
            elif "end" in message:
                account["peak_mb"] = message.get("peak_mb") or account.get("peak_mb")
                # A run may be over before anybody looked.
                if memory and complete and (account["peak_mb"] or 0) > memory:
                    raise _too_much(account["peak_mb"], memory)
                break
            else:
                yield message
    finally:
        account["seconds"] = time.monotonic() - began
        run.close()
    if message["end"] != 0 or "opened" not in account:
        raise Stopped("killed", account.get("trouble") or _death(message["end"]))


def _too_much(used, limit):
    return Stopped("killed", f"It used {used:,.0f} MB of memory; the limit is {limit:,.0f} MB.")


def _too_late(complete, spent, timeout):
    if complete:
        return Stopped(
            "hung", f"All cells had run, but the run did not end in {spent:.1f} s; the limit is {timeout:g} s."
        )
    return Stopped("timed out", f"It was stopped after {spent:.1f} s; the limit is {timeout:g} s.")


def _death(code):
    if code == KERNEL_DIED:
        return "The kernel was killed. The system does this when memory runs out."
    if code >= 0:
        return f"The process ended by itself, with status {code}, before all cells had run."
    name = signal.Signals(-code).name if -code in set(signal.Signals) else f"signal {-code}"
    more = " The system does this when memory runs out." if name == "SIGKILL" else ""
    return f"The process was killed by {name}.{more}"
