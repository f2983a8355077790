"""Changes of feature flags, as the flag provider tells them to Sentry."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from sentry_runbook.incident.model.evidence.json_values import JsonObject
from sentry_runbook.incident.model.evidence.lenient import FromSentry, Moment, Name
from sentry_runbook.incident.model.evidence.values import EventText

ACTIONS = ("created", "updated", "deleted")


class FlagChange(FromSentry):
    """One change of a feature flag, of the whole organization (sentry-api §18, ``flags/logs/``).

    Attributes:
        action: None when it is another word.
        by: who changed it, an e-mail (masked) or a name; None when the provider tells only a number.
    """

    at: Annotated[datetime, Moment()] = Field(validation_alias="createdAt")
    flag: Annotated[EventText, Name("flag.name")]
    action: Literal["created", "updated", "deleted"] | None = None
    by: Annotated[EventText | None, Name("flag.by")] = Field(None, validation_alias="createdBy")

    @classmethod
    def reshape(cls, json: JsonObject) -> JsonObject:
        """Keep the action only where it is a known word, and the author only where it is no number."""
        action, by = json.get("action"), json.get("createdBy")
        return {
            **json,
            "action": action if action in ACTIONS else None,
            "createdBy": None if json.get("createdByType") == "id" else by,
        }
