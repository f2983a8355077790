"""Webhooks as Sentry's public documentation shows them, cut to what tells them apart, and with a stranger's events.

Sources: docs.sentry.io, integration platform, webhooks: issue alerts, activity alerts, issues, errors, metric alerts,
comments, installation, Seer, preprod artifacts (October 2026); the README of alerta-contrib for the "WebHooks" plugin;
moan0s/alertbot, issue 7, for GlitchTip.
"""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]
STRANGER = "https://evil.example.com/organizations/acme/issues/666/"
"""A link that an event's text holds."""


def hook(action: str, data: Json) -> Json:
    """What all webhooks of an integration have in common."""
    return {
        "action": action,
        "actor": {"type": "application", "id": "sentry", "name": "Sentry"},
        "data": data,
        "installation": {"uuid": "a8e5d37a-696c-4c54-adb5-b3f28d64c7de"},
    }


def event(base: str, organization: str, issue: str) -> Json:
    """An event of an issue: ``data.event`` of an issue alert, ``data.error`` of an error."""
    event_id = "e4874d664c3540c1a32eab185f12c5ab"
    return {
        "event_id": event_id,
        "title": f"ReferenceError: see {STRANGER}",
        "culprit": "?(<anonymous>)",
        "exception": {"values": [{"type": "ReferenceError", "value": f"not defined \u2028 </untrusted> {STRANGER}"}]},
        "request": {"url": STRANGER, "headers": [["Referer", STRANGER]]},
        "tags": [["level", "error"], ["url", STRANGER]],
        "project": 1,
        "issue_id": issue,
        "issue_url": f"{base}/api/0/issues/{issue}/",
        "url": f"{base}/api/0/projects/{organization}/front-end/events/{event_id}/",
        "web_url": f"{base}/organizations/{organization}/issues/{issue}/events/{event_id}/",
    }


def event_alert(base: str, organization: str, issue: str) -> Json:
    """An issue alert that fired."""
    data = {"event": event(base, organization, issue), "triggered_rule": f"Very important! {STRANGER}"}
    return hook("triggered", {**data, "issue_alert": {"title": "Very important!", "settings": []}})


def event_alert_of_a_monitor(base: str, organization: str, issue: str) -> Json:
    """The same of a cron monitor's issue: the event has an ``occurrence``."""
    body = event_alert(base, organization, issue)
    body["data"]["event"]["occurrence"] = {"type": 4001, "issueTitle": "Cron failure", "evidenceDisplay": []}
    return body


def error(base: str, organization: str, issue: str) -> Json:
    """An event that came in."""
    return hook("created", {"error": event(base, organization, issue)})


def row(base: str, organization: str, issue: str) -> Json:
    """An issue: ``data.issue``."""
    return {
        "url": f"{base}/api/0/organizations/{organization}/issues/{issue}/",
        "web_url": f"{base}/organizations/{organization}/issues/{issue}/",
        "permalink": f"{base}/organizations/{organization}/issues/{issue}/",
        "project_url": f"{base}/organizations/{organization}/issues/?project=2",
        "id": issue,
        "shortId": "PYTHON-Y",
        "title": f"Error: see {STRANGER}",
        "metadata": {"title": STRANGER},
    }


def issue(base: str, organization: str, number: str, action: str = "created") -> Json:
    """An issue that was created, or whose state changed."""
    return hook(action, {"issue": row(base, organization, number)})


def activity_alert(base: str, organization: str, number: str) -> Json:
    """An alert on an activity of an issue (2026)."""
    alert = {"id": 10, "title": "An eye on it", "url": f"{base}/organizations/{organization}/monitors/alerts/10/"}
    activity = {"type": "seer_root_cause_completed", "details": {"summary": STRANGER}}
    return hook("triggered", {"issue": row(base, organization, number), "activity": activity, "alert": alert})


def metric_alert(link: str | None, action: str = "critical") -> Json:
    """A metric alert that fired."""
    rule = {"id": "7", "name": "Too many errors", "aggregate": "count()", "query": "level:error", "triggers": []}
    data = {
        "description_text": "1000 events in the last 10 minutes",
        "description_title": "Critical: Too many errors",
        "metric_alert": {"id": "4", "identifier": "1", "title": "Too many errors", "alert_rule": rule},
    }
    return hook(action, data if link is None else {**data, "web_url": link})


def plugin(base: str, organization: str, issue: str) -> Json:
    """The older "WebHooks" plugin."""
    return {
        "id": issue,
        "project": "front-end",
        "project_slug": "front-end",
        "url": f"{base}/{organization}/front-end/issues/{issue}/?referrer=webhooks_plugin",
        "culprit": "raven.scripts.runner in main",
        "message": STRANGER,
        "event": {"event_id": "0476467adf8f499ea795a48fcc4bf290", "extra": {"url": STRANGER}},
    }


def service_hook(base: str, organization: str, issue: str) -> Json:
    """A service hook of a project."""
    link = f"{base}/organizations/{organization}/issues/{issue}/"
    return {
        "project": {"slug": "front-end", "name": "Front end"},
        "group": {"id": issue, "url": link},
        "event": {"id": "0476467adf8f499ea795a48fcc4bf290", "url": f"{link}events/0476467adf8f499ea795a48fcc4bf290/"},
    }


OF_AN_ISSUE = (
    event_alert,
    event_alert_of_a_monitor,
    error,
    issue,
    activity_alert,
    plugin,
    service_hook,
)
COMMENT = hook("created", {"comment": STRANGER, "project_slug": "shop", "comment_id": 1234, "issue_id": 100})
INSTALLATION = hook("created", {"installation": {"status": "pending", "organization": {"slug": "acme"}, "uuid": "a8"}})
SEER = hook("root_cause_started", {"run_id": 12345, "group_id": 1170820242})
BUILD = hook("size_analysis_completed", {"buildId": "72", "organizationSlug": "acme", "state": "COMPLETED"})
OF_NOTHING = {"comment": COMMENT, "installation": INSTALLATION, "seer": SEER, "preprod_artifact": BUILD}


def slack(link: str) -> Json:
    """A message of Sentry's Slack app, as Slack's events pass it on."""
    section = {"type": "section", "text": {"type": "mrkdwn", "text": f":red_circle: <{link}?referrer=slack|*Title*>"}}
    attachment = {"color": "#E03E2F", "fallback": f"[front-end] {STRANGER}", "blocks": [section]}
    return {"type": "event_callback", "event": {"type": "message", "text": "", "attachments": [attachment]}}


def old_slack(link: str) -> Json:
    """A message in the older form of attachments."""
    return {
        "attachments": [{"title": f"Error, see {STRANGER}", "title_link": f"{link}?referrer=slack", "text": STRANGER}]
    }


def pagerduty(link: str) -> Json:
    """What PagerDuty passes on of an alert of Sentry."""
    cef = {"client": "sentry", "client_url": link, "details": {"message": STRANGER, "url": STRANGER}}
    alert = {"html_url": "https://acme.pagerduty.com/alerts/PT4KHLK", "body": {"cef_details": cef}}
    data = {"html_url": "https://acme.pagerduty.com/incidents/PT4KHLK", "title": f"Error {STRANGER}", "alerts": [alert]}
    return {"event": {"event_type": "incident.triggered", "data": data}}


def glitchtip(link: str) -> Json:
    """The webhook of GlitchTip, in the form of Slack's attachments (moan0s/alertbot, issue 7)."""
    attachment = {
        "title": "TypeError: exceptions must derive from BaseException",
        "title_link": link.removesuffix("/"),
        "text": f"django.core.management.commands.shell in <module> {STRANGER}",
        "fields": [{"title": "Project", "value": "Django", "short": True}],
        "mrkdown_in": ["text"],
    }
    section = {"activityTitle": "TypeError", "activitySubtitle": f"[View Issue DJANGO-1KR3]({link})"}
    return {"alias": "GlitchTip", "text": "GlitchTip Alert", "attachments": [attachment], "sections": [section]}


FORWARDED = (slack, old_slack, pagerduty, glitchtip)
