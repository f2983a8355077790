"""The facts of a review of alerts as lines, for the page and for the terminal alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sentry_runbook.incident.alerts.words_actions import notifies_words
from sentry_runbook.incident.formatting import count, duration, moment, number, stretch
from sentry_runbook.incident.model.evidence import quoted
from sentry_runbook.incident.model.results.alert_review import (
    AlertGap,
    AlertKind,
    AlertReview,
    EpisodeCatch,
    ReviewedAlert,
    ReviewVerdict,
    ThresholdRow,
)
from sentry_runbook.incident.model.results.explanation import quoted_id

VERDICTS: Mapping[ReviewVerdict | None, str] = {
    "dead": "Dead",
    "noisy": "Noisy",
    "late": "Late",
    "never_fired": "Never fired",
    "works": "Works",
    None: "Not judged",
}
KINDS: Mapping[AlertKind, str] = {
    "issue_alert": "issue alert",
    "metric_alert": "metric monitor",
    "cron_monitor": "cron monitor",
    "uptime_monitor": "uptime check",
}
FORMS = {"today": "", "before_2026": " from before 2026", "glitchtip": " of GlitchTip"}
ELSEWHERE = "What to change is proposed only: nothing was sent to Sentry, change it there."
CONNECTED = "the alerts that are connected to it tell people"
MOST_NAMES = 6
"""Incidents of one outcome that are named; more are counted."""
COLUMNS = ("Set to", "Incidents caught", "Firings")


def scope_line(result: AlertReview) -> str:
    """What was looked at: ``project "shop"; 2026-11-06 12:00 to 2026-11-20 12:00 UTC; 5 incidents in it``."""
    where = "all projects that the token may read" if result.project == "all" else f"project {quoted(result.project)}"
    window = stretch(result.window.start, result.window.end)
    total = result.episodes_total
    incidents = "" if total is None else f"; {count(total, 'incident')} in it"
    return f"{where}; {window}{incidents}"


def counts_line(result: AlertReview) -> str:
    """``2 dead, 1 noisy, 5 work``; a verdict that no alert has is left out."""
    words = {verdict or "unknown": text.lower() for verdict, text in VERDICTS.items()}
    return ", ".join(f"{number(result.counts[key])} {words[key]}" for key in words if result.counts.get(key)) or "none"


def alert_title(alert: ReviewedAlert) -> str:
    """``Dead: "Checkout errors", issue alert of "shop"``."""
    return f"{VERDICTS[alert.verdict]}: {alert_name(alert)}"


def alert_name(alert: ReviewedAlert) -> str:
    """``"Checkout errors", issue alert from before 2026 of "shop"``."""
    project = f" of {quoted(alert.project)}" if alert.project else ""
    return f"{quoted(alert.name)}, {KINDS[alert.kind]}{FORMS[alert.form]}{project}"


def people_line(alert: ReviewedAlert) -> str:
    """``e-mail, Slack; owner "team:payments"``."""
    told = CONNECTED if alert.notifies is None else notifies_words(alert.notifies)
    return f"{told}; {f'owner {quoted(alert.owner)}' if alert.owner else 'no owner named'}"


def fired_line(alert: ReviewedAlert) -> str:
    """``140 times for 12 issues, last 2026-11-20 11:58 UTC; 1 of 12 issues acted on within 24 h``."""
    if alert.firings is None:
        return "not known"
    if not alert.firings:
        return "never in the period"
    issues = f" for {count(alert.issues, 'issue')}" if alert.issues else ""
    last = f", last {moment(alert.fired_at)}" if alert.fired_at is not None else ""
    return f"{count(alert.firings, 'time')}{issues}{last}{_acted_on(alert)}"


def _acted_on(alert: ReviewedAlert) -> str:
    if alert.acted_on is None or not alert.acted_on_of:
        return ""
    return f"; {number(alert.acted_on)} of {count(alert.acted_on_of, 'issue')} acted on within 24 h"


def replay_line(alert: ReviewedAlert) -> str | None:
    """When it would have fired last by its condition, and what limits that; None where nothing is known of it."""
    at = instant(alert.would_have_fired_at, alert.would_have_fired_by)
    if at is None:
        return alert.replay and f"not for certain: {alert.replay}"
    return f"last {at}{f' ({alert.replay})' if alert.replay else ''}"


def instant(at: datetime | None, by: datetime | None) -> str | None:
    """``2026-11-20 11:58 UTC``; ``between … and …`` or ``by …`` where only that is known; None where nothing is."""
    if at is None:
        return None if by is None else f"by {moment(by)}"
    return moment(at) if by in (None, at) else f"between {stretch(at, by, 'and')}"


def episodes_line(alert: ReviewedAlert) -> str | None:
    """What it did in each incident that it is there for: ``SHOP-1Z caught after 4 min; missed PAY-2, PAY-4``."""
    if alert.episodes is None:
        return None
    told = [catch_words(catch) for catch in alert.episodes if not _is_bare(catch)]
    for outcome, words in (("missed", "missed"), ("unknown", "not known of")):
        names = [quoted_id(catch.episode) for catch in alert.episodes if _is_bare(catch) and catch.outcome == outcome]
        told += [f"{words} {_some(names)}"] if names else []
    return "; ".join(told) or "none in the period that it is there for"


def _is_bare(catch: EpisodeCatch) -> bool:
    """Whether nothing but the outcome is known, so that a name is all that there is to tell."""
    would = (catch.would_have_fired_at, catch.would_have_fired_by)
    return catch.outcome == "unknown" or (catch.outcome == "missed" and would == (None, None))


def _some(names: Sequence[str]) -> str:
    left = len(names) - MOST_NAMES
    return ", ".join(names) if left <= 1 else f"{', '.join(names[:MOST_NAMES])} and {left} more"


def catch_words(catch: EpisodeCatch) -> str:
    """``SHOP-1Z late, after 27 min``; of a missed one when it would have fired by its condition."""
    name = quoted_id(catch.episode)
    if catch.outcome == "missed":
        would = instant(catch.would_have_fired_at, catch.would_have_fired_by)
        return f"{name} missed (would have fired {would})"
    return f"{name} {catch.outcome}{',' if catch.outcome == 'late' else ''}{_after(catch)}"


def _after(catch: EpisodeCatch) -> str:
    exactly, most = catch.after_minutes, catch.at_most_minutes
    if exactly is None:
        return "" if most is None else f" after at most {duration(timedelta(minutes=most))}"
    return f" after {duration(timedelta(minutes=exactly))}" if exactly else " within a minute"


def threshold_cells(row: ThresholdRow) -> tuple[str, str, str]:
    """The cells of a row of the table whose head is :data:`COLUMNS`."""
    most = f" to {number(row.firings_at_most)}" if row.firings_at_most is not None else ""
    change = f"{row.change} ← best" if row.best else row.change
    return change, f"{number(row.caught)} of {number(row.of)}", f"{number(row.firings)}{most}"


def gap_title(gap: AlertGap) -> str:
    """``No alert in time: SHOP-1Z of "shop", began 2026-11-20 11:48 UTC, 1,204 events``."""
    project = f" of {quoted(gap.project)}" if gap.project else ""
    return (
        f"No alert in time: {quoted_id(gap.episode)}{project}, began {moment(gap.began)}, {count(gap.events, 'event')}"
    )


def suggestion_line(gap: AlertGap, result: AlertReview) -> str:
    """The condition that would have caught it, when, and how often it would have fired beside; that none would."""
    if gap.suggestion is None:
        # Over all projects fewer issues are counted finely, so that fewer conditions can be tried.
        finer = "; ask again with its project alone: more can be tried" if result.project == "all" else ""
        return f"none of the conditions that could be tried{finer}"
    at = instant(gap.would_have_fired_at, gap.would_have_fired_by)
    when = f", {at}" if at else ""
    return f"an alert on {gap.suggestion}{when}, {_extra(gap)}"


def _extra(gap: AlertGap) -> str:
    times, most = gap.extra_firings, gap.extra_firings_at_most
    if times is not None:
        return f"and {count(times, 'other time')} in the period" if times else "and on nothing else in the period"
    return "how often else is not known" if most is None else f"and at most {count(most, 'other time')} in the period"


def more_line(result: AlertReview) -> str | None:
    """How to go on; None where these are the last."""
    if result.next_cursor is None:
        return None
    last = result.shown_from + len(result.alerts) - 1
    left = sum(result.counts.values()) - last
    return f"Alerts {result.shown_from} to {last} of {last + left}. More: call again with cursor {result.next_cursor}"
