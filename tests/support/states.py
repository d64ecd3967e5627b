"""Every page a citizen can meet, each in a state made by the real rooms and the real sandbox."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from tests.support.debits import CREDITOR, PAYER
from tests.support.desk import town_at
from tests.support.sandbox import SandboxServer
from tests.support.towns import a_claim
from zahlstelle import claims, payments
from zahlstelle.kernel import clock
from zahlstelle.payments import Attempt, NewPayment
from zahlstelle.tenancy import Tenant


def a_payment(town: Tenant, *, at: datetime | None = None, **more: Any) -> NewPayment:
    """Open a claim and start a payment of it."""
    moment = at or clock.now()
    claim = a_claim(town, at=moment, service="personalausweis")
    return payments.start_payment(tenant=town, claim_id=claim.id, at=moment, **more)


def begun(town: Tenant, started: NewPayment, base_url: str) -> Attempt:
    """Begin it with a card; the citizen is at the provider now."""
    return payments.begin(
        tenant=town,
        payment_id=started.payment.id,
        method="card",
        return_url=f"{base_url}/pay/{started.token}/ergebnis",
        notify_url=f"{base_url}/provider/{town.slug}/{{provider}}/notify",
        at=clock.now(),
    )


def ended(sandbox: SandboxServer, town: Tenant, base_url: str, card: str, **more: Any) -> NewPayment:
    """Pay with one of the sandbox's cards and learn what became of it."""
    started = a_payment(town, **more)
    attempt = begun(town, started, base_url)
    sandbox.admin("POST", f"/payments/{attempt.provider_reference}/act", {"card": card})
    payments.refresh(tenant=town, attempt_id=attempt.id, at=clock.now())
    return started


def every_page(sandbox: SandboxServer, base_url: str) -> Mapping[str, str]:
    """Make a town and a payment in every state: the name of the state and the path that shows it."""
    sandbox.behave(unknown_seconds=900)
    town, stranger = town_at(sandbox), town_at(sandbox, known=False)
    now = clock.now()
    started, chosen, cancelled, refused = a_payment(town), a_payment(town), a_payment(town), a_payment(stranger)
    begun(town, started, base_url)
    begun(stranger, refused, base_url)
    payments.choose_transfer(tenant=town, payment_id=chosen.payment.id, at=now)
    payments.cancel(tenant=town, payment_id=cancelled.payment.id, at=now)
    form, ordered = debits(sandbox)
    paid = ended(sandbox, town, base_url, "paid")
    settled = _settled_elsewhere(sandbox, town, base_url)
    second = payments.start_payment(tenant=town, claim_id=started.payment.claim_ids[0], at=now)
    tokens = {
        "choose": a_payment(town),
        "choose-from-service": a_payment(town, return_url="https://dienst.example/zurueck"),
        "refused": refused,
        "declined": ended(sandbox, town, base_url, "insufficient-funds"),
        "cancelled": cancelled,
        "started": started,
        "being-paid": second,
        "checking": ended(sandbox, town, base_url, "unknown-paid"),
        "transfer": chosen,
        "debit-waiting": ordered,
        "paid": paid,
        "paid-from-service": ended(sandbox, town, base_url, "paid", return_url="https://dienst.example/zurueck"),
        "settled": settled,
        **_baskets(sandbox, town, base_url),
        "expired": a_payment(town, at=now - timedelta(hours=2)),
    }
    public = {
        "towns": "/",
        "town": f"/{town.slug}/",
        "service-with-fee": f"/{town.slug}/leistungen/personalausweis/",
        "service-without-fee": f"/{town.slug}/leistungen/spende/",
        "accessibility": f"/{town.slug}/barrierefreiheit/",
        "accessibility-thanks": f"/{town.slug}/barrierefreiheit/?danke=1",
        "accessibility-of-all": "/barrierefreiheit/",
        **_letters(town, settled),
        "not-found": "/gibt/es/nicht",
        "unknown-payment": "/pay/gibt-es-nicht",
        "unknown-service": f"/{town.slug}/leistungen/gibt-es-nicht/",
    }
    of_tokens = {name: f"/pay/{payment.token}" for name, payment in tokens.items()}
    return {**public, **of_tokens, "debit": f"/pay/{form.token}/lastschrift"}


def a_basket(town: Tenant, **more: Any) -> NewPayment:
    """Start one payment of a service's fee and of what a letter asks for."""
    now = clock.now()
    of = [a_claim(town, at=now, service="personalausweis"), a_claim(town, "25.00", at=now, purpose="Hundesteuer")]
    return payments.start_basket(tenant=town, claim_ids=[claim.id for claim in of], at=now, **more)


def _baskets(sandbox: SandboxServer, town: Tenant, base_url: str) -> Mapping[str, NewPayment]:
    """To be paid, paid, to be transferred, and with a fee that was paid in another way meanwhile."""
    paid, chosen, changed = a_basket(town), a_basket(town), a_basket(town)
    other = payments.start_payment(tenant=town, claim_id=changed.payment.claim_ids[1], at=clock.now())
    for started in (paid, other):
        attempt = begun(town, started, base_url)
        sandbox.admin("POST", f"/payments/{attempt.provider_reference}/act", {"card": "paid"})
        payments.refresh(tenant=town, attempt_id=attempt.id, at=clock.now())
    payments.choose_transfer(tenant=town, payment_id=chosen.payment.id, at=clock.now())
    return {
        "basket": a_basket(town),
        "basket-paid": paid,
        "basket-transfer": chosen,
        "basket-changed": changed,
    }


def _letters(town: Tenant, settled: NewPayment) -> Mapping[str, str]:
    """A letter's link: to be paid, paid, and with a wrong code."""
    number = a_claim(town, service="personalausweis").kassenzeichen
    paid = claims.claim_by_id(tenant=town, claim_id=settled.payment.claim_ids[0]).kassenzeichen
    codes = claims.letter_codes(tenant=town, kassenzeichen=[number, paid])
    return {
        "letter": f"/{town.slug}/zahlen/{number}/{codes[number]}",
        "letter-paid": f"/{town.slug}/zahlen/{paid}/{codes[paid]}",
        "letter-wrong": f"/{town.slug}/zahlen/{number}/CCC-CCC",
    }


def debits(sandbox: SandboxServer) -> tuple[NewPayment, NewPayment]:
    """Two payments in a town that collects by direct debit: one to be ordered, one ordered."""
    town = town_at(sandbox, settings={"direct_debit": {"creditor_id": CREDITOR}})
    form, ordered = a_payment(town), a_payment(town)
    said = {"iban": PAYER, "holder": "Erika Muster", "text": "Ich ermächtige …"}
    payments.order_debit(tenant=town, payment_id=ordered.payment.id, at=clock.now(), **said)
    return form, ordered


def _settled_elsewhere(sandbox: SandboxServer, town: Tenant, base_url: str) -> NewPayment:
    first = a_payment(town)
    second = payments.start_payment(tenant=town, claim_id=first.payment.claim_ids[0], at=clock.now())
    attempt = begun(town, first, base_url)
    sandbox.admin("POST", f"/payments/{attempt.provider_reference}/act", {"card": "paid"})
    payments.refresh(tenant=town, attempt_id=attempt.id, at=clock.now())
    return second
