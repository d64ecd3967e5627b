"""Look up payments and their attempts."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Count, Min, Q

from zahlstelle.kernel import Money, Refusal
from zahlstelle.tables.payments import AttemptClaimRow, AttemptRow, CollectedDebitRow, PaymentClaimRow, PaymentRow
from zahlstelle.tenancy import (
    CollectingAccountUnknown,
    Tenant,
    direct_debit,
    inside,
    opened_with,
    provider_accesses,
    tenant_by_id,
)

from ._mandates import METHOD as DEBIT
from ._rules import ENDS, PUBLIC, PaymentStatus, Share, Status
from ._socket import Authentication


class PaymentUnknown(Refusal):
    """There is no such payment."""

    code = "payment_unknown"
    status = 404


@dataclass(frozen=True, slots=True)
class Payment:
    """A payment (Zahlvorgang) as it stands; of a basket there are several shares, in the citizen's order."""

    id: UUID
    shares: tuple[Share, ...]
    amount: Money
    status: PaymentStatus
    return_url: str | None
    language: str
    created_at: datetime
    expires_at: datetime
    discreet: bool = False  # what it is for is not said before it is paid

    @property
    def claim_ids(self) -> Sequence[UUID]:
        """Name the claims it pays."""
        return [share.claim_id for share in self.shares]


@dataclass(frozen=True, slots=True)
class Attempt:
    """An attempt at a provider as it stands."""

    id: UUID
    payment_id: UUID
    shares: tuple[Share, ...]
    number: int
    provider: str
    method: str
    status: Status
    amount: Money
    provider_reference: str | None
    redirect_url: str | None
    decline_code: str | None
    vendor_word: str | None
    started_at: datetime
    changed_at: datetime
    authentication: Authentication | None = None
    challenge: bool = False
    return_url: str | None = None
    notify_url: str | None = None
    refunded_cents: int = 0
    disputed_cents: int = 0
    keep: bool = False
    instrument: UUID | None = None
    released: UUID | None = None  # a person has said what became of it, in the provider's place

    @property
    def claim_ids(self) -> Sequence[UUID]:
        """Name the claims it pays."""
        return [share.claim_id for share in self.shares]

    @property
    def captured(self) -> bool:
        """Say whether a provider has had the money, so that it can give it back."""
        return self.status in ENDS and self.provider != "transfer"

    @property
    def refundable(self) -> Money:
        """Say what can still be given back: what was captured, minus refunds not refused, minus chargebacks."""
        left = self.amount.cents - self.refunded_cents - self.disputed_cents
        return Money(left if self.captured else 0, self.amount.currency)

    def refundable_of(self, share: Share) -> Money:
        """Say what can still be given back of one claim's share: never more than of the attempt."""
        return Money(min(share.left_cents, self.refundable.cents), self.amount.currency)


def payment_by_id(*, tenant: Tenant, payment_id: UUID) -> Payment:
    """Find a payment. Raises PaymentUnknown."""
    with inside(tenant):
        row = PaymentRow.objects.filter(tenant_id=tenant.id, id=payment_id).first()
        if row is None:
            raise PaymentUnknown(f"there is no payment {payment_id}")
        return payment_of(row)


def payment_by_token(token: str) -> tuple[Tenant, Payment]:
    """Find whose payment page an address opens. Raises PaymentUnknown."""
    with opened_with(token) as digest:
        row = PaymentRow.objects.filter(token_digest=digest).first()
        if row is None:
            raise PaymentUnknown("this payment link is not known")
    tenant = tenant_by_id(row.tenant_id)
    return tenant, payment_by_id(tenant=tenant, payment_id=row.id)


def payments_of_claim(*, tenant: Tenant, claim_id: UUID) -> Sequence[Payment]:
    """List the payments of a claim in order."""
    with inside(tenant):
        of_claim = PaymentClaimRow.objects.filter(tenant_id=tenant.id, claim_id=claim_id).values("payment_id")
        rows = PaymentRow.objects.filter(tenant_id=tenant.id, id__in=of_claim).order_by("created_at")
        return payments_of(rows)


def paid_among(*, tenant: Tenant, payment_ids: Collection[UUID]) -> frozenset[UUID]:
    """Tell which of these payments are paid."""
    with inside(tenant):
        rows = PaymentRow.objects.filter(tenant_id=tenant.id, id__in=payment_ids, status=PaymentStatus.PAID)
        return frozenset(rows.values_list("id", flat=True))


def payments_page(
    *, tenant: Tenant, limit: int, claim_id: UUID | None = None, before: UUID | None = None
) -> Sequence[Payment]:
    """List payments in the order they were made, the latest first; `before` is the last id of the page before."""
    with inside(tenant):
        rows = PaymentRow.objects.filter(tenant_id=tenant.id).order_by("-id")
        if claim_id:
            of_claim = PaymentClaimRow.objects.filter(tenant_id=tenant.id, claim_id=claim_id)
            rows = rows.filter(id__in=of_claim.values("payment_id"))
        return payments_of((rows.filter(id__lt=before) if before else rows)[:limit])


def attempts_of(*, tenant: Tenant, payment_id: UUID) -> Sequence[Attempt]:
    """List a payment's attempts in order."""
    with inside(tenant):
        return attempts_in(AttemptRow.objects.filter(tenant_id=tenant.id, payment_id=payment_id).order_by("number"))


def attempts_by_provider_reference(
    *, tenant: Tenant, references: Sequence[str], provider: str | None = None
) -> Mapping[str, Attempt]:
    """Find attempts by what providers, or one of them, call them, for allocation."""
    with inside(tenant):
        rows = AttemptRow.objects.filter(tenant_id=tenant.id, provider_reference__in=references)
        rows = rows.filter(provider=provider) if provider else rows
        return {str(attempt.provider_reference): attempt for attempt in attempts_in(rows)}


def references_of_several(*, tenant: Tenant, references: Sequence[str]) -> frozenset[str]:
    """Name those of the references that two providers have given, each to a payment of its own."""
    with inside(tenant):
        rows = AttemptRow.objects.filter(tenant_id=tenant.id, provider_reference__in=references)
        counted = rows.values("provider_reference").annotate(count=Count("id")).filter(count__gt=1)
        return frozenset(str(name) for name in counted.values_list("provider_reference", flat=True))


_UNDER_WAY = [
    status.value for status in (Status.INTENDED, Status.STARTED, Status.PENDING, Status.UNKNOWN, Status.CONTRADICTED)
]


def claims_being_paid(*, tenant: Tenant, claim_ids: Sequence[UUID]) -> frozenset[UUID]:
    """Name those of the claims for which a provider, or our bank, has an attempt whose outcome is open."""
    with inside(tenant):
        rows = AttemptClaimRow.objects.filter(
            tenant_id=tenant.id, claim_id__in=claim_ids, attempt__tenant_id=tenant.id, attempt__status__in=_UNDER_WAY
        )
        online = rows.exclude(attempt__provider="transfer").values_list("claim_id", flat=True)
        debits = dict(rows.filter(attempt__method=DEBIT).values_list("attempt_id", "claim_id"))
        return frozenset(online) | {debits[attempt] for attempt in collected_of(tenant, list(debits))}


def collected_of(tenant: Tenant, attempts: Sequence[UUID]) -> set[UUID]:
    """Name those of the attempts that are direct debits which the bank has been given, in the caller's transaction."""
    if not attempts:
        return set()
    rows = CollectedDebitRow.objects.filter(tenant_id=tenant.id, attempt__in=attempts)
    return set(rows.values_list("attempt", flat=True))


def collected_claims(*, tenant: Tenant, names: Sequence[str], mandates: Sequence[str]) -> Mapping[str, Sequence[UUID]]:
    """Find whose claims our own collections are for, by the name of a debit or by its mandate."""
    with inside(tenant), connection.cursor() as cursor:
        cursor.execute(_COLLECTED, {"tenant": tenant.id, "names": list(names), "mandates": list(mandates)})
        found: dict[str, list[UUID]] = {}
        for key, claim in cursor.fetchall():
            found.setdefault(key, []).append(claim)
        return found


_COLLECTED = """
SELECT replace(a.attempt_id::text, '-', ''), a.claim_id FROM attempt_claim a
JOIN collected_debit d ON d.tenant_id = a.tenant_id AND d.attempt = a.attempt_id
WHERE a.tenant_id = %(tenant)s AND a.attempt_id = ANY(ARRAY(SELECT n::uuid FROM unnest(%(names)s::text[]) AS n
    WHERE n ~ '^[0-9a-f]{32}$'))
UNION SELECT m.reference, a.claim_id FROM mandate m
JOIN collected_debit d ON d.tenant_id = m.tenant_id AND d.mandate = m.id
JOIN attempt_claim a ON a.tenant_id = d.tenant_id AND a.attempt_id = d.attempt
WHERE m.tenant_id = %(tenant)s AND m.reference = ANY(%(mandates)s::text[])
"""


@dataclass(frozen=True, slots=True)
class Checking:
    """How many attempts have no known outcome, and since when the oldest of them."""

    count: int
    since: datetime | None


def checking(*, tenant: Tenant) -> Checking:
    """Count the attempts whose outcome is not known: the citizen reads that it is being checked."""
    unsure = [status for status, public in PUBLIC.items() if public is PaymentStatus.CHECKING]
    with inside(tenant):
        rows = AttemptRow.objects.filter(tenant_id=tenant.id, status__in=unsure)
        return Checking(**rows.aggregate(count=Count("id"), since=Min("started_at")))


_ONLINE = """
SELECT s.row FROM attempt a JOIN attempt_claim c ON c.tenant_id = a.tenant_id AND c.attempt_id = a.id
JOIN ({select}) s ON s.claim = c.claim_id
WHERE a.tenant_id = %(tenant)s AND a.status = ANY(%(statuses)s) AND (a.provider <> 'transfer'
    OR EXISTS (SELECT 1 FROM collected_debit d WHERE d.tenant_id = a.tenant_id AND d.attempt = a.id))
UNION SELECT s.row FROM attempt a JOIN ({select}) s ON s.instruction_id = a.provider_reference
WHERE a.tenant_id = %(tenant)s
UNION SELECT s.row FROM attempt a JOIN ({select}) s ON s.tx_id = a.provider_reference WHERE a.tenant_id = %(tenant)s
"""


def rows_with_attempts(*, tenant: Tenant, select: str, given: Mapping[str, Any]) -> Sequence[int]:
    """Of a query of the caller's (row, claim, instruction_id, tx_id), name the rows that attempts have to do with.

    That is: a claim for which a provider has an attempt whose outcome is open, or a reference that is an attempt's.
    """
    with inside(tenant), connection.cursor() as cursor:
        values = {**given, "tenant": tenant.id, "statuses": _UNDER_WAY}
        cursor.execute(_ONLINE.format(select=select), values)
        return [row for (row,) in cursor.fetchall()]


def awaiting_transfer(*, tenant: Tenant, select: str, given: Mapping[str, Any]) -> Sequence[UUID]:
    """Of a query of the caller's (claim), name the claims with a payment that waits for a bank transfer."""
    sql = """
        SELECT s.claim FROM attempt a JOIN attempt_claim c ON c.tenant_id = a.tenant_id AND c.attempt_id = a.id
        JOIN ({select}) s ON s.claim = c.claim_id
        WHERE a.tenant_id = %(tenant)s AND a.provider = 'transfer' AND a.status = 'pending'
    """
    with inside(tenant), connection.cursor() as cursor:
        cursor.execute(sql.format(select=select), {**given, "tenant": tenant.id})
        return [claim for (claim,) in cursor.fetchall()]


def attempts_unsure(*, tenant: Tenant) -> Sequence[Attempt]:
    """List what has no known outcome, was paid although the claim was settled, or other than asked: a person looks."""
    wanted = [Status.UNKNOWN, Status.SURPLUS, Status.CONTRADICTED]
    with inside(tenant):
        surplus = AttemptClaimRow.objects.filter(tenant_id=tenant.id, surplus=True).values("attempt_id")
        # Of a basket one share may be surplus while the others are paid as they should be.
        looked_at = Q(status__in=wanted) | Q(status=Status.PAID, id__in=surplus)
        rows = AttemptRow.objects.filter(looked_at, tenant_id=tenant.id).order_by("changed_at")
        return attempts_in(rows)


def attempts_by_id(*, tenant: Tenant, attempts: Sequence[UUID]) -> Mapping[UUID, Attempt]:
    """Look up many attempts."""
    with inside(tenant):
        rows = AttemptRow.objects.filter(tenant_id=tenant.id, id__in=attempts)
        return {attempt.id: attempt for attempt in attempts_in(rows)}


def captured(*, tenant: Tenant) -> Sequence[Attempt]:
    """List every attempt whose money a provider has taken, for comparing with the book."""
    with inside(tenant):
        rows = AttemptRow.objects.filter(tenant_id=tenant.id, status__in=ENDS)
        return attempts_in(rows.exclude(provider="transfer").order_by("id"))


def methods(*, tenant: Tenant) -> Sequence[str]:
    """List what a citizen can pay with here, in the town's order; what the bank side settles closes the list."""
    offered = [method for access in provider_accesses(tenant=tenant) for method in access.methods]
    ours = [DEBIT, "transfer"] if _collects(tenant) else ["transfer"]
    return [*dict.fromkeys(offered), *ours]


def _collects(tenant: Tenant) -> bool:
    """Say whether the town collects. Where its account is in doubt citizens pay otherwise; collecting says why."""
    try:
        return direct_debit(tenant=tenant) is not None
    except CollectingAccountUnknown:
        return False


def payments_of(rows: Iterable[PaymentRow]) -> Sequence[Payment]:
    """Read rows, in the caller's transaction, with what each of them pays."""
    known = list(rows)
    paid = PaymentClaimRow.objects.filter(tenant_id__in={row.tenant_id for row in known})
    shares: dict[UUID, list[PaymentClaimRow]] = {row.id: [] for row in known}
    for share in paid.filter(payment_id__in=list(shares)).order_by("payment_id", "number"):
        shares[share.payment_id].append(share)
    return [_payment(row, shares[row.id]) for row in known]


def payment_of(row: PaymentRow) -> Payment:
    """Read a row."""
    return payments_of([row])[0]


def _payment(row: PaymentRow, shares: Sequence[PaymentClaimRow]) -> Payment:
    return Payment(
        id=row.id,
        shares=tuple(Share(share.claim_id, Money(share.amount_cents, row.currency)) for share in shares),
        amount=Money(row.amount_cents, row.currency),
        status=PaymentStatus(row.status),
        return_url=row.return_url,
        language=row.language,
        created_at=row.created_at,
        expires_at=row.expires_at,
        discreet=row.discreet,
    )


def attempts_in(rows: Iterable[AttemptRow]) -> Sequence[Attempt]:
    """Read rows, in the caller's transaction, with what each of them pays."""
    known = list(rows)
    paid = AttemptClaimRow.objects.filter(tenant_id__in={row.tenant_id for row in known})
    shares: dict[UUID, list[AttemptClaimRow]] = {row.id: [] for row in known}
    for share in paid.filter(attempt_id__in=list(shares)).order_by("attempt_id", "number"):
        shares[share.attempt_id].append(share)
    return [_attempt(row, shares[row.id]) for row in known]


def attempt_of(row: AttemptRow) -> Attempt:
    """Read a row."""
    return attempts_in([row])[0]


def _share(row: AttemptClaimRow, currency: str) -> Share:
    amount = Money(row.amount_cents, currency)
    return Share(row.claim_id, amount, row.refunded_cents, row.disputed_cents, row.surplus)


def _attempt(row: AttemptRow, shares: Sequence[AttemptClaimRow]) -> Attempt:
    return Attempt(
        id=row.id,
        payment_id=row.payment_id,
        shares=tuple(_share(share, row.currency) for share in shares),
        number=row.number,
        provider=row.provider,
        method=row.method,
        status=Status(row.status),
        amount=Money(row.amount_cents, row.currency),
        provider_reference=row.provider_reference,
        redirect_url=row.redirect_url,
        decline_code=row.decline_code,
        vendor_word=row.vendor_word,
        started_at=row.started_at,
        changed_at=row.changed_at,
        authentication=Authentication(**row.authentication) if row.authentication else None,
        challenge=row.challenge,
        return_url=row.return_url,
        notify_url=row.notify_url,
        refunded_cents=row.refunded_cents,
        disputed_cents=row.disputed_cents,
        keep=row.keep,
        instrument=row.instrument,
        released=row.released,
    )
