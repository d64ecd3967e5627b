"""Check digits of a Kassenzeichen: they turn a mistyped digit into a named doubt instead of wrong money.

Methods: Luhn (ISO/IEC 7812-1), modulus 11 with weights 2 to 7 from the right, ISO 7064 MOD 11,10,
ISO 7064 MOD 97-10 (two digits, as in RF references of ISO 11649 and in IBANs).
"""

from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from itertools import accumulate
from operator import mul

from .refusal import InputRefused


class CheckMethod(StrEnum):
    """How a pool of Kassenzeichen makes its check digit; the values stand in town files."""

    NONE = "none"
    LUHN = "luhn"
    MOD11 = "mod11"
    ISO7064_11_10 = "iso7064_11_10"
    MOD97 = "mod97"


class CheckDigitWrong(InputRefused):
    """The Kassenzeichen does not carry the check digit its pool asks for."""

    code = "check_digit_wrong"


def check_digit(payload: str, method: CheckMethod) -> str:
    """Make the check digit(s) of `payload` (digits only). Empty for NONE.

    MOD11 has no digit for a remainder of 1 and says so by an empty answer: such a number is not given out.
    """
    if not payload.isascii() or not payload.isdigit():
        raise ValueError(f"{payload!r} is not a row of digits")
    return _MAKES[method](payload)


def width(method: CheckMethod) -> int:
    """Tell how many digits the method adds."""
    return _WIDTHS.get(method, 1)


_WIDTHS = {CheckMethod.NONE: 0, CheckMethod.MOD97: 2}


def is_valid(number: str, method: CheckMethod) -> bool:
    """Say whether the last digit(s) of `number` are the right check digit(s)."""
    wide = width(method)
    if not number.isascii() or not number.isdigit() or len(number) <= wide:
        return False
    if method is CheckMethod.NONE:
        return True
    return _MAKES[method](number[:-wide]) == number[-wide:]


NOTICE_EVERY_SWAP = frozenset({CheckMethod.MOD11, CheckMethod.MOD97})


def silent_swaps(number: str, method: CheckMethod) -> Iterator[str]:
    """Give the numbers that become `number` when two neighbouring digits are swapped and the check digit stays silent.

    MOD11 and MOD97 notice every such swap. Luhn misses 09 and 90; ISO 7064 MOD 11,10 misses about one in fifty;
    without a check digit nothing is noticed. A single wrong digit is noticed by every method.
    """
    if method in NOTICE_EVERY_SWAP:
        return
    product = 10
    for n in range(len(number) - 1):
        first, second = number[n], number[n + 1]
        inside = n + 2 < len(number)  # the check digit itself is not one of the two
        match method:
            case CheckMethod.LUHN:
                may = {first, second} == {"0", "9"}
            case CheckMethod.ISO7064_11_10:
                swapped = _step(_step(product, second), first)
                product = _step(product, first)
                may = not inside or swapped == _step(product, second)
            case _:
                may = True
        before = number[:n] + second + first + number[n + 2 :]
        if may and first != second and is_valid(before, method):
            yield before


def _luhn(payload: str) -> str:
    total = 0
    for position, digit in enumerate(reversed(payload)):
        value = int(digit) * (2 if position % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return str(-total % 10)


_WEIGHTS = (2, 3, 4, 5, 6, 7) * 10
_ZEROS = tuple(accumulate((weight * ord("0") for weight in _WEIGHTS), initial=0))  # what characters add to digits


def _mod11(payload: str) -> str:
    long = len(payload)
    weights = _WEIGHTS if long <= len(_WEIGHTS) else _WEIGHTS * (long // len(_WEIGHTS) + 1)
    zeros = _ZEROS[long] if long < len(_ZEROS) else sum(weights[:long]) * ord("0")
    remainder = (sum(map(mul, payload.encode("ascii")[::-1], weights)) - zeros) % 11
    if remainder == 1:
        return ""
    return str((11 - remainder) % 11)


def _iso7064_11_10(payload: str) -> str:
    product = 10
    for digit in payload:
        product = _step(product, digit)
    return str((11 - product) % 10)


def _step(product: int, digit: str) -> int:
    return ((int(digit) + product) % 10 or 10) * 2 % 11


def _mod97(payload: str) -> str:
    return f"{98 - int(payload) * 100 % 97:02d}"


_MAKES: Mapping[CheckMethod, Callable[[str], str]] = {
    CheckMethod.NONE: lambda _payload: "",
    CheckMethod.LUHN: _luhn,
    CheckMethod.MOD11: _mod11,
    CheckMethod.ISO7064_11_10: _iso7064_11_10,
    CheckMethod.MOD97: _mod97,
}


def rf_reference(kassenzeichen: str) -> str:
    """Write a Kassenzeichen as a creditor reference `RFkk...` (ISO 11649)."""
    return f"RF{98 - _rf_number(kassenzeichen + 'RF00') % 97:02d}{kassenzeichen.upper()}"


def rf_is_valid(reference: str) -> bool:
    """Say whether `RFkk...` carries its right check digits (ISO 11649, at most 25 characters)."""
    text = reference.replace(" ", "").upper()
    if not 5 <= len(text) <= 25 or not text.startswith("RF") or not (text.isascii() and text.isalnum()):
        return False
    return text[2:4].isdigit() and _rf_number(text[4:] + text[:4]) % 97 == 1


def _rf_number(text: str) -> int:
    return int("".join(str(int(character, 36)) for character in text))
