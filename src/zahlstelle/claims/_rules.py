"""Kassenzeichen, pools and what a sound claim is. No IO."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from zahlstelle.kernel import CheckMethod, InputRefused, Money, Refusal, checkdigits
from zahlstelle.tenancy import Repayment


class ClaimStatus(StrEnum):
    """What the outside sees of a claim."""

    OPEN = "open"
    PARTLY_SETTLED = "partly_settled"
    SETTLED = "settled"


class LineKind(StrEnum):
    """What a line of a claim is, as the law on repayment tells them apart."""

    FINE = "fine"  # Geldbuße, Zwangsgeld
    PRINCIPAL = "principal"  # Hauptforderung
    COSTS = "costs"  # Kosten, Mahngebühren
    LATE_FILING = "late_filing"  # Verspätungszuschlag
    INTEREST = "interest"  # Zinsen
    LATE_FEE = "late_fee"  # Säumniszuschlag


class AmountNotPositive(InputRefused):
    """A claim is for more than zero."""

    code = "amount_not_positive"


class LinesDiffer(InputRefused):
    """The lines of the claim do not add up to its amount."""

    code = "lines_differ"


class KassenzeichenWrong(InputRefused):
    """The Kassenzeichen has a shape that nobody could pay with."""

    code = "kassenzeichen_wrong"


@dataclass(frozen=True, slots=True)
class Pool:
    """A pool of Kassenzeichen: prefix, counter of `digits` digits, check digit."""

    id: UUID
    name: str
    prefix: str
    digits: int
    method: CheckMethod

    @property
    def length(self) -> int:
        """How many digits a Kassenzeichen of this pool has."""
        return len(self.prefix) + self.digits + checkdigits.width(self.method)

    @property
    def notices_swaps(self) -> bool:
        """Whether the check digit notices every single mistake: a wrong digit, and two neighbours swapped."""
        return self.method in (CheckMethod.MOD11, CheckMethod.MOD97)

    def kassenzeichen(self, counter: int) -> str | None:
        """Write the Kassenzeichen of a counter; None for a counter whose check digit does not exist (MOD11)."""
        payload = f"{self.prefix}{counter:0{self.digits}d}"
        if len(payload) > len(self.prefix) + self.digits:
            raise PoolExhausted(f"pool {self.name!r} has no number left")
        digit = checkdigits.check_digit(payload, self.method)
        return payload + digit if len(digit) == checkdigits.width(self.method) else None

    def shaped(self, number: str) -> bool:
        """Say whether the number looks like one of this pool, whatever its check digit."""
        return number.isdigit() and len(number) == self.length and number.startswith(self.prefix)

    def valid(self, number: str) -> bool:
        """Say whether the number is one of this pool, check digit included."""
        return self.shaped(number) and checkdigits.is_valid(number, self.method)


class PoolExhausted(Refusal):
    """The pool has given out its last number: someone has to add a pool."""

    code = "pool_exhausted"


@dataclass(frozen=True, slots=True)
class Service:
    """A service of the catalogue (Leistung). No fee means that the amount is told with the claim."""

    id: UUID
    key: str
    unit: str | None
    pool: str
    name: Mapping[str, str]
    description: Mapping[str, str]
    fee: Money | None
    posting: Mapping[str, Any]
    public: bool

    def named(self, language: str) -> str:
        """Say the service's name in the language, German where there is none."""
        return self.name.get(language) or self.name["de"]

    def described(self, language: str) -> str:
        """Say what the service is, in the language, German where there is none; empty if nothing is said."""
        return self.description.get(language) or self.description.get("de", "")


_SEPARATORS = re.compile(r"[\s./\-]+")
_SHAPE = re.compile(r"[A-Z0-9]{6,35}")


def normalised(kassenzeichen: str) -> str:
    """Take away what people put between the digits: blanks, dots, slashes, hyphens."""
    return _SEPARATORS.sub("", kassenzeichen).upper()


def checked(kassenzeichen: str, pools: Iterable[Pool]) -> str:
    """Check a Kassenzeichen that came from outside.

    Raises KassenzeichenWrong for its shape and CheckDigitWrong where a pool it belongs to asks for another check digit.
    """
    number = normalised(kassenzeichen)
    if not _SHAPE.fullmatch(number):
        raise KassenzeichenWrong(f"{kassenzeichen!r}: 6 to 35 digits or capital letters")
    own = [pool for pool in pools if pool.shaped(number)]
    if own and not any(pool.valid(number) for pool in own):
        raise checkdigits.CheckDigitWrong(f"{kassenzeichen}: the check digit is wrong. Please compare the number.")
    return number


def sound(amount: Money, lines: Sequence[Money]) -> None:
    """Check amount and lines. Raises AmountNotPositive, LinesDiffer."""
    if amount.cents <= 0 or any(line.cents <= 0 for line in lines):
        raise AmountNotPositive(f"{amount}: a claim is for more than zero")
    if any(line.currency != amount.currency for line in lines) or sum(line.cents for line in lines) != amount.cents:
        raise LinesDiffer(f"the lines do not add up to {amount}")


_K = LineKind
# § 225 (2) AO: fines, taxes, costs, late-filing surcharges, interest, late fees. § 367 (1) BGB: costs, interest,
# principal; what only public law knows stands there before the principal, as what was incurred because of it.
ORDER: Mapping[Repayment, Sequence[LineKind]] = {
    Repayment.PUBLIC_LAW: (_K.FINE, _K.PRINCIPAL, _K.COSTS, _K.LATE_FILING, _K.INTEREST, _K.LATE_FEE),
    Repayment.PRIVATE_LAW: (_K.COSTS, _K.LATE_FILING, _K.INTEREST, _K.LATE_FEE, _K.FINE, _K.PRINCIPAL),
}


def repay(
    lines: Sequence[tuple[int, LineKind, int]],
    paid: Mapping[int, int],
    cents: int,
    order: Repayment,
    first: Sequence[int] = (),
) -> Sequence[tuple[int, int]]:
    """Divide cents over a claim's lines: the debtor's own choice first, then by kind, then in the lines' order.

    Lines are (number, kind, cents), `paid` is what each has got so far. More than is open of all lines is a defect.
    """
    places = {kind: place for place, kind in enumerate(ORDER[order])}
    chosen = {number: place for place, number in enumerate(first)}
    queue = sorted(lines, key=lambda line: (chosen.get(line[0], len(chosen)), places[line[1]], line[0]))
    shares = []
    for number, _, amount in queue:
        share = min(cents, amount - paid.get(number, 0))
        if share > 0:
            shares.append((number, share))
            cents -= share
    if cents:
        raise ValueError(f"{cents} cents are more than is open of the lines")
    return sorted(shares)
