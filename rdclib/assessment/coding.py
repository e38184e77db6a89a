"""Contracts that a person has read, and how far two readers agree."""

import hashlib
import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from rdclib import stats
from rdclib.records import Late

# Part of the contracts that a second person reads as well.
SECOND_CODER_SHARE = 0.1
# What two coders of a contract should agree on: does the contract have it or not.
CODED = {
    "is_key": "Key contract",
    "goal_text": "Outcome goal written down",
    "metrics": "Outcome metric with baseline and target",
    "last_data_date": "Performance data arrived",
    "incentive_flag": "Incentive for results",
    "meeting_date": "Data reviewed with the vendor",
    "review_doc": "Past performance reviewed in writing",
}


@dataclass(frozen=True)
class Coding:
    """Contracts read by a person, and how far two readers agree.

    Attributes
    ----------
    read : int
        Contracts read by at least one coder.
    to_read : DataFrame
        ``contract_id``, ``title``, ``department``, ``amount`` of key contracts not read yet, the largest first.
    second : tuple of str
        Contracts that a second coder should read: one in ten, chosen by their ids so that nobody picks them.
    read_twice : tuple of str
    agreement, kappa : stats.Noted
        Over all contracts read twice and all questions.
    differences : DataFrame
        ``contract_id``, ``field``, ``readings``: where coders differ.
    late : rdclib.records.Late
        Readings that were saved after the day of the report.
    """

    read: int
    to_read: pd.DataFrame
    second: tuple
    read_twice: tuple
    agreement: stats.Noted
    kappa: stats.Noted
    differences: pd.DataFrame
    late: Late


def coding(frames, key_contracts=()):
    """Say which contracts to read, which a second time, and how far readers agree.

    Parameters
    ----------
    frames : rdclib.indicators.frames.Frames
    key_contracts : sequence of str
        Contracts that the city confirmed as key.

    Returns
    -------
    Coding
    """
    d = frames.records.coding
    d = d[~d.duplicated(["contract_id", "coder"], keep="last")].reset_index(drop=True)
    readings = pd.DataFrame({field: _has(d[field]) for field in CODED}, index=d.index)
    coders = d.groupby("contract_id")["coder"].nunique()
    twice = tuple(coders.index[coders >= 2])
    table, differences = [], []
    for contract in twice:
        mine = readings[d["contract_id"] == contract]
        for field, title in CODED.items():
            yes = int(mine[field].sum())
            table.append([yes, len(mine) - yes])
            if 0 < yes < len(mine):
                differences.append((contract, title, f"{yes} of {len(mine)} say yes"))
    c = frames.contracts
    wanted = (
        c["contract_id"].isin(key_contracts) & ~c["contract_id"].isin(coders.index) & ~c["contract_id"].duplicated()
    )
    to_read = pd.DataFrame(
        {
            "contract_id": c["contract_id"],
            "title": c["title"],
            "department": c["department"].astype(object),
            "amount": c["latest_amount"].where(~c["foreign"]),
        }
    )[wanted].sort_values(["amount", "contract_id"], ascending=[False, True], ignore_index=True)
    return Coding(
        read=len(coders),
        to_read=to_read,
        second=second_readings(coders.index),
        read_twice=twice,
        agreement=stats.plain_agreement(np.reshape(table, (-1, 2))),
        kappa=stats.fleiss_kappa(np.reshape(table, (-1, 2))),
        differences=pd.DataFrame(differences, columns=["contract_id", "field", "readings"]),
        late=frames.late.get("coding", Late()),
    )


def _has(values):
    """Whether the contract has it: a yes, or any text or date."""
    if isinstance(values.dtype, pd.BooleanDtype):
        return values.fillna(False).astype(bool)
    return values.notna()


def second_readings(contract_ids):
    """Choose one contract in ten (at least one) for a second reader, by their ids alone.

    Parameters
    ----------
    contract_ids : iterable of str

    Returns
    -------
    tuple of str
    """
    ids = sorted(set(contract_ids))
    size = math.ceil(SECOND_CODER_SHARE * len(ids))
    return tuple(sorted(ids, key=lambda i: hashlib.sha256(i.encode("utf-8")).hexdigest())[:size])
