"""What the alerts did in one incident: which detected it, how late and why, which could not, and what would have.

It is judged when the evidence is collected (:mod:`sentry_runbook.incident.alerts.for_episode`), from what
``review_alerts`` reads, and stands in the evidence of a postmortem: Sentry prunes firings as it prunes events. Times
are bounds where Sentry keeps only the hour of a firing: what is exact has one time.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sentry_runbook.incident.model.evidence.values import EventText, Frozen, Window


class AlertInIncident(Frozen):
    """What one alert that is there for the incident did in it.

    Attributes:
        key: form and id, as of :class:`.AlertDefinition`.
        is_monitor: it opens and closes (metric monitors); else it fires for issues.
        condition: the whole condition in words.
        fired: None: not known whether it fired in the incident.
        fired_at: the first firing in it; where ``fired_by`` stands beside it, it did not fire before ``fired_at`` and
            had fired by ``fired_by``.
        reached_at: when its condition was reached by the counts; ``reached_by`` as ``fired_by``; None: never, or it
            cannot be replayed.
        most: the highest value in the whole period of what it compares with ``limit``, where that was never reached.
        why_not_replayed: why its condition could not be replayed, a phrase.
        why_dead: why it cannot fire or tells nobody today, a phrase; None: nothing says so.
    """

    key: str
    name: EventText
    is_monitor: bool = False
    condition: EventText
    fired: bool | None
    fired_at: datetime | None = None
    fired_by: datetime | None = None
    reached_at: datetime | None = None
    reached_by: datetime | None = None
    most: float | None = None
    limit: float | None = None
    why_not_replayed: EventText | None = None
    why_dead: EventText | None = None

    @property
    def known_by(self) -> datetime | None:
        """When it had surely fired; None where it did not surely fire."""
        return (self.fired_by or self.fired_at) if self.fired else None


class SuggestedCondition(Frozen):
    """The simplest condition that would have caught the incident; a proposal that is never sent to Sentry.

    Attributes:
        words: "more than 20 events of an issue in 5 min".
        fires_at: when it would have fired; ``fires_by`` where the counts tell an interval.
        extra: how often else it would have fired in the period; None where only ``extra_at_most`` is known.
    """

    words: EventText
    fires_at: datetime
    fires_by: datetime | None = None
    extra: int | None = None
    extra_at_most: int | None = None


class AlertDetection(Frozen):
    """The alerts of an incident.

    Attributes:
        period: what was reviewed.
        alerts: those that are there for it, the first to fire first; those that did not fire last.
        suggestion: None: none is needed, or none of those tried catches it.
        has_more: there may be alerts that were not read.
    """

    period: Window
    alerts: tuple[AlertInIncident, ...]
    suggestion: SuggestedCondition | None = None
    has_more: bool = False

    @property
    def first(self) -> AlertInIncident | None:
        """The alert that surely fired first; None when none surely did."""
        fired = [alert for alert in self.alerts if alert.known_by is not None]
        return min(fired, key=lambda alert: (alert.known_by or self.period.end, alert.key), default=None)

    @property
    def none_fired(self) -> bool:
        """Whether it is known that no alert fired in the incident."""
        return all(alert.fired is False for alert in self.alerts) and not self.has_more

    @property
    def tells(self) -> bool:
        """Whether it is known which alert fired first, or that none did."""
        return self.first is not None or self.none_fired

    @property
    def dead(self) -> tuple[AlertInIncident, ...]:
        """Those that cannot fire, or tell nobody, today."""
        return tuple(alert for alert in self.alerts if alert.why_dead is not None)

    @property
    def days(self) -> float:
        """Length of the period."""
        return self.period.length / timedelta(days=1)
