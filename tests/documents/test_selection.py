"""Word and Excel files of a selection, read back."""

import io
import zipfile

import openpyxl
import pytest
from lxml import etree

from rdclib import schemas
from rdclib.documents import selection as documents
from rdclib.documents.widths import with_widths
from tests.selection.views import HOSTILE, faulty, keeping_every_rule, nothing

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


def paragraphs(docx):
    root = etree.fromstring(zipfile.ZipFile(io.BytesIO(docx)).read("word/document.xml"))
    return ["".join(t.text or "" for t in p.iter(f"{W}t")) for p in root.iter(f"{W}p")]


@pytest.mark.parametrize("selection", [faulty, nothing], ids=lambda s: s.__name__)
def test_the_schedule_has_its_parts_and_its_signatures(selection):
    told = paragraphs(documents.metric_schedule(selection()))
    parts = ("Purpose", "Metrics", "Baselines and targets", "What the city owes", "Data", "Review")
    for part in (*parts, "Payment for results", "Changes", "Signatures"):
        assert part in told
    assert "For the vendor" in told


def test_a_draft_with_faults_says_so_before_anybody_signs():
    told = paragraphs(documents.metric_schedule(faulty()))
    at = told.index("Before anybody signs")
    assert told[at + 2 : at + 5] == [
        "Each volume or speed metric of the vendor comes with one of its guardrails (TV-01)",
        "At least one metric of what the city owes the vendor",
        "HS-01 Exits to permanent housing (SPM 7b1): outside natural limits",
    ]
    assert "Before this is issued" in paragraphs(documents.rfp_section(faulty()))
    assert "Before this is issued" not in paragraphs(documents.rfp_section(keeping_every_rule()))
    assert "Steps (tiers, on HS-01): pool 1,000; thresholds 30, 35; shares 0.5, 1" in told


def test_the_words_of_a_city_stay_words():
    told = paragraphs(documents.rfp_section(faulty()))
    assert f"Families wait {HOSTILE}" in told


def test_the_rfp_section_asks_proposers_and_says_what_it_pays():
    told = " ".join(paragraphs(documents.rfp_section(faulty())))
    assert "What proposers are asked" in told
    assert "Firm fixed price: the city pays the agreed price." in told
    # What the city expects to pay is not for those who bid.
    assert "Swing by luck" not in told


def test_an_rfp_that_is_not_ready_says_so_first():
    told = paragraphs(documents.rfp_section(nothing()))
    assert any(line.startswith("Not ready to be issued: Do not solicit yet.") for line in told[:3])


def test_the_same_selection_gives_the_same_bytes():
    assert documents.metric_schedule(faulty()) == documents.metric_schedule(faulty())


def test_the_vendors_sheet_has_our_headings_drop_downs_and_no_formula():
    book = openpyxl.load_workbook(io.BytesIO(documents.reporting_template(faulty())))
    assert book.sheetnames[0] == "Observations"
    sheet = book["Observations"]
    titles = {column.title for column in schemas.TABLES["observations"].columns.values()}
    heads = [cell.value for cell in sheet[1]]
    assert set(heads) <= titles
    assert [sheet.cell(2, heads.index(h) + 1).value for h in ("Metric id", "Contract id", "Vendor")] == [
        "HS-01", "C1", "Ash & Sons",
    ]  # fmt: skip
    lists = [rule for rule in sheet.data_validations.dataValidation if rule.type == "list"]
    assert len(lists) >= 4
    assert all(cell.data_type != "f" for s in book for row in s for cell in row)


def test_intake_reads_a_filled_sheet_back(tmp_path):
    from rdclib.intake import read_table

    book = openpyxl.load_workbook(io.BytesIO(documents.reporting_template(faulty())))
    sheet = book["Observations"]
    heads = {cell.value: cell.column for cell in sheet[1]}
    for row, (count, base) in enumerate([(21, 60), (40, 66)], start=2):
        sheet.cell(row, heads["Numerator"], count)
        sheet.cell(row, heads["Denominator"], base)
    path = tmp_path / "report.xlsx"
    book.save(path)

    frame = read_table([path], "observations").frame
    known = frame[frame["numerator"].notna()]
    assert known["metric_id"].tolist() == ["HS-01", "HS-10"]
    assert known["numerator"].tolist() == [21, 40]
    assert known["denominator"].tolist() == [60, 66]
    assert set(known["contract_id"]) == {"C1"}
    assert [str(day.date()) for day in known["period_start"]] == ["2024-07-01"] * 2


def test_columns_get_room_for_their_longest_word():
    rows = "<tr><th>Unmistakably</th><th>A</th></tr><tr><td>a</td><td>b</td></tr>"
    page = f"<p>x</p><table><caption>C</caption>{rows}</table>"
    sized = with_widths(page)
    assert sized.startswith("<p>x</p><table><caption>C</caption><colgroup>")
    first, second = (float(part.split("%")[0]) for part in sized.split("width: ")[1:3])
    assert first + second == pytest.approx(100, abs=0.2)
    # 12 bold letters (14.4) and four of air against one (1.2) and four: 18.4 and 5.2 of 85 letters; the 61.4 left go by
    # the roots of what each column holds on average: 6.5 + 1 and 1 + 1.
    share = 7.5**0.5 / (7.5**0.5 + 2**0.5)
    assert first == pytest.approx(100 * (18.4 + 61.4 * share) / 85, abs=0.1)
    # A landscape page has 118 letters, of which 94.4 are left.
    wide = float(with_widths(page, landscape=True).split("width: ")[1].split("%")[0])
    assert wide == pytest.approx(100 * (18.4 + 94.4 * share) / 118, abs=0.1)
    assert with_widths("<table><tr><td>one column</td></tr></table>") == "<table><tr><td>one column</td></tr></table>"
