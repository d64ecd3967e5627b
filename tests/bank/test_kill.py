"""An import that is killed at any point and run again ends as if nothing had happened."""

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.support import careless_town
from tests.support.book import assert_sound, state
from tests.support.sizes import size


@pytest.mark.prove("kill")
def test_killed_at_any_point_and_run_again(tmp_path: Path) -> None:
    folder = careless_town.write_month(tmp_path / "month", seed=3, claims=size(150, 1000), days=size(8, 30))
    undisturbed = careless_town.found(folder)
    careless_town.take_in(undisturbed, careless_town.bank_files(folder))
    town = careless_town.found(folder)
    chance, kills, tries = random.Random(1), 0, 0
    while kills < size(6, 100):
        tries += 1
        assert tries < size(60, 700), "the import ends before it can be killed"
        process = subprocess.Popen(
            [sys.executable, "-m", "zahlstelle.cli", "bank", "import", str(folder / "bank"), "--tenant", town.slug],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        time.sleep(chance.uniform(0.5, size(3, 6)))
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
