"""The shared Sentry client: one method an endpoint, typed in, typed out.

It stays on the configured host: sentry.io's control host passes on to the regions, so the token goes to one place
only. What an older server lacks is found out once, kept in :class:`Abilities`, and replaced by the best older form.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeVar

from sentry_runbook.errors import BadInput, BadRequest, NotFound, SentryError, ServerFault, SettingsError, Unsupported
from sentry_runbook.sentry import models, replies
from sentry_runbook.sentry.references import IssueRef, event_id
from sentry_runbook.sentry.transport import Params, Transport
from sentry_runbook.sentry.wire import Asked, Reply, segment
from sentry_runbook.settings import Settings

if TYPE_CHECKING:
    import httpx

T = TypeVar("T")
READ_EVENTS = ("event:read", "event:write", "event:admin")
WRITE_EVENTS = ("event:write", "event:admin")
READ_ORG = ("org:read", "org:write", "org:admin")
READ_RELEASES = ("project:read", "project:releases", "project:write")
ISSUE_HINT = "Check the id and SENTRY_ORG, or look for it with find_issues."


@dataclass
class Abilities:
    """What this server turned out to have (True), to lack (False), or was not asked yet (None).

    Attributes:
        org_issues: issues below the organization; without it the older ``/api/0/issues/{id}/``.
        dataset: Discover takes ``dataset``.
    """

    known: dict[str, bool] = field(default_factory=dict)

    def lacks(self, ability: str) -> bool:
        """Whether asking for it would be in vain."""
        return self.known.get(ability) is False

    def note(self, ability: str, has: bool) -> None:
        """Remember; what worked once is not unlearned by a single failure."""
        if has or not self.known.get(ability):
            self.known[ability] = has


class SentryClient:
    """Every request of the product.

    Args:
        settings: token, host, limits.
        http_transport: answers instead of the network.
        transport: a transport of one's own, with another clock or sleeper.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        http_transport: httpx.AsyncBaseTransport | None = None,
        transport: Transport | None = None,
    ) -> None:
        self._settings = settings
        self._transport = transport or Transport(settings, http_transport)
        self.abilities = Abilities()

    def deadline(self, seconds: float) -> AbstractContextManager[None]:
        """All requests inside end within this time together."""
        return self._transport.deadline(seconds)

    async def aclose(self) -> None:
        """Close the connections; requests under way are dropped."""
        await self._transport.aclose()

    # --- where things are

    async def _organization(self, named: str | None) -> str:
        """The path part of an organization: named by the reference, configured, or the only one there is."""
        slug = named or self._settings.organization
        if slug is None:
            found = await self.organizations()
            if len(found) != 1 or not found[0].slug:
                raise SettingsError(
                    "No organization is set.", "Set SENTRY_ORG, or paste the issue's URL, which names it."
                )
            slug = found[0].slug
        return segment(slug)

    async def _org_path(self, organization: str | None, tail: str) -> str:
        return f"/api/0/organizations/{await self._organization(organization)}/{tail}"

    async def _on_issue(
        self,
        ref: IssueRef,
        tail: str,
        params: Params,
        asked: Asked,
        parse: Callable[[Reply], T],
        *,
        fresh: bool = False,
    ) -> T:
        """GET below an issue, by the organization's path, or by the older one where a server only has that."""
        old = f"/api/0/issues/{segment(ref.issue)}/{tail}"
        if self.abilities.lacks("org_issues"):
            return await self._transport.get(old, params, asked, parse, fresh=fresh)
        path = await self._org_path(ref.organization, f"issues/{segment(ref.issue)}/{tail}")
        try:
            found = await self._transport.get(path, params, asked, parse, fresh=fresh)
        except Unsupported:
            if self.abilities.known.get("org_issues") or not ref.is_numeric:
                raise
            found = await self._transport.get(old, params, asked, parse, fresh=fresh)
            self.abilities.note("org_issues", False)
            return found
        self.abilities.note("org_issues", True)
        return found

    def issue_url(self, issue: models.Issue, *, organization: str | None) -> str:
        """The issue's page for people, built by us: a permalink in an answer could lead anywhere.

        sentry.io has a host for each organization; all others have a path.
        """
        base, slug = self._settings.base_url, organization or self._settings.organization
        if slug is None:
            return f"{base}/issues/{segment(issue.id)}/"
        if base == "https://sentry.io":
            return f"https://{segment(slug)}.sentry.io/issues/{segment(issue.id)}/"
        return f"{base}/organizations/{segment(slug)}/issues/{segment(issue.id)}/"

    # --- issues and events

    async def issue(self, ref: IssueRef, *, fresh: bool = False) -> models.Issue:
        """Issue details: counts over all time, stats, activity. A merged issue answers as the surviving one.

        On servers without short ids below ``issues/`` the short id is looked up first.
        """
        asked = Asked(f"issue {ref.issue}", READ_EVENTS, "issue", ISSUE_HINT)
        try:
            return await self._on_issue(ref, "", (), asked, replies.one(models.Issue), fresh=fresh)
        except (NotFound, Unsupported) as missing:
            if ref.is_numeric or self.abilities.known.get("short_ids"):
                raise
            number = await self._number_of(ref)
            if number is None:
                raise missing from None
            return await self._on_issue(number, "", (), asked, replies.one(models.Issue), fresh=fresh)

    async def _number_of(self, ref: IssueRef) -> IssueRef | None:
        """A short id by the old look-up; None when that is not there either."""
        path = await self._org_path(ref.organization, f"shortids/{segment(ref.issue)}/")
        try:
            found = await self._transport.get(
                path, (), Asked(f"issue {ref.issue}", READ_EVENTS, "other", ISSUE_HINT), replies.anything
            )
        except SentryError:
            return None
        group = found.get("groupId") if isinstance(found, dict) else None
        if not isinstance(group, str | int) or not str(group).isdigit():
            return None
        return IssueRef(issue=str(group), organization=ref.organization, event=ref.event, environments=ref.environments)

    async def issues(
        self,
        *,
        query: str,
        project: str | None,
        environments: Sequence[str],
        sort: str,
        start: datetime,
        end: datetime,
        limit: int,
        cursor: str | None,
        organization: str | None = None,
    ) -> models.Page[models.Issue]:
        """Issues that match a search; the query is always sent, for the server's own default hides issues."""
        params = [
            ("query", query),
            ("sort", sort),
            ("limit", str(limit)),
            *_span(start, end),
            *_environments(environments),
        ]
        number = await self._project_number(project, organization) if project else "-1"
        params += [("project", number)] + ([("cursor", cursor)] if cursor else [])
        path = await self._org_path(organization, "issues/")
        return await self._transport.get(
            path, params, Asked("the issue list", READ_EVENTS, "other"), replies.page(models.Issue)
        )

    async def _project_number(self, project: str, organization: str | None) -> str:
        """A project's number: older servers refuse slugs (sentry-api §2)."""
        if project.isdigit() or project == "-1":
            return project
        path = f"/api/0/projects/{await self._organization(organization)}/{segment(project)}/"
        asked = Asked(f"project {project}", ("project:read",), "other", "Check the project's slug and SENTRY_ORG.")
        found = await self._transport.get(path, (), asked, replies.one(models.Project))
        return found.id or project

    async def events(
        self,
        ref: IssueRef,
        *,
        environments: Sequence[str] = (),
        query: str | None = None,
        start: datetime | None = None,
        end: datetime | None = None,
        limit: int = 100,
        cursor: str | None = None,
    ) -> models.Page[models.EventRow]:
        """One page of an issue's events, newest first."""
        params = [("per_page", str(limit)), *_environments(environments)]
        params += [("query", query)] if query else []
        params += _span(start, end) if start and end else []
        params += [("cursor", cursor)] if cursor else []
        asked = Asked(f"the events of issue {ref.issue}", READ_EVENTS, "other", ISSUE_HINT)
        return await self._on_issue(ref, "events/", params, asked, replies.page(models.EventRow))

    async def event(self, ref: IssueRef, which: str, *, environments: Sequence[str] = ()) -> models.Event:
        """One whole event: ``latest``, ``oldest``, ``recommended`` or an id.

        Servers before 2023 have no ``recommended``: the latest stands in.
        """
        wanted = event_id(which)
        if wanted == "recommended" and self.abilities.lacks("recommended"):
            wanted = "latest"
        hint = "No event matches: retention may be over, or the environment has none."
        asked = Asked(f"event {wanted} of issue {ref.issue}", READ_EVENTS, "event", hint)
        params = _environments(environments)
        try:
            found = await self._on_issue(ref, f"events/{wanted}/", params, asked, replies.one(models.Event))
        except (NotFound, Unsupported, BadRequest):
            if wanted != "recommended" or self.abilities.known.get("recommended"):
                raise
            found = await self.event(ref, "latest", environments=environments)
            self.abilities.note("recommended", False)
            return found
        if wanted == "recommended":
            self.abilities.note("recommended", True)
        return found

    async def tags(self, ref: IssueRef) -> tuple[models.Tag, ...]:
        """Tag values of an issue over all time, the most frequent of each."""
        asked = Asked(f"the tags of issue {ref.issue}", READ_EVENTS, "tags")
        return await self._on_issue(ref, "tags/", (), asked, replies.many(models.Tag))

    async def notes(self, ref: IssueRef) -> tuple[models.Activity, ...]:
        """Comments on an issue."""
        asked = Asked(f"the comments of issue {ref.issue}", READ_EVENTS, "other")
        return await self._on_issue(ref, "notes/", (), asked, replies.many(models.Activity))

    # --- what happened, counted

    async def discover(
        self,
        fields: Sequence[str],
        *,
        query: str,
        start: datetime,
        end: datetime,
        project_id: str | None,
        environments: Sequence[str] = (),
        sort: str | None = None,
        limit: int = 100,
        dataset: str = "errors",
        organization: str | None = None,
    ) -> models.Table:
        """A Discover query. A server that does not know ``dataset`` is asked without it from then on."""
        path = await self._org_path(organization, "events/")
        asked = Asked("Discover", READ_ORG, "discover", "Discover may be switched off on this server or plan.")
        params = [("field", name) for name in fields]
        params += [("query", query), ("per_page", str(limit)), *_span(start, end), *_environments(environments)]
        params += [("project", project_id)] if project_id else []
        params += [("sort", sort)] if sort else []
        plain = self.abilities.lacks("dataset") and dataset == "errors"
        if plain:
            return await self._transport.get(path, params, asked, replies.table)
        try:
            found = await self._transport.get(path, [*params, ("dataset", dataset)], asked, replies.table)
        except BadRequest:
            if dataset != "errors" or self.abilities.known.get("dataset"):
                raise
            found = await self._transport.get(path, params, asked, replies.table)
            self.abilities.note("dataset", False)
            return found
        if dataset == "errors":
            self.abilities.note("dataset", True)
        return found

    async def latency(
        self,
        *,
        transactions: Sequence[str],
        start: datetime,
        end: datetime,
        project_id: str | None,
        organization: str | None = None,
    ) -> models.Latency:
        """p95 and count of transactions: from spans, else from the older forms (sentry-api §7.3).

        Raises:
            SentryError: none of the forms answered; the error of the first.
        """
        names = ", ".join(_quoted(name) for name in transactions)
        forms = (
            ("spans", "p95(span.duration)", f"is_transaction:true transaction:[{names}]", "of transaction roots"),
            ("transactions", "p95(transaction.duration)", f"event.type:transaction transaction:[{names}]", ""),
            ("discover", "p95(transaction.duration)", f"event.type:transaction transaction:[{names}]", ""),
        )
        failed: SentryError | None = None
        empty: models.Latency | None = None
        for dataset, p95, query, note in forms:
            if self.abilities.lacks(dataset):
                continue
            try:
                table = await self.discover(
                    ("transaction", p95, "count()"),
                    query=query,
                    start=start,
                    end=end,
                    project_id=project_id,
                    sort="-count()",
                    limit=max(5, len(transactions)),
                    dataset=dataset,
                    organization=organization,
                )
            except (BadRequest, Unsupported, ServerFault) as exc:
                self.abilities.note(dataset, False)
                failed = failed or exc
                continue
            found = replies.latency(table, p95, f"{p95} {note}".strip())
            if found.rows:
                self.abilities.note(dataset, True)
                return found
            empty = empty or found
            if self._settings.base_url == "https://sentry.io":
                break  # sentry.io takes no transactions any more: the older forms are empty there too
        if empty is None and failed is None:
            return await self._plain_latency(transactions, start, end, project_id, organization)
        if empty is None and failed is not None and self.abilities.lacks("dataset"):
            return await self._plain_latency(transactions, start, end, project_id, organization)
        if empty is not None:
            return empty
        raise failed or Unsupported("This server has no latencies.")

    async def _plain_latency(
        self,
        transactions: Sequence[str],
        start: datetime,
        end: datetime,
        project_id: str | None,
        organization: str | None,
    ) -> models.Latency:
        """The runbook's own query, for servers that know no dataset."""
        names = ", ".join(_quoted(name) for name in transactions)
        table = await self.discover(
            ("transaction", "p95(transaction.duration)", "count()"),
            query=f"has:transaction event.type:transaction transaction:[{names}]",
            start=start,
            end=end,
            project_id=project_id,
            sort="-count()",
            limit=max(5, len(transactions)),
            organization=organization,
        )
        return replies.latency(table, "p95(transaction.duration)", "p95(transaction.duration)", keep=transactions)

    async def series(
        self,
        axes: Sequence[str],
        *,
        query: str,
        start: datetime,
        end: datetime,
        interval_s: int,
        project_id: str | None,
        environments: Sequence[str] = (),
        organization: str | None = None,
    ) -> dict[str, models.Series]:
        """Time series of the errors dataset by axis; older servers answer by ``events-stats``.

        Raises:
            Unsupported: the server has neither, or answers in another resolution than asked.
        """
        common = [("query", query), *_span(start, end), *_environments(environments)]
        common += [("project", project_id)] if project_id else []
        common += [("yAxis", axis) for axis in axes]
        asked = Asked("the time series", READ_ORG, "discover", "Rates a minute stay unknown on this server.")
        if not self.abilities.lacks("events-timeseries"):
            path = await self._org_path(organization, "events-timeseries/")
            params = [*common, ("dataset", "errors"), ("interval", str(interval_s))]
            try:
                found = await self._transport.get(
                    path, params, asked, lambda reply: replies.timeseries(reply, axes, interval_s)
                )
            except (Unsupported, NotFound, BadRequest):
                if self.abilities.known.get("events-timeseries"):
                    raise
            else:
                self.abilities.note("events-timeseries", True)
                return found
        found = await self._stats(axes, common, interval_s, asked, organization)
        self.abilities.note("events-timeseries", False)
        return found

    async def _stats(
        self, axes: Sequence[str], common: Params, interval_s: int, asked: Asked, organization: str | None
    ) -> dict[str, models.Series]:
        if self.abilities.lacks("events-stats"):
            raise Unsupported("This server has no time series.", asked.hint)
        path = await self._org_path(organization, "events-stats/")
        params = [*common, ("interval", f"{interval_s}s" if interval_s % 60 else f"{interval_s // 60}m")]
        try:
            found = await self._transport.get(
                path, params, asked, lambda reply: replies.stats_series(reply, axes, interval_s)
            )
        except (Unsupported, NotFound):
            self.abilities.note("events-stats", False)
            raise
        self.abilities.note("events-stats", True)
        return found

    async def sessions(
        self, *, project_id: str | None, start: datetime, end: datetime, organization: str | None = None
    ) -> models.Sessions:
        """Release health by environment and hour. Servers before October 2025 do not know the unhandled rate."""
        asked = Asked("the sessions", READ_ORG, "other", "Release health may be switched off on this server.")
        path = await self._org_path(organization, "sessions/")
        if self.abilities.lacks("sessions"):
            raise Unsupported("This server has no sessions.", asked.hint)
        fields = ["sum(session)", "crash_rate(session)"]
        params = [("groupBy", "environment"), ("interval", "1h"), ("includeSeries", "1"), *_span(start, end)]
        params += [("project", project_id)] if project_id else []

        async def ask(names: Sequence[str]) -> models.Sessions:
            query = [("field", name) for name in names] + params
            has = "unhandled_rate(session)" in names
            return await self._transport.get(
                path, query, asked, lambda reply: replies.sessions(reply, has_unhandled_rate=has)
            )

        if self.abilities.lacks("unhandled_rate"):
            return await ask(fields)
        try:
            found = await ask([*fields, "unhandled_rate(session)"])
        except BadRequest:
            if self.abilities.known.get("unhandled_rate"):
                raise
            found = await ask(fields)
            self.abilities.note("unhandled_rate", False)
            return found
        except Unsupported:
            self.abilities.note("sessions", False)
            raise
        self.abilities.note("unhandled_rate", True)
        self.abilities.note("sessions", True)
        return found

    # --- releases, commits, alerts

    async def releases(
        self, project_id: str | None, *, limit: int = 20, organization: str | None = None
    ) -> tuple[models.Release, ...]:
        """The project's releases, newest first."""
        path = await self._org_path(organization, "releases/")
        params = [("per_page", str(limit))] + ([("project", project_id)] if project_id else [])
        return await self._transport.get(
            path, params, Asked("the releases", READ_RELEASES, "releases"), replies.many(models.Release)
        )

    async def release(self, version: str, *, organization: str | None = None) -> models.Release:
        """One release.

        Raises:
            NotFound: Sentry knows no such release.
        """
        path = await self._org_path(organization, f"releases/{segment(version)}/")
        asked = Asked("release", READ_RELEASES, "releases", "Create the release first, or check its version.")
        return await self._transport.get(path, (), asked, replies.one(models.Release))

    async def deploys(self, version: str, *, organization: str | None = None) -> tuple[models.Deploy, ...]:
        """Deploy markers of a release, newest first."""
        path = await self._org_path(organization, f"releases/{segment(version)}/deploys/")
        return await self._transport.get(
            path, (), Asked("the deploys", READ_RELEASES, "releases"), replies.many(models.Deploy)
        )

    async def committers(
        self, project: str, event: str, *, organization: str | None = None
    ) -> tuple[models.SuspectCommit, ...]:
        """Suspect commits of an event; Sentry answers 404 here when it simply found none."""
        within = f"/api/0/projects/{await self._organization(organization)}/{segment(project)}"
        path = f"{within}/events/{segment(event)}/committers/"
        asked = Asked("suspect commits", READ_EVENTS, "other", "Suspect commits stay unknown on this server.")
        if self.abilities.lacks("committers"):
            raise Unsupported("This server has no suspect commits.", asked.hint)
        try:
            found = await self._transport.get(path, (), asked, replies.one(models.Committers))
        except NotFound:
            self.abilities.note("committers", True)
            return ()
        except Unsupported:
            self.abilities.note("committers", False)
            raise
        self.abilities.note("committers", True)
        return found.suspects()

    async def workflows(
        self, project_id: str | None, *, organization: str | None = None
    ) -> tuple[models.Workflow, ...]:
        """Alert rules of the project and when each last fired."""
        path = await self._org_path(organization, "workflows/")
        params = [("project", project_id)] if project_id else []
        return await self._transport.get(
            path, params, Asked("the alerts", ("alerts:read", "org:read")), replies.many(models.Workflow)
        )

    # --- writing

    async def update_issue(self, ref: IssueRef, body: Mapping[str, object]) -> models.Issue:
        """Change an issue, once.

        Raises:
            TimedOut, Unreachable, ServerFault: unclear whether it was changed: read it back.
            SentryError: it was not changed.
        """
        asked = Asked(f"a change of issue {ref.issue}", WRITE_EVENTS, "issue", ISSUE_HINT)
        return await self._transport.write(
            "PUT", await self._writing_path(ref, ""), dict(body), asked, replies.one(models.Issue)
        )

    async def add_note(self, ref: IssueRef, text: str) -> models.Activity:
        """Comment on an issue, once. GlitchTip wants another place and body.

        Raises:
            as :meth:`update_issue`.
        """
        asked = Asked(f"a comment on issue {ref.issue}", WRITE_EVENTS, "issue", ISSUE_HINT)
        parse = replies.one(models.Activity)
        if self.abilities.lacks("notes"):
            path = await self._writing_path(ref, "comments/")
            return await self._transport.write("POST", path, {"data": {"text": text}}, asked, parse)
        try:
            found = await self._transport.write(
                "POST", await self._writing_path(ref, "notes/"), {"text": text}, asked, parse
            )
        except Unsupported:
            if self.abilities.known.get("notes"):
                raise
            # A page or a 404 without words: nothing there took the comment, so this is no repetition.
            path = await self._writing_path(ref, "comments/")
            found = await self._transport.write("POST", path, {"data": {"text": text}}, asked, parse)
            self.abilities.note("notes", False)
            return found
        self.abilities.note("notes", True)
        return found

    async def _writing_path(self, ref: IssueRef, tail: str) -> str:
        if self.abilities.lacks("org_issues"):
            return f"/api/0/issues/{segment(ref.issue)}/{tail}"
        return await self._org_path(ref.organization, f"issues/{segment(ref.issue)}/{tail}")

    # --- who and where

    async def whoami(self) -> models.Whoami:
        """The token's scopes: ``GET /api/0/``; None where a server does not tell them."""
        return await self._transport.get("/api/0/", (), Asked("the API's root", ()), replies.one(models.Whoami))

    async def organizations(self) -> tuple[models.Organization, ...]:
        """Organizations that the token sees."""
        asked = Asked("the organizations", READ_ORG)
        return await self._transport.get("/api/0/organizations/", (), asked, replies.many(models.Organization))

    async def organization(self, slug: str | None = None) -> models.Organization:
        """One organization."""
        path = await self._org_path(slug, "")
        name = slug or self._settings.organization or ""
        asked = Asked(f"organization {name}", READ_ORG, "other", "Check SENTRY_ORG: it is the slug in Sentry's URLs.")
        return await self._transport.get(path, (), asked, replies.one(models.Organization))

    async def projects(self, organization: str | None = None) -> tuple[models.Project, ...]:
        """The organization's projects."""
        path = await self._org_path(organization, "projects/")
        return await self._transport.get(path, (), Asked("the projects", READ_ORG), replies.many(models.Project))

    async def environments(self, organization: str | None = None) -> tuple[str, ...]:
        """Names of the organization's environments."""
        path = await self._org_path(organization, "environments/")
        found = await self._transport.get(path, (), Asked("the environments", READ_ORG), replies.anything)
        rows = found if isinstance(found, list) else []
        return tuple(row["name"] for row in rows if isinstance(row, dict) and isinstance(row.get("name"), str))


def _span(start: datetime, end: datetime) -> list[tuple[str, str]]:
    """Explicit start and end: reproducible in a postmortem, where a relative period is not."""
    return [
        ("start", f"{start.astimezone(UTC):%Y-%m-%dT%H:%M:%S}"),
        ("end", f"{end.astimezone(UTC):%Y-%m-%dT%H:%M:%S}"),
    ]


def _environments(names: Sequence[str]) -> list[tuple[str, str]]:
    return [("environment", name) for name in names]


def _quoted(text: str) -> str:
    """A value inside a search query; quotes are escaped, a star is no wildcard."""
    if len(text) > 500 or not text.isprintable():
        raise BadInput("A transaction name cannot be searched for.", "Open the transaction in Sentry instead.")
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("*", "\\*") + '"'
