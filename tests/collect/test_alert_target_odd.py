"""Whatever a server answers about an alert: a target of what can be read, or one of our errors; of many rows a part."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from functools import cache
from typing import Any

import anyio
import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sentry_runbook.collect.alert_target_parts import MOST_ISSUES, MOST_ROWS
from sentry_runbook.errors import RunbookError
from sentry_runbook.incident.model.evidence.alert_target import AlertTarget
from tests.collect.watched import BASE, NOW, TRACE, resolver
from tests.sentry import shapes

CRON_DETECTOR = {
    **shapes.DETECTOR,
    "type": "monitor_check_in_failure",
    "dataSources": [{"type": "cron_monitor", "queryObj": shapes.MONITOR}],
}
UPTIME_DETECTOR = {
    **shapes.DETECTOR,
    "type": "uptime_domain_failure",
    "dataSources": [
        {"type": "uptime_subscription", "queryObj": {"url": "https://shop.example/", "intervalSeconds": 60}}
    ],
}
TABLE = {
    "data": [
        {
            "issue": "SHOP-1Z",
            "issue.id": 6114575469,
            "project": "shop",
            "title": "Boom",
            "count()": 3,
            "min(timestamp)": "2026-11-20T08:00:00Z",
            "max(timestamp)": "2026-11-20T08:01:00Z",
        }
    ],
    "meta": {"fields": {}},
}
BY_END: dict[str, Any] = {
    "group-history/": [shapes.FIRING],
    "workflows/77/": shapes.WORKFLOW_OF_TODAY,
    "workflows/": [shapes.WORKFLOW_OF_TODAY],
    "detectors/41/": shapes.DETECTOR,
    "detectors/42/": CRON_DETECTOR,
    "detectors/43/": UPTIME_DETECTOR,
    "detectors/": [shapes.DETECTOR, {**UPTIME_DETECTOR, "id": "43", "name": "Up"}],
    "open-periods/": [shapes.OPEN_PERIOD],
    "alert-rule-workflow/": {"workflowId": "77"},
    "alert-rule-detector/": {"detectorId": "41"},
    "incident-groupopenperiod/": {"groupId": "6114575469", "openPeriodId": "3"},
    "rules/12/": shapes.RULE,
    "alert-rules/5/": shapes.METRIC_RULE,
    "incidents/": [shapes.INCIDENT],
    "incidents/88/": shapes.INCIDENT,
    "checkins/": [shapes.CHECK_IN, {**shapes.CHECK_IN, "status": "ok"}],
    "monitors/nightly/": shapes.MONITOR,
    "monitors/": [{**shapes.MONITOR, "slug": "nightly-report"}],
    "checks/": [shapes.UPTIME_RESULT],
    "uptime/900/": shapes.UPTIME,
    "releases/shop%401.2.0/": shapes.RELEASE,
    "issues/": [shapes.ISSUE],
    "issues/6114575469/": shapes.ISSUE,
    "events/": TABLE,
}
"""End of a path → the answer in Sentry's shape."""
GIVEN = [
    f"{BASE}/monitors/alerts/77/",
    f"{BASE}/alerts/rules/shop/12/details/",
    f"{BASE}/monitors/41/",
    f"{BASE}/monitors/42/",
    f"{BASE}/monitors/43/",
    f"{BASE}/alerts/rules/details/5/?alert=88",
    f"{BASE}/alerts/88/",
    f"{BASE}/crons/shop/nightly/",
    f"{BASE}/alerts/rules/uptime/shop/900/details/",
    f"{BASE}/releases/shop%401.2.0/",
    f"trace:{TRACE}",
    "6114575469",
    "Pay",
    "Errors",
    "Up",
    "nightly-report",
]


class ByEnd(httpx.AsyncBaseTransport):
    """Answers by the longest end of the path that is known; all else is not there."""

    def __init__(self, answers: dict[str, Any], *, only_old: bool = False) -> None:
        self._answers = answers
        self._only_old = only_old
        self.used: set[str] = set()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        path = request.url.raw_path.decode().partition("?")[0]
        ends = [end for end in self._answers if path.endswith(f"/{end}")]
        is_new = any(name in path for name in ("workflow", "detector", "period"))
        if not ends or (self._only_old and is_new):
            return httpx.Response(404)
        end = max(ends, key=len)
        self.used.add(end)
        body = shapes.body(self._answers[end])
        return httpx.Response(200, content=body, headers={"content-type": "application/json"})


@cache
def asked(text: str, only_old: bool) -> tuple[str, ...]:
    """The ends of the paths that a target asks for, where all are answered in their shape."""
    transport = ByEnd(BY_END, only_old=only_old)

    async def attempt() -> None:
        with suppress(RunbookError):
            await resolver(transport=transport)(text)

    anyio.run(attempt)
    return tuple(sorted(transport.used))


async def resolved(text: str, answers: dict[str, Any], *, only_old: bool = False) -> AlertTarget:
    resolve = resolver(transport=ByEnd(answers, only_old=only_old))
    target = await resolve(text)
    await resolve.run.aclose()
    return target


@pytest.mark.parametrize("text", GIVEN)
async def test_the_shapes_of_the_reference_make_a_target(text: str) -> None:
    target = await resolved(text, BY_END)
    assert target.kind != "page" and target.what.startswith("the ")
    assert not [entry for entry in target.missing if entry.what.endswith(" itself")]


@pytest.mark.parametrize("text", GIVEN)
@pytest.mark.parametrize("only_old", [False, True], ids=["today", "before"])
@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_damaged_answers_cost_what_is_damaged(text: str, only_old: bool, data: st.DataObject) -> None:
    answers = {**BY_END, **{end: data.draw(shapes.damaged(BY_END[end])) for end in asked(text, only_old)}}

    async def attempt() -> None:
        try:
            target = await resolved(text, answers, only_old=only_old)
        except RunbookError as exc:
            assert exc.what
            return
        assert AlertTarget.model_validate_json(target.model_dump_json()).what == target.what
        for moment in (target.fired_at, target.start, target.end):
            assert moment is None or moment < NOW + timedelta(days=2)

    anyio.run(attempt)


async def test_an_unknown_moment_or_state_is_absent_and_never_now_or_no() -> None:
    row = {**shapes.OPEN_PERIOD, "isOpen": "maybe", "start": "0001-01-01T00:00:00Z"}
    target = await resolved(GIVEN[2], {**BY_END, "open-periods/": [row]})
    assert (target.fired_at, target.is_open, target.start) == (None, False, None)
    named = {**shapes.DETECTOR, "latestGroup": shapes.ISSUE}
    target = await resolved(GIVEN[2], {**BY_END, "open-periods/": [row], "detectors/41/": named})
    assert target.is_open is None
    bare = {"id": "1", "slug": "nightly"}
    target = await resolved(f"{BASE}/crons/shop/nightly/", {**BY_END, "monitors/nightly/": bare})
    assert (target.is_open, target.enabled, target.owner) == (None, None, None)
    assert target.cron is not None and (target.cron.failing_since, target.cron.next_expected) == (None, None)
    target = await resolved(f"{BASE}/alerts/rules/uptime/shop/900/details/", {**BY_END, "uptime/900/": {"id": "900"}})
    assert target.uptime is not None and target.uptime.is_down is True  # by its last check alone
    assert (target.projects, target.search.query) == (("shop",), "issue.type:uptime_domain_failure")


async def test_a_monitor_without_a_project_is_of_the_whole_organization() -> None:
    """``projectId`` null (reference: alerts, 3)."""
    row = {**shapes.DETECTOR, "projectId": None, "type": "issue_stream"}
    target = await resolved(GIVEN[0], {**BY_END, "detectors/": [row]})
    assert (target.projects, target.search.projects) == ((), ())
    assert not [entry for entry in target.missing if entry.what == "projects"]


@pytest.mark.parametrize("text", GIVEN)
async def test_ten_thousand_rows_are_bounded_and_said(text: str) -> None:
    """A server that ignores the size of a page; each row names another issue."""
    issue = {key: value for key, value in shapes.ISSUE.items() if key not in ("activity", "stats", "lastRelease")}
    rows = {
        "group-history/": [
            {**shapes.FIRING, "group": {**issue, "id": str(number), "shortId": f"SHOP-{number}", "title": f"T{number}"}}
            for number in range(10_000)
        ],
        "workflows/": [{**shapes.WORKFLOW_OF_TODAY, "id": str(number + 1000)} for number in range(1, 10_000)]
        + [shapes.WORKFLOW_OF_TODAY | {"name": "Pay all"}],
        "open-periods/": [{**shapes.OPEN_PERIOD, "id": str(number)} for number in range(10_000)],
        "checkins/": [shapes.CHECK_IN] * 10_000,
        "checks/": [shapes.UPTIME_RESULT] * 10_000,
        "incidents/": [shapes.INCIDENT] * 10_000,
        "issues/": [{**issue, "id": str(number)} for number in range(10_000)],
    }
    try:
        target = await resolved(text, {**BY_END, **rows})
    except RunbookError as exc:
        assert text == "Pay" and "Not read: further alerts or monitors" in exc.what and len(exc.what) < 500
        return
    assert len(target.issues) <= MOST_ISSUES
    said = " ".join(f"{entry.what}: {entry.why}" for entry in target.missing)
    touched = {"alerts/77", "rules/shop", "monitors/41", "rules/details", "crons/", "uptime/"}
    if any(part in text for part in touched):
        assert str(MOST_ROWS) in said, said
    assert len(target.model_dump_json()) < 20_000
