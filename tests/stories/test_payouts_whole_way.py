"""From the card to the book over the real sandbox: the bank knows one transfer, the report knows the rest."""

import io
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from lxml import etree
from tests.support.book import assert_sound
from tests.support.desk import town_at
from tests.support.sandbox import SandboxServer
from tests.support.shared import shared
from tests.support.states import begun
from tests.support.towns import a_claim
from tests.support.treasury_day import at_the_desk

from zahlstelle import allocation, claims, iso20022, jobs, ledger, payments, treasury
from zahlstelle.claims import Claim
from zahlstelle.cli import main
from zahlstelle.kernel import Money, clock
from zahlstelle.providers.sandbox import SandboxProvider
from zahlstelle.tables.tenancy import TenantRow
from zahlstelle.tenancy import Tenant, tenant_by_slug

PROVIDER = SandboxProvider()
pytestmark = pytest.mark.prove("payouts")


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxServer]:
    server = SandboxServer(tmp_path_factory.mktemp("sandbox")).start()
    server.behave()
    yield server
    server.close()


@pytest.fixture(autouse=True)
def plugged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(payments._flow._PLUGGED, "sandbox", PROVIDER)


def town_with(sandbox: SandboxServer, **switches: Any) -> Tenant:
    town = town_at(sandbox)
    access = next(iter(payments._flow.provider_accesses(tenant=town)))
    account = town_account(town)
    body = {"secret": access.secret.reveal(), "name": town.name, "iban": account, "bic": "COLSDE33XXX", **switches}
    sandbox.admin("PUT", f"/merchants/{town.slug}", body)
    folder = sandbox.data / "bank" / town.slug
    told = {"bank_inbox": str(folder), "bank_inbox_settle_seconds": 0}
    TenantRow.objects.filter(id=town.id).update(settings=told)
    return tenant_by_slug(town.slug)


def town_account(town: Tenant) -> str:
    from zahlstelle.tenancy import bank_accounts

    return bank_accounts(tenant=town)[0].iban


def paid(sandbox: SandboxServer, town: Tenant, amount: str = "37.00") -> tuple[Claim, payments.Attempt]:
    claim = a_claim(town, amount, at=clock.now())
    started = payments.start_payment(tenant=town, claim_id=claim.id, at=clock.now())
    attempt = begun(town, started, "http://127.0.0.1:9")
    sandbox.admin("POST", f"/payments/{attempt.provider_reference}/act", {"card": "paid"})
    return claim, payments.refresh(tenant=town, attempt_id=attempt.id, at=clock.now())


def balance(town: Tenant, account: str) -> int:
    return ledger.balance(tenant=town, account=account)


def rounds(town: Tenant) -> None:
    for _ in range(3):
        jobs.run_once(tenant=town, at=clock.now())


@pytest.mark.parametrize(
    "switches",
    [{"pays_out": "net"}, {"pays_out": "gross", "tells_details": False}, {"pays_out": "gross"}],
    ids=["net", "gross in plain transfers", "gross with camt.054"],
)
def test_every_cent_of_a_payout_finds_its_place(sandbox: SandboxServer, switches: dict[str, Any]) -> None:
    town = town_with(sandbox, fee_cents=35, **switches)
    bought = [paid(sandbox, town), paid(sandbox, town, "25.00"), paid(sandbox, town, "12.00")]
    (_, first), (charged, second), _ = bought
    given = {"amount_cents": 1000, "currency": "EUR"}
    secret = payments._flow.provider_accesses(tenant=town)[0].secret.reveal()
    headers = {"Authorization": f"Bearer {secret}", "Idempotency-Key": "r"}
    sandbox.http.post(f"/psp/v1/payments/{first.provider_reference}/refunds", json=given, headers=headers)
    sandbox.admin("POST", f"/payments/{second.provider_reference}/chargebacks", {"fee_cents": 1500})
    assert balance(town, "clearing:sandbox") == 7400

    sandbox.admin("POST", "/payouts", {"merchant_id": town.slug})
    rounds(town)

    assert allocation.suspense(tenant=town) == []
    accounts = ("clearing:sandbox", "suspense", "fees", "refunded")
    assert [balance(town, account) for account in accounts] == [0, 0, 3 * 35 + 1500, 1000]
    assert balance(town, f"bank:{town_account(town)}") == 7400 - 1000 - 2500 - 3 * 35 - 1500
    is_open = {c.id: claims.claim_by_id(tenant=town, claim_id=c.id).open for c, _ in bought}
    assert is_open == {c.id: Money(2500 if c.id == charged.id else 0) for c, _ in bought}
    assert payments.open_payouts(tenant=town) == []
    assert_sound(town)
    assert treasury.check_book(tenant=town) == []


def test_the_bank_file_comes_before_the_report(sandbox: SandboxServer) -> None:
    town = town_with(sandbox, pays_out="net", fee_cents=35)
    _, attempt = paid(sandbox, town)
    jobs.run_once(tenant=town, at=clock.now())  # the provider is asked: it has no report yet
    sandbox.admin("POST", "/payouts", {"merchant_id": town.slug})
    folder = Path(str(town.settings["bank_inbox"]))
    jobs.import_inbox(tenant=town, at=clock.now())
    assert [item.doubt for item in allocation.suspense(tenant=town)] == ["payout_report_missing"]
    sandbox.behave(faults=[{"operation": "report", "kind": "unavailable"}])
    jobs.run_once(tenant=town, at=clock.now())  # asked at once, but it does not answer
    assert [item.doubt for item in allocation.suspense(tenant=town)] == ["payout_report_missing"]
    jobs.run_once(tenant=town, at=clock.now())  # not asked again so soon
    assert balance(town, "clearing:sandbox") == 3700
    jobs.run_once(tenant=town, at=clock.now() + timedelta(minutes=2))
    assert allocation.suspense(tenant=town) == []
    assert balance(town, "clearing:sandbox") == 0
    assert attempt.provider_reference and folder.is_dir()


def test_the_whole_story_of_a_claim_and_its_payout_can_be_read(sandbox: SandboxServer) -> None:
    town = town_with(sandbox, pays_out="net", fee_cents=35)
    claim, _ = paid(sandbox, town)
    other, _ = paid(sandbox, town, "25.00")
    payout = sandbox.admin("POST", "/payouts", {"merchant_id": town.slug})["payout"]["payout_id"]
    rounds(town)

    life = treasury.claim_life(tenant=town, kassenzeichen=claim.kassenzeichen)
    (told,) = [moment.details for moment in life.moments if moment.what == "payout.reported"]
    assert (told["payout"], told["fee"], told["settled"]) == (payout, Money(35), True)
    assert [m.details["text"] for m in life.moments if m.what == "ledger.booked"][-1] == "Entgelt"

    client = at_the_desk(town)
    page = client.get(f"/kasse/{town.slug}/forderung/{claim.kassenzeichen}/").text
    assert payout in page and "0,35" in page
    (entry,) = allocation.entries_of_payout(tenant=town, reference=payout)
    page = client.get(f"/kasse/{town.slug}/umsatz/{entry}/").text
    for words in (payout, f"rep_{payout}", "Entgelte (2)", "Zahlungen (2)", "4 zugeordnet"):
        assert words in page, words
    page = client.get(f"/kasse/{town.slug}/").text
    assert f"Auszahlung {payout}, Entgelt 0,70" in page.replace("\xa0", " ")

    written = treasury.notification(tenant=town, entry_id=treasury.payout_entry(tenant=town, payout=payout))
    if schema := shared("specs", "xsd"):
        etree.XMLSchema(etree.parse(schema / "camt.054.001.08.xsd")).assertValid(etree.fromstring(written))
    events = list(iso20022.read(io.BytesIO(written), "out.xml"))
    (end,) = [event for event in events if isinstance(event, iso20022.EntryEnd)]
    assert end.entry.amount_cents == 6200 - 70
    details = [event for event in events if isinstance(event, iso20022.Detail)]
    assert sorted((d.side, d.amount_cents, d.end_to_end_id) for d in details) == sorted(
        [
            ("credit", 3700, claim.kassenzeichen),
            ("credit", 2500, other.kassenzeichen),
            ("debit", 35, "NOTPROVIDED"),
            ("debit", 35, "NOTPROVIDED"),
        ]
    )


def test_a_payout_is_called_by_its_name_as_soon_as_the_bank_has_told_of_it(
    sandbox: SandboxServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    town = town_with(sandbox, pays_out="gross")
    claim, _ = paid(sandbox, town)
    jobs.run_once(tenant=town, at=clock.now())  # the provider is asked: it has no report yet
    payout = sandbox.admin("POST", "/payouts", {"merchant_id": town.slug})["payout"]["payout_id"]
    rounds(town)  # the bank's details explain the entry, so nobody asks again for a quarter of an hour
    goal = tmp_path / "out.xml"
    words = ["bank", "notify", "--tenant", town.slug, "-o", str(goal), "--payout"]
    assert main([*words, "po_19990101_000001"]) == 1
    assert "[payout_unknown]" in capsys.readouterr().err
    assert main([*words, payout]) == 0
    assert claim.kassenzeichen in goal.read_text()


def test_a_town_whose_provider_hands_out_files(sandbox: SandboxServer) -> None:
    town = town_with(sandbox, pays_out="net", fee_cents=35)
    paid(sandbox, town)
    sandbox.admin("POST", "/payouts", {"merchant_id": town.slug})
    jobs.import_inbox(tenant=town, at=clock.now())
    assert balance(town, "clearing:sandbox") == 3700
    folder = sandbox.data / "reports" / town.slug
    command = [sys.executable, "-m", "zahlstelle.cli", "payouts", "import", str(folder), "--provider", "sandbox"]
    done = subprocess.run([*command, "--tenant", town.slug], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "1 new reports, 1 payouts settled\n"), done.stderr
    assert (balance(town, "clearing:sandbox"), balance(town, "fees")) == (0, 35)
    (report,) = folder.iterdir()
    assert payments.take_in_reports(tenant=town, provider="sandbox", path=report, at=clock.now()) == 0
    assert treasury.check_book(tenant=town) == []
