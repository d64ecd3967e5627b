"""Look up what must be known to decide: claims, policies, attempts, and what returns may give back."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db import connection

from zahlstelle import claims, ledger, payments
from zahlstelle.bank import ToDecide
from zahlstelle.claims import OpenAmount
from zahlstelle.payments import Attempt
from zahlstelle.tenancy import Tenant

from ._decisions import Given, Known
from ._policies import policy_of, small_difference
from ._references import References, one_mistake, usable


def know(tenant: Tenant, batch: Sequence[ToDecide], named: Sequence[References]) -> Known:
    """Look up what a batch names, and hold the claims until the transaction ends."""
    numbers = {number for references in named for number in references.candidates}
    numbers |= {other for references in named for others in references.silent.values() for other in others}
    found = claims.claims_by_kassenzeichen(tenant=tenant, numbers=sorted(numbers))
    references = {r for item in batch for r in (item.detail.instruction_id, item.detail.tx_id) if r}
    attempts = payments.attempts_by_provider_reference(tenant=tenant, references=sorted(references))
    ends = {item.detail.end_to_end_id for item in batch if item.detail.end_to_end_id}
    mandates = {item.detail.mandate_id for item in batch if item.detail.mandate_id}
    of_town = policy_of(tenant=tenant)
    return Known(
        claims=found,
        open_cents={claim.id: claim.open_cents for claim in found.values()},
        attempts=attempts,
        collected=_collected(tenant, references | ends, mandates),
        clearing_cents=_owed(tenant, attempts),
        under_way=payments.claims_being_paid(tenant=tenant, claim_ids=[claim.id for claim in found.values()]),
        policies={said: of_town.with_changes(json.loads(said)) for said in {c.policy for c in found.values()}},
        small_difference=small_difference(tenant=tenant),
        near=_near(tenant, named, found),
        originals=originals_of(tenant, batch, named, found),
    )


def _owed(tenant: Tenant, attempts: Mapping[str, Attempt]) -> dict[UUID, int]:
    """Tell what providers owe of attempts. A name that two of them have given tells of neither: such money waits."""
    if not attempts:
        return {}
    owed = ledger.balances_of(tenant=tenant, prefix="clearing:", subjects=[a.id for a in attempts.values()])
    twice = payments.references_of_several(tenant=tenant, references=sorted(attempts))
    return {**owed, **{attempts[name].id: 0 for name in twice}}


def _collected(tenant: Tenant, names: set[str], mandates: set[str]) -> Mapping[str, Sequence[UUID]]:
    if not names and not mandates:
        return {}
    return payments.collected_claims(tenant=tenant, names=sorted(names), mandates=sorted(mandates))


def _near(
    tenant: Tenant, named: Sequence[References], found: Mapping[str, OpenAmount]
) -> Mapping[str, Sequence[OpenAmount]]:
    """Find, for numbers without a check digit, other claims that one mistake would have named instead.

    Whatever the amount is: a town may let part payments, too much and small differences be posted too.
    """
    unsure = {n for references in named for n in references.candidates - references.checked if n in found}
    others = {number: _one_mistake_away(number) for number in unsure}
    known = claims.open_amounts(tenant=tenant, numbers=sorted(set().union(*others.values()))) if others else []
    return {number: [claim for claim in known if claim.kassenzeichen in near] for number, near in others.items()}


def _one_mistake_away(number: str) -> set[str]:
    lengths = (len(number) - 1, len(number), len(number) + 1)
    return {other for length in lengths for other, _ in one_mistake(number, length)}


@dataclass(frozen=True, slots=True)
class _Paid:
    """A detail that paid one claim as a whole and still stands."""

    claim: UUID
    kassenzeichen: str
    cents: int
    on: date
    lines: str | None
    end_to_end_id: str | None
    mandate_id: str | None

    def could_be(self, item: ToDecide, claim_ids: Sequence[UUID]) -> bool:
        """Say whether a return can give this payment back: it names the claim or the mandate, and nothing differs."""
        ours, theirs = item.detail, self
        same_mandate = ours.mandate_id is not None and ours.mandate_id == theirs.mandate_id
        if ours.mandate_id and theirs.mandate_id and not same_mandate:
            return False
        told, before = usable(ours.end_to_end_id), usable(theirs.end_to_end_id)
        if told and before and told != before:
            return False
        return same_mandate or (len(claim_ids) == 1 and claim_ids[0] == self.claim)

    def named_by(self, item: ToDecide) -> bool:
        """Say whether the return names this very payment, by its mandate or its end-to-end id."""
        same_mandate = self.mandate_id is not None and self.mandate_id == item.detail.mandate_id
        told = usable(item.detail.end_to_end_id)
        return same_mandate or (bool(told) and told == usable(self.end_to_end_id))

    def given(self) -> Given:
        lines = [(number, cents) for number, cents in json.loads(self.lines)] if self.lines else None
        return Given(self.claim, self.kassenzeichen, self.cents, self.on, lines)


_PAID = """
SELECT a.claim, c.kassenzeichen, a.amount_cents, e.booked_on, a.lines::text, d.end_to_end_id, d.mandate_id
FROM allocation a
JOIN bank_detail d ON d.tenant_id = a.tenant_id AND d.id = a.detail AND d.side = 'credit' AND d.active
    AND d.amount_cents = a.amount_cents
JOIN bank_entry e ON e.tenant_id = d.tenant_id AND e.id = d.entry
JOIN claim c ON c.tenant_id = a.tenant_id AND c.id = a.claim
JOIN claim_balance b ON b.tenant_id = a.tenant_id AND b.claim_id = a.claim AND b.settled_cents >= a.amount_cents
WHERE a.tenant_id = %(tenant)s AND a.outcome = 'allocated' AND a.account IS NULL AND a.attempt IS NULL
    AND (a.claim = ANY(%(claims)s::uuid[]) OR a.detail = ANY(ARRAY(SELECT m.id FROM bank_detail m
        WHERE m.tenant_id = %(tenant)s AND m.mandate_id = ANY(%(mandates)s::text[]))))
    AND NOT EXISTS (SELECT 1 FROM allocation t WHERE t.tenant_id = a.tenant_id AND t.detail = a.detail
        AND t.takes_back = a.id)
ORDER BY e.booked_on, a.id
"""
_GIVEN_BACK = """
SELECT a.claim, a.amount_cents, count(*) FROM allocation a
WHERE a.tenant_id = %s AND a.claim = ANY(%s) AND a.outcome = 'returned' AND a.account IS NULL
    AND NOT EXISTS (SELECT 1 FROM allocation t WHERE t.tenant_id = a.tenant_id AND t.detail = a.detail
        AND t.takes_back = a.id)
GROUP BY 1, 2
"""


def originals_of(
    tenant: Tenant,
    batch: Sequence[ToDecide],
    named: Sequence[References],
    found: Mapping[str, OpenAmount],
    *,
    hold: bool = True,
) -> Mapping[UUID, Sequence[Given]]:
    """Find the payments that returns among the details may give back, each as often as it was not given back yet.

    Not to `hold` the claims is for proposals: there also where the bank does not say that it is a return.
    """
    returns = [
        (item, [found[number].id for number in references.candidates if number in found])
        for item, references in zip(batch, named, strict=True)
        if item.detail.side != "credit" and (not hold or item.detail.return_reason or item.reversal or item.returned)
    ]
    if not returns:
        return {}
    asked: dict[str, Any] = {
        "tenant": tenant.id,
        "claims": list({claim for _, claim_ids in returns for claim in claim_ids}),
        "mandates": list({item.detail.mandate_id for item, _ in returns if item.detail.mandate_id}),
    }
    with connection.cursor() as cursor:
        cursor.execute(_PAID, asked)
        paid = [_Paid(*row) for row in cursor.fetchall()]
        held = sorted({payment.claim for payment in paid})
        cursor.execute(_GIVEN_BACK, [tenant.id, held])
        back = {(claim, cents): count for claim, cents, count in cursor.fetchall()}
    if hold:
        claims.claims_by_id_locked(tenant=tenant, claim_ids=held)
    ours = _collected(tenant, set(), set(asked["mandates"]))
    return {item.detail.id: _left(item, claim_ids, paid, back, ours) for item, claim_ids in returns}


def _left(
    item: ToDecide,
    claim_ids: Sequence[UUID],
    paid: Sequence[_Paid],
    back: Mapping[tuple[UUID, int], int],
    ours: Mapping[str, Sequence[UUID]],
) -> Sequence[Given]:
    fitting = [payment for payment in paid if payment.could_be(item, claim_ids)]
    very = [payment for payment in fitting if payment.named_by(item)]
    # Money that came otherwise is not what comes back where that is named. What we collected always is: else a transfer
    # for the same claim would be taken for it.
    if very or item.detail.mandate_id in ours:
        fitting = very
    seen: dict[tuple[UUID, int], int] = {}
    left = []
    for payment in fitting:
        key = (payment.claim, payment.cents)
        seen[key] = seen.get(key, 0) + 1
        if seen[key] > back.get(key, 0):
            left.append(payment.given())
    return left
