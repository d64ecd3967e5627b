"""Work on jobs, events and webhooks until SIGTERM or SIGINT. Any number may run beside each other."""

from argparse import ArgumentParser, Namespace

from ._django import start_django, stop_django


def add_arguments(parser: ArgumentParser) -> None:
    """Say what may stand on the command line: nothing."""


def run(args: Namespace) -> int:
    """Work."""
    start_django()
    from zahlstelle import jobs

    jobs.run_forever()
    stop_django()
    return 0
