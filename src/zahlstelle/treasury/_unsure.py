"""Payments that somebody must look at: an outcome nobody knows, a word of the provider that does not fit, a surplus."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from zahlstelle import claims, payments
from zahlstelle.kernel import Money
from zahlstelle.payments import Answer, Attempt, Refund, RefundState, Release, ReleaseState, Status
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
    attempt: UUID
    refund: UUID | None = None
    kassenzeichen: str = ""
    release: Release | None = None  # what a person has said of it, and waits for a second or is contradicted

    @property
    def releasable(self) -> bool:
        """Say whether a person may say what became of it, or has to deal with an answer."""
        return self.what in ("payment_unknown", "refund_unknown", "release_contradicted")


def unsure(*, tenant: Tenant) -> Sequence[Unsure]:
    """List them all, the oldest first."""
    with inside(tenant):
        found = [*_attempts(tenant), *_refunds(tenant), *_debits(tenant), *_contradicted(tenant)]
        numbers = claims.kassenzeichen_of(tenant=tenant, claim_ids=list({one.claim_id for one in found}))
        waits = {(r.attempt_id, r.refund_id): r for r in payments.releases_waiting(tenant=tenant)}
        named = [
            replace(
                one,
                kassenzeichen=numbers[one.claim_id],
                release=one.release or waits.get((one.attempt, one.refund)),
            )
            for one in found
        ]
        return sorted(named, key=lambda one: (one.since, one.kassenzeichen))


@dataclass(frozen=True, slots=True)
class Unclear:
    """One payment, or one refund of it, with everything that was said of it; `unknown`: nobody knows what became of it.

    From `releasable_from` on a person may say it. `waiting` waits for a second person; `contradicted`: the provider
    has said otherwise since.
    """

    attempt: Attempt
    refund: Refund | None
    kassenzeichen: Sequence[str]  # of a basket there are several
    said: Sequence[Release]

    @property
    def amount(self) -> Money:
        """Say how much it is about."""
        return self.refund.amount if self.refund else self.attempt.amount

    @property
    def unknown(self) -> bool:
        """Say whether nobody knows."""
        if self.refund:
            return self.refund.state is RefundState.UNKNOWN
        return self.attempt.status is Status.UNKNOWN

    @property
    def asked_at(self) -> datetime:
        """Say when the provider was asked to do it."""
        return self.refund.requested_at if self.refund else self.attempt.started_at

    @property
    def releasable_from(self) -> datetime:
        """Say from when on a person may say what became of it."""
        return payments.releasable_from(self.asked_at)

    @property
    def reference(self) -> str | None:
        """Say what the provider calls it, where it has said so."""
        return self.refund.provider_reference if self.refund else self.attempt.provider_reference

    @property
    def waiting(self) -> Release | None:
        """What waits for a second person."""
        return next((each for each in self.said if self.unknown and each.state is ReleaseState.WAITING), None)

    @property
    def contradicted(self) -> Release | None:
        """What the provider has contradicted, and nobody has dealt with yet."""
        return next((each for each in self.said if each.answer is Answer.CONTRADICTS and not each.seen_at), None)


def unclear(*, tenant: Tenant, attempt: UUID, refund: UUID | None = None) -> Unclear:
    """Show one. Raises payments.PaymentUnknown, payments.RefundUnknown."""
    with inside(tenant):
        found = payments.attempts_by_id(tenant=tenant, attempts=[attempt]).get(attempt)
        if found is None:
            raise payments.PaymentUnknown(f"there is no attempt {attempt}")
        of = payments.refund_by_id(tenant=tenant, refund_id=refund) if refund else None
        about = [of.claim_id] if of and of.claim_id else found.claim_ids
        numbers = claims.kassenzeichen_of(tenant=tenant, claim_ids=about)
        said = payments.releases_of(tenant=tenant, attempt_id=attempt, refund_id=refund)
        return Unclear(found, of, [numbers[claim] for claim in about], said)


def _attempts(tenant: Tenant) -> Iterator[Unsure]:
    for a in payments.attempts_unsure(tenant=tenant):
        reference = a.provider_reference or str(a.id)
        for share in a.shares:
            amount = a.refundable_of(share) if share.surplus else share.amount
            if amount.is_zero or (a.status is Status.PAID and not share.surplus):
                continue  # it is given back, or this claim of a basket is paid as it should be
            what = "payment_surplus" if share.surplus else f"payment_{a.status}"
            yield Unsure(what, share.claim_id, amount, a.provider, reference, a.changed_at, a.id)


def _refunds(tenant: Tenant) -> Iterator[Unsure]:
    refunds = payments.refunds_unsure(tenant=tenant)
    attempts = payments.attempts_by_id(tenant=tenant, attempts=[refund.attempt_id for refund in refunds])
    for refund in refunds:
        attempt = attempts[refund.attempt_id]
        reference = refund.provider_reference or attempt.provider_reference
        since, provider = refund.changed_at, attempt.provider
        claim = refund.claim_id or attempt.claim_ids[0]
        yield Unsure("refund_unknown", claim, refund.amount, provider, reference, since, attempt.id, refund.id)


def _contradicted(tenant: Tenant) -> Iterator[Unsure]:
    """What was decided on a person's word, and the provider has contradicted since."""
    told = payments.releases_contradicted(tenant=tenant)
    attempts = payments.attempts_by_id(tenant=tenant, attempts=[each.attempt_id for each in told])
    for each in told:
        attempt = attempts[each.attempt_id]
        refund = payments.refund_by_id(tenant=tenant, refund_id=each.refund_id) if each.refund_id else None
        about = [(refund.claim_id or attempt.claim_ids[0], refund.amount)] if refund else _shares(attempt)
        yield from (
            Unsure(
                "release_contradicted",
                claim,
                amount,
                attempt.provider,
                (refund.provider_reference if refund else None) or attempt.provider_reference,
                each.answered_at or each.made_at,
                attempt.id,
                each.refund_id,
                release=each,
            )
            for claim, amount in about
        )


def _shares(attempt: Attempt) -> Sequence[tuple[UUID, Money]]:
    return [(share.claim_id, share.amount) for share in attempt.shares]


def _debits(tenant: Tenant) -> Iterator[Unsure]:
    for attempt, mandate, _creditor in payments.debits_of_other_creditors(tenant=tenant):
        (claim,) = attempt.claim_ids  # a debit is of one claim
        yield Unsure("debit_left_out", claim, attempt.amount, attempt.provider, mandate, attempt.changed_at, attempt.id)
