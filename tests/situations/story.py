"""A story that makes raw events: services, faults that hit their requests, and the label that follows from both.

A fault has a mechanism: from its minute on, a number of requests fail, and each failing request makes one event in each
service on its path, in one trace and for one user. The label is written down where the fault is made; nobody guesses it
afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from random import Random

from tests.situations.raw import NOBODY, Made, Raw, Situation, Suspect
from tests.situations.service import Draft, Service
from tests.situations.traffic import Rhythm, office
from tests.situations.usual import is_background_usual

NOW = datetime(2026, 11, 19, 14, 37, tzinfo=UTC)
"""A Thursday afternoon."""
PEOPLE = 20_000


@cache
def inhabitants(count: int) -> tuple[str, ...]:
    """Ids of so many people."""
    return tuple(f"u{number}" for number in range(10_000, 10_000 + count))


class Story:
    """A company and what befalls it.

    Args:
        name: of the situation; all that is drawn depends on it.
        kind: under which the figures are printed.
        now: the moment of looking, at a full minute.
        tenants: names of the customers that each event tells; none: it tells none.
        coincidence: whether issues begin together here that do not belong together.
        people: how many use the product.
        salt: draws everything anew.
    """

    def __init__(
        self,
        name: str,
        kind: str,
        *,
        now: datetime = NOW,
        tenants: Sequence[str] = (),
        coincidence: bool = False,
        people: int = PEOPLE,
        salt: int = 0,
    ) -> None:
        self.name, self.kind, self.now, self.tenants, self.coincidence = name, kind, now, tenants, coincidence
        self.rng = Random(f"{name} {salt}" if salt else name)  # noqa: S311 # noise, not secrets
        self.people = inhabitants(people)
        self.services: list[Service] = []
        self.made: list[Made] = []

    def service(
        self,
        slug: str,
        *,
        background: bool = True,
        platform: str = "python",
        hosts: Sequence[str] | None = None,
        release: str | None = None,
        rhythm: Rhythm = office,
        flags: Mapping[str, float] | None = None,
    ) -> Service:
        """Add a service; on two hosts of its own, unless told otherwise, and with the errors that every service has."""
        if hosts is None:
            hosts = () if platform == "javascript" else (f"{slug}-1", f"{slug}-2")
        service = Service(
            slug,
            self.rng,
            self.now,
            self.people,
            self.tenants,
            platform=platform,
            hosts=hosts,
            release=release,
            rhythm=rhythm,
            flags=flags,
        )
        self.services.append(service)
        return service.background() if background else service

    def crowd(self, size: int) -> list[str]:
        """So many different people."""
        return self.rng.sample(self.people, size)

    def fault(
        self,
        *path: Draft,
        at: float,
        requests: int,
        until: float = -0.2,
        people: Sequence[str | None] | None = None,
        traced: float = 1.0,
        reach: float = 1.0,
        host: str | None = None,
        tenant: str | None = None,
        flags: Mapping[str, bool] | None = None,
        environment: str | None = "production",
    ) -> None:
        """Let requests fail.

        Args:
            path: an issue of each service on the way of a failing request, the one that fails first in front.
            at: minutes of the first failing request.
            requests: how many fail, the first at ``at``, the others at random until the end.
            until: minutes of the end.
            people: those whose requests fail, one after the other; left out: anybody; ``(None,)``: nobody known.
            traced: the part of the requests whose events share one trace; else each service begins its own.
            reach: the part of the requests that fail in each of the further services, too; the first always does.
            host: on which it happens, everywhere.
            tenant: whose requests fail.
            flags: what they evaluated.
            environment: of the events.
        """
        rng = self.rng
        times = sorted([at, *(rng.uniform(at + 0.05, until) for _ in range(requests - 1))])
        own = [person for person in self.people if path[0].service.tenant_of(person) == tenant] if tenant else None
        for number, start in enumerate(times):
            person = people[number % len(people)] if people is not None else rng.choice(own or self.people)
            trace = f"{rng.getrandbits(128):032x}" if rng.random() < traced or (traced and not number) else ""
            later = start
            for depth, draft in enumerate(path):
                if depth and number and rng.random() >= reach:
                    continue
                draft.service.event(
                    draft,
                    later,
                    user=person,
                    trace=trace,
                    host=host,
                    tenant=tenant,
                    flags=flags,
                    environment=environment,
                )
                draft.hit.append(later)
                later += rng.uniform(0.001, 0.01)

    # --- the label

    def incident(
        self,
        name: str,
        *drafts: Draft,
        suspects: Iterable[Suspect] = (NOBODY,),
        loose: Iterable[Draft] = (),
        either: bool = False,
    ) -> None:
        """Write down that these issues have one cause."""
        onsets = {draft.short_id: min(draft.hit or [event.at for event in draft.events]) for draft in drafts}
        self.made.append(
            Made(
                name,
                frozenset(onsets),
                min(onsets.values()),
                frozenset(suspects),
                onsets,
                frozenset(draft.short_id for draft in loose),
                either,
            )
        )

    def told(self) -> Situation:
        """The situation."""
        raw = Raw(self.now, tuple(service.finished() for service in self.services))
        return Situation(self.name, self.kind, raw, tuple(self.made), self.coincidence)


Tell = Callable[[Story], None]
TOLD: dict[str, Callable[[], Situation]] = {}
"""Every situation by its name; calling one makes it."""


def situation(
    kind: str,
    *,
    now: datetime = NOW,
    tenants: Sequence[str] = (),
    coincidence: bool = False,
    people: int = PEOPLE,
) -> Callable[[Tell], Tell]:
    """Register a function that tells a situation; its name is the situation's, the arguments are its story's."""

    def register(tell: Tell) -> Tell:
        name = tell.__name__.replace("_", " ")
        if name in TOLD:
            msg = f"two situations are called {name!r}"
            raise ValueError(msg)

        def make() -> Situation:
            attempt = 0
            while True:
                # Where chance makes news of the background, the label would be wrong: it is drawn anew.
                story = Story(
                    name, kind, now=now, tenants=tenants, coincidence=coincidence, people=people, salt=attempt
                )
                tell(story)
                if is_background_usual(told := story.told()):
                    return told
                attempt += 1

        TOLD[name] = make
        return tell

    return register
