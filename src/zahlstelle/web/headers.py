"""Headers that keep a page's content where it belongs."""

import secrets
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

_POLICY = (
    "default-src 'none'; img-src 'self' data:; style-src 'self' 'nonce-{nonce}'; font-src 'self'; "
    "script-src 'self' 'nonce-{nonce}'; connect-src 'self' {fields}; frame-src {frames}; "
    "form-action 'self' {forms}; base-uri 'none'; frame-ancestors 'none'"
)


class OnlyOverTls:
    """Tell browsers to come over TLS only, for a year, wherever citizens are to come by https.

    The proxy in front ends TLS, so the request itself does not say how it came; the base URL does. Outermost, because
    files and refusals carry it too.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer with the header, unless an answer has its own."""
        response = self._get_response(request)
        if settings.BASE_URL.startswith("https://"):
            response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
        return response


class SafeHeaders:
    """Add the content security policy and forbid caches to keep a person's page.

    A view whose form ends at another site says so in `response.form_targets`: browsers hold `form-action` against
    every redirect that follows a form. One that shows a provider's card fields names their site in
    `response.card_fields`; nobody else's frames are shown.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer with a nonce that only this answer's templates know (`request.nonce`)."""
        nonce = secrets.token_urlsafe(16)
        request.nonce = nonce  # type: ignore[attr-defined]
        response = self._get_response(request)
        forms = getattr(response, "form_targets", "")
        fields = getattr(response, "card_fields", "")
        policy = _POLICY.format(nonce=nonce, forms=forms, fields=fields, frames=fields or "'none'")
        response.headers.setdefault("Content-Security-Policy", policy)
        response.headers.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=()")
        if not request.path.startswith("/static/"):
            response.headers.setdefault("Cache-Control", "no-store")
        return response
