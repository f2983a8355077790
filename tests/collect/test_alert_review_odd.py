"""A review of alerts in front of servers that answer something else: nothing is invented, and nothing breaks."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from sentry_runbook.collect.alert_review import collect_alert_review
from sentry_runbook.errors import RunbookError
from sentry_runbook.incident.model.evidence import Known
from sentry_runbook.incident.model.evidence.alert_review import AlertReviewEvidence
from sentry_runbook.runtime import build_runtime
from sentry_runbook.simulator.app import Profile, create_app
from sentry_runbook.simulator.clock import ManualClock
from tests.collect.reviewed import BOTH, WIDE
from tests.collect.watched import company

LISTS = (
    *("workflows", "detectors", "combined-rules", "incidents", "rules", "group-history", "stats", "open-periods"),
    *("activities", "issues", "projects", "environments", "sessions", "events-timeseries", "events-stats"),
)
JUNK: dict[str, Any] = {
    **{"nothing": None, "a list": [], "an object": {}, "a word": "\u202ehello\x1b", "a number": -1, "a flag": True},
    **{"objects": [{}], "nulls": [None], "much": 10**400, "deep": [[[{"id": {"id": []}}]]]},
}
KEPT = ("id", "form", "type")


class Odd(httpx.AsyncBaseTransport):
    """The embedded Sentry; in its answers about some things every value of a row, or the whole answer, is junk."""

    def __init__(self, junk: Any, profile: Profile, *, is_whole: bool) -> None:
        self._inner = httpx.ASGITransport(create_app(company(), profile=profile))
        self._junk, self._is_whole = junk, is_whole

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer."""
        response = await self._inner.handle_async_request(request)
        name = request.url.path.rstrip("/").rpartition("/")[2]
        if name not in LISTS or response.status_code != 200:
            return response
        answer = self._junk if self._is_whole else self._spoilt(json.loads(await response.aread()))
        return httpx.Response(200, content=json.dumps(answer), headers={"content-type": "application/json"})

    def _spoilt(self, answer: Any) -> Any:
        if isinstance(answer, list):
            return [self._spoilt(row) for row in answer]
        if isinstance(answer, dict):
            return {key: value if key in KEPT else self._junk for key, value in answer.items()}
        return self._junk


async def reviewed(junk: Any, profile: Profile, *, is_whole: bool) -> AlertReviewEvidence | None:
    """The evidence; None where no list of alerts could be read."""
    transport = Odd(junk, profile, is_whole=is_whole)
    run = build_runtime(WIDE, http_transport=transport, clock=ManualClock(), elapsed=lambda: 0.0)
    try:
        return await collect_alert_review(run)
    except RunbookError as exc:
        assert exc.what
        return None
    finally:
        await run.aclose()


@pytest.mark.parametrize("is_whole", [True, False], ids=["answers", "values"])
@pytest.mark.parametrize("profile", [Profile(), BOTH], ids=["today", "both"])
@pytest.mark.parametrize("junk", JUNK)
async def test_whatever_a_server_answers_only_what_it_says_is_known(
    junk: str, profile: Profile, is_whole: bool
) -> None:
    evidence = await reviewed(JUNK[junk], profile, is_whole=is_whole)
    if evidence is None:
        return
    assert not evidence.window.note
    for keyed in evidence.fired:
        if isinstance(keyed.firings, Known) and (keyed.firings.value.total or 0) > 0:
            raise AssertionError("a firing was invented")
    events = list(evidence.hourly.value) if isinstance(evidence.hourly, Known) else []
    assert not any(value for row in events for value in row.events.values)
    assert "\x1b" not in evidence.model_dump_json()


@pytest.mark.parametrize("key", ["lastTriggered", "detectorIds", "enabled", "latestGroup", "projectId"])
async def test_a_key_that_is_missing_is_unknown_and_asked_for_where_that_can_be(key: str) -> None:
    class Without(Odd):
        def _spoilt(self, answer: Any) -> Any:
            rows = answer if isinstance(answer, list) else [answer]
            for row in rows:
                if isinstance(row, dict):
                    row.pop(key, None)
            return answer

    transport = Without(None, Profile(), is_whole=False)
    run = build_runtime(WIDE, http_transport=transport, clock=ManualClock(), elapsed=lambda: 0.0)
    evidence = await collect_alert_review(run)
    await run.aclose()
    fired = {keyed.alert: keyed for keyed in evidence.fired}
    firings = fired["workflow:77"].firings
    assert isinstance(firings, Known) and firings.value.total == 3
    never = fired["workflow:90"].firings
    assert isinstance(never, Known) and never.value.total == 0
    if key == "lastTriggered":
        assert never.source.startswith("firings of the alert"), "the history says so, and not the row"
    if key == "enabled":
        assert all(alert.enabled is None for alert in evidence.alerts if alert.form == "workflow")


ODD_ROWS: list[Any] = [
    {"group": None, "count": 2},
    {"group": {}, "count": 1},
    {"group": {"id": ".."}, "count": 1},
    {"group": {"id": "5" * 600}, "count": 1},
]


class OddHistory(Odd):
    """Histories whose rows name no issue, or one that no address may hold."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer."""
        if request.url.path.endswith("/group-history/"):
            return httpx.Response(200, json=ODD_ROWS)
        return await self._inner.handle_async_request(request)


async def test_a_history_whose_issues_cannot_be_read_costs_the_review_nothing_else() -> None:
    run = build_runtime(
        WIDE,
        http_transport=OddHistory(None, Profile(), is_whole=False),
        clock=ManualClock(),
        elapsed=lambda: 0.0,
    )
    evidence = await collect_alert_review(run)
    await run.aclose()
    assert evidence.alerts and isinstance(evidence.hourly, Known)
    assert not {"", "..", "5" * 600} & {row.issue.id for row in evidence.issues}
    histories = [keyed.firings.value for keyed in evidence.fired if isinstance(keyed.firings, Known)]
    assert any(known.has_more_issues for known in histories), "rows that cannot be read are issues that are not known"


async def test_rows_of_a_list_without_a_number_are_alerts_that_are_not_known() -> None:
    class Nameless(Odd):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            if request.url.path.endswith("/workflows/"):
                return httpx.Response(200, json=[{}, {"id": {"a": 1}, "name": "x"}])
            return await self._inner.handle_async_request(request)

    run = build_runtime(
        WIDE, http_transport=Nameless(None, Profile(), is_whole=False), clock=ManualClock(), elapsed=lambda: 0.0
    )
    evidence = await collect_alert_review(run)
    await run.aclose()
    lost = [entry.why for entry in evidence.unread if entry.what == "the alerts"]
    assert lost == ["2 of 2 rows of the list have no number that can be read"]
