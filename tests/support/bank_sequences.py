"""Random sequences of overlapping bank files with the truth beside them; nothing of the product's matching is used.

A seed makes a bank (how it names things, what it leaves out), some days of true movements, and the files in which the
bank tells of them: reports that grow over the day, statements, statements created again, weekly ones, advices, details
whole, in pieces or cut off; each delivered once or more, in any order. The truth is the list of movements.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from random import Random

from tests.support.bank_files import Camt, Ntry, Tx

FIRST = date(2026, 10, 5)
OPENING = 1_000_000
PAYERS = (("Erika Mustermann", "DE02120300000000202051"), ("Max Muster", "DE02500105170137075030"), ("", ""))
DetailFact = tuple[str, int, str, str]  # side, cents, end-to-end id, text


@dataclass
class Line:
    """One true movement of the account."""

    day: date
    side: str
    cents: int
    txs: list[Tx]
    ref: str = ""
    notice: str = ""  # the camt.054 that the statement points to
    told: str = "in place"  # how its details come: in place, whole, pieces, messages, cut, broken, never
    code: str = "166"
    parts: list[list[Tx]] = field(default_factory=list)  # as its details were cut, where they were

    @property
    def alike(self) -> bool:
        """Whether two parts say the same word for word: the second may be the first, sent once more."""
        said = [sorted(map(repr, part)) for part in self.parts]
        return any(said.count(part) > 1 for part in said)

    @property
    def collective(self) -> bool:
        return len(self.txs) > 1

    @property
    def signed(self) -> int:
        return self.cents if self.side == "CRDT" else -self.cents

    def facts(self) -> Counter[DetailFact]:
        return Counter(fact(tx) for tx in self.txs)


def fact(tx: Tx) -> DetailFact:
    """What is compared of a detail."""
    text = tx.text if isinstance(tx.text, str) else "".join(tx.text)
    side = "credit" if tx.side == "CRDT" else "debit"
    return side, round(float(tx.amount) * 100), tx.end_to_end, text


@dataclass
class Bank:
    """How a bank writes."""

    refs: str  # unique, daily, constant, none, nonref
    names: str  # of transactions: unique, daily, none
    points: bool  # statements point to the notification with the details
    messages: str  # message ids: unique, daily
    balances: bool
    statement: str  # single payments in the statement: full, bare
    notice_days: bool  # notifications carry a booking day
    notice_refs: bool  # and the reference of the entry


@dataclass
class Story:
    """What happened, and how it was told."""

    seed: int
    bank: Bank
    lines: list[Line]
    files: list[tuple[str, bytes]] = field(default_factory=list)
    sheets: bool = False  # a day was told on several sheets

    def truth(self) -> Counter[tuple[str, str, int]]:
        return Counter(
            (line.day.isoformat(), "credit" if line.side == "CRDT" else "debit", line.cents) for line in self.lines
        )

    @property
    def named(self) -> bool:
        """References tell every line of a day from every other."""
        return self.bank.refs in ("unique", "daily")


def euros(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"


def story(seed: int, iban: str, numbers: Sequence[str]) -> Story:
    """Make the story of a seed; `numbers` are Kassenzeichen of open claims that payers may name."""
    chance = Random(seed)
    bank = Bank(
        refs=chance.choice(["unique", "unique", "daily", "none", "nonref", "constant"]),
        names=chance.choice(["unique", "daily", "none", "none"]),
        points=chance.random() < 0.6,
        messages=chance.choice(["unique", "daily"]),
        balances=chance.random() < 0.75,
        statement=chance.choice(["full", "full", "bare"]),
        notice_days=chance.random() < 0.8,
        notice_refs=chance.random() < 0.8,
    )
    days = [FIRST + timedelta(days=n) for n in range(chance.choice([1, 2, 2, 3]))]
    teller = _Teller(chance, bank, iban, list(numbers))
    told = Story(seed, bank, [line for day in days for line in teller.day(day)])
    teller.tell(told, days)
    return told


class _Teller:
    def __init__(self, chance: Random, bank: Bank, iban: str, numbers: list[str]) -> None:
        self.chance, self.bank, self.iban, self.numbers = chance, bank, iban, numbers
        self.count = self.message = 0

    # --- what happened

    def day(self, day: date) -> list[Line]:
        lines = [self._line(day) for _ in range(self.chance.randint(0, 5))]
        if lines and self.chance.random() < 0.4:  # a true twin
            lines.append(replace(self.chance.choice(lines)))
        for number, line in enumerate(lines):
            line.ref = {
                "unique": f"REF-{day:%m%d}-{number}",
                "daily": f"REF-{number}",
                "constant": "ALWAYS",
                "none": "",
                "nonref": "NONREF",
            }[self.bank.refs]
            line.notice = f"N-{number}" if self.bank.messages == "daily" else f"N-{day:%m%d}-{number}"
            line.txs = [self._named(tx, number) for tx in line.txs]
        return lines

    def _line(self, day: date) -> Line:
        kind = self.chance.choices(["credit", "collective", "debit", "returns", "mixed"], [6, 4, 1, 1, 1])[0]
        if kind in ("collective", "mixed"):
            txs = [self._tx("CRDT") for _ in range(self.chance.randint(2, 5))]
            if kind == "mixed":
                txs.append(replace(self._tx("DBIT"), amount="5.00"))
            cents = sum(fact(tx)[1] * (1 if tx.side == "CRDT" else -1) for tx in txs)
            told = self.chance.choice(["in place", "whole", "whole", "pieces", "messages", "cut", "broken", "never"])
            return Line(day, "CRDT", cents, txs, told=told)
        if kind == "returns":
            txs = [replace(self._tx("DBIT"), reason="MS03") for _ in range(self.chance.randint(1, 3))]
            told = "in place" if len(txs) == 1 else self.chance.choice(["in place", "whole"])
            return Line(day, "DBIT", sum(fact(tx)[1] for tx in txs), txs, told=told, code="109")
        tx = self._tx("DBIT" if kind == "debit" else "CRDT")
        return Line(day, tx.side, fact(tx)[1], [tx])

    def _tx(self, side: str) -> Tx:
        name, iban = self.chance.choice(PAYERS)
        text = self.chance.choice(["Parken", "Ausweis", "", *(f"Kassenzeichen {n}" for n in self.numbers)])
        end_to_end = self.chance.choice(["NOTPROVIDED", "NOTPROVIDED", *self.numbers, f"E{self.chance.randint(1, 4)}"])
        return Tx(self.chance.choice(["25.00", "37.00"]), text, end_to_end, name=name, iban=iban, side=side)

    def _named(self, tx: Tx, number: int) -> Tx:
        self.count += 1
        name = {"unique": f"TX-{self.count}", "daily": f"TX-{number}", "none": ""}[self.bank.names]
        return replace(tx, tx_id=name)

    # --- how it is told

    def tell(self, told: Story, days: Sequence[date]) -> None:
        balance, spans = OPENING, {}
        for day in days:
            moved = sum(line.signed for line in told.lines if line.day == day)
            spans[day] = (balance, balance + moved)
            balance += moved
        messages: list[Camt] = []
        for day in days:
            lines = [line for line in told.lines if line.day == day]
            messages += self._reports(lines)
            messages += self._advices(lines)
            for line in lines:
                messages += self._details(line)
            messages += self._statements(told, lines, day, spans[day])
        if len(days) > 1 and self.chance.random() < 0.25:  # the whole time once more in one statement
            messages.append(self._statement(told.lines, days, (spans[days[0]][0], spans[days[-1]][1])))
        self._deliver(told, messages)

    def _entry(self, line: Line, full: bool, status: str = "BOOK") -> Ntry:
        entry = Ntry(euros(line.cents), [], line.ref, line.day.isoformat(), line.side, status, code=line.code)
        if line.collective and line.told != "in place":
            entry.details = [Tx(entry.amount, end_to_end="", name="", iban="", side=line.side)]
            entry.elsewhere = line.notice if self.bank.points and line.told != "never" else ""
            entry.count = len(line.txs) if self.chance.random() < 0.5 or not entry.elsewhere else 0
        elif line.collective or full:
            entry.details = line.txs
        return entry

    def _new(self, kind: str, entries: Sequence[Ntry], message: str = "") -> Camt:
        self.message += 1
        return Camt(self.iban, entries, kind, message or f"M{self.message}", f"S{self.message}")

    def _reports(self, lines: list[Line]) -> list[Camt]:
        if not lines or self.chance.random() < 0.4:
            return []
        order, reports, before = self.chance.sample(lines, len(lines)), [], 0
        grows = self.chance.random() < 0.6
        for _ in range(self.chance.randint(1, 3)):
            until = self.chance.randint(before, len(order))
            some = order[:until] if grows else order[before:until]
            full = self.chance.random() < 0.6
            announced = self.chance.random() < 0.2
            reports.append(
                self._new("052", [self._entry(line, full, "PDNG" if announced else "BOOK") for line in some])
            )
            before = until
        return [report for report in reports if report.entries]

    def _advices(self, lines: list[Line]) -> list[Camt]:
        advices = []
        for line in lines:
            if line.collective or line.side != "CRDT" or self.chance.random() < 0.7:
                continue
            day = line.day.isoformat() if self.bank.notice_days else ""
            ref = self.chance.choice(["", f"ADVICE-{self.message}"])
            advices.append(self._new("054", [Ntry(euros(line.cents), line.txs, ref, day)]))
        return advices

    def _notice(self, line: Line, txs: Sequence[Tx], amount: int, count: int = 0) -> Ntry:
        day = line.day.isoformat() if self.bank.notice_days else ""
        ref = line.ref if self.bank.notice_refs else ""
        side = "CRDT" if amount >= 0 else "DBIT"
        return Ntry(euros(abs(amount)), list(txs), ref, day, side, count=count, code=line.code)

    def _details(self, line: Line) -> list[Camt]:
        if not line.collective or line.told in ("in place", "never"):
            return []
        total = line.signed
        if line.told == "whole":
            return [self._new("054", [self._notice(line, line.txs, total)], line.notice)]
        if line.told == "broken":
            wrong = [*line.txs[:-1], replace(line.txs[-1], amount="25.01")]
            return [self._new("054", [self._notice(line, wrong, total)], line.notice)]
        cut = self.chance.randint(1, len(line.txs) - 1)
        halves = line.parts = [line.txs[:cut], line.txs[cut:]]
        if line.told == "cut":
            count = len(line.txs) if self.chance.random() < 0.5 else 0
            return [self._new("054", [self._notice(line, half, total, count)], line.notice) for half in halves]
        entries = [self._notice(line, half, sum(_signed(tx) for tx in half)) for half in halves]
        if line.told == "pieces":
            return [self._new("054", entries, line.notice)]
        return [self._new("054", [entry], line.notice) for entry in entries]

    def _statements(self, told: Story, lines: list[Line], day: date, span: tuple[int, int]) -> list[Camt]:
        if self.bank.balances and len(lines) > 1 and self.chance.random() < 0.15:
            told.sheets = True
            cut = self.chance.randint(1, len(lines) - 1)
            middle = span[0] + sum(line.signed for line in lines[:cut])
            statements = [
                self._statement(lines[:cut], [day], (span[0], middle)),
                self._statement(lines[cut:], [day], (middle, span[1])),
            ]
        else:
            statements = [self._statement(lines, [day], span)]
        if self.chance.random() < 0.3:  # created again under new names
            again = self.chance.sample(lines, len(lines)) if self.chance.random() < 0.5 else lines
            statements.append(self._statement(again, [day], span))
        return statements

    def _statement(self, lines: Sequence[Line], days: Sequence[date], span: tuple[int, int]) -> Camt:
        full = self.bank.statement == "full"
        if self.chance.random() < 0.1:
            full = not full
        message = self._new("053", [self._entry(line, full) for line in lines])
        message.opening_day, message.balance_day = days[0].isoformat(), days[-1].isoformat()
        message.balances = (euros(span[0]), euros(span[1])) if self.bank.balances else None
        return message

    def _deliver(self, told: Story, messages: list[Camt]) -> None:
        files = [(f"{n:02d}-{message.kind}.xml", message.xml()) for n, message in enumerate(messages)]
        files += [self.chance.choice(files) for _ in range(self.chance.randint(0, 2)) if files]
        if self.chance.random() < 0.7:
            self.chance.shuffle(files)
        told.files = files


def _signed(tx: Tx) -> int:
    return fact(tx)[1] if tx.side == "CRDT" else -fact(tx)[1]
