"""Card numbers where they do not belong: no card number is ever kept here. No IO."""

import re

from .checkdigits import CheckMethod, is_valid
from .refusal import InputRefused


class CardNumberTyped(InputRefused):
    """A card number was typed where a name or a purpose belongs; it is neither kept nor shown again."""

    code = "card_number_typed"


# Digits as people group them on a card: single spaces, dots, hyphens and slashes between them.
_ROW = re.compile(r"(?<!\d)\d(?:[\s.\-/\u2010-\u2015]?\d){12,18}(?![\s.\-/\u2010-\u2015]?\d)")
# Beginnings and lengths of the schemes' numbers (ISO/IEC 7812): Visa, Mastercard, Maestro, American Express, Diners,
# JCB, Discover and UnionPay.
_SCHEMES = re.compile(
    r"4(?:\d{12}|\d{15}|\d{18})|5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}"
    r"|(?:5[0678]|6[0-9])\d{11,17}|3[47]\d{13}|3(?:0[0-5]|[689]\d)\d{11}|35\d{14}"
)


def holds_card_number(text: str) -> bool:
    """Say whether a text holds what is a card number by its beginning, its length and its check digit.

    Only a whole row of digits is looked at, so that other long numbers, of a file or a meter, are seldom taken for one.
    """
    rows = ("".join(str(int(each)) for each in row[0] if each.isdecimal()) for row in _ROW.finditer(text))
    return any(_SCHEMES.fullmatch(digits) and is_valid(digits, CheckMethod.LUHN) for digits in rows)
