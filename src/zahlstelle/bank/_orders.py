"""Our own orders to the bank (pain.008, pain.001): a collective entry that points to one is broken up by it.

The bank credits a collection in full and debits what it rejects one by one (gross), or credits only what it accepted
(net). So the entry must be the sum of the batch, or that sum without what a pain.002 rejected, to the cent.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import connection

from zahlstelle import iso20022
from zahlstelle.iso20022 import Order
from zahlstelle.kernel import InputRefused, fact_id
from zahlstelle.tables.bank import OrderRow, OrderTransactionRow, RejectRow
from zahlstelle.tenancy import Tenant, bank_accounts, inside

from ._rules import usable


class OrdersDiffer(InputRefused):
    """An order file of the same message id is known already, with other content."""

    code = "orders_differ"


class OrdersForeign(InputRefused):
    """The orders are about an account that is not the town's."""

    code = "orders_foreign"


@dataclass(slots=True)
class Registered:
    """What a file of orders or answers brought: new orders, new rejects, entries whose details are to be decided."""

    orders: int = 0
    rejects: int = 0
    touched: list[UUID] = field(default_factory=list)
    rejected: list[tuple[str, str | None]] = field(default_factory=list)  # our names of transactions, with the reasons


def register_orders(*, tenant: Tenant, name: str, path: Path, at: datetime) -> Registered:
    """Keep our own orders, or what the bank said to them (pain.002), in the caller's transaction. Twice is once.

    Entries that point to them are broken up. Raises iso20022.Unreadable, OrdersDiffer, OrdersForeign.
    """
    registered = Registered()
    with inside(tenant):
        for member, stream in iso20022.documents(path, name):
            message, whole = iso20022.message_of(stream)
            if message == "pain.002":
                registered.rejects += _keep_rejects(tenant, iso20022.read_status_report(whole, member), at)
            else:
                registered.orders += _keep_orders(tenant, iso20022.read_orders(whole, member), name, at)
        registered.rejected = _rejected(tenant, at) if registered.rejects else []
        registered.touched = list(break_up_by_orders(tenant))
    return registered


def _keep_orders(tenant: Tenant, orders: Iterator[Order], name: str, at: datetime) -> int:
    own = {account.iban for account in bank_accounts(tenant=tenant)}
    by_message: dict[str, list[Order]] = {}
    for order in orders:
        if order.batch.own_iban not in own:
            raise OrdersForeign(f"{name}: account {order.batch.own_iban or 'without number'} is not one of the town's")
        by_message.setdefault(order.batch.message.message_id or "", []).append(order)
    return sum(_keep_message(tenant, message, of, name, at) for message, of in by_message.items())


def _keep_message(tenant: Tenant, message: str, orders: Sequence[Order], name: str, at: datetime) -> int:
    said = [
        (o.batch.payment_id, o.end_to_end_id, o.amount_cents, o.currency, o.debtor_iban, o.remittance) for o in orders
    ]
    digest = hashlib.sha256(repr(said).encode()).hexdigest()
    known = OrderRow.objects.filter(tenant_id=tenant.id, message_id=message).first()
    if known is not None:
        if known.sha256 != digest:
            raise OrdersDiffer(f"{name}: orders under the message id {message or 'none'} are known with other content")
        return 0
    row = OrderRow.objects.create(
        id=fact_id("order", tenant.id, message),
        tenant_id=tenant.id,
        kind=orders[0].batch.message.kind,
        message_id=message,
        sha256=digest,
        name=name,
        registered_at=at,
    )
    rows = (_transaction(tenant, row.id, number, order) for number, order in enumerate(orders, 1))
    OrderTransactionRow.objects.bulk_create(rows, batch_size=2000)
    return len(orders)


def _transaction(tenant: Tenant, message: UUID, number: int, order: Order) -> OrderTransactionRow:
    collects = order.batch.message.kind == "collection"
    return OrderTransactionRow(
        id=fact_id("order", message, number),
        tenant_id=tenant.id,
        order_id=message,
        number=number,
        payment_id=order.batch.payment_id or "",
        end_to_end_id=order.end_to_end_id,
        instruction_id=order.instruction_id,
        amount_cents=order.amount_cents,
        currency=order.currency or "EUR",
        mandate_id=order.mandate_id,
        party_name=order.debtor_name if collects else order.creditor_name,
        party_iban=order.debtor_iban if collects else order.creditor_iban,
        reference=order.reference,
        remittance=list(order.remittance),
    )


def _keep_rejects(tenant: Tenant, statuses: Iterator[iso20022.Status], at: datetime) -> int:
    rows = {}
    for status in statuses:
        if status.rejected and status.original_message_id and _names_what_it_rejects(status):
            named = (
                status.original_message_id, status.original_payment_id, status.end_to_end_id, status.instruction_id
            )  # fmt: skip
            reason = next((r.code or r.proprietary for r in status.reasons), None)
            id_ = fact_id("reject", tenant.id, *named)
            message, payment, end_to_end, instruction = named
            rows[id_] = RejectRow(
                id=id_, tenant_id=tenant.id, message_id=message, payment_id=payment, end_to_end_id=end_to_end,
                instruction_id=instruction, reason=reason, told_at=at,
            )  # fmt: skip
    known = set(RejectRow.objects.filter(tenant_id=tenant.id, id__in=rows).values_list("id", flat=True))
    fresh = [row for id_, row in rows.items() if id_ not in known]
    RejectRow.objects.bulk_create(fresh, batch_size=2000)
    return len(fresh)


def _names_what_it_rejects(status: iso20022.Status) -> bool:
    """A transaction without a name of ours could be any of its batch: who takes it for all of them rejects too many."""
    ours = usable(status.end_to_end_id) or status.instruction_id
    return status.level != "transaction" or bool(ours)


_REJECTED = """
SELECT DISTINCT t.instruction_id, r.reason FROM bank_reject r
JOIN bank_order o ON o.tenant_id = r.tenant_id AND o.message_id = r.message_id AND o.kind = 'collection'
JOIN bank_order_transaction t ON t.tenant_id = o.tenant_id AND t.order_id = o.id
    AND (r.payment_id IS NULL OR r.payment_id = t.payment_id)
    AND (r.end_to_end_id IS NULL OR r.end_to_end_id = t.end_to_end_id)
    AND (r.instruction_id IS NULL OR r.instruction_id = t.instruction_id)
WHERE r.tenant_id = %(tenant)s AND r.told_at = %(at)s AND t.instruction_id IS NOT NULL
ORDER BY 1, 2
"""


def _rejected(tenant: Tenant, at: datetime) -> list[tuple[str, str | None]]:
    """List what of our collections the bank has rejected now, by the names we gave."""
    with connection.cursor() as cursor:
        cursor.execute(_REJECTED, {"tenant": tenant.id, "at": at})
        return list(cursor.fetchall())


_POINTING = """
SELECT e.id, e.amount_cents, e.currency, e.side, coalesce(e.batch_message_id, ''), coalesce(e.batch_payment_id, '')
FROM bank_entry e WHERE e.tenant_id = %(tenant)s AND e.booked AND e.breakdown IN ('pending', 'broken')
    AND (e.batch_message_id IS NOT NULL OR e.batch_payment_id IS NOT NULL)
    AND (%(entries)s::uuid[] IS NULL OR e.id = ANY(%(entries)s::uuid[]))
ORDER BY e.booked_on, e.id
"""
# Two entries that point to one batch, or one to a batch and one to its whole message, are two doubts, not twice the
# same payments. Asked for each entry by itself: the one before it may just have been broken up.
_TAKEN = """
SELECT EXISTS (SELECT 1 FROM bank_entry e JOIN bank_entry o ON o.tenant_id = e.tenant_id AND o.id <> e.id AND o.booked
    AND o.side = e.side AND o.breakdown = 'whole' AND o.batch_message_id IS NOT DISTINCT FROM e.batch_message_id
    AND (o.batch_payment_id IS NOT DISTINCT FROM e.batch_payment_id
        OR (e.batch_message_id IS NOT NULL AND (o.batch_payment_id IS NULL OR e.batch_payment_id IS NULL)))
WHERE e.tenant_id = %(tenant)s AND e.id = %(entry)s)
"""
_BATCH = """
SELECT t.id, t.amount_cents, t.currency, EXISTS (SELECT 1 FROM bank_reject r
    WHERE r.tenant_id = t.tenant_id AND r.message_id = o.message_id
        AND (r.payment_id IS NULL OR r.payment_id = t.payment_id)
        AND (r.end_to_end_id IS NULL OR r.end_to_end_id = t.end_to_end_id)
        AND (r.instruction_id IS NULL OR r.instruction_id = t.instruction_id))
FROM bank_order_transaction t JOIN bank_order o ON o.tenant_id = t.tenant_id AND o.id = t.order_id
WHERE t.tenant_id = %(tenant)s AND o.kind = %(kind)s AND (%(message)s = '' OR o.message_id = %(message)s)
    AND (%(payment)s = '' OR t.payment_id = %(payment)s)
ORDER BY o.registered_at, o.id, t.number
"""
_DETAILS = """
INSERT INTO bank_detail (id, tenant_id, entry, number, active, amount_cents, side, currency, end_to_end_id, mandate_id,
    instruction_id, party_name, party_iban, reference, remittance)
SELECT md5(concat_ws(':', e.id, 'order', t.id))::uuid, e.tenant_id, e.id,
    (SELECT coalesce(max(o.number), 0) FROM bank_detail o WHERE o.tenant_id = e.tenant_id AND o.entry = e.id) + g.place,
    true, t.amount_cents, e.side, t.currency, t.end_to_end_id, t.mandate_id, t.instruction_id, t.party_name,
    t.party_iban, t.reference, t.remittance
FROM unnest(%(ids)s::uuid[]) WITH ORDINALITY AS g (id, place)
JOIN bank_order_transaction t ON t.tenant_id = %(tenant)s AND t.id = g.id
JOIN bank_entry e ON e.tenant_id = %(tenant)s AND e.id = %(entry)s
"""


def break_up_by_orders(tenant: Tenant, entries: Sequence[UUID] | None = None) -> Iterator[UUID]:
    """Break up booked entries that point to a batch of ours and are its sum. Gives those that changed."""
    with connection.cursor() as cursor:
        cursor.execute(_POINTING, {"tenant": tenant.id, "entries": list(entries) if entries is not None else None})
        for entry, cents, currency, side, message, payment in cursor.fetchall():
            cursor.execute(_TAKEN, {"tenant": tenant.id, "entry": entry})
            if cursor.fetchone() == (True,):
                continue
            kind = "collection" if side == "credit" else "transfer"
            given: dict[str, Any] = {"tenant": tenant.id, "kind": kind, "message": message, "payment": payment}
            cursor.execute(_BATCH, given)
            batch = cursor.fetchall()
            if not batch:
                continue
            chosen, difference = _explaining(cents, currency, batch)
            given = {"tenant": tenant.id, "entry": entry, "ids": chosen, "difference": difference}
            if chosen:
                cursor.execute(
                    "UPDATE bank_detail SET active = false WHERE tenant_id = %(tenant)s AND entry = %(entry)s", given
                )
                cursor.execute(_DETAILS, given)
            shape = "whole" if chosen else "broken"
            cursor.execute(
                "UPDATE bank_entry SET breakdown = %(shape)s, difference_cents = %(difference)s"
                " WHERE tenant_id = %(tenant)s AND id = %(entry)s AND (breakdown, difference_cents)"
                " IS DISTINCT FROM (%(shape)s, %(difference)s)",
                {**given, "shape": shape},
            )
            if cursor.rowcount:
                yield entry


def _explaining(
    cents: int, currency: str, batch: Sequence[tuple[UUID, int, str, bool]]
) -> tuple[Sequence[UUID], int | None]:
    """Choose what of a batch comes to an entry: all of it, or what was not rejected; else by how much it differs."""
    accepted = [one for one in batch if not one[3]]
    for chosen in (batch, accepted):
        if chosen and all(one[2] == currency for one in chosen) and sum(one[1] for one in chosen) == cents:
            return [one[0] for one in chosen], None
    return [], cents - sum(one[1] for one in batch)
