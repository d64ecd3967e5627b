"""An anticipated "no": it has a stable code, is listed in docs/errors.md, and changes nothing."""

from typing import ClassVar


class Refusal(Exception):
    """The base of every anticipated "no". Everything else that is raised is a defect of ours."""

    code: ClassVar[str] = "refused"
    status: ClassVar[int] = 409

    @property
    def reason(self) -> str:
        """Say what happened, for a person."""
        return str(self)


class InputRefused(Refusal):
    """What was handed in cannot be accepted as it is."""

    code = "input_refused"
    status = 422
