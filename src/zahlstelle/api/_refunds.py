"""Refunds over REST."""

from datetime import datetime
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Router

from zahlstelle import payments
from zahlstelle.kernel import Money, fact_id, new_id
from zahlstelle.payments import PaymentUnknown, Refund, RefundUnknown, Wish
from zahlstelle.tenancy import Tenant
from zahlstelle.web.notifications import notify_url

from ._auth import client_of
from ._idempotency import Answer, once_outside
from ._paging import only
from ._refund_schemas import RefundIn, RefundList, RefundOut
from ._respond import told
from ._schemas import read_id

router = Router(tags=["refunds"])
_PLACE = "/{payment_id}/refunds"


@router.post(_PLACE, response={201: RefundOut}, operation_id="refund_payment", summary="Give money back")
def refund_payment(request: HttpRequest, payment_id: str, body: RefundIn) -> HttpResponse:
    """Give a captured payment back, all of it or a part. Say in `refundable_cents` what you believe can be given back.

    `pending` and `unknown` are answers too: look the refund up until it is `done` or `refused`.
    """
    client, known = client_of(request), _payment(request, payment_id)
    key = request.headers.get("Idempotency-Key")
    refund_id = fact_id("refund", client.tenant.id, client.client, known, key) if key else new_id()

    def work(at: datetime) -> Answer:
        made = payments.refund(
            tenant=client.tenant,
            refund_id=refund_id,
            payment_id=known,
            amount=body.money,
            refundable=Money(body.refundable_cents),
            by=f"api:{client.name}",
            text=body.reason,
            notify_url=notify_url(client.tenant),
            wish=Wish(body.claim) if body.claim else None,
            attempt_id=body.attempt_id,
            claim_id=body.claim_id,
            at=at,
        )
        return Answer(201, RefundOut.of(made))

    return once_outside(request, work)


@router.get(_PLACE, response={200: RefundList}, operation_id="payment_refunds", summary="What was given back")
def get_refunds(request: HttpRequest, payment_id: str) -> HttpResponse:
    """List a payment's refunds and chargebacks in order, and what can still be given back of each attempt."""
    only(request)
    tenant, known = client_of(request).tenant, _payment(request, payment_id)
    return told(
        RefundList.of(
            attempts=payments.attempts_of(tenant=tenant, payment_id=known),
            refunds=payments.refunds_of(tenant=tenant, payment_id=known),
            disputes=payments.disputes_of(tenant=tenant, payment_id=known),
        )
    )


@router.get(_PLACE + "/{refund_id}", response={200: RefundOut}, operation_id="get_refund", summary="Look a refund up")
def get_refund(request: HttpRequest, payment_id: str, refund_id: str) -> HttpResponse:
    """Tell how a refund stands."""
    only(request)
    return told(RefundOut.of(_refund(client_of(request).tenant, _payment(request, payment_id), refund_id)))


def _payment(request: HttpRequest, payment_id: str) -> UUID:
    known = read_id(payment_id)
    if known is None:
        raise PaymentUnknown(f"there is no payment {payment_id}")
    return payments.payment_by_id(tenant=client_of(request).tenant, payment_id=known).id


def _refund(tenant: Tenant, payment_id: UUID, refund_id: str) -> Refund:
    known = read_id(refund_id)
    found = payments.refund_by_id(tenant=tenant, refund_id=known) if known else None
    if found is None or found.payment_id != payment_id:
        raise RefundUnknown(f"there is no refund {refund_id} of this payment")
    return found
