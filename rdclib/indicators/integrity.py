"""IN: patterns that deserve a question. None of them is evidence of a wrong."""

import numpy as np
import pandas as pd

from rdclib import stats
from rdclib.indicators.competition import _inside
from rdclib.indicators.frames import competitive, threshold
from rdclib.indicators.rows import CannotTell, rows
from rdclib.intake.vendors import normalise

# Just under and just over a threshold.
BAND = 0.1
BUNCHED = 2  # times as many under as over
WINDOWS = (30, 90)  # days
LATER, TIMES = 365, 10  # days; times the first amount
JOINT_BIDS = 4
# In a field this wide, who meets whom says nothing.
WIDE_FIELD = 25
# Amounts that span less than this cannot follow Benford's law.
DECADES = 2


def _thresholds(records, c, *names):
    """Local thresholds by name, or a note on what is missing."""
    found = {name: threshold(records, name, c["agreed_date"], c["procurement_method"]) for name in names}
    found = {name: amounts for name, amounts in found.items() if amounts.notna().any()}
    if not found:
        raise CannotTell(
            f"Cannot be computed: engagement.yaml gives no threshold {' or '.join(names)} in force on the day of any "
            "contract. The amounts of local law with the days they hold for would make it possible."
        )
    return found


def _counts(c):
    return {"cancelled": c["cancelled"], "other currency": c["foreign"], "no amount": c["amount"].isna()}


def bunching(records):
    """IN01: contracts just under a threshold against those just over it.

    Returns
    -------
    DataFrame
        One row per contract within 10% of a threshold in force on its day: ``date``, ``value`` (1 just under),
        ``weight`` (1 at or just over), ``part`` (threshold); flagged where its department has more than twice as many
        under as over and chance alone would seldom do that (IN01, exact binomial, 5%).
    """
    c = records.contracts
    kept = ["amount", "agreed_date", "department", "cancelled", "foreign"]
    parts = []
    for name, limit in _thresholds(records, c, "small_purchase", "quotes", "formal_bid").items():
        # In whole cents: 1.1 times 100,000 is a little more than 110,000, which is just outside.
        lowest, beyond = ((limit * part).round(2) for part in (1 - BAND, 1 + BAND))
        near = (c["amount"] >= lowest) & (c["amount"] < beyond)
        parts.append(c.loc[near, kept].assign(limit=limit[near], name=name))
    near = pd.concat(parts)
    under = near["amount"] < near["limit"]
    inside = _inside(records, near["agreed_date"]) & ~near["cancelled"] & ~near["foreign"]
    keys = [near["department"].astype(object).where(near["department"].notna(), ""), near["name"]]
    below, n = (under & inside).groupby(keys).transform("sum"), inside.groupby(keys).transform("sum")
    over = n - below
    # Chance of at least so many under, were both sides equally likely.
    chance = stats.chance_of_at_least(below, n)
    bunched = inside & (below > BUNCHED * over) & (chance < 1 - stats.CONFIDENCE)
    total_under, total = int((under & inside).sum()), int(inside.sum())
    note = ""
    if total:
        chance = float(stats.chance_of_at_least(total_under, total))
        times = round(1_000 * chance)
        often = f"about {times:,} times" if times > 1 else "about once" if times else "less than once"
        note = (
            f"{total_under:,} just under and {total - total_under:,} at or just over; were both equally likely, chance "
            f"would put so many under {often} in 1,000."
        )
    return rows(
        near,
        date=near["agreed_date"],
        value=under.astype(float),
        weight=(~under).astype(float),
        part=near["name"],
        leave_out=_counts(near),
        flags={"IN01": bunched},
        note=note,
    )


def split_purchases(records):
    """IN02: purchases below a threshold that together reach it within 30 or 90 days.

    Returns
    -------
    DataFrame
        One row per department, vendor and category with two such purchases or more: ``value`` (purchases); flagged
        (R055-30, R055-90) when within the window each is below the threshold in force and their sum reaches it.
        Orders under a master agreement and purchases that were competed are not counted.
    """
    c = records.contracts
    limits = _thresholds(records, c, "quotes", "small_purchase", "formal_bid")
    under_master = (c["agreement_kind"] == "order") | competitive(c["procurement_method"])
    base = ~c["cancelled"] & ~c["foreign"] & ~under_master & c["vendor"].notna() & (c["amount"] > 0)
    base &= c["agreed_date"].notna() & _inside(records, c["agreed_date"])
    hit = {window: np.zeros(len(c), bool) for window in WINDOWS}
    group = c.groupby(["department", "vendor", "category"], observed=True, dropna=False, sort=False).ngroup()
    day = c["agreed_date"].to_numpy().astype("datetime64[D]").astype(np.int64)
    for limit in limits.values():
        use = np.flatnonzero((base & (c["amount"] < limit)).to_numpy())
        order = use[np.lexsort((day[use], group.to_numpy()[use]))]
        for window in WINDOWS:
            hit[window][_in_split(order, group, day, c["amount"], limit, window)] = True
    lines = np.flatnonzero(base)
    _, first, whose, n = np.unique(group.to_numpy()[lines], return_index=True, return_inverse=True, return_counts=True)
    units = c[["department", "vendor"]].iloc[lines[first]].reset_index(drop=True)
    return rows(
        units,
        value=pd.Series(n.astype(float)),
        unit=units["department"].astype(str) + " / " + units["vendor"].astype(str),
        only=n >= 2,
        flags={f"R055-{w}": np.bincount(whose, hit[w][lines], minlength=len(n)) > 0 for w in WINDOWS},
    )


def _in_split(order, group, day, amount, limit, window):
    """Rows that lie in a window of their group whose sum reaches the threshold of its last day."""
    if not len(order):
        return order
    key = group.to_numpy()[order] * 1_000_000 + day[order]
    amounts = amount.to_numpy()[order]
    first = np.searchsorted(key, key - window + 1)
    # A window does not reach back into another group.
    starts = np.searchsorted(group.to_numpy()[order], group.to_numpy()[order])
    first = np.maximum(first, starts)
    running = np.r_[0.0, np.cumsum(amounts)]
    place = np.arange(len(order))
    total = running[place + 1] - running[first]
    # Sums of cents carry rounding errors; half a cent decides nothing.
    reached = (place > first) & (total >= limit.to_numpy()[order] - 0.005)
    marks = np.zeros(len(order) + 1, int)
    np.add.at(marks, first[reached], 1)
    np.add.at(marks, place[reached] + 1, -1)
    return order[np.cumsum(marks[:-1]) > 0]


def benford_deviation(records):
    """IN03: first digits of amounts against Benford's law; one row per contract awarded in the period."""
    c = records.contracts
    amount = c["amount"]
    inside = _inside(records, c["agreed_date"]) & (amount > 0)
    span = np.log10(amount[inside].max() / amount[inside].min()) if inside.any() else 0.0
    if inside.any() and span < DECADES:
        raise CannotTell(
            "The largest amount is less than a hundred times the smallest, so Benford's law does not apply."
        )
    few = int(inside.sum()) < stats.BENFORD_MINIMUM
    found = rows(
        c,
        date=c["agreed_date"],
        value=amount,
        leave_out=_counts(c) | {"not above zero": ~(amount > 0)},
        note=f"Under {stats.BENFORD_MINIMUM:,} amounts, chance alone often passes the limits: no reading is given."
        if few
        else "",
    )
    found.attrs["tentative"] = few
    return found


def small_then_large(records):
    """IN04: a first small purchase from a vendor, then ten times as much within twelve months.

    Returns
    -------
    DataFrame
        One row per department and vendor whose first award lies in the period and below the small-purchase threshold:
        ``date`` (first award), ``value`` (later awards over the first), flagged from 10 (R052).
    """
    c = records.contracts
    limit = _thresholds(records, c, "small_purchase")["small_purchase"]
    keep = ~c["cancelled"] & ~c["foreign"] & c["vendor"].notna() & (c["amount"] > 0)
    keep &= c["agreed_date"].dt.normalize() <= records.today
    lines = c.loc[keep, ["department", "vendor", "amount", "agreed_date"]].assign(limit=limit[keep])
    lines = lines.sort_values("agreed_date", kind="stable")
    pair = lines.groupby(["department", "vendor"], observed=True, dropna=False, sort=False).ngroup().to_numpy()
    first = np.full(pair.max(initial=-1) + 1, -1)
    places = np.arange(len(lines))
    first[pair[::-1]] = places[::-1]
    started = lines["agreed_date"].to_numpy()[first]
    within = (lines["agreed_date"].to_numpy() - started[pair]) <= np.timedelta64(LATER, "D")
    later = np.bincount(pair, np.where(within & (places != first[pair]), lines["amount"], 0.0), minlength=len(first))
    many = np.bincount(pair, minlength=len(first))
    firsts = lines.iloc[first]
    ratio = pd.Series(later / firsts["amount"].to_numpy(), firsts.index)
    return rows(
        firsts,
        date=firsts["agreed_date"],
        value=ratio,
        unit=firsts["department"].astype(str) + " / " + firsts["vendor"].astype(str),
        only=(many >= 2) & (firsts["amount"] < firsts["limit"]).to_numpy(),
        flags={"R052": ratio.round(9) >= TIMES},  # 9,998.30 / 999.83 is a rounding error short of ten
    )


def recurrent_pairs(records):
    """IN05: pairs of bidders that meet four times or more in a category, and who wins.

    Returns
    -------
    DataFrame
        One row per pair and category: ``value`` (joint bids); flagged when one of the two always wins (R053) or when
        they win in turn (R057).
    """
    b, s = records.bids, records.solicitations
    at = records.bid_solicitations
    bidder = b["bidder"].cat.codes.to_numpy().astype(np.int64)
    use = (at >= 0) & b["submitted"].to_numpy(bool) & (bidder >= 0)
    if len(s):
        open_ = (s["solicitation_status"] != "cancelled").to_numpy() & _inside(
            records, s["bid_deadline"].fillna(s["posted_date"]).fillna(s["award_date"])
        ).to_numpy()
        use &= open_[at]
    width = len(b["bidder"].cat.categories) + 1
    keys = at[use] * width + bidder[use]
    unique, inverse = np.unique(keys, return_inverse=True)
    won = np.bincount(inverse, records.won[use], minlength=len(unique)) > 0
    place, who = unique // width, unique % width
    sizes = np.bincount(place, minlength=max(len(s), 1))[place]
    keep = (sizes >= 2) & (sizes <= WIDE_FIELD)
    place, who, won = place[keep], who[keep], won[keep]
    first, second = [], []
    for step in range(1, WIDE_FIELD):
        same = np.flatnonzero(place[step:] == place[:-step])
        if not len(same):
            break
        first.append(same)
        second.append(same + step)
    if not first:
        raise CannotTell("No solicitation of the period has two bidders with a name.")
    first, second = np.concatenate(first), np.concatenate(second)
    category = s["category"].cat.codes.to_numpy().astype(np.int64)[place[first]] + 1
    span = len(s["category"].cat.categories) + 1
    pair = (who[first] * width + who[second]) * span + category
    names, code, n = np.unique(pair, return_inverse=True, return_counts=True)
    often = n[code] >= JOINT_BIDS
    first, second, code = first[often], second[often], code[often]
    day = s["award_date"].fillna(s["bid_deadline"]).to_numpy()[place[first]].astype("datetime64[D]").astype(np.int64)
    order = np.lexsort((place[first], day, code))
    first, second, code = first[order], second[order], code[order]
    outcome = np.where(won[first] & ~won[second], 1, np.where(won[second] & ~won[first], 2, 0))
    k = len(names)
    by = {value: np.bincount(code[outcome == value], minlength=k) for value in (0, 1, 2)}
    next_same = code[1:] == code[:-1]
    turns = np.bincount(code[1:][next_same & (outcome[1:] != outcome[:-1])], minlength=k)
    met = n >= JOINT_BIDS
    steps = n - 1
    bidders = b["bidder"].cat.categories.to_numpy(dtype=object)
    label = [
        f"{bidders[a]} / {bidders[z]}"
        for a, z in zip((names // span // width)[met], (names // span % width)[met], strict=True)
    ]
    units = pd.DataFrame(
        {
            "n": n[met].astype(float),
            "unit": np.array(label, dtype=object),
            "same": ((by[1] == n) | (by[2] == n))[met],
            "turns": ((by[0] == 0) & (turns == steps))[met],
            "category": pd.Categorical.from_codes((names % span)[met] - 1, s["category"].cat.categories),
        }
    )
    return rows(
        units,
        value=units["n"],
        unit=units["unit"],
        part=units["category"],
        flags={"R053": units["same"], "R057": units["turns"]},
    )


def duplicate_vendors(records):
    """IN06: vendors that may be one, from names that read the same, or one tax number or phone.

    Returns
    -------
    DataFrame
        One row per vendor (by its id, or its name where it has none), flagged when a name of another one reads the same
        (without case, punctuation and legal form) or it has another's tax number or phone (IN06). Names that are only
        alike are findings on the data.
    """
    v = records.vendors
    # First those who have contracts or payments: the list of vendors only adds to them.
    every = pd.concat([frame[["vendor_id", "vendor_name"]] for frame in (records.contracts, records.payments, v)])
    every = every.assign(listed=np.arange(len(every)) >= len(every) - len(v))[every["vendor_name"].notna().to_numpy()]
    every = every.drop_duplicates(["vendor_id", "vendor_name"], ignore_index=True)
    # Spellings under one id are one vendor already, whatever they look like. A list without ids, or one with ids of its
    # own, means by a name whom another list means by the very same.
    own = every["vendor_id"].where(every["vendor_id"] != every["vendor_name"])
    numbered = every.assign(own=own).dropna(subset="own").drop_duplicates("vendor_name").set_index("vendor_name")["own"]
    same = every["vendor_name"].map(numbered).astype(own.dtype)
    vendor = own.mask(every["listed"] & same.notna(), same).fillna(same).fillna(every["vendor_name"])
    shared = vendor.groupby(every["vendor_name"].map(normalise)).transform("nunique") > 1
    held = set(vendor[shared])
    for column in ("tax_id", "phone"):
        known = v[v[column].notna() & v["vendor_name"].notna()]
        own = known["vendor_id"].fillna(known["vendor_name"])
        held |= set(own[own.groupby(known[column]).transform("nunique") > 1])
    units = pd.DataFrame({"vendor": vendor, "unit": every["vendor_name"]}).drop_duplicates("vendor", ignore_index=True)
    return rows(
        units,
        unit=units["unit"],
        flags={"IN06": units["vendor"].isin(held)},
        note="Vendors whose merging was confirmed already count as one.",
    )
