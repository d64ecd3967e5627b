"""Hold claims and attempts in the order in which everybody does; move attempts along their graph and book it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from zahlstelle import claims, events, ledger
from zahlstelle.kernel import Money, berlin_day
from zahlstelle.ledger import Entry, Line, Side
from zahlstelle.tables.payments import AttemptClaimRow, AttemptRow, PaymentClaimRow, PaymentRow
from zahlstelle.tenancy import Tenant, provider_accesses

from ._mandates import METHOD as DEBIT
from ._queries import Attempt, PaymentUnknown, attempt_of, collected_of
from ._release_notes import pause_of_release
from ._release_rules import BY_WORD, ON_WORD
from ._rules import EDGES, HOLDS_CLAIM, LIVE, PUBLIC, PaymentStatus, Status, pause_before_check

# What the same edge is called where the bank side has the payment.
_OF_BANK = {
    ("transfer", Status.PENDING): "payment.transfer_chosen",
    (DEBIT, Status.PENDING): "payment.debit_ordered",
    (DEBIT, Status.CHARGED_BACK): "payment.debit_returned",
}


def move(tenant: Tenant, row: AttemptRow, status: Status, at: datetime) -> None:
    """Bring an attempt, held by the caller, where `status` says: booked, shown and told once, and asked about later."""
    before = Status(row.status)
    if status is not before:
        event = EDGES[before, status]
        if row.provider == "transfer":
            event = _OF_BANK.get((row.method, status), event)
        row.status, row.changed_at, row.checks = status, at, 0
        _book(tenant, row, at)
        _show(tenant, row, event, at)
    row.check_at = next_check(row, at)
    row.save()


def waiting_for_bank(row: AttemptRow) -> PaymentStatus:
    """Say how a payment stands for which the bank has to bring the money."""
    return PaymentStatus.AWAITING_DEBIT if row.method == DEBIT else PaymentStatus.AWAITING_TRANSFER


def _book(tenant: Tenant, row: AttemptRow, at: datetime) -> None:
    """Book provider money gross: what the provider owes us against the claim, or against money to give back."""
    if row.provider == "transfer" or row.status not in (Status.PAID, Status.SURPLUS):
        return
    attempt = attempt_of(row)
    paid = [share for share in attempt.shares if not share.surplus]
    claims.settle(tenant=tenant, amounts=[(share.claim_id, share.amount.cents) for share in paid])
    lines = [Line(f"clearing:{row.provider}", Side.SOLL, attempt.amount, row.id)]
    lines += [Line("receivable", Side.HABEN, share.amount, share.claim_id) for share in paid]
    if surplus := attempt.amount.cents - sum(share.amount.cents for share in paid):
        lines.append(Line("overpaid", Side.HABEN, Money(surplus, row.currency), row.id))
    text = f"Zahlung über {row.provider}{BY_WORD if row.vendor_word == ON_WORD else ''}"
    ledger.post(tenant=tenant, entries=[Entry(f"attempt:{row.id}:paid", berlin_day(at), at, text, lines)])


def _show(tenant: Tenant, row: AttemptRow, event: str, at: datetime) -> None:
    """Bring the payment's public status up to its attempt's and record the event."""
    public = PUBLIC[Status(row.status)]
    if row.provider == "transfer" and row.status == Status.PENDING:
        public = waiting_for_bank(row)
    rows = PaymentRow.objects.filter(tenant_id=tenant.id, id=row.payment_id)
    others = AttemptRow.objects.filter(tenant_id=tenant.id, payment_id=row.payment_id, status=Status.PAID)
    if row.status != Status.CHARGED_BACK or others.exclude(id=row.id).exists():
        rows = rows.exclude(status=PaymentStatus.PAID)
    rows.update(status=public)
    payload = {"attempt": str(row.id), "status": row.status}
    if row.vendor_word == ON_WORD:
        payload["on_word"] = str(row.released)
    events.record(tenant=tenant, name=event, subject=row.payment_id, at=at, payload=payload)


def next_check(row: AttemptRow, at: datetime) -> datetime | None:
    """Say when to ask about an attempt again: at the latest when its payment's time is over."""
    pause = pause_before_check(Status(row.status), row.checks) if row.provider != "transfer" else None
    word = pause_of_release(row.tenant_id, row.released, at)
    if pause is None or (word is not None and word < pause):
        return at + word if word is not None else None
    over = row.payment.expires_at
    return min(at + pause, over) if row.status in LIVE and at < over else at + pause


def give_way(tenant: Tenant, claim_ids: Sequence[UUID], at: datetime) -> None:
    """Let attempts that wait for a bank transfer give way: the citizen chose again, or has paid another way.

    A direct debit that the bank has been given does not: it may be collected any moment.
    """
    waiting = list(rows_of_claims(tenant, claim_ids).filter(provider="transfer", status=Status.PENDING))
    collected = collected_of(tenant, [row.id for row in waiting])  # asked for once they are held
    for row in waiting:
        if row.id not in collected:
            move(tenant, row, Status.CANCELLED, at)


def held_by_others(tenant: Tenant, attempt: Attempt) -> frozenset[UUID]:
    """Name those of an attempt's claims that it does not hold and another one does."""
    if attempt.status in HOLDS_CLAIM:
        return frozenset()
    held = AttemptClaimRow.objects.filter(tenant_id=tenant.id, holding=True, let_go=False, surplus=False)
    others = held.filter(claim_id__in=attempt.claim_ids).exclude(attempt_id=attempt.id)
    return frozenset(others.values_list("claim_id", flat=True))


def let_go(tenant: Tenant, attempts: Sequence[UUID], claim_ids: Sequence[UUID]) -> None:
    """Let other attempts pay these claims of paid attempts: their money was given back, in the caller's transaction."""
    rows = AttemptClaimRow.objects.filter(tenant_id=tenant.id, attempt_id__in=attempts, claim_id__in=claim_ids)
    rows.update(let_go=True)


def merchant_of(tenant: Tenant, provider: str) -> str:
    """Say under which name the provider knows the town."""
    return next(a.merchant_id for a in provider_accesses(tenant=tenant) if a.provider == provider)


def shares_of_payment(tenant: Tenant, payment_id: UUID) -> Mapping[UUID, int]:
    """Say what a payment is to pay of which claims, in cents. Raises PaymentUnknown."""
    return _shares(PaymentClaimRow.objects.filter(tenant_id=tenant.id, payment_id=payment_id), f"payment {payment_id}")


def shares_of_attempt(tenant: Tenant, attempt_id: UUID) -> Mapping[UUID, int]:
    """Say what an attempt pays of which claims, in cents. Raises PaymentUnknown."""
    return _shares(AttemptClaimRow.objects.filter(tenant_id=tenant.id, attempt_id=attempt_id), f"attempt {attempt_id}")


def _shares(rows: QuerySet[Any], of: str) -> Mapping[UUID, int]:
    shares = dict(rows.values_list("claim_id", "amount_cents"))
    if not shares:
        raise PaymentUnknown(f"there is no {of}")
    return shares


def locked_claims(tenant: Tenant, shares: Mapping[UUID, int]) -> Mapping[UUID, Money]:
    """Hold the claims, in the order in which everybody does, and say what is open of each."""
    held = claims.claims_by_id_locked(tenant=tenant, claim_ids=list(shares))
    return {claim.id: claim.open for claim in held.values()}


def rows_of_claims(tenant: Tenant, claim_ids: Sequence[UUID], *, let_go: bool | None = None) -> "QuerySet[AttemptRow]":
    """Find the attempts that pay any of these claims, to be held in the order of their ids."""
    shares = AttemptClaimRow.objects.filter(tenant_id=tenant.id, claim_id__in=claim_ids)
    shares = shares if let_go is None else shares.filter(let_go=let_go)
    rows = AttemptRow.objects.select_for_update().filter(tenant_id=tenant.id, id__in=shares.values("attempt_id"))
    return rows.order_by("id")


def payment_locked(tenant: Tenant, payment_id: UUID) -> PaymentRow:
    """Hold a payment. Raises PaymentUnknown."""
    row = PaymentRow.objects.select_for_update().filter(tenant_id=tenant.id, id=payment_id).first()
    if row is None:
        raise PaymentUnknown(f"there is no payment {payment_id}")
    return row


def attempt_locked(tenant: Tenant, attempt_id: UUID) -> AttemptRow:
    """Hold an attempt. Raises PaymentUnknown."""
    row = AttemptRow.objects.select_for_update().filter(tenant_id=tenant.id, id=attempt_id).first()
    if row is None:
        raise PaymentUnknown(f"there is no attempt {attempt_id}")
    return row
