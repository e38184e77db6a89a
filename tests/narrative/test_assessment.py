import pytest

from rdclib import narrative
from tests import build
from tests.tables.test_assessment import answer, whole

HOSTILE = "[link](http://e) <img src=x> *Parks* $1 & $2"


def test_a_city_without_anything_gets_sentences_that_say_so():
    text = str(narrative.overview(whole()))

    assert (
        "**How we work today.** Nobody has answered the practice questionnaire yet. The workbook of  `rdc template "
        "--questionnaire`  asks for it, role by role."
    ) in text
    assert "**What our own data say.** The records allow" in text
    assert "there is nothing to rank." in text
    assert "**Next steps.** No step is agreed yet." in text


def test_the_first_page_has_its_three_answers_and_the_next_step():
    rows = [
        build.contract("c1", end_date="2025-01-31", title="Shelter beds", current_amount=1_250_000),
        *(build.solicitation(f"w{k}", department="Works", number_of_bids=1) for k in range(30)),
        *(build.solicitation(f"l{k}", department="Library", number_of_bids=4) for k in range(100)),
    ]
    answers = [
        answer("Q01", "finance", 1),
        answer("Q05", "finance", 3),
        answer("Q05", "department", 1),
        answer("Q01", "finance", 0, round="0"),
    ]
    plan = [{"step": "Write down goals", "owner": "Ana", "due": "2024-09-30"}]

    text = str(narrative.overview(whole(rows, answers, plan=plan)))

    assert "2 people in 2 roles put the city at **1.5** on a scale from 0 (absent) to 4 (routine)" in text
    assert "Since round 0: Portfolio and pipeline +1.0." in text
    assert "Roles see different cities: on problem stated, finance staff say 3.0 and departments 1.0." in text
    assert "- Single-bid rate (whole city 23%): Works **100%** (89–100%; n = 30)" in text
    assert (
        "**Which contracts first.** Only 1 contract to choose from, so nothing has to be ranked; the city has not "
        "confirmed where to begin:\n\n- Shelter beds (c1), \\$1.3 million, ends January 31, 2025\n"
    ) in text
    assert "1 step is open, none of them overdue. Next: Write down goals, by September 30, 2024 (Ana)." in text


@pytest.mark.parametrize(("contracts", "ranked"), [(5, False), (6, True)])
def test_no_more_contracts_than_would_be_chosen_are_not_ranked(contracts, ranked):
    rows = [build.contract(f"c{k}", end_date="2025-01-31") for k in range(contracts)]
    text = str(narrative.overview(whole(rows)))

    assert ("Only 5 contracts to choose from, so nothing has to be ranked;" in text) != ranked
    assert ("The share says how often" in text) == ranked


def test_an_index_is_printed_in_its_own_unit():
    # 90² + 4² + 3² + 2² + 1² = 8,130.
    paid = zip("abcde", (90, 4, 3, 2, 1), strict=True)
    rows = [build.payment(amount, vendor_id=name) for name, amount in paid]

    text = str(narrative.overview(whole([build.solicitation("s"), *rows])))

    assert "- Herfindahl-Hirschman Index: **8,130** (n = 5). Guide: below 1,000 not concentrated;" in text


def test_confirmed_contracts_are_shown_in_the_citys_order():
    rows = [build.contract(f"c{k}", end_date="2025-01-31") for k in range(3)]
    text = str(narrative.overview(whole(rows, key_contracts=["c2", "c0", "gone"])))

    assert "Confirmed, but not in the register: gone. The city confirmed 3 key contracts." in text
    assert text.index("- c2") < text.index("- c0")
    assert "- c1" not in text
    assert "It chose others than the ranking, in which c1 stands among the first five." in text


def test_a_city_that_follows_the_ranking_is_not_told_otherwise():
    rows = [build.contract(f"c{k}", end_date="2025-01-31") for k in range(2)]
    text = str(narrative.overview(whole(rows, key_contracts=["c0", "c1"])))
    assert "The city confirmed 2 key contracts. The share says" in text


def test_readers_are_told_who_reads_again_and_where_they_differ():
    rows = [build.contract("a"), build.contract("b"), build.coding("a"), build.coding("a", coder="Ben", goal_text="x")]
    text = str(narrative.contract_coding(whole(rows).coding))

    # 6 of 7 agree; 3 of 14 readings are yes.
    chance = (9 + 121) / 196
    kappa = (6 / 7 - chance) / (1 - chance)
    assert text == (
        "- Read so far: 1 contract, 1 of them by two people.\n"
        f"- Readers agree on **86%** of what they looked for (Fleiss’ kappa {kappa:.2f}: 0 is what "
        "chance alone would give, 1 is full agreement).\n"
        "- They differ on: a (outcome goal written down). Read these passages together."
    )
    once = str(narrative.contract_coding(whole([build.contract("a"), build.coding("a")]).coding))
    assert "- A second person should read: a." in once
    assert "Nobody has read a contract yet" in str(narrative.contract_coding(whole().coding))


def test_a_citys_words_stay_inert():
    rows = [build.contract(f"c{k}", end_date="2025-01-31", title=HOSTILE, department=HOSTILE) for k in range(3)]
    steps = [{"step": HOSTILE, "owner": HOSTILE, "due": "2024-09-30"}]
    found = whole(rows, plan=steps)

    for prose in (narrative.overview(found), narrative.priorities(found.ranking)):
        page = prose.html()
        assert "<img" not in page
        assert "<a " not in page
        assert "<em>" not in page


def test_practice_says_what_to_ask_and_what_nobody_knows():
    answers = [
        answer("Q23", "procurement", 4, evidence=""),
        answer("Q23", "finance", 2, evidence=""),
        answer("Q01", "finance", "not known"),
    ]
    text = str(narrative.practice(whole(answers=answers).practice))

    assert "Roles differ: on joint reviews of data, procurement staff say 4.0 and finance staff 2.0." in text
    assert (
        "Level 3 or above, but no document is named: joint reviews of data. Until one is shown they count as 2." in text
    )
    assert "Most do not know: one list of contracts. Not known is not counted as no." in text
    assert "Quick wins, below the standard and within a quarter’s work: joint reviews of data." in text
    assert str(narrative.practice(whole().practice)) == "Nobody has answered the practice questionnaire yet."


def test_pipeline_puts_the_answer_beside_the_gap():
    rows = [
        build.contract("ends", end_date="2024-12-31", current_amount=2_000_000),
        *(build.contract(f"none-{k}", end_date=None) for k in range(3)),
    ]
    found = whole(rows, [answer("Q03", "procurement", 3)])

    text = str(narrative.pipeline(found.pipeline, found.practice, currency="USD"))

    assert text.startswith("**1 contract** worth \\$2.0 million of 4 in force ends within 24 months: **1** too late")
    assert "You scored 3.0 on starting early, but 75% of the contracts in force (3) have no end in the register" in text
    assert "For 1 of them the time from posting to signature is assumed to be 180 days" in text
    assert "You scored" not in str(narrative.pipeline(found.pipeline, currency="USD"))


@pytest.mark.parametrize("contracts", [0, 9])
def test_priorities_ask_for_what_is_unknown(contracts):
    rows = [build.contract(f"c{k}", end_date="2025-01-31") for k in range(contracts)]
    text = str(narrative.priorities(whole(rows).ranking))

    if contracts:
        assert "No contract is among the first five in at least 80% of cases: agree on weights, or rate" in text
        assert "36 ratings are unknown." in text
    else:
        assert "nothing to rank" in text


def test_withheld_vendors_are_said_to_be_left_out():
    text = str(narrative.practice(whole(answers=[answer("Q10", "vendor", 1), answer("Q10", "finance", 1)]).practice))
    assert "Vendors’ answers are shown from 3 vendors up, so they are left out of 1 question." in text
