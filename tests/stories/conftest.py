"""What the stories of payouts begin with."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.support.payout_story import PayoutStory, Tell

    from zahlstelle.tenancy import Tenant


@pytest.fixture
def story(town: "Tenant", tmp_path: Path) -> "PayoutStory":
    """A town whose provider pays out."""
    from tests.support.payout_story import PayoutStory

    return PayoutStory(town, tmp_path)


@pytest.fixture
def tell(story: "PayoutStory") -> "Tell":
    """Tell its days."""
    return story.tell
