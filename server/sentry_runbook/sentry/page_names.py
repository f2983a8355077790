"""What the path of a page names: an alert, a monitor, a check, a release, a trace, by its id. Pure.

Sentry has moved these pages several times, and links of every age are in chats and runbooks. The rows of
:data:`ROWS` stand newest first; the sources are the routes of Sentry's application: ``monitors/…`` of 2026,
``issues/monitors/…`` and ``issues/automations/…`` of 2025, ``alerts/rules/…``, ``crons/…`` and ``monitors/UUID`` of
before. The paths of the API name the same things and are understood too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from sentry_runbook.sentry.pasted import SLUG

PageKind = Literal[
    "workflow", "detector", "issue_rule", "metric_rule", "incident", "cron", "uptime", "release", "trace", "issues"
]
"""``workflow`` and ``detector`` are the alerts and monitors of today; ``issue_rule``, ``metric_rule`` and ``incident``
are named by the ids from before."""
LISTS = frozenset(
    {"alerts", "crons", "errors", "metrics", "mobile-builds", "monitors", "my-monitors", "new", "create", "uptime"}
    | {"all", "rules", "wizard", "details", "edit", "existing-or-create", "overview", "metric-rules", "crons-rules"}
)
"""What may stand where an id does, and names a list or a form."""
STREAMS = tuple((name,) for name in ("errors-outages", "breached-metrics", "warnings", "instrumentation"))
"""Sentry's own views of the issue stream, by a kind of issues."""
MOST_IN_STREAM = 3
LONGEST = 250
"""Characters of a release, as many as Sentry takes."""


@dataclass(frozen=True)
class PageName:
    """What a page is of.

    Attributes:
        kind: what.
        id: its number, slug, version or trace id; of an issue stream the number of a saved view, else empty.
        project: slug or number, where the path itself names it.
    """

    kind: PageKind
    id: str = ""
    project: str | None = None


def _is_slug(part: str) -> bool:
    return SLUG.fullmatch(part) is not None and part not in LISTS


VARIABLES: Mapping[str, Callable[[str], bool]] = {
    "{n}": lambda part: re.fullmatch(r"[0-9]{1,20}", part) is not None,
    # A cron monitor's slug, or its id, a UUID.
    "{slug}": lambda part: _is_slug(part) and not part.isdigit(),
    "{any_slug}": _is_slug,
    "{project}": _is_slug,
    "{version}": lambda part: 0 < len(part) <= LONGEST and part.isprintable(),
    "{trace}": lambda part: re.fullmatch(r"[0-9a-f]{32}", part.replace("-", "")) is not None,
}
"""Placeholder → what may stand there."""

ROWS: tuple[tuple[str, PageKind], ...] = (
    ("trace/{trace}", "trace"),
    # 2026
    ("monitors/alerts/{n}", "workflow"),
    ("monitors/monitors/{n}", "detector"),
    # 2025
    ("automations/{n}", "workflow"),
    ("workflows/{n}", "workflow"),
    ("detectors/{n}", "detector"),
    # before; the words of the crons' and uptime checks' rows come where others have a project
    ("rules/crons/{project}/{any_slug}", "cron"),
    ("crons-rules/{project}/{any_slug}", "cron"),
    ("rules/uptime/{project}/{n}", "uptime"),
    ("uptime-rules/{project}/{n}", "uptime"),
    ("rules/details/{n}", "metric_rule"),
    ("metric-rules/{project}/{n}", "metric_rule"),
    ("metric-rules/{n}", "metric_rule"),
    ("alert-rules/{n}", "metric_rule"),
    ("rules/{project}/{n}", "issue_rule"),
    ("projects/{project}/rules/{n}", "issue_rule"),
    ("projects/{project}/monitors/{any_slug}", "cron"),
    ("projects/{project}/uptime/{n}", "uptime"),
    ("incidents/{n}", "incident"),
    ("alerts/{n}", "incident"),
    ("crons/{project}/{any_slug}", "cron"),
    ("crons/{any_slug}", "cron"),
    ("uptime/{project}/{n}", "uptime"),
    ("monitors/{n}", "detector"),
    ("monitors/{slug}", "cron"),
    ("releases/{version}", "release"),
)
"""Path → what it names; the first row that fits a stretch of the path counts."""


def page_name(parts: Sequence[str]) -> PageName | None:
    """What the path names; None for lists, and for pages that are of none of these.

    Args:
        parts: of the path below the configured Sentry, unquoted.
    """
    parts = _below_the_organization(parts)
    for row, kind in ROWS:
        names = _matched(row.split("/"), parts)
        if names is not None:
            return PageName(kind, names[-1].replace("-", "") if kind == "trace" else names[-1], *names[:-1])
    if parts[:1] != ("issues",) or len(parts) > MOST_IN_STREAM:
        return None
    if parts[1:2] in (("views",), ("searches",)):
        return PageName("issues", parts[2]) if len(parts) > 2 and parts[2].isdigit() else None
    return PageName("issues") if parts[1:] == () or parts[1:] in STREAMS else None


def organization_in(parts: Sequence[str]) -> str | None:
    """The organization that the path names; None where it names none."""
    rest = _without_prefix(parts)
    if rest[:1] == ("organizations",) or _is_project_of_the_api(rest):
        return rest[1] if len(rest) > 1 and SLUG.fullmatch(rest[1]) else None
    return None


def _below_the_organization(parts: Sequence[str]) -> tuple[str, ...]:
    """The path without the API's prefix and the organization, so that no slug is taken for a word of a row."""
    rest = _without_prefix(parts)
    if rest[:1] == ("organizations",):
        return rest[2:]
    return ("projects", *rest[2:]) if _is_project_of_the_api(rest) else rest


def _without_prefix(parts: Sequence[str]) -> tuple[str, ...]:
    return tuple(parts[2:] if list(parts[:2]) == ["api", "0"] else parts)


def _is_project_of_the_api(rest: Sequence[str]) -> bool:
    """``projects/ORG/PROJECT/…``; as a page it is ``projects/PROJECT/``."""
    return list(rest[:1]) == ["projects"] and len(rest) > 3


def _matched(row: Sequence[str], parts: Sequence[str]) -> list[str] | None:
    """What stands at the row's placeholders, where some stretch of the path fits; None where none does."""
    for start in range(len(parts) - len(row) + 1):
        stretch = parts[start : start + len(row)]
        pairs = list(zip(row, stretch, strict=True))
        if all(VARIABLES[word](part) if word in VARIABLES else word == part for word, part in pairs):
            return [part for word, part in pairs if word in VARIABLES]
    return None
