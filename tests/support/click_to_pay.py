"""Click to Pay in tests: a town whose contract has it, citizens the schemes know, and results without a browser."""

from typing import TYPE_CHECKING, Any

import httpx

from tests.support.payone import contract_of_cards, keys
from tests.support.sandbox import SandboxServer
from zahlstelle.kernel import Secret, new_id
from zahlstelle.payments import ClickToPayResult, MerchantAccess

if TYPE_CHECKING:
    from tests.support.desk import Desk
    from zahlstelle.tenancy import Tenant

_INITIATOR = "5a4e0b1c-9d5f-4c36-8a21-0c2f6f1d5002"
_BRANDS = {"visa": "V", "mastercard": "M"}


def contract(sandbox: SandboxServer) -> dict[str, str]:
    """The settings of a contract that has Click to Pay."""
    return contract_of_cards(sandbox) | {"click_to_pay": "yes"}


def a_town(sandbox: SandboxServer, desk: "Desk") -> "Tenant":
    """A town that takes cards over PAYONE, with Click to Pay."""
    from tests.support.desk import town_at
    from tests.support.towns import iban

    number = new_id().int % 10**9
    slug = f"stadt-{number}"
    merchant = {"secret": f"sk_test_{new_id().hex}", "name": slug, "iban": iban(number)}
    sandbox.admin("PUT", f"/merchants/{slug}", merchant | {"bic": "BYLADEM1001"})
    access = keys(sandbox, slug, f"{desk.base_url}/provider/{slug}/payone/notify")
    provider: dict[str, Any] = {"name": "payone", "merchant_id": slug, "base_url": sandbox.base, "methods": ["card"]}
    provider |= {"secret": access.secret.reveal()}
    provider |= {"secrets": {name: secret.reveal() for name, secret in access.secrets.items()}}
    provider["settings"] = {**access.settings, **contract(sandbox)}
    return town_at(sandbox, known=False, slug=slug, providers=[provider])


def an_address() -> str:
    return f"erika-{new_id().hex}@example.org"


def register(sandbox: SandboxServer, card: str = "paid", email: str | None = None) -> str:
    """A citizen who registered a test card; returns the e-mail address."""
    email = email or an_address()
    sandbox.admin("POST", "/src/profiles", {"email": email, "card": card})
    return email


def newest_code(sandbox: SandboxServer, email: str) -> str:
    return str(sandbox.admin("GET", f"/src/codes?email={email}")["codes"][0]["code"])


def result_of(
    access: MerchantAccess, sandbox: SandboxServer, amount: str, *, card: str = "paid", scheme: str = "visa"
) -> ClickToPayResult:
    """What the scheme's script yields of a registered citizen."""
    dpa = f"{_INITIATOR}_{access.merchant_id}"
    done, _ = _checkout(sandbox, dpa, card, scheme, amount)
    return ClickToPayResult(Secret(done["checkoutResponseSignature"]), _BRANDS[scheme], dpa)


def remembered(sandbox: SandboxServer, card: str = "paid", scheme: str = "visa") -> list[dict[str, Any]]:
    """The cookie of a device that its citizen let be remembered, on some merchant's page."""
    name = f"haendler-{new_id().int % 10**9}"
    sandbox.admin("PUT", f"/src/dpas/{name}", {"initiator": _INITIATOR, "name": name})
    _, cookie = _checkout(sandbox, name, card, scheme, "1.00", remember=True)
    given, _, rest = cookie.partition(";")
    path = rest.partition("Path=")[2].partition(";")[0]
    key, _, value = given.partition("=")
    return [{"name": key, "value": value, "domain": "127.0.0.1", "path": path, "secure": True, "sameSite": "None"}]


def _checkout(
    sandbox: SandboxServer, dpa: str, card: str, scheme: str, amount: str, *, remember: bool = False
) -> tuple[dict[str, Any], str]:
    """Go the whole way with a scheme as its script does: the answer, and the cookie that came with it."""
    email = register(sandbox, card)
    with httpx.Client(base_url=f"{sandbox.base}/src/{scheme}/sdk", trust_env=False) as client:

        def ask(call: str, order: dict[str, Any]) -> dict[str, Any]:
            answer = client.post(f"/{call}", json=order, headers={"Origin": sandbox.base})
            assert answer.status_code == 200, (call, answer.text)
            cookies.append(answer.headers.get("set-cookie", ""))
            return dict(answer.json())

        cookies: list[str] = []
        options = {
            "transactionAmount": {"transactionAmount": amount, "transactionCurrencyCode": "EUR"},
            "payloadTypeIndicatorCheckout": "FULL",
        }
        begun = {"srcInitiatorId": _INITIATOR, "srciDpaId": dpa, "srciTransactionId": str(new_id())}
        session = {"session": ask("init", begun | {"dpaTransactionOptions": options})["session"]}
        ask("identityLookup", session | {"identityValue": email, "identityType": "EMAIL_ADDRESS"})
        ask("initiateIdentityValidation", session)
        told = ask("completeIdentityValidation", session | {"validationData": newest_code(sandbox, email)})
        profile = ask("getSrcProfile", session | {"idTokens": [told["idToken"]]})["profiles"][0]
        chosen = profile["maskedCards"][0]["srcDigitalCardId"]
        wish = {"complianceSettings": {"complianceResources": [{"complianceType": "REMEMBER_ME"}]}} if remember else {}
        return ask("checkout", session | {"srcDigitalCardId": chosen} | wish), cookies[-1]
