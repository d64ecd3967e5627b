"""Where providers knock."""

import pytest
from django.test import Client
from tests.support.fake_provider import FakeProvider
from tests.support.towns import a_claim

from zahlstelle import payments
from zahlstelle.kernel import clock
from zahlstelle.payment_page._provider import MOST_BYTES
from zahlstelle.payments import PaymentStatus, ProviderStatus
from zahlstelle.tenancy import Tenant


@pytest.fixture
def knocking() -> Client:
    """A provider: no cookies, no forms."""
    return Client(SERVER_NAME="localhost", enforce_csrf_checks=True)


def knock(
    client: Client, town: str, body: str, *, provider: str = "fake", signature: str = "merchant secret"
) -> object:
    headers = {"Signature": signature}
    return client.post(f"/provider/{town}/{provider}/notify", body, content_type="application/json", headers=headers)


def test_a_hint_is_heard_and_asked_back(knocking: Client, town: Tenant, provider: FakeProvider) -> None:
    started = payments.start_payment(tenant=town, claim_id=a_claim(town).id, at=clock.now())
    knocking.post(f"/pay/{started.token}")
    attempt = payments.begin(
        tenant=town,
        payment_id=started.payment.id,
        method="card",
        return_url="http://localhost/",
        notify_url="http://localhost/",
        at=clock.now(),
    )
    provider.says = ProviderStatus.PAID
    for _ in range(2):
        assert knock(knocking, town.slug, str(attempt.id)).status_code == 204
    status = payments.payment_by_id(tenant=town, payment_id=started.payment.id).status
    assert status is PaymentStatus.PAID


def test_a_hint_about_nobody_is_taken_and_forgotten(knocking: Client, town: Tenant) -> None:
    assert knock(knocking, town.slug, "nobody").status_code == 204


@pytest.mark.parametrize(
    ("told", "status", "code"),
    [
        ({"signature": "another secret"}, 401, "notification_forged"),
        ({"town": "atlantis"}, 404, "tenant_unknown"),
        ({"provider": "nobody"}, 404, "method_unknown"),
        ({"body": "x" * (MOST_BYTES + 1)}, 413, "body_too_large"),
    ],
)
def test_what_is_not_heard(knocking: Client, town: Tenant, told: dict[str, str], status: int, code: str) -> None:
    response = knock(knocking, **{"town": town.slug, "body": "{}", **told})
    assert response.status_code == status
    assert response.headers["Content-Type"] == "application/problem+json"
    said = response.json()
    assert (said["code"], said["type"], said["status"]) == (code, f"urn:zahlstelle:error:{code}", status)
    assert said["title"].endswith(".")


def test_only_post(knocking: Client, town: Tenant) -> None:
    assert knocking.get(f"/provider/{town.slug}/fake/notify").status_code == 405
