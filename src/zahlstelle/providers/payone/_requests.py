"""What is asked of PAYONE's Commerce Platform. Pure: no IO, no clock; a test holds it against the description."""

import base64
import hashlib
import json
from typing import Any
from uuid import UUID

from zahlstelle.payments import CardToken, ClickToPayResult, RefundRequest, StartRequest

# Methods whose payer goes on at a page of PAYONE's side, and their products.
METHODS = {"paypal": 840, "wero": 900}
# Cards come as a token of PAYONE's own fields, with its script's word for the brand; these are its products.
CARD = "card"
CARDS = {"V": 1, "M": 3}
# Click to Pay is one product for both schemes, and calls them by other words.
CLICK_TO_PAY, NETWORKS = 5002, {"V": "VISA", "M": "MASTERCARD"}
_LONGEST_DPA = 64
_LONGEST_RETURN_URL = 200


def payment_reference(ours: UUID) -> str:
    """The name of a payment or refund at PAYONE: at most 20 characters are allowed, so it is drawn from our id.

    It has 100 bits of it, so that two ids never meet; the id itself stands in the checkout and in the parameters.
    """
    return base64.b32encode(hashlib.sha256(ours.bytes).digest()).decode()[:20]


def parameters(ours: UUID) -> str:
    """What PAYONE gives back with every word about the payment: our own name for it."""
    return json.dumps({"attempt": str(ours)}, separators=(",", ":"))


def unsayable(request: StartRequest) -> str | None:
    """Why PAYONE cannot be asked for this, or None."""
    if request.method == CARD:
        if request.card is None or request.card.brand not in CARDS:
            return "card_not_accepted"
        if isinstance(request.card, ClickToPayResult) and not 0 < len(_dpa(request, request.card)) <= _LONGEST_DPA:
            return "click_to_pay_without_dpa"
    elif request.method not in METHODS:
        return "method_not_offered"
    return "return_url_too_long" if len(request.return_url) > _LONGEST_RETURN_URL else None


def start(request: StartRequest) -> dict[str, Any]:
    """A commerce case with one checkout that is paid at once: case, checkout and payment in one call."""
    ours = str(request.attempt_id)
    amount = {"amount": request.amount.cents, "currencyCode": request.amount.currency}
    references = {
        "merchantReference": payment_reference(request.attempt_id),
        "merchantParameters": parameters(request.attempt_id),
    }
    if request.method == "paypal":
        references["descriptor"] = " ".join(request.description.split())[:127].strip() or request.kassenzeichen
    return {
        "merchantReference": ours,
        "checkout": {
            "amountOfMoney": amount,
            "references": {"merchantReference": ours},
            "autoExecuteOrder": True,
            "orderRequest": {
                "orderType": "FULL",
                "orderReferences": references,
                "paymentMethodSpecificInput": {"paymentChannel": "ECOMMERCE", **_how(request)},
            },
        },
    }


def refund(request: RefundRequest) -> dict[str, Any]:
    """A refund under a name of its own, which PAYONE takes once for a checkout. Wero demands a reason."""
    return {
        "amountOfMoney": {"amount": request.amount.cents, "currencyCode": request.amount.currency},
        "references": {"merchantReference": payment_reference(request.refund_id)},
        "return": {"returnReason": " ".join(request.text.split())[:255].strip() or "Erstattung"},
    }


def cancel() -> dict[str, Any]:
    """Give the whole payment up."""
    return {"cancellationReason": "CONSUMER_REQUEST"}


def _how(request: StartRequest) -> dict[str, Any]:
    """What the method needs. Captured at once: what is only reserved is no payment of a fee."""
    if isinstance(request.card, ClickToPayResult):
        return {"mobilePaymentMethodSpecificInput": _click_to_pay(request, request.card)}
    if request.card is None:
        redirect = {"requiresApproval": False, "redirectionData": {"returnUrl": request.return_url}}
        product = {"paymentProductId": METHODS[request.method]}
        return {"redirectPaymentMethodSpecificInput": product | redirect}
    return {"cardPaymentMethodSpecificInput": _token(request, request.card)}


def _token(request: StartRequest, card: CardToken) -> dict[str, Any]:
    return {
        "paymentProductId": CARDS[card.brand],
        "paymentProcessingToken": card.token.reveal(),
        "authorizationMode": "SALE",
        "transactionChannel": "ECOMMERCE",
        "returnUrl": request.return_url,
    }


def _click_to_pay(request: StartRequest, card: ClickToPayResult) -> dict[str, Any]:
    """Hand the schemes' result on, as it is. The bank may still want to see the payer: then they come back here."""
    return {
        "paymentProductId": CLICK_TO_PAY,
        "authorizationMode": "SALE",
        "threeDSecure": {"redirectionData": {"returnUrl": request.return_url}},
        "paymentProduct5002SpecificInput": {
            "network": NETWORKS[card.brand],
            "paymentCheckoutData": card.result.reveal(),
            "srcDpaId": _dpa(request, card),
        },
    }


def _dpa(request: StartRequest, card: ClickToPayResult) -> str:
    """The town's name at the scheme: what the script tells, or what the contract says."""
    return card.dpa or request.merchant.settings.get(f"dpa_{NETWORKS[card.brand].lower()}", "")
