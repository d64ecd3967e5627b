"""Broken files, thousands of ways: each is read or refused with a code, never anything else, and both ways agree.

Small in the suite; `PROVE=1` (or `PROVE=<number>`) makes it 200,000 (or that many) mutations.
"""

import io
import os
import random
from pathlib import Path

import pytest

from tests.iso20022.support import GOLDEN, events
from zahlstelle import iso20022

pytestmark = pytest.mark.prove("bad_input")

FULL = 200_000
SEEDS = 8
SOURCES = sorted(path for path in GOLDEN.iterdir() if path.suffix in (".xml", ".zip"))


def _count() -> int:
    asked = os.environ.get("PROVE", "")
    number = int(asked) if asked.isdecimal() else 0
    return (number if number > 1 else FULL if asked else 400) // SEEDS


def _mutated(data: bytes, chance: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(changed) + 1)
        match chance.randrange(7):
            case 0:
                del changed[at:]
            case 1:
                del changed[at : at + chance.randint(1, 40)]
            case 2:
                changed[at:at] = changed[at : at + chance.randint(1, 400)]
            case 3:
                changed[at:at] = bytes(chance.randrange(256) for _ in range(chance.randint(1, 3)))
            case 4 if at < len(changed):
                changed[at] ^= 1 << chance.randrange(8)
            case 5:
                words = [
                    b"<!--",
                    b"-->",
                    b"<![CDATA[",
                    b"]]>",
                    b"<TxDtls>",
                    b"</TxDtls>",
                    b"&",
                    b"<",
                    b">",
                    b'"',
                    b"\0",
                ]
                changed[at:at] = chance.choice(words)
            case _:
                other = chance.randrange(len(changed) + 1)
                changed[at:at] = changed[other : other + chance.randint(1, 200)]
        if not changed:
            return b""
    return bytes(changed)


def _outcome(data: bytes, *, plain: bool) -> object:
    try:
        return events(data, plain=plain)
    except iso20022.Unreadable as no:
        return no.code, no.line


def _grown(path: Path) -> bytes:
    """The file, with its first detail repeated so that the quick way is taken."""
    data = path.read_bytes()
    begin, end = data.find(b"<TxDtls>"), data.find(b"</TxDtls>") + 9
    return data if path.suffix == ".zip" or begin < 0 else data[:end] + data[begin:end] * 60 + data[end:]


@pytest.mark.parametrize("seed", range(SEEDS))
def test_whatever_is_broken_has_an_answer(seed: int) -> None:
    chance = random.Random(seed)
    sources = [path.read_bytes() for path in SOURCES] + [_grown(path) for path in SOURCES]
    codes = set()
    for _ in range(_count()):
        data = _mutated(chance.choice(sources), chance)
        quick, careful = _outcome(data, plain=True), _outcome(data, plain=False)
        if isinstance(quick, tuple) and isinstance(careful, tuple):
            codes.add(quick[0])
        else:
            assert quick == careful, data
        for name, stream in iso20022.documents(data, "m"):
            try:
                list(iso20022.read(stream, name))
            except iso20022.Unreadable as no:
                codes.add(no.code)
    assert codes & {"truncated", "not_xml"}
    assert all(code in set(iso20022.Reason) for code in codes)


def test_a_mutation_s_bytes_are_the_same_every_time() -> None:
    data = SOURCES[0].read_bytes()
    assert _mutated(data, random.Random(7)) == _mutated(data, random.Random(7))
    assert io.BytesIO(data).read() == data
