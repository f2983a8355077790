"""Which requests answer a question, in two rounds.

Round one needs only the reference: the issue, whole events, the event list, the tags. Round two needs what the first
told: the project (Discover, series, sessions, releases), the event (suspect commits), the transaction (latency).
A third round counts distinct users exactly in a few rolling hours, and only when the threshold lies between the
bounds that round two gave.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sentry_runbook.collect.batch import Reply, Round
from sentry_runbook.collect.question import Aspect, Question
from sentry_runbook.incident.model.evidence import EnvironmentScope, UsersIn, Window
from sentry_runbook.incident.model.policy import Policy
from sentry_runbook.sentry import models
from sentry_runbook.sentry.client import SentryClient

MINUTE = 60
FINEST_SERIES = timedelta(hours=24)
"""Up to this window the issue's series is read by the minute (2,880 points with the stretch before it)."""
MINUTES_READ = timedelta(days=7)
"""Unhandled events are read by the minute for windows up to this long."""
WIDENED = timedelta(days=7)
"""The runbook's answer to an empty Discover result: expand the period to 7 d."""
BREAKDOWN_TAGS = (
    "environment",
    "release",
    "transaction",
    "browser.name",
    "os.name",
    "device.family",
    "geo.country_code",
)
MOST_ENDPOINTS = 5
MOST_AT_ONCE = 12
"""Requests under way at once (``Limits.concurrency``): one more would make a third round of the second."""


@dataclass
class First:
    """Replies of round one."""

    issue: models.Issue
    event: Reply[models.Event]
    oldest: Reply[models.Event]
    recommended: Reply[models.Event]
    rows: Reply[models.Page[models.EventRow]]
    tags: Reply[tuple[models.Tag, ...]]
    notes: Reply[tuple[models.Activity, ...]]
    release: Reply[models.Release]


@dataclass
class Second:
    """Replies of round two."""

    totals: Reply[models.Table] = field(default_factory=Reply)
    widened: Reply[models.Table] = field(default_factory=Reply)
    widened_window: Window | None = None
    environments: Reply[models.Table] = field(default_factory=Reply)
    series: Reply[dict[str, models.Series]] = field(default_factory=Reply)
    users_per_hour: Reply[dict[str, models.Series]] = field(default_factory=Reply)
    unhandled: Reply[dict[str, models.Series]] = field(default_factory=Reply)
    project_unhandled: Reply[dict[str, models.Series]] = field(default_factory=Reply)
    project_top: Reply[models.Table] = field(default_factory=Reply)
    sessions: Reply[models.Sessions] = field(default_factory=Reply)
    latency: Reply[models.Latency] = field(default_factory=Reply)
    transactions: tuple[str, ...] = ()
    breakdown: Reply[models.Table] = field(default_factory=Reply)
    breakdown_before: Reply[models.Table] = field(default_factory=Reply)
    releases: Reply[tuple[models.Release, ...]] = field(default_factory=Reply)
    deploys: Reply[tuple[models.Deploy, ...]] = field(default_factory=Reply)
    commits: Reply[tuple[models.SuspectCommit, ...]] = field(default_factory=Reply)
    alerts: Reply[tuple[models.Workflow, ...]] = field(default_factory=Reply)


async def first_round(client: SentryClient, question: Question) -> First:
    """Ask all that needs only the reference.

    Raises:
        RunbookError: the issue itself could not be read.
    """
    ref, asks = question.reference, Round()
    issue = asks.ask(lambda: client.issue(ref, fresh=question.fresh))
    event: Reply[models.Event] = Reply()
    oldest: Reply[models.Event] = Reply()
    recommended: Reply[models.Event] = Reply()
    rows: Reply[models.Page[models.EventRow]] = Reply()
    tags: Reply[tuple[models.Tag, ...]] = Reply()
    notes: Reply[tuple[models.Activity, ...]] = Reply()
    release: Reply[models.Release] = Reply()
    named = question.environments
    if question.wants(Aspect.EVENT, Aspect.COMMITS):
        event = asks.ask(lambda: client.event(ref, question.which, environments=named))
    if question.wants(Aspect.SAMPLE):
        oldest = asks.ask(lambda: client.event(ref, "oldest", environments=named))
        recommended = asks.ask(lambda: client.event(ref, "recommended", environments=named))
    if question.wants(Aspect.ROWS):
        rows = asks.ask(lambda: client.events(ref, environments=named, limit=100))
    if question.wants(Aspect.TAGS):
        tags = asks.ask(lambda: client.tags(ref))
    if question.wants(Aspect.NOTES):
        notes = asks.ask(lambda: client.notes(ref))
    version = question.release
    if question.wants(Aspect.RELEASE) and version and version != "latest":
        release = asks.ask(lambda: client.release(version, organization=ref.organization))
    found = await asks.send_for(issue)
    return First(found, event, oldest, recommended, rows, tags, notes, release)


async def second_round(client: SentryClient, question: Question, first: First, scope: EnvironmentScope) -> Second:
    """Ask all that needs the issue."""
    asks, found = Round(), Second()
    _ask_counts(asks, found, client, question, first, scope)
    _ask_series(asks, found, client, question, first, scope)
    _ask_project(asks, found, client, question, first, scope)
    if not question.wants(Aspect.ALERTS):
        # A story may take longer than a triage; nobody waits for it at the telephone.
        asks.thin(MOST_AT_ONCE, (found.breakdown_before, found.project_top))
    await asks.send()
    return found


def _ask_counts(
    asks: Round, found: Second, client: SentryClient, question: Question, first: First, scope: EnvironmentScope
) -> None:
    issue, project = first.issue, first.issue.project_id
    if not issue.is_error:
        return
    query, window = f"issue.id:{issue.id}", question.window

    def count(
        fields: Sequence[str], start: datetime, end: datetime, names: Sequence[str], limit: int
    ) -> Reply[models.Table]:
        sort = "-count()" if len(fields) > 2 or fields[0] != "count()" else None
        return asks.ask(
            lambda: client.discover(
                fields,
                query=query,
                start=start,
                end=end,
                project_id=project,
                environments=names,
                sort=sort,
                limit=limit,
                organization=question.reference.organization,
            )
        )

    totals = ("count()", "count_unique(user)")
    if question.wants(Aspect.TOTALS):
        found.totals = count(totals, window.start, window.end, scope.names, 1)
        if window.length < WIDENED and _may_be_empty(first, scope, window):
            found.widened_window = Window(start=window.end - WIDENED, end=window.end)
            found.widened = count(totals, found.widened_window.start, window.end, scope.names, 1)
    if question.wants(Aspect.BREAKDOWN):
        fields = (*BREAKDOWN_TAGS, "count()")
        found.breakdown = count(fields, window.start, window.end, question.environments, 100)
        if issue.first_seen is None or issue.first_seen < window.start:
            found.breakdown_before = count(
                fields, window.start - window.length, window.start, question.environments, 100
            )
    elif question.wants(Aspect.ENVIRONMENTS):
        found.environments = count(("environment", "count()"), window.start, window.end, (), 100)


def _may_be_empty(first: First, scope: EnvironmentScope, window: Window) -> bool:
    """Whether the window may hold no event of the scope: then a wider one is asked for at once, not in a round more."""
    last_seen = first.issue.last_seen
    if last_seen is not None and last_seen < window.start:
        return True
    rows = first.rows.value.items if first.rows.value is not None else ()
    counted = (row for row in rows if (row.tag("environment") or "") in scope.names)
    return bool(scope.names) and not any(row.date_created and row.date_created >= window.start for row in counted)


def _ask_series(
    asks: Round, found: Second, client: SentryClient, question: Question, first: First, scope: EnvironmentScope
) -> None:
    issue, window = first.issue, question.window
    if not issue.is_error:
        return

    def series(
        axes: Sequence[str], query: str, start: datetime, interval_s: int, names: Sequence[str]
    ) -> Reply[dict[str, models.Series]]:
        return asks.ask(
            lambda: client.series(
                axes,
                query=query,
                start=start,
                end=window.end,
                interval_s=interval_s,
                project_id=issue.project_id,
                environments=names,
                organization=question.reference.organization,
            )
        )

    query = f"issue.id:{issue.id}"
    if question.wants(Aspect.SERIES, Aspect.TREND):
        axes = ("count()", "count_unique(user)") if question.wants(Aspect.SERIES) else ("count()",)
        found.series = series(axes, query, window.start - window.length, step(window), scope.names)
    if question.wants(Aspect.USERS):
        found.users_per_hour = series(("count_unique(user)",), query, window.start, 3600, scope.names)
    if question.wants(Aspect.UNHANDLED) and window.length <= MINUTES_READ:
        found.unhandled = series(("count()",), f"{query} error.unhandled:true", window.start, MINUTE, scope.names)
        found.project_unhandled = series(
            ("count()",), "error.unhandled:true", window.start, MINUTE, project_environments(question, scope)
        )


def step(window: Window) -> int:
    """Seconds of a bucket of the issue's series: fine where the window is short."""
    if window.length <= FINEST_SERIES:
        return MINUTE
    return 300 if window.length <= timedelta(days=5) else 3600


def project_environments(question: Question, scope: EnvironmentScope) -> tuple[str, ...]:
    """The environments that a project-wide figure covers: those asked for, else production as far as it is known."""
    return question.environments or (scope.production if question.scope == "production" else ())


def _ask_project(
    asks: Round, found: Second, client: SentryClient, question: Question, first: First, scope: EnvironmentScope
) -> None:
    issue, window = first.issue, question.window
    project, organization = issue.project_id, question.reference.organization
    if question.wants(Aspect.UNHANDLED) and issue.is_error:
        found.project_top = asks.ask(
            lambda: client.discover(
                ("issue", "count()"),
                query="error.unhandled:true",
                start=window.start,
                end=window.end,
                project_id=project,
                environments=project_environments(question, scope),
                sort="-count()",
                limit=5,
                organization=organization,
            )
        )
    if question.wants(Aspect.SESSIONS):
        found.sessions = asks.ask(
            lambda: client.sessions(project_id=project, start=window.start, end=window.end, organization=organization)
        )
    if question.wants(Aspect.LATENCY):
        found.transactions = affected_transactions(first)
        if found.transactions:
            found.latency = asks.ask(
                lambda: client.latency(
                    transactions=found.transactions,
                    start=window.start,
                    end=window.end,
                    project_id=project,
                    organization=organization,
                )
            )
    if question.wants(Aspect.RELEASES):
        found.releases = asks.ask(lambda: client.releases(project, limit=20, organization=organization))
        suspect = issue.suspect_version
        if suspect and not knows_deploys(issue, suspect) and not _is_long_past(issue, suspect, window):
            found.deploys = asks.ask(lambda: client.deploys(suspect, organization=organization))
    if question.wants(Aspect.COMMITS) and first.event.value is not None and issue.project_slug:
        slug, event = issue.project_slug, first.event.value.id
        found.commits = asks.ask(lambda: client.committers(slug, event, organization=organization))
    if question.wants(Aspect.ALERTS):
        found.alerts = asks.ask(lambda: client.workflows(project, organization=organization))


def affected_transactions(first: First) -> tuple[str, ...]:
    """The issue's transactions, the most frequent first; at most five."""
    names: dict[str, None] = {}
    for tag in first.tags.value or ():
        if tag.key == "transaction":
            names |= dict.fromkeys(value.value for value in tag.top if value.value)
    if first.event.value is not None and first.event.value.transaction:
        names.setdefault(first.event.value.transaction, None)
    return tuple(names)[:MOST_ENDPOINTS]


def _is_long_past(issue: models.Issue, version: str, window: Window) -> bool:
    """Whether the release only saw the issue's beginning, long before the window.

    When it was deployed explains nothing of what happens now.
    """
    began = issue.first_release is not None and issue.first_release.version == version
    return began and issue.first_seen is not None and issue.first_seen < window.start - window.length


def knows_deploys(issue: models.Issue, version: str) -> bool:
    """Whether the issue's own answer tells all deploys of the release: none, or the last and only one."""
    release = issue.first_release
    if release is None or release.version != version or release.deploy_count is None:
        return False
    return release.deploy_count == 0 or (release.deploy_count == 1 and release.last_deploy is not None)


async def third_round(
    client: SentryClient,
    question: Question,
    first: First,
    scope: EnvironmentScope,
    hours: Sequence[tuple[datetime, datetime]],
) -> tuple[UsersIn, ...]:
    """Count distinct users exactly in these rolling hours; an hour that cannot be counted is left out."""
    asks = Round()
    replies = [
        (
            start,
            end,
            asks.ask(
                lambda start=start, end=end: client.discover(  # type: ignore[misc]  # defaults bind the loop's values
                    ("count_unique(user)",),
                    query=f"issue.id:{first.issue.id}",
                    start=start,
                    end=end,
                    project_id=first.issue.project_id,
                    environments=scope.names,
                    limit=1,
                    organization=question.reference.organization,
                )
            ),
        )
        for start, end in hours
    ]
    await asks.send()
    counted = []
    for start, end, reply in replies:
        users = reply.value.number("count_unique(user)") if reply.value is not None else None
        if users is not None:
            counted.append(UsersIn(start=start, end=end, users=int(users)))
    return tuple(counted)


def scope_of(question: Question, policy: Policy, first: First) -> EnvironmentScope:
    """Which environments the numbers cover.

    Production is what the policy's pattern says; events without an environment count as production (DESIGN §5).
    """
    names, known = _environments_seen(first)
    production = tuple(name for name in names if not name or policy.is_production(name))
    others = tuple(name for name in names if name not in production)
    if question.environments:
        return EnvironmentScope(
            names=question.environments, basis="asked", production=production, others=others, known=known
        )
    if question.scope == "production" and production:
        # Without other environments every event counts already, and a filter could only lose some.
        return EnvironmentScope(
            names=production if others else (), basis="production", production=production, others=others, known=known
        )
    return EnvironmentScope(basis="all", production=production, others=others, known=known)


def _environments_seen(first: First) -> tuple[tuple[str, ...], bool]:
    seen: dict[str, None] = {}
    known = first.tags.value is not None
    for tag in first.tags.value or ():
        if tag.key == "environment":
            seen |= dict.fromkeys(value.value or "" for value in tag.top)
    if first.rows.value is not None:
        known = True
        seen |= dict.fromkeys(row.tag("environment") or "" for row in first.rows.value.items)
    return tuple(seen), known
