"""A question: one issue, one window, and the aspects that the answer will show."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import Literal

from sentry_runbook.incident.model.evidence import Window
from sentry_runbook.sentry.ids import IssueRef


class Aspect(Enum):
    """A part of the evidence that costs requests. What a tool does not show is not asked for."""

    EVENT = auto()
    """One whole event."""
    SAMPLE = auto()
    """Another whole event (oldest or recommended), for what one event cannot show; with the notes of a story, both."""
    ROWS = auto()
    """Up to 100 of the latest events: users, tags, instants."""
    TAGS = auto()
    """Tag values over all time; also tells the issue's environments."""
    TOTALS = auto()
    """Events and distinct users in the window."""
    SERIES = auto()
    """Events and users a minute, from one window length before."""
    TREND = auto()
    """Events a minute only, for readers that show no users."""
    USERS = auto()
    """Distinct users per clock hour, and exact rolling hours where the threshold needs them."""
    UNHANDLED = auto()
    """Unhandled events a minute, of the issue and of its project, and who else causes them."""
    SESSIONS = auto()
    """Release health of the project."""
    DROPPED = auto()
    """The project's error events by outcome: what Sentry dropped. Every answer that shows counts needs it."""
    LATENCY = auto()
    """p95 and count of the affected transactions."""
    BREAKDOWN = auto()
    """Events by combinations of tags, in the window and before it."""
    ENVIRONMENTS = auto()
    """Events by environment in the window."""
    RELEASES = auto()
    """The project's releases, those of other projects, and the deploys of the suspect one."""
    COMMITS = auto()
    """Suspect commits."""
    OWNERS = auto()
    """Whom ownership rules name; they come with the issue."""
    FLAGS = auto()
    """Changes of feature flags."""
    RELATED = auto()
    """Issues of any project that may be of the same incident."""
    ALERTS = auto()
    """Alert rules and when they last fired."""
    NOTES = auto()
    """Comments on the issue."""
    RELEASE = auto()
    """One release by its version: whether Sentry knows it."""
    RELEASE_LIST = auto()
    """The project's releases alone: how Sentry orders them."""


@dataclass(frozen=True)
class Question:
    """What to collect evidence for.

    Attributes:
        reference: which issue.
        beside: further issues of the same incident.
        window: the period.
        aspects: what the answer will show.
        environments: what the caller named; empty: see ``scope``.
        is_link_s_environment: the environments stand in the link, and the caller may not know of them.
        scope: without named environments, count production when there is any, or all.
        which: the representative event of the issue: ``latest``, ``oldest``, ``recommended`` or an event id.
        release: the version that :attr:`Aspect.RELEASE` asks about.
        fresh: read the issue itself anew, not from the cache: a write is planned on it.
    """

    reference: IssueRef
    window: Window
    aspects: frozenset[Aspect]
    environments: tuple[str, ...] = ()
    is_link_s_environment: bool = False
    scope: Literal["production", "all"] = "production"
    which: str = "latest"
    release: str | None = None
    fresh: bool = False
    beside: tuple[IssueRef, ...] = ()

    def wants(self, *aspects: Aspect) -> bool:
        """Whether any of these aspects is asked for."""
        return not self.aspects.isdisjoint(aspects)


SEVERITY = frozenset(
    {
        Aspect.TAGS,
        Aspect.ROWS,
        Aspect.TOTALS,
        Aspect.SERIES,
        Aspect.USERS,
        Aspect.UNHANDLED,
        Aspect.SESSIONS,
        Aspect.ENVIRONMENTS,
        Aspect.DROPPED,
    }
)
IMPACT = (SEVERITY | {Aspect.EVENT, Aspect.LATENCY, Aspect.BREAKDOWN}) - {Aspect.ENVIRONMENTS}
TRIAGE = IMPACT | {
    Aspect.SAMPLE,
    Aspect.RELEASES,
    Aspect.COMMITS,
    Aspect.OWNERS,
    Aspect.FLAGS,
    Aspect.ALERTS,
    Aspect.RELATED,
}
READ = frozenset({Aspect.EVENT, Aspect.TREND, Aspect.COMMITS, Aspect.DROPPED})
RECOVERY = frozenset(
    {Aspect.ROWS, Aspect.TAGS, Aspect.TREND, Aspect.SESSIONS, Aspect.DROPPED, Aspect.FLAGS, Aspect.RELEASES}
)
WRITING = frozenset({Aspect.ROWS, Aspect.RELEASE})
"""What a change of status is planned on; one round, so that a write takes three with its read-back."""
WRITING_ORDERED = WRITING | {Aspect.RELEASE_LIST}
"""What a plan that waits for a release, and is only shown, is made on: a second round tells how releases compare."""
STORY = (TRIAGE | {Aspect.NOTES}) - {Aspect.RELATED}
"""All that a message or a postmortem can cite."""
HANDOFF = STORY | {Aspect.RELATED}
"""And which issues of other projects began with it: who takes over looks at the whole incident."""
