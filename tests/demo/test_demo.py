"""`zahlstelle demo` from outside: it comes up, tells where it is, ends clean, and remembers."""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from tests.support.command import zahlstelle
from tests.support.machine import descendants, left_in_tmp, left_running

from zahlstelle.processes import free_port

pytestmark = pytest.mark.prove("fresh_start")


class Running:
    """One `zahlstelle demo`, as a person starts it."""

    def __init__(self, folder: Path, *words: str) -> None:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("ZAHLSTELLE_")}
        environment["PYTHONPATH"] = os.pathsep.join(sys.path)
        self.folder = folder
        self.said = folder.with_suffix(".said")
        with self.said.open("w") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "zahlstelle.cli", "demo", "--data", str(folder), *words],
                stdout=output,
                stderr=subprocess.STDOUT,
                env=environment,
            )

    def ready(self, patience: float = 120) -> dict[str, Any]:
        """Wait for demo.json as a script would; one that a killed demo left is gone before the first word."""
        deadline = time.monotonic() + patience
        while not self.said.read_text() or not (self.folder / "demo.json").exists():
            assert self.process.poll() is None, self.said.read_text()
            assert time.monotonic() < deadline, self.said.read_text()
            time.sleep(0.1)
        told: dict[str, Any] = json.loads((self.folder / "demo.json").read_text())
        return told

    def begun(self) -> None:
        """Wait for its first word: before that it is Python that starts, and not yet ours to end."""
        deadline = time.monotonic() + 30
        while not self.said.read_text() and self.process.poll() is None:
            assert time.monotonic() < deadline, "no word within 30 seconds"
            time.sleep(0.02)

    def end(self, how: signal.Signals = signal.SIGINT, patience: float = 30) -> int:
        self.process.send_signal(how)
        return self.process.wait(patience)


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """One folder for all stories, filled once; with ports of its own, for tests run side by side."""
    with tempfile.TemporaryDirectory(prefix="demo-") as parent:
        place = Path(parent) / "demo"
        place.mkdir(mode=0o700)
        (place / ".zahlstelle-demo").touch()
        (place / "ports.json").write_text(json.dumps({"web": free_port(), "sandbox": free_port()}))
        yield place


@pytest.fixture
def demo(folder: Path) -> Iterator[Running]:
    running = Running(folder)
    yield running
    if running.process.poll() is None:
        running.end()


def status(url: str) -> int:
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, timeout=10) as answer:
        return int(answer.status)


def merchant(folder: Path, told: dict[str, Any], slug: str) -> dict[str, Any]:
    """Ask the demo's sandbox about a town."""
    token = (folder / "sandbox" / "admin-token").read_text().strip()
    asked = urllib.request.Request(
        told["sandbox_url"] + "/admin/merchants", headers={"Authorization": f"Bearer {token}"}
    )
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(asked, timeout=10) as answer:
        return next(one for one in json.load(answer)["merchants"] if one["merchant_id"] == slug)


def identity_of_database(told: dict[str, Any]) -> int:
    with psycopg.connect(told["database_url"]) as connection:
        row = connection.execute("SELECT system_identifier FROM pg_control_system()").fetchone()
        assert row
        return int(row[0])


def test_from_start_to_ctrl_c_and_again(folder: Path) -> None:
    before = left_in_tmp()
    first = Running(folder)
    told = first.ready()
    assert set(told) >= {"base_url", "sandbox_url", "kasse_url", "operator_url", "database_url", "tenants"}
    assert status(told["base_url"] + "/readyz") == 200
    assert status(told["sandbox_url"] + "/healthz") == 200
    assert (folder / "demo.json").stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o777 == 0o700
    database = identity_of_database(told)

    assert told["operator_url"] in first.said.read_text()
    town = told["tenants"][0]
    payout = json.loads((folder / "towns" / town["slug"] / "payouts.jsonl").read_text().splitlines()[0])
    words = ["bank", "notify", "--tenant", town["slug"], "--payout", payout["payout"], "-o", str(folder / "out.xml")]
    wrote = zahlstelle(*words, ZAHLSTELLE_DATABASE_URL=told["database_url"])
    assert (wrote.returncode, wrote.stderr) == (0, ""), "a payout of the month is known by the provider's name for it"
    assert payout["items"][0]["kassenzeichen"] in (folder / "out.xml").read_text()

    closed = json.loads((folder / "towns" / town["slug"] / "summary.json").read_text())["closing_balance_cents"]
    assert merchant(folder, told, town["slug"])["opening_cents"] == closed, "the bank goes on where the month ended"

    beside = Running(folder)
    assert beside.process.wait(30) == 1
    assert "[demo_folder_in_use]" in beside.said.read_text()
    assert status(told["base_url"] + "/healthz") == 200

    started = descendants(first.process.pid)
    assert len(started) > 5
    assert first.end(signal.SIGINT) == 0
    assert left_running(started) == []
    assert not (folder / "demo.json").exists()
    assert list((folder / "postgres" / "cluster" / "socket").iterdir()) == []
    assert left_in_tmp() == before

    second = Running(folder)
    again = second.ready()
    assert identity_of_database(again) == database
    assert again == told
    dies_of_a_piece(second)


def dies_of_a_piece(demo: Running) -> None:
    """When a piece dies, everything stops and says why."""
    started = descendants(demo.process.pid)
    sandbox = next(pid for pid in started if "zahlstelle_sandbox.cli" in command_of(pid))
    os.kill(sandbox, signal.SIGKILL)
    assert demo.process.wait(30) == 1
    assert "sandbox ended with status -9" in demo.said.read_text()
    assert "[child_died]" in demo.said.read_text()
    assert left_running(started) == []


def test_a_killed_demo_takes_its_pieces_with_it_and_passes_over_a_taken_port_when_it_comes_again(demo: Running) -> None:
    before = demo.ready()
    started = descendants(demo.process.pid)
    demo.process.kill()
    demo.process.wait()
    assert left_running(started, seconds=30) == []
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        (demo.folder / "ports.json").write_text(json.dumps({"web": port, "sandbox": port}))
        again = Running(demo.folder)
        told = again.ready()
        assert again.end(signal.SIGTERM) == 0
    assert told["base_url"] != f"http://localhost:{port}"
    assert told["sandbox_url"] not in (told["base_url"], f"http://localhost:{port}")
    moved = ("base_url", "sandbox_url", "mailbox_url", "kasse_url", "operator_url")
    assert {k: v for k, v in told.items() if k not in moved} == {k: v for k, v in before.items() if k not in moved}


def test_ctrl_c_while_a_fresh_one_starts_leaves_nothing(tmp_path: Path) -> None:
    place = tmp_path / "demo"
    place.mkdir(mode=0o700)
    (place / ".zahlstelle-demo").touch()
    (place / "old.txt").touch()
    for wait in (0.3, 1.0, 2.0, 3.5):
        starting = Running(place, "--fresh")
        starting.begun()
        time.sleep(wait)
        started = descendants(starting.process.pid)
        assert starting.end() in (0, -signal.SIGINT)
        assert left_running(started) == []
    assert not (place / "old.txt").exists()


def test_a_folder_with_other_things_in_it_is_left_alone(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "letters.txt").write_text("dear")
    for words in ((), ("--fresh",)):
        refused = Running(folder, *words)
        assert refused.process.wait(30) == 1
        assert "[demo_folder_foreign]" in refused.said.read_text()
    assert [item.name for item in folder.iterdir()] == ["letters.txt"]


def command_of(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
