"""One user with nearly all events: a client that repeats itself, a test account, a broken record."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from sentry_runbook.incident.explanation.candidate import Candidate, tag_values
from sentry_runbook.incident.metrics.breakdown import FEWEST_NOW, rounded
from sentry_runbook.incident.metrics.timeseries import HOUR, between, in_window, total
from sentry_runbook.incident.model.evidence import Evidence, Known, TagCount, Unknown
from sentry_runbook.incident.model.evidence.tags import is_user_tag
from sentry_runbook.incident.model.results.explanation import Explanation
from sentry_runbook.incident.model.results.impact import Episode

NEARLY_ALL, MOST = 0.9, 0.5
"""Of the events above usual, and of all."""
USER_TAGS = ("user", "user.id", "user.username", "user.email")
"""The first that is there counts: Sentry's own tag, else those of GlitchTip."""


def single_user(evidence: Evidence, events: int, episode: Episode | Unknown) -> Candidate | None:
    """The user of nearly all events, under the stand-in that the answer has for them; None when there is none.

    Args:
        evidence: of one issue.
        events: of the issue in the window.
        episode: of an issue that is older, its latest events count from the begin of the incident on.
    """
    found = _by_tag(evidence, events) or _by_rows(evidence, episode)
    if found is None:
        return None
    user, count, whole, note = found
    share = min(count / whole, 1.0)
    users = evidence.totals.value.users if isinstance(evidence.totals, Known) else None
    explanation = Explanation(
        values=tag_values(("user", user)), share=rounded(share), events=count, users=users, note=note
    )
    return Candidate("user", 2 + share, explanation)


def _by_tag(evidence: Evidence, events: int) -> tuple[str, int, int, str | None] | None:
    """By the events over all time of an issue that has had nearly all of them in the window."""
    if not isinstance(evidence.tags, Known):
        return None
    by_key: dict[str, TagCount] = {tag.key: tag for tag in evidence.tags.value if is_user_tag(tag.key)}
    tag = next((by_key[key] for key in USER_TAGS if key in by_key), None)
    counts = [(user, count) for user, count in tag.values if user and count is not None] if tag is not None else []
    user, count = max(counts, key=lambda pair: pair[1], default=("", 0))
    whole = max(evidence.issue.events_total or 0, (tag.total or 0) if tag is not None else 0)
    # What lies outside the window may all be this user's: the rest must still be nearly all of the window's.
    in_window = count - max(0, whole - events)
    if count < FEWEST_NOW or in_window < NEARLY_ALL * max(events, 1):
        return None
    return user, count, whole, None if whole <= events else "all time"


def _by_rows(evidence: Evidence, episode: Episode | Unknown) -> tuple[str, int, int, str | None] | None:
    """By the latest events of the window, of those since the incident began."""
    if not isinstance(evidence.rows, Known):
        return None
    start, end, usual = evidence.window.start, evidence.window.end, 0.0
    if isinstance(episode, Episode):
        start, usual = max(start, episode.began_earliest), episode.usual_per_hour or 0.0
    rows = [row for row in evidence.rows.value if row.when is not None and start <= row.when <= end]
    counts = Counter(row.user for row in rows if row.user)
    user, count = max(counts.items(), key=lambda pair: pair[1], default=("", 0))
    first = min((row.when for row in rows if row.when is not None), default=end)
    above = len(rows) - usual * ((end - first) / HOUR)
    if count < FEWEST_NOW or count < NEARLY_ALL * above or count < MOST * len(rows):
        return None
    if _has_others(evidence, start, usual):
        return None
    return user, count, len(rows), f"of the latest {len(rows)} events" if _are_not_all(evidence, len(rows)) else None


def _has_others(evidence: Evidence, start: datetime, usual: float) -> bool:
    """Whether so many other users met the error, if only once each, that the latest events tell of a late one only.

    Args:
        evidence: its users by the hour, else those of the window.
        start: of the incident.
        usual: events an hour that other users have anyway.
    """
    hourly, events, end = evidence.users_per_hour, evidence.series, evidence.window.end
    if isinstance(hourly, Known) and isinstance(events, Known):
        users = [round(value) for value in in_window(hourly.value, start, end).values if value]
        begin = max(evidence.window.start, start.replace(minute=0, second=0, microsecond=0))
        number = total(between(events.value.events, begin, end)) or 0
        return sum(count - 1 for count in users) > (1 - NEARLY_ALL) * number + usual * ((end - begin) / HOUR)
    totals = evidence.totals.value if isinstance(evidence.totals, Known) else None
    return totals is not None and (totals.users or 0) - 1 > (1 - NEARLY_ALL) * totals.events


def _are_not_all(evidence: Evidence, rows: int) -> bool:
    return not isinstance(evidence.totals, Known) or evidence.totals.value.events > rows
