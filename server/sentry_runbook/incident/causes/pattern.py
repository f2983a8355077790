"""What a root-cause pattern consists of.

Everything that belongs to one pattern stands in one :class:`CausePattern` in one file of ``patterns/``. Rules, cards,
prompts, drafts and the postmortem loop over those objects (:mod:`.catalog`), so a new pattern is a new file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sentry_runbook.incident.causes.hypothesis import Indicator
from sentry_runbook.incident.measurements import Measurements
from sentry_runbook.incident.model.cause_patterns import PatternName


@dataclass(frozen=True)
class Counterweight:
    """What the strength of one pattern says against others, when both hold.

    It stands in the file of the pattern that it was written for, on either end: a new pattern brings what weakens it
    and what it weakens.

    Attributes:
        strong: the pattern whose strength counts.
        from_points: points that it needs, before counterweights.
        weakens: the patterns it speaks against.
        points: negative; added to each of those.
        text: the sentence that is listed as evidence against.
    """

    strong: PatternName
    from_points: int
    weakens: tuple[PatternName, ...]
    points: int
    text: str


@dataclass(frozen=True)
class Prevention:
    """An action item of the postmortem that keeps this class of error from coming back.

    Attributes:
        action: a verb and its object.
        done_when: how to know that it is done.
    """

    action: str
    done_when: str


@dataclass(frozen=True, kw_only=True)
class CausePattern:
    """A root-cause pattern: how it is recognized, what to do about it, and its words for each audience.

    Attributes:
        name: as published in results; equals the file's name without its number.
        title: for people, as a sentence begins.
        signal: the diagnostic signal of the runbook's table.
        indicators: what speaks for and against it in an incident; nothing when there is no sign of it.
        action: the immediate action with the incident's names. Asked only when the pattern holds.
        general_action: the same without an incident, for the reference card.
        plain_action: for executives, to stand after "next step: ".
        plain_cause: for executives, to stand after "likely cause: ".
        plain_action_in: the same as ``plain_action``, where it depends on the incident; None where it does not.
        prevention: the postmortem's action item; None when other items cover it.
        counterweights: what its strength says against others, and theirs against it.
        explains_blindness: it only explains why one cannot see; it never outranks a cause, and any other pattern
            that is strong weakens it.
        blames_release: the postmortem names the suspect release beside it.
    """

    name: PatternName
    title: str
    signal: str
    indicators: Callable[[Measurements], Iterator[Indicator]]
    action: Callable[[Measurements], str]
    general_action: str
    plain_action: str
    plain_cause: str
    plain_action_in: Callable[[Measurements], str] | None = None
    prevention: Callable[[Measurements], Prevention] | None
    counterweights: tuple[Counterweight, ...] = ()
    explains_blindness: bool = False
    blames_release: bool = False

    def plain_step(self, incident: Measurements) -> str:
        """The action in an incident, for executives."""
        return self.plain_action if self.plain_action_in is None else self.plain_action_in(incident)
