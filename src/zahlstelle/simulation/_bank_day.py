"""What the bank books on one day: single and collective entries, payouts, fees, money that goes back."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from random import Random

from . import _others as others
from ._chance import happens
from ._facts import Detail, Entry
from ._rates import Rates
from ._town import Town

LARGEST_COLLECTIVE = 10_000
"""The DK recommends messages up to 20 MB, about 24,000 details; banks split earlier."""


@dataclass(slots=True)
class Movements:
    """Everything that reaches the account on one day, before the bank gathers it into entries."""

    transfers: list[Detail] = field(default_factory=list)
    payout: list[Detail] = field(default_factory=list)
    net: bool = False  # the provider pays out less fees and chargebacks
    debits: list[Detail] = field(default_factory=list)  # our direct debit run
    back: list[Detail] = field(default_factory=list)  # returns, recalls and chargebacks
    own: list[Detail] = field(default_factory=list)  # fees and payment runs


def booked(day: date, town: Town, rates: Rates, moves: Movements, rng: Random) -> list[Entry]:
    """Gather the day's movements into entries, in the bank's own order, each with its reference."""
    entries = [
        *_transfers(moves.transfers, rates, rng),
        *_payout(day, moves),
        *_debit_run(day, moves.debits),
        *_back(moves.back, rng),
        *_own(day, moves.own),
    ]
    rng.shuffle(entries)
    serial = 0
    for number, entry in enumerate(entries, start=1):
        entry.booking_date = day
        entry.bank_ref = f"{day:%Y%m%d}{town.iban[-4:]}{number:08d}"
        for detail in entry.details:
            serial += 1
            if not detail.tx_id and entry.side == "credit":
                detail.tx_id = f"SIMU{day:%Y%m%d}{serial:09d}"
    return entries


def _transfers(details: list[Detail], rates: Rates, rng: Random) -> Iterator[Entry]:
    pooled: list[Detail] = []
    for detail in details:
        if detail.gvc == "166" and happens(rng, rates.collective):
            pooled.append(detail)
        else:
            yield _single(detail, _TEXT[detail.gvc])
    for part in _parts(pooled, rng):
        if len(part) == 1:
            yield _single(part[0], _TEXT["166"])
        else:
            separate = happens(rng, rates.separate_details)
            yield Entry("credit", "194", part, f"SAMMELGUTSCHRIFT {len(part)} POSTEN", separate)


_TEXT = {
    "166": "GUTSCHRIFT",
    "168": "ECHTZEIT-GUTSCHRIFT",
    "152": "DAUERAUFTRAG-GUTSCHRIFT",
    "159": "RETOURE",
}


def _parts(details: list[Detail], rng: Random) -> Iterator[list[Detail]]:
    """Make one collective credit of a day's pooled transfers, now and then two, none too large."""
    middle = rng.randrange(len(details)) if len(details) > 7 and happens(rng, 0.4) else 0
    for part in (details[:middle], details[middle:]):
        for start in range(0, len(part), LARGEST_COLLECTIVE):
            yield part[start : start + LARGEST_COLLECTIVE]


def _single(detail: Detail, text: str, side: str = "credit") -> Entry:
    return Entry(side, detail.gvc, [detail], text)


def may_be_net(moves: Movements) -> bool:
    """Say whether a payout covers its fees and chargebacks."""
    back = sum(detail.amount_cents for detail in moves.back if detail.kind == "chargeback")
    return sum(line.amount_cents - others.fee_of(line) for line in moves.payout) > back


def payout_name(day: date) -> str:
    """Name the provider's payout of a day."""
    return f"PO-{day}"


def _payout(day: date, moves: Movements) -> Iterator[Entry]:
    lines, name = moves.payout, payout_name(day)
    if not lines:
        return
    if moves.net:
        taken_back = [detail for detail in moves.back if detail.kind == "chargeback"]
        moves.back = [detail for detail in moves.back if detail.kind != "chargeback"]
        yield _single(others.net_payout(lines, taken_back, name), f"{others.PROVIDER.name} AUSZAHLUNG {name}")
        return
    yield Entry("credit", "194", lines, f"{others.PROVIDER.name} AUSZAHLUNG {name}", separate=True)
    yield _single(others.payout_fee(lines, name), f"ENTGELT ZU AUSZAHLUNG {name}", "debit")


def _debit_run(day: date, details: list[Detail]) -> Iterator[Entry]:
    if len(details) == 1:
        yield _single(details[0], "LASTSCHRIFTEINZUG")
    elif details:
        yield Entry("credit", "192", details, f"LASTSCHRIFTEINZUG SAMMLER {day}")


def _back(details: list[Detail], rng: Random) -> Iterator[Entry]:
    returns = [detail for detail in details if detail.gvc == "109"]
    for detail in details:
        if detail.gvc != "109":
            text = "RUECKRUF UEBERWEISUNG" if detail.kind == "recall" else "LASTSCHRIFT RUECKBELASTUNG KARTE"
            yield _single(detail, text, "debit")
    if len(returns) > 1 and happens(rng, 0.5):
        yield Entry("debit", "109", returns, f"RUECKLASTSCHRIFTEN {len(returns)} POSTEN")
    else:
        for detail in returns:
            yield _single(detail, "RUECKLASTSCHRIFT", "debit")


def _own(day: date, details: list[Detail]) -> Iterator[Entry]:
    for detail in details:
        entry = _single(detail, "ENTGELTABSCHLUSS" if detail.gvc == "805" else "SAMMELUEBERWEISUNG", "debit")
        entry.own_batch = f"RUN-{day:%Y%m%d}" if detail.gvc == "191" else ""
        yield entry
