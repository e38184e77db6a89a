"""Read the files of one table: find its rows, match its columns, read its cells, and account for all of them."""

import csv
import hashlib
import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from rdclib import ocds, parsing, periods, schemas
from rdclib.checks import Finding, together
from rdclib.errors import DataFileError
from rdclib.intake import audit, reading, vendors, wide
from rdclib.intake import headings as heads
from rdclib.intake.blocks import blocks_of
from rdclib.intake.grids import Grid, cell_text, row_by_row, text_grid, workbook_grids
from rdclib.intake.opening import open_sources, to_utf8

# The money column by which a table is summed up: the first of these that the city has.
MAIN_MONEY = {
    "contracts": ("current_amount", "original_amount", "award_amount", "ceiling_amount", "budget", "final_amount"),
    "solicitations": ("award_amount", "budget"),
    "bids": ("bid_amount", "evaluated_amount"),
    "amendments": ("amount_change",),
    "milestones": ("amount",),
    "payments": ("payment_amount",),
}
NO_CURRENCY = "XXX"  # ISO 4217: no currency is named
CENT = 0.005
ASIDE_COLUMNS = ("source_file", "source_row", "column", "value", "reason", "fix", "text")
KEPT_COLUMNS = ("source_file", "source_row", "column", "text", "reason")
MOST_KEPT = 200_000  # texts kept for one column and reason of one file; the count in the finding is always whole


@dataclass
class Amounts:
    """One money column in one currency."""

    read: float = 0.0
    accepted: float = 0.0
    set_aside: float = 0.0
    cells_unread: int = 0


@dataclass
class Account:
    """What became of one file's lines and amounts."""

    file: str
    rows_read: int = 0
    rows_accepted: int = 0
    rows_set_aside: int = 0
    rows_not_data: int = 0
    amounts: dict = field(default_factory=dict)  # column -> currency -> Amounts
    about: dict = field(default_factory=dict)


@dataclass(frozen=True)
class Intake:
    """One table as it came in.

    Attributes
    ----------
    table : str
    frame : DataFrame
        Every column of the table in its type, on a ``RangeIndex``; rows in the order of files and lines.
    set_aside : DataFrame
        One row a line that cannot be used: file, line, column, value, reason, what would mend it, and its text.
    not_data : DataFrame
        One row a line that is no data: title, heading, total, note, blank.
    columns : dict of str to dict
        ``heading``, ``confidence``, ``missing`` (share), ``min`` and ``max`` of every column that was found.
    findings : tuple of rdclib.checks.Finding
    accounts : tuple of Account
        One a file (or sheet).
    amounts : dict
        Column -> currency -> `Amounts`, over all files.
    kept : DataFrame
        Texts of cells whose meaning reading changed or refused: file, line, column, text, reason.
    asked : tuple of (heading, {column: confidence})
        Columns that may be ours; not used until the city says so.
    unused : tuple of str
        Headings that are none of our columns.
    """

    table: str
    frame: pd.DataFrame
    set_aside: pd.DataFrame
    not_data: pd.DataFrame
    columns: dict
    findings: tuple
    accounts: tuple
    amounts: dict
    kept: pd.DataFrame
    asked: tuple = ()
    unused: tuple = ()

    @property
    def rows_read(self):
        """All lines of all files."""
        return sum(a.rows_read for a in self.accounts)

    @property
    def rows_accepted(self):
        """Lines of data that came in."""
        return sum(a.rows_accepted for a in self.accounts)

    @property
    def rows_set_aside(self):
        """Lines of data that could not be used."""
        return sum(a.rows_set_aside for a in self.accounts)

    @property
    def rows_not_data(self):
        """Titles, headings, totals, notes and blank lines."""
        return sum(a.rows_not_data for a in self.accounts)

    @property
    def main_money(self):
        """The money column by which the table is summed up, or ""."""
        return next((c for c in MAIN_MONEY.get(self.table, ()) if c in self.amounts), "")


def read_table(
    paths,
    table,
    *,
    columns=None,
    currency=None,
    sheet="",
    date_order="",
    decimal="",
    confirmed=(),
    fiscal_year_start="01-01",
):
    """Read a city's files for one table.

    Parameters
    ----------
    paths : path-like or sequence of path-like
        CSV, Excel, OpenDocument, JSON or OCDS files, also compressed or in archives; they are never changed.
    table : str
        A key of ``rdclib.schemas.TABLES``.
    columns : dict of str to str, optional
        The city's map, heading to column; an empty column leaves a heading out.
    currency : str, optional
        Three letters for amounts that name none.
    sheet : str, optional
        The sheet of a workbook; otherwise all visible sheets that hold the table.
    date_order : str, optional
        "day-first" or "month-first", where the files cannot tell.
    decimal : str, optional
        "." or ",", where the files cannot tell.
    confirmed : sequence of str, optional
        Names of files that the city confirms, though another holds the same.
    fiscal_year_start : str, optional
        Month and day, for fiscal periods in names of files.

    Returns
    -------
    Intake

    Raises
    ------
    DataFileError
        When a file cannot be used at all, or the map names what is not there.
    """
    if table not in schemas.TABLES:
        raise DataFileError(f"There is no table '{table}'.", fix=f"Name one of: {', '.join(schemas.TABLES)}.")
    paths = [paths] if isinstance(paths, str | Path) else list(paths)
    state = _State(table, columns or {}, currency or NO_CURRENCY, sheet, date_order, decimal, fiscal_year_start)
    for path in paths:
        state.open(Path(path), alone=len(paths) == 1)
    state.compile()
    state.choose()
    state.set_twice_aside(confirmed)
    heads.check_map(state.columns, table, {h for b in state.blocks for h in (*b.headings, *b.own)})
    for block in state.blocks:
        state.match(block)
    state.decide()
    for block in state.blocks:
        state.read(block)
    return state.result()


class _State:
    """What is gathered while the files of a table are read."""

    def __init__(self, table, columns, currency, sheet, date_order, decimal, fiscal_year_start):
        self.table, self.columns, self.currency, self.sheet = table, columns, currency, sheet
        self.date_order, self.decimal, self.fiscal_year_start = date_order, decimal, fiscal_year_start
        self.kinds = schemas.columns(table)
        self.blocks, self.skipped, self.findings = [], [], []
        self.packages, self.package_names = [], []
        self.sure, self.asked, self.unused, self.matches = {}, {}, {}, {}
        self.orders, self.marks = {}, {}
        self.frames, self.accounts, self.aside, self.not_data, self.kept = [], [], [], [], []

    def known(self, text):
        """Whether a text is a heading of the catalogue or of the city's map."""
        return heads.is_known(text) or any(heads.bare(text) == heads.bare(h) for h in self.columns)

    def find(self, severity, file, row, column, value, count, what, done):
        """Note a finding."""
        self.findings.append(Finding(severity, self.table, file, int(row), column, value, int(count), what, done))

    # --- files to blocks

    def open(self, path, *, alone):
        """Take a file apart into blocks."""
        sources = open_sources(path)
        used = 0
        for source in sources:
            try:
                grids = self._grids(source)
            except DataFileError as error:
                if alone and len(sources) == 1:
                    raise
                self.find("warning", source.name, 0, "", "", 1, error.what, error.fix)
                continue
            used += len(self.packages)
            for grid in grids:
                used += self._take(grid)
        if not used and alone:
            raise DataFileError(
                f"{path.name} holds no table.", fix="Look into the file, and ask the city for the data."
            )

    def _take(self, grid):
        """Add a grid's tables; how many it has."""
        mark = _fingerprint(grid.rows) if grid.reread is None else ""
        blocks = blocks_of(grid, self.known, mark)
        if blocks is None:  # the reader of big texts saw other records than we did
            blocks = blocks_of(row_by_row(grid), self.known)
        self.blocks += blocks
        if hidden := grid.about.get("hidden"):
            done = "not read; name the sheet in engagement.yaml to read it"
            self.find("note", grid.name, 0, "", " | ".join(hidden), len(hidden), "hidden sheets", done)
        return len(blocks)

    def _grids(self, source):
        if source.kind == "workbook":
            return workbook_grids(source, self.sheet)
        if source.kind == "json":
            documents = load_json(source)
            if ocds.is_ocds(documents):
                self.packages += documents
                self.package_names.append(source.name)
                return []
            return [objects_grid(documents, source.name)]
        return [text_grid(source)]

    def compile(self):
        """All packages of all files together: releases of one process may lie in several of them."""
        if not self.packages:
            return
        tables = ocds.tables(self.packages)
        first = self.package_names[0].split("/")[0]
        others = len({name.split("/")[0] for name in self.package_names}) - 1
        name = first if not others else f"{first} and {others} more"
        if not tables.get(self.table) and not self.blocks:
            held = ", ".join(f"{table} ({len(rows)})" for table, rows in tables.items() if rows)
            raise DataFileError(
                f"{name} holds no {self.table}.",
                fix=f"It holds: {held or 'nothing that we read'}. Add it under another table of engagement.yaml.",
            )
        self._take(_rows_grid(tables.get(self.table, []), name, {"encoding": "OCDS", "ours": True}))
        self.packages = []

    def choose(self):
        """Of several sheets or tables in one file, keep those that hold this table."""
        by_file = {}
        for block in self.blocks:
            by_file.setdefault(block.file.split(" [")[0], []).append(block)
        kept = []
        for group in by_file.values():
            if len(group) == 1 or self.sheet:
                kept += group
                continue
            scores = [self._score(block) for block in group]
            best = max(scores)
            for block, score in zip(group, scores, strict=True):
                named = parsing.fold(block.file.split(" [")[-1].rstrip("]")) == parsing.fold(
                    schemas.TABLES[self.table].title
                )
                if named or (score >= 2 and score >= 0.6 * best and not _is_template_of_other(block, self.table)):
                    kept.append(block)
                else:
                    self.skipped.append(block)
            if not any(b in kept for b in group):
                order = max(range(len(group)), key=lambda i: (scores[i], group[i].n))
                self.skipped.remove(group[order])
                kept.append(group[order])
        for block in self.skipped:
            done = f"not read as {self.table}; its lines are counted as another table's"
            self.find("note", block.file, 0, "", " | ".join(block.headings[:3]), block.n, "another table", done)
        self.blocks = kept
        if not kept:
            raise DataFileError(
                f"None of the files holds rows for the table {self.table}.",
                fix="Check the list of files in engagement.yaml, or name the sheet under  sheet: .",
            )

    def _score(self, block):
        if not block.n:
            return 0
        sure, _ = heads.recognise(block.headings, block.own, block.look(), self.table, self.columns)
        return sum(match.confidence for _, match in sure.values())

    def set_twice_aside(self, confirmed):
        """A file whose content came before, under any name, is set aside until the city confirms it."""
        seen = {}
        alike = Counter((tuple(block.headings), block.lines_read) for block in self.blocks)
        confirmed = {Path(name).name for name in confirmed}
        for block in self.blocks:
            sign = (tuple(block.headings), block.lines_read)
            if alike[sign] == 1:
                continue
            first = seen.setdefault((sign, block.fingerprint or _text_fingerprint(block.reread[0])), block)
            name = block.file.split(" [")[0]
            if first is block or first.file == block.file or Path(name).name in confirmed:
                continue
            fix = f"If both are right, write  confirmed: [{name}]  in engagement.yaml under files > {self.table}."
            reason = f"the same content as {first.file}"
            block.about["twice"] = (reason, fix)
            done = f"set aside; {fix[0].lower()}{fix[1:]}"
            self.find("error", block.file, 0, "", "", block.n, f"a file sent twice ({reason})", done)

    # --- columns

    def match(self, block):
        """Match a block's columns to ours."""
        if not block.n:
            self.sure[id(block)] = {}
            return
        here = {h: c for h, c in self.columns.items() if _has(block, h)}
        if block.about.get("ours"):
            here = {h: h for h in block.headings if h in self.kinds} | here
        sure, ask = heads.recognise(block.headings, block.own, block.look(), self.table, here)
        self.sure[id(block)] = sure
        for heading, scored in ask:
            self.asked.setdefault(heading, {}).update(scored)
        used = {at for at, _ in sure.values()}
        for part in wide.plan(block, sure, self.table):
            used |= set(part["positions"].values())
            for column, at in part["positions"].items():
                joined = f"{self.matches[column].heading} | " if column in self.matches else ""
                if block.headings[at] not in joined:
                    self.matches[column] = heads.Match(column, (joined + block.headings[at])[:200], 1.0, "content")
        for j, heading in enumerate(block.headings):
            if j not in used and heading not in dict(ask) and block.look()[j].filled:
                self.unused.setdefault(heading, 0)
                self.unused[heading] += 1
        if {"year", "month"} & set(sure):
            target = "period_start" if self.table == "observations" else "payment_date"
            both = [sure[c][1] for c in ("year", "month") if c in sure]
            joined = heads.Match(target, " + ".join(m.heading for m in both), min(m.confidence for m in both))
            self.matches.setdefault(target, joined)
        for column, (_, match) in sure.items():
            before = self.matches.get(column)
            if before is None or match.confidence < before.confidence:
                self.matches[column] = match

    def decide(self):
        """Decide day and month, and the decimal mark, a column at a time: a file alone, else all of its family."""
        family = {}
        for block in self.blocks:
            for column, (at, _) in self.sure.get(id(block), {}).items():
                kind = self.kinds.get(column)
                if kind == "date":
                    seen = parsing.date_evidence(*parsing.tally(block.columns[at]))
                    self.orders[id(block), column] = seen
                elif kind in heads.KINDS_OF_FIGURES:
                    seen = parsing.decimal_evidence(*parsing.tally(block.columns[at]))
                    self.marks[id(block), column] = seen
                else:
                    continue
                total = family.setdefault((kind == "date", column), dict.fromkeys(seen, 0))
                for key, count in seen.items():
                    total[key] += count
        self.family = family

    def order_of(self, block, column):
        """How 3/4/2021 is read in a column of a block, and the finding's words when nobody can know."""
        seen = self.orders[id(block), column]
        own = parsing.date_order(seen)
        if own or not seen["open"]:
            return own, ""
        if self.date_order:
            return self.date_order, ""
        # The other date columns of the same file, then the same column of the other files of the family.
        beside = {}
        for (where, _), other in self.orders.items():
            if where == id(block):
                for key, count in other.items():
                    beside[key] = beside.get(key, 0) + count
        for evidence in (beside, self.family[True, column]):
            if found := parsing.date_order(evidence):
                return found, ""
        both = seen["day-first"] and seen["month-first"]
        why = "dates of both orders" if both else "dates in which day and month cannot be told apart"
        return "", f"{why} ({seen['open']} cells read either way)"

    def mark_of(self, block, column):
        """The decimal mark of a column of a block, and the finding's words when nobody can know."""
        seen = self.marks[id(block), column]
        found = parsing.decimal_mark(seen)
        if found:
            return found, ""
        if self.decimal:
            return self.decimal, ""
        beside = {}
        for (where, _), other in self.marks.items():
            if where == id(block):
                for key, count in other.items():
                    beside[key] = beside.get(key, 0) + count
        for evidence in (beside, self.family[False, column]):
            if (evidence["point"] or evidence["comma"]) and (found := parsing.decimal_mark(evidence)):
                return found, ""
        return "", f"amounts such as 1.234 that may be thousands or a decimal ({seen['open']} cells read either way)"

    # --- cells

    def read(self, block):
        """Read a block's cells into a typed frame, and account for them."""
        if block.regular and block.n:
            # numpy works without Python's lock, so the second processor can do the second pass meanwhile.
            with ThreadPoolExecutor(1) as beside:
                self.again = beside.submit(self._reread, block)
                self._read(block)
        else:
            self._read(block)

    def _read(self, block):
        account = Account(block.file, block.lines_read, about=dict(block.about))
        account.rows_not_data = len(block.not_data)
        account.rows_set_aside = len(block.aside)
        self.accounts.append(account)
        file = block.file
        self.not_data += [(file, line, kind, text) for line, kind, text in block.not_data]
        self.aside += [(file, line, "", "", reason, fix, text) for line, text, reason, fix in block.aside]
        if block.aside:
            first = block.aside[0]
            self.find(
                "warning", file, first[0], "", first[1][:60], len(block.aside), first[2], f"set aside; {first[3]}"
            )
        if not block.n:
            return
        sure = dict(self.sure[id(block)])
        stacked = wide.plan(block, sure, self.table)
        texts, rows, metrics, months = self._texts(block, sure, stacked)
        lines = block.lines[rows] if rows is not None else block.lines
        read = {}
        main = next((c for c in MAIN_MONEY.get(self.table, ()) if c in texts), None)
        self._helpers(block, sure, texts)
        # A big file's texts go as soon as their values are there: its lines can be found again in its bytes.
        letting_go = block.regular and not stacked and not any("currency" in column for column in sure)
        if letting_go:
            used = {at for at, _ in sure.values()}
            block.columns = [column if at in used else None for at, column in enumerate(block.columns)]
        for column in list(texts):
            text = texts[column]
            kind = self.kinds[column]
            order = mark = undecided = ""
            if kind == "date" and (id(block), column) in self.orders:
                order, undecided = self.order_of(block, column)
            elif kind in heads.KINDS_OF_FIGURES:
                mark, undecided = self.mark_of(block, column) if (id(block), column) in self.marks else (".", "")
                if (id(block), column) not in self.marks:
                    mark = parsing.decimal_mark(parsing.decimal_evidence(*parsing.tally(text))) or "."
            if column in ("period_start", "period_end"):
                read[column] = _periods(text, column, order, undecided, self.fiscal_year_start)
            else:
                read[column] = reading.read(
                    text, self.table, column, kind, order=order, decimal=mark, undecided=undecided
                )
            if not block.about.get("twice"):
                self._remarks(file, lines, column, read[column], main)
            if column != main:
                read[column].texts = None  # a copy that nobody needs any more
            if letting_go and column in sure and not isinstance(text, pa.DictionaryArray):
                texts[column] = text = block.columns[sure[column][0]] = None
        if not block.about.get("twice"):
            self._duplicates(block, [r.amounts for r in read.values() if r.amounts is not None and rows is None])
        if letting_go:
            block.columns = [None] * len(block.columns)
            texts = {column: texts[column] for column in _LOOKED_AT_AGAIN if column in texts}
            pa.default_memory_pool().release_unused()
        frame = pd.DataFrame({c: r.values for c, r in read.items()}, index=pd.RangeIndex(len(lines)), copy=False)
        self._made(block, frame, lines, metrics, months, texts)
        kept, why = self._usable(frame, read)
        if twice := block.about.get("twice"):
            kept[:] = False
            why = dict.fromkeys(range(len(frame)), ("", "", *twice))
        self._account(account, block, frame, read, lines, rows, kept, stacked, sure)
        for i in np.flatnonzero(~kept).tolist():
            column, value, reason, fix = why[i]
            at = int(rows[i]) if rows is not None else i
            self.aside.append((file, int(lines[i]), column, value, reason, fix, _text_of(block, at)))
        frame["source_file"] = pd.array(pa.repeat(pa.scalar(file, pa.large_string()), len(frame)), dtype=_TEXT)
        frame["source_row"] = lines.astype(float)
        if not kept.all():
            frame = frame[kept].reset_index(drop=True)
        self.frames.append(frame)
        block.columns, block.reread = [], None  # the texts are not needed any more

    def _texts(self, block, sure, stacked):
        if not stacked:
            return {c: block.columns[at] for c, (at, _) in sure.items()}, None, None, None
        columns, rows, metrics, months = wide.stack(block, sure, stacked)
        where = pa.array(rows)
        texts = {c: parsing.as_text(block.columns[at]).take(where) for c, (at, _) in sure.items()}
        return texts | columns, rows, metrics, months

    def _helpers(self, block, sure, texts):
        """A year beside a month is a period."""
        year, month = texts.pop("year", None), texts.pop("month", None)
        if year is None:
            return
        target = "period_start" if self.table == "observations" else "payment_date"
        if target in texts:
            return
        joined = []
        months = parsing.as_text(month).to_pylist() if month is not None else None
        for i, y in enumerate(parsing.as_text(year).to_pylist()):
            y = y.strip().removesuffix(".0")
            m = (months[i].strip().removesuffix(".0") if months else "1") or ""
            m = parsing.MONTHS.get(m.lower(), m)
            joined.append(f"{y}-{int(m):02d}-01" if str(m).isdigit() and y.isdigit() else f"{y} {m}".strip())
        texts[target] = pa.array(joined, pa.string())
        self.orders[id(block), target] = parsing.date_evidence(parsing.missing(texts[target]))
        self.family.setdefault((True, target), dict(self.orders[id(block), target]))

    def _remarks(self, file, lines, column, result, main):
        """Findings of one column, and the texts that are kept."""
        for severity, what, done, mask in result.remarks:
            if column == main and what in ("not an amount", "not a number"):
                continue  # the whole row is set aside, and said so
            first, value = lines[np.argmax(mask)], reading.examples(result.texts, mask)
            self.find(severity, file, first, column, value, mask.sum(), what, done)
        for reason, mask in result.kept.items():
            for i in np.flatnonzero(mask)[:MOST_KEPT].tolist():
                self.kept.append((file, int(lines[i]), column, result.texts[i].as_py(), reason))

    def _made(self, block, frame, lines, metrics, months, texts):
        """Columns that we make: ids where a city has none, periods and metrics of a wide sheet, open ends."""
        has = set(frame.columns)
        stem = Path(block.file.split(" [")[0]).name
        if self.table == "observations":
            if metrics is not None and any(metrics):
                frame["metric_id"] = pd.Series(metrics, dtype=_TEXT)
            elif "metric_id" not in has:
                sure = self.sure[id(block)]
                at = sure.get("value") or sure.get("numerator")
                heading = block.headings[at[0]] if at else Path(stem).stem
                frame["metric_id"] = pd.Series([reading.slug(heading)] * len(frame), dtype=_TEXT)
            if months is not None and any(m is not None for m in months):
                frame["period_start"] = pd.Series(pd.to_datetime(months)).astype("datetime64[us]")
            if "period_start" in frame and "period_end" not in frame:
                frame["period_end"] = _period_ends(frame["period_start"])
        if self.table == "payments" and months is not None:
            frame["payment_date"] = pd.Series(pd.to_datetime(months)).astype("datetime64[us]") + pd.offsets.MonthEnd(0)
        for key in ("contract_id", "solicitation_id", "case_id"):
            if key in self.kinds and schemas.TABLES[self.table].columns[key].metadata["key"] and key not in has:
                made = pa.array([f"{stem}:{line}" for line in lines.tolist()], pa.large_string())
                frame[key] = pd.array(made, dtype=_TEXT)
                done = "made from file and line; rows of other tables cannot refer to them"
                self.find("warning", block.file, 0, key, "", len(frame), f"no {key} in the file", done)
        for key, name in (("vendor_id", "vendor_name"), ("bidder_id", "bidder_name")):
            # Most cities have an id in every row.
            if key in self.kinds and name in has and not (key in has and frame[key].notna().all()):
                made = vendors.vendor_ids(frame[name])
                frame[key] = frame[key].fillna(made) if key in has else made
        for column, detail in (("procurement_method", "method_detail"), ("contract_type", "type_detail")):
            # What the city calls it is kept where it is none of our words.
            if column in texts and detail in self.kinds and detail not in has:
                frame[detail] = reading.series(parsing.missing(parsing.as_text(texts[column])), "text")
        if self.table == "contracts":
            if "snapshot_date" not in has and (day := _snapshot(block.file, self.fiscal_year_start)):
                frame["snapshot_date"] = pd.Series([np.datetime64(day, "us")] * len(frame), dtype="datetime64[us]")
            if "end_date" in has:
                self._open_ends(block, frame, lines, texts)

    def _open_ends(self, block, frame, lines, texts):
        start = frame["start_date"] if "start_date" in frame else pd.Series(pd.NaT, index=frame.index)
        far = reading.far_ends(pd.DataFrame({"end_date": frame["end_date"], "start_date": start}))
        if "end_date_open" not in frame:
            frame["end_date_open"] = pd.arrays.BooleanArray(
                np.zeros(len(frame), bool), frame["end_date"].isna().to_numpy()
            )
        if far.any():
            given = parsing.in_one(texts["end_date"])
            what, done = "an end so far away that it means none", "read as open-ended; the text is kept"
            first = lines[np.flatnonzero(far)[0]]
            self.find("note", block.file, first, "end_date", reading.examples(given, far), far.sum(), what, done)
            for i in np.flatnonzero(far)[:MOST_KEPT].tolist():
                self.kept.append((block.file, int(lines[i]), "end_date", given[i].as_py(), what))
            frame.loc[far, "end_date"] = pd.NaT
            frame.loc[far, "end_date_open"] = True

    def _usable(self, frame, read):
        """Rows that can be used, and for the others column, value, reason and what would mend it."""
        kept = np.ones(len(frame), dtype=bool)
        why = {}
        for name, column in schemas.TABLES[self.table].columns.items():
            if not column.metadata["key"] or name not in frame:
                continue
            gone = frame[name].isna().to_numpy()
            if self.table == "vendors" and name == "vendor_id":
                continue
            for i in np.flatnonzero(gone & kept).tolist():
                why[i] = (name, "", f"no {name}", f"Fill in the column '{self._heading(name)}' and send the row again.")
            kept &= ~gone
        main = next((c for c in MAIN_MONEY.get(self.table, ()) if c in read), None)
        if main and not read[main].kept.keys() & {k for k in read[main].kept if "either way" in k}:
            refused = read[main].refused
            for i in np.flatnonzero(refused & kept).tolist():
                text = read[main].texts[i].as_py()
                fix = f"Write a plain amount in the column '{self._heading(main)}' and send the row again."
                why[i] = (main, text[:200], "words where an amount should be", fix)
            kept &= ~refused
        return kept, why

    def _heading(self, column):
        return self.matches[column].heading if column in self.matches else column

    # --- accounts

    def _account(self, account, block, frame, read, lines, rows, kept, stacked, sure):
        if rows is None:
            account.rows_accepted = int(kept.sum())
            account.rows_set_aside += int((~kept).sum())
        else:  # a wide row came in when one of its values did, and blank ones hold no data
            came = np.zeros(block.n, dtype=bool)
            came[rows[kept]] = True
            lost = np.zeros(block.n, dtype=bool)
            lost[rows[~kept]] = True
            account.rows_accepted = int(came.sum())
            account.rows_set_aside += int((lost & ~came).sum())
            none = np.flatnonzero(~came & ~lost)
            account.rows_not_data += len(none)
            self.not_data += [
                (block.file, int(block.lines[i]), "blank", _text_of(block, int(i))) for i in none.tolist()
            ]
        given = pa.array(frame["currency"]) if "currency" in frame else None
        skip = {line for line, _, _ in block.not_data} | {line for line, _, _, _ in block.aside}
        for column, result in read.items():
            if self.kinds[column] != "money":
                continue
            positions = (
                [part["positions"][column] for part in stacked if column in part["positions"]]
                if any(column in part["positions"] for part in stacked)
                else [sure[column][0]]
            )
            self._money(account, block, column, result, given, kept, positions, sure, skip)
        if "currency" in self.kinds:
            base = self._default_currency(block, sure)
            if "currency" in frame:
                codes = frame["currency"].str.upper()
                codes = codes.replace(parsing.CURRENCY_SIGNS).where(lambda c: c.str.fullmatch("[A-Z]{3}"))
                odd = frame["currency"].notna() & codes.isna()
                if odd.any():
                    value = " | ".join(frame.loc[odd, "currency"].unique()[:3])
                    what, done = "words that are no currency", "read as the city's own currency"
                    self.find(
                        "warning", block.file, lines[np.flatnonzero(odd)[0]], "currency", value, odd.sum(), what, done
                    )
                frame["currency"] = codes.fillna(base if base != NO_CURRENCY else np.nan)
            elif base != NO_CURRENCY:
                frame["currency"] = pd.array(pa.repeat(pa.scalar(base, pa.large_string()), len(frame)), dtype=_TEXT)
            for column in MAIN_MONEY.get(self.table, ()):
                if column in read and read[column].currency is not None:
                    own = pd.Series(pd.array(pc.cast(read[column].currency, pa.large_string()), dtype=_TEXT))
                    frame["currency"] = own.fillna(frame["currency"]) if "currency" in frame else own
                    break

    def _default_currency(self, block, sure):
        for column in MAIN_MONEY.get(self.table, ()):
            if column in sure and (found := heads.currency_of(block.headings[sure[column][0]])):
                return found
        return self.currency

    def _money(self, account, block, column, result, given, kept, positions, sure, skip):
        amounts = result.amounts
        base = heads.currency_of(block.headings[positions[0]]) or self.currency
        own_at = sure.get(f"{column.removesuffix('_amount')}_currency", sure.get("currency"))
        codes = None
        if own_at is not None or result.currency is not None:
            codes = pd.Series([None] * len(amounts), dtype=object)
            if own_at is not None and own_at is not sure.get("currency"):
                given = pa.array([t.strip() or None for t in parsing.as_text(block.columns[own_at[0]]).to_pylist()])
            if given is not None and len(given) == len(amounts):
                codes = pd.Series(given.to_pylist(), dtype=object).str.strip().str.upper()
                codes = codes.map(
                    lambda c: c if isinstance(c, str) and len(c) == 3 and c.isalpha() else parsing.CURRENCY_SIGNS.get(c)
                )
            if result.currency is not None:
                named = pd.Series(result.currency.to_pylist(), dtype=object)
                codes = named.where(named.notna(), codes)
            codes = codes.where(codes.notna(), base).to_numpy()
        use = ~np.isnan(amounts)
        left = use & np.isnan(result.values.to_numpy())  # known for what it is, and left out
        by_currency = account.amounts.setdefault(column, {})
        for code in [base] if codes is None else sorted(set(codes[use].tolist())):
            mine = use if codes is None else use & (codes == code)
            entry = by_currency.setdefault(code, Amounts())
            entry.accepted += float(amounts[mine & kept & ~left].sum())
            entry.set_aside += float(amounts[mine & ~(kept & ~left)].sum())
        entry = by_currency.setdefault(base, Amounts()) if not by_currency else next(iter(by_currency.values()))
        # A line that cannot be taken apart may hold an amount that nobody can read.
        entry.cells_unread += int(result.refused.sum()) + len(block.aside)
        open_marks = any("either way" in why for why in result.kept)
        again = None if open_marks else self._again(block, column, positions, base, own_at, skip)
        for code, entry in by_currency.items():
            if again is None:
                entry.read = entry.accepted + entry.set_aside
                continue
            entry.read = again.pop(code, 0.0)
            if abs(entry.read - entry.accepted - entry.set_aside) > max(CENT, 1e-9 * abs(entry.read)):
                what = "amounts do not add up: the second pass over the raw text gives another sum"
                ours = entry.accepted + entry.set_aside
                done = f"read {entry.read:.2f}, accounted {ours:.2f} {code}; do not use this column"
                self.find("error", block.file, 0, column, "", 1, what, done)
        for code, value in (again or {}).items():
            if value:
                by_currency[code] = Amounts(read=value)
                what = "amounts do not add up: the second pass over the raw text gives another sum"
                done = f"read {value:.2f}, accounted 0.00 {code}; do not use this column"
                self.find("error", block.file, 0, column, "", 1, what, done)

    def _again(self, block, column, positions, base, currency_at, skip):
        """Sums from the second pass, by currency."""
        mark = self.mark_of(block, column)[0] if (id(block), column) in self.marks else "."
        at = currency_at[0] if currency_at is not None else None
        if block.reread is None:
            rows = zip(*[c.to_pylist() for c in block.columns], strict=True)
            sums = audit.from_rows(rows, positions, mark, at, base, parsing.CURRENCY_SIGNS)
            return sums.totals()
        data, delimiter = block.reread
        if block.regular and at is None:
            sums, records = self.again.result()
            if records != block.n:
                what = "the second pass over the raw text counts other rows"
                self.find("error", block.file, 0, "", "", abs(records - block.n), what, "ask for the file again")
            return {base: sums[column][0]}
        span = (int(block.lines.min()), int(block.lines.max()))
        rows = audit.reread_rows(data, delimiter, span, skip, quotes=block.about.get("quotes") != "open")
        return audit.from_rows(rows, positions, mark, at, base, parsing.CURRENCY_SIGNS).totals()

    def _reread(self, block):
        """The second pass over a big text: every money column in one go, beside the first pass."""
        data, delimiter = block.reread
        wanted = {c: [at] for c, (at, _) in self.sure[id(block)].items() if self.kinds.get(c) == "money"}
        marks = {c: self.mark_of(block, c)[0] or "." for c in wanted}
        skip = {line for line, _, _ in block.not_data} | {line for line, _, _, _ in block.aside}
        return audit.from_bytes(data, delimiter, wanted, marks, skip)

    def _duplicates(self, block, amounts):
        """Lines that are the same in every cell: reported, never dropped."""
        if block.n < 2:
            return
        rows = _alike(block, amounts) if block.regular else np.arange(block.n)
        keys = _line_texts(block, rows) if block.regular else _row_hashes(block).tolist()
        first, again, extra = {}, block.n, 0
        for row, key in zip(rows.tolist(), keys, strict=True):
            if (before := first.setdefault(key, row)) != row:
                again, extra = min(again, before), extra + 1
        if extra:
            done = "kept: a city may buy the same thing twice; tell us if a row was entered twice"
            what = "lines that are the same in every cell"
            self.find("warning", block.file, block.lines[again], "", _text_of(block, again)[:60], extra, what, done)

    # --- result

    def result(self):
        """Everything together."""
        frame = _join_frames(self.frames, self.table)
        self._of_all(frame)
        aside = pd.DataFrame(self.aside, columns=list(ASIDE_COLUMNS))
        for (column, reason), group in aside[aside["column"] != ""].groupby(["column", "reason"], sort=False):
            first = group.iloc[0]
            values = " | ".join(dict.fromkeys(v for v in group["value"].head(20) if v))[:120]
            self.find(
                "warning",
                first["source_file"],
                first["source_row"],
                column,
                values,
                len(group),
                reason,
                "rows set aside; correct them in rejects.xlsx and send them again",
            )
        skipped = [(b.file, 0, "another table", " | ".join(b.headings)[:300]) for b in self.skipped]
        for block in self.skipped:
            self.accounts.append(
                Account(block.file, block.lines_read, rows_not_data=block.lines_read, about=dict(block.about))
            )
        for heading, scored in self.asked.items():
            options = ", ".join(f"{c} ({s:.2f})" for c, s in sorted(scored.items(), key=lambda w: -w[1]))
            done = "not used until the city says so: answer in 00_data_readiness or under  columns:  in engagement.yaml"
            self.find("warning", "", 0, "", heading, 1, f"a column that may be {options}", done)
        if self.unused:
            names = list(self.unused)
            value = " | ".join(names)
            self.find(
                "note", "", 0, "", value, len(names), "columns that we have no use for", "left in the city's files"
            )
        columns = {}
        for name in self.kinds:
            if name in self.matches and name in frame:
                columns[name] = _described(frame[name], self.kinds[name], self.matches[name])
        return Intake(
            table=self.table,
            frame=frame,
            set_aside=aside,
            not_data=pd.DataFrame([*self.not_data, *skipped], columns=["source_file", "source_row", "kind", "text"]),
            columns=columns,
            findings=together(self.findings),
            accounts=tuple(self.accounts),
            amounts=_summed(self.accounts),
            kept=pd.DataFrame(self.kept, columns=list(KEPT_COLUMNS)),
            asked=tuple(self.asked.items()),
            unused=tuple(self.unused),
        )

    def _of_all(self, frame):
        """What only the whole table shows."""
        from rdclib.intake import sense

        self.findings += sense.findings(frame, self.table)


_TEXT = schemas.DTYPES["text"]
# Columns whose texts make other columns, after their own values are read.
_LOOKED_AT_AGAIN = ("end_date", "procurement_method", "contract_type")


def _line_text(data, delimiter, starts, record_lines, line):
    at = int(np.searchsorted(record_lines, line))
    text = data[starts[at] : starts[at + 1]].decode("utf-8", "replace")
    row = next(csv.reader([text.rstrip()], delimiter=delimiter), [])
    return " | ".join(" ".join(cell.split()) for cell in row)[:2000]


def _has(block, heading):
    wanted = {heads.bare(heading), parsing.fold(heading)}
    return any(heads.bare(h) in wanted or parsing.fold(h) in wanted for h in (*block.headings, *block.own))


def _is_template_of_other(block, table):
    name = parsing.fold(block.file.split(" [")[-1].rstrip("]"))
    titles = {parsing.fold(s.title): t for t, s in schemas.TABLES.items()}
    return name in titles and titles[name] != table


def _fingerprint(rows):
    digest = hashlib.sha256()
    for row in rows:
        digest.update(("\x1f".join(row) + "\n").encode("utf-8", "replace"))
    return digest.hexdigest()


def _text_fingerprint(data):
    digest = hashlib.sha256()
    data = memoryview(data)
    for start in range(0, len(data), 1 << 22):
        digest.update(bytes(data[start : start + (1 << 22)]).replace(b"\r", b""))
    return digest.hexdigest()


def _text_of(block, i):
    if block.regular and any(column is None for column in block.columns):
        return _line_text(*block.reread, block.starts, block.record_lines, int(block.lines[i]))
    return " | ".join(" ".join((c[i].as_py() or "").split()) for c in block.columns)[:2000]


def _alike(block, amounts):
    """Rows of a big text that may be the same as others: their amounts and texts that repeat themselves are."""
    key = np.zeros(block.n, dtype=np.uint64)
    codes = [column.indices.to_numpy() for column in block.columns if isinstance(column, pa.DictionaryArray)]
    for numbers in (*codes, *(each.view(np.uint64) for each in amounts)):
        key *= np.uint64(1_000_003)
        key += numbers.astype(np.uint64)
    ordered = np.sort(key)
    again = ordered[1:][ordered[1:] == ordered[:-1]]
    return np.flatnonzero(np.isin(key, again)) if len(again) else again


def _line_texts(block, rows):
    data, _ = block.reread
    for record in np.searchsorted(block.record_lines, block.lines[rows]).tolist():
        yield data[block.starts[record] : block.starts[record + 1]].rstrip(b"\r\n")


def _row_hashes(block):
    total = np.zeros(block.n, dtype=np.uint64)
    for column in block.columns:
        coded = parsing.as_text(column)
        values = pd.util.hash_array(
            pd.array(pc.cast(coded, pa.large_string()), dtype=_TEXT).to_numpy(dtype=object), categorize=True
        )
        total = total * np.uint64(1_000_003) + values
    return total


def _snapshot(file, fiscal_year_start):
    """The day that a name such as FY-2020-Q4.csv stands for: the last of that quarter."""
    import re

    match = re.search(r"FY[-_ ]?((?:19|20)\d{2})[-_ ]?Q([1-4])", file, re.I)
    if match:
        return periods.parse(f"FY{match[1]}-Q{match[2]}", fiscal_year_start).end
    match = re.search(r"(?<!\d)((?:19|20)\d{2})[-_]?(0[1-9]|1[0-2])[-_]?([0-2]\d|3[01])(?!\d)", file)
    if match:
        try:
            return periods.parse_day(f"{match[1]}-{match[2]}-{match[3]}")
        except Exception:
            return None
    return None


def _period_ends(starts):
    """Last days of periods whose first days are given: the gap between them says how long they are."""
    days = np.sort(starts.dropna().dt.normalize().unique())
    if len(days) < 2:
        return pd.Series(pd.NaT, index=starts.index, dtype="datetime64[us]")
    gap = int(np.diff(days).min() / np.timedelta64(1, "D"))
    if gap >= 28:
        step = 12 if gap >= 360 else 3 if gap >= 89 else 1
        ends = starts + pd.DateOffset(months=step) - pd.Timedelta(days=1)
    else:
        ends = starts + pd.Timedelta(days=gap - 1 if gap in (1, 7, 14) else 0)
    return ends.astype("datetime64[us]")


def _periods(texts, column, order, undecided, fiscal_year_start):
    """First (or last) days of periods: days, months, fiscal years and quarters."""
    result = reading.read(texts, "observations", column, "date", order=order, undecided=undecided)
    if not result.refused.any():
        return result
    values = result.values.to_numpy().copy()
    refused = result.refused.copy()
    found = {}
    for i in np.flatnonzero(refused).tolist():
        text = result.texts[i].as_py()
        if text not in found:
            found[text] = _period(text, column, fiscal_year_start)
        if found[text] is not None:
            values[i] = np.datetime64(found[text], "us")
            refused[i] = False
    again = reading.Column(pd.Series(values), refused, result.texts)
    if refused.any():
        why = undecided or "not a period"
        again.kept[why] = refused
        again.remarks.append(("warning", why, "left empty; the text is kept", refused))
    return again


def _period(text, column, fiscal_year_start):
    import calendar
    import datetime
    import re

    if day := parsing.month(text):
        last = calendar.monthrange(day.year, day.month)[1]
        return day if column == "period_start" else day.replace(day=last)
    if re.fullmatch(r"(?i)FY[\s-]?\d{4}([\s-]?Q[1-4])?", text):
        label = re.sub(
            r"(?i)FY[\s-]?(\d{4})[\s-]?(Q[1-4])?", lambda m: f"FY{m[1]}" + (f"-{m[2]}" if m[2] else ""), text
        )
        found = periods.parse(label, fiscal_year_start)
        return found.start if column == "period_start" else found.end
    if match := re.fullmatch(r"((?:19|20)\d{2})\s*[- ]?\s*Q([1-4])|Q([1-4])\s*[- ]?\s*((?:19|20)\d{2})", text, re.I):
        year, quarter = int(match[1] or match[4]), int(match[2] or match[3])
        found = periods.parse(f"FY{year}-Q{quarter}")
        return found.start if column == "period_start" else found.end
    if re.fullmatch(r"(?:19|20)\d{2}", text):
        return datetime.date(int(text), 1, 1) if column == "period_start" else datetime.date(int(text), 12, 31)
    return None


def _join_frames(frames, table):
    kinds = schemas.columns(table)
    if not frames:
        return schemas.empty(table)
    n = sum(len(f) for f in frames)
    joined = {}
    for name, kind in kinds.items():
        if not any(name in f for f in frames):
            joined[name] = reading.absent(kind, n)
            continue
        dtype = schemas.DTYPES[kind]
        parts = [f[name].astype(dtype) if name in f else reading.absent(kind, len(f)).set_axis(f.index) for f in frames]
        joined[name] = pd.concat(parts, ignore_index=True) if len(parts) > 1 else parts[0].reset_index(drop=True)
    return pd.DataFrame(joined, copy=False)


def _described(values, kind, match):
    known = values.dropna()
    low = high = None
    if len(known) and kind not in ("text", "code", "choice", "yes_no"):
        low, high = known.min(), known.max()
        if kind == "date":
            low, high = low.strftime("%Y-%m-%d"), high.strftime("%Y-%m-%d")
        else:
            low, high = float(low), float(high)
    return {
        "heading": match.heading,
        "confidence": round(float(match.confidence), 2),
        "missing": round(float(values.isna().mean()), 4) if len(values) else 0.0,
        "min": low,
        "max": high,
    }


def _summed(accounts):
    total = {}
    for account in accounts:
        for column, by_currency in account.amounts.items():
            for code, amounts in by_currency.items():
                entry = total.setdefault(column, {}).setdefault(code, Amounts())
                entry.read += amounts.read
                entry.accepted += amounts.accepted
                entry.set_aside += amounts.set_aside
                entry.cells_unread += amounts.cells_unread
    return total


# --- json --------------------------------------------------------------------------------------------------------


def objects_grid(documents, name):
    """A list of objects, as open-data portals give them, as a grid.

    Raises
    ------
    DataFileError
        When there is no such list.
    """
    return _rows_grid(_objects(documents, name), name, {"encoding": "JSON"})


def _rows_grid(rows, name, about):
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
