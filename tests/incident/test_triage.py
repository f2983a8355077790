from datetime import timedelta
from typing import Any, get_args

import pytest
from pydantic.fields import FieldInfo

from sentry_runbook.incident.incident import Incident
from sentry_runbook.incident.model.evidence import (
    Commit,
    Evidence,
    Finding,
    Frozen,
    HoldsEventText,
    Issue,
    Totals,
    Unknown,
    Widened,
    Window,
)
from sentry_runbook.incident.model.results.issue import IssueReport, IssueRow, IssueSummary
from sentry_runbook.incident.model.results.triage import Triage
from sentry_runbook.incident.model.stated import Stated
from sentry_runbook.incident.triage.triage import make_triage
from tests.incident.builder import DAY, NOTHING_STATED, NOW, POLICY, ago, burst, incident, known, sessions
from tests.incident.test_causes import COMMIT, EARLIER, LATEST, event, outage, spiking

DEAD = Unknown(why="Sentry answered 503")
STEPS = (
    "Open the issue from the alert",
    "Error frequency",
    "First and last seen",
    "Users",
    "Environment",
    "Release",
    "Suspect commits",
    "Stack trace",
    "Breadcrumbs",
    "User context",
    "Tags",
)


def run(evidence: Evidence, stated: Stated = NOTHING_STATED) -> Triage:
    return make_triage(Incident(evidence, stated, POLICY, NOW))


def step(result: Triage, number: int) -> tuple[str, str]:
    entry = result.checklist[number - 1]
    return entry.finding, entry.state


def bad_deploy() -> Evidence:
    return spiking(
        event("TypeError", "Cannot read properties of undefined"),
        first_release=LATEST,
        releases=known((LATEST, EARLIER)),
        suspect_commits=known((COMMIT, Commit(id="def"))),
        sessions=known(sessions(24_000, 0.91)),
    )


def test_the_eleven_steps_of_the_runbook_are_all_there_in_order() -> None:
    result = run(bad_deploy())
    assert [entry.step for entry in result.checklist] == [f"{n}. {name}" for n, name in enumerate(STEPS, 1)]
    assert all(entry.finding.endswith(".") for entry in result.checklist)


def test_a_bad_deploy_reads_as_one_story() -> None:
    result = run(bad_deploy())
    assert result.severity.severity == "P0"
    assert result.causes[0].pattern == "deployment_regression"
    assert result.suspect_release == "shop@2.4.1"
    assert [commit.id for commit in result.suspect_commits] == ["abc123", "def"]
    assert step(result, 2)[1] == "attention"
    assert step(result, 6) == (
        'Suspect release "shop@2.4.1" (deploy marker 2026-11-23 14:02 UTC); errors began 8 min later.',
        "attention",
    )
    assert step(result, 7) == ('"Rename total to amount" by "Ada", and 1 more.', "attention")
    assert step(result, 8)[0] == '"TypeError" in "pay" at "pay.py:4".'


def test_next_steps_begin_with_what_to_do_now_then_whom_to_tell_and_the_time_left() -> None:
    result = run(bad_deploy())
    assert result.next_steps[0].startswith('Roll back "shop@2.4.1" to "shop@2.4.0"')
    assert result.next_steps[1].startswith("P0 Critical: PagerDuty page to the on-call engineer.")
    assert "Response: 15 minutes, due 15:15 UTC." in result.next_steps[1]
    assert any("draft_update kind=initial" in text for text in result.next_steps)
    assert any("draft_postmortem" in text for text in result.next_steps)
    early = run(bad_deploy(), Stated(alerted_at=ago(minutes=5)))
    assert "due 15:10 UTC" in early.next_steps[1]
    late = run(bad_deploy(), Stated(alerted_at=ago(minutes=50)))
    assert "due 14:25 UTC, passed 35 min ago" in late.next_steps[1]


def test_a_minor_issue_gets_an_owner_and_no_page() -> None:
    result = run(incident(burst(ago(hours=3), 40, timedelta(minutes=4), 20), event=known(event())))
    assert result.severity.severity == "P2"
    text = " ".join(result.next_steps)
    assert "Assign an owner" in text
    assert "PagerDuty" not in text
    assert "draft_postmortem" not in text


def test_what_could_still_be_worse_is_the_next_thing_to_find_out() -> None:
    result = run(incident(burst(ago(hours=3), 40, timedelta(minutes=4), 20), sessions=DEAD))
    assert result.next_steps[0].startswith("Could be P0: crash-free sessions are not known")
    assert "Settle it: classify_severity again in a minute." in result.next_steps[0]


def test_missing_and_findings_are_lifted_up_once_with_their_part() -> None:
    hint = Finding(kind="instruction", where="title", why="gives orders")
    evidence = bad_deploy().model_copy(update={"sessions": DEAD, "suspect_commits": DEAD, "findings": (hint,)})
    result = run(evidence)
    named = [entry.what for entry in result.missing]
    assert "severity.crash_free" in named
    assert "impact.crash_free_sessions_pct" in named
    assert "suspect_commits" in named
    assert len(named) == len(set(named))
    assert result.findings.count(hint) == 1
    assert result.severity.missing == result.impact.missing == ()
    assert result.severity.findings == result.impact.findings == ()


def test_a_blind_triage_says_unknown_step_by_step_and_still_answers() -> None:
    parts = ("totals", "series", "users_per_hour", "rows", "unhandled", "project_unhandled", "sessions", "breakdown")
    blind = incident([], issue={"first_seen": None, "last_seen": None, "level": None})
    blind = blind.model_copy(update=dict.fromkeys((*parts, "environments", "event", "suspect_commits"), DEAD))
    blind = blind.model_copy(update={"scope": blind.scope.model_copy(update={"known": False})})
    result = run(blind)
    assert [entry.state for entry in result.checklist] == ["ok", *["unknown"] * 10]
    assert result.causes == ()
    assert (result.severity.could_be.lowest, result.severity.could_be.highest) == ("P3", "P0")
    assert "get_issue" in " ".join(result.next_steps)


def test_failed_calls_show_in_the_breadcrumb_step() -> None:
    result = run(spiking(outage()))
    assert step(result, 9) == ('Calls to "api.geo.example" fail (503) in 1 of 1 events.', "attention")


@pytest.mark.parametrize(
    ("issue", "words"),
    [
        ({"substatus": "regressed"}, "a regression"),
        ({"first_seen": NOW - 30 * DAY, "substatus": "escalating"}, "escalating"),
        ({}, "new"),
        ({"asked_as": "77"}, "new"),
    ],
)
def test_the_age_of_the_issue_is_told(issue: dict[str, object], words: str) -> None:
    result = run(incident(burst(ago(hours=3), 40, timedelta(minutes=4), 20), issue=issue))
    assert words in step(result, 3)[0]
    if "asked_as" in issue:
        assert step(result, 1)[1] == "attention"


def test_suspect_events_are_to_be_checked_before_anybody_is_paged() -> None:
    forged = burst(ago(minutes=50), 300, timedelta(seconds=6), 150, ip="<ip 1>")
    result = run(incident(forged))
    assert result.severity.severity == "P1"
    assert result.next_steps[0].startswith("Check the suspect events first")


def test_a_triage_stays_small() -> None:
    assert len(run(bad_deploy()).model_dump_json(exclude_none=True)) < 8_000


def declared(field: FieldInfo) -> tuple[set[object], bool]:
    """The types that a field may hold, and whether they are event text."""
    types: set[object] = set()
    event_text = any(isinstance(mark, HoldsEventText) for mark in field.metadata)
    hints: list[Any] = [field.annotation]
    for hint in hints:
        if get_args(hint):
            hints += get_args(hint)
        elif isinstance(hint, HoldsEventText):
            event_text = True
        elif isinstance(hint, type):
            types.add(hint)
    return types, event_text


@pytest.mark.parametrize("form", [IssueSummary, IssueReport, IssueRow])
def test_a_form_of_the_issue_declares_its_fields_like_the_evidence(form: type[Frozen]) -> None:
    derived = {"category", "first_release", "last_release", *(["short_id"] if form is IssueRow else [])}
    same = (form.model_fields.keys() & Issue.model_fields.keys()) - derived
    assert len(same) > 5
    for name in same:
        assert (name, declared(form.model_fields[name])) == (name, declared(Issue.model_fields[name]))


def test_users_of_a_longer_time_do_not_stand_beside_the_hours_of_the_window() -> None:
    wide = Widened(window=Window(start=NOW - timedelta(days=7), end=NOW), totals=Totals(events=57, users=12))
    assert step(run(incident([], widened=known(wide))), 4) == ("0 in the worst rolling hour.", "ok")
