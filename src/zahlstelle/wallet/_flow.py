"""What calls providers: a card is kept, charged, forgotten. Outside any transaction; written down before and after."""

from datetime import datetime, timedelta
from uuid import UUID

import structlog

from zahlstelle import payments
from zahlstelle.kernel import new_id, token_digest
from zahlstelle.payments import (
    INSTRUMENT_GONE,
    Attempt,
    CannotForget,
    KeptInstrument,
    NoAnswer,
    Status,
)
from zahlstelle.tables.wallet import ChallengeRow, KeepingRow, PasskeyLinkRow, StoredCardRow
from zahlstelle.tenancy import Tenant, inside, provider_accesses

from . import _passkeys
from ._operations import (
    Held,
    card_to_charge,
    forgotten,
    held,
    let_go,
    passkey_answering,
    record_kept,
    shared,
    spend,
)
from ._passkeys import NewPasskey
from ._rules import (
    Deletion,
    NothingToKeep,
    PasskeyRefused,
    Purpose,
    Question,
    Site,
    leaves_at,
    must_prove,
    next_look,
    pause_before_forgetting,
)

_log = structlog.get_logger(__name__)
_PAID = (Status.PAID, Status.SURPLUS)
_SOON = timedelta(minutes=10)


def keep_card(
    *, tenant: Tenant, payment_id: UUID, browser: str, answer: str, words: str, site: Site, at: datetime
) -> str:
    """Keep the card of a paid payment for whoever answers with a passkey, new or known. Gives the device's token.

    `words` are those the citizen read at this step. Raises PasskeyRefused, NothingToKeep.
    """
    question = spend(
        tenant=tenant, answer=answer, at=at, purposes=(Purpose.REGISTER, Purpose.KEEP), payment_id=payment_id
    )
    citizen, passkey, new = _answering(tenant, answer, question, site, at)
    attempt, kept = _kept_of(tenant, payment_id)
    return record_kept(
        tenant=tenant,
        payment_id=payment_id,
        browser=browser,
        attempt=attempt,
        kept=kept,
        merchant_id=_merchant_id(tenant, attempt.provider),
        citizen=citizen,
        kept_with=passkey,
        new=new,
        words=words,
        at=at,
    )


def pay_with_card(
    *, tenant: Tenant, payment_id: UUID, answer: str, site: Site, return_url: str, notify_url: str, at: datetime
) -> Attempt:
    """Charge the card that the question was about, if its own holder answers. The bank may still want to see them.

    Raises PasskeyRefused, StoredCardUnknown, and what beginning an attempt raises.
    """
    question = spend(tenant=tenant, answer=answer, at=at, purposes=(Purpose.PAY,), payment_id=payment_id)
    citizen, passkey = passkey_answering(tenant=tenant, answer=answer, question=question, site=site, at=at)
    if question.card is None:
        raise PasskeyRefused("no card was asked about")
    card = card_to_charge(tenant=tenant, citizen=citizen, card_id=question.card, at=at)
    attempt = payments.begin_kept(
        tenant=tenant,
        payment_id=payment_id,
        instrument=card.id,
        provider_name=card.provider,
        merchant_id=card.merchant_id,
        handle=card.handle,
        return_url=return_url,
        notify_url=notify_url,
        challenge=must_prove(passkey, card.kept_with, card.kept_by_link),
        at=at,
    )
    if attempt.decline_code == INSTRUMENT_GONE:
        let_go(tenant=tenant, citizen=citizen, card_ids=[card.id], at=at)
        forgotten(tenant=tenant, card_id=card.id)
    return attempt


def delete_cards(*, tenant: Tenant, citizen: UUID, card_ids: list[UUID] | None, at: datetime) -> Deletion:
    """Delete these of a citizen's cards (None: all, and the citizen), at the provider too where that can be asked for.

    Here they are nobody's at once. Raises StoredCardUnknown.
    """
    leaving = let_go(tenant=tenant, citizen=citizen, card_ids=card_ids, at=at)
    done = {_forget(tenant, card, at) for card in leaving}  # each is asked about, whatever became of the one before
    return next((each for each in (Deletion.SOON, Deletion.HERE) if each in done), Deletion.DONE)


def drop_wish(*, tenant: Tenant, payment_id: UUID, browser: str, at: datetime) -> None:
    """Take a wish back that nobody finished: the provider forgets the card now, or the worker asks until it has."""
    with inside(tenant):
        wishes = KeepingRow.objects.filter(tenant_id=tenant.id, payment_id=payment_id, outcome__isnull=True)
        wishes = wishes.filter(browser=token_digest(browser))
        if not wishes.update(outcome="dropped", check_at=at):
            return
    _look_after(tenant, payment_id, at)


def sweep(*, tenant: Tenant, at: datetime, limit: int = 50) -> int:
    """Have forgotten what is to be: cards that leave, and cards whose keeping nobody finished. Returns how many."""
    with inside(tenant):
        ChallengeRow.objects.filter(tenant_id=tenant.id, expires_at__lt=at).delete()
        PasskeyLinkRow.objects.filter(tenant_id=tenant.id, expires_at__lte=at).delete()
        due = StoredCardRow.objects.filter(tenant_id=tenant.id, check_at__lte=at).order_by("check_at")[:limit]
        leaving = [held(row) for row in due if row.leaving_at] + _over(tenant, [r for r in due if not r.leaving_at], at)
        wishes = KeepingRow.objects.filter(tenant_id=tenant.id, check_at__lte=at).order_by("check_at")[:limit]
        payment_ids = list(wishes.values_list("payment_id", flat=True))
    for card in leaving:
        _forget(tenant, card, at)
    for payment_id in payment_ids:
        _look_after(tenant, payment_id, at)
    return len(leaving) + len(payment_ids)


def _over(tenant: Tenant, rows: list[StoredCardRow], at: datetime) -> list[Held]:
    """Let cards leave that have expired or that nobody used for long; those used since are looked at later."""
    leaving: list[Held] = []
    for row in rows:
        row.check_at = leaves_at(row.expires_on, row.used_at or row.kept_at)
        row.save(update_fields=["check_at"])
        if row.check_at <= at and row.citizen_id:
            leaving += let_go(tenant=tenant, citizen=row.citizen_id, card_ids=[row.id], at=at)
    return leaving


def _answering(
    tenant: Tenant, answer: str, question: Question, site: Site, at: datetime
) -> tuple[UUID, UUID, tuple[str, NewPasskey] | None]:
    """Check the answer; gives citizen and passkey, and what makes them known where they are new."""
    if question.purpose is Purpose.KEEP:
        citizen, passkey = passkey_answering(tenant=tenant, answer=answer, question=question, site=site, at=at)
        return citizen, passkey.id, None
    if question.email is None:
        raise PasskeyRefused("this was not asked")
    new = _passkeys.new_passkey(answer=answer, challenge=question.challenge, site=site)
    return question.id, new_id(), (question.email, new)


def _kept_of(tenant: Tenant, payment_id: UUID) -> tuple[Attempt, KeptInstrument]:
    """Ask the provider which card it keeps of the payment. Raises NothingToKeep."""
    for attempt in payments.attempts_of(tenant=tenant, payment_id=payment_id):
        if attempt.keep and attempt.status in _PAID:
            kept = payments.kept_instrument(tenant=tenant, attempt_id=attempt.id)
            if isinstance(kept, KeptInstrument):
                return attempt, kept
            _log.warning("kept_card_not_told", attempt=str(attempt.id), answer=type(kept).__name__)
    raise NothingToKeep("the provider keeps no card of this payment")


def _forget(tenant: Tenant, card: Held, at: datetime) -> Deletion:
    """Have a card forgotten. Where the provider never forgets, its name for the card is: nobody can charge it then."""
    if shared(tenant=tenant, card=card):
        forgotten(tenant=tenant, card_id=card.id)
        return Deletion.DONE
    answer = payments.forget_instrument(
        tenant=tenant, provider_name=card.provider, merchant_id=card.merchant_id, handle=card.handle
    )
    if not isinstance(answer, NoAnswer):
        forgotten(tenant=tenant, card_id=card.id)
        return Deletion.HERE if isinstance(answer, CannotForget) else Deletion.DONE
    _log.warning("card_not_forgotten", provider=card.provider, card=str(card.id), reason=answer.reason)
    with inside(tenant):
        rows = StoredCardRow.objects.filter(tenant_id=tenant.id, id=card.id)
        for row in rows.select_for_update():
            row.check_at, row.checks = at + pause_before_forgetting(row.checks), min(row.checks + 1, 1000)
            row.save(update_fields=["check_at", "checks"])
    return Deletion.SOON


def _look_after(tenant: Tenant, payment_id: UUID, at: datetime) -> None:
    """Drop a wish that nobody finished, and have forgotten what the provider keeps for it.

    Which is looked at for some days: a payment may turn out to be paid late, or twice.
    """
    with inside(tenant):
        wish = KeepingRow.objects.select_for_update().get(tenant_id=tenant.id, payment_id=payment_id)
        wish.outcome = wish.outcome or "dropped"
        wish.save(update_fields=["outcome"])
    keeping = [a for a in payments.attempts_of(tenant=tenant, payment_id=payment_id) if a.keep]
    sure = [_forget_unfinished(tenant, attempt) for attempt in keeping]
    again = next_look(wish.asked_at, at) if all(sure) else at + _SOON
    with inside(tenant):
        KeepingRow.objects.filter(tenant_id=tenant.id, id=wish.id).update(check_at=again)


def _forget_unfinished(tenant: Tenant, attempt: Attempt) -> bool:
    """Have a card forgotten that was kept while an attempt was paid and is nobody's; says whether that is sure."""
    with inside(tenant):
        if StoredCardRow.objects.filter(tenant_id=tenant.id, attempt=attempt.id).exists():
            return True
    kept = payments.kept_instrument(tenant=tenant, attempt_id=attempt.id)
    if isinstance(kept, KeptInstrument):
        answer = payments.forget_instrument(
            tenant=tenant,
            provider_name=attempt.provider,
            merchant_id=_merchant_id(tenant, attempt.provider),
            handle=kept.handle,
        )
        return not isinstance(answer, NoAnswer)
    return not isinstance(kept, NoAnswer)


def _merchant_id(tenant: Tenant, provider: str) -> str:
    return next(each.merchant_id for each in provider_accesses(tenant=tenant) if each.provider == provider)
