"""Rows of the table of the evidence about the project: its sessions, and the latency of the affected transactions."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

import anyio

from sentry_runbook.collect.batch import Request, note_failure
from sentry_runbook.collect.collection import NO_SUCH_ENVIRONMENT, Collection, Part
from sentry_runbook.collect.discover_parts import projects_of
from sentry_runbook.collect.environment_parts import lacks_production
from sentry_runbook.collect.event_parts import EVENT, TAGS
from sentry_runbook.collect.question import Aspect
from sentry_runbook.collect.request_values import (
    affected_transactions,
    first_version,
    last_version,
    project_id,
    project_slug,
    suspect_version,
)
from sentry_runbook.collect.sessions import merge_sessions, release_sessions
from sentry_runbook.errors import RunbookError
from sentry_runbook.incident.formatting import count
from sentry_runbook.incident.metrics.crash_free import rate_of
from sentry_runbook.incident.model import evidence as ours
from sentry_runbook.incident.model.evidence import Unknown
from sentry_runbook.safety.search_terms import is_expressible
from sentry_runbook.safety.text import NAME
from sentry_runbook.sentry.counts import LatencyTable, SessionCounts, TransactionLatency
from sentry_runbook.sentry.timeseries import has_session_hours

MAX_ENDPOINTS = 5
FEWEST_SAMPLES = 20
"""Fewer transactions have no p95: 5 % of them are less than one."""
NOT_SEARCHED = "not asked for: Sentry's search language cannot express the transaction's name"
LEFT_OUT = "Sentry left out the environments with the fewest sessions"


def _sessions_request(collection: Collection) -> Request[SessionCounts]:
    """The sessions of the issue's project; of several issues in several projects a question for each of these."""
    own = project_id(collection.issue)
    others = [number for number in projects_of(collection) if number != own]

    async def ask_other(project: str) -> None:
        try:
            collection.sessions[project] = await _project_sessions(collection, project)
        except RunbookError as exc:
            collection.sessions[project] = None
            note_failure(exc)

    async def ask_all() -> SessionCounts:
        async with anyio.create_task_group() as tasks:
            for project in others:
                tasks.start_soon(ask_other, project)
            try:
                counts = await _project_sessions(collection, own)
            except RunbookError as exc:
                # In a task group it would arrive as a group of errors.
                failed: RunbookError | None = exc
            else:
                failed = None
        if failed is not None:
            raise failed
        return counts

    return ask_all if others else lambda: _project_sessions(collection, own)


async def _project_sessions(collection: Collection, project: str | None) -> SessionCounts:
    """One project's sessions by environment; where Sentry cut the smallest, those of the ones that count once more."""
    client, question = collection.client, collection.question

    async def ask(environments: Sequence[str] = ()) -> SessionCounts:
        return await client.sessions(
            project_id=project,
            start=question.window.start,
            end=question.window.end,
            environments=environments,
            by_release=True,
            organization=question.reference.organization,
        )

    counts = await ask()
    names = _counted_environments(collection, counts) if counts.is_cut else ()
    return await ask(names) if names else counts


def _counted_environments(collection: Collection, counts: SessionCounts) -> tuple[str, ...]:
    """The environments that count, as far as they are known: named, of the issue's events, or of the cut answer."""
    question = collection.question
    if question.environments:
        return question.environments
    listed = (group.environment or "" for group in counts.groups)
    known = dict.fromkeys([*collection.scope.production, *filter(collection.policy.is_production, listed)])
    return tuple(known)


def _sessions(collection: Collection, counts: SessionCounts) -> ours.Sessions | Unknown:
    """The sessions of the issue's project; of several projects those of the one with the fewest without a crash."""
    own = _sessions_of(collection, counts)
    if not collection.sessions:
        return own
    slugs = {number: collection.name(slug) for number, slug in _slugs(collection).items()}
    unread = tuple(slugs.get(number, number) for number, other in collection.sessions.items() if other is None)
    of_projects = {project_id(collection.issue) or "": own} | {
        number: _sessions_of(collection, other) for number, other in collection.sessions.items() if other is not None
    }
    known = {number: part for number, part in of_projects.items() if isinstance(part, ours.Sessions)}
    if not known:
        return own
    worst = min(known, key=lambda number: _lowest_pct(known[number], collection))
    return known[worst].model_copy(update={"project": slugs.get(worst, worst), "unread": unread})


def _slugs(collection: Collection) -> dict[str, str]:
    """Numbers of the issues' projects and their slugs."""
    return {project_id(issue) or "": project_slug(issue) or "" for issue in collection.members}


def _lowest_pct(sessions: ours.Sessions, collection: Collection) -> float:
    rate = rate_of(sessions, collection.policy)
    return rate.lowest_pct if not isinstance(rate, Unknown) else inf


def _sessions_of(collection: Collection, counts: SessionCounts) -> ours.Sessions | Unknown:
    question = collection.question
    if collection.asks_only_unknown_environments:
        return Unknown(why=NO_SUCH_ENVIRONMENT)
    # Of production also where the events of all environments are counted: a crash-free rate is the same in every tool.
    all_count = lacks_production(collection, counts)

    def is_counted(environment: str) -> bool:
        if question.environments:
            return environment in question.environments
        return all_count or collection.policy.is_production(environment)

    if counts.is_cut and not any(is_counted(group.environment or "") for group in counts.groups):
        return Unknown(why=f"{LEFT_OUT}, and none of those asked about is among the others")
    named = {first_version(collection.issue), last_version(collection.issue), suspect_version(collection.issue)}
    versions = {version for version in named if version}

    def inert(version: str) -> str:
        return collection.sanitizer.version(version, NAME, "release")

    releases = release_sessions(counts, is_counted, collection.now, versions, inert)
    return merge_sessions(counts, is_counted, collection.now, releases)


def _sessions_note(_: Collection, counts: SessionCounts) -> str:
    return "; ".join(filter(None, (LEFT_OUT if counts.is_cut else "", counts.why_no_releases)))


def _sessions_source(collection: Collection) -> str:
    window = collection.question.window
    by_hour = " and hour" if has_session_hours(window.start, window.end) else ""
    project = (
        f"the {len(collection.sessions) + 1} projects, those of the worst" if collection.sessions else "the project"
    )
    return f"sessions of {project} by environment{by_hour}"


SESSIONS = Part(
    field="sessions",
    round=2,
    aspects=(Aspect.SESSIONS,),
    request=_sessions_request,
    parse=_sessions,
    note=_sessions_note,
    source=_sessions_source,
)


def _transactions(collection: Collection) -> tuple[str, ...]:
    return affected_transactions(collection.value(TAGS), collection.value(EVENT), MAX_ENDPOINTS)


def _not_asked(collection: Collection) -> Unknown | None:
    """Why no latency is asked for; None when one is."""
    names = _transactions(collection)
    if not names:
        return Unknown(why="no event names its transaction")
    return None if any(map(is_expressible, names)) else Unknown(why=NOT_SEARCHED)


def _latency_request(collection: Collection) -> Request[LatencyTable]:
    client, question, project = collection.client, collection.question, project_id(collection.issue)
    names = _transactions(collection)
    return lambda: client.latency(
        transactions=names,
        start=question.window.start,
        end=question.window.end,
        project_id=project,
        organization=question.reference.organization,
    )


def _latency(collection: Collection, table: LatencyTable) -> ours.Latency:
    """The affected transactions in their order; one without a row was not measured."""

    def shown(name: str) -> str:
        return collection.sanitizer.line(name, NAME, "transaction")

    rows, names = {row.transaction: row for row in table.rows}, _transactions(collection)
    return ours.Latency(
        endpoints=tuple(
            _endpoint(shown(name), rows[name], table.is_partial)
            if name in rows
            else ours.AffectedEndpoint(transaction=shown(name), estimate=None if is_expressible(name) else NOT_SEARCHED)
            for name in names
        ),
        main=shown(names[0]),
        measure=table.measure,
    )


def _endpoint(name: str, row: TransactionLatency, is_partial: bool) -> ours.AffectedEndpoint:
    """One transaction; a p95 of a few samples is none: the slowest one of twenty is not even exceeded by a sample."""
    samples = row.samples if row.samples is not None else row.count
    few = samples is not None and samples < FEWEST_SAMPLES
    return ours.AffectedEndpoint(
        transaction=name,
        p95_ms=None if few else row.p95_ms,
        count=row.count,
        samples=samples,
        estimate=_estimate(row, is_partial),
    )


def _estimate(row: TransactionLatency, is_partial: bool) -> str | None:
    """Why p95 and count are estimates; None when they are not."""
    if not row.is_low and not is_partial:
        return None
    sampled = row.samples if row.samples is not None else row.counted_samples
    reasons = (
        "low confidence" if row.is_low else "",
        f"from {count(sampled, 'sample')}" if sampled is not None else "",
        "Sentry read only a part of the data" if is_partial else "",
    )
    return f"an estimate: {', '.join(filter(None, reasons))}"


LATENCY = Part(
    field="latency",
    round=2,
    aspects=(Aspect.LATENCY,),
    request=_latency_request,
    parse=_latency,
    source=lambda collection: collection.source("Discover spans: p95 and count by transaction"),
    known=_not_asked,
)
