"""Payments over REST: started for what is open, ended by what happened."""

import json
from typing import Any

import pytest
from django.conf import settings
from tests.support.rest import RETURN_URL, Caller, problem_of
from tests.support.towns import a_claim

from zahlstelle import claims, payments
from zahlstelle.tenancy import Tenant

PAYMENTS = "/api/v1/payments"


def test_a_payment_is_started_and_its_page_is_told(caller: Caller) -> None:
    claim = caller.claim()
    answer = caller.post(PAYMENTS, {"claim_id": claim["id"], "return_url": RETURN_URL, "language": "en"})
    assert answer.status_code == 201
    started = answer.json()
    assert (started["status"], started["amount_cents"], started["amount"]) == ("created", 3700, "37.00")
    assert (started["claim_id"], started["return_url"], started["language"]) == (claim["id"], RETURN_URL, "en")
    page = started.pop("next_url")
    assert page.startswith(f"{settings.BASE_URL}/pay/")
    tenant, payment = payments.payment_by_token(page.rpartition("/")[2])
    assert (tenant.id, str(payment.id)) == (caller.town.id, started["id"])
    assert answer.headers["Location"] == f"{PAYMENTS}/{started['id']}"
    assert caller.get(answer.headers["Location"]).json() == started


def test_a_payment_is_started_by_kassenzeichen(caller: Caller) -> None:
    claim = caller.claim()
    number = f" {claim['kassenzeichen'][:4]}.{claim['kassenzeichen'][4:]}"
    assert caller.post(PAYMENTS, {"kassenzeichen": number}).json()["claim_id"] == claim["id"]


def test_several_claims_are_paid_by_one_payment(caller: Caller) -> None:
    one, two = caller.claim(), caller.claim()
    named = [{"claim_id": two["id"]}, {"kassenzeichen": one["kassenzeichen"]}]
    answer = caller.post(PAYMENTS, {"claims": named}, Idempotency_Key="basket")
    assert answer.status_code == 201, answer.content
    started = answer.json()
    assert (started["amount_cents"], started["claim_id"]) == (7400, None)
    assert started["claims"] == [{"claim_id": c["id"], "amount_cents": 3700, "amount": "37.00"} for c in (two, one)]
    assert caller.post(PAYMENTS, {"claims": named}, Idempotency_Key="basket").content == answer.content
    started.pop("next_url")
    assert caller.get(answer.headers["Location"]).json() == started
    for claim in (one, two):
        assert caller.get(f"{PAYMENTS}?claim_id={claim['id']}").json()["items"] == [started]
    single = caller.payment(claim_id=one["id"])
    assert single["claims"] == [{"claim_id": one["id"], "amount_cents": 3700, "amount": "37.00"}]


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"claims": []}, "request_invalid"),
        ({"claims": [{}]}, "request_invalid"),
        ({"claims": [{"claim_id": "ID", "kassenzeichen": "471100000019"}]}, "request_invalid"),
        ({"claim_id": "ID", "claims": [{"claim_id": "ID"}]}, "request_invalid"),
        ({"claims": [{"claim_id": "ID"}] * 21}, "request_invalid"),
        ({"claims": [{"claim_id": "ID"}] * 2}, "basket_unsound"),
        ({"claims": [{"claim_id": "ID"}, {"claim_id": "01a1f000-0000-7000-8000-000000000000"}]}, "claim_unknown"),
    ],
)
def test_a_wrong_basket_is_refused(caller: Caller, wrong: dict[str, Any], code: str) -> None:
    text = json.dumps(wrong).replace("ID", caller.claim()["id"])
    problem_of(caller.post(PAYMENTS, json.loads(text)), 404 if code == "claim_unknown" else 422, code)
    assert caller.get(PAYMENTS).json()["items"] == []


def test_a_claim_of_a_neighbour_is_in_no_basket(caller: Caller, neighbour: Tenant) -> None:
    theirs = a_claim(neighbour)
    answer = caller.post(PAYMENTS, {"claims": [{"claim_id": caller.claim()["id"]}, {"claim_id": str(theirs.id)}]})
    problem_of(answer, 404, "claim_unknown")


def test_what_happened_is_told_in_order(caller: Caller) -> None:
    payment = caller.payment()
    caller.post(f"{PAYMENTS}/{payment['id']}/cancel")
    events = caller.get(f"{PAYMENTS}/{payment['id']}/events").json()["items"]
    assert [event["name"] for event in events] == ["payment.created", "payment.cancelled"]


def test_giving_up_twice_is_giving_up_once(caller: Caller) -> None:
    payment = caller.payment()
    first = caller.post(f"{PAYMENTS}/{payment['id']}/cancel")
    assert (first.status_code, first.json()["status"]) == (200, "cancelled")
    assert caller.post(f"{PAYMENTS}/{payment['id']}/cancel").content == first.content
    assert len(caller.get(f"{PAYMENTS}/{payment['id']}/events").json()["items"]) == 2


def test_giving_up_without_a_body_or_with_any(caller: Caller) -> None:
    for raw in (b"", b"{}", b"not JSON at all"):
        payment = caller.payment()
        answer = caller.call("POST", f"{PAYMENTS}/{payment['id']}/cancel", raw=raw, Idempotency_Key=payment["id"])
        assert answer.json()["status"] == "cancelled"


def test_a_settled_claim_takes_no_payment(caller: Caller) -> None:
    claim = caller.claim()
    found = claims.claim_by_kassenzeichen(tenant=caller.town, kassenzeichen=claim["kassenzeichen"])
    claims.settle(tenant=caller.town, amounts=[(found.id, 3700)])
    problem_of(caller.post(PAYMENTS, {"claim_id": claim["id"]}), 409, "already_paid")
    assert caller.get(f"{PAYMENTS}?claim_id={claim['id']}").json()["items"] == []


def test_a_payment_is_of_what_is_still_open(caller: Caller) -> None:
    claim = caller.claim()
    found = claims.claim_by_kassenzeichen(tenant=caller.town, kassenzeichen=claim["kassenzeichen"])
    claims.settle(tenant=caller.town, amounts=[(found.id, 1700)])
    assert caller.get(f"/api/v1/claims/{claim['id']}").json()["status"] == "partly_settled"
    assert caller.post(PAYMENTS, {"claim_id": claim["id"]}).json()["amount_cents"] == 2000


@pytest.mark.parametrize(
    "return_url",
    [
        RETURN_URL + "/",
        RETURN_URL + "?x=1",
        RETURN_URL + "#x",
        RETURN_URL.upper(),
        "https://dienst.example.evil.example/zurueck",
        "https://dienst.example@evil.example/zurueck",
        "//dienst.example/zurueck",
        "http://dienst.example/zurueck",
        "javascript:alert(1)",
        "https://dienst.example/../zurueck",
    ],
)
def test_only_a_registered_return_url_is_taken(caller: Caller, return_url: str) -> None:
    body = {"claim_id": caller.claim()["id"], "return_url": return_url}
    problem_of(caller.post(PAYMENTS, body), 422, "return_url_not_allowed")
    assert caller.get(PAYMENTS).json()["items"] == []


def test_a_key_without_return_urls_takes_none_and_says_why(town: Tenant, caller_of: Any) -> None:
    caller = caller_of(town)
    body = {"claim_id": caller.claim()["id"], "return_url": RETURN_URL}
    told = problem_of(caller.post(PAYMENTS, body), 422, "return_url_not_allowed")
    assert "no return URL is registered" in told["detail"]
    assert caller.payment()["return_url"] is None


ID = "0199b4c1-7a52-7d3e-9f10-2b6a4c8d1e55"
BAD: list[tuple[str, dict[str, Any], int, str]] = [
    ("nothing said", {}, 422, "request_invalid"),
    ("both said", {"claim_id": ID, "kassenzeichen": "471100000019"}, 422, "request_invalid"),
    ("no id", {"claim_id": "x"}, 422, "request_invalid"),
    ("an id as a number", {"claim_id": 1}, 422, "request_invalid"),
    ("an id in another spelling", {"claim_id": "{" + ID + "}"}, 422, "request_invalid"),
    ("no such claim", {"claim_id": ID}, 404, "claim_unknown"),
    ("no such Kassenzeichen", {"kassenzeichen": "471100000019"}, 404, "claim_unknown"),
    ("another language", {"claim_id": ID, "language": "tlh"}, 422, "request_invalid"),
    ("an amount", {"claim_id": ID, "amount": "1.00"}, 422, "request_invalid"),
    ("an address as a list", {"claim_id": ID, "return_url": [RETURN_URL]}, 422, "request_invalid"),
    ("an endless address", {"claim_id": ID, "return_url": "https://" + "x" * 2000}, 422, "request_invalid"),
    ("an address in two lines", {"claim_id": ID, "return_url": "https://x\r\nSet-Cookie: y"}, 422, "request_invalid"),
]


@pytest.mark.parametrize(("body", "status", "code"), [row[1:] for row in BAD], ids=[row[0] for row in BAD])
def test_what_is_not_sound_is_refused(caller: Caller, body: dict[str, Any], status: int, code: str) -> None:
    problem_of(caller.post(PAYMENTS, body), status, code)
    assert caller.get(PAYMENTS).json()["items"] == []


@pytest.mark.parametrize("payment_id", ["x", "%00", ID, "{" + ID + "}", ID.replace("-", "")])
@pytest.mark.parametrize(("method", "rest"), [("GET", ""), ("GET", "/events"), ("POST", "/cancel")])
def test_an_unknown_payment_is_not_found(caller: Caller, method: str, rest: str, payment_id: str) -> None:
    problem_of(caller.call(method, f"{PAYMENTS}/{payment_id}{rest}"), 404, "payment_unknown")


def test_pages_of_payments_and_those_of_one_claim(caller: Caller) -> None:
    made = [caller.payment() for _ in range(3)]
    first = caller.get(f"{PAYMENTS}?limit=2").json()
    second = caller.get(f"{PAYMENTS}?limit=2&cursor={first['next_cursor']}").json()
    assert [p["id"] for p in first["items"] + second["items"]] == [p["id"] for p in made[::-1]]
    assert second["next_cursor"] is None
    of_one = caller.get(f"{PAYMENTS}?claim_id={made[1]['claim_id']}").json()["items"]
    assert [p["id"] for p in of_one] == [made[1]["id"]]
    for query in ("claim_id=x", "claim=x", "limit=0"):
        problem_of(caller.get(f"{PAYMENTS}?{query}"), 422, "request_invalid")
