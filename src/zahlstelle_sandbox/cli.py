"""The command line: `zahlstelle-sandbox serve`."""

import argparse
import os
import socket
import sys
from pathlib import Path

from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from ._config import Unusable, refuse_live
from .app import Place, prepare


def main(arguments: list[str] | None = None) -> int:
    """Serve the sandbox until SIGTERM or SIGINT; 2 if it cannot be started like this."""
    options = _parser().parse_args(arguments)
    try:
        refuse_live(options.mode)
        _refuse_taken(options.port)
        prepare(Place(options.data, options.config))
    except (Unusable, OSError) as error:
        print(f"zahlstelle-sandbox: {error}", file=sys.stderr)
        return 2
    _serve(options.data.resolve(), options.port, options.config.resolve() if options.config else None)
    return 0


def _serve(data: Path, port: int, config: Path | None) -> None:
    os.environ["SANDBOX_DATA"] = str(data)
    os.environ.pop("SANDBOX_CONFIG", None)
    if config:
        os.environ["SANDBOX_CONFIG"] = str(config)
    print(f"zahlstelle-sandbox: http://127.0.0.1:{port}/ (test only), data in {data}", flush=True)
    Granian(
        "zahlstelle_sandbox.app:from_environment",
        address="127.0.0.1",
        port=port,
        interface=Interfaces.WSGI,
        factory=True,
        workers=1,
        blocking_threads=16,
        backpressure=64,
        workers_kill_timeout=10,
        websockets=False,
        log_level=LogLevels.error,
    ).serve()


def _refuse_taken(port: int) -> None:
    """Raises OSError now, with a clear word, rather than in the server's own process."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", port))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("zahlstelle-sandbox", description="A payment provider and a bank to test against.")
    commands = parser.add_subparsers(dest="command", required=True)
    serve = commands.add_parser("serve", help="serve on 127.0.0.1")
    serve.add_argument("--data", type=Path, required=True, help="folder of the sandbox's memory and bank files")
    serve.add_argument("--port", type=int, required=True)
    serve.add_argument("--config", type=Path, help="JSON file: admin_token, merchants, behaviour, payout_at")
    serve.add_argument("--mode", default="test", help="only test; live is refused")
    return parser


if __name__ == "__main__":
    sys.exit(main())
