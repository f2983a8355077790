"""Results for people to send or keep: timeline, drafts, postmortem."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal

from sentry_runbook.incident.model.evidence import Answer, EventText, Frozen
from sentry_runbook.incident.model.results.impact import Impact

Audience = Literal["engineers", "executives", "customers"]
Kind = Literal["initial", "update", "resolved", "handoff"]
Format = Literal["markdown", "slack"]
PublicStatus = Literal["investigating", "identified", "monitoring", "resolved"]
"""The four words of a status page."""
RowKind = Literal["observed", "derived", "human"]
MilestoneName = Literal["started", "detected", "acknowledged", "mitigated", "recovered"]
NOT_STATED = "only a person knows it, and nobody stated it"


@dataclass(frozen=True)
class Blank:
    """A value that is not known: it stands in a text as ``[what]``.

    Attributes:
        what: in a few words, what a person would have to fill in.
        why: why it is not known; listed in the ``unknowns`` of a draft.
    """

    what: str
    why: str = NOT_STATED


class TimelineRow(Frozen):
    """One line of the timeline.

    Attributes:
        kind: ``observed`` (Sentry said it), ``derived`` (computed: the source says how), ``human`` (somebody stated
            it, outside Sentry or in a note).
        source: which answer of Sentry's, which computation, or who.
        issue: whose row it is, of several issues; without it of all of them, or of what is around them.
    """

    at: datetime
    what: EventText
    kind: RowKind
    source: EventText
    link: str | None = None
    issue: EventText | None = None

    @property
    def origin(self) -> str:
        """The source as it is called of one issue, by which rows are told apart."""
        return self.source if self.issue is None else self.source.replace(f"of {self.issue}", "of the issue")


class TimelineGap(Frozen):
    """A long stretch of the incident without a line."""

    start: datetime
    end: datetime
    minutes: int


class Milestone(Frozen):
    """A turning point of the incident; without ``at`` it is unknown, and ``why`` says why.

    Attributes:
        candidate: Sentry suggests it and no person has confirmed it.
        at_latest: it may have been earlier: only the last firing of an alert is known.
    """

    name: MilestoneName
    definition: str
    at: datetime | None = None
    kind: RowKind | None = None
    source: EventText | None = None
    candidate: bool = False
    at_latest: bool = False
    why: EventText | None = None

    @property
    def confirmed(self) -> Blank:
        """The time as a person confirms it; what Sentry suggests never stands in its place."""
        return Blank(f"when it was {self.name}, confirmed")


class Interval(Frozen):
    """Time between two milestones, in full minutes; without ``minutes`` it is unknown, and ``why`` says why."""

    name: str
    start: MilestoneName
    end: MilestoneName
    minutes: int | None = None
    why: EventText | None = None


class LintFinding(Frozen):
    """One thing to change in a postmortem.

    Attributes:
        rule: the id of the rule.
        line: counted from 1; the last line for what is missing.
    """

    rule: str
    line: int
    message: EventText
    suggestion: EventText


class ActionItem(Frozen):
    """One thing to do: verb and object, how to know it is done; owner and due are given by people."""

    action: EventText
    done_when: EventText
    why: EventText
    owner: EventText | None = None
    due: str | None = None


FORMS: Mapping[Kind, str] = {
    "initial": "initial_alert",
    "update": "status_update",
    "resolved": "resolution_notice",
    "handoff": "handoff",
}
"""The template of each kind of message."""
FOR_ENGINEERS: frozenset[Kind] = frozenset({"handoff"})
"""Messages that name people, hosts and doubts, and go to no other audience."""


@dataclass(frozen=True)
class Filled:
    """A form filled with facts, and the blanks that stand in it."""

    text: str
    unknowns: tuple[str, ...]


class Draft(Answer):
    """A message to people (DESIGN §6, ``draft_update``).

    Attributes:
        status: a status page's word for the incident, by the evidence and what people stated; all texts agree with it.
        nothing_to_say: why no message is due, and the way out; ``text`` then says so and is no message.
        unknowns: the marked blanks in the text, and why each is not known.
        next_update_due: when the next message is due; None after the last one, and where the policy names no time.
        warnings: what limits the numbers, and what was cut, for whoever sends it: no part of the message.
    """

    FIRST: ClassVar[tuple[str, ...]] = ("status", "nothing_to_say")

    status: PublicStatus | None = None
    nothing_to_say: str | None = None
    text: EventText
    unknowns: tuple[EventText, ...] = ()
    warnings: tuple[EventText, ...] | None = None
    next_update_due: datetime | None = None
    kind: Kind
    audience: Audience
    format: Format


class Postmortem(Answer):
    """A postmortem draft (DESIGN §6, ``draft_postmortem``).

    Attributes:
        contradictions: stated times that do not fit the rest.
        lint: what the linter finds in a text that was given to be checked; not in this draft.
        unknowns: the marked blanks in the text and why each is not known, then the questions to the people.
    """

    FIRST: ClassVar[tuple[str, ...]] = ("unknowns", "contradictions", "lint")

    markdown: EventText
    timeline: tuple[TimelineRow, ...]
    gaps: tuple[TimelineGap, ...] = ()
    milestones: tuple[Milestone, ...] = ()
    intervals: tuple[Interval, ...] = ()
    contradictions: tuple[EventText, ...] = ()
    impact: Impact
    unknowns: tuple[EventText, ...] = ()
    action_items: tuple[ActionItem, ...] = ()
    lint: tuple[LintFinding, ...] = ()
