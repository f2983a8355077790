"""Pages of Sentry that name no issue: what a link to one is, and how to get the issues behind it. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from urllib.parse import parse_qs

from sentry_runbook.errors import BadInput
from sentry_runbook.safety.search_terms import plain_or_quoted
from sentry_runbook.sentry.error_detail import excerpt
from sentry_runbook.sentry.page_names import PageName, organization_in, page_name
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
    "profile": "a profile",
    "performance": "a performance page",
    "insights": "a performance page",
    "share": "a shared copy of an issue",
    "settings": "settings",
    "issues": "an issue stream",
    "projects": "a project",
    "stats": "usage statistics",
    "explore": "an Explore query",
}
"""Word in the path → what the page is; the first that the path holds: an alert on a cron monitor is the monitor's."""
STREAMS = frozenset({"alerts", "autofix", "crons", "detectors", "feedback", "monitors", "searches", "uptime", "views"})
"""What may stand where the issue's id does, below ``issues/``."""
PROJECT_AFTER: Mapping[str, frozenset[str]] = {
    "rules": frozenset({"details", "new", "wizard", "crons", "uptime"}),
    "crons": frozenset({"rules", "new", "wizard"}),
    "uptime": frozenset({"rules", "details", "new"}),
    "projects": frozenset({"new", "all"}),
    "profile": frozenset(),
}
"""Words after which the path names the project, and what else may stand there."""
PROJECT_AND_EVENT = re.compile(r"(?P<project>[A-Za-z0-9_][A-Za-z0-9_-]{0,99}):[0-9a-f]{32}")
"""``shop:EVENT`` in the path of a transaction's page."""
MOST_PROJECTS = 10
MOST_PARTS = 40
"""Parts of a path that are read: no page of Sentry's has more than a dozen, a release with slashes a few more."""
TRACE = re.compile(r"[0-9a-f]{32}")
PERIOD = re.compile(r"\d{1,4}[smhdw]")
MOMENT = re.compile(r"\d{4}-\d\d-\d\d(?:[T ][0-9:.]{4,15})?(?:Z|[+-]\d\d:?\d\d)?")
FIRING = re.compile(r"[0-9]{1,20}")
SITUATION_TOOL: str | None = "assess_situation"
"""The tool that takes a link to any of these pages, as :data:`.tool_names.TOOL_NAMES` lists it; None until it does."""


def trace_in_words(trace: str) -> BadInput:
    """What a trace's id is, and the call for the issues in that trace."""
    return BadInput(
        f"{trace} is called a trace, span, replay or profile in the text: it names no issue.",
        f"For the issues of a trace call find_issues query=trace:{trace}; then give a short id from there.",
    )


@dataclass(frozen=True)
class PageLink:
    """A link to a page that names no issue, and what it tells of the issues behind it.

    Attributes:
        page: what it is, as ``an alert``.
        projects: slugs or numbers; empty: all.
        organization: slug, None where the link names none.
        query: the search that it stands for, None where it stands for none.
        environments: from its query.
        period: from its query, as ``24h``.
        start: from its query, as written there; so is ``end``.
        end: None where the query has no period of its own.
        firing: number of the one firing that a metric alert's link is about (``?alert=``).
        name: what the page is of, by its id; None for lists and all other pages.
    """

    page: str
    projects: tuple[str, ...] = ()
    organization: str | None = None
    query: str | None = None
    environments: tuple[str, ...] = ()
    period: str | None = None
    start: str | None = None
    end: str | None = None
    firing: str | None = None
    name: PageName | None = None

    @property
    def tells_something(self) -> bool:
        """Whether there is anything that a situation can be read of: what it is of, or where and when to look."""
        return bool(self.name or self.projects or self.query or self.environments or self.period or self.start)

    @property
    def way_out(self) -> str:
        """The tool that takes such a link, as a sentence with a space behind it; empty until there is one."""
        return f"For what is behind it call {SITUATION_TOOL} with alert=this link. " if self._is_taken else ""

    @property
    def _is_taken(self) -> bool:
        return SITUATION_TOOL is not None and self.tells_something

    @property
    def what(self) -> str:
        """What the link is, as a sentence."""
        return f"The link is of {self.page}{self.of_projects}: it names no issue."

    @property
    def of_projects(self) -> str:
        """The projects, as the end of a phrase."""
        named = ", ".join(self.projects)
        return f" of project{'s' * (len(self.projects) > 1)} {named}" if named else ""

    @property
    def call(self) -> str:
        """The call of find_issues for the issues behind it, safe in a sentence."""
        arguments = {
            "project": self.projects[0] if len(self.projects) == 1 else None,
            "query": _argument(self.query) if self.query else None,
            "environment": _quoted(",".join(self.environments)) if self.environments else None,
            "period": self.period,
        }
        given = [f"{name}={value}" for name, value in arguments.items() if value]
        return " ".join(["find_issues", *([] if len(self.projects) < 2 else ["project=…"]), *given])


class NamesNoIssue(BadInput):
    """A link of the configured Sentry to a page that names no issue.

    Args:
        link: what it tells.
    """

    def __init__(self, link: PageLink) -> None:
        self.link = link
        behind = {0: "issues of all projects", 1: "the issues of that project"}
        whose = behind.get(len(link.projects), "the issues of each of these projects")
        super().__init__(
            link.what,
            f"{link.way_out}For {whose} call {link.call}; then give a short id from there, or the URL of an issue or "
            "event.",
        )


def names_no_issue(parts: Sequence[str], query: str, organization: str | None = None) -> NamesNoIssue:
    """What the link is, and the call of find_issues for the issues behind it.

    Args:
        parts: of the path below the configured Sentry.
        query: of the URL.
        organization: that the host names.
    """
    parts = parts[:MOST_PARTS]
    word = next((word for word in PAGES if word in parts), None)
    values = parse_qs(query[:4000])
    organization = organization_in(parts) or organization
    period = next(iter(values.get("statsPeriod", values.get("period", []))), "")
    start, end, firing = (next(iter(values.get(key, [])), "") for key in ("start", "end", "alert"))
    has_stretch = MOMENT.fullmatch(start) is not None and MOMENT.fullmatch(end) is not None
    return NamesNoIssue(
        PageLink(
            page=PAGES[word] if word else "a page of Sentry",
            projects=_projects(parts, values),
            organization=organization,
            query=_search(parts, values, word),
            environments=tuple(dict.fromkeys(values.get("environment", [])))[:MOST_PROJECTS],
            period=period if PERIOD.fullmatch(period) else None,
            start=start if has_stretch else None,
            end=end if has_stretch else None,
            firing=firing if FIRING.fullmatch(firing) else None,
            name=page_name(parts),
        )
    )


def _quoted(text: str) -> str:
    """A text of the link as one inert argument; one that cannot stand here unchanged is only pointed at."""
    shown = excerpt(text)
    if shown != " ".join(text.split()) or ('"' in shown and "'" in shown):
        return "(as in the link)"  # another text would be another search
    return f"'{shown}'" if '"' in shown else f'"{shown}"'


def _argument(query: str) -> str:
    return query if TRACE.fullmatch(query.removeprefix("trace:")) else _quoted(query)


def _projects(parts: Sequence[str], query: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """The projects that the link names, by slug or number."""
    name = page_name(parts)
    if name is not None and name.project is not None:
        return (name.project,)
    for word, others in PROJECT_AFTER.items():
        following = [after for before, after in pairwise(parts) if before == word]
        named = next((after for after in following if after not in others and SLUG.fullmatch(after)), None)
        if named and not (word == "rules" and named.isdigit()):
            return (named,)
    with_event = next((match["project"] for part in parts if (match := PROJECT_AND_EVENT.fullmatch(part))), None)
    if with_event is not None:
        return (with_event,)
    chosen = [name for value in query.get("project", ()) for name in value.split(",")]
    return tuple(dict.fromkeys(name for name in chosen if SLUG.fullmatch(name)))[:MOST_PROJECTS]


def _search(parts: Sequence[str], query: Mapping[str, Sequence[str]], word: str | None) -> str | None:
    """The search that the link stands for."""
    after = parts[parts.index(word) + 1 :] if word in parts else []
    trace = next((part for before, part in pairwise(parts) if before == "trace" and TRACE.fullmatch(part)), None)
    if trace is not None:
        return f"trace:{trace}"
    if word == "releases" and after:
        release = plain_or_quoted(after[0])
        return None if release is None else f"release:{release}"
    return next(iter(query.get("query", ())), None) if word == "issues" else None
