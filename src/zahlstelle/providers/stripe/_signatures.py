"""Signatures of Stripe's webhooks: HMAC-SHA256 over time and body, several at once while a secret is changed."""

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from zahlstelle.kernel import Secret
from zahlstelle.payments import ForgedNotification

TOLERANCE = timedelta(minutes=5)


def check(*, secrets: Iterable[Secret], headers: Mapping[str, str], body: bytes, at: datetime) -> None:
    """Check that one of the secrets signed this body just now. Raises ForgedNotification."""
    given = {name.lower(): value for name, value in headers.items()}.get("stripe-signature", "")
    pairs = [pair.strip().partition("=") for pair in given.split(",")]
    times = [value for name, _, value in pairs if name == "t"]
    if len(times) != 1 or not _fresh(times[0], at):
        raise ForgedNotification("the notification's time is missing, or is not ours")
    signed = times[0].encode() + b"." + body
    told = [value.encode() for name, _, value in pairs if name == "v1"]
    for secret in secrets:
        expected = hmac.new(secret.reveal().encode(), signed, hashlib.sha256).hexdigest().encode()
        if any(hmac.compare_digest(expected, each) for each in told):
            return
    raise ForgedNotification("the notification's signature is wrong")


def _fresh(time: str, at: datetime) -> bool:
    if not (time.isascii() and time.isdigit() and len(time) <= 11):
        return False
    return abs(int(at.timestamp()) - int(time)) <= TOLERANCE.total_seconds()
