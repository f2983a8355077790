"""The public cases, played where they lie; each is a right value that a person, a report or a vendor's page gives."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cases.playing import play
from tests.cases.reading import FOLDER, Case, cases, folder

CASES = cases()
SLOW = {"55-elicitation-declared-never-answered"}
"""Waits as long as a person may think: the long matrices play it."""

OPEN = {
    "55-elicitation-declared-never-answered",
    "01-java-five-causes",
    "02-py-exception-group",
    "05-cocoa-app-hang-current-thread",
    "07-php-message-stacktrace-entry",
    "08-minidump-crashed-thread-package",
    "10-rn-hermes-internal-bytecode",
    "11-minified-bundle-column",
    "13-recursion-thousand-frames",
    "14-csp-report",
    "16-metric-alert-issue",
    "18-tags-as-object",
    "21-rust-panic-tail",
    "24-react-recoverable-wrapper",
    "26-watchdog-termination",
    "28-xhr-status-zero",
    "29-four-part-versions",
    "30-environment-capital-production",
    "32-environment-placeholder",
    "37-crash-free-negative",
    "44-partial-scan-latency",
    "49-token-file-with-bom",
    "50-token-in-quotes",
    "67-reason-at-the-end-of-a-long-message",
    "68-rate-limit-in-words-only",
    "80-bare-version-next-release",
    "85-analytics-blocked-posthog",
    "87-counter-stuck-at-one",
    "89-device-called-by-its-owner",
}
"""Not answered right yet."""


def _parameter(case: Case) -> object:
    marks = [pytest.mark.matrix] if case.name in SLOW else []
    marks += [pytest.mark.xfail(strict=True)] if case.name in OPEN else []
    return pytest.param(case, id=case.name, marks=marks)


@pytest.mark.parametrize("case", [_parameter(case) for case in CASES])
async def test_a_case_is_answered_right(case: Case, tmp_path: Path) -> None:
    assert not await play(case, tmp_path)


def test_all_cases_are_there_or_said_to_be_skipped() -> None:
    if folder() is None:
        pytest.skip(f"no public cases: no {FOLDER} in a folder above the checkout")
    assert len(CASES) >= 58
