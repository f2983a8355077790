"""What other servers make of a request: a change that one would distort is refused before it is sent (DESIGN §8.3).

GlitchTip answers 200 to every condition of a change and keeps none: an issue archived "until 100 more events" or "until
it escalates" is archived for ever, one resolved "in the next release" is plainly resolved (recorded on GlitchTip of
December 2025, requests 266 to 275). Sentry as old as 9.1 keeps limits and releases.
"""

from __future__ import annotations

from sentry_runbook.incident.issue_state import UNTIL_ESCALATING
from sentry_runbook.incident.model.evidence import Evidence
from sentry_runbook.incident.resolution.request import ACTIONS, ResolutionRequest


def distortion(request: ResolutionRequest, evidence: Evidence) -> str | None:
    """What this server would make of the request, and what to ask instead; None where it would do as asked."""
    if evidence.keeps_conditions:
        return None
    rule = ACTIONS[request.action]
    if rule.in_next_release or rule.takes_release:
        return (
            "This server is GlitchTip, which drops the release of a resolve: the issue would be plainly resolved, and "
            "nothing was sent. Use action=resolve if that is meant."
        )
    if rule.substatus == UNTIL_ESCALATING or request.is_limited:
        return (
            "This server is GlitchTip, which drops every condition of an archive: the issue would be archived for "
            "ever, and nothing was sent. Use action=ignore without a limit if for ever is meant; else leave it open."
        )
    return None
