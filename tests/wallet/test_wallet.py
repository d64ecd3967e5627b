"""Cards kept behind a passkey: kept when asked for and finished, charged by their holder alone, forgotten for good."""

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from tests.support.passkey import Passkey
from tests.support.towns import AT
from tests.support.wallets import BACK, BROWSER, HERE, SITE, a_payment, keeps, paid_with_wish, pays, question_to_pay

from zahlstelle import claims, payments, wallet
from zahlstelle.payments import NoAnswer, Status
from zahlstelle.tables.wallet import (
    ChallengeRow,
    CitizenRow,
    ConsentRow,
    DeviceRow,
    KeepingRow,
    PasskeyRow,
    StoredCardRow,
)
from zahlstelle.tenancy import Tenant, inside
from zahlstelle.wallet import Deletion, NothingToKeep, PasskeyRefused, StoredCardUnknown

if TYPE_CHECKING:
    from tests.support.keeping_provider import KeepingProvider


def rows(town: Tenant) -> dict[str, int]:
    """Count what the town keeps."""
    tables = (CitizenRow, PasskeyRow, DeviceRow, StoredCardRow, ConsentRow, ChallengeRow)
    with inside(town):
        return {table._meta.db_table: table.objects.filter(tenant_id=town.id).count() for table in tables}


def open_cents(town: Tenant, payment_id: UUID) -> int:
    payment = payments.payment_by_id(tenant=town, payment_id=payment_id)
    return claims.claim_by_id(tenant=town, claim_id=payment.claim_ids[0]).open.cents


def test_kept_then_charged_by_its_holder(town: Tenant, provider: "KeepingProvider") -> None:
    holder = keeps(town)
    payment_id = a_payment(town)
    attempt = pays(town, payment_id, holder.passkey.answers(question_to_pay(town, holder, payment_id)))
    assert (attempt.status, attempt.method, attempt.amount) == (
        Status.PAID,
        "card",
        payments.payment_by_id(tenant=town, payment_id=payment_id).amount,
    )
    assert open_cents(town, payment_id) == 0
    (card,) = wallet.cards(tenant=town, citizen=holder.citizen)
    assert attempt.instrument == card.id
    assert (card.brand, card.last_four, card.used_at) == ("Visa", "1111", AT)
    assert len(provider.charged) == 1


def test_the_bank_wants_to_see_the_citizen(town: Tenant, provider: "KeepingProvider") -> None:
    holder, payment_id = keeps(town), a_payment(town)
    provider.asks_at = "https://bank.example/freigabe"
    answer = holder.passkey.answers(question_to_pay(town, holder, payment_id))
    attempt = wallet.pay_with_card(
        tenant=town,
        payment_id=payment_id,
        answer=answer,
        site=SITE,
        at=AT,
        **BACK,
    )
    assert (attempt.status, attempt.redirect_url) == (Status.STARTED, "https://bank.example/freigabe")
    again = payments.begin(tenant=town, payment_id=payment_id, method="card", **BACK, at=AT)
    assert again.id == attempt.id, "who comes back goes on where they were"


def test_what_is_kept_is_what_was_agreed_to(town: Tenant) -> None:
    holder = keeps(town)
    (consent,) = wallet.consents(tenant=town, citizen=holder.citizen)
    assert (consent.words, consent.version, consent.given_at, consent.withdrawn_at) == (
        "Karte merken\nSchritt",
        "1",
        AT,
        None,
    )
    told = wallet.account(tenant=town, citizen=holder.citizen)
    assert told["email"] == "erika@example.org"
    assert [set(card) for card in told["cards"]] == [
        {"brand", "last_four", "expires_on", "provider", "kept_at", "used_at"}
    ]


def test_without_the_box_nothing_is_kept(town: Tenant, provider: "KeepingProvider") -> None:
    payment_id = paid_with_wish(town, keep=False)
    with pytest.raises(NothingToKeep):
        wallet.ask_for_new_passkey(tenant=town, payment_id=payment_id, **HERE, email="a@b.de", at=AT)
    assert provider.cards == {}
    assert set(rows(town).values()) == {0}


def test_a_wish_that_nobody_finishes_is_forgotten_at_the_provider(town: Tenant, provider: "KeepingProvider") -> None:
    payment_id = paid_with_wish(town)
    assert len(provider.cards) == 1
    wallet.sweep(tenant=town, at=AT + timedelta(minutes=119))
    assert len(provider.cards) == 1
    wallet.sweep(tenant=town, at=AT + timedelta(hours=2))
    assert provider.cards == {}
    with pytest.raises(NothingToKeep):
        wallet.ask_passkey_to_keep(tenant=town, payment_id=payment_id, **HERE, at=AT + timedelta(hours=2))


def test_a_wish_is_taken_back_at_once(town: Tenant, provider: "KeepingProvider") -> None:
    payment_id = paid_with_wish(town)
    wallet.drop_wish(tenant=town, payment_id=payment_id, browser=BROWSER, at=AT)
    assert provider.cards == {}
    assert wallet.wish_of(tenant=town, payment_id=payment_id, browser=BROWSER, at=AT) is None
    holder = keeps(town)
    wallet.drop_wish(tenant=town, payment_id=payment_id, browser=BROWSER, at=AT)
    assert len(wallet.cards(tenant=town, citizen=holder.citizen)) == 1


def test_what_the_provider_kept_late_is_forgotten_too(town: Tenant, provider: "KeepingProvider") -> None:
    paid_with_wish(town)
    provider.silent = True
    wallet.sweep(tenant=town, at=AT + timedelta(hours=2))
    assert len(provider.cards) == 1
    provider.silent = False
    wallet.sweep(tenant=town, at=AT + timedelta(hours=2, minutes=10))
    assert provider.cards == {}
    (handle,) = [f"card-of-{request.attempt_id}" for request in provider.asked]
    provider.cards[handle] = "M1"  # the payment's outcome was not known until now
    wallet.sweep(tenant=town, at=AT + timedelta(hours=26, minutes=10))
    assert provider.cards == {}
    wallet.sweep(tenant=town, at=AT + timedelta(days=9))
    with inside(town):
        assert KeepingRow.objects.get(tenant_id=town.id).check_at is None


def test_a_second_card_with_the_passkey_that_is_there(town: Tenant) -> None:
    holder = keeps(town)
    second = keeps(town, passkey=holder.passkey)
    assert second.citizen == holder.citizen
    assert len(wallet.cards(tenant=town, citizen=holder.citizen)) == 2
    assert rows(town)["passkey"] == 1


def test_one_card_of_two_is_deleted(town: Tenant, provider: "KeepingProvider") -> None:
    holder = keeps(town)
    keeps(town, passkey=holder.passkey)
    one, other = wallet.cards(tenant=town, citizen=holder.citizen)
    assert wallet.delete_cards(tenant=town, citizen=holder.citizen, card_ids=[one.id], at=AT) is Deletion.DONE
    assert [card.id for card in wallet.cards(tenant=town, citizen=holder.citizen)] == [other.id]
    assert len(provider.cards) == 1
    assert wallet.is_known(tenant=town, citizen=holder.citizen)


def test_with_the_last_card_the_citizen_goes(town: Tenant, provider: "KeepingProvider") -> None:
    holder = keeps(town)
    done = wallet.delete_cards(tenant=town, citizen=holder.citizen, card_ids=None, at=AT + timedelta(days=1))
    assert done is Deletion.DONE
    assert provider.cards == {}
    assert rows(town) == {
        "citizen": 0,
        "passkey": 0,
        "device": 0,
        "stored_card": 0,
        "consent": 1,
        "passkey_challenge": 0,
    }
    with inside(town):
        assert ConsentRow.objects.get(tenant_id=town.id).withdrawn_at == AT + timedelta(days=1)


def test_a_card_leaves_at_once_and_the_provider_is_asked_until_it_has_forgotten(
    town: Tenant, provider: "KeepingProvider"
) -> None:
    holder, payment_id = keeps(town), a_payment(town)
    question = question_to_pay(town, holder, payment_id)
    provider.silent = True
    assert wallet.delete_cards(tenant=town, citizen=holder.citizen, card_ids=None, at=AT) is Deletion.SOON
    with pytest.raises(PasskeyRefused):
        pays(town, payment_id, holder.passkey.answers(question))
    assert (provider.charged, rows(town)["stored_card"], rows(town)["citizen"]) == ([], 1, 0)
    wallet.sweep(tenant=town, at=AT + timedelta(minutes=5))
    assert len(provider.cards) == 1
    provider.silent = False
    wallet.sweep(tenant=town, at=AT + timedelta(minutes=15))
    assert (provider.cards, rows(town)["stored_card"]) == ({}, 0)


def test_what_the_provider_no_longer_has_is_not_offered_again(town: Tenant, provider: "KeepingProvider") -> None:
    holder, payment_id = keeps(town), a_payment(town)
    provider.cards.clear()
    attempt = wallet.pay_with_card(
        tenant=town,
        payment_id=payment_id,
        answer=holder.passkey.answers(question_to_pay(town, holder, payment_id)),
        site=SITE,
        at=AT,
        **BACK,
    )
    assert attempt.status is Status.REFUSED
    assert wallet.remembered(tenant=town, device=holder.device, on=AT.date()) is None
    assert rows(town)["stored_card"] == 0
    assert open_cents(town, payment_id) == 3700


def test_an_expired_card_is_not_offered_and_not_charged(town: Tenant, provider: "KeepingProvider") -> None:
    holder, payment_id = keeps(town), a_payment(town)
    assert wallet.remembered(tenant=town, device=holder.device, on=date(2030, 12, 31)) is not None
    assert wallet.remembered(tenant=town, device=holder.device, on=date(2031, 1, 1)) is None
    with pytest.raises(StoredCardUnknown):
        question_to_pay(town, holder, payment_id, AT.replace(year=2031))


@pytest.mark.parametrize(
    ("expires_on", "leaves_at"),
    [
        (date(2026, 11, 30), datetime(2026, 11, 30, 23, tzinfo=UTC)),  # midnight in Berlin
        (date(2030, 12, 31), AT + timedelta(days=1 + 730)),  # unused for two years
    ],
)
def test_a_card_leaves_by_itself(
    town: Tenant, provider: "KeepingProvider", expires_on: date, leaves_at: datetime
) -> None:
    provider.expires_on = expires_on
    holder, payment_id, used_at = keeps(town), a_payment(town, AT + timedelta(days=1)), AT + timedelta(days=1)
    answer = holder.passkey.answers(question_to_pay(town, holder, payment_id, used_at))
    pays(town, payment_id, answer, used_at)
    wallet.sweep(tenant=town, at=AT + timedelta(hours=2))  # looks after the wish
    for moment in (AT + timedelta(days=730), leaves_at - timedelta(seconds=1)):
        if moment < leaves_at:
            wallet.sweep(tenant=town, at=moment)
    assert len(wallet.cards(tenant=town, citizen=holder.citizen)) == len(provider.cards) == 1
    wallet.sweep(tenant=town, at=leaves_at)
    assert (provider.cards, rows(town)["stored_card"], rows(town)["citizen"]) == ({}, 0, 0)


def test_a_device_that_is_somebody_elses_now_shows_no_card(town: Tenant) -> None:
    holder, payment_id = keeps(town), a_payment(town)
    wallet.forget_device(tenant=town, device=holder.device)
    wallet.forget_device(tenant=town, device=holder.device)
    with pytest.raises(StoredCardUnknown):
        question_to_pay(town, holder, payment_id)


def test_two_at_once_pay_once(town: Tenant, provider: "KeepingProvider") -> None:
    holder, payment_id = keeps(town), a_payment(town)
    first, second = (holder.passkey.answers(question_to_pay(town, holder, payment_id)) for _ in range(2))
    pays(town, payment_id, first)
    with pytest.raises(payments.AlreadyPaid):
        pays(town, payment_id, second)
    assert len(provider.charged) == 1


def test_no_answer_is_no_second_charge(
    town: Tenant, provider: "KeepingProvider", monkeypatch: pytest.MonkeyPatch
) -> None:
    holder, payment_id = keeps(town), a_payment(town)
    answered = provider.charge_kept

    def lost(*args: object, **kwargs: object) -> NoAnswer:
        answered(*args, **kwargs)  # type: ignore[arg-type]
        return NoAnswer("timeout")

    monkeypatch.setattr(provider, "charge_kept", lost)
    answer = holder.passkey.answers(question_to_pay(town, holder, payment_id))
    attempt = wallet.pay_with_card(
        tenant=town,
        payment_id=payment_id,
        answer=answer,
        site=SITE,
        at=AT,
        **BACK,
    )
    assert attempt.status is Status.UNKNOWN
    assert payments.refresh(tenant=town, attempt_id=attempt.id, at=AT).status is Status.PAID
    assert (len(provider.charged), open_cents(town, payment_id)) == (1, 0)


@pytest.mark.parametrize(
    ("base_url", "there"),
    [
        ("https://zahlung.stadt.example", True),
        ("http://localhost:8000", True),
        ("http://127.0.0.1:8000", False),
        ("https://[::1]", False),
        ("http://zahlung.stadt.example", False),
    ],
)
def test_where_passkeys_belong_to(base_url: str, there: bool) -> None:
    assert (wallet.site_of(base_url) is not None) is there


def test_a_new_passkey_must_know_its_holder(town: Tenant, provider: "KeepingProvider") -> None:
    payment_id = paid_with_wish(town)
    question = wallet.ask_for_new_passkey(tenant=town, payment_id=payment_id, **HERE, email="a@b.de", at=AT)
    with pytest.raises(PasskeyRefused):
        wallet.keep_card(
            tenant=town,
            payment_id=payment_id,
            **HERE,
            answer=Passkey().registers(question, flags=1),
            words="",
            at=AT,
        )
    assert set(rows(town).values()) == {0}
