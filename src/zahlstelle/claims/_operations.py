"""Open claims and settle them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, connection

from zahlstelle import events, ledger
from zahlstelle.kernel import Money, Refusal, berlin_day, fact_id, new_id
from zahlstelle.ledger import Entry, Line, Side
from zahlstelle.tables.claims import ClaimBalanceRow, ClaimLineRow, ClaimRow, PoolRow, ServiceRow
from zahlstelle.tenancy import Tenant, TownFile, inside, units

from ._queries import Claim, ClaimUnknown, PoolUnknown, claim_by_kassenzeichen, pool_of, pools, service_by_key
from ._rules import Pool, checked, sound


class KassenzeichenTaken(Refusal):
    """The town already has a claim under this Kassenzeichen, for something else."""

    code = "kassenzeichen_taken"


@dataclass(frozen=True, slots=True)
class DraftLine:
    """A line of a claim to be opened, with its posting data (Buchungsdaten)."""

    text: str
    amount: Money
    posting: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NewClaim:
    """What a claim is to be. Without a Kassenzeichen the pool gives the next one."""

    amount: Money
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

    Raises AmountNotPositive, LinesDiffer, KassenzeichenWrong, CheckDigitWrong, KassenzeichenTaken, ServiceUnknown.
    """
    with inside(tenant):
        return open_claims(tenant=tenant, new=[claim], at=at)[0]


def open_claims(*, tenant: Tenant, new: Sequence[NewClaim], at: datetime) -> Sequence[Claim]:
    """Open many claims, all or none."""
    with inside(tenant):
        known_pools = pools(tenant=tenant)
        opened = []
        for claim in new:
            lines = claim.lines or [DraftLine(claim.purpose, claim.amount)]
            sound(claim.amount, [line.amount for line in lines])
            opened.append(_open(tenant, claim, lines, known_pools, at))
        ledger.post(tenant=tenant, entries=[_owed(claim, at) for claim, fresh in opened if fresh])
        return [claim for claim, _ in opened]


def _open(
    tenant: Tenant, new: NewClaim, lines: Sequence[DraftLine], known_pools: Sequence[Pool], at: datetime
) -> tuple[Claim, bool]:
    service = service_by_key(tenant=tenant, key=new.service) if new.service else None
    if service is not None and not new.lines:
        lines = [DraftLine(new.purpose, new.amount, service.posting)]
    pool: Pool | None
    if new.kassenzeichen is None:
        pool = pool_of(tenant, service)
        number = _next_kassenzeichen(tenant, pool)
    else:
        number = checked(new.kassenzeichen, known_pools)
        pool = next((pool for pool in known_pools if pool.valid(number)), None)
        if known := claim_by_kassenzeichen(tenant=tenant, kassenzeichen=number, missing_ok=True):
            return _same(known, new), False
    row = ClaimRow(
        id=new_id(),
        tenant_id=tenant.id,
        kassenzeichen=number,
        service_id=service.id if service else None,
        pool_id=pool.id if pool else None,
        purpose=new.purpose,
        debtor_name=new.debtor_name,
        amount_cents=new.amount.cents,
        currency=new.amount.currency,
        due_on=new.due_on,
        external_reference=new.external_reference,
        origin=new.origin,
        opened_at=at,
    )
    _store(tenant, row, lines)
    events.record(tenant=tenant, name="claim.opened", subject=row.id, at=at, payload={"kassenzeichen": number})
    return claim_by_kassenzeichen(tenant=tenant, kassenzeichen=number), True


def _store(tenant: Tenant, row: ClaimRow, lines: Sequence[DraftLine]) -> None:
    try:
        row.save(force_insert=True)
    except IntegrityError as error:
        raise KassenzeichenTaken(f"{row.kassenzeichen} was given to another claim at this moment; ask again") from error
    ClaimLineRow.objects.bulk_create(
        ClaimLineRow(
            tenant_id=tenant.id,
            claim_id=row.id,
            number=number,
            text=line.text,
            amount_cents=line.amount.cents,
            posting=dict(line.posting),
        )
        for number, line in enumerate(lines, 1)
    )
    ClaimBalanceRow.objects.create(tenant_id=tenant.id, claim_id=row.id, due_cents=row.amount_cents)


def _same(known: Claim, new: NewClaim) -> Claim:
    asked = (new.amount, new.purpose, new.service, new.external_reference)
    if (known.amount, known.purpose, known.service, known.external_reference) != asked:
        raise KassenzeichenTaken(f"{known.kassenzeichen} is a claim for {known.amount} already")
    return known


def _next_kassenzeichen(tenant: Tenant, pool: Pool) -> str:
    while True:
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE pool SET next_counter = next_counter + 1 WHERE tenant_id = %s AND id = %s"
                " RETURNING next_counter - 1",
                [tenant.id, pool.id],
            )
            (counter,) = cursor.fetchone()
        number = pool.kassenzeichen(counter)
        if number is not None and not ClaimRow.objects.filter(tenant_id=tenant.id, kassenzeichen=number).exists():
            return number


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
