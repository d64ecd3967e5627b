"""Write refunds and disputes down: the intent before the effect, one reducer, and never more than was captured."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

import structlog
from django.db import IntegrityError, transaction

from zahlstelle import claims, events, ledger
from zahlstelle.claims import Claim
from zahlstelle.kernel import InputRefused, Money, Refusal, berlin_day, fact_id
from zahlstelle.ledger import Entry
from zahlstelle.tables.payments import AttemptRow, DisputeRow, PayoutItemRow, RefundRow
from zahlstelle.tenancy import Tenant, inside

from ._moves import let_go
from ._queries import Attempt, attempt_of, attempts_in, payment_by_id
from ._refund_queries import REPORT, Refund, refund_by_id, refund_of
from ._refund_rules import (
    REFUND_EDGES,
    RefundState,
    Wish,
    lines,
    next_state,
    pause_before_question,
    possible,
)
from ._release_notes import note_answer_to_refund, pause_of_release
from ._release_rules import BY_WORD, ON_WORD
from ._rules import Share
from ._socket import NeverSeen, NoAnswer, NotStarted, RefundReport, RefundStatus

_log = structlog.get_logger(__name__)
# What is given back of which claim; of none where nobody says so.
Parts = Sequence[tuple[UUID | None, int]]


class NothingCaptured(Refusal):
    """No money of this payment can be given back through its provider."""

    code = "nothing_captured"


class MoreThanRefundable(Refusal):
    """More is asked for than can still be given back."""

    code = "more_than_refundable"


class RefundableDiffers(Refusal):
    """Another amount can be given back than the caller believes; look at the payment again."""

    code = "refundable_differs"


class RefundTaken(Refusal):
    """The refund was asked for before, with other content."""

    code = "refund_taken"


class AttemptNotChosen(InputRefused):
    """Several attempts of this payment were captured; say which one is to be given back."""

    code = "attempt_not_chosen"


class ClaimNotChosen(InputRefused):
    """The payment pays several claims; say which of them the money is given back for."""

    code = "claim_not_chosen"


class ClaimNotOfPayment(InputRefused):
    """This payment does not pay the claim whose money is to be given back."""

    code = "claim_not_of_payment"


class WishImpossible(InputRefused):
    """This cannot become of the claim: it does not count that much as paid, or nothing is owed back to the payer."""

    code = "refund_wish_impossible"


def intend_refund(
    *,
    tenant: Tenant,
    refund_id: UUID,
    payment_id: UUID,
    amount: Money,
    refundable: Money,
    by: str,
    text: str,
    at: datetime,
    wish: Wish | None = None,
    attempt_id: UUID | None = None,
    claim_id: UUID | None = None,
) -> tuple[Refund, bool]:
    """Write a refund down before the provider is asked. Returns it and whether it is new: asked for twice is once.

    `claim_id` names whose share is given back, where the payment pays several. `refundable` is what the caller believes
    can be given back of the payment. Without a `wish`: what was paid too much is given back
    as surplus, else the claim is cancelled. Raises PaymentUnknown, NothingCaptured, AttemptNotChosen, ClaimNotChosen,
    ClaimNotOfPayment, RefundTaken, RefundableDiffers, MoreThanRefundable, WishImpossible.
    """
    with inside(tenant):
        payment = payment_by_id(tenant=tenant, payment_id=payment_id)
        held = claims.claims_by_id_locked(tenant=tenant, claim_ids=payment.claim_ids)
        if known := RefundRow.objects.select_related("attempt").filter(tenant_id=tenant.id, id=refund_id).first():
            return _same(known, payment_id, amount, wish, attempt_id, claim_id), False
        attempt = _chosen(tenant, payment_id, attempt_id)
        if refundable != attempt.refundable:
            raise RefundableDiffers(f"{attempt.refundable} can be given back, not {refundable}")
        share = _share(attempt, claim_id)
        most = attempt.refundable_of(share)
        if amount.currency != attempt.amount.currency or not 0 < amount.cents <= most.cents:
            raise MoreThanRefundable(f"at most {most} can be given back")
        overpaid = _overpaid(tenant, attempt, share)
        wish = wish or (Wish.SURPLUS if amount.cents <= overpaid else Wish.CANCELLED)
        if not possible(wish, cents=amount.cents, settled=_settled(held[share.claim_id]), overpaid=overpaid):
            raise WishImpossible(f"the claim cannot be {wish} by {amount}")
        row = RefundRow(
            id=refund_id,
            tenant_id=tenant.id,
            attempt_id=attempt.id,
            claim_id=share.claim_id,
            number=_next_number(tenant, attempt.id),
            status=RefundState.INTENDED,
            amount_cents=amount.cents,
            currency=amount.currency,
            wish=wish,
            text=text,
            made_by=by,
            requested_at=at,
            changed_at=at,
        )
        row.check_at = _next_question(row, at)
        row.save(force_insert=True)  # the database counts it, and refuses what would be too much
        _tell(tenant, row, payment_id, "payment.refund_requested", at)
        return refund_of(row), True


def settle_refund(
    *,
    tenant: Tenant,
    refund_id: UUID,
    answer: RefundReport | NotStarted | NoAnswer | NeverSeen,
    at: datetime,
    on_word: UUID | None = None,
) -> Refund:
    """Move a refund to where the provider's answer takes it: the one reducer for its call, notification and poll.

    Orders and repeats do not matter. `NeverSeen` says that it certainly did not happen: the caller has made sure.
    `on_word` is the release by which a person says it in the provider's place.
    """
    with inside(tenant):
        row = _locked(tenant, refund_id)
        now = RefundState(row.status)
        if on_word is not None:
            row.released, row.vendor_word = on_word, ON_WORD
        elif row.released and not isinstance(answer, NoAnswer):
            note_answer_to_refund(tenant, row, answer, at=at)
        match answer:
            case RefundReport():
                state = next_state(now, answer, refund=row.id, amount=Money(row.amount_cents, row.currency))
                row.vendor_word = answer.vendor_word[:200]
                if answer.reference in (None, str(row.id)):
                    row.provider_reference = row.provider_reference or answer.refund_reference
            case NotStarted(reason):
                state, row.vendor_word = RefundState.REFUSED, reason[:200]
            case NoAnswer(reason):
                state, row.vendor_word = RefundState.UNKNOWN, reason[:200]
                state = state if now is RefundState.INTENDED else now
            case NeverSeen():
                state = RefundState.REFUSED
        _move(tenant, row, state if (now, state) in REFUND_EDGES else now, at)
        return refund_of(row)


def note_never_seen(*, tenant: Tenant, refund_id: UUID, at: datetime) -> Refund:
    """Hold against a person's word that the provider has no such refund; where the refund stands stays as it is."""
    with inside(tenant):
        row = _locked(tenant, refund_id)
        note_answer_to_refund(tenant, row, NeverSeen(), at=at)
        return refund_of(row)


def postpone_question(*, tenant: Tenant, refund_id: UUID, at: datetime) -> None:
    """Count a question that brought nothing new and set the next time to ask."""
    with inside(tenant):
        row = _locked(tenant, refund_id)
        row.checks += 1
        row.check_at = _next_question(row, at)
        row.save(update_fields=["checks", "check_at"])


def reported_refunds(
    *, tenant: Tenant, told: Mapping[tuple[UUID, str], int], at: datetime
) -> Mapping[tuple[UUID, str], Refund]:
    """Find refunds by (attempt, the provider's name), of which a settlement report tells so many cents.

    A report is the provider's word too: what it says was given back is done, if the amounts agree.
    """
    found: dict[tuple[UUID, str], Refund] = {}
    with inside(tenant):
        rows = RefundRow.objects.select_related("attempt").filter(
            tenant_id=tenant.id, attempt_id__in={attempt for attempt, _ in told}, provider_reference__isnull=False
        )
        for row in rows.order_by("id"):
            key = (row.attempt_id, str(row.provider_reference))
            if told.get(key) == row.amount_cents and row.status != RefundState.DONE:
                locked = _locked(tenant, row.id)
                if locked.released:
                    reference, amount = row.provider_reference, Money(row.amount_cents, row.currency)
                    done = RefundReport(RefundStatus.DONE, reference, None, amount, "settlement_report")
                    note_answer_to_refund(tenant, locked, done, at=at)
                if (RefundState(locked.status), RefundState.DONE) in REFUND_EDGES:
                    locked.vendor_word = "settlement_report" if locked.released else locked.vendor_word
                    _move(tenant, locked, RefundState.DONE, at)
                row = locked
            if key in told:
                found[key] = refund_of(row)
    return found


def note_reported(*, tenant: Tenant, refunds: Mapping[UUID, UUID]) -> None:
    """Note which item of a settlement report each refund is: from then on it is settled with the provider."""
    with inside(tenant):
        for refund, item in refunds.items():
            RefundRow.objects.filter(tenant_id=tenant.id, id=refund).update(item=item)


def record_given_back(*, tenant: Tenant, items: Mapping[UUID, tuple[UUID, Parts]], at: datetime) -> None:
    """Keep refunds and chargebacks that only a settlement report tells of: item -> attempt and its claims' cents.

    No claim where a refund is of a basket and nobody says of which claim. The caller books them. They count against
    what can be given back; the database refuses more than was captured.
    """
    with inside(tenant):
        attempts = AttemptRow.objects.filter(tenant_id=tenant.id).in_bulk({attempt for attempt, _ in items.values()})
        for item in PayoutItemRow.objects.filter(tenant_id=tenant.id, id__in=items).order_by("id"):
            attempt_id, parts = items[item.id]
            if item.kind == "refund":
                for claim, _ in parts:
                    _made_elsewhere(tenant, item, attempts[attempt_id], claim, at)
            else:
                _charged_back(tenant, item, attempts[attempt_id], parts, at)


def _charged_back(tenant: Tenant, item: PayoutItemRow, attempt: AttemptRow, parts: Parts, at: datetime) -> None:
    """Keep a chargeback, of a basket for each claim its part."""
    for claim, cents in parts:
        if claim is None:
            raise ValueError("a chargeback opens claims again: it says which")
        DisputeRow.objects.create(
            id=item.id if len(parts) == 1 else fact_id("dispute", item.id, claim),
            tenant_id=tenant.id,
            attempt_id=attempt.id,
            claim_id=claim,
            amount_cents=cents,
            currency=attempt.currency,
            provider_reference=item.item_reference,
            text=item.text,
            answer_by=item.answer_by,
            item=item.id,
            at=at,
        )


def _made_elsewhere(tenant: Tenant, item: PayoutItemRow, attempt: AttemptRow, claim: UUID | None, at: datetime) -> None:
    shares = attempt_of(attempt).shares
    surplus = all(share.surplus for share in shares if claim in (None, share.claim_id))
    row = RefundRow(
        id=item.id,
        tenant_id=tenant.id,
        attempt_id=attempt.id,
        claim_id=claim,
        number=_next_number(tenant, attempt.id),
        status=RefundState.DONE,
        amount_cents=-item.cents,
        currency=attempt.currency,
        wish=Wish.SURPLUS if surplus else Wish.CANCELLED,
        text=item.text,
        made_by=REPORT,
        provider_reference=item.item_reference,
        requested_at=at,
        changed_at=at,
        item=item.id,
    )
    row.save(force_insert=True)
    _tell(tenant, row, attempt.payment_id, "payment.refunded", at)


def _chosen(tenant: Tenant, payment_id: UUID, attempt_id: UUID | None) -> Attempt:
    """Find the captured attempt and hold it: what can be given back of it stays as it is meanwhile."""
    rows = AttemptRow.objects.select_for_update().filter(
        tenant_id=tenant.id, payment_id=payment_id, provider_reference__isnull=False
    )
    rows = rows.filter(id=attempt_id) if attempt_id else rows
    captured = [attempt for attempt in attempts_in(rows.order_by("number")) if attempt.captured]
    if not captured:
        raise NothingCaptured("nothing of this payment was captured by a provider")
    left = [attempt for attempt in captured if attempt.refundable.cents] or captured[-1:]
    if len(left) > 1:
        raise AttemptNotChosen("say which attempt: " + ", ".join(str(attempt.id) for attempt in left))
    return left[0]


def _share(attempt: Attempt, claim_id: UUID | None) -> Share:
    """Find whose share is given back: the claim that is named, or the only one."""
    if claim_id is None and len(attempt.shares) > 1:
        raise ClaimNotChosen("say which claim: " + ", ".join(str(share.claim_id) for share in attempt.shares))
    for share in attempt.shares:
        if claim_id in (None, share.claim_id):
            return share
    raise ClaimNotOfPayment(f"the payment does not pay {claim_id}")


def _same(
    row: RefundRow,
    payment_id: UUID,
    amount: Money,
    wish: Wish | None,
    attempt_id: UUID | None,
    claim_id: UUID | None,
) -> Refund:
    known = refund_of(row)
    asked = (payment_id, amount, wish or known.wish, attempt_id or known.attempt_id, claim_id or known.claim_id)
    if asked != (known.payment_id, known.amount, known.wish, known.attempt_id, known.claim_id):
        raise RefundTaken("this refund was asked for before, with other content")
    return known


def _move(tenant: Tenant, row: RefundRow, state: RefundState, at: datetime) -> None:
    before = RefundState(row.status)
    if state is not before:
        row.status, row.changed_at, row.checks = state, at, 0
    row.check_at = _next_question(row, at)
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        if before is not RefundState.REFUSED:
            raise
        # What was refused has happened after all, and what it would have taken is given back otherwise by now.
        _log.exception("refund_beyond_captured", tenant=tenant.slug, refund=str(row.id))
        row.refresh_from_db()
        return
    if state is not before:
        if state is RefundState.DONE:
            _book(tenant, row, at)
        _tell(tenant, row, row.attempt.payment_id, REFUND_EDGES[before, state], at)


def _book(tenant: Tenant, row: RefundRow, at: datetime) -> None:
    """Book it gross; where the wish cannot be fulfilled any more, as money given back without more ado."""
    attempt, amount, wish = attempt_of(row.attempt), Money(row.amount_cents, row.currency), Wish(row.wish)
    share = _share(attempt, row.claim_id)
    claim = claims.claims_by_id_locked(tenant=tenant, claim_ids=[share.claim_id])[share.claim_id]
    overpaid = _overpaid(tenant, attempt, share)
    if not possible(wish, cents=amount.cents, settled=_settled(claim), overpaid=overpaid):
        wish = Wish.SURPLUS if amount.cents <= overpaid else Wish.CANCELLED
    booked = lines(wish, refund=row.id, attempt=attempt.id, claim=claim.id, provider=attempt.provider, amount=amount)
    text = f"Erstattung {attempt.provider_reference}{BY_WORD if row.vendor_word == ON_WORD else ''}"
    ledger.post(tenant=tenant, entries=[Entry(f"refund:{row.id}:done", berlin_day(at), at, text, list(booked))])
    if wish is Wish.REOPENED:
        claims.settle(tenant=tenant, amounts=[(claim.id, -amount.cents)])
        let_go(tenant, [attempt.id], [claim.id])
        payload = {"open_cents": claim.open.cents + amount.cents, "why": "refunded"}
        events.record(tenant=tenant, name="claim.reopened", subject=claim.id, at=at, payload=payload)


def _settled(claim: Claim) -> int:
    return claim.amount.cents - claim.open.cents


def _overpaid(tenant: Tenant, attempt: Attempt, share: Share) -> int:
    """Say what of a claim's share is owed back to the payer. In a basket that is only so of a surplus share."""
    if len(attempt.shares) > 1 and not share.surplus:
        return 0
    owed = -ledger.balances_of(tenant=tenant, prefix="overpaid", subjects=[attempt.id]).get(attempt.id, 0)
    return min(owed, share.amount.cents)


def _tell(tenant: Tenant, row: RefundRow, payment_id: UUID, event: str, at: datetime) -> None:
    payload = {"refund": str(row.id), "attempt": str(row.attempt_id), "status": row.status, "cents": row.amount_cents}
    payload |= {"claim": str(row.claim_id)} if row.claim_id else {}
    if row.vendor_word == ON_WORD:
        payload["on_word"] = str(row.released)
    events.record(tenant=tenant, name=event, subject=payment_id, at=at, payload=payload)


def _locked(tenant: Tenant, refund_id: UUID) -> RefundRow:
    """Hold the claim, the attempt and the refund, in this order as everybody does."""
    known = refund_by_id(tenant=tenant, refund_id=refund_id)
    claims.claims_by_id_locked(tenant=tenant, claim_ids=[known.claim_id] if known.claim_id else [])
    attempt = AttemptRow.objects.select_for_update().get(tenant_id=tenant.id, id=known.attempt_id)
    row = RefundRow.objects.select_for_update().get(tenant_id=tenant.id, id=refund_id)
    row.attempt = attempt
    return row


def _next_number(tenant: Tenant, attempt_id: UUID) -> int:
    return RefundRow.objects.filter(tenant_id=tenant.id, attempt_id=attempt_id).count() + 1


def _next_question(row: RefundRow, at: datetime) -> datetime | None:
    pause = pause_before_question(RefundState(row.status), row.checks)
    word = pause_of_release(row.tenant_id, row.released, at)
    if pause is None or (word is not None and word < pause):
        pause = word
    return at + pause if pause is not None else None
