"""An incident in words: headline, reasons, what speaks against it, the next step."""

from __future__ import annotations

from collections.abc import Iterator

from sentry_runbook.incident.formatting import clock_time, count, duration, exact_clock_time, listed, moment, number
from sentry_runbook.incident.model.evidence import quoted
from sentry_runbook.incident.model.results.explanation import quoted_id
from sentry_runbook.incident.model.results.situation import SuspectChange
from sentry_runbook.incident.situation.facts import IssueFacts
from sentry_runbook.incident.situation.grouping import IssueGroup, Joined
from sentry_runbook.incident.situation.severity import IncidentSeverity
from sentry_runbook.incident.situation.ties import Tie

MOST_NAMED = 3


def projects_of(group: IssueGroup) -> tuple[str, ...]:
    """Slugs of its projects, the first hit first."""
    return tuple(dict.fromkeys(facts.project for facts in group.issues))


def headline(group: IssueGroup, verdict: IncidentSeverity, suspect: SuspectChange | None) -> str:
    """``P1: 3 issues in "payments", "orders" and "web" since 12:03 UTC, 143 users; suspect: PostgreSQL …``."""
    first = group.issues[0]
    what = quoted(first.news.issue.title) if len(group.issues) == 1 else count(len(group.issues), "issue")
    since = moment(first.news.onset.at)
    rise = first.news.rise
    is_rise = len(group.issues) == 1 and rise is not None
    times = f", {number(round(rise.times_usual))} × its usual rate" if is_rise and rise is not None else ""
    users = ""
    if verdict.users is not None:
        least = "at least " if verdict.users.exact is None else ""
        users = f", {least}{count(verdict.users.at_least, 'user')}"
    cause = f"; suspect: {suspect.kind} {quoted(suspect.name)}" if suspect is not None else "; no suspect yet"
    return f"{verdict.level}: {what} in {listed(projects_of(group))} since {since}{times}{users}{cause}"


def began_together(group: IssueGroup, *, at_least: bool = False) -> str:
    """``3 issues began within 1 min 23 s (12:03:10 to 12:04:33 UTC); the first is PAY-1``.

    Args:
        group: two issues or more.
        at_least: there are more than were read.
    """
    begin, end = group.issues[0].news.onset, group.issues[-1].news.onset
    within = duration(end.at - begin.at) if end.at > begin.at else "one second"
    exact = all(facts.news.onset.is_exact for facts in group.issues)
    until = (
        f"{exact_clock_time(begin.at).removesuffix(' UTC')} to {exact_clock_time(end.at)}"
        if exact
        else f"from {clock_time(begin.at)} UTC on"
    )
    number = f"at least {len(group.issues)} issues" if at_least else count(len(group.issues), "issue")
    first = group.first
    which = "which was the first is not known" if first is None else f"the first is {quoted_id(first.name)}"
    return f"{number} began within {within} ({until}); {which}"


def reasons(group: IssueGroup) -> Iterator[str]:
    """Why these belong together, the time first."""
    if len(group.issues) < 2:
        return
    yield began_together(group)
    told: dict[tuple[str, str], tuple[str, dict[str, None]]] = {}
    for pair in group.pairs:
        for tie in pair.ties:
            _, names = told.setdefault((tie.kind, tie.value), (tie.why, {}))
            names.update(dict.fromkeys((pair.one.name, pair.other.name)))
    order = sorted(told.items(), key=lambda entry: -len(entry[1][1]))
    for (kind, _), (why, names) in order[:6]:
        yield f"{KINDS[kind]}: {why} ({_short(list(names))})"


KINDS = {
    "trace": "Trace",
    "calls": "Call",
    "dependency": "Dependency",
    "release": "Release",
    "transaction": "Transaction",
    "host": "Host",
    "tenant": "Tenant",
    "flag": "Flag",
    "users": "Users",
}
"""What ties them, as the beginning of a reason."""


def reason_of(tie: Tie) -> str:
    """``Trace: 2 traces of 2 read hold events of both``."""
    return f"{KINDS[tie.kind]}: {tie.why}"


def counter_reasons(group: IssueGroup, read: frozenset[str]) -> Iterator[str]:
    """What keeps issues of the same minutes out, and what of the ties could not be looked at.

    Args:
        group: the incident.
        read: kinds of ties that could be looked at.
    """
    for facts in group.apart[:MOST_NAMED]:
        yield (
            f"{name_of(facts)} of {quoted(facts.project)} began in the same minutes ({moment(facts.news.onset.at)}) "
            "and stays apart: nothing read ties it to these"
        )
    if len(group.apart) > MOST_NAMED:
        more = len(group.apart) - MOST_NAMED
        stay = "stays" if more == 1 else "stay"
        yield f"{count(more, 'more issue')} of the same minutes {stay} apart, tied to none of these"
    first = group.issues[0].id
    beside = {issue for pair in group.pairs if first in (pair.one.id, pair.other.id) for issue in _ids(pair)}
    untied = [facts.name for facts in group.issues[1:] if facts.id not in beside]
    if untied and len(group.issues) > 2:
        yield f"tied to {group.issues[0].name} only through others: {_short(untied)}"
    unread = [KINDS[kind].lower() for kind in KINDS if kind not in read]
    if unread and (group.apart or len(group.issues) > 1):
        yield f"not looked at: {', '.join(unread)}"


def _ids(pair: Joined) -> tuple[str, str]:
    return pair.one.id, pair.other.id


def _short(names: list[str]) -> str:
    shown = ", ".join(map(quoted_id, names[:5]))
    return f"{shown} and {len(names) - 5} more" if len(names) > 5 else shown


def next_step(group: IssueGroup, suspect: SuspectChange | None) -> str:
    """What to do now, with the call that tells more."""
    first = group.issues[0]
    look = f"Call triage_issue issue={first.name}"
    if suspect is None:
        return f"{look}; {_ask(group)}"
    name = quoted(suspect.name)
    advice = {
        "release": f"{look}, and roll {name} back by your deploy system unless somebody knows better",
        "flag": f"{look}, and set the flag {name} back unless somebody knows better",
        "dependency": f"Look at {name}: is it up, full, reachable? {look} for the details",
    }
    return f"{advice[suspect.kind]}."


def _ask(group: IssueGroup) -> str:
    projects = projects_of(group)
    if len(projects) > 1:
        return f"ask the owners of {listed(projects)} what they share."
    return f"ask the owner of {quoted(projects[0])} what changed outside Sentry."


def name_of(facts: IssueFacts) -> str:
    """``SHOP-1 "title"``."""
    return f"{quoted_id(facts.name)} {quoted(facts.news.issue.title)}"
