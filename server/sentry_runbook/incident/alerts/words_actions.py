"""Whom an alert tells, in words: kinds of actions, never addresses, channels or names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sentry_runbook.incident.model.evidence import quoted

ACTIONS: Mapping[str, str] = {
    "email": "e-mail",
    "slack": "Slack",
    "msteams": "Microsoft Teams",
    "discord": "Discord",
    "pagerduty": "PagerDuty",
    "opsgenie": "Opsgenie",
    "webhook": "a webhook",
    "plugin": "a plugin",
    "sentry_app": "an integration",
    "github": "a GitHub issue",
    "github_enterprise": "a GitHub issue",
    "gitlab": "a GitLab issue",
    "jira": "a Jira ticket",
    "jira_server": "a Jira ticket",
    "vsts": "an Azure DevOps work item",
    "other": "another integration",
}
"""Sentry's kind of action → its words; others are quoted."""
NOBODY = "nobody"


def notifies_words(kinds: Iterable[str]) -> str:
    """Whom an alert tells, by the kinds of its actions: ``e-mail, Slack``; ``nobody`` without any."""
    named = dict.fromkeys(ACTIONS.get(kind) or quoted(kind) for kind in kinds)
    return ", ".join(named) or NOBODY
