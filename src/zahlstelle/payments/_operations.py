"""Write payments and attempts down: the intent before the effect, and one reducer for every outcome."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from zahlstelle import claims, events, ledger
from zahlstelle.kernel import InputRefused, Money, Refusal, berlin_day, new_id, new_token, token_digest
from zahlstelle.ledger import Entry, Line, Side
from zahlstelle.tables.payments import AttemptClaimRow, AttemptRow, PaymentClaimRow, PaymentRow
from zahlstelle.tenancy import Tenant, inside, provider_accesses

from ._mandates import METHOD as DEBIT
from ._queries import Attempt, Payment, PaymentUnknown, attempt_of, attempts_in, collected_of, payment_of
from ._release_notes import note_answer_to_payment, pause_of_release
from ._release_rules import BY_WORD, ON_WORD
from ._rules import (
    EDGES,
    HOLDS_CLAIM,
    LIVE,
    PUBLIC,
    PaymentStatus,
    Status,
    about,
    next_status,
    pause_before_check,
    still_owed,
)
from ._socket import ForgedNotification, NeverSeen, NoAnswer, NotStarted, ProviderStatus, Report, Started

__all__ = ["ForgedNotification", "PaymentUnknown"]

LIFETIME = timedelta(minutes=90)
MOST_CLAIMS = 20
_NOT_YET_STARTED = (Status.INTENDED, Status.UNKNOWN)
_UNDECIDED = (Status.INTENDED, Status.STARTED, Status.PENDING)


class AlreadyPaid(Refusal):
    """Nothing is open of this claim."""

    code = "already_paid"


class AlreadyBeingPaid(Refusal):
    """Another attempt for this claim is under way; its outcome comes first."""

    code = "already_being_paid"


class BasketChanged(Refusal):
    """What is open of a claim of this basket has changed since; nothing is charged. Start a payment of the others."""

    code = "basket_changed"


class BasketUnsound(InputRefused):
    """A basket pays between one and 20 claims of one currency, each once."""

    code = "basket_unsound"


class PaymentOver(Refusal):
    """The payment has ended; a new one can be started."""

    code = "payment_over"


class PaymentTaken(Refusal):
    """The provider's payment was taken over before, for another claim."""

    code = "payment_taken"


class MethodUnknown(InputRefused):
    """The town does not offer this method."""

    code = "method_unknown"


class ReturnUrlNotAllowed(InputRefused):
    """The return URL is not on the list of this API key."""

    code = "return_url_not_allowed"


@dataclass(frozen=True, slots=True)
class NewPayment:
    """A payment just made, and the one time its token is told."""

    payment: Payment
    token: str


def allow_return_url(return_url: str, allowed: Sequence[str]) -> None:
    """Check a return URL against the exact list of the caller. Raises ReturnUrlNotAllowed."""
    if return_url not in allowed:
        raise ReturnUrlNotAllowed("this return URL is not registered for the API key")


def start_payment(
    *,
    tenant: Tenant,
    claim_id: UUID,
    at: datetime,
    return_url: str | None = None,
    language: str = "de",
    client: UUID | None = None,
    discreet: bool = False,
) -> NewPayment:
    """Start a payment of what is open of a claim, `discreet`: not saying what for. Raises ClaimUnknown, AlreadyPaid."""
    return start_basket(
        tenant=tenant,
        claim_ids=[claim_id],
        at=at,
        return_url=return_url,
        language=language,
        client=client,
        discreet=discreet,
    )


def start_basket(
    *,
    tenant: Tenant,
    claim_ids: Sequence[UUID],
    at: datetime,
    return_url: str | None = None,
    language: str = "de",
    client: UUID | None = None,
    discreet: bool = False,
) -> NewPayment:
    """Start one payment of what is open of several claims, in this order.

    What is open now is what will be charged: all of it or nothing. Raises BasketUnsound, ClaimUnknown, AlreadyPaid.
    """
    with inside(tenant):
        paid = _to_be_paid(tenant, claim_ids)
        token = new_token()
        row = PaymentRow.objects.create(
            id=new_id(),
            tenant_id=tenant.id,
            token_digest=token_digest(token),
            amount_cents=sum(claim.open.cents for claim in paid),
            currency=paid[0].open.currency,
            status=PaymentStatus.CREATED,
            return_url=return_url,
            language=language,
            created_at=at,
            expires_at=at + LIFETIME,
            client=client,
            discreet=discreet,
        )
        PaymentClaimRow.objects.bulk_create(
            PaymentClaimRow(
                tenant_id=tenant.id, payment=row, claim_id=claim.id, number=number, amount_cents=claim.open.cents
            )
            for number, claim in enumerate(paid, 1)
        )
        said = {"claim": str(paid[0].id)} if len(paid) == 1 else {"claims": [str(claim.id) for claim in paid]}
        events.record(tenant=tenant, name="payment.created", subject=row.id, at=at, payload=said)
        return NewPayment(payment_of(row), token)


def _to_be_paid(tenant: Tenant, claim_ids: Sequence[UUID]) -> Sequence[claims.Claim]:
    if not 1 <= len(claim_ids) <= MOST_CLAIMS or len(set(claim_ids)) != len(claim_ids):
        raise BasketUnsound(f"between 1 and {MOST_CLAIMS} claims, each once")
    paid = [claims.claim_by_id(tenant=tenant, claim_id=claim_id) for claim_id in claim_ids]
    if len({claim.open.currency for claim in paid}) > 1:
        raise BasketUnsound("the claims are not of one currency")
    for claim in paid:
        if claim.open.is_zero:
            raise AlreadyPaid(f"{claim.kassenzeichen} is settled")
    return paid


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

    Raises PaymentUnknown, PaymentOver, AlreadyPaid, BasketChanged, AlreadyBeingPaid (the unique index decides the race,
    for every claim of a basket).
    """
    with inside(tenant):
        shares = _shares_of_payment(tenant, payment_id)
        open_now = _locked_claims(tenant, shares)  # before the payment, as whoever brings money for them does
        payment = _payment_locked(tenant, payment_id)
        _still_payable(payment, at)
        _still_open(shares, open_now)
        _give_way(tenant, list(shares), at)
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
        row.check_at = _next_check(row, at)
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


def _give_way(tenant: Tenant, claim_ids: Sequence[UUID], at: datetime) -> None:
    """Let attempts that wait for a bank transfer give way: the citizen chose again, or has paid another way.

    A direct debit that the bank has been given does not: it may be collected any moment.
    """
    waiting = list(_rows_of_claims(tenant, claim_ids).filter(provider="transfer", status=Status.PENDING))
    collected = collected_of(tenant, [row.id for row in waiting])  # asked for once they are held
    for row in waiting:
        if row.id not in collected:
            _move(tenant, row, Status.CANCELLED, at)


def take_over(
    *,
    tenant: Tenant,
    claim_id: UUID,
    provider: str,
    method: str,
    provider_reference: str,
    at: datetime,
) -> Attempt:
    """Take over a payment that the provider captured before this installation knew of it, e.g. from an earlier system.

    It is booked like any other. The same provider reference again is the same payment.
    Raises ClaimUnknown, AlreadyPaid, AlreadyBeingPaid, PaymentTaken.
    """
    with inside(tenant):
        known = AttemptRow.objects.filter(
            tenant_id=tenant.id, provider=provider, provider_reference=provider_reference
        ).first()
        if known is not None:
            taken = attempt_of(known)
            if taken.claim_ids != [claim_id]:
                raise PaymentTaken(f"{provider} has {provider_reference} for another claim")
            return taken
        payment = start_payment(tenant=tenant, claim_id=claim_id, at=at).payment
        attempt = intend(tenant=tenant, payment_id=payment.id, provider=provider, method=method, at=at)
        record_start(tenant=tenant, attempt_id=attempt.id, answer=Started(provider_reference, ""), at=at)
        merchant = merchant_of(tenant, provider)
        paid = Report(
            ProviderStatus.PAID, provider_reference, merchant, str(attempt.id), attempt.amount, None, "taken_over"
        )
        return settle(tenant=tenant, attempt_id=attempt.id, report=paid, at=at)


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
        row = _attempt_locked(tenant, attempt_id)
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
        _move(tenant, row, status if (now, status) in EDGES and now in _NOT_YET_STARTED else now, at)
        return attempt_of(row)


def settle(*, tenant: Tenant, attempt_id: UUID, report: Report, at: datetime, on_word: UUID | None = None) -> Attempt:
    """Move an attempt to where the provider's report takes it: the one reducer for return, notification and poll.

    Orders and repeats do not matter: the same report again changes nothing. `on_word` is the release by which a person
    says it in the provider's place; what the provider says afterwards is held against it.
    """
    with inside(tenant):
        shares = shares_of_attempt(tenant, attempt_id)
        open_now = _locked_claims(tenant, shares)  # before the attempt, as whoever gives money back does
        row = _attempt_locked(tenant, attempt_id)
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
        _move(tenant, row, status, at)
        return attempt_of(row)


def _take_hold(tenant: Tenant, attempt: Attempt, status: Status, owed: frozenset[UUID], at: datetime) -> Status:
    """Say whose claims the attempt holds from now on: none that another attempt holds meanwhile.

    Paid, each claim that is owed gets its share; any other share is surplus, and with nothing but surplus so is all.
    """
    mine = AttemptClaimRow.objects.filter(tenant_id=tenant.id, attempt_id=attempt.id)
    if status in LIVE:
        mine.filter(claim_id__in=_held_by_others(tenant, attempt)).update(let_go=True)
    if status not in (Status.PAID, Status.SURPLUS):
        return status
    _give_way(tenant, list(owed), at)
    kept = owed - _held_by_others(tenant, attempt)
    mine.exclude(claim_id__in=kept).update(surplus=True)
    return Status.PAID if kept else Status.SURPLUS


def note_never_seen_payment(*, tenant: Tenant, attempt_id: UUID, at: datetime) -> None:
    """Hold against a person's word that the provider has no such payment; where the attempt stands stays as it is."""
    with inside(tenant):
        row = _attempt_locked(tenant, attempt_id)
        merchant = merchant_of(tenant, row.provider)
        note_answer_to_payment(tenant, row, NeverSeen(), merchant_id=merchant, at=at)


def postpone(*, tenant: Tenant, attempt_id: UUID, at: datetime) -> None:
    """Count an unanswered question and set the next time to ask."""
    with inside(tenant):
        row = _attempt_locked(tenant, attempt_id)
        row.checks += 1
        row.check_at = _next_check(row, at)
        row.save(update_fields=["checks", "check_at"])


def doubt(*, tenant: Tenant, attempt_id: UUID, at: datetime) -> Attempt:
    """Note that a provider tells nothing of an attempt: once its payment's time is over, nobody knows any more.

    It holds its claims on; a person may say what became of it, and whatever the provider says later counts.
    """
    with inside(tenant):
        row = _attempt_locked(tenant, attempt_id)
        if row.payment.expires_at <= at and row.status in _UNDECIDED:
            _move(tenant, row, Status.UNKNOWN, at)
        return attempt_of(row)


def end(*, tenant: Tenant, attempt_id: UUID, status: Status, at: datetime) -> Attempt:
    """End an attempt without money: cancelled or expired. A direct debit that the bank has been given goes on."""
    with inside(tenant):
        _locked_claims(tenant, shares_of_attempt(tenant, attempt_id))  # before the attempt, as everybody does
        row = _attempt_locked(tenant, attempt_id)
        if (Status(row.status), status) in EDGES and not collected_of(tenant, [row.id]):
            _move(tenant, row, status, at)
        return attempt_of(row)


def end_payment(*, tenant: Tenant, payment_id: UUID, status: PaymentStatus, at: datetime) -> None:
    """End a payment that has no live attempt: cancelled or expired. What has ended stays as it ended."""
    with inside(tenant):
        payment = _payment_locked(tenant, payment_id)
        live = AttemptRow.objects.filter(tenant_id=tenant.id, payment_id=payment_id, status__in=HOLDS_CLAIM)
        if payment.status in (PaymentStatus.PAID, PaymentStatus.CANCELLED, PaymentStatus.EXPIRED) or live.exists():
            return
        PaymentRow.objects.filter(tenant_id=tenant.id, id=payment_id).update(status=status)
        events.record(tenant=tenant, name=f"payment.{status}", subject=payment_id, at=at)


def choose_transfer(*, tenant: Tenant, payment_id: UUID, at: datetime) -> Attempt:
    """Note that the citizen will pay by bank transfer. The bank side settles it; it does not expire."""
    with inside(tenant):
        latest = AttemptRow.objects.filter(tenant_id=tenant.id, payment_id=payment_id).order_by("-number").first()
        if latest and latest.provider == "transfer" and latest.status in (Status.PENDING, Status.PAID):
            return attempt_of(latest)
        attempt = intend(tenant=tenant, payment_id=payment_id, provider="transfer", method="transfer", at=at)
        row = _attempt_locked(tenant, attempt.id)
        _move(tenant, row, Status.PENDING, at)
        return attempt_of(row)


def settled_by_transfer(*, tenant: Tenant, claim_ids: Sequence[UUID], at: datetime) -> None:
    """Tell payments that wait for a bank transfer that it has come. The bank side has booked it already.

    A basket waits until all its claims are settled, however many transfers that takes.
    """
    with inside(tenant):
        rows = _rows_of_claims(tenant, claim_ids).filter(provider="transfer", status=Status.PENDING)
        waiting = {row.id: row for row in rows}  # held: whoever settles the last claim of a basket sees the others
        for attempt in attempts_in(waiting.values()):
            others = set(attempt.claim_ids).difference(claim_ids)
            if not others or _all_settled(tenant, others):
                _move(tenant, waiting[attempt.id], Status.PAID, at)


def _all_settled(tenant: Tenant, claim_ids: Collection[UUID]) -> bool:
    return all(claim.open_cents == 0 for claim in claims.open_amounts(tenant=tenant, ids=list(claim_ids)))


def reopened(*, tenant: Tenant, claim_ids: Sequence[UUID], at: datetime) -> None:
    """Let payments by transfer wait again where the money turned out to be another claim's.

    Those of claims that are settled all the same stay paid, and so does a debit that no longer holds its claim. What a
    provider captured stays paid too, but no longer keeps its claim from being paid anew.
    """
    with inside(tenant):
        known = claims.claims_by_id_locked(tenant=tenant, claim_ids=claim_ids).values()
        open_again = [claim.id for claim in known if not claim.open.is_zero]
        paid = _rows_of_claims(tenant, open_again, let_go=False).filter(status=Status.PAID)
        captured = [row.id for row in paid if row.provider != "transfer"]
        let_go(tenant, captured, open_again)
        for row in paid:
            if row.provider != "transfer":
                continue
            row.status, row.changed_at = Status.PENDING, at
            row.save(update_fields=["status", "changed_at"])
            payment = PaymentRow.objects.filter(tenant_id=tenant.id, id=row.payment_id)
            payment.update(status=_waiting_for_bank(row))
            payload = {"attempt": str(row.id), "status": row.status}
            name = "payment.transfer_taken_back"
            events.record(tenant=tenant, name=name, subject=row.payment_id, at=at, payload=payload)


def let_go(tenant: Tenant, attempts: Sequence[UUID], claim_ids: Sequence[UUID]) -> None:
    """Let other attempts pay these claims of paid attempts: their money was given back, in the caller's transaction."""
    rows = AttemptClaimRow.objects.filter(tenant_id=tenant.id, attempt_id__in=attempts, claim_id__in=claim_ids)
    rows.update(let_go=True)


def charged_back(*, tenant: Tenant, attempts: Sequence[UUID], at: datetime) -> None:
    """Note that card holders' banks have taken the money of these attempts back; their claims may be paid anew.

    The caller books it. Twice is once.
    """
    with inside(tenant):
        rows = AttemptRow.objects.select_for_update().filter(tenant_id=tenant.id, id__in=attempts)
        for row in rows.filter(status__in=[Status.PAID, Status.SURPLUS]).order_by("id"):
            _move(tenant, row, Status.CHARGED_BACK, at)


# What the same edge is called where the bank side has the payment.
_OF_BANK = {
    ("transfer", Status.PENDING): "payment.transfer_chosen",
    (DEBIT, Status.PENDING): "payment.debit_ordered",
    (DEBIT, Status.CHARGED_BACK): "payment.debit_returned",
}


def _waiting_for_bank(row: AttemptRow) -> PaymentStatus:
    return PaymentStatus.AWAITING_DEBIT if row.method == DEBIT else PaymentStatus.AWAITING_TRANSFER


def _move(tenant: Tenant, row: AttemptRow, status: Status, at: datetime) -> None:
    before = Status(row.status)
    if status is not before:
        event = EDGES[before, status]
        if row.provider == "transfer":
            event = _OF_BANK.get((row.method, status), event)
        row.status, row.changed_at, row.checks = status, at, 0
        _book(tenant, row, at)
        _show(tenant, row, event, at)
    row.check_at = _next_check(row, at)
    row.save()


def _book(tenant: Tenant, row: AttemptRow, at: datetime) -> None:
    """Book provider money gross: what the provider owes us against the claim, or against money to give back."""
    if row.provider == "transfer" or row.status not in (Status.PAID, Status.SURPLUS):
        return
    attempt = attempt_of(row)
    paid = [share for share in attempt.shares if not share.surplus]
    claims.settle(tenant=tenant, amounts=[(share.claim_id, share.amount.cents) for share in paid])
    lines = [Line(f"clearing:{row.provider}", Side.SOLL, attempt.amount, row.id)]
    lines += [Line("receivable", Side.HABEN, share.amount, share.claim_id) for share in paid]
    if surplus := attempt.amount.cents - sum(share.amount.cents for share in paid):
        lines.append(Line("overpaid", Side.HABEN, Money(surplus, row.currency), row.id))
    text = f"Zahlung über {row.provider}{BY_WORD if row.vendor_word == ON_WORD else ''}"
    ledger.post(tenant=tenant, entries=[Entry(f"attempt:{row.id}:paid", berlin_day(at), at, text, lines)])


def _show(tenant: Tenant, row: AttemptRow, event: str, at: datetime) -> None:
    """Bring the payment's public status up to its attempt's and record the event."""
    public = PUBLIC[Status(row.status)]
    if row.provider == "transfer" and row.status == Status.PENDING:
        public = _waiting_for_bank(row)
    rows = PaymentRow.objects.filter(tenant_id=tenant.id, id=row.payment_id)
    others = AttemptRow.objects.filter(tenant_id=tenant.id, payment_id=row.payment_id, status=Status.PAID)
    if row.status != Status.CHARGED_BACK or others.exclude(id=row.id).exists():
        rows = rows.exclude(status=PaymentStatus.PAID)
    rows.update(status=public)
    payload = {"attempt": str(row.id), "status": row.status}
    if row.vendor_word == ON_WORD:
        payload["on_word"] = str(row.released)
    events.record(tenant=tenant, name=event, subject=row.payment_id, at=at, payload=payload)


def _held_by_others(tenant: Tenant, attempt: Attempt) -> frozenset[UUID]:
    """Name those of an attempt's claims that it does not hold and another one does."""
    if attempt.status in HOLDS_CLAIM:
        return frozenset()
    held = AttemptClaimRow.objects.filter(tenant_id=tenant.id, holding=True, let_go=False, surplus=False)
    others = held.filter(claim_id__in=attempt.claim_ids).exclude(attempt_id=attempt.id)
    return frozenset(others.values_list("claim_id", flat=True))


def merchant_of(tenant: Tenant, provider: str) -> str:
    """Say under which name the provider knows the town."""
    return next(a.merchant_id for a in provider_accesses(tenant=tenant) if a.provider == provider)


def _next_check(row: AttemptRow, at: datetime) -> datetime | None:
    """Say when to ask about an attempt again: at the latest when its payment's time is over."""
    pause = pause_before_check(Status(row.status), row.checks) if row.provider != "transfer" else None
    word = pause_of_release(row.tenant_id, row.released, at)
    if pause is None or (word is not None and word < pause):
        return at + word if word is not None else None
    over = row.payment.expires_at
    return min(at + pause, over) if row.status in LIVE and at < over else at + pause


def _shares_of_payment(tenant: Tenant, payment_id: UUID) -> Mapping[UUID, int]:
    rows = PaymentClaimRow.objects.filter(tenant_id=tenant.id, payment_id=payment_id)
    shares = dict(rows.values_list("claim_id", "amount_cents"))
    if not shares:
        raise PaymentUnknown(f"there is no payment {payment_id}")
    return shares


def shares_of_attempt(tenant: Tenant, attempt_id: UUID) -> Mapping[UUID, int]:
    """Say what an attempt pays of which claims. Raises PaymentUnknown."""
    rows = AttemptClaimRow.objects.filter(tenant_id=tenant.id, attempt_id=attempt_id)
    shares = dict(rows.values_list("claim_id", "amount_cents"))
    if not shares:
        raise PaymentUnknown(f"there is no attempt {attempt_id}")
    return shares


def _locked_claims(tenant: Tenant, shares: Mapping[UUID, int]) -> Mapping[UUID, Money]:
    """Hold the claims, in the order in which everybody does, and say what is open of each."""
    held = claims.claims_by_id_locked(tenant=tenant, claim_ids=list(shares))
    return {claim.id: claim.open for claim in held.values()}


def _rows_of_claims(tenant: Tenant, claim_ids: Sequence[UUID], *, let_go: bool | None = None) -> "QuerySet[AttemptRow]":
    """Find the attempts that pay any of these claims, to be held in the order of their ids."""
    shares = AttemptClaimRow.objects.filter(tenant_id=tenant.id, claim_id__in=claim_ids)
    shares = shares if let_go is None else shares.filter(let_go=let_go)
    rows = AttemptRow.objects.select_for_update().filter(tenant_id=tenant.id, id__in=shares.values("attempt_id"))
    return rows.order_by("id")


def _payment_locked(tenant: Tenant, payment_id: UUID) -> PaymentRow:
    row = PaymentRow.objects.select_for_update().filter(tenant_id=tenant.id, id=payment_id).first()
    if row is None:
        raise PaymentUnknown(f"there is no payment {payment_id}")
    return row


def _attempt_locked(tenant: Tenant, attempt_id: UUID) -> AttemptRow:
    row = AttemptRow.objects.select_for_update().filter(tenant_id=tenant.id, id=attempt_id).first()
    if row is None:
        raise PaymentUnknown(f"there is no attempt {attempt_id}")
    return row
