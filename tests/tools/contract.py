"""What every answer must hold: the keys of each tool, and the manners that all answers share."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import jsonschema  # type: ignore[import-untyped]  # it ships no types

from sentry_runbook.tool_names import TOOL_NAMES

KEYS: Mapping[str, tuple[str, ...]] = {
    "assess_situation": (
        *("headline", "incidents", "window.start", "window.end", "scope.project", "scope.issues_read", "changes"),
        *("projects", "alerts", "quiet", "missing"),
    ),
    "review_alerts": (
        *("headline", "counts", "window.start", "window.end", "project", "alerts", "gaps", "episodes_total", "missing"),
    ),
    "find_issues": ("scope.project", "scope.environments", "scope.period", "scope.query", "issues"),
    "get_issue": (
        *("short_id", "id", "url", "title", "level", "status", "substatus", "priority", "unhandled", "regressed"),
        *("project", "first_seen", "last_seen", "events_total", "users_total", "first_release", "last_release"),
        *("assigned_to", "trend.direction", "trend.last_hour", "trend.previous_hour", "trend.sparkline"),
        *("event.id", "event.when", "event.release", "event.environment", "event.transaction", "event.exceptions"),
        *("event.failing_frame", "event.breadcrumbs", "event.tags", "event.device", "event.browser", "event.os"),
        *("event.request", "suspect_commits", "missing"),
    ),
    "list_events": ("events", "truncated"),
    "discover_impact": (
        *("window.start", "window.end", "events", "users", "users_worst_hour", "unhandled_per_minute_peak"),
        *("project_unhandled_per_minute_peak", "crash_free_sessions_pct", "baseline.events", "baseline.ratio"),
        *("p95_ms", "endpoints", "breakdown", "trend.direction", "missing"),
    ),
    "classify_severity": (
        *("severity", "label", "decided_by", "criteria", "could_be.lowest", "could_be.highest", "response_minutes"),
        *("respond_by", "escalation", "policy", "missing"),
    ),
    "triage_issue": (
        *("issue.id", "issue.url", "issue.title", "severity.severity", "severity.decided_by", "severity.respond_by"),
        *("impact.events", "impact.users", "impact.users_worst_hour", "impact.crash_free_sessions_pct"),
        *("impact.trend", "impact.p95_ms", "impact.baseline.ratio", "checklist", "causes", "suspect_release"),
        *("suspect_commits", "next_steps", "missing"),
    ),
    "resolve_issue": ("action", "outcome", "before", "after", "warnings"),
    "add_note": ("outcome", "warnings"),
    "check_recovery": (
        *("verdict", "events_per_hour_before", "events_per_hour_baseline", "events_per_hour_now", "quiet_since"),
        *("events_since", "regressed", "missing"),
    ),
    "draft_update": ("status", "text", "unknowns", "next_update_due"),
    "draft_postmortem": ("markdown", "timeline", "impact", "unknowns", "action_items"),
}
"""DESIGN §6: what the answer has, or names in ``missing``. Left out: what only some answers can have (a next page, a
confirm_token)."""

SAME: Mapping[str, tuple[str, ...]] = {
    "assess_situation": (
        *("headline", "incidents[].id", "incidents[].severity", "incidents[].label", "incidents[].because"),
        *("incidents[].users", "incidents[].next_step", "incidents[].projects[]", "incidents[].reasons[]"),
        *("incidents[].against[]", "incidents[].suspect.name", "incidents[].suspect.why", "incidents[].issues_total"),
        *("incidents[].issues[].short_id", "incidents[].issues[].title", "incidents[].issues[].project"),
        *("changes[].what", "projects[].project", "alerts[].name", "quiet[]", "missing[].what", "missing[].why"),
    ),
    "review_alerts": (
        *("headline", "alerts[].name", "alerts[].why", "alerts[].condition", "alerts[].owner", "alerts[].next_step"),
        *("alerts[].replay", "alerts[].thresholds[].change", "gaps[].episode", "gaps[].nearest", "gaps[].suggestion"),
        *("episodes_total", "missing[].what", "missing[].why"),
    ),
    "triage_issue": (
        *("severity.severity", "severity.label", "severity.decided_by", "severity.because", "severity.escalation"),
        *("issue.short_id", "issue.url", "impact.events", "impact.users", "impact.users_worst_hour"),
        *("impact.p95_ms", "impact.crash_free_sessions_pct", "suspect_release", "suspect_commits[].id"),
        *("causes[].pattern", "causes[].confidence", "causes[].action", "causes[].evidence_for[]"),
        *("causes[].evidence_against[]", "next_steps[]", "checklist[].finding", "checklist[].step"),
        *("severity.criteria[].id", "severity.criteria[].threshold", "missing[].what", "missing[].why"),
        *("severity.due", "severity.clock_basis"),
    ),
    "get_issue": (
        *("short_id", "url", "level", "status", "substatus", "priority", "project", "platform", "events_total"),
        *("users_total", "first_release", "last_release", "trend.direction", "trend.last_hour", "trend.sparkline"),
        *("event.id", "event.release", "event.environment", "event.transaction", "event.user", "event.browser"),
        *("event.exceptions[].type", "event.exceptions[].value", "event.exceptions[].stack[]", "event.trace_id"),
        *("event.breadcrumbs[].text", "event.tags.*", "event.failing_frame.variables.*", "event.request.url"),
        *("suspect_commits[].id", "suspect_commits[].message", "suspect_commits[].author", "missing[].what"),
    ),
    "discover_impact": (
        *("events", "users", "users_worst_hour", "unhandled_per_minute_peak", "project_unhandled_per_minute_peak"),
        *("crash_free_sessions_pct", "p95_ms", "baseline.events", "endpoints[].transaction", "breakdown[].value"),
        *("reading", "missing[].what", "missing[].why"),
    ),
    "classify_severity": (
        *("severity", "label", "decided_by", "because", "escalation", "policy", "criteria[].id"),
        *("criteria[].threshold", "distance[].needs", "due", "clock_basis"),
    ),
    "list_events": ("events[].id", "events[].release", "events[].user", "events[].transaction", "next_cursor"),
    "find_issues": (
        *("scope.query", "issues[].project", "issues[].events_total", "issues[].users_total"),
        *("issues[].short_id", "issues[].events", "issues[].users", "issues[].url", "issues[].level"),
    ),
    "check_recovery": ("verdict", "reading", "events_since", "missing[].what", "missing[].why", "needs[]", "notes[]"),
    "resolve_issue": ("action", "outcome", "warnings[]", "undo"),
    "add_note": ("outcome", "issue", "text", "warnings[]"),
    "draft_update": ("status", "text", "unknowns[]"),
    "draft_postmortem": ("markdown",),
}
"""What the text must say, too; a tool without such a value has no test that both channels agree."""

VERDICT: Mapping[str, tuple[str, ...]] = {
    "assess_situation": ("headline", "incidents", "alert", "quiet"),
    "review_alerts": ("headline", "counts", "next_cursor"),
    "find_issues": ("scope", "next_cursor"),
    "get_issue": ("short_id", "title", "url", "status", "substatus", "level", "trend"),
    "list_events": ("issue", "truncated", "next_cursor"),
    "discover_impact": ("issue", "window", "reading"),
    "classify_severity": ("issue", "severity", "label", "decided_by", "because"),
    "triage_issue": ("issue", "severity"),
    "resolve_issue": ("action", "outcome", "issue"),
    "add_note": ("outcome", "issue"),
    "check_recovery": ("issue", "verdict", "reading"),
    "draft_update": ("status", "nothing_to_say"),
    "draft_postmortem": ("unknowns", "contradictions", "lint"),
}
"""DESIGN §6: the keys that a reader needs first, and in this order; some of them not every answer has."""
AFTER_VERDICT = ("untrusted", "missing", "findings", "masked")
"""What follows the verdict in every answer, before all the rest."""

ARGUMENTS: Mapping[str, dict[str, object]] = {
    "list_events": {"limit": 50},
    "resolve_issue": {"action": "resolve", "dry_run": True},
    "add_note": {"text": "We are on it.", "dry_run": True},
}
"""What an ordinary call gives beside ``issue``, of the tools where that is not nothing."""
TOOLS = TOOL_NAMES
WITHOUT_ISSUE = ("assess_situation", "review_alerts", "find_issues")
OF_ONE_ISSUE = tuple(tool for tool in TOOLS if tool not in WITHOUT_ISSUE)
CHANNEL = {"draft_update": 20_000, "draft_postmortem": 20_000}
"""Characters of one channel; 9,000 where none is given (DESIGN §9)."""


def call(tool: str, issue: str, **more: object) -> dict[str, object]:
    """The arguments of an ordinary call."""
    return {**({} if tool in WITHOUT_ISSUE else {"issue": issue}), **ARGUMENTS.get(tool, {}), **more}


def at(values: Mapping[str, Any], path: str) -> object:
    """The value at a dotted path; None where it is absent."""
    found: object = values
    for step in path.split("."):
        found = found.get(step) if isinstance(found, dict) else None
    return found


def named_missing(values: Mapping[str, Any]) -> set[str]:
    """All paths that ``missing`` names, and for a whole part its keys too."""
    return {what.strip() for entry in values.get("missing", []) for what in entry["what"].split(",")}


def unaccounted(tool: str, values: Mapping[str, Any]) -> list[str]:
    """Keys of the contract that are neither there nor named."""
    named = named_missing(values)

    def is_named(path: str) -> bool:
        steps = path.split(".")
        return any(".".join(steps[: length + 1]) in named for length in range(len(steps)))

    return [path for path in KEYS[tool] if at(values, path) is None and not is_named(path)]


def nulls(value: object, path: str = "") -> Iterator[str]:
    """Paths that hold null."""
    if value is None:
        yield path
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from nulls(inner, f"{path}.{key}")
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from nulls(inner, f"{path}[{index}]")


def reached(value: object, path: str) -> list[object]:
    """The values at an ``untrusted`` path: ``[]`` is every item, ``*`` every key."""
    found = [value]
    for step in path.replace("[]", ".[]").split("."):
        if step == "[]":
            found = [inner for one in found if isinstance(one, list) for inner in one]
        elif step == "*":
            found = [inner for one in found if isinstance(one, dict) for inner in one.values()]
        else:
            found = [one[step] for one in found if isinstance(one, dict) and step in one]
    return found


def disorder(tool: str, values: Mapping[str, Any]) -> list[str]:
    """What does not stand where its reader looks for it: verdict, untrusted, missing, and then the rest."""
    first = [key for key in (*VERDICT[tool], *AFTER_VERDICT) if key in values]
    read = list(values)[: len(first)]
    return [] if read == first else [f"begins with {', '.join(read)} instead of {', '.join(first)}"]


def complaints(tool: str, values: Mapping[str, Any], text: str, schema: Mapping[str, Any]) -> list[str]:
    """Everything that is wrong with an answer."""
    most = CHANNEL.get(tool, 9_000)
    errors = jsonschema.Draft202012Validator(schema).iter_errors(values)
    found = [f"schema: {error.json_path}: {error.message[:200]}" for error in errors]
    found += disorder(tool, values)
    found += [f"null at {path}" for path in nulls(values)]
    found += [f"neither there nor named: {path}" for path in unaccounted(tool, values)]
    found += [
        f"untrusted path without a value: {path}" for path in values.get("untrusted", []) if not reached(values, path)
    ]
    found += [f"{name} has {size} characters" for name, size in sizes(values, text).items() if size > most]
    if text.count("<untrusted ") != text.count("</untrusted "):
        found.append("the fence is not closed")
    return found


def sizes(values: Mapping[str, Any], text: str) -> dict[str, int]:
    """Characters of each channel, the structured one as the widest usual writer writes it."""
    return {"structured": len(json.dumps(values)), "text": len(text)}
