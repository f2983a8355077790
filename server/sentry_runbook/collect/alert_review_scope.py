"""What a review of alerts is asked about, and what could not be read of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sentry_runbook.collect.collection import span
from sentry_runbook.collect.issue_search import EVERY_PROJECT
from sentry_runbook.errors import BadInput, NotFound, RunbookError
from sentry_runbook.incident.model.evidence import Missing, Window
from sentry_runbook.incident.window import parse_window
from sentry_runbook.progress import report_round
from sentry_runbook.runtime import Runtime
from sentry_runbook.safety.sanitizer import Sanitizer
from sentry_runbook.safety.text import NAME
from sentry_runbook.sentry.account import Project
from sentry_runbook.sentry.client import SentryClient
from sentry_runbook.sentry.counts import ListPage
from sentry_runbook.sentry.pasted import SLUG

PERIOD = timedelta(days=14)
SHORTEST, LONGEST = timedelta(hours=1), timedelta(days=30)
BEFORE = timedelta(days=7)
"""Before the period: the same hours of a week tell what is usual."""
FULL_HOUR = "the period begins at a full hour, for firings are kept by the hour"
ALL_PROJECTS = "-1"
"""What Sentry takes for all projects that the token may read."""
ONE_BY_ONE = "this Sentry searches one project at a time: give one as project"


@dataclass
class ReviewScope:
    """The question, and all that the parts of the collection share.

    Attributes:
        now: aware UTC.
        project: the one that the caller named; with its number from then on. None: all that the token may read.
        environments: all that the organization has, as Sentry names them; None where that is not known.
        unread: what could not be read, and why, in the order in which it turned out.
    """

    run: Runtime
    client: SentryClient
    sanitizer: Sanitizer
    now: datetime
    window: Window
    project: Project | None = None
    environments: frozenset[str] | None = None
    unread: list[Missing] = field(default_factory=list)

    @property
    def less(self) -> str:
        """How to ask for less."""
        return "name a project, or give a shorter period" if self.project is None else "give a shorter period"

    @property
    def project_number(self) -> str:
        """The number of the project that was named, or what Sentry takes for all; all, too, as long as it is not known.

        Older servers refuse slugs where searches take projects (sentry-api §2); :attr:`only_project` names it there.
        """
        return ALL_PROJECTS if self.project is None or self.project.id is None else self.project.id

    @property
    def only_project(self) -> str:
        """Of a project whose number is not known yet a search for its events and issues; else empty."""
        slug = None if self.project is None or self.project.id is not None else self.project.slug
        return "" if slug is None else f"project:{slug}"

    @property
    def is_glitchtip(self) -> bool:
        """Whether GlitchTip answers, as far as that is known by now."""
        return self.client.server == "glitchtip"

    @property
    def counted(self) -> Window:
        """What is counted by the hour: the period and the days before it, from a full hour on."""
        start = self.window.start - BEFORE
        return Window(start=start.replace(minute=0, second=0, microsecond=0), end=self.window.end)

    def lacks(self, what: str, why: str | RunbookError) -> None:
        """Note that something is not known, and why; of a failed request with what to do."""
        text = why if isinstance(why, str) else f"{why.what} {why.fix}"
        entry = Missing(what=what, why=text.strip().rstrip("."))
        if entry not in self.unread:
            self.unread.append(entry)

    def source(self, what: str, window: Window | None = None) -> str:
        """What was asked, of which projects, and the stretch of time (the period where none is given)."""
        stretch = window or self.window
        where = "all projects" if self.project is None else f"project {self.name(self.project.name)}"
        return f"{what}; {where}; {span(stretch.start, stretch.end)}"

    def name(self, text: str) -> str:
        """A name of the caller's or of Sentry's, inert."""
        return self.sanitizer.line(text, NAME, "name")


def review_window(run: Runtime, period: str | None, start: str | None, end: str | None) -> Window:
    """The period that is reviewed; of one up to now from a full hour on, for Sentry keeps firings by the hour.

    Raises:
        BadInput: it is invalid, shorter than an hour, or longer than firings and counts are read.
    """
    window = parse_window(period, start, end, now=run.shared_now(), default=PERIOD)
    if window.length < SHORTEST:
        raise BadInput("The period is shorter than an hour.", "Sentry keeps firings by the hour: give at least 1h.")
    if window.length > LONGEST:
        raise BadInput(
            f"The period is longer than {LONGEST.days} days.",
            f"Counts by the minute of more are too much for one call: give at most {LONGEST.days}d, or start and end.",
        )
    hour = window.start.replace(minute=0, second=0, microsecond=0)
    if start or hour == window.start:
        return window
    return Window(start=hour, end=window.end, note=window.note or FULL_HOUR)


def named_project(project: str | None) -> str | None:
    """The project that the caller named; None for all.

    Raises:
        BadInput: it is neither a slug nor a number.
    """
    if not project or project in EVERY_PROJECT:
        return None
    if not SLUG.fullmatch(project):
        raise BadInput("project is not a slug.", "Give the slug in Sentry's URLs, or the project's number.")
    return project


async def find_project(client: SentryClient, named: str | None) -> Project | None:
    """The project that was named; of a slug the number is not known yet, unless the server searches by numbers only.

    Raises:
        NotFound: Sentry knows no such project.
    """
    if named is None or named.isdigit():
        return None if named is None else Project(named, None)
    if client.server != "glitchtip" and not await client.searches_one_project(None):
        return Project(None, named)
    report_round("the project that was named", 1)
    return await client.project(named)


def with_slug(project: Project, listed: ListPage[Project]) -> Project:
    """A project of which only the number is known, as the list of the projects tells it.

    Raises:
        NotFound: the list is complete, and has no such project.
    """
    found = next((each for each in listed.items if each.id == project.id), None)
    if found is not None:
        return found
    if listed.next_cursor is None and listed.items:
        raise NotFound(
            f"Sentry lists no project with the number {project.id} to this token.",
            "Check the number, or give the slug in Sentry's URLs.",
            status=404,
            asked=f"project {project.id}",
        )
    return project


def note_by_reason(scope: ReviewScope, errors: Iterable[RunbookError], what: str) -> None:
    """Note many failures of one sort, one entry for each reason.

    Args:
        scope: the question.
        errors: of the requests that failed.
        what: is not known, with ``{}`` for how many of them.
    """
    reasons = Counter(f"{error.what} {error.fix}" for error in errors)
    for why, number in reasons.items():
        scope.lacks(what.format(number), why)
