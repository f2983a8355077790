"""What every test shares: one event loop, how Hypothesis runs, and what collecting thousands of tests costs."""

import gc

import pytest
from hypothesis import settings

# No time decides. Examples are random: a failure prints the line that repeats it.
settings.register_profile("suite", deadline=None, print_blob=True)
settings.load_profile("suite")


@pytest.fixture
def anyio_backend() -> str:
    """The event loop that the SDK and httpx both use."""
    return "asyncio"


def pytest_collection_finish() -> None:
    """Take the collected tests out of the garbage collector, which would walk them all at every full collection."""
    gc.collect()
    gc.freeze()
