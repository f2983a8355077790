"""What people paste as an alert, as a table: links of every age of Sentry's pages, issues, traces, names."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sentry_runbook.collect.alert_target_text import LONGEST_NAME, AlertName, read_alert
from sentry_runbook.errors import BadInput
from sentry_runbook.sentry.ids import IssueRef
from sentry_runbook.sentry.other_pages import PageLink
from sentry_runbook.sentry.page_names import PageKind, PageName

CLOUD, OWN = "https://sentry.io", "https://sentry.example.com"
BELOW = "https://example.com/sentry"
TRACE = "0a1b2c3d4e5f60718293a4b5c6d7e8f9"
UUID = "5f3a1c2e-7b64-4f0d-9a7e-2f1f3f0e8b11"
ACME = "https://acme.sentry.io"
ORG = f"{OWN}/organizations/acme"

LINKS: list[tuple[str, PageKind, str, str | None]] = [
    # alerts of 2026 and 2025, as pages, as messages of Slack and e-mail link them, and as the API names them
    (f"{ACME}/monitors/alerts/77/", "workflow", "77", None),
    (f"{ACME}/monitors/alerts/77/edit/", "workflow", "77", None),
    (f"{ORG}/monitors/alerts/77/?referrer=slack&notification_uuid={UUID}", "workflow", "77", None),
    (f"{ORG}/issues/automations/77/", "workflow", "77", None),
    (f"{ORG}/automations/77/", "workflow", "77", None),
    (f"{CLOUD}/api/0/organizations/acme/workflows/77/", "workflow", "77", None),
    (f"{CLOUD}/api/0/organizations/acme/workflows/77/group-history/", "workflow", "77", None),
    # monitors
    (
        f"{ACME}/monitors/2809020/?end=2025-10-08T14%3A41%3A00&start=2025-10-08T11%3A11%3A00",
        "detector",
        "2809020",
        None,
    ),
    (f"{ORG}/issues/monitors/41/", "detector", "41", None),
    (f"{ORG}/monitors/monitors/41/", "detector", "41", None),
    (f"{ORG}/monitors/41/edit/", "detector", "41", None),
    (f"{ORG}/detectors/41/", "detector", "41", None),
    (f"{OWN}/api/0/organizations/acme/detectors/41/", "detector", "41", None),
    # issue alerts from before
    (f"{ORG}/alerts/rules/shop/12/details/", "issue_rule", "12", "shop"),
    (f"{ACME}/alerts/rules/shop/12/details/?referrer=alert_email", "issue_rule", "12", "shop"),
    (f"{ORG}/alerts/rules/shop/12/", "issue_rule", "12", "shop"),
    (f"{ORG}/issues/alerts/rules/shop/12/details/", "issue_rule", "12", "shop"),
    (f"{OWN}/api/0/projects/acme/shop/rules/12/", "issue_rule", "12", "shop"),
    # metric alerts from before
    (f"{ORG}/alerts/rules/details/5/", "metric_rule", "5", None),
    (f"{ORG}/alerts/rules/details/5/?alert=1000000123&referrer=metric_alert_slack", "metric_rule", "5", None),
    (f"{ACME}/issues/alerts/rules/details/5/?period=7d", "metric_rule", "5", None),
    (f"{ORG}/alerts/metric-rules/shop/5/", "metric_rule", "5", "shop"),
    (f"{ORG}/settings/projects/shop/alerts/metric-rules/5/", "metric_rule", "5", None),
    (f"{OWN}/api/0/organizations/acme/alert-rules/5/", "metric_rule", "5", None),
    # one firing
    (f"{ORG}/alerts/1000000123/", "incident", "1000000123", None),
    (f"{ORG}/alerts/88/?referrer=metric_alert_email", "incident", "88", None),
    (f"{OWN}/api/0/organizations/acme/incidents/88/", "incident", "88", None),
    # cron monitors
    (f"{ORG}/alerts/rules/crons/shop/nightly-report/details/", "cron", "nightly-report", "shop"),
    (f"{ORG}/issues/alerts/rules/crons/shop/nightly/details/?environment=production", "cron", "nightly", "shop"),
    (f"{ORG}/crons/shop/nightly-report/", "cron", "nightly-report", "shop"),
    (f"{ORG}/crons/nightly-report/", "cron", "nightly-report", None),
    (f"{ACME}/insights/backend/crons/shop/nightly-report/", "cron", "nightly-report", "shop"),
    (f"{ORG}/alerts/crons-rules/shop/nightly-report/", "cron", "nightly-report", "shop"),
    (f"{ORG}/monitors/{UUID}/", "cron", UUID, None),
    (f"{CLOUD}/api/0/organizations/acme/monitors/nightly-report/checkins/", "cron", "nightly-report", None),
    (f"{CLOUD}/api/0/projects/acme/shop/monitors/nightly-report/", "cron", "nightly-report", "shop"),
    # uptime checks
    (f"{ORG}/alerts/rules/uptime/shop/900/details/", "uptime", "900", "shop"),
    (f"{ACME}/issues/alerts/rules/uptime/shop/900/details/", "uptime", "900", "shop"),
    (f"{ORG}/alerts/uptime-rules/shop/900/", "uptime", "900", "shop"),
    (f"{CLOUD}/api/0/projects/acme/shop/uptime/900/", "uptime", "900", "shop"),
    # releases and traces
    (f"{ORG}/releases/shop%402.4.1%2Bbuild.7/?project=7", "release", "shop@2.4.1+build.7", None),
    (f"{ACME}/explore/releases/shop%402.4.1/", "release", "shop@2.4.1", None),
    (f"{ORG}/releases/shop%402.4.1/files-changed/", "release", "shop@2.4.1", None),
    (f"{ACME}/explore/traces/trace/{TRACE}/?statsPeriod=14d", "trace", TRACE, None),
    (f"{ORG}/performance/trace/{TRACE}/?node=txn-1", "trace", TRACE, None),
    (f"{ORG}/issues/trace/{TRACE}/", "trace", TRACE, None),
    (f"{ORG}/traces/trace/0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9/", "trace", TRACE, None),
    # issue streams
    (f"{ORG}/issues/?query=is%3Aunresolved&project=7&statsPeriod=24h", "issues", "", None),
    (f"{ACME}/issues/?project=-1", "issues", "", None),
    (f"{ACME}/issues/views/12/?project=7", "issues", "12", None),
    (f"{ORG}/issues/searches/12/", "issues", "12", None),
    (f"{ACME}/issues/errors-outages/?statsPeriod=1h", "issues", "", None),
    # below a prefix, and as chats write links
    (f"{BELOW}/organizations/acme/monitors/alerts/77/", "workflow", "77", None),
    (f"<{ORG}/monitors/alerts/77/|Payments fail>", "workflow", "77", None),
    (f"[Payments fail]({ORG}/alerts/rules/shop/12/details/).", "issue_rule", "12", "shop"),
    (f"Triggered: Payments fail\n{ORG}/alerts/rules/details/5/ for shop", "metric_rule", "5", None),
    ("/organizations/acme/monitors/alerts/77/", "workflow", "77", None),
    ("acme.sentry.io/monitors/41", "detector", "41", None),
    (f"{CLOUD}/auth/login/acme/?next=/organizations/acme/monitors/alerts/77/", "workflow", "77", None),
]


def base_of(text: str) -> str:
    return BELOW if BELOW in text else OWN if OWN in text else CLOUD


@pytest.mark.parametrize(("text", "kind", "id_", "project"), LINKS, ids=[link[0][:90] for link in LINKS])
def test_a_link_says_what_its_page_is_of(text: str, kind: PageKind, id_: str, project: str | None) -> None:
    link = read_alert(text, base_of(text))
    assert isinstance(link, PageLink)
    assert link.name == PageName(kind, id_, project)
    assert link.organization == "acme" or "next=" in text
    if project is not None:
        assert link.projects == (project,)


@pytest.mark.parametrize(
    "path",
    [
        *("alerts/", "alerts/rules/", "monitors/", "monitors/alerts/", "monitors/crons/", "monitors/uptime/"),
        *("monitors/new/", "monitors/my-monitors/", "crons/", "insights/uptime/", "alerts/new/metric/", "releases/"),
        *("alerts/rules/uptime/existing-or-create/", "issues/views/", "dashboards/12/", "alerts/wizard/"),
        *("traces/", "explore/traces/", "projects/shop/", "monitors/alerts/new/", "automations/", "detectors/"),
    ],
)
def test_a_list_or_form_is_of_nothing_by_itself(path: str) -> None:
    link = read_alert(f"{ORG}/{path}", OWN)
    assert isinstance(link, PageLink) and link.name is None


def test_where_and_when_a_link_looks_is_read_with_it() -> None:
    query = "project=7&project=8&environment=production&statsPeriod=6h&query=level%3Afatal"
    stream = read_alert(f"{ORG}/issues/?{query}", OWN)
    assert isinstance(stream, PageLink)
    assert (stream.projects, stream.environments, stream.period) == (("7", "8"), ("production",), "6h")
    assert (stream.query, stream.start, stream.firing) == ("level:fatal", None, None)
    monitor = read_alert(f"{ORG}/monitors/41/?start=2026-11-20T10%3A00%3A00&end=2026-11-20T11%3A00%3A00Z", OWN)
    assert isinstance(monitor, PageLink)
    assert (monitor.start, monitor.end) == ("2026-11-20T10:00:00", "2026-11-20T11:00:00Z")
    firing = read_alert(f"{ORG}/alerts/rules/details/5/?alert=1000000123&period=7d", OWN)
    assert isinstance(firing, PageLink) and (firing.firing, firing.period) == ("1000000123", "7d")


@pytest.mark.parametrize("odd", ["start=now&end=later", "start=2026-11-20", "alert=x%27", "statsPeriod=all"])
def test_what_is_no_time_or_number_in_a_link_is_not_taken_for_one(odd: str) -> None:
    link = read_alert(f"{ORG}/alerts/rules/details/5/?{odd}", OWN)
    assert isinstance(link, PageLink)
    assert (link.start, link.end, link.period, link.firing) == (None, None, None, None)


@pytest.mark.parametrize(
    ("text", "issue"),
    [
        (f"{ORG}/issues/6114575469/", "6114575469"),
        (f"<{ACME}/issues/SHOP-1Z/?referrer=slack|SHOP-1Z>", "SHOP-1Z"),
        (f"{ORG}/issues/1/ was triggered by {ORG}/alerts/rules/shop/12/details/", "1"),
        ("SHOP-1Z", "SHOP-1Z"),
        ("shop-12", "SHOP-12"),
        ("WEB-K", "WEB-K"),
        ("6114575469", "6114575469"),
        ("issue SHOP-1Z", "SHOP-1Z"),
        (TRACE, TRACE),
        ("acme/SHOP-1Z", "SHOP-1Z"),
    ],
)
def test_an_issue_is_read_as_one(text: str, issue: str) -> None:
    reference = read_alert(text, base_of(text))
    assert isinstance(reference, IssueRef) and reference.issue == issue


@pytest.mark.parametrize("words", ["trace:{}", "trace {}", "trace_id = {}", "Trace id: {}"])
def test_a_trace_in_words_is_read_as_one(words: str) -> None:
    link = read_alert(words.format(TRACE.upper()), OWN)
    assert isinstance(link, PageLink) and link.name == PageName("trace", TRACE) and link.query == f"trace:{TRACE}"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Payments fail", "Payments fail"),
        ('"SHOP-1Z errors"', "SHOP-1Z errors"),
        ("“SHOP-1Z”", "SHOP-1Z"),
        ("error-rate", "error-rate"),
        ("High error rate in shop-1", "High error rate in shop-1"),
        ("[Prod] p95 > 500 ms: /checkout", "[Prod] p95 > 500 ms: /checkout"),
        ("  Nightly   report\u200b ", "Nightly report"),
        ("支払いエラー", "支払いエラー"),
        ("and/or", "and/or"),
        ("api.example.com/health is slow", "api.example.com/health is slow"),
        ('"Slow: https://api.example.com/"', "Slow: https://api.example.com/"),
        ("Uptime Monitoring for https://shop.example/health", "https://shop.example/health"),
        ("Downtime detected for https://shop.example/health", "https://shop.example/health"),
    ],
)
def test_all_else_is_a_name(text: str, name: str) -> None:
    assert read_alert(text, OWN) == AlertName(name)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "empty"),
        ("  ‚… ", "empty"),
        ("https://acme.pagerduty.com/incidents/PT4KHLK", "PagerDuty"),
        ("https://evil.example/organizations/acme/monitors/alerts/77/", "another host"),
        ("see https://evil.example/monitors/alerts/77/ please", "another host"),
        ("evil.example/monitors/alerts/77/", "another host"),
        ("https://sentry.example.com@evil.example/organizations/acme/monitors/alerts/77/", "another host"),
        (f"{ORG}/issues/1/ {ORG}/issues/2/", "several issues"),
        ("x" * (LONGEST_NAME + 1), "longer than the name"),
    ],
)
def test_what_cannot_be_used_is_refused_with_a_way_out(text: str, said: str) -> None:
    with pytest.raises(BadInput, match=said) as caught:
        read_alert(text, OWN)
    assert caught.value.fix


@settings(max_examples=300)
@given(
    text=st.text(max_size=60)
    | st.from_regex(r"https://sentry\.example\.com/organizations/acme/[a-z0-9/.%:?&=-]{0,60}", fullmatch=True)
)
def test_whatever_is_pasted_is_read_or_refused_and_no_part_of_it_can_leave_its_place_in_a_path(text: str) -> None:
    try:
        given_ = read_alert(text, OWN)
    except BadInput:
        return
    if isinstance(given_, PageLink):
        for part in (*given_.projects, given_.organization or "x"):
            assert part.replace("-", "").replace("_", "").isalnum() and part.isascii()
        if given_.name is not None and given_.name.kind != "release":
            assert given_.name.id.replace("-", "").replace("_", "").isalnum() or given_.name.kind == "issues"
