"""One sandbox for the whole folder, a town of its own for each test."""

from collections.abc import Iterator

import pytest
from tests.support.sandbox import Ear, Merchant, SandboxServer, listening


@pytest.fixture(scope="package")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxServer]:
    sandbox = SandboxServer(tmp_path_factory.mktemp("sandbox")).start()
    yield sandbox
    sandbox.close()


@pytest.fixture
def sandbox(server: SandboxServer) -> SandboxServer:
    server.behave()
    return server


@pytest.fixture
def town(sandbox: SandboxServer) -> Merchant:
    return sandbox.merchant()


@pytest.fixture
def ear() -> Iterator[Ear]:
    with listening() as ear:
        yield ear
