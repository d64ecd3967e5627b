"""Check the whole book: everything that is told a second time is recomputed from the journal and compared."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from zahlstelle import allocation, audit, bank, claims, ledger, payments, tenancy
from zahlstelle.ledger import Turnover
from zahlstelle.tenancy import Tenant, inside

_NOTHING = Turnover(0, 0, 0)
_KEPT = 50


class FindingKind(StrEnum):
    """What can be wrong with a book."""

    UNBALANCED_BOOK = "unbalanced_book"  # all SOLL and all HABEN of a currency differ
    UNBALANCED_ENTRY = "unbalanced_entry"
    BROKEN_SEAL = "broken_seal"
    OPEN_AMOUNT = "open_amount"  # what is open of a claim differs from the journal
    ALLOCATION = "allocation"  # what was decided of a claim or a detail differs from the journal
    SUSPENSE = "suspense"  # what is told to be in suspense differs from the journal
    BANK_ENTRY = "bank_entry"  # a bank entry is not booked once with its amount, or an account holds money without one
    CLEARING = "clearing"  # money a provider has taken is not booked, or booked without it
    PAYOUT = "payout"  # what a provider's reports say of a payment, or an item of one, is not what is booked
    AUDIT_CHAIN = "audit_chain"


@dataclass(frozen=True, slots=True)
class Finding:
    """One place where the book differs. `told` and `booked` are cents; for chains and entries they say nothing."""

    kind: FindingKind
    subject: str
    told: int | None = None
    booked: int | None = None


@dataclass(frozen=True, slots=True)
class Inspection:
    """A check that was made: when, by whom, how much was found, and the first findings."""

    at: datetime
    actor: str
    count: int
    findings: Sequence[Finding]

    @property
    def sound(self) -> bool:
        """Nothing was found."""
        return self.count == 0


def check_book(*, tenant: Tenant) -> Sequence[Finding]:
    """Recompute balances, open amounts, suspense, bank entries, clearing, seals and the audit chain; say what differs.

    One transaction, so that what is compared is of one moment. An empty list is a sound book.
    """
    with inside(tenant):
        return [finding for part in _PARTS for finding in part(tenant)]


def inspect_book(*, tenant: Tenant, at: datetime, actor: str) -> Inspection:
    """Check the book and write down that it was checked, by whom and with what result."""
    findings = check_book(tenant=tenant)
    details = {"count": len(findings), "findings": [asdict(finding) for finding in findings[:_KEPT]]}
    audit.write(tenant=tenant, at=at, actor=actor, action=_ACTION, subject="book", details=details)
    return Inspection(at, actor, len(findings), findings)


_ACTION = "book.checked"


def last_inspection(*, tenant: Tenant) -> Inspection | None:
    """Tell when the book was checked last and what was found; None when it never was."""
    for deed in audit.deeds(tenant=tenant, subject="book"):
        if deed.action == _ACTION:
            findings = [_finding(told) for told in deed.details["findings"]]
            return Inspection(deed.at, deed.actor, deed.details["count"], findings)
    return None


def _finding(told: dict[str, Any]) -> Finding:
    return Finding(FindingKind(told["kind"]), told["subject"], told["told"], told["booked"])


def _balances(tenant: Tenant) -> Iterator[Finding]:
    totals: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for account in ledger.trial_balance(tenant=tenant):
        totals[account.currency][0] += account.soll_cents
        totals[account.currency][1] += account.haben_cents
    for currency, (soll, haben) in totals.items():
        if soll != haben:
            yield Finding(FindingKind.UNBALANCED_BOOK, currency, soll, haben)
    for entry in ledger.unbalanced_entries(tenant=tenant):
        yield Finding(FindingKind.UNBALANCED_ENTRY, str(entry))


def _seals(tenant: Tenant) -> Iterator[Finding]:
    for number in ledger.broken_seals(tenant=tenant):
        yield Finding(FindingKind.BROKEN_SEAL, str(number))


def _open_amounts(tenant: Tenant) -> Iterator[Finding]:
    for kassenzeichen, told, booked in claims.wrong_balances(tenant=tenant):
        yield Finding(FindingKind.OPEN_AMOUNT, kassenzeichen, told, booked)


def _allocations(tenant: Tenant) -> Iterator[Finding]:
    for subject, told, booked in allocation.wrong_allocations(tenant=tenant):
        yield Finding(FindingKind.ALLOCATION, str(subject), told, booked)


def _suspense(tenant: Tenant) -> Iterator[Finding]:
    for entry, told, booked in allocation.wrong_suspense(tenant=tenant):
        yield Finding(FindingKind.SUSPENSE, str(entry), told, booked)


def _bank_entries(tenant: Tenant) -> Iterator[Finding]:
    """Compare each bank entry with what is booked about it, then the account's total: nothing booked without one."""
    for entry, told, booked in bank.entries_without_booking(tenant=tenant):
        yield Finding(FindingKind.BANK_ENTRY, str(entry), told, booked)
    told_totals = bank.booked_totals(tenant=tenant)
    for account in {a.iban for a in tenancy.bank_accounts(tenant=tenant)} | told_totals.keys():
        booked = ledger.balance(tenant=tenant, account=f"bank:{account}")
        if (told := told_totals.get(account, 0)) != booked:
            yield Finding(FindingKind.BANK_ENTRY, account, told, booked)


def _clearing(tenant: Tenant) -> Iterator[Finding]:
    """Compare what providers have taken, attempt by attempt, with what is booked as owed by them."""
    captured = payments.captured(tenant=tenant)
    providers = {attempt.provider for attempt in captured}
    settled = allocation.settled_by_payouts(tenant=tenant)
    providers |= {access.provider for access in tenancy.provider_accesses(tenant=tenant)}
    for provider in sorted(providers):
        told = {attempt.id: attempt.amount.cents for attempt in captured if attempt.provider == provider}
        booked = ledger.turnovers_about(tenant=tenant, account=f"clearing:{provider}")
        for attempt, cents in told.items():
            turnover = booked.get(attempt, _NOTHING)
            back, paid = settled.get(attempt, (0, 0))
            if cents + back != turnover.soll_cents:
                yield Finding(FindingKind.CLEARING, str(attempt), cents + back, turnover.soll_cents)
            if back + paid != turnover.haben_cents:
                yield Finding(FindingKind.PAYOUT, str(attempt), back + paid, turnover.haben_cents)
        given_back = payments.refunds_booked(tenant=tenant, provider=provider)
        for refund, (cents, paid) in given_back.items():
            found = booked.get(refund, _NOTHING)
            if (cents, paid) != (found.haben_cents, found.soll_cents):
                yield Finding(FindingKind.CLEARING, str(refund), cents - paid, -found.soll_balance_cents)
        for subject in booked.keys() - told.keys() - given_back.keys():
            if soll := booked[subject].soll_cents:
                yield Finding(FindingKind.CLEARING, str(subject), 0, soll)


def _payouts(tenant: Tenant) -> Iterator[Finding]:
    for item, told, found in allocation.wrong_shares(tenant=tenant):
        yield Finding(FindingKind.PAYOUT, str(item), told, found)


def _audit_chain(tenant: Tenant) -> Iterator[Finding]:
    number = audit.first_broken(tenant=tenant)
    if number is not None:
        yield Finding(FindingKind.AUDIT_CHAIN, str(number))


_PARTS = (_balances, _seals, _open_amounts, _allocations, _suspense, _bank_entries, _clearing, _payouts, _audit_chain)
