"""Run every test for every rig that can do what the test is about. Django is not ready yet here: imports wait."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    from tests.conformance.rigs import ALL

    if "rig" in metafunc.fixturenames:
        needed = {can for mark in metafunc.definition.iter_markers("needs") for can in mark.args}
        names = [name for name, rig in ALL.items() if not needed & rig.lacks.keys()]
        metafunc.parametrize("rig", sorted(names), indirect=True, scope="session")


@pytest.fixture(scope="session")
def rig(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    from tests.conformance.rigs import ALL

    rig = ALL[request.param](tmp_path_factory.mktemp(f"rig-{request.param}"))
    yield rig
    rig.close()


@pytest.fixture
def access(rig: Any) -> Any:
    """A contract of this test's own."""
    return rig.contract()


@pytest.fixture
def town_with(rig: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[[Any], Any]:
    """Found a town with a contract, the rig's adapter plugged in; `like` says which town gets this contract instead."""
    from tests.support.towns import found_town
    from zahlstelle import payments, tenancy

    monkeypatch.setitem(payments._flow._PLUGGED, rig.name, rig.adapter)

    def found(access: Any, *, like: Any = None) -> Any:
        provider = {
            "name": rig.name,
            "merchant_id": access.merchant_id,
            "secret": access.secret.reveal(),
            "base_url": access.base_url,
            "methods": [rig.method],
            "settings": dict(access.settings),
            "secrets": {name: secret.reveal() for name, secret in access.secrets.items()},
        }
        if like is None:
            return found_town(providers=[provider])
        accounts = [
            {"iban": account.iban, "bic": account.bic, "holder": account.holder}
            for account in tenancy.bank_accounts(tenant=like)
        ]
        return found_town(slug=like.slug, name=like.name, bank_accounts=accounts, providers=[provider])

    return found


@pytest.fixture
def town(access: Any, town_with: Callable[[Any], Any]) -> Any:
    return town_with(access)
