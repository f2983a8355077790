"""Whom to ask about an issue, and why: assignee, owners by rule, authors of suspect commits, the last to resolve it.

Only people and their teams are owners. What a machine did (an integration, a bot that bumps versions) and what Sentry
did by itself says nothing of who knows the code.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sentry_runbook.incident.causes.hypothesis import excerpt
from sentry_runbook.incident.formatting import moment
from sentry_runbook.incident.issue_status import last_resolve
from sentry_runbook.incident.measurements import Measurements
from sentry_runbook.incident.model.evidence import Commit, Known
from sentry_runbook.incident.model.results.explanation import Owner

MOST = 4
BY_RULE = {"ownershiprule": "ownership rules", "codeowners": "CODEOWNERS", "suspectcommit": "suspect commit"}
"""Why Sentry names an owner, by kind, the surest first."""
MACHINE = re.compile(
    r"\[bot\]|\b(?:dependabot|renovate|greenkeeper|snyk|github[ -]actions|jenkins|seer|autofix)\b"
    r"|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$",
    re.IGNORECASE,
)
"""Names of machines that commit, and the proxy users of integrations (sentry-api section 17)."""


def owners_of(incident: Measurements) -> tuple[Owner, ...]:
    """At most four people or teams, the surest first; whoever is named twice stands once, with both reasons."""
    reasons: dict[str, list[str]] = {}
    names: dict[str, str] = {}
    for who, why in _named(incident):
        if who and not MACHINE.search(who):
            key = who.casefold().strip()
            names.setdefault(key, who)
            reasons.setdefault(key, [])
            if why not in reasons[key]:
                reasons[key].append(why)
    return tuple(Owner(who=names[key], why="; ".join(reasons[key])) for key in list(names)[:MOST])


def _named(incident: Measurements) -> Iterator[tuple[str | None, str]]:
    issue = incident.evidence.issue
    for member in incident.evidence.members:
        yield member.assigned_to, f"assigned to {member.name}" if incident.evidence.together else "assigned"
    for kind, why in BY_RULE.items():
        yield from ((owner.who, why) for owner in issue.owners if owner.kind == kind)
    yield from map(_author, _commits(incident))
    resolve = last_resolve(issue)
    if resolve is not None and resolve.actor == "person":
        yield resolve.who, f"resolved {resolve.issue or 'it'} last, {moment(resolve.at)}"


def _commits(incident: Measurements) -> tuple[Commit, ...]:
    part = incident.evidence.suspect_commits
    return part.value if isinstance(part, Known) else ()


def _author(commit: Commit) -> tuple[str | None, str]:
    return commit.author, f"suspect commit {excerpt(commit.message or commit.id)}"
