"""A real sandbox process for tests, and a merchant's own ear for its notifications."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from typing import Any

import httpx

ADMIN_TOKEN = "admin-token-of-the-tests"
_numbers = count(1)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def iban(number: int) -> str:
    """A German IBAN of a bank that does not exist, with fitting check digits."""
    account = f"99999999{number:010d}"
    return f"DE{98 - int(account + '131400') % 97:02d}{account}"


def until(true: Any, patience: float = 10.0) -> Any:
    """Wait for a condition and return what it gave; fails loudly after `patience` seconds."""
    end = time.monotonic() + patience
    while not (found := true()):
        if time.monotonic() > end:
            raise AssertionError(f"not within {patience} s")
        time.sleep(0.02)
    return found


@dataclass
class Merchant:
    merchant_id: str
    secret: str
    iban: str


class SandboxServer:
    """One sandbox in a process of its own; `restart` keeps its data, `kill` gives it no time."""

    def __init__(self, folder: Path, **config: Any) -> None:
        self.data, self.port = folder / "data", free_port()
        self._config, self._log = folder / "config.json", folder / "log"
        self._config.write_text(json.dumps({"admin_token": ADMIN_TOKEN, **config}))
        self.http = httpx.Client(base_url=self.base, timeout=30, trust_env=False)
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> "SandboxServer":
        command = [sys.executable, "-m", "zahlstelle_sandbox.cli", "serve"]
        command += ["--data", str(self.data), "--port", str(self.port), "--config", str(self._config)]
        source = str(Path(__file__).parents[2] / "src")
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                command, stdout=log, stderr=log, start_new_session=True, env=os.environ | {"PYTHONPATH": source}
            )
        until(self._ready, 20)
        return self

    def stop(self) -> int:
        """End it as an operator does; its exit status."""
        assert self.process
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(15)

    def kill(self) -> None:
        assert self.process
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def restart(self) -> None:
        self.stop()
        self.start()

    def close(self) -> None:
        if self.process and self.process.poll() is None:
            self.stop()
        self.http.close()

    def admin(self, verb: str, path: str, body: Any = None) -> Any:
        answer = self.http.request(verb, f"/admin{path}", json=body, headers={"Authorization": f"Bearer {ADMIN_TOKEN}"})
        assert answer.is_success, answer.text
        return answer.json()

    def behave(self, **switches: Any) -> None:
        self.admin("PUT", "/behaviour", {"duplicates": 0, "hang_seconds": 0, **switches})

    def merchant(self, **settings: Any) -> Merchant:
        """A town nobody else in the tests uses."""
        number = next(_numbers)
        merchant = Merchant(f"town{number}", f"sk_test_{number:024d}", iban(number))
        body = {"secret": merchant.secret, "name": f"Stadt {number}", "iban": merchant.iban, "bic": "TESTDEFFXXX"}
        self.admin("PUT", f"/merchants/{merchant.merchant_id}", body | settings)
        return merchant

    def order(self, **changes: Any) -> dict[str, Any]:
        """A body for POST /payments that fits."""
        body = {
            "reference": f"attempt-{next(_numbers)}",
            "kassenzeichen": "4711.0001",
            "amount_cents": 3700,
            "currency": "EUR",
            "method": "card",
            "description": "Personalausweis",
            "return_url": "http://127.0.0.1:9/return?x=1",
            "expires_at": "2100-01-01T00:00:00Z",
            "language": "de",
        }
        return body | changes

    def post(self, merchant: Merchant, path: str, body: Any = None, key: str | None = None) -> httpx.Response:
        headers = {"Authorization": f"Bearer {merchant.secret}"} | ({"Idempotency-Key": key} if key else {})
        return self.http.post(f"/psp/v1{path}", json=body, headers=headers)

    def get(self, merchant: Merchant, path: str) -> httpx.Response:
        return self.http.get(f"/psp/v1{path}", headers={"Authorization": f"Bearer {merchant.secret}"})

    def started(self, merchant: Merchant, **changes: Any) -> dict[str, Any]:
        body = self.order(**changes)
        answer = self.post(merchant, "/payments", body, key=body["reference"])
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    def paid(self, merchant: Merchant, card: str = "paid", **changes: Any) -> dict[str, Any]:
        payment = self.started(merchant, **changes)
        return dict(self.admin("POST", f"/payments/{payment['payment_id']}/act", {"card": card}))

    def _ready(self) -> bool:
        assert self.process and self.process.poll() is None, self._log.read_text()
        try:
            return self.http.get("/healthz").status_code == 200
        except httpx.TransportError:
            return False


@dataclass
class Heard:
    headers: dict[str, str]
    body: bytes

    @property
    def event(self) -> dict[str, Any]:
        return dict(json.loads(self.body))


@dataclass
class Ear:
    """Hears notifications; the first `refusals` of them are answered with 500."""

    url: str = ""
    refusals: int = 0
    heard: list[Heard] = field(default_factory=list)

    def about(self, payment_id: str) -> list[Heard]:
        return [each for each in self.heard if each.event["data"]["payment_id"] == payment_id]


@contextmanager
def listening() -> Iterator[Ear]:
    """An ear on a free loopback port."""
    ear = Ear()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            ear.heard.append(Heard({name.lower(): value for name, value in self.headers.items()}, body))
            refused = ear.refusals > 0
            ear.refusals -= refused
            self.send_response(500 if refused else 204)
            self.send_header("content-length", "0")
            self.end_headers()

        def do_GET(self) -> None:
            """Some providers notify by GET: what they say is the query."""
            said = self.path.partition("?")[2].encode()
            ear.heard.append(Heard({name.lower(): value for name, value in self.headers.items()}, said))
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    ear.url = f"http://127.0.0.1:{server.server_address[1]}/notify"
    try:
        yield ear
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
