"""SDK misconfiguration: the events lack what an investigation needs. It explains why one cannot see, and no error."""

from __future__ import annotations

from collections.abc import Iterator

from sentry_runbook.incident.causes.hypothesis import Indicator
from sentry_runbook.incident.causes.pattern import CausePattern
from sentry_runbook.incident.measurements import Measurements

SEVERAL_GAPS = 3
"""Points of all gaps together from which they are a set-up that was never finished."""


def indicators(incident: Measurements) -> Iterator[Indicator]:
    """One for each gap in the instrumentation."""
    # One thing that is missing is common and breaks nothing.
    several = sum(gap.points for gap in incident.gaps) >= SEVERAL_GAPS
    return (Indicator(gap.kind, gap.points, gap.text, core=several) for gap in incident.gaps)


def action(incident: Measurements) -> str:
    """The settings that close the gaps."""
    return _review(", ".join(gap.setting for gap in incident.gaps))


def _review(settings: str) -> str:
    return f"Review Sentry.init() and the build: {settings}."


PATTERN = CausePattern(
    name="sdk_misconfiguration",
    title="SDK misconfiguration",
    signal="Events lack context, breadcrumbs, environment or release",
    indicators=indicators,
    action=action,
    general_action=_review(
        "release, environment, user context, upload of source maps (or debug files) for the release, "
        "default integrations"
    ),
    plain_action="repair the error reporting",
    plain_cause="a faulty set-up of the error reporting",
    prevention=None,  # the postmortem lists the gaps in an action item of their own, whatever the cause is
    explains_blindness=True,
)
