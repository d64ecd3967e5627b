"""What happens at the simulated bank: entries and their details, each with what is true about it."""

from dataclasses import dataclass, field
from datetime import date

from ._people import Party


@dataclass(slots=True)
class Claim:
    """A claim (Forderung) as the town's services open it."""

    kassenzeichen: str
    amount_cents: int
    purpose: str
    service: str
    debtor_name: str
    opened_on: date
    due_on: date
    external_reference: str
    debtor_iban: str = ""  # nobody is told: the account the debtor pays from

    def row(self) -> dict[str, object]:
        """Give the line of `claims.jsonl`."""
        return {
            "kassenzeichen": self.kassenzeichen,
            "amount_cents": self.amount_cents,
            "currency": "EUR",
            "purpose": self.purpose,
            "service": self.service,
            "debtor_name": self.debtor_name,
            "opened_on": self.opened_on.isoformat(),
            "due_on": self.due_on.isoformat(),
            "external_reference": self.external_reference,
        }


@dataclass(slots=True)
class Detail:
    """One movement of money: what the bank shows of it, and the truth that no bank shows."""

    kind: str
    amount_cents: int
    party: Party
    gvc: str
    remittance: tuple[str, ...] = ()
    end_to_end_id: str = "NOTPROVIDED"
    instruction_id: str = ""
    tx_id: str = ""
    mandate_id: str = ""
    return_reason: str = ""
    charge_cents: int = 0  # contained in amount_cents
    # The truth:
    belongs_to: tuple[tuple[str, int], ...] = ()
    named: tuple[str, ...] = ()  # references as the payer really wrote them, without decoration
    settles_capture: str = ""  # the provider reference a payout line stands for


@dataclass(slots=True)
class Entry:
    """One bank entry (Umsatz): single, or collective, its details in place or in a camt.054 of their own."""

    side: str  # "credit" | "debit"
    gvc: str
    details: list[Detail]
    text: str
    separate: bool = False
    own_batch: str = ""  # PmtInfId of our own file, shape (c): the bank does not resolve it
    booking_date: date = date.min
    bank_ref: str = ""
    notification_id: str = ""
    # How far a reader of the files has come:
    booked: bool = field(default=False)
    resolved_in: str = field(default="")
    judged: bool = field(default=False)

    @property
    def amount_cents(self) -> int:
        """Add the details up: an entry is exactly their sum."""
        return sum(detail.amount_cents for detail in self.details)
