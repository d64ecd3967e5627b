"""Which lines of its claim a share repays: kept with the decision, so that the finance system can be told."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from django.db import connection

from zahlstelle import claims
from zahlstelle.claims import Claim
from zahlstelle.tenancy import Tenant

from ._parts import RECEIVABLE, Part

_PAID = """
SELECT a.claim, a.outcome, a.lines::text FROM allocation a
WHERE a.tenant_id = %s AND a.claim = ANY(%s) AND a.account IS NULL AND a.lines IS NOT NULL
    AND a.outcome IN ('allocated', 'returned') AND NOT EXISTS (
        SELECT 1 FROM allocation b WHERE b.tenant_id = a.tenant_id AND b.detail = a.detail AND b.takes_back = a.id)
"""


def lines_of_parts(
    tenant: Tenant, parts: Sequence[Part], known: Mapping[UUID, Claim], first: Mapping[UUID, Sequence[int]]
) -> Sequence[Part]:
    """Say of each part that settles a claim which lines it repays: the payer's choice first, then as the law says."""
    wanted = [part.claim for part in parts if part.claim and part.account == RECEIVABLE]
    policies = claims.policies_of(tenant=tenant, claim_ids=wanted)
    attributed = _attributed(tenant, wanted)
    divided = []
    for part in parts:
        if part.claim and part.account == RECEIVABLE:
            claim, order = known[part.claim], policies[part.claim].repayment
            lines = [(line.number, line.kind, line.amount.cents) for line in claim.lines]
            paid = dict(attributed.get(part.claim, {}))
            # What a provider paid, or a decision that took all that was open, names no lines: the law's order holds.
            rest = claim.amount.cents - claim.open.cents - sum(paid.values())
            if rest < 0 or any(cents < 0 for cents in paid.values()):
                paid, rest = {}, claim.amount.cents - claim.open.cents
            for number, cents in claims.repay(lines, paid, rest, order):
                paid[number] = paid.get(number, 0) + cents
            chosen = claims.repay(lines, paid, part.cents, order, first.get(part.claim, ()))
            divided.append(replace(part, lines=chosen))
        else:
            divided.append(part)
    return divided


def _attributed(tenant: Tenant, claim_ids: Sequence[UUID]) -> Mapping[UUID, Mapping[int, int]]:
    paid: dict[UUID, dict[int, int]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_PAID, [tenant.id, list(claim_ids)])
        for claim, outcome, said in cursor.fetchall():
            of_claim = paid.setdefault(claim, {})
            for number, cents in json.loads(said):
                of_claim[number] = of_claim.get(number, 0) + (cents if outcome == "allocated" else -cents)
    return paid
