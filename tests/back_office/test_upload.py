"""Taking a bank file in by hand."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from tests.support.bank_files import Camt, Ntry, Tx
from tests.support.towns import a_claim
from tests.support.treasury_day import at_the_desk, person

from zahlstelle import audit, bank, claims, tenancy
from zahlstelle.back_office import _files
from zahlstelle.tenancy import Tenant

DAY = date(2026, 10, 5)


def upload(town: Tenant, content: bytes, name: str = "c53.xml", client: Client | None = None) -> Any:
    told = {"datei": SimpleUploadedFile(name, content, "text/xml")}
    return (client or at_the_desk(town)).post(f"/kasse/{town.slug}/dateien/", told, follow=True)


def a_file(town: Tenant) -> bytes:
    claim = a_claim(town, "37.00")
    entry = Ntry("37.00", [Tx("37.00", claim.kassenzeichen)], ref="B1")
    return Camt(tenancy.bank_accounts(tenant=town)[0].iban, [entry]).xml()


def test_a_file_is_taken_in_and_its_money_allocated(town: Tenant) -> None:
    answer = upload(town, a_file(town))
    assert "Eingelesen: 1 Umsätze, davon 1 Einzelumsätze zugeordnet, 0 in Verwahrung." in answer.text
    assert claims.recent_claims(tenant=town)[0].open.is_zero
    deed = audit.deeds(tenant=town)[0]
    assert (deed.action, deed.actor) == ("bank_file.imported", str(person(town, "treasurer").id))


def test_the_same_file_again_books_nothing(town: Tenant) -> None:
    content = a_file(town)
    upload(town, content)
    assert "Nichts wurde doppelt gebucht." in upload(town, content, "again.xml").text
    assert len(bank.entries_of_day(tenant=town, day=DAY)) == 1


def test_a_file_that_is_none_is_set_aside_with_its_reason(town: Tenant) -> None:
    answer = upload(town, b"<html>no</html>", "rechnung.xml")
    assert answer.status_code == 422
    assert "Die Datei wurde abgewiesen" in answer.text
    kept = bank.files(tenant=town)[0]
    assert (kept.name, kept.outcome) == ("rechnung.xml", "refused")
    assert kept.reason
    assert kept.reason in answer.text.replace("&#x27;", "'").replace("&lt;", "<").replace("&gt;", ">")


def test_a_foreign_account_is_refused(town: Tenant, neighbour: Tenant) -> None:
    answer = upload(town, a_file(neighbour))
    assert answer.status_code == 422
    assert bank.entries_of_day(tenant=town, day=DAY) == []


@pytest.mark.parametrize("sent", [{}, {"datei": "text"}, {"datei": SimpleUploadedFile("leer.xml", b"")}])
def test_nothing_chosen_says_what_to_do(town: Tenant, sent: dict[str, Any]) -> None:
    answer = at_the_desk(town).post(f"/kasse/{town.slug}/dateien/", sent)
    assert answer.status_code == 422
    assert "Bitte wählen Sie eine Datei aus" in answer.text


def test_too_large_a_file_is_not_taken(town: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_files, "UPLOAD_LIMIT_MB", 1)
    answer = upload(town, b"x" * 1_500_000)
    assert answer.status_code == 422
    assert "größer als 1 MB" in answer.text
    assert bank.files(tenant=town) == []


def test_a_file_that_hides_its_size_is_cut_off(town: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_files, "UPLOAD_LIMIT_MB", 1)
    monkeypatch.setattr(_files, "_announced", lambda request: 0)
    answer = upload(town, b"x" * 3_000_000)
    assert answer.status_code == 422
    assert "größer als 1 MB" in answer.text


def test_the_name_of_a_file_is_only_its_name(town: Tenant) -> None:
    upload(town, a_file(town), "../../etc/c53.xml")
    assert Path(bank.files(tenant=town)[0].name).name == bank.files(tenant=town)[0].name


def test_the_form_of_another_person_is_not_taken(town: Tenant) -> None:
    strict = at_the_desk(town, enforce_csrf_checks=True)
    assert upload(town, a_file(town), client=strict).status_code == 403
    assert bank.files(tenant=town) == []
