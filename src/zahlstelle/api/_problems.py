"""Every "no" of the interface as a problem document (RFC 9457), and the interface's own refusals."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from django.http import HttpResponse

from zahlstelle.kernel import InputRefused, Refusal
from zahlstelle.web.problems import BodyTooLarge, document


@dataclass(frozen=True, slots=True)
class Fault:
    """One place in the request that cannot be accepted. `pointer` is a JSON Pointer, or a parameter's name."""

    pointer: str
    detail: str


class RequestInvalid(InputRefused):
    """The request does not have the shape the interface asks for."""

    code = "request_invalid"

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("; ".join(f"{fault.pointer or 'body'}: {fault.detail}" for fault in faults))
        self.faults = faults


class BodyUnreadable(Refusal):
    """The body is no JSON document that every reader reads alike."""

    code = "body_unreadable"
    status = 400


class LengthRequired(Refusal):
    """The request does not say how long its body is."""

    code = "length_required"
    status = 411


class MediaTypeWrong(Refusal):
    """The body is not sent as application/json."""

    code = "media_type_wrong"
    status = 415


class Unauthenticated(Refusal):
    """The request carries no API key."""

    code = "unauthenticated"
    status = 401


class RouteUnknown(Refusal):
    """There is nothing at this address."""

    code = "route_unknown"
    status = 404


class MethodNotAllowed(Refusal):
    """This address does not know this method."""

    code = "method_not_allowed"
    status = 405


class RequestRefused(Refusal):
    """The web server refused the request before it reached the interface."""

    code = "request_refused"
    status = 400


class IdempotencyKeyInvalid(Refusal):
    """The Idempotency-Key is not 1 to 255 visible ASCII characters."""

    code = "idempotency_key_invalid"
    status = 400


class IdempotencyKeyReused(Refusal):
    """The Idempotency-Key was used for another request."""

    code = "idempotency_key_reused"
    status = 422


class IdempotencyKeyInUse(Refusal):
    """The request with this Idempotency-Key is still being worked on."""

    code = "idempotency_key_in_use"
    status = 409


class DatabaseUnavailable(Refusal):
    """The database does not answer at this moment; nothing was done."""

    code = "database_unavailable"
    status = 503


class InternalError(Refusal):
    """Something is broken on our side; it is logged and looked at."""

    code = "internal_error"
    status = 500


_HEADERS: Mapping[int, Mapping[str, str]] = {
    401: {"WWW-Authenticate": 'Bearer realm="Zahlstelle"'},
    503: {"Retry-After": "5"},
}
# The statuses of answers that Django itself gives; their class says code and words.
OF_STATUS: Mapping[int, type[Refusal]] = {
    400: RequestRefused,
    404: RouteUnknown,
    405: MethodNotAllowed,
    413: BodyTooLarge,
    503: DatabaseUnavailable,
}


def problem(refusal: Refusal) -> HttpResponse:
    """Answer with a refusal."""
    more: dict[str, Any] = {}
    if isinstance(refusal, RequestInvalid):
        more["errors"] = [{"pointer": fault.pointer, "detail": fault.detail} for fault in refusal.faults]
    headers = dict(_HEADERS.get(refusal.status, {}))
    if isinstance(refusal, IdempotencyKeyInUse):
        headers["Retry-After"] = "1"
    return document(refusal, more=more, headers=headers)


class Described:
    """What the OpenAPI document says of a problem."""

    schema: ClassVar[dict[str, Any]] = {
        "type": "object",
        "description": "A problem document (RFC 9457). `code` is stable and listed in docs/errors.md.",
        "required": ["type", "title", "status", "detail", "code"],
        "properties": {
            "type": {"type": "string", "format": "uri", "pattern": "^urn:zahlstelle:error:[a-z0-9_]+$"},
            "title": {"type": "string"},
            "status": {"type": "integer", "minimum": 400, "maximum": 599},
            "detail": {"type": "string"},
            "code": {"type": "string", "pattern": "^[a-z0-9_]+$"},
            "errors": {
                "type": "array",
                "description": "The places in the request, for `request_invalid`.",
                "items": {
                    "type": "object",
                    "required": ["pointer", "detail"],
                    "properties": {"pointer": {"type": "string"}, "detail": {"type": "string"}},
                },
            },
        },
        "examples": [
            {
                "type": "urn:zahlstelle:error:request_invalid",
                "title": "The request does not have the shape the interface asks for.",
                "status": 422,
                "detail": "#/purpose: Field required",
                "code": "request_invalid",
                "errors": [{"pointer": "#/purpose", "detail": "Field required"}],
            }
        ],
    }
