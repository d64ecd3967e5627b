"""Start everything to try it out: PostgreSQL, the sandbox (a payment provider and a bank), web, worker.

Two towns, Musterstadt and Nachbarstadt, with people of every role. Ctrl-C stops all of it; the next start
finds its data again. When all is ready, DIR/demo.json says where everything is.
"""

import os
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any

from zahlstelle import postgres
from zahlstelle.processes import (
    Child,
    ChildDied,
    Ended,
    end_on_signals,
    free_port,
    start,
    stop,
    wait_until_ready,
    watch,
)

from ._demo_folder import DemoFolder
from ._demo_screen import show

WEB_PORT = 8000
DATABASE = "zahlstelle"


def add_arguments(parser: ArgumentParser) -> None:
    """Say what may stand on the command line."""
    parser.add_argument("--data", type=Path, default=Path("var/demo"), metavar="DIR", help="folder (var/demo)")
    parser.add_argument("--port", type=int, help=f"port of the web pages ({WEB_PORT} or the next free one)")
    parser.add_argument("--fresh", action="store_true", help="forget the data of earlier starts")


def run(args: Namespace) -> int:
    """Start, wait, stop. 0 after Ctrl-C, 1 if a piece did not start or ended by itself."""
    ignore_signals = end_on_signals()
    demo = Demo(DemoFolder(args.data), args.port)
    try:
        demo.folder.enter(fresh=args.fresh)
        demo.start()
        watch(demo.watched)
    except Ended:
        print("\nstopping ...", flush=True)
        return 0
    finally:
        ignore_signals()
        demo.stop()
        demo.folder.leave()


class Demo:
    """The pieces of a running demo, in the order in which they are stopped."""

    def __init__(self, folder: DemoFolder, port: int | None) -> None:
        self.folder = folder
        self._asked_port = port
        self._database: postgres.Database | None = None
        self._running: dict[str, Child] = {}

    @property
    def watched(self) -> list[Child]:
        """Every process whose end ends the demo."""
        server = self._database.server if self._database else None
        return [*self._running.values(), *([server.child] if server else [])]

    def start(self) -> None:
        """Start one piece after the other and write demo.json when all are ready."""
        self._say("starting PostgreSQL")
        self._database = postgres.obtain(self.folder.postgres, DATABASE)
        self._choose_ports()
        self._say("preparing the database")
        self._finish("migrate", "migrate")
        self._say("starting the sandbox")
        words = ["serve", "--data", str(self.folder.sandbox), "--port", str(self.sandbox_port)]
        self._begin("sandbox", "zahlstelle_sandbox.cli", *words)
        wait_until_ready(self._running["sandbox"], f"{self.sandbox_url}/healthz")
        self._say("filling two towns (the first time takes a moment)")
        self._finish("seed", str(self.folder.path), self.base_url, self.sandbox_url, module="zahlstelle.cli._seed")
        self._say("starting web and worker")
        self._begin("worker", "zahlstelle.cli", "worker")
        self._begin("web", "zahlstelle.cli", "serve", "--port", str(self.web_port))
        wait_until_ready(self._running["web"], f"{self.base_url}/readyz")
        self._running["worker"].raise_if_dead()
        told = self._demo_json()
        self.folder.remember("demo", told)
        show(told, self.folder)

    def stop(self) -> None:
        """End web, worker, sandbox and PostgreSQL, in this order."""
        for name in ("seed", "migrate", "web", "worker", "sandbox"):
            if name in self._running:
                stop(self._running.pop(name))
        if self._database is not None:
            self._database.stop()
            self._database = None

    def _choose_ports(self) -> None:
        """Take the ports of the last start again where they are free, so that addresses people noted hold."""
        last = self.folder.remembered("ports") or {}
        if self._asked_port:
            self.web_port = free_port(preferred=self._asked_port, tries=1)
        else:
            self.web_port = free_port(preferred=last.get("web", WEB_PORT))
        self.sandbox_port = free_port(preferred=last.get("sandbox", self.web_port + 1), but_not=self.web_port)
        self.base_url = f"http://localhost:{self.web_port}"
        self.sandbox_url = f"http://localhost:{self.sandbox_port}"
        self.folder.remember("ports", {"web": self.web_port, "sandbox": self.sandbox_port})

    def _begin(self, name: str, module: str, *words: str) -> None:
        log = self.folder.logs / f"{name}.log"
        log.unlink(missing_ok=True)
        command = [sys.executable, "-m", module, *words]
        self._running[name] = start(name, command, log=log, env=self._environment(owner=name == "migrate"))

    def _finish(self, name: str, *words: str, module: str = "zahlstelle.cli") -> None:
        """Run a piece that ends by itself; raise `ChildDied` unless it ends well."""
        self._begin(name, module, *words)
        child = self._running[name]
        if child.process.wait() != 0:
            raise ChildDied(child)
        del self._running[name]

    def _environment(self, *, owner: bool) -> dict[str, str]:
        """The production settings of a node, except that everything is here. Only `migrate` is the owner."""
        assert self._database is not None
        given = {name: value for name, value in os.environ.items() if not name.startswith("ZAHLSTELLE_")}
        urls = self._database.urls
        return {
            **given,
            **({"ZAHLSTELLE_OWNER_DATABASE_URL": urls.owner} if owner else {}),
            "ZAHLSTELLE_DATABASE_URL": urls.app,
            "ZAHLSTELLE_SECRET_KEY": self.folder.secret("secret_key"),
            "ZAHLSTELLE_BASE_URL": self.base_url,
            "ZAHLSTELLE_SANDBOX_URL": self.sandbox_url,
            "ZAHLSTELLE_MAIL": f"file:{self.folder.sandbox / 'mail'}",
            "ZAHLSTELLE_MAIL_FROM": "kasse@zahlstelle.example",
            "PYTHONUNBUFFERED": "1",
        }

    def _demo_json(self) -> dict[str, Any]:
        assert self._database is not None
        seeded = self.folder.remembered("seed") or {}
        return {
            "base_url": self.base_url,
            "sandbox_url": self.sandbox_url,
            "kasse_url": f"{self.base_url}/kasse/",
            "operator_url": f"{self.base_url}/betrieb/",
            "mailbox_url": f"{self.sandbox_url}/postfach",
            "database_url": self._database.urls.app,
            "tenants": [],
            **seeded,
        }

    def _say(self, what: str) -> None:
        print(f"{what} ...", flush=True)
