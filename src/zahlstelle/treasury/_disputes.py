"""Chargebacks (Rückbelastungen) that are booked: what they are about, why, and until when they can be answered."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from zahlstelle import claims, payments
from zahlstelle.payments import Attempt, Dispute
from zahlstelle.tenancy import Tenant, inside


@dataclass(frozen=True, slots=True)
class DisputeLine:
    """A chargeback with its payment and the Kassenzeichen that was for, seen on a day."""

    dispute: Dispute
    attempt: Attempt
    numbers: Sequence[str]  # Kassenzeichen of the claims it paid, in the payment's order
    on: date

    @property
    def deadline(self) -> str:
        """Say how its deadline stands: `answerable`, `over`, or `untold` where the provider names none."""
        if self.dispute.answer_by is None:
            return "untold"
        return "answerable" if self.on <= self.dispute.answer_by else "over"

    @property
    def days_left(self) -> int:
        """Count the days left to answer it; 0 is today."""
        return (self.dispute.answer_by - self.on).days if self.dispute.answer_by else 0


def disputes(*, tenant: Tenant, on: date, limit: int, offset: int = 0) -> Sequence[DisputeLine]:
    """List a part of them: those that can still be answered first, the next deadline first; then the latest."""
    with inside(tenant):
        found = payments.disputes_page(tenant=tenant, on=on, limit=limit, offset=offset)
        attempts = payments.attempts_by_id(tenant=tenant, attempts=[each.attempt_id for each in found])
        claim_ids = list({claim for attempt in attempts.values() for claim in attempt.claim_ids})
        known = claims.kassenzeichen_of(tenant=tenant, claim_ids=claim_ids)
        of = [(each, attempts[each.attempt_id]) for each in found]
        return [DisputeLine(each, attempt, [known[claim] for claim in attempt.claim_ids], on) for each, attempt in of]
