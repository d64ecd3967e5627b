"""A means of payment that a provider keeps: told without its number, charged for one merchant only, never twice."""

from typing import Any

import pytest

from tests.conformance.kit import Can, Rig, Trouble
from tests.conformance.test_adapter import report, started
from zahlstelle.kernel import Money, clock
from zahlstelle.payments import (
    INSTRUMENT_GONE,
    ForgetsInstruments,
    Forgotten,
    KeepsInstruments,
    KeptInstrument,
    MerchantAccess,
    NoAnswer,
    NothingKept,
    NotStarted,
    ProviderStatus,
    Started,
    StartRequest,
)

pytestmark = pytest.mark.needs(Can.KEEPS)


def keeper(rig: Rig) -> KeepsInstruments:
    assert isinstance(rig.adapter, KeepsInstruments)
    return rig.adapter


def forgetter(rig: Rig) -> ForgetsInstruments:
    assert isinstance(rig.adapter, ForgetsInstruments)
    return rig.adapter


def paid(rig: Rig, access: MerchantAccess, *, keep: bool = True, bank_asks: bool = False) -> str:
    """Pay; the provider's name for the payment."""
    order = rig.order(access, keep=keep)
    name = started(rig, order).provider_reference
    (rig.pay_after_approval if bank_asks else rig.pay)(access, str(order.attempt_id))
    return name


def kept(rig: Rig, access: MerchantAccess, *, bank_asks: bool = False) -> KeptInstrument:
    told = keeper(rig).kept(merchant=access, provider_reference=paid(rig, access, bank_asks=bank_asks))
    assert isinstance(told, KeptInstrument), told
    return told


def charged(rig: Rig, order: StartRequest, handle: str) -> Started:
    answer = keeper(rig).charge_kept(order, handle=handle)
    assert isinstance(answer, Started), answer
    return answer


def test_what_is_kept_is_told_without_its_number(rig: Rig, access: MerchantAccess) -> None:
    card = kept(rig, access)
    assert (card.brand, card.last_four, card.expires_on.month) == ("Visa", "1111", 12)
    assert card.handle not in repr(card), "a handle does not reach a log"
    assert "4111111111111111" not in repr(card) + card.handle


def test_it_is_charged_with_everything_that_is_compared(rig: Rig, access: MerchantAccess) -> None:
    card, order = kept(rig, access), rig.order(access)
    begun = charged(rig, order, card.handle)
    rig.holder_goes_on(access, begun)
    told = report(rig, order, begun.provider_reference)
    assert (told.status, told.amount) == (ProviderStatus.PAID, Money(3700))
    assert (told.merchant_id, told.reference) == (access.merchant_id, str(order.attempt_id))


def test_the_bank_may_ask_each_time(rig: Rig, access: MerchantAccess) -> None:
    card, order = kept(rig, access, bank_asks=True), rig.order(access)
    begun = charged(rig, order, card.handle)
    assert begun.redirect_url, "there is a way to the bank"
    rig.holder_goes_on(access, begun)
    told = report(rig, order, begun.provider_reference)
    assert told.status in (ProviderStatus.OPEN, ProviderStatus.PENDING), "nobody has paid yet"


def test_the_same_charge_again_is_no_second_one(rig: Rig, access: MerchantAccess) -> None:
    card, order = kept(rig, access), rig.order(access)
    begun = charged(rig, order, card.handle)
    again = keeper(rig).charge_kept(order, handle=card.handle)
    assert again == begun or (Can.START_IS_IDEMPOTENT in rig.lacks and isinstance(again, NoAnswer))
    assert rig.taken(access) == 2, "the payment it was kept at, and this one"


@pytest.mark.parametrize(("keep", "declined"), [(False, False), (True, True)], ids=["not wished", "declined"])
def test_nothing_is_kept(rig: Rig, access: MerchantAccess, keep: bool, declined: bool) -> None:
    order = rig.order(access, keep=keep)
    name = started(rig, order).provider_reference
    (rig.decline if declined else rig.pay)(access, str(order.attempt_id))
    assert keeper(rig).kept(merchant=access, provider_reference=name) == NothingKept()


def test_another_merchant_has_no_such_card(rig: Rig, access: MerchantAccess) -> None:
    name = paid(rig, access)
    card = keeper(rig).kept(merchant=access, provider_reference=name)
    assert isinstance(card, KeptInstrument)
    stranger = rig.contract()
    assert keeper(rig).charge_kept(rig.order(stranger), handle=card.handle) == NotStarted(INSTRUMENT_GONE)
    assert rig.taken(stranger) == 0
    assert not isinstance(keeper(rig).kept(merchant=stranger, provider_reference=name), KeptInstrument)
    assert charged(rig, rig.order(access), card.handle)


@pytest.mark.parametrize("handle", ["create", "no-such-card-0001", "../payments"])
def test_a_name_that_is_no_cards_charges_and_keeps_nothing(rig: Rig, access: MerchantAccess, handle: str) -> None:
    answer = keeper(rig).charge_kept(rig.order(access), handle=handle)
    assert isinstance(answer, NotStarted), answer
    assert rig.taken(access) == 0


@pytest.mark.parametrize("kind", list(Trouble))
def test_a_question_about_it_without_an_answer_is_a_doubt(rig: Rig, access: MerchantAccess, kind: Trouble) -> None:
    name = paid(rig, access)
    rig.trouble("stored_card", kind)
    assert isinstance(keeper(rig).kept(merchant=access, provider_reference=name), NoAnswer)
    assert isinstance(keeper(rig).kept(merchant=access, provider_reference=name), KeptInstrument)


@pytest.mark.parametrize("kind", [Trouble.LOST, Trouble.GARBAGE])
def test_a_charge_whose_answer_is_lost_is_a_doubt(rig: Rig, access: MerchantAccess, kind: Trouble) -> None:
    card, order = kept(rig, access), rig.order(access)
    rig.trouble("charge", kind)
    assert isinstance(keeper(rig).charge_kept(order, handle=card.handle), NoAnswer)
    assert rig.taken(access) == 2


@pytest.mark.needs(Can.FORGETS)
def test_it_is_forgotten_for_good(rig: Rig, access: MerchantAccess) -> None:
    card = kept(rig, access)
    rig.trouble("forget", Trouble.UNAVAILABLE)
    assert isinstance(forgetter(rig).forget(merchant=access, handle=card.handle), NoAnswer)
    assert forgetter(rig).forget(merchant=rig.contract(), handle=card.handle) == NothingKept(), "not theirs"
    assert forgetter(rig).forget(merchant=access, handle=card.handle) == Forgotten()
    assert forgetter(rig).forget(merchant=access, handle=card.handle) == NothingKept()
    assert keeper(rig).charge_kept(rig.order(access), handle=card.handle) == NotStarted(INSTRUMENT_GONE)


def test_another_town_cannot_charge_it(rig: Rig, access: MerchantAccess, town_with: Any) -> None:
    """At the operation, at the database and at the provider; its own town can."""
    from tests.support.wallets import BACK, a_payment, keeps, pays, question_to_pay
    from zahlstelle import payments, wallet
    from zahlstelle.tables.wallet import StoredCardRow
    from zahlstelle.tenancy import inside

    other = rig.contract()
    town, neighbour = town_with(access), town_with(other)
    holder = keeps(town, clock.now(), pay=lambda attempt: rig.pay(access, str(attempt.id)))
    theirs = keeps(neighbour, clock.now(), pay=lambda attempt: rig.pay(other, str(attempt.id)))
    with inside(town):
        card = StoredCardRow.objects.get(tenant_id=town.id)
    with inside(neighbour):
        own = StoredCardRow.objects.get(tenant_id=neighbour.id)
    payment_id = a_payment(neighbour, clock.now())
    with pytest.raises(wallet.StoredCardUnknown):
        question_to_pay(neighbour, holder, payment_id, clock.now())
    told: dict[str, Any] = {"provider_name": rig.name, "handle": card.handle, "at": clock.now(), **BACK}
    told |= {"tenant": neighbour, "payment_id": payment_id}
    with pytest.raises(payments.MethodUnknown):
        payments.begin_kept(instrument=own.id, merchant_id=access.merchant_id, **told)
    with pytest.raises(payments.AlreadyBeingPaid) as refused:
        payments.begin_kept(instrument=card.id, merchant_id=other.merchant_id, **told)
    assert "attempt_instrument_of_its_town" in str(refused.value.__cause__)
    before = rig.taken(other)
    attempt = payments.begin_kept(instrument=own.id, merchant_id=other.merchant_id, **told)
    assert (attempt.status, attempt.decline_code) == (payments.Status.REFUSED, INSTRUMENT_GONE)
    assert rig.taken(other) == before
    for whose, place, who in ((access, town, holder), (other, neighbour, theirs)):
        mine = a_payment(place, clock.now())
        begun = pays(place, mine, who.passkey.answers(question_to_pay(place, who, mine, clock.now())), clock.now())
        rig.holder_goes_on(whose, Started(begun.provider_reference or "", begun.redirect_url or ""))
        assert payments.refresh(tenant=place, attempt_id=begun.id, at=clock.now()).status is payments.Status.PAID


def test_a_citizen_deletes_it(rig: Rig, access: MerchantAccess, town_with: Any) -> None:
    from tests.support.wallets import keeps
    from zahlstelle import wallet
    from zahlstelle.wallet import Deletion

    town = town_with(access)
    holder = keeps(town, clock.now(), pay=lambda attempt: rig.pay(access, str(attempt.id)))
    done = wallet.delete_cards(tenant=town, citizen=holder.citizen, card_ids=None, at=clock.now())
    assert done is (Deletion.HERE if Can.FORGETS in rig.lacks else Deletion.DONE)
    assert not wallet.is_known(tenant=town, citizen=holder.citizen)
    assert not wallet.cards(tenant=town, citizen=holder.citizen)


def test_who_cannot_forget_does_not_say_that_it_can(rig: Rig) -> None:
    assert isinstance(rig.adapter, ForgetsInstruments) is (Can.FORGETS not in rig.lacks)
