"""A citizen (an HTTP client with cookies), a town, and a provider that answers as the test tells it."""

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:  # these need a database, which is not there yet when this file is read
    from django.test import Client
    from tests.support.fake_provider import FakeProvider

    from zahlstelle.tenancy import Tenant


@pytest.fixture
def citizen() -> "Client":
    from django.test import Client

    return Client(SERVER_NAME="localhost")


@pytest.fixture
def provider() -> "FakeProvider":
    from tests.support.fake_provider import FakeProvider

    from zahlstelle import payments

    fake = FakeProvider()
    payments.plug(fake)
    return fake


_CONTRACT = {
    "name": "fake",
    "merchant_id": "M1",
    "secret": "merchant secret",
    "base_url": "http://psp.example:9000/api",
    "methods": ["card"],
}


@pytest.fixture
def town(found: Any, provider: "FakeProvider") -> "Tenant":
    """A town that takes `card` over the fake provider."""
    tenant: Tenant = found(providers=[_CONTRACT], name="Stadt Musterhausen")
    return tenant


@pytest.fixture
def live(found: Any, provider: "FakeProvider") -> "Tenant":
    """Such a town that takes real money."""
    tenant: Tenant = found(providers=[_CONTRACT], mode="live")
    return tenant
