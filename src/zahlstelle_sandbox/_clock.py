"""The sandbox's clock: the only place that asks what time it is."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

BERLIN = ZoneInfo("Europe/Berlin")


def now() -> datetime:
    """The moment, aware, in UTC."""
    return datetime.now(UTC)


def berlin_day(moment: datetime) -> date:
    """The German calendar day a moment falls on; banks and treasuries count in these."""
    return moment.astimezone(BERLIN).date()


def written(moment: datetime) -> str:
    """A moment as stored and shown: UTC, six digits, sorts as text."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def read(text: str) -> datetime:
    """The moment that `written` wrote, or any ISO 8601 moment with an offset. Raises ValueError otherwise."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} has no UTC offset")
    return moment.astimezone(UTC)
