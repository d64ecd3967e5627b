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

_SAME_AMOUNT = """
SELECT id, kassenzeichen, amount_cents, open_cents, currency FROM (
    SELECT c.id, c.kassenzeichen, c.amount_cents, b.due_cents - b.settled_cents AS open_cents, c.currency,
        row_number() OVER (PARTITION BY b.due_cents - b.settled_cents ORDER BY c.opened_at DESC, c.id) AS place
    FROM claim_balance b JOIN claim c ON c.id = b.claim_id
    WHERE c.tenant_id = %(tenant)s AND b.tenant_id = %(tenant)s AND b.due_cents - b.settled_cents = ANY(%(cents)s)
) found WHERE place <= %(each)s ORDER BY open_cents, place
"""


def open_with_amounts(*, tenant: Tenant, cents: Sequence[int], each: int = 3) -> Mapping[int, Sequence[OpenAmount]]:
    """List the latest claims of which exactly so many cents are open, at most `each` an amount."""
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
    """An amount that came, and the beginnings (four letters) of the parts of its payer's name, in one spelling."""

    cents: int
    parts: frozenset[str]


# Three looks into three indexes, one for each place a part of a name may have; the likest names first.
_OF_AMOUNTS = """
WITH asked AS (
    SELECT * FROM unnest(%(places)s::integer[], %(cents)s::bigint[], %(parts)s::text[]) AS a (place, cents, part)
), hit AS (
    SELECT a.place, c.id, a.part FROM asked a JOIN claim c
        ON c.tenant_id = %(tenant)s AND c.amount_cents = a.cents AND c.debtor_first = a.part
    UNION SELECT a.place, c.id, a.part FROM asked a JOIN claim c
        ON c.tenant_id = %(tenant)s AND c.amount_cents = a.cents AND c.debtor_second = a.part
    UNION SELECT a.place, c.id, a.part FROM asked a JOIN claim c
        ON c.tenant_id = %(tenant)s AND c.amount_cents = a.cents AND c.debtor_last = a.part
), like_it AS (
    SELECT place, id, count(*) AS parts FROM hit GROUP BY place, id
), ranked AS (
    SELECT l.place, c.id, row_number() OVER (
        PARTITION BY l.place ORDER BY l.parts DESC, c.due_on NULLS LAST, c.opened_at DESC, c.id) AS rank
    FROM like_it l JOIN claim c ON c.tenant_id = %(tenant)s AND c.id = l.id
        JOIN claim_balance b ON b.tenant_id = %(tenant)s AND b.claim_id = c.id AND b.settled_cents = 0
)
SELECT r.place, c.id, c.kassenzeichen, c.amount_cents, c.amount_cents, c.currency, c.purpose, c.debtor_name, c.due_on
FROM ranked r JOIN claim c ON c.tenant_id = %(tenant)s AND c.id = r.id
WHERE r.rank <= %(each)s ORDER BY r.place, r.rank
"""


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
