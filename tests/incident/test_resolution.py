"""Tables of cases for changes of an issue's status: what is refused, sent, warned of, undone and read back."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, get_args

import pytest

from sentry_runbook.incident.issue_state import state_of
from sentry_runbook.incident.model.evidence import (
    Activity,
    Breakdown,
    Combination,
    Deploy,
    Evidence,
    Issue,
    Release,
    Snooze,
    Unknown,
    Window,
)
from sentry_runbook.incident.model.results.resolution import Action, State
from sentry_runbook.incident.resolution.plan import ResolutionPlan, plan
from sentry_runbook.incident.resolution.release_order import order_warnings
from sentry_runbook.incident.resolution.request import ACTIONS, ResolutionRequest, StatusChange, change_of
from sentry_runbook.incident.resolution.verification import Verification, compare
from tests.incident.builder import MINUTE, NOW, ago, burst, incident, known, read

TWELVE_HOURS = Window(start=ago(hours=12), end=NOW)
OVER = incident(burst(ago(hours=6), 20, MINUTE, 3), window=TWELVE_HOURS)
"""A new issue, unresolved and ongoing, whose last event of shop@1.0.0 came more than five hours ago."""
LOUD = incident(burst(ago(minutes=30), 30, MINUTE / 2, 3), window=TWELVE_HOURS)
"""Thirty events in the last hour, none before: spiking."""
STEADY = incident(burst(ago(minutes=155), 6, 30 * MINUTE, 3), window=TWELVE_HOURS)
"""Two events in each of the last hours, the last one five minutes ago."""


def evidence_of(base: Evidence = OVER, *, parts: Mapping[str, Any] | None = None, **issue: Any) -> Evidence:
    """``base`` with other parts and other fields of the issue."""
    return base.model_copy(update={**(parts or {}), "issue": base.issue.model_copy(update=issue)})


def planned(request: ResolutionRequest, evidence: Evidence = OVER) -> ResolutionPlan:
    return plan(request, read(evidence))


def issue_with(**fields: Any) -> Issue:
    return OVER.issue.model_copy(update=fields)


def request(action: Action, **arguments: Any) -> ResolutionRequest:
    return ResolutionRequest(action=action, **arguments)


# --- what each action sends and leads to ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "sent", "after"),
    [
        pytest.param(
            request("resolve"), StatusChange("resolved"), State(summary="resolved", status="resolved"), id="resolve"
        ),
        pytest.param(
            request("resolve_in_next_release"),
            StatusChange("resolved", in_next_release=True),
            State(summary="resolved in the next release", status="resolved", in_next_release=True),
            id="next release",
        ),
        pytest.param(
            request("resolve_in_release", release="shop@1.0.1"),
            StatusChange("resolved", in_release="shop@1.0.1"),
            State(summary='resolved in release "shop@1.0.1"', status="resolved", in_release="shop@1.0.1"),
            id="release",
        ),
        pytest.param(
            request("ignore"),
            StatusChange("ignored", substatus="archived_forever"),
            State(summary="archived for ever", status="ignored", substatus="archived_forever"),
            id="ignore",
        ),
        pytest.param(
            request("ignore", ignore_count=1),
            StatusChange("ignored", substatus="archived_until_condition_met", ignore_count=1),
            State(
                summary="archived until 1 more event",
                status="ignored",
                substatus="archived_until_condition_met",
                ignore_count=1,
            ),
            id="one event",
        ),
        pytest.param(
            request("ignore", ignore_count=1200, window_minutes=60),
            StatusChange("ignored", substatus="archived_until_condition_met", ignore_count=1200, window_minutes=60),
            State(
                summary="archived until 1,200 more events within 60 minutes",
                status="ignored",
                substatus="archived_until_condition_met",
                ignore_count=1200,
                window_minutes=60,
            ),
            id="events within",
        ),
        pytest.param(
            request("ignore", ignore_users=10, window_minutes=60),
            StatusChange("ignored", substatus="archived_until_condition_met", ignore_users=10, user_window_minutes=60),
            State(
                summary="archived until 10 more users within 60 minutes",
                status="ignored",
                substatus="archived_until_condition_met",
                ignore_users=10,
                window_minutes=60,
            ),
            id="users within",
        ),
        pytest.param(
            request("ignore", ignore_minutes=90),
            StatusChange("ignored", substatus="archived_until_condition_met", ignore_minutes=90),
            State(
                summary="archived until 2026-11-23 16:30 UTC",
                status="ignored",
                substatus="archived_until_condition_met",
                ignore_until=NOW + timedelta(minutes=90),
            ),
            id="minutes",
        ),
        pytest.param(
            request("ignore", ignore_count=5, ignore_users=1, ignore_minutes=90, window_minutes=30),
            StatusChange(
                "ignored",
                substatus="archived_until_condition_met",
                ignore_count=5,
                ignore_users=1,
                ignore_minutes=90,
                window_minutes=30,
                user_window_minutes=30,
            ),
            State(
                summary="archived until 5 more events within 30 minutes or 1 more user within 30 minutes "
                "or 2026-11-23 16:30 UTC",
                status="ignored",
                substatus="archived_until_condition_met",
                ignore_count=5,
                ignore_users=1,
                window_minutes=30,
                ignore_until=NOW + timedelta(minutes=90),
            ),
            id="every limit",
        ),
        pytest.param(
            request("archive_until_escalating"),
            StatusChange("ignored", substatus="archived_until_escalating"),
            State(summary="archived until it escalates", status="ignored", substatus="archived_until_escalating"),
            id="escalating",
        ),
    ],
)
def test_an_action_sends_its_change_and_says_the_state_that_it_leads_to(
    asked: ResolutionRequest, sent: StatusChange, after: State
) -> None:
    decided = planned(asked)
    assert decided.action == asked.action
    assert decided.change == sent == change_of(asked)
    assert decided.after == after
    assert decided.before == State(summary="unresolved (ongoing)", status="unresolved", substatus="ongoing")
    assert (decided.already, decided.refused) == (False, None)
    assert decided.must_confirm == (asked == request("ignore"))


def test_reopen_leads_to_unresolved_and_ongoing() -> None:
    decided = planned(request("reopen"), evidence_of(status="resolved", substatus=None))
    assert decided.change == StatusChange("unresolved")
    assert decided.after == State(summary="unresolved (ongoing)", status="unresolved", substatus="ongoing")
    assert decided.before == State(summary="resolved", status="resolved")
    assert decided.must_confirm is False


@pytest.mark.parametrize(
    ("age", "substatus"),
    [(timedelta(days=7) - timedelta(seconds=1), "new"), (timedelta(days=7), "ongoing"), (None, None)],
    ids=["of_this_week", "older", "unknown"],
)
def test_reopen_from_the_archive_leads_to_new_within_a_week(age: timedelta | None, substatus: str | None) -> None:
    first_seen = None if age is None else NOW - age
    decided = planned(request("reopen"), evidence_of(**archived("archived_forever"), first_seen=first_seen))
    said = f"unresolved ({substatus})" if substatus else "unresolved"
    assert decided.after == State(summary=said, status="unresolved", substatus=substatus)


def test_reopen_from_an_unknown_status_promises_no_substatus() -> None:
    assert planned(request("reopen"), evidence_of(status=None)).after == State(
        summary="unresolved", status="unresolved"
    )


@pytest.mark.parametrize(
    ("action", "days", "lost"),
    [
        ("ignore", 6, ""),
        ("ignore", 8, ' Its substatus "new" becomes ongoing.'),
        ("ignore", None, ' Its substatus "new" may change.'),
        ("resolve", 6, ' Its substatus "new" becomes ongoing.'),
    ],
)
def test_undo_says_what_becomes_of_new(action: Action, days: int | None, lost: str) -> None:
    first_seen = None if days is None else NOW - timedelta(days=days)
    decided = planned(request(action), evidence_of(substatus="new", first_seen=first_seen))
    assert decided.undo == f"resolve_issue action=reopen puts it back to unresolved.{lost}"


# --- refusals ------------------------------------------------------------------------------------------------------

NO_NAME = "release is no version name: letters, digits and . _ - + @ : / ( ) # = ~ , at most 250 characters."
NEEDS_RELEASE = "resolve_in_release needs release: the version that holds the fix. It must exist in Sentry."
NEEDS_COUNT = "window_minutes needs ignore_count or ignore_users: it is the stretch in which those are counted."
NO_ZERO = "must be at least 1. For ever is action=ignore without any limit."


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        (request("resolve_in_release"), NEEDS_RELEASE),
        (request("resolve_in_release", release=""), NEEDS_RELEASE),
        (request("resolve_in_release", release="  "), NEEDS_RELEASE),
        (request("resolve", release="1.0"), "release goes with action=resolve_in_release only, not with resolve."),
        (request("reopen", release="1.0"), "release goes with action=resolve_in_release only, not with reopen."),
        (request("resolve_in_release", release="x" * 251), NO_NAME),
        (request("resolve_in_release", release="@shop"), NO_NAME),
        (request("resolve_in_release", release="."), NO_NAME),
        (request("resolve_in_release", release=".."), NO_NAME),
        (request("resolve_in_release", release="a//b"), NO_NAME),
        (request("resolve_in_release", release="see www.example"), NO_NAME),
        (request("resolve_in_release", release="<b>1.0</b>"), NO_NAME),
        (request("resolve", ignore_count=1), "ignore_count goes with action=ignore only, not with resolve."),
        (
            request("archive_until_escalating", ignore_minutes=1, ignore_users=1, window_minutes=1),
            "ignore_minutes, ignore_users, window_minutes goes with action=ignore only, not with "
            "archive_until_escalating.",
        ),
        (request("ignore", ignore_count=0), f"ignore_count {NO_ZERO}"),
        (request("ignore", ignore_minutes=0), f"ignore_minutes {NO_ZERO}"),
        (request("ignore", ignore_users=-1), f"ignore_users {NO_ZERO}"),
        (request("ignore", ignore_count=1, window_minutes=0), f"window_minutes {NO_ZERO}"),
        (request("ignore", ignore_count=2**31), "ignore_count is too large: at most 2,147,483,647."),
        (request("ignore", ignore_count=1, window_minutes=10_081), "window_minutes is too large: at most 10,080."),
        (request("ignore", window_minutes=60), NEEDS_COUNT),
        (request("ignore", ignore_minutes=5, window_minutes=60), NEEDS_COUNT),
    ],
    ids=str,
)
def test_a_request_that_is_invalid_is_refused_with_the_reason_and_changes_nothing(
    asked: ResolutionRequest, why: str
) -> None:
    decided = planned(asked)
    assert decided == ResolutionPlan(action=asked.action, refused=why, before=decided.before, after=decided.before)
    assert decided.before.summary == "unresolved (ongoing)"


@pytest.mark.parametrize(
    "asked",
    [
        request("resolve_in_release", release="x" * 250),
        request("resolve_in_release", release="..."),
        request("resolve_in_release", release="shop@1.0.0+build-7 (eu) #3 a=b~c, d/e:f_g"),
        request("resolve_in_release", release="www"),
        request("ignore", ignore_count=1),
        request("ignore", ignore_count=2**31 - 1),
        request("ignore", ignore_minutes=10_081),
        request("ignore", ignore_users=1, window_minutes=1),
        request("ignore", ignore_count=1, window_minutes=10_080),
    ],
    ids=str,
)
def test_a_request_just_inside_the_limits_is_planned(asked: ResolutionRequest) -> None:
    assert planned(asked).change is not None


@pytest.mark.parametrize(
    ("status", "named"),
    [("pending_deletion", '"pending_deletion"'), ("reprocessing", '"reprocessing"'), ("", '"in an unknown state"')],
)
def test_an_issue_that_is_being_deleted_merged_or_reprocessed_is_left_alone(status: str, named: str) -> None:
    decided = planned(request("resolve"), evidence_of(status=status))
    assert decided.refused == f"The issue is {named}; Sentry changes no status then. Try later."
    assert decided.change is None


def test_an_issue_whose_status_sentry_does_not_tell_can_be_changed() -> None:
    decided = planned(request("resolve"), evidence_of(status=None))
    assert decided.change == StatusChange("resolved")
    assert decided.before.summary == "not known"


# --- states in words -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "state"),
    [
        (
            {"status": "unresolved", "substatus": None},
            State(summary="unresolved", status="unresolved"),
        ),
        (
            {"status": "unresolved", "substatus": "new", "status_release": "1.0", "next_release": True},
            State(summary="unresolved (new)", status="unresolved", substatus="new"),
        ),
        (
            {"status": "resolved", "substatus": None, "status_release": "shop@1.0"},
            State(summary='resolved in release "shop@1.0"', status="resolved", in_release="shop@1.0"),
        ),
        (
            {"status": "resolved", "substatus": None, "next_release": True},
            State(summary="resolved in the next release", status="resolved", in_next_release=True),
        ),
        ({"status": "pending_merge", "substatus": None}, State(summary="pending_merge", status="pending_merge")),
        ({"status": None, "substatus": None}, State(summary="not known")),
        (
            {"status": "ignored", "substatus": "archived_forever"},
            State(summary="archived for ever", status="ignored", substatus="archived_forever"),
        ),
        ({"status": "ignored", "substatus": None}, State(summary="archived for ever", status="ignored")),
        (
            {"status": "ignored", "substatus": "archived_until_condition_met"},
            State(
                summary="archived until a condition is met that Sentry does not tell",
                status="ignored",
                substatus="archived_until_condition_met",
            ),
        ),
        (
            {"status": "ignored", "substatus": None, "snooze": Snooze(count=0)},
            State(summary="archived until 0 more events", status="ignored", ignore_count=0),
        ),
        (
            {"status": "ignored", "substatus": None, "snooze": Snooze(users=0)},
            State(summary="archived until 0 more users", status="ignored", ignore_users=0),
        ),
        (
            {
                "status": "ignored",
                "substatus": None,
                "snooze": Snooze(count=2, window_minutes=5, users=3, user_window_minutes=7, until=NOW),
            },
            State(
                summary="archived until 2 more events within 5 minutes or 3 more users within 5 minutes "
                "or 2026-11-23 15:00 UTC",
                status="ignored",
                ignore_count=2,
                ignore_users=3,
                window_minutes=5,
                ignore_until=NOW,
            ),
        ),
        (
            {"status": "ignored", "substatus": None, "snooze": Snooze(users=3, user_window_minutes=7)},
            State(
                summary="archived until 3 more users within 7 minutes",
                status="ignored",
                ignore_users=3,
                window_minutes=7,
            ),
        ),
        (
            {"status": "unresolved", "substatus": None, "snooze": Snooze(count=2)},
            State(summary="unresolved", status="unresolved"),
        ),
    ],
    ids=lambda value: value.summary if isinstance(value, State) else "",
)
def test_the_state_of_an_issue_in_words(fields: Mapping[str, Any], state: State) -> None:
    assert state_of(issue_with(**fields)) == state


# --- already so ----------------------------------------------------------------------------------------------------

RESOLVED: dict[str, Any] = {"status": "resolved", "substatus": None}
SEMVER = (Activity(kind="set_resolved_in_release", at=ago(hours=5)),)
"""A resolve in the next release, as projects with ordered releases log it: without a version."""
NAMED = (Activity(kind="set_resolved_in_release", at=ago(hours=5), version="1.0"),)


def archived(kind: str | None = "archived_until_condition_met", **snooze: Any) -> dict[str, Any]:
    return {"status": "ignored", "substatus": kind, "snooze": Snooze(**snooze) if snooze else None}


IN_90_MINUTES = NOW + timedelta(minutes=90)


@pytest.mark.parametrize(
    ("asked", "fields", "already"),
    [
        (request("reopen"), {}, True),
        (request("reopen"), RESOLVED, False),
        (request("resolve"), RESOLVED, True),
        (request("resolve"), {}, False),
        (request("resolve"), RESOLVED | {"status_release": "1.0"}, False),
        (request("resolve"), RESOLVED | {"next_release": True}, False),
        (request("resolve_in_next_release"), RESOLVED | {"next_release": True}, True),
        (request("resolve_in_next_release"), RESOLVED, False),
        (request("resolve_in_next_release"), RESOLVED | {"status_release": "1.0"}, False),
        (request("resolve_in_next_release"), RESOLVED | {"status_release": "1.0", "activity": SEMVER}, True),
        (request("resolve_in_next_release"), RESOLVED | {"status_release": "1.0", "activity": NAMED}, False),
        (request("resolve_in_next_release"), RESOLVED | {"activity": SEMVER}, False),
        (
            request("resolve_in_next_release"),
            RESOLVED | {"status_release": "1.0", "activity": (*NAMED, Activity(kind="set_resolved", at=ago(hours=4)))},
            False,
        ),
        (
            request("resolve_in_next_release"),
            RESOLVED | {"status_release": "1.0", "activity": (*SEMVER, Activity(kind="note", at=ago(hours=4)))},
            True,
        ),
        (
            request("resolve_in_next_release"),
            RESOLVED
            | {
                "status_release": "1.0",
                "activity": (*SEMVER, Activity(kind="set_resolved_in_release", at=ago(hours=6), version="0.9")),
            },
            True,
        ),
        (request("resolve_in_release", release="1.0"), RESOLVED | {"status_release": "1.0"}, True),
        (request("resolve_in_release", release="1.0"), RESOLVED | {"status_release": "1.1"}, False),
        (request("resolve_in_release", release="1.0"), RESOLVED, False),
        (request("resolve_in_release", release="1.0"), RESOLVED | {"status_release": "1.0", "activity": SEMVER}, False),
        (request("resolve_in_release", release="shop@1.0"), RESOLVED | {"status_release": "shop\uff201.0"}, True),
        (request("resolve_in_release", release="latest"), RESOLVED | {"status_release": "1.0"}, False),
        (request("ignore"), archived("archived_forever"), True),
        (request("ignore"), archived("archived_forever", count=3), False),
        (request("ignore"), archived(None), True),
        (request("ignore"), archived(None, count=3), False),
        (request("archive_until_escalating"), archived("archived_until_escalating"), True),
        (request("archive_until_escalating"), archived(None), False),
        (request("ignore", ignore_count=3), archived(count=3), True),
        (request("ignore", ignore_count=3), archived(count=2), False),
        (request("ignore", ignore_count=3), archived(None), False),
        (request("ignore", ignore_count=3), archived(count=3, users=1), False),
        (request("ignore", ignore_count=3), archived(count=3, until=NOW), False),
        (request("ignore", ignore_count=3, window_minutes=5), archived(count=3, window_minutes=5), True),
        (request("ignore", ignore_count=3, window_minutes=5), archived(count=3, window_minutes=6), False),
        (request("ignore", ignore_users=3, window_minutes=5), archived(users=3, user_window_minutes=5), True),
        (request("ignore", ignore_users=3, window_minutes=5), archived(users=3, window_minutes=5), False),
        (request("ignore", ignore_minutes=90), archived(until=IN_90_MINUTES), True),
        (request("ignore", ignore_minutes=90), archived(until=IN_90_MINUTES + MINUTE), True),
        (request("ignore", ignore_minutes=90), archived(until=IN_90_MINUTES - MINUTE), True),
        (request("ignore", ignore_minutes=90), archived(until=IN_90_MINUTES + MINUTE + timedelta(seconds=1)), False),
        (request("ignore", ignore_minutes=90), archived(until=IN_90_MINUTES - MINUTE - timedelta(seconds=1)), False),
        (request("ignore", ignore_minutes=90), archived(count=3), False),
    ],
)
def test_a_state_that_is_already_so_is_not_written_again(
    asked: ResolutionRequest, fields: Mapping[str, Any], already: bool
) -> None:
    decided = planned(asked, evidence_of(**fields))
    assert decided.already is already
    assert (decided.change is None) is already
    if already:
        before = decided.before
        assert decided == ResolutionPlan(action=asked.action, already=True, before=before, after=before)


# --- undo ----------------------------------------------------------------------------------------------------------

ANEW = " Counts and times then start anew: what had already passed is not restored."
RESOLVES = "resolves it again; the time of the first resolve is not restored."


@pytest.mark.parametrize(
    ("fields", "undo"),
    [
        ({"substatus": "ongoing"}, "resolve_issue action=reopen puts it back to unresolved."),
        ({"substatus": None}, "resolve_issue action=reopen puts it back to unresolved."),
        (
            {"substatus": "escalating"},
            'resolve_issue action=reopen puts it back to unresolved. Its substatus "escalating" becomes ongoing.',
        ),
        (RESOLVED, f"resolve_issue action=resolve {RESOLVES}"),
        (RESOLVED | {"next_release": True}, f"resolve_issue action=resolve_in_next_release {RESOLVES}"),
        (
            RESOLVED | {"status_release": "shop@1.0"},
            f'resolve_issue action=resolve_in_release release="shop@1.0" {RESOLVES}',
        ),
        (
            archived("archived_until_escalating"),
            f"resolve_issue action=archive_until_escalating archives it again.{ANEW}",
        ),
        (archived("archived_forever"), f"resolve_issue action=ignore archives it again.{ANEW}"),
        (archived(None), f"resolve_issue action=ignore archives it again.{ANEW}"),
        (
            archived(),
            "resolve_issue action=ignore ignore_count=N archives it again: Sentry tells no condition, so give "
            f"one.{ANEW}",
        ),
        (archived(count=7), f"resolve_issue action=ignore ignore_count=7 archives it again.{ANEW}"),
        (
            archived(count=7, window_minutes=30),
            f"resolve_issue action=ignore ignore_count=7 window_minutes=30 archives it again.{ANEW}",
        ),
        (
            archived(users=4, user_window_minutes=20),
            f"resolve_issue action=ignore ignore_users=4 window_minutes=20 archives it again.{ANEW}",
        ),
        (
            archived(until=NOW),
            "resolve_issue action=ignore ignore_minutes=… (it would have ended 2026-11-23 15:00 UTC) "
            f"archives it again.{ANEW}",
        ),
        (
            archived(count=7, window_minutes=30, users=4, user_window_minutes=30, until=NOW),
            "resolve_issue action=ignore ignore_count=7 ignore_users=4 window_minutes=30 ignore_minutes=… "
            f"(it would have ended 2026-11-23 15:00 UTC) archives it again.{ANEW}",
        ),
    ],
    ids=[
        "unresolved, ongoing",
        "unresolved",
        "escalating",
        "resolved",
        "in the next release",
        "in a release",
        "until escalating",
        "for ever",
        "no kind and no condition",
        "condition not told",
        "events",
        "events within",
        "users within",
        "until a time",
        "every limit",
    ],
)
def test_what_puts_the_earlier_state_back_is_said_with_its_details(fields: Mapping[str, Any], undo: str) -> None:
    asked = request("ignore", ignore_count=99) if fields.get("status") != "ignored" else request("resolve")
    assert planned(asked, evidence_of(**fields, first_seen=NOW - timedelta(days=8))).undo == undo


# --- warnings ------------------------------------------------------------------------------------------------------

FOR_EVER = (
    "Without a limit the issue is archived for ever: Sentry never alerts on it again. "
    "Limits are ignore_count, ignore_minutes, ignore_users; or use action=archive_until_escalating."
)
SPIKING = "It is still spiking: 30 events in the last hour, 0 in the one before."
ANY_EVENT = "Any new event reopens a plainly resolved issue; resolve_in_next_release waits for a later release."
FORECASTS = (
    "Escalation needs Sentry's forecasts: a server without them may archive the issue for ever. The read-back tells."
)
FIX = request("resolve_in_release", release="shop@1.0.1")
STILL_ON = (
    "It is not shown to be over (check_recovery: ongoing). "
    "Not over: 2 events in the last hour, 2 in the incident's fullest hour, 0 an hour usual before it."
)
CAME_BACK = "make sure that the cause is fixed, not the symptom, and add a regression test."
REGRESSIONS = (
    Activity(kind="set_regression", at=ago(hours=8), version="shop@0.9"),
    Activity(kind="set_regression", at=ago(hours=7), version="shop@1.0.0"),
    Activity(kind="set_regression", at=ago(hours=9)),
)


@pytest.mark.parametrize(
    "asked",
    [
        request("resolve"),
        request("resolve_in_next_release"),
        FIX,
        request("reopen"),
    ],
    ids=str,
)
def test_an_incident_that_is_over_is_changed_without_a_warning(asked: ResolutionRequest) -> None:
    base = OVER if asked.action != "reopen" else evidence_of(status="ignored", substatus="archived_forever")
    decided = planned(asked, base)
    assert decided.change is not None
    assert decided.warnings == ()


@pytest.mark.parametrize(
    ("asked", "evidence", "warnings"),
    [
        pytest.param(request("ignore"), OVER, (FOR_EVER,), id="for ever"),
        pytest.param(request("resolve"), LOUD, (SPIKING, ANY_EVENT), id="spiking, resolve"),
        pytest.param(FIX, LOUD, (SPIKING,), id="spiking, in a release"),
        pytest.param(request("archive_until_escalating"), LOUD, (SPIKING, FORECASTS), id="spiking, archive"),
        pytest.param(request("reopen"), evidence_of(LOUD, **RESOLVED), (), id="spiking, reopen"),
        pytest.param(request("resolve"), STEADY, (STILL_ON, ANY_EVENT), id="not over, resolve"),
        pytest.param(request("resolve_in_next_release"), STEADY, (STILL_ON,), id="not over, next release"),
        pytest.param(FIX, STEADY, (STILL_ON,), id="not over, in a release"),
        pytest.param(request("archive_until_escalating"), STEADY, (FORECASTS,), id="not over, archive"),
        pytest.param(
            request("resolve"),
            evidence_of(activity=REGRESSIONS),
            (
                f'It was resolved before and came back (3 times, last 2026-11-23 08:00 UTC with release "shop@1.0.0"): '
                f"{CAME_BACK}",
            ),
            id="came back three times",
        ),
        pytest.param(
            FIX,
            evidence_of(activity=REGRESSIONS[2:]),
            (f"It was resolved before and came back (1 time, last 2026-11-23 06:00 UTC): {CAME_BACK}",),
            id="came back once",
        ),
        pytest.param(
            request("archive_until_escalating"),
            evidence_of(activity=REGRESSIONS),
            (FORECASTS,),
            id="came back, archive",
        ),
        pytest.param(
            request("resolve"),
            evidence_of(**RESOLVED, status_release="shop@1.0"),
            (
                'It is resolved in release "shop@1.0" now; a plain resolve drops that link, and any event then '
                "reopens it.",
            ),
            id="loses its release",
        ),
        pytest.param(
            request("resolve"),
            evidence_of(**RESOLVED, next_release=True),
            (
                "It is resolved in the next release now; a plain resolve drops that link, and any event then reopens "
                "it.",
            ),
            id="loses the next release",
        ),
        pytest.param(
            request("resolve_in_next_release"),
            evidence_of(**RESOLVED, status_release="shop@1.0"),
            (),
            id="keeps a release",
        ),
        pytest.param(
            FIX,
            evidence_of(**RESOLVED, activity=(Activity(kind="set_resolved", at=ago(hours=4)),)),
            ("It is resolved already, since 2026-11-23 11:00 UTC; resolving again moves that time.",),
            id="resolved by another",
        ),
        pytest.param(
            FIX,
            evidence_of(activity=(Activity(kind="set_resolved", at=ago(hours=4)),)),
            (),
            id="reopened since",
        ),
        pytest.param(
            request("archive_until_escalating"),
            evidence_of(**RESOLVED, activity=(Activity(kind="set_resolved", at=ago(hours=4)),)),
            (FORECASTS,),
            id="resolved, archive",
        ),
        *(
            pytest.param(
                asked,
                evidence_of(substatus=substatus),
                (f"Sentry calls it {substatus}: archiving silences its alerts for everybody.", *more),
                id=f"{asked.action}, {substatus}",
            )
            for substatus in ("new", "regressed", "escalating")
            for asked, more in (
                (request("ignore", ignore_minutes=5), ()),
                (request("archive_until_escalating"), (FORECASTS,)),
            )
        ),
        pytest.param(request("resolve"), evidence_of(substatus="new"), (), id="new, resolve"),
        pytest.param(
            request("ignore", ignore_count=1),
            OVER,
            ("ignore_count=1 means 1 MORE event from now.",),
            id="one more event",
        ),
        pytest.param(
            request("ignore", ignore_count=3),
            STEADY,
            ("ignore_count=3 means 3 MORE events from now. At the last hour's rate that is 1 h 30 min.",),
            id="rate of events",
        ),
        pytest.param(
            request("ignore", ignore_count=90, window_minutes=120),
            STEADY,
            ("ignore_count=90 means 90 MORE events from now within 2 h.",),
            id="events within a window",
        ),
        pytest.param(
            request("ignore", ignore_count=3),
            evidence_of(STEADY, parts={"series": Unknown(why="Discover answered 429")}),
            ("ignore_count=3 means 3 MORE events from now.",),
            id="rate unknown",
        ),
        pytest.param(
            request("ignore", ignore_users=1),
            STEADY,
            ("ignore_users=1 means 1 MORE user from now.",),
            id="one more user",
        ),
        pytest.param(
            request("ignore", ignore_users=5, window_minutes=60),
            STEADY,
            ("ignore_users=5 means 5 MORE users from now within 1 h.",),
            id="users within a window",
        ),
        pytest.param(
            request("ignore", ignore_count=90, ignore_users=5, window_minutes=120),
            STEADY,
            (
                "ignore_count=90 means 90 MORE events from now within 2 h.",
                "ignore_users=5 means 5 MORE users from now within 2 h.",
                "With several limits the first one that is reached ends it.",
            ),
            id="events and users within a window",
        ),
        pytest.param(request("ignore", ignore_minutes=1), STEADY, (), id="minutes"),
        pytest.param(
            request("ignore", ignore_count=2, ignore_users=3),
            OVER,
            (
                "ignore_count=2 means 2 MORE events from now.",
                "ignore_users=3 means 3 MORE users from now.",
                "With several limits the first one that is reached ends it.",
            ),
            id="two limits",
        ),
        pytest.param(
            request("ignore", ignore_users=3, ignore_minutes=5),
            OVER,
            (
                "ignore_users=3 means 3 MORE users from now.",
                "With several limits the first one that is reached ends it.",
            ),
            id="users and minutes",
        ),
        pytest.param(
            request("resolve_in_next_release"),
            evidence_of(category="metric"),
            ('It is an issue of category "metric": Sentry closes some of those only by itself.',),
            id="not an error",
        ),
        pytest.param(
            request("resolve_in_next_release"),
            evidence_of(asked_as="77"),
            ("Issue 77 was merged into SHOP-1Z; it is SHOP-1Z that changes.",),
            id="merged",
        ),
        pytest.param(request("resolve"), evidence_of(parts={"releases": known(())}), (), id="no releases, resolve"),
    ],
)
def test_what_speaks_against_a_change_or_may_surprise_is_said(
    asked: ResolutionRequest, evidence: Evidence, warnings: tuple[str, ...]
) -> None:
    decided = planned(asked, evidence)
    assert decided.change is not None
    assert decided.warnings == warnings


def test_warnings_come_gravest_first() -> None:
    evidence = evidence_of(
        LOUD,
        substatus="regressed",
        activity=REGRESSIONS[2:],
        category="metric",
        asked_as="77",
    )
    assert planned(request("ignore"), evidence).warnings == (
        FOR_EVER,
        SPIKING,
        "Sentry calls it regressed: archiving silences its alerts for everybody.",
        'It is an issue of category "metric": Sentry closes some of those only by itself.',
        "Issue 77 was merged into SHOP-1Z; it is SHOP-1Z that changes.",
    )


def test_warnings_before_a_resolve_come_gravest_first() -> None:
    evidence = evidence_of(
        LOUD,
        parts={"releases": known(()), "rows": known(()), **events_of()},
        **RESOLVED,
        status_release="shop@1.0",
        activity=(*REGRESSIONS[2:], Activity(kind="set_resolved", at=ago(hours=4))),
        category="metric",
        asked_as="77",
    )
    begins = ("It is still spiking", "It was resolved before and came back")
    ends = ("It is resolved already", "It is an issue of category", "Issue 77 was merged")
    for asked, between in (
        (request("resolve"), ("It is resolved in release", "Any new event reopens")),
        (request("resolve_in_next_release"), ("No event of this issue names a release",)),
        (FIX, ('Sentry knows no release "shop@1.0.1"',)),
    ):
        warnings = planned(asked, evidence).warnings
        expected = (*begins, *between, *ends)
        assert [warning[: len(begin)] for warning, begin in zip(warnings, expected, strict=True)] == list(expected)


@pytest.mark.parametrize(
    ("asked", "begins"),
    [
        (request("resolve_in_next_release"), ("It is not shown to be over", "It was resolved before and came back")),
        (request("ignore", ignore_count=5), ("Sentry calls it regressed", "ignore_count=5 means", "It is an issue of")),
        (request("archive_until_escalating"), ("Sentry calls it regressed", "Escalation needs", "It is an issue of")),
    ],
    ids=str,
)
def test_what_is_going_on_is_graver_than_what_the_action_means(
    asked: ResolutionRequest, begins: tuple[str, ...]
) -> None:
    evidence = evidence_of(STEADY, substatus="regressed", activity=REGRESSIONS[2:], category="metric")
    warnings = planned(asked, evidence).warnings[: len(begins)]
    assert [warning[: len(begin)] for warning, begin in zip(warnings, begins, strict=True)] == list(begins)


def deploy(minutes_ago: float, version: str = "shop@1.0.1") -> Deploy:
    return Deploy(version=version, environment="production", finished=ago(minutes=minutes_ago))


def deployed_ago(length: str, version: str = "shop@1.0.1") -> str:
    return (
        f'"{version}" was deployed {length} ago: old instances may still send events, and any event reopens a plainly '
        "resolved issue. resolve_in_next_release waits for a later release."
    )


@pytest.mark.parametrize(
    ("parts", "warnings"),
    [
        ({"deploys": known((deploy(60),))}, (deployed_ago("1 h"),)),
        ({"deploys": known((deploy(60.1),))}, ()),
        ({"deploys": known((deploy(0),))}, (deployed_ago("0 s"),)),
        ({"deploys": known((deploy(-1),))}, ()),
        ({"deploys": known((Deploy(version="x", environment="production", started=ago(minutes=5)),))}, ()),
        (
            {"deploys": known((deploy(20), deploy(10, "shop@1.0.2"), deploy(30, "shop@1.0.3")))},
            (deployed_ago("10 min", "shop@1.0.2"),),
        ),
        (
            {"releases": known((Release(version="shop@1.0.1", deploys=(deploy(15),)), Release(version="shop@1.0.0")))},
            (deployed_ago("15 min"),),
        ),
    ],
)
def test_a_plain_resolve_within_an_hour_of_a_deploy_may_reopen(
    parts: Mapping[str, Any], warnings: tuple[str, ...]
) -> None:
    assert planned(request("resolve"), evidence_of(parts=parts)).warnings == warnings
    assert planned(request("resolve_in_next_release"), evidence_of(parts=parts)).warnings == ()


# --- the release that is named -------------------------------------------------------------------------------------

LIVE = Release(version="shop@1.0.1", first_event=ago(hours=1))


def events_of(*versions: str | None) -> Mapping[str, Any]:
    combinations = tuple(Combination(tags={"release": version}, events=5) for version in versions)
    return {"breakdown": known(Breakdown(combinations=combinations))}


def not_known(*seen: str) -> str:
    named = f" Events of this issue name {', '.join(seen)}." if seen else ""
    return f'Sentry knows no release "shop@1.0.1": it refuses this until the release exists there.{named}'


NOT_LIVE = 'No deploy marker and no event shows that "shop@1.0.1" is live: check that the fix is out.'


@pytest.mark.parametrize(
    ("release", "parts", "warnings"),
    [
        pytest.param(
            "latest",
            {},
            ("latest is whatever release is the newest in Sentry at the moment of the write.",),
            id="latest",
        ),
        pytest.param("shop@1.0.1", {"releases": known((LIVE,))}, (), id="live by an event"),
        pytest.param(
            "shop@1.0.1",
            {"releases": known((Release(version="shop@1.0.1", deploys=(deploy(600),)),))},
            (),
            id="live by a deploy",
        ),
        pytest.param(
            "shop@1.0.1",
            {"releases": known((Release(version="shop@1.0.1", deploys=()),))},
            (NOT_LIVE,),
            id="not live",
        ),
        pytest.param("shop@1.0.1", {"releases": known(()), **events_of()}, (not_known(),), id="not known"),
        pytest.param(
            "shop@1.0.1",
            {"releases": known(()), **events_of("shop@1.0.0", "shop@0.9")},
            (not_known('"shop@1.0.0"', '"shop@0.9"'),),
            id="not known, others seen",
        ),
        pytest.param("shop@1.0.1", {"releases": Unknown(why="429")}, (), id="releases unknown"),
        pytest.param(
            "shop@1.0.0",
            {},
            ('Events of this issue come from "shop@1.0.0" itself: it does not hold the fix.',),
            id="does not hold the fix",
        ),
        *(
            pytest.param(
                release,
                events_of(*seen),
                (
                    f'The issue\'s events name their releases otherwise ({names}): "{release}" may never match one, '
                    "and then nothing reopens the issue.",
                ),
                id=f"{release} against {names}",
            )
            for release, seen, names in (
                ("1.0.1", ("shop@1.0.0",), '"shop@1.0.0"'),
                ("v1.0.1", ("1.0.0",), '"1.0.0"'),
                ("shop@1.0.1", ("api@1.0.0", "1.0"), '"api@1.0.0", "1.0"'),
                ("shop@v1.0.1", ("shop@1.0.0",), '"shop@1.0.0"'),
                ("api@main", ("shop@main",), '"shop@main"'),
                ("abc", ("shop@1.0.0",), '"shop@1.0.0"'),
            )
        ),
        *(
            pytest.param(release, events_of(*seen), (), id=f"{release} like {seen}")
            for release, seen in (
                ("1.0.1", ("1.0.0",)),
                ("v1.0.1", ("v1.0.0",)),
                ("shop@v1.0.1", ("shop@v1.0.0",)),
                ("shop@1.0.1", ("api@1.0.0", "shop@1.0.0")),
                ("shop@2", ("shop@main",)),
                ("abc", ("main",)),
                ("abc", ("1.0.0",)),
                ("shop@1.0.1", ()),
                ("shop@1.0.1", (None,)),
            )
        ),
    ],
)
def test_the_release_named_for_the_fix_is_checked_against_what_sentry_knows(
    release: str, parts: Mapping[str, Any], warnings: tuple[str, ...]
) -> None:
    base = OVER if parts else evidence_of(parts=events_of("shop@1.0.0"))
    evidence = evidence_of(base, parts={"rows": known(()), **parts})
    asked = request("resolve_in_release", release=release)
    # How Sentry compares the releases is told by tests/incident/test_release_order.py.
    of_order = set(order_warnings(asked, read(evidence)))
    assert tuple(text for text in planned(asked, evidence).warnings if text not in of_order) == warnings


def test_events_without_a_release_never_reopen_what_is_resolved_in_one() -> None:
    bare = evidence_of(parts={"rows": known(()), **events_of(None)})
    why = (
        "No event of this issue names a release: events without one never reopen an issue that is resolved in a "
        "release, and Sentry refuses this where the project has none. action=resolve works without releases.",
    )
    assert planned(request("resolve_in_next_release"), bare).warnings == why
    listed = evidence_of(bare, parts={"releases": known((LIVE,))})
    assert planned(request("resolve_in_next_release"), listed).warnings == why
    assert planned(request("resolve"), bare).warnings == ()
    for named in (evidence_of(bare, first_release=LIVE), evidence_of(bare, last_release=LIVE)):
        assert planned(request("resolve_in_next_release"), named).warnings == ()


# --- read back -----------------------------------------------------------------------------------------------------


def applied(*notes: str) -> Verification:
    return Verification(outcome="applied", notes=notes)


def not_applied(note: str) -> Verification:
    return Verification(outcome="not_applied", notes=(note,))


@pytest.mark.parametrize(
    ("asked", "fields", "outcome"),
    [
        (request("reopen"), {}, applied()),
        (request("reopen"), {"substatus": None}, applied()),
        (request("reopen"), RESOLVED, not_applied("Sentry shows the issue as resolved.")),
        (request("resolve"), RESOLVED, applied()),
        (request("resolve"), {}, not_applied("Sentry shows the issue as unresolved (ongoing).")),
        (request("resolve"), {"status": None}, not_applied("Sentry shows the issue as not known.")),
        (
            request("resolve"),
            RESOLVED | {"status_release": "1.0"},
            not_applied('Sentry shows the issue as resolved in release "1.0" still.'),
        ),
        (
            request("resolve"),
            RESOLVED | {"next_release": True},
            not_applied("Sentry shows the issue as resolved in the next release still."),
        ),
        (request("resolve_in_next_release"), RESOLVED | {"next_release": True}, applied()),
        (request("resolve_in_next_release"), RESOLVED | {"next_release": True, "status_release": "1.0"}, applied()),
        (
            request("resolve_in_next_release"),
            RESOLVED | {"status_release": "1.0"},
            applied('This project orders its releases: Sentry stored it as resolved in "1.0"; later ones reopen it.'),
        ),
        (
            request("resolve_in_next_release"),
            RESOLVED,
            not_applied(
                "Sentry shows the issue as resolved, without the next release: any new event reopens it.",
            ),
        ),
        (request("resolve_in_release", release="1.0"), RESOLVED | {"status_release": "1.0"}, applied()),
        (request("resolve_in_release", release="a@1.0"), RESOLVED | {"status_release": "a\uff201.0"}, applied()),
        (
            request("resolve_in_release", release="1.0"),
            RESOLVED | {"status_release": "1.1"},
            not_applied('Sentry shows the issue as resolved in release "1.1", not in release "1.0".'),
        ),
        (
            request("resolve_in_release", release="1.0"),
            RESOLVED,
            not_applied('Sentry shows the issue as resolved, not in release "1.0".'),
        ),
        (
            request("resolve_in_release", release="latest"),
            RESOLVED | {"status_release": "1.1"},
            applied('The latest release is "1.1".'),
        ),
        (
            request("resolve_in_release", release="latest"),
            RESOLVED,
            not_applied("Sentry shows the issue as resolved, in no release."),
        ),
        (request("archive_until_escalating"), archived("archived_until_escalating"), applied()),
        (
            request("archive_until_escalating"),
            archived("archived_forever"),
            not_applied(
                "Sentry shows the issue as archived for ever: this server keeps no forecast, so the issue will not "
                "come back by itself."
            ),
        ),
        (request("ignore"), archived("archived_forever"), applied()),
        (request("ignore"), archived(None), applied()),
        (
            request("ignore"),
            archived("archived_forever", count=3),
            not_applied("Sentry shows the issue as archived for ever (Sentry also shows a limit: 3 more events)."),
        ),
        (
            request("ignore"),
            archived("archived_until_escalating"),
            not_applied("Sentry shows the issue as archived until it escalates."),
        ),
        (
            request("ignore", ignore_count=3),
            archived("archived_forever"),
            not_applied(
                "Sentry shows the issue as archived for ever: it dropped the conditions, so this may be for ever."
            ),
        ),
        (
            request("ignore", ignore_count=3),
            archived(),
            not_applied(
                "Sentry shows the issue as archived until a condition is met that Sentry does not tell: it dropped "
                "the conditions, so this may be for ever."
            ),
        ),
    ],
)
def test_what_is_read_after_the_write_decides_whether_it_was_applied(
    asked: ResolutionRequest, fields: Mapping[str, Any], outcome: Verification
) -> None:
    assert compare(change_of(asked), issue_with(**fields), NOW) == outcome


def at(**off: float) -> datetime:
    return IN_90_MINUTES + timedelta(**off)


LIMITS = request("ignore", ignore_count=100, ignore_users=10, ignore_minutes=90, window_minutes=30)
A_WEEK = request("ignore", ignore_minutes=10_080)
FULL: dict[str, Any] = {
    "count": 100,
    "users": 10,
    "until": at(),
    "window_minutes": 30,
    "user_window_minutes": 30,
}


@pytest.mark.parametrize(
    ("asked", "snooze", "kept"),
    [
        (LIMITS, FULL, True),
        (LIMITS, FULL | {"count": 99, "users": 9}, True),
        (LIMITS, FULL | {"count": 0, "users": 0}, True),
        (LIMITS, FULL | {"count": 101}, False),
        (LIMITS, FULL | {"users": 11}, False),
        (LIMITS, FULL | {"count": -1}, False),
        (LIMITS, FULL | {"users": -1}, False),
        (LIMITS, FULL | {"count": None}, False),
        (LIMITS, FULL | {"users": None}, False),
        (LIMITS, FULL | {"until": None}, False),
        (LIMITS, FULL | {"window_minutes": 31}, False),
        (LIMITS, FULL | {"user_window_minutes": None}, False),
        (LIMITS, FULL | {"until": at(minutes=10)}, True),
        (LIMITS, FULL | {"until": at(minutes=-10)}, True),
        (LIMITS, FULL | {"until": at(minutes=10, seconds=1)}, False),
        (LIMITS, FULL | {"until": at(minutes=-10, seconds=-1)}, False),
        (A_WEEK, {"until": NOW + timedelta(minutes=10_080 + 1008)}, True),
        (A_WEEK, {"until": NOW + timedelta(minutes=10_080 + 1009)}, False),
        (A_WEEK, {"until": NOW + timedelta(minutes=5)}, False),
        (A_WEEK, {"count": 3}, False),
        (request("ignore", ignore_count=3), {"count": 3, "until": NOW}, False),
        (request("ignore", ignore_count=5), {"count": 5}, True),
        (request("ignore", ignore_count=5), {"count": 5, "users": 1}, False),
        (request("ignore", ignore_users=5), {"users": 4}, True),
        (request("ignore", ignore_users=5), {"users": 4, "count": 1}, False),
        (request("ignore", ignore_users=5), {"users": 4, "until": NOW}, False),
    ],
)
def test_limits_are_kept_when_what_is_shown_is_what_remains_of_them(
    asked: ResolutionRequest, snooze: dict[str, Any], kept: bool
) -> None:
    issue = issue_with(**archived(**snooze))
    lost = not_applied(f"Sentry shows the issue as {state_of(issue).summary}: other conditions than were sent.")
    assert compare(change_of(asked), issue, NOW) == (applied() if kept else lost)


def test_every_published_action_has_its_rule() -> None:
    assert tuple(ACTIONS) == get_args(Action)


# --- servers that keep no conditions -------------------------------------------------------------------------------


@pytest.mark.parametrize("base", [OVER, LOUD, STEADY], ids=["over", "loud", "steady"])
@pytest.mark.parametrize("action", ["resolve", "ignore", "reopen"])
@pytest.mark.parametrize("just_deployed", [True, False])
def test_no_warning_recommends_what_glitchtip_drops(base: Evidence, action: Action, just_deployed: bool) -> None:
    deploys = known((Deploy(version="shop@1.0.0", finished=ago(minutes=9)),)) if just_deployed else base.deploys
    issue = {"status": "unresolved" if action != "reopen" else "resolved"}
    there = evidence_of(base, parts={"server_kind": "glitchtip", "deploys": deploys}, **issue)
    said = planned(request(action), there)
    assert said.change is not None
    text = " ".join((*said.warnings, said.undo))
    assert [word for word in ("resolve_in", "ignore_", "archive_until") if word in text] == []
    on_sentry = " ".join(planned(request(action), evidence_of(base, parts={"deploys": deploys}, **issue)).warnings)
    if action == "ignore" or (action == "resolve" and (just_deployed or base is STEADY)):
        assert "resolve_in" in on_sentry or "ignore_" in on_sentry
