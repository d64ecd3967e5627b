"""Reads what the sandbox says of kept cards. Pure: no IO, no clock; whatever is missing or odd makes no card of it."""

import re
from datetime import date, timedelta
from typing import Any

from zahlstelle.payments import KeptInstrument

_MONTH = re.compile(r"(20\d{2})-(0[1-9]|1[0-2])")


def read(said: Any) -> KeptInstrument | None:
    """Read a kept card; None for what is none."""
    match said:
        case {"stored_card": str(handle), "brand": str(brand), "last4": str(last_four), "expiry": str(expiry)} if (
            re.fullmatch(r"[\x21-\x7e]{8,200}", handle) and re.fullmatch(r"\d{4}", last_four, re.ASCII)
        ):
            last_day = _last_day(expiry)
            return KeptInstrument(handle, brand[:20], last_four, last_day) if last_day else None
    return None


def _last_day(expiry: str) -> date | None:
    """The last day of the month a card names."""
    found = _MONTH.fullmatch(expiry)
    if found is None:
        return None
    year, month = int(found[1]), int(found[2])
    return date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)
