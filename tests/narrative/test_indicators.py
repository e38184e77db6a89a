from rdclib import narrative
from rdclib.indicators import compute, compute_all
from tests import build


def test_a_sentence_gives_value_base_and_gaps():
    rows = [build.solicitation(f"one-{i}", number_of_bids=1) for i in range(41)]
    rows += [build.solicitation(f"two-{i}", number_of_bids=2) for i in range(137)]
    rows += [build.solicitation(f"cancelled-{i}", solicitation_status="cancelled") for i in range(19)]
    rows += [build.solicitation(f"no-count-{i}") for i in range(12)]

    prose = narrative.indicator(compute("CP02", build.records(*rows)))

    # Wilson's interval of 41/178: 17.5% to 29.7%.
    assert prose.text == (
        "Single-bid rate: **23%** (17–30%; 41 of 178), on the poor side of the threshold, though the interval reaches "
        "over it. Left out: 19 cancelled and 12 no bid count."
    )


def test_what_cannot_be_computed_is_said():
    prose = narrative.indicator(compute("AM09", build.records()))

    assert prose.text == (
        "Milestones met on time: Cannot be computed: the city's files have no value for Due (milestones.due\\_date); "
        "Met (milestones.date\\_met). Those columns would make it possible."
    )


def test_a_group_without_values_says_so():
    assert narrative.indicators(compute_all(build.records()), "competition").text == (
        "- None of these can be computed yet."
    )


def test_coverage_counts_what_the_data_support():
    prose = narrative.coverage(compute_all(build.records()))

    assert prose.text.startswith("The city's data support **0 of 75** indicators.")
