"""Collective credits are handed on as banks do it: each once, whole, under a name of its own."""

import io
import os
import re
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID
from zipfile import ZipFile

import pytest
from tests.support.bank_files import Camt, Ntry, Tx
from tests.support.towns import AT, a_claim

from zahlstelle import allocation, bank, iso20022, treasury
from zahlstelle.tenancy import Tenant, bank_accounts
from zahlstelle.treasury import _delivery

Found = Callable[..., Tenant]
EVENING = AT + timedelta(hours=10)  # 20:00 in Berlin


class Town:
    """A town with a folder its finance system reads."""

    def __init__(self, found: Found, folder: Path, **settings: Any) -> None:
        self.folder = folder
        folder.mkdir()
        self.tenant = found(settings={"notify_outbox": str(folder), **settings})
        self.iban = bank_accounts(tenant=self.tenant)[0].iban

    def collective(self, ref: str, *texts: str, at: datetime = AT) -> UUID:
        """Let a collective credit of 37.00 each come in."""
        details = [Tx("37.00", text) for text in texts]
        entry = Ntry(f"{37 * len(texts)}.00", details, ref=ref, count=len(texts))
        path = Camt(self.iban, [entry], statement_id=ref).write(self.folder.parent, f"{ref}.xml")
        allocation.import_bank_file(tenant=self.tenant, name=path.name, path=path, at=at)
        return bank.entries_named(tenant=self.tenant, name=ref)[0]

    def number(self) -> str:
        return a_claim(self.tenant).kassenzeichen

    def deliver(self, at: datetime = AT) -> int:
        return treasury.deliver_notifications(tenant=self.tenant, at=at)

    def names(self) -> list[str]:
        return sorted(path.name for path in self.folder.iterdir())

    def said(self, number: int) -> list[str | None]:
        with ZipFile(self.folder / f"2026-10-05_C54_{self.iban}_EUR_{number:06d}.zip") as archive:
            (member,) = archive.namelist()
            assert member == f"2026-10-05_C54_{self.iban}_EUR_{number:06d}.xml"
            content = archive.read(member)
        events = iso20022.read(io.BytesIO(content), member)
        return [event.end_to_end_id for event in events if isinstance(event, iso20022.Detail)]


@pytest.fixture
def town(found: Found, tmp_path: Path) -> Town:
    return Town(found, tmp_path / "out")


def test_what_is_decided_is_handed_on_at_once_and_once(town: Town) -> None:
    first, second = town.number(), town.number()
    town.collective("R1", first, second)
    town.collective("R2", town.number(), town.number())
    assert town.deliver() == 2
    assert town.names() == [f"2026-10-05_C54_{town.iban}_EUR_{n:06d}.zip" for n in (1, 2)]
    assert [first, second] in (town.said(1), town.said(2))
    assert (town.deliver(), town.deliver(EVENING), town.deliver(EVENING + timedelta(days=9))) == (0, 0, 0)
    assert len(treasury.deliveries(tenant=town.tenant)) == 2


def test_what_waits_is_handed_on_at_the_end_of_the_day(town: Town) -> None:
    number = town.number()
    entry = town.collective("R1", number, "Dank")
    assert (town.deliver(), town.deliver(AT + timedelta(hours=7, minutes=59))) == (0, 0)
    assert town.deliver(AT + timedelta(hours=8)) == 1, "18:00 in Berlin"
    assert town.said(1) == [number, "NOTPROVIDED"]
    assert [one.waiting for one in treasury.deliveries_of(tenant=town.tenant, entry_id=entry)] == [1]


def test_each_town_says_when_its_day_ends(found: Found, tmp_path: Path) -> None:
    town = Town(found, tmp_path / "out", notify_at="12:30")
    town.collective("R1", "Dank", "Dank")
    assert (town.deliver(AT + timedelta(hours=2, minutes=29)), town.deliver(AT + timedelta(hours=2, minutes=30))) == (
        0,
        1,
    )


def test_what_came_after_the_end_of_the_day_waits_for_the_next(town: Town) -> None:
    town.collective("R1", "Dank", "Dank", at=EVENING)
    assert (town.deliver(EVENING), town.deliver(AT + timedelta(days=1, hours=8))) == (0, 1)


def test_a_claim_that_comes_later_hands_the_credit_on_once_more(town: Town, found: Found) -> None:
    """The Kassenzeichen is known when the money comes, its claim is not; the next day it is."""
    number = _far_ahead(found)
    entry = town.collective("R1", town.number(), number)
    assert town.deliver(EVENING) == 1
    (waits,) = allocation.suspense(tenant=town.tenant)
    a_claim(town.tenant, kassenzeichen=number)
    assert allocation.retry_doubts(tenant=town.tenant, at=EVENING) == 1
    assert town.deliver(EVENING + timedelta(hours=1)) == 0, "not for each change"
    assert town.deliver(EVENING + timedelta(days=1)) == 1
    assert town.said(2)[1] == number
    assert waits.entry == entry
    first, second = (one.message_id for one in treasury.deliveries_of(tenant=town.tenant, entry_id=entry))
    assert first != second, "another content is another message"
    assert town.deliver(EVENING + timedelta(days=2)) == 0


def _far_ahead(found: Found) -> str:
    """A Kassenzeichen of the same pool that no claim has yet."""
    twin = found()
    return [a_claim(twin).kassenzeichen for _ in range(9)][-1]


def test_singles_and_what_is_not_explained_are_not_handed_on(town: Town) -> None:
    details = [Tx("37.00", town.number())]
    entries = [Ntry("37.00", details, ref="S1"), Ntry("99.00", ref="S2", elsewhere="C54-1", count=3)]
    path = Camt(town.iban, entries).write(town.folder.parent, "s.xml")
    allocation.import_bank_file(tenant=town.tenant, name=path.name, path=path, at=AT)
    assert town.deliver(EVENING) == 0


def test_days_before_the_start_are_left_alone(found: Found, tmp_path: Path) -> None:
    town = Town(found, tmp_path / "out", notify_from="2026-10-06")
    town.collective("R1", town.number(), town.number())
    assert town.deliver(EVENING) == 0


def test_no_folder_named_or_there_does_nothing_and_loses_nothing(found: Found, tmp_path: Path) -> None:
    town = Town(found, tmp_path / "out")
    town.collective("R1", town.number(), town.number())
    town.folder.rmdir()
    assert town.deliver() == 0
    town.folder.mkdir()
    assert town.deliver() == 1
    silent = found()
    assert treasury.deliver_notifications(tenant=silent, at=AT) == 0


def test_a_worker_that_ends_before_it_took_note_writes_the_same_again(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    town.collective("R1", town.number(), town.number())
    real = _delivery._keep_name

    def killed(folder: Path) -> None:
        real(folder)
        raise KeyboardInterrupt

    monkeypatch.setattr(_delivery, "_keep_name", killed)
    with pytest.raises(KeyboardInterrupt):
        town.deliver()
    monkeypatch.undo()
    (name,) = town.names()
    before = (town.folder / name).read_bytes()
    assert town.deliver(EVENING) == 1
    assert town.names() == [name]
    assert (town.folder / name).read_bytes() == before, "byte for byte"
    assert town.deliver(EVENING) == 0


def test_nothing_unfinished_has_the_name_of_a_delivery(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    town.collective("R1", town.number(), town.number())
    seen: list[str] = []
    monkeypatch.setattr(os, "fsync", lambda descriptor: seen.extend(town.names()))
    town.deliver()
    assert seen[0].startswith(".")
    assert [name for name in town.names() if name.startswith(".")] == []


def test_a_folder_that_cannot_be_written_blocks_for_no_longer_than_it_lasts(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    town.collective("R1", town.number(), town.number())

    def full(*_: Any) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(_delivery, "write_notification", lambda **_: full())
    assert town.deliver() == 0
    assert town.names() == []
    monkeypatch.undo()
    assert (town.deliver(), len(town.names())) == (1, 1)


def test_two_workers_hand_on_each_credit_once(town: Town) -> None:
    from django.db import connections

    for n in range(4):
        town.collective(f"R{n}", town.number(), town.number())
    start, counts = threading.Barrier(3), []

    def work() -> None:
        start.wait()
        counts.append(town.deliver())
        connections.close_all()

    workers = [threading.Thread(target=work) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    town.deliver()
    assert [int(re.findall(r"_(\d{6})\.zip", name)[0]) for name in town.names()] == [1, 2, 3, 4]
    assert len(treasury.deliveries(tenant=town.tenant)) == 4


def test_the_neighbour_sees_no_delivery(town: Town, neighbour: Tenant) -> None:
    entry = town.collective("R1", town.number(), town.number())
    town.deliver()
    assert treasury.deliveries(tenant=neighbour) == []
    assert treasury.deliveries_of(tenant=neighbour, entry_id=entry) == []
