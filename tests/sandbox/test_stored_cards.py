"""A card that its holder let the merchant keep: charged again, the bank may still ask, forgotten; never another's."""

from typing import Any

import pytest
from tests.support.sandbox import Merchant, SandboxServer


def kept(sandbox: SandboxServer, merchant: Merchant, card: str = "paid") -> str:
    """Pay with a card and let it be kept; its handle."""
    payment = sandbox.paid(merchant, card, keep_card=True)
    if card == "challenge":
        sandbox.admin("POST", f"/payments/{payment['payment_id']}/act", {"approve": True})
    answer = sandbox.get(merchant, f"/payments/{payment['payment_id']}/stored-card")
    assert answer.status_code == 200, answer.text
    return str(answer.json()["stored_card"])


def charge(sandbox: SandboxServer, merchant: Merchant, handle: str, key: str = "", **changes: Any) -> Any:
    body = sandbox.order(**changes)
    return sandbox.post(merchant, f"/stored-cards/{handle}/payments", body, key=key or body["reference"])


def forget(sandbox: SandboxServer, merchant: Merchant, handle: str) -> int:
    headers = {"Authorization": f"Bearer {merchant.secret}"}
    return sandbox.http.delete(f"/psp/v1/stored-cards/{handle}", headers=headers).status_code


def test_a_kept_card_is_charged_again_at_once(sandbox: SandboxServer) -> None:
    merchant = sandbox.merchant()
    answer = charge(sandbox, merchant, kept(sandbox, merchant))
    assert (answer.status_code, answer.json()["status"], answer.json()["redirect_url"]) == (201, "captured", None)
    payment = sandbox.get(merchant, f"/payments/{answer.json()['payment_id']}").json()
    assert (payment["amount_cents"], payment["card"]) == (3700, {"brand": "Visa", "last4": "1111"})


def test_what_is_told_of_a_kept_card_has_no_number(sandbox: SandboxServer) -> None:
    merchant = sandbox.merchant()
    payment = sandbox.paid(merchant, keep_card=True)
    said = sandbox.get(merchant, f"/payments/{payment['payment_id']}/stored-card").json()
    assert set(said) == {"stored_card", "brand", "last4", "expiry", "kept_at"}
    assert (said["brand"], said["last4"]) == ("Visa", "1111")
    assert "4111111111111111" not in str(said)


def test_the_same_key_charges_once(sandbox: SandboxServer) -> None:
    merchant = sandbox.merchant()
    handle, reference = kept(sandbox, merchant), "attempt-once"
    first, second = (charge(sandbox, merchant, handle, reference=reference) for _ in range(2))
    assert first.json() == second.json()
    listed = sandbox.admin("GET", f"/payments?reference={reference}&merchant_id={merchant.merchant_id}")
    assert len(listed["payments"]) == 1


def test_the_bank_may_still_ask(sandbox: SandboxServer) -> None:
    merchant = sandbox.merchant()
    answer = charge(sandbox, merchant, kept(sandbox, merchant, "challenge")).json()
    assert answer["status"] == "pending"
    assert sandbox.http.get(answer["redirect_url"]).status_code == 200
    paid = sandbox.admin("POST", f"/payments/{answer['payment_id']}/act", {"approve": True})
    assert paid["status"] == "captured"


@pytest.mark.parametrize(("card", "keep"), [("paid", False), ("insufficient-funds", True)])
def test_nothing_is_kept_unasked_or_of_what_was_not_paid(sandbox: SandboxServer, card: str, keep: bool) -> None:
    merchant = sandbox.merchant()
    payment = sandbox.paid(merchant, card, keep_card=keep)
    answer = sandbox.get(merchant, f"/payments/{payment['payment_id']}/stored-card")
    assert (answer.status_code, answer.json()["code"]) == (404, "stored_card_not_found")


def test_another_merchant_has_no_such_card(sandbox: SandboxServer) -> None:
    merchant, other = sandbox.merchant(), sandbox.merchant()
    handle = kept(sandbox, merchant)
    answer = charge(sandbox, other, handle, reference="attempt-of-another")
    assert (answer.status_code, answer.json()["code"]) == (404, "stored_card_not_found")
    assert sandbox.get(other, "/payments?reference=attempt-of-another").status_code == 404
    assert forget(sandbox, other, handle) == 404
    assert charge(sandbox, merchant, handle).status_code == 201


def test_a_forgotten_card_is_not_charged(sandbox: SandboxServer) -> None:
    merchant = sandbox.merchant()
    handle = kept(sandbox, merchant)
    assert forget(sandbox, merchant, handle) == 200
    assert charge(sandbox, merchant, handle).status_code == 404
    assert forget(sandbox, merchant, handle) == 404
