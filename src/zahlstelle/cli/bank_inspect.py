"""`zahlstelle bank inspect`: read bank files without a database and say what is in them."""

from __future__ import annotations

import shutil
import sys
import tempfile
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from typing import IO, BinaryIO, TextIO

from zahlstelle import iso20022


def run_inspect(paths: Sequence[str], as_json: bool, out: TextIO, err: TextIO) -> int:
    """Read every bank file under `paths`: 0, or 2 with `file:line: code: reason` on `err` for each that cannot be read.

    A file is printed whole or not at all; the others are printed all the same. Where a path holds no bank file, that is
    said as of a file that cannot be read: who names a folder means something in it. With `as_json` one line per
    entry as promised in the design, otherwise a short table.
    """
    refused = 0
    for path in paths:
        passed_over: list[str] = []
        found = False
        try:
            for name, stream in iso20022.documents(path, passed_over=passed_over):
                found = True
                refused += not _tell(name, stream, as_json, out, err)
        except iso20022.Unreadable as no:
            err.write(f"{no}\n")
            found, refused = True, refused + 1
        tell_left_out(path, passed_over, found=found, err=err)
        refused += not found
    return 2 if refused else 0


def tell_left_out(path: str, passed_over: Sequence[str], *, found: bool, err: TextIO) -> None:
    """Name what a folder or ZIP holds beside bank files, and say it where it holds nothing else."""
    for name in passed_over:
        err.write(f"{name}: passed over, not a bank file by name or beginning\n")
    if not found:
        err.write(f"{path}: {iso20022.Reason.EMPTY}: there is no bank file to read\n")


def _tell(name: str, stream: BinaryIO, as_json: bool, out: TextIO, err: TextIO) -> bool:
    """Print one file; False where it cannot be read."""
    deviations: list[iso20022.Deviation] = []
    with tempfile.SpooledTemporaryFile(8 * 1024 * 1024, "w+", encoding="utf-8", newline="\n") as page:
        try:
            if as_json:
                page.writelines(iso20022.json_pieces(stream, name, deviations))
            else:
                _table(stream, name, page, deviations)
        except iso20022.Unreadable as no:
            err.write(f"{no}\n")
            return False
        page.seek(0)
        shutil.copyfileobj(page, out)
    for one in deviations:
        place = one.file if one.line is None else f"{one.file}:{one.line}"
        element = f" in {one.element}" if one.element else ""
        err.write(f"{place}: note: {one.code}{element}: {one.reason}\n")
    return True


def _table(stream: BinaryIO, name: str, page: IO[str], deviations: list[iso20022.Deviation]) -> None:
    page.write(f"{name}\n")
    details = 0
    message: iso20022.MessageHead | None = None
    for event in iso20022.read(stream, name):
        match event:
            case iso20022.StatementStart(message, _):
                details = 0
            case iso20022.EntryEnd(entry):
                details += entry.detail_count
            case iso20022.StatementEnd(statement) if message is not None:
                page.write(_row(message, statement, details))
            case iso20022.Deviation():
                deviations.append(event)


def _row(message: iso20022.MessageHead, statement: iso20022.Statement, details: int) -> str:
    account = statement.account_iban or statement.account_other or "-"
    return (
        f"  {message.message} {message.version or '-'}  {account}  {statement.statement_id or '-'}"
        f"  {statement.entry_count} entries  {details} details"
        f"  +{_amount(statement.credit_cents)}  -{_amount(statement.debit_cents)}\n"
    )


def _amount(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"


def add_arguments(parser: ArgumentParser) -> None:
    """Say what may stand on the command line."""
    parser.add_argument("path", nargs="+", metavar="PATH", help="file, ZIP, folder, or - for standard input")
    parser.add_argument("--json", action="store_true", help="one JSON line per bank entry")


def run(args: Namespace) -> int:
    """Read the files; 0, or 2 where one cannot be read."""
    return run_inspect(args.path, args.json, sys.stdout, sys.stderr)
