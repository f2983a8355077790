"""Suspect release, alignment with its deploy, and the release before: both sides of every limit."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from sentry_runbook.incident.formatting import elapsed
from sentry_runbook.incident.model.evidence import (
    Activity,
    Breakdown,
    Combination,
    Deploy,
    EventRow,
    Evidence,
    Known,
    Release,
    Unknown,
)
from sentry_runbook.incident.releases import (
    Start,
    alignment,
    deploys_of,
    previous_release,
    release_named,
    releases_seen,
    suspect_release,
)
from tests.incident.builder import DAY, HOUR, MINUTE, NOW, ago, burst, incident, known

BEGAN = ago(minutes=50)
SECOND = timedelta(seconds=1)
UNKNOWN = Unknown(why="Sentry did not answer")


def of_releases(**counts: int) -> Known[Breakdown]:
    """A breakdown with that many events on each release; ``none`` stands for events without one."""
    combinations = tuple(
        Combination(tags={"release": None if name == "none" else name}, events=count) for name, count in counts.items()
    )
    return known(Breakdown(combinations=combinations))


def deploy(version: str, finished: datetime | None, environment: str = "production", **fields: Any) -> Deploy:
    return Deploy(version=version, environment=environment, finished=finished, **fields)


def issue_since(first: datetime, release: Release, **parts: Any) -> Evidence:
    issue = {"first_seen": first, "first_release": release, **parts.pop("issue", {})}
    return incident(burst(BEGAN, 300, timedelta(seconds=8), 100, release=release.version), issue=issue, **parts)


# --- the suspect ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "before", "moved"),
    [
        ((60, 40), (10, 90), True),
        ((59, 41), (10, 90), False),
        ((60, 40), (11, 89), False),
        ((100, 0), (0, 1), True),
        ((100, 0), (0, 0), False),
    ],
)
def test_a_release_is_suspect_that_carries_three_fifths_now_and_a_tenth_before(
    now: tuple[int, int], before: tuple[int, int], moved: bool
) -> None:
    evidence = issue_since(
        ago(days=30),
        Release(version="old"),
        breakdown=of_releases(new=now[0], old=now[1]),
        breakdown_before=of_releases(new=before[0], old=before[1]),
    )
    assert suspect_release(evidence) == ("new" if moved else None)


@pytest.mark.parametrize("part", ["breakdown", "breakdown_before"])
def test_without_both_breakdowns_nothing_is_known_to_have_moved(part: str) -> None:
    parts: dict[str, Any] = {"breakdown": of_releases(new=9), "breakdown_before": of_releases(old=9), part: UNKNOWN}
    assert suspect_release(issue_since(ago(days=30), Release(version="old"), **parts)) is None


def test_events_without_a_release_do_not_hide_the_one_that_the_others_moved_to() -> None:
    evidence = issue_since(
        ago(days=30),
        Release(version="old"),
        breakdown=of_releases(none=30, new=70),
        breakdown_before=of_releases(old=100),
    )
    assert suspect_release(evidence) == "new"


@pytest.mark.parametrize(("first", "suspect"), [(ago(hours=48), "v1"), (ago(hours=48) - SECOND, None)])
def test_the_first_release_of_an_issue_is_suspect_when_it_began_within_the_window_or_the_one_before(
    first: datetime, suspect: str | None
) -> None:
    assert suspect_release(issue_since(first, Release(version="v1"))) == suspect


@pytest.mark.parametrize(
    ("dated", "suspect"),
    [
        ({"released": BEGAN - DAY}, "v1"),
        ({"released": BEGAN - DAY - SECOND}, None),
        ({"deploys": (deploy("v1", BEGAN - DAY - SECOND),)}, None),
        # A first mention is often just the first event: it does not show that the release ran.
        ({"created": BEGAN - DAY - SECOND}, "v1"),
        ({}, "v1"),
    ],
)
def test_a_release_that_ran_for_more_than_a_day_before_did_not_bring_it(
    dated: dict[str, Any], suspect: str | None
) -> None:
    assert suspect_release(issue_since(BEGAN, Release(version="v1", **dated))) == suspect


def test_without_a_first_release_nothing_is_suspect() -> None:
    assert suspect_release(incident(issue={"first_seen": BEGAN})) is None
    assert suspect_release(incident(issue={"first_seen": None, "first_release": Release(version="v1")})) is None


def test_the_last_recorded_regression_names_the_suspect_until_the_issue_is_resolved() -> None:
    entries = (
        Activity(kind="set_regression", at=ago(hours=1), version="v2"),
        Activity(kind="set_regression", at=ago(hours=3), version="v3"),
        Activity(kind="set_regression", at=ago(minutes=1)),
        Activity(kind="set_resolved_in_release", at=ago(minutes=2), version="v4"),
    )
    running = issue_since(BEGAN, Release(version="v1"), issue={"activity": entries})
    resolved = issue_since(BEGAN, Release(version="v1"), issue={"activity": entries, "status": "resolved"})
    assert (suspect_release(running), suspect_release(resolved)) == ("v2", "v1")


# --- alignment -----------------------------------------------------------------------------------------------------


def test_of_several_markers_the_nearest_of_production_is_taken() -> None:
    markers = (
        deploy("v1", BEGAN - 3 * HOUR),
        deploy("v1", BEGAN - HOUR),
        deploy("v1", BEGAN + 2 * HOUR),
        deploy("v1", BEGAN, "staging"),
        deploy("v1", None),
        deploy("v2", BEGAN),
    )
    found = alignment(issue_since(BEGAN, Release(version="v1"), deploys=known(markers)), "v1", Start.exact(BEGAN))
    assert found is not None
    assert (found.source, found.at, found.environment) == ("deploy marker", BEGAN - HOUR, "production")
    assert (found.lag, found.aligned, found.early) == (HOUR, True, False)


def test_a_marker_of_staging_dates_the_deploy_where_production_has_none() -> None:
    markers = (deploy("v1", BEGAN - 9 * MINUTE, "staging"),)
    found = alignment(issue_since(BEGAN, Release(version="v1", deploys=markers)), "v1", Start.exact(BEGAN))
    assert found is not None
    assert (found.source, found.environment) == ("deploy marker", "staging")


@pytest.mark.parametrize(
    ("began", "aligned", "early"),
    [
        (NOW - 20 * MINUTE - 5 * MINUTE, True, False),
        (NOW - 20 * MINUTE - 5 * MINUTE - SECOND, False, True),
        (NOW + 60 * MINUTE, True, False),
        (NOW + 60 * MINUTE + SECOND, False, False),
    ],
)
def test_the_start_aligns_from_five_minutes_before_a_stated_start_to_an_hour_after_the_end(
    began: datetime, aligned: bool, early: bool
) -> None:
    marker = deploy("v1", NOW, started=NOW - 20 * MINUTE)
    found = alignment(issue_since(BEGAN, Release(version="v1", deploys=(marker,))), "v1", Start.exact(began))
    assert found is not None
    assert (found.aligned, found.early, found.lag) == (aligned, early, elapsed(NOW, began))


@pytest.mark.parametrize(
    ("dates", "source"),
    [
        ({"released": NOW, "created": ago(days=1)}, "release date"),
        ({"created": NOW}, "first mention of the release"),
    ],
)
@pytest.mark.parametrize(
    ("began", "aligned", "early"),
    [
        (NOW - 35 * MINUTE, True, False),
        (NOW - 35 * MINUTE - SECOND, False, True),
        (NOW + 60 * MINUTE, True, False),
        (NOW + 60 * MINUTE + SECOND, False, False),
    ],
)
def test_without_a_marker_the_deploy_is_taken_to_have_lasted_half_an_hour_before_the_date(
    dates: dict[str, Any], source: str, began: datetime, aligned: bool, early: bool
) -> None:
    found = alignment(issue_since(BEGAN, Release(version="v1", **dates)), "v1", Start.exact(began))
    assert found is not None
    assert (found.source, found.at, found.environment) == (source, NOW, None)
    assert (found.aligned, found.early) == (aligned, early)


def test_a_marker_with_a_start_only_is_taken_as_ending_then() -> None:
    marker = deploy("v1", None, started=NOW)
    found = alignment(issue_since(BEGAN, Release(version="v1", deploys=(marker,))), "v1", Start.exact(NOW - 6 * MINUTE))
    assert found is not None
    assert (found.at, found.aligned) == (NOW, False)


@pytest.mark.parametrize(
    ("ended", "aligned", "early", "lag"),
    [
        (-61, False, False, 91),
        (-60, True, False, 90),
        (-10, True, False, 40),
        (0, True, False, None),
        (45, True, False, None),
        (60, True, False, None),
        (65, True, False, -35),
        (95, True, False, -65),
        (96, False, True, -66),
    ],
)
def test_where_only_clock_hours_tell_the_start_a_deploy_is_set_against_all_of_the_hour(
    ended: int, aligned: bool, early: bool, lag: int | None
) -> None:
    """The hour begins at NOW; minutes of the deploy's end from then on. The likeliest instant is half past."""
    start = Start(NOW + 30 * MINUTE, NOW, NOW + HOUR)
    marker = deploy("v1", NOW + ended * MINUTE)
    found = alignment(issue_since(BEGAN, Release(version="v1", deploys=(marker,))), "v1", start)
    assert found is not None
    assert (found.aligned, found.early) == (aligned, early)
    assert found.lag == (lag * MINUTE if lag is not None else None)


def test_of_several_markers_one_inside_the_hour_of_the_start_is_the_nearest() -> None:
    start = Start(NOW + 10 * MINUTE, NOW, NOW + HOUR)
    markers = (deploy("v1", NOW - MINUTE), deploy("v1", NOW + 55 * MINUTE))
    found = alignment(issue_since(BEGAN, Release(version="v1", deploys=markers)), "v1", start)
    assert found is not None
    assert found.at == NOW + 55 * MINUTE


def test_nothing_dates_a_release_that_sentry_knows_no_date_of() -> None:
    assert alignment(issue_since(BEGAN, Release(version="v1")), "v1", Start.exact(BEGAN)) is None
    assert alignment(issue_since(BEGAN, Release(version="v1")), "v9", Start.exact(BEGAN)) is None


# --- records -------------------------------------------------------------------------------------------------------


def test_the_most_complete_record_of_a_release_is_taken() -> None:
    short = Release(version="v1", new_issues=1)
    with_deploys = Release(version="v1", deploys=(), new_issues=2)
    dated = Release(version="v1", created=NOW, new_issues=3)
    evidence = issue_since(
        BEGAN,
        short,
        issue={"last_release": dated},
        releases=known((with_deploys, Release(version="v2", created=NOW, deploys=()))),
    )
    assert release_named(evidence, "v1") == dated
    assert release_named(issue_since(BEGAN, short, releases=known((with_deploys,))), "v1") == with_deploys
    assert release_named(issue_since(BEGAN, short, releases=UNKNOWN), "v1") == short
    assert release_named(evidence, "v3") is None


@pytest.mark.parametrize(
    ("listed", "expected"),
    [
        (known((deploy("v1", NOW), deploy("v2", NOW))), ("listed",)),
        (known((deploy("v2", NOW),)), ("own",)),
        (known(()), ()),
        (UNKNOWN, ("own",)),
    ],
)
def test_the_projects_deploys_come_before_those_that_the_release_carries(
    listed: Any, expected: tuple[str, ...]
) -> None:
    own = deploy("v1", ago(hours=1))
    found = deploys_of(issue_since(BEGAN, Release(version="v1", deploys=(own,)), deploys=listed), "v1")
    assert found == tuple({"listed": deploy("v1", NOW), "own": own}[name] for name in expected)


def test_deploys_that_sentry_did_not_tell_of_are_not_none_at_all() -> None:
    evidence = issue_since(BEGAN, Release(version="v1"), deploys=UNKNOWN)
    assert deploys_of(evidence, "v1") is None
    assert deploys_of(evidence, "v9") is None


# --- the release before --------------------------------------------------------------------------------------------

CURRENT = Release(version="v3", released=ago(hours=1))


@pytest.mark.parametrize(
    ("others", "before"),
    [
        ((Release(version="v1", created=ago(hours=9)), Release(version="v2", created=ago(hours=5))), "v2"),
        # One that was deployed is preferred to a later one that was only built.
        (
            (
                Release(version="v1", created=ago(hours=9), deploys=(deploy("v1", ago(hours=8)),)),
                Release(version="v2", created=ago(hours=5)),
            ),
            "v1",
        ),
        # In use from the last deploy on: it was rolled back to.
        (
            (
                Release(
                    version="v1",
                    released=ago(hours=9),
                    deploys=(deploy("v1", ago(hours=9)), deploy("v1", ago(hours=2)), deploy("v1", None)),
                ),
                Release(version="v2", deploys=(deploy("v2", None, started=ago(hours=5)),)),
            ),
            "v1",
        ),
        # Its date counts, then its first mention.
        ((Release(version="v1", released=ago(hours=5)), Release(version="v2", created=ago(hours=6))), "v1"),
        ((Release(version="v1", released=ago(hours=6), created=ago(hours=2)), Release(version="v2")), "v1"),
        ((Release(version="v4", released=ago(minutes=30)), Release(version="v2", released=ago(hours=1))), None),
        ((Release(version="v2"),), None),
        ((), None),
    ],
)
def test_the_release_before_is_the_latest_that_was_in_use_earlier(
    others: tuple[Release, ...], before: str | None
) -> None:
    assert previous_release(issue_since(BEGAN, CURRENT, releases=known((CURRENT, *others))), "v3") == before


def test_the_release_before_is_unknown_without_the_list_or_a_date() -> None:
    older = Release(version="v1", released=ago(days=1))
    undated = Release(version="v3")
    assert previous_release(issue_since(BEGAN, CURRENT, releases=UNKNOWN), "v3") is None
    assert previous_release(issue_since(BEGAN, undated, releases=known((undated, older))), "v3") is None
    assert previous_release(issue_since(BEGAN, CURRENT, releases=known((older,))), "v9") is None


# --- releases of the events ----------------------------------------------------------------------------------------


def test_the_releases_of_the_window_come_most_frequent_first_and_without_the_unset_one() -> None:
    counted = (("v1", 2), ("(not set)", 9), (None, 9), ("v2", 5), ("v1", 2))
    combinations = tuple(Combination(tags={"release": name}, events=count) for name, count in counted)
    evidence = incident(breakdown=known(Breakdown(combinations=combinations)))
    assert releases_seen(evidence) == ("v2", "v1")


@pytest.mark.parametrize("breakdown", [UNKNOWN, known(Breakdown())])
def test_without_a_breakdown_the_event_rows_name_the_releases_each_once(breakdown: Any) -> None:
    rows = tuple(EventRow(id=str(number), release=name) for number, name in enumerate(("v2", None, "v1", "v2")))
    assert releases_seen(incident(breakdown=breakdown, rows=known(rows))) == ("v2", "v1")
    assert releases_seen(incident(breakdown=breakdown, rows=UNKNOWN)) == ()
