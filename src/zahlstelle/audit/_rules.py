"""How a deed is sealed. No IO."""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

GENESIS = bytes(32)


def seal(
    before: bytes,
    *,
    number: int,
    at: datetime,
    actor: str,
    action: str,
    subject: str,
    details: Mapping[str, Any],
) -> bytes:
    """Seal a deed: SHA-256 over the seal before and everything the deed says."""
    said = [number, at.astimezone(UTC).isoformat(timespec="microseconds"), actor, action, subject, details]
    canonical = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)
    return hashlib.sha256(before + canonical.encode()).digest()
