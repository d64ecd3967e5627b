"""Serve the web pages and the API until SIGTERM or SIGINT; requests under way are finished first.

Put a reverse proxy with TLS in front. Options not given come from ZAHLSTELLE_LISTEN_HOST,
ZAHLSTELLE_LISTEN_PORT, ZAHLSTELLE_WEB_WORKERS and ZAHLSTELLE_WEB_THREADS.
"""

import os
from argparse import ArgumentParser, Namespace


def add_arguments(parser: ArgumentParser) -> None:
    """Say what may stand on the command line."""
    given = os.environ.get
    parser.add_argument("--host", default=given("ZAHLSTELLE_LISTEN_HOST", "127.0.0.1"))
    parser.add_argument("--port", type=int, default=given("ZAHLSTELLE_LISTEN_PORT", "8000"))
    parser.add_argument("--workers", type=int, default=given("ZAHLSTELLE_WEB_WORKERS", "2"), help="processes (2)")
    parser.add_argument("--threads", type=int, default=given("ZAHLSTELLE_WEB_THREADS", "8"), help="threads of each (8)")


def run(args: Namespace) -> int:
    """Serve."""
    from granian import Granian
    from granian.constants import Interfaces

    server = Granian(
        "zahlstelle.wsgi:application",
        address=args.host,
        port=args.port,
        interface=Interfaces.WSGI,
        workers=args.workers,
        blocking_threads=args.threads,
        workers_kill_timeout=20,
        respawn_failed_workers=True,
        websockets=False,
    )
    server.serve()
    return 0
