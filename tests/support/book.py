"""What must hold of a town's book at any time, and a digest of everything that must be equal after all orders."""

from django.db import connection

from zahlstelle import allocation, audit, bank, claims, ledger
from zahlstelle.tenancy import Tenant, inside


def assert_sound(town: Tenant) -> None:
    """Recompute everything; each list must be empty."""
    assert ledger.unbalanced_entries(tenant=town) == []
    assert ledger.broken_seals(tenant=town) == []
    assert claims.wrong_balances(tenant=town) == []
    assert allocation.wrong_suspense(tenant=town) == []
    assert allocation.wrong_allocations(tenant=town) == []
    assert bank.entries_without_booking(tenant=town) == []
    assert audit.first_broken(tenant=town) is None
    assert sum(b.soll_balance_cents for b in ledger.trial_balance(tenant=town)) == 0


_STATE = """
SELECT 'entry', account_iban, booked_on::text, side, amount_cents::text, breakdown, booked::text
    FROM bank_entry WHERE booked
UNION ALL SELECT 'detail', d.end_to_end_id, d.party_name, d.side, d.amount_cents::text, d.remittance::text, e.side
    FROM bank_detail d JOIN bank_entry e ON e.id = d.entry WHERE d.active AND e.booked
UNION ALL SELECT 'claim', c.kassenzeichen, b.due_cents::text, b.settled_cents::text, '', '', ''
    FROM claim c JOIN claim_balance b ON b.claim_id = c.id
UNION ALL SELECT 'suspense', s.doubt, s.side, s.amount_cents::text, '', '', '' FROM suspense s
UNION ALL SELECT 'line', a.code, l.side, l.amount_cents::text, l.currency, e.booked_on::text, ''
    FROM journal_line l JOIN account a ON a.id = l.account_id JOIN journal_entry e ON e.id = l.entry
"""
_DIGEST = f"SELECT kind, count(*), sum(hashtextextended(s::text, 0)) FROM ({_STATE}) s (kind) GROUP BY 1 ORDER BY 1"


def state(town: Tenant) -> list[tuple[str, ...]]:
    """Everything that matters of a town's money, without ids and times."""
    with inside(town), connection.cursor() as cursor:
        cursor.execute(_STATE + "ORDER BY 1, 2, 3, 4, 5, 6, 7")
        return list(cursor.fetchall())


def digest(town: Tenant) -> list[tuple[str, int, int]]:
    """Digest the same where there is too much of it to be compared line by line: kind, how many, a sum of hashes."""
    with inside(town), connection.cursor() as cursor:
        cursor.execute(_DIGEST)
        return [(kind, count, int(told)) for kind, count, told in cursor.fetchall()]
