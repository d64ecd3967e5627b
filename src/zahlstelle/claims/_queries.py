"""Look up services, pools and claims."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal, overload
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from zahlstelle import ledger
from zahlstelle.kernel import CheckMethod, Money, Refusal
from zahlstelle.tables.claims import ClaimBalanceRow, ClaimLineRow, ClaimRow, PoolRow, ServiceRow
from zahlstelle.tenancy import Tenant, inside

from ._rules import ClaimStatus, LineKind, Pool, Service, normalised


class ClaimUnknown(Refusal):
    """The town has no such claim."""

    code = "claim_unknown"
    status = 404


class ServiceUnknown(Refusal):
    """The town's catalogue has no such service."""

    code = "service_unknown"
    status = 404


class PoolUnknown(Refusal):
    """The town has no such pool of Kassenzeichen."""

    code = "pool_unknown"
    status = 404


@dataclass(frozen=True, slots=True)
class ClaimLine:
    """A line of a claim with its posting data. `kind` decides its place in the order of repayment."""

    number: int
    text: str
    amount: Money
    posting: Mapping[str, Any]
    kind: LineKind = LineKind.PRINCIPAL


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim (Forderung) as it stands."""

    id: UUID
    kassenzeichen: str
    service: str | None
    purpose: str
    debtor_name: str | None
    amount: Money
    open: Money
    due_on: date | None
    external_reference: str | None
    origin: str
    opened_at: datetime
    lines: Sequence[ClaimLine]

    @property
    def status(self) -> ClaimStatus:
        """What the outside sees."""
        if self.open.is_zero:
            return ClaimStatus.SETTLED
        return ClaimStatus.OPEN if self.open == self.amount else ClaimStatus.PARTLY_SETTLED


def pools(*, tenant: Tenant) -> Sequence[Pool]:
    """List the town's pools of Kassenzeichen."""
    with inside(tenant):
        return [_pool(row) for row in PoolRow.objects.filter(tenant_id=tenant.id).order_by("name")]


def pool_of(tenant: Tenant, service: Service | None) -> Pool:
    """Find the pool that gives numbers: the service's, else the town's first."""
    known = pools(tenant=tenant)
    wanted = [pool for pool in known if service is None or pool.name == service.pool]
    if not wanted:
        raise PoolUnknown("the town has no pool of Kassenzeichen")
    return wanted[0]


def services(*, tenant: Tenant, public_only: bool = True) -> Sequence[Service]:
    """List the catalogue in the town's order."""
    with inside(tenant):
        rows = ServiceRow.objects.filter(tenant_id=tenant.id).select_related("unit", "pool").order_by("position", "key")
        return [_service(row) for row in (rows.filter(public=True) if public_only else rows)]


def service_policies(*, tenant: Tenant) -> Mapping[UUID, Mapping[str, Any]]:
    """Tell what each service says of its claims' policy; what it does not say is the town's."""
    with inside(tenant):
        return dict(ServiceRow.objects.filter(tenant_id=tenant.id).values_list("id", "policy"))


def service_by_key(*, tenant: Tenant, key: str) -> Service:
    """Find a service of the catalogue. Raises ServiceUnknown."""
    with inside(tenant):
        row = ServiceRow.objects.filter(tenant_id=tenant.id, key=key).select_related("unit", "pool").first()
        if row is None:
            raise ServiceUnknown(f"the catalogue has no service {key!r}")
        return _service(row)


@overload
def claim_by_kassenzeichen(*, tenant: Tenant, kassenzeichen: str) -> Claim: ...
@overload
def claim_by_kassenzeichen(*, tenant: Tenant, kassenzeichen: str, missing_ok: Literal[True]) -> Claim | None: ...


def claim_by_kassenzeichen(*, tenant: Tenant, kassenzeichen: str, missing_ok: bool = False) -> Claim | None:
    """Find a claim by what its letter says; blanks and dots do not matter. Raises ClaimUnknown unless missing_ok."""
    with inside(tenant):
        found = _claims(tenant, _rows(tenant).filter(kassenzeichen=normalised(kassenzeichen)))
    return _one(found, kassenzeichen, missing_ok)


def claim_by_id(*, tenant: Tenant, claim_id: UUID) -> Claim:
    """Find a claim by its id. Raises ClaimUnknown."""
    with inside(tenant):
        found = _one(_claims(tenant, _rows(tenant).filter(id=claim_id)), str(claim_id), False)
    assert found is not None
    return found


def kassenzeichen_of(*, tenant: Tenant, claim_ids: Sequence[UUID]) -> Mapping[UUID, str]:
    """Name the Kassenzeichen of claims."""
    with inside(tenant), connection.cursor() as cursor:
        asked: list[Any] = [tenant.id, list(claim_ids)]
        cursor.execute("SELECT id, kassenzeichen FROM claim WHERE tenant_id = %s AND id = ANY(%s::uuid[])", asked)
        return dict(cursor.fetchall())


def recent_claims(*, tenant: Tenant, limit: int = 50) -> Sequence[Claim]:
    """List the latest claims."""
    with inside(tenant):
        return _claims(tenant, _rows(tenant).order_by("-opened_at")[:limit])


def claims_page(*, tenant: Tenant, limit: int, before: UUID | None = None) -> Sequence[Claim]:
    """List claims in the order they were opened, the latest first; `before` is the last id of the page before."""
    with inside(tenant):
        rows = _rows(tenant).filter(id__lt=before) if before else _rows(tenant)
        return _claims(tenant, rows.order_by("-id")[:limit])


@dataclass(frozen=True, slots=True)
class OpenAmount:
    """What allocation needs of a claim. The debtor's name only confirms a number that cannot be believed alone."""

    id: UUID
    kassenzeichen: str
    amount_cents: int
    open_cents: int
    currency: str
    debtor_name: str | None = None
    due_on: date | None = None
    policy: str = "{}"  # what its service says of it, as JSON


def claims_by_id_locked(*, tenant: Tenant, claim_ids: Sequence[UUID]) -> Mapping[UUID, Claim]:
    """Look up claims and hold what is open of them until the transaction ends."""
    with inside(tenant):
        balances = ClaimBalanceRow.objects.select_for_update().filter(tenant_id=tenant.id, claim_id__in=claim_ids)
        list(balances.order_by("claim_id"))
        return {claim.id: claim for claim in _claims(tenant, _rows(tenant).filter(id__in=claim_ids))}


def claims_by_kassenzeichen(*, tenant: Tenant, numbers: Sequence[str]) -> Mapping[str, OpenAmount]:
    """Look up many Kassenzeichen in one query and lock what is found, in the order of claims' ids."""
    sql = """
        SELECT c.id, c.kassenzeichen, c.amount_cents, b.due_cents - b.settled_cents, c.currency, c.debtor_name,
            c.due_on, coalesce(s.policy, '{}')::text
        FROM claim c JOIN claim_balance b ON b.claim_id = c.id
        LEFT JOIN service s ON s.id = c.service_id AND s.tenant_id = c.tenant_id
        WHERE c.tenant_id = %s AND b.tenant_id = %s AND c.kassenzeichen = ANY(%s)
        ORDER BY c.id FOR UPDATE OF b
    """
    with inside(tenant), connection.cursor() as cursor:
        cursor.execute(sql, [tenant.id, tenant.id, list(numbers)])
        return {row[1]: OpenAmount(*row) for row in cursor.fetchall()}


def existing(*, tenant: Tenant, numbers: Iterable[str]) -> Mapping[str, UUID]:
    """Tell which of many words are Kassenzeichen of claims, exactly as they stand there. Locks nothing."""
    with inside(tenant), connection.cursor() as cursor:
        cursor.execute(_EXISTING, [list(numbers), tenant.id])
        return dict(cursor.fetchall())


# Each word by itself: a plan for all of them together may read every claim of the town.
_EXISTING = """
SELECT word, claim.id FROM unnest(%s::text[]) word
CROSS JOIN LATERAL (SELECT id FROM claim WHERE tenant_id = %s AND kassenzeichen = word LIMIT 1) claim
"""


def wrong_balances(*, tenant: Tenant) -> Sequence[tuple[str, int, int]]:
    """Compare every open amount with the ledger: (Kassenzeichen, told, booked) where they differ, in cents."""
    with inside(tenant):
        booked = ledger.balances_about(tenant=tenant, account="receivable")
        rows = ClaimBalanceRow.objects.filter(tenant_id=tenant.id).values_list(
            "claim_id", "claim__kassenzeichen", "due_cents", "settled_cents"
        )
        told = {claim: (number, due - settled) for claim, number, due, settled in rows}
    known = [(number, cents, booked.get(claim, 0)) for claim, (number, cents) in told.items()]
    strange = [(str(claim), 0, cents) for claim, cents in booked.items() if claim not in told]
    return [entry for entry in known + strange if entry[1] != entry[2]]


def _rows(tenant: Tenant) -> "QuerySet[ClaimRow]":
    return ClaimRow.objects.filter(tenant_id=tenant.id).select_related("service")


def _claims(tenant: Tenant, rows: "QuerySet[ClaimRow]") -> list[Claim]:
    found = list(rows)
    ids = [row.id for row in found]
    balances = {b.claim_id: b for b in ClaimBalanceRow.objects.filter(tenant_id=tenant.id, claim_id__in=ids)}
    lines: dict[UUID, list[ClaimLine]] = {}
    for line in ClaimLineRow.objects.filter(tenant_id=tenant.id, claim_id__in=ids).order_by("claim", "number"):
        entry = ClaimLine(line.number, line.text, Money(line.amount_cents), line.posting, LineKind(line.kind))
        lines.setdefault(line.claim_id, []).append(entry)
    return [_claim(row, balances[row.id], lines[row.id]) for row in found]


def _claim(row: ClaimRow, balance: ClaimBalanceRow, lines: Sequence[ClaimLine]) -> Claim:
    return Claim(
        id=row.id,
        kassenzeichen=row.kassenzeichen,
        service=row.service.key if row.service else None,
        purpose=row.purpose,
        debtor_name=row.debtor_name,
        amount=Money(row.amount_cents, row.currency),
        open=Money(balance.due_cents - balance.settled_cents, row.currency),
        due_on=row.due_on,
        external_reference=row.external_reference,
        origin=row.origin,
        opened_at=row.opened_at,
        lines=lines,
    )


def _one(found: Sequence[Claim], name: str, missing_ok: bool) -> Claim | None:
    if not found and not missing_ok:
        raise ClaimUnknown(f"there is no claim {name}")
    return found[0] if found else None


def _pool(row: PoolRow) -> Pool:
    return Pool(row.id, row.name, row.prefix, row.digits, CheckMethod(row.check_method))


def _service(row: ServiceRow) -> Service:
    fee = Money(row.fee_cents) if row.fee_cents is not None else None
    unit = row.unit.name if row.unit else None
    return Service(row.id, row.key, unit, row.pool.name, row.name, row.description, fee, row.posting, row.public)
