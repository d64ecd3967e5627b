"""The magic numbers: which test card brings which outcome. Pure; a number is looked up and forgotten."""

from dataclasses import dataclass

from ._rules import Status


@dataclass(frozen=True, slots=True)
class Scenario:
    """What happens to a payment: where it goes, and what of the news about it gets lost."""

    slug: str
    status: Status
    german: str
    english: str
    decline_code: str | None = None
    resolves_to: Status | None = None
    challenge: bool = False
    silent: bool = False
    redirect: bool = True
    notify: bool = True


@dataclass(frozen=True, slots=True)
class Card:
    """A test card of the sandbox. Real cards are refused."""

    number: str
    scenario: Scenario

    @property
    def brand(self) -> str:
        return "Mastercard" if self.number.startswith("5") else "Visa"

    @property
    def last4(self) -> str:
        return self.number[-4:]

    @property
    def grouped(self) -> str:
        """The number in groups of four, as it stands on a card."""
        return " ".join(self.number[i : i + 4] for i in range(0, len(self.number), 4))


PAID = Scenario("paid", Status.CAPTURED, "bezahlt", "paid")
DECLINED = Scenario(
    "do-not-honor",
    Status.DECLINED,
    "abgelehnt: ohne Angabe von Gründen",
    "declined: no reason given",
    decline_code="do_not_honor",
)
UNKNOWN_THEN_PAID = Scenario(
    "unknown-paid",
    Status.UNKNOWN,
    "Ausgang unbekannt, später bezahlt",
    "outcome unknown, later paid",
    resolves_to=Status.CAPTURED,
)
UNKNOWN_THEN_DECLINED = Scenario(
    "unknown-declined",
    Status.UNKNOWN,
    "Ausgang unbekannt, später abgelehnt",
    "outcome unknown, later declined",
    decline_code="issuer_timeout",
    resolves_to=Status.DECLINED,
)
NOTIFICATION_LOST = Scenario(
    "notification-lost",
    Status.CAPTURED,
    "bezahlt, aber die Benachrichtigung geht verloren",
    "paid, but the notification is lost",
    notify=False,
)

CARDS: tuple[Card, ...] = (
    Card("4111111111111111", PAID),
    Card("5555555555554444", Scenario("paid-mastercard", Status.CAPTURED, "bezahlt", "paid")),
    Card(
        "4000000000010001",
        Scenario(
            "insufficient-funds",
            Status.DECLINED,
            "abgelehnt: Konto nicht gedeckt",
            "declined: insufficient funds",
            decline_code="insufficient_funds",
        ),
    ),
    Card("4000000000020000", DECLINED),
    Card(
        "4000000000030009",
        Scenario(
            "expired-card",
            Status.DECLINED,
            "abgelehnt: Karte abgelaufen",
            "declined: expired card",
            decline_code="expired_card",
        ),
    ),
    Card(
        "4000000000040008",
        Scenario(
            "challenge",
            Status.PENDING,
            "Freigabe bei der Bank (3-D Secure)",
            "approval at the bank (3-D Secure)",
            challenge=True,
        ),
    ),
    Card(
        "4000000000050007",
        Scenario(
            "timeout",
            Status.CAPTURED,
            "bezahlt, aber der Anbieter antwortet eine Zeit lang nicht",
            "paid, but the provider does not answer for a while",
            silent=True,
            redirect=False,
        ),
    ),
    Card("4000000000060006", UNKNOWN_THEN_PAID),
    Card("4000000000070005", UNKNOWN_THEN_DECLINED),
    Card(
        "4000000000080004",
        Scenario(
            "redirect-lost",
            Status.CAPTURED,
            "bezahlt, aber der Rückweg zum Empfänger geht verloren",
            "paid, but the way back to the payee is lost",
            redirect=False,
        ),
    ),
    Card("4000000000090003", NOTIFICATION_LOST),
    Card(
        "4000000000100000",
        Scenario(
            "all-lost",
            Status.CAPTURED,
            "bezahlt, aber Rückweg und Benachrichtigung gehen verloren",
            "paid, but both the way back and the notification are lost",
            redirect=False,
            notify=False,
        ),
    ),
)

BY_NUMBER = {card.number: card for card in CARDS}
BY_SLUG = {card.scenario.slug: card for card in CARDS}

# Outcomes by the cents of the amount, for merchants that switch them on: no browser needed.
BY_CENTS: dict[int, Scenario] = {
    11: PAID,
    13: DECLINED,
    17: UNKNOWN_THEN_PAID,
    19: UNKNOWN_THEN_DECLINED,
    23: NOTIFICATION_LOST,
}


def luhn(number: str) -> bool:
    """Whether the number's check digit fits (ISO/IEC 7812-1, annex B)."""
    doubled = [int(sign) * 2 if place % 2 else int(sign) for place, sign in enumerate(reversed(number))]
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0
