"""What a rig is: an adapter, and something that plays its provider and can be told to behave badly.

A developer of an adapter writes one subclass of `Rig` in `tests/conformance/rigs/<adapter>.py`, under the name `RIG`;
every test of this folder then runs for it. What a provider does not have stands in `lacks`, each with its reason: the
tests of that ability are not run for it, and `docs/integrating/providers.md` says so.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any, ClassVar

from zahlstelle.kernel import Money, clock, new_id
from zahlstelle.payments import MerchantAccess, Provider, ProviderStatus, Started, StartRequest


class Can(StrEnum):
    """What some providers have and others have not."""

    NOTIFIES = "notifies"  # it sends signed notifications
    SIGNS_TIME = "signs_time"  # their signature covers a time, so that an old one is refused
    FOUND_BY_OUR_NAME = "found_by_our_name"  # a payment can be asked for by our reference alone
    START_IS_IDEMPOTENT = "start_is_idempotent"  # the same start again is answered with the same payment
    NAMES_MERCHANT = "names_merchant"  # its answers say whose payment it is
    CANCELS = "cancels"
    REFUNDS = "refunds"
    REFUND_FOUND_BY_OUR_NAME = "refund_found_by_our_name"
    LIMITS_REFUNDS = "limits_refunds"  # what plays the provider itself refuses to give back more than was captured
    KEEPS = "keeps"  # it keeps a means of payment for one merchant, and charges it again
    FORGETS = "forgets"  # it forgets that when it is asked to
    ROTATES = "rotates"  # a merchant's secrets can be changed


class Trouble(StrEnum):
    """What happens to the next call of an operation."""

    LOST = "lost"  # the provider does it, the answer never comes
    GARBAGE = "garbage"  # the provider does it, the answer is no answer
    UNAVAILABLE = "unavailable"  # the provider does nothing and says so (5xx)


class Wrong(StrEnum):
    """What is wrong in something that the provider rightly signed."""

    AMOUNT = "amount"
    MERCHANT = "merchant"
    REFERENCE = "reference"


@dataclass(frozen=True, slots=True)
class Heard:
    """A notification as it came in at our address."""

    headers: Mapping[str, str]
    body: bytes


_MISSING = "a rig that can do this must say how; one that cannot says so in `lacks`"


class Rig(ABC):
    """One adapter and its provider. Made once for a test run; every test asks it for a contract of its own."""

    name: ClassVar[str]
    method: ClassVar[str]
    lacks: ClassVar[Mapping[Can, str]] = {}

    @abstractmethod
    def __init__(self, folder: Path) -> None:
        """Start what plays the provider; `folder` is this rig's own."""

    @abstractmethod
    def close(self) -> None:
        """End what was started."""

    @property
    @abstractmethod
    def adapter(self) -> Provider:
        """The adapter, with timeouts short enough for a test."""

    @property
    @abstractmethod
    def words(self) -> tuple[Mapping[Any, ProviderStatus], type[StrEnum]]:
        """The adapter's table of the provider's words, and the enum of all of them."""

    @abstractmethod
    def contract(self) -> MerchantAccess:
        """Make a contract that no other test uses."""

    @abstractmethod
    def notify_url(self, access: MerchantAccess) -> str:
        """Where the provider shall notify, so that `heard` finds it. It may contain `{provider}`."""

    @abstractmethod
    def pay(self, access: MerchantAccess, reference: str) -> None:
        """Let the citizen pay; `reference` is the attempt's id."""

    @abstractmethod
    def decline(self, access: MerchantAccess, reference: str) -> None:
        """Let the issuer decline."""

    @abstractmethod
    def taken(self, access: MerchantAccess) -> int:
        """Count the payments that the provider has for this contract: its effects."""

    @abstractmethod
    def trouble(self, operation: str, kind: Trouble) -> None:
        """Let the next call of an operation suffer this.

        The operations: `start`, `status`, `cancel`, `refund`, `refund_status`, `stored_card`, `charge`, `forget`.
        """

    @abstractmethod
    def lie(self, access: MerchantAccess, reference: str, wrong: Wrong) -> None:
        """Let the next answer about this payment say something wrong, rightly signed where answers are signed."""

    @abstractmethod
    def foreign_word(self, access: MerchantAccess, reference: str) -> None:
        """Let the next answer about this payment use a status that nobody has ever heard."""

    def heard(self, access: MerchantAccess, reference: str) -> Sequence[Heard]:
        """Wait for the first notification about a payment; all that have come so far."""
        raise AssertionError(_MISSING)

    def tell(self, access: MerchantAccess, reference: str, wrong: Wrong | None = None) -> Heard:
        """Make a notification that says "paid", rightly signed with the contract's secret, whatever is true."""
        raise AssertionError(_MISSING)

    def forgeries(self, heard: Heard) -> Mapping[str, Heard]:
        """Spoil a true notification in every way that its signature must notice."""
        spoilt = {"another body": replace(heard, body=heard.body.replace(b"1", b"2") + b" ")}
        spoilt["no body"] = replace(heard, body=b"")
        for name, value in heard.headers.items():
            if "signature" in name.lower():
                without = {key: told for key, told in heard.headers.items() if key != name}
                spoilt[f"without {name}"] = replace(heard, headers=without)
                for what, told in _altered(value).items():
                    spoilt[f"{name} {what}"] = replace(heard, headers={**heard.headers, name: told})
        return spoilt

    def rotate(self, access: MerchantAccess) -> MerchantAccess:
        """Change the contract's secrets at the provider; the contract as it is from now on."""
        raise AssertionError(_MISSING)

    def pay_after_approval(self, access: MerchantAccess, reference: str) -> None:
        """Let the citizen pay with a card whose bank asks each time, and approve."""
        raise AssertionError(_MISSING)

    def holder_goes_on(self, access: MerchantAccess, started: Started) -> None:
        """Let a kept card's holder go where a charge leads them, and do what is asked there but for the bank's page."""
        raise AssertionError(_MISSING)

    def given_back(self, access: MerchantAccess, reference: str) -> int:
        """Count the cents of a payment that the provider has given back."""
        raise AssertionError(_MISSING)

    def refuse_refund(self, access: MerchantAccess, reference: str) -> None:
        """Make sure that the provider will refuse a refund of this payment for a reason of its own."""
        raise AssertionError(_MISSING)

    def order(self, access: MerchantAccess, **changes: Any) -> StartRequest:
        """Ask for a payment; only what the test is about is said."""
        values: dict[str, Any] = {
            "attempt_id": new_id(),
            "merchant": access,
            "kassenzeichen": "471100000019",
            "amount": Money(3700),
            "description": "Personalausweis",
            "method": self.method,
            "return_url": "http://127.0.0.1:9/pay/return",
            "notify_url": self.notify_url(access).format(provider=self.name),
            "language": "de",
            "expires_at": clock.now() + timedelta(minutes=90),
        }
        return StartRequest(**values | changes)


def _altered(value: str) -> Mapping[str, str]:
    middle = len(value) // 2
    other = "A" if value[middle] != "A" else "B"
    return {"empty": "", "altered": f"{value[:middle]}{other}{value[middle + 1 :]}", "cut": value[:-1]}
