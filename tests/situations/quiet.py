"""Random windows in which nothing is wrong: usual errors by the clock, bursts of chance, deploys without effect, bots.

Every issue is made by one process that did the same for nine days. What stands out in such a window stands out by
chance.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from tests.situations.raw import PERIOD, Situation
from tests.situations.service import DAY, Service
from tests.situations.story import Story
from tests.situations.traffic import Rhythm, flat, office, steep, weekdays

WINDOWS = 200
FIRST = datetime.fromisoformat("2026-11-09T00:00:00+00:00")
"""A Monday; the windows end within two weeks of it."""
RHYTHMS: tuple[Rhythm, ...] = (flat, office, steep, weekdays)
SLUGS = ("shop", "orders", "ledger", "search", "mail", "media", "web")
PLATFORMS = {"shop": "node", "search": "node", "web": "javascript"}


def quiet_world(seed: int) -> Situation:
    """A company in a random hour of a random day, and nothing is wrong."""
    name = f"quiet window {seed}"
    story = Story(name, "quiet window")
    rng = story.rng
    story.now = FIRST + timedelta(minutes=rng.randrange(14 * 1_440))
    for slug in rng.sample(SLUGS, rng.randrange(1, 5)):
        service = story.service(
            slug, background=False, platform=PLATFORMS.get(slug, "python"), rhythm=rng.choice(RHYTHMS)
        )
        _errors(story, service)
        if rng.random() < 0.4:
            service.deploy(f"{slug}@6.0.0", -rng.uniform(1, 90))
        if service.platform == "javascript":
            service.sessions(rng.uniform(200, 3_000), crash_pct=rng.uniform(0.1, 1.5))
    return story.told()


def _errors(story: Story, service: Service) -> None:
    rng = story.rng
    for _ in range(rng.randrange(1, 3)):
        service.usual(rng.uniform(1, 6), bursty=rng.random() < 0.4)
    service.usual(rng.uniform(0.2, 1))
    for _ in range(rng.randrange(3)):
        rare = service.usual(rng.uniform(0.01, 0.15))
        service.event(rare, -rng.uniform(7, 9) * DAY)
    if rng.random() < 0.5:
        scanner = service.issue("NotFound: /phpmyadmin/", function="resolve")
        service.event(scanner, -8 * DAY, user="scanner")
        service.steady(scanner, rng.uniform(0.1, 1.5), rhythm=flat, people=("scanner",))
    for _ in range(rng.randrange(4)):
        ago = rng.uniform(1, 900)
        # Whether an issue that appeared just before the window is news is no question of these windows.
        ago += 2 * PERIOD if PERIOD <= ago < 3 * PERIOD else 0
        new = service.once(f"NotFound: /{rng.choice('abcdef')}{len(service.drafts)}.php", -ago)
        if new.events[0].at > -PERIOD:
            story.incident("one event of a bot", new, either=True)


def quiet_worlds(count: int = WINDOWS) -> list[Situation]:
    """So many of them, always the same."""
    return [quiet_world(seed) for seed in range(count)]
