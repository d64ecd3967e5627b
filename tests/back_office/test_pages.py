"""What a treasurer reads on each page."""

import re
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from tests.support.bank_files import Camt, Ntry, Tx
from tests.support.towns import AT, a_claim
from tests.support.treasury_day import EVENING, TreasuryDay, a_day, at_the_desk

from zahlstelle import allocation, bank, ledger, payments, tenancy, treasury
from zahlstelle.allocation import DOUBT_WORDS, Doubt
from zahlstelle.bank import Breakdown
from zahlstelle.claims import ClaimStatus
from zahlstelle.payments import EDGES
from zahlstelle.tenancy import Role, Tenant
from zahlstelle.treasury import FindingKind


@pytest.fixture
def day(town: Tenant, tmp_path: Path) -> TreasuryDay:
    return a_day(town, tmp_path)


@pytest.fixture
def client(town: Tenant) -> Client:
    return at_the_desk(town)


def read(client: Client, path: str, status: int = 200) -> str:
    """Give a page as it is read: without tags, in single blanks."""
    answer = client.get(path)
    assert answer.status_code == status
    main = answer.text[answer.text.index("<main") :]
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", main)))


def kasse(town: Tenant, rest: str = "") -> str:
    return f"/kasse/{town.slug}/{rest}"


def test_the_day_adds_up(client: Client, town: Tenant, day: TreasuryDay) -> None:
    text = read(client, kasse(town, "?tag=2026-10-05"))
    assert "Montag, 05.10.2026" in text
    assert "Eingänge 104,00 € 3 Umsätze" in text
    assert "Ausgänge 3,10 € 1 Umsatz" in text
    assert "Von selbst zugeordnet 50 % 2 von 4 Einzelumsätzen" in text
    assert "In Verwahrung 42,00 € 2 Eingänge, 1 Abgang zu klären" in text
    assert "Eingänge des Tages: 62,00 € zugeordnet, 42,00 € in Verwahrung" in text, "the bar is said in words"


def test_the_day_lists_its_entries_with_their_state(client: Client, town: Tenant, day: TreasuryDay) -> None:
    text = read(client, kasse(town, "?tag=5.10.2026"))
    assert "37,00 € Erika Mustermann Personalausweis" in text
    assert "Sammelbuchung, 2 Einzelumsätze" in text
    assert "1 von 2 zugeordnet" in text
    assert "12,00 € Jörg Ätzend Danke <schön> in Verwahrung Der Zahler hat kein Kassenzeichen angegeben." in text
    assert "−3,10 € Bank Kontoführung in Verwahrung" in text


def test_what_a_payer_wrote_is_never_markup(client: Client, town: Tenant, day: TreasuryDay) -> None:
    for path in ("?tag=2026-10-05", "verwahrung/", f"umsatz/{day.unknown}/"):
        assert "<schön>" not in client.get(kasse(town, path)).text


def test_bank_and_book_agree_until_a_statement_is_missing(
    client: Client, town: Tenant, day: TreasuryDay, tmp_path: Path
) -> None:
    assert "1.100,90 € 0,00 € 1.100,90 € stimmt überein" in read(client, kasse(town))
    later = Camt(tenancy.bank_accounts(tenant=town)[0].iban, [], statement_id="S3", balances=("1500.00", "1500.00"))
    path = tmp_path / "later.xml"
    path.write_bytes(later.xml().replace(b"2026-10-05T18", b"2026-10-07T18"))
    allocation.import_bank_file(tenant=town, name=path.name, path=path, at=EVENING)
    assert "Unterschied −399,10 € Fehlt ein Kontoauszug?" in read(client, kasse(town))


def test_what_is_told_before_the_statement_waits_beside_it(
    client: Client, town: Tenant, day: TreasuryDay, tmp_path: Path
) -> None:
    next_day = Ntry("5.00", [Tx("5.00")], ref="B9", day="2026-10-06")
    more = Camt(tenancy.bank_accounts(tenant=town)[0].iban, [next_day], kind="054")
    allocation.import_bank_file(tenant=town, name="c54.xml", path=more.write(tmp_path), at=EVENING)
    assert "1.100,90 € 5,00 € 1.105,90 € stimmt überein" in read(client, kasse(town))


def test_a_day_without_money_says_so_and_leads_on(client: Client, town: Tenant, day: TreasuryDay) -> None:
    text = read(client, kasse(town, "?tag=2026-10-09"))
    assert "An diesem Tag kam kein Geld. Letzter Tag mit Geld: 05.10.2026" in text
    assert "05.10." in read(client, kasse(town, "?tag=2026-10-01"))


def test_a_new_town_is_told_what_to_do(client: Client, town: Tenant) -> None:
    text = read(client, kasse(town))
    assert "Heute ist noch kein Geld gekommen." in text
    assert "Bankdatei einlesen" in text
    assert "Nichts zu klären." in read(client, kasse(town, "verwahrung/"))
    assert "Noch keine Bankdatei." in read(client, kasse(town, "dateien/"))


@pytest.mark.parametrize("asked", ["", "gestern", "32.13.2026", "2026-02-30", "9" * 50, "0.0.0000"])
def test_a_day_that_is_none_shows_the_latest(client: Client, town: Tenant, day: TreasuryDay, asked: str) -> None:
    assert "ist noch kein Geld gekommen" in read(client, kasse(town, f"?tag={asked}"))
    assert "Montag, 05.10.2026" in read(client, kasse(town, f"?tag={asked}"))


def test_an_entry_says_why_its_money_went_where(client: Client, town: Tenant, day: TreasuryDay) -> None:
    text = read(client, kasse(town, f"umsatz/{day.single}/"))
    why = f"Kassenzeichen {day.transferred.kassenzeichen}, Prüfziffer stimmt, Betrag gleich offenem Betrag"
    assert f"zugeordnet Nr. 1 {why}" in text
    assert f"Regel {allocation.RULE_VERSION}, 05.10.2026 20:00 Uhr" in text
    assert "camt.053" in text
    assert day.file.name in text


def test_a_collective_entry_shows_each_detail(client: Client, town: Tenant, day: TreasuryDay) -> None:
    text = read(client, kasse(town, f"umsatz/{day.payout}/"))
    assert "2 Einzelumsätze 1 zugeordnet (25,00 €), 1 in Verwahrung (30,00 €)." in text
    number = day.online.kassenzeichen
    assert re.sub("(....)", r"\1 ", number).strip() in text
    assert "Betrag gleich bestätigtem Betrag" in text


def test_a_large_collective_entry_comes_in_pages(client: Client, town: Tenant, tmp_path: Path) -> None:
    details = [Tx("0.01", f"Posten {number:03d}") for number in range(250)]
    statement = Camt(tenancy.bank_accounts(tenant=town)[0].iban, [Ntry("2.50", details, count=250)])
    allocation.import_bank_file(tenant=town, name="x", path=statement.write(tmp_path), at=EVENING)
    entry = bank.entries_of_day(tenant=town, day=EVENING.date())[0].id
    first, last = (read(client, kasse(town, f"umsatz/{entry}/?seite={page}")) for page in (1, 3))
    assert "1 bis 100 von 250" in first
    assert ("Posten 099" in first, "Posten 100" in first) == (True, False)
    assert "201 bis 250 von 250" in last
    assert "Posten 249" in last
    assert read(client, kasse(town, f"umsatz/{entry}/?seite=x")) == first


def test_suspense_has_what_a_person_needs_to_decide(client: Client, town: Tenant, day: TreasuryDay) -> None:
    text = read(client, kasse(town, "verwahrung/"))
    assert "3 Beträge warten auf eine Klärung: 42,00 € Eingänge, 3,10 € Abgänge" in text
    assert "Jörg Ätzend DE02 1001 0010 0006 8201 01 Danke <schön>" in text
    assert "Zum Vergleich: 1 Forderung mit gleichem offenen Betrag Ein gleicher Betrag ist ein Anhaltspunkt" in text
    assert day.unpaid.kassenzeichen in text.replace(" ", "")


def test_suspense_by_doubt_and_by_amount(client: Client, town: Tenant, day: TreasuryDay) -> None:
    text = read(client, kasse(town, "verwahrung/?grund=no_reference&ordnung=betrag"))
    assert str(DOUBT_WORDS[Doubt.NO_REFERENCE]) in text
    assert text.index("30,00 €") < text.index("12,00 €", text.index("Reihenfolge"))
    assert "Kontoführung" not in text
    assert read(client, kasse(town, "verwahrung/?grund=quatsch")) == read(client, kasse(town, "verwahrung/"))


def test_suspense_shows_the_claim_that_was_named(client: Client, town: Tenant, tmp_path: Path) -> None:
    claim = a_claim(town, "20.00")
    entry = Ntry("15.00", [Tx("15.00", claim.kassenzeichen)])
    statement = Camt(tenancy.bank_accounts(tenant=town)[0].iban, [entry])
    allocation.import_bank_file(tenant=town, name="x", path=statement.write(tmp_path), at=EVENING)
    text = read(client, kasse(town, "verwahrung/"))
    assert "Es kam weniger, als offen ist." in text
    assert "offen 20,00 €" in text
    life = read(client, kasse(town, f"forderung/{claim.kassenzeichen}/"))
    assert "In Verwahrung genommen" in life


def test_a_claim_found_however_it_is_spaced(client: Client, town: Tenant, day: TreasuryDay) -> None:
    number = day.transferred.kassenzeichen
    typed = f" {number[:4]} {number[4:8]}.{number[8:]} "
    answer = client.get(kasse(town, "suche/"), {"kassenzeichen": typed})
    assert answer["Location"] == kasse(town, f"forderung/{number}/")


@pytest.mark.parametrize("typed", ["", "   ", "../../betrieb", "471<script>", "9" * 60])
def test_what_is_no_kassenzeichen_finds_nothing(client: Client, town: Tenant, typed: str) -> None:
    answer = client.get(kasse(town, "suche/"), {"kassenzeichen": typed}, follow=True)
    assert answer.status_code in (200, 404)
    assert "Kein Treffer" in answer.text
    assert "<script>" not in answer.text


def test_a_claim_tells_its_whole_life(client: Client, town: Tenant, day: TreasuryDay) -> None:
    text = read(client, kasse(town, f"forderung/{day.transferred.kassenzeichen}/"))
    told = ["Forderung angelegt", "Umsatz auf dem Konto", "Der Forderung zugeordnet", "Forderung bezahlt", "SOLL HABEN"]
    places = [text.index(word) for word in told]
    assert places[0] < places[1] < places[-1]
    assert "Offen 0,00 €" in text
    assert "Verwahrung an Forderungen" in text


def test_an_online_payment_is_told_with_its_payout(client: Client, town: Tenant, day: TreasuryDay) -> None:
    text = read(client, kasse(town, f"forderung/{day.online.kassenzeichen}/"))
    for word in ("Zahlvorgang begonnen", "Online bezahlt Karte über sandbox, 25,00 €", "Verwahrung an Verrechnung"):
        assert word in text


def test_the_balances_balance(client: Client, town: Tenant, day: TreasuryDay) -> None:
    text = read(client, kasse(town, "buch/"))
    assert "ausgeglichen" in text
    assert "Dieses Buch wurde noch nicht geprüft." in text
    assert "suspense Verwahrung klären 65,10 € 104,00 € 38,90 € H" in text


def test_a_check_is_made_and_written_down(client: Client, town: Tenant, day: TreasuryDay) -> None:
    assert client.post(kasse(town, "buch/")).status_code == 302
    assert "in Ordnung Zuletzt geprüft am" in read(client, kasse(town, "buch/"))


def test_a_booking_in_soll_and_haben(client: Client, town: Tenant, day: TreasuryDay) -> None:
    booked = ledger.entry_of_occasion(tenant=town, occasion=f"bank:{day.single}")
    text = read(client, kasse(town, f"buchung/{booked}/"))
    assert "Kontoumsatz" in text
    assert "37,00 €" in text
    assert "Verwahrung suspense" in text


WORDS: dict[str, Any] = {
    "to_do": Doubt,
    "short_doubt": Doubt,
    "doubt": Doubt,
    "finding": FindingKind,
    "role": Role,
    "claim_status": ClaimStatus,
    "breakdown": [told.value for told in Breakdown],
}


@pytest.mark.parametrize("table", WORDS)
def test_every_word_of_a_room_has_a_german_one(table: str) -> None:
    from zahlstelle.back_office._tags import _TABLES

    assert set(_TABLES[table]) == set(WORDS[table])


def test_every_event_of_a_payment_has_a_german_word() -> None:
    from zahlstelle.back_office._words import MOMENTS

    assert set(EDGES.values()) <= set(MOMENTS)


def test_a_claim_of_a_basket_tells_its_own_share_and_what_it_was_part_of(client: Client, town: Tenant) -> None:
    one, two = a_claim(town, "37.00"), a_claim(town, "12.50")
    payment = payments.start_basket(tenant=town, claim_ids=[one.id, two.id], at=AT).payment
    payments.choose_transfer(tenant=town, payment_id=payment.id, at=AT)
    shown = read(client, kasse(town, f"forderung/{two.kassenzeichen}/"))
    assert "12,50 € als Teil einer Zahlung über 49,50 €" in shown
    said = treasury.claim_life(tenant=town, kassenzeichen=two.kassenzeichen).moments
    assert [m.details["amount"].plain for m in said if m.what.startswith("payment.")] == ["12.50", "12.50"]
