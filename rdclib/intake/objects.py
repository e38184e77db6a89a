"""JSON and other lists of objects as grids of rows and cells."""

import json

from rdclib.errors import DataFileError
from rdclib.intake.grids import Grid, cell_text
from rdclib.intake.opening import to_utf8


def objects_grid(documents, name):
    """A list of objects, as open-data portals give them, as a grid.

    Raises
    ------
    DataFileError
        When there is no such list.
    """
    return rows_grid(_objects(documents, name), name, {"encoding": "JSON"})


def rows_grid(rows, name, about):
    """Objects as rows under headings of our making: line 0 is no line of the file."""
    rows = [{k: v for k, v in row.items() if v is not None} for row in rows]
    names = list(dict.fromkeys(key for row in rows for key in row))
    cells = [names, *([cell_text(row.get(name, "")) for name in names] for row in rows)]
    return Grid(name, "", cells, list(range(len(cells))), about=about)


def load_json(source):
    """Documents of a JSON or JSON Lines text."""
    text = to_utf8(source.data)[0].decode("utf-8", errors="replace").replace("\0", "")
    try:
        return [json.loads(text)]
    except (ValueError, RecursionError):
        pass
    documents = []
    try:
        for line in text.splitlines():
            if line.strip():
                documents.append(json.loads(line))
    except (ValueError, RecursionError):
        raise DataFileError(
            f"{source.name} begins like JSON and is not: line {len(documents) + 1} cannot be read.",
            fix="Ask the city to export it again, as JSON, JSON Lines or CSV.",
        ) from None
    return documents


def _objects(documents, name):
    found = []
    for document in documents:
        if isinstance(document, dict):
            lists = [v for v in document.values() if isinstance(v, list) and v and isinstance(v[0], dict)]
            found += max(lists, key=len) if lists else [document]
        elif isinstance(document, list):
            found += document
    rows = [_flat(item) for item in found if isinstance(item, dict)]
    if not rows:
        raise DataFileError(
            f"{name} holds no list of objects.", fix="Ask the city for a list with one object a row, or for CSV."
        )
    return rows


def _flat(item, before=""):
    row = {}
    for key, value in item.items():
        name = f"{before}{key}"
        if isinstance(value, dict):
            row |= _flat(value, f"{name}.")
        elif isinstance(value, list):
            row[name] = "; ".join(str(v) for v in value if not isinstance(v, dict | list))
        elif value is not None:
            row[name] = value
    return row
