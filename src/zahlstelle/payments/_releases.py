"""Write down what a person says became of a payment or refund that nobody knows of, and act on it: once, by two."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from zahlstelle import audit, claims
from zahlstelle.kernel import CardNumberTyped, InputRefused, Money, Refusal, holds_card_number, new_id
from zahlstelle.tables.payments import AttemptRow, RefundRow, ReleaseRow
from zahlstelle.tenancy import Tenant, inside

from ._moves import merchant_of, shares_of_attempt
from ._operations import record_start, settle
from ._refund_queries import RefundUnknown
from ._refund_rules import RefundState
from ._refunds import settle_refund
from ._refusals import PaymentTaken
from ._release_queries import Release, ReleaseUnknown, release_of
from ._release_rules import NEEDS_TWO, OF_REFUND, ON_WORD, ReleaseState, Saying, Word, releasable_from
from ._rules import Status
from ._socket import NeverSeen, ProviderStatus, RefundReport, RefundStatus, Report


class NothingToRelease(Refusal):
    """The outcome is known: the provider has answered, or somebody has said it already."""

    code = "nothing_to_release"


class ReleaseTooEarly(Refusal):
    """The citizen may still be at the provider, and the provider may still answer."""

    code = "release_too_early"


class ReleaseWaiting(Refusal):
    """Somebody has said already what became of it; a second person must confirm that or reject it."""

    code = "release_waiting"


class ReleaseNeedsAnother(Refusal):
    """Whoever said it cannot confirm it: a second person must."""

    code = "release_needs_another"


class ReleaseOver(Refusal):
    """This was confirmed, rejected or dealt with before."""

    code = "release_over"


class ReleaseIncomplete(InputRefused):
    """The reason, or the provider's name for the payment, is missing; or the word is of the other kind."""

    code = "release_incomplete"


class ReleaseReferenceDiffers(InputRefused):
    """The provider calls this payment or refund otherwise than was typed."""

    code = "release_reference_differs"


def allow_release(*, tenant: Tenant, saying: Saying, at: datetime) -> None:
    """Check, before the provider is asked, whether this may be said now. Raises what `say` raises."""
    with inside(tenant):
        _may_be_said(tenant, *_held(tenant, saying.attempt_id, saying.refund_id), saying, at)


def say(*, tenant: Tenant, saying: Saying, by: str, at: datetime) -> Release:
    """Write down what a person has read in the provider's portal; where one person is enough, it is done at once.

    Raises PaymentUnknown, RefundUnknown, NothingToRelease, ReleaseTooEarly, ReleaseWaiting, ReleaseIncomplete,
    ReleaseReferenceDiffers, PaymentTaken, CardNumberTyped.
    """
    with inside(tenant):
        row, refund = _held(tenant, saying.attempt_id, saying.refund_id)
        _may_be_said(tenant, row, refund, saying, at)
        release = ReleaseRow(
            id=new_id(),
            tenant_id=tenant.id,
            attempt=row,
            refund=refund,
            word=saying.word,
            provider_reference=saying.reference,
            reason=saying.reason.strip(),
            made_by=by,
            made_at=at,
            state=ReleaseState.WAITING,
        )
        release.save(force_insert=True)
        _deed(tenant, release, row, "release.said", by, at)
        if saying.word not in NEEDS_TWO:
            _apply(tenant, release, row, refund, by, at)
        return release_of(release)


def confirm(*, tenant: Tenant, release_id: UUID, by: str, at: datetime) -> Release:
    """Act on what another person has said. Where the outcome is known by now, the provider's answer counts instead.

    Raises ReleaseUnknown, ReleaseOver, ReleaseNeedsAnother, PaymentTaken.
    """
    with inside(tenant):
        release, row, refund = _release_held(tenant, release_id)
        if release.made_by == by:
            raise ReleaseNeedsAnother("whoever said it cannot confirm it")
        if not _unknown(row, refund):
            _end(tenant, release, row, ReleaseState.OVERTAKEN, by, at)
        else:
            _apply(tenant, release, row, refund, by, at)
        return release_of(release)


def withdraw(*, tenant: Tenant, release_id: UUID, by: str, at: datetime) -> Release:
    """Take back, or reject, what was said and not yet confirmed. Raises ReleaseUnknown, ReleaseOver."""
    with inside(tenant):
        release, row, _ = _release_held(tenant, release_id)
        _end(tenant, release, row, ReleaseState.WITHDRAWN, by, at)
        return release_of(release)


def deal_with(*, tenant: Tenant, release_id: UUID, note: str, by: str, at: datetime) -> Release:
    """Note that somebody has dealt with an answer that contradicts. Raises ReleaseUnknown, ReleaseOver."""
    _readable(note)
    with inside(tenant):
        release = _locked(tenant, release_id)
        if release.answer is None or release.seen_at is not None:
            raise ReleaseOver("nothing is left to deal with")
        release.seen_by, release.seen_at, release.seen_note = by, at, note.strip()
        release.save(update_fields=["seen_by", "seen_at", "seen_note"])
        _deed(tenant, release, release.attempt, "release.dealt_with", by, at, {"note": note.strip()})
        return release_of(release)


def _may_be_said(tenant: Tenant, row: AttemptRow, refund: RefundRow | None, saying: Saying, at: datetime) -> None:
    reference = saying.reference
    if (saying.word in OF_REFUND) != (refund is not None):
        raise ReleaseIncomplete("this word is not about this")
    _readable(saying.reason, reference or "")
    if not _unknown(row, refund):
        raise NothingToRelease("the outcome is known")
    if at < releasable_from(refund.requested_at if refund else row.started_at):
        raise ReleaseTooEarly("wait until nobody can be at the provider any more")
    waiting = ReleaseRow.objects.filter(tenant_id=tenant.id, attempt_id=row.id, state=ReleaseState.WAITING)
    if waiting.filter(refund=refund).exists():
        raise ReleaseWaiting("somebody has said it already")
    known = refund.provider_reference if refund else row.provider_reference
    if reference and known and reference != known:
        raise ReleaseReferenceDiffers(f"the provider calls it {known}")
    if saying.word is Word.PAID and not (reference or known):
        raise ReleaseIncomplete("say what the provider calls the payment")
    if reference and not known:
        _nobody_elses(tenant, row, refund, reference)


def _readable(text: str, *more: str) -> None:
    if not text.strip():
        raise ReleaseIncomplete("say why")
    if any(holds_card_number(each) for each in (text, *more)):
        raise CardNumberTyped("no card number belongs here")


def _nobody_elses(tenant: Tenant, row: AttemptRow, refund: RefundRow | None, reference: str) -> None:
    same: Any = AttemptRow.objects.filter(provider=row.provider)
    if refund is not None:
        same = RefundRow.objects.filter(attempt_id=row.id)
    if same.filter(tenant_id=tenant.id, provider_reference=reference).exists():
        raise PaymentTaken(f"{row.provider} calls something else {reference}")


def _unknown(row: AttemptRow, refund: RefundRow | None) -> bool:
    return refund.status == RefundState.UNKNOWN if refund else row.status == Status.UNKNOWN


def _apply(
    tenant: Tenant, release: ReleaseRow, row: AttemptRow, refund: RefundRow | None, by: str, at: datetime
) -> None:
    """Do what was said, as if the provider had: by the same reducers, so that nothing comes of it twice."""
    named, word = release.provider_reference, Word(release.word)
    try:
        with transaction.atomic():
            if refund is not None:
                done = RefundReport(RefundStatus.DONE, named, str(refund.id), None, ON_WORD)
                answer = done if word is Word.GIVEN_BACK else NeverSeen()
                settle_refund(tenant=tenant, refund_id=refund.id, answer=answer, at=at, on_word=release.id)
            elif word is Word.PAID:
                reference = row.provider_reference or named or ""
                merchant, amount = merchant_of(tenant, row.provider), Money(row.amount_cents, row.currency)
                paid = Report(ProviderStatus.PAID, reference, merchant, str(row.id), amount, None, ON_WORD)
                settle(tenant=tenant, attempt_id=row.id, report=paid, at=at, on_word=release.id)
            else:
                record_start(tenant=tenant, attempt_id=row.id, answer=NeverSeen(), at=at, on_word=release.id)
    except IntegrityError as error:
        raise PaymentTaken(f"{row.provider} calls something else {named}") from error
    _end(tenant, release, row, ReleaseState.APPLIED, by, at)


def _end(tenant: Tenant, release: ReleaseRow, row: AttemptRow, state: ReleaseState, by: str, at: datetime) -> None:
    release.state, release.ended_by, release.ended_at = state, by, at
    release.save(update_fields=["state", "ended_by", "ended_at"])
    action = f"release.{state}"
    _deed(tenant, release, row, action, by, at)


def _deed(
    tenant: Tenant,
    release: ReleaseRow,
    row: AttemptRow,
    action: str,
    by: str,
    at: datetime,
    more: Mapping[str, Any] | None = None,
) -> None:
    told = {
        "release": str(release.id),
        "attempt": str(row.id),
        "refund": str(release.refund_id) if release.refund_id else None,
        "word": release.word,
        "reference": release.provider_reference,
        "reason": release.reason,
        **(more or {}),
    }
    details = {name: value for name, value in told.items() if value is not None}
    audit.write(tenant=tenant, at=at, actor=by, action=action, subject=str(row.payment_id), details=details)


def _held(tenant: Tenant, attempt_id: UUID, refund_id: UUID | None) -> tuple[AttemptRow, RefundRow | None]:
    """Hold claim, attempt and refund, in this order as everybody does."""
    claims.claims_by_id_locked(tenant=tenant, claim_ids=list(shares_of_attempt(tenant, attempt_id)))
    row = AttemptRow.objects.select_for_update().get(tenant_id=tenant.id, id=attempt_id)
    if refund_id is None:
        return row, None
    refunds = RefundRow.objects.select_for_update().filter(tenant_id=tenant.id, attempt_id=attempt_id, id=refund_id)
    if (refund := refunds.first()) is None:
        raise RefundUnknown(f"there is no refund {refund_id}")
    return row, refund


def _release_held(tenant: Tenant, release_id: UUID) -> tuple[ReleaseRow, AttemptRow, RefundRow | None]:
    known = ReleaseRow.objects.filter(tenant_id=tenant.id, id=release_id).first()
    if known is None:
        raise ReleaseUnknown(f"there is no release {release_id}")
    row, refund = _held(tenant, known.attempt_id, known.refund_id)
    release = _locked(tenant, release_id)
    if release.state != ReleaseState.WAITING:
        raise ReleaseOver("somebody was quicker")
    return release, row, refund


def _locked(tenant: Tenant, release_id: UUID) -> ReleaseRow:
    row = ReleaseRow.objects.select_for_update().filter(tenant_id=tenant.id, id=release_id).first()
    if row is None:
        raise ReleaseUnknown(f"there is no release {release_id}")
    return row
