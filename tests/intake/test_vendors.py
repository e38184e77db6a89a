"""Vendor names: what is taken off, what is proposed, and how many of them take how long."""

import pandas as pd
import pytest

from rdclib.intake.vendors import duplicates, normalise, vendor_ids


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("The ACME Co., Inc. d/b/a Acme Signs", "acme"),
        ("Acme, S.A. de C.V.", "acme"),
        ("ACME LTDA", "acme"),
        ("O'Brien & Sons LLC", "obrien sons"),
        ("Construções Açor, Lda.", "construcoes acor"),
        ("Groß GmbH & Co. KG", "gross"),
        ("Étoile SARL", "etoile"),
        ("Inc.", "inc"),
        ("", ""),
    ],
)
def test_legal_forms_case_and_punctuation_are_taken_off(name, plain):
    assert normalise(name) == plain


def test_spellings_are_proposed_likeliest_first_and_never_merged():
    names = pd.Series(
        ["Acme Inc."] * 3 + ["ACME, INC", "Acme Paving Co", "Acme Pavng Co", "Fire District 4", "Fire District 5"]
    )

    found = duplicates(names)

    assert found[["name", "other", "score", "rows", "other_rows"]].values.tolist()[0] == [
        "Acme Inc.",
        "ACME, INC",
        100.0,
        3.0,
        1.0,
    ]
    pairs = {frozenset(pair) for pair in found[["name", "other"]].values.tolist()}
    assert frozenset(["Acme Paving Co", "Acme Pavng Co"]) in pairs
    assert frozenset(["Fire District 4", "Fire District 5"]) not in pairs


def test_words_in_another_order_are_found():
    found = duplicates(pd.Series(["Smith John Consulting", "John Smith Consulting"]))

    assert len(found) == 1


def test_ids_made_from_names_keep_two_spellings_apart():
    ids = vendor_ids(pd.Series(["Acme  Inc.", "Acme Inc.", "ACME INC", None], dtype="str"))

    assert ids.tolist()[:3] == ["Acme Inc.", "Acme Inc.", "ACME INC"]
    assert ids.isna().tolist() == [False, False, False, True]


def test_no_names_give_no_pairs():
    assert len(duplicates(pd.Series([], dtype="str"))) == 0
