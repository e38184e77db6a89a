"""Remarks on the data: one finding a kind and column, with its count and examples."""

from dataclasses import asdict, dataclass

SEVERITIES = ("error", "warning", "note")
EXAMPLES = 3


@dataclass(frozen=True)
class Finding:
    """A remark on the data.

    Attributes
    ----------
    severity : str
        "error" (a table or amount cannot be trusted), "warning" (look at it), "note" (good to know).
    table, file, column : str
        Where; empty when it concerns all.
    row : int
        Line of the first example; 0 when it is no line's.
    value : str
        Examples, separated by `` | ``.
    count : int
        Cells or rows concerned.
    what : str
        What was found.
    done : str
        What we did with it, and what would mend it.
    """

    severity: str
    table: str
    file: str
    row: int
    column: str
    value: str
    count: int
    what: str
    done: str

    def as_dict(self):
        """The finding as plain values."""
        return asdict(self)


def in_order(findings):
    """Findings with the gravest first, then by table, file and column."""
    return tuple(
        sorted(findings, key=lambda f: (SEVERITIES.index(f.severity), f.table, f.column, f.file, -f.count, f.what))
    )


def together(findings):
    """One finding for one kind and column of a table: counts added, the first file's line kept, examples joined."""
    merged = {}
    for f in findings:
        key = (f.severity, f.table, f.column, f.what, f.done)
        merged.setdefault(key, []).append(f)
    result = []
    for group in merged.values():
        first = group[0]
        files = list(dict.fromkeys(f.file for f in group if f.file))
        name = first.file if len(files) <= 1 else f"{files[0]} and {len(files) - 1} more"
        values = list(dict.fromkeys(v for f in group for v in f.value.split(" | ") if v))[:EXAMPLES]
        result.append(
            Finding(
                first.severity,
                first.table,
                name,
                first.row,
                first.column,
                " | ".join(values),
                sum(f.count for f in group),
                first.what,
                first.done,
            )
        )
    return in_order(result)
