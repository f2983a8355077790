"""What an alert's set-up says is known only where every part of it was told and could be read."""

from __future__ import annotations

import pytest

from sentry_runbook.incident.alerts.state import state_of_alert
from sentry_runbook.incident.model.evidence.alert_setup import AlertSetup, MonitorSetup
from sentry_runbook.incident.model.evidence.json_values import JsonObject
from sentry_runbook.incident.model.evidence.lenient import read_all
from sentry_runbook.safety.sanitizer import Sanitizer

ALERT: JsonObject = {
    "id": "1",
    "form": "workflow",
    "enabled": True,
    "detectorIds": ["5"],
    "actionFilters": [{"actions": [{"status": "active"}]}],
}
OLD: JsonObject = {"id": "1", "form": "rule", "status": "active", "actions": [{}]}


def verdict(row: JsonObject, *, monitor_on: bool | None) -> str:
    (alert,) = read_all(AlertSetup, [row], Sanitizer(mask=True))
    return state_of_alert(alert, {"5": MonitorSetup(id="5", enabled=monitor_on)}).verdict


@pytest.mark.parametrize(
    ("told", "monitor_on", "said"),
    [
        ({}, True, "on"),
        ({}, False, "dead"),
        ({"detectorIds": []}, True, "dead"),
        ({"detectorIds": ["5", {"id": 6}]}, False, "unknown"),
        ({"detectorIds": ["5", {"id": 6}]}, True, "on"),
        ({"detectorIds": [None]}, True, "unknown"),
        ({"enabled": None}, True, "unknown"),
        ({"enabled": None, "detectorIds": []}, True, "unknown"),
        ({"enabled": False, "detectorIds": []}, True, "off"),
        ({"actionFilters": [{"actions": [{"status": "disabled"}]}]}, True, "mute"),
        ({"actionFilters": [{"actions": [{"status": None}]}]}, True, "on"),
        ({"actionFilters": [{"actions": [{"status": None}]}]}, False, "dead"),
    ],
)
def test_no_verdict_rests_on_what_was_not_told(told: JsonObject, monitor_on: bool | None, said: str) -> None:
    assert verdict({**ALERT, **told}, monitor_on=monitor_on) == said


def test_a_rule_from_before_with_a_state_that_is_not_known_is_not_counted_among_those_that_can_fire() -> None:
    assert verdict(OLD, monitor_on=True) == "on"
    assert verdict({**OLD, "status": "resting"}, monitor_on=True) == "unknown"
