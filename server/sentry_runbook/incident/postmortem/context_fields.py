# ruff: noqa: RUF009  # a blank is frozen, so one for all is safe
"""What the postmortem's template may ask for; made in :mod:`.story`."""

from __future__ import annotations

from dataclasses import dataclass

from sentry_runbook.incident.messages.field import NOT_STATED, Fact, gap


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
    owner: Fact = gap("owner", NOT_STATED)
    due: Fact = gap("due date", NOT_STATED)


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
    window: Fact = gap("window of the queries")
    whys: tuple[WhyFacts, ...] = ()
    contributing: tuple[Fact, ...] = ()
    actions: tuple[ActionFacts, ...] = ()
    went_well: tuple[Fact, ...] = ()
    went_badly: tuple[Fact, ...] = ()
    lucky: tuple[Fact, ...] = ()
    learned: Fact = gap("how people learned of it: alert, customer, colleague or chance", NOT_STATED)
    other_conditions: Fact = gap("other conditions that made it possible or worse", NOT_STATED)
    well: Fact = gap("what went well", NOT_STATED)
    badly: Fact = gap("what went badly", NOT_STATED)
    luck: Fact = gap("where we were lucky", NOT_STATED)
