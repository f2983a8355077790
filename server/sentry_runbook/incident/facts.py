# ruff: noqa: RUF009  # a blank is frozen, so one for all is safe
"""What a template may ask for: names and kinds of all facts, and the blanks that stand for unknown ones.

How to add a fact: a field here, in the group where a reader looks for it, its default the blank that stands in its
place (``blank("what is missing")``); then a value or an ``Unknown`` for it where :mod:`.gather` makes the group. That
is all: templates can ask for it at once, and the check at start knows it, because it reads these classes.

A field is one of: :class:`Fact` (stands in a sentence), ``bool`` or ``str`` (for an ``if`` only as far as it is one of
our own words), another group, or a tuple of facts or groups (for a ``for``).
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from sentry_runbook.incident.evidence import Unknown

if TYPE_CHECKING:
    from collections.abc import Iterable

Audience = Literal["engineers", "executives", "customers"]
Kind = Literal["initial", "update", "resolved"]
Format = Literal["markdown", "slack"]

NO_ISSUE = "no issue was given"
NOT_STATED = "only a person knows it, and nobody stated it"


@dataclass(frozen=True)
class Fact:
    """One thing that a sentence can use; in an ``if`` it holds when it is known.

    Attributes:
        text: as it stands in a sentence, event text in it quoted; of an unknown one what is missing: it stands as
            ``[text]``.
        known: False makes it a marked blank.
        stated: a person's words, which are made inert when they are put in.
        source: where it comes from.
        why: why it is unknown.
        link: the address of Sentry's that the text leads to.
    """

    text: str
    known: bool = True
    stated: bool = False
    source: str = ""
    why: str = ""
    link: str = ""

    def __str__(self) -> str:
        return self.text if self.known else f"[{self.text}]"

    def __bool__(self) -> bool:
        return self.known


def blank(what: str, why: str = NO_ISSUE) -> Fact:
    """An unknown fact: ``what`` says in a few words what a person would have to fill in."""
    return Fact(what, known=False, why=why)


def _blank(what: str, why: str = NO_ISSUE) -> Any:  # a default that dataclasses take for any field
    return field(default=blank(what, why))


@dataclass(frozen=True)
class IssueFacts:
    """The issue as Sentry shows it; totals are over all time."""

    name: Fact = _blank("link to the Sentry issue")
    title: Fact = _blank("title of the Sentry issue")
    project: Fact = _blank("project")
    level: Fact = _blank("level")
    status: Fact = _blank("status")
    assigned_to: Fact = _blank("who is assigned")
    first_seen: Fact = _blank("first seen")
    last_seen: Fact = _blank("last seen")
    events_total: Fact = _blank("events over all time")
    users_total: Fact = _blank("users over all time")


@dataclass(frozen=True)
class SeverityFacts:
    """The verdict and what the policy says for it."""

    level: Fact = _blank("severity")
    name: Fact = _blank("severity")
    because: Fact = _blank("reason for the severity")
    could_be: Fact = _blank("range of the severity")
    response: Fact = _blank("response time")
    respond_by: Fact = _blank("respond by")
    escalation: Fact = _blank("escalation")
    next_update: Fact = _blank("time until the next update")
    next_update_by: Fact = _blank("time of the next update")


@dataclass(frozen=True)
class TimeFacts:
    """When; UTC."""

    now: Fact = _blank("time of this message")
    started: Fact = _blank("when it started")
    started_how: Fact = _blank("how the start is known")
    over: Fact = _blank("when it was over")
    duration: Fact = _blank("duration")
    so_far: Fact = _blank("time since the start")
    postmortem_by: Fact = _blank("when the postmortem is due")
    last_update: Fact = _blank("time of the last update", "no time of a last message was given (since)")


@dataclass(frozen=True)
class ImpactFacts:
    """The numbers, each with the query it comes from as ``source``.

    ``summary`` is one sentence for the audience; ``symptoms`` is what users notice, which Sentry cannot know.
    """

    summary: Fact = _blank("impact")
    symptoms: Fact = _blank("what users notice, in plain words", NOT_STATED)
    events: Fact = _blank("number of events")
    users: Fact = _blank("number of users")
    users_worst_hour: Fact = _blank("users in the worst hour")
    unhandled_peak: Fact = _blank("unhandled events in the worst minute")
    crash_free: Fact = _blank("crash-free sessions")
    crash_free_worst_hour: Fact = _blank("crash-free sessions in the worst hour")
    p95: Fact = _blank("p95 latency")
    endpoint: Fact = _blank("affected endpoint")
    baseline: Fact = _blank("usual number of events")
    trend: Fact = _blank("trend")
    window: Fact = _blank("period of the numbers")
    environments: Fact = _blank("environments counted")


@dataclass(frozen=True)
class RecoveryFacts:
    """Whether it is over.

    For an ``if``: ``over`` (it may be called resolved), ``mitigated`` (the rate is back to usual, not more is known),
    ``resolved`` (the issue is, in Sentry).
    """

    over: bool = False
    mitigated: bool = False
    resolved: bool = False
    headline: Fact = _blank("RESOLVED, once somebody has confirmed that it is over")
    state: Fact = _blank("whether it goes on")
    verdict: Fact = _blank("whether it is over")
    reading: Fact = _blank("whether it is over")
    rate_now: Fact = _blank("events an hour now")
    rate_before: Fact = _blank("events in the incident's fullest hour")
    rate_usual: Fact = _blank("usual events an hour")
    quiet_since: Fact = _blank("quiet since")
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

    error: Fact = _blank("the error")
    frame: Fact = _blank("failing function and line")
    breadcrumbs: tuple[Fact, ...] = ()
    release: Fact = _blank("suspect release")
    deployed: Fact = _blank("when the suspect release was deployed")
    commit: Fact = _blank("suspect commit")


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


# --- the story: what the postmortem tells (made in incident/story.py) -----------------------------------------------


@dataclass(frozen=True)
class RowFacts:
    """A line of the timeline; ``kind`` is observed, derived or human, or ``gap``."""

    at: Fact
    what: Fact
    kind: str
    source: Fact


@dataclass(frozen=True)
class DayFacts:
    """A day of the timeline."""

    day: Fact
    rows: tuple[RowFacts, ...]


@dataclass(frozen=True)
class MilestoneFacts:
    """A turning point, or the time between two.

    ``source`` says how it is known, ``definition`` what the word means. A ``candidate`` is what Sentry suggests and
    nobody has confirmed; ``confirmed`` is then a blank.
    """

    name: Fact
    value: Fact
    definition: Fact
    source: Fact = Fact("")
    candidate: bool = False
    confirmed: Fact = Fact("")


@dataclass(frozen=True)
class WhyFacts:
    """One of the five whys: the question, what people answered, and the facts that an answer starts from."""

    question: Fact
    answer: Fact
    evidence: tuple[Fact, ...] = ()


@dataclass(frozen=True)
class ActionFacts:
    """One thing to do; owner and due are blanks unless given."""

    action: Fact
    done_when: Fact
    why: Fact
    owner: Fact = _blank("owner", NOT_STATED)
    due: Fact = _blank("due date", NOT_STATED)


@dataclass(frozen=True)
class NumberFacts:
    """A number of the impact section: its name, its value, and the query that answered it."""

    name: Fact
    value: Fact
    source: Fact


@dataclass(frozen=True)
class Story:
    """What the postmortem tells; empty without an issue."""

    summary: tuple[Fact, ...] = ()
    timeline: tuple[DayFacts, ...] = ()
    contradictions: tuple[Fact, ...] = ()
    milestones: tuple[MilestoneFacts, ...] = ()
    intervals: tuple[MilestoneFacts, ...] = ()
    detection: tuple[Fact, ...] = ()
    numbers: tuple[NumberFacts, ...] = ()
    window: Fact = _blank("window of the queries")
    whys: tuple[WhyFacts, ...] = ()
    contributing: tuple[Fact, ...] = ()
    actions: tuple[ActionFacts, ...] = ()
    went_well: tuple[Fact, ...] = ()
    went_badly: tuple[Fact, ...] = ()
    lucky: tuple[Fact, ...] = ()
    learned: Fact = _blank("how people learned of it: alert, customer, colleague or chance", NOT_STATED)
    other_conditions: Fact = _blank("other conditions that made it possible or worse", NOT_STATED)
    well: Fact = _blank("what went well", NOT_STATED)
    badly: Fact = _blank("what went badly", NOT_STATED)
    luck: Fact = _blank("where we were lucky", NOT_STATED)


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
    lead: Fact = _blank("on-call engineer", NOT_STATED)
    service: Fact = _blank("service name", NOT_STATED)
    root_cause: Fact = _blank("root cause, in one line", NOT_STATED)
    fix: Fact = _blank("what was changed: rollback, hotfix or configuration", NOT_STATED)
    doing: Fact = _blank("what is being done now", NOT_STATED)
    wanted: Fact = _blank("what is needed, from whom, by when; or nothing", NOT_STATED)
    postmortem: Fact = _blank("link", "the postmortem is kept where your team keeps it")
    issue: IssueFacts = IssueFacts()
    severity: SeverityFacts = SeverityFacts()
    times: TimeFacts = TimeFacts()
    impact: ImpactFacts = ImpactFacts()
    recovery: RecoveryFacts = RecoveryFacts()
    event: EventFacts = EventFacts()
    causes: tuple[CauseFacts, ...] = ()
    checklist: tuple[StepFacts, ...] = ()
    next_step: Fact = _blank("next step")
    next_steps: tuple[Fact, ...] = ()
    changes: tuple[Fact, ...] = ()
    actions: tuple[Fact, ...] = ()
    needs: tuple[Fact, ...] = ()
    story: Story = Story()


Group = TypeVar("Group")


def made(group: type[Group], **values: object) -> Group:
    """A group of facts; an ``Unknown`` becomes the field's own blank with that reason.

    Args:
        group: one of the classes above.
        values: by field; a field left out keeps its default.
    """
    defaults = {one.name: one.default for one in fields(group)}  # type: ignore[arg-type]  # every group is a dataclass
    return group(**{name: _value(value, defaults[name]) for name, value in values.items()})


def _value(value: object, default: object) -> object:
    if isinstance(value, Unknown) and isinstance(default, Fact):
        return replace(default, why=value.why)
    return value


def facts(texts: Iterable[str], source: str = "") -> tuple[Fact, ...]:
    """Sentences as facts."""
    return tuple(Fact(text, source=source) for text in texts)
