"""The records as indicators read them: gaps filled from linked tables, labels as categories, sums made once.

A register, a list of solicitations and a list of bids often say the same thing in different places. What one table
lacks and a linked one has is filled in here, so that an indicator asks in one place. The records themselves stay as
they are.
"""

from functools import cached_property

import numpy as np
import pandas as pd

from rdclib import vocabulary
from rdclib.engagement import remembered
from rdclib.intake.reading import REDACTED
from rdclib.review import performance_concern

# Columns compared with words or used as groups: as categories they cost a hundredth.
LABELS = (
    "department",
    "category",
    "procurement_method",
    "method_detail",
    "award_criteria",
    "contract_type",
    "payment_basis",
    "agreement_kind",
    "status",
    "solicitation_status",
    "bid_status",
    "currency",
)
# What a contract may take from its solicitation when its own row is silent.
_FROM_SOLICITATION = (
    "department",
    "category",
    "procurement_method",
    "method_detail",
    "award_criteria",
    "number_of_bids",
    "requisition_date",
    "posted_date",
    "bid_deadline",
    "award_date",
    "budget",
)
# What a solicitation may take from the first contract that it led to.
_FROM_CONTRACT = ("department", "category", "procurement_method", "award_date", "signed_date", "requisition_date")
# Which of several lines of a key comes first, and what makes it another line than those of its day.
_WHEN = ("posted_date", "bid_deadline", "award_date", "signed_date", "start_date")
_TELLING = tuple(
    dict.fromkeys((*_WHEN, *_FROM_SOLICITATION, *_FROM_CONTRACT, "contract_id", "award_amount", "current_amount"))
)
# A bid counts as submitted until it is withdrawn (Open Contracting Partnership, Cardinal).
SUBMITTED = ("pending", "valid", "disqualified")


class Frames:
    """Records of one engagement, ready for indicators.

    Parameters
    ----------
    records : rdclib.records.Records
    concern : Series of float, optional
        Performance concern by contract id, 0 to 4; what the performance review says of the records unless given.
    """

    def __init__(self, records, concern=None):
        self.records = records
        if concern is not None:
            self.concern = concern

    def __getattr__(self, name):
        return getattr(self.records, name)

    @cached_property
    def start(self):
        """First moment of the period."""
        return pd.Timestamp(self.records.period.start)

    @cached_property
    def today(self):
        """The day that counts as today."""
        return pd.Timestamp(self.records.as_of)

    @cached_property
    def end(self):
        """Last day that counts: the end of the period, or today when that is earlier."""
        return min(pd.Timestamp(self.records.period.end), self.today)

    @cached_property
    def concern(self):
        """How much each contract's results and ratings are a reason for concern, 0 to 4 by contract id."""
        return performance_concern(self.records)

    def inside(self, days):
        """Whether each day lies in the period; its last day, and today, count to their end."""
        return (days >= self.start) & (days < self.end.normalize() + pd.Timedelta(days=1))

    @cached_property
    def contracts(self):
        """Contracts with ``vendor``, ``amount``, ``latest_amount``, ``agreed_date``, ``last_day`` and what is foreign.

        ``amount`` is the amount awarded, or as first signed, or as it stands where the register has no other;
        ``latest_amount`` is the final amount, or as it stands, or ``amount``; ``agreed_date`` is the day of award, or
        signature, or start; ``last_day`` is missing for open-ended contracts.
        """
        c = _with_labels(self.records.contracts)
        # A list of bids may know the solicitation by the number of the contract that it led to.
        alone = c["solicitation_id"].isna()
        if alone.any() and len(self.records.bids):
            met = c["contract_id"].where(alone).isin(self.records.bids["solicitation_id"].dropna().unique())
            c["solicitation_id"] = c["solicitation_id"].mask(alone & met, c["contract_id"])
        c = self._filled(c, self.records.solicitations, "solicitation_id", _FROM_SOLICITATION)
        c["vendor"] = _key(c["vendor_id"], c["vendor_name"])
        c["amount"] = _first(c, "award_amount", "original_amount", "current_amount")
        c["latest_amount"] = _first(c, "final_amount", "current_amount", "amount")
        c["agreed_date"] = _first(c, "award_date", "signed_date", "start_date")
        c["last_day"] = c["end_date"].mask(c["end_date_open"].fillna(False).to_numpy(bool))
        c["foreign"] = self._foreign(c)
        c["cancelled"] = c["status"] == "cancelled"
        # An order under a master agreement that is in the register itself would count its money twice.
        masters = c.loc[c["agreement_kind"] == "master", "contract_id"]
        c["counted_in_master"] = (c["agreement_kind"] == "order") & c["parent_contract_id"].isin(masters)
        ended = c["status"].isin(("cancelled", "terminated"))
        ended |= (c["last_day"] < self.today) | (c["closed_date"] < self.today)
        # A contract without a start counts when it was agreed by the day, and an end to come says that it runs.
        begun = c["start_date"].fillna(c["agreed_date"])
        runs = (c["start_date"] <= self.today) | (c["start_date"].isna() & c["last_day"].notna())
        c["in_force"] = runs & ~(begun > self.today) & ~ended
        # In force on at least one day of the period.
        over = (c["last_day"] < self.start) | (c["closed_date"] < self.start)
        c["of_period"] = ~(begun > self.end) & ~over
        c["in_period"] = c["of_period"] & ~c["cancelled"]
        return c

    @cached_property
    def _listed(self):
        """Solicitations of the city's own list, then those that only contracts or bids name."""
        own, c = self.records.solicitations, self.contracts
        if len(own):
            unlisted = c["solicitation_id"].notna() & (_places(own, "solicitation_id", c["solicitation_id"]) < 0)
            parts = [_with_labels(own), self._from_contracts(c[unlisted])]
        else:
            parts = [self._from_contracts(c)]
        met = self.records.bids["solicitation_id"]
        strange = met[~met.isin(pd.concat([part["solicitation_id"] for part in parts])) & met.notna()].drop_duplicates()
        if len(strange):
            parts.append(pd.DataFrame({"solicitation_id": strange}))
        parts = [part for part in parts if len(part)]
        s = pd.concat(parts, ignore_index=True) if len(parts) > 1 else parts[0] if parts else own
        s = s.reindex(columns=[*own.columns, *(name for name in s if name not in own)])
        s = s.astype({name: own.dtypes[name] for name in own if name not in LABELS})
        return _with_labels(s)

    @cached_property
    def _solicitation_index(self):
        return _index_of(self._listed, "solicitation_id")

    @cached_property
    def bid_solicitations(self):
        """Row of each bid's solicitation in `solicitations`; -1 where there is none."""
        return _looked_up(*self._solicitation_index, self.records.bids["solicitation_id"])

    @cached_property
    def contract_solicitations(self):
        """Row of each contract's solicitation in `solicitations`; -1 where there is none."""
        return _looked_up(*self._solicitation_index, self.contracts["solicitation_id"])

    @cached_property
    def solicitations(self):
        """Solicitations, with what contracts and bids tell of those that the city's own list lacks."""
        s = self._filled(self._listed, self.records.contracts, "solicitation_id", _FROM_CONTRACT)
        if len(self.records.bids) and s["number_of_bids"].isna().any():
            s["number_of_bids"] = s["number_of_bids"].fillna(pd.Series(self._bid_counts(s), s.index))
        s["foreign"] = self._foreign(s)
        if s["award_amount"].isna().any():
            s["award_amount"] = s["award_amount"].fillna(self._awarded(s))
        return s

    @staticmethod
    def _from_contracts(c):
        """What contracts tell of their solicitations: the first of each; a contract without one is its own."""
        named = c["solicitation_id"].notna().to_numpy()
        index, rows = _index_of(c, "solicitation_id")
        first = ~named
        first[np.flatnonzero(index.notna()) if rows is None else rows] = True
        s = c[first]
        return s.assign(
            solicitation_status=pd.Categorical.from_codes(np.zeros(len(s), int), ["complete"]),
            # The sum of all its contracts is filled in where there are several.
            award_amount=s["amount"].where(s["solicitation_id"].isna()),
        )

    def _awarded(self, s):
        """Sum of the contracts of each solicitation; nan where there is none."""
        c = self.contracts
        at = self.contract_solicitations
        use = (at >= 0) & c["amount"].notna().to_numpy() & ~c["cancelled"].to_numpy() & ~c["foreign"].to_numpy()
        sums = np.bincount(at[use], c["amount"].to_numpy()[use], minlength=len(s))
        return pd.Series(np.where(np.bincount(at[use], minlength=len(s)) > 0, sums, np.nan), s.index)

    def _bid_counts(self, s):
        """Count the bidders of each solicitation; nan where there is no bid in the list."""
        b, at = self.bids, self.bid_solicitations
        bidder = b["bidder"].cat.codes.to_numpy().astype(np.int64)
        width = len(b["bidder"].cat.categories) + 1
        use = (at >= 0) & b["submitted"].to_numpy() & (bidder >= 0)
        counts = np.bincount(distinct(at[use] * width + bidder[use]) // width, minlength=len(s)).astype(float)
        return np.where(counts > 0, counts, np.nan)

    @cached_property
    def bids(self):
        """Bids with ``bidder``, ``submitted`` and ``valid``; without any status every bid counts as valid."""
        b = _with_labels(self.records.bids)
        b["bidder"] = _key(b["bidder_id"], b["bidder_name"])
        silent = b["bid_status"].isna().all()
        b["submitted"] = True if silent else b["bid_status"].isin(SUBMITTED) | b["bid_status"].isna()
        b["valid"] = True if silent else b["bid_status"] == "valid"
        return b

    @cached_property
    def won(self):
        """Which bids won, as an array of bool.

        As the list says; for a solicitation (or lot) of which it names neither winner nor loser, the bids of the vendor
        that has the contract.
        """
        b, at, c = self.bids, self.bid_solicitations, self.contracts
        own = b["won"].fillna(False).to_numpy(bool)
        told = b["won"].notna().to_numpy()
        if told.all() or not c["solicitation_id"].notna().any():
            return own
        lot = b["lot"].astype("category").cat
        process = at * (len(lot.categories) + 1) + lot.codes.to_numpy() + 1
        place = self.contract_solicitations
        codes = as_bidders(c["vendor"], b["bidder"])
        use = (place >= 0) & (codes >= 0) & ~c["cancelled"].to_numpy()
        width = len(b["bidder"].cat.categories) + 1
        bidder = b["bidder"].cat.codes.to_numpy().astype(np.int64)
        holds = np.isin(at * width + bidder, distinct(place[use] * width + codes[use])) & (bidder >= 0) & (at >= 0)
        return np.where(np.isin(process, distinct(process[told])), own, holds)

    @cached_property
    def payments(self):
        """Payments with ``vendor`` and what is foreign or not addressable."""
        p = _with_labels(self.records.payments)
        p["vendor"] = _key(p["vendor_id"], p["vendor_name"])
        p["foreign"] = self._foreign(p)
        p["not_addressable"] = p["exclusion_flag"].fillna(False).to_numpy(bool)
        return p

    @cached_property
    def amendments(self):
        """Amendments up to today, with the place of their contract."""
        a = self.records.amendments
        a = a[~(a["amendment_date"] > self.today)]
        return a.assign(at=self.contract_places(a["contract_id"]))

    @cached_property
    def coding(self):
        """One row a contract that a person has read: its first coder's newest reading."""
        d = self.records.coding
        d = d[~d.duplicated(["contract_id", "coder"], keep="last")]
        d = d[~d.duplicated("contract_id")].reset_index(drop=True)
        at = self.contract_places(d["contract_id"])
        c = self.contracts
        if not len(d) or not len(c):
            return d.assign(
                department=pd.Categorical([None] * len(d)), amount=np.nan, vendor=pd.Categorical([None] * len(d))
            )
        found = pd.Series(at >= 0, d.index)
        return d.assign(
            department=c["department"].take(at).set_axis(d.index).where(found),
            vendor=c["vendor"].take(at).set_axis(d.index).where(found),
            amount=c["latest_amount"]
            .take(at)
            .set_axis(d.index)
            .where(found & ~c["foreign"].take(at).set_axis(d.index)),
        )

    @cached_property
    def _contract_index(self):
        return _index_of(self.contracts, "contract_id")

    def contract_places(self, ids):
        """Row of each contract id in `contracts`; -1 where there is none."""
        return _looked_up(*self._contract_index, ids) if len(ids) else np.empty(0, dtype=np.int64)

    def by_contract(self, ids, values):
        """Sum of values for each row of `contracts`; nan where a contract has none."""
        at = self.contract_places(ids)
        values = np.asarray(values, dtype=float)
        use = (at >= 0) & ~np.isnan(values)
        sums = np.bincount(at[use], values[use], minlength=len(self.contracts))
        counts = np.bincount(at[use], minlength=len(self.contracts))
        return pd.Series(np.where(counts > 0, sums, np.nan), self.contracts.index)

    @cached_property
    def paid(self):
        """Paid up to today under each contract: the payments, or the register's own sum where there are none."""
        p = self.payments
        own = self.contracts["paid_to_date"]
        if not p["contract_id"].notna().any():
            return own
        use = ~p["foreign"] & ~(p["payment_date"] > self.today)
        return self.by_contract(p["contract_id"], p["payment_amount"].where(use)).fillna(own)

    @cached_property
    def award_lines(self):
        """Contracts as lines of one vendor each: those with several vendors are divided among them.

        A vendor's part is its share in the table of vendors, of all of them together, or an equal one.
        """
        c, v = self.contracts, self.records.contract_vendors
        kept = ["agreed_date", "department", "category", "item_codes", "vendor", "amount", "latest_amount", "foreign"]
        lines = c[kept].assign(
            cancelled=c["cancelled"] | c["counted_in_master"] | (c["status"] == "pending"),
            of_period=c["of_period"],
            several=False,
        )
        v = v[v["role"].isna() | (v["role"] == "prime")]
        at = self.contract_places(v["contract_id"])
        several = (at >= 0) & (np.bincount(at[at >= 0], minlength=len(c))[at] > 1) if len(v) and len(c) else None
        if several is None or not several.any():
            return lines
        v, at = v[several], at[several]
        equal = 1 / np.bincount(at, minlength=len(c))[at]
        shares = v["vendor_share"].groupby(at)
        whole = shares.transform("sum").to_numpy()
        known = (shares.transform("count") == shares.transform("size")).to_numpy() & (whole > 0)
        # Shares may leave out subcontractors, or add up to more than all: the contract's money is divided once.
        part = np.where(known, v["vendor_share"] / np.where(known, whole, 1.0), equal)
        names = _key(v["vendor_id"], v["vendor_name"])
        more = lines.take(at).assign(vendor=names.to_numpy(), several=True)
        more["amount"] = more["amount"].to_numpy() * part
        more["latest_amount"] = more["latest_amount"].to_numpy() * part
        single = lines.drop(index=lines.index[np.unique(at)])
        both = pd.concat([single.astype({"vendor": object}), more.astype({"vendor": object})])
        both["vendor"] = both["vendor"].astype("category")
        return both

    def _foreign(self, frame):
        """Rows whose amounts are in another currency than the engagement's; an unnamed one is the engagement's."""
        return frame["currency"].notna() & (frame["currency"] != self.records.facts.currency)

    @staticmethod
    def _filled(frame, other, key, columns):
        """Fill gaps of the named columns from the first row of another table with the same key."""
        wanted = [name for name in columns if name in other and name in frame]
        wanted = [name for name in wanted if frame[name].isna().any() and other[name].notna().any()]
        if not wanted or not frame[key].notna().any():
            return frame
        at = _places(other, key, frame[key])
        found = at >= 0
        for name in wanted:
            taken = other[name].take(np.where(found, at, 0)).set_axis(frame.index).where(found)
            if name in LABELS:
                frame[name] = (
                    frame[name].astype(object).where(frame[name].notna(), taken.astype(object)).astype("category")
                )
            else:
                frame[name] = frame[name].fillna(taken)
        return frame


def frames_of(records):
    """The frames of records, the same ones as long as the same records are asked for.

    Parameters
    ----------
    records : rdclib.records.Records or Frames

    Returns
    -------
    Frames
    """
    return records if isinstance(records, Frames) else _frames(records)


_frames = remembered(Frames)


def as_bidders(vendor, bidder):
    """Codes of vendors among the bidders; -1 for those who are none."""
    codes = np.append(pd.Index(bidder.cat.categories).get_indexer(vendor.cat.categories), -1)
    return codes[vendor.cat.codes.to_numpy()]


def _with_labels(frame):
    frame = frame.reset_index(drop=True)
    return frame.assign(
        **{
            name: frame[name].astype("category")
            for name in LABELS
            if name in frame and not isinstance(frame[name].dtype, pd.CategoricalDtype)
        }
    )


def _key(ids, names):
    """Who it is: the id, or the name where there is no id; nobody where the city withheld the name."""
    key = (ids.fillna(names) if ids.isna().any() else ids).astype("category")
    known = key.cat.categories
    withheld = known[known.astype(str).str.contains(REDACTED)] if len(known) else known
    return key.cat.remove_categories(withheld) if len(withheld) else key


def _first(frame, *columns):
    found = frame[columns[0]]
    for name in columns[1:]:
        found = found.fillna(frame[name])
    return found


def _places(frame, key, wanted):
    """Row of the first line with each wanted key; -1 where there is none. See `_index_of`."""
    return _looked_up(*_index_of(frame, key), wanted) if len(wanted) else np.empty(0, dtype=np.int64)


def _index_of(frame, key):
    """An index of distinct keys, and the row of each; of several lines of a key the earliest by its days.

    Of lines with the same days it is one that their cells decide, so that no number depends on the order of a file.
    """
    index = pd.Index(frame[key])
    if index.is_unique:
        return index, None
    several = index.duplicated(keep=False)
    alone = np.flatnonzero(~several & index.notna())
    lines = np.flatnonzero(several & index.notna())
    told = frame.iloc[lines][[name for name in _TELLING if name in frame]]
    days = [told[name].to_numpy() for name in _WHEN if name in told]
    cells = pd.util.hash_pandas_object(told, index=False, categorize=False).to_numpy()
    lines = lines[np.lexsort((lines, cells, *days[::-1]))]
    lines = lines[~index[lines].duplicated()]
    rows = np.sort(np.concatenate([alone, lines]))
    return index[rows], rows


def _looked_up(index, rows, wanted):
    if not len(index):
        return np.full(len(wanted), -1)
    at = index.get_indexer(wanted)
    if index.hasnans:
        at = np.where(wanted.isna(), -1, at)
    return at if rows is None else np.where(at >= 0, rows[at], -1)


def distinct(values):
    """Sorted distinct whole numbers (sorting is several times faster than numpy's hashing)."""
    ordered = np.sort(values)
    return ordered[np.r_[True, ordered[1:] != ordered[:-1]]] if len(ordered) else ordered


def numbered(keys):
    """Sorted distinct keys (whole numbers from 0), and the number of each key among them."""
    if not len(keys) or keys.max() > 8 * len(keys) + 1_000:
        return np.unique(keys, return_inverse=True)
    there = np.bincount(keys) > 0
    return np.flatnonzero(there), (np.cumsum(there) - 1)[keys]


def threshold(frames, name, dates, methods):
    """Amount of local law in force for each row.

    Parameters
    ----------
    frames : Frames
    name : str
        ``small_purchase``, ``quotes`` or ``formal_bid``.
    dates : Series of datetime64
        The day that decides which amount was in force.
    methods : Series of str
        Procurement methods; a threshold that names methods holds only for these.

    Returns
    -------
    Series of float
        nan where no threshold was in force, or the day is not known.
    """
    amounts = pd.Series(np.nan, dates.index)
    for item in frames.facts.thresholds:
        if item.name != name:
            continue
        holds = dates.notna()
        if item.valid_from:
            holds &= dates >= pd.Timestamp(item.valid_from)
        if item.valid_to:
            # The last day counts to its end.
            holds &= dates < pd.Timestamp(item.valid_to) + pd.Timedelta(days=1)
        if item.methods:
            holds &= methods.isin(item.methods)
        amounts = amounts.mask(holds, item.amount)
    return amounts


def competitive(method):
    """Whether a method asks the market: open or selective."""
    return method.isin(vocabulary.COMPETITIVE_METHODS)
