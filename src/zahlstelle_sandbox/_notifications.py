"""Notifications to the merchant: signed, repeated, delayed, reordered or lost, as the behaviour says."""

import base64
import hashlib
import hmac
import json
import secrets
import sqlite3
import threading
import traceback
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from itertools import groupby

import httpx

from . import _behaviour, _giro_rules, _payone_answers, _payone_rules, _payone_transactions
from ._clock import now, read, written
from ._store import Store, insert

# Seconds until the next try after a refused or unanswered one; after the last the sandbox gives up.
BACKOFF = (1, 2, 5, 15, 60, 300, 900)
REORDER_HOLD = timedelta(seconds=1)


def sign(secret: str, message_id: str, timestamp: str, body: bytes) -> str:
    """The signature as in Standard Webhooks 1.0: HMAC-SHA256 over id, timestamp and body, in Base64.

    The key is the merchant's secret, as UTF-8.
    """
    signed = f"{message_id}.{timestamp}.".encode() + body
    digest = hmac.new(secret.encode(), signed, hashlib.sha256).digest()
    return "v1," + base64.b64encode(digest).decode()


def enqueue(connection: sqlite3.Connection, payment: sqlite3.Row, event: str, at: datetime) -> None:
    """Note, in the transaction of the fact itself, that the merchant is to be told of it."""
    behaviour = _behaviour.current(connection)
    merchant = connection.execute(
        "SELECT notify_url FROM merchant WHERE merchant_id = ?", [payment["merchant_id"]]
    ).fetchone()
    address = payment["notify_url"] or merchant["notify_url"]
    if address is None:
        return
    bodies = [_body(payment, event, at)]
    if payment["project_id"]:
        if event == "payment.refunded" or _giro_rules.result(payment) is None:
            return  # GiroCheckout tells outcomes of payments, nothing else
        address, body = _giro_rules.told(connection, payment, address, corrupt=behaviour.corrupt_signature), ""
        bodies = [body]
    elif checkout := _payone_answers.of_payment(connection, payment["payment_id"]):
        bodies = [_payone_answers.webhook(connection, checkout, event, at)]
    else:
        classic = _payone_transactions.told(connection, payment, event, corrupt=behaviour.corrupt_signature)
        bodies = bodies if classic is None else classic
    for body in bodies:
        _enqueue_one(connection, payment, address, body, behaviour, at)


def _enqueue_one(
    connection: sqlite3.Connection,
    payment: sqlite3.Row,
    address: str,
    body: str,
    behaviour: _behaviour.Behaviour,
    at: datetime,
) -> None:
    message_id = "msg_" + secrets.token_hex(12)
    due = at + timedelta(seconds=behaviour.delay_seconds) + (REORDER_HOLD if behaviour.reorder else timedelta())
    if payment["silent_until"]:
        due = max(due, read(payment["silent_until"]))
    for copy in range(behaviour.duplicates + 1):
        lost = behaviour.lose_all or not payment["notifies"] or _lost(message_id, copy, behaviour.lose_percent)
        insert(
            connection,
            "notification",
            message_id=message_id,
            payment_id=payment["payment_id"],
            merchant_id=payment["merchant_id"],
            url=address,
            body=body,
            due_at=written(due),
            copy=copy,
            state="lost" if lost else "waiting",
        )


def send_due(store: Store, at: datetime, payment_id: str | None = None) -> int:
    """Send what is due (or all that one payment has waiting); the number of deliveries tried."""
    with store.reading() as connection:
        waiting = _waiting(connection, at, payment_id)
        behaviour = _behaviour.current(connection)
    if not waiting:
        return 0
    groups = [list(group) for _, group in groupby(waiting, key=lambda row: row["payment_id"])]
    with httpx.Client(timeout=5, trust_env=False) as client, ThreadPoolExecutor(4) as pool:
        for outcome in pool.map(lambda group: _send_all(client, group, behaviour.corrupt_signature), groups):
            for row, answer, taken in outcome:
                _note(store, row, answer, taken)
    return len(waiting)


class Sender:
    """The background thread that sends; `wake` spares it the wait for its next look."""

    def __init__(self, store: Store) -> None:
        self._store, self._wake, self._stopped = store, threading.Event(), False
        self._sending = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="sandbox-sender", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopped = True
        self._wake.set()
        self._thread.join(10)

    def wake(self) -> None:
        self._wake.set()

    def send(self, payment_id: str | None = None) -> None:
        """Send now, alone: what one thread is sending no other takes up."""
        with self._sending:
            send_due(self._store, now(), payment_id)

    def _run(self) -> None:
        while not self._stopped:
            self._wake.wait(0.2)
            self._wake.clear()
            try:
                self.send()
            except Exception:  # a thread that ended would be silence: say it and go on
                traceback.print_exc()


def _waiting(connection: sqlite3.Connection, at: datetime, payment_id: str | None) -> list[sqlite3.Row]:
    """What is to be sent, payment by payment; with `reorder` each payment's newest news first."""
    reorder = _behaviour.current(connection).reorder
    if payment_id is None:
        chosen = "payment_id IN (SELECT payment_id FROM notification WHERE state = 'waiting' AND due_at <= :at)"
        chosen += "" if reorder else " AND due_at <= :at"
    else:
        chosen = "payment_id = :payment_id"
    order = "DESC" if reorder else "ASC"
    query = (
        "SELECT notification.*, merchant.secret, webhook_key_id, webhook_secret, txid"  # noqa: S608
        " FROM notification JOIN merchant USING (merchant_id)"
        " LEFT JOIN payone_checkout USING (payment_id)"
        " LEFT JOIN payone_account ON payone_account.merchant_id = payone_checkout.merchant_id"
        " LEFT JOIN payone_classic_payment USING (payment_id)"
        f" WHERE state = 'waiting' AND {chosen} ORDER BY payment_id, number {order} LIMIT 400"
    )
    return connection.execute(query, {"at": written(at), "payment_id": payment_id}).fetchall()


def _send_all(client: httpx.Client, rows: list[sqlite3.Row], corrupt: bool) -> Iterator[tuple[sqlite3.Row, str, bool]]:
    for row in rows:
        yield row, *_send(client, row, corrupt)


def _send(client: httpx.Client, row: sqlite3.Row, corrupt: bool) -> tuple[str, bool]:
    body = row["body"].encode()
    headers = {"content-type": "application/json", "user-agent": "zahlstelle-sandbox/1"} | _signed(row, body, corrupt)
    if row["txid"]:
        kind = {"content-type": "application/x-www-form-urlencoded", "user-agent": "PAYONE FinanceGate"}
        headers = kind
    try:
        answer = client.post(row["url"], content=body, headers=headers) if body else client.get(row["url"])
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return type(error).__name__, False
    if row["txid"] and answer.text.strip() != "TSOK":
        return f"{answer.status_code}, no TSOK", False
    return str(answer.status_code), answer.is_success


def _signed(row: sqlite3.Row, body: bytes, corrupt: bool) -> dict[str, str]:
    """The headers that sign a notification, in the manner of its protocol."""
    other = "another secret than the merchant's"
    if row["webhook_key_id"]:
        secret = other if corrupt else row["webhook_secret"]
        return {"X-GCS-KeyId": row["webhook_key_id"], "X-GCS-Signature": _payone_rules.sign(secret, body)}
    message_id, timestamp = row["message_id"], str(int(now().timestamp()))
    signature = sign(other if corrupt else row["secret"], message_id, timestamp, body)
    return {"webhook-id": message_id, "webhook-timestamp": timestamp, "webhook-signature": signature}


def _note(store: Store, row: sqlite3.Row, answer: str, taken: bool) -> None:
    attempts = row["attempts"] + 1
    state = "delivered" if taken else "waiting" if attempts <= len(BACKOFF) else "given_up"
    pause = BACKOFF[min(attempts, len(BACKOFF)) - 1]
    with store.writing() as connection:
        connection.execute(
            "UPDATE notification SET attempts = ?, state = ?, due_at = ?, last_answer = ? WHERE number = ?",
            [attempts, state, written(now() + timedelta(seconds=pause)), answer, row["number"]],
        )


def _lost(message_id: str, copy: int, percent: int) -> bool:
    """Whether this copy is among the lost; drawn from its id, so a look back explains it."""
    drawn = hashlib.sha256(f"{message_id}/{copy}".encode()).digest()
    return int.from_bytes(drawn[:4], "big") % 100 < percent


def _body(payment: sqlite3.Row, event: str, at: datetime) -> str:
    names = ("payment_id", "merchant_id", "reference", "status", "amount_cents", "currency")
    data = {name: payment[name] for name in names}
    return json.dumps({"type": event, "timestamp": written(at), "data": data}, ensure_ascii=False)
