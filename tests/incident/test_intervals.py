"""Lengths between turning points: by the minutes shown, and only where both ends bound them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from sentry_runbook.incident.episode.episode import Burst
from sentry_runbook.incident.formatting import elapsed
from sentry_runbook.incident.incident import Incident
from sentry_runbook.incident.model.evidence import Activity, Alert, Deploy, Release, Unknown
from sentry_runbook.incident.model.results.messages import Interval
from sentry_runbook.incident.model.stated import Stated
from sentry_runbook.incident.postmortem.action_items import action_items
from sentry_runbook.incident.postmortem.content import PostmortemContent
from sentry_runbook.incident.postmortem.five_whys import five_whys
from sentry_runbook.incident.timeline.burst_rows import burst_rows
from tests.incident.builder import HOUR, MINUTE, NOW, POLICY, Seen, ago, burst, incident, known

SECOND = timedelta(seconds=1)
START = ago(hours=4)
EVENTS = burst(START, 240, 15 * SECOND, users=20)
"""An hour of errors, four hours ago."""
CALM = START + HOUR


@dataclass(frozen=True)
class WithBursts(Incident):
    """An incident whose bursts are known."""

    made: tuple[Burst, ...] = ()

    @property
    def bursts(self) -> tuple[Burst, ...]:
        return self.made


def read(
    events: Sequence[Seen] = EVENTS, stated: Stated | None = None, bursts: tuple[Burst, ...] = (), **parts: Any
) -> Incident:
    return WithBursts(incident(events, **parts), stated or Stated(), POLICY, NOW, bursts)


def alerted(*fired: datetime, **parts: Any) -> Incident:
    alerts = tuple(Alert(name=f"alert {number}", last_triggered=at) for number, at in enumerate(fired))
    return read(alerts=known(alerts), **parts)


def interval(met: Incident, name: str) -> Interval:
    return next(entry for entry in met.timeline.intervals if entry.name == name)


def actions(met: Incident) -> list[str]:
    return [item.action for item in action_items(met)]


def whys(met: Incident) -> list[str]:
    return [why.question for why in five_whys(met)]


# --- by the minutes shown ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "end", "length"),
    [
        ("18:54:40", "19:01:00", 7 * MINUTE),
        ("18:54:00", "19:01:59", 7 * MINUTE),
        ("18:54:59", "18:55:00", MINUTE),
        ("18:54:10", "18:54:50", 40 * SECOND),
        ("18:54:00", "18:54:00", timedelta()),
        ("19:01:00", "18:54:40", -7 * MINUTE),
    ],
)
def test_a_length_is_the_difference_of_the_minutes_shown(start: str, end: str, length: timedelta) -> None:
    assert elapsed(datetime.fromisoformat(f"2026-11-23 {start}"), datetime.fromisoformat(f"2026-11-23 {end}")) == length


def test_every_length_of_a_postmortem_is_the_difference_of_its_minutes() -> None:
    began, fixed = START + 40 * SECOND, START + 30 * MINUTE
    met = read(burst(began, 120, 15 * SECOND, users=20), Stated(mitigated_at=fixed, detected_at=began + 7 * MINUTE))
    assert interval(met, "time to mitigate").minutes == 30
    assert "30 min" in PostmortemContent(met).went_well[0] or "30 min" in "".join(PostmortemContent(met).went_well)


# --- alerts at the start -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("minutes", "found"), [(-6, None), (-5, 0), (-1, 0), (0, 0), (5, 5)])
def test_an_alert_up_to_five_minutes_before_the_first_counted_event_detected_it_at_once(
    minutes: int, found: int | None
) -> None:
    met = alerted(START + minutes * MINUTE)
    assert interval(met, "time to detect").minutes == found
    assert (met.timeline.milestone("detected").at is None) is (found is None)


@pytest.mark.parametrize("name", ["alerted_at", "detected_at", "acknowledged_at"])
@pytest.mark.parametrize(("minutes", "fits"), [(5, True), (6, False)])
def test_a_stated_alert_up_to_five_minutes_before_the_start_contradicts_nothing(
    name: str, minutes: int, fits: bool
) -> None:
    met = read(stated=Stated(**{name: START - minutes * MINUTE}))
    assert (met.timeline.contradictions == ()) is fits
    milestone = "acknowledged" if name == "acknowledged_at" else "detected"
    length = met.timeline.between("started", milestone)  # type: ignore[arg-type]  # one of the names
    assert length == (timedelta() if fits else None)
    if name == "detected_at" and fits:
        texts = [hint.text for hint in PostmortemContent(met).detection]
        assert texts[0] == f"Detected {START - 5 * MINUTE:%Y-%m-%d %H:%M} UTC, at the start"


# --- at the latest -------------------------------------------------------------------------------------------------

WAVES = (
    Burst(START, START + 10 * MINUTE, START, 40, 40),
    Burst(START + 40 * MINUTE, CALM, START + 40 * MINUTE, 200, 200),
)


def test_the_last_firing_of_an_alert_after_a_pause_is_a_detection_at_the_latest() -> None:
    met = alerted(START + 44 * MINUTE, bursts=WAVES)
    detected = met.timeline.milestone("detected")
    assert (detected.at, detected.at_latest) == (START + 44 * MINUTE, True)
    assert (
        "after the errors had paused or ended: known to the alert at the latest then; it may have fired before"
        in str(detected.source)
    )
    assert interval(met, "time to detect").why == (
        "not known: detected is known at the latest only, so it took at most 44 min"
    )
    assert "at the latest" in PostmortemContent(met).detection[0].text
    assert not any("Detection took" in hint.text for hint in PostmortemContent(met).contributing)
    assert 'Review in Sentry when the alert "alert 0" fired first in this incident' in actions(met)
    assert whys(met)[3] == "Why did the alert take [X] minutes?"


def test_what_followed_a_detection_at_the_latest_has_no_length() -> None:
    met = alerted(START + 44 * MINUTE, bursts=WAVES, stated=Stated(acknowledged_at=START + 50 * MINUTE))
    assert interval(met, "time to acknowledge").why == "not known: detected is known at the latest only"


@pytest.mark.parametrize(("minutes", "latest"), [(9, False), (10, True)])
def test_a_firing_within_the_first_burst_is_no_later_one(minutes: int, latest: bool) -> None:
    assert alerted(START + minutes * MINUTE, bursts=WAVES).timeline.milestone("detected").at_latest is latest


# --- after the recovery --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("minutes", "known_length"), [(60, True), (61, False)])
def test_a_detection_after_the_recovery_is_no_duration(minutes: int, known_length: bool) -> None:
    at = START + minutes * MINUTE
    met = read(stated=Stated(detected_at=at, acknowledged_at=at + MINUTE))
    detect, acknowledge = interval(met, "time to detect"), interval(met, "time to acknowledge")
    assert (detect.minutes, acknowledge.minutes) == ((60, 1) if known_length else (None, None))
    if not known_length:
        assert detect.why is not None and "lies after the event rate was back to the usual level" in detect.why
        assert acknowledge.why == detect.why


def test_tidying_up_after_the_recovery_is_no_time_to_acknowledge_and_a_stated_acknowledgement_is() -> None:
    late = Activity(kind="set_resolved", at=CALM + HOUR, who="Dana", actor="person")
    met = alerted(START + 2 * MINUTE, issue={"activity": (late,)})
    assert met.timeline.milestone("acknowledged").at == CALM + HOUR
    assert interval(met, "time to acknowledge").minutes is None
    stated = Stated(detected_at=START + 2 * MINUTE, acknowledged_at=CALM + 2 * MINUTE)
    assert interval(read(stated=stated), "time to acknowledge").minutes == 60


# --- bursts --------------------------------------------------------------------------------------------------------


def rows(bursts: Sequence[Burst]) -> list[str]:
    return [f"{row.at:%H:%M} {row.what}" for row in burst_rows(read(), bursts)]


def test_every_burst_has_its_begin_its_peak_and_its_end() -> None:
    assert rows(WAVES) == [
        "11:00 Burst 1 of 2 began",
        "11:00 Burst 1 of 2: peak, 40 events in the hour from 11:00",
        "11:10 Burst 1 of 2 ended after 10 min, 40 events",
        "11:40 Burst 2 of 2 began after a pause of 30 min",
        "11:40 Burst 2 of 2: peak, 200 events in the hour from 11:40",
        "12:00 Burst 2 of 2 ended after 20 min, 200 events",
    ]


def test_one_burst_has_no_rows_of_its_own_and_a_live_one_no_end() -> None:
    assert rows(WAVES[:1]) == []
    live = rows((WAVES[0], replace(WAVES[1], ended=None)))
    assert len(live) == 5
    assert not any("Burst 2 of 2 ended" in row for row in live)


@pytest.mark.parametrize(("number", "shown"), [(6, 18), (7, 19), (50, 19)])
def test_of_many_bursts_the_first_and_the_last_are_told(number: int, shown: int) -> None:
    many = [Burst(at := ago(hours=60) + index * HOUR, at + 5 * MINUTE, at + MINUTE, 9, 3) for index in range(number)]
    told = rows(many)
    assert len(told) == shown
    assert any(f"Burst {number} of {number} ended" in row for row in told)
    more = [row for row in told if "more burst" in row]
    left_out = number - 6
    noun = "burst" if left_out == 1 else "bursts"
    assert [row[6:] for row in more] == (
        [f"{left_out} more {noun}, {3 * left_out} events in all, before burst {number - 2} of {number}"]
        if left_out
        else []
    )


def test_the_rows_of_the_bursts_stand_in_the_timeline() -> None:
    whats = [row.what for row in read(bursts=WAVES).timeline.rows]
    assert "Burst 2 of 2 began after a pause of 30 min" in whats
    assert not any(what.startswith("Peak: ") and "in the hour" in what for what in whats)
    assert any(row.what.startswith("Peak: 240 events in the hour") for row in read().timeline.rows)


# --- what did not happen -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("minutes", "asked"), [(5, False), (6, True)])
def test_nobody_is_asked_why_a_quick_detection_took_long(minutes: int, asked: bool) -> None:
    met = alerted(START + minutes * MINUTE)
    assert (whys(met)[3] == f"Why did the alert take {minutes} min?") is asked
    assert any("alert" in action for action in actions(met)) is asked
    assert len(whys(met)) == 5


def test_in_its_place_stands_what_took_time_else_what_let_the_harm_grow() -> None:
    stated = Stated(detected_at=START + MINUTE)
    assert whys(read(stated=stated))[3] == "Why did it reach 20 users?"
    nobody = [replace(event, user=None) for event in EVENTS]
    assert whys(read(nobody, stated))[3] == "Why did nothing limit the harm earlier?"
    slow = Stated(detected_at=START + MINUTE, mitigated_at=START + 40 * MINUTE)
    assert whys(read(stated=slow))[3] == "Why did it take 40 min until the mitigation?"
    quick = Stated(detected_at=START + MINUTE, mitigated_at=START + 5 * MINUTE)
    assert whys(read(stated=quick))[3] == "Why did it reach 20 users?"


@pytest.mark.parametrize(("minutes", "when"), [(-1, "at the start"), (2, "after 2 min")])
def test_an_alert_that_fired_in_time_and_reached_nobody_is_asked_about_and_routed(minutes: int, when: str) -> None:
    met = alerted(START + minutes * MINUTE, stated=Stated(detected_at=START + 30 * MINUTE))
    assert whys(met)[3] == f"Why did it take 30 min until it was noticed, though an alert fired {when}?"
    assert 'Route the Sentry alert "alert 0" to the person on call' in actions(met)
    assert not any(action.startswith("Update the Sentry alert") for action in actions(met))


def test_an_alert_that_fired_in_time_is_not_to_be_updated_when_the_detection_is_contradictory() -> None:
    met = alerted(START + MINUTE, stated=Stated(detected_at=START - HOUR))
    assert not any("alert" in action for action in actions(met))


@pytest.mark.parametrize(
    ("alerts", "question", "action"),
    [
        (known(()), "Why did no alert fire?", "Add a Sentry alert rule so that"),
        (known((Alert(name="Never"),)), "Why did no alert fire?", "Update the Sentry alert rules so that"),
        (Unknown(why="403"), "Why did the alert take [X] minutes?", "Update the Sentry alert rules so that"),
    ],
    ids=["none there", "none fired", "unknown"],
)
def test_an_alert_that_is_not_there_is_added_and_one_that_did_not_fire_is_updated(
    alerts: Any, question: str, action: str
) -> None:
    met = read(alerts=alerts)
    assert whys(met)[3] == question
    assert any(entry.startswith(action) for entry in actions(met))


BAD, GOOD = "shop@2.0.0", "shop@1.9.0"


def deployed(version: str, at: datetime) -> Release:
    deploy = Deploy(version=version, environment="production", finished=at)
    return Release(version=version, created=at - HOUR, deploys=(deploy,))


def test_a_stated_fix_and_a_rollback_that_was_done_are_not_proposed_again() -> None:
    suspect = deployed(BAD, START - MINUTE)
    events = burst(START, 240, 15 * SECOND, users=20, release=BAD)
    before = Release(
        version=GOOD, created=ago(days=9), deploys=(Deploy(version=GOOD, environment="production", finished=CALM),)
    )
    parts: dict[str, Any] = {"issue": {"first_release": suspect}, "releases": known((suspect, before))}
    rolled_back = actions(read(events, **parts))
    assert rolled_back[0].startswith(f'Fix the cause of SHOP-1Z before release "{BAD}" is deployed again')
    fixed = actions(read(events, Stated(fix="rollback"), **parts))
    assert fixed[0] == "Resolve SHOP-1Z in Sentry in the release that holds the fix"
    assert not any(action.startswith("Fix") for action in fixed)
    assert actions(read())[0].startswith("Fix the cause of SHOP-1Z and resolve it in the release")


@pytest.mark.parametrize(("actor", "asked"), [("sentry", False), ("person", True)])
def test_an_ownership_rule_that_assigned_the_issue_is_not_asked_for(actor: Any, asked: bool) -> None:
    entry = Activity(kind="assigned", at=START, actor=actor)
    met = read(issue={"activity": (entry,), "assigned_to": "payments"})
    assert any("ownership rule" in action for action in actions(met)) is asked


# --- deploys that are not known ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("markers", "said"), [((), True), (None, False)], ids=["none", "not told"])
def test_no_deploy_marker_is_said_only_where_sentry_told_that_there_is_none(markers: Any, said: bool) -> None:
    release = Release(version=BAD, created=START - HOUR, deploys=markers)
    met = read(releases=known((release,)))
    row = next(row for row in met.timeline.rows if row.what.startswith("Sentry first heard"))
    assert row.what.endswith("no deploy marker says when it went live") is said


def test_deploys_of_the_suspect_release_say_nothing_of_another_one() -> None:
    suspect = Release(version=BAD, created=START - HOUR)
    other = Release(version=GOOD, created=START - 2 * HOUR)
    met = read(
        burst(START, 240, 15 * SECOND, users=20, release=BAD),
        issue={"first_release": suspect},
        releases=known((suspect, other)),
        deploys=known(()),
    )
    texts = {row.what for row in met.timeline.rows if row.what.startswith("Sentry first heard")}
    assert texts == {
        f'Sentry first heard of release "{BAD}"; no deploy marker says when it went live',
        f'Sentry first heard of release "{GOOD}"',
    }


@pytest.mark.parametrize(
    ("releases", "why"),
    [
        (known(()), "and no deploy marker stands shortly before the rate came back"),
        (Unknown(why="Sentry answered 503"), "and the deploys are not known: Sentry answered 503"),
    ],
)
def test_a_mitigation_without_a_deploy_says_whether_deploys_are_known(releases: Any, why: str) -> None:
    assert str(read(releases=releases).timeline.milestone("mitigated").why).endswith(why)
