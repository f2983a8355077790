"""What ``init`` found, checked and wrote, also as JSON."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from sentry_runbook.commands.checks import DoctorCheck
from sentry_runbook.commands.init_hosts import HostOutcome
from sentry_runbook.commands.init_terminal import Terminal


@dataclass
class InitReport:
    """What was found, checked and written; also as JSON.

    Attributes:
        found: what is known of the Sentry: setting, value and source; None where it is not known.
        checks: as ``doctor`` gives them.
        hosts: what became of each configuration.
    """

    found: list[tuple[str, str | None, str]] = field(default_factory=list)
    checks: list[DoctorCheck] = field(default_factory=list)
    hosts: list[HostOutcome] = field(default_factory=list)

    @property
    def is_ready(self) -> bool:
        """Whether a triage can run."""
        return not any(check.fatal for check in self.checks)

    def as_json(self) -> str:
        """All of it."""
        found = [
            {"what": what, "source": source} | ({"value": value} if value else {})
            for what, value, source in self.found
            if value or source
        ]
        checked = [{"state": c.state, "what": c.what, "fix": c.fix, "fatal": c.fatal} for c in self.checks]
        hosts = [outcome.as_json() for outcome in self.hosts]
        return json.dumps(
            {"found": found, "checks": checked, "ready": self.is_ready, "hosts": hosts}, indent=2, ensure_ascii=False
        )

    def note(self, terminal: Terminal, what: str, value: str | None, source: str) -> None:
        """Note what was found, and show it."""
        self.found.append((what, value, source))
        terminal.line("found", f"{what}{f' {value}' if value else ''}, from {source}")
