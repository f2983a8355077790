"""Pages of Sentry that name no issue: what a link to one is, and how to get the issues behind it. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from urllib.parse import parse_qs

from sentry_runbook.errors import BadInput
from sentry_runbook.sentry.error_detail import excerpt
from sentry_runbook.sentry.pasted import SLUG

PAGES: Mapping[str, str] = {
    "trace": "a trace",
    "traces": "traces",
    "crons": "a cron monitor",
    "uptime": "an uptime check",
    "detectors": "a detector",
    "alerts": "an alert",
    "alert-rules": "an alert",
    "automations": "an alert",
    "workflows": "an alert",
    "monitors": "a monitor",
    "releases": "a release",
    "replays": "a replay",
    "profiling": "a profile",
    "feedback": "the list of user feedback",
    "user-feedback": "the list of user feedback",
    "discover": "a Discover query",
    "logs": "logs",
    "dashboard": "a dashboard",
    "dashboards": "a dashboard",
    "performance": "a performance page",
    "insights": "a performance page",
    "share": "a shared copy of an issue",
    "settings": "settings",
    "issues": "an issue stream",
    "projects": "a project",
}
"""Word in the path → what the page is; the first that the path holds: an alert on a cron monitor is the monitor's."""
STREAMS = frozenset({"alerts", "autofix", "crons", "detectors", "feedback", "monitors", "searches", "uptime", "views"})
"""What may stand where the issue's id does, below ``issues/``."""
PROJECT_AFTER: Mapping[str, frozenset[str]] = {
    "rules": frozenset({"details", "new", "wizard", "crons", "uptime"}),
    "crons": frozenset({"rules", "new", "wizard"}),
    "uptime": frozenset({"rules", "details", "new"}),
    "projects": frozenset({"new"}),
}
"""Words after which the path names the project, and what else may stand there."""
TRACE = re.compile(r"[0-9a-f]{32}")
PERIOD = re.compile(r"\d{1,4}[smhdw]")


def names_no_issue(parts: Sequence[str], query: str) -> BadInput:
    """What the link is, and the call of find_issues for the issues behind it.

    Args:
        parts: of the path below the configured Sentry.
        query: of the URL.
    """
    word = next((word for word in PAGES if word in parts), None)
    page = PAGES[word] if word else "a page of Sentry"
    arguments = _arguments(parts, {name: values[0] for name, values in parse_qs(query[:4000]).items()}, word)
    of_project = f" of project {arguments['project']}" if "project" in arguments else ""
    call = " ".join(["find_issues", *(f"{name}={value}" for name, value in arguments.items())])
    behind = "the issues of that project" if of_project else "issues of all projects"
    return BadInput(
        f"The link is of {page}{of_project}: it names no issue.",
        f"For {behind} call {call}; then give a short id from there, or the URL of an issue or event.",
    )


def _arguments(parts: Sequence[str], query: Mapping[str, str], word: str | None) -> dict[str, str]:
    """The arguments of find_issues that the link gives, safe in a sentence."""
    arguments: dict[str, str] = {}
    project = _project(parts, query)
    if project:
        arguments["project"] = project
    search = _search(parts, query, word)
    if search:
        arguments["query"] = _quoted(search) if word != "trace" else search
    if query.get("environment"):
        arguments["environment"] = _quoted(query["environment"])
    if PERIOD.fullmatch(query.get("statsPeriod", "")):
        arguments["period"] = query["statsPeriod"]
    return arguments


def _quoted(text: str) -> str:
    """A text of the link as one inert argument."""
    return '"' + excerpt(text).replace('"', "'") + '"'


def _project(parts: Sequence[str], query: Mapping[str, str]) -> str | None:
    """The project that the link names, by slug or number."""
    for word, others in PROJECT_AFTER.items():
        following = [after for before, after in pairwise(parts) if before == word]
        named = next((after for after in following if after not in others and SLUG.fullmatch(after)), None)
        if named and not (word == "rules" and named.isdigit()):
            return named
    chosen = query.get("project", "")
    return chosen if SLUG.fullmatch(chosen) else None


def _search(parts: Sequence[str], query: Mapping[str, str], word: str | None) -> str | None:
    """The search that the link stands for."""
    after = parts[parts.index(word) + 1 :] if word in parts else []
    if word == "trace" and after and TRACE.fullmatch(after[0]):
        return f"trace:{after[0]}"
    if word == "releases" and after:
        return f"release:{after[0]}" if " " not in after[0] else None
    return query.get("query") if word == "issues" else None
