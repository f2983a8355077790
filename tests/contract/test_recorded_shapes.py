"""The shape of the embedded Sentry's answers against recorded ones: the same keys, holding the same types.

Recorded from 24.2, so what later versions dropped stands in ``DROPPED``, with its reason; keys that only the embedded
Sentry has are newer ones, which ``test_simulator_schema.py`` holds against the public schema.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from tests.recordings import needs_recordings, recordings
from tests.simulator.asking import ORG, Asked

from sentry_runbook.simulator.scenarios import SCENARIOS

pytestmark = needs_recordings

ISSUE = "WEB-7K"
DROPPED = {
    r"\.(options|flags|identities)$": "a user's own settings: shown by 24.2 where the token's own user is meant",
    r"\.metadata\.(display_title_with_tree_label|sdk)$": "hints for the web pages",
    r"(firstRelease|lastRelease|^\.release)\.(newGroups|owner|authors|projects)$": "a shorter release in later issues",
    r"(firstRelease|lastRelease|^\.release)\.(firstEvent|lastEvent|currentProjectMeta)$": "the same",
    r"\._meta\.\w+$": "what was scrubbed: the scenarios send nothing that Sentry would scrub",
    r"\.contexts\.runtime$": "the recorded events come from a server, these from a browser",
    r"\.vars\.\w+$": "the recorded program's own variables",
    r"^\.[a-z_()]+\.meta\.(fields|units)\.(time|count|count_unique_user)$": "24.2 names columns there, later ones axes",
    r"^\.[a-z_()]+\.meta\.(isMetricsData|isMetricsExtractedData|tips|datasetReason)$": "gone from the series since",
    r"\.commits\[\]\.score$": "of the older search for suspects, by the release alone",
}
QUESTIONS: dict[int, tuple[str, dict[str, Any]]] = {
    42: (f"issues/{ISSUE}/tags/", {}),
    44: (f"issues/{ISSUE}/events/recommended/", {}),
    45: (f"issues/{ISSUE}/events/", {}),
    47: (f"issues/{ISSUE}/", {}),
    57: ("events/", {"dataset": "errors", "field": ["count()", "count_unique(user)"], "statsPeriod": "24h"}),
    63: ("releases/", {}),
    65: ("events-stats/", {"dataset": "errors", "yAxis": ["count()", "count_unique(user)"], "statsPeriod": "24h"}),
    66: (
        "sessions/",
        {
            "field": ["sum(session)", "crash_free_rate(session)", "crash_rate(session)"],
            "groupBy": "environment",
            "statsPeriod": "7d",
        },
    ),
    67: ("issues/", {"query": "is:unresolved", "statsPeriod": "24h"}),
    75: (f"issues/{ISSUE}/", {}),
    113: ("releases/v2.4.1/", {}),
    126: (f"issues/{ISSUE}/notes/", {}),
    138: ("releases/v2.4.1/deploys/", {}),
    143: ("/api/0/projects/acme/web/events/{event}/committers/", {}),
}


def shape(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Give every path of a JSON value with the type that it holds."""
    if isinstance(value, dict):
        yield path, "object"
        for key, part in value.items():
            yield from shape(part, f"{path}.{key}")
    elif isinstance(value, list):
        yield path, "list"
        for part in value:
            yield from shape(part, f"{path}[]")
    else:
        kinds = {str: "string", bool: "boolean", type(None): "null", int: "number", float: "number"}
        yield path, kinds[type(value)]


def types(value: Any) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for path, kind in shape(value):
        found.setdefault(path, set()).add(kind)
    return found


def differences(recorded: Any, embedded: Any) -> list[str]:
    """Name the recorded keys that the embedded answer lacks, and those that never hold the recorded type."""
    there, here = types(recorded), types(embedded)
    found = []
    for path, kinds in there.items():
        if any(re.search(pattern, path) for pattern in DROPPED):
            continue
        parent = path.removesuffix("[]") if path.endswith("[]") else path.rpartition(".")[0]
        if path not in here:
            # What stands inside something that is absent, dropped or null here is not told a second time.
            if "object" in here.get(parent, ()) and not path.endswith("[]"):
                found.append(f"{path} is missing")
        elif not (kinds & here[path] or "null" in kinds | here[path]):
            found.append(f"{path}: {sorted(here[path])}, recorded {sorted(kinds)}")
    return found


async def prepared() -> Asked:
    """Give an embedded Sentry whose issue was archived and commented on, as the recorded one."""
    asked = Asked(SCENARIOS["typeerror-v2.4.1"])
    await asked.changed(ISSUE, {"status": "ignored", "statusDetails": {"ignoreCount": 100}})
    await asked.client.post(f"{ORG}/issues/{ISSUE}/notes/", json={"text": "Looked into it."})
    return asked


@pytest.mark.parametrize("number", QUESTIONS)
async def test_an_answer_has_the_recorded_keys_and_types(number: int) -> None:
    asked = await prepared()
    path, params = QUESTIONS[number]
    event = (await asked.read(f"issues/{ISSUE}/events/latest/"))["id"]
    answer = await asked.get(path.format(event=event), **params)
    call = recordings()[number]
    assert (answer.status_code, call["status"][:3]) == (200, "200")
    assert differences(call["body"], answer.json()) == []


async def test_answers_to_changes_have_the_recorded_keys_and_types() -> None:
    asked = await prepared()
    changed = await asked.put(ISSUE, {"status": "ignored", "statusDetails": {"ignoreCount": 100}})
    assert differences(recordings()[74]["body"], changed.json()) == []
    posted = await asked.client.post(f"{ORG}/issues/{ISSUE}/notes/", json={"text": "Still looking."})
    assert differences(recordings()[124]["body"], posted.json()) == []


def test_a_missing_key_and_another_type_are_noticed() -> None:
    recorded = {"a": 1, "b": [{"c": "x"}]}
    assert differences(recorded, {"a": 2, "b": []}) == []
    assert differences(recorded, {"a": "2", "b": [{}]}) == [
        ".a: ['string'], recorded ['number']",
        ".b[].c is missing",
    ]
