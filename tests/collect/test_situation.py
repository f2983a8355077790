"""What a situation asks Sentry for, and what becomes of the answers: on both sides of each number.

Where an expectation is from is said beside it: DESIGN sections 9 and 10, or the reference of Sentry's API.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from sentry_runbook.collect import situation_builder, situation_collection
from sentry_runbook.errors import BadInput, NotFound, SentryError
from sentry_runbook.incident.model.evidence import Known, Unknown
from sentry_runbook.simulator.app import Profile
from sentry_runbook.simulator.clock import ManualClock
from sentry_runbook.simulator.scenario import DroppedSpec, IssueSpec, RawEventSpec, Scenario, SessionsSpec
from sentry_runbook.simulator.world import World
from tests.collect.situation_worlds import (
    QUIET,
    AskedSituation,
    Change,
    asked_situation,
    burst,
    cascade,
    flagged,
    many_projects,
    people,
    risen,
    steady,
)
from tests.tools.support import SETTINGS

NOW = ManualClock().now
HOUR = timedelta(hours=1)
LISTS = ("new", "busy", "rising")


def known(asked: AskedSituation, field: str) -> Any:
    """A part that must be known."""
    part = getattr(asked.evidence, field)
    assert isinstance(part, Known), (field, part)
    return part.value


def why(asked: AskedSituation, field: str) -> str:
    """Why a part is unknown."""
    part = getattr(asked.evidence, field)
    assert isinstance(part, Unknown), (field, part)
    return part.why


def refusal(status: int, detail: str = "No.") -> Change:
    """A refusal in Sentry's form."""
    return lambda _, __: httpx.Response(status, json={"detail": detail})


def number(scenario: Scenario, short_id: str) -> str:
    """Return the number of an issue."""
    record = World(scenario, ManualClock()).find_issue(short_id)
    assert record is not None
    return record.id


# --- rounds and requests -------------------------------------------------------------------------------------------


async def test_a_quiet_organization_is_told_by_eight_lists_and_three_looks_around() -> None:
    asked = await asked_situation(QUIET)
    assert asked.per_round == [8, 3]
    assert asked.at("events/") == [], "nothing is news: no event is asked about"
    assert known(asked, "new").issues == ()
    assert {issue.short_id for issue in known(asked, "busy").issues} == {"PAYMENTS-1", "WEB-1"}
    assert [getattr(asked.evidence, field) for field in ("builds", "traces", "minutes")] == [
        Unknown(why="not asked in this investigation", asked=False)
    ] * 3


async def test_an_incident_takes_two_rounds_and_at_most_fourteen_requests() -> None:
    asked = await asked_situation(cascade())
    assert len(asked.per_round) == 2
    assert sum(asked.per_round) <= 14
    assert len(asked.requests) == len(set(map(str, asked.requests))), "the same is asked twice"


async def test_a_project_by_its_slug_costs_one_request_more_and_by_its_number_none() -> None:
    """sentry-api §2: older servers take numbers only."""
    by_slug = await asked_situation(cascade(), project="payments")
    assert by_slug.per_round[0] == 1 and len(by_slug.per_round) == 3
    project = known(by_slug, "projects")[0]
    assert (project.slug, by_slug.evidence.asked_projects) == ("payments", ("payments",))
    by_number = await asked_situation(cascade(), project=project.id)
    assert len(by_number.per_round) == 2
    assert by_number.evidence.asked_projects == ("payments",), "its issues tell the slug"
    for asked in (by_slug, by_number):
        assert sum(asked.per_round) <= 14
        assert {params["project"] for params in asked.at("issues/")} == {project.id}
        assert {issue.project for issue in known(asked, "busy").issues} == {"payments"}


@pytest.mark.parametrize("every", ["-1", "all", "*", "", None])
async def test_all_projects_are_asked_for_whatever_the_settings_call_the_default(every: str | None) -> None:
    """Issue 15: one project was searched in silence where issues burnt in others."""
    asked = await asked_situation(cascade(), settings=replace(SETTINGS, project="search"), project=every)
    assert {params["project"] for params in asked.at("issues/")} == {"-1"}
    assert asked.evidence.asked_projects == ()


# --- what the lists are asked for ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("period", "hours"), [("15m", 6), ("1h", 6), ("6h", 6), ("7h", 7), ("24h", 24), (None, 6)])
async def test_an_issue_is_new_for_six_hours_and_in_a_longer_window_for_all_of_it(
    period: str | None, hours: int
) -> None:
    asked = await asked_situation(QUIET, period=period)
    since = NOW - hours * HOUR
    assert asked.evidence.new_since == since
    assert asked.at("issues/")[0]["query"] == f"firstSeen:>={since:%Y-%m-%dT%H:%M:%S}"


async def test_the_window_is_the_last_hour_and_every_list_brings_the_hours_of_its_issues() -> None:
    asked = await asked_situation(cascade())
    lists = asked.at("issues/")[:3]
    assert [params["sort"] for params in lists] == ["freq", "freq", "trends"]
    assert [params["query"] for params in lists[1:]] == ["is:unresolved"] * 2
    assert {params["groupStatsPeriod"] for params in lists} == {"24h"}
    assert {(params["start"], params["end"]) for params in lists} == {("2026-11-20T11:00:00", "2026-11-20T12:00:00")}
    old = next(issue for issue in known(asked, "busy").issues if issue.short_id == "PAYMENTS-1")
    assert len(old.hourly) >= 24
    assert old.events is not None and 0 < old.events < 300, "of the window, not of the issue's life"
    assert old.first_seen is not None and old.first_seen < NOW - timedelta(days=6), "of its life, not of the window"


async def test_each_issue_is_read_once_though_several_lists_hold_it() -> None:
    asked = await asked_situation(cascade())
    held = [{issue.id: issue for issue in known(asked, name).issues} for name in LISTS]
    shared = held[0].keys() & held[1].keys()
    assert shared
    assert all(held[0][issue] is held[1][issue] for issue in shared)


async def test_archived_issues_are_nobodys_news_and_resolved_ones_are_told_as_resolved() -> None:
    def archived(_: httpx.Response, rows: Any) -> httpx.Response:
        status = {"PAYMENTS-2": "ignored", "WEB-2": "resolved"}
        changed = [{**row, "status": status.get(row["shortId"], row["status"])} for row in rows]
        return httpx.Response(200, json=changed)

    asked = await asked_situation(cascade(), {"acme/issues/": archived})
    listed = {issue.short_id: issue.status for issue in known(asked, "new").issues}
    assert listed == {"WEB-2": "resolved", "SEARCH-2": "unresolved"}


async def test_environments_narrow_the_lists_and_what_is_asked_of_their_issues() -> None:
    asked = await asked_situation(cascade(), environment="production, production")
    for place in ("issues/", "sessions/", "events/"):
        assert {tuple(params.get_list("environment")) for params in asked.at(place)} == {("production",)}, place
    assert asked.at("sessions/")[0].get_list("groupBy") == ["project"]
    assert asked.evidence.environments == ("production",)


async def test_an_environment_that_sentry_does_not_know_is_refused_with_those_it_knows() -> None:
    with pytest.raises(NotFound) as refused:
        await asked_situation(cascade(), environment="produciton")
    assert '"produciton"' in refused.value.what and '"production"' in refused.value.what


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"project": "../x"}, "slug"),
        ({"project": "no-such-project"}, "no-such-project"),
        ({"period": "soon"}, "period"),
        ({"period": "1h", "start": "2026-11-20T10:00:00Z"}, "both given"),
        ({"start": "2026-11-21T10:00:00Z"}, "future"),
        ({"end": "2026-11-20T10:00:00Z"}, "without start"),
    ],
)
async def test_an_argument_that_cannot_be_used_is_refused_by_name(arguments: dict[str, Any], said: str) -> None:
    with pytest.raises((BadInput, SentryError)) as refused:
        await asked_situation(QUIET, **arguments)
    assert said in str(refused.value)
    assert refused.value.fix


# --- a part that fails costs only itself ---------------------------------------------------------------------------

PARTS = {
    "stats_v2/": ("volumes",),
    "sessions/": ("sessions",),
    "acme/releases/": ("releases",),
    "flags/logs/": ("flag_changes",),
    "workflows/": ("alerts",),
    "acme/projects/": ("projects",),
    "acme/events/": ("builds", "places", "traces"),
}
"""The end of a path → the parts that are read there."""
ALL_PARTS = {field for fields in PARTS.values() for field in fields} | set(LISTS)


@pytest.mark.parametrize("status", [403, 404, 500])
@pytest.mark.parametrize("place", PARTS)
async def test_a_place_that_fails_costs_only_its_own_parts_and_says_why(place: str, status: int) -> None:
    asked = await asked_situation(cascade(), {place: refusal(status, "It is not for you.")})
    for field in PARTS[place]:
        assert str(status) in why(asked, field), field
    for field in sorted(ALL_PARTS - set(PARTS[place])):
        known(asked, field)


@pytest.mark.parametrize("status", [403, 404, 500])
async def test_minutes_that_fail_leave_the_rest(status: int) -> None:
    asked = await asked_situation(risen(), {"events-timeseries/": refusal(status)})
    assert str(status) in why(asked, "minutes")
    assert known(asked, "builds").rows


async def test_without_any_list_the_error_is_told_and_nothing_is_called_quiet() -> None:
    with pytest.raises(SentryError) as refused:
        await asked_situation(cascade(), {"acme/issues/": refusal(403)})
    assert "issue list" in refused.value.what and refused.value.status == 403


@pytest.mark.parametrize("lost", ["freq", "trends"])
async def test_one_list_that_fails_leaves_the_others(lost: str) -> None:
    def fail(response: httpx.Response, rows: Any) -> httpx.Response:
        is_lost = response.request.url.params["sort"] == lost
        return httpx.Response(403, json={"detail": "No."}) if is_lost else httpx.Response(200, json=rows)

    asked = await asked_situation(cascade(), {"acme/issues/": fail})
    states = [isinstance(getattr(asked.evidence, name), Known) for name in LISTS]
    assert states == ([False, False, True] if lost == "freq" else [True, True, False])


# --- what may be read ----------------------------------------------------------------------------------------------


async def test_a_token_that_may_read_no_project_is_not_told_that_all_is_quiet() -> None:
    """sentry-api §17: lists answer 200 with nothing then."""
    asked = await asked_situation(cascade(), profile=Profile(access=False))
    assert all("closed to this token" in why(asked, name) for name in LISTS)
    assert set(asked.evidence.not_searched) == {"payments", "web", "search"}


async def test_a_token_that_sees_no_project_is_told_so() -> None:
    nothing: Change = lambda _, __: httpx.Response(200, json=[])  # noqa: E731  # as the table above has them
    asked = await asked_situation(cascade(), {"acme/issues/": nothing, "acme/projects/": nothing})
    assert all("sees no project" in why(asked, name) for name in LISTS)


async def test_projects_that_are_closed_are_named_and_the_others_told() -> None:
    asked = await asked_situation(cascade(), profile=Profile(hidden=frozenset({"search"})))
    assert {issue.project for issue in known(asked, "new").issues} == {"payments", "web"}
    assert asked.evidence.not_searched == ("search",)
    assert any("search" in warning for warning in asked.evidence.warnings)


# --- servers that search one project at a time ---------------------------------------------------------------------

ONE = Profile(global_views=False)


async def test_projects_are_searched_one_by_one_within_the_bound_and_the_rest_is_named() -> None:
    asked = await asked_situation(many_projects(12, burning=1), profile=ONE)
    assert sum(asked.per_round) <= 14
    searched, beyond = asked.evidence.one_by_one, asked.evidence.not_searched
    assert len(searched) == 6 and len(searched) + len(beyond) == 12
    assert any("one project at a time" in warning and beyond[0] in warning for warning in asked.evidence.warnings)
    assert {issue.project for issue in known(asked, "busy").issues} == set(searched)


async def test_once_it_is_known_more_projects_are_searched() -> None:
    asked = await asked_situation(many_projects(12), profile=ONE, times=2)
    assert sum(asked.per_round) <= 14
    assert len(asked.evidence.one_by_one) == 10
    assert "give one as project" in why(asked, "volumes")


async def test_the_default_project_is_searched_first_and_its_new_issue_is_new() -> None:
    settings = replace(SETTINGS, project="app11")
    asked = await asked_situation(many_projects(12, burning=1), profile=ONE, settings=settings)
    assert asked.evidence.one_by_one[0] == "app11"
    assert [issue.short_id for issue in known(asked, "new").issues] == ["APP11-2"]


async def test_a_project_that_is_named_is_told_whole_there() -> None:
    asked = await asked_situation(cascade(), profile=ONE, project="payments", times=2)
    assert known(asked, "builds").rows and known(asked, "volumes")
    assert asked.evidence.one_by_one == () and asked.evidence.not_searched == ()


# --- volume, sessions ----------------------------------------------------------------------------------------------


async def test_volumes_are_of_the_clock_hours_that_touch_the_window() -> None:
    scenario = Scenario(
        name="one",
        issues=(steady("ONE-1", a_day=1_440),),
        dropped=(DroppedSpec(600, -60, 0), DroppedSpec(90, -60, 0, "client_discard")),
    )
    asked = await asked_situation(scenario, start="2026-11-20T11:20:00Z", end="2026-11-20T11:50:00Z")
    (volume,) = known(asked, "volumes")
    assert (volume.hours.start, volume.hours.end) == (NOW - HOUR, NOW)
    assert volume.accepted == 60
    assert volume.dropped == 600, "what the SDK left out by itself is no loss"
    params = asked.at("stats_v2/")[0]
    assert params.get_list("groupBy") == ["project", "outcome"]


async def test_a_project_that_is_left_out_of_the_volumes_is_not_called_empty() -> None:
    """By the documentation of ``groupBy``, rows may be missing: what is not there is not known."""
    asked = await asked_situation(
        QUIET, {"stats_v2/": lambda r, body: httpx.Response(200, json={**body, "groups": []})}
    )
    assert known(asked, "volumes") == ()


async def test_sessions_are_those_of_production_by_hour_for_a_day_and_an_hour() -> None:
    scenario = Scenario(
        name="one",
        issues=(steady("ONE-1"),),
        sessions=(SessionsSpec(2_500, -1_500, 0, crashed=25), SessionsSpec(900, -1_500, 0, environment="staging")),
    )
    asked = await asked_situation(scenario)
    (sessions,) = known(asked, "sessions")
    assert len(sessions.hours) == 25
    assert sum(hour.sessions or 0 for hour in sessions.hours) == 2_500


async def test_of_a_project_without_production_all_sessions_count() -> None:
    """DESIGN section 5: nothing is called staging then."""
    sessions = (SessionsSpec(500, -600, 0, environment="blue"), SessionsSpec(700, -600, 0, environment="green"))
    asked = await asked_situation(Scenario(name="one", issues=(steady("ONE-1"),), sessions=sessions))
    (found,) = known(asked, "sessions")
    assert sum(hour.sessions or 0 for hour in found.hours) == 1_200


@pytest.mark.parametrize(("groups", "is_cut"), [(399, False), (400, True)])
async def test_of_sessions_that_were_cut_nothing_but_production_is_believed(groups: int, is_cut: bool) -> None:
    """sentry-api §17: an answer holds 10,000 points, here 25 hours of 400 groups; the smallest are left out."""

    def fill(_: httpx.Response, body: Any) -> httpx.Response:
        (one,) = body["groups"][:1]
        made = [{**one, "by": {"project": index, "environment": "blue"}} for index in range(1, groups + 1)]
        return httpx.Response(200, json={**body, "groups": made})

    asked = await asked_situation(cascade(), {"sessions/": fill})
    part = asked.evidence.sessions
    assert isinstance(part, Known)
    assert ("left out" in part.note) is is_cut
    assert len(part.value) == (0 if is_cut else groups)


# --- round two -----------------------------------------------------------------------------------------------------


async def test_builds_and_places_are_asked_of_the_news_and_of_steady_issues_beside_them() -> None:
    world = cascade()
    asked = await asked_situation(world)
    params = asked.table("issue.id", "release", "environment")
    assert params["sort"] == "-count()" and params["project"] == "-1"
    for issue in ("PAYMENTS-2", "WEB-2", "SEARCH-2", "PAYMENTS-1"):
        assert number(world, issue) in params["query"], issue
    rows = {row.issue: row for row in known(asked, "builds").rows}
    row = rows[number(world, "PAYMENTS-2")]
    assert (row.values["release"], row.values["environment"]) == ("payments@1.0", "production")
    assert (row.events, row.users) == (40, 40)


async def test_a_host_and_a_tenant_are_read_where_the_events_name_them() -> None:
    world = Scenario(
        name="one",
        issues=(
            IssueSpec("ONE-2", "Boom", raw=burst(-9, people(9), tags={"server_name": "node-7", "tenant": "acme"})),
            steady("ONE-1"),
        ),
    )
    asked = await asked_situation(world)
    row = next(row for row in known(asked, "places").rows if row.issue == number(world, "ONE-2"))
    assert row.values["server_name"] == "node-7" and row.values["tenant"] == "acme"
    assert row.values["customer"] is None


async def test_issues_that_began_together_share_their_traces_as_digests() -> None:
    world = cascade(users=20)
    asked = await asked_situation(world)
    params = asked.table("trace", "issue.id")
    assert params["sort"] == "trace" and "has:trace" in params["query"]
    traces = known(asked, "traces")
    assert traces.complete
    of = {
        name: {row.value for row in traces.rows if row.issue == number(world, name)} for name in ("PAYMENTS-2", "WEB-2")
    }
    assert of["PAYMENTS-2"] == of["WEB-2"] and len(of["WEB-2"]) == 20
    assert not any("aa000" in row.value for row in traces.rows), "a digest, to compare only"


async def test_of_a_cut_list_of_traces_the_last_is_left_out_for_its_issues_may_be_torn() -> None:
    world = cascade(users=51)
    asked = await asked_situation(world)
    traces = known(asked, "traces")
    assert not traces.complete
    issues: dict[str, set[str]] = {}
    for row in traces.rows:
        issues.setdefault(row.value, set()).add(row.issue)
    shared = {number(world, "PAYMENTS-2"), number(world, "WEB-2")}
    assert {len(of) for value, of in issues.items() if of <= shared} == {2}, "each with both its issues, or not at all"


async def test_the_people_of_a_small_group_are_compared_one_by_one() -> None:
    world = cascade(users=30)
    asked = await asked_situation(world)
    pairs = known(asked, "shared_users")
    assert pairs.complete
    assert len({row.value for row in pairs.rows}) in (30, 35), "those of the group"
    (together,) = [entry for entry in asked.evidence.together if len(entry.issues) >= 2]
    assert together.users == len({row.value for row in pairs.rows if row.issue in together.issues})
    assert together.is_lower_bound is False


async def test_people_without_a_name_are_no_tie_and_make_the_number_a_lower_bound() -> None:
    nobody = tuple(RawEventSpec(at=-11 + 0.1 * index, user=None) for index in range(5))
    world = Scenario(
        name="one",
        issues=(
            IssueSpec("ONE-2", "Boom", raw=(*burst(-12, people(9)), *nobody)),
            IssueSpec("ONE-3", "Bang", raw=burst(-12, people(9))),
        ),
    )
    asked = await asked_situation(world)
    (together,) = asked.evidence.together
    assert (together.users, together.is_lower_bound) == (9, True)


@pytest.mark.parametrize(("each", "is_asked"), [(99, False), (101, False), (100, True)])
async def test_distinct_people_are_counted_together_only_where_they_may_decide(each: int, is_asked: bool) -> None:
    """DESIGN section 5: more than 100 in an hour. One issue alone may trip it, or both together cannot."""
    first, second = people(each), people(1 if each == 99 else each, "v")
    world = Scenario(
        name="one",
        issues=(
            IssueSpec("ONE-2", "Boom", raw=burst(-12, first, every=0.05)),
            IssueSpec("ONE-3", "Bang", raw=burst(-12, second, every=0.05)),
        ),
    )
    asked = await asked_situation(world)
    unions = [one for one in asked.at("events/") if one.get_list("field") == ["count()", "count_unique(user)"]]
    assert bool(unions) is is_asked
    assert [entry.users for entry in asked.evidence.together] == ([200] if is_asked else [])


async def test_minutes_are_named_by_number_whatever_the_server_calls_the_issues() -> None:
    world = risen()
    for profile in (Profile(), Profile(timeseries=False)):
        asked = await asked_situation(world, profile=profile, times=2)
        series = {row.issue: row.events for row in known(asked, "minutes")}
        counts = series[number(world, "ORDERS-1")]
        assert counts.step_s == 60
        assert 200 <= sum(value or 0 for value in counts.values) < 400
        assert counts.complete_until <= NOW - timedelta(minutes=1), "Sentry takes a minute to count"


async def test_a_server_without_discover_tells_lists_and_the_reasons() -> None:
    asked = await asked_situation(cascade(), profile=Profile(discover=False), times=2)
    assert {issue.short_id for issue in known(asked, "new").issues} == {"PAYMENTS-2", "WEB-2", "SEARCH-2"}
    assert all("Discover" in why(asked, field) for field in ("builds", "traces"))
    assert asked.at("events/") == asked.at("events-timeseries/") == [], "what it lacks is not asked for again"


async def test_the_alerts_of_all_projects_are_asked_for_without_a_project() -> None:
    """Alerts §4: with one, those that are connected to no monitor are left out."""
    asked = await asked_situation(cascade())
    (params,) = asked.at("workflows/")
    assert "project" not in params
    (alert,) = known(asked, "alerts")
    assert alert.name == "Payments fail"
    assert isinstance(alert.last_triggered, datetime)


@pytest.mark.parametrize(("most", "left_out"), [(8, 4), (9, 3), (11, 1)])
async def test_a_part_that_no_request_is_left_for_says_so(
    most: int, left_out: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An empty list would say that no alert fired, or that no trace is shared."""
    for module in (situation_collection, situation_builder):
        monkeypatch.setattr(module, "MOST_REQUESTS", most)
    asked = await asked_situation(cascade())
    assert sum(asked.per_round) <= most
    parts = ("builds", "traces", "places", "alerts")
    for field in parts:
        part = getattr(asked.evidence, field)
        assert isinstance(part, Known) or "no more than" in part.why, field
    assert sum(isinstance(getattr(asked.evidence, field), Unknown) for field in parts) == left_out


async def test_of_far_more_rows_than_were_asked_for_a_page_is_read_and_the_rest_is_told_as_unread() -> None:
    """A server may ignore the size of a page: what is read is bounded, as the answer itself is (8 MB)."""

    def many(_: httpx.Response, rows: Any) -> httpx.Response:
        listed = rows if isinstance(rows, list) else rows["data"]
        more = [{**row, "id": str(900_000 + index)} for index in range(1_500) for row in listed[:1]]
        return httpx.Response(200, json=more if isinstance(rows, list) else {**rows, "data": more})

    places = ("acme/issues/", "acme/projects/", "acme/releases/", "flags/logs/", "workflows/")
    asked = await asked_situation(flagged(), dict.fromkeys(places, many))
    for name in LISTS:
        page = known(asked, name)
        assert len(page.issues) <= 100 and page.complete is False
    assert len(known(asked, "projects")) == 1_000
    assert len(known(asked, "flag_changes")) == 200
    assert len(known(await asked_situation(QUIET, {"workflows/": many}), "alerts")) == 200
