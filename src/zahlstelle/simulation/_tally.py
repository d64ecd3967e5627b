"""What is written down about the month beside its files: lines of truth, card payments, counts."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from random import Random

from ._facts import Claim, Detail, Entry
from ._judgement import ALLOCATE, SUSPEND, Judgement, Shares
from ._town import Town


@dataclass(slots=True)
class Tally:
    """Counts while the month passes."""

    captures: int = 0
    entries: int = 0
    credits_of_claims: int = 0
    decidable: int = 0
    cents: Counter[str] = field(default_factory=Counter)
    details: Counter[str] = field(default_factory=Counter)
    expected: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    behaviours: Counter[str] = field(default_factory=Counter)

    def detail(self, detail: Detail, entry: Entry, judged: Judgement) -> None:
        """Count a detail."""
        self.kinds[detail.kind] += 1
        self.cents[entry.side] += detail.amount_cents
        self.details[entry.side] += 1
        self.expected[judged.expected] += 1
        self.decidable += bool(judged.decides)
        self.credits_of_claims += entry.side == "credit" and bool(detail.belongs_to)

    def summary(self) -> dict[str, object]:
        """Give the counts for `summary.json`."""
        allocate, incoming = self.expected[ALLOCATE], self.details["credit"]
        rate = round(allocate / incoming, 4) if incoming else None
        return {
            "captured_payments": self.captures,
            "entries": self.entries,
            "details": self.details.total(),
            "credit_details": incoming,
            "debit_details": self.details["debit"],
            "credit_cents": self.cents["credit"],
            "debit_cents": self.cents["debit"],
            "credits_of_claims": self.credits_of_claims,
            "expected": {ALLOCATE: allocate, SUSPEND: self.expected[SUSPEND]},
            "expected_automatic_rate": rate,
            "decidable": self.decidable,
            "by_kind": dict(sorted(self.kinds.items())),
            "claims_by_behaviour": dict(sorted(self.behaviours.items())),
        }


def captured_row(claim: Claim, reference: str, day: date, rng: Random) -> dict[str, object]:
    """Give the line of `payments.jsonl`: captured between 5:00 and 21:00 UTC, the same day in Berlin."""
    at = datetime(day.year, day.month, day.day, 5, tzinfo=UTC) + timedelta(seconds=rng.randrange(16 * 3600))
    return {
        "kassenzeichen": claim.kassenzeichen,
        "amount_cents": claim.amount_cents,
        "provider_reference": reference,
        "captured_at": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "method": "card",
        "provider": "sandbox",
    }


def truth_row(town: Town, entry: Entry, number: int, detail: Detail, judged: Judgement) -> dict[str, object]:
    """Give the line of `truth.jsonl`."""
    return {
        "file": entry.resolved_in,
        "account_iban": town.iban,
        "bank_ref": entry.bank_ref,
        "detail": number,
        "amount_cents": detail.amount_cents,
        "side": entry.side,
        "booking_date": entry.booking_date.isoformat(),
        "kind": detail.kind,
        "belongs_to": _shares(detail.belongs_to),
        "expected": judged.expected,
        "misleading": judged.misleading,
        "decidable": bool(judged.decides),
        "decides": _shares(judged.decides),
        "named": list(detail.named),
    }


def _shares(shares: Shares) -> list[dict[str, object]]:
    return [{"kassenzeichen": kassenzeichen, "amount_cents": cents} for kassenzeichen, cents in shares]
