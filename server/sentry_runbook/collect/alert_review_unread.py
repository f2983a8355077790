"""Which alerts, monitors and rules a review could not read, and what that means, in words for the reader."""

from __future__ import annotations

from sentry_runbook.collect.alert_review_lists import ALERTS, BEFORE_2026, MONITORS, AlertLists
from sentry_runbook.errors import SentryError
from sentry_runbook.sentry.status_errors import ENDPOINT_MISSING

GONE = 410
NOT_LISTED = (
    "this server no longer lists them ({}): one that did not become an alert does not fire, and cannot be seen from "
    "here. Compare the alerts in Sentry with those that you expect"
)
BROWN_OUT = "Sentry answers so for hours at a time while it retires them: another day they may be listed"


def note_unread_lists(lists: AlertLists) -> None:
    """Note what of the lists is not known; a list that a server of its age does not have is no gap."""
    scope = lists.scope
    for listed in lists.asked():
        if listed.error is not None:
            _note_error(lists, f"further ones of {listed.what}" if listed.pages else listed.what, listed.error)
        elif listed.has_more:
            scope.lacks(f"further ones of {listed.what}", f"only the first {len(listed.rows)} are read")
    if lists.projects.error is not None:
        scope.lacks(lists.projects.what, lists.projects.error)
    if lists.leaves_projects():
        why = f"this server lists them by project, and {len(lists.of_projects)} projects are asked: name a project"
        scope.lacks("the alerts of further projects", why)
    for project, result in lists.of_projects.items():
        # Of a server with alerts of today the list of all rules said it already.
        if result.error is not None and not (lists.has_today and isinstance(result.error, ENDPOINT_MISSING)):
            scope.lacks(f"the alerts of project {scope.name(project)}", result.error)


def _note_error(lists: AlertLists, what: str, error: SentryError) -> None:
    is_missing = isinstance(error, ENDPOINT_MISSING)
    if is_missing and (lists.scope.is_glitchtip or (lists.has_today is False and what in (ALERTS, MONITORS))):
        return
    if not is_missing or what != BEFORE_2026:
        lists.scope.lacks(what, error)
    elif lists.has_today is not False:
        why = NOT_LISTED.format(error.status or "no such endpoint")
        lists.scope.lacks(what, f"{why}. {BROWN_OUT}" if error.status == GONE else why)
