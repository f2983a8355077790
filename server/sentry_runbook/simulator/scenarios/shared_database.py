"""One cause in three projects: the database that two services share refuses connections, and the shop shows their 502s.

Three issues begin within 83 seconds. Two of them name the database; the third is in the traces of the first and meets
the same people. None meets more than a hundred people alone, together they do: P1, which no single issue shows. Within
the same minute the shop has a small new issue of its own, which has nothing to do with it, and an old one goes on as
every day. The deploys of the last hours are not the cause: what failed is none of theirs.
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
    RawEventSpec,
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

_ONSET = -12.0
_FIXED = 20.0
_REFUSED = (
    'connection to server at "pg-main.internal", port 5432 failed: Connection refused\n'
    "\tIs the server running on that host and accepting TCP/IP connections?"
)
_GOLDEN = 0x9E3779B97F4A7C15F39CC0605CEDC835
"""Multiples of it, modulo 2^128, are spread over all ids of traces."""


def _minutes(count: int, first: float) -> tuple[float, ...]:
    """Return when so many requests fail: evenly until now, and, after a look at the clock, until the fix."""
    now = tuple(first - first * place / count for place in range(count))
    later = tuple(5 + (_FIXED - 5.5) * place / (count // 2) for place in range(count // 2))
    return now + later


def _trace(number: int) -> str:
    return f"{(number + 1) * _GOLDEN % 2**128:032x}"


def _customer(number: int) -> str:
    return f"c{41_000 + number}"


def _of_payments() -> tuple[RawEventSpec, ...]:
    return tuple(
        RawEventSpec(
            at,
            _customer(place * 37 % 92),
            _trace(place),
            "payments@4.2.0",
            tags={"server_name": f"payments-{place % 2 + 1}", "dependency": "pg-main"},
        )
        for place, at in enumerate(_minutes(260, _ONSET))
    )


def _of_the_shop() -> tuple[RawEventSpec, ...]:
    """Nine of ten charges come from the shop, which sees each fail a moment later: same trace, same person."""
    return tuple(
        RawEventSpec(
            charge.at + 0.005,
            charge.user,
            charge.trace,
            "storefront@9.1.0",
            tags={"server_name": f"storefront-{place % 3 + 1}"},
        )
        for place, charge in enumerate(_of_payments())
        if place % 10
    )


def _of_orders() -> tuple[RawEventSpec, ...]:
    """Workers keep a pool: the first of them needs a new connection 83 seconds later."""
    return tuple(
        RawEventSpec(
            at,
            _customer(60 + place * 17 % 61),
            _trace(10_000 + place),
            "orders@2.9.1",
            tags={"server_name": f"orders-worker-{place % 2 + 1}", "dependency": "pg-main"},
        )
        for place, at in enumerate(_minutes(120, _ONSET + 83 / 60))
    )


_MAIN = IssueSpec(
    "PAYMENTS-4K",
    chain=(
        Raised(
            "OperationalError",
            _REFUSED,
            (
                FrameSpec("connect", "site-packages/psycopg/connection.py", 98, in_app=False),
                FrameSpec(
                    "open_ledger",
                    "payments/ledger/store.py",
                    44,
                    source="    with pool.connection(timeout=2) as connection:",
                    vars={"pool": "pg-main", "attempt": 3, "charge": "ch_{n}"},
                ),
            ),
            module="psycopg",
            mechanism="wsgi",
        ),
    ),
    raw=_of_payments(),
    handled=True,
    culprit="payments.ledger.store in open_ledger",
    transaction="POST /v2/charges",
    breadcrumbs=(
        Crumb("payments.ledger", "opening the ledger for ch_{n}", seconds_before=2.2),
        Crumb("psycopg.pool", "pg-main.internal:5432 refused the connection, retrying", level="warning"),
    ),
    request=RequestSpec("POST", "http://payments.internal/v2/charges", data={"order": "A-{n}", "amount": 4900}),
    assigned_to="team:payments",
    assigned_at=_ONSET + 4,
)

_PAYMENTS_QUIET = (
    IssueSpec(
        "PAYMENTS-3D",
        chain=(Raised("CardDeclined", "insufficient funds", (FrameSpec("charge", "payments/charge.py", 71),)),),
        streams=(Stream(340, -2880, -4, users=300, first_user=500),),
        level="warning",
        handled=True,
        transaction="POST /v2/charges",
    ),
    IssueSpec(
        "PAYMENTS-2F",
        chain=(Raised("KeyError", "'iban'", (FrameSpec("payout", "payments/payout.py", 18),)),),
        streams=(Stream(12, -20_000, -18_500, users=9, first_user=900),),
        transaction="payments.payout",
        history=(StateChange(-18_000, "resolved"),),
    ),
)

_ORDERS = IssueSpec(
    "ORDERS-7C",
    chain=(
        Raised("OperationalError", _REFUSED, module="psycopg"),
        Raised(
            "OperationalError",
            f"(psycopg.OperationalError) {_REFUSED}\n(Background on this error at: https://sqlalche.me/e/20/e3q8)",
            (
                FrameSpec("_wrap_pool_connect", "site-packages/sqlalchemy/engine/base.py", 3302, in_app=False),
                FrameSpec(
                    "mark_paid",
                    "orders/workers/settle.py",
                    63,
                    source="    with Session(engine) as session:",
                    vars={"order": "A-{n}", "queue": "settle"},
                ),
            ),
            module="sqlalchemy.exc",
            mechanism="celery",
        ),
    ),
    raw=_of_orders(),
    handled=True,
    culprit="orders.workers.settle in mark_paid",
    transaction="orders.workers.settle",
    breadcrumbs=(Crumb("celery", "settle received for A-{n}", seconds_before=1.4),),
)

_ORDERS_OLD = IssueSpec(
    "ORDERS-2M",
    chain=(
        Raised(
            "StockConflict",
            "the last piece was reserved twice",
            (FrameSpec("reserve", "orders/stock.py", 29, source="        raise StockConflict(sku)"),),
        ),
    ),
    # An old one that nobody minds: some five an hour, for two weeks, and no more today than yesterday.
    streams=(Stream(1_680, -20_160, -1, users=900, first_user=2_000),),
    level="warning",
    handled=True,
    transaction="POST /orders",
)

_SHOP_502 = IssueSpec(
    "STOREFRONT-5R",
    chain=(
        Raised(
            "UpstreamError",
            "POST http://payments.internal/v2/charges answered 502 Bad Gateway",
            (
                FrameSpec("send", "node_modules/undici/lib/api/api-request.js", 203, in_app=False),
                FrameSpec(
                    "pay",
                    "src/checkout/pay.ts",
                    51,
                    source="    throw new UpstreamError(method, url, response.status);",
                    vars={"orderId": "A-{n}"},
                ),
            ),
            mechanism="middleware",
        ),
    ),
    raw=_of_the_shop(),
    handled=True,
    culprit="pay(src/checkout/pay)",
    transaction="POST /checkout",
    breadcrumbs=(http_call("POST", "http://payments.internal/v2/charges", 502, reason="Bad Gateway"),),
    request=RequestSpec("POST", "https://shop.example.com/checkout", data={"orderId": "A-{n}"}),
)

_SHOP_COINCIDENCE = IssueSpec(
    "STOREFRONT-5S",
    chain=(
        Raised(
            "RangeError",
            "Invalid time value",
            (
                FrameSpec(
                    "formatDelivery",
                    "src/gifts/delivery.ts",
                    17,
                    source="  return new Date(chosen).toISOString();",
                    vars={"chosen": "31.02.2027"},
                ),
            ),
        ),
    ),
    raw=tuple(
        RawEventSpec(at, f"g{610 + place}", _trace(20_000 + place), "storefront@9.1.0", tags={"server_name": host})
        for place, (at, host) in enumerate(
            ((-11.7, "storefront-2"), (-9.1, "storefront-1"), (-6.4, "storefront-3"), (-2.2, "storefront-1"))
        )
    ),
    handled=False,
    culprit="formatDelivery(src/gifts/delivery)",
    transaction="GET /gifts/delivery",
)

_SHOP_OLD = IssueSpec(
    "STOREFRONT-4T",
    chain=(Raised("ImageError", "cannot decode webp", (FrameSpec("resize", "src/media/resize.ts", 40),)),),
    streams=(Stream(18, -30_000, -28_000, users=11, first_user=4_000),),
    transaction="GET /media/:id",
    history=(StateChange(-27_000, "resolved"),),
)


def _back_to_normal(count: int) -> tuple[SessionsSpec, ...]:
    return (SessionsSpec(count, 5, 1_440, errored=count // 200),)


_PAYMENTS_RELEASES = (
    ReleaseSpec("payments@4.1.3", -20_000, (DeploySpec(-19_900),)),
    ReleaseSpec(
        "payments@4.2.0",
        -345,
        (DeploySpec(-340, "staging"), DeploySpec(-330)),
        (CommitSpec("feat: receipts in Polish (#611)", -1_500, pull_request=611, repository="acme/payments"),),
    ),
)

_ORDERS_PROJECT = Scenario(
    name="shared-database-orders",
    project="orders",
    project_id="4508110000000910",
    platform="python",
    issues=(_ORDERS, _ORDERS_OLD),
    releases=(
        ReleaseSpec("orders@2.9.0", -16_000, (DeploySpec(-15_900),)),
        ReleaseSpec("orders@2.9.1", -3_000, (DeploySpec(-2_900),)),
    ),
    sessions=(SessionsSpec(5_200, -1_438, 0, crashed=6, errored=150), SessionsSpec(5_000, -2_940, -1_500, crashed=5)),
    transactions=(Transactions("orders.workers.settle", 700, -1_438, 0, 900, 300, failed=120),),
    recovery=RecoverySpec("The workers reconnect.", fixed_at=_FIXED, sessions=_back_to_normal(5_000)),
)

_STOREFRONT_PROJECT = Scenario(
    name="shared-database-storefront",
    project="storefront",
    project_id="4508110000000911",
    platform="node",
    issues=(_SHOP_502, _SHOP_COINCIDENCE, _SHOP_OLD),
    releases=(
        ReleaseSpec("storefront@9.0.4", -9_000, (DeploySpec(-8_900),)),
        ReleaseSpec(
            "storefront@9.1.0",
            -215,
            (DeploySpec(-210, "staging"), DeploySpec(-200)),
            (CommitSpec("style: rounder buttons (#1204)", -900, pull_request=1_204, repository="acme/storefront"),),
        ),
    ),
    sessions=(
        SessionsSpec(12_400, -1_438, 0, crashed=20, errored=300),
        SessionsSpec(12_000, -2_940, -1_500, crashed=20, errored=60),
    ),
    transactions=(
        Transactions("POST /checkout", 1_500, -1_438, _ONSET, 700, 240),
        Transactions("POST /checkout", 300, _ONSET, 0, 2_600, 900, failed=234),
    ),
    alerts=(AlertSpec("Checkout answers 5xx", _ONSET + 3),),
    recovery=RecoverySpec("Checkout pays again.", fixed_at=_FIXED, sessions=_back_to_normal(12_000)),
)

SCENARIO = Scenario(
    name="shared-database",
    title="A database shared by two services refuses connections",
    summary=(
        "payments and orders cannot reach pg-main, the shop shows the 502s of payments to the same people: three "
        "issues in three projects within 83 seconds. A fourth, in the same minute, is a coincidence."
    ),
    project="payments",
    project_id="4508110000000909",
    platform="python",
    issues=(_MAIN, *_PAYMENTS_QUIET),
    releases=_PAYMENTS_RELEASES,
    sessions=(
        SessionsSpec(9_300, -1_438, 0, crashed=12, errored=330),
        SessionsSpec(9_000, -2_940, -1_500, crashed=11, errored=40),
    ),
    transactions=(
        Transactions("POST /v2/charges", 1_600, -1_438, _ONSET, 380, 120),
        Transactions("POST /v2/charges", 300, _ONSET, 0, 2_200, 800, failed=260),
    ),
    alerts=(fired_alert("Payments: more than 10 errors a minute", _ONSET + 2, "PAYMENTS-4K", above=10, interval="1m"),),
    recovery=RecoverySpec(
        "pg-main is started again on its standby; both services reconnect by themselves.",
        fixed_at=_FIXED,
        sessions=_back_to_normal(9_000),
        transactions=(Transactions("POST /v2/charges", 1_600, _FIXED, 1_440, 380, 120),),
    ),
    beside=(_ORDERS_PROJECT, _STOREFRONT_PROJECT),
)
