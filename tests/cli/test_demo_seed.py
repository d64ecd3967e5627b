"""The demo's month lies behind us, on whatever day it is started."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from zahlstelle.cli import demo_seed

# Before and after holidays, where a bank is late by the most days, at a turn of the year, and any others.
DAYS = [date(2026, 11, 25), date(2026, 12, 28), date(2027, 1, 1), date(2027, 3, 30), date(2027, 5, 7)]


@pytest.mark.parametrize("today", DAYS, ids=str)
@pytest.mark.parametrize("number", [1, 2], ids=["musterstadt", "nachbarstadt"])
def test_no_bank_file_is_of_today_or_later(
    number: int, today: date, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo_seed, "_CLAIMS", 40)
    town = demo_seed._TOWNS[number - 1]
    files = demo_seed._month_until_yesterday(town, number, tmp_path / "month", today)
    days = [date.fromisoformat(file.name[:10]) for file in files]
    assert today - timedelta(days=7) <= max(days) < today
    assert files == sorted((tmp_path / "month" / "bank").iterdir())
