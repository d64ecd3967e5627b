"""How often payers, banks and providers do what: every rate of the simulated town, with its default."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path

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
    standing_order_old: float = 0.30  # of those who have such an order: it still names the first Kassenzeichen
    known_debtor: float = 0.20  # of the claims: the debtor has had one before, and the same account

    # What payers do with a transfer. Shares of all transfers; what is left over is written as asked.
    # Reference and amount still decide:
    formatted: float = 0.12  # the reference with blanks, dots, slashes or hyphens
    prefixed: float = 0.07  # "KZ", "Kassenz.", "Az.", "RE" before it
    split_reference: float = 0.04  # cut in two by a line break of the remittance text
    amid_numbers: float = 0.015  # between dates, years, telephone and customer numbers
    leading_zeros: float = 0.01  # its leading zeros left out, in towns whose prefix begins with 0
    family: float = 0.04  # somebody of the family pays
    third_party: float = 0.01  # somebody with another name pays: employer, law firm, care service
    late: float = 0.06  # after the due date
    early: float = 0.006  # days before the department opens the claim
    two_claims: float = 0.010  # one transfer for two claims, both named, the exact sum
    several_claims: float = 0.003  # the same for three claims
    # The reference is wrong or of no help:
    mistyped: float = 0.010  # one digit wrong
    swapped: float = 0.008  # two neighbouring digits changed round
    missing_digit: float = 0.003
    extra_digit: float = 0.003
    letters: float = 0.003  # O for 0, I for 1
    cut_reference: float = 0.004  # its end lost at the limit of a field: 27, 35 or 140 characters
    missing_reference: float = 0.012  # no reference at all
    just_text: float = 0.012  # words only: "Personalausweis Müller"
    other_claim: float = 0.003  # names an open claim of somebody else, of another amount
    other_claim_fitting: float = 0.0  # the same where the amount fits: no file can tell, see `misleading`
    contradicting: float = 0.003  # one reference in the end-to-end id, another in the text
    settled_claim: float = 0.004  # names somebody's old claim that is long settled
    neighbour_town: float = 0.003  # money for the neighbouring town, with its reference
    # The amount does not fit:
    underpaid: float = 0.008
    overpaid: float = 0.007
    rounded: float = 0.003  # to whole, five or ten euros
    instalments: float = 0.003  # in two parts, weeks apart
    paid_twice: float = 0.008  # the same transfer again, days later
    sum_differs: float = 0.003  # two claims named, and not their sum
    second_unnamed: float = 0.003  # the sum of two claims, of which one is named

    # Money that has nothing to do with a claim, as shares of the number of claims.
    no_claim: float = 0.008  # grants, rents, donations
    refund_returned: float = 0.001  # our own refund comes back and still names its Kassenzeichen

    # Money that goes back.
    debit_return: float = 0.03  # of the direct debits
    debit_refund: float = 0.012  # of the direct debits: the payer asks the money back (MD06), up to eight weeks
    debit_charge: float = 0.70  # of the returns: the bank adds its charge to the booked amount
    transfer_recalled: float = 0.002  # of the transfers: the payer's bank gets the money back (FOCR)
    chargeback: float = 0.004  # of the card payments

    # How provider and bank book and deliver.
    net_payout: float = 0.10  # of the payouts: one transfer, less fees and chargebacks, with a settlement report
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
    def read(cls, settings: Iterable[str], table: Mapping[str, object] | None = None) -> "Rates":
        """Read settings like `mistyped=0.1`, which go before those of a table; what neither names keeps its default."""
        said: dict[str, object] = dict(table or {})
        for setting in settings:
            key, _, value = setting.partition("=")
            said[key] = value
        known = {field.name for field in fields(cls)}
        chosen = {}
        for name, share in said.items():
            if name not in known:
                raise RatesUnsound(f"{name!r} is no rate; there are {', '.join(sorted(known))}")
            try:
                chosen[name] = float(str(share))
            except ValueError as error:
                raise RatesUnsound(f"{name}: {share!r} is no number") from error
        return cls(**chosen)

    @classmethod
    def read_file(cls, path: Path, settings: Iterable[str] = ()) -> "Rates":
        """Read a TOML file of rates, at its top or in a table `rates`; single settings go before it."""
        try:
            content = tomllib.loads(path.read_text("utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise RatesUnsound(f"{path}: {error}") from error
        table = content.get("rates", content)
        if not isinstance(table, dict):
            raise RatesUnsound(f"{path}: `rates` is no table")
        return cls.read(settings, table)

    def mistakes(self) -> dict[str, float]:
        """Name what payers do with a transfer, and how often."""
        return {name: getattr(self, name) for name in OF_TRANSFERS}


DECIDABLE = (
    "formatted",
    "prefixed",
    "split_reference",
    "amid_numbers",
    "leading_zeros",
    "family",
    "third_party",
    "late",
    "early",
    "two_claims",
    "several_claims",
)
"""What payers do so that reference and amount still decide."""

OF_TRANSFERS = (
    *DECIDABLE,
    "mistyped",
    "swapped",
    "missing_digit",
    "extra_digit",
    "letters",
    "cut_reference",
    "missing_reference",
    "just_text",
    "other_claim",
    "other_claim_fitting",
    "contradicting",
    "settled_claim",
    "neighbour_town",
    "underpaid",
    "overpaid",
    "rounded",
    "instalments",
    "paid_twice",
    "sum_differs",
    "second_unnamed",
)
