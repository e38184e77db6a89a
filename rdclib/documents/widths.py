"""Column widths for tables on paper: room for its longest word, and of the rest by how much each holds."""

import math
import re

# Headers are bold, which takes about a fifth more room.
BOLD = 1.2
# Letters of air on both sides of a cell.
AIR = 4
# Letters that fit side by side on a page, upright and landscape.
LINE = {False: 85, True: 118}

_TABLE = re.compile(r"<table\b.*?</table>", re.DOTALL)


def with_widths(body, landscape=False):
    """Give every table of a page the widths of its columns, in percent.

    Parameters
    ----------
    body : str
        Semantic HTML whose tables have no merged cells.
    landscape : bool
        Whether the page lies on its long side.

    Returns
    -------
    str
    """
    return _TABLE.sub(lambda found: _sized(found.group(0), LINE[landscape]), body)


def _sized(table, line):
    from lxml import html

    rows = [
        [" ".join(cell.text_content().split()) for cell in row.xpath("./th|./td")]
        for row in html.fragment_fromstring(table).xpath(".//tr")
    ]
    columns = len(rows[0]) if rows else 0
    rows = [row for row in rows if len(row) == columns]
    if columns < 2:
        return table
    # A word that does not fit is broken, which nobody can read; beyond that a column of text grows with its length.
    head, *body = rows
    words = [
        max(
            [BOLD * len(word) for word in head[c].split()]
            + [len(word) for row in body for word in row[c].split()]
            + [1]
        )
        + AIR
        for c in range(columns)
    ]
    amount = [math.sqrt(sum(len(row[c]) for row in rows) / len(rows) + 1) for c in range(columns)]
    spare = max(line - sum(words), 0)
    needed = [word + spare * held / sum(amount) for word, held in zip(words, amount, strict=True)]
    sizes = "".join(f'<col style="width: {100 * need / sum(needed):.1f}%">' for need in needed)
    before, mark, rest = table.partition("</caption>")
    if not mark:
        before, mark, rest = re.match(r"(<table[^>]*)(>)(.*)", table, re.DOTALL).groups()
    return f"{before}{mark}<colgroup>{sizes}</colgroup>{rest}"
