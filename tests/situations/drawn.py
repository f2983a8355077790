"""Situations drawn by a seed: services, mechanisms, onsets and sizes that nobody chose, with labels from the making.

Those written by hand ask one question each; these ask many at once. The first hundred are for development. The second
hundred is held out: nothing is fitted to it. When one of its situations is told wrongly, write a situation of that kind
by hand and mend that.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import pairwise

from tests.situations.raw import NOBODY, PERIOD, TOGETHER, Call, Situation, Suspect
from tests.situations.service import Draft, Service
from tests.situations.story import NOW, Story
from tests.situations.ties import Ties, is_connected
from tests.situations.truth import Counted
from tests.situations.usual import is_background_usual
from tests.situations.words import DEPENDENCIES, FAULTS, SLUGS, TENANTS, VERBS

DEVELOPMENT, HELD_OUT = range(100), range(100, 200)


@dataclass
class Drawn:
    """A story that is being drawn, and what of it is taken already."""

    story: Story
    taken: set[str] = field(default_factory=set)

    def services(self, most: int) -> list[Service]:
        """So many services, at most, that no other incident hits; at least one is made when all are taken."""
        free = [service for service in self.story.services if service.slug not in self.taken]
        chosen = self.story.rng.sample(free, min(most, len(free)))
        self.taken |= {service.slug for service in chosen}
        return chosen

    def issue(self, service: Service, title: str = "", calls: Sequence[Call] = ()) -> Draft:
        """A new issue with a title of its own."""
        rng = self.story.rng
        verb = rng.choice(VERBS)
        number = len(service.drafts)
        title = title or f"{rng.choice(FAULTS[service.platform])} ({verb} {rng.randrange(100, 999)})"
        return service.issue(
            title,
            function=f"{verb}_{number}",
            transaction=f"{rng.choice(('GET', 'POST'))} /{service.slug}/{verb}-{number}",
            handled=rng.random() < 0.3,
            calls=calls,
        )

    def requests(self) -> int:
        """How many requests fail: mostly some dozens, at times hundreds."""
        return round(min(25 * self.story.rng.paretovariate(1.4), 320))

    def lag(self) -> float:
        """Minutes after the first issue at which a further one begins."""
        return self.story.rng.uniform(0.05, 0.9 * TOGETHER)


def single(drawn: Drawn, at: float, until: float) -> None:
    """One new issue."""
    (service,) = drawn.services(1)
    issue = drawn.issue(service)
    drawn.story.fault(issue, at=at, until=until, requests=drawn.requests())
    drawn.story.incident("a single issue", issue)


def outage(drawn: Drawn, at: float, until: float) -> None:
    """One new issue that nobody handles, more than 500 times in one clock minute."""
    (service,) = drawn.services(1)
    issue = drawn.issue(service)
    issue.shown = replace(issue.shown, handled=False)
    crowd = drawn.story.crowd(drawn.story.rng.randrange(30, 300))
    drawn.story.fault(issue, at=at, until=until, requests=drawn.requests(), people=crowd)
    minute = float(math.ceil(at) + 1)
    requests = drawn.story.rng.randrange(505, 640)
    drawn.story.fault(issue, at=minute, until=minute + 0.99, requests=requests, people=crowd)
    drawn.story.incident("an outage", issue)


def risen(drawn: Drawn, at: float, until: float) -> None:
    """One old issue that comes far more often than usual."""
    (service,) = drawn.services(1)
    usual = drawn.story.rng.uniform(0.5, 5)
    issue = service.steady(drawn.issue(service), usual)
    requests = round(usual * (until - at) / 60 * drawn.story.rng.uniform(15, 30)) + 30
    drawn.story.fault(issue, at=at, until=until, requests=requests)
    drawn.story.incident("an old issue rises", issue)


def cascade(drawn: Drawn, at: float, until: float) -> None:
    """A service and those that call it."""
    rng = drawn.story.rng
    services = drawn.services(rng.randrange(2, 6))
    path = [drawn.issue(services[0])]
    for callee, service in pairwise(services):
        way = path[-1].shown.transaction.partition(" ")[2]
        url = f"http://{callee.slug}.internal{way}"
        title = f"{rng.choice(('HttpError', 'UpstreamError', 'BadGateway'))}: 502 from {url}"
        path.append(drawn.issue(service, title, [Call("POST", url, 502)]))
    drawn.story.fault(
        *path,
        at=at,
        until=until,
        requests=drawn.requests(),
        reach=rng.uniform(0.6, 1),
        traced=rng.choice((1.0, 1.0, rng.uniform(0.4, 1))),
        people=rng.choice((None, None, (None,))),
    )
    first = Suspect("dependency", services[0].slug)
    drawn.story.incident("a cascade", *path, suspects=[NOBODY, first])


def dependency(drawn: Drawn, at: float, until: float) -> None:
    """Services whose common dependency fails, each in its own requests."""
    rng = drawn.story.rng
    name, texts = rng.choice(list(DEPENDENCIES.items()))
    issues = []
    for place, service in enumerate(drawn.services(rng.randrange(2, 5))):
        issue = drawn.issue(service, rng.choice(texts).format(name))
        begin = at + (drawn.lag() if place else 0)
        drawn.story.fault(issue, at=begin, until=until, requests=drawn.requests())
        issues.append(issue)
    drawn.story.incident("a shared dependency", *issues, suspects=[Suspect("dependency", name)])


def release(drawn: Drawn, at: float, until: float) -> None:
    """A bad release, of one service or of two at once."""
    rng = drawn.story.rng
    version = f"2026.11.19-b{rng.randrange(100, 999)}"
    issues = []
    for service in drawn.services(rng.choice((1, 1, 2))):
        service.deploy(version, at - rng.uniform(0.1, 1), marked=rng.random() < 0.8)
        issues += [drawn.issue(service) for _ in range(rng.randrange(2, 6))]
    for place, issue in enumerate(issues):
        begin = at + (drawn.lag() if place else 0)
        drawn.story.fault(issue, at=begin, until=until, requests=drawn.requests())
    drawn.story.incident("a bad release", *issues, suspects=[Suspect("release", version)])


def flag(drawn: Drawn, at: float, until: float) -> None:
    """A flag is switched on for a part of the requests."""
    rng = drawn.story.rng
    name = f"{rng.choice(VERBS)}-v{rng.randrange(2, 9)}"
    issues = []
    for place, service in enumerate(drawn.services(rng.randrange(1, 4))):
        service.switch(name, at - rng.uniform(0.1, 1), 0.0, logged=not place)
        issues += [drawn.issue(service) for _ in range(rng.randrange(1, 3))]
    for place, issue in enumerate(issues):
        begin = at + (drawn.lag() if place else 0)
        drawn.story.fault(issue, at=begin, until=until, requests=drawn.requests(), flags={name: True})
    drawn.story.incident("a flag", *issues, suspects=[Suspect("flag", name)])


def tenant(drawn: Drawn, at: float, until: float) -> None:
    """All goes wrong for one tenant."""
    rng = drawn.story.rng
    who = rng.choice(TENANTS)
    issues = [drawn.issue(service) for service in drawn.services(rng.randrange(2, 4))]
    for place, issue in enumerate(issues):
        begin = at + (drawn.lag() if place else 0)
        drawn.story.fault(issue, at=begin, until=until, requests=drawn.requests(), tenant=who)
    drawn.story.incident("one tenant", *issues)


def host(drawn: Drawn, at: float, until: float) -> None:
    """A node is broken for all that runs on it."""
    rng = drawn.story.rng
    node = f"node-{rng.randrange(1, 6)}"
    services = drawn.services(rng.randrange(2, 4))
    for service in services:
        service.hosts = [f"node-{number}" for number in range(1, 6)]
        service.usual(2)
    issues = [drawn.issue(service) for service in services]
    for place, issue in enumerate(issues):
        begin = at + (drawn.lag() if place else 0)
        drawn.story.fault(issue, at=begin, until=until, requests=drawn.requests(), host=node)
    drawn.story.incident("one node", *issues, suspects=[NOBODY, Suspect("dependency", node)])


Mechanism = Callable[[Drawn, float, float], None]
MECHANISMS: tuple[Mechanism, ...] = (
    single,
    outage,
    risen,
    cascade,
    cascade,
    dependency,
    dependency,
    release,
    flag,
    tenant,
    host,
)


def _tell(name: str, salt: int) -> Situation:
    """Draw a situation: one incident, at times two or three, some of them in the same minute."""
    story = Story(name, "", salt=salt)
    rng = story.rng
    story.now = NOW + timedelta(minutes=rng.randrange(7 * 1_440))
    first, *others = rng.choices(MECHANISMS, k=rng.choice((1, 1, 1, 2, 2, 3)))
    story.kind = f"drawn {first.__name__}"
    if tenant in (first, *others):
        story.tenants = TENANTS
    version = "2026.11.14-b55" if rng.random() < 0.25 else None
    one_host = rng.random() < 0.25
    flags = {"new-header": 1.0, "dark-mode": 0.5} if rng.random() < 0.25 else {}
    for slug in rng.sample(SLUGS, 4 + 3 * len(others)):
        platform = rng.choice(("python", "python", "node"))
        hosts = ("vm-1",) if one_host else (f"{slug}-1", f"{slug}-2")
        story.service(slug, platform=platform, release=version, flags=flags, hosts=hosts)
    drawn = Drawn(story)
    at = -rng.uniform(6, 0.9 * PERIOD)
    for place, mechanism in enumerate((first, *others)):
        begin = at if not place else rng.choice((at + rng.uniform(-2, 2), -rng.uniform(6, 0.9 * PERIOD)))
        ended = rng.random() < 0.15
        mechanism(drawn, begin, begin * rng.uniform(0.2, 0.6) if ended else -0.2)
    _let_a_monitor_meet_all(story)
    _add_small_things(story, at)
    return story.told()


def _let_a_monitor_meet_all(story: Story) -> None:
    """At times one user, who is a machine, meets an issue of every incident."""
    if story.rng.random() < 0.3:
        for made in story.made:
            drafts = [draft for service in story.services for draft in service.drafts if draft.short_id in made.issues]
            at = made.began + TOGETHER
            if at < -1:
                # It fails where the others do: on their host, for their tenant, with their flags.
                like = max(drafts[0].events, key=lambda event: event.at)
                story.fault(
                    drafts[0],
                    at=at,
                    requests=4,
                    people=("synthetic-monitor",),
                    host=like.tags.get("server_name"),
                    tenant=like.tags.get("tenant"),
                    flags=like.flags,
                )


def _add_small_things(story: Story, at: float) -> None:
    """What nobody must be told, in the minutes of the first incident: one event of a new issue, a burst in staging."""
    rng = story.rng
    for service in rng.sample(story.services, 2):
        begin = min(at + rng.uniform(-2, 2), -1.5)
        chance = rng.random()
        if chance < 0.3:
            new = service.once(f"ValueError: unexpected header {rng.randrange(100, 999)}", begin)
            story.incident("one event", new, either=True)
        elif chance < 0.45:
            new = service.issue(f"AssertionError: fixture {rng.randrange(100, 999)} is missing", function="fixture")
            story.fault(new, at=begin, requests=20, environment="staging", people=story.crowd(3))
            story.incident("a burst in staging", new, either=True)


def is_fair(situation: Situation) -> bool:
    """Whether the label is beyond doubt: tied inside, untied between, one severity by every reading, a usual rest."""
    if not is_background_usual(situation):
        return False
    ties = Ties(situation.raw, {issue: at for made in situation.made for issue, at in made.onsets.items()})
    for made in situation.made:
        counted = Counted(situation.raw, made.issues)
        if counted.severity != Counted(situation.raw, made.issues, min(-PERIOD, made.began - 0.01)).severity:
            return False
        if not is_connected(made, ties, TOGETHER) or max(made.onsets.values()) - made.began > TOGETHER:
            return False
    group = [(made, issue) for made in situation.made for issue in sorted(made.issues)]
    return not any(
        made is not other and next(ties.between(one, two), None) for made, one in group for other, two in group
    )


def drawn_situation(seed: int) -> Situation:
    """The situation of a seed; one whose label could be doubted is drawn anew."""
    attempt = 0
    while True:
        situation = _tell(f"drawn {seed}", attempt)
        if is_fair(situation):
            began = sorted(made.began for made in situation.incidents)
            together = any(second - first <= TOGETHER for first, second in pairwise(began))
            return replace(situation, coincidence=together)
        attempt += 1


def drawn_situations(seeds: Iterable[int]) -> list[Situation]:
    """The situations of several seeds."""
    return [drawn_situation(seed) for seed in seeds]
