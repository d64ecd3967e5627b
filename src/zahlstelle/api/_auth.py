"""Who calls: an API key, or a token that was got for it, as a bearer token."""

from typing import cast

from django.http import HttpRequest
from ninja.security import HttpBearer

from zahlstelle import tenancy
from zahlstelle.kernel import clock
from zahlstelle.tenancy import ClientAccess

from ._tokens import client_of_token


class ApiKey(HttpBearer):
    """An API key of a town, sent as `Authorization: Bearer zs_test_...`, or a token got for it."""

    openapi_bearerFormat = "zs_test_ or zs_live_, 32 hexadecimal digits, 8 of CRC-32"  # noqa: N815 - the library's name

    def authenticate(self, request: HttpRequest, token: str) -> ClientAccess:  # noqa: ARG002 - the library's shape
        """Find whose key or token it is. Raises ApiKeyUnknown."""
        return client_of_token(token, clock.now()) or tenancy.api_client(key=token)


def client_of(request: HttpRequest) -> ClientAccess:
    """Give who calls; the interface has checked it."""
    return cast(ClientAccess, request.auth)  # type: ignore[attr-defined]
