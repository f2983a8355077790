"""An action on an issue is one row: the published names are those of the table, and its row decides what it takes."""

from __future__ import annotations

from typing import get_args

import pytest

from sentry_runbook.incident.model.results.resolution import Action
from sentry_runbook.incident.resolution.request import ACTIONS, Change, Wish, change_of, refusals
from tests.incident.builder import incident

ISSUE = incident([]).issue
VERSION = "shop@2.4.2"
SENT: dict[Action, Change] = {
    "resolve": Change("resolved"),
    "resolve_in_next_release": Change("resolved", in_next_release=True),
    "resolve_in_release": Change("resolved", in_release=VERSION),
    "ignore": Change("ignored", "archived_forever"),
    "archive_until_escalating": Change("ignored", "archived_until_escalating"),
    "reopen": Change("unresolved"),
}
NAMES: tuple[Action, ...] = get_args(Action)


def valid(action: Action) -> Wish:
    """The smallest valid wish for an action."""
    return Wish(action=action, release=VERSION if ACTIONS[action].takes_release else None)


def test_the_published_actions_are_the_rows_of_the_table() -> None:
    assert sorted(set(NAMES) - set(ACTIONS)) == [], "published, without a row"
    assert sorted(set(ACTIONS) - set(NAMES)) == [], "a row that is not published"
    assert sorted(set(NAMES) ^ set(SENT)) == [], "not in this test"


@pytest.mark.parametrize("action", NAMES)
def test_each_action_sends_its_change(action: Action) -> None:
    assert list(refusals(valid(action), ISSUE)) == []
    assert change_of(valid(action)) == SENT[action]


@pytest.mark.parametrize("action", NAMES)
def test_a_release_goes_with_the_actions_that_take_it_only(action: Action) -> None:
    refused = list(refusals(Wish(action=action, release=VERSION), ISSUE))
    taken = [f"release goes with action=resolve_in_release only, not with {action}."]
    assert refused == ([] if action == "resolve_in_release" else taken)


@pytest.mark.parametrize("action", NAMES)
@pytest.mark.parametrize("limit", ["ignore_count", "ignore_minutes", "ignore_users"])
def test_limits_go_with_the_actions_that_take_them_only(action: Action, limit: str) -> None:
    refused = list(refusals(valid(action).model_copy(update={limit: 1}), ISSUE))
    assert refused == ([] if action == "ignore" else [f"{limit} goes with action=ignore only, not with {action}."])


@pytest.mark.parametrize("limit", [{}, {"ignore_count": 1}, {"ignore_minutes": 1}, {"ignore_users": 1}])
def test_an_archive_is_for_ever_without_any_limit_only(limit: dict[str, int]) -> None:
    change = change_of(Wish.model_validate({"action": "ignore", **limit}))
    assert change.is_for_ever == (not limit)
    assert change.substatus == ("archived_until_condition_met" if limit else "archived_forever")


def test_only_a_resolve_without_a_release_is_plain() -> None:
    assert [action for action in NAMES if change_of(valid(action)).is_plain_resolve] == ["resolve"]
