"""What a test needs of the machine it runs on."""

import os

import pytest


def needs_root() -> None:
    """Skip, loudly, where the tests do not run as root."""
    if os.geteuid() != 0:
        pytest.skip("only root can become another user; run the tests as root too")
