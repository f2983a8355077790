"""Thresholds and words of the runbook, from a TOML file; the built-in policy is the runbook's own table.

How to think about it: the models below *are* the file format. A table of the file is a model, a key is a field,
the field's description is the comment that :func:`dump_policy` writes above it. So a new setting is one field here
and nothing else. A file may give any part; what it leaves out keeps the built-in value.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from sentry_runbook.errors import SettingsError

Level = Literal["P0", "P1", "P2", "P3"]
LEVELS: tuple[Level, ...] = ("P3", "P2", "P1", "P0")
"""Severities, lowest first."""


def rank(level: Level) -> int:
    """How severe: 0 for P3 up to 3 for P0."""
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


class Table(BaseModel):
    """One table of the file: frozen, strict, and closed to unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False, defer_build=True)


class Production(Table):
    """Which environments are production."""

    environments: Pattern = Field(
        default=r"^(prod|production|live)([-_].*)?$",
        description="Regular expression, searched in the environment's name; events without one count as production.",
    )


class Thresholds(Table):
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


class CoreFlow(Table):
    """The transactions that the business lives on."""

    transactions: tuple[Pattern, ...] = Field(
        default=(),
        description="Regular expressions. With some given, an issue whose transactions are all others is off the core "
        "flow (no P1), unless the caller states otherwise. Empty: only what the caller states counts.",
    )


class EdgeCase(Table):
    """What is an edge case (P3) unless a rule above holds."""

    levels: tuple[Words, ...] = Field(default=("info", "debug"), description="Levels of the issue.")
    titles: tuple[Pattern, ...] = Field(default=(), description="Regular expressions, searched in the issue's title.")
    transactions: tuple[Pattern, ...] = Field(
        default=(), description="Regular expressions; all transactions of the issue must match one."
    )


class TrendFactors(Table):
    """When a change of the event rate has a name."""

    spiking: float = Field(
        default=3.0, gt=1, description="Spiking: the last hour has this many times the hour before or the baseline."
    )
    declining: float = Field(
        default=3.0, gt=1, description="Declining: the hour before had at least this many times the last hour."
    )


class SeverityWords(Table):
    """What a severity means for people."""

    label: Words = Field(description="Its name.")
    response_minutes: int = Field(ge=1, le=525_600, description="Minutes until somebody works on it.")
    response: Words = Field(description="The same in the runbook's words.")
    escalation: Words = Field(description="Whom to tell, and how.")
    next_update_minutes: int = Field(ge=1, le=525_600, description="Minutes between status updates.")


class Severities(Table):
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
    # "Same business day" and "next sprint" are words; 8 h and 14 days are this policy's reading of them.
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


class Policy(Table):
    """The rules in force: thresholds, words, and what counts as production, core flow and edge case.

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
        """How a verdict names it: ``runbook default (built in)``."""
        return f"{self.name} ({self.source})"

    def is_production(self, environment: str) -> bool:
        """Whether an environment counts as production; ``""``, no environment, does."""
        return environment == "" or re.search(self.production.environments, environment) is not None

    def words(self, level: Level) -> SeverityWords:
        """Label, response, escalation of a severity."""
        found: SeverityWords = getattr(self.severity, level)
        return found


def matches_any(patterns: Iterable[str], text: str) -> bool:
    """Whether one of the patterns is found in the text."""
    return any(re.search(pattern, text) for pattern in patterns)


def default_policy() -> Policy:
    """The runbook's own table (DESIGN §5)."""
    return Policy()


def load_policy(path: Path) -> Policy:
    """Read a policy file.

    Raises:
        SettingsError: the file cannot be read, is not TOML, or has wrong keys or values; every problem at once, each
            with line and key.
    """
    try:
        text = path.read_text(encoding="utf-8")
        given = tomllib.loads(text)
    except (OSError, UnicodeDecodeError) as exc:
        raise SettingsError(f"The policy file {path} cannot be read ({type(exc).__name__}).") from exc
    except tomllib.TOMLDecodeError as exc:
        raise SettingsError(f"The policy file {path} is not TOML: {exc}.", "Correct it at that place.") from exc
    problems = [_unknown_key(("source",), text)] if given.pop("source", None) is not None else []
    try:
        # Through JSON, because there pydantic's strict mode takes a list for a tuple and nothing else for anything.
        policy = Policy.model_validate_json(json.dumps(_merged(_plain(default_policy()), given), default=str))
    except ValidationError as exc:
        problems += [_problem(error, text) for error in exc.errors()]
    if problems:
        raise SettingsError(
            f"The policy file {path} cannot be used: " + " ".join(problems),
            "'sentry-runbook policy' prints a complete file to start from.",
        )
    return policy.model_copy(update={"source": str(path)})


def _plain(policy: Policy) -> dict[str, Any]:
    return policy.model_dump(exclude={"source"})


def _merged(base: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """The file's values over the built-in ones, table by table."""
    merged = dict(base)
    for key, value in given.items():
        below = merged.get(key)
        merged[key] = _merged(below, value) if isinstance(below, dict) and isinstance(value, dict) else value
    return merged


def _problem(error: Mapping[str, Any], text: str) -> str:
    where = tuple(str(step) for step in error["loc"])
    if error["type"] == "extra_forbidden":
        return _unknown_key(where, text)
    message = str(error["msg"]).removeprefix("Value error, ").replace("an object", "a table")
    return f"{_place(where, text)}: {message[:1].lower()}{message[1:]}."


def _unknown_key(where: tuple[str, ...], text: str) -> str:
    table: type[BaseModel] = Policy
    for step in where[:-1]:
        inner = table.model_fields[step].annotation
        assert isinstance(inner, type)  # noqa: S101  # every table of the file is a model by construction
        table = inner
    valid = ", ".join(name for name in table.model_fields if name != "source")
    return f"{_place(where, text)}: no such key; valid are {valid}."


def _place(where: tuple[str, ...], text: str) -> str:
    """``line 12, thresholds.users_per_hour_above``; without the line where the key cannot be found in the text."""
    keys = tuple(step for step in where if not step.isdigit())
    line = next((number for number, key in _keys(text) if key == keys), None)
    name = ".".join(keys)
    return f"line {line}, {name}" if line else name


def _keys(text: str) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Line number and full key of each assignment and table header, as far as a line-wise reading finds them."""
    table: tuple[str, ...] = ()
    for number, line in enumerate(text.splitlines(), start=1):
        if header := re.match(r"\s*\[([^\[\]]+)\]", line):
            table = _steps(header[1])
            yield number, table
        elif assignment := re.match(r"\s*([A-Za-z0-9_.\"' -]+?)\s*=", line):
            yield number, (*table, *_steps(assignment[1]))


def _steps(dotted: str) -> tuple[str, ...]:
    return tuple(step.strip().strip("\"'") for step in dotted.split("."))


def dump_policy(policy: Policy) -> str:
    """The policy as a commented TOML file that :func:`load_policy` reads back to the same policy."""
    lines = [
        f"# Policy of sentry-runbook: {policy.title.encode('unicode_escape').decode()}",
        "# Every key may be left out; the built-in value then holds.",
        "",
        *_table(policy, ()),
    ]
    return "\n".join(lines).rstrip("\n") + "\n"


def _table(table: BaseModel, name: tuple[str, ...]) -> Iterator[str]:
    """Keys of a table first, then the tables below it: TOML knows no way back to an outer table."""
    below: list[tuple[str, BaseModel]] = []
    for key, field in type(table).model_fields.items():
        value = getattr(table, key)
        if isinstance(value, BaseModel):
            below.append((key, value))
        elif (name, key) != ((), "source"):
            if field.description:
                yield f"# {field.description}"
            yield f"{key} = {_toml(value)}"
    yield ""
    for key, inner in below:
        path = (*name, key)
        if any(not isinstance(getattr(inner, field), BaseModel) for field in type(inner).model_fields):
            yield f"# {(type(inner).__doc__ or '').strip()}"
            yield f"[{'.'.join(path)}]"
        yield from _table(inner, path)


def _toml(value: object) -> str:
    if isinstance(value, tuple):
        return "[" + ", ".join(_toml(item) for item in value) + "]"
    # JSON's strings and numbers are TOML's too, but for DEL.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007F")
