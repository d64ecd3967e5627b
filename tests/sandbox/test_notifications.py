"""Notifications: signed, repeated, delayed, reordered, lost, and in the end delivered."""

import base64
import hashlib
import hmac
import time
from typing import Any

from tests.support.sandbox import Ear, Heard, Merchant, SandboxServer, until


def signature(heard: Heard, secret: str) -> str:
    """Standard Webhooks 1.0, written out once more so that the sandbox does not check itself."""
    signed = f"{heard.headers['webhook-id']}.{heard.headers['webhook-timestamp']}.".encode() + heard.body
    return "v1," + base64.b64encode(hmac.digest(secret.encode(), signed, hashlib.sha256)).decode()


def states(sandbox: SandboxServer, payment: dict[str, Any]) -> list[str]:
    rows = sandbox.admin("GET", f"/notifications?payment_id={payment['payment_id']}")["notifications"]
    return [row["state"] for row in rows]


def test_a_paid_payment_is_told_and_signed(sandbox: SandboxServer, town: Merchant, ear: Ear) -> None:
    payment = sandbox.paid(town, notify_url=ear.url)
    heard = until(lambda: ear.about(payment["payment_id"]))[0]
    assert heard.event["type"] == "payment.captured"
    assert heard.event["data"] == {
        "payment_id": payment["payment_id"],
        "merchant_id": town.merchant_id,
        "reference": payment["reference"],
        "status": "captured",
        "amount_cents": 3700,
        "currency": "EUR",
    }
    assert heard.headers["webhook-signature"] == signature(heard, town.secret)
    assert abs(int(heard.headers["webhook-timestamp"]) - time.time()) < 10  # noqa: TID251
    until(lambda: states(sandbox, payment) == ["delivered"])


def test_in_the_demo_everything_is_told_twice(sandbox: SandboxServer, town: Merchant, ear: Ear) -> None:
    sandbox.admin("PUT", "/behaviour", {})
    payment = sandbox.paid(town, notify_url=ear.url)
    until(lambda: len(ear.about(payment["payment_id"])) == 2)
    assert len({heard.headers["webhook-id"] for heard in ear.heard}) == 1


def test_the_merchants_own_address_serves_where_the_payment_names_none(sandbox: SandboxServer, ear: Ear) -> None:
    town = sandbox.merchant(notify_url=ear.url)
    payment = sandbox.paid(town)
    until(lambda: ear.about(payment["payment_id"]))


def test_every_step_is_told(sandbox: SandboxServer, town: Merchant, ear: Ear) -> None:
    payment = sandbox.paid(town, "challenge", notify_url=ear.url)
    sandbox.admin("POST", f"/payments/{payment['payment_id']}/act", {"approve": True})
    body = {"amount_cents": 100, "currency": "EUR"}
    sandbox.post(town, f"/payments/{payment['payment_id']}/refunds", body, key="r")
    until(lambda: len(ear.about(payment["payment_id"])) == 3)
    assert [heard.event["type"] for heard in ear.heard] == ["payment.pending", "payment.captured", "payment.refunded"]


def test_reordered_the_newest_comes_first(sandbox: SandboxServer, town: Merchant, ear: Ear) -> None:
    sandbox.behave(reorder=True)
    payment = sandbox.paid(town, "challenge", notify_url=ear.url)
    sandbox.admin("POST", f"/payments/{payment['payment_id']}/act", {"approve": True})
    until(lambda: len(ear.about(payment["payment_id"])) == 2)
    assert [heard.event["type"] for heard in ear.heard] == ["payment.captured", "payment.pending"]


def test_a_delay_is_kept(sandbox: SandboxServer, town: Merchant, ear: Ear) -> None:
    sandbox.behave(delay_seconds=1)
    begun = time.monotonic()
    payment = sandbox.paid(town, notify_url=ear.url)
    until(lambda: ear.about(payment["payment_id"]))
    assert time.monotonic() - begun >= 1


def test_all_lost_is_all_lost(sandbox: SandboxServer, town: Merchant, ear: Ear) -> None:
    sandbox.behave(lose_all=True, duplicates=2)
    lost = sandbox.paid(town, notify_url=ear.url)
    sandbox.behave()
    heard = sandbox.paid(town, notify_url=ear.url)
    until(lambda: ear.about(heard["payment_id"]))
    assert ear.about(lost["payment_id"]) == []
    assert states(sandbox, lost) == ["lost"] * 3


def test_a_part_is_lost(sandbox: SandboxServer, town: Merchant, ear: Ear) -> None:
    sandbox.behave(lose_percent=50, duplicates=19)
    payments = [sandbox.paid(town, notify_url=ear.url) for _ in range(5)]
    until(lambda: not any("waiting" in states(sandbox, payment) for payment in payments))
    lost = sum(states(sandbox, payment).count("lost") for payment in payments)
    assert 20 < lost < 80
    assert len(ear.heard) == 100 - lost


def test_the_card_whose_notification_is_lost(sandbox: SandboxServer, town: Merchant, ear: Ear) -> None:
    payment = sandbox.paid(town, "notification-lost", notify_url=ear.url)
    assert states(sandbox, payment) == ["lost"]


def test_a_corrupt_signature_does_not_fit(sandbox: SandboxServer, town: Merchant, ear: Ear) -> None:
    sandbox.behave(corrupt_signature=True)
    payment = sandbox.paid(town, notify_url=ear.url)
    heard = until(lambda: ear.about(payment["payment_id"]))[0]
    assert heard.headers["webhook-signature"].startswith("v1,")
    assert heard.headers["webhook-signature"] != signature(heard, town.secret)


def test_what_is_refused_comes_again(sandbox: SandboxServer, town: Merchant, ear: Ear) -> None:
    ear.refusals = 1
    payment = sandbox.paid(town, notify_url=ear.url)
    until(lambda: len(ear.about(payment["payment_id"])) == 2)
    until(lambda: states(sandbox, payment) == ["delivered"])
    assert len({heard.headers["webhook-id"] for heard in ear.heard}) == 1


def test_a_deaf_merchant_delays_no_other(sandbox: SandboxServer, town: Merchant, ear: Ear) -> None:
    deaf = sandbox.paid(town, notify_url="http://127.0.0.1:9/notify")
    payment = sandbox.paid(town, notify_url=ear.url)
    until(lambda: ear.about(payment["payment_id"]), 4)
    assert states(sandbox, deaf) == ["waiting"]


def test_silence_covers_the_notification_too(sandbox: SandboxServer, town: Merchant, ear: Ear) -> None:
    sandbox.behave(timeout_seconds=1)
    begun = time.monotonic()
    payment = sandbox.paid(town, "timeout", notify_url=ear.url)
    until(lambda: ear.about(payment["payment_id"]))
    assert time.monotonic() - begun >= 1
