"""Questions to passkeys and their answers (WebAuthn level 2): translated by the library, decided here. No database."""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlsplit
from uuid import UUID

import webauthn
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from ._rules import PasskeyRefused, Site

LONGEST_ANSWER = 20_000
_ADDRESS = re.compile(r"[\d.]+|.*:.*")  # a host that is an IP address: no passkey belongs to one
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class NewPasskey:
    """A passkey just made: its name, its public half, and how often it says it was used."""

    credential_id: str
    public_key: bytes
    sign_count: int


def site_of(base_url: str) -> Site | None:
    """Say where passkeys belong to; None where browsers allow none: an IP address, or http elsewhere than here."""
    parts = urlsplit(base_url)
    host = parts.hostname or ""
    here = host == "localhost" or host.endswith(".localhost")
    if not host or _ADDRESS.fullmatch(host) or (parts.scheme != "https" and not here):
        return None
    return Site(host, f"{parts.scheme}://{parts.netloc}")


def ask_for_new(*, site: Site, town: str, citizen: UUID, email: str, challenge: str, there: Sequence[str] = ()) -> str:
    """Write the question for a new passkey: one that is found without a name, and that knows its holder.

    A device that has one of those that are `there` makes no second one.
    """
    options = webauthn.generate_registration_options(
        rp_id=site.host,
        rp_name=town,
        user_id=citizen.bytes,
        user_name=email,
        user_display_name=f"{email} ({town})",
        challenge=challenge.encode(),
        timeout=300_000,
        exclude_credentials=_described(there),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
    )
    return webauthn.options_to_json(options)


def ask(*, site: Site, challenge: str, passkeys: Sequence[str]) -> str:
    """Write the question for one of these passkeys, or (none named) for any that the citizen chooses."""
    options = webauthn.generate_authentication_options(
        rp_id=site.host,
        challenge=challenge.encode(),
        timeout=300_000,
        allow_credentials=_described(passkeys),
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return webauthn.options_to_json(options)


def _described(names: Sequence[str]) -> list[PublicKeyCredentialDescriptor]:
    return [PublicKeyCredentialDescriptor(id=base64url_to_bytes(name)) for name in names]


def challenge_in(answer: str) -> str:
    """Say which challenge an answer claims to answer. Raises PasskeyRefused."""
    return _read(answer, lambda said: _told(said["response"]["clientDataJSON"]))


def passkey_in(answer: str) -> tuple[str, UUID | None]:
    """Say which passkey an answer claims to be of, and of which citizen. Raises PasskeyRefused."""
    return _read(answer, lambda said: (_canonical(said["rawId"]), _holder(said["response"].get("userHandle"))))


def new_passkey(*, answer: str, challenge: str, site: Site) -> NewPasskey:
    """Check the answer to the question for a new passkey. Raises PasskeyRefused."""
    verified = _read(
        answer,
        lambda said: webauthn.verify_registration_response(
            credential=said,
            expected_challenge=challenge.encode(),
            expected_rp_id=site.host,
            expected_origin=site.origin,
            require_user_verification=True,
        ),
    )
    name = bytes_to_base64url(verified.credential_id)
    return NewPasskey(name, verified.credential_public_key, verified.sign_count)


def sign_count_of(*, answer: str, challenge: str, site: Site, public_key: bytes, sign_count: int) -> int:
    """Check a passkey's answer; gives how often it says it was used. Raises PasskeyRefused."""
    verified = _read(
        answer,
        lambda said: webauthn.verify_authentication_response(
            credential=said,
            expected_challenge=challenge.encode(),
            expected_rp_id=site.host,
            expected_origin=site.origin,
            credential_public_key=public_key,
            credential_current_sign_count=sign_count,
            require_user_verification=True,
        ),
    )
    return verified.new_sign_count


def _read(answer: str, translate: Callable[[Any], T]) -> T:
    """Translate what a stranger sent. Whatever goes wrong in there, its answer does not fit: there is no third way."""
    try:
        if len(answer) > LONGEST_ANSWER:
            raise ValueError("too long")
        return translate(json.loads(answer))
    except Exception as error:
        raise PasskeyRefused("the passkey's answer does not fit") from error


def _told(client_data: str) -> str:
    return base64url_to_bytes(json.loads(base64url_to_bytes(client_data))["challenge"]).decode("ascii")


def _canonical(name: str) -> str:
    return bytes_to_base64url(base64url_to_bytes(name))


def _holder(user_handle: str | None) -> UUID | None:
    return UUID(bytes=base64url_to_bytes(user_handle)) if user_handle else None
