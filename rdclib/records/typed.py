"""Tables with every column of their kind, whatever they were made from."""

import numpy as np
import pandas as pd
import pyarrow as pa

from rdclib import parsing, schemas
from rdclib.intake.reading import absent, series


def as_table(frame, table):
    """A frame with every column of a table, in its type."""
    frame = frame.reset_index(drop=True)
    columns = {
        name: frame[name].astype(schemas.DTYPES[kind]) if name in frame else absent(kind, len(frame))
        for name, kind in schemas.columns(table).items()
    }
    return pd.DataFrame(columns, copy=False)


def typed_rows(rows, table, file):
    """Rows of a CSV that the workbook wrote, as a typed table with every column.

    Parameters
    ----------
    rows : list of dict of str to str
    table : str
    file : str
        Its name, for the rows' lineage.
    """
    kinds = schemas.columns(table)
    columns = {}
    for name, kind in kinds.items():
        if name == "source_file":
            columns[name] = pd.Series([file] * len(rows), dtype=schemas.DTYPES["text"])
        elif name == "source_row":
            columns[name] = pd.Series(np.arange(2, len(rows) + 2), dtype=float)
        else:
            texts = parsing.missing(pa.array([row.get(name, "") for row in rows], pa.string()), keep_none=True)
            if kind == "date":
                values = parsing.dates(texts, "month-first").values
            elif kind == "yes_no":
                values = parsing.yes_no(texts).values
            elif kind in ("text", "code", "choice"):
                values = texts
            else:
                values = parsing.number(texts).values
            columns[name] = series(values, kind)
    return pd.DataFrame(columns)
