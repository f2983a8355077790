"""A Slack message of an incident in which everything is as long as it can be: it fits, and stays whole and inert."""

from __future__ import annotations

import re
from typing import Any

import pytest

from sentry_runbook.simulator.clock import ManualClock
from sentry_runbook.simulator.scenario import (
    AlertSpec,
    CommitSpec,
    DeploySpec,
    FrameSpec,
    IssueSpec,
    NoteSpec,
    Raised,
    ReleaseSpec,
    RequestSpec,
    Scenario,
    Stream,
)
from sentry_runbook.simulator.world import World
from tests.incident.golden import KINDS, PAIRS
from tests.tools.support import connected

ISSUE = "SHOP-1"
LONG = "&<!channel> <https://evil.example.com|x> *b* `c` " * 200
RELEASE = f"shop@1.1.0-{'&<>' * 70}"
COMMIT = CommitSpec(LONG, at=-70, author=LONG[:200], email="x@example.com", pull_request=9)
SCENARIO = Scenario(
    name="longest",
    issues=(
        IssueSpec(
            ISSUE,
            title=LONG,
            chain=(Raised("E" * 300, LONG, (FrameSpec(LONG[:300], f"src/{'<&>' * 100}.ts", 7),)),),
            streams=(Stream(400, -60, -1, users=200),),
            transaction=f"POST /{LONG[:500]}",
            request=RequestSpec("POST", "https://shop.example.com/checkout"),
            notes=tuple(NoteSpec(-50 + number / 10, LONG, author=f"Dana {LONG[:100]}") for number in range(60)),
            suspects=(COMMIT,),
        ),
    ),
    releases=(
        ReleaseSpec("shop@1.0.0", -9_000, (DeploySpec(-8_900),)),
        ReleaseSpec(RELEASE, -65, (DeploySpec(-62, LONG[:60]), DeploySpec(-61)), (COMMIT,)),
    ),
    alerts=tuple(AlertSpec(f"{number} {LONG[:200]}", -40 + number) for number in range(12)),
)
LINK = re.compile(r"<https?://[^<>|\s]+\|[^<>]*>")
STATED = {"lead": LONG[:100], "service": LONG[:100], "root_cause": LONG[:1000], "fix": LONG[:1000]}


@pytest.mark.parametrize("kind", KINDS)
async def test_the_longest_incident_fits_into_one_slack_message(kind: str) -> None:
    clock = ManualClock()
    async with connected(world=World(SCENARIO, clock), clock=clock) as connection:
        for audience in (audience for drafted, audience in PAIRS if drafted == kind):
            given: dict[str, Any] = {"kind": kind, "audience": audience, "format": "slack", **STATED}
            if kind == "update":
                given["since"] = "2026-11-20T08:00:00Z"
            draft = await connection.call("draft_update", issue=ISSUE, **given)
            text = draft["text"]
            assert len(text.encode("utf-16-le")) // 2 <= 3_000
            assert not re.search(r"&(?!(?:amp|lt|gt);)", text)
            assert "<" not in LINK.sub("", text) and ">" not in LINK.sub("", text)
            assert "@here" not in text and "<!" not in text
            assert all(line.count("`") % 2 == 0 for line in text.split("\n")), text
            assert "Next update: " in text or kind == "resolved"
            is_cut = any(warning.startswith("To fit") for warning in draft.get("warnings", ()))
            assert is_cut or (kind, audience) != ("update", "engineers")
            assert not (is_cut and audience == "customers")
