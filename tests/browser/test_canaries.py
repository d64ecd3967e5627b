"""No card number, security code, network token or cryptogram is left anywhere of ours; and the search would find one.

The sandbox's own process and memory are the provider's: they are not looked at.
"""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from playwright.sync_api import Page, expect
from tests.support import canary_scan
from tests.support.authenticator import authenticator
from tests.support.canaries import CANARIES, CARD_CODE, CRYPTOGRAM_PREFIX, HOLDER, OTHER_CARD_NUMBER, TOKEN_PREFIXES
from tests.support.citizen import choose
from tests.support.click_to_pay import a_town, an_address
from tests.support.sandbox import SandboxServer
from tests.support.sizes import size

from zahlstelle.kernel import clock, new_id

if TYPE_CHECKING:
    from tests.support.desk import Desk

    from zahlstelle.tenancy import Tenant

pytestmark = pytest.mark.prove("wallet")
WHOLE = bool(size(0, 1))  # every row, every file; small: those of this test's towns and time
PLANTED = {
    "card number": " ".join(OTHER_CARD_NUMBER[start : start + 4] for start in range(0, 16, 4)),
    "security code": f'{{"cvc": "{CARD_CODE}"}}',
    "network token": f"{TOKEN_PREFIXES[0]}12345678",
    "cryptogram": f"{CRYPTOGRAM_PREFIX}abcdef",
}


@pytest.fixture
def named_desk() -> "Iterator[Desk]":
    from tests.support.desk import open_desk

    desk = open_desk(host="localhost")
    yield desk
    desk.stop()


def card_page(page: Page, where: Any) -> None:
    """Type the canary card."""
    for name, value in {"number": OTHER_CARD_NUMBER, "expiry": "12/30", "cvc": CARD_CODE, "holder": HOLDER}.items():
        where.locator(f"[name={name}]").fill(value)


def paid(page: Page) -> None:
    """See the page that says so; the machine may be slow."""
    expect(page.get_by_role("heading", level=1)).to_have_text("Vielen Dank, Ihre Zahlung ist da", timeout=20_000)


def payment(page: Page, desk: "Desk", town: "Tenant") -> None:
    from tests.support.states import a_payment

    page.goto(f"{desk.base_url}/pay/{a_payment(town).token}")


def guest_and_kept(page: Page, desk: "Desk", town: "Tenant") -> None:
    """Pay as a guest (in the small run not), keep the card, pay with it."""
    authenticator(page)
    for keep in (False, True)[not WHOLE :]:
        payment(page, desk, town)
        if keep:
            page.locator("#keep").check()
        choose(page, "card")
        card_page(page, page)
        page.locator("form#form button[type=submit]").click()
        paid(page)
    page.locator("#keep-email").fill("erika@example.org")
    page.locator("[data-new] button").click()
    expect(page.get_by_text("Ihre Karte ist gemerkt.")).to_be_visible()
    payment(page, desk, town)
    page.locator(".zs-again__pay").click()
    paid(page)


def typed_into_the_fields(page: Page, desk: "Desk", town: "Tenant", *, register: bool) -> None:
    """Pay by the provider's fields on our page; with `register` the card scheme keeps the card, and tokens flow."""
    payment(page, desk, town)
    choose(page, "card")
    expect(page.locator("#card-form button[type=submit]")).to_be_visible(timeout=15_000)
    frame = page.frame_locator("#card-fields iframe")
    for name, value in {"number": OTHER_CARD_NUMBER, "expiry": "12/30", "cvc": CARD_CODE}.items():
        frame.locator(f"[name={name}]").fill(value)
    if register:
        frame.locator("#register").click()
        frame.locator("#email").fill(an_address())
    page.get_by_role("button", name="bezahlen").click()
    paid(page)


def test_nothing_of_a_card_is_left_anywhere(
    named_desk: "Desk",
    town: "Tenant",
    sandbox: SandboxServer,
    page: Page,
    superuser: Callable[[], psycopg.Connection],
) -> None:
    began = clock.now().timestamp() - 1
    other = a_town(sandbox, named_desk)
    guest_and_kept(page, named_desk, town)
    if WHOLE:
        typed_into_the_fields(page, named_desk, other, register=False)
    typed_into_the_fields(page, named_desk, other, register=True)
    with superuser() as database:
        rows = canary_scan.in_rows(database, None if WHOLE else [town.id, other.id])
        backup, backed_up = canary_scan.in_backup(database, whole=WHOLE)
        database.execute("CHECKPOINT")
        place = canary_scan.home_of(database)
    at_the_database, stored = canary_scan.in_files(place.parent, 0 if WHOLE else began)
    postmaster = int((place / "postmaster.pid").read_text().split()[0])
    beside, logged = canary_scan.in_files(named_desk.log.parent)
    here = [canary_scan.in_environments(each) for each in (named_desk.child.process.pid, postmaster)]
    environments, processes = [hit for hits, _ in here for hit in hits], sum(many for _, many in here)
    assert rows + backup + at_the_database + beside + environments == []
    assert logged > 0 and stored > 100_000 and backed_up > 100_000 and processes >= 4
    print(f"backup {backed_up:,}, database files {stored:,}, logs {logged:,} bytes, {processes} processes: no canary")


def test_the_search_finds_what_is_planted_in_a_row(superuser: Callable[[], psycopg.Connection]) -> None:
    with superuser() as database, database.transaction(force_rollback=True):
        database.execute("CREATE TABLE planted (words text, said jsonb, content bytea)")
        for value in PLANTED.values():
            made = "INSERT INTO planted VALUES (%s, jsonb_build_object('a', %s::text), convert_to(%s, 'UTF8'))"
            database.execute(made, [value, value, value])
        hits = [hit for hit in canary_scan.in_rows(database, []) if "planted" in hit]
    assert sorted(hits) == sorted(
        f"{kind} in planted.{name}" for kind in PLANTED for name in ("words", "said", "content")
    )


def test_the_search_finds_what_is_planted_in_a_backup_and_in_the_databases_files(
    superuser: Callable[[], psycopg.Connection],
) -> None:
    began, name = clock.now().timestamp() - 1, f"planted_{new_id().hex}"
    with superuser() as database:
        place = canary_scan.home_of(database)
        database.execute(f"CREATE DATABASE {name}")
        where = database.info
        try:
            told = {"host": where.host, "port": where.port, "user": where.user, "dbname": name}
            with psycopg.connect(**told, autocommit=True) as planted:  # type: ignore[arg-type]
                planted.execute("CREATE TABLE planted (words text, content bytea)")
                for value in PLANTED.values():
                    planted.execute("INSERT INTO planted VALUES (%s, '')", [value])
                backup, _ = canary_scan.in_backup(planted, whole=True)
                planted.execute("CHECKPOINT")
                (oid,) = planted.execute("SELECT oid FROM pg_database WHERE datname = %s", [name]).fetchone() or (0,)
                files, _ = canary_scan.in_files(place / "base" / str(oid), began)
                planted.execute("TRUNCATE planted")
                planted.execute(
                    "INSERT INTO planted VALUES ('', convert_to(%s, 'UTF8'))", ["\n".join(PLANTED.values())]
                )
                in_bytes, _ = canary_scan.in_backup(planted, whole=True)
        finally:
            database.execute(f"DROP DATABASE {name}")
    assert sorted(set(backup)) == sorted(set(in_bytes)) == sorted(f"{kind} in the backup" for kind in CANARIES)
    assert {hit.partition(" in ")[0] for hit in files} == set(CANARIES)


def test_the_search_finds_what_is_planted_in_a_log_and_in_an_environment(tmp_path: Path) -> None:
    (tmp_path / "deeper").mkdir()
    for kind, value in PLANTED.items():
        (tmp_path / "deeper" / "log").write_text(f'{{"event": "paid", "said": {value!r}}}\n')
        assert canary_scan.in_files(tmp_path)[0] == [f"{kind} in log"]
        command = [sys.executable, "-c", "import time; time.sleep(60)"]
        child = subprocess.Popen(command, env={**os.environ, "CANARY": value})
        try:
            assert set(canary_scan.in_environments(os.getpid())[0]) == {f"{kind} in the environment"}
        finally:
            child.kill()
            child.wait()
