"""What a batch of thousands asks for each row is found by its key, also in a town that statistics know nothing of."""

from datetime import date

from django.db import connection
from tests.support.towns import AT, found_town

from zahlstelle import ledger
from zahlstelle.kernel import eur, new_id
from zahlstelle.ledger import Entry, Line, Side
from zahlstelle.tenancy import Tenant, inside


def test_the_lines_of_an_entry_are_found_by_entry_and_town() -> None:
    town = found_town()
    lines = [Line("receivable", Side.SOLL, eur("1.00"), new_id()), Line("revenue", Side.HABEN, eur("1.00"), new_id())]
    entries = [Entry(f"day {n}", date(2026, 10, 5), AT, "Probe", lines) for n in range(1_000)]
    (entry, *_) = ledger.post(tenant=town, entries=entries)
    plan = plan_of(town, "SELECT 1 FROM journal_line WHERE entry = %s AND tenant_id = %s LIMIT 1", [entry, town.id])
    assert "using journal_line_entry_tenant" in plan
    assert "journal_line_subject" not in plan


def test_no_statistics_are_kept_of_how_many_rows_a_town_has() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid AND c.relkind = 'r'"
            " WHERE a.attname = 'tenant_id' AND coalesce(a.attstattarget, -1) = 0"
        )
        tables = [name for (name,) in cursor.fetchall()]
    assert {"allocation", "attempt", "bank_detail", "bank_entry", "claim", "claim_balance"} <= set(tables)
    assert {"event", "journal_entry", "journal_line", "payment"} <= set(tables)


def plan_of(town: Tenant, sql: str, given: list[object]) -> str:
    """Ask how the database would answer."""
    with inside(town), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")  # a table of a few rows would be read whole
        cursor.execute(f"EXPLAIN {sql}", given)
        return "\n".join(line for (line,) in cursor.fetchall())
