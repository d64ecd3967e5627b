"""Start payments: of one claim or several, by bank transfer, or taken over from an earlier system."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from zahlstelle import claims, events
from zahlstelle.kernel import new_id, new_token, token_digest
from zahlstelle.tables.payments import AttemptRow, PaymentClaimRow, PaymentRow
from zahlstelle.tenancy import Tenant, inside

from ._moves import attempt_locked, merchant_of, move
from ._operations import intend, record_start, settle
from ._queries import Attempt, Payment, attempt_of, payment_of
from ._refusals import AlreadyPaid, BasketUnsound, PaymentTaken, ReturnUrlNotAllowed
from ._rules import PaymentStatus, Status
from ._socket import ProviderStatus, Report, Started

LIFETIME = timedelta(minutes=90)


MOST_CLAIMS = 20


@dataclass(frozen=True, slots=True)
class NewPayment:
    """A payment just made, and the one time its token is told."""

    payment: Payment
    token: str


def allow_return_url(return_url: str, allowed: Sequence[str]) -> None:
    """Check a return URL against the exact list of the caller. Raises ReturnUrlNotAllowed."""
    if return_url not in allowed:
        raise ReturnUrlNotAllowed("this return URL is not registered for the API key")


def start_payment(
    *,
    tenant: Tenant,
    claim_id: UUID,
    at: datetime,
    return_url: str | None = None,
    language: str = "de",
    client: UUID | None = None,
    discreet: bool = False,
) -> NewPayment:
    """Start a payment of what is open of a claim, `discreet`: not saying what for. Raises ClaimUnknown, AlreadyPaid."""
    return start_basket(
        tenant=tenant,
        claim_ids=[claim_id],
        at=at,
        return_url=return_url,
        language=language,
        client=client,
        discreet=discreet,
    )


def start_basket(
    *,
    tenant: Tenant,
    claim_ids: Sequence[UUID],
    at: datetime,
    return_url: str | None = None,
    language: str = "de",
    client: UUID | None = None,
    discreet: bool = False,
) -> NewPayment:
    """Start one payment of what is open of several claims, in this order.

    What is open now is what will be charged: all of it or nothing. Raises BasketUnsound, ClaimUnknown, AlreadyPaid.
    """
    with inside(tenant):
        paid = _to_be_paid(tenant, claim_ids)
        token = new_token()
        row = PaymentRow.objects.create(
            id=new_id(),
            tenant_id=tenant.id,
            token_digest=token_digest(token),
            amount_cents=sum(claim.open.cents for claim in paid),
            currency=paid[0].open.currency,
            status=PaymentStatus.CREATED,
            return_url=return_url,
            language=language,
            created_at=at,
            expires_at=at + LIFETIME,
            client=client,
            discreet=discreet,
        )
        PaymentClaimRow.objects.bulk_create(
            PaymentClaimRow(
                tenant_id=tenant.id, payment=row, claim_id=claim.id, number=number, amount_cents=claim.open.cents
            )
            for number, claim in enumerate(paid, 1)
        )
        said = {"claim": str(paid[0].id)} if len(paid) == 1 else {"claims": [str(claim.id) for claim in paid]}
        events.record(tenant=tenant, name="payment.created", subject=row.id, at=at, payload=said)
        return NewPayment(payment_of(row), token)


def _to_be_paid(tenant: Tenant, claim_ids: Sequence[UUID]) -> Sequence[claims.Claim]:
    if not 1 <= len(claim_ids) <= MOST_CLAIMS or len(set(claim_ids)) != len(claim_ids):
        raise BasketUnsound(f"between 1 and {MOST_CLAIMS} claims, each once")
    paid = [claims.claim_by_id(tenant=tenant, claim_id=claim_id) for claim_id in claim_ids]
    if len({claim.open.currency for claim in paid}) > 1:
        raise BasketUnsound("the claims are not of one currency")
    for claim in paid:
        if claim.open.is_zero:
            raise AlreadyPaid(f"{claim.kassenzeichen} is settled")
    return paid


def choose_transfer(*, tenant: Tenant, payment_id: UUID, at: datetime) -> Attempt:
    """Note that the citizen will pay by bank transfer. The bank side settles it; it does not expire."""
    with inside(tenant):
        latest = AttemptRow.objects.filter(tenant_id=tenant.id, payment_id=payment_id).order_by("-number").first()
        if latest and latest.provider == "transfer" and latest.status in (Status.PENDING, Status.PAID):
            return attempt_of(latest)
        attempt = intend(tenant=tenant, payment_id=payment_id, provider="transfer", method="transfer", at=at)
        row = attempt_locked(tenant, attempt.id)
        move(tenant, row, Status.PENDING, at)
        return attempt_of(row)


def take_over(
    *,
    tenant: Tenant,
    claim_id: UUID,
    provider: str,
    method: str,
    provider_reference: str,
    at: datetime,
) -> Attempt:
    """Take over a payment that the provider captured before this installation knew of it, e.g. from an earlier system.

    It is booked like any other. The same provider reference again is the same payment.
    Raises ClaimUnknown, AlreadyPaid, AlreadyBeingPaid, PaymentTaken.
    """
    with inside(tenant):
        known = AttemptRow.objects.filter(
            tenant_id=tenant.id, provider=provider, provider_reference=provider_reference
        ).first()
        if known is not None:
            taken = attempt_of(known)
            if taken.claim_ids != [claim_id]:
                raise PaymentTaken(f"{provider} has {provider_reference} for another claim")
            return taken
        payment = start_payment(tenant=tenant, claim_id=claim_id, at=at).payment
        attempt = intend(tenant=tenant, payment_id=payment.id, provider=provider, method=method, at=at)
        record_start(tenant=tenant, attempt_id=attempt.id, answer=Started(provider_reference, ""), at=at)
        merchant = merchant_of(tenant, provider)
        paid = Report(
            ProviderStatus.PAID, provider_reference, merchant, str(attempt.id), attempt.amount, None, "taken_over"
        )
        return settle(tenant=tenant, attempt_id=attempt.id, report=paid, at=at)
