"""Work on jobs, events and webhooks until SIGTERM or SIGINT. Any number may run beside each other."""

import importlib
from argparse import ArgumentParser, Namespace

from ._django import start_django


def add_arguments(parser: ArgumentParser) -> None:
    """Say what may stand on the command line: nothing."""


def run(args: Namespace) -> int:
    """Work."""
    start_django()
    importlib.import_module("zahlstelle.jobs").run_forever()
    return 0
