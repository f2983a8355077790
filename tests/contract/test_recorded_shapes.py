"""The shape of the embedded Sentry's answers against recorded ones: the same keys, types and nulls, on both sides.

Every difference stands in ``known_differences.py`` with its reason: what is not told there must not be, and what is
told there must be. Keys that only the embedded Sentry has are newer ones, which ``test_simulator_schema.py`` holds
against the public schema.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from tests.contract.known_differences import KNOWN
from tests.contract.recorded_world import changed_answers, embedded_answers
from tests.contract.shapes import differences, shape
from tests.recordings import needs_recordings, params_of, recorded_gets, recordings, resource_of, status_of

pytestmark = needs_recordings
Difference = tuple[str, str, str]
"""Resource, path, kind."""
UNREAD = {
    "events/ environment count()": "the breakdown by environment alone: the same table",
    "events/ transaction p95(transaction.duration) count()": "of the dataset discover, which today's servers lack",
}


def asked_for(record: dict[str, Any]) -> str:
    """The resource; of tables and series with the columns, which decide what the answer holds."""
    resource = resource_of(record)
    if resource in ("events/", "events-stats/"):
        columns = [value for name, value in params_of(record) if name in ("field", "yAxis")]
        return f"{resource} {' '.join(columns)}"
    is_event = resource.startswith("issues/*/events/") and resource != "issues/*/events/"
    return "issues/*/events/*/" if is_event else resource


@cache
def recorded_answers() -> dict[str, list[Any]]:
    answers: dict[str, list[Any]] = {}
    for _, record in recorded_gets():
        if status_of(record) == 200:
            answers.setdefault(asked_for(record), []).append(record["body"])
    return answers


async def found() -> list[Difference]:
    embedded = await embedded_answers()
    assert embedded.keys() == recorded_answers().keys() - UNREAD.keys()
    return [
        (resource, path, kind)
        for resource in embedded
        for path, kind in differences(shape(recorded_answers()[resource]), shape(embedded[resource]))
    ]


async def test_the_embedded_answers_have_the_recorded_shape_but_for_what_is_known() -> None:
    differs = await found()
    assert [one for one in differs if not any(known.is_about(*one) for known in KNOWN)] == []
    assert [known for known in KNOWN if not any(known.is_about(*one) for one in differs)] == []


async def test_answers_to_changes_have_the_shape_of_the_recorded_ones() -> None:
    changed, note = await changed_answers()
    # A note alone has the shape of one in the list.
    for number, recorded, embedded, resource in (
        (74, recordings()[74]["body"], changed, "issues/*/"),
        (124, [recordings()[124]["body"]], [note], "issues/*/notes/"),
    ):
        for path, kind in differences(shape([recorded]), shape([embedded])):
            assert any(known.is_about(resource, path, kind) for known in KNOWN), (number, path, kind)


def test_every_kind_of_difference_is_noticed() -> None:
    recorded = shape(
        [{"a": 1, "b": [{"c": "x"}], "d": None, "f": None, "g": "x"}, {"a": 1, "b": [], "d": 1, "f": 1, "g": "x"}]
    )
    embedded = shape([{"a": "1", "b": [{}], "d": 1, "e": {"x": 1}, "f": None, "g": None}])
    assert list(differences(recorded, recorded)) == []
    assert list(differences(recorded, embedded)) == [
        ("/a", "type"),
        ("/b[]/c", "missing"),
        ("/d", "never null"),
        ("/e", "extra"),
        ("/g", "null"),
    ]
