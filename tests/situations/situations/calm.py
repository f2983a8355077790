"""Nothing is wrong, or nothing that anybody must be told."""

from dataclasses import replace
from datetime import UTC, datetime

from tests.situations.story import Story, situation
from tests.situations.traffic import flat, steep, weekdays

NIGHT = datetime(2026, 11, 19, 3, 20, tzinfo=UTC)
MORNING = datetime(2026, 11, 19, 9, 5, tzinfo=UTC)
MONDAY = datetime(2026, 11, 16, 8, 10, tzinfo=UTC)
SUNDAY = datetime(2026, 11, 22, 17, 45, tzinfo=UTC)


@situation("calm", now=NIGHT)
def a_quiet_night(story: Story) -> None:
    for slug in ("shop", "ledger", "mail"):
        story.service(slug)


@situation("calm", now=MORNING)
def all_traffic_rises_in_the_morning(story: Story) -> None:
    for slug in ("shop", "ledger"):
        service = story.service(slug, rhythm=steep)
        service.usual(9)
    web = story.service("web", platform="javascript", rhythm=steep)
    web.usual(14)
    web.sessions(4_000)


@situation("calm", now=MONDAY)
def monday_morning(story: Story) -> None:
    for slug in ("crm", "ledger", "reports"):
        story.service(slug, rhythm=weekdays).usual(7)


@situation("calm", now=SUNDAY)
def a_sunday_evening(story: Story) -> None:
    for slug in ("shop", "media", "search"):
        story.service(slug)


@situation("calm")
def a_deploy_without_effect(story: Story) -> None:
    shop = story.service("shop", platform="node")
    story.service("search")
    shop.deploy("shop@5.5.0", -21)
    shop.sessions(3_000)


@situation("calm")
def an_old_noisy_issue(story: Story) -> None:
    shop = story.service("shop", platform="node")
    story.service("search")
    shop.usual(22)


@situation("calm")
def an_old_issue_that_comes_in_bursts(story: Story) -> None:
    shop = story.service("shop", platform="node")
    story.service("search")
    shop.usual(9, bursty=True)
    shop.usual(4, bursty=True)


@situation("calm")
def a_job_that_fails_at_five_past_every_hour(story: Story) -> None:
    jobs = story.service("jobs")
    story.service("shop", platform="node")
    failing = jobs.issue("ImportError: no feed from supplier 12", transaction="import_feed")
    for hour in range(24 * 9):
        # It is 14:37: five past is 32 minutes ago.
        for _ in range(12):
            jobs.event(failing, -32 - 60.0 * hour + story.rng.uniform(0, 2), user=None)


@situation("calm")
def a_job_that_fails_at_ten_past_two_every_day(story: Story) -> None:
    jobs = story.service("jobs")
    story.service("shop", platform="node")
    failing = jobs.issue("ExportError: partner refuses the file", transaction="export_daily")
    for day in range(15):
        for _ in range(30):
            jobs.event(failing, -27 - 1440.0 * day + story.rng.uniform(0, 4), user=None)


@situation("calm")
def a_test_user_alone(story: Story) -> None:
    shop = story.service("shop", platform="node")
    story.service("search")
    new = shop.issue("Error: test card was declined", transaction="POST /pay")
    story.fault(new, at=-35, requests=6, people=("qa-robot",))
    story.incident("somebody tests", new, either=True)


@situation("calm")
def a_burst_in_staging_alone(story: Story) -> None:
    shop = story.service("shop", platform="node")
    story.service("search")
    new = shop.issue("TypeError: preview is not defined", transaction="GET /preview")
    story.fault(new, at=-25, requests=80, environment="staging", people=story.crowd(5))
    story.incident("staging is broken", new, either=True)


@situation("calm")
def a_new_issue_of_one_event(story: Story) -> None:
    shop = story.service("shop", platform="node")
    story.service("search")
    story.incident("one event", shop.once("RangeError: Invalid count value: -1", -12.5), either=True)


@situation("calm")
def a_new_issue_of_level_info(story: Story) -> None:
    shop = story.service("shop", platform="node")
    story.service("search")
    new = shop.issue("Notice: basket was merged", level="info", handled=True, transaction="POST /login")
    story.fault(new, at=-40, requests=25)
    story.incident("somebody logs", new, either=True)


@situation("calm")
def machines_that_fail_as_always(story: Story) -> None:
    sensors = story.service("sensors", rhythm=flat)
    sensors.usual(18)
    story.service("shop", platform="node")


@situation("calm")
def an_organization_that_was_never_in_trouble(story: Story) -> None:
    for slug in ("shop", "ledger"):
        story.service(slug, background=False).once("ValueError: first of all", -3_000)


@situation("calm")
def an_incident_that_was_over_yesterday(story: Story) -> None:
    shop = story.service("shop", platform="node")
    story.service("search")
    gone = shop.issue("TypeError: price is undefined", transaction="GET /price")
    story.fault(gone, at=-1_600, until=-1_510, requests=260)


@situation("calm")
def a_new_issue_of_two_events(story: Story) -> None:
    shop = story.service("shop", platform="node")
    story.service("search")
    new = shop.issue("RangeError: precision is out of range", transaction="GET /price")
    story.fault(new, at=-31, requests=2)
    story.incident("two events", new, either=True)


@situation("calm")
def a_flag_without_effect(story: Story) -> None:
    shop = story.service("shop", platform="node", flags={"new-header": 0.0})
    shop.switch("new-header", -24, 0.0)
    for draft in shop.drafts:
        draft.events = [replace(e, flags={"new-header": e.at > -24}) for e in draft.events]
    story.service("search")
