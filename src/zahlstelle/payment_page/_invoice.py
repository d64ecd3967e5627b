"""What is to be paid by transfer (Zahlung auf Rechnung), as a PDF to keep or to print: until when, and how.

It is no claim and no notice (Bescheid): those are the town's own letters. It says what the page says.
"""

from datetime import date

from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from zahlstelle import claims, payments, tenancy
from zahlstelle.claims import Claim
from zahlstelle.kernel import berlin_day
from zahlstelle.payments import Payment, PaymentStatus, PaymentUnknown
from zahlstelle.tenancy import Tenant
from zahlstelle.web import girocode
from zahlstelle.web.language import has_chosen, known
from zahlstelle.web.look import look_of
from zahlstelle.web.tags import in_fours, money

from ._frame import friendly
from ._pdf import printable, write_pdf
from ._standing import hides, latest, said_purpose, unit_of


@require_safe
@friendly
def invoice(request: HttpRequest, token: str) -> HttpResponse:
    """Hand out what is to be transferred; for a payment that does not wait for a transfer there is none."""
    tenant, payment = payments.payment_by_token(token)
    attempt = latest(tenant, payment.id)
    if payment.status is not PaymentStatus.AWAITING_TRANSFER or attempt is None:
        raise PaymentUnknown("this payment does not wait for a transfer")
    claim = claims.claim_by_id(tenant=tenant, claim_id=payment.claim_id)
    language = translation.get_language() if has_chosen(request) else known(payment.language)
    with translation.override(language):
        content = _pdf(tenant, payment, claim, berlin_day(attempt.changed_at))
        name = f"{_('zahlung')}-{claim.kassenzeichen}.pdf"
    headers = {"Content-Disposition": f'inline; filename="{name}"'}
    return HttpResponse(content, content_type="application/pdf", headers=headers)


def _pdf(tenant: Tenant, payment: Payment, claim: Claim, written_on: date) -> bytes:
    account = tenancy.bank_accounts(tenant=tenant)[0]
    said = {"amount": money(payment.amount), "number": claim.kassenzeichen, "day": _day(claim.due_on)}
    facts = [
        (_("Wofür"), said_purpose(tenant, claim, payment)),
        (_("Betrag"), said["amount"]),
        *([(_("Zahlbar bis"), said["day"])] if claim.due_on else []),
        (_("Empfänger"), account.holder),
        ("IBAN", in_fours(account.iban)),
        ("BIC", account.bic),
        (_("Verwendungszweck"), claim.kassenzeichen),
    ]
    words = {
        "title": _("Bitte überweisen"),
        "ask": (
            _("Bitte überweisen Sie %(amount)s bis zum %(day)s. Geben Sie als Verwendungszweck nur %(number)s an.")
            if claim.due_on
            else _("Bitte überweisen Sie %(amount)s. Geben Sie als Verwendungszweck nur %(number)s an.")
        )
        % said,
        "scan": _("GiroCode für Ihre Banking-App"),
        "code": _(
            "GiroCode: ein QR-Code mit allen Angaben dieser Überweisung. Sie stehen auch als Text auf der Seite."
        ),
        "reminder": _(
            "Sie haben schon überwiesen? Dann müssen Sie nichts mehr tun. Die Zuordnung dauert ein bis zwei "
            "Bankarbeitstage."
        ),
        "test": _("Testmodus: Bitte kein echtes Geld überweisen."),
    }
    data = printable(
        {
            "language": translation.get_language().partition("-")[0],
            "town": tenant.name,
            "unit": None if hides(payment) else unit_of(tenant, claim),
            "colour": look_of(tenant.name, tenant.settings).colour,
            "kassenzeichen": claim.kassenzeichen,
            "facts": facts,
            "words": words,
            "test": tenant.mode == "test",
            "written_on": [written_on.year, written_on.month, written_on.day],
        }
    ) | {"code": girocode.svg(account=account, amount=payment.amount, remittance=claim.kassenzeichen, inline=False)}
    return write_pdf("invoice", data)


def _day(day: date | None) -> str:
    return f"{day:%d.%m.%Y}" if day else ""
