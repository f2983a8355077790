"""A price feed breaks, and after six hours the quota is used up: Sentry drops every error from then on.

Nothing is fixed. In Sentry the issue falls silent, and ``stats_v2/`` alone tells why: 140,000 events dropped. A feature
flag was switched shortly before the beginning.
"""

from __future__ import annotations

from sentry_runbook.simulator.scenario import (
    AlertSpec,
    Crumb,
    DeploySpec,
    DroppedSpec,
    FlagChangeSpec,
    FrameSpec,
    IssueSpec,
    Raised,
    RecoverySpec,
    ReleaseSpec,
    Scenario,
    SessionsSpec,
    StateChange,
    Stream,
)

_MAIN = IssueSpec(
    "FEED-48",
    chain=(
        Raised(
            "FeedFormatError",
            "unexpected key 'tiers' in price feed v2",
            (
                FrameSpec("poll", "feed/worker.py", 71),
                FrameSpec("parse", "feed/prices.py", 33, source="    return Price(**row)", vars={"version": "v2"}),
            ),
        ),
    ),
    streams=(Stream(3000, -540, -182, users=90),),
    culprit="feed.prices in parse",
    transaction="feed.worker.poll",
    breadcrumbs=(Crumb("feature_flag", "prices-v2 evaluated: true", seconds_before=2.0),),
)

SCENARIO = Scenario(
    name="quota-exhausted",
    title="Silence because the quota is used up",
    summary="3,000 errors in six hours, then none for three: Sentry has dropped 140,000 since the quota was reached.",
    project="feed",
    project_id="4508110000000808",
    platform="python",
    issues=(
        _MAIN,
        IssueSpec(
            "FEED-40",
            chain=(Raised("FeedTimeout", "no answer in 10 s", (FrameSpec("fetch", "feed/client.py", 18),)),),
            streams=(Stream(240, -2800, -182, users=0),),
            level="warning",
            handled=True,
        ),
        IssueSpec(
            "FEED-31",
            chain=(Raised("KeyError", "'currency'", (FrameSpec("convert", "feed/prices.py", 52),)),),
            streams=(Stream(40, -9000, -8500, users=12),),
            history=(StateChange(-8400, "resolved", {"inRelease": "feed@3.1.0"}),),
        ),
    ),
    releases=(ReleaseSpec("feed@3.1.0", -8460, (DeploySpec(-8450),)),),
    sessions=(SessionsSpec(9000, -1438, 0, errored=2000),),
    alerts=(
        AlertSpec("Price feed errors", -535),
        # Its monitor was deleted, and it went on looking like any other: nothing makes it fire any more.
        AlertSpec("Price feed slower than 5 s", -60_000, connected=False),
        # A rule from before 2026 that nobody has edited since: servers that still list it no longer look at it.
        AlertSpec("Price feed silent", -50_000, rule_id="315", migrated=False),
    ),
    # Some are always filtered: an extension of a browser that nobody wants to hear of.
    dropped=(DroppedSpec(140_000, -181), DroppedSpec(90, -2800, 0, "filtered")),
    flags=(FlagChangeSpec(-545, "prices-v2"), FlagChangeSpec(-20_000, "prices-v2", "created")),
    recovery=RecoverySpec(
        "The quota is raised and the flag switched off: the last errors come in, then none.",
        fixed_at=20,
        streams=(Stream(60, 5, 19.5, users=20),),
        sessions=(SessionsSpec(9000, 5, 1440, errored=100),),
    ),
)
