"""Every anomaly with its exact words at both sides of its limit, and what remains without the suspect events."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from sentry_runbook.incident.model.evidence import (
    Deploy,
    EnvironmentScope,
    EventRow,
    Evidence,
    IssueSeries,
    IssueShare,
    Known,
    Release,
    Series,
    Totals,
    Unknown,
    UsersIn,
)
from sentry_runbook.incident.severity.anomalies import suspect_rows
from sentry_runbook.incident.severity.excluding import Suspects, excluding, find_suspects
from tests.incident.builder import MINUTE, NOW, ago, incident, known
from tests.incident.severity_cases import (
    DEAD,
    HOUR_AGO,
    Given,
    buckets,
    crowd,
    period,
    totals,
    users_hours,
)

Named = tuple[str, str, str, str | None]
"""Kind, where, why and excerpt of an anomaly."""


def rows(*groups: tuple[int, dict[str, Any]], apart: timedelta = timedelta(minutes=1)) -> Known[tuple[EventRow, ...]]:
    """Rows of the event list: that many with these fields, group after group; users and addresses differ."""
    listed = [fields for count, fields in groups for _ in range(count)]
    return known(
        tuple(
            EventRow(
                **{
                    "id": f"row-{number}",
                    "when": ago(hours=1) - number * apart,
                    "user": f"user-{number}",
                    "ip": f"<ip {number}>",
                    "release": "shop@1.0.0",
                    **fields,
                }
            )
            for number, fields in enumerate(listed)
        )
    )


def release(version: str, **fields: Any) -> Release:
    return Release(version=version, **fields)


DEPLOYED = release("shop@1.0.0", deploys=(Deploy(version="shop@1.0.0", environment="production"),))
FIRST = ago(hours=5)
FROM_EVENT: dict[str, Any] = {"created": FIRST, "first_event": FIRST, "deploys": ()}


def with_releases(*releases: Release, forged: int = 4) -> Evidence:
    """Twenty rows, of which ``forged`` name the release ``shop@9``."""
    given = rows((20 - forged, {}), (forged, {"release": "shop@9"}))
    return incident(crowd(2), rows=given, releases=known(releases))


def together(
    *values: float | None, events: int = 20, step_s: int = 60, start: datetime = HOUR_AGO, **parts: Any
) -> Evidence:
    """Evidence of more events than rows, with this event series."""
    counted = Series(start=start, step_s=step_s, values=values, complete_until=NOW)
    given = {"totals": totals(events, 3), "rows": rows((2, {})), "series": known(IssueSeries(events=counted)), **parts}
    return incident(crowd(2), **given)


def crashing(own: float, project: float, **parts: Any) -> Evidence:
    """Crash-free sessions decide; that many unhandled events of the issue and of the project."""
    sessions = known(period(2000, crash_rate=0.1))
    return incident(
        crowd(2),
        sessions=sessions,
        unhandled=buckets(own, step_s=60),
        project_unhandled=buckets(project, step_s=60),
        **parts,
    )


def top(short_id: str = "SHOP-9", events: int = 70) -> Known[tuple[IssueShare, ...]]:
    return known((IssueShare(short_id=short_id, events=events),))


def calm(
    events: float, sessions: int = 2000, crash_rate: float = 0.01, scope: EnvironmentScope | None = None
) -> Evidence:
    """Few crashed sessions beside that many unhandled events of the project."""
    evidence = incident(
        crowd(2),
        unhandled=buckets(events, step_s=60),
        project_unhandled=buckets(events, step_s=60),
        sessions=known(period(sessions, crash_rate=crash_rate)),
    )
    return evidence.model_copy(update={"scope": scope}) if scope else evidence


# fmt: off
ANOMALIES: Sequence[tuple[str, Evidence, tuple[Named, ...]]] = [
    ("16 of 20 events of one user", incident(crowd(2), rows=rows((16,
     {"user": "user-1"}), (4, {}))), (("one_user_flood", "event rows",
     "16 of the latest 20 events come from one user: many events need not mean many people", "user-1"), )),
    ("15 of 20 events of one user", incident(crowd(2), rows=rows((15, {"user": "user-1"}), (5, {}))), ()),
    ("16 of 19 events of one user", incident(crowd(2), rows=rows((16, {"user": "user-1"}), (3, {}))), ()),
    ("20 events without a user", incident(crowd(2), rows=rows((20, {"user": None}))), ()),
    ("16 of 20 events of one user, the others without", incident(crowd(2), rows=rows((16,
     {"user": "user-1"}), (4,
     {"user": None}))), (("one_user_flood", "event rows",
     "16 of the latest 20 events come from one user: many events need not mean many people", "user-1"), )),
    ("16 of 20 events from one address", incident(crowd(2), rows=rows((16,
     {"ip": "<ip 1>"}), (4,
     {"ip": "<ip 2>"}))), (("one_address_flood", "event rows",
     "16 of the latest 20 events come from one address under 16 user names: a flood, a proxy, or forged events",
     "<ip 1>"), )),
    ("15 of 20 events from one address", incident(crowd(2), rows=rows((15, {"ip": "<ip 1>"}), (5, {}))), ()),
    ("an address of one user", incident(crowd(2), rows=rows((16,
     {"ip": "<ip 1>", "user": None}), (3, {}), (1,
     {"ip": "<ip 1>"}))), (("one_address_flood", "event rows",
     "17 of the latest 20 events come from one address: a flood, a proxy, or forged events", "<ip 1>"), )),
    ("an address of two users", incident(crowd(2), rows=rows((14,
     {"ip": "<ip 1>", "user": None}), (4, {}), (2,
     {"ip": "<ip 1>"}))), (("one_address_flood", "event rows",
     "16 of the latest 20 events come from one address under 2 user names: a flood, a proxy, or forged events",
     "<ip 1>"), )),
    ("one user from one address", incident(crowd(2), rows=rows((20,
     {"ip": "<ip 1>", "user": "user-1"}))), (("one_user_flood", "event rows",
     "20 of the latest 20 events come from one user: many events need not mean many people", "user-1"),
     ("one_address_flood", "event rows",
     "20 of the latest 20 events come from one address: a flood, a proxy, or forged events", "<ip 1>"), )),
    ("rows unknown", incident(crowd(2), rows=DEAD), ()),
    ("a fifth on an unknown release", with_releases(DEPLOYED), (("unknown_release", "event rows",
     "4 of the latest 20 events name a release that the project does not have", "shop@9"), )),
    ("less than a fifth on an unknown release", with_releases(DEPLOYED, forged=3), ()),
    ("an unknown release beside 19 known ones", with_releases(*(release(f"shop@1.{number}") for number in range(19))),
     (("unknown_release", "event rows", "16 of the latest 20 events name a release that the project does not have",
     "shop@1.0.0"), ("unknown_release", "event rows",
     "4 of the latest 20 events name a release that the project does not have", "shop@9"), )),
    ("an unknown release beside 20 known ones", with_releases(*(release(f"shop@1.{number}") for number in range(20))),
     ()),
    ("releases without any", with_releases(), ()),
    ("releases unknown", incident(crowd(2), rows=rows((20, {"release": "shop@9"})), releases=DEAD), ()),
    ("events without a release", incident(crowd(2), rows=rows((20,
     {"release": None})), releases=known((DEPLOYED,))), ()),
    ("19 events on an unknown release", incident(crowd(2), rows=rows((19,
     {"release": "shop@9"})), releases=known((DEPLOYED,))), ()),
    ("a release made by its first event", with_releases(DEPLOYED, release("shop@9", **FROM_EVENT)),
     (("unknown_release", "event rows",
     "4 of the latest 20 events name a release that nobody deployed, while the project's other releases have deploy "
      "markers", "shop@9"), )),
    ("a release made a minute before its first event", with_releases(DEPLOYED, release("shop@9", **{**FROM_EVENT,
     "created": FIRST - MINUTE})), (("unknown_release", "event rows",
     "4 of the latest 20 events name a release that nobody deployed, while the project's other releases have deploy "
      "markers", "shop@9"), )),
    ("a release made longer before its first event", with_releases(DEPLOYED, release("shop@9", **{**FROM_EVENT,
     "created": FIRST - timedelta(seconds=61)})), ()),
    ("a release with a time of release", with_releases(DEPLOYED, release("shop@9", **FROM_EVENT, released=FIRST)),
     ()),
    ("a release whose deploys are unknown", with_releases(DEPLOYED, release("shop@9", **{**FROM_EVENT,
     "deploys": None})), ()),
    ("a release with a deploy", with_releases(DEPLOYED, release("shop@9", **{**FROM_EVENT,
     "deploys": (Deploy(version="shop@9", environment="production"),)})), ()),
    ("a release that was made at an unknown time", with_releases(DEPLOYED, release("shop@9", **{**FROM_EVENT,
     "created": None})), ()),
    ("a release without a first event", with_releases(DEPLOYED, release("shop@9", **{**FROM_EVENT,
     "first_event": None})), ()),
    ("no release has deploys", with_releases(release("shop@1.0.0", deploys=()), release("shop@9", **FROM_EVENT)), ()),
    ("all rows within five seconds", incident(crowd(2), totals=totals(21, 3), rows=rows((21, {}),
     apart=timedelta(seconds=0.25))), (("one_instant", "event times",
     "all 21 events of the window fall into one moment: a batch, a replay, or forged events", None), )),
    ("all rows within more than five seconds", incident(crowd(2), totals=totals(21, 3), rows=rows((21, {}),
     apart=timedelta(seconds=0.26))), ()),
    ("more rows than events of the window", incident(crowd(2), totals=totals(20, 3), rows=rows((21, {}),
     apart=timedelta(seconds=0.1))), (("one_instant", "event times",
     "all 20 events of the window fall into one moment: a batch, a replay, or forged events", None), )),
    ("19 events at once", incident(crowd(2), totals=totals(19, 3), rows=rows((19, {}), apart=timedelta(seconds=0.1))),
     ()),
    ("totals unknown", incident(crowd(2), totals=DEAD, rows=rows((20, {}), apart=timedelta(seconds=0.1))), ()),
    ("1,234 events in one minute", together(None, 0.0, 1234.0, events=1234), (("one_instant", "event times",
     "all 1,234 events of the window fall into one moment: a batch, a replay, or forged events", None), )),
    ("20 events in two minutes", together(10.0, 0.0, 10.0), ()),
    ("20 events in a bucket of 61 seconds", together(0.0, 20.0, step_s=61), ()),
    ("20 events in a bucket of two minutes", together(0.0, 20.0, step_s=120), ()),
    ("20 events in one minute, others before the window", together(5.0, *[0.0] * 60, 20.0, start=ago(hours=24,
     minutes=30)), (("one_instant", "event times",
     "all 20 events of the window fall into one moment: a batch, a replay, or forged events", None), )),
    ("rows unknown, 20 events in one minute", together(20.0, rows=DEAD), (("one_instant", "event times",
     "all 20 events of the window fall into one moment: a batch, a replay, or forged events", None), )),
    ("series unknown", together(20.0, series=DEAD), ()),
    ("20 events in no minute", together(0.0, 0.0), ()),
    ("a small share of the project's crashes", crashing(19.0, 100.0), (("little_contribution", "crash-free sessions",
     "this issue has 19 % of the project's unhandled events; the severity is the project's", None), )),
    ("a fifth of the project's crashes", crashing(20.0, 100.0), ()),
    ("another issue has most of them", crashing(19.0, 100.0, project_top=top()), (("little_contribution",
     "crash-free sessions",
     "this issue has 19 % of the project's unhandled events; the severity is the project's; another issue has 70 "
      "events (named in the excerpt): triage that one", "SHOP-9"), )),
    ("another issue has one of them", crashing(1.0, 100.0, project_top=top(events=1)), (("little_contribution",
     "crash-free sessions",
     "this issue has 1 % of the project's unhandled events; the severity is the project's; another issue has 1 event "
      "(named in the excerpt): triage that one", "SHOP-9"), )),
    ("this issue has most of them", crashing(19.0, 100.0, project_top=top("SHOP-1Z")), (("little_contribution",
     "crash-free sessions", "this issue has 19 % of the project's unhandled events; the severity is the project's",
     None), )),
    ("no issue is named", crashing(19.0, 100.0, project_top=known(())), (("little_contribution",
     "crash-free sessions", "this issue has 19 % of the project's unhandled events; the severity is the project's",
     None), )),
    ("a small share, and no project-wide figure decides", incident(crowd(2), unhandled=buckets(1.0),
     project_unhandled=buckets(20.0)), ()),
    ("a small share of an unhandled rate", incident(crowd(2), sessions=DEAD, unhandled=buckets(1.0, step_s=60),
     project_unhandled=buckets(501.0, step_s=60)), (("little_contribution", "crash-free sessions",
     "this issue has 0.2 % of the project's unhandled events; the severity is the project's", None), )),
    ("100 unhandled events, 99 percent", calm(100.0), (("crash_free_suspect", "crash-free sessions",
     "crash-free sessions are at 99.00 % beside 100 unhandled events in 2,000 sessions: the SDK may not mark crashed "
      "sessions", None), )),
    ("99 unhandled events", calm(99.0), ()),
    ("100 unhandled events of 2,001 sessions", calm(100.0, sessions=2001), ()),
    ("101 unhandled events of 2,001 sessions", calm(101.0, sessions=2001), (("crash_free_suspect",
     "crash-free sessions",
     "crash-free sessions are at 99.00 % beside 101 unhandled events in 2,001 sessions: the SDK may not mark crashed "
      "sessions", None), )),
    ("100 unhandled events of 60 sessions", calm(100.0, sessions=60), (("crash_free_suspect", "crash-free sessions",
     "crash-free sessions are at 99.00 % beside 100 unhandled events in 60 sessions: the SDK may not mark crashed "
      "sessions", None), )),
    ("100 unhandled events, less than 99 percent", calm(100.0, crash_rate=0.01001), ()),
    ("no production", calm(100.0, scope=EnvironmentScope(others=("staging",))), ()),
    ("production and others", calm(100.0, scope=EnvironmentScope(production=("production",), others=("staging",))),
     (("crash_free_suspect", "crash-free sessions",
     "crash-free sessions are at 99.00 % beside 100 unhandled events in 2,000 sessions: the SDK may not mark crashed "
      "sessions", None), )),
    ("neither", calm(100.0, scope=EnvironmentScope()), (("crash_free_suspect", "crash-free sessions",
     "crash-free sessions are at 99.00 % beside 100 unhandled events in 2,000 sessions: the SDK may not mark crashed "
      "sessions", None), )),
]
# fmt: on


@pytest.mark.parametrize(("evidence", "expected"), [pytest.param(*row[1:], id=row[0]) for row in ANOMALIES])
def test_an_anomaly_is_named_with_its_numbers(evidence: Evidence, expected: tuple[Named, ...]) -> None:
    findings = Given(evidence).verdict.findings
    assert tuple((entry.kind, entry.where, entry.why, entry.excerpt) for entry in findings) == expected


# --- without the suspect events ------------------------------------------------------------------------------------


def flooded(**parts: Any) -> Evidence:
    """Twenty rows, sixteen of one user: four fifths of the events, one of five users."""
    return incident(crowd(2), **{"rows": rows((16, {"user": "flooder"}), (4, {})), **parts})


def suspects_of(evidence: Evidence) -> Suspects | None:
    return find_suspects(evidence, tuple(suspect_rows(evidence)))


def remaining(evidence: Evidence) -> Evidence:
    result = suspects_of(evidence)
    assert result is not None
    return excluding(evidence, result)


def test_suspects_are_the_rows_of_every_suspicion_and_their_shares() -> None:
    both = rows((16, {"user": "flooder"}), (4, {"user": "user-1", "release": "shop@9"}))
    result = suspects_of(incident(crowd(2), rows=both, releases=known((DEPLOYED,))))
    assert result == Suspects(
        row_ids=frozenset(f"row-{number}" for number in range(20)), event_share=1.0, user_share=1.0
    )
    some = suspects_of(flooded())
    assert some is not None
    assert some.row_ids == frozenset(f"row-{number}" for number in range(16))
    assert some.event_share == 0.8
    assert round(some.user_share, 9) == 0.2


def test_a_user_who_also_sent_honest_events_is_not_suspect() -> None:
    shared = rows((16, {"ip": "<ip 1>", "user": "user-1"}), (1, {"user": "user-1"}), (3, {}))
    result = suspects_of(incident(crowd(2), rows=shared))
    assert result is not None
    assert (result.event_share, round(result.user_share, 3)) == (0.85, 0.25)


def test_suspects_without_users_take_no_users_away() -> None:
    result = suspects_of(incident(crowd(2), rows=rows((20, {"ip": "<ip 1>", "user": None}))))
    assert result is not None
    assert (result.event_share, result.user_share) == (1.0, 0.0)


def test_no_suspects_without_anomalies_or_rows() -> None:
    assert suspects_of(incident(crowd(2))) is None
    assert suspects_of(incident(crowd(2), rows=DEAD)) is None


def test_counts_shrink_by_the_suspects_share() -> None:
    events = Series(start=ago(hours=1), step_s=60, values=(100.0, None, 3.0), complete_until=NOW)
    users = events.model_copy(update={"values": (10.0, None, 3.0)})
    evidence = flooded(
        totals=totals(103, 13),
        series=known(IssueSeries(events=events, users=users)),
        users_per_hour=users_hours(13.0),
        users_in=(UsersIn(start=ago(hours=1), end=NOW, users=13),),
        unhandled=buckets(50.0, None, step_s=60),
        project_unhandled=buckets(70.0, None, step_s=60),
    )
    rest = remaining(evidence)
    assert isinstance(rest.totals, Known)
    assert (rest.totals.value.events, rest.totals.value.users) == (21, 10)
    remaining_events = events.model_copy(update={"values": (20, None, 1)})
    remaining_users = events.model_copy(update={"values": (8, None, 2)})
    assert rest.series == known(IssueSeries(events=remaining_events, users=remaining_users))
    assert rest.users_per_hour == users_hours(10)
    assert rest.users_in == (UsersIn(start=ago(hours=1), end=NOW, users=10),)
    assert rest.unhandled == buckets(10, None, step_s=60)
    assert isinstance(rest.project_unhandled, Known)
    project = rest.project_unhandled.value.values
    assert [None if value is None else round(value, 9) for value in project] == [30, None]
    assert isinstance(rest.rows, Known)
    assert [row.id for row in rest.rows.value] == [f"row-{number}" for number in range(16, 20)]
    assert rest.sessions == evidence.sessions
    assert rest.environments == evidence.environments


def test_what_is_not_known_stays_unknown_without_the_suspects() -> None:
    parts = dict.fromkeys(("totals", "series", "users_per_hour", "unhandled", "project_unhandled"), DEAD)
    rest = remaining(flooded(**parts))
    for name in parts:
        assert getattr(rest, name) == DEAD
    assert remaining(flooded(totals=known(Totals(events=10)))).totals == known(Totals(events=2))
    events = Series(start=ago(hours=1), step_s=60, values=(10.0,), complete_until=NOW)
    series = remaining(flooded(series=known(IssueSeries(events=events)))).series
    assert series == known(IssueSeries(events=events.model_copy(update={"values": (2,)})))


@pytest.mark.parametrize(
    ("own", "project", "expected"),
    [
        (buckets(50.0), DEAD, DEAD),
        (DEAD, buckets(70.0), buckets(70.0)),
        (buckets(50.0), buckets(70.0, start=ago(hours=2)), buckets(70.0, start=ago(hours=2))),
        (buckets(None, 50.0), buckets(70.0, 70.0), buckets(70.0, 30.0)),
        (buckets(50.0), buckets(70.0, 60.0), buckets(30.0)),
        (buckets(50.0, 50.0), buckets(None, 70.0), buckets(None, 30.0)),
    ],
)
def test_the_projects_unhandled_events_lose_only_this_issues_suspects(
    own: Known[Series] | Unknown, project: Known[Series] | Unknown, expected: Known[Series] | Unknown
) -> None:
    rest = remaining(flooded(unhandled=own, project_unhandled=project)).project_unhandled
    if isinstance(rest, Known):
        rounded = tuple(None if value is None else round(value, 9) for value in rest.value.values)
        rest = rest.model_copy(update={"value": rest.value.model_copy(update={"values": rounded})})
    assert rest == expected
