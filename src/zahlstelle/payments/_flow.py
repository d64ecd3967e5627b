"""The way to a provider and back: written down first, called outside any transaction, settled by one reducer."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

import structlog
from django.db import connection
from django.db.models import Exists, OuterRef

from zahlstelle import claims
from zahlstelle.tables.payments import AttemptRow, PaymentRow
from zahlstelle.tenancy import ProviderAccess, Tenant, inside, provider_accesses

from ._operations import (
    doubt,
    end,
    end_payment,
    intend,
    note_never_seen_payment,
    postpone,
    record_start,
    settle,
)
from ._queries import Attempt, Payment, attempt_of, attempts_of, payment_by_id
from ._refusals import AlreadyBeingPaid, AlreadyPaid, BasketChanged, MethodUnknown, PaymentOver
from ._rules import LIVE, PaymentStatus, Status, never_started
from ._socket import (
    Authentication,
    Card,
    ClickToPayResult,
    KeepsByContract,
    KeepsInstruments,
    MerchantAccess,
    NeverSeen,
    NoAnswer,
    OffersClickToPay,
    Provider,
    Report,
    StartRequest,
)

_log = structlog.get_logger(__name__)
_PLUGGED: dict[str, Provider] = {}
_LOADS: dict[str, Callable[[], Provider]] = {}


def plug(provider: Provider) -> None:
    """Make an adapter known."""
    _PLUGGED[provider.name] = provider


def plug_when_needed(name: str, load: Callable[[], Provider]) -> None:
    """Say how an adapter is loaded; called once per process by wiring. Most commands never need one."""
    _LOADS[name] = load


def find_provider(name: str) -> Provider | None:
    """Find an adapter, and load it the first time."""
    if name not in _PLUGGED and name in _LOADS:
        plug(_LOADS[name]())
    return _PLUGGED.get(name)


def provider_named(name: str) -> Provider:
    """Find an adapter. Raises MethodUnknown."""
    provider = find_provider(name)
    if provider is None:
        raise MethodUnknown(f"there is no provider {name!r}")
    return provider


def keeps_instruments(provider: Provider, merchant: MerchantAccess) -> bool:
    """Say whether a provider keeps means of payment under a contract."""
    allowed = not isinstance(provider, KeepsByContract) or provider.keeps(merchant)
    return allowed and isinstance(provider, KeepsInstruments)


def begin(
    *,
    tenant: Tenant,
    payment_id: UUID,
    method: str,
    return_url: str,
    notify_url: str,
    at: datetime,
    card: Card | None = None,
    keep: bool = False,
) -> Attempt:
    """Begin an attempt: intent, call, answer. An attempt that is under way is taken up again instead.

    `notify_url` may contain `{provider}`; `card` is handed to the provider and not kept. `keep`: the citizen lets the
    provider keep the card, where it can.
    Raises MethodUnknown, PaymentOver, AlreadyPaid, AlreadyBeingPaid.
    """
    _outside_any_transaction()
    resumable = [a for a in attempts_of(tenant=tenant, payment_id=payment_id) if a.status is Status.STARTED]
    if resumable and resumable[-1].method == method:
        return resumable[-1]
    provider, merchant = _for_method(tenant, method)
    _can_take(provider, merchant, card)
    attempt = intend(
        tenant=tenant,
        payment_id=payment_id,
        provider=provider.name,
        method=method,
        return_url=return_url,
        notify_url=notify_url.format(provider=provider.name),
        keep=keep and keeps_instruments(provider, merchant),
        at=at,
    )
    return _start(tenant, attempt, provider, merchant, at, card)


def _can_take(provider: Provider, merchant: MerchantAccess, card: Card | None) -> None:
    if isinstance(card, ClickToPayResult) and not (
        isinstance(provider, OffersClickToPay) and provider.offers_click_to_pay(merchant)
    ):
        raise MethodUnknown("the town's contract has no Click to Pay")


def _start(
    tenant: Tenant,
    attempt: Attempt,
    provider: Provider,
    merchant: MerchantAccess,
    at: datetime,
    card: Card | None = None,
) -> Attempt:
    answer = provider.start(_start_request(tenant, attempt, merchant, card))
    return record_start(tenant=tenant, attempt_id=attempt.id, answer=answer, at=at)


def _start_request(
    tenant: Tenant, attempt: Attempt, merchant: MerchantAccess, card: Card | None = None
) -> StartRequest:
    payment = payment_by_id(tenant=tenant, payment_id=attempt.payment_id)
    paid = [claims.claim_by_id(tenant=tenant, claim_id=claim_id) for claim_id in payment.claim_ids]
    return StartRequest(
        attempt_id=attempt.id,
        merchant=merchant,
        kassenzeichen=paid[0].kassenzeichen,
        amount=attempt.amount,
        description=_description(payment, paid),
        method=attempt.method,
        return_url=attempt.return_url or "",
        notify_url=attempt.notify_url or "",
        language=payment.language.partition("-")[0],  # providers know no Leichte Sprache, but German
        expires_at=payment.expires_at,
        challenge=attempt.challenge,
        keep=attempt.keep,
        card=card,
    )


def _description(payment: Payment, paid: Sequence[claims.Claim]) -> str:
    """Say what is paid for, where the provider shows it: of a basket, and where nothing is told, the numbers alone."""
    if len(paid) > 1 or payment.discreet:
        return " ".join(claim.kassenzeichen for claim in paid)
    return paid[0].purpose


def _once_more(tenant: Tenant, declined: Attempt, at: datetime) -> Attempt:
    """Try a softly declined attempt once more, with a challenge: the citizen has chosen and need not choose again.

    A challenged one is not tried again, and each is tried once: a unique column decides who does it.
    Nor is a stored card: the citizen let it be charged with a passkey for this one time, and chooses anew.
    """
    if declined.challenge or declined.return_url is None or declined.instrument is not None:
        return declined
    provider, merchant = _named(tenant, declined.provider)
    try:
        attempt = intend(
            tenant=tenant,
            payment_id=declined.payment_id,
            provider=declined.provider,
            method=declined.method,
            return_url=declined.return_url,
            notify_url=declined.notify_url,
            retry_of=declined.id,
            keep=declined.keep,
            at=at,
        )
    except (AlreadyPaid, AlreadyBeingPaid, BasketChanged, PaymentOver):
        return declined  # it is paid, or the citizen has chosen anew meanwhile
    return _start(tenant, attempt, provider, merchant, at)


def refresh(
    *,
    tenant: Tenant,
    attempt_id: UUID,
    at: datetime,
    in_passing: bool = False,
    named: str | None = None,
    authenticated: Authentication | None = None,
) -> Attempt:
    """Ask the provider what became of an attempt and settle it by the answer.

    Declined only because the payer was not authenticated, it is tried once more: then the new attempt is returned.
    `in_passing` is for a citizen who looks: the worker's own timetable stays as it is, however often that happens.
    `named` is what a notification says the provider calls it, asked by where the answer to the start was lost: the
    report must still be about this attempt. `authenticated` is what it says of the payer, kept where the report says
    nothing of it.
    """
    _outside_any_transaction()
    with inside(tenant):
        attempt = attempt_of(AttemptRow.objects.get(tenant_id=tenant.id, id=attempt_id))
    if attempt.provider == "transfer":
        return attempt
    provider, merchant = _named(tenant, attempt.provider)
    known = attempt.provider_reference or named
    answer = provider.status(merchant=merchant, reference=str(attempt.id), provider_reference=known)
    match answer:
        case Report():
            answer = replace(answer, authentication=answer.authentication or authenticated)
            settled = settle(tenant=tenant, attempt_id=attempt_id, report=answer, at=at)
            if answer.soft_declined and settled.status is Status.DECLINED and attempt.status is not Status.DECLINED:
                return _once_more(tenant, settled, at)
            if settled.status is attempt.status and not in_passing:
                postpone(tenant=tenant, attempt_id=attempt_id, at=at)
            return settled
        case NeverSeen() if never_started(attempt.status, attempt.provider_reference, at - attempt.started_at):
            return record_start(tenant=tenant, attempt_id=attempt_id, answer=answer, at=at)
        case NeverSeen() if attempt.status is Status.REFUSED or attempt.released:
            if attempt.released:
                note_never_seen_payment(tenant=tenant, attempt_id=attempt_id, at=at)
            postpone(tenant=tenant, attempt_id=attempt_id, at=at)
            return attempt
        case _:
            reason = answer.reason if isinstance(answer, NoAnswer) else "never_seen"
            _log.warning("provider_unanswered", provider=attempt.provider, attempt=str(attempt.id), reason=reason)
            told = doubt(tenant=tenant, attempt_id=attempt_id, at=at)
            if told.status is attempt.status and not in_passing:
                postpone(tenant=tenant, attempt_id=attempt_id, at=at)
            return told


def cancel(*, tenant: Tenant, payment_id: UUID, at: datetime, outcome: Status = Status.CANCELLED) -> PaymentStatus:
    """Give a payment up. Where the provider has it, the provider is asked to, and its word counts."""
    _outside_any_transaction()
    for attempt in attempts_of(tenant=tenant, payment_id=payment_id):
        if attempt.status in LIVE:
            _give_up(tenant, attempt, outcome, at)
    public = PaymentStatus.EXPIRED if outcome is Status.EXPIRED else PaymentStatus.CANCELLED
    end_payment(tenant=tenant, payment_id=payment_id, status=public, at=at)
    return payment_by_id(tenant=tenant, payment_id=payment_id).status


def _give_up(tenant: Tenant, attempt: Attempt, outcome: Status, at: datetime) -> None:
    if attempt.provider == "transfer":
        end(tenant=tenant, attempt_id=attempt.id, status=outcome, at=at)
        return
    latest = refresh(tenant=tenant, attempt_id=attempt.id, at=at)
    if latest.status is not Status.STARTED or latest.provider_reference is None:
        return
    provider, merchant = _named(tenant, attempt.provider)
    answer = provider.cancel(merchant=merchant, provider_reference=latest.provider_reference)
    if isinstance(answer, Report):
        settle(tenant=tenant, attempt_id=attempt.id, report=answer, at=at)


def sweep(*, tenant: Tenant, at: datetime, limit: int = 100) -> int:
    """Ask about every attempt whose time has come and end payments whose time is over. Returns how many.

    A payment with an attempt whose outcome is open ends when that is asked about next. What cannot be asked is logged,
    waits for its next time, and stops nobody else.
    """
    with inside(tenant):
        due = AttemptRow.objects.filter(tenant_id=tenant.id, check_at__lte=at).order_by("check_at")
        attempts = list(due.values_list("id", flat=True)[:limit])
        over = PaymentRow.objects.filter(
            tenant_id=tenant.id,
            expires_at__lte=at,
            status__in=[PaymentStatus.CREATED, PaymentStatus.STARTED, PaymentStatus.CHECKING, PaymentStatus.DECLINED],
        )
        asked_later = AttemptRow.objects.filter(payment_id=OuterRef("id"), status__in=LIVE, check_at__gt=at)
        over = over.exclude(Exists(asked_later))
        payments = list(over.order_by("expires_at").values_list("id", flat=True)[:limit])
    for attempt_id in attempts:
        try:
            refresh(tenant=tenant, attempt_id=attempt_id, at=at)
        except Exception:
            _log.exception("attempt_cannot_be_asked", tenant=tenant.slug, attempt=str(attempt_id))
            postpone(tenant=tenant, attempt_id=attempt_id, at=at)
    for payment_id in payments:
        try:
            cancel(tenant=tenant, payment_id=payment_id, at=at, outcome=Status.EXPIRED)
        except Exception:
            _log.exception("payment_cannot_be_ended", tenant=tenant.slug, payment=str(payment_id))
    return len(attempts) + len(payments)


def _for_method(tenant: Tenant, method: str) -> tuple[Provider, MerchantAccess]:
    for access in provider_accesses(tenant=tenant):
        if method in access.methods:
            return _named(tenant, access.provider)
    raise MethodUnknown(f"{method!r} is not offered here")


def _named(tenant: Tenant, name: str) -> tuple[Provider, MerchantAccess]:
    provider = provider_named(name)
    for access in provider_accesses(tenant=tenant):
        if access.provider == name:
            return provider, merchant_access(access)
    raise MethodUnknown(f"the town has no contract with {name!r}")


def merchant_access(access: ProviderAccess) -> MerchantAccess:
    """Hand a contract over to its adapter."""
    return MerchantAccess(
        access.merchant_id, access.secret, access.base_url, settings=access.settings, secrets=access.secrets
    )


def _outside_any_transaction() -> None:
    if connection.in_atomic_block:
        raise RuntimeError("a provider is never called inside a transaction")
