"""A town's bank accounts, as its file says them one time after another: which is the first, which is collected to."""

from dataclasses import replace

import pytest
from tests.support.debits import CREDITOR, collect
from tests.support.towns import AT, found_town, iban, town_file

from zahlstelle import payments, tenancy, treasury
from zahlstelle.tenancy import read_town_file


def accounts(*numbers: int) -> list[dict[str, str]]:
    return [{"iban": iban(number), "bic": "COLSDE33XXX", "holder": f"Konto {number}"} for number in numbers]


def test_an_account_that_left_the_file_stands_behind_the_others() -> None:
    """Statements of it may still come; payers are told the account that the file names first."""
    file = town_file(bank_accounts=accounts(820_001, 820_002))
    town = treasury.found_town(town=read_town_file(file), at=AT)
    for now in (accounts(820_002), accounts(820_003, 820_002), accounts(820_003)):
        treasury.found_town(town=read_town_file({**file, "bank_accounts": now}), at=AT)
        told = [account.iban for account in tenancy.bank_accounts(tenant=town)]
        assert told[: len(now)] == [account["iban"] for account in now]
        assert len(told) == len(set(told))
    assert told == [iban(820_003), iban(820_002), iban(820_001)]


def test_the_account_collected_to_is_never_another_than_named() -> None:
    own = accounts(820_004, 820_005)
    town = found_town(bank_accounts=own, settings={"direct_debit": {"creditor_id": CREDITOR, "iban": own[1]["iban"]}})
    collects = tenancy.direct_debit(tenant=town)
    assert collects is not None
    assert collects[1].iban == own[1]["iban"]
    elsewhere = replace(town, settings={"direct_debit": {"creditor_id": CREDITOR, "iban": iban(820_006)}})
    with pytest.raises(tenancy.CollectingAccountUnknown):
        tenancy.direct_debit(tenant=elsewhere)
    assert payments.methods(tenant=elsewhere) == ["card", "transfer"]
    with pytest.raises(tenancy.CollectingAccountUnknown):
        collect(elsewhere)


def test_a_provider_that_left_the_file_takes_no_new_payments() -> None:
    """What was paid there can still be asked about and given back."""
    file = town_file()
    other = {**file["providers"][0], "name": "girocheckout", "methods": ["paypal"]}
    town = treasury.found_town(town=read_town_file(file), at=AT)
    treasury.found_town(town=read_town_file({**file, "providers": [other]}), at=AT)
    assert [(access.provider, access.methods) for access in tenancy.provider_accesses(tenant=town)] == [
        ("girocheckout", ("paypal",)),
        ("sandbox", ()),
    ]
