"""Worlds of the embedded Sentry whose events carry payloads wherever an event, or a team member, can put text.

An issue takes its texts in turn, one a place: :data:`PLACES` counts them. So one call shows some seventy payloads, and
as many issues as there are payloads by as many places show each payload in each place.
"""

import dataclasses
from collections.abc import Iterator, Sequence
from itertools import cycle, islice

from sentry_runbook.simulator.clock import ManualClock
from sentry_runbook.simulator.scenario import (
    AlertSpec,
    CommitSpec,
    Crumb,
    DeploySpec,
    FrameSpec,
    IssueSpec,
    NoteSpec,
    OccurrenceSpec,
    Raised,
    ReleaseSpec,
    RequestSpec,
    Scenario,
    SessionsSpec,
    Stream,
    Transactions,
)
from sentry_runbook.simulator.world import World

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]
PROJECT = "shop"
PLACES = 72
"""Texts that one issue takes."""


class Texts:
    """Hands out texts in turn and remembers which place took which."""

    def __init__(self, texts: Sequence[str], first: int = 0) -> None:
        self._turn: Iterator[str] = islice(cycle(texts), first, None)
        self.taken: dict[str, list[str]] = {}

    def __call__(self, place: str) -> str:
        """The next text, for a place."""
        text = next(self._turn)
        self.taken.setdefault(place, []).append(text)
        return text

    def pairs(self, place: str, count: int) -> dict[str, str]:
        """Names and values, both texts; names that are equal fall together."""
        return {self(f"{place} key"): self(f"{place} value") for _ in range(count)}


@dataclasses.dataclass
class Hostile:
    """One issue and what it carries.

    Attributes:
        issue: as the world is told.
        texts: place → the texts that it took.
        visitor: the parts of the event's user.
        releases: that its events name; some exist in the project, some do not.
    """

    issue: IssueSpec
    texts: dict[str, list[str]]
    visitor: dict[str, str]
    releases: tuple[ReleaseSpec, ...]

    @property
    def short_id(self) -> str:
        """How a client names it."""
        return self.issue.short_id


def hostile(number: int, texts: Sequence[str], nested: Json = None) -> Hostile:
    """An error issue that carries texts, from the one with this number on, in all its places.

    Args:
        number: of the issue; also of the first text.
        texts: the payloads.
        nested: a payload that is no text, for the places that take any JSON.
    """
    take = Texts(texts, number * 8)
    anything: dict[str, object] = {"nested": nested} if nested is not None else {}
    # First what every tool shows, so that neighbouring issues differ in it most.
    title, transaction, made, seen, environment = (
        take(place) for place in ("title", "transaction", "release", "release", "environment")
    )
    raised = Raised(take("exception type"), take("exception value"), _frames(take, anything), take("mechanism"))
    releases = tuple(
        ReleaseSpec(
            version,
            created=-90,
            deploys=(DeploySpec(-60, take("deploy environment")), DeploySpec(-50)),
            commits=(_commit(take), _commit(take)),
        )
        for version in (made, seen)
    )
    tags = {take("tag key"): {take("tag value"): 1.0, take("tag value"): 1.0} for _ in range(4)}
    issue = IssueSpec(
        f"SHOP-{number + 1}",
        title,
        chain=(Raised(take("exception type"), take("exception value")), raised),
        streams=(
            Stream(5, -600, -500, environment=environment, release=seen, transaction=transaction),
            Stream(24, -40, -2, release=made, transaction=transaction, tags=tags, same_address=True),
        ),
        culprit=take("culprit"),
        transaction=transaction,
        logger=take("logger"),
        breadcrumbs=tuple(_crumbs(take, anything)),
        request=RequestSpec(
            take("request method"),
            take("request url"),
            anything or take.pairs("request data", 2),
            take.pairs("request header", 2),
            take.pairs("request query", 1),
            take.pairs("request cookie", 1),
        ),
        contexts={
            "browser": {"name": take("context value"), "version": take("context value")},
            "os": {"name": take("context value")},
            "device": {"model": take("context value"), "family": take("context value")},
            **{take("context name"): {**take.pairs("context", 1), **anything} for _ in range(2)},
        },
        extra={**take.pairs("extra", 2), **anything},
        tags=tags,
        processing_errors=((take("processing error"), take("processing error")),),
        notes=(NoteSpec(-30, take("note"), take("note author")), NoteSpec(-20, take("note"))),
        user_reports=(-10,),
        suspects=releases[0].commits[:1],
        assigned_to=f"user:{take('assignee')}",
        sdk=(take("sdk"), "1.0"),
    )
    visitor = {part: take(f"user {part}") for part in ("id", "email", "username", "ip")}
    return Hostile(issue, take.taken, visitor, releases)


def _frames(take: Texts, anything: dict[str, object]) -> tuple[FrameSpec, ...]:
    return tuple(
        FrameSpec(
            take("frame function"),
            take("frame file"),
            7,
            source="\n".join(("before", take("frame source"), "after")),
            vars={**take.pairs("frame variable", 1), **anything},
            module=take("frame module"),
        )
        for _ in range(2)
    )


def _crumbs(take: Texts, anything: dict[str, object]) -> Iterator[Crumb]:
    yield Crumb(take("breadcrumb category"), take("breadcrumb message"), data=anything)
    yield Crumb(
        "http",
        None,
        "error",
        {
            "url": take("breadcrumb url"),
            "method": take("breadcrumb method"),
            "reason": take("breadcrumb message"),
            "status_code": 503,
        },
        "http",
    )


def _commit(take: Texts) -> CommitSpec:
    return CommitSpec(take("commit message"), -80, take("commit author"), f"{take('commit author')}@example.com", 7)


def performance(number: int, texts: Sequence[str]) -> Hostile:
    """An issue that is no error and carries texts in its occurrence."""
    take = Texts(texts, number * 8)
    issue = IssueSpec(
        f"SHOP-{number + 1}",
        category="performance",
        issue_type="performance_n_plus_one_db_queries",
        occurrence=OccurrenceSpec(
            take("title"), take("occurrence"), ((take("occurrence"), take("occurrence")), *take.pairs("x", 2).items())
        ),
        streams=(Stream(6, -30, -2, transaction=take("transaction")),),
    )
    return Hostile(issue, take.taken, {}, ())


def world_of(issues: Sequence[Hostile], texts: Sequence[str], clock: ManualClock) -> World:
    """One project that holds these issues; its environments, endpoints and alerts carry texts too."""
    take = Texts(texts)
    versions = {release.version: release for one in issues for release in one.releases}
    scenario = Scenario(
        name="hostile",
        project=PROJECT,
        platform="javascript",
        issues=tuple(one.issue for one in issues),
        releases=(
            ReleaseSpec("shop@1.0", created=-9000, deploys=(DeploySpec(-8990),)),
            *(release for version, release in versions.items() if version != "shop@1.0"),
        ),
        sessions=(SessionsSpec(400), SessionsSpec(50, environment=take("environment"), crashed=1)),
        transactions=tuple(
            Transactions(name, 40)
            for name in dict.fromkeys(stream.transaction or "" for one in issues for stream in one.issue.streams)
            if name
        ),
        alerts=(AlertSpec(take("alert"), triggered=-35),),
    )
    world = World(scenario, clock)
    visitors = {one.short_id: one.visitor for one in issues}
    for project in world.projects:
        for event in project.events.window(0, 2**62):
            parts = visitors.get(event.issue.short_id)
            if parts and event.user:
                user = dataclasses.replace(event.user, **parts)
                tags = {**event.tags, "user": f"id:{user.id}"}
                event.retell(dataclasses.replace(event.facts, user=user, tags=tags))
    return world
