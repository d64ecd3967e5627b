"""`zahlstelle simulate`: write a careless town's month, with the truth beside it."""

import argparse
import json
import sys
from datetime import date
from pathlib import Path

from zahlstelle.kernel import CheckMethod, Refusal
from zahlstelle.simulation import Bank, Rates, Simulation, Town, collective_file, simulate


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Name the options."""
    default = Town()
    parser.add_argument("--seed", type=int, default=1, help="the same seed writes the same bytes (1)")
    parser.add_argument("--days", type=int, default=30, help="calendar days of the month (30)")
    parser.add_argument("--claims", type=int, default=2000, help="how many claims are opened (2000)")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="DIR", help="folder to write into")
    parser.add_argument("--start", type=date.fromisoformat, default=date(2026, 10, 1), metavar="YYYY-MM-DD")
    parser.add_argument("--town", default=default.slug, metavar="SLUG", help="short name of the town")
    parser.add_argument("--name", default="", help="its full name (Stadt Simstadt)")
    parser.add_argument("--ags", default=default.ags, help="its official municipality key")
    parser.add_argument("--iban", default=default.iban, help="the town's account")
    parser.add_argument("--bic", default=default.bic, help="the town's bank")
    parser.add_argument("--prefix", default=default.prefix, help="digits every Kassenzeichen begins with")
    parser.add_argument("--digits", type=int, default=default.digits, help="places of the counter")
    parser.add_argument(
        "--check-method",
        type=CheckMethod,
        choices=list(CheckMethod),
        default=default.check,
        metavar="METHOD",
        help="check digit: " + ", ".join(CheckMethod),
    )
    parser.add_argument(
        "--rate",
        action="append",
        default=[],
        metavar="NAME=SHARE",
        help="how often something happens, such as mistyped=0.1; may be given several times",
    )
    parser.add_argument(
        "--bank",
        type=Bank,
        choices=list(Bank),
        default=default.bank,
        metavar="WAY",
        help="how its bank writes: " + ", ".join(Bank),
    )
    parser.add_argument("--rates", type=Path, metavar="FILE", help="rates from a TOML file; --rate goes before it")
    parser.add_argument(
        "--collective",
        type=int,
        metavar="N",
        help="write instead DIR/collective.xml, one camt.054 with N details, and DIR/claims.jsonl",
    )


def run(args: argparse.Namespace) -> int:
    """Simulate; print the summary. Gives 2 and the reason where what was asked for cannot be."""
    try:
        town = Town(
            slug=args.town,
            name=args.name,
            ags=args.ags,
            iban=args.iban.replace(" ", ""),
            bic=args.bic,
            prefix=args.prefix,
            digits=args.digits,
            check=args.check_method,
            bank=args.bank,
        )
        summary = _collective(args, town) if args.collective is not None else _month(args, town)
    except Refusal as refusal:
        print(f"simulate: {refusal.reason} ({refusal.code})", file=sys.stderr)
        return 2
    print(json.dumps(summary, ensure_ascii=False, indent=2))
    return 0


def _month(args: argparse.Namespace, town: Town) -> dict[str, object]:
    rates = Rates.read_file(args.rates, args.rate) if args.rates else Rates.read(args.rate)
    what = Simulation(args.seed, args.days, args.claims, args.start, town, rates)
    return simulate(what, args.output)


def _collective(args: argparse.Namespace, town: Town) -> dict[str, object]:
    args.output.mkdir(parents=True, exist_ok=True)
    cents = collective_file(
        args.collective,
        args.output / "collective.xml",
        claims_path=args.output / "claims.jsonl",
        seed=args.seed,
        town=town,
        day=args.start,
    )
    return {"details": args.collective, "credit_cents": cents}
