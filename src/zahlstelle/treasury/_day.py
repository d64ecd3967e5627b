"""A day's money, and one entry with its details: all that one page shows, in one call."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from zahlstelle import allocation, bank, claims, ledger, payments, tenancy
from zahlstelle.allocation import Decision, PayoutShown, Standing
from zahlstelle.bank import AccountStatus, BankDetail, BankEntry, EntrySize, Seen
from zahlstelle.tenancy import Tenant, inside

CREDIT = "credit"
_NO_SIZE = EntrySize(0, None, ())


@dataclass(frozen=True, slots=True)
class DayEntry:
    """An entry with what its first detail says and how far it is allocated."""

    entry: BankEntry
    size: EntrySize
    standing: Standing
    payout: PayoutShown | None = None

    @property
    def state(self) -> str:
        """Say where it stands: noted (not booked yet), allocated, partly, suspended, undecided."""
        if not self.entry.booked:
            return "noted"
        if self.standing.suspended:
            return "partly" if self.standing.allocated else "suspended"
        return "allocated" if self.standing.allocated else "undecided"


@dataclass(frozen=True, slots=True)
class AccountLine:
    """A bank account by its statements, and what the book holds on it, in cents."""

    status: AccountStatus
    booked: int

    @property
    def expected(self) -> int:
        """What should be there: the last statement and what was booked since."""
        return self.status.closing + self.status.waiting

    @property
    def held(self) -> int:
        """What is there by the book."""
        return self.status.opening + self.booked

    @property
    def difference(self) -> int:
        """Book minus bank."""
        return self.held - self.expected


@dataclass(frozen=True, slots=True)
class Day:
    """A day at the treasury. Sums in cents count booked entries; details are counted in credits."""

    day: date
    before: date | None
    after: date | None
    entries: Sequence[DayEntry]
    accounts: Sequence[AccountLine]

    def _booked(self, side: str) -> list[DayEntry]:
        return [line for line in self.entries if line.entry.booked and (line.entry.side == CREDIT) == (side == CREDIT)]

    @property
    def credit_cents(self) -> int:
        """What came in."""
        return sum(line.entry.amount.cents for line in self._booked(CREDIT))

    @property
    def debit_cents(self) -> int:
        """What went out."""
        return sum(line.entry.amount.cents for line in self._booked("debit"))

    @property
    def credits(self) -> int:
        """How many entries came in."""
        return len(self._booked(CREDIT))

    @property
    def debits(self) -> int:
        """How many entries went out."""
        return len(self._booked("debit"))

    @property
    def incoming(self) -> Standing:
        """How far what came in is allocated."""
        total = Standing()
        for line in self._booked(CREDIT):
            total.allocated += line.standing.allocated
            total.allocated_cents += line.standing.allocated_cents
            total.suspended += line.standing.suspended
            total.suspended_cents += line.standing.suspended_cents
        return total

    @property
    def suspended(self) -> int:
        """How many details of the day wait, whichever way their money went."""
        return sum(line.standing.suspended for line in self.entries)


def day(*, tenant: Tenant, day: date) -> Day:
    """Tell a day's money, how far it is allocated, and whether bank and book agree."""
    with inside(tenant):
        entries = bank.entries_of_day(tenant=tenant, day=day)
        ids = [entry.id for entry in entries]
        sizes = bank.sizes_of(tenant=tenant, entries=ids)
        standing = allocation.standing_of(tenant=tenant, entries=ids)
        before, after = bank.days_around(tenant=tenant, day=day)
        payouts = allocation.payouts_of_entries(tenant=tenant, entries=ids)
        lines = [
            DayEntry(entry, sizes.get(entry.id, _NO_SIZE), standing[entry.id], payouts.get(entry.id))
            for entry in entries
        ]
        return Day(day, before, after, lines, _accounts(tenant))


def _accounts(tenant: Tenant) -> Sequence[AccountLine]:
    told = bank.accounts_by_statement(tenant=tenant)
    booked = {b.code: b.soll_balance_cents for b in ledger.trial_balance(tenant=tenant) if b.currency == "EUR"}
    return [AccountLine(status, booked.get(f"bank:{status.iban}", 0)) for status in told]


def last_day(*, tenant: Tenant, today: date) -> date:
    """Say which day a treasurer wants to see first: the latest one with money up to today, else today."""
    latest = [found.day for found in bank.days(tenant=tenant, limit=31) if found.day <= today]
    return latest[0] if latest else today


@dataclass(frozen=True, slots=True)
class DetailLine:
    """A detail with the last decision about it and the Kassenzeichen its money went to."""

    detail: BankDetail
    decision: Decision | None
    kassenzeichen: Sequence[str]  # of a basket there are several
    provider: str | None
    by: str | None  # a person's name; None: the rules


@dataclass(frozen=True, slots=True)
class EntryPage:
    """An entry, a stretch of its details, where it was told and how it was booked."""

    entry: BankEntry
    standing: Standing
    size: EntrySize
    lines: Sequence[DetailLine]
    seen: Sequence[Seen]
    journal_entry: UUID
    payout: PayoutShown | None = None


def entry(*, tenant: Tenant, entry_id: UUID, offset: int, limit: int) -> EntryPage:
    """Tell an entry with a stretch of its details. Raises bank.EntryUnknown."""
    with inside(tenant):
        found = bank.entry_by_id(tenant=tenant, entry_id=entry_id)
        details = bank.details_of(tenant=tenant, entry_id=entry_id, offset=offset, limit=limit)
        return EntryPage(
            entry=found,
            standing=allocation.standing_of(tenant=tenant, entries=[entry_id])[entry_id],
            size=bank.sizes_of(tenant=tenant, entries=[entry_id]).get(entry_id, _NO_SIZE),
            lines=_with_decisions(tenant, details),
            seen=bank.sightings_of(tenant=tenant, entry_id=entry_id),
            journal_entry=ledger.entry_of_occasion(tenant=tenant, occasion=f"bank:{entry_id}"),
            payout=allocation.payouts_of_entries(tenant=tenant, entries=[entry_id]).get(entry_id),
        )


def _with_decisions(tenant: Tenant, details: Sequence[BankDetail]) -> Sequence[DetailLine]:
    decisions = allocation.last_decisions(tenant=tenant, details=[detail.id for detail in details])
    attempts = payments.attempts_by_id(
        tenant=tenant, attempts=[d.attempt_id for d in decisions.values() if d.attempt_id]
    )
    owed = [d.claim_id for d in decisions.values() if d.claim_id] + [c for a in attempts.values() for c in a.claim_ids]
    numbers = {claim.id: claim.kassenzeichen for claim in claims.open_amounts(tenant=tenant, ids=owed)}
    people = tenancy.names_of_people(tenant=tenant)
    lines = []
    for detail in details:
        decision = decisions.get(detail.id)
        attempt = attempts.get(decision.attempt_id) if decision and decision.attempt_id else None
        owed_by = attempt.claim_ids if attempt else [decision.claim_id] if decision and decision.claim_id else []
        named = [numbers[claim] for claim in owed_by if claim in numbers]
        by = people.get(decision.decided_by) if decision else None
        lines.append(DetailLine(detail, decision, named, attempt.provider if attempt else None, by))
    return lines
