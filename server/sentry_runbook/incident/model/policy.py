"""Thresholds and wording of the severity rules; the built-in policy is the runbook's own table (DESIGN section 5).

How to think about it: the models below *are* the file format. A table of the file is a model, a key is a field, the
field's description is the comment above it in a printed file (:mod:`.policy_file`). So a new setting is one field here
and nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, time, timedelta
from types import MappingProxyType
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PlainSerializer, model_validator

Level = Literal["P0", "P1", "P2", "P3"]
LEVELS: tuple[Level, ...] = ("P3", "P2", "P1", "P0")
"""Severities, lowest first."""
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEK: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
WHEN_IT_CHANGES = "when something changes"
NONE_PLANNED = "none planned"
"""Words for a next update that has no clock time."""
BUSINESS_DAY = "same business day"
"""Response words that mean the end of the working hours of a business day; only a calendar gives it a clock time."""
NEXT_SPRINT = "next sprint"
"""Response words that never name a clock time: no policy knows the sprints."""


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


def _zone_name(name: str) -> str:
    if name:
        _zone(name)
    return name


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    # A folder of zones, as "Europe", is an OSError on some systems.
    except (ZoneInfoNotFoundError, ValueError, OSError) as exc:
        if _has_no_zones():
            raise ValueError(f"{name!r}: this computer has no time zone data; install it: pip install tzdata") from exc
        raise ValueError(f"no time zone is called {name!r}; write an IANA name, such as Europe/Berlin") from exc


def _has_no_zones() -> bool:
    """Whether the system has no time zones at all, as Windows has none without the package tzdata."""
    try:
        ZoneInfo("Europe/London")
    except ZoneInfoNotFoundError:
        return True
    return False


def largest_unit(length: timedelta) -> str:
    """``30 minutes``, ``1 hour``, ``14 days``: the largest unit that divides."""
    minutes = int(length.total_seconds() // 60)
    size, noun = next(
        (size, noun) for size, noun in ((1440, "day"), (60, "hour"), (1, "minute")) if minutes % size == 0
    )
    units = minutes // size
    return f"{units:,} {noun}{'' if units == 1 else 's'}"


Pattern = Annotated[str, Field(max_length=500), AfterValidator(_pattern)]
ClockTime = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
Words = Annotated[str, Field(max_length=200), AfterValidator(_one_line)]
Symptoms = Annotated[Mapping[Pattern, Words], AfterValidator(MappingProxyType), PlainSerializer(dict)]
"""A table of the file with keys of the operator's own: pattern → words."""


class PolicyTable(BaseModel):
    """One table of the file: frozen, strict, no unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False, defer_build=True)

    @property
    def derived(self) -> frozenset[str]:
        """Keys whose values follow from others: a printed file has them as comments."""
        return frozenset()


SAYS_NONE = (
    r"(.*[^a-z])?(pre(prod(uction)?|view)?|non(prod(uction)?)?|not|test(s|ing)?|stag(e|ing)?|dev(el(op(ment)?)?)?)"
    r"([^a-z]|$)"
)
"""A name with a part that says it is no production (DESIGN §5). Whole parts: ``latest-prod`` is not a test, and
``notifications-live`` is the production of the notifications."""


def says_it_is_none(environment: str) -> bool:
    """Whether a part of the environment's name says that it is no production."""
    return re.match(SAYS_NONE, environment, re.IGNORECASE) is not None


class Production(PolicyTable):
    """Which environments are production."""

    environments: Pattern = Field(
        default=rf"(?i)^(?!{SAYS_NONE})(.*[-_.])?(prod|prd|production|live)([-_.].*)?$",
        description="Regular expression, searched in the environment's name; events without one count as production. "
        "When no environment of the project matches, none is taken for staging: all count, with a warning.",
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


class AlertRules(PolicyTable):
    """When an alert is called noisy, and an incident caught in time."""

    caught_within_minutes: int = Field(
        default=15,
        ge=1,
        le=1440,
        description="An alert that fires later than that after the start of an incident is late.",
    )
    noisy_per_day: float = Field(
        default=10.0, gt=0, description="Noisy: it fires this many times a day or more, on average over the period ..."
    )
    noisy_acted_on_pct: float = Field(
        default=10.0,
        ge=0,
        le=100,
        description="... and somebody acted on fewer than this many percent of the issues it fired for, within a day.",
    )


class Calendar(PolicyTable):
    """When people work. Without a time zone "same business day" names no clock time."""

    time_zone: Annotated[str, Field(max_length=100), AfterValidator(_zone_name)] = Field(
        default="", description='IANA name, such as "Europe/Berlin"; empty: not known.'
    )
    work_days: tuple[Weekday, ...] = Field(
        default=("mon", "tue", "wed", "thu", "fri"), min_length=1, description="mon, tue, wed, thu, fri, sat, sun."
    )
    work_start: ClockTime = Field(default="09:00", description="Local time, as HH:MM.")
    work_end: ClockTime = Field(default="17:00", description="Local time of the same day, as HH:MM.")

    @model_validator(mode="after")
    def _in_order(self) -> Calendar:
        if self.work_start >= self.work_end:
            raise ValueError(f"work_start ({self.work_start}) must lie before work_end ({self.work_end})")
        return self

    @property
    def zone(self) -> ZoneInfo | None:
        """Where people work; None when the policy does not say it."""
        return _zone(self.time_zone) if self.time_zone else None

    def end_of_business_day(self, at: datetime) -> datetime | None:
        """When the working hours end on the business day of ``at``, in UTC; None without a time zone.

        From the end of the working hours on, and on a day off, it is the next business day.
        """
        zone = self.zone
        if zone is None:
            return None
        end, local = time.fromisoformat(self.work_end), at.astimezone(zone)
        day = local.date() + timedelta(days=local.time() >= end)
        while WEEK[day.weekday()] not in self.work_days:
            day += timedelta(days=1)
        return datetime.combine(day, end, zone).astimezone(UTC)


class SeverityWords(PolicyTable):
    """What a severity means for people."""

    label: Words = Field(description="Its name.")
    response_minutes: int = Field(ge=1, le=525_600, description="Minutes until somebody works on it.")
    response: Words = Field(
        default="",
        description=f'The same in words; left out, the minutes. "{BUSINESS_DAY}" is due by the [calendar] instead, '
        f'"{NEXT_SPRINT}" has no clock time.',
    )
    escalation: Words = Field(description="Whom to tell, and how.")
    next_update_minutes: int | None = Field(
        default=None,
        ge=1,
        le=525_600,
        description="Minutes between status updates; left out, no update has a clock time, and the words say when.",
    )
    next_update: Words = Field(default=WHEN_IT_CHANGES, description="The same in words; left out, the minutes.")

    @model_validator(mode="before")
    @classmethod
    def _minutes_in_words(cls, given: object) -> object:
        """Words and minutes agree: minutes without words of their own are said in their largest unit."""
        if not isinstance(given, dict):
            return given
        said = {}
        for words, minutes in MINUTES_OF.items():
            length = given.get(minutes)
            # A printed file has words that name no time beside the minutes that somebody writes there.
            is_unsaid = words not in given or given[words] in (WHEN_IT_CHANGES, NONE_PLANNED)
            if is_unsaid and type(length) is int and length >= 1:
                said[words] = largest_unit(timedelta(minutes=length))
        return {**given, **said}

    @property
    def derived(self) -> frozenset[str]:
        """The words that say the minutes."""
        return frozenset(words for words, minutes in MINUTES_OF.items() if self._says(words, getattr(self, minutes)))

    def _says(self, words: str, minutes: int | None) -> bool:
        return minutes is not None and getattr(self, words) == largest_unit(timedelta(minutes=minutes))


MINUTES_OF: Mapping[str, str] = {"response": "response_minutes", "next_update": "next_update_minutes"}
"""Keys of :class:`SeverityWords` in words, and in minutes."""


class Severities(PolicyTable):
    """The four severities."""

    P0: SeverityWords = SeverityWords(
        label="Critical",
        response_minutes=15,
        escalation="PagerDuty page to the on-call engineer",
        next_update_minutes=30,
    )
    P1: SeverityWords = SeverityWords(
        label="Major",
        response_minutes=60,
        escalation="Slack #incidents, tag the team lead",
        next_update_minutes=60,
    )
    # The runbook gives P2 and P3 no minutes; 8 hours and 14 days are how long their words are in general.
    P2: SeverityWords = SeverityWords(
        label="Minor",
        response_minutes=480,
        response=BUSINESS_DAY,
        escalation="Slack #alerts-production",
        next_update=WHEN_IT_CHANGES,
    )
    P3: SeverityWords = SeverityWords(
        label="Low",
        response_minutes=20_160,
        response=NEXT_SPRINT,
        escalation="backlog, assign an owner",
        next_update=NONE_PLANNED,
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
    alerts: AlertRules = AlertRules()
    calendar: Calendar = Calendar()
    symptoms: Symptoms = Field(
        default_factory=lambda: MappingProxyType({}),
        description="What customers notice, by a regular expression that is searched in the transactions and paths of "
        'the events: "/account" = "opening the account page" is said as "trouble opening the account page". Nothing '
        "matches: a general sentence where the events carry it, else a blank.",
    )
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
