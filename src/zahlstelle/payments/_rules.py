"""The life of an attempt as a graph, what the outside sees of it, and what a provider's report means. No IO."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from uuid import UUID

from zahlstelle.kernel import Money

from ._socket import ProviderStatus, Report


class Status(StrEnum):
    """Where an attempt stands."""

    INTENDED = "intended"  # written down, the provider not yet called
    STARTED = "started"  # the citizen is at the provider
    PENDING = "pending"  # the provider, or the bank, works on it
    UNKNOWN = "unknown"  # nobody knows yet: ask, never try again
    CONTRADICTED = "contradicted"  # the provider says paid, but other than asked: a person looks
    PAID = "paid"
    SURPLUS = "surplus"  # paid although the claim was settled: money to give back
    DECLINED = "declined"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    REFUSED = "refused"  # the provider never took it
    CHARGED_BACK = "charged_back"  # the card holder's bank has taken the money back


_S = Status
EDGES: Mapping[tuple[Status, Status], str] = {
    (_S.INTENDED, _S.STARTED): "payment.started",
    (_S.INTENDED, _S.REFUSED): "payment.refused",
    (_S.UNKNOWN, _S.STARTED): "payment.started_after_all",
    (_S.UNKNOWN, _S.REFUSED): "payment.never_started",
    **{
        edge: event
        for live in (_S.INTENDED, _S.STARTED, _S.PENDING, _S.UNKNOWN, _S.CONTRADICTED)
        for edge, event in {
            (live, _S.PENDING): "payment.pending",
            (live, _S.UNKNOWN): "payment.outcome_unknown",
            (live, _S.CONTRADICTED): "payment.contradicted",
            (live, _S.PAID): "payment.paid",
            (live, _S.SURPLUS): "payment.paid_twice",
            (live, _S.DECLINED): "payment.declined",
            (live, _S.CANCELLED): "payment.cancelled",
            (live, _S.EXPIRED): "payment.expired",
        }.items()
        if edge[0] is not edge[1]
    },
    (_S.INTENDED, _S.UNKNOWN): "payment.start_unanswered",
    # The provider's word outranks our timer and its own earlier no, also that it had never seen the payment.
    **{
        edge: event
        for ended in (_S.DECLINED, _S.CANCELLED, _S.EXPIRED, _S.REFUSED)
        for edge, event in {
            (ended, _S.PAID): "payment.paid_late",
            (ended, _S.SURPLUS): "payment.paid_twice",
            (ended, _S.CONTRADICTED): "payment.contradicted",
        }.items()
    },
    # Only a settlement report says so; until then paid is paid, whatever the provider says of the payment.
    (_S.PAID, _S.CHARGED_BACK): "payment.charged_back",
    (_S.SURPLUS, _S.CHARGED_BACK): "payment.charged_back",
}

LIVE = frozenset({_S.INTENDED, _S.STARTED, _S.PENDING, _S.UNKNOWN, _S.CONTRADICTED})
HOLDS_CLAIM = LIVE | {_S.PAID}
# The provider has had the money for the town; nothing follows but, seldom, a chargeback.
ENDS = frozenset({_S.PAID, _S.SURPLUS, _S.CHARGED_BACK})


class PaymentStatus(StrEnum):
    """What the outside sees of a payment: a second, smaller vocabulary."""

    CREATED = "created"
    STARTED = "started"
    CHECKING = "checking"
    AWAITING_TRANSFER = "awaiting_transfer"
    AWAITING_DEBIT = "awaiting_debit"
    PAID = "paid"
    DECLINED = "declined"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    CHARGED_BACK = "charged_back"


PUBLIC: Mapping[Status, PaymentStatus] = {
    _S.INTENDED: PaymentStatus.CHECKING,
    _S.STARTED: PaymentStatus.STARTED,
    _S.PENDING: PaymentStatus.CHECKING,
    _S.UNKNOWN: PaymentStatus.CHECKING,
    _S.CONTRADICTED: PaymentStatus.CHECKING,
    _S.PAID: PaymentStatus.PAID,
    _S.SURPLUS: PaymentStatus.PAID,
    _S.DECLINED: PaymentStatus.DECLINED,
    _S.CANCELLED: PaymentStatus.CANCELLED,
    _S.EXPIRED: PaymentStatus.EXPIRED,
    _S.REFUSED: PaymentStatus.DECLINED,
    _S.CHARGED_BACK: PaymentStatus.CHARGED_BACK,
}

_MEANS: Mapping[ProviderStatus, Status] = {
    ProviderStatus.OPEN: Status.STARTED,
    ProviderStatus.PENDING: Status.PENDING,
    ProviderStatus.PAID: Status.PAID,
    ProviderStatus.DECLINED: Status.DECLINED,
    ProviderStatus.CANCELLED: Status.CANCELLED,
    ProviderStatus.EXPIRED: Status.EXPIRED,
    ProviderStatus.UNKNOWN: Status.UNKNOWN,
}


@dataclass(frozen=True, slots=True)
class Share:
    """A claim's share of a payment (Anteil): all of the amount, or its part of a basket.

    Of an attempt also what of it was given back, and whether it came although the claim was settled.
    """

    claim_id: UUID
    amount: Money
    refunded_cents: int = 0
    disputed_cents: int = 0
    surplus: bool = False

    @property
    def left_cents(self) -> int:
        """How much of it has not been given back."""
        return self.amount.cents - self.refunded_cents - self.disputed_cents


def still_owed(shares: Sequence[Share], open_now: Mapping[UUID, Money]) -> frozenset[UUID]:
    """Name the claims that an attempt's money can still settle: all of a claim's share is open, or none of it is used.

    A share of which a part was paid meanwhile is owed back whole, as money for a settled claim is.
    """
    return frozenset(share.claim_id for share in shares if share.amount <= open_now[share.claim_id])


def next_status(now: Status, report: Report, *, attempt: str, merchant_id: str, amount: Money, owed: bool) -> Status:
    """Say where a report takes an attempt; `now` where it changes nothing. `owed`: a claim of it needs its money.

    A report about other money, another merchant or another attempt never makes it paid.
    """
    meant = _MEANS[report.status]
    if not about(report, attempt=attempt, merchant_id=merchant_id) or (
        meant is Status.PAID and report.amount != amount
    ):
        meant = Status.CONTRADICTED
    if meant is Status.PAID and not owed:
        meant = Status.SURPLUS
    return meant if (now, meant) in EDGES else now


def about(report: Report, *, attempt: str, merchant_id: str) -> bool:
    """Say whether a report is about this attempt of this merchant."""
    return report.merchant_id == merchant_id and report.reference == attempt


# The call that starts an attempt has its own time; asked before, a provider may say that it has never seen it.
_STARTING = timedelta(seconds=30)


def never_started(status: Status, provider_reference: str | None, since: timedelta) -> bool:
    """Say whether "never seen" is the last word: only when the call that starts the attempt has ended."""
    answered = status is Status.UNKNOWN or (status is Status.INTENDED and since >= _STARTING)
    return answered and provider_reference is None


_CHECKS = [timedelta(seconds=s) for s in (10, 20, 40, 60, 120, 300, 600, 900, 1800, 3600)]
_AFTER_THE_END = [timedelta(minutes=m) for m in (1, 10, 60, 24 * 60)]


def pause_before_check(status: Status, checks: int) -> timedelta | None:
    """Say how long to wait before the provider is asked again; None when there is nothing left to learn.

    An attempt that ended without money is asked about four times more: a provider may capture late.
    """
    if status in ENDS:
        return None
    if status in (Status.DECLINED, Status.CANCELLED, Status.EXPIRED, Status.REFUSED):
        return _AFTER_THE_END[checks] if checks < len(_AFTER_THE_END) else None
    pause = _CHECKS[min(checks, len(_CHECKS) - 1)]
    return max(pause, _STARTING) if status is Status.INTENDED else pause


def diagram() -> str:
    """Draw the graph as Mermaid text, for docs/payments.md."""
    edges = (f"    {a} --> {b}: {event.removeprefix('payment.')}" for (a, b), event in EDGES.items())
    return "\n".join(
        ["stateDiagram-v2", "    [*] --> intended", *edges, *(f"    {end} --> [*]" for end in sorted(ENDS))]
    )
