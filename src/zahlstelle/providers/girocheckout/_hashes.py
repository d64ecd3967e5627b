"""GiroCheckout's HMAC-MD5. Pure. It is weak and joins values without a mark between them: a hash that fits is a
reason to ask, never a proof. What guards money is the comparison of what is asked back, over TLS."""

import hashlib
import hmac
from collections.abc import Iterable

from zahlstelle.kernel import Secret


def sign(secret: Secret, values: Iterable[str]) -> str:
    """Sign values in their order; empty ones add nothing."""
    return hmac.new(secret.reveal().encode(), "".join(values).encode(), hashlib.md5).hexdigest()


def fits(secret: Secret, signed: bytes, given: str) -> bool:
    """Say whether a hash is right, in constant time."""
    expected = hmac.new(secret.reveal().encode(), signed, hashlib.md5).hexdigest()
    return hmac.compare_digest(expected.encode(), given.lower().encode())
