"""Time series of several issues in one answer (``topEvents``), in both generations of the endpoint."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sentry_runbook.answer_points import MOST_SERIES
from sentry_runbook.errors import BadRequest, Unsupported
from sentry_runbook.incident.model.evidence.json_values import id_of, list_of, object_of
from sentry_runbook.sentry import parse_counts
from sentry_runbook.sentry.base import EndpointGroup, Query, environments_of, projects_of, span
from sentry_runbook.sentry.counts import TimeSeries
from sentry_runbook.sentry.forms import RequestForm, ask_newest, refused_by
from sentry_runbook.sentry.messages import SentryResponse
from sentry_runbook.sentry.parsing import an_object
from sentry_runbook.sentry.status_errors import unsupported
from sentry_runbook.sentry.timeseries import SERIES

OTHERS = ""
"""The key of all other issues together."""
OTHER_KEY = "Other"
"""What ``events-stats`` calls them."""
ISSUE = "issue"
SERIES_BY_ISSUE = "issue_series"
"""The ability to count several issues by the minute in one answer."""


class IssueSeriesEndpoints(EndpointGroup):
    """Endpoints that count by issue and time."""

    async def series_by_issue(
        self,
        *,
        query: str,
        start: datetime,
        end: datetime,
        interval_s: int,
        project_ids: Sequence[str],
        environments: Sequence[str] = (),
        with_others: bool = False,
        aggregate: str = parse_counts.COUNT,
        most: int = MOST_SERIES,
        organization: str | None = None,
    ) -> Mapping[str, TimeSeries]:
        """Events of the issues with the most of them, each by time; at most :data:`MOST_SERIES` issues.

        The fewer issues are asked for, the more points each of them has: :func:`.points_of_each`.

        Args:
            query: in Sentry's search language.
            start: from then on; the first bucket may begin earlier.
            end: before then.
            interval_s: seconds of a bucket.
            project_ids: numbers of the projects; ``-1``: all that the token may read.
            environments: any of these.
            with_others: with the rest of the events, under :data:`OTHERS`.
            aggregate: what is counted of them, as ``count_unique(user)``; the issues are those with most events anyway.
            most: issues. They share the points of one answer: fewer of them may have more buckets.
            organization: None means the configured one.

        Returns:
            Short id or number of an issue, as the server names it → its events. An issue without events is left out.

        Raises:
            Unsupported: the server has no time series, or answers in another resolution than asked.
        """
        slug = await self._slug(organization)
        common: Query = [("query", query), *span(start, end), *projects_of(project_ids), *environments_of(environments)]
        common += [("yAxis", aggregate), ("topEvents", str(min(most, MOST_SERIES))), ("sort", f"-{parse_counts.COUNT}")]
        common += [("excludeOther", "0" if with_others else "1")]

        def parse_newer(reply: SentryResponse) -> Mapping[str, TimeSeries]:
            return timeseries_by_issue(reply, interval_s, with_others=with_others)

        def parse_older(reply: SentryResponse) -> Mapping[str, TimeSeries]:
            return stats_by_issue(reply, interval_s, with_others=with_others)

        # What the groups are sorted by must be among what they are grouped by, though it groups nothing.
        newer = [*common, ("groupBy", ISSUE), ("groupBy", parse_counts.COUNT), ("dataset", "errors")]
        newer += [("interval", str(interval_s))]
        interval = f"{interval_s}s" if interval_s % 60 else f"{interval_s // 60}m"
        older = [*common, ("field", ISSUE), ("field", parse_counts.COUNT), ("interval", interval)]
        forms: tuple[RequestForm[Mapping[str, TimeSeries]], ...] = (
            RequestForm(
                ask=lambda: self._optional(
                    "timeseries", "events-timeseries/", newer, SERIES, parse_newer, organization=slug
                ),
                ability=SERIES_BY_ISSUE,
                is_refusal=refused_by(BadRequest),
                is_absence=refused_by(Unsupported),
            ),
            RequestForm(
                ask=lambda: self._optional("stats", "events-stats/", older, SERIES, parse_older, organization=slug),
                is_refusal=refused_by(BadRequest, Unsupported),
            ),
        )
        return await ask_newest(forms, self._can, slug, is_current=self.is_saas)


def timeseries_by_issue(reply: SentryResponse, interval_s: int, *, with_others: bool) -> Mapping[str, TimeSeries]:
    """Parse an ``events-timeseries`` answer that is grouped by issue.

    Raises:
        Unsupported: in another resolution than asked, or not grouped.
        ValueError: it is no such answer.
    """
    listed = an_object(reply).get("timeSeries")
    if not isinstance(listed, list):
        raise ValueError("no series")  # noqa: TRY004  # see :mod:`.parse_counts`
    series: dict[str, TimeSeries] = {}
    for item in map(object_of, listed[: MOST_SERIES + 1]):
        meta = object_of(item.get("meta"))
        key = OTHERS if meta.get("isOther") is True else _issue_of(item.get("groupBy"))
        if "interval" in meta and parse_counts.number(meta["interval"]) != interval_s * 1000:
            raise unsupported(SERIES)
        if key is None:
            # One series without a group is what is left where there is nothing to group, and of a server that cannot.
            if len(listed) > 1 or any(map(_events_at, list_of(item.get("values")))):
                raise unsupported(SERIES)
            return {}
        if key != OTHERS or with_others:
            series.setdefault(key, parse_counts.series_of_points(item.get("values"), interval_s))
    return series


def _events_at(point: object) -> float | None:
    return parse_counts.number(object_of(point).get("value"))


def _issue_of(group_by: object) -> str | None:
    """The short id or number that a series is of; None where it names none."""
    for part in map(object_of, list_of(group_by)):
        if part.get("key") in (ISSUE, "issue.id"):
            return id_of(part.get("value"))
    return None


def stats_by_issue(reply: SentryResponse, interval_s: int, *, with_others: bool) -> Mapping[str, TimeSeries]:
    """Parse an ``events-stats`` answer of top events: an object by their keys.

    Raises:
        Unsupported: in another resolution than asked, or not grouped.
        ValueError: it is no such answer.
    """
    answer = an_object(reply)
    if "data" in answer:
        # One series: a server that groups nothing, unless there is nothing to group.
        if any(parse_counts.number(object_of(count).get("count")) for count in _counts(answer["data"])):
            raise unsupported(SERIES)
        return {}
    series: dict[str, TimeSeries] = {}
    for name, part in answer.items():
        data = object_of(part).get("data")
        key = OTHERS if name == OTHER_KEY else id_of(name)
        if isinstance(data, list) and key is not None and (key != OTHERS or with_others):
            series[key] = parse_counts.series_of_pairs(data, interval_s)
    if answer and not series and set(answer) != {OTHER_KEY}:
        raise ValueError("no series")
    return series


def _counts(data: object) -> list[object]:
    pairs = [pair for pair in list_of(data) if isinstance(pair, list) and len(pair) == 2]
    return [count for pair in pairs for count in list_of(pair[1])]
