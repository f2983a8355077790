"""The issue list's part of the search language: states and ages of issues, and tags of their events."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from sentry_runbook.simulator.columns import column
from sentry_runbook.simulator.issue_payloads import substatus
from sentry_runbook.simulator.params import Scope, bad, instant, span_ms
from sentry_runbook.simulator.records import DAY, HOUR, EventRecord, IssueRecord
from sentry_runbook.simulator.search import BadQuery, Term, parse, predicate, terms, value_test

_STATES = {"unresolved": "unresolved", "resolved": "resolved", "ignored": "ignored", "archived": "ignored"}
_SUBSTATES = ("new", "ongoing", "escalating", "regressed")
_FLAG = re.compile(r'flags\[(?:"([^"]*)"|([^"\]]*))\]')
"""A feature flag, as Sentry's page of searchable issue properties has it; Discover has no such key."""
_OF_ISSUES = frozenset(
    {"is", "assigned", "issue", "issue.id", "issue.priority", "issue.category", "issue.type", "timesSeen", ""}
)
"""Keys of conditions that an issue fits as a whole."""
_AGES = {"firstSeen": 0, "age": 0, "lastSeen": -1}


@dataclass(frozen=True, slots=True)
class SearchMatch:
    """An issue with the events that the list's period and environments let through, oldest first."""

    issue: IssueRecord
    events: Sequence[EventRecord]


def candidates(scope: Scope, issues: Sequence[IssueRecord]) -> list[SearchMatch]:
    """Return the issues that have events in the scope."""
    projects = {project.id for project in scope.projects}
    matches = []
    for issue in issues:
        if issue.project.id in projects:
            events = issue.events.within(scope.start, scope.seen_end, scope.environments)
            if events:
                matches.append(SearchMatch(issue, events))
    return matches


def matching(matches: Sequence[SearchMatch], query: str, now: int) -> list[SearchMatch]:
    """Keep the candidates that fit the query; 400 for a query that cannot be read."""
    try:
        fits = predicate(parse(query), partial(_compiled, now=now))
    except BadQuery as exc:
        raise bad(str(exc)) from exc
    return [candidate for candidate in matches if fits(candidate)]


def fitting_events(match: SearchMatch, query: str) -> list[EventRecord] | None:
    """Return the events of an issue that fit the query's conditions on events; None where it has none."""
    conditions = [term for term in terms(parse(query)) if term.key not in _OF_ISSUES and term.key not in _AGES]
    if not conditions:
        return None
    tests = [(term, value_test(replace(term, negated=False))) for term in conditions]
    return [
        event for event in match.events if all(test(partial(column, event)) is not term.negated for term, test in tests)
    ]


def ordered(matches: Sequence[SearchMatch], sort: str, scope: Scope) -> list[SearchMatch]:
    """Sort the list as asked; 400 for an unknown order."""
    orders: dict[str, Callable[[SearchMatch], float]] = {
        "date": lambda match: match.events[-1].at,
        "new": lambda match: _seen(match)[0],
        "freq": lambda match: len(match.events),
        "user": lambda match: match.issue.events.people(scope.start, scope.seen_end, scope.environments),
        "trends": partial(_rise, scope=scope),
    }
    if sort not in orders:
        raise bad(f'Invalid sort: "{sort}"')
    return sorted(matches, key=orders[sort], reverse=True)


def _rise(match: SearchMatch, scope: Scope) -> float:
    """Return how far the last hour is above the hours of the two weeks before it.

    Sentry's own score weighs age, level and volume, too, and is not public as a formula; what it is for is this.
    """
    end, hour = scope.seen_end, scope.seen_end - HOUR
    recent, before = match.issue.events.count(hour, end), match.issue.events.count(end - 14 * DAY, hour)
    return recent / (1 + before / (14 * 24 - 1))


def _compiled(term: Term, now: int) -> Callable[[SearchMatch], bool]:
    if term.key == "is":
        return _signed(term, _state(term.values[0], now))
    if term.key in _AGES:
        return _signed(term, _age(term, now))
    if term.key == "assigned":
        return _signed(term, _assigned(term.values[0].lower()))
    plain = replace(term, negated=False)
    test = value_test(plain)
    flag = _FLAG.fullmatch(term.key)
    if flag:
        of_flag = partial(_flag_value, flag[1] or flag[2])
        return _signed(term, lambda match: any(test(partial(of_flag, event)) for event in match.events))
    if term.key in _OF_ISSUES:
        return _signed(term, lambda match: test(partial(_issue_value, match)))
    # All else is a tag: an issue fits when one of its events does, and fits the negation when none does.
    return _signed(term, lambda match: any(test(partial(column, event)) for event in match.events))


def _flag_value(name: str, event: EventRecord, _key: str) -> str | None:
    return event.flags.get(name)


def _signed(term: Term, test: Callable[[SearchMatch], bool]) -> Callable[[SearchMatch], bool]:
    return (lambda match: not test(match)) if term.negated else test


def _state(name: str, now: int) -> Callable[[SearchMatch], bool]:
    if name in _STATES:
        return lambda match: match.issue.status == _STATES[name]
    if name in _SUBSTATES:
        return lambda match: match.issue.status == "unresolved" and substatus(match.issue, now) == name
    if name in {"assigned", "unassigned"}:
        return lambda match: bool(match.issue.assigned_to) is (name == "assigned")
    raise BadQuery(f'Invalid value for "is" search: {name}')


def _age(term: Term, now: int) -> Callable[[SearchMatch], bool]:
    end, value = _AGES[term.key], term.values[0]
    relative = re.fullmatch(r"([+-])(\d+[smhdw])", value)
    if relative:
        bound, newer = now - (span_ms(relative[2]) or 0), relative[1] == "-"
    else:
        bound, newer = instant(value), term.operator.startswith(">")
        if not term.operator:
            raise BadQuery(f"{value} needs a sign or a comparison in {term.key}")
    return lambda match: (_seen(match)[end] >= bound) is newer


def _seen(match: SearchMatch) -> tuple[int, int]:
    first = match.issue.events.first()
    return (first.at if first else 0, match.events[-1].at)


def _assigned(wanted: str) -> Callable[[SearchMatch], bool]:
    if wanted == "none":
        return lambda match: match.issue.assigned_to is None
    name = wanted.removeprefix("#")
    return lambda match: (match.issue.assigned_to or "").lower().rpartition(":")[2] == name


def _issue_value(match: SearchMatch, key: str) -> str | int | None:
    issue = match.issue
    return {
        "issue": issue.short_id,
        "issue.id": issue.id,
        "issue.priority": issue.priority,
        "issue.category": issue.spec.category,
        "issue.type": issue.spec.issue_type,
        "timesSeen": len(match.events),
        "title": issue.spec.shown_title,
        "transaction": issue.spec.transaction,
    }.get(key)
