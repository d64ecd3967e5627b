"""How often payers, banks and providers do what: every rate of the simulated town, with its default."""

from collections.abc import Iterable
from dataclasses import dataclass, fields

from zahlstelle.kernel import InputRefused


class RatesUnsound(InputRefused):
    """A rate lies outside 0 to 1, or shares of one whole add up to more than 1."""

    code = "rates_unsound"


@dataclass(frozen=True, slots=True)
class Rates:
    """Shares between 0 and 1. The defaults give about 94 % of credits that need no person.

    The only public figure with a denominator is 95 % (Hessen, land registry offices, 2003, 78,424 payments);
    each single rate is an estimate, set so that the whole resembles it.
    """

    # How a claim is paid. What is left over is a transfer by the payer.
    never_paid: float = 0.04  # of all claims
    card: float = 0.42  # of the claims that do not recur
    direct_debit: float = 0.60  # of the recurring claims (dog tax, day care, ...)
    standing_order: float = 0.12  # of the recurring claims

    # What payers do with a transfer. Shares of all transfers; what is left over is written as asked.
    formatted: float = 0.14  # the reference with blanks, dots or slashes
    prefixed: float = 0.08  # "KZ", "Kassenz.", "Kassenzeichen:" before it
    split_reference: float = 0.05  # cut in two by a line break of the remittance text
    family: float = 0.05  # somebody of the family pays
    late: float = 0.06  # after the due date
    mistyped: float = 0.015  # one digit wrong, or one missing
    swapped: float = 0.008  # two neighbouring digits changed round
    missing_reference: float = 0.012  # no reference at all
    just_text: float = 0.012  # words only: "Personalausweis Müller"
    underpaid: float = 0.008
    overpaid: float = 0.007
    paid_twice: float = 0.008  # the same transfer again, days later
    two_claims: float = 0.010  # one transfer for two claims, both named
    settled_claim: float = 0.004  # names somebody's old claim that is long settled
    neighbour_town: float = 0.003  # money for the neighbouring town, with its reference

    # Money that has nothing to do with a claim, as shares of the number of claims.
    no_claim: float = 0.008  # grants, rents, donations
    refund_returned: float = 0.001  # our own refund comes back and still names its Kassenzeichen

    # Money that goes back.
    debit_return: float = 0.03  # of the direct debits
    chargeback: float = 0.004  # of the card payments
    debit_charge: float = 0.70  # of the returns: the bank adds its charge to the booked amount

    # How the bank books and delivers.
    collective: float = 0.55  # of the ordinary transfers: gathered in a collective credit
    separate_details: float = 0.5  # of the collective credits: details in a camt.054 of their own
    instant: float = 0.15  # of the transfers: instant credits, each booked alone
    instant_advice: float = 0.25  # of the instant credits: also announced by an advice (camt.054, C5N)
    intraday: float = 0.30  # of the days: a camt.052 shows part of the day before its statement
    late_statement: float = 0.12  # of the days: the statement comes a banking day later
    late_details: float = 0.20  # of the separate details: one to three banking days after the statement
    sent_again: float = 0.08  # of the files: delivered again under another name
    plain_xml: float = 0.15  # of the files: a bare .xml instead of a .zip

    def __post_init__(self) -> None:
        for field in fields(self):
            if not 0 <= getattr(self, field.name) <= 1:
                raise RatesUnsound(f"{field.name} must lie between 0 and 1")
        if sum(self.mistakes().values()) > 1 + 1e-9:
            raise RatesUnsound("what payers do with a transfer adds up to more than 1")
        if self.direct_debit + self.standing_order > 1 + 1e-9:
            raise RatesUnsound("direct_debit and standing_order add up to more than 1")

    @classmethod
    def read(cls, settings: Iterable[str]) -> "Rates":
        """Read settings like `mistyped=0.1`; what is not named keeps its default."""
        chosen = {}
        known = {field.name for field in fields(cls)}
        for setting in settings:
            name, _, share = setting.partition("=")
            if name not in known:
                raise RatesUnsound(f"{name!r} is no rate; there are {', '.join(sorted(known))}")
            try:
                chosen[name] = float(share)
            except ValueError as error:
                raise RatesUnsound(f"{setting!r}: write a number after the equals sign") from error
        return cls(**chosen)

    def mistakes(self) -> dict[str, float]:
        """Name what payers do with a transfer, and how often."""
        return {name: getattr(self, name) for name in OF_TRANSFERS}


OF_TRANSFERS = (
    "formatted",
    "prefixed",
    "split_reference",
    "family",
    "late",
    "mistyped",
    "swapped",
    "missing_reference",
    "just_text",
    "underpaid",
    "overpaid",
    "paid_twice",
    "two_claims",
    "settled_claim",
    "neighbour_town",
)
