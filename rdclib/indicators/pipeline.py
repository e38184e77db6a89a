"""EX: what ends when, and whether there is still time to compete."""

import numpy as np
import pandas as pd

from rdclib.indicators.lead_times import ASSUMED, ASSUMED_DAYS, slack
from rdclib.indicators.portfolio import YEAR, annual_amount, contract_reasons, ends_before_it_starts
from rdclib.indicators.rows import rows

MONTHS = (6, 12, 18, 24)
# Days of slack within which work begins at once.
START_NOW = 90
# Invoices of the last weeks are paid after the end.
INVOICE_TAIL = 60  # days
# Years without competition.
LONG_AGO, VERY_LONG_AGO = 5, 10
# Of a priority rating.
HIGHEST = 4.0


def ending_soon(records):
    """Contracts in force that end within the 24 months after today."""
    c = records.contracts
    return c["in_force"] & (c["last_day"] <= records.today + pd.DateOffset(months=MONTHS[-1]))


def expiring_value(records):
    """EX01: contracts in force that end within 24 months, at their amount a year.

    Returns
    -------
    DataFrame
        One row per contract: ``value`` (amount a year), ``part`` (months until it ends).
    """
    c = records.contracts
    ends = [records.today + pd.DateOffset(months=m) for m in MONTHS]
    labels = [f"{first + 1}–{last} months" for first, last in zip((0, *MONTHS), MONTHS, strict=False)]
    place = np.searchsorted(np.array(ends, dtype="datetime64[us]"), c["last_day"].to_numpy().astype("datetime64[us]"))
    part = pd.Categorical.from_codes(np.where(place < len(ends), place, -1), labels)
    soon = ending_soon(records)
    made = rows(c, value=annual_amount(c), only=soon, part=pd.Series(part, c.index), leave_out=contract_reasons(c))
    optional = (c["option_end_date"] > c["last_day"])[soon].sum()
    if c["option_end_date"].notna().any():
        made.attrs["note"] = f"{optional:,} of them have an option that is not used yet and could run longer."
    return made


def reprocurement_slack(records):
    """EX02: days that are left before work on the next procurement must begin.

    Returns
    -------
    DataFrame
        One row per contract in force that ends within 24 months: ``value`` (days; below 0 it is too late to compete),
        ``contract_id``, ``start_by``, ``lead_days``, ``basis``; flagged below 0 (EX02-late) and from 0 to 90
        (EX02-now). See `rdclib.indicators.lead_times`.
    """
    c, soon = records.contracts, ending_soon(records)
    times = slack(records)
    left = times["slack_days"]
    assumed = int((soon & (times["basis"] == ASSUMED)).sum())
    found = rows(
        c,
        value=left,
        only=soon,
        flags={"EX02-late": left < 0, "EX02-now": (left >= 0) & (left <= START_NOW)},
        note=f"For {assumed:,} of {int(soon.sum()):,} contracts the time of a procurement is assumed to be "
        f"{ASSUMED_DAYS} days, for want of ten finished ones of their method."
        if assumed
        else "",
        contract_id=c["contract_id"],
        start_by=times["start_by"],
        lead_days=times["lead_days"],
        basis=times["basis"],
    )
    found.attrs["tentative"] = 2 * assumed > int(soon.sum())
    return found


def extended(records):
    """EX03: contracts in force in the period that run past their base term."""
    c = records.contracts
    base = c["base_end_date"].fillna(c["original_end_date"])
    return rows(
        c,
        value=c["last_day"] > base,
        only=c["in_period"],
        leave_out={"no base or original end": base.isna(), "no real end date": c["last_day"].isna()},
    )


def holdover(records):
    """EX04: contracts paid more than 60 days after their end.

    Returns
    -------
    DataFrame
        One row per contract with payments in the period: ``value`` (days from end to last payment).
    """
    c, p = records.contracts, records.payments
    at = records.contract_places(p["contract_id"])
    use = (at >= 0) & records.inside(p["payment_date"]).to_numpy() & (p["payment_amount"] > 0).to_numpy()
    last = np.full(len(c), np.iinfo(np.int64).min)
    np.maximum.at(last, at[use], p["payment_date"].to_numpy()[use].astype("datetime64[D]").astype(np.int64))
    paid = last > np.iinfo(np.int64).min
    day = pd.Series(np.where(paid, last, 0).astype("datetime64[D]").astype("datetime64[us]"), c.index).where(paid)
    late = (day - c["last_day"]).dt.days.astype(float)
    return rows(
        c,
        value=late,
        only=paid,
        leave_out={"no real end date": c["last_day"].isna()},
        flags={"EX04": late > INVOICE_TAIL},
    )


def years_since_competed(records):
    """EX05: years since the service was last opened to competition; one row per contract in force."""
    c, s = records.contracts, records.solicitations
    at = records.contract_solicitations
    competed = s["posted_date"].where(s["procurement_method"].isin(("open", "selective")))
    if len(s):
        taken = competed.take(np.where(at >= 0, at, 0)).set_axis(c.index).where(at >= 0)
    else:
        taken = competed.reindex(c.index)
    # A contract that was itself competed tells the day when the register does not.
    # (Not by its start: a renewal starts and is not competed.)
    agreed = c["award_date"].fillna(c["signed_date"])
    own = agreed.where(c["procurement_method"].isin(("open", "selective")))
    last = c["last_competition_date"].fillna(taken).fillna(own)
    years = (records.today - last.dt.normalize()).dt.days / YEAR
    return rows(
        c,
        value=years,
        only=c["in_force"],
        leave_out={"day of last competition not known": last.isna()},
        flags={
            "EX05-five": (years > LONG_AGO) & ~(years > VERY_LONG_AGO),
            "EX05-ten": years > VERY_LONG_AGO,
        },
    )


def attention_score(records):
    """EX06: how much attention a contract deserves, 0 to 4, from what the records can tell.

    Returns
    -------
    DataFrame
        One row per contract in force: ``value``, the mean of those of `record_ratings` that are known, which are beside
        it.
    """
    c = records.contracts
    ratings = record_ratings(records).rename(columns={"value": "size"})
    silent = [name for name in ratings if ratings.loc[c["in_force"].to_numpy(), name].isna().all()]
    return rows(
        c,
        value=ratings.mean(axis=1),
        only=c["in_force"],
        leave_out=contract_reasons(c),
        contract_id=c["contract_id"],
        note="Resident impact and feasibility are judged in the workshop and not part of it."
        + (f" Nothing is known of: {', '.join(silent)}." if silent else ""),
        **{name: ratings[name] for name in ratings},
    )


def record_ratings(frames):
    """The priority ratings that records can give, for each contract, from 0 to 4; nan where they cannot.

    Parameters
    ----------
    frames : Frames

    Returns
    -------
    DataFrame
        On the index of ``frames.contracts``: ``value`` (four times the share of contracts in force with a smaller
        amount a year), ``strategic goal`` (as coded), ``performance concern`` (of the performance review) and
        ``urgency`` (4 without slack, falling to 0 at a year of it).
    """
    c = frames.contracts
    counted = ~c["foreign"] & c["in_force"] & ~ends_before_it_starts(c)
    a_year = annual_amount(c).where(counted)
    n = int(a_year.notna().sum())
    # Half of those with the same amount count as smaller, so that equal contracts are rated alike.
    value = HIGHEST * (a_year.rank(method="average") - 0.5) / n if n else a_year
    coded = frames.coding.set_index("contract_id")["goal_link"]
    return pd.DataFrame(
        {
            "value": value,
            "strategic goal": _by_contract(c, coded),
            "performance concern": _by_contract(c, frames.concern),
            "urgency": HIGHEST * (1 - slack(frames)["slack_days"] / 365).clip(0, 1),
        },
        index=c.index,
    )


def _by_contract(contracts, values):
    """Values by contract id for each row of contracts; nothing is looked up where nothing is known."""
    known = values.dropna()
    found = contracts["contract_id"].map(known) if len(known) else pd.Series(np.nan, contracts.index)
    return found.astype(float)
