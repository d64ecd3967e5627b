"""What a citizen may write into a free text field. No IO."""

import re

from zahlstelle.kernel import CardNumberTyped
from zahlstelle.kernel.checkdigits import CheckMethod, is_valid

# Digits as people group them on a card: single spaces, dots, hyphens and slashes between them.
_ROW = re.compile(r"\d(?:[\s.\-/\u2010-\u2015]?\d)*")
_SHORTEST, _LONGEST = 12, 19  # ISO/IEC 7812-1; the card schemes' numbers begin with 2 to 6
_FIRST = frozenset("23456")


def without_card_number(typed: str) -> str:
    """Give a text back as it is. Raises CardNumberTyped where it may hold a card number.

    A row of digits that is longer than a card number is looked at piece by piece, so that digits before or after do not
    hide one. A name has no such rows of digits: to refuse one that only looks like a card number harms nobody.
    """
    for row in _ROW.finditer(typed):
        digits = "".join(str(int(each)) for each in row[0] if each.isdecimal())
        if any(_is_card(digits[start:end]) for start, end in _pieces(len(digits))):
            raise CardNumberTyped("a free text field takes no card number")
    return typed


def _pieces(length: int) -> list[tuple[int, int]]:
    return [
        (start, start + wide) for wide in range(_SHORTEST, _LONGEST + 1) for start in range(max(0, length - wide + 1))
    ]


def _is_card(digits: str) -> bool:
    return digits[0] in _FIRST and is_valid(digits, CheckMethod.LUHN)
