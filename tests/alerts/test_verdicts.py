"""Verdicts, incidents and who caught them, as ``review_alerts`` tells them, against the labels and the raw events."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sentry_runbook.simulator.scenario import AlertSpec
from tests.alerts.compared import instant
from tests.alerts.judged import caught_by, recorded_firings
from tests.alerts.played import played
from tests.alerts.raw import MINUTE
from tests.alerts.test_replay_is_right import NAMES


@pytest.mark.parametrize("name", NAMES)
def test_each_verdict_is_right(name: str) -> None:
    here = played(name)
    labels = {alert.name: alert.verdict for _, alert in here.built.world.alerts if alert.verdict}
    assert {name: here.row(name).get("verdict") for name in labels} == labels


@pytest.mark.parametrize("name", NAMES)
def test_each_firing_of_the_history_is_counted(name: str) -> None:
    here = played(name)
    for _, alert in here.built.world.alerts:
        if isinstance(alert.spec, AlertSpec):
            assert here.row(alert.name)["firings"] == len(recorded_firings(here.built, alert)), alert.name


@pytest.mark.parametrize("name", NAMES)
def test_the_incidents_are_those_that_happened(name: str) -> None:
    here = played(name)
    for part in here.built.world.parts:
        if part.episodes is None:
            continue
        found = [episode for episode in here.episodes if episode.project_slug == part.slug]
        by_issues = {frozenset(here.short_ids[number] for number in episode.issues) for episode in found}
        assert by_issues == {frozenset(episode.issues) for episode in part.episodes}
        assert len(found) == len(part.episodes)
        for episode in part.episodes:
            began = instant(here.built.origin + round(episode.began * MINUTE))
            nearest = min((one.began for one in found), key=lambda at: abs(at - began))
            assert abs(nearest - began) <= timedelta(minutes=episode.within), (
                episode.issues,
                f"{began}, not {nearest}",
            )


@pytest.mark.parametrize("name", NAMES)
def test_each_alert_is_told_what_it_did_in_each_incident(name: str) -> None:
    here = played(name)
    for part, alert in here.built.world.alerts:
        if not part.episodes or any(episode.within > 3 for episode in part.episodes):
            continue
        told = {}
        for row in here.row(alert.name).get("episodes", ()):
            began = next(one.began for one in here.episodes if one.id == row["episode"])
            told[round((began - instant(here.built.origin)).total_seconds() / 3600)] = row
        truth = {round(caught.episode.began / 60): caught for caught in caught_by(here.built, part, alert)}
        outcomes = {hour: row["outcome"] for hour, row in told.items()}
        assert outcomes == {hour: caught.outcome for hour, caught in truth.items()}, (alert.name, told)
        for hour, caught in truth.items():
            if caught.after is not None:
                exact = told[hour].get("after_minutes")
                at_most = told[hour].get("at_most_minutes")
                assert exact is not None or at_most is not None, (alert.name, told[hour])
                assert exact is None or abs(exact - caught.after) <= 3, (alert.name, caught, exact)
                assert at_most is None or caught.after <= at_most + 3, (alert.name, caught, at_most)
