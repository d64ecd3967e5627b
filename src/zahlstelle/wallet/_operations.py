"""Write down wishes, questions to passkeys, what was kept, and what is to be forgotten."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from zahlstelle import payments
from zahlstelle.kernel import berlin_day, new_id, new_token, token_digest
from zahlstelle.payments import Attempt, KeptInstrument
from zahlstelle.tables.wallet import (
    ChallengeRow,
    CitizenRow,
    ConsentRow,
    DeviceRow,
    KeepingRow,
    PasskeyLinkRow,
    PasskeyRow,
    StoredCardRow,
)
from zahlstelle.tenancy import Tenant, inside

from . import _passkeys
from ._inside import as_citizen
from ._passkeys import NewPasskey
from ._queries import passkey_of, passkeys, remembered
from ._rules import (
    QUESTION_LIVES,
    WISH_LIVES,
    NothingToKeep,
    Opened,
    Passkey,
    PasskeyRefused,
    Purpose,
    Question,
    Site,
    StoredCardUnknown,
    leaves_at,
)


@dataclass(frozen=True, slots=True)
class Held:
    """What is needed to charge a card or have it forgotten."""

    id: UUID
    provider: str
    merchant_id: str
    handle: str
    kept_with: UUID | None  # the passkey that answered when it was kept
    kept_by_link: bool = False  # a link by e-mail had made that passkey, or it is gone


def wish_to_keep(
    *, tenant: Tenant, payment_id: UUID, browser: str, version: str, words: str, language: str, at: datetime
) -> bool:
    """Write down that the citizen wishes the card to be kept, and what they read; says whether it may be kept.

    `browser` is what only this browser knows: no other may finish the wish, or wish anew once an attempt is under way
    that keeps the card. Wished again in the same browser: the words of now.
    """
    read = {
        "browser": token_digest(browser),
        "version": version,
        "words": words,
        "language": language,
        "asked_at": at,
        "returned_at": None,
        "check_at": at + WISH_LIVES,
    }
    with inside(tenant):
        fresh = KeepingRow(id=new_id(), tenant_id=tenant.id, payment_id=payment_id, **read)
        KeepingRow.objects.bulk_create([fresh], ignore_conflicts=True)
        known = KeepingRow.objects.select_for_update().get(tenant_id=tenant.id, payment_id=payment_id)
        begun = any(attempt.keep for attempt in payments.attempts_of(tenant=tenant, payment_id=payment_id))
        if known.outcome is not None or (known.browser != read["browser"] and begun):
            return False
        KeepingRow.objects.filter(tenant_id=tenant.id, id=known.id).update(**read)
        return True


def came_back(*, tenant: Tenant, payment_id: UUID, browser: str, at: datetime) -> None:
    """Note that the provider sent this browser back: whoever sits here is who paid."""
    with inside(tenant):
        wishes = KeepingRow.objects.filter(
            tenant_id=tenant.id, payment_id=payment_id, browser=token_digest(browser), returned_at__isnull=True
        )
        wishes.update(returned_at=at)


def ask_for_new_passkey(*, tenant: Tenant, payment_id: UUID, browser: str, email: str, site: Site, at: datetime) -> str:
    """Ask for a new passkey, to keep the card of a payment. Raises NothingToKeep."""
    with inside(tenant):
        _wish_locked(tenant, payment_id, browser, at)
        row, challenge = _question(tenant, Purpose.REGISTER, at, payment=payment_id, email=email)
    # The question's id becomes the citizen's: both are made here, for this one time.
    return _passkeys.ask_for_new(site=site, town=tenant.name, citizen=row.id, email=email, challenge=challenge)


def ask_passkey_to_keep(*, tenant: Tenant, payment_id: UUID, browser: str, site: Site, at: datetime) -> str:
    """Ask for a passkey that is there, to keep the card of a payment. Raises NothingToKeep."""
    with inside(tenant):
        _wish_locked(tenant, payment_id, browser, at)
        _, challenge = _question(tenant, Purpose.KEEP, at, payment=payment_id)
    return _passkeys.ask(site=site, challenge=challenge, passkeys=[])


def ask_passkey_to_pay(*, tenant: Tenant, payment_id: UUID, device: str, site: Site, at: datetime) -> str:
    """Ask for a passkey of whose device it is, to charge the card shown there. Raises StoredCardUnknown."""
    known = remembered(tenant=tenant, device=device, on=berlin_day(at))
    if known is None:
        raise StoredCardUnknown("no card is kept on this device")
    with inside(tenant):
        _, challenge = _question(tenant, Purpose.PAY, at, payment=payment_id, card=known.card.id)
    return _passkeys.ask(site=site, challenge=challenge, passkeys=passkeys(tenant=tenant, citizen=known.citizen))


def ask_passkey_to_open(*, tenant: Tenant, site: Site, at: datetime) -> str:
    """Ask for any passkey, to show its citizen's wallet."""
    with inside(tenant):
        _, challenge = _question(tenant, Purpose.OPEN, at)
    return _passkeys.ask(site=site, challenge=challenge, passkeys=[])


def open_wallet(*, tenant: Tenant, answer: str, site: Site, at: datetime) -> Opened:
    """Let a passkey open its citizen's wallet. Raises PasskeyRefused."""
    question = spend(tenant=tenant, answer=answer, at=at, purposes=(Purpose.OPEN,))
    citizen, passkey = passkey_answering(tenant=tenant, answer=answer, question=question, site=site, at=at)
    return Opened(citizen, passkey.by_link)


def spend(
    *, tenant: Tenant, answer: str, at: datetime, purposes: tuple[Purpose, ...], payment_id: UUID | None = None
) -> Question:
    """Take the question an answer belongs to. It is gone with this, whatever the answer turns out to be worth.

    Raises PasskeyRefused where there is none (any more), or where it was asked for something else.
    """
    challenge = _passkeys.challenge_in(answer)
    with inside(tenant):
        rows = ChallengeRow.objects.select_for_update().filter(tenant_id=tenant.id, digest=token_digest(challenge))
        row = rows.first()
        rows.delete()
    if row is None or at >= row.expires_at or row.purpose not in purposes or row.payment != payment_id:
        raise PasskeyRefused("this was not asked, or is answered already")
    return Question(row.id, Purpose(row.purpose), row.payment, row.card, row.email, challenge, row.citizen, row.by_link)


def passkey_answering(
    *, tenant: Tenant, answer: str, question: Question, site: Site, at: datetime
) -> tuple[UUID, Passkey]:
    """Check the answer of a passkey that is there; gives its citizen, and which it is. Raises PasskeyRefused."""
    name, holder = _passkeys.passkey_in(answer)
    with inside(tenant):
        row = PasskeyRow.objects.select_for_update().filter(tenant_id=tenant.id, credential_id=name).first()
        if row is None or holder not in (None, row.citizen_id):
            raise PasskeyRefused("this passkey is not known here")
        row.sign_count = _passkeys.sign_count_of(
            answer=answer,
            challenge=question.challenge,
            site=site,
            public_key=bytes(row.public_key),
            sign_count=row.sign_count,
        )
        row.used_at = at
        row.save(update_fields=["sign_count", "used_at"])
        return row.citizen_id, passkey_of(row)


def card_to_charge(*, tenant: Tenant, citizen: UUID, card_id: UUID, at: datetime) -> Held:
    """Find the citizen's own card. Raises StoredCardUnknown, also for another citizen's and one that has expired."""
    with as_citizen(tenant=tenant, citizen=citizen):
        rows = StoredCardRow.objects.filter(tenant_id=tenant.id, citizen_id=citizen, id=card_id)
        row = rows.filter(leaving_at__isnull=True, expires_on__gte=berlin_day(at)).first()
        if row is None:
            raise StoredCardUnknown("this card is not yours, not there, or has expired")
        row.used_at = at
        row.save(update_fields=["used_at"])
        return replace(held(row), kept_by_link=row.kept_with is not None and _by_link(tenant, citizen, row.kept_with))


def _by_link(tenant: Tenant, citizen: UUID, passkey: UUID) -> bool:
    """Say whether a link made a passkey; of one that is gone nobody knows, so it may have."""
    row = PasskeyRow.objects.filter(tenant_id=tenant.id, citizen_id=citizen, id=passkey).first()
    return row is None or row.by_link


def record_kept(
    *,
    tenant: Tenant,
    payment_id: UUID,
    browser: str,
    attempt: Attempt,
    kept: KeptInstrument,
    merchant_id: str,
    citizen: UUID,
    kept_with: UUID,
    new: tuple[str, NewPasskey] | None,
    words: str,
    at: datetime,
) -> str:
    """Keep a card for a citizen, whom a new passkey (`new`: e-mail and passkey) makes known. Gives the device's token.

    `kept_with` is the passkey that answered.
    Raises NothingToKeep where the wish was answered meanwhile, or its time is over.
    """
    token = new_token()
    with inside(tenant):
        wish = _wish_locked(tenant, payment_id, browser, at)
        if new is not None:
            _make_known(tenant, citizen, kept_with, *new, at)
        consent = ConsentRow.objects.create(
            id=new_id(),
            tenant_id=tenant.id,
            citizen=citizen,
            version=wish.version,
            words=f"{wish.words}\n{words}",
            language=wish.language,
            given_at=at,
        )
        StoredCardRow.objects.create(
            id=new_id(),
            tenant_id=tenant.id,
            citizen_id=citizen,
            consent=consent,
            attempt=attempt.id,
            provider=attempt.provider,
            merchant_id=merchant_id,
            handle=kept.handle,
            brand=kept.brand,
            last_four=kept.last_four,
            expires_on=kept.expires_on,
            kept_at=at,
            kept_with=kept_with,
            check_at=leaves_at(kept.expires_on, at),
        )
        DeviceRow.objects.create(
            id=new_id(), tenant_id=tenant.id, digest=token_digest(token), citizen_id=citizen, made_at=at
        )
        wish.outcome = "kept"
        wish.save(update_fields=["outcome"])
    return token


def forget_device(*, tenant: Tenant, device: str) -> None:
    """Let a device show nobody's card any more. Twice is once."""
    with inside(tenant):
        DeviceRow.objects.filter(tenant_id=tenant.id, digest=token_digest(device)).delete()


def let_go(*, tenant: Tenant, citizen: UUID, card_ids: list[UUID] | None, at: datetime) -> list[Held]:
    """Withdraw the consent to these of a citizen's cards (None: to all) and let them leave; gives those that leave.

    A citizen of whom no card is left is taken away, with passkeys and devices. Raises StoredCardUnknown.
    """
    with inside(tenant):
        rows = StoredCardRow.objects.select_for_update().filter(
            tenant_id=tenant.id, citizen_id=citizen, leaving_at__isnull=True
        )
        leaving = list((rows if card_ids is None else rows.filter(id__in=card_ids)).order_by("id"))
        if card_ids is not None and len(leaving) != len(set(card_ids)):
            raise StoredCardUnknown("this card is not yours, or not there any more")
        agreed = ConsentRow.objects.filter(tenant_id=tenant.id, id__in=[row.consent_id for row in leaving])
        agreed.filter(withdrawn_at__isnull=True).update(withdrawn_at=at)
        for row in leaving:
            row.citizen_id, row.leaving_at, row.check_at = None, at, at
            row.save(update_fields=["citizen_id", "leaving_at", "check_at"])
        if not rows.exists():
            _take_away(tenant, citizen)
        return [held(row) for row in leaving]


def forgotten(*, tenant: Tenant, card_id: UUID) -> None:
    """Write down that the provider has forgotten a card: nothing is left of it."""
    with inside(tenant):
        StoredCardRow.objects.filter(tenant_id=tenant.id, id=card_id, leaving_at__isnull=False).delete()


def shared(*, tenant: Tenant, card: Held) -> bool:
    """Say whether the provider's handle is another's too: two people let the same card be kept."""
    with inside(tenant):
        same = StoredCardRow.objects.filter(
            tenant_id=tenant.id, provider=card.provider, merchant_id=card.merchant_id, handle=card.handle
        )
        return same.filter(leaving_at__isnull=True).exclude(id=card.id).exists()


def held(row: StoredCardRow) -> Held:
    """Read a row."""
    return Held(row.id, row.provider, row.merchant_id, row.handle, row.kept_with)


def _question(
    tenant: Tenant,
    purpose: Purpose,
    at: datetime,
    *,
    payment: UUID | None = None,
    card: UUID | None = None,
    email: str | None = None,
    opened: Opened | None = None,
) -> tuple[ChallengeRow, str]:
    challenge = new_token()
    row = ChallengeRow.objects.create(
        id=new_id(),
        tenant_id=tenant.id,
        digest=token_digest(challenge),
        purpose=purpose,
        payment=payment,
        card=card,
        email=email,
        citizen=opened.citizen if opened else None,
        by_link=opened is not None and opened.by_link,
        expires_at=at + QUESTION_LIVES,
    )
    return row, challenge


def _wish_locked(tenant: Tenant, payment_id: UUID, browser: str, at: datetime) -> KeepingRow:
    row = KeepingRow.objects.select_for_update().filter(tenant_id=tenant.id, payment_id=payment_id).first()
    theirs = row is not None and row.browser == token_digest(browser) and row.returned_at is not None
    if row is None or not theirs or row.outcome is not None or at >= row.asked_at + WISH_LIVES:
        raise NothingToKeep("no card of this payment waits to be kept")
    return row


def _make_known(tenant: Tenant, citizen: UUID, passkey_id: UUID, email: str, passkey: NewPasskey, at: datetime) -> None:
    CitizenRow.objects.create(id=citizen, tenant_id=tenant.id, email=email, made_at=at)
    PasskeyRow.objects.create(
        id=passkey_id,
        tenant_id=tenant.id,
        citizen_id=citizen,
        credential_id=passkey.credential_id,
        public_key=passkey.public_key,
        sign_count=passkey.sign_count,
        made_at=at,
    )


def _take_away(tenant: Tenant, citizen: UUID) -> None:
    DeviceRow.objects.filter(tenant_id=tenant.id, citizen_id=citizen).delete()
    PasskeyLinkRow.objects.filter(tenant_id=tenant.id, citizen_id=citizen).delete()
    PasskeyRow.objects.filter(tenant_id=tenant.id, citizen_id=citizen).delete()
    CitizenRow.objects.filter(tenant_id=tenant.id, id=citizen).delete()
