"""How a command gives the answer of a tool: as text, JSON or Markdown, and as an exit code where nobody reads along.

JSON and Markdown are the tool's own two channels: the same cuts, the same masks, the same paths of untrusted values.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from typing import Literal, TypeVar, get_args

from sentry_runbook.commands.arguments import TOOLS_ANSWER, add_json_flag
from sentry_runbook.commands.json_output import print_json
from sentry_runbook.incident.model.evidence import Answer
from sentry_runbook.incident.model.policy import Level
from sentry_runbook.safety.delimiters import new_nonce
from sentry_runbook.tools.registry import ToolDefinition

A = TypeVar("A", bound=Answer)
Form = Literal["text", "json", "markdown"]
CODES: Mapping[Level, int] = {"P0": 10, "P1": 11, "P2": 12, "P3": 13}
"""Severity → exit code of ``--exit-code``: not a shell's, not a signal's, and none that the command line has."""
TOLD = ", ".join(f"{code} for {level}" for level, code in CODES.items())


def add_form_flags(command: argparse.ArgumentParser) -> None:
    """The form of the answer."""
    form = command.add_mutually_exclusive_group()
    add_json_flag(form, TOOLS_ANSWER)
    form.add_argument(
        "--format", choices=get_args(Form), help="text (default), json, or the tool's Markdown, for chats"
    )


def add_answer_flags(command: argparse.ArgumentParser) -> None:
    """The form of the answer, and the exit code by severity."""
    add_form_flags(command)
    command.add_argument(
        "--exit-code",
        action="store_true",
        help=f"end with the severity: {TOLD}; 0 where there is nothing, 1 where that is not known",
    )


def form_of(arguments: argparse.Namespace) -> Form:
    """The form that was asked for."""
    form: Form = "json" if arguments.json else arguments.format or "text"
    return form


def write_answer(form: Form, tool: ToolDefinition[A], result: A) -> None:
    """Write the answer to standard output as JSON or Markdown; the text of a terminal is laid out elsewhere."""
    answer = tool.prepare(result)
    if form == "json":
        print_json(answer.structured)
    else:
        sys.stdout.write(answer.page.text(new_nonce()).rstrip("\n") + "\n")
