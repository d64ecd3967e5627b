"""PAYONE's words and what they mean to us. Pure; a test compares them with the official description."""

from enum import StrEnum

import structlog

from zahlstelle.payments import ProviderStatus, RefundStatus

_log = structlog.get_logger(__name__)


class VendorStatus(StrEnum):
    """Every status of a payment or of one of its events (StatusValue)."""

    CREATED = "CREATED"
    CANCELLED = "CANCELLED"
    REJECTED = "REJECTED"
    REJECTED_CAPTURE = "REJECTED_CAPTURE"
    REJECTED_PAUSE = "REJECTED_PAUSE"
    REJECTED_UPDATE = "REJECTED_UPDATE"
    REDIRECTED = "REDIRECTED"
    PENDING_PAYMENT = "PENDING_PAYMENT"
    PENDING_COMPLETION = "PENDING_COMPLETION"
    PENDING_CAPTURE = "PENDING_CAPTURE"
    AUTHORIZATION_REQUESTED = "AUTHORIZATION_REQUESTED"
    CAPTURE_REQUESTED = "CAPTURE_REQUESTED"
    CAPTURED = "CAPTURED"
    REVERSED = "REVERSED"
    REFUND_REQUESTED = "REFUND_REQUESTED"
    REFUNDED = "REFUNDED"
    REJECTED_REFUND = "REJECTED_REFUND"
    CANCELLATION_REQUESTED = "CANCELLATION_REQUESTED"
    PAUSED = "PAUSED"
    CHARGEBACKED = "CHARGEBACKED"
    CHARGEBACK_REVERSED = "CHARGEBACK_REVERSED"
    ACCOUNT_CREDITED = "ACCOUNT_CREDITED"
    ACCOUNT_DEBITED = "ACCOUNT_DEBITED"
    PAYOUT_REQUESTED = "PAYOUT_REQUESTED"
    REJECTED_CREDIT = "REJECTED_CREDIT"
    UPDATED = "UPDATED"


_OPEN, _PENDING, _UNKNOWN = ProviderStatus.OPEN, ProviderStatus.PENDING, ProviderStatus.UNKNOWN
MEANING: dict[VendorStatus, ProviderStatus] = {
    VendorStatus.CREATED: _OPEN,
    VendorStatus.REDIRECTED: _OPEN,
    VendorStatus.PENDING_COMPLETION: _OPEN,
    VendorStatus.PENDING_PAYMENT: _PENDING,
    VendorStatus.PENDING_CAPTURE: _PENDING,
    VendorStatus.AUTHORIZATION_REQUESTED: _PENDING,
    VendorStatus.CAPTURE_REQUESTED: _PENDING,
    VendorStatus.CANCELLATION_REQUESTED: _PENDING,
    VendorStatus.PAUSED: _PENDING,
    VendorStatus.CAPTURED: ProviderStatus.PAID,
    # What was given or taken back had been captured; that it went back is a fact of its own.
    VendorStatus.REFUND_REQUESTED: ProviderStatus.PAID,
    VendorStatus.REFUNDED: ProviderStatus.PAID,
    VendorStatus.REJECTED_REFUND: ProviderStatus.PAID,
    VendorStatus.CHARGEBACKED: ProviderStatus.PAID,
    VendorStatus.CHARGEBACK_REVERSED: ProviderStatus.PAID,
    VendorStatus.REJECTED: ProviderStatus.DECLINED,
    VendorStatus.CANCELLED: ProviderStatus.CANCELLED,
    VendorStatus.REVERSED: ProviderStatus.CANCELLED,
    # The authorisation may still stand: neither paid nor declined.
    VendorStatus.REJECTED_CAPTURE: _UNKNOWN,
    # Words of pauses, of changes and of payouts to customers say nothing about what we asked for.
    VendorStatus.REJECTED_PAUSE: _UNKNOWN,
    VendorStatus.REJECTED_UPDATE: _UNKNOWN,
    VendorStatus.UPDATED: _UNKNOWN,
    VendorStatus.ACCOUNT_CREDITED: _UNKNOWN,
    VendorStatus.ACCOUNT_DEBITED: _UNKNOWN,
    VendorStatus.PAYOUT_REQUESTED: _UNKNOWN,
    VendorStatus.REJECTED_CREDIT: _UNKNOWN,
}

# What a refund's own event says. Any word that is not one of a refund is a doubt.
REFUND: dict[VendorStatus, RefundStatus] = dict.fromkeys(VendorStatus, RefundStatus.UNKNOWN) | {
    VendorStatus.REFUND_REQUESTED: RefundStatus.PENDING,
    VendorStatus.REFUNDED: RefundStatus.DONE,
    VendorStatus.REJECTED_REFUND: RefundStatus.REFUSED,
}


class VendorCheckout(StrEnum):
    """Every status of a checkout (StatusCheckout)."""

    OPEN = "OPEN"
    PENDING_COMPLETION = "PENDING_COMPLETION"
    COMPLETED = "COMPLETED"
    BILLED = "BILLED"
    CHARGEBACKED = "CHARGEBACKED"
    DELETED = "DELETED"


# Whether money was collected. COMPLETED is an authorisation that waits for its capture.
CHECKOUT: dict[VendorCheckout, bool] = {
    VendorCheckout.OPEN: False,
    VendorCheckout.PENDING_COMPLETION: False,
    VendorCheckout.COMPLETED: False,
    VendorCheckout.BILLED: True,
    VendorCheckout.CHARGEBACKED: True,
    VendorCheckout.DELETED: False,
}


# What a TransactionStatus of the classic interface says. Money that went back is a fact of its own, and none of these.
TRANSACTION: dict[str, ProviderStatus] = {
    "appointed": _PENDING,
    "capture": _PENDING,
    "paid": ProviderStatus.PAID,
    "failed": ProviderStatus.DECLINED,
    "underpaid": _UNKNOWN,
}
_SAYS_NOTHING = frozenset(
    {"cancelation", "refund", "debit", "reminder", "vauthorization", "vsettlement", "transfer", "invoice"}
)


def transaction_meaning(action: str, balance: str) -> ProviderStatus | None:
    """What a TransactionStatus means; None where it says nothing of the payment itself. Paid is what is settled."""
    if action in _SAYS_NOTHING:
        return None
    if action not in TRANSACTION:
        _unheard(action)
        return ProviderStatus.UNKNOWN
    settled = action != "paid" or balance in ("0", "0.00")
    return TRANSACTION[action] if settled else ProviderStatus.UNKNOWN


def meaning(word: str) -> ProviderStatus:
    """What a status means. A word never heard is UNKNOWN and logged: neither paid nor failed."""
    if word in set(VendorStatus):
        return MEANING[VendorStatus(word)]
    _unheard(word)
    return ProviderStatus.UNKNOWN


def refund_meaning(word: str) -> RefundStatus:
    """What a refund's status means; a word never heard is UNKNOWN and logged."""
    if word in set(VendorStatus):
        return REFUND[VendorStatus(word)]
    _unheard(word)
    return RefundStatus.UNKNOWN


def collected(word: str) -> bool | None:
    """Whether a checkout of this status has collected money; None for a word never heard."""
    if word in set(VendorCheckout):
        return CHECKOUT[VendorCheckout(word)]
    _unheard(word)
    return None


def _unheard(word: str) -> None:
    _log.warning("provider_word_unknown", provider="payone", word=word[:40])
