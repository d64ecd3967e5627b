"""Open claims and settle them."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import connection

from zahlstelle import events, ledger
from zahlstelle.kernel import (
    CardNumberTyped,
    CheckMethod,
    InputRefused,
    Money,
    Refusal,
    berlin_day,
    fact_id,
    holds_card_number,
    new_id,
)
from zahlstelle.ledger import Entry, Line, Side
from zahlstelle.tables.claims import PoolRow, ServiceRow
from zahlstelle.tenancy import Tenant, TownFile, inside, units

from ._numbers import numbers
from ._queries import (
    Claim,
    ClaimLine,
    ClaimUnknown,
    PoolUnknown,
    ServiceUnknown,
    claim_by_kassenzeichen,
    pools,
    service_by_key,
)
from ._rules import LineKind, Pool, checked, sound


class KassenzeichenTaken(Refusal):
    """The town already has a claim under this Kassenzeichen, for something else."""

    code = "kassenzeichen_taken"


class FeeUnknown(InputRefused):
    """The service has no fixed fee, so the amount must be told with the claim."""

    code = "fee_unknown"


@dataclass(frozen=True, slots=True)
class DraftLine:
    """A line of a claim to be opened, with its posting data (Buchungsdaten)."""

    text: str
    amount: Money
    posting: Mapping[str, Any] = field(default_factory=dict)
    kind: LineKind = LineKind.PRINCIPAL


@dataclass(frozen=True, slots=True)
class NewClaim:
    """What a claim is to be. Without an amount: the service's fee. Without a Kassenzeichen: the pool's next one."""

    amount: Money | None
    purpose: str
    service: str | None = None
    kassenzeichen: str | None = None
    debtor_name: str | None = None
    due_on: date | None = None
    external_reference: str | None = None
    lines: Sequence[DraftLine] = ()
    origin: str = "api"


def open_claim(*, tenant: Tenant, claim: NewClaim, at: datetime) -> Claim:
    """Open a claim and book it as owed. Asking for the same Kassenzeichen and content twice opens one claim.

    Raises AmountNotPositive, LinesDiffer, KassenzeichenWrong, CheckDigitWrong, KassenzeichenTaken, ServiceUnknown,
    FeeUnknown, PoolUnknown, PoolExhausted, CardNumberTyped.
    """
    with inside(tenant):
        return open_claims(tenant=tenant, new=[claim], at=at)[0]


def open_claims(*, tenant: Tenant, new: Sequence[NewClaim], at: datetime) -> Sequence[Claim]:
    """Open many claims, all or none. Those that bring their Kassenzeichen are written in a few statements."""
    with inside(tenant):
        own = _open_own(tenant, [claim for claim in new if claim.kassenzeichen is not None], at)
        opened = [
            next(own) if claim.kassenzeichen is not None else (_open_next(tenant, claim, at, ahead=len(new) == 1), True)
            for claim in new
        ]
        ledger.post(tenant=tenant, entries=[_owed(claim, at) for claim, fresh in opened if fresh])
        return [claim for claim, _ in opened]


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a claim belongs: the service it is for, the pool its number is of."""

    service_id: UUID | None = None
    fee: Money | None = None
    posting: Mapping[str, Any] = field(default_factory=dict)
    pool: Pool | None = None


def _open_next(tenant: Tenant, new: NewClaim, at: datetime, *, ahead: bool) -> Claim:
    """Open a claim under the pool's next free Kassenzeichen."""
    place, pool = _place(tenant, new.service)
    draft = _draft(new, place, at)
    free = (replace(draft, kassenzeichen=number) for number in numbers(tenant, pool, at, ahead=ahead))
    return next(claim for claim in free if _store(tenant, [(claim, place)]))


def _open_own(tenant: Tenant, new: Sequence[NewClaim], at: datetime) -> Iterator[tuple[Claim, bool]]:
    """Open claims under Kassenzeichen they bring; say of each whether it is fresh."""
    known_pools = pools(tenant=tenant) if new else []
    keys = sorted({claim.service for claim in new if claim.service is not None})
    catalogue = {key: service_by_key(tenant=tenant, key=key) for key in keys}
    drafts = []
    for claim in new:
        number = checked(claim.kassenzeichen or "", known_pools)
        pool = next((pool for pool in known_pools if pool.valid(number)), None)
        service = catalogue.get(claim.service or "")
        place = _Place(service.id, service.fee, service.posting, pool) if service else _Place(pool=pool)
        drafts.append((replace(_draft(claim, place, at), kassenzeichen=number), place))
    stored: set[UUID] = set()
    for start in range(0, len(drafts), _BATCH):
        stored |= _store(tenant, drafts[start : start + _BATCH])
    for (draft, _), claim in zip(drafts, new, strict=True):
        yield (draft, True) if draft.id in stored else (_known(tenant, draft.kassenzeichen, claim), False)


def _known(tenant: Tenant, kassenzeichen: str, new: NewClaim) -> Claim:
    known = claim_by_kassenzeichen(tenant=tenant, kassenzeichen=kassenzeichen)
    if not _same(known, new):
        raise KassenzeichenTaken(f"{known.kassenzeichen} is a claim for {known.amount} already")
    return known


# A service with its pool; without a service, the town's first pool.
_PLACE = """
SELECT s.id, s.fee_cents, coalesce(s.posting, '{}')::text, p.id, p.name, p.prefix, p.digits, p.check_method
FROM pool p LEFT JOIN service s ON s.tenant_id = %(tenant)s AND s.key = %(service)s AND s.pool_id = p.id
WHERE p.tenant_id = %(tenant)s AND (%(service)s::text IS NULL OR s.id IS NOT NULL) ORDER BY p.name LIMIT 1
"""


def _place(tenant: Tenant, service: str | None) -> tuple[_Place, Pool]:
    with connection.cursor() as cursor:
        cursor.execute(_PLACE, {"tenant": tenant.id, "service": service})
        row = cursor.fetchone()
    if row is None:
        if service is not None:
            raise ServiceUnknown(f"the catalogue has no service {service!r}")
        raise PoolUnknown("the town has no pool of Kassenzeichen")
    service_id, fee, posting, pool_id, name, prefix, digits, method = row
    pool = Pool(pool_id, name, prefix, digits, CheckMethod(method))
    return _Place(service_id, Money(fee) if fee is not None else None, json.loads(posting), pool), pool


def _draft(new: NewClaim, place: _Place, at: datetime) -> Claim:
    amount = new.amount if new.amount is not None else place.fee
    if amount is None:
        raise FeeUnknown("this service has no fixed fee; an amount is needed")
    lines = new.lines or [DraftLine(new.purpose, amount, place.posting)]
    if any(holds_card_number(text) for text in (new.purpose, new.debtor_name or "", *(line.text for line in lines))):
        raise CardNumberTyped("a claim carries no card number")
    sound(amount, [line.amount for line in lines])
    return Claim(
        id=new_id(),
        kassenzeichen="",
        service=new.service,
        purpose=new.purpose,
        debtor_name=new.debtor_name,
        amount=amount,
        open=amount,
        due_on=new.due_on,
        external_reference=new.external_reference,
        origin=new.origin,
        opened_at=at,
        lines=[ClaimLine(n, line.text, line.amount, dict(line.posting), line.kind) for n, line in enumerate(lines, 1)],
    )


# Claims, their lines and what is open of them, in one round trip: each whole, or nothing of it where its
# Kassenzeichen is taken. The unique index decides the race; who comes second waits for who came first.
_STORE = """
WITH given AS (
    SELECT * FROM unnest(%(ids)s::uuid[], %(numbers)s::text[], %(services)s::uuid[], %(pools)s::uuid[],
        %(purposes)s::text[], %(debtors)s::text[], %(cents)s::bigint[], %(currencies)s::text[], %(dues)s::date[],
        %(externals)s::text[], %(origins)s::text[])
        AS g (id, kassenzeichen, service, pool, purpose, debtor, cents, currency, due_on, external, origin)
), claim AS (
    INSERT INTO claim (tenant_id, id, kassenzeichen, service_id, pool_id, purpose, debtor_name, amount_cents, currency,
        due_on, external_reference, origin, opened_at)
    SELECT %(tenant)s, id, kassenzeichen, service, pool, purpose, debtor, cents, currency, due_on, external, origin,
        %(at)s FROM given
    ON CONFLICT (tenant_id, kassenzeichen) DO NOTHING RETURNING id, amount_cents
), line AS (
    INSERT INTO claim_line (tenant_id, claim_id, number, text, amount_cents, posting, kind)
    SELECT %(tenant)s, claim.id, l.number, l.text, l.cents, l.posting, l.kind FROM claim
    JOIN unnest(%(line_claims)s::uuid[], %(line_numbers)s::integer[], %(texts)s::text[], %(line_cents)s::bigint[],
        %(postings)s::jsonb[], %(kinds)s::text[]) AS l (claim, number, text, cents, posting, kind) ON l.claim = claim.id
)
INSERT INTO claim_balance (tenant_id, claim_id, due_cents, settled_cents)
SELECT %(tenant)s, claim.id, claim.amount_cents, 0 FROM claim RETURNING claim_id
"""
_BATCH = 2_000


def _store(tenant: Tenant, drafts: Sequence[tuple[Claim, _Place]]) -> set[UUID]:
    """Write claims down that were opened at the same moment; gives the ids of those whose Kassenzeichen was free."""
    claims = [claim for claim, _ in drafts]
    at = claims[0].opened_at
    lines = [(claim.id, line) for claim in claims for line in claim.lines]
    given: dict[str, Any] = {
        "tenant": tenant.id,
        "at": at,
        "ids": [claim.id for claim in claims],
        "numbers": [claim.kassenzeichen for claim in claims],
        "services": [place.service_id for _, place in drafts],
        "pools": [place.pool.id if place.pool else None for _, place in drafts],
        "purposes": [claim.purpose for claim in claims],
        "debtors": [claim.debtor_name for claim in claims],
        "cents": [claim.amount.cents for claim in claims],
        "currencies": [claim.amount.currency for claim in claims],
        "dues": [claim.due_on for claim in claims],
        "externals": [claim.external_reference for claim in claims],
        "origins": [claim.origin for claim in claims],
        "line_claims": [claim_id for claim_id, _ in lines],
        "line_numbers": [line.number for _, line in lines],
        "texts": [line.text for _, line in lines],
        "line_cents": [line.amount.cents for _, line in lines],
        "postings": [json.dumps(line.posting) for _, line in lines],
        "kinds": [line.kind.value for _, line in lines],
    }
    with connection.cursor() as cursor:
        cursor.execute(_STORE, given)
        stored = {row[0] for row in cursor.fetchall()}
    fresh = [claim for claim in claims if claim.id in stored]
    events.record_many(
        tenant=tenant,
        name="claim.opened",
        subjects=[claim.id for claim in fresh],
        at=at,
        payloads=[{"kassenzeichen": claim.kassenzeichen} for claim in fresh],
    )
    return stored


def _same(known: Claim, new: NewClaim) -> bool:
    """Compare what was asked then with what is asked now. No amount asks for the fee, whatever it has become."""
    said = (known.purpose, known.service, known.external_reference, known.debtor_name, known.due_on)
    if said != (new.purpose, new.service, new.external_reference, new.debtor_name, new.due_on):
        return False
    if new.amount is not None and known.amount != new.amount:
        return False
    if not new.lines:
        return [line.text for line in known.lines] == [new.purpose]
    lines = [(line.text, line.amount, dict(line.posting), line.kind) for line in known.lines]
    return lines == [(line.text, line.amount, dict(line.posting), line.kind) for line in new.lines]


def _owed(claim: Claim, at: datetime) -> Entry:
    lines = [
        Line("receivable", Side.SOLL, claim.amount, claim.id),
        Line("revenue", Side.HABEN, claim.amount, claim.id),
    ]
    return Entry(f"claim:{claim.id}:opened", berlin_day(at), at, f"Forderung {claim.kassenzeichen}", lines)


# The check constraint on the balance refuses what would fall below zero or above what is due.
_SETTLE = """
UPDATE claim_balance b SET settled_cents = b.settled_cents + s.cents
FROM (SELECT claim, sum(cents)::bigint AS cents FROM unnest(%s::uuid[], %s::bigint[]) AS given (claim, cents)
      GROUP BY claim ORDER BY claim) s
WHERE b.tenant_id = %s AND b.claim_id = s.claim
"""


def settle(*, tenant: Tenant, amounts: Sequence[tuple[UUID, int]]) -> None:
    """Count cents as settled on claims (below zero: open again). The caller books the same in the ledger.

    The database refuses more than is open, whoever asks.
    """
    with inside(tenant), connection.cursor() as cursor:
        cursor.execute(_SETTLE, [[claim for claim, _ in amounts], [cents for _, cents in amounts], tenant.id])
        if cursor.rowcount != len({claim for claim, _ in amounts}):
            raise ClaimUnknown("a claim to be settled does not exist in this town")


_SETTLE_SELECTED = """
UPDATE claim_balance b SET settled_cents = b.settled_cents + s.cents FROM ({select}) s
WHERE b.tenant_id = %(tenant)s AND b.claim_id = s.claim
"""


def settle_selected(*, tenant: Tenant, select: str, given: Mapping[str, Any], count: int) -> None:
    """Count as settled what a query of the caller's says, as a set: `count` rows of a claim each, and its cents."""
    with inside(tenant), connection.cursor() as cursor:
        cursor.execute(_SETTLE_SELECTED.format(select=select), {**given, "tenant": tenant.id})
        if cursor.rowcount != count:
            raise ClaimUnknown("a claim to be settled does not exist in this town")


def add_catalogue(*, tenant: Tenant, town: TownFile) -> None:
    """Bring pools and services up to the town file. What is not in the file stays."""
    with inside(tenant):
        for pool in town.pools:
            PoolRow.objects.update_or_create(
                id=fact_id("pool", tenant.id, pool["name"]),
                tenant_id=tenant.id,
                defaults={
                    "name": pool["name"],
                    "prefix": pool["prefix"],
                    "digits": pool["digits"],
                    "check_method": pool["check"],
                },
            )
        for position, service in enumerate(town.services):
            _add_service(tenant, position, service)


def _add_service(tenant: Tenant, position: int, service: Mapping[str, Any]) -> None:
    pool = PoolRow.objects.filter(tenant_id=tenant.id, name=service["pool"]).first()
    if pool is None:
        raise PoolUnknown(f"services: {service['key']!r} names the unknown pool {service['pool']!r}")
    unit = next((unit for unit in units(tenant=tenant) if unit.key == service.get("unit")), None)
    ServiceRow.objects.update_or_create(
        id=fact_id("service", tenant.id, service["key"]),
        tenant_id=tenant.id,
        defaults={
            "key": service["key"],
            "unit_id": unit.id if unit else None,
            "pool_id": pool.id,
            "name": dict(service["name"]),
            "description": dict(service.get("description", {})),
            "fee_cents": service.get("fee_cents"),
            "posting": dict(service.get("posting", {})),
            "public": service.get("public", True),
            "position": position,
            "policy": dict(service.get("policy", {})),
        },
    )
