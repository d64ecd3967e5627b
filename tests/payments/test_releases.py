"""A person says what became of a payment or refund that nobody knows of: asked first, by two, once, never lost."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import Error, connection, transaction
from tests.payments.test_refunds import Refunding, assert_right, book, left, refund
from tests.support.rest import at_once
from tests.support.sizes import size
from tests.support.towns import AT, a_claim, found_town

from zahlstelle import audit, claims, events, ledger, payments, treasury
from zahlstelle.kernel import CardNumberTyped, Refusal
from zahlstelle.payments import (
    Attempt,
    NeverSeen,
    NoAnswer,
    ProviderStatus,
    Refund,
    RefundReport,
    RefundState,
    RefundStatus,
    Release,
    ReleaseState,
    Report,
    Status,
    Word,
    _flow,
)
from zahlstelle.tables.payments import ReleaseRow
from zahlstelle.tenancy import Tenant, inside

LATER = AT + timedelta(hours=2)
SILENT = NoAnswer("timeout")


@pytest.fixture
def fake() -> Iterator[Refunding]:
    provider = Refunding(start_answer=SILENT, answer=SILENT)
    payments.plug(provider)
    yield provider
    _flow._PLUGGED.pop("fake")


@pytest.fixture
def town(fake: Refunding) -> Tenant:
    access = {"name": "fake", "merchant_id": "m", "secret": "s", "base_url": "http://127.0.0.1:1", "methods": ["card"]}
    return found_town(providers=[access])


def lost(town: Tenant, amount: str = "37.00") -> Attempt:
    """A start that the provider has not answered, nor any question since."""
    payment = payments.start_payment(tenant=town, claim_id=a_claim(town, amount).id, at=AT).payment
    attempt = payments.begin(tenant=town, payment_id=payment.id, method="card", return_url="", notify_url="", at=AT)
    assert attempt.status is Status.UNKNOWN
    return attempt


def unsure_refund(fake: Refunding, town: Tenant, amount: str = "10.00") -> Refund:
    """A refund of a captured payment that the provider has not answered."""
    fake.start_answer, fake.answer, fake.says = None, None, ProviderStatus.PAID
    payment = payments.start_payment(tenant=town, claim_id=a_claim(town).id, at=AT).payment
    attempt = payments.begin(tenant=town, payment_id=payment.id, method="card", return_url="", notify_url="", at=AT)
    attempt = payments.refresh(tenant=town, attempt_id=attempt.id, at=AT)
    fake.refund_answer, fake.question_answer = SILENT, SILENT
    return refund(town, attempt, amount)


def says(town: Tenant, about: Attempt | Refund, word: Word, by: str = "Anna", **more: Any) -> Release | None:
    refunded = isinstance(about, Refund)
    values: dict[str, Any] = {
        "attempt_id": about.attempt_id if isinstance(about, Refund) else about.id,
        "refund_id": about.id if refunded else None,
        "reason": "im Portal nachgesehen",
        "reference": None if refunded else "portal-1",
        "at": LATER,
    }
    return payments.release(tenant=town, word=word, by=by, **values | more)


def confirmed(town: Tenant, about: Attempt | Refund, word: Word) -> Release:
    first = says(town, about, word)
    assert first is not None and first.state is ReleaseState.WAITING
    return payments.confirm_release(tenant=town, release_id=first.id, by="Berta", at=LATER)


def now(town: Tenant, attempt: Attempt) -> Attempt:
    return payments.attempts_by_id(tenant=town, attempts=[attempt.id])[attempt.id]


def open_cents(town: Tenant, attempt: Attempt) -> int:
    return claims.claim_by_id(tenant=town, claim_id=attempt.claim_ids[0]).open.cents


def unsure(town: Tenant) -> list[str]:
    return [one.what for one in treasury.unsure(tenant=town)]


def names(town: Tenant, attempt: Attempt) -> list[str]:
    return [event.name for event in events.events_about(tenant=town, subject=attempt.payment_id)]


def test_paid_is_booked_when_two_have_said_so(fake: Refunding, town: Tenant) -> None:
    attempt = lost(town)
    first = says(town, attempt, Word.PAID)
    assert first is not None and first.state is ReleaseState.WAITING
    assert (now(town, attempt).status, open_cents(town, attempt)) == (Status.UNKNOWN, 3700), "one is not enough"
    asked = fake.checked
    done = payments.confirm_release(tenant=town, release_id=first.id, by="Berta", at=LATER)
    assert fake.checked > asked, "the provider is asked once more before"
    assert (done.state, done.made_by, done.ended_by) == (ReleaseState.APPLIED, "Anna", "Berta")
    after = now(town, attempt)
    assert (after.status, after.provider_reference, after.released) == (Status.PAID, "portal-1", first.id)
    assert (open_cents(town, attempt), book(town)["clearing:fake"]) == (0, 3700)
    booked = ledger.booked_about(tenant=town, subject=attempt.id)
    assert {line.text for line in booked} == {"Zahlung über fake, auf Angabe der Kasse"}
    told = events.events_about(tenant=town, subject=attempt.payment_id)[-1]
    assert (told.name, told.payload["on_word"]) == ("payment.paid", str(first.id))
    deeds = audit.deeds(tenant=town, subject=str(attempt.payment_id))
    assert [(d.action, d.actor, d.details["reason"]) for d in deeds] == [
        ("release.applied", "Berta", "im Portal nachgesehen"),
        ("release.said", "Anna", "im Portal nachgesehen"),
    ]
    assert unsure(town) == []
    assert_right(town)


@pytest.mark.parametrize("pending", [False, True])
def test_a_payer_who_left_a_provider_that_cannot_be_asked_is_a_doubt_for_a_person(
    pending: bool, fake: Refunding, town: Tenant
) -> None:
    """PAYONE's classic interface tells nothing of who leaves the bank's page, and nobody can ask it."""
    fake.start_answer = None
    payment = payments.start_payment(tenant=town, claim_id=a_claim(town).id, at=AT).payment
    attempt = payments.begin(tenant=town, payment_id=payment.id, method="card", return_url="", notify_url="", at=AT)
    if pending:
        fake.answer, fake.says = None, ProviderStatus.PENDING
        payments.refresh(tenant=town, attempt_id=attempt.id, at=AT)
        fake.answer = SILENT
    payments.refresh(tenant=town, attempt_id=attempt.id, at=AT + timedelta(minutes=80))
    assert now(town, attempt).status is (Status.PENDING if pending else Status.STARTED), "they may still be there"
    payments.sweep(tenant=town, at=LATER)
    assert now(town, attempt).status is Status.UNKNOWN
    assert unsure(town) == ["payment_unknown"]
    done = says(town, attempt, Word.NOT_MADE, reference=None)
    assert done is not None and done.state is ReleaseState.APPLIED
    again = payments.start_payment(tenant=town, claim_id=attempt.claim_ids[0], at=LATER).payment
    payments.begin(tenant=town, payment_id=again.id, method="card", return_url="", notify_url="", at=LATER)
    assert_right(town)


def test_what_never_came_about_ends_at_once_and_the_claim_can_be_paid_anew(fake: Refunding, town: Tenant) -> None:
    attempt = lost(town)
    done = says(town, attempt, Word.NOT_MADE, reference=None)
    assert done is not None and done.state is ReleaseState.APPLIED
    assert now(town, attempt).status is Status.REFUSED
    fake.start_answer, fake.answer, fake.says = None, None, ProviderStatus.PAID
    payment = payments.start_payment(tenant=town, claim_id=attempt.claim_ids[0], at=LATER).payment
    again = payments.begin(tenant=town, payment_id=payment.id, method="card", return_url="", notify_url="", at=LATER)
    assert payments.refresh(tenant=town, attempt_id=again.id, at=LATER).status is Status.PAID
    assert open_cents(town, attempt) == 0
    assert_right(town)


def test_the_providers_answer_comes_first(fake: Refunding, town: Tenant) -> None:
    paid, declined, confirmed_late = lost(town), lost(town), lost(town)
    first = says(town, confirmed_late, Word.PAID, reference="portal-3")
    fake.answer, fake.says = None, ProviderStatus.PAID
    assert says(town, paid, Word.NOT_MADE, reference=None) is None, "it answers now"
    assert now(town, paid).status is Status.PAID
    fake.says = ProviderStatus.DECLINED
    assert says(town, declined, Word.PAID) is None
    assert (now(town, declined).status, open_cents(town, declined)) == (Status.DECLINED, 3700)
    assert first is not None
    done = payments.confirm_release(tenant=town, release_id=first.id, by="Berta", at=LATER)
    assert (done.state, now(town, confirmed_late).status) == (ReleaseState.OVERTAKEN, Status.DECLINED)
    assert_right(town)


def test_a_name_that_is_another_payments_changes_nothing(fake: Refunding, town: Tenant) -> None:
    attempt, other = lost(town), lost(town)

    def by_name(*, merchant: Any, reference: str, provider_reference: str | None) -> Report | NoAnswer:
        told = Report(ProviderStatus.PAID, "portal-1", "m", str(other.id), other.amount, None, "paid")
        return told if provider_reference == "portal-1" else SILENT

    fake.status = by_name  # type: ignore[method-assign,assignment]
    with pytest.raises(payments.ReleaseReferenceDiffers):
        says(town, attempt, Word.PAID)
    assert now(town, attempt).status is Status.UNKNOWN
    assert says(town, other, Word.PAID) is None, "asked by the name in the portal, the provider knows it"
    assert now(town, other).status is Status.PAID
    with pytest.raises(payments.PaymentTaken):
        says(town, attempt, Word.PAID)
    assert_right(town)


@pytest.mark.parametrize(
    ("said", "refused"),
    [
        ({"at": AT + timedelta(minutes=89)}, payments.ReleaseTooEarly),
        ({"reason": "  "}, payments.ReleaseIncomplete),
        ({"reference": " "}, payments.ReleaseIncomplete),
        ({"word": Word.GIVEN_BACK}, payments.ReleaseIncomplete),
        ({"reason": "Karte 4111 1111 1111 1111"}, CardNumberTyped),
    ],
)
def test_what_cannot_be_said(said: dict[str, Any], refused: type[Refusal], fake: Refunding, town: Tenant) -> None:
    attempt, word = lost(town), said.pop("word", Word.PAID)
    asked = fake.checked
    with pytest.raises(refused):
        says(town, attempt, word, **said)
    assert (now(town, attempt).status, fake.checked) == (Status.UNKNOWN, asked)
    with inside(town):
        assert not ReleaseRow.objects.exists()


def test_who_said_it_cannot_confirm_it_but_withdraw_it(town: Tenant) -> None:
    attempt = lost(town)
    first = says(town, attempt, Word.PAID)
    assert first is not None
    with pytest.raises(payments.ReleaseNeedsAnother):
        payments.confirm_release(tenant=town, release_id=first.id, by="Anna", at=LATER)
    with pytest.raises(payments.ReleaseWaiting):
        says(town, attempt, Word.NOT_MADE, by="Berta")
    payments.withdraw(tenant=town, release_id=first.id, by="Anna", at=LATER)
    with pytest.raises(payments.ReleaseOver):
        payments.confirm_release(tenant=town, release_id=first.id, by="Berta", at=LATER)
    assert now(town, attempt).status is Status.UNKNOWN
    assert confirmed(town, attempt, Word.PAID).state is ReleaseState.APPLIED
    with pytest.raises(payments.NothingToRelease):
        says(town, attempt, Word.NOT_MADE)


def test_another_town_finds_nothing(town: Tenant, neighbour: Tenant) -> None:
    attempt = lost(town)
    first = says(town, attempt, Word.PAID)
    assert first is not None
    with pytest.raises(payments.PaymentUnknown):
        says(neighbour, attempt, Word.PAID)
    for act in (payments.withdraw, payments.confirm_release):
        with pytest.raises(payments.ReleaseUnknown):
            act(tenant=neighbour, release_id=first.id, by="Berta", at=LATER)
    assert payments.releases_waiting(tenant=neighbour) == []


# --- the provider answers later ----------------------------------------------------------------------------------


def swept(town: Tenant, days: int = 1) -> None:
    payments.sweep(tenant=town, at=LATER + timedelta(days=days))
    payments.sweep_refunds(tenant=town, at=LATER + timedelta(days=days))


def test_captured_after_all_it_is_booked_once_and_told(fake: Refunding, town: Tenant) -> None:
    attempt = lost(town)
    says(town, attempt, Word.NOT_MADE, reference=None)
    fake.answer, fake.says = None, ProviderStatus.PAID
    swept(town)
    assert (now(town, attempt).status, open_cents(town, attempt)) == (Status.PAID, 0)
    booked = {line.text for line in ledger.booked_about(tenant=town, subject=attempt.id)}
    assert booked == {"Zahlung über fake"}, "booked on the provider's word"
    assert names(town, attempt)[-2:] == ["payment.release_contradicted", "payment.paid_late"]
    assert unsure(town) == ["release_contradicted"]
    swept(town, 2)
    (told,) = payments.releases_contradicted(tenant=town)
    payments.deal_with(tenant=town, release_id=told.id, note="Zahler benachrichtigt", by="Anna", at=LATER)
    assert unsure(town) == []
    assert_right(town)


def test_captured_after_another_has_paid_it_is_owed_back(fake: Refunding, town: Tenant) -> None:
    attempt = lost(town)
    says(town, attempt, Word.NOT_MADE, reference=None)
    payments.take_over(
        tenant=town, claim_id=attempt.claim_ids[0], provider="fake", method="card", provider_reference="anew", at=LATER
    )
    fake.answer, fake.says = None, ProviderStatus.PAID
    swept(town)
    assert now(town, attempt).status is Status.SURPLUS
    assert (book(town)["overpaid"], book(town)["clearing:fake"]) == (-3700, 7400)
    assert sorted(unsure(town)) == ["payment_surplus", "release_contradicted"]
    assert_right(town)


@pytest.mark.parametrize("late", [ProviderStatus.DECLINED, NeverSeen()])
def test_not_paid_after_all_stays_booked_and_is_told(late: Any, fake: Refunding, town: Tenant) -> None:
    """Only people can say what is right then: what was booked on their word does not vanish by itself."""
    attempt = lost(town)
    confirmed(town, attempt, Word.PAID)
    fake.answer, fake.says = (late, fake.says) if isinstance(late, NeverSeen) else (None, late)
    swept(town)
    assert now(town, attempt).status is Status.PAID
    assert unsure(town) == ["release_contradicted"]
    assert_right(town)


def test_a_word_is_held_against_the_provider_for_a_month(fake: Refunding, town: Tenant) -> None:
    attempt = lost(town)
    confirmed(town, attempt, Word.PAID)
    for day in range(1, 40):
        payments.sweep(tenant=town, at=LATER + timedelta(days=day))
    asked = fake.checked
    payments.sweep(tenant=town, at=LATER + timedelta(days=60))
    assert (asked >= 30, fake.checked) == (True, asked)
    agreed = lost(town)
    confirmed_by = says(town, agreed, Word.PAID, reference="portal-2")
    assert confirmed_by is not None
    payments.confirm_release(tenant=town, release_id=confirmed_by.id, by="Berta", at=LATER)
    fake.answer, fake.says = None, ProviderStatus.PAID
    swept(town)
    asked = fake.checked
    swept(town, 5)
    assert (fake.checked, unsure(town)) == (asked, []), "it has agreed: nothing is left to ask"
    assert book(town)["clearing:fake"] == 7400
    assert_right(town)


# --- refunds -----------------------------------------------------------------------------------------------------


def test_given_back_is_booked_and_not_given_back_frees_the_money(fake: Refunding, town: Tenant) -> None:
    back, not_back = unsure_refund(fake, town), unsure_refund(fake, town, "37.00")
    captured = payments.attempts_by_id(tenant=town, attempts=[back.attempt_id, not_back.attempt_id])
    done = says(town, back, Word.GIVEN_BACK, reference="re_1")
    assert done is not None and done.state is ReleaseState.APPLIED
    assert payments.refund_by_id(tenant=town, refund_id=back.id).state is RefundState.DONE
    booked = {line.text for line in ledger.booked_about(tenant=town, subject=back.id)}
    assert booked == {f"Erstattung fake-{back.attempt_id}, auf Angabe der Kasse"}
    assert left(town, captured[not_back.attempt_id]) == 0
    assert confirmed(town, not_back, Word.NOT_GIVEN_BACK).state is ReleaseState.APPLIED
    assert payments.refund_by_id(tenant=town, refund_id=not_back.id).state is RefundState.REFUSED
    assert left(town, captured[not_back.attempt_id]) == 3700
    fake.refund_answer = None
    assert refund(town, captured[not_back.attempt_id], "37.00").state is RefundState.DONE
    assert_right(town)


def test_a_refund_done_after_all_is_never_above_what_was_captured(fake: Refunding, town: Tenant) -> None:
    """It was given back twice: the book holds what was captured at most, and a person is told of the rest."""
    first = unsure_refund(fake, town, "30.00")
    attempt = payments.attempts_by_id(tenant=town, attempts=[first.attempt_id])[first.attempt_id]
    confirmed(town, first, Word.NOT_GIVEN_BACK)
    fake.refund_answer = None
    refund(town, attempt, "37.00")
    fake.question_answer = None
    swept(town)
    assert payments.refund_by_id(tenant=town, refund_id=first.id).state is RefundState.REFUSED
    assert (left(town, attempt), book(town)["clearing:fake"]) == (0, 0)
    assert unsure(town) == ["release_contradicted"]
    assert_right(town)


def test_a_refund_that_did_not_happen_after_all_is_told(fake: Refunding, town: Tenant) -> None:
    back = unsure_refund(fake, town)
    says(town, back, Word.GIVEN_BACK)
    fake.question_answer = RefundReport(RefundStatus.REFUSED, None, str(back.id), back.amount, "failed")
    swept(town)
    assert payments.refund_by_id(tenant=town, refund_id=back.id).state is RefundState.DONE
    (told,) = payments.releases_contradicted(tenant=town)
    assert (told.refund_id, told.answer_word) == (back.id, "failed")
    assert_right(town)


# --- at the same moment ------------------------------------------------------------------------------------------


@pytest.mark.prove("given_back")
def test_a_release_and_a_notification_at_the_same_moment(fake: Refunding, town: Tenant) -> None:
    """Whoever is first: the money is booked once, and a word that was wrong is told."""

    for number in range(size(6, 400)):
        attempt, word = lost(town), (Word.NOT_MADE, Word.PAID)[number % 2]
        first = says(town, attempt, Word.PAID, reference=f"portal-{number}") if word is Word.PAID else None
        paid = Report(ProviderStatus.PAID, f"portal-{number}", "m", str(attempt.id), attempt.amount, None, "paid")

        def act(who: int, attempt: Attempt = attempt, first: Release | None = first, paid: Report = paid) -> str:
            try:
                if who == 0:
                    return payments.settle(tenant=town, attempt_id=attempt.id, report=paid, at=LATER).status
                if first is not None:
                    return payments.confirm_release(tenant=town, release_id=first.id, by="Berta", at=LATER).state
                made = says(town, attempt, Word.NOT_MADE, reference=None)
                return made.state if made else "known"
            except payments.NothingToRelease as refused:
                return refused.code

        told = at_once(2, act)
        assert told[0] == "paid"
        assert told[1] in {"applied", "overtaken", "known", "nothing_to_release"}
        assert (now(town, attempt).status, open_cents(town, attempt)) == (Status.PAID, 0), told
        contradicted = [each.attempt_id for each in payments.releases_contradicted(tenant=town)]
        assert (attempt.id in contradicted) == (word is Word.NOT_MADE and told[1] == "applied")
    assert book(town)["clearing:fake"] == 3700 * size(6, 400)
    assert_right(town)


@pytest.mark.prove("given_back")
def test_two_people_at_once(town: Tenant) -> None:
    for _ in range(size(3, 200)):
        attempt = lost(town)

        def speak(who: int, attempt: Attempt = attempt) -> str:
            try:
                made = says(town, attempt, (Word.PAID, Word.NOT_MADE)[who], by=("Anna", "Berta")[who], reference=None)
            except (payments.ReleaseWaiting, payments.NothingToRelease, payments.ReleaseIncomplete) as refused:
                return refused.code
            return made.state if made else "known"

        at_once(2, speak)
        other = lost(town)
        first = says(town, other, Word.PAID, reference=f"p-{other.id}")
        assert first is not None

        def end(who: int, first: Release = first) -> str:
            try:
                if who < 2:
                    by = ("Berta", "Clara")[who]
                    return payments.confirm_release(tenant=town, release_id=first.id, by=by, at=LATER).state
                return payments.withdraw(tenant=town, release_id=first.id, by="Anna", at=LATER).state
            except payments.ReleaseOver as refused:
                return refused.code

        told = at_once(3, end)
        assert sorted(told).count("release_over") == 2, told
        paid = now(town, other).status is Status.PAID
        assert paid == ("applied" in told)
    assert_right(town)


FORBIDDEN = [
    "UPDATE release SET reason = 'anders' WHERE id = %(release)s",
    "UPDATE release SET word = 'not_made' WHERE id = %(release)s",
    "UPDATE release SET made_by = 'Clara' WHERE id = %(release)s",
    "UPDATE release SET state = 'applied', ended_by = made_by, ended_at = now() WHERE id = %(release)s",
    "UPDATE release SET state = 'applied' WHERE id = %(release)s",
    "DELETE FROM release WHERE id = %(release)s",
    "UPDATE release SET state = 'waiting', ended_by = NULL, ended_at = NULL WHERE id = %(over)s",
    "UPDATE release SET ended_by = 'Clara' WHERE id = %(over)s",
]


@pytest.mark.parametrize("sql", FORBIDDEN)
def test_the_database_itself_refuses(sql: str, town: Tenant) -> None:
    waits, over = says(town, lost(town), Word.PAID), says(town, lost(town), Word.NOT_MADE, reference=None)
    assert waits is not None and over is not None
    with inside(town), connection.cursor() as cursor, pytest.raises(Error), transaction.atomic():
        cursor.execute(sql, {"release": waits.id, "over": over.id})


def test_the_database_knows_whose_payment_it_is(town: Tenant, neighbour: Tenant) -> None:
    attempt = lost(town)
    row = ReleaseRow(
        id=attempt.id, attempt_id=attempt.id, word="paid", reason="x", made_by="x", made_at=AT, state="waiting"
    )
    row.tenant_id = neighbour.id
    with pytest.raises(Error), inside(neighbour):
        row.save(force_insert=True)
