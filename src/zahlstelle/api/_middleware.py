"""The outermost layer: whatever refuses a request under /api/, the answer is a problem document."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse

from zahlstelle.web.problems import MEDIA_TYPE

from ._problems import OF_STATUS, InternalError, problem


class EveryErrorIsAProblem:
    """Turn answers that Django itself gives (404, 405, 400, 500) into problem documents, and answer HEAD as GET."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer; outside of /api/ nothing is changed."""
        if not _ours(request):
            return self._get_response(request)
        head = request.method == "HEAD"
        if head:
            request.method = "GET"
        response = _as_problem(self._get_response(request))
        if "Allow" in response.headers:
            response.headers["Allow"] = _with_head(response.headers["Allow"])
        if head:
            response.content = b""
        return response

    def process_view(self, request: HttpRequest, _view: Any, _args: Any, _named: Any) -> None:
        """Leave out the check against forged forms: the interface knows keys only, which no browser sends by itself.

        Django would else refuse a write to an unknown address as forged, before anybody sees that it is unknown.
        """
        if _ours(request):
            request.csrf_processing_done = True  # type: ignore[attr-defined]


def _ours(request: HttpRequest) -> bool:
    return request.path_info == "/api" or request.path_info.startswith("/api/")


def _as_problem(response: HttpResponse) -> HttpResponse:
    if response.status_code < 400 or response.headers.get("Content-Type") == MEDIA_TYPE:
        return response
    told = problem(OF_STATUS.get(response.status_code, InternalError)())
    response.content = told.content
    for name, value in told.headers.items():
        response.headers[name] = value
    response.headers["Content-Length"] = str(len(told.content))
    return response


def _with_head(allowed: str) -> str:
    methods = {method.strip() for method in allowed.split(",")}
    return ", ".join(sorted(methods | ({"HEAD"} if "GET" in methods else set())))
