"""A secret is opaque: it shows itself only where it is asked to."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Secret:
    """A value that never appears in a log, a repr or an error."""

    _value: str = field(repr=False)

    def reveal(self) -> str:
        """Hand out the value, for the one call that needs it."""
        return self._value

    def __repr__(self) -> str:
        return "Secret(***)"

    __str__ = __repr__
