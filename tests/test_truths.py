"""What was planted in the example cities is found by the stage that must find it; the decoys stay silent."""

from dataclasses import dataclass
from functools import cached_property

import pandas as pd
import pytest

from rdclib import places, saved
from rdclib.assessment import TOO_LATE, assess
from rdclib.engagement import load_engagement
from rdclib.intake.vendors import duplicates
from rdclib.records import load_records
from rdclib.review import review
from rdclib.selection import select

CITIES = ("riverbend", "quillhaven", "ostermoor")


@dataclass(frozen=True)
class Stages:
    """The results of every stage for one city, each computed once."""

    name: str

    @cached_property
    def engagement(self):
        return load_engagement(self.name)

    @cached_property
    def records(self):
        return load_records(self.engagement)

    @cached_property
    def assessment(self):
        return assess(self.records, self.engagement)

    @cached_property
    def selection(self):
        return select(self.records, self.engagement)

    @cached_property
    def review(self):
        return review(self.records, self.engagement)

    def series(self, where):
        return next(
            s for s in self.review.series if s.measure.id == where["metric"] and s.vendor_name == where["vendor"]
        )


STAGES = {name: Stages(name) for name in CITIES}


def truths(kind, word):
    """One parameter an entry of truth.yaml; ``word`` heads what a test sees or must not see."""
    return [
        pytest.param(STAGES[city], entry["where"], entry[word], id=f"{city}-{entry['id']}")
        for city in CITIES
        for entry in saved.read_yaml(places.EXAMPLES / city / "truth.yaml")[kind]
    ]


# How each kind of sight is seen -------------------------------------------------------------------------------------


def finding(stages, where, sight):
    return {"duplicate vendor": duplicate_vendor, "unit": wrong_unit, "file sent twice": sent_twice}[sight["finding"]](
        stages, where, sight
    )


def duplicate_vendor(stages, where, sight):
    names = set(sight.get("vendors") or where["vendors"])
    pairs = duplicates(stages.records.contracts["vendor_name"])
    return any({pair.name, pair.other} == names for pair in pairs.itertuples())


def wrong_unit(stages, where, sight):
    rows = stages.records.observations
    row = rows[
        (rows["metric_id"] == where["metric"])
        & (rows["vendor_name"] == where["vendor"])
        & (rows["period_start"] == pd.Timestamp(f"{where['month']}-01"))
        & rows["stratum"].isna()
    ].iloc[0]
    return any(
        f.table == "observations" and f.column == "value" and f.row == row["source_row"]
        for f in stages.records.findings
    )


def sent_twice(stages, where, sight):
    aside = stages.records.intakes[where["table"]].set_aside
    return where["file"] in set(aside["source_file"])


def set_aside(stages, where, sight):
    months = (pd.Timestamp(stages.engagement.as_of) - pd.Timestamp("2021-06-30")).days // 31
    rows = stages.records.payments
    return int((rows["vendor_name"] == where["vendor"]).sum()) < months


def indicator(stages, where, sight):
    """A contract that raises the indicator's question, or a department that stands out."""
    result = stages.assessment.indicators[sight["indicator"]]
    if "contract" in sight:
        raised = result.rows.filter(regex="^flag ").any(axis=1)
        return sight["contract"] in set(stages.records.contracts.loc[raised[raised].index, "contract_id"])
    own = result.by_department.set_index("department").loc[sight["department"]]
    if pd.isna(own["low"]):  # no interval has a meaning for it, so nothing can stand out surely
        return bool(own["value"] > float(sight["above"]))
    return any(
        spot.result.indicator.id == sight["indicator"]
        and spot.department == sight["department"]
        and spot.value > float(sight.get("above", 0))
        for spot in stages.assessment.hot_spots
    )


def in_pipeline(stages, where, sight):
    rows = stages.assessment.pipeline.rows.set_index("contract_id")
    assert sight["contract"] in rows.index
    return rows.loc[sight["contract"], "state"] == TOO_LATE


def disagreement(stages, where, sight):
    return stages.assessment.practice.item(sight["disagreement"]).disagreement


def evidenced(stages, where, sight):
    item = stages.assessment.practice.item(sight["evidenced"])
    assert item.score >= 3
    return item.evidenced <= float(sight["at_most"])


def activity(stages, where, sight):
    changes = {change.activity.split()[0]: change for change in stages.assessment.practice.changes}
    return changes[sight["activity"]].change >= float(sight["rose_by"])


def withheld(stages, where, sight):
    practice = stages.assessment.practice
    shown = {role.role for item in practice.items for role in item.roles}
    return bool(practice.withheld) and sight["withheld"] not in shown


def warning(stages, where, sight):
    """A concern about one of the metrics; the target is the one that the city chose, or is tried here."""
    assert stages.selection.contract.id == where["contract"]
    for concern in stages.selection.concerns:
        if concern.kind != sight["warning"]:
            continue
        if "other" in sight:
            if {concern.metric_id, concern.other} == {sight["metric"], sight["other"]}:
                return True
        elif concern.metric_id == sight["metric"]:
            return True
    return False


def verdict(stages, where, sight):
    change = next(
        c
        for c in stages.review.changes
        if c.series.measure.id == where["metric"] and c.series.vendor_name == where["vendor"]
    )
    assert str(change.day) == where["change"]
    assert change.trigger_periods == len(where.get("trigger_months", ()))
    return change.verdict in sight["verdict"]


def groups_of(stages, where):
    return next(
        g for g in stages.review.groups if g.measure.id == where["metric"] and where["stratum"] in set(g.table["group"])
    )


def suppressed(stages, where, sight):
    table = groups_of(stages, where).table.set_index("group")
    row = table.loc[sight["suppressed"]]
    assert (row["shown"] == "hidden") == bool(pd.isna(row["numerator"]))
    return row["shown"] == "hidden"


def gap(stages, where, sight):
    groups = groups_of(stages, where)
    assert groups.reference == where["reference"]
    return bool(groups.table.set_index("group").loc[where["stratum"], "gap_high"] < float(sight["gap_below"]))


def missing_months(stages, where, sight):
    series = stages.series(where)
    return series.missing + series.late >= int(sight["missing_months"])


def assurance(stages, where, sight):
    return stages.series(where).chart.assurance == sight["assurance"]


def step(stages, where, sight):
    paths = stages.review.pathway.by_vendor.set_index("name")
    return bool(paths.loc[where["vendor"], f"{sight['step']}_kept"] < float(sight["below"]))


def in_funnel(stages, where, sight):
    comparison = next(c for c in stages.review.vendors if c.measure.id == where["metric"])
    flags = comparison.outside.set_index("name")["flag"]
    return "99.8" in flags.get(sight["vendor"], "")


SEEN_BY = {
    "finding": finding,
    "set_aside": set_aside,
    "indicator": indicator,
    "pipeline": in_pipeline,
    "disagreement": disagreement,
    "evidenced": evidenced,
    "activity": activity,
    "withheld": withheld,
    "warning": warning,
    "verdict": verdict,
    "suppressed": suppressed,
    "gap_below": gap,
    "missing_months": missing_months,
    "assurance": assurance,
    "step": step,
    "funnel": in_funnel,
}


def sees(stages, where, sight):
    return SEEN_BY[next(iter(sight))](stages, where, sight)


@pytest.mark.parametrize(("stages", "where", "sight"), truths("facts", "seen"))
def test_a_planted_fact_is_found(stages, where, sight):
    assert sees(stages, where, sight)


@pytest.mark.parametrize(("stages", "where", "sight"), truths("decoys", "silent"))
def test_a_decoy_stays_silent(stages, where, sight):
    assert not sees(stages, where, sight)


@pytest.mark.parametrize("stages", STAGES.values(), ids=STAGES)
def test_an_example_is_as_rich_as_an_engagement(stages):
    records = stages.records

    assert records.contracts["contract_id"].nunique() == len(records.contracts) >= 300
    for table in ("solicitations", "bids", "amendments", "milestones", "payments", "vendors", "cases"):
        assert len(getattr(records, table)) >= 60
    assert 0.5 < records.payments["contract_id"].notna().mean() < 1
    months = records.observations.groupby(["metric_id", "vendor_name"])["period_start"].nunique().unstack()
    assert ((months >= 36).sum(axis=1) >= 5).sum() >= 5


@pytest.mark.parametrize("stages", STAGES.values(), ids=STAGES)
def test_nothing_of_an_example_is_lost_on_the_way(stages):
    for table, intake in stages.records.intakes.items():
        aside = intake.rows_set_aside
        assert intake.rows_read == intake.rows_accepted + aside + intake.rows_not_data
        twice = (intake.set_aside["source_file"] == "payments FY2023 (copy).csv").sum() if aside else 0
        assert aside == twice, table
