"""A service of a made-up company: its hosts, releases, sessions and issues, with the errors that it always has."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import pairwise
from operator import itemgetter
from random import Random

from tests.situations.raw import Call, Event, FlagChange, Issue, Level, Project, Release, Sessions
from tests.situations.traffic import Rhythm, bursty_times, expected, office, poisson_times

DAY = 1_440.0
DAYS = 9
"""Days of history that the usual errors have: each hour of the week was seen before."""
USUAL_ERRORS = {
    "python": (
        ("ValueError", "invalid literal for int() with base 10: ''", "parse_quantity"),
        ("KeyError", "'session_id'", "load_session"),
        ("DisallowedHost", "Invalid HTTP_HOST header: 'www'. You may need to add 'www' to ALLOWED_HOSTS.", "get_host"),
        ("UnicodeDecodeError", "'utf-8' codec can't decode byte 0xff in position 0: invalid start byte", "decode"),
        ("ValidationError", "1 validation error for Address: zip: field required", "validate_address"),
        ("PermissionDenied", "You do not have permission to perform this action.", "check_permissions"),
        ("SuspiciousOperation", "Attempted access to '../etc/passwd' denied.", "safe_join"),
        ("MultipleObjectsReturned", "get() returned more than one Cart -- it returned 2!", "get_cart"),
    ),
    "node": (
        ("RangeError", "Invalid time value", "formatDate"),
        ("SyntaxError", "Unexpected end of JSON input", "parseBody"),
        ("PayloadTooLargeError", "request entity too large", "readStream"),
        ("URIError", "URI malformed", "decodePath"),
        ("JsonWebTokenError", "jwt malformed", "verifyToken"),
        ("ForbiddenError", "invalid csrf token", "checkCsrf"),
        ("NotFoundError", "No such template: receipt-legacy", "loadTemplate"),
        ("TypeError", "Cannot read properties of null (reading 'locale')", "pickLocale"),
    ),
    "javascript": (
        ("ResizeObserverError", "ResizeObserver loop completed with undelivered notifications.", "notify"),
        ("ChunkLoadError", "Loading chunk 417 failed. (https://static.shop.example/417.js)", "ensureChunk"),
        ("SecurityError", "Failed to read the 'localStorage' property from 'Window'", "readStorage"),
        ("NotAllowedError", "play() failed because the user didn't interact with the document first.", "playVideo"),
        ("AbortError", "The user aborted a request.", "fetchSuggestions"),
        ("QuotaExceededError", "Failed to execute 'setItem' on 'Storage'", "saveDraft"),
        ("InvalidStateError", "An attempt was made to use an object that is not, or is no longer, usable", "openDb"),
        ("ReferenceError", "gtag is not defined", "trackPage"),
    ),
}
"""What such services complain about all the time: (type, value, function)."""


@dataclass
class Draft:
    """An issue while it is being made.

    Attributes:
        hit: minutes of the events that a fault made, in any order.
    """

    service: Service
    shown: Issue
    events: list[Event] = field(default_factory=list)
    hit: list[float] = field(default_factory=list)

    @property
    def short_id(self) -> str:
        """As people say it."""
        return self.shown.short_id

    def finished(self) -> Issue:
        """The issue with its events in order, those of the future left out."""
        past = sorted((event for event in self.events if event.at < 0), key=lambda event: event.at)
        return replace(self.shown, events=tuple(past))


class Service:
    """One service, which is one project of Sentry.

    Args:
        slug: of the project.
        rng: what draws.
        now: the moment of looking.
        people: ids of those who use the product.
        tenants: those that the company serves, if it says them; a person belongs to one.
        platform: as Sentry names it.
        hosts: on which it runs; none for a browser.
        release: what runs since ``released`` (minutes), after a release of three weeks ago.
        flags: evaluated in each request, with the part of the requests for which they are on.
    """

    def __init__(
        self,
        slug: str,
        rng: Random,
        now: datetime,
        people: Sequence[str],
        tenants: Sequence[str] = (),
        *,
        platform: str = "python",
        hosts: Sequence[str] = (),
        release: str | None = None,
        released: float = -3.4 * DAY,
        rhythm: Rhythm = office,
        flags: Mapping[str, float] | None = None,
    ) -> None:
        self.slug, self.rng, self.now, self.people, self.tenants = slug, rng, now, people, tenants
        self.platform, self.hosts, self.rhythm, self.flags = platform, hosts, rhythm, dict(flags or {})
        self.key = slug.upper()
        version = release or f"{slug}@4.{rng.randrange(2, 9)}.{rng.randrange(9)}"
        self.releases = [
            Release(f"{slug}@3.9.0", -21 * DAY, -21 * DAY + 20),
            Release(version, released - 15, released),
        ]
        self.drafts: list[Draft] = []
        self._running: list[tuple[float, str]] = []
        self.flag_changes: list[FlagChange] = []
        self._sessions: tuple[Sessions, ...] = ()
        self._spare = list(USUAL_ERRORS.get(platform, USUAL_ERRORS["node"]))

    # --- issues

    def issue(
        self,
        title: str,
        *,
        function: str = "handle",
        transaction: str = "",
        level: Level = "error",
        handled: bool = False,
        calls: Iterable[Call] = (),
        resolved_at: float | None = None,
    ) -> Draft:
        """Begin an issue without events; ``title`` is ``Type: value``."""
        kind, _, value = title.partition(": ")
        number = 100 + 7 * len(self.drafts) + self.rng.randrange(6)
        shown = Issue(
            f"{self.key}-{number}",
            kind,
            value,
            (),
            function,
            transaction or f"GET /{self.slug}",
            level,
            handled,
            tuple(calls),
            resolved_at,
        )
        draft = Draft(self, shown)
        self.drafts.append(draft)
        return draft

    def steady(
        self,
        draft: Draft,
        per_hour: float,
        *,
        bursty: bool = False,
        rhythm: Rhythm | None = None,
        days: float = DAYS,
        until: float = 0.0,
        people: Sequence[str] | None = None,
    ) -> Draft:
        """Give an issue the events that it always has."""
        rhythm = rhythm or self.rhythm
        times = (bursty_times if bursty else poisson_times)(self.rng, self.now, per_hour, -days * DAY, until, rhythm)
        for at in times:
            self.event(draft, at, user=self.rng.choice(people) if people else "")
        if until == 0:
            usual = draft.shown.usual_per_hour + expected(self.now, per_hour, rhythm)
            draft.shown = replace(draft.shown, usual_per_hour=usual)
        return draft

    def usual(self, per_hour: float = 2.5, *, bursty: bool = False) -> Draft:
        """One more issue that the service always has, of the catalogue."""
        kind, value, function = self._spare.pop(self.rng.randrange(len(self._spare)))
        return self.steady(self.issue(f"{kind}: {value}", function=function, handled=True), per_hour, bursty=bursty)

    def background(self) -> Service:
        """Give the service what every service has: steady errors, rare ones, and one-off bots; nobody needs to know."""
        self.usual(2.5)
        self.usual(0.8)
        for _ in range(2):
            self.usual(self.rng.uniform(0.04, 0.12))
        path = self.rng.choice(("/wp-login.php", "/.env", "/cgi-bin/luci", "/actuator/health"))
        self.once(f"NotFound: {path}", -self.rng.uniform(200, 5 * DAY))
        return self

    def once(self, title: str, at: float, *, level: Level = "error") -> Draft:
        """An issue of a single event by nobody known."""
        draft = self.issue(title, function="resolve", level=level)
        self.event(draft, at, user=None)
        return draft

    # --- events

    def event(
        self,
        draft: Draft,
        at: float,
        *,
        user: str | None = "",
        trace: str | None = "",
        host: str | None = None,
        tenant: str | None = None,
        flags: Mapping[str, bool] | None = None,
        environment: str | None = "production",
    ) -> Event:
        """Add one event; what is left out is drawn, ``None`` is none."""
        rng = self.rng
        person = self._one_of(self.people) if user == "" else user
        tags: dict[str, str] = {}
        if self.hosts:
            tags["server_name"] = host or self._one_of(self.hosts)
        if self.tenants:
            tags["tenant"] = tenant or (self.tenant_of(person) if person else self._one_of(self.tenants))
        evaluated = {flag: rng.random() < share for flag, share in self.flags.items()} | dict(flags or {})
        event = Event(
            round(at * 60_000) / 60_000,
            person,
            f"{rng.getrandbits(128):032x}" if trace == "" else trace,
            self.live(at),
            environment,
            draft.shown.transaction,
            tags,
            evaluated,
        )
        draft.events.append(event)
        return event

    def _one_of(self, names: Sequence[str]) -> str:
        # Random.choice takes three times as long, and this is done for every event.
        return names[int(self.rng.random() * len(names))]

    def tenant_of(self, person: str) -> str:
        """The tenant that a person belongs to."""
        return self.tenants[int("".join(filter(str.isdigit, person)) or 0) % len(self.tenants)]

    # --- what is done with it

    def deploy(self, version: str, at: float, *, created: float | None = None, marked: bool = True) -> None:
        """Deploy a new release; without a mark, only the release's creation is on record."""
        self.releases.append(Release(version, at - 6 if created is None else created, at if marked else None))

    def live(self, at: float) -> str:
        """The release that runs at a minute."""
        if len(self._running) != len(self.releases):
            self._running = sorted((self._since(release), release.version) for release in self.releases)
        place = bisect_right(self._running, at, key=itemgetter(0))
        return self._running[max(0, place - 1)][1]

    @staticmethod
    def _since(release: Release) -> float:
        return release.created + 6 if release.deployed is None else release.deployed

    def switch(self, flag: str, at: float, share: float = 1.0, *, logged: bool = True) -> None:
        """Switch a flag to ``share`` of the requests from now on."""
        self.flags[flag] = share
        if logged:
            self.flag_changes.append(FlagChange(at, flag))

    def sessions(
        self, per_hour: float, *, crash_pct: float = 0.2, bad: tuple[float, float, float] | None = None
    ) -> None:
        """Give it 30 hours of sessions; ``bad`` is (start, end, crash percentage) of a fault."""
        past_hour = self.now.minute + self.now.second / 60
        edges = {-past_hour - 60.0 * hour for hour in range(30)} | {0.0}
        edges |= {self._since(release) for release in self.releases if min(edges) < self._since(release) < 0}
        edges |= {edge for edge in (bad[:2] if bad else ()) if edge < 0}
        chunks = []
        for start, end in pairwise(sorted(edges)):
            middle = self.now + timedelta(minutes=(start + end) / 2)
            count = round(per_hour * self.rhythm(middle) * (end - start) / 60)
            is_bad = bad is not None and bad[0] <= start < bad[1]
            crashed = round(count * (bad[2] if bad and is_bad else crash_pct) / 100)
            if count:
                chunks.append(Sessions(start, end, count, crashed, self.live(start)))
        self._sessions = tuple(chunks)

    def finished(self) -> Project:
        """The project with all that happened in it."""
        issues = tuple(issue for draft in self.drafts if (issue := draft.finished()).events)
        return Project(self.slug, self.platform, issues, tuple(self.releases), tuple(self.flag_changes), self._sessions)
