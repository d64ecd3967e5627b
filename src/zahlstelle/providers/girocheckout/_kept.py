"""Reads what GiroCheckout says of kept cards (Pseudo-Kartennummer, pkn). Pure; whatever is odd makes no card of it."""

import re
from collections.abc import Mapping
from datetime import date, timedelta

from zahlstelle.payments import INSTRUMENT_GONE, KeptInstrument, NoAnswer, NothingKept, NotStarted, Started

from ._words import VendorCode

_PKN = re.compile(r"[0-9A-Za-z_-]{8,64}")
# Its first digits may be there, its last four are; what lies between must be hidden, or it is a card number.
_MASKED = re.compile(r"([0-9]{0,6})[*xX.]{4,}([0-9]{4})")
_MONTH = re.compile(r"0?[1-9]|1[0-2]")
_YEAR = re.compile(r"(20)?([0-9]{2})")
_BRANDS = (("3[47]", "American Express"), ("4", "Visa"), ("5[1-5]|2[2-7]", "Mastercard"))
GONE = frozenset({VendorCode.R5102, VendorCode.R4106})  # it has no such card (any more), or none of this merchant


def usable(handle: str) -> bool:
    """Say whether a name has the shape of a kept card's: `create` would keep another one."""
    return _PKN.fullmatch(handle) is not None


def kept(said: Mapping[str, str]) -> KeptInstrument | NothingKept | NoAnswer:
    """Read the answer to `creditcard/pkninfo`."""
    if said["rc"] == VendorCode.R5102:
        return NothingKept()
    if said["rc"] != VendorCode.R0:
        return NoAnswer(f"rc {said['rc']}")
    masked = _MASKED.fullmatch(said.get("cardnumber", ""))
    last_day = _last_day(said.get("expiremonth", ""), said.get("expireyear", ""))
    if masked is None or last_day is None or not usable(said.get("pkn", "")):
        return NoAnswer("kept card unreadable")
    return KeptInstrument(said["pkn"], _brand(masked[1]), masked[2], last_day)


def charged(answer: Started | NotStarted | NoAnswer) -> Started | NotStarted | NoAnswer:
    """Read the answer to a start with a kept card: that GiroCheckout no longer has it is a word of ours."""
    gone = isinstance(answer, NotStarted) and answer.reason in GONE
    return NotStarted(INSTRUMENT_GONE) if gone else answer


def _brand(first: str) -> str:
    """Name the brand by the first digits; empty where they do not tell."""
    return next((brand for pattern, brand in _BRANDS if re.match(pattern, first)), "")


def _last_day(month: str, year: str) -> date | None:
    """The last day of the month a card names."""
    found = _YEAR.fullmatch(year)
    if found is None or not _MONTH.fullmatch(month):
        return None
    full, number = 2000 + int(found[2]), int(month)
    return date(full + number // 12, number % 12 + 1, 1) - timedelta(days=1)
