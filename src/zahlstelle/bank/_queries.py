"""Look at bank files, entries and details."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Count, Q, Sum

from zahlstelle.iso20022 import is_return
from zahlstelle.kernel import Money, Refusal
from zahlstelle.tables.bank import BankDetailRow, BankEntryRow, BankFileRow, SightingRow
from zahlstelle.tenancy import Tenant, inside

from ._rules import Breakdown, Held


class EntryUnknown(Refusal):
    """The town has no such bank entry."""

    code = "entry_unknown"
    status = 404


@dataclass(frozen=True, slots=True)
class BankEntry:
    """An entry of the account (Umsatz)."""

    id: UUID
    account_iban: str
    booked_on: date | None
    value_on: date | None
    side: str
    reversal: bool
    amount: Money
    booked: bool
    bank_ref: str | None
    btc: str | None
    proprietary_code: str | None
    batch_count: int | None
    additional_info: str | None
    breakdown: Breakdown
    first_seen_at: datetime
    held: Held | None = None  # why it is not booked
    difference_cents: int | None = None  # what it is more than its details, where they do not add up
    part_of: UUID | None = None  # the entry that is the same money, told as a whole


@dataclass(frozen=True, slots=True)
class BankDetail:
    """A detail of an entry (Einzelumsatz); number 0 is the entry as a whole."""

    id: UUID
    entry: UUID
    number: int
    amount: Money
    side: str
    end_to_end_id: str | None
    instruction_id: str | None
    tx_id: str | None
    mandate_id: str | None
    party_name: str | None
    party_iban: str | None
    reference: str | None
    reference_type: str | None
    remittance: tuple[str, ...]
    return_reason: str | None
    original_cents: int | None = None  # of a return: what the payment was before the bank added its charges
    charges_cents: int | None = None


@dataclass(frozen=True, slots=True)
class ToDecide:
    """A detail with what allocation must know of its entry."""

    detail: BankDetail
    breakdown: Breakdown
    booked_on: date
    reversal: bool
    returned: bool = False  # the bank's code says: a payment that comes back


@dataclass(frozen=True, slots=True)
class BankDay:
    """A day with money: how many entries, and their sums in cents."""

    day: date
    count: int
    credit_cents: int
    debit_cents: int


@dataclass(frozen=True, slots=True)
class BankFile:
    """A bank file as it came."""

    id: UUID
    name: str
    size: int
    received_at: datetime
    outcome: str
    code: str | None
    reason: str | None
    entries: int


@dataclass(frozen=True, slots=True)
class Seen:
    """Where an entry was told."""

    file_id: UUID
    file: str
    member: str
    message: str
    version: str
    statement_id: str


def days(*, tenant: Tenant, limit: int = 31) -> Sequence[BankDay]:
    """List the latest days with booked money."""
    with inside(tenant):
        rows = (
            BankEntryRow.objects.filter(tenant_id=tenant.id, booked=True, booked_on__isnull=False)
            .values("booked_on")
            .annotate(
                count=Count("id"),
                credit=Sum("amount_cents", filter=Q(side="credit"), default=0),
                debit=Sum("amount_cents", filter=Q(side="debit"), default=0),
            )
            .order_by("-booked_on")[:limit]
        )
        return [BankDay(r["booked_on"], r["count"], r["credit"], r["debit"]) for r in rows if r["booked_on"]]


def entries_of_day(*, tenant: Tenant, day: date) -> Sequence[BankEntry]:
    """List a day's entries, the largest first."""
    with inside(tenant):
        rows = BankEntryRow.objects.filter(tenant_id=tenant.id, booked_on=day).order_by("-amount_cents", "id")
        return [_entry(row) for row in rows]


def entry_by_id(*, tenant: Tenant, entry_id: UUID) -> BankEntry:
    """Find an entry. Raises EntryUnknown."""
    with inside(tenant):
        row = BankEntryRow.objects.filter(tenant_id=tenant.id, id=entry_id).first()
        if row is None:
            raise EntryUnknown(f"there is no bank entry {entry_id}")
        return _entry(row)


def entries_named(*, tenant: Tenant, name: str) -> Sequence[UUID]:
    """Find entries by their id or by the bank's reference."""
    try:
        wanted = Q(id=UUID(name)) | Q(bank_ref=name)
    except ValueError:
        wanted = Q(bank_ref=name)
    with inside(tenant):
        return list(BankEntryRow.objects.filter(wanted, tenant_id=tenant.id).values_list("id", flat=True)[:10])


def details_of(*, tenant: Tenant, entry_id: UUID, offset: int = 0, limit: int | None = None) -> Sequence[BankDetail]:
    """List an entry's details in the bank's order."""
    with inside(tenant):
        rows = BankDetailRow.objects.filter(tenant_id=tenant.id, entry=entry_id, active=True).order_by("number")
        return [_detail(row) for row in rows[offset : offset + limit if limit is not None else None]]


def files(*, tenant: Tenant, limit: int = 100) -> Sequence[BankFile]:
    """List the latest files with what became of them."""
    with inside(tenant):
        rows = BankFileRow.objects.filter(tenant_id=tenant.id).order_by("-received_at", "name")[:limit]
        seen = SightingRow.objects.filter(tenant_id=tenant.id, statement__file__in=[row.id for row in rows])
        counts = dict(seen.values_list("statement__file").annotate(count=Count("id")))
        return [
            BankFile(r.id, r.name, r.size, r.received_at, r.outcome, r.code, r.reason, counts.get(r.id, 0))
            for r in rows
        ]


def sightings_of(*, tenant: Tenant, entry_id: UUID) -> Sequence[Seen]:
    """List where an entry was told."""
    with inside(tenant):
        rows = SightingRow.objects.filter(tenant_id=tenant.id, entry=entry_id).select_related("statement__file")
        return [
            Seen(
                row.statement.file_id,
                row.statement.file.name,
                row.statement.member,
                row.statement.message,
                row.statement.version,
                row.statement.statement_id,
            )
            for row in rows.order_by("id")
        ]


_COLUMNS = """
SELECT d.id, d.entry, d.number, d.amount_cents, d.currency, d.side, d.end_to_end_id, d.instruction_id, d.tx_id,
    d.mandate_id, d.party_name, d.party_iban, d.reference, d.reference_type, d.remittance, d.return_reason,
    e.breakdown, e.booked_on, e.reversal, e.btc, e.proprietary_code, d.proprietary_code, d.original_cents,
    coalesce(d.charges_cents, CASE WHEN e.breakdown = 'single' THEN e.charges_cents END)
"""
_TO_DECIDE = f"""{_COLUMNS}FROM bank_detail d JOIN bank_entry e ON e.id = d.entry AND e.tenant_id = d.tenant_id
WHERE d.tenant_id = %(tenant)s AND e.booked AND d.active AND d.amount_cents > 0
    AND d.entry = %(entry)s AND d.number > %(after)s
    AND (%(details)s::uuid[] IS NULL OR d.id = ANY(%(details)s::uuid[]))
ORDER BY d.number LIMIT %(limit)s
"""


def details_to_decide(
    *, tenant: Tenant, entries: Sequence[UUID], details: Sequence[UUID] | None = None, batch: int = 5000
) -> Iterator[Sequence[ToDecide]]:
    """Give booked details of these entries in batches: all of them, or only those named."""
    pending: list[ToDecide] = []
    for entry in entries:
        after = -1
        while True:
            room = batch - len(pending)
            found = _decidable(tenant, entry, after, details, room)
            pending.extend(found)
            if len(pending) >= batch:
                yield pending
                pending = []
            if len(found) < room:
                break
            after = found[-1].detail.number
    if pending:
        yield pending


# Each by its key: a join may read every detail of the town, and of those of imports that were given up.
_NAMED_TO_DECIDE = f"""{_COLUMNS}FROM unnest(%(details)s::uuid[]) WITH ORDINALITY g (id, place)
CROSS JOIN LATERAL (SELECT * FROM bank_detail WHERE tenant_id = %(tenant)s AND id = g.id LIMIT 1) d
CROSS JOIN LATERAL (SELECT * FROM bank_entry WHERE tenant_id = %(tenant)s AND id = d.entry LIMIT 1) e
WHERE e.booked AND d.active AND d.amount_cents > 0 ORDER BY g.place
"""  # noqa: S608 - put together from our own words only


def named_to_decide(*, tenant: Tenant, details: Sequence[UUID]) -> Sequence[ToDecide]:
    """Give those of these details that are booked, in the order they are named in."""
    with inside(tenant), connection.cursor() as cursor:
        cursor.execute(_NAMED_TO_DECIDE, {"tenant": tenant.id, "details": list(details)})
        return [_to_decide(row) for row in cursor.fetchall()]


@dataclass(frozen=True, slots=True)
class PlacedEntry:
    """An entry whose details came with this transaction's file."""

    id: UUID
    booked_on: date
    returned: bool  # the entry is taken back, or the bank's code says: a payment that comes back


def placed_entries(*, tenant: Tenant) -> Sequence[PlacedEntry]:
    """List the booked entries that took details in this transaction (see PLACED_DETAILS)."""
    sql = """
        SELECT e.id, e.booked_on, e.reversal, e.btc, e.proprietary_code FROM placed p
        JOIN bank_entry e ON e.id = p.entry AND e.tenant_id = %s WHERE e.booked AND e.booked_on IS NOT NULL
    """
    with inside(tenant), connection.cursor() as cursor:
        cursor.execute(sql, [tenant.id])
        return [
            PlacedEntry(id_, on, reversal or is_return((btc or "").rpartition("/")[2], code))
            for id_, on, reversal, btc, code in cursor.fetchall()
        ]


def _decidable(
    tenant: Tenant, entry: UUID, after: int, details: Sequence[UUID] | None, limit: int
) -> Sequence[ToDecide]:
    parameters: dict[str, Any] = {
        "tenant": tenant.id,
        "entry": entry,
        "after": after,
        "details": list(details) if details is not None else None,
        "limit": limit,
    }
    with inside(tenant), connection.cursor() as cursor:
        cursor.execute(_TO_DECIDE, parameters)
        return [_to_decide(row) for row in cursor.fetchall()]


def _to_decide(row: tuple) -> ToDecide:  # type: ignore[type-arg]
    (
        id_, entry, number, cents, currency, side, e2e, instruction, tx, mandate, name, iban, reference, kind, text,
        reason, told, booked_on, reversal, btc, entry_code, code, original, charges,
    ) = row  # fmt: skip
    detail = BankDetail(
        id_, entry, number, Money(cents, currency), side, e2e, instruction, tx, mandate, name, iban, reference, kind,
        tuple(json.loads(text) if isinstance(text, str) else text), reason, original, charges,
    )  # fmt: skip
    returned = is_return((btc or "").rpartition("/")[2], entry_code) or is_return(None, code)
    return ToDecide(detail, Breakdown(told), booked_on, reversal, returned)


def entries_without_booking(*, tenant: Tenant) -> Sequence[tuple[UUID, int, int]]:
    """Compare every booked entry with the book: (entry, told, booked) where they differ; cents, credits above zero."""
    sql = """
        SELECT e.id, CASE e.side WHEN 'credit' THEN e.amount_cents ELSE -e.amount_cents END AS told,
            coalesce(sum(CASE l.side WHEN 'SOLL' THEN l.amount_cents ELSE -l.amount_cents END), 0)::bigint AS booked
        FROM bank_entry e
        LEFT JOIN account a ON a.tenant_id = e.tenant_id AND a.code = 'bank:' || e.account_iban
        LEFT JOIN journal_line l ON l.tenant_id = e.tenant_id AND l.subject = e.id AND l.account_id = a.id
        WHERE e.tenant_id = %s GROUP BY e.id
        HAVING CASE WHEN NOT e.booked THEN 0 WHEN e.side = 'credit' THEN e.amount_cents ELSE -e.amount_cents END
            <> coalesce(sum(CASE l.side WHEN 'SOLL' THEN l.amount_cents ELSE -l.amount_cents END), 0)
    """
    with inside(tenant), connection.cursor() as cursor:
        cursor.execute(sql, [tenant.id])
        return list(cursor.fetchall())


def _entry(row: BankEntryRow) -> BankEntry:
    return BankEntry(
        id=row.id,
        account_iban=row.account_iban,
        booked_on=row.booked_on,
        value_on=row.value_on,
        side=row.side,
        reversal=row.reversal,
        amount=Money(row.amount_cents, row.currency),
        booked=row.booked,
        bank_ref=row.bank_ref,
        btc=row.btc,
        proprietary_code=row.proprietary_code,
        batch_count=row.batch_count,
        additional_info=row.additional_info,
        breakdown=Breakdown(row.breakdown),
        first_seen_at=row.first_seen_at,
        held=Held(row.held) if row.held else None,
        difference_cents=row.difference_cents,
        part_of=row.part_of,
    )


def _detail(row: BankDetailRow) -> BankDetail:
    return BankDetail(
        id=row.id,
        entry=row.entry,
        number=row.number,
        amount=Money(row.amount_cents, row.currency),
        side=row.side,
        end_to_end_id=row.end_to_end_id,
        instruction_id=row.instruction_id,
        tx_id=row.tx_id,
        mandate_id=row.mandate_id,
        party_name=row.party_name,
        party_iban=row.party_iban,
        reference=row.reference,
        reference_type=row.reference_type,
        remittance=tuple(row.remittance),
        return_reason=row.return_reason,
        original_cents=row.original_cents,
        charges_cents=row.charges_cents,
    )
