"""What every template knows."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from zahlstelle import __version__


def shared(request: HttpRequest) -> dict[str, Any]:
    """Give the answer's nonce, the product's version and the languages to every template."""
    return {
        "nonce": getattr(request, "nonce", ""),
        "zahlstelle_version": __version__,
        "languages": settings.LANGUAGES,  # each under its own name, whatever the page speaks
    }
