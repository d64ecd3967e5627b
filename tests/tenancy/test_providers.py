"""A town's contracts with providers, as its file says them."""

from datetime import UTC, datetime
from typing import Any

import pytest
from tests.support.towns import town_file

from zahlstelle import tenancy, treasury
from zahlstelle.tenancy import TownFileWrong, read_town_file

AT = datetime(2026, 10, 5, 8, 0, tzinfo=UTC)
CONTRACT: dict[str, Any] = {
    "name": "girocheckout",
    "merchant_id": "1234567",
    "secret": "merchant secret",
    "base_url": "http://127.0.0.1:1",
    "methods": ["card", "paypal"],
    "settings": {"project_card": "50001"},
    "secrets": {"project_card": "a project's secret"},
}


def test_settings_and_secrets_of_a_contract_reach_its_adapter_and_are_not_shown() -> None:
    town = treasury.found_town(town=read_town_file(town_file(providers=[CONTRACT])), at=AT)
    (access,) = tenancy.provider_accesses(tenant=town)
    assert access.settings == {"project_card": "50001"}
    assert access.secrets["project_card"].reveal() == "a project's secret"
    assert "a project's secret" not in repr(access)


@pytest.mark.parametrize("key", ["settings", "secrets"])
@pytest.mark.parametrize("wrong", [["project_card"], {"project_card": 50001}, {"project_card": ""}])
def test_settings_that_are_no_texts_are_refused(key: str, wrong: object) -> None:
    with pytest.raises(TownFileWrong, match=rf"providers 1: {key}"):
        read_town_file(town_file(providers=[{**CONTRACT, key: wrong}]))
