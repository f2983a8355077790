"""What all ways to resolve a target share: its link, the stretch of time asked for, and how a failure is told."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar

from sentry_runbook.collect.batch import Result
from sentry_runbook.collect.builder import findings_of
from sentry_runbook.errors import NotFound, RunbookError, SentryError, Unauthorized
from sentry_runbook.incident.model.evidence import Missing, Window, quoted
from sentry_runbook.incident.model.evidence.alert_target import AlertTarget, TargetIssue, TargetKind, TargetSearch
from sentry_runbook.incident.model.evidence.json_values import JsonObject
from sentry_runbook.incident.window import parse_window
from sentry_runbook.safety.sanitizer import Sanitizer
from sentry_runbook.safety.text import NAME
from sentry_runbook.sentry.client import SentryClient
from sentry_runbook.sentry.counts import ListPage
from sentry_runbook.sentry.other_pages import PageLink

T = TypeVar("T")
MOST_ISSUES = 25
"""Issues of one target; what else there is, is counted in ``missing``."""
MOST_ROWS = 500
"""Rows of one answer that are read: servers that ignore the size of a page give all they have."""
QUERY = 1_000
"""Characters of a query that are shown."""


@dataclass
class Resolution:
    """One target on its way: what was given, and what could not be known of it.

    Attributes:
        link: where a name was given, one that says nothing.
        now: aware UTC.
    """

    client: SentryClient
    sanitizer: Sanitizer
    link: PageLink
    now: datetime
    missing: list[Missing] = field(default_factory=list)

    def lacks(self, what: str, why: str) -> None:
        """Note that something is not known, and why."""
        self.missing.append(Missing(what=what, why=why.rstrip(".")))

    def rows(self, page: ListPage[JsonObject], what: str) -> Sequence[JsonObject]:
        """The rows of a page, at most :data:`MOST_ROWS`; that there are more is noted."""
        rows = page.items[:MOST_ROWS]
        if page.next_cursor is not None or len(page.items) > len(rows):
            self.lacks(what, f"there are more than the {len(rows)} that were read")
        return rows

    def window(self, default: timedelta) -> Window:
        """The link's own stretch of time, else the last one of this length; one that cannot be read is noted once."""
        chosen = self.own_window
        return chosen if chosen is not None else Window(start=self.now - default, end=self.now)

    @property
    def own_window(self) -> Window | None:
        """The stretch of time that the link names; None for none, and for one that cannot be used."""
        link = self.link
        if not (link.period or link.start):
            return None
        try:
            return parse_window(
                None if link.start else link.period, link.start, link.end, now=self.now, default=timedelta()
            )
        except RunbookError as exc:
            if not any(entry.what == "period" for entry in self.missing):
                self.lacks("period", f"that of the link cannot be used: {exc.what}")
            return None

    def name(self, text: str) -> str:
        """A name, inert."""
        return self.sanitizer.line(text, NAME, "alert.name")

    def of_projects(self, projects: Sequence[str]) -> str:
        """The projects, as the end of a phrase."""
        named = ", ".join(projects[:5]) + (f" and {len(projects) - 5} more" if len(projects) > 5 else "")
        return f" of project{'s' * (len(projects) > 1)} {named}" if projects else ""

    def failed(self, error: SentryError, kind: TargetKind, noun: str) -> AlertTarget:
        """The target as far as its link alone tells it, where what it is of cannot be read.

        Raises:
            SentryError: it does not exist, the token is refused, or the link says nothing else: no scope is guessed.
        """
        if isinstance(error, NotFound | Unauthorized) or not self.link.projects:
            raise error
        self.lacks(f"the {noun} itself", f"{error.what} {error.fix}")
        return self.target(kind, f"{noun}{self.of_projects(self.link.projects)}")

    def target(
        self,
        kind: TargetKind,
        what: str,
        *,
        shown_projects: Sequence[str] | None = None,
        projects: Sequence[str] | None = None,
        environments: Sequence[str] | None = None,
        query: str | None = None,
        issues: Sequence[TargetIssue] = (),
        start: datetime | None = None,
        end: datetime | None = None,
        **others: object,
    ) -> AlertTarget:
        """The target, with what its link says of where and when; the link's own stretch of time wins.

        Args:
            kind: what it is.
            what: in words, without "the".
            shown_projects: slugs, where they are known; else ``projects``.
            projects: for requests; None: those of the link.
            environments: None: those of the link.
            query: a search of issues; None: that of the link.
            issues: all that were read.
            start: of the stretch that it is about; so is ``end``.
            end: None: until now.
            others: further fields of the target.
        """
        raw = tuple(self.link.projects if projects is None else projects)
        names = tuple(self.link.environments if environments is None else environments)
        search = query or self.link.query
        window = self.own_window
        listed = self._listed(issues)
        return AlertTarget.model_validate(
            {
                "kind": kind,
                "what": f"the {what}",
                "organization": self.link.organization,
                "projects": tuple(raw if shown_projects is None else shown_projects),
                "environments": tuple(self.sanitizer.line(name, NAME, "alert.environment") for name in names),
                "query": self.sanitizer.line(search, QUERY, "alert.query") if search else None,
                "start": window.start if window is not None else start,
                "end": window.end if window is not None else end,
                "period": self.link.period if window is not None and not self.link.start else None,
                "issues": listed,
                **others,
                "missing": tuple(self.missing),
                "findings": findings_of(self.sanitizer),
                "search": TargetSearch(
                    projects=raw, environments=names, query=search, issues=tuple(issue.id for issue in listed)
                ),
            }
        )

    def _listed(self, issues: Sequence[TargetIssue]) -> tuple[TargetIssue, ...]:
        if len(issues) > MOST_ISSUES:
            self.lacks("further issues", f"{len(issues) - MOST_ISSUES} more are not listed here")
        return tuple(issues[:MOST_ISSUES])


def latest_first(issues: Iterable[TargetIssue]) -> list[TargetIssue]:
    """Issues by the last firing, else by the last event."""

    def moment(issue: TargetIssue) -> float:
        at = issue.last_fired or issue.last_seen
        return at.timestamp() if at is not None else 0.0

    return sorted(issues, key=moment, reverse=True)


def called(noun: str, name: str | None, id_: str | None) -> str:
    """``alert "Payments fail"``, or ``alert 77`` where it has no name."""
    return f"{noun} {quoted(name) if name else id_ or 'without a name'}"


def error_of(result: Result[T]) -> SentryError:
    """Why a request of a batch has no value.

    Raises:
        RunbookError: it is none of Sentry's: a setting is wrong.
    """
    if isinstance(result.error, SentryError):
        return result.error
    raise result.error or AssertionError("it was sent")
