"""Money is integer cents and a currency; decimals live at the edge, floats nowhere."""

import re
from dataclasses import dataclass

from .refusal import InputRefused

_GERMAN = re.compile(r"-?([0-9]{1,3}(\.[0-9]{3})+|[0-9]+)(,[0-9]{1,2})?")
_PLAIN = re.compile(r"(-?[0-9]{1,16})(?:\.([0-9]+))?")
_CURRENCY = re.compile(r"[A-Z]{3}")


class MoneyUnreadable(InputRefused):
    """The text is no amount of whole cents."""

    code = "amount_unreadable"


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """An amount in cents and its currency (ISO 4217)."""

    cents: int
    currency: str = "EUR"

    def __post_init__(self) -> None:
        if type(self.cents) is not int:
            raise TypeError(f"cents are whole numbers, not {type(self.cents).__name__}")
        if not _CURRENCY.fullmatch(self.currency):
            raise MoneyUnreadable(f"{self.currency!r} is not a currency code")

    @classmethod
    def parse(cls, text: str, currency: str = "EUR") -> "Money":
        """Read `12.34`. Refuses what is not a whole number of cents."""
        read = _PLAIN.fullmatch(text)
        if read is None:
            raise MoneyUnreadable(f"{text[:40]!r} is not an amount")
        whole, decimals = read[1], (read[2] or "").rstrip("0")
        if len(decimals) > 2:
            raise MoneyUnreadable(f"{text[:40]!r} is not a whole number of cents")
        return cls(int(f"{whole}{decimals:0<2}"), currency)

    @classmethod
    def parse_german(cls, text: str, currency: str = "EUR") -> "Money":
        """Read what a person types: `1.234,56`, `12,5`, `12`."""
        typed = text.strip().removesuffix("€").strip()
        if not _GERMAN.fullmatch(typed):
            raise MoneyUnreadable(f"{text!r} is not an amount")
        return cls.parse(typed.replace(".", "").replace(",", "."), currency)

    def __bool__(self) -> bool:
        raise TypeError("ask `is_zero`: the truth of an amount is ambiguous")

    @property
    def is_zero(self) -> bool:
        return self.cents == 0

    def __add__(self, other: "Money") -> "Money":
        return Money(self.cents + self._same(other).cents, self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.cents - self._same(other).cents, self.currency)

    def __neg__(self) -> "Money":
        return Money(-self.cents, self.currency)

    def __lt__(self, other: "Money") -> bool:
        return self.cents < self._same(other).cents

    def __le__(self, other: "Money") -> bool:
        return self.cents <= self._same(other).cents

    def __gt__(self, other: "Money") -> bool:
        return self.cents > self._same(other).cents

    def __ge__(self, other: "Money") -> bool:
        return self.cents >= self._same(other).cents

    def _same(self, other: "Money") -> "Money":
        if other.currency != self.currency:
            raise TypeError(f"{self.currency} and {other.currency} do not mix")
        return other

    def split(self, parts: int) -> list["Money"]:
        """Divide into `parts` that differ by at most one cent and add up exactly."""
        if parts < 1:
            raise ValueError("an amount is split into at least one part")
        share, rest = divmod(abs(self.cents), parts)
        sign = -1 if self.cents < 0 else 1
        return [Money(sign * (share + (1 if n < rest else 0)), self.currency) for n in range(parts)]

    @property
    def plain(self) -> str:
        """Say `1234.56`, as files and interfaces write it."""
        whole, cents = divmod(abs(self.cents), 100)
        return f"{'-' if self.cents < 0 else ''}{whole}.{cents:02d}"

    def german(self) -> str:
        """Say `1.234,56 €`, as people in Germany read it."""
        return f"{self._grouped('.', ',')} {'€' if self.currency == 'EUR' else self.currency}"

    def english(self) -> str:
        """Say `€1,234.56`."""
        sign = "€" if self.currency == "EUR" else f"{self.currency} "
        figure = self._grouped(",", ".")
        return f"-{sign}{figure[1:]}" if figure.startswith("-") else f"{sign}{figure}"

    def _grouped(self, thousands: str, decimal: str) -> str:
        whole, cents = divmod(abs(self.cents), 100)
        figure = f"{whole:,}".replace(",", thousands)
        return f"{'-' if self.cents < 0 else ''}{figure}{decimal}{cents:02d}"

    def __str__(self) -> str:
        return f"{self.plain} {self.currency}"


def eur(text: str) -> Money:
    """Read an amount in euro: `eur("12.34")`."""
    return Money.parse(text)
