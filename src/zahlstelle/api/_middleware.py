"""The outermost layer: whatever refuses a request under /api/, the answer is a problem document."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from ._problems import MEDIA_TYPE, OF_STATUS, InternalError, problem


class EveryErrorIsAProblem:
    """Turn answers that Django itself gives (404, 405, 400, 500) into problem documents."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer; outside of /api/ nothing is changed."""
        response = self._get_response(request)
        if response.status_code < 400 or not request.path_info.startswith("/api"):
            return response
        if request.path_info[4:5] not in ("", "/") or response.headers.get("Content-Type") == MEDIA_TYPE:
            return response
        told = problem(OF_STATUS.get(response.status_code, InternalError)())
        response.content = told.content
        for name, value in told.headers.items():
            response.headers[name] = value
        response.headers["Content-Length"] = str(len(told.content))
        return response
