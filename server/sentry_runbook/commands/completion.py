"""``completion``: a script that lets a shell complete commands, flags and their words; made by shtab of our parser."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator

from sentry_runbook.commands.arguments import parser
from sentry_runbook.commands.command import Command
from sentry_runbook.commands.refusals import PROGRAM
from sentry_runbook.render.plain_signs import plain
from sentry_runbook.settings import SETTINGS, Settings
from sentry_runbook.simulator.scenarios import SCENARIOS

SHELLS = ("bash", "zsh", "fish")
FILES, FOLDERS = "FILE", "DIR"
"""Placeholders of values that are files and folders."""
SET_UP = """\
Set it up once:
  bash   sentry-runbook completion bash > ~/.local/share/bash-completion/completions/sentry-runbook
  zsh    sentry-runbook completion zsh > "${fpath[1]}/_sentry-runbook"    (a folder of fpath that you can write)
  fish   sentry-runbook completion fish > ~/.config/fish/completions/sentry-runbook.fish
Then begin a new shell. After an update of sentry-runbook, do it again."""


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Declare the flags."""
    command.add_argument("shell", choices=SHELLS, metavar="SHELL", help=", ".join(SHELLS))
    command.description = f"{command.description}\n\n{SET_UP}"


def run(arguments: argparse.Namespace, _: Settings) -> int:
    """Print the script."""
    import shtab  # noqa: PLC0415  # for this command alone

    top = parser()
    completers = {FILES: shtab.FILE, FOLDERS: shtab.DIRECTORY}
    for action in _actions(top):
        _tell_words(action)
        if action.metavar in completers:
            action.complete = completers[action.metavar]  # type: ignore[attr-defined]  # where shtab looks for it
        elif not action.option_strings and action.choices is None:
            # Without a list of words, be it empty, zsh offers no flags in the place of such an argument.
            action.complete = {"zsh": "( )"}  # type: ignore[attr-defined]  # as above
    # In ASCII: a shell without a UTF-8 locale takes the bytes of a sign for signs of its own.
    sys.stdout.write(plain(shtab.complete(top, shell=arguments.shell)).rstrip("\n") + "\n")
    return 0


def _actions(command: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    """All arguments of a parser and of its commands."""
    for action in command._actions:
        yield action
        if isinstance(action, argparse._SubParsersAction):
            for sub in action.choices.values():
                yield from _actions(sub)


def _tell_words(action: argparse.Action) -> None:
    """Give an argument the words that it can be, where the command checks them by itself, to say more than argparse."""
    words = {row.name: row.choices for row in SETTINGS if row.choices}
    words |= {"scenario": tuple(SCENARIOS), "scenarios": tuple(SCENARIOS)}
    if action.choices is None and action.dest in words:
        action.choices = words[action.dest]


COMMAND = Command(
    summary="print a script that completes commands and flags in bash, zsh or fish",
    example=f"source <({PROGRAM} completion bash)",
    add_arguments=add_arguments,
    run=run,
    starts_despite=lambda _: True,
    shows_warnings=False,
)
