"""Book entries: many in one statement, each occasion once, and seal what was booked."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import connection

from zahlstelle.kernel import Money, Refusal
from zahlstelle.tables.ledger import AccountRow
from zahlstelle.tenancy import Tenant, inside

from ._rules import Entry, Line, Side, UnsoundEntry, entry_id, storno


class OccasionTaken(Refusal):
    """The occasion is booked already, with other content."""

    code = "occasion_taken"


# One round trip for a whole batch. Accounts are named by code; a code that does not exist leaves its entry
# unbalanced, and the database refuses it.
_POST = """
WITH entry AS (
    INSERT INTO journal_entry (tenant_id, id, occasion, booked_on, recorded_at, text, reverses)
    SELECT %(tenant)s, e.* FROM unnest(%(ids)s::uuid[], %(occasions)s::text[], %(days)s::date[],
        %(moments)s::timestamptz[], %(texts)s::text[], %(reverses)s::uuid[]) e
    ON CONFLICT (id) DO NOTHING RETURNING id
)
INSERT INTO journal_line (tenant_id, entry, account_id, side, amount_cents, currency, subject)
SELECT %(tenant)s, l.entry, account.id, l.side, l.cents, l.currency, l.subject
FROM unnest(%(line_entries)s::uuid[], %(codes)s::text[], %(sides)s::text[], %(cents)s::bigint[],
    %(currencies)s::text[], %(subjects)s::uuid[]) WITH ORDINALITY
    AS l (entry, code, side, cents, currency, subject, position)
JOIN entry ON entry.id = l.entry
JOIN account ON account.tenant_id = %(tenant)s AND account.code = l.code
ORDER BY l.position
"""


def open_accounts(*, tenant: Tenant, accounts: Mapping[str, str]) -> None:
    """Open accounts by code and name. An account that is there stays as it is."""
    with inside(tenant):
        rows = [AccountRow(tenant_id=tenant.id, code=code, name=name) for code, name in accounts.items()]
        AccountRow.objects.bulk_create(rows, ignore_conflicts=True)


def post(*, tenant: Tenant, entries: Sequence[Entry]) -> Sequence[UUID]:
    """Book entries, all or none, and give their ids.

    An occasion that is booked already with the same content is booked once; with other content: OccasionTaken.
    """
    if not entries:
        return []
    ids = [entry_id(tenant.id, entry.occasion) for entry in entries]
    given = sum(len(entry.lines) for entry in entries)
    with inside(tenant), connection.cursor() as cursor:
        cursor.execute(_POST, _columns(tenant, entries, ids))
        if cursor.rowcount != given:
            _compare(tenant, dict(zip(ids, entries, strict=True)))
    return ids


# The same for entries of two lines that a query of the caller's makes, all of them new.
_POST_SELECTED = """
WITH given AS MATERIALIZED ({select}), entry AS (
    INSERT INTO journal_entry (tenant_id, id, occasion, booked_on, recorded_at, text)
    SELECT %(tenant)s, id, occasion, booked_on, %(at)s, text FROM given
)
INSERT INTO journal_line (tenant_id, entry, account_id, side, amount_cents, currency, subject)
SELECT %(tenant)s, g.id, unnest(ARRAY[soll.id, haben.id]), unnest(ARRAY['SOLL', 'HABEN']), g.cents, g.currency,
    unnest(ARRAY[g.soll_subject, g.haben_subject])
FROM given g
JOIN account soll ON soll.tenant_id = %(tenant)s AND soll.code = g.soll
JOIN account haben ON haben.tenant_id = %(tenant)s AND haben.code = g.haben
"""


def post_selected(*, tenant: Tenant, select: str, given: Mapping[str, Any], at: datetime) -> int:
    """Book what a query of the caller's says, as a set: each row one new entry of two lines. Gives their number.

    The query gives id, occasion, booked_on, text, cents, currency, soll, soll_subject, haben, haben_subject, where
    `id` is the occasion's (see `entry_of_occasion`). An occasion that is booked already is a defect and refused.
    """
    with inside(tenant), connection.cursor() as cursor:
        cursor.execute(_POST_SELECTED.format(select=select), {**given, "tenant": tenant.id, "at": at})
        return int(cursor.rowcount) // 2


def reverse(*, tenant: Tenant, entry: UUID, on: date, at: datetime, text: str) -> UUID:
    """Take an entry back by one more entry (Storno). Twice the same is once."""
    with inside(tenant):
        original = _booked(tenant, [entry])[entry]
        taken_back = storno(original, entry, occasion=f"storno:{entry}", on=on, at=at, text=text)
        if found := _booked(tenant, [entry_id(tenant.id, taken_back.occasion)]):
            return next(iter(found))
        return post(tenant=tenant, entries=[taken_back])[0]


def _columns(tenant: Tenant, entries: Sequence[Entry], ids: Sequence[UUID]) -> dict[str, Any]:
    lines = [(entry, line) for entry, given in zip(ids, entries, strict=True) for line in given.lines]
    return {
        "tenant": tenant.id,
        "ids": ids,
        "occasions": [entry.occasion for entry in entries],
        "days": [entry.booked_on for entry in entries],
        "moments": [entry.recorded_at for entry in entries],
        "texts": [entry.text for entry in entries],
        "reverses": [entry.reverses for entry in entries],
        "line_entries": [entry for entry, _ in lines],
        "codes": [line.account for _, line in lines],
        "sides": [line.side.value for _, line in lines],
        "cents": [line.amount.cents for _, line in lines],
        "currencies": [line.amount.currency for _, line in lines],
        "subjects": [line.subject for _, line in lines],
    }


def _compare(tenant: Tenant, given: Mapping[UUID, Entry]) -> None:
    booked = _booked(tenant, list(given))
    for entry, wanted in given.items():
        if entry not in booked:
            raise UnsoundEntry(f"{wanted.occasion}: the same occasion stands twice in one batch, differently")
        known = booked[entry]
        if (known.booked_on, list(known.lines)) != (wanted.booked_on, list(wanted.lines)):
            raise OccasionTaken(f"{wanted.occasion} is booked already, with other content")


_BOOKED = """
SELECT e.id, e.occasion, e.booked_on, e.recorded_at, e.text, e.reverses,
    a.code, l.side, l.amount_cents, l.currency, l.subject
FROM journal_entry e JOIN journal_line l ON l.entry = e.id JOIN account a ON a.id = l.account_id
WHERE e.tenant_id = %s AND e.id = ANY(%s) ORDER BY l.id
"""


def _booked(tenant: Tenant, ids: Sequence[UUID]) -> dict[UUID, Entry]:
    heads: dict[UUID, tuple[Any, ...]] = {}
    lines: dict[UUID, list[Line]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_BOOKED, [tenant.id, list(ids)])
        for entry, *head, code, side, cents, currency, subject in cursor.fetchall():
            heads[entry] = tuple(head)
            lines.setdefault(entry, []).append(Line(code, Side(side), Money(cents, currency), subject))
    return {
        entry: Entry(occasion, on, at, text, lines[entry], reverses)
        for entry, (occasion, on, at, text, reverses) in heads.items()
    }


# Everything below the oldest running transaction is final: no entry can appear there any more.
_SEAL = """
WITH last AS (
    SELECT coalesce(max(number), 0) AS number, coalesce(max(to_xid), 0) AS to_xid FROM seal WHERE tenant_id = %(tenant)s
), horizon AS (
    SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS xid
), digest AS (
    SELECT entries, soll, digest
    FROM zahlstelle_digest(%(tenant)s, (SELECT to_xid FROM last), (SELECT xid FROM horizon))
)
INSERT INTO seal (tenant_id, number, from_xid, to_xid, entries, soll_cents, digest, sealed_at)
SELECT %(tenant)s, last.number + 1, last.to_xid, horizon.xid, digest.entries, digest.soll,
    sha256(coalesce((SELECT digest FROM seal WHERE tenant_id = %(tenant)s AND number = last.number), ''::bytea)
        || digest.digest), %(at)s
FROM last, horizon, digest WHERE digest.entries > 0 AND horizon.xid > last.to_xid
"""


def seal(*, tenant: Tenant, at: datetime) -> bool:
    """Seal every entry that is final and not yet sealed, chained to the seal before. False when there is none."""
    with inside(tenant), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"seal {tenant.id}"])
        cursor.execute(_SEAL, {"tenant": tenant.id, "at": at})
        return bool(cursor.rowcount == 1)
