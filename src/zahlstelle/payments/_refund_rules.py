"""The life of a refund as a graph, and what becomes of the claim. No IO."""

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from uuid import UUID

from zahlstelle.kernel import Money
from zahlstelle.ledger import Line, Side

from ._socket import RefundReport, RefundStatus


class RefundState(StrEnum):
    """Where a refund (Erstattung) stands. All but `refused` count against what can still be given back."""

    INTENDED = "intended"  # written down, the provider not yet asked
    PENDING = "pending"  # the provider works on it
    UNKNOWN = "unknown"  # nobody knows: it is asked about, never tried again
    DONE = "done"
    REFUSED = "refused"  # certainly no money went back


_S = RefundState
REFUND_EDGES: Mapping[tuple[RefundState, RefundState], str] = {
    (_S.INTENDED, _S.PENDING): "payment.refund_pending",
    (_S.INTENDED, _S.UNKNOWN): "payment.refund_unknown",
    (_S.INTENDED, _S.DONE): "payment.refunded",
    (_S.INTENDED, _S.REFUSED): "payment.refund_refused",
    (_S.PENDING, _S.UNKNOWN): "payment.refund_unknown",
    (_S.PENDING, _S.DONE): "payment.refunded",
    (_S.PENDING, _S.REFUSED): "payment.refund_refused",
    (_S.UNKNOWN, _S.PENDING): "payment.refund_pending",
    (_S.UNKNOWN, _S.DONE): "payment.refunded",
    (_S.UNKNOWN, _S.REFUSED): "payment.refund_refused",
    # The provider's later word outranks its no.
    (_S.REFUSED, _S.DONE): "payment.refunded",
}
OPEN = frozenset({_S.INTENDED, _S.PENDING, _S.UNKNOWN})

_MEANS: Mapping[RefundStatus, RefundState] = {
    RefundStatus.PENDING: _S.PENDING,
    RefundStatus.DONE: _S.DONE,
    RefundStatus.REFUSED: _S.REFUSED,
    RefundStatus.UNKNOWN: _S.UNKNOWN,
}


class Wish(StrEnum):
    """What becomes of the claim whose money is given back."""

    CANCELLED = "cancelled"  # nothing is owed any more: the claim stays settled
    REOPENED = "reopened"  # it is owed again, and can be paid anew
    SURPLUS = "surplus"  # it was paid more than once: the claim is not concerned


def next_state(now: RefundState, report: RefundReport, *, refund: UUID, amount: Money) -> RefundState:
    """Say where a report takes a refund; `now` where it changes nothing.

    A report about other money or another refund is no word about this one: nobody knows.
    """
    other = report.reference is not None and report.reference != str(refund)
    wrong = other or (report.amount is not None and report.amount != amount)
    meant = _S.UNKNOWN if wrong else _MEANS[report.status]
    return meant if (now, meant) in REFUND_EDGES else now


def lines(wish: Wish, *, refund: UUID, attempt: UUID, claim: UUID, provider: str, amount: Money) -> tuple[Line, Line]:
    """What is booked when it is done: what the money was for, against what the provider owes us.

    The clearing line is about the refund, so that the payment's own clearing stays what the provider will pay out.
    """
    against = {
        Wish.CANCELLED: Line("refunded", Side.SOLL, amount, attempt),
        Wish.REOPENED: Line("receivable", Side.SOLL, amount, claim),
        Wish.SURPLUS: Line("overpaid", Side.SOLL, amount, attempt),
    }
    return against[wish], Line(f"clearing:{provider}", Side.HABEN, amount, refund)


def possible(wish: Wish, *, cents: int, settled: int, overpaid: int) -> bool:
    """Say whether a wish can be booked: a claim opens again by what it counts as paid, a surplus is only what there is.

    `settled`: what the claim counts as paid; `overpaid`: what of the attempt is owed back to the payer. Money that is
    owed back never paid the claim: it can be given back as that alone.
    """
    if overpaid or wish is Wish.SURPLUS:
        return wish is Wish.SURPLUS and cents <= overpaid
    return wish is Wish.CANCELLED or cents <= settled


_CHECKS = [timedelta(seconds=s) for s in (10, 20, 40, 60, 120, 300, 600, 900, 1800, 3600)]
_AFTER_THE_NO = [timedelta(minutes=m) for m in (1, 10, 60, 24 * 60)]
# The call that asks for a refund has its own time, a question before it and a second try included; asked before it
# has ended, a provider may say that it has never seen it.
_ASKING = timedelta(minutes=2)


def pause_before_question(state: RefundState, checks: int) -> timedelta | None:
    """Say how long to wait before the provider is asked again; None when there is nothing left to learn."""
    if state is _S.DONE:
        return None
    if state is _S.REFUSED:
        return _AFTER_THE_NO[checks] if checks < len(_AFTER_THE_NO) else None
    pause = _CHECKS[min(checks, len(_CHECKS) - 1)]
    return max(pause, _ASKING) if state is _S.INTENDED else pause


def never_asked(state: RefundState, refund_reference: str | None, since: timedelta) -> bool:
    """Say whether "never seen" is the last word: only when the call that asks for the refund has ended."""
    over = state is _S.UNKNOWN or (state is _S.INTENDED and since >= _ASKING)
    return over and refund_reference is None


def refund_diagram() -> str:
    """Draw the graph as Mermaid text, for docs/payments.md."""
    edges = (f"    {a} --> {b}: {event.removeprefix('payment.')}" for (a, b), event in REFUND_EDGES.items())
    return "\n".join(["stateDiagram-v2", "    [*] --> intended", *edges, "    done --> [*]", "    refused --> [*]"])
