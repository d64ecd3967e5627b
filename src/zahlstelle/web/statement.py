"""What a town says in its statement on accessibility (Erklärung zur Barrierefreiheit), out of its settings. No IO."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any


@dataclass(frozen=True, slots=True)
class Statement:
    """What the town adds to what is true of every town: contact, who enforces, what it knows, when it was looked at."""

    phone: str
    email: str
    post: str
    enforcer: str
    enforcer_link: str
    enforcer_email: str
    checked_on: date | None
    checked_by: str
    known: Sequence[str]
    elsewhere: str


def statement_of(settings: Mapping[str, Any]) -> Statement:
    """Read it; what is no text, no day and no https address is left out."""
    said = settings.get("accessibility", {})
    said = said if isinstance(said, Mapping) else {}
    known = said.get("known", [])
    return Statement(
        phone=_text(said, "phone"),
        email=_text(said, "email"),
        post=_text(said, "post"),
        enforcer=_text(said, "enforcer"),
        enforcer_link=_link(said.get("enforcer_link")),
        enforcer_email=_text(said, "enforcer_email"),
        checked_on=_day(said.get("checked_on")),
        checked_by=_text(said, "checked_by"),
        known=[str(each) for each in known] if isinstance(known, list) else [],
        elsewhere=_link((settings.get("links") or {}).get("accessibility")),
    )


def _text(said: Mapping[str, Any], key: str) -> str:
    value = said.get(key)
    return value.strip() if isinstance(value, str) else ""


def _link(value: object) -> str:
    return value if isinstance(value, str) and value.startswith("https://") else ""


def _day(value: object) -> date | None:
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        return None
