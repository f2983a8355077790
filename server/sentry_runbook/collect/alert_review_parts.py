"""The parts of a review of alerts on their way: each holds its requests, and what came back for them."""

from __future__ import annotations

from dataclasses import dataclass, field

from sentry_runbook.collect.alert_review_environments import EnvironmentTotals
from sentry_runbook.collect.alert_review_firings import ReviewedFirings
from sentry_runbook.collect.alert_review_hours import HourlyCounts
from sentry_runbook.collect.alert_review_issues import ReviewedIssues
from sentry_runbook.collect.alert_review_lists import AlertLists
from sentry_runbook.collect.alert_review_scope import ReviewScope
from sentry_runbook.collect.alert_review_series import ReviewedSeries
from sentry_runbook.collect.batch import Result
from sentry_runbook.incident.model.evidence.alert_definition import AlertDefinition
from sentry_runbook.incident.model.evidence.alert_review import CountedSeries


@dataclass
class ReviewParts:
    """All parts of one review.

    Attributes:
        alerts: as the lists have them.
        in_environments: events of whole environments in the period.
        migrated: key of a rule from before → whether it is an alert of today.
    """

    scope: ReviewScope
    alerts: tuple[AlertDefinition, ...] = ()
    in_environments: tuple[CountedSeries, ...] = ()
    migrated: dict[str, Result[bool]] = field(default_factory=dict)
    lists: AlertLists = field(init=False)
    issues: ReviewedIssues = field(init=False)
    hours: HourlyCounts = field(init=False)
    environments: EnvironmentTotals = field(init=False)
    firings: ReviewedFirings = field(init=False)
    series: ReviewedSeries = field(init=False)

    def __post_init__(self) -> None:
        """The parts, of which nothing is asked yet."""
        self.lists = AlertLists.of(self.scope)
        self.issues, self.hours = ReviewedIssues(self.scope), HourlyCounts(self.scope)
        self.environments = EnvironmentTotals(self.scope)
        self.firings = ReviewedFirings(self.scope, self.lists)
        self.series = ReviewedSeries(self.scope)
