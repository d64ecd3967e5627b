"""An order to a provider as tests of adapters give it; only what a test is about is said."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from zahlstelle.kernel import Money, clock, new_id
from zahlstelle.payments import MerchantAccess, Provider, Started, StartRequest


def order_by(method: str, access: MerchantAccess, **changes: Any) -> StartRequest:
    """Order 37.00 for 90 minutes."""
    request = StartRequest(
        attempt_id=new_id(),
        merchant=access,
        kassenzeichen="471100000019",
        amount=Money(3700),
        description="Personalausweis für Änne Müßig",
        method=method,
        return_url="http://127.0.0.1:9/back?a=1",
        notify_url="http://127.0.0.1:9/notify",
        language="de",
        expires_at=clock.now() + timedelta(minutes=90),
    )
    return replace(request, **changes)


def started_at(provider: Provider, request: StartRequest) -> Started:
    """Start it; it must begin."""
    answer = provider.start(request)
    assert isinstance(answer, Started), answer
    return answer
