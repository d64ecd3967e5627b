"""The camt.054 of a collective credit: what the bank would have sent had it known the Kassenzeichen."""

import hashlib
import io
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, time
from typing import BinaryIO
from uuid import UUID

from zahlstelle import allocation, bank, claims, payments, tenancy
from zahlstelle.allocation import PaidShare
from zahlstelle.bank import BankEntry, ToldDetail
from zahlstelle.iso20022 import (
    NoticeDetail,
    NoticeEntry,
    NoticeHead,
    Unwritable,
    sayable_iban,
    sayable_id,
    write_camt054_by_content,
)
from zahlstelle.kernel import BERLIN, Refusal
from zahlstelle.payments import Attempt
from zahlstelle.tenancy import Tenant

_END_OF_DAY = time(23, 59, 59)
_NOT_PROVIDED = "NOTPROVIDED"


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


def notification(*, tenant: Tenant, entry_id: UUID) -> bytes:
    """Give the camt.054.001.08 of an entry whole; see `write_notification`."""
    said = io.BytesIO()
    write_notification(tenant=tenant, entry_id=entry_id, to=said)
    return said.getvalue()


def write_notification(*, tenant: Tenant, entry_id: UUID, to: BinaryIO) -> str:
    """Write the camt.054.001.08 of an entry and give its message id: one Ntry, one TxDtls per payment and claim.

    Every word follows from the facts, none from the clock: the same facts give the same bytes, other facts another
    message id. Raises EntryUnknown, NotExplained, NotWritable.
    """
    entry = bank.entry_by_id(tenant=tenant, entry_id=entry_id)
    if entry.breakdown not in (bank.Breakdown.SINGLE, bank.Breakdown.WHOLE) or entry.booked_on is None:
        raise NotExplained("the details of this entry are missing or do not add up to it")
    account = next(a for a in tenancy.bank_accounts(tenant=tenant) if a.iban == entry.account_iban)
    name = _entry_name(tenant, entry)
    head = NoticeHead(
        message_id=name,
        created_at=datetime.combine(entry.booked_on, _END_OF_DAY, BERLIN),
        notification_id=name,
        account_iban=entry.account_iban,
        currency=entry.amount.currency,
        owner_name=account.holder,
        servicer_bic=account.bic,
    )
    try:
        return write_camt054_by_content(to, head, _entry(entry, name), _details(tenant, entry))
    except Unwritable as error:
        raise NotWritable(str(error)) from error


def _entry_name(tenant: Tenant, entry: BankEntry) -> str:
    """Name the entry by what the bank says of it, the same in every database and however often it is written."""
    said = (entry.account_iban, entry.booked_on, entry.side, entry.amount.cents, entry.amount.currency)
    number = bank.twin_number(tenant=tenant, entry_id=entry.id)
    return f"ZS{hashlib.sha256('|'.join(map(str, (*said, number))).encode()).hexdigest()[:32]}"


def _entry(entry: BankEntry, name: str) -> NoticeEntry:
    assert entry.booked_on is not None
    return NoticeEntry(
        amount_cents=entry.amount.cents,
        booking_date=entry.booked_on,
        value_date=entry.value_on or entry.booked_on,
        count=0,
        side="credit" if entry.side == "credit" else "debit",
        entry_ref=name,
        bank_ref=_id_or_none(entry.bank_ref),
        additional_info=entry.additional_info,
        code=entry.proprietary_code,
    )


def _details(tenant: Tenant, entry: BankEntry) -> Iterator[NoticeDetail]:
    for batch in bank.details_told(tenant=tenant, entry_id=entry.id):
        paid = _by_claim(tenant, allocation.paid_by(tenant=tenant, details=[told.detail.id for told in batch]))
        numbers = _kassenzeichen(tenant, paid)
        for told in batch:
            for cents, number in _parts(told, paid.get(told.detail.id, ()), numbers):
                yield _detail(told, cents, number)


def _parts(
    told: ToldDetail, shares: Sequence[PaidShare], numbers: Mapping[UUID, str]
) -> Sequence[tuple[int, str | None]]:
    """Cut a detail into what each claim gets of it; what no claim gets stays one part, as the bank said it."""
    if len(shares) == 1 and shares[0].cents == told.detail.amount.cents:
        return [(shares[0].cents, numbers.get(shares[0].claim_id or told.detail.id))]
    of_claim: dict[str | None, int] = defaultdict(int)
    for share in shares:
        of_claim[numbers.get(share.claim_id or told.detail.id)] += share.cents
    of_claim[None] += told.detail.amount.cents - sum(of_claim.values())
    parts = sorted(((number, cents) for number, cents in of_claim.items() if cents and number), key=lambda one: one[0])
    rest = of_claim[None]
    return [(cents, number) for number, cents in parts] + ([(rest, None)] if rest or not parts else [])


def _detail(told: ToldDetail, cents: int, number: str | None) -> NoticeDetail:
    detail = told.detail
    turned = {"credit": "debit", "debit": "credit"}
    side = "credit" if detail.side == "credit" else "debit"
    return NoticeDetail(
        amount_cents=abs(cents),
        kassenzeichen=number or _id_or_none(detail.end_to_end_id) or _NOT_PROVIDED,
        remittance=" ".join(detail.remittance) or None,
        party_name=detail.party_name,
        party_iban=detail.party_iban if sayable_iban(detail.party_iban) else None,
        tx_id=_id_or_none(detail.tx_id),
        bank_ref=_id_or_none(told.bank_ref),
        side=side if cents >= 0 else turned[side],  # type: ignore[arg-type]
        instruction_id=_id_or_none(detail.instruction_id),
        mandate_id=_id_or_none(detail.mandate_id),
        uetr=told.uetr,
        reference=_id_or_none(detail.reference),
        code=told.code,
        return_reason=detail.return_reason,
    )


def _id_or_none(value: str | None) -> str | None:
    """Leave out what a bank wrote longer than its standard allows, rather than a whole collective credit."""
    return value if sayable_id(value) else None


def _kassenzeichen(tenant: Tenant, paid: Mapping[UUID, Sequence[PaidShare]]) -> Mapping[UUID, str]:
    """Name the Kassenzeichen of every claim that is paid."""
    wanted = {share.claim_id for given in paid.values() for share in given if share.claim_id}
    return claims.kassenzeichen_of(tenant=tenant, claim_ids=list(wanted))


def _by_claim(tenant: Tenant, paid: Mapping[UUID, Sequence[PaidShare]]) -> Mapping[UUID, Sequence[PaidShare]]:
    """Say through payments at providers which claims are paid; of a basket each by its own cents, where it is whole."""
    named = [share.attempt_id for given in paid.values() for share in given if share.attempt_id and not share.claim_id]
    attempts = payments.attempts_by_id(tenant=tenant, attempts=named)
    return {detail: [one for share in given for one in _claims_of(share, attempts)] for detail, given in paid.items()}


def _claims_of(share: PaidShare, attempts: Mapping[UUID, Attempt]) -> Sequence[PaidShare]:
    attempt = attempts.get(share.attempt_id) if share.attempt_id and not share.claim_id else None
    if attempt is None:
        return [share]
    if len(attempt.shares) == 1:
        return [replace(share, claim_id=attempt.claim_ids[0])]
    if share.cents != attempt.amount.cents:
        return [share]
    return [PaidShare(one.amount.cents, one.claim_id, attempt.id) for one in attempt.shares]
