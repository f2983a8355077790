"""What an answer of a postmortem starts from: a fact with its source, and a question with such facts."""

from __future__ import annotations

from dataclasses import dataclass

from sentry_runbook.incident.model.results.messages import Blank


@dataclass(frozen=True)
class Hint:
    """A fact that an answer can start from, and its source."""

    text: str
    source: str


@dataclass(frozen=True)
class Why:
    """One of the five questions, what a person answered, and the facts that an answer starts from."""

    question: str
    answer: str | Blank
    hints: tuple[Hint, ...] = ()
