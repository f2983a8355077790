"""What a postmortem says of the alerts, for every way in which their firings and conditions are known."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from sentry_runbook.incident.evidence_file import dump_evidence, load_evidence
from sentry_runbook.incident.incident import Incident
from sentry_runbook.incident.model.evidence import Known, Unknown, Window
from sentry_runbook.incident.model.evidence.alert_detection import AlertDetection, AlertInIncident, SuggestedCondition
from sentry_runbook.incident.postmortem.action_items import action_items
from sentry_runbook.incident.postmortem.five_whys import five_whys
from tests.incident.builder import MINUTE, NOW, ago, burst, incident
from tests.incident.builder import read as read_incident

START = ago(hours=4)
PERIOD = Window(start=NOW - timedelta(days=14), end=NOW)
CLOCK = f"{START:%H:%M}"


def at(minutes: int) -> str:
    return f"{START + minutes * MINUTE:%H:%M} UTC"


def alert(fired: bool | None = False, **changes: Any) -> AlertInIncident:
    known: dict[str, Any] = {
        "key": "workflow:1",
        "name": "Pays",
        "condition": "more than 100 events of the issue in 1 h",
    }
    return AlertInIncident(fired=fired, **{**known, **changes})


def suggestion(**changes: Any) -> SuggestedCondition:
    known: dict[str, Any] = {"words": "more than 20 events of an issue in 5 min", "fires_at": START + 7 * MINUTE}
    return SuggestedCondition(**{**known, **changes})


def told(*alerts: AlertInIncident, propose: SuggestedCondition | None = None, **changes: Any) -> Incident:
    """An incident of an hour of errors, four hours ago, with what its alerts did."""
    detection = AlertDetection(period=PERIOD, alerts=alerts, suggestion=propose, **changes)
    evidence = incident(burst(START, 240, 15 * MINUTE / 60, users=20))
    part = Known[AlertDetection](value=detection, source="a test")
    return read_incident(evidence.model_copy(update={"alert_detection": part}))


def hints(met: Incident) -> str:
    return "\n".join(hint.text for hint in five_whys(met)[3].hints)


def proposals(met: Incident) -> list[str]:
    return [item.action for item in action_items(met) if "alert" in item.action.lower() or "monitor" in item.action]


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ({"fired": True, "fired_at": START + 27 * MINUTE}, f"It fired first {at(27)}, 27 min after the start."),
        (
            {"fired": True, "fired_at": START + 20 * MINUTE, "fired_by": START + 59 * MINUTE},
            f"It fired first after {at(20)} and by {at(59)}, 59 min after the start at the latest.",
        ),
        ({"fired": True}, "It fired in it: when first is not known."),
        ({"fired": False}, "It did not fire in this incident."),
        (
            {"fired": False, "reached_at": START + 9 * MINUTE},
            f"It did not fire in this incident; by its condition it would have at {at(9)}, 9 min after the start.",
        ),
        (
            {"fired": None, "reached_at": START + 9 * MINUTE, "reached_by": START + 15 * MINUTE},
            f"Whether it fired in this incident is not known; by its condition it would have at {at(15)}, 15 min",
        ),
        (
            {"fired": False, "most": 78.0, "limit": 100.0},
            "It did not fire in this incident: the most in the period was 78, against 100.",
        ),
        (
            {"fired": False, "why_not_replayed": "anomaly detection runs outside Sentry's own rules"},
            "how near it came is not known: anomaly detection runs outside Sentry's own rules.",
        ),
        (
            {"fired": True, "fired_at": START + 27 * MINUTE, "is_monitor": True},
            f"It opened first {at(27)}, 27 min after the start.",
        ),
    ],
)
def test_what_an_alert_did_is_one_sentence_after_its_condition(what: dict[str, Any], said: str) -> None:
    text = hints(told(alert(**what)))
    assert '"Pays" needs: more than 100 events of the issue in 1 h. ' in text
    assert said in text


@pytest.mark.parametrize(
    ("known", "said"),
    [
        ({"extra": 0}, f"would have fired {at(7)}, and on nothing else in 14 days."),
        ({"extra": 1}, f"would have fired {at(7)}, and 1 time else in 14 days."),
        ({"extra_at_most": 3}, "and at most 3 times else in 14 days."),
        ({}, "and on what else in 14 days is not known."),
        ({"extra": 0, "fires_by": START + 10 * MINUTE}, f"would have fired by {at(10)}, and on nothing else"),
    ],
)
def test_of_a_proposal_only_what_is_sure_is_claimed(known: dict[str, Any], said: str) -> None:
    met = told(alert(True, fired_at=START + 27 * MINUTE), propose=suggestion(**known))
    assert "More than 20 events of an issue in 5 min would have fired " in hints(met) and said in hints(met)
    assert any("more than 20 events of an issue in 5 min" in action for action in proposals(met))


def test_none_fired_is_said_only_where_all_alerts_are_known() -> None:
    assert five_whys(told(alert(False)))[3].question == "Why did no alert fire?"
    for unsure in (told(alert(False), has_more=True), told(alert(False), alert(None, key="workflow:2"))):
        assert five_whys(unsure)[3].question != "Why did no alert fire?"


def test_the_first_of_several_is_the_detection_and_bounds_are_at_the_latest() -> None:
    late = alert(True, key="workflow:2", name="Late", fired_at=START + 50 * MINUTE)
    bounds = alert(True, fired_at=START + 10 * MINUTE, fired_by=START + 40 * MINUTE)
    detected = told(late, bounds).timeline.milestone("detected")
    assert detected.at == START + 40 * MINUTE and detected.at_latest and '"Pays"' in (detected.source or "")
    exact = told(late).timeline.milestone("detected")
    assert exact.at == START + 50 * MINUTE and not exact.at_latest


def test_an_alert_that_fired_in_time_while_nobody_noticed_is_to_be_routed() -> None:
    met = told(alert(True, fired_at=START + 9 * MINUTE))
    assert proposals(met)[0].startswith('Update the Sentry alert "Pays"')
    dead = alert(False, key="workflow:2", name="Off", why_dead="it is switched off")
    assert proposals(told(dead))[-1].startswith('Repair or delete 1 Sentry alert that could not tell of it: "Off"')


def test_a_file_of_evidence_keeps_what_the_alerts_did() -> None:
    met = told(alert(True, fired_at=START + 27 * MINUTE), propose=suggestion(extra=0))
    again = load_evidence(dump_evidence(met.evidence))
    assert again == met.evidence
    assert hints(read_incident(again)) == hints(met)


def test_why_the_alerts_could_not_be_reviewed_is_said_and_nothing_is_claimed_of_them() -> None:
    evidence = incident(burst(START, 240, 15 * MINUTE / 60, users=20))
    met = read_incident(evidence.model_copy(update={"alert_detection": Unknown(why="Sentry refused the alerts")}))
    missing = {entry.what: entry.why for entry in met.timeline.missing}
    assert missing["timeline: first firings of the alerts"] == "Sentry refused the alerts"
    assert "needs:" not in hints(met)
    assert "timeline: first firings of the alerts" not in {e.what for e in read_incident(evidence).timeline.missing}
