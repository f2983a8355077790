"""The recovery of several issues: each by itself, and the whole, which is over only when all are.

How to think about it: the counts of all issues together say when the incident as a whole is quiet, but a small issue
that goes on hides in the usual rate of a large one. So every issue is measured by its own counts with the same rules,
and the whole takes the worst of each: live while one is, quiet since the last one, usual only where all are. What is
left of the verdict then follows from the rules of :mod:`.recovery`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from sentry_runbook.incident.model.evidence import NOT_ASKED, Evidence, Issue, IssueSeries, Known, Unknown
from sentry_runbook.incident.model.results.impact import IssueRecovery, Recovery, RecoveryVerdict
from sentry_runbook.incident.recovery.metrics import RecoveryMetrics

OF_ALL = (
    "series",
    "each",
    "history",
    "totals",
    "widened",
    "environments",
    "users_per_hour",
    "unhandled",
    "project_unhandled",
    "project_top",
    "sessions",
    "latency",
    "breakdown",
    "breakdown_before",
)
"""Parts of the evidence that are counted for all issues together, or of a project as a whole."""
OF_THE_FIRST = (
    "event",
    "sample",
    "rows",
    "tags",
    "releases",
    "other_releases",
    "deploys",
    "suspect_commits",
    "alerts",
    "notes",
)
"""Parts that were read of the first issue alone."""
WORST_FIRST: tuple[RecoveryVerdict, ...] = ("worse", "ongoing", "unknown", "improving", "recovered")


def evidence_of(evidence: Evidence, issue: Issue) -> Evidence:
    """The evidence of one of several issues, by its own counts; without them by the hours that came with the issue."""
    is_first = issue is evidence.together[0]
    left_out = OF_ALL if is_first else (*OF_ALL, *OF_THE_FIRST)
    return evidence.model_copy(
        update={
            **dict.fromkeys(left_out, NOT_ASKED),
            "issue": issue,
            "together": (),
            "series": _series_of(evidence, issue),
            "users_in": (),
            "warnings": (),
            "findings": (),
        }
    )


def _series_of(evidence: Evidence, issue: Issue) -> Known[IssueSeries] | Unknown:
    part = evidence.each
    if isinstance(part, Unknown):
        return part
    own = next((each.events for each in part.value if each.id == issue.id), None)
    if own is None:
        return Unknown(why="the errors alone were counted by issue")
    return Known(value=IssueSeries(events=own), source=part.source)


def taken_together(whole: RecoveryMetrics, each: Sequence[RecoveryMetrics]) -> RecoveryMetrics:
    """The metrics of the whole with what holds of one of the issues."""
    if whole.counts is None or not each:
        return whole
    quiet = [metrics.quiet_from for metrics in (whole, *each) if metrics.quiet_from is not None]
    is_live = any(metrics.is_live for metrics in (whole, *each))
    quiet_from = None if is_live or whole.quiet_from is None else max(quiet)
    return replace(
        whole,
        is_live=is_live,
        quiet_from=quiet_from,
        quiet_for=max(whole.counts.read_at - quiet_from, timedelta()) if quiet_from is not None else timedelta(),
        quiet_needed=max(metrics.quiet_needed for metrics in (whole, *each)),
        is_above_usual=any(metrics.is_above_usual for metrics in (whole, *each)),
        came_back=any(metrics.came_back for metrics in (whole, *each)),
    )


def with_each(whole: Recovery, each: Sequence[tuple[Issue, Recovery]]) -> Recovery:
    """The recovery of the whole with that of each issue: recovered only when all are."""
    rows = tuple(
        IssueRecovery(
            short_id=issue.name,
            project=issue.project,
            verdict=recovery.verdict,
            reading=recovery.reading,
            quiet_since=recovery.quiet_since,
            events_per_hour_now=recovery.events_per_hour_now,
            url=issue.url,
        )
        for issue, recovery in each
    )
    open_ones = [(issue, recovery) for issue, recovery in each if recovery.verdict != "recovered"]
    needs = [f"{issue.name}: {need}" for issue, recovery in open_ones for need in recovery.needs[:1] or ("not known",)]
    if whole.verdict != "recovered" or not open_ones:
        # Where some are over, the reader wants to know which are not.
        own = needs if len(open_ones) < len(each) else []
        return whole.model_copy(update={"issues": rows, "needs": (*whole.needs, *own)})
    verdict = min((recovery.verdict for _, recovery in open_ones), key=WORST_FIRST.index)
    names = " and ".join(issue.name for issue, _ in open_ones[:2])
    more = f" and {len(open_ones) - 2} more" if len(open_ones) > 2 else ""
    reading = f"Not over: {names}{more}. {open_ones[0][0].name}: {open_ones[0][1].reading}"
    return whole.model_copy(update={"issues": rows, "verdict": verdict, "needs": tuple(needs), "reading": reading})
