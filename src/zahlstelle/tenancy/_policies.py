"""What a town decides about money that does not fit exactly, claim type by claim type. No IO.

The defaults are careful: whatever is not said waits for a person, as it would in a town that has said nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any


class PartPayment(StrEnum):
    """Less came than is open (Teilzahlung)."""

    SUSPEND = "suspend"
    ACCEPT = "accept"  # it is counted, the rest stays open


class Overpayment(StrEnum):
    """More came than is open (Überzahlung)."""

    SUSPEND = "suspend"
    REST_TO_OVERPAID = "rest_to_overpaid"  # the claim is settled, the rest is owed back


class DoublePayment(StrEnum):
    """Money came for a claim that is settled (Doppelzahlung)."""

    SUSPEND = "suspend"
    TO_OVERPAID = "to_overpaid"


class LatePayment(StrEnum):
    """The right amount came after the claim was due (verspätete Zahlung)."""

    POST = "post"  # with a note in the reasons
    SUSPEND = "suspend"


class Repayment(StrEnum):
    """In which order money that is not enough repays the lines of a claim (Tilgungsreihenfolge)."""

    PUBLIC_LAW = "public_law"  # § 225 AO
    PRIVATE_LAW = "private_law"  # §§ 366, 367 BGB


@dataclass(frozen=True, slots=True)
class Policy:
    """A claim type's policy. The defaults are what holds where nothing is said."""

    part_payment: PartPayment = PartPayment.SUSPEND
    overpayment: Overpayment = Overpayment.SUSPEND
    double_payment: DoublePayment = DoublePayment.SUSPEND
    late_payment: LatePayment = LatePayment.POST
    repayment: Repayment = Repayment.PUBLIC_LAW

    def with_changes(self, said: Any) -> "Policy":
        """Read what a town file says; what it does not say stays. Raises ValueError with the word that is wrong."""
        if not isinstance(said, Mapping):
            raise ValueError("write it as a table")
        for name, word in said.items():
            if name not in _WORDS:
                raise ValueError(f"{name}: none of {', '.join(_WORDS)}")
            if word not in list(_WORDS[name]):
                raise ValueError(f"{name}: one of {', '.join(_WORDS[name])}")
        changes: dict[str, Any] = {name: _WORDS[name](word) for name, word in said.items()}
        return replace(self, **changes)


_WORDS: Mapping[str, type[StrEnum]] = {
    "part_payment": PartPayment,
    "overpayment": Overpayment,
    "double_payment": DoublePayment,
    "late_payment": LatePayment,
    "repayment": Repayment,
}
MOST_SMALL_CENTS = 500  # more than this is no small difference in anybody's book


def read_small_difference(said: Any) -> int:
    """Read the largest small difference in cents. Raises ValueError."""
    if type(said) is not int or not 0 <= said <= MOST_SMALL_CENTS:
        raise ValueError(f"whole cents, 0 to {MOST_SMALL_CENTS}")
    return said
