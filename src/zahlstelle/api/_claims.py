"""Claims over REST."""

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from ninja import Router

from zahlstelle import claims
from zahlstelle.claims import ClaimUnknown

from ._auth import client_of
from ._idempotency import Answer, once
from ._paging import DEFAULT_LIMIT, only, page_of
from ._respond import told
from ._schemas import ClaimIn, ClaimOut, ClaimPage, read_id

router = Router(tags=["claims"])


@router.post("", response={201: ClaimOut}, operation_id="open_claim", summary="Open a claim")
def open_claim(request: HttpRequest, body: ClaimIn) -> HttpResponse:
    """Open a claim. The same own Kassenzeichen with the same content opens one claim, however often it is asked for."""
    tenant = client_of(request).tenant

    def work(at: datetime) -> Answer:
        return Answer(201, ClaimOut.of(claims.open_claim(tenant=tenant, claim=body.as_claim(), at=at)))

    return once(request, work)


@router.get("", response={200: ClaimOut | ClaimPage}, operation_id="find_claims", summary="Find claims")
def find_claims(
    request: HttpRequest, kassenzeichen: str | None = None, limit: int = DEFAULT_LIMIT, cursor: str | None = None
) -> HttpResponse:
    """Find the claim of a Kassenzeichen; without one: all claims in pages, the newest first."""
    tenant = client_of(request).tenant
    if kassenzeichen is not None:
        only(request, "kassenzeichen")
        if "\x00" in kassenzeichen:
            raise ClaimUnknown("there is no claim under this Kassenzeichen")
        return told(ClaimOut.of(claims.claim_by_kassenzeichen(tenant=tenant, kassenzeichen=kassenzeichen)))
    only(request, "limit", "cursor")
    page = page_of(request)
    found, following = page.cut(claims.claims_page(tenant=tenant, limit=page.limit + 1, before=page.before))
    return told(ClaimPage(items=[ClaimOut.of(claim) for claim in found], next_cursor=following))


@router.get("/{claim_id}", response={200: ClaimOut}, operation_id="get_claim", summary="Look a claim up")
def get_claim(request: HttpRequest, claim_id: str) -> HttpResponse:
    """Tell how a claim stands."""
    only(request)
    known = read_id(claim_id)
    if known is None:
        raise ClaimUnknown(f"there is no claim {claim_id}")
    return told(ClaimOut.of(claims.claim_by_id(tenant=client_of(request).tenant, claim_id=known)))
