"""A town with a classic contract of PAYONE: it cannot ask, so PAYONE's own word counts, and only a word that fits."""

import hashlib
import hmac
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from urllib.parse import parse_qsl, urlencode

import httpx
import pytest
from django.test import Client
from tests.support.book import assert_sound
from tests.support.click_to_pay import contract, result_of
from tests.support.desk import town_at
from tests.support.payone import token_of
from tests.support.sandbox import Ear, SandboxServer, listening, until
from tests.support.sizes import size
from tests.support.towns import a_claim, iban

from zahlstelle import claims, payments
from zahlstelle.claims import Claim
from zahlstelle.kernel import Secret, clock, new_id
from zahlstelle.payments import CardToken, ClickToPayResult, MerchantAccess, StartRequest, Status
from zahlstelle.providers.payone import _classic
from zahlstelle.tenancy import Tenant
from zahlstelle_sandbox._cards import BY_SLUG

Card = CardToken | ClickToPayResult


@dataclass(frozen=True)
class Place:
    """A town with a classic contract; its claim of 37.00; what PAYONE tells it lands in the ear first."""

    town: Tenant
    access: MerchantAccess
    claim: Claim
    ear: Ear

    def pays(self, card: Card) -> payments.Attempt:
        at = clock.now()
        payment = payments.start_payment(tenant=self.town, claim_id=self.claim.id, at=at).payment
        to = {"return_url": "http://127.0.0.1:9/back", "notify_url": "http://127.0.0.1:9/notify"}
        return payments.begin(tenant=self.town, payment_id=payment.id, method="card", card=card, at=at, **to)

    def told(self, number: int) -> list[bytes]:
        """What PAYONE told; it repeats itself until it is understood."""
        until(lambda: len({each.body for each in self.ear.heard}) >= number)
        return list(dict.fromkeys(each.body for each in self.ear.heard))

    def hear(self, body: bytes) -> tuple[int, str]:
        address = f"/provider/{self.town.slug}/payone/notify"
        answer = Client(HTTP_HOST="localhost").post(address, body, content_type="application/x-www-form-urlencoded")
        return answer.status_code, answer.content.decode()

    def status(self, attempt: payments.Attempt) -> Status:
        return payments.attempts_by_id(tenant=self.town, attempts=[attempt.id])[attempt.id].status

    @property
    def open_cents(self) -> int:
        return claims.claim_by_id(tenant=self.town, claim_id=self.claim.id).open.cents

    def typed(self, card: str) -> CardToken:
        fields = payments.card_fields(tenant=self.town, method="card")
        at_sandbox = replace(self.access, base_url=self.access.base_url.partition("/payone")[0])
        return token_of(at_sandbox, fields.session.reveal(), BY_SLUG[card].number)


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxServer]:
    server = SandboxServer(tmp_path_factory.mktemp("sandbox")).start()
    server.behave()
    yield server
    server.close()


@pytest.fixture
def place(sandbox: SandboxServer) -> Iterator[Place]:
    with listening() as ear:
        yield a_place(sandbox, ear)


def a_place(sandbox: SandboxServer, ear: Ear) -> Place:
    number = new_id().int % 10**9
    slug, key = f"stadt-{number}", f"portal{new_id().hex}"
    merchant = {"secret": f"sk_test_{new_id().hex}", "name": slug, "iban": iban(number), "bic": "BYLADEM1001"}
    sandbox.admin("PUT", f"/merchants/{slug}", merchant)
    account = {"aid": "12345", "portal_id": "2000001", "portal_key": key, "notify_url": ear.url}
    sandbox.admin("PUT", f"/payone/classic/{slug}", account)
    base = f"{sandbox.base}/payone/post-gateway/"
    settings = contract(sandbox) | {"interface": "classic", "aid": "12345", "portal_id": "2000001"}
    provider = {"name": "payone", "merchant_id": slug, "base_url": base, "methods": ["card"], "secret": key}
    town = town_at(sandbox, known=False, slug=slug, providers=[provider | {"settings": settings}])
    access = MerchantAccess(slug, Secret(key), base, settings)
    return Place(town, access, a_claim(town, at=clock.now()), ear)


def clicked(place: Place, sandbox: SandboxServer, card: str = "paid", amount: str = "37.00") -> ClickToPayResult:
    scheme = "mastercard" if card == "paid-mastercard" else "visa"
    return replace(result_of(place.access, sandbox, amount, card=card, scheme=scheme), expiry="1230")


@pytest.mark.parametrize("card", ["paid", "paid-mastercard"])
def test_click_to_pay_is_paid_by_payones_word(place: Place, sandbox: SandboxServer, card: str) -> None:
    attempt = place.pays(clicked(place, sandbox, card))
    assert attempt.status is Status.STARTED and attempt.provider_reference
    payments.refresh(tenant=place.town, attempt_id=attempt.id, at=clock.now())
    assert place.status(attempt) is Status.STARTED, "it cannot be asked"
    appointed, paid = place.told(2)
    assert place.hear(appointed) == (200, "TSOK")
    assert (place.status(attempt), place.open_cents) == (Status.PENDING, 3700)
    for _ in range(2):
        assert place.hear(paid) == (200, "TSOK")
    assert (place.status(attempt), place.open_cents) == (Status.PAID, 0)
    assert place.hear(appointed) == (200, "TSOK"), "late, it changes nothing"
    assert place.status(attempt) is Status.PAID
    assert_sound(place.town)


def test_a_typed_card_and_the_words_in_the_wrong_order(place: Place) -> None:
    attempt = place.pays(place.typed("paid"))
    appointed, paid = place.told(2)
    place.hear(paid)
    place.hear(appointed)
    assert (place.status(attempt), place.open_cents) == (Status.PAID, 0)


def test_the_bank_asks(place: Place, sandbox: SandboxServer) -> None:
    attempt = place.pays(clicked(place, sandbox, "challenge"))
    assert attempt.redirect_url and attempt.redirect_url.startswith(f"{sandbox.base}/acs/")
    httpx.post(attempt.redirect_url, data={"answer": "reject"}, trust_env=False)
    (failed,) = place.told(1)
    place.hear(failed)
    assert (place.status(attempt), place.open_cents) == (Status.DECLINED, 3700)


def test_what_payone_refuses_is_over_and_what_it_took_before_is_a_doubt(place: Place, sandbox: SandboxServer) -> None:
    result = clicked(place, sandbox)
    assert place.pays(replace(result, expiry=None)).decline_code == "click_to_pay_without_expiry"
    assert place.pays(clicked(place, sandbox, amount="36.99")).decline_code == "payone_1078"
    assert place.pays(place.typed("do-not-honor")).decline_code == "payone_5"
    assert place.status(place.pays(result)) is Status.STARTED
    assert place.open_cents == 3700


@pytest.mark.prove("forged_payone")
def test_a_word_that_does_not_fit_pays_nothing(place: Place, sandbox: SandboxServer) -> None:
    """Another key, amount, currency, payment, town, or no mark: refused, though all else is PAYONE's own."""
    attempt = place.pays(clicked(place, sandbox))
    _, paid = place.told(2)
    neighbour, chance = a_place(sandbox, place.ear), random.Random(4711)
    assert neighbour.hear(paid)[0] == 401
    for _ in range(size(40, 2_000)):
        assert place.hear(wrong(paid, chance))[0] == 401
    assert (place.status(attempt), place.open_cents) == (Status.STARTED, 3700)
    for spoilt in ({"balance": "37.00"}, {"balance": "-1.00"}, {"txaction": "payed"}, {"txaction": "underpaid"}):
        place.hear(changed(paid, **spoilt))
        assert place.status(attempt) is Status.UNKNOWN, spoilt
    place.hear(changed(paid, reference="another"))
    assert place.status(attempt) is Status.CONTRADICTED
    for action in ("refund", "cancelation", "debit", "reminder"):
        assert place.hear(changed(paid, txaction=action)) == (200, "TSOK")
        assert place.status(attempt) is Status.CONTRADICTED
    place.hear(paid)
    assert place.status(attempt) is Status.PAID, "only what was changed made them bad"
    assert_sound(place.town)


def signed(form: dict[str, str], access: MerchantAccess) -> dict[str, str]:
    """The form with the hash that belongs to it: over the values, in the order of their names."""
    joined = "".join(value for name, value in sorted(form.items()) if name not in ("key", "hash"))
    return form | {"hash": hmac.new(access.secret.reveal().encode(), joined.encode(), hashlib.sha384).hexdigest()}


def wrong(paid: bytes, chance: random.Random) -> bytes:
    """PAYONE's own word, and one thing of it another."""
    said = dict(parse_qsl(paid.decode("latin-1")))
    attempt, _, mark = said["param"].partition(".")
    return changed(
        paid,
        **chance.choice(
            [
                {"key": chance.choice(["", "0" * 32, said["key"].upper(), said["key"][:-1]])},
                {"price": chance.choice(["36.99", "37.01", "0.00", "3700.00", "37,00", "37.001", "", "1e9"])},
                {"currency": chance.choice(["USD", "eur", ""])},
                {"param": chance.choice(["", attempt, f"{attempt}.", f"{new_id()}.{mark}", f"{attempt}.{mark[:-1]}"])},
            ]
        ),
    )


def changed(body: bytes, **what: str) -> bytes:
    return urlencode(dict(parse_qsl(body.decode("latin-1"), keep_blank_values=True)) | what).encode()


def test_the_sandbox_is_strict(place: Place, sandbox: SandboxServer) -> None:
    """What does not stand in the interface, is signed wrong, or comes twice, is refused."""
    result = clicked(place, sandbox)
    request = StartRequest(
        attempt_id=new_id(),
        merchant=place.access,
        kassenzeichen="471100000019",
        amount=place.claim.open,
        description="Personalausweis",
        method="card",
        return_url="http://127.0.0.1:9/back",
        notify_url="http://127.0.0.1:9/notify",
        language="de",
        expires_at=clock.now() + timedelta(minutes=90),
        card=result,
    )
    good = _classic.start_request(request)

    def ask(form: dict[str, str]) -> dict[str, str]:
        answer = httpx.post(place.access.base_url, data=form, trust_env=False)
        return dict(_classic.lines(answer.content))

    for spoilt, code in [
        ({"key": "0" * 96}, "2006"),
        ({"aid": "54321"}, "2003"),
        ({"more": "1"}, "1202"),
        ({"currency": "USD"}, "1200"),
        ({"cardexpiredate": "3013"}, "1200"),
        ({"mode": "live"}, "1200"),
        ({"clearingtype": "cc"}, "1200"),
        ({"pseudocardpan": "12345678"}, "1202"),
    ]:
        said = ask(signed(good | spoilt, place.access))
        assert (said["status"], said["errorcode"]) == ("ERROR", code), spoilt
    assert ask(good | {"amount": "3699"})["errorcode"] == "2007", "the hash covers every value"
    assert ask(good)["status"] == "APPROVED"
    assert ask(good)["errorcode"] == "911"
    assert not isinstance(_classic.started(ask(good), "x"), payments.NotStarted), "taken before: a doubt, no no"
