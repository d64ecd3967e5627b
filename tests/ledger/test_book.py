"""The book is balanced, written once and sealed, and the database itself refuses anything else."""

from collections.abc import Callable
from datetime import date
from uuid import UUID

import psycopg
import pytest
from django.db import Error, connection
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.towns import AT, a_claim, found_town
from tests.support.treasury_day import seal_everything

from zahlstelle import ledger
from zahlstelle.kernel import Money, eur, new_id
from zahlstelle.ledger import Entry, Line, Side
from zahlstelle.tenancy import Tenant, inside

DAY = date(2026, 10, 5)


def an_entry(occasion: str, amount: str = "10.00", subject: UUID | None = None) -> Entry:
    about = subject or new_id()
    lines = [
        Line("receivable", Side.SOLL, eur(amount), about),
        Line("revenue", Side.HABEN, eur(amount), about),
    ]
    return Entry(occasion, DAY, AT, "Probe", lines)


def test_the_same_occasion_twice_is_booked_once(town: Tenant) -> None:
    entry = an_entry("a")
    assert ledger.post(tenant=town, entries=[entry]) == ledger.post(tenant=town, entries=[entry, an_entry("b")])[:1]
    assert ledger.balance(tenant=town, account="receivable") == 2000


def test_the_same_occasion_with_other_content_is_refused_and_nothing_moves(town: Tenant) -> None:
    ledger.post(tenant=town, entries=[an_entry("a")])
    with pytest.raises(ledger.OccasionTaken):
        ledger.post(tenant=town, entries=[an_entry("b"), an_entry("a", "11.00")])
    assert ledger.balance(tenant=town, account="receivable") == 1000


def test_an_account_that_is_not_open_takes_nothing(town: Tenant) -> None:
    lines = [Line("nowhere", side, eur("1.00"), new_id()) for side in Side]
    with pytest.raises(Error, match="has no lines"):
        ledger.post(tenant=town, entries=[Entry("a", DAY, AT, "x", lines)])
    assert ledger.balance(tenant=town, account="receivable") == 0


def test_an_unsound_entry_cannot_even_be_written_down() -> None:
    with pytest.raises(ledger.UnsoundEntry):
        Entry("a", DAY, AT, "x", [Line("receivable", Side.SOLL, eur("1.00"), new_id())] * 2)
    with pytest.raises(ledger.UnsoundEntry):
        Entry(
            "a",
            DAY,
            AT,
            "x",
            [Line("a", Side.SOLL, eur("0.00"), new_id()), Line("b", Side.HABEN, eur("0.00"), new_id())],
        )


@settings(max_examples=25, deadline=None)
@given(st.lists(st.lists(st.integers(1, 10**9), min_size=1, max_size=4), min_size=1, max_size=6))
def test_whatever_is_booked_the_book_balances(batches: list[list[int]]) -> None:
    town = found_town()
    for amounts in batches:
        entries = [
            Entry(
                f"{new_id()}",
                DAY,
                AT,
                "x",
                [
                    Line("receivable", Side.SOLL, Money(cents), town.id),
                    *(Line("revenue", Side.HABEN, share, town.id) for share in Money(cents).split(2) if share.cents),
                ],
            )
            for cents in amounts
        ]
        ledger.post(tenant=town, entries=entries)
    total = sum(sum(amounts) for amounts in batches)
    assert ledger.balance(tenant=town, account="receivable") == total == -ledger.balance(tenant=town, account="revenue")
    assert sum(b.soll_balance_cents for b in ledger.trial_balance(tenant=town)) == 0


def test_a_storno_is_one_more_entry_and_only_one(town: Tenant) -> None:
    claim = a_claim(town)
    opened = ledger.booked_about(tenant=town, subject=claim.id)[0].entry
    first = ledger.reverse(tenant=town, entry=opened, on=DAY, at=AT, text="Storno")
    assert ledger.reverse(tenant=town, entry=opened, on=DAY, at=AT, text="Storno") == first
    assert ledger.balance(tenant=town, account="receivable") == 0
    assert len(ledger.booked_about(tenant=town, subject=claim.id)) == 4


_ADD = "INSERT INTO journal_line (tenant_id, entry, account_id, side, amount_cents, currency, subject)"
TRIES = {
    "change a line": "UPDATE journal_line SET amount_cents = amount_cents + 1",
    "delete a line": "DELETE FROM journal_line",
    "change an entry": "UPDATE journal_entry SET text = 'x'",
    "delete an entry": "DELETE FROM journal_entry",
    "empty the journal": "TRUNCATE journal_line",
    "drop a guard": "ALTER TABLE journal_line DISABLE TRIGGER ALL",
    "drop the journal": "DROP TABLE journal_line",
    "forge the seal": "UPDATE seal SET digest = ''",
    "change a deed": "UPDATE audit SET actor = 'x'",
    "add a pair later": (
        "INSERT INTO journal_line (tenant_id, entry, account_id, side, amount_cents, currency, subject)"
        " SELECT tenant_id, entry, account_id, s, 5, 'EUR', subject"
        " FROM journal_line, unnest(ARRAY['SOLL', 'HABEN']) s"
    ),
    "an entry without lines": (
        "INSERT INTO journal_entry (tenant_id, id, occasion, booked_on, recorded_at, text)"
        " SELECT tenant_id, gen_random_uuid(), 'x', booked_on, recorded_at, 'x' FROM journal_entry"
    ),
    "pretend another transaction": (
        "INSERT INTO journal_entry (tenant_id, id, occasion, booked_on, recorded_at, text, xid)"
        " SELECT tenant_id, gen_random_uuid(), 'x', booked_on, recorded_at, 'x', 1 FROM journal_entry"
    ),
    "a side that is none": f"{_ADD} SELECT tenant_id, entry, account_id, 'LEFT', 5, 'EUR', subject FROM journal_line",
    "an amount below zero": f"{_ADD} SELECT tenant_id, entry, account_id, side, -5, 'EUR', subject FROM journal_line",
}


@pytest.mark.parametrize("what", TRIES)
def test_the_application_cannot(what: str, town: Tenant) -> None:
    a_claim(town)
    seal_everything(town)
    before = ledger.trial_balance(tenant=town)
    with pytest.raises(Error), inside(town), connection.cursor() as cursor:
        cursor.execute(TRIES[what])
    assert ledger.trial_balance(tenant=town) == before


@pytest.mark.parametrize("what", [what for what in TRIES if "guard" not in what and "drop" not in what])
def test_not_even_the_owner_changes_what_is_booked(
    what: str, town: Tenant, owner: Callable[..., psycopg.Connection]
) -> None:
    a_claim(town)
    seal_everything(town)
    with owner(town) as database, pytest.raises(psycopg.Error):
        database.execute(TRIES[what])
        database.commit()


def test_a_seal_shows_what_was_done_behind_the_guards(
    town: Tenant, superuser: Callable[[], psycopg.Connection]
) -> None:
    for _ in range(3):
        a_claim(town)
        seal_everything(town)
    assert not ledger.seal(tenant=town, at=AT), "nothing new, no new seal"
    assert ledger.broken_seals(tenant=town) == []
    with superuser() as database:
        database.execute("SET session_replication_role = replica")
        database.execute(
            "UPDATE journal_line SET amount_cents = 3800 WHERE tenant_id = %s AND id IN (SELECT min(id)"
            " FROM journal_line WHERE tenant_id = %s GROUP BY side)",
            [town.id, town.id],
        )
    assert ledger.broken_seals(tenant=town)[0] == 1


def test_a_missing_seal_shows(town: Tenant, superuser: Callable[[], psycopg.Connection]) -> None:
    for _ in range(3):
        a_claim(town)
        seal_everything(town)
    with superuser() as database:
        database.execute("SET session_replication_role = replica")
        database.execute("DELETE FROM seal WHERE tenant_id = %s AND number = 2", [town.id])
    assert ledger.broken_seals(tenant=town) != []
