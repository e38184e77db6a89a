"""Read the files of one table: find its rows, match its columns, read its cells, and account for all of them."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from rdclib import ocds, parsing, schemas
from rdclib.checks import Finding, together
from rdclib.errors import DataFileError
from rdclib.intake import accounts, fit, made, reading, sense, twins, wide
from rdclib.intake import headings as heads
from rdclib.intake.blocks import blocks_of
from rdclib.intake.grids import row_by_row, text_grid, workbook_grids
from rdclib.intake.notation import Notation
from rdclib.intake.objects import load_json, objects_grid, rows_grid
from rdclib.intake.opening import open_sources
from rdclib.intake.outcome import Account, Intake, described, join_frames, main_money, summed
from rdclib.intake.spans import read_periods

ASIDE_COLUMNS = ("source_file", "source_row", "column", "value", "reason", "fix", "text")
KEPT_COLUMNS = ("source_file", "source_row", "column", "text", "reason")
MOST_KEPT = 200_000  # texts kept for one column and reason of one file; the count in the finding is always whole


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
    state = _State(
        table, columns or {}, currency or accounts.NO_CURRENCY, sheet, date_order, decimal, fiscal_year_start
    )
    for path in paths:
        state.open(Path(path), alone=len(paths) == 1)
    state.compile()
    state.choose()
    twins.set_twice_aside(state, confirmed)
    heads.check_map(state.columns, table, {h for b in state.blocks for h in (*b.headings, *b.own)})
    for block in state.blocks:
        state.match(block)
    for block in state.blocks:
        state.notation.look(block, state.sure[id(block)])
    for block in state.blocks:
        state.read(block)
    return state.result()


class _State:
    """What is gathered while the files of a table are read."""

    def __init__(self, table, columns, currency, sheet, date_order, decimal, fiscal_year_start):
        self.table, self.columns, self.currency, self.sheet = table, columns, currency, sheet
        self.fiscal_year_start = fiscal_year_start
        self.kinds = schemas.columns(table)
        self.notation = Notation(self.kinds, date_order, decimal)
        self.blocks, self.skipped, self.findings = [], [], []
        self.packages, self.package_names = [], []
        self.sure, self.asked, self.unused, self.matches = {}, {}, {}, {}
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
        mark = twins.fingerprint(grid.rows) if grid.reread is None else ""
        blocks = blocks_of(grid, self.known, mark)
        if blocks is None:  # the reader of big texts saw other records than we did
            blocks = blocks_of(row_by_row(grid), self.known)
        self.blocks += blocks
        if signs := grid.about.get("open_quotes"):
            what, done = (
                "a quote that nobody closes",
                "read as a sign of the text, each line by itself; check these lines",
            )
            self.find("warning", grid.name, signs[0], "", "", len(signs), what, done)
        if count := grid.about.get("uncalculated"):
            what = "formulas that were never calculated"
            done = "their cells are empty: open the workbook in a spreadsheet program, save it, and add that file"
            self.find("warning", grid.name, 0, "", "", count, what, done)
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
        self._take(rows_grid(tables.get(self.table, []), name, {"encoding": "OCDS", "ours": True}))
        self.packages = []

    def choose(self):
        """Of the files of an archive, and the sheets or tables of a file, keep those that hold this table."""
        self._leave_other_files()
        by_file = {}
        for block in self.blocks:
            by_file.setdefault(_file_of(block), []).append(block)
        kept = []
        for group in by_file.values():
            if len(group) == 1 or self.sheet:
                kept += group
                continue
            scores = [self._score(block) for block in group]
            others = {id(block) for block in group if fit.clearly(fit.scores(block)) not in ("", self.table)}
            if len(others) < len(group):
                scores = [0 if id(block) in others else s for block, s in zip(group, scores, strict=True)]
            best = max(scores)
            left = []
            for block, score in zip(group, scores, strict=True):
                named = parsing.fold(block.file.split(" [")[-1].rstrip("]")) == parsing.fold(
                    schemas.TABLES[self.table].title
                )
                if named or (score >= 2 and score >= 0.6 * best and not _is_template_of_other(block, self.table)):
                    kept.append(block)
                else:
                    left.append(block)
            if len(left) == len(group):
                order = max(range(len(group)), key=lambda i: (scores[i], group[i].n))
                kept.append(left.pop(order))
            for block in left:
                self._leave(block, "note", f"not read as {self.table}; its lines are counted as another table's")
        self.blocks = kept
        if not kept:
            raise DataFileError(
                f"None of the files holds rows for the table {self.table}.",
                fix="Check the list of files in engagement.yaml, or name the sheet under  sheet: .",
            )

    def _leave_other_files(self):
        """Of an archive that holds this table, leave the files that look like another one, or like none of ours."""
        archives = {}
        for block in self.blocks:
            archive, inside, _ = _file_of(block).partition("/")
            if inside:
                archives.setdefault(archive, []).append(block)
        for group in archives.values():
            # Files under the same headings are of one kind, which its first file shows.
            kinds = {tuple(block.headings): block for block in reversed(group)}
            scores = {headings: fit.scores(block) for headings, block in kinds.items()} if len(kinds) > 1 else {}
            if not any(self.table in found for found in scores.values()):
                continue
            sheets = Counter(map(_file_of, group))
            for block in group:
                found = scores[tuple(block.headings)]
                other = fit.clearly(found)
                mapped = self.table in found or any(_has(block, heading) for heading in self.columns)
                if sheets[_file_of(block)] > 1 or not block.n or other == self.table or (not other and mapped):
                    continue
                why = f"it looks like {other}" if other else "no column of that table stands in it"
                done = f"not read as {self.table}, for {why}; if it is, unpack the archive and add it by itself"
                self._leave(block, "note" if other else "warning", done)
                self.blocks.remove(block)

    def _leave(self, block, severity, done):
        """Leave a block to other tables, and say so."""
        self.skipped.append(block)
        self.find(severity, block.file, 0, "", " | ".join(block.headings[:3]), block.n, "another table", done)

    def _score(self, block):
        if not block.n:
            return 0
        sure, _ = heads.recognise(block.headings, block.own, block.look(), self.table, self.columns)
        return sum(match.confidence for _, match in sure.values())

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
        if self.table == "contracts" and "status" in sure:
            at, match = sure["status"]
            if match.by != "map" and (words := reading.states_of_notices(block.columns[at])):
                # "closed" is the end of bidding there, not of a contract.
                del sure["status"]
                ask = [*ask, (match.heading, {"status": match.confidence / 2})]
                what, done = "states of notices, not of contracts", "no contract is taken for active or ended by them"
                self.find(
                    "warning", block.file, block.lines[0], "status", " | ".join(words[:3]), len(words), what, done
                )
        self.sure[id(block)] = sure
        for heading, scored in ask:
            self.asked.setdefault(heading, {}).update(scored)
        used = {at for at, _ in sure.values()}
        for part in wide.plan(block, sure, self.table, self.fiscal_year_start):
            used |= set(part["positions"].values())
            for column, at in part["positions"].items():
                joined = f"{self.matches[column].heading} | " if column in self.matches else ""
                if block.headings[at] not in joined:
                    self.matches[column] = heads.Match(column, (joined + block.headings[at])[:200], 1.0, "content")
        for j, heading in enumerate(block.headings):
            if j not in used and heading not in dict(ask) and block.look()[j].filled:
                self.unused.setdefault(heading, 0)
                self.unused[heading] += 1
        target = made.date_of_year(self.table, sure)
        if target and target not in sure:
            both = [sure[c][1] for c in ("year", "month") if c in sure]
            joined = heads.Match(target, " + ".join(m.heading for m in both), min(m.confidence for m in both))
            self.matches.setdefault(target, joined)
        for column, (_, match) in sure.items():
            before = self.matches.get(column)
            if before is None or match.confidence < before.confidence:
                self.matches[column] = match

    # --- cells

    def read(self, block):
        """Read a block's cells into a typed frame, and account for them."""
        if block.regular and block.n:
            # numpy works without Python's lock, so the second processor can do the second pass meanwhile.
            with ThreadPoolExecutor(1) as beside:
                self.again = beside.submit(accounts.second_pass, self, block)
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
        sense.lines_of_groups(self, block)
        if not block.n:
            return
        sure = dict(self.sure[id(block)])
        stacked = wide.plan(block, sure, self.table, self.fiscal_year_start)
        texts, rows, metrics, periods = self._texts(block, sure, stacked)
        sense.needed_figures(self, block, texts)
        lines = block.lines[rows] if rows is not None else block.lines
        read = {}
        main = main_money(self.table, texts)
        made.join_year_and_month(self, block, texts)
        if not block.about.get("twice"):
            sense.sums_of_others(self, block)
        # A big file's texts go as soon as their values are there: its lines can be found again in its bytes.
        letting_go = block.regular and not stacked and not any("currency" in column for column in sure)
        if letting_go:
            used = {at for at, _ in sure.values()}
            block.columns = [column if at in used else None for at, column in enumerate(block.columns)]
        for column in list(texts):
            text = texts[column]
            kind = self.kinds[column]
            order = mark = undecided = ""
            if kind == "date":
                order, undecided = self.notation.order_of(block, column)
            elif kind in heads.KINDS_OF_FIGURES:
                mark, undecided = self.notation.mark_of(block, column, text)
            if column in ("period_start", "period_end"):
                fiscal = "fiscal" in self._heading(column).lower()
                read[column] = read_periods(text, column, order, undecided, self.fiscal_year_start, fiscal=fiscal)
            else:
                read[column] = reading.read(
                    text, self.table, column, kind, order=order, decimal=mark, undecided=undecided
                )
            if kind == "money":
                made.scale(self, block, column, read[column], wide.places(sure, stacked, column))
            if not block.about.get("twice"):
                self._remarks(file, lines, column, read[column], main)
            if column != main:
                read[column].texts = None  # a copy that nobody needs any more
            if letting_go and column in sure and not isinstance(text, pa.DictionaryArray):
                texts[column] = text = block.columns[sure[column][0]] = None
        if not block.about.get("twice"):
            twins.same_lines(self, block, [r.amounts for r in read.values() if r.amounts is not None and rows is None])
        if letting_go:
            block.columns = [None] * len(block.columns)
            texts = {column: texts[column] for column in made.LOOKED_AT_AGAIN if column in texts}
            pa.default_memory_pool().release_unused()
        frame = pd.DataFrame({c: r.values for c, r in read.items()}, index=pd.RangeIndex(len(lines)), copy=False)
        made.add_columns(self, block, frame, lines, metrics, periods, texts)
        made.mark_suppressed(frame, read)
        kept, why = self._usable(frame, read)
        if twice := block.about.get("twice"):
            kept[:] = False
            why = dict.fromkeys(range(len(frame)), ("", "", *twice))
        accounts.settle(self, account, block, frame, read, lines, rows, kept, stacked, sure)
        for i in np.flatnonzero(~kept).tolist():
            column, value, reason, fix = why[i]
            at = int(rows[i]) if rows is not None else i
            self.aside.append((file, int(lines[i]), column, value, reason, fix, twins.text_of(block, at)))
        frame["source_file"] = reading.series(pa.repeat(pa.scalar(file, pa.large_string()), len(frame)), "text")
        frame["source_row"] = lines.astype(float)
        if not kept.all():
            frame = frame[kept].reset_index(drop=True)
        self.frames.append(frame)
        block.columns, block.reread = [], None  # the texts are not needed any more
        pa.default_memory_pool().release_unused()

    def _texts(self, block, sure, stacked):
        if not stacked:
            return {c: block.columns[at] for c, (at, _) in sure.items()}, None, None, None
        columns, rows, metrics, periods = wide.stack(block, sure, stacked)
        where = pa.array(rows)
        texts = {c: parsing.as_text(block.columns[at]).take(where) for c, (at, _) in sure.items()}
        return texts | columns, rows, metrics, periods

    def _remarks(self, file, lines, column, result, main):
        """Findings of one column, and the texts that are kept."""
        for severity, what, done, mask in result.remarks:
            if column == main and what in ("not an amount", "not a number"):
                continue  # the whole row is set aside, and said so
            first, value = lines[np.argmax(mask)], reading.examples(result.texts, mask)
            self.find(severity, file, first, column, value, mask.sum(), what, done)
        for reason, mask in result.kept.items():
            self.keep(file, lines, column, result.texts, mask, reason)

    def keep(self, file, lines, column, texts, mask, reason):
        """Keep the texts of cells whose meaning reading changed or refused."""
        for i in np.flatnonzero(mask)[:MOST_KEPT].tolist():
            self.kept.append((file, int(lines[i]), column, texts[i].as_py(), reason))

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
        main = main_money(self.table, read)
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

    # --- result

    def result(self):
        """Everything together."""
        frame = join_frames(self.frames, self.table)
        if self.table == "bids":
            made.others_lost(frame)
        self.findings += sense.findings(frame, self.table)  # what only the whole table shows
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
                columns[name] = described(frame[name], self.kinds[name], self.matches[name])
        return Intake(
            table=self.table,
            frame=frame,
            set_aside=aside,
            not_data=pd.DataFrame([*self.not_data, *skipped], columns=["source_file", "source_row", "kind", "text"]),
            columns=columns,
            findings=together(self.findings),
            accounts=tuple(self.accounts),
            amounts=summed(self.accounts),
            kept=pd.DataFrame(self.kept, columns=list(KEPT_COLUMNS)),
            asked=tuple(self.asked.items()),
            unused=tuple(self.unused),
        )


def _file_of(block):
    return block.file.split(" [")[0]


def _has(block, heading):
    wanted = {heads.bare(heading), parsing.fold(heading)}
    return any(heads.bare(h) in wanted or parsing.fold(h) in wanted for h in (*block.headings, *block.own))


def _is_template_of_other(block, table):
    name = parsing.fold(block.file.split(" [")[-1].rstrip("]"))
    titles = {parsing.fold(s.title): t for t, s in schemas.TABLES.items()}
    return name in titles and titles[name] != table
