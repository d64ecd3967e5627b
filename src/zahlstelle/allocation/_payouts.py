"""Break up providers' payouts by their settlement reports: found by name, checked to the cent, booked gross.

A report's items become the details of the bank entry, as a camt.054 would have told them; payments among them are then
decided like every detail, fees, refunds and chargebacks here. Items that a camt.054 has told already are only noted.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from zahlstelle import bank, ledger, payments
from zahlstelle.bank import Explanation, ToDecide
from zahlstelle.kernel import berlin_day
from zahlstelle.ledger import Line, Side
from zahlstelle.payments import Attempt, ItemKind, Payout, PayoutItem, Status
from zahlstelle.tables.allocation import PayoutShareRow
from zahlstelle.tenancy import Tenant

from . import _payout_book as book
from . import _payout_money as money
from ._payout_money import Waiting
from ._payout_rules import BookItem, decide_item, difference, names_payout, plan, signed, undecided
from ._rules import Doubt, Suspend

_log = structlog.get_logger(__name__)
_ITEM_DOUBTS = (Doubt.PAYOUT_ITEM_UNKNOWN, Doubt.PAYOUT_ITEM_DIFFERS)
# So long it is waited for other entries of a payout: where one fits in more than one way, and where nothing is paid
# out, lest its gross parts come after all.
_WHILE = timedelta(days=5)
_UNDECIDED = Suspend(
    Doubt.PAYOUT_REPORT_DIFFERS, reasons=["Passt zu mehr als einem Teil der Abrechnung: wartet auf weitere Umsätze"]
)

_LATE = Suspend(
    Doubt.PAYOUT_REPORT_DIFFERS, reasons=["Die Abrechnung wurde berichtigt, nachdem Geld nach ihr gebucht war"]
)

Decide = Callable[[Tenant, Sequence[ToDecide], datetime], object]


def heed_reports(tenant: Tenant, touched: Sequence[UUID], at: datetime, decide: Decide) -> None:
    """Settle what a bank file has brought of payouts, and name those whose report is missing or differs."""
    waiting = money.waiting(tenant, touched)
    unsettled = payments.open_payouts(tenant=tenant)
    by_payout, others = _by_payout(waiting, unsettled)
    told = money.reports_told_in(tenant, touched, [payout.report for payout in unsettled])
    concerned = [payout for payout in unsettled if payout.id in by_payout or payout.report in told]
    # What waits from other files may be another part of the same payout.
    by_payout, _ = _by_payout(money.waiting(tenant) if concerned else [], concerned)
    for payout in concerned:
        _settle(tenant, payout, by_payout[payout.id], at, decide)
    _name_the_missing(tenant, others, at)


def break_up(tenant: Tenant, at: datetime, decide: Decide) -> int:
    """Compare payouts that have a new report with all that waits, and try items in doubt again."""
    fresh = payments.open_payouts(tenant=tenant, to_compare_at=at)
    by_payout, _ = _by_payout(money.waiting(tenant) if fresh else [], fresh)
    settled = sum(_settle(tenant, payout, by_payout[payout.id], at, decide) for payout in fresh)
    return settled + _try_again(tenant, at, decide)


def _by_payout(
    waiting: Sequence[Waiting], payouts: Sequence[Payout]
) -> tuple[Mapping[UUID, list[Waiting]], Sequence[Waiting]]:
    """Say which payout each waiting entry names; what names none, or more than one, stays with the others."""
    by_payout: dict[UUID, list[Waiting]] = defaultdict(list)
    others = []
    for row in waiting:
        named = [payout for payout in payouts if names_payout(payout.reference, row.texts)]
        if len(named) == 1:
            by_payout[named[0].id].append(row)
        else:
            others.append(row)
    return by_payout, others


def _settle(tenant: Tenant, payout: Payout, rows: Sequence[Waiting], at: datetime, decide: Decide) -> bool:
    """Give every waiting entry of a payout the items of its report that it pays out. True when nothing is left."""
    items = [item for item in payments.items_of(tenant=tenant, report=payout.report) if item.cents]
    shared = set(PayoutShareRow.objects.filter(tenant_id=tenant.id, payout=payout.id).values_list("item", flat=True))
    if not shared <= {item.id for item in items}:
        # Money was given to the items of an earlier report: a correction does not move it by itself.
        _log.warning("payout_report_late", tenant=tenant.slug, payout=payout.reference)
        _suspend(tenant, [(row, _LATE) for row in rows], at)
        payments.mark_compared(tenant=tenant, payout=payout.id, settled=False, at=at)
        return False
    left = _told_by_the_bank(tenant, payout, [item for item in items if item.id not in shared], at, decide)
    sound = payout.currency == "EUR" and sum(item.cents for item in items) == payout.cents
    due = max([payout.day, *(row.booked_on for row in rows)]) + _WHILE
    patient = berlin_day(at) < due
    left, misfits = _share_out(tenant, payout, left, rows, patient, at, decide) if sound else (left, rows)
    waits = [row for row in misfits if sound and undecided(row.cents, left)]
    _suspend(tenant, [(row, _UNDECIDED) for row in waits], at)
    _suspend(tenant, [(row, _differs(row, payout, items, left)) for row in misfits if row not in waits], at)
    nothing = sound and bool(left) and not misfits and sum(item.cents for item in left) == 0
    if nothing and not patient and _settle_nothing(tenant, payout, left, at):
        left, nothing = [], False
    again = max(due, berlin_day(at) + timedelta(days=1)) if waits or nothing else None
    payments.mark_compared(tenant=tenant, payout=payout.id, settled=not left, at=at, again=again)
    return not left


def _share_out(
    tenant: Tenant,
    payout: Payout,
    left: Sequence[PayoutItem],
    rows: Sequence[Waiting],
    patient: bool,
    at: datetime,
    decide: Decide,
) -> tuple[Sequence[PayoutItem], Sequence[Waiting]]:
    """Explain entries by items as long as one fits. Returns the items that are left and the entries that fit none."""
    misfits = sorted(rows, key=lambda row: (-abs(row.cents), row.detail))
    while chosen := plan([row.cents for row in misfits], left, patient=patient):
        for place, items in chosen:
            _explain(tenant, payout, misfits[place], items, at, decide)
        gone = {item.id for _, items in chosen for item in items}
        left = [item for item in left if item.id not in gone]
        misfits = [row for place, row in enumerate(misfits) if place not in {place for place, _ in chosen}]
    return left, misfits


def _explain(
    tenant: Tenant, payout: Payout, row: Waiting, items: Sequence[PayoutItem], at: datetime, decide: Decide
) -> None:
    attempts = _attempts(tenant, payout.provider, items)
    told = [_explanation(item, attempts.get(item.id)) for item in items]
    details = bank.explain(tenant=tenant, entry_id=row.entry, details=told)
    book.forget(tenant, [row.detail])
    by_detail = dict(zip(details, items, strict=True))
    book.share(tenant, payout.id, {item.id: (detail, row.entry) for detail, item in by_detail.items()}, at)
    for batch in bank.details_to_decide(tenant=tenant, entries=[row.entry]):
        _decide(tenant, payout.provider, batch, by_detail, at, decide)


def _explanation(item: PayoutItem, attempt: Attempt | None) -> Explanation:
    """Say an item as a bank's detail. Only a payment carries the payment's name: others are no payment of it."""
    name = item.item_reference
    if item.kind is ItemKind.PAYMENT:
        name = item.provider_reference or (attempt.provider_reference if attempt else None)
    return Explanation(item.cents, tx_id=name, text=item.text)


def _told_by_the_bank(
    tenant: Tenant, payout: Payout, left: Sequence[PayoutItem], at: datetime, decide: Decide
) -> Sequence[PayoutItem]:
    """Note which items a camt.054 has told already, and decide those of them that wait. Returns the others."""
    attempts = _attempts(tenant, payout.provider, left)
    found: dict[UUID, tuple[UUID, UUID]] = {}
    paid = money.paid_out(tenant, [attempt.id for attempt in attempts.values()])
    named = money.waiting_called(tenant, [name for item in left if (name := _name(item))])
    by_detail: dict[UUID, PayoutItem] = {}
    for item in left:
        attempt = attempts.get(item.id)
        place = paid.pop((attempt.id, item.cents), None) if attempt and item.kind is ItemKind.PAYMENT else None
        if place is None and (place := named.pop((_name(item) or "", item.cents), None)):
            by_detail[place[0]] = item
        if place is not None:
            found[item.id] = place
    book.share(tenant, payout.id, found, at)
    entries = list(dict.fromkeys(found[item.id][1] for item in by_detail.values()))
    for batch in bank.details_to_decide(tenant=tenant, entries=entries, details=list(by_detail)):
        others = [each for each in batch if by_detail[each.detail.id].kind is not ItemKind.PAYMENT]
        _decide(tenant, payout.provider, others, by_detail, at, decide)
    return [item for item in left if item.id not in found]


def _name(item: PayoutItem) -> str | None:
    return item.provider_reference if item.kind is ItemKind.PAYMENT else item.item_reference


def _attempts(tenant: Tenant, provider: str, items: Iterable[PayoutItem]) -> Mapping[UUID, Attempt]:
    """Find the attempt each item is about; none where the two names it gives are two attempts'."""
    items = list(items)
    names = sorted({item.provider_reference for item in items if item.provider_reference})
    by_name = payments.attempts_by_provider_reference(tenant=tenant, references=names, provider=provider)
    own = {item.id: own for item in items if (own := money.as_id(item.reference))}
    by_id = payments.attempts_by_id(tenant=tenant, attempts=list(own.values()))
    found = {}
    for item in items:
        named, told = by_name.get(item.provider_reference or ""), by_id.get(own.get(item.id) or item.id)
        attempt = named or told
        if attempt and attempt.provider == provider and (named is None or told is None or named.id == told.id):
            found[item.id] = attempt
    return found


def _decide(
    tenant: Tenant,
    provider: str,
    batch: Sequence[ToDecide],
    by_detail: Mapping[UUID, PayoutItem],
    at: datetime,
    decide: Decide,
) -> None:
    """Decide payments as every detail is, and everything else by what the report calls it."""
    paid = [
        each for each in batch if by_detail[each.detail.id].kind is ItemKind.PAYMENT and each.detail.side == "credit"
    ]
    if paid:
        decide(tenant, paid, at)
        nameless = money.nameless(tenant, [each.detail.id for each in paid])
        unknown = [_held(each, by_detail[each.detail.id]) for each in paid if each.detail.id in nameless]
        _suspend(tenant, unknown, at)
    done = {each.detail.id for each in paid}
    others = [each for each in batch if each.detail.id not in done]
    if others:
        _decide_items(tenant, provider, others, by_detail, at)


def _held(each: ToDecide, item: PayoutItem) -> tuple[Waiting, Suspend]:
    reasons = [f"Posten {item.number} der Abrechnung: {item.kind}", "Diese Zahlung ist hier nicht bekannt"]
    return Waiting.of(each), Suspend(Doubt.PAYOUT_ITEM_UNKNOWN, reasons=reasons)


def _decide_items(
    tenant: Tenant, provider: str, batch: Sequence[ToDecide], by_detail: Mapping[UUID, PayoutItem], at: datetime
) -> int:
    items = [by_detail[each.detail.id] for each in batch]
    attempts = _attempts(tenant, provider, items)
    known = money.about(tenant, items, attempts, at)
    booked: list[tuple[ToDecide, BookItem]] = []
    held: list[tuple[Waiting, Suspend]] = []
    for each, item in zip(batch, items, strict=True):
        decision = decide_item(item, provider, each.detail.entry, known.of(item, attempts.get(item.id)))
        if isinstance(decision, Suspend):
            held.append((Waiting.of(each), decision))
        else:
            known.use_up(item, decision)
            booked.append((each, decision))
    book.write(tenant, booked, at)
    _suspend(tenant, held, at)
    return len(booked)


def _suspend(tenant: Tenant, held: Sequence[tuple[Waiting, Suspend]], at: datetime) -> None:
    book.hold(tenant, held, at)


def _differs(row: Waiting, payout: Payout, items: Sequence[PayoutItem], left: Sequence[PayoutItem]) -> Suspend:
    reasons = [f"Auszahlung {payout.reference}", *difference(row.cents, payout.cents, items, left)]
    return Suspend(Doubt.PAYOUT_REPORT_DIFFERS, reasons=reasons)


def _name_the_missing(tenant: Tenant, rows: Sequence[Waiting], at: datetime) -> None:
    """Hold entries that name a payout of which nothing is left, or nothing known: then its provider is asked."""
    if not rows:
        return
    named = payments.payouts_named(tenant=tenant, texts=[" ".join(row.texts) for row in rows])
    held: list[tuple[Waiting, Suspend]] = []
    for row, names in zip(rows, named, strict=True):
        if len(names) != 1:
            continue
        ((provider, name),) = names
        known = [p for p in payments.payouts_called(tenant=tenant, reference=name) if p.provider == provider]
        if known:
            reasons = [f"Auszahlung {name} ist schon ganz zugeordnet", f"Unterschied {signed(row.cents)}"]
            held.append((row, Suspend(Doubt.PAYOUT_REPORT_DIFFERS, reasons=reasons)))
        else:
            held.append((row, Suspend(Doubt.PAYOUT_REPORT_MISSING, reasons=[f"Auszahlung {name} von {provider}"])))
            payments.ask_for_reports(tenant=tenant, provider=provider, at=at)
    _suspend(tenant, held, at)


def _try_again(tenant: Tenant, at: datetime, decide: Decide) -> int:
    """Decide items in doubt again: another fact may have settled them."""
    shares = money.shares_in_doubt(tenant, _ITEM_DOUBTS)
    items = payments.items_by_id(tenant=tenant, items=list(shares))
    providers = money.providers_of(tenant, items.values())
    done = 0
    for provider in sorted(set(providers.values())):
        own = {id_: item for id_, item in items.items() if providers[item.report] == provider}
        attempts = _attempts(tenant, provider, own.values())
        ready = {shares[id_][0]: item for id_, item in own.items() if id_ in attempts}
        entries = list(dict.fromkeys(shares[item.id][1] for item in ready.values()))
        for batch in bank.details_to_decide(tenant=tenant, entries=entries, details=list(ready)):
            before = money.waiting_details(tenant, [each.detail.id for each in batch])
            _decide_waiting(tenant, provider, batch, ready, at, decide)
            done += len(before - money.waiting_details(tenant, list(before)))
    return done


def _decide_waiting(
    tenant: Tenant,
    provider: str,
    batch: Sequence[ToDecide],
    by_detail: Mapping[UUID, PayoutItem],
    at: datetime,
    decide: Decide,
) -> None:
    paid = [each for each in batch if by_detail[each.detail.id].kind is ItemKind.PAYMENT]
    book.forget(tenant, [each.detail.id for each in paid])  # what stays in doubt is held anew
    _decide(tenant, provider, batch, by_detail, at, decide)


def _settle_nothing(tenant: Tenant, payout: Payout, items: Sequence[PayoutItem], at: datetime) -> bool:
    """Book a payout that moved nothing at the bank: all its items, or, where one is in doubt, none."""
    attempts = _attempts(tenant, payout.provider, items)
    known = money.about(tenant, items, attempts, at)
    clearing = ledger.balances_of(
        tenant=tenant, prefix="clearing:", subjects=[attempt.id for attempt in attempts.values()]
    )
    booked: list[tuple[PayoutItem, BookItem]] = []
    for item in items:
        attempt = attempts.get(item.id)
        if item.kind is ItemKind.PAYMENT:
            decision = _payment_of_nothing(item, attempt, clearing)
        else:
            decision = decide_item(item, payout.provider, payout.id, known.of(item, attempt))
        if isinstance(decision, Suspend):
            return False
        known.use_up(item, decision)
        booked.append((item, decision))
    book.share(tenant, payout.id, {item.id: (item.id, payout.id) for item in items}, at)
    book.write_nothing(tenant, payout.id, booked, at)
    return True


def _payment_of_nothing(item: PayoutItem, attempt: Attempt | None, clearing: dict[UUID, int]) -> BookItem | Suspend:
    known = attempt is not None and attempt.status in (Status.PAID, Status.SURPLUS, Status.CHARGED_BACK)
    if attempt is None or not known or item.cents != attempt.amount.cents or clearing.get(attempt.id) != item.cents:
        return Suspend(Doubt.PAYOUT_ITEM_DIFFERS)
    clearing[attempt.id] = 0
    line = Line(f"clearing:{attempt.provider}", Side.HABEN, attempt.amount, attempt.id)
    return BookItem([line], attempt, f"Auszahlung {attempt.provider_reference}", [f"Posten {item.number}"])
