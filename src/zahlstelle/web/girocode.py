"""The GiroCode of a bank transfer: EPC069-12, version 002, as banking apps read it."""

import io
from decimal import Decimal

import segno.helpers

from zahlstelle.kernel import Money, checkdigits
from zahlstelle.tenancy import BankAccount

_QUIET_ZONE = 4  # modules, ISO/IEC 18004
_NAME_LENGTH = 70  # EPC069-12, AT-21
_MOST_CENTS = 99_999_999_999  # EPC069-12, AT-04


def svg(*, account: BankAccount, amount: Money, remittance: str, inline: bool = True) -> str | None:
    """Draw the code, black on white: for a page, or (not `inline`) as a picture of its own.

    The payee's name is the one the bank compares, to the letter. None for what a GiroCode cannot say: another currency
    than euro, an amount it has no room for, or a payee's name of more than 70 characters.
    """
    if amount.currency != "EUR" or not 0 < amount.cents <= _MOST_CENTS or len(account.holder) > _NAME_LENGTH:
        return None
    code = _code(account, amount, remittance)
    if inline:
        return str(code.svg_inline(border=_QUIET_ZONE, omitsize=True, light="#fff", svgclass=None, lineclass=None))
    picture = io.BytesIO()
    code.save(picture, kind="svg", border=_QUIET_ZONE, light="#fff", svgclass=None, lineclass=None)
    return picture.getvalue().decode()


def _code(account: BankAccount, amount: Money, remittance: str) -> "segno.QRCode":
    """Write a creditor reference (ISO 11649) where the code has its own line for it, anything else as text."""
    structured = checkdigits.rf_is_valid(remittance)
    return segno.helpers.make_epc_qr(
        name=account.holder,
        iban=account.iban,
        bic=account.bic,
        amount=Decimal(amount.plain),
        text=None if structured else remittance,
        reference=remittance if structured else None,
        encoding="utf-8",
    )
