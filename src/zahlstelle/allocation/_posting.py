"""Book decisions that divide a detail's money, keep them with their reasons, and take decisions back."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import connection

from zahlstelle import claims, events, ledger, payments
from zahlstelle.bank import BankDetail
from zahlstelle.kernel import Money, fact_id
from zahlstelle.ledger import Entry, Line, Side
from zahlstelle.payments import Returned
from zahlstelle.tables.allocation import AllocationRow, SuspenseRow
from zahlstelle.tenancy import Tenant

from ._parts import RECEIVABLE, Part
from ._references import usable
from ._rules import RULE_VERSION

ALLOCATED, RETURNED, TAKEN_BACK = "allocated", "returned", "taken_back"


@dataclass(frozen=True, slots=True)
class Posting:
    """A decision about a detail's money: its parts, on which day they are booked, and why."""

    detail: BankDetail
    on: date
    parts: Sequence[Part]
    reasons: Sequence[str]
    runner_up: Mapping[str, Any] | None = None

    @property
    def comes_in(self) -> bool:
        return self.detail.side == "credit"

    @property
    def cents(self) -> int:
        """How much of the detail leaves suspense."""
        return sum(part.cents for part in self.parts)


_BOOKED_BEFORE = """
SELECT detail, count(DISTINCT journal_entry) FROM allocation
WHERE tenant_id = %s AND detail = ANY(%s) AND journal_entry IS NOT NULL AND outcome <> 'taken_back' GROUP BY detail
"""


def post(*, tenant: Tenant, postings: Sequence[Posting], at: datetime, by: str, rule: str = RULE_VERSION) -> None:
    """Book decisions and keep them, in the caller's transaction, which holds the details and the claims.

    What leaves suspense is taken from the list of what waits. The database refuses more than is open of a claim.
    """
    if not postings:
        return
    with connection.cursor() as cursor:
        cursor.execute(_BOOKED_BEFORE, [tenant.id, [posting.detail.id for posting in postings]])
        before = dict(cursor.fetchall())
    entries = [_booking(posting, before.get(posting.detail.id, 0), at) for posting in postings]
    booked = ledger.post(tenant=tenant, entries=entries)
    rows = [
        _row(tenant, posting, part, number, entry, at, by, rule)
        for posting, entry in zip(postings, booked, strict=True)
        for number, part in enumerate(posting.parts)
    ]
    AllocationRow.objects.bulk_create(rows, batch_size=2000)
    reopened = _count(tenant, _paid(postings), at, RETURNED)
    payments.debits_given_back(tenant=tenant, returns=list(_given_back(postings)), at=at)
    payments.reopened(tenant=tenant, claim_ids=reopened, at=at)
    _lighten(tenant, postings)


def _given_back(postings: Sequence[Posting]) -> Iterator[Returned]:
    for posting in postings:
        told = posting.detail
        for part in posting.parts:
            if not posting.comes_in and part.claim and part.account == RECEIVABLE:
                name = usable(told.end_to_end_id) or None
                yield Returned(part.claim, part.cents, told.mandate_id, name, told.return_reason)


def _booking(posting: Posting, before: int, at: datetime) -> Entry:
    detail = posting.detail
    against = Side.HABEN if posting.comes_in else Side.SOLL
    lines = [Line("suspense", against.other, Money(posting.cents, detail.amount.currency), detail.entry)]
    for part in posting.parts:
        side = against if part.cents > 0 else against.other
        subject = part.claim if part.account == RECEIVABLE and part.claim else detail.id
        lines.append(Line(part.account, side, Money(abs(part.cents), detail.amount.currency), subject))
    occasion = f"allocation:{detail.id}" + (f":{before + 1}" if before else "")
    return Entry(occasion, posting.on, at, "Zuordnung" if posting.comes_in else "Rückgabe", lines)


def _row(
    tenant: Tenant, posting: Posting, part: Part, number: int, entry: UUID, at: datetime, by: str, rule: str
) -> AllocationRow:
    return AllocationRow(
        id=fact_id("allocation", entry, number),
        tenant_id=tenant.id,
        detail=posting.detail.id,
        entry=posting.detail.entry,
        outcome=ALLOCATED if posting.comes_in else RETURNED,
        amount_cents=part.cents,
        claim=part.claim,
        account=part.account if part.account != RECEIVABLE else None,
        lines=[list(line) for line in part.lines] if part.lines is not None else None,
        reasons=list(posting.reasons),
        runner_up=dict(posting.runner_up) if posting.runner_up else None,
        rule_version=rule,
        decided_at=at,
        decided_by=by,
        journal_entry=entry,
    )


def _paid(postings: Sequence[Posting]) -> Mapping[UUID, int]:
    """Add up what each claim is paid, below zero where money is given back."""
    amounts: dict[UUID, int] = {}
    for posting in postings:
        for part in posting.parts:
            if part.account == RECEIVABLE and part.claim is not None:
                amounts[part.claim] = amounts.get(part.claim, 0) + (part.cents if posting.comes_in else -part.cents)
    return amounts


def _count(tenant: Tenant, amounts: Mapping[UUID, int], at: datetime, why: str) -> Sequence[UUID]:
    """Count amounts on their claims and tell what became of the claims. Returns those that are open again."""
    claims.settle(tenant=tenant, amounts=sorted(amounts.items()))
    now = {claim.id: claim.open_cents for claim in claims.open_amounts(tenant=tenant, ids=list(amounts))}
    settled = sorted(claim for claim, cents in amounts.items() if cents > 0 and now[claim] == 0)
    partly = sorted(claim for claim, cents in amounts.items() if cents > 0 and now[claim] > 0)
    reopened = sorted(claim for claim, cents in amounts.items() if cents < 0)
    events.record_many(tenant=tenant, name="claim.settled", subjects=settled, at=at)
    left = [{"open_cents": now[claim]} for claim in partly]
    events.record_many(tenant=tenant, name="claim.partly_settled", subjects=partly, at=at, payloads=left)
    told = [{"open_cents": now[claim], "why": why} for claim in reopened]
    events.record_many(tenant=tenant, name="claim.reopened", subjects=reopened, at=at, payloads=told)
    payments.settled_by_transfer(tenant=tenant, claim_ids=settled, at=at)
    return reopened


_LIGHTEN = """
WITH given AS (SELECT * FROM unnest(%(details)s::uuid[], %(cents)s::bigint[]) AS g (detail, cents)), gone AS (
    DELETE FROM suspense s USING given g WHERE s.tenant_id = %(tenant)s AND s.detail = g.detail
        AND s.amount_cents = g.cents
)
UPDATE suspense s SET amount_cents = s.amount_cents - g.cents, doubt = 'rest_waits'
FROM given g WHERE s.tenant_id = %(tenant)s AND s.detail = g.detail AND s.amount_cents > g.cents
"""


def _lighten(tenant: Tenant, postings: Sequence[Posting]) -> None:
    """Take what was shared out from the list of what waits; a rest stays there under its own doubt."""
    columns: dict[str, Any] = {
        "tenant": tenant.id,
        "details": [posting.detail.id for posting in postings],
        "cents": [posting.cents for posting in postings],
    }
    with connection.cursor() as cursor:
        cursor.execute(_LIGHTEN, columns)


@dataclass(frozen=True, slots=True)
class Standing:
    """A decision that stands: a part of a detail's money and how it is booked."""

    id: UUID
    detail: UUID
    entry: UUID
    cents: int
    claim: UUID | None
    attempt: UUID | None
    account: str | None
    lines: str | None  # as JSON
    journal_entry: UUID
    comes_in: bool
    charged_back: str | None = None  # as JSON: the claims that it opened again as a chargeback, with their cents

    @property
    def changes(self) -> Mapping[UUID, int]:
        """Say whose claim counts as paid by how much more, below zero by less, once this is taken back."""
        if self.charged_back:
            return {UUID(claim): cents for claim, cents in json.loads(self.charged_back).items()}
        if self.claim is None or self.account is not None or self.attempt is not None:
            return {}
        return {self.claim: -self.cents if self.comes_in else self.cents}


_STANDING = """
SELECT a.id, a.detail, a.entry, a.amount_cents, a.claim, a.attempt, a.account, a.lines::text, a.journal_entry,
    d.side = 'credit', CASE WHEN a.attempt IS NOT NULL THEN (SELECT jsonb_object_agg(l.subject, l.amount_cents)::text
        FROM journal_entry j JOIN journal_line l ON l.tenant_id = j.tenant_id AND l.entry = j.id AND l.side = 'SOLL'
        JOIN account o ON o.tenant_id = l.tenant_id AND o.id = l.account_id AND o.code = 'receivable'
        WHERE j.tenant_id = a.tenant_id AND j.id = a.journal_entry AND starts_with(j.occasion, 'chargeback:')) END
FROM allocation a JOIN bank_detail d ON d.tenant_id = a.tenant_id AND d.id = a.detail
WHERE a.tenant_id = %(tenant)s AND a.outcome IN ('allocated', 'returned') AND a.detail = ANY(%(details)s::uuid[])
    AND NOT EXISTS (SELECT 1 FROM allocation b WHERE b.tenant_id = a.tenant_id AND b.detail = a.detail
        AND b.takes_back = a.id)
ORDER BY a.claim, a.id
"""


def standing_decisions(tenant: Tenant, details: Sequence[UUID]) -> Sequence[Standing]:
    """List what was decided about these details' money and still stands."""
    with connection.cursor() as cursor:
        cursor.execute(_STANDING, {"tenant": tenant.id, "details": list(details)})
        return [Standing(*row) for row in cursor.fetchall()]


def changes(standing: Sequence[Standing]) -> Mapping[UUID, int]:
    """Add up for each claim by how much more it counts as paid once these decisions are taken back."""
    amounts: dict[UUID, int] = {}
    for claim, cents in (change for part in standing for change in part.changes.items()):
        amounts[claim] = amounts.get(claim, 0) + cents
    return amounts


def undo(
    tenant: Tenant, standing: Sequence[Standing], *, on: Mapping[UUID, date], at: datetime, by: str, reason: str
) -> Sequence[UUID]:
    """Take decisions back by one more entry each (Storno), on the day of each detail. Returns the claims open again.

    Claims are changed by all of it together: what gives a payment back, and the payment, may go at once. The caller
    tells payments of the claims: after deciding anew, where it does.
    """
    stornos = {
        entry: ledger.reverse(tenant=tenant, entry=entry, on=on[detail], at=at, text=reason)
        for entry, detail in {part.journal_entry: part.detail for part in standing}.items()
    }
    AllocationRow.objects.bulk_create(
        [
            AllocationRow(
                id=fact_id(part.id, TAKEN_BACK),
                tenant_id=tenant.id,
                detail=part.detail,
                entry=part.entry,
                outcome=TAKEN_BACK,
                amount_cents=part.cents,
                claim=part.claim,
                attempt=part.attempt,
                account=part.account,
                lines=json.loads(part.lines) if part.lines else None,
                reasons=[reason],
                rule_version=RULE_VERSION,
                decided_at=at,
                decided_by=by,
                journal_entry=stornos[part.journal_entry],
                takes_back=part.id,
            )
            for part in standing
        ]
    )
    return _count(tenant, changes(standing), at, TAKEN_BACK)


def hold_again(tenant: Tenant, detail: BankDetail, doubt: str, at: datetime) -> None:
    """Put a detail's whole amount back among what waits."""
    SuspenseRow.objects.update_or_create(
        detail=detail.id,
        tenant_id=tenant.id,
        defaults={"amount_cents": detail.amount.cents, "doubt": doubt},
        create_defaults={
            "entry": detail.entry,
            "side": detail.side,
            "amount_cents": detail.amount.cents,
            "currency": detail.amount.currency,
            "doubt": doubt,
            "since": at,
        },
    )
