"""PAYONE's Commerce Platform, against the sandbox as a process."""

import base64
import hmac
import json
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any
from uuid import UUID

import httpx

from tests.conformance.kit import Can, Heard, Trouble, Wrong
from tests.conformance.rigs import sandbox as base
from tests.support.payone import keys
from tests.support.sandbox import until
from zahlstelle.kernel import clock, new_id
from zahlstelle.payments import MerchantAccess, Provider, ProviderStatus
from zahlstelle.providers.payone import MEANING, PayoneProvider, VendorStatus, payment_reference

_OTHER = "01a208de-0000-7000-8000-000000000000"


class RIG(base.RIG):
    name = "payone"
    method = "paypal"
    lacks = {
        Can.SIGNS_TIME: "a webhook's signature covers its body alone; a repeated hint changes nothing",
        Can.START_IS_IDEMPOTENT: "it has no idempotency key: the adapter asks first, and what is there is a doubt",
        Can.NAMES_MERCHANT: "no field of a checkout says whose it is: the key that asks sees its own merchant's only",
        Can.KEEPS: "the adapter keeps no cards",
        Can.FORGETS: "the adapter keeps no cards",
    }

    @property
    def adapter(self) -> Provider:
        return self._payone

    @property
    def words(self) -> tuple[Mapping[Any, ProviderStatus], type[StrEnum]]:
        return MEANING, VendorStatus

    def __init__(self, folder: Any) -> None:
        super().__init__(folder)
        self._payone = PayoneProvider(now=clock.now, timeout=httpx.Timeout(10))

    def close(self) -> None:
        self._payone._client.close()
        super().close()

    def contract(self) -> MerchantAccess:
        return self.rotate(super().contract())

    def rotate(self, access: MerchantAccess) -> MerchantAccess:
        return keys(self._server, access.merchant_id, self._ear.url)

    def heard(self, access: MerchantAccess, reference: str) -> Sequence[Heard]:
        def about() -> list[Any]:
            return [each for each in list(self._ear.heard) if reference.encode() in each.body]

        until(about)
        return [Heard(each.headers, each.body) for each in about()]

    def tell(self, access: MerchantAccess, reference: str, wrong: Wrong | None = None) -> Heard:
        about = _OTHER if wrong is Wrong.REFERENCE else reference
        output = {
            "amountOfMoney": {"amount": 1 if wrong is Wrong.AMOUNT else 3700, "currencyCode": "EUR"},
            "references": {"merchantReference": payment_reference(UUID(about))},
            "merchantParameters": json.dumps({"attempt": about}),
        }
        whose = "another-town" if wrong is Wrong.MERCHANT else access.merchant_id
        said = {"apiVersion": "v1", "created": clock.now().isoformat(), "id": str(new_id()), "merchantId": whose}
        paid = {"id": "4711_0", "status": "CAPTURED", "paymentOutput": output}
        body = json.dumps(said | {"type": "payment.captured", "payment": paid}).encode()
        signature = hmac.digest(access.secrets["webhook"].reveal().encode(), body, "sha256")
        headers = {"x-gcs-keyid": access.settings["webhook_key_id"]}
        return Heard(headers | {"x-gcs-signature": base64.b64encode(signature).decode()}, body)

    def lie(self, access: MerchantAccess, reference: str, wrong: Wrong) -> None:
        sums = {"paymentStatus": "PAYMENT_COMPLETED", "openAmount": 0, "collectedAmount": 1}
        self._lie(
            {"statusOutput": sums} if wrong is Wrong.AMOUNT else {"references": {"merchantReference": _OTHER}},
        )

    def foreign_word(self, access: MerchantAccess, reference: str) -> None:
        self._lie({"checkoutStatus": "QUANTUM"})

    def trouble(self, operation: str, kind: Trouble) -> None:
        super().trouble(operation.replace("refund_status", "status"), kind)
