"""What people do with waiting money: settle it on claims or accounts, and take back what was decided."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import OperationalError, connection

from zahlstelle import audit, bank, claims, payments
from zahlstelle.bank import BankDetail
from zahlstelle.claims import Claim
from zahlstelle.kernel import InputRefused, Refusal, berlin_day
from zahlstelle.tables.allocation import PayoutShareRow, SuspenseRow
from zahlstelle.tenancy import Tenant, inside

from ._gone import given_back_since
from ._parts import FEES, OVERPAID, RECEIVABLE, Part, Rest, SharesDiffer, divide
from ._payers import forget
from ._payout_money import given_back_by_report
from ._policies import small_difference
from ._posting import Posting, Standing, changes, hold_again, post, standing_decisions, undo
from ._proposals import proposals_for
from ._repayment import lines_of_parts
from ._rules import Doubt


class DetailNotWaiting(Refusal):
    """This money does not wait any more: somebody has settled it, or the bank has told it anew."""

    code = "detail_not_waiting"


class NothingToTakeBack(Refusal):
    """Nothing stands that was decided about this money."""

    code = "nothing_to_take_back"


class PayoutStands(Refusal):
    """This money is a provider's payout, or a part of one; the provider's word explains it, not a person's."""

    code = "payout_stands"


class ShareTooLarge(Refusal):
    """A share is more than is open of its claim; of money that comes back: more than was paid of it."""

    code = "share_too_large"


class BankBusy(Refusal):
    """A bank file is being taken in at this moment, and decides about waiting money too."""

    code = "bank_busy"


class AccountNotForThis(InputRefused):
    """This money cannot go to this account by hand."""

    code = "account_not_for_this"


class NoteMissing(InputRefused):
    """A decision by hand that is not about a claim, or that takes something back, needs its reason in words."""

    code = "note_missing"


# Where money may go without a claim: what came in is owed back or was nobody's; what went out was a charge, or gave
# back what was owed back.
_ACCOUNTS = {"credit": frozenset({OVERPAID, FEES}), "debit": frozenset({FEES, OVERPAID})}


_PATIENCE = "10s"


def settle(
    *,
    tenant: Tenant,
    detail: UUID,
    shares: Sequence[tuple[UUID, int]],
    by: str,
    at: datetime,
    note: str = "",
    rest: Rest = Rest.NONE,
    first_lines: Mapping[UUID, Sequence[int]] | None = None,
) -> None:
    """Pay claims from waiting money, to the cent: (claim, cents) each, and say what becomes of the rest.

    Money that went out (a return) opens its claims again. `first_lines` are the claim's lines the payer chose to pay
    first. Of two people who settle the same at once, one is refused. Raises DetailNotWaiting, SharesDiffer,
    ShareTooLarge, ClaimUnknown, BankBusy.
    """
    with inside(tenant):
        waits, told = _hold(tenant, detail)
        parts = divide(
            waits.amount_cents, shares, rest, goes_out=waits.side != "credit", tolerance=small_difference(tenant=tenant)
        )
        known = _hold_claims(tenant, parts, waits)
        parts = lines_of_parts(tenant, parts, known, first_lines or {}) if waits.side == "credit" else parts
        other = _not_chosen(tenant, detail, shares)
        _post(tenant, told, parts, by, at, note, other)


def settle_to(*, tenant: Tenant, detail: UUID, account: str, by: str, at: datetime, note: str) -> None:
    """Book waiting money to an account of the book instead of a claim: `fees` or `overpaid`.

    Raises DetailNotWaiting, AccountNotForThis, NoteMissing, BankBusy.
    """
    with inside(tenant):
        waits, told = _hold(tenant, detail)
        if account not in _ACCOUNTS["credit" if waits.side == "credit" else "debit"]:
            raise AccountNotForThis(f"{account!r} is none of {', '.join(sorted(_ACCOUNTS['credit']))}")
        if not note.strip():
            raise NoteMissing("say why this money is no claim's")
        _post(tenant, told, [Part(waits.amount_cents, None, account)], by, at, note)


def take_back(*, tenant: Tenant, detail: UUID, by: str, at: datetime, reason: str) -> None:
    """Take back all that was decided about a detail's money (Storno): it waits again, and no machine decides it anew.

    Raises NothingToTakeBack, NoteMissing, PayoutStands; and ShareTooLarge where the claim has been opened again or paid
    otherwise since, also where a return has given just this payment back and another one has come.
    """
    if not reason.strip():
        raise NoteMissing("say why this is taken back")
    with inside(tenant):
        _one_at_a_time(tenant)
        told = bank.details_by_id(tenant=tenant, details=[detail]).get(detail)
        standing = standing_decisions(tenant, [detail])
        if told is None or not standing:
            raise NothingToTakeBack("nothing stands that was decided about this money")
        if given_back_by_report(tenant, detail):
            raise NothingToTakeBack("a provider's report says what this is; only the provider can correct it")
        if any(part.attempt for part in standing) or _of_payout(tenant, detail):
            raise PayoutStands("a provider's payout is explained by the provider's payments and reports")
        _still_possible(tenant, detail, standing)
        on = max(berlin_day(at), _booked_on(tenant, told))
        reopened = undo(tenant, standing, on={detail: on}, at=at, by=by, reason=reason.strip())
        hold_again(tenant, told, Doubt.TAKEN_BACK, at)
        forget(tenant, detail, [part.claim for part in standing if part.claim and part.comes_in])
        payments.reopened(tenant=tenant, claim_ids=reopened, at=at)
        about = {"reason": reason.strip(), "cents": sum(part.cents for part in standing), "claims": _ids(reopened)}
        audit.write(tenant=tenant, at=at, actor=by, action="allocation.taken_back", subject=str(detail), details=about)


def _one_at_a_time(tenant: Tenant) -> None:
    """Wait for an import that is about to end, not for one that has just begun. Raises BankBusy."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('lock_timeout', %s, true)", [_PATIENCE])
            bank.one_at_a_time(tenant=tenant)
            cursor.execute("SET LOCAL lock_timeout TO DEFAULT")
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", None) != "55P03":
            raise
        raise BankBusy("a bank file is being taken in; please try again in a minute") from error


def _hold(tenant: Tenant, detail: UUID) -> tuple[SuspenseRow, BankDetail]:
    """Hold what waits until the transaction ends."""
    _one_at_a_time(tenant)
    waits = SuspenseRow.objects.select_for_update().filter(tenant_id=tenant.id, detail=detail).first()
    if waits is None:
        raise DetailNotWaiting("this money is settled, or the bank has told it anew")
    told = bank.details_by_id(tenant=tenant, details=[detail]).get(detail)
    if told is None:
        raise DetailNotWaiting("the bank has told this money anew")
    return waits, told


def _hold_claims(tenant: Tenant, parts: Sequence[Part], waits: SuspenseRow) -> Mapping[UUID, Claim]:
    """Hold the claims and see that each takes its share."""
    wanted = [part for part in parts if part.account == RECEIVABLE and part.claim]
    known = claims.claims_by_id_locked(tenant=tenant, claim_ids=[part.claim for part in wanted if part.claim])
    for part in wanted:
        claim = known.get(part.claim) if part.claim else None
        if claim is None:
            raise claims.ClaimUnknown(f"there is no claim {part.claim}")
        room = claim.open if waits.side == "credit" else claim.amount - claim.open
        if waits.currency != claim.amount.currency or part.cents > room.cents:
            raise ShareTooLarge(f"{claim.kassenzeichen}: {part.cents} cents are more than {room}")
    return known


def _of_payout(tenant: Tenant, detail: UUID) -> bool:
    return PayoutShareRow.objects.filter(tenant_id=tenant.id, detail=detail).exists()


def _still_possible(tenant: Tenant, detail: UUID, standing: Sequence[Standing]) -> None:
    """See that each claim stands where the decision left room to take it back."""
    change = changes(standing)
    known = claims.claims_by_id_locked(tenant=tenant, claim_ids=list(change))
    for claim_id in given_back_since(tenant, detail, list(change)):
        raise ShareTooLarge(f"{known[claim_id].kassenzeichen}: this was given back since; take that back first")
    for claim_id, cents in change.items():
        claim = known[claim_id]
        settled = claim.amount.cents - claim.open.cents + cents
        if not 0 <= settled <= claim.amount.cents:
            raise ShareTooLarge(f"{claim.kassenzeichen}: other money has come or gone since; take that back first")


def _not_chosen(tenant: Tenant, detail: UUID, shares: Sequence[tuple[UUID, int]]) -> Mapping[str, Any] | None:
    """Keep the best of what was proposed and not taken, with its points and reasons."""
    chosen = {claim for claim, _ in shares}
    for proposal in proposals_for(tenant=tenant, detail=detail, limit=5):
        if {share.claim_id for share in proposal.shares} != chosen:
            numbers = " + ".join(share.kassenzeichen for share in proposal.shares)
            return {"kassenzeichen": numbers, "score": proposal.score, "reasons": list(proposal.reasons)}
    return None


def _post(
    tenant: Tenant,
    told: BankDetail,
    parts: Sequence[Part],
    by: str,
    at: datetime,
    note: str,
    other: Mapping[str, Any] | None = None,
) -> None:
    reasons = ["Von Hand entschieden", *([f"Vermerk: {note.strip()}"] if note.strip() else [])]
    on = max(berlin_day(at), _booked_on(tenant, told))
    post(tenant=tenant, postings=[Posting(told, on, parts, reasons, other)], at=at, by=by)
    about = {
        "parts": [{"cents": p.cents, "claim": str(p.claim) if p.claim else None, "account": p.account} for p in parts],
        "note": note.strip(),
    }
    audit.write(tenant=tenant, at=at, actor=by, action="allocation.settled", subject=str(told.id), details=about)


def _booked_on(tenant: Tenant, told: BankDetail) -> date:
    booked_on = bank.entry_by_id(tenant=tenant, entry_id=told.entry).booked_on
    if booked_on is None:
        raise SharesDiffer("this money is announced, not booked")
    return booked_on


def _ids(claim_ids: Sequence[UUID]) -> list[str]:
    return [str(claim) for claim in claim_ids]
