"""Discover: selects the rows of a query, then groups, counts and sorts them as a table.

``find`` finds the events or traced requests of a dataset that fit scope and query; ``Selection`` groups and sorts,
``table`` shows. The time series count over the same rows, so that their sum is the table's count.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from sentry_runbook.simulator.columns import Row, are_shared, column, kind, shown
from sentry_runbook.simulator.discover_functions import Aggregate, aggregate
from sentry_runbook.simulator.event_record import EventRecord
from sentry_runbook.simulator.params import Scope, bad
from sentry_runbook.simulator.records import IssueRecord, ProjectRecord
from sentry_runbook.simulator.search import (
    BadQuery,
    Lookup,
    Term,
    Value,
    every_term,
    parse,
    predicate,
    terms,
    value_test,
)

_COLUMN = re.compile(r"[a-zA-Z0-9_.:-]*|tags\[[a-zA-Z0-9_.:-]*\]")
_MOST_FIELDS = 20
_PROJECT_COLUMNS = ("project", "project.name", "project.id")


class MatchingRows:
    """The rows that fit a query: in the order of time, or by the issues to which they belong.

    Args:
        rows: oldest first; None where they are known by their issues alone.
        of_issue: the rows of each issue, oldest first; None where they were not looked for so.
    """

    __slots__ = ("_rows", "of_issue")

    def __init__(
        self, rows: list[Row] | None, of_issue: Mapping[IssueRecord, Sequence[EventRecord]] | None = None
    ) -> None:
        self._rows = rows
        self.of_issue = of_issue

    @property
    def rows(self) -> list[Row]:
        """All rows, oldest first."""
        if self._rows is None:
            self._rows = [row for events in (self.of_issue or {}).values() for row in events]
            self._rows.sort(key=lambda row: row.at)
        return self._rows


def find(dataset: str, scope: Scope, query: str) -> MatchingRows:
    """Return the rows of a dataset that fit; 400 for an invalid query."""
    try:
        tree = parse(query)
        fits = predicate(tree, _compiled)
        required = terms(tree)
    except BadQuery as exc:
        raise bad(str(exc)) from exc
    named = _named_issues(scope, required)
    chosen = _named_projects(scope, required)
    issues = (issue for project in chosen for issue in project.issues)
    if dataset in {"errors", "issuePlatform"} and are_shared((term.key for term in every_term(tree)), issues):
        return MatchingRows(None, _by_issue(chosen, dataset, scope, named, fits))
    candidates: list[Row] = []
    for project in chosen:
        candidates += _candidates(project, dataset, scope, None if named is None else named.get(project.id, ()))
    candidates.sort(key=lambda row: row.at)
    return MatchingRows([row for row in candidates if fits(partial(column, row))] if tree.parts else candidates)


def _by_issue(
    projects: Sequence[ProjectRecord],
    dataset: str,
    scope: Scope,
    named: Mapping[str, Sequence[IssueRecord]] | None,
    fits: Callable[[Lookup], bool],
) -> dict[IssueRecord, list[EventRecord]]:
    """Return the events of the issues that fit, where all events of an issue do or none does: one is looked at."""
    found = []
    for project in projects:
        for issue in project.issues if named is None else named.get(project.id, ()):
            if issue.is_error is (dataset == "errors"):
                events = issue.events.within(scope.start, scope.seen_end, scope.environments)
                if events and fits(partial(column, events[0])):
                    found.append((issue, events))
    found.sort(key=lambda pair: pair[1][0].at)
    return dict(found)


def _compiled(term: Term) -> Callable[[Lookup], bool]:
    # Short ids are understood in any case; the column holds them as Sentry writes them.
    if term.key == "issue":
        term = replace(term, values=tuple(value.upper() for value in term.values))
    return value_test(term)


def _candidates(project: ProjectRecord, dataset: str, scope: Scope, named: Sequence[IssueRecord] | None) -> list[Row]:
    period = (scope.start, scope.seen_end, scope.environments)
    candidates: list[Row] = []
    if dataset in {"errors", "discover", "issuePlatform"}:
        issues = project.issues if named is None else named
        kept = [issue for issue in issues if dataset == "discover" or issue.is_error is (dataset == "errors")]
        logs = [project.events] if len(kept) == len(project.issues) else [issue.events for issue in kept]
        for log in logs:
            candidates += log.within(*period)
    if dataset in {"spans", "transactions", "discover"} and not (dataset == "discover" and named is not None):
        candidates += project.spans.within(*period)
    return candidates


def _named_projects(scope: Scope, required: Sequence[Term]) -> list[ProjectRecord]:
    """Return the projects that the query leaves, so that only their rows are looked at."""
    tests = [value_test(term) for term in required if term.key in _PROJECT_COLUMNS]

    def known(project: ProjectRecord) -> Lookup:
        return lambda key: project.id if key == "project.id" else project.slug

    return [project for project in scope.projects if all(test(known(project)) for test in tests)]


def _named_issues(scope: Scope, required: Sequence[Term]) -> dict[str, list[IssueRecord]] | None:
    """Return the issues that the query names, by the id of their project; None when it names none at all."""
    naming = [term for term in required if term.key in {"issue", "issue.id"} and not (term.negated or term.operator)]
    if not naming:
        return None
    known = {issue.short_id.upper(): issue for project in scope.projects for issue in project.issues}
    by_number = {issue.id: issue for issue in known.values()}
    named: dict[str, list[IssueRecord]] = {}
    for term in naming:
        for value in term.values:
            numeric = value.isdecimal()
            if numeric is (term.key == "issue") or not (numeric or value.upper() in known):
                raise bad(f"Invalid value '{value}' for '{term.key}:' filter")
    # Where a query names issues twice, its test of each row says which of them are meant.
    for name in {value.upper() for value in naming[-1].values}:
        issue = by_number.get(name) or known.get(name)
        if issue is not None:
            named.setdefault(issue.project.id, []).append(issue)
    return named


# --- the table ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ResultTable:
    """All rows of an answer, and what ``meta`` says about their columns."""

    data: list[dict[str, Value]]
    fields: dict[str, str]
    units: dict[str, str | None]


@dataclass(frozen=True, slots=True)
class Selection:
    """Columns and functions that are asked for, and the order of what is found."""

    functions: dict[str, Aggregate | None]
    sort: tuple[str, ...]

    @classmethod
    def of(cls, fields: Sequence[str], sort: Sequence[str]) -> Selection:
        """Read the fields; 400 where one is invalid, where there are too many, or where the order is by another."""
        if not fields:
            raise bad("No columns selected")
        if len(fields) > _MOST_FIELDS:
            raise bad(f"You can view up to {_MOST_FIELDS} fields at a time. Please delete some and try again.")
        functions = {field: aggregate(field) for field in fields}
        for field, function in functions.items():
            if function is None and not _COLUMN.fullmatch(field):
                raise bad(f"Invalid characters in field {field}")
        for order in sort:
            if order.removeprefix("-") not in functions:
                raise bad("Cannot sort by a field that is not selected.")
        return cls(functions, tuple(sort))

    @property
    def keys(self) -> list[str]:
        """The plain columns."""
        return [field for field, function in self.functions.items() if function is None]

    def groups(self, source: MatchingRows) -> list[tuple[dict[str, Value], list[Row]]]:
        """Group the rows by the plain columns and apply the functions, in the order that was asked for."""
        keys = self.keys
        functions = {field: function for field, function in self.functions.items() if function}
        groups = []
        for group, members in _grouped(keys, source).items():
            values = dict(zip(keys, group, strict=True))
            values |= {field: function.over(members) for field, function in functions.items()}
            groups.append((values, members))
        for order in reversed(self.sort):
            groups.sort(key=partial(_rank_of_group, order.removeprefix("-")), reverse=order.startswith("-"))
        return groups

    def listed(self, source: MatchingRows) -> list[dict[str, Value]]:
        """Return a line for each row, newest first unless asked otherwise."""
        data = [{key: column(row, key) for key in self.functions} for row in reversed(source.rows)]
        for order in reversed(self.sort):
            data.sort(key=partial(_rank, order.removeprefix("-")), reverse=order.startswith("-"))
        return data


def table(fields: Sequence[str], sort: Sequence[str], source: MatchingRows) -> ResultTable:
    """Group the rows by the plain columns and apply the functions; newest first without ``sort``."""
    if "issue" in fields and "issue.id" not in fields:
        fields = [*fields, "issue.id"]
    selection = Selection.of(fields, sort)
    functions = selection.functions
    is_list = len(selection.keys) == len(functions)
    data = selection.listed(source) if is_list else [values for values, _ in selection.groups(source)]
    # A short id is made of the issue's number, which stands beside it and is described in its place.
    described = {field: function for field, function in functions.items() if field != "issue"}
    return ResultTable(
        [{field: shown(field, row[field]) for field in functions} for row in data],
        {field: function.kind if function else kind(field) for field, function in described.items()},
        {
            field: function.unit if function else ("millisecond" if kind(field) == "duration" else None)
            for field, function in described.items()
        },
    )


def _rank_of_group(key: str, group: tuple[dict[str, Value], list[Row]]) -> tuple[bool, float, str]:
    return _rank(key, group[0])


def _rank(key: str, row: dict[str, Value]) -> tuple[bool, float, str]:
    value = row[key]
    if isinstance(value, int | float):
        return (True, float(value), "")
    return (value is not None, 0.0, str(value))


def _grouped(keys: Sequence[str], source: MatchingRows) -> dict[tuple[Value, ...], list[Row]]:
    if not keys:
        return {(): source.rows}
    groups: dict[tuple[Value, ...], list[Row]] = {}
    if source.of_issue is not None and are_shared(keys, source.of_issue):
        # Columns that all events of an issue share are read once an issue, and not once an event.
        for events in source.of_issue.values():
            groups.setdefault(tuple(column(events[0], key) for key in keys), []).extend(events)
        return groups
    for row in source.rows:
        groups.setdefault(tuple(column(row, key) for key in keys), []).append(row)
    return groups
