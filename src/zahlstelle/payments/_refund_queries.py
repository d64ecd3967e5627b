"""Look refunds and disputes up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db.models import Case, Q, When

from zahlstelle.kernel import Money, Refusal
from zahlstelle.tables.payments import DisputeRow, RefundRow
from zahlstelle.tenancy import Tenant, inside

from ._refund_rules import OPEN, RefundState, Wish

REPORT = "report"  # made_by, where only a settlement report tells of a refund


class RefundUnknown(Refusal):
    """There is no such refund of this payment."""

    code = "refund_unknown"
    status = 404


@dataclass(frozen=True, slots=True)
class Refund:
    """A refund (Erstattung) as it stands."""

    id: UUID
    payment_id: UUID
    attempt_id: UUID
    claim_id: UUID | None  # none where a report tells of it, of a basket, and nobody says of which claim
    state: RefundState
    amount: Money
    wish: Wish
    text: str
    made_by: str
    provider_reference: str | None
    vendor_word: str | None
    requested_at: datetime
    changed_at: datetime
    item: UUID | None
    released: UUID | None = None  # a person has said what became of it, in the provider's place


@dataclass(frozen=True, slots=True)
class Dispute:
    """A claim's part of a chargeback (Rückbelastung) that is booked; `answer_by`: the provider's last day to answer."""

    id: UUID
    attempt_id: UUID
    claim_id: UUID
    amount: Money
    provider_reference: str | None
    text: str
    answer_by: date | None
    at: datetime


def refund_by_id(*, tenant: Tenant, refund_id: UUID) -> Refund:
    """Find a refund. Raises RefundUnknown."""
    with inside(tenant):
        row = RefundRow.objects.select_related("attempt").filter(tenant_id=tenant.id, id=refund_id).first()
        if row is None:
            raise RefundUnknown(f"there is no refund {refund_id}")
        return refund_of(row)


def refunds_of(*, tenant: Tenant, payment_id: UUID) -> Sequence[Refund]:
    """List a payment's refunds in the order they were asked for."""
    with inside(tenant):
        rows = RefundRow.objects.select_related("attempt").filter(
            tenant_id=tenant.id, attempt__tenant_id=tenant.id, attempt__payment_id=payment_id
        )
        return [refund_of(row) for row in rows.order_by("requested_at", "number", "id")]


def open_refunds(*, tenant: Tenant, attempt_id: UUID) -> Sequence[UUID]:
    """Name the refunds of an attempt whose outcome is open."""
    with inside(tenant):
        rows = RefundRow.objects.filter(tenant_id=tenant.id, attempt_id=attempt_id, status__in=OPEN)
        return list(rows.order_by("number").values_list("id", flat=True))


def due_refunds(*, tenant: Tenant, at: datetime, limit: int) -> Sequence[UUID]:
    """Name the refunds to ask about now."""
    with inside(tenant):
        rows = RefundRow.objects.filter(tenant_id=tenant.id, check_at__lte=at).order_by("check_at")
        return list(rows.values_list("id", flat=True)[:limit])


def refunds_in_doubt(*, tenant: Tenant, attempts: Sequence[UUID]) -> frozenset[tuple[UUID, int]]:
    """Name (attempt, cents) of refunds that may have happened and that no settlement report has told of yet."""
    with inside(tenant):
        rows = RefundRow.objects.filter(tenant_id=tenant.id, attempt_id__in=attempts, item__isnull=True)
        rows = rows.exclude(status=RefundState.REFUSED)
        return frozenset(rows.values_list("attempt_id", "amount_cents"))


def refunds_unsure(*, tenant: Tenant) -> Sequence[Refund]:
    """List refunds whose outcome nobody knows: a person looks at the provider's own pages."""
    with inside(tenant):
        rows = RefundRow.objects.select_related("attempt").filter(tenant_id=tenant.id, status=RefundState.UNKNOWN)
        return [refund_of(row) for row in rows.order_by("changed_at")]


def refunds_booked(*, tenant: Tenant, provider: str) -> Mapping[UUID, tuple[int, int]]:
    """Tell of refunds made here and done: their cents, and how many of them a payout has settled."""
    with inside(tenant):
        rows = RefundRow.objects.filter(tenant_id=tenant.id, attempt__provider=provider, status=RefundState.DONE)
        told = rows.exclude(made_by=REPORT).values_list("id", "amount_cents", "item")
        return {refund: (cents, cents if item else 0) for refund, cents, item in told}


def disputes_of(*, tenant: Tenant, payment_id: UUID) -> Sequence[Dispute]:
    """List the chargebacks of a payment."""
    with inside(tenant):
        rows = DisputeRow.objects.filter(
            tenant_id=tenant.id, attempt__tenant_id=tenant.id, attempt__payment_id=payment_id
        )
        return [_dispute_of(row) for row in rows.order_by("at", "id")]


def disputes_page(*, tenant: Tenant, on: date, limit: int, offset: int = 0) -> Sequence[Dispute]:
    """List a part of all chargebacks: those that can be answered on a day, the next deadline first; then the latest."""
    still = Q(answer_by__gte=on)
    with inside(tenant):
        rows = DisputeRow.objects.filter(tenant_id=tenant.id).order_by(
            Case(When(still, then=0), default=1), Case(When(still, then="answer_by")), "-at", "id"
        )
        return [_dispute_of(row) for row in rows[offset : offset + limit]]


def disputes_counted(*, tenant: Tenant) -> int:
    """Count all chargebacks."""
    with inside(tenant):
        return DisputeRow.objects.filter(tenant_id=tenant.id).count()


def refund_of(row: RefundRow) -> Refund:
    """Read a row; its attempt has been read with it."""
    return Refund(
        id=row.id,
        payment_id=row.attempt.payment_id,
        attempt_id=row.attempt_id,
        claim_id=row.claim_id,
        state=RefundState(row.status),
        amount=Money(row.amount_cents, row.currency),
        wish=Wish(row.wish),
        text=row.text,
        made_by=row.made_by,
        provider_reference=row.provider_reference,
        vendor_word=row.vendor_word,
        requested_at=row.requested_at,
        changed_at=row.changed_at,
        item=row.item,
        released=row.released,
    )


def _dispute_of(row: DisputeRow) -> Dispute:
    return Dispute(
        id=row.id,
        attempt_id=row.attempt_id,
        claim_id=row.claim_id,
        amount=Money(row.amount_cents, row.currency),
        provider_reference=row.provider_reference,
        text=row.text,
        answer_by=row.answer_by,
        at=row.at,
    )
