"""How long all indicators take on a large register, against a plain pandas script of the same values.

Run it by hand: ``python -m tests.benchmarks.assessment 1000000`` (contracts; three bids each on average). It prints the
seconds of both and whether they agree. Not part of the test run.
"""

import sys
import time

import numpy as np
import pandas as pd

from rdclib import periods, schemas
from rdclib.engagement import Facts

SEED = 20240630
PERIOD = periods.parse("FY2024", "07-01")
START, END = pd.Timestamp(PERIOD.start), pd.Timestamp(PERIOD.end)


def make(n, seed=SEED):
    """Records of a city with ``n`` contracts over ten years and three bids a contract on average."""
    from rdclib.records import Records

    rng = np.random.default_rng(seed)

    def pick(words, size=n, p=None):
        return pd.Series(pd.array(np.array(words, dtype=object)[rng.choice(len(words), size, p=p)], dtype="str"))

    def later(day, low, high):
        return day + pd.Series(pd.to_timedelta(rng.integers(low, high, len(day)), unit="D"))

    def some(series, share):
        return series.mask(rng.random(len(series)) > share)

    numbers = pd.Series(np.arange(n)).astype("str")
    departments = [f"Department {i:02d}" for i in range(30)]
    vendors = np.array([f"V{i:06d}" for i in range(max(n // 20, 20))], dtype=object)
    vendor = pd.Series(pd.array(vendors[(len(vendors) * rng.random(n) ** 3).astype(int)], dtype="str"))
    award = pd.Series(pd.Timestamp("2014-07-01") + pd.to_timedelta(rng.integers(0, 3652, n), unit="D")).astype(
        "datetime64[us]"
    )
    deadline = later(award, -120, -5)
    posted = later(deadline, -45, -7)
    requisition = later(posted, -90, -3)
    signed = later(award, 1, 60)
    start = later(signed, -20, 40)
    original_end = later(start, 180, 1500)
    end = original_end.where(pd.Series(rng.random(n) < 0.7), later(original_end, 30, 400))
    amount = pd.Series(np.exp(rng.normal(10.8, 1.5, n)).round(2))
    methods = pick(["open", "selective", "limited", "direct"], p=[0.55, 0.15, 0.1, 0.2])
    number = pd.Series(rng.poisson(2.2, n) + 1.0)
    growth = pd.Series(np.where(rng.random(n) < 0.3, rng.gamma(2, 0.1, n), 0.0))
    contracts = {
        "contract_id": "C" + numbers,
        "solicitation_id": "S" + numbers,
        "department": some(pick(departments), 0.99),
        "category": pick([f"{i}0000000" for i in range(10, 40)]),
        "vendor_id": vendor,
        "vendor_name": vendor.str.replace("V", "Vendor ") + " Inc",
        "procurement_method": methods,
        "award_criteria": some(pick(["price only", "price and quality", "quality only"]), 0.9),
        "contract_type": some(
            pick(["firm fixed price", "unit price", "cost reimbursement", "time and materials"]), 0.8
        ),
        "payment_basis": some(pick(["input", "activity", "output", "outcome"]), 0.5),
        "award_date": award,
        "signed_date": some(signed, 0.95),
        "start_date": start,
        "base_end_date": original_end,
        "original_end_date": original_end,
        "end_date": some(end, 0.93),
        "budget": some(amount * 1.05, 0.7),
        "award_amount": amount,
        "original_amount": amount,
        "current_amount": (amount * (1 + growth)).round(2),
        "paid_to_date": (amount * pd.Series(rng.random(n)) * 1.05).round(2),
        "status": pick(["active", "cancelled"], p=[0.97, 0.03]),
        "last_competition_date": some(award, 0.5),
    }
    solicitations = {
        "solicitation_id": "S" + numbers,
        "department": contracts["department"],
        "category": contracts["category"],
        "procurement_method": methods,
        "award_criteria": contracts["award_criteria"],
        "number_of_bids": some(number, 0.95),
        "requisition_date": requisition,
        "planned_post_date": later(posted, -20, 10),
        "posted_date": posted,
        "bid_deadline": deadline,
        "award_date": award,
        "signed_date": contracts["signed_date"],
        "solicitation_status": pick(["complete", "cancelled", "active"], p=[0.93, 0.05, 0.02]),
        "award_amount": amount,
    }
    at = np.repeat(np.arange(n), number.astype(int))[: 3 * n]
    m = len(at)
    first = np.r_[True, at[1:] != at[:-1]]
    bidder = np.where(first, vendor.to_numpy(dtype=object)[at], vendors[rng.integers(0, len(vendors), m)])
    price = amount.to_numpy()[at] * np.where(first, 1.0, 1 + rng.gamma(2, 0.08, m))
    bids = {
        "solicitation_id": solicitations["solicitation_id"].take(at).reset_index(drop=True),
        "bid_id": "B" + pd.Series(np.arange(m)).astype("str"),
        "bidder_id": pd.Series(pd.array(bidder, dtype="str")),
        "bid_amount": pd.Series(price.round(2)),
        "bid_received_date": deadline.take(at).reset_index(drop=True)
        - pd.to_timedelta(rng.integers(-1, 10, m), unit="D"),
        "bid_status": pick(["valid", "disqualified"], m, p=[0.93, 0.07]).mask(pd.Series(first), "valid"),
        "won": pd.Series(first).astype("boolean"),
    }
    k = n // 2
    amendments = {
        "contract_id": contracts["contract_id"].take(rng.integers(0, n, k)).reset_index(drop=True),
        "amendment_id": "A" + pd.Series(np.arange(k)).astype("str"),
        "amendment_date": pd.Series(
            pd.Timestamp("2016-07-01") + pd.to_timedelta(rng.integers(0, 2900, k), unit="D")
        ).astype("datetime64[us]"),
        "amendment_kind": pick(["scope", "time", "amount"], k),
    }
    given = {"contracts": contracts, "solicitations": solicitations, "bids": bids, "amendments": amendments}
    held = {name: _typed(name, given.get(name, {})) for name in schemas.TABLES}
    import dataclasses

    held |= {"facts": Facts(city="Benchmark", fiscal_year_start="07-01"), "period": PERIOD, "as_of": PERIOD.end}
    names = {field.name for field in dataclasses.fields(Records)}
    coding = pd.DataFrame(
        {name: pd.Series(dtype=col.dtype.type) for name, col in schemas.CONTRACT_CODING.columns.items()}
    )
    held |= {"snapshots": held["contracts"], "coding": coding, "findings": (), "intakes": {}}
    held |= {"actions": pd.DataFrame(columns=["contract_id"]), "vendor_ratings": pd.DataFrame(columns=["contract_id"])}
    return Records(**{name: value for name, value in held.items() if name in names})


def _typed(name, columns):
    size = len(next(iter(columns.values()))) if columns else 0
    lineage = {"source_file": pd.Series([f"{name}.csv"] * size), "source_row": pd.Series(np.arange(size) + 2.0)}
    frame = {}
    for column, kind in schemas.columns(name).items():
        held = (columns | lineage).get(column)
        dtype = schemas.DTYPES[kind]
        frame[column] = held.astype(dtype) if held is not None else pd.Series(np.full(size, None), dtype=dtype)
    return pd.DataFrame(frame, copy=False)


def plain(records):
    """Values of the indicators that these records support, as someone would write them by hand, without intervals."""
    start, end = START, END
    c, s, b, a = records.contracts, records.solicitations, records.bids, records.amendments
    live = c[c["status"] != "cancelled"]
    awarded = live[live["award_date"].between(start, end)]
    force = live[(live["start_date"] <= end) & ~(live["end_date"] < end)]
    inside = live[~(live["start_date"] > end) & ~(live["end_date"] < start)]
    found = {"PF01": force["current_amount"].sum()}
    years = ((force["end_date"] - force["start_date"]).dt.days + 1) / 365.25
    found["PF02"] = (force["current_amount"] / years.clip(lower=1 / 12)).sum()
    money = inside.groupby("vendor_id")["current_amount"].sum().sort_values(ascending=False)
    share = money / money.sum()
    found["PF04"] = ((share.cumsum() < 0.8 - 1e-12).sum() + 1) / len(share)
    filled = [(f[x].notna().sum(), len(f)) for f in (c, s, b, a) for x in f if "source" not in x and f[x].notna().any()]
    found["PF05"] = sum(x for x, _ in filled) / sum(n for _, n in filled)
    found["CN01"] = share.head(10).sum()
    found["CN02"] = 10_000 * (share**2).sum()
    found["CN03"] = ((share**2).sum() - 1 / len(share)) / (1 - 1 / len(share))
    found["CN04"] = 1 / (share**2).sum()
    cells = awarded[awarded["department"].notna()].groupby(["department", "category", "vendor_id"])["award_amount"]
    cells = cells.agg(["size", "sum"])
    whole = cells.groupby(["department", "category"]).transform("sum")
    shares = (cells / whole)[whole["size"] >= 5]
    over = [shares[x] >= _fence(shares[x]) for x in ("size", "sum")]
    found["CN05"] = (over[0] | over[1]).sum()
    history = live.sort_values("award_date")[["vendor_id", "award_date", "award_amount"]].drop_duplicates()
    days = history[["vendor_id", "award_date"]].drop_duplicates()
    days["before"] = days.groupby("vendor_id")["award_date"].shift()
    known = awarded.merge(days, on=["vendor_id", "award_date"])
    gap = (known["award_date"] - known["before"]).dt.days
    found["CN06"] = known["award_amount"][gap <= 730].sum() / known["award_amount"].sum()
    first = known.sort_values("award_date", kind="stable").drop_duplicates("vendor_id")
    found["CN07"] = (~((first["award_date"] - first["before"]).dt.days <= 1095)).mean()
    found["CP01"] = awarded["procurement_method"].isin(["open", "selective"]).mean()
    found["CP06"] = (awarded["procurement_method"] == "direct").mean()
    due = s[s["bid_deadline"].between(start, end) & (s["solicitation_status"] != "cancelled")]
    met = b[b["bid_status"] != "withdrawn"].groupby("solicitation_id")["bidder_id"].nunique()
    due = due.assign(number_of_bids=due["number_of_bids"].fillna(due["solicitation_id"].map(met)))
    asked = due[due["procurement_method"].isin(["open", "selective"]) & due["number_of_bids"].notna()]
    found["CP02"] = (asked["number_of_bids"] == 1).mean()
    found["CP03"] = asked["award_amount"][asked["number_of_bids"] == 1].sum() / asked["award_amount"].sum()
    found["CP04"] = asked["number_of_bids"].median()
    mine = b.merge(due[["solicitation_id", "department", "bid_deadline", "award_criteria", "category", "award_date"]])
    valid = mine[mine["bid_status"] == "valid"]
    bidders = valid.groupby("solicitation_id")["bidder_id"].nunique()
    found["CP05"] = (bidders >= 3).sum() / mine["solicitation_id"].nunique()
    window = (due["bid_deadline"] - due["posted_date"]).dt.days
    found["CP07"] = window[window >= 0].median()
    out = mine["bid_status"] == "disqualified"
    by = [out.groupby(mine[x]).agg(["mean", "size"]) for x in ("department", "bidder_id")]
    by = [x[x["size"] >= 2]["mean"] for x in by]
    found["CP08"] = sum((x >= _fence(x)).sum() for x in by)
    posted = s[s["posted_date"].between(start, end) & s["solicitation_status"].isin(["complete", "cancelled"])]
    found["CP09"] = (posted["solicitation_status"] == "cancelled").mean()
    cancelled = c.loc[c["status"] == "cancelled", "solicitation_id"]
    priced = valid[valid["award_criteria"].isna() | (valid["award_criteria"] == "price only")]
    priced = priced[~priced["solicitation_id"].isin(cancelled)]
    win = priced[priced["won"]].groupby("solicitation_id")["bid_amount"].min()
    lose = priced[~priced["won"]].groupby("solicitation_id")["bid_amount"].min()
    gaps = ((lose - win) / win).dropna()
    found["CP10"] = gaps[gaps >= 0].median()
    offers = mine.drop_duplicates(["solicitation_id", "bidder_id", "bid_amount"])
    found["CP11"] = offers.loc[offers.duplicated(["solicitation_id", "bid_amount"]), "solicitation_id"].nunique()
    both = mine.groupby("solicitation_id").agg(n=("bid_amount", "size"))
    lowest = mine.sort_values(["solicitation_id", "bid_amount"], kind="stable").drop_duplicates("solicitation_id")
    lowest = lowest.set_index("solicitation_id")
    r036 = (lowest["bid_status"] == "disqualified") & (lowest["award_criteria"].fillna("price only") == "price only")
    winner = mine.loc[mine["won"], ["solicitation_id", "bidder_id"]].rename(columns={"bidder_id": "winner"})
    others = mine.merge(winner).query("bidder_id != winner")
    other = (others["bid_status"] == "disqualified").groupby(others["solicitation_id"]).all()
    r035 = other.reindex(both.index, fill_value=False)
    awarded_ones = (both["n"] >= 2) & ~both.index.isin(cancelled)
    found["CP12"] = ((r035 | r036.reindex(both.index)) & awarded_ones).sum()
    once = valid[~valid["solicitation_id"].isin(cancelled)].groupby(["solicitation_id", "bidder_id"])["won"].max()
    ratio = once.groupby("bidder_id").agg(["mean", "size"])
    q1, q3 = np.quantile(ratio["mean"].astype(float), [0.25, 0.75], method="median_unbiased")
    seldom = ratio["mean"] <= q1 - 1.5 * (q3 - q1) if q1 != q3 else ratio["mean"] < -1
    often = ratio["size"] >= np.quantile(ratio["size"], 0.75, method="median_unbiased")
    found["CP13"] = (seldom & often).sum()
    found["CP14"] = (mine["won"] & (mine["bid_received_date"] > mine["bid_deadline"])).sum()
    decided = s[s["award_date"].between(start, end) & (s["solicitation_status"] != "cancelled")]
    found["CP15"] = (decided["award_criteria"].dropna() == "price only").mean()
    kinds = awarded.assign(kind=awarded["category"].str[:2]).groupby("vendor_id")["kind"].agg(["nunique", "size"])
    kinds = kinds.loc[kinds["size"] >= 20, "nunique"]
    found["CP16"] = (kinds >= _fence(kinds)).sum()
    for name, first_day, last_day in (
        ("CT01", "requisition_date", "signed_date"),
        ("CT02", "requisition_date", "posted_date"),
        ("CT03", "bid_deadline", "award_date"),
        ("CT04", "posted_date", "award_date"),
    ):
        done = s[s[last_day].between(start, end)]
        step = (done[last_day] - done[first_day]).dt.days
        found[name] = step[step >= 0].median()
    signed = live[live["signed_date"].between(start, end)]
    found["CT05"] = (signed["signed_date"] - signed["award_date"]).dt.days.median()
    started = live[live["start_date"].between(start, end) & live["signed_date"].notna()]
    found["CT06"] = (started["signed_date"] > started["start_date"]).mean()
    planned = s[s["planned_post_date"].between(start, end)]
    found["CT08"] = (planned["posted_date"] <= planned["planned_post_date"]).mean()
    total = awarded["award_amount"].sum()
    found["TY01"] = awarded["award_amount"][awarded["contract_type"].notna()].sum() / total
    typed = awarded[awarded["contract_type"].notna()].groupby("contract_type")["award_amount"].sum()
    found["TY02"] = typed[["cost reimbursement", "time and materials"]].sum() / typed.sum()
    found["TY03"] = awarded["award_amount"][awarded["payment_basis"].notna()].sum() / total
    changes = a.loc[a["amendment_date"] <= end, "contract_id"].value_counts()
    mine_too = inside["contract_id"].map(changes).fillna(0)
    found["AM01"], found["AM02"] = (mine_too > 0).mean(), mine_too.mean()
    growth = inside["current_amount"] - inside["original_amount"]
    found["AM03"] = (growth / inside["original_amount"]).median()
    found["AM04"] = growth.sum() / inside["original_amount"].sum()
    found["AM05"] = (inside["paid_to_date"].round(2) > inside["current_amount"].round(2)).sum()
    term = (inside["original_end_date"] - inside["start_date"]).dt.days
    found["AM07"] = ((inside["end_date"] - inside["original_end_date"]).dt.days / term).median()
    budgeted = awarded[awarded["budget"] > 0]
    found["AM08"] = (budgeted["award_amount"] > budgeted["budget"]).mean()
    soon = force[force["end_date"] <= end + pd.DateOffset(months=24)]
    waits = s[s["posted_date"].notna() & ~s["solicitation_status"].isin(["cancelled", "withdrawn"])]
    over = waits["signed_date"] <= end
    open_now = waits["signed_date"].isna() & (waits["solicitation_status"] == "active") | (waits["signed_date"] > end)
    waits = waits.assign(done=over, days=(waits["signed_date"].where(over, end) - waits["posted_date"]).dt.days)
    waits = waits[(over | open_now) & (waits["days"] >= 0)]
    needed = {method: _three_of_four(x) for method, x in waits.groupby("procurement_method")}
    found["EX02"] = (soon["end_date"] - end).dt.days.sub(soon["procurement_method"].map(needed) + 150).median()
    span = ((soon["end_date"] - soon["start_date"]).dt.days + 1) / 365.25
    found["EX01"] = (soon["current_amount"] / span.clip(lower=1 / 12)).sum()
    ended = inside[inside["end_date"].notna() & inside["base_end_date"].notna()]
    found["EX03"] = (ended["end_date"] > ended["base_end_date"]).mean()
    posted_on = s.set_index("solicitation_id")["posted_date"]
    market = force["procurement_method"].isin(["open", "selective"])
    last = force["last_competition_date"].fillna(force["solicitation_id"].map(posted_on).where(market))
    found["EX05"] = ((end - last).dt.days / 365.25).median()
    amounts = awarded["award_amount"][awarded["award_amount"] > 0]
    digits = amounts.map(lambda x: int(f"{x:e}"[0])).value_counts(normalize=True).reindex(range(1, 10), fill_value=0)
    found["IN03"] = (digits - np.log10(1 + 1 / np.arange(1, 10))).abs().mean()
    names = c["vendor_name"].drop_duplicates()
    folded = names.str.lower().str.replace(r"[^a-z0-9 ]| inc$", "", regex=True)
    found["IN06"] = folded.duplicated(keep=False).sum()
    return found


def _fence(values):
    q1, q3 = np.quantile(values, [0.25, 0.75], method="median_unbiased") if len(values) else (np.nan, np.nan)
    return np.inf if q1 == q3 else q3 + 1.5 * (q3 - q1)


def _three_of_four(waits):
    """Product-limit estimate of the days within which three of four are done."""
    steps = waits.groupby("days")["done"].agg(["sum", "size"])
    left = len(waits) - steps["size"].cumsum().shift(fill_value=0)
    still = (1 - steps["sum"] / left).cumprod()
    return still.index[still <= 0.25 + 1e-12].min() if waits["done"].sum() >= 10 else 180


def compare(records):
    """Both sets of values and their seconds of processor time."""
    from rdclib import indicators

    # Libraries load when they are first needed; that is no part of either.
    small = make(500)
    indicators.compute_all(small)
    plain(small)
    begun = time.process_time()
    results = indicators.compute_all(records)
    for result in results.values():  # made when they are asked for
        _ = result.by_department, result.by_quarter, result.by_part, result.flags
    ours = time.process_time() - begun
    begun = time.process_time()
    by_hand = plain(records)
    return results, by_hand, ours, time.process_time() - begun


if __name__ == "__main__":
    size = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    results, by_hand, ours, theirs = compare(make(size))
    print(
        f"{size:,} contracts: {ours:.1f} s with intervals and breakdowns, {theirs:.1f} s by hand: {ours / theirs:.2f}"
    )
    for name, value in by_hand.items():
        if results[name].computed and not np.isclose(results[name].value, float(value), rtol=1e-9):
            print(f"  {name} differs: {results[name].value} and {value}")
    missing = [r.indicator.id for r in results.values() if r.computed and r.indicator.id not in by_hand]
    print(f"  computed here only: {', '.join(missing)}")
