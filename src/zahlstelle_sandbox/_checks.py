"""Strict reading of what comes from outside: every field named, typed and bounded; nothing guessed."""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any
from urllib.parse import urlsplit

from ._clock import read
from ._problems import Problem

Check = Callable[[Any], Any]

_CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


def strict(body: Any, required: Mapping[str, Check], optional: Mapping[str, Check] | None = None) -> dict[str, Any]:
    """The body with every field checked; optional fields that are missing are None.

    Raises Problem 422 `invalid_request`, naming every wrong field at once.
    """
    if not isinstance(body, dict):
        raise Problem(422, "invalid_request", "The body must be one JSON object.")
    known = {**required, **(optional or {})}
    errors = [_error(name, "unknown field") for name in sorted(map(str, body.keys() - known.keys()))]
    errors += [_error(name, "missing") for name in required if name not in body]
    values: dict[str, Any] = dict.fromkeys(known)
    for name, check in known.items():
        if name in body and not (body[name] is None and name not in required):
            try:
                values[name] = check(body[name])
            except ValueError as error:
                errors.append(_error(name, str(error)))
    if errors:
        raise Problem(422, "invalid_request", "; ".join(f"{e['field']}: {e['message']}" for e in errors), errors)
    return values


def text(longest: int, pattern: str | None = None) -> Check:
    """A trimmed, not empty text without control characters, at most so long."""

    def check(value: Any) -> str:
        if not isinstance(value, str) or not value.strip() or value != value.strip():
            raise ValueError("must be a text, not empty, without blanks around it")
        if len(value) > longest:
            raise ValueError(f"must have at most {longest} characters")
        if _CONTROL.search(value):
            raise ValueError("must have no control characters")
        if pattern and not re.fullmatch(pattern, value):
            raise ValueError(f"must match {pattern}")
        return value

    return check


def whole(least: int, most: int) -> Check:
    """A whole number in bounds; `true` and `1.0` are none."""

    def check(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise ValueError(f"must be a whole number from {least} to {most}")
        return value

    return check


def seconds(value: Any) -> float:
    """A length of time in seconds, parts allowed, at most a day."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 86400:
        raise ValueError("must be a number of seconds from 0 to 86400")
    return float(value)


def yes_no(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("must be true or false")
    return value


def one_of(*words: str) -> Check:
    def check(value: Any) -> str:
        if not isinstance(value, str) or value not in words:
            raise ValueError(f"must be one of {', '.join(words)}")
        return value

    return check


def moment(value: Any) -> datetime:
    """An ISO 8601 moment with its UTC offset."""
    if not isinstance(value, str):
        raise ValueError("must be an ISO 8601 moment with an offset")
    return read(value)


def day(value: Any) -> date:
    if not isinstance(value, str) or not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
        raise ValueError("must be a day, YYYY-MM-DD")
    return date.fromisoformat(value)


def url(value: Any) -> str:
    """An absolute http or https address without credentials."""
    checked: str = text(2000)(value)
    parts = urlsplit(checked)
    _ = parts.port  # raises ValueError for what is no port
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc or parts.fragment:
        raise ValueError("must be an absolute http(s) address without credentials and fragment")
    return checked


def iban(value: Any) -> str:
    """An IBAN written without blanks whose check digits fit (ISO 13616, mod 97)."""
    checked: str = text(34, r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}")(value)
    digits = "".join(str(int(sign, 36)) for sign in checked[4:] + checked[:4])
    if int(digits) % 97 != 1:
        raise ValueError("is no IBAN: its check digits do not fit")
    return checked


def _error(field: str, message: str) -> dict[str, str]:
    return {"field": field, "message": message}
