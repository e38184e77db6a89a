"""What people entered in forms, as it was known on the day of a report."""

from datetime import date

import pandas as pd
import pytest

from rdclib import narrative
from rdclib.engagement import Engagement, Facts
from rdclib.periods import parse
from rdclib.records import Late, known_entries, load_records
from rdclib.review.ratings import ratings
from tests.narrative.test_assessment import whole

REGISTER = "Contract No,Vendor,Contract Amt,Start Dt,End Dt\nC1,Acme,100,2023-07-13,2025-06-30\n"
YEAR_END, MIDYEAR = "2024-06-30", "2024-03-31"


def reading(goal, time, contract="C1", coder="Ana"):
    return {"contract_id": contract, "coder": coder, "goal_text": goal, "time": time}


def rating(level, time, period="FY2024", rater="Ana"):
    return {"contract_id": "C1", "period": period, "dimension": "quality", "level": level, "rater": rater, "time": time}


def known(rows, table, day=YEAR_END):
    return known_entries(rows, table, parse("FY2024", "07-01"), date.fromisoformat(day))


@pytest.mark.parametrize(
    ("time", "counts"),
    [("2024-03-30T23:59:59Z", 1), ("2024-03-31T23:59:59Z", 1), ("2024-04-01T00:00:00Z", 0), ("", 1), ("in spring", 1)],
)
@pytest.mark.parametrize(("table", "row"), [("coding", reading), ("vendor_ratings", rating)])
def test_a_report_for_a_day_knows_what_was_saved_by_then(table, row, time, counts):
    rows, late = known([row("satisfactory", time)], table, MIDYEAR)

    assert (len(rows), late) == (counts, Late(0, 1 - counts))


def test_a_correction_after_the_day_leaves_what_was_known():
    rows = [reading("before", "2024-03-31T10:00:00Z"), reading("after", "2024-04-01T10:00:00Z")]

    assert known(rows, "coding", MIDYEAR) == (rows[:1], Late(0, 1))
    assert known(rows, "coding") == (rows, Late(0, 0))


def test_a_report_about_a_period_takes_in_what_was_corrected_after_it():
    rows = [reading("before", "2024-06-30T10:00:00Z"), reading("after", "2024-07-01T10:00:00Z")]

    assert known(rows, "coding") == (rows, Late(1, 0))


def test_a_report_about_a_period_takes_in_what_was_read_after_it():
    rows = [
        reading("first", "2024-09-01T10:00:00Z"),
        reading("corrected", "2024-09-02T10:00:00Z"),
        reading("second reader", "2024-09-02T10:00:00Z", coder="Ben"),
    ]

    assert known(rows, "coding") == (rows, Late(2, 0))
    assert known(rows, "coding", "2024-06-29") == ([], Late(0, 2))
    assert known(rows, "coding", "2024-09-01") == (rows[:1], Late(0, 2))


@pytest.mark.parametrize(("period", "counts"), [("FY2023", 1), ("FY2024", 1), ("FY2024-Q4", 1), ("FY2025-Q1", 0)])
def test_a_rating_that_came_later_counts_when_its_period_was_over(period, counts):
    assert known([rating("marginal", "2024-09-01", period)], "vendor_ratings")[1] == Late(counts, 1 - counts)


def test_a_rating_of_the_whole_year_is_no_news_in_the_middle_of_it():
    half = parse("FY2024-Q2", "07-01")

    assert known_entries([rating("marginal", "2024-09-01")], "vendor_ratings", half, half.end) == ([], Late(0, 1))


def test_a_period_that_is_none_of_ours_has_no_end_to_wait_for():
    assert known([rating("marginal", "2024-09-01", "last year")], "vendor_ratings")[1] == Late(1, 0)


def city(folder, as_of=""):
    (folder / "raw").mkdir(exist_ok=True)
    (folder / "raw" / "a.csv").write_text(REGISTER, encoding="utf-8")
    files = {"contracts": {"paths": ["raw/a.csv"]}}
    facts = Facts.model_validate({"city": "Springfield", "fiscal_year_start": "07-01", "files": files})
    chosen = parse("FY2024", "07-01")
    return Engagement("springfield", folder, facts, chosen, pd.Timestamp(as_of or chosen.end).date())


def test_records_hold_what_was_known_and_say_what_was_not(tmp_path):
    (tmp_path / "contract_coding.csv").write_text(
        "contract_id,coder,goal_text,time\nC1,Ana,old,2024-03-01T09:00:00Z\nC1,Ana,new,2024-05-01T09:00:00Z\n",
        encoding="utf-8",
    )
    (tmp_path / "vendor_ratings.csv").write_text(
        "contract_id,vendor_id,period,dimension,level,rater,time\n"
        "C1,Acme,FY2023,quality,marginal,Ana,2023-09-01T09:00:00Z\n"
        "C1,Acme,FY2023,quality,very good,Ana,2024-05-01T09:00:00Z\n"
        "C1,Acme,FY2024,quality,exceptional,Ana,2024-08-01T09:00:00Z\n",
        encoding="utf-8",
    )

    before, after = load_records(city(tmp_path, MIDYEAR)), load_records(city(tmp_path))

    assert [list(r.coding["goal_text"]) for r in (before, after)] == [["old"], ["new"]]
    assert [list(ratings(r).table["level"]) for r in (before, after)] == [["marginal"], ["very good", "exceptional"]]
    assert before.late == {"coding": Late(0, 1), "vendor_ratings": Late(0, 2)}
    assert ratings(before).late == Late(0, 2)
    assert after.late == {"coding": Late(0, 0), "vendor_ratings": Late(1, 0)}


def test_what_came_later_is_said_where_the_form_is():
    nobody = whole().coding
    lines = narrative.prose.late_entries(Late(2, 1), "reading")

    assert lines == [
        "2 readings were saved after the day of this report and count, since it is about a whole period.",
        "1 reading was saved after the day of this report and left out. A later day (as_of) shows it.",
    ]
    assert narrative.prose.late_entries(nobody.late, "reading") == []


def test_a_city_whose_readings_all_came_later_is_told(tmp_path):
    (tmp_path / "contract_coding.csv").write_text(
        "contract_id,coder,goal_text,time\nC1,Ana,x,2024-05-01T09:00:00Z\n", encoding="utf-8"
    )
    from rdclib.assessment import coding
    from rdclib.indicators.frames import Frames

    found = coding(Frames(load_records(city(tmp_path, MIDYEAR))))

    assert str(narrative.contract_coding(found)) == (
        "Nobody had read a contract by the day of this report, so the ten indicators that need a reader are missing. "
        "1 reading was saved after the day of this report and left out. A later day (as_of) shows it."
    )
