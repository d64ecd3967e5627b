"""Read claims as context for a person who has to decide; the amount alone never decides."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db import connection

from zahlstelle.tenancy import Policy, Tenant, inside

from ._queries import OpenAmount
from ._rules import normalised

# Of very many claims of one amount some will do: all of them are no help to anybody. What is open is asked first, in
# one scan of the narrow table for all amounts: the open ones may be few among very many that are paid.
_SAME_AMOUNT = """
SELECT c.id, c.kassenzeichen, c.amount_cents, f.open_cents, c.currency FROM (
    SELECT b.claim_id, b.due_cents - b.settled_cents AS open_cents,
        row_number() OVER (PARTITION BY b.due_cents - b.settled_cents ORDER BY b.claim_id DESC) AS place
    FROM claim_balance b WHERE b.tenant_id = %(tenant)s AND b.due_cents - b.settled_cents = ANY(%(cents)s)
) f JOIN claim c ON c.id = f.claim_id AND c.tenant_id = %(tenant)s
WHERE f.place <= %(each)s ORDER BY f.open_cents, f.place
"""


def open_with_amounts(*, tenant: Tenant, cents: Sequence[int], each: int = 3) -> Mapping[int, Sequence[OpenAmount]]:
    """List claims of which exactly so many cents are open, the latest first, at most `each` an amount."""
    found: dict[int, list[OpenAmount]] = {}
    with inside(tenant), connection.cursor() as cursor:
        asked = sorted({amount for amount in cents if amount > 0})
        cursor.execute(_SAME_AMOUNT, {"tenant": tenant.id, "cents": asked, "each": each})
        for row in cursor.fetchall():
            claim = OpenAmount(*row)
            found.setdefault(claim.open_cents, []).append(claim)
    return found


_AMOUNTS = """
SELECT c.id, c.kassenzeichen, c.amount_cents, b.due_cents - b.settled_cents, c.currency, c.debtor_name
FROM claim c JOIN claim_balance b ON b.claim_id = c.id
WHERE c.tenant_id = %(tenant)s AND b.tenant_id = %(tenant)s
    AND (c.kassenzeichen = ANY(%(numbers)s) OR c.id = ANY(%(ids)s::uuid[]))
"""


def open_amounts(*, tenant: Tenant, numbers: Sequence[str] = (), ids: Sequence[UUID] = ()) -> Sequence[OpenAmount]:
    """Look up claims by Kassenzeichen or id in one query, without locking them."""
    with inside(tenant), connection.cursor() as cursor:
        cursor.execute(_AMOUNTS, {"tenant": tenant.id, "numbers": list(numbers), "ids": list(ids)})
        return [OpenAmount(*row) for row in cursor.fetchall()]


_POLICIES = """
SELECT c.id, coalesce(s.policy, '{}')::text FROM claim c LEFT JOIN service s ON s.id = c.service_id
    AND s.tenant_id = c.tenant_id
WHERE c.tenant_id = %s AND c.id = ANY(%s)
"""


def policies_of(*, tenant: Tenant, claim_ids: Sequence[UUID]) -> Mapping[UUID, Policy]:
    """Tell the policy of each claim: what its service says, else what the town says, else the careful default."""
    of_town = Policy().with_changes(tenant.settings.get("policy", {}))
    with inside(tenant), connection.cursor() as cursor:
        cursor.execute(_POLICIES, [tenant.id, list(claim_ids)])
        return {claim: of_town.with_changes(json.loads(said)) for claim, said in cursor.fetchall()}


@dataclass(frozen=True, slots=True)
class Candidate:
    """A claim somebody may have meant, with what a person needs to recognise it."""

    id: UUID
    kassenzeichen: str
    open_cents: int
    amount_cents: int
    currency: str
    purpose: str
    debtor_name: str | None
    due_on: date | None


_CANDIDATE = """
SELECT c.id, c.kassenzeichen, b.due_cents - b.settled_cents, c.amount_cents, c.currency, c.purpose, c.debtor_name,
    c.due_on
FROM claim c JOIN claim_balance b ON b.claim_id = c.id AND b.tenant_id = c.tenant_id
WHERE c.tenant_id = %(tenant)s AND {what}
ORDER BY (b.due_cents = b.settled_cents), c.due_on NULLS LAST, c.opened_at DESC, c.id LIMIT %(limit)s
"""
_NAMED = _CANDIDATE.format(what="(c.kassenzeichen = ANY(%(numbers)s) OR c.id = ANY(%(ids)s::uuid[]))")
_OF_DEBTORS = """
SELECT f.* FROM unnest(%(debtors)s::text[]) AS asked (debtor) CROSS JOIN LATERAL (
    SELECT c.id, c.kassenzeichen, b.due_cents - b.settled_cents, c.amount_cents, c.currency, c.purpose, c.debtor_name,
        c.due_on
    FROM claim c JOIN claim_balance b ON b.claim_id = c.id AND b.tenant_id = c.tenant_id
    WHERE c.tenant_id = %(tenant)s AND c.debtor_name = asked.debtor AND b.settled_cents < b.due_cents
    ORDER BY c.due_on NULLS LAST, c.opened_at DESC, c.id LIMIT %(each)s
) f
"""
_SEARCH = _CANDIDATE.format(
    what="(c.kassenzeichen LIKE %(number)s OR c.debtor_name ILIKE %(text)s OR c.purpose ILIKE %(text)s"
    " OR c.external_reference = %(plain)s)"
)


def candidates_named(
    *, tenant: Tenant, numbers: Sequence[str] = (), ids: Sequence[UUID] = (), limit: int = 200
) -> Sequence[Candidate]:
    """Look up claims by Kassenzeichen or id, open ones first."""
    return _found(tenant, _NAMED, {"numbers": list(numbers), "ids": list(ids), "limit": limit})


def candidates_of_debtors(*, tenant: Tenant, debtors: Sequence[str], each: int = 20) -> Sequence[Candidate]:
    """List open claims of these debtors, at most `each` of one, the one due first on top."""
    return _found(tenant, _OF_DEBTORS, {"debtors": list(debtors), "each": each})


@dataclass(frozen=True, slots=True)
class AmountOfPayer:
    """An amount that came, and the beginnings (five letters) of the parts of its payer's name, in one spelling."""

    cents: int
    parts: frozenset[str]


# First and last part of a name together find a debtor among very many claims of one amount; of those that share only
# one part (a family, say) the latest are looked at. Only claims of which nothing is paid count, before any limit does:
# very many that are paid must not hide one that is open.
_OF_AMOUNTS = """
WITH asked AS (
    SELECT * FROM unnest(%(places)s::integer[], %(cents)s::bigint[], %(parts)s::text[]) AS a (place, cents, part)
), part AS (
    SELECT DISTINCT cents, part FROM asked
), single AS MATERIALIZED (
    SELECT p.cents, p.part, f.id FROM part p
    CROSS JOIN LATERAL (SELECT c.id FROM claim c JOIN claim_balance b ON b.claim_id = c.id
        AND b.tenant_id = c.tenant_id AND b.settled_cents = 0 WHERE c.tenant_id = %(tenant)s
        AND c.amount_cents = p.cents AND c.debtor_first = p.part ORDER BY c.id DESC LIMIT %(most)s) f
    UNION ALL SELECT p.cents, p.part, f.id FROM part p
    CROSS JOIN LATERAL (SELECT c.id FROM claim c JOIN claim_balance b ON b.claim_id = c.id
        AND b.tenant_id = c.tenant_id AND b.settled_cents = 0 WHERE c.tenant_id = %(tenant)s
        AND c.amount_cents = p.cents AND c.debtor_last = p.part ORDER BY c.id DESC LIMIT %(most)s) f
), hit AS (
    SELECT a.place, f.id, 2 AS parts FROM asked a JOIN asked z ON z.place = a.place AND z.part <> a.part
    CROSS JOIN LATERAL (SELECT c.id FROM claim c JOIN claim_balance b ON b.claim_id = c.id
        AND b.tenant_id = c.tenant_id AND b.settled_cents = 0 WHERE c.tenant_id = %(tenant)s
        AND c.amount_cents = a.cents AND c.debtor_first = a.part AND c.debtor_last = z.part
        ORDER BY c.id DESC LIMIT %(most)s) f
    UNION ALL SELECT a.place, s.id, 1 FROM asked a JOIN single s ON s.cents = a.cents AND s.part = a.part
), found AS (
    SELECT place, id, max(parts) AS parts FROM hit GROUP BY place, id
), ranked AS (
    SELECT f.place, f.id, row_number() OVER (
        PARTITION BY f.place ORDER BY f.parts DESC, c.due_on NULLS LAST, c.opened_at DESC, f.id) AS rank
    FROM found f JOIN claim c ON c.id = f.id AND c.tenant_id = %(tenant)s
)
SELECT r.place, c.id, c.kassenzeichen, c.amount_cents, c.amount_cents, c.currency, c.purpose, c.debtor_name, c.due_on
FROM ranked r JOIN claim c ON c.id = r.id AND c.tenant_id = %(tenant)s
WHERE r.rank <= %(each)s ORDER BY r.place, r.rank
"""
_MOST_OF_ONE_PART = 100


def candidates_of_amounts(
    *, tenant: Tenant, asked: Iterable[AmountOfPayer], each: int = 50
) -> Mapping[AmountOfPayer, Sequence[Candidate]]:
    """List claims of exactly such an amount, nothing paid, whose debtor has a name like the payer's.

    One question for many; at most `each` for one, those whose names share most parts first.
    """
    places = list(dict.fromkeys(one for one in asked if one.parts))
    flat = [(place, one.cents, part) for place, one in enumerate(places) for part in sorted(one.parts)]
    if not flat:
        return {}
    found: dict[AmountOfPayer, list[Candidate]] = defaultdict(list)
    numbers, cents, parts = (list(column) for column in zip(*flat, strict=True))
    given: dict[str, Any] = {"tenant": tenant.id, "places": numbers, "cents": cents, "parts": parts, "each": each}
    given["most"] = _MOST_OF_ONE_PART
    with inside(tenant), connection.cursor() as cursor:
        cursor.execute(_OF_AMOUNTS, given)
        for place, *told in cursor.fetchall():
            found[places[place]].append(Candidate(*told))
    return found


def search_claims(*, tenant: Tenant, text: str, limit: int = 20) -> Sequence[Candidate]:
    """Find claims by the beginning of a Kassenzeichen, or a part of debtor's name or purpose; open ones first."""
    plain = text.strip()
    if len(plain) < 3:
        return []
    number = f"{_literal(normalised(plain))}%"
    return _found(tenant, _SEARCH, {"number": number, "text": f"%{_literal(plain)}%", "plain": plain, "limit": limit})


def _literal(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _found(tenant: Tenant, sql: str, parameters: dict[str, Any]) -> Sequence[Candidate]:
    with inside(tenant), connection.cursor() as cursor:
        cursor.execute(sql, {"tenant": tenant.id, **parameters})
        return [Candidate(*row) for row in cursor.fetchall()]
