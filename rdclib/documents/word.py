"""Semantic HTML as an editable Word document."""

import datetime
import html
import io
import os
import subprocess
import zipfile

from rdclib import formats, style
from rdclib.documents.widths import with_widths
from rdclib.errors import ReportError

_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
# US letter with margins of one inch, in twentieths of a point.
_PAPER = {False: ("12240", "15840"), True: ("15840", "12240")}
_TEXT_SIZE = "21"  # half points


def word(body, *, title, as_of, landscape=False, language="en-US"):
    """Make a Word document.

    Parameters
    ----------
    body : str
        Semantic HTML: headings from h2 down, paragraphs, lists, `Table.html()`, `Picture.html("png")`.
    title : str
    as_of : datetime.date
        The day that the document's properties carry, so that two runs give the same bytes.
    landscape : bool
        For wide tables.
    language : str

    Returns
    -------
    bytes
        A .docx file.

    Raises
    ------
    ReportError
        When the converter refuses the page.
    """
    import pypandoc

    name = html.escape(formats.line(title))
    # Word knows alignment, not our classes.
    body = with_widths(body.replace(' class="number"', ' align="right"'), landscape)
    page = f'<html lang="{language}"><head><meta charset="utf-8"><title>{name}</title></head><body>{body}</body></html>'
    moment = datetime.datetime.combine(as_of, datetime.time(), datetime.UTC)
    # In its sandbox pandoc reads no file and fetches nothing, whatever the page says.
    command = [pypandoc.get_pandoc_path(), "--sandbox", "--standalone", "--from=html", "--to=docx", "--output=-"]
    done = subprocess.run(
        [*command, "--shift-heading-level-by=-1"],
        input=page.encode("utf-8"),
        capture_output=True,
        env=os.environ | {"SOURCE_DATE_EPOCH": str(int(moment.timestamp()))},
        check=False,
    )
    if done.returncode:
        raise ReportError(
            f"The Word document '{formats.line(title)}' could not be made: {done.stderr.decode('utf-8', 'replace')}",
            fix="Run the notebook again; if it happens twice, send this line to the maintainers.",
        )
    return _dressed(done.stdout, landscape)


def _dressed(docx, landscape):
    """Give the document its paper, text size, lines between the rows of tables, and rows that stay whole."""
    source, target = zipfile.ZipFile(io.BytesIO(docx)), io.BytesIO()
    dress = {"word/styles.xml": _styles, "word/document.xml": lambda root: _pages(root, landscape)}
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as copy:
        for part in source.infolist():
            data = source.read(part)
            copy.writestr(part, _changed(data, dress[part.filename]) if part.filename in dress else data)
    return target.getvalue()


def _changed(data, change):
    from lxml import etree

    root = etree.fromstring(data)
    change(root)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)


def _styles(root):
    for name in ("sz", "szCs"):
        root.find(f".//{{{_W}}}rPrDefault//{{{_W}}}{name}").set(f"{{{_W}}}val", _TEXT_SIZE)
    table = root.find(f".//{{{_W}}}style[@{{{_W}}}styleId='Table']/{{{_W}}}tblPr")
    borders = table.makeelement(f"{{{_W}}}tblBorders", {})
    for side in ("top", "bottom", "insideH"):
        line = {"val": "single", "sz": "4", "space": "0", "color": style.RULE[1:].upper()}
        borders.append(table.makeelement(f"{{{_W}}}{side}", {f"{{{_W}}}{key}": value for key, value in line.items()}))
    table.find(f"{{{_W}}}tblInd").addnext(borders)
    header = root.find(f".//{{{_W}}}style[@{{{_W}}}styleId='Table']/{{{_W}}}tblStylePr")
    bold = header.makeelement(f"{{{_W}}}rPr", {})
    bold.append(header.makeelement(f"{{{_W}}}b", {}))
    header.insert(0, bold)


def _pages(root, landscape):
    for row in root.iter(f"{{{_W}}}tr"):
        look = row.find(f"{{{_W}}}trPr")
        if look is None:
            look = row.makeelement(f"{{{_W}}}trPr", {})
            row.insert(0, look)
        look.insert(0, look.makeelement(f"{{{_W}}}cantSplit", {}))
    wide, high = _PAPER[landscape]
    section = root.find(f".//{{{_W}}}body/{{{_W}}}sectPr")
    size = {"w": wide, "h": high} | ({"orient": "landscape"} if landscape else {})
    margins = dict.fromkeys(("top", "right", "bottom", "left"), "1440") | dict.fromkeys(("header", "footer"), "720")
    margins["gutter"] = "0"
    for name, values in (("pgSz", size), ("pgMar", margins)):
        for old in section.findall(f"{{{_W}}}{name}"):
            section.remove(old)
        section.append(section.makeelement(f"{{{_W}}}{name}", {f"{{{_W}}}{k}": v for k, v in values.items()}))
