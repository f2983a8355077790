"""A supplier changed the format of its price feed: every import of it fails to parse, the application did not change.

No release is near the onset, the calls to the supplier answer 200, and each event carries the malformed row. 22 people
watch their imports fail: P2, and worth stating a risk of data loss where it is one.
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
    Scenario,
    SessionsSpec,
    StateChange,
    Stream,
    Transactions,
    fired_alert,
    http_call,
)

_MAIN = IssueSpec(
    "IMPORT-2D",
    chain=(
        Raised(
            "InvalidOperation",
            "[<class 'decimal.ConversionSyntax'>]",
            (
                FrameSpec(
                    "parse_price", "importer/rows.py", 31, source="    return Decimal(text)", vars={"text": "12,90 €"}
                ),
            ),
            module="decimal",
        ),
        Raised(
            "RowValidationError",
            "Malformed row in supplier feed: price: expected a decimal, got '12,90 €'",
            (
                FrameSpec("execute", "site-packages/celery/app/trace.py", 453, in_app=False),
                FrameSpec("import_feed", "importer/tasks.py", 88, source="        rows.append(parse_row(line))"),
                FrameSpec(
                    "parse_row",
                    "importer/rows.py",
                    52,
                    source="        raise RowValidationError(field, text) from exc",
                    vars={"line_number": "{n}", "line": "SKU-{n};Lamp;12,90 €;;\ufffd", "schema": "supplier-v3"},
                ),
            ),
            module="importer.rows",
            mechanism="celery",
        ),
    ),
    streams=(Stream(264, -300, -2, users=22),),
    culprit="importer.tasks.import_feed",
    transaction="importer.tasks.import_feed",
    breadcrumbs=(
        http_call("GET", "https://feeds.supplier.example.net/prices.csv", 200, seconds_before=4.0),
        Crumb("importer", "feed decoded as utf-8 with 3 replacement characters", level="warning", seconds_before=1.1),
        Crumb("importer", "schema supplier-v3: 5 columns expected, 6 found", level="error", seconds_before=0.3),
    ),
    contexts={"row": {"number": "{n}", "raw": "SKU-{n};Lamp;12,90 €;;\ufffd", "error": "malformed price"}},
    extra={"feed": "prices.csv", "bytes": 48_213, "rejected_rows": 264},
    tags={"supplier": {"lumen-gmbh": 1}},
)

SCENARIO = Scenario(
    name="data-corruption",
    title="A supplier's feed is malformed",
    summary="RowValidationError on every import since a supplier changed the format of its price feed.",
    project="import",
    project_id="4508110000000404",
    platform="python",
    issues=(
        _MAIN,
        IssueSpec(
            "IMPORT-1Q",
            chain=(Raised("LockTimeout", "feed lock is held", (FrameSpec("lock", "importer/locks.py", 17),)),),
            streams=(Stream(40, -2800, -30, users=9),),
            level="warning",
            handled=True,
            transaction="importer.tasks.import_feed",
        ),
        IssueSpec(
            "IMPORT-1B",
            chain=(Raised("FileNotFoundError", "prices.csv", (FrameSpec("fetch", "importer/fetch.py", 24),)),),
            streams=(Stream(11, -20_000, -18_000, users=4),),
            transaction="importer.tasks.fetch",
            history=(StateChange(-17_900, "resolved"),),
        ),
        IssueSpec(
            "IMPORT-2A",
            chain=(Raised("KeyError", "'sku'", (FrameSpec("seed", "importer/dev.py", 9),)),),
            streams=(Stream(5, -700, -100, users=1, environment="staging"),),
        ),
    ),
    releases=(
        ReleaseSpec("import@1.8.0", -30_000, (DeploySpec(-29_980),)),
        ReleaseSpec(
            "import@1.9.0",
            -13_000,
            (DeploySpec(-13_100, "staging"), DeploySpec(-12_960)),
            (
                CommitSpec(
                    "feat: import in batches (#77)",
                    -13_400,
                    "Ines Duarte",
                    "ines.duarte@example.com",
                    77,
                    "acme/import",
                ),
            ),
        ),
    ),
    sessions=(
        SessionsSpec(3100, -1438, 0, crashed=24, errored=240),
        SessionsSpec(3000, -2940, -1500, crashed=6, errored=20),
    ),
    transactions=(
        Transactions("importer.tasks.import_feed", 620, -1438, 0, 2100, 900, failed=264),
        Transactions("importer.tasks.import_feed", 600, -2940, -1500, 2050, 880),
    ),
    alerts=(fired_alert("Import failures, 20 in an hour", -270, "IMPORT-2D", above=20),),
    recovery=RecoverySpec(
        "The supplier's feed is paused and its rows go to quarantine; imports of the others go on.",
        fixed_at=20,
        streams=(Stream(14, 5, 19.5, users=12),),
        sessions=(SessionsSpec(3100, 5, 1440, crashed=6, errored=20),),
        transactions=(Transactions("importer.tasks.import_feed", 600, 20, 1440, 2050, 880),),
    ),
)
