"""What may be posted without a person, decided from the truth rather than from the text."""

from dataclasses import dataclass

from zahlstelle.kernel import CheckMethod, checkdigits

from ._facts import Claim, Detail
from ._town import Town

ALLOCATE, SUSPEND = "allocate", "suspend"
Shares = tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a machine may do with a detail."""

    expected: str  # ALLOCATE | SUSPEND: by the rule of one reference
    misleading: bool  # that rule pays a claim that was not meant
    decides: Shares  # what reference(s) and amount alone decide; empty: nothing


class Treasurer:
    """Remembers what is open and judges each detail in the order in which it becomes known.

    The rule of one reference: exactly one is named, it is valid and known, and the amount equals what is open. What
    reference and amount alone decide goes further: several are named, all valid, known and open, and the amount is
    the sum of what is open; but without check digits no reference is sure, so nothing is decided. A payout line
    settles the captured card payment it stands for. Whatever is suspended stays open. All claims and card payments of
    the month are known before the first bank file is read.
    """

    def __init__(self, town: Town) -> None:
        self._check = town.check
        self._open: dict[str, int] = {}  # by the rule of one reference
        self._undecided: dict[str, int] = {}  # by reference and amount
        self._captured: dict[str, tuple[str, int]] = {}
        self.settled: list[tuple[str, int]] = []  # plain transfers, for payers who name an old claim
        self.recalled: set[str] = set()  # claims whose money the payer's bank will get back
        self.misled = 0

    def opened(self, claim: Claim) -> None:
        """Take note of a claim."""
        self._open[claim.kassenzeichen] = self._undecided[claim.kassenzeichen] = claim.amount_cents

    def paid_by_card(self, claim: Claim) -> None:
        """Take note that a claim is not open to transfers: it is paid by card."""
        del self._open[claim.kassenzeichen], self._undecided[claim.kassenzeichen]

    def captured(self, claim: Claim, provider_reference: str) -> None:
        """Take note of a card payment: the provider owes the money."""
        self._captured[provider_reference] = (claim.kassenzeichen, claim.amount_cents)

    def judge(self, detail: Detail, side: str) -> Judgement:
        """Say what may be done without a person, and do it."""
        if side != "credit" or not detail.named or detail.return_reason:
            return Judgement(SUSPEND, misleading=False, decides=())
        if detail.settles_capture:
            owed = self._captured.pop(detail.settles_capture, None)
            if owed != (detail.named[0], detail.amount_cents):
                return Judgement(SUSPEND, misleading=False, decides=())
            return Judgement(ALLOCATE, misleading=False, decides=(owed,))
        decides = self._decide(detail)
        if len(detail.named) != 1 or not self._fits(self._open, detail):
            return Judgement(SUSPEND, misleading=False, decides=decides)
        return Judgement(ALLOCATE, self._settle(detail.named[0], detail), decides)

    def _fits(self, still_open: dict[str, int], detail: Detail) -> bool:
        """Say whether all references are valid, known and open, and the amount is the sum of what is open."""
        known = all(number in still_open and checkdigits.is_valid(number, self._check) for number in detail.named)
        return known and sum(still_open[number] for number in detail.named) == detail.amount_cents

    def _decide(self, detail: Detail) -> Shares:
        if self._check is CheckMethod.NONE or not self._fits(self._undecided, detail):
            return ()
        return tuple((number, self._undecided.pop(number)) for number in detail.named)

    def _settle(self, number: str, detail: Detail) -> bool:
        del self._open[number]
        if detail.belongs_to != ((number, detail.amount_cents),):
            self.misled += 1  # a wrong digit made another open claim's number; see CheckMethod.NONE
            return True
        if detail.kind == "transfer" and number not in self.recalled:
            self.settled.append((number, detail.amount_cents))
        return False
