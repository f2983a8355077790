"""What a webhook asks to be triaged, by every form that Sentry documents; and bodies that were made to mislead."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentry_runbook.errors import BadInput
from sentry_runbook.sentry.webhooks import FORMS, NothingToTriage, Subject, WebhookAlert, WebhookIssue, subject_of
from tests import webhook_bodies as bodies

CLOUD, OWN, BELOW = "https://sentry.io", "https://sentry.example.com", "https://example.com/sentry"
ISSUE = re.compile(r"(?:[A-Za-z0-9_-]{1,100}/)?(?:[0-9]{1,20}|[A-Z0-9_-]{1,120}|[0-9a-f]{32})")


@pytest.mark.parametrize("base", [CLOUD, OWN, BELOW])
@pytest.mark.parametrize("body", bodies.OF_AN_ISSUE)
def test_a_webhook_of_an_issue_names_it_with_its_organization(
    body: Callable[[str, str, str], dict[str, Any]], base: str
) -> None:
    assert subject_of(body(base, "test-org", "1117540176"), base) == WebhookIssue("test-org/1117540176")


def test_links_of_the_cloud_may_name_the_organization_in_their_host_and_a_region() -> None:
    body = bodies.issue(CLOUD, "example-org", "1234567890")
    body["data"]["issue"] |= {
        "url": "https://us.sentry.io/api/0/organizations/example-org/issues/1234567890/",
        "web_url": "https://example-org.sentry.io/issues/1234567890/",
        "permalink": "https://example-org.sentry.io/issues/1234567890/",
    }
    assert subject_of(body, CLOUD) == WebhookIssue("example-org/1234567890")


@pytest.mark.parametrize("number", ["42", 42])
def test_without_links_the_number_is_enough(number: object) -> None:
    assert subject_of(bodies.hook("triggered", {"event": {"issue_id": number}}), CLOUD) == WebhookIssue("42")


def test_a_link_that_names_the_event_alone_takes_the_issue_from_its_number() -> None:
    body = bodies.event_alert(CLOUD, "acme", "42")
    event = body["data"]["event"]
    event["web_url"] = f"{CLOUD}/acme/front-end/events/{event['event_id']}/"
    del event["issue_url"]
    assert subject_of(body, CLOUD) == WebhookIssue("acme/42")
    del event["issue_id"]
    assert subject_of(body, CLOUD) == WebhookIssue(f"acme/{event['event_id']}")


@pytest.mark.parametrize("body", bodies.OF_AN_ISSUE)
@pytest.mark.parametrize("other", [OWN, "https://sentry.io.example.com", "http://sentry.io", "https://u:p@sentry.io"])
def test_a_webhook_of_another_host_is_refused(body: Callable[[str, str, str], dict[str, Any]], other: str) -> None:
    with pytest.raises(BadInput, match=r"another host|DSN"):
        subject_of(body(other, "acme", "42"), CLOUD)


@pytest.mark.parametrize(
    ("links", "reason"),
    [
        (("acme.sentry.io/issues/42/", "thief.sentry.io/issues/42/"), r"several organizations \(acme, thief\)"),
        (("acme.sentry.io/issues/42/", "sentry.io/organizations/thief/issues/42/"), "several organizations"),
        (("acme.sentry.io/issues/SHOP-1/", "acme.sentry.io/issues/SHOP-2/"), r"several issues \(SHOP-1, SHOP-2\)"),
    ],
)
def test_links_that_contradict_each_other_are_refused(links: tuple[str, str], reason: str) -> None:
    web_url, permalink = (f"https://{link}" for link in links)
    body = {"action": "created", "data": {"issue": {"web_url": web_url, "permalink": permalink}}}
    with pytest.raises(BadInput, match=reason):
        subject_of(body, CLOUD)


def test_one_link_of_another_host_among_good_ones_is_refused() -> None:
    body = bodies.event_alert(CLOUD, "acme", "42")
    body["data"]["event"]["issue_url"] = f"{OWN}/api/0/issues/42/"
    with pytest.raises(BadInput, match="another host"):
        subject_of(body, CLOUD)


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        ("issue_id", "43", r"several issues \(42, 43\)"),
        ("issue_url", f"{CLOUD}/api/0/issues/43/", r"several issues \(42, 43\)"),
        ("web_url", f"{CLOUD}/issues/42/ {CLOUD}/issues/43/", "spaces"),
        ("web_url", f"{CLOUD}/issues/42/\u200b", "invisible"),
        ("web_url", ["https://sentry.io/issues/42/"], "no link"),
        ("web_url", f"{CLOUD}/issues/42/?{'x' * 2000}", "no link"),
        ("web_url", f"{CLOUD}/organizations/acme/alerts/7/", "names no issue"),
        ("web_url", "javascript:alert(1)", "another host"),
    ],
)
def test_what_does_not_fit_together_is_refused_and_never_guessed(key: str, value: object, reason: str) -> None:
    body = bodies.event_alert(CLOUD, "acme", "42")
    body["data"]["event"][key] = value
    with pytest.raises(BadInput, match=reason):
        subject_of(body, CLOUD)


@pytest.mark.parametrize("value", [True, None, "", "latest", "٤٢", "4" * 21, -1, 4.2, {"id": 42}, [42]])
def test_a_number_that_is_none_names_nothing(value: object) -> None:
    with pytest.raises(BadInput, match="names no issue"):
        subject_of(bodies.hook("triggered", {"event": {"issue_id": value}}), CLOUD)


@pytest.mark.parametrize(
    "path",
    [
        "organizations/acme/alerts/1/",
        "organizations/acme/alerts/rules/details/7/?alert=1&referrer=metric_alert",
        "organizations/acme/monitors/41/",
        "organizations/acme/issues/43/?referrer=metric_alert",
    ],
)
def test_a_metric_alert_names_its_alert(path: str) -> None:
    assert subject_of(bodies.metric_alert(f"{OWN}/{path}"), OWN) == WebhookAlert(f"{OWN}/{path}")


@pytest.mark.parametrize(
    ("link", "reason"), [(f"{CLOUD}/organizations/acme/alerts/1/", "another host"), (None, "no link"), (7, "no link")]
)
def test_a_metric_alert_of_another_host_or_without_link_is_refused(link: Any, reason: str) -> None:
    with pytest.raises(BadInput, match=reason):
        subject_of(bodies.metric_alert(link), OWN)


@pytest.mark.parametrize("body", bodies.OF_NOTHING.values(), ids=bodies.OF_NOTHING)
def test_what_is_no_news_of_an_incident_is_nothing_to_triage(body: dict[str, Any]) -> None:
    subject = subject_of(body, CLOUD)
    assert isinstance(subject, NothingToTriage)
    assert "evil" not in subject.why and subject.why.endswith(".")


@pytest.mark.parametrize("action", ["resolved", "archived", "ignored"])
def test_the_end_of_an_issue_is_nothing_to_triage(action: str) -> None:
    word = "resolved" if action == "resolved" else "archived"
    assert subject_of(bodies.issue(CLOUD, "acme", "42", action), CLOUD) == NothingToTriage(f"An issue was {word}.")


def test_the_end_of_a_metric_alert_is_nothing_to_triage() -> None:
    body = bodies.metric_alert(f"{CLOUD}/organizations/acme/alerts/1/", "resolved")
    assert subject_of(body, CLOUD) == NothingToTriage("A metric alert was resolved.")


@pytest.mark.parametrize("action", ["created", "assigned", "unresolved", "a new one", 7, None])
def test_every_other_state_of_an_issue_is_triaged(action: Any) -> None:
    assert subject_of(bodies.issue(CLOUD, "acme", "42", action), CLOUD) == WebhookIssue("acme/42")


def test_every_documented_resource_has_its_form() -> None:
    # `activity_alert` is told by the key of `issue`.
    documented = {
        "installation",
        "event_alert",
        "issue",
        "metric_alert",
        "error",
        "comment",
        "seer",
        "preprod_artifact",
    }
    assert {form.resource for form in FORMS} == documented


@pytest.mark.parametrize("body", bodies.FORWARDED)
def test_what_another_service_passes_on_is_read_by_its_link(body: Callable[[str], dict[str, Any]]) -> None:
    for base in (CLOUD, OWN, BELOW):
        assert subject_of(body(f"{base}/organizations/acme/issues/42/"), base) == WebhookIssue("acme/42")
    alert = subject_of(body(f"{OWN}/organizations/acme/alerts/rules/details/7/"), OWN)
    assert isinstance(alert, WebhookAlert) and alert.alert is not None
    assert alert.alert.startswith(f"{OWN}/organizations/acme/alerts/rules/details/7")
    with pytest.raises(BadInput, match=f"no issue and no alert of {OWN}"):
        subject_of(body(f"{CLOUD}/organizations/acme/issues/42/"), OWN)


def test_a_webhook_that_a_flow_wrapped_is_read_by_its_links() -> None:
    wrapped = {"headers": {"sentry-hook-resource": "event_alert"}, "body": bodies.event_alert(CLOUD, "acme", "42")}
    assert subject_of(wrapped, CLOUD) == WebhookIssue("acme/42")


def test_the_webhook_of_glitchtip_that_somebody_recorded_is_read() -> None:
    base = "https://alerts.djangoflow.net"
    recorded = bodies.glitchtip(f"{base}/getease-bv/issues/61126")
    assert subject_of(recorded, base) == WebhookIssue("getease-bv/61126")


def test_an_issue_with_the_key_of_its_link_as_the_api_has_it_is_read_by_its_permalink() -> None:
    # getsentry/sentry, pull request 118255: an alert on an activity, as it was first.
    body = bodies.activity_alert(OWN, "acme", "42")
    issue = body["data"]["issue"]
    issue["webUrl"] = issue.pop("web_url")
    assert subject_of(body, OWN) == WebhookIssue("acme/42")


def test_an_events_words_do_not_outweigh_the_link_of_the_message() -> None:
    body = bodies.old_slack(f"{CLOUD}/organizations/acme/issues/42/")
    body["attachments"][0]["text"] = f"look at {CLOUD}/organizations/acme/issues/666/"
    assert subject_of(body, CLOUD) == WebhookIssue("acme/42")


def test_a_message_of_several_issues_asks_for_the_situation() -> None:
    links = [f"{CLOUD}/organizations/acme/issues/{number}/" for number in range(42, 52)]
    expected = WebhookAlert(None, ("42", "43", "44", "45", "46"))
    assert subject_of({"text": " and ".join(links)}, CLOUD) == expected
    assert subject_of({"attachments": [{"title_link": link} for link in links]}, CLOUD) == expected


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"data": {}},
        {"action": "x", "data": {"new": {}}},
        {"installation": {}, "data": {}},
        {"text": "SHOP-1Z"},
        {"text": f"<{CLOUD}/settings/account/|Settings>"},
    ],
)
def test_what_names_nothing_is_said_to(body: dict[str, Any]) -> None:
    with pytest.raises(BadInput, match="no issue and no alert"):
        subject_of(body, CLOUD)


def test_a_body_that_is_deep_or_wide_costs_no_more_than_its_bounds() -> None:
    deep: dict[str, Any] = {"text": f"{CLOUD}/issues/42/"}
    for _ in range(500):
        deep = {"x": deep}
    wide = {"rows": [{"text": "x"}] * 20_000 + [{"text": f"{CLOUD}/issues/42/"}]}
    for body in (deep, wide):
        with pytest.raises(BadInput, match="no issue and no alert"):
            subject_of(body, CLOUD)


TEXTS = st.text() | st.sampled_from(
    [f"{CLOUD}/issues/42/", f"{CLOUD}/organizations/acme/alerts/1/", "42", bodies.STRANGER]
)
NAMES = """
    action data event error issue metric_alert installation project group url web_url issue_url issue_id id permalink
    text title_link client_url comment_id group_id
"""
KEYS = st.sampled_from(NAMES.split())
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS | st.text(max_size=5), inner, max_size=5),
    max_leaves=25,
)


@given(st.dictionaries(KEYS, VALUES, max_size=5))
def test_no_body_breaks_the_reader_and_no_strangers_text_gets_through(body: dict[str, Any]) -> None:
    try:
        subject: Subject = subject_of(json.loads(json.dumps(body)), CLOUD)
    except BadInput as exc:
        assert exc.what.isprintable()
        return
    if isinstance(subject, WebhookIssue):
        assert ISSUE.fullmatch(subject.issue)
    elif isinstance(subject, WebhookAlert):
        link = subject.alert or CLOUD
        assert link.startswith("https://") and not any(map(str.isspace, link))
        assert all(map(ISSUE.fullmatch, subject.issues)) and bool(subject.issues) == (subject.alert is None)
    else:
        assert isinstance(subject, NothingToTriage)
