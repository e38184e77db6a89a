"""Single runs: what comes out of a forked process, and that nothing stays behind over hundreds of them."""

import ast
import base64
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
import papermill
import psutil
import pytest
from papermill.exceptions import PapermillExecutionError

from rdclib.running import client
from tests.running.homes import linux, notebook, wait_for

pytestmark = linux
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


@pytest.fixture
def execute(server, tmp_path):
    """Run cells through papermill; gives the code cells with their outputs."""

    def executed(*cells, **options):
        path = notebook(tmp_path / f"run-{os.urandom(4).hex()}.ipynb", "# Run", *cells, tags=())
        options = {"address": server.address, "private_folder": True} | options
        done = papermill.execute_notebook(
            path, None, engine_name="rdc", progress_bar=False, request_save_on_cell_execute=False, **options
        )
        return [cell for cell in done.cells if cell.cell_type == "code"]

    return executed


def data(cell):
    return [output["data"]["text/plain"] for output in cell.outputs if "data" in output]


def text(cell):
    return "".join(output["text"] for output in cell.outputs if output.output_type == "stream")


CELLS = {
    "value": ("6 * 7", lambda cell: data(cell) == ["42"] and cell.outputs[0].output_type == "execute_result"),
    "order": (
        "from IPython.display import display, HTML\nprint('a')\ndisplay(HTML('b'))\nprint('c')",
        lambda cell: [output.output_type for output in cell.outputs] == ["stream", "display_data", "stream"],
    ),
    "streams": (
        "import sys\nprint('out')\nprint('err', file=sys.stderr)\nprint('out', end='')\nprint(' again')",
        lambda cell: (
            [(o.name, o.text) for o in cell.outputs]
            == [("stdout", "out\n"), ("stderr", "err\n"), ("stdout", "out again\n")]
        ),
    ),
    "programs": ("import os\nos.system('echo from a program')", lambda cell: text(cell) == "from a program\n"),
    "picture": (
        f"from IPython.display import Image, display\ndisplay(Image({PNG!r}))",
        lambda cell: base64.b64decode(cell.outputs[0].data["image/png"]) == PNG,
    ),
    "metadata": (
        "from IPython.display import display\ndisplay({'text/plain': 'x'}, raw=True, metadata={'alt': 'words'})",
        lambda cell: cell.outputs[0].metadata == {"alt": "words"},
    ),
    "update": (
        "from IPython.display import display\nh = display(1, display_id=True)\nh.update(2)",
        lambda cell: data(cell) == ["2"],
    ),
    "clear": (
        "from IPython.display import clear_output\nprint('a')\nclear_output()\nprint('b')",
        lambda c: text(c) == "b\n",
    ),
    "await": ("import asyncio\nawait asyncio.sleep(0, 'awaited')", lambda cell: data(cell) == ["'awaited'"]),
    "magic": ("%%capture held\nprint('kept')", lambda cell: cell.outputs == []),
    "semicolon": ("1 + 1;", lambda cell: cell.outputs == []),
    "input": ("try:\n    input()\nexcept EOFError:\n    print('nobody')", lambda cell: text(cell) == "nobody\n"),
    "pyplot": (
        "import matplotlib.pyplot as plt\nplt.plot([1, 2]);",
        lambda cell: cell.outputs[0].data["image/png"].startswith("iVBOR"),
    ),
    "widget": (
        "import ipywidgets\nipywidgets.IntSlider()",
        lambda cell: "application/vnd.jupyter.widget-view+json" in cell.outputs[0].data,
    ),
    "fork": (
        "import os, sys\npid = os.fork()\nif pid == 0:\n    print('child')\n    os._exit(0)\nos.waitpid(pid, 0)[1]",
        lambda cell: text(cell) == "child\n" and data(cell) == ["0"],
    ),
    "once": (
        "class Shown(list):\n  def _repr_html_(self):\n    self.append(1)\n    return str(len(self))\nShown()",
        lambda cell: cell.outputs[0].data["text/html"] == "1",
    ),
}


def test_outputs_are_those_of_a_kernel(execute):
    cells = execute(*(source for source, _ in CELLS.values()))

    wrong = {
        name: cell.outputs for cell, (name, (_, right)) in zip(cells, CELLS.items(), strict=True) if not right(cell)
    }
    assert not wrong
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    for cell in cells:
        nbformat.validate(cell, ref="code_cell", version=4, version_minor=5)


def test_row_02_papermill_marks_the_failed_cell_and_leaves_the_others_pending(server, tmp_path):
    path = notebook(tmp_path / "run.ipynb", "# Run", "1", "import os; os.kill(os.getpid(), 9)", "3", tags=())
    done = tmp_path / "done.ipynb"

    with pytest.raises(client.Stopped) as error:
        papermill.execute_notebook(path, done, engine_name="rdc", progress_bar=False, address=server.address)

    assert error.value.state == "killed"
    states = [cell.metadata.papermill["status"] for cell in nbformat.read(done, as_version=4).cells]
    assert states == ["completed", "completed", "failed", "pending"]


def test_an_error_comes_with_its_traceback_and_without_colors(execute):
    with pytest.raises(PapermillExecutionError) as error:
        execute("def inner():\n    raise KeyError('gone')\ninner()")

    assert (error.value.ename, error.value.evalue) == ("KeyError", "'gone'")
    assert "inner()" in "\n".join(error.value.traceback)
    assert "\x1b" not in "\n".join(error.value.traceback)


def test_row_04_sixteen_at_once_many_rounds_none_lost(execute):
    with ThreadPoolExecutor(16) as pool:
        for number in range(4):
            asked = [f"{number}-{one}" for one in range(16)]
            answers = list(pool.map(lambda one: data(execute(f"{one!r}")[0]), asked))
            assert answers == [[repr(one)] for one in asked]


def test_row_05_a_run_does_not_wait_for_a_kernel_to_answer(execute):
    cells = execute(
        "import sys\n'ipykernel.kernelapp' in sys.modules, 'zmq' in sys.modules and 'ipykernel.zmqshell' in sys.modules"
    )

    assert data(cells[0]) == ["(False, False)"]


def test_row_08_memory_and_open_files_stay_flat_over_200_runs(execute, server):
    me, its = psutil.Process(), psutil.Process(server.pid)
    account = {}

    def measure():
        # The server tells a run's end before it closes the connection to it: give it a moment.
        patience = time.monotonic() + 5
        while its.num_fds() > quiet and time.monotonic() < patience:
            time.sleep(0.02)
        return [(process.memory_info().rss, process.num_fds()) for process in (me, its)]

    time.sleep(0.2)
    quiet = its.num_fds()
    for _ in range(20):
        execute("1", account=account)
    before = measure()
    for _ in range(200):
        execute("print('x' * 1000)")
    after = measure()

    for (memory, files), (memory_then, files_then) in zip(before, after, strict=True):
        assert files_then <= files
        assert memory_then - memory < 8 * 1024 * 1024
    assert its.children() == []
    assert not list(Path(server.address).parent.glob("run-*"))


def test_row_09_each_run_is_a_fresh_process_with_an_empty_folder(execute):
    first = execute("import os\nopen('left', 'w').close()\nleft = 1\nos.getpid()")
    second = execute("import os\nos.getpid()", "os.listdir()", "'left' in globals()")

    assert data(first[0]) != data(second[0])
    assert [data(cell) for cell in second[1:]] == [["[]"], ["False"]]


def test_row_11_runs_in_threads_leave_the_working_folder_alone(execute, tmp_path):
    here = os.getcwd()

    with ThreadPoolExecutor(4) as pool:
        done = pool.map(
            lambda one: data(execute(f"import os\nos.mkdir('{one}')\nos.chdir('{one}')\nos.getcwd()")[0])[0], "abcd"
        )

    assert [folder.rstrip("'")[-2:] for folder in done] == ["/a", "/b", "/c", "/d"]
    assert os.getcwd() == here


def test_forms_that_a_page_does_not_use_are_left_out_of_our_own_results_only(execute):
    cells = (
        "from rdclib.tables import Column, Table\nTable('T', (Column('a', 'text', 'A'),), (('x',),))",
        "from matplotlib.figure import Figure\nfrom rdclib.figures import Picture\nPicture(Figure(), 'a', 'b', 'c')",
        "from IPython.display import HTML\nHTML('<b>theirs</b>')",
    )

    shown = [set(cell.outputs[0]["data"]) for cell in execute(*cells, leave_out=("text/html", "image/png"))]

    assert shown == [
        {"application/vnd.rdclib.table+json", "text/plain"},
        {"image/svg+xml", "text/plain"},
        {"text/html", "text/plain"},
    ]


def test_row_22_the_running_interpreter_is_used_whatever_kernel_is_named(execute, tmp_path, server):
    path = notebook(tmp_path / "named.ipynb", "# Run", "import sys\nsys.executable", tags=())
    path.write_text(path.read_text().replace('"python3"', '"no-such-kernel"'))

    done = papermill.execute_notebook(path, None, engine_name="rdc", progress_bar=False, address=server.address)

    assert data(done.cells[1]) == [repr(sys.executable)]


def test_row_23_a_run_finds_the_libraries_imported_already(execute):
    cells = execute("import sys\nsorted({'pandas', 'matplotlib', 'jinja2', 'rdclib.engagement'} - set(sys.modules))")

    assert data(cells[0]) == ["[]"]


def test_row_23_the_server_imported_everything_used_it_once_and_has_one_thread(server):
    assert psutil.Process(server.pid).num_threads() == 1
    assert (Path(server.address).parent / "log").read_text() == ""


def test_what_a_run_started_as_a_daemon_ends_with_it(execute):
    cells = execute("import subprocess\nsubprocess.Popen(['sleep', '1000'], start_new_session=True).pid")

    wait_for(lambda: not psutil.pid_exists(int(data(cells[0])[0])), 5)


def test_memory_that_python_does_not_count_is_limited_too(execute):
    # A program of its own, within its own limit, but the run as a whole is not.
    script = "import time; held = bytearray(250_000_000); time.sleep(60)"
    start = f"[subprocess.Popen([sys.executable, '-c', {script!r}]) for _ in range(4)]"
    cell = f"import subprocess, sys\nfor program in {start}:\n    program.wait()"

    with pytest.raises(client.Stopped) as error:
        execute(cell, memory=700, execution_timeout=50)

    assert error.value.state == "killed"
    assert str(error.value).endswith("MB of memory; the limit is 700 MB.")


def test_a_run_that_was_over_before_anybody_looked_is_held_to_the_limit_all_the_same(execute):
    with pytest.raises(client.Stopped) as error:
        execute("1", memory=50)

    assert error.value.state == "killed"
    assert str(error.value).endswith("MB of memory; the limit is 50 MB.")


def test_a_server_that_is_gone_is_said_so(tmp_path, execute):
    with pytest.raises(client.ServerLost) as error:
        execute("1", address=str(tmp_path / "nobody"))

    assert str(error.value) == "the fork server does not answer: No such file or directory"


def test_papermill_as_a_command_finds_the_engine(tmp_path):
    path = notebook(tmp_path / "in.ipynb", "# Run", 'code: str = "x"  # a code', "import os\n(code, os.getcwd())")

    subprocess.run(
        [sys.executable, "-m", "papermill", "--engine", "rdc", "-r", "code", "06037", path, tmp_path / "out.ipynb"],
        cwd=tmp_path,
        check=True,
        capture_output=True,
        timeout=120,
    )

    done = nbformat.read(tmp_path / "out.ipynb", as_version=4)
    # A long path is shown on a line of its own.
    assert [ast.literal_eval(shown) for shown in data(done.cells[-1])] == [("06037", str(tmp_path))]


class TestOrdinaryKernel:
    """Where there is no fork."""

    @pytest.fixture
    def kernel(self, execute):
        return lambda *cells, **options: execute(*cells, fork=False, **options)

    def test_outputs_arrive(self, kernel):
        account = {}
        cells = kernel("print('a')\n6 * 7", "print('x' * 200_000)", account=account)

        assert (text(cells[0]), data(cells[0])) == ("a\n", ["42"])
        assert text(cells[1]).endswith("x\n[cut: this cell printed more than 100,000 characters]\n")
        assert account["peak_mb"] > 20

    def test_row_01_a_killed_kernel_is_seen(self, kernel):
        with pytest.raises(client.Stopped) as error:
            kernel("import os\nos.kill(os.getpid(), 9)", execution_timeout=60)

        assert (error.value.state, str(error.value)) == (
            "killed", "The kernel was killed. The system does this when memory runs out.",
        )  # fmt: skip

    def test_row_18_the_deadline_ends_the_kernel_too(self, kernel):
        with pytest.raises(client.Stopped) as error:
            kernel("import os, time\nopen('/dev/null')\ntime.sleep(1000)", execution_timeout=5)

        assert error.value.state == "timed out"
        mine = psutil.Process().children(recursive=True)
        wait_for(lambda: not [one for one in mine if one.is_running() and "ipykernel" in " ".join(one.cmdline())], 5)

    def test_row_07_the_kernel_ends_with_a_supervisor_that_is_killed(self, home):
        script = (
            "from rdclib.running import client\n"
            "cells = [[0, \"import os, time; open('runs', 'w').close(); time.sleep(1000)\"]]\n"
            f"request = dict(cells=cells, directory={str(home.folder)!r}, environment={{}}, report=[])\n"
            "run = client.KernelRun(request)\n"
            "list(client.watch(run, timeout=None, memory=None, account={}))\n"
        )
        temporary = home.folder / "temporary"
        temporary.mkdir()
        environment = os.environ | home.environment | {"TMPDIR": str(temporary)}
        process = subprocess.Popen([sys.executable, "-c", script], env=environment)
        wait_for((home.folder / "runs").exists, 60)
        assert len(home.processes()) == 3

        process.kill()
        process.wait()

        home.assert_nothing_left(5)
        assert not list(temporary.glob("rdc-*"))


def test_reports_are_made_without_fork(here, make):
    here.city("springfield")
    here.city("fails", "1 / 0")

    rows = make("springfield", "fails", fork=False)

    assert rows[("springfield", "00_words")]["state"] == "done"
    assert "alpha" in here.page("springfield").read_text()
    failed = rows[("fails", "00_words")]
    assert (failed["state"], failed["cell"], failed["heading"]) == ("failed", 6, "Acts")
