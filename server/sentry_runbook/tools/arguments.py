"""The arguments that several tools share, with the descriptions that models read: short, for every request has them."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from sentry_runbook.collect.left_out import says_nothing
from sentry_runbook.errors import BadInput
from sentry_runbook.incident.formatting import moment
from sentry_runbook.incident.model.evidence import Window
from sentry_runbook.incident.model.policy import Policy
from sentry_runbook.incident.model.stated import Stated
from sentry_runbook.incident.window import parse_time, parse_window

CLOCKS_DIFFER = timedelta(minutes=1)
"""A time that far ahead is no future one."""

CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


def one_line(text: str | None) -> str | None:
    """Check a value that names something: it holds no control characters.

    Raises:
        ValueError: it holds one; the message is shown.
    """
    if text is not None and CONTROL.search(text):
        raise ValueError("holds control characters")
    return text


def some_text(text: str) -> str:
    """Check a text of a person: it is not empty, and holds no control characters but line breaks and tabs.

    Raises:
        ValueError: it is empty, or holds other control characters; the message is shown.
    """
    if not text.strip():
        raise ValueError("is empty")
    one_line(text.translate({ord(char): None for char in "\n\r\t"}))
    return text


def split_issues(text: str) -> list[str]:
    """The issues of a text, with commas between them."""
    return [part for piece in text.split(",") if (part := piece.strip())]


def listed_issues(issues: object) -> object:
    """A list of issues, which models may also write as one text; blank ones are none."""
    if isinstance(issues, list):
        return [issue for issue in issues if not says_nothing("issues", issue)]
    return split_issues(issues) if isinstance(issues, str) else issues


OneLine = AfterValidator(one_line)
SomeText = AfterValidator(some_text)
# A model may well write the number of an issue as a number.
Issue = Annotated[
    str,
    Field(description="Id, short id or Sentry URL", max_length=2000, coerce_numbers_to_str=True),
]
Issues = Annotated[
    list[Annotated[str, Field(max_length=2000, coerce_numbers_to_str=True)]] | None,
    Field(description="Further issues"),
    BeforeValidator(listed_issues),
]
"""Of the same incident; :mod:`sentry_runbook.collect.together` refuses too many of them."""
Environment = Annotated[str | None, Field(description="Comma-separated", max_length=400), OneLine]
Period = Annotated[str | None, Field(description="15m, 1h, 24h, 7d …", max_length=20), OneLine]
Start = Annotated[str | None, Field(description="ISO 8601", max_length=40), OneLine]
End = Annotated[str | None, Field(description="ISO 8601", max_length=40), OneLine]
Workaround = Annotated[bool | None, Field(description="Stated: a workaround exists")]
CoreFlow = Annotated[
    bool | Literal["blocked_for_all"] | None,
    Field(description="Stated: the core flow is hit: true, false or blocked_for_all"),
]
DataLossRisk = Annotated[bool | None, Field(description="Stated: data may be lost")]
Lead = Annotated[str | None, Field(description="Incident lead", max_length=100), OneLine]
RootCause = Annotated[str | None, Field(description="Root cause found", max_length=1000)]
Fix = Annotated[str | None, Field(description="What was changed", max_length=1000)]
Cursor = Annotated[str | None, Field(description="next_cursor", max_length=200), OneLine]
ConfirmToken = Annotated[str | None, Field(description="Once the user agreed", max_length=2000), OneLine]
DryRun = Annotated[bool, Field(description="Plan only")]
Which = Annotated[str, Field(description="latest, oldest, recommended or id", max_length=64), OneLine]
Limit = Annotated[int, Field(ge=1, le=100, description="Rows; 20 unless given")]
Sort = Literal["date", "new", "freq", "user", "trends"]


def asked_window(period: str | None, start: str | None, end: str | None, policy: Policy, now: datetime) -> Window:
    """The window of a call; the policy's period when none is given.

    Raises:
        BadInput: see :func:`sentry_runbook.incident.window.parse_window`.
    """
    return parse_window(period, start, end, now=now, default=timedelta(hours=policy.period_hours))


def stated_moment(text: str | None, name: str) -> datetime | None:
    """Parse a time that a person stated; None when left out.

    Raises:
        BadInput: it is not an ISO 8601 time.
    """
    return parse_time(text, name) if text else None


def past_moment(text: str | None, name: str, now: datetime) -> datetime | None:
    """As :func:`stated_moment`, of something that has happened.

    Raises:
        BadInput: it is not an ISO 8601 time, or it has not come yet: mostly a local time that was taken for UTC.
    """
    at = stated_moment(text, name)
    if at is not None and at > now + CLOCKS_DIFFER:
        raise BadInput(
            f"{name} lies in the future ({moment(at)}; it is {moment(now)}).",
            "Give it in UTC, or with its zone: 2026-11-23T15:05:00+01:00.",
        )
    return at


def stated_flags(
    workaround: bool | None, core_flow: bool | Literal["blocked_for_all"] | None, data_loss_risk: bool | None
) -> Stated:
    """The impact as a person stated it."""
    return Stated(workaround=workaround, core_flow=core_flow, data_loss_risk=data_loss_risk)
