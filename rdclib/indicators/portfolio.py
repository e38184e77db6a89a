"""PF: what the city buys, from how many, and how well it is written down."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from rdclib import schemas
from rdclib.indicators.frames import frames_of
from rdclib.indicators.rows import CannotTell, rows

YEAR = 365.25  # days
# Tables that a city sends and whose completeness is told.
SENT = ("contracts", "solicitations", "bids", "amendments", "milestones", "payments", "vendors")


def contract_reasons(c, *, amount="latest_amount"):
    """Why a contract's money does not count: reasons that many indicators share."""
    return {
        "cancelled": c["cancelled"],
        "order under a master agreement that is counted": c["counted_in_master"],
        "other currency": c["foreign"],
        "no amount": c[amount].isna(),
    }


def active_contracts(records):
    """PF01: contracts in force today, with their current amount.

    Returns
    -------
    DataFrame
        One row per contract in force: ``value`` (latest amount), ``part`` (fiscal year of its start).
    """
    c = records.contracts
    return rows(c, value=c["latest_amount"], only=c["in_force"], leave_out=contract_reasons(c))


def annualised_value(records):
    """PF02: latest amount of contracts in force, for each year of their term.

    Returns
    -------
    DataFrame
        One row per contract in force: ``value`` (amount a year; terms under a month count as one).
    """
    c = records.contracts
    return rows(
        c,
        value=annual_amount(c),
        only=c["in_force"],
        leave_out=contract_reasons(c)
        | {"no real end date": c["last_day"].isna(), "ends before it starts": ends_before_it_starts(c)},
    )


def annual_amount(c):
    """Latest amount for each year of the term."""
    years = ((c["last_day"] - c["start_date"]).dt.days + 1) / YEAR
    return c["latest_amount"] / years.clip(lower=1 / 12)


def ends_before_it_starts(c):
    """Contracts whose days are the wrong way round."""
    return c["last_day"] < c["start_date"]


def spend_under_contract(records):
    """PF03: addressable payments made under a contract.

    Returns
    -------
    DataFrame
        One row per payment: ``date``, ``value`` (amount under a contract), ``weight`` (amount), ``cluster`` (vendor).
    """
    p = records.payments
    return rows(
        p,
        date=p["payment_date"],
        value=p["payment_amount"].where(p["contract_id"].notna(), 0.0).where(p["payment_amount"].notna()),
        weight=p["payment_amount"],
        cluster=p["vendor"],
        leave_out=payment_reasons(p),
    )


def payment_reasons(p):
    """Why a payment does not count."""
    return {
        "not addressable": p["not_addressable"],
        "other currency": p["foreign"],
        "no amount": p["payment_amount"].isna(),
    }


def vendor_money(records):
    """CN01-CN04, PF04: money by vendor: payments of the period, or contracts in force where there are no payments.

    Returns
    -------
    DataFrame
        One row per payment, or per contract and vendor: ``value`` (amount), ``cluster`` (vendor), ``part`` (category).
    """
    p = records.payments
    if p["payment_amount"].notna().any() and p["vendor"].notna().any():
        return rows(
            p,
            date=p["payment_date"],
            value=p["payment_amount"],
            cluster=p["vendor"],
            part=p["category"],
            leave_out=payment_reasons(p) | {"no vendor": p["vendor"].isna()},
        )
    lines = records.award_lines
    return rows(
        lines,
        value=lines["latest_amount"],
        cluster=lines["vendor"],
        part=lines["category"],
        only=lines["of_period"],
        leave_out={
            "cancelled, pending, or an order whose master agreement is counted": lines["cancelled"],
            "other currency": lines["foreign"],
            "no amount": lines["latest_amount"].isna(),
            "no vendor": lines["vendor"].isna(),
        },
        note="The city sent no payments with vendors, so this is the amount of contracts in force in the period.",
    )


def field_completeness(records):
    """PF05: values present in the columns of each table that the city sent.

    Returns
    -------
    DataFrame
        One row per column and department: ``value`` (values present), ``weight`` (rows), ``part`` (table and column).
        A column without any value is one that the city does not keep, and is not counted.
    """
    cells = {"department": [], "value": [], "weight": [], "part": []}
    intakes = records.records.intakes
    for table in SENT:
        frame = getattr(records.records, table)
        # What we add ourselves, such as an id made from a name, would make a city look better than its files are.
        sent = schemas.columns(table) if not intakes else intakes[table].columns if table in intakes else ()
        filled = {name: frame[name].notna().to_numpy() for name in sent if name not in schemas.LINEAGE}
        filled = {name: has for name, has in filled.items() if has.any()}
        if not filled:
            continue
        whose, names = np.zeros(len(frame), dtype=np.int64), [None]
        if "department" in filled:
            whose, names = pd.factorize(frame["department"], sort=True)
            whose, names = whose + 1, [None, *names]  # a row without a department comes first
        sizes = np.bincount(whose, minlength=len(names))
        counts = {name: np.bincount(whose[has], minlength=len(names)) for name, has in filled.items()}
        for place in np.flatnonzero(sizes):
            cells["department"] += [names[place]] * len(counts)
            cells["value"] += [count[place] for count in counts.values()]
            cells["weight"] += [float(sizes[place])] * len(counts)
            cells["part"] += [f"{table}.{name}" for name in counts]
    if not cells["value"]:
        raise CannotTell("The city sent no records yet.")
    cells = pd.DataFrame(cells)
    cells["department"] = cells["department"].astype("category")
    return rows(cells, value=cells["value"], weight=cells["weight"], part=cells["part"])


@dataclass(frozen=True, eq=False)
class Overview:
    """Contracts in force in the period, four ways.

    Attributes
    ----------
    by_department, by_vendor, by_type, by_year : DataFrame
        ``label``, ``value`` (latest amount), ``n`` (contracts), largest value first; years in order. Labels that are
        missing are "not given".
    value : float
        Latest amount of all of them.
    n : int
        Contracts counted.
    left_out : Series of int
        Contracts that are not, by reason.
    currency : str
    vendors : int
        Vendors with an amount.
    """

    period: object
    as_of: object
    currency: str
    value: float
    n: int
    vendors: int
    left_out: pd.Series
    by_department: pd.DataFrame
    by_vendor: pd.DataFrame
    by_type: pd.DataFrame
    by_year: pd.DataFrame


def overview(records):
    """Value and number of the contracts in force in the period, by department, vendor, type and year of start.

    Parameters
    ----------
    records : rdclib.records.Records

    Returns
    -------
    Overview
    """
    frames = frames_of(records)
    c = frames.contracts
    made = rows(c, value=c["latest_amount"], only=c["of_period"], leave_out=contract_reasons(c))
    left_out = made["left_out"].value_counts()
    counted = made.index[made["left_out"].isna()]
    c = c.loc[counted]
    lines = frames.award_lines
    lines = lines[lines.index.isin(counted)]
    start = c["start_date"].fillna(c["agreed_date"])
    month, day = frames.period.fiscal_year_start
    later = (start.dt.month > month) | ((start.dt.month == month) & (start.dt.day >= day))
    year = start.dt.year + (later & ((month, day) != (1, 1)))
    label = ("FY" + year.astype("Int64").astype(object).astype(str)).where(start.notna())
    names = frames.contracts["vendor_name"]
    known = names.notna() & frames.contracts["vendor"].notna()
    shown = dict(zip(frames.contracts["vendor"][known], names[known], strict=True))
    vendor = lines["vendor"].astype(object).map(lambda key: shown.get(key, key), na_action="ignore")
    by_year = _grouped(label, c["latest_amount"]).sort_values("label", ignore_index=True)
    return Overview(
        period=frames.period,
        as_of=frames.as_of,
        currency=frames.facts.currency,
        value=float(c["latest_amount"].sum()) if len(c) else np.nan,
        n=len(c),
        vendors=int(lines["vendor"].nunique()),
        left_out=left_out[left_out > 0],
        by_department=_grouped(c["department"], c["latest_amount"]),
        by_vendor=_grouped(vendor, lines["latest_amount"]),
        by_type=_grouped(c["contract_type"], c["latest_amount"]),
        by_year=by_year,
    )


def _grouped(labels, amounts):
    keys = labels.astype(object).where(labels.notna(), "not given")
    found = amounts.groupby(keys.to_numpy()).agg(["sum", "size"])
    found = found.rename_axis("label").reset_index().set_axis(["label", "value", "n"], axis=1)
    return found.sort_values(["value", "label"], ascending=[False, True], ignore_index=True)
