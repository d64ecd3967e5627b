"""One simulated month for all tests that only look at it."""

import pytest
from tests.support.simulated import Month, month_of

from zahlstelle.simulation import Simulation


@pytest.fixture(scope="session")
def month(tmp_path_factory: pytest.TempPathFactory) -> Month:
    return month_of(tmp_path_factory.mktemp("month"), Simulation(seed=7, claims=3000))
