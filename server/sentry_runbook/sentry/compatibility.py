"""What this Sentry can answer: learned from its answers, remembered, shown by ``doctor``.

Nothing tells a server's version reliably, so an ability is what was seen: it answered (known for good), or a request
failed in a way that only a server without it fails (remembered for a while: plans and servers change, proxies show
maintenance pages). Abilities that depend on a plan are kept by organization.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from sentry_runbook.sentry.messages import SentryResponse
from sentry_runbook.sentry.server_kind import ServerKind, is_glitchtip_issue, kind_of

LACK_S = 900.0
"""How long a lack is believed before the server is asked again."""

ABILITIES: Mapping[str, tuple[str, str]] = {
    "org_issues": ("issues below the organization's path", "the older /api/0/issues/ path"),
    "short_ids": ("short ids in place of issue numbers", "looked up first"),
    "look_up": ("the look-up of short ids", "the issue list is searched"),
    "owners": ("the owners of an issue", "left out"),
    "oldest": ("the oldest event of an issue", "left out"),
    "recommended": ("the recommended event of an issue", "the latest event"),
    "discover": ("Discover: counts in a window", "counted from the issue's events, hours and tags"),
    "issue_titles": ("titles in a table of issues", "left out"),
    "issue_columns": ("users and first event in a table of issues", "left out"),
    "dataset": ("Discover by dataset", "asked without one"),
    "spans": ("latency from spans", "latency from transactions"),
    "transactions": ("latency from transactions", "p95 stays unknown"),
    "transactions_dataset": ("transactions as a dataset of Discover", "Discover's default dataset"),
    "timeseries": ("time series (events-timeseries)", "the older events-stats"),
    "issue_series": ("several issues by the minute in one answer", "the older events-stats"),
    "stats": ("the older time series (events-stats)", "the issue's hourly counts"),
    "issue_stats": ("hourly counts of one issue (issues-stats)", "those that come with the issue"),
    "sessions": ("release health", "crash-free sessions stay unknown"),
    "unhandled_rate": ("the rate of unhandled sessions", "crash rate alone, the meaning before SDK 11"),
    "crash_rate": ("the rate of crashed sessions", "what the crash-free rate leaves"),
    "session_releases": ("sessions by environment and release at once", "by environment alone"),
    "releases": ("releases", "left out"),
    "all_releases": ("releases of all projects in one list", "those of one project"),
    "deploys": ("deploy markers", "left out"),
    "committers": ("suspect commits", "left out"),
    "activities": ("the activity of an issue by itself", "that of the issue's details"),
    "notes": ("comments under notes/", "comments/, as GlitchTip has it"),
    "workflows": ("alerts", "left out"),
    "alert_history": ("the firings of an alert by issue", "left out"),
    "alert_hours": ("the firings of an alert by the hour", "left out"),
    "project_alerts": ("the alerts of a project as GlitchTip lists them", "left out"),
    "detectors": ("monitors", "left out"),
    "open_periods": ("when a monitor was open", "left out"),
    "rule_ids": ("alerts of today by their old ids", "the older rules/"),
    "metric_rule_ids": ("monitors of today by the ids of metric alerts", "the older alert-rules/"),
    "incident_ids": ("firings of monitors by their old numbers", "the older incidents/"),
    "crons_by_project": ("cron monitors below their project", "those below the organization"),
    "alert_order": ("alerts in the order of their last firing", "the first hundred"),
    "monitor_order": ("monitors in the order of their open issues", "the first hundred"),
    "outcomes": ("events that Sentry dropped", "whether counts are a lower bound stays unknown"),
    "flags": ("changes of feature flags", "left out"),
    "global_views": ("one search over all projects", "projects are searched one by one"),
    "sort": ("all of Sentry's sort orders of the issue list", "the nearest order"),
    "all_projects": ("a search of all projects by -1", "the projects of the token's user"),
    "issue_events": ("events by id below their issue", "below their project"),
}
"""Ability → what it is, and what stands in for it."""

State = Literal["yes", "no", "unknown"]
ONLY_SENTRY_HAS = frozenset({"discover", "timeseries", "stats", "sessions", "notes", "org_issues"})
"""Abilities that show a Sentry where they worked: no GlitchTip of the versions seen has them."""

GLITCHTIP_LACKS = frozenset(
    {
        *("discover", "timeseries", "stats", "spans", "transactions", "sessions", "outcomes"),
        *("org_issues", "short_ids", "look_up", "recommended", "oldest", "owners"),
        *("notes", "committers", "workflows", "flags"),
        *("alert_history", "alert_hours", "detectors", "open_periods", "rule_ids", "metric_rule_ids", "incident_ids"),
    }
)
"""Abilities that no GlitchTip seen has, by its list of routes (up to 6.2.6): once it is known, none is tried there."""


@dataclass(frozen=True)
class Capability:
    """One line of the table.

    Attributes:
        name: as in :data:`ABILITIES`.
        what: in words.
        state: whether this server has it; ``unknown`` before the first request.
        instead: what stands in for it where it is missing.
    """

    name: str
    what: str
    state: State
    instead: str


class Capabilities:
    """What is known of one server.

    Args:
        clock: monotonic seconds.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._has: set[tuple[str, str]] = set()
        self._lacks_until: dict[tuple[str, str], float] = {}
        self._kind: ServerKind = "unknown"

    @property
    def server(self) -> ServerKind:
        """Which program answers, learned from any answer and never unlearned; ``unknown`` before a mark was seen."""
        if self._kind == "unknown" and any(ability in ONLY_SENTRY_HAS for ability, _ in self._has):
            return "sentry"
        return self._kind

    def observe(self, response: SentryResponse) -> None:
        """Learn from a response, of any status, which program answers; the first mark counts."""
        if self._kind == "unknown":
            self._kind = kind_of(response)

    def observe_issue(self, issue: Mapping[str, object]) -> None:
        """Learn from an issue which program answers."""
        if self._kind == "unknown" and is_glitchtip_issue(issue):
            self._kind = "glitchtip"

    def is_supported(self, ability: str, organization: str = "") -> bool:
        """Whether it has worked; that is never unlearned."""
        return (ability, organization) in self._has

    def is_missing(self, ability: str, organization: str = "") -> bool:
        """Whether the server has no such, or a request failed as only servers without it fail within :data:`LACK_S`."""
        if self._kind == "glitchtip" and ability in GLITCHTIP_LACKS:
            return not self.is_supported(ability, organization)
        return self._lacks_until.get((ability, organization), float("-inf")) > self._clock()

    def mark_supported(self, ability: str, organization: str = "") -> None:
        """Remember that the ability worked. The empty ability, of the oldest form, is not recorded."""
        if not ability:
            return
        self._has.add((ability, organization))
        self._lacks_until.pop((ability, organization), None)

    def mark_missing(self, ability: str, organization: str = "") -> None:
        """Remember that the ability is absent; one failure does not overrule an earlier success."""
        if ability and not self.is_supported(ability, organization):
            self._lacks_until[ability, organization] = self._clock() + LACK_S

    def table(self) -> tuple[Capability, ...]:
        """All abilities, over all organizations asked."""
        supported = {name for name, _ in self._has}
        missing = {name for (name, _), until in self._lacks_until.items() if until > self._clock()}
        missing |= GLITCHTIP_LACKS if self._kind == "glitchtip" else set()
        return tuple(
            Capability(name, what, "yes" if name in supported else "no" if name in missing else "unknown", instead)
            for name, (what, instead) in ABILITIES.items()
        )
