"""`zahlstelle simulate score`: compare what any program decided with the truth of a simulated month.

Decisions are CSV with a header, or JSON lines: bank_ref, detail, kassenzeichen, amount_cents and, for a proposal, its
rank from 1 on. Exit 0 if nothing was posted wrongly, 1 if something was, 2 if a file cannot be read.
"""

import argparse
import json
import sys
from pathlib import Path

from zahlstelle.kernel import Refusal
from zahlstelle.simulation import Score, read_decisions, read_truth, score

_HEADS = ("details", "decidable", "posted", "misled", "wrong", "proposed", "left")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Name the options."""
    parser.add_argument("month", type=Path, metavar="DIR", help="the simulated month (or its truth.jsonl)")
    parser.add_argument("decisions", type=Path, metavar="FILE", help="what was decided: .csv, or .jsonl")
    parser.add_argument("--json", action="store_true", help="print the figures as one JSON object")


def run(args: argparse.Namespace) -> int:
    """Compare and print."""
    truth = args.month / "truth.jsonl" if args.month.is_dir() else args.month
    try:
        result = score(read_truth(truth), read_decisions(args.decisions))
    except (Refusal, OSError, ValueError, KeyError) as error:
        print(f"simulate score: {error!r}" if not isinstance(error, Refusal) else error.reason, file=sys.stderr)
        return 2
    print(json.dumps(result.summary(), ensure_ascii=False) if args.json else table(result))
    return 0 if result.sound else 1


def table(result: Score) -> str:
    """Write the table of kinds as Markdown, with the figures that count below it."""
    rows = [
        "| kind | " + " | ".join(_HEADS) + " |",
        "| --- |" + " ---: |" * len(_HEADS),
        *(
            f"| `{kind}` | " + " | ".join(f"{getattr(line, head):,}" for head in _HEADS) + " |"
            for kind, line in sorted(result.kinds.items())
        ),
        "| all | " + " | ".join(f"{result.total(head):,}" for head in _HEADS) + " |",
    ]
    share = f"{result.decidable_posted * 100 / result.decidable:.2f} %" if result.decidable else "-"
    return "\n".join(
        [
            *rows,
            "",
            f"{result.payments:,} payments. Posted wrongly: {result.total('wrong'):,}. "
            f"Of {result.decidable:,} decidable posted: {result.decidable_posted:,} ({share}). "
            f"Decisions about nothing: {len(result.unknown):,}.",
        ]
    )
