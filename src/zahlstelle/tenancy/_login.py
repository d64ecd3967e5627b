"""Let people in who show the right password, and slow down those who guess."""

import hashlib
from datetime import datetime, timedelta

from django.contrib.auth import authenticate

from zahlstelle.kernel import Refusal
from zahlstelle.tables.tenancy import LoginTryRow, Person

WINDOW = timedelta(minutes=15)
TRIES_FROM_ONE_ADDRESS = 5
TRIES_FROM_EVERYWHERE = 100
_KEPT = timedelta(days=1)


class LoginRefused(Refusal):
    """E-mail and password do not belong together; which of them is wrong is not said."""

    code = "login_refused"
    status = 401


class LoginPaused(Refusal):
    """Too many tries for this account; also the right password has to wait."""

    code = "login_paused"
    status = 429


def log_in(*, email: str, password: str, address: str, at: datetime) -> Person:
    """Check e-mail and password of a person who wants to log in from `address`.

    Raises LoginRefused, and LoginPaused after 5 tries in 15 minutes from one address or 100 from everywhere.
    The try is written down before it is checked, so that many at once are counted too.
    """
    account = hashlib.sha256(email.strip().lower().encode()).hexdigest()
    LoginTryRow.objects.filter(at__lt=at - _KEPT).delete()
    LoginTryRow.objects.create(account_digest=account, address=address[:45], at=at)
    recent = LoginTryRow.objects.filter(account_digest=account, at__gt=at - WINDOW)
    here = recent.filter(address=address[:45])
    if here.count() > TRIES_FROM_ONE_ADDRESS or recent.count() > TRIES_FROM_EVERYWHERE:
        raise LoginPaused("too many tries; please wait a quarter of an hour")
    person = authenticate(None, email=email.strip(), password=password)
    if not isinstance(person, Person):
        raise LoginRefused("e-mail and password do not belong together")
    here.delete()
    return person
