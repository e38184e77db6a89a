"""Files that a city hands over: which table each is, a copy in raw/, and a draft of the column map."""

import hashlib
import re
from dataclasses import dataclass, replace
from pathlib import Path

from rdclib import ocds, parsing, saved, schemas
from rdclib.errors import DataFileError
from rdclib.intake import fit
from rdclib.intake import headings as heads
from rdclib.intake.blocks import blocks_of
from rdclib.intake.grids import text_grid, workbook_grids
from rdclib.intake.objects import load_json, objects_grid
from rdclib.intake.opening import fingerprint, open_sources
from rdclib.intake.table import read_table

FILES_LOOKED_AT = 3  # of an archive as a whole; of the others the beginning shows whether their headings are new
BEGINNING = 1 << 12  # bytes


@dataclass(frozen=True)
class Guess:
    """Which table a file is.

    Attributes
    ----------
    table : str
        The likeliest; "" when none fits, "several" or "ocds" when the file holds all those in ``scores``.
    sure : bool
        Whether it lies clearly before the next.
    scores : dict of str to float
        Every table that fits, likeliest first.
    empty : bool
        No row of data stands in the file.
    """

    table: str
    sure: bool
    scores: dict
    empty: bool = False


def guess(path):
    """Which table a file holds, by its headings and what stands below them.

    Raises
    ------
    DataFileError
        When the file cannot be used.
    """
    blocks, packages, problem = [], [], None
    sources = open_sources(path)
    for source in sources:
        more = len(blocks) >= FILES_LOOKED_AT and not packages
        if more and source.kind != "text":
            continue
        if more:
            source = replace(source, data=source.data[:BEGINNING])
        try:
            if source.kind == "json":
                documents = load_json(source)
                if ocds.is_ocds(documents):
                    packages += documents
                    continue
                grids = [objects_grid(documents, source.name)]
            else:
                grids = workbook_grids(source) if source.kind == "workbook" else [text_grid(source)]
        except DataFileError as error:
            problem = error
            continue
        known = [block.headings for block in blocks] if more else []
        for grid in grids:
            blocks += [block for block in blocks_of(grid, heads.is_known) or [] if block.headings not in known]
    if packages:
        held = {table: float(len(rows)) for table, rows in ocds.tables(packages).items() if rows}
        return Guess("ocds", True, held)
    if not blocks and problem is not None:
        raise problem
    titles = {parsing.fold(schema.title): name for name, schema in schemas.TABLES.items()}
    sheets = {
        titles.get(parsing.fold(b.file.split(" [")[-1].rstrip("]"))): float(b.n) for b in blocks if " [" in b.file
    }
    if len(sheets.keys() - {None}) >= 2:
        return Guess("several", True, {name: n for name, n in sheets.items() if name and n})
    each = [fit.scores(block) for block in blocks]
    held = {}
    for scores in each:
        if table := fit.clearly(scores):
            held[table] = max(held.get(table, 0.0), scores[table])
    if len(held) > 1:
        return Guess("several", True, held)
    totals = {}
    for scores in each:
        for table, score in scores.items():
            totals[table] = max(totals.get(table, 0.0), score)
    ranked = dict(sorted(totals.items(), key=lambda pair: -pair[1]))
    return Guess(next(iter(ranked), ""), bool(fit.clearly(ranked)), ranked, not any(block.n for block in blocks))


@dataclass(frozen=True)
class Arrival:
    """What was done with one file.

    Attributes
    ----------
    file : str
        Its path below the engagement's folder.
    table : str
    known : bool
        The same bytes were there already; nothing was copied.
    columns : dict of str to str
        The draft of the map, heading to column.
    asked : tuple of (heading, {column: confidence})
    """

    file: str
    table: str
    known: bool
    columns: dict
    asked: tuple


def take_in(engagement_folder, paths, *, table="", author="", facts=None):
    """Copy a city's files to raw/ and draft their column maps into engagement.yaml, its comments kept.

    Parameters
    ----------
    engagement_folder : Path
    paths : sequence of path-like
    table : str
        The table that all of them are; empty means that we find out.
    author : str
        Who added them, for the history.
    facts : rdclib.engagement.Facts, optional
        For the currency and the fiscal year.

    Returns
    -------
    list of Arrival

    Raises
    ------
    DataFileError
        When a file cannot be used, or it is not clear which table it is; then nothing is copied or written.
    """
    if table and table not in schemas.TABLES:
        raise DataFileError(f"There is no table '{table}'.", fix=f"Name one of: {', '.join(schemas.TABLES)}.")
    planned = [(Path(path), _tables_for(Path(path), table)) for path in paths]
    folder = Path(engagement_folder)
    yaml = folder / "engagement.yaml"
    drafts = {}
    for path, tables in planned:
        for name in tables:
            drafts[path, name] = _draft(path, name, facts)
    arrivals = []
    for path, tables in planned:
        stored, known = _store(path, folder / "raw")
        for name in tables:
            columns, asked = drafts[path, name]
            _write(yaml, name, f"raw/{stored}", columns, asked, author)
            arrivals.append(Arrival(f"raw/{stored}", name, known, columns, asked))
    return arrivals


def _tables_for(path, table):
    if table:
        return [table]
    found = guess(path)
    if found.table in ("ocds", "several"):
        if not found.scores:
            raise DataFileError(f"{path.name} has no rows yet.", fix="Fill in at least one sheet, then add it again.")
        return list(found.scores)
    if found.sure:
        return [found.table]
    if found.empty:
        raise DataFileError(
            f"{path.name} has headings and no rows.", fix="Ask the city for the rows, then add it again."
        )
    likely = list(found.scores)[:3]
    raise DataFileError(
        f"It is not clear which table {path.name} is" + (f": {' or '.join(likely)}." if likely else "."),
        fix=f"Say it, for example  --table {(likely or ['contracts'])[0]} . Tables: {', '.join(schemas.TABLES)}.",
    )


def _draft(path, table, facts):
    more = {"currency": facts.currency, "fiscal_year_start": facts.fiscal_year_start} if facts else {}
    intake = read_table([path], table, **more)
    columns = {}
    for column, seen in intake.columns.items():
        heading = seen["heading"]
        if column in schemas.columns(table) and " + " not in heading and " | " not in heading and heading != column:
            columns[heading] = column
    return columns, intake.asked


def safe_name(name):
    """A file's name without folders, leading dots or signs that mean something to a shell or a disk."""
    base = re.split(r"[\\/]", str(name))[-1]
    base = re.sub(r"[\x00-\x1f<>:\"|?*]", "_", base).strip().lstrip(".")
    return base[-150:] or "file"


def _store(path, raw):
    """Copy a file to raw/ as it is; the same bytes under any name are not copied again."""
    raw.mkdir(parents=True, exist_ok=True)
    if path.resolve().parent == raw.resolve():
        return path.name, True
    with saved.locked(raw):  # another file of this name may be taken in at the same time
        return _copy(path, raw)


def _copy(path, raw):
    mark = fingerprint(path)
    name = safe_name(path.name)
    target, number = raw / name, 2
    while target.exists():
        if fingerprint(target) == mark:
            return target.name, True
        target = raw / f"{Path(name).stem}-{number}{Path(name).suffix}"
        number += 1
    data = path.read_bytes()
    if hashlib.sha256(data).hexdigest() != mark:
        raise DataFileError(
            f"{path.name} changed while it was read.", fix="Close the program that writes it, then add the file again."
        )
    saved.write_bytes(target, data)
    if hashlib.sha256(target.read_bytes()).hexdigest() != mark:
        raise DataFileError(f"{path.name} could not be copied whole.", fix="Check the disk, then add the file again.")
    return target.name, False


def _question(heading, candidates):
    """A line for engagement.yaml about a heading that is not used until the city says so."""
    name = " ".join(heading.split())[:80]
    return f"To be asked: '{name}' may be {' or '.join(candidates)}. If so, add it under columns."


def _write(yaml, table, stored, columns, asked, author):
    """Add a file, its map and what is to be asked to engagement.yaml; what the city wrote there stays."""

    def with_path(data):
        paths = [str(p) for p in _entry(data, table).get("paths") or []]
        return {} if stored in paths else {("files", table, "paths"): [*paths, stored]}

    def with_columns(data):
        own = {str(k): str(v) for k, v in (_entry(data, table).get("columns") or {}).items()}
        taken = set(own.values())
        added = {heading: column for heading, column in columns.items() if heading not in own and column not in taken}
        return {("files", table, "columns"): own | added} if added else {}

    remark = "\n".join(_question(heading, candidates) for heading, candidates in asked)
    saved.change_together(yaml, with_path, author=author, remark=remark)
    saved.change_together(yaml, with_columns, author=author)


def _entry(data, table):
    """What engagement.yaml holds of a table's files."""
    return (data.get("files") or {}).get(table) or {}
