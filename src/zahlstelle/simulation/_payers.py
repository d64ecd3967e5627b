"""How people transfer what they owe: from a plan to the detail the bank will show. Mistakes stand in `_mistakes`."""

from dataclasses import replace
from random import Random

from . import _references as write
from ._facts import Claim, Detail
from ._mistakes import MISTAKES, Hints, How, note, text
from ._people import Party, any_iban, plain, relative_of, somebody_else
from ._town import PURPOSE


def transfer(kind: str, claims: tuple[Claim, ...], hints: Hints, rng: Random) -> Detail:
    """Let a payer transfer, in the way `kind` names."""
    claim = claims[0]
    detail = Detail(
        kind,
        claim.amount_cents,
        _payer(kind, claim, rng),
        "168" if rng.random() < hints.instant else "166",
        belongs_to=((claim.kassenzeichen, claim.amount_cents),),
        named=(claim.kassenzeichen,),
    )
    _HOW.get(kind, _as_asked)(detail, claims, hints, rng)
    return _through_the_bank(detail, rng)


def _payer(kind: str, claim: Claim, rng: Random) -> Party:
    if kind == "family":
        return Party(relative_of(claim.debtor_name, rng), any_iban(rng))
    if kind == "third_party":
        return Party(somebody_else(rng), any_iban(rng))
    return Party(claim.debtor_name, claim.debtor_iban)


def _as_asked(detail: Detail, claims: tuple[Claim, ...], _: Hints, rng: Random) -> None:
    note(detail, claims[0].kassenzeichen, claims[0], rng)


def _formatted(detail: Detail, claims: tuple[Claim, ...], _: Hints, rng: Random) -> None:
    number = write.decorated(claims[0].kassenzeichen, rng)
    text(detail, rng, rng.choice((number, f"{number} {PURPOSE[claims[0].service]}", f"zu {number}")))


def _prefixed(detail: Detail, claims: tuple[Claim, ...], _: Hints, rng: Random) -> None:
    number = claims[0].kassenzeichen
    number = write.decorated(number, rng) if rng.random() < 0.3 else number
    text(detail, rng, f"{write.announced(number, rng)} {PURPOSE[claims[0].service]}")


def _split(detail: Detail, claims: tuple[Claim, ...], _: Hints, rng: Random) -> None:
    text(detail, rng, *write.cut(claims[0].kassenzeichen, PURPOSE[claims[0].service], rng))


def _amid_numbers(detail: Detail, claims: tuple[Claim, ...], _: Hints, rng: Random) -> None:
    text(detail, rng, write.amid(claims[0].kassenzeichen, PURPOSE[claims[0].service], rng))


def _leading_zeros(detail: Detail, claims: tuple[Claim, ...], _: Hints, rng: Random) -> None:
    note(detail, claims[0].kassenzeichen.lstrip("0"), claims[0], rng)
    detail.named = (claims[0].kassenzeichen,)


def _together(detail: Detail, claims: tuple[Claim, ...], _: Hints, rng: Random) -> None:
    numbers = tuple(claim.kassenzeichen for claim in claims)
    detail.amount_cents = sum(claim.amount_cents for claim in claims)
    detail.belongs_to = tuple((claim.kassenzeichen, claim.amount_cents) for claim in claims)
    text(detail, rng, rng.choice((" und ", " + ", ", ", " sowie KZ ")).join(numbers))
    detail.named = numbers


def _standing_order(detail: Detail, claims: tuple[Claim, ...], hints: Hints, __: Random) -> None:
    number = hints.standing or claims[0].kassenzeichen
    detail.gvc, detail.named = "152", (number,)
    detail.remittance = (f"{number} {PURPOSE[claims[0].service]}",)


_HOW: dict[str, How] = {
    "formatted": _formatted,
    "prefixed": _prefixed,
    "split_reference": _split,
    "amid_numbers": _amid_numbers,
    "leading_zeros": _leading_zeros,
    "two_claims": _together,
    "several_claims": _together,
    "standing_order": _standing_order,
    "standing_order_old": _standing_order,
    **MISTAKES,
}


def _through_the_bank(detail: Detail, rng: Random) -> Detail:
    """Let some banks lose the umlauts and write everything large."""
    habit = rng.random()
    if habit < 0.35:
        detail.party = replace(detail.party, name=plain(detail.party.name))
        detail.remittance = tuple(plain(line) for line in detail.remittance)
    if habit < 0.10:
        detail.party = replace(detail.party, name=detail.party.name.upper())
        detail.remittance = tuple(line.upper() for line in detail.remittance)
    return detail
