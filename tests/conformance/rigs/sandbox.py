"""The sandbox's own protocol, against the sandbox as a process."""

import base64
import hmac
import json
from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any

import httpx

from tests.conformance.kit import Heard, Rig, Trouble, Wrong
from tests.support.sandbox import SandboxServer, listening, until
from zahlstelle.kernel import Secret, clock, new_id
from zahlstelle.payments import MerchantAccess, Provider, ProviderStatus, Started
from zahlstelle.providers.sandbox import MEANING, SandboxProvider, VendorStatus

_TROUBLE = {Trouble.LOST: "answer_lost", Trouble.GARBAGE: "garbage", Trouble.UNAVAILABLE: "unavailable"}
_WRONG: Mapping[Wrong, Mapping[str, Any]] = {
    Wrong.AMOUNT: {"amount_cents": 1},
    Wrong.MERCHANT: {"merchant_id": "another-town"},
    Wrong.REFERENCE: {"reference": "01a208de-0000-7000-8000-000000000000"},
}


class RIG(Rig):
    name = "sandbox"
    method = "card"

    def __init__(self, folder: Path) -> None:
        self._server = SandboxServer(folder).start()
        self._listening = listening()
        self._ear = self._listening.__enter__()
        self._adapter = SandboxProvider(timeout=httpx.Timeout(10))
        self._server.behave()

    def close(self) -> None:
        self._adapter._client.close()
        self._listening.__exit__(None, None, None)
        self._server.close()

    @property
    def adapter(self) -> Provider:
        return self._adapter

    @property
    def words(self) -> tuple[Mapping[Any, ProviderStatus], type[StrEnum]]:
        return MEANING, VendorStatus

    def contract(self) -> MerchantAccess:
        self._server.behave()
        merchant = self._server.merchant()
        return MerchantAccess(merchant.merchant_id, Secret(merchant.secret), self._server.base)

    def notify_url(self, access: MerchantAccess) -> str:
        return self._ear.url

    def pay(self, access: MerchantAccess, reference: str) -> None:
        self._act(access, reference, card="paid")

    def decline(self, access: MerchantAccess, reference: str) -> None:
        self._act(access, reference, card="do-not-honor")

    def taken(self, access: MerchantAccess) -> int:
        found = self._server.admin("GET", f"/payments?merchant_id={access.merchant_id}")
        return len(found["payments"])

    def trouble(self, operation: str, kind: Trouble) -> None:
        self._server.behave(faults=[{"operation": operation, "kind": _TROUBLE[kind]}])

    def lie(self, access: MerchantAccess, reference: str, wrong: Wrong) -> None:
        self._lie({**_WRONG[wrong]})

    def foreign_word(self, access: MerchantAccess, reference: str) -> None:
        self._lie({"status": "quantum"})

    def heard(self, access: MerchantAccess, reference: str) -> Sequence[Heard]:
        payment = self._payment(access, reference)["payment_id"]
        until(lambda: self._ear.about(payment))
        return [Heard(each.headers, each.body) for each in self._ear.about(payment)]

    def tell(self, access: MerchantAccess, reference: str, wrong: Wrong | None = None) -> Heard:
        payment = self._payment(access, reference)
        names = ("payment_id", "merchant_id", "reference", "status", "amount_cents", "currency")
        data = {name: payment[name] for name in names} | {"status": "captured"} | (_WRONG[wrong] if wrong else {})
        body = json.dumps({"type": "payment.captured", "timestamp": clock.now().isoformat(), "data": data}).encode()
        message, time = f"msg_{new_id().hex}", str(int(clock.now().timestamp()))
        signature = _sign(access.secret, message, time, body)
        return Heard({"webhook-id": message, "webhook-timestamp": time, "webhook-signature": signature}, body)

    def rotate(self, access: MerchantAccess) -> MerchantAccess:
        merchants = self._server.admin("GET", "/merchants")["merchants"]
        known = next(each for each in merchants if each["merchant_id"] == access.merchant_id)
        secret = f"sk_test_{new_id().hex}"
        kept = {name: known[name] for name in ("name", "iban", "bic")}
        self._server.admin("PUT", f"/merchants/{access.merchant_id}", {**kept, "secret": secret})
        return MerchantAccess(access.merchant_id, Secret(secret), access.base_url)

    def pay_after_approval(self, access: MerchantAccess, reference: str) -> None:
        self._act(access, reference, card="challenge")
        self._act(access, reference, approve=True)

    def holder_goes_on(self, access: MerchantAccess, started: Started) -> None:
        assert started.redirect_url == "" or "/acs/" in started.redirect_url, "nobody else wants to see the holder"

    def given_back(self, access: MerchantAccess, reference: str) -> int:
        return int(self._payment(access, reference)["refunded_cents"])

    def refuse_refund(self, access: MerchantAccess, reference: str) -> None:
        self._server.behave(refuse_refunds=True)

    def _act(self, access: MerchantAccess, reference: str, **act: Any) -> None:
        payment = self._payment(access, reference)["payment_id"]
        self._server.admin("POST", f"/payments/{payment}/act", act)

    def _payment(self, access: MerchantAccess, reference: str) -> dict[str, Any]:
        asked = f"/payments?reference={reference}&merchant_id={access.merchant_id}"
        (found,) = self._server.admin("GET", asked)["payments"]
        return dict(found)

    def _lie(self, answer: Mapping[str, Any]) -> None:
        self._server.behave(faults=[{"operation": "status", "kind": "lie", "answer": dict(answer)}])


def _sign(secret: Secret, message: str, time: str, body: bytes) -> str:
    signed = f"{message}.{time}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(secret.reveal().encode(), signed, "sha256")).decode()
