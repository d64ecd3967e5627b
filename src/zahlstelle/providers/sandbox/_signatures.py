"""Signatures of the sandbox's notifications, as in Standard Webhooks 1.0. Pure: no IO, no clock."""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta

from zahlstelle.kernel import Secret
from zahlstelle.payments import ForgedNotification

# How far a notification's own time may lie from ours (Standard Webhooks 1.0 leaves it to us).
TOLERANCE = timedelta(minutes=5)


def check(*, secret: Secret, headers: Mapping[str, str], body: bytes, at: datetime) -> str:
    """The message id of a notification that the provider signed just now. Raises ForgedNotification."""
    given = {name.lower(): value for name, value in headers.items()}
    message_id, timestamp = given.get("webhook-id", ""), given.get("webhook-timestamp", "")
    if not message_id or not _fresh(timestamp, at):
        raise ForgedNotification("the notification has no id, or its time is not ours")
    expected = _signature(secret, message_id, timestamp, body)
    signatures = [each.removeprefix("v1,") for each in given.get("webhook-signature", "").split() if each[:3] == "v1,"]
    if not any(hmac.compare_digest(expected, each.encode()) for each in signatures):
        raise ForgedNotification("the notification's signature is wrong")
    return message_id


def _signature(secret: Secret, message_id: str, timestamp: str, body: bytes) -> bytes:
    signed = message_id.encode() + b"." + timestamp.encode() + b"." + body
    return base64.b64encode(hmac.new(secret.reveal().encode(), signed, hashlib.sha256).digest())


def _fresh(timestamp: str, at: datetime) -> bool:
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 11):
        return False
    return abs(int(at.timestamp()) - int(timestamp)) <= TOLERANCE.total_seconds()
