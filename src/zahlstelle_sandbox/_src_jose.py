"""JWS and JWE in the two forms the schemes use: RS256, and RSA-OAEP-256 with AES-GCM. No other is read."""

import base64
import binascii
import json
import secrets
from functools import cache
from typing import Any

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

Private = rsa.RSAPrivateKey
Public = rsa.RSAPublicKey
_OAEP = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
_ENCRYPTION = {"A128GCM": 16, "A256GCM": 32}


class Unreadable(Exception):
    """This is no such JWS or JWE, or it was not made with this key."""


def sign(key: Private, head: dict[str, Any], payload: dict[str, Any]) -> str:
    """A compact JWS."""
    signed = f"{_part(head | {'alg': 'RS256'})}.{_part(payload)}"
    return f"{signed}.{encoded(key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256()))}"


def head(jose: str) -> dict[str, Any]:
    """The head of a compact JWS or JWE, which nobody has vouched for yet. Raises Unreadable."""
    return _read(jose.split(".")[0])


def verified(key: Public, jws: str) -> dict[str, Any]:
    """What was signed with the key. Raises Unreadable."""
    parts = jws.split(".")
    if len(parts) != 3 or _read(parts[0]).get("alg") != "RS256":
        raise Unreadable("no JWS with RS256")
    try:
        signed = f"{parts[0]}.{parts[1]}".encode()
        key.verify(decoded(parts[2]), signed, padding.PKCS1v15(), hashes.SHA256())
    except InvalidSignature as error:
        raise Unreadable("signed with another key, or altered since") from error
    return _read(parts[1])


def encrypt(key: Public, head: dict[str, Any], payload: dict[str, Any], key_bytes: int = 16) -> str:
    """A compact JWE."""
    method = next(name for name, size in _ENCRYPTION.items() if size == key_bytes)
    first = _part(head | {"alg": "RSA-OAEP-256", "enc": method})
    content_key, iv = secrets.token_bytes(key_bytes), secrets.token_bytes(12)
    sealed = AESGCM(content_key).encrypt(iv, json.dumps(payload).encode(), first.encode())
    parts = (key.encrypt(content_key, _OAEP), iv, sealed[:-16], sealed[-16:])
    return ".".join([first, *map(encoded, parts)])


def decrypted(key: Private, jwe: str) -> dict[str, Any]:
    """What was encrypted to the key. Raises Unreadable."""
    parts = jwe.split(".")
    if len(parts) != 5 or _read(parts[0]).get("alg") != "RSA-OAEP-256":
        raise Unreadable("no JWE with RSA-OAEP-256")
    size = _ENCRYPTION.get(str(_read(parts[0]).get("enc")))
    sealed_key, iv, text, tag = map(decoded, parts[1:])
    try:
        content_key = key.decrypt(sealed_key, _OAEP)
        if len(content_key) != size or len(iv) != 12 or len(tag) != 16:
            raise Unreadable("lengths that do not fit the method")
        return _json(AESGCM(content_key).decrypt(iv, text + tag, parts[0].encode()))
    except (ValueError, InvalidTag) as error:
        raise Unreadable("encrypted to another key, or altered since") from error


def public_jwk(key: Public, kid: str, use: str) -> dict[str, str]:
    """A public key as browsers and servers read it."""
    numbers = key.public_numbers()
    algorithm = "RS256" if use == "sig" else "RSA-OAEP-256"
    fields = {"kty": "RSA", "kid": kid, "use": use, "alg": algorithm}
    return fields | {"n": encoded(_bytes(numbers.n)), "e": encoded(_bytes(numbers.e))}


def make_key() -> Private:
    return rsa.generate_private_key(65537, 2048)


def written(key: Private) -> str:
    """A private key as it is kept."""
    plain = serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain).decode()


def public_written(key: Public) -> str:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_bytes(serialization.Encoding.PEM, form).decode()


@cache
def private(pem: str) -> Private:
    """A private key that `written` wrote; checking its primes again each time would cost more than signing."""
    key = serialization.load_pem_private_key(pem.encode(), None, unsafe_skip_rsa_key_validation=True)
    assert isinstance(key, Private)
    return key


def public(pem: str) -> Public:
    """The public RSA key of a PEM text. Raises ValueError for anything else."""
    key = serialization.load_pem_public_key(pem.encode())
    if not isinstance(key, Public) or key.key_size < 2048:
        raise ValueError("must be a public RSA key of at least 2048 bits, as PEM")
    return key


def encoded(value: bytes) -> str:
    """Base64url without padding."""
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def decoded(text: str) -> bytes:
    """The bytes of Base64url without padding. Raises Unreadable, also for a second way to write the same."""
    try:
        found = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError) as error:
        raise Unreadable("no Base64url") from error
    if encoded(found) != text:
        raise Unreadable("no Base64url")
    return found


def _part(value: dict[str, Any]) -> str:
    return encoded(json.dumps(value).encode())


def _read(part: str) -> dict[str, Any]:
    return _json(decoded(part))


def _json(content: bytes) -> dict[str, Any]:
    try:
        value = json.loads(content)
    except ValueError as error:
        raise Unreadable("no JSON inside") from error
    if not isinstance(value, dict):
        raise Unreadable("no JSON object inside")
    return value


def _bytes(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8, "big")
