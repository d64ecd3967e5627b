"""Look at payouts: what became of their items, and whether the book says what the reports say."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import connection

from zahlstelle import payments
from zahlstelle.payments import ItemKind, ItemSum, Payout
from zahlstelle.tables.allocation import PayoutShareRow
from zahlstelle.tenancy import Tenant, inside


@dataclass(frozen=True, slots=True)
class PayoutShown:
    """A payout with what its report's items add up to, kind by kind, and where its money was found."""

    payout: Payout
    sums: Mapping[ItemKind, ItemSum]
    entries: Sequence[UUID]

    @property
    def fee_cents(self) -> int:
        """What the provider took for itself, above zero."""
        return -sum(self.sums[kind].cents for kind in (ItemKind.FEE, ItemKind.CHARGEBACK_FEE) if kind in self.sums)


def payouts_of_entries(*, tenant: Tenant, entries: Sequence[UUID]) -> Mapping[UUID, PayoutShown]:
    """Tell which payout each of these bank entries is, where a report has told."""
    with inside(tenant):
        rows = PayoutShareRow.objects.filter(tenant_id=tenant.id, entry__in=entries)
        named = dict(rows.values_list("entry", "payout").distinct())
        shown = payouts_shown(tenant=tenant, payouts=list(set(named.values())))
        return {entry: shown[payout] for entry, payout in named.items() if payout in shown}


def payouts_shown(*, tenant: Tenant, payouts: Sequence[UUID]) -> Mapping[UUID, PayoutShown]:
    """Tell payouts with their sums."""
    with inside(tenant):
        known = payments.payouts_by_id(tenant=tenant, payouts=payouts)
        sums = payments.item_sums(tenant=tenant, reports=[payout.report for payout in known.values()])
        rows = PayoutShareRow.objects.filter(tenant_id=tenant.id, payout__in=known)
        places = sorted(set(rows.values_list("payout", "entry").distinct()))
        return {
            payout.id: PayoutShown(
                payout, sums[payout.report], [entry for of, entry in places if of == payout.id != entry]
            )
            for payout in known.values()
        }


def entries_of_payout(*, tenant: Tenant, reference: str) -> Sequence[UUID]:
    """Name the bank entries of a payout, by the provider's name for it; those with payments, where there are any."""
    sql = """
        SELECT s.entry, bool_or(i.kind = 'payment') FROM payout_share s
        JOIN payout_item i ON i.tenant_id = s.tenant_id AND i.id = s.item
        WHERE s.tenant_id = %s AND s.payout = ANY(%s) AND s.entry <> s.payout GROUP BY s.entry ORDER BY s.entry
    """
    with inside(tenant), connection.cursor() as cursor:
        named = [payout.id for payout in payments.payouts_called(tenant=tenant, reference=reference)]
        cursor.execute(sql, [tenant.id, named])
        found = cursor.fetchall()
    return [entry for entry, paid in found if paid] or [entry for entry, _ in found]


_CLEARING = """
WITH done AS (
    SELECT DISTINCT ON (a.detail) a.detail, a.attempt, a.amount_cents FROM allocation a
    WHERE a.tenant_id = %(tenant)s AND a.outcome = 'allocated' AND a.attempt IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM allocation b
            WHERE b.tenant_id = a.tenant_id AND b.detail = a.detail AND b.takes_back = a.id)
    ORDER BY a.detail, a.decided_at DESC
)
SELECT done.attempt, coalesce(sum(done.amount_cents) FILTER (WHERE i.kind IN ('refund', 'chargeback')), 0)::bigint,
    coalesce(sum(done.amount_cents) FILTER (WHERE i.kind IS NULL OR i.kind = 'payment'), 0)::bigint
FROM done LEFT JOIN payout_share s ON s.tenant_id = %(tenant)s AND s.detail = done.detail
LEFT JOIN payout_item i ON i.tenant_id = %(tenant)s AND i.id = s.item
GROUP BY done.attempt
"""


def settled_by_payouts(*, tenant: Tenant) -> Mapping[UUID, tuple[int, int]]:
    """Tell for each attempt what reports took back of it, and what of it was paid out; in cents."""
    with inside(tenant), connection.cursor() as cursor:
        cursor.execute(_CLEARING, {"tenant": tenant.id})
        return {attempt: (back, paid) for attempt, back, paid in cursor.fetchall()}


_WRONG_SHARES = """
SELECT s.item, i.cents, CASE d.side WHEN 'credit' THEN d.amount_cents ELSE -d.amount_cents END
FROM payout_share s JOIN payout_item i ON i.tenant_id = s.tenant_id AND i.id = s.item
LEFT JOIN bank_detail d ON d.tenant_id = s.tenant_id AND d.id = s.detail AND d.active
WHERE s.tenant_id = %(tenant)s AND s.entry <> s.payout
    AND i.cents IS DISTINCT FROM CASE d.side WHEN 'credit' THEN d.amount_cents ELSE -d.amount_cents END
UNION ALL
SELECT s.payout, 0, sum(i.cents)::bigint FROM payout_share s
JOIN payout_item i ON i.tenant_id = s.tenant_id AND i.id = s.item
WHERE s.tenant_id = %(tenant)s AND s.entry = s.payout GROUP BY s.payout HAVING sum(i.cents) <> 0
"""


def wrong_shares(*, tenant: Tenant) -> Sequence[tuple[UUID, int, int]]:
    """Compare items of reports with the details they are: (item, told, found) where they differ, in cents."""
    with inside(tenant), connection.cursor() as cursor:
        cursor.execute(_WRONG_SHARES, {"tenant": tenant.id})
        return [(item, told, found or 0) for item, told, found in cursor.fetchall()]
