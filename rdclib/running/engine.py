"""The papermill engine ``rdc``: each run in a fresh process, forked from a server that has the imports already.

papermill loads this module while it is itself imported, so no module may import it before ``import papermill``.
"""

import os

from nbformat.notebooknode import from_dict
from papermill.engines import Engine

from rdclib.running import client


class ForkEngine(Engine):
    """Executes a notebook's cells outside any kernel, in a process that ends with the run."""

    @classmethod
    def nb_kernel_name(cls, nb, name=None):
        """The running interpreter, whatever kernel the notebook was saved with."""
        return "python3"

    @classmethod
    def nb_language(cls, nb, language=None):
        """Python."""
        return "python"

    @classmethod
    def execute_managed_notebook(
        cls,
        nb_man,
        kernel_name,
        *,
        address=None,
        fork=None,
        private_folder=False,
        environment=None,
        watch=(),
        report=(),
        leave_out=(),
        execution_timeout=None,
        memory=None,
        account=None,
        **_,
    ):
        """Run the cells of ``nb_man.nb`` and put their outputs into it.

        Parameters
        ----------
        nb_man : papermill.engines.NotebookExecutionManager
        kernel_name : str
            Ignored: the running interpreter is used.
        address : str, optional
            A fork server; without one this process starts its own.
        fork : bool, optional
            False uses an ordinary kernel; the default forks where the system can.
        private_folder : bool
            Work in a folder of the run's own instead of the current one.
        environment : dict, optional
            Environment variables to set.
        watch, report : sequence of str
            Folders whose opened files, and names whose values, go into ``account``.
        leave_out : sequence of str
            Forms (MIME types) in which our own figures and tables need not show themselves.
        execution_timeout, memory : float, optional
            Seconds and MB for the whole run.
        account : dict, optional
            Gains ``seconds``, ``peak_mb``, ``opened``, ``names`` and, after a failure, ``cell`` and ``error``.

        Raises
        ------
        rdclib.running.client.Stopped, rdclib.running.client.ServerLost
            When the run did not come to its end. A cell that fails is reported by papermill itself.
        """
        cells = nb_man.nb.cells
        account = {} if account is None else account
        request = {
            "cells": [
                [i, cell.source] for i, cell in enumerate(cells) if cell.cell_type == "code" and cell.source.strip()
            ],
            "directory": None if private_folder else os.getcwd(),
            "environment": environment or {},
            "memory_mb": memory,
            "watch": list(watch),
            "report": list(report),
            "leave_out": list(leave_out),
        }
        if client.FORKS if fork is None else fork:
            run = client.ForkedRun(address or client.own_server().address, request)
        else:
            run = client.KernelRun(request)
        done = set()
        shown = {}
        try:
            for message in client.watch(run, timeout=execution_timeout, memory=memory, account=account):
                number = message["cell"]
                cell = cells[number]
                if "begin" in message:
                    account["cell"] = number
                    nb_man.cell_start(cell, number)
                elif "done" in message:
                    cell.execution_count = message["count"]
                    done.add(number)
                    nb_man.cell_complete(cell, number)
                elif "error" in message:
                    account["error"] = message["error"]
                    nb_man.cell_exception(cell, number)
                elif "clear" in message:
                    cell.outputs = []
                else:
                    _add(cell, message, shown)
            missing = [number for number, _ in request["cells"] if number not in done]
            if missing and "error" not in account:
                account["cell"] = missing[0]
                raise client.Stopped("killed", "The process ended before all cells had run.")
        except (client.Stopped, client.ServerLost):
            # Without this mark papermill writes "completed" at every cell that never ran.
            nb_man.cell_exception(cells[account.get("cell", 0)])
            raise


def _add(cell, message, shown):
    """Put an output into its cell as Jupyter does: text joined, displays with the same id updated in place."""
    output = from_dict(message["output"])
    if output.output_type == "stream":
        last = cell.outputs[-1] if cell.outputs else None
        if last is not None and last.output_type == "stream" and last.name == output.name:
            last.text += output.text
            return
    display = message.get("display_id")
    if display and message.get("update"):
        for earlier in shown.get(display, ()):
            earlier.update(data=output.data, metadata=output.metadata)
        return
    cell.outputs.append(output)
    if display:
        shown.setdefault(display, []).append(output)
