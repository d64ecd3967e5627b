"""What a letter about a claim prints: the link, the code, and the link as a QR code."""

import io
from collections.abc import Iterable, Mapping
from uuid import UUID

import segno
from django.conf import settings

from zahlstelle import claims
from zahlstelle.claims import Claim
from zahlstelle.tenancy import Tenant

from ._schemas import LetterOut

_QUIET_ZONE = 4  # modules, ISO/IEC 18004
_PIXELS = 12  # of a module: 30 mm at 400 dpi and more


def letters_of(tenant: Tenant, several: Iterable[Claim]) -> Mapping[UUID, LetterOut]:
    """Tell what the letters about these claims print."""
    numbers = {claim.id: claim.kassenzeichen for claim in several}
    codes = claims.letter_codes(tenant=tenant, kassenzeichen=numbers.values()) if numbers else {}
    return {claim: _letter(tenant, claim, number, codes[number]) for claim, number in numbers.items()}


def _letter(tenant: Tenant, claim: UUID, number: str, code: str) -> LetterOut:
    drawn = f"{settings.BASE_URL}/api/v1/claims/{claim}/letter"
    return LetterOut(
        code=code,
        url=f"{settings.BASE_URL}/{tenant.slug}/zahlen/{number}/{code}",
        qr_svg_url=f"{drawn}.svg",
        qr_png_url=f"{drawn}.png",
    )


def qr_code(link: str, kind: str) -> bytes:
    """Draw a link so that a telephone reads it from paper, also where a fold or a stain covers a part (level Q)."""
    picture = io.BytesIO()
    code = segno.make_qr(link, error="q")
    code.save(picture, kind=kind, border=_QUIET_ZONE, scale=_PIXELS if kind == "png" else 1, light="#fff")
    return picture.getvalue()
