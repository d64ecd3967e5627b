"""Look up what persons have said of payments and refunds that nobody knew of."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from zahlstelle.kernel import Refusal
from zahlstelle.tables.payments import ReleaseRow
from zahlstelle.tenancy import Tenant, inside

from ._release_rules import Answer, ReleaseState, Word


class ReleaseUnknown(Refusal):
    """There is no such release."""

    code = "release_unknown"
    status = 404


@dataclass(frozen=True, slots=True)
class Release:
    """A release (Klärung): what a person said became of a payment, or of a refund of it, and what came of that.

    `answer` is what the provider said later of it; `seen_by` who has dealt with an answer that contradicts.
    """

    id: UUID
    attempt_id: UUID
    refund_id: UUID | None
    word: Word
    provider_reference: str | None
    reason: str
    made_by: str
    made_at: datetime
    state: ReleaseState
    ended_by: str | None
    ended_at: datetime | None
    answer: Answer | None
    answer_word: str | None
    answered_at: datetime | None
    seen_by: str | None
    seen_at: datetime | None


def release_by_id(*, tenant: Tenant, release_id: UUID) -> Release:
    """Find a release. Raises ReleaseUnknown."""
    with inside(tenant):
        row = ReleaseRow.objects.filter(tenant_id=tenant.id, id=release_id).first()
        if row is None:
            raise ReleaseUnknown(f"there is no release {release_id}")
        return release_of(row)


def releases_of(*, tenant: Tenant, attempt_id: UUID, refund_id: UUID | None = None) -> Sequence[Release]:
    """List what was said of a payment, or of one refund of it, the latest first."""
    with inside(tenant):
        rows = ReleaseRow.objects.filter(tenant_id=tenant.id, attempt_id=attempt_id, refund_id=refund_id)
        return [release_of(row) for row in rows.order_by("-made_at", "-id")]


def releases_waiting(*, tenant: Tenant) -> Sequence[Release]:
    """List what a second person must confirm, the oldest first."""
    with inside(tenant):
        rows = ReleaseRow.objects.filter(tenant_id=tenant.id, state=ReleaseState.WAITING)
        return [release_of(row) for row in rows.order_by("made_at", "id")]


def releases_contradicted(*, tenant: Tenant) -> Sequence[Release]:
    """List what the provider has contradicted since and nobody has dealt with yet, the oldest first."""
    with inside(tenant):
        rows = ReleaseRow.objects.filter(tenant_id=tenant.id, answer=Answer.CONTRADICTS, seen_at__isnull=True)
        return [release_of(row) for row in rows.order_by("answered_at", "id")]


def release_of(row: ReleaseRow) -> Release:
    """Read a row."""
    return Release(
        id=row.id,
        attempt_id=row.attempt_id,
        refund_id=row.refund_id,
        word=Word(row.word),
        provider_reference=row.provider_reference,
        reason=row.reason,
        made_by=row.made_by,
        made_at=row.made_at,
        state=ReleaseState(row.state),
        ended_by=row.ended_by,
        ended_at=row.ended_at,
        answer=Answer(row.answer) if row.answer else None,
        answer_word=row.answer_word,
        answered_at=row.answered_at,
        seen_by=row.seen_by,
        seen_at=row.seen_at,
    )
