"""A register that came several times: what it shows last, what left it, and what changed from one to the next."""

import numpy as np
import pandas as pd

from rdclib import schemas
from rdclib.checks import EXAMPLES, Finding

# Share of one snapshot's contracts that the next one shows again, from which on absence means that they left.
REPEATED = 0.5
# What differs between the lines of a contract that a register lists once for every vendor.
_OF_VENDOR = ("vendor_id", "vendor_name", "vendor_class")


def up_to(frame, column, day):
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
