"""Broken files, thousands of ways: each is read or refused with a code, never anything else, and all ways agree.

Small in the suite; `PROVE=1` (or `PROVE=<number>`) makes it 200,000 (or that many) mutations.
"""

import json
import os
import random
import subprocess
import sys
from collections import Counter

import pytest

from tests.iso20022 import mutations
from tests.iso20022.support import ROOT, events
from zahlstelle import iso20022
from zahlstelle.iso20022 import _plans

pytestmark = pytest.mark.prove("bad_input")

FULL = 200_000
SMALL = 600
AT_ONCE = 25_000  # files of one process
_asked = os.environ.get("PROVE", "")
COUNT = int(_asked) if _asked.isdecimal() and int(_asked) > 1 else FULL if _asked else SMALL


def test_whatever_is_broken_has_an_answer_in_little_memory() -> None:
    told: Counter[str] = Counter()
    slowest, peak = 0.0, 0
    for seed, begin in enumerate(range(0, COUNT, AT_ONCE)):
        done = subprocess.run(
            [sys.executable, "-m", "tests.iso20022.mutations", str(seed), str(min(AT_ONCE, COUNT - begin))],
            capture_output=True, text=True, check=False, timeout=1800, cwd=ROOT,
            env={"PYTHONPATH": f"{ROOT / 'src'}:{ROOT}", "PATH": "/usr/bin:/bin"},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr[-4000:]
        said = json.loads(done.stdout)
        told.update(said["told"])
        slowest, peak = max(slowest, said["slowest_seconds"]), max(peak, said["peak_memory_mb"])
    print(f"{COUNT:,} files: {dict(told.most_common())}; slowest {slowest} s, peak {peak} MB")
    assert {"read", "truncated", "not_xml", "amount_unreadable"} <= set(told)
    assert peak < 256
    if COUNT == FULL:
        assert slowest < 2


def _outcome(data: bytes, *, plain: bool) -> object:
    try:
        return events(data, plain=plain)
    except iso20022.Unreadable as no:
        return no.code, no.line


def test_the_quick_ways_and_the_careful_one_agree_on_broken_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """With forms made of what came once, so that every file of two equal details is read by them."""
    monkeypatch.setattr(_plans, "HOT", 1)
    monkeypatch.setattr(_plans, "OFTEN", 1)
    chance = random.Random(4711)
    originals = mutations.sources()
    refused = 0
    for _ in range(COUNT // 10 if COUNT > SMALL else 150):
        data = mutations.mutated(chance.choice(originals), chance)
        quick, careful = _outcome(data, plain=True), _outcome(data, plain=False)
        if isinstance(quick, tuple) and isinstance(careful, tuple):
            refused += 1
            continue
        assert quick == careful, data
    assert refused


def test_a_mutation_s_bytes_are_the_same_every_time() -> None:
    (first, second) = ([mutations.mutated(one, random.Random(7)) for one in mutations.sources()] for _ in range(2))
    assert first == second
