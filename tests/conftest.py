"""What every test shares: one event loop, how Hypothesis runs, and what collecting thousands of tests costs."""

import gc
import json
from collections.abc import Iterator

import pytest
from hypothesis import settings
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # it ships no types

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


@pytest.fixture(scope="session", autouse=True)
def _schemas_are_checked_once() -> Iterator[None]:
    """Let each new client of the SDK trust a tool's schema that an earlier client of this process has checked.

    Checking takes longer than the call that it is for, and hundreds of clients get the same few schemas. Answers are
    still validated, each of them.
    """
    check, checked = Draft202012Validator.check_schema, set[str]()

    def check_once(schema: object) -> None:
        text = json.dumps(schema, sort_keys=True)
        if text not in checked:
            check(schema)
            checked.add(text)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Draft202012Validator, "check_schema", staticmethod(check_once))
        yield
