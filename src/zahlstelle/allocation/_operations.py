"""Take bank files in and allocate what they bring: one file, one transaction."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import structlog
from django.db import connection

from zahlstelle import audit, bank, claims, events, ledger, payments
from zahlstelle.bank import ToDecide
from zahlstelle.iso20022 import Unreadable
from zahlstelle.kernel import InputRefused
from zahlstelle.ledger import Entry, Line, Side
from zahlstelle.tables.allocation import SuspenseRow
from zahlstelle.tenancy import Tenant, inside

from . import _payouts
from ._as_a_set import Namer, allocate_exact, left_over
from ._divided import post_divided
from ._exact import decision_id
from ._knowledge import know
from ._parts import RECEIVABLE
from ._posting import standing_decisions
from ._proposals import count_proposed
from ._references import named_by
from ._replaced import forget_replaced, take_back_replaced
from ._retry import ready
from ._rules import (
    RULE_VERSION,
    Allocate,
    Decided,
    Divide,
    Known,
    PaidOut,
    Suspend,
    decide,
)

_log = structlog.get_logger(__name__)
_MACHINE = "rule"


@dataclass(slots=True)
class ImportResult:
    """What an import brought; amounts in cents. Results of several files add up."""

    files: int = 0
    entries: int = 0
    details: int = 0
    allocated: int = 0
    proposed: int = 0
    suspended: int = 0
    duplicates: int = 0
    credit_cents: int = 0
    debit_cents: int = 0

    def add(self, other: "ImportResult") -> None:
        """Count another file in."""
        for name, value in asdict(other).items():
            setattr(self, name, getattr(self, name) + value)


def import_bank_file(*, tenant: Tenant, name: str, path: Path, at: datetime, by: str = "import") -> ImportResult:
    """Take a bank file in, book every entry, allocate what is without doubt. Whole or not at all.

    A file that cannot be read or tells of a foreign account is set aside with code and reason, and the refusal raised:
    iso20022.Unreadable, bank.AccountUnknown.
    """
    try:
        return _import(tenant, name, path, at, by)
    except (Unreadable, InputRefused) as refused:
        bank.refuse(tenant=tenant, name=name, path=path, code=str(refused.code), reason=str(refused), at=at)
        raise


def import_again(*, tenant: Tenant, file_id: UUID, at: datetime, by: str) -> ImportResult:
    """Import a file again from what was kept of it, for example one that was set aside before a fix.

    A file that is imported brings nothing. Raises bank.BankFileUnknown, and what `import_bank_file` raises.
    """
    with bank.kept_file(tenant=tenant, file_id=file_id) as (name, path):
        return import_bank_file(tenant=tenant, name=name, path=path, at=at, by=by)


@dataclass(frozen=True, slots=True)
class OrdersResult:
    """What a file of our own orders, or of the bank's answers to them, brought."""

    orders: int
    rejects: int
    broken_up: int
    allocated: int
    suspended: int


def import_orders(*, tenant: Tenant, name: str, path: Path, at: datetime, by: str) -> OrdersResult:
    """Keep our own orders (pain.008, pain.001) or rejects (pain.002); allocate entries that they break up.

    Raises iso20022.Unreadable, bank.OrdersDiffer, bank.OrdersForeign.
    """
    with inside(tenant):
        bank.one_at_a_time(tenant=tenant)
        kept = bank.register_orders(tenant=tenant, name=name, path=path, at=at)
        payments.debits_rejected(tenant=tenant, rejects=kept.rejected, at=at)
        forget_replaced(tenant, kept.touched)
        reopened = take_back_replaced(tenant, kept.touched, at)
        allocated = decided = 0
        for told in bank.details_to_decide(tenant=tenant, entries=kept.touched):
            batch = _undecided(tenant, told)
            allocated += _decide_batch(tenant, batch, at)
            decided += len(batch)
        payments.reopened(tenant=tenant, claim_ids=reopened, at=at)
        about = {"name": name, "orders": kept.orders, "rejects": kept.rejects}
        audit.write(tenant=tenant, at=at, actor=by, action="bank_orders.imported", subject=name, details=about)
        return OrdersResult(kept.orders, kept.rejects, len(kept.touched), allocated, decided - allocated)


def _import(tenant: Tenant, name: str, path: Path, at: datetime, by: str) -> ImportResult:
    with inside(tenant):
        taken = bank.take_in(tenant=tenant, name=name, path=path, at=at, named=Namer(tenant))
        forget_replaced(tenant, taken.touched)
        reopened = take_back_replaced(tenant, taken.touched, at)
        result = ImportResult(
            files=1,
            entries=taken.entries,
            details=taken.details,
            duplicates=taken.duplicates,
            credit_cents=taken.credit_cents,
            debit_cents=taken.debit_cents,
        )
        result.allocated = allocate_exact(tenant=tenant, rows=taken.rows, at=at)
        for page in left_over(tenant=tenant, entries=taken.touched):
            batch = _undecided(tenant, bank.named_to_decide(tenant=tenant, details=page))
            allocated = _decide_batch(tenant, batch, at)
            result.allocated += allocated
            result.suspended += len(batch) - allocated
        _payouts.heed_reports(tenant, taken.touched, at, _decide_batch)
        payments.reopened(tenant=tenant, claim_ids=reopened, at=at)
        result.proposed = count_proposed(tenant, taken.touched)
        about = {"name": name, "entries": taken.entries, "allocated": result.allocated, "proposed": result.proposed}
        audit.write(
            tenant=tenant, at=at, actor=by, action="bank_file.imported", subject=str(taken.file_id), details=about
        )
        return result


def retry_doubts(*, tenant: Tenant, at: datetime) -> int:
    """Decide again what another fact may have settled since. Returns how many were allocated."""
    with inside(tenant):
        bank.one_at_a_time(tenant=tenant)
        rows = ready(tenant)
        allocated = 0
        details = [detail for detail, _ in rows]
        entries = list(dict.fromkeys(entry for _, entry in rows))
        for batch in bank.details_to_decide(tenant=tenant, entries=entries, details=details):
            allocated += _decide_batch(tenant, batch, at, again=True)
        return allocated


def break_up_payouts(*, tenant: Tenant, at: datetime) -> int:
    """Compare payouts with new reports, and items in doubt, with what is known by now. Returns how many were settled.

    A payout is settled when the bank's money has been found for every item of its report.
    """
    with inside(tenant):
        bank.one_at_a_time(tenant=tenant)
        return _payouts.break_up(tenant, at, _decide_batch)


def _undecided(tenant: Tenant, batch: Sequence[ToDecide]) -> Sequence[ToDecide]:
    """Leave out what is settled: an entry may wait as a whole, be settled by hand, and then be told otherwise."""
    standing = {part.detail for part in standing_decisions(tenant, [item.detail.id for item in batch])}
    return [item for item in batch if item.detail.id not in standing]


def _decide_batch(tenant: Tenant, batch: Sequence[ToDecide], at: datetime, again: bool = False) -> int:
    """Decide details in their order. What follows a return and is about its claim is decided once that is booked."""
    allocated = 0
    while batch:
        decided = _decide_stretch(tenant, batch)
        _write(tenant, decided, at, again)
        allocated += sum(not isinstance(decision, Suspend) for _, decision in decided)
        batch = batch[len(decided) :]
    return allocated


def _decide_stretch(tenant: Tenant, batch: Sequence[ToDecide]) -> Sequence[tuple[ToDecide, Decided]]:
    """Decide one detail after the other, up to a return that opens a claim again which a later one names."""
    pools = claims.pools(tenant=tenant)
    named = [named_by(item.detail, pools) for item in batch]
    known = know(tenant, batch, named)
    last = {known.claims[n].id: place for place, one in enumerate(named) for n in one.candidates if n in known.claims}
    decided: list[tuple[ToDecide, Decided]] = []
    for place, (item, references) in enumerate(zip(batch, named, strict=True)):
        decision = decide(item, references, known)
        _use_up(item, decision, known)
        decided.append((item, decision))
        if any(last.get(claim, place) > place for claim in _opened_again(item, decision)):
            break
    return decided


def _opened_again(item: ToDecide, decision: Decided) -> Sequence[UUID]:
    if not isinstance(decision, Divide) or item.detail.side == "credit":
        return []
    return [part.claim for part in decision.parts if part.claim and part.account == RECEIVABLE]


def _use_up(item: ToDecide, decision: Decided, known: Known) -> None:
    match decision:
        case Allocate(claim):
            known.open_cents[claim.id] = 0
        case Divide(parts) if item.detail.side == "credit":
            for part in parts:
                if part.claim and part.account == RECEIVABLE:
                    known.open_cents[part.claim] -= part.cents
        case Divide(parts):
            known.given_back.update((part.claim, part.cents) for part in parts if part.claim)
        case PaidOut(attempt):
            known.clearing_cents[attempt.id] = 0


def _write(tenant: Tenant, decided: Sequence[tuple[ToDecide, Decided]], at: datetime, again: bool) -> None:
    posted = [(item, d) for item, d in decided if isinstance(d, Allocate | PaidOut)]
    entries = ledger.post(tenant=tenant, entries=[_booking(item, decision, at) for item, decision in posted])
    booked = {item.detail.id: entry for (item, _), entry in zip(posted, entries, strict=True)}
    paid = [(d.claim.id, item.detail.amount.cents) for item, d in posted if isinstance(d, Allocate)]
    claims.settle(tenant=tenant, amounts=paid)
    _remember(tenant, [(item, d) for item, d in decided if not isinstance(d, Divide)], booked, at)
    if again:
        done = [item.detail.id for item, _ in posted]
        SuspenseRow.objects.filter(tenant_id=tenant.id, detail__in=done).delete()
    _hold(tenant, [(item, d) for item, d in decided if isinstance(d, Suspend)], at)
    settled = [claim for claim, _ in paid]
    events.record_many(tenant=tenant, name="claim.settled", subjects=settled, at=at)
    payments.settled_by_transfer(tenant=tenant, claim_ids=settled, at=at)
    post_divided(tenant, [(item, d) for item, d in decided if isinstance(d, Divide)], at, by=_MACHINE)


def _booking(item: ToDecide, decision: Allocate | PaidOut, at: datetime) -> Entry:
    detail = item.detail
    match decision:
        case Allocate(claim):
            against = Line("receivable", Side.HABEN, detail.amount, claim.id)
            text = f"Zuordnung {claim.kassenzeichen}"
        case PaidOut(attempt):
            against = Line(f"clearing:{attempt.provider}", Side.HABEN, detail.amount, attempt.id)
            text = f"Auszahlung {attempt.provider_reference}"
    lines = [Line("suspense", Side.SOLL, detail.amount, detail.entry), against]
    return Entry(f"allocation:{detail.id}", item.booked_on, at, text, lines)


_REMEMBER = """
INSERT INTO allocation (tenant_id, id, detail, entry, outcome, amount_cents, claim, attempt, doubt, reasons,
    rule_version, decided_at, decided_by, journal_entry, runner_up)
SELECT %(tenant)s, g.id, g.detail, g.entry, g.outcome, g.cents, g.claim, g.attempt, g.doubt, to_jsonb(string_to_array(
    g.reasons, E'\\n')), %(rule)s, %(at)s, %(by)s, g.journal_entry, g.runner_up
FROM unnest(%(ids)s::uuid[], %(details)s::uuid[], %(entries)s::uuid[], %(outcomes)s::text[], %(cents)s::bigint[],
    %(claims)s::uuid[], %(attempts)s::uuid[], %(doubts)s::text[], %(reasons)s::text[], %(booked)s::uuid[],
    %(runners_up)s::jsonb[])
    AS g (id, detail, entry, outcome, cents, claim, attempt, doubt, reasons, journal_entry, runner_up)
ON CONFLICT (id) DO NOTHING
"""


def _remember(
    tenant: Tenant, decided: Sequence[tuple[ToDecide, Decided]], booked: dict[UUID, UUID], at: datetime
) -> None:
    """Keep every decision with its reasons. The same decision about the same money is one decision."""
    columns: dict[str, Any] = {
        "tenant": tenant.id,
        "rule": RULE_VERSION,
        "at": at,
        "by": _MACHINE,
        "ids": [decision_id(item.detail.id, _doubt(d), RULE_VERSION) for item, d in decided],
        "details": [item.detail.id for item, _ in decided],
        "entries": [item.detail.entry for item, _ in decided],
        "outcomes": ["suspended" if isinstance(d, Suspend) else "allocated" for _, d in decided],
        "cents": [item.detail.amount.cents for item, _ in decided],
        "claims": [d.claim.id if isinstance(d, Allocate) else None for _, d in decided],
        "attempts": [d.attempt.id if isinstance(d, PaidOut) else None for _, d in decided],
        "doubts": [_doubt(d) for _, d in decided],
        "reasons": ["\n".join(d.reasons) for _, d in decided],
        "booked": [booked.get(item.detail.id) for item, _ in decided],
        "runners_up": [_runner_up(d) for _, d in decided],
    }
    with connection.cursor() as cursor:
        cursor.execute(_REMEMBER, columns)


def _runner_up(decision: Decided) -> str | None:
    other = decision.runner_up if isinstance(decision, Allocate) else None
    return json.dumps(dict(other)) if other else None


def _doubt(decision: Decided) -> str | None:
    return decision.doubt.value if isinstance(decision, Suspend) else None


def _hold(tenant: Tenant, held: Sequence[tuple[ToDecide, Suspend]], at: datetime) -> None:
    rows = [
        SuspenseRow(
            tenant_id=tenant.id,
            detail=item.detail.id,
            entry=item.detail.entry,
            side=item.detail.side,
            amount_cents=item.detail.amount.cents,
            currency=item.detail.amount.currency,
            doubt=decision.doubt,
            candidate=decision.candidate,
            since=at,
        )
        for item, decision in held
    ]
    SuspenseRow.objects.bulk_create(
        rows, batch_size=2000, update_conflicts=True, unique_fields=["detail"], update_fields=["doubt", "candidate"]
    )
