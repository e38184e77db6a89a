import datetime

import pandas as pd
import pytest

from rdclib import assessment as stage
from rdclib import figures, questionnaire, vocabulary
from rdclib.catalogue import load_questions
from rdclib.choices import Assessment
from rdclib.indicators.frames import Frames
from tests import build
from tests.figures import legible

LONG = "Construction, Rehabilitation & <b>Emergency</b> Maintenance of the $1 Northern_Interceptor Sewer, Phase II"


def answers(levels, **more):
    return [
        {"round": "1", "respondent": role, "role": role, "question": q.id, "answer": str(level), "evidence": "memo"}
        | more
        for role, level in levels.items()
        for q in load_questions()
    ]


def frames(contracts, title=LONG):
    rows = [
        build.contract(
            f"C-{k:03d}",
            title=title,
            end_date=str(datetime.date(2024, 8, 1) + datetime.timedelta(50 * k)),
            current_amount=1e6 + k,
        )
        for k in range(contracts)
    ]
    return Frames(build.records(*rows))


def shown_words(picture):
    return [text.get_text() for axes in picture.figure.axes for text in axes.texts]


def test_heat_map_shows_every_level_and_marks_disagreement():
    everybody = dict.fromkeys(vocabulary.ROLES[:-1], 3) | {"procurement": 1}
    picture = figures.practice(questionnaire.score(answers(everybody)))

    words = shown_words(picture)
    assert words.count("1.0≠") == 9
    assert words.count("3.0≠") == 9 * 4
    assert words.count("2.6") == 18  # all roles, and with evidence
    assert "Portfolio and pipeline 2.6" in picture.alt
    assert "Roles disagree on Portfolio and pipeline" in picture.alt
    assert legible.faults(picture) == []


def test_figures_without_anything_to_show_are_left_out():
    empty = frames(0)
    coming = stage.pipeline(empty)
    assert figures.practice(questionnaire.score([])) is None
    assert figures.pipeline(coming) is None
    assert figures.priorities(stage.rank_contracts(empty, coming, Assessment())) is None


def test_heat_map_of_one_role():
    one = figures.practice(questionnaire.score(answers({"finance": 2})))

    assert legible.faults(one) == []
    assert "≠" not in "".join(shown_words(one)[:-1])


def test_withheld_vendors_have_no_column():
    rows = [*answers({"finance": 2}), *answers({"vendor": 0})]
    picture = figures.practice(questionnaire.score(rows))
    ticks = [label.get_text() for label in picture.figure.axes[0].get_xticklabels()]
    assert ticks == ["Finance", "All roles", "With evidence"]


@pytest.mark.parametrize("contracts", [1, 3, 30])
def test_pipeline_and_priorities_can_be_read(contracts):
    base = frames(contracts)
    coming = stage.pipeline(base)

    for picture in (figures.pipeline(coming), figures.priorities(stage.rank_contracts(base, coming, Assessment()))):
        assert legible.faults(picture) == []
        assert picture.alt
        assert picture.png == picture.png


def test_the_alternative_text_of_the_pipeline_has_its_numbers():
    # Ends every 50 days from August 2024; too late before 26 May 2025, to start now up to 24 August 2025.
    picture = figures.pipeline(stage.pipeline(frames(10)))

    assert picture.alt.startswith(
        "10 contracts end within 24 months: 6 too late to compete, 2 to start now and 2 to plan."
    )
    assert "(all)" in picture.caption
    assert "the 10 largest of 11" in figures.pipeline(stage.pipeline(frames(11))).caption


def test_contract_numbers_are_never_cut_off():
    picture = figures.pipeline(stage.pipeline(frames(2)))
    labels = [label.get_text() for label in picture.figure.axes[0].get_yticklabels()]
    assert [label.split("\n")[-1] for label in labels] == ["C-000", "C-001"]


def test_a_long_contract_number_leaves_the_bars_their_room():
    number = "ocds-03ad3f-284444:284444-miguel-martin-moreno-1"
    rows = [build.contract(f"{number}{k}", title=LONG, end_date="2024-12-31", current_amount=1e6) for k in range(3)]
    city = Frames(build.records(*rows))
    for picture in (
        figures.pipeline(stage.pipeline(city)),
        figures.priorities(stage.rank_contracts(city, stage.pipeline(city), Assessment())),
    ):
        axes = picture.figure.axes[0]
        labels = [label.get_text() for label in axes.get_yticklabels()]
        assert all(number in label.replace("\n", "") and label.count("\n") == 2 for label in labels)
        assert axes.get_position().width > 0.4
        assert legible.faults(picture) == []


def test_contracts_without_a_title_are_named_by_number():
    picture = figures.priorities(
        stage.rank_contracts(base := frames(2, title=None), stage.pipeline(base), Assessment())
    )
    labels = [label.get_text() for label in picture.figure.axes[0].get_yticklabels()]
    assert sorted(labels) == ["C-000", "C-001"]
    assert pd.Series(labels).notna().all()
