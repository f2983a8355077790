"""What is going on, over all projects?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Annotated

from mcp.server.mcpserver import Context
from pydantic import Field

from sentry_runbook.collect import collect_situation, collect_situation_of_alert
from sentry_runbook.incident.model.evidence import Missing
from sentry_runbook.incident.model.results.situation import Situation, SituationIncident
from sentry_runbook.render.situation import situation_page
from sentry_runbook.runtime import Runtime, runtime
from sentry_runbook.safety.text import cut
from sentry_runbook.tools.arguments import End, Environment, OneLine, Period, Start
from sentry_runbook.tools.cuts import LEFT_OUT, Cut
from sentry_runbook.tools.output import Shrink
from sentry_runbook.tools.registry import ToolDefinition


async def assess_situation(
    ctx: Context[Runtime],
    alert: Annotated[
        str | None,
        Field(description="Link to an alert, monitor, cron, release … or its name", max_length=2000),
        OneLine,
    ] = None,
    project: Annotated[str | None, Field(description="Slug or id; all unless given", max_length=100), OneLine] = None,
    environment: Environment = None,
    period: Period = None,
    start: Start = None,
    end: End = None,
) -> Situation:
    """Call this first when no issue is known: "we are down, what is going on?", over all projects.

    Issues that are new or far above usual, grouped into incidents with the reasons, severity, users, suspect change
    and next step of each; or that nothing is wrong, and what was looked at. Works without arguments.
    """
    return await situation_of(
        runtime(ctx),
        alert=alert,
        project=project,
        environment=environment,
        period=period,
        start=start,
        end=end,
    )


async def situation_of(
    run: Runtime,
    *,
    alert: str | None = None,
    project: str | None = None,
    environment: str | None = None,
    period: str | None = None,
    start: str | None = None,
    end: str | None = None,
) -> Situation:
    """What the tool answers, for the command of the same name.

    Raises:
        RunbookError: an argument is invalid, or no list of issues could be read.
    """
    target = None
    with run.client().deadline(run.settings.limits.call_s):
        if alert:
            target, evidence = await collect_situation_of_alert(
                run, alert, project=project, environment=environment, period=period, start=start, end=end
            )
        else:
            evidence = await collect_situation(
                run, project=project, environment=environment, period=period, start=start, end=end
            )
    from sentry_runbook.incident.situation.situation import assess  # noqa: PLC0415  # with the first call (DESIGN §9)

    result = assess(evidence, run.policy, target=target)
    missing, findings = (target.missing, target.findings) if target is not None else ((), ())
    more = {"missing": tuple(_by_reason((*missing, *result.missing))), "findings": (*findings, *result.findings)}
    return result.model_copy(update=more)


def _by_reason(missing: Iterable[Missing]) -> Iterator[Missing]:
    """What is not known for the same reason, in one entry: several incidents lack the same."""
    named: dict[str, dict[str, None]] = {}
    for entry in missing:
        named.setdefault(entry.why, {}).setdefault(entry.what)
    return (Missing(what=", ".join(what), why=why) for why, what in named.items())


def _each(result: Situation, change: Callable[[int, SituationIncident], SituationIncident]) -> Situation:
    incidents = tuple(change(index, incident) for index, incident in enumerate(result.incidents))
    return result.model_copy(update={"incidents": incidents})


def _fewer_issues(most: int, most_of_others: int) -> Callable[[Situation], Situation]:
    """At most so many issues of the first incident, and of each other one."""

    def change(index: int, incident: SituationIncident) -> SituationIncident:
        return incident.model_copy(update={"issues": incident.issues[: most_of_others if index else most]})

    return lambda result: _each(result, change)


def _fewer_words(result: Situation) -> Situation:
    """The first reasons of each incident, one against it, one link, short titles."""

    def change(index: int, incident: SituationIncident) -> SituationIncident:
        issues = tuple(
            issue.model_copy(update={"title": cut(issue.title, TITLE), "url": issue.url if place == 0 else None})
            for place, issue in enumerate(incident.issues)
        )
        reasons = incident.reasons[: MOST_REASONS if index == 0 else FEWEST_REASONS]
        return incident.model_copy(update={"issues": issues, "reasons": reasons, "against": incident.against[:1]})

    return _each(result, change)


def _briefly(whole: int) -> Callable[[Situation], Situation]:
    """All incidents but the first ones without reasons and issues: id and headline name the first one."""

    def change(index: int, incident: SituationIncident) -> SituationIncident:
        rest = {"reasons": (), "against": (), "issues": (), "projects": incident.projects[:MOST_REASONS]}
        return incident if index < whole else incident.model_copy(update=rest)

    return lambda result: _each(result, change)


def _fewer_around(result: Situation) -> Situation:
    return result.model_copy(update={name: getattr(result, name)[:most] for name, most in AROUND.items()})


def _one_less(result: Situation) -> Situation:
    """The situation without its least severe incident, which is named."""
    if len(result.incidents) <= FEWEST_INCIDENTS:
        return result
    left = result.incidents[-1].id
    told = next((entry.what for entry in result.missing if entry.why == NOT_SHOWN), "")
    rest = [entry for entry in result.missing if entry.why != NOT_SHOWN]
    named = Missing(what=f"{told}, {left}" if told else f"incidents {left}", why=NOT_SHOWN)
    return result.model_copy(update={"incidents": result.incidents[:-1], "missing": (*rest, named)})


def _issues(most: int, most_of_others: int) -> Cut[Situation]:
    what = f"all but {most} of the first incident and {most_of_others} of each other one"
    return Cut(_fewer_issues(most, most_of_others), {"incidents.issues": what}, HOW)


def _brief(whole: int) -> Cut[Situation]:
    what = f"those of all but the first {whole}" if whole > 1 else "those of all but the first"
    paths = ("incidents.reasons", "incidents.against", "incidents.issues", "incidents.projects")
    return Cut(_briefly(whole), dict.fromkeys(paths, what), HOW)


TITLE = 80
"""Characters of a title in an answer that is too long."""
MOST_REASONS, FEWEST_REASONS = 4, 2
AROUND = {"changes": 5, "projects": 4, "alerts": 4, "quiet": 3}
FEWEST_INCIDENTS = 2
NOT_SHOWN = f"{LEFT_OUT}they are the least severe: triage_issue tells more of one, and fewer burn in one project"
HOW = "find_issues lists them; triage_issue has one whole"
CUTS: tuple[Shrink[Situation], ...] = (
    _issues(10, 5),
    Cut(
        _fewer_words,
        {
            "incidents.reasons": f"all but {MOST_REASONS} of the first incident and {FEWEST_REASONS} of each other one",
            "incidents.against": "all but 1 each",
            "incidents.issues.title": f"all but {TITLE} characters each",
            "incidents.issues.url": "all but the first of each",
        },
        HOW,
    ),
    Cut(_fewer_around, {name: f"all but {most}" for name, most in AROUND.items()}, "ask again with one project"),
    _issues(6, 2),
    _brief(3),
    _issues(5, 1),
    _brief(1),
    *[_one_less] * 20,
)
"""Mildest first."""


TOOL = ToolDefinition(
    function=assess_situation,
    result=Situation,
    render=situation_page,
    title="Assess the situation",
    hint=(
        "site, platform or app is down, any ongoing outage, everything is broken or on fire, what is going on right "
        "now, are we down, is something wrong, degraded, several incidents at once, an alert fired: what is behind "
        "it, across all services, production overview, without an issue link, what changed"
    ),
    shrink=CUTS,
)
