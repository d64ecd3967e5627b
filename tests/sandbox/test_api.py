"""The provider's API, as a maker of an adapter meets it."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.support.sandbox import Merchant, SandboxServer, until


def test_the_same_key_and_body_start_one_payment(sandbox: SandboxServer, town: Merchant) -> None:
    body = sandbox.order()
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: sandbox.post(town, "/payments", body, key="one"), range(16)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1
    assert len(sandbox.admin("GET", f"/payments?merchant_id={town.merchant_id}")["payments"]) == 1
    first = answers[0].json()
    assert first["status"] == "created"
    assert first["payment_id"].startswith("sbx_")
    assert first["redirect_url"].startswith(f"{sandbox.base}/card/")


def test_the_card_page_has_the_name_by_which_the_merchant_asked(sandbox: SandboxServer, town: Merchant) -> None:
    headers = {"Authorization": f"Bearer {town.secret}", "Idempotency-Key": "k", "Host": f"localhost:{sandbox.port}"}
    started = sandbox.http.post("/psp/v1/payments", json=sandbox.order(), headers=headers).json()
    assert started["redirect_url"].startswith(f"http://localhost:{sandbox.port}/card/")


def test_the_answer_stays_the_first_after_the_payment_went_on(sandbox: SandboxServer, town: Merchant) -> None:
    body = sandbox.order()
    first = sandbox.post(town, "/payments", body, key="k").json()
    sandbox.admin("POST", f"/payments/{first['payment_id']}/act", {"card": "paid"})
    assert sandbox.post(town, "/payments", body, key="k").json() == first


def test_the_same_key_with_another_body_is_refused(sandbox: SandboxServer, town: Merchant) -> None:
    body = sandbox.order()
    sandbox.post(town, "/payments", body, key="k")
    refused = sandbox.post(town, "/payments", body | {"amount_cents": 3701}, key="k")
    assert (refused.status_code, refused.json()["code"]) == (422, "idempotency_key_reused")
    assert refused.headers["content-type"] == "application/problem+json"
    payments = sandbox.admin("GET", f"/payments?merchant_id={town.merchant_id}")["payments"]
    assert [each["amount_cents"] for each in payments] == [3700]


def test_a_new_key_for_the_same_reference_is_refused(sandbox: SandboxServer, town: Merchant) -> None:
    body = sandbox.order()
    sandbox.post(town, "/payments", body, key="k1")
    refused = sandbox.post(town, "/payments", body, key="k2")
    assert (refused.status_code, refused.json()["code"]) == (409, "reference_taken")


def test_two_towns_may_use_the_same_key_and_reference(sandbox: SandboxServer, town: Merchant) -> None:
    body, other = sandbox.order(), sandbox.merchant()
    ours, theirs = (sandbox.post(each, "/payments", body, key="k").json() for each in (town, other))
    assert ours["payment_id"] != theirs["payment_id"]


def test_without_a_key_nothing_starts(sandbox: SandboxServer, town: Merchant) -> None:
    refused = sandbox.post(town, "/payments", sandbox.order())
    assert (refused.status_code, refused.json()["code"]) == (400, "idempotency_key_missing")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("amount_cents", 0),
        ("amount_cents", -1),
        ("amount_cents", "3700"),
        ("amount_cents", 37.0),
        ("amount_cents", True),
        ("amount_cents", None),
        ("currency", "USD"),
        ("method", "cash"),
        ("reference", ""),
        ("reference", "a b"),
        ("kassenzeichen", "x" * 36),
        ("description", "two\nlines"),
        ("description", "x" * 141),
        ("return_url", "javascript:alert(1)"),
        ("return_url", "http://user@host/"),
        ("notify_url", "ftp://host/"),
        ("expires_at", "2020-01-01T00:00:00Z"),
        ("expires_at", "2100-01-01T00:00:00"),
        ("language", "fr"),
        ("surprise", 1),
    ],
)
def test_a_wrong_field_is_named_and_nothing_starts(
    sandbox: SandboxServer, town: Merchant, field: str, value: Any
) -> None:
    refused = sandbox.post(town, "/payments", sandbox.order(**{field: value}), key="k")
    assert refused.status_code == 422
    assert [error["field"] for error in refused.json()["errors"]] == [field]
    assert sandbox.admin("GET", f"/payments?merchant_id={town.merchant_id}")["payments"] == []


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"a":NaN}', b'{"reference":"a","reference":"b"}', b"\xff"])
def test_what_is_no_json_object_is_refused(sandbox: SandboxServer, town: Merchant, body: bytes) -> None:
    headers = {"Authorization": f"Bearer {town.secret}", "Idempotency-Key": "k", "Content-Type": "application/json"}
    assert sandbox.http.post("/psp/v1/payments", content=body, headers=headers).status_code in (400, 422)


def test_a_secret_that_is_not_known_opens_nothing(sandbox: SandboxServer, town: Merchant) -> None:
    payment = sandbox.started(town)
    stranger = Merchant("nobody", "sk_test_wrong_wrong_wrong_wrong", "")
    assert sandbox.get(stranger, f"/payments/{payment['payment_id']}").status_code == 401
    assert sandbox.http.get(f"/psp/v1/payments/{payment['payment_id']}").status_code == 401
    assert sandbox.http.get("/admin/payments", headers={"Authorization": "Bearer x"}).status_code == 401


def test_another_towns_payment_does_not_exist(sandbox: SandboxServer, town: Merchant) -> None:
    payment, other = sandbox.paid(town), sandbox.merchant()
    path = f"/payments/{payment['payment_id']}"
    answers = [
        sandbox.get(other, path),
        sandbox.get(other, f"/payments?reference={payment['reference']}"),
        sandbox.post(other, f"{path}/cancel"),
        sandbox.post(other, f"{path}/refunds", {"amount_cents": 1, "currency": "EUR"}, key="k"),
    ]
    assert {(each.status_code, each.json()["code"]) for each in answers} == {(404, "payment_not_found")}
    assert sandbox.get(town, path).json()["refunded_cents"] == 0


def test_the_status_by_id_and_by_reference(sandbox: SandboxServer, town: Merchant) -> None:
    payment = sandbox.paid(town, amount_cents=1200)
    by_id = sandbox.get(town, f"/payments/{payment['payment_id']}").json()
    by_reference = sandbox.get(town, f"/payments?reference={payment['reference']}").json()
    assert by_id == by_reference
    assert (by_id["status"], by_id["amount_cents"], by_id["currency"]) == ("captured", 1200, "EUR")
    assert by_id["merchant_id"] == town.merchant_id
    assert by_id["card"] == {"brand": "Visa", "last4": "1111"}
    assert by_id["captured_at"]


@pytest.mark.parametrize(
    ("card", "status", "code"),
    [
        ("paid", "captured", None),
        ("paid-mastercard", "captured", None),
        ("insufficient-funds", "declined", "insufficient_funds"),
        ("do-not-honor", "declined", "do_not_honor"),
        ("expired-card", "declined", "expired_card"),
        ("challenge", "pending", None),
        ("unknown-paid", "unknown", None),
        ("unknown-declined", "unknown", None),
        ("redirect-lost", "captured", None),
        ("notification-lost", "captured", None),
        ("all-lost", "captured", None),
    ],
)
def test_the_card_decides(sandbox: SandboxServer, town: Merchant, card: str, status: str, code: str | None) -> None:
    payment = sandbox.paid(town, card)
    assert (payment["status"], payment["decline_code"]) == (status, code)
    assert bool(payment["captured_at"]) == (status == "captured")


def test_a_card_number_does_what_its_name_does(sandbox: SandboxServer, town: Merchant) -> None:
    payment = sandbox.started(town)
    act = {"card_number": "4000 0000 0001 0001"}
    assert sandbox.admin("POST", f"/payments/{payment['payment_id']}/act", act)["decline_code"] == "insufficient_funds"


def test_a_card_that_is_no_test_card_is_refused(sandbox: SandboxServer, town: Merchant) -> None:
    payment = sandbox.started(town)
    answer = sandbox.http.post(
        f"/admin/payments/{payment['payment_id']}/act",
        json={"card_number": "4242424242424242"},
        headers={"Authorization": "Bearer admin-token-of-the-tests"},
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "unknown_card")
    assert sandbox.get(town, f"/payments/{payment['payment_id']}").json()["status"] == "created"


@pytest.mark.parametrize(("card", "becomes"), [("unknown-paid", "captured"), ("unknown-declined", "declined")])
def test_an_unknown_outcome_becomes_known(sandbox: SandboxServer, town: Merchant, card: str, becomes: str) -> None:
    sandbox.behave(unknown_seconds=0.5)
    payment = sandbox.paid(town, card)
    path = f"/payments/{payment['payment_id']}"
    assert sandbox.get(town, path).json()["status"] == "unknown"
    until(lambda: sandbox.get(town, path).json()["status"] == becomes, 5)


def test_the_timeout_card_silences_the_query_for_a_while(sandbox: SandboxServer, town: Merchant) -> None:
    sandbox.behave(timeout_seconds=0.6)
    payment = sandbox.paid(town, "timeout")
    path = f"/payments/{payment['payment_id']}"
    silent = sandbox.get(town, path)
    assert (silent.status_code, silent.json()["code"]) == (504, "no_answer")
    until(lambda: sandbox.get(town, path).status_code == 200, 5)
    assert sandbox.get(town, path).json()["status"] == "captured"


@pytest.mark.parametrize(
    ("approve", "status", "three_ds"), [(True, "captured", "approved"), (False, "declined", "rejected")]
)
def test_the_bank_asks(sandbox: SandboxServer, town: Merchant, approve: bool, status: str, three_ds: str) -> None:
    payment = sandbox.paid(town, "challenge")
    assert (payment["status"], payment["three_ds"]) == ("pending", "challenged")
    answered = sandbox.admin("POST", f"/payments/{payment['payment_id']}/act", {"approve": approve})
    assert (answered["status"], answered["three_ds"]) == (status, three_ds)
    assert answered["decline_code"] == (None if approve else "three_ds_rejected")


def test_what_nobody_pays_expires(sandbox: SandboxServer, town: Merchant) -> None:
    soon = (datetime.now(UTC) + timedelta(seconds=1)).isoformat()  # noqa: TID251
    payment = sandbox.started(town, expires_at=soon)
    path = f"/payments/{payment['payment_id']}"
    assert sandbox.get(town, path).json()["status"] == "created"
    until(lambda: sandbox.get(town, path).json()["status"] == "expired", 5)


def test_cancelling_twice_is_cancelling_once(sandbox: SandboxServer, town: Merchant) -> None:
    payment = sandbox.started(town)
    answers = [sandbox.post(town, f"/payments/{payment['payment_id']}/cancel") for _ in range(2)]
    assert [(each.status_code, each.json()["status"]) for each in answers] == [(200, "cancelled")] * 2


@pytest.mark.parametrize("card", ["paid", "do-not-honor", "unknown-paid"])
def test_what_is_decided_cannot_be_cancelled(sandbox: SandboxServer, town: Merchant, card: str) -> None:
    payment = sandbox.paid(town, card)
    refused = sandbox.post(town, f"/payments/{payment['payment_id']}/cancel")
    assert (refused.status_code, refused.json()["code"]) == (409, "not_possible")
    assert sandbox.get(town, f"/payments/{payment['payment_id']}").json()["status"] == payment["status"]


def test_never_more_back_than_was_captured(sandbox: SandboxServer, town: Merchant) -> None:
    payment = sandbox.paid(town, amount_cents=1000)
    path = f"/payments/{payment['payment_id']}/refunds"
    with ThreadPoolExecutor(8) as pool:
        body = {"amount_cents": 300, "currency": "EUR"}
        answers = list(pool.map(lambda n: sandbox.post(town, path, body, key=f"r{n}"), range(12)))
    assert sorted(each.status_code for each in answers) == [201] * 3 + [422] * 9
    after = sandbox.get(town, f"/payments/{payment['payment_id']}").json()
    assert (after["refunded_cents"], after["refundable_cents"], len(after["refunds"])) == (900, 100, 3)


def test_the_same_refund_twice_is_one(sandbox: SandboxServer, town: Merchant) -> None:
    payment = sandbox.paid(town)
    path = f"/payments/{payment['payment_id']}/refunds"
    body = {"amount_cents": 700, "currency": "EUR", "reason": "zu viel"}
    first, again = (sandbox.post(town, path, body, key="r") for _ in range(2))
    assert first.json() == again.json()
    assert first.json()["refundable_cents"] == 3000
    reused = sandbox.post(town, path, body | {"amount_cents": 701}, key="r")
    assert reused.json()["code"] == "idempotency_key_reused"
    assert sandbox.get(town, f"/payments/{payment['payment_id']}").json()["refunded_cents"] == 700


def test_nothing_captured_nothing_back(sandbox: SandboxServer, town: Merchant) -> None:
    payment = sandbox.started(town)
    body = {"amount_cents": 1, "currency": "EUR"}
    refused = sandbox.post(town, f"/payments/{payment['payment_id']}/refunds", body, key="r")
    assert (refused.status_code, refused.json()["code"]) == (409, "not_captured")


@pytest.mark.parametrize(
    ("cents", "status"),
    [(3711, "captured"), (3713, "declined"), (3717, "unknown"), (3719, "unknown"), (3700, "created")],
)
def test_the_cents_decide_where_the_merchant_wants_it(sandbox: SandboxServer, cents: int, status: str) -> None:
    town = sandbox.merchant(amount_outcomes=True)
    payment = sandbox.started(town, amount_cents=cents)
    assert payment["status"] == "created"
    assert sandbox.get(town, f"/payments/{payment['payment_id']}").json()["status"] == status


def test_the_cents_decide_nothing_otherwise(sandbox: SandboxServer, town: Merchant) -> None:
    payment = sandbox.started(town, amount_cents=3713)
    assert sandbox.get(town, f"/payments/{payment['payment_id']}").json()["status"] == "created"


def test_faults_strike_as_often_as_asked(sandbox: SandboxServer, town: Merchant) -> None:
    sandbox.behave(
        faults=[
            {"operation": "start", "kind": "unavailable", "times": 2},
            {"operation": "start", "kind": "answer_lost"},
        ]
    )
    body = sandbox.order()

    def payments() -> int:
        return len(sandbox.admin("GET", f"/payments?merchant_id={town.merchant_id}")["payments"])

    assert [sandbox.post(town, "/payments", body, key="k").status_code for _ in range(2)] == [503, 503]
    assert payments() == 0
    assert sandbox.post(town, "/payments", body, key="k").status_code == 504
    assert payments() == 1
    assert sandbox.post(town, "/payments", body, key="k").status_code == 201
    assert payments() == 1


def test_a_lie_and_garbage(sandbox: SandboxServer, town: Merchant) -> None:
    payment = sandbox.paid(town)
    sandbox.behave(
        faults=[
            {"operation": "status", "kind": "lie", "answer": {"amount_cents": 1}},
            {"operation": "status", "kind": "garbage"},
        ]
    )
    path = f"/payments/{payment['payment_id']}"
    assert sandbox.get(town, path).json()["amount_cents"] == 1
    assert sandbox.get(town, path).headers["content-type"].startswith("text/html")
    assert sandbox.get(town, path).json()["amount_cents"] == 3700


def test_a_switch_nobody_knows_is_refused(sandbox: SandboxServer) -> None:
    for body in ({"duplicate": 1}, {"duplicates": -1}, {"lose_percent": 101}, {"faults": [{"operation": "x"}]}):
        answer = sandbox.http.put(
            "/admin/behaviour", json=body, headers={"Authorization": "Bearer admin-token-of-the-tests"}
        )
        assert answer.status_code == 422, body
