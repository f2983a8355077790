"""Every verdict word by word: because, distances, missing, could_be, words."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from sentry_runbook.incident.model.evidence import (
    Finding,
)
from sentry_runbook.incident.model.results.triage import Verdict
from sentry_runbook.incident.model.stated import Stated
from sentry_runbook.incident.severity.rules import RULES
from tests.incident.builder import NOW, ago, incident, known
from tests.incident.severity_cases import (
    DEAD,
    NOTHING,
    Given,
    blind,
    buckets,
    crowd,
    environments,
    hour,
    per_minute,
    period,
    scoped,
    thresholds,
    totals,
)

Row = tuple[str, Given, dict[str, object]]
"""What the row shows, the input, and the parts of the verdict that differ from "nothing to say"."""

NOT_COUNTED = (("leading_issue", "the project's other issues were not counted: not asked in this investigation"),)

# fmt: off
VERDICTS: Sequence[Row] = [
    ("the default", Given(incident(crowd(5))),
     {"severity": "P2", "decided_by": "default",
     "because": "No rule for a higher or a lower severity holds: P2.", "could_be": ("P2", "P2"),
     "distance": (("users_per_hour", "P1", "96 more unique users in one hour"), ("crash_free", "P0",
     "crash-free sessions to fall by more than 4.9 points"), ("unhandled_rate", "P0",
     "500 more unhandled exceptions in one minute of the project"),)}),
    ("one user short", Given(incident(crowd(100))),
     {"severity": "P2", "decided_by": "default",
     "because": "No rule for a higher or a lower severity holds: P2.", "could_be": ("P2", "P2"),
     "distance": (("users_per_hour", "P1", "1 more unique users in one hour"), ("crash_free", "P0",
     "crash-free sessions to fall by more than 4.9 points"), ("unhandled_rate", "P0",
     "499 more unhandled exceptions in one minute of the project"),)}),
    ("nothing happened", Given(incident()),
     {"severity": "P2", "decided_by": "default",
     "because": "No rule for a higher or a lower severity holds: P2.", "could_be": ("P2", "P2"),
     "distance": (("users_per_hour", "P1", "101 more unique users in one hour"), ("crash_free", "P0",
     "crash-free sessions to fall by more than 4.9 points"), ("unhandled_rate", "P0",
     "501 more unhandled exceptions in one minute of the project"),),}),
    ("staging only", Given(incident(crowd(5, environment="staging"), sessions=known(period(2000, crash_rate=0.5)))),
     {"severity": "P3", "decided_by": "non_production",
     "because": "Only outside production (0 of 5 events in production): P3.", "could_be": ("P3", "P3"),
     "distance": (("non_production", "P2", "one event in production"),)}),
    ("staging only, empty period", Given(scoped(environments(), others=("staging",))),
     {"severity": "P3", "decided_by": "non_production",
     "because": "Only outside production (none in production, over all time): P3.", "could_be": ("P3", "P3"),
     "distance": (("non_production", "P2", "one event in production"),),}),
    ("crash-free in the period", Given(incident(crowd(5), others=per_minute(15), sessions=known(period(2000,
     crash_rate=0.1234)))),
     {"severity": "P0", "decided_by": "crash_free",
     "because": "Crash-free sessions of production at 87.66 % (24 h until 2026-11-23 15:00 UTC), "
      "threshold below 95 % of sessions: P0. It is the project's figure; this issue has 25 % of"
      " its unhandled events. By this issue's own figures: P2.",
     "alone": "P2", "missing": NOT_COUNTED,
     "could_be": ("P0", "P0"), "share_of_project": 0.25}),
    ("crash-free in an hour", Given(incident(crowd(5), sessions=known(period(2000, hour(3, 0.2), hour(2, 0.0),
     crash_rate=0.01)))),
     {"severity": "P0", "decided_by": "crash_free",
     "because": "Crash-free sessions of production at 80.00 % (worst full hour, from 2026-11-23 12:00 "
      "UTC), threshold below 95 % of sessions: P0. It is the project's figure; this issue has "
      "100 % of its unhandled events. By this issue's own figures: P2.",
     "alone": "P2", "could_be": ("P0", "P0"), "share_of_project": 1.0}),
    ("crash-free, share unknown", Given(incident(crowd(5), unhandled=DEAD, sessions=known(period(2000,
     crash_rate=0.1)))),
     {"severity": "P0", "decided_by": "crash_free",
     "because": "Crash-free sessions of production at 90.00 % (24 h until 2026-11-23 15:00 UTC), "
      "threshold below 95 % of sessions: P0. It is the project's figure; this issue has an "
      "unknown part of its unhandled events. By this issue's own figures: P2.",
     "alone": "P2", "missing": NOT_COUNTED,
     "could_be": ("P0", "P0")}),
    ("crash-free of another kind of issue", Given(incident(crowd(5), issue={"category": "performance"},
     sessions=known(period(2000, crash_rate=0.1)))),
     {"severity": "P0", "decided_by": "crash_free",
     "because": "Crash-free sessions of production at 90.00 % (24 h until 2026-11-23 15:00 UTC), "
      "threshold below 95 % of sessions: P0. It is the project's figure; this issue has 100 % "
      "of its unhandled events. By this issue's own figures: P2.",
     "alone": "P2", "could_be": ("P0",
     "P0"),
     "missing": (("unhandled_rate", "does not apply: this is no error issue"),), "share_of_project": 1.0}),
    ("unhandled of the issue", Given(incident(per_minute(501))),
     {"severity": "P0", "decided_by": "unhandled_rate",
     "because": "501 unhandled exceptions of this issue in one minute (minute from 2026-11-23 14:30 UTC), threshold "
      "more than 500 in one minute: P0.", "could_be": ("P0", "P0"),
     "severity_without_suspects": "P2",
     "findings": (("one_user_flood", "event rows",
     "100 of the latest 100 events come from one user: many events need not mean many people", "user-1"),
     ("one_instant", "event times",
     "all 501 events of the window fall into one moment: a batch, a replay, or forged events", None),)}),
    ("unhandled of the project", Given(incident(per_minute(400), others=per_minute(1600))),
     {"severity": "P0", "decided_by": "unhandled_rate",
     "because": "2,000 unhandled exceptions of the whole project in one minute (minute from 2026-11-23 "
      "14:30 UTC), threshold more than 500 in one minute: P0. It is the project's figure, at "
      "most 0 a minute before this incident; this issue has 20 % of its unhandled events. By "
      "this issue's own figures: P2.",
     "alone": "P2", "missing": NOT_COUNTED,
     "could_be": ("P0", "P0"), "share_of_project": 0.2,
     "severity_without_suspects": "P0",
     "findings": (("one_user_flood", "event rows",
     "100 of the latest 100 events come from one user: many events need not mean many people", "user-1"),
     ("one_instant", "event times",
     "all 400 events of the window fall into one moment: a batch, a replay, or forged events", None),
     ("crash_free_suspect", "crash-free sessions",
     "crash-free sessions are at 99.90 % beside 2,000 unhandled events in 24,000 sessions: the SDK may not mark "
      "crashed sessions", None),)}),
    ("unhandled in buckets", Given(incident(crowd(5), unhandled=buckets(500.0), project_unhandled=buckets(2501.0))),
     {"severity": "P0", "decided_by": "unhandled_rate",
     "because": "501 to 2,501 unhandled exceptions of the whole project in one minute (24 h until "
      "2026-11-23 15:00 UTC), threshold more than 500 in one minute: P0. It is the project's "
      "figure; this issue has 20 % of its unhandled events. By this issue's own figures: P2.",
     "alone": "P2", "missing": NOT_COUNTED,
     "could_be": ("P0", "P0"), "share_of_project": 0.2,
     "findings": (("crash_free_suspect", "crash-free sessions",
     "crash-free sessions are at 99.90 % beside 2,501 unhandled events in 24,000 sessions: the SDK may not mark "
      "crashed sessions", None),)}),
    ("data loss", Given(incident(crowd(5)), stated=Stated(data_loss_risk=True)),
     {"severity": "P0", "decided_by": "data_loss",
     "because": "A person stated a risk of data loss: P0.", "could_be": ("P0", "P0")}),
    ("the core flow blocked for all", Given(incident(crowd(5)), stated=Stated(core_flow="blocked_for_all")),
     {"severity": "P0", "decided_by": "core_flow_blocked",
     "because": "A person stated that the core flow is blocked for all: P0.", "could_be": ("P0", "P0")}),
    ("data loss, and the core flow blocked for all", Given(incident(crowd(5)), stated=Stated(data_loss_risk=True,
     core_flow="blocked_for_all")),
     {"severity": "P0", "decided_by": "data_loss",
     "because": "A person stated a risk of data loss: P0.", "could_be": ("P0", "P0")}),
    ("the core flow blocked for all, and 1,001 users with a workaround", Given(incident(crowd(1001)),
     stated=Stated(workaround=True, core_flow="blocked_for_all")),
     {"severity": "P0", "decided_by": "core_flow_blocked",
     "because": "A person stated that the core flow is blocked for all: P0.", "could_be": ("P0", "P0")}),
    ("the core flow blocked for all, in staging", Given(incident(crowd(5, environment="staging")),
     stated=Stated(core_flow="blocked_for_all")),
     {"severity": "P3", "decided_by": "non_production",
     "because": "Only outside production (0 of 5 events in production): P3.", "could_be": ("P3", "P3"),
     "distance": (("non_production", "P2", "one event in production"),)}),
    ("data loss and 101 users", Given(incident(crowd(101)), stated=Stated(data_loss_risk=True)),
     {"severity": "P0", "decided_by": "data_loss",
     "because": "A person stated a risk of data loss: P0.", "could_be": ("P0", "P0")}),
    ("1,001 users", Given(incident(crowd(1001))),
     {"severity": "P1", "decided_by": "users_per_hour",
     "because": "1,001 unique users in one rolling hour (hour from 2026-11-23 13:00 UTC), threshold more than 100 in "
      "one rolling hour: P1.", "could_be": ("P1", "P1"),
     "distance": (("crash_free", "P0", "crash-free sessions to fall by more than 4.9 points"), ("unhandled_rate",
     "P0", "480 more unhandled exceptions in one minute of the project"),)}),
    ("101 users and a workaround", Given(incident(crowd(101)), stated=Stated(workaround=True)),
     {"severity": "P2", "decided_by": "default",
     "because": "No rule for a higher or a lower severity holds: P2.", "could_be": ("P2", "P2"),
     "distance": (("users_per_hour", "P1", "no workaround, and the core flow hit"), ("crash_free", "P0",
     "crash-free sessions to fall by more than 4.9 points"), ("unhandled_rate", "P0",
     "498 more unhandled exceptions in one minute of the project"),)}),
    ("5 users and a workaround", Given(incident(crowd(5)), stated=Stated(workaround=True)),
     {"severity": "P2", "decided_by": "default",
     "because": "No rule for a higher or a lower severity holds: P2.", "could_be": ("P2", "P2"),
     "distance": (("users_per_hour", "P1", "96 more unique users in one hour, no workaround, and the core flow hit"),
     ("crash_free", "P0",
     "crash-free sessions to fall by more than 4.9 points"), ("unhandled_rate", "P0",
     "500 more unhandled exceptions in one minute of the project"),)}),
    ("5 users off the core flow", Given(incident(crowd(5)), stated=Stated(core_flow=False)),
     {"severity": "P2", "decided_by": "default",
     "because": "No rule for a higher or a lower severity holds: P2.", "could_be": ("P2", "P2"),
     "distance": (("users_per_hour", "P1", "96 more unique users in one hour, no workaround, and the core flow hit"),
     ("crash_free", "P0",
     "crash-free sessions to fall by more than 4.9 points"), ("unhandled_rate", "P0",
     "500 more unhandled exceptions in one minute of the project"),)}),
    ("users unknown and a workaround", Given(blind(), stated=Stated(workaround=True)),
     {"severity": "P2", "decided_by": "default",
     "because": "No rule for a higher or a lower severity holds: P2.", "could_be": ("P2", "P2"),
     "distance": (("users_per_hour", "P1", "no workaround, and the core flow hit"), ("crash_free", "P0",
     "crash-free sessions to fall by more than 4.9 points"), ("unhandled_rate", "P0",
     "501 more unhandled exceptions in one minute of the project"),),}),
    ("totals that straddle", Given(blind(totals=totals(200, 101))),
     {"severity": "P2", "decided_by": "default",
     "because": "No rule for a higher or a lower severity holds: P2.", "could_be": ("P2", "P1"),
     "distance": (("crash_free", "P0", "crash-free sessions to fall by more than 4.9 points"), ("unhandled_rate",
     "P0", "501 more unhandled exceptions in one minute of the project"),),
     "missing": (("users_per_hour", "bounded by counts of other stretches"),)}),
    ("an edge case", Given(incident(crowd(5), issue={"level": "info"})),
     {"severity": "P3", "decided_by": "edge_case",
     "because": "An edge case (level info): P3.", "could_be": ("P3", "P3"),
     "distance": (("users_per_hour", "P1", "96 more unique users in one hour"), ("crash_free", "P0",
     "crash-free sessions to fall by more than 4.9 points"), ("unhandled_rate", "P0",
     "500 more unhandled exceptions in one minute of the project"),)}),
    ("another policy", Given(incident(crowd(5)), policy=thresholds(users_per_hour_above=1500,
     crash_free_below_pct=90.0, unhandled_per_minute_above=2500)),
     {"severity": "P2", "decided_by": "default",
     "because": "No rule for a higher or a lower severity holds: P2.", "could_be": ("P2", "P2"),
     "distance": (("users_per_hour", "P1", "1,496 more unique users in one hour"), ("crash_free", "P0",
     "crash-free sessions to fall by more than 9.9 points"), ("unhandled_rate", "P0",
     "2,500 more unhandled exceptions in one minute of the project"),)}),
    ("crash-free exactly at the threshold", Given(incident(crowd(5), sessions=known(period(2000, crash_rate=0.05)))),
     {"severity": "P2", "decided_by": "default",
     "because": "No rule for a higher or a lower severity holds: P2.", "could_be": ("P2", "P2"),
     "distance": (("users_per_hour", "P1", "96 more unique users in one hour"), ("crash_free", "P0",
     "crash-free sessions to fall by more than 0 points"), ("unhandled_rate", "P0",
     "500 more unhandled exceptions in one minute of the project"),)}),
    ("the worst hour is nearest to the threshold", Given(incident(crowd(5), sessions=known(period(2000, hour(3, 0.04),
     hour(2, 0.0), crash_rate=0.01)))),
     {"severity": "P2", "decided_by": "default",
     "because": "No rule for a higher or a lower severity holds: P2.", "could_be": ("P2", "P2"),
     "distance": (("users_per_hour", "P1", "96 more unique users in one hour"), ("crash_free", "P0",
     "crash-free sessions to fall by more than 1 points"), ("unhandled_rate", "P0",
     "500 more unhandled exceptions in one minute of the project"),)}),
    ("another kind of issue", Given(incident(crowd(5), issue={"category": "performance"})),
     {"severity": "P2", "decided_by": "default",
     "because": "No rule for a higher or a lower severity holds: P2.", "could_be": ("P2", "P2"),
     "distance": (("users_per_hour", "P1", "96 more unique users in one hour"), ("crash_free", "P0",
     "crash-free sessions to fall by more than 4.9 points"),),
     "missing": (("unhandled_rate", "does not apply: this is no error issue"),)}),
    ("nothing was measured", Given(incident([], issue={"first_seen": None, "level": None, "substatus": None},
     **NOTHING)),
     {"severity": "P2", "decided_by": "default",
     "because": "No rule for a higher or a lower severity holds: P2.", "could_be": ("P3", "P0"),
     "missing": (("non_production", "Discover answered 429"), ("crash_free", "Discover answered 429"),
     ("unhandled_rate", "Discover answered 429"), ("users_per_hour", "Discover answered 429"), ("edge_case",
     "Sentry gave no level"), ("new", "Sentry gave no first-seen time"), ("regressed",
     "this server gives no substatus"), ("escalating", "this server gives no substatus"))}),
    ("an old issue without a step", Given(incident(crowd(5), issue={"first_seen": ago(days=40), "last_seen": NOW})),
     {"severity": "P2", "decided_by": "default",
     "because": "No rule for a higher or a lower severity holds: P2.", "could_be": ("P2", "P2"),
     "distance": (("users_per_hour", "P1", "96 more unique users in one hour"), ("crash_free", "P0",
     "crash-free sessions to fall by more than 4.9 points"), ("unhandled_rate", "P0",
     "500 more unhandled exceptions in one minute of the project"),)}),
    ("an old issue without a step, the alert stated", Given(incident(crowd(5), issue={"first_seen": ago(days=40),
     "last_seen": NOW}), stated=Stated(alerted_at=ago(minutes=7))),
     {"severity": "P2", "decided_by": "default",
     "because": "No rule for a higher or a lower severity holds: P2.", "could_be": ("P2", "P2"),
     "distance": (("users_per_hour", "P1", "96 more unique users in one hour"), ("crash_free", "P0",
     "crash-free sessions to fall by more than 4.9 points"), ("unhandled_rate", "P0",
     "500 more unhandled exceptions in one minute of the project"),)}),
    ("unhandled straddles", Given(incident(crowd(5), unhandled=buckets(501.0), project_unhandled=buckets(501.0))),
     {"severity": "P2", "decided_by": "default",
     "because": "No rule for a higher or a lower severity holds: P2.", "could_be": ("P2", "P0"),
     "distance": (("users_per_hour", "P1", "96 more unique users in one hour"), ("crash_free", "P0",
     "crash-free sessions to fall by more than 4.9 points"),),
     "missing": (("unhandled_rate", "of this issue"),)}),
    ("no onset, but the alert stated", Given(incident(), stated=Stated(alerted_at=ago(minutes=7))),
     {"severity": "P2", "decided_by": "default",
     "because": "No rule for a higher or a lower severity holds: P2.", "could_be": ("P2", "P2"),
     "distance": (("users_per_hour", "P1", "101 more unique users in one hour"), ("crash_free", "P0",
     "crash-free sessions to fall by more than 4.9 points"), ("unhandled_rate", "P0",
     "501 more unhandled exceptions in one minute of the project"),)}),
    ("a crash-free rate that may be lower", Given(incident(crowd(5), sessions=known(period(2000, crash_rate=0.01,
     unhandled_rate=None)))),
     {"severity": "P2", "decided_by": "default",
     "because": "No rule for a higher or a lower severity holds: P2.", "could_be": ("P2", "P0"),
     "distance": (("users_per_hour", "P1", "96 more unique users in one hour"), ("unhandled_rate", "P0",
     "500 more unhandled exceptions in one minute of the project"),),
     "missing": (("crash_free",
     "2,000 sessions; hours were not measured; the unhandled rate is missing: an upper bound"),)}),
    ("a distance is rounded to two places", Given(incident(crowd(1001), sessions=known(period(2000,
     crash_rate=0.012345)))),
     {"severity": "P1", "decided_by": "users_per_hour",
     "because": "1,001 unique users in one rolling hour (hour from 2026-11-23 13:00 UTC), threshold more than 100 in "
      "one rolling hour: P1.", "could_be": ("P1", "P1"),
     "distance": (("crash_free", "P0", "crash-free sessions to fall by more than 3.77 points"), ("unhandled_rate",
     "P0", "480 more unhandled exceptions in one minute of the project"),)}),
]
# fmt: on


CLOCK = ("respond_by", "threshold_crossed_at")
"""The response clock has tables of its own (test_response_clock.py)."""


def parts(verdict: Verdict) -> dict[str, object]:
    """The verdict without its criteria, in the short form of the table; empty parts are left out."""
    listed = {
        "severity": verdict.severity,
        "decided_by": verdict.decided_by,
        "because": verdict.because,
        "could_be": (verdict.could_be.lowest, verdict.could_be.highest),
        "distance": tuple((entry.criterion, entry.to, entry.needs) for entry in verdict.distance),
        "missing": tuple((entry.what, entry.why) for entry in verdict.missing if entry.what not in CLOCK),
        "share_of_project": verdict.share_of_project,
        "crash_free_before_pct": verdict.crash_free_before_pct,
        "alone": verdict.alone,
        "severity_without_suspects": verdict.severity_without_suspects,
        "findings": tuple((entry.kind, entry.where, entry.why, entry.excerpt) for entry in verdict.findings),
    }
    return {name: value for name, value in listed.items() if value not in (None, ())}


@pytest.mark.parametrize(("given", "expected"), [pytest.param(*row[1:], id=row[0]) for row in VERDICTS])
def test_a_verdict_says_why_and_what_would_change_it(given: Given, expected: dict[str, object]) -> None:
    assert parts(given.verdict) == expected


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (Given(incident(per_minute(501))), ("P0", "Critical", 15, "15 minutes")),
        (Given(incident(crowd(101))), ("P1", "Major", 60, "1 hour")),
        (Given(incident(crowd(5))), ("P2", "Minor", 480, "same business day")),
        (Given(incident(crowd(5, environment="staging"))), ("P3", "Low", 20_160, "next sprint")),
    ],
)
def test_a_verdict_carries_the_policys_words(given: Given, words: tuple[str, str, int, str]) -> None:
    verdict = given.verdict
    assert (verdict.severity, verdict.label, verdict.response_minutes, verdict.response) == words
    assert verdict.escalation == given.policy.words(verdict.severity).escalation
    assert verdict.policy == "runbook default (built in)"


def test_a_verdict_names_the_issue_and_passes_on_what_the_collection_found() -> None:
    seen = Finding(kind="instruction", where="title", why="it reads like an order")
    evidence = incident(crowd(5)).model_copy(update={"findings": (seen,), "warnings": ("an old server",)})
    verdict = Given(evidence).verdict
    assert verdict.issue == "SHOP-1Z"
    assert verdict.findings == (seen,)
    assert verdict.warnings == ("an old server",)
    assert Given(incident(crowd(5))).verdict.warnings is None


def test_the_criteria_stand_in_the_order_of_the_rules_and_the_last_rule_is_one_of_them() -> None:
    rules = [name for name, _ in RULES]
    assert rules[3:5] == ["data_loss", "core_flow_blocked"]
    for evidence, met in ((incident(crowd(5)), True), (incident(crowd(101)), False)):
        criteria = Given(evidence).verdict.criteria
        assert [entry.id for entry in criteria] == [*rules, "new", "regressed", "escalating"]
        default = criteria[7]
        assert (default.threshold, default.met) == ("no rule above holds", met)
