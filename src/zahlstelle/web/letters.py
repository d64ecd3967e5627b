"""What a letter about a claim prints so that it can be paid: link, code, QR code, and a sheet with all of it.

The sheet (Beiblatt) goes into the envelope with the town's own letter. It is no notice (Bescheid) itself. Letters of
German authorities are in German; the page that its code opens speaks the citizen's language.
"""

import io
from datetime import date
from pathlib import Path

import segno
from django.conf import settings
from django.utils import translation

from zahlstelle import claims, tenancy
from zahlstelle.claims import Claim
from zahlstelle.kernel import Refusal
from zahlstelle.tenancy import Tenant

from . import girocode
from .look import look_of
from .pdf import printable, write_pdf
from .tags import in_fours, money

_QUIET_ZONE = 4  # modules, ISO/IEC 18004
_PIXELS = 12  # of a module: 30 mm at 400 dpi and more
_TEMPLATE = Path(__file__).with_name("letter.typ")


class NothingToAskFor(Refusal):
    """Nothing is open of this claim: a sheet that asks for money would be wrong."""

    code = "nothing_to_ask_for"


def link_of(tenant: Tenant, kassenzeichen: str, code: str) -> str:
    """Say the payment link of a letter."""
    return f"{settings.BASE_URL}/{tenant.slug}/zahlen/{kassenzeichen}/{code}"


def qr_code(link: str, kind: str) -> bytes:
    """Draw a link so that a telephone reads it from paper, also where a fold or a stain covers a part (level Q)."""
    picture = io.BytesIO()
    code = segno.make_qr(link, error="q")
    code.save(picture, kind=kind, border=_QUIET_ZONE, scale=_PIXELS if kind == "png" else 1, light="#fff")
    return picture.getvalue()


def sheet(*, tenant: Tenant, claim: Claim, on: date) -> bytes:
    """Set the sheet of a claim as PDF, archivable and accessible. The same claim on the same day gives the same bytes.

    Raises NothingToAskFor.
    """
    if claim.open.is_zero:
        raise NothingToAskFor(f"nothing is open of {claim.kassenzeichen}")
    account = tenancy.bank_accounts(tenant=tenant)[0]
    code = claims.letter_code(tenant=tenant, kassenzeichen=claim.kassenzeichen)
    unit = claims.service_by_key(tenant=tenant, key=claim.service).unit if claim.service else None
    with translation.override("de"):
        amount = money(claim.open)
    due = [("Zahlbar bis", f"{claim.due_on:%d.%m.%Y}")] if claim.due_on else []
    giro = girocode.svg(account=account, amount=claim.open, remittance=claim.kassenzeichen, inline=False)
    data = printable(
        {
            "town": tenant.name,
            "unit": unit,
            "colour": look_of(tenant.name, tenant.settings).colour,
            "kassenzeichen": claim.kassenzeichen,
            "facts": [("Wofür", claim.purpose), ("Betrag", amount), *due],
            "address": f"{settings.BASE_URL}/{tenant.slug}".partition("://")[2],
            "online": [("Kassenzeichen", claim.kassenzeichen), ("Code", code)],
            "transfer": [
                ("Empfänger", account.holder),
                ("IBAN", in_fours(account.iban)),
                ("BIC", account.bic),
                ("Betrag", amount),
                ("Verwendungszweck", claim.kassenzeichen),
            ],
            "test": tenant.mode == "test",
            "written_on": [on.year, on.month, on.day],
        }
    )
    link = link_of(tenant, claim.kassenzeichen, code)
    return write_pdf(_TEMPLATE, data | {"link": link, "qr": qr_code(link, "svg").decode(), "giro": giro})
