"""Whether a city's data is ready: what came in, what was found in it, what can be computed from it."""

from collections import Counter
from dataclasses import dataclass, field

import pandas as pd

from rdclib import engagement as engagements
from rdclib import indicators, periods, places, saved, schemas, vocabulary
from rdclib.checks import Finding, in_order
from rdclib.indicators.frames import Frames
from rdclib.intake import vendors
from rdclib.records import DAYS, foreign, load_records, read_files

UNDATED = "FY2000"  # files without any day can be checked, and for that any year does
# Why two vendors may be one, the strongest reason first.
WHY_ONE = ("same tax number", "same name", "names alike")
MOST_OF_A_NUMBER = 5
SOUND = 0.99  # a sound source has at least this share of its rows of data accepted


@dataclass(frozen=True, eq=False)
class Readiness:
    """What `rdc check` says.

    Attributes
    ----------
    intakes : dict of str to rdclib.intake.Intake
    findings : tuple of rdclib.checks.Finding
        The gravest first.
    computable : dict of str to rdclib.indicators.IndicatorResult
    not_computable : dict of str to str
        Indicator to the reason.
    files : DataFrame
        One row a file: ``table``, ``file``, ``read``, ``accepted``, ``set_aside``, ``not_data``, ``share`` accepted of
        the rows of data, ``sound``.
    amounts : DataFrame
        One row a money column and currency: ``table``, ``column``, ``currency``, ``read``, ``accepted``,
        ``set_aside``, ``unread``, ``agrees``.
    set_aside : DataFrame
        One row a file, column and reason: ``table``, ``file``, ``column``, ``reason``, ``fix``, ``lines`` (how many),
        ``row`` and ``value`` of the first line.
    coverage : DataFrame
        One row a column that a table has or an indicator needs: ``table``, ``column``, ``title``, ``heading``,
        ``confidence``, ``filled`` (share of rows), ``low``, ``high``.
    names : dict of str to str
        Indicator to its name.
    wanted : tuple of (str, tuple of str)
        Columns that are not there, in words, each with the indicators that wait for it; most first.
    currency, city : str
    period : rdclib.periods.Period
    """

    intakes: dict
    findings: tuple
    computable: dict
    not_computable: dict
    files: pd.DataFrame
    amounts: pd.DataFrame
    set_aside: pd.DataFrame
    coverage: pd.DataFrame
    names: dict = field(default_factory=dict)
    wanted: tuple = ()
    city: str = ""
    currency: str = ""
    period: object = None

    def as_dict(self):
        """The findings and accounts as plain values, for `rdc check NAME --json`."""
        return {
            "tables": {name: _table(intake) for name, intake in self.intakes.items()},
            "findings": [finding.as_dict() for finding in self.findings],
            "indicators": {"computable": list(self.computable), "not_computable": dict(self.not_computable)},
        }

    @property
    def errors(self):
        """Findings that make a table or an amount untrustworthy."""
        return tuple(f for f in self.findings if f.severity == "error")


def check(engagement):
    """Read an engagement's files and say whether its data is ready.

    Parameters
    ----------
    engagement : rdclib.engagement.Engagement

    Returns
    -------
    Readiness

    Raises
    ------
    DataFileError
        When a file of the city's cannot be used.
    EngagementError
        When a file of the forms cannot be used.
    ReportError
        When no record lies in the period.
    """
    for file in vocabulary.ENTRY_FILES:  # also those of later stages: an unreadable one is not an empty one
        saved.read_rows(engagement.folder / file)
    return readiness(load_records(engagement))


def readiness(records):
    """The same of records that are loaded already.

    Parameters
    ----------
    records : rdclib.records.Records
    """
    # Whether they can be computed is all that is asked, and the review of all results takes longer than the rest.
    results = indicators.compute_all(Frames(records, concern=pd.Series(dtype=float)))
    findings = (*records.findings, *_without_days(records))
    computable = {key: result for key, result in results.items() if result.computed}
    reasons = {key: _reason(result) for key, result in results.items() if not result.computed}
    return Readiness(
        intakes=records.intakes,
        findings=in_order(findings),
        computable=computable,
        not_computable=reasons,
        files=_files(records.intakes),
        amounts=_amounts(records.intakes),
        set_aside=_set_aside(records.intakes),
        coverage=_coverage(records.intakes),
        names={key: result.indicator.name for key, result in results.items()},
        wanted=_wanted(results),
        city=records.facts.city,
        currency=records.facts.currency,
        period=records.period,
    )


def duplicate_vendors(records, *, most=200):
    """Vendors that are probably one, likeliest first, for a person to confirm.

    Parameters
    ----------
    records : rdclib.records.Records
    most : int
        Pairs given.

    Returns
    -------
    DataFrame
        ``name``, ``other``, ``why`` (see `WHY_ONE`), ``score`` (likeness of the names, 0 to 100), ``rows``,
        ``other_rows``, ``name_id``, ``other_id``; those that already have one id are left out.
    """
    parts = []
    for table, key, name in (
        ("contracts", "vendor_id", "vendor_name"),
        ("payments", "vendor_id", "vendor_name"),
        ("bids", "bidder_id", "bidder_name"),
    ):
        frame = getattr(records, table)[[key, name]].set_axis(["id", "name"], axis=1)
        parts.append(frame.dropna())
    every = pd.concat(parts, ignore_index=True)
    known = every.value_counts().rename("rows").reset_index()  # the commonest first
    listed = records.vendors.dropna(subset=["vendor_id", "vendor_name"])
    pairs = pd.concat([_one_number(known, listed), _one_name(known, listed), _alike(every, known)])
    pairs = pairs[pairs["name_id"] != pairs["other_id"]]
    both = [frozenset(pair) for pair in zip(pairs["name_id"], pairs["other_id"], strict=True)]
    return pairs[~pd.Series(both, pairs.index, dtype=object).duplicated().to_numpy()].head(most).reset_index(drop=True)


def called(name, key):
    """A vendor's name with its number, where that is more than the name."""
    return name if key == name else f"{name} ({key})"


def _one_number(known, listed):
    """Vendors of one tax number, and whoever goes by the tax number of another."""
    numbers = listed[["tax_id", "vendor_id", "vendor_name"]].set_axis(["mark", "id", "name"], axis=1).dropna()
    # In one file a vendor has a number of its own, in the next its tax number is all that names it.
    bare = known[known["id"].isin(numbers["mark"])]
    both = pd.concat([numbers, bare[["id", "name"]].assign(mark=bare["id"])]).drop_duplicates(["mark", "id"])
    # A number of many vendors is nobody's, such as 0.
    return _pairs(both[both.groupby("mark")["id"].transform("size") <= MOST_OF_A_NUMBER], known, WHY_ONE[0])


def _one_name(known, listed):
    """Vendors of one name; of the list of vendors those whom a file names by the name alone."""
    alone = known.loc[known["id"] == known["name"], "name"]
    more = listed.loc[listed["vendor_name"].isin(alone), ["vendor_id", "vendor_name"]].set_axis(["id", "name"], axis=1)
    both = pd.concat([known[["id", "name"]], more]).drop_duplicates()
    return _pairs(both.assign(mark=both["name"]), known, WHY_ONE[1])


def _alike(every, known):
    """Vendors whose names read nearly the same, or the same but for legal form and punctuation."""
    pairs = vendors.duplicates(every["name"])
    ids = known.drop_duplicates("name").set_index("name")["id"]
    return pairs.assign(why=WHY_ONE[2], name_id=pairs["name"].map(ids), other_id=pairs["other"].map(ids))


def _pairs(both, known, why):
    """The first vendor of each mark beside its others."""
    first = both.drop_duplicates("mark")
    pairs = first.merge(both, on="mark", suffixes=("", "_other"))
    pairs = pairs.rename(columns={"id": "name_id", "id_other": "other_id", "name_other": "other"})
    pairs = pairs[pairs["name_id"] != pairs["other_id"]]
    rows = known.groupby("id")["rows"].sum()
    likeness = [vendors.likeness(a, b) for a, b in zip(pairs["name"], pairs["other"], strict=True)]
    pairs = pairs.drop(columns="mark").assign(
        why=why,
        score=pd.Series(likeness, pairs.index, dtype=float),
        rows=pairs["name_id"].map(rows).fillna(0.0).astype(float),
        other_rows=pairs["other_id"].map(rows).fillna(0.0).astype(float),
    )
    return pairs.sort_values(["score", "rows", "name"], ascending=[False, False, True])


def payment_links(records, *, most=50):
    """Vendors whose payments name no contract and who have exactly one: a link that a person may confirm.

    Parameters
    ----------
    records : rdclib.records.Records
    most : int
        Vendors given.

    Returns
    -------
    DataFrame
        ``vendor_id``, ``vendor``, ``contract_id``, ``title``, ``payments`` (lines), ``amount``; most money first.
        Vendors are those of one id, or of one name after trimming.
    """
    paid = records.payments[records.payments["contract_id"].isna() & records.payments["vendor_id"].notna()]
    found = paid.groupby("vendor_id", sort=False).agg(
        vendor=("vendor_name", "first"), payments=("vendor_id", "size"), amount=("payment_amount", "sum")
    )
    contracts = records.contracts[["contract_id", "title", "vendor_id", "vendor_name"]]
    # A vendor may have an id in one file and only its name in the other.
    keys = ("vendor_id", "vendor_name")
    sides = [contracts.assign(key=contracts[key].str.strip().str.upper()).dropna(subset=["key"]) for key in keys]
    known = pd.concat(sides).drop_duplicates(["key", "contract_id"])
    single = known[~known["key"].duplicated(keep=False)].set_index("key")
    found["contract_id"] = None
    for key in (found.index.to_series(), found["vendor"]):
        found["contract_id"] = found["contract_id"].fillna(key.str.strip().str.upper().map(single["contract_id"]))
    found = found.dropna(subset=["contract_id"]).sort_values("amount", ascending=False, kind="stable").head(most)
    titles = contracts.drop_duplicates("contract_id").set_index("contract_id")["title"]
    found["title"] = found["contract_id"].map(titles)
    columns = ["vendor_id", "vendor", "contract_id", "title", "payments", "amount"]
    return found.reset_index()[columns]


# What a column leaves open, by the words of its finding: the key of engagement.yaml that settles it.
_OPEN = (("dates", "date_order"), ("amounts", "decimal"))


def left_open(readiness):
    """Notations that the files cannot tell, and files that came twice.

    Parameters
    ----------
    readiness : Readiness

    Returns
    -------
    tuple of (str, str, Finding)
        Table, the key of engagement.yaml (``date_order``, ``decimal`` or ``confirmed``), and what was found.
    """
    found = []
    for finding in readiness.findings:
        if "read either way" in finding.what:
            key = next((key for word, key in _OPEN if finding.what.startswith(word)), "")
        else:
            key = "confirmed" if finding.what.startswith("a file sent twice") else ""
        if key:
            found.append((finding.table, key, finding))
    return tuple(found)


def _wanted(results):
    """Columns that are not there, each with the indicators that wait for it."""
    waiting = {}
    for key, result in results.items():
        for fields in () if result.computed else _absent(result):
            waiting.setdefault(_in_words(fields), []).append(key)
    return tuple((column, tuple(keys)) for column, keys in sorted(waiting.items(), key=lambda pair: -len(pair[1])))


def _absent(result):
    return [column.field for column in result.coverage if not column.share > 0]


def _in_words(fields):
    """Name a column as its table's title and its own; of columns that can stand for each other the first."""
    table, _, column = fields.split("|")[0].rpartition(".")
    schema = (schemas.TABLES | schemas.WORKBOOK_TABLES).get(table)
    if schema is None:
        return column.replace("_", " ")
    return f"{schema.columns[column].title} ({schema.title.lower()})"


def _without_days(records):
    """Tables of which no row has a day, so that none lies in a period."""
    found = []
    for table, columns in DAYS.items():
        frame = getattr(records, table)
        if table in records.intakes and len(frame) and not frame[list(columns)].notna().to_numpy().any():
            names = [schemas.TABLES[table].columns[column].title for column in columns]
            done = f"none of its rows can be placed in a period: send one of the columns {', '.join(names)}"
            file = str(frame["source_file"].iloc[0])
            found.append(Finding("warning", table, file, 0, columns[0], "", len(frame), "rows without a day", done))
    return found


def period_to_check(name):
    """The period for a check that names none: the engagement's, else the newest of its files.

    Parameters
    ----------
    name : str

    Returns
    -------
    str
    """
    facts = engagements.load_facts(name)
    return (
        facts.period or latest_period(engagements.Engagement(name, places.folder(name), facts, None, None)) or UNDATED
    )


def latest_period(engagement):
    """The last fiscal year that the files of an engagement tell about, for a city that has not chosen one.

    Parameters
    ----------
    engagement : rdclib.engagement.Engagement
        Its period is not looked at.

    Returns
    -------
    str
        Such as ``FY2024``, "" when no row has a day. A year with less than a third of the rows of the fullest one does
        not count: neither a date in 2099 nor the first weeks of a year are a year to report on.
    """
    start = periods.month_and_day(engagement.facts.fiscal_year_start)
    years = Counter()
    for table, intake in read_files(engagement).items():
        columns = ("snapshot_date", *DAYS.get(table, ()))
        days = next(
            (intake.frame[c].dropna() for c in columns if c in intake.frame and intake.frame[c].notna().any()), ()
        )
        if len(days):
            years.update(periods.containing(day.date(), start).label for day in days)
    fullest = max(years.values(), default=0)
    return max((year for year, rows in years.items() if rows * 3 >= fullest), default="")


def other_currency(engagement):
    """The currency that an engagement's files are in, where they agree on one that is not the city's; else "".

    Parameters
    ----------
    engagement : rdclib.engagement.Engagement
        Its period is not looked at.
    """
    found = {finding.value for finding in foreign(read_files(engagement), engagement.facts)}
    return found.pop() if len(found) == 1 else ""


def _reason(result):
    """Why an indicator has no value: the columns that are not there, or its own words."""
    if absent := _absent(result):
        names = [" or ".join(part.rsplit(".", 1)[-1] for part in fields.split("|")) for fields in absent]
        return "no " + ", ".join(dict.fromkeys(names))
    return result.note or "no value"


def _table(intake):
    main = intake.amounts.get(intake.main_money, {})
    total = {name: round(sum(getattr(a, name) for a in main.values()), 2) for name in ("read", "accepted", "set_aside")}
    return {
        "files": [account.file for account in intake.accounts],
        "rows_read": intake.rows_read,
        "rows_accepted": intake.rows_accepted,
        "rows_set_aside": intake.rows_set_aside,
        "rows_not_data": intake.rows_not_data,
        "amount_read": total["read"],
        "amount_accepted": total["accepted"],
        "amount_set_aside": total["set_aside"],
        "amounts": {
            column: {
                code: {
                    "read": round(a.read, 2),
                    "accepted": round(a.accepted, 2),
                    "set_aside": round(a.set_aside, 2),
                    "cells_unread": a.cells_unread,
                }
                for code, a in by_currency.items()
            }
            for column, by_currency in intake.amounts.items()
        },
        "columns": intake.columns,
    }


def _files(intakes):
    rows = [
        (table, a.file, a.rows_read, a.rows_accepted, a.rows_set_aside, a.rows_not_data)
        for table, intake in intakes.items()
        for a in intake.accounts
    ]
    frame = pd.DataFrame(rows, columns=["table", "file", "read", "accepted", "set_aside", "not_data"])
    data = frame["accepted"] + frame["set_aside"]
    frame["share"] = frame["accepted"] / data.where(data > 0)
    frame["sound"] = ~(frame["share"] < SOUND)
    return frame


def _amounts(intakes):
    rows = [
        (table, column, code, a.read, a.accepted, a.set_aside, a.cells_unread)
        for table, intake in intakes.items()
        for column, by_currency in intake.amounts.items()
        for code, a in by_currency.items()
    ]
    frame = pd.DataFrame(rows, columns=["table", "column", "currency", "read", "accepted", "set_aside", "unread"])
    gap = (frame["read"] - frame["accepted"] - frame["set_aside"]).abs()
    frame["agrees"] = gap <= frame["read"].abs().mul(1e-9).clip(lower=0.005)
    return frame


def _set_aside(intakes):
    keys = ["table", "file", "column", "reason", "fix"]
    lines = [intake.set_aside.assign(table=table) for table, intake in intakes.items() if len(intake.set_aside)]
    if not lines:
        return pd.DataFrame(columns=[*keys, "lines", "row", "value"])
    every = pd.concat(lines, ignore_index=True).rename(columns={"source_file": "file", "source_row": "row"})
    groups = every.groupby(keys, dropna=False, sort=False)
    return groups.agg(lines=("row", "size"), row=("row", "first"), value=("value", "first")).reset_index()


def _coverage(intakes):
    rows = []
    for table, intake in intakes.items():
        for column in schemas.columns(table):
            if column in schemas.LINEAGE:
                continue
            seen = intake.columns.get(column)
            title = schemas.TABLES[table].columns[column].title
            filled = float(intake.frame[column].notna().mean()) if len(intake.frame) else 0.0
            if seen is None and not filled:
                continue
            seen = seen or {"heading": "made by us", "confidence": float("nan"), "min": None, "max": None}
            rows.append((table, column, title, seen["heading"], seen["confidence"], filled, seen["min"], seen["max"]))
    return pd.DataFrame(rows, columns=["table", "column", "title", "heading", "confidence", "filled", "low", "high"])
