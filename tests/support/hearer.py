"""Runs in a process of its own that may be killed at any moment: takes a town's notifications from its input.

python -m tests.support.hearer SLUG      each line: the attempt and the message; says "taken" after each
"""

import os
import sys
from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

import django
import httpx

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "zahlstelle.settings")


def main() -> None:
    django.setup()
    from tests.support.fake_provider import FakeProvider
    from tests.support.towns import AT
    from zahlstelle import payments, tenancy
    from zahlstelle.payments import MerchantAccess, Notification, ProviderStatus, Report

    class Told(FakeProvider):
        """Asks the test's provider over HTTP."""

        def read_notification(
            self, *, merchant: MerchantAccess, headers: Mapping[str, str], body: bytes, at: datetime
        ) -> Notification:
            reference, kind = body.decode().split()
            return Notification(f"told-{reference}", reference, f"{reference}-{kind}")

        def status(self, *, merchant: MerchantAccess, reference: str, provider_reference: str | None) -> Report:
            said = client.get(f"{merchant.base_url}/{reference}").json()["status"]
            paid = payments.attempts_by_id(tenant=town, attempts=[UUID(reference)])
            amount = next(iter(paid.values())).amount if said == "paid" else None
            return Report(
                ProviderStatus(said), f"told-{reference}", merchant.merchant_id, reference, amount, None, said
            )

    town = tenancy.tenant_by_slug(sys.argv[1])
    payments.plug(Told(name="told"))
    with httpx.Client(trust_env=False) as client:
        for line in sys.stdin:
            payments.hear(tenant=town, provider_name="told", headers={}, body=line.encode(), at=AT)
            print("taken", flush=True)


if __name__ == "__main__":
    main()
