"""Bytes into characters: which encoding a bank used, said or not. Constant memory."""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Callable, Iterator
from typing import BinaryIO

from ._refusals import Reason, Unreadable

CHUNK = 128 * 1024
MAX_BYTES = 4 * 1024**3

_DECLARED = re.compile(rb"""\A\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._:-]{1,40})["']""")
_KNOWN = re.compile(r"utf-8|ascii|utf-16(-[lb]e)?|iso8859-\d{1,2}|cp125\d|cp850|cp437|mac-roman")

Note = Callable[[str, int, str], None]  # code, line, reason


def _as_cp1252(error: UnicodeError) -> tuple[str, int]:
    """Read the bytes that are no UTF-8 the way Windows writes them."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("cp1252"), error.end


codecs.register_error("zahlstelle.cp1252", _as_cp1252)


def characters(stream: BinaryIO, name: str, note: Note, line: Callable[[], int]) -> Iterator[str]:
    """The text of `stream` in pieces, line ends as `\\n`, without byte order mark.

    `line` says, when it is asked for, on which line the next piece begins.
    Bytes that are no UTF-8 in a file that says UTF-8, or says nothing, are read as Windows-1252 and noted.
    Raises Unreadable: empty, encoding_unreadable, too_large.
    """
    head = stream.read(CHUNK)
    while len(head) < 1024 and (more := stream.read(CHUNK)):  # pipes give what they have
        head += more
    encoding, skip = _encoding(head, name, note)
    if not head[skip:].strip(b" \t\r\n\0"):
        raise Unreadable(Reason.EMPTY, name, None, None, "the file is empty")
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    newlines = io.IncrementalNewlineDecoder(None, translate=True)
    chunk, size = head[skip:], len(head)
    while True:
        if size > MAX_BYTES:
            raise Unreadable(Reason.TOO_LARGE, name, line(), None, f"more than {MAX_BYTES} bytes")
        try:
            text = decoder.decode(chunk, not chunk)
        except UnicodeDecodeError as why:
            if encoding not in ("utf-8", "ascii") or decoder.errors != "strict":
                raise _undecodable(name, line(), encoding) from None
            at = line() + why.object[: why.start].count(b"\n")
            note("not_utf8", at, "bytes that are no UTF-8 were read as Windows-1252")
            pending = decoder.getstate()[0]
            decoder = codecs.getincrementaldecoder("utf-8")("zahlstelle.cp1252")
            try:
                text = decoder.decode(pending + chunk, not chunk)
            except UnicodeDecodeError:
                raise _undecodable(name, at, encoding) from None
        text = newlines.decode(text, final=not chunk)
        if text:
            yield text
        if not chunk:
            return
        chunk = stream.read(CHUNK)
        size += len(chunk)


def _undecodable(name: str, line: int, encoding: str) -> Unreadable:
    return Unreadable(
        Reason.ENCODING_UNREADABLE, name, line, None, f"bytes that are neither {encoding} nor Windows-1252"
    )


def _encoding(head: bytes, name: str, note: Note) -> tuple[str, int]:
    """The codec of a file that begins with `head`, and how many bytes of mark to skip."""
    for mark, codec in (
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    ):
        if head.startswith(mark):
            return codec, len(mark)
    if head.startswith(b"<\0"):
        return "utf-16-le", 0
    if head.startswith(b"\0<"):
        return "utf-16-be", 0
    declared = _DECLARED.match(head[:512])
    if declared is None:
        return "utf-8", 0
    said = declared[1].decode("ascii")
    try:
        codec = codecs.lookup(said).name
    except LookupError:
        codec = ""
    if not _KNOWN.fullmatch(codec):
        raise Unreadable(Reason.ENCODING_UNREADABLE, name, 1, None, f"unknown encoding {said!r}")
    if codec.startswith("utf-16"):
        note("encoding_declared_wrong", 1, f"the file says {said} and is not")
        return "utf-8", 0
    return codec, 0
