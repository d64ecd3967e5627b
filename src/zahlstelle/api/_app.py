"""The interface put together: routes, who may, and one answer for every "no"."""

import traceback
from collections.abc import Sequence
from typing import Any

import structlog
from django.core.exceptions import RequestDataTooBig
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from zahlstelle.kernel import Refusal
from zahlstelle.web.problems import BodyTooLarge

from . import _claims, _payments, _refunds
from ._auth import ApiKey
from ._body import StrictJson
from ._openapi import completed
from ._problems import (
    BodyUnreadable,
    DatabaseUnavailable,
    Fault,
    InternalError,
    LengthRequired,
    RequestInvalid,
    RouteUnknown,
    Unauthenticated,
    problem,
)

_log = structlog.get_logger(__name__)


class _Api(NinjaAPI):
    def get_openapi_schema(self, **given: Any) -> Any:
        """Make the OpenAPI document, completed by what every route shares."""
        return completed(super().get_openapi_schema(**given))


api = _Api(
    title="Zahlstelle",
    version="1",
    description="Open claims, take payments, ask how they stand. Errors are problem documents (RFC 9457).",
    openapi_url="/openapi.json",
    docs_url=None,
    docs_decorator=require_safe,
    auth=ApiKey(),
    parser=StrictJson(),
    urls_namespace="api",
)
api.add_router("/claims", _claims.router)
api.add_router("/payments", _payments.router)
api.add_router("/payments", _refunds.router)


@api.exception_handler(Refusal)
def _refused(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    return problem(refusal)


@api.exception_handler(HttpError)
def _http_error(request: HttpRequest, error: HttpError) -> HttpResponse:
    if isinstance(error, AuthenticationError):
        return problem(Unauthenticated("please send Authorization: Bearer and your API key"))
    cause = error.__cause__
    return problem(cause if isinstance(cause, Refusal) else BodyUnreadable(error.message))


@api.exception_handler(ValidationError)
def _not_valid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    if not request.body and any(fault["loc"] == ("body", "body") for fault in error.errors):
        if "Transfer-Encoding" in request.headers:  # without a length, the web server hands nothing over
            return problem(LengthRequired("please send Content-Length; a body in chunks is not read"))
        return problem(BodyUnreadable("the body is empty; a JSON object is needed"))
    return problem(RequestInvalid([Fault(_pointer(e["loc"]), _said(e)) for e in error.errors]))


@api.exception_handler(RequestDataTooBig)
def _too_large(request: HttpRequest, error: RequestDataTooBig) -> HttpResponse:
    return problem(BodyTooLarge("a body has at most 1 MiB"))


@api.exception_handler(OperationalError)
def _database(request: HttpRequest, error: OperationalError) -> HttpResponse:
    _log.warning("api_database_unavailable", kind=type(error.__cause__).__name__)
    return problem(DatabaseUnavailable("please ask again in a moment"))


@api.exception_handler(Http404)
def _no_route(request: HttpRequest, error: Http404) -> HttpResponse:
    return problem(RouteUnknown("there is nothing at this address"))


@api.exception_handler(Exception)
def _defect(request: HttpRequest, error: Exception) -> HttpResponse:
    # Places only: what an exception says, or a frame holds, may be somebody's name.
    frames = traceback.extract_tb(error.__traceback__)
    places = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
    _log.error("api_defect", route=request.path, kind=type(error).__name__, places=places)
    return problem(InternalError("this is our mistake and is looked at; nothing was done"))


def _pointer(place: Sequence[str | int]) -> str:
    """Write a place as a JSON Pointer (RFC 6901) into the body, or as the name of a parameter."""
    source, *way = place
    if source != "body":
        return str(way[-1]) if way else str(source)
    return "#" + "".join(f"/{str(step)[:60].replace('~', '~0').replace('/', '~1')}" for step in way[1:])


def _said(fault: dict[str, Any]) -> str:
    return str(fault["msg"]).removeprefix("Value error, ")


urls = api.urls
