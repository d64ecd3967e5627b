"""How far entries are allocated, for the day's page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.db import connection
from django.db.models import Count, Sum

from zahlstelle.kernel import Money
from zahlstelle.tables.allocation import SuspenseRow
from zahlstelle.tenancy import Tenant, inside

from ._queries import SuspenseItem
from ._rules import Doubt


@dataclass(slots=True)
class Standing:
    """What was allocated of an entry and what waits, in details and cents."""

    allocated: int = 0
    allocated_cents: int = 0
    suspended: int = 0
    suspended_cents: int = 0
    doubts: dict[Doubt, int] = field(default_factory=dict)


_ALLOCATED = """
SELECT a.entry, count(DISTINCT a.detail),
    sum(CASE WHEN d.side = e.side THEN a.amount_cents ELSE -a.amount_cents END)::bigint
FROM bank_detail d JOIN bank_entry e ON e.tenant_id = d.tenant_id AND e.id = d.entry
JOIN allocation a ON a.tenant_id = d.tenant_id AND a.detail = d.id AND a.outcome IN ('allocated', 'returned')
WHERE d.tenant_id = %s AND d.entry = ANY(%s) AND d.active AND NOT EXISTS (
    SELECT 1 FROM allocation b WHERE b.tenant_id = a.tenant_id AND b.detail = a.detail AND b.takes_back = a.id)
GROUP BY a.entry
"""


def standing_of(*, tenant: Tenant, entries: Sequence[UUID]) -> Mapping[UUID, Standing]:
    """Tell for each entry how much of it is allocated and how much waits, by doubt."""
    found = {entry: Standing() for entry in entries}
    with inside(tenant), connection.cursor() as cursor:
        cursor.execute(_ALLOCATED, [tenant.id, list(entries)])
        for entry, count, cents in cursor.fetchall():
            found[entry].allocated, found[entry].allocated_cents = count, cents
        waiting = SuspenseRow.objects.filter(tenant_id=tenant.id, entry__in=entries).values("entry", "doubt")
        for row in waiting.annotate(count=Count("detail"), cents=Sum("amount_cents")).order_by("-cents"):
            standing = found[row["entry"]]
            standing.suspended += row["count"]
            standing.suspended_cents += row["cents"]
            standing.doubts[Doubt(row["doubt"])] = row["count"]
    return found


@dataclass(frozen=True, slots=True)
class DoubtTotal:
    """How much waits under a doubt: details, cents that came in, cents that went out."""

    doubt: Doubt
    count: int
    credit_cents: int
    debit_cents: int


def doubts(*, tenant: Tenant) -> Sequence[DoubtTotal]:
    """Add up what waits, doubt by doubt, the most frequent first."""
    with inside(tenant), connection.cursor() as cursor:
        cursor.execute(
            "SELECT doubt, count(*), coalesce(sum(amount_cents) FILTER (WHERE side = 'credit'), 0)::bigint,"
            " coalesce(sum(amount_cents) FILTER (WHERE side <> 'credit'), 0)::bigint"
            " FROM suspense WHERE tenant_id = %s GROUP BY 1 ORDER BY 2 DESC, 1",
            [tenant.id],
        )
        return [DoubtTotal(Doubt(doubt), *rest) for doubt, *rest in cursor.fetchall()]


def waiting(
    *, tenant: Tenant, doubt: Doubt | None = None, largest_first: bool = False, offset: int = 0, limit: int = 50
) -> Sequence[SuspenseItem]:
    """Give a stretch of what waits, the oldest or the largest first; only one doubt if it is named."""
    order = ("-amount_cents", "since", "detail") if largest_first else ("since", "entry", "detail")
    with inside(tenant):
        rows = SuspenseRow.objects.filter(tenant_id=tenant.id).order_by(*order)
        rows = rows.filter(doubt=doubt) if doubt else rows
        return [_item(row) for row in rows[offset : offset + limit]]


def waiting_for(*, tenant: Tenant, kassenzeichen: str) -> Sequence[SuspenseItem]:
    """List what waits and names this Kassenzeichen."""
    with inside(tenant):
        rows = SuspenseRow.objects.filter(tenant_id=tenant.id, candidate=kassenzeichen).order_by("since", "detail")
        return [_item(row) for row in rows]


def _item(row: SuspenseRow) -> SuspenseItem:
    amount = Money(row.amount_cents, row.currency)
    return SuspenseItem(row.detail, row.entry, row.side, amount, Doubt(row.doubt), row.candidate, row.since)
