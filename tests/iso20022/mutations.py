"""Bank files broken in every way we can think of, and `bank inspect` over them, as a process of its own.

    PYTHONPATH=src:. python -m tests.iso20022.mutations SEED COUNT

Prints one JSON object: how many files, what became of them, the slowest, and the peak memory of the process.
"""

from __future__ import annotations

import io
import json
import random
import re
import sys
import tempfile
import time
import zipfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from tests.iso20022.support import GOLDEN
from zahlstelle import iso20022
from zahlstelle.cli.bank_inspect import run_inspect

SOURCES = sorted(path for path in GOLDEN.iterdir() if path.suffix in (".xml", ".zip"))
WORDS = (
    b"<!--", b"-->", b"<![CDATA[", b"]]>", b"<TxDtls>", b"</TxDtls>", b"</Ntry>", b"<Ntry>", b"</NtryDtls>", b"&",
    b"<", b">", b'"', b"\0", b"&amp;", b"&#0;", b"&#x41;", b"&lt;", b"<?xml version='1.0'?>", b"<!DOCTYPE x>",
    b"\xef\xbb\xbf", b"\xff", b"\x81", b"\r", b"<x xmlns='y'/>", b"<p:q xmlns:p='r'/>", b"-", b".", b",", b"9" * 30,
    b"<Amt>", b"</Document>",
)  # fmt: skip
ELEMENT = re.compile(rb"<([A-Za-z]+)(?: [^>]*)?>[^<]*</\1>")
BLOCK = re.compile(rb"<(TxDtls|Ntry|NtryDtls|Refs|RmtInf|RltdPties|AmtDtls|BkTxCd|Bal)>.*?</\1>", re.S)
REFUSED = re.compile(r"^[^\n]*?(?::(\d+))?: (\w+)(?: in [^\n:]+)?: ")
ENCODINGS = ("utf-8", "utf-16", "utf-16-le", "utf-16-be", "latin-1", "cp1252", "utf-8-sig", "cp437")


def grown(data: bytes) -> bytes:
    """The file, with its first detail repeated so that every quick way is taken."""
    begin, end = data.find(b"<TxDtls>"), data.find(b"</TxDtls>") + 9
    return data if begin < 0 or end < begin else data[:end] + data[begin:end] * 75 + data[end:]


def sources() -> list[bytes]:
    """What is broken: every golden file, and every eighth time one grown to a collective entry."""
    plain = [path.read_bytes() for path in SOURCES]
    return [*plain * 7, *map(grown, plain)]


def mutated(data: bytes, chance: random.Random) -> bytes:
    """`data`, changed in one to four places."""
    changed = data
    for _ in range(chance.randint(1, 4)):
        changed = chance.choice(CHANGES)(changed, chance)
    if chance.random() < 0.06:
        changed = _zipped(changed, chance)
    return changed


def _cut_off(data: bytes, chance: random.Random) -> bytes:
    return data[: chance.randrange(len(data) + 1)]


def _without(data: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(data) + 1)
    return data[:at] + data[at + chance.randint(1, 40) :]


def _stammered(data: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(data) + 1)
    return data[:at] + data[at : at + chance.randint(1, 400)] + data[at:]


def _moved(data: bytes, chance: random.Random) -> bytes:
    at, other = chance.randrange(len(data) + 1), chance.randrange(len(data) + 1)
    return data[:at] + data[other : other + chance.randint(1, 200)] + data[at:]


def _noise(data: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(data) + 1)
    return data[:at] + chance.randbytes(chance.randint(1, 3)) + data[at:]


def _flipped(data: bytes, chance: random.Random) -> bytes:
    if not data:
        return data
    at = chance.randrange(len(data))
    return data[:at] + bytes([data[at] ^ 1 << chance.randrange(8)]) + data[at + 1 :]


def _worded(data: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(data) + 1)
    return data[:at] + chance.choice(WORDS) + data[at:]


def _element(pattern: re.Pattern[bytes], change: Callable[[bytes], bytes]) -> Callable[[bytes, random.Random], bytes]:
    def changing(data: bytes, chance: random.Random) -> bytes:
        found = pattern.search(data, chance.randrange(len(data) + 1))
        return data if found is None else data[: found.start()] + change(found[0]) + data[found.end() :]

    return changing


def _swapped(data: bytes, chance: random.Random) -> bytes:
    one = ELEMENT.search(data, chance.randrange(len(data) + 1))
    if one is None:
        return data
    other = ELEMENT.search(data, one.end())
    if other is None:
        return data
    return data[: one.start()] + other[0] + data[one.end() : other.start()] + one[0] + data[other.end() :]


def _encoded(data: bytes, chance: random.Random) -> bytes:
    return data.decode("utf-8", "replace").encode(chance.choice(ENCODINGS), "replace")


def _declared(data: bytes, chance: random.Random) -> bytes:
    said = chance.choice(ENCODINGS).encode()
    return re.sub(rb"^\s*<\?xml[^>]*>", b'<?xml version="1.0" encoding="' + said + b'"?>', data)


def _amount(data: bytes, chance: random.Random) -> bytes:
    amounts = (b"", b"0", b"-1.00", b"1e9", b"9" * 40, b"1.005", b"NaN", b"1,00", b"0x10", b" 1.00 ", b"\xd9\xa1")
    return re.sub(rb"(<Amt[^>]*>)[^<]*", lambda found: found[1] + chance.choice(amounts), data, count=1)


def _zipped(data: bytes, chance: random.Random) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", chance.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))) as archive:
        archive.writestr(chance.choice(("a.xml", "Auszüge/ä.xml", "../a.xml", "a.txt", "b.zip")), data)
    return chance.choice((lambda same, _: same, _flipped, _cut_off, _without, _noise))(packed.getvalue(), chance)


CHANGES: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    _cut_off, _without, _stammered, _moved, _noise, _flipped, _flipped, _worded, _worded, _swapped, _encoded, _declared,
    _amount,
    _element(ELEMENT, lambda one: one * 2), _element(ELEMENT, lambda one: b""),
    _element(BLOCK, lambda one: one * 2), _element(BLOCK, lambda one: b""),
)  # fmt: skip


def inspect_many(seed: int, count: int) -> dict[str, object]:
    """Let `bank inspect --json` read `count` broken files; whatever is not a documented answer is an error."""
    chance = random.Random(seed)
    originals = sources()
    told: Counter[str] = Counter()
    slowest = 0.0
    in_memory = "/dev/shm" if Path("/dev/shm").is_dir() else None  # no disk is to be measured
    with tempfile.TemporaryDirectory(prefix="zs-mutations-", dir=in_memory) as folder:
        path = Path(folder) / "m.xml"
        for number in range(count):
            data = mutated(chance.choice(originals), chance)
            path.write_bytes(data)
            out, err = io.StringIO(), io.StringIO()
            before = time.process_time()
            try:
                status = run_inspect([str(path)], True, out, err)
            except BaseException:
                print(f"seed {seed}, file {number}: {data!r}", file=sys.stderr)
                raise
            slowest = max(slowest, time.process_time() - before)
            told.update(_answers(status, out.getvalue(), err.getvalue(), number))
    peak = int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]) // 1024
    return {"files": count, "told": dict(told), "slowest_seconds": round(slowest, 3), "peak_memory_mb": peak}


def _answers(status: int, out: str, err: str, number: int) -> list[str]:
    """What `bank inspect` has said: `read`, or the codes of its refusals. Raises where that is no answer."""
    refusals = [line for line in err.splitlines() if ": note: " not in line and ": passed over" not in line]
    matched = [REFUSED.match(line) for line in refusals]
    codes = [found[2] for found in matched if found is not None]
    if len(codes) != len(refusals) or not set(codes) <= set(iso20022.Reason):
        raise AssertionError(err)
    if status != (2 if codes else 0):
        raise AssertionError(f"status {status}: {err}")
    if number % 16 == 0:
        for line in out.splitlines():
            json.loads(line)
    return codes or ["read"]


if __name__ == "__main__":
    print(json.dumps(inspect_many(int(sys.argv[1]), int(sys.argv[2]))))
