"""The runbook's first example, P0: payments fail after an update of the payment client.

200 events within five minutes; 40 a minute do not make it critical, the crash-free sessions do: 198 of the 2,200
sessions of the last 24 hours crashed, 91 %, and in the last full hour it was worse at whatever minute one looks
(sessions count when they start, and shoppers had started up to 80 minutes before the payment that crashed them).
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
    fired_alert,
    http_call,
)

_ONSET = -9.0

_UPDATE = CommitSpec(
    "build(deps): bump stripe from 17.7.0 to 19.1.0 (#482)\n\nThe new major pins API version 2026-10-29.",
    at=_ONSET - 20,
    author="Renovate Acme",
    email="renovate@example.com",
    pull_request=482,
)

_HANDLER = FrameSpec(
    "handleStripeWebhook",
    "src/webhooks/stripe.ts",
    88,
    source=(
        "  const intent = event.data.object as PaymentIntent;\n"
        "  // The receipt needs the charge that settled the intent.\n"
        "  const charge = intent.charges.data[0];\n"
        "  await orders.markPaid(intent.metadata.orderId, charge.id);"
    ),
    vars={"eventType": "payment_intent.succeeded", "apiVersion": "2026-10-29", "orderId": "A-{n}"},
)

_MAIN = IssueSpec(
    "SHOP-1Z",
    chain=(
        Raised(
            "TypeError",
            "Cannot read properties of undefined (reading 'data')",
            (FrameSpec("process", "node_modules/express/lib/router/layer.js", 95, in_app=False), _HANDLER),
        ),
        Raised(
            "PaymentProcessingError",
            "Malformed Stripe webhook payload: 'charges' missing in payment_intent.succeeded",
            (
                FrameSpec("process", "node_modules/express/lib/router/layer.js", 95, in_app=False),
                FrameSpec("dispatch", "src/webhooks/router.ts", 41, source="  await handler(req, event);"),
                FrameSpec(
                    "settlePayment",
                    "src/payments/settle.ts",
                    57,
                    source="    throw new PaymentProcessingError(reason, { cause });",
                    vars={"orderId": "A-{n}", "amount": 4900, "currency": "eur"},
                ),
            ),
            mechanism="onunhandledrejection",
        ),
    ),
    streams=(Stream(200, _ONSET, _ONSET + 5, users=187),),
    culprit="settlePayment(src/payments/settle)",
    transaction="POST /webhooks/stripe",
    breadcrumbs=(
        Crumb("console", "webhook received: payment_intent.succeeded", seconds_before=2.4),
        http_call("GET", "https://api.stripe.com/v1/payment_intents/pi_{n}", 200, seconds_before=1.9),
        Crumb(
            "console",
            "stripe payload validation failed: charges: expected object, received undefined (API version 2026-10-29)",
            level="error",
            seconds_before=0.6,
        ),
    ),
    request=RequestSpec(
        "POST",
        "https://shop.example.com/webhooks/stripe",
        data={
            "id": "evt_{n}",
            "type": "payment_intent.succeeded",
            "api_version": "2026-10-29",
            "data": {"object": {"id": "pi_{n}", "amount": 4900, "currency": "eur", "latest_charge": "ch_{n}"}},
        },
        headers={"Content-Type": "application/json", "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)"},
    ),
    contexts={"payment": {"provider": "stripe", "api_version": "2026-10-29", "order": "A-{n}"}},
    tags={"payment.provider": {"stripe": 1}},
    suspects=(_UPDATE,),
    assigned_to="team:payments",
    assigned_at=_ONSET + 1,
)

_QUIET = (
    IssueSpec(
        "SHOP-1R",
        chain=(
            Raised(
                "CouponExpiredError",
                "Coupon is no longer valid",
                (FrameSpec("applyCoupon", "src/cart/coupon.ts", 33, source="    throw new CouponExpiredError(code);"),),
            ),
        ),
        streams=(Stream(96, -2900, -3, users=71),),
        level="warning",
        handled=True,
        transaction="POST /cart/coupon",
        breadcrumbs=(Crumb("console", "coupon check"),),
    ),
    IssueSpec(
        "SHOP-1H",
        "Error: connect ETIMEDOUT search-1:9200",
        chain=(Raised("Error", "connect ETIMEDOUT search-1:9200", (FrameSpec("query", "src/search/client.ts", 19),)),),
        streams=(Stream(14, -9000, -7300, users=12),),
        handled=True,
        transaction="GET /search",
        history=(StateChange(-7200, "resolved", {"inRelease": "shop@7.11.0"}),),
    ),
    IssueSpec(
        "SHOP-1V",
        chain=(Raised("AssertionError", "fixture order has no lines", (FrameSpec("seed", "src/dev/seed.ts", 12),)),),
        streams=(Stream(9, -1200, -200, users=2, environment="staging"),),
        transaction="POST /dev/seed",
    ),
)

SCENARIO = Scenario(
    name="payment-spike",
    title="Payment failure spike after a dependency update",
    summary=(
        "PaymentProcessingError: 200 events in 5 minutes and crash-free sessions at 91 %, minutes after the release "
        "that carries a new major version of the Stripe client."
    ),
    project="shop",
    project_id="4508110000000101",
    platform="node",
    issues=(_MAIN, *_QUIET),
    releases=(
        ReleaseSpec("shop@7.10.2", -20_000, (DeploySpec(-19_980),)),
        ReleaseSpec(
            "shop@7.11.0",
            -7300,
            (DeploySpec(-7330, "staging"), DeploySpec(-7280)),
            (CommitSpec("fix(search): retry against the second node (#466)", -7400, pull_request=466),),
        ),
        ReleaseSpec(
            "shop@7.12.0",
            _ONSET - 12,
            (DeploySpec(_ONSET - 8, "staging"), DeploySpec(_ONSET - 2)),
            (
                _UPDATE,
                CommitSpec(
                    "docs: describe the refund flow (#479)", _ONSET - 300, "Mina Park", "mina.park@example.com", 479
                ),
            ),
        ),
    ),
    sessions=(
        # Counted to the release that crashed them, though most had begun before it was live.
        SessionsSpec(198, -80, -4, crashed=198, release="shop@7.12.0"),
        SessionsSpec(1400, -150, 0, errored=30),
        SessionsSpec(602, -1438, -150, errored=9),
        SessionsSpec(800, -2940, -1500, errored=10),
        SessionsSpec(60, -1400, 0, environment="staging"),
    ),
    transactions=(
        Transactions("POST /webhooks/stripe", 420, -1438, _ONSET, 310, 90),
        Transactions("POST /webhooks/stripe", 210, _ONSET, _ONSET + 5, 460, 120, failed=200),
        Transactions("POST /checkout", 380, -1438, 0, 640, 210),
        Transactions("GET /products/:id", 900, -1438, 0, 180, 60),
    ),
    alerts=(
        fired_alert("Payment errors above 20 a minute", _ONSET + 2, "SHOP-1Z", above=20, interval="1m"),
        AlertSpec("Crash-free sessions below 95 %", _ONSET + 4),
    ),
    recovery=RecoverySpec(
        "shop@7.11.0 is rolled back into production; webhooks parse again.",
        fixed_at=20,
        streams=(Stream(36, 5, 19.5, users=33, first_user=170),),
        deploys=(("shop@7.11.0", DeploySpec(20, took=2.0)),),
        sessions=(
            SessionsSpec(30, 5, 19, crashed=30),
            SessionsSpec(5600, 5, 1440, errored=60),
        ),
        transactions=(
            Transactions("POST /webhooks/stripe", 420, 20, 1440, 310, 90),
            Transactions("POST /checkout", 380, 5, 1440, 640, 210),
        ),
    ),
)
