"""Capabilities of the simulated server: today's Sentry by default; older and smaller servers lack some."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True)
class Profile:
    """The abilities of the simulated server; each False is a server that really exists.

    Attributes:
        spans: ``dataset=spans`` (absent before 2025 and in the errors-only profile; then ``transactions`` is known).
        transactions: the dataset of that name, where spans are absent; without it (24.2) the default dataset has them.
        timeseries: ``events-timeseries/`` (2025 and later).
        sessions: ``sessions/``.
        dataset: the datasets ``errors`` and ``issuePlatform``; without it Discover has its old default (discover).
        unhandled_rate: the field of ``sessions/`` (October 2025 and later).
        recommended: the event of that name (2023 and later).
        org_issues: single issues under the organization's path; without it only ``/api/0/issues/{id}/`` is there.
        discover: Discover at all; where a plan lacks it, the answer is an empty 404.
        project_slugs: slugs in ``project=``; older servers want ids.
        global_views: one question about several projects.
        member: the token's user is a member of the projects; else a question without ``project`` finds none.
        access: the token may read the projects; else they are only listed, searches find nothing, and what names one
            of them or an issue of theirs is refused (a user of no team: recordings 345 to 354).
        hidden: slugs of projects of which the same holds alone, while the token may read the others.
        workflows: alerts as workflows, monitors as detectors, and what belongs to them (2025 and later).
        old_alerts: the endpoints from before those: ``gone`` answers 410 and names what replaces them, ``absent`` 404.
        alerts_scope: the token may read alerts; else all that is asked about them is refused, while the rest is
            answered: a token with scopes for events alone, whose organization lets its members read the rest.
        absent: further endpoints that answer an empty 404, by their name in the path:
            ``committers``, ``activities``, ``notes``, ``shortids``, ``workflows``, ``tags``, ``events-stats``,
            ``group-history``, ``stats`` (of firings)…
    """

    spans: bool = True
    transactions: bool = True
    timeseries: bool = True
    sessions: bool = True
    dataset: bool = True
    unhandled_rate: bool = True
    recommended: bool = True
    org_issues: bool = True
    discover: bool = True
    project_slugs: bool = True
    global_views: bool = True
    member: bool = True
    access: bool = True
    hidden: frozenset[str] = frozenset()
    workflows: bool = True
    old_alerts: Literal["alive", "gone", "absent"] = "gone"
    alerts_scope: bool = True
    absent: frozenset[str] = field(default_factory=frozenset)

    def may_read(self, slug: str) -> bool:
        """Return whether the token may read a project."""
        return self.access and slug not in self.hidden

    @property
    def datasets(self) -> tuple[str, ...]:
        """The values of ``dataset`` that Discover and the time series know."""
        today = ("errors", "issuePlatform") if self.dataset else ()
        spans = ("spans",) if self.spans else ()
        old = () if self.dataset and self.spans else ("discover", *(["transactions"] * self.transactions))
        return (*today, *spans, *old)

    @property
    def default_dataset(self) -> str | None:
        """The dataset of a request without ``dataset``; None: the parameter is required."""
        return None if self.dataset and (self.spans or self.transactions) else "discover"
