"""From a file to the texts, workbooks and JSON inside it: archives, compression, encodings. Nothing is written."""

import bz2
import codecs
import gzip
import hashlib
import io
import lzma
import tarfile
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from rdclib.errors import DataFileError

# A file that unpacks to more than this, and to more than RATIO times its size, is taken for a bomb.
MOST_BYTES = 2_000_000_000
SAFE_BYTES = 64_000_000
RATIO = 200
MOST_MEMBERS = 20_000
ENCRYPTED = 1  # flag of a file in a zip
DEEPEST = 2  # a zip in a zip is met; a third level is not


@dataclass(frozen=True)
class Source:
    """One text, workbook or JSON document, with the name that findings give it."""

    name: str  # "2020.csv", or "year.zip/2020.csv" when it came out of an archive
    kind: str  # text, workbook or json
    data: bytes


def fingerprint(path):
    """SHA-256 of a file's bytes."""
    digest = hashlib.sha256()
    with Path(path).open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def open_sources(path):
    """Everything that a file holds.

    Parameters
    ----------
    path : path-like

    Returns
    -------
    list of Source
        In the archive's order sorted by name; empty members have no bytes.

    Raises
    ------
    DataFileError
        When the file is missing, damaged, unpacks to an absurd size, or outside its folder.
    """
    path = Path(path)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DataFileError(
            f"{path.name} cannot be read ({error.strerror or error}).",
            fix="Check that the file is in the engagement's raw folder and that you may open it.",
        ) from None
    return _unfold(path.name, data, len(data), 0)


def _unfold(name, data, packed, depth):
    kind = kind_of(data)
    if kind in ("zip", "tar", "gzip", "xz", "bzip2") and depth > DEEPEST:
        raise DataFileError(
            f"{name} holds an archive in an archive in an archive.", fix="Unpack it once, and add the files inside."
        )
    if kind in ("gzip", "xz", "bzip2"):
        inner = _unpack(name, data, kind, packed)
        stem = name.rsplit(".", 1)[0] if name.rsplit(".", 1)[-1] in ("gz", "xz", "bz2") else name
        return _unfold(stem, inner, packed, depth + 1)
    if kind in ("zip", "tar"):
        found = []
        for member, content in _members(name, data, kind, packed):
            found += _unfold(f"{name}/{member}", content, packed, depth + 1)
        if not found:
            raise DataFileError(f"{name} is an archive without files.", fix="Ask the city to send it again.")
        return found
    if kind == "other":
        raise DataFileError(
            f"{name} is neither text nor a workbook that we can open.",
            fix="Save it as CSV or as an Excel workbook, and add that file.",
        )
    return [Source(name, kind, data)]


# Signs that no text has; zeros are met in texts whose disk or line failed, and the feeds and tabs belong there.
_CONTROLS = bytes(set(range(1, 32)) - set(b"\t\n\v\f\r\x1a\x1b"))
LEAST_TEXT = 0.98  # share of other signs at the beginning of a text


def kind_of(data):
    """What bytes are, by their first ones: names of files mislead."""
    head = data[:1024]
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return "workbook" if _is_workbook(data) else "zip"
    if head.startswith(b"\x1f\x8b"):
        return "gzip"
    if head.startswith(b"\xfd7zXZ\x00"):
        return "xz"
    if head.startswith(b"BZh") and head[4:10] == b"1AY&SY":
        return "bzip2"
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return "workbook"
    if head[257:262] == b"ustar":
        return "tar"
    if head.startswith((b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"7z\xbc\xaf", b"Rar!")):
        return "other"
    plain = to_utf8(head)[0].lstrip()
    if len(plain.translate(None, _CONTROLS)) < LEAST_TEXT * len(plain):
        return "other"
    if plain[:1] in (b"{", b"["):
        return "json"
    return "text"


def _is_workbook(data):
    try:
        names = set(zipfile.ZipFile(io.BytesIO(data)).namelist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return False
    return "[Content_Types].xml" in names or "content.xml" in names


def _too_big(name):
    return DataFileError(
        f"{name} unpacks to far more than a register holds; it may be a trap.",
        fix="Unpack it yourself, look at what is inside, and add the files one by one.",
    )


def _read_capped(stream, name, packed):
    limit = min(MOST_BYTES, max(SAFE_BYTES, RATIO * packed))
    parts, size = [], 0
    while block := stream.read(1 << 20):
        size += len(block)
        if size > limit:
            raise _too_big(name)
        parts.append(block)
    return b"".join(parts)


_BROKEN = (OSError, EOFError, lzma.LZMAError, zipfile.BadZipFile, tarfile.TarError, RuntimeError, ValueError, KeyError)


def _damaged(name):
    return DataFileError(f"{name} is damaged: it cannot be unpacked to its end.", fix="Ask the city to send it again.")


def _unpack(name, data, kind, packed):
    opened = {"gzip": gzip.GzipFile, "xz": lzma.LZMAFile, "bzip2": bz2.BZ2File}[kind]
    stream = opened(fileobj=io.BytesIO(data)) if kind == "gzip" else opened(io.BytesIO(data))
    try:
        return _read_capped(stream, name, packed)
    except DataFileError:
        raise
    except (*_BROKEN, zlib.error):
        raise _damaged(name) from None


def _members(name, data, kind, packed):
    total = 0
    found = []
    try:
        if kind == "zip":
            archive = zipfile.ZipFile(io.BytesIO(data))
            listed = [(i.filename, i) for i in archive.infolist() if not i.is_dir()]
            if any(entry.flag_bits & ENCRYPTED for _, entry in listed):
                raise DataFileError(
                    f"{name} is protected by a password.", fix="Unpack it yourself, and add the files inside."
                )
        else:
            archive = tarfile.open(fileobj=io.BytesIO(data))  # noqa: SIM115 - over bytes, nothing to close
            listed = [(i.name, i) for i in archive.getmembers() if i.isfile()]
        if len(listed) > MOST_MEMBERS:
            raise _too_big(name)
        for member, entry in sorted(listed, key=lambda pair: pair[0]):
            parts = PurePosixPath(member.replace("\\", "/")).parts
            if ".." in parts or member.startswith(("/", "\\")) or ":" in member[:3]:
                raise DataFileError(
                    f"{name} holds a file that would unpack outside its folder ({member[:60]}).",
                    fix="Do not unpack it. Ask the city to send the files again, without folders.",
                )
            if parts[0] == "__MACOSX" or parts[-1].startswith("."):
                continue
            stream = archive.open(entry) if kind == "zip" else archive.extractfile(entry)
            content = _read_capped(stream, name, packed)
            total += len(content)
            if total > min(MOST_BYTES, max(SAFE_BYTES, RATIO * packed)):
                raise _too_big(name)
            found.append((member, content))
    except DataFileError:
        raise
    except (*_BROKEN, NotImplementedError, zlib.error):
        raise _damaged(name) from None
    return found


# --- encodings ---------------------------------------------------------------------------------------------------

_BOMS = (
    (codecs.BOM_UTF8, "UTF-8 with BOM", "utf-8"),
    (codecs.BOM_UTF32_LE, "UTF-32", "utf-32-le"),
    (codecs.BOM_UTF32_BE, "UTF-32", "utf-32-be"),
    (codecs.BOM_UTF16_LE, "UTF-16", "utf-16-le"),
    (codecs.BOM_UTF16_BE, "UTF-16", "utf-16-be"),
)
# Letters and signs that texts of cities hold; anything else above ASCII speaks against an encoding.
_USUAL = set("áàâãäåæçéèêëíìîïñóòôõöøúùûüýÿÁÀÂÃÄÅÆÇÉÈÊËÍÌÎÏÑÓÒÔÕÖØÚÙÛÜÝßœŒ£€°ºª§²³–—‘’“”„…®™©½¼¾«»¿¡·×•\u00a0")
_LETTERS = set("áàâãäåæçéèêëíìîïñóòôõöøúùûüýÿ")


def to_utf8(data):
    """The same text in UTF-8, and the name of the encoding that it had.

    Windows-1252, Latin-1, Mac Roman and the old DOS code page 437 carry no mark; the one under which the characters
    above ASCII are letters and signs that occur in such texts is taken.

    Returns
    -------
    tuple of bytes and str
    """
    for mark, name, codec in _BOMS:
        if data.startswith(mark):
            body = data[len(mark) :]
            return (body, name) if codec == "utf-8" and _is_utf8(body) else (_recode(body, codec), name)
    nulls = data[:4096].count(0)
    if nulls > len(data[:4096]) // 4:
        codec = "utf-16-le" if data[1:4096:2].count(0) > data[0:4096:2].count(0) else "utf-16-be"
        return _recode(data, codec), "UTF-16"
    if _is_utf8(data):
        return data, "UTF-8"
    codec = _best_single_byte(data)
    return _recode(data, codec), {"cp1252": "Windows-1252", "cp437": "DOS 437", "mac_roman": "Mac Roman"}[codec]


def _is_utf8(data):
    if data.isascii():
        return True
    decoder = codecs.getincrementaldecoder("utf-8")()
    view = memoryview(data)
    try:
        for start in range(0, len(view), 1 << 20):
            decoder.decode(view[start : start + (1 << 20)])
        decoder.decode(b"", True)
    except UnicodeDecodeError:
        return False
    return True


def _recode(data, codec):
    return data.decode(codec, errors="replace").encode("utf-8")


def _best_single_byte(data):
    lines = [line for line in data.split(b"\n") if not line.isascii()][:2000]
    sample = b"\n".join(lines)[:200_000]

    def score(codec):
        text = sample.decode(codec, errors="replace")
        total = 0
        for before, sign, after in zip(" " + text, text, text[1:] + " ", strict=False):
            if sign.isascii():
                continue
            total += 1 if sign in _USUAL else -3
            # A small accented letter stands among small letters; a pound sign stands before a digit.
            if sign in _LETTERS and (before.islower() or after.islower()):
                total += 1
            if sign in "£€" and after.isdigit():
                total += 2
        return total

    return max(("cp1252", "mac_roman", "cp437"), key=score)
