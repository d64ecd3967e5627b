"""How the back office writes figures and words; `{% load kasse %}`."""

from collections.abc import Mapping
from typing import Any

from django import template

from zahlstelle.allocation import DOUBT_WORDS
from zahlstelle.kernel import Money

from . import _words

register = template.Library()
_NARROW = "\u00a0"

_TABLES = {
    "breakdown": _words.BREAKDOWNS,
    "claim_status": _words.CLAIM_STATUS,
    "doubt": DOUBT_WORDS,
    "file": _words.FILE_OUTCOMES,
    "file_deed": _words.FILE_DEEDS,
    "finding": _words.FINDINGS,
    "item": _words.ITEMS,
    "account": _words.ACCOUNTS,
    "method": _words.METHODS,
    "release": _words.RELEASES,
    "release_state": _words.RELEASE_STATES,
    "rest": _words.RESTS,
    "role": _words.ROLES,
    "short_doubt": _words.SHORT_DOUBT,
    "state": _words.STATES,
    "to_do": _words.TO_DO,
    "unsure": _words.UNSURE,
    "whole": _words.WHOLE,
}


@register.filter
def euro(amount: Money | int) -> str:
    """Write cents or an amount as `1.234,56 €`, never broken across lines."""
    money = amount if isinstance(amount, Money) else Money(amount)
    return money.german().replace(" ", _NARROW).replace("-", "−")


@register.filter
def groups(text: str | None) -> str:
    """Write a Kassenzeichen or an IBAN in groups of four."""
    return _NARROW.join((text or "")[start : start + 4] for start in range(0, len(text or ""), 4))


@register.filter
def words(value: Any, table: str) -> Any:
    """Say a stable word in German; what no table knows is said as it is."""
    return _TABLES[table].get(value, value)


@register.filter
def moment(what: str) -> Any:
    """Say a moment of a claim's life in German."""
    return _words.moment_words(what)


@register.filter
def file_code(code: str) -> Any:
    """Say in words why a file was set aside."""
    return _words.FILE_CODES.get(code, _words.FILE_CODE_OTHERWISE)[0]


@register.filter
def likely(score: int) -> Any:
    """Say in words how sure a proposal is."""
    return _words.likely(score)


@register.filter
def age(number: int) -> str:
    """Say an age in days."""
    return "seit heute" if number == 0 else "seit gestern" if number == 1 else f"seit {number} Tagen"


@register.filter
def count(number: int) -> str:
    """Write a number with points between thousands."""
    return f"{number:,}".replace(",", ".")


@register.filter
def absolute(cents: int) -> int:
    """Take the sign away."""
    return abs(cents)


@register.filter
def named(code: str, accounts: Mapping[str, str]) -> str:
    """Say an account by its name; a code that has none is said as it is."""
    return accounts.get(code, code)
