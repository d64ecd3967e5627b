"""Write attempts down: the intent before the effect, and one reducer for every outcome, whoever tells it."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from zahlstelle import events
from zahlstelle.kernel import Money, new_id
from zahlstelle.tables.payments import AttemptClaimRow, AttemptRow, PaymentRow
from zahlstelle.tenancy import Tenant, inside

from ._moves import (
    attempt_locked,
    give_way,
    held_by_others,
    locked_claims,
    merchant_of,
    move,
    next_check,
    payment_locked,
    shares_of_attempt,
    shares_of_payment,
)
from ._queries import Attempt, attempt_of, collected_of
from ._refusals import AlreadyBeingPaid, AlreadyPaid, BasketChanged, PaymentOver
from ._release_notes import note_answer_to_payment
from ._release_rules import ON_WORD
from ._rules import EDGES, HOLDS_CLAIM, LIVE, PaymentStatus, Status, about, next_status, still_owed
from ._socket import NeverSeen, NoAnswer, NotStarted, Report, Started

_NOT_YET_STARTED = (Status.INTENDED, Status.UNKNOWN)


_UNDECIDED = (Status.INTENDED, Status.STARTED, Status.PENDING)


def intend(
    *,
    tenant: Tenant,
    payment_id: UUID,
    provider: str,
    method: str,
    at: datetime,
    return_url: str | None = None,
    notify_url: str | None = None,
    retry_of: UUID | None = None,
    keep: bool = False,
    instrument: UUID | None = None,
    challenge: bool = False,
) -> Attempt:
    """Write an attempt down before the provider is called; `retry_of` asks once more, with a challenge.

    `challenge` asks for one at once; `instrument` is the stored card to be charged: the database refuses that of
    another town.

    Raises PaymentOver, AlreadyPaid, BasketChanged, AlreadyBeingPaid (the unique index decides the race,
    for every claim of a basket).
    """
    with inside(tenant):
        shares = shares_of_payment(tenant, payment_id)
        open_now = locked_claims(tenant, shares)  # before the payment, as whoever brings money for them does
        payment = payment_locked(tenant, payment_id)
        _still_payable(payment, at)
        _still_open(shares, open_now)
        give_way(tenant, list(shares), at)
        row = AttemptRow(
            id=new_id(),
            tenant_id=tenant.id,
            payment=payment,
            number=AttemptRow.objects.filter(tenant_id=tenant.id, payment_id=payment.id).count() + 1,
            provider=provider,
            method=method,
            status=Status.INTENDED,
            amount_cents=payment.amount_cents,
            currency=payment.currency,
            started_at=at,
            changed_at=at,
            return_url=return_url,
            notify_url=notify_url,
            challenge=challenge or retry_of is not None,
            retry_of=retry_of,
            keep=keep,
            instrument=instrument,
        )
        row.check_at = next_check(row, at)
        try:
            with transaction.atomic():
                row.save(force_insert=True)
        except IntegrityError as error:
            raise AlreadyBeingPaid("this fee is being paid at this moment") from error
        return attempt_of(row)


def _still_payable(payment: PaymentRow, at: datetime) -> None:
    if payment.status == PaymentStatus.PAID:
        raise AlreadyPaid("this fee is paid")
    if payment.status == PaymentStatus.EXPIRED or payment.expires_at <= at:
        raise PaymentOver("the time for this payment is over")


def _still_open(shares: Mapping[UUID, int], open_now: Mapping[UUID, Money]) -> None:
    """See that all that was open when the payment was made is open still: of a basket nothing is charged otherwise."""
    short = [claim for claim, cents in shares.items() if open_now[claim].cents < cents]
    if len(short) == len(shares):
        raise AlreadyPaid("this fee is settled")
    if short:
        raise BasketChanged("what is open of this basket has changed")


def record_start(
    *,
    tenant: Tenant,
    attempt_id: UUID,
    answer: Started | NotStarted | NoAnswer | NeverSeen,
    at: datetime,
    on_word: UUID | None = None,
) -> Attempt:
    """Write down what the provider answered to the start. What has been learnt since outranks it.

    `on_word` is the release by which a person says it in the provider's place.
    """
    with inside(tenant):
        row = attempt_locked(tenant, attempt_id)
        if on_word is not None:
            row.released, row.vendor_word = on_word, ON_WORD
        status = Status.REFUSED
        match answer:
            case Started(reference, redirect_url, authentication):
                row.provider_reference, row.redirect_url = reference, redirect_url
                row.authentication = asdict(authentication) if authentication else row.authentication
                status = Status.STARTED
            case NotStarted(reason):
                row.decline_code = reason[:200]
            case NoAnswer(reason):
                row.vendor_word = reason[:200]
                status = Status.UNKNOWN
        # A notification may have been quicker than the answer to the start: what is known by now stays.
        now = Status(row.status)
        move(tenant, row, status if (now, status) in EDGES and now in _NOT_YET_STARTED else now, at)
        return attempt_of(row)


def settle(*, tenant: Tenant, attempt_id: UUID, report: Report, at: datetime, on_word: UUID | None = None) -> Attempt:
    """Move an attempt to where the provider's report takes it: the one reducer for return, notification and poll.

    Orders and repeats do not matter: the same report again changes nothing. `on_word` is the release by which a person
    says it in the provider's place; what the provider says afterwards is held against it.
    """
    with inside(tenant):
        shares = shares_of_attempt(tenant, attempt_id)
        open_now = locked_claims(tenant, shares)  # before the attempt, as whoever gives money back does
        row = attempt_locked(tenant, attempt_id)
        attempt = attempt_of(row)
        merchant = merchant_of(tenant, row.provider)
        if on_word is not None:
            row.released = on_word
        elif row.released:
            note_answer_to_payment(tenant, row, report, merchant_id=merchant, at=at)
        row.vendor_word, row.decline_code = report.vendor_word[:200], report.decline_code
        if about(report, attempt=str(row.id), merchant_id=merchant):
            row.provider_reference = row.provider_reference or report.provider_reference
            row.authentication = asdict(report.authentication) if report.authentication else row.authentication
        owed = still_owed(attempt.shares, open_now)
        status = next_status(
            attempt.status,
            report,
            attempt=str(row.id),
            merchant_id=merchant,
            amount=attempt.amount,
            owed=bool(owed),
        )
        if status is not attempt.status:
            status = _take_hold(tenant, attempt, status, owed, at)
        move(tenant, row, status, at)
        return attempt_of(row)


def _take_hold(tenant: Tenant, attempt: Attempt, status: Status, owed: frozenset[UUID], at: datetime) -> Status:
    """Say whose claims the attempt holds from now on: none that another attempt holds meanwhile.

    Paid, each claim that is owed gets its share; any other share is surplus, and with nothing but surplus so is all.
    """
    mine = AttemptClaimRow.objects.filter(tenant_id=tenant.id, attempt_id=attempt.id)
    if status in LIVE:
        mine.filter(claim_id__in=held_by_others(tenant, attempt)).update(let_go=True)
    if status not in (Status.PAID, Status.SURPLUS):
        return status
    give_way(tenant, list(owed), at)
    kept = owed - held_by_others(tenant, attempt)
    mine.exclude(claim_id__in=kept).update(surplus=True)
    return Status.PAID if kept else Status.SURPLUS


def note_never_seen_payment(*, tenant: Tenant, attempt_id: UUID, at: datetime) -> None:
    """Hold against a person's word that the provider has no such payment; where the attempt stands stays as it is."""
    with inside(tenant):
        row = attempt_locked(tenant, attempt_id)
        merchant = merchant_of(tenant, row.provider)
        note_answer_to_payment(tenant, row, NeverSeen(), merchant_id=merchant, at=at)


def postpone(*, tenant: Tenant, attempt_id: UUID, at: datetime) -> None:
    """Count an unanswered question and set the next time to ask."""
    with inside(tenant):
        row = attempt_locked(tenant, attempt_id)
        row.checks += 1
        row.check_at = next_check(row, at)
        row.save(update_fields=["checks", "check_at"])


def doubt(*, tenant: Tenant, attempt_id: UUID, at: datetime) -> Attempt:
    """Note that a provider tells nothing of an attempt: once its payment's time is over, nobody knows any more.

    It holds its claims on; a person may say what became of it, and whatever the provider says later counts.
    """
    with inside(tenant):
        row = attempt_locked(tenant, attempt_id)
        if row.payment.expires_at <= at and row.status in _UNDECIDED:
            move(tenant, row, Status.UNKNOWN, at)
        return attempt_of(row)


def end(*, tenant: Tenant, attempt_id: UUID, status: Status, at: datetime) -> Attempt:
    """End an attempt without money: cancelled or expired. A direct debit that the bank has been given goes on."""
    with inside(tenant):
        locked_claims(tenant, shares_of_attempt(tenant, attempt_id))  # before the attempt, as everybody does
        row = attempt_locked(tenant, attempt_id)
        if (Status(row.status), status) in EDGES and not collected_of(tenant, [row.id]):
            move(tenant, row, status, at)
        return attempt_of(row)


def end_payment(*, tenant: Tenant, payment_id: UUID, status: PaymentStatus, at: datetime) -> None:
    """End a payment that has no live attempt: cancelled or expired. What has ended stays as it ended."""
    with inside(tenant):
        payment = payment_locked(tenant, payment_id)
        live = AttemptRow.objects.filter(tenant_id=tenant.id, payment_id=payment_id, status__in=HOLDS_CLAIM)
        if payment.status in (PaymentStatus.PAID, PaymentStatus.CANCELLED, PaymentStatus.EXPIRED) or live.exists():
            return
        PaymentRow.objects.filter(tenant_id=tenant.id, id=payment_id).update(status=status)
        events.record(tenant=tenant, name=f"payment.{status}", subject=payment_id, at=at)
