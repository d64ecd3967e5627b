"""Callers of the REST interface, and what they expect of a refusal."""

import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.http import HttpResponse
from django.test import Client

from zahlstelle.tenancy import Tenant

RETURN_URL = "https://dienst.example/zurueck"


@dataclass(frozen=True)
class Caller:
    """Somebody with an API key."""

    town: Tenant
    key: str

    def call(
        self, method: str, path: str, body: Any = None, *, raw: bytes | None = None, **headers: str
    ) -> HttpResponse:
        """Send a request; `headers` with underscores for hyphens."""
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        content_type = given.pop("Content-Type", "application/json")
        data = raw if raw is not None else b"" if body is None else json.dumps(body).encode()
        client = Client(enforce_csrf_checks=True, HTTP_HOST="localhost", raise_request_exception=False)
        return client.generic(
            method, path, data, content_type=content_type, headers={"Authorization": f"Bearer {self.key}", **given}
        )

    def get(self, path: str, **headers: str) -> HttpResponse:
        return self.call("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> HttpResponse:
        return self.call("POST", path, body, **headers)

    def claim(self, **more: Any) -> dict[str, Any]:
        """Open a claim; only what the test is about is said."""
        answer = self.post("/api/v1/claims", {"amount": "37.00", "purpose": "Personalausweis", **more})
        assert answer.status_code == 201, answer.content
        return dict(answer.json())

    def payment(self, **more: Any) -> dict[str, Any]:
        """Start a payment of a new claim."""
        answer = self.post("/api/v1/payments", {"claim_id": self.claim()["id"], **more})
        assert answer.status_code == 201, answer.content
        return dict(answer.json())


def problem_of(answer: HttpResponse, status: int, code: str) -> dict[str, Any]:
    """Expect a problem document, complete and without internals."""
    assert answer.status_code == status, answer.content
    assert answer.headers["Content-Type"] == "application/problem+json"
    told = json.loads(answer.content)
    assert told["code"] == code, told
    assert told["status"] == status
    assert told["type"] == f"urn:zahlstelle:error:{code}"
    assert told["title"] and told["detail"]
    for word in ("Traceback", "psycopg", "django", "SELECT ", "pydantic"):
        assert word.lower() not in answer.content.decode().lower()
    return dict(told)


def at_once(count: int, work: Callable[[int], Any]) -> list[Any]:
    """Let `count` threads do the work at the same moment; their results in order."""
    ready = threading.Barrier(count)

    def alone(number: int) -> Any:
        try:
            ready.wait(30)
            return work(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as threads:
        return list(threads.map(alone, range(count)))
