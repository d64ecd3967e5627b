"""One large collective credit with its claims, a process that imports it, and the stage at which it is disturbed."""

import re
import subprocess
import sys
import time
from collections.abc import Container, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import date
from pathlib import Path
from random import Random

import psycopg

from tests.support import careless_town
from zahlstelle.simulation import Town, collective_file

DAY = date(2026, 10, 2)


def write(folder: Path, details: int) -> Path:
    """Write a town, its claims and a statement with one collective credit that pays them; some details name nothing."""
    careless_town.write_month(folder, seed=1, claims=5, days=1)
    (folder / "claims.jsonl").unlink()
    file = folder / "collective.xml"
    collective_file(
        details, file, claims_path=folder / "claims.jsonl", family="053", town=Town(), day=DAY, unmatched_every=20
    )
    return file


def start(file: Path, slug: str, environment: Mapping[str, str] | None = None) -> subprocess.Popen[bytes]:
    """Start the import as a process of its own."""
    words = [sys.executable, "-m", "zahlstelle.cli", "bank", "import", str(file), "--tenant", slug]
    return subprocess.Popen(words, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def moments(count: int, seconds: float) -> Iterator[float]:
    """Give moments spread over a whole import, one in each of `count` equal stretches, in a mixed order."""
    chance = Random(1)
    stretches = list(range(count))
    chance.shuffle(stretches)
    for number in stretches:
        yield seconds * (number + chance.random()) / count


# The first that fits says what the importer does. Whatever else it asks inside its transaction is part of allocating.
_STAGES = (
    ("commit", r"^COMMIT$"),
    ("read", r"seen_detail FROM STDIN|EXISTS seen_detail|^SELECT kassenzeichen, id|\"bank_file"),
    ("store", r"^INSERT INTO \"?(bank_|sighting|statement)|seen_detail, placed|SET active = false|FROM \"?statement"),
    ("allocate", r"."),
)
_IMPORTER = """
SELECT state, trim(query) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend' AND pid <> ALL(%s)
ORDER BY state = 'idle', backend_start LIMIT 1
"""


@contextmanager
def looking_on(url: str) -> Iterator["Look"]:
    """Look from outside at what an importer's connection does; whoever is connected before is somebody else."""
    connection = psycopg.connect(url, autocommit=True)
    try:
        yield Look(connection)
    finally:
        connection.close()  # also where the server is gone; what failed while looking on is never passed over


class Look:
    """What the importer does just now."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self._connection = connection
        rows = connection.execute("SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend'")
        self._others = [pid for (pid,) in rows.fetchall()]

    def stage(self) -> str:
        """Name what the importer does: read, store, allocate, commit; `outside` before and after its transaction."""
        row = self._connection.execute(_IMPORTER, [self._others]).fetchone()
        if row is None or row[0] == "idle":
            return "outside"
        return next(stage for stage, words in _STAGES if re.search(words, row[1] or "BEGIN"))

    def wait_for(self, stages: Container[str], process: subprocess.Popen[bytes]) -> None:
        """Wait until the importer is at one of these stages, or has ended."""
        while self.stage() not in stages and process.poll() is None:
            time.sleep(0.001)

    def wait_for_the_end(self) -> None:
        """Wait until the server has noticed that the importer is gone."""
        for _ in range(2400):
            if self._connection.execute(_IMPORTER, [self._others]).fetchone() is None:
                return
            time.sleep(0.05)
        raise AssertionError("the server goes on with an import whose process is gone")


INSIDE = ("read", "store", "allocate", "commit")


def disturb(look: Look, process: subprocess.Popen[bytes], after: float | str) -> str:
    """Wait for the moment, counted from the first thing the import reads, or for a stage. Name the stage then."""
    look.wait_for(INSIDE, process)
    if isinstance(after, str):
        look.wait_for((after,), process)
    else:
        with suppress(subprocess.TimeoutExpired):
            process.wait(after)
    return look.stage()


def undisturbed(look: Look, process: subprocess.Popen[bytes]) -> float:
    """Wait for an import that nothing disturbs; give the seconds from the first thing it reads to its end."""
    look.wait_for(INSIDE, process)
    began = time.monotonic()
    assert process.wait() == 0
    return time.monotonic() - began
