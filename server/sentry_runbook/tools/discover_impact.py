"""Count the impact of an issue in a period."""

from __future__ import annotations

from mcp.server.mcpserver import Context

from sentry_runbook.collect import IMPACT, investigate
from sentry_runbook.incident.model.results.impact import Impact
from sentry_runbook.render.impact import impact_page
from sentry_runbook.runtime import Runtime, runtime
from sentry_runbook.tools.arguments import End, Environment, Issue, Period, Start
from sentry_runbook.tools.cuts import Cut
from sentry_runbook.tools.registry import ToolDefinition


async def discover_impact(
    issue: Issue,
    ctx: Context[Runtime],
    period: Period = None,
    start: Start = None,
    end: End = None,
    environment: Environment = None,
) -> Impact:
    """When somebody asks how many users an issue hits, or where: its impact in a period (24h unless given).

    Events, users, worst rolling hour, peaks per minute, crash-free sessions, p95, baseline, trend, and where it
    concentrates (release, browser, region …). All environments, production beside.
    """
    run = runtime(ctx)
    evidence = await investigate(
        run, issue, IMPACT, environment=environment, period=period, start=start, end=end, scope="all"
    )
    return run.incident(evidence).impact


def _fewer_rows(result: Impact) -> Impact:
    return result.model_copy(update={"breakdown": result.breakdown[:8]})


CUTS = (Cut(_fewer_rows, {"breakdown": "all but 8 rows"}, "see the issue's tags in Sentry"),)


TOOL = ToolDefinition(
    function=discover_impact,
    result=Impact,
    render=impact_page,
    title="Count the impact",
    hint=(
        "blast radius: how many users, accounts, how many customers are hit, affected or impacted, customer facing, "
        "count errors in the last hour, which browser, region, country, version, endpoint or device is it, crash-free "
        "rate, latency, spike"
    ),
    shrink=CUTS,
)
