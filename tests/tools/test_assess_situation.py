"""`assess_situation` as a client sees it: what burns, over all projects, and what is told where little can be read."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import httpx
import pytest

from sentry_runbook.settings import Limits
from sentry_runbook.simulator.app import Profile, create_app
from sentry_runbook.simulator.clock import ManualClock
from sentry_runbook.simulator.scenario import AlertSpec, IssueSpec, ReleaseSpec, Scenario
from sentry_runbook.simulator.world import World
from tests.collect.situation_worlds import (
    QUIET,
    Changed,
    burst,
    cascade,
    many_projects,
    people,
    steady,
)
from tests.safety.attacks import attacks
from tests.safety.inert import problems
from tests.safety.structure import leaves, marked, text_problems
from tests.simulator.large_world import large_world
from tests.tools.support import BASE, MODES, SETTINGS, Connection, Mode, connected


def of(scenario: Scenario, **more: Any) -> Any:
    """A client in front of a world of one's own."""
    clock = ManualClock()
    return connected(world=World(scenario, clock), clock=clock, **more)


async def told(connection: Connection, **arguments: Any) -> tuple[dict[str, Any], str]:
    """The structured values and the page of one call."""
    result = await connection.client.call_tool("assess_situation", arguments)
    text = "\n".join(getattr(part, "text", "") for part in result.content)
    assert not result.is_error, text
    assert isinstance(result.structured_content, dict)
    return result.structured_content, text


# --- the three answers ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", MODES)
async def test_without_any_argument_it_tells_one_incident_of_two_projects_and_the_coincidence_apart(mode: Mode) -> None:
    async with of(cascade(), mode=mode) as connection:
        values, text = await told(connection)
    first, *others = values["incidents"]
    assert first["id"] == "PAYMENTS-2"
    assert {issue["short_id"] for issue in first["issues"]} == {"PAYMENTS-2", "WEB-2"}
    assert first["users"] == 40, "forty people met both: they are not eighty"
    assert [{issue["short_id"] for issue in other["issues"]} for other in others] == [{"SEARCH-2"}]
    assert first["reasons"] and any("race" in reason for reason in first["reasons"])
    assert any("SEARCH-2" in reason for reason in first["against"])
    assert "PAYMENTS-1" not in json.dumps(values["incidents"]), "old and steady is no news"
    assert text.index("PAYMENTS-2") < text.index("SEARCH-2")
    assert first["next_step"] in text


async def test_nothing_wrong_is_an_answer_and_says_what_was_looked_at() -> None:
    async with of(QUIET) as connection:
        values, text = await told(connection)
        assert connection.upstream.rounds == 2
        assert len(connection.upstream.requests) == 11
    assert values["incidents"] == []
    assert "Nothing new" in values["headline"] and values["headline"] in text
    assert any("2 projects" in sentence for sentence in values["quiet"])
    assert "None of 1 alert fired" in values["quiet"]
    assert values["scope"]["issues_read"] == 2


async def test_no_alert_is_not_an_alert_that_did_not_fire() -> None:
    async with of(replace(QUIET, alerts=())) as connection:
        values, _ = await told(connection)
    assert "Sentry lists no alert" in values["quiet"]
    assert not any("fired" in sentence for sentence in values["quiet"])


async def test_where_nothing_may_be_read_nothing_is_called_quiet() -> None:
    async with of(cascade(), profile=Profile(access=False)) as connection:
        values, text = await told(connection)
    assert values["incidents"] == [] and "Nothing" not in values["headline"]
    assert "nknown" in values["headline"] and values["headline"] in text
    assert "closed to this token" in json.dumps(values["missing"])


# --- costs ---------------------------------------------------------------------------------------------------------


async def test_callers_who_ask_the_same_share_one_collection() -> None:
    async with of(cascade(), settings=replace(SETTINGS, limits=Limits(cache_s=60))) as connection:
        first, _ = await told(connection)
        asked = len(connection.upstream.requests)
        second, _ = await told(connection)
        assert len(connection.upstream.requests) == asked
    assert first == second


BURNING = "LARGE-900"


def large_and_burning() -> Scenario:
    """Two hundred projects with two thousand steady issues, in one of which a new one burns."""
    world = large_world()
    new = IssueSpec(BURNING, "Boom", raw=burst(-15, people(150), every=0.05))
    first = world.beside[0]
    return replace(world, beside=(replace(first, issues=(*first.issues, new)), *world.beside[1:]))


async def test_among_two_thousand_issues_of_two_hundred_projects_the_new_one_is_told_at_the_same_cost() -> None:
    async with of(large_and_burning()) as connection:
        values, _ = await told(connection)
        assert connection.upstream.rounds == 2
        assert len(connection.upstream.requests) <= 14
    assert [incident["id"] for incident in values["incidents"]] == [BURNING]
    assert values["incidents"][0]["severity"] == "P1"


# --- arguments -----------------------------------------------------------------------------------------------------

ARGUMENTS = ("alert", "project", "environment", "period", "start", "end")


@pytest.mark.parametrize("blank", ["", " ", "null", "None"])
async def test_blanks_mean_not_given(blank: str) -> None:
    async with of(cascade()) as connection:
        whole, _ = await told(connection)
        blanks, _ = await told(connection, **dict.fromkeys(ARGUMENTS, blank))
    assert blanks == whole


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"project": "nope"}, "nope"),
        ({"environment": "produciton"}, '"production"'),
        ({"period": "soon"}, "period"),
        ({"start": "yesterday"}, "ISO 8601"),
        ({"alert": "https://evil.example.com/alerts/1/"}, "nothing was sent there"),
        ({"alert": "No alert has this name"}, "No alert"),
        ({"issue": "SHOP-1"}, "Valid arguments: "),
    ],
)
async def test_what_cannot_be_used_is_one_sentence_with_the_way_out(arguments: dict[str, str], said: str) -> None:
    async with of(cascade()) as connection:
        error = await connection.error("assess_situation", **arguments)
    assert said in error
    assert "\n" not in error and "Traceback" not in error


# --- alerts --------------------------------------------------------------------------------------------------------


async def test_an_alerts_name_says_what_it_is_and_all_projects_are_looked_at() -> None:
    async with of(cascade()) as connection:
        values, text = await told(connection, alert="Payments fail")
    assert values["alert"]["kind"] == "issue_alert"
    assert "Payments fail" in values["alert"]["what"] and values["alert"]["what"] in text
    assert values["alert"]["fired_at"].startswith("2026-11-20T11:50")
    assert values["scope"]["project"] == "all"
    assert values["incidents"][0]["id"] == "PAYMENTS-2"


async def test_an_alert_that_fired_hours_ago_sets_the_window_around_its_firing() -> None:
    scenario = replace(cascade(), alerts=(AlertSpec("Old fire", -300),))
    async with of(scenario) as connection:
        values, _ = await told(connection, alert="Old fire")
        assert values["window"]["start"].startswith("2026-11-20T06:30")
        assert values["window"]["end"].startswith("2026-11-20T07:30")
        asked, _ = await told(connection, alert="Old fire", period="1h")
    assert asked["window"]["end"].startswith("2026-11-20T12:00"), "what the caller says wins"


async def test_an_issue_stream_is_taken_at_its_word() -> None:
    async with of(cascade()) as connection:
        link = "http://localhost/organizations/acme/issues/?query=is%3Aunresolved+SEARCH&statsPeriod=2h&environment=production"
        values, _ = await told(connection, alert=link)
        lists = [line for line in connection.upstream.requests if "/acme/issues/?" in line]
    assert values["alert"]["kind"] == "stream"
    assert values["window"]["start"].startswith("2026-11-20T10:00")
    assert values["scope"]["environments"] == ["production"]
    assert all("SEARCH" in line for line in lists)


async def test_an_issues_link_is_told_as_such_and_the_issue_is_named() -> None:
    async with of(cascade()) as connection:
        number = connection.number("WEB-2")
        values, _ = await told(connection, alert=f"http://localhost/organizations/acme/issues/{number}/")
    assert values["alert"]["kind"] == "issue" and values["alert"]["issues"] == ["WEB-2"]
    assert values["incidents"][0]["id"] == "PAYMENTS-2"


# --- servers -------------------------------------------------------------------------------------------------------


async def test_a_server_that_searches_one_project_at_a_time_is_told_so_and_what_was_left_out() -> None:
    async with of(many_projects(9, burning=9), profile=Profile(global_views=False)) as connection:
        values, text = await told(connection)
    scope = values["scope"]
    assert len(scope["one_by_one"]) == 6 and len(scope["not_searched"]) == 3
    assert all(name in text for name in scope["not_searched"])
    assert {incident["projects"][0] for incident in values["incidents"]} <= set(scope["one_by_one"])


async def test_a_request_that_hangs_costs_its_part_and_the_answer_comes() -> None:
    def hang(_: httpx.Response, __: Any) -> httpx.Response:
        raise httpx.ReadTimeout("no answer")

    clock = ManualClock()
    sentry = Changed(httpx.ASGITransport(create_app(World(cascade(), clock))), {"sessions/": hang, "workflows/": hang})
    async with of(cascade(), transport=sentry) as connection:
        values, _ = await told(connection)
    named = {what for entry in values["missing"] for what in entry["what"].split(", ")}
    assert {"sessions", "alerts"} <= named
    assert values["incidents"][0]["id"] == "PAYMENTS-2"


# --- hostile names -------------------------------------------------------------------------------------------------


def hostile(text: str) -> Scenario:
    """A world in which strangers named all that a stranger may name."""
    name = text.replace("\n", " ")[:150] or "x"
    return Scenario(
        name="hostile",
        project="shop",
        issues=(
            IssueSpec(
                "SHOP-2",
                text,
                raw=burst(-9, people(9), trace="aa", release=name, tags={"server_name": name, "tenant": name}),
            ),
            IssueSpec("SHOP-3", f"Error: {text}", raw=burst(-8.9, people(9), trace="aa", release=name)),
            steady("SHOP-1", text),
        ),
        releases=(ReleaseSpec(name.replace("/", "-"), -30),),
        alerts=(AlertSpec(name, -5),),
    )


TEXTS = [attack.text for attack in attacks() if attack.text and len(attack.text) < 400][::9]
"""Every ninth attack of the corpus; all of them in each place: tests/safety/test_server_corpus.py."""


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
async def test_a_hostile_name_is_inert_in_both_channels_and_its_paths_are_listed(text: str) -> None:
    async with of(hostile(text)) as connection:
        values, page = await told(connection)
    untrusted = set(values["untrusted"])
    assert {"incidents[].headline", "incidents[].issues[].title", "alerts[].name"} <= untrusted
    wrong = [f"{path}: {bad}" for path, value in leaves(values) if marked(path, untrusted) for bad in problems(value)]
    assert wrong == []
    assert text_problems(page, BASE) == []
