"""Three projects of which two fail for one reason, with what a triage finds beside an issue."""

from __future__ import annotations

from dataclasses import replace

from sentry_runbook.simulator.scenario import DeploySpec, IssueSpec, Raised, RawEventSpec, ReleaseSpec, Scenario, Stream

DAY = 24 * 60.0


def trace(number: int) -> str:
    """The trace of one request, in each of the projects that it went through."""
    return f"{number:032x}"


def _events(count: int, first: float, release: str, tenant: str) -> tuple[RawEventSpec, ...]:
    return tuple(
        RawEventSpec(
            at=first + number / 6, user=f"u{number}", trace=trace(number), release=release, tags={"tenant": tenant}
        )
        for number in range(count)
    )


def _issue(short_id: str, error: str, raw: tuple[RawEventSpec, ...]) -> IssueSpec:
    return IssueSpec(short_id, chain=(Raised(error, "of these tests"),), raw=raw)


_PAYMENTS = Scenario(
    name="payments",
    project="payments",
    issues=(
        IssueSpec("PAYMENTS-1", chain=(Raised("MemoryError", "none left"),), raw=_events(60, -30, "pay@2", "acme")),
    ),
    releases=(ReleaseSpec("pay@1", -9 * DAY), ReleaseSpec("pay@2", -40, (DeploySpec(-31),))),
)
_SEARCH = Scenario(
    name="search",
    project="search",
    issues=(IssueSpec("SEARCH-1", "steady", streams=(Stream(200, -9 * DAY, -1, users=20),)),),
)
BESIDE = Scenario(
    name="orders",
    project="orders",
    issues=(
        _issue("ORDERS-1", "KeyError", _events(60, -29, "orders@5", "acme")),
        _issue("ORDERS-2", "ValueError", _events(30, -28, "orders@5", "other")),
    ),
    releases=(ReleaseSpec("orders@4", -9 * DAY), ReleaseSpec("orders@5", -40, (DeploySpec(-30),))),
    beside=(_PAYMENTS, _SEARCH),
)
"""``ORDERS-1`` began a minute after ``PAYMENTS-1`` and shares its requests and its one tenant."""
_USUAL = tuple(RawEventSpec(at=-3 * DAY + hour * 60) for hour in range(71))
RISING = replace(BESIDE, issues=(_issue("ORDERS-1", "KeyError", _USUAL + _events(60, -29, "orders@5", "acme")),))
"""The same with an issue that is three days old: ``PAYMENTS-1`` finds it by the trace, and its hour alone is known."""
