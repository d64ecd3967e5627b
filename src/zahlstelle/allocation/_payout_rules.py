"""How a provider's settlement report explains a bank entry, and what an item of it books. No IO.

An entry is a payout only where its text names the payout and its amount is exactly what the report says: never by
amount alone. A provider pays out net (one transfer of everything) or gross (a credit for the payments, a debit for its
fees): an entry is everything that is left of the report, or the whole of some of its kinds.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from uuid import UUID

from zahlstelle.kernel import Money
from zahlstelle.ledger import Line, Side
from zahlstelle.payments import Attempt, ItemKind, PayoutItem, Refund, RefundState, Share, Status

from ._rules import Doubt, Suspend

# Kinds that a person need not look at where an entry of the bank carries exactly them.
FEES = frozenset({ItemKind.FEE, ItemKind.CHARGEBACK_FEE})
GIVEN_BACK = frozenset({ItemKind.REFUND, ItemKind.CHARGEBACK})

# Doubts that a settlement report can settle: the entry stands for itself, and nothing else is known of it.
OPEN_TO_REPORTS = frozenset(
    {
        Doubt.NO_REFERENCE,
        Doubt.UNKNOWN_REFERENCE,
        Doubt.CHECK_DIGIT_WRONG,
        Doubt.SEVERAL_REFERENCES,
        Doubt.MONEY_GOES_OUT,
        Doubt.PAYOUT_REPORT_MISSING,
        Doubt.PAYOUT_REPORT_DIFFERS,
    }
)
_GROUPS = re.compile(r"[0-9A-Za-z]+")


def squeezed(text: str) -> str:
    """Leave only letters and digits: banks replace signs and cut lines anywhere."""
    return "".join(_GROUPS.findall(text)).lower()


def names_payout(reference: str, texts: Sequence[str]) -> bool:
    """Say whether a bank's text names a payout, as a word of its own. Signs between letters and digits do not count."""
    groups = _GROUPS.findall(reference)
    if not groups:
        return False
    wanted = re.compile(r"(?<![0-9A-Za-z])" + r"[^0-9A-Za-z]*".join(groups) + r"(?![0-9A-Za-z])", re.IGNORECASE)
    return any(wanted.search(text) for text in (" ".join(texts), "".join(texts)))


_MANY = 8


def plan(
    entries: Sequence[int], left: Sequence[PayoutItem], *, patient: bool
) -> Sequence[tuple[int, Sequence[PayoutItem]]]:
    """Say which entries (signed cents, by their place) pay out which items of a report; those that fit nothing are not
    named.

    First all that is left is looked for in several entries together, then what fits in one way only. An entry that
    fits in more than one way waits for the others; who is not `patient` any more lets it be all that is left, else the
    fewest kinds in the order of their names: the same provider moved the same cents for the same payout either way.
    """
    sums: dict[ItemKind, int] = {}
    for item in left:
        sums[item.kind] = sums.get(item.kind, 0) + item.cents
    found = _together(entries, sums, patient) if len(entries) <= _MANY else {}
    if len(found) < 2:
        found = _each(entries, sums, patient)
    return [(place, [item for item in left if item.kind in kinds]) for place, kinds in sorted(found.items())]


Kinds = frozenset[ItemKind]


def _choices(cents: int, sums: Mapping[ItemKind, int]) -> Sequence[Kinds]:
    """List the choices of kinds that add up to so many cents: all of them first, then the fewest."""
    kinds = [kind for kind in ItemKind if kind in sums]
    counts = [len(kinds), *range(1, len(kinds))]
    tried = (choice for count in counts for choice in combinations(kinds, count))
    return [frozenset(choice) for choice in tried if choice and sum(sums[kind] for kind in choice) == cents]


def _together(entries: Sequence[int], sums: Mapping[ItemKind, int], patient: bool) -> Mapping[int, Kinds]:
    """Find entries that together are all that is left, as many of them as possible.

    Where that can be said in two ways, other than by entries of the same amount, entries are still missing: kinds that
    add up to nothing fit to each of those that are there.
    """
    covers = list(_covers(entries, 0, sums))
    most = max(map(len, covers), default=0)
    best = [cover for cover in covers if len(cover) == most]
    ways = {frozenset(Counter((entries[place], kinds) for place, kinds in cover.items()).items()) for cover in best}
    return best[0] if len(ways) == 1 or (best and not patient) else {}


def _covers(entries: Sequence[int], place: int, rest: Mapping[ItemKind, int]) -> Iterator[Mapping[int, Kinds]]:
    """Give every way in which entries from a place on are all of the rest."""
    if not rest:
        yield {}
    elif place < len(entries):
        for choice in _choices(entries[place], rest):
            others = {kind: cents for kind, cents in rest.items() if kind not in choice}
            for cover in _covers(entries, place + 1, others):
                yield {place: choice, **cover}
        yield from _covers(entries, place + 1, rest)


def _each(entries: Sequence[int], sums: Mapping[ItemKind, int], patient: bool) -> Mapping[int, Kinds]:
    """Find the first entry that fits in one way only; with no more patience, the first that fits."""
    fits = {place: _choices(cents, sums) for place, cents in enumerate(entries)}
    sure = [place for place, choices in fits.items() if len(choices) == 1]
    likely = [place for place, choices in fits.items() if choices and not patient]
    for place in [*sure, *likely]:
        return {place: fits[place][0]}
    return {}


def undecided(cents: int, left: Sequence[PayoutItem]) -> bool:
    """Say whether an entry fits a report in more than one way."""
    sums: dict[ItemKind, int] = {}
    for item in left:
        sums[item.kind] = sums.get(item.kind, 0) + item.cents
    return len(_choices(cents, sums)) > 1


def difference(cents: int, told: int, items: Sequence[PayoutItem], left: Sequence[PayoutItem]) -> Sequence[str]:
    """Say in the treasury's words what an entry and the report differ by."""
    added = sum(item.cents for item in items)
    if added != told:
        return [
            f"Abrechnung sagt {signed(told)}, ihre Posten ergeben {signed(added)}",
            f"Unterschied {signed(told - added)}",
        ]
    rest = sum(item.cents for item in left)
    return [
        f"Abrechnung: noch nicht ausgezahlt sind {signed(rest)}",
        f"Kontoumsatz {signed(cents)}",
        f"Unterschied {signed(cents - rest)}",
    ]


def signed(cents: int) -> str:
    """Write cents as people do."""
    plain = Money(abs(cents)).plain.replace(".", ",")
    return f"-{plain}" if cents < 0 else plain


@dataclass(frozen=True, slots=True)
class About:
    """What is known about the payment of an item."""

    attempt: Attempt | None
    given_back: int = 0  # cents of it that refunds and chargebacks count so far
    overpaid: int = 0  # cents of it that are owed back to the payer
    settled: Mapping[UUID, int] = field(default_factory=dict)  # cents that each of its claims counts as paid
    shares: Sequence[Share] = ()  # what of each claim's share has not been given back
    told_before: bool = False  # another item of this name is booked already
    refund: Refund | None = None  # the refund of this name that was made here
    in_doubt: bool = False  # a refund of this amount was made here, and no report has told of it by its name


@dataclass(frozen=True, slots=True)
class Part:
    """What an item gives back of a claim's share; of none where nobody says so. `owed_back`: it had not paid it."""

    claim: UUID | None
    cents: int
    owed_back: bool


@dataclass(frozen=True, slots=True)
class BookItem:
    """An item is booked against these lines, all but the suspense of its entry; `parts`: what it gives back."""

    lines: Sequence[Line]
    attempt: Attempt | None
    text: str
    reasons: Sequence[str]
    charged_back: bool = False
    parts: Sequence[Part] = ()
    refund: Refund | None = None  # made here and booked already: the item only settles it with the provider
    gives_back: UUID | None = None  # the item, where it gives money of the attempt back

    @property
    def reopens(self) -> Sequence[tuple[UUID, int]]:
        """Say whose claims are open again, and by how much."""
        parts = self.parts if self.charged_back else ()
        return [(part.claim, part.cents) for part in parts if part.claim and not part.owed_back]

    @property
    def occasion(self) -> str:
        """What is booked: an allocation, or a claim that a chargeback opens again, which is no allocation of it."""
        return "chargeback" if self.reopens else "allocation"

    @property
    def account(self) -> str | None:
        """Where money went that is no payment's."""
        return self.lines[0].account if self.attempt is None else None


def decide_item(item: PayoutItem, provider: str, entry: UUID, about: About) -> BookItem | Suspend:
    """Decide about an item that is no payment: booked gross, each by itself, or a doubt."""
    reasons = [f"Posten {item.number} der Abrechnung: {item.kind}"]
    if item.kind in FEES:
        # The line tells whose fee it is; the decision does not: a fee is not the claim's money.
        subject = about.attempt.id if about.attempt else entry
        side = Side.SOLL if item.cents < 0 else Side.HABEN
        return BookItem([Line("fees", side, Money(abs(item.cents)), subject)], None, "Entgelt", reasons)
    if item.kind not in GIVEN_BACK or about.attempt is None:
        return Suspend(Doubt.PAYOUT_ITEM_UNKNOWN, reasons=reasons)
    if about.refund is not None and item.kind is ItemKind.REFUND:
        return _settle(item, provider, about.refund, about.attempt, reasons)
    if wrong := _wrong(item, about, about.attempt):
        return Suspend(Doubt.PAYOUT_ITEM_DIFFERS, reasons=[*reasons, wrong])
    return _give_back(item, provider, about, about.attempt, reasons)


def _wrong(item: PayoutItem, about: About, attempt: Attempt) -> str | None:
    if item.cents > 0:
        return "Der Betrag kommt zurück: bitte prüfen"
    if about.told_before:
        return "Dieser Posten ist schon gebucht"
    if attempt.status not in (Status.PAID, Status.SURPLUS, Status.CHARGED_BACK):
        return "Die Zahlung ist hier nicht als bezahlt bekannt"
    if item.kind is ItemKind.REFUND and about.in_doubt:
        return "Hier wurde eine Erstattung über diesen Betrag gemacht, die anders heißt oder noch geklärt wird"
    if about.given_back - item.cents > attempt.amount.cents:
        return "Mehr, als bezahlt und noch nicht erstattet ist"
    parts = _parts(item, about, attempt)
    if not parts:
        return "Die Zahlung gilt mehreren Forderungen, und der Betrag sagt nicht, welcher von ihnen"
    if sum(part.cents for part in parts if part.owed_back) > about.overpaid:
        return "Mehr, als dem Zahler zusteht"
    reopened = [part for part in parts if part.claim and not part.owed_back and item.kind is ItemKind.CHARGEBACK]
    if any(about.settled.get(part.claim, 0) < part.cents for part in reopened if part.claim):
        return "Die Forderung ist schon wieder offen"
    return None


def _parts(item: PayoutItem, about: About, attempt: Attempt) -> Sequence[Part]:
    """Say of which claims' shares an item gives money back; nothing where that is not sure.

    Of a basket a chargeback must be all that is left, or of the only share that is left; a refund opens no claim, so
    that nobody needs to know whose it is.
    """
    cents = -item.cents
    if len(about.shares) == 1:
        return [Part(about.shares[0].claim_id, cents, about.overpaid >= cents)]
    left = [share for share in about.shares if share.left_cents]
    rest = attempt.amount.cents - about.given_back
    whole = sum(share.left_cents for share in left) == rest
    if len(left) == 1 and whole:
        return [Part(left[0].claim_id, cents, left[0].surplus)]
    if item.kind is ItemKind.CHARGEBACK:
        return [Part(s.claim_id, s.left_cents, s.surplus) for s in left] if whole and rest == cents else []
    surplus = {share.surplus for share in left}
    return [Part(None, cents, surplus.pop())] if len(surplus) == 1 else []


def _settle(
    item: PayoutItem, provider: str, refund: Refund, attempt: Attempt, reasons: Sequence[str]
) -> BookItem | Suspend:
    """A refund made here was booked when it was done; the payout settles what the provider gave for us."""
    wrong = None
    if refund.item is not None:
        wrong = "Dieser Posten ist schon gebucht"
    elif refund.amount.cents != -item.cents:
        wrong = f"Die Erstattung wurde hier über {signed(refund.amount.cents)} gemacht"
    elif refund.state is not RefundState.DONE:
        wrong = "Die Erstattung ist hier nicht als ausgeführt bekannt"
    if wrong:
        return Suspend(Doubt.PAYOUT_ITEM_DIFFERS, reasons=[*reasons, wrong])
    line = Line(f"clearing:{provider}", Side.SOLL, refund.amount, refund.id)
    return BookItem(
        [line], None, f"Erstattung {attempt.provider_reference}", reasons, refund=refund, gives_back=item.id
    )


def _give_back(item: PayoutItem, provider: str, about: About, attempt: Attempt, reasons: Sequence[str]) -> BookItem:
    """The provider gave money back for us, and keeps it from the payout: both are told to its clearing account."""
    amount, clearing = Money(-item.cents), f"clearing:{provider}"
    parts = _parts(item, about, attempt)
    charged_back = item.kind is ItemKind.CHARGEBACK
    lines = [_against(part, attempt, charged_back) for part in parts if not part.owed_back]
    if owed_back := sum(part.cents for part in parts if part.owed_back):
        lines.append(Line("overpaid", Side.SOLL, Money(owed_back), attempt.id))
    lines += [Line(clearing, Side.HABEN, amount, attempt.id), Line(clearing, Side.SOLL, amount, attempt.id)]
    word = "Rückbelastung" if charged_back else "Erstattung"
    return BookItem(
        lines, attempt, f"{word} {attempt.provider_reference}", reasons, charged_back, parts, gives_back=item.id
    )


def _against(part: Part, attempt: Attempt, charged_back: bool) -> Line:
    if charged_back and part.claim:
        return Line("receivable", Side.SOLL, Money(part.cents), part.claim)
    return Line("refunded", Side.SOLL, Money(part.cents), attempt.id)
