"""Word documents: headings, header rows, captions and alternative text arrive; a city's words stay words."""

import datetime
import io
import zipfile

from lxml import etree

from rdclib.documents import word
from rdclib.figures import Picture, picture
from rdclib.tables import Column, Table

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
DAY = datetime.date(2024, 6, 30)
HOSTILE = '=1+1 <script>alert(1)</script> & "x"'


def made(**words):
    table = Table(
        f"Spend of {HOSTILE}",
        (Column("vendor", "text", "Vendor"), Column("value", "money", "Value")),
        ((HOSTILE, 1200.0),),
        currency="USD",
    )
    figure, _axes = picture.canvas(2)
    shown = Picture(figure, f"Alt of {HOSTILE}", "Caption.", "one")
    return word(f"<h2>Schedule</h2>{table.html()}{shown.html('png')}", title=f"Schedule {HOSTILE}", as_of=DAY, **words)


def part(docx, name="word/document.xml"):
    return etree.fromstring(zipfile.ZipFile(io.BytesIO(docx)).read(name))


def test_title_heading_table_and_picture_arrive_with_their_words():
    document = part(made())
    texts = ["".join(p.itertext()).strip() for p in document.iter(f"{W}p")]

    assert texts[:5] == [f"Schedule {HOSTILE}", "Schedule", f"Spend of {HOSTILE}", "Vendor", "Value"]
    assert HOSTILE in texts
    assert "$1,200" in texts
    assert len(list(document.iter(f"{W}tblHeader"))) == 1
    assert [e.get("descr") for e in document.iter("{*}docPr")] == [f"Alt of {HOSTILE}"]


def test_numbers_stand_right_and_rows_are_ruled():
    docx = made()

    assert len([e for e in part(docx).iter(f"{W}jc") if e.get(f"{W}val") in ("right", "end")]) == 2
    assert len(list(part(docx, "word/styles.xml").iter(f"{W}tblBorders"))) == 1


def test_no_row_of_a_table_is_cut_by_the_end_of_a_page():
    rows = list(part(made()).iter(f"{W}tr"))

    assert len(rows) == 2
    assert [len(row.findall(f"{W}trPr/{W}cantSplit")) for row in rows] == [1, 1]


def test_the_paper_is_letter_upright_or_wide():
    size = part(made()).find(f".//{W}pgSz")
    wide = part(made(landscape=True)).find(f".//{W}pgSz")

    assert (size.get(f"{W}w"), size.get(f"{W}h"), size.get(f"{W}orient")) == ("12240", "15840", None)
    assert (wide.get(f"{W}w"), wide.get(f"{W}h"), wide.get(f"{W}orient")) == ("15840", "12240", "landscape")


def test_two_documents_are_the_same_bytes():
    assert made() == made()


def test_a_page_that_names_a_file_or_an_address_gets_neither(tmp_path):
    secret = tmp_path / "secret.png"
    secret.write_bytes(b"secret")

    docx = word(
        f'<p>x <img alt="a" src="{secret}"> <img alt="b" src="http://127.0.0.1:9/x.png"></p>', title="T", as_of=DAY
    )

    assert not [name for name in zipfile.ZipFile(io.BytesIO(docx)).namelist() if "media" in name]
