"""A run in an ordinary Jupyter kernel, on systems without fork: a process of its own that sends the same messages."""

import json
import os
import shutil
import sys
import threading

from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError
from nbformat.v4 import new_code_cell, new_notebook

from rdclib.running.client import KERNEL_DIED
from rdclib.running.shell import Meter


class _RunningInterpreter(KernelSpecManager):
    """Knows one kernel: the Python that runs us, whatever is installed under the name python3."""

    def get_kernel_spec(self, kernel_name):
        command = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        return KernelSpec(argv=command, display_name="Python", language="python")


class _Client(NotebookClient):
    meter = None

    def output(self, outs, msg, display_id, cell_index):
        content = msg["content"]
        if msg["msg_type"] == "stream":
            content["text"] = self.meter.text(content["text"])
            if not content["text"]:
                return None
        elif msg["msg_type"] in ("display_data", "execute_result") and not self.meter.show():
            return None
        return super().output(outs, msg, display_id, cell_index)


def main():
    """Run the request that comes as the first line of standard input."""
    request = json.loads(sys.stdin.buffer.readline())
    # Our own descriptor for messages: no other output may be mixed in.
    messages = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)

    def send(**message):
        messages.write(json.dumps(message) + "\n")
        messages.flush()

    def end_with_the_supervisor():
        sys.stdin.buffer.read()
        if manager.has_kernel:
            manager.provisioner.process.kill()
        shutil.rmtree(os.environ["IPYTHONDIR"], ignore_errors=True)  # no other process is left to do it
        os._exit(1)

    manager = AsyncKernelManager(kernel_spec_manager=_RunningInterpreter(), kernel_name="python3")
    if os.name == "posix":  # files instead of ports: parallel starts cannot collide
        manager.transport = "ipc"
        manager.ip = os.path.join(os.environ["IPYTHONDIR"], "kernel")
        manager.connection_file = os.path.join(os.environ["IPYTHONDIR"], "kernel.json")
    threading.Thread(target=end_with_the_supervisor, daemon=True).start()
    send(pid=os.getpid())

    notebook = new_notebook(cells=[new_code_cell(source) for _, source in request["cells"]])
    numbers = [number for number, _ in request["cells"]]
    client = _Client(
        notebook,
        km=manager,
        timeout=None,
        store_widget_state=False,
        resources={"metadata": {"path": request["directory"]}},
    )
    client.reset_execution_trackers()
    complete = True
    try:
        with client.setup_kernel():
            for index, cell in enumerate(notebook.cells):
                send(begin=numbers[index], cell=numbers[index])
                client.meter = Meter()
                try:
                    client.execute_cell(cell, index)
                except CellExecutionError as error:
                    complete = False
                    _send_outputs(send, cell, numbers[index])
                    send(error={"name": error.ename, "text": error.evalue, "fix": ""}, cell=numbers[index])
                    break
                _send_outputs(send, cell, numbers[index])
                send(done=numbers[index], count=cell.execution_count, cell=numbers[index])
            names = _names(client, request["report"]) if complete else {}
            send(all=complete, opened=[], names=names)
    except DeadKernelError:
        os._exit(KERNEL_DIED)
    send(end=0)
    messages.close()
    os._exit(0)


def _send_outputs(send, cell, number):
    for output in cell.outputs:
        send(output=output, cell=number)


def _names(client, wanted):
    """Values of some names in the kernel, to see that the run was about the city it was asked for."""
    cell = new_code_cell(
        "import json as _json\n"
        f"_told = {{k: globals().get(k) for k in {list(wanted)!r}}}\n"
        "print(_json.dumps({k: v for k, v in _told.items() if type(v) in (str, int, bool)}))"
    )
    client.nb.cells.append(cell)
    client.meter = Meter()
    client.execute_cell(cell, len(client.nb.cells) - 1)
    return json.loads(cell.outputs[0].text)
