"""What is asked of an issue's status, whether it can be meant, and what is then sent to Sentry."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
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


def change_of(wish: Wish) -> Change:
    """What a wish that can be meant sends."""
    if wish.action == "reopen":
        return Change(status="unresolved")
    if wish.action == "archive_until_escalating":
        return Change(status="ignored", substatus="archived_until_escalating")
    if wish.action == "ignore":
        return Change(
            status="ignored",
            substatus="archived_until_condition_met" if is_limited(wish) else "archived_forever",
            ignore_count=wish.ignore_count,
            ignore_minutes=wish.ignore_minutes,
            ignore_users=wish.ignore_users,
            window_minutes=wish.window_minutes if wish.ignore_count is not None else None,
            user_window_minutes=wish.window_minutes if wish.ignore_users is not None else None,
        )
    return Change(
        status="resolved",
        in_next_release=wish.action == "resolve_in_next_release",
        in_release=wish.release if wish.action == "resolve_in_release" else None,
    )


def is_limited(wish: Wish) -> bool:
    """Whether an ``ignore`` ends by itself."""
    return any(limit is not None for limit in (wish.ignore_count, wish.ignore_minutes, wish.ignore_users))


def refusals(wish: Wish, issue: Issue) -> Iterator[str]:
    """Why a wish cannot be meant; nothing when it can."""
    if wish.action == "resolve_in_release" and not (wish.release or "").strip():
        yield "resolve_in_release needs release: the version that holds the fix. It must exist in Sentry."
    if wish.release is not None and wish.action != "resolve_in_release":
        yield f"release goes with action=resolve_in_release only, not with {wish.action}."
    if wish.release is not None and not RELEASE.fullmatch(wish.release):
        yield "release is no version name: letters, digits and . _ - + @ : / ( ) # = ~ , at most 250 characters."
    limits = {
        "ignore_count": wish.ignore_count,
        "ignore_minutes": wish.ignore_minutes,
        "ignore_users": wish.ignore_users,
    }
    named = {**limits, "window_minutes": wish.window_minutes}
    given = {name: value for name, value in named.items() if value is not None}
    if given and wish.action != "ignore":
        yield f"{', '.join(given)} goes with action=ignore only, not with {wish.action}."
    for name, value in given.items():
        if value < 1:
            yield f"{name} must be at least 1. For ever is action=ignore without any limit."
        most = WEEK_MINUTES if name == "window_minutes" else MOST
        if value > most:
            yield f"{name} is too large: at most {number(most)}."
    if wish.window_minutes is not None and wish.ignore_count is None and wish.ignore_users is None:
        yield "window_minutes needs ignore_count or ignore_users: it is the stretch in which those are counted."
    if issue.status not in SETTLED:
        yield f"The issue is {quoted(issue.status or 'in an unknown state')}; Sentry changes no status then. Try later."


def same_release(one: str | None, other: str | None) -> bool:
    """Whether two names mean one release; what was read is inert text, in which an @ may have become its twin."""
    if one is None or other is None:
        return one is other
    return unicodedata.normalize("NFKC", one) == unicodedata.normalize("NFKC", other)
