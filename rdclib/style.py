"""Colors by what they mean, and the look of everything that is drawn.

The colors are told apart by readers who do not see red and green apart, and by their lightness in black and white;
even so, a mark or a word always says the same thing beside them. Text colors have a contrast of at least 4.5 to 1
on white.
"""

INK = "#1b2430"
MUTED = "#56616d"
RULE = "#cfd6dd"
PAPER = "#ffffff"
PANEL = "#f4f6f8"

DATA = "#1f5582"  # what is measured, when there is nothing to compare
SECOND = "#8fb3d1"  # the other thing, beside DATA
IMPROVEMENT = "#0f6b8f"
CONCERN = "#b3420f"
NEUTRAL = "#7d8893"
TARGET = "#5b2a73"
INTERVAL = "#b9c9d8"  # uncertainty

# Up to five series: color, line and mark differ together.
SERIES = (
    {"color": "#1f5582", "linestyle": "-", "marker": "o"},
    {"color": "#b3420f", "linestyle": "--", "marker": "s"},
    {"color": "#3c7a4b", "linestyle": "-.", "marker": "^"},
    {"color": "#5b2a73", "linestyle": ":", "marker": "D"},
    {"color": "#7d8893", "linestyle": (0, (5, 1)), "marker": "v"},
)
MARKS = {"improvement": "^", "concern": "v", "neutral": "o"}
HATCHES = {"improvement": "", "concern": "////", "neutral": ""}
# From low to high on one scale: light to dark, so that it also reads in black and white.
SCALE = ("#eef3f8", "#c4d7e8", "#86aecf", "#3f7cae", "#174a73")

WIDTH = 6.0  # inches; a phone shows it at 0.62 of its size, where 10.5 points are still read

RC = {
    "font.family": "DejaVu Sans",
    "font.size": 10.5,
    "axes.titlesize": 11,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "ytick.major.size": 0,  # lines or bars lead the eye to a label
    "axes.titley": 1.0,  # left to itself, a title is placed anew each time, after measuring every label of the axes
    "axes.labelsize": 10.5,
    "xtick.labelsize": 10,
    "ytick.labelsize": 10,
    "legend.fontsize": 10,
    "legend.frameon": False,
    "figure.facecolor": PAPER,
    "savefig.facecolor": PAPER,
    "axes.facecolor": PAPER,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.titlecolor": INK,
    "axes.edgecolor": MUTED,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": False,
    "axes.axisbelow": True,
    "grid.color": RULE,
    "grid.linewidth": 0.8,
    "lines.linewidth": 1.8,
    "lines.markersize": 5.5,
    "patch.linewidth": 0.8,
    "hatch.linewidth": 0.8,
    "axes.unicode_minus": True,
    # A vendor called "A$B and C$D" is a name, not a formula.
    "text.parse_math": False,
    # Letters as outlines: the page looks the same on a machine without the font.
    "svg.fonttype": "path",
    "svg.hashsalt": "rdclib",
    "figure.autolayout": False,
    "figure.constrained_layout.use": False,
}


def series(i):
    """Give the look of the i-th series (color, line style, mark); after five it begins again."""
    return dict(SERIES[i % len(SERIES)])


def shade(fraction):
    """Give the fill and the text color for a place on the scale from 0 (light) to 1 (dark)."""
    step = min(int(max(fraction, 0) * len(SCALE)), len(SCALE) - 1)
    return SCALE[step], INK if step < 3 else PAPER
