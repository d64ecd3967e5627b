"""PAYONE's Commerce Platform as the sandbox keeps it: signatures, errors, what a request may say. Pure."""

import base64
import hashlib
import hmac
import json
import re
import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from ._checks import Check, one_of, strict, text, url, whole, yes_no
from ._problems import Problem

# What the sandbox plays: methods that go on at a page, and cards by a token; all captured at once.
PRODUCTS = {840: "paypal", 900: "wero"}
CARDS = {1: "Visa", 3: "Mastercard"}
CLICK_TO_PAY, NETWORKS = 5002, {"VISA": "Visa", "MASTERCARD": "Mastercard"}
_PATIENCE = timedelta(minutes=5)
_MOST = 999_999_999_999
_HEADER = re.compile(r"GCS v1HMAC:([^:\s]+):([A-Za-z0-9+/]+={0,2})")


class Refused(Exception):
    """The request is refused with this error."""

    def __init__(self, status: int, code: str, said: str, where: str | None = None) -> None:
        super().__init__(said)
        self.status, self.code, self.said, self.where = status, code, said, where

    def body(self) -> dict[str, Any]:
        """The ErrorResponse."""
        error = {
            "errorCode": self.code,
            "category": "DIRECT_PLATFORM_ERROR",
            "httpStatusCode": self.status,
            "id": self.code,
            "message": self.said,
        }
        named = {"propertyName": self.where} if self.where else {}
        return {"errorId": str(uuid.uuid4()), "errors": [error | named]}


def sign(secret: str, signed: bytes) -> str:
    """HMAC-SHA256 in Base64, of requests and of webhooks alike."""
    return base64.b64encode(hmac.new(secret.encode(), signed, hashlib.sha256).digest()).decode()


def key_id(header: str) -> str:
    """The key that a request says it was signed with. Raises Refused."""
    found = _HEADER.fullmatch(header)
    if found is None:
        raise _unauthorised("Authorization must be GCS v1HMAC:KEY:SIGNATURE")
    return found[1]


def check_signature(*, secret: str, verb: str, path: str, headers: Mapping[str, str], at: datetime) -> None:
    """Check who asks, and when. Raises Refused for a wrong signature and for a clock that is five minutes off."""
    given = {name.lower(): value for name, value in headers.items()}
    date = given.get("date", "")
    extra = "".join(f"{name}:{given[name]}\n" for name in sorted(given) if name.startswith("x-gcs-"))
    signed = f"{verb}\n{given.get('content-type', '')}\n{date}\n{extra}{path}\n"
    found = _HEADER.fullmatch(given.get("authorization", ""))
    if found is None or not hmac.compare_digest(sign(secret, signed.encode()).encode(), found[2].encode()):
        raise _unauthorised("the signature does not fit")
    try:
        sent_at = parsedate_to_datetime(date)
    except ValueError as error:
        raise _unauthorised("Date is no date") from error
    if sent_at.tzinfo is None or abs(at - sent_at) > _PATIENCE:
        raise _unauthorised("Date is more than five minutes off")


def read_start(body: Any) -> dict[str, Any]:
    """What a start asks for, in the sandbox's words. Raises Refused."""
    said = _read(body, {"checkout": _CHECKOUT}, {"merchantReference": text(40)})
    order = said["checkout"]["orderRequest"]
    how = order["paymentMethodSpecificInput"]
    card, redirect = how["cardPaymentMethodSpecificInput"], how["redirectPaymentMethodSpecificInput"]
    mobile = how["mobilePaymentMethodSpecificInput"]
    if sum(each is not None for each in (card, redirect, mobile)) != 1:
        raise Refused(400, "INVALID_VALUE", "one method, and only one", "paymentMethodSpecificInput")
    references = order["orderReferences"]
    return {
        "case_reference": said["merchantReference"],
        "reference": (said["checkout"]["references"] or {}).get("merchantReference"),
        "payment_reference": references["merchantReference"],
        "parameters": references["merchantParameters"],
        "descriptor": references["descriptor"],
        "amount_cents": said["checkout"]["amountOfMoney"]["amount"],
        "currency": said["checkout"]["amountOfMoney"]["currencyCode"],
        "product": (card or redirect or mobile)["paymentProductId"],
        "token": card["paymentProcessingToken"] if card else None,
        "click_to_pay": mobile["paymentProduct5002SpecificInput"] if mobile else None,
        "return_url": card["returnUrl"] if card else _way_back(redirect or mobile["threeDSecure"]),
    }


def _way_back(said: Mapping[str, Any]) -> str:
    return str(said["redirectionData"]["returnUrl"])


def read_refund(body: Any, product: int) -> dict[str, Any]:
    """What a refund asks for. Wero takes none without a reason. Raises Refused."""
    reason = _shape({"returnReason": text(255)})
    back = {"return": reason} if product == 900 else {}
    said = _read(
        body,
        {"amountOfMoney": _AMOUNT, "references": _shape({"merchantReference": _NAME}), **back},
        {} if back else {"return": reason},
    )
    return {
        "amount_cents": said["amountOfMoney"]["amount"],
        "currency": said["amountOfMoney"]["currencyCode"],
        "reference": said["references"]["merchantReference"],
        "reason": (said["return"] or {}).get("returnReason"),
    }


def read_cancel(body: Any) -> None:
    """A cancellation may say why, and nothing else. Raises Refused."""
    reasons = ("CONSUMER_REQUEST", "UNDELIVERABLE", "DUPLICATE", "FRAUDULENT")
    _read(body, {}, {"cancellationReason": one_of(*reasons)})


def _read(body: Any, required: Mapping[str, Check], optional: Mapping[str, Check]) -> dict[str, Any]:
    try:
        return dict(_shape(required, optional)(body))
    except ValueError as error:
        raise Refused(400, "INVALID_VALUE", str(error), str(error).partition(":")[0]) from error


def _shape(required: Mapping[str, Check], optional: Mapping[str, Check] | None = None) -> Check:
    """An object with these fields and no other; null is no value."""

    def check(value: Any) -> dict[str, Any]:
        if isinstance(value, dict) and (nulls := [name for name, each in value.items() if each is None]):
            raise ValueError(f"{nulls[0]}: must not be null")
        try:
            return strict(value, required, optional)
        except Problem as problem:
            raise ValueError(problem.detail) from problem

    return check


def _product(*known: int) -> Check:
    def check(value: Any) -> int:
        if type(value) is not int or value not in known:
            raise ValueError(f"must be one of {', '.join(map(str, known))}")
        return value

    return check


def _just(wanted: bool) -> Check:
    def check(value: Any) -> bool:
        if yes_no(value) is not wanted:
            raise ValueError(f"the sandbox plays only {str(wanted).lower()}")
        return wanted

    return check


def _return_url(value: Any) -> str:
    if not isinstance(value, str) or len(value) > 200:
        raise ValueError("must have at most 200 characters")
    return url(value)


def _parameters(value: Any) -> str:
    checked: str = text(1000)(value)
    json.loads(checked)  # raises ValueError for what is no JSON
    return checked


def _unauthorised(said: str) -> Refused:
    return Refused(403, "ACCESS_TO_MERCHANT_NOT_ALLOWED", said)


_NAME = text(20, r"[A-Za-z0-9._:-]+")
_AMOUNT = _shape({"amount": whole(1, _MOST), "currencyCode": one_of("EUR")})
_REDIRECT = _shape(
    {
        "paymentProductId": _product(*PRODUCTS),
        "requiresApproval": _just(False),  # left out it is true: held, to be captured later, which is not played
        "redirectionData": _shape({"returnUrl": _return_url}),
    }
)
_CARD = _shape(
    {
        "paymentProductId": _product(*CARDS),
        "paymentProcessingToken": text(40),
        "authorizationMode": one_of("SALE"),  # left out it is a reservation, which is not played
        "returnUrl": _return_url,
    },
    {"transactionChannel": one_of("ECOMMERCE")},
)
_CLICK_TO_PAY = _shape(
    {
        "paymentProductId": _product(CLICK_TO_PAY),
        "authorizationMode": one_of("SALE"),
        "threeDSecure": _shape({"redirectionData": _shape({"returnUrl": _return_url})}),  # the issuer may ask
        "paymentProduct5002SpecificInput": _shape(
            {"network": one_of(*NETWORKS), "paymentCheckoutData": text(16384), "srcDpaId": text(64)}
        ),
    }
)
_ORDER = _shape(
    {
        "orderType": one_of("FULL"),
        "orderReferences": _shape(
            {"merchantReference": _NAME}, {"descriptor": text(127), "merchantParameters": _parameters}
        ),
        "paymentMethodSpecificInput": _shape(
            {},
            {
                "cardPaymentMethodSpecificInput": _CARD,
                "mobilePaymentMethodSpecificInput": _CLICK_TO_PAY,
                "redirectPaymentMethodSpecificInput": _REDIRECT,
                "paymentChannel": one_of("ECOMMERCE"),
            },
        ),
    }
)
_CHECKOUT = _shape(
    {"amountOfMoney": _AMOUNT, "autoExecuteOrder": _just(True), "orderRequest": _ORDER},
    {"references": _shape({}, {"merchantReference": text(40), "merchantShopReference": text(64)})},
)
