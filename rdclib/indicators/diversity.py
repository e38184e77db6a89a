"""VD: who the money reaches. What the law allows to be done with it is for the city's counsel."""

import numpy as np
import pandas as pd

from rdclib.indicators.competition import _deadline
from rdclib.indicators.portfolio import payment_reasons
from rdclib.indicators.rows import CannotTell, rows


def _certifications(records):
    """Certification of each vendor that is known; "none" when it was checked."""
    v = records.vendors
    known = v[v["vendor_certification"].notna() & v["vendor_id"].notna()]
    known = known.assign(vendor_certification=known["vendor_certification"].str.strip())
    # A vendor listed twice is certified if one line says so, in whatever order they stand.
    none = ~_certified(known["vendor_certification"])
    known = known.assign(none=none).sort_values(["none", "vendor_certification"]).drop_duplicates("vendor_id")
    return known.set_index("vendor_id")["vendor_certification"]


def _certified(certification):
    return certification.notna() & (certification.astype(object).astype(str).str.lower() != "none")


def _of_vendors(records, ids):
    return ids.astype(object).map(_certifications(records))


def certified_payments(records):
    """VD01: payments that reach certified firms, as prime or as verified subcontractor.

    Returns
    -------
    DataFrame
        One row per payment: ``date``, ``value`` (amount to certified firms), ``weight`` (amount), ``part``
        (certification).
    """
    p = records.payments
    certification = _of_vendors(records, p["vendor_id"])
    prime = _certified(certification)
    passed_on = p["subpayment_amount"].fillna(0.0).clip(lower=0.0)
    return rows(
        p,
        date=p["payment_date"],
        value=p["payment_amount"].where(prime, passed_on).where(p["payment_amount"].notna()),
        weight=p["payment_amount"],
        cluster=p["vendor"],
        part=certification.where(prime),
        leave_out=payment_reasons(p) | {"certification not known": certification.isna()},
        note="These are payments, as prime and as verified subcontractor; awards and commitments give other shares.",
    )


def disparity_ratio(records):
    """VD02: share of payments to certified firms over their share of the firms that could do the work."""
    available = records.facts.certified_availability
    if not available > 0:
        raise CannotTell(
            "Cannot be computed: engagement.yaml gives no certified_availability, the share of certified firms among "
            "those able and willing to do the work. A disparity study has it."
        )
    made = certified_payments(records)
    made["weight"] = made["weight"] * available
    made.attrs = {"note": f"Availability: {available * 100:.1f}%, from engagement.yaml."}
    return made.drop(columns="part")


def local_payments(records):
    """VD03: payments to vendors with an address in the city."""
    p, v = records.payments, records.vendors
    known = v[v["vendor_place"].notna() & v["vendor_id"].notna()]
    places = known["vendor_place"].str.strip().str.casefold()
    here = places == records.facts.city.strip().casefold()
    # A vendor with an address in the city is local, whatever other addresses it has.
    place = p["vendor_id"].astype(object).map(here.groupby(known["vendor_id"]).any())
    local = place.fillna(False).astype(bool)
    return rows(
        p,
        date=p["payment_date"],
        value=p["payment_amount"].where(local, 0.0).where(p["payment_amount"].notna()),
        weight=p["payment_amount"],
        cluster=p["vendor"],
        leave_out=payment_reasons(p) | {"no city of the vendor": place.isna()},
    )


def award_to_paid_gap(records):
    """VD04: share of payments to certified firms less their share of awards, both of the period.

    Returns
    -------
    DataFrame
        One row per payment (``part`` paid) and per award (``part`` awarded); ``value`` is the amount to certified
        firms, ``weight`` the amount, ``sign`` 1 for payments and -1 for awards, ``cluster`` the vendor.
    """
    p, lines = records.payments, records.award_lines
    to = _of_vendors(records, p["vendor_id"])
    paid = pd.DataFrame(
        {"department": p["department"].astype(object), "date": p["payment_date"], "amount": p["payment_amount"],
         "vendor": p["vendor"].astype(object), "certified": _certified(to),
         "known": to.notna() & ~p["foreign"] & ~p["not_addressable"], "part": "paid"}
    )  # fmt: skip
    by = _of_vendors(records, lines["vendor"])
    awarded = pd.DataFrame(
        {"department": lines["department"].astype(object), "date": lines["agreed_date"], "amount": lines["amount"],
         "vendor": lines["vendor"].astype(object), "certified": _certified(by),
         "known": by.notna() & ~lines["foreign"] & ~lines["cancelled"], "part": "awarded"}
    )  # fmt: skip
    both = pd.concat([paid, awarded], ignore_index=True)
    inside = records.inside(both["date"]) & both["known"] & both["amount"].notna()
    if not (inside & (both["part"] == "awarded")).any() or not (inside & (both["part"] == "paid")).any():
        raise CannotTell("It takes both payments and awards of the period to vendors whose certification is known.")
    return rows(
        both.assign(department=both["department"].astype("category")),
        date=both["date"],
        value=both["amount"].where(both["certified"], 0.0).where(both["amount"].notna()),
        weight=both["amount"],
        cluster=both["vendor"].astype("category"),
        sign=pd.Series(np.where(both["part"] == "paid", 1.0, -1.0), both.index),
        leave_out={"certification not known, or not counted": ~both["known"], "no amount": both["amount"].isna()},
    )


def certified_bidders(records):
    """VD05: solicitations with a bid from a certified firm.

    Returns
    -------
    DataFrame
        One row per solicitation of which some bidder's certification is known: ``date`` (bid deadline), ``value``
        (bool).
    """
    b, s = records.bids, records.solicitations
    at = records.bid_solicitations
    certification = b["bidder_certification"]
    certification = certification.where(certification.notna(), _of_vendors(records, b["bidder_id"]))
    use = (at >= 0) & b["submitted"].to_numpy(bool)
    known = np.bincount(at[use & certification.notna().to_numpy()], minlength=len(s)) > 0
    some = np.bincount(at[use & _certified(certification).to_numpy()], minlength=len(s)) > 0
    bid = np.bincount(at[use], minlength=len(s)) > 0
    return rows(
        s,
        date=_deadline(s),
        value=pd.Series(some, s.index),
        only=bid,
        leave_out={
            "cancelled": s["solicitation_status"] == "cancelled",
            "certification of no bidder known": ~known,
        },
    )
