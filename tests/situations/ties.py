"""What ties two issues, by brute force over their events since the onset; time is none."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from tests.situations.raw import Event, Issue, Made, Raw

FEWEST_TRACES = 3
"""Fewer common traces, or less than a fifth of them, may be one script of a monitor."""
FEWEST_EVENTS = 5
"""Fewer events than this share a host or a tenant by chance."""
BEFORE = 30.0
"""Minutes before an onset in which a release or flag change counts as new."""
HOST_NAME = re.compile(r"\b(?:[a-z][a-z0-9]*[-.])+[a-z0-9]+\b|(?<=['\"])[\w.-]+(?=['\"])")


class Ties:
    """What two issues share, by their events since the onset alone."""

    def __init__(self, raw: Raw, onsets: dict[str, float]) -> None:
        self.raw, self.onsets = raw, onsets

    def between(self, one: str, two: str) -> Iterator[str]:
        """Name each tie of two issues; time is none."""
        issues = [self.raw.issues[one], self.raw.issues[two]]
        events = [issue.within(self.onsets[issue.short_id]) for issue in issues]
        if self._same_traces(*events):
            yield "trace"
        if self._same_people(*events):
            yield "users"
        if self._new_release(one, two, events):
            yield "release"
        for tag in ("server_name", "tenant"):
            if self._one_value(tag, one, two, events):
                yield tag
        if self._one_flag(one, two, events):
            yield "flag"
        if dependencies(issues[0]) & dependencies(issues[1]):
            yield "dependency"
        if calls(issues[0], issues[1], self.raw) or calls(issues[1], issues[0], self.raw):
            yield "transaction"

    def _same_traces(self, one: list[Event], two: list[Event]) -> bool:
        traces = [{event.trace for event in part if event.trace} for part in (one, two)]
        common = len(traces[0] & traces[1])
        return common >= FEWEST_TRACES and 5 * common >= min(map(len, traces))

    def _same_people(self, one: list[Event], two: list[Event]) -> bool:
        people = [{event.user for event in part if event.user} for part in (one, two)]
        fewer = min(map(len, people))
        return fewer >= 5 and 2 * len(people[0] & people[1]) >= fewer

    def _new_release(self, one: str, two: str, events: list[list[Event]]) -> bool:
        for version in _shared({event.release for event in part if event.release} for part in events):
            if all(self._is_new(version, short_id) for short_id in (one, two)):
                return True
        return False

    def _is_new(self, version: str, short_id: str) -> bool:
        since = [
            release.created if release.deployed is None else release.deployed
            for release in self.raw.project_of[short_id].releases
            if release.version == version
        ]
        return bool(since) and 0 <= self.onsets[short_id] - min(since) <= BEFORE

    def _one_value(self, tag: str, one: str, two: str, events: list[list[Event]]) -> bool:
        values = [{event.tags.get(tag) for event in part} for part in events]
        if len(values[0] | values[1]) != 1 or None in values[0] or min(map(len, events)) < FEWEST_EVENTS:
            return False
        return all(len(self._values_of(tag, short_id)) > 1 for short_id in (one, two))

    def _values_of(self, tag: str, short_id: str) -> set[str]:
        project = self.raw.project_of[short_id]
        return {event.tags[tag] for issue in project.issues for event in issue.events if tag in event.tags}

    def _one_flag(self, one: str, two: str, events: list[list[Event]]) -> bool:
        on = [set.intersection(*({f for f, is_on in e.flags.items() if is_on} for e in part)) for part in events]
        return any(all(self._is_usually_off(flag, s) for s in (one, two)) for flag in on[0] & on[1])

    def _is_usually_off(self, flag: str, short_id: str) -> bool:
        project = self.raw.project_of[short_id]
        others = [
            event.flags.get(flag, False)
            for issue in project.issues
            if issue.short_id not in self.onsets
            for event in issue.events
        ]
        return not any(others)


def _shared(sets: Iterable[set[str]]) -> set[str]:
    return set.intersection(*sets)


def dependencies(issue: Issue) -> set[str]:
    """Names of what failed below an issue, as its message and its failed calls tell them."""
    text = " ".join([issue.value, *(call.url for call in issue.calls)])
    names = set(HOST_NAME.findall(text)) | set(re.findall(r"https?://([\w.-]+)", text))
    return {name for name in names if re.search(r"[a-z]", name) and ("-" in name or "." in name)}


def calls(caller: Issue, callee: Issue, raw: Raw) -> bool:
    """Whether a failed call of one issue went to the other's service and transaction."""
    slug = raw.project_of[callee.short_id].slug
    return any(
        call.url.startswith(f"http://{slug}.internal") and call.url.endswith(callee.transaction.partition(" ")[2])
        for call in caller.calls
    )


def is_connected(made: Made, ties: Ties, within: float) -> bool:
    """Whether the issues of an incident hang together by ties of pairs that began close enough to each other."""
    names = sorted(made.issues)
    reached, waiting = {names[0]}, [names[0]]
    while waiting:
        here = waiting.pop()
        for other in set(names) - reached:
            close = abs(made.onsets[here] - made.onsets[other]) <= within
            if close and next(ties.between(here, other), None):
                reached.add(other)
                waiting.append(other)
    return len(reached) == len(names)
