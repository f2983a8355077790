"""The questions to people, how to settle what is unknown, and what may be noise: both sides of each."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any

import pytest

from sentry_runbook.incident.incident import Incident
from sentry_runbook.incident.model.evidence import Evidence, Unknown
from sentry_runbook.incident.model.policy import Policy
from sentry_runbook.incident.model.results.triage import Cause
from sentry_runbook.incident.model.stated import Stated
from sentry_runbook.incident.severity.noise import may_be_noise
from tests.incident.builder import MINUTE, NOTHING_STATED, NOW, POLICY, Seen, ago, incident, known, read
from tests.incident.severity_cases import DEAD, NOTHING, Given, blind, core_flow, crowd, period, totals

BLOCKED = "blocked for all → P0, core_flow_blocked"
LOSS = "yes → P0, data_loss"
BURNING = known(period(24_000, crash_rate=0.09))
STRADDLING = blind(totals=totals(200, 101))
ALL = Stated(workaround=False, core_flow=True, data_loss_risk=False)
Asked = dict[str, str]

QUESTIONS: Sequence[tuple[str, Given, Asked]] = [
    ("few users: only what makes it P0", Given(incident(crowd(5))), {"core_flow": BLOCKED, "data_loss_risk": LOSS}),
    ("100 users: a workaround changes nothing", Given(incident(crowd(100))),
     {"core_flow": BLOCKED, "data_loss_risk": LOSS}),
    ("101 users: a workaround and another flow lower it", Given(incident(crowd(101))),
     {"core_flow": f"{BLOCKED}; not hit → P2", "data_loss_risk": LOSS, "workaround": "yes → P2"}),
    ("101 users of an edge case", Given(incident(crowd(101), issue={"level": "info"})),
     {"core_flow": f"{BLOCKED}; not hit → P3, edge_case", "data_loss_risk": LOSS, "workaround": "yes → P3, edge_case"}),
    ("101 users, no workaround", Given(incident(crowd(101)), Stated(workaround=False)),
     {"core_flow": f"{BLOCKED}; not hit → P2", "data_loss_risk": LOSS}),
    ("101 users, a workaround: the core flow can raise it only", Given(incident(crowd(101)), Stated(workaround=True)),
     {"core_flow": BLOCKED, "data_loss_risk": LOSS}),
    ("101 users on the core flow", Given(incident(crowd(101)), Stated(core_flow=True)),
     {"data_loss_risk": LOSS, "workaround": "yes → P2"}),
    ("101 users off the policy's core flow", Given(incident(crowd(101)), policy=core_flow("^GET /cart")),
     {"core_flow": f"{BLOCKED}; hit → P1, users_per_hour", "data_loss_risk": LOSS}),
    ("all was answered", Given(incident(crowd(101)), ALL), {}),
    ("P0 by crash-free: nothing lowers it", Given(incident(crowd(5), sessions=BURNING)), {}),
    ("P0 by data loss", Given(incident(crowd(101)), Stated(data_loss_risk=True)), {}),
    ("P0 by the core flow", Given(incident(crowd(101)), Stated(core_flow="blocked_for_all")), {}),
    ("staging only: nothing raises it", Given(incident(crowd(101, environment="staging"))), {}),
    ("users that may be too many: a workaround settles it", Given(STRADDLING),
     {"core_flow": f"{BLOCKED}; not hit → P2, and no more", "data_loss_risk": LOSS,
      "workaround": "yes → P2, and no more"}),
]  # fmt: skip


@pytest.mark.parametrize(("given", "asked"), [pytest.param(*row[1:], id=row[0]) for row in QUESTIONS])
def test_only_what_may_change_the_severity_is_asked(given: Given, asked: Asked) -> None:
    found = Incident(given.evidence, given.stated, given.policy, NOW).questions
    assert {question.id: question.decides for question in found} == asked
    assert all(question.question.endswith("?") for question in found)


ANSWERS: dict[str, tuple[Any, ...]] = {
    "core_flow": ("blocked_for_all", True, False),
    "data_loss_risk": (True, False),
    "workaround": (True, False),
}
EVIDENCE = (incident(crowd(5)), incident(crowd(101)), STRADDLING, incident(crowd(5), sessions=BURNING))


@pytest.mark.parametrize(("evidence", "policy"), list(product(EVIDENCE, (POLICY, core_flow("^GET /cart")))))
def test_a_question_is_asked_exactly_where_classifying_with_an_answer_gives_another_verdict(
    evidence: Evidence, policy: Policy
) -> None:
    """The rules themselves are asked: what the questions promise is what the answers do."""

    def judged(**stated: Any) -> tuple[str, str]:
        result = Incident(evidence, Stated(**stated), policy, NOW).severity
        return result.severity, result.could_be.highest

    asked = {question.id for question in Incident(evidence, NOTHING_STATED, policy, NOW).questions}
    changing = {
        flag for flag, answers in ANSWERS.items() if any(judged(**{flag: each}) != judged() for each in answers)
    }
    assert asked == changing


# --- how to settle what is unknown ---------------------------------------------------------------------------------

FORBIDDEN = Unknown(why="The auth token may not read or change Discover (403)")
BUSY = Unknown(why="Asked for the sessions, Sentry limits the rate of requests (429)")


def settle(evidence: Evidence, stated: Stated = NOTHING_STATED) -> tuple[str, ...]:
    return read(evidence, stated).settling_steps


def test_nothing_is_to_be_settled_where_nothing_unknown_can_raise_it() -> None:
    assert settle(incident(crowd(5))) == ()
    assert settle(incident(crowd(5), sessions=BURNING)) == ()
    assert settle(STRADDLING, Stated(workaround=True)) == ()


def test_users_that_may_be_too_many_are_settled_by_the_people_who_see_them() -> None:
    (step,) = settle(STRADDLING)
    assert step.startswith("Could be P1: ")
    assert " users in the worst hour (threshold more than 100 in one rolling hour). Settle it: ask support" in step
    assert "workaround=true" in step


def test_a_worst_hour_whose_time_is_known_is_counted_alone() -> None:
    later = [Seen(at=ago(minutes=58) + number * MINUTE, user=f"b-{number}") for number in range(30)]
    (step,) = settle(incident([*crowd(87), *later]).model_copy(update={"rows": DEAD, "series": DEAD}))
    assert step.startswith("Could be P1: ")
    assert "Settle it: classify_severity start=2026-11-23T13:00:00Z end=2026-11-23T14:00:00Z counts that" in step


@pytest.mark.parametrize(
    ("sessions", "how"),
    [
        (FORBIDDEN, "give the token the scope org:read, then classify_severity again."),
        (BUSY, "classify_severity again in a minute."),
        (known(period(0)), 'ask whether the core flow is blocked for all (core_flow="blocked_for_all").'),
    ],
)
def test_unknown_crash_free_sessions_are_settled_by_why_they_are_unknown(sessions: Any, how: str) -> None:
    (step,) = settle(incident(crowd(5), sessions=sessions))
    assert step.startswith("Could be P0: crash-free sessions are not known (")
    assert step.endswith(f"Settle it: {how}")


def test_each_unknown_criterion_that_may_raise_it_has_its_step_and_the_others_none() -> None:
    evidence = incident([], issue={"first_seen": None, "level": None, "substatus": None}, **NOTHING)
    steps = settle(evidence)
    assert [step.split(":")[0] for step in steps] == ["Could be P0", "Could be P0", "Could be P1"]
    high = read(incident(crowd(101), sessions=DEAD))
    assert (high.severity.severity, [step[:12] for step in high.settling_steps]) == ("P1", ["Could be P0:"])


# --- noise ---------------------------------------------------------------------------------------------------------


def steady(per_hour: int = 12, issue: dict[str, object] | None = None, **parts: Any) -> Evidence:
    """An issue that comes that often for fifteen days."""
    every = 60 // per_hour
    events = [
        Seen(at=NOW - number * every * MINUTE, user=f"user-{number % 7}") for number in range(1, 15 * 24 * per_hour)
    ]
    return incident(events, issue={"first_seen": ago(days=40), **(issue or {})}, **parts)


NOISE: Sequence[tuple[str, Evidence, bool]] = [
    ("steady, low and known", steady(), True),
    ("new", incident(crowd(5)), False),
    ("regressed", steady(issue={"substatus": "regressed"}), False),
    ("escalating", steady(issue={"substatus": "escalating"}), False),
    ("whether it came back is not known", steady(issue={"substatus": None}), False),
    ("it could be more", steady(sessions=DEAD), False),
    ("the project burns", steady(sessions=BURNING), False),
    ("quiet for days", incident(crowd(5), issue={"first_seen": ago(days=40)}, series=DEAD, history=DEAD), False),
]


@pytest.mark.parametrize(("evidence", "noise"), [pytest.param(*row[1:], id=row[0]) for row in NOISE])
def test_only_what_is_steady_low_and_known_may_be_noise(evidence: Evidence, noise: bool) -> None:
    assert read(evidence).may_be_noise is noise


def test_an_attack_is_never_noise() -> None:
    found = read(steady())
    attack = Cause.model_construct(pattern="hostile_traffic", confidence="high", evidence_for=(), action="")
    assert may_be_noise(found, found.severity, ())
    assert not may_be_noise(found, found.severity, (attack,))


def test_a_step_out_of_the_usual_is_no_noise() -> None:
    usual = steady()
    more = [
        *[Seen(at=NOW - n * 5 * MINUTE) for n in range(1, 15 * 24 * 12)],
        *[Seen(at=NOW - n * MINUTE) for n in range(90)],
    ]
    assert read(usual).may_be_noise
    assert not read(incident(more, issue={"first_seen": ago(days=40)})).may_be_noise
