"""What is to be paid by transfer (Zahlung auf Rechnung), as a PDF to keep or to print: until when, and how.

It is no claim and no notice (Bescheid): those are the town's own letters. It says what the page says.
"""

from collections.abc import Mapping, Sequence
from datetime import date

from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from zahlstelle import payments, tenancy
from zahlstelle.kernel import berlin_day
from zahlstelle.payments import PaymentStatus, PaymentUnknown
from zahlstelle.tenancy import Tenant
from zahlstelle.web.language import has_chosen, known
from zahlstelle.web.look import look_of
from zahlstelle.web.tags import in_fours, money

from ._fees import Fee, Transfer, fees_of, transfers_of, units_of
from ._frame import friendly
from ._pdf import printable, write_pdf
from ._standing import latest


@require_safe
@friendly
def invoice(request: HttpRequest, token: str) -> HttpResponse:
    """Hand out what is to be transferred; for a payment that does not wait for a transfer there is none."""
    tenant, payment = payments.payment_by_token(token)
    attempt = latest(tenant, payment.id)
    if payment.status is not PaymentStatus.AWAITING_TRANSFER or attempt is None:
        raise PaymentUnknown("this payment does not wait for a transfer")
    language = translation.get_language() if has_chosen(request) else known(payment.language)
    with translation.override(language):
        fees = fees_of(tenant, payment)
        content = _pdf(tenant, fees, berlin_day(attempt.changed_at))
        name = f"{_('zahlung')}-{fees[0].claim.kassenzeichen}.pdf"
    headers = {"Content-Disposition": f'inline; filename="{name}"'}
    return HttpResponse(content, content_type="application/pdf", headers=headers)


def _pdf(tenant: Tenant, fees: Sequence[Fee], written_on: date) -> bytes:
    account = tenancy.bank_accounts(tenant=tenant)[0]
    transfers = transfers_of(tenant, fees, inline=False)
    due_on = transfers[0].due_on if len(transfers) == 1 else None
    said = {"amount": money(transfers[0].amount), "number": transfers[0].remittance, "day": _day(due_on)}
    facts = [
        (_("Wofür"), "; ".join(fee.purpose for fee in fees)),
        *([(_("Betrag"), said["amount"])] if len(transfers) == 1 else []),
        *([(_("Zahlbar bis"), said["day"])] if due_on else []),
        (_("Empfänger"), account.holder),
        ("IBAN", in_fours(account.iban)),
        ("BIC", account.bic),
        *_remittances(transfers),
    ]
    words = {
        "title": _("Bitte überweisen"),
        "ask": _ask(transfers, said),
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
            "unit": units_of(fees),
            "colour": look_of(tenant.name, tenant.settings).colour,
            "kassenzeichen": fees[0].claim.kassenzeichen,
            "facts": facts,
            "words": words,
            "test": tenant.mode == "test",
            "written_on": [written_on.year, written_on.month, written_on.day],
        }
    ) | {"code": transfers[0].girocode if len(transfers) == 1 else None}
    return write_pdf("invoice", data)


def _remittances(transfers: Sequence[Transfer]) -> list[tuple[str, str]]:
    if len(transfers) == 1:
        return [(_("Verwendungszweck"), transfers[0].remittance)]
    return [(money(one.amount), _("Verwendungszweck") + ": " + one.remittance) for one in transfers]


def _ask(transfers: Sequence[Transfer], said: Mapping[str, str]) -> str:
    if len(transfers) > 1:
        return _("Bitte überweisen Sie jeden Betrag einzeln. Geben Sie als Verwendungszweck nur sein Kassenzeichen an.")
    if said["day"]:
        asked = _("Bitte überweisen Sie %(amount)s bis zum %(day)s. Geben Sie als Verwendungszweck nur %(number)s an.")
    else:
        asked = _("Bitte überweisen Sie %(amount)s. Geben Sie als Verwendungszweck nur %(number)s an.")
    return asked % said


def _day(day: date | None) -> str:
    return f"{day:%d.%m.%Y}" if day else ""
