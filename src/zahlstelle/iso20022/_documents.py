"""Where bank files come from: a file, a ZIP, a folder, standard input.

What the headers of a ZIP admit is enough to refuse it at once; what they deny is counted while it inflates.
"""

from __future__ import annotations

import io
import os
import re
import stat
import struct
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, BinaryIO, TypeAlias, cast

from ._refusals import Reason, Unreadable

MAX_MEMBERS = 2_000  # of one ZIP
MAX_DIRECTORY = 4 * 1024 * 1024  # bytes of its central directory
MAX_NESTING = 2  # a ZIP in a ZIP
MAX_INFLATED = 4 * 1024**3  # bytes out of one ZIP, all members together
MAX_RATIO = 250  # bytes out per byte in; camt files come to 13:1, repetitive ones to 60:1
RATIO_FROM = 1024 * 1024  # bytes out, before the ratio counts
_LOOKED_AT = 16 * 1024  # bytes, where a file is asked what it is
_NAMESPACE = re.compile(rb"""xmlns(?::[\w.-]+)?\s*=\s*["'][^"'<>]*?\b((?:camt|pain)\.\d{3})\b""")
_BODY = re.compile(
    rb"<(?:[\w.-]+:)?(BkToCstmr(?:AcctRpt|Stmt|DbtCdtNtfctn)|Cstmr(?:CdtTrfInitn|DrctDbtInitn|PmtStsRpt))(?:V\d\d)?\b"
)
_BODIES = {
    b"BkToCstmrAcctRpt": "camt.052", b"BkToCstmrStmt": "camt.053", b"BkToCstmrDbtCdtNtfctn": "camt.054",
    b"CstmrCdtTrfInitn": "pain.001", b"CstmrPmtStsRpt": "pain.002", b"CstmrDrctDbtInitn": "pain.008",
}  # fmt: skip
_IN_MEMORY = 8 * 1024 * 1024
_STEP = 64 * 1024
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_XML_NAMES = (".xml", ".zip", ".camt", ".c52", ".c53", ".c54", ".052", ".053", ".054")
_XML_BEGINS = (b"<", b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\0<", b"PK")

Source: TypeAlias = str | os.PathLike[str] | bytes


def documents(
    source: Source, name: str | None = None, *, passed_over: list[str] | None = None
) -> Iterator[tuple[str, BinaryIO]]:
    """Every bank file in `source`: name and stream, to be read before the next one is asked for.

    A path of a file, a ZIP (also in folders, also one in another) or a folder (recursive, in order of
    names); `-` for standard input; or the bytes of a file themselves. Nothing is ever written by a member's
    name. A member that is refused is a stream that raises Unreadable when read, so that the others are
    read all the same. In folders and ZIPs a file that neither has the name nor the beginning of a bank file is
    passed over, and its name added to `passed_over`.
    """
    for one, stream in _all(source, name):
        if stream is not None:
            yield one, stream
        elif passed_over is not None:
            passed_over.append(one)


def files_below(folder: Path, *, passed_over: list[str] | None = None) -> Iterator[Path]:
    """Every bank file of a folder, by the same rule and in the same order as `documents`, ZIPs as they are."""
    for path, name in _walk(folder, os.fspath(folder)):
        if path is not None:
            yield path
        elif passed_over is not None:
            passed_over.append(name)


def message_of(stream: BinaryIO) -> tuple[str | None, BinaryIO]:
    """Which message a file says it is (`camt.054`, `pain.002` ...), and the file from its beginning again.

    Only the beginning is looked at, nothing is checked: to choose between `read`, `read_orders` and
    `read_status_report`. None where neither namespace nor elements tell. Raises Unreadable where `stream` does.
    """
    head = b""
    while len(head) < _LOOKED_AT and (more := stream.read(_LOOKED_AT - len(head))):
        head += more
    text = head.replace(b"\0", b"")
    named, body = _NAMESPACE.search(text), _BODY.search(text)
    told = named[1].decode("ascii") if named is not None else _BODIES[body[1]] if body is not None else None
    return told, cast(BinaryIO, _Again(head, stream))


class _Again(io.RawIOBase):
    """A stream whose beginning was read already, from its beginning."""

    def __init__(self, head: bytes, rest: BinaryIO) -> None:
        self.head, self.rest = head, rest

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        if not self.head:
            return self.rest.read(size)
        if size is None or size < 0:
            taken, self.head = self.head, b""
            return taken + self.rest.read(size)
        taken, self.head = self.head[:size], self.head[size:]
        return taken


def _all(source: Source, name: str | None) -> Iterator[tuple[str, BinaryIO | None]]:
    if isinstance(source, bytes):
        yield from _one(name or "bytes", io.BytesIO(source), 0)
    elif os.fspath(source) == "-":
        with _spooled(sys.stdin.buffer, name or "-") as stream:
            yield from _one(name or "-", stream, 0)
    else:
        path = Path(source)
        if path.is_dir():
            yield from _folder(path, name or os.fspath(source))
        else:
            yield from _path(path, name or os.fspath(source))


def _path(path: Path, name: str) -> Iterator[tuple[str, BinaryIO | None]]:
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise OSError("not a regular file")
        with path.open("rb") as stream:
            yield from _one(name, stream, 0)
    except OSError as why:
        yield name, _refused(Unreadable(Reason.NOT_FOUND, name, None, None, why.strerror or str(why)))


def _folder(folder: Path, name: str) -> Iterator[tuple[str, BinaryIO | None]]:
    for path, inside in _walk(folder, name):
        if path is None:
            yield inside, None
        else:
            yield from _path(path, inside)


def _walk(folder: Path, name: str) -> Iterator[tuple[Path | None, str]]:
    for path in sorted(folder.iterdir(), key=lambda one: one.name):
        if path.name.startswith(".") or path.name == "__MACOSX":
            continue
        inside = f"{name.rstrip('/')}/{path.name}"
        if path.is_symlink() and path.is_dir():
            yield None, inside
        elif path.is_dir():
            yield from _walk(path, inside)
        else:
            yield path if _is_bank_file(path) else None, inside


def _is_bank_file(path: Path) -> bool:
    if path.name.lower().endswith(_XML_NAMES):
        return True
    try:
        with path.open("rb") as stream:
            return _begins_well(stream.read(64))
    except OSError:
        return True  # named as unreadable when it is opened


def _begins_well(head: bytes) -> bool:
    return head.lstrip(b" \t\r\n").startswith(_XML_BEGINS)


def _one(
    name: str, stream: BinaryIO, nesting: int, budget: _Budget | None = None
) -> Iterator[tuple[str, BinaryIO | None]]:
    """A file as it is, or the members of the ZIP that it is."""
    head = stream.read(4)
    stream.seek(0)
    if not head.startswith(b"PK"):
        yield name, stream
        return
    try:
        _look_before(stream, name)
        size = stream.seek(0, io.SEEK_END)
        with zipfile.ZipFile(stream) as archive:
            if sum(one.compress_size for one in archive.infolist()) > size:
                raise Unreadable(Reason.ZIP_BOMB, name, None, None, "a ZIP whose files lie upon each other")
            yield from _members(archive, name, nesting, budget or _Budget(size))
    except Unreadable as no:
        yield name, _refused(no)
    # NotImplementedError is how zipfile says that it does not know a compression.
    except (zipfile.BadZipFile, NotImplementedError, ValueError, struct.error, EOFError, OSError) as why:
        yield name, _refused(Unreadable(Reason.ZIP_REFUSED, name, None, None, f"not a sound ZIP: {why}"))


def _look_before(stream: BinaryIO, name: str) -> None:
    """Refuse a ZIP whose directory is too large, before it is read into memory."""
    size = stream.seek(0, io.SEEK_END)
    stream.seek(max(0, size - 65_557))
    tail = stream.read()
    stream.seek(0)
    at = len(tail) - 22 if tail[-22:-18] == b"PK\5\6" and tail[-2:] == b"\0\0" else tail.rfind(b"PK\5\6")
    if at < 0 or len(tail) - at < 22:
        raise Unreadable(Reason.TRUNCATED, name, None, None, "the ZIP has no directory at its end")
    entries, directory = struct.unpack("<HL", tail[at + 10 : at + 16])
    if at >= 20 and tail[at - 20 : at - 16] == b"PK\6\7":  # large or streamed archives say it once more, in 64 bits
        stream.seek(max(0, size - len(tail) + at - 20 - 56))
        said = stream.read(56)
        stream.seek(0)
        if said.startswith(b"PK\6\6") and len(said) == 56:
            entries, directory = struct.unpack("<QQ", said[32:48])
    if entries > MAX_MEMBERS or directory > MAX_DIRECTORY:
        raise Unreadable(Reason.ZIP_REFUSED, name, None, None, f"a ZIP of {entries} files")


class _Budget:
    """How much may still come out of one ZIP, members of members included."""

    def __init__(self, size: int) -> None:
        self.size, self.out = size, 0

    def spend(self, count: int, member: str) -> None:
        self.out += count
        if self.out > MAX_INFLATED or (self.out > RATIO_FROM and self.out > MAX_RATIO * self.size):
            raise Unreadable(Reason.ZIP_BOMB, member, None, None, f"{self.out} bytes out of a ZIP of {self.size}")


def _members(
    archive: zipfile.ZipFile, name: str, nesting: int, budget: _Budget
) -> Iterator[tuple[str, BinaryIO | None]]:
    members = archive.infolist()
    if len(members) > MAX_MEMBERS:
        raise Unreadable(Reason.ZIP_REFUSED, name, None, None, f"a ZIP of {len(members)} files")
    wanted = [one for one in members if not one.is_dir() and not _is_litter(one.filename)]
    if not wanted:
        raise Unreadable(Reason.EMPTY, name, None, None, "the ZIP holds no file")
    for member in wanted:
        yield from _member(archive, member, f"{name}/{member.filename}", nesting, budget)


def _is_litter(filename: str) -> bool:
    return filename.startswith("__MACOSX/") or Path(filename).name in (".DS_Store", "Thumbs.db")


def _member(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, name: str, nesting: int, budget: _Budget
) -> Iterator[tuple[str, BinaryIO | None]]:
    no = _objection(member)
    if no is not None:
        yield name, _refused(Unreadable(no[0], name, None, None, no[1]))
        return
    try:
        with archive.open(member) as inflated:
            guarded = _Guarded(inflated, name, budget)
            head = guarded.peek(64)
            if not head.startswith(b"PK"):
                known = name.lower().endswith(_XML_NAMES) or _begins_well(head)
                yield name, cast(BinaryIO, guarded) if known else None
            elif nesting + 1 >= MAX_NESTING:
                raise Unreadable(Reason.ZIP_REFUSED, name, None, None, "a ZIP in a ZIP in a ZIP")
            else:
                with _spooled(cast(BinaryIO, guarded), name) as inner:
                    yield from _one(name, inner, nesting + 1, budget)
    except Unreadable as no_more:
        yield name, _refused(no_more)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError, zlib.error) as why:
        yield name, _refused(Unreadable(Reason.ZIP_REFUSED, name, None, None, f"not a sound ZIP: {why}"))


def _objection(member: zipfile.ZipInfo) -> tuple[Reason, str] | None:
    """Why a member is not read: what it is called, what it is, or what it would become."""
    parts = member.filename.replace("\\", "/").split("/")
    if member.file_size > max(RATIO_FROM, MAX_RATIO * member.compress_size):
        return Reason.ZIP_BOMB, f"{member.file_size} bytes out of {member.compress_size}"
    why = None
    if ".." in parts or member.filename.startswith(("/", "\\")) or parts[0].endswith(":"):
        why = "a name that leads out of the ZIP"
    elif stat.S_ISLNK(member.external_attr >> 16):
        why = "a symbolic link"
    elif member.flag_bits & 0x1:
        why = "encrypted"
    elif member.compress_type not in _METHODS:
        why = f"compression method {member.compress_type}"
    return None if why is None else (Reason.ZIP_REFUSED, why)


class _Guarded(io.RawIOBase):
    """A member as it inflates, counted against the budget, with ZIP errors as Unreadable."""

    def __init__(self, inflated: IO[bytes], name: str, budget: _Budget) -> None:
        self.inflated, self.called, self.budget, self.kept = inflated, name, budget, b""

    def readable(self) -> bool:
        return True

    def peek(self, count: int) -> bytes:
        self.kept = self._more(count)
        return self.kept

    def read(self, size: int = -1) -> bytes:
        if size is None or size < 0:
            return b"".join(iter(lambda: self.read(_STEP), b""))
        if self.kept:
            kept, self.kept = self.kept[:size], self.kept[size:]
            return kept + self._more(size - len(kept)) if len(kept) < size else kept
        return self._more(size)

    def _more(self, size: int) -> bytes:
        try:
            data = self.inflated.read(min(size, _STEP))
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError) as why:
            raise Unreadable(Reason.ZIP_REFUSED, self.called, None, None, f"not a sound ZIP: {why}") from None
        self.budget.spend(len(data), self.called)
        return data


class _Refused(io.RawIOBase):
    """A stream that says no when it is read."""

    def __init__(self, no: Unreadable) -> None:
        self.no = no

    def readable(self) -> bool:
        return True

    def read(self, _size: int = -1) -> bytes:
        raise self.no


def _refused(no: Unreadable) -> BinaryIO:
    return cast(BinaryIO, _Refused(no))


@contextmanager
def _spooled(stream: BinaryIO, name: str) -> Iterator[BinaryIO]:
    """`stream` in a temporary file without a name, to be read from any place."""
    with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as spool:
        size = 0
        while data := stream.read(_STEP):
            size += len(data)
            if size > MAX_INFLATED:
                raise Unreadable(Reason.TOO_LARGE, name, None, None, f"more than {MAX_INFLATED} bytes")
            spool.write(data)
        spool.seek(0)
        yield cast(BinaryIO, spool)
