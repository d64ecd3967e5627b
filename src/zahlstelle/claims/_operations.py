"""Open claims and settle them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import connection

from zahlstelle import events, ledger
from zahlstelle.kernel import CheckMethod, InputRefused, Money, Refusal, berlin_day, fact_id, new_id
from zahlstelle.ledger import Entry, Line, Side
from zahlstelle.tables.claims import PoolRow, ServiceRow
from zahlstelle.tenancy import Tenant, TownFile, inside, units

from ._numbers import next_kassenzeichen
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
from ._rules import Pool, checked, normalised, sound


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
    FeeUnknown, PoolUnknown, PoolExhausted.
    """
    with inside(tenant):
        return open_claims(tenant=tenant, new=[claim], at=at)[0]


def open_claims(*, tenant: Tenant, new: Sequence[NewClaim], at: datetime) -> Sequence[Claim]:
    """Open many claims, all or none."""
    with inside(tenant):
        opened = [_open(tenant, claim, at, ahead=len(new) == 1) for claim in new]
        ledger.post(tenant=tenant, entries=[_owed(claim, at) for claim, fresh in opened if fresh])
        return [claim for claim, _ in opened]


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a claim belongs: the service it is for, the pool its number is of."""

    service_id: UUID | None = None
    fee: Money | None = None
    posting: Mapping[str, Any] = field(default_factory=dict)
    pool: Pool | None = None


def _open(tenant: Tenant, new: NewClaim, at: datetime, *, ahead: bool) -> tuple[Claim, bool]:
    if new.kassenzeichen is not None:
        return _open_under(tenant, new, _own_place(tenant, new), new.kassenzeichen, at)
    place, pool = _place(tenant, new.service)
    draft = _draft(new, place, at)
    while True:
        claim = replace(draft, kassenzeichen=next_kassenzeichen(tenant, pool, at, ahead=ahead))
        if _store(tenant, claim, place):
            return claim, True


def _open_under(tenant: Tenant, new: NewClaim, place: _Place, kassenzeichen: str, at: datetime) -> tuple[Claim, bool]:
    claim = replace(_draft(new, place, at), kassenzeichen=normalised(kassenzeichen))
    if _store(tenant, claim, place):
        return claim, True
    known = claim_by_kassenzeichen(tenant=tenant, kassenzeichen=kassenzeichen)
    if not _same(known, new):
        raise KassenzeichenTaken(f"{known.kassenzeichen} is a claim for {known.amount} already")
    return known, False


def _own_place(tenant: Tenant, new: NewClaim) -> _Place:
    known = pools(tenant=tenant)
    number = checked(new.kassenzeichen or "", known)
    pool = next((pool for pool in known if pool.valid(number)), None)
    if new.service is None:
        return _Place(pool=pool)
    service = service_by_key(tenant=tenant, key=new.service)
    return _Place(service.id, service.fee, service.posting, pool)


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
        lines=[ClaimLine(n, line.text, line.amount, dict(line.posting)) for n, line in enumerate(lines, 1)],
    )


# A claim, its lines and what is open of it, in one round trip: all, or nothing where the Kassenzeichen is taken. The
# unique index decides the race; who comes second waits for who came first.
_STORE = """
WITH claim AS (
    INSERT INTO claim (tenant_id, id, kassenzeichen, service_id, pool_id, purpose, debtor_name, amount_cents, currency,
        due_on, external_reference, origin, opened_at)
    VALUES (%(tenant)s, %(id)s, %(kassenzeichen)s, %(service)s, %(pool)s, %(purpose)s, %(debtor_name)s, %(cents)s,
        %(currency)s, %(due_on)s, %(external_reference)s, %(origin)s, %(at)s)
    ON CONFLICT (tenant_id, kassenzeichen) DO NOTHING RETURNING id
), line AS (
    INSERT INTO claim_line (tenant_id, claim_id, number, text, amount_cents, posting)
    SELECT %(tenant)s, claim.id, l.number, l.text, l.cents, l.posting FROM claim,
        unnest(%(texts)s::text[], %(line_cents)s::bigint[], %(postings)s::jsonb[]) WITH ORDINALITY
        AS l (text, cents, posting, number)
)
INSERT INTO claim_balance (tenant_id, claim_id, due_cents, settled_cents)
SELECT %(tenant)s, claim.id, %(cents)s, 0 FROM claim
"""


def _store(tenant: Tenant, claim: Claim, place: _Place) -> bool:
    """Write a claim down; False where its Kassenzeichen is taken."""
    given: dict[str, Any] = {
        "tenant": tenant.id,
        "id": claim.id,
        "kassenzeichen": claim.kassenzeichen,
        "service": place.service_id,
        "pool": place.pool.id if place.pool else None,
        "purpose": claim.purpose,
        "debtor_name": claim.debtor_name,
        "cents": claim.amount.cents,
        "currency": claim.amount.currency,
        "due_on": claim.due_on,
        "external_reference": claim.external_reference,
        "origin": claim.origin,
        "at": claim.opened_at,
        "texts": [line.text for line in claim.lines],
        "line_cents": [line.amount.cents for line in claim.lines],
        "postings": [json.dumps(line.posting) for line in claim.lines],
    }
    with connection.cursor() as cursor:
        cursor.execute(_STORE, given)
        if cursor.rowcount == 0:
            return False
    payload = {"kassenzeichen": claim.kassenzeichen}
    events.record(tenant=tenant, name="claim.opened", subject=claim.id, at=claim.opened_at, payload=payload)
    return True


def _same(known: Claim, new: NewClaim) -> bool:
    """Compare what was asked then with what is asked now. No amount asks for the fee, whatever it has become."""
    said = (known.purpose, known.service, known.external_reference, known.debtor_name, known.due_on)
    if said != (new.purpose, new.service, new.external_reference, new.debtor_name, new.due_on):
        return False
    if new.amount is not None and known.amount != new.amount:
        return False
    if not new.lines:
        return [line.text for line in known.lines] == [new.purpose]
    lines = [(line.text, line.amount, dict(line.posting)) for line in known.lines]
    return lines == [(line.text, line.amount, dict(line.posting)) for line in new.lines]


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
        },
    )
