"""The IPython shell in which a forked run executes its cells: no kernel, no sockets, every output sent as one line."""

import base64
import io
import json
import os
import time

from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.formatters import DisplayFormatter
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

PRINTED_LIMIT = 100_000  # characters a cell may print into a report; no one reads more
SHOWN_LIMIT = 500  # tables and figures a cell may show
_SEND_AFTER = 0.2  # seconds that printed text waits for more, so that a loop of prints is not a message each


class Meter:
    """Counts what one cell puts out, and reports once when it is more than a report holds."""

    def __init__(self):
        self.printed = self.shown = 0

    def text(self, text):
        """The part of printed text that still fits, with a remark where it was cut."""
        left = PRINTED_LIMIT - self.printed
        self.printed += len(text)
        if left < 0:
            return ""
        if len(text) <= left:
            return text
        return f"{text[:left]}\n[cut: this cell printed more than {PRINTED_LIMIT:,} characters]\n"

    def show(self):
        """Whether one more table or figure still fits."""
        self.shown += 1
        return self.shown <= SHOWN_LIMIT


class Channel:
    """Sends what happens in a run, one JSON object a line, in the order in which it happens.

    Parameters
    ----------
    connection : socket.socket
        To the supervisor of the run.
    """

    def __init__(self, connection):
        self._connection = connection
        self._waiting = None  # name of the stream, its pieces, when the first came
        self._meter = Meter()
        self.cell = None
        self.pid = os.getpid()
        self.failed = False

    def begin(self, cell):
        """Turn to the next cell."""
        self.cell, self._meter, self.failed = cell, Meter(), False
        self.send({"begin": cell})

    def printed(self, name, text):
        """Printed text of ``stdout`` or ``stderr``."""
        if not (text := self._meter.text(text)):
            return
        if self._waiting and self._waiting[0] != name:
            self.flush()
        if not self._waiting:
            self._waiting = (name, [], time.monotonic())
        self._waiting[1].append(text)
        if time.monotonic() - self._waiting[2] > _SEND_AFTER:
            self.flush()

    def shown(self, output, **more):
        """A table, a figure or an error, as nbformat has it."""
        if self._meter.show() or output["output_type"] == "error":
            self.send({"output": output, **more})

    def flush(self):
        """Send printed text that still waits."""
        if self._waiting:
            (name, pieces, _), self._waiting = self._waiting, None
            self._write({"output": {"output_type": "stream", "name": name, "text": "".join(pieces)}, "cell": self.cell})

    def send(self, message):
        """Send a message of the cell that runs."""
        self.flush()
        self._write({"cell": self.cell, **message})

    def _write(self, message):
        self._connection.sendall(json.dumps(message, default=str).encode() + b"\n")


class Printed(io.TextIOBase):
    """``sys.stdout`` or ``sys.stderr`` of a run."""

    encoding = "utf-8"
    errors = "backslashreplace"

    def __init__(self, channel, name, descriptor):
        self._channel, self.name, self._descriptor = channel, name, descriptor

    def writable(self):
        return True

    def fileno(self):
        return self._descriptor

    def write(self, text):
        if os.getpid() == self._channel.pid:
            self._channel.printed(self.name, text)
        else:  # a process that the cell forked: its text must not mix with our messages
            os.write(self._descriptor, text.encode(errors=self.errors))
        return len(text)


def _plain(data):
    """Data that JSON can carry, as Jupyter has it: pictures in base 64."""
    return {
        kind: base64.b64encode(value).decode() if isinstance(value, bytes) else value for kind, value in data.items()
    }


class _Hook(DisplayHook):
    def write_output_prompt(self):
        pass

    def write_format_data(self, format_dict, md_dict=None):
        self.shell.channel.shown(
            {
                "output_type": "execute_result",
                "execution_count": self.prompt_count,
                "data": _plain(format_dict),
                "metadata": md_dict or {},
            }
        )

    def finish_displayhook(self):
        self._is_active = False


class _Publisher(DisplayPublisher):
    def publish(self, data, metadata=None, *, transient=None, update=False, **_):
        self.shell.channel.shown(
            {"output_type": "display_data", "data": _plain(data), "metadata": metadata or {}},
            display_id=(transient or {}).get("display_id"),
            update=update,
        )

    def clear_output(self, wait=False):
        self.shell.channel.send({"clear": True})


class _Formatter(DisplayFormatter):
    def format(self, obj, include=None, exclude=None):
        # Of our own results only: they have better forms than these. Anything else is shown as it shows itself.
        if type(obj).__module__.startswith("rdclib."):
            exclude = {*(exclude or ()), *self.parent.leave_out}
        return super().format(obj, include, exclude)


class Shell(InteractiveShell):
    """An interactive shell whose outputs go to ``channel``, which a run sets after the fork.

    Our own figures and tables are not shown in the forms named in ``leave_out``.
    """

    displayhook_class = _Hook
    display_pub_class = _Publisher
    channel = None
    leave_out = ()

    def init_display_formatter(self):
        """Use the formatter that can leave forms out."""
        self.display_formatter = _Formatter(parent=self)
        self.configurables.append(self.display_formatter)

    def enable_gui(self, gui=None):
        """No windows."""

    def _showtraceback(self, etype, evalue, stb):
        self.channel.failed = True
        self.channel.shown(
            {"output_type": "error", "ename": etype.__name__, "evalue": str(evalue), "traceback": list(stb)}
        )


def make(folder):
    """Make the shell, before any fork, with pyplot's figures shown in line as a kernel does.

    Parameters
    ----------
    folder : path-like
        Where IPython may put its files.
    """
    config = Config()
    config.HistoryManager.enabled = False  # a history means a database and a thread
    config.HistoryManager.hist_file = ":memory:"
    config.InteractiveShell.colors = "nocolor"
    config.InteractiveShell.ipython_dir = str(folder)
    shell = Shell.instance(config=config)
    shell.display_formatter.active = True
    shell.enable_matplotlib("inline")
    return shell


def run_cell(shell, number, source):
    """Run one cell and report on its channel how it went.

    Returns
    -------
    bool
        Whether it ran to its end.
    """
    channel = shell.channel
    channel.begin(number)
    result = shell.run_cell(source, store_history=True)
    error = result.error_before_exec or result.error_in_exec
    if error is None:
        return True
    name, text = type(error).__name__, str(error)
    if not channel.failed:  # a handler printed it, or IPython only wrote a line; a notebook file needs the error too
        channel.shown({"output_type": "error", "ename": name, "evalue": text, "traceback": [f"{name}: {text}"]})
    channel.send({"error": {"name": name, "text": text, "fix": str(getattr(error, "fix", "") or "")}})
    return False
