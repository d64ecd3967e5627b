"""Refunds over REST: what the caller believes is checked, one key gives back once, and the answer is honest."""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from tests.payments.test_refunds import Refunding
from tests.support.rest import Caller, at_once, problem_of
from tests.support.towns import AT, found_town

from zahlstelle import payments
from zahlstelle.payments import NoAnswer, ProviderStatus, _flow
from zahlstelle.tenancy import Tenant


@pytest.fixture
def fake() -> Iterator[Refunding]:
    provider = Refunding(says=ProviderStatus.PAID)
    payments.plug(provider)
    yield provider
    _flow._PLUGGED.pop("fake")


@pytest.fixture
def town(fake: Refunding) -> Tenant:
    access = {"name": "fake", "merchant_id": "m", "secret": "s", "base_url": "http://127.0.0.1:1", "methods": ["card"]}
    return found_town(providers=[access])


@pytest.fixture
def path(caller: Caller) -> str:
    """The refunds of a payment of 37.00 that is paid."""
    known = caller.payment()["id"]
    attempt = payments.begin(
        tenant=caller.town, payment_id=known, method="card", return_url="", notify_url="", at=made_at(caller)
    )
    payments.refresh(tenant=caller.town, attempt_id=attempt.id, at=attempt.started_at)
    return f"/api/v1/payments/{known}/refunds"


def made_at(caller: Caller) -> datetime:
    return payments.payments_page(tenant=caller.town, limit=1)[0].created_at


def order(cents: int = 1000, refundable: int = 3700, **more: Any) -> dict[str, Any]:
    return {"amount_cents": cents, "refundable_cents": refundable, **more}


def test_a_part_is_given_back_and_told(caller: Caller, path: str) -> None:
    answer = caller.post(path, order(claim="reopened", reason="Gebühr zu hoch"), Idempotency_Key="k-1")
    assert answer.status_code == 201, answer.content
    told = answer.json()
    assert (told["status"], told["amount"], told["claim"], told["reason"]) == (
        "done",
        "10.00",
        "reopened",
        "Gebühr zu hoch",
    )
    assert answer.headers["Location"] == f"{path}/{told['id']}"
    assert caller.get(answer.headers["Location"]).json() == told
    listed = caller.get(path).json()
    assert (listed["items"], listed["disputes"], listed["refundable_cents"]) == ([told], [], 2700)
    (attempt,) = listed["attempts"]
    assert (attempt["captured_cents"], attempt["refunded_cents"], attempt["disputed_cents"]) == (3700, 1000, 0)


def test_the_same_key_gives_back_once(caller: Caller, path: str, fake: Refunding) -> None:
    first = caller.post(path, order(), Idempotency_Key="k")
    again = caller.post(path, order(), Idempotency_Key="k")
    assert (again.content, again.headers["Idempotency-Replayed"]) == (first.content, "true")
    problem_of(caller.post(path, order(1100, 2700), Idempotency_Key="k"), 422, "idempotency_key_reused")
    assert len(fake.refunds) == 1


def test_what_the_caller_believes_must_be_so(caller: Caller, path: str, fake: Refunding) -> None:
    problem_of(caller.post(path, order(refundable=3699)), 409, "refundable_differs")
    problem_of(caller.post(path, order(3701)), 409, "more_than_refundable")
    problem_of(caller.post(path, order(claim="surplus")), 422, "refund_wish_impossible")
    for body in ({"amount_cents": 1000}, order(amount="10.00"), order("10"), order(-1, -1), {"refundable_cents": 3700}):
        problem_of(caller.post(path, body), 422, "request_invalid")
    problem_of(caller.post(path, order(-1)), 409, "more_than_refundable")
    assert (fake.refunds, caller.get(path).json()["items"]) == ([], [])


def test_ten_at_once_with_the_same_belief_give_back_once(caller: Caller, path: str, fake: Refunding) -> None:
    answers = at_once(10, lambda _: caller.post(path, order()))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 9
    assert {json.loads(a.content)["code"] for a in answers if a.status_code == 409} == {"refundable_differs"}
    assert len(fake.refunds) == 1


def test_an_unknown_outcome_is_told_as_it_is(caller: Caller, path: str, fake: Refunding) -> None:
    fake.refund_answer = NoAnswer("timeout")
    told = caller.post(path, order()).json()
    assert told["status"] == "unknown"
    payments.refresh_refund(tenant=caller.town, refund_id=told["id"], at=AT)
    assert caller.get(f"{path}/{told['id']}").json()["status"] == "done"


def test_not_paid_and_not_there(caller: Caller, stranger: Caller, path: str) -> None:
    problem_of(caller.post(f"/api/v1/payments/{caller.payment()['id']}/refunds", order()), 409, "nothing_captured")
    refund = caller.post(path, order()).json()["id"]
    problem_of(stranger.get(path), 404, "payment_unknown")
    problem_of(stranger.post(path, order()), 404, "payment_unknown")
    problem_of(stranger.get(f"{path}/{refund}"), 404, "payment_unknown")
    other = f"/api/v1/payments/{caller.payment()['id']}/refunds"
    problem_of(caller.get(f"{other}/{refund}"), 404, "refund_unknown")
    problem_of(caller.get(f"{path}/no-id"), 404, "refund_unknown")
    problem_of(caller.get("/api/v1/payments/no-id/refunds"), 404, "payment_unknown")


def test_of_a_basket_it_is_said_for_which_claim(caller: Caller) -> None:
    one, two, other = (caller.claim()["id"] for _ in range(3))
    known = caller.post("/api/v1/payments", {"claims": [{"claim_id": one}, {"claim_id": two}]}).json()["id"]
    attempt = payments.begin(
        tenant=caller.town, payment_id=known, method="card", return_url="", notify_url="", at=made_at(caller)
    )
    payments.refresh(tenant=caller.town, attempt_id=attempt.id, at=attempt.started_at)
    path = f"/api/v1/payments/{known}/refunds"
    problem_of(caller.post(path, order(refundable=7400)), 422, "claim_not_chosen")
    problem_of(caller.post(path, order(refundable=7400, claim_id=other)), 422, "claim_not_of_payment")
    problem_of(caller.post(path, order(3701, 7400, claim_id=two)), 409, "more_than_refundable")
    told = caller.post(path, order(refundable=7400, claim_id=two, claim="reopened"))
    assert (told.status_code, told.json()["claim_id"]) == (201, two)
    listed = caller.get(path).json()
    assert listed["refundable_cents"] == 6400
    assert listed["attempts"][0]["claims"] == [
        {"claim_id": one, "refundable_cents": 3700},
        {"claim_id": two, "refundable_cents": 2700},
    ]
    assert caller.get(f"/api/v1/claims/{two}").json()["open_cents"] == 1000
