"""Import bank files (XML, ZIP, or a folder of them) and allocate what they bring.

Every file is taken whole or not at all. The same file again brings nothing. In a folder, what neither has the name nor
the beginning of a bank file is passed over and named, as `bank inspect` does. Exit status 0, or 2 when a file was
refused or there was none; the others are imported all the same.
"""

import json
import sys
import tempfile
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import Progress

from zahlstelle.kernel import InputRefused, Money, Refusal, clock

from ._django import start_django, stop_django
from ._said import tell_refused
from .bank_inspect import tell_left_out

if TYPE_CHECKING:
    from zahlstelle.allocation import ImportResult
    from zahlstelle.tenancy import Tenant


class PathUnknown(InputRefused):
    """There is nothing at the path."""

    code = "path_unknown"


def add_arguments(parser: ArgumentParser) -> None:
    """Say what may stand on the command line."""
    parser.add_argument("path", metavar="PATH", help="file, ZIP, folder, or - for standard input")
    parser.add_argument("--tenant", required=True, metavar="T", help="the town's short name")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: Namespace) -> int:
    """Import."""
    start_django()
    from zahlstelle import allocation, tenancy

    try:
        tenant = tenancy.tenant_by_slug(args.tenant)
        began = time.perf_counter()
        total = allocation.ImportResult()
        with _files(args.path) as paths:
            refused = _import_all(tenant, paths, total)
        _tell(total, time.perf_counter() - began, as_json=args.json)
        return 2 if refused or not paths else 0
    except PathUnknown as no:
        tell_refused(args.path, no)
        return 2
    finally:
        stop_django()


class _files:  # noqa: N801 - used as a function
    """Give the files under a path in the order of their names; standard input becomes a file for as long."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    def __enter__(self) -> Sequence[Path]:
        if self._path == "-":
            self._folder = tempfile.TemporaryDirectory(prefix="zahlstelle-")
            path = Path(self._folder.name) / "standard-input"
            path.write_bytes(sys.stdin.buffer.read())
            return [path]
        return _below(Path(self._path))

    def __exit__(self, *_: object) -> None:
        if self._folder is not None:
            self._folder.cleanup()


def _below(path: Path) -> Sequence[Path]:
    from zahlstelle.iso20022 import files_below

    if not path.exists():
        raise PathUnknown(f"{path}: there is nothing")
    if not path.is_dir():
        return [path]
    passed_over: list[str] = []
    found = list(files_below(path, passed_over=passed_over))
    tell_left_out(str(path), passed_over, found=bool(found), err=sys.stderr)
    return found


def _import_all(tenant: "Tenant", paths: Sequence[Path], total: "ImportResult") -> int:
    from zahlstelle import allocation
    from zahlstelle.iso20022 import Reason, Unreadable

    refused = 0
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        for path in progress.track(paths, description="importing"):
            try:
                result = allocation.import_bank_file(
                    tenant=tenant, path=path, name=path.name, at=clock.now(), by="command"
                )
            except Unreadable as no:  # says file, line and code itself
                refused += 1
                print(no, file=sys.stderr)
            except Refusal as no:
                refused += 1
                tell_refused(path.name, no)
            except OSError as error:
                refused += 1
                print(f"{path}: {Reason.NOT_FOUND}: {error.strerror or error}", file=sys.stderr)
            else:
                total.add(result)
    return refused


def _tell(total: "ImportResult", seconds: float, *, as_json: bool) -> None:
    said = asdict(total)
    if as_json:
        print(json.dumps({**said, "seconds": round(seconds, 3)}))
        return
    print(f"{total.files} files: {total.entries} new entries with {total.details} details, {total.duplicates} known")
    print(f"credits {Money(total.credit_cents)}, debits {Money(total.debit_cents)}")
    print(f"{total.allocated} allocated, {total.suspended} in suspense, {seconds:.1f} s")
