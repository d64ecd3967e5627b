"""Click to Pay in tests: a page at a scheme of the sandbox, an initiator with its keys, the public descriptions."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import yaml
from client_encryption.jwe_encryption import decrypt_payload
from client_encryption.jwe_encryption_config import JweEncryptionConfig
from cryptography.hazmat.primitives.asymmetric import rsa
from oauth1.oauth import OAuth

from tests.support.canaries import CARD_CODE, HOLDER
from tests.support.sandbox import Merchant, SandboxServer
from tests.support.shared import need_shared
from zahlstelle.kernel import new_id
from zahlstelle_sandbox import _src_jose
from zahlstelle_sandbox._src_rules import PAYONE

REMEMBER_ME = {"complianceResources": [{"complianceType": "REMEMBER_ME", "uri": ""}]}
TERMS = {"tnc": {"acceptedVersion": "1"}}


@cache
def rsa_key(_name: str) -> rsa.RSAPrivateKey:
    """A key for the whole run; making one takes its time."""
    return rsa.generate_private_key(65537, 2048)


@dataclass
class Initiator:
    """A payment provider as the schemes know it, and one merchant of it."""

    sandbox: SandboxServer
    initiator: str
    src_dpa_id: str
    folder: Path

    def ask(self, path: str, body: Any, *, key: Any = None, sent: Any = None, head: Any = None) -> httpx.Response:
        """Call a scheme's server, signed as Mastercard's own library signs; `sent` is another body than was signed."""
        text = json.dumps(body)
        signing = key or rsa_key("signing")
        signed = OAuth.get_authorization_header(self.sandbox.base + path, "POST", text, self.initiator, signing)
        headers = {"Authorization": signed, "Content-Type": "application/json", **(head or {})}
        return self.sandbox.http.post(path, content=sent or text, headers=headers)

    def opened(self, jwe: str) -> dict[str, Any]:
        """What Mastercard's own library reads in a JWE that was encrypted to this initiator."""
        path = self.folder / "initiator.pem"
        path.write_text(_src_jose.written(rsa_key("encryption")))
        config = {
            "paths": {"$": {"toEncrypt": {}, "toDecrypt": {"encryptedPayload": "$"}}},
            "encryptedValueFieldName": "encryptedPayload",
            "decryptionKey": str(path),
        }
        return dict(decrypt_payload({"encryptedPayload": jwe}, JweEncryptionConfig(json.dumps(config))))


def initiator(sandbox: SandboxServer, folder: Path) -> Initiator:
    """A new payment provider."""
    name = str(new_id())
    keys = {use: _src_jose.public_written(rsa_key(use).public_key()) for use in ("encryption", "signing")}
    body = {"name": "Ein Anbieter", "encryption_key": keys["encryption"], "signing_key": keys["signing"]}
    sandbox.admin("PUT", f"/src/initiators/{name}", body)
    sandbox.admin("PUT", f"/src/dpas/{name}_town", {"initiator": name, "name": "Stadt Musterstadt"})
    return Initiator(sandbox, name, f"{name}_town", folder)


def of_payone(sandbox: SandboxServer, town: Merchant, folder: Path) -> Initiator:
    """PAYONE of the sandbox, for a town that has an account there."""
    secrets = {"api_secret": f"api{new_id().hex}", "webhook_secret": f"web{new_id().hex}"}
    account = {"api_key_id": f"A{new_id().hex}", "webhook_key_id": "W", **secrets}
    sandbox.admin("PUT", f"/payone/accounts/{town.merchant_id}", account)
    return Initiator(sandbox, PAYONE, f"{PAYONE}_{town.merchant_id}", folder)


@dataclass
class View:
    """A page in somebody's browser that talks to one scheme; its device keeps the scheme's cookie."""

    sandbox: SandboxServer
    scheme: str
    session: str = ""
    correlation_id: str = ""
    cookies: dict[str, str] = field(default_factory=dict)
    origin: str = "http://127.0.0.1:9"

    def send(self, call: str, **order: Any) -> httpx.Response:
        cookie = {"Cookie": f"src_{self.scheme}={self.cookies[self.scheme]}"} if self.scheme in self.cookies else {}
        body, headers = {**order, "session": self.session}, {"Origin": self.origin, **cookie}
        answer = self.sandbox.http.post(f"/src/{self.scheme}/sdk/{call}", json=body, headers=headers)
        self.keep(answer)
        return answer

    def keep(self, answer: httpx.Response) -> None:
        """Do with the answer's cookie as a browser does."""
        name, _, rest = answer.headers.get("set-cookie", "").partition("=")
        if name == f"src_{self.scheme}":
            self.cookies |= {self.scheme: rest.partition(";")[0]}
        if self.cookies.get(self.scheme) == "":
            del self.cookies[self.scheme]

    def ask(self, call: str, **order: Any) -> dict[str, Any]:
        answer = self.send(call, **order)
        assert answer.is_success, answer.text
        return dict(answer.json())

    def refused(self, call: str, **order: Any) -> str:
        """The reason why a call is refused."""
        answer = self.send(call, **order)
        assert not answer.is_success, answer.text
        return str(answer.json()["reason"])

    def found(self, email: str) -> bool:
        kind = "EMAIL" if self.scheme == "visa" else "EMAIL_ADDRESS"
        return bool(self.ask("identityLookup", identityType=kind, identityValue=email)["consumerPresent"])

    def proved(self, email: str) -> str:
        """Prove by a code that the address is ours; the ID token."""
        assert self.found(email)
        self.ask("initiateIdentityValidation")
        return str(self.ask("completeIdentityValidation", validationData=code(self.sandbox, email))["idToken"])

    def cards(self, id_token: str) -> list[dict[str, Any]]:
        profiles = self.ask("getSrcProfile", idTokens=[id_token])["profiles"]
        return [card for profile in profiles for card in profile["maskedCards"]]

    def encrypted(self, number: str, **changes: str) -> str:
        """A card as a page encrypts it to the scheme."""
        keys = self.sandbox.http.get(f"/src/{self.scheme}/keys").json()["keys"]
        jwk = next(key for key in keys if "src-fpan-encryption" in key["kid"])
        n, e = (int.from_bytes(_src_jose.decoded(jwk[name]), "big") for name in ("n", "e"))
        card = {
            "primaryAccountNumber": number,
            "panExpirationMonth": "12",
            "panExpirationYear": "2060",
            "cardSecurityCode": CARD_CODE,
            "cardholderFullName": HOLDER,
        }
        key = rsa.RSAPublicNumbers(e, n).public_key()
        size = 32 if self.scheme == "visa" else 16
        return _src_jose.encrypt(key, {"kid": jwk["kid"]}, card | changes, size)


def view(
    who: Initiator, scheme: str, amount: str | None = "37.00", *, device: dict[str, str] | None = None, **options: Any
) -> View:
    """Open a page of the initiator's merchant on a device."""
    opened = View(who.sandbox, scheme, cookies={} if device is None else device)
    money = {"transactionAmount": {"transactionAmount": amount, "transactionCurrencyCode": "EUR"}} if amount else {}
    told = opened.ask(
        "init",
        srcInitiatorId=who.initiator,
        srciDpaId=who.src_dpa_id,
        srciTransactionId=str(new_id()),
        dpaTransactionOptions={**money, "payloadTypeIndicatorCheckout": "FULL", **options},
    )
    opened.session, opened.correlation_id = told["session"], told["srcCorrelationId"]
    return opened


def code(sandbox: SandboxServer, email: str) -> str:
    """The newest code in somebody's mail."""
    return str(sandbox.admin("GET", f"/src/codes?email={email}")["codes"][0]["code"])


def citizen(sandbox: SandboxServer, *cards: str) -> str:
    """Somebody who registered cards earlier; the e-mail address."""
    email = f"erika.{new_id().hex}@example.org"
    for card in cards or ("paid",):
        sandbox.admin("POST", "/src/profiles", {"email": email, "card": card})
    return email


def payload(jws: str) -> dict[str, Any]:
    """What a JWS says, whoever signed it."""
    return dict(json.loads(_src_jose.decoded(jws.split(".")[1])))


@cache
def description(name: str) -> dict[str, Any]:
    """One of the public descriptions."""
    return dict(yaml.safe_load(need_shared("specs", "mastercard_click_to_pay", name).read_text()))


def faults(name: str, schema: str, value: Any) -> list[str]:
    """What a description has against something of this name."""
    components = description(name)["components"]
    judge = jsonschema.Draft4Validator({"$ref": f"#/components/schemas/{schema}", "components": components})
    return [f"{error.json_path}: {error.message}" for error in judge.iter_errors(value)]


@contextmanager
def switched(sandbox: SandboxServer, **switches: Any) -> Iterator[None]:
    """Let the schemes behave badly for a while."""
    sandbox.behave(**switches)
    try:
        yield
    finally:
        sandbox.behave()
