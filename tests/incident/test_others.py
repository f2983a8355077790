"""What others did since a plan: which entries are new, whose they are, and what is said of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from sentry_runbook.incident.model.evidence import Activity, Issue
from sentry_runbook.incident.resolution.others import NO_LOG, OWN, acts_lately, acts_since, seen_in
from sentry_runbook.safety.confirm import Seen
from tests.incident.builder import MINUTE, NOW, incident
from tests.incident.builder import Seen as Event

OUR_NAME = "Runbook-7f3a1c-0f0e0d0c-1111-4222-8333-444455556666"
OURS: dict[str, Any] = {"actor": "machine", "who": "runbook-7f3a1c"}
TRACKER: dict[str, Any] = {"actor": "machine", "who": "Tracker"}
MINA: dict[str, Any] = {"actor": "person", "who": "Mina Park"}
BY_SENTRY: dict[str, Any] = {"actor": "sentry", "who": None}


def act(kind: str, minutes: float, writer: dict[str, Any] = MINA, **fields: Any) -> Activity:
    """An entry that many minutes before NOW."""
    return Activity(kind=kind, at=NOW - minutes * MINUTE, **writer, **fields)


def issue(*entries: Activity, **fields: Any) -> Issue:
    """An issue with this log; of one instant the newest entry first, as Sentry's lists are read."""
    ordered = tuple(sorted(entries, key=lambda entry: entry.at))
    return incident([Event(at=NOW - 5 * MINUTE)], issue={"activity": ordered, **fields}).issue


OLD = act("assigned", 60)


@pytest.mark.parametrize(
    ("writer", "kind", "words"),
    [
        pytest.param(MINA, "set_resolved", '"Mina Park" resolved the issue', id="person"),
        pytest.param(TRACKER, "create_issue", 'Integration "Tracker" made a ticket of it', id="integration"),
        pytest.param(OURS, "set_ignored", f'Integration "runbook-7f3a1c" archived the issue{OWN}', id="ours"),
        pytest.param({"actor": "machine", "who": None}, "assigned", "An integration assigned the issue", id="nameless"),
        pytest.param({"actor": "person", "who": None}, "set_priority", "Somebody set the priority", id="somebody"),
        pytest.param(
            {**MINA, "who": "runbook-7f3a1c"}, "assigned", '"runbook-7f3a1c" assigned the issue', id="namesake"
        ),
    ],
)
def test_an_act_is_told_by_whose_it_was(writer: dict[str, Any], kind: str, words: str) -> None:
    after = issue(OLD, act(kind, 2, writer))
    own, at = (words.partition(OWN)[1], "14:58 UTC")
    expected = f"After this was planned: {words.removesuffix(OWN)} at {at}{own}."
    assert acts_since(after, seen_in(issue(OLD)), NOW, OUR_NAME).warnings == (expected,)


def test_without_a_name_of_our_own_an_integration_is_somebody_elses() -> None:
    after = issue(OLD, act("assigned", 2, OURS), act("assigned", 1, {"actor": "machine", "who": None}))
    assert not any(OWN in line for line in acts_since(after, seen_in(issue(OLD)), NOW, "").warnings)


@pytest.mark.parametrize(
    ("kind", "writer"),
    [
        ("set_regression", BY_SENTRY),
        ("set_escalating", BY_SENTRY),
        ("assigned", BY_SENTRY),
        ("subscribe", MINA),
        ("set_escalating", MINA),
        ("trigger_autofix", TRACKER),
    ],
)
def test_what_sentry_does_and_kinds_that_nobody_decides_are_no_warning_and_are_named_where_the_state_changed(
    kind: str, writer: dict[str, Any]
) -> None:
    acts = acts_since(issue(OLD, act(kind, 2, writer)), seen_in(issue(OLD)), NOW, OUR_NAME)
    assert acts.warnings == ()
    assert acts.changed_by.startswith("Since then: ")
    assert "14:58 UTC" in acts.changed_by


def test_a_changed_state_is_told_with_who_did_it_last_first_and_what_it_is_now() -> None:
    after = issue(
        OLD, act("set_resolved", 3), act("set_regression", 2, BY_SENTRY, version="shop@2"), substatus="regressed"
    )
    acts = acts_since(after, seen_in(issue(OLD)), NOW, OUR_NAME)
    assert acts.changed_by == (
        'Since then: Sentry recorded a regression: the issue came back, with release "shop@2" at 14:58 UTC; '
        '"Mina Park" resolved the issue at 14:57 UTC. It is unresolved (regressed) now.'
    )


def test_of_many_changes_the_last_three_are_named() -> None:
    after = issue(OLD, *(act("set_resolved" if number % 2 else "set_unresolved", number) for number in range(1, 6)))
    acts = acts_since(after, seen_in(issue(OLD)), NOW, OUR_NAME)
    assert acts.changed_by.count(" at 14:") == 3
    assert acts.changed_by.startswith('Since then: "Mina Park" resolved the issue at 14:59 UTC; ')
    assert [line[-10:] for line in acts.warnings[:3]] == ["14:59 UTC.", "14:58 UTC.", "14:57 UTC."]
    assert acts.warnings[3:] == ("After this was planned: 2 more acts, see the issue's activity in Sentry.",)


@pytest.mark.parametrize(("number", "lines"), [(3, 3), (4, 4)])
def test_three_acts_are_told_and_nothing_is_counted(number: int, lines: int) -> None:
    after = issue(OLD, *(act("mark_reviewed", minutes) for minutes in range(1, number + 1)))
    warnings = acts_since(after, seen_in(issue(OLD)), NOW, OUR_NAME).warnings
    assert len(warnings) == lines
    assert ("1 more act" in warnings[-1]) == (number > 3)


def test_a_state_that_changed_without_an_entry_names_nobody() -> None:
    acts = acts_since(issue(OLD, status="ignored", substatus="archived_forever"), seen_in(issue(OLD)), NOW, OUR_NAME)
    assert acts.warnings == ()
    assert acts.changed_by == "The activity log does not say who changed it. It is archived for ever now."


def test_a_server_without_a_log_cannot_tell() -> None:
    acts = acts_since(issue(logs_activity=False), Seen(), NOW, OUR_NAME)
    assert acts.warnings == (NO_LOG,)
    assert acts.changed_by == "This server keeps no log of who changed it. It is unresolved (ongoing) now."


# --- which entries are new


@pytest.mark.parametrize(
    ("before", "after", "new"),
    [
        ((), (0,), 1),
        ((0,), (0,), 0),
        ((0,), (0, 0), 1),
        ((1, 0), (1, 0, 0), 1),
        ((0, 0), (-1, 0, 0), 1),
        ((0, 0), (-2, 0, 0, 0), 2),
        ((0, 0), (0,), 0),
        ((2, 1), (2, 1, 1.5), 0),
    ],
    ids=["empty", "same", "instant", "instant-of-others", "later", "both", "taken-away", "earlier"],
)
def test_what_comes_after_the_last_entry_read_is_new(before: Sequence[float], after: Sequence[float], new: int) -> None:
    logs = [issue(*(act("mark_reviewed", minutes) for minutes in log)) for log in (before, after)]
    assert len(acts_since(logs[1], seen_in(logs[0]), NOW, OUR_NAME).warnings) == new


def test_of_one_instant_the_new_entry_is_the_one_that_sentry_gives_first() -> None:
    old, new = act("assigned", 0), act("set_resolved", 0)
    (line,) = acts_since(issue(new, old), seen_in(issue(old)), NOW, OUR_NAME).warnings
    assert "resolved the issue" in line


def test_how_far_a_log_was_read_is_its_newest_instant_and_how_many_bear_it() -> None:
    at = (NOW - MINUTE).timestamp()
    assert seen_in(issue(act("assigned", 2), act("assigned", 1), act("assigned", 1))) == Seen(round(at * 1e6), 2)
    assert seen_in(issue()) == Seen(0, 0)
    half = act("assigned", 1).model_copy(update={"at": NOW - MINUTE + timedelta(microseconds=7)})
    assert seen_in(issue(half)) == Seen(round(at * 1e6) + 7, 1)


# --- lately


@pytest.mark.parametrize(("minutes", "told"), [(10, True), (10.01, False), (0, True), (-0.01, False)])
def test_who_acted_in_the_last_ten_minutes_is_at_work_on_it(minutes: float, told: bool) -> None:
    acts = acts_lately(issue(act("note", minutes, text="Mine.")), NOW, OUR_NAME)
    assert (len(acts.warnings) == 1) == told
    assert acts.changed_by == ""
    if told:
        assert acts.warnings[0].startswith('Somebody is at work on it: "Mina Park" commented ("Mine.") at ')


def test_our_own_last_write_and_sentrys_are_nobody_elses_work() -> None:
    entries = (
        act("note", 1, OURS),
        act("set_regression", 1, BY_SENTRY),
        act("subscribe", 1),
        act("assigned", 1, TRACKER),
    )
    (line,) = acts_lately(issue(*entries), NOW, OUR_NAME).warnings
    assert line == 'Somebody is at work on it: Integration "Tracker" assigned the issue at 14:59 UTC.'
