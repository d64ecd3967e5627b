"""Where a payment stands, and what its page shows: the provider is asked, and one moment is read."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit
from uuid import UUID

from django.utils import translation
from django.utils.translation import gettext as _

from zahlstelle import claims, payments, tenancy
from zahlstelle.claims import Claim
from zahlstelle.kernel import clock
from zahlstelle.payments import PUBLIC, Attempt, Payment, PaymentStatus, Status
from zahlstelle.tenancy import Tenant
from zahlstelle.web import girocode, mail

from ._words import Method, method_for, reason_for

UNDER_WAY = frozenset({PaymentStatus.STARTED, PaymentStatus.CHECKING})
_PAYABLE = frozenset(
    {PaymentStatus.CREATED, PaymentStatus.DECLINED, PaymentStatus.CANCELLED, PaymentStatus.CHARGED_BACK}
)
# An attempt just written down is still being started by another request: asking now would find nothing.
_STARTING = timedelta(seconds=30)
# So long the page that waits asks the provider itself; after that it looks at what the worker has learnt.
EAGER = timedelta(minutes=2)


def latest(tenant: Tenant, payment_id: UUID) -> Attempt | None:
    """Give the payment's latest attempt."""
    attempts = payments.attempts_of(tenant=tenant, payment_id=payment_id)
    return attempts[-1] if attempts else None


def standing(tenant: Tenant, payment_id: UUID) -> tuple[Payment, Attempt | None]:
    """Read a payment and its latest attempt as of one moment, though a notification may move both in between."""
    attempt = latest(tenant, payment_id)
    while True:
        payment = payments.payment_by_id(tenant=tenant, payment_id=payment_id)
        again = latest(tenant, payment_id)
        if again == attempt:
            return payment, attempt
        attempt = again


def ask(tenant: Tenant, payment: Payment, patience: timedelta | None = None) -> Attempt | None:
    """Ask the provider about an attempt under way; with `patience`, only while it is younger than that.

    Gives the attempt that was begun instead, with a challenge, where the bank wants to see the payer after all.
    """
    attempt, now = latest(tenant, payment.id), clock.now()
    if attempt is None or attempt.provider == "transfer" or PUBLIC[attempt.status] not in UNDER_WAY:
        return None
    if attempt.status is Status.INTENDED and now - attempt.started_at < _STARTING:
        return None
    if patience is None or now - attempt.changed_at < patience:
        learnt = payments.refresh(tenant=tenant, attempt_id=attempt.id, at=now, in_passing=True)
        return learnt if learnt.id != attempt.id else None
    return None


def contents(token: str, tenant: Tenant, payment_id: UUID) -> tuple[str, Mapping[str, Any]]:
    """Give the name of the page that fits and what it shows."""
    payment, attempt = standing(tenant, payment_id)
    claim = claims.claim_by_id(tenant=tenant, claim_id=payment.claim_id)
    status = status_of(payment, attempt)
    name, fill = _PAGES[_stage(payment, status, claim)]
    return name, {
        "town": tenant,
        "token": token,
        "payment": payment,
        "status": status,
        "claim": claim,
        "purpose": said_purpose(tenant, claim, payment),
        "unit": None if hides(payment) else unit_of(tenant, claim),
        "attempt": attempt,
        "method": method_for(attempt.method) if attempt else None,
        "back": _back(payment),
        **fill(tenant, payment, claim, attempt),
    }


def status_of(payment: Payment, attempt: Attempt | None) -> PaymentStatus:
    """Say where the payment stands: an attempt just written down, its start not yet answered, is being checked."""
    starting = attempt is not None and attempt.status is Status.INTENDED
    return PaymentStatus.CHECKING if starting else payment.status


def _stage(payment: Payment, status: PaymentStatus, claim: Claim) -> str:
    """Say which page fits: the payment's status, unless its time is over or the fee was settled in another way."""
    if status not in _PAYABLE:
        return str(status)
    if claim.open < payment.amount:
        return "settled"
    return "expired" if payment.expires_at <= clock.now() else "choose"


def _choice(tenant: Tenant, payment: Payment, claim: Claim, attempt: Attempt | None) -> Mapping[str, Any]:
    reason = reason_for(attempt.decline_code) if attempt else ""
    return {"methods": _methods(tenant), "reason": reason}


def _transfer(tenant: Tenant, payment: Payment, claim: Claim, attempt: Attempt | None) -> Mapping[str, Any]:
    account = tenancy.bank_accounts(tenant=tenant)[0]
    code = girocode.svg(account=account, amount=payment.amount, remittance=claim.kassenzeichen)
    others = [(key, method) for key, method in _methods(tenant) if key != "transfer"]
    return {"account": account, "girocode": code, "methods": others}


def _debit(tenant: Tenant, payment: Payment, claim: Claim, attempt: Attempt | None) -> Mapping[str, Any]:
    """Say by which mandate a debit was ordered, from which day on, and how the account ends."""
    told = payments.debit_of(tenant=tenant, attempt_id=attempt.id) if attempt else None
    if told is None:
        return {}
    mandate, day = told
    return {"mandate": mandate, "account_end": mandate.iban[-4:], "day": day}


def _nothing(tenant: Tenant, payment: Payment, claim: Claim, attempt: Attempt | None) -> Mapping[str, Any]:
    return {}


def _paid(tenant: Tenant, payment: Payment, claim: Claim, attempt: Attempt | None) -> Mapping[str, Any]:
    receipt = attempt is not None and attempt.status is Status.PAID
    return {"receipt": receipt, "mail": receipt and mail.offered()}


Fill = Callable[[Tenant, Payment, Claim, Attempt | None], Mapping[str, Any]]
_PAGES: Mapping[str, tuple[str, Fill]] = {
    "choose": ("choose", _choice),
    "settled": ("settled", _nothing),
    PaymentStatus.STARTED: ("started", _nothing),
    PaymentStatus.CHECKING: ("checking", _nothing),
    PaymentStatus.AWAITING_TRANSFER: ("transfer", _transfer),
    PaymentStatus.AWAITING_DEBIT: ("debit_waiting", _debit),
    PaymentStatus.PAID: ("paid", _paid),
    PaymentStatus.EXPIRED: ("expired", _nothing),
}


def _methods(tenant: Tenant) -> list[tuple[str, Method]]:
    return [(key, method_for(key)) for key in payments.methods(tenant=tenant)]


def hides(payment: Payment) -> bool:
    """Say whether the payment keeps to itself what it is for: nobody has shown to know the letter, or has paid."""
    return payment.discreet and payment.status is not PaymentStatus.PAID


def said_purpose(tenant: Tenant, claim: Claim, payment: Payment) -> str:
    """Say what is paid for, as far as this payment tells."""
    return _("Das steht in Ihrem Schreiben") if hides(payment) else purpose_of(tenant, claim)


def purpose_of(tenant: Tenant, claim: Claim) -> str:
    """Say what is paid for; the name of a service in the page's language."""
    if claim.service:
        service = claims.service_by_key(tenant=tenant, key=claim.service)
        if claim.purpose == service.named("de"):
            return service.named(translation.get_language())
    return claim.purpose


def unit_of(tenant: Tenant, claim: Claim) -> str | None:
    """Give the unit whose service is paid for."""
    return claims.service_by_key(tenant=tenant, key=claim.service).unit if claim.service else None


def _back(payment: Payment) -> str | None:
    """Make the link back to the online service: it learns the payment's id and asks for the rest."""
    if payment.return_url is None:
        return None
    parts = urlsplit(payment.return_url)
    query = "&".join(filter(None, [parts.query, urlencode({"payment_id": str(payment.id)})]))
    return urlunsplit(parts._replace(query=query))
