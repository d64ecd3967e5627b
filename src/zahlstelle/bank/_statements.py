"""Write statements down, each once, and say how each daily statement stands to those that are known."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence, Set
from datetime import date
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Q

from zahlstelle.tables.bank import StatementRow
from zahlstelle.tenancy import Tenant

from ._intake import SeenStatement
from ._relations import Relation, Told, covered_days, relation
from ._rules import STATEMENT, line_said


def new_statements(tenant: Tenant, file_id: UUID, statements: Sequence[SeenStatement]) -> Sequence[SeenStatement]:
    """Leave out statements that were told before, in this file or another; write the others down.

    The daily statements come first: what they say is final, whatever else the file tells of the same money.
    """
    identities = [statement.identity for statement in statements]
    known = set(
        StatementRow.objects.filter(tenant_id=tenant.id, identity__in=identities).values_list("identity", flat=True)
    )
    fresh: list[SeenStatement] = []
    for statement in statements:
        if statement.identity not in known:
            known.add(statement.identity)
            fresh.append(statement)
    fresh.sort(key=lambda statement: _ORDER.get(statement.message, 2))
    repeats = _relate(tenant, [statement for statement in fresh if statement.message == STATEMENT])
    StatementRow.objects.bulk_create(_row(tenant, file_id, seen, repeats.get(seen.id)) for seen in fresh)
    return fresh


_ORDER = {STATEMENT: 0, "camt.052": 1}


def covered_by(seen: SeenStatement) -> Sequence[date]:
    """Say of which days a statement is the bank's last word: none where its balances say that something is missing."""
    if seen.message != STATEMENT or seen.balanced is False or seen.last_page is False:
        return []
    days = [s.entry.booking_date for s in seen.sightings if s.booked and s.entry.booking_date]
    opening, closing = _balance(seen, "OPBD", "PRCD"), _balance(seen, "CLBD")
    return covered_days(days, opening and opening.day, closing and closing.day, seen.head.from_on, seen.head.to_on)


def account_of(seen: SeenStatement) -> tuple[str, str]:
    """Give a statement's account and its currency, as one number may stand for several; empty where it is not told."""
    currencies = [seen.head.account_currency, *(balance.currency for balance in seen.head.balances)]
    return seen.head.account_iban or seen.head.account_other or "", next(filter(None, currencies), "")


def covered_days_of(tenant: Tenant, statements: Sequence[SeenStatement]) -> Mapping[tuple[str, str], Set[date]]:
    """Say for each account of which days a daily statement has spoken: those of the file and those known before."""
    covered: dict[tuple[str, str], set[date]] = defaultdict(set)
    for seen in statements:
        covered[account_of(seen)].update(covered_by(seen))
    days = {s.entry.booking_date for seen in statements for s in seen.sightings if s.entry.booking_date}
    rows = StatementRow.objects.filter(
        tenant_id=tenant.id,
        message=STATEMENT,
        account_iban__in={account for account, _ in covered},
        covered__has_any_keys=[day.isoformat() for day in days],
    )
    for account, currency, told in rows.values_list("account_iban", "currency", "covered"):
        covered[account, currency or ""].update(date.fromisoformat(day) for day in told)
    return covered


def _relate(tenant: Tenant, statements: Sequence[SeenStatement]) -> Mapping[UUID, UUID]:
    """Tell each daily statement which others it says again and which it continues; the first one it says again."""
    repeats: dict[UUID, UUID] = {}
    others: dict[tuple[str, str], list[Told]] = defaultdict(list)
    for seen in statements:
        account = account_of(seen)
        ours = _told(seen)
        if account not in others:
            others[account] += _known(tenant, account, statements)
        found = {theirs.id: relation(ours, theirs) for theirs in others[account]}
        same_name = {
            t.id for t in others[account] if t.span and (t.statement_id, t.span) == (ours.statement_id, ours.span)
        }
        retells = frozenset(other for other, how in found.items() if how is Relation.RETELLS) | same_name
        follows = frozenset(other for other, how in found.items() if how is Relation.FOLLOWS) - retells
        for sighting in seen.sightings:
            sighting.retells, sighting.follows = retells, follows
        if retells:
            repeats[seen.id] = min(retells)
        others[account].append(ours)
    return repeats


def _told(seen: SeenStatement) -> Told:
    opening, closing = _balance(seen, "OPBD", "PRCD"), _balance(seen, "CLBD")
    lines: dict[date, Counter[str]] = defaultdict(Counter)
    cents: dict[str, int] = {}
    for sighting in seen.sightings:
        if seen.message == STATEMENT and sighting.booked and sighting.entry.booking_date:
            said = sighting.said = sighting.said or line_said(sighting.entry, sighting.content)
            lines[sighting.entry.booking_date][said] += 1
            cents[said] = sighting.entry.signed_cents
    return Told(
        seen.id,
        seen.head.statement_id or "",
        opening and opening.signed_cents,
        closing and closing.signed_cents,
        {day: (sum(cents[said] * n for said, n in told.items()), told.total()) for day, told in lines.items()},
        lines,
        cents,
        frozenset(covered_by(seen)),
        _sequence(seen) or "",
    )


def _sequence(seen: SeenStatement) -> str | None:
    return seen.head.electronic_sequence or seen.head.legal_sequence


_LINES = """
SELECT g.statement_id, g.said, e.booked_on, CASE e.side WHEN 'credit' THEN e.amount_cents ELSE -e.amount_cents END
FROM sighting g JOIN bank_entry e ON e.tenant_id = g.tenant_id AND e.id = g.entry
WHERE g.tenant_id = %s AND g.statement_id = ANY(%s) AND e.booked_on IS NOT NULL
"""


def _known(tenant: Tenant, account: tuple[str, str], statements: Sequence[SeenStatement]) -> Sequence[Told]:
    """Load daily statements of the account that tell of the same days."""
    days = sorted({s.entry.booking_date for seen in statements for s in seen.sightings if s.entry.booking_date})
    if not days:
        return []
    number, currency = account
    rows = StatementRow.objects.filter(
        Q(currency=currency) | Q(currency__isnull=True) if currency else Q(),
        tenant_id=tenant.id, message=STATEMENT, account_iban=number, first_on__lte=days[-1], last_on__gte=days[0],
    )  # fmt: skip
    lines: dict[UUID, dict[date, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
    cents: dict[UUID, dict[str, int]] = defaultdict(dict)
    with connection.cursor() as cursor:
        cursor.execute(_LINES, [tenant.id, [row.id for row in rows]])
        for statement, said, day, amount in cursor.fetchall():
            lines[statement][day][said] += 1
            cents[statement][said] = amount
    return [_of_row(row, lines[row.id], cents[row.id]) for row in rows]


def _of_row(row: StatementRow, lines: Mapping[date, Counter[str]], cents: Mapping[str, int]) -> Told:
    days = {date.fromisoformat(day): (told, count) for day, told, count in row.day_sums}
    covered = frozenset(date.fromisoformat(day) for day in row.covered)
    return Told(
        row.id, row.statement_id, row.opening_cents, row.closing_cents, days, lines, cents, covered, row.sequence or ""
    )


def _balance(seen: SeenStatement, *types: str) -> Any:
    by_type = {balance.type: balance for balance in seen.head.balances}
    return next((by_type[type_] for type_ in types if type_ in by_type), None)


def _row(tenant: Tenant, file_id: UUID, seen: SeenStatement, repeats: UUID | None) -> StatementRow:
    head, told = seen.head, _told(seen)
    days = sorted(told.days)
    opening, closing = _balance(seen, "OPBD", "PRCD"), _balance(seen, "CLBD")
    return StatementRow(
        id=seen.id,
        tenant_id=tenant.id,
        file_id=file_id,
        member=seen.member,
        message=seen.message,
        version=seen.version or "",
        message_id=seen.message_id or "",
        statement_id=head.statement_id or "",
        account_iban=head.account_iban or head.account_other or "",
        currency=account_of(seen)[1] or None,
        sequence=_sequence(seen),
        created_at=head.created_at.isoformat() if head.created_at else None,
        opening_cents=told.opening,
        closing_cents=told.closing,
        identity=seen.identity,
        opening_on=opening and opening.day,
        closing_on=closing and closing.day,
        first_on=days[0] if days else None,
        last_on=days[-1] if days else None,
        booked_cents=sum(cents for cents, _ in told.days.values()),
        balanced=seen.balanced,
        day_sums=[[day.isoformat(), *sums] for day, sums in sorted(told.days.items())],
        covered=[day.isoformat() for day in covered_by(seen)],
        repeats=repeats,
        deviations=[list(deviation) for deviation in seen.deviations],
        deviation_count=seen.deviation_count,
    )
