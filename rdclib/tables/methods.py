"""How often the methods of the review are right: tables of simulations that tests/simulations made."""

from rdclib import formats, funnel, spc
from rdclib.catalogue import load_table
from rdclib.review.change import VERDICTS
from rdclib.tables.table import Column, Table


def simulated_charts():
    """False alarms of control charts by kind of chart and length."""
    rows = []
    for row in load_table("simulated_charts"):
        expected = row["expected"]
        chart = f"Counts, {formats.number(float(expected))} expected a period" if expected else "Individuals (XmR)"
        rows.append((chart, int(row["months"]), *(float(row[x]) for x in ("textbook", "chart", "latest"))))
    count = load_table("simulated_charts")[0]["charts"]
    return Table(
        "Control charts of a stable process: how often they show a signal",
        (
            Column("chart", "text", "Chart"),
            Column("months", "integer", "Periods"),
            Column("textbook", "share", "Textbook limits, whole chart"),
            Column("chart_alarms", "share", "Limits in use, whole chart"),
            Column("latest", "share", "Limits in use, latest period"),
        ),
        tuple(rows),
        notes=(
            f"{formats.integer(int(count))} simulated charts in each row. Below {spc.EXACT_COUNT:g} expected events "
            f"the limits in use are exact; below {spc.RARE_COUNT:g} the time between events is judged.",
        ),
        id="simulated-charts",
    )


def simulated_funnels():
    """False alarms and finds of funnels by number of units."""
    names = ("false_95", "false_998", "found", "others")
    rows = [
        (int(row["units"]), f"{row['spread']} points", *(float(row[x]) for x in names))
        for row in load_table("simulated_funnels")
    ]
    count = load_table("simulated_funnels")[0]["funnels"]
    return Table(
        "Funnels: false alarms, and how often a unit at 69% against 61% is found",
        (
            Column("units", "integer", "Units"),
            Column("spread", "text", "True differences between the others (standard deviation)"),
            Column("false_95", "share", "Units beyond 95% without an outlier"),
            Column("false_998", "share", "Units beyond 99.8% without an outlier"),
            Column("found", "share", "Outlier found beyond 99.8%"),
            Column("others", "share", "Others flagged beyond 99.8% beside it"),
        ),
        tuple(rows),
        notes=(
            f"{formats.integer(int(count))} simulated funnels in each row, with 150 to 1,000 cases a unit. Below "
            f"{funnel.FEW_UNITS} units each is compared with the others.",
        ),
        id="simulated-funnels",
    )


def simulated_verdicts():
    """Verdicts on a change of known effect, by autocorrelation and length."""
    rows = [
        (
            row["effect"],
            float(row["autocorrelation"]),
            f"{row['months']} + {row['months']}",
            *(float(row[verdict]) for verdict in VERDICTS),
        )
        for row in load_table("simulated_verdicts")
    ]
    count = load_table("simulated_verdicts")[0]["reviews"]
    return Table(
        "Before and after: verdicts by true effect, autocorrelation and length",
        (
            Column("effect", "text", "True effect (standard deviations of a month)"),
            Column("autocorrelation", "number", "Autocorrelation"),
            Column("months", "text", "Months before + after"),
            *(Column(formats.slug(verdict), "share", verdict.capitalize()) for verdict in VERDICTS),
        ),
        tuple(rows),
        notes=(f"{formats.integer(int(count))} simulated reviews in each row.",),
        id="simulated-verdicts",
    )
