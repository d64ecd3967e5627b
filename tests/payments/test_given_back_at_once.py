"""However many give back and take back at once: never more than was captured, and the book says the same."""

import random
from collections.abc import Iterator

import pytest
from django.db import IntegrityError, connection
from tests.payments.test_refunds import Refunding
from tests.support.book import assert_sound
from tests.support.patience import patient
from tests.support.rest import at_once
from tests.support.sizes import size
from tests.support.towns import AT, a_claim, found_town

from zahlstelle import ledger, payments, treasury
from zahlstelle.kernel import Money, Refusal, new_id
from zahlstelle.payments import (
    Attempt,
    ItemKind,
    NoAnswer,
    NotStarted,
    PayoutReport,
    ProviderStatus,
    RefundReport,
    RefundRequest,
    RefundState,
    RefundStatus,
    ReportedItem,
    _flow,
)
from zahlstelle.tenancy import Tenant

AT_ONCE = 64


class Moody(Refunding):
    """Gives back, works on it, says no, or says nothing: by the refund's own id, so that it is always the same."""

    def refund(self, request: RefundRequest) -> RefundReport | NotStarted | NoAnswer:
        mood = request.refund_id.int % 5
        if mood == 0:
            return NotStarted("no")
        if mood == 1:
            return NoAnswer("timeout")
        status = RefundStatus.PENDING if mood == 2 else RefundStatus.DONE
        return RefundReport(status, f"back-{request.refund_id}", str(request.refund_id), request.amount, status)


@pytest.fixture
def fake() -> Iterator[Moody]:
    provider = Moody(says=ProviderStatus.PAID)
    payments.plug(provider)
    yield provider
    _flow._PLUGGED.pop("fake")


@pytest.fixture
def town(fake: Moody) -> Tenant:
    access = {"name": "fake", "merchant_id": "m", "secret": "s", "base_url": "http://127.0.0.1:1", "methods": ["card"]}
    return found_town(providers=[access])


def paid(town: Tenant) -> Attempt:
    payment = payments.start_payment(tenant=town, claim_id=a_claim(town).id, at=AT).payment
    attempt = payments.begin(tenant=town, payment_id=payment.id, method="card", return_url="", notify_url="", at=AT)
    return payments.refresh(tenant=town, attempt_id=attempt.id, at=AT)


def now(town: Tenant, attempt: Attempt) -> Attempt:
    return payments.attempts_by_id(tenant=town, attempts=[attempt.id])[attempt.id]


def give_back(town: Tenant, attempt: Attempt, cents: int) -> str:
    try:
        made = payments.refund(
            tenant=town,
            refund_id=new_id(),
            payment_id=attempt.payment_id,
            amount=Money(cents),
            refundable=now(town, attempt).refundable,
            by="test",
            text="",
            notify_url="",
            at=AT,
        )
    except Refusal as refused:
        return refused.code
    return made.state.value


def take_back(town: Tenant, attempt: Attempt, cents: int) -> str:
    """A chargeback, as a settlement report tells of it; who books it asks no one but the database."""
    name = f"cb-{new_id().hex}"
    item = ReportedItem(ItemKind.CHARGEBACK, -cents, attempt.provider_reference, None, name, "Rückbelastung")
    report = PayoutReport(f"payout-{name}", name, AT.date(), "EUR", -cents, [item])
    payments.record_report(tenant=town, provider="fake", report=report, at=AT)
    about = payments.items_about(tenant=town, provider_references=[attempt.provider_reference or ""])
    (booked,) = [each.id for each in about if each.item_reference == name]
    try:
        payments.record_given_back(tenant=town, items={booked: (attempt.id, [(attempt.claim_ids[0], cents)])}, at=AT)
    except IntegrityError:
        return "more_than_captured"
    return "charged_back"


@pytest.mark.prove("given_back")
def test_never_more_than_was_captured(fake: Moody, town: Tenant) -> None:
    """Refunds and chargebacks of random amounts by 64 at once, all of the same few payments."""
    rounds = size(1, 50)
    actions = rounds * 4 * AT_ONCE
    told: dict[str, int] = {}
    for round_number in range(rounds):
        attempts = [paid(town) for _ in range(4)]
        draw = random.Random(round_number)
        plan = [(draw.choice(attempts), draw.randint(1, 1500), draw.random() < 0.3) for _ in range(4 * AT_ONCE)]

        def act(number: int, plan: list[tuple[Attempt, int, bool]] = plan) -> list[str]:
            words = []
            for attempt, cents, back in plan[number::AT_ONCE]:
                words.append((take_back if back else give_back)(town, attempt, cents))
                connection.close()  # as after a request: others want it too
            return words

        with patient():
            words = [word for mine in at_once(AT_ONCE, act) for word in mine]
        for word in words:
            told[word] = told.get(word, 0) + 1
        for attempt in attempts:
            assert_within(town, now(town, attempt))
    assert sum(told.values()) == actions
    assert told["done"] and told["charged_back"] and (told.get("more_than_refundable") or told["more_than_captured"])
    done = sum(
        refund.amount.cents
        for payment in payments.payments_page(tenant=town, limit=10_000)
        for refund in payments.refunds_of(tenant=town, payment_id=payment.id)
        if refund.state is RefundState.DONE
    )
    assert ledger.balance(tenant=town, account="refunded") == done
    assert_sound(town)
    assert treasury.check_book(tenant=town) == []
    print(f"\n{actions} refunds and chargebacks at once: never above captured; {told}")


def assert_within(town: Tenant, attempt: Attempt) -> None:
    refunds = payments.refunds_of(tenant=town, payment_id=attempt.payment_id)
    counted = sum(refund.amount.cents for refund in refunds if refund.state is not RefundState.REFUSED)
    taken = sum(dispute.amount.cents for dispute in payments.disputes_of(tenant=town, payment_id=attempt.payment_id))
    assert (counted, taken) == (attempt.refunded_cents, attempt.disputed_cents)
    assert counted + taken <= attempt.amount.cents
