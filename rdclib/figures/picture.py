"""A drawn figure that shows itself, with its alternative text and caption, and the paper it is drawn on.

Figures compute nothing: they take a result and draw it once. There is no layout engine, which would double the time;
margins are given in inches, and long labels are measured.
"""

import base64
import html
import io
import logging
import re
import textwrap
import warnings
from dataclasses import dataclass
from functools import cached_property

import matplotlib
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.ticker import FuncFormatter, MaxNLocator

from rdclib import formats, style

# One look for everything that is drawn in this process.
matplotlib.rcParams.update(style.RC)
# A missing bold or an absent font of the reader's machine is nothing that an advisor can mend.
logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)

PNG_DPI = 150
_POINTS = 72  # an inch
# A mark of a scatter or line, at its place and in its color.
_MARK = re.compile(r'<use xlink:href="#(m[0-9a-f]+)"[^>]* style="([^"]*)"/>')
# Behind words that may lie on a line: paper keeps them readable. (A white edge would turn every letter into outlines
# of its own, and make the drawing five times as large.)
ON_LINES = {"boxstyle": "square,pad=0.08", "facecolor": style.PAPER, "edgecolor": "none"}


@dataclass(frozen=True)
class Picture:
    """A figure with the words that stand for it.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        The drawing.
    alt : str
        What a reader who cannot see the figure needs to know: the finding, with its numbers.
    caption : str
        One sentence under the figure: what is shown, for whom and when, and the source of the numbers.
    id : str
        A name, unique in a report, of lower case letters, digits and hyphens.
    """

    figure: Figure
    alt: str
    caption: str
    id: str

    @property
    def wide(self):
        """Whether panels stand beside each other, too small to be read where a telephone shows them all at once."""
        return len({round(axes.get_position().x0, 3) for axes in self.figure.axes}) > 1

    @cached_property
    def svg(self):
        """The drawing as SVG text, the same bytes each time."""
        # Ids inside the drawing come from this salt.
        with matplotlib.rc_context({"svg.hashsalt": self.id}):
            return _slim(self._draw(FigureCanvasSVG, io.StringIO(), metadata={"Date": None, "Creator": None}))

    @cached_property
    def png(self):
        """The drawing as PNG bytes, for programs that do not read SVG."""
        return self._draw(FigureCanvasAgg, io.BytesIO(), dpi=PNG_DPI, metadata={"Software": None})

    def html(self, image="svg"):
        """Give the figure with its alternative text and caption as HTML; Word needs ``image="png"``."""
        kind, data = ("svg+xml", self.svg.encode("utf-8")) if image == "svg" else ("png", self.png)
        return (
            f'<figure id="{html.escape(self.id)}" class="mathjax_ignore" style="margin: 0; max-width: 45rem">'
            f'<img alt="{html.escape(formats.line(self.alt))}" src="data:image/{kind};base64,{_base64(data)}">'
            f"<figcaption>{html.escape(formats.line(self.caption))}</figcaption></figure>"
        )

    def _repr_mimebundle_(self, include=None, exclude=None):
        words = {"alt": formats.line(self.alt), "caption": formats.line(self.caption), "id": self.id, "wide": self.wide}
        forms = {
            # JupyterLab shows no alternative text of a bare image, so it gets the whole figure.
            "text/html": self.html,
            "image/svg+xml": lambda: self.svg,
            "image/png": lambda: _base64(self.png),
            "text/plain": lambda: f"{words['caption']} {words['alt']}",
        }
        # Drawing takes longest: what the one who shows us does not want is not drawn.
        data = {kind: form() for kind, form in forms.items() if kind not in (exclude or ())}
        return data, {kind: words for kind in ("image/svg+xml", "image/png") if kind in data}

    def _draw(self, canvas, buffer, **options):
        with warnings.catch_warnings():
            # A vendor's name may hold a letter that no font here has; a box stands in its place.
            warnings.filterwarnings("ignore", message="Glyph .* missing from")
            canvas(self.figure).print_figure(buffer, **options)
        return buffer.getvalue()


def _slim(svg):
    """Leave out what no eye sees: a third of the size, the same picture.

    Coordinates are in points, so two decimals are a 7,000th of an inch; comments, metadata and blanks between elements
    are for programs; a mark that is used a hundred times says its color once; nothing refers to the names of groups.
    """
    svg = re.sub(r"<metadata>.*?</metadata>|<!--.*?-->", "", svg, flags=re.S)
    svg = re.sub(r'(?<= )(?:d|x|y|points)="[^"]*"', _shorter, svg)
    styles = {}
    for mark, style_ in _MARK.findall(svg):
        styles.setdefault(mark, set()).add(style_)
    alike = {mark: found.pop() for mark, found in styles.items() if len(found) == 1}
    svg = _MARK.sub(lambda m: m[0].replace(f' style="{m[2]}"', "") if m[1] in alike else m[0], svg)
    for mark, style_ in alike.items():
        svg = re.sub(rf'(<path id="{mark}" d="[^"]*")(?: style="[^"]*")?', rf'\1 style="{style_}"', svg)
    # A letter moved along its line, and groups that nothing refers to.
    svg = re.sub(r'(<use xlink:href="#[^"]+") transform="translate\(([\d.]+) 0\)"/>', r'\1 x="\2"/>', svg)
    svg = re.sub(r'<g id="[^"]*"', "<g", svg)
    return re.sub(r">\s+<", "><", svg)


def _shorter(match):
    """Coordinates with two decimals, on one line."""
    rounded = re.sub(r"-?\d+\.\d{3,}", lambda number: f"{float(number[0]):.2f}".rstrip("0").rstrip("."), match[0])
    return re.sub(r"\s+", " ", rounded).replace(' "', '"')


def _base64(data):
    return base64.b64encode(data).decode("ascii")


def canvas(
    height=3.4, *, rows=1, columns=1, panels=None, left=0.75, right=0.15, top=0.35, bottom=0.5, gap=0.5, width=None,
    height_ratios=None,
):  # fmt: skip
    """Give an empty figure of the house's width and its axes.

    Parameters
    ----------
    height, left, right, top, bottom : float
        Inches; the margins lie outside the axes, and labels must fit into them (see `label_margin`).
    rows, columns : int
        Places for panels. Only a single row has room for axis titles, along the bottom.
    panels : int, optional
        How many of the places are filled, row by row; all unless given.
    gap : float or (float, float)
        Inches between panels: both ways, or beside and above each other.
    width : float, optional
        Inches; a report shows every figure as wide as its text, so leave this alone unless the figure is tall.
    height_ratios : sequence of float, optional
        Heights of the rows against each other; the same unless given.

    Returns
    -------
    (matplotlib.figure.Figure, matplotlib.axes.Axes or list of Axes)
        A list where there is more than one place.
    """
    width = width or style.WIDTH
    figure = Figure(figsize=(width, height), dpi=100)
    beside, above = gap if isinstance(gap, tuple) else (gap, gap)
    panel_width = max((width - left - right - beside * (columns - 1)) / columns, 0.5)
    panel_height = max((height - top - bottom - above * (rows - 1)) / rows, 0.3)
    placed = {
        "left": left / width,
        "right": 1 - right / width,
        "top": 1 - top / height,
        "bottom": bottom / height,
        "wspace": beside / panel_width,
        "hspace": above / panel_height,
    }
    places = figure.add_gridspec(rows, columns, height_ratios=height_ratios, **placed)
    axes = [figure.add_subplot(places[i]) for i in range(panels or rows * columns)]
    for one in axes:
        # Where there is no axis title, nobody needs to measure all labels to find its place.
        one.yaxis.set_label_coords(0, 0.5)
        if rows > 1:
            one.xaxis.set_label_coords(0.5, 0)
    return figure, axes if rows * columns > 1 else axes[0]


def wrap(label, width=24, lines=2):
    """Break a city's label into lines; what does not fit ends in an ellipsis."""
    return "\n".join(textwrap.wrap(formats.line(label), width, max_lines=lines, placeholder="…", break_on_hyphens=True))


def text_width(text, size=None):
    """Measure the longest line of a text, in inches.

    Parameters
    ----------
    text : str
    size : float, optional
        Points; the house's font size unless given.
    """
    font = get_font(findfont(FontProperties(family=style.RC["font.family"])))
    font.set_size(size or style.RC["font.size"], _POINTS)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        return max((_line_width(font, line) for line in text.split("\n")), default=0.0)


def _line_width(font, line):
    font.set_text(line)
    return font.get_width_height()[0] / 64 / _POINTS  # FreeType counts in 64ths of a point


def label_margin(labels, size=None):
    """Give the left margin in inches that a set of (wrapped) labels needs beside horizontal bars."""
    return max((text_width(label, size) for label in labels), default=0.0) + 0.2


def axis_as(axis, kind, currency=""):
    """Write an axis's numbers as the house writes them.

    Parameters
    ----------
    axis : matplotlib.axis.Axis
    kind : str
        One of `formats.KINDS`; money is shortened, ``$1,200,000`` reads ``$1.2M``.
    currency : str
        Of money, which cannot do without.
    """
    if kind in formats.NUMERIC:
        # Steps of 2.5 would be rounded in their labels: 63%, 65%, 68%.
        axis.set_major_locator(InSight(nbins=6, steps=[1, 2, 5, 10]))
    if kind == "money":
        axis.set_major_formatter(FuncFormatter(lambda x, _: formats.short_money(x, currency)))
    else:
        axis.set_major_formatter(FuncFormatter(lambda x, _: formats.value(x, kind, currency)))


class InSight(MaxNLocator):
    """Round steps, without the one beyond each end: a tick that nobody sees takes as long to make as the others."""

    def __call__(self):
        places = super().__call__()
        low, high = sorted(self.axis.get_view_interval())
        blur = 1e-10 * (high - low)
        return places[(low - blur <= places) & (places <= high + blur)]


def grid(axes, along="x"):
    """Draw faint lines to read values along one axis, and take away that axis's own line and ticks."""
    axes.grid(axis=along)
    if along == "x":
        axes.tick_params(axis="x", length=0)
    axes.spines["bottom" if along == "x" else "left"].set_visible(False)


def bars(axes, labels, values, words, *, colors=style.DATA, hatches=""):
    """Draw horizontal bars from the top down, each with its value in words at its end.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    labels : sequence of str
        Already wrapped.
    values : sequence of float
        Missing values get no bar, only their words.
    words : sequence of str
        What stands at the end of each bar.
    colors, hatches : str or sequence of str
    """
    places = range(len(labels))
    lengths = [0.0 if formats.missing(v) else float(v) for v in values]
    axes.barh(places, lengths, height=0.62, color=colors, hatch=hatches, edgecolor=style.PAPER)
    axes.set_yticks(list(places), list(labels))
    axes.set_ylim(len(labels) - 0.45, -0.55)
    # Room to the right for the longest words, in the units of the axis.
    inches = axes.get_position().width * axes.figure.get_figwidth()
    longest = max((text_width(w) for w in words), default=0.0) + 0.1
    reach = max(max(lengths, default=0.0), 0.0) or 1.0
    axes.set_xlim(min(min(lengths, default=0.0), 0.0), reach * inches / max(inches - longest, inches * 0.25))
    axes.xaxis.set_visible(False)
    axes.spines["bottom"].set_visible(False)
    offset = reach * 0.015
    for place, length, word in zip(places, lengths, words, strict=True):
        axes.text(max(length, 0.0) + offset, place, word, va="center", ha="left")


def end_labels(axes, labels, size=8.5):
    """Write words at the right-hand ends of horizontal lines, moved apart where they would lie on each other.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        Its vertical limits are set already.
    labels : iterable of (float, str, str)
        Height on the vertical axis, words, and color.
    size : float
        Points.
    """
    labels = sorted(labels)
    low, high = axes.get_ylim()
    inches = axes.get_position().height * axes.figure.get_figheight()
    least = size * 1.3 / _POINTS / inches * (high - low)
    heights = [height for height, _, _ in labels]
    for _ in range(10 * len(heights)):
        for i in range(1, len(heights)):
            short = least - (heights[i] - heights[i - 1])
            if short > 0:
                heights[i - 1], heights[i] = heights[i - 1] - short / 2, heights[i] + short / 2
    for height, (_, word, color) in zip(heights, labels, strict=True):
        axes.annotate(
            word,
            (1, height),
            xycoords=("axes fraction", "data"),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            fontsize=size,
            color=color,
        )
