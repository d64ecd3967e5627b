"""Keep what a provider says later of what stands on a person's word: the first answer that decides is kept."""

from datetime import datetime, timedelta
from uuid import UUID

from zahlstelle import events
from zahlstelle.kernel import Money
from zahlstelle.tables.payments import AttemptRow, RefundRow, ReleaseRow
from zahlstelle.tenancy import Tenant

from ._release_rules import Answer, Word, answer_to_payment, answer_to_refund, pause_on_word
from ._socket import NeverSeen, NotStarted, RefundReport, Report


def note_answer_to_payment(
    tenant: Tenant, row: AttemptRow, said: Report | NeverSeen, *, merchant_id: str, at: datetime
) -> None:
    """Hold the answer against the person's word; the attempt is held by the caller."""
    release = _unanswered(tenant, row.released)
    if release is not None:
        amount = Money(row.amount_cents, row.currency)
        answer = answer_to_payment(
            Word(release.word), said, attempt=str(row.id), merchant_id=merchant_id, amount=amount
        )
        _keep(tenant, release, answer, said, row.payment_id, at)


def note_answer_to_refund(
    tenant: Tenant, row: RefundRow, said: RefundReport | NotStarted | NeverSeen, *, at: datetime
) -> None:
    """Hold the answer against the person's word; the refund is held by the caller."""
    release = _unanswered(tenant, row.released)
    if release is not None:
        amount = Money(row.amount_cents, row.currency)
        answer = answer_to_refund(Word(release.word), said, refund=str(row.id), amount=amount)
        _keep(tenant, release, answer, said, row.attempt.payment_id, at)


def pause_of_release(tenant_id: UUID, released: UUID | None, at: datetime) -> timedelta | None:
    """Say when to ask again about what stands on a person's word alone; None where nothing does."""
    rows = ReleaseRow.objects.filter(tenant_id=tenant_id, id=released, answer__isnull=True) if released else None
    row = rows.first() if rows is not None else None
    return pause_on_word(at - (row.ended_at or row.made_at)) if row is not None else None


def _unanswered(tenant: Tenant, released: UUID | None) -> ReleaseRow | None:
    if released is None:
        return None
    return ReleaseRow.objects.select_for_update().filter(tenant_id=tenant.id, id=released, answer__isnull=True).first()


def _keep(
    tenant: Tenant,
    release: ReleaseRow,
    answer: Answer | None,
    said: Report | RefundReport | NotStarted | NeverSeen,
    payment_id: UUID,
    at: datetime,
) -> None:
    if answer is None:
        return
    match said:
        case NeverSeen():
            word = "never_seen"
        case NotStarted(reason):
            word = reason
        case _:
            word = said.vendor_word
    release.answer, release.answer_word, release.answered_at = answer, word[:200], at
    release.save(update_fields=["answer", "answer_word", "answered_at"])
    if answer is Answer.CONTRADICTS:
        payload = {"attempt": str(release.attempt_id), "release": str(release.id)}
        if release.refund_id:
            payload["refund"] = str(release.refund_id)
        events.record(tenant=tenant, name="payment.release_contradicted", subject=payment_id, at=at, payload=payload)
