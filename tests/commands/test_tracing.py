"""OpenTelemetry's variables that are meant for other programs are no reason to end."""

from __future__ import annotations

import subprocess

import pytest

from sentry_runbook.commands.tracing import leave_out_unknown
from tests.commands.support import PROGRAM, environment


@pytest.mark.parametrize("argv", [["serve", "--demo"], ["triage", "SHOP-1Z", "--demo"]], ids=["serve", "triage"])
@pytest.mark.parametrize("variable", ["OTEL_PROPAGATORS", "OTEL_PYTHON_CONTEXT"])
def test_what_is_not_installed_here_is_left_out_and_said(variable: str, argv: list[str]) -> None:
    ended = subprocess.run(
        [*PROGRAM, *argv],
        env=environment(**{variable: "no-such-thing"}),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert ended.returncode == 0
    assert ended.stderr == f"sentry-runbook: {variable} names what is not installed here, and is left out.\n"


@pytest.mark.parametrize(
    ("words", "kept"),
    [("tracecontext, baggage", True), ("none", True), ("tracecontext,b3-that-nobody-has", False), ("", False)],
)
def test_what_can_be_used_stays(words: str, kept: bool) -> None:
    variables = {"OTEL_PROPAGATORS": words, "OTHER": "x"}
    said = list(leave_out_unknown(variables))
    assert ("OTEL_PROPAGATORS" in variables, said == []) == (kept, kept)
    assert variables["OTHER"] == "x"
