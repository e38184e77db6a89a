"""The one room that writes into an engagement: whole files or none, with author and time, and history kept."""

import copy
import csv
import io
import os
import re
import shutil
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

from filelock import FileLock, Timeout
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq, TaggedScalar
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import ScalarNode
from ruamel.yaml.resolver import VersionedResolver
from ruamel.yaml.scalarstring import DoubleQuotedScalarString
from ruamel.yaml.tag import Tag

from rdclib import vocabulary
from rdclib.errors import EngagementError, WrongUse

HISTORY = ".history"
WAIT_SECONDS = 20  # for another window that is saving the same file; longer means that it hangs


def now():
    """The moment of saving, to the second, in UTC: a stamp for people, never an input of a result."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


# --- whole files ---


def write_bytes(path, data):
    """Write a file so that a reader sees the old one or the new one, never half of it.

    Raises
    ------
    EngagementError
        When the disk is full or the folder may not be written; the old file is still whole.
    """
    path = Path(path)
    with _writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, beside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:40]}-", suffix=".part")
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())
            # mkstemp makes files that only their owner may read; colleagues share these folders.
            os.chmod(beside, path.stat().st_mode if path.exists() else 0o666 & ~_umask())
            os.replace(beside, path)
        finally:
            Path(beside).unlink(missing_ok=True)


@contextmanager
def _writing(path):
    """Tell in two lines what the system says against writing a file."""
    try:
        yield
    except OSError as error:
        raise EngagementError(
            f"{path.name} could not be written ({error.strerror or error}).",
            fix="Make room on the disk, close the program that holds the file, or have its folder opened for writing; "
            "then save again. The old is whole.",
        ) from error


@contextmanager
def _reading(path):
    """Tell in two lines what the system says against reading a file that is there."""
    try:
        yield
    except FileNotFoundError:
        raise
    except OSError as error:
        raise EngagementError(
            f"{path.name} could not be read ({error.strerror or error}).",
            fix="Close the program that holds the file, or have it opened for reading; then try again.",
        ) from error


def _umask():
    mask = os.umask(0)
    os.umask(mask)
    return mask


def write_text(path, text):
    """Write text as UTF-8, whole or not at all; see `write_bytes`."""
    write_bytes(path, text.encode("utf-8"))


@contextmanager
def locked(path):
    """Hold a file against other windows and programs of ours while it is read, changed and written.

    Raises
    ------
    EngagementError
        When somebody else holds it for longer than ``WAIT_SECONDS``.
    """
    path = Path(path)
    lock = FileLock(path.parent / HISTORY / f"{path.name}.lock", timeout=WAIT_SECONDS)
    with _writing(path):
        (path.parent / HISTORY).mkdir(parents=True, exist_ok=True)
        try:
            lock.acquire()
        except Timeout:
            raise EngagementError(
                f"{path.name} is being saved by another window.", fix="Wait a moment and save again; nothing was lost."
            ) from None
    try:
        yield
    finally:
        lock.release()


# --- yaml: facts and decisions ---


class _TextResolver(VersionedResolver):
    """Reads every plain value as text, so that 06037 keeps its zero, 1E5 stays a code and No stays a word."""

    def resolve(self, kind, value, implicit):
        if kind is ScalarNode and (implicit is None or implicit[0]):
            return Tag(suffix="tag:yaml.org,2002:str")
        return super().resolve(kind, value, implicit)


def _yaml():
    yaml = YAML()
    yaml.Resolver = _TextResolver
    yaml.preserve_quotes = True
    yaml.width = 4096
    yaml.indent(mapping=2, sequence=4, offset=2)
    return yaml


def read_yaml(path):
    """Read a yaml file as text values with its comments.

    Parameters
    ----------
    path : path-like

    Returns
    -------
    CommentedMap
        Mapping of text to text, lists and mappings; empty when the file is empty.

    Raises
    ------
    EngagementError
        When the file is missing, is no yaml, holds a tag such as ``!!python/object``, or is no mapping.
    """
    path = Path(path)
    try:
        # A copy, since who updates a file changes what was read.
        with _reading(path):
            text = path.read_text(encoding="utf-8-sig")
        data = copy.deepcopy(_parsed(text))
    except FileNotFoundError:
        raise EngagementError(
            f"{path.parent.name} has no {path.name}.",
            fix=f"Make the engagement with  rdc new {path.parent.name}  or bring the file back.",
        ) from None
    except UnicodeDecodeError:
        raise EngagementError(
            f"{path.name} is not UTF-8 text.", fix="Open it in a text editor and save it with encoding UTF-8."
        ) from None
    except (YAMLError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f" in line {mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or "it cannot be read"
        raise EngagementError(
            f"{path.name} is not valid yaml{where}: {problem}.",
            fix="Mend that line: two spaces for each level, a space after each colon, quotes around text with : or #.",
        ) from None
    if data is None:
        return CommentedMap()
    if not isinstance(data, CommentedMap):
        raise EngagementError(
            f"{path.name} is not a list of keys with values.", fix="Write lines such as  city: Riverbend."
        )
    _refuse_tags(data, path)
    return data


# Every form asks for the decisions again; copying them is seven times as fast as parsing the same text.
@lru_cache(maxsize=8)
def _parsed(text):
    return _yaml().load(text)


def _refuse_tags(node, path):
    if isinstance(node, TaggedScalar) or (
        isinstance(node, CommentedMap | CommentedSeq)
        and node.tag.value
        and not node.tag.value.startswith("tag:yaml.org,2002:")
    ):
        raise EngagementError(
            f"{path.name} holds the tag {node.tag.value}, which we do not follow.",
            fix="Remove the word that begins with ! and write the value alone.",
        )
    children = node.values() if isinstance(node, CommentedMap) else node if isinstance(node, CommentedSeq) else ()
    for child in children:
        _refuse_tags(child, path)


def _plain(value):
    """A value ready to be written: text that another reader would take for a number or a date gets quotes."""
    if isinstance(value, dict):
        return CommentedMap((str(key), _plain(item)) for key, item in value.items())
    if isinstance(value, list | tuple):
        return CommentedSeq(_plain(item) for item in value)
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        plain = re.fullmatch(r"[A-Za-z][\w ./()-]*", value) and value.lower() not in _YAML_WORDS
        return value if plain else DoubleQuotedScalarString(value)
    return str(value)


_YAML_WORDS = {"yes", "no", "true", "false", "on", "off", "null", "y", "n"}


def write_yaml(path, data):
    """Write a mapping (with its comments, when it came from `read_yaml`), whole or not at all."""
    stream = io.StringIO()
    _yaml().dump(data, stream)
    write_text(path, stream.getvalue())


def update_yaml(path, keys, value, *, author, remark=""):
    """Set one value in a yaml file; see `update_together`.

    Parameters
    ----------
    path : path-like
    keys : sequence of str
        Way to the value, for example ``("assessment", "weights")``.
    value : text, number, list or dict
        Its new value.
    author, remark : str
    """
    update_together(path, {tuple(keys): value}, author=author, remark=remark)


def update_together(path, values, *, author, remark=""):
    """Set values in a yaml file that do not depend on what it holds; see `change_together`."""
    change_together(path, lambda _: values, author=author, remark=remark)


def change_together(path, change, *, author, remark=""):
    """Read a yaml file, and set values that depend on what it holds, while nobody else can save it.

    All values are set or none; comments stay, the file as it was goes to ``.history``.

    Parameters
    ----------
    path : path-like
        ``engagement.yaml`` or ``choices.yaml``; made when missing.
    change : callable
        Takes what the file holds now, as `read_yaml` gives it, and leaves it as it is; returns the new values (text,
        number, list or dict) by the way to them (tuple of str).
    author : str
        Who decided. Written with the time as ``saved_by`` and ``saved_at`` of the first key's mapping in choices.yaml.
    remark : str
        Comment lines above the key, unless it has some already.

    Raises
    ------
    EngagementError
        When the file cannot be read or written, or ``change`` raises it; the file is unchanged.
    """
    path = Path(path)
    with locked(path):
        data = read_yaml(path) if path.exists() else CommentedMap()
        values = change(data)
        if not values:
            return
        if path.exists():
            _keep(path)
        for keys, value in values.items():
            place = data
            for key in keys[:-1]:
                if not isinstance(place.get(key), CommentedMap):
                    place[key] = CommentedMap()
                place = place[key]
            place[keys[-1]] = _plain(value)
            if remark and keys[-1] not in place.ca.items:
                place.yaml_set_comment_before_after_key(keys[-1], before=remark, indent=2 * (len(keys) - 1))
            if path.name == "choices.yaml":
                section = data[keys[0]]
                section["saved_by"] = _plain(author)
                section["saved_at"] = _plain(now())
        write_yaml(path, data)


_ABSENT = object()


def merged(mine, *, shown, before, now):
    """What one person changed in a form, applied to what others have saved meanwhile.

    Parameters
    ----------
    mine : dict, list, text or number
        What the form holds.
    shown : same kind
        What it showed when it opened. It may propose what nobody has saved, so that this differs from ``before``.
    before : same kind
        What was saved when it opened.
    now : same kind
        What is saved now.

    Returns
    -------
    same kind
        ``mine`` where nobody else has saved. Elsewhere what is saved now, with the entries that this person added,
        changed or took away; of one value that both changed, the one saved last.
    """
    if now == before:
        return mine
    if mine == shown:
        return now
    if isinstance(mine, dict) and isinstance(now, dict):
        sources = [source if isinstance(source, dict) else {} for source in (mine, shown, before, now)]
        keys = dict.fromkeys((*now, *mine))
        found = {}
        for key in keys:
            m, s, b, n = (source.get(key, _ABSENT) for source in sources)
            found[key] = merged(m, shown=s, before=b, now=n)
        return {key: value for key, value in found.items() if value is not _ABSENT}
    if isinstance(mine, list) and isinstance(now, list):
        shown = shown if isinstance(shown, list) else []
        if len(mine) == len(shown) == len(now) and all(isinstance(value, int | float) for value in mine):
            # Numbers have no names but their places.
            return [n if m == s else m for m, s, n in zip(mine, shown, now, strict=True)]
        return _merged_entries(mine, shown, now)
    return mine


def _merged_entries(mine, shown, now):
    """Entries of a list that two people changed: none that either added is lost, none that either took away is back."""
    mine_left, theirs_left = [e for e in mine if e in shown], [e for e in now if e in shown]
    # The order is that of the person who changed it.
    moved = mine_left != [e for e in shown if e in mine_left]
    first, second = (mine, now) if moved else (now, mine)

    def stays(entry):
        return entry not in shown or (entry in mine_left and entry in theirs_left)

    result = [entry for entry in first if stays(entry)]
    for place, entry in enumerate(second):
        if not stays(entry) or entry in result:
            continue
        earlier = [e for e in second[:place] if e in result]
        later = [e for e in second[place:] if e in result]
        at = result.index(earlier[-1]) + 1 if earlier else result.index(later[0]) if later else len(result)
        result.insert(at, entry)
    return result


# --- history: every earlier version ---

_VERSION = re.compile(r"(?P<stem>.+)-(?P<id>\d{4}-\d\d-\d\dT\d{6}Z-\d{3,})(?P<suffix>\.[a-z]+)")


@dataclass(frozen=True)
class Version:
    """An earlier version of a file, as it was just before a save replaced it."""

    file: str  # such as answers.csv
    id: str  # the moment of that save, in UTC, and a number: 2026-01-31T090000Z-000
    path: Path


def _keep(path):
    """Copy a file to the history, under a name that sorts by time and is never used twice."""
    stamp = now().replace(":", "")
    number = 0
    while (copy := path.parent / HISTORY / f"{path.stem}-{stamp}-{number:03d}{path.suffix}").exists():
        number += 1
    with _writing(path):
        try:
            shutil.copyfile(path, copy)
        except OSError:
            copy.unlink(missing_ok=True)  # half a copy is not an earlier version
            raise
    return copy


def versions(folder):
    """Earlier versions of an engagement's files, by file, the oldest first.

    Parameters
    ----------
    folder : Path
        The engagement's folder.

    Returns
    -------
    list of Version
    """
    matches = [(match, path) for path in (folder / HISTORY).glob("*") if (match := _VERSION.fullmatch(path.name))]
    kept = [Version(match["stem"] + match["suffix"], match["id"], path) for match, path in matches]
    return sorted(kept, key=lambda version: (version.file, version.id))


def restore(folder, file, version):
    """Put an earlier version of a file in its place; the present version goes to the history.

    Parameters
    ----------
    folder : Path
        The engagement's folder.
    file : str
        Such as ``answers.csv``.
    version : str
        The ``id`` of one of its `versions`.

    Returns
    -------
    str
        The id under which the version that was replaced is kept; empty when there was no file.

    Raises
    ------
    EngagementError
        When the file has no such version (`WrongUse`), or it cannot be read or written.
    """
    chosen = next((v.path for v in versions(folder) if (v.file, v.id) == (file, version)), None)
    if chosen is None:
        raise WrongUse(
            f"{file} has no version '{version}' in the history of {folder.name}.",
            fix=f"List its versions with  rdc history {folder.name} {file}",
        )
    path = folder / file
    with locked(path):
        with _reading(chosen):
            data = chosen.read_bytes()
        replaced = _VERSION.fullmatch(_keep(path).name)["id"] if path.exists() else ""
        write_bytes(path, data)
    return replaced


# --- csv: what grows ---

# A spreadsheet program runs text that begins with one of these; an apostrophe in front keeps it text.
_LIVE = re.compile(r"'*[=+\-@\t\r]")
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")


def guarded(text):
    """The text as it may stand in a CSV file that somebody opens in a spreadsheet."""
    return f"'{text}" if _LIVE.match(text) and not _NUMBER.fullmatch(text) else text


def unguarded(text):
    """The text again as it was before `guarded`."""
    return text[1:] if text.startswith("'") and _LIVE.match(text) else text


# A spreadsheet program writes the delimiter of its locale; we write commas.
_DELIMITERS = (",", ";", "\t")
_STAMP = ("author", "time")


def read_rows(path):
    """Read a CSV of ours, with commas, semicolons or tabs, whatever the case of its header.

    Parameters
    ----------
    path : path-like
        Its name is a key of `rdclib.vocabulary.ENTRY_FILES`.

    Returns
    -------
    list of dict of str to str
        Oldest row first; empty when there is no file.

    Raises
    ------
    EngagementError
        When the file is anything else: a reader who took it for empty would publish that no one answered, and the
        next save would write over it.
    """
    path = Path(path)
    if not path.exists():
        return []
    try:
        with _reading(path), path.open(encoding="utf-8-sig", newline="") as stream:
            text = stream.read()
        if "\0" in text:
            raise _not_ours(path, f"{path.name} is damaged: it holds null bytes, as after a power failure.")
        header, *lines = _lines(path, text)
    except (UnicodeDecodeError, csv.Error):
        raise EngagementError(
            f"{path.name} is not a CSV file in UTF-8.", fix="Save it again as 'CSV UTF-8' from the spreadsheet program."
        ) from None
    least = max(header.index(name) for name in vocabulary.ENTRY_FILES[path.name].needed)
    rows = []
    for number, line in lines:
        if not any(line):
            continue
        if any(line[len(header) :]) or len(line) <= least:
            raise _not_ours(path, f"Line {number} of {path.name} has {len(line)} values for {len(header)} columns.")
        values = [unguarded(value) for value in line[: len(header)]]
        rows.append(dict(zip(header, [*values, *[""] * (len(header) - len(values))], strict=True)))
    return rows


def _lines(path, text):
    """The header by our names, then the lines as (number, values), by the delimiter that the header is written with."""
    columns, needed = vocabulary.ENTRY_FILES[path.name]
    known = {*columns, *_STAMP}
    best = []
    for delimiter in _DELIMITERS:
        named = next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True), [])
        while named and not named[-1].strip():
            named.pop()
        header = ["_".join(name.strip().lower().split()) for name in named]
        if len(known & set(header)) > len(known & {name for name, _ in best}):
            best, chosen = list(zip(header, named, strict=True)), delimiter
    if not best:
        raise _not_ours(path, f"{path.name} does not begin with its header line.")
    header = [name for name, _ in best]
    if unknown := [given for name, given in best if name not in known]:
        raise _not_ours(path, f"{path.name} has an unknown column '{unknown[0].strip()[:40]}'.")
    if missing := [name for name in needed if name not in header]:
        raise _not_ours(path, f"{path.name} has no column '{missing[0]}'.")
    if len(set(header)) < len(header):
        raise _not_ours(path, f"{path.name} has the column '{max(header, key=header.count)}' twice.")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=chosen, strict=True)
    next(reader)
    return [header, *((reader.line_num, line) for line in reader)]


def _not_ours(path, what):
    columns = ",".join((*vocabulary.ENTRY_FILES[path.name].columns, *_STAMP))
    return EngagementError(
        f"{what} It was neither used nor changed.",
        fix=f"Restore an earlier version (rdc history {path.parent.name} {path.name}), or correct the file. "
        f"Its header is: {columns}",
    )


def change_rows(path, change, *, author):
    """Read a CSV of ours, and add rows that depend on what it holds, while nobody else can save it.

    Earlier rows stay, and the newest row of a key is the one that counts. The file as it was goes to ``.history``.

    Parameters
    ----------
    path : path-like
        Its name is a key of `rdclib.vocabulary.ENTRY_FILES`.
    change : callable
        Takes the rows on disk, as `read_rows` gives them; returns the rows to add: values by column, missing ones are
        left empty. ``author`` and ``time`` are added.
    author : str
        Who says so.

    Raises
    ------
    EngagementError
        When a row has a column that the file does not know, or the file cannot be read or written; it is unchanged.
    """
    path = Path(path)
    columns = (*vocabulary.ENTRY_FILES[path.name].columns, *_STAMP)
    with locked(path):
        before = read_rows(path)
        stamp = {"author": author, "time": now()}
        added = [
            stamp | {key: "" if value is None else str(value).replace("\0", "") for key, value in row.items()}
            for row in change(before)
        ]
        for row in added:
            if unknown := set(row) - set(columns):
                raise EngagementError(
                    f"{path.name} has no column '{sorted(unknown)[0]}'.", fix=f"Its columns are: {', '.join(columns)}."
                )
        if not added:
            return
        stream = io.StringIO()
        writer = csv.DictWriter(stream, columns, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows({key: guarded(value) for key, value in row.items()} for row in [*before, *added])
        if path.exists():
            _keep(path)
        write_text(path, stream.getvalue())


def append_rows(path, rows, *, author):
    """Add rows to a CSV of ours, whatever it holds; see `change_rows`."""
    rows = list(rows)
    change_rows(path, lambda _: rows, author=author)


def newest(rows, key):
    """The rows that count: of rows with the same key, the one that was added last.

    Parameters
    ----------
    rows : list of dict
        Oldest first, as `read_rows` gives them.
    key : sequence of str
        Columns that make a row the same as an earlier one.
    """
    return list({tuple(row.get(name, "") for name in key): row for row in rows}.values())
