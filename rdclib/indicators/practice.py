"""RD: results-driven practice, from contracts that a person has read and from the action log."""

import pandas as pd

from rdclib.indicators.rows import rows

# A quarter, the longest a key contract goes without data or a meeting (What Works Cities, RDC5).
QUARTER = 92  # days
FRESH = 90  # days
MANY_METRICS = 7
# The last data or meeting that a later reading found hides those before it.
AFTERWARDS = "dated after the day of the report"


def _words(column):
    """Whether something is written in the column."""
    return column.notna() & (column.astype(object).astype(str).str.strip() != "")


def _items(column):
    """Number of items separated by a semicolon."""
    lists = column.astype(object).where(column.notna(), "").astype(str).str.split(";")
    return lists.map(lambda items: len({item.strip() for item in items if item.strip()})).astype(float)


def _key(d):
    return d["is_key"].fillna(False).to_numpy(bool)


def _key_value(records, holds):
    d = records.coding
    return rows(
        d,
        value=d["amount"].where(holds, 0.0).where(d["amount"].notna()),
        weight=d["amount"],
        cluster=d["vendor"],
        only=_key(d),
        leave_out={"no amount in the register": d["amount"].isna()},
        contract_id=d["contract_id"],
    )


def _key_share(records, holds, leave_out=None):
    d = records.coding
    return rows(d, value=holds, only=_key(d), leave_out=leave_out or {}, contract_id=d["contract_id"])


def stated_goals(records):
    """RD01: value of key contracts with a written outcome goal; one row per key contract coded."""
    return _key_value(records, _words(records.coding["goal_text"]))


def outcome_metrics(records):
    """RD02: value of key contracts with an outcome metric that has definition, baseline and target."""
    return _key_value(records, _words(records.coding["metrics"]))


def fresh_data(records):
    """RD03: key contracts with performance data of the last 90 days."""
    last = records.coding["last_data_date"]
    age = (records.today - last).dt.days
    return _key_share(records, (age >= 0) & (age <= FRESH), {AFTERWARDS: last > records.today})


def incentives(records):
    """RD04: value of coded contracts with any incentive."""
    d = records.coding
    return rows(
        d,
        value=d["amount"].where(d["incentive_flag"].fillna(False).to_numpy(bool), 0.0).where(d["amount"].notna()),
        weight=d["amount"],
        cluster=d["vendor"],
        leave_out={
            "incentive not coded": d["incentive_flag"].isna(),
            "no amount in the register": d["amount"].isna(),
        },
        contract_id=d["contract_id"],
    )


def money_at_risk(records):
    """RD05: part of the value of coded contracts that depends on results."""
    d = records.coding
    beyond = (d["at_risk_amount"] < 0) | (d["at_risk_amount"] > d["amount"])
    return rows(
        d,
        value=d["at_risk_amount"],
        weight=d["amount"],
        cluster=d["vendor"],
        leave_out={
            "amount at risk not coded": d["at_risk_amount"].isna(),
            "no amount in the register": d["amount"].isna(),
            "no amount at risk between zero and the contract's amount": beyond,
        },
        contract_id=d["contract_id"],
    )


def review_meetings(records):
    """RD06: key contracts with a documented review meeting in the last quarter."""
    d = records.coding
    later = d["meeting_date"] > records.today
    met = d["meeting_date"].mask(later)
    log = records.actions
    if len(log) and "meeting_date" in log:
        days = pd.to_datetime(log["meeting_date"])
        last = days[days <= records.today].groupby(log["contract_id"]).max()
        if len(last):
            met = pd.concat([met, d["contract_id"].map(last)], axis=1).max(axis=1)
    age = (records.today - met).dt.days
    held = (age >= 0) & (age < QUARTER)
    return _key_share(records, held, {AFTERWARDS: later & ~held})


def past_performance_used(records):
    """RD07: renewal, award and expansion decisions with a written performance review; one row per decision."""
    d = records.coding
    return rows(d, value=_words(d["review_doc"]), only=_words(d["decision_id"]), contract_id=d["contract_id"])


def comparable_vendors(records):
    """RD08: contracts in service groups of two vendors or more that share a metric with another vendor's contract."""
    d = records.coding
    c = records.contracts
    at = records.contract_places(d["contract_id"])
    group = d["service_group"]
    if len(c) and len(d):
        from_register = c["service_group"].take(at).set_axis(d.index).where(at >= 0)
        group = group.fillna(from_register)
    vendor = d["vendor"].astype(object).fillna(d["contract_id"])
    metric = (
        d["metric_id"].fillna(d["metrics"]).astype(object).where(lambda s: s.notna(), "").astype(str).str.split(";")
    )
    lines = pd.DataFrame({"row": d.index, "group": group, "vendor": vendor, "metric": metric}).explode("metric")
    lines["metric"] = lines["metric"].str.strip()
    lines = lines[lines["group"].notna() & (lines["metric"].fillna("") != "")]
    vendors = lines.groupby(["group", "metric"])["vendor"].transform("nunique")
    shared = set(lines.loc[vendors >= 2, "row"])
    several = pd.Series(vendor, d.index).groupby(group).transform("nunique") >= 2
    return rows(
        d,
        value=pd.Series(d.index.isin(shared), d.index),
        only=several.reindex(d.index, fill_value=False) & group.notna(),
        contract_id=d["contract_id"],
    )


def metrics_per_contract(records):
    """RD09: metrics in each coded contract; flagged above seven (RD09)."""
    d = records.coding
    n = _items(d["metric_id"])
    return rows(
        d,
        value=n,
        leave_out={"metrics not coded": d["metric_id"].isna()},
        flags={"RD09": n > MANY_METRICS},
        contract_id=d["contract_id"],
    )


def actions_closed(records):
    """RD10: actions closed by their due day; one row per action due in the period."""
    a = records.actions.reset_index(drop=True)
    due, closed = pd.to_datetime(a["action_due"]), pd.to_datetime(a["action_closed"])
    return rows(
        a,
        date=due,
        value=closed.dt.normalize() <= due.dt.normalize(),
        leave_out={"dropped": a["status"] == "dropped", "no due date": due.isna()},
    )
