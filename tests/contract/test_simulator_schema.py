"""The embedded Sentry's answers against the public schema of Sentry's API, where a copy of it lies beside the checkout.

The schema is not ours to ship, so it is looked for and the check is skipped without it. It is also stricter than
reality: what real servers are known to answer differently stands in ``DEVIATIONS``, each with its reason, and nothing
else may differ.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # it ships no types
from tests.simulator.asking import Asked

from sentry_runbook.simulator.scenario import IssueSpec, OccurrenceSpec, Scenario, Stream
from sentry_runbook.simulator.scenarios import SCENARIOS

SCHEMA = Path(__file__).parents[2].parent / "shared" / "reference" / "openapi-subset.json"
pytestmark = pytest.mark.skipif(
    not SCHEMA.exists(),
    reason="the public schema of Sentry's API is not beside this checkout, so there is nothing to compare",
)

ORG = "/api/0/organizations/{organization_id_or_slug}"


class Deviation(NamedTuple):
    """Something that real servers answer, though the schema says otherwise."""

    path: str
    message: str
    reason: str


DEVIATIONS = (
    Deviation(r"\.meta\.tips\.(query|columns)", r"None is not of type 'string'", "tips are null when there are none"),
    Deviation(r"\.statusDetails", r"None is not of type", "a snooze lists all its keys, the unused ones as null"),
    Deviation(
        r"\.statusDetails\.inCommit", r"is not of type 'string'", "the commit is an object; the schema says string"
    ),
    Deviation(
        r"\[\d+\]",
        r"'(derivedData|sessionCount|owners|inbox|integrationIssues|sentryAppIssues|latestEventHasAttachments"
        r"|matchingEventId|matchingEventEnvironment)' is a required property",
        "parts of the list that are answered only when expanded, or that captures lack",
    ),
    Deviation(r"\.values\[\d+\]\.value", r"None is not of type 'number'", "a percentile of an empty bucket is null"),
)


@cache
def document() -> Any:
    return json.loads(SCHEMA.read_text(encoding="utf-8"))


def modern(schema: Any) -> Any:
    """Give an OpenAPI 3.0 schema as JSON Schema: ``nullable`` becomes a type, also beside a reference."""
    if isinstance(schema, list):
        return [modern(part) for part in schema]
    if not isinstance(schema, Mapping):
        return schema
    made = {
        key: {name: modern(part) for name, part in value.items()} if key == "properties" else modern(value)
        for key, value in schema.items()
        if key != "nullable"
    }
    if not schema.get("nullable"):
        return made
    if "enum" in made and None not in made["enum"]:
        made["enum"] = [*made["enum"], None]
    if isinstance(made.get("type"), str):
        return made | {"type": [made["type"], "null"]}
    return {"anyOf": [made, {"type": "null"}]}


@cache
def validator(method: str, path: str, status: str) -> Draft202012Validator:
    answer = document()["paths"][path][method]["responses"][status]["content"]["application/json"]["schema"]
    schemas = modern(document()["components"]["schemas"])
    return Draft202012Validator({**modern(answer), "components": {"schemas": schemas}})


def differences(method: str, path: str, status: str, body: Any) -> Iterator[str]:
    for error in validator(method, path, status).iter_errors(body):
        where = error.json_path.removeprefix("$")
        allowed = any(re.search(one.path, where) and re.search(one.message, error.message) for one in DEVIATIONS)
        if not allowed:
            yield f"{where}: {error.message[:200]}"


# `{issue}`, `{event}` and `{project}` are filled from the scenario at hand.
READS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("/api/0/organizations/", "/api/0/organizations/", {}),
    (f"{ORG}/", "/api/0/organizations/acme/", {}),
    (f"{ORG}/projects/", "projects/", {}),
    (f"{ORG}/environments/", "environments/", {}),
    (f"{ORG}/issues/", "issues/", {"query": ""}),
    (f"{ORG}/issues/", "issues/", {"statsPeriod": "24h"}),
    (f"{ORG}/issues/{{issue_id}}/", "issues/{issue}/", {}),
    (f"{ORG}/shortids/{{issue_id}}/", "shortids/{issue}/", {}),
    (f"{ORG}/eventids/{{event_id}}/", "eventids/{event}/", {}),
    (f"{ORG}/issues/{{issue_id}}/events/", "issues/{issue}/events/", {}),
    (f"{ORG}/issues/{{issue_id}}/events/{{event_id}}/", "issues/{issue}/events/latest/", {}),
    (f"{ORG}/issues/{{issue_id}}/events/{{event_id}}/", "issues/{issue}/events/{event}/", {}),
    (f"{ORG}/events/", "events/", {"dataset": "errors", "field": ["count()", "release", "timestamp"]}),
    (f"{ORG}/events/", "events/", {"dataset": "spans", "field": ["transaction", "p95(span.duration)"]}),
    (f"{ORG}/events-timeseries/", "events-timeseries/", {"dataset": "errors", "statsPeriod": "1h"}),
    (
        f"{ORG}/events-timeseries/",
        "events-timeseries/",
        {"dataset": "spans", "statsPeriod": "1h", "yAxis": "p95(span.duration)"},
    ),
    (
        f"{ORG}/sessions/",
        "sessions/",
        {
            "field": ["sum(session)", "crash_free_rate(session)", "unhandled_rate(session)"],
            "groupBy": ["environment", "release", "project"],
        },
    ),
    (f"{ORG}/releases/", "releases/", {"health": "1"}),
    (f"{ORG}/detectors/", "detectors/", {}),
    (f"{ORG}/workflows/", "workflows/", {}),
    (f"{ORG}/stats_v2/", "stats_v2/", {"field": "sum(quantity)", "groupBy": "outcome"}),
)
RELEASE_READS = (
    (f"{ORG}/releases/{{version}}/", "releases/{version}/"),
    (f"{ORG}/releases/{{version}}/commits/", "releases/{version}/commits/"),
    (f"{ORG}/releases/{{version}}/deploys/", "releases/{version}/deploys/"),
)

ODD = Scenario(
    name="odd",
    issues=(
        IssueSpec(
            "ODD-1",
            streams=(Stream(5, -60, users=2),),
            category="performance",
            issue_type="performance_n_plus_one_db_queries",
            occurrence=OccurrenceSpec("N+1 Query", "SELECT", (("Query", "SELECT 1"),)),
            user_reports=(-5,),
        ),
    ),
)
EVERY = pytest.mark.parametrize("scenario", [*SCENARIOS.values(), ODD], ids=lambda scenario: scenario.name)


@EVERY
async def test_every_read_answers_in_the_shape_of_the_schema(scenario: Scenario) -> None:
    asked = Asked(scenario)
    event = (await asked.read(f"issues/{scenario.issue}/events/oldest/"))["id"]
    names = {"issue": scenario.issue, "event": event, "project": scenario.slug}
    wrong = []
    for path, asking, params in READS:
        body = await asked.read(asking.format(**names), **params)
        wrong += [f"{asking}{difference}" for difference in differences("get", path, "200", body)]
    for release in scenario.releases:
        for path, asking in RELEASE_READS:
            body = await asked.read(asking.format(version=release.version))
            wrong += [f"{asking}{difference}" for difference in differences("get", path, "200", body)]
    assert wrong == []


@pytest.mark.parametrize(
    "body",
    [
        {"status": "resolved"},
        {"status": "resolved", "statusDetails": {"inNextRelease": True}},
        {"status": "resolved", "statusDetails": {"inRelease": "latest"}},
        {"status": "ignored"},
        {"status": "ignored", "substatus": "archived_until_escalating"},
        {"status": "ignored", "statusDetails": {"ignoreCount": 100}},
        {"status": "ignored", "statusDetails": {"ignoreDuration": 60}},
        {"status": "ignored", "statusDetails": {"ignoreUserCount": 10, "ignoreUserWindow": 60}},
        {"status": "unresolved"},
        {"assignedTo": "team:payments"},
    ],
    ids=str,
)
async def test_every_change_answers_in_the_shape_of_the_schema(body: dict[str, Any]) -> None:
    asked = Asked(SCENARIOS["typeerror-v2.4.1"])
    path = f"{ORG}/issues/{{issue_id}}/"
    changed = await asked.put("WEB-7K", body)
    assert changed.status_code == 200
    assert list(differences("put", path, "200", changed.json())) == []
    assert list(differences("get", path, "200", await asked.read("issues/WEB-7K/"))) == []


async def test_a_resolve_in_a_commit_answers_in_the_shape_of_the_schema() -> None:
    asked = Asked(SCENARIOS["payment-spike"])
    (commit, *_) = await asked.read("releases/shop%407.12.0/commits/")
    details = {"inCommit": {"commit": commit["id"], "repository": "acme/shop"}}
    changed = await asked.put("SHOP-1Z", {"status": "resolved", "statusDetails": details})
    assert changed.json()["status"] == "resolved"
    assert list(differences("put", f"{ORG}/issues/{{issue_id}}/", "200", changed.json())) == []


async def test_the_comparison_notices_wrong_types_and_missing_keys() -> None:
    asked = Asked(SCENARIOS["payment-spike"])
    path = f"{ORG}/issues/{{issue_id}}/"
    issue = await asked.read("issues/SHOP-1Z/")
    assert list(differences("get", path, "200", issue | {"count": 200})) == [".count: 200 is not of type 'string'"]
    del issue["activity"]
    assert list(differences("get", path, "200", issue)) == [": 'activity' is a required property"]
