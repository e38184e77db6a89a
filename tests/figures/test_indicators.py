from rdclib import figures
from rdclib.indicators import compute, cycle_times, portfolio_overview
from tests import build
from tests.figures.legible import faults


def results(records, *ids):
    return {id: compute(id, records, minimum_n=1) for id in ids}


CITY = (
    build.contract("parks-1", current_amount=900, original_amount=900, contract_type="unit price"),
    build.contract("police-1", department="Police", vendor_id="V2", current_amount=100, original_amount=50),
    build.solicitation("one-bid", number_of_bids=1, award_date="2024-02-01"),
    build.solicitation("two-bids", number_of_bids=2, department="Police", award_date="2024-03-01"),
    build.amendment("police-1"),
)


def test_portfolio_says_its_numbers():
    picture = figures.portfolio(portfolio_overview(build.records(*CITY)))

    assert picture.alt == (
        "2 contracts worth $1,000: by department, most is Parks ($900); by vendor, most is V1 ($900); by contract "
        "type, most is unit price ($900)."
    )
    assert picture.svg.startswith("<?xml")


def test_portfolio_gathers_what_does_not_fit():
    many = [build.contract(f"c{i}", department=f"D{i:02d}", current_amount=100 - i) for i in range(12)]

    picture = figures.portfolio(portfolio_overview(build.records(*many)))

    labels = [text.get_text() for text in picture.figure.axes[0].get_yticklabels()]
    assert len(labels) == 9
    assert labels[-1] == "4 other departments"


def test_competition_shows_methods_and_single_bids():
    picture = figures.competition(results(build.records(*CITY), "CP01", "CP02"))

    assert picture.alt == (
        "Competitive procedures share 100% (34–100%) of 2 records; Single-bid rate 50% (9–91%) of 2 records."
    )
    labels = [text.get_text() for text in picture.figure.axes[1].get_yticklabels()]
    assert labels == ["Parks (1)", "Police (1)", "All (2)"]


def test_changes_show_amendments_and_growth():
    picture = figures.contract_changes(results(build.records(*CITY), "AM01", "AM04"))

    assert "Amendment rate 50% (9–91%) of 2 records" in picture.alt


def test_cycle_time_shows_the_steps_that_can_be_measured():
    picture = figures.cycle_time(cycle_times(build.records(*CITY)))

    steps = [text.get_text() for text in picture.figure.axes[0].get_yticklabels()]
    assert steps == ["Open for bids\n(2)", "Decision\n(2)"]


def test_nothing_to_draw_is_no_picture():
    records = build.records()

    assert figures.competition(results(records, "CP01", "CP02")) is None
    assert figures.contract_changes(results(records, "AM01", "AM04")) is None
    assert figures.cycle_time(cycle_times(records)) is None
    assert figures.portfolio(portfolio_overview(records)) is None


def test_every_word_can_be_read():
    names = [f"A department with quite a long name number {i}" for i in range(14)]
    rows = [
        build.contract(f"c{i}", department=name, current_amount=10**i, original_amount=10**i)
        for i, name in enumerate(names)
    ]
    rows += [
        build.solicitation(
            f"s{i}",
            department=name,
            number_of_bids=1 + i % 3,
            requisition_date="2023-11-01",
            award_date="2024-02-01",
            signed_date="2024-03-01",
        )
        for i, name in enumerate(names)
    ]
    records = build.records(*rows, build.amendment("c1"), holidays=["2024-01-01"])
    found = results(records, "CP01", "CP02", "AM01", "AM04")

    drawn = (
        figures.portfolio(portfolio_overview(records)),
        figures.competition(found),
        figures.contract_changes(found),
        figures.cycle_time(cycle_times(records)),
    )

    assert [faults(picture) for picture in drawn] == [[], [], [], []]


def test_hostile_names_are_drawn_as_they_are():
    records = build.records(build.contract("c", department="$x_1$ <b>\n" + "W" * 200, current_amount=5))

    assert figures.portfolio(portfolio_overview(records)).png
