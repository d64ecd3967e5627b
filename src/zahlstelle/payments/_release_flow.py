"""Before a person's word counts, the provider is asked: only where it still cannot tell is the word acted on."""

from datetime import datetime
from uuid import UUID

from zahlstelle.tenancy import Tenant

from ._flow import _named, _outside_any_transaction, refresh
from ._moves import merchant_of
from ._operations import settle
from ._queries import attempts_by_id
from ._refund_flow import refresh_refund
from ._refund_queries import refund_by_id
from ._refund_rules import RefundState
from ._release_queries import Release, release_by_id
from ._release_rules import Saying, Word
from ._releases import ReleaseReferenceDiffers, allow_release, confirm, say
from ._rules import Status, about
from ._socket import Report


def release(
    *,
    tenant: Tenant,
    attempt_id: UUID,
    word: Word,
    reason: str,
    by: str,
    at: datetime,
    refund_id: UUID | None = None,
    reference: str | None = None,
) -> Release | None:
    """Say what became of a payment, or of a refund of it, that nobody knows of. None: the provider has answered now.

    Raises what `_releases.say` raises.
    """
    _outside_any_transaction()
    saying = Saying(attempt_id, refund_id, word, (reference or "").strip() or None, reason)
    allow_release(tenant=tenant, saying=saying, at=at)
    if _provider_knows(tenant, attempt_id, refund_id, saying.reference, at):
        return None
    return say(tenant=tenant, saying=saying, by=by, at=at)


def confirm_release(*, tenant: Tenant, release_id: UUID, by: str, at: datetime) -> Release:
    """Confirm what another person has said: the provider is asked once more, and its answer comes first.

    Raises ReleaseUnknown, ReleaseOver, ReleaseNeedsAnother, PaymentTaken.
    """
    _outside_any_transaction()
    known = release_by_id(tenant=tenant, release_id=release_id)
    if known.made_by != by:  # who may not confirm asks nobody
        _provider_knows(tenant, known.attempt_id, known.refund_id, known.provider_reference, at)
    return confirm(tenant=tenant, release_id=release_id, by=by, at=at)


def _provider_knows(
    tenant: Tenant, attempt_id: UUID, refund_id: UUID | None, reference: str | None, at: datetime
) -> bool:
    """Ask the provider; say whether the outcome is known now."""
    if refund_id is not None:
        refresh_refund(tenant=tenant, refund_id=refund_id, at=at)
        return refund_by_id(tenant=tenant, refund_id=refund_id).state is not RefundState.UNKNOWN
    if reference is not None and _told_by_name(tenant, attempt_id, reference, at):
        return True
    refresh(tenant=tenant, attempt_id=attempt_id, at=at)
    return attempts_by_id(tenant=tenant, attempts=[attempt_id])[attempt_id].status is not Status.UNKNOWN


def _told_by_name(tenant: Tenant, attempt_id: UUID, reference: str, at: datetime) -> bool:
    """Ask by the name that was typed. What turns out to be another payment was mistyped, and changes nothing."""
    attempt = attempts_by_id(tenant=tenant, attempts=[attempt_id])[attempt_id]
    if attempt.provider_reference is not None or attempt.status is not Status.UNKNOWN:
        return False
    provider, merchant = _named(tenant, attempt.provider)
    answer = provider.status(merchant=merchant, reference=str(attempt_id), provider_reference=reference)
    if not isinstance(answer, Report):
        return False
    if not about(answer, attempt=str(attempt_id), merchant_id=merchant_of(tenant, attempt.provider)):
        raise ReleaseReferenceDiffers("the provider knows this name as another payment")
    settled = settle(tenant=tenant, attempt_id=attempt_id, report=answer, at=at)
    return settled.status is not Status.UNKNOWN
