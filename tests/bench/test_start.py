"""What the start brings in: what answers look like, and neither rules nor an HTTP client (DESIGN section 9)."""

import subprocess
import sys

import pytest
from bench.startup import OURS, start

LATER = (
    "httpx.",
    "msgspec",
    "jinja2",
    "rich",
    "sentry_runbook.sentry.client",
    "sentry_runbook.sentry.parsing",
    "sentry_runbook.sentry.http",
    "sentry_runbook.simulator",
    "sentry_runbook.safety.sanitizer",
    "sentry_runbook.incident.causes",
    "sentry_runbook.incident.severity.rules",
    "sentry_runbook.incident.triage.triage",
    "sentry_runbook.incident.messages.drafts",
    "sentry_runbook.incident.postmortem.content",
    "sentry_runbook.render.templates.view",
    "sentry_runbook.incident.resolution.plan",
    "sentry_runbook.writing.change",
    "sentry_runbook.writing.note",
)
"""Modules, and packages by the beginning of what is below them."""


def test_listing_the_tools_needs_no_rules_and_no_http_client() -> None:
    program = "import sys, sentry_runbook.cli, sentry_runbook.commands.serve; print(*sys.modules, sep='\\n')"
    loaded = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout
    early = [name for name in loaded.split() if name.startswith(LATER)]
    assert early == []


@pytest.mark.matrix
def test_a_server_that_is_spawned_lists_its_tools() -> None:
    started = start(OURS)
    assert started.wall_ms > 0
