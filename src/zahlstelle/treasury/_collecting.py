"""Collecting by direct debit (Lastschrifteinzug): one pain.008 of all that waits, written down before anybody has it.

The collection is committed first, with its file, its debits and, at the bank side, its orders. Only then is the file
handed out, under the same lock that making it needs: two people at once get one file between them, and whoever is
interrupted gets the same bytes again, under the same message id.
"""

import hashlib
import tempfile
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from zahlstelle import allocation, audit, bank, payments
from zahlstelle.iso20022 import CollectionHead, DebitOrder, sayable_reference, write_pain008
from zahlstelle.kernel import Refusal, berlin_day
from zahlstelle.payments import Collection, Debit
from zahlstelle.tenancy import BankAccount, DirectDebit, Tenant, direct_debit, inside


class NothingToCollect(Refusal):
    """No direct debit waits to be collected, or somebody else has just collected them."""

    code = "nothing_to_collect"


class NotCollecting(Refusal):
    """The town file says nothing of direct debit: without a creditor identifier nothing is collected."""

    code = "not_collecting"


class CollectionUnknown(Refusal):
    """The town has no collection under this message id."""

    code = "collection_unknown"
    status = 404


Put = Callable[[bytes], None]
Collects = tuple[DirectDebit, BankAccount]


def collect(*, tenant: Tenant, at: datetime, by: str, put: Put) -> Collection:
    """Collect all direct debits that wait and hand the pain.008 to `put`, which keeps it for good or raises.

    A collection whose file nobody has taken yet, because somebody was interrupted, comes first.
    Raises NotCollecting, NothingToCollect.
    """
    collects = direct_debit(tenant=tenant)
    if collects is None:
        raise NotCollecting(f"{tenant.slug}: write [settings.direct_debit] with a creditor_id into the town file")
    untaken = payments.collections(tenant=tenant, untaken=True)
    collection = untaken[0] if untaken else _make(tenant, collects, at, by)
    return _hand_out(tenant, collection.message_id, at, by, put, first=True)


def collect_again(*, tenant: Tenant, message_id: str, at: datetime, by: str, put: Put) -> Collection:
    """Hand a collection's file out once more, the same bytes. Raises CollectionUnknown."""
    return _hand_out(tenant, message_id, at, by, put, first=False)


def _make(tenant: Tenant, collects: Collects, at: datetime, by: str) -> Collection:
    with inside(tenant):
        bank.one_at_a_time(tenant=tenant)
        untaken = payments.collections(tenant=tenant, untaken=True)
        if untaken:  # somebody else made one in between
            return untaken[0]
        debits = payments.debits_to_collect(tenant=tenant, creditor_id=collects[0].creditor_id, at=at)
        if debits:
            return _record(tenant, collects, debits, at, by)
    left_out = len(payments.debits_of_other_creditors(tenant=tenant))
    more = f"; {left_out} are left out: their mandates name another creditor identifier" if left_out else ""
    raise NothingToCollect(f"{tenant.slug}: no direct debit can be collected{more}")


def _record(tenant: Tenant, collects: Collects, debits: Sequence[Debit], at: datetime, by: str) -> Collection:
    message_id, content = _written(tenant, collects, debits, at)
    made = payments.record_collection(
        tenant=tenant, message_id=message_id, content=content, debits=debits, at=at, by=by
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{message_id}.xml"
        path.write_bytes(content)
        allocation.import_orders(tenant=tenant, path=path, name=path.name, at=at, by=by)
    left_out = len(payments.debits_of_other_creditors(tenant=tenant))
    about = {"count": made.count, "cents": made.cents, "left_out": left_out}
    audit.write(tenant=tenant, at=at, actor=by, action="collection.made", subject=message_id, details=about)
    return made


def _written(tenant: Tenant, collects: Collects, debits: Sequence[Debit], at: datetime) -> tuple[str, bytes]:
    said, account = collects
    digest = hashlib.sha256("".join(debit.name for debit in debits).encode()).hexdigest()[:24]
    head = CollectionHead(
        message_id=f"{'ZS' if tenant.mode == 'live' else 'TEST'}{digest}",
        created_at=at.replace(microsecond=0),
        creditor_name=account.holder,
        creditor_iban=account.iban,
        creditor_bic=account.bic,
        creditor_id=said.creditor_id,
        note="" if tenant.mode == "live" else "Testbetrieb: nicht bei einer Bank einreichen",
    )
    return head.message_id, write_pain008(head, [_order(tenant, debit) for debit in debits])


def _order(tenant: Tenant, debit: Debit) -> DebitOrder:
    number = debit.kassenzeichen
    return DebitOrder(
        sequence=debit.sequence,
        collect_on=debit.collect_on,
        amount_cents=debit.amount.cents,
        instruction_id=debit.name,
        end_to_end_id=number if sayable_reference(number) else debit.name,
        mandate_id=debit.mandate.reference,
        signed_on=berlin_day(debit.mandate.signed_at),
        debtor_name=debit.mandate.holder,
        debtor_iban=debit.mandate.iban,
        remittance=f"{number} {debit.purpose} {tenant.name}",
    )


def _hand_out(tenant: Tenant, message_id: str, at: datetime, by: str, put: Put, *, first: bool) -> Collection:
    with inside(tenant):
        bank.one_at_a_time(tenant=tenant)
        collection = next(iter(payments.collections(tenant=tenant, message_id=message_id)), None)
        if collection is None:
            raise CollectionUnknown(f"{tenant.slug} has no collection {message_id}")
        if first and collection.taken_at is not None:
            raise NothingToCollect(f"{tenant.slug}: {message_id} has just been taken by somebody else")
        payments.record_taken(tenant=tenant, collection=collection, at=at, by=by)
        audit.write(tenant=tenant, at=at, actor=by, action="collection.taken", subject=message_id)
        put(collection.content)
        return collection
