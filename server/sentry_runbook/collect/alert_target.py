"""Resolves what a responder was sent: the link of an alert, a monitor, a check, a release, a trace; or an alert's name.

At most 3 requests in 2 rounds, whatever it is (each module says its own); they need nothing of what the caller asks
meanwhile, so that :func:`resolve_target` can be one entry of the caller's first batch. An issue stream, and any page
that only says where and when to look, needs none. A server from before workflows (2025) is learned by the first call:
that one sends up to 2 more.

What is not known stays out and is named in ``missing``. A link whose alert does not exist is an error, and so is one
that says nothing by itself when its alert cannot be read: a scope is never guessed.
"""

from __future__ import annotations

from sentry_runbook.collect.alert_target_alerts import resolve_alert
from sentry_runbook.collect.alert_target_crons import resolve_cron
from sentry_runbook.collect.alert_target_data import resolve_issue, resolve_page, resolve_release, resolve_trace
from sentry_runbook.collect.alert_target_names import resolve_name
from sentry_runbook.collect.alert_target_parts import Resolution
from sentry_runbook.collect.alert_target_text import AlertName, read_alert
from sentry_runbook.collect.alert_target_uptime import resolve_uptime
from sentry_runbook.incident.model.evidence.alert_target import AlertTarget, TargetKind
from sentry_runbook.incident.model.evidence.json_values import AHEAD
from sentry_runbook.runtime import Runtime
from sentry_runbook.safety.sanitizer import Sanitizer
from sentry_runbook.sentry.ids import IssueRef
from sentry_runbook.sentry.other_pages import PageLink

NOTHING = PageLink(page="")
"""The link of what was given without one."""


async def resolve_target(run: Runtime, text: str) -> AlertTarget:
    """Where, when and for what to look, for the alert that the text names.

    Args:
        run: the runtime of the call.
        text: a link of the configured Sentry (also as chats write it), an issue, ``trace:ID``, or an alert's name.

    Raises:
        BadInput: a link of another host (nothing is sent there), nothing that can be read, or a name that none or
            several have.
        SentryError: what it names does not exist, or cannot be read and its link says nothing by itself.
    """
    given = read_alert(text, run.settings.base_url)
    made = _begun(run, given)
    async with made.client.call(run.settings.limits.call_s):
        if isinstance(given, AlertName):
            return await resolve_name(made, given)
        if isinstance(given, IssueRef):
            target = await resolve_issue(made, given)
            return target.model_copy(update={"organization": given.organization})
        return await _of_link(made)


def target_in_text(run: Runtime, text: str) -> AlertTarget:
    """What the text itself says of where and when to look, without a request: for what is asked meanwhile.

    Raises:
        BadInput: as :func:`resolve_target`, but for what only Sentry knows.
    """
    given = read_alert(text, run.settings.base_url)
    made = _begun(run, given)
    if isinstance(given, PageLink) and (given.name is None or given.name.kind == "issues"):
        return resolve_page(made)
    name = given.name.kind if isinstance(given, PageLink) and given.name is not None else None
    kind: TargetKind = "release" if name == "release" else "trace" if name == "trace" else "alert"
    target = made.target(kind, kind)
    return target.model_copy(update={"organization": given.organization}) if isinstance(given, IssueRef) else target


def most_requests(run: Runtime, text: str) -> int:
    """How many requests :func:`resolve_target` sends at the most, once it is known what the server can."""
    given = read_alert(text, run.settings.base_url)
    return 4 if isinstance(given, AlertName) and given.is_slug else 3


def _begun(run: Runtime, given: IssueRef | PageLink | AlertName) -> Resolution:
    now = run.clock()
    return Resolution(
        client=run.client(),
        sanitizer=Sanitizer(mask=run.settings.mask, latest=now + AHEAD),
        link=given if isinstance(given, PageLink) else NOTHING,
        now=now,
    )


async def _of_link(made: Resolution) -> AlertTarget:
    page = made.link.name
    if page is None or page.kind == "issues":
        return resolve_page(made)
    if page.kind == "cron":
        return await resolve_cron(made, page)
    if page.kind == "uptime":
        return await resolve_uptime(made, page)
    if page.kind == "release":
        return await resolve_release(made, page)
    if page.kind == "trace":
        return await resolve_trace(made, page)
    return await resolve_alert(made, page)
