"""Who has an incident: the assignee, who acted and when, whom to ask. Integrations are no people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from sentry_runbook.incident.formatting import count, moment
from sentry_runbook.incident.incident import Incident
from sentry_runbook.incident.model.evidence import Activity, Issue, Note, quoted
from sentry_runbook.incident.model.results.messages import Blank
from sentry_runbook.incident.timeline.activity import notes_of
from sentry_runbook.incident.timeline.actors import ACTS_OF_PEOPLE, is_act_of_a_person, name_of

MOST_PEOPLE = 6
NO_ACTIVITY = "this server keeps no log of the issue's activity"


def people(incident: Incident) -> Iterator[str | Blank]:
    """The assignee, then everybody who acted in the incident, the last one first, then whom to ask."""
    acts = _acts(incident)
    yield from _assignees(incident)
    yield _acted(incident, acts)
    owners = [owner for owner in incident.owners if owner.why != "assigned" and quoted(owner.who) not in acts]
    ask = [f"{quoted(owner.who)} ({owner.why})" for owner in owners]
    if ask:
        yield f"To ask: {'; '.join(ask)}"


def unnamed(incident: Incident) -> Iterator[Blank]:
    """That somebody acted through an integration, which Sentry does not name (sentry-api section 17)."""
    entries = [entry for entry in _entries(incident) if entry.kind in ACTS_OF_PEOPLE]
    acts: list[Activity | Note] = [*entries, *_notes(incident)]
    through = dict.fromkeys(name_of(act) for act in acts if act.actor == "machine")
    if through:
        why = "Sentry names the integration and no person; so are the writes of this server shown"
        yield Blank(f"who acted through {', '.join(through)}", why)


def _assignees(incident: Incident) -> Iterator[str | Blank]:
    """Who has each of several issues, by its name; of one issue without it."""
    members = incident.evidence.members
    told = {issue.name: _assignee(incident, issue) for issue in members}
    if len(set(map(str, told.values()))) == 1:
        # Nobody has any of them, one person has all, or this server does not say.
        yield told[members[0].name]
        return
    yield from (f"{name}: {assigned}" for name, assigned in told.items())


def _assignee(incident: Incident, issue: Issue) -> str | Blank:
    if not issue.names_assignee:
        return Blank("who is assigned", "Sentry's answer does not have it")
    if issue.assigned_to is None:
        return "Nobody is assigned"
    entries = [entry for entry in issue.activity if entry.kind == "assigned" and entry.at <= incident.read_at]
    if not entries:
        return f"Assigned: {quoted(issue.assigned_to)}"
    last = entries[-1]
    return f"Assigned: {quoted(issue.assigned_to)}, since {moment(last.at, incident.now)}, by {name_of(last)}"


def _acts(incident: Incident) -> dict[str, list[datetime]]:
    """The times at which each person acted in the incident, by name."""
    acts: dict[str, list[datetime]] = {}
    for entry in _entries(incident):
        if is_act_of_a_person(entry):
            acts.setdefault(name_of(entry), []).append(entry.at)
    for note in _notes(incident):
        if note.actor == "person" and note.at is not None:
            acts.setdefault(name_of(note), []).append(note.at)
    return acts


def _acted(incident: Incident, acts: Mapping[str, Sequence[datetime]]) -> str | Blank:
    if not acts and not incident.evidence.issue.logs_activity:
        return Blank("who acted", NO_ACTIVITY)
    if not acts:
        return "No person has acted on it in Sentry since it began"
    latest = sorted(acts, key=lambda who: max(acts[who]), reverse=True)
    named = [f"{who} ({_times(acts[who], incident.now)})" for who in latest[:MOST_PEOPLE]]
    more = f"; {len(latest) - MOST_PEOPLE} more" if len(latest) > MOST_PEOPLE else ""
    return f"Acted in Sentry: {'; '.join(named)}{more}"


def _times(times: Sequence[datetime], now: datetime) -> str:
    last = moment(max(times), now)
    return f"{last}" if len(times) == 1 else f"{count(len(times), 'act')}, last {last}"


def _entries(incident: Incident) -> Iterator[Activity]:
    """Entries of the log since the incident began, without the comments."""
    for entry in incident.evidence.issue.activity:
        if entry.kind != "note" and incident.began <= entry.at <= incident.read_at:
            yield entry


def _notes(incident: Incident) -> Iterator[Note]:
    for note in notes_of(incident):
        if note.at is not None and incident.began <= note.at <= incident.read_at:
            yield note
