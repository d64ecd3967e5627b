"""Serve the web pages and the API until SIGTERM or SIGINT; requests under way are finished first.

Put a reverse proxy with TLS in front. Options not given come from ZAHLSTELLE_LISTEN_HOST,
ZAHLSTELLE_LISTEN_PORT, ZAHLSTELLE_WEB_WORKERS and ZAHLSTELLE_WEB_THREADS. Does not start (exit 2) without
ZAHLSTELLE_SECRET_KEY or without the database.
"""

from argparse import ArgumentParser, Namespace

from zahlstelle import environment
from zahlstelle.processes import require_free

from ._django import load_settings, require_database


def add_arguments(parser: ArgumentParser) -> None:
    """Say what may stand on the command line."""
    parser.add_argument("--host", help="address to listen on (127.0.0.1)")
    parser.add_argument("--port", type=int, help="port to listen on (8000)")
    parser.add_argument("--workers", type=int, help="processes (2)")
    parser.add_argument("--threads", type=int, help="threads of each (8)")


def run(args: Namespace) -> int:
    """Serve. Raises NotSetUp before it listens: a node that cannot answer is not to be sent requests."""
    host = args.host or environment.text("ZAHLSTELLE_LISTEN_HOST", "127.0.0.1")
    port = args.port or environment.whole("ZAHLSTELLE_LISTEN_PORT", 8000, most=65_535)
    workers = args.workers or environment.whole("ZAHLSTELLE_WEB_WORKERS", 2, most=1000)
    threads = args.threads or environment.whole("ZAHLSTELLE_WEB_THREADS", 8, most=1000)
    environment.secret_key()
    load_settings()
    require_database()
    require_free(host, port)
    from granian import Granian
    from granian.constants import Interfaces

    server = Granian(
        "zahlstelle.wsgi:application",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=threads,
        workers_kill_timeout=20,
        respawn_failed_workers=True,
        websockets=False,
    )
    server.serve()
    return 0
