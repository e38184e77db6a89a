"""An engagement's records: its files read, the newest snapshot chosen, what the workbook added joined to it."""

from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from rdclib import engagement as engagements
from rdclib import parsing, periods, saved, schemas
from rdclib.checks import EXAMPLES, Finding, in_order
from rdclib.choices import Choices
from rdclib.errors import DataFileError, ReportError
from rdclib.intake import Intake, cache, read_table
from rdclib.intake.reading import absent, series

# The day by which a row of a table belongs to a period; the first that a row has.
DAYS = {
    "contracts": ("award_date", "signed_date", "start_date", "snapshot_date"),
    "solicitations": ("bid_deadline", "posted_date", "award_date", "requisition_date"),
    "bids": ("bid_received_date",),
    "amendments": ("amendment_date",),
    "milestones": ("due_date", "date_met"),
    "payments": ("payment_date", "invoice_date"),
    "observations": ("period_start", "period_end"),
    "cases": ("referred_date", "enrolled_date", "served_date", "closed_date"),
}
# A value this many times the median of its metric and vendor (or this part of it) was sent in another unit: minutes for
# hours, percent for a share, while all others stay within three times of it.
UNIT_SLIP = 10.0
TAME = 3.0
FEWEST_PERIODS = 6  # before a median says what is usual
# Share of one snapshot's contracts that the next one shows again, from which on absence means that they left.
REPEATED = 0.5
MERGES = ("vendor_id", "vendor_name", "into_id", "into_name", "decision")
# What differs between the lines of a contract that a register lists once for every vendor.
_OF_VENDOR = ("vendor_id", "vendor_name", "vendor_class")
_WORKBOOK_FILES = {"coding": "contract_coding", "actions": "actions", "vendor_ratings": "vendor_ratings"}
_WORKBOOK_KEYS = {
    "coding": ("contract_id", "coder"),
    "actions": ("action_id",),
    "vendor_ratings": ("contract_id", "vendor_id", "period", "dimension", "rater"),
}

# Forms whose entries are judgements on a day; an action carries its own days.
KNOWN_BY_DAY = ("coding", "vendor_ratings")


@dataclass(frozen=True)
class Late:
    """Entries of a form that were saved after the day of the report.

    Attributes
    ----------
    counted : int
        They count all the same, since the report is about a whole period.
    left_out : int
        They do not count.
    """

    counted: int = 0
    left_out: int = 0


@dataclass(frozen=True)
class Records:
    """Everything that is known of a city's contracts on one day; every table has every column of its schema.

    Attributes
    ----------
    contracts : DataFrame
        One row a contract: its newest snapshot up to ``as_of``.
    snapshots : DataFrame
        All snapshots up to ``as_of``, in the order of the files.
    contract_vendors, solicitations, bids, amendments, milestones, payments, vendors, observations, cases : DataFrame
    coding, actions, vendor_ratings : DataFrame
        What the workbook's forms have saved; the newest row of a key. Readings of contracts and ratings as they were
        known on the day of the report, see `known_entries`.
    late : dict of str to Late
        What of "coding" and "vendor_ratings" was saved after the day of the report.
    findings : tuple of rdclib.checks.Finding
    intakes : dict of str to rdclib.intake.Intake
        Table to how it came in.
    facts : rdclib.engagement.Facts
    period : rdclib.periods.Period
    as_of : datetime.date
    choices : rdclib.choices.Choices
        Decisions that were saved when the records were read: new limits and targets belong to a contract's results.
    read_from : tuple
        What the files were when they were read; empty for records that no file holds.
    """

    contracts: pd.DataFrame
    snapshots: pd.DataFrame
    contract_vendors: pd.DataFrame
    solicitations: pd.DataFrame
    bids: pd.DataFrame
    amendments: pd.DataFrame
    milestones: pd.DataFrame
    payments: pd.DataFrame
    vendors: pd.DataFrame
    observations: pd.DataFrame
    cases: pd.DataFrame
    coding: pd.DataFrame
    actions: pd.DataFrame
    vendor_ratings: pd.DataFrame
    late: dict = field(default_factory=dict)
    findings: tuple = ()
    intakes: dict = field(default_factory=dict)
    facts: engagements.Facts = None
    period: periods.Period = None
    as_of: date = None
    choices: Choices = field(default_factory=Choices)
    read_from: tuple = ()


def read_files(engagement):
    """Read every table that engagement.yaml names files for.

    Returns
    -------
    dict of str to Intake

    Raises
    ------
    DataFileError
        When a file is missing or cannot be used, or a table is none of ours.
    """
    intakes = {}
    for table, how in engagement.facts.files.items():
        if table not in schemas.TABLES:
            raise DataFileError(
                f"engagement.yaml names files for a table '{table}', which we do not have.",
                fix=f"Under  files:  use these names: {', '.join(schemas.TABLES)}.",
            )
        paths = []
        for name in how.paths:
            path = (engagement.folder / name).resolve()
            if not path.is_relative_to(engagement.folder.resolve()):
                raise DataFileError(
                    f"engagement.yaml names a file outside the engagement's folder ({name[:80]}).",
                    fix="Put the city's file into the folder raw and name it like  raw/contracts.csv.",
                )
            paths.append(path)
        if not paths:
            continue
        intakes[table] = _read(
            engagement.folder,
            table,
            _stamps(paths),
            tuple(sorted(how.columns.items())),
            how.currency or engagement.facts.currency,
            how.sheet,
            how.date_order,
            how.decimal,
            tuple(how.confirmed),
            engagement.facts.fiscal_year_start,
        )
    return intakes


def _stamps(paths):
    """Size and time of files, by which a change is seen."""
    return tuple((str(p), p.stat().st_size, p.stat().st_mtime_ns) if p.exists() else (str(p), 0, 0) for p in paths)


# Within one process the same unchanged files are read once: a notebook and the check after it ask for the same.
@lru_cache(maxsize=16)
def _read(folder, table, stamps, columns, currency, sheet, date_order, decimal, confirmed, fiscal_year_start):
    paths = [Path(path) for path, _, _ in stamps]
    how = {
        "columns": dict(columns),
        "currency": currency,
        "sheet": sheet,
        "date_order": date_order,
        "decimal": decimal,
        "confirmed": confirmed,
        "fiscal_year_start": fiscal_year_start,
    }
    return cache.remembered(folder, table, paths, sorted(how.items()), lambda: read_table(paths, table, **how))


def load_records(engagement):
    """Read an engagement's records.

    Parameters
    ----------
    engagement : rdclib.engagement.Engagement

    Returns
    -------
    Records

    Raises
    ------
    DataFileError
        When a file cannot be used.
    ReportError
        When no record of any table lies in the period.
    """
    before = _read_from(engagement)
    intakes = read_files(engagement)
    # Copies that share their data: what a caller adds to a table never reaches the next one who reads the same file.
    frames = {
        name: intakes[name].frame.copy(deep=False) if name in intakes else schemas.empty(name)
        for name in schemas.TABLES
    }
    findings = [f for intake in intakes.values() for f in intake.findings]
    _check_period(engagement, frames)
    merges = load_merges(engagement)
    frames = {name: _merged(frame, merges) for name, frame in frames.items()}
    snapshots = _up_to(frames["contracts"], "snapshot_date", engagement.as_of)
    contracts = latest(snapshots)
    choices = engagements.load_choices(engagement)
    frames["payments"] = linked(frames["payments"], contracts, choices.readiness.payment_links)
    single = contracts is snapshots
    contracts, left = without_left(contracts, snapshots)
    findings += left
    frames["contracts"] = contracts
    if not len(frames["amendments"]) and snapshots["snapshot_date"].nunique() > 1:
        frames["amendments"] = derived_amendments(snapshots)
    if not len(frames["contract_vendors"]):
        frames["contract_vendors"] = _vendors_of(snapshots, single)
    if not len(frames["vendors"]):
        frames["vendors"] = _vendors_from(frames)
    frames["bids"] = _bid_ids(frames["bids"])
    findings += foreign(intakes, engagement.facts) + _links(frames)
    findings += ([] if single else _several_lines(contracts)) + _unit_slips(frames["observations"])
    workbook, late = _workbook(engagement)
    return Records(
        **frames,
        snapshots=snapshots,
        **workbook,
        late=late,
        findings=in_order(findings),
        intakes=intakes,
        facts=engagement.facts,
        period=engagement.period,
        as_of=engagement.as_of,
        choices=choices,
        read_from=before,
    )


def reread(records, engagement):
    """Records as the files are now: the same object while none of them has changed, so that results of it still hold.

    Parameters
    ----------
    records : Records
    engagement : rdclib.engagement.Engagement

    Returns
    -------
    Records
    """
    return records if records.read_from == _read_from(engagement) else load_records(engagement)


def _read_from(engagement):
    """What the files of an engagement are now."""
    names = sorted({name for how in engagement.facts.files.values() for name in how.paths})
    asked = (str(engagement.folder), engagement.period.label, engagement.as_of)
    return (*asked, engagements.decisions(engagement), _stamps(engagement.folder / name for name in names))


# --- snapshots ---------------------------------------------------------------------------------------------------


def _up_to(frame, column, day):
    """Rows that were known on a day; rows without a day always are."""
    late = frame[column] > pd.Timestamp(day)
    return frame[~late].reset_index(drop=True) if late.any() else frame


def latest(snapshots):
    """Contracts as their newest snapshot shows them.

    A register may list a contract once for every vendor, with nothing else different: these lines are one row here, the
    others are kept in ``snapshots`` and in the vendors of contracts. Lines of one number that differ in anything else,
    such as the amounts of two years, all stay: only the city knows whether they add up.

    Parameters
    ----------
    snapshots : DataFrame

    Returns
    -------
    DataFrame
        In the order in which contracts first appear; ``snapshots`` itself where every number stands on one line.
    """
    if not len(snapshots) or not snapshots.duplicated("contract_id").any():
        return snapshots
    order = snapshots.groupby("contract_id", sort=False).ngroup().to_numpy()
    day = snapshots["snapshot_date"]
    newest = day.groupby(snapshots["contract_id"]).transform("max")
    at = np.flatnonzero((day == newest) | newest.isna())
    told = [name for name in snapshots if name not in _OF_VENDOR and name not in schemas.LINEAGE]
    at = at[~snapshots.iloc[at].duplicated(told, keep="last").to_numpy()]
    return snapshots.iloc[at[np.argsort(order[at], kind="stable")]].reset_index(drop=True)


def without_left(contracts, snapshots):
    """Contracts that left the register count as ended, though their last line names a later end.

    Only where snapshots repeat contracts: a register that shows each quarter's new contracts alone loses none.

    Parameters
    ----------
    contracts : DataFrame
        As `latest` gives them.
    snapshots : DataFrame

    Returns
    -------
    tuple
        The contracts with status "terminated" for those that left and have no status of their own, and the findings.
    """
    days = np.sort(snapshots["snapshot_date"].dropna().unique())
    if len(days) < 2:
        return contracts, []
    on_day = [set(snapshots.loc[snapshots["snapshot_date"] == day, "contract_id"]) for day in days[-2:]]
    if len(on_day[0] & on_day[1]) < REPEATED * len(on_day[0]):
        return contracts, []
    newest = pd.Timestamp(days[-1])
    left = (contracts["snapshot_date"] < newest) & contracts["status"].isna() & ~(contracts["end_date"] < newest)
    if not left.any():
        return contracts, []
    first = contracts[left].iloc[0]
    found = Finding(
        "note",
        "contracts",
        str(first["source_file"]),
        int(first["source_row"]),
        "status",
        " | ".join(contracts.loc[left, "contract_id"].astype(str).unique()[:EXAMPLES]),
        int(left.sum()),
        "contracts that left the register before their end",
        "counted as ended on the day of the first register without them",
    )
    return contracts.assign(status=contracts["status"].mask(left, "terminated")), [found]


def derived_amendments(snapshots):
    """Amendments as far as snapshots show them: the amount or the end changed from one to the next.

    Parameters
    ----------
    snapshots : DataFrame

    Returns
    -------
    DataFrame
        The table ``amendments``; dated by the snapshot that first shows the change, kind "amount" or "time".
    """
    s = snapshots.dropna(subset=["snapshot_date"]).sort_values(["contract_id", "snapshot_date"], kind="stable")
    s = s.drop_duplicates(["contract_id", "snapshot_date"], keep="last").reset_index(drop=True)
    same = s["contract_id"].eq(s["contract_id"].shift())
    step = s["current_amount"].diff().where(same)
    ends = s["end_date"].ne(s["end_date"].shift()) & same & s["end_date"].notna() & s["end_date"].shift().notna()
    changed = step.abs().ge(0.01) | ends
    at = s[changed]
    frame = schemas.empty("amendments").reindex(range(len(at)))
    step, ends = step[changed].to_numpy(), ends[changed].to_numpy()
    moved = np.abs(np.nan_to_num(step)) >= 0.01
    frame["contract_id"] = at["contract_id"].to_numpy()
    number = at.groupby("contract_id").cumcount() + 1
    frame["amendment_id"] = ("S" + number.astype(str)).to_numpy()
    frame["amendment_date"] = at["snapshot_date"].to_numpy()
    frame["amendment_kind"] = np.where(moved, "amount", "time")
    frame["amount_change"] = np.where(moved, step, np.nan)
    frame["new_end_date"] = at["end_date"].where(ends).to_numpy()
    frame["source_file"], frame["source_row"] = at["source_file"].to_numpy(), at["source_row"].to_numpy()
    return frame.astype({name: schemas.DTYPES[kind] for name, kind in schemas.columns("amendments").items()})


# --- vendors -----------------------------------------------------------------------------------------------------


def load_merges(engagement):
    """Vendors that a person confirmed to be one: ``{vendor id: (id, name)}`` of the vendor they are counted as.

    A later row with the decision "apart" takes a merge back, so nothing is ever lost.
    """
    rows = saved.newest(saved.read_rows(engagement.folder / "vendor_merges.csv"), ("vendor_id",))
    into = {r["vendor_id"]: (r["into_id"], r["into_name"]) for r in rows if r.get("decision") == "same"}
    resolved = {}
    for key in into:
        target, seen = into[key], {key}
        while target[0] in into and target[0] not in seen:
            seen.add(target[0])
            target = into[target[0]]
        if target[0] != key:
            resolved[key] = target
    return resolved


def _merged(frame, merges):
    """The table with merged vendors under one id and name."""
    for key, name in (("vendor_id", "vendor_name"), ("bidder_id", "bidder_name")):
        if merges and key in frame:
            hit = frame[key].isin(list(merges))
            if hit.any():
                frame = frame.copy()
                old = frame.loc[hit, key]
                if name in frame:
                    frame.loc[hit, name] = old.map({k: v[1] for k, v in merges.items()})
                frame.loc[hit, key] = old.map({k: v[0] for k, v in merges.items()})
    return frame


def _vendors_of(snapshots, single):
    """Vendors of contracts where the city has no list of them: all that the register names beside a contract.

    Where there are several snapshots, only its newest: a contract that passed to another vendor is not shared by both.
    """
    day = snapshots["snapshot_date"]
    if day.nunique() > 1:
        newest = day.groupby(snapshots["contract_id"]).transform("max")
        snapshots = snapshots[(day == newest) | newest.isna()]
    named = snapshots[["contract_id", "vendor_id", "vendor_name", "source_file", "source_row"]]
    if named["vendor_id"].isna().any():
        named = named[named["vendor_id"].notna()]
    if not single:
        named = named.drop_duplicates(["contract_id", "vendor_id"], keep="last")
    return _as_table(named, "contract_vendors")


def _vendors_from(frames):
    """Vendors where the city has no list of them: all that any table names."""
    parts = [
        frames[name][[key, called, "source_file", "source_row"]]
        .set_axis(["vendor_id", "vendor_name", "source_file", "source_row"], axis=1)
        .drop_duplicates("vendor_id")
        for name, key, called in (
            ("contracts", "vendor_id", "vendor_name"),
            ("contract_vendors", "vendor_id", "vendor_name"),
            ("payments", "vendor_id", "vendor_name"),
            ("bids", "bidder_id", "bidder_name"),
        )
    ]
    every = pd.concat(parts, ignore_index=True).dropna(subset=["vendor_id"])
    return _as_table(every.drop_duplicates("vendor_id"), "vendors")


def _as_table(frame, table):
    """A frame with every column of a table, in its type."""
    frame = frame.reset_index(drop=True)
    columns = {
        name: frame[name].astype(schemas.DTYPES[kind]) if name in frame else absent(kind, len(frame))
        for name, kind in schemas.columns(table).items()
    }
    return pd.DataFrame(columns, copy=False)


def _bid_ids(bids):
    """Bids with an id: made from solicitation, bidder and lot where the city has none."""
    if not bids["bid_id"].isna().any():
        return bids
    made = bids["solicitation_id"] + ":" + bids["bidder_id"].fillna("") + ":" + bids["lot"].fillna("")
    return bids.assign(bid_id=bids["bid_id"].fillna(made))


# --- links and periods -------------------------------------------------------------------------------------------


def foreign(intakes, facts):
    """A finding for each table whose amounts are mostly in another currency than the city's.

    Parameters
    ----------
    intakes : dict of str to Intake
    facts : rdclib.engagement.Facts

    Returns
    -------
    list of Finding
        With the other currency as its value.
    """
    found = []
    for table, intake in intakes.items():
        entry = facts.files.get(table)
        if "currency" not in intake.frame or (entry and entry.currency):
            continue  # no amounts, or the city said in which currency these are
        rows = intake.frame["currency"].value_counts()
        if not len(rows) or (main := rows.index[0]) == facts.currency:
            continue
        first = intake.frame[intake.frame["currency"] == main].iloc[0]
        what = f"most amounts are in {main}, and the city's currency is {facts.currency}"
        done = f"left out of sums in {facts.currency}; if the city counts in {main}, write it in engagement.yaml"
        where = (first["source_file"], int(first["source_row"]), "currency", main, int(rows.iloc[0]))
        found.append(Finding("error", table, *where, what, done))
    return found


def linked(payments, contracts, links):
    """Payments under the contract that the city confirmed for their vendor.

    Parameters
    ----------
    payments, contracts : DataFrame
    links : dict of str to str
        Vendor id to contract id.

    Returns
    -------
    DataFrame
        Payments that name a contract keep it; those of a linked vendor that name none, and are not before the
        contract's start, get the contract.
    """
    links = {vendor: contract for vendor, contract in links.items() if contract in set(contracts["contract_id"])}
    if not links or not len(payments):
        return payments
    wanted = payments["vendor_id"].map(links)
    start = wanted.map(contracts.drop_duplicates("contract_id").set_index("contract_id")["start_date"])
    use = payments["contract_id"].isna() & wanted.notna() & ~(payments["payment_date"] < start)
    return payments.assign(contract_id=payments["contract_id"].mask(use, wanted))


def _links(frames):
    """Rows of other tables that point to a contract or solicitation that is not there."""
    found = []
    for table, key, target in (
        ("payments", "contract_id", "contracts"),
        ("amendments", "contract_id", "contracts"),
        ("milestones", "contract_id", "contracts"),
        ("bids", "solicitation_id", "solicitations"),
    ):
        frame = frames[table]
        if not len(frame) or not len(frames[target]):
            continue
        lost = frame[key].notna() & ~frame[key].isin(frames[target][key])
        if lost.any():
            first = frame[lost].iloc[0]
            value = " | ".join(frame.loc[lost, key].unique()[:3])
            what = f"{key} that is in no row of {target}"
            done = "kept; they count in their own table only"
            found.append(
                Finding(
                    "warning",
                    table,
                    first["source_file"],
                    int(first["source_row"]),
                    key,
                    value,
                    int(lost.sum()),
                    what,
                    done,
                )
            )
        if key == "contract_id" and table == "payments" and not frame[key].notna().any():
            what = "no payment names its contract"
            done = "payments are not linked to contracts; send a file with contract numbers, or confirm a link"
            found.append(Finding("note", table, "", 0, key, "", len(frame), what, done))
    return found


def _several_lines(contracts):
    """Contract numbers that one snapshot has on several lines with different amounts, dates or words."""
    again = contracts.duplicated("contract_id", keep=False)
    if not again.any():
        return []
    lines = contracts[again]
    return [
        Finding(
            "warning",
            "contracts",
            str(lines["source_file"].iloc[0]),
            int(lines["source_row"].iloc[0]),
            "contract_id",
            " | ".join(lines["contract_id"].astype(str).unique()[:EXAMPLES]),
            len(lines),
            "lines of a contract number that stands on several lines with different amounts, dates or words",
            "each line counts as a contract; if one replaces the other, ask for a register without the old ones",
        )
    ]


def _unit_slips(observations):
    """Values so far from all others of their metric and vendor that they were sent in another unit."""
    o = observations[observations["stratum"].isna() & (observations["value"] > 0)]
    who = [o["metric_id"], o["vendor_id"].fillna(o["vendor_name"]).fillna(""), o["site"].fillna("")]
    usual = o["value"].groupby(who).transform("median")
    times = o["value"] / usual
    off = (times >= UNIT_SLIP) | (times <= 1 / UNIT_SLIP)
    # Only beside values that keep together: a series that often jumps has no unit to slip from.
    tame = (off | times.between(1 / TAME, TAME)).groupby(who).transform("all")
    off &= tame & (o["value"].groupby(who).transform("count") >= FEWEST_PERIODS)
    return [
        Finding(
            "warning",
            "observations",
            str(row.source_file),
            int(row.source_row),
            "value",
            f"{row.value:g}",
            1,
            f"{row.metric_id}{f' of {row.vendor_name}' if isinstance(row.vendor_name, str) else ''} is "
            f"{times[row.Index]:.3g} times its usual {usual[row.Index]:g}",
            "kept, and questioned in the review: was it sent in another unit? If so, ask for the period again",
        )
        for row in o[off].itertuples()
    ]


def _check_period(engagement, frames):
    """Stop when no record of any table touches the period."""
    first, last = pd.Timestamp(engagement.period.start), pd.Timestamp(engagement.period.end)
    fiscal = set()
    for table, columns in DAYS.items():
        frame = frames[table]
        if not len(frame):
            continue
        for column in columns:
            days = frame[column].dropna()
            if not len(days):
                continue
            if ((days >= first) & (days < last + pd.Timedelta(days=1))).any():
                return
            fiscal |= set(days.dt.to_period("M").unique())
        if table == "contracts":
            running = (frame["start_date"] <= last) & ~(frame["end_date"] < first)
            if running.any():
                return
    if not fiscal:
        return
    start = engagement.period.fiscal_year_start
    labels = sorted({periods.containing(m.to_timestamp().date().replace(day=28), start).label for m in fiscal})
    shown = ", ".join(labels if len(labels) <= 8 else [*labels[-8:]])
    p = engagement.period
    raise ReportError(
        f"No record of {engagement.facts.city} lies in {p.label} ({p.start} to {p.end}).",
        fix=f"Choose a period that has data: {shown}.",
    )


# --- the workbook's own files ------------------------------------------------------------------------------------


def _workbook(engagement):
    """What the forms have saved, as tables, and how much of it came after the day of the report."""
    tables, late = {}, {}
    for name, file in _WORKBOOK_FILES.items():
        rows = saved.read_rows(engagement.folder / f"{file}.csv")
        if name in KNOWN_BY_DAY:
            rows, late[name] = known_entries(rows, name, engagement.period, engagement.as_of)
        tables[name] = _typed(saved.newest(rows, _WORKBOOK_KEYS[name]), name, f"{file}.csv")
    return tables, late


def known_entries(rows, table, period, as_of):
    """Readings of contracts, or ratings of vendors, that a report knows.

    What was saved by the day of the report (``time``, to the day) counts, and so does a row without a time. What was
    saved later does not, with one exception: a report whose day is the last of its period is about the period, and a
    city reads, rates and corrects when that is over. There, what was entered later counts, too; a rating, though, only
    when the period that it judges had ended. A report for any other day knows what was known.

    Parameters
    ----------
    rows : list of dict of str to str
        Oldest first.
    table : str
        "coding" or "vendor_ratings".
    period : rdclib.periods.Period
        What the report is about.
    as_of : datetime.date
        The day of the report.

    Returns
    -------
    tuple
        The rows that count, oldest first, several of a key among them, and the `Late`.
    """
    key = _WORKBOOK_KEYS[table]
    kept, counted, left_out = [], set(), set()
    for row in rows:
        day = _saved_on(row)
        known = day is None or day <= as_of
        counts = as_of == period.end and _over(row, period, as_of)
        if known or counts:
            kept.append(row)
        if not known:
            (counted if counts else left_out).add(tuple(row.get(name, "") for name in key))
    return kept, Late(len(counted), len(left_out))


def _saved_on(row):
    """The day on which a row was saved; None where it does not say."""
    try:
        return date.fromisoformat(row.get("time", "")[:10])
    except ValueError:
        return None


def _over(row, period, day):
    """Whether the period that a row judges had ended by a day; a reading judges none."""
    try:
        return periods.parse(row.get("period", ""), "{:02}-{:02}".format(*period.fiscal_year_start)).end <= day
    except periods.WrongUse:
        return True


def _typed(rows, table, file):
    """Rows of a CSV that the workbook wrote, as a typed table with every column."""
    kinds = schemas.columns(table)
    columns = {}
    for name, kind in kinds.items():
        if name == "source_file":
            columns[name] = pd.Series([file] * len(rows), dtype=schemas.DTYPES["text"])
        elif name == "source_row":
            columns[name] = pd.Series(np.arange(2, len(rows) + 2), dtype=float)
        else:
            texts = parsing.missing(pa.array([row.get(name, "") for row in rows], pa.string()), keep_none=True)
            if kind == "date":
                values = parsing.dates(texts, "month-first").values
            elif kind == "yes_no":
                values = parsing.yes_no(texts).values
            elif kind in ("text", "code", "choice"):
                values = texts
            else:
                values = parsing.number(texts).values
            columns[name] = series(values, kind)
    return pd.DataFrame(columns)


def roll_up(cases, metric_id, *, from_day, to_day=None, within="", by=()):
    """Observations counted from cases: how many went from one day to another, by month of the first.

    Parameters
    ----------
    cases : DataFrame
        The table ``cases``.
    metric_id : str
        The metric that the result is.
    from_day, to_day : str
        Columns with days; the share of cases with a ``to_day`` among those with a ``from_day`` is the value. Without
        ``to_day`` the value is the number of cases.
    within : str
        A column with the day by which ``to_day`` must lie to count.
    by : sequence of str
        "contract_id", "vendor_id", "group" or "place": one observation for each value.

    Returns
    -------
    DataFrame
        The table ``observations``.
    """
    known = cases[cases[from_day].notna()]
    if to_day is None:
        hit = pd.Series(True, index=known.index)
    else:
        hit = known[to_day].notna()
        if within:
            hit &= known[to_day] <= known[within]
    first = known[from_day].dt.to_period("M").dt.start_time.astype("datetime64[us]")
    keys = [first.rename("period_start"), *(known[name] for name in by)]
    counted = hit.groupby(keys, dropna=False).agg(["sum", "size"]).reset_index()
    out = counted.rename(columns={"sum": "numerator", "size": "denominator", "place": "site", "group": "stratum"})
    out["metric_id"] = metric_id
    out["period_end"] = (out["period_start"] + pd.offsets.MonthEnd(0)).astype("datetime64[us]")
    if to_day is None:
        out["value"], out["numerator"], out["denominator"] = out["denominator"], np.nan, np.nan
    else:
        out["value"] = out["numerator"] / out["denominator"] * 100
    if "group" in by:
        out["stratum_kind"] = "group"
    out["source_file"] = "cases"
    return _as_table(out, "observations")


__all__ = [
    "Intake",
    "Late",
    "Records",
    "derived_amendments",
    "known_entries",
    "latest",
    "load_merges",
    "load_records",
    "read_files",
    "roll_up",
]
