"""Thresholds and wording of the severity rules; the built-in policy is the runbook's own table (DESIGN section 5).

How to think about it: the models below *are* the file format. A table of the file is a model, a key is a field, the
field's description is the comment above it in a printed file (:mod:`.policy_file`). So a new setting is one field here
and nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

Level = Literal["P0", "P1", "P2", "P3"]
LEVELS: tuple[Level, ...] = ("P3", "P2", "P1", "P0")
"""Severities, lowest first."""


def rank(level: Level) -> int:
    """Severity as a number: 0 for P3 up to 3 for P0."""
    return LEVELS.index(level)


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as exc:
        raise ValueError(f"not a regular expression ({exc})") from exc
    return text


def _one_line(text: str) -> str:
    if not text.strip() or not text.isprintable():
        raise ValueError("must be one line of visible text")
    return text


Pattern = Annotated[str, Field(max_length=500), AfterValidator(_pattern)]
Words = Annotated[str, Field(max_length=200), AfterValidator(_one_line)]


class PolicyTable(BaseModel):
    """One table of the file: frozen, strict, no unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False, defer_build=True)


class Production(PolicyTable):
    """Which environments are production."""

    environments: Pattern = Field(
        default=r"^(prod|production|live)([-_].*)?$",
        description="Regular expression, searched in the environment's name; events without one count as production.",
    )


class Thresholds(PolicyTable):
    """The numbers of the rules. Exactly the number never trips; beyond it does."""

    crash_free_below_pct: float = Field(
        default=95.0, ge=0, le=100, description="P0 when crash-free sessions are below this, in percent."
    )
    unhandled_per_minute_above: int = Field(
        default=500, ge=0, description="P0 when one clock minute has more unhandled exceptions."
    )
    users_per_hour_above: int = Field(default=100, ge=0, description="P1 when one rolling hour has more unique users.")
    sessions_minimum: int = Field(
        default=50, ge=1, description="With fewer sessions the crash-free rate counts as unknown."
    )
    new_within_hours: int = Field(
        default=24, ge=1, description="An issue first seen within this many hours is reported as new."
    )


class CoreFlow(PolicyTable):
    """The transactions that the business lives on."""

    transactions: tuple[Pattern, ...] = Field(
        default=(),
        description="Regular expressions. With some given, an issue whose transactions are all others is off the core "
        "flow (no P1), unless the caller states otherwise. Empty: only what the caller states counts.",
    )


class EdgeCase(PolicyTable):
    """What is an edge case (P3) unless a rule above holds."""

    levels: tuple[Words, ...] = Field(default=("info", "debug"), description="Levels of the issue.")
    titles: tuple[Pattern, ...] = Field(default=(), description="Regular expressions, searched in the issue's title.")
    transactions: tuple[Pattern, ...] = Field(
        default=(), description="Regular expressions; all transactions of the issue must match one."
    )


class TrendFactors(PolicyTable):
    """When a change of the event rate has a name."""

    spiking: float = Field(
        default=3.0, gt=1, description="Spiking: the last hour has this many times the hour before or the baseline."
    )
    declining: float = Field(
        default=3.0, gt=1, description="Declining: the hour before had at least this many times the last hour."
    )


class SeverityWords(PolicyTable):
    """What a severity means for people."""

    label: Words = Field(description="Its name.")
    response_minutes: int = Field(ge=1, le=525_600, description="Minutes until somebody works on it.")
    response: Words = Field(description="The same in the runbook's words.")
    escalation: Words = Field(description="Whom to tell, and how.")
    next_update_minutes: int = Field(ge=1, le=525_600, description="Minutes between status updates.")


class Severities(PolicyTable):
    """The four severities."""

    P0: SeverityWords = SeverityWords(
        label="Critical",
        response_minutes=15,
        response="15 minutes",
        escalation="PagerDuty page to the on-call engineer",
        next_update_minutes=30,
    )
    P1: SeverityWords = SeverityWords(
        label="Major",
        response_minutes=60,
        response="1 hour",
        escalation="Slack #incidents, tag the team lead",
        next_update_minutes=60,
    )
    # The runbook says "same business day" and "next sprint"; 8 hours and 14 days are this policy's reading.
    P2: SeverityWords = SeverityWords(
        label="Minor",
        response_minutes=480,
        response="same business day",
        escalation="Slack #alerts-production",
        next_update_minutes=480,
    )
    P3: SeverityWords = SeverityWords(
        label="Low",
        response_minutes=20_160,
        response="next sprint",
        escalation="backlog, assign an owner",
        next_update_minutes=20_160,
    )


class Policy(PolicyTable):
    """The policy in force: thresholds, wording, and what counts as production, core flow and edge case.

    Attributes:
        source: where it was read, "built in" or the file's path; not a key of the file.
    """

    name: Words = Field(default="runbook default", description="Shown in every verdict.")
    period_hours: int = Field(default=24, ge=1, le=2160, description="The period that is judged unless one is given.")
    production: Production = Production()
    thresholds: Thresholds = Thresholds()
    core_flow: CoreFlow = CoreFlow()
    edge_case: EdgeCase = EdgeCase()
    trend: TrendFactors = TrendFactors()
    severity: Severities = Severities()
    source: str = "built in"

    @property
    def title(self) -> str:
        """Name and source, as a verdict shows them: ``runbook default (built in)``."""
        return f"{self.name} ({self.source})"

    def is_production(self, environment: str) -> bool:
        """Whether an environment counts as production; ``""`` (no environment) does."""
        return environment == "" or re.search(self.production.environments, environment) is not None

    def words(self, level: Level) -> SeverityWords:
        """Label, response and escalation of a severity."""
        words: SeverityWords = getattr(self.severity, level)
        return words


def matches_any(patterns: Iterable[str], text: str) -> bool:
    """Whether one of the patterns matches anywhere in the text."""
    return any(re.search(pattern, text) for pattern in patterns)


def default_policy() -> Policy:
    """The runbook's own table (DESIGN §5)."""
    return Policy()
