"""Online services with their keys. Django is not ready yet when this file is read, so imports wait."""

from collections.abc import Callable
from typing import Any

import pytest


@pytest.fixture
def caller_of() -> Callable[..., Any]:
    """Make an API key of a town and call with it."""
    from tests.support.rest import Caller
    from tests.support.towns import AT

    from zahlstelle import tenancy

    def make(town: Any, *return_urls: str) -> Caller:
        return Caller(town, tenancy.add_api_key(tenant=town, name="Dienst", at=AT, return_urls=return_urls))

    return make


@pytest.fixture
def caller(town: Any, caller_of: Callable[..., Any]) -> Any:
    """An online service of the town."""
    return caller_of(town, "https://dienst.example/zurueck")


@pytest.fixture
def stranger(neighbour: Any, caller_of: Callable[..., Any]) -> Any:
    """An online service of another town."""
    return caller_of(neighbour, "https://dienst.example/zurueck")
