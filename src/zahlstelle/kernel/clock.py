"""The one clock. Only interfaces look at it; below them, moments come in as arguments."""

from datetime import UTC, date, datetime

from .dates import berlin_day


def now() -> datetime:
    """Tell the present moment, aware and in UTC."""
    return datetime.now(UTC)  # noqa: TID251 - the one place that asks


def today() -> date:
    """Tell the cash office's present day, Europe/Berlin."""
    return berlin_day(now())
