"""The only module that knows every room: it plugs provider adapters into payments."""


def wire() -> None:
    """Plug the rooms together, once per process."""
