"""What the bank side says of payments: a transfer came or was taken back, card money was charged back."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from zahlstelle import claims, events
from zahlstelle.tables.payments import AttemptRow, PaymentRow
from zahlstelle.tenancy import Tenant, inside

from ._moves import let_go, move, rows_of_claims, waiting_for_bank
from ._queries import attempts_in
from ._rules import Status


def settled_by_transfer(*, tenant: Tenant, claim_ids: Sequence[UUID], at: datetime) -> None:
    """Tell payments that wait for a bank transfer that it has come. The bank side has booked it already.

    A basket waits until all its claims are settled, however many transfers that takes.
    """
    with inside(tenant):
        rows = rows_of_claims(tenant, claim_ids).filter(provider="transfer", status=Status.PENDING)
        waiting = {row.id: row for row in rows}  # held: whoever settles the last claim of a basket sees the others
        for attempt in attempts_in(waiting.values()):
            others = set(attempt.claim_ids).difference(claim_ids)
            if not others or _all_settled(tenant, others):
                move(tenant, waiting[attempt.id], Status.PAID, at)


def _all_settled(tenant: Tenant, claim_ids: Collection[UUID]) -> bool:
    return all(claim.open_cents == 0 for claim in claims.open_amounts(tenant=tenant, ids=list(claim_ids)))


def reopened(*, tenant: Tenant, claim_ids: Sequence[UUID], at: datetime) -> None:
    """Let payments by transfer wait again where the money turned out to be another claim's.

    Those of claims that are settled all the same stay paid, and so does a debit that no longer holds its claim. What a
    provider captured stays paid too, but no longer keeps its claim from being paid anew.
    """
    with inside(tenant):
        known = claims.claims_by_id_locked(tenant=tenant, claim_ids=claim_ids).values()
        open_again = [claim.id for claim in known if not claim.open.is_zero]
        paid = rows_of_claims(tenant, open_again, let_go=False).filter(status=Status.PAID)
        captured = [row.id for row in paid if row.provider != "transfer"]
        let_go(tenant, captured, open_again)
        for row in paid:
            if row.provider != "transfer":
                continue
            row.status, row.changed_at = Status.PENDING, at
            row.save(update_fields=["status", "changed_at"])
            payment = PaymentRow.objects.filter(tenant_id=tenant.id, id=row.payment_id)
            payment.update(status=waiting_for_bank(row))
            payload = {"attempt": str(row.id), "status": row.status}
            name = "payment.transfer_taken_back"
            events.record(tenant=tenant, name=name, subject=row.payment_id, at=at, payload=payload)


def charged_back(*, tenant: Tenant, attempts: Sequence[UUID], at: datetime) -> None:
    """Note that card holders' banks have taken the money of these attempts back; their claims may be paid anew.

    The caller books it. Twice is once.
    """
    with inside(tenant):
        rows = AttemptRow.objects.select_for_update().filter(tenant_id=tenant.id, id__in=attempts)
        for row in rows.filter(status__in=[Status.PAID, Status.SURPLUS]).order_by("id"):
            move(tenant, row, Status.CHARGED_BACK, at)
