"""The runbook's questions that only people can answer, as far as an answer would change the severity.

How to think about it: each flag that nobody stated is tried with each of its answers against the rules, as they stand
with what was measured. A question whose answers change nothing is not asked: at P0 by crash-free sessions no answer
lowers it, and a workaround is no matter where there are too few users for P1 anyway.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sentry_runbook.incident.measurements import Measurements
from sentry_runbook.incident.model.policy import rank
from sentry_runbook.incident.model.results.explanation import PeopleQuestion
from sentry_runbook.incident.model.results.triage import CouldBe, Criterion, Met
from sentry_runbook.incident.severity.criteria import ruled_out, users_above
from sentry_runbook.incident.severity.rules import could_be_of, decide, is_open, met_by_id


@dataclass(frozen=True)
class Asked:
    """A question of the runbook.

    Attributes:
        id: the argument that takes the answer, also the field of :class:`.Stated`.
        answers: what may be answered, each as people say it.
    """

    id: str
    question: str
    answers: Mapping[bool | str, str]


QUESTIONS: tuple[Asked, ...] = (
    Asked(
        "core_flow",
        "Is the core flow hit, or blocked for all?",
        {"blocked_for_all": "blocked for all", True: "hit", False: "not hit"},
    ),
    Asked("data_loss_risk", "May data be lost or corrupted?", {True: "yes", False: "no"}),
    Asked("workaround", "Is there a workaround?", {True: "yes", False: "no"}),
)
"""What decides most first."""


def open_questions(incident: Measurements, criteria: Sequence[Criterion]) -> tuple[PeopleQuestion, ...]:
    """The questions that nobody has answered and that may change the severity, or what it could be."""
    return tuple(
        PeopleQuestion(id=asked.id, question=asked.question, decides=decides)
        for asked in QUESTIONS
        if getattr(incident.stated, asked.id) is None
        if (decides := "; ".join(_effects(incident, criteria, asked)))
    )


def _effects(incident: Measurements, criteria: Sequence[Criterion], asked: Asked) -> Iterator[str]:
    """``yes → P0, data_loss``: each answer that changes something."""
    _, now = decide(met_by_id(criteria))
    possible = _possible(criteria, met_by_id(criteria))
    for answer, words in asked.answers.items():
        met = _with_answer(incident, criteria, asked.id, answer)
        rule, level = decide(met)
        then = _possible(criteria, met)
        if level != now:
            yield f"{words} → {level}{'' if rule == 'default' else f', {rule}'}"
        elif rank(then.highest) < rank(possible.highest):
            yield f"{words} → {level}, and no more"
        elif rank(then.highest) > rank(possible.highest):
            yield f"{words} → up to {then.highest}"


def _with_answer(
    incident: Measurements, criteria: Sequence[Criterion], flag: str, answer: bool | str
) -> Mapping[str, Met]:
    changed: Any = {flag: answer}
    stated = incident.stated.model_copy(update=changed)
    users = False if ruled_out(incident, stated) else users_above(incident)
    return {
        **met_by_id(criteria),
        "data_loss": bool(stated.data_loss_risk),
        "core_flow_blocked": stated.core_flow == "blocked_for_all",
        "users_per_hour": users,
    }


def _possible(criteria: Sequence[Criterion], met: Mapping[str, Met]) -> CouldBe:
    """What the severity could be, given what is unknown and cannot be asked for."""
    return could_be_of(met, [entry.id for entry in criteria if is_open(entry) and met[entry.id] == "unknown"])
