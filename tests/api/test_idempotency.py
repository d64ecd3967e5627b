"""The same request under the same key happens once and is answered alike, whatever happens in between."""

import json
import time
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from tests.support.rest import Caller, at_once, problem_of
from tests.support.sizes import size

from zahlstelle import claims, ledger, payments
from zahlstelle.kernel import clock
from zahlstelle.tenancy import Tenant, inside
from zahlstelle.web import answers

CLAIMS = "/api/v1/claims"
BODY = {"amount": "37.00", "purpose": "Personalausweis"}


def open_claims_of(caller: Caller) -> int:
    return len(caller.get(f"{CLAIMS}?limit=200").json()["items"])


def age(town: Tenant, by: timedelta) -> None:
    """Let the town's keys grow older."""
    with inside(town), connection.cursor() as cursor:
        cursor.execute("UPDATE idempotency SET at = at - %s WHERE tenant_id = %s", [by, town.id])


def test_the_same_request_is_answered_byte_by_byte_alike(caller: Caller) -> None:
    first = caller.post(CLAIMS, BODY, Idempotency_Key="a")
    again = caller.post(CLAIMS, BODY, Idempotency_Key="a")
    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["Location"] == first.headers["Location"]
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"
    assert open_claims_of(caller) == 1


def test_the_answer_stays_although_the_world_has_moved_on(caller: Caller) -> None:
    first = caller.post(CLAIMS, BODY, Idempotency_Key="a")
    found = claims.claim_by_kassenzeichen(tenant=caller.town, kassenzeichen=first.json()["kassenzeichen"])
    claims.settle(tenant=caller.town, amounts=[(found.id, 3700)])
    assert caller.post(CLAIMS, BODY, Idempotency_Key="a").content == first.content


def test_blanks_and_order_of_the_body_do_not_matter(caller: Caller) -> None:
    first = caller.post(CLAIMS, BODY, Idempotency_Key="a")
    raw = b' {\n "purpose" : "Personal\\u0061usweis", "amount":"37.00" } '
    assert caller.call("POST", CLAIMS, raw=raw, Idempotency_Key="a").content == first.content


@pytest.mark.parametrize(
    "other", [{"amount": "37.01"}, {"amount": "37"}, {"due_on": "2026-12-31"}, {"debtor_name": "E"}]
)
def test_another_body_under_the_same_key(caller: Caller, other: dict[str, Any]) -> None:
    caller.post(CLAIMS, BODY, Idempotency_Key="a")
    problem_of(caller.post(CLAIMS, BODY | other, Idempotency_Key="a"), 422, "idempotency_key_reused")
    assert open_claims_of(caller) == 1


def test_another_route_under_the_same_key(caller: Caller) -> None:
    one, two = caller.payment(), caller.payment()
    caller.post(f"/api/v1/payments/{one['id']}/cancel", Idempotency_Key="a")
    answer = caller.post(f"/api/v1/payments/{two['id']}/cancel", Idempotency_Key="a")
    problem_of(answer, 422, "idempotency_key_reused")
    assert caller.get(f"/api/v1/payments/{two['id']}").json()["status"] == "created"


def test_a_key_belongs_to_one_api_key(caller: Caller, caller_of: Any) -> None:
    colleague = caller_of(caller.town)
    first = caller.post(CLAIMS, BODY, Idempotency_Key="a")
    assert colleague.post(CLAIMS, BODY, Idempotency_Key="a").json()["id"] != first.json()["id"]
    assert open_claims_of(caller) == 2


def test_a_key_belongs_to_one_town(caller: Caller, stranger: Caller) -> None:
    first = caller.post(CLAIMS, BODY, Idempotency_Key="a")
    assert stranger.post(CLAIMS, BODY, Idempotency_Key="a").json()["id"] != first.json()["id"]


@pytest.mark.parametrize("key", ["", " ", "a b", "x" * 256, "ä", "a\tb", "a\x00b", "\x7f"])
def test_what_is_no_key(caller: Caller, key: str) -> None:
    problem_of(caller.post(CLAIMS, BODY, Idempotency_Key=key), 400, "idempotency_key_invalid")
    assert open_claims_of(caller) == 0


@pytest.mark.parametrize(
    "key", ["x" * 255, "!", '"8e03978e-40d5-43dd-bc93-6894a57f9324"', "'; DROP TABLE claim; --".replace(" ", "_")]
)
def test_what_is_a_key(caller: Caller, key: str) -> None:
    first = caller.post(CLAIMS, BODY, Idempotency_Key=key)
    assert caller.post(CLAIMS, BODY, Idempotency_Key=key).content == first.content


def test_what_was_refused_may_be_sent_again_with_the_same_key(caller: Caller) -> None:
    body = BODY | {"kassenzeichen": "471100000018"}
    problem_of(caller.post(CLAIMS, body, Idempotency_Key="a"), 422, "check_digit_wrong")
    answer = caller.post(CLAIMS, body | {"kassenzeichen": "471100000019"}, Idempotency_Key="a")
    assert answer.status_code == 201
    assert "Idempotency-Replayed" not in answer.headers


def test_a_payment_once_and_its_address_again(caller: Caller) -> None:
    claim = caller.claim()
    first = caller.post("/api/v1/payments", {"claim_id": claim["id"]}, Idempotency_Key="a")
    again = caller.post("/api/v1/payments", {"claim_id": claim["id"]}, Idempotency_Key="a")
    assert again.content == first.content
    assert len(caller.get("/api/v1/payments").json()["items"]) == 1
    assert payments.payment_by_token(again.json()["next_url"].rpartition("/")[2])


def test_a_key_is_forgotten_after_a_day(caller: Caller) -> None:
    first = caller.post(CLAIMS, BODY, Idempotency_Key="a").json()["id"]
    age(caller.town, timedelta(hours=23, minutes=59))
    assert caller.post(CLAIMS, BODY, Idempotency_Key="a").json()["id"] == first
    age(caller.town, timedelta(minutes=2))
    second = caller.post(CLAIMS, BODY | {"amount": "1.00"}, Idempotency_Key="a").json()
    assert (second["id"] != first, second["amount"]) == (True, "1.00")
    assert caller.post(CLAIMS, BODY | {"amount": "1.00"}, Idempotency_Key="a").json() == second


def test_purge_forgets_what_is_old_and_only_in_its_town(caller: Caller, stranger: Caller) -> None:
    for who in (caller, stranger):
        who.post(CLAIMS, BODY, Idempotency_Key="old")
        age(who.town, timedelta(hours=25))
        who.post(CLAIMS, BODY, Idempotency_Key="new")
    assert answers.purge(tenant=caller.town, at=clock.now()) == 1
    assert answers.purge(tenant=caller.town, at=clock.now()) == 0
    assert answers.purge(tenant=stranger.town, at=clock.now()) == 1


def test_many_at_once_under_one_key_are_one(caller: Caller) -> None:
    count = size(16, 64)
    answers = at_once(count, lambda _: caller.post(CLAIMS, BODY, Idempotency_Key="race"))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert Counter(answer.headers.get("Idempotency-Replayed") for answer in answers) == {None: 1, "true": count - 1}
    assert open_claims_of(caller) == 1
    assert ledger.balance(tenant=caller.town, account="receivable") == 3700


def test_many_at_once_with_two_bodies_under_one_key_are_one(caller: Caller) -> None:
    answers = at_once(
        12,
        lambda n: caller.post(
            CLAIMS, BODY | {"amount_cents": 1, "amount": None} if n % 2 else BODY, Idempotency_Key="race"
        ),
    )
    told = Counter(answer.status_code for answer in answers)
    assert told == {201: 6, 422: 6}
    assert len({answer.content for answer in answers if answer.status_code == 201}) == 1
    assert open_claims_of(caller) == 1


def test_payments_at_once_under_one_key_are_one(caller: Caller) -> None:
    body = {"claim_id": caller.claim()["id"]}
    answers = at_once(8, lambda _: caller.post("/api/v1/payments", body, Idempotency_Key="race"))
    assert len({answer.content for answer in answers}) == 1
    assert len(caller.get("/api/v1/payments").json()["items"]) == 1


def test_a_first_request_that_takes_long_is_said_to_be_running(caller: Caller, owner: Any) -> None:
    caller.post(CLAIMS, BODY, Idempotency_Key="a")
    with owner(caller.town) as database:  # somebody holds the key in a transaction that does not end
        database.execute("UPDATE idempotency SET at = at WHERE tenant_id = %s", [caller.town.id])
        age_began = time.monotonic()
        answer = caller.post(CLAIMS, BODY, Idempotency_Key="a")
        problem_of(answer, 409, "idempotency_key_in_use")
        assert time.monotonic() - age_began < 30
        assert answer.headers["Retry-After"] == "1"
    assert caller.post(CLAIMS, BODY, Idempotency_Key="a").status_code == 201


@pytest.fixture
def slow_cancel(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Let giving up do what the list says before it does its work."""
    before: list[Any] = []
    cancel = payments.cancel

    def cancel_after(**given: Any) -> Any:
        if before:
            before.pop()()
        return cancel(**given)

    monkeypatch.setattr(payments, "cancel", cancel_after)
    return before


def test_giving_up_under_a_key_that_is_running(caller: Caller, slow_cancel: list[Any]) -> None:
    way = f"/api/v1/payments/{caller.payment()['id']}/cancel"
    seen: list[Any] = []
    slow_cancel.append(lambda: seen.append(caller.post(way, Idempotency_Key="a")))
    first = caller.post(way, Idempotency_Key="a")
    problem_of(seen[0], 409, "idempotency_key_in_use")
    assert first.json()["status"] == "cancelled"
    assert caller.post(way, Idempotency_Key="a").content == first.content


def test_giving_up_whose_node_died_is_taken_over_after_a_minute(caller: Caller, slow_cancel: list[Any]) -> None:
    way = f"/api/v1/payments/{caller.payment()['id']}/cancel"
    other = f"/api/v1/payments/{caller.payment()['id']}/cancel"
    seen: list[Any] = []

    def a_minute_later() -> None:
        age(caller.town, timedelta(seconds=61))
        seen.append(caller.post(other, Idempotency_Key="a"))
        seen.append(caller.post(way, Idempotency_Key="a"))

    slow_cancel.append(a_minute_later)
    slow = caller.post(way, Idempotency_Key="a")
    problem_of(seen[0], 422, "idempotency_key_reused")
    assert (seen[1].status_code, seen[1].json()["status"]) == (200, "cancelled")
    assert slow.content == seen[1].content
    assert slow.headers["Idempotency-Replayed"] == "true"


def test_giving_up_that_fails_lets_the_key_go(caller: Caller, slow_cancel: list[Any]) -> None:
    way = f"/api/v1/payments/{caller.payment()['id']}/cancel"

    def broken() -> None:
        raise RuntimeError("broken")

    slow_cancel.append(broken)
    problem_of(caller.post(way, Idempotency_Key="a"), 500, "internal_error")
    assert caller.post(way, Idempotency_Key="a").json()["status"] == "cancelled"


def test_a_request_that_breaks_leaves_neither_key_nor_claim(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    post = ledger.post
    monkeypatch.setattr(ledger, "post", lambda **_given: 1 / 0)
    problem_of(caller.post(CLAIMS, BODY, Idempotency_Key="a"), 500, "internal_error")
    monkeypatch.setattr(ledger, "post", post)
    assert open_claims_of(caller) == 0
    assert caller.post(CLAIMS, BODY, Idempotency_Key="a").status_code == 201
    assert json.loads(caller.get(CLAIMS).content)["items"][0]["amount"] == "37.00"
