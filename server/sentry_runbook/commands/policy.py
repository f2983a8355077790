"""``policy``: the severity rules in force, as TOML that can be loaded back."""

from __future__ import annotations

import argparse
import sys

from sentry_runbook.commands.arguments import add_settings
from sentry_runbook.commands.command import Command
from sentry_runbook.incident.model.policy import default_policy
from sentry_runbook.incident.policy_file import dump_policy, load_policy
from sentry_runbook.settings import Settings


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Declare the flags."""
    add_settings(command, "policy_file")


def run(_: argparse.Namespace, settings: Settings) -> int:
    """Print the policy.

    Raises:
        SettingsError: the policy file cannot be used; every problem with line and key.
    """
    policy = load_policy(settings.policy_file) if settings.policy_file else default_policy()
    sys.stdout.write(dump_policy(policy))
    return 0


COMMAND = Command(
    summary="print the severity rules in force, as TOML to start your own from",
    example="sentry-runbook policy > policy.toml",
    add_arguments=add_arguments,
    run=run,
)
