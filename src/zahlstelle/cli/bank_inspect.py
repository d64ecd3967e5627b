"""Read camt files (xml, zip, folders, - for standard input) without a database and say what is in them.

Exit status 2, with file and line and reason, if something cannot be read. Nothing is guessed.
"""

import sys
from argparse import ArgumentParser, Namespace

from .inspect import run_inspect


def add_arguments(parser: ArgumentParser) -> None:
    """Say what may stand on the command line."""
    parser.add_argument("paths", nargs="+", metavar="PATH")
    parser.add_argument("--json", action="store_true", help="one JSON line per bank entry")


def run(args: Namespace) -> int:
    """Inspect."""
    return run_inspect(args.paths, args.json, sys.stdout, sys.stderr)
