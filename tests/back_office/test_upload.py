"""Taking a bank file in by hand."""

import hashlib
import re
from datetime import date, timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from tests.support.bank_files import Camt, Ntry, Tx
from tests.support.towns import AT, a_claim, iban, town_file
from tests.support.treasury_day import at_the_desk, person

from zahlstelle import allocation, audit, bank, claims, jobs, tenancy, treasury
from zahlstelle.back_office import _files, _words
from zahlstelle.iso20022 import Reason
from zahlstelle.tenancy import Tenant

DAY = date(2026, 10, 5)


def upload(town: Tenant, content: bytes, name: str = "c53.xml", client: Client | None = None) -> Any:
    told = {"datei": SimpleUploadedFile(name, content, "text/xml")}
    return (client or at_the_desk(town)).post(f"/kasse/{town.slug}/dateien/", told, follow=True)


def told(answer: Any) -> str:
    """Give a page as it is read."""
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", answer.text)))


def a_file(town: Tenant) -> bytes:
    claim = a_claim(town, "37.00")
    entry = Ntry("37.00", [Tx("37.00", claim.kassenzeichen)], ref="B1")
    return Camt(tenancy.bank_accounts(tenant=town)[0].iban, [entry]).xml()


def test_a_file_is_taken_in_and_its_money_allocated(town: Tenant) -> None:
    answer = upload(town, a_file(town))
    assert "Umsätze 1 1 davon neu Zugeordnet 1 Einzelumsätze In Verwahrung 0 Einzelumsätze" in told(answer)
    assert claims.recent_claims(tenant=town)[0].open.is_zero
    by = str(person(town, "treasurer").id)
    deeds = [(deed.action, deed.actor) for deed in audit.deeds(tenant=town, limit=2)]
    assert deeds == [("bank_file.imported", by), ("bank_file.received", by)]


def test_the_same_file_again_books_nothing(town: Tenant) -> None:
    content = a_file(town)
    upload(town, content)
    assert "Nichts wurde doppelt gebucht." in told(upload(town, content, "again.xml"))
    other = content.replace(b"<MsgId>M1</MsgId>", b"<MsgId>M2</MsgId>").replace(b"2026-10-05T18", b"2026-10-05T19")
    again = told(upload(town, other.replace(b"<CreDtTm>", b"<CreDtTm >"), "other.xml"))
    assert "Umsätze" in again
    assert len(bank.entries_of_day(tenant=town, day=DAY)) == 1


def test_a_file_that_is_none_is_set_aside_with_its_reason(town: Tenant) -> None:
    text = told(upload(town, b"<html>no</html>", "rechnung.xml"))
    assert "rechnung.xml abgewiesen" in text
    assert "Das ist keine camt-Datei (052, 053 oder 054)." in text
    assert "Von dieser Datei ist nichts gebucht. Prüfen Sie, ob die richtige Datei gewählt war." in text
    kept = bank.files(tenant=town)[0]
    assert (kept.name, kept.outcome) == ("rechnung.xml", "refused")


def test_the_place_of_the_trouble_is_named(town: Tenant) -> None:
    broken = a_file(town).replace(
        b'<Amt Ccy="EUR">37.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>',
        b'<Amt Ccy="EUR">37,00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>',
    )
    text = told(upload(town, broken))
    assert "Zeile 1 Element" in text
    assert "Ntry/Amt Für Bank und Rechenzentrum: amount_unreadable" in text


def test_a_foreign_account_is_refused(town: Tenant, neighbour: Tenant) -> None:
    text = told(upload(town, a_file(neighbour)))
    assert "Die Datei gehört zu einem Konto, das nicht zu dieser Stadt gehört." in text
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


def test_a_large_file_waits_for_the_worker(town: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_files, "_AT_ONCE", 100)
    answer = upload(town, a_file(town))
    assert "wartet" in told(answer)
    assert "data-look-again" in answer.text
    assert bank.entries_of_day(tenant=town, day=DAY) == []
    assert jobs.import_received(tenant=town, at=AT) == 1
    page = answer.redirect_chain[-1][0]
    assert "Umsätze 1 1 davon neu Zugeordnet 1 Einzelumsätze" in told(at_the_desk(town).get(page))
    assert jobs.import_received(tenant=town, at=AT) == 0


def test_a_large_file_that_is_refused_is_told_on_its_page(town: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_files, "_AT_ONCE", 1)
    page = upload(town, b"<html>no</html>").redirect_chain[-1][0]
    jobs.import_received(tenant=town, at=AT)
    assert "Das ist keine camt-Datei" in told(at_the_desk(town).get(page))


def test_a_defect_with_one_file_lets_the_others_through(town: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_files, "_AT_ONCE", 1)
    upload(town, b"<html>no</html>", "a.xml")
    upload(town, a_file(town), "b.xml")
    real, first = allocation.import_again, bank.received_files(tenant=town)[0]

    def again(**told: Any) -> Any:
        if told["file_id"] == first:
            raise RuntimeError("ours")
        return real(**told)

    monkeypatch.setattr(allocation, "import_again", again)
    assert jobs.import_received(tenant=town, at=AT) == 1
    monkeypatch.undo()
    assert (jobs.import_received(tenant=town, at=AT), bank.received_files(tenant=town)) == (0, [first])
    assert jobs.import_received(tenant=town, at=AT + timedelta(minutes=1)) == 1


def test_what_was_set_aside_is_tried_again_after_a_fix(town: Tenant) -> None:
    """The bank opened a second account; the data centre adds it; nobody uploads the file again."""
    account = iban(4_242)
    entry = Ntry("5.00", [Tx("5.00", "Dank")], ref="N1")
    page = upload(town, Camt(account, [entry]).xml()).redirect_chain[-1][0]
    accounts = [*tenancy.bank_accounts(tenant=town), tenancy.BankAccount(account, "COLSDE33XXX", town.name)]
    given = [{"iban": one.iban, "bic": one.bic, "holder": one.holder} for one in accounts]
    treasury.found_town(town=tenancy.read_town_file(town_file(slug=town.slug, bank_accounts=given, people=[])), at=AT)
    assert "Noch einmal einlesen" in at_the_desk(town).get(page).text
    assert "wartet" in told(at_the_desk(town).post(page, follow=True))
    jobs.import_received(tenant=town, at=AT)
    text = told(at_the_desk(town).get(page))
    assert "Umsätze 1 1 davon neu" in text
    assert "Noch einmal versucht, Treasurer" in text
    assert len(bank.entries_of_day(tenant=town, day=DAY)) == 1


def test_the_original_is_handed_out_unchanged_and_that_is_written_down(town: Tenant) -> None:
    content = b"<html>no</html>"
    page = upload(town, content, "b\xfcro.xml").redirect_chain[-1][0]
    answer = at_the_desk(town, "auditor").get(f"{page}original/")
    assert b"".join(answer.streaming_content) == content
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"].startswith("attachment")
    deed = audit.deeds(tenant=town)[0]
    assert (deed.action, deed.actor) == ("bank_file.downloaded", str(person(town, "auditor").id))
    assert at_the_desk(town, "clerk").get(f"{page}original/").status_code == 403
    assert at_the_desk(town, "auditor").post(page).status_code == 403, "an auditor tries nothing again"
    assert hashlib.sha256(content).hexdigest() in at_the_desk(town).get(page).text


def test_the_set_aside_are_listed_by_themselves(town: Tenant) -> None:
    upload(town, b"<html>no</html>", "schlecht.xml")
    upload(town, a_file(town), "gut.xml")
    page = at_the_desk(town).get(f"/kasse/{town.slug}/dateien/?stand=abgewiesen")
    assert ("schlecht.xml" in page.text, "gut.xml" in page.text) == (True, False)


def test_a_script_that_shows_progress_is_told_where_to_go(town: Tenant) -> None:
    sent = {"datei": SimpleUploadedFile("c53.xml", a_file(town))}
    answer = at_the_desk(town).post(f"/kasse/{town.slug}/dateien/", sent, headers={"X-Requested-With": "progress"})
    assert answer.status_code == 204
    assert at_the_desk(town).get(answer["X-Goal"]).status_code == 200


def test_every_reason_to_set_a_file_aside_has_its_words() -> None:
    assert {*Reason, bank.AccountUnknown.code} <= set(_words.FILE_CODES)


def test_a_file_is_put_away_once_and_only_that_is_said(town: Tenant) -> None:
    client = at_the_desk(town)
    upload(town, b"<Document>", client=client)
    (file,) = bank.archived_files(tenant=town)
    page = f"/kasse/{town.slug}/dateien/{file.id}/"
    answers = [told(client.post(page, {"tun": "erledigt"}, follow=True)) for _ in "12"]
    assert ["Abgelegt." in answer for answer in answers] == [True, False]
    assert ["Nichts geändert" in answer for answer in answers] == [False, True]
    assert [deed.action for deed in audit.deeds(tenant=town)].count("bank_file.dismissed") == 1
    assert bank.ask_again(tenant=town, file_id=file.id, at=AT, by="test") is True
    assert bank.ask_again(tenant=town, file_id=file.id, at=AT, by="test") is False
