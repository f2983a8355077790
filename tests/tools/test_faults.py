"""The fault matrix of the tools: every tool × every fault × the main request, each side request, and the write."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.sentry.faults import FAULTS, Fault
from tests.sentry.upstream import TOKEN
from tests.tools.contract import KEYS, TOOLS, at, call, complaints
from tests.tools.faults import ISSUE, Bench, bench, kind, waits

MAIN = {"find_issues": "issues", "assess_situation": "issues", "list_events": "rows", "review_alerts": ""}
"""What a tool cannot do without; the issue itself where nothing is given. A review can do without each of its lists:
tests/collect/test_alert_review.py has those of all alerts together."""
DRAFTS = ("draft_update", "draft_postmortem")
SAMPLE = {
    "triage_issue": ("hang",),
    "get_issue": ("403", "truncated", "slow drip", "gzip bomb"),
    "classify_severity": ("400 query timeout",),
    "check_recovery": ("404 empty", "reset"),
    "list_events": ("401", "502 page"),
    "find_issues": ("404 page", "wrong shape"),
    "resolve_issue": ("500",),
    "add_note": ("503",),
}
"""In the quick suite."""
OF_STORIES = ("403", "429 as text/html", "404 page", "200 page", "wrong shape", "hang")
"""A story asks for what a triage asks for, and two things more; not every fault is worth its minute again."""
ORDER = {"P3": 0, "P2": 1, "P1": 2, "P0": 3}


def cells() -> list[Any]:
    """Tool × fault, the long part of it marked."""
    return [
        pytest.param(tool, fault, marks=() if fault in SAMPLE.get(tool, ()) else pytest.mark.matrix)
        for tool in TOOLS
        for fault in FAULTS
        if tool not in DRAFTS or fault in OF_STORIES
    ]


@pytest.mark.parametrize(("tool", "name"), cells())
async def test_a_fault_costs_its_own_part_and_nothing_is_invented(tool: str, name: str) -> None:
    fault, main = FAULTS[name], MAIN.get(tool, "issue")
    async with bench(fault) as one:
        schemas = {listed.name: listed.output_schema for listed in (await one.client.list_tools()).tools}
        clean, _, failed = await one.answer(tool, call(tool, ISSUE))
        assert not failed
        for part in dict.fromkeys(one.upstream.kinds):
            one.renew()
            trouble(one, part)
            values, text, failed = await one.answer(tool, call(tool, ISSUE))
            harmless(text, one)
            if part == main:
                assert failed, (part, text)
                clear(text)
            else:
                assert not failed, (part, text)
                assert complaints(tool, values, text, schemas[tool] or {}) == [], part
                if (part, name) != NO_ERROR:
                    honest(tool, part, clean, values)


NO_ERROR = ("commits", "404 with words")
"""Sentry says so when it simply found no suspect commit."""


def trouble(one: Bench, part: str) -> None:
    """From now on this kind of request fails, and no other."""

    def is_hit(request: httpx.Request) -> bool:
        return kind(request) == part

    one.upstream.trouble = is_hit


def harmless(text: str, one: Bench) -> None:
    """No traceback, no token, no body of the server, and nothing was written."""
    for secret in ("Traceback", TOKEN, "sntryu_", "doctype", "httpx", "pydantic"):
        assert secret not in text
    assert one.upstream.writes == []


def clear(text: str) -> None:
    """One clear sentence with a next step."""
    assert 20 < len(text) < 600
    assert "\n" not in text
    assert text.endswith((".", "”"))
    assert text.count(". ") >= 1, "no next step"


def honest(tool: str, part: str, clean: dict[str, Any], values: dict[str, Any]) -> None:
    """A number is the measured one, or it is absent; a verdict may only say that it knows less."""
    for path in NUMBERS & set(KEYS[tool]):
        assert at(values, path) in (None, at(clean, path)), (part, path)
    changed = [
        path for path in KEYS[tool] if path not in ("missing", "trend.sparkline") and differs(clean, values, path)
    ]
    if set(changed) - STAND_INS.get(part, set()):
        told = any(values.get(key) != clean.get(key) for key in ("missing", "unknowns", "warnings"))
        assert told or tool in DRAFTS, (part, changed)
    if tool in ("triage_issue", "classify_severity"):
        now, before = (one["severity"] if tool == "triage_issue" else one for one in (values, clean))
        lowest, highest = (ORDER[now["could_be"][end]] for end in ("lowest", "highest"))
        assert lowest <= ORDER[now["severity"]] <= highest
        assert lowest <= ORDER[before["severity"]] <= highest, part


NUMBERS = {
    *("events", "users", "users_worst_hour", "unhandled_per_minute_peak", "project_unhandled_per_minute_peak"),
    *("crash_free_sessions_pct", "baseline.events", "p95_ms", "events_total", "users_total", "trend.last_hour"),
    *("impact.events", "impact.users", "impact.users_worst_hour", "impact.crash_free_sessions_pct", "impact.p95_ms"),
    *("events_per_hour_now", "events_per_hour_before", "events_per_hour_baseline", "events_since", "short_id", "id"),
    *("event.id", "event.release", "suspect_release", "first_seen", "last_seen", "regressed"),
}


STAND_INS = {
    "series": {"trend.direction", "trend.previous_hour", "impact.trend", "checklist", "criteria"},
    "breakdown": {"criteria"},
    "history": {"criteria"},
    "unhandled": {"criteria"},
    "project_unhandled": {"criteria"},
}
"""Where another measure takes the place of the one that failed, and says so beside itself by its note or source."""


def differs(clean: dict[str, Any], values: dict[str, Any], path: str) -> bool:
    """Whether a value is another one than without the fault."""
    return at(clean, path) != at(values, path)


async def test_what_a_postmortem_does_not_know_of_the_impact_is_absent_and_named_by_its_path() -> None:
    async with bench(FAULTS["403"]) as one:
        one.upstream.trouble = lambda request: kind(request) == "latency"
        triage, _, _ = await one.answer("triage_issue", {"issue": ISSUE})
        draft, _, _ = await one.answer("draft_postmortem", {"issue": ISSUE})
    for values in (triage, draft):
        assert "endpoints" not in values["impact"]
        assert "impact.endpoints" in {entry["what"] for entry in values["missing"]}


async def test_a_postmortem_carries_the_warnings_of_its_numbers() -> None:
    async with bench(scenario="sdk-misconfiguration") as one:
        draft, text, _ = await one.answer("draft_postmortem", {"issue": "LANDING-4"})
    (warning,) = draft["impact"]["warnings"]
    assert "no environment" in warning
    assert warning in text


# --- the write

WRITES = {"resolve_issue": {"action": "resolve"}, "add_note": {"text": "Rolled back at 12:10."}}
QUICK_WRITES = ("403", "400 field errors", "502 page", "reset", "hang")
UNCLEAR = ("500", "502 page", "503", "200 page", "200 empty", "truncated", "reset", "hang", "slow drip", "gzip bomb")
"""After these the server may have done it."""


def writes() -> list[Any]:
    """Tool × fault × whether the request arrived."""
    cases = [(tool, fault, False) for tool in WRITES for fault in FAULTS]
    cases += [(tool, fault, True) for tool in WRITES for fault in UNCLEAR]
    return [
        pytest.param(tool, fault, arrives, marks=() if fault in QUICK_WRITES else pytest.mark.matrix)
        for tool, fault, arrives in cases
    ]


@pytest.mark.parametrize(("tool", "name", "arrives"), writes())
async def test_a_write_in_trouble_is_sent_once_and_told_as_what_it_was(tool: str, name: str, arrives: bool) -> None:
    fault: Fault = FAULTS[name]
    async with bench(fault) as one:
        plan, text, failed = await one.answer(tool, {"issue": ISSUE, **WRITES[tool]})
        assert not failed, text
        one.upstream.trouble = lambda request: request.method != "GET"
        one.upstream.arrives = arrives
        token = {"confirm_token": plan["confirm_token"]}
        values, text, failed = await one.answer(tool, {"issue": ISSUE, **WRITES[tool], **token})
        changed = done(one, tool)
    assert len(one.upstream.writes) == 1 or (waits(fault) and not one.upstream.writes)
    assert TOKEN not in text and "Traceback" not in text
    assert changed == arrives
    if failed:
        assert not arrives
        assert "Nothing was" in text
    else:
        # What is read back decides; a Sentry that never answers may take the whole time of the call.
        known = "applied" if arrives else "not_applied"
        assert values["outcome"] in ((known, "unknown") if waits(fault) else (known,))
        assert bool(values.get("note_id")) == (tool == "add_note" and values["outcome"] == "applied")
        assert arrives or values["warnings"]


def done(one: Bench, tool: str) -> bool:
    """Whether Sentry holds the change."""
    issue = one.world.find_issue(ISSUE)
    assert issue is not None
    if tool == "resolve_issue":
        return issue.status == "resolved"
    return any("Rolled back" in str(entry.data) for entry in issue.activity)


@pytest.mark.parametrize("tool", WRITES)
async def test_when_the_read_back_fails_too_the_outcome_is_unknown_and_says_so(tool: str) -> None:
    async with bench(FAULTS["reset"]) as one:
        plan, _, _ = await one.answer(tool, {"issue": ISSUE, **WRITES[tool]})

        def since_the_write(request: httpx.Request) -> bool:
            return request.method != "GET" or bool(one.upstream.writes)

        one.upstream.trouble = since_the_write
        values, text, failed = await one.answer(
            tool, {"issue": ISSUE, **WRITES[tool], "confirm_token": plan["confirm_token"]}
        )
    assert not failed
    assert values["outcome"] == "unknown"
    assert "before trying again" in text or "look at" in text.lower()
