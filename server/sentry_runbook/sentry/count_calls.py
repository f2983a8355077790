"""What happened, counted: Discover, time series, release health.

Each has older forms. The newest is asked first; what a server does not know is remembered, so the detour is made once.
A 400 is taken for "does not know" only as long as the newer form has never worked here, and only when the older form
then answers: else it is the question's fault, and told so.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import anyio

from sentry_runbook.errors import BadRequest, NotFound, SentryError, Unsupported
from sentry_runbook.sentry import counted, models
from sentry_runbook.sentry.meaning import ABSENT
from sentry_runbook.sentry.upstream import READ_ORG, Query, Upstream, environments_of, given, span
from sentry_runbook.sentry.wire import Asked

MOST_POINTS = 10_000
"""Points of one time series answer (sentry-api §8)."""
DISCOVER = Asked("Discover", READ_ORG, "discover", "It may be switched off on this server or plan.")
SERIES = Asked("the time series", READ_ORG, "series", "Rates a minute stay unknown on this server.")
SESSIONS = Asked("the sessions", READ_ORG, "sessions", "Release health may be switched off on this server.")
CRASHES = ("sum(session)", "crash_free_rate(session)", "crash_rate(session)")
UNHANDLED = "unhandled_rate(session)"


class CountCalls(Upstream):
    """Endpoints that count."""

    # --- Discover

    async def discover(
        self,
        fields: Sequence[str],
        *,
        query: str,
        start: datetime,
        end: datetime,
        project_id: str | None,
        environments: Sequence[str] = (),
        sort: str | None = None,
        limit: int = 100,
        dataset: str | None = "errors",
        organization: str | None = None,
    ) -> models.Table:
        """A Discover query.

        Args:
            fields: columns and aggregates, at most 20.
            query: in Sentry's search language.
            start: from then on.
            end: before then.
            project_id: always send one: without, only projects whose member the token's user is are searched.
            environments: any of these; ``""`` is "no environment".
            sort: a field, ``-`` before it for the largest first.
            limit: rows, at most 100.
            dataset: None asks for the server's own default. ``errors`` is left out where the server knows no datasets.
            organization: None means the configured one.

        Raises:
            Unsupported: the server has no Discover, or did not answer what was asked.
        """
        params = [("field", name) for name in fields]
        params += [("query", query), ("per_page", str(limit)), *span(start, end), *environments_of(environments)]
        params += given("project", project_id) + given("sort", sort)
        slug = await self._slug(organization)
        if dataset is None or (dataset == "errors" and self._can.lacks("dataset", slug)):
            return await self._table(params, fields, slug)
        try:
            found = await self._table([*params, ("dataset", dataset)], fields, slug)
        except BadRequest as exc:
            if dataset != "errors" or self._can.has("dataset", slug) or self.is_saas:
                raise
            try:
                found = await self._table(params, fields, slug)
            except BadRequest:
                raise exc from None
            self._can.missed("dataset", slug)
            return found
        if dataset == "errors":
            self._can.found("dataset", slug)
        return found

    async def _table(self, params: Query, fields: Sequence[str], slug: str) -> models.Table:
        return await self._optional(
            "discover", "events/", params, DISCOVER, lambda reply: counted.table(reply, fields), organization=slug
        )

    # --- latency

    async def latency(
        self,
        *,
        transactions: Sequence[str],
        start: datetime,
        end: datetime,
        project_id: str | None,
        organization: str | None = None,
    ) -> models.Latency:
        """p95 and count of these transactions: from spans, on older servers from transactions (sentry-api §7.3).

        A transaction without a row was not measured. No row at all, from a server that knows spans, means that
        tracing is off or sampled out.

        Raises:
            Unsupported: the server has no latencies.
        """
        slug = await self._slug(organization)
        asked = _LatencyQuestion(self, tuple(transactions), start, end, project_id, slug)
        found: models.Latency | None = None
        error: SentryError | None = None
        if not self._can.lacks("spans", slug):
            try:
                found = await asked.ask("spans", "is_transaction:true", "p95(span.duration)", " of transaction roots")
                self._can.found("spans", slug)
            except (BadRequest, NotFound, *ABSENT) as exc:
                error = exc
                if not self._can.lacks("discover", slug):
                    self._can.missed("spans", slug)
        if self._can.lacks("discover", slug) and error is not None:
            raise error
        # sentry.io takes no transactions any more: the older forms are empty there too.
        if (found is not None and found.rows) or self.is_saas or self._can.lacks("transactions", slug):
            return _measured(found, error)
        older = await self._older_latency(asked, slug)
        if older is not None and older.rows:
            return older
        if found is not None:
            # Spans answered and have nothing; the older forms are not asked again for a while.
            self._can.missed("transactions", slug)
        return _measured(found or older, error)

    async def _older_latency(self, asked: _LatencyQuestion, slug: str) -> models.Latency | None:
        """The runbook's own query, with and without naming the dataset; both at once, for rounds cost time."""
        query, p95 = "has:transaction event.type:transaction", "p95(transaction.duration)"
        found: dict[str, models.Latency] = {}

        async def ask(dataset: str | None) -> None:
            try:
                found[dataset or ""] = await asked.ask(dataset, query, p95, "")
            except (BadRequest, NotFound, *ABSENT):
                return

        async with anyio.create_task_group() as tasks:
            if not self._can.lacks("dataset", slug):
                tasks.start_soon(ask, "transactions")
            if not self._can.has("dataset", slug):
                tasks.start_soon(ask, None)
        with_rows = [latency for latency in found.values() if latency.rows]
        if with_rows:
            self._can.found("transactions", slug)
        return next(iter([*with_rows, *found.values()]), None)

    # --- time series

    async def series(
        self,
        axes: Sequence[str],
        *,
        query: str,
        start: datetime,
        end: datetime,
        interval_s: int,
        project_id: str | None,
        environments: Sequence[str] = (),
        organization: str | None = None,
    ) -> dict[str, models.Series]:
        """Time series of the errors dataset, by axis. More points than one answer holds are asked for in parts.

        Args:
            axes: aggregates such as ``count()``.
            query: in Sentry's search language.
            start: from then on; the first bucket may begin earlier.
            end: before then.
            interval_s: seconds of a bucket.
            project_id: the issue's project.
            environments: any of these.
            organization: None means the configured one.

        Raises:
            Unsupported: the server has no time series, or answers in another resolution than asked.
        """
        slug = await self._slug(organization)
        common = [("query", query), *environments_of(environments), *given("project", project_id)]
        common += [("yAxis", axis) for axis in axes]
        parts: dict[int, dict[str, models.Series]] = {}
        failed: list[SentryError] = []

        async def ask(place: int, part: tuple[datetime, datetime]) -> None:
            try:
                parts[place] = await self._series_part(axes, [*common, *span(*part)], interval_s, slug)
            except SentryError as exc:
                failed.append(exc)
                tasks.cancel_scope.cancel()

        async with anyio.create_task_group() as tasks:
            for place, part in enumerate(_parts(start, end, interval_s)):
                tasks.start_soon(ask, place, part)
        if failed:
            raise failed[0]
        return {axis: counted.joined([parts[place][axis] for place in sorted(parts)]) for axis in axes}

    async def _series_part(
        self, axes: Sequence[str], common: Query, interval_s: int, slug: str
    ) -> dict[str, models.Series]:
        if not self._can.lacks("timeseries", slug):
            params = [*common, ("dataset", "errors"), ("interval", str(interval_s))]
            try:
                return await self._optional(
                    "timeseries",
                    "events-timeseries/",
                    params,
                    SERIES,
                    lambda reply: counted.timeseries(reply, axes, interval_s),
                    organization=slug,
                )
            except (BadRequest, Unsupported) as exc:
                if self.is_saas or (isinstance(exc, BadRequest) and self._can.has("timeseries", slug)):
                    raise
                newer = exc
        else:
            newer = None
        interval = f"{interval_s}s" if interval_s % 60 else f"{interval_s // 60}m"
        try:
            found = await self._optional(
                "stats",
                "events-stats/",
                [*common, ("interval", interval)],
                SERIES,
                lambda reply: counted.stats_series(reply, axes, interval_s),
                organization=slug,
            )
        except BadRequest:
            if newer is None:
                raise
            raise newer from None
        self._can.missed("timeseries", slug)
        return found

    # --- release health

    async def sessions(
        self,
        *,
        project_id: str | None,
        start: datetime,
        end: datetime,
        environments: Sequence[str] = (),
        organization: str | None = None,
    ) -> models.Sessions:
        """Release health by environment and hour; the range is rounded outwards to full hours.

        Servers before October 2025 do not know the unhandled rate, still older ones not the crash rate: it is told
        then by the crash-free rate.

        Raises:
            Unsupported: the server has no release health.
        """
        slug = await self._slug(organization)
        common = [("groupBy", "environment"), ("interval", "1h"), ("includeSeries", "1"), *span(start, end)]
        common += [*given("project", project_id), *environments_of(environments)]

        async def ask(fields: Sequence[str]) -> models.Sessions:
            params = [*(("field", name) for name in fields), *common]
            return await self._optional(
                "sessions",
                "sessions/",
                params,
                SESSIONS,
                lambda reply: counted.sessions(reply, has_unhandled_rate=UNHANDLED in fields),
                organization=slug,
            )

        if self._can.lacks("unhandled_rate", slug):
            return await ask(CRASHES)
        try:
            found = await ask((*CRASHES, UNHANDLED))
        except BadRequest as exc:
            if self._can.has("unhandled_rate", slug):
                raise
            for fields in (CRASHES, CRASHES[:2]):
                try:
                    found = await ask(fields)
                except BadRequest:
                    continue
                if fields == CRASHES:
                    self._can.missed("unhandled_rate", slug)
                return found
            raise exc from None
        self._can.found("unhandled_rate", slug)
        return found


class _LatencyQuestion:
    """One latency question in its different forms."""

    def __init__(
        self,
        calls: CountCalls,
        transactions: tuple[str, ...],
        start: datetime,
        end: datetime,
        project_id: str | None,
        slug: str,
    ) -> None:
        self._calls = calls
        self._transactions = transactions
        self._start, self._end = start, end
        self._project_id = project_id
        self._slug = slug

    async def ask(self, dataset: str | None, query: str, p95: str, note: str) -> models.Latency:
        """Ask in one form; only rows of the transactions asked for are kept."""
        table = await self._calls.discover(
            ("transaction", p95, "count()"),
            query=f"{query} {_any_of(self._transactions)}",
            start=self._start,
            end=self._end,
            project_id=self._project_id,
            sort="-count()",
            limit=min(100, max(5, len(self._transactions))),
            dataset=dataset,
            organization=self._slug,
        )
        return counted.latency(table, p95, f"{p95}{note}", self._transactions)


def _measured(found: models.Latency | None, error: SentryError | None) -> models.Latency:
    if found is not None:
        return found
    raise error or Unsupported("This Sentry has no latencies.", "p95 stays unknown.")


def _any_of(transactions: Sequence[str]) -> str:
    """A search for any of these names; quotes are escaped, a star is a star."""
    names = [
        '"' + name.replace("\\", "\\\\").replace('"', '\\"').replace("*", "\\*") + '"'
        for name in transactions
        if name.isprintable() and 0 < len(name) <= 400
    ]
    return f"transaction:{names[0]}" if len(names) == 1 else f"transaction:[{', '.join(names)}]"


def _parts(start: datetime, end: datetime, interval_s: int) -> list[tuple[datetime, datetime]]:
    """The window in stretches that one answer holds, cut between buckets so that none is counted twice."""
    whole = int(start.timestamp()) // interval_s * interval_s
    step = timedelta(seconds=(MOST_POINTS - 1) * interval_s)
    cut = start + timedelta(seconds=whole - int(start.timestamp())) + step
    parts = []
    while cut < end:
        parts.append((start, cut))
        start, cut = cut, cut + step
    return [*parts, (start, end)]
