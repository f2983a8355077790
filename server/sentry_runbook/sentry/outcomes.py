"""Outcomes: how many error events of a project Sentry stored, and how many it dropped and why (``stats_v2/``)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise

from sentry_runbook.incident.model.evidence.json_values import (
    MAX_ITEMS,
    count_of,
    id_of,
    list_of,
    moment_of,
    object_of,
)
from sentry_runbook.sentry.base import READ_ORG, EndpointGroup, Projects, in_projects, span
from sentry_runbook.sentry.counts import OutcomeCounts, Outcomes, ProjectOutcomes
from sentry_runbook.sentry.messages import RequestInfo, SentryResponse
from sentry_runbook.sentry.parsing import an_object
from sentry_runbook.sentry.status_errors import unsupported
from sentry_runbook.sentry.timeseries import HOUR_S, has_session_hours

OUTCOMES = RequestInfo("the dropped events", READ_ORG, hint="Whether counts are a lower bound stays unknown here.")
ACCEPTED = "accepted"
QUANTITY = "sum(quantity)"
OUTCOME = re.compile(r"[a-z_]{1,40}")
"""A word of Sentry's own, as ``rate_limited``."""
DAY_S = 24 * HOUR_S


class OutcomeEndpoints(EndpointGroup):
    """The endpoint of the outcomes."""

    async def outcomes(
        self, *, project_id: Projects, start: datetime, end: datetime, organization: str | None = None
    ) -> Outcomes:
        """The project's error events by outcome and hour, rounded outwards to full hours; of long ranges by day.

        It counts in all environments: an event that was dropped was not looked at.

        Raises:
            Unsupported: the server does not have it, or does not tell outcomes apart (GlitchTip).
        """
        by_hour = has_session_hours(start, end)
        params = [("field", QUANTITY), ("groupBy", "outcome"), ("category", "error")]
        params += [("interval", "1h" if by_hour else "1d"), *in_projects(project_id), *span(start, end)]
        return await self._optional(
            "outcomes",
            "stats_v2/",
            params,
            OUTCOMES,
            lambda reply: outcomes(reply, HOUR_S if by_hour else DAY_S),
            organization=organization,
        )

    async def outcomes_by_project(
        self, *, project_id: str, start: datetime, end: datetime, organization: str | None = None
    ) -> ProjectOutcomes:
        """Error events of several projects by outcome, in all of the full hours that hold a stretch.

        Grouped by project, Sentry gives sums and no series, and may leave out rows where projects × intervals are many
        (its documentation of the parameter ``groupBy``).

        Args:
            project_id: number of a project; ``-1``: all that the token may read.
            start: from the full hour before then.
            end: up to the full hour after then.
            organization: None means the configured one.

        Raises:
            Unsupported: the server does not have it, or does not tell projects and outcomes apart.
        """
        params = [("field", QUANTITY), ("groupBy", "project"), ("groupBy", "outcome"), ("category", "error")]
        params += [("interval", "1h"), ("project", project_id), *span(start, end)]
        return await self._optional(
            "outcomes", "stats_v2/", params, OUTCOMES, outcomes_by_project, organization=organization
        )


def outcomes_by_project(reply: SentryResponse) -> ProjectOutcomes:
    """Parse an answer by project and outcome.

    Raises:
        Unsupported: a group names no project or no outcome, or the answer no range, as of :func:`outcomes`.
        ValueError: it is no such answer.
    """
    answer = an_object(reply)
    groups = answer.get("groups")
    if not isinstance(groups, list):
        raise ValueError("no groups")  # noqa: TRY004  # see :mod:`.parse_counts`
    totals: dict[str, dict[str, int | None]] = {}
    for group in map(object_of, groups[:MAX_ITEMS]):
        counted, project = _outcome(group, 0), id_of(object_of(group.get("by")).get("project"))
        if counted is None or project is None:
            raise unsupported(OUTCOMES)
        totals.setdefault(project, {})[counted.outcome] = counted.total
    if not {"start", "end"} <= answer.keys():
        raise unsupported(OUTCOMES)
    return ProjectOutcomes(moment_of(answer.get("start")), moment_of(answer.get("end")), totals)


def outcomes(reply: SentryResponse, step_s: int) -> Outcomes:
    """Parse an answer by outcome; intervals that cannot be read leave the totals.

    Raises:
        Unsupported: the groups name no outcome, or the answer no range: a server that ignores ``groupBy`` counts
            what it stored, which must not be read as "nothing dropped".
        ValueError: it is no such answer.
    """
    answer = an_object(reply)
    groups, intervals = answer.get("groups"), list_of(answer.get("intervals"))
    if not isinstance(groups, list):
        raise ValueError("no groups")  # noqa: TRY004  # see :mod:`.parse_counts`
    start = _start(intervals, step_s)
    length = len(intervals) if start is not None else 0
    counted = [_outcome(object_of(group), length) for group in groups[:MAX_ITEMS]]
    named = tuple(entry for entry in counted if entry is not None)
    if len(named) < len(counted) or not {"start", "end"} <= answer.keys():
        raise unsupported(OUTCOMES)
    if ACCEPTED not in {entry.outcome for entry in named}:
        # Sentry leaves out an outcome that no event had.
        named = (OutcomeCounts(ACCEPTED, 0, (0,) * length), *named)
    return Outcomes(start=start, step_s=step_s, groups=named)


def _outcome(group: dict[str, object], length: int) -> OutcomeCounts | None:
    """One group with ``length`` values, a missing one unknown; None when it names no outcome."""
    name = object_of(group.get("by")).get("outcome")
    if not isinstance(name, str) or not OUTCOME.fullmatch(name):
        return None
    total = count_of(object_of(group.get("totals")).get(QUANTITY))
    values = [count_of(value) for value in list_of(object_of(group.get("series")).get(QUANTITY))[:length]]
    unread = None if total else total
    return OutcomeCounts(outcome=name, total=total, values=(*values, *(unread for _ in range(length - len(values)))))


def _start(intervals: Sequence[object], step_s: int) -> datetime | None:
    """Start of the first interval; None unless all are of the length that was asked for, for values follow them."""
    times = [moment_of(at) for at in intervals]
    known = [at for at in times if at is not None]
    if not known or len(known) < len(times):
        return None
    steps = {int((later - at).total_seconds()) for at, later in pairwise(known)}
    return known[0] if steps <= {step_s} else None
