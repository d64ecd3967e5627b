"""Which commands there are: one row each. The module is imported only when its command is called."""

import importlib
from argparse import ArgumentParser, Namespace
from importlib.util import find_spec
from typing import NamedTuple, Protocol, cast


class CommandModule(Protocol):
    """What a command's module has. Its docstring is the command's help."""

    __doc__: str | None

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Say what may stand on the command line."""

    def run(self, args: Namespace) -> int:
        """Do it; return the exit status."""


class Command(NamedTuple):
    """One row of `zahlstelle help`."""

    words: str
    module: str
    does: str

    def load(self) -> CommandModule:
        """Import the module that does it."""
        return cast(CommandModule, importlib.import_module(self.module))


_ALL = (
    Command("demo", "zahlstelle.cli.demo", "start everything to try it out, with two towns"),
    Command("migrate", "zahlstelle.cli.migrate", "bring the database up to date (as its owner)"),
    Command("serve", "zahlstelle.cli.serve", "serve the web pages and the API"),
    Command("worker", "zahlstelle.cli.worker", "work on jobs, events and webhooks"),
    Command("check", "zahlstelle.cli.check", "say whether this installation is set up right"),
    Command("tenant add", "zahlstelle.cli.tenant_add", "add a town from a TOML file"),
    Command("tenant list", "zahlstelle.cli.tenant_list", "list the towns"),
    Command("claims import", "zahlstelle.cli.claims_import", "open claims from a file of JSON lines"),
    Command("keys", "zahlstelle.cli.keys", "make an API key for an online service"),
    Command("bank inspect", "zahlstelle.cli.bank_inspect", "read camt files without a database"),
    Command("bank import", "zahlstelle.cli.bank_import", "import camt files and allocate what they bring"),
    Command("bank notify", "zahlstelle.cli.bank_notify", "write the camt.054 of a collective credit"),
    Command(
        "bank orders", "zahlstelle.cli.bank_orders", "keep our own orders (pain.008, pain.001) and answers to them"
    ),
    Command("debits collect", "zahlstelle.cli.debits_collect", "collect direct debits: write the bank's pain.008"),
    Command("debits mandates", "zahlstelle.cli.debits_mandates", "keep mandates signed on paper, from a file"),
    Command("debits order", "zahlstelle.cli.debits_order", "collect a claim by a recurring mandate"),
    Command("payouts import", "zahlstelle.cli.payouts_import", "import settlement reports of a provider from files"),
    Command("book check", "zahlstelle.cli.book_check", "recompute the book from its journal"),
    Command("simulate", "zahlstelle.cli.simulate", "make up a town's month: claims, payers, bank files"),
    Command("simulate score", "zahlstelle.cli.simulate_score", "compare a program's decisions with the month's truth"),
    Command("doctor", "zahlstelle.cli.doctor", "tell one claim's whole life"),
)


def commands() -> dict[str, Command]:
    """Return the commands whose modules are part of this build, by their words."""
    return {command.words: command for command in _ALL if find_spec(command.module)}
