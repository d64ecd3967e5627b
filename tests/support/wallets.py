"""What citizens do with a wallet, at the rooms: pay and wish, keep, pay again."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from tests.support.passkey import Passkey
from tests.support.towns import AT, a_claim
from zahlstelle import payments, wallet
from zahlstelle.payments import Attempt
from zahlstelle.tenancy import Tenant
from zahlstelle.wallet import Site

SITE = Site("zahlstelle.example", "https://zahlstelle.example")
BROWSER = "what only this browser knows"
HERE: dict[str, Any] = {"browser": BROWSER, "site": SITE}
BACK = {"return_url": "https://zahlstelle.example/pay/x/ergebnis", "notify_url": "https://zahlstelle.example/notify"}


@dataclass
class Holder:
    """A citizen with a kept card: passkey, device and who that is."""

    passkey: Passkey
    device: str
    citizen: UUID


def a_payment(town: Tenant, at: datetime = AT) -> UUID:
    return payments.start_payment(tenant=town, claim_id=a_claim(town, at=at).id, at=at).payment.id


def paid_with_wish(
    town: Tenant, at: datetime = AT, *, keep: bool = True, pay: Callable[[Attempt], None] = lambda _: None
) -> UUID:
    """Pay by card with the box ticked."""
    payment_id = a_payment(town, at)
    if keep:
        wallet.wish_to_keep(
            tenant=town, payment_id=payment_id, browser=BROWSER, version="1", words="Karte merken", language="de", at=at
        )
    wallet.came_back(tenant=town, payment_id=payment_id, browser=BROWSER, at=at)
    attempt = payments.begin(tenant=town, payment_id=payment_id, method="card", keep=keep, at=at, **BACK)
    pay(attempt)
    payments.refresh(tenant=town, attempt_id=attempt.id, at=at)
    return payment_id


def keeps(
    town: Tenant,
    at: datetime = AT,
    passkey: Passkey | None = None,
    *,
    pay: Callable[[Attempt], None] = lambda _: None,
) -> Holder:
    """Pay (by `pay`, where the provider is real), wish, and keep the card with a new passkey, or with a known one."""
    payment_id, key = paid_with_wish(town, at, pay=pay), passkey or Passkey()
    if passkey:
        question = wallet.ask_passkey_to_keep(tenant=town, payment_id=payment_id, **HERE, at=at)
        answer = key.answers(question)
    else:
        question = wallet.ask_for_new_passkey(
            tenant=town, payment_id=payment_id, **HERE, email="erika@example.org", at=at
        )
        answer = key.registers(question)
    device = wallet.keep_card(tenant=town, payment_id=payment_id, **HERE, answer=answer, words="Schritt", at=at)
    known = wallet.remembered(tenant=town, device=device, on=at.date())
    assert known is not None
    return Holder(key, device, known.citizen)


def question_to_pay(town: Tenant, holder: Holder, payment_id: UUID, at: datetime = AT) -> str:
    return wallet.ask_passkey_to_pay(tenant=town, payment_id=payment_id, device=holder.device, site=SITE, at=at)


def pays(town: Tenant, payment_id: UUID, answer: str, at: datetime = AT) -> Attempt:
    """Send a passkey's answer, and learn what became of the attempt."""
    attempt = wallet.pay_with_card(tenant=town, payment_id=payment_id, answer=answer, site=SITE, at=at, **BACK)
    return payments.refresh(tenant=town, attempt_id=attempt.id, at=at)
