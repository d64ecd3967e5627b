"""Collections (Einzüge) of direct debits: what waits is put into one file, once, and the file is handed out once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from zahlstelle import claims, events
from zahlstelle.claims import Claim
from zahlstelle.kernel import Money, new_id
from zahlstelle.tables.payments import (
    AttemptRow,
    CollectedDebitRow,
    CollectionRow,
    CollectionTakenRow,
    DebitRow,
    MandateRow,
)
from zahlstelle.tenancy import Tenant, direct_debit, inside

from ._debits import blocks_of, mandate_of
from ._mandates import METHOD, Mandate, SequenceType, collect_on, sequence
from ._moves import move
from ._queries import Attempt, attempts_in, collected_of
from ._rules import Status


@dataclass(frozen=True, slots=True)
class Debit:
    """A debit as the bank is asked to collect it. `name` is the attempt's id as it is handed over and comes back."""

    attempt: UUID
    name: str
    kassenzeichen: str
    purpose: str
    amount: Money
    mandate: Mandate
    sequence: SequenceType
    collect_on: date


@dataclass(frozen=True, slots=True)
class Collection:
    """A collection (Einzug) as it stands."""

    id: UUID
    message_id: str
    made_at: datetime
    made_by: str
    count: int
    cents: int
    taken_at: datetime | None
    content: bytes


def debits_to_collect(*, tenant: Tenant, creditor_id: str, at: datetime) -> Sequence[Debit]:
    """Hold and give the debits that wait to be collected, the oldest first, in the caller's transaction.

    What is no longer open of its claim as it was ordered, or whose mandate is blocked, is given up instead. What was
    consented to under another creditor identifier is left out and goes on waiting: `debits_of_other_creditors`.
    """
    with inside(tenant):
        others = {row.attempt for row, _ in _of_other_creditors(tenant, creditor_id)}
        waiting = {row.attempt: row for row in _waiting(tenant) if row.attempt not in others}
        rows, claimed = _held(tenant, list(waiting))
        held = {row.id: row for row in rows}
        mandates = _mandates(tenant, {waiting[attempt].mandate for attempt in held})
        used = _used(tenant, [mandate.id for mandate in mandates.values()])
        debits = []
        for attempt, row in sorted(held.items()):
            mandate, claim = mandates[waiting[attempt].mandate], claimed[attempt]
            if mandate.blocked or claim.open.cents < row.amount_cents:
                move(tenant, row, Status.CANCELLED, at)
                continue
            debits.append(
                Debit(
                    attempt=attempt,
                    name=attempt.hex,
                    kassenzeichen=claim.kassenzeichen,
                    purpose=claim.purpose,
                    amount=Money(row.amount_cents, row.currency),
                    mandate=mandate,
                    sequence=sequence(mandate.kind, used_before=mandate.id in used),
                    collect_on=collect_on(due=waiting[attempt].due_on, collected_at=at),
                )
            )
            used.add(mandate.id)
        return debits


def debits_of_other_creditors(*, tenant: Tenant) -> Sequence[tuple[Attempt, str, str]]:
    """List debits that wait and are left out of every collection, with the mandate and whom it was given to.

    The creditor identifier is part of a mandate: under another one nobody has consented to being collected from.
    """
    collects = direct_debit(tenant=tenant)
    if collects is None:
        return []
    with inside(tenant):
        others = {row.attempt: mandate for row, mandate in _of_other_creditors(tenant, collects[0].creditor_id)}
        rows = AttemptRow.objects.filter(tenant_id=tenant.id, id__in=others, status=Status.PENDING).order_by("id")
        return [(a, others[a.id].reference, others[a.id].creditor_id) for a in attempts_in(rows)]


def _of_other_creditors(tenant: Tenant, creditor_id: str) -> Sequence[tuple[DebitRow, MandateRow]]:
    waiting = _waiting(tenant)
    mandates = MandateRow.objects.filter(tenant_id=tenant.id, id__in=[row.mandate for row in waiting])
    others = mandates.exclude(creditor_id=creditor_id).in_bulk()
    return [(row, others[row.mandate]) for row in waiting if row.mandate in others]


def _waiting(tenant: Tenant) -> Sequence[DebitRow]:
    pending = AttemptRow.objects.filter(tenant_id=tenant.id, method=METHOD, status=Status.PENDING)
    ids = list(pending.filter(provider="transfer").values_list("id", flat=True))
    fresh = set(ids) - collected_of(tenant, ids)
    return list(DebitRow.objects.filter(tenant_id=tenant.id, attempt__in=fresh))


def _held(tenant: Tenant, attempts: Sequence[UUID]) -> tuple[Sequence[AttemptRow], Mapping[UUID, Claim]]:
    """Lock claims before attempts, as whoever brings money for a claim does, and look again at what still waits.

    Gives the claim of each: a debit is of one.
    """
    rows = AttemptRow.objects.filter(tenant_id=tenant.id, id__in=attempts)
    of = {attempt.id: attempt.claim_ids[0] for attempt in attempts_in(rows)}
    held = claims.claims_by_id_locked(tenant=tenant, claim_ids=list(of.values()))
    claimed = {attempt: held[claim] for attempt, claim in of.items()}
    return list(rows.filter(status=Status.PENDING).select_for_update().order_by("id")), claimed


def _mandates(tenant: Tenant, ids: set[UUID]) -> Mapping[UUID, Mandate]:
    blocks = blocks_of(tenant, list(ids))
    rows = MandateRow.objects.filter(tenant_id=tenant.id, id__in=ids)
    return {row.id: mandate_of(row, blocks) for row in rows}


def _used(tenant: Tenant, mandates: Sequence[UUID]) -> set[UUID]:
    """Name the mandates that were collected by. A first debit that was rejected before it was booked is none."""
    rows = CollectedDebitRow.objects.filter(tenant_id=tenant.id, mandate__in=mandates)
    by_attempt = dict(rows.values_list("attempt", "mandate"))
    rejected = AttemptRow.objects.filter(tenant_id=tenant.id, id__in=by_attempt, status=Status.DECLINED)
    gone = set(rejected.values_list("id", flat=True))
    return {mandate for attempt, mandate in by_attempt.items() if attempt not in gone}


def record_collection(
    *, tenant: Tenant, message_id: str, content: bytes, debits: Sequence[Debit], at: datetime, by: str
) -> Collection:
    """Write a collection down before anybody has its file. The database refuses a debit that is part of another one."""
    with inside(tenant):
        row = CollectionRow.objects.create(
            id=new_id(),
            tenant_id=tenant.id,
            message_id=message_id,
            made_at=at,
            made_by=by,
            count=len(debits),
            cents=sum(debit.amount.cents for debit in debits),
            content=content,
        )
        CollectedDebitRow.objects.bulk_create(
            [
                CollectedDebitRow(
                    attempt=debit.attempt,
                    tenant_id=tenant.id,
                    collection=row.id,
                    mandate=debit.mandate.id,
                    sequence=debit.sequence,
                    collect_on=debit.collect_on,
                )
                for debit in debits
            ],
            batch_size=2000,
        )
        ids = AttemptRow.objects.filter(tenant_id=tenant.id, id__in=[debit.attempt for debit in debits])
        subjects = list(ids.order_by("id").values_list("payment_id", flat=True))
        events.record_many(tenant=tenant, name="payment.debit_collected", subjects=subjects, at=at)
        return _collection_of(row, None)


def collections(*, tenant: Tenant, message_id: str | None = None, untaken: bool = False) -> Sequence[Collection]:
    """List collections, the oldest first: one by its message id, or those whose file nobody has taken yet."""
    with inside(tenant):
        taken = CollectionTakenRow.objects.filter(tenant_id=tenant.id, again=False)
        first = dict(taken.values_list("collection", "taken_at"))
        rows = CollectionRow.objects.filter(tenant_id=tenant.id).order_by("made_at", "id")
        rows = rows.filter(message_id=message_id) if message_id is not None else rows
        rows = rows.exclude(id__in=list(first)) if untaken else rows
        return [_collection_of(row, first.get(row.id)) for row in rows]


def record_taken(*, tenant: Tenant, collection: Collection, at: datetime, by: str) -> None:
    """Write down that a collection's file was handed out."""
    with inside(tenant):
        CollectionTakenRow.objects.create(
            id=new_id(),
            tenant_id=tenant.id,
            collection=collection.id,
            again=collection.taken_at is not None,
            taken_at=at,
            taken_by=by,
        )


def _collection_of(row: CollectionRow, taken_at: datetime | None) -> Collection:
    return Collection(
        id=row.id,
        message_id=row.message_id,
        made_at=row.made_at,
        made_by=row.made_by,
        count=row.count,
        cents=row.cents,
        taken_at=taken_at,
        content=bytes(row.content),
    )
