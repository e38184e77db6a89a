"""One metric across vendors or sites, and across groups of people and places."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from rdclib import disclosure, funnel, stats
from rdclib.observations import ADDITIVE, summable, totals
from rdclib.review.cases import ON_TIME, end_of_day, on_time, opened, within
from rdclib.review.measure import Measure, measure_of, scaled
from rdclib.review.rows import known_rows

# Below this number of units a funnel says little: small multiples instead.
FUNNEL_UNITS = 5
FIRST_CHECKS = ("data error", "case mix", "process")


@dataclass(frozen=True, eq=False)
class Comparison:
    """Vendors (or sites) on one metric in the period under review.

    Parameters
    ----------
    measure : Measure
    by : str
        ``vendor`` or ``site``.
    how : str
        ``funnel``; ``small multiples`` (fewer than five units, or nothing to weigh them by); ``published intervals``
        (values already adjusted by a model).
    table : DataFrame
        One row a unit, by name and not by rank: ``name``, ``numerator``, ``denominator``, ``value``, ``low``,
        ``high`` (95%, or as published), ``flag`` (as in `rdclib.funnel.Funnel`; for published intervals whether they
        hold the median; empty else).
    funnel : rdclib.funnel.Funnel or None
    adjusted : rdclib.funnel.Funnel or None
        Observed against expected from the case mix, where the data has strata.
    strata : DataFrame
        The strata behind ``adjusted``; empty without. Small counts are nan, and what would give them away.
    stratum_kind : str
    note : str
    """

    measure: Measure
    by: str
    how: str
    table: pd.DataFrame
    funnel: funnel.Funnel | None
    adjusted: funnel.Funnel | None
    strata: pd.DataFrame
    stratum_kind: str
    note: str

    @property
    def outside(self):
        """Rows outside the 95% limits of the funnel."""
        return self.table[self.table["flag"].str.startswith(("above", "below"))]

    @property
    def far(self):
        """Rows outside its 99.8% limits."""
        return self.table[self.table["flag"].isin(["above 99.8%", "below 99.8%"])]


@dataclass(frozen=True, eq=False)
class Groups:
    """One metric across groups of people or places.

    Parameters
    ----------
    measure : Measure
    kind : str
        What the groups are, in the city's words.
    reference : str
        The group that the others are compared with: the largest one that can be shown.
    table : DataFrame
        One row a group: ``group``, ``numerator``, ``denominator``, ``value``, ``low``, ``high``, ``ratio``,
        ``ratio_low``, ``ratio_high``, ``gap``, ``gap_low``, ``gap_high`` (all 95%), ``shown`` (``shown``, ``hidden``,
        ``no cases``, ``no data``). Hidden numbers are nan, never 0.
    hidden : int
        Groups that are hidden because they, or others that would give them away, are small.
    note : str
    """

    measure: Measure
    kind: str
    reference: str
    table: pd.DataFrame
    hidden: int
    note: str

    @property
    def compared(self):
        """Whether there is a result to compare with."""
        return bool(self.reference)

    @property
    def behind(self):
        """Groups with a worse result than the reference by more than chance gives, the widest gap first."""
        return self._beyond(-1)

    @property
    def ahead(self):
        """Groups with a better result than the reference by more than chance gives, the widest gap first."""
        return self._beyond(1)

    def _beyond(self, side):
        # Without a good direction a lower result counts as behind: somebody has to look at it.
        sign = side * (-1 if self.measure.direction == "lower" else 1)
        rows = self.table[self.table["gap_low" if sign > 0 else "gap_high"] * sign > 0]
        return rows.sort_values("gap", ascending=sign < 0, kind="stable")

    @property
    def reference_value(self):
        """The result of the group that the others are compared with; nan without one."""
        known = self.table.loc[self.table["group"] == self.reference, "value"]
        return float(known.iloc[0]) if len(known) else np.nan


def compare_vendors(records):
    """Every metric across vendors, or across sites where there is one vendor only.

    Returns
    -------
    tuple of Comparison
    """
    rows = _in_period(records)
    found = []
    for metric_id, own in rows.groupby("metric_id", sort=True):
        by = "vendor" if own["vendor_key"].nunique() > 1 else "site"
        own = own.assign(unit=_unit_names(own, by))
        if _shown(own)["unit"].nunique() > 1:
            measure = scaled(measure_of(metric_id, records.facts), own)
            found.append(_comparison(measure, by, own, records.facts.smallest_group))
    return tuple(found)


def compare_groups(records):
    """Every metric across the groups and places that the observations or the cases carry.

    Returns
    -------
    tuple of Groups
    """
    rows = _shown(_in_period(records))
    rows = rows[rows["stratum"].notna()]
    smallest = records.facts.smallest_group
    found = []
    for (metric_id, kind), own in rows.groupby(["metric_id", rows["stratum_kind"].fillna("group")], sort=True):
        measure = scaled(measure_of(metric_id, records.facts), own)
        sums = _sums(own, "stratum").reindex(sorted(own["stratum"].unique()))
        found.append(group_table(measure, kind, sums, smallest))
    day = pd.Timestamp(records.as_of)
    cases = _cases_in_period(records, day)
    for column, kind in (("group", "group of people"), ("place", "place")):
        own = cases[cases[column].notna()]
        if own[column].nunique() < 2:
            continue
        measure, done, counted = _case_result(own, day)
        own = own[counted]
        sums = pd.DataFrame(
            {
                "numerator": done[counted].groupby(own[column]).sum().astype(float),
                "denominator": own.groupby(column).size().astype(float),
            }
        ).reindex(sorted(cases[column].dropna().unique()), fill_value=0.0)
        found.append(group_table(measure, kind, sums, smallest))
    return tuple(found)


def group_table(measure, kind, sums, smallest_group):
    """Rates, ratios and gaps of groups, with small counts hidden.

    Parameters
    ----------
    measure : Measure
    kind : str
    sums : DataFrame
        Indexed by group: ``numerator``, ``denominator``.
    smallest_group : int

    Returns
    -------
    Groups
    """
    table = sums.rename_axis("group").reset_index()
    # Money, hours or beds are no cases: chance gives their ratios no interval.
    by_chance = measure.measure_type not in ("ratio", "amount") or measure.expected
    there = table["numerator"].notna() & table["denominator"].notna()
    if by_chance:
        there &= table["numerator"] >= 0
    counted = there & (table["denominator"] > 0)
    shown = counted.copy()
    people = measure.measure_type in ("proportion", "") and bool(
        (table.loc[counted, "numerator"] <= table.loc[counted, "denominator"]).all()
    )
    if counted.any():
        own = table[counted]
        hidden = _small(own["numerator"].to_numpy(), own["denominator"].to_numpy(), people, smallest_group)
        shown[counted] = ~hidden
    table["shown"] = np.select([~there, ~counted, ~shown], ["no data", "no cases", "hidden"], "shown")
    table.loc[~shown, ["numerator", "denominator"]] = np.nan
    table["value"] = table["numerator"] / table["denominator"] * measure.scale
    interval = stats.proportion_interval if people else _rate_interval
    low, high = interval(table["numerator"].to_numpy(), table["denominator"].to_numpy())
    table["low"], table["high"] = low * measure.scale, high * measure.scale
    if not by_chance:
        table[["low", "high"]] = np.nan
    reference = ""
    words = ("ratio", "ratio_low", "ratio_high", "gap", "gap_low", "gap_high")
    table[list(words)] = np.nan
    if shown.any():
        base = table.loc[table["denominator"].idxmax()]
        reference = base["group"]
        for i in np.flatnonzero(shown & (table["group"] != reference)):
            row = table.loc[i]
            pair = (row["numerator"], row["denominator"], base["numerator"], base["denominator"])
            table.loc[i, list(words[:3])] = funnel.rate_ratio(*pair, people=people)
            table.loc[i, list(words[3:])] = np.array(funnel.rate_gap(*pair, people=people)) * measure.scale
    if not by_chance:
        table[["ratio_low", "ratio_high", "gap_low", "gap_high"]] = np.nan
    hidden = int((table["shown"] == "hidden").sum())
    note = "" if counted.any() else "Without numerators and denominators there are no results to compare."
    if hidden:
        note = f"Groups hidden: {hidden} (counts below {smallest_group}, or counts that would give one away)."
    return Groups(measure, str(kind), str(reference), table, hidden, note)


def _in_period(records):
    rows = known_rows(records, undated=True)
    inside = (rows["period_start"] >= pd.Timestamp(records.period.start)) & (
        rows["period_start"] <= pd.Timestamp(records.period.end)
    )
    return rows[inside]


def _sums(rows, by):
    """Numerators and denominators added up; where there are denominators, only of rows that have both."""
    paired = rows["numerator"].notna() & rows["denominator"].notna()
    rows = rows[paired] if paired.any() else rows
    return rows.groupby(by)[["numerator", "denominator"]].sum(min_count=1)


def _shown(rows):
    return rows[~rows["suppressed"].fillna(False).astype(bool)]


def _unit_names(rows, by):
    if by == "site":
        return rows["site"]
    names = rows["vendor_name"].fillna(rows["vendor_id"]).fillna("")
    return names.groupby(rows["vendor_key"]).transform("last")


def _comparison(measure, by, rows, smallest_group):
    adjusted = rows["adjusted"].fillna(False).astype(bool) | (rows["low"].notna() & rows["high"].notna())
    additive = measure.measure_type in ADDITIVE
    if additive:
        rows = summable(rows)
    whole = rows
    if rows["stratum"].notna().any():
        whole = pd.concat([totals(part, additive) for _, part in rows.groupby(["unit", "site"])])
    rows, whole = _shown(rows), _shown(whole)
    units = sorted(rows["unit"].unique())
    nothing = pd.DataFrame()
    if adjusted.any():
        last = whole.sort_values("period_start").groupby("unit").last().reindex(units)
        factor = 100.0 if measure.kind == "share" and last["value"].abs().median() > 1.5 else 1.0
        table = last[["numerator", "denominator", "value", "low", "high"]].rename_axis("name").reset_index()
        table[["value", "low", "high"]] = table[["value", "low", "high"]] / factor
        # No funnel and no test: only whether a published interval leaves out the unit in the middle.
        middle = table["value"].median()
        table["flag"] = np.select(
            [table["low"] > middle, table["high"] < middle],
            ["interval above the median", "interval below the median"],
            "interval holds the median",
        )
        table.loc[table["value"].isna(), "flag"] = "no result"
        note = "The values were already adjusted by a model: they keep their published intervals and get no funnel."
        return Comparison(measure, by, "published intervals", table, None, None, nothing, "", note)
    sums = _sums(whole, "unit").reindex(units)
    # Money, hours or beds are no cases: chance gives their ratios no limits, however large they are.
    counted = measure.measure_type in ("proportion", "rate", "count", "") or measure.expected
    paired = bool(sums[["numerator", "denominator"]].notna().all(axis=1).any())
    if paired and measure.measure_type in ("ratio", "amount") and not counted:
        table = sums.rename_axis("name").reset_index()
        table["value"] = table["numerator"] / table["denominator"] * measure.scale
        table[["low", "high"]], table["flag"] = np.nan, ""
        note = "Numerator and denominator are no counts of people or events, so chance gives no limits: no funnel."
        return Comparison(measure, by, "small multiples", table, None, None, nothing, "", note)
    if not (counted and paired):
        values = whole.set_index("unit")["value"]
        if additive and whole["denominator"].isna().all():
            values = whole.groupby(["unit", "period_start"])["numerator"].sum(min_count=1).droplevel("period_start")
        table = values.groupby(level="unit").median().reindex(units).rename_axis("name").rename("value").reset_index()
        table[["numerator", "denominator", "low", "high"]] = np.nan
        table["flag"] = ""
        note = "There are no denominators to weigh the units by: look at each series of its own."
        return Comparison(measure, by, "small multiples", table, None, None, nothing, "", note)
    people = bool((sums["numerator"].fillna(0) <= sums["denominator"].fillna(0)).all())
    kind = {"ratio": "ratio", "rate": "rate", "count": "rate"}.get(measure.measure_type, "proportion")
    if kind == "proportion" and not people:
        kind = "rate"
    result = funnel.compare(sums["numerator"], sums["denominator"], kind, names=units)
    table = result.table[["name", "numerator", "denominator", "value", "flag"]].copy()
    interval = stats.proportion_interval if kind == "proportion" else _rate_interval
    low, high = interval(table["numerator"].to_numpy(), table["denominator"].to_numpy())
    scale = measure.scale
    table["value"], table["low"], table["high"] = table["value"] * scale, low * scale, high * scale
    notes = [result.note] if result.n < funnel.FEW_UNITS else []
    enough = result.n >= FUNNEL_UNITS
    if not enough:
        notes = [f"{result.n} units, fewer than {FUNNEL_UNITS}: each series of its own, no funnel."]
        table["flag"] = np.where(table["flag"] == "no denominator", "no denominator", "")
    mix, strata, stratum_kind = _case_mix(rows, kind, enough, smallest_group)
    if mix is not None:
        moved = set(_outside(result.table)) - set(_outside(mix.table))
        if moved and enough:
            notes.append(f"Case mix explains {len(moved)} of those outside: {', '.join(sorted(moved))}.")
    how = "funnel" if enough else "small multiples"
    return Comparison(
        measure, by, how, table, result if enough else None, mix, strata, stratum_kind, " ".join(filter(None, notes))
    )


def _outside(table):
    return table.loc[table["flag"].str.startswith(("above", "below")), "name"]


def _case_mix(rows, kind, enough, smallest_group):
    """Observed against expected where strata of one kind are there for most of the cases."""
    strata = rows[rows["stratum"].notna() & rows["numerator"].notna() & rows["denominator"].notna()]
    if strata.empty or not enough or kind == "ratio":
        return None, pd.DataFrame(), ""
    stratum_kind = strata["stratum_kind"].fillna("group").mode().iloc[0]
    strata = strata[strata["stratum_kind"].fillna("group") == stratum_kind]
    columns = (strata[name] for name in ("numerator", "denominator", "unit", "stratum"))
    people = kind == "proportion"
    standard = funnel.standardise(*columns, people=people)
    shown = _without_small(standard.strata, people, smallest_group)
    return funnel.compare_standardised(standard), shown, str(stratum_kind)


def _without_small(strata, people, smallest_group):
    """Strata by unit with small counts hidden: within each unit, and where the stratum as a whole is hidden."""
    strata = strata.copy()
    whole = strata.groupby("stratum")[["numerator", "denominator"]].sum()
    hidden_whole = _small(whole["numerator"].to_numpy(), whole["denominator"].to_numpy(), people, smallest_group)
    of_hidden = strata["stratum"].isin(whole.index[hidden_whole]).to_numpy()
    hidden = of_hidden.copy()
    for places in strata.groupby("unit").indices.values():
        own = strata.iloc[places]
        hidden[places] |= _small(own["numerator"].to_numpy(), own["denominator"].to_numpy(), people, smallest_group)
    strata.loc[hidden, ["numerator", "denominator", "rate"]] = np.nan
    strata.loc[of_hidden, "overall_rate"] = np.nan
    return strata


def _small(numerator, denominator, people, smallest_group):
    """Which groups are hidden, since one of their counts is small or would give a small one away.

    A rate tells its counts: where one of them is hidden, the whole group is. Each of the sets that protect one kind of
    count stays safe when others join it.
    """
    counts = [denominator, numerator, denominator - numerator] if people else [numerator]
    hidden = np.zeros(len(numerator), bool)
    for count in counts:
        hidden |= disclosure.suppress(np.maximum(np.round(count), 0), smallest_group).hidden
    return hidden


def _cases_in_period(records, day):
    """Cases that were due in the period under review, or that came in it where there are no target dates."""
    cases = records.cases[opened(records.cases, day)]
    column = "target_date" if cases["target_date"].notna().any() else "referred_date"
    return cases[within(cases[column], records.period)]


def _case_result(cases, day):
    """What counts as success of a case: done by its target date where there is one, else the outcome."""
    if cases["target_date"].notna().any():
        return ON_TIME, *on_time(cases, day)
    done = cases["outcome_date"] <= end_of_day(day)
    measure = Measure("outcome", "Cases that reached their outcome", "%", "proportion", "higher", kind="share")
    return measure, done, pd.Series(True, index=cases.index)


def _rate_interval(count, size):
    return funnel.poisson_interval(count, size)
