"""What every template knows."""

from typing import Any

from django.http import HttpRequest

from zahlstelle import __version__


def shared(request: HttpRequest) -> dict[str, Any]:
    """Give the answer's nonce and the product's version to every template."""
    return {"nonce": getattr(request, "nonce", ""), "zahlstelle_version": __version__}
