"""Where a request comes from, seen past the proxies of the installation."""

import hashlib
import hmac
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

from django.conf import settings
from django.http import HttpRequest

_LENGTH = 64


def address_of(request: HttpRequest) -> str:
    """Give the visitor's address: who spoke to the last proxy that is ours. Whoever is not ours is not believed."""
    seen = str(request.META.get("REMOTE_ADDR") or "")
    passed_on = [part.strip() for part in str(request.META.get("HTTP_X_FORWARDED_FOR") or "").split(",")]
    while _is_ours(seen) and passed_on and _parsed(passed_on[-1]):
        seen = passed_on.pop()
    return seen


def visitor_of(request: HttpRequest) -> str:
    """Give a keyed digest of the visitor's address, to be counted by. Of IPv6 a household's network (/64) is one."""
    return digest_of(_household(address_of(request)))


def digest_of(text: str) -> str:
    """Digest what is counted by, so that who reads the database does not learn it."""
    return hmac.new(settings.SECRET_KEY.encode(), b"visitor\x1f" + text.encode(), hashlib.sha256).hexdigest()[:_LENGTH]


def _household(address: str) -> str:
    parsed = _parsed(address)
    return str(IPv6Network((parsed, 64), strict=False)) if isinstance(parsed, IPv6Address) else address


def _is_ours(address: str) -> bool:
    parsed = _parsed(address)
    return parsed is not None and any(parsed in network for network in settings.PROXIES)


def _parsed(address: str) -> IPv4Address | IPv6Address | None:
    try:
        parsed = ip_address(address.rpartition("%")[0] or address)
    except ValueError:
        return None
    return (parsed.ipv4_mapped or parsed) if isinstance(parsed, IPv6Address) else parsed
