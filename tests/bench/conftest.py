"""The benchmark's Sentry, started once for all tests of the benchmark."""

from collections.abc import Iterator

import pytest
from bench.upstream import Upstream, running


@pytest.fixture(scope="session")
def upstream() -> Iterator[Upstream]:
    with running() as started:
        yield started
