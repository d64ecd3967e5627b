"""Money beside the payers' transfers: the provider's payouts, our direct debits, what comes back, what we pay."""

from dataclasses import replace
from random import Random

from ._facts import Claim, Detail
from ._people import Party, any_iban, any_name, german_iban
from ._town import PURPOSE, Town

PROVIDER = Party("Sandbox Zahlungsdienste GmbH", german_iban("99900099", "0000000001"))
BANK = Party("Simulationsbank", german_iban("99900000", "0000000999"))


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


def fee_of(line: Detail) -> int:
    """Reckon the provider's fee for a card payment: 25 cents and 0.9 %."""
    return 25 + (line.amount_cents * 9 + 500) // 1000


def payout_fee(lines: list[Detail], payout: str) -> Detail:
    """Charge the fees of a gross payout in a debit of their own."""
    fee = sum(fee_of(line) for line in lines)
    return Detail("payout_fee", fee, PROVIDER, "105", (f"Entgelt zu Auszahlung {payout}",), end_to_end_id=payout)


def net_payout(lines: list[Detail], taken_back: list[Detail], payout: str) -> Detail:
    """Pay out in one transfer, less fees and chargebacks: what it is made of stands in the report alone."""
    gross = sum(line.amount_cents for line in lines)
    costs = sum(fee_of(line) for line in lines)
    back = sum(detail.amount_cents for detail in taken_back)
    text = f"AUSZAHLUNG {payout} BRUTTO {gross // 100},{gross % 100:02d} ENTGELT {costs // 100},{costs % 100:02d}"
    belongs_to = tuple(share for line in lines for share in line.belongs_to)
    detail = Detail("net_payout", gross - costs - back, PROVIDER, "166", (text,), belongs_to=belongs_to)
    detail.end_to_end_id = payout
    return detail


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
    """Give a direct debit back: the bank could not collect it. Lack of funds reaches the town as MS03."""
    reason = rng.choices(("MS03", "AC01", "AC04", "MD01", "AC06"), (66, 12, 14, 4, 4))[0]
    return _given_back(collected, "return", charge_cents, reason)


def debit_refund(collected: Detail, charge_cents: int) -> Detail:
    """Give a direct debit back because the payer asks, within eight weeks and without a reason."""
    return _given_back(collected, "refund_request", charge_cents, "MD06")


def _given_back(collected: Detail, kind: str, charge_cents: int, reason: str) -> Detail:
    """Make the debit: the booked amount may contain the bank's charge; the parties keep their roles."""
    return replace(
        collected,
        kind=kind,
        gvc="109",
        amount_cents=collected.amount_cents + charge_cents,
        charge_cents=charge_cents,
        return_reason=reason,
        tx_id="",
        remittance=("RUECKLASTSCHRIFT", *collected.remittance),
    )


def recalled(paid: Detail) -> Detail:
    """Let the payer's bank get a transfer back, as fraud or an error: a debit that names the reason FOCR."""
    return replace(
        paid,
        kind="recall",
        gvc="159",
        return_reason="FOCR",
        instruction_id="",
        tx_id="",
        remittance=("RUECKRUF UEBERWEISUNG", *paid.remittance),
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
