"""Which alerts cannot fire, or tell nobody: only what their set-up shows for certain (reference: alerts, 4). Pure.

Theory: an event makes its monitor run, the monitor makes the alerts run that are connected to it, and these take their
actions. Where one link is missing the alert is dead, and Sentry shows it as any other. On self-hosted servers from
26.7 on rules from before 2026 are no longer looked at; they become alerts only when somebody edits them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal

from sentry_runbook.incident.model.evidence import quoted
from sentry_runbook.incident.model.evidence.alert_definition import AlertDefinition
from sentry_runbook.incident.model.evidence.alert_setup import MONITOR_FORMS, AlertSetup, MonitorSetup

AlertVerdict = Literal["on", "off", "dead", "mute", "not_migrated", "unknown"]
"""``off``: somebody switched it off; ``dead``: it is on and cannot fire; ``mute``: it fires and tells nobody;
``not_migrated``: a rule from before that has no alert of today on a server that has those."""


@dataclass(frozen=True)
class AlertState:
    """What an alert's set-up says of it.

    Attributes:
        why: one phrase; empty for ``on``.
    """

    alert: AlertSetup
    verdict: AlertVerdict
    why: str = ""


def state_of_alert(
    alert: AlertSetup, monitors: Mapping[str, MonitorSetup] | None, is_migrated: bool | None = None
) -> AlertState:
    """The first of the reasons that hold, the gravest first.

    Args:
        alert: how it is set up.
        monitors: those that were asked for, by id; None where they could not be read.
        is_migrated: of a rule from before on a server with alerts of today: whether it became one. None: not known,
            or the server has no alerts of today.
    """
    if alert.enabled is False:
        return AlertState(alert, "off", "it is switched off")
    if is_migrated is False:
        return AlertState(alert, "not_migrated", "no alert of today was made of it")
    if alert.enabled is None:
        return AlertState(alert, "unknown", "whether it is on was not told")
    return _of_monitor(alert) if alert.form in MONITOR_FORMS else _of_alert(alert, monitors)


def in_environment(state: AlertState, environments: Collection[str]) -> AlertState:
    """The state of an alert that is on, where it looks at one environment.

    Args:
        state: by its set-up.
        environments: names of all that the projects have, hidden ones too.
    """
    alert = state.alert
    if state.verdict != "on" or not isinstance(alert, AlertDefinition) or not alert.raw_environment:
        return state
    if alert.raw_environment in environments:
        return state
    return AlertState(alert, "dead", f"no project has its environment {quoted(alert.environment or '')}")


def _of_alert(alert: AlertSetup, monitors: Mapping[str, MonitorSetup] | None) -> AlertState:
    """One that is on."""
    if alert.is_connected is False:
        return AlertState(alert, "dead", "connected to no monitor")
    if alert.snoozed or alert.actions == 0:
        return AlertState(alert, "mute", "snoozed for everyone" if alert.snoozed else "it has no action that is active")
    return _by_monitors(alert, monitors)


def _of_monitor(monitor: AlertSetup) -> AlertState:
    """A monitor tells nobody itself; where no alert is connected to it, one of all issues may still tell."""
    if monitor.snoozed:
        return AlertState(monitor, "mute", "it is muted")
    if monitor.is_connected is False:
        return AlertState(monitor, "unknown", "no alert is connected to it: only one of all issues could tell of it")
    return AlertState(monitor, "on")


def _by_monitors(alert: AlertSetup, monitors: Mapping[str, MonitorSetup] | None) -> AlertState:
    if not alert.monitors and not alert.unread_monitors:
        return AlertState(alert, "on")
    if monitors is None:
        return AlertState(alert, "unknown", "its monitors could not be read")
    known = [monitors[id_] for id_ in alert.monitors if id_ in monitors]
    if not known:
        return AlertState(alert, "unknown", "its monitors are gone, or the token may not see them")
    if any(monitor.enabled is not False for monitor in known):
        return AlertState(alert, "on")
    if len(known) == len(alert.monitors) and not alert.unread_monitors:
        return AlertState(alert, "dead", "each of its monitors is switched off")
    return AlertState(alert, "unknown", "those of its monitors that could be read are switched off")
