"""Whether the words in a figure can be read: nothing cut off at the edge, no two words on top of each other."""

from itertools import combinations

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text
from matplotlib.transforms import Bbox

EDGE = 1.0  # pixels that letters may reach over the edge; their boxes are a little larger than their ink
TOUCH = 2.0  # pixels that two boxes may share


def faults(picture):
    """Name the words of a figure that are cut off or that lie on others; empty when all can be read."""
    figure = picture.figure
    canvas = FigureCanvasAgg(figure)
    canvas.draw()  # places every word
    page = figure.bbox
    words = [(text, text.get_window_extent(canvas.get_renderer())) for text in _drawn(figure)]
    found = []
    for text, box in words:
        if box.x0 < page.x0 - EDGE or box.y0 < page.y0 - EDGE or box.x1 > page.x1 + EDGE or box.y1 > page.y1 + EDGE:
            found.append(f"cut off: {text.get_text()!r}")
    for (one, first), (other, second) in combinations(words, 2):
        if (one.get_rotation() % 90, other.get_rotation() % 90) != (0, 0):
            continue  # the boxes of slanted words cross although the words do not
        shared = Bbox.intersection(first, second)
        if shared is not None and shared.width > TOUCH and shared.height > TOUCH:
            found.append(f"on top of each other: {one.get_text()!r} and {other.get_text()!r}")
    return found


def _drawn(figure):
    """Every text that is really drawn: of ticks only those inside the axes' limits."""
    hidden = set()
    for axes in figure.axes:
        if not (axes.get_visible() and axes.axison):
            hidden |= {id(text) for axis in (axes.xaxis, axes.yaxis) for text in axis.findobj(Text)}
            continue
        for axis in (axes.xaxis, axes.yaxis):
            shown = {id(tick) for tick in axis._update_ticks()} if axis.get_visible() else set()
            for tick in (*axis.majorTicks, *axis.minorTicks):
                if id(tick) not in shown:
                    hidden |= {id(text) for text in tick.findobj(Text)}
            if not axis.get_visible():
                hidden |= {id(text) for text in axis.findobj(Text)}
    return [
        text
        for text in figure.findobj(Text)
        if id(text) not in hidden and text.get_visible() and text.get_text().strip()
    ]
