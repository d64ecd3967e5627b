"""Where a payment stands, and what its page shows: the provider is asked, and one moment is read."""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit
from uuid import UUID

from zahlstelle import payments, tenancy
from zahlstelle.kernel import clock
from zahlstelle.payments import PUBLIC, Attempt, Payment, PaymentStatus, Status
from zahlstelle.tenancy import Tenant
from zahlstelle.web import mail

from . import _basket
from ._fees import Fee, fees_of, transfers_of, units_of
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
    fees = fees_of(tenant, payment, attempt)
    status = status_of(payment, attempt)
    name, fill = _PAGES[_stage(payment, status, fees)]
    return name, {
        "town": tenant,
        "token": token,
        "payment": payment,
        "status": status,
        "fees": fees,
        "unit": units_of(fees),
        "grows": name == "choose" and _basket.grows(payment),
        "attempt": attempt,
        "method": method_for(attempt.method) if attempt else None,
        "back": _back(payment),
        **fill(tenant, payment, fees, attempt),
    }


def status_of(payment: Payment, attempt: Attempt | None) -> PaymentStatus:
    """Say where the payment stands: an attempt just written down, its start not yet answered, is being checked."""
    starting = attempt is not None and attempt.status is Status.INTENDED
    return PaymentStatus.CHECKING if starting else payment.status


def _stage(payment: Payment, status: PaymentStatus, fees: Sequence[Fee]) -> str:
    """Say which page fits: the payment's status, unless its time is over or a fee was settled in another way."""
    if status not in _PAYABLE:
        return str(status)
    if all(fee.changed for fee in fees):
        return "settled"
    if any(fee.changed for fee in fees):
        return "changed"
    return "expired" if payment.expires_at <= clock.now() else "choose"


def _choice(tenant: Tenant, payment: Payment, fees: Sequence[Fee], attempt: Attempt | None) -> Mapping[str, Any]:
    reason = reason_for(attempt.decline_code) if attempt else ""
    return {"methods": _methods(tenant, fees), "reason": reason}


def _transfer(tenant: Tenant, payment: Payment, fees: Sequence[Fee], attempt: Attempt | None) -> Mapping[str, Any]:
    account = tenancy.bank_accounts(tenant=tenant)[0]
    others = [(key, method) for key, method in _methods(tenant, fees) if key != "transfer"]
    return {"account": account, "transfers": transfers_of(tenant, fees), "methods": others}


def _debit(tenant: Tenant, payment: Payment, fees: Sequence[Fee], attempt: Attempt | None) -> Mapping[str, Any]:
    """Say by which mandate a debit was ordered, from which day on, and how the account ends."""
    told = payments.debit_of(tenant=tenant, attempt_id=attempt.id) if attempt else None
    if told is None:
        return {}
    mandate, day = told
    return {"mandate": mandate, "account_end": mandate.iban[-4:], "day": day}


def _nothing(tenant: Tenant, payment: Payment, fees: Sequence[Fee], attempt: Attempt | None) -> Mapping[str, Any]:
    return {}


def _paid(tenant: Tenant, payment: Payment, fees: Sequence[Fee], attempt: Attempt | None) -> Mapping[str, Any]:
    receipt = attempt is not None and attempt.status is Status.PAID
    return {"receipt": receipt, "mail": receipt and mail.offered()}


Fill = Callable[[Tenant, Payment, Sequence[Fee], Attempt | None], Mapping[str, Any]]
_PAGES: Mapping[str, tuple[str, Fill]] = {
    "choose": ("choose", _choice),
    "settled": ("settled", _nothing),
    "changed": ("changed", _nothing),
    PaymentStatus.STARTED: ("started", _nothing),
    PaymentStatus.CHECKING: ("checking", _nothing),
    PaymentStatus.AWAITING_TRANSFER: ("transfer", _transfer),
    PaymentStatus.AWAITING_DEBIT: ("debit_waiting", _debit),
    PaymentStatus.PAID: ("paid", _paid),
    PaymentStatus.EXPIRED: ("expired", _nothing),
}


def _methods(tenant: Tenant, fees: Sequence[Fee]) -> list[tuple[str, Method]]:
    """List what can be paid with; a basket is not collected by direct debit, which goes by one Kassenzeichen."""
    offered = payments.methods(tenant=tenant)
    return [(key, method_for(key)) for key in offered if len(fees) == 1 or key != "sepa_debit"]


def _back(payment: Payment) -> str | None:
    """Make the link back to the online service: it learns the payment's id and asks for the rest."""
    if payment.return_url is None:
        return None
    parts = urlsplit(payment.return_url)
    query = "&".join(filter(None, [parts.query, urlencode({"payment_id": str(payment.id)})]))
    return urlunsplit(parts._replace(query=query))
