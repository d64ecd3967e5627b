"""The only module that knows every room: it plugs provider adapters into payments."""

from zahlstelle import logs, payments
from zahlstelle.kernel import clock
from zahlstelle.payments import Provider


def wire() -> None:
    """Plug the rooms together, once per process."""
    logs.configure()
    payments.plug_when_needed("sandbox", _sandbox)
    payments.plug_when_needed("stripe", _stripe)
    payments.plug_when_needed("girocheckout", _girocheckout)
    payments.plug_when_needed("payone", _payone)


def _sandbox() -> Provider:
    from zahlstelle.providers.sandbox import SandboxProvider

    return SandboxProvider()


def _stripe() -> Provider:
    from zahlstelle.providers.stripe import StripeProvider

    return StripeProvider()


def _girocheckout() -> Provider:
    from zahlstelle.providers.girocheckout import GiroCheckoutProvider

    return GiroCheckoutProvider()


def _payone() -> Provider:
    from zahlstelle.providers.payone import PayoneProvider

    return PayoneProvider(now=clock.now)
