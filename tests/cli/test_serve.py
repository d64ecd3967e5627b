"""`serve` and `worker` as a service manager knows them: they start, share with nobody, and end when told."""

import os
import signal
import socket
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.support.command import zahlstelle

from zahlstelle.processes import Child, free_port, start, stop

SAID = {"ZAHLSTELLE_SECRET_KEY": "k" * 40, "ZAHLSTELLE_DATABASE_POOL": "2"}
Service = Callable[..., Child]


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    """Start a command that stays; what is left at the end is ended."""
    running: list[Child] = []

    def started(*words: str) -> Child:
        environment = {**os.environ, **SAID, "PYTHONPATH": os.pathsep.join(sys.path)}
        log = tmp_path / f"{words[0]}.log"
        running.append(start(words[0], [sys.executable, "-m", "zahlstelle.cli", *words], log=log, env=environment))
        return running[-1]

    yield started
    for child in running:
        stop(child)


def wait_for(said: Callable[[], bool], child: Child, patience: float = 60) -> None:
    deadline = time.monotonic() + patience
    while not said():
        child.raise_if_dead()
        assert time.monotonic() < deadline, child.log.read_text()
        time.sleep(0.05)


def ready(port: int) -> bool:
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(
            f"http://127.0.0.1:{port}/readyz", timeout=5
        ) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def ends(child: Child, how: signal.Signals) -> int:
    child.process.send_signal(how)
    return child.process.wait(15)


def test_serve_answers_alone_on_its_port_and_ends_when_told(service: Service) -> None:
    port = free_port()
    server = service("serve", "--port", str(port), "--workers", "1")
    wait_for(lambda: ready(port), server)

    second = zahlstelle(
        "serve", "--port", str(port), **SAID, ZAHLSTELLE_DATABASE_URL=os.environ["ZAHLSTELLE_DATABASE_URL"]
    )
    assert second.returncode == 1
    assert second.stderr.startswith(f"zahlstelle serve: cannot listen on 127.0.0.1 port {port}: ")
    assert second.stderr.endswith("[port_taken]\n")

    with socket.create_connection(("127.0.0.1", port)) as kept:  # a browser keeps its connection
        kept.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert b"200 OK" in kept.recv(65536)
        assert ends(server, signal.SIGTERM) == 0
    assert not ready(port)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_the_worker_ends_after_its_round(service: Service, how: signal.Signals) -> None:
    worker = service("worker")
    wait_for(lambda: "worker_started" in worker.log.read_text(), worker)
    assert ends(worker, how) == 0
    assert "worker_stopped" in worker.log.read_text()
