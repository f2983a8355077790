"""Why no message is due: nothing reached customers, it has been over for days, or security decides what is said."""

from __future__ import annotations

from datetime import datetime, timedelta

from sentry_runbook.incident.formatting import count, moment
from sentry_runbook.incident.incident import Incident
from sentry_runbook.incident.model.results.messages import Audience, Kind

QUIET_FOR = timedelta(days=2)
"""From then on a rate that is back to usual is no news, and a first message would be one of the past."""
SECURITY_FIRST = "this may be a security incident: no public message before security says so"
"""Why customers get no text about an injection that reached the database."""
OUTSIDE_PRODUCTION = (
    "Sentry saw these errors outside production only, so customers have nothing to be told. Draft it for engineers; if "
    "customers do use one of these environments, name it in the policy ([production] environments)"
)
NO_ERROR = (
    "Sentry counted no error of this issue in the period, so customers have nothing to be told. If they report "
    "something, find its issue with find_issues"
)


def nothing_to_say(incident: Incident, kind: Kind, audience: Audience, since: datetime | None) -> str | None:
    """The reason and the way out, without a full stop; None where a message is due.

    Args:
        incident: the incident.
        kind: which message; the last one is owed to those who read an earlier one, however late.
        audience: who reads it.
        since: when the last message went out.
    """
    if audience == "customers" and incident.security_incident:
        return SECURITY_FIRST
    if audience == "customers" and incident.severity.decided_by == "non_production":
        return OUTSIDE_PRODUCTION
    if audience == "customers" and _is_without_errors(incident):
        return NO_ERROR
    is_owed = kind == "resolved" and (since is not None or bool(incident.stated.fix or incident.stated.fixed_at))
    quiet_since = None if is_owed else _quiet_for_days_since(incident)
    if quiet_since is None:
        return None
    length = count((incident.read_at - quiet_since).days, "day")
    return (
        f"the error rate has been back to usual since {moment(quiet_since)}, for {length}, so no message is due. To "
        "close an announcement that is still open, draft kind=resolved with the time of the last message (since) or "
        "the fix; for the record there is draft_postmortem"
    )


def _is_without_errors(incident: Incident) -> bool:
    impact = incident.impact
    return impact.events == 0 and not impact.events_lower_bound


def _quiet_for_days_since(incident: Incident) -> datetime | None:
    """Since when it has been over, when that is days ago and was measured; None when it is not, or not known."""
    metrics, recovery = incident.recovery_metrics, incident.recovery
    since = incident.stable_since
    if since is None and metrics.episode is None and recovery.verdict in ("recovered", "improving"):
        since = recovery.quiet_since
    if since is None or recovery.verdict == "unknown":
        return None
    return since if incident.read_at - since >= max(QUIET_FOR, metrics.quiet_needed) else None
