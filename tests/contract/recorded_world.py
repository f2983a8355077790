"""A world of the embedded Sentry with the kinds of things that the recorded one held, and what is asked of it."""

from __future__ import annotations

from typing import Any

import httpx
from tests.simulator.asking import ORG, Asked

from sentry_runbook.simulator.scenario import (
    CommitSpec,
    Crumb,
    DeploySpec,
    FrameSpec,
    IssueSpec,
    OccurrenceSpec,
    Raised,
    ReleaseSpec,
    RequestSpec,
    Scenario,
    SessionsSpec,
    Stream,
    Transactions,
)

DAY = 1_440.0
OLD, NEW, CANDIDATE = "web@2.4.0", "web@2.4.1", "web@2.5.0-rc1"
FRAMES = (
    FrameSpec("handle", "lib/site.py", 120, in_app=False, vars={"path": "/hooks"}),
    FrameSpec("parse", "shop/hooks.py", 88, vars={"body": "{}"}),
)
CRUMBS = (Crumb("query", None, data={"ms": 3}), Crumb("auth", "signed in", level="warning"))
SUSPECT = CommitSpec("build(deps): a newer library", -120, "Ravi Sand", "ravi@example.com")


def _issue(short_id: str, *streams: Stream, **more: Any) -> IssueSpec:
    raised = Raised("HookError", "a part is missing", FRAMES)
    request = RequestSpec("POST", "https://shop.example/hooks", data={"id": "17"}, headers={"Host": "shop.example"})
    return IssueSpec(
        short_id,
        **{
            "chain": (raised,),
            "streams": streams,
            "breadcrumbs": CRUMBS,
            "request": request,
            "transaction": "/hooks",
            **more,
        },
    )


def recorded_world() -> Scenario:
    """A project with an old issue, one of a release, one of staging, a monitor's, and releases of all kinds."""
    return Scenario(
        name="web",
        platform="python",
        issues=(
            _issue("WEB-2", Stream(170, -60, -5, users=95, release=NEW), suspects=(SUSPECT,)),
            _issue("WEB-1", Stream(14, -6 * DAY, -6 * DAY + 90, users=6, release=OLD, handled=True)),
            _issue("WEB-3", Stream(60, -90, -5, users=2, environment="staging", release=CANDIDATE), request=None),
            IssueSpec(
                "WEB-4",
                occurrence=OccurrenceSpec("Monitor failure: nightly-backup"),
                category="outage",
                culprit="nightly-backup",
                metadata={"value": "A missed check-in was detected"},
                streams=(Stream(1, -9, -9, users=0, release=None),),
            ),
        ),
        releases=(
            ReleaseSpec(OLD, -7 * DAY, (DeploySpec(-7 * DAY),)),
            ReleaseSpec(NEW, -100, (DeploySpec(-70), DeploySpec(-65, "staging")), (SUSPECT,)),
            ReleaseSpec(CANDIDATE, -95),
            ReleaseSpec("web@2.6.0-rc1", -20),
        ),
        sessions=(SessionsSpec(960, crashed=9), SessionsSpec(30, start=-60, environment="staging", crashed=20)),
        transactions=(Transactions("/hooks", 30),),
    )


CHANGES: tuple[dict[str, Any], ...] = (
    {"status": "ignored", "statusDetails": {"ignoreCount": 100}},
    {"status": "ignored", "statusDetails": {"ignoreUserCount": 50, "ignoreUserWindow": 60}},
    {"status": "ignored", "statusDetails": {"ignoreDuration": 120}},
    {"status": "unresolved"},
    {"status": "ignored", "substatus": "archived_until_escalating"},
    {"status": "unresolved"},
    {"status": "resolved", "statusDetails": {"inRelease": OLD}},
    {"status": "resolved", "statusDetails": {"inNextRelease": True}},
)
"""What was done with the old issue, as the recorded one."""


async def embedded_answers() -> dict[str, list[Any]]:
    """What the embedded Sentry answers about that world: resource (as in the recordings) → bodies."""
    asked = Asked(recorded_world())
    stranger = httpx.AsyncClient(transport=asked.client._transport, base_url="http://sentry.example")
    answers: dict[str, list[Any]] = {}

    async def read(resource: str, path: str, *, anonymous: bool = False, **params: Any) -> Any:
        body = (await stranger.get(path)).json() if anonymous else await asked.read(path, **params)
        answers.setdefault(resource, []).append(body)
        return body

    for change in CHANGES:
        issue = await asked.changed("WEB-1", change)
        await read("issues/*/", "issues/WEB-1/")
        if issue["statusDetails"].get("ignoreUntil"):
            await read("issues/", "issues/", query="", statsPeriod="14d")
    await read("issues/*/notes/", "issues/WEB-1/notes/")
    await asked.client.post(f"{ORG}/issues/WEB-1/notes/", json={"text": "Looked into it."})
    asked.clock.advance(minutes=1)
    asked.world.emit("WEB-1", release=CANDIDATE)
    for issue in asked.world.issues():
        await _of_issue(read, issue.short_id)
    await _of_project(read)
    return answers


async def _of_issue(read: Any, issue: str) -> None:
    await read("issues/*/", f"issues/{issue}/")
    if issue == "WEB-4":
        # The recorded one has no event yet, which no issue of the embedded Sentry can be without.
        await read("shortids/*/", f"shortids/{issue}/")
        return
    for part in ("notes/", "tags/", "events/"):
        await read(f"issues/*/{part}", f"issues/{issue}/{part}")
    for which in ("latest", "oldest", "recommended"):
        event = await read("issues/*/events/*/", f"issues/{issue}/events/{which}/")
    await read("eventids/*/", f"eventids/{event['id']}/")
    if issue == "WEB-2":
        path = f"/api/0/projects/acme/web/events/{event['id']}/committers/"
        await read("projects/*/*/events/*/committers/", path)


TAGS = ("environment", "release", "transaction", "browser.name", "os.name", "device.family", "geo.country_code")


async def _of_project(read: Any) -> None:
    await read("the root of the API", "/api/0/")
    await read("the root of the API", "/api/0/", anonymous=True)
    await read("/", f"{ORG}/")
    await read("projects/", "projects/")
    await read("projects/*/*/", "/api/0/projects/acme/web/")
    day = {"statsPeriod": "24h"}
    for fields in (("count()", "count_unique(user)"), ("issue", "count()"), (*TAGS, "count()")):
        await read(f"events/ {' '.join(fields)}", "events/", dataset="errors", field=list(fields), query="", **day)
    for axes in (("count()",), ("count()", "count_unique(user)")):
        await read(f"events-stats/ {' '.join(axes)}", "events-stats/", dataset="errors", yAxis=list(axes), **day)
    rates = ["sum(session)", "crash_free_rate(session)", "crash_rate(session)"]
    await read("sessions/", "sessions/", field=rates, groupBy="environment", interval="1h", includeSeries="1", **day)
    await read("releases/", "releases/")
    for release in (OLD, NEW):
        await read("releases/*/", f"releases/{release}/")
        await read("releases/*/deploys/", f"releases/{release}/deploys/")


async def changed_answers() -> tuple[Any, Any]:
    """The answers to an archive and to a note."""
    asked = Asked(recorded_world())
    changed = await asked.put("WEB-1", CHANGES[0])
    note = await asked.client.post(f"{ORG}/issues/WEB-1/notes/", json={"text": "Still looking."})
    return changed.json(), note.json()
