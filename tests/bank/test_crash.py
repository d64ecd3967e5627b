"""PostgreSQL is stopped in the middle of an import (immediate shutdown): nothing is lost, doubled or half done."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import pytest
from tests.support import large_import
from tests.support.sizes import size

from zahlstelle.postgres import Database, obtain


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
    data, details, stops, aimed = folder / "postgres", size(1_000, 200_000), size(1, 50), ["commit"] * size(0, 2)
    file = large_import.write(folder / "large", details)
    database = obtain(data, "zahlstelle", environ={})
    stages, spare, whole = Counter[str](), list[str](), 0
    try:
        owner = {**environment(database), "ZAHLSTELLE_DATABASE_URL": database.urls.owner}
        migrate = [sys.executable, "-m", "django", "migrate", "-v0", "--settings", "zahlstelle.settings"]
        subprocess.run(migrate, env=owner, check=True, capture_output=True)
        undisturbed, slug = run(database, "tests.support.crash", "found", str(file.parent)).split()
        empty = run(database, "tests.support.crash", "state", slug)
        with large_import.looking_on(database.urls.app) as look:
            seconds = large_import.undisturbed(look, large_import.start(file, undisturbed, environment(database)))
        done = run(database, "tests.support.crash", "state", undisturbed)
        assert done != empty
        left: list[float | str] = [*aimed, *large_import.moments(stops - len(aimed), seconds)]
        while left:
            moment = left.pop()
            with large_import.looking_on(database.urls.app) as look:
                process = large_import.start(file, slug, environment(database))
                stage = large_import.disturb(look, process, moment)
                finished = process.poll() == 0
                stop_at_once(data)
            process.wait(60)
            database.stop()
            database = obtain(data, "zahlstelle", environ={})
            if finished:  # it came to its end before the server did
                left.insert(0, moment if isinstance(moment, str) else moment * 0.9)
            else:
                stages[stage] += 1
                print(f"{stages.total()}: {stage}", end="  ", flush=True)
            if (now := run(database, "tests.support.crash", "state", slug)) != empty:
                assert now == done
                slug, whole = spare.pop() if spare else "", whole + 1
            if not slug:
                slug, *spare = run(database, "tests.support.crash", "found", str(file.parent)).split()
        assert large_import.start(file, slug, environment(database)).wait() == 0
        assert run(database, "tests.support.crash", "state", slug) == done
    finally:
        database.stop()
    print(f"\n{stages.total()} times an immediate stop of PostgreSQL in an import of {details} details that takes")
    print(f"{seconds:.1f} s, while it did {dict(stages)}; {whole} imports had come to their end. The same end state")
