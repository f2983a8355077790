"""What stands inside an event: exceptions and their frames, breadcrumbs, the request, the evidence of other issues."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from sentry_runbook.sentry.models.lenient import (
    Answer,
    Count,
    Flag,
    Item,
    Json,
    Many,
    Maybe,
    Moment,
    OrEmpty,
    OrNone,
    Text,
)

MOST_BREADCRUMBS = 100
"""As many as SDKs send; the last ones are read."""
READ_ENTRIES = ("exception", "threads", "breadcrumbs", "request")


class Frame(Answer):
    """One stack frame."""

    filename: Text = None
    abs_path: Text = Field(None, alias="absPath")
    module: Text = None
    function: Text = None
    line_no: Count = Field(None, alias="lineNo")
    in_app: Annotated[bool, OrEmpty(False)] = Field(False, alias="inApp")
    context_lines: Annotated[list[Any], OrEmpty([])] = Field(default_factory=list, alias="context")
    vars: Json = Field(default_factory=dict)

    @property
    def context(self) -> tuple[tuple[int, str], ...]:
        """Line numbers and source around the failing line."""
        return tuple(
            (pair[0], pair[1])
            for pair in self.context_lines
            if isinstance(pair, list) and len(pair) == 2 and isinstance(pair[0], int) and isinstance(pair[1], str)
        )


class Stacktrace(Answer):
    """Frames, oldest call first."""

    frames: Many[Frame] = ()


class Mechanism(Answer):
    """How the SDK caught the exception."""

    type: Text = None
    handled: Flag = None


class ExceptionValue(Answer):
    """One exception of a chain, cause first."""

    type: Text = None
    value: Text = None
    module: Text = None
    how: Maybe[Mechanism] = Field(None, alias="mechanism")
    stacktrace: Maybe[Stacktrace] = None

    @property
    def handled(self) -> bool | None:
        """Whether the application handled it."""
        return self.how.handled if self.how else None

    @property
    def mechanism(self) -> str | None:
        """The SDK's mechanism."""
        return self.how.type if self.how else None

    @property
    def frames(self) -> tuple[Frame, ...]:
        """Oldest call first, the failing one last."""
        return self.stacktrace.frames if self.stacktrace else ()


class Breadcrumb(Answer):
    """One breadcrumb."""

    timestamp: Moment = None
    type: Text = None
    category: Text = None
    level: Text = None
    message: Text = None
    data: Json = Field(default_factory=dict)


class Request(Answer):
    """The HTTP request of an event; headers and cookies are left unread."""

    method: Text = None
    url: Text = None
    query: Any = None
    data: Any = None


class Thread(Answer):
    """A thread; on mobile the stack may be here."""

    name: Text = None
    crashed: Flag = None
    stacktrace: Maybe[Stacktrace] = None


READ_VALUES = {"exception": -50, "threads": 200, "breadcrumbs": -MOST_BREADCRUMBS}
"""Entry → how many of its values are read; from the end where that is what matters."""


def _values_that_matter(value: object) -> object:
    """Entries that we read, long ones cut: the rest of a large event is not carried along."""
    if not isinstance(value, list):
        return value
    return [_cut(entry) for entry in value[:100] if isinstance(entry, dict) and entry.get("type") in READ_ENTRIES]


def _cut(entry: dict[str, Any]) -> dict[str, Any]:
    data, most = entry.get("data"), READ_VALUES.get(entry["type"])
    values = data.get("values") if isinstance(data, dict) else None
    if most is None or not isinstance(values, list):
        return entry
    return {**entry, "data": {"values": values[most:] if most < 0 else values[:most]}}


class Entry(Answer):
    """One entry of an event, read by type."""

    type: Text = None
    data: Annotated[Any, OrNone()] = None


Entries = Annotated[tuple[Item[Entry], ...], BeforeValidator(_values_that_matter), OrEmpty(())]


class ProcessingError(Answer):
    """What Sentry could not process."""

    type: Text = None


class Shown(Answer):
    """One line of a non-error issue's evidence."""

    name: Text = None
    value: Text = None
    important: Annotated[bool, OrEmpty(False)] = False


class Occurrence(Answer):
    """What a non-error issue shows instead of an exception."""

    title: Text = Field(None, alias="issueTitle")
    subtitle: Text = None
    display: Many[Shown] = Field((), alias="evidenceDisplay")


class Sdk(Answer):
    """The SDK that sent the event."""

    name: Text = None
    version: Text = None
