"""TY: what kinds of contract the city uses, and who bears the risk."""

from rdclib import vocabulary
from rdclib.indicators.portfolio import contract_reasons
from rdclib.indicators.rows import rows


def _awarded(records, **columns):
    c = records.contracts
    return rows(
        c, date=c["agreed_date"], weight=c["amount"], cluster=c["vendor"],
        leave_out=contract_reasons(c, amount="amount") | columns.pop("leave_out", {}), **columns,
    )  # fmt: skip


def type_mix(records):
    """TY01: value awarded by contract type.

    Returns
    -------
    DataFrame
        One row per contract: ``date``, ``value`` (amount, when the type is known), ``weight`` (amount),
        ``part`` (type).
    """
    c = records.contracts
    return _awarded(records, value=c["amount"].where(c["contract_type"].notna(), 0.0), part=c["contract_type"])


def city_bears_risk(records):
    """TY02: value awarded under types in which the city bears the cost risk; contracts of unknown type are left out."""
    c = records.contracts
    return _awarded(
        records,
        value=c["amount"].where(c["contract_type"].isin(vocabulary.CITY_BEARS_COST_RISK), 0.0),
        leave_out={"type not known": c["contract_type"].isna()},
    )


def payment_basis_mix(records):
    """TY03: value awarded by what is paid for; ``value`` is the amount when the basis is known."""
    c = records.contracts
    return _awarded(records, value=c["amount"].where(c["payment_basis"].notna(), 0.0), part=c["payment_basis"])
