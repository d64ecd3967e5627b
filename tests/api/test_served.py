"""The interface behind the real web server: what a test client cannot send."""

import os
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from zahlstelle.processes import free_port, start, stop


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Serve with granian on a free port."""
    chosen = free_port()
    log: Path = tmp_path_factory.mktemp("granian") / "granian.log"
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(chosen)]
    source = str(Path(__file__).parents[2] / "src")
    environment = {**os.environ, "PYTHONPATH": source, "ZAHLSTELLE_DATABASE_POOL": "2"}
    server = start("granian", [*command, "zahlstelle.wsgi:application"], log=log, env=environment)
    try:
        for _ in range(600):
            server.raise_if_dead()
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", chosen)) == 0:
                    break
            time.sleep(0.1)
        yield chosen
    finally:
        stop(server)


def say(port: int, request: bytes) -> bytes:
    """Send bytes as they are and read the whole answer."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(request)
        answer = b""
        while chunk := connection.recv(65536):
            answer += chunk
        return answer


def head(key: str, *more: str) -> bytes:
    lines = [
        "POST /api/v1/claims HTTP/1.1",
        "Host: localhost",
        "Connection: close",
        f"Authorization: Bearer {key}",
        *more,
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


BODY = b'{"amount": "37.00", "purpose": "x"}'


def test_a_claim_over_the_wire(port: int, caller: Any) -> None:
    answer = say(port, head(caller.key, "Content-Type: application/json", f"Content-Length: {len(BODY)}") + BODY)
    assert answer.startswith(b"HTTP/1.1 201")
    assert caller.get("/api/v1/claims").json()["items"][0]["amount"] == "37.00"


def test_a_body_in_chunks_is_refused_for_what_it_is(port: int, caller: Any) -> None:
    chunked = b"%x\r\n%b\r\n0\r\n\r\n" % (len(BODY), BODY)
    answer = say(port, head(caller.key, "Content-Type: application/json", "Transfer-Encoding: chunked") + chunked)
    assert answer.startswith(b"HTTP/1.1 411")
    assert b"length_required" in answer
    assert caller.get("/api/v1/claims").json()["items"] == []


def test_an_unknown_address_and_a_foreign_host_over_the_wire(port: int) -> None:
    for request, code in (
        (b"GET /api/v1/x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", b"route_unknown"),
        (b"GET /api/v1/claims HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n", b"request_refused"),
    ):
        answer = say(port, request)
        assert b"application/problem+json" in answer
        assert code in answer
