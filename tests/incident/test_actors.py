"""Machines are no people: what an integration or Sentry itself wrote is told as that, and detects nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from sentry_runbook.incident.incident import Incident
from sentry_runbook.incident.model.evidence import Activity, Note
from sentry_runbook.incident.model.evidence.lenient import read
from sentry_runbook.incident.model.stated import Stated
from sentry_runbook.incident.timeline.models import Timeline
from sentry_runbook.safety.sanitizer import Sanitizer
from sentry_runbook.simulator.scenario import EntrySpec, IssueSpec, NoteSpec, Scenario, Stream
from tests.incident.builder import MINUTE, NOW, POLICY, ago, burst, incident, known
from tests.incident.postmortem_cases import Story, lived
from tests.recordings import recordings

START = ago(hours=4)
EVENTS = burst(START, 60, MINUTE / 2, users=20)
DANA = {"id": "7", "name": "Dana Ortiz", "username": "dana@example.com", "email": "dana@example.com"}
PROXY = "deploy-bot-12ab34-0f0e0d0c-1111-4222-8333-444455556666"
SECOND = MINUTE / 60


def entry(**fields: Any) -> Activity:
    """An entry as Sentry sends it, read as the collector reads it."""
    json: dict[str, Any] = {
        "id": "1",
        "type": "assigned",
        "user": None,
        "sentry_app": None,
        "data": {},
        "dateCreated": "2026-11-23",
    }
    return read(Activity, {**json, "dateCreated": f"{START + 5 * MINUTE:%Y-%m-%dT%H:%M:%SZ}", **fields}, Sanitizer())


def told(*entries: Activity, notes: tuple[Note, ...] | None = None, stated: Stated | None = None) -> Timeline:
    parts: dict[str, Any] = {} if notes is None else {"notes": known(notes)}
    evidence = incident(EVENTS, issue={"activity": entries}, **parts)
    return Incident(evidence, stated or Stated(), POLICY, NOW).timeline


def log_rows(timeline: Timeline) -> list[tuple[datetime, str]]:
    return [(row.at, row.what) for row in timeline.rows if row.source.startswith("activity log")]


# --- who acted -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "actor", "who"),
    [
        pytest.param({"user": DANA}, "person", "Dana Ortiz", id="a person"),
        pytest.param({"user": {**DANA, "email": ""}}, "person", "Dana Ortiz", id="a person without an address"),
        pytest.param({"user": {**DANA, "name": ""}}, "person", "<email 1>", id="a person without a name"),
        pytest.param({"user": {"id": "7"}}, "person", None, id="a person without anything"),
        pytest.param({"user": DANA, "data": {"integration": "slack"}}, "person", "Dana Ortiz", id="by a chat"),
        pytest.param({"user": DANA, "data": {"integration": "codeowners"}}, "sentry", None, id="by a rule"),
        pytest.param({}, "sentry", None, id="nobody"),
        pytest.param({"user": {}}, "sentry", None, id="an empty user"),
        pytest.param({"sentry_app": {"id": 3, "name": "Jira", "slug": "jira"}}, "machine", "Jira", id="an app"),
        pytest.param({"sentry_app": {"slug": "jira"}, "user": DANA}, "machine", "jira", id="an app for a person"),
        pytest.param({"sentry_app": {"id": 3}}, "machine", None, id="an app without a name"),
        pytest.param({"sentry_app": {"name": "Seer"}}, "sentry", None, id="an agent of Sentry"),
        pytest.param({"sentry_app": {"slug": "seer-by-sentry"}}, "sentry", None, id="an agent by its slug"),
        pytest.param({"sentry_app": {"name": "Seerlight"}}, "machine", "Seerlight", id="a name that begins like one"),
        pytest.param(
            {"user": {"name": PROXY, "username": PROXY, "email": ""}}, "machine", "deploy-bot-12ab34", id="a proxy user"
        ),
        pytest.param(
            {"user": {"name": PROXY.upper(), "username": PROXY.upper()}}, "machine", "DEPLOY-BOT-12AB34", id="capitals"
        ),
        pytest.param(
            {"user": {"name": PROXY[18:], "username": PROXY[18:], "email": ""}}, "machine", None, id="a bare UUID"
        ),
        pytest.param(
            {"user": {"name": PROXY, "username": PROXY, "email": "bot@example.com"}}, "person", PROXY, id="an address"
        ),
        pytest.param({"user": {"name": "Dana", "username": PROXY, "email": ""}}, "person", "Dana", id="another name"),
        pytest.param({"user": {"name": "ci", "username": "ci", "email": ""}}, "person", "ci", id="no UUID"),
    ],
)
def test_who_acted_is_read_from_what_sentry_shows_of_the_actor(
    fields: Mapping[str, Any], actor: str, who: str | None
) -> None:
    activity = entry(**fields)
    assert activity.actor == actor
    assert activity.who == who
    assert read(Note, fields, Sanitizer()).actor == actor


def test_the_proxy_user_of_a_running_sentry_is_a_machine_and_its_own_entries_are_sentrys() -> None:
    bodies = [record["body"] for record in recordings().values() if isinstance(record["body"], dict)]
    entries = [line for body in bodies for line in body.get("activity", ()) if isinstance(line, dict)]
    actors = {(line["type"], read(Activity, line, Sanitizer()).actor) for line in entries}
    assert ("set_regression", "sentry") in actors
    assert ("first_seen", "sentry") in actors
    for kind in ("set_ignored", "set_unresolved", "set_resolved", "set_resolved_in_release", "merge"):
        assert (kind, "machine") in actors
    assert not {kind for kind, actor in actors if actor == "person"}
    named = {read(Activity, line, Sanitizer()).who for line in entries}
    assert named == {None, "runbook-bot-57ad30"}


# --- what it means -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"sentry_app": {"name": "Jira"}}, id="app"),
        pytest.param({"user": {"name": PROXY, "username": PROXY, "email": ""}}, id="proxy user"),
        pytest.param({}, id="Sentry"),
        pytest.param({"sentry_app": {"name": "Seer"}, "type": "note", "data": {"text": "root cause"}}, id="agent"),
        pytest.param({"user": DANA, "type": "SUBSCRIBE"}, id="kind in capitals"),
        pytest.param({"user": DANA, "type": "TRIGGER_AUTOFIX"}, id="autofix in a name"),
        pytest.param({"user": DANA, "type": "PULL_REQUEST_MERGED"}, id="merge told by a webhook"),
        pytest.param({"user": DANA, "type": "set_escalating"}, id="kind of Sentry"),
    ],
)
def test_what_a_machine_wrote_is_neither_detection_nor_acknowledgement(fields: Mapping[str, Any]) -> None:
    timeline = told(entry(**fields), stated=Stated(acknowledged_at=START + 20 * MINUTE))
    assert timeline.milestone("detected").at is None
    assert timeline.contradictions == ()
    assert told(entry(**fields)).milestone("acknowledged").at is None


@pytest.mark.parametrize("kind", ["assigned", "SET_RESOLVED", "Note", "merge", "set_ignored", "create_issue"])
def test_an_act_of_a_person_is_the_first_one_in_whatever_case_its_kind_is_written(kind: str) -> None:
    timeline = told(entry(user=DANA, type=kind))
    assert timeline.milestone("acknowledged").at == START + 5 * MINUTE
    assert timeline.milestone("detected").at == START + 5 * MINUTE


def test_a_note_of_our_own_integration_is_told_as_observed_and_detects_nothing() -> None:
    machine = Note(at=START + MINUTE, who="runbook", actor="machine", text="Severity P1")
    timeline = told(notes=(machine, Note(at=START + 9 * MINUTE, who="Dana", text="on it")))
    row = next(row for row in timeline.rows if "Severity P1" in row.what)
    assert (row.what, row.kind) == ('Note of integration "runbook": "Severity P1"', "observed")
    assert timeline.milestone("acknowledged").at == START + 9 * MINUTE


# --- rows ----------------------------------------------------------------------------------------------------------

NIGHT = [
    ("SUBSCRIBE", 0),
    ("TRIGGER_AUTOFIX", 1),
    ("ROOT_CAUSE_IDENTIFIED", 2),
    ("SUBSCRIBE", 3),
    ("set_priority", 4),
]


def at(minutes: float) -> str:
    return f"{START + minutes * MINUTE:%Y-%m-%dT%H:%M:%SZ}"


def test_entries_of_automation_that_are_near_each_other_are_one_row() -> None:
    rows = log_rows(told(*(entry(type=kind, dateCreated=at(minute)) for kind, minute in NIGHT)))
    kinds = '"subscribe", "trigger_autofix", "root_cause_identified", "set_priority"'
    first, last = f"{START:%H:%M}", f"{START + 4 * MINUTE:%H:%M}"
    assert rows == [(START, f"Sentry's automation wrote 5 entries from {first} to {last}: {kinds}")]


@pytest.mark.parametrize(("gap", "count"), [(10, 1), (10.1, 2)])
def test_entries_more_than_ten_minutes_apart_are_two_rows(gap: float, count: int) -> None:
    pair = (entry(type="SUBSCRIBE", dateCreated=at(0)), entry(type="SUBSCRIBE", dateCreated=at(gap)))
    assert len(log_rows(told(*pair))) == count


def test_a_lone_entry_of_automation_is_told_by_its_kind_and_by_who_wrote_it() -> None:
    app = {"sentry_app": {"name": "Jira"}}
    assert log_rows(told(entry(type="SUBSCRIBE", **app)))[0][1].startswith('Integration "Jira" wrote an entry of the')
    pair = [entry(type=kind, **app) for kind in ("SUBSCRIBE", "VIEWED")]
    when = f"{START + 5 * MINUTE:%H:%M}"
    assert log_rows(told(*pair))[0][1] == f'Integration "Jira" wrote 2 entries at {when}: "subscribe", "viewed"'


def test_each_writer_has_a_row_of_its_own_and_changes_of_the_state_are_never_grouped() -> None:
    entries = [
        entry(type="SUBSCRIBE", dateCreated=at(1)),
        entry(type="SUBSCRIBE", sentry_app={"name": "Jira"}, dateCreated=at(2)),
        entry(type="set_resolved", sentry_app={"name": "Jira"}, dateCreated=at(3)),
        entry(type="TRIGGER_AUTOFIX", dateCreated=at(4)),
        entry(type="set_priority", user=DANA, dateCreated=at(5)),
    ]
    whats = [what for _, what in log_rows(told(*entries))]
    assert len(whats) == 4
    assert whats[0].startswith("Sentry's automation wrote 2 entries")
    assert whats[2:] == ['Integration "Jira" resolved the issue', '"Dana Ortiz" set the priority']


def test_a_group_over_midnight_says_the_day_and_one_of_many_kinds_how_many_more() -> None:
    midnight = START.replace(hour=0, minute=0)
    kinds = [f"KIND_{letter}" for letter in "ABCDEFG"]
    entries = [
        entry(type=kind, dateCreated=f"{midnight + (number - 3) * SECOND:%Y-%m-%dT%H:%M:%SZ}")
        for number, kind in enumerate(kinds)
    ]
    what = log_rows(told(*entries))[0][1]
    assert what.startswith(f"Sentry's automation wrote 7 entries up to {midnight:%Y-%m-%d} 00:00 UTC: ")
    assert what.endswith('"kind_e" and 2 more')


@pytest.mark.parametrize(
    ("data", "told_as"),
    [
        pytest.param(
            {"assignee": "7", "assigneeType": "user"}, '"Dana Ortiz" assigned the issue to themselves', id="self"
        ),
        pytest.param({"assignee": "9", "assigneeType": "user"}, '"Dana Ortiz" assigned the issue', id="a number"),
        pytest.param(
            {"assignee": "7", "assigneeType": "team"}, '"Dana Ortiz" assigned the issue', id="a team's number"
        ),
        pytest.param(
            {"assignee": "9", "user": {"name": "Mina"}}, '"Dana Ortiz" assigned the issue to "Mina"', id="name"
        ),
    ],
)
def test_an_assignment_says_to_whom_as_far_as_the_entry_tells_it(data: Mapping[str, Any], told_as: str) -> None:
    assert [what for _, what in log_rows(told(entry(user=DANA, data=data)))] == [told_as]


NAME = "night"
BROKEN = IssueSpec(
    "NIGHT-1",
    "Error: broken",
    streams=(Stream(60, -60, -30, users=20),),
    entries=(
        EntrySpec(-58, "SUBSCRIBE"),
        EntrySpec(-57, "TRIGGER_AUTOFIX"),
        EntrySpec(-56, "create_issue", app="Tracker"),
    ),
)


async def test_the_night_triage_of_a_newer_server_is_one_row_and_the_first_act_is_the_persons() -> None:
    issue = replace(BROKEN, notes=(NoteSpec(-40, "Looking."),))
    story = Story(NAME, Scenario(name=NAME, issues=(issue,)), read=5)
    evidence = await lived(story)
    timeline = Incident(evidence, Stated(), POLICY, evidence.collected_at).timeline
    whats = [what for _, what in log_rows(timeline)]
    assert whats[0].startswith("Sentry's automation wrote 2 entries")
    assert whats[1] == 'Integration "Tracker" made a ticket of it'
    acknowledged = timeline.milestone("acknowledged")
    assert acknowledged.at is not None and acknowledged.source == 'activity log of the issue, entry of the kind "note"'


async def test_what_our_own_integration_did_acknowledges_nothing() -> None:
    story = Story(NAME, Scenario(name=NAME, issues=(BROKEN,)), acts={-20: {"status": "ignored"}}, by=None, read=5)
    evidence = await lived(replace(story, acts={1: {"status": "ignored"}}))
    timeline = Incident(evidence, Stated(), POLICY, evidence.collected_at).timeline
    assert any(what.startswith('Integration "runbook-') and "archived" in what for _, what in log_rows(timeline))
    assert timeline.milestone("acknowledged").at is None
