"""What a person sees while reports are made: a bar in a terminal, a line for each finished report elsewhere."""

import os
import sys
from collections import Counter


class Lines:
    """One line for each finished report, in files, pipes and notebooks."""

    def __init__(self, total):
        self.total, self.finished = total, 0

    def begin(self, city, notebook):
        """Start without output."""

    def end(self, row, *, quiet=False):
        """Print how a report went; failures go to standard error."""
        self.finished += 1
        if quiet:
            return
        line = f"[{self.finished}/{self.total}] {summary(row)}"
        if row["state"] in ("done", "skipped"):
            self.line(line)
        else:
            self.complain(f"{line}\n{details(row)}")

    def line(self, text):
        """Print a line for the person who started the run."""
        _print(text, sys.stdout)

    def complain(self, text):
        """Print what went wrong to standard error, never into a report."""
        _print(text, sys.stderr)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass


class Bar(Lines):
    """A bar with the city, the notebook and the time left."""

    def __init__(self, total):
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        super().__init__(total)
        self._bar = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            refresh_per_second=4,
            redirect_stderr=False,
        )
        self._task = self._bar.add_task("starting", total=total)

    def begin(self, city, notebook):
        self._bar.update(self._task, description=f"{city}  {notebook}")

    def end(self, row, *, quiet=False):
        super().end(row, quiet=quiet or row["state"] in ("done", "skipped"))
        self._bar.advance(self._task)

    def line(self, text):
        self._bar.console.print(text, markup=False, highlight=False)

    def complain(self, text):
        # On a screen the bar and standard error share the lines; in a file they do not.
        self.line(text) if sys.stderr.isatty() else super().complain(text)

    def __enter__(self):
        self._bar.start()
        return self

    def __exit__(self, *_):
        self._bar.stop()


def for_screen(total):
    """The bar where there is a terminal, lines elsewhere."""
    return Bar(total) if sys.stdout and sys.stdout.isatty() else Lines(total)


def _print(text, stream):
    """Print a line; the reports go on when no one reads it any longer, or when the disk of a log is full."""
    if stream is None:  # closed before we started
        return
    try:
        print(text, file=stream, flush=True)
    except OSError:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, stream.fileno())
        os.close(null)


def summary(row):
    """A run on one line."""
    seconds = f"  {row['seconds']:.1f} s" if row["seconds"] else ""
    return f"{row['engagement']}  {row['period'] or '–'}  {row['notebook']}  {row['state']}{seconds}"


def details(row):
    """Where a run stopped and why: city, notebook, heading, cell, file and what to do."""
    where = f"{row['engagement']}, {row['notebook']}.ipynb"
    if row["cell"]:
        where += f", cell {row['cell']}"
    if row["heading"]:
        where += f" under '{row['heading']}'"
    lines = "\n".join(f"    {line}" for line in (row["message"] or "").splitlines())
    return f"  {where}:\n{lines}"


def total(rows):
    """All runs of a batch in one sentence."""
    if not rows:
        return "No reports were asked for."
    count = Counter(row["state"] for row in rows)
    return (
        f"{len(rows)} report{'s' * (len(rows) != 1)}: "
        + ", ".join(f"{number} {state}" for state, number in count.most_common())
        + "."
    )
