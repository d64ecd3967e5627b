"""Reads what PAYONE's Commerce Platform says. Pure: no IO, no clock; what lacks a part is no answer."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from zahlstelle.kernel import Money, MoneyUnreadable, Secret
from zahlstelle.payments import (
    Authentication,
    CardFields,
    ForgedNotification,
    MerchantAccess,
    NoAnswer,
    Notification,
    ProviderStatus,
    RefundReport,
    Report,
    Started,
)

from ._requests import payment_reference
from ._words import VendorStatus, collected, meaning, refund_meaning

_TAKES_MONEY = frozenset({"SALE", "CAPTURE"})
_CONFLICT = 409
_FIRST = frozenset({"SALE", "RESERVATION", "CAPTURE", "REVERSAL"})


@dataclass(frozen=True, slots=True)
class Place:
    """Where a payment is: PAYONE's names for its case, its checkout and its execution."""

    case: str
    checkout: str
    execution: str

    @property
    def name(self) -> str:
        return f"{self.case}/{self.checkout}/{self.execution}"


def placed(name: str) -> Place | None:
    """The place that a provider reference names; None if it names none."""
    parts = name.split("/")
    if len(parts) != 3 or not all(_is_uuid(part) for part in parts):
        return None
    return Place(*parts)


def started(said: Any, back: str | None) -> Started | None:
    """Read the answer to a start; None for what is none, or sends the payer nowhere.

    A card may be decided at once: then the payer goes `back`, and what became of it is asked for there.
    """
    match said:
        case {
            "commerceCaseId": str(case),
            "checkout": {
                "checkoutId": str(checkout),
                "paymentResponse": {"paymentExecutionId": str(execution), **more},
            },
        } if placed(f"{case}/{checkout}/{execution}"):
            url = _page(more["merchantAction"]) if "merchantAction" in more else back
            return Started(f"{case}/{checkout}/{execution}", url, authentication(more.get("payment"))) if url else None
    return None


def _page(action: Any) -> str | None:
    match action:
        case {"actionType": "REDIRECT", "redirectData": {"redirectURL": str(url)}}:
            return url if url.startswith(("https://", "http://")) else None
    return None


def authentication(payment: Any) -> Authentication | None:
    """What a payment says of 3-D Secure; who is liable and whether the bank asked, PAYONE does not say."""
    match payment:
        case {"paymentOutput": {"cardPaymentMethodSpecificOutput": {"threeDSecureResults": dict(told)}}} | {
            "paymentOutput": {"mobilePaymentMethodSpecificOutput": {"threeDSecureResults": dict(told)}}
        }:
            eci, exemption = told.get("schemeEci"), told.get("appliedExemption")
            return Authentication(
                exemption_applied=exemption if isinstance(exemption, str) else None,
                eci=eci if isinstance(eci, str) else None,
            )
    return None


def card_fields(said: Any, merchant: MerchantAccess) -> CardFields | NoAnswer:
    """Read the pass for the fields; their script and its hash stand in the contract."""
    script, integrity = merchant.settings.get("card_script", ""), merchant.settings.get("card_script_integrity", "")
    address = urlsplit(script)
    own = f"{address.scheme}://{address.netloc}"
    match said:
        case {"token": str(token)} if token and address.netloc and integrity:
            origin, mode = merchant.settings.get("card_fields", own), merchant.settings.get("card_mode", "live")
            return CardFields(script, integrity, origin, Secret(token), mode, has_click_to_pay(merchant))
    return NoAnswer("no pass for the card fields, or no script in the contract")


def has_click_to_pay(merchant: MerchantAccess) -> bool:
    """Say whether the contract has Click to Pay."""
    return merchant.settings.get("click_to_pay") == "yes"


def not_paid(said: Any) -> str | None:
    """The code of a checkout that was made without its payment; None if that is not what is said.

    A conflict is no such code: the name is taken, so a payment of ours may have been made under it.
    """
    match said:
        case {"checkout": {"errorResponse": {"errors": [{"errorCode": str(code), **error}, *_]}, **rest}} if not (
            rest.get("paymentResponse") or error.get("httpStatusCode") == _CONFLICT
        ):
            return code
    return None


def error_code(said: Any) -> str | None:
    """The code of an error."""
    match said:
        case {"errors": [{"errorCode": str(code)}, *_]}:
            return code
    return None


def about(said: Any, reference: str) -> Mapping[str, Any] | NoAnswer | None:
    """The checkout of this reference in a list of them: None if there is certainly none."""
    match said:
        case {"numberOfCheckouts": int(), "checkouts": list(found)} if all(isinstance(each, dict) for each in found):
            ours = [each for each in found if (each.get("references") or {}).get("merchantReference") == reference]
            if len(found) < 100 and len(ours) <= 1:
                return ours[0] if ours else None
    return NoAnswer("list of checkouts unreadable, or more than one of one reference")


def report(said: Any, merchant: MerchantAccess) -> Report | NoAnswer:
    """Read a checkout. Paid is only what its event and its sums say alike."""
    match said:
        case {
            "commerceCaseId": str(case),
            "checkoutId": str(checkout),
            "references": {"merchantReference": str(reference)},
            "checkoutStatus": str(word),
            "amountOfMoney": {"amount": int(asked), "currencyCode": str(currency)},
            "statusOutput": dict(sums),
            "paymentExecutions": [dict(execution)],
        } if isinstance(execution.get("paymentExecutionId"), str):
            name = Place(case, checkout, execution["paymentExecutionId"]).name
            status, event = _status(word, sums, _events(execution))
            cents = _captured(sums) if status is ProviderStatus.PAID else asked
            whose = reference if _is_ours(execution, reference) else f"{reference}?"
            return Report(status, name, merchant.merchant_id, whose, _money(cents, currency), None, event)
    return NoAnswer("checkout unreadable")


def refund(said: Any, refund_id: UUID) -> RefundReport | None:
    """Find a refund among the events of a checkout by the name we gave it; None if there is none."""
    name = payment_reference(refund_id)
    executions = said.get("paymentExecutions") if isinstance(said, dict) else None
    for execution in executions if isinstance(executions, list) else []:
        for event in _events(execution):
            if event.get("type") == "REFUND" and event.get("merchantReference") == name:
                word = str(event.get("paymentStatus"))
                amount = event.get("amountOfMoney") or {}
                money = _money(amount.get("amount"), amount.get("currencyCode"))
                return RefundReport(refund_meaning(word), name, str(refund_id), money, word)
    return None


def notification(merchant: MerchantAccess, body: bytes) -> Notification:
    """Say whom a webhook, rightly signed, is about: it may be about nobody, for a merchant's webhooks all come here.

    Raises ForgedNotification for another merchant's.
    """
    said = _json(body)
    match said:
        case {"id": str(message), "merchantId": str(whose)} if message and whose == merchant.merchant_id:
            attempt = _attempt(said)
            about = str(attempt) if attempt else None
            return Notification(None, about, message, authentication(said.get("payment")) if attempt else None)
    raise ForgedNotification("the notification is not this merchant's")


def _attempt(said: Mapping[str, Any]) -> UUID | None:
    """Our name in the parameters; a payment's own name must fit to it, a refund's is another."""
    match said:
        case {"payment": {"paymentOutput": {"merchantParameters": str(given), "references": dict(names)}}}:
            attempt = _named(given)
            fits = attempt and names.get("merchantReference") == payment_reference(attempt)
            return attempt if fits else None
        case {"refund": {"refundOutput": {"merchantParameters": str(given)}}}:
            return _named(given)
    return None


def _named(parameters: str) -> UUID | None:
    match _json(parameters):
        case {"attempt": str(name)} if _is_uuid(name):
            return UUID(name)
    return None


def _status(checkout: str, sums: Mapping[str, Any], events: Sequence[Mapping[str, Any]]) -> tuple[ProviderStatus, str]:
    """What became of the payment, and the word for it. Where two words differ it is UNKNOWN."""
    has_collected = collected(checkout)
    words = [str(each.get("paymentStatus")) for each in events if each.get("type") in _FIRST]
    taken = any(
        each.get("paymentStatus") == VendorStatus.CAPTURED for each in events if each.get("type") in _TAKES_MONEY
    )
    word = VendorStatus.CAPTURED if taken else words[-1] if words else checkout
    status = ProviderStatus.OPEN if not words and not events else meaning(word)
    if has_collected is None or (status is ProviderStatus.PAID) != has_collected:
        return ProviderStatus.UNKNOWN, f"{word}, {checkout}"
    if status is ProviderStatus.PAID and not _captured(sums):
        return ProviderStatus.UNKNOWN, f"{word} without a sum"
    return status, word


def _captured(sums: Mapping[str, Any]) -> int:
    """All that was ever collected: what went back was collected before."""
    parts = [sums.get(name, 0) for name in ("collectedAmount", "refundedAmount", "chargebackAmount")]
    return sum(parts) if all(type(part) is int for part in parts) else 0


def _events(execution: Any) -> Sequence[Mapping[str, Any]]:
    """The events of an execution, the oldest first; those without a time keep their place."""
    events = execution.get("events") if isinstance(execution, dict) else None
    found = [each for each in events if isinstance(each, dict)] if isinstance(events, list) else []
    return sorted(found, key=lambda each: str(each.get("creationDateTime", "")))


def _is_ours(execution: Mapping[str, Any], reference: str) -> bool:
    try:
        known = payment_reference(UUID(reference))
    except ValueError:
        return False
    return (execution.get("references") or {}).get("merchantReference") == known


def _money(cents: Any, currency: Any) -> Money | None:
    """The amount, if it is one; what is none is not guessed."""
    if type(cents) is not int or not isinstance(currency, str):
        return None
    try:
        return Money(cents, currency)
    except MoneyUnreadable:
        return None


def _is_uuid(text: str) -> bool:
    try:
        return str(UUID(text)) == text.lower()
    except ValueError:
        return False


def _json(content: Any) -> Any:
    try:
        return json.loads(content)
    except (TypeError, ValueError, RecursionError):
        return None
