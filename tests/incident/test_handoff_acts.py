"""Acts of a handoff from entries as Sentry sends them: of every kind, by people, integrations and Sentry itself."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from sentry_runbook.incident.formatting import moment
from sentry_runbook.incident.incident import Incident
from sentry_runbook.incident.messages.drafts import draft_update
from sentry_runbook.incident.messages.handoff_acts import recorded_acts
from sentry_runbook.incident.model.evidence import Activity, Note
from sentry_runbook.incident.model.evidence.lenient import read_all
from sentry_runbook.incident.model.results.messages import Draft
from sentry_runbook.incident.model.stated import Stated
from sentry_runbook.safety.sanitizer import Sanitizer
from tests.incident.builder import HOUR, MINUTE, NOW, POLICY, ago, burst, incident, known
from tests.incident.golden import templates
from tests.recordings import recordings

START = ago(hours=4)
EVENTS = burst(START, 240, MINUTE, users=20)
DANA = {"id": "7", "name": "Dana Ortiz", "username": "dana@example.com", "email": "dana@example.com"}
MINA = {"id": "8", "name": "Mina Park", "username": "mina@example.com", "email": "mina@example.com"}
NAME = "runbook-7f3a1c-0f0e0d0c-1111-4222-8333-444455556666"
PROXY = {"id": "9", "name": NAME, "username": NAME, "email": ""}
APP = {"id": 3, "name": "Tracker", "slug": "tracker"}
KINDS: Sequence[tuple[str, Mapping[str, Any]]] = (
    ("set_resolved", {}),
    ("set_unresolved", {}),
    ("set_resolved_by_age", {"age": 720}),
    ("set_resolved_in_release", {"version": "", "inNextRelease": True}),
    ("set_resolved_in_release", {"version": "shop@1.0.1"}),
    ("set_resolved_in_commit", {"commit": {"id": "abc"}}),
    ("set_resolved_in_pull_request", {"pullRequest": {"id": "12"}}),
    ("set_regression", {"version": "shop@1.0.0", "resolved_in_version": "shop@1.0.1"}),
    ("set_ignored", {"ignoreCount": 100, "ignoreUntil": None, "ignoreUntilEscalating": None}),
    ("set_escalating", {"forecast": 10}),
    ("auto_set_ongoing", {"after_days": 7}),
    ("set_priority", {"priority": "high", "reason": "manual"}),
    ("assigned", {"assignee": "12", "assigneeType": "team"}),
    ("assigned", {"assignee": "7", "assigneeType": "user", "integration": "slack"}),
    ("unassigned", {}),
    ("create_issue", {"provider": "Jira", "title": "SHOP-9", "location": "https://tracker.example/9"}),
    ("deploy", {"version": "shop@1.0.1", "environment": "production"}),
    ("merge", {"issues": [{"id": "5"}]}),
    ("unmerge_source", {"fingerprints": ["a"]}),
    ("referenced_in_commit", {}),
    ("mark_reviewed", {}),
    ("set_public", {}),
    ("deleted_attachment", {}),
    ("SUBSCRIBE", {}),
    ("PULL_REQUEST_MERGED", {"version": "x"}),
    ("seer_rca_started", {}),
)
"""Every kind of sentry-api section 3.3 with its data, and some of section 17; notes have rows of their own."""
WRITERS: Mapping[str, tuple[dict[str, Any], str]] = {
    "a person": ({"user": DANA}, '"Dana Ortiz"'),
    "an integration": ({"sentry_app": APP, "user": None}, 'ntegration "Tracker"'),
    "a proxy user": ({"user": PROXY}, 'ntegration "runbook-7f3a1c"'),
    "Sentry": ({"user": None}, "Sentry"),
}


def entry(kind: str, data: Mapping[str, Any], at: datetime, writer: Mapping[str, Any]) -> dict[str, Any]:
    """An entry of the log as Sentry sends it."""
    return {
        "id": "1",
        "type": kind,
        "data": data,
        "sentry_app": None,
        "dateCreated": f"{at:%Y-%m-%dT%H:%M:%SZ}",
        **writer,
    }


def told(entries: Sequence[Mapping[str, Any]], notes: Sequence[Mapping[str, Any]] = ()) -> Incident:
    activity = sorted(read_all(Activity, entries, Sanitizer()), key=lambda one: one.at)
    evidence = incident(EVENTS, issue={"activity": activity}, notes=known(read_all(Note, notes, Sanitizer())))
    return Incident(evidence, Stated(), POLICY, NOW)


def drafted(found: Incident, since: datetime | None = None) -> Draft:
    return draft_update(found, form=templates()["handoff"], kind="handoff", since=since)


def at(number: int) -> datetime:
    """Instants that are far enough from each other that no two entries of automation share a row."""
    return START + 5 * MINUTE + number * 11 * MINUTE


@pytest.mark.parametrize("writer", WRITERS)
@pytest.mark.parametrize("half", [0, 1])
def test_an_entry_of_any_kind_is_one_act_of_its_writer(writer: str, half: int) -> None:
    fields, name = WRITERS[writer]
    kinds = KINDS[half::2]
    acts = recorded_acts(told([entry(kind, data, at(number), fields) for number, (kind, data) in enumerate(kinds)]))
    times = Counter(act.at for act in acts)
    for number in range(len(kinds)):
        assert times[at(number)] == 1
    assert all(name in act.what for act in acts if act.at in {at(number) for number in range(len(kinds))})


def test_the_entries_of_a_running_sentry_are_told_once_each_as_an_integrations() -> None:
    bodies = [record["body"] for record in recordings().values() if isinstance(record["body"], dict)]
    lines = {
        (line["id"], line["type"], line["dateCreated"]): line
        for body in bodies
        for line in body.get("activity", ())
        if isinstance(line, dict) and line["type"] not in ("first_seen", "note")
    }
    moved = [{**line, "dateCreated": f"{at(number):%Y-%m-%dT%H:%M:%SZ}"} for number, line in enumerate(lines.values())]
    assert len(moved) >= 12
    acts = [act for act in recorded_acts(told(moved)) if act.at >= at(0)]
    assert [act.at for act in acts] == [at(number) for number in range(len(moved))]
    assert all('ntegration "runbook-bot-' in act.what or act.what.startswith("Sentry") for act in acts)
    text = drafted(told(moved)).text
    assert "No person has acted on it in Sentry since it began" in text


def test_people_who_act_in_the_same_second_stand_apart_and_each_with_what_the_act_did() -> None:
    same = START + HOUR
    found = told(
        [
            entry("set_resolved", {}, same, {"user": DANA}),
            entry("assigned", {"assignee": "8", "assigneeType": "user"}, same, {"user": MINA}),
            entry("set_unresolved", {}, same + MINUTE, {"user": MINA}),
        ]
    )
    text = drafted(found).text
    stamp = f"{same:%H:%M} UTC"
    assert len(re.findall(rf'{stamp}: "Dana Ortiz" resolved the issue: .* before, .* after', text)) == 1
    assert len(re.findall(rf'{stamp}: "Mina Park" assigned the issue to themselves\n', text)) == 1
    assert f'"Mina Park" (2 acts, last {same + MINUTE:%H:%M} UTC); "Dana Ortiz" ({stamp})' in text


def test_a_comment_stands_once_though_the_log_holds_it_too() -> None:
    at_minute = START + 30 * MINUTE
    note = entry("note", {"text": "Looking."}, at_minute, {"user": MINA})
    text = drafted(told([note], [note])).text
    assert text.count('Note of "Mina Park": "Looking."') == 1
    assert f'Acted in Sentry: "Mina Park" ({at_minute:%H:%M} UTC)' in text


@pytest.mark.parametrize(("minutes", "there"), [(-1, False), (0, True), (1, True)])
def test_what_changed_counts_from_the_given_second_on(minutes: int, there: bool) -> None:
    since = START + HOUR
    found = told([entry("mark_reviewed", {}, since + minutes * MINUTE, {"user": DANA})])
    assert ("reviewed the issue" in drafted(found, since).text) == there


def test_an_act_of_more_than_a_day_before_the_incident_is_said_to_be_left_out() -> None:
    early = START - timedelta(hours=30)
    found = told([entry("mark_reviewed", {}, early, {"user": DANA})])
    text = drafted(found, early - HOUR).text
    assert "reviewed the issue" not in text
    assert f"(the time given; what came before {moment(found.opens)} is left out)" in text
    assert found.opens == START - timedelta(hours=24)
