"""Add up what the bank told, for the day's page and for comparing with the book."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db import connection
from django.db.models import Count, Max, Min

from zahlstelle.tables.bank import BankDetailRow, BankEntryRow
from zahlstelle.tenancy import Tenant, inside

from ._queries import BankDetail, BankEntry, _detail, _entry


@dataclass(frozen=True, slots=True)
class AccountStatus:
    """An account by its statements (camt.053), in cents.

    `opening` is what was there before the first statement, `told` what booked entries of statements add up to,
    `waiting` what is booked but not yet in a statement, `closing` the last statement's closing balance.
    """

    iban: str
    currency: str
    opening: int
    told: int
    waiting: int
    closing: int
    statement: str

    @property
    def gap(self) -> int:
        """What the statements' own balances and their entries differ by; not zero where a statement is missing."""
        return self.opening + self.told - self.closing

    @property
    def book(self) -> int:
        """What the account holds by all booked entries."""
        return self.opening + self.told + self.waiting


_STATUS = """
WITH st AS (
    SELECT id, account_iban, coalesce(currency, 'EUR') AS currency, opening_cents, closing_cents, statement_id,
        created_at, sequence
    FROM statement WHERE tenant_id = %(tenant)s AND message = 'camt.053'
), opened AS (
    SELECT DISTINCT ON (account_iban) account_iban, currency, opening_cents FROM st
    WHERE opening_cents IS NOT NULL ORDER BY account_iban, created_at, sequence
), closed AS (
    SELECT DISTINCT ON (account_iban) account_iban, closing_cents, statement_id FROM st
    WHERE closing_cents IS NOT NULL ORDER BY account_iban, created_at DESC, sequence DESC
), entry AS (
    SELECT e.account_iban, CASE e.side WHEN 'credit' THEN e.amount_cents ELSE -e.amount_cents END AS cents,
        EXISTS (SELECT 1 FROM sighting s WHERE s.entry = e.id AND s.tenant_id = e.tenant_id
            AND s.message = 'camt.053') AS told
    FROM bank_entry e WHERE e.tenant_id = %(tenant)s AND e.booked
)
SELECT o.account_iban, o.currency, o.opening_cents, coalesce(sum(e.cents) FILTER (WHERE e.told), 0)::bigint,
    coalesce(sum(e.cents) FILTER (WHERE NOT e.told), 0)::bigint, c.closing_cents, c.statement_id
FROM opened o JOIN closed c USING (account_iban) LEFT JOIN entry e USING (account_iban)
GROUP BY 1, 2, 3, 6, 7 ORDER BY 1
"""
_TOTALS = """
SELECT account_iban, sum(CASE side WHEN 'credit' THEN amount_cents ELSE -amount_cents END)::bigint
FROM bank_entry WHERE tenant_id = %s AND booked AND currency = 'EUR' GROUP BY 1
"""


def accounts_by_statement(*, tenant: Tenant) -> Sequence[AccountStatus]:
    """Tell each account's standing by its statements. An account without a statement is left out."""
    with inside(tenant), connection.cursor() as cursor:
        cursor.execute(_STATUS, {"tenant": tenant.id})
        return [AccountStatus(*row) for row in cursor.fetchall()]


def booked_totals(*, tenant: Tenant) -> Mapping[str, int]:
    """Add up booked entries by account, in cents (EUR): credits above zero."""
    with inside(tenant), connection.cursor() as cursor:
        cursor.execute(_TOTALS, [tenant.id])
        return dict(cursor.fetchall())


def days_around(*, tenant: Tenant, day: date) -> tuple[date | None, date | None]:
    """Find the nearest days with booked money before and after a day."""
    with inside(tenant):
        rows = BankEntryRow.objects.filter(tenant_id=tenant.id, booked=True)
        before = rows.filter(booked_on__lt=day).aggregate(day=Max("booked_on"))["day"]
        after = rows.filter(booked_on__gt=day).aggregate(day=Min("booked_on"))["day"]
        return before, after


@dataclass(frozen=True, slots=True)
class EntrySize:
    """How many details explain an entry, who and what the first of them names."""

    details: int
    party_name: str | None
    remittance: tuple[str, ...]


def sizes_of(*, tenant: Tenant, entries: Sequence[UUID]) -> Mapping[UUID, EntrySize]:
    """Tell for many entries how many details they have and what the first says."""
    with inside(tenant):
        rows = BankDetailRow.objects.filter(tenant_id=tenant.id, entry__in=entries, active=True)
        counts = dict(rows.values_list("entry").annotate(count=Count("id")))
        firsts = rows.order_by("entry", "number").distinct("entry")
        return {row.entry: EntrySize(counts[row.entry], row.party_name, tuple(row.remittance)) for row in firsts}


def details_by_id(*, tenant: Tenant, details: Sequence[UUID]) -> Mapping[UUID, BankDetail]:
    """Look up many details, also those that gave way to others."""
    with inside(tenant):
        rows = BankDetailRow.objects.filter(tenant_id=tenant.id, id__in=details)
        return {row.id: _detail(row) for row in rows}


def entries_by_id(*, tenant: Tenant, entries: Sequence[UUID]) -> Mapping[UUID, BankEntry]:
    """Look up many entries."""
    with inside(tenant):
        rows = BankEntryRow.objects.filter(tenant_id=tenant.id, id__in=entries)
        return {row.id: _entry(row) for row in rows}
