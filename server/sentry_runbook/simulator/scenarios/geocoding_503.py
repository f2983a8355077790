"""The runbook's second example, P2: an external geocoding service answers 503 now and then.

180 events of the same 40 users in three hours, so no hour has more than 40; p95 of the endpoint is exactly 8200 ms;
sessions are healthy, because the error is caught.
"""

from __future__ import annotations

from sentry_runbook.simulator.scenario import (
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
    fired_alert,
    http_call,
)

_MAIN = IssueSpec(
    "GEO-42",
    chain=(
        Raised(
            "HTTPStatusError",
            "Server error '503 Service Unavailable' for url 'https://api.geocode.example.net/v2/lookup'",
            (FrameSpec("raise_for_status", "site-packages/httpx/_models.py", 829, in_app=False),),
            module="httpx",
        ),
        Raised(
            "ServiceUnavailableError",
            "Geocoding upstream answered 503",
            (
                FrameSpec("app", "site-packages/starlette/routing.py", 73, in_app=False),
                FrameSpec("get_address", "geo/api/address.py", 44, source="    place = await geocoder.lookup(address)"),
                FrameSpec(
                    "lookup",
                    "geo/clients/geocoder.py",
                    71,
                    source=(
                        "        except httpx.HTTPStatusError as exc:\n"
                        "            raise ServiceUnavailableError(exc.response.status_code) from exc"
                    ),
                    vars={"attempt": 3, "timeout_s": 8, "address": "Example street {n}"},
                ),
            ),
            module="geo.clients.geocoder",
            mechanism="starlette",
        ),
    ),
    streams=(Stream(180, -178, -3, users=40),),
    handled=True,
    culprit="geo.clients.geocoder in lookup",
    transaction="GET /geo",
    breadcrumbs=(
        Crumb("query", "SELECT address FROM customers WHERE id = %s", seconds_before=9.4),
        http_call(
            "GET", "https://api.geocode.example.net/v2/lookup", 503, reason="Service Unavailable", seconds_before=8.6
        ),
        http_call(
            "GET", "https://api.geocode.example.net/v2/lookup", 503, reason="Service Unavailable", seconds_before=5.2
        ),
        http_call(
            "GET", "https://api.geocode.example.net/v2/lookup", 503, reason="Service Unavailable", seconds_before=0.4
        ),
        Crumb("geo", "no cached result, giving up after 3 attempts", level="warning", seconds_before=0.2),
    ),
    request=RequestSpec("GET", "https://geo.example.com/geo", query={"address": "Example street"}),
    tags={"upstream": {"geocode.example.net": 1}},
)

SCENARIO = Scenario(
    name="geocoding-503",
    title="Intermittent 503 from an upstream API",
    summary="ServiceUnavailableError: 180 events of 40 users; the external geocoding service answers 503.",
    project="geo",
    project_id="4508110000000202",
    platform="python",
    issues=(
        _MAIN,
        IssueSpec(
            "GEO-3X",
            chain=(
                Raised(
                    "ValidationError", "address: must not be empty", (FrameSpec("parse", "geo/api/address.py", 21),)
                ),
            ),
            streams=(Stream(60, -2800, -20, users=33),),
            level="warning",
            handled=True,
            transaction="POST /addresses",
        ),
        IssueSpec(
            "GEO-2Q",
            chain=(Raised("KeyError", "'postcode'", (FrameSpec("format_address", "geo/format.py", 58),)),),
            streams=(Stream(21, -14_000, -11_600, users=18),),
            transaction="GET /addresses/{id}",
            history=(StateChange(-11_500, "resolved", {"inRelease": "geo@3.2.0"}),),
        ),
    ),
    releases=(
        ReleaseSpec("geo@3.1.4", -40_000, (DeploySpec(-39_990),)),
        ReleaseSpec(
            "geo@3.2.0",
            -11_600,
            (DeploySpec(-11_700, "staging"), DeploySpec(-11_560)),
            (
                CommitSpec(
                    "fix: addresses without postcode (#118)",
                    -11_800,
                    "Ines Duarte",
                    "ines.duarte@example.com",
                    118,
                    "acme/geo",
                ),
            ),
        ),
    ),
    sessions=(
        SessionsSpec(9200, -1438, 0, crashed=12, errored=190),
        SessionsSpec(9000, -2940, -1500, crashed=11, errored=40),
        SessionsSpec(70, -1400, 0, environment="staging"),
    ),
    transactions=(
        Transactions("GET /geo", 880, -1438, 0, 8200, 310, failed=180),
        Transactions("GET /geo", 900, -2940, -1500, 620, 300),
        Transactions("GET /addresses/{id}", 700, -1438, 0, 140, 45),
    ),
    alerts=(fired_alert("Upstream errors, 50 in an hour", -120, "GEO-42", above=50),),
    recovery=RecoverySpec(
        "The circuit breaker falls back to cached results; the upstream still fails, users do not notice.",
        fixed_at=20,
        release="geo@3.2.1",
        streams=(Stream(14, 5, 19.5, users=14),),
        releases=(
            ReleaseSpec(
                "geo@3.2.1",
                12,
                (DeploySpec(20, took=2.0),),
                (
                    CommitSpec(
                        "feat: serve cached geocodes while the breaker is open (#131)",
                        8,
                        "Ines Duarte",
                        "ines.duarte@example.com",
                        131,
                        "acme/geo",
                    ),
                ),
            ),
        ),
        sessions=(SessionsSpec(9200, 5, 1440, crashed=12, errored=30),),
        transactions=(
            Transactions("GET /geo", 900, 20, 1440, 640, 300),
            Transactions("GET /addresses/{id}", 700, 5, 1440, 140, 45),
        ),
    ),
)
