"""What became of the project's error events: how many Sentry stored, and how many it dropped and why."""

from __future__ import annotations

from datetime import datetime

from sentry_runbook.incident.model.evidence.values import Frozen


class OutcomeSeries(Frozen):
    """The events of one outcome.

    Attributes:
        outcome: Sentry's word: ``accepted``, ``rate_limited``, ``abuse``, ``filtered``, ``client_discard`` ….
        total: in the whole range; None when Sentry gave no number.
        values: one a bucket; None where Sentry gave none.
    """

    outcome: str
    total: int | None = None
    values: tuple[int | None, ...] = ()


class DroppedEvents(Frozen):
    """The project's error events by outcome, in all environments; all but the ``accepted`` are gone.

    Attributes:
        start: start of the first bucket, a full hour; None when only the totals are known.
        step_s: seconds of a bucket: an hour, of very long windows a day.
        outcomes: ``accepted`` always, the others where there were any; as many values each.
    """

    start: datetime | None = None
    step_s: int
    outcomes: tuple[OutcomeSeries, ...] = ()
