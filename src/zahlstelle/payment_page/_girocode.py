"""The GiroCode of a bank transfer: EPC069-12, version 002, as banking apps read it."""

from decimal import Decimal

import segno.helpers

from zahlstelle.kernel import Money
from zahlstelle.tenancy import BankAccount

_QUIET_ZONE = 4  # modules, ISO/IEC 18004
_NAME_LENGTH = 70  # EPC069-12, AT-21


def svg(*, account: BankAccount, amount: Money, remittance: str) -> str | None:
    """Draw the code, black on white, for a page. The payee's name is the one the bank compares, to the letter.

    None for what a GiroCode cannot say: another currency than euro, or a payee's name of more than 70 characters.
    """
    if amount.currency != "EUR" or len(account.holder) > _NAME_LENGTH:
        return None
    code = _code(account, amount, remittance)
    return str(code.svg_inline(border=_QUIET_ZONE, omitsize=True, light="#fff", svgclass=None, lineclass=None))


def _code(account: BankAccount, amount: Money, remittance: str) -> "segno.QRCode":
    return segno.helpers.make_epc_qr(
        name=account.holder,
        iban=account.iban,
        bic=account.bic,
        amount=Decimal(amount.plain),
        text=remittance,
        encoding="utf-8",
    )
