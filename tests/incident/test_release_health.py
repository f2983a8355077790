"""Sessions by release: how each fares in the incident, whether it runs beside the suspect one, and what follows."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest

from sentry_runbook.incident.causes.catalog import pattern_named
from sentry_runbook.incident.incident import Incident
from sentry_runbook.incident.messages.summaries import next_step
from sentry_runbook.incident.model.evidence import (
    Deploy,
    Event,
    Evidence,
    Release,
    ReleaseSessions,
    SessionHour,
    Sessions,
    Unknown,
)
from sentry_runbook.incident.model.results.explanation import ReleaseHealth
from sentry_runbook.incident.model.results.triage import Cause
from tests.incident.builder import HOUR, MINUTE, NOW, WINDOW, Seen, ago, burst, incident, known, read

OLD, NEW = "shop@7.11.0", "shop@7.12.0"
BEGAN = ago(hours=5)


@dataclass(frozen=True)
class Use:
    """Sessions of a release by hours before now: the first and last hour, sessions an hour, crash rate."""

    first: int
    last: int
    sessions: int
    crashed: float = 0.0


def hours_of(*uses: Use) -> tuple[SessionHour, ...]:
    counts = {ago(hours=number): (0, 0.0) for number in range(24, 0, -1)}
    for use in uses:
        for number in range(use.first, use.last - 1, -1):
            counts[ago(hours=number)] = (use.sessions, use.crashed)
    return tuple(
        SessionHour(start=at, sessions=count, crash_rate=rate if count else None, unhandled_rate=0.0)
        for at, (count, rate) in counts.items()
    )


def sessions_of(releases: Mapping[Any, tuple[SessionHour, ...]]) -> Sessions:
    """All sessions as the sums of those of the releases."""

    def sums(hours: tuple[SessionHour, ...]) -> tuple[int, float]:
        total = sum(hour.sessions or 0 for hour in hours)
        crashed = sum((hour.sessions or 0) * (hour.crash_rate or 0) for hour in hours)
        return total, crashed / total if total else 0.0

    rows = [(version, hours, *sums(hours)) for version, hours in releases.items()]
    everything = []
    for same in zip(*releases.values(), strict=True):
        total, rate = sums(same)
        everything.append(
            SessionHour(start=same[0].start, sessions=total, crash_rate=rate if total else None, unhandled_rate=0.0)
        )
    total, rate = sums(tuple(everything))
    return Sessions(
        window=WINDOW,
        sessions=total,
        crash_rate=rate,
        unhandled_rate=0.0,
        hours=tuple(everything),
        releases=tuple(
            ReleaseSessions(version=version, sessions=number, crash_rate=part, unhandled_rate=0.0, hours=hours)
            for version, hours, number, part in rows
        ),
    )


def evidence(
    releases: Mapping[Any, tuple[SessionHour, ...]],
    *,
    began: datetime = BEGAN,
    events: list[Seen] | None = None,
    deploys: Mapping[str, datetime] | None = None,
    **parts: Any,
) -> Evidence:
    """A new issue on NEW from ``began`` on; NEW was deployed two minutes before, OLD ten days ago."""
    at = {OLD: ago(days=10), NEW: began - 2 * MINUTE, **(deploys or {})}
    created = {OLD: ago(days=10), NEW: began - 20 * MINUTE}
    known_releases = tuple(
        Release(
            version=version,
            created=created[version],
            deploys=(Deploy(version=version, environment="production", finished=at[version]),),
        )
        for version in (NEW, OLD)
    )
    seen = burst(began, 300, MINUTE, 80, release=NEW) if events is None else events
    return incident(
        [event for event in seen if event.at < NOW],
        sessions=known(sessions_of(releases)),
        releases=known(known_releases),
        issue={"first_release": known_releases[0], **parts.pop("issue", {})},
        **parts,
    )


def rows(found: Incident) -> dict[str, ReleaseHealth]:
    return {row.release: row for row in found.release_health}


def deployment(found: Incident) -> Cause:
    return next(cause for cause in found.causes if cause.pattern == "deployment_regression")


BESIDE = {
    NEW: hours_of(Use(5, 1, 60, 0.66)),
    OLD: hours_of(Use(24, 6, 200), Use(5, 1, 150)),
}


def test_the_suspect_release_stands_first_with_its_part_of_the_sessions_in_the_incident() -> None:
    found = read(evidence(BESIDE))
    assert [row.release for row in found.release_health] == [NEW, OLD]
    new, old = found.release_health
    assert (new.sessions, new.crash_free_pct, new.crash_free_before_pct, new.suspect) == (300, 34.0, None, True)
    assert (old.sessions, old.crash_free_pct, old.crash_free_before_pct, old.suspect) == (750, 100.0, 100.0, False)
    assert (new.adoption_pct, old.adoption_pct) == (28.6, 71.4)
    assert (new.events, old.events) == (300, 0)
    assert (new.note, old.note) == (None, "healthy beside it")


def test_a_healthy_release_beside_it_is_evidence_with_both_figures_and_the_one_to_go_back_to() -> None:
    cause = deployment(read(evidence(BESIDE)))
    assert (
        '"shop@7.12.0": 34.00 % crash-free (300 sessions); beside it "shop@7.11.0": 100.00 % crash-free (750 sessions).'
        in cause.evidence_for
    )
    assert '100 % of the events are on "shop@7.12.0", which has 28.6 % of the sessions.' in cause.evidence_for
    assert cause.confidence == "high"
    assert cause.action.startswith('Roll back "shop@7.12.0" to "shop@7.11.0" (healthy beside it) with your own')


def test_a_release_on_all_events_with_a_part_of_the_sessions_explains_them() -> None:
    first, *_ = read(evidence(BESIDE)).explanation
    assert [(value.tag, value.value) for value in first.values] == [("release", NEW)]
    assert first.share == 1.0
    assert first.usual_share == pytest.approx(0.286, abs=0.001)


def test_the_only_release_in_use_explains_nothing() -> None:
    alone = {NEW: hours_of(Use(5, 1, 210, 0.1)), OLD: hours_of(Use(24, 6, 200))}
    found = read(evidence(alone))
    assert found.explanation == ()
    assert [row.release for row in found.release_health] == [NEW]
    assert found.release_health[0].note == "no other release runs beside it"
    assert any("no other release runs beside it to compare" in text for text in deployment(found).evidence_against)


def test_an_old_release_that_fails_in_the_same_way_speaks_against_the_deploy_and_is_no_target() -> None:
    both = {NEW: hours_of(Use(5, 1, 60, 0.5)), OLD: hours_of(Use(24, 6, 200, 0.001), Use(5, 1, 150, 0.49))}
    events = [*burst(BEGAN, 90, MINUTE, 50, release=NEW), *burst(BEGAN, 210, MINUTE, 90, release=OLD)]
    found = read(evidence(both, events=events))
    assert rows(found)[OLD].note == "fails as the suspect release does"
    assert not any(cause.pattern == "deployment_regression" for cause in found.causes)


def test_what_fails_alike_is_not_advised_as_a_way_back() -> None:
    both = {NEW: hours_of(Use(5, 1, 60, 0.5)), OLD: hours_of(Use(24, 6, 200, 0.001), Use(5, 1, 150, 0.49))}
    cause = deployment(read(evidence(both)))
    assert any(text.endswith("it fails in the same way.") for text in cause.evidence_against)
    assert cause.confidence != "high"
    assert cause.action.startswith('Do not roll back to "shop@7.11.0", which fails in the same way')


def test_events_in_the_proportion_of_the_sessions_say_that_all_releases_fail_alike() -> None:
    even = {NEW: hours_of(Use(5, 1, 150, 0.0)), OLD: hours_of(Use(24, 6, 200), Use(5, 1, 50))}
    events = [*burst(BEGAN, 220, MINUTE, 90, release=NEW), *burst(BEGAN, 75, MINUTE, 40, release=OLD)]
    collected = pattern_named("deployment_regression").indicators(read(evidence(even, events=events)))
    indicators = {indicator.text: indicator.points for indicator in collected}
    wanted = '74.6 % of the events are on "shop@7.12.0", and 75 % of the sessions: others fail alike.'
    assert indicators[wanted] == -3


def test_a_release_replaced_in_the_hour_of_the_onset_is_not_said_to_run_beside() -> None:
    # Began half past: the old one has the first half of the clock hour, the new one the second.
    began = ago(hours=1) + 30 * MINUTE
    replaced = {NEW: hours_of(Use(1, 1, 100, 0.5)), OLD: hours_of(Use(24, 2, 200), Use(1, 1, 100))}
    found = read(evidence(replaced, began=began))
    assert rows(found)[NEW].adoption_pct == 100.0
    assert (rows(found)[OLD].adoption_pct, rows(found)[OLD].note) == (0.0, "healthy until replaced")
    cause = deployment(found)
    assert any('; before it, in the same hour, "shop@7.11.0"' in text for text in cause.evidence_for)
    assert any("which everybody runs since it was deployed" in text for text in cause.evidence_against)
    assert "beside" not in " ".join((*cause.evidence_for, *cause.evidence_against))


def test_one_that_goes_on_in_the_hour_of_the_onset_runs_beside() -> None:
    began = ago(hours=1) + 30 * MINUTE
    both = {NEW: hours_of(Use(1, 1, 60, 0.5)), OLD: hours_of(Use(24, 2, 200), Use(1, 1, 180))}
    found = read(evidence(both, began=began))
    # 180 in the hour, of which 100 are to be expected before the onset.
    assert rows(found)[OLD].adoption_pct == pytest.approx(100 * 80 / 140, abs=0.1)
    assert rows(found)[OLD].note == "healthy beside it"


def test_too_few_sessions_have_no_rate_and_no_comparison() -> None:
    few = {NEW: hours_of(Use(5, 1, 9, 0.66)), OLD: hours_of(Use(24, 6, 200), Use(5, 1, 150))}
    found = read(evidence(few))
    assert (rows(found)[NEW].sessions, rows(found)[NEW].crash_free_pct) == (45, None)
    assert rows(found)[OLD].note is None
    enough = {NEW: hours_of(Use(5, 1, 10, 0.5)), OLD: hours_of(Use(24, 6, 200), Use(5, 1, 150))}
    assert rows(read(evidence(enough)))[NEW].crash_free_pct == 50.0


def test_sessions_without_a_release_count_and_have_no_row() -> None:
    found = read(evidence({**BESIDE, None: hours_of(Use(24, 1, 100))}))
    assert set(rows(found)) == {NEW, OLD}
    assert rows(found)[NEW].adoption_pct == round(100 * 300 / 1550, 1)


def test_at_most_four_releases_are_listed() -> None:
    others = {f"shop@6.{number}.0": hours_of(Use(24, 1, 10 + number)) for number in range(5)}
    found = read(evidence({**others, **BESIDE}))
    assert [row.release for row in found.release_health] == [NEW, OLD, "shop@6.4.0", "shop@6.3.0"]


@pytest.mark.parametrize("sessions", [Unknown(why="404"), known(Sessions(window=WINDOW, sessions=900, crash_rate=0.0))])
def test_without_sessions_by_release_there_is_no_row(sessions: Any) -> None:
    assert read(incident(burst(BEGAN, 200, MINUTE, 80), sessions=sessions)).release_health == ()


def test_without_hours_the_figures_are_those_of_the_window() -> None:
    whole = sessions_of(BESIDE)
    bare = tuple(release.model_copy(update={"hours": ()}) for release in whole.releases)
    part = known(whole.model_copy(update={"releases": bare}))
    found = read(incident(burst(BEGAN, 300, MINUTE, 80, release=NEW), sessions=part))
    assert {row.release: (row.sessions, row.crash_free_pct) for row in found.release_health} == {
        OLD: (4550, 100.0),
        NEW: (300, 34.0),
    }


# --- whether the incident changed it -------------------------------------------------------------------------------


def test_crash_free_that_was_as_bad_before_was_not_changed_by_this_incident() -> None:
    same = {NEW: hours_of(Use(5, 1, 300, 0.09)), OLD: hours_of(Use(24, 6, 300, 0.09))}
    found = read(evidence(same))
    change = found.crash_free_change
    assert change is not None and not change.fell
    wanted = (
        "Crash-free sessions: 91.00 % before, 91.00 % in the incident; what brought this issue did not change them."
    )
    assert wanted in deployment(found).evidence_against


def test_crash_free_that_fell_is_not_said_to_be_unchanged() -> None:
    fell = {NEW: hours_of(Use(5, 1, 300, 0.09)), OLD: hours_of(Use(24, 6, 300, 0.07))}
    found = read(evidence(fell))
    assert found.crash_free_change is not None and found.crash_free_change.fell
    assert "did not change" not in str(found.causes)


def test_healthy_sessions_that_stay_so_are_no_news() -> None:
    assert "did not change" not in str(
        read(evidence({NEW: hours_of(Use(5, 1, 300)), OLD: hours_of(Use(24, 6, 300))})).causes
    )


# --- what to do ----------------------------------------------------------------------------------------------------


def device(**fields: Any) -> dict[str, Any]:
    return {"event": known(Event(id="a" * 32, **fields))}


@pytest.mark.parametrize(
    ("platform", "event"),
    [
        ("cocoa", {}),
        ("java-android", {}),
        ("android", {}),
        ("flutter", {}),
        ("react-native", {}),
        ("javascript", {"os": "iOS 26.1"}),
        ("java", {"os": "Android 16"}),
    ],
)
def test_a_mobile_app_is_not_rolled_back(platform: str, event: dict[str, Any]) -> None:
    found = read(evidence(BESIDE, issue={"platform": platform}, **device(**event)))
    action = deployment(found).action
    assert "Roll back" not in action and "sentry-cli" not in action
    assert action == (
        'Halt the staged roll-out of "shop@7.12.0" in the app store (28.6 % of sessions so far), switch the feature\'s '
        "flag off on the server, and ship a hotfix: an installed app cannot be rolled back."
    )


@pytest.mark.parametrize(
    ("platform", "event"),
    [
        ("electron", {}),
        ("javascript", {"browser": "Electron 38.0", "os": "Windows 11"}),
        ("csharp", {"os": "Windows 11", "contexts": {"app": {"app_version": "7.12.0"}}}),
    ],
)
def test_a_desktop_app_has_an_update_channel_and_no_store(platform: str, event: dict[str, Any]) -> None:
    action = deployment(read(evidence(BESIDE, issue={"platform": platform}, **device(**event)))).action
    assert action.startswith('Stop the update channel of "shop@7.12.0"') and "Roll back" not in action


@pytest.mark.parametrize(
    ("platform", "event"),
    [
        ("python", {}),
        ("node", {"os": "iOS 26.1", "browser": "Safari 26"}),
        ("javascript", {"os": "iOS 26.1", "browser": "Mobile Safari 26"}),
        ("csharp", {"os": "Windows Server 2025"}),
        (None, {}),
    ],
)
def test_a_server_and_a_page_are_rolled_back(platform: str | None, event: dict[str, Any]) -> None:
    action = deployment(read(evidence(BESIDE, issue={"platform": platform}, **device(**event)))).action
    assert action.startswith("Roll back")


def test_a_rollback_that_was_done_is_not_advised_again() -> None:
    again = evidence(BESIDE, deploys={OLD: ago(hours=1)})
    action = deployment(read(again)).action
    assert action.startswith(
        '"shop@7.11.0" was deployed after it, at 2026-11-23 14:00 UTC: "shop@7.12.0" is rolled back'
    )
    assert "check_recovery" in action


@pytest.mark.parametrize(
    ("changes", "plain"),
    [
        ({}, "roll back the latest release"),
        ({"issue": {"platform": "cocoa"}}, "stop the roll-out of the latest version, and ship a corrected one"),
        ({"deploys": {OLD: ago(hours=1)}}, "see whether the rollback of the latest release has helped"),
    ],
)
def test_executives_read_an_action_that_fits_as_well(changes: dict[str, Any], plain: str) -> None:
    found = read(evidence(BESIDE, **changes))
    assert str(next_step(found, "found", "executives")).startswith(f"{plain} (proposed; likely cause: a recent release")


def test_executives_are_not_told_to_go_back_to_what_fails_alike() -> None:
    both = {NEW: hours_of(Use(5, 1, 60, 0.5)), OLD: hours_of(Use(24, 6, 200, 0.001), Use(5, 1, 150, 0.49))}
    assert str(next_step(read(evidence(both)), "found", "executives")).startswith("find what changed for all releases")


def test_a_deploy_of_the_old_release_before_the_onset_is_no_rollback() -> None:
    before = evidence(BESIDE, deploys={OLD: BEGAN - HOUR})
    assert deployment(read(before)).action.startswith("Roll back")


def test_a_rollback_that_was_undone_is_advised() -> None:
    undone = evidence(BESIDE, deploys={OLD: ago(hours=2), NEW: BEGAN + timedelta(hours=4)})
    assert not any("is rolled back" in cause.action for cause in read(undone).causes)
