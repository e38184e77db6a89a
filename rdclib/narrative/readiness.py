"""What came in and what it is good for, as sentences."""

from rdclib import formats, schemas
from rdclib.narrative.prose import Prose, bullets


def data_readiness(result):
    """The first screen: is everything accounted for, what is to be mended, what can be computed, what to ask for.

    Parameters
    ----------
    result : rdclib.readiness.Readiness
    """
    files = result.files
    used, aside = int(files["accepted"].sum()), int(files["set_aside"].sum())
    if not len(files):
        return Prose(
            f"No file of {formats.text(result.city)} has come in yet. Type  `rdc intake`  with the files that it sent."
        )
    share = formats.share(used / (used + aside)) if used + aside else formats.MISSING
    lines = [
        f"**Accounted for.** {formats.plural(int(files['read'].sum()), 'line')} in "
        f"{formats.plural(len(files), 'file')}: **{share}** of the lines of data were used, "
        f"{formats.integer(aside)} set aside with a reason{_odd_files(files)}. {_amounts(result.amounts)}",
        _remarks(result.findings),
        f"**What it is good for.** **{len(result.computable)} of "
        f"{len(result.computable) + len(result.not_computable)}** indicators can be computed.{_wanted(result.wanted)}",
    ]
    return Prose("\n\n".join(lines))


def _odd_files(files):
    odd = files.loc[~files["sound"], "file"]
    return (
        f" (more than 1% of the lines of {formats.listing(formats.text(name) for name in odd[:3])})" if len(odd) else ""
    )


def _amounts(amounts):
    if not len(amounts):
        return "The files hold no amounts."
    wrong = amounts[~amounts["agrees"]]
    if not len(wrong):
        return "Every amount adds up against a second reading of the raw text."
    titles = [
        schemas.TABLES[row.table].columns[row.column].title.lower()
        for row in wrong.drop_duplicates("column").itertuples()
    ]
    return f"**Amounts that do not add up: {formats.listing(titles)}.**"


def _remarks(findings):
    counts = {weight: sum(f.severity == weight for f in findings) for weight in ("error", "warning", "note")}
    if not findings:
        return "**Remarks.** None."
    said = (
        f"**Remarks.** {formats.plural(counts['error'], 'thing')} to mend, {formats.integer(counts['warning'])} to "
        f"look at, {formats.integer(counts['note'])} good to know."
    )
    if counts["error"]:
        first = next(f for f in findings if f.severity == "error")
        said += f" First to mend, in {formats.text(first.file or first.table)}: {formats.text(first.what)}."
    return said


def _wanted(wanted):
    if not wanted:
        return ""
    column, ids = wanted[0]
    waiting = formats.plural(len(ids), "indicator waits", "indicators wait")
    return f" To ask the city for next: **{formats.text(column)}**, which {waiting} for."


def columns_asked(result):
    """Which headings we ask about, or that there are none."""
    asked = [(table, heading) for table, intake in result.intakes.items() for heading, _ in intake.asked]
    if not asked:
        return Prose("Every heading was recognised, or is none of our columns.")
    lines = [f"{formats.text(heading)} ({schemas.TABLES[table].title.lower()})" for table, heading in asked[:8]]
    more = f" and {len(asked) - 8} more" if len(asked) > 8 else ""
    return Prose(
        f"{formats.plural(len(asked), 'heading')} could be one of our columns{more}; none is used yet:"
    ) + bullets(lines)
