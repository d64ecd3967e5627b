"""Direct debits of our own (Lastschriften): ordered by a mandate, given back or rejected; `_collections` collects.

As with a bank transfer the bank side books the money. What is collected waits for the bank; until then nobody else's
money is taken for it, and it cannot be given up any more.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from zahlstelle import claims, events
from zahlstelle.claims import Claim
from zahlstelle.kernel import new_id
from zahlstelle.tables.payments import (
    AttemptRow,
    CollectedDebitRow,
    DebitRow,
    MandateBlockRow,
    MandateRow,
)
from zahlstelle.tenancy import Tenant, direct_debit, inside

from ._mandates import (
    METHOD,
    Mandate,
    MandateBlocked,
    MandateKind,
    MandateOfOtherCreditor,
    MandateUnknown,
    NewMandate,
    Returned,
    due_on,
    ends_mandate,
    is_return_of,
    new_mandate,
    reference_of,
)
from ._moves import attempt_locked, let_go, move, rows_of_claims
from ._operations import intend
from ._queries import Attempt, attempt_of, attempts_in, payment_by_id
from ._refusals import MethodUnknown
from ._rules import EDGES, Status


def give_mandate(
    *,
    tenant: Tenant,
    iban: str,
    holder: str,
    text: str,
    at: datetime,
    kind: MandateKind = MandateKind.RECURRING,
    signed_at: datetime | None = None,
) -> Mandate:
    """Keep a mandate; `text` are the words consented to, `signed_at` says when, where that was earlier, on paper.

    Raises IbanWrong, HolderWrong, MethodUnknown.
    """
    mandate = new_mandate(iban=iban, holder=holder, text=text, kind=kind)
    with inside(tenant):
        terms = debit_terms(tenant=tenant, at=at)
        if known := _the_same(tenant, mandate, signed_at or at):
            return known
        new = new_id()
        row = MandateRow.objects.create(
            id=new,
            tenant_id=tenant.id,
            reference=reference_of(new, at),
            creditor_id=terms.creditor_id,
            kind=mandate.kind,
            holder=mandate.holder,
            iban=mandate.iban,
            text=mandate.text,
            signed_at=signed_at or at,
        )
        told = {"mandate": row.reference, "kind": row.kind}
        events.record(tenant=tenant, name="mandate.given", subject=row.id, at=at, payload=told)
        return mandate_of(row, {})


def order_debit(*, tenant: Tenant, payment_id: UUID, iban: str, holder: str, text: str, at: datetime) -> Attempt:
    """Let the town collect a payment by a mandate that is given for it alone. Ordered twice is once.

    Raises IbanWrong, HolderWrong, MethodUnknown, PaymentOver, AlreadyPaid, AlreadyBeingPaid.
    """
    with inside(tenant):
        known = _ordered(tenant, payment_id)
        if known is not None:
            return known
        _of_one_claim(tenant, payment_id)
        attempt = intend(tenant=tenant, payment_id=payment_id, provider="transfer", method=METHOD, at=at)
        given = give_mandate(tenant=tenant, iban=iban, holder=holder, text=text, kind=MandateKind.ONCE, at=at)
        return _wait(tenant, attempt.id, given, at)


def order_debit_by(*, tenant: Tenant, payment_id: UUID, mandate: str, at: datetime) -> Attempt:
    """Let the town collect a payment by a recurring mandate it has. Ordered twice is once.

    Raises MandateUnknown, MandateBlocked, MandateOfOtherCreditor and what `order_debit` raises.
    """
    with inside(tenant):
        known = _ordered(tenant, payment_id)
        if known is not None:
            return known
        given = mandate_named(tenant=tenant, reference=mandate)
        if given.kind is not MandateKind.RECURRING:
            raise MandateUnknown(f"{mandate} was given for one payment")
        if given.blocked:
            raise MandateBlocked(f"{mandate} must not be used again: {given.blocked}")
        if given.creditor_id != debit_terms(tenant=tenant, at=at).creditor_id:
            raise MandateOfOtherCreditor(f"{mandate} was given to {given.creditor_id}")
        _of_one_claim(tenant, payment_id)
        attempt = intend(tenant=tenant, payment_id=payment_id, provider="transfer", method=METHOD, at=at)
        return _wait(tenant, attempt.id, given, at)


def _the_same(tenant: Tenant, mandate: NewMandate, signed_at: datetime) -> Mandate | None:
    """Find a recurring mandate that was given already: the same paper read in twice is one."""
    if mandate.kind is not MandateKind.RECURRING:
        return None
    rows = MandateRow.objects.filter(tenant_id=tenant.id, iban=mandate.iban, holder=mandate.holder)
    row = rows.filter(kind=MandateKind.RECURRING, signed_at=signed_at).first()
    return mandate_of(row, blocks_of(tenant, [row.id])) if row is not None else None


def mandate_named(*, tenant: Tenant, reference: str) -> Mandate:
    """Find a mandate. Raises MandateUnknown."""
    with inside(tenant):
        row = MandateRow.objects.filter(tenant_id=tenant.id, reference=reference).first()
        if row is None:
            raise MandateUnknown(f"there is no mandate {reference}")
        return mandate_of(row, blocks_of(tenant, [row.id]))


def block_mandate(*, tenant: Tenant, reference: str, at: datetime) -> Mandate:
    """Let a mandate not be used again: the payer took it back. Twice is once. Raises MandateUnknown."""
    with inside(tenant):
        _block(tenant, [(mandate_named(tenant=tenant, reference=reference).id, TAKEN_BACK)], at)
        return mandate_named(tenant=tenant, reference=reference)


def debit_of(*, tenant: Tenant, attempt_id: UUID) -> tuple[Mandate, date] | None:
    """Say by which mandate an attempt is collected, and on which day or from which day on; None for any other."""
    with inside(tenant):
        debit = DebitRow.objects.filter(tenant_id=tenant.id, attempt=attempt_id).first()
        if debit is None:
            return None
        collected = CollectedDebitRow.objects.filter(tenant_id=tenant.id, attempt=attempt_id).first()
        row = MandateRow.objects.get(tenant_id=tenant.id, id=debit.mandate)
        return mandate_of(row, blocks_of(tenant, [row.id])), collected.collect_on if collected else debit.due_on


def debits_of_claim(*, tenant: Tenant, claim_id: UUID) -> Sequence[Attempt]:
    """List the debits of a claim that wait to be collected or for the bank."""
    with inside(tenant):
        rows = rows_of_claims(tenant, [claim_id]).filter(method=METHOD, provider="transfer", status=Status.PENDING)
        return attempts_in(rows)


@dataclass(frozen=True, slots=True)
class DebitTerms:
    """What a payer is told before consenting: who collects, to which account, and from which day on."""

    creditor_id: str
    creditor: str
    due_on: date


def debit_terms(*, tenant: Tenant, at: datetime) -> DebitTerms:
    """Say on what terms a debit would be ordered now. Raises MethodUnknown where the town does not collect."""
    collects = direct_debit(tenant=tenant)
    if collects is None:
        raise MethodUnknown("the town does not collect by direct debit")
    said, account = collects
    due = due_on(ordered_at=at, pre_notification_days=said.pre_notification_days)
    return DebitTerms(said.creditor_id, account.holder, due)


def _of_one_claim(tenant: Tenant, payment_id: UUID) -> None:
    """See that a debit is of one claim: it goes to the bank, and comes back, under that claim's Kassenzeichen."""
    if len(payment_by_id(tenant=tenant, payment_id=payment_id).shares) > 1:
        raise MethodUnknown("a basket is not collected by direct debit")


def _ordered(tenant: Tenant, payment_id: UUID) -> Attempt | None:
    latest = AttemptRow.objects.filter(tenant_id=tenant.id, payment_id=payment_id).order_by("-number").first()
    waits = latest and latest.method == METHOD and latest.status in (Status.PENDING, Status.PAID)
    return attempt_of(latest) if latest and waits else None


def _wait(tenant: Tenant, attempt_id: UUID, mandate: Mandate, at: datetime) -> Attempt:
    due = debit_terms(tenant=tenant, at=at).due_on
    DebitRow.objects.create(tenant_id=tenant.id, attempt=attempt_id, mandate=mandate.id, due_on=due)
    row = attempt_locked(tenant, attempt_id)
    move(tenant, row, Status.PENDING, at)
    return attempt_of(row)


def debits_rejected(*, tenant: Tenant, rejects: Sequence[tuple[str, str | None]], at: datetime) -> int:
    """Note which debits the bank has rejected before it booked them (pain.002): by their names, with the reasons.

    Their claims can be paid anew. Returns how many. Twice is once.
    """
    with inside(tenant):
        reasons = {UUID(name): reason for name, reason in rejects if _is_name(name)}
        known = DebitRow.objects.filter(tenant_id=tenant.id, attempt__in=reasons)
        mandates = dict(known.values_list("attempt", "mandate"))
        rows = AttemptRow.objects.filter(tenant_id=tenant.id, id__in=mandates)
        claims.claims_by_id_locked(tenant=tenant, claim_ids=[a.claim_ids[0] for a in attempts_in(rows)])
        count = 0
        for row in rows.select_for_update().order_by("id"):
            count += _fail(tenant, row, Status.DECLINED, reasons[row.id], at)
        _block(tenant, [(mandate, reasons[attempt]) for attempt, mandate in mandates.items()], at)
        return count


def debits_given_back(*, tenant: Tenant, returns: Sequence[Returned], at: datetime) -> None:
    """Note that payers' banks have taken debits back (Rücklastschrift). Each return is one debit's at most.

    The caller holds the claims, has booked it and opened them again. A paid debit that none of the returns is about
    stays paid, but does not hold its claim any more: what is open of it now may be paid anew. Twice is once.
    """
    with inside(tenant):
        left = list(returns)
        claimed = claims.claims_by_id_locked(tenant=tenant, claim_ids=sorted({told.claim for told in left}))
        rows = rows_of_claims(tenant, list(claimed)).filter(method=METHOD, provider="transfer", status=Status.PAID)
        held = {row.id: row for row in rows}
        for attempt in attempts_in(held.values()):
            row, (claim_id,) = held[attempt.id], attempt.claim_ids  # a debit is of one claim
            mandate = _mandate_of_attempt(tenant, row.id)
            told = _return_of(row, mandate, claimed[claim_id], left)
            if told is None:
                if not claimed[claim_id].open.is_zero:
                    let_go(tenant, [row.id], [claim_id])
                continue
            left.remove(told)
            _fail(tenant, row, Status.CHARGED_BACK, told.reason, at)
            _block(tenant, [(mandate.id, told.reason)], at)


def _mandate_of_attempt(tenant: Tenant, attempt_id: UUID) -> MandateRow:
    debit = DebitRow.objects.get(tenant_id=tenant.id, attempt=attempt_id)
    return MandateRow.objects.get(tenant_id=tenant.id, id=debit.mandate)


def _return_of(row: AttemptRow, mandate: MandateRow, claim: Claim, returns: Sequence[Returned]) -> Returned | None:
    names = (claim.kassenzeichen, row.id.hex)  # as the bank is given them
    for told in returns:
        mine = is_return_of(told, cents=row.amount_cents, mandate=mandate.reference, names=names)
        if told.claim == claim.id and mine:
            return told
    return None


def _fail(tenant: Tenant, row: AttemptRow, status: Status, reason: str | None, at: datetime) -> bool:
    if (Status(row.status), status) not in EDGES:
        return False
    row.decline_code = (reason or "")[:200] or None
    move(tenant, row, status, at)
    return True


def _block(tenant: Tenant, told: Sequence[tuple[UUID, str | None]], at: datetime) -> None:
    rows = [
        MandateBlockRow(mandate=mandate, tenant_id=tenant.id, reason=(reason or "")[:35], at=at)
        for mandate, reason in told
        if ends_mandate(reason) or reason == TAKEN_BACK
    ]
    MandateBlockRow.objects.bulk_create(rows, ignore_conflicts=True)


TAKEN_BACK = "taken_back"  # by the payer, to the town


def blocks_of(tenant: Tenant, mandates: Sequence[UUID]) -> Mapping[UUID, str]:
    """Give those of the mandates that are blocked, each with the reason."""
    rows = MandateBlockRow.objects.filter(tenant_id=tenant.id, mandate__in=mandates)
    return dict(rows.values_list("mandate", "reason"))


def _is_name(text: str) -> bool:
    try:
        return UUID(text).hex == text
    except ValueError:
        return False


def mandate_of(row: MandateRow, blocks: Mapping[UUID, str]) -> Mandate:
    """Read a row."""
    return Mandate(
        id=row.id,
        reference=row.reference,
        creditor_id=row.creditor_id,
        kind=MandateKind(row.kind),
        holder=row.holder,
        iban=row.iban,
        signed_at=row.signed_at,
        blocked=blocks.get(row.id),
    )
