"""What a webhook of Sentry asks to be triaged: its JSON → an issue, an alert, or nothing. Pure.

Sentry sends one form for each resource (`integration platform webhooks`_): ``event_alert``, ``activity_alert``,
``issue``, ``error``, ``metric_alert``, ``comment``, ``installation``, ``seer``, ``preprod_artifact``; the older
"WebHooks" plugin has one of its own. The header ``Sentry-Hook-Resource`` names the resource; the keys of the body tell
it as well, so that the body alone is enough: :data:`FORMS`. What other services pass on is :mod:`.forwarded_links`.

Whatever stands in the body was written by a stranger, even where the signature is right: it holds events. So no more
is taken of it than the links to the issue and its number. The links go through the reader of pasted links, which
refuses those of another host, and all must name the same issue.

.. _integration platform webhooks: https://docs.sentry.io/integrations/integration-platform/webhooks/
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from sentry_runbook.errors import BadInput
from sentry_runbook.sentry.forwarded_links import forwarded_links
from sentry_runbook.sentry.ids import NUMERIC, IssueRef, issue_of
from sentry_runbook.sentry.issue_urls import reference_of_url
from sentry_runbook.sentry.other_pages import NamesNoIssue

Body = Mapping[str, object]
LONGEST_LINK = 2_000
MOST_NAMED = 5
ISSUE_LINKS = ("web_url", "permalink", "issue_url", "url")
"""Where an issue has its links."""
EVENT_LINKS = ("web_url", "issue_url")
"""Where an event has them; its ``url`` names the event and not the issue."""
OVER: Mapping[str, str] = {"resolved": "resolved", "archived": "archived", "ignored": "archived"}
"""Actions that end an incident → the word for it."""


@dataclass(frozen=True)
class WebhookIssue:
    """The webhook is about an issue.

    Attributes:
        issue: its number or short id, behind its organization where a link names one: ``acme/6114575469``.
    """

    issue: str


@dataclass(frozen=True)
class WebhookAlert:
    """The webhook is about an alert that names no issue, or about several issues: the situation answers it.

    Attributes:
        alert: the alert's link; None where there are several issues.
        issues: these, the first ones; empty for an alert.
    """

    alert: str | None
    issues: tuple[str, ...] = ()


@dataclass(frozen=True)
class NothingToTriage:
    """The webhook tells of nothing that is to be triaged.

    Attributes:
        why: what it tells of, as a sentence.
    """

    why: str


Subject = WebhookIssue | WebhookAlert | NothingToTriage


def subject_of(body: Body, base_url: str) -> Subject:
    """What is to be triaged.

    Args:
        body: of the webhook, or what another service passed on of it.
        base_url: the configured Sentry.

    Raises:
        BadInput: a link of another host, several issues, or nothing that names an issue or an alert.
    """
    data = body.get("data")
    if isinstance(data, Mapping) and "action" in body:
        form = next((form for form in FORMS if form.key in data), None)
        if form is None:
            raise BadInput("The webhook is of a kind that is not known: it names no issue and no alert.", KNOWN)
        over = OVER.get(str(body.get("action")))
        return form.read(data, base_url) if over is None else NothingToTriage(f"{form.what} was {over}.")
    if "project" in body and (_is_object(body.get("event")) or _is_object(body.get("group"))):
        group = body.get("group")
        return _issue(group if isinstance(group, Mapping) else body, ISSUE_LINKS, ("id",), base_url)
    return _forwarded(body, base_url)


def _forwarded(body: Body, base_url: str) -> Subject:
    links = forwarded_links(body, base_url)
    issues = [link.issue for link in links if link.issue is not None]
    if not links:
        raise BadInput(f"The body names no issue and no alert of {base_url}.", KNOWN)
    if not issues:
        return WebhookAlert(links[0].url)
    if len(issues) > 1:
        # GlitchTip tells of up to three issues at once; and a stranger's link in a message costs no more than this.
        return WebhookAlert(None, tuple(issue.issue for issue in issues[:MOST_NAMED]))
    return _named(issues)


# --- the forms


def _event(key: str) -> Callable[[Body, str], Subject]:
    return lambda data, base_url: _issue(_object(data, key), EVENT_LINKS, ("issue_id",), base_url)


def _of_issue(data: Body, base_url: str) -> Subject:
    return _issue(_object(data, "issue"), ISSUE_LINKS, ("id",), base_url)


def _metric_alert(data: Body, base_url: str) -> Subject:
    link = _link(data, "web_url")
    if link is None:
        raise BadInput("The webhook is of a metric alert, and has no link to it (data.web_url).", KNOWN)
    # As it should; a link that names an issue, as of a metric monitor's, is taken as well.
    with suppress(NamesNoIssue):
        reference_of_url(link, base_url)
    return WebhookAlert(link)


def _nothing(why: str) -> Callable[[Body, str], Subject]:
    return lambda data, base_url: NothingToTriage(why)


@dataclass(frozen=True)
class WebhookForm:
    """A resource that Sentry sends webhooks of.

    Attributes:
        resource: its name in ``Sentry-Hook-Resource``.
        key: of ``data``, by which the form is told.
        what: what it tells of.
        read: makes the subject of ``data``.
    """

    resource: str
    key: str
    what: str
    read: Callable[[Body, str], Subject]


FORMS = (
    WebhookForm("metric_alert", "metric_alert", "A metric alert", _metric_alert),
    WebhookForm("event_alert", "event", "An event", _event("event")),
    WebhookForm("error", "error", "An event", _event("error")),
    # `issue` and `activity_alert`, which has an `activity` and an `alert` beside the issue
    WebhookForm("issue", "issue", "An issue", _of_issue),
    WebhookForm("comment", "comment_id", "A comment", _nothing("Somebody commented on an issue.")),
    WebhookForm("seer", "group_id", "Seer's analysis", _nothing("Seer tells how its analysis of an issue goes on.")),
    WebhookForm(
        "installation", "installation", "The integration", _nothing("The integration was installed or removed.")
    ),
    WebhookForm("preprod_artifact", "buildId", "A build", _nothing("A build of a mobile app was processed.")),
)
"""The first whose key ``data`` has."""
KNOWN = (
    "Hand over the body of a webhook of Sentry (issue alert, metric alert, issue, error), or a message that holds the "
    "link of the issue or alert."
)


# --- the issue


def _issue(thing: Body, links: Sequence[str], numbers: Sequence[str], base_url: str) -> WebhookIssue:
    """The issue that all links and numbers name.

    Raises:
        BadInput: there is none, they name several, or a link is of another host.
    """
    read = [reference_of_url(link, base_url) for key in links if (link := _link(thing, key)) is not None]
    number = next((found for key in numbers if (found := _number(thing.get(key))) is not None), None)
    if number is not None:
        read.append(IssueRef(number))
    if not read:
        raise BadInput("The webhook names no issue: it has neither a link to one nor its number.", KNOWN)
    for what, named in _different(read):
        if len(named) > 1:
            raise BadInput(
                f"The webhook names several {what} ({', '.join(named)}); nothing was asked of Sentry.", KNOWN
            )
    return _named(read)


def _different(references: Sequence[IssueRef]) -> Iterator[tuple[str, Sequence[str]]]:
    """What references to one issue must agree on; a number and a word for the same cannot be compared here."""
    issues = [reference for reference in references if not reference.is_event]
    slugs = [slug for reference in references if (slug := reference.organization) and not NUMERIC.fullmatch(slug)]
    yield "issues", list(dict.fromkeys(reference.issue for reference in issues if reference.is_numeric))
    yield "issues", list(dict.fromkeys(reference.issue for reference in issues if not reference.is_numeric))
    yield "organizations", list(dict.fromkeys(slugs))


def _named(references: Sequence[IssueRef]) -> WebhookIssue:
    """The issue of references to the same one.

    Not the event: a webhook comes within seconds, and Sentry may not find the event yet, but has others of the issue.
    """
    organization = next((reference.organization for reference in references if reference.organization), None)
    issue = next((reference.issue for reference in references if not reference.is_event), references[0].issue)
    return WebhookIssue(f"{organization}/{issue}" if organization else issue)


def _link(thing: Body, key: str) -> str | None:
    """A link; None where there is none.

    Raises:
        BadInput: it is no text, or too long for a link.
    """
    value = thing.get(key)
    if value is None or value == "":
        return None
    if not isinstance(value, str) or len(value) > LONGEST_LINK:
        raise BadInput(f"The webhook's {key} is no link.", KNOWN)
    return value


def _number(value: object) -> str | None:
    """The number of an issue; None of anything else."""
    text = str(value) if isinstance(value, (str, int)) else ""
    return issue_of(text) if NUMERIC.fullmatch(text) else None


def _object(data: Body, key: str) -> Body:
    value = data.get(key)
    if not isinstance(value, Mapping):
        raise BadInput(f"The webhook's data.{key} is no object.", KNOWN)
    return value


def _is_object(value: object) -> bool:
    return isinstance(value, Mapping)
