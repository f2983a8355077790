"""The triage in ten lines: what a responder reads first, made from the result alone.

Each line answers one question and holds the figures for it; what does not fit stands in the sections below. A line
whose answer is "nothing" or "not known" says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta

from sentry_runbook.incident.explanation.wording import usually
from sentry_runbook.incident.formatting import (
    count,
    crash_free_percent,
    duration,
    episode_course,
    exact_clock_time,
    moment,
    number,
    percent,
    percent_of,
    trend_direction,
)
from sentry_runbook.incident.model.evidence import quoted
from sentry_runbook.incident.model.policy import rank
from sentry_runbook.incident.model.results.explanation import (
    Change,
    Explanation,
    Owner,
    RelatedIssue,
    ReleaseHealth,
    quoted_id,
)
from sentry_runbook.incident.model.results.triage import Triage
from sentry_runbook.incident.release_health import relation

Line = tuple[str, str]
"""A label and a sentence or two."""
WORSE_POINTS = 1.0
"""A fall of crash-free sessions, in points, from which it is said."""
MOST_CHANGES, MOST_OWNERS, MOST_UNKNOWN, MOST_RELATED = 3, 3, 5, 3
NOTHING_EXPLAINS = "nothing in the tags stands out"
NO_CHANGE = "no change is known in the six hours before."
NOTHING_BEGAN = "no other issue of the project was seen to begin with it."
NOTHING_TO_ASK = "nothing: no answer of people would change the severity."
SAME = "; as likely, which the data cannot tell apart: "


def triage_lines(result: Triage) -> tuple[Line, ...]:
    """The ten lines, in the order in which a responder needs them."""
    return (
        ("Verdict", _verdict(result)),
        ("Do now", result.next_steps[0]),
        ("Why", _why(result)),
        ("Explained by", _explained(result)),
        ("Who", _who(result)),
        ("Changed", _changed(result)),
        ("Also started", _also_started(result)),
        ("Owner", _owners(result.owners)),
        ("Ask", _questions(result)),
        ("Not known", _not_known(result)),
    )


def _verdict(result: Triage) -> str:
    """Whom to tell and by when, from which instant that counts, and what may make the severity another one."""
    verdict = result.severity
    parts = [verdict.call]
    if verdict.clock_started is not None:
        parts.append(f"Clock from {moment(verdict.clock_started)} ({verdict.clock_basis}).")
    if verdict.alone not in (None, verdict.severity):
        parts.append(f"By this issue's own figures {verdict.alone}.")
    if rank(verdict.could_be.highest) > rank(verdict.severity):
        parts.append(f"Could be up to {verdict.could_be.highest}.")
    if verdict.severity_without_suspects not in (None, verdict.severity):
        parts.append(f"Without the suspicious events {verdict.severity_without_suspects}.")
    if result.part_of is not None:
        parts.append(f"Part of a larger incident: {result.part_of.says}.")
    return " ".join(parts)


def _why(result: Triage) -> str:
    """The deciding rule with its figure, and what the nearest higher severity lacks."""
    nearest = "".join(f" {entry.to} needs {entry.needs}." for entry in result.severity.distance[:1])
    return f"{result.severity.because}{nearest}"


# --- what explains it


def _explained(result: Triage) -> str:
    tags = _sets(result.explanation)
    parts = [tags, *_by_release(result.release_health), *_dependency(result)]
    known = [part for part in parts if part]
    return f"{'. '.join(known)}." if known else f"{NOTHING_EXPLAINS}."


def _sets(explanation: tuple[Explanation, ...]) -> str:
    """The best set, and those of the same rank beside it."""
    best = [entry for entry in explanation if entry.rank == explanation[0].rank]
    return SAME.join(map(explained_by, best[:2]))


def explained_by(entry: Explanation) -> str:
    """``customer="acme" (97.22 % of the events, 3.1 % usually; explains 98 % of those above usual)``."""
    values = " and ".join(f"{quoted(value.tag)}={quoted(value.value)}" for value in entry.values)
    facts = [f"{percent_of(entry.share)} of the events"] if entry.share is not None else []
    if usually(entry):
        facts.append(usually(entry))
    if entry.explains is not None:
        facts.append(f"{percent_of(entry.explains)} of those above usual")
    if entry.note:
        facts.append(entry.note)
    return f"{values} ({', '.join(facts)})"


def _by_release(health: tuple[ReleaseHealth, ...]) -> Iterator[str]:
    """Sessions by release, where there is another to compare with, or where they got worse with the incident."""
    measured = [entry for entry in health if entry.crash_free_pct is not None]
    if len(measured) > 1 or any(map(_got_worse, measured)):
        first, *others = measured[:2]
        beside = [f"; {relation(other)} {release_health(other)}" for other in others]
        yield f"crash-free sessions by release: {release_health(first)}{''.join(beside)}"


def _got_worse(entry: ReleaseHealth) -> bool:
    before, now = entry.crash_free_before_pct, entry.crash_free_pct
    return before is not None and now is not None and before - now >= WORSE_POINTS


def release_health(entry: ReleaseHealth) -> str:
    """``"shop@7.12.0" 34 % (302 sessions, before 91 %)``."""
    rate = "unknown" if entry.crash_free_pct is None else crash_free_percent(entry.crash_free_pct)
    before = (
        "" if entry.crash_free_before_pct is None else f", {crash_free_percent(entry.crash_free_before_pct)} before"
    )
    adoption = "" if entry.adoption_pct is None else f", {percent(entry.adoption_pct)} of all"
    note = f"; {entry.note}" if entry.note else ""
    return f"{quoted(entry.release)} {rate} ({count(entry.sessions, 'session')}{adoption}{before}{note})"


def _dependency(result: Triage) -> Iterator[str]:
    if result.dependency is not None:
        yield result.dependency.why.rstrip(".")


# --- who, and what else


def _who(result: Triage) -> str:
    impact, episode = result.impact, result.episode
    facts = [impact.reading.rstrip(".")]
    if episode is not None:
        facts.append(f"began {moment(episode.began)}, {episode_course(episode)}")
    if impact.trend is not None:
        facts.append(trend_direction(impact.trend))
    return f"{'; '.join(facts)}."


def _changed(result: Triage) -> str:
    """The nearest changes; that none is known, only where they were read."""
    if not result.changes:
        return NO_CHANGE if result.episode is not None else "not known: nothing tells when it began."
    return f"{'; '.join(map(change_line, result.changes[:MOST_CHANGES]))}."


def change_line(change: Change) -> str:
    """``deploy of "shop@7.12.0" to production 11:49 UTC, 2 min before (shop)``."""
    minutes = abs(change.minutes_before)
    apart = "in the same minute" if not minutes else f"{duration(timedelta(minutes=minutes))} {_side(change)}"
    project = f" ({quoted(change.project)})" if change.project else ""
    return f"{change.what} {moment(change.at)}, {apart}{project}"


def _side(change: Change) -> str:
    return "before" if change.minutes_before > 0 else "after it began"


def _also_started(result: Triage) -> str:
    """The issues of the same incident with what ties them, then those that are tied by nothing."""
    tied = [f"{related_issue(other)}{_why_related(other)}" for other in result.related[:MOST_RELATED]]
    more = result.part_of.issues - 1 - len(tied) if result.part_of is not None else 0
    tied += [f"{count(more, 'more issue')} of the incident"] if more > 0 else []
    others = []
    for other in result.also_started:
        began = f", from {moment(other.began)}" if other.began else ""
        others.append(f"{other.name} ({number(other.events)} unhandled events{began})")
    if tied and others:
        others[0] = f"tied by nothing that was read: {others[0]}"
    return f"{'; '.join([*tied, *others])}." if tied or others else NOTHING_BEGAN


def related_issue(other: RelatedIssue) -> str:
    """``PAY-1 "title" of "payments" (12 events, 9 users, from 12:03:10 UTC)``."""
    known = [
        count(amount, noun) for amount, noun in ((other.events, "event"), (other.users, "user")) if amount is not None
    ]
    began = f"from {moment(other.began)} on" if other.by_hour else f"from {exact_clock_time(other.began)}"
    project = f" of {quoted(other.project)}" if other.project else ""
    return f"{quoted_id(other.short_id)} {quoted(other.title)}{project} ({', '.join([*known, began])})"


def _why_related(other: RelatedIssue) -> str:
    return f": {other.reasons[0]}" if other.reasons else ""


def _owners(owners: Iterable[Owner]) -> str:
    named = [f"{quoted(owner.who)} ({owner.why})" for owner in owners]
    return f"{'; '.join(named[:MOST_OWNERS])}." if named else "nobody is named in Sentry."


def _questions(result: Triage) -> str:
    asked = " ".join(f"{question.question} ({question.decides})" for question in result.questions)
    return asked or NOTHING_TO_ASK


def _not_known(result: Triage) -> str:
    names = [entry.what for entry in result.missing if "for length" not in entry.why]
    more = f" and {len(names) - MOST_UNKNOWN} more" if len(names) > MOST_UNKNOWN else ""
    return f"{', '.join(names[:MOST_UNKNOWN])}{more}; reasons below." if names else "nothing that was looked for."
