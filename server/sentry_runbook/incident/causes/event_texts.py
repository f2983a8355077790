"""The events that were read whole, for the messages; they are read in :mod:`.events.event_texts`."""

from sentry_runbook.incident.events.event_texts import whole_events

__all__ = ["whole_events"]
