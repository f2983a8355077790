"""What people stated about an incident: arguments of the tools, never derived from Sentry."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import field_validator

from sentry_runbook.incident.model.evidence import Frozen


class Stated(Frozen):
    """What people stated; never guessed, never filled in. None means "not stated".

    Attributes:
        core_flow: the core flow is affected (True), is not (False), is blocked for all.
        alerted_at, detected_at, acknowledged_at, mitigated_at: aware UTC instants.
        fixed_at: when the fix was made, aware UTC; recovery is judged from then on.
    """

    workaround: bool | None = None
    core_flow: bool | Literal["blocked_for_all"] | None = None
    data_loss_risk: bool | None = None
    lead: str | None = None
    service: str | None = None
    root_cause: str | None = None
    fix: str | None = None
    alerted_at: datetime | None = None
    detected_at: datetime | None = None
    acknowledged_at: datetime | None = None
    mitigated_at: datetime | None = None
    fixed_at: datetime | None = None

    @field_validator("lead", "service", "root_cause", "fix")
    @classmethod
    def _blank_is_not_stated(cls, text: str | None) -> str | None:
        return text if text and text.strip() else None
