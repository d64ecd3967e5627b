"""Each fact once: the same money in several messages, twice, in any order; and twins stay two."""

import itertools
from pathlib import Path

import pytest
from tests.support.bank_files import Camt, Ntry, Tx, zipped
from tests.support.book import assert_sound, state
from tests.support.towns import AT, a_claim, found_town

from zahlstelle import allocation, bank, claims, ledger
from zahlstelle.tenancy import Tenant, bank_accounts

pytestmark = pytest.mark.prove("import_once")


def iban(town: Tenant) -> str:
    return bank_accounts(tenant=town)[0].iban


def take(town: Tenant, path: Path) -> allocation.ImportResult:
    return allocation.import_bank_file(tenant=town, path=path, name=path.name, at=AT)


def collective(town: Tenant, numbers: list[str]) -> tuple[Camt, Camt]:
    """A collective credit whose details come in a camt.054."""
    total = f"{37 * len(numbers)}.00"
    entry = Ntry(total, [Tx(total, end_to_end="", name="")], ref="R1", elsewhere="M2")
    details = Ntry(total, [Tx("37.00", end_to_end=n, tx_id=f"T{n}") for n in numbers], ref="R1", count=len(numbers))
    return (
        Camt(iban(town), [entry], balances=("100.00", "211.00")),
        Camt(iban(town), [details], "054", message_id="M2", statement_id="S2"),
    )


def test_the_same_zip_twice(tmp_path: Path, town: Tenant) -> None:
    numbers = [a_claim(town).kassenzeichen for _ in range(3)]
    path = zipped(tmp_path / "day.zip", *collective(town, numbers))
    first = take(town, path)
    assert (first.entries, first.details, first.allocated, first.credit_cents) == (1, 3, 3, 11100)
    before = state(town)
    again = take(town, path)
    assert (again.entries, again.details, again.allocated, again.duplicates, again.credit_cents) == (0, 0, 0, 2, 0)
    assert state(town) == before
    assert_sound(town)


def test_the_same_messages_in_another_zip(tmp_path: Path, town: Tenant) -> None:
    messages = collective(town, [a_claim(town).kassenzeichen])
    take(town, zipped(tmp_path / "a.zip", *messages))
    before = state(town)
    again = take(town, zipped(tmp_path / "b.zip", *reversed(messages)))
    assert (again.entries, again.duplicates) == (0, 2)
    assert state(town) == before


def test_every_order_of_statement_report_and_details_ends_alike(tmp_path: Path) -> None:
    ends = []
    for order in itertools.permutations(range(3)):
        town = found_town(bank_accounts=[{"iban": "DE02120300000000202051", "bic": "BYLADEM1001", "holder": "Stadt"}])
        numbers = [a_claim(town).kassenzeichen for _ in range(3)]
        statement, details = collective(town, numbers)
        report = Camt(iban(town), list(statement.entries), "052", message_id="M0", statement_id="S0")
        files = [message.write(tmp_path, f"{n}.xml") for n, message in enumerate((report, statement, details))]
        for n in order:
            take(town, files[n])
            assert_sound(town)
            assert ledger.balance(tenant=town, account=f"bank:{iban(town)}") == 11100
        assert [claims.claim_by_kassenzeichen(tenant=town, kassenzeichen=n).open.cents for n in numbers] == [0, 0, 0]
        ends.append(state(town))
    assert all(end == ends[0] for end in ends)


def test_details_days_before_the_statement(tmp_path: Path, town: Tenant) -> None:
    number = a_claim(town).kassenzeichen
    statement, details = collective(town, [number])
    take(town, details.write(tmp_path, "a.xml"))
    assert claims.claim_by_kassenzeichen(tenant=town, kassenzeichen=number).open.is_zero
    result = take(town, statement.write(tmp_path, "b.xml"))
    assert (result.entries, result.credit_cents, result.duplicates) == (0, 0, 1)
    assert_sound(town)


def test_a_collective_credit_waits_whole_until_its_details_come(tmp_path: Path, town: Tenant) -> None:
    numbers = [a_claim(town).kassenzeichen for _ in range(2)]
    statement, details = collective(town, numbers)
    result = take(town, statement.write(tmp_path, "a.xml"))
    assert (result.entries, result.details, result.allocated, result.suspended) == (1, 0, 0, 1)
    assert [item.doubt for item in allocation.suspense(tenant=town)] == [allocation.Doubt.DETAILS_MISSING]
    healed = take(town, details.write(tmp_path, "b.xml"))
    assert (healed.entries, healed.details, healed.allocated, healed.credit_cents) == (0, 2, 2, 0)
    assert allocation.suspense(tenant=town) == []
    assert_sound(town)


def test_details_that_do_not_add_up_leave_the_entry_whole(tmp_path: Path, town: Tenant) -> None:
    number = a_claim(town).kassenzeichen
    entry = Ntry("74.01", [Tx("37.00", end_to_end=number), Tx("37.00")], ref="R1")
    result = take(town, Camt(iban(town), [entry]).write(tmp_path))
    assert (result.allocated, result.suspended) == (0, 1)
    assert [i.doubt for i in allocation.suspense(tenant=town)] == [allocation.Doubt.DETAILS_DO_NOT_ADD_UP]
    assert claims.claim_by_kassenzeichen(tenant=town, kassenzeichen=number).open.cents == 3700
    assert_sound(town)


def test_two_equal_payments_of_one_day_are_two(tmp_path: Path, town: Tenant) -> None:
    twin = Ntry("25.00", [Tx("25.00", "Parken", name="Max Mustermann")])
    result = take(town, Camt(iban(town), [twin, twin]).write(tmp_path))
    assert (result.entries, result.credit_cents) == (2, 5000)
    assert_sound(town)


def test_twins_told_again_by_report_and_statement_stay_two(tmp_path: Path, town: Tenant) -> None:
    twin = Ntry("25.00", [Tx("25.00", "Parken", name="Max Mustermann")])
    first = Camt(iban(town), [twin], "052", "A", "R1")
    second = Camt(iban(town), [twin, twin], "052", "B", "R2")
    evening = Camt(iban(town), [twin, twin], "053", "C", "S1", balances=("0.00", "50.00"))
    for number, message in enumerate((first, second, evening)):
        take(town, message.write(tmp_path, f"{number}.xml"))
        assert_sound(town)
    assert ledger.balance(tenant=town, account=f"bank:{iban(town)}") == 5000
    assert len(bank.entries_of_day(tenant=town, day=bank.days(tenant=town)[0].day)) == 2


def test_equal_payments_in_two_daily_statements_are_two(tmp_path: Path, town: Tenant) -> None:
    twin = Ntry("25.00", [Tx("25.00", "Parken")])
    take(town, Camt(iban(town), [twin], balances=("0.00", "25.00")).write(tmp_path, "a.xml"))
    later = Camt(iban(town), [twin], statement_id="S2", balances=("25.00", "50.00"))
    assert take(town, later.write(tmp_path, "b.xml")).credit_cents == 2500
    assert ledger.balance(tenant=town, account=f"bank:{iban(town)}") == 5000


def test_a_bank_that_names_every_entry_alike_loses_nothing(tmp_path: Path, town: Tenant) -> None:
    entries = [Ntry("10.00", [Tx("10.00", f"Zahlung {n}", iban="")], ref="ALWAYS") for n in range(3)]
    assert take(town, Camt(iban(town), entries).write(tmp_path)).credit_cents == 3000


def test_a_notification_told_twice_without_a_reference_is_not_booked_twice(tmp_path: Path, town: Tenant) -> None:
    entry = Ntry("25.00", [Tx("25.00", "Parken")], ref="")
    assert take(town, Camt(iban(town), [entry], "054", "A", "N1").write(tmp_path, "a.xml")).credit_cents == 2500
    assert take(town, Camt(iban(town), [entry], "054", "B", "N2").write(tmp_path, "b.xml")).credit_cents == 0
    evening = Camt(iban(town), [entry, entry], "053", "C", "S1", balances=("0.00", "50.00"))
    assert take(town, evening.write(tmp_path, "c.xml")).credit_cents == 2500
    assert_sound(town)


@pytest.mark.parametrize("status", ["PDNG", "INFO"])
def test_only_booked_money_is_booked(status: str, tmp_path: Path, town: Tenant) -> None:
    number = a_claim(town).kassenzeichen
    pending = Ntry("37.00", [Tx("37.00", end_to_end=number, tx_id="T1")], ref="R1", status=status)
    result = take(town, Camt(iban(town), [pending], "052").write(tmp_path, "a.xml"))
    assert (result.credit_cents, result.allocated) == (0, 0)
    pending.status = "BOOK"
    booked = take(town, Camt(iban(town), [pending], "053").write(tmp_path, "b.xml"))
    assert (booked.entries, booked.credit_cents, booked.allocated) == (0, 3700, 1)
    assert_sound(town)


def test_an_instant_advice_without_a_day_is_the_same_money_as_the_statement(tmp_path: Path, town: Tenant) -> None:
    """The second kind of camt.054 (C5N; docs/bank-files.md): seconds after the payment, without day and reference."""
    number = a_claim(town).kassenzeichen
    advice = Ntry("37.00", [Tx("37.00", end_to_end=number, tx_id="T1")], ref="", day="")
    assert take(town, Camt(iban(town), [advice], "054").write(tmp_path, "a.xml")).credit_cents == 0
    evening = Ntry("37.00", [Tx("37.00", end_to_end=number, tx_id="T1")], ref="R9")
    result = take(town, Camt(iban(town), [evening], "053").write(tmp_path, "b.xml"))
    assert (result.entries, result.credit_cents, result.allocated) == (0, 3700, 1)
    assert_sound(town)
