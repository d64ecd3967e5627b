"""The way of a refund to its provider and back: written down first, called outside any transaction, asked about."""

from datetime import datetime
from uuid import UUID

import structlog

from zahlstelle.kernel import Money, Refusal
from zahlstelle.tenancy import Tenant

from ._flow import _named, _outside_any_transaction, provider_named
from ._queries import attempts_by_id
from ._refund_queries import Refund, due_refunds, open_refunds, refund_by_id
from ._refund_rules import RefundState, Wish, never_asked
from ._refunds import intend_refund, note_never_seen, postpone_question, settle_refund
from ._socket import NeverSeen, NoAnswer, RefundReport, RefundRequest, Refunds

_log = structlog.get_logger(__name__)


class RefundNotOffered(Refusal):
    """The provider of this payment takes no refunds from here."""

    code = "refund_not_offered"


def refund(
    *,
    tenant: Tenant,
    refund_id: UUID,
    payment_id: UUID,
    amount: Money,
    refundable: Money,
    by: str,
    text: str,
    notify_url: str,
    at: datetime,
    wish: Wish | None = None,
    attempt_id: UUID | None = None,
    claim_id: UUID | None = None,
) -> Refund:
    """Give money of a captured payment back: intent, call, answer. The same `refund_id` again is the same refund.

    `notify_url` may contain `{provider}`. Asked for again, the provider is not: what is unknown is asked about.
    Raises what `intend_refund` raises, and RefundNotOffered.
    """
    _outside_any_transaction()
    intended, new = intend_refund(
        tenant=tenant,
        refund_id=refund_id,
        payment_id=payment_id,
        amount=amount,
        refundable=refundable,
        by=by,
        text=text,
        wish=wish,
        attempt_id=attempt_id,
        claim_id=claim_id,
        at=at,
    )
    if not new:
        return intended
    provider, request = _request(tenant, intended, notify_url)
    if provider is None:
        settle_refund(tenant=tenant, refund_id=refund_id, answer=NeverSeen(), at=at)
        raise RefundNotOffered("give it back by bank transfer, or at the provider itself")
    return settle_refund(tenant=tenant, refund_id=refund_id, answer=provider.refund(request), at=at)


def refresh_refund(*, tenant: Tenant, refund_id: UUID, at: datetime) -> Refund:
    """Ask the provider what became of a refund and settle it by the answer. It is never tried again."""
    _outside_any_transaction()
    known = refund_by_id(tenant=tenant, refund_id=refund_id)
    provider, request = _request(tenant, known, "")
    if provider is None:
        postpone_question(tenant=tenant, refund_id=refund_id, at=at)
        return known
    answer = provider.refund_status(request, refund_reference=known.provider_reference)
    since = at - known.requested_at
    if isinstance(answer, RefundReport) or (
        isinstance(answer, NeverSeen) and never_asked(known.state, known.provider_reference, since)
    ):
        settled = settle_refund(tenant=tenant, refund_id=refund_id, answer=answer, at=at)
    elif known.released and isinstance(answer, NeverSeen):
        settled = note_never_seen(tenant=tenant, refund_id=refund_id, at=at)
    else:
        reason = answer.reason if isinstance(answer, NoAnswer) else "never_seen"
        _log.warning("refund_unanswered", tenant=tenant.slug, refund=str(refund_id), reason=reason)
        settled = known
    if settled.state is known.state and (settled.state is not RefundState.DONE or settled.released):
        postpone_question(tenant=tenant, refund_id=refund_id, at=at)
    return settled


def refresh_refunds_of(*, tenant: Tenant, attempt_id: UUID, at: datetime) -> None:
    """Ask about every refund of an attempt whose outcome is open: a notification hinted at the payment."""
    for refund_id in open_refunds(tenant=tenant, attempt_id=attempt_id):
        refresh_refund(tenant=tenant, refund_id=refund_id, at=at)


def sweep_refunds(*, tenant: Tenant, at: datetime, limit: int = 100) -> int:
    """Ask about every refund whose time has come. Returns how many; one that cannot be asked stops nobody else."""
    due = due_refunds(tenant=tenant, at=at, limit=limit)
    for refund_id in due:
        try:
            refresh_refund(tenant=tenant, refund_id=refund_id, at=at)
        except Exception:
            _log.exception("refund_cannot_be_asked", tenant=tenant.slug, refund=str(refund_id))
            postpone_question(tenant=tenant, refund_id=refund_id, at=at)
    return len(due)


def _request(tenant: Tenant, known: Refund, notify_url: str) -> tuple[Refunds | None, RefundRequest]:
    """Make what the adapter is asked, always the same; None for the adapter where it takes no refunds."""
    attempt = attempts_by_id(tenant=tenant, attempts=[known.attempt_id])[known.attempt_id]
    _, merchant = _named(tenant, attempt.provider)
    request = RefundRequest(
        refund_id=known.id,
        merchant=merchant,
        provider_reference=attempt.provider_reference or "",
        reference=str(attempt.id),
        method=attempt.method,
        amount=known.amount,
        captured=attempt.amount,
        text=known.text,
        notify_url=notify_url.format(provider=attempt.provider),
    )
    provider = provider_named(attempt.provider)
    return (provider if isinstance(provider, Refunds) else None), request
