"""The command `rdc`: light to start, plain to read; every command says what to type next."""

import errno
import json
import os
import textwrap
from collections import Counter
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from rdclib import engagement, lab, places, saved
from rdclib.errors import RDCError, WrongUse

# Exit status: 0 fine, 1 something to mend in the city's files, 2 wrong use, 130 stopped by Ctrl-C.
FINE, MEND, WRONG_USE, INTERRUPTED = 0, 1, 2, 130
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)
EXAMPLE = 100  # letters of the examples shown with a remark

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
    if not (places.IN_CHECKOUT or os.environ.get("RDC_HOME") or places.home().exists()):
        typer.echo(
            f"Engagements and reports are kept in {places.home()}. Set RDC_HOME to choose another folder.", err=True
        )
    try:
        yield
    except RDCError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(WRONG_USE if isinstance(error, WrongUse) else MEND) from None
    except OSError as error:
        if error.filename is None and error.errno not in NO_ROOM:
            raise
        typer.echo(f"{error.filename or 'The disk'} cannot be used: {error.strerror}.", err=True)
        typer.echo(
            f"Check that the disk has room and that you may write to {places.home()} (RDC_HOME names another folder).",
            err=True,
        )
        raise typer.Exit(MEND) from None


@app.command()
def new(name: Name):
    """Begin an engagement: a folder with engagement.yaml for the city's facts and raw/ for its files."""
    with told():
        folder = engagement.create(name)
    typer.echo(f"Made {folder}.")
    typer.echo("Look into its engagement.yaml: the city's name, currency and fiscal year are assumed there.")
    typer.echo(f"Next:  rdc intake {name} FILE...   with the files that the city sent")


@app.command()
def intake(
    name: Name,
    files: Annotated[list[str], typer.Argument(help="Files that the city sent.", show_default=False)],
    table: Annotated[str, typer.Option(help="Which table they are, when that cannot be told, such as payments.")] = "",
):
    """Take a city's files: copy them to raw/, untouched, and draft in engagement.yaml how they are read."""
    with told():
        if missing := [file for file in files if not Path(file).is_file()]:
            raise _no_file(missing[0])
        folder = lab.own_folder(name)
        from rdclib.intake import desk
        from rdclib.readiness import latest_period, other_currency

        facts = engagement.load_facts(name)
        # A first file says in which currency a city keeps its books, unless somebody has said it already.
        open_question = not facts.files and facts.currency == type(facts).model_fields["currency"].default
        for arrival in desk.take_in(folder, files, table=table, author="rdc intake", facts=facts):
            typer.echo(f"{arrival.file}: {arrival.table}" + (", the same file as before" if arrival.known else ""))
            for heading, candidates in arrival.asked:
                typer.echo(
                    f"  '{heading}' may be {' or '.join(candidates)}: not used until you say so in engagement.yaml"
                )
        city = engagement.Engagement(name, folder, engagement.load_facts(name), None, None)
        if open_question and (code := other_currency(city)):
            saved.update_yaml(folder / "engagement.yaml", ("currency",), code, author="rdc intake")
            typer.echo(f"The amounts in the files are in {code}; it is noted in engagement.yaml as the currency.")
        if not city.facts.period:
            period = latest_period(city)
            if period:
                saved.update_yaml(folder / "engagement.yaml", ("period",), period, author="rdc intake")
                typer.echo(
                    f"The newest fiscal year in the files is {period}; it is noted in engagement.yaml as the period."
                )
            else:
                typer.echo("The files carry no dates: write the period in engagement.yaml, for example  period: FY2024")
    typer.echo(f"Next:  rdc check {name}")


def _no_file(path):
    if Path(path).is_dir():
        return WrongUse(f"'{path}' is a folder.", fix=f"Name the files in it, for example  {Path(path) / '*.xlsx'}")
    return WrongUse(f"There is no file '{path}'.", fix="Check the path, or drag the file into the terminal.")


@app.command()
def check(name: Name, period: Period = "", as_of: AsOf = "", as_json: AsJson = False):
    """Account for every row and amount of a city's files, and say what can be computed from them."""
    with told():
        from rdclib import readiness

        city = engagement.load_engagement(name, period=period or readiness.period_to_check(name), as_of=as_of)
        result = readiness.check(city)
        aside = places.writable(city.folder) / "rejects.xlsx"
        if len(result.set_aside):
            from rdclib.documents.readiness import rejects

            saved.write_bytes(aside, rejects(result.intakes, city.facts.city, city.as_of))
        else:
            aside.unlink(missing_ok=True)
    if as_json:
        typer.echo(json.dumps(result.as_dict(), indent=1, ensure_ascii=False, default=str))
    else:
        typer.echo("\n".join(_checked(result)))
        if len(result.set_aside):
            typer.echo(f"Lines that were set aside, each with what would mend it: {aside}")
        typer.echo(_after_check(name, city, result, period))
    raise typer.Exit(MEND if result.errors else FINE)


def _after_check(name, city, result, period):
    """What to do after a check."""
    if not city.facts.files:
        return f"Next:  rdc intake {name} FILE...   with the files that the city sent"
    if result.errors:
        return f"Next: mend that, then  rdc check {name}"
    if period:
        return f"Next:  rdc run {name} --period {period}"
    if not city.facts.period:
        return f"Next:  rdc run {name} --period FY2024   with the fiscal year that the files are about"
    return f"Next:  rdc run {name}"


def _checked(result):
    """What a check found, for a person."""
    from rdclib import formats

    for row in result.files[result.files["share"].notna()].itertuples():  # a sheet without data is counted, not shown
        yield f"{row.file}: {row.accepted:,} of {row.accepted + row.set_aside:,} rows used as {row.table}"
    if len(result.amounts) and result.amounts["agrees"].all():
        yield "Every amount adds up against a second reading of the raw text."
    for row in result.amounts[~result.amounts["agrees"]].itertuples():
        gap = row.read - row.accepted - row.set_aside
        yield f"Does not add up: {row.table}, {row.column}, {row.currency}: {gap:,.2f} of {row.read:,.2f} are missing"
    for finding in result.findings:
        where = ", ".join(part for part in (finding.table, finding.column, finding.file) if part)
        examples = f": {textwrap.shorten(formats.line(finding.value), EXAMPLE, placeholder='...')}" * bool(
            finding.value
        )
        yield f"{finding.severity}: {finding.what} ({where}; {finding.count:,}){examples}"
        yield f"  {finding.done}"
    yield f"{len(result.computable)} of {len(result.names)} indicators can be computed."
    for column, ids in result.wanted[:3]:
        yield f"  {column} is missing; {', '.join(ids)} wait for it"


@app.command()
def run(
    names: Annotated[list[str] | None, typer.Argument(help="Engagements.", show_default=False)] = None,
    everything: Annotated[bool, typer.Option("--all", help="All engagements.")] = False,
    period: Period = "",
    as_of: AsOf = "",
    parameter: Annotated[
        list[str] | None, typer.Option("--parameter", "-p", help="Another parameter of the notebooks, as NAME=VALUE.")
    ] = None,
    jobs: Annotated[
        int | None, typer.Option(min=1, help="Reports made at the same time. [default: processors]")
    ] = None,
    timeout: Annotated[float, typer.Option(min=1, help="Seconds for one report.")] = 900,
    memory: Annotated[float | None, typer.Option(min=1, help="MB for one report. [default: no limit]")] = None,
    force: Annotated[bool, typer.Option("--force", help="Make all reports, also those that are up to date.")] = False,
    why: Annotated[bool, typer.Option("--why", help="Say for each report why it is made or not.")] = False,
    scheduler: Annotated[
        str, typer.Option(help="Use the machines of a dask scheduler, such as tcp://10.0.0.5:8786.")
    ] = "",
):
    """Make the reports that are missing or out of date. The same command goes on after a break."""
    with told():
        if bool(names) == everything:
            raise WrongUse("Which engagements?", fix="Give names, for example  rdc run riverbend,  or  rdc run --all.")
        given = dict(one.split("=", 1) if "=" in one else _no_value(one) for one in parameter or ())
        try:
            from rdclib.running import batch

            rows = batch.run(
                places.names() if everything else names,
                period=period,
                as_of=as_of,
                parameters=given,
                jobs=jobs,
                timeout=timeout,
                memory=memory,
                force=force,
                why=why,
                scheduler=scheduler,
            )
        except KeyboardInterrupt as stopped:
            typer.echo(str(stopped) or "Stopped before the first report.\nRun the same command again.", err=True)
            raise typer.Exit(INTERRUPTED) from None
    fine = all(batch.fine(row) for row in rows)
    typer.echo(batch.total(rows))
    typer.echo(f"Open:  {places.reports() / 'index.html'}")
    typer.echo(f"Next:  rdc lab {rows[0]['engagement']}   to work with the city" if fine else "Next:  rdc status")
    raise typer.Exit(FINE if fine else MEND)


def _no_value(text):
    raise WrongUse(
        f"'{text}' gives no value.", fix="Write the parameter as NAME=VALUE, for example  -p interactive=false."
    )


@app.command()
def status(
    name: Annotated[str, typer.Argument(help="One engagement; without it all.", show_default=False)] = "",
    as_json: AsJson = False,
):
    """Show the state of each report: queued, running, done, failed, out of date."""
    from rdclib import running

    with told():
        rows = running.status(name)
    if as_json:
        typer.echo(json.dumps({"runs": rows}, indent=1, ensure_ascii=False))
    else:
        typer.echo(running.as_text(rows, name))


@app.command()
def diff(
    name: Name,
    before: Annotated[str, typer.Argument(help="The earlier period, such as FY2023.")],
    after: Annotated[str, typer.Argument(help="The later period, such as FY2024.")],
    as_json: AsJson = False,
):
    """Show which numbers differ between the reports of two periods, and by how much."""
    from rdclib import running

    with told():
        rows = running.diff(name, before, after)
    if as_json:
        typer.echo(json.dumps({"changes": rows}, indent=1, ensure_ascii=False))
    else:
        typer.echo(running.changes_as_text(rows, before, after))


@app.command()
def template(
    name: Name,
    questionnaire: Annotated[
        bool, typer.Option("--questionnaire", help="The practice questions instead of the tables.")
    ] = False,
):
    """Make an Excel workbook to fill in, in the current folder: the tables, or the practice questionnaire."""
    from rdclib import questionnaire as practice
    from rdclib.documents import questionnaire as sheet
    from rdclib.documents import readiness

    with told():
        city = engagement.load_facts(name).city
        path = Path(f"{name}-{'questionnaire' if questionnaire else 'tables'}.xlsx").resolve()
        round_ = practice.latest_round(practice.load_answers(places.folder(name)))
        data = sheet.questionnaire(city, round_) if questionnaire else readiness.template(city, sheet.CREATED.date())
        saved.write_bytes(path, data)
    typer.echo(f"Made {path}.")
    typer.echo(f"Next:  rdc {'answers' if questionnaire else 'intake'} {name} FILE...   with what came back")


@app.command()
def answers(
    name: Name, files: Annotated[list[str], typer.Argument(help="Questionnaires filled in.", show_default=False)]
):
    """Take in practice questionnaires that people have filled in."""
    from rdclib import questionnaire as practice

    with told():
        folder = places.folder(name)
        taken = [(file, practice.read_workbook(file)) for file in files]
        for file, rows in taken:
            practice.save_answers(folder, rows, author=rows[0]["respondent"] if rows else "")
            typer.echo(f"{file}: {len(rows)} answers.")
    typer.echo(f"Next:  rdc run {name}")


@app.command()
def history(
    name: Name,
    file: Annotated[str, typer.Argument(help="One of its files, such as answers.csv.", show_default=False)] = "",
    version: Annotated[str, typer.Option("--restore", help="Put this version in the file's place.")] = "",
):
    """List the earlier versions of what was decided and entered, or restore one of them."""
    with told():
        if version and not file:
            raise WrongUse(
                "Which file?", fix=f"Name it, for example  rdc history {name} answers.csv --restore {version}"
            )
        folder = places.folder(name)
        if version:
            kept = saved.restore(folder, file, version)
            typer.echo(f"Restored {file} as of {version}." + f" The version it replaced is {kept}." * bool(kept))
            typer.echo(f"Next:  rdc check {name}")
            return
        kept = [v for v in saved.versions(folder) if file in ("", v.file)]
        if file and not kept:
            raise WrongUse(
                f"{name} has no earlier version of '{file}'.", fix=f"List the files with  rdc history {name}"
            )
    if file:
        for one in kept:
            data = one.path.read_bytes()
            typer.echo(f"{one.id}  {len(data.splitlines()):>6,} lines  {len(data):>9,} bytes")
        typer.echo(f"Next:  rdc history {name} {file} --restore {kept[-1].id}")
    else:
        for one, number in Counter(v.file for v in kept).items():
            newest = max(v.id for v in kept if v.file == one)
            typer.echo(f"{one}: {number:,} earlier version{'s' * (number > 1)}, newest {newest}")
        typer.echo(
            f"Next:  rdc history {name} {kept[0].file}"
            if kept
            else f"{name} has no earlier versions yet. Each save keeps the version that it replaces."
        )


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
