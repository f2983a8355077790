"""Discover: counts in a window, and latencies.

Each has older forms. The newest is asked first; what a server does not know is remembered, so the detour is made once.
A 400 is taken for "does not know" only as long as the newer form has never worked here, and only when the older form
then answers: else it is the question's fault, and told so.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

import anyio

from sentry_runbook.errors import BadRequest, NotFound, RunbookError, ServerFault
from sentry_runbook.sentry import models, parse_counts
from sentry_runbook.sentry.base import READ_ORG, Query, Upstream, environments_of, given, span
from sentry_runbook.sentry.messages import Asked
from sentry_runbook.sentry.status_errors import ABSENT, absent

DISCOVER = Asked("Discover", READ_ORG, "discover", "It may be switched off on this server or plan.")
LATENCY = Asked("latencies", READ_ORG, "discover", "p95 stays unknown.")
_Ask = Callable[[str | None, tuple[str, str, str]], Awaitable[models.Latency]]
OLD_LATENCY = ("has:transaction event.type:transaction", "p95(transaction.duration)", "")
"""Query, field and note of the runbook's own question."""
SPANS_LATENCY = ("is_transaction:true", "p95(span.duration)", " of transaction roots")


class DiscoverCalls(Upstream):
    """Endpoints of Discover."""

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
            refused = exc
        else:
            if dataset == "errors":
                self._can.found("dataset", slug)
            return found
        try:
            found = await self._table(params, fields, slug)
        except BadRequest:
            raise refused from None
        self._can.missed("dataset", slug)
        return found

    async def _table(self, params: Query, fields: Sequence[str], slug: str) -> models.Table:
        return await self._optional(
            "discover", "events/", params, DISCOVER, lambda reply: parse_counts.table(reply, fields), organization=slug
        )

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
        search = any_of(transactions)
        if search is None:
            return models.Latency(rows=(), measure=SPANS_LATENCY[1])

        async def ask(dataset: str | None, form: tuple[str, str, str]) -> models.Latency:
            query, p95, note = form
            table = await self.discover(
                ("transaction", p95, "count()"),
                query=f"{query} {search}",
                start=start,
                end=end,
                project_id=project_id,
                sort="-count()",
                limit=min(100, max(5, len(transactions))),
                dataset=dataset,
                organization=slug,
            )
            return parse_counts.latency(table, p95, f"{p95}{note}", transactions)

        return await _Latencies(self, ask, slug).find()


class _Latencies:
    """The forms of one latency question, newest first."""

    def __init__(self, calls: DiscoverCalls, ask: _Ask, slug: str) -> None:
        self._can, self._is_saas = calls._can, calls.is_saas  # the other half of one class
        self._ask = ask
        self._slug = slug

    async def find(self) -> models.Latency:
        newest, error = await self._from_spans()
        if newest is not None and _is_measured(newest):
            return newest
        # sentry.io takes no transactions any more: the older forms are empty there too.
        if not self._is_saas and not self._can.lacks("transactions", self._slug):
            older, failed = await self._from_transactions()
            if older is not None and (older.rows or newest is None):
                return older
            if newest is not None and failed is None:
                # Spans answered and have nothing; the older forms are not asked again for a while.
                self._can.missed("transactions", self._slug)
            error = failed or error
        if newest is not None:
            return newest
        raise error or absent(LATENCY)

    async def _from_spans(self) -> tuple[models.Latency | None, RunbookError | None]:
        if self._can.lacks("spans", self._slug):
            return None, None
        try:
            found = await self._ask("spans", SPANS_LATENCY)
        except (BadRequest, NotFound, *ABSENT) as exc:
            if self._is_saas or self._can.lacks("discover", self._slug):
                raise
            self._can.missed("spans", self._slug)
            return None, exc
        except ServerFault as exc:
            # A self-hosted server without the spans profile may answer 500 (sentry-api §7.3).
            if self._is_saas or exc.status != 500:
                raise
            return None, exc
        self._can.found("spans", self._slug)
        return found, None

    async def _from_transactions(self) -> tuple[models.Latency | None, RunbookError | None]:
        """With and without naming the dataset; both at once, for rounds cost time."""
        found: dict[str, models.Latency] = {}
        failed: list[RunbookError] = []

        async def ask(dataset: str | None) -> None:
            try:
                found[dataset or ""] = await self._ask(dataset, OLD_LATENCY)
            except (BadRequest, NotFound, *ABSENT):
                return
            except RunbookError as exc:
                failed.append(exc)

        async with anyio.create_task_group() as tasks:
            if not self._can.lacks("dataset", self._slug):
                tasks.start_soon(ask, "transactions")
            if not self._can.has("dataset", self._slug):
                tasks.start_soon(ask, None)
        with_rows = [latency for latency in found.values() if latency.rows]
        if with_rows:
            self._can.found("transactions", self._slug)
        return next(iter([*with_rows, *found.values()]), None), next(iter(failed), None)


def _is_measured(latency: models.Latency) -> bool:
    """Whether any row has a number: a server that ignores ``dataset`` gives rows without the field asked for."""
    return any(row.p95_ms is not None for row in latency.rows)


def any_of(transactions: Sequence[str]) -> str | None:
    """A search for any of these names; quotes are escaped, a star is a star. None when no name can be searched for."""
    names = [
        '"' + name.replace("\\", "\\\\").replace('"', '\\"').replace("*", "\\*") + '"'
        for name in transactions
        if name.isprintable() and 0 < len(name) <= 400
    ]
    if not names:
        return None
    return f"transaction:{names[0]}" if len(names) == 1 else f"transaction:[{', '.join(names)}]"
