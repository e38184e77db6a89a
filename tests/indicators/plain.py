"""The definitions of data/catalogue/indicators.csv in plain Python, for numbers that share no code with rdclib.

A `City` holds lists of dictionaries, as `tests.indicators.raw` reads them from published files. Each indicator gives
lines: what a record contributes (``v``), to what (``w``), for whom (``g``), where, when, and why it does not count
(``out``). `told` turns lines into every number that a report shows of the indicator.
"""

import csv
import math
import re
import unicodedata
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import pairwise
from statistics import fmean, median

from scipy.stats import binom
from scipy.stats import t as student

Z = 1.959963984540054  # 97.5% of the normal distribution
YEAR = 365.25
METHODS = ("open", "selective", "limited", "direct")
ASKED = ("open", "selective")


@dataclass
class City:
    """What a city's files hold, for one period; today is the last day of the period."""

    first: date
    last: date
    currency: str
    contracts: list = field(default_factory=list)
    tenders: list = None  # None: the city has no list of its own
    bids: list = field(default_factory=list)
    payments: list = field(default_factory=list)
    lines: list = None  # (contract, vendor, part of the money); None: each contract has its one vendor
    names: list = field(default_factory=list)  # (vendor, name) wherever a name stands, the list of vendors last
    cells: list = field(default_factory=list)  # (column, department, values there, rows)
    told: dict = field(default_factory=dict, repr=False)  # what was worked out, by indicator

    def __post_init__(self):
        for c in self.contracts:
            for name in ("award", "original", "current", "final"):
                c.setdefault(name, None)
            c["amount"] = c["award"] or c["original"] or c["current"]
            c["latest"] = c["final"] or c["current"] or c["amount"]
            c["agreed"] = c.get("awarded") or c.get("signed") or c.get("start")
            c["foreign"] = (c.get("currency") or self.currency) != self.currency
            c["cancelled"] = c.get("status") == "cancelled"
            start, end, closed = c.get("start"), c.get("end"), c.get("closed")
            over = {end is not None and end < self.last, closed is not None and closed < self.last}
            begun = start or c["agreed"]
            c["runs"] = (
                c.get("status") not in ("cancelled", "terminated")
                and True not in over
                and (start is not None or end is not None)
                and not (begun and begun > self.last)
            )
            c["of_period"] = (
                not (begun and begun > self.last)
                and not (end and end < self.first)
                and not (closed and closed < self.first)
            )
            c["live"] = c["of_period"] and not c["cancelled"]
        if self.lines is None:
            self.lines = [(c, c.get("vendor"), 1.0) for c in self.contracts]
        if self.tenders is None:
            self.tenders = self._tenders_of_contracts()
        self.methods_known = any(t.get("method") in METHODS for t in self.tenders)

    def _tenders_of_contracts(self):
        found, by_id = [], {}
        for c in self.contracts:
            key = c.get("tender")
            if key is not None and key in by_id:
                continue
            mine = [other for other in self.contracts if other.get("tender") == key] if key is not None else [c]
            value = self._sum(mine) if key is not None else c["amount"]
            # The earliest tells what the contracts say of their procedure.
            found.append(min(mine, key=_days) | {"status": "complete", "value": value})
            by_id[key] = found[-1]
        return found

    def _sum(self, contracts):
        known = [c["amount"] for c in contracts if c["amount"] and not c["cancelled"] and not c["foreign"]]
        return sum(known) if known else None

    def inside(self, day):
        return day is not None and self.first <= day <= self.last

    @property
    def quarters(self):
        """First day and number of each fiscal quarter that has begun."""
        start, found = self.first, []
        for number in range(1, 5):
            if start <= self.last:
                found.append((number, start))
            start = (start.replace(day=1) + timedelta(days=93)).replace(day=1)
        return found


def _days(contract):
    """Days of a contract in the order in which they come to pass; one that is not known is after all others."""
    days = [contract.get(name) for name in ("posted", "deadline", "awarded", "signed", "start")]
    return [(day is None, day or 0) for day in days]


def line(record, v=1.0, *, w=None, g=None, day=..., part=None, out=None, flags=(), n=1, unit=None):
    made = {"v": v, "w": w, "g": g, "part": part, "out": out, "flags": set(flags), "n": n, "unit": unit}
    return made | {"dep": record.get("department"), "day": day}


def first_that_holds(*reasons):
    return next((words for words, holds in reasons if holds), None)


# --- how lines become a number -----------------------------------------------------------------------------------


def proportion(lines):
    hits, n = sum(x["v"] for x in lines), sum(x["n"] for x in lines)
    if not n:
        return math.nan, math.nan, math.nan, 0
    p, z2 = hits / n, Z * Z
    middle, half = p + z2 / (2 * n), Z * math.sqrt(p * (1 - p) / n + z2 / (4 * n * n))
    low = 0.0 if hits == 0 else (middle - half) / (1 + z2 / n)
    high = 1.0 if hits == n else (middle + half) / (1 + z2 / n)
    return p, low, high, n


def linearised(pairs):
    """Interval of sum(y) / sum(x), where pairs of one vendor stand together: t(G - 1) times the root of the squares."""
    total = sum(x for _, _, x in pairs)
    share = sum(y for _, y, _ in pairs) / total
    residuals = defaultdict(float)
    for place, (vendor, y, x) in enumerate(pairs):
        residuals[("alone", place) if vendor is None else ("vendor", vendor)] += y - share * x
    groups, squares = len(residuals), sum(r * r for r in residuals.values())
    if groups < 2 or squares <= (1e-12 * total) ** 2:
        return math.nan, math.nan
    half = student.ppf(0.975, groups - 1) * math.sqrt(groups / (groups - 1) * squares) / total
    low, high = share - half, share + half
    if all(min(x, 0) <= y <= max(x, 0) for _, y, x in pairs) and 0 <= share <= 1:
        low, high = max(low, 0.0), min(high, 1.0)
    return low, high


def value_share(lines):
    whole = sum(x["w"] for x in lines)
    if not whole > 0:
        return math.nan, math.nan, math.nan, len(lines)
    low, high = linearised([(x["g"], x["v"], x["w"]) for x in lines])
    return sum(x["v"] for x in lines) / whole, low, high, len(lines)


def middle(lines):
    """Median with the two order statistics between which it lies in at least 95% of samples."""
    values = sorted(x["v"] for x in lines)
    n = len(values)
    if not n:
        return math.nan, math.nan, math.nan, 0
    chances = binom.cdf(range(n), n, 0.5)
    below = [k for k in range(n) if chances[k] <= 0.025]
    above = [k for k in range(n) if chances[k] >= 0.975]
    low = values[below[-1]] if below else math.nan
    high = values[above[0]] if above else math.nan
    return median(values), low, high, n


def without_interval(number):
    def measure(lines):
        n = len(lines)
        return (number(lines) if n else math.nan), math.nan, math.nan, n

    return measure


total = without_interval(lambda lines: sum(x["v"] for x in lines))
mean = without_interval(lambda lines: fmean(x["v"] for x in lines))
middle_alone = without_interval(lambda lines: median(x["v"] for x in lines))
flagged = without_interval(lambda lines: sum(bool(x["flags"]) for x in lines))


def digits(lines):
    found = Counter(int(f"{x['v']:.12e}"[0]) for x in lines)
    return sum(abs(found[d] / len(lines) - math.log10(1 + 1 / d)) for d in range(1, 10)) / 9


benford = without_interval(digits)


def held(lines):
    sums = defaultdict(float)
    for x in lines:
        sums[x["g"]] += x["v"]
    return sorted((amount for amount in sums.values() if amount > 0), reverse=True)


def over_vendors(number):
    def measure(lines):
        sums = held(lines)
        shares = [amount / sum(sums) for amount in sums]
        return (number(shares) if shares else math.nan), math.nan, math.nan, len(shares)

    return measure


def squares(shares):
    return sum(share * share for share in shares)


def pareto(shares):
    reached = 0.0
    for count, share in enumerate(shares, start=1):
        reached += share
        if reached >= 0.8 * (1 - 1e-12):
            return count / len(shares)


hhi = over_vendors(lambda shares: 10_000 * squares(shares))
effective = over_vendors(lambda shares: 1 / squares(shares))
pareto_share = over_vendors(pareto)
normalised = over_vendors(
    lambda shares: (
        max(0.0, (squares(shares) - 1 / len(shares)) / (1 - 1 / len(shares))) if len(shares) > 1 else math.nan
    )
)


def ten_largest(lines):
    sums = held(lines)
    if not sums:
        return math.nan, math.nan, math.nan, 0
    low, high = math.nan, math.nan
    if len(sums) > 10:
        low, high = linearised([(k, amount if k < 10 else 0.0, amount) for k, amount in enumerate(sums)])
    return sum(sums[:10]) / sum(sums), low, high, len(sums)


# --- the indicators ----------------------------------------------------------------------------------------------


def money_out(c, amount="latest"):
    return first_that_holds(
        ("cancelled", c["cancelled"]), ("other currency", c["foreign"]), ("no amount", not c[amount])
    )


def active(city):
    return [line(c, c["latest"], out=money_out(c)) for c in city.contracts if c["runs"]]


def a_year(c):
    return c["latest"] / max(((c["end"] - c["start"]).days + 1) / YEAR, 1 / 12)


def annualised(city):
    found = []
    for c in city.contracts:
        if c["runs"]:
            out = money_out(c) or first_that_holds(
                ("no real end date", c.get("end") is None),
                ("ends before it starts", bool(c.get("end") and c.get("start")) and c["end"] < c["start"]),
                ("no value", c.get("start") is None),
            )
            found.append(line(c, None if out else a_year(c), out=out))
    return found


def months_later(day, months):
    year, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + year, month + 1
    last = (date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)).day
    return date(year, month, min(day.day, last))


def ending(city):
    limit = months_later(city.last, 24)
    return [c for c in city.contracts if c["runs"] and c.get("end") and c["end"] <= limit]


def expiring(city):
    found = []
    for c in ending(city):
        months = next(m for m in (6, 12, 18, 24) if c["end"] <= months_later(city.last, m))
        out = money_out(c) or ("no value" if c.get("start") is None else None)
        found.append(line(c, None if out else a_year(c), out=out, part=f"{months - 5}–{months} months"))
    return found


def under_contract(city):
    return [
        line(
            p,
            p["amount"] if p.get("contract") else 0.0,
            w=p["amount"],
            g=p.get("vendor"),
            day=p.get("day"),
            out=first_that_holds(("other currency", p.get("foreign")), ("no amount", p["amount"] is None)),
        )
        for p in city.payments
    ]


def vendor_money(city):
    if any(p["amount"] is not None and p.get("vendor") for p in city.payments):
        return [
            line(
                p,
                p["amount"],
                g=p.get("vendor"),
                day=p.get("day"),
                part=p.get("category"),
                out=first_that_holds(
                    ("other currency", p.get("foreign")),
                    ("no amount", p["amount"] is None),
                    ("no vendor", not p.get("vendor")),
                ),
            )
            for p in city.payments
        ]
    aside = "cancelled, pending, or an order whose master agreement is counted"
    found = []
    for c, vendor, part in city.lines:
        gone = c["cancelled"] or c.get("status") == "pending"
        if c["of_period"]:
            out = first_that_holds(
                (aside, gone),
                ("other currency", c["foreign"]),
                ("no amount", not c["latest"]),
                ("no vendor", not vendor),
            )
            amount = None if out else c["latest"] * part
            found.append(line(c, amount, g=vendor, part=c.get("category"), out=out))
    return found


def completeness(city):
    return [
        line({"department": department}, there, n=rows, part=column) for column, department, there, rows in city.cells
    ]


def quartile(values, share):
    """Median-unbiased: Hyndman and Fan, definition 8."""
    ordered, n = sorted(values), len(values)
    place = min(max(share * (n + 1 / 3) + 1 / 3, 1), n)
    k = int(place)
    return ordered[k - 1] + (place - k) * (ordered[min(k, n - 1)] - ordered[k - 1])


def fences(values):
    if not values:
        return -math.inf, math.inf
    first, third = quartile(values, 0.25), quartile(values, 0.75)
    return (-math.inf, math.inf) if first == third else (first - 1.5 * (third - first), third + 1.5 * (third - first))


def awards(city):
    aside = "cancelled, pending, or an order whose master agreement is counted"
    for c, vendor, part in city.lines:
        out = first_that_holds(
            (aside, c["cancelled"] or c.get("status") == "pending"),
            ("other currency", c["foreign"]),
            ("no amount", not c["amount"]),
            ("no vendor", not vendor),
        )
        yield c, vendor, (c["amount"] or 0) * part, out


def department_shares(city):
    count, money, size, whole = Counter(), Counter(), Counter(), Counter()
    dated = any(c["agreed"] for c in city.contracts)
    for c, vendor, amount, out in awards(city):
        if out or not c.get("department") or (dated and not city.inside(c["agreed"])):
            continue
        cell = c["department"], c.get("category")
        count[cell, vendor] += 1
        money[cell, vendor] += amount
        size[cell] += 1
        whole[cell] += amount
    enough = [pair for pair in count if size[pair[0]] >= 5]
    by_count = fences([count[p] / size[p[0]] for p in enough])[1]
    by_value = fences([money[p] / whole[p[0]] for p in enough])[1]
    found = []
    for pair in count:
        cell = pair[0]
        share = money[pair] / whole[cell]
        out = None if size[cell] >= 5 else "fewer than 5 contracts of the department in the category"
        flags = {"CN05-count": count[pair] / size[cell] >= by_count, "CN05-value": share >= by_value}
        found.append(line({"department": cell[0]}, share, out=out, flags=[f for f, on in flags.items() if on]))
    return found


def won_before(city, days):
    """Whether a vendor has an award on an earlier day, not more than so many days before."""
    known = defaultdict(set)
    for c, vendor, _, out in awards(city):
        if vendor and c["agreed"] and not (out or "").startswith("cancelled"):
            known[vendor].add(c["agreed"])
    return lambda vendor, day: any(0 < (day - other).days <= days for other in known[vendor])


def recurring(city):
    again = won_before(city, 730)
    found = []
    for c, vendor, amount, out in awards(city):
        repeated = not out and c["agreed"] is not None and again(vendor, c["agreed"])
        found.append(line(c, amount if repeated else 0.0, w=amount, g=vendor, day=c["agreed"], out=out))
    return found


def newcomers(city):
    again = won_before(city, 1_095)
    found = {}
    for c, vendor, _, out in awards(city):
        day = c["agreed"]
        if vendor and city.inside(day) and not (out or "").startswith("cancelled"):
            made = line(c, not again(vendor, day), day=day)
            found[vendor] = min(found.get(vendor, made), made, key=lambda x: x["day"])
    return list(found.values())


def by_method(city, wanted, part):
    return [
        line(
            c,
            c.get("method") in wanted,
            day=c["agreed"],
            part=c.get("method") if part else None,
            out=first_that_holds(("cancelled", c["cancelled"]), ("method not known", c.get("method") not in METHODS)),
        )
        for c in city.contracts
    ]


def by_value(city, lines):
    """What the note says of a share of contracts by value."""
    dated = any(c["agreed"] for c in city.contracts)
    kept = [
        (c["amount"], x["v"])
        for c, x in zip(city.contracts, lines, strict=True)
        if not x["out"] and not c["foreign"] and c["amount"] and (not dated or city.inside(c["agreed"]))
    ]
    whole = sum(amount for amount, _ in kept)
    return [f"{sum(amount for amount, yes in kept if yes) / whole * 100:.1f}"] if whole else []


def asked(city, t):
    """Why a tender is none that asked the market."""
    if t.get("status") == "cancelled":
        return "cancelled"
    if city.methods_known:
        if t.get("method") not in METHODS:
            return "method not known"
        if t["method"] not in ASKED:
            return "not competitive"
    return None


def deadline(t):
    return t.get("deadline") or t.get("posted") or t.get("awarded")


def single(city):
    found = []
    for t in city.tenders:
        out = asked(city, t) or (None if t.get("number") else "no bid count")
        one = t.get("number") == 1
        found.append(line(t, one, day=deadline(t), out=out, flags=["R018"] if one and not out else []))
    return found


def single_value(city):
    found = []
    for t in city.tenders:
        out = asked(city, t) or first_that_holds(
            ("no bid count", not t.get("number")),
            ("other currency", t.get("foreign")),
            ("no award amount", not t.get("value")),
        )
        amount = t.get("value") or 0.0
        found.append(
            line(t, amount if t.get("number") == 1 else 0.0, w=amount, g=t.get("vendor"), day=deadline(t), out=out)
        )
    return found


def bid_counts(city):
    return [
        line(t, t.get("number"), day=deadline(t), out=asked(city, t) or (None if t.get("number") else "no bid count"))
        for t in city.tenders
    ]


def window(city):
    found = []
    for t in city.tenders:
        if t.get("method") == "direct" and not t.get("posted"):
            continue
        days = (t["deadline"] - t["posted"]).days if t.get("deadline") and t.get("posted") else None
        days = t.get("window", days)
        out = first_that_holds(
            ("cancelled", t.get("status") == "cancelled"),
            ("no posting date", not t.get("posted")),
            ("no bid deadline", not t.get("deadline")),
            ("closes before it opens", days is not None and days < 0),
        )
        flags = ["R003"] if not out and days < 15 else []
        found.append(line(t, days, day=deadline(t), out=out, flags=flags))
    return found


def ended_without(city):
    ended = ("complete", "cancelled", "unsuccessful", "withdrawn")
    return [
        line(
            t,
            t.get("status") in ended[1:],
            day=t.get("posted") or t.get("deadline"),
            out=None if t.get("status") in ended else "not ended yet" if t.get("status") else "status not known",
        )
        for t in city.tenders
    ]


def step(first, last, things, *, low="", high=""):
    def lines(city):
        found, kept = [], []
        for x in getattr(city, things):
            if not x.get(last):
                continue
            days = (x[last] - x[first]).days if x.get(first) else None
            out = first_that_holds(
                ("cancelled", things == "contracts" and x["cancelled"]),
                (f"no {_STEPS[first]}", days is None),
                ("ends before it begins", days is not None and days < 0),
            )
            found.append(line(x, days, day=x[last], out=out))
            if not out and city.inside(x[last]):
                kept.append(days)
        under, over = fences(kept)
        for x in found:
            if x["out"]:
                continue
            x["flags"] = {code for code, on in ((low, x["v"] <= under), (high, x["v"] >= over)) if code and on}
        return found

    return lines


_STEPS = {"deadline": "bid deadline", "posted": "posted date", "awarded": "award date"}


def late_signatures(city):
    return [
        line(
            c,
            bool(c.get("signed")) and c["signed"] > c["start"],
            day=c["start"],
            out=first_that_holds(("cancelled", c["cancelled"]), ("no signature date", not c.get("signed"))),
        )
        for c in city.contracts
        if c.get("start")
    ]


def amendments(city):
    return [line(c, len(c.get("amendments") or ())) for c in city.contracts if c["live"]]


def amended(city):
    return [x | {"v": x["v"] > 0} for x in amendments(city)]


def growth(city):
    """(line, added, original) of each contract in force in the period."""
    found = []
    for c in city.contracts:
        if c["live"]:
            now = c["final"] or c["current"]
            out = first_that_holds(
                ("other currency", c["foreign"]),
                ("no original amount", not (c["original"] or 0) > 0),
                ("no current amount", not now),
            )
            added = None if out else now - c["original"]
            found.append((c, added, out))
    return found


def grown(city):
    found = []
    for c, added, out in growth(city):
        share = None if out else added / c["original"]
        flags = [] if out else ["AM03-escalate"] * (round(share, 9) > 0.25) or ["AM03-review"] * (round(share, 9) > 0.1)
        found.append(line(c, share, out=out, flags=flags))
    return found


def grown_in_all(city):
    return [line(c, added, w=c["original"], g=c.get("vendor"), out=out) for c, added, out in growth(city)]


def paid_above(city):
    under = defaultdict(float)
    for p in city.payments:
        if p.get("contract") and not p.get("foreign") and not (p.get("day") and p["day"] > city.last):
            under[p["contract"]] += p["amount"]
    found = []
    for c in city.contracts:
        paid = under.get(c["id"], c.get("paid"))
        worth = c["current"] or c["amount"]
        if paid is None or not c["live"]:
            continue
        out = first_that_holds(("other currency", c["foreign"]), ("no amount above zero", not worth))
        over = not out and round(paid, 2) > round(worth, 2)
        found.append(line(c, out=out, flags=["R068"] if over else []))
    return found


def above_budget(city):
    return [
        line(
            c,
            bool(c["amount"] and c.get("budget") and c["amount"] > c["budget"]),
            day=c["agreed"],
            out=first_that_holds(
                ("cancelled", c["cancelled"]),
                ("other currency", c["foreign"]),
                ("no budget above zero", not c.get("budget")),
                ("no amount", not c["amount"]),
            ),
        )
        for c in city.contracts
    ]


def lead_times(city):
    """Days from posting to signature that three of four need, by method and for any; None below ten that finished."""
    kept = defaultdict(list)
    for t in city.tenders:
        signed = t.get("signed") if t.get("signed") and t["signed"] <= city.last else None
        waits = (not t.get("signed") and t.get("status") in ("planned", "active")) or (t.get("signed") and not signed)
        if not t.get("posted") or not (signed or waits) or t.get("status") in ("cancelled", "withdrawn"):
            continue
        days = ((signed or city.last) - t["posted"]).days
        if days >= 0:
            for key in {t.get("method"), "any"} - {None}:
                kept[key].append((days, signed is not None))
    return {key: three_of_four(found) for key, found in kept.items()}


def three_of_four(found):
    """Kaplan-Meier: the first day on which no more than a quarter is still unsigned."""
    if sum(done for _, done in found) < 10:
        return None
    left = 1.0
    for day in sorted({days for days, done in found if done}):
        at_risk = sum(days >= day for days, _ in found)
        left *= 1 - sum(days == day and done for days, done in found) / at_risk
        if left <= 0.25 + 1e-12:
            return day
    return max(days for days, _ in found)


def slack(city):
    """(contract, days of slack, whether the time is assumed) of what ends soon; 90 days to plan, 60 to change over."""
    times = lead_times(city)
    found = []
    for c in ending(city):
        days = times.get(c["method"] if c.get("method") in METHODS else "any")
        found.append((c, (c["end"] - city.last).days - math.ceil(days or 180) - 150, days is None))
    return found


def reprocurement(city):
    return [
        line(c, left, flags=["EX02-late"] if left < 0 else ["EX02-now"] if left <= 90 else [])
        for c, left, _ in slack(city)
    ]


def holdover(city):
    last = {}
    for p in city.payments:
        if p.get("contract") and city.inside(p.get("day")) and p["amount"] > 0:
            last[p["contract"]] = max(last.get(p["contract"], p["day"]), p["day"])
    found = []
    for c in city.contracts:
        if c["id"] in last:
            days = (last[c["id"]] - c["end"]).days if c.get("end") else None
            out = None if c.get("end") else "no real end date"
            found.append(line(c, days, out=out, flags=["EX04"] if days is not None and days > 60 else []))
    return found


def since_competed(city):
    posted = {t.get("tender", t.get("id")): t.get("posted") for t in reversed(city.tenders) if t.get("method") in ASKED}
    found = []
    for c in city.contracts:
        if c["runs"]:
            own = (c.get("awarded") or c.get("signed")) if c.get("method") in ASKED else None
            day = (posted.get(c["tender"]) if c.get("tender") else c.get("posted") if own else None) or own
            years = (city.last - day).days / YEAR if day else None
            flags = [] if not day else ["EX05-ten"] * (years > 10) or ["EX05-five"] * (years > 5)
            found.append(line(c, years, out=None if day else "day of last competition not known", flags=flags))
    return found


def ratings(city):
    """What the registers can tell of each contract in force: its place by amount a year, and its urgency, 0 to 4."""
    yearly = {}
    for c in city.contracts:
        ordered = c.get("end") and c.get("start") and c["end"] >= c["start"]
        if c["runs"] and not c["foreign"] and c["latest"] and ordered:
            yearly[id(c)] = a_year(c)
    amounts = sorted(yearly.values())
    urgent = {id(c): left for c, left, _ in slack(city)}
    found = {}
    for c in city.contracts:
        if c["runs"]:
            both = []
            if id(c) in yearly:
                mine = yearly[id(c)]
                smaller, same = sum(a < mine for a in amounts), sum(a == mine for a in amounts)
                both.append(4 * (smaller + same / 2) / len(amounts))
            if c.get("end"):
                # What ends later than 24 months has more than a year of slack in all of these files.
                both.append(4 * min(max(1 - urgent.get(id(c), 366) / 365, 0), 1))
            found[id(c)] = both
    return found


def attention(city):
    known = ratings(city)
    found = []
    for c in city.contracts:
        if c["runs"]:
            out = money_out(c) or (None if known[id(c)] else "no value")
            found.append(line(c, None if out else fmean(known[id(c)]), out=out))
    return found


def first_digits(city):
    return [
        line(
            c,
            c["amount"],
            day=c["agreed"],
            out=first_that_holds(
                ("cancelled", c["cancelled"]), ("other currency", c["foreign"]), ("no amount", not c["amount"])
            ),
        )
        for c in city.contracts
    ]


LEGAL_FORMS = """
ag and bv c cia cic co company companhia compania corp corporation cv de e eireli epp gmbh inc incorporated lda limited
limitada llc llp lllp lp ltd ltda me nv pa pc pllc plc pllp rl sa sab sapi sas sau sl slu spa srl the und unipessoal y
kg ohg gbr mbh ug ek sarl sasu eurl snc
"""


def plain_name(name):
    """A name without case, accents, punctuation, legal form and the name it trades under."""
    text = re.sub(
        r"(?i)\b(d\s?/?\s?b\s?/?\s?a|t\s?/\s?a|a\s?/?\s?k\s?/?\s?a|trading as|doing business as)\b.*", " ", name
    )
    text = unicodedata.normalize("NFKD", text.lower().replace("&", " and ").replace("'", "").replace("’", ""))
    text = "".join(sign for sign in text if not unicodedata.combining(sign))
    text = re.sub(r"\b(\w)\.(?=\w\b)", r"\1", text)
    words = re.findall(r"\w+", text.replace("_", " "))
    return " ".join(word for word in words if word not in LEGAL_FORMS.split()) or " ".join(words) or name.lower()


def duplicates(city):
    readings, shown = defaultdict(set), {}
    # A name without an id is that of whoever has it with one.
    numbered = {name: vendor for vendor, name in reversed(city.names) if vendor != name}
    for vendor, name in city.names:
        vendor = numbered.get(name, vendor) if vendor == name else vendor
        readings[plain_name(name)].add(vendor)
        shown.setdefault(vendor, name)
    alike = {vendor for same in readings.values() if len(same) > 1 for vendor in same}
    return [line({}, flags=["IN06"] if vendor in alike else [], unit=name) for vendor, name in shown.items()]


def by_tender(city):
    found = defaultdict(list)
    for b in city.bids:
        found[b["tender"]].append(b)
    return found


def three_valid(city):
    return [
        line({}, len({b["bidder"] for b in bids if b["status"] == "valid" and b["bidder"]}) >= 3)
        for bids in by_tender(city).values()
    ]


def disqualified(city):
    out, all_ = Counter(), Counter()
    for b in city.bids:
        if b["bidder"]:
            all_[b["bidder"]] += 1
            out[b["bidder"]] += b["status"] == "disqualified"
    shares = {bidder: out[bidder] / n for bidder, n in all_.items()}
    limit = fences([share for bidder, share in shares.items() if all_[bidder] >= 2])[1]
    few = "fewer than 2 solicitations, or 2 bids"
    return [
        line({}, share, part="bidder", out=None if all_[b] >= 2 else few, flags=["R038"] if share >= limit else [])
        for b, share in shares.items()
    ]


def identical(city):
    found = []
    for bids in by_tender(city).values():
        priced = [b for b in bids if b["amount"]]
        if not priced:
            continue
        who = defaultdict(set)
        for b in priced:
            who[b["amount"]].add(b["bidder"] if b["bidder"] else None)
        out = first_that_holds(
            ("bids in several currencies", len({b["currency"] for b in priced}) > 1),
            ("fewer than two bids with a price", len(priced) < 2),
        )
        same = any(len(names - {None}) > 1 for names in who.values())
        found.append(line({}, out=out, flags=["R028"] if same and not out else []))
    return found


def winners(bids):
    """Bidders that the list says have won, among some bids."""
    return {b["bidder"] for b in bids if b["won"] and b["bidder"]}


def one_award(city, tender, bids):
    """Whether one bidder won, and one contract came of it."""
    contracts = [c for c in city.contracts if c["tender"] == tender]
    active = [c for c in contracts if not c["cancelled"] and c.get("status") != "pending"]
    pending = any(c.get("status") == "pending" for c in contracts)
    return len(winners(bids)) == 1 and not pending and (not contracts or len(active) == 1)


def price_gap(city):
    found = []
    for tender, bids in by_tender(city).items():
        priced = [b for b in bids if b["amount"]]
        compared = [b for b in priced if b["status"] == "valid" and b["bidder"]]
        winning = min((b["amount"] for b in compared if b["won"]), default=None)
        other = min((b["amount"] for b in compared if not b["won"]), default=None)
        out = first_that_holds(
            ("bids in several currencies", len({b["currency"] for b in priced}) > 1),
            ("not exactly one award to one vendor", not one_award(city, tender, bids)),
            ("a single valid bid", winning is None or other is None),
            ("not won by the lowest bid", None not in (winning, other) and other < winning),
        )
        found.append(line({}, None if out else (other - winning) / winning, out=out))
    low, high = fences([x["v"] for x in found if not x["out"]])
    for x in found:
        if not x["out"]:
            x["flags"] = {code for code, holds in (("R024", x["v"] <= low), ("R058", x["v"] >= high)) if holds}
    return found


def seldom_winners(city):
    wins, tries = Counter(), Counter()
    for tender, bids in by_tender(city).items():
        if one_award(city, tender, bids):
            valid = [b for b in bids if b["status"] == "valid" and b["bidder"]]
            wins.update(winners(valid))
            tries.update({b["bidder"] for b in valid})
    often = quartile(tries.values(), 0.75)
    seldom = fences([wins[bidder] / n for bidder, n in tries.items()])[0]
    return [
        line({}, wins[bidder] / n, flags=["R025"] if n >= often and wins[bidder] / n <= seldom else [])
        for bidder, n in tries.items()
    ]


def who_meets_whom(city):
    """R053: of two that met four times or more one always won. R057: they won in turn."""
    met = defaultdict(list)
    bids = by_tender(city)
    listed = [t["tender"] for t in city.tenders if t.get("tender") in bids]
    for tender in [*listed, *(tender for tender in bids if tender not in set(listed))]:
        who = sorted({b["bidder"] for b in bids[tender] if b["bidder"]})
        if len(who) > 25:
            continue
        won = winners(bids[tender])
        for k, first in enumerate(who):
            for second in who[k + 1 :]:
                met[first, second].append((first in won) - (second in won))
    return [
        line(
            {},
            len(ends),
            flags=[
                *(["R053"] if len(set(ends)) == 1 and 0 not in ends else []),
                *(["R057"] if 0 not in ends and all(a != b for a, b in pairwise(ends)) else []),
            ],
        )
        for ends in met.values()
        if len(ends) >= 4
    ]


def lowest_out(city):
    """R035: one bidder is left and won, another was disqualified. R036: the lowest bid was disqualified on price."""
    awarded = {c["tender"] for c in city.contracts if not c["cancelled"] and c.get("status") != "pending"}
    found = []
    for tender, bids in by_tender(city).items():
        out = first_that_holds(("not awarded", tender not in awarded), ("fewer than two bids", len(bids) < 2))
        priced = [b for b in bids if b["amount"]]
        lowest = min(priced, key=lambda b: b["amount"]) if priced else None
        alike = len(priced) == len(bids) and len({b["currency"] for b in priced}) == 1
        by_price = bool(lowest) and alike and lowest["status"] == "disqualified"
        valid = {b["bidder"] for b in bids if b["status"] == "valid" and b["bidder"]}
        others = {b["bidder"] for b in bids if b["status"] == "disqualified" and b["bidder"]} - valid
        left_alone = len(valid) == 1 and winners(bids) == valid and others
        flags = [code for code, holds in (("R035", left_alone), ("R036", by_price)) if holds]
        found.append(line({}, out=out, flags=[] if out else flags))
    return found


def price_only(city):
    return [
        line(
            t,
            t.get("criteria") == "price only",
            day=t.get("awarded") or t.get("deadline"),
            part=t.get("category"),
            out=first_that_holds(
                ("cancelled", t.get("status") == "cancelled"), ("criterion not known", not t.get("criteria"))
            ),
        )
        for t in city.tenders
    ]


INDICATORS = {
    "PF01": (active, total),
    "PF02": (annualised, total),
    "PF03": (under_contract, value_share),
    "PF04": (vendor_money, pareto_share),
    "PF05": (completeness, proportion),
    "CN01": (vendor_money, ten_largest),
    "CN02": (vendor_money, hhi),
    "CN03": (vendor_money, normalised),
    "CN04": (vendor_money, effective),
    "CN05": (department_shares, flagged),
    "CN06": (recurring, value_share),
    "CN07": (newcomers, proportion),
    "CP01": (lambda city: by_method(city, ASKED, True), proportion),
    "CP02": (single, proportion),
    "CP03": (single_value, value_share),
    "CP04": (bid_counts, middle),
    "CP05": (three_valid, proportion),
    "CP06": (lambda city: by_method(city, ("direct",), False), proportion),
    "CP07": (window, middle),
    "CP08": (disqualified, flagged),
    "CP09": (ended_without, proportion),
    "CP10": (price_gap, middle),
    "CP11": (identical, flagged),
    "CP12": (lowest_out, flagged),
    "CP13": (seldom_winners, flagged),
    "CP15": (price_only, proportion),
    "CT03": (step("deadline", "awarded", "tenders", low="R061", high="R062"), middle),
    "CT04": (step("posted", "awarded", "tenders"), middle),
    "CT05": (step("awarded", "signed", "contracts", high="R060"), middle),
    "CT06": (late_signatures, proportion),
    "AM01": (amended, proportion),
    "AM02": (amendments, mean),
    "AM03": (grown, middle),
    "AM04": (grown_in_all, value_share),
    "AM05": (paid_above, flagged),
    "AM08": (above_budget, proportion),
    "EX01": (expiring, total),
    "EX02": (reprocurement, middle),
    "EX04": (holdover, flagged),
    "EX05": (since_competed, middle_alone),
    "EX06": (attention, mean),
    "IN03": (first_digits, benford),
    "IN05": (who_meets_whom, flagged),
    "IN06": (duplicates, flagged),
}


# --- every number that is shown ----------------------------------------------------------------------------------


@dataclass
class Told:
    value: float
    low: float
    high: float
    n: int
    left_out: dict
    by_department: dict
    by_quarter: dict
    by_part: dict
    flags: dict
    counted: list
    lines: list


def minimums(path):
    """Fewest records that give a value, from the catalogue."""
    with path.open(encoding="utf-8", newline="") as stream:
        return {row["id"]: int(float(row["minimum_n"])) for row in csv.DictReader(stream)}


def told(city, id, fewest):
    """Every number of an indicator; ``fewest`` records where a group has no interval to say how little it is."""
    if id not in city.told:
        city.told[id] = _told(city, id, fewest)
    return city.told[id]


def _told(city, id, fewest):
    lines, measure = INDICATORS[id][0](city), INDICATORS[id][1]
    dated = bool(lines) and lines[0]["day"] is not ...
    placed = dated and any(x["day"] for x in lines)
    if placed:
        lines = [x for x in lines if x["day"] is None or city.inside(x["day"])]
        for x in lines:
            x["out"] = x["out"] or ("no date" if x["day"] is None else None)
    counted = [x for x in lines if not x["out"]]
    value, low, high, n = measure(counted)
    small = fewest if math.isnan(low) and math.isnan(high) else 1
    codes = sorted({code for x in counted for code in x["flags"]})
    quarters = {}
    if placed:
        starts = city.quarters
        for place, (number, start) in enumerate(starts):
            end = starts[place + 1][1] if place + 1 < len(starts) else None
            own = [x for x in counted if x["day"] >= start and not (end and x["day"] >= end)]
            quarters[number] = shown(measure(own), small)
    return Told(
        value,
        low,
        high,
        n,
        dict(Counter(x["out"] for x in lines if x["out"])),
        grouped(counted, "dep", measure, small),
        quarters,
        grouped(counted, "part", part_measure(id, measure, len(counted)), 1),
        {code: sum(code in x["flags"] for x in counted) for code in codes},
        counted,
        lines,
    )


def part_measure(id, measure, whole):
    """Methods are shown as shares of all contracts; other parts by the measure itself."""
    if id != "CP01":
        return measure

    def share(lines):
        n = len(lines)
        return (*proportion([{"v": n, "n": whole}])[:3], n)

    return share


def grouped(lines, name, measure, small):
    groups = defaultdict(list)
    for x in lines:
        groups["not given" if x[name] is None else x[name]].append(x)
    if set(groups) <= {"not given"}:
        return {}
    found = {label: measure(own) for label, own in groups.items()}
    return {label: shown(numbers, small) for label, numbers in found.items() if numbers[3]}


def shown(numbers, small):
    n = numbers[3]
    return numbers if n >= small else (math.nan, math.nan, math.nan, n)


# --- what is said beside a value ---------------------------------------------------------------------------------


def said(city, id, found):
    """The numbers of an indicator's note, in their order, as they are written."""
    lines = found.counted
    numbers = []
    if id in ("CP01", "CP06"):
        numbers = by_value(city, by_method(city, ASKED if id == "CP01" else ("direct",), False))
    elif id == "CP04":
        numbers = [f"{fmean(x['v'] for x in lines):.2f}"]
    elif id in ("CT03", "CT04", "CT05"):
        numbers = [f"{quartile([x['v'] for x in lines], 0.9):,.0f}"]
    elif id == "CT06":
        late = [
            (c["signed"] - c["start"]).days
            for c in city.contracts
            if c.get("signed") and city.inside(c.get("start")) and c["signed"] > c["start"] and not c["cancelled"]
        ]
        numbers = [f"{median(late):,.0f}"] if late else []
    elif id == "CP08":
        # A bid that stands under several projects is one.
        bids = {(b["tender"], b["bidder"]): b for b in reversed(city.bids)}.values()
        numbers = [f"{sum(b['status'] == 'disqualified' for b in bids) / len(bids) * 100:.1f}", f"{len(bids):,}"]
    elif id == "AM01":
        kinds = Counter(kind for c in city.contracts for kind in c.get("amendments") or () if isinstance(kind, str))
        numbers = [f"{n:,}" for _, n in kinds.most_common()]
    elif id == "AM04":
        numbers = [f"{median(x['v'] / x['w'] for x in lines) * 100:.1f}"]
    elif id == "AM08" and any(x["v"] for x in lines):
        over = [
            c["amount"] / c["budget"] - 1
            for c in city.contracts
            if not c["cancelled"] and not c["foreign"] and c.get("budget") and (c["amount"] or 0) > c["budget"]
            and city.inside(c["agreed"])
        ]  # fmt: skip
        numbers = [f"{fmean(over) * 100:.1f}"]
    elif id == "EX01" and any(c.get("option") for c in city.contracts):
        numbers = [f"{sum(bool(c.get('option')) and c['option'] > c['end'] for c in ending(city)):,}"]
    elif id == "EX02":
        assumed = [guess for _, _, guess in slack(city)]
        numbers = [f"{sum(assumed):,}", f"{len(assumed):,}", "180"] if any(assumed) else []
    if id == "IN03" and found.n < 1_000:
        numbers = ["1,000"]
    share = known_share(found)
    if share < 0.5:
        numbers.append(f"{share * 100:.0f}" if share >= 0.01 else "1")
    return numbers


def known_share(found):
    """Records that count, of these and of those left out because the data are silent."""
    silent = sum(n for reason, n in found.left_out.items() if reason.startswith("no ") or reason.endswith("known"))
    return len(found.counted) / (len(found.counted) + silent)


def known_in(found, department):
    """`known_share` of one department."""
    own = [x for x in found.lines if x["dep"] == department]
    counts = sum(not x["out"] for x in own)
    silent = sum(bool(x["out"]) and (x["out"].startswith("no ") or x["out"].endswith("known")) for x in own)
    return counts / (counts + silent) if counts + silent else 0.0


def place(row, x):
    """Where a number lies by the catalogue's two rules, such as ``<=0.10`` and ``>0.20``."""
    rules = [(side, row[f"{side}_if"]) for side in ("good", "poor") if row[f"{side}_if"]]
    for side, rule in rules:
        sign, limit = re.fullmatch(r"(<=|>=|<|>)(.+)", rule).groups()
        limit = float(limit)
        if {"<=": x <= limit, ">=": x >= limit, "<": x < limit, ">": x > limit}[sign]:
            return side
    if len(rules) == 2:
        return "between"
    return {"good": "poor", "poor": "good"}[rules[0][0]] if rules else ""


def catalogue(path):
    with path.open(encoding="utf-8", newline="") as stream:
        return {row["id"]: row for row in csv.DictReader(stream)}


def read_as(row, city, found, id):
    """The verdict, and whether the whole interval lies there; none where too little is known or most is assumed."""
    assumed = [guess for _, _, guess in slack(city)] if id == "EX02" else []
    few = id == "IN03" and found.n < 1_000  # chance alone gives their digits a deviation
    if few or known_share(found) < 0.5 or sum(assumed) * 2 > len(assumed):
        return "", False
    side = place(row, found.value)
    ends = [end for end in (found.low, found.high) if not math.isnan(end)]
    return side, bool(side) and len(ends) == 2 and all(place(row, end) == side for end in ends)


def overview(city, key):
    """(amount, contracts) of what was in force in the period, by something; vendors share by their parts."""
    found = defaultdict(lambda: [0.0, 0])
    for c, vendor, part in city.lines if key == "vendor" else [(c, None, 1) for c in city.contracts]:
        if c["live"] and not c["foreign"] and c["latest"]:
            label = vendor if key == "vendor" else key(c)
            found[label or "not given"][0] += c["latest"] * part
            found[label or "not given"][1] += 1
    return {label: tuple(numbers) for label, numbers in found.items()}


def fiscal_year(city, c):
    start = c.get("start") or c["agreed"]
    if start is None:
        return None
    first = city.first
    later = (start.month, start.day) >= (first.month, first.day) and (first.month, first.day) != (1, 1)
    return f"FY{start.year + later}"
