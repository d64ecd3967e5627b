"""Banking days: Monday to Friday without the holidays of TARGET (the ECB's payment system)."""

from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache

ONE_DAY = timedelta(days=1)


def easter(year: int) -> date:
    """Compute Easter Sunday (anonymous Gregorian computus)."""
    a, b, c = year % 19, year // 100, year % 100
    d = (19 * a + b - b // 4 - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
    e = (32 + 2 * (b % 4) + 2 * (c // 4) - d - c % 4) % 7
    f = d + e - 7 * ((a + 11 * d + 22 * e) // 451) + 114
    return date(year, f // 31, f % 31 + 1)


@cache
def holidays(year: int) -> frozenset[date]:
    """Name the days on which TARGET is closed beside weekends."""
    fixed = {date(year, 1, 1), date(year, 5, 1), date(year, 12, 25), date(year, 12, 26)}
    return frozenset(fixed | {easter(year) - 2 * ONE_DAY, easter(year) + ONE_DAY})


def is_banking_day(day: date) -> bool:
    """Say whether banks book on this day."""
    return day.weekday() < 5 and day not in holidays(day.year)


def on_or_after(day: date) -> date:
    """Give this day if banks book on it, else the next on which they do."""
    while not is_banking_day(day):
        day += ONE_DAY
    return day


def later(day: date, banking_days: int) -> date:
    """Go forward by so many banking days."""
    for _ in range(banking_days):
        day = on_or_after(day + ONE_DAY)
    return day


def days_between(first: date, count: int) -> Iterator[date]:
    """Walk through `count` calendar days."""
    for number in range(count):
        yield first + number * ONE_DAY
