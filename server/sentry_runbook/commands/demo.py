"""``demo``: a whole incident in the terminal, over a real MCP connection to the server before the embedded Sentry."""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace

import anyio
from mcp import Client
from mcp.client import ClientRequestContext
from mcp.client.session import ElicitationFnT
from mcp.types import ElicitRequestParams, ElicitResult
from rich.padding import Padding
from rich.text import Text

from sentry_runbook.commands import runtime
from sentry_runbook.commands.arguments import add_json_flag, add_settings, whole_number
from sentry_runbook.commands.command import Command
from sentry_runbook.commands.demo_session import DemoSession
from sentry_runbook.commands.json_output import print_json
from sentry_runbook.commands.scenario_names import facts_of, scenarios_named
from sentry_runbook.errors import BadInput, RunbookError
from sentry_runbook.incident.model.results.alert_review import AlertReview
from sentry_runbook.incident.model.results.impact import Impact, Recovery
from sentry_runbook.incident.model.results.messages import Draft, Postmortem
from sentry_runbook.incident.model.results.resolution import ResolutionResult
from sentry_runbook.incident.model.results.triage import Triage, Verdict
from sentry_runbook.render.console import Screen, joined
from sentry_runbook.render.terminal import show_criteria, show_impact, show_recovery, show_triage
from sentry_runbook.render.terminal_alert_review import show_alert_review
from sentry_runbook.runtime import build_runtime
from sentry_runbook.server.app import build_server
from sentry_runbook.settings import Settings
from sentry_runbook.simulator.clock import ManualClock
from sentry_runbook.simulator.scenario import AlertSpec, Scenario
from sentry_runbook.simulator.scenarios import SCENARIOS
from sentry_runbook.simulator.world import World

PAUSE_S = 2.0
RECENTLY = -1440.0
"""Minute of the scenario since which an alert fired that wakes somebody; of one whose firings are not listed."""
LEAD = "Dana Ortiz"
ABOUT = (
    "What you see is what an AI assistant gets from the MCP server sentry-runbook while you are on call: "
    "each ⏵ is a real tool call over MCP. Only the Sentry behind it is a simulation."
)
AFTERWARDS = """\
That was the runbook, from the alert to the postmortem. With your own Sentry:
  export SENTRY_AUTH_TOKEN=… SENTRY_ORG=…
  sentry-runbook doctor                                       checks the set-up
  claude mcp add sentry-runbook -- sentry-runbook             gives the tools to Claude Code
  sentry-runbook triage ISSUE                                 one triage, here in the terminal"""


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Declare the flags."""
    command.add_argument("scenario", nargs="?", metavar="SCENARIO", help="which incident (payment-spike)")
    command.add_argument("--list", action="store_true", help="name the incidents and stop")
    add_json_flag(command, "with --list: the incidents as one JSON object")
    command.add_argument(
        "--pause",
        type=whole_number(0, 60),
        metavar="SECONDS",
        help="wait between steps (2 in a terminal, 0 in a pipe)",
    )
    add_settings(command, "policy_file", "prompts_dir")
    command.set_defaults(demo=True)


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Play one incident.

    Raises:
        BadInput: no such scenario, and which there are; or the play was asked for as JSON.
    """
    if arguments.json and not arguments.list:
        raise BadInput("The demo is a play, not facts.", "Give --list with --json, or play it without.")
    if arguments.json:
        print_json({"scenarios": facts_of(tuple(SCENARIOS.values()))})
        return 0
    if arguments.list:
        width = max(map(len, SCENARIOS))
        for name, scenario in SCENARIOS.items():
            sys.stdout.write(f"{name:<{width}}  {scenario.title}\n")
        return 0
    played = scenarios_named([arguments.scenario or "payment-spike"])[0]
    pause_s = arguments.pause
    if pause_s is None:
        pause_s = PAUSE_S if sys.stdout.isatty() else 0.0
    anyio.run(play, played, settings, float(pause_s))
    return 0


async def play(scenario: Scenario, settings: Settings, pause_s: float) -> None:
    """Play a scenario from the alert to the postmortem.

    Raises:
        DemoFailed: a tool answered with an error.
    """
    started = runtime.utc_now().replace(second=0, microsecond=0)
    clock, screen = ManualClock(started), Screen()
    # The clock jumps by hours between two calls: nothing that was answered before may be shown again.
    settings = replace(settings, limits=replace(settings.limits, cache_s=0.0))
    world = World(scenario, clock)
    ours = build_runtime(settings, http_transport=runtime.embedded_sentry(world), clock=clock)
    link = f"{settings.base_url}/organizations/{settings.organization}/issues/{world.projects[0].issues[0].id}/"
    stopped: Exception | None = None
    async with Client(build_server(ours), elicitation_callback=_person(screen)) as client:
        try:
            await _incident(DemoSession(client, screen, scenario, clock, started, pause_s), link)
        except (RunbookError, BrokenPipeError) as exc:
            # Raised in here it would come out wrapped in the groups of the client's tasks.
            stopped = exc
    await ours.aclose()
    if stopped is not None:
        raise stopped


def _person(screen: Screen) -> ElicitationFnT:
    """A person who is asked by the client before anything is changed, and agrees."""

    async def answer(context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:
        screen.print(Padding(Text("The server asks you, through your client:", "bold yellow"), (0, 0, 0, 1)))
        screen.print(Padding(Text(params.message), (0, 0, 0, 3)))
        screen.print(Padding(Text.assemble("You: ", ("yes", "bold green")), (0, 0, 1, 1)))
        return ElicitResult(action="accept", content={"confirm": True})

    return answer


async def _incident(session: DemoSession, link: str) -> None:
    session.screen.print(Text(session.scenario.title, "bold"))
    session.screen.print(Text(ABOUT, "dim"))
    await _triage(session, link)
    await _judge(session)
    await _tell(session)
    await _resolve(session)
    await _recover(session)
    await _write_up(session)
    if sum(bool(alert.firings) for alert in session.scenario.alerts) > 1:
        await _review(session)
    session.screen.print()
    session.screen.print(Text(AFTERWARDS, "bold"))


async def _triage(session: DemoSession, link: str) -> None:
    issue = session.scenario.issue
    fired = next((f"“{alert.name}”" for alert in session.scenario.alerts if _has_fired_for(alert, issue)), "An alert")
    await session.step("Alert", f"{fired} wakes you. You paste its link into your assistant.")
    await session.step("Triage", "The whole triage in one call.")
    show_triage(session.screen, await session.call("triage_issue", Triage, issue=link), whole=False)


def _has_fired_for(alert: AlertSpec, issue: str) -> bool:
    is_recent = alert.triggered is not None and alert.triggered > RECENTLY
    return is_recent or any(firing.issue == issue for firing in alert.firings)


async def _judge(session: DemoSession) -> None:
    await session.step("Severity", "By written rules, in order; the first that holds (●) decides.")
    show_criteria(session.screen, await session.call("classify_severity", Verdict))
    await session.step("Impact", "Counted by Sentry in the window that is named, set against the time before.")
    show_impact(session.screen, await session.call("discover_impact", Impact), rows=8)


async def _tell(session: DemoSession) -> None:
    await session.step("Messages", "Drafts from the same facts. What nobody knows yet stays a [marked blank].")
    known = {"kind": "initial", "lead": LEAD, "service": session.scenario.slug}
    for audience in ("engineers", "customers"):
        session.letter((await session.call("draft_update", Draft, audience=audience, **known)).text)


async def _resolve(session: DemoSession) -> None:
    recovery = session.scenario.recovery
    if recovery:
        session.wait_until(recovery.fixed_at + 10)
    await session.step("Resolution", recovery.summary if recovery else "Somebody fixes it.")
    how = {"action": "resolve"}
    if recovery and recovery.release:
        how = {"action": "resolve_in_release", "release": recovery.release}
    done = await session.call("resolve_issue", ResolutionResult, **how)
    session.screen.rows(
        [
            ("Outcome", Text(joined([done.outcome, done.reason]) or "", "bold")),
            ("Before", Text(done.before.summary) if done.before else None),
            ("After", Text(done.after.summary) if done.after else None),
            ("Undo", Text(done.undo) if done.undo else None),
        ]
    )


async def _recover(session: DemoSession) -> None:
    session.clock.advance(hours=1)
    await session.step("Recovery", "An hour later. Is it over?")
    show_recovery(session.screen, await session.call("check_recovery", Recovery))
    session.clock.advance(hours=3)
    await session.step("Recovery", "Three hours after that.")
    show_recovery(session.screen, await session.call("check_recovery", Recovery))
    session.screen.print()
    known = {"kind": "resolved", "audience": "customers", "service": session.scenario.slug}
    session.letter((await session.call("draft_update", Draft, **known)).text)


async def _write_up(session: DemoSession) -> None:
    await session.step("Postmortem", "Every line with its source. What only people know is a [question to them].")
    known = {"lead": LEAD}
    if session.scenario.recovery:
        known["fix"] = session.scenario.recovery.summary
    session.letter((await session.call("draft_postmortem", Postmortem, **known)).markdown)


async def _review(session: DemoSession) -> None:
    """All alerts of the project, for those of the incidents in which several fired."""
    await session.step("Alerts", "In the alert review: which alerts do their work, and what did none of them catch?")
    show_alert_review(
        session.screen, await session.call("review_alerts", AlertReview, project=session.scenario.project)
    )


COMMAND = Command(
    summary="play a whole incident in the terminal, no token needed",
    example="sentry-runbook demo geocoding-503",
    add_arguments=add_arguments,
    run=run,
)
