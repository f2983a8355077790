"""Sentry keeps the kind of an archive until the issue is reopened: another is refused (recordings 74 to 96, 531)."""

from datetime import timedelta
from typing import Any

import pytest

from sentry_runbook.incident.issue_state import state_of
from sentry_runbook.incident.model.evidence import Issue, Snooze
from sentry_runbook.incident.model.results.resolution import State
from sentry_runbook.incident.resolution.plan import ResolutionPlan, plan
from sentry_runbook.incident.resolution.request import ResolutionRequest, StatusChange, change_of
from sentry_runbook.incident.resolution.state import is_same_state, keeps_kind
from sentry_runbook.incident.resolution.verification import Verification, compare
from tests.incident.builder import MINUTE, NOW, ago, burst, incident, read

EVIDENCE = incident(burst(ago(hours=6), 20, MINUTE, 3))
KEPT = "Sentry keeps how an issue is archived until it is reopened: use action=reopen first, then archive it anew."
FOR_EVER, ESCALATING, LIMITED = "archived_forever", "archived_until_escalating", "archived_until_condition_met"
IN_AN_HOUR, IN_TWO = NOW + timedelta(hours=1), NOW + timedelta(hours=2)


def archived(substatus: str | None, **snooze: Any) -> Issue:
    update = {"status": "ignored", "substatus": substatus, "snooze": Snooze(**snooze) if snooze else None}
    return EVIDENCE.issue.model_copy(update=update)


def change(substatus: str, **limits: Any) -> StatusChange:
    return StatusChange("ignored", substatus=substatus, **limits)


@pytest.mark.parametrize(
    ("asked", "issue", "kept"),
    [
        pytest.param(change(FOR_EVER), archived(ESCALATING), True, id="another kind"),
        pytest.param(change(ESCALATING), archived(LIMITED, count=5), True, id="another kind than limits"),
        pytest.param(change(ESCALATING), archived(ESCALATING), False, id="the same kind"),
        pytest.param(change(ESCALATING), archived(None), False, id="a server that tells no kind"),
        pytest.param(change(ESCALATING), EVIDENCE.issue, False, id="not archived"),
        pytest.param(StatusChange("resolved"), archived(ESCALATING), False, id="no archive is asked for"),
    ],
)
def test_another_kind_of_archive_is_not_granted(asked: StatusChange, issue: Issue, kept: bool) -> None:
    assert keeps_kind(asked, issue) is kept


IGNORE, COUNTED = ResolutionRequest(action="ignore"), ResolutionRequest(action="ignore", ignore_count=3)
TIMED, UNTIL_IT_ESCALATES = (
    ResolutionRequest(action="ignore", ignore_minutes=60),
    ResolutionRequest(action="archive_until_escalating"),
)


def planned(asked: ResolutionRequest, issue: Issue) -> ResolutionPlan:
    return plan(asked, read(EVIDENCE.model_copy(update={"issue": issue})))


@pytest.mark.parametrize(
    ("asked", "issue", "now"),
    [
        (IGNORE, archived(ESCALATING), "until it escalates"),
        (IGNORE, archived(LIMITED, count=3), "until 3 more events"),
        (UNTIL_IT_ESCALATES, archived(FOR_EVER), "for ever"),
        (UNTIL_IT_ESCALATES, archived(LIMITED, until=IN_TWO), "until 2026-11-23 17:00 UTC"),
        (COUNTED, archived(FOR_EVER), "for ever"),
        (COUNTED, archived(FOR_EVER, count=3), "for ever (Sentry also shows a limit: 3 more events)"),
        (
            TIMED,
            archived(ESCALATING, until=IN_AN_HOUR),
            "until it escalates (Sentry also shows a limit: 2026-11-23 16:00 UTC)",
        ),
    ],
)
def test_another_kind_of_archive_is_refused_with_the_way_out(asked: ResolutionRequest, issue: Issue, now: str) -> None:
    decided = planned(asked, issue)
    assert (decided.change, decided.already, decided.after) == (None, False, decided.before)
    assert decided.refused == f"The issue is archived {now}. {KEPT}"


def test_the_same_kind_is_there_already() -> None:
    assert planned(UNTIL_IT_ESCALATES, archived(ESCALATING)).already


@pytest.mark.parametrize("asked", [IGNORE, COUNTED])
def test_a_server_that_tells_no_kind_is_asked(asked: ResolutionRequest) -> None:
    assert planned(asked, archived(None, count=4)).change == change_of(asked)


@pytest.mark.parametrize(
    ("asked", "before", "after", "expected"),
    [
        pytest.param(
            change(LIMITED, ignore_count=5),
            archived(ESCALATING),
            archived(ESCALATING, count=5),
            Verification(
                outcome="not_applied",
                notes=(
                    "Sentry shows the issue as archived until it escalates (Sentry also shows a limit: 5 more events), "
                    f"neither as asked nor as before (archived until it escalates). {KEPT}",
                ),
            ),
            id="the kind stayed, a limit came",
        ),
        pytest.param(
            change(ESCALATING),
            archived(LIMITED, count=5),
            archived(LIMITED, count=4),
            Verification(
                outcome="not_applied",
                notes=(f"Sentry shows the issue as archived until 4 more events still. {KEPT}",),
            ),
            id="the kind stayed, an event came",
        ),
        pytest.param(
            change(LIMITED, ignore_minutes=60),
            archived(LIMITED, until=IN_TWO),
            archived(LIMITED, until=IN_TWO),
            Verification(
                outcome="not_applied",
                notes=(f"Sentry shows the issue as archived until 2026-11-23 17:00 UTC still. {KEPT}",),
            ),
            id="the end stayed",
        ),
        pytest.param(
            change(LIMITED, ignore_minutes=60),
            archived(LIMITED, until=IN_TWO),
            archived(LIMITED, until=IN_AN_HOUR),
            Verification(outcome="applied"),
            id="the end moved",
        ),
        pytest.param(
            change(LIMITED, ignore_count=5),
            archived(LIMITED, count=9),
            archived(LIMITED, count=5),
            Verification(outcome="applied"),
            id="the count moved",
        ),
        pytest.param(
            change(LIMITED, ignore_count=5),
            EVIDENCE.issue,
            archived(LIMITED, count=5),
            Verification(outcome="applied"),
            id="was not archived before",
        ),
        pytest.param(
            change(LIMITED, ignore_count=5),
            archived(None),
            archived(None, count=5),
            Verification(outcome="applied"),
            id="a server that tells no kind",
        ),
    ],
)
def test_after_the_write_it_is_told(asked: StatusChange, before: Issue, after: Issue, expected: Verification) -> None:
    assert compare(asked, after, NOW, before=before) == expected


@pytest.mark.parametrize(
    ("now", "same"),
    [
        pytest.param({"ignore_count": 5}, True, id="untouched"),
        pytest.param({"ignore_count": 3}, True, id="two of the events came"),
        pytest.param({"ignore_count": 0}, True, id="all of the events came"),
        pytest.param({"ignore_count": 6}, False, id="more than before"),
        pytest.param({"ignore_count": -1}, False, id="less than nothing"),
        pytest.param({}, False, id="the limit is gone"),
        pytest.param({"ignore_count": 5, "ignore_users": 2}, False, id="another limit"),
    ],
)
def test_less_that_remains_of_a_limit_is_no_other_state(now: dict[str, int], same: bool) -> None:
    before = State(summary="archived until 5 more events", status="ignored", ignore_count=5)
    after = State(summary="as it reads now", status="ignored", **now)
    assert is_same_state(before, after) is same


def test_fewer_users_remain_as_fewer_events_do() -> None:
    before, after = (state_of(archived(LIMITED, users=users)) for users in (4, 3))
    assert is_same_state(before, after)
    assert not is_same_state(after, before)
