"""Barriers that people report (Rückmeldungen zur Barrierefreiheit), kept until they are answered and a while after."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from zahlstelle import audit
from zahlstelle.kernel import InputRefused, Refusal, fact_id
from zahlstelle.tables.web import FeedbackRow
from zahlstelle.tenancy import Tenant, inside

MOST_SIGNS = 2000
KEPT_ANSWERED = timedelta(days=90)


class FeedbackEmpty(InputRefused):
    """Nothing was written."""

    code = "feedback_empty"


class FeedbackTooLong(InputRefused):
    """More was written than is taken."""

    code = "feedback_too_long"


class FeedbackUnknown(Refusal):
    """The town has no such feedback."""

    code = "feedback_unknown"
    status = 404


@dataclass(frozen=True, slots=True)
class Feedback:
    """What somebody reported; name and address only where the person gave them."""

    id: UUID
    text: str
    place: str
    name: str
    email: str
    language: str
    at: datetime
    answered_at: datetime | None
    answered_by: str | None


def report(
    *, tenant: Tenant, form: str, text: str, place: str, name: str, email: str, language: str, at: datetime
) -> None:
    """Take a report. The same form sent twice is one. Raises FeedbackEmpty, FeedbackTooLong."""
    if not text.strip():
        raise FeedbackEmpty("nothing was written")
    if max(map(len, (text, place, name))) > MOST_SIGNS:
        raise FeedbackTooLong(f"more than {MOST_SIGNS} characters")
    row = FeedbackRow(
        id=fact_id("feedback", tenant.id, form, text),
        tenant_id=tenant.id,
        text=_kept(text),
        place=_kept(place),
        name=_kept(name),
        email=email,
        language=language,
        at=at,
    )
    with inside(tenant):
        FeedbackRow.objects.bulk_create([row], ignore_conflicts=True)


def listed(*, tenant: Tenant) -> Sequence[Feedback]:
    """List what was reported: what waits first, the oldest on top, then what is answered, the latest on top."""
    with inside(tenant):
        rows = [_feedback(row) for row in FeedbackRow.objects.filter(tenant_id=tenant.id).order_by("at")]
    return [each for each in rows if not each.answered_at] + [each for each in reversed(rows) if each.answered_at]


def waiting(*, tenant: Tenant) -> int:
    """Count what waits for an answer."""
    with inside(tenant):
        return FeedbackRow.objects.filter(tenant_id=tenant.id, answered_at=None).count()


def answered(*, tenant: Tenant, feedback_id: UUID, by: str, at: datetime) -> None:
    """Note that somebody has taken care of it; who did so first stays. Raises FeedbackUnknown."""
    with inside(tenant):
        rows = FeedbackRow.objects.filter(tenant_id=tenant.id, id=feedback_id)
        if not rows.exists():
            raise FeedbackUnknown("there is no such feedback")
        if rows.filter(answered_at=None).update(answered_at=at, answered_by=by):
            audit.write(tenant=tenant, at=at, actor=by, action="feedback.answered", subject=str(feedback_id))


def purge(*, tenant: Tenant, at: datetime) -> int:
    """Forget what was answered more than 90 days ago. Returns how much."""
    with inside(tenant):
        return FeedbackRow.objects.filter(tenant_id=tenant.id, answered_at__lt=at - KEPT_ANSWERED).delete()[0]


def _kept(text: str) -> str:
    """Leave out what cannot be shown; lines stay lines."""
    return "\n".join("".join(c for c in line if c.isprintable()).rstrip() for line in text.strip().splitlines())


def _feedback(row: FeedbackRow) -> Feedback:
    return Feedback(
        row.id, row.text, row.place, row.name, row.email, row.language, row.at, row.answered_at, row.answered_by
    )
