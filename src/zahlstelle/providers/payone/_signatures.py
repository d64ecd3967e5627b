"""Signatures of PAYONE's Commerce Platform: of our requests and of its webhooks. Pure: no IO, no clock."""

import base64
import hashlib
import hmac
from collections.abc import Mapping

from zahlstelle.kernel import Secret
from zahlstelle.payments import ForgedNotification, MerchantAccess

# The name of the key in the settings, and the secret that belongs to it: two while keys are changed.
_KEYS = (("webhook_key_id", "webhook"), ("webhook_key_id_old", "webhook_old"))


def authorization(*, key_id: str, secret: Secret, verb: str, path: str, date: str, content_type: str) -> str:
    """The Authorization header (v1HMAC). `path` is the path with its query; without a body the type is empty."""
    signed = f"{verb}\n{content_type}\n{date}\n{path}\n"
    return f"GCS v1HMAC:{key_id}:{_signature(secret, signed.encode())}"


def webhook_signature(*, secret: Secret, body: bytes) -> str:
    """The X-GCS-Signature of a webhook's body."""
    return _signature(secret, body)


def check_webhook(*, merchant: MerchantAccess, headers: Mapping[str, str], body: bytes) -> None:
    """Check that one of the town's webhook keys signed the body. Raises ForgedNotification."""
    given = {name.lower(): value for name, value in headers.items()}
    key_id, signature = given.get("x-gcs-keyid", ""), given.get("x-gcs-signature", "")
    for setting, name in _KEYS:
        known, secret = merchant.settings.get(setting, ""), merchant.secrets.get(name)
        # An empty secret would sign everything.
        if not known or secret is None or not secret.reveal() or known != key_id:
            continue
        if hmac.compare_digest(_signature(secret, body).encode(), signature.encode()):
            return
    raise ForgedNotification("the notification's key or signature is wrong")


def _signature(secret: Secret, signed: bytes) -> str:
    return base64.b64encode(hmac.new(secret.reveal().encode(), signed, hashlib.sha256).digest()).decode()
