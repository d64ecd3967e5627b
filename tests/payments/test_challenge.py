"""How the payer was authenticated, and the one time that an attempt is tried once more."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from tests.support.book import assert_sound
from tests.support.fake_provider import FakeProvider
from tests.support.rest import at_once
from tests.support.towns import AT, a_claim, found_town

from zahlstelle import claims, payments
from zahlstelle.payments import Attempt, Authentication, MerchantAccess, ProviderStatus, Report, Status, _flow
from zahlstelle.tenancy import Tenant

SOFT = Authentication(exemption_requested="low_value", exemption_applied=None, trans_status=None, eci="07")
CHALLENGED = Authentication(trans_status="Y", eci="05", liability="issuer", challenged=True)


@dataclass
class Careful(FakeProvider):
    """Declines softly whatever comes without a challenge; says of the others what it is told."""

    then: ProviderStatus = ProviderStatus.OPEN

    def _report(self, merchant: MerchantAccess, reference: str) -> Report:
        request = next(each for each in self.asked if str(each.attempt_id) == reference)
        said = super()._report(merchant, reference)
        if not request.challenge:
            soft = {"status": ProviderStatus.DECLINED, "amount": None, "decline_code": "65", "soft_declined": True}
            return replace(said, **soft, authentication=SOFT)  # type: ignore[arg-type]
        paid = request.amount if self.then is ProviderStatus.PAID else None
        return replace(
            said,
            status=self.then,
            amount=paid,
            authentication=CHALLENGED if paid is not None else None,
            soft_declined=self.then is ProviderStatus.DECLINED,
        )


@pytest.fixture
def fake() -> Iterator[Careful]:
    provider = Careful()
    payments.plug(provider)
    yield provider
    _flow._PLUGGED.pop("fake")


@pytest.fixture
def town(fake: Careful) -> Tenant:
    access = {"name": "fake", "merchant_id": "m", "secret": "s", "base_url": "http://127.0.0.1:1", "methods": ["card"]}
    return found_town(providers=[access])


def begun(town: Tenant, **more: Any) -> Attempt:
    payment = payments.start_payment(tenant=town, claim_id=a_claim(town).id, at=AT).payment
    urls = {"return_url": "https://town.example/back", "notify_url": "https://town.example/{provider}"}
    return payments.begin(tenant=town, payment_id=payment.id, method="card", at=AT, **urls | more)


def refresh(town: Tenant, attempt: Attempt) -> Attempt:
    return payments.refresh(tenant=town, attempt_id=attempt.id, at=AT + timedelta(seconds=30))


def attempts(town: Tenant, attempt: Attempt) -> list[tuple[str, bool]]:
    found = payments.attempts_of(tenant=town, payment_id=attempt.payment_id)
    return [(each.status.value, each.challenge) for each in found]


def test_a_soft_decline_is_tried_once_more_with_a_challenge(fake: Careful, town: Tenant) -> None:
    first = begun(town)
    second = refresh(town, first)
    assert (second.status, second.challenge, second.method) == (Status.STARTED, True, "card")
    assert [request.challenge for request in fake.asked] == [False, True]
    assert fake.asked[1].return_url == "https://town.example/back"
    assert fake.asked[1].notify_url == "https://town.example/fake"
    assert payments.payment_by_id(tenant=town, payment_id=first.payment_id).status == "started"
    fake.then = ProviderStatus.PAID
    assert refresh(town, second).status is Status.PAID
    assert claims.claim_by_id(tenant=town, claim_id=first.claim_ids[0]).open.is_zero
    assert attempts(town, first) == [("declined", False), ("paid", True)]
    assert_sound(town)


def test_how_the_payer_was_authenticated_is_kept_with_each_attempt(fake: Careful, town: Tenant) -> None:
    first = begun(town)
    fake.then = ProviderStatus.PAID
    refresh(town, refresh(town, first))
    found = payments.attempts_of(tenant=town, payment_id=first.payment_id)
    assert [each.authentication for each in found] == [SOFT, CHALLENGED]


def test_declined_with_a_challenge_is_declined(fake: Careful, town: Tenant) -> None:
    first = begun(town)
    second = refresh(town, first)
    fake.then = ProviderStatus.DECLINED
    for _ in range(3):
        assert refresh(town, second).status is Status.DECLINED
        refresh(town, first)
    assert attempts(town, first) == [("declined", False), ("declined", True)]
    assert len(fake.asked) == 2


def test_return_notification_and_poll_at_once_try_it_once(fake: Careful, town: Tenant) -> None:
    first, lock = begun(town), threading.Lock()
    start = fake.start

    def slowly(request: Any) -> Any:
        with lock:
            return start(request)

    fake.start = slowly  # type: ignore[method-assign]
    at_once(8, lambda _: refresh(town, first))
    assert attempts(town, first) == [("declined", False), ("started", True)]
    assert len(fake.asked) == 2


def test_a_payment_whose_time_is_over_is_not_tried_again(fake: Careful, town: Tenant) -> None:
    first = begun(town)
    payments.refresh(tenant=town, attempt_id=first.id, at=AT + timedelta(hours=2))
    assert attempts(town, first) == [("declined", False)]
