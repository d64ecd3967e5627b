"""The only module that knows every room: it plugs provider adapters into payments."""

from zahlstelle import logs, payments
from zahlstelle.kernel import clock
from zahlstelle.providers.girocheckout import GiroCheckoutProvider
from zahlstelle.providers.payone import PayoneProvider
from zahlstelle.providers.sandbox import SandboxProvider
from zahlstelle.providers.stripe import StripeProvider


def wire() -> None:
    """Plug the rooms together, once per process."""
    logs.configure()
    payments.plug(SandboxProvider())
    payments.plug(StripeProvider())
    payments.plug(GiroCheckoutProvider())
    payments.plug(PayoneProvider(now=clock.now))
