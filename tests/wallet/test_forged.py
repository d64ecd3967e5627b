"""Whatever a stranger sends, nobody's card is charged: forged, replayed, late, for something else, of another town."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from django.db import IntegrityError, transaction
from tests.support.passkey import PRESENT, VERIFIED, Passkey
from tests.support.sizes import size
from tests.support.towns import AT
from tests.support.wallets import (
    BACK,
    BROWSER,
    HERE,
    SITE,
    Holder,
    a_payment,
    keeps,
    paid_with_wish,
    pays,
    question_to_pay,
)

from zahlstelle import payments, wallet
from zahlstelle.kernel import Refusal
from zahlstelle.payments import INSTRUMENT_GONE, MethodUnknown, NotStarted
from zahlstelle.tables.payments import AttemptRow
from zahlstelle.tables.wallet import ConsentRow, DeviceRow, PasskeyRow, StoredCardRow
from zahlstelle.tenancy import Tenant, inside
from zahlstelle.wallet import NothingToKeep, PasskeyRefused, StoredCardUnknown

if TYPE_CHECKING:
    from tests.support.keeping_provider import KeepingProvider

pytestmark = pytest.mark.prove("wallet")


@pytest.fixture
def holder(town: Tenant) -> Holder:
    return keeps(town)


def refused(town: Tenant, payment_id: UUID, answer: str, provider: "KeepingProvider") -> None:
    """Send an answer; see it refused and nothing charged."""
    before = list(provider.charged)
    with pytest.raises((PasskeyRefused, StoredCardUnknown)):
        pays(town, payment_id, answer)
    assert provider.charged == before


def test_a_replayed_answer(town: Tenant, holder: Holder, provider: "KeepingProvider") -> None:
    payment_id = a_payment(town)
    answer = holder.passkey.answers(question_to_pay(town, holder, payment_id))
    pays(town, payment_id, answer)
    refused(town, payment_id, answer, provider)
    refused(town, a_payment(town), answer, provider)


def test_a_copy_of_a_passkey_that_counts(town: Tenant, provider: "KeepingProvider") -> None:
    holder = keeps(town)
    holder.passkey.counts = True
    payment_id = a_payment(town)
    copy = replace(holder.passkey)
    pays(town, payment_id, holder.passkey.answers(question_to_pay(town, holder, payment_id)))
    other = a_payment(town)
    refused(town, other, copy.answers(question_to_pay(town, holder, other)), provider)


def test_whoever_else_has_the_payments_address_does_not_keep_its_card(
    town: Tenant, provider: "KeepingProvider"
) -> None:
    payment_id = paid_with_wish(town)
    about: dict[str, Any] = {"tenant": town, "payment_id": payment_id, "at": AT}
    question = wallet.ask_for_new_passkey(browser=BROWSER, email="a@b.de", site=SITE, **about)
    assert wallet.wish_of(browser="another", **about) is None
    with pytest.raises(NothingToKeep):
        wallet.ask_for_new_passkey(browser="another", email="a@b.de", site=SITE, **about)
    with pytest.raises(NothingToKeep):
        wallet.ask_passkey_to_keep(browser="another", site=SITE, **about)
    with pytest.raises(NothingToKeep):
        wallet.keep_card(browser="another", answer=Passkey().registers(question), words="", site=SITE, **about)
    wallet.drop_wish(browser="another", **about)
    assert (wallet.wish_of(browser=BROWSER, **about), len(provider.cards)) == ("open", 1)


def test_an_answer_that_was_wrong_once_is_spent(town: Tenant, holder: Holder, provider: "KeepingProvider") -> None:
    payment_id = a_payment(town)
    question = question_to_pay(town, holder, payment_id)
    refused(town, payment_id, holder.passkey.answers(question, flags=PRESENT), provider)
    refused(town, payment_id, holder.passkey.answers(question), provider)


def test_an_answer_for_another_payment(town: Tenant, holder: Holder, provider: "KeepingProvider") -> None:
    cheap, dear = a_payment(town), a_payment(town)
    refused(town, dear, holder.passkey.answers(question_to_pay(town, holder, cheap)), provider)


def test_a_late_answer(town: Tenant, holder: Holder, provider: "KeepingProvider") -> None:
    payment_id = a_payment(town)
    answer = holder.passkey.answers(question_to_pay(town, holder, payment_id))
    with pytest.raises(PasskeyRefused):
        pays(town, payment_id, answer, AT + timedelta(minutes=5))
    assert provider.charged == []


def test_an_answer_to_the_wallets_door_does_not_pay(town: Tenant, holder: Holder, provider: "KeepingProvider") -> None:
    refused(
        town,
        a_payment(town),
        holder.passkey.answers(wallet.ask_passkey_to_open(tenant=town, site=SITE, at=AT)),
        provider,
    )


def test_an_answer_for_paying_does_not_open_the_wallet(town: Tenant, holder: Holder) -> None:
    answer = holder.passkey.answers(question_to_pay(town, holder, a_payment(town)))
    with pytest.raises(PasskeyRefused):
        wallet.open_wallet(tenant=town, answer=answer, site=SITE, at=AT)


def test_a_passkey_of_one_citizen_opens_nothing_of_another(
    town: Tenant, holder: Holder, provider: "KeepingProvider"
) -> None:
    other, payment_id = keeps(town), a_payment(town)
    refused(town, payment_id, other.passkey.answers(question_to_pay(town, holder, payment_id)), provider)
    answer = other.passkey.answers(wallet.ask_passkey_to_open(tenant=town, site=SITE, at=AT))
    assert wallet.open_wallet(tenant=town, answer=answer, site=SITE, at=AT).citizen == other.citizen
    (theirs,) = wallet.cards(tenant=town, citizen=holder.citizen)
    with pytest.raises(StoredCardUnknown):
        wallet.delete_cards(tenant=town, citizen=other.citizen, card_ids=[theirs.id], at=AT)
    assert len(wallet.cards(tenant=town, citizen=holder.citizen)) == 1


def test_the_database_shows_one_citizen_nothing_of_another(town: Tenant, holder: Holder) -> None:
    from zahlstelle.wallet._inside import as_citizen

    other = keeps(town)
    tables = {StoredCardRow: "citizen_id", PasskeyRow: "citizen_id", DeviceRow: "citizen_id", ConsentRow: "citizen"}
    for table, column in tables.items():
        with as_citizen(tenant=town, citizen=other.citizen):
            assert set(table.objects.values_list(column, flat=True)) == {other.citizen}
            assert table.objects.filter(**{column: holder.citizen}).delete()[0] == 0


def test_another_town_cannot_charge_it(
    town: Tenant, neighbour: Tenant, holder: Holder, provider: "KeepingProvider"
) -> None:
    payment_id = a_payment(neighbour)
    (card,) = wallet.cards(tenant=town, citizen=holder.citizen)
    # At the operation: neither its device nor its passkey is known there.
    with pytest.raises(StoredCardUnknown):
        question_to_pay(neighbour, holder, payment_id)
    theirs = keeps(neighbour)
    refused(neighbour, payment_id, holder.passkey.answers(question_to_pay(neighbour, theirs, payment_id)), provider)
    # At the database: an attempt of one town never names a card of another.
    with pytest.raises(IntegrityError, match="attempt_instrument_of_its_town"), inside(neighbour), transaction.atomic():
        AttemptRow.objects.filter(tenant_id=neighbour.id).update(instrument=card.id)
    with inside(neighbour):
        assert not StoredCardRow.objects.filter(id=card.id).exists()
    # At the way to the provider: the contract it was kept under is another.
    handle = next(name for name, merchant in provider.cards.items() if merchant == "M1")
    told = {"instrument": new_instrument(neighbour, theirs), "provider_name": "keeping", "handle": handle, "at": AT}
    with pytest.raises(MethodUnknown):
        payments.begin_kept(
            tenant=neighbour,
            payment_id=payment_id,
            merchant_id="M1",
            **BACK,
            **told,
        )
    # At the provider: the handle is another merchant's.
    attempt = payments.begin_kept(
        tenant=neighbour,
        payment_id=payment_id,
        merchant_id="M2",
        **BACK,
        **told,
    )
    assert (attempt.decline_code, provider.charged) == (NotStarted(INSTRUMENT_GONE).reason, [])


def new_instrument(town: Tenant, holder: Holder) -> UUID:
    return wallet.cards(tenant=town, citizen=holder.citizen)[0].id


def test_a_new_passkey_answers_only_for_its_payment(town: Tenant, provider: "KeepingProvider") -> None:
    one, other = paid_with_wish(town), paid_with_wish(town)
    question = wallet.ask_for_new_passkey(tenant=town, payment_id=one, **HERE, email="a@b.de", at=AT)
    with pytest.raises(PasskeyRefused):
        wallet.keep_card(
            tenant=town,
            payment_id=other,
            **HERE,
            answer=Passkey().registers(question),
            words="",
            at=AT,
        )


LIES: dict[str, Callable[[Passkey, str, Random], str]] = {
    "signed with another key": lambda key, asked, _: key.answers(asked, key=Passkey().key),
    "of another passkey": lambda key, asked, _: Passkey(holder=key.holder).answers(asked),
    "of another origin": lambda key, asked, _: key.answers(asked, origin="https://zahlstelle.example.evil.example"),
    "for another host": lambda key, asked, _: key.answers(asked, host="evil.example"),
    "holder not verified": lambda key, asked, _: key.answers(asked, flags=PRESENT),
    "nobody present": lambda key, asked, _: key.answers(asked, flags=VERIFIED),
    "another holder": lambda key, asked, chance: key.answers(asked, holder=chance.randbytes(16)),
    "a challenge never asked": lambda key, asked, chance: key.answers(asked, challenge=chance.randbytes(20).hex()),
    "bits flipped": lambda key, asked, chance: flipped(key.answers(asked), chance),
    "cut off": lambda key, asked, chance: key.answers(asked)[: chance.randrange(400)],
    "a part missing": lambda key, asked, chance: without(key.answers(asked), chance),
    "garbage": lambda key, asked, chance: chance.randbytes(60).decode("latin-1"),
}


def flipped(answer: str, chance: Random) -> str:
    """Change one character of a part that is signed, or of the signature."""
    said = json.loads(answer)
    part = chance.choice(["clientDataJSON", "authenticatorData", "signature"])
    text = said["response"][part]
    place = chance.randrange(4, len(text) - 4)
    other = chance.choice([sign for sign in "ABCDEFabcdef0123456789" if sign != text[place]])
    said["response"][part] = text[:place] + other + text[place + 1 :]
    return json.dumps(said)


def without(answer: str, chance: Random) -> str:
    said = json.loads(answer)
    del said["response"][chance.choice(["clientDataJSON", "authenticatorData", "signature"])]
    return json.dumps(said)


def test_no_forged_answer_pays(town: Tenant, holder: Holder, provider: "KeepingProvider") -> None:
    chance, payment_id = Random(20261125), a_payment(town)
    kinds, many = list(LIES), size(60, 10_000)
    for number in range(many):
        kind = kinds[number % len(kinds)]
        answer = LIES[kind](holder.passkey, question_to_pay(town, holder, payment_id), chance)
        with pytest.raises(Refusal):
            pays(town, payment_id, answer)
    assert provider.charged == []
    assert payments.attempts_of(tenant=town, payment_id=payment_id) == []
    right = holder.passkey.answers(question_to_pay(town, holder, payment_id))
    assert pays(town, payment_id, right).status is payments.Status.PAID
    print(f"{many} forged answers of {len(kinds)} kinds: none paid")
