"""A figure is one figure: the same value, rounding and label wherever a tool says it, on every embedded incident."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

import pytest

from sentry_runbook.simulator.clock import ManualClock
from sentry_runbook.simulator.scenario import IssueSpec, Scenario, SessionsSpec, Stream
from sentry_runbook.simulator.scenarios import SCENARIOS
from sentry_runbook.simulator.world import World
from tests.tools.support import Connection, connected

KINDS = ("initial", "update", "resolved")
CRASH_FREE = re.compile(r"crash-free[^.;:\n]*?(?<![\d.])(\d+(?:\.\d+)?) %|(\d+(?:\.\d+)?) % crash-free", re.IGNORECASE)
"""A rate of crash-free sessions in a text, in either order."""
THRESHOLD = re.compile(r"(?:below|threshold|of|critical|limit) (?:below )?\d+(?:\.\d+)? %")
HIT = re.compile(r"(?:([\d,]+) users? hit )([\d,]+) (?:error|event)s?\b")


@dataclass(frozen=True)
class Answers:
    """What all tools say about one incident: values by tool, and every text with its name."""

    values: dict[str, dict[str, Any]]
    texts: dict[str, str]

    @property
    def impact(self) -> dict[str, Any]:
        """The impact of the default window."""
        return dict(self.values["discover_impact"])


async def asked(connection: Connection, issue: str) -> Answers:
    tools = ("triage_issue", "classify_severity", "discover_impact", "draft_postmortem", "check_recovery")
    values = {tool: await connection.call(tool, issue=issue) for tool in tools}
    texts = {tool: await connection.text(tool, issue=issue) for tool in tools}
    for kind in KINDS:
        name = f"draft_update {kind}"
        values[name] = await connection.call("draft_update", issue=issue, kind=kind)
        texts[name] = await connection.text("draft_update", issue=issue, kind=kind)
    return Answers(values, texts)


@cache
def played(name: str) -> Answers:
    """The answers of one incident, asked for once by all tests."""

    async def play() -> Answers:
        async with connected(name) as connection:
            return await asked(connection, SCENARIOS[name].issue)

    return asyncio.run(play())


@pytest.fixture(params=sorted(SCENARIOS))
def answers(request: pytest.FixtureRequest) -> Answers:
    return played(str(request.param))


def strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from strings(inner)


def everything(answers: Answers) -> Iterator[tuple[str, str]]:
    """Every text that a person or a model reads, with the tool's name."""
    yield from answers.texts.items()
    for tool, values in answers.values.items():
        for text in strings(values):
            yield tool, text


def numbers(value: object, key: str = "") -> Iterator[tuple[str, float]]:
    """Every number of structured values with its key."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        yield key, value
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from numbers(inner, name)
    elif isinstance(value, list):
        for inner in value:
            yield from numbers(inner, key)


def test_crash_free_has_two_places_wherever_it_stands(answers: Answers) -> None:
    for tool, text in everything(answers):
        rates = [first or second for first, second in CRASH_FREE.findall(THRESHOLD.sub("", text))]
        assert [rate for rate in rates if not re.fullmatch(r"\d+\.\d\d", rate)] == [], f"{tool}: {text[:300]}"
    for tool, values in answers.values.items():
        for key, number in numbers(values):
            if key.startswith("crash_free"):
                assert number == round(number, 2), f"{tool}.{key}"


def test_crash_free_is_the_same_in_every_tool(answers: Answers) -> None:
    impact = answers.impact
    own = [impact.get(key) for key in ("crash_free_sessions_pct", "crash_free_worst_hour_pct")]
    known = {pct for pct in own if pct is not None}
    triage = answers.values["triage_issue"]["impact"]
    assert [triage.get(key) for key in ("crash_free_sessions_pct", "crash_free_worst_hour_pct")] == own
    for tool in ("triage_issue", "classify_severity"):
        judged = criteria(answers.values[tool])
        if tool == "triage_issue" and "crash_free" not in judged and leaves_out_criteria(answers.values[tool]):
            continue
        observed = judged["crash_free"].get("observed")
        assert (observed in known) == bool(known)
        if observed is not None:
            # The terminal's and the Markdown's figure is the structured one.
            assert f"{observed:.2f} %" in answers.texts[tool]
    if own[0] is not None:
        assert f"{own[0]:.2f} %" in answers.texts["discover_impact"]


def criteria(values: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The criteria of a verdict by id, of a triage or of its own."""
    verdict = values if "criteria" in values else values["severity"]
    return {entry["id"]: entry for entry in verdict["criteria"]}


def leaves_out_criteria(triage: dict[str, Any]) -> bool:
    """Whether a long triage says that it left criteria out, and where all of them are."""
    return any(
        entry["what"].startswith("severity.criteria") and "classify_severity has all" in entry["why"]
        for entry in triage["missing"]
    )


def window_of(values: dict[str, Any]) -> tuple[str, str]:
    return values["window"]["start"], values["window"]["end"]


def test_events_and_users_are_the_same_in_every_tool_and_sentence(answers: Answers) -> None:
    impact, triage = answers.impact, answers.values["triage_issue"]["impact"]
    for key in ("events", "users", "users_worst_hour", "users_worst_hour_at_most", "unhandled_per_minute_peak",
                "project_unhandled_per_minute_peak", "reading"):  # fmt: skip
        assert triage.get(key) == impact.get(key), key
    story = answers.values["draft_postmortem"]["impact"]
    counted = {(each.get("users"), each.get("events")) for each in (impact, story)}
    if window_of(story) == window_of(impact):
        for key in ("events", "users", "users_worst_hour", "unhandled_per_minute_peak", "crash_free_sessions_pct"):
            assert story.get(key) == impact.get(key), key
    for tool, text in everything(answers):
        said = {tuple(int(part.replace(",", "")) for part in found) for found in HIT.findall(text)}
        assert said <= counted, f"{tool}: {text[:300]}"
        assert re.findall(r"\d events? of (?:at least )?\d+ users?", text) == [], tool


def test_the_worst_hour_is_the_one_that_the_rule_judges(answers: Answers) -> None:
    impact = answers.impact
    for tool in ("triage_issue", "classify_severity"):
        judged = criteria(answers.values[tool])
        # A long triage leaves criteria out, by name.
        users, peak = (judged.get(rule, {}).get("observed") for rule in ("users_per_hour", "unhandled_rate"))
        if isinstance(users, int):
            assert users == impact["users_worst_hour"]
        if isinstance(peak, int):
            peaks = {impact.get("unhandled_per_minute_peak"), impact.get("project_unhandled_per_minute_peak")}
            assert peak in peaks


def test_the_incident_began_at_one_time(answers: Answers) -> None:
    begins = {
        tool: values["episode"]["began"]
        for tool, values in (
            (tool, answers.values[tool]) for tool in ("triage_issue", "discover_impact", "check_recovery")
        )
        if "episode" in values
    }
    assert len(set(begins.values())) <= 1, begins
    if begins:
        began = datetime.fromisoformat(next(iter(begins.values())))
        for name in ("draft_update initial", "draft_postmortem", "triage_issue", "discover_impact"):
            assert f"{began:%Y-%m-%d %H:%M} UTC" in answers.texts[name], name


def test_the_severity_and_its_reason_are_the_same_in_triage_and_judgement(answers: Answers) -> None:
    triage, verdict = answers.values["triage_issue"]["severity"], answers.values["classify_severity"]
    for key in ("severity", "decided_by", "could_be", "alone", "share_of_project", "crash_free_before_pct"):
        assert triage.get(key) == verdict.get(key), key
    # Of a long triage the reason may be cut, and says so.
    assert verdict["because"].startswith(triage["because"].partition("…[+")[0])


MIXED = Scenario(
    name="mixed",
    issues=(
        IssueSpec(
            "SHOP-1",
            "TypeError: x",
            streams=(Stream(60, -50, -5, users=30), Stream(500, -50, -5, users=3, environment="staging")),
        ),
        IssueSpec("SHOP-2", "OutOfMemoryError: heap", streams=(Stream(900, -300, -5, users=200),)),
    ),
    sessions=(SessionsSpec(2000, crashed=180), SessionsSpec(2000, crashed=1800, environment="staging")),
)
"""An issue of production and staging, beside one that burns more: both crash-free and minute peak differ by where."""


def test_crash_free_and_minute_peaks_are_productions_in_every_tool() -> None:
    async def play() -> Answers:
        clock = ManualClock()
        async with connected(world=World(MIXED, clock), clock=clock) as connection:
            return await asked(connection, "SHOP-1")

    answers = asyncio.run(play())
    impact, triage = answers.impact, answers.values["triage_issue"]["impact"]
    assert impact["crash_free_sessions_pct"] == 91.0
    for key in ("crash_free_sessions_pct", "unhandled_per_minute_peak", "project_unhandled_per_minute_peak"):
        assert impact[key] == triage[key], key
    assert (impact["events"], triage["events"]) == (560, 60)
    assert impact["reading"].endswith(" UTC, 60 of them in production.")


async def test_the_issue_that_leads_the_projects_figure_is_named_by_triage_and_judgement_alike() -> None:
    clock = ManualClock()
    async with connected(world=World(MIXED, clock), clock=clock) as connection:
        verdict = await connection.call("classify_severity", issue="SHOP-1")
        triage = await connection.call("triage_issue", issue="SHOP-1")
        number = connection.number("SHOP-2")
    leader = verdict["leading_issue"]
    assert (verdict["severity"], verdict["alone"], leader["short_id"]) == ("P0", "P2", "SHOP-2")
    assert leader["events"] == 900
    assert leader["share"] == round(900 / 960, 3)
    assert leader["url"].endswith(f"/issues/{number}/")
    assert triage["leading_issue"] == leader
    assert "SHOP-2" in triage["next_steps"][0]
    # It stands once in a triage: on its own, not in the severity, too.
    assert "leading_issue" not in triage["severity"]
