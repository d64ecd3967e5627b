"""Payments at the provider: started, paid, asked for, cancelled. One call, one transaction."""

import secrets
import sqlite3
from datetime import datetime, timedelta
from typing import Any

from . import _behaviour, _notifications, _stored_cards
from ._answers import Answer, keep_answer, known_answer
from ._cards import BY_CENTS, BY_SLUG, Card, Scenario
from ._checks import moment, one_of, strict, text, url, whole, yes_no
from ._clock import read, written
from ._problems import Problem
from ._rules import Impossible, Status, Waiting, due, move
from ._store import insert

_ORDER = {
    "reference": text(64, r"[A-Za-z0-9._:-]+"),
    "kassenzeichen": text(35, r"[A-Za-z0-9+?/:(). ,'-]+"),
    "amount_cents": whole(1, 10**10),
    "currency": one_of("EUR"),
    "method": one_of("card"),
    "description": text(140),
    "return_url": url,
    "expires_at": moment,
    "language": one_of("de", "en"),
}


def start(
    connection: sqlite3.Connection,
    merchant: sqlite3.Row,
    key: str | None,
    body: Any,
    base_url: str,
    at: datetime,
) -> Answer:
    """Create a payment; the same key with the same body creates it once and answers as the first time.

    Raises Problem 422 (invalid, or the key came with another body), 409 `reference_taken`.
    """
    known = known_answer(connection, merchant, key, body)
    if known:
        return known
    payment = create(connection, merchant, body, at)
    payment_id = payment["payment_id"]
    answer = {
        "payment_id": payment_id,
        "reference": payment["reference"],
        "status": Status.CREATED,
        "redirect_url": f"{base_url}/card/{payment['token']}",
    }
    keep_answer(connection, merchant, key, body, 201, answer)
    scenario = BY_CENTS.get(payment["amount_cents"] % 100) if merchant["amount_outcomes"] else None
    if scenario:
        apply(connection, payment_id, scenario, at)
    return 201, answer


def create(connection: sqlite3.Connection, merchant: sqlite3.Row, body: Any, at: datetime) -> sqlite3.Row:
    """Create a payment that nobody has paid. Raises Problem 422 (invalid), 409 `reference_taken`."""
    order = strict(body, _ORDER, {"notify_url": url, "keep_card": yes_no, "challenge": yes_no})
    if order["expires_at"] <= at:
        raise _invalid("expires_at", "must lie ahead")
    taken = connection.execute(
        "SELECT 1 FROM payment WHERE merchant_id = ? AND reference = ?",
        [merchant["merchant_id"], order["reference"]],
    ).fetchone()
    if taken:
        raise Problem(409, "reference_taken", "The merchant has another payment with this reference.")
    payment_id, token = "sbx_" + secrets.token_hex(12), secrets.token_urlsafe(24)
    insert(
        connection,
        "payment",
        **order
        | {
            "expires_at": written(order["expires_at"]),
            "keep_card": bool(order["keep_card"]),
            "challenge": bool(order["challenge"]),
        },
        payment_id=payment_id,
        merchant_id=merchant["merchant_id"],
        token=token,
        status=Status.CREATED,
        created_at=written(at),
    )
    return by_id(connection, payment_id)


def pay(
    connection: sqlite3.Connection,
    payment_id: str,
    card: Card,
    holder: str | None,
    at: datetime,
    expiry: str | None = None,
) -> sqlite3.Row:
    """Let the card holder pay with a test card; of the card its brand, last four digits and expiry stay.

    Raises Problem 409 `not_possible` when the payment is decided already.
    """
    connection.execute(
        "UPDATE payment SET card_brand = ?, card_last4 = ?, card_slug = ?, card_expiry = ?, holder = ?"
        " WHERE payment_id = ? AND status = 'created'",
        [card.brand, card.last4, card.scenario.slug, expiry, holder, payment_id],
    )
    asked = by_id(connection, payment_id)["challenge"] and card.scenario.status is Status.CAPTURED
    apply(connection, payment_id, BY_SLUG["challenge"].scenario if asked else card.scenario, at)
    return by_id(connection, payment_id)


def apply(connection: sqlite3.Connection, payment_id: str, scenario: Scenario, at: datetime) -> None:
    """Let a scenario happen to the payment."""
    behaviour = _behaviour.current(connection)
    silent = at + timedelta(seconds=behaviour.timeout_seconds) if scenario.silent else None
    resolves = at + timedelta(seconds=behaviour.unknown_seconds) if scenario.resolves_to else None
    go(
        connection,
        payment_id,
        scenario.status,
        at,
        decline_code=scenario.decline_code if scenario.status is Status.DECLINED else None,
        three_ds="challenged" if scenario.challenge else "frictionless",
        resolves_at=written(resolves) if resolves else None,
        resolves_to=scenario.resolves_to,
        silent_until=written(silent) if silent else None,
        redirects=scenario.redirect,
        notifies=scenario.notify,
    )


def answer_challenge(connection: sqlite3.Connection, payment_id: str, approve: bool, at: datetime) -> sqlite3.Row:
    """The card holder approves or rejects at the bank. Raises Problem 409 unless the bank has asked."""
    payment = by_id(connection, payment_id)
    if payment["status"] != Status.PENDING:
        raise _not_possible(f"The bank has not asked: the payment is {payment['status']}.")
    to = Status.CAPTURED if approve else Status.DECLINED
    code = None if approve else "three_ds_rejected"
    return go(connection, payment_id, to, at, three_ds="approved" if approve else "rejected", decline_code=code)


def cancel(connection: sqlite3.Connection, payment_id: str, at: datetime) -> sqlite3.Row:
    """Cancel a payment that nobody has paid; twice is once. Raises Problem 409 `not_possible` otherwise."""
    payment = by_id(connection, payment_id)
    if payment["status"] == Status.CANCELLED:
        return payment
    return go(connection, payment_id, Status.CANCELLED, at)


def anything_due(connection: sqlite3.Connection, at: datetime) -> bool:
    """Whether `settle_due` would move a payment."""
    return bool(_due(connection, at))


def settle_due(connection: sqlite3.Connection, at: datetime) -> int:
    """Let time do its work: expire what nobody paid, make known what was unknown; how many moved."""
    moved = _due(connection, at)
    for row, to in moved:
        code = "issuer_timeout" if to is Status.DECLINED else None
        go(connection, row["payment_id"], to, at, decline_code=code)
    return len(moved)


def go(connection: sqlite3.Connection, payment_id: str, to: Status, at: datetime, **columns: object) -> sqlite3.Row:
    """Move the payment along the graph and note the news. Raises Problem 409 `not_possible`."""
    payment = by_id(connection, payment_id)
    try:
        move(Status(payment["status"]), to)
    except Impossible as error:
        raise _not_possible(str(error)) from error
    columns |= {"status": to} | ({"captured_at": written(at)} if to is Status.CAPTURED else {})
    marks = ", ".join(f"{name} = :{name}" for name in columns)
    connection.execute(
        f"UPDATE payment SET {marks} WHERE payment_id = :payment_id",  # noqa: S608
        columns | {"payment_id": payment_id},
    )
    payment = by_id(connection, payment_id)
    _stored_cards.keep_if_asked(connection, payment, at)
    _notifications.enqueue(connection, payment, f"payment.{to}", at)
    return payment


def by_id(connection: sqlite3.Connection, payment_id: str, merchant_id: str | None = None) -> sqlite3.Row:
    """The payment, for one merchant or the sandbox itself. Raises Problem 404; another's payment is none."""
    row: sqlite3.Row | None = connection.execute(
        "SELECT * FROM payment WHERE payment_id = ? AND merchant_id = coalesce(?, merchant_id)",
        [payment_id, merchant_id],
    ).fetchone()
    return _found(row)


def by_reference(connection: sqlite3.Connection, reference: str, merchant_id: str) -> sqlite3.Row:
    row: sqlite3.Row | None = connection.execute(
        "SELECT * FROM payment WHERE reference = ? AND merchant_id = ?", [reference, merchant_id]
    ).fetchone()
    return _found(row)


def by_token(connection: sqlite3.Connection, token: str) -> sqlite3.Row:
    row: sqlite3.Row | None = connection.execute("SELECT * FROM payment WHERE token = ?", [token]).fetchone()
    return _found(row)


def shown(connection: sqlite3.Connection, payment: sqlite3.Row) -> dict[str, Any]:
    """What the API says of a payment."""
    names = ("payment_id", "merchant_id", "reference", "kassenzeichen", "status", "amount_cents", "currency")
    more = ("method", "created_at", "expires_at", "captured_at", "decline_code", "three_ds", "refunded_cents")
    refunds = connection.execute(
        "SELECT refund_id, amount_cents, refunded_at FROM refund WHERE payment_id = ? ORDER BY rowid",
        [payment["payment_id"]],
    ).fetchall()
    chargebacks = connection.execute(
        "SELECT chargeback_id, amount_cents, charged_at FROM chargeback WHERE payment_id = ? ORDER BY rowid",
        [payment["payment_id"]],
    ).fetchall()
    card = {"brand": payment["card_brand"], "last4": payment["card_last4"]} if payment["card_last4"] else None
    return {name: payment[name] for name in names + more} | {
        "card": card,
        "refundable_cents": refundable(connection, payment),
        "refunds": [dict(row) for row in refunds],
        "chargebacks": [dict(row) for row in chargebacks],
    }


def refundable(connection: sqlite3.Connection, payment: sqlite3.Row) -> int:
    """How many cents of the payment can still be given or taken back."""
    if payment["status"] != Status.CAPTURED:
        return 0
    row = connection.execute(
        "SELECT coalesce(sum(amount_cents), 0) AS cents FROM chargeback WHERE payment_id = ?", [payment["payment_id"]]
    ).fetchone()
    left: int = payment["amount_cents"] - payment["refunded_cents"] - row["cents"]
    return left


def silent(payment: sqlite3.Row, at: datetime) -> bool:
    """Whether the provider is just now unable to say what became of the payment."""
    return payment["silent_until"] is not None and at < read(payment["silent_until"])


def _due(connection: sqlite3.Connection, at: datetime) -> list[tuple[sqlite3.Row, Status]]:
    rows = connection.execute(
        "SELECT * FROM payment WHERE status IN ('created', 'pending', 'unknown')"
        " AND min(expires_at, coalesce(resolves_at, expires_at)) <= ?",
        [written(at)],
    ).fetchall()
    return [(row, to) for row in rows if (to := due(_waiting(row), at))]


def _waiting(row: sqlite3.Row) -> Waiting:
    resolves_at = read(row["resolves_at"]) if row["resolves_at"] else None
    resolves_to = Status(row["resolves_to"]) if row["resolves_to"] else None
    return Waiting(Status(row["status"]), read(row["expires_at"]), resolves_at, resolves_to)


def _found(row: sqlite3.Row | None) -> sqlite3.Row:
    if row is None:
        raise Problem(404, "payment_not_found", "There is no such payment.")
    return row


def _not_possible(detail: str) -> Problem:
    return Problem(409, "not_possible", detail)


def _invalid(field: str, message: str) -> Problem:
    return Problem(422, "invalid_request", f"{field}: {message}", [{"field": field, "message": message}])
