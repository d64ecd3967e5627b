"""Chargebacks stand in one list with why, until when, and what to do; the next deadline first."""

import re
from dataclasses import replace
from datetime import date, timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from tests.support.payout_story import PayoutStory
from tests.support.towns import AT, found_town
from tests.support.treasury_day import at_the_desk

from zahlstelle import allocation, payments, treasury
from zahlstelle.back_office import _words
from zahlstelle.kernel import clock
from zahlstelle.tenancy import Tenant

TODAY = AT.date()
BY: dict[str, date | None] = {
    "A": TODAY + timedelta(days=9),
    "B": TODAY - timedelta(days=1),
    "C": None,
    "D": TODAY,
}


def charged_back(town: Tenant, folder: Path) -> PayoutStory:
    """Four card payments whose money was taken back: two can be answered, one no more, one says nothing of it."""
    story = PayoutStory(town, folder)
    for name in BY:
        story.tell(f"Forderung {name} 10,00\nKarte {name}")
    items = [f"Rückbelastung {name} cb_{name} -10,00" for name in BY]
    told = story.report("po_20261005_000001 -40,00", items)
    by = [replace(item, answer_by=BY[name], text=f"Grund {name}") for item, name in zip(told.items, BY, strict=True)]
    payments.record_report(tenant=town, provider="sandbox", report=replace(told, items=by), at=AT)
    allocation.break_up_payouts(tenant=town, at=AT)
    story.tell("Konto -40,00 AUSZAHLUNG po_20261005_000001")
    story.tell("Runde")
    return story


@pytest.fixture(autouse=True)
def that_day(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "today", lambda: TODAY)


def text_of(answer: Any) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", answer.text)))


def test_what_can_be_answered_comes_first_by_its_deadline(tmp_path: Path) -> None:
    town = found_town()
    story = charged_back(town, tmp_path)
    found = treasury.disputes(tenant=town, on=TODAY, limit=10)
    assert [(*one.numbers, one.deadline) for one in found[:2]] == [
        (story.claims["D"].kassenzeichen, "answerable"),
        (story.claims["A"].kassenzeichen, "answerable"),
    ]
    assert sorted(one.deadline for one in found[2:]) == ["over", "untold"]
    assert [one.days_left for one in found[:2]] == [0, 9]
    answer = at_the_desk(town).get(f"/kasse/{town.slug}/rueckbelastungen/")
    page = text_of(answer)
    for name in BY:
        assert f"Grund {name}" in page and f"cb_{name}" in page
        assert f"/forderung/{story.claims[name].kassenzeichen}/" in answer.text
    assert "14.10.2026 noch 9 Tage" in page and "05.10.2026 heute" in page and "04.10.2026 vorbei" in page
    for words in _words.DEADLINES.values():
        assert str(words) in page
    story.tell("Buch stimmt")


def test_they_come_in_parts(tmp_path: Path) -> None:
    town = found_town()
    charged_back(town, tmp_path)
    whole = treasury.disputes(tenant=town, on=TODAY, limit=10)
    parts = [treasury.disputes(tenant=town, on=TODAY, limit=3, offset=start) for start in (0, 3)]
    assert [one.dispute.id for part in parts for one in part] == [one.dispute.id for one in whole]
    assert payments.disputes_counted(tenant=town) == len(whole) == 4


def test_a_town_without_any_and_its_neighbour(neighbour: Tenant, tmp_path: Path) -> None:
    town = found_town()
    charged_back(town, tmp_path)
    page = at_the_desk(neighbour).get(f"/kasse/{neighbour.slug}/rueckbelastungen/")
    assert "Es gibt keine Rückbelastungen." in page.text
    assert at_the_desk(neighbour).get(f"/kasse/{town.slug}/rueckbelastungen/").status_code == 404
    assert "rueckbelastungen" in at_the_desk(town).get(f"/kasse/{town.slug}/verwahrung/").text
