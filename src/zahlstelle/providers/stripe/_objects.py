"""Reads Stripe's objects and writes its requests. Pure: no IO, no clock; what is missing or odd is no answer."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from zahlstelle.kernel import Money, MoneyUnreadable
from zahlstelle.payments import (
    Authentication,
    MerchantAccess,
    NoAnswer,
    RefundReport,
    RefundRequest,
    Report,
    StartRequest,
)

from ._words import METHODS, meaning, refund_meaning

# Stripe ends a session 30 minutes after its making at the earliest, and takes no earlier time.
_SHORTEST = timedelta(minutes=31)
_LANGUAGES = frozenset({"de", "en", "fr", "pl", "tr", "it", "es", "nl", "ro", "bg", "el", "hr"})


def order(request: StartRequest) -> Mapping[str, Any]:
    """Write the Checkout Session that a start asks for."""
    names = {"attempt": str(request.attempt_id), "merchant": request.merchant.merchant_id}
    made = made_at(str(request.attempt_id))
    ends = int(request.expires_at.timestamp())
    text = " ".join(request.description.split())[:200].strip() or request.kassenzeichen
    return {
        "mode": "payment",
        "client_reference_id": str(request.attempt_id),
        "payment_method_types": [METHODS[request.method]],
        "line_items": [
            {
                "quantity": 1,
                "price_data": {
                    "currency": request.amount.currency.lower(),
                    "unit_amount": request.amount.cents,
                    "product_data": {"name": text},
                },
            }
        ],
        "success_url": request.return_url,
        "cancel_url": request.return_url,
        "locale": request.language if request.language in _LANGUAGES else "auto",
        "expires_at": ends if made is None else max(ends, made + int(_SHORTEST.total_seconds())),
        "metadata": names,
        "payment_intent_data": {
            "metadata": names,
            "description": f"{request.kassenzeichen} {text}",
            **({"capture_method": "automatic"} if request.method == "card" else {}),
        },
        **({"payment_method_options": _challenge()} if request.challenge and request.method == "card" else {}),
    }


def _challenge() -> Mapping[str, Any]:
    return {"card": {"request_three_d_secure": "challenge"}}


def made_at(reference: str) -> int | None:
    """Read from an attempt's id (UUIDv7) the second at which it was made; None where it does not tell."""
    try:
        value = UUID(reference)
    except ValueError:
        return None
    return value.int >> 80 and (value.int >> 80) // 1000 if value.version == 7 else None


def form(values: Mapping[str, Any]) -> dict[str, str]:
    """Write values as Stripe's forms do: `a[b][0][c]=...`."""
    return dict(_flat("", values))


def _flat(name: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _flat(f"{name}[{key}]" if name else key, inner)
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _flat(f"{name}[{number}]", inner)
    else:
        yield name, str(value)


def report(session: Any, merchant: MerchantAccess) -> Report | NoAnswer:
    """Read a Checkout Session with its PaymentIntent expanded; one that lacks a part is no account of a payment."""
    match session:
        case {
            "object": "checkout.session",
            "id": str(name),
            "status": str(status),
            "client_reference_id": str(reference),
            "metadata": {"merchant": str(whose)},
            "livemode": bool(live),
            **rest,
        }:
            intent: Any = rest.get("payment_intent")
            if live is not is_live(merchant):
                return NoAnswer("test and live mixed")
            if intent is not None and not _belongs(intent, reference, whose):
                return NoAnswer("PaymentIntent unreadable, or of another payment")
            said, word = meaning(status, intent["status"] if intent else None)
            return Report(
                status=said,
                provider_reference=name,
                merchant_id=whose,
                reference=reference,
                amount=_received(intent) if intent else None,
                decline_code=_decline(intent) if intent else None,
                vendor_word=word,
                authentication=_authentication(intent) if intent else None,
            )
    return NoAnswer("session unreadable")


def _belongs(intent: Any, reference: str, whose: str) -> bool:
    match intent:
        case {"object": "payment_intent", "status": str(), "metadata": {"attempt": str(a), "merchant": str(m)}}:
            return (a, m) == (reference, whose)
    return False


def _received(intent: Mapping[str, Any]) -> Money | None:
    return amount(intent.get("amount_received"), intent.get("currency"))


def amount(cents: Any, currency: Any) -> Money | None:
    """Read an amount, if it is one. Stripe counts euro in cents; what other currencies count is not guessed."""
    if type(cents) is not int or currency != "eur":
        return None
    try:
        return Money(cents, "EUR")
    except MoneyUnreadable:
        return None


def _decline(intent: Mapping[str, Any]) -> str | None:
    match intent.get("last_payment_error"):
        case {"decline_code": str(code)} | {"code": str(code)}:
            return code[:200]
    return None


def _authentication(intent: Mapping[str, Any]) -> Authentication | None:
    match intent.get("latest_charge"):
        case {"payment_method_details": {"card": {"three_d_secure": {**told}}}}:
            flow = told.get("authentication_flow")
            return Authentication(
                exemption_applied=_text(told.get("exemption_indicator")),
                eci=_text(told.get("electronic_commerce_indicator")),
                challenged=flow == "challenge" if flow in ("challenge", "frictionless") else None,
            )
    return None


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def is_live(merchant: MerchantAccess) -> bool:
    """Say whether a contract's key is one of the live world."""
    return "_live_" in merchant.secret.reveal()[:10]


def refund_order(request: RefundRequest, intent: str) -> Mapping[str, Any]:
    """Write the refund that is asked for."""
    return {
        "payment_intent": intent,
        "amount": request.amount.cents,
        "metadata": {"refund": str(request.refund_id), "attempt": request.reference},
    }


def refund_report(refund: Any) -> RefundReport | NoAnswer:
    """Read a Refund."""
    match refund:
        case {"object": "refund", "id": str(name), "status": str(word), **rest}:
            metadata = rest.get("metadata")
            ours = metadata.get("refund") if isinstance(metadata, Mapping) else None
            return RefundReport(
                status=refund_meaning(word),
                refund_reference=name,
                reference=_text(ours),
                amount=amount(rest.get("amount"), rest.get("currency")),
                vendor_word=word,
            )
    return NoAnswer("refund unreadable")
