"""The neighbour's key with our ids finds nothing, on every route; a route nobody thought of fails here."""

import json
from typing import Any

import pytest
from tests.support.rest import Caller, problem_of

from zahlstelle.api._app import api as interface

pytestmark = pytest.mark.prove("other_town")

NOBODYS = {
    "claim": "0199b4c1-7a52-7d3e-9f10-2b6a4c8d1e55",
    "number": "471199999999",
    "payment": "0199b4c1-7a52-7d3e-9f10-2b6a4c8d1e66",
}
# Every way to name an object of a town: route, what is asked with {claim}, {number}, {payment}, and the code.
WAYS: dict[str, list[tuple[str, Any, str]]] = {
    "GET /api/v1/claims": [("?kassenzeichen={number}", None, "claim_unknown")],
    "GET /api/v1/claims/{claim_id}": [("", None, "claim_unknown")],
    "GET /api/v1/claims/{claim_id}/letter.svg": [("", None, "claim_unknown")],
    "GET /api/v1/claims/{claim_id}/letter.png": [("", None, "claim_unknown")],
    "GET /api/v1/claims/{claim_id}/letter.pdf": [("", None, "claim_unknown")],
    "POST /api/v1/claims": [],  # names nothing of a town but its own services
    "GET /api/v1/payments": [],  # a foreign claim_id is a list without entries: below
    "POST /api/v1/payments": [
        ("", {"claim_id": "{claim}"}, "claim_unknown"),
        ("", {"kassenzeichen": "{number}"}, "claim_unknown"),
    ],
    "GET /api/v1/payments/{payment_id}": [("", None, "payment_unknown")],
    "GET /api/v1/payments/{payment_id}/events": [("", None, "payment_unknown")],
    "POST /api/v1/payments/{payment_id}/cancel": [("", None, "payment_unknown")],
    "GET /api/v1/payments/{payment_id}/refunds": [("", None, "payment_unknown")],
    # These need a payment that is paid: tests/api/test_refunds.py asks them as a stranger.
    "POST /api/v1/payments/{payment_id}/refunds": [],
    "GET /api/v1/payments/{payment_id}/refunds/{refund_id}": [],
}


def routes() -> set[str]:
    paths = interface.get_openapi_schema()["paths"]
    return {f"{method.upper()} {path}" for path, methods in paths.items() for method in methods}


def test_every_route_is_looked_at() -> None:
    assert routes() == set(WAYS)


def ask(caller: Caller, route: str, rest: str, body: Any, names: dict[str, str]) -> Any:
    method, _, path = route.partition(" ")
    path = path.replace("{claim_id}", names["claim"]).replace("{payment_id}", names["payment"]) + rest
    said = json.dumps(body)
    for name, value in names.items():
        path, said = path.replace(f"{{{name}}}", value), said.replace(f"{{{name}}}", value)
    return caller.call(method, path, json.loads(said))


CASES = [(route, *way) for route, ways in WAYS.items() for way in ways]


@pytest.mark.parametrize(("route", "rest", "body", "code"), CASES)
def test_the_neighbour_finds_what_does_not_exist(
    caller: Caller, stranger: Caller, route: str, rest: str, body: Any, code: str
) -> None:
    payment = caller.payment()
    claim = caller.get(f"/api/v1/claims/{payment['claim_id']}").json()
    ours = {"claim": claim["id"], "number": claim["kassenzeichen"], "payment": payment["id"]}
    foreign, missing = ask(stranger, route, rest, body, ours), ask(stranger, route, rest, body, NOBODYS)
    problem_of(foreign, 404, code)
    assert foreign.content == _renamed(missing.content, NOBODYS, ours)
    assert set(foreign.headers) == set(missing.headers)
    assert ask(caller, route, rest, body, ours).status_code in (200, 201)


def _renamed(content: bytes, old: dict[str, str], new: dict[str, str]) -> bytes:
    text = content.decode()
    for name in old:
        text = text.replace(old[name], new[name])
    return text.encode()


def test_lists_show_the_own_town_only(caller: Caller, stranger: Caller) -> None:
    payment = caller.payment()
    for path in ("claims", "payments", f"payments?claim_id={payment['claim_id']}"):
        assert stranger.get(f"/api/v1/{path}").json() == {"items": [], "next_cursor": None}
        assert len(caller.get(f"/api/v1/{path}").json()["items"]) == 1


def test_a_foreign_cursor_moves_nothing(caller: Caller, stranger: Caller) -> None:
    for who in (caller, stranger, caller, stranger):
        who.claim()
    cursor = caller.get("/api/v1/claims?limit=1").json()["next_cursor"]
    seen = stranger.get(f"/api/v1/claims?cursor={cursor}").json()["items"]
    own = {claim["id"] for claim in stranger.get("/api/v1/claims").json()["items"]}
    assert {claim["id"] for claim in seen} <= own


def test_the_same_own_kassenzeichen_in_two_towns_is_two_claims(caller: Caller, stranger: Caller) -> None:
    ours, theirs = caller.claim(kassenzeichen="AB1234567"), stranger.claim(kassenzeichen="AB1234567", amount="1.00")
    assert (ours["amount"], theirs["amount"]) == ("37.00", "1.00")
    assert stranger.get("/api/v1/claims?kassenzeichen=AB1234567").json() == theirs


def test_a_foreign_claim_is_not_given_up(caller: Caller, stranger: Caller) -> None:
    payment = caller.payment()
    stranger.post(f"/api/v1/payments/{payment['id']}/cancel")
    assert caller.get(f"/api/v1/payments/{payment['id']}").json()["status"] == "created"
