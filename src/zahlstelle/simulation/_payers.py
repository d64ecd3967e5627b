"""What payers, the provider and the bank do with a claim: from a plan to the detail the bank will show."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random

from . import _references as write
from ._facts import Claim, Detail
from ._people import Party, any_iban, any_name, german_iban, plain, relative_of
from ._town import SERVICES, Town

PURPOSE = {service.key: service.german for service in SERVICES}
PROVIDER = Party("Sandbox Zahlungsdienste GmbH", german_iban("99900099", "0000000001"))
BANK = Party("Simulationsbank", german_iban("99900000", "0000000999"))


@dataclass(frozen=True, slots=True)
class Hints:
    """What a payer may have at hand beside the own claim: a settled number, the neighbour's number."""

    settled: str
    neighbour: str
    instant: float


def transfer(kind: str, claims: tuple[Claim, ...], hints: Hints, rng: Random) -> Detail:
    """Let a payer transfer, in the way `kind` names."""
    claim = claims[0]
    name = relative_of(claim.debtor_name, rng) if kind == "family" else claim.debtor_name
    detail = Detail(
        kind,
        claim.amount_cents,
        Party(name, any_iban(rng)),
        "168" if rng.random() < hints.instant else "166",
        belongs_to=((claim.kassenzeichen, claim.amount_cents),),
        named=(claim.kassenzeichen,),
    )
    _HOW.get(kind, _as_asked)(detail, claims, hints, rng)
    return _through_the_bank(detail, rng)


def _as_asked(detail: Detail, claims: tuple[Claim, ...], _: Hints, rng: Random) -> None:
    _note(detail, claims[0].kassenzeichen, claims[0], rng)


def _note(detail: Detail, number: str, claim: Claim, rng: Random) -> None:
    """Write the reference where the online form put it: as end-to-end id, in the text, or both."""
    detail.named = (number,)
    purpose = PURPOSE[claim.service]
    if rng.random() < 0.45:
        detail.end_to_end_id = number
    if detail.end_to_end_id == "NOTPROVIDED" or rng.random() < 0.5:
        detail.remittance = (write.sentence(number, purpose, detail.party.name, rng),)
    else:
        detail.remittance = (purpose,)


def _text(detail: Detail, rng: Random, *lines: str) -> None:
    detail.remittance = lines
    if rng.random() < 0.4:
        detail.end_to_end_id = f"ZV{rng.randrange(10**6):06d}"


def _formatted(detail: Detail, claims: tuple[Claim, ...], _: Hints, rng: Random) -> None:
    number = write.decorated(claims[0].kassenzeichen, rng)
    _text(detail, rng, rng.choice((number, f"{number} {PURPOSE[claims[0].service]}", f"zu {number}")))


def _prefixed(detail: Detail, claims: tuple[Claim, ...], _: Hints, rng: Random) -> None:
    number = claims[0].kassenzeichen
    number = write.decorated(number, rng) if rng.random() < 0.3 else number
    _text(detail, rng, f"{write.announced(number, rng)} {PURPOSE[claims[0].service]}")


def _split(detail: Detail, claims: tuple[Claim, ...], _: Hints, rng: Random) -> None:
    _text(detail, rng, *write.cut(claims[0].kassenzeichen, PURPOSE[claims[0].service], rng))


def _mistyped(detail: Detail, claims: tuple[Claim, ...], _: Hints, rng: Random) -> None:
    _note(detail, write.mistyped(claims[0].kassenzeichen, rng), claims[0], rng)


def _swapped(detail: Detail, claims: tuple[Claim, ...], _: Hints, rng: Random) -> None:
    _note(detail, write.swapped(claims[0].kassenzeichen, rng), claims[0], rng)


def _missing(detail: Detail, _: tuple[Claim, ...], __: Hints, rng: Random) -> None:
    detail.named = ()
    _text(detail, rng, *rng.choice(((), ("Gebühr",), ("Stadt",), ("Überweisung",), ("siehe Schreiben",))))


def _just_text(detail: Detail, claims: tuple[Claim, ...], _: Hints, rng: Random) -> None:
    detail.named = ()
    _text(detail, rng, write.wordy(PURPOSE[claims[0].service], claims[0].debtor_name, rng))


def _underpaid(detail: Detail, claims: tuple[Claim, ...], _: Hints, rng: Random) -> None:
    less = rng.choice((100, 50, 10, 1000, claims[0].amount_cents // 2))
    detail.amount_cents = max(1, claims[0].amount_cents - less)
    detail.belongs_to = ((claims[0].kassenzeichen, detail.amount_cents),)
    _note(detail, claims[0].kassenzeichen, claims[0], rng)


def _overpaid(detail: Detail, claims: tuple[Claim, ...], _: Hints, rng: Random) -> None:
    detail.amount_cents += rng.choice((100, 30, 500, 1000, claims[0].amount_cents))
    _note(detail, claims[0].kassenzeichen, claims[0], rng)


def _two_claims(detail: Detail, claims: tuple[Claim, ...], _: Hints, rng: Random) -> None:
    numbers = tuple(claim.kassenzeichen for claim in claims)
    detail.amount_cents = sum(claim.amount_cents for claim in claims)
    detail.belongs_to = tuple((claim.kassenzeichen, claim.amount_cents) for claim in claims)
    _text(detail, rng, rng.choice((" und ", " + ", ", ", " sowie KZ ")).join(numbers))
    detail.named = numbers


def _settled(detail: Detail, claims: tuple[Claim, ...], hints: Hints, rng: Random) -> None:
    _note(detail, hints.settled, claims[0], rng)


def _neighbour(detail: Detail, claims: tuple[Claim, ...], hints: Hints, rng: Random) -> None:
    detail.belongs_to = ()
    _note(detail, hints.neighbour, claims[0], rng)


def _paid_again(detail: Detail, claims: tuple[Claim, ...], _: Hints, rng: Random) -> None:
    detail.belongs_to = ()
    _note(detail, claims[0].kassenzeichen, claims[0], rng)


def _standing_order(detail: Detail, claims: tuple[Claim, ...], _: Hints, __: Random) -> None:
    detail.gvc = "152"
    detail.remittance = (f"{claims[0].kassenzeichen} {PURPOSE[claims[0].service]}",)


How = Callable[[Detail, tuple[Claim, ...], Hints, Random], None]
_HOW: dict[str, How] = {
    "formatted": _formatted,
    "prefixed": _prefixed,
    "split_reference": _split,
    "mistyped": _mistyped,
    "swapped": _swapped,
    "missing_reference": _missing,
    "just_text": _just_text,
    "underpaid": _underpaid,
    "overpaid": _overpaid,
    "two_claims": _two_claims,
    "settled_claim": _settled,
    "neighbour_town": _neighbour,
    "paid_twice": _paid_again,
    "standing_order": _standing_order,
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


def payout_line(claim: Claim, provider_reference: str) -> Detail:
    """Show one card payment inside the provider's payout, gross."""
    return Detail(
        "card_payout",
        claim.amount_cents,
        PROVIDER,
        "166",
        (f"{PURPOSE[claim.service]} {provider_reference}",),
        end_to_end_id=claim.kassenzeichen,
        instruction_id=provider_reference,
        tx_id=provider_reference,
        belongs_to=((claim.kassenzeichen, claim.amount_cents),),
        named=(claim.kassenzeichen,),
        settles_capture=provider_reference,
    )


def payout_fee(lines: list[Detail], payout: str) -> Detail:
    """Charge 25 cents and 0.9 % for each card payment, in a debit of its own."""
    fee = sum(25 + (line.amount_cents * 9 + 500) // 1000 for line in lines)
    return Detail("payout_fee", fee, PROVIDER, "105", (f"Entgelt zu Auszahlung {payout}",), end_to_end_id=payout)


def chargeback(claim: Claim, provider_reference: str) -> Detail:
    """Take a disputed card payment back."""
    return Detail(
        "chargeback",
        claim.amount_cents,
        PROVIDER,
        "105",
        (f"Chargeback {provider_reference}",),
        end_to_end_id=claim.kassenzeichen,
        instruction_id=provider_reference,
        belongs_to=((claim.kassenzeichen, claim.amount_cents),),
        named=(claim.kassenzeichen,),
    )


def direct_debit(claim: Claim, payer: Party) -> Detail:
    """Collect a recurring claim by SEPA direct debit."""
    return Detail(
        "direct_debit",
        claim.amount_cents,
        payer,
        "171",
        (f"{PURPOSE[claim.service]} {claim.kassenzeichen}",),
        end_to_end_id=claim.kassenzeichen,
        mandate_id=f"M{claim.external_reference}",
        belongs_to=((claim.kassenzeichen, claim.amount_cents),),
        named=(claim.kassenzeichen,),
    )


def debit_return(collected: Detail, charge_cents: int, rng: Random) -> Detail:
    """Give a direct debit back; the booked amount may contain the bank's charge. Parties keep their roles."""
    reason = rng.choices(("MS03", "AC01", "AC04", "MD06", "AC06"), (60, 12, 10, 15, 3))[0]
    return replace(
        collected,
        kind="return",
        gvc="109",
        amount_cents=collected.amount_cents + charge_cents,
        charge_cents=charge_cents,
        return_reason=reason,
        tx_id="",
        remittance=("RUECKLASTSCHRIFT", *collected.remittance),
    )


def refund_returned(number: str, cents: int, rng: Random) -> Detail:
    """Let our own refund come back: a credit that names the Kassenzeichen of a settled claim."""
    return Detail(
        "refund_returned",
        cents,
        Party(any_name(rng), any_iban(rng)),
        "159",
        (f"RETOURE Erstattung {number}",),
        end_to_end_id=number,
        return_reason=rng.choice(("AC04", "AC01")),
        named=(number,),
    )


def without_claim(rng: Random) -> Detail:
    """Receive money that no claim waits for."""
    text, cents, name = rng.choice(
        (
            ("Spende Stadtfest", 5000, any_name(rng)),
            ("Spende Feuerwehr", 10000, any_name(rng)),
            ("Miete Garage Oktober", 6500, any_name(rng)),
            ("Pacht Kleingarten 17", 3700, any_name(rng)),
            ("Zuweisung Landeskasse", rng.randrange(500_000, 5_000_000), "Landeskasse"),
            ("Konzessionsabgabe Abschlag", rng.randrange(100_000, 900_000), "Stadtwerke GmbH"),
            ("Danke!", 2500, any_name(rng)),
        )
    )
    return Detail("no_claim", cents, Party(name, any_iban(rng)), "166", (text,))


def payment_run(town: Town, cents: int) -> Detail:
    """Pay the town's own bills: a collective debit the bank does not resolve."""
    return Detail("own_payment_run", cents, Party(town.name, town.iban), "191", ("SAMMELUEBERWEISUNG",))


def bank_fee(cents: int) -> Detail:
    """Pay for the account."""
    return Detail("bank_fee", cents, BANK, "805", ("Entgeltabschluss",))
