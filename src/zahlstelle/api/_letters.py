"""What a letter about a claim prints: the link, the code, and the link as a QR code."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from django.conf import settings

from zahlstelle import claims
from zahlstelle.claims import Claim
from zahlstelle.tenancy import Tenant
from zahlstelle.web.letters import link_of

from ._claim_schemas import LetterOut


def letters_of(tenant: Tenant, several: Iterable[Claim]) -> Mapping[UUID, LetterOut]:
    """Tell what the letters about these claims print."""
    numbers = {claim.id: claim.kassenzeichen for claim in several}
    codes = claims.letter_codes(tenant=tenant, kassenzeichen=numbers.values()) if numbers else {}
    return {claim: _letter(tenant, claim, number, codes[number]) for claim, number in numbers.items()}


def _letter(tenant: Tenant, claim: UUID, number: str, code: str) -> LetterOut:
    drawn = f"{settings.BASE_URL}/api/v1/claims/{claim}/letter"
    return LetterOut(
        code=code,
        url=link_of(tenant, number, code),
        qr_svg_url=f"{drawn}.svg",
        qr_png_url=f"{drawn}.png",
        pdf_url=f"{drawn}.pdf",
    )
