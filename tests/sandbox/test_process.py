"""The sandbox as a process: it refuses live, stops when told, and forgets nothing."""

import ast
import json
import os
import signal
import socket
import subprocess
import sys
import time
from datetime import UTC, datetime
from datetime import time as clock_time
from pathlib import Path
from typing import Any

import pytest
from tests.support.sandbox import SandboxServer, free_port, listening, until

from zahlstelle_sandbox import _bank, _deliveries, _merchants
from zahlstelle_sandbox._scheduler import close_days
from zahlstelle_sandbox._store import Store

SOURCE = Path(__file__).parents[2] / "src"


def refused(folder: Path, *more: str, **environment: str) -> str:
    """What the sandbox says when it does not start."""
    command = [sys.executable, "-m", "zahlstelle_sandbox.cli", "serve", "--data", str(folder / "d")]
    done = subprocess.run(
        [*command, "--port", str(free_port()), *more],
        env=os.environ | {"PYTHONPATH": str(SOURCE)} | environment,
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert done.returncode == 2, done
    return done.stderr


def config(folder: Path, **settings: Any) -> Path:
    path = folder / "c.json"
    path.write_text(json.dumps(settings))
    return path


def test_live_is_refused(tmp_path: Path) -> None:
    assert "refuses to run as live" in refused(tmp_path, "--mode", "live")
    assert "refuses to run as live" in refused(tmp_path, SANDBOX_MODE="live")
    assert "refuses to run as live" in refused(tmp_path, "--config", str(config(tmp_path, mode="live")))
    assert "no mode 'LIVE'" in refused(tmp_path, "--mode", "LIVE")


@pytest.mark.parametrize(
    "settings",
    [
        {"surprise": 1},
        {"admin_token": "short"},
        {"payout_at": "25:00"},
        {"behaviour": {"duplicates": "many"}},
        {"merchants": [{"merchant_id": "a b"}]},
        {
            "merchants": [
                {
                    "merchant_id": "town",
                    "secret": "short",
                    "name": "x",
                    "iban": "DE02120300000000202051",
                    "bic": "TESTDEFF",
                }
            ]
        },
    ],
)
def test_a_wrong_config_is_refused_and_named(tmp_path: Path, settings: dict[str, Any]) -> None:
    said = refused(tmp_path, "--config", str(config(tmp_path, **settings)))
    assert next(iter(settings)) in said
    assert "Traceback" not in said


def test_a_taken_port_is_refused(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        said = refused(tmp_path, "--port", str(taken.getsockname()[1]))
    assert "in use" in said


def test_it_is_heard_on_this_machine_only(server: SandboxServer) -> None:
    table = Path("/proc/net/tcp").read_text().splitlines()
    listening = [line.split()[1] for line in table if f":{server.port:04X} " in line and line.split()[3] == "0A"]
    assert listening == [f"0100007F:{server.port:04X}"]


@pytest.mark.parametrize("last", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_when_told(tmp_path: Path, last: signal.Signals) -> None:
    sandbox = SandboxServer(tmp_path).start()
    assert sandbox.process
    begun = time.monotonic()
    sandbox.process.send_signal(last)
    assert sandbox.process.wait(15) == 0
    assert time.monotonic() - begun < 8
    sandbox.close()


def test_it_ends_with_the_process_that_began_it(tmp_path: Path) -> None:
    """Killed without a word, the starter leaves no server behind."""
    sandbox = SandboxServer(tmp_path).start()
    assert sandbox.process
    sandbox.process.kill()
    sandbox.process.wait()

    def port_is_free() -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", sandbox.port)) != 0

    until(port_is_free)
    sandbox.close()


def test_a_restart_forgets_nothing(tmp_path: Path) -> None:
    sandbox = SandboxServer(tmp_path).start()
    try:
        with listening() as ear:
            town = sandbox.merchant(notify_url=ear.url)
            sandbox.behave(delay_seconds=3, unknown_seconds=1, duplicates=0)
            body = sandbox.order()
            started = sandbox.post(town, "/payments", body, key="k").json()
            sandbox.admin("POST", f"/payments/{started['payment_id']}/act", {"card": "unknown-paid"})
            sandbox.kill()
            sandbox.start()
            assert sandbox.post(town, "/payments", body, key="k").json() == started
            path = f"/payments/{started['payment_id']}"
            until(lambda: sandbox.get(town, path).json()["status"] == "captured")
            until(lambda: len(ear.heard) == 2)
            assert sandbox.admin("GET", "/behaviour")["delay_seconds"] == 3
            assert (
                sandbox.admin("POST", "/payouts", {"merchant_id": town.merchant_id})["payout"]["amount_cents"] == 3700
            )
    finally:
        sandbox.close()


def test_merchants_and_behaviour_of_the_config(tmp_path: Path) -> None:
    merchant = {"merchant_id": "town", "secret": "sk_test_of_the_config_file", "name": "Stadt", "bic": "TESTDEFF"}
    merchant["iban"] = "DE02120300000000202051"
    sandbox = SandboxServer(tmp_path, merchants=[merchant], behaviour={"duplicates": 3}).start()
    try:
        shown = sandbox.admin("GET", "/merchants")["merchants"]
        assert [(each["merchant_id"], each["iban"]) for each in shown] == [("town", "DE02120300000000202051")]
        assert "secret" not in shown[0]
        assert sandbox.admin("GET", "/behaviour")["duplicates"] == 3
        change = {name: value for name, value in merchant.items() if name != "merchant_id"} | {"name": "Neue Stadt"}
        assert sandbox.admin("PUT", "/merchants/town", change)["name"] == "Neue Stadt"
    finally:
        sandbox.close()


def test_without_a_config_a_token_is_made_and_kept(tmp_path: Path) -> None:
    sandbox = SandboxServer(tmp_path)
    config(tmp_path)
    sandbox._config.write_text("{}")
    sandbox.start()
    try:
        path = sandbox.data / "admin-token"
        assert path.stat().st_mode & 0o777 == 0o600
        headers = {"Authorization": f"Bearer {path.read_text()}"}
        assert sandbox.http.get("/admin/merchants", headers=headers).json() == {"merchants": []}
    finally:
        sandbox.close()


def test_a_file_not_delivered_before_a_crash_is_delivered_after(tmp_path: Path) -> None:
    store, at = Store(tmp_path / "s.sqlite3"), datetime(2026, 5, 4, 10, tzinfo=UTC)
    with store.writing() as connection:
        _merchants.put(
            connection,
            "town",
            {"secret": "x" * 24, "name": "Stadt", "iban": "DE02120300000000202051", "bic": "TESTDEFF"},
        )
        town = _merchants.get(connection, "town")
        _bank.transfer(connection, town, {"amount_cents": 1, "debtor_name": "x", "remittance": "y"}, at)
        names = _bank.close_day(connection, town, at.date(), at)["files"]
    assert not (tmp_path / "bank").exists()
    assert _deliveries.deliver(store, tmp_path / "bank") == 1
    assert _deliveries.deliver(store, tmp_path / "bank") == 0
    assert [path.name for path in (tmp_path / "bank" / "town").iterdir()] == names
    store.close()


def test_the_bank_closes_its_day_by_itself_once(tmp_path: Path) -> None:
    store = Store(tmp_path / "s.sqlite3")
    with store.writing() as connection:
        _merchants.put(
            connection,
            "town",
            {"secret": "x" * 24, "name": "Stadt", "iban": "DE02120300000000202051", "bic": "TESTDEFF"},
        )
        noon = datetime(2026, 5, 4, 10, tzinfo=UTC)  # 12:00 in Berlin
        _bank.transfer(
            connection,
            _merchants.get(connection, "town"),
            {"amount_cents": 1, "debtor_name": "x", "remittance": "y"},
            noon,
        )
    evening = clock_time(18, 30)
    at = [noon, noon.replace(hour=16, minute=29), noon.replace(hour=16, minute=30), noon.replace(hour=17)]
    assert [close_days(store, evening, each) for each in at] == [0, 0, 1, 0]
    assert close_days(store, None, noon.replace(day=6)) == 0
    with store.reading() as connection:
        assert len(_deliveries.files(connection, "town")) == 1
    store.close()


def test_neither_program_imports_the_other() -> None:
    for package, other in (("zahlstelle", "zahlstelle_sandbox"), ("zahlstelle_sandbox", "zahlstelle")):
        for path in (SOURCE / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
                names += [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []
                assert not any(name.split(".")[0] == other for name in names), path
