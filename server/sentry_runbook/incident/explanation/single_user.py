"""One user with nearly all events: a client that repeats itself, a test account, a broken record."""

from __future__ import annotations

from collections import Counter

from sentry_runbook.incident.explanation.candidate import Candidate, tag_values
from sentry_runbook.incident.metrics.breakdown import FEWEST_NOW, rounded
from sentry_runbook.incident.model.evidence import Evidence, Known, TagCount
from sentry_runbook.incident.model.evidence.tags import is_user_tag
from sentry_runbook.incident.model.results.explanation import Explanation

NEARLY_ALL = 0.9
USER_TAGS = ("user", "user.id", "user.username", "user.email")
"""The first that is there counts: Sentry's own tag, else those of GlitchTip."""


def single_user(evidence: Evidence, events: int) -> Candidate | None:
    """The user of nearly all events, under the stand-in that the answer has for them; None when there is none."""
    found = _by_tag(evidence, events) or _by_rows(evidence)
    if found is None:
        return None
    user, count, total, note = found
    share = min(count / total, 1.0)
    users = evidence.totals.value.users if isinstance(evidence.totals, Known) else None
    explanation = Explanation(
        values=tag_values(("user", user)), share=rounded(share), events=count, users=users, note=note
    )
    return Candidate("user", 2 + share, explanation)


def _by_tag(evidence: Evidence, events: int) -> tuple[str, int, int, str | None] | None:
    """By the events over all time of an issue that has had nearly all of them in the window."""
    if not isinstance(evidence.tags, Known):
        return None
    total = evidence.issue.events_total or 0
    by_key: dict[str, TagCount] = {tag.key: tag for tag in evidence.tags.value if is_user_tag(tag.key)}
    tag = next((by_key[key] for key in USER_TAGS if key in by_key), None)
    counts = [(user, count) for user, count in tag.values if user and count is not None] if tag is not None else []
    user, count = max(counts, key=lambda pair: pair[1], default=("", 0))
    whole = max(total, tag.total or 0 if tag is not None else 0)
    # What lies outside the window may all be this user's: the rest must still be nearly all of the window's.
    in_window = count - max(0, whole - events)
    if count < FEWEST_NOW or in_window < NEARLY_ALL * max(events, 1):
        return None
    return user, count, whole, None if whole <= events else "all time"


def _by_rows(evidence: Evidence) -> tuple[str, int, int, str | None] | None:
    """By the latest events of the window."""
    if not isinstance(evidence.rows, Known):
        return None
    window = evidence.window
    rows = [row for row in evidence.rows.value if row.when is not None and window.start <= row.when <= window.end]
    counts = Counter(row.user for row in rows if row.user)
    user, count = max(counts.items(), key=lambda pair: pair[1], default=("", 0))
    if count < FEWEST_NOW or count < NEARLY_ALL * len(rows) or _has_others(evidence):
        return None
    return user, count, len(rows), f"of the latest {len(rows)} events" if _are_not_all(evidence, len(rows)) else None


def _has_others(evidence: Evidence) -> bool:
    """Whether so many other users met the error, if only once each, that the latest events tell of a late one only."""
    totals = evidence.totals.value if isinstance(evidence.totals, Known) else None
    return totals is not None and (totals.users or 0) - 1 > (1 - NEARLY_ALL) * totals.events


def _are_not_all(evidence: Evidence, rows: int) -> bool:
    return not isinstance(evidence.totals, Known) or evidence.totals.value.events > rows
