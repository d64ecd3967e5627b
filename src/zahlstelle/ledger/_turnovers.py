"""Read the book for those who compare it with what happened: turnovers by subject, and whole entries by their id."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import connection

from zahlstelle.kernel import Money, Refusal
from zahlstelle.tables.ledger import AccountRow
from zahlstelle.tenancy import Tenant, inside

from ._queries import BookedLine
from ._rules import Side, entry_id


class EntryUnknown(Refusal):
    """The town's book has no such entry."""

    code = "journal_entry_unknown"
    status = 404


@dataclass(frozen=True, slots=True)
class Turnover:
    """What was booked about one subject on one account, taken-back entries left out on both sides."""

    soll_cents: int
    haben_cents: int
    lines: int

    @property
    def soll_balance_cents(self) -> int:
        """SOLL minus HABEN."""
        return self.soll_cents - self.haben_cents


_TURNOVERS = """
SELECT l.subject, l.side, sum(l.amount_cents)::bigint, count(*)
FROM journal_line l JOIN account a ON a.id = l.account_id JOIN journal_entry e ON e.id = l.entry
WHERE l.tenant_id = %(tenant)s AND a.tenant_id = %(tenant)s AND e.tenant_id = %(tenant)s AND a.code = %(account)s
    AND e.reverses IS NULL
    AND NOT EXISTS (SELECT 1 FROM journal_entry s WHERE s.tenant_id = %(tenant)s AND s.reverses = e.id)
GROUP BY l.subject, l.side
"""


def turnovers_about(*, tenant: Tenant, account: str) -> Mapping[UUID, Turnover]:
    """Add up an account by subject: both sides and how many lines. An entry and its Storno count as nothing."""
    found: dict[UUID, Turnover] = {}
    with inside(tenant), connection.cursor() as cursor:
        cursor.execute(_TURNOVERS, {"tenant": tenant.id, "account": account})
        for subject, side, cents, lines in cursor.fetchall():
            so_far = found.get(subject, Turnover(0, 0, 0))
            soll = so_far.soll_cents + (cents if side == Side.SOLL else 0)
            haben = so_far.haben_cents + (cents if side == Side.HABEN else 0)
            found[subject] = Turnover(soll, haben, so_far.lines + lines)
    return found


def entry_of_occasion(*, tenant: Tenant, occasion: str) -> UUID:
    """Give the id that an occasion's entry has, or would have."""
    return entry_id(tenant.id, occasion)


def account_names(*, tenant: Tenant) -> Mapping[str, str]:
    """Tell every account's name by its code."""
    with inside(tenant):
        return dict(AccountRow.objects.filter(tenant_id=tenant.id).values_list("code", "name"))


_ENTRY = """
SELECT e.id, e.occasion, e.booked_on, e.recorded_at, e.text,
    a.code, l.side, l.amount_cents, l.currency, l.subject, e.reverses, count(*) OVER ()
FROM journal_entry e JOIN journal_line l ON l.entry = e.id JOIN account a ON a.id = l.account_id
WHERE e.tenant_id = %s AND l.tenant_id = %s AND e.id = %s ORDER BY l.id OFFSET %s LIMIT %s
"""


def entry_lines(*, tenant: Tenant, entry: UUID, offset: int = 0, limit: int = 200) -> tuple[Sequence[BookedLine], int]:
    """List a stretch of an entry's lines in order, and how many it has. Raises EntryUnknown."""
    with inside(tenant), connection.cursor() as cursor:
        cursor.execute(_ENTRY, [tenant.id, tenant.id, entry, offset, limit])
        rows = cursor.fetchall()
    if not rows:
        raise EntryUnknown(f"there is no journal entry {entry}")
    lines = [
        BookedLine(own, occasion, on, at, text, code, Side(side), Money(cents, currency), about, reverses)
        for own, occasion, on, at, text, code, side, cents, currency, about, reverses, _ in rows
    ]
    return lines, int(rows[0][-1])
