"""PostgreSQL is stopped in the middle of an import (immediate shutdown): nothing is lost, doubled or half done."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import date
from pathlib import Path

import pytest
from tests.support.sizes import size
from tests.support.towns import iban

from zahlstelle.postgres import Database, obtain
from zahlstelle.simulation import Town, collective_file


def environment(database: Database) -> Mapping[str, str]:
    return {
        **os.environ,
        "ZAHLSTELLE_DATABASE_URL": database.urls.app,
        "ZAHLSTELLE_OWNER_DATABASE_URL": database.urls.owner,
        "ZAHLSTELLE_SECRET_KEY": "a key for tests only",
        "PYTHONPATH": os.pathsep.join(["src", "."]),
    }


def run(database: Database, *words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", *words], env=environment(database), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout.strip()


def stop_at_once(folder: Path) -> None:
    """Do what `pg_ctl stop -m immediate` does, and wait until the server is gone."""
    pid = int(next(folder.rglob("postmaster.pid")).read_text().splitlines()[0])
    os.kill(pid, signal.SIGQUIT)
    with suppress(ProcessLookupError, FileNotFoundError):
        for _ in range(200):
            os.kill(pid, 0)
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return
            time.sleep(0.05)


@pytest.mark.prove("kill")
def test_the_database_stops_at_any_point(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("crash")
    account, data = iban(os.getpid() % 10**9), folder / "postgres"
    details, stops = size(2_000, 200_000), size(1, 50)
    file = folder / "collective.xml"
    collective_file(details, file, family="053", town=Town(iban=account, bic="COLSDE33XXX"), day=date(2026, 10, 2))
    chance = random.Random(1)
    database = obtain(data, "zahlstelle", environ={})
    try:
        owner = {**environment(database), "ZAHLSTELLE_DATABASE_URL": database.urls.owner}
        migrate = [sys.executable, "-m", "django", "migrate", "-v0", "--settings", "zahlstelle.settings"]
        subprocess.run(migrate, env=owner, check=True, capture_output=True)
        slug = run(database, "tests.support.crash", "found", account)
        empty = run(database, "tests.support.crash", "state", slug)
        words = ("zahlstelle.cli", "bank", "import", str(file), "--tenant", slug)
        longest = size(3, 30)
        stopped = 0
        while stopped < stops:
            process = subprocess.Popen(
                [sys.executable, "-m", *words],
                env=environment(database),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            time.sleep(chance.uniform(0.8, longest))
            finished = process.poll() == 0
            stop_at_once(data)
            process.wait(60)
            database.stop()
            database = obtain(data, "zahlstelle", environ={})
            now = run(database, "tests.support.crash", "state", slug)
            stopped += not finished
            assert now == empty or int(now.split()[0]) > details, now
            if now != empty:  # the import came to its end before the server did
                longest = max(1.0, longest * 0.8)
                slug = run(database, "tests.support.crash", "found", account)
                words = (*words[:-1], slug)
        run(database, *words)
        done = run(database, "tests.support.crash", "state", slug)
        assert int(done.split()[0]) > details
        undisturbed = run(database, "tests.support.crash", "found", account)
        run(database, *words[:-1], undisturbed)
        assert run(database, "tests.support.crash", "state", undisturbed) == done
    finally:
        database.stop()
    print(f"\n{stopped} times an immediate stop of PostgreSQL in an import of {details} details: the same end state")
