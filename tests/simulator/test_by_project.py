"""Outcomes and sessions by project, and a token that may read some projects of the organization and not others."""

from __future__ import annotations

from typing import Any

import pytest
from tests.simulator.asking import Asked

from sentry_runbook.simulator.app import Profile
from sentry_runbook.simulator.scenario import (
    AlertSpec,
    DroppedSpec,
    IssueSpec,
    RawEventSpec,
    ReleaseSpec,
    Scenario,
    SessionsSpec,
    Stream,
)


def project(slug: str, events: int, crashed: int, *dropped: DroppedSpec) -> Scenario:
    return Scenario(
        name=slug,
        project=slug,
        issues=(
            IssueSpec(f"{slug.upper()}-1", f"{slug} failed", streams=(Stream(events, -150, -30, users=5),)),
            IssueSpec(f"{slug.upper()}-2", "late", raw=(RawEventSpec(-1, user="ada"),)),
        ),
        releases=(ReleaseSpec(f"{slug}@1", -5000), ReleaseSpec("shared@1", -5000)),
        sessions=(
            SessionsSpec(100, -240, -120, crashed=1),
            SessionsSpec(100, -120, 0, crashed=crashed),
            SessionsSpec(50, -240, 0, environment="staging"),
        ),
        dropped=dropped,
        alerts=(AlertSpec(f"{slug} alert", -20),),
    )


COMPANY = (project("web", 60, 40), project("pay", 30, 0, DroppedSpec(12, -60, 0)), project("mail", 10, 0))
ALL: dict[str, Any] = {"project": "-1"}


def ids(asked: Asked) -> dict[str, int]:
    return {known.slug: int(known.id) for known in asked.world.projects}


# --- stats_v2


OUTCOMES: dict[str, Any] = {
    "field": "sum(quantity)",
    "category": "error",
    "interval": "1h",
    "statsPeriod": "24h",
    **ALL,
}


async def test_outcomes_by_project_are_totals_of_the_period_without_a_series() -> None:
    asked = Asked(COMPANY)
    number = ids(asked)
    body = await asked.read("stats_v2/", **OUTCOMES, groupBy=["project", "outcome"])
    assert "intervals" not in body
    told = {(group["by"]["project"], group["by"]["outcome"]): group["totals"] for group in body["groups"]}
    assert told == {
        (number["web"], "accepted"): {"sum(quantity)": 61},
        (number["pay"], "accepted"): {"sum(quantity)": 31},
        (number["pay"], "rate_limited"): {"sum(quantity)": 12},
        (number["mail"], "accepted"): {"sum(quantity)": 11},
    }
    assert all("series" not in group for group in body["groups"])


async def test_outcomes_of_all_projects_have_their_hours() -> None:
    body = await Asked(COMPANY).read("stats_v2/", **OUTCOMES, groupBy=["outcome", "category"])
    shown = {group["by"]["outcome"]: group for group in body["groups"]}
    assert {outcome: group["totals"]["sum(quantity)"] for outcome, group in shown.items()} == {
        "accepted": 103,
        "rate_limited": 12,
    }
    hours = dict(zip(body["intervals"], shown["accepted"]["series"]["sum(quantity)"], strict=True))
    assert sum(hours.values()) == 103
    assert {hour: count for hour, count in hours.items() if count} == {
        "2026-11-20T09:00:00Z": 24,
        "2026-11-20T10:00:00Z": 50,
        "2026-11-20T11:00:00Z": 29,
    }


async def test_outcomes_are_left_to_those_asked_for_and_other_categories_have_none() -> None:
    asked = Asked(COMPANY)
    dropped = await asked.read("stats_v2/", **OUTCOMES, groupBy="project", outcome="rate_limited")
    assert [(group["by"], group["totals"]) for group in dropped["groups"]] == [
        ({"project": ids(asked)["pay"]}, {"sum(quantity)": 12})
    ]
    body = await asked.read("stats_v2/", **OUTCOMES | {"category": "transaction"}, groupBy="outcome")
    assert body["groups"] == []


# --- sessions


async def test_sessions_by_project_have_their_hours_and_their_rates() -> None:
    asked = Asked(COMPANY)
    fields = ["sum(session)", "crash_free_rate(session)"]
    body = await asked.read(
        "sessions/", **ALL, field=fields, groupBy="project", interval="1h", statsPeriod="4h", environment="production"
    )
    assert len(body["intervals"]) == 4
    by_project = {group["by"]["project"]: group for group in body["groups"]}
    assert set(by_project) == set(ids(asked).values())
    web = by_project[ids(asked)["web"]]
    assert web["series"]["sum(session)"] == [50, 50, 50, 50]
    assert web["series"]["crash_free_rate(session)"][2:] == [0.6, 0.6]
    assert web["totals"] == {"sum(session)": 200, "crash_free_rate(session)": 1 - 41 / 200}


async def test_the_open_hour_of_sessions_holds_what_has_started() -> None:
    asked = Asked(COMPANY)
    query = {**ALL, "field": "sum(session)", "interval": "1h", "statsPeriod": "2h", "environment": "production"}
    assert (await asked.read("sessions/", **query))["groups"][0]["totals"] == {"sum(session)": 300}
    asked.clock.advance(minutes=30)
    body = await asked.read("sessions/", **query)
    assert body["groups"][0]["series"]["sum(session)"] == [150, 150, 0]


# --- a token that may read some


SOME = Profile(hidden=frozenset({"pay"}))


async def test_searches_over_all_projects_find_those_that_may_be_read() -> None:
    asked = Asked(COMPANY, profile=SOME)
    assert {row["project"]["slug"] for row in await asked.read("issues/", **ALL, query="")} == {"web", "mail"}
    table = await asked.read("events/", **ALL, dataset="errors", field=["project", "count()"], sort="-count()")
    assert [(row["project"], row["count()"]) for row in table["data"]] == [("web", 61), ("mail", 11)]
    groups = (await asked.read("stats_v2/", **OUTCOMES, groupBy="project"))["groups"]
    assert {group["by"]["project"] for group in groups} == {ids(asked)["web"], ids(asked)["mail"]}
    sessions = await asked.read("sessions/", **ALL, field="sum(session)", groupBy="project", statsPeriod="24h")
    assert {group["by"]["project"] for group in sessions["groups"]} == {ids(asked)["web"], ids(asked)["mail"]}
    assert {row["version"] for row in await asked.read("releases/", **ALL)} == {"web@1", "mail@1", "shared@1"}
    assert {row["name"] for row in await asked.read("workflows/", **ALL)} == {"web alert", "mail alert"}


@pytest.mark.parametrize(
    "path",
    [
        "issues/PAY-1/",
        "issues/PAY-1/events/",
        "issues/PAY-1/tags/",
        "issues/?project=pay",
        "events/?dataset=errors&field=count()&project=pay",
        "events/?dataset=errors&field=count()&project=web&project=pay",
        "sessions/?field=sum(session)&project=pay",
        "/api/0/projects/acme/pay/",
    ],
)
async def test_what_names_a_project_that_may_not_be_read_is_refused(path: str) -> None:
    refused = await Asked(COMPANY, profile=SOME).get(path)
    assert refused.status_code == 403
    assert refused.json() == {"detail": "You do not have permission to perform this action."}


async def test_projects_that_may_not_be_read_are_listed_and_marked() -> None:
    rows = await Asked(COMPANY, profile=SOME).read("projects/")
    assert {row["slug"]: (row["isMember"], row["hasAccess"]) for row in rows} == {
        "web": (True, True),
        "pay": (False, False),
        "mail": (True, True),
    }


async def test_a_release_of_hidden_projects_alone_is_unknown() -> None:
    asked = Asked(COMPANY, profile=SOME)
    assert (await asked.get("releases/pay@1/")).status_code == 404
    assert [known["slug"] for known in (await asked.read("releases/shared@1/"))["projects"]] == ["web", "mail"]
    assert (await asked.get("releases/pay@1/deploys/")).status_code == 404


@pytest.mark.parametrize(
    ("path", "detail"),
    [
        ("issues/?project=-1", "You do not have the multi project stream feature enabled"),
        ("issues/?project=web&project=mail", "You do not have the multi project stream feature enabled"),
        ("events/?dataset=errors&field=count()&project=-1", "You cannot view events from multiple projects."),
        ("events-stats/?project=-1", "You cannot view events from multiple projects."),
        ("events-timeseries/?dataset=errors&project=-1", "You cannot view events from multiple projects."),
    ],
)
async def test_without_global_views_several_projects_are_refused_and_one_is_not(path: str, detail: str) -> None:
    asked = Asked(COMPANY, profile=Profile(global_views=False))
    refused = await asked.get(path)
    assert (refused.status_code, refused.json()) == (400, {"detail": detail})
    alone = path.replace("project=-1", "project=web").replace("&project=mail", "")
    assert (await asked.get(alone)).status_code == 200


async def test_without_global_views_sessions_outcomes_and_releases_are_still_those_of_all_projects() -> None:
    asked = Asked(COMPANY, profile=Profile(global_views=False))
    sessions = await asked.read("sessions/", **ALL, field="sum(session)", groupBy="project", statsPeriod="24h")
    assert len(sessions["groups"]) == 3
    assert len((await asked.read("stats_v2/", **OUTCOMES, groupBy="project"))["groups"]) == 3
    assert len(await asked.read("releases/", **ALL)) == 4
