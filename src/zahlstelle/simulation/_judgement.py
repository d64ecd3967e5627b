"""What a careful treasurer's machine may post by itself, decided from the truth rather than from the text."""

from zahlstelle.kernel import checkdigits

from ._facts import Claim, Detail
from ._town import Town

ALLOCATE, SUSPEND = "allocate", "suspend"


class Treasurer:
    """Remembers what is open and judges each detail in the order in which it becomes known.

    The rule: exactly one reference is named, it is valid and known, and the amount equals what is open.
    A payout line settles the captured card payment it stands for. Whatever is suspended stays open.
    All claims and card payments of the month are known before the first bank file is read.
    """

    def __init__(self, town: Town) -> None:
        self._check = town.check
        self._open: dict[str, int] = {}
        self._captured: dict[str, tuple[str, int]] = {}
        self.settled: list[tuple[str, int]] = []  # plain transfers, for payers who name an old claim
        self.misled = 0

    def opened(self, claim: Claim) -> None:
        """Take note of a claim."""
        self._open[claim.kassenzeichen] = claim.amount_cents

    def paid_by_card(self, claim: Claim) -> None:
        """Take note that a claim is not open to transfers: it is paid by card."""
        del self._open[claim.kassenzeichen]

    def captured(self, claim: Claim, provider_reference: str) -> None:
        """Take note of a card payment: the provider owes the money."""
        self._captured[provider_reference] = (claim.kassenzeichen, claim.amount_cents)

    def judge(self, detail: Detail, side: str) -> str:
        """Say what may be done without a person, and do it."""
        if side != "credit" or len(detail.named) != 1:
            return SUSPEND
        number = detail.named[0]
        if detail.settles_capture:
            fits = self._captured.pop(detail.settles_capture, None) == (number, detail.amount_cents)
            return ALLOCATE if fits else SUSPEND
        if detail.return_reason or self._open.get(number) != detail.amount_cents:
            return SUSPEND
        if not checkdigits.is_valid(number, self._check):
            return SUSPEND
        self._settle(number, detail)
        return ALLOCATE

    def _settle(self, number: str, detail: Detail) -> None:
        del self._open[number]
        if detail.belongs_to != ((number, detail.amount_cents),):
            self.misled += 1  # a wrong digit made another open claim's number; see CheckMethod.NONE
        elif detail.kind == "transfer":
            self.settled.append((number, detail.amount_cents))
