"""The checks of ``doctor``, in order; the later ones need the earlier ones."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from sentry_runbook.collect import STORY, investigate, search_issues, story_window
from sentry_runbook.collect.issue_search import ALL_PROJECTS
from sentry_runbook.commands.alert_checks import alert_checks
from sentry_runbook.commands.doctor_check import CheckState, DoctorCheck
from sentry_runbook.commands.token_checks import INTEGRATION, kind_of_token, scope_checks
from sentry_runbook.errors import Forbidden, RunbookError, SentryError
from sentry_runbook.incident.environments import named_list, placeholders
from sentry_runbook.incident.model.results.issue import IssueList
from sentry_runbook.incident.window import parse_window
from sentry_runbook.runtime import Runtime
from sentry_runbook.safety.sanitizer import Sanitizer
from sentry_runbook.safety.text import NAME
from sentry_runbook.sentry.account import Project
from sentry_runbook.sentry.http import Transport
from sentry_runbook.sentry.messages import RequestInfo

__all__ = ["INTEGRATION", "DoctorCheck", "checks", "next_step"]

MOST_REQUESTS = 75
"""Of all checks together (a test counts them); some 35 on a server of today."""
SKEW = timedelta(seconds=60)
"""Minutes are what the runbook counts; a clock that is off by one is off."""
LOOKED_BACK = "14d"
JOIN = "Add the token's person or integration to a team of the project (its settings → Project Teams)."


async def checks(run: Runtime) -> AsyncIterator[DoctorCheck]:
    """All checks; they end early where the rest would only repeat the same failure.

    Requests: :data:`MOST_REQUESTS` at most, most of them what a triage and a postmortem ask.
    """
    for check in _local_checks(run):
        yield check
    token = run.settings.token
    if token is None:
        yield DoctorCheck.of(run.settings.missing_token()).called("token")
        return
    yield kind_of_token(token, run.settings.sources.get("token")).called("token")
    try:
        async with run.client().call(run.settings.limits.call_s):
            who = await run.client().whoami()
    except RunbookError as exc:
        yield DoctorCheck.of(exc).called("server")
        return
    yield DoctorCheck("ok", f"{run.settings.base_url} answers{run.settings.named_by('base_url')}.", name="server")
    for check in scope_checks(who.scopes, run.settings):
        yield check.called("scopes")
    yield (await _clock(run)).called("clock")
    async for check in _organization_and_project(run):
        yield check
        if check.fatal:
            return
    if run.client().server == "glitchtip":
        yield DoctorCheck("note", IS_GLITCHTIP, name="server_kind")
    async for check in alert_checks(run):
        yield check
    yield (await _main_job(run)).called("triage")


def next_step(results: Sequence[DoctorCheck], *, demo: bool = False) -> str:
    """The one thing to do next: what stops all, else what is wrong, else a first question to the assistant."""
    wrong = [check for check in results if check.state == "bad"]
    first = next((check for check in (*(one for one in wrong if one.fatal), *wrong)), None)
    if first is not None:
        return first.fix or first.what
    issue = next((check.issue for check in results if check.issue), "")
    if issue and demo:
        return f"Triage an issue of the demo: sentry-runbook triage {issue} --demo"
    if issue:
        return f"Ask your assistant: triage {issue}"
    return "Connect your assistant: sentry-runbook init"


IS_GLITCHTIP = (
    "This server is GlitchTip, not Sentry: what it lacks is listed below; searches and periods are applied here where "
    "it ignores them."
)


def _local_checks(run: Runtime) -> Iterator[DoctorCheck]:
    """The checks that need no request."""
    for warning in run.settings.warnings:
        yield DoctorCheck("note", warning, name="settings")
    yield DoctorCheck("ok", f"Policy: {run.policy.title}; {len(run.templates)} templates.", name="policy")


async def _clock(run: Runtime) -> DoctorCheck:
    """This machine's clock against the Date that the server sends."""
    transport = Transport(run.settings, run.http_transport)
    try:
        reply = await transport.exchange("GET", f"{run.settings.base_url}/api/0/", RequestInfo("the API's root"))
    finally:
        await transport.aclose()
    date = None if isinstance(reply, SentryError) else _moment(reply.headers.get("date", ""))
    if date is None:
        return DoctorCheck("note", "The server tells no time: this machine's clock could not be compared.")
    skew = run.clock() - date
    seconds = round(abs(skew).total_seconds())
    if abs(skew) <= SKEW:
        return DoctorCheck("ok", f"This machine's clock agrees with the server's ({seconds} s).")
    way = "ahead of" if skew > timedelta() else "behind"
    return DoctorCheck(
        "bad",
        f"This machine's clock is {seconds:,} s {way} the server's: windows and deadlines would be wrong.",
        "Set it, best by NTP.",
    )


def _moment(date: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(date)
    except (ValueError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


async def _organization_and_project(run: Runtime) -> AsyncIterator[DoctorCheck]:
    """Organization and project."""
    client, settings = run.client(), run.settings
    try:
        if settings.organization:
            await client.organization()
            named = f"Organization {settings.organization}{settings.named_by('organization')}."
            yield DoctorCheck("ok", named, name="organization")
        else:
            slugs = [known.slug for known in await client.organizations() if known.slug]
            yield _only(slugs).called("organization")
            if len(slugs) != 1:
                return
    except RunbookError as exc:
        yield DoctorCheck.of(exc).called("organization")
        return
    try:
        projects = await client.projects()
    except RunbookError as exc:
        # A triage can do without the list.
        yield DoctorCheck("bad", exc.what, exc.fix, name="project")
        return
    yield (await _project(run, projects)).called("project")
    yield (await _environments(run, projects)).called("environments")


async def _environments(run: Runtime, projects: Sequence[Project]) -> DoctorCheck:
    """What counts as production, by the policy, and what does not."""
    client, project = run.client(), run.settings.project
    try:
        number = next((listed.id for listed in projects if project in (listed.slug, listed.id)), None)
        names = (await client.environments(project_id=number if project else None)).items
    except RunbookError as exc:
        return DoctorCheck("note", f"What counts as production could not be checked: {exc.what}")
    sanitizer = Sanitizer(mask=run.settings.mask)
    production, others = (
        [sanitizer.line(name, NAME, "environment") for name in sorted(names) if run.policy.is_production(name) is is_it]
        for is_it in (True, False)
    )
    rule = f"[production] environments of {run.policy.title}"
    facts = {"production": production, "others": others, "rule": rule, "pattern": run.policy.production.environments}
    if production:
        rest = f"; not production: {named_list(others)}" if others else ""
        state: CheckState = "note" if placeholders(others) else "ok"
        return DoctorCheck(state, f"Production: {named_list(production)}{rest}. Decided by {rule}.", facts=facts)
    if not others and all(listed.is_closed for listed in projects):
        return DoctorCheck("note", "What counts as production could not be checked: the token sees no environment.")
    if not others:
        return DoctorCheck("note", "Sentry has seen no environment yet: events without one count as production.")
    return DoctorCheck(
        "bad",
        f"No environment is called production by the policy: {named_list(others)}. None is taken for staging then.",
        "Name the one that is in a policy file: [production] environments = '^NAME$', and set SENTRY_RUNBOOK_POLICY.",
        facts=facts,
    )


def _only(slugs: list[str]) -> DoctorCheck:
    if len(slugs) == 1:
        return DoctorCheck("ok", f"Organization {slugs[0]}, the only one that the token sees.")
    count = f"sees {len(slugs)} ({', '.join(slugs[:5])})" if slugs else "sees none"
    return DoctorCheck("bad", f"No organization is set, and the token {count}.", "Set SENTRY_ORG.", fatal=True)


async def _project(run: Runtime, known: Sequence[Project]) -> DoctorCheck:
    """The default project among those that there are."""
    if not known:
        return DoctorCheck("bad", "The token sees no project.", JOIN, fatal=True)
    project, names = run.settings.project, _named(known)
    closed = [listed for listed in known if listed.is_closed]
    if project is None:
        beside = f"; Sentry calls closed to it: {_named(closed)}" if closed else ""
        sees = f"No default project; the token sees {len(known)}: {names}{beside}."
        return DoctorCheck("note", sees, JOIN if closed else "")
    if any(project in (listed.slug, listed.id) for listed in closed):
        return await _closed(run, project)
    if any(project in (listed.slug, listed.id) for listed in known):
        return DoctorCheck("ok", f"Project {project}{run.settings.named_by('project')}.")
    return DoctorCheck("bad", f"There is no project {project}.", f"Set SENTRY_PROJECT to one of {names}.")


def _named(projects: Sequence[Project]) -> str:
    more = f" and {len(projects) - 5} more" if len(projects) > 5 else ""
    return ", ".join(listed.name for listed in projects[:5]) + more


async def _closed(run: Runtime, project: str) -> DoctorCheck:
    """The default project, where Sentry calls it closed: an integration may read it all the same (sentry-api §17)."""
    try:
        await _latest(run, project)
    except Forbidden:
        return DoctorCheck("bad", f"The token may not read project {project}.", JOIN)
    except RunbookError as exc:
        return DoctorCheck("note", f"Project {project}: Sentry calls it closed to this token. {exc.what}", JOIN)
    return DoctorCheck("ok", f"Project {project}: Sentry calls it closed, and the token may read it all the same.")


async def _main_job(run: Runtime) -> DoctorCheck:
    """All that a triage and a postmortem ask, for the issue seen last."""
    try:
        latest = await _latest(run)
        if not latest.issues:
            return _nothing_found(latest)
        began = run.clock()
        evidence = await investigate(run, latest.issues[0].short_id, STORY, window_for=story_window)
    except RunbookError as exc:
        return DoctorCheck.of(exc)
    took = (run.clock() - began).total_seconds()
    works = f"Triage works: all about {evidence.issue.name} in {took:.1f} s."
    return DoctorCheck("ok", works, issue=evidence.issue.name)


def _nothing_found(latest: IssueList) -> DoctorCheck:
    """No issue to try: there is none, or there are projects that the token's user may not read."""
    closed = ", ".join((latest.scope.not_searched or ())[:5])
    if not closed:
        return DoctorCheck("note", f"No unresolved issue in {LOOKED_BACK}: what this Sentry can answer was not tried.")
    if any(entry.what == "issues" for entry in latest.missing):
        return DoctorCheck("bad", f"The token may read none of the projects ({closed}).", JOIN, fatal=True)
    return DoctorCheck("bad", f"No unresolved issue in {LOOKED_BACK} where the token may read; not in {closed}.", JOIN)


async def _latest(run: Runtime, project: str | None = None) -> IssueList:
    """The issue seen last, of a project or of all."""
    now = run.clock()
    return await search_issues(
        run,
        query="is:unresolved",
        # A wrong default project keeps no triage from running: an issue's own project always wins.
        project=project or ALL_PROJECTS,
        environment=None,
        sort="date",
        window=parse_window(LOOKED_BACK, None, None, now=now, default=timedelta()),
        limit=1,
        cursor=None,
    )
