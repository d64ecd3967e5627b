"""Money given back: asked for once, known in the end, booked gross, and never more than was captured."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import Error, connection, transaction
from tests.support.book import assert_sound
from tests.support.fake_provider import FakeProvider
from tests.support.towns import AT, a_claim, found_town

from zahlstelle import claims, events, ledger, payments, treasury
from zahlstelle.kernel import Money, eur, new_id
from zahlstelle.payments import (
    Attempt,
    NeverSeen,
    NoAnswer,
    NotStarted,
    ProviderStatus,
    Refund,
    RefundReport,
    RefundRequest,
    RefundState,
    RefundStatus,
    Status,
    Wish,
    _flow,
)
from zahlstelle.tenancy import Tenant, inside


@dataclass
class Refunding(FakeProvider):
    """Gives money back as it is told."""

    refund_answer: RefundReport | NotStarted | NoAnswer | None = None
    question_answer: RefundReport | NeverSeen | NoAnswer | None = None
    refunds: list[RefundRequest] = field(default_factory=list)
    questions: int = 0

    def refund(self, request: RefundRequest) -> RefundReport | NotStarted | NoAnswer:
        self.refunds.append(request)
        return self.refund_answer or said(request, RefundStatus.DONE)

    def refund_status(
        self, request: RefundRequest, *, refund_reference: str | None
    ) -> RefundReport | NeverSeen | NoAnswer:
        self.questions += 1
        return self.question_answer or said(request, RefundStatus.DONE)


def said(request: RefundRequest, status: RefundStatus, **other: Any) -> RefundReport:
    values: dict[str, Any] = {
        "status": status,
        "refund_reference": f"back-{request.refund_id}",
        "reference": str(request.refund_id),
        "amount": request.amount,
        "vendor_word": status.value,
    }
    return RefundReport(**values | other)


@pytest.fixture
def fake() -> Iterator[Refunding]:
    provider = Refunding()
    payments.plug(provider)
    yield provider
    _flow._PLUGGED.pop("fake")


@pytest.fixture
def town(fake: Refunding) -> Tenant:
    access = {"name": "fake", "merchant_id": "m", "secret": "s", "base_url": "http://127.0.0.1:1", "methods": ["card"]}
    return found_town(providers=[access])


def paid(fake: Refunding, town: Tenant, claim_id: UUID | None = None) -> Attempt:
    payment = payments.start_payment(tenant=town, claim_id=claim_id or a_claim(town).id, at=AT).payment
    attempt = payments.begin(tenant=town, payment_id=payment.id, method="card", return_url="", notify_url="", at=AT)
    fake.says = ProviderStatus.PAID
    return payments.refresh(tenant=town, attempt_id=attempt.id, at=AT)


def refund(town: Tenant, attempt: Attempt, amount: str = "10.00", **other: Any) -> Refund:
    values: dict[str, Any] = {
        "refund_id": new_id(),
        "payment_id": attempt.payment_id,
        "amount": eur(amount),
        "refundable": Money(left(town, attempt)),
        "by": "test",
        "text": "Rücknahme",
        "notify_url": "",
        "at": AT,
    }
    return payments.refund(tenant=town, **values | other)


def left(town: Tenant, attempt: Attempt) -> int:
    found = payments.attempts_by_id(tenant=town, attempts=[attempt.id])
    return found[attempt.id].refundable.cents if attempt.id in found else 0


def book(town: Tenant) -> dict[str, int]:
    names = ("clearing:fake", "refunded", "overpaid", "receivable")
    return {name: ledger.balance(tenant=town, account=name) for name in names}


def assert_right(town: Tenant) -> None:
    assert_sound(town)
    assert treasury.check_book(tenant=town) == []


def test_in_part_and_then_the_rest(fake: Refunding, town: Tenant) -> None:
    attempt = paid(fake, town)
    first = refund(town, attempt)
    assert (first.state, first.wish) == (RefundState.DONE, Wish.CANCELLED)
    assert left(town, attempt) == 2700
    assert book(town) == {"clearing:fake": 2700, "refunded": 1000, "overpaid": 0, "receivable": 0}
    refund(town, attempt, "27.00")
    assert left(town, attempt) == 0
    assert book(town)["clearing:fake"] == 0
    assert claims.claim_by_id(tenant=town, claim_id=attempt.claim_ids[0]).open.is_zero
    names = [event.name for event in events.events_about(tenant=town, subject=attempt.payment_id)]
    assert names[-4:] == ["payment.refund_requested", "payment.refunded"] * 2
    assert_right(town)


def test_the_life_of_the_claim_tells_what_was_given_back(fake: Refunding, town: Tenant) -> None:
    claim = a_claim(town)
    refund(town, paid(fake, town, claim.id), "10.00")
    moments = treasury.claim_life(tenant=town, kassenzeichen=claim.kassenzeichen).moments
    told = {moment.what: moment.details["amount"] for moment in moments if moment.what.startswith("payment.")}
    assert (told["payment.paid"], told["payment.refunded"]) == (eur("37.00"), eur("10.00"))


def test_reopened_it_can_be_paid_anew(fake: Refunding, town: Tenant) -> None:
    attempt = paid(fake, town)
    refund(town, attempt, wish=Wish.REOPENED)
    claim = claims.claim_by_id(tenant=town, claim_id=attempt.claim_ids[0])
    assert claim.open == eur("10.00")
    assert book(town) == {"clearing:fake": 2700, "refunded": 0, "overpaid": 0, "receivable": 1000}
    told = events.events_about(tenant=town, subject=claim.id)[-1]
    assert (told.name, told.payload) == ("claim.reopened", {"open_cents": 1000, "why": "refunded"})
    again = paid(fake, town, claim.id)
    assert (again.status, again.amount) == (Status.PAID, eur("10.00"))
    assert claims.claim_by_id(tenant=town, claim_id=claim.id).open.is_zero
    assert_right(town)


def test_what_was_paid_twice_is_given_back_as_surplus(fake: Refunding, town: Tenant) -> None:
    claim = a_claim(town)
    fake.says = ProviderStatus.DECLINED
    payment = payments.start_payment(tenant=town, claim_id=claim.id, at=AT).payment
    first = payments.begin(tenant=town, payment_id=payment.id, method="card", return_url="", notify_url="", at=AT)
    payments.refresh(tenant=town, attempt_id=first.id, at=AT)
    paid(fake, town, claim.id)
    assert payments.refresh(tenant=town, attempt_id=first.id, at=AT).status is Status.SURPLUS
    for wish in (Wish.REOPENED, Wish.CANCELLED):  # this money never paid the claim
        with pytest.raises(payments.WishImpossible):
            refund(town, first, "37.00", wish=wish)
    done = refund(town, first, "37.00")
    assert done.wish is Wish.SURPLUS
    assert book(town) == {"clearing:fake": 3700, "refunded": 0, "overpaid": 0, "receivable": 0}
    assert_right(town)


def test_asked_for_twice_is_given_back_once(fake: Refunding, town: Tenant) -> None:
    attempt, key = paid(fake, town), new_id()
    one = refund(town, attempt, refund_id=key)
    assert refund(town, attempt, refund_id=key) == one
    with pytest.raises(payments.RefundTaken):
        refund(town, attempt, "11.00", refund_id=key)
    assert len(fake.refunds) == 1
    assert left(town, attempt) == 2700


@pytest.mark.parametrize(
    ("amount", "refundable", "refusal"),
    [
        ("37.01", "37.00", payments.MoreThanRefundable),
        ("0.00", "37.00", payments.MoreThanRefundable),
        ("10.00", "36.99", payments.RefundableDiffers),
        ("37.00", "0.00", payments.RefundableDiffers),
    ],
)
def test_too_much_or_a_wrong_belief_moves_nothing(
    amount: str, refundable: str, refusal: type[Exception], fake: Refunding, town: Tenant
) -> None:
    attempt = paid(fake, town)
    with pytest.raises(refusal):
        refund(town, attempt, amount, refundable=eur(refundable))
    assert fake.refunds == []
    assert payments.refunds_of(tenant=town, payment_id=attempt.payment_id) == []
    assert left(town, attempt) == 3700


def test_what_was_not_captured_is_not_given_back(fake: Refunding, town: Tenant, neighbour: Tenant) -> None:
    payment = payments.start_payment(tenant=town, claim_id=a_claim(town).id, at=AT).payment
    attempt = payments.begin(tenant=town, payment_id=payment.id, method="card", return_url="", notify_url="", at=AT)
    with pytest.raises(payments.NothingCaptured):
        refund(town, attempt)
    with pytest.raises(payments.PaymentUnknown):
        refund(neighbour, attempt, refundable=eur("37.00"))
    assert fake.refunds == []


def test_nothing_owed_back_is_no_surplus(fake: Refunding, town: Tenant) -> None:
    attempt = paid(fake, town)
    with pytest.raises(payments.WishImpossible):
        refund(town, attempt, wish=Wish.SURPLUS)
    assert left(town, attempt) == 3700


def test_the_intent_is_on_disk_before_the_provider_is_asked(
    fake: Refunding, town: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempt, seen = paid(fake, town), list[RefundState]()

    def look(request: RefundRequest) -> NoAnswer:
        assert not connection.in_atomic_block
        seen.append(payments.refund_by_id(tenant=town, refund_id=request.refund_id).state)
        return NoAnswer("the line is dead")

    monkeypatch.setattr(fake, "refund", look)
    assert refund(town, attempt).state is RefundState.UNKNOWN
    assert seen == [RefundState.INTENDED]


def test_unknown_counts_and_is_asked_about_not_tried_again(fake: Refunding, town: Tenant) -> None:
    attempt = paid(fake, town)
    fake.refund_answer = fake.question_answer = NoAnswer("timeout")
    unsure = refund(town, attempt, "30.00")
    assert (unsure.state, left(town, attempt)) == (RefundState.UNKNOWN, 700)
    assert book(town)["clearing:fake"] == 3700, "nothing is booked that nobody knows"
    with pytest.raises(payments.MoreThanRefundable):
        refund(town, attempt, "30.00")
    assert payments.sweep_refunds(tenant=town, at=AT + timedelta(seconds=9)) == 0
    assert payments.sweep_refunds(tenant=town, at=AT + timedelta(seconds=10)) == 1
    assert [each.id for each in payments.refunds_unsure(tenant=town)] == [unsure.id]
    fake.question_answer = None
    assert payments.sweep_refunds(tenant=town, at=AT + timedelta(minutes=2)) == 1
    assert payments.refund_by_id(tenant=town, refund_id=unsure.id).state is RefundState.DONE
    assert len(fake.refunds) == 1
    assert book(town)["clearing:fake"] == 700
    assert payments.sweep_refunds(tenant=town, at=AT + timedelta(days=9)) == 0, "done is asked about no more"
    assert_right(town)


def test_never_seen_frees_what_was_held_but_not_while_it_may_be_under_way(fake: Refunding, town: Tenant) -> None:
    attempt = paid(fake, town)
    fake.question_answer = NeverSeen()

    def ask_meanwhile(request: RefundRequest) -> NoAnswer:
        soon = AT + timedelta(seconds=20)
        state = payments.refresh_refund(tenant=town, refund_id=request.refund_id, at=soon).state
        assert state is RefundState.INTENDED
        return NoAnswer("timeout")

    fake.refund = ask_meanwhile  # type: ignore[method-assign]
    unsure = refund(town, attempt)
    later = payments.refresh_refund(tenant=town, refund_id=unsure.id, at=AT + timedelta(minutes=1))
    assert (later.state, left(town, attempt)) == (RefundState.REFUSED, 3700)
    assert_right(town)


def test_refused_frees_what_was_held_and_done_after_all_is_booked(fake: Refunding, town: Tenant) -> None:
    attempt = paid(fake, town)
    fake.refund_answer = NotStarted("account_closed")
    no = refund(town, attempt, "30.00")
    assert (no.state, no.vendor_word, left(town, attempt)) == (RefundState.REFUSED, "account_closed", 3700)
    assert payments.sweep_refunds(tenant=town, at=AT + timedelta(minutes=1)) == 1
    assert payments.refund_by_id(tenant=town, refund_id=no.id).state is RefundState.DONE
    assert left(town, attempt) == 700
    assert_right(town)


def test_done_after_all_when_the_money_is_given_back_otherwise(fake: Refunding, town: Tenant) -> None:
    """The provider would have given back more than it captured: the database refuses, the log calls a person."""
    attempt = paid(fake, town)
    fake.refund_answer = NotStarted("account_closed")
    no = refund(town, attempt, "30.00")
    fake.refund_answer = None
    refund(town, attempt, "37.00")
    payments.sweep_refunds(tenant=town, at=AT + timedelta(minutes=1))
    assert payments.refund_by_id(tenant=town, refund_id=no.id).state is RefundState.REFUSED
    assert left(town, attempt) == 0
    assert_right(town)


@pytest.mark.parametrize("wrong", [{"amount": Money(999)}, {"reference": "another"}, {"amount": Money(1000, "USD")}])
def test_a_word_about_something_else_is_no_word(wrong: dict[str, Any], fake: Refunding, town: Tenant) -> None:
    attempt = paid(fake, town)

    def lie(request: RefundRequest) -> RefundReport:
        return said(request, RefundStatus.DONE, **wrong)

    fake.refund = lie  # type: ignore[method-assign]
    assert refund(town, attempt).state is RefundState.UNKNOWN
    assert book(town)["clearing:fake"] == 3700
    assert left(town, attempt) == 2700


def test_a_provider_without_refunds_is_told_at_once(town: Tenant, fake: Refunding) -> None:
    attempt = paid(fake, town)
    _flow._PLUGGED["fake"] = plain = FakeProvider()
    with pytest.raises(payments.RefundNotOffered):
        refund(town, attempt)
    _flow._PLUGGED["fake"] = fake
    assert plain.asked == []
    assert left(town, attempt) == 3700


def test_the_graph_of_a_refund() -> None:
    edges = payments.REFUND_EDGES
    assert {state for edge in edges for state in edge} == set(RefundState)
    assert {b for _, b in edges} | {RefundState.INTENDED} == set(RefundState)
    assert set(RefundState) - {a for a, _ in edges} == {RefundState.DONE}


FORBIDDEN = [
    "UPDATE attempt SET refunded_cents = 0 WHERE id = %(attempt)s",
    "UPDATE attempt SET disputed_cents = disputed_cents + 1 WHERE id = %(attempt)s",
    "UPDATE refund SET amount_cents = 1 WHERE id = %(refund)s",
    "UPDATE refund SET attempt_id = %(refund)s WHERE id = %(refund)s",
    "DELETE FROM refund WHERE id = %(refund)s",
    "UPDATE attempt SET status = 'declined' WHERE id = %(attempt)s",
    "INSERT INTO refund SELECT r.* FROM (SELECT * FROM refund WHERE id = %(refund)s) r",
    """INSERT INTO dispute (id, tenant_id, attempt_id, amount_cents, currency, text, item, at)
       SELECT gen_random_uuid(), tenant_id, attempt_id, 2701, 'EUR', '', gen_random_uuid(), now() FROM refund
       WHERE id = %(refund)s""",
    """INSERT INTO dispute (id, tenant_id, attempt_id, amount_cents, currency, text, item, at)
       SELECT gen_random_uuid(), tenant_id, attempt_id, 1, 'USD', '', gen_random_uuid(), now() FROM refund
       WHERE id = %(refund)s""",
]


@pytest.mark.parametrize("sql", FORBIDDEN)
def test_the_database_itself_refuses(sql: str, fake: Refunding, town: Tenant) -> None:
    attempt = paid(fake, town)
    given = {"attempt": attempt.id, "refund": refund(town, attempt).id}
    with inside(town), connection.cursor() as cursor, pytest.raises(Error), transaction.atomic():
        cursor.execute(sql, given)
    assert left(town, attempt) == 2700


def test_the_owner_is_refused_too(fake: Refunding, town: Tenant, owner: Any) -> None:
    attempt = paid(fake, town)
    done = refund(town, attempt)
    for sql in FORBIDDEN[:5]:
        with owner(town) as database, pytest.raises(Exception, match=r"given back|stays as it was|never deleted"):
            database.execute(sql.replace("%(attempt)s", f"'{attempt.id}'").replace("%(refund)s", f"'{done.id}'"))
    assert left(town, attempt) == 2700
