"""``sentry-runbook update``: a message on stdout, all else on stderr, and nothing to pipe where none is due."""

from __future__ import annotations

import pytest

from sentry_runbook.simulator.scenarios import SCENARIOS
from tests.commands.support import Commands

STAGING = SCENARIOS["staging-only"].issue


def test_a_message_goes_to_stdout_and_its_status_and_due_time_to_stderr(command: Commands) -> None:
    told = command("update", "SHOP-1Z", "--demo", "--audience", "customers")
    assert told.code == 0
    assert told.out.startswith("Some requests may fail.")
    assert "sentry-runbook: the status is identified\n" in told.err
    assert "sentry-runbook: the next message is due at 2026-11-20 12:30 UTC\n" in told.err


def test_where_no_message_is_due_nothing_is_piped_into_a_chat(command: Commands) -> None:
    refused = command("update", STAGING, "--demo", "--audience", "customers", "--format", "slack")
    assert (refused.code, refused.out) == (1, "")
    assert refused.err.startswith("sentry-runbook: Not written: Sentry saw these errors outside production only")
    assert command("update", STAGING, "--demo").code == 0


def test_what_was_cut_and_what_was_left_out_is_said_beside_the_message(command: Commands) -> None:
    told = command(
        *("update", "SHOP-1Z", "--demo", "--audience", "executives", "--kind", "update"),
        *("--root-cause", "the client was updated " * 60),
    )
    assert "To fit half a page (1,500 characters): 1 line cut short" in told.err
    assert "To fit" not in told.out and "the client was updated" in told.out
    kept = command("update", "SHOP-1Z", "--demo", "--audience", "customers", "--service", "api.example.com")
    assert "The name of the service is left out: the stated text names a host or an address" in kept.err
    assert "api.example.com" not in kept.out


@pytest.mark.parametrize("blank", ["", "  ", "\t"])
def test_blank_texts_are_not_given(command: Commands, blank: str) -> None:
    plain = command("update", "SHOP-1Z", "--demo", "--kind", "resolved")
    given = [part for flag in ("--lead", "--service", "--root-cause", "--fix") for part in (flag, blank)]
    assert command("update", "SHOP-1Z", "--demo", "--kind", "resolved", *given) == plain
