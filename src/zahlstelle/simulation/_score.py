"""Compare what any program did with a simulated month with its truth: the same measure for everybody."""

import csv
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from zahlstelle.kernel import InputRefused

POSTED = 0
"""The rank of what a program posted by itself; proposals for a person have ranks from 1 on."""
_COUNTED = 3
"""So many proposals a person is expected to look at."""
Place = tuple[str, int]


class DecisionsUnreadable(InputRefused):
    """A line of decisions lacks a field, or holds no number where one belongs."""

    code = "decisions_unreadable"


@dataclass(frozen=True, slots=True)
class Decision:
    """One claim's share of a detail's money, as posted or proposed. Without Kassenzeichen: no claim of the town's."""

    bank_ref: str
    detail: int
    kassenzeichen: str
    amount_cents: int
    rank: int = POSTED


@dataclass(slots=True)
class Line:
    """One kind of payment in the table."""

    details: int = 0
    decidable: int = 0
    posted: int = 0
    misled: int = 0
    wrong: int = 0
    proposed: int = 0
    left: int = 0


@dataclass(slots=True)
class Score:
    """How a program did. Scores of several months add up."""

    kinds: dict[str, Line] = field(default_factory=lambda: defaultdict(Line))
    payments: int = 0  # credits
    decidable: int = 0
    decidable_posted: int = 0
    wrong: list[dict[str, object]] = field(default_factory=list)
    unknown: list[Place] = field(default_factory=list)  # decisions about a detail that is not there

    @property
    def sound(self) -> bool:
        """Say whether no money was posted wrongly, and none that does not exist."""
        return not self.wrong and not self.unknown

    def total(self, name: str) -> int:
        """Add one column up."""
        return sum(int(getattr(line, name)) for line in self.kinds.values())

    def add(self, other: "Score") -> None:
        """Count another month in."""
        for kind, line in other.kinds.items():
            for name in Line.__slots__:
                setattr(self.kinds[kind], name, getattr(self.kinds[kind], name) + getattr(line, name))
        self.payments += other.payments
        self.decidable += other.decidable
        self.decidable_posted += other.decidable_posted
        self.wrong += other.wrong
        self.unknown += other.unknown

    def summary(self) -> dict[str, object]:
        """Give the figures, as `--json` prints them."""
        return {
            "payments": self.payments,
            "wrong": self.total("wrong"),
            "misled": self.total("misled"),
            "unknown": len(self.unknown),
            "decidable": self.decidable,
            "decidable_posted": self.decidable_posted,
            "kinds": {
                kind: {name: getattr(line, name) for name in Line.__slots__}
                for kind, line in sorted(self.kinds.items())
            },
            "examples": self.wrong[:20],
        }


def score(truth: Iterable[Mapping[str, Any]], decisions: Iterable[Decision]) -> Score:
    """Compare. Posted rightly means: to the claims meant, with these cents, each detail once."""
    made = _by_place(decisions)
    result = Score()
    for row in truth:
        ranks = made.pop((row["bank_ref"], row["detail"]), {})
        line = result.kinds[row["kind"]]
        line.details += 1
        line.decidable += row["decidable"]
        result.payments += row["side"] == "credit"
        result.decidable += row["decidable"]
        meant, decides, posted = _shares(row["belongs_to"]), _shares(row["decides"]), ranks.pop(POSTED, None)
        result.decidable_posted += bool(decides) and posted == decides
        if posted is None:
            seen = any(ranks.get(rank) == meant for rank in range(1, _COUNTED + 1))
            line.proposed += seen
            line.left += not seen
        elif posted == meant:
            line.posted += 1
        elif decides and posted == decides:
            line.misled += 1
        else:
            line.wrong += 1
            result.wrong.append({**row, "posted": posted})
    result.unknown += made
    return result


def _by_place(decisions: Iterable[Decision]) -> dict[Place, dict[int, dict[str, int]]]:
    """Gather the shares of each detail and rank; without Kassenzeichen a detail is shared out to nobody."""
    made: dict[Place, dict[int, dict[str, int]]] = defaultdict(lambda: defaultdict(dict))
    for decision in decisions:
        shares: Counter[str] = Counter(made[decision.bank_ref, decision.detail][decision.rank])
        if decision.kassenzeichen:
            shares[decision.kassenzeichen] += decision.amount_cents
        made[decision.bank_ref, decision.detail][decision.rank] = dict(shares)
    return made


def _shares(told: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    return {share["kassenzeichen"]: share["amount_cents"] for share in told}


def read_truth(path: Path) -> Iterator[dict[str, Any]]:
    """Read `truth.jsonl`."""
    with path.open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def read_decisions(path: Path) -> Iterator[Decision]:
    """Read decisions: JSON lines (`.jsonl`), else CSV with a header. Raises DecisionsUnreadable, naming the line."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows: Iterable[Any] = map(_json, file) if path.suffix == ".jsonl" else csv.DictReader(file)
        for number, row in enumerate(rows, start=1 if path.suffix == ".jsonl" else 2):
            try:
                yield Decision(
                    str(row["bank_ref"]),
                    int(row["detail"]),
                    str(row["kassenzeichen"] or ""),
                    int(row["amount_cents"] or 0),
                    int(row.get("rank") or POSTED),
                )
            except (KeyError, TypeError, ValueError, AttributeError) as error:
                raise DecisionsUnreadable(f"{path.name}, line {number}: {error!r}") from error


def _json(line: str) -> object:
    try:
        return json.loads(line)
    except ValueError:
        return None
