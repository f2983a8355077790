"""Builds the evidence of a situation: round one lists, round two looks into the few issues that are news.

A quiet answer takes one round. Where the server searches one project at a time, projects are searched one by one, a
list each, as far as the number of requests allows; new issues are those of the same lists then.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sentry_runbook.collect.batch import RequestBatch, Result
from sentry_runbook.collect.builder import findings_of
from sentry_runbook.collect.search_requests import CLOSED, MOST_PROJECTS
from sentry_runbook.collect.situation_collection import (
    MOST_REQUESTS,
    ONE_AT_A_TIME,
    SituationCollection,
    SituationPart,
)
from sentry_runbook.collect.situation_context import ALERTS, BEFORE, FLAG_CHANGES, RELEASES, SESSIONS, VOLUMES
from sentry_runbook.collect.situation_discover import (
    BUILDS,
    HISTORY_OF_RISEN,
    MINUTES,
    PLACES,
    SECOND_UNION,
    SHARED_USERS,
    TRACES,
    UNION,
    together_of_pairs,
)
from sentry_runbook.collect.situation_lists import (
    BUSY,
    FLAGGED,
    ISSUE_LISTS,
    MORE_NEW,
    NEW,
    PROJECTS,
    UNRESOLVED,
    Page,
    issue_list,
    read_page,
)
from sentry_runbook.incident.model.evidence import NOT_ASKED, Known, Unknown
from sentry_runbook.incident.model.evidence.situation import (
    IssuePage,
    ListedProject,
    SituationEvidence,
    UsersTogether,
)
from sentry_runbook.sentry.account import Project
from sentry_runbook.sentry.status_errors import OneProjectAtATime

FIRST_ROUND: tuple[SituationPart[Any], ...] = (
    *ISSUE_LISTS,
    PROJECTS,
    VOLUMES,
    SESSIONS,
    RELEASES,
    FLAG_CHANGES,
    ALERTS,
)
"""In the order in which they are read; stand-ins for users and masks are numbered in that order."""
SECOND_ROUND: tuple[SituationPart[Any], ...] = (
    BUILDS,
    MINUTES,
    HISTORY_OF_RISEN,
    MORE_NEW,
    TRACES,
    FLAGGED,
    UNION,
    SHARED_USERS,
    PLACES,
    SECOND_UNION,
    BEFORE,
)
"""As above; what matters most comes first, for the last ones are left out where too few requests are left."""
UNIONS = (UNION, SECOND_UNION)
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
        self._one_by_one: tuple[str, ...] = ()
        self._not_searched: tuple[str, ...] = ()
        self._warnings: list[str] = []

    async def ask_lists(self) -> None:
        """Round one: what needs only the question.

        Raises:
            RunbookError: no list of issues could be read.
        """
        collection, batch = self._collection, RequestBatch()
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
            await self._ask_one_by_one()
        elif not any(result.value is not None for result in results):
            raise next(iter(errors), AssertionError("no list was asked for"))
        elif collection.client.server == "glitchtip":
            self._part_one_list()
        self._note_projects()

    async def ask_details(self) -> None:
        """Round two: what the issues that are news have in common; nothing where none is."""
        collection, batch = self._collection, RequestBatch()
        for part in SECOND_ROUND:
            collection.add(part, batch)
        await batch.send()
        for part in (*SECOND_ROUND, VOLUMES):
            collection.built[part.field] = part.build(collection)
        self._join_new()

    def _join_new(self) -> None:
        """The second page of new issues, where it was read, behind the first."""
        first, more = self._collection.built.get(NEW.field), self._collection.built.get(MORE_NEW.field)
        if isinstance(first, Known) and isinstance(more, Known):
            pages: tuple[IssuePage, IssuePage] = (first.value, more.value)
            page = IssuePage(
                issues=(*pages[0].issues, *pages[1].issues), total=pages[0].total, complete=pages[1].complete
            )
            self._collection.built[NEW.field] = first.model_copy(update={"value": page})

    def build(self, *, server: str, organization: str) -> SituationEvidence:
        """The evidence, as far as it is known by now."""
        collection, question = self._collection, self._collection.question
        fields = {name: part for name, part in collection.built.items() if name in SituationEvidence.model_fields}
        return SituationEvidence(
            collected_at=collection.now,
            server=server,
            server_kind=collection.client.server,
            organization=organization,
            window=question.window,
            new_since=question.new_since,
            asked_projects=() if question.project is None else (collection.name(question.project.name),),
            environments=tuple(map(collection.name, question.environments)),
            one_by_one=tuple(map(collection.name, self._one_by_one)),
            not_searched=tuple(map(collection.name, self._not_searched)),
            together=tuple(self._together()),
            findings=findings_of(collection.sanitizer),
            warnings=tuple(self._all_warnings()),
            **fields,
        )

    def _together(self) -> Iterator[UsersTogether]:
        pairs = self._collection.built.get(SHARED_USERS.field, NOT_ASKED)
        union = together_of_pairs(self._collection, pairs.value) if isinstance(pairs, Known) else None
        if union is not None:
            yield union
        for part in UNIONS:
            counted = self._collection.built.get(part.field, NOT_ASKED)
            if isinstance(counted, Known):
                yield counted.value

    def _all_warnings(self) -> Iterator[str]:
        if self._collection.client.server == "glitchtip":
            yield GLITCHTIP
        note = self._collection.question.window.note
        if note:
            yield f"{note.capitalize()}."
        yield from self._warnings

    # --- projects

    def _projects(self) -> tuple[ListedProject, ...]:
        projects = self._collection.built.get(PROJECTS.field, NOT_ASKED)
        return projects.value if isinstance(projects, Known) else ()

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
            names = [project.name for project in closed if project.name not in self._one_by_one]
            self._not_searched = tuple(dict.fromkeys((*self._not_searched, *names)))
            self._warnings.append(f"{CLOSED.format(_listed(map(collection.name, names)))}.")
            if not collection.issues and len(closed) == len(page.items) and page.next_cursor is None:
                self._know_nothing("Sentry calls all projects closed to this token")

    def _know_nothing(self, why: str) -> None:
        """Lists without an issue say nothing where the token may read no project: Sentry answers 200 all the same."""
        for part in ISSUE_LISTS:
            self._collection.built[part.field] = Unknown(why=why)

    async def _ask_one_by_one(self) -> None:
        """A list of each project, as many as requests are left for, the preferred one first.

        Raises:
            RunbookError: the projects cannot be listed, or none could be searched.
        """
        collection = self._collection
        projects = self._in_order(self._listed_projects())
        most = max(1, min(MOST_PROJECTS, MOST_REQUESTS - collection.sent))
        asked, batch = projects[:most], RequestBatch()
        results = [batch.add(issue_list(collection, UNRESOLVED, "freq", project.id)) for project in asked]
        collection.sent += len(asked)
        await batch.send()
        pages = {
            project.name: result.value
            for project, result in zip(asked, results, strict=True)
            if result.value is not None
        }
        if asked and not pages:
            raise next(result.error for result in results if result.error is not None)
        self._take_one_by_one(pages, asked, results, projects[most:])

    def _take_one_by_one(
        self,
        pages: dict[str, Page],
        asked: Sequence[Project],
        results: Sequence[Result[Page]],
        beyond: Sequence[Project],
    ) -> None:
        collection = self._collection
        read = [read_page(collection, page) for page in pages.values()]
        whole = IssuePage(
            issues=tuple(issue for page in read for issue in page.issues), complete=all(page.complete for page in read)
        )
        source = collection.source("issue lists of single projects: unresolved, most events first")
        collection.built[BUSY.field] = Known(value=whole, source=source, note=ONE_AT_A_TIME)
        self._part_one_list()
        refused = {project.name: result.error for project, result in zip(asked, results, strict=True) if result.error}
        self._one_by_one = tuple(pages)
        self._not_searched = (*refused, *(project.name for project in beyond))
        self._warnings += [
            f"{collection.name(name)}: {error.what}" for name, error in refused.items() if error is not None
        ]
        if beyond:
            names = _listed(collection.name(project.name) for project in beyond)
            self._warnings.append(
                f"{ONE_AT_A_TIME[:1].upper()}{ONE_AT_A_TIME[1:]}, and one answer asks for {len(asked)} of them. Not "
                f"searched: {names}. Give one as project."
            )

    def _listed_projects(self) -> tuple[Project, ...]:
        result = self._collection.result(PROJECTS)
        if result.value is None:
            raise result.error or AssertionError("the projects were not asked for")
        return result.value.items

    def _in_order(self, projects: Iterable[Project]) -> list[Project]:
        """The preferred one first, those that Sentry calls closed last: it calls some so that can be read."""

        def rank(project: Project) -> tuple[bool, bool]:
            return self._preferred not in (project.slug, project.id), project.is_closed is True

        return sorted((project for project in projects if project.id), key=rank)

    def _part_one_list(self) -> None:
        """New issues are those of the one list that was read, where no list of them was."""
        collection = self._collection
        busy = collection.built.get(BUSY.field, NOT_ASKED)
        if not isinstance(busy, Known):
            return
        since = collection.question.new_since
        new = tuple(issue for issue in busy.value.issues if issue.first_seen is not None and issue.first_seen >= since)
        page = IssuePage(issues=new, complete=busy.value.complete)
        collection.built["new"] = Known(value=page, source=busy.source, note=busy.note)


def _listed(names: Iterable[str], most: int = 10) -> str:
    listed = list(names)
    more = f" and {len(listed) - most} more" if len(listed) > most else ""
    return ", ".join(listed[:most]) + more
