"""The command `rdc`: light to start, plain to read; every command says what to type next."""

from contextlib import contextmanager
from typing import Annotated

import typer

from rdclib import engagement, lab
from rdclib.errors import RDCError, WrongUse

# Exit status: 0 fine, 1 something to mend in the city's files, 2 wrong use.
FINE, MEND, WRONG_USE = 0, 1, 2

app = typer.Typer(
    help="Help a city get better results from its contracts: read its files, assess, choose metrics, review.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

Name = Annotated[str, typer.Argument(help="The engagement: a short name such as springfield.", show_default=False)]
AsJson = Annotated[bool, typer.Option("--json", help="Print for a program instead of for a person.")]
Period = Annotated[str, typer.Option(help="Fiscal year or quarter, such as FY2024 or FY2024-Q3.")]
AsOf = Annotated[str, typer.Option(help="The day that counts as today, such as 2024-06-30.")]


@contextmanager
def told():
    """End with two lines instead of a traceback when something is to be mended."""
    try:
        yield
    except RDCError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(WRONG_USE if isinstance(error, WrongUse) else MEND) from None


@app.command()
def new(name: Name):
    """Begin an engagement: a folder with engagement.yaml for the city's facts and raw/ for its files."""
    with told():
        folder = engagement.create(name)
    typer.echo(f"Made {folder}.")
    typer.echo(f"Next:  rdc intake {name} FILE...   with the files that the city sent")


@app.command("lab")
def open_lab(
    name: Annotated[str, typer.Argument(help="The engagement; without one the practice city opens.")] = lab.PRACTICE,
):
    """Open an engagement's notebooks in JupyterLab, in the browser. Close with Ctrl-C."""
    with told():
        raise typer.Exit(lab.open_lab(name))


def main():
    """Run the command; wrong use ends with status 2, as typer does."""
    app(prog_name="rdc")


if __name__ == "__main__":
    main()
