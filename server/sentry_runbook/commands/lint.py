"""``lint``: what to change in a postmortem, a line each; 1 when there is something."""

from __future__ import annotations

import argparse
import sys

from sentry_runbook.commands.arguments import add_json_flag, add_settings
from sentry_runbook.commands.command import Command
from sentry_runbook.commands.files import read_evidence, read_text
from sentry_runbook.commands.json_output import print_json
from sentry_runbook.errors import in_one_line
from sentry_runbook.incident.incident import Incident
from sentry_runbook.incident.model.policy import default_policy
from sentry_runbook.incident.model.stated import Stated
from sentry_runbook.incident.policy_file import load_policy
from sentry_runbook.incident.postmortem.lint import lint_postmortem
from sentry_runbook.settings import Settings


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Declare the flags."""
    command.add_argument("file", metavar="FILE", help="the postmortem, Markdown; - reads standard input")
    command.add_argument("--evidence", metavar="FILE", help="also compare its numbers with this evidence")
    command.add_argument(
        "--style",
        choices=("runbook", "any"),
        default="runbook",
        help="any: accept another form; asks for impact in figures, times, a cause and actions (default: runbook)",
    )
    add_json_flag(command, "what to change, as one JSON object, for programs")
    add_settings(command, "policy_file")


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Check the file.

    Raises:
        BadInput: a file cannot be read.
        BadEvidence: the evidence cannot be trusted.
        SettingsError: the policy cannot be used.
    """
    text = read_text(arguments.file, "postmortem")
    evidence = read_evidence(arguments.evidence, settings.base_url) if arguments.evidence else None
    policy = load_policy(settings.policy_file) if settings.policy_file else default_policy()
    incident = Incident(evidence, Stated(), policy, evidence.collected_at) if evidence else None
    findings = lint_postmortem(text, incident, style=arguments.style)
    name = "stdin" if arguments.file == "-" else in_one_line(arguments.file)
    if arguments.json:
        print_json({"file": name, "ok": not findings, "findings": [finding.model_dump() for finding in findings]})
        return 1 if findings else 0
    for finding in findings:
        sys.stdout.write(
            f"{name}:{finding.line}: {finding.rule}: {finding.message} {finding.suggestion}".rstrip() + "\n"
        )
    if not findings:
        sys.stdout.write(f"✓ {name}: nothing to change\n")
    return 1 if findings else 0


COMMAND = Command(
    summary="check a postmortem: blame, missing sources, vague actions, wrong numbers",
    example="sentry-runbook lint postmortem.md --evidence evidence.json",
    add_arguments=add_arguments,
    run=run,
)
