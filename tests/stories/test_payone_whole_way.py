"""From PAYONE's page to the book over the real sandbox, and webhooks that are rightly signed and yet wrong."""

import json
import random
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.test import Client
from tests.support.book import assert_sound
from tests.support.payone import contract_of_cards, keys, token_of
from tests.support.sandbox import Ear, Heard, SandboxServer, listening, until
from tests.support.sizes import size
from tests.support.towns import a_claim, found_town, iban

from zahlstelle import allocation, claims, jobs, ledger, payments, treasury
from zahlstelle.kernel import Money, Secret, clock, new_id
from zahlstelle.payments import Attempt, Authentication, RefundState, Status
from zahlstelle.providers.payone import PayoneProvider, payment_reference, webhook_signature
from zahlstelle.tables.payments import AttemptRow
from zahlstelle.tables.tenancy import TenantRow
from zahlstelle.tenancy import Tenant, tenant_by_slug

PROVIDER = PayoneProvider(now=clock.now, timeout=httpx.Timeout(10))
_CARDS = {"paid": "4111111111111111", "declined": "4000000000020000", "challenge": "4000000000040008"}


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxServer]:
    server = SandboxServer(tmp_path_factory.mktemp("sandbox")).start()
    yield server
    server.close()


@pytest.fixture(autouse=True)
def plugged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(payments._flow._PLUGGED, "payone", PROVIDER)


@dataclass
class Place:
    """A town that takes PayPal and Wero over PAYONE, what it hears, and its keys."""

    town: Tenant
    ear: Ear
    access: payments.MerchantAccess
    account: str

    def hear(self, heard: Heard) -> int:
        """Bring a webhook to the town's own address."""
        where = f"/provider/{self.town.slug}/payone/notify"
        names = ("x-gcs-keyid", "x-gcs-signature")
        headers = {name: heard.headers[name] for name in names if name in heard.headers}
        client = Client(HTTP_HOST="127.0.0.1")
        answer = client.post(where, data=heard.body, content_type="application/json", headers=headers)
        return answer.status_code

    def balance(self, account: str) -> int:
        return ledger.balance(tenant=self.town, account=account)


@pytest.fixture
def place(sandbox: SandboxServer) -> Iterator[Place]:
    sandbox.behave()
    number = new_id().int % 10**9
    slug, account = f"stadt-{number}", iban(number)
    merchant = {"secret": f"sk_test_{new_id().hex}", "name": slug, "iban": account, "bic": "COLSDE33XXX"}
    sandbox.admin("PUT", f"/merchants/{slug}", merchant | {"pays_out": "net", "fee_cents": 35})
    with listening() as ear:
        access = keys(sandbox, slug, ear.url)
        contract = {
            "name": "payone",
            "merchant_id": slug,
            "base_url": sandbox.base,
            "methods": ["paypal", "wero", "card"],
        }
        secrets = {name: secret.reveal() for name, secret in access.secrets.items()}
        contract |= {
            "secret": access.secret.reveal(),
            "settings": {**access.settings, **contract_of_cards(sandbox)},
            "secrets": secrets,
        }
        accounts = [{"iban": account, "bic": "COLSDE33XXX", "holder": slug}]
        town = found_town(slug=slug, bank_accounts=accounts, providers=[contract])
        inbox = {"bank_inbox": str(sandbox.data / "bank" / slug), "bank_inbox_settle_seconds": 0}
        TenantRow.objects.filter(id=town.id).update(settings=inbox)
        yield Place(tenant_by_slug(slug), ear, access, account)


def begun(
    place: Place, method: str = "paypal", payment_id: Any = None, card: payments.CardToken | None = None
) -> Attempt:
    if payment_id is None:
        claim = a_claim(place.town, at=clock.now())
        payment_id = payments.start_payment(tenant=place.town, claim_id=claim.id, at=clock.now()).payment.id
    return payments.begin(
        tenant=place.town,
        payment_id=payment_id,
        method=method,
        return_url="http://127.0.0.1:9/pay/ergebnis",
        notify_url=f"http://127.0.0.1:9/provider/{place.town.slug}/{{provider}}/notify",
        at=clock.now(),
        card=card,
    )


def at_the_page(attempt: Attempt, what: str) -> str:
    """Do at the provider's page what a citizen does; the address the citizen is sent back to."""
    page = attempt.redirect_url
    assert page and httpx.get(page, trust_env=False).status_code == 200
    if what == "cancel":
        back = httpx.post(f"{page}/cancel", trust_env=False)
    else:
        card = {"number": _CARDS[what], "expiry": "12/99", "cvc": "123", "holder": "Erika Mustermann"}
        back = httpx.post(page, data=card, trust_env=False)
    assert back.status_code == 303, back.text
    return back.headers["location"]


def status(place: Place, attempt: Attempt) -> Status:
    return payments.attempts_by_id(tenant=place.town, attempts=[attempt.id])[attempt.id].status


@pytest.mark.parametrize("method", ["paypal", "wero"])
def test_from_the_page_to_the_last_cent_of_the_payout(sandbox: SandboxServer, place: Place, method: str) -> None:
    sandbox.behave(duplicates=2, reorder=True, notify_before_redirect=True)
    declined = begun(place, method)
    at_the_page(declined, "declined")
    place.hear(until(lambda: place.ear.heard)[0])
    assert status(place, declined) is Status.DECLINED

    attempt = begun(place, method, declined.payment_id)
    assert at_the_page(attempt, "paid").startswith("http://127.0.0.1:9/pay/ergebnis?paymentId=")
    for heard in until(lambda: [each for each in place.ear.heard if str(attempt.id).encode() in each.body]):
        assert place.hear(heard) < 300
    assert status(place, attempt) is Status.PAID
    assert claims.claim_by_id(tenant=place.town, claim_id=attempt.claim_ids[0]).open.is_zero

    made = payments.refund(
        tenant=place.town,
        refund_id=new_id(),
        payment_id=attempt.payment_id,
        amount=Money(1000),
        refundable=attempt.amount,
        by="clerk",
        text="Gebühr zu hoch",
        notify_url="",
        at=clock.now(),
    )
    assert made.state is RefundState.DONE
    assert place.balance("clearing:payone") == 2700

    sandbox.admin("POST", "/payouts", {"merchant_id": place.town.slug})
    for _ in range(2):
        jobs.run_once(tenant=place.town, at=clock.now())
    folder = sandbox.data / "reports" / place.town.slug
    brought = import_reports(place.town, folder)
    assert brought == "1 new reports, 1 payouts settled\n"
    assert allocation.suspense(tenant=place.town) == []
    accounts = ("clearing:payone", "suspense", "fees", "refunded", f"bank:{place.account}")
    assert [place.balance(account) for account in accounts] == [0, 0, 35, 1000, 3700 - 1000 - 35]
    assert_sound(place.town)
    assert treasury.check_book(tenant=place.town) == []


def import_reports(town: Tenant, folder: Path) -> str:
    command = [sys.executable, "-m", "zahlstelle.cli", "payouts", "import", str(folder), "--provider", "payone"]
    done = subprocess.run([*command, "--tenant", town.slug], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_card_that_the_bank_asks_about_and_what_is_kept_of_it(sandbox: SandboxServer, place: Place) -> None:
    """Typed into the fields, approved at the bank, told by a webhook; what 3-D Secure said stays with the attempt."""
    fields = payments.card_fields(tenant=place.town, method="card")
    card = token_of(place.access, fields.session.reveal(), _CARDS["challenge"])
    attempt = begun(place, "card", card=card)
    assert attempt.redirect_url and attempt.authentication is None
    httpx.post(attempt.redirect_url, data={"answer": "approve"}, trust_env=False)
    for heard in until(lambda: place.ear.heard if len(place.ear.heard) > 1 else []):
        place.hear(heard)
    told = payments.attempts_by_id(tenant=place.town, attempts=[attempt.id])[attempt.id]
    assert (told.status, told.authentication) == (Status.PAID, Authentication(eci="05"))
    assert place.balance("clearing:payone") == 3700
    assert card.token.reveal() not in str(AttemptRow.objects.filter(id=attempt.id).values().first())
    payments.refresh(tenant=place.town, attempt_id=attempt.id, at=clock.now())
    told = payments.attempts_by_id(tenant=place.town, attempts=[attempt.id])[attempt.id]
    assert told.authentication == Authentication(eci="05"), "a report that says nothing of it takes nothing away"
    assert_sound(place.town)


def test_a_card_that_is_decided_at_once(sandbox: SandboxServer, place: Place) -> None:
    sandbox.behave(lose_all=True)
    fields = payments.card_fields(tenant=place.town, method="card")
    card = token_of(place.access, fields.session.reveal(), _CARDS["paid"])
    attempt = begun(place, "card", card=card)
    assert attempt.redirect_url == attempt.return_url and attempt.authentication == Authentication(eci="05")
    payments.refresh(tenant=place.town, attempt_id=attempt.id, at=clock.now())
    assert status(place, attempt) is Status.PAID


def test_a_citizen_who_gives_up_at_the_page_and_comes_again(place: Place) -> None:
    first = begun(place)
    at_the_page(first, "cancel")
    assert payments.refresh(tenant=place.town, attempt_id=first.id, at=clock.now()).status is Status.CANCELLED
    second = begun(place, "wero", first.payment_id)
    at_the_page(second, "paid")
    assert payments.refresh(tenant=place.town, attempt_id=second.id, at=clock.now()).status is Status.PAID
    assert place.balance("clearing:payone") == 3700


def test_webhooks_that_are_all_lost(sandbox: SandboxServer, place: Place) -> None:
    sandbox.behave(lose_all=True)
    attempt = begun(place)
    at_the_page(attempt, "paid")
    assert not place.ear.heard
    payments.refresh(tenant=place.town, attempt_id=attempt.id, at=clock.now())
    assert status(place, attempt) is Status.PAID


def test_a_webhook_signed_with_another_secret_is_refused(sandbox: SandboxServer, place: Place) -> None:
    sandbox.behave(corrupt_signature=True)
    attempt = begun(place)
    at_the_page(attempt, "paid")
    assert place.hear(until(lambda: place.ear.heard)[0]) == 401
    assert status(place, attempt) is Status.STARTED


@pytest.mark.prove("forged_payone")
def test_what_is_rightly_signed_and_wrong_pays_nothing(place: Place) -> None:
    """Amount, merchant, payment, status: each wrong in its turn, each signed with the town's own key."""
    chance = random.Random(4711)
    attempts = [begun(place, chance.choice(["paypal", "wero"])) for _ in range(3)]
    paid = begun(place)
    at_the_page(paid, "paid")
    payments.refresh(tenant=place.town, attempt_id=paid.id, at=clock.now())
    for _ in range(size(30, 1_000)):
        body = wrong(place, chance.choice(attempts), paid, chance)
        headers = signed(place.access, body)
        assert place.hear(Heard(headers, body)) in (200, 204, 401)
    assert {status(place, attempt) for attempt in attempts} == {Status.STARTED}
    assert place.balance("clearing:payone") == 3700, "only what was paid in truth"
    assert_sound(place.town)


def wrong(place: Place, attempt: Attempt, paid: Attempt, chance: random.Random) -> bytes:
    """A webhook that says "paid" of a payment that is not, each wrong in some way."""
    name, given = payment_reference(attempt.id), str(attempt.id)
    merchant, cents = place.town.slug, 3700
    match chance.randrange(6):
        case 0:
            cents = chance.choice([0, 1, 3699, 3701, 10**12])
        case 1:
            merchant = chance.choice(["another-town", "", place.town.slug.upper()])
        case 2:
            name = payment_reference(paid.id)
        case 3:
            given = str(paid.id)
        case 4:
            name, given = payment_reference(paid.id), str(paid.id)
        case 5:
            other = new_id()
            name, given = payment_reference(other), str(other)
    output = {
        "amountOfMoney": {"amount": cents, "currencyCode": chance.choice(["EUR", "USD"])},
        "references": {"merchantReference": name},
        "merchantParameters": json.dumps({"attempt": given}),
    }
    word = chance.choice(["CAPTURED", "REFUNDED", "CHARGEBACKED", "REFUND_REQUESTED"])
    payment = {"id": "4711_0", "status": word, "paymentOutput": output}
    return json.dumps({"id": str(new_id()), "merchantId": merchant, "payment": payment}).encode()


def signed(access: payments.MerchantAccess, body: bytes) -> Mapping[str, str]:
    secret = Secret(access.secrets["webhook"].reveal())
    key = access.settings["webhook_key_id"]
    return {"x-gcs-keyid": key, "x-gcs-signature": webhook_signature(secret=secret, body=body)}
