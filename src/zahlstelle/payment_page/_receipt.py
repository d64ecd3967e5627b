"""The receipt (Quittung): one PDF that is for archives (PDF/A-3a) and for everyone (PDF/UA-1), set by Typst.

The template is fixed and the data goes in beside it as JSON, so that no text of a claim is read as a command.
"""

import json
import unicodedata
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import typst
from django.utils import translation
from django.utils.translation import gettext as _

from zahlstelle.claims import Claim
from zahlstelle.kernel import BERLIN
from zahlstelle.payments import Attempt, Payment
from zahlstelle.tenancy import Tenant
from zahlstelle.web.look import look_of
from zahlstelle.web.tags import moment, money

from ._words import method_for

_TEMPLATE = Path(__file__).with_name("receipt.typ")
# Latin, Greek and Cyrillic with everything DIN 91379 lists, punctuation, currencies: the fonts have all of it. An
# archive file must not contain a character without a picture, so any other is shown as a replacement character.
_LETTERS = ((0x20, 0x4FF), (0x1E00, 0x1FFF), (0x2010, 0x2027), (0x2030, 0x203E), (0x20A0, 0x20BF), (0x2190, 0x2193))


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


def receipt_of(tenant: Tenant, claim: Claim, payment: Payment, attempt: Attempt, unit: str | None) -> Receipt:
    """Say in the active language what was paid. The attempt's last change is the moment it became paid."""
    return Receipt(
        language=translation.get_language(),
        town=tenant.name,
        colour=look_of(tenant.name, tenant.settings).colour,
        unit=unit,
        facts=[
            (_("Kassenzeichen"), claim.kassenzeichen),
            (_("Bezahlt am"), moment(attempt.changed_at)),
            (_("Zahlungsart"), str(method_for(attempt.method).name)),
            (_("Zahlungsnummer"), str(payment.id)),
        ],
        lines=_lines(claim, payment),
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
    data = _printable(asdict(receipt) | {"paid_at": [paid_at.year, paid_at.month, paid_at.day]})
    content = typst.compile(
        str(_TEMPLATE),
        root=str(_TEMPLATE.parent),
        ignore_system_fonts=True,
        format="pdf",
        sys_inputs={"receipt": json.dumps(data)},
        pdf_standards=["a-3a", "ua-1"],
        timestamp=int(receipt.paid_at.timestamp()),
    )
    return bytes(content)


def _printable(value: Any) -> Any:
    """Leave only characters the receipt can show, in every text of the data."""
    match value:
        case str():
            return "".join(map(_shown, unicodedata.normalize("NFC", value)))
        case dict():
            return {key: _printable(each) for key, each in value.items()}
        case list() | tuple():
            return [_printable(each) for each in value]
    return value


def _shown(character: str) -> str:
    kind = unicodedata.category(character)
    if kind == "Cf":  # marks without a picture, such as those that turn the direction of writing
        return ""
    if kind == "Cc":
        return " "
    known = kind != "Cn" and any(first <= ord(character) <= last for first, last in _LETTERS)
    return character if known else "\N{REPLACEMENT CHARACTER}"
