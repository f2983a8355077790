"""The table of the evidence: a row for each way to fill a field.

A new part of the evidence is a row, its field, and a reader.
"""

from __future__ import annotations

from typing import Any

from sentry_runbook.collect import (
    breakdown_parts,
    discover_parts,
    each_issue,
    environment_parts,
    event_parts,
    loss_parts,
    project_issues,
    project_parts,
    related_parts,
    release_lists,
    release_parts,
    series_parts,
    unhandled_parts,
)
from sentry_runbook.collect.collection import Collection, Part
from sentry_runbook.collect.request_values import evaluates_flags, suspect_version, tells_last_deploy

FIRST_READ: tuple[Part[Any], ...] = (event_parts.EVENT, event_parts.ROWS)
"""What takes longest to read and needs only round one: read while round two is under way."""
PARTS: tuple[Part[Any], ...] = (
    *FIRST_READ,
    event_parts.SAMPLE,
    event_parts.TAGS,
    environment_parts.PROJECT_ENVIRONMENTS,
    environment_parts.RECENT_ENVIRONMENTS,
    discover_parts.TOTALS,
    discover_parts.WIDENED,
    breakdown_parts.ENVIRONMENTS,
    series_parts.SERIES,
    series_parts.HISTORY_HOURS,
    each_issue.EACH,
    series_parts.USERS_PER_HOUR,
    unhandled_parts.UNHANDLED,
    unhandled_parts.PROJECT_UNHANDLED,
    project_issues.PROJECT_TOP,
    project_parts.SESSIONS,
    loss_parts.DROPPED,
    project_parts.LATENCY,
    breakdown_parts.BREAKDOWN,
    breakdown_parts.BREAKDOWN_BEFORE,
    release_lists.OTHER_RELEASES,
    release_lists.RELEASES,
    release_lists.NAMED_RELEASE,
    release_parts.DEPLOYS,
    release_parts.SUSPECT_COMMITS,
    loss_parts.FLAG_CHANGES,
    release_parts.ALERTS,
    related_parts.BEGAN_WITH,
    related_parts.SAME_TRACE,
    related_parts.PLACES,
    event_parts.NOTES,
)
"""In the order in which they are read; stand-ins for users and masks are numbered in that order.

What is known without a request is read before the rest of its round.
"""
OPTIONAL: tuple[Part[Any], ...] = (
    event_parts.SAMPLE,
    release_parts.DEPLOYS,  # the release list tells the last one of each release
    release_parts.ALERTS,
    breakdown_parts.BREAKDOWN_BEFORE,
    project_issues.PROJECT_TOP,
    loss_parts.FLAG_CHANGES,
    project_parts.LATENCY,
)
"""Left out of round two, in this order, when it would hold more requests than a triage may send."""
RELATED: tuple[Part[Any], ...] = (related_parts.SAME_TRACE, related_parts.PLACES, related_parts.BEGAN_WITH)
"""What looks beside the issue: it never takes the place of what explains the issue itself."""
IN_PLACE_OF_RELATED: tuple[Part[Any], ...] = (
    release_parts.ALERTS,
    event_parts.SAMPLE,
    related_parts.SAME_TRACE,
    related_parts.PLACES,
    release_parts.DEPLOYS,  # a release list tells only the last one, which may be of staging
    project_parts.LATENCY,  # discover_impact tells it
    related_parts.BEGAN_WITH,
)
"""Left out, in this order, until there is room for what is left of :data:`RELATED`: of all parts these tell least."""


def in_place_of_related(collection: Collection) -> tuple[Part[Any], ...]:
    """:data:`IN_PLACE_OF_RELATED` as round one orders it for this issue."""
    event, issue = collection.value(event_parts.EVENT), collection.issue
    # Of flags one event tells too little: that a flag is on in all events takes two.
    needs_sample = event is not None and evaluates_flags(event)
    version, scope = suspect_version(issue), collection.scope
    # Earlier deploys of the release add little to the last one, where round one told that.
    is_told = version is not None and tells_last_deploy(issue, version, scope.names or scope.production)
    first = (release_parts.ALERTS, release_parts.DEPLOYS) if is_told else ()
    rest = (part for part in IN_PLACE_OF_RELATED if part not in first)
    return (*first, *(part for part in rest if part is not event_parts.SAMPLE or not needs_sample))
