"""Lists of objects in JSON, as open-data portals give them, as rows under headings."""

import json

from rdclib.errors import DataFileError
from rdclib.intake.grids import Grid, cell_text
from rdclib.intake.opening import to_utf8

DEEPEST = 3  # levels below the top at which a portal keeps its list of rows
NAMES = ("name", "title", "alias", "id", "fieldName")  # where the description of a column keeps its heading
DESCRIBING = ("fields", "columns", "meta", "metadata", "schema", "links")  # what stands beside the rows
WRAPPERS = ("properties", "attributes")  # a map's features keep their columns one level down


def load_json(source):
    """Documents of a JSON or JSON Lines text.

    Raises
    ------
    DataFileError
        When a line cannot be read.
    """
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


def objects_grid(documents, name):
    """A list of objects, or of rows beside their headings, as a grid.

    Raises
    ------
    DataFileError
        When there is no such list.
    """
    if documents and not any(isinstance(d, dict | list) and _rows(d, DEEPEST) for d in documents):
        found = [d for d in documents if isinstance(d, dict)]
    else:
        found = [row for document in documents for row in _rows(document, DEEPEST)]
    rows = [_flat(_unwrapped(item)) for item in found]
    if not any(rows):
        raise DataFileError(
            f"{name} holds no list of objects.", fix="Ask the city for a list with one object a row, or for CSV."
        )
    return rows_grid(rows, name, {"encoding": "JSON"})


def rows_grid(rows, name, about):
    """Objects as rows under headings of our making: line 0 is no line of the file.

    Parameters
    ----------
    rows : list of dict
    name : str
    about : dict
        What findings say of the file.

    Returns
    -------
    Grid
    """
    rows = [{k: v for k, v in row.items() if v is not None} for row in rows]
    names = list(dict.fromkeys(key for row in rows for key in row))
    cells = [names, *([cell_text(row.get(name, "")) for name in names] for row in rows)]
    return Grid(name, "", cells, list(range(len(cells))), about=about)


def _rows(value, depth):
    """The longest list of rows in a document, each as a dict."""
    if isinstance(value, list):
        if any(isinstance(item, dict) for item in value):
            return [item for item in value if isinstance(item, dict)]
        if len(value) > 1 and all(isinstance(item, list) for item in value) and _are_names(value[0]):
            return _named(value[0], value[1:])
        return []
    if not isinstance(value, dict) or not depth:
        return []
    best = _beside_headings(value)
    for key, inner in sorted(value.items(), key=lambda pair: pair[0].lower() in DESCRIBING):
        if best and key.lower() in DESCRIBING:
            break
        found = _rows(inner, depth - 1) if isinstance(inner, dict | list) else []
        best = max(best, found, key=len)
    return best


def _beside_headings(document):
    """Rows without names whose headings stand beside them: ``{"columns": [...], "data": [[...], ...]}``."""
    lists = [v for v in document.values() if isinstance(v, list) and v and all(isinstance(r, list) for r in v)]
    for rows in lists:
        for names in _lists_of_names(document, DEEPEST):
            if len(names) == len(rows[0]):
                return _named(names, rows)
    return []


def _lists_of_names(value, depth):
    if isinstance(value, list) and value and _are_names(value):
        yield [_name(item) for item in value]
    elif isinstance(value, dict) and depth:
        for inner in value.values():
            yield from _lists_of_names(inner, depth - 1)


def _name(item):
    """A column's heading; "" for the portal's own bookkeeping."""
    if isinstance(item, str):
        return item
    if item.get("dataTypeName") == "meta_data":
        return ""
    return next((str(item[key]) for key in NAMES if item.get(key)), "")


def _are_names(value):
    return isinstance(value, list) and all(
        isinstance(n, str) or (isinstance(n, dict) and _name(n) + "x") for n in value
    )


def _named(names, rows):
    return [{n: v for n, v in zip(names, row, strict=False) if n} for row in rows if isinstance(row, list)]


def _unwrapped(item):
    inner = next((item[key] for key in WRAPPERS if isinstance(item.get(key), dict)), None)
    return item if inner is None else inner


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
