"""What is needed to tell an entry on: its details one batch after the other, and which of equal entries it is."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection

from zahlstelle.kernel import Money
from zahlstelle.tenancy import Tenant, inside

from ._queries import BankDetail


@dataclass(frozen=True, slots=True)
class ToldDetail:
    """A detail with what only matters to who tells it on."""

    detail: BankDetail
    bank_ref: str | None
    uetr: str | None
    code: str | None  # Geschäftsvorfallcode as the bank wrote it


# By a stretch of numbers, not by LIMIT: the index then gives exactly these rows, however long the entry is.
_STRETCH = """
SELECT id, entry, number, amount_cents, currency, side, end_to_end_id, instruction_id, tx_id, mandate_id, party_name,
    party_iban, reference, reference_type, remittance::text, return_reason, original_cents, charges_cents,
    bank_ref, uetr, proprietary_code
FROM bank_detail WHERE tenant_id = %(tenant)s AND entry = %(entry)s AND active
    AND number > %(after)s AND number <= %(to)s ORDER BY number
"""
_LAST = "SELECT max(number) FROM bank_detail WHERE tenant_id = %(tenant)s AND entry = %(entry)s AND active"


def details_told(*, tenant: Tenant, entry_id: UUID, batch: int = 2000) -> Iterator[Sequence[ToldDetail]]:
    """Give an entry's details in the bank's order, batch by batch: a hundred thousand need no memory."""
    asked = {"tenant": tenant.id, "entry": entry_id}
    with inside(tenant), connection.cursor() as cursor:
        cursor.execute(_LAST, asked)
        (last,) = cursor.fetchone() or (None,)
    for after in range(-1, -1 if last is None else last, batch):
        with inside(tenant), connection.cursor() as cursor:
            cursor.execute(_STRETCH, {**asked, "after": after, "to": after + batch})
            found = cursor.fetchall()
        if found:
            yield [_told(row) for row in found]


def _told(row: tuple[Any, ...]) -> ToldDetail:
    id_, entry, number, cents, currency, side, end_to_end, instruction, tx, mandate, name, iban = row[:12]
    reference, reference_type, remittance, reason, original, charges, bank_ref, uetr, code = row[12:]
    said = tuple(json.loads(remittance))
    detail = BankDetail(
        id_, entry, number, Money(cents, currency), side, end_to_end, instruction, tx, mandate, name, iban,
        reference, reference_type, said, reason, original, charges,
    )  # fmt: skip
    return ToldDetail(detail, bank_ref, uetr, code)


_EARLIER = """
SELECT count(*) FROM bank_entry e JOIN bank_entry o ON o.tenant_id = e.tenant_id AND o.account_iban = e.account_iban
    AND o.amount_cents = e.amount_cents AND o.booked_on = e.booked_on AND o.side = e.side AND o.currency = e.currency
WHERE e.tenant_id = %(tenant)s AND e.id = %(entry)s AND o.booked AND o.id <> e.id
    AND (SELECT min(s.id) FROM sighting s WHERE s.tenant_id = o.tenant_id AND s.entry = o.id)
    < (SELECT min(s.id) FROM sighting s WHERE s.tenant_id = e.tenant_id AND s.entry = e.id)
"""


def twin_number(*, tenant: Tenant, entry_id: UUID) -> int:
    """Tell how many booked entries of the same account, day, side and amount were told before this one."""
    with inside(tenant), connection.cursor() as cursor:
        cursor.execute(_EARLIER, {"tenant": tenant.id, "entry": entry_id})
        row = cursor.fetchone()
    return int(row[0]) if row else 0
