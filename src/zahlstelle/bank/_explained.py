"""Details of an entry that somebody else than the bank tells: a provider's settlement report of its payout."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection

from zahlstelle.kernel import Money
from zahlstelle.tables.bank import BankEntryRow
from zahlstelle.tenancy import Tenant, inside

from ._rules import Breakdown


class NotTheWhole(Exception):
    """Details that do not add up to their entry to the cent: a defect of the caller, never an anticipated "no"."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """A detail as somebody tells it; `cents` above zero came in, below went out."""

    cents: int
    tx_id: str | None = None
    instruction_id: str | None = None
    text: str = ""


_EXPLAIN = """
WITH before AS (SELECT coalesce(max(number), 0) AS number FROM bank_detail WHERE entry = %(entry)s),
gone AS (UPDATE bank_detail SET active = false WHERE tenant_id = %(tenant)s AND entry = %(entry)s AND active)
INSERT INTO bank_detail (id, tenant_id, entry, number, active, amount_cents, side, currency, tx_id, instruction_id,
    remittance)
SELECT md5(%(entry)s::uuid || ':' || (before.number + g.number))::uuid, %(tenant)s, %(entry)s,
    before.number + g.number, true, abs(g.cents), CASE WHEN g.cents > 0 THEN 'credit' ELSE 'debit' END, %(currency)s,
    g.tx, g.instruction, to_jsonb(array_remove(ARRAY[nullif(g.text, '')], NULL))
FROM before, unnest(%(cents)s::bigint[], %(tx)s::text[], %(instructions)s::text[], %(texts)s::text[])
    WITH ORDINALITY AS g (cents, tx, instruction, text, number)
ORDER BY g.number RETURNING id
"""


def explain(*, tenant: Tenant, entry_id: UUID, details: Sequence[Explanation]) -> Sequence[UUID]:
    """Give an entry these details instead of those it had, and give their ids in order. Raises NotTheWhole.

    The earlier details stay, no longer active. What had been decided about them is the caller's business.
    """
    with inside(tenant):
        row = BankEntryRow.objects.select_for_update().get(tenant_id=tenant.id, id=entry_id)
        moved = row.amount_cents if row.side == "credit" else -row.amount_cents
        if not all(detail.cents for detail in details) or sum(detail.cents for detail in details) != moved:
            raise NotTheWhole(f"{entry_id}: the details do not add up to {Money(moved, row.currency)}")
        given: dict[str, Any] = {
            "tenant": tenant.id,
            "entry": entry_id,
            "currency": row.currency,
            "cents": [detail.cents for detail in details],
            "tx": [detail.tx_id for detail in details],
            "instructions": [detail.instruction_id for detail in details],
            "texts": [detail.text for detail in details],
        }
        with connection.cursor() as cursor:
            cursor.execute(_EXPLAIN, given)
            ids = [row[0] for row in cursor.fetchall()]
        BankEntryRow.objects.filter(tenant_id=tenant.id, id=entry_id).update(breakdown=Breakdown.WHOLE)
        return ids
