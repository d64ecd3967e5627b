"""A passkey in a few lines: what an authenticator and a browser answer, so that tests can also answer wrongly."""

import hashlib
import json
import struct
from dataclasses import dataclass, field
from secrets import token_bytes
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url

PRESENT, VERIFIED, HOLDS_DATA = 1, 4, 64


@dataclass
class Passkey:
    """A key of one site. Its answers are right unless a test says otherwise."""

    origin: str = "https://zahlstelle.example"
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    id: bytes = field(default_factory=lambda: token_bytes(16))
    holder: bytes = b""
    counts: bool = False  # passkeys that are copied between devices do not count
    count: int = 0

    def registers(self, question: str, **lies: Any) -> str:
        """Answer the question for a new passkey."""
        asked = json.loads(question)
        self.holder = base64url_to_bytes(asked["user"]["id"])
        numbers = self.key.public_key().public_numbers()
        public = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        attested = bytes(16) + struct.pack(">H", len(self.id)) + self.id + cbor2.dumps(public)
        data = self._data(lies.get("host", asked["rp"]["id"]), lies.get("flags", PRESENT | VERIFIED) | HOLDS_DATA)
        made = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data + attested})
        response = {"attestationObject": _text(made), "clientDataJSON": self._client("webauthn.create", asked, lies)}
        return self._said(response)

    def answers(self, question: str, **lies: Any) -> str:
        """Answer a question to it. `lies` replace challenge, origin, host, flags, key, holder."""
        asked = json.loads(question)
        self.count += self.counts
        data = self._data(lies.get("host", asked["rpId"]), lies.get("flags", PRESENT | VERIFIED))
        client = self._client("webauthn.get", asked, lies)
        signed = data + hashlib.sha256(base64url_to_bytes(client)).digest()
        response = {
            "clientDataJSON": client,
            "authenticatorData": _text(data),
            "signature": _text(lies.get("key", self.key).sign(signed, ec.ECDSA(SHA256()))),
            "userHandle": _text(lies.get("holder", self.holder)),
        }
        return self._said(response)

    def _client(self, kind: str, asked: dict[str, Any], lies: dict[str, Any]) -> str:
        told = {
            "type": kind,
            "challenge": lies.get("challenge", asked["challenge"]),
            "origin": lies.get("origin", self.origin),
            "crossOrigin": False,
        }
        return _text(json.dumps(told).encode())

    def _data(self, host: str, flags: int) -> bytes:
        return hashlib.sha256(host.encode()).digest() + bytes([flags]) + struct.pack(">I", self.count)

    def _said(self, response: dict[str, str]) -> str:
        return json.dumps({"id": _text(self.id), "rawId": _text(self.id), "type": "public-key", "response": response})


def _text(content: bytes) -> str:
    return bytes_to_base64url(content)
