"""Vendors under the names that a person confirmed, and the lists of them that a city did not send."""

import pandas as pd

from rdclib import saved, vocabulary
from rdclib.records.typed import as_table

MERGES = vocabulary.ENTRY_FILES["vendor_merges.csv"].columns


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


def merged(frame, merges):
    """A table with merged vendors, of contracts or among bidders, under one id and name.

    Parameters
    ----------
    frame : DataFrame
    merges : dict of str to (str, str)
        As `load_merges` gives them.
    """
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


def vendors_of(snapshots, single):
    """Vendors of contracts where the city has no list of them: all that the register names beside a contract.

    Where there are several snapshots, only its newest: a contract that passed to another vendor is not shared by both.

    Parameters
    ----------
    snapshots : DataFrame
    single : bool
        Every contract number stands on one line.
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
    return as_table(named, "contract_vendors")


def vendors_from(frames):
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
    return as_table(every.drop_duplicates("vendor_id"), "vendors")
