"""The book is checked from its journal: a sound one passes, and each kind of damage done behind the guards is found."""

from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from tests.support.towns import AT
from tests.support.treasury_day import TreasuryDay, a_day, seal_everything

from zahlstelle import audit, treasury
from zahlstelle.kernel import new_id
from zahlstelle.tenancy import Tenant
from zahlstelle.treasury import Finding, FindingKind

Behind = Callable[..., None]


@pytest.fixture
def day(town: Tenant, tmp_path: Path) -> TreasuryDay:
    lived = a_day(town, tmp_path)
    seal_everything(town)
    return lived


@pytest.fixture
def behind(superuser: Callable[[], psycopg.Connection], town: Tenant) -> Behind:
    """Do something to the town's rows that no guard sees; `%(town)s` is its id."""

    def do(sql: str, **values: object) -> None:
        with superuser() as database:
            database.execute("SET session_replication_role = replica")
            done = database.execute(sql, {"town": town.id, **values})
            assert done.rowcount > 0, "nothing was damaged"

    return do


def kinds(town: Tenant) -> set[FindingKind]:
    return {finding.kind for finding in treasury.check_book(tenant=town)}


def test_a_lived_in_book_is_sound(town: Tenant, day: TreasuryDay) -> None:
    assert treasury.check_book(tenant=town) == []


def test_an_empty_book_is_sound(town: Tenant) -> None:
    assert treasury.check_book(tenant=town) == []


def test_one_side_of_an_entry_changed(town: Tenant, day: TreasuryDay, behind: Behind) -> None:
    behind(
        "UPDATE journal_line SET amount_cents = amount_cents + 1 WHERE tenant_id = %(town)s AND side = 'HABEN'"
        " AND subject = %(claim)s AND account_id = (SELECT id FROM account WHERE tenant_id = %(town)s"
        " AND code = 'revenue')",
        claim=day.unpaid.id,
    )
    found = treasury.check_book(tenant=town)
    assert {f.kind for f in found} == {
        FindingKind.UNBALANCED_BOOK,
        FindingKind.UNBALANCED_ENTRY,
        FindingKind.BROKEN_SEAL,
    }
    totals = next(f for f in found if f.kind is FindingKind.UNBALANCED_BOOK)
    assert totals.told is not None
    assert totals.booked == totals.told + 1


def test_a_text_changed_breaks_its_seal(town: Tenant, day: TreasuryDay, behind: Behind) -> None:
    behind("UPDATE journal_entry SET text = 'x' WHERE tenant_id = %(town)s")
    assert kinds(town) == {FindingKind.BROKEN_SEAL}


def test_an_open_amount_changed(town: Tenant, day: TreasuryDay, behind: Behind) -> None:
    behind(
        "UPDATE claim_balance SET settled_cents = 200 WHERE tenant_id = %(town)s AND claim_id = %(claim)s",
        claim=day.unpaid.id,
    )
    assert treasury.check_book(tenant=town) == [
        Finding(FindingKind.OPEN_AMOUNT, day.unpaid.kassenzeichen, told=1000, booked=1200)
    ]


def test_suspense_forgotten(town: Tenant, day: TreasuryDay, behind: Behind) -> None:
    behind("DELETE FROM suspense WHERE tenant_id = %(town)s AND entry = %(entry)s", entry=day.unknown)
    assert treasury.check_book(tenant=town) == [Finding(FindingKind.SUSPENSE, str(day.unknown), told=0, booked=1200)]


def test_an_allocation_with_another_amount(town: Tenant, day: TreasuryDay, behind: Behind) -> None:
    behind(
        "UPDATE allocation SET amount_cents = amount_cents - 1 WHERE tenant_id = %(town)s AND claim IS NOT NULL"
        " AND outcome = 'allocated' AND account IS NULL AND attempt IS NULL"
    )
    assert kinds(town) == {FindingKind.ALLOCATION}


def test_an_allocation_forgotten(town: Tenant, day: TreasuryDay, behind: Behind) -> None:
    behind("DELETE FROM allocation WHERE tenant_id = %(town)s AND claim IS NOT NULL AND outcome = 'allocated'")
    assert kinds(town) == {FindingKind.ALLOCATION}


def test_suspense_invented(town: Tenant, day: TreasuryDay, behind: Behind) -> None:
    behind(
        "INSERT INTO suspense (tenant_id, detail, entry, side, amount_cents, currency, doubt, since)"
        " SELECT tenant_id, gen_random_uuid(), entry, side, 500, currency, doubt, since FROM suspense"
        " WHERE tenant_id = %(town)s AND entry = %(entry)s",
        entry=day.unknown,
    )
    assert treasury.check_book(tenant=town) == [Finding(FindingKind.SUSPENSE, str(day.unknown), told=1700, booked=1200)]


def test_a_bank_entry_with_another_amount(town: Tenant, day: TreasuryDay, behind: Behind) -> None:
    behind("UPDATE bank_entry SET amount_cents = 3800 WHERE tenant_id = %(town)s AND id = %(entry)s", entry=day.single)
    found = treasury.check_book(tenant=town)
    assert Finding(FindingKind.BANK_ENTRY, str(day.single), told=3800, booked=3700) in found
    assert {f.kind for f in found} == {FindingKind.BANK_ENTRY}


def test_a_bank_entry_that_vanished_leaves_its_booking(town: Tenant, day: TreasuryDay, behind: Behind) -> None:
    behind("DELETE FROM bank_entry WHERE tenant_id = %(town)s AND id = %(entry)s", entry=day.single)
    found = treasury.check_book(tenant=town)
    assert [(f.kind, (f.booked or 0) - (f.told or 0)) for f in found] == [(FindingKind.BANK_ENTRY, 3700)]


def test_a_bank_entry_that_was_never_booked(town: Tenant, day: TreasuryDay, behind: Behind) -> None:
    behind(
        "INSERT INTO bank_entry (tenant_id, id, account_iban, booked_on, side, reversal, amount_cents, currency,"
        " status, booked, breakdown, first_seen_at) SELECT tenant_id, gen_random_uuid(), account_iban, booked_on, side,"
        " reversal, amount_cents, currency, status, booked, breakdown, first_seen_at FROM bank_entry"
        " WHERE tenant_id = %(town)s AND id = %(entry)s",
        entry=day.single,
    )
    found = treasury.check_book(tenant=town)
    assert {f.kind for f in found} == {FindingKind.BANK_ENTRY}
    assert any((f.told, f.booked) == (3700, 0) for f in found)


def test_a_bank_entry_booked_twice(town: Tenant, day: TreasuryDay, behind: Behind) -> None:
    entry = new_id()
    behind(
        "INSERT INTO journal_entry (tenant_id, id, occasion, booked_on, recorded_at, text)"
        " SELECT tenant_id, %(new)s, 'again', booked_on, recorded_at, text FROM journal_entry"
        " WHERE tenant_id = %(town)s AND occasion = %(occasion)s",
        new=entry,
        occasion=f"bank:{day.single}",
    )
    behind(
        "INSERT INTO journal_line (tenant_id, entry, account_id, side, amount_cents, currency, subject)"
        " SELECT l.tenant_id, %(new)s, l.account_id, l.side, l.amount_cents, l.currency, l.subject FROM journal_line l"
        " JOIN journal_entry e ON e.id = l.entry WHERE l.tenant_id = %(town)s AND e.occasion = %(occasion)s",
        new=entry,
        occasion=f"bank:{day.single}",
    )
    found = treasury.check_book(tenant=town)
    assert Finding(FindingKind.BANK_ENTRY, str(day.single), told=3700, booked=7400) in found
    assert FindingKind.SUSPENSE in {f.kind for f in found}, "and suspense holds what nobody knows of"


def test_money_taken_by_the_provider_and_not_booked(town: Tenant, day: TreasuryDay, behind: Behind) -> None:
    behind("UPDATE attempt SET amount_cents = 2600 WHERE tenant_id = %(town)s AND id = %(id)s", id=day.attempt.id)
    assert treasury.check_book(tenant=town) == [
        Finding(FindingKind.CLEARING, str(day.attempt.id), told=2600, booked=2500)
    ]


def test_money_booked_that_no_provider_has_taken(town: Tenant, day: TreasuryDay, behind: Behind) -> None:
    behind("UPDATE attempt SET status = 'declined' WHERE tenant_id = %(town)s AND id = %(id)s", id=day.attempt.id)
    assert treasury.check_book(tenant=town) == [Finding(FindingKind.CLEARING, str(day.attempt.id), told=0, booked=2500)]


def test_a_deed_changed_breaks_the_chain(town: Tenant, day: TreasuryDay, behind: Behind) -> None:
    audit.write(tenant=town, at=AT, actor="x", action="y", subject="z")
    behind("UPDATE audit SET actor = 'someone else' WHERE tenant_id = %(town)s AND number = 1")
    assert treasury.check_book(tenant=town) == [Finding(FindingKind.AUDIT_CHAIN, "1")]


def test_a_neighbours_damage_is_not_ours(town: Tenant, neighbour: Tenant, day: TreasuryDay, behind: Behind) -> None:
    behind("UPDATE journal_entry SET text = 'x' WHERE tenant_id = %(town)s")
    assert treasury.check_book(tenant=neighbour) == []


def test_a_check_is_remembered_with_what_it_found(town: Tenant, day: TreasuryDay, behind: Behind) -> None:
    assert treasury.last_inspection(tenant=town) is None
    assert treasury.inspect_book(tenant=town, at=AT, actor="me").sound
    behind("DELETE FROM suspense WHERE tenant_id = %(town)s AND entry = %(entry)s", entry=day.unknown)
    treasury.inspect_book(tenant=town, at=AT, actor="me")
    last = treasury.last_inspection(tenant=town)
    assert last is not None
    assert (last.count, last.sound, last.actor) == (1, False, "me")
    assert last.findings == [Finding(FindingKind.SUSPENSE, str(day.unknown), told=0, booked=1200)]
