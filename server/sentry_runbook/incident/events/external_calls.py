"""Failed calls to other hosts, as breadcrumbs, spans and error texts show them.

Whose host it is decides (:mod:`.hosts`): other people's, or the project's own. A failing call to a tracker explains
nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from sentry_runbook.incident.events.call_words import CODE_FILE, CODE_LOADED, is_failing_call, is_of_other_side
from sentry_runbook.incident.events.event_texts import error_texts, whole_events
from sentry_runbook.incident.events.hosts import Whose, hosts_in, own_domains, whose_host
from sentry_runbook.incident.events.trackers import is_intake
from sentry_runbook.incident.model.evidence import Breadcrumb, Event, Evidence
from sentry_runbook.incident.model.evidence.breadcrumb import NO_ANSWER

RETRIED = 1.5
"""Failed calls an event from which they are said: that many are retries."""
STORM = 2.0
"""Failed calls an event from which the retries are a load of their own: they are to be cut, whatever else is done."""
FULL = ("429", "529")
"""Statuses of a service that turns calls away because there are too many."""
OF_LOAD = ("408", "425", *FULL)
"""Statuses of a service that is slow or full, among those that mean a faulty request."""
BARE_HOST = re.compile(r"[a-z+]{2,12}[:∶]//([a-z0-9][a-z0-9_-]{0,62})(?=[:/?#]|\Z)", re.IGNORECASE)
"""A URL, no longer a link, whose host is a name of the network inside: ``hxxp://inventory:8080``."""
ELSEWHERE = re.compile(r"(?:[a-z+]{2,12}[:∶])?//", re.IGNORECASE)
"""The start of a URL that names a host, and so is no path below the page."""
MAX_PLACE = 80
Calls = Sequence[Breadcrumb]
"""The HTTP calls of one event, oldest first."""


# --- failed calls in breadcrumbs -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class FailedCalls:
    """Failed HTTP calls to one host, over the events that were read whole.

    Attributes:
        host: as :func:`place_of` names it; a name without a dot or a path below the page is the project's own.
        each_event: failed calls in each event that has one: several in one event are retries.
        read: events that were read.
        statuses: what the host answered, each once; :data:`NO_ANSWER` where no status came.
        last: whether in one event at least it is the last HTTP call before the error.
        also_answered: whether the same host answered well later in an event.
    """

    host: str
    each_event: tuple[int, ...]
    read: int
    statuses: tuple[str, ...]
    last: bool
    also_answered: bool

    @property
    def events(self) -> int:
        """Events with such a call."""
        return len(self.each_event)

    @property
    def calls(self) -> int:
        """Failed calls in all events together."""
        return sum(self.each_event)

    @property
    def per_event(self) -> float:
        """Failed calls in an event that has one, to one place."""
        return round(self.calls / self.events, 1)

    @property
    def are_a_storm(self) -> bool:
        """Whether each event stands for several failed calls."""
        return self.calls >= STORM * self.events

    @property
    def each(self) -> str:
        """How many calls failed in an event, as the end of a sentence; empty for about one each."""
        fewest, most = min(self.each_event), max(self.each_event)
        if self.calls < RETRIED * self.events:
            return ""
        return f", {most} calls in each" if fewest == most else f", {fewest} to {most} calls in each"

    @property
    def at_fault(self) -> Literal["theirs", "ours", "unclear"]:
        """Whose failure the statuses mean: 5xx, a full service or no answer is theirs, another 4xx is our request."""
        theirs = any(status == NO_ANSWER or status[0] == "5" or status in OF_LOAD for status in self.statuses)
        ours = any(status[0] == "4" and status not in OF_LOAD for status in self.statuses)
        if theirs == ours:
            return "unclear"
        return "theirs" if theirs else "ours"

    @property
    def limited(self) -> bool:
        """Whether the host turns calls away, and fails in no other way."""
        return set(self.statuses) <= set(FULL)

    @property
    def weight(self) -> tuple[bool, int, int, bool]:
        """How much it says: a service that only refuses what we send comes last, then the number of events decides."""
        return self.at_fault != "ours", self.events, self.calls, self.last


def failed_calls(evidence: Evidence) -> dict[Whose, FailedCalls]:
    """Whose hosts calls failed to → of these hosts the one whose failed calls say most."""
    own = own_domains(evidence)
    calls = [list(_calls(event, own)) for event in whole_events(evidence)]
    hosts: dict[Whose, dict[str, None]] = {}
    for crumb in (crumb for in_event in calls for crumb in in_event if crumb.failed):
        hosts.setdefault(_whose(crumb, own), {})[place_of(crumb)] = None
    # Of equals the first one wins, whatever the order of a set would be.
    return {
        whose: max((_failed_at(host, calls) for host in places), key=lambda failed: failed.weight)
        for whose, places in hosts.items()
    }


def place_of(crumb: Breadcrumb) -> str:
    """The host that a call went to; else the name without a dot that its URL has; else the path below the page."""
    if crumb.host:
        return crumb.host
    match = BARE_HOST.match(crumb.url or "")
    return match[1].lower() if match is not None else (crumb.url or "").partition("?")[0][:MAX_PLACE]


def _calls(event: Event, own: frozenset[str]) -> Iterator[Breadcrumb]:
    """The HTTP calls of an event whose end is known, without those to trackers and for the application's own code."""
    is_code = any(CODE_LOADED.search(text) for text in error_texts(event))
    for crumb in (*event.earlier_calls, *event.breadcrumbs):
        ended = crumb.failed or crumb.http_status is not None
        if not crumb.url or not ended or _whose(crumb, own) == "tracker":
            continue
        if not (is_code and CODE_FILE.search(crumb.url)):
            yield crumb


def _whose(crumb: Breadcrumb, own: frozenset[str]) -> Whose:
    if crumb.url and is_intake(crumb.url):
        return "tracker"
    if crumb.host:
        return whose_host(crumb.host, own)
    url = crumb.url or ""
    if ELSEWHERE.match(url) and not BARE_HOST.match(url):
        return "unknown"
    # A path below the page and a bare name have no host that is worth a name: they are the project's own.
    return "own"


def _failed_at(host: str, calls: Sequence[Calls]) -> FailedCalls:
    failed = [[crumb for crumb in one if place_of(crumb) == host and crumb.failed] for one in calls]
    return FailedCalls(
        host=host,
        each_event=tuple(len(one) for one in failed if one),
        read=len(calls),
        statuses=tuple(dict.fromkeys(str(crumb.http_status or NO_ANSWER) for one in failed for crumb in one)),
        last=any(one and place_of(one[-1]) == host and one[-1].failed for one in calls),
        also_answered=any(_answered_later(one, host) for one in calls),
    )


def _answered_later(calls: Calls, host: str) -> bool:
    """Whether the last call to a host went well after an earlier one failed."""
    to_host = [crumb for crumb in calls if place_of(crumb) == host]
    return bool(to_host) and not to_host[-1].failed and any(crumb.failed for crumb in to_host)


# --- error texts ---------------------------------------------------------------------------------------------------


def host_in_error(evidence: Evidence, texts: Iterable[str]) -> tuple[str, str] | None:
    """An external host that the error of a failing call among ``texts`` names, and that text; None without one."""
    own = own_domains(evidence)
    for text in texts:
        # Any error may mention a URL; only in one of a failing call is the host the one that failed.
        if not is_failing_call(text):
            continue
        external = next((host for host, whose in hosts_in(text, own) if whose == "external"), None)
        if external is not None:
            return external, text
    return None


def unnamed_service(evidence: Evidence, texts: Iterable[str]) -> str | None:
    """The error text of a service that does not answer, turns calls away or has an old certificate, and has no name.

    None where there is no such text, where it names a host of the project's own, or where a call failed before that
    went to one, or nobody knows where.
    """
    own = own_domains(evidence)
    calls = (crumb for event in whole_events(evidence) for crumb in _calls(event, own))
    if any(crumb.failed and _whose(crumb, own) in ("own", "unknown") for crumb in calls):
        return None
    for text in texts:
        if is_of_other_side(text) and all(whose != "own" for _, whose in hosts_in(text, own)):
            return text
    return None
