"""Rates over time: time series, and release health; each with its older forms, see :mod:`.forms`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from math import ceil, floor
from typing import TypeVar

import anyio

from sentry_runbook.answer_points import MOST_POINTS
from sentry_runbook.errors import BadRequest, RunbookError, Unsupported
from sentry_runbook.sentry import parse_counts, parse_sessions
from sentry_runbook.sentry.base import (
    READ_ORG,
    EndpointGroup,
    Projects,
    Query,
    environments_of,
    given,
    in_projects,
    span,
)
from sentry_runbook.sentry.counts import ProjectSessionCounts, SessionCounts, TimeSeries
from sentry_runbook.sentry.forms import RequestForm, ask_newest, never, refused_by
from sentry_runbook.sentry.messages import RequestInfo, SentryResponse

T = TypeVar("T")
HOUR_S = 3600
MOST_SESSION_HOURS = 1_000
"""Intervals of one answer about sessions (sentry-api §17)."""
ERRORS = "errors"
DATASETS: Mapping[str, str] = {
    "events": ERRORS,
    "transactions": "transactions",
    "generic_metrics": "metricsEnhanced",
    "events_analytics_platform": "spans",
}
"""Dataset in the word of a metric monitor → in that of a search. Sessions are in none, logs may be in the last one."""
SERIES = RequestInfo("the time series", READ_ORG, "series", "Rates a minute stay unknown on this server.")
SESSIONS = RequestInfo("the sessions", READ_ORG, "sessions", "Release health may be switched off on this server.")
UNHANDLED_RATE = "unhandled_rate(session)"
SESSION_FIELDS: Mapping[str, tuple[str, ...]] = {
    "unhandled_rate": ("sum(session)", "crash_free_rate(session)", "crash_rate(session)", UNHANDLED_RATE),
    "crash_rate": ("sum(session)", "crash_free_rate(session)", "crash_rate(session)"),
    "": ("sum(session)", "crash_free_rate(session)"),
}
"""Ability → the fields of a server that has it, the newest first."""
ENVIRONMENT, RELEASE = ("groupBy", "environment"), ("groupBy", "release")
BY_RELEASE = "session_releases"
"""The ability to group sessions by environment and release at once."""
TOO_MANY = "not told by release: Sentry left out the releases with the fewest sessions"
NOT_BY_RELEASE = "this server does not tell sessions by release"


class TimeSeriesEndpoints(EndpointGroup):
    """Endpoints that count by time."""

    async def series(
        self,
        axes: Sequence[str],
        *,
        query: str,
        start: datetime,
        end: datetime,
        interval_s: int,
        project_id: Projects,
        environments: Sequence[str] = (),
        dataset: str = ERRORS,
        organization: str | None = None,
    ) -> dict[str, TimeSeries]:
        """Time series by axis. More points than one answer holds are asked for in parts.

        An axis other than ``count()`` that the server cannot count is left out.

        Args:
            axes: aggregates such as ``count()``; of traced requests as ``failure_rate()``, too.
            query: in Sentry's search language.
            start: from then on; the first bucket may begin earlier.
            end: before then.
            interval_s: seconds of a bucket.
            project_id: the issue's project; of several issues their projects.
            environments: any of these.
            dataset: of the events, in the word of a search: see :func:`searched_dataset`.
            organization: None means the configured one.

        Raises:
            Unsupported: the server has no time series, or answers in another resolution than asked.
        """
        slug = await self._slug(organization)
        common = [("query", query), *environments_of(environments), *in_projects(project_id)]
        answers: list[dict[str, TimeSeries]] = []
        failed: list[RunbookError] = []

        async def ask(part: tuple[datetime, datetime]) -> None:
            try:
                answers.append(await self._series_part(axes, [*common, *span(*part)], interval_s, slug, dataset))
            except RunbookError as exc:
                failed.append(exc)
                tasks.cancel_scope.cancel()

        async with anyio.create_task_group() as tasks:
            for part in parts_of(start, end, interval_s):
                tasks.start_soon(ask, part)
        if failed:
            raise failed[0]
        known = [axis for axis in axes if all(axis in answer for answer in answers)]
        return {axis: parse_counts.joined([answer[axis] for answer in answers]) for axis in known}

    async def _series_part(
        self, axes: Sequence[str], common: Query, interval_s: int, slug: str, dataset: str
    ) -> dict[str, TimeSeries]:
        newer: RequestForm[dict[str, TimeSeries]] = RequestForm(
            ask=lambda: self._newer_series(axes, common, interval_s, slug, dataset),
            ability="timeseries",
            is_refusal=refused_by(BadRequest) if dataset == ERRORS else never,
            is_absence=refused_by(Unsupported),
            # Which datasets a server counts says nothing of how it counts errors.
            is_passing=never if dataset == ERRORS else refused_by(BadRequest),
        )
        older: RequestForm[dict[str, TimeSeries]] = RequestForm(
            ask=lambda: self._older_series(axes, common, interval_s, slug, dataset),
            is_refusal=refused_by(BadRequest, Unsupported),
        )
        return await ask_newest((newer, older), self._can, slug, is_current=self.is_saas)

    async def _newer_series(
        self, axes: Sequence[str], common: Query, interval_s: int, slug: str, dataset: str
    ) -> dict[str, TimeSeries]:
        return await self._optional(
            "timeseries",
            "events-timeseries/",
            [*common, *axes_of(axes), ("dataset", dataset), ("interval", str(interval_s))],
            SERIES,
            lambda reply: parse_counts.timeseries(reply, axes, interval_s),
            organization=slug,
        )

    async def _older_series(
        self, axes: Sequence[str], common: Query, interval_s: int, slug: str, dataset: str
    ) -> dict[str, TimeSeries]:
        # Asked for one axis, a server that counts events only answers like one that knows it; asked for two, not.
        counted = axes if parse_counts.COUNT in axes else (parse_counts.COUNT, *axes)
        interval = f"{interval_s}s" if interval_s % 60 else f"{interval_s // 60}m"
        return await self._optional(
            "stats",
            "events-stats/",
            # Its own default counts errors.
            [
                *common,
                *axes_of(counted),
                ("interval", interval),
                *given("dataset", dataset if dataset != ERRORS else ""),
            ],
            SERIES,
            lambda reply: parse_counts.stats_series(reply, axes, interval_s),
            organization=slug,
        )

    async def sessions(
        self,
        *,
        project_id: str | None,
        start: datetime,
        end: datetime,
        environments: Sequence[str] = (),
        by_release: bool = False,
        organization: str | None = None,
    ) -> SessionCounts:
        """Release health by environment and hour, and ``by_release`` too; the range is rounded outwards to full hours.

        Of more hours than one answer holds only the totals are asked for, of full days.

        An answer holds so many points: of many environments over many hours the smallest are cut. Name the
        ``environments`` then; one that Sentry does not know makes it answer 404. Where releases were cut, the
        environments are asked for alone, for a while at once.

        Servers before October 2025 do not know the unhandled rate, still older ones not the crash rate: it is
        derived then from the crash-free rate.

        Raises:
            Unsupported: the server has no release health.
        """
        slug = await self._slug(organization)
        by_hour = has_session_hours(start, end)
        common = [("interval", "1h" if by_hour else "1d")]
        common += [("includeSeries", "1" if by_hour else "0"), *span(start, end)]
        common += [*given("project", project_id), *environments_of(environments)]
        if not by_release:
            return await self._sessions_by([ENVIRONMENT], common, slug, by_hour)
        # How many groups there are depends on the project, and how many are cut on the hours.
        crowded = f"{slug}/{project_id}/{(end - start) // timedelta(hours=1)}/{','.join(environments)}"
        if self._can.is_missing(BY_RELEASE, crowded):
            return replace(await self._sessions_by([ENVIRONMENT], common, slug, by_hour), why_no_releases=TOO_MANY)
        forms = (
            RequestForm(
                ask=lambda: self._sessions_by([ENVIRONMENT, RELEASE], common, slug, by_hour),
                ability=BY_RELEASE,
                is_refusal=refused_by(BadRequest),
            ),
            RequestForm(ask=lambda: self._sessions_by([ENVIRONMENT], common, slug, by_hour)),
        )
        counts = await ask_newest(forms, self._can, slug)
        if not counts.is_cut or not counts.releases:
            has_none = bool(counts.groups) and not counts.releases
            return replace(counts, why_no_releases=NOT_BY_RELEASE) if has_none else counts
        self._can.mark_missing(BY_RELEASE, crowded)
        return replace(await self._sessions_by([ENVIRONMENT], common, slug, by_hour), why_no_releases=TOO_MANY)

    async def sessions_by_project(
        self,
        *,
        project_id: str,
        start: datetime,
        end: datetime,
        environments: Sequence[str] = (),
        organization: str | None = None,
    ) -> ProjectSessionCounts:
        """Release health of several projects by hour, and by environment where none is named.

        Args:
            project_id: number of a project; ``-1``: all that the token may read.
            start: from the full hour before then.
            end: up to the full hour after then; at most :data:`MOST_SESSION_HOURS` later.
            environments: any of these; one that Sentry does not know makes it answer 404.
            organization: None means the configured one.

        Raises:
            Unsupported: the server has no release health.
        """
        slug = await self._slug(organization)
        groups = [("groupBy", "project"), *([] if environments else [ENVIRONMENT])]
        common = [*groups, ("interval", "1h"), *span(start, end), ("project", project_id)]
        common += environments_of(environments)
        return await self._by_session_fields(
            lambda fields: self._sessions(
                fields,
                common,
                slug,
                lambda reply: parse_sessions.project_sessions(reply, has_unhandled_rate=UNHANDLED_RATE in fields),
            ),
            slug,
        )

    async def _sessions_by(self, groups: Query, common: Query, slug: str, by_hour: bool) -> SessionCounts:
        return await self._by_session_fields(
            lambda fields: self._sessions(
                fields,
                [*groups, *common],
                slug,
                lambda reply: parse_sessions.sessions(
                    reply, has_unhandled_rate=UNHANDLED_RATE in fields, by_hour=by_hour
                ),
            ),
            slug,
        )

    async def _by_session_fields(self, ask: Callable[[Sequence[str]], Awaitable[T]], slug: str) -> T:
        """The answer with as many of the fields as this server knows."""
        forms = [
            RequestForm(ask=partial(ask, fields), ability=ability, is_refusal=refused_by(BadRequest))
            for ability, fields in SESSION_FIELDS.items()
        ]
        return await ask_newest(forms, self._can, slug)

    async def _sessions(
        self, fields: Sequence[str], common: Query, slug: str, parse: Callable[[SentryResponse], T]
    ) -> T:
        params = [*(("field", name) for name in fields), *common]
        return await self._optional("sessions", "sessions/", params, SESSIONS, parse, organization=slug)


def searched_dataset(monitored: str) -> str | None:
    """The dataset of a metric monitor in the word of a search; one that is a search's already stays; else None."""
    return monitored if monitored in DATASETS.values() else DATASETS.get(monitored)


def has_session_hours(start: datetime, end: datetime) -> bool:
    """Whether one answer holds the sessions of each hour of the range, rounded outwards to full hours."""
    hours = ceil(end.timestamp() / HOUR_S) - floor(start.timestamp() / HOUR_S)
    return hours <= MOST_SESSION_HOURS


def axes_of(axes: Sequence[str]) -> Query:
    """The axes as ``yAxis`` parameters."""
    return [("yAxis", axis) for axis in axes]


def parts_of(start: datetime, end: datetime, interval_s: int) -> list[tuple[datetime, datetime]]:
    """The window in stretches that one answer holds, cut between buckets so that none is counted twice."""
    whole = int(start.timestamp()) // interval_s * interval_s
    step = timedelta(seconds=(MOST_POINTS - 1) * interval_s)
    cut = start.replace(microsecond=0) + timedelta(seconds=whole - int(start.timestamp())) + step
    parts = []
    while cut < end:
        parts.append((start, cut))
        start, cut = cut, cut + step
    return [*parts, (start, end)]
