"""GiroCheckout, against the sandbox as a process; every other contract sends its bodies as multipart."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from enum import StrEnum
from itertools import count
from typing import Any
from urllib.parse import urlencode

import httpx

from tests.conformance.kit import Can, Heard, Trouble, Wrong
from tests.conformance.rigs import sandbox as base
from tests.support.sandbox import until
from zahlstelle.kernel import Secret, new_id
from zahlstelle.payments import MerchantAccess, Provider, ProviderStatus, Started
from zahlstelle.providers.girocheckout import MEANING, GiroCheckoutProvider, VendorCode, sign

_OTHER = "01a208de-0000-7000-8000-000000000000"
_numbers = count(1001)


class RIG(base.RIG):
    name = "girocheckout"
    method = "card"
    lacks = {
        Can.SIGNS_TIME: "its notifications carry no time; they are a hint, and a repeated hint changes nothing",
        Can.FOUND_BY_OUR_NAME: "transaction/status takes GiroCheckout's reference only; a notification names it",
        Can.START_IS_IDEMPOTENT: "it has no idempotency key: the same merchantTxId again is refused as a double",
        Can.NAMES_MERCHANT: "no field says whose an answer is: the project's password in its hash does",
        Can.REFUND_FOUND_BY_OUR_NAME: "a refund too can be asked about by GiroCheckout's reference only",
        Can.FORGETS: "it has no call for that: our name for the card is forgotten, and the citizen is told",
        Can.CANCELS: "an unfinished transaction cannot be cancelled; it ends by GiroCheckout's own time",
    }

    @property
    def adapter(self) -> Provider:
        return self._giro

    @property
    def words(self) -> tuple[Mapping[Any, ProviderStatus], type[StrEnum]]:
        return MEANING, VendorCode

    def __init__(self, folder: Any) -> None:
        super().__init__(folder)
        self._giro = GiroCheckoutProvider(timeout=httpx.Timeout(10))

    def close(self) -> None:
        self._giro._client.close()
        super().close()

    def contract(self) -> MerchantAccess:
        whose = super().contract()
        number = next(_numbers)
        settings = {"project_card": str(number), "encoding": "multipart" if number % 2 else "form"}
        settings["kept_cards"] = "without_cvc"
        access = replace(whose, base_url=f"{whose.base_url}/girocheckout/v2", settings=settings)
        return self.rotate(access)

    def rotate(self, access: MerchantAccess) -> MerchantAccess:
        secret, project = f"pw_{new_id().hex}", access.settings["project_card"]
        body = {"merchant_id": access.merchant_id, "kind": "card", "secret": secret, "without_cvc": True}
        self._server.admin("PUT", f"/girocheckout/projects/{project}", body)
        return replace(access, secrets={"project_card": Secret(secret)})

    def heard(self, access: MerchantAccess, reference: str) -> Sequence[Heard]:
        def about() -> list[Any]:
            return [each for each in list(self._ear.heard) if f"gcMerchantTxId={reference}".encode() in each.body]

        until(about)
        return [Heard(each.headers, each.body) for each in about()]

    def tell(self, access: MerchantAccess, reference: str, wrong: Wrong | None = None) -> Heard:
        names = wrong is Wrong.REFERENCE
        said = {
            "gcReference": _OTHER if names else self._payment(access, reference)["payment_id"],
            "gcMerchantTxId": _OTHER if names else reference,
            "gcBackendTxId": "4711",
            "gcAmount": "1" if wrong is Wrong.AMOUNT else "3700",
            "gcCurrency": "EUR",
            "gcResultPayment": "4000",
        }
        whose = self.contract() if wrong is Wrong.MERCHANT else access
        said["gcHash"] = sign(whose.secrets["project_card"], said.values())
        return Heard({}, urlencode(said).encode())

    def forgeries(self, heard: Heard) -> Mapping[str, Heard]:
        pairs = [pair.split(b"=") for pair in heard.body.split(b"&")]
        spoilt = {"nothing": b"", "no query": b"{}"}
        for number, (name, value) in enumerate(pairs):
            left, right = pairs[:number], pairs[number + 1 :]
            for what, told in {
                "altered": [[name, value[:-1] + (b"1" if value[-1:] != b"1" else b"2")]],
                "twice": [[name, value], [name, value]],
                "gone": [],
                "empty": [[name, b""]],
            }.items():
                spoilt[f"{name!r} {what}"] = b"&".join(b"=".join(pair) for pair in [*left, *told, *right])
        shifted = heard.body.replace(b"&gcAmount=", b"3&gcAmount=")
        spoilt["a longer backend number"] = shifted
        spoilt["something more"] = heard.body + b"&gcMore=1"
        return {name: replace(heard, body=body) for name, body in spoilt.items()}

    def lie(self, access: MerchantAccess, reference: str, wrong: Wrong) -> None:
        self._lie({"amount": "1"} if wrong is Wrong.AMOUNT else {"merchantTxId": _OTHER})

    def foreign_word(self, access: MerchantAccess, reference: str) -> None:
        self._lie({"resultPayment": "8888"})

    def trouble(self, operation: str, kind: Trouble) -> None:
        super().trouble({"refund_status": "status", "charge": "start"}.get(operation, operation), kind)

    def holder_goes_on(self, access: MerchantAccess, started: Started) -> None:
        """Open GiroCheckout's page: it asks for nothing and leads on, to the bank or back."""
        there = httpx.get(started.redirect_url, trust_env=False)
        assert there.status_code == 303
