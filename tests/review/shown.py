"""A review with something of everything, for the views."""

from functools import cache

from rdclib.choices import Change, Choices, PaymentDesign, Rebase, Review, Selection
from rdclib.review import review_records
from tests import build
from tests.review.made import SHARE, months

EVIL = "<b>Evil</b> & *Sons* =1+1"
BASE = [60, 63, 58, 61, 64, 59, 62, 60, 57, 61, 63, 60] * 3


@cache
def shown():
    """Six vendors with 36 months each; V0 improved in January 2023, V1 is worse than the others, V5 is late."""
    rows = []
    for i in range(6):
        counts = [c - 25 if i == 1 else c for c in BASE[i:] + BASE[:i]]
        if i == 0:
            counts = [c + (20 if k >= 18 else 0) for k, c in enumerate(counts)]
        counts = counts[:34] if i == 5 else counts
        name = EVIL if i == 1 else f"V{i}"
        rows += [
            (t, r | {"vendor_name": name, "contract_id": f"C{i}", "target": 0.7})
            for t, r in months(counts, counted=100, vendor=f"V{i}")
        ]
        rows.append(build.contract(f"C{i}", vendor_id=f"V{i}", vendor_name=name, end_date="2024-12-31", title="Team"))
        rows += [build.payment(1000.0, payment_date=f"2023-{m:02d}-15", contract_id=f"C{i}") for m in range(1, 13)]
        rows += [build.payment(1000.0, payment_date=f"2024-{m:02d}-15", contract_id=f"C{i}") for m in range(1, 7)]
        rows.append(build.payment(1000.0, payment_date="2022-07-15", contract_id=f"C{i}"))
    for group, done, size in (("English", 120, 200), ("Spanish", 60, 150), ("Tongan", 4, 8), ("Other", 40, 80)):
        rows += months(
            [done],
            counted=size,
            stratum=group,
            stratum_kind="Language",
            first="2024-06",
            vendor="V0",
        )
    for i in range(120):
        rows.append(
            build.case(
                f"c{i}", vendor_id=f"V{i % 2}", vendor_name=f"V{i % 2}", referred_date="2024-01-02",
                served_date="2024-01-05" if i % 3 else None, outcome_date="2024-01-20" if i % 3 and i < 90 else None,
                target_date="2024-02-01", group="a" if i < 60 else "b",
            )
        )  # fmt: skip
    rows += [
        build.action(
            "1", action="Call <i>them</i>", owner="Ana", action_due="2024-06-01", status="open", topic="Nights"
        ),
        build.action(
            "2", action="Later", owner="Ben", action_due="2024-09-01", status="open", meeting_date="2024-05-28"
        ),
    ]
    rows += [
        build.rating(
            "C0",
            vendor_id="V0",
            vendor_name="V0",
            dimension=f"d{i}",
            level="satisfactory",
            period="FY2024",
            rater="Ana",
        )
        for i in range(11)
    ]
    decided = Review(
        changes=(Change(metric_id="m", vendor="V0", date="2023-01-01", what="A second team", trigger_periods=2),),
        rebases=(Rebase(metric_id="m", vendor="V0", date="2023-01-01", reason="Second team"),),
    )
    design = PaymentDesign(name="Bonus", kind="ramp", metric_id="m", pool=1000, floor=0.5, target=0.7)
    choices = Choices(review=decided, selection=Selection(payment_designs=(design,)))
    return review_records(build.records(*rows, metrics=[SHARE]), choices)


@cache
def nothing():
    """A review of a city without results."""
    return review_records(build.records())
