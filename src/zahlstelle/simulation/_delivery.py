"""How the bank delivers a day: names, containers, order, and everything that comes early, late or twice.

The order of file names is the order of delivery. A re-sent file repeats money, an intraday report and an
instant credit advice announce it; only the statement books it.
"""

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, time, timedelta

from zahlstelle.kernel.banking_days import later

from . import _camt
from ._camt import Message
from ._chance import Quota, chance, happens
from ._facts import Entry
from ._files import BankFolder
from ._rates import Rates
from ._town import Town

Known = Callable[[Entry], None]
_AT = {"C52": time(13, 5), "C53": time(21, 30), "C54": time(21, 45), "C5N": time(11, 0)}


class Delivery:
    """Keeps the files that are still to come, and tells when a reader knows an entry and its details."""

    def __init__(self, town: Town, rates: Rates, seed: int, old_until: date, folder: BankFolder, known: Known):
        self._town, self._rates, self._seed, self._old_until = town, rates, seed, old_until
        self._folder, self._known = folder, known
        self._due: dict[date, list[tuple[str, Message]]] = defaultdict(list)
        self._sequence: Counter[str] = Counter()
        self._intraday, self._late_statement, self._late_details = (
            Quota(rate, chance(seed, name))
            for name, rate in (
                ("intraday", rates.intraday),
                ("late statement", rates.late_statement),
                ("late details", rates.late_details),
            )
        )
        self._again = {order: Quota(rates.sent_again, chance(seed, "again", order)) for order in _AT}

    @property
    def outstanding(self) -> list[date]:
        """Name the days on which files are still to come."""
        return sorted(self._due)

    def book(self, day: date, previous: date, entries: list[Entry], opening_cents: int) -> None:
        """Make the messages of a booking day and plan when each is delivered."""
        rng = chance(self._seed, "delivery", day)
        statement_late = self._late_statement.falls_due()
        half = entries[: len(entries) // 2]
        if half and self._intraday.falls_due():
            report = self._message("C52", day, half)
            report.pending = frozenset({half[-1].bank_ref} if happens(rng, 0.3) else ())
            self._plan(day, report)
        for entry in entries:
            if entry.separate:
                late = not statement_late and self._late_details.falls_due()
                notice = self._message("C54", day, [entry])
                entry.notification_id = notice.message_id
                self._plan(later(day, rng.randrange(1, 4)) if late else day, notice)
            if entry.gvc == "168" and happens(rng, self._rates.instant_advice):
                self._plan(day, self._message("C5N", day, [entry]))
        statement = self._message("C53", day, entries)
        statement.opening_cents, statement.day, statement.previous_day = opening_cents, day, previous
        self._plan(later(day, 1) if statement_late else day, statement)

    def deliver(self, day: date) -> None:
        """Write a day's files: by order type, within it as they were made; details often in one container."""
        rng = chance(self._seed, "files", day)
        for order in sorted(_AT):
            planned = [(how, message) for how, message in self._due.get(day, ()) if message.order == order]
            together = order == "C54" and happens(rng, 0.5)
            fresh = [message for how, message in planned if how == "new"]
            groups = [fresh] if together and fresh else [[message] for message in fresh]
            for group in groups:
                plain = len(group) == 1 and happens(rng, self._rates.plain_xml)
                self._read(group, self._write(day, order, group, plain))
                if self._again[order].falls_due():
                    how = rng.choice(("renamed", "marked", "copy"))
                    self._due[later(day, rng.randrange(1, 4))].extend((how, message) for message in group)
            for how, message in planned:
                if how != "new":
                    self._send_again(day, how, message)
        self._due.pop(day, None)

    def _message(self, order: str, day: date, entries: list[Entry]) -> Message:
        self._sequence[order] += 1
        number = self._sequence[order]
        version = "02" if day < self._old_until else "08"
        at = datetime.combine(day, _AT[order]) + timedelta(seconds=number % 60)
        name = f"{order}{self._town.iban[-6:]}{day:%Y%m%d}{number:06d}"
        return Message(order, version, name, number, at, entries, bank=self._town.bank)

    def _plan(self, day: date, message: Message) -> None:
        self._due[day].append(("new", message))

    def _write(self, day: date, order: str, group: list[Message], plain: bool, mark: bytes = b"") -> str:
        texts = [mark + _camt.document(message, self._town).encode() for message in group]
        return self._folder.write(day, order, self._town.iban, texts, plain, group[0].at)

    def _send_again(self, day: date, how: str, message: Message) -> None:
        """Deliver known money again: renamed, with a byte order mark, or as a declared duplicate."""
        if how == "copy":
            message = replace(message, copy=True, message_id=f"{message.message_id}D")
        self._write(day, message.order, [message], how == "marked", b"\xef\xbb\xbf" if how == "marked" else b"")

    def _read(self, group: list[Message], file: str) -> None:
        for message in group:
            if message.is_advice:
                continue
            for entry in message.entries:
                self._see(entry, message, file)

    def _see(self, entry: Entry, message: Message, file: str) -> None:
        """Follow what a reader knows: it counts once a statement booked it and its details are there."""
        if not entry.resolved_in and (message.shows_details_of(entry) or entry.own_batch):
            entry.resolved_in = file
        entry.booked = entry.booked or message.order == "C53"
        if entry.booked and entry.resolved_in and not entry.judged:
            entry.judged = True
            self._known(entry)
