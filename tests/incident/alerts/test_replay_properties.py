"""Replay against an evaluator that walks through the raw events one by one: it never says more than they do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import trunc

from hypothesis import event, given
from hypothesis import strategies as st

from sentry_runbook.incident.alerts import replay_bounds
from sentry_runbook.incident.alerts.replay import replay
from sentry_runbook.incident.alerts.replay_rows import RowKind, rows_of
from sentry_runbook.incident.alerts.replay_series import counted_period
from sentry_runbook.incident.alerts.replayed import Replay
from sentry_runbook.incident.model.evidence.alert_definition import (
    AlertCondition,
    AlertDefinition,
    ConditionGroup,
    Logic,
)
from sentry_runbook.incident.model.evidence.alert_review import AlertReviewEvidence
from tests.incident.alerts.counted import RawIssue, counted, minute_of

HOUR, DAY, WEEK = 3600, 86_400, 7 * 86_400
FIRST, LAST = -2 * HOUR, 6 * HOUR
"""Seconds from the period's beginning to which events are drawn: some are before it."""
STEPS = (60, 300, 900, 3600)
SEARCHES = ("level:error", 'tags[tier]:"gold"')
ENVIRONMENTS = ("production", "staging")


@dataclass(frozen=True)
class RawEvent:
    at: int
    user: str
    environment: str
    meets: frozenset[str]


def gaps() -> st.SearchStrategy[list[int]]:
    """Seconds between events: bursts and pauses."""
    return st.lists(st.one_of(st.integers(1, 20), st.integers(1, 600), st.integers(600, 4000)), min_size=1, max_size=60)


@st.composite
def raw_events(draw: st.DrawFn) -> list[RawEvent]:
    found: list[RawEvent] = []
    at = FIRST + draw(st.integers(0, 3 * HOUR))
    for gap in draw(gaps()):
        at += gap
        if at >= LAST:
            break
        found.append(
            RawEvent(
                at,
                draw(st.sampled_from(("ann", "bob", "cat", "dan"))),
                draw(st.sampled_from(ENVIRONMENTS)),
                frozenset(draw(st.sets(st.sampled_from(SEARCHES)))),
            )
        )
    return found or [RawEvent(HOUR, "ann", "production", frozenset())]


def raw_issue(events: list[RawEvent], activity: tuple[tuple[float, str], ...] = (), before: int = 0) -> RawIssue:
    return RawIssue(
        "7",
        [one.at / 60 for one in events],
        users=[one.user for one in events],
        environments=[one.environment for one in events],
        meets={index: one.meets for index, one in enumerate(events)},
        activity=activity,
        before=before,
    )


def evidence_of(issue: RawIssue, step: int, environment: str | None, asked: tuple[int, int]) -> AlertReviewEvidence:
    """All that round two may ask, in one step, for some of the hours."""
    first, last = asked[0] * 60, asked[1] * 60
    minutes = [(environment, search, step, first, last) for search in ("", *SEARCHES)]
    users = [(environment, "", one, first, last) for one in sorted({step, 900})]
    return counted([issue], end=LAST / 60, minutes=minutes, users=users)


# --- bounds --------------------------------------------------------------------------------------------------------


@given(raw_events(), st.sampled_from(STEPS), st.sampled_from((60, 300, 900, 3600, 7200)), st.booleans())
def test_bounds_hold_the_exact_count_of_every_window(
    events: list[RawEvent], step: int, length: int, is_old: bool
) -> None:
    evidence = evidence_of(raw_issue(events, before=int(is_old)), step, None, (-2, 6))
    period = counted_period(evidence)
    cells, row = period.cells(None, "", "7"), period.issues["7"]
    rows = rows_of(row, cells, period.start - 2 * HOUR, period.end, environment=None, everywhere=cells)
    bounds = replay_bounds.events(cells, rows, length, counts_all=True)
    by_users = replay_bounds.users(cells, period.users(None, "", "7"), rows, length)
    zero = period.start
    for index, one in enumerate(rows):
        if one.kind is RowKind.EVENTS:
            inside = [raw for raw in events[0 if is_old else 1 :] if one.start <= raw.at + zero < one.end]
        else:
            inside = events[:1]
        assert inside
        exact = [sum(raw.at - length < other.at <= raw.at for other in events) for raw in inside]
        people = [len({other.user for other in events if raw.at - length < other.at <= raw.at}) for raw in inside]
        for found, counts in ((bounds, exact), (by_users, people)):
            assert found.every[index] <= min(counts)
            assert max(counts) <= found.high[index]
            assert found.last[index] <= counts[-1]
            assert found.once[index] <= max(counts)


# --- the whole condition -------------------------------------------------------------------------------------------


@dataclass
class ByHand:
    """Walks through the events: which conditions hold at each, which pass the logic, which the throttle lets fire."""

    events: list[RawEvent]
    alert: AlertDefinition
    before: int
    resolves: list[int]
    archived: tuple[int, int] | None

    def window(self, now: int, length: int, search: str, earlier: int = 0) -> list[RawEvent]:
        return [
            one
            for one in self.events
            if now - earlier - length < one.at <= now - earlier
            and (self.alert.raw_environment is None or one.environment == self.alert.raw_environment)
            and (not search or search in one.meets)
        ]

    def holds(self, condition: AlertCondition, index: int) -> bool:
        now = self.events[index]
        search = condition.filters[0].search or "" if condition.filters else ""
        seen = self.window(now.at, condition.interval_s or 0, search)
        earlier = self.window(now.at, condition.interval_s or 0, search, condition.comparison_s or 0)
        value = condition.value or 0
        first = self.events[0].at if not self.before else -40 * DAY
        others = [one for one in self.events[:index] if one.environment == now.environment]
        is_first = index == 0 if self.alert.raw_environment is None else not others
        table: dict[str, Callable[[], bool]] = {
            "every_event": lambda: True,
            "first_seen_event": lambda: is_first and not self.before,
            "regression_event": lambda: now.at in self.reopened,
            "event_frequency_count": lambda: len(seen) > value,
            "event_unique_user_frequency_count": lambda: len({one.user for one in seen}) > value,
            "event_frequency_percent": lambda: rise(len(seen), len(earlier)) > value,
            "issue_occurrences": lambda: self.before + index + 1 >= value,
            "age_comparison": lambda: (first + (condition.age_s or 0) < now.at) is bool(condition.is_older),
            "level": lambda: condition.search in now.meets,
            "tagged_event": lambda: condition.search in now.meets,
        }
        return table[condition.type]()

    def passes(self, group: ConditionGroup, index: int) -> bool:
        found = [self.holds(condition, index) for condition in group.conditions]
        if not found:
            return True
        return {"all": all(found), "any": any(found), "none": not any(found)}[group.logic]

    @property
    def reopened(self) -> list[int]:
        """The first event after each resolve."""
        found = [next((one.at for one in self.events if one.at > resolve), None) for resolve in self.resolves]
        return sorted({at for at in found if at is not None})

    def firings(self) -> list[int]:
        fired: list[int] = []
        for index, one in enumerate(self.events):
            if self.alert.raw_environment not in (None, one.environment):
                continue
            if self.archived and self.archived[0] <= one.at < self.archived[1]:
                continue
            triggers = self.alert.triggers or ConditionGroup()
            if not self.passes(triggers, index) or not any(self.passes(block, index) for block in self.alert.filters):
                continue
            if not fired or one.at - fired[-1] > (self.alert.frequency_minutes or 0) * 60:
                fired.append(one.at)
        return fired


def rise(now: int, then: int) -> int:
    return now * 100 if then == 0 else max(0, trunc((now - then) / then * 100))


def conditions(*, with_environment: bool) -> st.SearchStrategy[AlertCondition]:
    interval = st.sampled_from((60, 300, 900, 3600))
    gate = st.sampled_from(
        [AlertCondition(type="level", search=SEARCHES[0]), AlertCondition(type="tagged_event", search=SEARCHES[1])]
    )
    plain = [AlertCondition(type="every_event"), AlertCondition(type="first_seen_event")]
    if not with_environment:
        plain.append(AlertCondition(type="regression_event"))
    return st.one_of(
        st.sampled_from(plain),
        gate,
        st.builds(
            lambda value, length, only: AlertCondition(
                type="event_frequency_count", value=value, interval_s=length, filters=(only,) if only else ()
            ),
            st.integers(0, 12),
            interval,
            st.none() | gate,
        ),
        st.builds(
            lambda value, length: AlertCondition(
                type="event_unique_user_frequency_count", value=value, interval_s=length
            ),
            st.integers(0, 3),
            interval,
        ),
        st.builds(
            lambda value, length: AlertCondition(
                type="event_frequency_percent", value=value, interval_s=length, comparison_s=3600
            ),
            st.sampled_from((0, 50, 100, 300)),
            interval,
        ),
        st.builds(lambda value: AlertCondition(type="issue_occurrences", value=value), st.integers(1, 40)),
        st.builds(
            lambda age, older: AlertCondition(type="age_comparison", age_s=age, is_older=older),
            st.sampled_from((600, 3600, 7200)),
            st.booleans(),
        ),
    )


@st.composite
def alerts(draw: st.DrawFn) -> AlertDefinition:
    environment = draw(st.none() | st.sampled_from(ENVIRONMENTS))
    one = conditions(with_environment=environment is not None)
    logic: st.SearchStrategy[Logic] = st.sampled_from(("any", "all", "none"))
    group = st.builds(
        lambda how, rows: ConditionGroup(logic=how, conditions=tuple(rows)), logic, st.lists(one, max_size=2)
    )
    blocks = draw(st.lists(group, min_size=1, max_size=2))
    return AlertDefinition(
        id="5",
        form="workflow",
        enabled=True,
        environment=environment,
        raw_environment=environment,
        frequency_minutes=draw(st.sampled_from((0, 5, 30, 60))),
        triggers=draw(st.none() | group),
        filters=tuple(block.model_copy(update={"actions": ("email",)}) for block in blocks),
    )


def seconds_of(result: Replay) -> list[tuple[int, int, bool]]:
    return [
        (round(minute_of(row.earliest) * 60), round(minute_of(row.latest) * 60), row.is_certain)
        for row in result.firings
    ]


@given(
    raw_events(),
    alerts(),
    st.sampled_from(STEPS),
    st.tuples(st.integers(-2, 3), st.integers(4, 6)),
    st.integers(0, 1),
    st.lists(st.integers(FIRST, LAST), max_size=2),
    st.none() | st.tuples(st.integers(FIRST, 2 * HOUR), st.integers(2 * HOUR + 1, LAST)),
)
def test_replay_claims_no_firing_that_the_events_do_not_make_and_overlooks_none(
    events: list[RawEvent],
    alert: AlertDefinition,
    step: int,
    asked: tuple[int, int],
    before: int,
    resolves: list[int],
    archived: tuple[int, int] | None,
) -> None:
    # Who was first within a second is not told by anything.
    times = {one.at for one in events}
    resolves = [] if archived is not None else [at for at in resolves if at not in times]
    by_hand = ByHand(events, alert, before * 50, resolves, archived)
    log = [(at / 60, "set_resolved") for at in resolves]
    log += [(at / 60, "set_regression") for at in by_hand.reopened]
    if archived is not None:
        log += [(archived[0] / 60, "set_ignored"), (archived[1] / 60, "set_unresolved")]
    issue = raw_issue(
        events, tuple(sorted(log, key=lambda entry: (entry[0], entry[1] == "set_regression"))), before * 50
    )
    result = replay(alert, evidence_of(issue, step, alert.raw_environment, asked))
    assert result.why_not is None
    fired = [at for at in by_hand.firings() if at >= 0]
    replayed = seconds_of(result)
    for at in fired:
        assert any(first <= at <= last for first, last, _ in replayed), (at, replayed)
    for first, last, is_certain in replayed:
        if is_certain:
            assert any(first <= at <= last for at in fired), ((first, last), fired)
    if fired:
        event("certain" if any(one[2] for one in replayed) else "possible")
