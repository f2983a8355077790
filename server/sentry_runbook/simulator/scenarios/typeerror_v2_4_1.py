"""The runbook's third example, P1: a new unhandled TypeError right after release v2.4.1.

320 people within 45 minutes; with 200 sessions a minute the crash-free rate stays above 95 % in every hour, so the
number of users decides. The response field was renamed by the pull request that the suspect commit names.
"""

from __future__ import annotations

from sentry_runbook.simulator.scenario import (
    AlertSpec,
    CommitSpec,
    Crumb,
    DeploySpec,
    FrameSpec,
    IssueSpec,
    Raised,
    RecoverySpec,
    ReleaseSpec,
    RequestSpec,
    Scenario,
    SessionsSpec,
    StateChange,
    Stream,
    Transactions,
    http_call,
)

_ONSET = -46.0

_RENAME = CommitSpec(
    "refactor(api): rename account.displayName to account.profile.name (#1207)",
    at=_ONSET - 55,
    author="Jonas Weber",
    email="jonas.weber@example.com",
    pull_request=1207,
    repository="acme/web",
)

_MAIN = IssueSpec(
    "WEB-7K",
    chain=(
        Raised(
            "TypeError",
            "Cannot read properties of undefined (reading 'displayName')",
            (
                FrameSpec("commitRoot", "node_modules/react-dom/cjs/react-dom.production.js", 12_118, in_app=False),
                FrameSpec(
                    "AccountPage",
                    "src/pages/AccountPage.tsx",
                    64,
                    source="  return <AccountHeader account={data.account} />;",
                ),
                FrameSpec(
                    "AccountHeader",
                    "src/components/AccountHeader.tsx",
                    27,
                    source=(
                        "export function AccountHeader({ account }: Props) {\n"
                        "  const name = account.user.displayName;\n"
                        "  return <h1>{name}</h1>;"
                    ),
                ),
            ),
            mechanism="auto.browser.global_handlers.onerror",
        ),
    ),
    streams=(Stream(412, _ONSET, _ONSET + 45, users=320),),
    culprit="AccountHeader(src/components/AccountHeader)",
    transaction="/account",
    breadcrumbs=(
        Crumb("navigation", None, data={"from": "/", "to": "/account"}, type="navigation", seconds_before=3.1),
        http_call("GET", "https://web.example.com/api/account", 200, seconds_before=1.2),
        Crumb("ui.click", "nav > a.account", type="user", seconds_before=3.2),
    ),
    request=RequestSpec("GET", "https://web.example.com/account", headers={"Referer": "https://web.example.com/"}),
    suspects=(_RENAME,),
)

SCENARIO = Scenario(
    name="typeerror-v2.4.1",
    title="New unhandled exception after a deploy",
    summary="TypeError in the account page, a minute after release v2.4.1 went live: 320 users in 45 minutes.",
    project="web",
    project_id="4508110000000303",
    platform="javascript-react",
    issues=(
        _MAIN,
        IssueSpec(
            "WEB-5P",
            chain=(Raised("ChunkLoadError", "Loading chunk 41 failed.", (FrameSpec("load", "src/lazy.ts", 8),)),),
            streams=(Stream(120, -2900, -4, users=96),),
            level="warning",
            handled=True,
            transaction="/",
        ),
        IssueSpec(
            "WEB-4T",
            chain=(Raised("RangeError", "Invalid time value", (FrameSpec("formatDate", "src/format.ts", 30),)),),
            streams=(Stream(33, -12_000, -8700, users=29),),
            transaction="/orders",
            history=(StateChange(-8600, "resolved", {"inRelease": "v2.4.0"}),),
        ),
        IssueSpec(
            "WEB-6D",
            chain=(Raised("Error", "Minified React error #418", (FrameSpec("hydrate", "src/entry.tsx", 11),)),),
            streams=(Stream(8, -900, -60, users=3, environment="staging"),),
            transaction="/",
        ),
    ),
    releases=(
        ReleaseSpec("v2.3.9", -30_000, (DeploySpec(-29_990),)),
        ReleaseSpec("v2.4.0", -8700, (DeploySpec(-8750, "staging"), DeploySpec(-8680))),
        ReleaseSpec(
            "v2.4.1",
            _ONSET - 9,
            (DeploySpec(_ONSET - 30, "staging"), DeploySpec(_ONSET - 1, took=4.0)),
            (
                _RENAME,
                CommitSpec(
                    "chore: update copy of the landing page (#1201)",
                    -900,
                    "Mina Park",
                    "mina.park@example.com",
                    1201,
                    "acme/web",
                ),
            ),
        ),
    ),
    sessions=(
        SessionsSpec(200 * 1393, -1438, _ONSET + 1, crashed=300, errored=900),
        SessionsSpec(200 * 45, _ONSET + 1, 0, crashed=320, errored=40),
        SessionsSpec(200 * 1440, -2940, -1500, crashed=300, errored=800),
        SessionsSpec(300, -1400, 0, environment="staging"),
    ),
    transactions=(
        Transactions("/account", 640, -1438, 0, 820, 340),
        Transactions("/", 1400, -1438, 0, 610, 280),
    ),
    alerts=(AlertSpec("A new issue in production", _ONSET + 1),),
    recovery=RecoverySpec(
        "v2.4.2 reads the renamed field; no event comes from it.",
        fixed_at=20,
        release="v2.4.2",
        streams=(Stream(110, 5, 19.5, users=90, first_user=200, release="v2.4.1"),),
        releases=(
            ReleaseSpec(
                "v2.4.2",
                11,
                (DeploySpec(20, took=4.0),),
                (
                    CommitSpec(
                        "fix(account): read profile.name (#1211)",
                        7,
                        "Jonas Weber",
                        "jonas.weber@example.com",
                        1211,
                        "acme/web",
                    ),
                ),
            ),
        ),
        sessions=(SessionsSpec(200 * 1435, 5, 1440, crashed=310, errored=900),),
        transactions=(Transactions("/account", 640, 5, 1440, 820, 340), Transactions("/", 1400, 5, 1440, 610, 280)),
    ),
)
