"""Files that are meant to harm: each is refused with its code, quickly, and in little memory."""

import io
import struct
import subprocess
import sys
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

import pytest

from tests.iso20022.support import detail, entry, message, refusal
from zahlstelle import iso20022
from zahlstelle.iso20022 import _documents

pytestmark = pytest.mark.prove("bad_input")

GOOD = message(entry(detail()))
DOCUMENT = '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08">'


def _doctype(inside: str, reference: str = "") -> bytes:
    text = GOOD.decode().replace("<Document", f"<!DOCTYPE Document [{inside}]>\n<Document", 1)
    return text.replace("<MsgId>M<", f"<MsgId>{reference}<").encode()


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))


@pytest.mark.parametrize("plain", [True, False])
@pytest.mark.parametrize(
    ("data", "code"),
    [
        (_doctype(""), "doctype_refused"),
        (_doctype('<!ENTITY l0 "ha">' + LAUGHS, "&l11;"), "doctype_refused"),
        (_doctype('<!ENTITY x SYSTEM "file:///etc/passwd">', "&x;"), "doctype_refused"),
        (_doctype('<!ENTITY % x SYSTEM "http://127.0.0.1:1/x.dtd">%x;'), "doctype_refused"),
        (GOOD.replace(b"<Document", b'<!DOCTYPE x SYSTEM "http://127.0.0.1:1/"><Document', 1), "doctype_refused"),
        (GOOD.replace(b"<MsgId>M", b"<MsgId>&unknown;"), "entity_refused"),
        (GOOD.replace(b"<EndToEndId>E", b"<EndToEndId>&unknown;"), "entity_refused"),
        (GOOD.replace(b"<Avlbty/>", b"<a>" * 100 + b"</a>" * 100 + b"<Avlbty/>"), "too_deep"),
        (GOOD.replace(b"</EndToEndId>", b"</EndToEndId>" + b"<a>" * 100 + b"</a>" * 100), "too_deep"),
        (b"<a>" * 500_000, "too_deep"),
        (b"<a>" + b"<b/>" * 500_000, "not_camt"),
        (DOCUMENT.encode() + b"<BkToCstmrStmt>" + b"<a>" * 500_000, "too_deep"),
        (GOOD.replace(b"<MsgId>M", b"<MsgId>" + b"M" * 30_000_000), "too_large"),
        (GOOD.replace(b"<EndToEndId>E", b"<EndToEndId>" + b"E" * 30_000_000), "too_large"),
        (GOOD.replace(b"<MsgId>", b'<MsgId a="' + b"M" * 30_000_000 + b'">'), "too_large"),
        (GOOD.replace(b"<Avlbty/>", b"<!--" + b"-x" * 15_000_000 + b"--><Avlbty/>"), "too_large"),
        (GOOD.replace(b"<Avlbty/>", b"<a/>" * 100_000), "too_large"),
        (GOOD.replace(b"</EndToEndId>", b"</EndToEndId>" + b"<a/>" * 100_000), "too_large"),
        (GOOD.replace(b"<MsgId>", b"<MsgId " + b" ".join(b'a%d=""' % n for n in range(200_000)) + b">"), "too_large"),
        (GOOD * 3000, "too_large"),
        (b"\x00\x01\x02" * 1000, "not_xml"),
        (b"%PDF-1.7\n", "not_xml"),
        (b"", "empty"),
        (b" \r\n\t", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b"<html><body>Sitzung abgelaufen</body></html>", "not_camt"),
        (
            b'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"><CstmrCdtTrfInitn/></Document>',
            "not_camt",
        ),
        (b'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><Other/></Document>', "not_camt"),
        (GOOD + b"and more", "not_xml"),
        (GOOD + "\ufeff\ufffd\ufffe€".encode(), "not_xml"),
        (b'<?xml version="1.0" encoding="EBCDIC-CP-BE"?><x/>', "encoding_unreadable"),
        (GOOD.replace(b"<MsgId>M", b"<MsgId>\x81\x8d"), "encoding_unreadable"),
        (GOOD.replace(b"<MsgId>M", b"<MsgId>\x00"), "not_xml"),
        (GOOD.replace(b"</EndToEndId>", b"</EndToEndID>"), "not_xml"),
    ],
    ids=lambda value: value if isinstance(value, str) else value[:20],
)
def test_refused_at_once(data: bytes, code: str, plain: bool) -> None:
    began = time.process_time()
    assert refusal(data, plain=plain).code == code
    assert time.process_time() - began < 2


@pytest.mark.parametrize("plain", [True, False])
def test_a_file_cut_anywhere_is_never_read_as_whole(plain: bool) -> None:
    for end in range(1, len(GOOD) - 1):
        assert refusal(GOOD[:end], plain=plain).code in ("truncated", "empty"), GOOD[:end]


MEMORY = """
import io
from zahlstelle import iso20022
from tests.iso20022.support import detail, entry, message
GOOD = message(entry(detail()))
class Flood(io.RawIOBase):
    def __init__(self, begin, again, times): self.begin, self.again, self.left = begin, again, times
    def read(self, size=-1):
        if self.begin:
            begin, self.begin = self.begin, b""
            return begin
        self.left -= 1
        return self.again if self.left >= 0 else b""
head, tail = GOOD.split({at!r})
try:
    for _ in iso20022.read(Flood(head + {at!r} + {begin!r}, {again!r} * {count}, 400), "flood"):
        pass
    print("read")
except iso20022.Unreadable as no:
    print(no.code)
print(open("/proc/self/status").read().split("VmHWM:")[1].split()[0])
"""


@pytest.mark.parametrize(
    ("at", "begin", "again"),
    [
        (b"<MsgId>", b"", b"M"),
        (b"<Avlbty/>", b"", b"<a></a>"),
        (b"<Avlbty/>", b"<!--", b"x"),
        (b"<Avlbty/>", b'<a b="', b"x"),
        (b"<Avlbty/>", b"<![CDATA[", b"x>"),
        (b"<NtryDtls>", b"<TxDtls>", b"<a></a>"),
        (b"<NtryDtls>", b"<TxDtls>", b"<a>"),
    ],
    ids=repr,
)
def test_a_flood_is_stopped_in_little_memory(at: bytes, begin: bytes, again: bytes) -> None:
    told = _alone(MEMORY.format(at=at, begin=begin, again=again, count=1_000_000 // len(again)))
    assert told[0] in ("too_large", "too_deep")
    assert int(told[1]) < 60_000, "kB at the peak"


def _alone(program: str) -> list[str]:
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60, cwd=root,
        env={"PYTHONPATH": f"{root / 'src'}:{root}", "PATH": "/usr/bin:/bin"},
    )  # fmt: skip
    return done.stdout.split()


# --- ZIP ---------------------------------------------------------------------------------------------------------


def _zip(*members: tuple[str | zipfile.ZipInfo, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", method) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return packed.getvalue()


def _outcomes(data: bytes) -> list[str]:
    """What becomes of each file in `data`: the number of entries read, or the code of the refusal."""
    told = []
    for name, stream in iso20022.documents(data, "a.zip"):
        try:
            told.append(str(sum(isinstance(one, iso20022.EntryEnd) for one in iso20022.read(stream, name))))
        except iso20022.Unreadable as no:
            assert no.file.startswith("a.zip")
            told.append(no.code)
    return told


def _with(change: Callable[[bytearray], None]) -> bytes:
    packed = bytearray(_zip(("a.xml", GOOD)))
    change(packed)
    return bytes(packed)


def _link() -> zipfile.ZipInfo:
    link = zipfile.ZipInfo("link.xml")
    link.external_attr = 0o120777 << 16
    return link


def _encrypted(packed: bytearray) -> None:
    for signature, offset in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        packed[packed.index(signature) + offset] |= 1


def _lying(size: int) -> Callable[[bytearray], None]:
    def change(packed: bytearray) -> None:
        for signature, offset in ((b"PK\3\4", 22), (b"PK\1\2", 24)):
            at = packed.index(signature) + offset
            packed[at : at + 4] = struct.pack("<I", size)

    return change


def _cut_short(packed: bytearray) -> None:
    at = packed.index(b"PK\1\2") + 20
    packed[at : at + 4] = struct.pack("<I", 20)


def _flipped(packed: bytearray) -> None:
    packed[packed.index(b"PK\1\2") - 40] ^= 0xFF


def _overlapping() -> bytes:
    """A directory that names the same member a thousand times."""
    packed = _zip(("a.xml", GOOD))
    begin, end = packed.index(b"PK\1\2"), packed.index(b"PK\5\6")
    directory = packed[begin:end] * 1000
    closing = struct.pack("<HHIIH", 1000, 1000, len(directory), begin, 0)
    return packed[:begin] + directory + packed[end : end + 8] + closing


def _streamed(member: tuple[str, bytes]) -> bytes:
    """An archive that tells its directory in 64 bits, as those that are written in one go do."""
    packed = _zip(member)
    begin, end = packed.index(b"PK\1\2"), packed.index(b"PK\5\6")
    wide = b"PK\6\6" + struct.pack("<QHHIIQQQQ", 44, 45, 45, 0, 0, 1, 1, end - begin, begin)
    locator = b"PK\6\7" + struct.pack("<IQI", 0, end, 1)
    closing = struct.pack("<HHHHIIH", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    return packed[:end] + wide + locator + b"PK\5\6" + closing


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (_zip(("../a.xml", GOOD), ("b.xml", GOOD)), ["zip_refused", "1"]),
        (_zip(("a/../../b.xml", GOOD)), ["zip_refused"]),
        (_zip(("..\\a.xml", GOOD)), ["zip_refused"]),
        (_zip(("/etc/a.xml", GOOD)), ["zip_refused"]),
        (_zip(("C:/a.xml", GOOD)), ["zip_refused"]),
        (_zip((_link(), b"/etc/passwd"), ("b.xml", GOOD)), ["zip_refused", "1"]),
        (_with(_encrypted), ["zip_refused"]),
        (_with(_lying(10)), ["zip_refused"]),
        (_with(_lying(2**31)), ["zip_bomb"]),
        (_with(_lying(2**19)), ["1"]),
        (_overlapping(), ["zip_bomb"]),
        (_streamed(("a.xml", GOOD)), ["1"]),
        (_with(_cut_short), ["zip_refused"]),
        (_with(_flipped), ["zip_refused"]),
        (_zip(("a.xml", GOOD), method=zipfile.ZIP_LZMA), ["zip_refused"]),
        (_zip(*((f"{n}.xml", b"") for n in range(3000))), ["zip_refused"]),
        (_zip(("b.zip", _zip(("c.zip", _zip(("d.xml", GOOD)))))), ["zip_refused"]),
        (_zip(("b.zip", _zip(("d.xml", GOOD), ("e.xml", GOOD))), ("f.xml", GOOD)), ["1", "1", "1"]),
        (_zip(("a.xml", GOOD))[:-30], ["truncated"]),
        (b"PK\3\4 and no more", ["truncated"]),
        (_zip(), ["empty"]),
        (_zip(("a/", b"")), ["empty"]),
        (_zip(("a.xml", b"")), ["empty"]),
        (_zip(("a.xml", GOOD), method=zipfile.ZIP_STORED), ["1"]),
    ],
)
def test_zip(data: bytes, told: list[str]) -> None:
    assert _outcomes(data) == told


def _bomb(begin: bytes, megabytes: int) -> bytes:
    """A ZIP whose headers say it is small."""
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
    data = (
        deflate.compress(begin) + b"".join(deflate.compress(b" " * 2**20) for _ in range(megabytes)) + deflate.flush()
    )
    packed = bytearray(_zip(("a.xml", b"")))
    local, directory = packed.index(b"PK\3\4"), packed.index(b"PK\1\2")
    body = local + 30 + 5
    struct.pack_into("<II", packed, directory + 20, len(data), 2**31 - 1)
    struct.pack_into("<II", packed, local + 18, len(data), 2**31 - 1)
    struct.pack_into("<HH", packed, directory + 8, 0, 8)
    struct.pack_into("<HH", packed, local + 6, 0, 8)
    end = packed.index(b"PK\5\6")
    struct.pack_into("<I", packed, end + 16, body + len(data))
    return bytes(packed[:body] + data + packed[directory:])


@pytest.mark.parametrize("begin", [GOOD[:-12], b"", GOOD.replace(b"<Avlbty/>", b"<Avlbty/><!--")[:-80]])
@pytest.mark.parametrize("admitted", [True, False])
def test_a_zip_bomb_is_stopped_while_it_inflates(begin: bytes, admitted: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where nothing its headers say would give it away."""
    if not admitted:
        monkeypatch.setattr(_documents, "_objection", lambda member: None)
    bomb = _bomb(begin, 300)
    assert len(bomb) < 400_000
    began = time.process_time()
    (code,) = _outcomes(bomb)
    assert code in ("zip_bomb", "too_large", "empty")
    assert time.process_time() - began < 2


def test_a_zip_bomb_of_good_messages_is_a_bomb_still() -> None:
    one = b'<Ntry><Amt Ccy="EUR">1.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts></Ntry>'
    entries = GOOD.split(b"<Ntry>")[0] + one * 100_000
    began = time.process_time()
    assert _outcomes(_zip(("a.xml", entries), ("b.xml", GOOD))) == ["zip_bomb", "1"]
    assert time.process_time() - began < 2


def test_a_bomb_inside_a_zip_inside_counts_against_the_outer_one() -> None:
    inner = _bomb(GOOD[:-12], 300)
    assert _outcomes(_zip(("a.zip", inner)))[0] in ("zip_bomb", "too_large")


def test_a_huge_directory_is_not_even_looked_at() -> None:
    end = b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, 100, 100, 2**30, 0, 0)
    assert _outcomes(b"PK\3\4" + b"\0" * 5000 + end) == ["zip_refused"]


def test_streams_are_read_one_after_the_other(tmp_path: Path) -> None:
    def streams() -> Iterator[BinaryIO]:
        for _, stream in iso20022.documents(str(tmp_path)):
            yield stream

    (tmp_path / "b.zip").write_bytes(_zip(("x.xml", GOOD)))
    (tmp_path / "a.xml").write_bytes(GOOD)
    (tmp_path / "link").symlink_to("/")
    assert [stream.read() for stream in streams()] == [GOOD, GOOD]
