"""Days that matter in law are dates in Europe/Berlin; moments are aware and UTC."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

BERLIN = ZoneInfo("Europe/Berlin")


def berlin_day(moment: datetime) -> date:
    """Say which day of the cash office a moment belongs to."""
    if moment.tzinfo is None:
        raise ValueError("a moment without a time zone belongs to no day")
    return moment.astimezone(BERLIN).date()
