"""The form that splits an amount over several claims: everything it knows stands in the form itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.http import QueryDict

from zahlstelle import treasury
from zahlstelle.allocation import Rest
from zahlstelle.claims import Candidate
from zahlstelle.tenancy import Tenant

from ._wanted import read_cents

_MOST = 50


@dataclass(frozen=True, slots=True)
class Row:
    """A claim of the split and what was typed for it."""

    claim: Candidate
    typed: str
    cents: int | None

    @property
    def wrong(self) -> bool:
        """Whether the amount cannot be read, or is nothing."""
        return not self.cents


@dataclass(frozen=True, slots=True)
class Split:
    """The form as it stands: chosen claims with amounts, what a search found, and what is left."""

    rows: Sequence[Row] = ()
    found: Sequence[Candidate] = ()
    text: str = ""
    note: str = ""
    rest: Rest = Rest.NONE
    left_cents: int = 0
    searched: bool = False

    @property
    def shares(self) -> Sequence[tuple[UUID, int]]:
        """What is to be booked."""
        return [(row.claim.id, row.cents) for row in self.rows if row.cents]

    @property
    def unreadable(self) -> bool:
        """Whether an amount cannot be read."""
        return any(row.wrong for row in self.rows)


def read_split(tenant: Tenant, said: QueryDict, waits: int, first: Sequence[tuple[UUID, int]] = ()) -> Split:
    """Read the form, with what its buttons ask for: `nimm:ID` takes a claim in, `weg:ID` puts one away."""
    chosen = [id_ for text in said.getlist("forderung")[:_MOST] if (id_ := _uuid(text))]
    typed = {id_: said.get(f"betrag-{id_}", "") for id_ in chosen}
    verb, _, named = said.get("tun", "").partition(":")
    claim = _uuid(named)
    if not chosen and not said:
        chosen, typed = [id_ for id_, _ in first], {id_: _typed(cents) for id_, cents in first}
    if verb == "nimm" and claim and claim not in chosen:
        chosen.append(claim)
    if verb == "weg" and claim in chosen:
        chosen.remove(claim)
    text = said.get("forderungssuche", "").replace("\0", "")[:80]
    known, found = treasury.claims_for_split(tenant=tenant, chosen=chosen, text="" if verb == "nimm" else text)
    rows = [Row(claim, typed.get(claim.id, ""), read_cents(typed.get(claim.id, ""))) for claim in known]
    left = waits - sum(row.cents or 0 for row in rows)
    if verb == "nimm" and rows and rows[-1].claim.id == claim and not rows[-1].typed:
        share = min(max(left, 0), rows[-1].claim.open_cents)
        rows[-1] = Row(rows[-1].claim, _typed(share), share)
        left -= share
    rest = said.get("rest", "")
    return Split(
        rows=rows,
        found=found,
        text="" if verb == "nimm" else text,
        note=said.get("vermerk", "")[:500],
        rest=Rest(rest) if rest in list(Rest) else Rest.NONE,
        left_cents=left,
        searched=verb in ("suchen", "weiter") and bool(text.strip()),
    )


def _typed(cents: int) -> str:
    return f"{cents // 100},{cents % 100:02d}"


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
