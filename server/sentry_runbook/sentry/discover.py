"""Discover: counts in a window, and latencies; each has older forms, see :mod:`.forms`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import anyio

from sentry_runbook.errors import BadRequest, NotFound, RunbookError, SentryError, ServerFault, Unsupported
from sentry_runbook.safety.search_terms import any_of
from sentry_runbook.sentry import parse_counts
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
from sentry_runbook.sentry.counts import DiscoverTable, LatencyTable
from sentry_runbook.sentry.forms import RequestForm, ask_newest, refused_by
from sentry_runbook.sentry.messages import RequestInfo
from sentry_runbook.sentry.status_errors import ENDPOINT_MISSING, unsupported

DISCOVER = RequestInfo("Discover", READ_ORG, "discover", "It may be switched off on this server or plan.")
LATENCY = RequestInfo("latencies", READ_ORG, "discover", "p95 stays unknown.")


@dataclass(frozen=True)
class LatencyForm:
    """How a dataset is asked for latencies: the search, the field, and what it measures beyond the field's name."""

    query: str
    p95: str
    note: str = ""


SPANS_LATENCY = LatencyForm("is_transaction:true", "p95(span.duration)", " of transaction roots")
OLD_LATENCY = LatencyForm("has:transaction event.type:transaction", "p95(transaction.duration)")
"""The runbook's own question."""
BY_NAME = "transactions_dataset"
"""The ability to take ``dataset=transactions``."""
ANY_TITLE, BEGAN = "any(title)", "min(timestamp)"
ISSUE_COLUMNS = ("issue", "count()", "issue.id", "project", BEGAN)
"""The first two are known to every server with Discover."""
AskLatency = Callable[[str | None, LatencyForm], Awaitable[LatencyTable]]
"""A dataset (None: the server's own default) and the form → latencies."""


class DiscoverEndpoints(EndpointGroup):
    """Endpoints of Discover."""

    async def discover(
        self,
        fields: Sequence[str],
        *,
        query: str,
        start: datetime,
        end: datetime,
        project_id: Projects,
        environments: Sequence[str] = (),
        sort: str | None = None,
        limit: int = 100,
        dataset: str | None = "errors",
        organization: str | None = None,
    ) -> DiscoverTable:
        """A Discover query.

        Args:
            fields: columns and aggregates, at most 20.
            query: in Sentry's search language.
            start: from then on.
            end: before then.
            project_id: of one project or of several; always send one: without, only projects whose member the token's
                user is are searched.
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
        params += in_projects(project_id) + given("sort", sort)
        slug = await self._slug(organization)
        plain: RequestForm[DiscoverTable] = RequestForm(
            ask=lambda: self._table(params, fields, slug), is_refusal=refused_by(BadRequest)
        )
        if dataset is None:
            return await plain.ask()
        named: RequestForm[DiscoverTable] = RequestForm(
            ask=lambda: self._table([*params, ("dataset", dataset)], fields, slug),
            ability="dataset",
            is_refusal=refused_by(BadRequest),
        )
        if dataset != "errors":
            return await named.ask()
        return await ask_newest((named, plain), self._can, slug, is_current=self.is_saas)

    async def by_issue(
        self,
        *,
        query: str,
        start: datetime,
        end: datetime,
        project_id: Projects,
        environments: Sequence[str] = (),
        limit: int,
        organization: str | None = None,
    ) -> DiscoverTable:
        """Events by issue, the most first, with title, project and the first event of each.

        A title is no column: events of one issue may have thousands of them. ``any()`` gives the first by the alphabet.
        Servers that refuse it, or the other columns, tell fewer of them.

        Args:
            query: in Sentry's search language.
            start: from then on.
            end: before then.
            project_id: as of :meth:`discover`; so for the rest.
            environments: any of these.
            limit: issues, at most 100.
            organization: None means the configured one.
        """
        slug = await self._slug(organization)

        def form(fields: Sequence[str], ability: str = "") -> RequestForm[DiscoverTable]:
            return RequestForm(
                ask=lambda: self.discover(
                    fields,
                    query=query,
                    start=start,
                    end=end,
                    project_id=project_id,
                    environments=environments,
                    sort="-count()",
                    limit=limit,
                    organization=slug,
                ),
                ability=ability,
                is_refusal=refused_by(BadRequest),
            )

        forms = (
            form((*ISSUE_COLUMNS, ANY_TITLE), "issue_titles"),
            form(ISSUE_COLUMNS, "issue_columns"),
            form(ISSUE_COLUMNS[:2]),
        )
        return await ask_newest(forms, self._can, slug)

    async def _table(self, params: Query, fields: Sequence[str], slug: str) -> DiscoverTable:
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
    ) -> LatencyTable:
        """p95 and count of these transactions: from spans, on older servers from transactions (sentry-api §7.3).

        A transaction without a row was not measured, or its name cannot be searched for (:mod:`.search_terms`). No row
        at all, from a server that knows spans, means that tracing is off or sampled out: one that says how much of
        them it scanned (``meta.dataScanned``) is not asked for transactions.

        Raises:
            Unsupported: the server has no latencies.
        """
        slug = await self._slug(organization)
        search = any_of("transaction", transactions)
        if search is None:
            return LatencyTable(rows=(), measure=SPANS_LATENCY.p95)

        async def ask(dataset: str | None, form: LatencyForm) -> LatencyTable:
            table = await self.discover(
                ("transaction", form.p95, "count()"),
                query=f"{form.query} {search}",
                start=start,
                end=end,
                project_id=project_id,
                sort="-count()",
                limit=min(100, max(5, len(transactions))),
                dataset=dataset,
                organization=slug,
            )
            return parse_counts.latency(table, form.p95, f"{form.p95}{form.note}", transactions)

        forms: tuple[RequestForm[LatencyTable], ...] = (
            RequestForm(
                ask=lambda: ask("spans", SPANS_LATENCY),
                ability="spans",
                is_absence=refused_by(BadRequest, NotFound, *ENDPOINT_MISSING),
                # A self-hosted server without the spans profile may answer 500 (sentry-api §7.3).
                is_passing=lambda error: isinstance(error, ServerFault) and error.status == 500,
                is_empty=lambda latency: not latency.is_final and not _is_measured(latency),
            ),
            RequestForm(
                ask=lambda: self._from_transactions(ask, slug),
                ability="transactions",
                is_absence=refused_by(BadRequest, NotFound, *ENDPOINT_MISSING),
                is_empty=lambda latency: not latency.rows,
            ),
            RequestForm(ask=_no_latency, is_absence=refused_by(Unsupported)),
        )
        # sentry.io takes no transactions any more: the older forms are empty there too.
        return await ask_newest(forms, self._can, slug, is_current=self.is_saas)

    async def _from_transactions(self, ask: AskLatency, slug: str) -> LatencyTable:
        """With and without naming the dataset, until it is known which one works; both at once, for rounds cost time.

        Which names a server knows is learned one by one: Sentry 24.2 knows ``errors`` and no ``transactions``.
        """
        by_dataset: dict[str, LatencyTable] = {}
        refused: list[SentryError] = []
        failed: list[RunbookError] = []

        async def attempt(dataset: str | None) -> None:
            try:
                by_dataset[dataset or ""] = await ask(dataset, OLD_LATENCY)
            except (BadRequest, NotFound, *ENDPOINT_MISSING) as exc:
                refused.append(exc)
            except RunbookError as exc:
                failed.append(exc)

        async with anyio.create_task_group() as tasks:
            if not self._can.is_missing(BY_NAME, slug):
                tasks.start_soon(attempt, "transactions")
            if not self._can.is_supported(BY_NAME, slug):
                tasks.start_soon(attempt, None)
        named, plain = by_dataset.get("transactions"), by_dataset.get("")
        if named is not None and (named.rows or plain is None or not plain.rows):
            self._can.mark_supported(BY_NAME, slug)
        elif named is None and plain is not None and refused:
            self._can.mark_missing(BY_NAME, slug)
        answers = sorted(by_dataset.values(), key=lambda latency: not latency.rows)
        if answers and (answers[0].rows or not failed):
            return answers[0]
        raise (failed or refused)[0]


async def _no_latency() -> LatencyTable:
    raise unsupported(LATENCY)


def _is_measured(latency: LatencyTable) -> bool:
    """Whether any row has a number: a server that ignores ``dataset`` gives rows without the field asked for."""
    return any(row.p95_ms is not None for row in latency.rows)
