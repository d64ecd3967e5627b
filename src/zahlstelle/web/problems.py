"""A "no" to a machine as a problem document (RFC 9457), whichever interface says it."""

import json
from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse

from zahlstelle.kernel import Refusal

MEDIA_TYPE = "application/problem+json"


class BodyTooLarge(Refusal):
    """The body is larger than the interface takes."""

    code = "body_too_large"
    status = 413


def document(
    refusal: Refusal,
    *,
    status: int | None = None,
    more: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> HttpResponse:
    """Answer with a refusal: its own status, or this one; `more` are further members of the document."""
    status = status or refusal.status
    said = {
        "type": f"urn:zahlstelle:error:{refusal.code}",
        "title": title(type(refusal)),
        "status": status,
        "detail": refusal.reason or title(type(refusal)),
        "code": refusal.code,
        **(more or {}),
    }
    return HttpResponse(
        json.dumps(said),
        status=status,
        content_type=MEDIA_TYPE,
        headers={"Content-Language": "en", **(headers or {})},
    )


def title(kind: type[Refusal]) -> str:
    """Say what a kind of refusal means: the first sentence of its docstring."""
    return (kind.__doc__ or kind.code).strip().splitlines()[0]
