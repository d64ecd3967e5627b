"""Bad input: a clear error with a stable code, and nothing has changed."""

import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import Client
from tests.support.bank_files import Camt, Ntry, Tx
from tests.support.book import assert_sound, state
from tests.support.towns import AT, a_claim

from zahlstelle import allocation, bank, claims, tenancy
from zahlstelle.kernel import Money, Refusal
from zahlstelle.tenancy import Tenant, bank_accounts

pytestmark = pytest.mark.prove("bad_input")


def good(town: Tenant) -> Camt:
    number = a_claim(town).kassenzeichen
    return Camt(bank_accounts(tenant=town)[0].iban, [Ntry("37.00", [Tx("37.00", end_to_end=number)], ref="R1")])


def doctype(town: Tenant) -> bytes:
    message = good(town)
    message.doctype = '<!DOCTYPE Document [<!ENTITY a "1">]>'
    return message.xml()


def bomb(town: Tenant) -> bytes:
    """A few kilobytes that would become hundreds of megabytes of camt."""
    message = good(town)
    before, after = message.xml().split(b"<Ntry>", 1)
    entry = Ntry("1.00", ref="").xml().encode()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("camt.xml", "w") as member:
        member.write(before)
        for _n in range(100):
            member.write(entry * 1_000)
        member.write(b"<Ntry>" + after)
    return packed.getvalue()


def truncated(town: Tenant) -> bytes:
    content = good(town).xml()
    return content[: len(content) * 2 // 3]


def foreign_account(town: Tenant) -> bytes:
    message = good(town)
    message.iban = "DE02120300000000202051"
    return message.xml()


def three_decimals(town: Tenant) -> bytes:
    return good(town).xml().replace(b">37.00<", b">37.005<")


def not_a_bank_file(_: Tenant) -> bytes:
    return b"Sehr geehrte Damen und Herren"


FILES: dict[str, Callable[[Tenant], bytes]] = {
    "doctype_refused": doctype,
    "zip_bomb": bomb,
    "truncated": truncated,
    "account_unknown": foreign_account,
    "amount_unreadable": three_decimals,
    "not_xml": not_a_bank_file,
    "empty": lambda _: b"",
}


@pytest.mark.parametrize("code", FILES)
def test_a_bad_bank_file_changes_nothing(code: str, tmp_path: Path, town: Tenant) -> None:
    content = FILES[code](town)
    before = state(town)
    path = tmp_path / "bad.bin"
    path.write_bytes(content)
    with pytest.raises((Refusal, Exception)) as refused:  # iso20022's own exception is no Refusal
        allocation.import_bank_file(tenant=town, path=path, name=path.name, at=AT)
    assert getattr(refused.value, "code", None) == code
    assert state(town) == before
    (kept,) = bank.files(tenant=town)
    assert (kept.outcome, kept.code, kept.entries) == ("refused", code, 0)
    assert_sound(town)


def test_the_command_says_where_and_goes_on_with_the_others(tmp_path: Path, town: Tenant) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "1-bad.xml").write_bytes(truncated(town))
    (folder / "2-good.xml").write_bytes(good(town).xml())
    command = [sys.executable, "-m", "zahlstelle.cli", "bank", "import", str(folder), "--tenant", town.slug, "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "1-bad.xml" in done.stderr
    assert ": truncated in " in done.stderr
    said = json.loads(done.stdout)
    assert (said["files"], said["entries"], said["allocated"], said["credit_cents"]) == (1, 1, 1, 3700)
    assert set(said) == {
        "files", "entries", "details", "allocated", "proposed", "suspended", "duplicates", "credit_cents",
        "debit_cents", "seconds",
    }  # fmt: skip


def test_a_refused_file_is_taken_after_the_fix(tmp_path: Path, town: Tenant) -> None:
    path = good(town).write(tmp_path)
    whole = path.read_bytes()
    path.write_bytes(whole[:-40])
    with pytest.raises(Exception, match="truncated"):
        allocation.import_bank_file(tenant=town, path=path, name=path.name, at=AT)
    path.write_bytes(whole)
    assert allocation.import_bank_file(tenant=town, path=path, name=path.name, at=AT).allocated == 1
    assert_sound(town)


BODIES: dict[str, tuple[dict[str, object], str, int]] = {
    "zero": ({"amount": "0.00", "purpose": "x"}, "amount_not_positive", 422),
    "below zero": ({"amount": "-1.00", "purpose": "x"}, "", 422),
    "three decimals": ({"amount": "1.005", "purpose": "x"}, "request_invalid", 422),
    "a float": ({"amount": 1.5, "purpose": "x"}, "", 422),
    "check digit": ({"amount": "1.00", "purpose": "x", "kassenzeichen": "471100000010"}, "check_digit_wrong", 422),
    "service": ({"purpose": "x", "service": "nothing"}, "service_unknown", 404),
}


@pytest.mark.parametrize("what", BODIES)
def test_a_bad_claim_changes_nothing(what: str, town: Tenant) -> None:
    body, code, status = BODIES[what]
    key = tenancy.add_api_key(tenant=town, name="x", at=AT)
    before = state(town)
    answer = Client(HTTP_HOST="localhost").post(
        "/api/v1/claims", body, content_type="application/json", headers={"Authorization": f"Bearer {key}"}
    )
    assert answer.status_code == status
    assert answer.headers["Content-Type"].startswith("application/problem+json")
    assert answer.json()["code"] == (code or answer.json()["code"])
    assert answer.json()["code"]
    assert state(town) == before


def test_more_than_open_cannot_be_settled_whoever_asks(town: Tenant) -> None:
    claim = a_claim(town)
    with pytest.raises(Exception, match="claim_never_below_zero"):
        claims.settle(tenant=town, amounts=[(claim.id, 3701)])
    assert claims.claim_by_id(tenant=town, claim_id=claim.id).open == Money(3700)
