"""Builds the evidence of a situation: round one lists, round two looks into the few issues that are news.

A quiet answer takes one round. Where the server searches one project at a time, see :mod:`.situation_one_by_one`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from functools import partial
from typing import Any

from sentry_runbook.collect.batch import RequestBatch
from sentry_runbook.collect.builder import findings_of
from sentry_runbook.collect.search_requests import CLOSED
from sentry_runbook.collect.situation_collection import (
    LEFT_OUT,
    MOST_REQUESTS,
    SituationCollection,
    SituationPart,
)
from sentry_runbook.collect.situation_context import ALERTS, BEFORE, FLAG_CHANGES, MONITORS, RELEASES, SESSIONS, VOLUMES
from sentry_runbook.collect.situation_discover import BUILDS, PLACES
from sentry_runbook.collect.situation_lists import (
    FLAGGED,
    ISSUE_LISTS,
    MORE_NEW,
    NEW,
    PROJECTS,
)
from sentry_runbook.collect.situation_minutes import HISTORY_OF_RISEN, MINUTES
from sentry_runbook.collect.situation_nameless import NAMELESS, nameless_events
from sentry_runbook.collect.situation_one_by_one import OneByOne, listed_names, part_one_list, search_one_by_one
from sentry_runbook.collect.situation_values import (
    SECOND_UNION,
    SHARED_USERS,
    TRACES,
    UNION,
    together_of_pairs,
    union_part,
)
from sentry_runbook.incident.model.evidence import NOT_ASKED, Known, Unknown
from sentry_runbook.incident.model.evidence.situation import (
    IssuePage,
    ListedProject,
    SituationEvidence,
    UsersTogether,
)
from sentry_runbook.sentry.counts import DiscoverTable
from sentry_runbook.sentry.status_errors import OneProjectAtATime

FIRST_ROUND: tuple[SituationPart[Any], ...] = (
    *ISSUE_LISTS,
    PROJECTS,
    VOLUMES,
    SESSIONS,
    RELEASES,
    FLAG_CHANGES,
)
"""In the order in which they are read; stand-ins for users and masks are numbered in that order."""
SECOND_ROUND: tuple[SituationPart[Any], ...] = (
    BUILDS,
    MINUTES,
    HISTORY_OF_RISEN,
    TRACES,
    PLACES,
    FLAGGED,
    *MORE_NEW,
    SHARED_USERS,
)
"""As above; what matters most comes first, for the last ones are left out where too few requests are left."""
UNIONS = (UNION, SECOND_UNION)
LAST_OF_SECOND_ROUND: tuple[SituationPart[Any], ...] = (*UNIONS, ALERTS, MONITORS, BEFORE, NAMELESS)
"""What tells nothing of what is news, or only how many people it hit: as far as requests are left."""
OF_FEW: tuple[SituationPart[Any], ...] = (TRACES, PLACES)
"""What is told of at most a hundred issues: of a storm it comes last."""
NO_PROJECT = "the token sees no project: add its person or integration to a team"
GLITCHTIP = (
    "This server is GlitchTip: it has no Discover, sessions, flags or alerts here, and lists no hourly counts. Only "
    "issues that were first seen lately can be told; whether an old one rose, and what ties issues, is not known."
)


class SituationBuilder:
    """Asks Sentry by rounds and puts the evidence together.

    Args:
        collection: the question, and all that answers it; filled here.
        preferred: project that is searched first where they are searched one by one.
    """

    def __init__(self, collection: SituationCollection, preferred: str | None = None) -> None:
        self._collection = collection
        self._preferred = preferred
        self._one_by_one = OneByOne()
        self._not_searched: tuple[str, ...] = ()
        self._warnings: list[str] = []
        self._settling: list[SituationPart[DiscoverTable]] = []

    async def ask_lists(self) -> None:
        """Round one: what needs only the question.

        Raises:
            RunbookError: no list of issues could be read.
        """
        collection, batch = (
            self._collection,
            RequestBatch("issues, error volumes, sessions and releases of all projects"),
        )
        for part in FIRST_ROUND:
            collection.add(part, batch)
        await batch.send()
        results = [collection.result(part) for part in ISSUE_LISTS]
        errors = [result.error for result in results if result.error is not None]
        if any(isinstance(error, OneProjectAtATime) for error in errors):
            collection.one_by_one = True
        for part in FIRST_ROUND:
            collection.built[part.field] = part.build(collection)
        if collection.one_by_one:
            projects = collection.result(PROJECTS)
            if projects.value is None:
                raise projects.error or AssertionError("the projects were not asked for")
            self._one_by_one = await search_one_by_one(collection, projects.value.items, self._preferred)
            self._not_searched = self._one_by_one.not_searched
        elif not any(result.value is not None for result in results):
            raise next(iter(errors), AssertionError("no list was asked for"))
        elif collection.client.server == "glitchtip":
            part_one_list(collection)
        self._note_projects()

    async def settle(self, incidents: Sequence[Collection[str]]) -> None:
        """Round three, only where a severity depends on it: the distinct users of an incident's issues together.

        What then is left is for the events without a user.

        Args:
            incidents: the short ids of the issues of each.
        """
        collection, batch = self._collection, RequestBatch("the users of an incident's issues together")
        for number, short_ids in enumerate(incidents):
            issues = tuple(issue.id for issue in collection.issues.values() if issue.name in short_ids)
            part = union_part(f"settling_union_{number}", partial(_given, issues))
            collection.add(part, batch)
            self._settling.append(part)
        if collection.built.get(NAMELESS.field) == LEFT_OUT and collection.sent < MOST_REQUESTS:
            collection.add(NAMELESS, batch)
        await batch.send()
        for settled in (*self._settling, NAMELESS):
            collection.built[settled.field] = settled.build(collection)

    async def ask_details(self) -> None:
        """Round two: what the issues that are news have in common; nothing where none is."""
        collection, batch = self._collection, RequestBatch("what the new and rising issues have in common")
        later = OF_FEW if collection.questions.more_new else ()
        for part in SECOND_ROUND:
            if part not in later:
                collection.add(part, batch)
        # One request is kept for the third round, where distinct users may decide a severity and were not guessed.
        kept = 1 if collection.questions.unions else 0
        counts = (*UNIONS, NAMELESS) if collection.questions.nameless_decide else UNIONS
        for part in dict.fromkeys((counts[0], *later, *counts[1:], *LAST_OF_SECOND_ROUND)):
            if collection.sent < MOST_REQUESTS - kept:
                collection.add(part, batch)
            elif part.request(collection) is not None:
                collection.built[part.field] = LEFT_OUT  # which is not "none"
        await batch.send()
        for part in (*SECOND_ROUND, *LAST_OF_SECOND_ROUND, VOLUMES):
            collection.built[part.field] = part.build(collection)
        self._join_new()

    def _join_new(self) -> None:
        """The further lists of new issues, where they were read, behind the first."""
        built = self._collection.built
        first, more = built.get(NEW.field), [built[part.field] for part in MORE_NEW]
        pages = [part.value for part in more if isinstance(part, Known)]
        if not isinstance(first, Known) or not pages:
            return
        issues = {issue.id: issue for page in (first.value, *pages) for issue in page.issues}
        is_whole = len(pages) > 1 or not self._collection.questions.more_projects
        complete = is_whole and all(page.complete for page in pages)
        total = first.value.total
        page = IssuePage(
            issues=tuple(issues.values()), total=total, complete=complete and (total is None or len(issues) >= total)
        )
        built[NEW.field] = first.model_copy(update={"value": page})

    def build(self, *, server: str, organization: str) -> SituationEvidence:
        """The evidence, as far as it is known by now."""
        collection, question = self._collection, self._collection.question
        named = self._named_project()
        if named:
            collection.built[PROJECTS.field] = Known(value=named, source="the project that was named")
        fields = {name: part for name, part in collection.built.items() if name in SituationEvidence.model_fields}
        return SituationEvidence(
            collected_at=collection.now,
            server=server,
            server_kind=collection.client.server,
            organization=organization,
            window=question.window,
            new_since=question.new_since,
            asked_projects=tuple(project.slug or project.id for project in named),
            environments=tuple(map(collection.name, question.environments)),
            one_by_one=tuple(map(collection.name, self._one_by_one.searched)),
            not_searched=tuple(map(collection.name, self._not_searched)),
            together=tuple(self._together()),
            nameless=tuple(nameless_events(collection)),
            findings=findings_of(collection.sanitizer),
            warnings=tuple(self._all_warnings()),
            **fields,
        )

    def _together(self) -> Iterator[UsersTogether]:
        pairs = self._collection.built.get(SHARED_USERS.field, NOT_ASKED)
        union = together_of_pairs(self._collection, pairs.value) if isinstance(pairs, Known) else None
        if union is not None:
            yield union
        for part in (*UNIONS, *self._settling):
            counted = self._collection.built.get(part.field, NOT_ASKED)
            if isinstance(counted, Known):
                yield counted.value

    def _all_warnings(self) -> Iterator[str]:
        if self._collection.client.server == "glitchtip":
            yield GLITCHTIP
        note = self._collection.question.window.note
        if note:
            yield f"{note.capitalize()}."
        yield from self._one_by_one.warnings
        yield from self._warnings

    # --- projects

    def _named_project(self) -> tuple[ListedProject, ...]:
        """The project that the caller named; by a number alone, with the slug that its issues have."""
        project = self._collection.question.project
        if project is None or project.id is None:
            return ()
        slugs = (issue.project for issue in self._collection.issues.values() if issue.project_id == project.id)
        slug = next(filter(None, slugs), None) if project.slug is None else self._collection.name(project.slug)
        return (ListedProject(id=project.id, slug=slug),)

    def _note_projects(self) -> None:
        """Projects that the lists say nothing of: Sentry calls them closed, and no list holds an issue of theirs."""
        collection, page = self._collection, self._collection.result(PROJECTS).value
        if page is None:
            return
        if not page.items and not collection.issues:
            self._know_nothing(NO_PROJECT)
        with_issues = {issue.project_id for issue in collection.issues.values()}
        closed = [project for project in page.items if project.is_closed]
        if closed and not any(project.id in with_issues for project in closed):
            names = [project.name for project in closed if project.name not in self._one_by_one.searched]
            self._not_searched = tuple(dict.fromkeys((*self._not_searched, *names)))
            self._warnings.append(f"{CLOSED.format(listed_names(map(collection.name, names)))}.")
            if not collection.issues and len(closed) == len(page.items) and page.next_cursor is None:
                self._know_nothing("Sentry calls all projects closed to this token")

    def _know_nothing(self, why: str) -> None:
        """Lists without an issue say nothing where the token may read no project: Sentry answers 200 all the same."""
        for part in ISSUE_LISTS:
            self._collection.built[part.field] = Unknown(why=why)


def _given(issues: tuple[str, ...], _: SituationCollection) -> tuple[str, ...]:
    return issues
