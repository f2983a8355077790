"""Sessions by release: the same sessions as those of the environments, told apart, as far as Sentry tells them."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentry_runbook.collect import SEVERITY, TRIAGE
from sentry_runbook.collect.sessions import merge_sessions, release_sessions
from sentry_runbook.incident.model.evidence import Known, ReleaseSessions, Sessions
from sentry_runbook.sentry.messages import SentryResponse
from sentry_runbook.sentry.parse_sessions import sessions as parsed
from sentry_runbook.simulator.scenario import IssueSpec, ReleaseSpec, Scenario, SessionsSpec, Stream
from tests.collect.asked import asked, refusal
from tests.recordings import recordings

BOTH = ["environment", "release"]
DAY, HOUR = 1440, 60
START = datetime(2026, 11, 20, tzinfo=UTC)
HOURS = 4
Session = tuple[str, str, int, str]
"""Environment, release, hour, how it ended."""
Key = tuple[str, ...]

SESSION = st.tuples(
    st.sampled_from(["production", "prod-eu", "staging"]),
    st.sampled_from(["", "app@1", "app@2", "app@3"]),
    st.integers(0, HOURS - 1),
    st.sampled_from(["healthy", "crashed", "unhandled", "errored"]),
)


def answer(sessions: Sequence[Session], key_of: Callable[[Session], Mapping[str, str]]) -> SentryResponse:
    """What Sentry answers of these sessions, by any groups: fractions of whole numbers, null where there are none."""
    grouped: dict[str, list[Session]] = defaultdict(list)
    for session in sessions:
        grouped[json.dumps(key_of(session))].append(session)

    def figures(members: Sequence[Session]) -> dict[str, float | None]:
        ends, count = Counter(session[3] for session in members), len(members)
        return {
            "sum(session)": count,
            "crash_rate(session)": ends["crashed"] / count if count else None,
            "crash_free_rate(session)": 1 - ends["crashed"] / count if count else None,
            "unhandled_rate(session)": ends["unhandled"] / count if count else None,
        }

    groups = []
    for key, members in grouped.items():
        by_hour = [figures([session for session in members if session[2] == hour]) for hour in range(HOURS)]
        series = {field: [hour[field] for hour in by_hour] for field in by_hour[0]}
        groups.append({"by": json.loads(key), "totals": figures(members), "series": series})
    body = {
        "start": START.isoformat(),
        "end": (START + HOURS * timedelta(hours=1)).isoformat(),
        "intervals": [(START + hour * timedelta(hours=1)).isoformat() for hour in range(HOURS)],
        "groups": groups,
    }
    return SentryResponse(200, httpx.Headers(), json.dumps(body).encode())


def is_counted(environment: str) -> bool:
    """Production and its region."""
    return environment.startswith("prod")


def read(response: SentryResponse) -> Sessions:
    """The sessions as the evidence holds them."""
    counts, now = parsed(response, has_unhandled_rate=True), START + timedelta(days=1)
    releases = release_sessions(counts, is_counted, now, frozenset(), str)
    return merge_sessions(counts, is_counted, now, releases)


@given(st.lists(SESSION, min_size=1, max_size=60))
def test_sums_over_releases_are_what_the_raw_sessions_say(sessions: list[Session]) -> None:
    alone = read(answer(sessions, lambda session: {"environment": session[0]}))
    both = read(answer(sessions, lambda session: {"environment": session[0], "release": session[1]}))
    assert alone.releases == ()
    assert both.model_copy(update={"releases": ()}) == alone
    counted = [session for session in sessions if is_counted(session[0])]
    wholes: list[tuple[Sessions | ReleaseSessions, list[Session]]] = [(alone, counted)]
    wholes += [(part, of_release(counted, part.version)) for part in both.releases]
    for whole, members in wholes:
        ends = Counter(session[3] for session in members)
        assert whole.sessions == len(members)
        assert whole.crash_rate == (ends["crashed"] / len(members) if members else None)
        assert whole.unhandled_rate == (ends["unhandled"] / len(members) if members else None)
        assert [hour.sessions for hour in whole.hours] == [
            sum(session[2] == hour for session in members) for hour in range(HOURS if sessions else 0)
        ]
    assert {part.version or "" for part in both.releases} == {session[1] for session in counted}
    assert [part.sessions for part in both.releases] == sorted(
        [part.sessions for part in both.releases], key=lambda n: -(n or 0)
    )


def of_release(sessions: Sequence[Session], version: str | None) -> list[Session]:
    """Those of one release."""
    return [session for session in sessions if session[1] == (version or "")]


def test_a_release_with_more_crashes_than_sessions_does_not_spoil_the_environment() -> None:
    def group(release: str, sessions: int, rate: float) -> dict[str, Any]:
        figures = {"sum(session)": sessions, "crash_rate(session)": rate, "crash_free_rate(session)": 1 - rate}
        series = {field: [value] * HOURS for field, value in figures.items()}
        return {"by": {"environment": "production", "release": release}, "totals": figures, "series": series}

    response = answer([("production", "app@1", 0, "healthy")], lambda session: {"environment": session[0]})
    body = json.loads(response.body) | {"groups": [group("app@1", 1000, 0.1), group("app@2", 2, 2.0)]}
    whole = read(SentryResponse(200, httpx.Headers(), json.dumps(body).encode()))
    assert whole.crash_rate == pytest.approx(104 / 1002) and not whole.has_impossible_rate
    assert [(part.version, part.crash_rate) for part in whole.releases] == [("app@1", 0.1), ("app@2", None)]


def scenario(*sessions: SessionsSpec) -> Scenario:
    """An issue of a release beside older ones."""
    releases = (ReleaseSpec("app@2", -2 * DAY), ReleaseSpec("app@1", -9 * DAY))
    events = (Stream(60, -300, -1, users=20, release="app@2"),)
    return Scenario(name="one", issues=(IssueSpec("ONE-1", streams=events),), releases=releases, sessions=sessions)


BESIDE = scenario(
    SessionsSpec(302, -300, -1, crashed=199, release="app@2"),
    SessionsSpec(750, -DAY, -1, release="app@1"),
    SessionsSpec(5_000, -DAY, -1, crashed=5_000, environment="staging", release="app@2"),
)


async def test_a_healthy_old_release_stands_beside_the_bad_one_in_one_request() -> None:
    answer = await asked(BESIDE, SEVERITY)
    (params,) = answer.requests["sessions"]
    assert params.get_list("groupBy") == BOTH
    assert isinstance(answer.evidence.sessions, Known)
    sessions = answer.evidence.sessions.value
    assert [(part.version, part.sessions) for part in sessions.releases] == [("app@1", 750), ("app@2", 302)]
    assert [part.crash_rate for part in sessions.releases] == [0, 199 / 302]
    assert (sessions.sessions, sessions.crash_rate) == (1_052, 199 / 1_052)


async def test_the_issue_s_own_release_is_kept_among_very_many() -> None:
    many = (SessionsSpec(40 + number, -DAY, -1, release=f"app@0.{number}") for number in range(100))
    answer = await asked(scenario(*many, SessionsSpec(5, -300, -1, release="app@2")), TRIAGE)
    assert isinstance(answer.evidence.sessions, Known)
    versions = [part.version for part in answer.evidence.sessions.value.releases]
    assert len(versions) == 20 and versions[0] == "app@0.99" and versions[-1] == "app@2"


async def test_a_server_that_refuses_two_groups_is_asked_for_the_environments_alone() -> None:
    def by_one(response: httpx.Response, body: Any) -> httpx.Response:
        has_two = response.request.url.params.get_list("groupBy") == BOTH
        return refusal(400, 'Invalid groupBy: "release"')(response, body) if has_two else response

    answer = await asked(BESIDE, SEVERITY, {"sessions": by_one})
    assert answer.requests["sessions"][-1].get_list("groupBy") == ["environment"]
    assert isinstance(answer.evidence.sessions, Known)
    assert answer.evidence.sessions.value.sessions == 1_052 and answer.evidence.sessions.value.releases == ()
    assert "does not tell sessions by release" in answer.evidence.sessions.note


async def test_a_cut_answer_tells_no_release_and_says_so() -> None:
    """Of a day an answer holds 400 groups: which releases were left out is not known, so none is shown."""
    many = (SessionsSpec(30, -DAY, -1, release=f"app@0.{number}") for number in range(420))
    answer = await asked(scenario(*many), SEVERITY)
    assert [params.get_list("groupBy") for params in answer.requests["sessions"]] == [BOTH, ["environment"]]
    assert isinstance(answer.evidence.sessions, Known)
    assert answer.evidence.sessions.value.sessions == 420 * 30 and answer.evidence.sessions.value.releases == ()
    assert "fewest sessions" in answer.evidence.sessions.note


def test_a_recorded_answer_by_environment_is_read_as_ever() -> None:
    body = recordings()[66]["body"]
    counts = parsed(SentryResponse(200, httpx.Headers(), json.dumps(body).encode()), has_unhandled_rate=False)
    first = counts.groups[0]
    assert (first.environment, first.sessions, first.crash_rate) == ("production", 1000, 0.009)
    assert counts.releases == ()
