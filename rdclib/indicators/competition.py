"""CP: whether vendors compete, and what the bids look like.

The red flags follow the definitions of Cardinal (Open Contracting Partnership): a bid is submitted unless it was only
invited or was withdrawn; cancelled solicitations, solicitations whose only price is set by the city, and amounts in
several currencies are not compared; a fence is 1.5 interquartile ranges beyond the quartiles of the city's own values.
"""

import numpy as np
import pandas as pd

from rdclib import stats
from rdclib.indicators.frames import _places, as_bidders, competitive, distinct, numbered, threshold
from rdclib.indicators.rows import CannotTell, rows

# Days that bidders need at least, unless the engagement says otherwise (Cardinal, R003).
BID_WINDOW = 15
# Cardinal counts a bidder's ratio from two bids, a department's from two solicitations, a vendor's spread from twenty
# awards.
BIDDER_BIDS = 2
DEPARTMENT_PROCESSES = 2
VENDOR_AWARDS = 20


def _asked_the_market(s):
    """Reasons why a solicitation is not one that asked the market; none of the method where no method is known."""
    reasons = {"cancelled": s["solicitation_status"] == "cancelled"}
    if s["procurement_method"].isna().all():
        return reasons, "No procurement method in the records: every solicitation is taken as competitive."
    reasons["method not known"] = s["procurement_method"].isna()
    reasons["not competitive"] = ~competitive(s["procurement_method"])
    return reasons, ""


def competitive_share(records):
    """CP01: contracts awarded through a competitive method.

    Returns
    -------
    DataFrame
        One row per contract awarded: ``date`` (award), ``value`` (bool), ``part`` (method).
    """
    c = records.contracts
    made = rows(
        c,
        date=c["agreed_date"],
        value=competitive(c["procurement_method"]),
        part=c["procurement_method"],
        leave_out={"cancelled": c["cancelled"], "method not known": c["procurement_method"].isna()},
    )
    made.attrs["note"] = _share_of_value(records, made, "By value")
    return made


def _share_of_value(records, made, words):
    """Say what a share of contracts is by value, for those of the period."""
    c = records.contracts[["amount", "foreign"]].loc[made.index]
    inside = made["left_out"].isna() & ~c["foreign"] & c["amount"].notna()
    if made["date"].notna().any():
        inside &= records.inside(made["date"])
    whole = c["amount"][inside].sum()
    if not whole > 0:
        return ""
    return f"{words}: {c['amount'][inside & made['value'].astype(bool)].sum() / whole * 100:.1f}%."


def single_bid_rate(records):
    """CP02: competitive solicitations that drew exactly one bid (R018).

    Returns
    -------
    DataFrame
        One row per solicitation: ``date`` (bid deadline), ``value`` (bool).
    """
    s = records.solicitations
    reasons, note = _asked_the_market(s)
    single = s["number_of_bids"] == 1
    return rows(
        s,
        date=_deadline(s),
        value=single,
        leave_out=reasons | {"no bid count": ~(s["number_of_bids"] > 0)},
        flags={"R018": single},
        note=note,
    )


def _deadline(s):
    """Day that places a solicitation in time: its deadline, or the day of posting, or of award."""
    return s["bid_deadline"].fillna(s["posted_date"]).fillna(s["award_date"])


def single_bid_value(records):
    """CP03: value of competitive awards that drew exactly one bid; ``weight`` is the amount awarded."""
    s = records.solicitations
    reasons, note = _asked_the_market(s)
    return rows(
        s,
        date=_deadline(s),
        value=s["award_amount"].where(s["number_of_bids"] == 1, 0.0).where(s["award_amount"].notna()),
        weight=s["award_amount"],
        cluster=_winner(records),
        leave_out=reasons
        | {
            "no bid count": ~(s["number_of_bids"] > 0),
            "other currency": s["foreign"],
            "no award amount": s["award_amount"].isna(),
        },
        note=note,
    )


def _winner(records):
    """Vendor of the first contract that a solicitation led to."""
    s, c = records.solicitations, records.contracts
    if "vendor" in s:
        return s["vendor"]
    at = _places(c, "solicitation_id", s["solicitation_id"])
    if not len(c):
        return pd.Series(pd.Categorical([None] * len(s)), s.index)
    return c["vendor"].take(np.where(at >= 0, at, 0)).set_axis(s.index).where(at >= 0)


def bids_per_solicitation(records):
    """CP04: bids that a competitive solicitation drew; one row per solicitation, ``value`` is the number."""
    s = records.solicitations
    reasons, note = _asked_the_market(s)
    reasons |= {"no bid count": ~(s["number_of_bids"] > 0)}
    made = rows(s, date=_deadline(s), value=s["number_of_bids"], leave_out=reasons, note=note)
    inside = made["left_out"].isna()
    if made["date"].notna().any():
        inside &= records.inside(made["date"])
    if inside.any():
        made.attrs["note"] = f"{note} Mean: {made.loc[inside, 'value'].mean():.2f} bids.".strip()
    return made


def three_bidders(records):
    """CP05: solicitations with three valid bidders or more.

    Returns
    -------
    DataFrame
        One row per solicitation with bids: ``date`` (bid deadline), ``value`` (bool).
    """
    b, s = records.bids, records.solicitations
    at = records.bid_solicitations
    bidder = b["bidder"].cat.codes.to_numpy().astype(np.int64)
    width = len(b["bidder"].cat.categories) + 1
    use = (at >= 0) & b["valid"].to_numpy(bool) & (bidder >= 0)
    bidders = np.bincount(distinct(at[use] * width + bidder[use]) // width, minlength=len(s))
    has_bids = np.bincount(at[at >= 0], minlength=len(s)) > 0
    return rows(
        s,
        date=_deadline(s),
        value=pd.Series(bidders >= 3, s.index),
        only=has_bids,
        leave_out={"cancelled": s["solicitation_status"] == "cancelled"},
    )


def no_call_rate(records):
    """CP06: contracts awarded without a call for bids (direct), lawful small purchases left out.

    Returns
    -------
    DataFrame
        One row per contract awarded: ``date`` (award), ``value`` (bool).
    """
    c = records.contracts
    reasons = {"cancelled": c["cancelled"], "method not known": c["procurement_method"].isna()}
    limit = threshold(records, "quotes", c["agreed_date"], c["procurement_method"])
    limit = limit.fillna(threshold(records, "small_purchase", c["agreed_date"], c["procurement_method"]))
    note = ""
    if limit.notna().any():
        reasons["lawful small purchase"] = c["amount"] < limit
    else:
        note = (
            "Small purchases are included, since engagement.yaml gives no threshold 'quotes' or 'small_purchase'; with "
            "one the rate would leave them out."
        )
    made = rows(c, date=c["agreed_date"], value=c["procurement_method"] == "direct", leave_out=reasons)
    by_value = _share_of_value(records, made, "By value")
    made.attrs["note"] = " ".join(part for part in (by_value, note) if part)
    return made


def bid_window(records):
    """CP07: days from posting to the bid deadline; flagged when shorter than the city's own limit, or 15 (R003).

    Returns
    -------
    DataFrame
        One row per solicitation: ``date`` (bid deadline), ``value`` (whole days).
    """
    s = records.solicitations
    # A deadline without a time of day lasts until the day is over: then whole days count.
    whole_day = s["bid_deadline"] == s["bid_deadline"].dt.normalize()
    posted = s["posted_date"].mask(whole_day, s["posted_date"].dt.normalize())
    window = (s["bid_deadline"] - posted) / pd.Timedelta(days=1)
    limits = records.facts.bid_window_days
    least = pd.Series(limits.get("default", BID_WINDOW), s.index, dtype=float)
    for column in ("procurement_method", "method_detail"):
        if limits and column in s:
            least = s[column].map(limits).astype(float).fillna(least)
    return rows(
        s,
        # One without a deadline is a gap of the year in which it was posted, not of every year.
        date=_deadline(s),
        value=np.floor(window),
        # A direct award has no call, so nobody can have been given too little time.
        only=~((s["procurement_method"] == "direct") & s["posted_date"].isna()),
        leave_out={
            "cancelled": s["solicitation_status"] == "cancelled",
            "no posting date": s["posted_date"].isna(),
            "no bid deadline": s["bid_deadline"].isna(),
            "closes before it opens": window < 0,
        },
        flags={"R003": window < least},
    )


def disqualified_bids(records, *, bidder_bids=BIDDER_BIDS, department_processes=DEPARTMENT_PROCESSES):
    """CP08: share of submitted bids that were disqualified, by department and by bidder (R038).

    Returns
    -------
    DataFrame
        One row per department and per bidder: ``value`` (share), ``unit``, ``part``; flagged at or above the upper
        fence of its kind.
    """
    b, s = records.bids, records.solicitations
    at = records.bid_solicitations
    open_ = at >= 0
    open_ &= ~(s["solicitation_status"] == "cancelled").to_numpy()[at] if len(s) else False
    open_ &= _in_period(records, s)[at] if len(s) else False
    use = open_ & (b["submitted"] & b["bid_status"].notna()).to_numpy(bool)
    bid = b.loc[use, ["bidder", "lot", "bid_id"]].assign(
        department=s["department"].take(at[use]).to_numpy(), at=at[use], out=b["bid_status"] == "disqualified"
    )
    # A joint bid stands in one line for each of its bidders, and is still one bid of the department's.
    once = bid[~bid.duplicated(["at", "lot", "bid_id"]) | bid["bid_id"].isna()]
    kinds = []
    for part, frame, key, fewest in (
        ("department", once, "department", department_processes),
        ("bidder", bid, "bidder", bidder_bids),
    ):
        groups = frame.groupby(key, observed=True)
        n = groups.size()
        if not len(n):
            continue
        share = groups["out"].sum() / n
        size = groups["at"].nunique() if part == "department" else n
        fence = stats.tukey_fences(share[size >= fewest]).high
        kinds.append(
            pd.DataFrame(
                {
                    "unit": n.index.astype(object),
                    "department": n.index.astype(object) if part == "department" else None,
                    "value": share.to_numpy(),
                    "part": part,
                    "few": (size < fewest).to_numpy(),
                    "over": (share >= fence).to_numpy(),
                }
            )
        )
    if not kinds:
        raise CannotTell("No submitted bid of the period has a status and a solicitation.")
    units = pd.concat(kinds, ignore_index=True)
    units["department"] = units["department"].astype("category")
    return rows(
        units,
        value=units["value"],
        unit=units["unit"],
        part=units["part"],
        leave_out={f"fewer than {department_processes} solicitations, or {bidder_bids} bids": units["few"]},
        flags={"R038": units["over"]},
        note=f"In all, {once['out'].mean() * 100:.1f}% of {len(once):,} submitted bids were disqualified.",
    )


def cancelled_solicitations(records):
    """CP09: solicitations that ended without an award, of those that ended.

    Returns
    -------
    DataFrame
        One row per solicitation: ``date`` (posting), ``value`` (bool).
    """
    if not len(records.records.solicitations):
        raise CannotTell(
            "The city sent no list of solicitations, and contracts tell nothing of the calls that led to none. A list "
            "of all solicitations with their status would make it possible."
        )
    s = records.solicitations
    status = s["solicitation_status"]
    return rows(
        s,
        date=s["posted_date"].fillna(s["bid_deadline"]),
        value=status.isin(("cancelled", "unsuccessful", "withdrawn")),
        leave_out={"status not known": status.isna(), "not ended yet": status.isin(("planned", "active"))},
    )


def price_gap(records):
    """CP10: gap between the winning bid and the next lowest, as a share of the winning bid (R024 low, R058 high).

    Returns
    -------
    DataFrame
        One row per solicitation (or lot): ``date`` (award or deadline), ``value`` (share).
    """
    p = processes(records)
    gap = (p["other"] - p["winning"]) / p["winning"].where(p["winning"] > 0)
    reasons = _not_comparable(p) | {
        "not decided by price alone": p["other_criteria"],
        "not exactly one award to one vendor": ~p["one_award"],
        "a single valid bid": p["winning"].isna() | p["other"].isna(),
        "not won by the lowest bid": p["other"] < p["winning"],
        "winning bid of zero": ~(p["winning"] > 0),
    }
    made = rows(p, date=p["date"], value=gap, leave_out=reasons)
    counted = made["left_out"].isna() & _inside(records, made["date"])
    low, high = stats.tukey_fences(gap[counted])
    return rows(
        p, date=p["date"], value=gap, unit=p["unit"], leave_out=reasons, flags={"R024": gap <= low, "R058": gap >= high}
    )


def identical_prices(records):
    """CP11: solicitations in which different bidders offered the same price (R028).

    Returns
    -------
    DataFrame
        One row per solicitation (or lot) with two priced bids or more.
    """
    p = processes(records)
    return rows(
        p,
        date=p["date"],
        unit=p["unit"],
        only=p["priced"] > 0,
        leave_out=_not_comparable(p) | {"fewer than two bids with a price": p["priced"] < 2},
        flags={"R028": p["identical"]},
    )


def disqualified_lowest(records):
    """CP12: the lowest bid disqualified (R036), or every bid but the winner's (R035).

    Returns
    -------
    DataFrame
        One row per solicitation (or lot) with an award.
    """
    p = processes(records)
    by_price = p["lowest_out"] & ~p["unpriced"] & ~p["other_criteria"] & ~p["several_currencies"] & ~p["city_price"]
    return rows(
        p,
        date=p["date"],
        value=p["bidders_out"],
        unit=p["unit"],
        leave_out={
            "cancelled": p["cancelled"],
            "not awarded": ~p["awarded"],
            "fewer than two bids": p["submitted"] < 2,
        },
        flags={"R035": p["only_winner_left"], "R036": by_price},
    )


def unsuccessful_bidders(records):
    """CP13: bidders who bid often and seldom win (R025).

    Returns
    -------
    DataFrame
        One row per bidder: ``value`` (wins over valid bids), counted once a solicitation.
    """
    p = processes(records)
    valid, bidder_names = records.__dict__["_valid_bids"]
    use = (p["one_award"] & ~p["cancelled"] & _inside(records, p["date"])).to_numpy()[valid["process"].to_numpy()]
    # Of several bids of one bidder the one that won counts.
    bids = valid[use].groupby(["process", "tenderer"], sort=False)["won"].any().reset_index()
    found = bids.groupby("tenderer").agg(wins=("won", "sum"), n=("won", "size")).reset_index()
    ratio = found["wins"] / found["n"]
    often = stats.quartiles(found["n"])[2]
    seldom = stats.tukey_fences(ratio).low
    names = np.append(bidder_names, "")
    return rows(
        found,
        value=ratio,
        unit=pd.Series(names[np.minimum(found["tenderer"], len(names) - 1)], found.index),
        flags={"R025": (found["n"] >= often) & (ratio <= seldom)},
        wins=found["wins"],
        bids=found["n"],
    )


def late_bid_won(records):
    """CP14: solicitations won by a bid that came after the deadline (R030).

    Returns
    -------
    DataFrame
        One row per solicitation (or lot) whose winning bid has a day of receipt.
    """
    p = processes(records)
    return rows(
        p,
        date=p["date"],
        unit=p["unit"],
        only=p["won_dated"],
        leave_out={"cancelled": p["cancelled"], "no bid deadline": p["deadline"].isna()},
        flags={"R030": p["late"]},
    )


def price_only(records):
    """CP15: awards decided on price alone; one row per solicitation with a known criterion."""
    s = records.solicitations
    return rows(
        s,
        date=s["award_date"].fillna(s["bid_deadline"]),
        value=s["award_criteria"] == "price only",
        part=s["category"],
        leave_out={
            "cancelled": s["solicitation_status"] == "cancelled",
            "criterion not known": s["award_criteria"].isna(),
        },
    )


def category_spread(records, *, awards=VENDOR_AWARDS, digits=2):
    """CP16: kinds of goods and services that a vendor was awarded (R048).

    Returns
    -------
    DataFrame
        One row per vendor: ``value`` (kinds: the first two digits of a category code, or the category as it is).
    """
    lines = records.award_lines
    inside = _inside(records, lines["agreed_date"]) & ~lines["cancelled"] & ~lines["several"]
    bought = lines["item_codes"].astype(object).where(lines["item_codes"].notna(), lines["category"].astype(object))
    lines, bought = (part[inside & lines["vendor"].notna() & bought.notna()] for part in (lines, bought))
    kinds = bought.str.split(";").explode().str.strip()
    kinds = kinds.where(~kinds.str.fullmatch(r"\d{4,}").astype(bool), kinds.str[:digits])
    pairs = pd.DataFrame({"vendor": lines["vendor"].astype(object).reindex(kinds.index), "kind": kinds.to_numpy()})
    found = pd.DataFrame(
        {"kinds": pairs.groupby("vendor")["kind"].nunique(), "n": lines["vendor"].astype(object).value_counts()}
    ).reset_index(names="vendor")
    few = found["n"] < awards
    fence = stats.tukey_fences(found["kinds"][~few]).high
    return rows(
        found,
        value=found["kinds"].astype(float),
        unit=found["vendor"],
        leave_out={f"fewer than {awards} awards": few},
        flags={"R048": found["kinds"] >= fence},
    )


def _not_comparable(p):
    return {
        "cancelled": p["cancelled"],
        "price set by the city": p["city_price"],
        "bids in several currencies": p["several_currencies"],
    }


def _inside(records, dates):
    """Whether a day lies in the period; all do where no day is known at all."""
    return records.inside(dates) if dates.notna().any() else dates.isna()


def _in_period(records, s):
    return _inside(records, _deadline(s)).to_numpy()


def processes(records):
    """What the bids say of each solicitation (or lot); worked out once.

    Returns
    -------
    DataFrame
        One row per solicitation or lot with bids. ``winning`` is the winner's lowest valid price, ``other`` the lowest
        valid price of anyone else; joint bids count as bids of the joint bidder and are not compared.
    """
    if "_processes" not in records.__dict__:
        records.__dict__["_processes"] = _processes(records)
    return records.__dict__["_processes"]


def _processes(records):
    b, s, c = records.bids, records.solicitations, records.contracts
    at = records.bid_solicitations
    keep = at >= 0
    lot = b["lot"].astype("category").cat
    key = at * (len(lot.categories) + 1) + lot.codes.to_numpy() + 1
    keys, process = numbered(key[keep])
    k = len(keys)
    home = keys // (len(lot.categories) + 1)  # row of the solicitation
    t = b[keep]
    bidder = t["bidder"].cat.codes.to_numpy().astype(np.int64)
    tenderer, joint = _tenderers(t, process, bidder)
    amount = t["bid_amount"].to_numpy()
    submitted, valid = t["submitted"].to_numpy(bool), t["valid"].to_numpy(bool)
    out = (t["bid_status"] == "disqualified").to_numpy()
    won = records.won[keep]

    def has(mask):
        return np.bincount(process[mask], minlength=k) > 0

    def lowest(mask):
        found = np.full(k, np.inf)
        np.minimum.at(found, process[mask], amount[mask])
        return np.where(np.isinf(found), np.nan, found)

    def bidders(mask):
        mask = mask & (tenderer >= 0)
        width = tenderer.max(initial=0) + 1
        return np.bincount(distinct(process[mask] * width + tenderer[mask]) // width, minlength=k)

    priced = submitted & ~np.isnan(amount)
    currency = np.where(t["currency"].isna(), -1, t["currency"].cat.codes.to_numpy())
    high = np.full(k, -2)
    low = np.full(k, 10**6)
    np.maximum.at(high, process[priced], currency[priced])
    np.minimum.at(low, process[priced], currency[priced])
    single = valid & ~joint & (tenderer >= 0) & priced
    winners = bidders(won)
    active, pending, shared, linked = _awards(s, c, records)
    # Where contracts are linked they tell the awards; a cancelled one is none.
    awards = np.where(linked[home], active[home], winners)
    # Several lots of one solicitation are awards of their own.
    lots = np.bincount(home, minlength=len(s))[home] > 1
    one_award = ~pending[home] & ~shared[home] & (winners == 1) & ((awards == 1) | lots)
    # The first of the lowest bids decides, as in Cardinal.
    first_lowest_out = np.zeros(k, bool)
    order = np.flatnonzero(priced)
    order = order[np.lexsort((amount[order], process[order]))]
    first = np.r_[True, np.diff(process[order]) != 0] if len(order) else np.zeros(0, bool)
    first_lowest_out[process[order[first]]] = out[order[first]]
    # Two different bidders at one price, in one process: neighbors in that order.
    known = order[tenderer[order] >= 0]
    same = np.flatnonzero(
        (np.diff(process[known]) == 0) & (np.diff(amount[known]) == 0) & (np.diff(tenderer[known]) != 0)
    )
    identical = np.bincount(process[known[same]], minlength=k) > 0
    received = t["bid_received_date"]
    deadline = s["bid_deadline"].take(home).reset_index(drop=True)
    bid_deadline = deadline.take(process).set_axis(t.index)
    # A deadline without a time of day lasts until the day is over.
    whole_day = bid_deadline == bid_deadline.dt.normalize()
    midnight = received == received.dt.normalize()
    late = (received > bid_deadline.where(~whole_day | midnight, bid_deadline + pd.Timedelta(days=1))).to_numpy()
    winner_won = bidders(won & valid)
    valid_bidders, out_bidders = bidders(valid), _others_out(process, tenderer, out, valid, k)
    detail = s["method_detail"] if "method_detail" in s else pd.Series(index=s.index, dtype=object)
    p = pd.DataFrame(
        {
            "department": s["department"].take(home).reset_index(drop=True),
            "unit": s["solicitation_id"].take(home).reset_index(drop=True),
            "date": _deadline(s).take(home).reset_index(drop=True),
            "deadline": deadline,
            "cancelled": (s["solicitation_status"] == "cancelled").to_numpy()[home],
            "city_price": detail.isin(records.facts.fixed_price_methods).to_numpy()[home],
            "other_criteria": s["award_criteria"].notna().to_numpy()[home]
            & (s["award_criteria"] != "price only").to_numpy()[home],
            "several_currencies": (high > low) & has(priced),
            "awarded": awards > 0,
            "one_award": one_award,
            "winning": lowest(single & won),
            "other": lowest(single & ~won),
            "submitted": np.bincount(process[submitted], minlength=k),
            "priced": np.bincount(process[priced], minlength=k),
            "unpriced": has(submitted & np.isnan(amount)),
            "identical": identical,
            "lowest_out": first_lowest_out,
            "bidders_out": out_bidders.astype(float),
            # One bidder is left, it won (and nobody else did), and at least one other was disqualified.
            "only_winner_left": (valid_bidders == 1) & (winners == 1) & (winner_won == 1) & (out_bidders >= 1)
            & ~pending[home] & ~_other_vendor(s, c, records, home, process, t, won),
            "won_dated": has(won & valid & received.notna().to_numpy()),
            "late": has(won & valid & late),
        }
    )  # fmt: skip
    alone = valid & ~joint & (tenderer >= 0)
    records.__dict__["_valid_bids"] = (
        pd.DataFrame({"process": process, "tenderer": tenderer, "won": won})[alone],
        t["bidder"].cat.categories.to_numpy(dtype=object),
    )
    return p


def _others_out(process, tenderer, out, valid, k):
    """Bidders of each process with a disqualified bid and no valid one."""
    width = int(tenderer.max(initial=0)) + 1
    known = tenderer >= 0
    gone = np.setdiff1d(
        distinct(process[out & known] * width + tenderer[out & known]),
        distinct(process[valid & known] * width + tenderer[valid & known]),
        assume_unique=True,
    )
    return np.bincount(gone // width, minlength=k)


def _tenderers(t, process, bidder):
    """One number for whoever made a bid, and whether it was a joint one (one bid, several bidders)."""
    bid, names = pd.factorize(t["bid_id"])
    joint = np.zeros(len(t), bool)
    if len(names) == (bid >= 0).sum():
        return bidder, joint
    key = process * (len(names) + 1) + bid
    order = np.argsort(key, kind="stable")
    same = (key[order][1:] == key[order][:-1]) & (bid[order][1:] >= 0)
    joint[order[1:][same]] = joint[order[:-1][same]] = True
    if not joint.any():
        return bidder, joint
    members = pd.DataFrame({"process": process[joint], "bid": t["bid_id"][joint].to_numpy(), "bidder": bidder[joint]})
    several = members.groupby(["process", "bid"])["bidder"].transform("nunique").to_numpy() > 1
    joint[np.flatnonzero(joint)[~several]] = False
    if not joint.any():
        return bidder, joint
    members = members[several]
    who = members.groupby(["process", "bid"])["bidder"].transform(lambda s: hash(tuple(sorted(set(s)))))
    tenderer = bidder.copy()
    tenderer[joint] = len(t["bidder"].cat.categories) + pd.factorize(who)[0]
    return tenderer, joint


def _awards(s, c, records):
    """Active awards of each solicitation; whether one is pending, went to several vendors, or is linked at all."""
    place = records.contract_solicitations
    use = place >= 0
    if not use.any() or c["solicitation_id"].isna().all():
        none = np.zeros(len(s), bool)
        return np.zeros(len(s), int), none, none, none
    status = c["status"]
    active = np.bincount(place[use & ~status.isin(("cancelled", "pending")).to_numpy()], minlength=len(s))
    pending = np.bincount(place[use & (status == "pending").to_numpy()], minlength=len(s)) > 0
    v = records.records.contract_vendors
    v = v[v["role"].isna() | (v["role"] == "prime")]
    at = records.contract_places(v["contract_id"])
    several = np.bincount(at[at >= 0], minlength=len(c)) > 1
    linked = np.bincount(place[use], minlength=len(s)) > 0
    return active, pending, np.bincount(place[use & several], minlength=len(s)) > 0, linked


def _other_vendor(s, c, records, home, process, t, won):
    """Whether an active contract of the solicitation went to a vendor that is not the winning bidder."""
    lines = records.award_lines
    place = records.contract_solicitations[lines.index]
    use = (place >= 0) & ~lines["cancelled"].to_numpy() & lines["vendor"].notna().to_numpy()
    if not use.any():
        return np.zeros(len(home), bool)
    codes = as_bidders(lines["vendor"][use], t["bidder"])
    width = len(t["bidder"].cat.categories) + 1
    bidder = t["bidder"].cat.codes.to_numpy().astype(np.int64)
    winners = distinct(home[process[won]] * width + bidder[won])
    stranger = (codes < 0) | ~np.isin(place[use] * width + codes, winners)
    # Ids of bidders and vendors may come from different lists: then nothing can be said.
    linked = np.bincount(place[use][codes >= 0], minlength=len(s)) > 0
    return (np.bincount(place[use][stranger], minlength=len(s)) > 0)[home] & linked[home]
