"""What every test shares: one event loop, the fast one that the SDK and httpx both use."""

import pytest


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"
