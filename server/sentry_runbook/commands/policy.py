"""``policy``: the severity rules in force, as TOML that can be loaded back."""

from __future__ import annotations

import argparse
import sys
import tomllib

from sentry_runbook.commands.arguments import add_json_flag, add_settings
from sentry_runbook.commands.command import Command
from sentry_runbook.commands.json_output import print_json
from sentry_runbook.incident.model.policy import default_policy
from sentry_runbook.incident.policy_file import dump_policy, load_policy
from sentry_runbook.settings import Settings


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Declare the flags."""
    add_json_flag(command, "the rules as JSON, with the keys of the file")
    add_settings(command, "policy_file")


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Print the policy.

    Raises:
        SettingsError: the policy file cannot be used; every problem with line and key.
    """
    policy = load_policy(settings.policy_file) if settings.policy_file else default_policy()
    text = dump_policy(policy)
    if arguments.json:
        print_json(tomllib.loads(text))
    else:
        sys.stdout.write(text)
    return 0


COMMAND = Command(
    summary="print the severity rules in force, as TOML to start your own from",
    example="sentry-runbook policy > policy.toml",
    add_arguments=add_arguments,
    run=run,
)
