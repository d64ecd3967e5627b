"""OAuth 2.0 client credentials (RFC 6749, section 4.4): an API key changed for a token that lives an hour.

The client id is the beginning of the key that stands before everybody's eyes (`zs_test_` and six digits), the client
secret is the key. A token is not kept anywhere: it carries the digest of its key and its last second, signed with the
installation's secret, so a revoked key ends its tokens at once and every web node knows every token.
"""

import base64
import binascii
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import unquote_plus

from django.core.signing import BadSignature, Signer
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from zahlstelle import tenancy
from zahlstelle.kernel import clock, token_digest
from zahlstelle.tenancy import ApiKeyUnknown, ClientAccess

LIFETIME = timedelta(hours=1)
SCOPE = "api"  # a key may do everything its town's interface offers
_START = "zs_token_"
_FORM = "application/x-www-form-urlencoded"
_ID = len("zs_test_") + 6


class _Refused(Exception):
    def __init__(self, code: str, said: str, status: int = 400) -> None:
        super().__init__(said)
        self.code, self.status = code, status


@csrf_exempt  # no browser sends a client secret by itself
def token(request: HttpRequest) -> HttpResponse:
    """Give a token for a client id and secret: `POST /oauth2/token`, answers and errors as RFC 6749 has them."""
    if request.method != "POST":
        return HttpResponse(status=405, headers={"Allow": "POST"})
    try:
        given = _form(request)
        client_id, secret = _credentials(request, given)
        _only_what_there_is(given)
        _known(client_id, secret)
    except _Refused as refused:
        return _refusal(request, refused)
    answer = {
        "access_token": issue(secret, clock.now()),
        "token_type": "Bearer",
        "expires_in": int(LIFETIME.total_seconds()),
        "scope": SCOPE,
    }
    return JsonResponse(answer, headers=_NOT_KEPT)


_NOT_KEPT = {"Cache-Control": "no-store", "Pragma": "no-cache"}


def issue(key: str, at: datetime) -> str:
    """Make a token of a key."""
    return _START + _signer().sign(f"{token_digest(key)}.{int((at + LIFETIME).timestamp())}")


def _signer() -> Signer:
    return Signer(salt="zahlstelle.api.token", sep=".")


def client_of_token(text: str, at: datetime) -> ClientAccess | None:
    """Find whose token it is; None where it is no token at all. Raises ApiKeyUnknown where it counts no longer."""
    if not text.startswith(_START):
        return None
    try:
        digest, last = _signer().unsign(text.removeprefix(_START)).split(".")
    except BadSignature:
        raise ApiKeyUnknown("this is not a token of this installation") from None
    if at >= datetime.fromtimestamp(int(last), UTC):
        raise ApiKeyUnknown("this token is too old; please fetch a new one")
    return tenancy.api_client_of_digest(digest=digest)


def _form(request: HttpRequest) -> Mapping[str, str]:
    if request.content_type != _FORM:
        raise _Refused("invalid_request", f"please send {_FORM}")
    twice = [name for name, values in request.POST.lists() if len(values) > 1]
    if twice:
        raise _Refused("invalid_request", f"{twice[0][:40]} stands there twice")
    return {name: str(value) for name, value in request.POST.items()}


def _credentials(request: HttpRequest, given: Mapping[str, str]) -> tuple[str, str]:
    """Read id and secret from the header (Basic) or from the form, not from both (RFC 6749, section 2.3.1)."""
    scheme, _, coded = request.headers.get("Authorization", "").partition(" ")
    if not scheme:
        return given.get("client_id", ""), given.get("client_secret", "")
    if scheme.lower() != "basic" or "client_secret" in given:
        raise _Refused("invalid_request", "please send id and secret in one place: Basic, or the form")
    try:
        client_id, _, secret = base64.b64decode(coded.strip(), validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        raise _Refused("invalid_client", "the header Authorization cannot be read", 401) from None
    client_id = unquote_plus(client_id)
    if given.get("client_id", client_id) != client_id:
        raise _Refused("invalid_request", "header and form name different clients")
    return client_id, unquote_plus(secret)


def _only_what_there_is(given: Mapping[str, str]) -> None:
    grant = given.get("grant_type")
    if not grant:
        raise _Refused("invalid_request", "grant_type is missing")
    if grant != "client_credentials":
        raise _Refused("unsupported_grant_type", "there is client_credentials, nothing else")
    if not set(given.get("scope", SCOPE).split()) <= {SCOPE}:
        raise _Refused("invalid_scope", f"there is one scope: {SCOPE}")


def _known(client_id: str, secret: str) -> None:
    try:
        tenancy.api_client(key=secret)
    except ApiKeyUnknown as unknown:
        raise _Refused("invalid_client", str(unknown), 401) from None
    if not hmac.compare_digest(client_id.encode(), secret[:_ID].encode()):
        raise _Refused("invalid_client", "this is not the secret of this client", 401)


def _refusal(request: HttpRequest, refused: _Refused) -> HttpResponse:
    headers = dict(_NOT_KEPT)
    if refused.status == 401:
        headers["WWW-Authenticate"] = 'Basic realm="Zahlstelle"'
    answer = {"error": refused.code, "error_description": str(refused)}
    return JsonResponse(answer, status=refused.status, headers=headers)
