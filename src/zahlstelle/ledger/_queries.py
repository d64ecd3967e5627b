"""Read the book: balances by account and by what they are about, the lines themselves, and whether it is sound."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import connection

from zahlstelle.kernel import Money
from zahlstelle.tenancy import Tenant, inside

from ._rules import Side


@dataclass(frozen=True, slots=True)
class Balance:
    """An account's totals in cents."""

    code: str
    name: str
    currency: str
    soll_cents: int
    haben_cents: int

    @property
    def soll_balance_cents(self) -> int:
        """SOLL minus HABEN: above zero where the account holds what is ours."""
        return self.soll_cents - self.haben_cents


@dataclass(frozen=True, slots=True)
class BookedLine:
    """A line of the journal with its entry's head."""

    entry: UUID
    occasion: str
    booked_on: date
    recorded_at: datetime
    text: str
    account: str
    side: Side
    amount: Money
    subject: UUID
    reverses: UUID | None


_TRIAL = """
SELECT a.code, a.name, coalesce(l.currency, 'EUR'),
    coalesce(sum(l.amount_cents) FILTER (WHERE l.side = 'SOLL'), 0)::bigint,
    coalesce(sum(l.amount_cents) FILTER (WHERE l.side = 'HABEN'), 0)::bigint
FROM account a LEFT JOIN journal_line l ON l.account_id = a.id AND l.tenant_id = a.tenant_id
WHERE a.tenant_id = %s GROUP BY 1, 2, 3 ORDER BY 1, 3
"""


def trial_balance(*, tenant: Tenant) -> Sequence[Balance]:
    """Add up every account from its lines (Saldenliste)."""
    with inside(tenant), connection.cursor() as cursor:
        cursor.execute(_TRIAL, [tenant.id])
        return [Balance(*row) for row in cursor.fetchall()]


def balance(*, tenant: Tenant, account: str) -> int:
    """Tell SOLL minus HABEN of an account in cents (EUR)."""
    return sum(b.soll_balance_cents for b in trial_balance(tenant=tenant) if b.code == account and b.currency == "EUR")


def balances_about(*, tenant: Tenant, account: str) -> dict[UUID, int]:
    """Tell SOLL minus HABEN of an account per subject, where it is not zero."""
    sql = """
        SELECT l.subject, sum(CASE l.side WHEN 'SOLL' THEN l.amount_cents ELSE -l.amount_cents END)::bigint AS cents
        FROM journal_line l JOIN account a ON a.id = l.account_id
        WHERE l.tenant_id = %s AND a.tenant_id = %s AND a.code = %s
        GROUP BY 1 HAVING sum(CASE l.side WHEN 'SOLL' THEN l.amount_cents ELSE -l.amount_cents END) <> 0
    """
    with inside(tenant), connection.cursor() as cursor:
        cursor.execute(sql, [tenant.id, tenant.id, account])
        return dict(cursor.fetchall())


def balances_of(*, tenant: Tenant, prefix: str, subjects: Sequence[UUID]) -> dict[UUID, int]:
    """Tell SOLL minus HABEN per subject over all accounts whose code begins with `prefix`, in cents."""
    sql = """
        SELECT l.subject, sum(CASE l.side WHEN 'SOLL' THEN l.amount_cents ELSE -l.amount_cents END)::bigint
        FROM journal_line l JOIN account a ON a.id = l.account_id
        WHERE l.tenant_id = %s AND l.subject = ANY(%s) AND starts_with(a.code, %s) GROUP BY 1
    """
    if not subjects:
        return {}
    with inside(tenant), connection.cursor() as cursor:
        cursor.execute(sql, [tenant.id, list(subjects), prefix])
        return dict(cursor.fetchall())


_ABOUT = """
SELECT e.id, e.occasion, e.booked_on, e.recorded_at, e.text,
    a.code, l.side, l.amount_cents, l.currency, l.subject, e.reverses
FROM journal_entry e JOIN journal_line l ON l.entry = e.id JOIN account a ON a.id = l.account_id
WHERE e.tenant_id = %(tenant)s
    AND e.id IN (SELECT entry FROM journal_line WHERE tenant_id = %(tenant)s AND subject = %(subject)s)
ORDER BY e.recorded_at, l.id
"""


def booked_about(*, tenant: Tenant, subject: UUID) -> Sequence[BookedLine]:
    """List every line of every entry that touches a claim, a bank entry or an attempt."""
    with inside(tenant), connection.cursor() as cursor:
        cursor.execute(_ABOUT, {"tenant": tenant.id, "subject": subject})
        return [
            BookedLine(entry, occasion, on, at, text, code, Side(side), Money(cents, currency), about, reverses)
            for entry, occasion, on, at, text, code, side, cents, currency, about, reverses in cursor.fetchall()
        ]


_UNBALANCED = """
SELECT entry FROM journal_line WHERE tenant_id = %s GROUP BY entry, currency
HAVING sum(CASE side WHEN 'SOLL' THEN amount_cents ELSE -amount_cents END) <> 0
"""
_SEALS = """
SELECT s.number, s.from_xid, s.to_xid, s.entries, s.soll_cents, s.digest, d.entries, d.soll,
    sha256(coalesce(lag(s.digest) OVER (ORDER BY s.number), ''::bytea) || d.digest),
    lag(s.to_xid) OVER (ORDER BY s.number)
FROM seal s, LATERAL zahlstelle_digest(s.tenant_id, s.from_xid, s.to_xid) d WHERE s.tenant_id = %s ORDER BY s.number
"""


def unbalanced_entries(*, tenant: Tenant) -> Sequence[UUID]:
    """Find entries that do not balance; there are none in a sound book."""
    with inside(tenant), connection.cursor() as cursor:
        cursor.execute(_UNBALANCED, [tenant.id])
        return [row[0] for row in cursor.fetchall()]


def broken_seals(*, tenant: Tenant) -> Sequence[int]:
    """Recompute every seal from the journal and name those that differ."""
    broken = []
    with inside(tenant), connection.cursor() as cursor:
        cursor.execute(_SEALS, [tenant.id])
        for expected, row in enumerate(cursor.fetchall(), 1):
            number, from_xid, _, entries, soll, digest, entries_now, soll_now, digest_now, to_xid_before = row
            told = (number, entries, soll, bytes(digest), from_xid)
            if told != (expected, entries_now, soll_now, bytes(digest_now), to_xid_before or 0):
                broken.append(number)
    return broken
