"""Who won, where a city says it with the status of a bid."""

import pytest

from rdclib.checks import Finding
from rdclib.intake import read_table
from rdclib.readiness import _coverage


def bids(folder, *rows, headings="Solicitation,Bidder,Bid Amount,Status"):
    (folder / "bids.csv").write_text("\n".join([headings, *rows]) + "\n", encoding="utf-8")
    return read_table([folder / "bids.csv"], "bids")


def won(read):
    return [
        None if value is None else bool(value)
        for value in read.frame["won"].astype(object).where(read.frame["won"].notna(), None)
    ]


def about_winners(read):
    return [f for f in read.findings if f.column == "won"]


@pytest.mark.parametrize(
    ("winner", "loser"),
    [("Awarded", "Evaluated"), ("WINNER", "Responsive"), ("Selected", "Not selected"), ("Adjudicada", "Desechado"),
     ("Zuschlag erteilt", "gewertet"), ("Retenue", "Rejetée"), ("Vencedor", "Classificada")],
)  # fmt: skip
def test_a_status_tells_who_won_and_the_others_lost(tmp_path, winner, loser):
    read = bids(tmp_path, f"S1,Acme Paving,100,{winner}", f"S1,Beta Roads,120,{loser}", "S2,Acme Paving,90,Responsive")

    assert won(read) == [True, False, None]
    assert read.frame["bid_status"].notna().all()
    assert about_winners(read) == [
        Finding("note", "bids", "bids.csv", 2, "won", winner, 1, "words for the status that say that a bid won",
                "read as won; others of its solicitation lost")
    ]  # fmt: skip


def test_the_data_dictionary_says_that_winners_are_made_by_us(tmp_path):
    told = bids(tmp_path, "S1,Acme Paving,100,Awarded", "S1,Beta Roads,120,Rejected")
    own = bids(
        tmp_path, "S1,Acme Paving,100,Awarded,Yes", "S1,Beta Roads,120,Rejected,No",
        headings="Solicitation,Bidder,Bid Amount,Status,Winner",
    )  # fmt: skip

    headings = [_coverage({"bids": read}).set_index("column").loc["won", "heading"] for read in (told, own)]
    assert headings == ["made by us", "Winner"]


@pytest.mark.parametrize("status", ["Not awarded", "Unsuccessful", "Rejected", "Responsive", "Awarded to another"])
def test_a_list_that_names_no_winner_leaves_it_open(tmp_path, status):
    read = bids(tmp_path, f"S1,Acme Paving,100,{status}", "S1,Beta Roads,120,Rejected")

    assert (won(read), about_winners(read)) == ([None, None], [])


def test_lots_have_winners_of_their_own(tmp_path):
    read = bids(
        tmp_path,
        "S1,1,Acme Paving,100,Awarded", "S1,2,Acme Paving,100,Responsive", "S1,1,Beta Roads,120,Responsive",
        headings="Solicitation,Lot,Bidder,Bid Amount,Status",
    )  # fmt: skip

    assert won(read) == [True, None, False]


def test_a_column_of_winners_comes_before_the_status(tmp_path):
    read = bids(
        tmp_path,
        "S1,Acme Paving,100,Awarded,No",
        "S1,Beta Roads,120,Rejected,Yes",
        "S2,Acme Paving,90,Awarded,",
        "S2,Beta Roads,95,Not awarded,No",
        headings="Solicitation,Bidder,Bid Amount,Status,Winner",
    )

    assert won(read) == [False, True, True, False]
    against, silent = about_winners(read)
    assert (against.severity, against.count, against.row, against.value) == ("warning", 2, 2, "Awarded | Rejected")
    assert (against.what, against.done) == (
        "a status that says otherwise than the column of winners",
        "the column of winners counts",
    )
    assert (silent.severity, silent.count, silent.row) == ("note", 1, 4)


def test_a_column_of_winners_may_use_words(tmp_path):
    read = bids(
        tmp_path, "S1,Acme Paving,100,Awarded", "S1,Beta Roads,120,Not awarded", "S2,Beta Roads,120,Not awarded",
        headings="Solicitation,Bidder,Bid Amount,Award",
    )  # fmt: skip

    assert (read.columns["won"]["heading"], won(read), read.findings) == ("Award", [True, False, False], ())


@pytest.mark.parametrize("heading", ["Award Status", "Bid Outcome", "Result"])
def test_headings_of_what_became_of_a_bid(tmp_path, heading):
    read = bids(
        tmp_path, "S1,Acme Paving,100,Awarded", "S1,Beta Roads,120,Not awarded",
        headings=f"Solicitation,Bidder,Bid Amount,{heading}",
    )  # fmt: skip

    assert read.columns["bid_status"]["heading"] == heading


def test_the_world_bank_says_who_won(shared):
    columns = {
        "contract": "solicitation_id",
        "opening.price.amount": "bid_amount",
        "opening.price.currency": "currency",
    }
    b = read_table([shared / "data/bids/worldbank_bids.csv"], "bids", columns=columns).frame
    priced = b[b["bid_amount"].notna()]
    priced = priced[priced.groupby("solicitation_id")["currency"].transform("nunique") <= 1]
    lowest = priced.groupby("solicitation_id")["bid_amount"].min()

    awarded = priced[priced["won"].fillna(False)].groupby("solicitation_id")["bid_amount"].min()

    # Counted from the file by its collectors: of 2,262 awards in one currency 676 did not go to the lowest price.
    assert (len(awarded), int((awarded > lowest[awarded.index]).sum())) == (2_262, 676)
