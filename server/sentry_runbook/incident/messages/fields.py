# ruff: noqa: RUF009  # a blank is frozen, so one for all is safe
"""What a template may ask for: names and kinds of all facts, and the blanks that stand for unknown ones.

How to add a fact: a field here, in the group where a reader looks for it, its default the blank that stands in its
place (``gap("what is missing")``); then a value or an ``Unknown`` for it where :mod:`.gather` makes the group. That
is all: templates can ask for it at once, and the check at start knows it, because it reads these classes.

A field is one of: :class:`Fact` (stands in a sentence), ``bool`` or ``str`` (for an ``if`` only as far as it is one of
our own words), another group, or a tuple of facts or groups (for a ``for``).
"""

from __future__ import annotations

from dataclasses import dataclass

from sentry_runbook.incident.messages.field import (
    NO_ISSUE,
    NOT_STATED,
    Fact,
    blank,
    facts,
    gap,
    made,
)
from sentry_runbook.incident.postmortem.context_fields import (
    ActionFacts,
    DayFacts,
    MilestoneFacts,
    NumberFacts,
    RowFacts,
    Story,
    WhyFacts,
)

__all__ = [
    "NOT_STATED",
    "NO_ISSUE",
    "ActionFacts",
    "CauseFacts",
    "DayFacts",
    "EventFacts",
    "Fact",
    "Facts",
    "ImpactFacts",
    "IssueFacts",
    "LevelFacts",
    "MilestoneFacts",
    "NumberFacts",
    "PatternFacts",
    "PolicyFacts",
    "RecoveryFacts",
    "RowFacts",
    "SeverityFacts",
    "StepFacts",
    "Story",
    "TimeFacts",
    "WhyFacts",
    "blank",
    "facts",
    "gap",
    "made",
]


@dataclass(frozen=True)
class IssueFacts:
    """The issue as Sentry shows it; totals are over all time."""

    name: Fact = gap("link to the Sentry issue")
    title: Fact = gap("title of the Sentry issue")
    project: Fact = gap("project")
    level: Fact = gap("level")
    status: Fact = gap("status")
    assigned_to: Fact = gap("who is assigned")
    first_seen: Fact = gap("first seen")
    last_seen: Fact = gap("last seen")
    events_total: Fact = gap("events over all time")
    users_total: Fact = gap("users over all time")


@dataclass(frozen=True)
class SeverityFacts:
    """The verdict and what the policy says for it."""

    level: Fact = gap("severity")
    name: Fact = gap("severity")
    because: Fact = gap("reason for the severity")
    could_be: Fact = gap("range of the severity")
    response: Fact = gap("response time")
    respond_by: Fact = gap("respond by")
    escalation: Fact = gap("escalation")
    next_update: Fact = gap("time until the next update")
    next_update_by: Fact = gap("time of the next update")


@dataclass(frozen=True)
class TimeFacts:
    """When; UTC."""

    now: Fact = gap("time of this message")
    started: Fact = gap("when it started")
    started_how: Fact = gap("how the start is known")
    over: Fact = gap("when it was over")
    duration: Fact = gap("duration")
    so_far: Fact = gap("time since the start")
    postmortem_by: Fact = gap("when the postmortem is due")
    last_update: Fact = gap("time of the last update", "no time of a last message was given (since)")


@dataclass(frozen=True)
class ImpactFacts:
    """The numbers, each with the query it comes from as ``source``.

    ``summary`` is one sentence for the audience; ``symptoms`` is what users notice, which Sentry cannot know.
    """

    summary: Fact = gap("impact")
    symptoms: Fact = gap("what users notice, in plain words", NOT_STATED)
    events: Fact = gap("number of events")
    users: Fact = gap("number of users")
    users_worst_hour: Fact = gap("users in the worst hour")
    unhandled_peak: Fact = gap("unhandled events in the worst minute")
    crash_free: Fact = gap("crash-free sessions")
    crash_free_worst_hour: Fact = gap("crash-free sessions in the worst hour")
    p95: Fact = gap("p95 latency")
    endpoint: Fact = gap("affected endpoint")
    baseline: Fact = gap("usual number of events")
    trend: Fact = gap("trend")
    window: Fact = gap("period of the numbers")
    environments: Fact = gap("environments counted")


@dataclass(frozen=True)
class RecoveryFacts:
    """Whether it is over.

    For an ``if``: ``over`` (it may be called resolved), ``mitigated`` (the rate is back to usual, not more is known),
    ``resolved`` (the issue is, in Sentry).
    """

    over: bool = False
    mitigated: bool = False
    resolved: bool = False
    headline: Fact = gap("RESOLVED, once somebody has confirmed that it is over")
    state: Fact = gap("whether it goes on")
    verdict: Fact = gap("whether it is over")
    reading: Fact = gap("whether it is over")
    rate_now: Fact = gap("events an hour now")
    rate_before: Fact = gap("events in the incident's fullest hour")
    rate_usual: Fact = gap("usual events an hour")
    quiet_since: Fact = gap("quiet since")
    needs: tuple[Fact, ...] = ()


@dataclass(frozen=True)
class CauseFacts:
    """A root-cause pattern that the evidence supports."""

    name: Fact
    confidence: Fact
    action: Fact
    evidence_for: tuple[Fact, ...] = ()
    evidence_against: tuple[Fact, ...] = ()


@dataclass(frozen=True)
class StepFacts:
    """One of the runbook's eleven steps; ``state`` is ok, attention or unknown."""

    step: Fact
    finding: Fact
    state: str


@dataclass(frozen=True)
class EventFacts:
    """The event that stands for the issue, and what changed before it."""

    error: Fact = gap("the error")
    frame: Fact = gap("failing function and line")
    breadcrumbs: tuple[Fact, ...] = ()
    release: Fact = gap("suspect release")
    deployed: Fact = gap("when the suspect release was deployed")
    commit: Fact = gap("suspect commit")


@dataclass(frozen=True)
class LevelFacts:
    """One row of the severity matrix."""

    level: Fact
    label: Fact
    errors: Fact
    users: Fact
    response: Fact
    escalation: Fact
    next_update: Fact


@dataclass(frozen=True)
class PolicyFacts:
    """The policy in force: every threshold and word of the reference cards."""

    name: Fact
    levels: tuple[LevelFacts, ...]
    crash_free: Fact
    unhandled: Fact
    users: Fact
    sessions_minimum: Fact
    new_within: Fact
    period: Fact
    production: Fact
    edge_levels: Fact
    spiking: Fact
    declining: Fact


@dataclass(frozen=True)
class PatternFacts:
    """One row of the root-cause table."""

    name: Fact
    signal: Fact
    action: Fact


@dataclass(frozen=True)
class Facts:
    """All that a template may ask for.

    Attributes:
        given: an issue was given, so that facts are live.
        since: the time of the last message was given.
        audience: whom the text is for; for customers everything internal is withheld, whatever the template asks.
        actions: what people did, as far as Sentry or a person says.
        changes: what changed since the last message.
        needs: what is needed next.
    """

    audience: str
    policy: PolicyFacts
    patterns: tuple[PatternFacts, ...]
    given: bool = False
    since: bool = False
    lead: Fact = gap("on-call engineer", NOT_STATED)
    service: Fact = gap("service name", NOT_STATED)
    root_cause: Fact = gap("root cause, in one line", NOT_STATED)
    fix: Fact = gap("what was changed: rollback, hotfix or configuration", NOT_STATED)
    doing: Fact = gap("what is being done now", NOT_STATED)
    wanted: Fact = gap("what is needed, from whom, by when; or nothing", NOT_STATED)
    postmortem: Fact = gap("link", "the postmortem is kept where your team keeps it")
    issue: IssueFacts = IssueFacts()
    severity: SeverityFacts = SeverityFacts()
    times: TimeFacts = TimeFacts()
    impact: ImpactFacts = ImpactFacts()
    recovery: RecoveryFacts = RecoveryFacts()
    event: EventFacts = EventFacts()
    causes: tuple[CauseFacts, ...] = ()
    checklist: tuple[StepFacts, ...] = ()
    next_step: Fact = gap("next step")
    next_steps: tuple[Fact, ...] = ()
    changes: tuple[Fact, ...] = ()
    actions: tuple[Fact, ...] = ()
    needs: tuple[Fact, ...] = ()
    story: Story = Story()
