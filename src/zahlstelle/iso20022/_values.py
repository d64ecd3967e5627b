"""Words of the message into values: amounts, sides, days. Pure."""

from __future__ import annotations

import re
from datetime import date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from ._records import Side

_DECIMAL = re.compile(r"\+?([0-9]*)\.?([0-9]*)")
_DAY = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(Z|[+-][0-9]{2}:[0-9]{2})?")
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})?")
MAX_DIGITS = 16  # of whole units; ISO 20022 allows 18 digits in all

SIDES: dict[str, Side] = {"CRDT": "credit", "DBIT": "debit"}


def cents(text: str) -> int:
    """Hundredths of `text`, a decimal number of ISO 20022 without sign.

    Raises ValueError with the reason: not a number, too long, or no whole number of hundredths.
    Zeros at the end are fine (12.34000); nothing is ever rounded.
    """
    whole, _, fraction = text.partition(".")
    if len(fraction) == 2:
        digits = whole + fraction
        if digits.isascii() and digits.isdecimal() and len(whole) <= MAX_DIGITS:
            return int(digits)
    return _careful_cents(text)


def _careful_cents(text: str) -> int:
    matched = _DECIMAL.fullmatch(text.strip(" \t\n\r"))
    if matched is None or not (matched[1] or matched[2]):
        raise ValueError(f"{text[:40]!r} is not an amount")
    whole, fraction = matched[1].lstrip("0"), matched[2].rstrip("0")
    if len(whole) > MAX_DIGITS:
        raise ValueError(f"{text[:40]!r} has too many digits")
    if len(fraction) > 2:
        raise ValueError(f"{text[:40]!r} is not a whole number of hundredths")
    return int(whole + fraction.ljust(2, "0"))


@lru_cache(maxsize=1024)
def day(text: str) -> date:
    """The calendar day of an ISODate; raises ValueError. An offset after a day does not move it."""
    matched = _DAY.fullmatch(text)
    if matched is None:
        raise ValueError(f"{text[:40]!r} is not a day")
    return date.fromisoformat(matched[1])


@lru_cache(maxsize=1024)
def moment(text: str) -> datetime:
    """The moment of an ISODateTime, aware if it names an offset; raises ValueError."""
    if _MOMENT.fullmatch(text) is None:
        raise ValueError(f"{text[:40]!r} is not a moment")
    return datetime.fromisoformat(text)


@lru_cache(maxsize=1)
def _berlin() -> ZoneInfo:
    return ZoneInfo("Europe/Berlin")


def berlin_day(text: str) -> date:
    """The day in Europe/Berlin on which the moment `text` falls; a moment without offset is local already."""
    at = moment(text)
    return at.date() if at.tzinfo is None else at.astimezone(_berlin()).date()


def unescape(text: str) -> str:
    """The text behind character references and the five entities of XML; expat has found them sound."""
    return _REFERENCE.sub(_referred, text)


_REFERENCE = re.compile("&([^;]*);")
_NAMED = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}


def _referred(matched: re.Match[str]) -> str:
    word = matched[1]
    if word.startswith("#x"):
        return chr(int(word[2:], 16))
    return chr(int(word[1:])) if word.startswith("#") else _NAMED[word]
