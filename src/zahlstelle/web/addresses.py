"""E-mail addresses as people type them. No IO."""

from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator

from zahlstelle.kernel import InputRefused

_LONGEST = 254  # RFC 5321, 4.5.3.1.3


class EmailWrong(InputRefused):
    """This is no e-mail address that a mail can be sent to."""

    code = "email_wrong"


def read_email(typed: str) -> str:
    """Give the address. Raises EmailWrong."""
    address = typed.strip()
    try:
        EmailValidator()(address)
    except ValidationError:
        raise EmailWrong("this is no e-mail address") from None
    if len(address) > _LONGEST or not address.isprintable():
        raise EmailWrong("this is no e-mail address")
    return address
