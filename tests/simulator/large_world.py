"""An organization as large as real ones: many projects with steady issues that follow the day, and nothing wrong."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from math import cos, tau
from random import Random

from sentry_runbook.simulator.scenario import (
    DeploySpec,
    IssueSpec,
    Raised,
    Rates,
    ReleaseSpec,
    Scenario,
    SessionsSpec,
    Stream,
)

DAY = 1_440
NIGHT = 0.3
"""The quietest hour, as a share of the busiest."""
_ERRORS = ("TypeError", "KeyError", "TimeoutError", "ValidationError", "ConnectionResetError", "LookupError")
_LETTERS = "ABCDEFGHJKMNPQRSTVWXYZ"


def day(peak_hour: float) -> Rates:
    """Return the rates of a day's 24 hours, busiest at one of them."""
    middle, swing = (1 + NIGHT) / 2, (1 - NIGHT) / 2
    return tuple(middle + swing * cos(tau * (hour - peak_hour) / 24) for hour in range(24))


def large_world(projects: int = 200, issues: int = 2_000, seed: int = 1, *, days: int = 7) -> Scenario:
    """Return one project with all others beside it.

    Args:
        projects: how many.
        issues: how many in all of them together; each project has one at least, and some have many.
        seed: of everything that is drawn: how many events an issue has, how many people meet it, its hosts.
        days: for how long the issues have been there; each day is like the others.
    """
    rng = Random(seed)  # noqa: S311 # noise, not secrets
    sizes = _sizes(rng, projects, issues)
    first, *others = [_project(rng, number, size, days) for number, size in enumerate(sizes)]
    return Scenario(
        name="large",
        project=first.project,
        issues=first.issues,
        releases=first.releases,
        sessions=first.sessions,
        beside=tuple(others),
    )


def _sizes(rng: Random, projects: int, issues: int) -> list[int]:
    """Return how many issues each project has: a few have most, as in real organizations."""
    if issues < projects:
        msg = f"{projects} projects need an issue each, not {issues} in all"
        raise ValueError(msg)
    sizes = [1] * projects
    weights = [1 / rank**0.5 for rank in range(1, projects + 1)]
    for place in rng.choices(range(projects), weights, k=issues - projects):
        sizes[place] += 1
    return sizes


def _project(rng: Random, number: int, size: int, days: int) -> Scenario:
    slug = f"service-{number:03}"
    peak = rng.uniform(9, 17)
    sessions = rng.randrange(200, 3_000)
    return Scenario(
        name=slug,
        project=slug,
        platform=rng.choice(("python", "node", "javascript")),
        issues=tuple(_issue(rng, short_id, peak, days) for short_id in _short_ids(f"S{number:03}", size)),
        releases=(
            ReleaseSpec(f"{slug}@1.0.0", -DAY * 60, (DeploySpec(-DAY * 60),)),
            ReleaseSpec(f"{slug}@1.1.0", -DAY * 3, (DeploySpec(-DAY * 3),)),
        ),
        sessions=tuple(
            SessionsSpec(sessions, -DAY * back, -DAY * (back - 1), crashed=sessions // 200, rates=day(peak))
            for back in range(2, 0, -1)
        ),
    )


def _short_ids(prefix: str, size: int) -> Iterator[str]:
    numbers = count(1)
    for _ in range(size):
        number = next(numbers)
        yield f"{prefix}-{number // len(_LETTERS) or ''}{_LETTERS[number % len(_LETTERS)]}"


def _issue(rng: Random, short_id: str, peak: float, days: int) -> IssueSpec:
    # From one event a day to some hundred in all: few issues have most of the events.
    a_day = max(1, round(120 / rng.randrange(1, 30)))
    users = max(1, a_day // rng.randrange(1, 4))
    handled = rng.random() < 0.4
    first_user = rng.randrange(1, 20_000)
    error = rng.choice(_ERRORS)
    return IssueSpec(
        short_id,
        chain=(Raised(error, f"{short_id.lower()} failed"),),
        handled=handled,
        transaction=f"GET /{short_id.lower()}",
        streams=tuple(
            Stream(a_day, -DAY * back, -DAY * (back - 1), users=users, first_user=first_user, rates=day(peak))
            for back in range(days, 0, -1)
        ),
    )
