"""The folder of a town: unfinished uploads wait, bad files stand in nobody's way, kills and doubles do no harm."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.support.bank_files import Camt, Ntry, Tx, zipped
from tests.support.book import assert_sound
from tests.support.sizes import size
from tests.support.towns import AT, a_claim

from zahlstelle import allocation, bank
from zahlstelle.jobs import Watch, import_inbox
from zahlstelle.simulation import Town as SimulatedTown
from zahlstelle.simulation import collective_file
from zahlstelle.tenancy import Tenant, bank_accounts

Found = Callable[..., Tenant]


class Drop:
    """A town's folder and the worker that looks at it."""

    def __init__(self, found: Found, folder: Path, **settings: Any) -> None:
        self.folder = folder
        folder.mkdir()
        self.town = found(settings={"bank_inbox": str(folder), **settings})
        self.watch = Watch()

    def look(self, seconds: int = 0, watch: Watch | None = None) -> int:
        at: datetime = AT + timedelta(seconds=seconds)
        return import_inbox(tenant=self.town, at=at, watch=watch or self.watch)

    def camt(self, *entries: Ntry, statement: str = "S1") -> Camt:
        account = bank_accounts(tenant=self.town)[0].iban
        return Camt(account, list(entries) or [Ntry("5.00", [Tx("5.00", "Dank")])], statement_id=statement)

    def lying(self, where: str = ".") -> list[str]:
        folder = self.folder / where
        return sorted(path.name for path in folder.iterdir() if path.is_file()) if folder.is_dir() else []

    def outcomes(self) -> dict[str, str | None]:
        return {file.name: file.code or file.outcome for file in bank.files(tenant=self.town)}


@pytest.fixture
def drop(found: Found, tmp_path: Path) -> Drop:
    return Drop(found, tmp_path / "drop")


def test_a_file_is_read_when_it_has_not_changed_for_a_while(drop: Drop) -> None:
    whole = drop.camt().xml()
    path = drop.folder / "c53.xml"
    path.write_bytes(whole[:500] + b">")
    assert (drop.look(0), drop.look(4)) == (0, 0)
    path.write_bytes(whole)
    assert (drop.look(6), drop.look(10)) == (0, 0), "it grew, so its time begins anew"
    assert drop.look(11) == 1
    assert (drop.lying(), drop.lying("imported"), drop.lying("refused")) == ([], ["c53.xml"], [])
    assert (drop.folder / "imported" / "c53.xml").read_bytes() == whole, "unchanged"


def test_the_same_length_written_anew_is_a_change(drop: Drop) -> None:
    path = drop.camt().write(drop.folder)
    drop.look(0)
    os.utime(path, ns=(1, 1))
    assert (drop.look(5), drop.look(10)) == (0, 1)


def test_each_town_says_how_long_it_waits(found: Found, tmp_path: Path) -> None:
    patient = Drop(found, tmp_path / "patient", bank_inbox_settle_seconds=60)
    patient.camt().write(patient.folder)
    assert (patient.look(0), patient.look(59), patient.look(60)) == (0, 0, 1)
    eager = Drop(found, tmp_path / "eager", bank_inbox_settle_seconds=0)
    eager.camt().write(eager.folder)
    assert eager.look(0) == 1


@pytest.mark.parametrize("name", [".c53.xml", "c53.xml.part", "c53.xml.filepart", "c53.XML.TMP", "c53.xml.crdownload"])
def test_names_of_unfinished_uploads_are_left_alone(drop: Drop, name: str) -> None:
    drop.camt().write(drop.folder, name)
    assert (drop.look(0), drop.look(9_000)) == (0, 0)
    assert drop.lying() == [name]


@pytest.mark.parametrize("cut", [0, 40, 300, -1])
@pytest.mark.parametrize("kind", ["xml", "zip"])
def test_a_cut_file_waits_and_is_read_when_it_is_whole(drop: Drop, kind: str, cut: int) -> None:
    path = drop.folder / f"c53.{kind}"
    whole = (zipped(path, drop.camt()) if kind == "zip" else drop.camt().write(drop.folder, path.name)).read_bytes()
    path.write_bytes(whole[:cut])
    assert (drop.look(0), drop.look(600)) == (0, 0)
    assert drop.outcomes() == {}, "nothing was refused"
    path.write_bytes(whole)
    assert (drop.look(700), drop.look(705)) == (0, 1)
    assert drop.outcomes() == {path.name: "imported"}


def test_a_file_that_stays_cut_is_refused_in_the_end(found: Found, tmp_path: Path) -> None:
    drop = Drop(found, tmp_path / "drop", bank_inbox_patience_minutes=2)
    path = zipped(drop.folder / "c53.zip", drop.camt())
    path.write_bytes(path.read_bytes()[:-30])
    assert (drop.look(0), drop.look(119), drop.look(120)) == (0, 0, 1)
    assert drop.lying("refused") == ["c53.zip"]
    assert drop.outcomes() == {"c53.zip": "truncated"}


def test_the_same_file_again_brings_nothing_and_lies_beside_the_first(drop: Drop) -> None:
    for start in (0, 100):
        drop.camt().write(drop.folder, "c53.xml")
        assert (drop.look(start), drop.look(start + 5)) == (0, 1)
    assert drop.lying("imported") == ["c53-2.xml", "c53.xml"]
    assert len(bank.entries_of_day(tenant=drop.town, day=AT.date())) == 1
    assert_sound(drop.town)


def test_a_bad_file_blocks_nobody(drop: Drop, found: Found, tmp_path: Path) -> None:
    other = Drop(found, tmp_path / "other")
    (drop.folder / "a-no-camt.xml").write_text("<html/>")
    drop.camt().write(drop.folder, "b.xml")
    other.camt().write(other.folder, "c.xml")
    for one in (drop, other):
        one.look(0)
    assert (drop.look(5), other.look(5)) == (2, 1)
    assert drop.outcomes() == {"a-no-camt.xml": "not_camt", "b.xml": "imported"}
    assert other.outcomes() == {"c.xml": "imported"}


def test_a_defect_of_ours_with_one_file_lets_the_others_through(drop: Drop, monkeypatch: pytest.MonkeyPatch) -> None:
    for number, name in enumerate(("a.xml", "b.xml")):
        drop.camt(statement=f"S{number}").write(drop.folder, name)
    real, broken = allocation.import_bank_file, ["a.xml"]

    def import_(**told: Any) -> Any:
        if told["name"] in broken:
            raise RuntimeError("ours")
        return real(**told)

    monkeypatch.setattr(allocation, "import_bank_file", import_)
    drop.look(0)
    assert (drop.look(5), drop.lying()) == (1, ["a.xml"])
    broken.clear()
    assert (drop.look(30), drop.look(65)) == (0, 1), "it rests a minute, then it is tried again"
    assert drop.lying() == []


def test_links_are_not_followed(drop: Drop, tmp_path: Path) -> None:
    elsewhere = drop.camt().write(tmp_path, "secret.xml")
    (drop.folder / "link.xml").symlink_to(elsewhere)
    assert (drop.look(0), drop.look(9_000)) == (0, 0)
    assert elsewhere.exists()
    assert drop.outcomes() == {}


def test_a_file_written_on_while_it_is_read_is_read_again(drop: Drop, monkeypatch: pytest.MonkeyPatch) -> None:
    path = drop.camt().write(drop.folder, "c53.xml")
    real = allocation.import_bank_file

    def import_(**told: Any) -> Any:
        result = real(**told)
        path.write_bytes(drop.camt(Ntry("6.00", [Tx("6.00")]), statement="S2").xml())
        return result

    drop.look(0)
    monkeypatch.setattr(allocation, "import_bank_file", import_)
    assert (drop.look(5), drop.lying()) == (0, ["c53.xml"])
    monkeypatch.undo()
    assert (drop.look(6), drop.look(11), drop.lying()) == (0, 1, [])
    assert len(bank.entries_of_day(tenant=drop.town, day=AT.date())) == 2


_WORKER = """
import sys
from datetime import datetime
import django; django.setup()
from zahlstelle import tenancy
from zahlstelle.jobs import import_inbox
print("reading", flush=True)
import_inbox(tenant=tenancy.tenant_by_slug(sys.argv[1]), at=datetime.fromisoformat(sys.argv[2]))
"""


@pytest.mark.prove("inbox_kill")
def test_a_killed_worker_leaves_nothing_half_done(found: Found, tmp_path: Path) -> None:
    drop = Drop(found, tmp_path / "drop", bank_inbox_settle_seconds=0)
    account = bank_accounts(tenant=drop.town)[0]
    details, kills = size(3_000, 60_000), size(2, 12)
    collective_file(details, drop.folder / "c54.xml", town=SimulatedTown(iban=account.iban, bic=account.bic))
    a_claim(drop.town)
    for number in range(kills):
        words = [sys.executable, "-c", _WORKER, drop.town.slug, AT.isoformat()]
        worker = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
        assert worker.stdout is not None
        assert worker.stdout.readline() == "reading\n"
        time.sleep(0.05 + number * size(20, 200) / 100)
        worker.send_signal(signal.SIGKILL)
        worker.wait()
        worker.stdout.close()
        whole = [
            entry for day in bank.days(tenant=drop.town) for entry in bank.entries_of_day(tenant=drop.town, day=day.day)
        ]
        assert len(whole) in (0, 1)
    drop.look(0)
    (entry,) = bank.entries_of_day(tenant=drop.town, day=bank.days(tenant=drop.town)[0].day)
    assert bank.sizes_of(tenant=drop.town, entries=[entry.id])[entry.id].details == details
    assert (drop.lying(), drop.lying("imported")) == ([], ["c54.xml"])
    assert_sound(drop.town)
    print(
        f"\n{kills} kills of the worker with {details} details in the folder: one entry, each detail once, book sound"
    )
