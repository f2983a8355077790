"""What was changed around the begin, what of it cannot be seen, and a changed flag as the cause."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest

from sentry_runbook.incident.causes.catalog import pattern_named
from sentry_runbook.incident.explanation.tag_names import same_flag
from sentry_runbook.incident.incident import Incident
from sentry_runbook.incident.model.evidence import (
    Alert,
    Deploy,
    Event,
    Evidence,
    FlagChange,
    Release,
    TagCount,
    Unknown,
)
from sentry_runbook.incident.model.results.triage import Cause
from tests.incident.builder import DAY, HOUR, MINUTE, NOW, ago, burst, incident, known, read

BEGAN = ago(hours=3)
CONFIGURATION = "configuration_change"


def release(version: str, created: datetime, *deployed: datetime, projects: tuple[str, ...] = ()) -> Release:
    return Release(
        version=version,
        created=created,
        deploys=tuple(Deploy(version=version, environment="production", finished=at) for at in deployed),
        projects=projects,
    )


def evidence(*changes: FlagChange, **parts: Any) -> Evidence:
    """A new issue that began three hours ago, with these changes of flags."""
    made = {"flag_changes": known(changes), "alerts": known(()), "other_releases": known(()), "releases": known(())}
    return incident(burst(BEGAN, 180, MINUTE, 60), **{**made, **parts})


def shown(found: Incident) -> list[tuple[str, str | None, int]]:
    return [(change.kind, change.project, change.minutes_before) for change in found.changes]


def flag(before: timedelta, name: str = "checkout_v2", **fields: Any) -> FlagChange:
    return FlagChange(at=BEGAN - before, flag=name, **{"action": "updated", **fields})


# --- what was changed ----------------------------------------------------------------------------------------------


def test_changes_of_all_projects_stand_by_their_distance() -> None:
    found = read(
        evidence(
            flag(2 * MINUTE),
            releases=known((release("shop@2", BEGAN - DAY, BEGAN - 40 * MINUTE),)),
            other_releases=known((release("api@7", BEGAN - DAY, BEGAN - 9 * MINUTE, projects=("api", "jobs")),)),
            alerts=known((Alert(name="Many errors", created=BEGAN - 90 * DAY, edited=BEGAN + 5 * MINUTE),)),
        )
    )
    assert shown(found) == [
        ("flag", None, 2),
        ("alert_rule", "shop", -5),
        ("deploy", "api", 9),
        ("deploy", "shop", 40),
    ]
    assert [change.what for change in found.changes] == [
        'flag "checkout_v2" updated',
        'alert rule "Many errors" edited',
        'deploy of "api@7" to "production"',
        'deploy of "shop@2" to "production"',
    ]


@pytest.mark.parametrize(
    ("before", "listed"),
    [
        (timedelta(hours=6), True),
        (timedelta(hours=6, seconds=1), False),
        (-10 * MINUTE, True),
        (timedelta(minutes=-10, seconds=-1), False),
    ],
)
def test_the_look_back_is_six_hours_and_ten_minutes_after(before: timedelta, listed: bool) -> None:
    assert bool(read(evidence(flag(before))).changes) is listed


def test_minutes_are_those_between_the_minutes_shown() -> None:
    # 11:58:59 and 12:00:00 are shown as 11:58 and 12:00.
    assert shown(read(evidence(flag(timedelta(seconds=61))))) == [("flag", None, 2)]


def test_the_own_project_comes_first_at_equal_distance() -> None:
    found = read(
        evidence(
            releases=known((release("shop@2", BEGAN - DAY, BEGAN - 9 * MINUTE),)),
            other_releases=known((release("api@7", BEGAN - DAY, BEGAN - 9 * MINUTE, projects=("api",)),)),
        )
    )
    assert [project for _, project, _ in shown(found)] == ["shop", "api"]


def test_a_release_and_its_deploy_are_one_change() -> None:
    both = release("shop@2", BEGAN - 30 * MINUTE, BEGAN - 4 * MINUTE, projects=("shop", "api"))
    found = read(evidence(releases=known((both,)), other_releases=known((both,)), issue={"first_release": both}))
    assert shown(found) == [("deploy", "shop", 4)]


def test_a_release_without_a_deploy_marker_is_one_by_its_date() -> None:
    found = read(evidence(releases=known((release("shop@2", BEGAN - 30 * MINUTE),))))
    assert [(change.kind, change.what) for change in found.changes] == [("release", 'release "shop@2" created')]


def test_a_release_that_went_live_long_after_changed_nothing_when_it_was_made() -> None:
    assert read(evidence(releases=known((release("shop@2", BEGAN - 30 * MINUTE, BEGAN + HOUR),)))).changes == ()


def test_a_trial_in_staging_is_no_change_of_production() -> None:
    trial = Deploy(version="shop@2", environment="staging", finished=BEGAN - 4 * MINUTE)
    part = known((Release(version="shop@2", created=BEGAN - DAY, deploys=(trial,)),))
    assert read(evidence(releases=part)).changes == ()


def test_at_most_six_changes_are_listed() -> None:
    changes = [flag(number * MINUTE, f"flag-{number}") for number in range(1, 9)]
    assert [change.minutes_before for change in read(evidence(*changes)).changes] == [1, 2, 3, 4, 5, 6]


# --- what cannot be seen -------------------------------------------------------------------------------------------


def unseen(found: Incident) -> Mapping[str, str]:
    return {missing.what: missing.why for missing in found.unseen_changes}


def test_without_changes_it_is_said_what_would_not_be_seen() -> None:
    found = read(evidence(releases=known((release("shop@1", BEGAN - 9 * DAY),))))
    assert found.changes == ()
    assert unseen(found) == {
        "flag changes": "the log is empty: perhaps no flag provider reports to Sentry",
        "deploys": "no deploy markers are recorded: a deploy without one is not seen",
        "alert edits": "only the last one of each rule of this project is known",
    }


def test_what_was_not_answered_says_why() -> None:
    absent = Unknown(why="Sentry has no such list (404)")
    found = read(evidence(flag_changes=absent, other_releases=absent, alerts=absent))
    assert unseen(found) == {
        "flag changes": absent.why,
        "changes of other projects": absent.why,
        "alert edits": absent.why,
    }


def test_beside_known_changes_only_what_is_not_seen_at_all_is_missing() -> None:
    found = read(evidence(releases=known((release("shop@1", BEGAN - DAY, BEGAN - HOUR),))))
    assert set(unseen(found)) == {"flag changes"}


def test_what_was_not_asked_for_is_not_missing() -> None:
    assert read(incident(burst(BEGAN, 180, MINUTE, 60))).unseen_changes == ()


def test_a_log_that_does_not_reach_back_six_hours_before_says_so() -> None:
    early = incident(
        burst(NOW - 30 * HOUR, 1500, MINUTE, 60), flag_changes=known((flag(2 * MINUTE),)), alerts=known(())
    )
    assert "read from 2026-11-22 09:00 UTC on" in unseen(read(early))["flag changes"]


# --- a flag as the cause -------------------------------------------------------------------------------------------


def events(*flags: Mapping[str, str]) -> dict[str, Any]:
    read_whole = [Event(id=f"{number:032x}", flags=dict(values)) for number, values in enumerate(flags)]
    return {"event": known(read_whole[0]), "sample": known(tuple(read_whole[1:]))}


def configuration(found: Incident) -> Cause | None:
    return next((cause for cause in found.causes if cause.pattern == CONFIGURATION), None)


def points(found: Incident) -> list[tuple[str, int]]:
    return [(each.kind, each.points) for each in pattern_named(CONFIGURATION).indicators(found)]


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        (timedelta(), 4),
        (5 * MINUTE, 4),
        (6 * MINUTE, 3),
        (15 * MINUTE, 3),
        (16 * MINUTE, None),
        (-3 * MINUTE, 4),
        (-5 * MINUTE, None),
    ],
)
def test_a_flag_counts_by_how_near_to_the_onset_it_was_changed(before: timedelta, expected: int | None) -> None:
    assert points(read(evidence(flag(before)))) == ([] if expected is None else [("flag", expected)])


ON, OFF = {"checkout_v2": "true"}, {"checkout_v2": "false"}


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        ((ON, ON), 1),
        ((ON, ON, ON), 2),
        ((OFF,), 0),
        ((OFF, OFF, OFF), 0),
        ((ON, OFF), -1),
        (({"other": "true"}, {"other": "true"}), -3),
        (({}, {}), None),
    ],
)
def test_what_the_events_carry_of_it_speaks_for_or_against(flags: Any, expected: int | None) -> None:
    collected = points(read(evidence(flag(2 * MINUTE), **events(*flags))))
    assert collected == [("flag", 4), *([("events", expected)] if expected is not None else [])]


def test_a_deploy_nearer_to_the_onset_speaks_against_it() -> None:
    near = known((release("shop@2", BEGAN - DAY, BEGAN - MINUTE),))
    assert points(read(evidence(flag(9 * MINUTE), releases=near))) == [("flag", 3), ("deploys", -2)]
    far = known((release("shop@2", BEGAN - DAY, BEGAN - 10 * MINUTE),))
    assert points(read(evidence(flag(9 * MINUTE), releases=far))) == [("flag", 3)]


def test_one_of_many_flags_that_change_all_the_time_is_no_cause_by_itself() -> None:
    changes = [flag(number * MINUTE, f"flag-{number}") for number in range(1, 5)]
    assert points(read(evidence(*changes))) == [("flag", 4), ("flag", -2)]
    assert points(read(evidence(*changes[:3]))) == [("flag", 4)]


def test_of_several_flags_the_one_that_the_events_carry_is_named() -> None:
    found = read(evidence(flag(MINUTE, "banner"), flag(9 * MINUTE), **events(ON, ON)))
    cause = configuration(found)
    assert cause is not None
    assert cause.action == (
        'Switch flag "checkout_v2" off again in your flag provider, then run check_recovery. '
        'Changed at the same time: "banner".'
    )


@pytest.mark.parametrize(
    ("flags", "words"), [((ON, ON), "off again"), ((ON, OFF), "back"), ((OFF, OFF), "back"), ((), "back")]
)
def test_the_action_switches_it_to_what_it_was(flags: Any, words: str) -> None:
    cause = configuration(read(evidence(flag(2 * MINUTE), **(events(*flags) if flags else {}))))
    assert cause is not None
    assert cause.action == f'Switch flag "checkout_v2" {words} in your flag provider, then run check_recovery.'


def test_a_flag_that_was_switched_back_is_not_to_be_switched_again() -> None:
    cause = configuration(read(evidence(flag(-2 * HOUR), flag(2 * MINUTE), **events(ON, ON))))
    assert cause is not None
    assert "Switch flag" not in cause.action
    assert 'Flag "checkout_v2" was updated again at 2026-11-23 14:00 UTC: run check_recovery' in cause.action


def test_a_flag_at_the_onset_and_on_in_the_events_explains_them_first() -> None:
    found = read(evidence(flag(2 * MINUTE), **events(ON, ON, ON)))
    first = found.explanation[0]
    assert [(value.tag, value.value) for value in first.values] == [("checkout_v2", "true")]
    assert (first.share, first.events) == (None, 3)
    assert first.note == "in 3 of 3 events read; changed 11:58 UTC, 2 min before"


def test_one_event_read_is_not_called_several() -> None:
    (entry,) = read(evidence(flag(2 * MINUTE), **events(ON))).explanation
    assert entry.note == "in the event read; changed 11:58 UTC, 2 min before"


def test_a_flag_that_nobody_changed_is_said_only_where_nothing_else_explains_it_and_no_list_of_flags_is_on() -> None:
    alone = read(evidence(**events(ON, ON)))
    assert [entry.note for entry in alone.explanation] == ["in 2 of 2 events read; no change of it known"]
    many = {**ON, "a": "true", "b": "true"}
    assert read(evidence(**events(many, many))).explanation == ()
    assert read(evidence(**events(OFF, OFF))).explanation == ()
    assert read(evidence(**events(ON))).explanation == ()


@pytest.mark.parametrize(
    ("key", "name", "same"),
    [
        ("checkout_v2", "checkout_v2", True),
        ("flag.checkout_v2", "checkout-v2", True),
        ("feature:CheckoutV2", "checkout_v2", True),
        ("checkout_v3", "checkout_v2", False),
        ("flag.", "", False),
    ],
)
def test_a_tag_is_a_flags_by_its_name(key: str, name: str, same: bool) -> None:
    assert same_flag(key, name) is same


def test_a_tag_that_carries_the_flag_explains_it_and_names_the_way_back() -> None:
    tags = known((TagCount(key="flag.checkout_v2", total=180, values=(("on", 180),)),))
    found = read(evidence(flag(2 * MINUTE), tags=tags))
    (entry,) = found.explanation
    assert [(value.tag, value.value) for value in entry.values] == [("flag.checkout_v2", "on")]
    assert (entry.share, entry.events) == (1.0, 180)
    assert entry.note == "all time; changed 11:58 UTC, 2 min before"
    cause = configuration(found)
    assert cause is not None and cause.confidence == "high"
    assert cause.action.startswith('Switch flag "checkout_v2" off again')
    assert read(evidence(tags=tags)).explanation == ()


@pytest.mark.parametrize("before", [16 * MINUTE, 5 * HOUR])
def test_a_flag_changed_long_before_the_onset_explains_nothing(before: timedelta) -> None:
    tags = known((TagCount(key="flag.checkout_v2", total=180, values=(("on", 180),)),))
    assert read(evidence(flag(before), tags=tags, **events(ON, ON))).explanation == ()


@pytest.mark.parametrize(
    ("flags", "confidence"), [((ON, ON), "medium"), ((ON, ON, ON), "high"), ((OFF, OFF), "medium")]
)
def test_what_two_events_carry_makes_no_high_confidence(flags: Any, confidence: str) -> None:
    cause = configuration(read(evidence(flag(2 * MINUTE), **events(*flags))))
    assert cause is not None and cause.confidence == confidence


def test_an_alert_rule_edited_at_the_onset_is_no_cause() -> None:
    found = read(evidence(alerts=known((Alert(name="Many errors", edited=BEGAN - MINUTE),))))
    assert configuration(found) is None
    assert points(found) == [("alerts", 0)]
