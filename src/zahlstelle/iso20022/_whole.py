"""Whether a file looks as if its end had arrived. A guess by its last bytes: reading is what decides."""

import io
import struct
from pathlib import Path

_DIRECTORY_END = b"PK\5\6"
_LONGEST_END = 65_557  # the record and the longest comment
_BLANK = b" \t\r\n\0"
_ZIP64 = 0xFFFF_FFFF


def looks_whole(path: Path) -> bool:
    """Say whether an upload seems complete: a ZIP has its directory, XML ends with a tag, nothing is empty.

    What is neither ZIP nor XML is whole: more of it would not make it a bank file.
    """
    with path.open("rb") as stream:
        head = stream.read(64)
        size = stream.seek(0, io.SEEK_END)
        stream.seek(max(0, size - _LONGEST_END))
        tail = stream.read()
    if head.startswith(b"PK"):
        return _has_directory(tail, size)
    if head.lstrip(_BLANK + b"\xef\xbb\xbf\xff\xfe").startswith(b"<"):
        return tail.rstrip(_BLANK).endswith(b">")
    return size > 0


def _has_directory(tail: bytes, size: int) -> bool:
    at = tail.rfind(_DIRECTORY_END)
    if at < 0 or len(tail) - at < 22:
        return False
    length, offset, comment = struct.unpack("<LLH", tail[at + 12 : at + 22])
    if len(tail) - at - 22 < comment:
        return False
    return _ZIP64 in (length, offset) or offset + length <= size - len(tail) + at
