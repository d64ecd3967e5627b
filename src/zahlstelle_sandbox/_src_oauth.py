"""Who calls a scheme's server: OAuth 1.0a with RSA-SHA256 and a hash of the body. Pure but for the key's arithmetic."""

import base64
import binascii
import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import quote, unquote

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from ._src_jose import Public
from ._src_rules import Refused

APART = timedelta(minutes=5)
_NEEDED = {"oauth_consumer_key", "oauth_nonce", "oauth_timestamp", "oauth_signature_method", "oauth_body_hash"}


@dataclass(frozen=True, slots=True)
class Signed:
    """A call as it was signed: its fields, and as they were written."""

    fields: dict[str, str]
    written: dict[str, str]

    @property
    def initiator(self) -> str:
        return self.fields["oauth_consumer_key"]

    @property
    def nonce(self) -> str:
        return self.fields["oauth_nonce"]


def read(authorization: str) -> Signed:
    """The signature's fields. Raises Refused where one is missing or stands twice, or the manner is another."""
    scheme, _, rest = authorization.partition(" ")
    pairs = re.findall(r'([a-z_]+)="([^"]*)"', rest)
    written = dict(pairs)
    fields = {name: unquote(value) for name, value in pairs}
    whole = len(fields) == len(pairs) and fields.keys() >= _NEEDED | {"oauth_signature"}
    if scheme.lower() != "oauth" or not whole or fields["oauth_signature_method"] != "RSA-SHA256":
        raise _unauthenticated("The call is not signed with OAuth 1.0a and RSA-SHA256.")
    return Signed(fields, written)


def check(signed: Signed, key: Public, *, verb: str, address: str, body: bytes, at: datetime) -> None:
    """Raises Refused for another body, another key, another address, and for a call of another time."""
    digest = base64.b64encode(hashlib.sha256(body).digest())
    if not hmac.compare_digest(digest, signed.fields["oauth_body_hash"].encode()):
        raise _unauthenticated("The body is not the one that was signed.")
    moment = signed.fields["oauth_timestamp"]
    if not re.fullmatch(r"\d{1,12}", moment, re.ASCII) or abs(int(moment) - at.timestamp()) > APART.total_seconds():
        raise _unauthenticated("The call was signed at another time.")
    try:
        given = base64.b64decode(signed.fields["oauth_signature"], validate=True)
        key.verify(given, _base(signed, verb, address).encode(), padding.PKCS1v15(), hashes.SHA256())
    except (InvalidSignature, binascii.Error) as error:
        raise _unauthenticated("The signature does not fit.") from error


def _base(signed: Signed, verb: str, address: str) -> str:
    """What was signed. Fields go in as they were written: RFC 5849 has them encoded there, Mastercard's own clients do
    not encode the hash of the body, neither there nor here."""
    named = sorted(f"{name}={value}" for name, value in signed.written.items() if name != "oauth_signature")
    return "&".join([verb, _quoted(address), _quoted("&".join(named))])


def _quoted(text: str) -> str:
    return quote(text, safe="~")


def _unauthenticated(message: str) -> Refused:
    return Refused("UNAUTHENTICATED", message, 401)
