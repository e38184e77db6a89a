"""An engagement's records: its files read, the newest snapshot chosen, what the workbook added joined to it."""

from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from pathlib import Path

import pandas as pd

from rdclib import engagement as engagements
from rdclib import periods, schemas
from rdclib.checks import in_order
from rdclib.choices import Choices
from rdclib.errors import DataFileError
from rdclib.intake import cache, read_table
from rdclib.records.cases import roll_up
from rdclib.records.currencies import in_one_currency
from rdclib.records.doubts import DAYS, check_period, foreign, several_lines, unit_slips
from rdclib.records.entries import Late, entries, known_entries
from rdclib.records.links import linked, lost_links
from rdclib.records.snapshots import derived_amendments, latest, up_to, without_left
from rdclib.records.vendors import MERGES, load_merges, merged, vendors_from, vendors_of

__all__ = [
    "DAYS",
    "MERGES",
    "Late",
    "Records",
    "derived_amendments",
    "foreign",
    "known_entries",
    "latest",
    "linked",
    "load_merges",
    "load_records",
    "read_files",
    "reread",
    "roll_up",
    "without_left",
]


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
    for name in ("contracts", "solicitations"):
        frames[name], mixed = in_one_currency(frames[name], name, engagement.facts.currency)
        findings += mixed
    check_period(engagement, frames)
    merges = load_merges(engagement)
    frames = {name: merged(frame, merges) for name, frame in frames.items()}
    snapshots = up_to(frames["contracts"], "snapshot_date", engagement.as_of)
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
        frames["contract_vendors"] = vendors_of(snapshots, single)
    if not len(frames["vendors"]):
        frames["vendors"] = vendors_from(frames)
    frames["bids"] = _bid_ids(frames["bids"])
    findings += foreign(intakes, engagement.facts) + lost_links(frames)
    findings += ([] if single else several_lines(contracts)) + unit_slips(frames["observations"])
    workbook, late = entries(engagement)
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


def _bid_ids(bids):
    """Bids with an id: made from solicitation, bidder and lot where the city has none."""
    if not bids["bid_id"].isna().any():
        return bids
    made = bids["solicitation_id"] + ":" + bids["bidder_id"].fillna("") + ":" + bids["lot"].fillna("")
    return bids.assign(bid_id=bids["bid_id"].fillna(made))
