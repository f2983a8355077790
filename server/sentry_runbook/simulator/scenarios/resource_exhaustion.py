"""Two flash sales multiply the traffic, and each time the database pool runs dry: errors follow the requests.

No release and no outside call is involved. 180 people meet the errors in the worse of the two hours: P1; most
sessions still end well.
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
)

_WAVES = ((-300.0, -240.0, 140, 110), (-55.0, -3.0, 260, 180))
"""Begin, end, errors and people of the two sales."""

_SALE = (2, 4, 6, 6, 5, 4, 3, 2)
"""How the load of a sale rises and falls; the errors follow it."""

_DAY = (*(6, 5, 4, 4, 4, 5), *(7, 9, 10, 11, 12, 12), *(12, 12, 11, 11, 10, 10), *(9, 9, 8, 8, 7, 7))
"""The usual load of each hour, the last one ending at the start."""

_MAIN = IssueSpec(
    "API-9M",
    chain=(
        Raised(
            "TimeoutError",
            "QueuePool limit of size 20 overflow 10 reached, connection timed out, timeout 30.00",
            (
                FrameSpec("_do_get", "site-packages/sqlalchemy/pool/impl.py", 165, in_app=False),
                FrameSpec(
                    "load_cart",
                    "api/carts/store.py",
                    39,
                    source="    with engine.connect() as connection:",
                    vars={"pool_size": 20, "checked_out": 30, "waiting": 412},
                ),
            ),
            module="sqlalchemy.exc",
            mechanism="wsgi",
        ),
    ),
    streams=tuple(Stream(errors, begin, end, people, rates=_SALE) for begin, end, errors, people in _WAVES),
    culprit="api.carts.store in load_cart",
    transaction="GET /carts/{id}",
    breadcrumbs=(
        Crumb("query", "SELECT * FROM carts WHERE id = %s", seconds_before=30.4),
        Crumb("sqlalchemy.pool", "pool exhausted, waiting for a connection", level="warning", seconds_before=30.1),
    ),
    request=RequestSpec("GET", "https://api.example.com/carts/{n}"),
    contexts={"host": {"memory_used_pct": 96, "connections_open": 30, "connections_max": 30}},
)

SCENARIO = Scenario(
    name="resource-exhaustion",
    title="The database pool runs dry under traffic",
    summary="Connection pool time-outs that rise and fall with two waves of traffic; nothing was deployed.",
    project="api",
    project_id="4508110000000505",
    platform="python",
    issues=(
        _MAIN,
        IssueSpec(
            "API-8C",
            chain=(Raised("NotFound", "cart does not exist", (FrameSpec("get_cart", "api/carts/views.py", 22),)),),
            streams=(Stream(150, -2800, -6, users=120),),
            level="warning",
            handled=True,
            transaction="GET /carts/{id}",
        ),
        IssueSpec(
            "API-7T",
            chain=(
                Raised("ProgrammingError", 'column "vat" does not exist', (FrameSpec("total", "api/totals.py", 61),)),
            ),
            streams=(Stream(30, -16_000, -15_200, users=25),),
            transaction="GET /carts/{id}/total",
            history=(StateChange(-15_100, "resolved", {"inRelease": "api@5.0.0"}),),
        ),
        IssueSpec(
            "API-8Y",
            chain=(Raised("ConnectionRefusedError", "redis-staging:6379", (FrameSpec("ping", "api/health.py", 14),)),),
            streams=(Stream(7, -800, -90, users=0, environment="staging"),),
        ),
    ),
    releases=(
        ReleaseSpec("api@4.9.3", -40_000, (DeploySpec(-39_990),)),
        ReleaseSpec(
            "api@5.0.0",
            -15_160,
            (DeploySpec(-15_300, "staging"), DeploySpec(-15_120)),
            (
                CommitSpec(
                    "feat: totals with VAT (#301)", -15_500, "Jonas Weber", "jonas.weber@example.com", 301, "acme/api"
                ),
            ),
        ),
    ),
    sessions=(
        SessionsSpec(26_000, -1438, 0, crashed=60, errored=300, rates=_DAY),
        *(
            SessionsSpec(21_000, begin, end, crashed=errors, errored=100, rates=_SALE)
            for begin, end, errors, _ in _WAVES
        ),
        SessionsSpec(26_000, -2940, -1500, crashed=40, errored=260, rates=_DAY),
    ),
    transactions=(
        Transactions("GET /carts/{id}", 720, -1438, 0, 240, 80, rates=_DAY),
        *(
            Transactions("GET /carts/{id}", 5 * errors, begin, end, 30_000, 900, errors, rates=_SALE)
            for begin, end, errors, _ in _WAVES
        ),
        Transactions("GET /carts/{id}", 720, -2940, -1500, 240, 80, rates=_DAY),
    ),
    alerts=(AlertSpec("Database pool exhausted", -50),),
    recovery=RecoverySpec(
        "Two more instances and a pooler in front of the database; the next wave finds connections.",
        fixed_at=20,
        streams=(Stream(60, 5, 19.5, users=50),),
        sessions=(SessionsSpec(26_000, 5, 1440, crashed=50, errored=260),),
        transactions=(Transactions("GET /carts/{id}", 720, 20, 1440, 240, 80),),
    ),
)
