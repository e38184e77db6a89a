"""What can be computed from a city's data, as a figure."""

from rdclib import formats, style
from rdclib.catalogue import load_indicators
from rdclib.figures.picture import Picture, bars, canvas, label_margin, wrap

_ROW = 0.34  # inches for a bar


def data_readiness(result):
    """Indicators that can be computed, group by group.

    Parameters
    ----------
    result : rdclib.readiness.Readiness

    Returns
    -------
    Picture
    """
    groups = {}
    for indicator in load_indicators():
        groups.setdefault(indicator.group, []).append(indicator.id in result.computable)
    labels = [wrap(group[0].upper() + group[1:] if group != "RDC practice" else group, 24, 1) for group in groups]
    shares = [sum(known) / len(known) for known in groups.values()]
    words = [f"{sum(known)} of {len(known)}" for known in groups.values()]
    figure, axes = canvas(len(groups) * _ROW + 0.2, left=label_margin(labels), right=0.8, top=0.1, bottom=0.1)
    bars(axes, labels, shares, words, colors=[style.DATA if share == 1 else style.NEUTRAL for share in shares])
    axes.set_xlim(0, 1)
    said = "; ".join(f"{label} {word}" for label, word in zip(labels, words, strict=True))
    whole = f"{len(result.computable)} of {sum(map(len, groups.values()))} indicators can be computed"
    return Picture(figure, f"{whole}: {said}.", f"{whole}, by group; gray: not all of the group can.", "data-readiness")


def columns_filled(result):
    """How full the columns are that a table needs, one bar a table: the share of its cells with a value.

    Parameters
    ----------
    result : rdclib.readiness.Readiness

    Returns
    -------
    Picture
    """
    tables = [(table, part["filled"]) for table, part in result.coverage.groupby("table", sort=False)]
    labels = [
        wrap(f"{table.replace('_', ' ').capitalize()} ({len(filled)} columns)", 34, 1) for table, filled in tables
    ]
    means = [float(filled.mean()) for _, filled in tables]
    figure, axes = canvas(max(len(tables), 1) * _ROW + 0.2, left=label_margin(labels), right=0.8, top=0.1, bottom=0.1)
    bars(axes, labels, means, [formats.share(mean) for mean in means])
    axes.set_xlim(0, 1)
    said = "; ".join(f"{label} {formats.share(mean)}" for label, mean in zip(labels, means, strict=True))
    return Picture(
        figure,
        f"Share of cells with a value: {said}." if said else "No table has come in.",
        "Cells with a value, by table, among the columns that the table has.",
        "columns-filled",
    )
