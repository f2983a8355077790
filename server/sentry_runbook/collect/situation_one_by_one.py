"""The lists of a situation on a server that searches one project at a time: a list of each, as far as requests go.

Unresolved issues with the most events are asked for; new ones are those among them that were first seen lately.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sentry_runbook.collect.batch import RequestBatch
from sentry_runbook.collect.search_requests import MOST_PROJECTS
from sentry_runbook.collect.situation_collection import MOST_REQUESTS, ONE_AT_A_TIME, SituationCollection
from sentry_runbook.collect.situation_lists import BUSY, NEW, UNRESOLVED, issue_list, read_page
from sentry_runbook.errors import RunbookError
from sentry_runbook.incident.model.evidence import NOT_ASKED, Known
from sentry_runbook.incident.model.evidence.situation import IssuePage
from sentry_runbook.sentry.account import Project


@dataclass(frozen=True)
class OneByOne:
    """Which projects were searched.

    Attributes:
        searched: names of those that were.
        not_searched: names of those that were refused, or are beyond what one answer asks for.
        warnings: why, in sentences.
    """

    searched: tuple[str, ...] = ()
    not_searched: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


async def search_one_by_one(
    collection: SituationCollection, listed: Iterable[Project], preferred: str | None
) -> OneByOne:
    """Read a list of each project into the collection, as many as requests are left for.

    Args:
        collection: the question; its lists are filled.
        listed: all projects.
        preferred: slug or number of the one that is searched first.

    Raises:
        RunbookError: none could be searched.
    """
    projects = _in_order(listed, preferred)
    most = max(1, min(MOST_PROJECTS, MOST_REQUESTS - collection.sent))
    asked, batch = projects[:most], RequestBatch("issues, one project at a time")
    results = [batch.add(issue_list(collection, UNRESOLVED, "freq", project.id)) for project in asked]
    collection.sent += len(asked)
    await batch.send()
    named = list(zip((project.name for project in asked), results, strict=True))
    pages = {name: read_page(collection, result.value) for name, result in named if result.value is not None}
    refused = {name: result.error for name, result in named if result.error is not None}
    if refused and not pages:
        raise next(iter(refused.values()))
    whole = IssuePage(
        issues=tuple(issue for page in pages.values() for issue in page.issues),
        complete=all(page.complete for page in pages.values()),
    )
    source = collection.source("issue lists of single projects: unresolved, most events first")
    collection.built[BUSY.field] = Known(value=whole, source=source, note=ONE_AT_A_TIME)
    part_one_list(collection)
    beyond = [project.name for project in projects[most:]]
    warnings = tuple(_warnings(collection, refused, beyond, len(asked)))
    return OneByOne(tuple(pages), (*refused, *beyond), warnings)


def _in_order(projects: Iterable[Project], preferred: str | None) -> list[Project]:
    """The preferred one first, those that Sentry calls closed last: it calls some so that can be read."""

    def rank(project: Project) -> tuple[bool, bool]:
        return preferred not in (project.slug, project.id), project.is_closed is True

    return sorted((project for project in projects if project.id), key=rank)


def _warnings(
    collection: SituationCollection, refused: Mapping[str, RunbookError], beyond: Sequence[str], asked: int
) -> Iterator[str]:
    for name, error in refused.items():
        yield f"{collection.name(name)}: {error.what}"
    if beyond:
        first = f"{ONE_AT_A_TIME[:1].upper()}{ONE_AT_A_TIME[1:]}"
        names = listed_names(map(collection.name, beyond))
        yield f"{first}, and one answer asks for {asked} of them. Not searched: {names}. Give one as project."


def part_one_list(collection: SituationCollection) -> None:
    """New issues are those of the one list that was read, where no list of them was."""
    busy = collection.built.get(BUSY.field, NOT_ASKED)
    if not isinstance(busy, Known):
        return
    since = collection.question.new_since
    new = tuple(issue for issue in busy.value.issues if issue.first_seen is not None and issue.first_seen >= since)
    page = IssuePage(issues=new, complete=busy.value.complete)
    collection.built[NEW.field] = Known(value=page, source=busy.source, note=busy.note)


def listed_names(names: Iterable[str], most: int = 10) -> str:
    """Names in a sentence; of many the first, and how many more."""
    listed = list(names)
    more = f" and {len(listed) - most} more" if len(listed) > most else ""
    return ", ".join(listed[:most]) + more
