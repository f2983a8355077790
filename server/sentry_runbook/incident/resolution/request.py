"""What is asked of an issue's status, whether it is valid, and what is then sent to Sentry.

What belongs to an action stands in one row of :data:`ACTIONS`: the status that it leads to and the arguments it takes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from sentry_runbook.incident.formatting import number
from sentry_runbook.incident.issue_state import FOR_EVER, UNTIL_CONDITION_MET, UNTIL_ESCALATING
from sentry_runbook.incident.model.evidence import Frozen, Issue, quoted
from sentry_runbook.incident.model.results.resolution import Action

Status = Literal["resolved", "ignored", "unresolved"]
WEEK_MINUTES = 10_080
"""The longest window in which Sentry counts (sentry-api §10)."""
MOST_OF_A_RELEASE = 250
"""Characters of a version that Sentry takes."""
MAX_LIMIT = 2**31 - 1
MAX_MINUTES = 10 * 365 * 1440
"""Ten years: a longer archive is one for ever, and its end a date that Sentry may not hold."""
LONG_MINUTES = 90 * 1440
"""Sentry keeps events for 90 days at the most: a longer archive outlives all that it was decided on."""
CHANGEABLE = ("resolved", "ignored", "unresolved", None)
"""States out of which a status can be changed; not while an issue is deleted, merged or reprocessed."""
RELEASE = re.compile(r"(?!@|\.{1,2}$|.*(?://|www\.))[\w.@＠+:/~()#=, -]{1,250}")
"""Version names as tools make them. They stand in questions to people, so they hold no markup and no link; where one
looks like an e-mail address, its ``@`` has become inert before it gets here."""


class ResolutionRequest(Frozen):
    """What the caller asks of an issue's status.

    Attributes:
        release: for ``resolve_in_release`` only, as it is shown; ``latest`` is Sentry's newest.
        release_digest: of the release as it is sent, to compare it whole.
        ignore_count: for ``ignore``: that many MORE events from now.
        ignore_minutes: for ``ignore``: that long from now.
        ignore_users: for ``ignore``: that many MORE users from now.
        window_minutes: the stretch in which the count or the users are counted; at most a week.
    """

    action: Action
    release: str | None = None
    release_digest: str | None = None
    ignore_count: int | None = None
    ignore_minutes: int | None = None
    ignore_users: int | None = None
    window_minutes: int | None = None

    @property
    def is_limited(self) -> bool:
        """Whether an ``ignore`` ends by itself."""
        return any(limit is not None for limit in (self.ignore_count, self.ignore_minutes, self.ignore_users))


@dataclass(frozen=True)
class ActionRule:
    """What one action leads to and which arguments it takes (sentry-api §10).

    Attributes:
        status: the issue's status after it.
        substatus: the kind of archive, None for other states.
        in_next_release: only events of a later release reopen it.
        takes_release: needs ``release``; other actions refuse it.
        takes_limits: takes ``ignore_*`` and ``window_minutes``; with one it is archived until that is reached.
    """

    status: Status
    substatus: str | None = None
    in_next_release: bool = False
    takes_release: bool = False
    takes_limits: bool = False


ACTIONS: Mapping[Action, ActionRule] = {
    "resolve": ActionRule("resolved"),
    "resolve_in_next_release": ActionRule("resolved", in_next_release=True),
    "resolve_in_release": ActionRule("resolved", takes_release=True),
    "ignore": ActionRule("ignored", substatus=FOR_EVER, takes_limits=True),
    "archive_until_escalating": ActionRule("ignored", substatus=UNTIL_ESCALATING),
    "reopen": ActionRule("unresolved"),
}


@dataclass(frozen=True)
class StatusChange:
    """What is sent to Sentry, in our words; what is None is left out of the request."""

    status: Status
    substatus: str | None = None
    in_next_release: bool = False
    in_release: str | None = None
    in_release_digest: str | None = None
    ignore_count: int | None = None
    ignore_minutes: int | None = None
    ignore_users: int | None = None
    window_minutes: int | None = None
    user_window_minutes: int | None = None


def change_of(request: ResolutionRequest) -> StatusChange:
    """What a valid request sends: one that :func:`refusals` says nothing against."""
    rule = ACTIONS[request.action]
    return StatusChange(
        status=rule.status,
        substatus=UNTIL_CONDITION_MET if request.is_limited else rule.substatus,
        in_next_release=rule.in_next_release,
        in_release=request.release,
        in_release_digest=request.release_digest,
        ignore_count=request.ignore_count,
        ignore_minutes=request.ignore_minutes,
        ignore_users=request.ignore_users,
        # One window is asked for; Sentry has one for events and one for users.
        window_minutes=request.window_minutes if request.ignore_count is not None else None,
        user_window_minutes=request.window_minutes if request.ignore_users is not None else None,
    )


# --- refusals ------------------------------------------------------------------------------------------------------


def refusals(request: ResolutionRequest, issue: Issue) -> Iterator[str]:
    """Why a request is invalid for this issue; nothing when it is valid."""
    yield from _release_refusals(request)
    yield from _limit_refusals(request)
    if issue.status not in CHANGEABLE:
        yield f"The issue is {quoted(issue.status or 'in an unknown state')}; Sentry changes no status then. Try later."


def _release_refusals(request: ResolutionRequest) -> Iterator[str]:
    takes_release = ACTIONS[request.action].takes_release
    if takes_release and not (request.release or "").strip():
        yield f"{request.action} needs release: the version that holds the fix. It must exist in Sentry."
    elif request.release is not None and not takes_release:
        yield f"release goes with action=resolve_in_release only, not with {request.action}."
    elif request.release is not None and not RELEASE.fullmatch(request.release):
        yield "release is no version name: letters, digits and . _ - + @ : / ( ) # = ~ , at most 250 characters."


def _limit_refusals(request: ResolutionRequest) -> Iterator[str]:
    limits = {
        "ignore_count": request.ignore_count,
        "ignore_minutes": request.ignore_minutes,
        "ignore_users": request.ignore_users,
        "window_minutes": request.window_minutes,
    }
    given = {name: value for name, value in limits.items() if value is not None}
    if given and not ACTIONS[request.action].takes_limits:
        yield f"{', '.join(given)} goes with action=ignore only, not with {request.action}."
    for name, value in given.items():
        if value < 1:
            yield f"{name} must be at least 1. For ever is action=ignore without any limit."
        most = {"window_minutes": WEEK_MINUTES, "ignore_minutes": MAX_MINUTES}.get(name, MAX_LIMIT)
        if value > most:
            yield f"{name} is too large: at most {number(most)}."
    if request.window_minutes is not None and request.ignore_count is None and request.ignore_users is None:
        yield "window_minutes needs ignore_count or ignore_users: it is the stretch in which those are counted."
