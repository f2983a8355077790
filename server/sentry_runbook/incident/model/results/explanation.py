"""What explains an incident, as the triage returns it: tag values, releases, dependency, changes, people."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Literal

from sentry_runbook.incident.model.evidence import EventText, Frozen, quoted

SHORT_ID = re.compile(r"[A-Z0-9][A-Z0-9_-]{0,80}-[A-Z0-9]{1,20}")

DependencyKind = Literal["http", "database", "cache", "queue", "dns", "tls", "auth", "model", "storage"]
ChangeKind = Literal["deploy", "release", "flag", "alert_rule"]


class TagValue(Frozen):
    """One value of a tag."""

    tag: EventText
    value: EventText


class Explanation(Frozen):
    """A set of tag values that explains a part of the events above usual; entries are listed best first.

    Attributes:
        values: one to three tags together; ``schedule`` is no tag of an event: the minutes at which bursts begin.
        rank: 1 for the best; entries of one rank cannot be told apart by the data.
        share: fraction 0..1 of the window's events that carry all these values; None when only the few events that
            were read tell of them.
        usual_share: the same before the incident; of a release without ``explains`` its part of the sessions; None when
            too few events were there to say.
        explains: fraction 0..1 of the events above usual that carry them; None when there is no usual rate.
        events: that carry them, of those that were counted.
        users: distinct users among the events that were read; None when not known.
        note: what limits or completes it, in words.
    """

    values: tuple[TagValue, ...]
    rank: int = 1
    share: float | None = None
    usual_share: float | None = None
    explains: float | None = None
    events: int
    users: int | None = None
    note: EventText | None = None


class ReleaseHealth(Frozen):
    """Sessions of one release in the incident (in the window where the incident is not known).

    Attributes:
        crash_free_pct: percent, by ``1 - crash rate - unhandled rate``; None below the policy's least sessions.
        crash_free_before_pct: the same before the incident, within the window.
        adoption_pct: its part of the sessions, percent.
        events: events of this issue on it in the window; None when not known.
        suspect: whether it is the release that came with the incident.
        note: how to read it, in words.
    """

    release: EventText
    sessions: int
    crash_free_pct: float | None = None
    crash_free_before_pct: float | None = None
    adoption_pct: float | None = None
    events: int | None = None
    suspect: bool | None = None
    note: EventText | None = None


class Dependency(Frozen):
    """What the failing code depends on and did not get.

    Attributes:
        name: the host, service or product; words where nothing names it.
        internal: True for our own service, database, cache, certificate or key; None when nothing tells.
        failed_calls: in the events that were read whole.
        calls_per_event: failed calls an event, one place; 2 or more is a retry storm.
        why: the evidence in one sentence.
    """

    name: EventText
    kind: DependencyKind
    internal: bool | None = None
    failed_calls: int | None = None
    calls_per_event: float | None = None
    why: EventText


class LeadingIssue(Frozen):
    """The issue with most of the project's unhandled events, when it is another one and a project-wide figure decides.

    Attributes:
        share: fraction 0..1 of the project's unhandled events in the window.
        began: its first event in the window.
        url: its page, built from this issue's.
        note: what limits the share, in words.
    """

    short_id: EventText
    title: EventText | None = None
    project: EventText | None = None
    events: int
    share: float
    began: datetime | None = None
    url: str | None = None
    note: str | None = None

    @property
    def name(self) -> str:
        """``SHOP-2 "title"``: as it stands in a sentence."""
        return f"{quoted_id(self.short_id)} {quoted(self.title)}" if self.title else quoted_id(self.short_id)


def quoted_id(short_id: str) -> str:
    """A short id as it stands in a sentence: as it is, where it looks like one."""
    return short_id if SHORT_ID.fullmatch(short_id) else quoted(short_id)


class RelatedIssue(Frozen):
    """Another issue of the same incident: it began within three minutes of this one, and something else ties them.

    Attributes:
        began: its first event, of an older one the hour in which its rate rose (``by_hour``).
        events, users: since this issue began; users are distinct; None when not known.
        reasons: what ties them; to this issue, or through another one that is named.
    """

    short_id: str
    title: EventText
    project: EventText | None = None
    began: datetime
    by_hour: bool | None = None
    events: int | None = None
    users: int | None = None
    reasons: tuple[EventText, ...] = ()
    url: str | None = None


class LargerIncident(Frozen):
    """The incident that this issue is a part of.

    Attributes:
        first: short id of the issue that began first, which may be this one; None where it is not known which did.
        began: the earliest beginning that is known.
        issues: how many there are, this one included; more where ``at_least`` is true.
        says: it in one sentence, without its point.
    """

    first: str | None = None
    began: datetime
    issues: int
    at_least: bool | None = None
    says: EventText


class Change(Frozen):
    """Something that was changed in the six hours before the incident, or up to ten minutes after its begin.

    Attributes:
        project: None for the whole organization.
        minutes_before: minutes from the change to the incident's begin; negative when it came after.
    """

    at: datetime
    what: EventText
    kind: ChangeKind
    project: EventText | None = None
    minutes_before: int


class Owner(Frozen):
    """Who to ask, and why."""

    who: EventText
    why: EventText


class EarlierEpisode(Frozen):
    """An earlier time that the issue was open.

    Attributes:
        ended_by: who or what ended it.
        release: that it was resolved in.
        held: how long the end held, in words.
        note: what people wrote about it.
    """

    began: datetime | None = None
    ended: datetime | None = None
    ended_by: EventText | None = None
    release: EventText | None = None
    held: str | None = None
    note: EventText | None = None


class History(Frozen):
    """Earlier episodes of the issue.

    Attributes:
        episodes: how many are known of, without this one.
        last: the latest of them.
    """

    episodes: int
    last: EarlierEpisode | None = None


class PeopleQuestion(Frozen):
    """A question of the runbook that only people can answer, and that nobody has answered.

    Attributes:
        id: the tool's argument that takes the answer.
        decides: what an answer would change.
    """

    id: str
    question: str
    decides: str
