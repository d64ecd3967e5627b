"""Is this node alive, can it serve, and what citizens see while it cannot."""

from collections.abc import Callable

import psycopg
import structlog
from django.db import Error, InterfaceError, OperationalError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string

_log = structlog.get_logger(__name__)
_PATIENCE = 2.0  # seconds: who asks whether a node can serve does not wait as long as who wants something of it


def alive(request: HttpRequest) -> JsonResponse:
    """Say that the process answers."""
    return JsonResponse({"status": "alive"})


def ready(request: HttpRequest) -> JsonResponse:
    """Say that the database answers too; 503 while it does not, soon enough for who balances loads."""
    try:
        pool = connection.pool  # type: ignore[attr-defined]
        pool.open()  # the first who asks for a connection does this
        with pool.connection(timeout=_PATIENCE) as asked:
            asked.execute("SELECT 1")
    except (Error, psycopg.Error):
        return JsonResponse({"status": "database_unreachable"}, status=503)
    return JsonResponse({"status": "ready"})


class BackSoon:
    """Answer 503, not 500, where a page cannot be made because the database does not answer."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer."""
        return self._get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Give a page that needs nothing of the database; `None` leaves other errors to be defects of ours."""
        if not isinstance(error, OperationalError | InterfaceError):
            return None
        match = request.resolver_match
        _log.warning("page_database_unavailable", route=match.route if match else None, exc_info=error)
        return HttpResponse(render_to_string("503.html"), status=503, headers={"Retry-After": "60"})
