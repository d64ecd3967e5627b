"""What PAYONE's Commerce Platform says: checkouts, payments, refunds, webhooks, in its own words."""

import json
import sqlite3
import uuid
from datetime import datetime
from typing import Any

from ._clock import written
from ._rules import Status

# An unfinished payment that ran out of time was given up, and what the provider does not know it is still asking for.
_WORD = {
    Status.CREATED: ("REDIRECTED", "PENDING_PAYMENT"),
    Status.PENDING: ("CAPTURE_REQUESTED", "PENDING_CONNECT_OR_3RD_PARTY"),
    Status.UNKNOWN: ("CAPTURE_REQUESTED", "PENDING_CONNECT_OR_3RD_PARTY"),
    Status.CAPTURED: ("CAPTURED", "COMPLETED"),
    Status.DECLINED: ("REJECTED", "UNSUCCESSFUL"),
    Status.CANCELLED: ("CANCELLED", "UNSUCCESSFUL"),
    Status.EXPIRED: ("CANCELLED", "UNSUCCESSFUL"),
}
# The scheme's word for a payer who was authenticated, and for one who was not.
_ECI = {"Visa": ("05", "07"), "Mastercard": ("02", "00")}
_METHOD = {1: "card", 3: "card", 840: "redirect", 900: "redirect", 5002: "mobile"}


def of_payment(connection: sqlite3.Connection, payment_id: str) -> sqlite3.Row | None:
    """The checkout a payment belongs to; None for one that did not come by this interface."""
    row: sqlite3.Row | None = connection.execute(
        "SELECT * FROM payone_checkout WHERE payment_id = ?", [payment_id]
    ).fetchone()
    return row


def checkout(connection: sqlite3.Connection, row: sqlite3.Row, at: datetime) -> dict[str, Any]:
    """The CheckoutResponse."""
    found = _payment(connection, row)
    said = {
        "commerceCaseId": row["case_id"],
        "checkoutId": row["checkout_id"],
        "amountOfMoney": money(row["amount_cents"]),
        "references": {"merchantReference": row["reference"]} if row["reference"] else {},
        "creationDateTime": _time(row["created_at"]),
        "allowedPaymentActions": ["PAYMENT_EXECUTION"],
    }
    if found is None:
        sums = _sums(row["amount_cents"], "WAITING_FOR_PAYMENT")
        return said | {"checkoutStatus": "OPEN", "statusOutput": sums, "paymentExecutions": []}
    back, taken = _back(connection, found), _taken_back(connection, found)
    state, sums = "OPEN", _sums(row["amount_cents"], "PAYMENT_NOT_COMPLETED")
    if found["status"] == Status.CAPTURED:
        refunded = sum(each["amount_cents"] for each in back if each["done_at"] <= written(at))
        charged = sum(each["amount_cents"] for each in taken)
        state = "CHARGEBACKED" if charged else "BILLED"
        sums = _sums(row["amount_cents"], "PAYMENT_COMPLETED", refunded=refunded, charged=charged)
    events = [_sale(found), *(_refund_event(each, at) for each in back), *map(_chargeback_event, taken)]
    execution = {
        "paymentExecutionId": row["payment_id"],
        "paymentId": gateway_id(row["payment_id"]),
        "paymentChannel": "ECOMMERCE",
        "references": _references(row),
        "creationDateTime": _time(row["created_at"]),
        "events": events,
    }
    return said | {"checkoutStatus": state, "statusOutput": sums, "paymentExecutions": [execution]}


def payment(connection: sqlite3.Connection, row: sqlite3.Row) -> dict[str, Any]:
    """The PaymentResponse."""
    found = _payment(connection, row)
    status = Status(found["status"]) if found else Status.DECLINED
    word, category = _word(found) if found else _WORD[status]
    output = {
        "amountOfMoney": money(row["amount_cents"]),
        "references": {"merchantReference": row["payment_reference"]},
        "paymentMethod": _METHOD[row["product"]],
    } | _specific(row, found)
    return {
        "id": gateway_id(row["payment_id"]),
        "paymentOutput": output | _parameters(row),
        "status": word,
        "statusOutput": {
            "isCancellable": status in (Status.CREATED, Status.PENDING),
            "statusCategory": category,
            "isAuthorized": status is Status.CAPTURED,
            "isRefundable": status is Status.CAPTURED,
        },
    }


def refund(row: sqlite3.Row, given: sqlite3.Row, at: datetime) -> dict[str, Any]:
    """The RefundPaymentResponse."""
    output = {
        "amountOfMoney": money(given["amount_cents"]),
        "references": {"merchantReference": given["reference"]},
        "paymentMethod": _METHOD[row["product"]],
    }
    word, category = ("REFUNDED", "REFUNDED") if given["done_at"] <= written(at) else ("REFUND_REQUESTED", "COMPLETED")
    said = {"id": gateway_id(given["refund_id"]), "refundOutput": output | _parameters(row), "status": word}
    return said | {"statusOutput": {"isCancellable": False, "statusCategory": category}}


def webhook(connection: sqlite3.Connection, row: sqlite3.Row, event: str, at: datetime) -> str:
    """The envelope that tells the merchant of a payment, or of the newest refund of it."""
    said: dict[str, Any] = {"payment": payment(connection, row)}
    if event == "payment.refunded":
        given = connection.execute(
            "SELECT * FROM refund WHERE payment_id = ? ORDER BY rowid DESC LIMIT 1", [row["payment_id"]]
        ).fetchone()
        said = {"refund": refund(row, given, at)}
    kind, inner = next(iter(said.items()))
    envelope = {
        "apiVersion": "v1",
        "created": written(at),
        "id": str(uuid.uuid4()),
        "merchantId": row["merchant_id"],
        "type": f"{kind}.{inner['status'].lower()}",
    }
    return json.dumps(envelope | said, ensure_ascii=False)


def money(cents: int) -> dict[str, Any]:
    return {"amount": cents, "currencyCode": "EUR"}


def gateway_id(name: str) -> str:
    """The gateway's own name of a payment or refund, drawn from ours."""
    return f"{uuid.UUID(name).int % 10**10:010d}_0"


def _payment(connection: sqlite3.Connection, row: sqlite3.Row) -> sqlite3.Row | None:
    found: sqlite3.Row | None = connection.execute(
        "SELECT * FROM payment WHERE payment_id = ?", [row["payment_id"]]
    ).fetchone()
    return found


def _back(connection: sqlite3.Connection, payment: sqlite3.Row) -> list[sqlite3.Row]:
    query = "SELECT * FROM refund WHERE payment_id = ? ORDER BY rowid"
    return connection.execute(query, [payment["payment_id"]]).fetchall()


def _taken_back(connection: sqlite3.Connection, payment: sqlite3.Row) -> list[sqlite3.Row]:
    query = "SELECT * FROM chargeback WHERE payment_id = ? ORDER BY rowid"
    return connection.execute(query, [payment["payment_id"]]).fetchall()


def _word(payment: sqlite3.Row) -> tuple[str, str]:
    """The word and its category. Who pays by card and has not answered the bank yet was sent there."""
    waits = payment["method"] == "card" and payment["status"] == Status.PENDING
    return _WORD[Status.CREATED if waits else Status(payment["status"])]


def _specific(row: sqlite3.Row, payment: sqlite3.Row | None) -> dict[str, Any]:
    said: dict[str, Any] = {"paymentProductId": row["product"]}
    if _METHOD[row["product"]] == "redirect":
        return {"redirectPaymentMethodSpecificOutput": said}
    results = _authenticated(payment) if payment else {}
    network = {"network": payment["card_brand"].upper()} if payment and _METHOD[row["product"]] == "mobile" else {}
    told = said | network | ({"threeDSecureResults": results} if results else {})
    return {f"{_METHOD[row['product']]}PaymentMethodSpecificOutput": told}


def _authenticated(payment: sqlite3.Row) -> dict[str, Any]:
    """What 3-D Secure brought (ThreeDSecureResults); nothing while the payer has not answered.

    Below 30 euro the issuer is taken not to ask, for the low value; whoever refuses is not authenticated.
    """
    if payment["three_ds"] is None or payment["status"] == Status.PENDING:
        return {}
    yes, no = _ECI[payment["card_brand"]]
    if payment["three_ds"] == "frictionless" and payment["amount_cents"] < 3000:
        return {"version": "2.2.0", "schemeEci": no, "appliedExemption": "low-value"}
    return {"version": "2.2.0", "schemeEci": no if payment["three_ds"] == "rejected" else yes}


def _sums(cents: int, word: str, *, refunded: int = 0, charged: int = 0) -> dict[str, Any]:
    paid = word == "PAYMENT_COMPLETED"
    return {
        "paymentStatus": word,
        "isModifiable": word == "WAITING_FOR_PAYMENT",
        "openAmount": 0 if paid else cents,
        "collectedAmount": cents - refunded - charged if paid else 0,
        "cancelledAmount": 0,
        "refundedAmount": refunded,
        "chargebackAmount": charged,
    }


def _sale(payment: sqlite3.Row) -> dict[str, Any]:
    word = _word(payment)[0]
    about = _event("SALE", payment["payment_id"], payment["amount_cents"], word)
    return about | {"creationDateTime": _time(payment["captured_at"] or payment["created_at"])}


def _refund_event(given: sqlite3.Row, at: datetime) -> dict[str, Any]:
    word = "REFUNDED" if given["done_at"] <= written(at) else "REFUND_REQUESTED"
    about = _event("REFUND", given["refund_id"], given["amount_cents"], word)
    reason = {"returnReason": given["reason"]} if given["reason"] else {}
    named = {"merchantReference": given["reference"], "creationDateTime": _time(given["refunded_at"])}
    return about | reason | named


def _chargeback_event(taken: sqlite3.Row) -> dict[str, Any]:
    about = _event("CHARGEBACK", taken["chargeback_id"], taken["amount_cents"], "CHARGEBACKED")
    return about | {"creationDateTime": _time(taken["charged_at"])}


def _event(kind: str, name: str, cents: int, word: str) -> dict[str, Any]:
    event_id = str(uuid.uuid5(uuid.NAMESPACE_OID, f"{kind} {name}"))
    return {"type": kind, "paymentEventId": event_id, "amountOfMoney": money(cents), "paymentStatus": word}


def _references(row: sqlite3.Row) -> dict[str, Any]:
    return {"merchantReference": row["payment_reference"]} | _parameters(row)


def _parameters(row: sqlite3.Row) -> dict[str, Any]:
    return {"merchantParameters": row["parameters"]} if row["parameters"] else {}


def _time(moment: str) -> str:
    """A moment in whole seconds, as the description writes it."""
    return f"{moment[:19]}Z"
