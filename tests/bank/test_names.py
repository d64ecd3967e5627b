"""What the names a bank uses tell for sure, and what they do not: each of these once put details in a wrong place."""

import itertools
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.bank.test_suspicions import at_bank, iban, is_open, notice, report, statement, take, waiting
from tests.support.bank_files import Camt, Ntry, Tx, zipped
from tests.support.towns import AT, a_claim

from zahlstelle import allocation, bank
from zahlstelle.allocation import Doubt
from zahlstelle.tenancy import Tenant

NEXT = "2026-10-06"
OTHER = "DE02500105170137075030"


def pending(amount: str, notification: str, ref: str = "", **more: object) -> Ntry:
    """A collective credit whose details come in a notification."""
    return Ntry(amount, [Tx(amount, end_to_end="", name="", iban="")], ref, elsewhere=notification, **more)  # type: ignore[arg-type]


def numbers(town: Tenant, *amounts: str) -> list[str]:
    return [a_claim(town, amount).kassenzeichen for amount in amounts]


def left(town: Tenant, claims: list[str]) -> list[int]:
    return [is_open(town, number) for number in claims]


def test_a_transaction_name_that_is_used_again_moves_nothing_to_another_day(tmp_path: Path, town: Tenant) -> None:
    """A bank that numbers its transactions anew every day: the next day's TX-1 is other money."""
    one, two, later = numbers(town, "25.00", "25.00", "25.00")
    pieces = [Ntry("25.00", [Tx("25.00", end_to_end=n, tx_id="TX-1")], ref="") for n in (one, two)]
    line = Ntry("25.00", [Tx("25.00", later, tx_id="TX-1")], ref="", day=NEXT)
    whole = statement(town, pending("50.00", "MN1"), balances=("0.00", "50.00"))
    after = statement(town, line, name="S2", balances=("50.00", "75.00"), opening_day=NEXT, balance_day=NEXT)
    take(town, tmp_path, notice(town, *pieces), after, whole)
    assert (at_bank(town), left(town, [one, two, later]), waiting(town)) == (7500, [0, 0, 0], [])


def test_a_piece_of_one_collective_is_no_repetition_of_another(tmp_path: Path, town: Tenant) -> None:
    first, second = numbers(town, *["37.00"] * 4), numbers(town, *["37.00"] * 2)
    halves = [Ntry("74.00", [Tx("37.00", n) for n in half], ref="") for half in (first[:2], first[2:])]
    other = notice(town, *(Ntry("37.00", [Tx("37.00", n)], ref="") for n in second), name="N2")
    told = report(town, pending("148.00", "MN1"), pending("74.00", "MN2"))
    take(town, tmp_path, notice(town, *halves), told, other)
    held = [entry.held for entry in bank.entries_of_day(tenant=town, day=AT.date()) if not entry.booked]
    assert held == [bank.Held.PART] * 4
    assert (at_bank(town), left(town, [*first, *second]), waiting(town)) == (22200, [0] * 6, [])


def test_a_line_is_no_piece_that_another_line_points_to(tmp_path: Path, town: Tenant) -> None:
    """However constant a bank's reference is: the notification belongs to the entry that names it."""
    claims = numbers(town, *["37.00"] * 4)
    halves = [Ntry("74.00", [Tx("37.00", n) for n in half], ref="SAME", day="") for half in (claims[:2], claims[2:])]
    untold = Ntry("74.00", [Tx("74.00", end_to_end="", name="", iban="")], "SAME", count=2)
    take(town, tmp_path, notice(town, *halves), statement(town, untold, pending("148.00", "MN1", "SAME")))
    assert (at_bank(town), left(town, claims)) == (22200, [0] * 4)
    assert waiting(town) == [(Doubt.DETAILS_MISSING, "credit", 7400, "EUR")]


def test_a_piece_is_not_put_on_a_line_before_its_whole_is_booked(tmp_path: Path, town: Tenant) -> None:
    """The whole is announced only. Its piece says what another payment says too; it is not that payment."""
    one, two, single = numbers(town, "25.00", "37.00", "37.00")
    lines = [pending("62.00", "MN1"), Ntry("37.00", [Tx("37.00", single)], ref="")]
    for line in lines:
        line.status = "PDNG"
    pieces = [
        notice(town, Ntry("25.00", [Tx("25.00", one)], ref="")),
        Camt(iban(town), [Ntry("37.00", [Tx("37.00", single, end_to_end=two)], ref="")], "054", "MN1", "N2"),
    ]
    booked = [pending("62.00", "MN1"), Ntry("37.00", [Tx("37.00", single)], ref="")]
    take(town, tmp_path, report(town, *lines), *pieces, statement(town, *booked, balances=("0.00", "99.00")))
    details = [
        (
            entry.amount.cents,
            sorted((d.end_to_end_id, d.amount.cents) for d in bank.details_of(tenant=town, entry_id=entry.id)),
        )
        for entry in bank.entries_of_day(tenant=town, day=AT.date())
        if entry.booked
    ]
    assert sorted(details) == [
        (3700, [("NOTPROVIDED", 3700)]),
        (6200, [(two, 3700), ("NOTPROVIDED", 2500)]),
    ]
    assert (at_bank(town), is_open(town, single)) == (9900, 0)


def test_two_transaction_ids_are_two_transactions(tmp_path: Path, town: Tenant) -> None:
    told = [Ntry("37.00", [Tx("37.00", "Parken", tx_id=f"TX-{n}")], ref="") for n in range(2)]
    advice = notice(town, told[1])
    take(town, tmp_path, report(town, told[0]), advice, statement(town, *told, balances=("0.00", "74.00")))
    assert at_bank(town) == 7400
    entries = bank.entries_of_day(tenant=town, day=AT.date())
    seen = [[s.message for s in bank.sightings_of(tenant=town, entry_id=entry.id)] for entry in entries]
    assert sorted(sorted(messages) for messages in seen) == [["camt.052", "camt.053"], ["camt.053", "camt.054"]]


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_the_second_stretch_finds_the_entry_that_got_its_pointer_later(
    order: tuple[int, ...], tmp_path: Path, town: Tenant
) -> None:
    """Stretches that name no day: one comes before the statement, the other after it."""
    claims = numbers(town, *["37.00"] * 4)
    cut = [Ntry("148.00", [Tx("37.00", n) for n in half], ref="", day="") for half in (claims[:2], claims[2:])]
    told = [Camt(iban(town), [part], "054", "MN1", f"N{n}") for n, part in enumerate(cut)]
    told.append(statement(town, pending("148.00", "MN1")))
    take(town, tmp_path, *(told[n] for n in order))
    assert (at_bank(town), left(town, claims), waiting(town)) == (14800, [0] * 4, [])


def test_a_pointer_is_learnt_beside_everything_else_that_a_statement_tells(tmp_path: Path, town: Tenant) -> None:
    """The report announced the line without it; one ZIP brings the statement that books it, and its notification."""
    claims = numbers(town, "37.00", "37.00")
    announced = Ntry("74.00", [Tx("74.00", end_to_end="", name="", iban="")], ref="", count=2)
    announced.status = "PDNG"
    take(town, tmp_path, report(town, announced))
    details = notice(town, Ntry("74.00", [Tx("37.00", n) for n in claims], ref=""))
    archive = zipped(tmp_path / "day.zip", statement(town, pending("74.00", "MN1")), details)
    allocation.import_bank_file(tenant=town, path=archive, name="day.zip", at=AT)
    assert (at_bank(town), left(town, claims), waiting(town)) == (7400, [0, 0], [])


def test_an_entry_gains_what_only_a_later_message_says_of_it(tmp_path: Path, town: Tenant) -> None:
    (number,) = numbers(town, "25.00")
    told, more = (Ntry("25.00", [Tx("25.00", number)], "R1", info=info) for info in ("", "Dauerauftrag"))
    take(town, tmp_path, statement(town, told), report(town, more))
    (entry,) = bank.entries_of_day(tenant=town, day=AT.date())
    assert entry.additional_info == "Dauerauftrag"


def test_the_statement_overrules_another_number_of_details(tmp_path: Path, town: Tenant) -> None:
    """The report broke the line up into two payments, the daily statement into three of the same sum."""
    two, three = numbers(town, "37.00", "37.00"), numbers(town, "25.00", "25.00", "24.00")
    before = Ntry("74.00", [Tx("37.00", n) for n in two], "R1")
    final = Ntry("74.00", [Tx(f"{cents}.00", n) for cents, n in zip((25, 25, 24), three, strict=True)], "R1")
    take(town, tmp_path, report(town, before), statement(town, final))
    assert (at_bank(town), left(town, three), left(town, two)) == (7400, [0, 0, 0], [3700, 3700])


def test_a_notification_without_a_day_whose_name_is_used_again(tmp_path: Path, town: Tenant) -> None:
    """Message ids begin anew every day and notifications name no day: their reference tells."""
    first, second = numbers(town, "37.00", "37.00"), numbers(town, *["37.00"] * 4)
    today = notice(town, Ntry("74.00", [Tx("37.00", n) for n in first], "R1", day=""))
    halves = [
        Camt(iban(town), [Ntry("74.00", [Tx("37.00", n) for n in half], "R2", day="")], "054", "MN1", f"N{half[0]}")
        for half in (second[:2], second[2:])
    ]
    lines = [
        statement(town, pending("74.00", "MN1", "R1")),
        statement(town, pending("148.00", "MN1", "R2", day=NEXT), name="S2"),
    ]
    take(town, tmp_path, *lines, today, *halves)
    assert (at_bank(town), left(town, [*first, *second]), waiting(town)) == (22200, [0] * 6, [])


def test_a_statement_told_again_is_placed_among_what_it_told(tmp_path: Path, town: Tenant) -> None:
    """One reference for everything, two collectives of one sum; a notification lies ready for the second telling."""
    claims = numbers(town, *["37.00"] * 4)
    halves = [
        notice(town, Ntry("74.00", [Tx("37.00", n) for n in half], ref="", day=""), name=name)
        for half, name in ((claims[:2], "N1"), (claims[2:], "N2"))
    ]
    both = [pending("74.00", "MN1", "SAME"), pending("74.00", "MN2", "SAME")]
    told = statement(town, *both, balances=("0.00", "148.00"))
    again = statement(town, *both, name="S2", balances=("0.00", "148.00"))
    take(town, tmp_path, report(town, both[1]), told, halves[0], again, halves[1])
    assert (at_bank(town), left(town, claims), waiting(town)) == (14800, [0] * 4, [])


def test_a_line_that_may_be_repeated_is_not_booked_by_way_of_an_advice(tmp_path: Path, town: Tenant) -> None:
    """Two statements of a day without balances or references; an advice that both might mean proves no new money."""
    bare = statement(town, Ntry("37.00"), Ntry("37.00"))
    advice = notice(town, Ntry("37.00", [Tx("37.00", "", end_to_end="E1", iban=OTHER)], ref="", day=""))
    full = [Ntry("37.00", [Tx("37.00", text, end_to_end="E1")]) for text in ("eins", "zwei")]
    for line in full:
        line.details[0].iban = OTHER
    take(town, tmp_path, bare, advice, statement(town, *full, name="S2"))
    assert at_bank(town) == 7400


def test_equal_sums_with_other_details_are_two_collectives(tmp_path: Path, town: Tenant) -> None:
    """A bank with one reference for everything: a notification's entry is not the one that a report tells in place."""
    told, own = numbers(town, "37.00", "37.00"), numbers(town, "37.00", "37.00")
    elsewhere = notice(town, Ntry("74.00", [Tx("37.00", n) for n in told], ref="SAME"))
    here = Ntry("74.00", [Tx("37.00", n) for n in own], ref="SAME")
    take(town, tmp_path, elsewhere, report(town, here), statement(town, here, balances=("0.00", "74.00")))
    assert (at_bank(town), left(town, own), left(town, told)) == (7400, [0, 0], [3700, 3700])


def test_a_day_goes_on_although_its_line_could_stand_before(tmp_path: Path, town: Tenant) -> None:
    """The second sheet has a line that the first could have too, by its balances: kept as a doubt, never swallowed."""
    out = Ntry("25.00", ref="SAME", side="DBIT")
    first = [Ntry("25.00", ref="SAME"), out, out, Ntry("37.00", ref="SAME")]
    sheets = [
        statement(town, *first, balances=("100.00", "112.00")),
        statement(town, out, name="S2", balances=("112.00", "87.00")),
    ]
    take(town, tmp_path, *sheets)
    kept = [e.held for e in bank.entries_of_day(tenant=town, day=AT.date()) if not e.booked]
    assert (at_bank(town), kept) == (1200, [bank.Held.MAY_BE_REPEATED])


def test_two_pieces_alike_in_one_notification_are_two(tmp_path: Path, town: Tenant) -> None:
    piece = Ntry("37.00", [Tx("37.00", "Parken")], ref="")
    take(town, tmp_path, statement(town, pending("74.00", "MN1")), notice(town, piece, piece))
    doubt = (Doubt.NO_REFERENCE, "credit", 3700, "EUR")
    assert (at_bank(town), waiting(town)) == (7400, [doubt, doubt])


def test_two_messages_with_the_same_piece_may_be_one_sent_twice(tmp_path: Path, town: Tenant) -> None:
    piece = Ntry("37.00", [Tx("37.00", "Parken")], ref="")
    told = [Camt(iban(town), [piece], "054", "MN1", name) for name in ("N1", "N2")]
    take(town, tmp_path, statement(town, pending("74.00", "MN1")), *told)
    assert (at_bank(town), waiting(town)) == (7400, [(Doubt.DETAILS_MISSING, "credit", 7400, "EUR")])


def test_the_batch_that_only_a_later_message_names(tmp_path: Path, town: Tenant) -> None:
    from tests.bank.test_orders import collection
    from tests.bank.test_orders import statement as of_batch
    from tests.bank.test_orders import take as take_content

    claims = numbers(town, "37.00", "37.00")
    take_content(town, tmp_path, collection(town, claims))
    take(town, tmp_path, report(town, Ntry("74.00", [Tx("74.00", end_to_end="", name="", iban="")], "R1", count=2)))
    assert waiting(town) == [(Doubt.DETAILS_MISSING, "credit", 7400, "EUR")]
    take_content(town, tmp_path, of_batch(town, "74.00"))
    assert (at_bank(town), left(town, claims), waiting(town)) == (7400, [0, 0], [])
    (entry,) = bank.entries_of_day(tenant=town, day=AT.date())
    assert entry.proprietary_code == "166"  # the first word that the bank said of it


def test_a_reversed_credit_is_not_the_credit(tmp_path: Path, town: Tenant) -> None:
    """Both 37.00 from the same payer on one day: one pays, the other takes a debit of ours back."""
    number = a_claim(town, "37.00").kassenzeichen
    paid = statement(town, Ntry("37.00", [Tx("37.00", number)], ref=""))
    marked = report(town, Ntry("37.00", [Tx("37.00", number)], ref="")).xml()
    path = tmp_path / "reversed.xml"
    path.write_bytes(marked.replace(b"<Sts>", b"<RvslInd>true</RvslInd><Sts>"))
    allocation.import_bank_file(tenant=town, path=path, name=path.name, at=AT)
    take(town, tmp_path, paid)
    entries = {e.reversal: e.booked for e in bank.entries_of_day(tenant=town, day=AT.date())}
    assert entries == {True: False, False: True}
    assert (at_bank(town), is_open(town, number), waiting(town)) == (3700, 0, [])


def test_a_statement_in_another_currency_says_nothing_of_this_one(tmp_path: Path, town: Tenant) -> None:
    """One IBAN for euros and dollars, a statement for each: the dollars' statement does not know the euros."""
    number = a_claim(town, "37.00").kassenzeichen
    dollars = statement(town, Ntry("25.00"), name="S2", balances=("0.00", "25.00"))
    path = tmp_path / "dollars.xml"
    path.write_bytes(dollars.xml().replace(b'Ccy="EUR"', b'Ccy="USD"').replace(b"<Ccy>EUR<", b"<Ccy>USD<"))
    euros = Ntry("37.00", [Tx("37.00", number)], ref="R1")
    take(town, tmp_path, report(town, euros))
    allocation.import_bank_file(tenant=town, path=path, name=path.name, at=AT)
    assert (at_bank(town), is_open(town, number)) == (3700, 0)
    take(town, tmp_path, report(town, Ntry("12.00", ref="R2"), name="R2"))
    assert at_bank(town) == 4900


def test_sheets_that_move_nothing_in_sum_are_told_apart_by_their_numbers(tmp_path: Path, town: Tenant) -> None:
    """In and out again, twice on one day: kept as a doubt where nothing but the number tells, never dropped."""
    lines = [Ntry("25.00"), Ntry("25.00", side="DBIT")]
    sheets = [statement(town, *lines, name=f"S{n}", balances=("100.00", "100.00"), sequence=str(n)) for n in (1, 2)]
    take(town, tmp_path, *sheets, sheets[1])
    held = [e.held for e in bank.entries_of_day(tenant=town, day=AT.date())]
    assert sorted(map(str, held)) == ["None", "None", "may_be_repeated", "may_be_repeated"]


def test_a_collective_told_once_with_a_text_of_its_own_is_one(tmp_path: Path, town: Tenant) -> None:
    """A report calls it one payment, the statement knows that it is a collective: the reference joins them."""
    once = Ntry("74.00", [Tx("74.00", "SAMMLER", end_to_end="", name="", iban="")], ref="R1")
    more = Ntry("74.00", [Tx("74.00", "2 POSTEN", end_to_end="", name="", iban="")], ref="R1", count=2)
    take(town, tmp_path, report(town, once), statement(town, more))
    assert (at_bank(town), len(bank.entries_of_day(tenant=town, day=AT.date()))) == (7400, 1)


@pytest.mark.parametrize("balances", [None, ("0.00", "74.00")])
def test_an_advice_on_the_wrong_line_doubles_nothing(
    balances: tuple[str, str] | None, tmp_path: Path, town: Tenant
) -> None:
    """The statement is bare, so the advice may go to either line; the next telling says what each of them is."""
    one, two = numbers(town, "37.00", "37.00")
    bare = statement(town, Ntry("37.00", ref="R1"), Ntry("37.00", ref="R2"), balances=balances)
    full = [Ntry("37.00", [Tx("37.00", number)], ref=ref) for number, ref in ((one, "R1"), (two, "R2"))]
    advice = notice(town, Ntry("37.00", [Tx("37.00", two)], ref=""))
    take(town, tmp_path, advice, bare, statement(town, *full, name="S2", balances=balances))
    assert (at_bank(town), left(town, [one, two]), waiting(town)) == (7400, [0, 0], [])


def test_of_many_alike_the_one_that_has_just_learnt_its_payer_is_found_by_it(tmp_path: Path, town: Tenant) -> None:
    """Ten lines of one amount: the daily statement names the payers of the last five, and a notification does again."""
    claims = numbers(town, *["25.00"] * 5)
    bare = [Ntry("25.00", [], ref=f"R{n}") for n in range(10)]
    take(town, tmp_path, report(town, *bare))
    references = ["R5", "R6", "R7", "R8", ""]  # the last line is found by what it says
    told = [*bare[:5], *(Ntry("25.00", [Tx("25.00", n)], ref) for n, ref in zip(claims, references, strict=True))]
    advice = notice(town, *(Ntry("25.00", [Tx("25.00", n)], ref="") for n in claims))
    archive = zipped(tmp_path / "day.zip", statement(town, *told), advice)
    allocation.import_bank_file(tenant=town, path=archive, name="day.zip", at=AT)
    assert (at_bank(town), left(town, claims)) == (25000, [0] * 5)
    entries = bank.entries_of_day(tenant=town, day=AT.date())
    assert sorted(entry.bank_ref for entry in entries if entry.breakdown == "single") == [f"R{n}" for n in range(5, 10)]


@pytest.mark.parametrize("order", [("report", "notice", "statement"), ("notice", "report", "statement")])
def test_a_piece_on_a_bare_line_goes_to_the_whole_that_names_its_notification(
    order: tuple[str, ...], tmp_path: Path, town: Tenant
) -> None:
    """Nothing tells the two apart before the statement does: what the piece paid from the line is paid by the whole."""
    one, two = numbers(town, "25.00", "62.00")
    told = {
        "report": report(town, Ntry("25.00")),
        "notice": notice(town, *(Ntry(cents, [Tx(cents, n)], ref="") for cents, n in (("25.00", one), ("62.00", two)))),
        "statement": statement(town, Ntry("25.00"), pending("87.00", "MN1"), balances=("0.00", "112.00")),
    }
    take(town, tmp_path, *(told[name] for name in order), told["notice"], told["statement"])
    assert (at_bank(town), left(town, [one, two])) == (11200, [0, 0])
    assert waiting(town) == [(Doubt.NO_REFERENCE, "credit", 2500, "EUR")]
    entries = bank.entries_of_day(tenant=town, day=AT.date())
    shapes = sorted((entry.amount.cents, str(entry.breakdown)) for entry in entries if entry.booked)
    assert shapes == [(2500, "none"), (8700, "whole")]


@pytest.mark.parametrize("ref", ["R1", ""])
@pytest.mark.parametrize("kind", [report, statement])
def test_a_line_told_without_payer_or_purpose_gains_them(
    kind: Callable[..., Camt], ref: str, tmp_path: Path, town: Tenant
) -> None:
    """The line has its detail, with nothing in it but the amount; the notification says whose it is."""
    (number,) = numbers(town, "37.00")
    silent = kind(town, Ntry("37.00", [Tx("37.00", end_to_end="", name="", iban="")], ref))
    telling = notice(town, Ntry("37.00", [Tx("37.00", number)], ref))
    take(town, tmp_path, silent, telling, silent)
    assert (at_bank(town), left(town, [number]), waiting(town)) == (3700, [0], [])


def test_a_line_that_says_itself_what_it_is_keeps_it(tmp_path: Path, town: Tenant) -> None:
    """Line and piece say the same word for word: the whole takes a copy, the line keeps its own."""
    one, two = numbers(town, "25.00", "62.00")
    line = Ntry("25.00", [Tx("25.00", one)], ref="")
    pieces = notice(town, line, Ntry("62.00", [Tx("62.00", two)], ref=""))
    final = statement(town, line, pending("87.00", "MN1"), balances=("0.00", "112.00"))
    take(town, tmp_path, report(town, line), pieces, final)
    assert (at_bank(town), left(town, [one])) == (11200, [0])
    entries = bank.entries_of_day(tenant=town, day=AT.date())
    assert [e.breakdown for e in entries if e.booked and e.amount.cents == 2500] == ["single"]


def test_a_piece_without_a_day_that_explains_one_entry_is_no_line_of_the_next_day(tmp_path: Path, town: Tenant) -> None:
    """Names begin anew every day and notifications name no day: what is explained already is not told again."""
    today, tomorrow = numbers(town, "99.00", "37.00", "25.00"), numbers(town, "37.00", "25.00")
    ones = [("99.00", today[:1]), ("62.00", today[1:])]
    cents = {"99.00": ["99.00"], "62.00": ["37.00", "25.00"]}
    pieces = [
        Ntry(sum_, [Tx(part, n) for part, n in zip(cents[sum_], named, strict=True)], "R1", day="")
        for sum_, named in ones
    ]
    later = Ntry("62.00", [Tx(part, n) for part, n in zip(cents["62.00"], tomorrow, strict=True)], "R1", day="")
    told = [Camt(iban(town), [entry], "054", "MN1", f"N{n}") for n, entry in enumerate([*pieces, later])]
    silent = {"end_to_end": "", "name": "", "iban": ""}
    first = Ntry("161.00", [Tx("161.00", **silent)], "R1", count=3)  # type: ignore[arg-type]
    second = Ntry("62.00", [Tx("62.00", **silent)], "R1", day=NEXT, count=2)  # type: ignore[arg-type]
    days = [
        statement(town, first, balances=("0.00", "161.00")),
        statement(town, second, name="S2", balances=("161.00", "223.00"), opening_day=NEXT, balance_day=NEXT),
    ]
    take(town, tmp_path, told[0], told[1], days[0], told[2], days[1])
    assert (at_bank(town), left(town, [*today, *tomorrow]), waiting(town)) == (22300, [0] * 5, [])


def test_details_told_again_stay_on_the_line_that_has_them(tmp_path: Path, found: Callable[..., Tenant]) -> None:
    """Two lines of one amount under a name that stands for everything; the statement is made a second time."""
    for number in range(6):  # which of the two is found first hangs on their ids
        town = found()
        claims = numbers(town, "37.00", "25.00")
        single = a_claim(town, "37.00").kassenzeichen
        told = [Tx(cents, n) for cents, n in zip(("37.00", "25.00"), claims, strict=True)]
        untold = Ntry("62.00", [Tx("62.00", end_to_end="", name="", iban="")], "SAME", count=2)
        wrong = Ntry("62.00", [Tx("37.00"), Tx("25.01")], "SAME", day="", count=2)
        lines = [Ntry("62.00", told, "SAME"), untold]
        first = statement(town, Ntry("37.00", [Tx("37.00", single)], "SAME"), *lines, balances=("0.00", "161.00"))
        second = statement(town, Ntry("37.00", ref="SAME"), *lines, name="S2", balances=("0.00", "161.00"))
        folder = tmp_path / str(number)
        folder.mkdir()
        take(town, folder, first, notice(town, wrong, name="N3"), second)
        entries = bank.entries_of_day(tenant=town, day=AT.date())
        assert sorted(str(entry.breakdown) for entry in entries) == ["broken", "single", "whole"]
        assert (at_bank(town), left(town, [*claims, single])) == (16100, [0, 0, 0])
