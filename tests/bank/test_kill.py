"""An import that is killed at any point and run again ends as if nothing had happened."""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from tests.support import careless_town, large_import
from tests.support.book import assert_sound, digest, state
from tests.support.sizes import size


@pytest.mark.prove("kill")
def test_a_large_import_killed_at_any_point(tmp_path: Path) -> None:
    """One file is one transaction: after each kill nothing of it is there, or all of it."""
    details, kills, aimed = size(1_000, 200_000), size(2, 100), [*["commit"] * size(1, 4), *["store"] * size(0, 4)]
    file = large_import.write(tmp_path / "large", details)
    undisturbed, town = careless_town.found(file.parent), careless_town.found(file.parent)
    empty, stages, whole = digest(town), Counter[str](), 0
    with large_import.looking_on(os.environ["ZAHLSTELLE_DATABASE_URL"]) as look:
        seconds = large_import.undisturbed(look, large_import.start(file, undisturbed.slug))
        done = digest(undisturbed)
        assert done != empty
        left: list[float | str] = [*aimed, *large_import.moments(kills - len(aimed), seconds)]
        while left:
            process = large_import.start(file, town.slug)
            stage = large_import.disturb(look, process, moment := left.pop())
            process.send_signal(signal.SIGKILL)
            if process.wait() == -signal.SIGKILL:
                stages[stage] += 1
                print(f"{stages.total()}: {stage}", end="  ", flush=True)
            else:  # it came to its end before
                left.insert(0, moment if isinstance(moment, str) else moment * 0.9)
            look.wait_for_the_end()
            assert_sound(town)
            if (now := digest(town)) != empty:
                assert now == done
                town, whole = careless_town.found(file.parent), whole + 1
        large_import.undisturbed(look, large_import.start(file, town.slug))
    assert_sound(town)
    assert digest(town) == done
    assert {"read", "store", "allocate"} <= set(stages) or kills < 100
    print(
        f"\n{stages.total()} times SIGKILL in an import of {details} details that takes {seconds:.1f} s, while it did"
    )
    print(f"{dict(stages)}; {whole} imports had come to their end. Run to the end: the same state, always a sound book")


@pytest.mark.prove("kill")
def test_killed_at_any_point_and_run_again(tmp_path: Path) -> None:
    folder = careless_town.write_month(tmp_path / "month", seed=3, claims=size(60, 1000), days=size(4, 30))
    undisturbed = careless_town.found(folder)
    careless_town.take_in(undisturbed, careless_town.bank_files(folder))
    town = careless_town.found(folder)
    chance, kills, tries = random.Random(1), 0, 0
    while kills < size(3, 60):
        tries += 1
        assert tries < size(60, 700), "the import ends before it can be killed"
        process = subprocess.Popen(
            [sys.executable, "-m", "zahlstelle.cli", "bank", "import", str(folder / "bank"), "--tenant", town.slug],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        time.sleep(chance.uniform(0.5, size(2, 6)))
        process.send_signal(signal.SIGKILL)
        kills += process.wait() == -signal.SIGKILL
        assert_sound(town)
        if kills == 3:
            again = careless_town.found(folder)  # and the others go on meanwhile
            assert_sound(again)
    careless_town.take_in(town, careless_town.bank_files(folder))
    assert_sound(town)
    assert state(town) == state(undisturbed)
    print(f"\n{kills} times SIGKILL, then run to the end: the same state, every time a sound book")
