"""What a bank may do that would book a cent twice, lose it, or put it on the wrong claim."""

import itertools
from pathlib import Path
from uuid import UUID

import pytest
from tests.support.bank_files import Camt, Ntry, Tx
from tests.support.book import assert_sound
from tests.support.payout_story import PayoutStory
from tests.support.towns import AT, a_claim, found_town

from zahlstelle import allocation, claims, ledger, payments
from zahlstelle.allocation import Doubt
from zahlstelle.payments import PaymentStatus
from zahlstelle.tenancy import Tenant, bank_accounts


def iban(town: Tenant) -> str:
    return bank_accounts(tenant=town)[0].iban


def take(town: Tenant, folder: Path, *messages: Camt) -> None:
    """Import messages one after the other; the book is sound after each."""
    for number, message in enumerate(messages):
        path = message.write(folder, f"{number}.xml")
        allocation.import_bank_file(tenant=town, path=path, name=path.name, at=AT)
        assert_sound(town)


def at_bank(town: Tenant) -> int:
    return ledger.balance(tenant=town, account=f"bank:{iban(town)}")


def is_open(town: Tenant, number: str) -> int:
    return claims.claim_by_kassenzeichen(tenant=town, kassenzeichen=number).open.cents


def payment_of(town: Tenant, payment_id: UUID) -> PaymentStatus:
    return payments.payment_by_id(tenant=town, payment_id=payment_id).status


def waiting(town: Tenant) -> list[tuple[Doubt, str, int, str]]:
    items = allocation.suspense(tenant=town)
    return sorted((i.doubt, i.side, i.amount.cents, i.amount.currency) for i in items)


def statement(town: Tenant, *entries: Ntry, name: str = "S1", **more: object) -> Camt:
    return Camt(iban(town), entries, message_id=f"M{name}", statement_id=name, **more)  # type: ignore[arg-type]


def report(town: Tenant, *entries: Ntry, name: str = "R1") -> Camt:
    return Camt(iban(town), entries, "052", f"M{name}", name)


def notice(town: Tenant, *entries: Ntry, name: str = "N1") -> Camt:
    return Camt(iban(town), entries, "054", f"M{name}", name)


def test_an_entry_paid_by_its_own_text_is_not_paid_again_by_its_detail(tmp_path: Path, town: Tenant) -> None:
    number = a_claim(town).kassenzeichen
    bare = Ntry("37.00", ref="R1", info=f"Kassenzeichen {number}")
    full = Ntry("37.00", [Tx("37.00", f"Kassenzeichen {number}")], ref="R1")
    take(town, tmp_path, report(town, bare), statement(town, full))
    assert (is_open(town, number), at_bank(town), waiting(town)) == (0, 3700, [])


def test_details_correct_what_the_entry_as_a_whole_had_paid(tmp_path: Path, town: Tenant) -> None:
    whole, first, second = (a_claim(town, amount).kassenzeichen for amount in ("74.00", "37.00", "37.00"))
    claim = claims.claim_by_kassenzeichen(tenant=town, kassenzeichen=whole)
    started = payments.start_payment(tenant=town, claim_id=claim.id, at=AT).payment.id
    payments.choose_transfer(tenant=town, payment_id=started, at=AT)
    single = Ntry("74.00", [Tx("74.00", whole)], ref="R1")
    take(town, tmp_path, statement(town, single))
    assert is_open(town, whole) == 0
    assert payment_of(town, started) is PaymentStatus.PAID
    apart = Ntry("74.00", [Tx("37.00", first), Tx("37.00", second)], ref="R1")
    take(town, tmp_path, notice(town, apart))
    assert [is_open(town, n) for n in (whole, first, second)] == [7400, 0, 0]
    assert payment_of(town, started) is PaymentStatus.AWAITING_TRANSFER
    take(town, tmp_path, statement(town, Ntry("74.00", [Tx("74.00", whole)], ref="R2"), name="S2"))
    assert payment_of(town, started) is PaymentStatus.PAID
    assert (at_bank(town), waiting(town)) == (14800, [])


@pytest.mark.parametrize("cents", [7400, 5000])
def test_what_is_settled_by_hand_does_not_wait_again_when_wrong_details_come(
    cents: int, tmp_path: Path, town: Tenant
) -> None:
    claim = a_claim(town, "74.00")
    take(town, tmp_path, statement(town, Ntry("74.00", ref="X1", elsewhere="MN1", count=2)))
    (item,) = allocation.suspense(tenant=town)
    rest = allocation.Rest.NONE if cents == 7400 else allocation.Rest.WAITS
    allocation.settle(tenant=town, detail=item.detail, shares=[(claim.id, cents)], by="a-person", at=AT, rest=rest)
    before = waiting(town)
    take(town, tmp_path, notice(town, Ntry("74.00", [Tx("30.00"), Tx("40.00")], "X1", count=2)))
    assert waiting(town) == before == ([] if cents == 7400 else [(Doubt.REST_WAITS, "credit", 2400, "EUR")])


def test_a_return_that_the_statement_denies_after_the_claim_was_paid_anew(tmp_path: Path, town: Tenant) -> None:
    number = a_claim(town).kassenzeichen
    back = Ntry("37.00", [Tx("37.00", number, side="DBIT", reason="MS03")], "X2", "2026-10-06", side="DBIT")
    take(town, tmp_path, statement(town, Ntry("37.00", [Tx("37.00", number)], "X1")), report(town, back))
    assert is_open(town, number) == 3700
    take(town, tmp_path, statement(town, Ntry("37.00", [Tx("37.00", number)], "X3", "2026-10-07"), name="S2"))
    assert (is_open(town, number), waiting(town)) == (0, [])
    take(town, tmp_path, statement(town, Ntry("1.00", [Tx("1.00", "Spende")], "X4", "2026-10-06"), name="S3"))
    left = [(Doubt.ALREADY_SETTLED, "credit", 3700, "EUR"), (Doubt.NO_REFERENCE, "credit", 100, "EUR")]
    assert (is_open(town, number), waiting(town)) == (0, left)
    # The day after, the statement knows the return all the same.
    later = Ntry("37.00", [Tx("37.00", number, side="DBIT", reason="MS03")], "X2", "2026-10-08", side="DBIT")
    take(town, tmp_path, statement(town, later, name="S4"))
    assert (is_open(town, number), waiting(town)) == (3700, left)


def test_a_chargeback_that_the_statement_denies_leaves_its_claim_paid(tmp_path: Path, town: Tenant) -> None:
    story = PayoutStory(town, tmp_path)
    story.tell("""
        Forderung A 37,00
        Karte A
        Abrechnung po_20261005_000001 37,00
          Zahlung A 37,00
        Konto 37,00 AUSZAHLUNG po_20261005_000001
        Abrechnung po_20261020_000002 -44,50
          Rückbelastung A sbc_1 -37,00
          Rückbelastungsentgelt A -7,50
    """)
    tx = Tx("44.50", "AUSZAHLUNG po_20261020_000002", side="DBIT")
    take(town, tmp_path, report(town, Ntry("44.50", [tx], "X1", "2026-10-06", side="DBIT")))
    story.tell("offen A 37,00")
    take(town, tmp_path, statement(town, Ntry("1.00", [Tx("1.00", "Spende")], "X2", "2026-10-06"), name="S9"))
    story.tell("""
        offen A 0,00
        Entgelte 0,00
        Verrechnung 0,00
        Zweifel no_reference
    """)


def test_a_detail_without_an_amount_moves_as_its_entry_does(tmp_path: Path, town: Tenant) -> None:
    take(town, tmp_path, statement(town, Ntry("37.00", [Tx("", "Parken", side="DBIT")], ref="R1")))
    assert waiting(town) == [(Doubt.NO_REFERENCE, "credit", 3700, "EUR")]


def test_a_detail_in_foreign_money_stands_for_its_entry(tmp_path: Path, town: Tenant) -> None:
    take(town, tmp_path, statement(town, Ntry("37.00", [Tx("41.20", "Parken", currency="USD")], ref="R1")))
    assert waiting(town) == [(Doubt.NO_REFERENCE, "credit", 3700, "EUR")]


@pytest.mark.parametrize("_again", range(6))
def test_the_statement_confirms_what_was_booked_before_what_was_held(_again: int, tmp_path: Path, town: Tenant) -> None:
    entry = Ntry("25.00", [Tx("25.00", "Parken")], ref="")
    take(town, tmp_path, notice(town, entry, name="N1"), notice(town, entry, name="N2"), statement(town, entry))
    assert at_bank(town) == 2500


@pytest.mark.parametrize("_again", range(4))
def test_what_agrees_most_is_the_same_entry(_again: int, tmp_path: Path, town: Tenant) -> None:
    bare, told = Ntry("37.00"), Ntry("37.00", [Tx("37.00", "eins", iban="DE02120300000000202051")])
    other = Ntry("37.00", [Tx("37.00", "zwei", iban="DE02500105170137075030")])
    take(town, tmp_path, report(town, bare, told), statement(town, told, other))
    assert at_bank(town) == 7400


def test_a_bank_that_always_writes_one_reference_loses_no_twin_of_another_day(tmp_path: Path, town: Tenant) -> None:
    first = statement(town, Ntry("25.00", [Tx("25.00", "Parken")], ref="SAME"), balances=("0.00", "25.00"))
    twin = Ntry("25.00", [Tx("25.00", "Parken")], ref="SAME", day="2026-10-06")
    take(town, tmp_path, first, statement(town, twin, name="S2", balances=("25.00", "50.00")))
    assert at_bank(town) == 5000


def test_a_reference_used_again_next_year_is_other_money(tmp_path: Path, town: Tenant) -> None:
    this, last = Ntry("25.00", [Tx("25.00", "Parken")], ref="R1"), Ntry("25.00", ref="R1", day="2025-10-05")
    take(town, tmp_path, statement(town, last), statement(town, this, name="S2"))
    assert at_bank(town) == 5000


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_payment_named_by_two_references_is_one(order: tuple[int, int], tmp_path: Path, town: Tenant) -> None:
    number = a_claim(town).kassenzeichen
    tx = Tx("37.00", end_to_end=number, tx_id="TX-1")
    told = [notice(town, Ntry("37.00", [tx], ref="ADVICE-1")), statement(town, Ntry("37.00", [tx], ref="BOOKED-9"))]
    take(town, tmp_path, *(told[n] for n in order))
    assert (at_bank(town), is_open(town, number), waiting(town)) == (3700, 0, [])


def test_two_payments_of_one_statement_with_one_transaction_id_are_two(tmp_path: Path, town: Tenant) -> None:
    tx = Tx("37.00", "Parken", tx_id="TX-1")
    take(town, tmp_path, statement(town, Ntry("37.00", [tx], ref="A"), Ntry("37.00", [tx], ref="B")))
    assert at_bank(town) == 7400


def test_a_statement_sent_again_with_more_details_is_the_same_money(tmp_path: Path, town: Tenant) -> None:
    bare = statement(town, Ntry("37.00"), Ntry("25.00"), balances=("0.00", "62.00"))
    full = [Ntry("25.00", [Tx("25.00", "Parken")]), Ntry("37.00", [Tx("37.00", "Ausweis")])]
    take(town, tmp_path, bare, statement(town, *full, balances=("0.00", "62.00")))
    assert at_bank(town) == 6200


def halves(town: Tenant, numbers: list[str], ref: str) -> tuple[Camt, Camt]:
    """A collective credit, and a camt.054 that tells of it in two entries."""
    whole = Ntry("148.00", [Tx("148.00", end_to_end="", name="")], ref="R1", elsewhere="MN1")
    parts = [Ntry("74.00", [Tx("37.00", n) for n in half], ref=ref) for half in (numbers[:2], numbers[2:])]
    return statement(town, whole, balances=("0.00", "148.00")), notice(town, *parts)


@pytest.mark.parametrize("ref", ["R1", "", "OWN"])
@pytest.mark.parametrize("order", [(0, 1), (1, 0), (0, 1, 0, 1), (1, 0, 1)])
def test_details_in_two_entries_are_no_new_money(
    ref: str, order: tuple[int, ...], tmp_path: Path, town: Tenant
) -> None:
    numbers = [a_claim(town).kassenzeichen for _ in range(4)]
    told = halves(town, numbers, ref)
    take(town, tmp_path, *(told[n] for n in order))
    assert at_bank(town) == 14800


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
@pytest.mark.parametrize("count", [0, 4])
def test_details_cut_off_at_a_cap_complete_each_other(
    count: int, order: tuple[int, ...], tmp_path: Path, town: Tenant
) -> None:
    numbers = [a_claim(town).kassenzeichen for _ in range(4)]
    whole, _ = halves(town, numbers, "R1")
    cut = [Ntry("148.00", [Tx("37.00", n) for n in half], ref="R1", count=count) for half in (numbers[:2], numbers[2:])]
    told = [whole, *(notice(town, part, name=f"N{n}") for n, part in enumerate(cut))]
    take(town, tmp_path, *(told[n] for n in order[:2]))
    waits = [cents for _, _, cents, _ in waiting(town)]
    assert (at_bank(town), waits) == (14800, [14800] if 0 in order[:2] else [])
    take(town, tmp_path, notice(town, cut[0], name="again"), told[order[2]])
    assert (at_bank(town), waiting(town), [is_open(town, n) for n in numbers]) == (14800, [], [0, 0, 0, 0])


def test_a_returned_transfer_is_no_payment(tmp_path: Path, town: Tenant) -> None:
    """Money of ours that comes back carries the reference we wrote on it (GVC 159)."""
    number = a_claim(town).kassenzeichen
    take(town, tmp_path, statement(town, Ntry("37.00", [Tx("37.00", number)], ref="R1", code="159")))
    assert (is_open(town, number), waiting(town)) == (3700, [(Doubt.RETURNED, "credit", 3700, "EUR")])


def test_an_entry_of_nothing_is_nothing(tmp_path: Path, town: Tenant) -> None:
    number = a_claim(town).kassenzeichen
    swap = Ntry("0.00", [Tx("37.00", number), Tx("37.00", "Gebühr", side="DBIT")], ref="R1")
    take(town, tmp_path, statement(town, Ntry("0.00"), swap))
    assert at_bank(town) == 0


def test_a_detail_larger_than_its_entry(tmp_path: Path, town: Tenant) -> None:
    number = a_claim(town).kassenzeichen
    mixed = Ntry("32.00", [Tx("37.00", number), Tx("5.00", "Entgelt", side="DBIT")], ref="R1")
    take(town, tmp_path, statement(town, mixed))
    assert (is_open(town, number), at_bank(town)) == (0, 3200)
    assert waiting(town) == [(Doubt.MONEY_GOES_OUT, "debit", 500, "EUR")]


def test_two_accounts_in_one_file(tmp_path: Path) -> None:
    from tests.support.towns import iban as make
    from tests.support.towns import town_file

    base = town_file()
    second = {**base["bank_accounts"][0], "iban": make(int(base["bank_accounts"][0]["iban"][-10:]) + 50_000)}
    town = found_town(bank_accounts=[*base["bank_accounts"], second])
    entry = Ntry("25.00", [Tx("25.00", "Parken")], ref="R1")
    accounts = [account.iban for account in bank_accounts(tenant=town)]
    for name in ("a", "b"):
        for account in accounts:
            path = Camt(account, [entry], message_id=name).write(tmp_path, f"{name}{account}.xml")
            allocation.import_bank_file(tenant=town, path=path, name=path.name, at=AT)
            assert_sound(town)
    assert [ledger.balance(tenant=town, account=f"bank:{account}") for account in accounts] == [2500, 2500]


def test_a_return_with_charges_leaves_the_account_with_both(tmp_path: Path, town: Tenant) -> None:
    tx = Tx("50.00", a_claim(town).kassenzeichen, side="DBIT", reason="MS03", charges="3.00")
    take(town, tmp_path, statement(town, Ntry("53.00", [tx], ref="NONREF", side="DBIT")))
    assert (at_bank(town), waiting(town)) == (-5300, [(Doubt.RETURNED, "debit", 5300, "EUR")])
