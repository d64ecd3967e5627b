"""What is needed to tell an entry on: its details one batch after the other, and which of equal entries it is."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import connection

from zahlstelle.tables.bank import BankDetailRow
from zahlstelle.tenancy import Tenant, inside

from ._queries import BankDetail, _detail


@dataclass(frozen=True, slots=True)
class ToldDetail:
    """A detail with what only matters to who tells it on."""

    detail: BankDetail
    bank_ref: str | None
    uetr: str | None
    code: str | None  # Geschäftsvorfallcode as the bank wrote it


def details_told(*, tenant: Tenant, entry_id: UUID, batch: int = 2000) -> Iterator[Sequence[ToldDetail]]:
    """Give an entry's details in the bank's order, batch by batch: a hundred thousand need no memory."""
    after = -1
    while True:
        with inside(tenant):
            rows = BankDetailRow.objects.filter(tenant_id=tenant.id, entry=entry_id, active=True, number__gt=after)
            found = list(rows.order_by("number")[:batch])
        if not found:
            return
        yield [ToldDetail(_detail(row), row.bank_ref, row.uetr, row.proprietary_code) for row in found]
        after = found[-1].number


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
