"""The worklist: what waits for a person, found by doubt, payer or amount, in the order in which it is worked off."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection

from zahlstelle.kernel import Money
from zahlstelle.tenancy import Tenant, inside

from ._queries import SuspenseItem
from ._rules import Doubt


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which part of the worklist is looked at, and in which order.

    `text` is a part of the payer's name, IBAN or text; `cents` an amount. Where both are given, either will do.
    """

    doubt: Doubt | None = None
    text: str = ""
    cents: int | None = None
    largest_first: bool = False


_FROM = """
FROM suspense s LEFT JOIN bank_detail d ON d.tenant_id = s.tenant_id AND d.id = s.detail
WHERE s.tenant_id = %(tenant)s AND (%(doubt)s::text IS NULL OR s.doubt = %(doubt)s)
    AND (NOT %(searched)s OR s.amount_cents = %(cents)s
        OR d.party_name ILIKE %(like)s OR d.remittance::text ILIKE %(like)s OR s.candidate ILIKE %(tight)s
        OR d.party_iban ILIKE %(tight)s OR d.end_to_end_id ILIKE %(tight)s)
"""
_COLUMNS = "SELECT s.detail, s.entry, s.side, s.amount_cents, s.currency, s.doubt, s.candidate, s.since"
_OLDEST = "ORDER BY s.since, s.entry, s.detail"
_LARGEST = "ORDER BY s.amount_cents DESC, s.since, s.detail"
_AFTER_OLDEST = (
    "AND (s.since, s.entry, s.detail) > (SELECT since, entry, detail FROM suspense WHERE detail = %(after)s)"
)
_AFTER_LARGEST = (
    "AND (-s.amount_cents, s.since, s.detail)"
    " > (SELECT -amount_cents, since, detail FROM suspense WHERE detail = %(after)s)"
)


def worklist(*, tenant: Tenant, wanted: Wanted, offset: int = 0, limit: int = 20) -> Sequence[SuspenseItem]:
    """Give a stretch of what waits."""
    order = _LARGEST if wanted.largest_first else _OLDEST
    sql = f"{_COLUMNS} {_FROM} {order} OFFSET %(offset)s LIMIT %(limit)s"
    return _items(tenant, sql, {**_asked(tenant, wanted), "offset": offset, "limit": limit})


def how_many(*, tenant: Tenant, wanted: Wanted) -> int:
    """Count what waits."""
    with inside(tenant), connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) {_FROM}", _asked(tenant, wanted))
        row = cursor.fetchone()
    return int(row[0]) if row else 0


def waiting_item(*, tenant: Tenant, detail: UUID) -> SuspenseItem | None:
    """Find what waits of a detail; None where nothing does."""
    sql = f"{_COLUMNS} FROM suspense s WHERE s.tenant_id = %(tenant)s AND s.detail = %(detail)s"
    found = _items(tenant, sql, {"tenant": tenant.id, "detail": detail})
    return found[0] if found else None


def next_waiting(*, tenant: Tenant, wanted: Wanted, after: UUID) -> UUID | None:
    """Say which detail is next after this one; behind the last one, the first one; None where it is the only one."""
    asked = {**_asked(tenant, wanted), "after": after}
    beyond, order = (_AFTER_LARGEST, _LARGEST) if wanted.largest_first else (_AFTER_OLDEST, _OLDEST)
    found = _items(tenant, f"{_COLUMNS} {_FROM} {beyond} {order} LIMIT 1", asked)
    if not found:
        found = _items(tenant, f"{_COLUMNS} {_FROM} AND s.detail <> %(after)s {order} LIMIT 1", asked)
    return found[0].detail if found else None


def _asked(tenant: Tenant, wanted: Wanted) -> dict[str, Any]:
    literal = wanted.text.strip().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return {
        "tenant": tenant.id,
        "doubt": wanted.doubt.value if wanted.doubt else None,
        "searched": bool(literal) or wanted.cents is not None,
        "cents": wanted.cents,
        "like": f"%{literal}%" if literal else None,
        "tight": f"%{literal.replace(' ', '')}%" if literal else None,
    }


def _items(tenant: Tenant, sql: str, asked: dict[str, Any]) -> Sequence[SuspenseItem]:
    with inside(tenant), connection.cursor() as cursor:
        cursor.execute(sql, asked)
        return [
            SuspenseItem(detail, entry, side, Money(cents, currency), Doubt(doubt), candidate, since)
            for detail, entry, side, cents, currency, doubt, candidate, since in cursor.fetchall()
        ]
