"""The receipt (Quittung)."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from django.utils import translation
from django.utils.translation import gettext as _

from zahlstelle.claims import Claim
from zahlstelle.kernel import BERLIN
from zahlstelle.payments import Attempt, Payment, PaymentUnknown, Status
from zahlstelle.tenancy import Tenant
from zahlstelle.web.language import known
from zahlstelle.web.look import look_of
from zahlstelle.web.tags import moment, money

from ._fees import Fee, fees_of, hides, units_of
from ._pdf import printable, write_pdf
from ._standing import latest
from ._words import method_for


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the receipt says: texts as they are printed, in its language."""

    language: str
    town: str
    colour: str
    unit: str | None
    facts: Sequence[tuple[str, str]]
    lines: Sequence[tuple[str, str]]
    total: str
    words: dict[str, str]
    test: bool
    paid_at: datetime


def file_of(tenant: Tenant, payment: Payment) -> tuple[str, bytes]:
    """Give the receipt's name and PDF, in the payment's language. Raises PaymentUnknown unless it is paid."""
    attempt = latest(tenant, payment.id)
    if attempt is None or attempt.status is not Status.PAID:
        raise PaymentUnknown("there is a receipt only for what is paid")
    with translation.override(known(payment.language)):
        fees = fees_of(tenant, payment, attempt)
        content = pdf(receipt_of(tenant, fees, payment, attempt))
        return f"{_('quittung')}-{fees[0].claim.kassenzeichen}.pdf", content


def receipt_of(tenant: Tenant, fees: Sequence[Fee], payment: Payment, attempt: Attempt) -> Receipt:
    """Say in the active language what was paid. The attempt's last change is the moment it became paid."""
    in_full = len(fees) == 1 and not hides(payment, attempt)
    return Receipt(
        language=translation.get_language().partition("-")[0],
        town=tenant.name,
        colour=look_of(tenant.name, tenant.settings).colour,
        unit=units_of(fees),
        facts=[
            (_("Kassenzeichen"), ", ".join(fee.claim.kassenzeichen for fee in fees)),
            (_("Bezahlt am"), moment(attempt.changed_at)),
            (_("Zahlungsart"), str(method_for(attempt.method).name)),
            (_("Zahlungsnummer"), str(payment.id)),
        ],
        lines=_lines(fees[0].claim, payment) if in_full else [_line(fee) for fee in fees],
        total=money(payment.amount),
        words=_fixed_words(),
        test=tenant.mode == "test",
        paid_at=attempt.changed_at,
    )


def _lines(claim: Claim, payment: Payment) -> list[tuple[str, str]]:
    """List the claim's lines where this payment paid all of them, else what it paid as one line."""
    if payment.amount == claim.amount:
        return [(line.text, money(line.amount)) for line in claim.lines]
    return [(_("Restbetrag: %(purpose)s") % {"purpose": claim.purpose}, money(payment.amount))]


def _line(fee: Fee) -> tuple[str, str]:
    """Say a fee of a basket: its Kassenzeichen, what it is for, and whether it is given back."""
    said = {"purpose": fee.purpose, "number": fee.claim.kassenzeichen}
    if fee.surplus:
        return _("%(number)s: %(purpose)s (war schon bezahlt, wir geben es zurück)") % said, money(fee.amount)
    if fee.amount != fee.claim.amount:
        return _("%(number)s: Restbetrag %(purpose)s") % said, money(fee.amount)
    return f"{fee.claim.kassenzeichen}: {fee.purpose}", money(fee.amount)


def _fixed_words() -> dict[str, str]:
    return {
        "title": _("Quittung"),
        "service": _("Leistung"),
        "amount": _("Betrag"),
        "total": _("Bezahlt"),
        "thanks": _("Wir haben Ihre Zahlung erhalten. Bitte bewahren Sie diese Quittung auf."),
        "test": _("Testmodus: Es ist kein echtes Geld geflossen. Diese Quittung gilt nicht."),
        "valid": _("Diese Quittung wurde elektronisch erstellt und ist ohne Unterschrift gültig."),
    }


def pdf(receipt: Receipt) -> bytes:
    """Set the receipt. The same data gives the same bytes."""
    paid_at = receipt.paid_at.astimezone(BERLIN)
    data = printable(asdict(receipt)) | {"paid_at": [paid_at.year, paid_at.month, paid_at.day]}
    return write_pdf("receipt", data, timestamp=int(receipt.paid_at.timestamp()))
