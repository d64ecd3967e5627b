"""One claim's whole life in one timeline, for the treasurer's page and for `zahlstelle doctor`."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any

from zahlstelle import allocation, audit, bank, claims, events, ledger, payments
from zahlstelle.allocation import Decision, SuspenseItem
from zahlstelle.claims import Claim
from zahlstelle.kernel import Money
from zahlstelle.ledger import BookedLine
from zahlstelle.payments import Attempt, ItemKind, Payment
from zahlstelle.tenancy import Tenant, inside


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that happened to the claim.

    `what` is a stable word: an event's name, `payout.reported`, `bank.entry`, `allocation.allocated`,
    `allocation.suspended`, `ledger.booked`, or `audit.` and the deed. `where` is the id of what it happened in:
    payment, payout, bank entry, journal entry or deed.
    """

    at: datetime
    what: str
    where: str
    details: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ClaimLife:
    """A claim with everything that is known of it, in the order it happened; `accounts` names the book's accounts."""

    claim: Claim
    moments: Sequence[Moment]
    journal: Sequence[BookedLine]
    accounts: Mapping[str, str]


def claim_life(*, tenant: Tenant, kassenzeichen: str) -> ClaimLife:
    """Tell a claim's whole life. Raises claims.ClaimUnknown."""
    with inside(tenant):
        claim = claims.claim_by_kassenzeichen(tenant=tenant, kassenzeichen=kassenzeichen)
        paid = payments.payments_of_claim(tenant=tenant, claim_id=claim.id)
        attempts = {a.id: a for p in paid for a in payments.attempts_of(tenant=tenant, payment_id=p.id)}
        journal = _journal(tenant, claim, attempts.values())
        moments = chain(
            _claim_events(tenant, claim),
            _payment_events(tenant, claim, paid, {str(a.id): a for a in attempts.values()}),
            _payouts(tenant, list(attempts.values())),
            _bank_money(tenant, claim, list(attempts.values())),
            _bookings(journal),
            _deeds(tenant, claim, paid),
        )
        return ClaimLife(claim, sorted(moments, key=_order), journal, ledger.account_names(tenant=tenant))


_OF_ONE_MOMENT = ("claim.opened", "payment.", "payout.", "bank.", "allocation.", "ledger.", "claim.", "audit.")


def _order(moment: Moment) -> tuple[datetime, int]:
    """What was recorded in one transaction has one time; then cause stands before effect."""
    places = (n for n, word in enumerate(_OF_ONE_MOMENT) if moment.what.startswith(word))
    return moment.at, next(places, len(_OF_ONE_MOMENT))


def _claim_events(tenant: Tenant, claim: Claim) -> Iterator[Moment]:
    for event in events.events_about(tenant=tenant, subject=claim.id):
        told = {"amount": claim.amount, "purpose": claim.purpose} if event.name == "claim.opened" else {}
        yield Moment(event.at, event.name, str(claim.id), told | dict(event.payload))


def _payment_events(
    tenant: Tenant, claim: Claim, paid: Sequence[Payment], attempts: Mapping[str, Attempt]
) -> Iterator[Moment]:
    """What happened to the claim's payments; of a basket its own share, and what the basket was over."""
    for payment in paid:
        own = next(share.amount for share in payment.shares if share.claim_id == claim.id)
        basket = {"basket": payment.amount} if len(payment.shares) > 1 else {}
        for event in events.events_about(tenant=tenant, subject=payment.id):
            if event.payload.get("claim", str(claim.id)) != str(claim.id):
                continue  # a refund for another claim of the basket
            attempt = attempts.get(str(event.payload.get("attempt", "")))
            told = {**(_of_attempt(attempt) if attempt else {}), "amount": own, **basket}
            if "refund" in event.payload:  # its own amount, not what was captured
                told = {**told, "amount": Money(event.payload["cents"], payment.amount.currency)}
            yield Moment(event.at, event.name, str(payment.id), told)


def _of_attempt(attempt: Attempt) -> Mapping[str, Any]:
    told = {
        "attempt": attempt.number,
        "method": attempt.method,
        "provider": attempt.provider,
        "amount": attempt.amount,
        "reference": attempt.provider_reference,
        "decline_code": attempt.decline_code,
    }
    return {name: value for name, value in told.items() if value is not None}


def _payouts(tenant: Tenant, attempts: Sequence[Attempt]) -> Iterator[Moment]:
    """What providers' settlement reports say of the claim's payments: in which payout, for which fee."""
    names = [attempt.provider_reference for attempt in attempts if attempt.provider_reference]
    items = payments.items_about(tenant=tenant, provider_references=names)
    payouts = payments.payouts_of_reports(tenant=tenant, reports=list({item.report for item in items}))
    known = payments.payouts_by_id(tenant=tenant, payouts=list(payouts.values()))
    for report, payout_id in payouts.items():
        payout, own = known[payout_id], [item for item in items if item.report == report]
        told = {
            "payout": payout.reference,
            "provider": payout.provider,
            "report": payout.report_reference,
            "day": payout.day,
            "settled": payout.settled,
        }
        for kind in ItemKind:
            if cents := sum(item.cents for item in own if item.kind is kind):
                told[kind.value] = Money(abs(cents), payout.currency)
        yield Moment(payout.received_at, "payout.reported", str(payout.id), told)


def _bank_money(tenant: Tenant, claim: Claim, attempts: Sequence[Attempt]) -> Iterator[Moment]:
    decided = [
        *allocation.decisions_of_claim(tenant=tenant, claim_id=claim.id),
        *allocation.decisions_of_attempts(tenant=tenant, attempts=[attempt.id for attempt in attempts]),
    ]
    waits = allocation.waiting_for(tenant=tenant, kassenzeichen=claim.kassenzeichen)
    details = bank.details_by_id(tenant=tenant, details=[d.detail for d in decided] + [w.detail for w in waits])
    entries = bank.entries_by_id(tenant=tenant, entries=list({d.entry for d in decided} | {w.entry for w in waits}))
    for entry in entries.values():
        told = {"amount": entry.amount, "side": entry.side, "booked_on": entry.booked_on, "iban": entry.account_iban}
        yield Moment(entry.first_seen_at, "bank.entry", str(entry.id), told)
    for decision in decided:
        yield _decided(decision, details)
    for item in waits:
        yield _waits(item)


def _decided(decision: Decision, details: Mapping[Any, Any]) -> Moment:
    detail = details.get(decision.detail)
    told = {
        "amount": detail.amount if detail else None,
        "detail": detail.number if detail else None,
        "reasons": list(decision.reasons),
        "doubt": decision.doubt,
        "rule": decision.rule_version,
        "by": decision.decided_by,
        "journal_entry": decision.journal_entry,
    }
    said = {name: value for name, value in told.items() if value is not None}
    return Moment(decision.decided_at, f"allocation.{decision.outcome}", str(decision.entry), said)


def _waits(item: SuspenseItem) -> Moment:
    return Moment(item.since, "allocation.suspended", str(item.entry), {"amount": item.amount, "doubt": item.doubt})


def _journal(tenant: Tenant, claim: Claim, attempts: Any) -> Sequence[BookedLine]:
    subjects = [claim.id, *(attempt.id for attempt in attempts)]
    found: dict[Any, list[BookedLine]] = {}
    for subject in subjects:
        about: dict[Any, list[BookedLine]] = {}
        for line in ledger.booked_about(tenant=tenant, subject=subject):
            about.setdefault(line.entry, []).append(line)
        found |= about
    return sorted((line for lines in found.values() for line in lines), key=lambda line: line.recorded_at)


def _bookings(journal: Sequence[BookedLine]) -> Iterator[Moment]:
    seen: dict[Any, list[BookedLine]] = {}
    for line in journal:
        seen.setdefault(line.entry, []).append(line)
    for entry, lines in seen.items():
        told = {
            "text": lines[0].text,
            "booked_on": lines[0].booked_on,
            "amount": lines[0].amount,
            "soll": [line.account for line in lines if line.side.value == "SOLL"],
            "haben": [line.account for line in lines if line.side.value == "HABEN"],
        }
        yield Moment(lines[0].recorded_at, "ledger.booked", str(entry), told)


def _deeds(tenant: Tenant, claim: Claim, paid: Sequence[Payment]) -> Iterator[Moment]:
    for subject in (str(claim.id), *(str(payment.id) for payment in paid)):
        for deed in audit.deeds(tenant=tenant, subject=subject):
            yield Moment(deed.at, f"audit.{deed.action}", str(deed.number), {"actor": deed.actor, **deed.details})
