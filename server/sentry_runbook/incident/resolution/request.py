"""What is asked of an issue's status, whether it is valid, and what is then sent to Sentry.

An action is one row of :data:`ACTIONS`, and one name of ``Action``, which the tool publishes; a test compares the two.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from sentry_runbook.incident.formatting import number
from sentry_runbook.incident.model.evidence import Frozen, Issue, quoted
from sentry_runbook.incident.model.results.resolution import Action

WEEK_MINUTES = 10_080
"""The longest window in which Sentry counts (sentry-api §10)."""
MOST = 2**31 - 1
SETTLED = ("resolved", "ignored", "unresolved", None)
"""States out of which a status can be changed; not while an issue is deleted, merged or reprocessed."""
RELEASE = re.compile(r"(?!@|\.{1,2}$|.*(?://|www\.))[\w.@+:/~()#=, -]{1,250}")
"""Version names as tools make them. They stand in questions to people, so they hold no markup and no address."""


class Wish(Frozen):
    """What the caller asks of an issue's status.

    Attributes:
        release: for ``resolve_in_release`` only; ``latest`` is Sentry's newest.
        ignore_count: for ``ignore``: that many MORE events from now.
        ignore_minutes: for ``ignore``: that long from now.
        ignore_users: for ``ignore``: that many MORE users from now.
        window_minutes: the stretch in which the count or the users are counted; at most a week.
    """

    action: Action
    release: str | None = None
    ignore_count: int | None = None
    ignore_minutes: int | None = None
    ignore_users: int | None = None
    window_minutes: int | None = None


@dataclass(frozen=True)
class Change:
    """What is sent to Sentry, in our words; what is None is left out of the request."""

    status: Literal["resolved", "ignored", "unresolved"]
    substatus: str | None = None
    in_next_release: bool = False
    in_release: str | None = None
    ignore_count: int | None = None
    ignore_minutes: int | None = None
    ignore_users: int | None = None
    window_minutes: int | None = None
    user_window_minutes: int | None = None

    @property
    def is_plain_resolve(self) -> bool:
        """Whether it resolves without a release, so that any new event reopens the issue."""
        return self.status == "resolved" and not self.in_next_release and self.in_release is None

    @property
    def is_for_ever(self) -> bool:
        """Whether it archives without an end."""
        return self.substatus == "archived_forever"


@dataclass(frozen=True)
class IssueAction:
    """One action on an issue's status: all that is particular to it.

    Attributes:
        change: what it sends; all else (the warnings, the plan, the read-back) looks at that and not at the name.
        takes_release: it needs ``release``, which no other action takes.
        takes_limits: it may be given limits, which no other action takes.
    """

    change: Callable[[Wish], Change]
    takes_release: bool = False
    takes_limits: bool = False


def _archive(wish: Wish) -> Change:
    return Change(
        status="ignored",
        substatus="archived_until_condition_met" if is_limited(wish) else "archived_forever",
        ignore_count=wish.ignore_count,
        ignore_minutes=wish.ignore_minutes,
        ignore_users=wish.ignore_users,
        window_minutes=wish.window_minutes if wish.ignore_count is not None else None,
        user_window_minutes=wish.window_minutes if wish.ignore_users is not None else None,
    )


ACTIONS: Mapping[Action, IssueAction] = {
    "resolve": IssueAction(lambda _: Change(status="resolved")),
    "resolve_in_next_release": IssueAction(lambda _: Change(status="resolved", in_next_release=True)),
    "resolve_in_release": IssueAction(
        lambda wish: Change(status="resolved", in_release=wish.release), takes_release=True
    ),
    "ignore": IssueAction(_archive, takes_limits=True),
    "archive_until_escalating": IssueAction(lambda _: Change(status="ignored", substatus="archived_until_escalating")),
    "reopen": IssueAction(lambda _: Change(status="unresolved")),
}


def change_of(wish: Wish) -> Change:
    """What a valid wish sends."""
    return ACTIONS[wish.action].change(wish)


def is_limited(wish: Wish) -> bool:
    """Whether an ``ignore`` ends by itself."""
    return any(limit is not None for limit in (wish.ignore_count, wish.ignore_minutes, wish.ignore_users))


def refusals(wish: Wish, issue: Issue) -> Iterator[str]:
    """Why a wish is invalid; nothing when it is valid."""
    yield from _release_refusals(wish)
    yield from _limit_refusals(wish)
    if issue.status not in SETTLED:
        yield f"The issue is {quoted(issue.status or 'in an unknown state')}; Sentry changes no status then. Try later."


def _release_refusals(wish: Wish) -> Iterator[str]:
    takes_release = ACTIONS[wish.action].takes_release
    if takes_release and not (wish.release or "").strip():
        yield f"{wish.action} needs release: the version that holds the fix. It must exist in Sentry."
    if wish.release is not None and not takes_release:
        allowed = " or ".join(f"action={name}" for name, action in ACTIONS.items() if action.takes_release)
        yield f"release goes with {allowed} only, not with {wish.action}."
    if wish.release is not None and not RELEASE.fullmatch(wish.release):
        yield "release is no version name: letters, digits and . _ - + @ : / ( ) # = ~ , at most 250 characters."


def _limit_refusals(wish: Wish) -> Iterator[str]:
    names = ("ignore_count", "ignore_minutes", "ignore_users", "window_minutes")
    given: dict[str, int] = {name: value for name in names if (value := getattr(wish, name)) is not None}
    if given and not ACTIONS[wish.action].takes_limits:
        allowed = " or ".join(f"action={name}" for name, action in ACTIONS.items() if action.takes_limits)
        yield f"{', '.join(given)} goes with {allowed} only, not with {wish.action}."
    for name, value in given.items():
        if value < 1:
            yield f"{name} must be at least 1. For ever is action=ignore without any limit."
        most = WEEK_MINUTES if name == "window_minutes" else MOST
        if value > most:
            yield f"{name} is too large: at most {number(most)}."
    if wish.window_minutes is not None and wish.ignore_count is None and wish.ignore_users is None:
        yield "window_minutes needs ignore_count or ignore_users: it is the stretch in which those are counted."


def same_release(one: str | None, other: str | None) -> bool:
    """Whether two names mean one release; what was read is inert text, in which an @ may have become its twin."""
    if one is None or other is None:
        return one is other
    return unicodedata.normalize("NFKC", one) == unicodedata.normalize("NFKC", other)
