"""An explanation's figures in words, the same ones in every channel."""

from __future__ import annotations

from sentry_runbook.incident.formatting import percent_of
from sentry_runbook.incident.model.results.explanation import Explanation


def usually(entry: Explanation) -> str:
    """``3.1 % usually``, or ``28.1 % of the sessions`` of a release that has no events before; empty when not known."""
    if entry.usual_share is None:
        return ""
    # Without a usual rate of events only the sessions tell what part a release would have of any error.
    by_sessions = entry.explains is None and any(value.tag == "release" for value in entry.values)
    of_what = "of the sessions" if by_sessions else "usually"
    return f"{percent_of(entry.usual_share)} {of_what}"
