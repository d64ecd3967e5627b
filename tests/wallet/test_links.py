"""A lost passkey: a link by e-mail opens the wallet once; a mailbox alone never moves money."""

from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING

import pytest
from django.db import IntegrityError, transaction
from tests.support.passkey import Passkey
from tests.support.sizes import size
from tests.support.towns import AT
from tests.support.wallets import SITE, Holder, a_payment, keeps, pays, question_to_pay

from zahlstelle import payments, wallet
from zahlstelle.kernel import new_id
from zahlstelle.payments import Status
from zahlstelle.tables.wallet import DeviceRow, LinkWishRow, PasskeyLinkRow, PasskeyRow
from zahlstelle.tenancy import Tenant, inside
from zahlstelle.wallet import TOKEN, LastPasskey, LinkRefused, Opened, PasskeyRefused, StoredCardUnknown

if TYPE_CHECKING:
    from datetime import datetime

    from tests.support.keeping_provider import KeepingProvider

pytestmark = pytest.mark.prove("wallet")
EMAIL = "erika@example.org"


@pytest.fixture
def holder(town: Tenant) -> Holder:
    return keeps(town)


def mailed(town: Tenant, email: str = EMAIL, at: "datetime" = AT) -> list[str]:
    """Wish a link; the tokens that are mailed."""
    wallet.wish_link(tenant=town, email=email, title="Link", text=f"<{TOKEN}>", at=at)
    mails = wallet.links_wished(tenant=town, at=at)
    assert {each.recipient for each in mails} <= {email}
    return [each.text.strip("<>") for each in mails]


def opened(town: Tenant, email: str = EMAIL) -> Opened:
    (token,) = mailed(town, email)
    return wallet.open_by_link(tenant=town, token=token, at=AT)


def adds(town: Tenant, whose: Opened, key: Passkey, at: "datetime" = AT) -> str:
    question = wallet.ask_to_add_passkey(tenant=town, opened=whose, site=SITE, at=at)
    return wallet.add_passkey(tenant=town, opened=whose, answer=key.registers(question), site=SITE, at=at)


def removes(town: Tenant, holder: Holder, which: int, device: str = "") -> None:
    (passkey_id,) = [each.id for each in wallet.passkeys_of(tenant=town, citizen=holder.citizen)[which : which + 1]]
    wallet.remove_passkey(tenant=town, citizen=holder.citizen, passkey_id=passkey_id, device=device)


def recovered(town: Tenant, holder: Holder) -> Holder:
    """Come back by a link with a new passkey."""
    key = Passkey()
    return Holder(key, adds(town, opened(town), key), holder.citizen)


def refused(town: Tenant, token: str, at: "datetime" = AT) -> None:
    with pytest.raises(LinkRefused):
        wallet.open_by_link(tenant=town, token=token, at=at)


def test_back_to_the_wallet_with_a_new_passkey_and_without_the_old_one(town: Tenant, holder: Holder) -> None:
    there = opened(town)
    assert there == Opened(holder.citizen, by_link=True)
    new = Passkey()
    device = adds(town, there, new)
    assert [each.by_link for each in wallet.passkeys_of(tenant=town, citizen=holder.citizen)] == [False, True]
    removes(town, holder, 0, device)
    answer = holder.passkey.answers(wallet.ask_passkey_to_open(tenant=town, site=SITE, at=AT))
    with pytest.raises(PasskeyRefused):
        wallet.open_wallet(tenant=town, answer=answer, site=SITE, at=AT)
    answer = new.answers(wallet.ask_passkey_to_open(tenant=town, site=SITE, at=AT))
    assert wallet.open_wallet(tenant=town, answer=answer, site=SITE, at=AT) == Opened(holder.citizen, by_link=True)
    assert wallet.remembered(tenant=town, device=holder.device, on=AT.date()) is None, "the lost one shows nothing"
    assert wallet.remembered(tenant=town, device=device, on=AT.date()) is not None


def test_a_mailbox_alone_moves_no_money(town: Tenant, holder: Holder, provider: "KeepingProvider") -> None:
    back, payment_id = recovered(town, holder), a_payment(town)
    provider.asks_at = "https://bank.example/freigabe"
    answer = back.passkey.answers(question_to_pay(town, back, payment_id))
    assert pays(town, payment_id, answer).status is Status.PAID
    assert provider.asked[-1].challenge, "the provider makes sure that it is the card's holder"


def test_so_does_a_passkey_made_by_one_that_came_by_a_link(
    town: Tenant, holder: Holder, provider: "KeepingProvider"
) -> None:
    back, third, payment_id = recovered(town, holder), Passkey(), a_payment(town)
    answer = back.passkey.answers(wallet.ask_passkey_to_open(tenant=town, site=SITE, at=AT))
    whose = wallet.open_wallet(tenant=town, answer=answer, site=SITE, at=AT)
    device = adds(town, whose, third)
    asked = question_to_pay(town, Holder(third, device, holder.citizen), payment_id)
    pays(town, payment_id, third.answers(asked))
    assert provider.asked[-1].challenge


def test_a_card_kept_with_the_new_passkey_is_charged_as_ever(
    town: Tenant, holder: Holder, provider: "KeepingProvider"
) -> None:
    back, later = recovered(town, holder), AT + timedelta(minutes=1)
    fresh, payment_id = keeps(town, later, passkey=back.passkey), a_payment(town, later)
    answer = back.passkey.answers(question_to_pay(town, fresh, payment_id, later))
    pays(town, payment_id, answer, later)
    assert not provider.asked[-1].challenge


def test_a_card_kept_later_with_another_passkey_is_not_charged_by_a_mailbox_either(
    town: Tenant, holder: Holder, provider: "KeepingProvider"
) -> None:
    """Somebody read the mailbox once and made a passkey; the holder, unaware, keeps a new card with their own."""
    reader, later = recovered(town, holder), AT + timedelta(days=1)
    fresh, payment_id = keeps(town, later, passkey=holder.passkey), a_payment(town, later)
    assert fresh.citizen == reader.citizen
    answer = reader.passkey.answers(question_to_pay(town, reader, payment_id, later))
    pays(town, payment_id, answer, later)
    assert provider.asked[-1].challenge, "the provider makes sure that it is the card's holder"


def test_who_had_typed_anothers_address_does_not_charge_the_card_that_the_other_keeps(
    town: Tenant, holder: Holder, provider: "KeepingProvider"
) -> None:
    """A wallet is begun under a stranger's address; the stranger comes to it by a link and keeps a card there."""
    owner, later = recovered(town, holder), AT + timedelta(days=1)
    fresh, payment_id = keeps(town, later, passkey=owner.passkey), a_payment(town, later)
    intruder = Holder(holder.passkey, fresh.device, holder.citizen)
    pays(town, payment_id, intruder.passkey.answers(question_to_pay(town, intruder, payment_id, later)), later)
    assert provider.asked[-1].challenge, "the provider makes sure that it is the card's holder"


def test_a_passkey_added_with_a_passkey_is_as_good(town: Tenant, holder: Holder, provider: "KeepingProvider") -> None:
    answer = holder.passkey.answers(wallet.ask_passkey_to_open(tenant=town, site=SITE, at=AT))
    whose, second, payment_id = (
        wallet.open_wallet(tenant=town, answer=answer, site=SITE, at=AT),
        Passkey(),
        a_payment(town),
    )
    device = adds(town, whose, second)
    asked = question_to_pay(town, Holder(second, device, holder.citizen), payment_id)
    pays(town, payment_id, second.answers(asked))
    assert (whose.by_link, provider.asked[-1].challenge) == (False, False)


def test_a_link_opens_once_and_not_for_long(town: Tenant, holder: Holder) -> None:
    (token,) = mailed(town)
    wallet.open_by_link(tenant=town, token=token, at=AT + timedelta(minutes=29))
    refused(town, token)
    (late,) = mailed(town)
    refused(town, late, AT + timedelta(minutes=30))
    refused(town, late)
    (unused,) = mailed(town)
    wallet.sweep(tenant=town, at=AT + timedelta(minutes=30))
    with inside(town):
        assert not PasskeyLinkRow.objects.filter(tenant_id=town.id).exists()
    refused(town, unused)


def test_a_link_is_kept_as_a_digest_only(town: Tenant, holder: Holder) -> None:
    (token,) = mailed(town)
    with inside(town):
        (row,) = PasskeyLinkRow.objects.filter(tenant_id=town.id).values_list("digest", "citizen_id")
        assert (token in str(row), row[1]) == (False, holder.citizen)
        assert not LinkWishRow.objects.filter(tenant_id=town.id).exists(), "the address is not kept a second time"


def test_an_address_is_the_same_in_small_and_capital_letters(town: Tenant, holder: Holder) -> None:
    assert opened(town, "Erika@Example.org").citizen == holder.citizen


def test_who_made_a_passkey_twice_gets_two_links(town: Tenant, holder: Holder) -> None:
    other = keeps(town)
    whose = {wallet.open_by_link(tenant=town, token=token, at=AT).citizen for token in mailed(town)}
    assert whose == {holder.citizen, other.citizen}


def test_an_unknown_address_gets_no_mail_and_writes_down_the_same(town: Tenant, holder: Holder) -> None:
    for email in (EMAIL, "nobody@example.org"):
        wallet.wish_link(tenant=town, email=email, title="t", text=TOKEN, at=AT)
    with inside(town):
        assert LinkWishRow.objects.filter(tenant_id=town.id).count() == 2
    assert [each.recipient for each in wallet.links_wished(tenant=town, at=AT)] == [EMAIL]


def test_a_wish_that_waited_too_long_is_dropped(town: Tenant, holder: Holder) -> None:
    wallet.wish_link(tenant=town, email=EMAIL, title="t", text=TOKEN, at=AT)
    assert wallet.links_wished(tenant=town, at=AT + timedelta(hours=1)) == []
    assert wallet.links_wished(tenant=town, at=AT) == []


def test_a_link_of_one_town_opens_nothing_in_another(town: Tenant, neighbour: Tenant, holder: Holder) -> None:
    (token,) = mailed(town)
    assert mailed(neighbour) == [], "nobody is known there by this address"
    refused(neighbour, token)
    with pytest.raises(IntegrityError, match="passkey_link_of_its_town"), inside(neighbour), transaction.atomic():
        PasskeyLinkRow.objects.create(
            id=new_id(), tenant_id=neighbour.id, digest="0" * 64, citizen_id=holder.citizen, expires_at=AT
        )
    assert wallet.open_by_link(tenant=town, token=token, at=AT).citizen == holder.citizen


def test_the_last_passkey_is_not_taken_away_alone(town: Tenant, holder: Holder) -> None:
    with pytest.raises(LastPasskey):
        removes(town, holder, 0)
    with inside(town):
        assert PasskeyRow.objects.filter(tenant_id=town.id).count() == 1
        assert DeviceRow.objects.filter(tenant_id=town.id).count() == 1


def test_nobody_takes_anothers_passkey_away(town: Tenant, holder: Holder) -> None:
    other = keeps(town)
    recovered_other = Passkey()
    answer = other.passkey.answers(wallet.ask_passkey_to_open(tenant=town, site=SITE, at=AT))
    adds(town, wallet.open_wallet(tenant=town, answer=answer, site=SITE, at=AT), recovered_other)
    (theirs,) = wallet.passkeys_of(tenant=town, citizen=holder.citizen)
    wallet.remove_passkey(tenant=town, citizen=other.citizen, passkey_id=theirs.id, device="")
    assert wallet.passkeys_of(tenant=town, citizen=holder.citizen) == [theirs]


def test_an_answer_for_one_wallet_adds_nothing_to_another(town: Tenant, holder: Holder) -> None:
    other = keeps(town)
    mine, theirs = Opened(holder.citizen, by_link=False), Opened(other.citizen, by_link=False)
    question = wallet.ask_to_add_passkey(tenant=town, opened=mine, site=SITE, at=AT)
    with pytest.raises(PasskeyRefused):
        wallet.add_passkey(tenant=town, opened=theirs, answer=Passkey().registers(question), site=SITE, at=AT)
    assert len(wallet.passkeys_of(tenant=town, citizen=other.citizen)) == 1


def test_what_the_question_was_asked_for_counts_not_what_is_said_later(
    town: Tenant, holder: Holder, provider: "KeepingProvider"
) -> None:
    asked = wallet.ask_to_add_passkey(tenant=town, opened=opened(town), site=SITE, at=AT)
    lie = Opened(holder.citizen, by_link=False)
    wallet.add_passkey(tenant=town, opened=lie, answer=Passkey().registers(asked), site=SITE, at=AT)
    assert wallet.passkeys_of(tenant=town, citizen=holder.citizen)[-1].by_link


def test_with_everything_the_links_go_too(town: Tenant, holder: Holder) -> None:
    (token,) = mailed(town)
    wallet.delete_cards(tenant=town, citizen=holder.citizen, card_ids=None, at=AT)
    refused(town, token)
    assert mailed(town) == []
    with pytest.raises(PasskeyRefused):
        wallet.ask_to_add_passkey(tenant=town, opened=Opened(holder.citizen, by_link=True), site=SITE, at=AT)


def test_no_forged_link_opens_anything(town: Tenant, holder: Holder) -> None:
    chance, many = Random(20261126), size(200, 10_000)
    (token,) = mailed(town)
    for number in range(many):
        place = chance.randrange(len(token))
        other = chance.choice([sign for sign in "ABCabc0123456789-_" if sign != token[place]])
        forged = [
            token[:place] + other + token[place + 1 :],
            token[:place],
            token + other,
            chance.randbytes(20).hex(),
            token.swapcase(),
            "",
        ][number % 6]
        refused(town, forged)
    assert wallet.open_by_link(tenant=town, token=token, at=AT).citizen == holder.citizen
    print(f"{many} forged links: none opened")


def test_a_card_is_still_nobody_elses(town: Tenant, holder: Holder, provider: "KeepingProvider") -> None:
    keeps(town)
    back = recovered_of(town, holder)
    payment_id = a_payment(town)
    with pytest.raises((PasskeyRefused, StoredCardUnknown)):
        pays(town, payment_id, back.answers(question_to_pay(town, holder, payment_id)))
    assert (provider.charged, payments.attempts_of(tenant=town, payment_id=payment_id)) == ([], [])


def recovered_of(town: Tenant, holder: Holder) -> Passkey:
    """Another citizen's new passkey."""
    for token in mailed(town):
        whose = wallet.open_by_link(tenant=town, token=token, at=AT)
        if whose.citizen != holder.citizen:
            key = Passkey()
            adds(town, whose, key)
            return key
    raise AssertionError("nobody else")
