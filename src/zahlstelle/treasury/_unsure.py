"""Payments that somebody must look at: an outcome nobody knows, a word of the provider that does not fit, a surplus."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from zahlstelle import claims, payments
from zahlstelle.kernel import Money
from zahlstelle.payments import Status
from zahlstelle.tenancy import Tenant, inside


@dataclass(frozen=True, slots=True)
class Unsure:
    """One of them. `what` is a stable word; `reference` is what to look for: at the provider, or the mandate's name."""

    what: str
    claim_id: UUID
    amount: Money
    provider: str
    reference: str | None
    since: datetime
    kassenzeichen: str = ""


def unsure(*, tenant: Tenant) -> Sequence[Unsure]:
    """List them all, the oldest first."""
    with inside(tenant):
        found = [*_attempts(tenant), *_refunds(tenant), *_debits(tenant)]
        numbers = claims.kassenzeichen_of(tenant=tenant, claim_ids=list({one.claim_id for one in found}))
        named = [replace(one, kassenzeichen=numbers[one.claim_id]) for one in found]
        return sorted(named, key=lambda one: (one.since, one.kassenzeichen))


def _attempts(tenant: Tenant) -> Iterator[Unsure]:
    for a in payments.attempts_unsure(tenant=tenant):
        reference = a.provider_reference or str(a.id)
        for share in a.shares:
            amount = a.refundable_of(share) if share.surplus else share.amount
            if amount.is_zero or (a.status is Status.PAID and not share.surplus):
                continue  # it is given back, or this claim of a basket is paid as it should be
            what = "payment_surplus" if share.surplus else f"payment_{a.status}"
            yield Unsure(what, share.claim_id, amount, a.provider, reference, a.changed_at)


def _refunds(tenant: Tenant) -> Iterator[Unsure]:
    refunds = payments.refunds_unsure(tenant=tenant)
    attempts = payments.attempts_by_id(tenant=tenant, attempts=[refund.attempt_id for refund in refunds])
    for refund in refunds:
        attempt = attempts[refund.attempt_id]
        reference = refund.provider_reference or attempt.provider_reference
        claim = refund.claim_id or attempt.claim_ids[0]
        yield Unsure("refund_unknown", claim, refund.amount, attempt.provider, reference, refund.changed_at)


def _debits(tenant: Tenant) -> Iterator[Unsure]:
    for attempt, mandate, _creditor in payments.debits_of_other_creditors(tenant=tenant):
        (claim,) = attempt.claim_ids  # a debit is of one claim
        yield Unsure("debit_left_out", claim, attempt.amount, attempt.provider, mandate, attempt.changed_at)
