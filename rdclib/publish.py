"""Executed notebooks as pages: semantic HTML that opens by double click, with no code, no script and no network.

The same input gives the same bytes; the clock is never read here.
"""

import base64
import hashlib
import html
from functools import cache
from typing import NamedTuple

from rdclib import formats, style
from rdclib.errors import ReportError
from rdclib.narrative.prose import markdown_html, markdown_tokens, render_tokens
from rdclib.tables.table import MIMETYPE, Table
from rdclib.templating import Markup, render

ADVISOR = "advisor"  # tag of cells that only the advisor sees
_WIDGET = "application/vnd.jupyter.widget-view+json"


def page(notebook, engagement, *, fingerprint, version, stamp="", title=""):
    """Make the page of one executed notebook.

    Parameters
    ----------
    notebook : nbformat.NotebookNode or dict
        Executed, format 4.
    engagement : rdclib.engagement.Engagement
        Its name, city, period and day are printed at the top.
    fingerprint : str
        SHA-256 over the input files, so that a page can be traced to its data.
    version : str
        Of rdclib.
    stamp : str
        The one line that may differ between two runs on the same input, for example when the run was.
    title : str
        The notebook's first heading unless given.

    Returns
    -------
    str
        A whole HTML document.

    Raises
    ------
    ReportError
        When a cell failed or was not run, or shows something that cannot be read aloud: a figure without alternative
        text, or a table that is not a `Table`.
    """
    blocks = _Blocks(notebook)
    title = formats.line(title or blocks.title or "Report")
    city, period = formats.line(engagement.facts.city), engagement.period
    facts = {
        "Period": f"{period.label}, {formats.date(period.start)} to {formats.date(period.end)}",
        "As of": formats.date(engagement.as_of),
    }
    meta = {
        "rdclib:engagement": engagement.name,
        "rdclib:period": period.label,
        "rdclib:as-of": engagement.as_of.isoformat(),
        "rdclib:fingerprint": fingerprint,
    }
    trace = f"rdclib {version} · engagement {engagement.name} · data {fingerprint[:16]}"
    return _page(
        "report.html",
        f"{title} – {city} – {period.label}",
        version=version,
        kind="report",
        meta=meta,
        language=engagement.facts.language,
        city=city,
        heading=title,
        facts=facts.items(),
        sections=blocks.contents(),
        text=blocks.html(),
        about=Markup(markdown_html(_about(engagement))),
        trace=[line for line in (trace, stamp) if line],
    )


def unavailable(*, title, city, period, version):
    """Make the plain page for a report that could not be made and has no earlier version."""
    title, city = formats.line(title), formats.line(city)
    facts = {"Period": period}.items()
    return _page("unavailable.html", f"{title} – {city}", version=version, city=city, heading=title, facts=facts)


def index(rows, *, version):
    """Make the page that lists all reports.

    Parameters
    ----------
    rows : iterable of mapping
        One a report: ``engagement``, ``city``, ``period``, ``title``, ``state`` (a word of the ledger's), ``good`` (the
        state is fine), ``href`` (relative address of the last good report, or empty) and ``made`` (its day, or empty).
        Reports appear in the order of their first mention.
    version : str
        Of rdclib.

    Returns
    -------
    str
        A whole HTML document.
    """
    rows = list(rows)
    titles = list(dict.fromkeys(row["title"] for row in rows))
    cells = {(row["city"], row["engagement"], row["period"], row["title"]): row for row in rows}
    # Cities by name, and of each the latest period first.
    keys = sorted({key[:3] for key in cells}, key=lambda line: line[2], reverse=True)
    lines = [
        # Two engagements may be of one city; the folder's name is shown too.
        {
            "city": city,
            "engagement": name,
            "period": period,
            "reports": [cells.get((city, name, period, t)) for t in titles],
        }
        for city, name, period in sorted(keys, key=lambda line: line[:2])
    ]
    return _page(
        "index.html", "Reports", version=version, kind="index", titles=titles, lines=lines, missing=formats.MISSING
    )


class _Section(NamedTuple):
    """A heading of the contents."""

    id: str
    inner: Markup
    parts: list


class _Blocks:
    """The parts of a notebook that belong on the page, in order: headings and pieces of HTML."""

    def __init__(self, notebook):
        self.title = ""
        self._ids = {"main", "contents"}
        self._blocks = []  # (level, id, HTML): level 0 is not a heading
        self._depth = 1
        for number, cell in enumerate(notebook["cells"], start=1):
            if cell["cell_type"] == "code":
                self._check(cell, number)
            if ADVISOR in cell.get("metadata", {}).get("tags", ()):
                continue
            if cell["cell_type"] == "markdown":
                self._markdown(_source(cell))
            elif cell["cell_type"] == "code":
                for output in cell.get("outputs", ()):
                    self._output(output, number)

    def contents(self):
        """The headings of sections and of their parts; empty without a section."""
        sections = []
        for level, name, inner in self._kept():
            heading = _Section(name, Markup(inner), [])
            if level == 2:
                sections.append(heading)
            elif level == 3 and sections:
                sections[-1].parts.append(heading)
        return sections

    def html(self):
        parts, open_section = [], False
        for level, name, inner in self._kept():
            if level == 2:
                parts.append("</section>\n" * open_section + f'<section aria-labelledby="{name}">\n')
                open_section = True
            parts.append(f'<h{level} id="{name}">{inner}</h{level}>\n' if level else f"{inner}\n")
        return Markup("".join(parts) + "</section>\n" * open_section)

    def _kept(self):
        """All blocks except headings without content, as when the form they announce is not shown."""
        kept = []
        for block in reversed(self._blocks):
            level = block[0]
            below = kept[-1][0] if kept else 1
            if level and (not kept or (below and below <= level)):
                continue
            kept.append(block)
        return kept[::-1]

    def _check(self, cell, number):
        for output in cell.get("outputs", ()):
            if output["output_type"] == "error":
                raise ReportError(
                    f"Cell {number}{self._under()} stopped with {output['ename']}: {output['evalue']}",
                    fix="Open the notebook with  rdc lab  and run it; then fix the problem shown under that cell.",
                )
        if _source(cell).strip() and cell.get("execution_count") is None:
            raise ReportError(
                f"Cell {number}{self._under()} was not run.", fix="Run the whole notebook, then publish it again."
            )

    def _under(self):
        headings = [inner for level, _, inner in self._blocks if level]
        return f" under '{html.unescape(headings[-1])}'" if headings else ""

    def _markdown(self, source):
        tokens, between = markdown_tokens(source), []
        i = 0
        while i < len(tokens):
            if tokens[i].type == "heading_open":
                self._add(render_tokens(between))
                between = []
                self._heading(int(tokens[i].tag[1]), tokens[i + 1])
                i += 3
            else:
                between.append(tokens[i])
                i += 1
        self._add(render_tokens(between))

    def _heading(self, level, inline):
        inner = render_tokens([inline])
        if level == 1 and not self.title:
            self.title = inline.content
            return
        # The page's own title is the only h1, and no level is skipped.
        self._depth = max(2, min(level, self._depth + 1))
        self._blocks.append((self._depth, self._unique(formats.slug(inline.content)), inner))

    def _add(self, piece):
        if piece.strip():
            self._blocks.append((0, "", f'<div class="prose">{piece.strip()}</div>'))

    def _output(self, output, number):
        data = output.get("data", {})
        if MIMETYPE in data:
            table = Table.from_data(data[MIMETYPE])
            self._blocks.append((0, "", Table.from_data(table.data() | {"id": self._unique(table.id)}).html()))
        elif "image/svg+xml" in data or "image/png" in data:
            self._blocks.append((0, "", self._figure(output, number)))
        elif "text/markdown" in data:
            self._markdown(_joined(data["text/markdown"]))
        elif "text/html" in data and _WIDGET not in data:
            raise ReportError(
                f"Cell {number}{self._under()} shows HTML that is not a table, picture or prose of rdclib.",
                fix="Show it through rdclib.tables, rdclib.figures or rdclib.narrative, or tag the cell 'advisor'.",
            )

    def _figure(self, output, number):
        kind = "image/svg+xml" if "image/svg+xml" in output["data"] else "image/png"
        words = output.get("metadata", {}).get(kind, {})
        if not words.get("alt"):
            raise ReportError(
                f"Cell {number}{self._under()} shows a picture without alternative text.",
                fix="Show it as a rdclib.figures.Picture with the finding in its alternative text.",
            )
        image = _joined(output["data"][kind])
        if kind == "image/svg+xml":
            image = base64.b64encode(image.encode("utf-8")).decode("ascii")
        return render(
            "figure.html",
            id=self._unique(formats.slug(words.get("id", "figure"))),
            alt=words["alt"],
            kind=kind,
            image="".join(image.split()),
            caption=words.get("caption", ""),
            # On a telephone it is moved sideways, by keyboard too.
            wide=words.get("wide"),
        )

    def _unique(self, name):
        unique, number = name, 2
        while unique in self._ids:
            unique, number = f"{name}-{number}", number + 1
        self._ids.add(unique)
        return unique


def _page(template, title, *, version, kind="", meta=None, language="en", **values):
    look = _style()
    digest = base64.b64encode(hashlib.sha256(look.encode("utf-8")).digest()).decode("ascii")
    shared = {"title": title, "version": version, "kind": kind, "language": language}
    return str(
        render(template, **shared, meta=list((meta or {}).items()), style=look, style_hash=Markup(digest), **values)
    )


def _about(engagement):
    smallest = formats.integer(engagement.facts.smallest_group)
    return (
        f"Computed from the records that {formats.text(engagement.facts.city)} gave, as of "
        f"{formats.date(engagement.as_of)}. Each number shows how many records it is based on. "
        "Records that could not be counted are listed with the reason. Ranges in parentheses are 95% intervals unless "
        "noted otherwise. They show how much a number of this size can move through normal variation. Groups of fewer "
        f"than {smallest} people are suppressed to protect privacy."
    )


@cache
def _style():
    colors = {name: getattr(style, name.upper()) for name in ("ink", "muted", "rule", "panel", "data", "concern")}
    return render("page.css.html", **colors)


def _source(cell):
    return _joined(cell["source"])


def _joined(text):
    return text if isinstance(text, str) else "".join(text)
