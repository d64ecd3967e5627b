"""What people get wrong: the reference, the claim, the amount. The truth stays beside what they write."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

from . import _references as write
from ._facts import Claim, Detail
from ._town import PURPOSE, Town


@dataclass(frozen=True, slots=True)
class Hints:
    """What a payer may have at hand beside the own claim, and how it is paid."""

    town: Town
    settled: str  # an old Kassenzeichen
    recent: Sequence[Claim]  # other people's claims
    instant: float
    standing: str = ""  # the number a standing order has named since it was set up
    part: int = 0  # of instalments


How = Callable[[Detail, tuple[Claim, ...], Hints, Random], None]


def note(detail: Detail, number: str, claim: Claim, rng: Random) -> None:
    """Write the reference where the online form put it: as end-to-end id, in the text, or both."""
    detail.named = (number,)
    purpose = PURPOSE[claim.service]
    if rng.random() < 0.45:
        detail.end_to_end_id = number
    if detail.end_to_end_id == "NOTPROVIDED" or rng.random() < 0.5:
        detail.remittance = (write.sentence(number, purpose, detail.party.name, rng),)
    else:
        detail.remittance = (purpose,)


def text(detail: Detail, rng: Random, *lines: str) -> None:
    """Write lines of text, and now and then an end-to-end id of the payer's own."""
    detail.remittance = lines
    if rng.random() < 0.4:
        detail.end_to_end_id = f"ZV{rng.randrange(10**6):06d}"


def _wrong(spoil: Callable[[str, Random], str]) -> How:
    def how(detail: Detail, claims: tuple[Claim, ...], _: Hints, rng: Random) -> None:
        note(detail, spoil(claims[0].kassenzeichen, rng), claims[0], rng)

    return how


def _cut(detail: Detail, claims: tuple[Claim, ...], _: Hints, rng: Random) -> None:
    line = write.lost(claims[0].kassenzeichen, PURPOSE[claims[0].service], rng)
    detail.named = ()
    text(detail, rng, line)
    if len(line) <= 35 and rng.random() < 0.5:
        detail.end_to_end_id, detail.remittance = line, (PURPOSE[claims[0].service],)


def _missing(detail: Detail, _: tuple[Claim, ...], __: Hints, rng: Random) -> None:
    detail.named = ()
    text(detail, rng, *rng.choice(((), ("Gebühr",), ("Stadt",), ("Überweisung",), ("siehe Schreiben",))))


def _just_text(detail: Detail, claims: tuple[Claim, ...], _: Hints, rng: Random) -> None:
    detail.named = ()
    text(detail, rng, write.wordy(PURPOSE[claims[0].service], claims[0].debtor_name, rng))


def _other_claim(fitting: bool) -> How:
    """Name somebody else's claim: two letters lie on the table, and the payer takes the wrong one."""

    def how(detail: Detail, claims: tuple[Claim, ...], hints: Hints, rng: Random) -> None:
        own = claims[0]
        others = [
            claim.kassenzeichen
            for claim in hints.recent
            if claim.kassenzeichen != own.kassenzeichen and (claim.amount_cents == own.amount_cents) is fitting
        ]
        note(detail, rng.choice(others) if others else hints.settled, own, rng)

    return how


def _contradicting(detail: Detail, claims: tuple[Claim, ...], hints: Hints, rng: Random) -> None:
    """Keep the id of a saved order, and write the right number into the text."""
    own, others = claims[0], [claim.kassenzeichen for claim in hints.recent]
    other = rng.choice(others) if others and rng.random() < 0.5 else hints.settled
    if other == own.kassenzeichen:
        other = hints.settled
    detail.remittance = (write.sentence(own.kassenzeichen, PURPOSE[own.service], detail.party.name, rng),)
    detail.end_to_end_id, detail.named = other, (other, own.kassenzeichen)


def _settled(detail: Detail, claims: tuple[Claim, ...], hints: Hints, rng: Random) -> None:
    note(detail, hints.settled, claims[0], rng)


def _neighbour(detail: Detail, claims: tuple[Claim, ...], hints: Hints, rng: Random) -> None:
    detail.belongs_to = ()
    note(detail, hints.town.old_number(rng, hints.town.neighbour_prefix), claims[0], rng)


def _paid_again(detail: Detail, claims: tuple[Claim, ...], _: Hints, rng: Random) -> None:
    detail.belongs_to = ()
    note(detail, claims[0].kassenzeichen, claims[0], rng)


def _pay(detail: Detail, cents: int, claim: Claim, rng: Random) -> None:
    detail.amount_cents = cents
    detail.belongs_to = ((claim.kassenzeichen, min(cents, claim.amount_cents)),)
    note(detail, claim.kassenzeichen, claim, rng)


def _underpaid(detail: Detail, claims: tuple[Claim, ...], _: Hints, rng: Random) -> None:
    owed = claims[0].amount_cents
    _pay(detail, max(1, owed - rng.choice((100, 50, 10, 2, 1, 1000, owed // 2))), claims[0], rng)


def _overpaid(detail: Detail, claims: tuple[Claim, ...], _: Hints, rng: Random) -> None:
    owed = claims[0].amount_cents
    _pay(detail, owed + rng.choice((100, 30, 1, 500, 1000, owed)), claims[0], rng)


def _rounded(detail: Detail, claims: tuple[Claim, ...], _: Hints, rng: Random) -> None:
    owed = claims[0].amount_cents
    up = [-(-owed // unit) * unit for unit in (100, 500, 1000)]
    down = [owed // unit * unit for unit in (100, 500)]
    _pay(detail, rng.choice([cents for cents in up + down if cents not in (0, owed)] or [owed + 500]), claims[0], rng)


def _instalment(detail: Detail, claims: tuple[Claim, ...], hints: Hints, rng: Random) -> None:
    first = claims[0].amount_cents // 2
    _pay(detail, claims[0].amount_cents - first if hints.part else first, claims[0], rng)


def _sum_differs(detail: Detail, claims: tuple[Claim, ...], _: Hints, rng: Random) -> None:
    """Name two claims and pay one of them, or both with some euros too few or too many."""
    owed = sum(claim.amount_cents for claim in claims)
    _share(detail, claims, rng.choice((claims[0].amount_cents, owed - 500, owed + 500, owed - 100, owed + 1000)))
    text(detail, rng, " und ".join(claim.kassenzeichen for claim in claims))
    detail.named = tuple(claim.kassenzeichen for claim in claims)


def _second_unnamed(detail: Detail, claims: tuple[Claim, ...], _: Hints, rng: Random) -> None:
    _share(detail, claims, sum(claim.amount_cents for claim in claims))
    note(detail, claims[0].kassenzeichen, claims[0], rng)


def _share(detail: Detail, claims: tuple[Claim, ...], cents: int) -> None:
    """Pay the claims in their order, as far as the money goes."""
    detail.amount_cents, left, shares = cents, cents, []
    for claim in claims:
        share = min(left, claim.amount_cents)
        left -= share
        if share:
            shares.append((claim.kassenzeichen, share))
    detail.belongs_to = tuple(shares)


MISTAKES: dict[str, How] = {
    "mistyped": _wrong(write.mistyped),
    "swapped": _wrong(write.swapped),
    "missing_digit": _wrong(write.shortened),
    "extra_digit": _wrong(write.lengthened),
    "letters": _wrong(write.lettered),
    "cut_reference": _cut,
    "missing_reference": _missing,
    "just_text": _just_text,
    "other_claim": _other_claim(fitting=False),
    "other_claim_fitting": _other_claim(fitting=True),
    "contradicting": _contradicting,
    "settled_claim": _settled,
    "neighbour_town": _neighbour,
    "underpaid": _underpaid,
    "overpaid": _overpaid,
    "rounded": _rounded,
    "instalments": _instalment,
    "paid_twice": _paid_again,
    "sum_differs": _sum_differs,
    "second_unnamed": _second_unnamed,
}
