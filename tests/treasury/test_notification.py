"""The camt.054 of a collective credit: valid, and read back it says the same, with every Kassenzeichen."""

import io
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from lxml import etree
from tests.support import careless_town
from tests.support.bank_files import Camt, Ntry, Tx
from tests.support.shared import need_shared
from tests.support.sizes import size
from tests.support.towns import AT, a_claim, iban

from zahlstelle import allocation, bank, claims, iso20022, treasury
from zahlstelle.cli.claims_import import read_claim
from zahlstelle.simulation import Town as SimulatedTown
from zahlstelle.simulation import collective_file
from zahlstelle.tenancy import Tenant, bank_accounts


@pytest.fixture(scope="module")
def schema() -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(need_shared("specs", "xsd", "camt.054.001.08.xsd")))


def read(content: bytes) -> tuple[iso20022.Entry, list[iso20022.Detail]]:
    events = list(iso20022.read(io.BytesIO(content), "notification.xml"))
    assert not [event for event in events if isinstance(event, iso20022.Deviation)]
    (end,) = [event for event in events if isinstance(event, iso20022.EntryEnd)]
    return end.entry, [event for event in events if isinstance(event, iso20022.Detail)]


@pytest.mark.prove("notify")
def test_a_month_of_notifications_is_valid_and_reads_back(tmp_path: Path, schema: etree.XMLSchema) -> None:
    folder = careless_town.write_month(tmp_path / "month", seed=5, claims=size(120, 2000), days=size(10, 30))
    town = careless_town.found(folder)
    careless_town.take_over_payments(town, folder)
    careless_town.take_in(town, careless_town.bank_files(folder))
    written = details_written = 0
    for day in bank.days(tenant=town, limit=400):
        for entry in bank.entries_of_day(tenant=town, day=day.day):
            if entry.breakdown not in (bank.Breakdown.SINGLE, bank.Breakdown.WHOLE):
                with pytest.raises(treasury.NotExplained):
                    treasury.notification(tenant=town, entry_id=entry.id)
                continue
            details_written += _check(town, entry, schema)
            written += 1
    assert written > 20
    print(f"\n{written} notifications with {details_written} details: valid, and the same when read back")


def _check(town: Tenant, entry: bank.BankEntry, schema: etree.XMLSchema) -> int:
    content = treasury.notification(tenant=town, entry_id=entry.id)
    schema.assertValid(etree.fromstring(content))
    told, details = read(content)
    kept = bank.details_of(tenant=town, entry_id=entry.id)
    numbers = allocation.decisions_of_entry(tenant=town, entry_id=entry.id)
    assert (told.amount_cents, told.side, told.booking_date) == (entry.amount.cents, entry.side, entry.booked_on)
    assert (told.bank_ref, told.batch_count, told.whole) == (entry.bank_ref, len(details), True)
    rest = iter(details)
    for known in kept:
        parts = [next(rest)]
        while sum(_signed(part, known.side) for part in parts) != known.amount.cents:
            parts.append(next(rest))  # a payment of several claims is told once for each
        for part in parts:
            _same(part, known)
        decided = numbers.get(known.id)
        reasons = decided.reasons if decided and decided.outcome != "suspended" else []
        if reasons and reasons[0].startswith("Kassenzeichen"):
            named = {reason.split()[1] for reason in reasons if reason.startswith("Kassenzeichen")}
            assert named <= {part.end_to_end_id for part in parts}
    assert next(rest, None) is None
    return len(details)


def _signed(part: iso20022.Detail, side: str) -> int:
    assert part.amount_cents is not None
    return part.amount_cents if part.side == side else -part.amount_cents


def _same(part: iso20022.Detail, known: bank.BankDetail) -> None:
    if known.side == "credit":
        assert part.party_name == (" ".join((known.party_name or "").split()) or None)
        assert part.party_iban == known.party_iban
    assert part.tx_id == known.tx_id
    assert "".join("".join(part.remittance).split()) == "".join("".join(known.remittance).split())


def test_the_command_writes_the_file_with_every_kassenzeichen(tmp_path: Path, town: Tenant) -> None:
    account = bank_accounts(tenant=town)[0].iban
    numbers = [a_claim(town).kassenzeichen for _ in range(3)]
    details = [Tx("37.00", [n[:6], n[6:] + " Müller & Söhne <GmbH>"], tx_id=f"T{n}") for n in numbers]
    path = Camt(account, [Ntry("111.00", details, ref="R77", count=3)]).write(tmp_path)
    allocation.import_bank_file(tenant=town, path=path, name=path.name, at=AT)
    goal = tmp_path / "out.xml"
    command = [sys.executable, "-m", "zahlstelle.cli", "bank", "notify", "--tenant", town.slug, "--payout", "R77"]
    subprocess.run([*command, "-o", str(goal)], check=True)
    _, told = read(goal.read_bytes())
    assert [detail.end_to_end_id for detail in told] == numbers
    assert list(tmp_path.glob(".*")) == [], "nothing unfinished is left"


def _same_facts(found: Callable[..., Tenant], folder: Path, at: datetime) -> tuple[Tenant, list[bytes]]:
    """Found a town and give it the same claims and file as its twin elsewhere; write its collective credits."""
    town = found(bank_accounts=[{"iban": iban(77), "bic": "COLSDE33XXX", "holder": "Stadt Zwilling"}])
    numbers = [a_claim(town, at=at).kassenzeichen for _ in range(2)]
    details = [Tx("37.00", numbers[0]), Tx("37.00", numbers[1], end_to_end="E2E-1"), Tx("5.00", "Spende")]
    entry = Ntry("79.00", details, ref="NONREF", count=3)
    path = Camt(iban(77), [entry, entry]).write(folder, f"{town.slug}.xml")
    allocation.import_bank_file(tenant=town, path=path, name=path.name, at=at)
    entries = bank.entries_of_day(tenant=town, day=AT.date())
    return town, sorted(treasury.notification(tenant=town, entry_id=entry.id) for entry in entries)


@pytest.mark.prove("notify")
def test_the_same_facts_give_the_same_bytes_in_every_database_on_every_day(
    found: Callable[..., Tenant], tmp_path: Path
) -> None:
    town, first = _same_facts(found, tmp_path, AT)
    _, later = _same_facts(found, tmp_path, AT + timedelta(days=400))
    again = [
        treasury.notification(tenant=town, entry_id=entry.id)
        for entry in bank.entries_of_day(tenant=town, day=AT.date())
    ]
    assert first == later == sorted(again)
    assert len({re.search(rb"<MsgId>(.*?)</MsgId>", content)[1] for content in first}) == 2, "twins keep names apart"


def test_what_waits_keeps_what_the_bank_said(tmp_path: Path, town: Tenant) -> None:
    account = bank_accounts(tenant=town)[0].iban
    details = [
        Tx("37.00", "Spende", end_to_end="VON-DER-BANK", tx_id="T1"),
        Tx("5.00", "Dank", side="CRDT", reason="AC04"),
    ]
    path = Camt(account, [Ntry("42.00", details, ref="R9", count=2)]).write(tmp_path)
    allocation.import_bank_file(tenant=town, path=path, name=path.name, at=AT)
    (entry,) = bank.entries_named(tenant=town, name="R9")
    told, said = read(treasury.notification(tenant=town, entry_id=entry))
    assert told.bank_ref == "R9"
    assert [(one.end_to_end_id, one.amount_cents, one.tx_id, one.return_reason, one.party_name) for one in said] == [
        ("VON-DER-BANK", 3700, "T1", None, "Erika Mustermann"),
        ("NOTPROVIDED", 500, None, "AC04", "Erika Mustermann"),
    ]


def test_an_id_the_bank_wrote_too_long_is_left_out(tmp_path: Path, town: Tenant) -> None:
    account = bank_accounts(tenant=town)[0].iban
    path = Camt(account, [Ntry("1.00", [Tx("1.00", tx_id="X" * 50)], ref="R8")]).write(tmp_path)
    allocation.import_bank_file(tenant=town, path=path, name=path.name, at=AT)
    (entry,) = bank.entries_named(tenant=town, name="R8")
    _, (one,) = read(treasury.notification(tenant=town, entry_id=entry))
    assert (one.amount_cents, one.tx_id, one.end_to_end_id) == (100, None, "NOTPROVIDED")


@pytest.mark.prove("notify")
def test_a_very_large_collective_credit_in_constant_memory(
    tmp_path: Path, found: Callable[..., Tenant], schema: etree.XMLSchema
) -> None:
    """As a user does it: the command, whose peak memory the operating system counts."""
    count = size(600, 100_000)
    town = found(pools=[{"name": "standard", "prefix": "4711", "digits": 8, "check": "mod11"}])
    account = bank_accounts(tenant=town)[0]
    path, owed = tmp_path / "big.xml", tmp_path / "claims.jsonl"
    collective_file(count, path, claims_path=owed, town=SimulatedTown(iban=account.iban, bic=account.bic))
    lines = owed.read_text("utf-8").splitlines()
    for start in range(0, count, 5000):
        part = [replace(read_claim(line, owed.name), service=None) for line in lines[start : start + 5000]]
        claims.open_claims(tenant=town, new=part, at=AT)
    taken = allocation.import_bank_file(tenant=town, path=path, name=path.name, at=AT)
    assert taken.allocated == count
    (entry,) = bank.entries_of_day(tenant=town, day=bank.days(tenant=town)[0].day)
    goal = tmp_path / "out.xml"
    command = ["bank", "notify", "--tenant", town.slug, "--entry", str(entry.id), "-o", str(goal)]
    began, before = time.perf_counter(), os.times()
    ran = subprocess.run([sys.executable, "-c", _AND_TELL_MEMORY, *command], check=True, capture_output=True, text=True)
    seconds, busy = time.perf_counter() - began, os.times().children_user - before.children_user
    peak = int(ran.stdout.split()[-2]) / 1024
    schema.assertValid(etree.parse(goal))
    with goal.open("rb") as stream:
        told = [e for e in iso20022.read(stream, "out.xml") if isinstance(e, iso20022.Detail | iso20022.EntryEnd)]
    assert isinstance(told[-1], iso20022.EntryEnd)
    assert (len(told) - 1, told[-1].entry.whole, told[-1].entry.amount_cents) == (count, True, entry.amount.cents)
    kept = bank.details_of(tenant=town, entry_id=entry.id)
    for one, known in zip(told[:-1], kept, strict=True):
        assert (one.amount_cents, one.end_to_end_id, one.party_iban) == (
            known.amount.cents, json.loads(lines[known.number - 1])["kassenzeichen"], known.party_iban,
        )  # fmt: skip
    assert peak < 120, f"{peak:.0f} MB"
    assert busy < 15, f"{busy:.1f} s of the processor"  # not of the clock, which a busy machine stretches
    print(f"\n{count} details written in {seconds:.1f} s with the start of the command, peak {peak:.0f} MB, valid")


_AND_TELL_MEMORY = """
import sys
from pathlib import Path
from zahlstelle.cli import main
code = main(sys.argv[1:])
print(next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")))
sys.exit(code)
"""


def test_an_entry_of_the_neighbour_is_unknown(tmp_path: Path, town: Tenant, neighbour: Tenant) -> None:
    account = bank_accounts(tenant=town)[0].iban
    path = Camt(account, [Ntry("1.00", [Tx("1.00")], ref="R78")]).write(tmp_path)
    allocation.import_bank_file(tenant=town, path=path, name=path.name, at=AT)
    (entry,) = bank.entries_named(tenant=town, name="R78")
    with pytest.raises(bank.EntryUnknown):
        treasury.notification(tenant=neighbour, entry_id=entry)
    with pytest.raises(treasury.PayoutUnknown):
        treasury.payout_entry(tenant=neighbour, payout="R78")
