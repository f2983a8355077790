"""What round two asks, by what round one listed: the issues that are news, their likely groups, and issues beside."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Questions:
    """Issues, by their numbers, that the second round looks into.

    Attributes:
        issues: that are news, those of the likely groups first; at most 100.
        controls: steady issues of the same projects, to tell what is usual there: which other hosts and releases run.
        projects: numbers of the projects of all of these.
        groups: issues that began together, two or more each, the most events first.
        minutes: whose counts by the minute matter most; at most 10.
        whole_projects: all events of ``minutes_projects`` are asked for by the minute, the ten largest issues apart and
            the others together: the projects have so many that one minute may trip a rule.
        minutes_projects: numbers of the projects of the issues that are news.
        minutes_from: from when on these are needed.
        began: the earliest beginning of a group; None where there is none.
        flags: flags that were changed shortly before.
        history: risen issues of which more days must tell whether they are above usual; at most 10.
        unions: issues whose distinct users together may decide a severity, the most useful first; at most 2.
        nameless: issues that may have events without a user, those first where these may decide a severity.
        nameless_decide: there is one where they may.
        most_users: sum of the users of the first group; None when one is not known.
        more_new: not all issues that were first seen lately were listed.
        more_projects: numbers of the projects whose new issues are listed by themselves then; empty: those of one
            project, page by page.
    """

    issues: tuple[str, ...] = ()
    controls: tuple[str, ...] = ()
    projects: tuple[str, ...] = ()
    groups: tuple[tuple[str, ...], ...] = ()
    minutes: tuple[str, ...] = ()
    whole_projects: bool = False
    minutes_projects: tuple[str, ...] = ()
    minutes_from: datetime | None = None
    began: datetime | None = None
    flags: tuple[str, ...] = ()
    history: tuple[str, ...] = ()
    unions: tuple[tuple[str, ...], ...] = ()
    nameless: tuple[str, ...] = ()
    nameless_decide: bool = False
    most_users: int | None = None
    more_new: bool = False
    more_projects: tuple[str, ...] = ()
