"""One line of ``doctor``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from sentry_runbook.errors import RunbookError

CheckState = Literal["ok", "bad", "note"]


@dataclass(frozen=True)
class DoctorCheck:
    """One line.

    Attributes:
        state: fine; wrong; or worth knowing.
        what: the finding.
        fix: what to do about it.
        fatal: without it the main job, a triage, cannot run.
        name: what was checked, the same in every run; for programs.
        facts: what was found, for programs: JSON values.
        issue: an issue that was seen, to try the assistant with; empty for none.
    """

    state: CheckState
    what: str
    fix: str = ""
    fatal: bool = False
    name: str = ""
    facts: Mapping[str, object] = field(default_factory=dict)
    issue: str = ""

    @classmethod
    def of(cls, exc: RunbookError) -> DoctorCheck:
        """The check's result when a request failed."""
        return cls("bad", exc.what, exc.fix, fatal=True)

    def called(self, name: str) -> DoctorCheck:
        """The same under this name, unless it has one."""
        return self if self.name else replace(self, name=name)
