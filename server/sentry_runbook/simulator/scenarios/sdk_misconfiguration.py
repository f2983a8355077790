"""A landing page reports errors without release, environment, breadcrumbs, user or source maps.

There is an error, and there is little to say about it: neither people nor sessions can be counted, and no release of
the project exists, so "resolve in the next release" is refused. The pattern to find is the SDK's set-up itself.
"""

from __future__ import annotations

from sentry_runbook.simulator.scenario import (
    FrameSpec,
    IssueSpec,
    Raised,
    RecoverySpec,
    RequestSpec,
    Scenario,
    StateChange,
    Stream,
    fired_alert,
)

_NO_SOURCE = (
    ("js_no_source", "Source code was not found for https://cdn.example.com/static/app.min.js"),
    ("js_invalid_source", "Source file was not found: https://cdn.example.com/static/app.min.js.map"),
)

_MAIN = IssueSpec(
    "LANDING-4",
    chain=(
        Raised(
            "ReferenceError",
            "t is not defined",
            (
                FrameSpec("?", "https://cdn.example.com/static/app.min.js", 1),
                FrameSpec("n", "https://cdn.example.com/static/app.min.js", 1),
            ),
            mechanism="onerror",
        ),
    ),
    streams=(Stream(150, -400, -4, users=0, environment=None, release=None),),
    culprit="n(static/app.min)",
    transaction="/landing",
    request=RequestSpec("GET", "https://www.example.com/landing"),
    processing_errors=_NO_SOURCE,
    sdk=("sentry.javascript.browser", "7.30.0"),
)

SCENARIO = Scenario(
    name="sdk-misconfiguration",
    title="Events without release, environment, user and source maps",
    summary="ReferenceError in minified code: the SDK of the landing page sends nothing that would explain it.",
    project="landing",
    project_id="4508110000000606",
    platform="javascript",
    issues=(
        _MAIN,
        IssueSpec(
            "LANDING-3",
            chain=(Raised("Error", "e", (FrameSpec("?", "https://cdn.example.com/static/app.min.js", 1),)),),
            streams=(Stream(40, -2800, -50, users=0, environment=None, release=None),),
            level="warning",
            handled=True,
            processing_errors=_NO_SOURCE,
        ),
        IssueSpec(
            "LANDING-2",
            chain=(
                Raised("TypeError", "i is null", (FrameSpec("?", "https://cdn.example.com/static/app.min.js", 1),)),
            ),
            streams=(Stream(12, -9000, -8000, users=0, environment=None, release=None),),
            history=(StateChange(-7900, "resolved"),),
            processing_errors=_NO_SOURCE,
        ),
    ),
    alerts=(fired_alert("A new issue", -400, "LANDING-4", environment=None),),
    recovery=RecoverySpec(
        "The SDK is set up with release, environment and source maps; the page is repaired with it.",
        fixed_at=20,
        streams=(Stream(6, 5, 19.5, users=0, environment=None, release=None),),
    ),
)
