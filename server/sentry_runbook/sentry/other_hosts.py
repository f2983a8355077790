"""Links of another host than the configured Sentry: told apart, never followed. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import SplitResult, urlsplit

from sentry_runbook.errors import BadInput

SERVICES: Mapping[str, str] = {
    "grafana": "Grafana",
    "pagerduty": "PagerDuty",
    "opsgenie": "Opsgenie",
    "datadoghq": "Datadog",
    "newrelic": "New Relic",
    "honeycomb": "Honeycomb",
    "bugsnag": "Bugsnag",
    "rollbar": "Rollbar",
    "kibana": "Kibana",
    "github": "GitHub",
    "gitlab": "GitLab",
    "bitbucket": "Bitbucket",
    "atlassian": "Atlassian",
    "jira": "Jira",
    "linear": "Linear",
    "slack": "Slack",
    "statuspage": "Statuspage",
}
"""Word in a host's name → the service whose links people have at hand, too."""


def other_host(url: SplitResult, base_url: str) -> BadInput:
    """That a URL is of another host, and what to do about it; the host itself is not repeated."""
    if url.username and url.path.strip("/").isdigit():
        return BadInput(
            "The URL is a DSN, of another host than the API's: SDKs send events with it, and it names no issue.",
            "Give the issue's link, or its short id.",
        )
    host, base = url.hostname or "", urlsplit(base_url)
    service = next((name for word, name in SERVICES.items() if word in re.split(r"[.-]", host)), None)
    hint = f" (it is of {service})" if service else ""
    hint = " (its scheme or port differs)" if host == base.hostname else hint
    what = f"The URL is of another host than the configured Sentry{hint}; nothing was sent there."
    if service:
        return BadInput(what, f"Give the link of an issue at {base_url}, or its short id.")
    return BadInput(what, f"The configured one is {base_url}. Set SENTRY_URL for the other, or give the short id.")
