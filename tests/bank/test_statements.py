"""Statements are checked: by their own balances, one against the next, and by what they know."""

from pathlib import Path

import pytest
from tests.support.bank_files import Camt, Ntry, Tx
from tests.support.book import assert_sound
from tests.support.towns import AT

from zahlstelle import allocation, bank, ledger
from zahlstelle.bank import StatementDoubt
from zahlstelle.tenancy import Tenant, bank_accounts


def iban(town: Tenant) -> str:
    return bank_accounts(tenant=town)[0].iban


def take(town: Tenant, folder: Path, *messages: Camt) -> list[tuple[StatementDoubt, str, int | None, int | None]]:
    for number, message in enumerate(messages):
        path = message.write(folder, f"{number}.xml")
        allocation.import_bank_file(tenant=town, path=path, name=path.name, at=AT)
        assert_sound(town)
    return [(f.doubt, f.name, f.told, f.found) for f in bank.statement_findings(tenant=town)]


def day(town: Tenant, number: int, opening: str, closing: str, *amounts: str, sequence: str = "") -> Camt:
    on = f"2026-10-{number:02d}"
    entries = [Ntry(amount, [Tx(amount, "Parken")], f"R{number}-{n}", on) for n, amount in enumerate(amounts)]
    return Camt(
        iban(town), entries, "053", f"M{number}", f"S{number}", (opening, closing), balance_day=on, sequence=sequence
    )


def test_statements_that_agree_have_no_finding(tmp_path: Path, town: Tenant) -> None:
    days = [day(town, 6, "25.00", "62.00", "37.00"), day(town, 5, "0.00", "25.00", "25.00")]
    assert take(town, tmp_path, *days) == []


def test_a_statement_whose_entries_do_not_come_to_its_balance_is_named(tmp_path: Path, town: Tenant) -> None:
    found = take(town, tmp_path, day(town, 5, "0.00", "30.00", "25.00"))
    assert found == [(StatementDoubt.DIFFERS, "S5", 3000, 2500)]


def test_a_missing_statement_is_named_by_balance_and_by_number(tmp_path: Path, town: Tenant) -> None:
    first = day(town, 5, "0.00", "25.00", "25.00", sequence="5")
    third = day(town, 7, "99.00", "124.00", "25.00", sequence="7")
    found = take(town, tmp_path, first, third)
    assert found == [(StatementDoubt.GAP, "S7", 9900, 2500), (StatementDoubt.NUMBER_MISSING, "S7", None, None)]
    assert take(town, tmp_path, day(town, 6, "25.00", "99.00", "37.00", "37.00", sequence="6")) == []


def test_a_statement_created_again_without_balances_and_references_is_one(tmp_path: Path, town: Tenant) -> None:
    entries = [Ntry("25.00", [Tx("25.00", "Parken")], ""), Ntry("25.00", [Tx("25.00", "Parken")], "")]
    told = [Camt(iban(town), entries, "053", f"M{n}", f"S{n}") for n in range(3)]
    found = take(town, tmp_path, *told)
    assert [doubt for doubt, *_ in found] == [StatementDoubt.REPEATED] * 2
    assert ledger.balance(tenant=town, account=f"bank:{iban(town)}") == 5000


def test_what_the_daily_statement_does_not_know_is_taken_back_and_comes_again(tmp_path: Path, town: Tenant) -> None:
    early = Camt(iban(town), [Ntry("25.00", [Tx("25.00", "Parken")], "X1")], "052", "A", "R1")
    found = take(town, tmp_path, early, day(town, 5, "0.00", "37.00", "37.00"))
    assert found == [(StatementDoubt.NOT_IN_STATEMENT, "X1", 2500, 0)]
    assert ledger.balance(tenant=town, account=f"bank:{iban(town)}") == 3700
    second = Camt(
        iban(town), [Ntry("25.00", [Tx("25.00", "Parken")], "X1")], "053", "M9", "S9", ("37.00", "62.00"),
    )  # fmt: skip
    assert take(town, tmp_path, second) == []
    assert ledger.balance(tenant=town, account=f"bank:{iban(town)}") == 6200


@pytest.mark.parametrize("period", [True, False])
def test_an_opening_balance_of_the_evening_before_says_nothing_of_that_day(
    period: bool, tmp_path: Path, town: Tenant
) -> None:
    """The statement of the 6th opens with the balance of the 5th, and comes before that of the 5th."""
    advice = Camt(iban(town), [Ntry("25.00", [Tx("25.00", "Parken")], "X1")], "054", "A", "N1")
    entry = Ntry("37.00", [Tx("37.00", "Ausweis")], "R1", "2026-10-06")
    sixth = Camt(
        iban(town), [entry], "053", "B", "S6", ("25.00", "62.00"), balance_day="2026-10-06", opening_day="2026-10-05"
    )  # fmt: skip
    told = sixth.xml()
    if period:
        dates = b"<FrToDt><FrDtTm>2026-10-06T00:00:00</FrDtTm><ToDtTm>2026-10-06T23:59:59</ToDtTm></FrToDt><Acct>"
        told = told.replace(b"<Acct>", dates)
    take(town, tmp_path, advice)
    path = tmp_path / "sixth.xml"
    path.write_bytes(told)
    allocation.import_bank_file(tenant=town, path=path, name=path.name, at=AT)
    assert ledger.balance(tenant=town, account=f"bank:{iban(town)}") == 6200


def test_a_booking_day_is_what_the_statement_says(tmp_path: Path, town: Tenant) -> None:
    """An instant payment of a Sunday, which the statement books on Monday."""
    tx = Tx("37.00", "Ausweis", "E-1", "TX-1")
    advice = Camt(iban(town), [Ntry("37.00", [tx], "", "2026-10-04")], "054", "A", "N1")
    monday = Camt(iban(town), [Ntry("37.00", [tx], "R1")], "053", "B", "S1", ("0.00", "37.00"))
    assert take(town, tmp_path, advice, monday) == []
    (entry,) = bank.entries_of_day(tenant=town, day=AT.date())
    assert (entry.amount.cents, entry.booked) == (3700, True)
    assert [d.day for d in bank.days(tenant=town)] == [AT.date()]


def test_what_a_bank_wrote_oddly_is_kept_with_the_statement(tmp_path: Path, town: Tenant) -> None:
    odd = Camt(iban(town), [Ntry("25.00", [Tx("25.00", "x" * 141)], "R1")], "053", "A", "S1", ("0.00", "25.00"))
    take(town, tmp_path, odd)
    (file,) = bank.files(tenant=town)
    (told,) = bank.deviations_of(tenant=town, file_id=file.id)
    assert (told.statement_id, told.element) == ("S1", "TxDtls/RmtInf/Ustrd")
