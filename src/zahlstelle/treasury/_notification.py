"""The camt.054 of a collective credit: what the bank would have sent had it known the Kassenzeichen."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from zahlstelle import allocation, bank, claims, payments, tenancy
from zahlstelle.bank import BankDetail, BankEntry
from zahlstelle.iso20022 import NoticeDetail, NoticeEntry, NoticeHead, Unwritable, write_camt054
from zahlstelle.kernel import Refusal
from zahlstelle.tenancy import Tenant


class NotExplained(Refusal):
    """The entry's details are not known or do not add up: there is nothing true to write."""

    code = "entry_not_explained"


class NotWritable(Refusal):
    """Something in the entry cannot be said in a camt.054 without changing its meaning."""

    code = "notification_not_writable"


class PayoutUnknown(Refusal):
    """The town has no bank entry under this id or reference, or not exactly one."""

    code = "payout_unknown"
    status = 404


def payout_entry(*, tenant: Tenant, payout: str) -> UUID:
    """Find the bank entry of a payout by the provider's name for it, its id or the bank's reference.

    Where a payout came as several entries, the one with its payments. Raises PayoutUnknown.
    """
    told = allocation.entries_of_payout(tenant=tenant, reference=payout)
    found = told or bank.entries_named(tenant=tenant, name=payout)
    if len(found) != 1:
        raise PayoutUnknown(f"{payout!r} names {len(found)} bank entries of the town")
    return found[0]


def notification(*, tenant: Tenant, entry_id: UUID, at: datetime) -> bytes:
    """Write the camt.054.001.08 of an entry: one Ntry, one TxDtls per payment with its Kassenzeichen.

    Raises EntryUnknown, NotExplained, NotWritable. The same entry gives the same message id every time.
    """
    entry = bank.entry_by_id(tenant=tenant, entry_id=entry_id)
    details = bank.details_of(tenant=tenant, entry_id=entry_id)
    if entry.breakdown not in (bank.Breakdown.SINGLE, bank.Breakdown.WHOLE) or entry.booked_on is None:
        raise NotExplained("the details of this entry are missing or do not add up to it")
    account = next(a for a in tenancy.bank_accounts(tenant=tenant) if a.iban == entry.account_iban)
    head = NoticeHead(
        message_id=f"ZS{entry.id.hex}",
        created_at=at,
        notification_id=f"ZS{entry.id.hex}",
        account_iban=entry.account_iban,
        currency=entry.amount.currency,
        owner_name=account.holder,
        servicer_bic=account.bic,
    )
    numbers = _kassenzeichen(tenant, entry, details)
    try:
        return write_camt054(head, _entry(entry, len(details)), _details(details, numbers))
    except Unwritable as error:
        raise NotWritable(str(error)) from error


def _entry(entry: BankEntry, count: int) -> NoticeEntry:
    assert entry.booked_on is not None
    return NoticeEntry(
        amount_cents=entry.amount.cents,
        booking_date=entry.booked_on,
        value_date=entry.value_on or entry.booked_on,
        count=count,
        side="credit" if entry.side == "credit" else "debit",
        bank_ref=entry.bank_ref,
        additional_info=entry.additional_info,
    )


def _details(details: Sequence[BankDetail], numbers: Mapping[UUID, str]) -> Iterator[NoticeDetail]:
    for detail in details:
        yield NoticeDetail(
            amount_cents=detail.amount.cents,
            kassenzeichen=numbers.get(detail.id) or detail.end_to_end_id or "NOTPROVIDED",
            remittance=" ".join(detail.remittance) or None,
            debtor_name=detail.party_name,
            debtor_iban=detail.party_iban,
            tx_id=detail.tx_id,
            side="credit" if detail.side == "credit" else "debit",
        )


def _kassenzeichen(tenant: Tenant, entry: BankEntry, details: Sequence[BankDetail]) -> Mapping[UUID, str]:
    """Name the Kassenzeichen each detail was allocated to; a provider's payout through its attempt."""
    decisions = allocation.decisions_of_entry(tenant=tenant, entry_id=entry.id)
    references = [r for d in details for r in (d.instruction_id, d.tx_id) if r]
    attempts = payments.attempts_by_provider_reference(tenant=tenant, references=references)
    claim_of = {attempt.id: attempt.claim_id for attempt in attempts.values()}
    claim_of_detail: dict[UUID, UUID] = {}
    for decision in decisions.values():
        claim = decision.claim_id or (claim_of.get(decision.attempt_id) if decision.attempt_id else None)
        if decision.outcome == "allocated" and claim:
            claim_of_detail[decision.detail] = claim
    numbers = claims.kassenzeichen_of(tenant=tenant, claim_ids=list(claim_of_detail.values()))
    return {detail: numbers[claim] for detail, claim in claim_of_detail.items()}
