"""What an adapter says: one payment for one start, a doubt for every doubt, no forged word believed."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from tests.conformance.kit import Can, Rig, Trouble, Wrong
from tests.conformance.rigs import ALL
from zahlstelle.kernel import Money, clock, new_id
from zahlstelle.payments import (
    ForgedNotification,
    MerchantAccess,
    NeverSeen,
    NoAnswer,
    NotStarted,
    ProviderStatus,
    Report,
    Started,
    StartRequest,
    _flow,
)

Answer = Report | NeverSeen | NoAnswer


def started(rig: Rig, order: StartRequest) -> Started:
    answer = rig.adapter.start(order)
    assert isinstance(answer, Started), answer
    return answer


def asked(rig: Rig, order: StartRequest, name: str | None = None) -> Answer:
    """What the adapter says of a payment; without the provider's name for it: by ours alone."""
    return rig.adapter.status(merchant=order.merchant, reference=str(order.attempt_id), provider_reference=name)


def report(rig: Rig, order: StartRequest, name: str | None = None) -> Report:
    answer = asked(rig, order, name)
    assert isinstance(answer, Report), answer
    return answer


def test_every_plugged_adapter_has_a_rig() -> None:
    assert set(_flow._PLUGGED) <= set(ALL)


def test_what_a_provider_lacks_has_its_reason(rig: Rig) -> None:
    assert all(reason.strip() for reason in rig.lacks.values())


def test_every_word_of_the_provider_has_a_meaning(rig: Rig) -> None:
    meaning, words = rig.words
    assert set(meaning) == set(words)
    assert ProviderStatus.PAID in meaning.values()


@pytest.mark.needs(Can.START_IS_IDEMPOTENT)
def test_the_same_start_again_is_the_same_payment(rig: Rig, access: MerchantAccess) -> None:
    order = rig.order(access)
    assert len({started(rig, order).provider_reference for _ in range(3)}) == 1
    assert rig.taken(access) == 1


@pytest.mark.needs(Can.START_IS_IDEMPOTENT)
def test_the_same_start_by_eight_at_once_is_one_payment(rig: Rig, access: MerchantAccess) -> None:
    order = rig.order(access)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: rig.adapter.start(order), range(8)))
    assert not [answer for answer in answers if isinstance(answer, NotStarted)], "that would say: nothing happened"
    assert len({answer.provider_reference for answer in answers if isinstance(answer, Started)}) == 1
    assert rig.taken(access) == 1


@pytest.mark.parametrize("kind", [Trouble.LOST, Trouble.GARBAGE])
def test_a_start_whose_answer_is_lost_is_a_doubt(rig: Rig, access: MerchantAccess, kind: Trouble) -> None:
    order = rig.order(access)
    rig.trouble("start", kind)
    assert isinstance(rig.adapter.start(order), NoAnswer)
    assert rig.taken(access) == 1
    if Can.FOUND_BY_OUR_NAME in rig.lacks:
        assert isinstance(asked(rig, order), NoAnswer), "the provider has it: nobody may say that it was never seen"
    else:
        assert report(rig, order).status is ProviderStatus.OPEN


def test_a_provider_that_does_not_work_takes_nothing(rig: Rig, access: MerchantAccess) -> None:
    rig.trouble("start", Trouble.UNAVAILABLE)
    assert isinstance(rig.adapter.start(rig.order(access)), NoAnswer | NotStarted)
    assert rig.taken(access) == 0


@pytest.mark.parametrize("kind", list(Trouble))
def test_a_question_without_an_answer_is_a_doubt(rig: Rig, access: MerchantAccess, kind: Trouble) -> None:
    order = rig.order(access)
    name = started(rig, order).provider_reference
    rig.pay(access, str(order.attempt_id))
    rig.trouble("status", kind)
    assert isinstance(asked(rig, order, name), NoAnswer)
    assert report(rig, order, name).status is ProviderStatus.PAID


def test_a_payment_that_never_was(rig: Rig, access: MerchantAccess) -> None:
    answer = asked(rig, rig.order(access))
    assert isinstance(answer, NoAnswer if Can.FOUND_BY_OUR_NAME in rig.lacks else NeverSeen)


def test_a_payment_of_another_contract_is_not_told(rig: Rig, access: MerchantAccess) -> None:
    order = rig.order(access)
    name = started(rig, order).provider_reference
    rig.pay(access, str(order.attempt_id))
    stranger = rig.contract()
    answer = rig.adapter.status(merchant=stranger, reference=str(order.attempt_id), provider_reference=name)
    assert not isinstance(answer, Report)


def test_paid_is_told_with_everything_that_is_compared(rig: Rig, access: MerchantAccess) -> None:
    order = rig.order(access)
    name = started(rig, order).provider_reference
    assert report(rig, order, name).status is ProviderStatus.OPEN
    rig.pay(access, str(order.attempt_id))
    told = report(rig, order, name)
    assert told.status is ProviderStatus.PAID
    assert (told.amount, told.provider_reference) == (Money(3700), name)
    assert (told.merchant_id, told.reference) == (access.merchant_id, str(order.attempt_id))


def test_declined_is_told(rig: Rig, access: MerchantAccess) -> None:
    order = rig.order(access)
    name = started(rig, order).provider_reference
    rig.decline(access, str(order.attempt_id))
    assert report(rig, order, name).status is ProviderStatus.DECLINED


def test_a_word_never_heard_is_neither_yes_nor_no(rig: Rig, access: MerchantAccess) -> None:
    order = rig.order(access)
    name = started(rig, order).provider_reference
    rig.foreign_word(access, str(order.attempt_id))
    answer = asked(rig, order, name)
    assert isinstance(answer, NoAnswer) or (isinstance(answer, Report) and answer.status is ProviderStatus.UNKNOWN)


@pytest.mark.needs(Can.CANCELS)
def test_giving_up_is_told_by_the_provider(rig: Rig, access: MerchantAccess) -> None:
    order = rig.order(access)
    name = started(rig, order).provider_reference
    answer = rig.adapter.cancel(merchant=access, provider_reference=name)
    assert isinstance(answer, Report) and answer.status is ProviderStatus.CANCELLED
    assert report(rig, order, name).status is ProviderStatus.CANCELLED


@pytest.mark.needs(Can.CANCELS)
def test_giving_up_what_is_paid_says_that_it_is_paid(rig: Rig, access: MerchantAccess) -> None:
    order = rig.order(access)
    name = started(rig, order).provider_reference
    rig.pay(access, str(order.attempt_id))
    answer = rig.adapter.cancel(merchant=access, provider_reference=name)
    assert isinstance(answer, NoAnswer) or (isinstance(answer, Report) and answer.status is ProviderStatus.PAID)
    assert report(rig, order, name).status is ProviderStatus.PAID


@pytest.mark.needs(Can.NOTIFIES)
def test_a_notification_names_its_payment(rig: Rig, access: MerchantAccess) -> None:
    order = rig.order(access)
    name = started(rig, order).provider_reference
    rig.pay(access, str(order.attempt_id))
    for heard in rig.heard(access, str(order.attempt_id)):
        told = rig.adapter.read_notification(merchant=access, headers=heard.headers, body=heard.body, at=clock.now())
        assert told.message_id
        assert told.provider_reference == name or told.reference == str(order.attempt_id)


@pytest.mark.needs(Can.NOTIFIES)
def test_no_forged_notification_is_read(rig: Rig, access: MerchantAccess) -> None:
    order = rig.order(access)
    started(rig, order)
    rig.pay(access, str(order.attempt_id))
    heard = rig.heard(access, str(order.attempt_id))[0]
    forged = {**rig.forgeries(heard), "of another contract": rig.tell(access, str(order.attempt_id))}
    for what, each in forged.items():
        whose = access if what != "of another contract" else rig.contract()
        with pytest.raises(ForgedNotification):
            rig.adapter.read_notification(merchant=whose, headers=each.headers, body=each.body, at=clock.now())
            pytest.fail(f"believed: {what}")
    assert len(forged) > 5


@pytest.mark.needs(Can.NOTIFIES)
@pytest.mark.parametrize("minutes", [-4, 0, 4])
def test_clocks_that_differ_a_little(rig: Rig, access: MerchantAccess, minutes: int) -> None:
    order = rig.order(access)
    started(rig, order)
    told = rig.tell(access, str(order.attempt_id))
    at = clock.now() + timedelta(minutes=minutes)
    assert rig.adapter.read_notification(merchant=access, headers=told.headers, body=told.body, at=at)


@pytest.mark.needs(Can.NOTIFIES, Can.SIGNS_TIME)
@pytest.mark.parametrize("minutes", [-60, -6, 6, 60])
def test_a_notification_of_another_time_is_refused(rig: Rig, access: MerchantAccess, minutes: int) -> None:
    order = rig.order(access)
    started(rig, order)
    told = rig.tell(access, str(order.attempt_id))
    at = clock.now() + timedelta(minutes=minutes)
    with pytest.raises(ForgedNotification):
        rig.adapter.read_notification(merchant=access, headers=told.headers, body=told.body, at=at)


@pytest.mark.needs(Can.ROTATES)
def test_secrets_that_were_changed(rig: Rig, access: MerchantAccess) -> None:
    order = rig.order(access)
    name = started(rig, order).provider_reference
    fresh = rig.rotate(access)
    assert not isinstance(rig.adapter.start(rig.order(access)), Started)
    assert rig.taken(access) == 1
    rig.pay(fresh, str(order.attempt_id))
    assert not isinstance(asked(rig, order, name), Report), "the old secret opens nothing any more"
    answer = rig.adapter.status(merchant=fresh, reference=str(order.attempt_id), provider_reference=name)
    assert isinstance(answer, Report) and answer.status is ProviderStatus.PAID


@pytest.mark.needs(Can.ROTATES, Can.NOTIFIES)
def test_notifications_after_the_secrets_were_changed(rig: Rig, access: MerchantAccess) -> None:
    order = rig.order(access)
    started(rig, order)
    old = rig.tell(access, str(order.attempt_id))
    fresh = rig.rotate(access)
    new = rig.tell(fresh, str(order.attempt_id))
    at = clock.now()
    assert rig.adapter.read_notification(merchant=fresh, headers=new.headers, body=new.body, at=at)
    for merchant, told in ((fresh, old), (access, new)):
        with pytest.raises(ForgedNotification):
            rig.adapter.read_notification(merchant=merchant, headers=told.headers, body=told.body, at=at)


@pytest.mark.parametrize("wrong", list(Wrong))
def test_something_wrong_is_told_as_it_was_said_or_not_at_all(rig: Rig, access: MerchantAccess, wrong: Wrong) -> None:
    """Comparing is not the adapter's business; hiding what differs would be the end of it."""
    if wrong is Wrong.MERCHANT and Can.NAMES_MERCHANT in rig.lacks:
        pytest.skip(rig.lacks[Can.NAMES_MERCHANT])
    order = rig.order(access)
    name = started(rig, order).provider_reference
    rig.pay(access, str(order.attempt_id))
    rig.lie(access, str(order.attempt_id), wrong)
    answer = asked(rig, order, name)
    right = (Money(3700), access.merchant_id, str(order.attempt_id))
    assert isinstance(answer, NoAnswer) or (
        isinstance(answer, Report) and (answer.amount, answer.merchant_id, answer.reference) != right
    )


def test_an_unknown_payment_is_never_invented(rig: Rig, access: MerchantAccess) -> None:
    answer = rig.adapter.status(merchant=access, reference=str(new_id()), provider_reference="no-such-payment")
    assert isinstance(answer, NeverSeen | NoAnswer)
