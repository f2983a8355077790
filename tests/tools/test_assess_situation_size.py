"""However much burns, the answer of `assess_situation` stays readable, and says what it left out."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sentry_runbook.incident.model.evidence import Missing
from sentry_runbook.incident.model.results.explanation import Change
from sentry_runbook.incident.model.results.issue import SearchPeriod
from sentry_runbook.incident.model.results.situation import (
    FiringAlert,
    IncidentIssue,
    ProjectState,
    Situation,
    SituationIncident,
    SituationScope,
    SuspectChange,
)
from sentry_runbook.incident.model.results.triage import CouldBe
from sentry_runbook.tools.assess_situation import TOOL

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
TITLE = "OperationalError: connection to server at db-main failed: " + "Is the server running there? " * 8


def issue(number: int) -> IncidentIssue:
    """An issue with all that one can have."""
    return IncidentIssue(
        short_id=f"PAYMENTS-{number}",
        title=TITLE[:200],
        project="payments",
        began=NOW - timedelta(minutes=number),
        how="step",
        events=12_345,
        users=1_234,
        times_usual=12.3,
        status="resolved",
        url=f"https://sentry.example.com/organizations/acme/issues/61145754{number}/",
    )


def incident(number: int, issues: int) -> SituationIncident:
    """An incident of so many issues."""
    return SituationIncident(
        id=f"PAYMENTS-{number}",
        began=NOW - timedelta(minutes=30),
        ongoing=True,
        last_event=NOW,
        severity="P1",
        label="Major",
        decided_by="users_per_hour",
        because="1,234 distinct users in one hour, threshold more than 100 in one rolling hour: P1.",
        could_be=CouldBe(lowest="P1", highest="P0"),
        headline=f'P1: {issues} issues in "payments", "orders" and 5 more since 2026-11-23 11:30 UTC, 9,999 users',
        projects=tuple(f"project-{index}" for index in range(7)),
        issues=tuple(issue(100 * number + index) for index in range(issues)),
        issues_total=issues,
        users=9_999,
        events=123_456,
        reasons=tuple(
            f"Trace: {index} of 90 traces read hold events of both (PAYMENTS-1, WEB-2)" for index in range(6)
        ),
        against=tuple(f'SEARCH-{index} "Something else" of "search" began in the same minutes' for index in range(4)),
        suspect=SuspectChange(kind="dependency", name="PostgreSQL at db-main", why="errors of 4 projects name it."),
        next_step=f"Look at PostgreSQL: is it up, full, reachable? Call triage_issue issue=PAYMENTS-{number}.",
    )


def situation(incidents: int, issues: int) -> Situation:
    """A situation with so many incidents of so many issues, and much around them."""
    made = tuple(incident(number, issues) for number in range(1, incidents + 1))
    return Situation(
        headline=f"{made[0].headline}; and {incidents - 1} more incidents",
        incidents=made,
        window=SearchPeriod(start=NOW - timedelta(hours=1), end=NOW),
        scope=SituationScope(project="all", projects=200, issues_read=300),
        changes=tuple(
            Change(at=NOW, what=f'deploy of "payments@1.2.{n}" to "production"', kind="deploy", minutes_before=n)
            for n in range(12)
        ),
        projects=tuple(ProjectState(project=f"project-{n}", events=1, usual_events=2, by_hour=True) for n in range(8)),
        alerts=tuple(FiringAlert(name=f"Alert {n}", fired_at=NOW) for n in range(8)),
        quiet=("Looked at 200 projects", "270 issues at the usual rate", "None of 40 alerts fired", "One more"),
        missing=tuple(Missing(what=f"part {n}", why="Sentry did not answer in time") for n in range(6)),
    )


@pytest.mark.parametrize(("incidents", "issues"), [(1, 1), (1, 30), (3, 3), (10, 1), (10, 30), (10, 300)])
def test_both_channels_stay_within_nine_thousand_characters(incidents: int, issues: int) -> None:
    whole = situation(incidents, issues)
    answer = TOOL.prepare(whole)
    page = answer.page.text("n" * 32)
    assert len(json.dumps(answer.structured)) <= 9_000
    assert len(page) <= 9_000
    shown = answer.structured["incidents"]
    assert isinstance(shown, list) and shown
    left = [entry.id for entry in whole.incidents[len(shown) :]]
    missing = json.dumps(answer.structured["missing"])
    assert all(name in missing for name in left), "an incident is left out and not named"
    assert whole.incidents[0].next_step in page and whole.headline in page


def test_the_first_incident_keeps_its_reasons_and_most_of_its_issues_whatever_else_burns() -> None:
    answer: Any = TOOL.prepare(situation(10, 30)).structured
    first = answer["incidents"][0]
    assert len(first["reasons"]) >= 4 and len(first["issues"]) >= 5
    assert first["issues_total"] == 30


def test_what_fits_is_not_cut() -> None:
    whole = situation(1, 3)
    answer = TOOL.prepare(whole).structured
    assert "left out for length" not in json.dumps(answer)
