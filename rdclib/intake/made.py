"""Columns that we make: ids where a city has none, periods and metrics of a wide sheet, open ends."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from rdclib import parsing, schemas
from rdclib.intake import headings as heads
from rdclib.intake import reading, vendors
from rdclib.intake.spans import period_ends, snapshot_day

_TEXT = schemas.DTYPES["text"]
# Columns whose texts make other columns, after their own values are read.
LOOKED_AT_AGAIN = ("end_date", "procurement_method", "contract_type", "bid_status")


def date_of_year(table, columns):
    """The column that a year (and a month) are made into; "" for the year of a payment, which is no day."""
    if "year" not in columns:
        return ""
    return "period_start" if table == "observations" else "payment_date" if "month" in columns else ""


def join_year_and_month(state, block, texts):
    """A year beside a month is a period."""
    target = date_of_year(state.table, texts)
    year, month = texts.pop("year", None), texts.pop("month", None)
    if not target or target in texts:
        return
    joined = []
    months = parsing.as_text(month).to_pylist() if month is not None else None
    for i, y in enumerate(parsing.as_text(year).to_pylist()):
        y = y.strip().removesuffix(".0")
        m = (months[i].strip().removesuffix(".0") if months else "1") or ""
        m = parsing.MONTHS.get(m.lower(), m)
        joined.append(f"{y}-{int(m):02d}-01" if str(m).isdigit() and y.isdigit() else f"{y} {m}".strip())
    texts[target] = pa.array(joined, pa.string())
    state.notation.look_at(block, target, texts[target])


def add_columns(state, block, frame, lines, metrics, periods, texts):
    """Columns that we make: ids where a city has none, periods and metrics of a wide sheet, open ends."""
    has = set(frame.columns)
    stem = Path(block.file.split(" [")[0]).name
    if state.table == "observations":
        if metrics is not None and any(metrics):
            frame["metric_id"] = pd.Series(metrics, dtype=_TEXT)
        elif "metric_id" not in has:
            sure = state.sure[id(block)]
            at = sure.get("value") or sure.get("numerator")
            heading = block.headings[at[0]] if at else Path(stem).stem
            frame["metric_id"] = pd.Series([reading.slug(heading)] * len(frame), dtype=_TEXT)
        if periods is not None and any(period is not None for period in periods):
            for column, side in (("period_start", 0), ("period_end", 1)):
                frame[column] = pd.Series(pd.to_datetime([p[side] for p in periods])).astype("datetime64[us]")
        if "period_start" in frame and "period_end" not in frame:
            frame["period_end"] = period_ends(frame["period_start"], frame["metric_id"])
    if state.table == "payments" and periods is not None:
        frame["payment_date"] = pd.Series(pd.to_datetime([last for _, last in periods])).astype("datetime64[us]")
    for key in ("contract_id", "solicitation_id", "case_id"):
        if key in state.kinds and schemas.TABLES[state.table].columns[key].metadata["key"] and key not in has:
            made = pa.array([f"{stem}:{line}" for line in lines.tolist()], pa.large_string())
            frame[key] = pd.array(made, dtype=_TEXT)
            done = "made from file and line; rows of other tables cannot refer to them"
            state.find("warning", block.file, 0, key, "", len(frame), f"no {key} in the file", done)
    for key, name in (("vendor_id", "vendor_name"), ("bidder_id", "bidder_name")):
        # Most cities have an id in every row.
        if key in state.kinds and name in has and not (key in has and frame[key].notna().all()):
            made = vendors.vendor_ids(frame[name])
            frame[key] = frame[key].fillna(made) if key in has else made
    for column, detail in (("procurement_method", "method_detail"), ("contract_type", "type_detail")):
        # What the city calls it is kept where it is none of our words.
        if column in texts and detail in state.kinds and detail not in has:
            frame[detail] = reading.series(parsing.missing(parsing.as_text(texts[column])), "text")
    if state.table == "bids" and "bid_status" in texts:
        _winners(state, block, frame, lines, texts["bid_status"])
    if state.table == "contracts":
        if "snapshot_date" not in has and (day := snapshot_day(block.file, state.fiscal_year_start)):
            frame["snapshot_date"] = pd.Series([np.datetime64(day, "us")] * len(frame), dtype="datetime64[us]")
        if "end_date" in has:
            _open_ends(state, block, frame, lines, texts)


def scale(state, block, column, result, places):
    """Amounts in thousands become amounts, where the heading says that they are."""
    heading = block.headings[places[0]]
    result.scale = heads.scale_of(heading)
    if result.scale != 1:
        result.values, result.amounts = result.values * result.scale, result.amounts * result.scale
        what = f"amounts in units of {result.scale:,}, as the heading says"
        done = f"multiplied by {result.scale:,}"
        state.find("note", block.file, 0, column, heading, len(result.values), what, done)


def mark_suppressed(frame, read):
    """Mark the rows whose figure is withheld; the city's own flag comes first."""
    withheld = [result.withheld for result in read.values() if result.withheld is not None]
    if withheld and np.any(withheld, axis=0).any():
        mark = pd.Series(np.any(withheld, axis=0), frame.index)
        own = frame["suppressed"] if "suppressed" in frame else pd.Series(pd.NA, frame.index, dtype="boolean")
        frame["suppressed"] = own.fillna(mark.astype("boolean").where(mark))


def _winners(state, block, frame, lines, texts):
    """Who won, where the city's word for what became of a bid says so; a column of its own comes first."""
    said = parsing.yes_no(parsing.missing(parsing.as_text(texts)), reading.words_of("won")).values
    said = reading.series(said, "yes_no")
    yes, no = (said.eq(answer).fillna(False).to_numpy(bool) for answer in (True, False))
    # Not awarded, of every bid there is: that names no winner, and a contract may.
    own = frame["won"] if "won" in frame else pd.Series(pd.NA, frame.index, dtype="boolean")
    out = no | frame["bid_status"].isin(("disqualified", "withdrawn")).to_numpy(bool)
    against = (own.eq(False).fillna(False) & yes) | (own.fillna(False) & out)
    told = yes & own.isna().to_numpy()
    for mask, severity, what, done in (
        (told, "note", "words for the status that say that a bid won", "read as won; others of its solicitation lost"),
        (against, "warning", "a status that says otherwise than the column of winners", "the column of winners counts"),
    ):
        if mask.any():
            mask = np.asarray(mask, dtype=bool)
            value = reading.examples(parsing.in_one(texts), mask)
            state.find(severity, block.file, lines[np.argmax(mask)], "won", value, mask.sum(), what, done)
    if told.any():
        frame["won"] = own.mask(told, True)


def others_lost(bids):
    """Say of the bids beside a winner, in the same solicitation and lot, that they did not win; ``bids`` is changed."""
    if not (bids["won"].isna().any() and bids["won"].any()):
        return
    process = pd.MultiIndex.from_arrays([bids["solicitation_id"], bids["lot"].fillna("")])
    beside = process.isin(process[bids["won"].fillna(False).to_numpy(bool)].unique())
    bids["won"] = bids["won"].mask(bids["won"].isna() & beside, False)


def _open_ends(state, block, frame, lines, texts):
    """Ends so far away that they mean none."""
    start = frame["start_date"] if "start_date" in frame else pd.Series(pd.NaT, index=frame.index)
    far = reading.far_ends(pd.DataFrame({"end_date": frame["end_date"], "start_date": start}))
    if "end_date_open" not in frame:
        frame["end_date_open"] = pd.arrays.BooleanArray(np.zeros(len(frame), bool), frame["end_date"].isna().to_numpy())
    if far.any():
        given = parsing.in_one(texts["end_date"])
        what, done = "an end so far away that it means none", "read as open-ended; the text is kept"
        first = lines[np.flatnonzero(far)[0]]
        state.find("note", block.file, first, "end_date", reading.examples(given, far), far.sum(), what, done)
        state.keep(block.file, lines, "end_date", given, far, what)
        frame.loc[far, "end_date"] = pd.NaT
        frame.loc[far, "end_date_open"] = True
