"""A virtual authenticator in Chromium: a citizen's device with its passkeys, asked over the DevTools protocol."""

from dataclasses import dataclass
from typing import Any

from playwright.sync_api import CDPSession, Page


@dataclass
class Authenticator:
    """The device's authenticator; `verifies` says whether its owner touches it."""

    session: CDPSession
    id: str

    def passkeys(self) -> list[dict[str, Any]]:
        """List the passkeys it holds."""
        return list(self.session.send("WebAuthn.getCredentials", {"authenticatorId": self.id})["credentials"])

    def verifies(self, does: bool) -> None:
        """Let the owner show, or fail to show, who they are."""
        self.session.send("WebAuthn.setUserVerified", {"authenticatorId": self.id, "isUserVerified": does})

    def add(self, credential: dict[str, Any]) -> None:
        """Bring a passkey along from another device, as a password manager does."""
        self.session.send("WebAuthn.addCredential", {"authenticatorId": self.id, "credential": credential})


def authenticator(page: Page) -> Authenticator:
    """Give a page's browser an authenticator of its own that verifies its owner."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable", {"enableUI": False})
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    made = session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return Authenticator(session, made["authenticatorId"])
