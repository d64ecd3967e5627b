"""What the sandbox answers when it says no: RFC 9457 problem details with a stable code."""

from typing import Any


class Problem(Exception):
    """A request the sandbox refuses; `code` never changes, `status` is the HTTP status."""

    def __init__(self, status: int, code: str, detail: str, errors: list[dict[str, str]] | None = None) -> None:
        super().__init__(detail)
        self.status, self.code, self.detail, self.errors = status, code, detail, errors

    def body(self) -> dict[str, Any]:
        """The problem document; `errors` names each wrong field."""
        body: dict[str, Any] = {
            "type": f"urn:zahlstelle-sandbox:problem:{self.code}",
            "title": self.code.replace("_", " "),
            "status": self.status,
            "code": self.code,
            "detail": self.detail,
        }
        return body | ({"errors": self.errors} if self.errors else {})
