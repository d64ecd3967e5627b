"""Payments over REST."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from ninja import Router

from zahlstelle import claims, events, payments
from zahlstelle.payments import PaymentUnknown, ReturnUrlNotAllowed
from zahlstelle.tenancy import ClientAccess, Tenant, inside

from ._auth import client_of
from ._idempotency import Answer, once, once_outside
from ._paging import DEFAULT_LIMIT, only, page_of
from ._payment_schemas import (
    ClaimNamedIn,
    EventList,
    PaymentIn,
    PaymentOut,
    PaymentPage,
    StartedPaymentOut,
    payment_fields,
)
from ._problems import Fault, RequestInvalid
from ._respond import told
from ._schemas import read_id

router = Router(tags=["payments"])


@router.post("", response={201: StartedPaymentOut}, operation_id="start_payment", summary="Start a payment")
def start_payment(request: HttpRequest, body: PaymentIn) -> HttpResponse:
    """Start a payment of what is open of a claim, or of several at once, and send the citizen to `next_url`."""
    client = client_of(request)
    _allowed(client, body.return_url)

    def work(at: datetime) -> Answer:
        with inside(client.tenant):
            started = payments.start_basket(
                tenant=client.tenant,
                claim_ids=_claims_of(client.tenant, body),
                at=at,
                return_url=body.return_url,
                language=body.language,
                client=client.client,
            )
        next_url = f"{settings.BASE_URL}/pay/{started.token}"
        return Answer(201, StartedPaymentOut(**payment_fields(started.payment), next_url=next_url))

    return once(request, work)


@router.get("", response={200: PaymentPage}, operation_id="find_payments", summary="Find payments")
def find_payments(
    request: HttpRequest, claim_id: str | None = None, limit: int = DEFAULT_LIMIT, cursor: str | None = None
) -> HttpResponse:
    """List payments in pages, the newest first; those of one claim if `claim_id` is given."""
    only(request, "claim_id", "limit", "cursor")
    page, claim = page_of(request), None if claim_id is None else read_id(claim_id)
    if claim_id is not None and claim is None:
        raise RequestInvalid([Fault("claim_id", "must be an id")])
    tenant = client_of(request).tenant
    rows = payments.payments_page(tenant=tenant, claim_id=claim, limit=page.limit + 1, before=page.before)
    found, following = page.cut(rows)
    return told(PaymentPage(items=[PaymentOut(**payment_fields(p)) for p in found], next_cursor=following))


@router.get("/{payment_id}", response={200: PaymentOut}, operation_id="get_payment", summary="Look a payment up")
def get_payment(request: HttpRequest, payment_id: str) -> HttpResponse:
    """Tell how a payment stands."""
    only(request)
    payment = payments.payment_by_id(tenant=client_of(request).tenant, payment_id=_known(payment_id))
    return told(PaymentOut(**payment_fields(payment)))


@router.get("/{payment_id}/events", response={200: EventList}, operation_id="payment_events", summary="What happened")
def get_payment_events(request: HttpRequest, payment_id: str) -> HttpResponse:
    """List what happened to a payment, in order."""
    only(request)
    tenant = client_of(request).tenant
    payment = payments.payment_by_id(tenant=tenant, payment_id=_known(payment_id))
    return told(EventList.of(events.events_about(tenant=tenant, subject=payment.id)))


@router.post("/{payment_id}/cancel", response={200: PaymentOut}, operation_id="cancel_payment", summary="Give up")
def cancel_payment(request: HttpRequest, payment_id: str) -> HttpResponse:
    """Give a payment up. The provider's word counts: the answer tells what has become of it, also `paid`."""
    tenant, known = client_of(request).tenant, _known(payment_id)
    payments.payment_by_id(tenant=tenant, payment_id=known)

    def work(at: datetime) -> Answer:
        payments.cancel(tenant=tenant, payment_id=known, at=at)
        return Answer(200, PaymentOut(**payment_fields(payments.payment_by_id(tenant=tenant, payment_id=known))))

    return once_outside(request, work)


def _known(payment_id: str) -> UUID:
    found = read_id(payment_id)
    if found is None:
        raise PaymentUnknown(f"there is no payment {payment_id}")
    return found


def _claims_of(tenant: Tenant, body: PaymentIn) -> list[UUID]:
    named: Sequence[ClaimNamedIn | PaymentIn] = body.claims or [body]
    return [_claim_of(tenant, one) for one in named]


def _claim_of(tenant: Tenant, named: ClaimNamedIn | PaymentIn) -> UUID:
    if named.claim_id is not None:
        return named.claim_id
    return claims.claim_by_kassenzeichen(tenant=tenant, kassenzeichen=named.kassenzeichen or "").id


def _allowed(client: ClientAccess, return_url: str | None) -> None:
    if return_url is None:
        return
    if not client.return_urls:
        raise ReturnUrlNotAllowed("no return URL is registered for this API key; leave return_url out or register it")
    payments.allow_return_url(return_url, client.return_urls)
