"""Builds the evidence: two rounds of requests by the table of parts, each part a value or why it is unknown.

Round one needs only the reference: the issue, whole events, the event list, the tags. Round two needs what the first
told: the project (Discover, series, sessions, releases), the event (suspect commits), the transaction (latency).
A third round counts distinct users exactly in a few rolling hours, and only when the threshold lies between the
bounds that round two gave.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

from sentry_runbook.collect import first_call
from sentry_runbook.collect.batch import RequestBatch, Result
from sentry_runbook.collect.collection import Collection, Part
from sentry_runbook.collect.discover_parts import TOTALS, USERS, count, of_the_issue
from sentry_runbook.collect.empty_statistics import without_empty_statistics
from sentry_runbook.collect.environment_parts import unknown_environments
from sentry_runbook.collect.event_parts import EVENT, ROWS
from sentry_runbook.collect.other_counts import OtherCounts
from sentry_runbook.collect.parts import FIRST_READ, OPTIONAL, PARTS, RELATED, in_place_of_related
from sentry_runbook.collect.question import Aspect
from sentry_runbook.collect.related_parts import beginning_of
from sentry_runbook.collect.release_lists import release_plan
from sentry_runbook.collect.request_values import is_error, issue_id, other_name
from sentry_runbook.collect.scope import environment_warnings, inert_scope, scope_of, strange_environments
from sentry_runbook.collect.shared_users import shared_users, why_one_stands_for_all
from sentry_runbook.collect.together import whole_of, without_doubles
from sentry_runbook.errors import NotFound
from sentry_runbook.incident.metrics.unique_users import windows_to_count
from sentry_runbook.incident.model.evidence import (
    NOT_ASKED,
    EnvironmentScope,
    Evidence,
    Finding,
    Issue,
    Unknown,
    UsersIn,
    Window,
)
from sentry_runbook.incident.model.evidence.json_values import JsonObject
from sentry_runbook.incident.model.evidence.lenient import read
from sentry_runbook.progress import report_round
from sentry_runbook.safety.sanitizer import Sanitizer
from sentry_runbook.sentry.counts import ListPage

WindowFor = Callable[[JsonObject, datetime], Window]
"""Chooses the window from Sentry's answer about an issue, and from now: for stories that begin with the issue."""
ONE_ISSUE, SEVERAL_ISSUES = "the issue and its events", "the issues and their events"
ALL_PROJECTS = "-1"
"""All that the token may read."""
MAX_SECOND_ROUND = 14
"""Requests of a triage's second round; optional parts beyond are dropped: each costs some of Sentry's rate limit.

Those of Discover and the series have a limit of 15 under way at once on sentry.io (sentry-api §2.1); dropped events,
sessions, environments, releases and commits count against others."""
LEFT_OUT = Unknown(why="left out: a triage sends no more requests than 18; a postmortem asks for it")
NOT_COMPARED = Unknown(why="left out: a triage sends no more requests than 18")
"""Of what ties the issue to others, which ``assess_situation`` reads, and no postmortem of the one issue."""
OWNERS_REFUSED = "This server refuses to tell whom ownership rules and suspect commits name: owners are not known."
IS_GLITCHTIP = (
    "This server is GlitchTip: it has no Discover, release health, deploys, suspect commits or activity log. Who "
    "acted, whether the issue regressed and who is assigned are not known here."
)


class EvidenceBuilder:
    """Asks Sentry by rounds and puts the evidence together.

    Attributes:
        places: of each issue that was read, its place among those that were asked for.

    Args:
        collection: the question, and all that answers it; filled here.
    """

    def __init__(self, collection: Collection) -> None:
        self._collection = collection
        self._other_counts = OtherCounts(collection)
        self._doubles: tuple[str, ...] = ()
        self.places: tuple[int, ...] = (0,)

    async def ask_issue(self, *, fresh: bool) -> JsonObject:
        """Round one: all that needs only the reference.

        Raises:
            RunbookError: the issue itself could not be read, or one of those beside it.
        """
        collection = self._collection
        client, question = collection.client, collection.question
        batch = RequestBatch("" if fresh else SEVERAL_ISSUES if question.beside else ONE_ISSUE)
        reference = question.reference
        # Before a change nobody asks who owns it. All others ask the same, so that one answer serves them.
        issue = batch.add(lambda: collection.client.issue(reference, fresh=fresh, owners=not fresh))
        others = [batch.add(partial(client.issue, ref, fresh=fresh, owners=not fresh)) for ref in question.beside]
        environments = self._all_environments(batch)
        for part in PARTS:
            if part.round == 1:
                collection.add(part, batch)
        if fresh:
            # Of a plan: others ask in the same round whose token it is, and which comments there are.
            report_round("the issue as it is now")
        if not first_call.is_prepared():
            batch.meanwhile(first_call.prepare)
        own = await batch.send_until(issue)
        for other in others:
            if other.error is not None:
                raise other.error
        read_issues = (own, *(other.value for other in others if other.value is not None))
        self.places = without_doubles(read_issues)
        collection.members = tuple(read_issues[place] for place in self.places)
        self._doubles = tuple(issue_id(issue) for place, issue in enumerate(read_issues) if place not in self.places)
        collection.issue = whole_of(collection.members)
        if environments is not None and environments.value is not None and environments.value.next_cursor is None:
            collection.all_environments = environments.value.items
        return collection.issue

    def _all_environments(self, batch: RequestBatch) -> Result[ListPage[str]] | None:
        """Those of the organization: the tags of round one tell the environments of the first issue alone."""
        client, question = self._collection.client, self._collection.question
        if not question.beside or question.environments or question.scope != "production":
            return None
        organization = question.reference.organization
        return batch.add(lambda: client.environments(organization, project_id=ALL_PROJECTS))

    @property
    def members(self) -> tuple[JsonObject, ...]:
        """The issues that were read in round one, each once."""
        return self._collection.members

    def choose_window(self, window_for: WindowFor) -> None:
        """Choose the window from the issues: of several the one that holds those of all."""
        collection = self._collection
        windows = [window_for(issue, collection.now) for issue in collection.members]
        window = min(windows, key=lambda each: each.start)
        collection.question = replace(collection.question, window=window)

    async def ask_rest(self) -> None:
        """Round two: all that needs the issue. What round one told is read while the requests are under way."""
        collection, batch = self._collection, RequestBatch("counts, releases, and what changed around it")
        collection.scope = scope_of(collection)
        collection.one_for_all = why_one_stands_for_all(collection)
        collection.shared_users = shared_users(collection)
        collection.has_strange_environments = bool(strange_environments(collection)) or self._has_no_event_there()
        collection.looked_around = beginning_of(collection)
        collection.release_plan = await release_plan(collection)
        for part in PARTS:
            if part.round == 2:
                collection.add(part, batch)
        if not collection.question.wants(Aspect.NOTES):
            # A postmortem may take more requests than a triage: it is not needed within seconds.
            self._drop_optional(batch)
        await self._other_counts.prepare(batch)
        batch.meanwhile(self._read_first)
        await batch.send()
        collection.unknown_environments = unknown_environments(collection)

    async def build(self, *, server: str, organization: str, url: str) -> Evidence:
        """The evidence; :meth:`ask_issue` and :meth:`ask_rest` come before."""
        collection = self._collection
        for part in PARTS:
            if collection.built.get(part.field, NOT_ASKED) == NOT_ASKED:
                collection.built[part.field] = part.build(collection)
        issue, together, scope = self._issue(url), self._together(url), inert_scope(collection)
        evidence = Evidence(
            collected_at=collection.now,
            server=server,
            server_kind=collection.client.server,
            organization=organization,
            window=collection.question.window,
            scope=scope,
            issue=issue,
            together=together,
            looked_around=collection.looked_around,
            findings=findings_of(collection.sanitizer),
            warnings=tuple(self._warnings(issue, scope)),
            **without_empty_statistics(collection),
        )
        evidence = await self._other_counts.fill(evidence)
        users_in = await self._settle_users(evidence)
        return evidence.model_copy(update={"users_in": users_in}) if users_in else evidence

    def _drop_optional(self, batch: RequestBatch) -> None:
        """First without the related issues, whose parts then only take the place of those that tell least."""
        related = sum(batch.holds(self._collection.result(part)) for part in RELATED)
        self._drop(batch, MAX_SECOND_ROUND + related, OPTIONAL)
        self._drop(batch, MAX_SECOND_ROUND, in_place_of_related(self._collection))

    def _drop(self, batch: RequestBatch, most: int, parts: Sequence[Part[Any]]) -> None:
        results = {id(self._collection.result(part)): part for part in parts}
        for result in batch.drop_optional(most, [self._collection.result(part) for part in parts]):
            part = results[id(result)]
            self._collection.built[part.field] = NOT_COMPARED if part in RELATED else LEFT_OUT

    def _has_no_event_there(self) -> bool:
        """Whether Sentry has no event of the issue where the caller asked for one."""
        results = (self._collection.result(EVENT), self._collection.result(ROWS))
        is_empty = any(isinstance(result.error, NotFound) for result in results)
        return is_empty and bool(self._collection.question.environments)

    def _read_first(self) -> None:
        for part in FIRST_READ:
            if self._collection.result(part).error is not None:
                continue  # why may depend on round two: whether the project has the environment asked for
            self._collection.built[part.field] = part.build(self._collection)
        if first_call.is_prepared():
            first_call.compile_words()

    def _issue(self, url: str) -> Issue:
        """The issue; a reference by another number or short id tells that it was merged or renamed."""
        collection = self._collection
        asked_as = other_name(collection.question.reference, collection.issue)
        json = {**collection.issue, "url": url, "asked_as": asked_as}
        if not json.get("culprit"):
            json["culprit"] = (collection.value(EVENT) or {}).get("culprit")
        if self._hides_users:
            json["userCount"] = None
        return read(Issue, json, collection.sanitizer)

    def _together(self, url: str) -> tuple[Issue, ...]:
        """Each of several issues with its own life; none of one issue, which is the whole."""
        collection = self._collection
        if not collection.is_of_several:
            return ()
        own = issue_id(collection.first)
        pages = (url.replace(f"/issues/{own}", f"/issues/{issue_id(issue)}") for issue in collection.members)
        return tuple(
            read(Issue, {**issue, "url": page}, collection.sanitizer)
            for issue, page in zip(collection.members, pages, strict=True)
        )

    @property
    def _hides_users(self) -> bool:
        """Whether the issue's own one user stands for many, and is no number of people."""
        return bool(self._collection.one_for_all) and self._collection.issue.get("userCount") in (1, "1")

    def _warnings(self, issue: Issue, scope: EnvironmentScope) -> Iterator[str]:
        if issue.why_other_name:
            yield f"{issue.why_other_name}; the numbers are those of {issue.name}."
        yield from self._warnings_of_several()
        if self._collection.client.server == "glitchtip":
            yield IS_GLITCHTIP
        elif self._collection.client.refuses_owners and self._collection.question.wants(Aspect.OWNERS):
            yield OWNERS_REFUSED
        note = self._collection.question.window.note
        if note:
            yield f"{note.capitalize()}."
        if self._hides_users:
            yield f"{self._collection.one_for_all[:1].upper()}{self._collection.one_for_all[1:]}."
        yield from environment_warnings(self._collection, scope)

    def _warnings_of_several(self) -> Iterator[str]:
        """What the reader must know of the list of issues that the caller gave."""
        names = {issue_id(issue): str(issue.get("shortId") or issue_id(issue)) for issue in self._collection.members}
        for double in self._doubles:
            yield f"{names[double]} was given more than once: it counts once."
        for issue in self._collection.members if self._collection.is_of_several else ():
            if not is_error(issue):
                yield f"{names[issue_id(issue)]} is no error: its events are not among the counts."

    async def _settle_users(self, evidence: Evidence) -> tuple[UsersIn, ...]:
        """Count a few rolling hours exactly, only when the threshold lies between the bounds."""
        collection = self._collection
        is_countable = collection.result(TOTALS).error is None
        if not collection.question.wants(Aspect.USERS) or not is_error(collection.issue) or not is_countable:
            return ()
        hours = windows_to_count(evidence, collection.policy)
        return await self._count_users(hours) if hours else ()

    async def _count_users(self, hours: Sequence[tuple[datetime, datetime]]) -> tuple[UsersIn, ...]:
        """Distinct users in these stretches; one that cannot be counted is left out."""
        collection, batch = self._collection, RequestBatch("users of the busiest hours, counted exactly")
        windows = [Window(start=start, end=end) for start, end in hours]
        query, names = of_the_issue(collection), collection.scope.names
        results = [batch.add(count(collection, (USERS,), query, window, names, 1)) for window in windows]
        await batch.send()
        numbers = (result.value.number(USERS) if result.value is not None else None for result in results)
        return tuple(
            UsersIn(start=window.start, end=window.end, users=int(users))
            for window, users in zip(windows, numbers, strict=True)
            if users is not None
        )


def findings_of(sanitizer: Sanitizer) -> tuple[Finding, ...]:
    """What the sanitizer found suspicious, as the answer reports it."""
    return tuple(
        Finding(kind=finding.kind, where=finding.where, why=finding.why, excerpt=finding.excerpt or None)
        for finding in sanitizer.findings
    )
