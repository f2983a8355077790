"""The fake GlitchTip is held to the recordings of a real one: put the recorded data in, ask what was asked, compare."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from sentry_runbook.sentry.messages import next_cursor
from tests.contract.shapes import differences, shape
from tests.fake_servers.app import TOKEN
from tests.fake_servers.glitchtip import GlitchTip
from tests.fake_servers.glitchtip_data import GlitchTipData
from tests.sentry.other_servers import needs_other_servers, recorded

pytestmark = needs_other_servers
NOT_BUILT = frozenset(
    [
        "projects_all",
        "keys",
        "teams",
        "members",
        "users_me",
        "org_issue_hashes_",
        "issue_user_reports_",
        "issues_stats",
        "issues_stats_14d",
        "project_event",
        "project_events",
        "org_issue_event_json",
        "stats_v2_gt",
        "stats_v2_start_end_nogroup",
        "releases_project",
        "release_project",
        "release_files",
        "x_monitors",
        "x_transaction_groups",
        "x_transactions",
        "x_environments_project",
        "x_api_tokens",
        "x_status_pages",
        "issues_page2",
        "events_page2",
    ]
)
"""Recorded answers of endpoints that the product never asks, of counts, or by cursors of its own."""
IDS = ("id", "event_id", "eventID")
SNAKE = {"eventID": "event_id", "dateCreated": "date_created", "dateReceived": "date_received"}
SNAKE |= {"groupID": "group_id", "projectID": "project_id"}
ALONE = ("userReport", "nextEventID", "previousEventID")


def recorded_data() -> GlitchTipData:
    """The recorded server's data, as far as the recordings show it."""
    records = recorded("glitchtip")
    issues = [dict(issue) for issue in records["issues"]["body"]]
    events = {"3": [*records["events_page1"]["body"], *records["events_page2"]["body"]]}
    for name, record in records.items():
        event = record["body"]
        if name.startswith("latest_") and isinstance(event, dict) and event["groupID"] not in events:
            row = {SNAKE.get(key, key): value for key, value in event.items() if key not in ALONE}
            events[event["groupID"]] = [row]
    return GlitchTipData(
        issues,
        events,
        tags=tags_by_search(records),
        projects=[{**project} for project in records["projects"]["body"]],
        environments=records["environments"]["body"],
        releases=records["releases"]["body"],
    )


def tags_by_search(records: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """The tags of each issue that the recorded searches found it by; issue 3's were recorded."""
    found: dict[str, list[tuple[str, str]]] = {}
    searches = {
        "issues_tag": ("region", "us-east-1"),
        "issues_release": ("release", "web@2.4.1"),
        "issues_env_q": ("environment", "staging"),
        "issues_user_q": ("user.id", "5"),
        "issues_user_email_q": ("user.email", "user5@example.test"),
        "issues_combo": ("region", "eu-west-1"),
        "issues": ("environment", "production"),
    }
    for name, tag in searches.items():
        for issue in records[name]["body"]:
            found.setdefault(issue["id"], []).append(tag)
    tags = {
        number: [{"key": key, "topValues": [{"value": value}]} for key, value in pairs]
        for number, pairs in found.items()
    }
    return tags | {"3": records["issue_tags_"]["body"]}


def names() -> list[str]:
    try:
        records = recorded("glitchtip")
    except pytest.skip.Exception:
        return []
    reads = (name for name, record in records.items() if record["request"]["method"] == "GET")
    return [name for name in reads if name not in NOT_BUILT and not name.startswith(("w_", "a_", "root_noauth"))]


async def answer_of(record: dict[str, Any]) -> httpx.Response:
    transport = GlitchTip(data=recorded_data()).transport()
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8099") as client:
        return await client.get(record["request"]["path"], headers={"Authorization": f"Bearer {TOKEN}"})


def ids_of(body: Any) -> list[object]:
    rows = body if isinstance(body, list) else []
    return [next((row[key] for key in IDS if key in row), row.get("version")) for row in rows]


def kind_of_link(link: str | None) -> object:
    return link and (link.startswith("{'<"), 'rel="next"; results="true"; cursor=' in link)


@pytest.mark.parametrize("name", names())
async def test_the_fake_answers_what_was_recorded(name: str) -> None:
    record = recorded("glitchtip")[name]
    answer = await answer_of(record)
    assert answer.status_code == record["status"]
    assert answer.headers["content-type"].startswith(record["headers"]["content-type"].partition(";")[0].split("+")[0])
    if isinstance(record["body"], str):
        assert answer.text[:60].split(">")[0].lower() == record["body"][:60].split(">")[0].lower()
        return
    body = json.loads(answer.text)
    if name != "issues_sort_count":  # equals come in any order
        assert ids_of(body) == ids_of(record["body"])
    assert kind_of_link(answer.headers.get("link")) == kind_of_link(record["headers"].get("link"))
    differs = differences(shape([record["body"]]), shape([body]))
    assert [(path, kind) for path, kind in differs if kind in WRONG and not path.startswith(BESIDE)] == []


WRONG = ("missing", "extra", "type")
BESIDE = ("/detail[]/ctx", "/entries[request]")
"""More about an error; a request is written in camel case in single events, and in snake case in the list."""


@pytest.mark.parametrize(("first", "second"), [("issues_page1", "issues_page2"), ("events_page1", "events_page2")])
async def test_the_next_page_is_the_recorded_one(first: str, second: str) -> None:
    records = recorded("glitchtip")
    answer = await answer_of(records[first])
    cursor = next_cursor(answer.headers["link"])
    assert cursor is not None
    assert next_cursor(records[first]["headers"]["link"]) is not None
    path = records[first]["request"]["path"]
    following = await answer_of({"request": {"path": f"{path}&cursor={cursor}"}})
    assert ids_of(following.json()) == ids_of(records[second]["body"])


async def test_an_event_list_ignores_every_condition() -> None:
    records = recorded("glitchtip")
    assert ids_of(records["issue_events_query_user_id_"]["body"]) == ids_of(records["issue_events_"]["body"])
    path = "/api/0/issues/3/events/?environment=staging&query=user.id:5&start=2020-01-01&end=2020-01-02"
    answer = await answer_of({"request": {"path": path}})
    assert ids_of(answer.json()) == ids_of(records["issue_events_"]["body"])


def test_start_and_end_of_the_recorded_issue_list_are_of_the_first_event() -> None:
    """``start=now-1h`` hid the issue of 154 events that was seen minutes ago, for it began the day before."""
    records = recorded("glitchtip")
    hidden = {"3", "1", "2"}
    assert set(ids_of(records["issues"]["body"])) - set(ids_of(records["issues_start_rel"]["body"])) == hidden
