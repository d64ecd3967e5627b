"""Why a payment is not started or an attempt not made; each refusal has a stable code (docs/errors.md)."""

from zahlstelle.kernel import InputRefused, Refusal


class AlreadyPaid(Refusal):
    """Nothing is open of this claim."""

    code = "already_paid"


class AlreadyBeingPaid(Refusal):
    """Another attempt for this claim is under way; its outcome comes first."""

    code = "already_being_paid"


class BasketChanged(Refusal):
    """What is open of a claim of this basket has changed since; nothing is charged. Start a payment of the others."""

    code = "basket_changed"


class BasketUnsound(InputRefused):
    """A basket pays between one and 20 claims of one currency, each once."""

    code = "basket_unsound"


class PaymentOver(Refusal):
    """The payment has ended; a new one can be started."""

    code = "payment_over"


class PaymentTaken(Refusal):
    """The provider's payment was taken over before, for another claim."""

    code = "payment_taken"


class MethodUnknown(InputRefused):
    """The town does not offer this method."""

    code = "method_unknown"


class ReturnUrlNotAllowed(InputRefused):
    """The return URL is not on the list of this API key."""

    code = "return_url_not_allowed"
