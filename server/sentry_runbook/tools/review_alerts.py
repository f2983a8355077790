"""Do the alerts do their work?"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import anyio.to_thread
from mcp.server.mcpserver import Context
from pydantic import Field

from sentry_runbook.collect import collect_alert_review
from sentry_runbook.errors import BadInput
from sentry_runbook.incident.alerts.cursor import cursor_at, first_of
from sentry_runbook.incident.model.evidence import Missing
from sentry_runbook.incident.model.results.alert_review import AlertReview, ReviewedAlert
from sentry_runbook.render.alert_review import alert_review_page
from sentry_runbook.runtime import Runtime, runtime
from sentry_runbook.safety.text import cut
from sentry_runbook.tools.arguments import Cursor, OneLine
from sentry_runbook.tools.cuts import Cut
from sentry_runbook.tools.output import BUDGET, Shrink
from sentry_runbook.tools.registry import ToolDefinition
from sentry_runbook.tools.serialize import serialize

PAGES = {
    ("issue_alert", "today"): ("monitors", "alerts"),
    ("metric_alert", "today"): ("monitors", "monitors"),
    ("metric_alert", "before_2026"): ("alerts", "rules", "details"),
}
"""Where an alert has its page; the rows of :mod:`~sentry_runbook.sentry.page_names` read them back."""

if TYPE_CHECKING:
    from sentry_runbook.incident.alerts.review import JudgedPeriod


async def review_alerts(
    ctx: Context[Runtime],
    project: Annotated[str | None, Field(description="Slug or id; all unless given", max_length=100), OneLine] = None,
    period: Annotated[str | None, Field(description="14d unless given", max_length=20), OneLine] = None,
    cursor: Cursor = None,
) -> AlertReview:
    """When alerts are too many, or one did not fire: judge each alert by the incidents of the period.

    Which work, are noisy, too late, dead or never fired, the worst first: condition in words, firings, whether
    people acted, when it fired and would have, better thresholds. Incidents that no alert caught, and what would have.
    """
    return await review_of(runtime(ctx), project=project, period=period, cursor=cursor)


async def review_of(
    run: Runtime,
    *,
    project: str | None = None,
    period: str | None = None,
    cursor: str | None = None,
    to_the_end: bool = False,
) -> AlertReview:
    """What the tool answers from the cursor on, uncut; for the command of the same name ``to_the_end``.

    Raises:
        RunbookError: an argument is invalid, or no list of alerts could be read.
    """
    first = _first(cursor)
    reviewed = await run.answers.share(
        ("judged_alerts", project, period, run.shared_now()), lambda: _judged(run, project, period)
    )
    from sentry_runbook.incident.alerts.next_steps import with_next_steps  # noqa: PLC0415  # with the first call (DESIGN §9)
    from sentry_runbook.incident.alerts.review import shown  # noqa: PLC0415  # as above

    if first and first >= len(reviewed.alerts):
        raise BadInput("cursor lies behind the last alert.", "Leave it out for the first page.")
    result = shown(reviewed, first=first)
    while to_the_end and result.next_cursor is not None:
        further = shown(reviewed, first=first + len(result.alerts))
        more = {"alerts": (*result.alerts, *further.alerts), "next_cursor": further.next_cursor}
        result = result.model_copy(update=more)
    with_pages = tuple(alert.model_copy(update={"url": _page_of(alert, run)}) for alert in result.alerts)
    return from_alert(with_next_steps(result.model_copy(update={"alerts": with_pages})), first)


def _page_of(alert: ReviewedAlert, run: Runtime) -> str | None:
    """The alert's page in Sentry; None where its address is not known: it may need the project, or a slug."""
    path = PAGES.get((alert.kind, alert.form))
    is_number = alert.id.isascii() and alert.id.isdecimal()
    return None if path is None or not is_number else run.client().page_url(*path, alert.id)


async def _judged(run: Runtime, project: str | None, period: str | None) -> JudgedPeriod:
    """All alerts and gaps, once for all pages; in a thread, for its many replays must keep nobody else waiting."""
    from sentry_runbook.incident.alerts.review import judged  # noqa: PLC0415  # with the first call (DESIGN §9)

    evidence = await collect_alert_review(run, project=project, period=period)

    def decide() -> JudgedPeriod:
        reviewed = judged(evidence, run.policy)
        len(reviewed.gaps)  # replays, too: they are kept with it
        return reviewed

    return await anyio.to_thread.run_sync(decide, abandon_on_cancel=True)


def _first(cursor: str | None) -> int:
    """How many alerts the caller has seen.

    Raises:
        BadInput: it is no cursor of this tool.
    """
    first = 0 if cursor is None else first_of(cursor)
    if first is None:
        raise BadInput("cursor is none of this tool's.", "Take next_cursor of the answer before, or leave it out.")
    return first


def from_alert(result: AlertReview, first: int) -> AlertReview:
    """The page that begins after ``first`` alerts. What none of them caught stands on the first page alone."""
    if not first:
        return result
    gaps = Missing(what="gaps", why="they stand on the first page: leave cursor out")
    missing = result.missing
    if result.episodes_total is not None:
        missing = (*(entry for entry in missing if entry.what != gaps.what), gaps)
    return result.model_copy(update={"shown_from": first + 1, "gaps": (), "missing": missing})


# --- cuts


def _each(change: Callable[[ReviewedAlert], ReviewedAlert]) -> Callable[[AlertReview], AlertReview]:
    return lambda result: result.model_copy(update={"alerts": tuple(map(change, result.alerts))})


def _fewer_rows(alert: ReviewedAlert) -> ReviewedAlert:
    """Of the incidents those first in which it did something, then the newest."""
    episodes = alert.episodes or ()
    if len(episodes) <= MOST_EPISODES:
        return alert
    told = sorted(range(len(episodes)), key=lambda index: (episodes[index].outcome == "missed", index))
    kept = tuple(episodes[index] for index in sorted(told[:MOST_EPISODES]))
    return alert.model_copy(update={"episodes": kept})


def _fewer_words(alert: ReviewedAlert) -> ReviewedAlert:
    owner = None if alert.owner is None else cut(alert.owner, NAME)
    return alert.model_copy(
        update={"name": cut(alert.name, NAME), "condition": cut(alert.condition, CONDITION), "owner": owner}
    )


def _fewer_gaps(result: AlertReview) -> AlertReview:
    return result.model_copy(update={"gaps": result.gaps[:MOST_GAPS]})


def _as_many_as_fit(result: AlertReview) -> AlertReview:
    """The worst alerts, as many as the budget holds in both channels, at least one; the cursor goes on after them."""
    bare = result.model_copy(update={"alerts": ()})
    empty = _sizes(bare)
    rooms = [BUDGET - RESERVED - size for size in empty]
    for kept, alert in enumerate(result.alerts):
        alone = _sizes(bare.model_copy(update={"alerts": (alert,)}))
        rooms = [room + before - size for room, before, size in zip(rooms, empty, alone, strict=True)]
        if min(rooms) < 0:
            return _only(result, max(1, kept))
    return result


def _sizes(result: AlertReview) -> tuple[int, int]:
    """Characters of both channels, without what every answer carries besides."""
    return len(json.dumps(serialize(result))), len(alert_review_page(result).finish().prose)


def _one_less(result: AlertReview) -> AlertReview:
    return _only(result, max(1, len(result.alerts) - 1))


def _only(result: AlertReview, kept: int) -> AlertReview:
    if kept >= len(result.alerts):
        return result
    following = cursor_at(result.shown_from - 1 + kept)
    return result.model_copy(update={"alerts": result.alerts[:kept], "next_cursor": following})


def _go_on(_: AlertReview, result: AlertReview) -> str:
    return f"the {len(result.alerts)} worst of them are shown: call again with cursor {result.next_cursor}"


MOST_EPISODES, MOST_GAPS = 4, 4
NAME, CONDITION = 80, 300
"""Characters in an answer that is too long."""
RESERVED = 1_400
"""Characters of the budget that the paths of untrusted values, the cuts and the findings take."""
LESS = "ask again with one project, or a shorter period"
CUTS: tuple[Shrink[AlertReview], ...] = (
    Cut(_each(_fewer_rows), {"alerts.episodes": f"all but {MOST_EPISODES} each"}, LESS),
    Cut(
        _each(_fewer_words),
        {
            "alerts.name": f"all but {NAME} characters each",
            "alerts.owner": f"all but {NAME} characters each",
            "alerts.condition": f"all but {CONDITION} characters each",
        },
        "the page of the alert in Sentry has all",
    ),
    Cut(_fewer_gaps, {"gaps": f"all but {MOST_GAPS}"}, LESS),
    Cut(_as_many_as_fit, {"alerts": ""}, _go_on),
    *[Cut(_one_less, {"alerts": ""}, _go_on)] * 8,
)
"""Mildest first."""


TOOL = ToolDefinition(
    function=review_alerts,
    result=AlertReview,
    render=alert_review_page,
    title="Review the alerts",
    hint=(
        "alert fatigue, audit or tune alert rules and monitors, why did no alert fire, were we not paged or told too "
        "late, nobody looks at them, which rule is broken, silent, useless or dead, better threshold, coverage gaps, "
        "are our alerts any good"
    ),
    shrink=CUTS,
)
