"""The camt.054 of a collective credit: valid, and read back it says the same, with every Kassenzeichen."""

import io
import subprocess
import sys
from pathlib import Path

import pytest
from lxml import etree
from tests.support import careless_town
from tests.support.bank_files import Camt, Ntry, Tx
from tests.support.shared import need_shared
from tests.support.sizes import size
from tests.support.towns import AT, a_claim

from zahlstelle import allocation, bank, iso20022, treasury
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
    assert (told.bank_ref, told.batch_count, told.whole) == (entry.bank_ref, len(kept), True)
    assert len(details) == len(kept)
    for detail, known in zip(details, kept, strict=True):
        assert (detail.amount_cents, detail.side) == (known.amount.cents, known.side)
        if known.side == "credit":
            assert detail.party_name == (" ".join((known.party_name or "").split()) or None)
            assert detail.party_iban == known.party_iban
        assert detail.tx_id == known.tx_id
        assert "".join("".join(detail.remittance).split()) == "".join("".join(known.remittance).split())
        reasons = numbers[known.id].reasons if known.id in numbers else []
        if reasons and reasons[0].startswith("Kassenzeichen"):
            assert detail.end_to_end_id == reasons[0].split()[1]
    return len(details)


def test_the_command_writes_the_file_with_every_kassenzeichen(tmp_path: Path, town: Tenant) -> None:
    iban = bank_accounts(tenant=town)[0].iban
    numbers = [a_claim(town).kassenzeichen for _ in range(3)]
    details = [Tx("37.00", [n[:6], n[6:] + " Müller & Söhne <GmbH>"], tx_id=f"T{n}") for n in numbers]
    path = Camt(iban, [Ntry("111.00", details, ref="R77", count=3)]).write(tmp_path)
    allocation.import_bank_file(tenant=town, path=path, name=path.name, at=AT)
    goal = tmp_path / "out.xml"
    command = [sys.executable, "-m", "zahlstelle.cli", "bank", "notify", "--tenant", town.slug, "--payout", "R77"]
    subprocess.run([*command, "-o", str(goal)], check=True)
    _, told = read(goal.read_bytes())
    assert [detail.end_to_end_id for detail in told] == numbers
    assert list(tmp_path.glob(".*")) == [], "nothing unfinished is left"


def test_an_entry_of_the_neighbour_is_unknown(tmp_path: Path, town: Tenant, neighbour: Tenant) -> None:
    iban = bank_accounts(tenant=town)[0].iban
    path = Camt(iban, [Ntry("1.00", [Tx("1.00")], ref="R78")]).write(tmp_path)
    allocation.import_bank_file(tenant=town, path=path, name=path.name, at=AT)
    (entry,) = bank.entries_named(tenant=town, name="R78")
    with pytest.raises(bank.EntryUnknown):
        treasury.notification(tenant=neighbour, entry_id=entry)
    with pytest.raises(treasury.PayoutUnknown):
        treasury.payout_entry(tenant=neighbour, payout="R78")
