"""What the three invented cities share: a register that grows out of solicitations, honest noise, and exporters.

Everything here is invented. Tables are lists of dicts with the column names of ``rdclib.schemas``; each city
writes them out in its own headings and notations.
"""

import datetime as dt
import math
from dataclasses import dataclass, field

import numpy as np

DAY = dt.timedelta(days=1)
ENDINGS = ("wick", "holt", "mere", "stow", "ley", "combe", "gard", "rith", "dun", "fell", "quist", "thorpe")
# First syllables, each used once in a city, so that two vendors are never alike by accident.
BEGINNINGS = (
    "Tarn Vesp Quor Brim Hask Ryl Jorv Fenn Cald Sorr Thim Wex Osk Dray Lum Pell Nar Gris Yew Zell Ibb Kest Umber Ambr "
    "Blen Croy Dunn Elvi Frea Gwyn Holm Isen Jast Kilv Lorn Mend Noth Orr Pryd Quil Rask Skel Tolv Ulf Varr Wyst Xand "
    "Yarr Zind Arkh Bray Corv Dell Esk Falk Gorm Hux Ingle Jutt Knap Luth Mavr Nyst Odd Plim Rhos Stav Trev Urs Vint"
)


@dataclass
class Department:
    """How one department buys: the rates are met exactly, so that what is planted is there and nothing else is."""

    name: str
    contracts: int
    categories: tuple
    single: float = 0.08  # share of competitive solicitations with one bid
    retroactive: float = 0.06  # share of contracts signed after their start
    pay_days: tuple = (10, 26)  # days from invoice to payment
    terms: int = 30
    growth: float = 0.04  # typical size of an amendment
    amended: float = 0.3  # share of contracts with amendments
    below: int = 0  # contracts placed just below the quotes threshold
    above: int = 0  # and just above it
    favourite: bool = False  # one vendor takes the single bids
    bids: tuple = (2, 6)  # bids of the competitive solicitations that drew several
    start_after: tuple = (0, 21)  # days from signature to start, unless retroactive


@dataclass
class Place:
    """One city's world."""

    seed: int
    first_day: dt.date
    as_of: dt.date
    prefix: str
    city: str
    departments: list
    trades: dict  # category -> (median amount, vendor suffixes)
    quotes: float
    small: float
    methods: dict  # procurement_method -> the city's own words
    payments_from: dt.date
    link: float = 0.8  # share of payment lines that carry a contract id
    rng: np.random.Generator = None
    vendors: list = field(default_factory=list)
    by_category: dict = field(default_factory=dict)

    def __post_init__(self):
        self.rng = np.random.default_rng(self.seed)
        names = BEGINNINGS.split()
        self.rng.shuffle(names)
        for category, (_, suffixes) in self.trades.items():
            group = []
            for suffix in suffixes:
                given = suffix.startswith("=")  # a name that a planted fact or decoy needs
                name = suffix[1:] if given else f"{names.pop()}{self.pick(ENDINGS)} {suffix}"
                group.append(self.vendor(name))
            self.by_category[category] = group

    def vendor(self, name, **more):
        number = len(self.vendors) + 1
        row = {
            "vendor_id": f"{self.prefix}V{number:04d}",
            "vendor_name": name,
            "vendor_address": f"{100 + 7 * number} {self.pick(('Elm', 'Quarry', 'Mill', 'Harbor', 'Station'))} Street",
            "vendor_place": self.pick((self.city, self.city, "Nearby Town", "State Capital")),
            "vendor_certification": self.pick(("none", "none", "none", "MBE", "WBE")),
            "tax_id": f"{10 + number % 80:02d}-{1000003 * (number + 17) % 10_000_000:07d}",
            "phone": f"555-{100 + number:04d}",
            **more,
        }
        self.vendors.append(row)
        return row

    # Chance

    def pick(self, options):
        return options[int(self.rng.integers(len(options)))]

    def between(self, low, high):
        return int(self.rng.integers(low, high + 1))

    def marked(self, items, share):
        """Exactly ``round(share * n)`` of the items, drawn at random, as a set of positions."""
        n = len(items)
        return set(self.rng.permutation(n)[: round(share * n)].tolist())

    def evenly(self, items, share):
        """That share of the items, spread over their order, so that every year has it."""
        first = self.rng.random()
        return {item for k, item in enumerate(items) if int(k * share + first) < int((k + 1) * share + first)}

    # The register

    def register(self):
        """Contracts with their solicitations, bids, amendments, milestones and payments."""
        tables = {name: [] for name in ("contracts", "solicitations", "bids", "amendments", "milestones", "payments")}
        for department in self.departments:
            self._department(department, tables)
        for extra in range(26):
            self._failed(tables, extra)
        return tables

    def _amount(self, category):
        while True:
            amount = round(self.trades[category][0] * math.exp(self.rng.normal(0, 0.85)), -1)
            # Nothing near the threshold by accident: what lies there is placed there.
            if amount >= 1.2 * self.small and not 0.88 * self.quotes <= amount < 1.12 * self.quotes:
                return amount

    def _department(self, department, tables):
        places = [None] * (department.contracts - department.below - department.above)
        places += ["below"] * department.below + ["above"] * department.above
        drafts = []
        for place in places:
            category = self.pick(department.categories)
            if place == "below":
                amount = round(self.quotes * self.rng.uniform(0.93, 0.998), 0)
            elif place == "above":
                amount = round(self.quotes * self.rng.uniform(1.002, 1.08), 0)
            else:
                amount = self._amount(category)
            if amount < self.quotes:
                method = "limited"
            else:
                method = "direct" if self.rng.random() < 0.07 else "selective" if self.rng.random() < 0.15 else "open"
            # Contracts that have ended leave a register: two in five were awarded in the last year.
            if place or self.rng.random() < 0.42:
                posted = self.as_of - self.between(130, 400) * DAY
            else:
                posted = self.first_day + self.between(60, (self.as_of - self.first_day).days - 460) * DAY
            drafts.append((posted, category, amount, method))
        drafts.sort(key=lambda draft: draft[0])
        competitive = [i for i, draft in enumerate(drafts) if draft[3] in ("open", "selective")]
        single = self.evenly(competitive, department.single)
        retroactive = self.evenly(range(len(drafts)), department.retroactive)
        amended = self.marked(drafts, department.amended)
        for i, (posted, category, amount, method) in enumerate(drafts):
            bids = 1 if i in single else self.between(2, 3) if method == "limited" else self.between(*department.bids)
            contract = self.contract(
                tables,
                department,
                category,
                amount,
                method,
                posted,
                0 if method == "direct" else bids,
                retroactive=i in retroactive,
                favourite=department.favourite and i in single,
                start_after=department.start_after,
            )
            if i in amended:
                self._amend(tables, contract, department)
            self._options(tables, contract)
            self._milestones(tables, contract)
            self.pay(tables, contract, department)

    def contract(
        self,
        tables,
        department,
        category,
        amount,
        method,
        posted,
        bids,
        *,
        retroactive=False,
        favourite=False,
        winner=None,
        start_after=(0, 21),
        **more,
    ):
        """One contract and, unless it was a direct award, its solicitation and bids."""
        number = len(tables["contracts"]) + 1
        requisition = posted - self.between(18, 70) * DAY
        window = self.between(19, 38) if method in ("open", "selective") else self.between(16, 20)
        deadline = posted + window * DAY
        award = deadline + (self.between(18, 55) if method in ("open", "selective") else self.between(5, 15)) * DAY
        signed = award + self.between(8, 35) * DAY
        start = signed - self.between(12, 95) * DAY if retroactive else signed + self.between(*start_after) * DAY
        years = self.pick((1, 1, 2, 2, 3))
        end = start.replace(day=min(start.day, 28), year=start.year + years) - DAY
        group = self.by_category[category]
        winner = winner or (group[0] if favourite else self.pick(group))
        solicitation = f"{self.prefix}-S{posted.year % 100:02d}-{number:04d}" if bids else None
        criteria = "price only" if amount < 4 * self.quotes and self.rng.random() < 0.6 else "price and quality"
        method_detail = self.pick(self.methods[method])
        shared = {
            "department": department.name,
            "category": category,
            "procurement_method": method,
            "method_detail": method_detail,
            "number_of_bids": bids or None,
            "award_criteria": criteria if bids else None,
            "award_date": award,
            "signed_date": signed,
            "budget": round(amount * self.rng.uniform(0.92, 1.2), -2),
            "award_amount": amount,
            "requisition_date": requisition,
        }
        options = self.pick((0, 1, 1, 2))
        contract = {
            **shared,
            "contract_id": f"{self.prefix}-{signed.year}-{number:04d}",
            "solicitation_id": solicitation,
            "title": f"{category} for {department.name}",
            "vendor_id": winner["vendor_id"],
            "vendor_name": winner["vendor_name"],
            "contract_type": self.pick(
                (
                    "firm fixed price",
                    "unit price",
                    "unit price",
                    "cost reimbursement",
                    "time and materials",
                    "on-call",
                    "performance-based",
                )
            ),
            "payment_basis": self.pick(("input", "input", "activity", "output", "output", "outcome")),
            "start_date": start,
            "base_end_date": end,
            "original_end_date": end,
            "end_date": end,
            "option_end_date": end.replace(day=min(end.day, 28), year=end.year + options) if options else end,
            "option_notice_date": end - 90 * DAY if options else None,
            "last_competition_date": deadline if bids else None,
            "original_amount": amount,
            "current_amount": amount,
            "options_amount": 0.0,
            "options": options,
            "funding_source": self.pick(("General fund", "General fund", "Enterprise fund", "Grant")),
            "status": None,
            "changes": [],
            **more,
        }
        tables["contracts"].append(contract)
        if solicitation:
            others = [v for v in group if v["vendor_id"] != winner["vendor_id"]]
            self.rng.shuffle(others)
            bidders = [winner, *others[: bids - 1]]
            shared["number_of_bids"] = contract["number_of_bids"] = len(bidders)
            tables["solicitations"].append(
                {
                    "solicitation_id": solicitation,
                    "title": contract["title"],
                    **shared,
                    "planned_post_date": posted - self.between(-12, 14) * DAY,
                    "posted_date": posted,
                    "bid_deadline": deadline,
                    "solicitation_status": "complete",
                }
            )
            for k, bidder in enumerate(bidders):
                price = amount if k == 0 else round(amount * self.rng.uniform(1.01, 1.35), 2)
                if k and criteria != "price only" and self.rng.random() < 0.3:
                    price = round(amount * self.rng.uniform(0.88, 0.99), 2)
                tables["bids"].append(
                    {
                        "solicitation_id": solicitation,
                        "bid_id": f"{solicitation}/{k + 1}",
                        "bidder_id": bidder["vendor_id"],
                        "bidder_name": bidder["vendor_name"],
                        "bidder_certification": bidder["vendor_certification"],
                        "bid_amount": price,
                        "bid_received_date": deadline - self.between(0, 6) * DAY,
                        "bid_status": "disqualified" if k > 1 and self.rng.random() < 0.06 else "valid",
                        "won": k == 0,
                    }
                )
        return contract

    def _failed(self, tables, number):
        """Solicitations that led to no contract, or are still open."""
        department = self.pick(self.departments)
        posted = self.first_day + self.between(90, (self.as_of - self.first_day).days - 15) * DAY
        deadline = posted + self.between(19, 35) * DAY
        status = "active" if deadline > self.as_of - 50 * DAY else self.pick(("cancelled", "cancelled", "unsuccessful"))
        category = self.pick(department.categories)
        tables["solicitations"].append(
            {
                "solicitation_id": f"{self.prefix}-S{posted.year % 100:02d}-9{number:03d}",
                "title": f"{category} for {department.name}",
                "department": department.name,
                "category": category,
                "procurement_method": "open",
                "method_detail": self.methods["open"][0],
                "award_criteria": "price and quality",
                "number_of_bids": None,
                "requisition_date": posted - self.between(20, 70) * DAY,
                "planned_post_date": posted,
                "posted_date": posted,
                "bid_deadline": deadline,
                "award_date": None,
                "signed_date": None,
                "solicitation_status": status,
                "budget": round(self._amount(category), -3),
                "award_amount": None,
            }
        )

    def change(self, tables, contract, day, kind, amount, reason, new_end=None):
        """One amendment, and what it does to the contract."""
        number = len(contract["changes"]) + 1
        contract["changes"].append((day, kind, amount, new_end))
        tables["amendments"].append(
            {
                "contract_id": contract["contract_id"],
                "amendment_id": f"{contract['contract_id']}-A{number}",
                "amendment_date": day,
                "amendment_kind": kind,
                "amount_change": amount,
                "new_end_date": new_end,
                "change_reason": reason,
            }
        )
        contract["current_amount"] = round(contract["current_amount"] + (amount or 0), 2)
        if kind == "option exercised":
            contract["options_amount"] = round(contract["options_amount"] + amount, 2)
        if new_end:
            contract["end_date"] = new_end

    def _amend(self, tables, contract, department):
        last = min(contract["base_end_date"], self.as_of) - 10 * DAY
        for _ in range(self.pick((1, 1, 2))):
            span = (last - contract["signed_date"]).days
            if span < 60:
                return
            day = contract["signed_date"] + self.between(40, span) * DAY
            kind = self.pick(("scope", "amount", "time", "administrative"))
            amount = None
            if kind in ("scope", "amount"):
                amount = round(contract["original_amount"] * department.growth * self.rng.uniform(0.5, 1.5), 2)
            new_end = contract["end_date"] + self.between(30, 120) * DAY if kind == "time" else None
            reason = {
                "scope": "Added work",
                "amount": "Higher quantities",
                "time": "More time needed",
                "administrative": "Change of address",
            }[kind]
            self.change(tables, contract, day, kind, amount, reason, new_end)

    def _options(self, tables, contract):
        end = contract["base_end_date"]
        yearly = contract["original_amount"] / max(1, round((end - contract["start_date"]).days / 365))
        for _ in range(contract["options"]):
            day = contract["end_date"] - self.between(20, 80) * DAY
            if day > self.as_of or self.rng.random() < 0.25:
                return
            end = contract["end_date"]
            new_end = end.replace(day=min(end.day, 28), year=end.year + 1)
            self.change(tables, contract, day, "option exercised", round(yearly, 2), "Option year as priced", new_end)

    def _milestones(self, tables, contract):
        if contract["original_amount"] < 4 * self.quotes or self.rng.random() < 0.5:
            return
        span = (contract["base_end_date"] - contract["start_date"]).days
        for k in range(1, 4):
            due = contract["start_date"] + int(span * k / 4) * DAY
            met = due + self.between(-20, 12) * DAY
            tables["milestones"].append(
                {
                    "contract_id": contract["contract_id"],
                    "milestone_id": f"M{k}",
                    "title": ("Work plan accepted", "Half of the work accepted", "Final part accepted")[k - 1],
                    "due_date": due,
                    "date_met": met if met <= self.as_of else None,
                    "amount": round(contract["original_amount"] / 5, 2),
                }
            )

    def pay(self, tables, contract, department, *, total=None, linked=None):
        """Invoices spread over the term; no more than 93% of what the contract allows, unless ``total`` says so."""
        start = max(contract["start_date"], contract["signed_date"])
        end = min(contract["end_date"], self.as_of - 100 * DAY)
        if end <= start:
            return
        elapsed = min(1, (end - start).days / max(1, (contract["end_date"] - start).days))
        total = total or contract["current_amount"] * elapsed * self.rng.uniform(0.75, 0.93)
        n = max(2, min(14, (end - start).days // 60))
        weights = self.rng.uniform(0.6, 1.4, n)
        amounts = np.round(total * weights / weights.sum(), 2)
        amounts[-1] = round(total - amounts[:-1].sum(), 2)
        for k, amount in enumerate(amounts):
            invoice = start + int((end - start).days * (k + 0.5) / n) * DAY
            tables["payments"].append(
                self.payment(
                    department,
                    amount=float(amount),
                    invoice=invoice,
                    contract=contract,
                    linked=self.rng.random() < self.link if linked is None else linked,
                )
            )

    def pay_monthly(self, tables, contract, department):
        """One invoice a month in place of those made so far, as services to people are paid."""
        own = np.random.default_rng(list(contract["contract_id"].encode()))
        tables["payments"] = [row for row in tables["payments"] if row.get("owner") != contract["contract_id"]]
        start, end = contract["start_date"], contract["end_date"]
        term = (end.year - start.year) * 12 + end.month - start.month + 1
        for _, last in months(start, term):
            invoice = last + 5 * DAY
            tables["payments"].append(
                {
                    "payment_date": invoice + int(own.integers(*department.pay_days)) * DAY,
                    "payment_amount": round(contract["current_amount"] / term * own.uniform(0.86, 0.98), 2),
                    "invoice_date": invoice,
                    "invoice_terms_days": department.terms,
                    "department": department.name,
                    "fund": "210 Grants",
                    "contract_id": contract["contract_id"],
                    "owner": contract["contract_id"],
                    "vendor_id": contract["vendor_id"],
                    "vendor_name": contract["vendor_name"],
                    "category": contract["category"],
                    "description": contract["title"],
                }
            )

    def payment(self, department, *, amount, invoice, contract=None, linked=True, **more):
        row = {
            "payment_date": invoice + self.between(*department.pay_days) * DAY,
            "payment_amount": amount,
            "invoice_date": invoice,
            "invoice_terms_days": department.terms,
            "department": department.name,
            "fund": self.pick(("100 General", "210 Grants", "510 Utility")),
        }
        if contract:
            row |= {
                "contract_id": contract["contract_id"] if linked else None,
                "vendor_id": contract["vendor_id"],
                "vendor_name": contract["vendor_name"],
                "category": contract["category"],
                "description": contract["title"],
                "owner": contract["contract_id"],
            }
        return row | more

    def settle(self, tables):
        """Status, payments to date and payment numbers, once everything has happened."""
        paid = {}
        tables["payments"] = [row for row in tables["payments"] if row["payment_date"] <= self.as_of]
        tables["payments"].sort(
            key=lambda row: (row["payment_date"], row.get("vendor_id") or "", row["payment_amount"])
        )
        for row in tables["payments"]:
            paid.setdefault(row.get("owner"), []).append((row["payment_date"], row["payment_amount"]))
        kept = [row for row in tables["payments"] if row["payment_date"] >= self.payments_from]
        for number, row in enumerate(kept, start=1):
            row["payment_id"] = f"{self.prefix}{800000 + number}"
        tables["payments"] = kept
        for contract in tables["contracts"]:
            contract["paid"] = paid.get(contract["contract_id"], [])
            contract["paid_to_date"] = round(sum(amount for _, amount in contract["paid"]), 2)
            contract["status"] = "active" if contract["end_date"] >= self.as_of else "terminated"
        return tables

    def at(self, contract, day):
        """The contract as the register showed it on an earlier day."""
        changes = [change for change in contract["changes"] if change[0] <= day]
        ends = [change[3] for change in changes if change[3]]
        return contract | {
            "snapshot_date": day,
            "current_amount": round(contract["original_amount"] + sum(c[2] or 0 for c in changes), 2),
            "options_amount": round(sum(c[2] for c in changes if c[1] == "option exercised"), 2),
            "end_date": ends[-1] if ends else contract["original_end_date"],
            "paid_to_date": round(sum(amount for date, amount in contract["paid"] if date <= day), 2),
        }

    # What was planted

    def alike(self, tables, department, category, plans, *, posted, bids, change_day, titles, **dates):
        """Contracts with the same dates, about each of which one thing is known.

        ``plans`` has the number, the amount, the share of it that is paid, and a change as `change` takes it or None.
        """
        for (number, amount, paid, change), title in zip(plans, titles, strict=True):
            contract = self.contract(
                tables,
                department,
                category,
                amount,
                "open",
                posted,
                bids,
                contract_id=number,
                title=title,
                original_end_date=dates["base_end_date"],
                end_date=dates["base_end_date"],
                **dates,
            )
            tables["solicitations"][-1] |= {key: dates[key] for key in ("award_date", "signed_date")}
            if change:
                self.change(tables, contract, change_day, *change)
            self.pay(tables, contract, department, total=round(contract["current_amount"] * paid, 2), linked=True)

    def second_spelling(self, tables, first, name, since, carried):
        """The same vendor entered again: what was signed or invoiced since then carries the other name."""
        second = self.vendor(name, **{key: first[key] for key in carried})
        for table, day in (("contracts", "signed_date"), ("payments", "invoice_date")):
            for row in tables[table]:
                if row.get("vendor_id") == first["vendor_id"] and row[day] >= since:
                    row |= {"vendor_id": second["vendor_id"], "vendor_name": second["vendor_name"]}

    def monthly(self, tables, department, periods, payees, *, number, paid_after, words):
        """Payments that belong to no contract: each payee ``(name, id, lowest, highest amount, excluded)``."""
        for month, _ in periods:
            amounts = [low if low == high else self.rng.uniform(low, high) for _, _, low, high, _ in payees]
            for (name, vendor_id, _, _, excluded), amount in zip(payees, amounts, strict=True):
                tables["payments"].append(
                    self.payment(
                        department,
                        amount=round(amount, 2),
                        invoice=month,
                        vendor_id=vendor_id,
                        vendor_name=name,
                        category="Other",
                        description=words,
                        exclusion_flag=excluded,
                        fund="100 General",
                        payment_date=month + paid_after * DAY,
                        payment_id=number,
                    )
                )

    def credits(self, tables, *, every, share, after, words):
        """A part of some payments comes back; then the list of payments is closed on the last day."""
        for row in [row for row in tables["payments"] if row.get("contract_id")][::every]:
            tables["payments"].append(
                row
                | {
                    "payment_amount": -round(row["payment_amount"] * share, 2),
                    "payment_date": row["payment_date"] + after * DAY,
                    "description": words,
                    "payment_id": row["payment_id"] + "C",
                }
            )
        tables["payments"] = [row for row in tables["payments"] if row["payment_date"] <= self.as_of]
        tables["payments"].sort(key=lambda row: (row["payment_date"], row["payment_id"], row["payment_amount"]))


# Observations


def months(first, n):
    """``n`` pairs of first and last day of month, from a date."""
    pairs = []
    for k in range(n):
        start = dt.date(first.year + (first.month - 1 + k) // 12, (first.month - 1 + k) % 12 + 1, 1)
        following = dt.date(start.year + start.month // 12, start.month % 12 + 1, 1)
        pairs.append((start, following - DAY))
    return pairs


def observation(
    metric, vendor, period, *, value=None, numerator=None, denominator=None, target=None, received=20, **more
):
    start, end = period
    return {
        "metric_id": metric,
        "contract_id": vendor.get("contract_id"),
        "vendor_id": vendor["vendor_id"],
        "vendor_name": vendor["vendor_name"],
        "period_start": start,
        "period_end": end,
        "value": value,
        "numerator": numerator,
        "denominator": denominator,
        "target": target,
        "received_date": end + received * DAY,
        **more,
    }


def proportion(rng, metric, vendor, period, share, n, *, spread=0.012, **more):
    """Binomial with a little more spread than chance, as cities' months have."""
    share = min(0.99, max(0.01, share + rng.normal(0, spread)))
    count = int(rng.binomial(n, share))
    return observation(metric, vendor, period, value=round(100 * count / n, 1), numerator=count, denominator=n, **more)


def by_group(rng, metric, vendor, quarters, groups, kind, share, size, rare):
    """A metric by group and quarter: of each group its weight and by how much its share differs.

    ``size`` is how many a group of weight 1 would have; one of weight 0 has one person in the quarters of ``rare``.
    """
    return [
        proportion(rng, metric, vendor, period, share + gap, n, stratum=group, stratum_kind=kind)
        for number, period in enumerate(quarters)
        for group, weight, gap in groups
        if (n := int(size * weight) if weight else int(number in rare))
    ]


def last_quarters(periods):
    """The four quarters of the twelve months that end with the last of these months."""
    return [(periods[k][0], periods[k + 2][1]) for k in range(len(periods) - 12, len(periods), 3)]
