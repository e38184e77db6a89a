"""Executed notebooks as pages: semantic HTML that opens by double click, with no code, no script and no network.

The same input gives the same bytes; nothing here reads the clock.
"""

import base64
import hashlib
import html
import string
from functools import cache
from importlib import resources

from rdclib import formats, style
from rdclib.errors import ReportError
from rdclib.narrative.prose import markdown_html, markdown_tokens, render_tokens
from rdclib.tables.table import MIMETYPE, Table

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
    contents = blocks.contents()
    nav = f'<nav aria-labelledby="contents"><h2 id="contents">Contents</h2>{contents}</nav>' if contents else ""
    body = (
        f'<header class="top"><p class="city">{html.escape(city)}</p><h1>{html.escape(title)}</h1>'
        f"{_facts(facts)}</header>\n"
        f'{nav}\n<main id="main">\n{blocks.html()}</main>\n'
        f"{_footer(engagement, fingerprint=fingerprint, version=version, stamp=stamp)}"
    )
    meta = {
        "rdclib:engagement": engagement.name,
        "rdclib:period": period.label,
        "rdclib:as-of": engagement.as_of.isoformat(),
        "rdclib:fingerprint": fingerprint,
    }
    return _document(
        f"{title} – {city} – {period.label}",
        body,
        version=version,
        kind="report",
        meta=meta,
        language=engagement.facts.language,
    )


def unavailable(*, title, city, period, version):
    """Make the plain page that stands where a report could not be made and there is no earlier one."""
    body = (
        f'<header class="top"><p class="city">{html.escape(formats.line(city))}</p>'
        f"<h1>{html.escape(formats.line(title))}</h1>{_facts({'Period': period})}</header>\n"
        '<main id="main"><p>This report could not be made, and there is no earlier one. '
        "Ask the advisor who sent you here; <code>rdc status</code> says what has to be mended.</p></main>"
    )
    return _document(f"{formats.line(title)} – {formats.line(city)}", body, version=version)


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
    titles = tuple(dict.fromkeys(row["title"] for row in rows))
    cells = {(row["city"], row["engagement"], row["period"], row["title"]): _index_cell(row) for row in rows}
    # Cities by name, and of each the latest period first.
    lines = sorted({key[:3] for key in cells}, key=lambda line: line[2], reverse=True)
    lines = "".join(_index_line(line, titles, cells) for line in sorted(lines, key=lambda line: line[:2]))
    head = "".join(f'<th scope="col">{html.escape(formats.line(word))}</th>' for word in ("City", "Period", *titles))
    table = (
        '<div class="scroll" role="group" tabindex="0" aria-labelledby="all">'
        '<table><caption id="all"><span>Every engagement and period, the latest first</span></caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{lines}</tbody></table></div>"
    )
    nothing = "<p>There are no reports yet. Make them with <code>rdc run --all</code>.</p>"
    body = f'<header class="top"><h1>Reports</h1></header>\n<main id="main">\n{table if rows else nothing}</main>'
    return _document("Reports", body, version=version, kind="index")


class _Blocks:
    """The parts of a notebook that belong on the page, in order: headings and pieces of HTML."""

    def __init__(self, notebook):
        self.title = ""
        self._ids = {"main", "contents"}
        self._blocks = []  # (level, id, HTML): level 0 is no heading
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
        """The headings of sections and of their parts as nested lists of links; empty without a section."""
        sections = []
        for level, name, inner in self._kept():
            if level == 2:
                sections.append((_link(name, inner), []))
            elif level == 3 and sections:
                sections[-1][1].append(_link(name, inner))
        return _listed(link + _listed(parts) for link, parts in sections)

    def html(self):
        parts, open_section = [], False
        for level, name, inner in self._kept():
            if level == 2:
                parts.append("</section>\n" * open_section + f'<section aria-labelledby="{name}">\n')
                open_section = True
            parts.append(f'<h{level} id="{name}">{inner}</h{level}>\n' if level else f"{inner}\n")
        return "".join(parts) + "</section>\n" * open_section

    def _kept(self):
        """All blocks but headings with nothing below them, as when the form they announce is not shown."""
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
                    fix="Open the notebook with  rdc lab  and run it; mend what the message under that cell says.",
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
                f"Cell {number}{self._under()} shows HTML that is no table, picture or prose of rdclib.",
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
        name = self._unique(formats.slug(words.get("id", "figure")))
        caption = html.escape(formats.line(words.get("caption", "")))
        # On a telephone it is moved sideways, by keyboard too.
        wide = ' class="wide" tabindex="0"' if words.get("wide") else ""
        return (
            f'<figure id="{name}"{wide}><img alt="{html.escape(formats.line(words["alt"]))}" src="data:{kind};base64,'
            f'{"".join(image.split())}">{f"<figcaption>{caption}</figcaption>" if caption else ""}</figure>'
        )

    def _unique(self, name):
        unique, number = name, 2
        while unique in self._ids:
            unique, number = f"{name}-{number}", number + 1
        self._ids.add(unique)
        return unique


def _document(title, body, *, version, kind="", meta=None, language="en"):
    look = _style()
    digest = base64.b64encode(hashlib.sha256(look.encode("utf-8")).digest()).decode("ascii")
    named = "".join(
        f'<meta name="{html.escape(key)}" content="{html.escape(formats.line(value))}">\n'
        for key, value in (meta or {}).items()
    )
    return string.Template(_template("page.html")).substitute(
        language=html.escape(language),
        kind=kind,
        title=html.escape(title),
        version=html.escape(version),
        meta=named,
        style=look,
        style_hash=f"'sha256-{digest}'",
        body=body,
    )


def _facts(facts):
    pairs = "".join(
        f"<div><dt>{name}</dt><dd>{html.escape(formats.line(fact))}</dd></div>" for name, fact in facts.items()
    )
    return f'<dl class="facts">{pairs}</dl>'


def _footer(engagement, *, fingerprint, version, stamp):
    smallest = formats.integer(engagement.facts.smallest_group)
    words = (
        f"Computed from the records that {formats.text(engagement.facts.city)} gave, as they stood on "
        f"{formats.date(engagement.as_of)}. Every number comes with how many records it rests on; records that could "
        "not be counted are named with the reason. Ranges in brackets are 95% intervals unless it says otherwise: they "
        "show how far chance alone can move a number of this size. Groups of fewer than "
        f"{smallest} people are not shown."
    )
    trace = f"rdclib {version} · engagement {engagement.name} · data {fingerprint[:16]}"
    lines = "".join(f'<p class="stamp">{html.escape(formats.line(line))}</p>' for line in (trace, stamp) if line)
    return f"<footer><h2>About this report</h2>{markdown_html(words)}{lines}</footer>"


def _index_line(line, titles, cells):
    city, engagement, period = line
    name = html.escape(formats.line(city))
    # Two engagements may be of one city; the folder's name tells them apart.
    folder = f"<br><small>{html.escape(formats.line(engagement))}</small>"
    filled = "".join(f"<td>{cells.get((*line, title), formats.MISSING)}</td>" for title in titles)
    return f'<tr><th scope="row">{name}{folder}</th><td>{html.escape(formats.line(period))}</td>{filled}</tr>\n'


def _index_cell(row):
    # "Open" alone says nothing when links are read out of their table.
    label = html.escape(formats.line(f"{row['title']}, {row['city']}, {row['period']}"))
    made = f"<br><small>{html.escape(formats.line(row['made']))}</small>" if row["made"] else ""
    link = f'<a href="{html.escape(row["href"])}" aria-label="Open: {label}">Open</a>{made}' if row["href"] else ""
    if row["good"]:
        return link
    state = f'<span class="state">{html.escape(formats.line(row["state"]))}</span>'
    return f"{state}<br>Last good: {link}" if link else state


@cache
def _template(name):
    return resources.files("rdclib").joinpath("templates", name).read_text(encoding="utf-8")


@cache
def _style():
    colors = {name: getattr(style, name.upper()) for name in ("ink", "muted", "rule", "panel", "data", "concern")}
    return string.Template(_template("page.css")).substitute(colors)


def _link(name, inner):
    return f'<a href="#{name}">{inner}</a>'


def _listed(items):
    lines = "".join(f"<li>{item}</li>" for item in items)
    return f"<ol>{lines}</ol>" if lines else ""


def _source(cell):
    return _joined(cell["source"])


def _joined(text):
    return text if isinstance(text, str) else "".join(text)
