"""Every field of the evidence is filled from Sentry: by a scenario, or by a recording that is named with its reason."""

from __future__ import annotations

import importlib
import typing
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pkgutil import iter_modules
from typing import Any

import httpx
import pytest
from pydantic import BaseModel

from sentry_runbook import collect
from sentry_runbook.collect import IMPACT, SEVERITY, STORY, TRIAGE, Aspect, collect_story, investigate
from sentry_runbook.collect.collection import Part
from sentry_runbook.collect.parts import PARTS
from sentry_runbook.incident.model.evidence import NOT_ASKED, Evidence
from sentry_runbook.incident.model.evidence import Release as ReleaseEvidence
from sentry_runbook.incident.model.evidence.lenient import FromSentry
from sentry_runbook.runtime import build_runtime
from sentry_runbook.simulator.app import Profile, create_app
from sentry_runbook.simulator.clock import ManualClock
from sentry_runbook.simulator.scenario import IssueSpec, Scenario, Stream
from sentry_runbook.simulator.scenarios import SCENARIOS
from sentry_runbook.simulator.world import World
from tests.beside import BESIDE
from tests.recordings import recordings
from tests.rich_scenario import RICH
from tests.sentry import shapes
from tests.sentry.evidence import event_of, part_of
from tests.together.worlds import cascade
from tests.tools.support import SETTINGS
from tests.tools.test_rounds import STRADDLING

BY_RECORDING: dict[str, str] = {
    "Snooze.count": "no scenario archives its issue; recording 75",
    "Snooze.users": "recording 80",
    "Snooze.user_window_minutes": "recording 80",
    "Snooze.until": "recording 85",
    "Issue.snooze": "recording 75",
    "Issue.asked_as": "the embedded Sentry merges nothing; recording 75, asked for by another number",
}
BY_SHAPE: dict[str, str] = {
    "Event.scrubbed": "the embedded Sentry scrubs nothing; the payload of tests/sentry/shapes.py",
    "Release.released": "the embedded Sentry tells no dateReleased; sentry-api §6",
}
BY_TEST: dict[str, str] = {
    "AffectedEndpoint.estimate": "tests/tools/test_numbers_that_disagree.py: the embedded Sentry reads all data",
    "Totals.estimated": "as above",
    "Totals.events_lower_bound": "tests/tools/test_without_discover.py: no scenario has so many events",
    "Totals.users_at_most": "as above",
    "UsersIn.is_lower_bound": "as above",
    "UsersIn.source": "as above",
    "Sessions.has_impossible_rate": "test_numbers_that_disagree.py: no scenario has more crashes than sessions",
    "Snooze.window_minutes": "tests/tools/test_archiving.py: no recording sets a window for events",
    "Activity.current_release": "tests/tools/test_next_release.py: no scenario resolves an issue in the next release",
    "Activity.resolved_in": "tests/tools/test_next_release.py: no scenario resolves an issue in a release",
    "Issue.auto_resolved": "as above",
    "Issue.status_commit": "as above",
    "Issue.names_assignee": "tests/tools/test_glitchtip.py: Sentry always says who is assigned",
    "Issue.logs_activity": "as above: Sentry always keeps a log",
    "Sessions.unread": "tests/together/test_failures.py: the embedded Sentry answers for every project",
    "IssuePage.complete": "tests/tools/test_related.py: no scenario has so many issues",
    "TagRows.complete": "as above",
    "TagRow.users": "tests/collect/test_situation.py: a triage asks for no users by tag",
    "Evidence.version": "the format of the file; it has one value",
    "Known.state": "tells known from unknown; it has one value",
    "Unknown.state": "as above",
    "AlertInIncident.fired_by": "tests/tools/test_postmortem_alerts.py: bounds, monitors and what is not sure",
    "AlertInIncident.is_monitor": "as above",
    "AlertInIncident.limit": "as above",
    "AlertInIncident.most": "as above",
    "AlertInIncident.why_not_replayed": "as above",
    "AlertDetection.has_more": "tests/incident/test_alert_why.py: alerts that were not read",
    "AlertInIncident.reached_by": "tests/incident/test_alert_why.py: where the counts tell an interval",
    "SuggestedCondition.extra_at_most": "as above",
    "SuggestedCondition.fires_by": "as above",
    "Window.note": "tests/tools/test_arguments.py: an end in the future, which no investigation here asks for",
}
"""Not filled by scenarios or recordings, and held by a test that is named."""

NO_PRODUCTION = Scenario(
    name="no production", issues=(IssueSpec("MAIN-1", streams=(Stream(20, -100, -50, environment="main"),)),)
)
OLD_SERVER = Profile(spans=False, unhandled_rate=False)
TAGS_ONLY = frozenset({Aspect.ENVIRONMENTS, Aspect.TAGS})
SILENT_SERVER = Profile(absent=frozenset({"tags"}))


def models_in(hint: object) -> Iterator[type[BaseModel]]:
    """The models that a type holds."""
    if isinstance(hint, type) and issubclass(hint, BaseModel):
        yield hint
    for part in typing.get_args(hint):
        yield from models_in(part)


def models_of_the_evidence() -> tuple[type[BaseModel], ...]:
    """Every model that the evidence holds, itself first."""
    known: dict[type[BaseModel], None] = {}
    waiting: list[type[BaseModel]] = [Evidence]
    while waiting:
        model = waiting.pop()
        if model in known:
            continue
        known[model] = None
        hints = typing.get_type_hints(model, include_extras=True)
        for name, field in model.model_fields.items():
            waiting += models_in(field.annotation)
            waiting += models_in(hints[name])
    return tuple(known)


def all_fields() -> dict[str, object]:
    """``Class.field`` → its default, of every model that the evidence holds."""
    return {
        f"{name_of(model)}.{name}": field.get_default(call_default_factory=True)
        for model in models_of_the_evidence()
        for name, field in model.model_fields.items()
        if not is_inherited(model, name)
    }


def is_inherited(model: type[BaseModel], name: str) -> bool:
    """Whether another model declares the field: a row of a list is an issue, whose fields are filled as an issue's."""
    return any(name in base.model_fields for base in model.__bases__ if issubclass(base, FromSentry))


def name_of(model: type[BaseModel]) -> str:
    """The class, without the parameter of ``Known``."""
    return model.__name__.partition("[")[0]


def filled(value: object) -> Iterator[str]:
    """``Class.field`` of every field that holds something else than its default."""
    if isinstance(value, BaseModel):
        for name, field in type(value).model_fields.items():
            held = getattr(value, name)
            is_default = not field.is_required() and held == field.get_default(call_default_factory=True)
            if not is_default and held not in (None, (), {}):
                yield f"{name_of(type(value))}.{name}"
            yield from filled(held)
    elif isinstance(value, dict):
        for part in value.values():
            yield from filled(part)
    elif isinstance(value, tuple | list):
        for part in value:
            yield from filled(part)


async def evidence_of(
    scenario: Scenario,
    issue: str,
    aspects: frozenset[Aspect],
    profile: Profile | None = None,
    after: float = 17,
    **options: Any,
) -> Evidence:
    """Of an issue, some minutes after the scenario's present: an hour is under way then."""
    clock = ManualClock()
    clock.advance(minutes=after)
    transport = httpx.ASGITransport(create_app(World(scenario, clock), profile=profile or Profile()))
    run = build_runtime(SETTINGS, http_transport=transport, clock=clock)
    try:
        return await investigate(run, issue, aspects, **options)
    finally:
        await run.aclose()


async def with_alerts(scenario: Scenario, issue: str) -> Evidence:
    """Of an issue, with what the alerts of its project did, as a postmortem asks."""
    clock = ManualClock()
    transport = httpx.ASGITransport(create_app(World(scenario, clock)))
    run = build_runtime(SETTINGS, http_transport=transport, clock=clock)
    try:
        return (await collect_story(run, issue)).evidence
    finally:
        await run.aclose()


async def embedded() -> AsyncIterator[Evidence]:
    """The evidence of every shipped scenario as a story, and what only some questions and servers bring."""
    for scenario in SCENARIOS.values():
        yield await evidence_of(scenario, scenario.issue, STORY)
    for rich in RICH.issues:
        yield await evidence_of(RICH, rich.short_id, STORY)
    yield await evidence_of(BESIDE, BESIDE.issue, TRIAGE, after=0)
    yield await evidence_of(NO_PRODUCTION, "MAIN-1", SEVERITY)
    yield await evidence_of(STRADDLING, "RUSH-1", SEVERITY, after=0)
    yield await evidence_of(RICH, "RICH-3", SEVERITY, period="30m")
    yield await evidence_of(RICH, "RICH-1", IMPACT, OLD_SERVER, environment="production")
    yield await evidence_of(RICH, "RICH-1", TAGS_ONLY, SILENT_SERVER)
    yield await evidence_of(cascade().scenario(), "PAY-1", STORY, after=0, beside=("WEB-1", "EDGE-1"))
    yield await with_alerts(SCENARIOS["tired-alerts"], SCENARIOS["tired-alerts"].issue)


async def recorded(number: int, asked: str) -> Evidence:
    """The evidence of a recorded issue, asked for by a number; all other questions find nothing."""

    def answer(request: httpx.Request) -> httpx.Response:
        is_issue = request.url.path.endswith(f"/issues/{asked}/")
        return httpx.Response(200, json=recordings()[number]["body"]) if is_issue else httpx.Response(404)

    now = datetime(2026, 11, 25, 21, tzinfo=UTC)
    run = build_runtime(SETTINGS, http_transport=httpx.MockTransport(answer), clock=lambda: now)
    try:
        return await investigate(run, asked, frozenset())
    finally:
        await run.aclose()


async def test_every_field_of_the_evidence_is_filled_by_a_scenario() -> None:
    found: set[str] = set()
    async for evidence in embedded():
        found.update(filled(evidence))
    never = sorted(set(all_fields()) - found - {*BY_RECORDING, *BY_SHAPE, *BY_TEST})
    assert not never, f"no scenario fills these: fill them, or drop the fields: {never}"


@pytest.mark.matrix
async def test_what_only_recordings_fill_is_filled_by_them() -> None:
    found: set[str] = set()
    for number, asked in ((75, "4"), (80, "4"), (85, "999"), (101, "4")):
        found.update(filled(await recorded(number, asked)))
    assert sorted(set(BY_RECORDING) - found) == []


def test_what_only_payloads_fill_is_filled_by_them() -> None:
    release = {**shapes.RELEASE, "dateReleased": "2026-11-20T08:00:00Z"}
    found = {*filled(event_of(shapes.EVENT)), *filled(part_of(ReleaseEvidence, release))}
    assert sorted(set(BY_SHAPE) - found) == []


def test_every_part_of_the_evidence_has_a_row_of_the_table() -> None:
    parts = {name for name, field in Evidence.model_fields.items() if field.default == NOT_ASKED}
    assert {row.field for row in PARTS} == parts
    assert len({id(row) for row in PARTS}) == len(PARTS)


def test_every_row_that_is_declared_stands_in_the_table() -> None:
    modules = [importlib.import_module(f"{collect.__name__}.{info.name}") for info in iter_modules(collect.__path__)]
    declared = {f"{module.__name__}.{name}": row for module in modules for name, row in vars(module).items()}
    rows = {name: row for name, row in declared.items() if isinstance(row, Part)}
    assert sorted(name for name, row in rows.items() if row not in PARTS) == [], "not in collect/parts.py"


def test_the_lists_of_exceptions_name_fields_that_are_there() -> None:
    assert sorted({*BY_RECORDING, *BY_SHAPE, *BY_TEST} - set(all_fields())) == []
