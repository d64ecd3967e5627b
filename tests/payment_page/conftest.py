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


@pytest.fixture
def town(found: Any, provider: "FakeProvider") -> "Tenant":
    """A town that takes `card` over the fake provider."""
    contract = {
        "name": "fake",
        "merchant_id": "M1",
        "secret": "merchant secret",
        "base_url": "http://psp.example:9000/api",
        "methods": ["card"],
    }
    tenant: Tenant = found(providers=[contract], name="Stadt Musterhausen")
    return tenant
