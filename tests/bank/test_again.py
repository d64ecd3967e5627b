"""A refused file is kept unchanged and imported again after a fix."""

from pathlib import Path

import pytest
from tests.support.bank_files import Camt, Ntry, Tx
from tests.support.book import assert_sound, state
from tests.support.towns import AT, found_town, town_file

from zahlstelle import allocation, bank, ledger, tenancy, treasury
from zahlstelle.kernel import new_id
from zahlstelle.tenancy import Tenant, bank_accounts, read_town_file


def take(town: Tenant, path: Path) -> allocation.ImportResult:
    return allocation.import_bank_file(tenant=town, path=path, name=path.name, at=AT)


def test_a_refused_file_is_kept_unchanged_and_imported_again_after_a_fix(tmp_path: Path) -> None:
    content, foreign = town_file(), town_file()["bank_accounts"][0]
    town = treasury.found_town(town=read_town_file(content), at=AT)
    path = Camt(foreign["iban"], [Ntry("25.00", [Tx("25.00", "Parken")], ref="R1")]).write(tmp_path)
    before = state(town)
    for _ in range(2):
        with pytest.raises(bank.AccountUnknown):
            take(town, path)
    (refused,) = bank.files(tenant=town)
    assert (refused.outcome, refused.code, state(town)) == ("refused", "account_unknown", before)
    with bank.kept_file(tenant=town, file_id=refused.id) as (name, kept):
        assert (name, kept.read_bytes()) == (path.name, path.read_bytes())
    with pytest.raises(bank.AccountUnknown):
        allocation.import_again(tenant=town, file_id=refused.id, at=AT, by="treasurer")
    content["bank_accounts"].append(foreign)
    town = treasury.found_town(town=read_town_file(content), at=AT)
    for credit in (2500, 0):  # twice is once
        result = allocation.import_again(tenant=town, file_id=refused.id, at=AT, by="treasurer")
        assert result.credit_cents == credit
    assert [(f.id, f.outcome, f.code) for f in bank.files(tenant=town)] == [(refused.id, "imported", None)]
    assert ledger.balance(tenant=town, account=f"bank:{foreign['iban']}") == 2500
    assert_sound(town)


def test_a_file_of_another_town_is_unknown(tmp_path: Path, town: Tenant) -> None:
    neighbour = found_town()
    take(neighbour, Camt(bank_accounts(tenant=neighbour)[0].iban, []).write(tmp_path))
    (theirs,) = bank.files(tenant=neighbour)
    for file_id in (theirs.id, new_id()):
        with pytest.raises(bank.BankFileUnknown):
            allocation.import_again(tenant=town, file_id=file_id, at=AT, by="treasurer")
    assert tenancy.bank_accounts(tenant=town) != tenancy.bank_accounts(tenant=neighbour)
