"""Two towns that take cards over a provider that keeps them, and citizens with passkeys."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:  # these need a database, which is not there yet when this file is read
    from tests.support.keeping_provider import KeepingProvider

    from zahlstelle.tenancy import Tenant


@pytest.fixture
def provider() -> "Iterator[KeepingProvider]":
    from tests.support.keeping_provider import KeepingProvider

    from zahlstelle import payments

    keeping = KeepingProvider()
    payments.plug(keeping)
    yield keeping
    payments._flow._PLUGGED.pop("keeping")


def contract(merchant: str) -> dict[str, Any]:
    return {
        "name": "keeping",
        "merchant_id": merchant,
        "secret": "merchant secret",
        "base_url": "http://psp.example",
        "methods": ["card"],
    }


@pytest.fixture
def town(found: Any, provider: "KeepingProvider") -> "Tenant":
    tenant: Tenant = found(providers=[contract("M1")])
    return tenant


@pytest.fixture
def neighbour(found: Any, provider: "KeepingProvider") -> "Tenant":
    tenant: Tenant = found(providers=[contract("M2")])
    return tenant
