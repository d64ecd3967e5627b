"""Check statements: opening and booked entries against closing, one statement against the next, and what they deny."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import pairwise
from uuid import UUID

from django.db import connection

from zahlstelle.tables.bank import StatementRow
from zahlstelle.tenancy import Tenant, inside

from ._rules import Held


class StatementDoubt(StrEnum):
    """What a person should know about statements. The book is not wrong by it; the bank owes an answer."""

    DIFFERS = "differs"  # opening balance and booked entries do not come to the closing balance
    GAP = "gap"  # a statement does not begin where the one before ended: one is missing between them
    NUMBER_MISSING = "number_missing"  # the bank's own numbers leave one out
    REPEATED = "repeated"  # told again under other names; nothing was booked for it
    NOT_IN_STATEMENT = "not_in_statement"  # told before, and the daily statement does not know it: taken back
    MAY_BE_REPEATED = "may_be_repeated"  # told before, perhaps: kept, and not booked


@dataclass(frozen=True, slots=True)
class StatementFinding:
    """One thing about a statement or an entry. `told` and `found` are cents where amounts differ."""

    doubt: StatementDoubt
    account_iban: str
    day: date | None
    subject: UUID  # the statement; of the last two doubts the entry
    name: str  # how the bank names it
    told: int | None = None
    found: int | None = None


def statement_findings(*, tenant: Tenant) -> Sequence[StatementFinding]:
    """List what statements do not agree on, account by account, in the order of their days."""
    with inside(tenant):
        rows = StatementRow.objects.filter(tenant_id=tenant.id, message="camt.053")
        ordered = rows.order_by("account_iban", "closing_on", "created_at", "sequence", "id")
        accounts: dict[str, list[StatementRow]] = {}
        for row in ordered.defer("day_sums", "covered", "deviations"):
            accounts.setdefault(row.account_iban, []).append(row)
        found = [finding for statements in accounts.values() for finding in _of_account(statements)]
        return [*found, *_of_entries(tenant)]


@dataclass(frozen=True, slots=True)
class DeviationOf:
    """Something a bank wrote in a statement other than the standard has it."""

    statement_id: str
    code: str
    line: int | None
    element: str | None
    reason: str


def deviations_of(*, tenant: Tenant, file_id: UUID) -> Sequence[DeviationOf]:
    """List what the bank wrote other than the standard has it; of each statement at most a hundred."""
    with inside(tenant):
        rows = StatementRow.objects.filter(tenant_id=tenant.id, file_id=file_id).order_by("member", "id")
        told = rows.values_list("statement_id", "deviations")
        return [DeviationOf(name, *deviation) for name, deviations in told for deviation in deviations]


def _of_account(statements: Sequence[StatementRow]) -> Iterator[StatementFinding]:
    for row in statements:
        if row.balanced is False and row.opening_cents is not None:
            yield _finding(StatementDoubt.DIFFERS, row, row.closing_cents, row.opening_cents + row.booked_cents)
        if row.repeats is not None:
            yield _finding(StatementDoubt.REPEATED, row)
    chain = [row for row in statements if row.repeats is None and row.opening_cents is not None]
    chain = [row for row in chain if row.closing_cents is not None and row.closing_on is not None]
    ends: dict[date, set[int | None]] = defaultdict(set)
    for row in chain:
        ends[_day(row)].add(row.closing_cents)
    days = sorted(ends)
    before = dict(zip(days[1:], days, strict=False))
    for row in chain:
        # Sheets of one day may come in any order: one of them, or of the day before, ends where this one begins.
        earlier = before.get(_day(row))
        if earlier is not None and row.opening_cents not in ends[_day(row)] | ends[earlier]:
            yield _finding(StatementDoubt.GAP, row, row.opening_cents, next(iter(ends[earlier])))
    numbers = [(_day(r), int(r.sequence), r) for r in chain if r.sequence and r.sequence.isdigit()]
    numbered = sorted(numbers, key=lambda told: told[:2])
    for (_, one, _), (_, other, row) in pairwise(numbered):
        if other > one + 1:  # a number below begins a new year
            yield _finding(StatementDoubt.NUMBER_MISSING, row)


def _day(row: StatementRow) -> date:
    return row.closing_on or date.min


def _finding(
    doubt: StatementDoubt, row: StatementRow, told: int | None = None, found: int | None = None
) -> StatementFinding:
    return StatementFinding(
        doubt, row.account_iban, row.closing_on or row.last_on, row.id, row.statement_id, told, found
    )


_ENTRIES = """
SELECT held, account_iban, booked_on, id, coalesce(bank_ref, ''),
    CASE side WHEN 'credit' THEN amount_cents ELSE -amount_cents END
FROM bank_entry WHERE tenant_id = %s AND NOT booked AND held = ANY(%s) ORDER BY account_iban, booked_on, id
"""


def _of_entries(tenant: Tenant) -> Sequence[StatementFinding]:
    with connection.cursor() as cursor:
        cursor.execute(_ENTRIES, [tenant.id, [Held.NOT_IN_STATEMENT.value, Held.MAY_BE_REPEATED.value]])
        return [
            StatementFinding(StatementDoubt(held), account, day, entry, name, cents, 0)
            for held, account, day, entry, name, cents in cursor.fetchall()
        ]
