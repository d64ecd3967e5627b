"""Claims over REST."""

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from ninja import Router

from zahlstelle import claims
from zahlstelle.claims import Claim, ClaimUnknown
from zahlstelle.kernel import clock
from zahlstelle.tenancy import Tenant
from zahlstelle.web.letters import qr_code, sheet

from ._auth import client_of
from ._claim_schemas import ClaimIn, ClaimOut, ClaimPage
from ._idempotency import Answer, once
from ._letters import letters_of
from ._paging import DEFAULT_LIMIT, only, page_of
from ._respond import told
from ._schemas import read_id

router = Router(tags=["claims"])


@router.post("", response={201: ClaimOut}, operation_id="open_claim", summary="Open a claim")
def open_claim(request: HttpRequest, body: ClaimIn) -> HttpResponse:
    """Open a claim. The same own Kassenzeichen with the same content opens one claim, however often it is asked for."""
    tenant = client_of(request).tenant

    def work(at: datetime) -> Answer:
        return Answer(201, _told(tenant, claims.open_claim(tenant=tenant, claim=body.as_claim(), at=at)))

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
        return told(_told(tenant, claims.claim_by_kassenzeichen(tenant=tenant, kassenzeichen=kassenzeichen)))
    only(request, "limit", "cursor")
    page = page_of(request)
    found, following = page.cut(claims.claims_page(tenant=tenant, limit=page.limit + 1, before=page.before))
    letters = letters_of(tenant, found)
    return told(ClaimPage(items=[ClaimOut.of(claim, letters[claim.id]) for claim in found], next_cursor=following))


@router.get("/{claim_id}", response={200: ClaimOut}, operation_id="get_claim", summary="Look a claim up")
def get_claim(request: HttpRequest, claim_id: str) -> HttpResponse:
    """Tell how a claim stands."""
    only(request)
    tenant = client_of(request).tenant
    return told(_told(tenant, _claim(tenant, claim_id)))


@router.get("/{claim_id}/letter.svg", response={200: None}, operation_id="get_letter_svg", summary="QR code as SVG")
def letter_svg(request: HttpRequest, claim_id: str) -> HttpResponse:
    """Draw the payment link as a QR code to print in a letter, 30 mm wide or more."""
    return _drawn(request, claim_id, "svg", "image/svg+xml")


@router.get("/{claim_id}/letter.png", response={200: None}, operation_id="get_letter_png", summary="QR code as PNG")
def letter_png(request: HttpRequest, claim_id: str) -> HttpResponse:
    """Draw the payment link as a QR code to print in a letter, 30 mm wide or more."""
    return _drawn(request, claim_id, "png", "image/png")


@router.get("/{claim_id}/letter.pdf", response={200: None}, operation_id="get_letter_pdf", summary="Sheet as PDF")
def letter_pdf(request: HttpRequest, claim_id: str) -> HttpResponse:
    """Set the sheet that goes with a letter: how to pay online and by transfer. 409 once nothing is open."""
    only(request)
    tenant = client_of(request).tenant
    claim = _claim(tenant, claim_id)
    return HttpResponse(sheet(tenant=tenant, claim=claim, on=clock.today()), content_type="application/pdf")


def _drawn(request: HttpRequest, claim_id: str, kind: str, media_type: str) -> HttpResponse:
    only(request)
    tenant = client_of(request).tenant
    claim = _claim(tenant, claim_id)
    return HttpResponse(qr_code(letters_of(tenant, [claim])[claim.id].url, kind), content_type=media_type)


def _claim(tenant: Tenant, claim_id: str) -> Claim:
    known = read_id(claim_id)
    if known is None:
        raise ClaimUnknown(f"there is no claim {claim_id}")
    return claims.claim_by_id(tenant=tenant, claim_id=known)


def _told(tenant: Tenant, claim: Claim) -> ClaimOut:
    return ClaimOut.of(claim, letters_of(tenant, [claim])[claim.id])
