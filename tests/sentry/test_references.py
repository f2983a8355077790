"""What people paste, and what must not be read out of it."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sentry_runbook.errors import BadInput
from sentry_runbook.sentry.ids import IssueRef, event_id
from sentry_runbook.sentry.references import parse_reference

SAAS, OWN, PREFIXED = "https://sentry.io", "https://sentry.example.com", "https://intern.example:8443/tools/sentry"
EVENT = "3f1c0d2ab4e94c5f8a7b6c5d4e3f2a1b"
UUID = "3F1C0D2A-B4E9-4C5F-8A7B-6C5D4E3F2A1B"

READ = [
    # ids
    (SAAS, "6114575469", IssueRef("6114575469")),
    (SAAS, "  0042 ", IssueRef("42")),
    (SAAS, "shop-1z", IssueRef("SHOP-1Z")),
    (SAAS, "MCP-SERVER-EQE", IssueRef("MCP-SERVER-EQE")),
    (SAAS, EVENT, IssueRef(EVENT, event=EVENT)),
    (SAAS, UUID, IssueRef(EVENT, event=EVENT)),
    # sentry.io, its organizations and regions
    (SAAS, "https://acme.sentry.io/issues/6114575469/", IssueRef("6114575469", "acme")),
    (SAAS, "<https://acme.sentry.io/issues/6114575469>", IssueRef("6114575469", "acme")),
    (SAAS, f"https://acme.sentry.io/issues/1/events/{EVENT}/", IssueRef("1", "acme", EVENT)),
    (SAAS, f"https://acme.sentry.io/issues/1/events/{UUID}/", IssueRef("1", "acme", EVENT)),
    (SAAS, "https://acme.sentry.io/issues/1/events/latest/", IssueRef("1", "acme", "latest")),
    (SAAS, "https://sentry.io/organizations/acme/issues/1/?project=3", IssueRef("1", "acme")),
    (SAAS, "https://us.sentry.io/organizations/acme/issues/SHOP-1Z/", IssueRef("SHOP-1Z", "acme")),
    (SAAS, "https://de.sentry.io/api/0/organizations/acme/issues/1/", IssueRef("1", "acme")),
    (SAAS, "https://sentry.io/api/0/issues/1/", IssueRef("1")),
    ("https://de.sentry.io", "https://acme.sentry.io/issues/1/", IssueRef("1", "acme")),
    (
        SAAS,
        "https://acme.sentry.io/issues/1/?environment=production&environment=eu&environment=eu&referrer=slack",
        IssueRef("1", "acme", None, ("production", "eu")),
    ),
    # a stream that is searched for one issue
    (SAAS, "https://acme.sentry.io/issues/?project=3&query=SHOP-1Z&statsPeriod=14d", IssueRef("SHOP-1Z", "acme")),
    (OWN, "https://sentry.example.com/organizations/acme/issues/?query=issue%3Ashop-1z", IssueRef("SHOP-1Z", "acme")),
    (OWN, "https://sentry.example.com/organizations/acme/issues/?query=issue.id:42", IssueRef("42", "acme")),
    # self-hosted
    (OWN, "https://sentry.example.com/organizations/acme/issues/1/", IssueRef("1", "acme")),
    (OWN, "https://sentry.example.com/acme/shop/issues/1/", IssueRef("1", "acme")),
    (OWN, "https://SENTRY.example.com:443/acme/shop/issues/1", IssueRef("1", "acme")),
    (OWN, "https://sentry.example.com/issues/1/", IssueRef("1")),
    (OWN, "https://sentry.example.com/acme/issues/1", IssueRef("1", "acme")),  # as GlitchTip writes it
    (OWN, "https://sentry.example.com/organizations/issues/issues/1/", IssueRef("1", "issues")),
    (PREFIXED, "https://intern.example:8443/tools/sentry/organizations/acme/issues/1/", IssueRef("1", "acme")),
    # an event's own page
    (
        OWN,
        f"https://sentry.example.com/organizations/acme/projects/shop/events/{EVENT}/",
        IssueRef(EVENT, "acme", EVENT),
    ),
    (OWN, f"https://sentry.example.com/acme/shop/events/{EVENT}/", IssueRef(EVENT, "acme", EVENT)),
    (OWN, f"https://sentry.example.com/api/0/projects/acme/shop/events/{EVENT}/json/", IssueRef(EVENT, "acme", EVENT)),
    (SAAS, f"https://acme.sentry.io/projects/shop/events/{UUID}/", IssueRef(EVENT, "acme", EVENT)),
    (OWN, f"https://sentry.example.com/organizations/acme/discover/shop:{EVENT}/", IssueRef(EVENT, "acme", EVENT)),
    # user feedback
    (SAAS, "https://acme.sentry.io/feedback/?feedbackSlug=shop%3A123&project=4", IssueRef("123", "acme")),
    (SAAS, "https://acme.sentry.io/issues/feedback/?feedbackSlug=shop%3A123", IssueRef("123", "acme")),
    (OWN, "https://sentry.example.com/organizations/acme/feedback/?feedbackSlug=shop:123", IssueRef("123", "acme")),
    (
        OWN,
        "https://sentry.example.com/organizations/acme/issues/feedback/?referrer=x&feedbackSlug=my-shop%3A12",
        IssueRef("12", "acme"),
    ),
]

PAGE = "https://acme.sentry.io/issues/1/"
IN_MARKUP = [
    f"（{PAGE}）",
    "「https://acme.sentry.io/issues/1」を見て",
    f"{PAGE}。次に",
    f"{PAGE}\u200b",
    f"\ufeff{PAGE}",
    "https://acme.sentry.io/issues/\u200b1/",
    "https://acme.sentry.io/iss\u00adues/1/",
    f'<a href="{PAGE}">SHOP-1Z</a>',
    f"[[{PAGE}][SHOP-1Z]]",
    "&lt;https://acme.sentry.io/issues/1&gt;",
    "&quot;https://acme.sentry.io/issues/1&quot; again",
    f"[SHOP-1Z|{PAGE}]",
    f'{{"url": "{PAGE}", "id": 7}}',
    f'\\"{PAGE}\\"',
    f"{PAGE}\\",
    "see acme.sentry.io/issues/1, please",
    "https://acme.sentry.io/short-id/1/",
    "https://sentry.io/acme/shop/group/1/",
    "https://acme.sentry.io/auth/login/acme/?next=%2Fissues%2F1%2F",
    # broken across lines, as mails do
    "https://acme.sentry.io/issues/\n1/",
    "https://acme.sentry.io/\r\n> issues/1/",
    "https://acme.sentry.io/issues/\n1/ was seen again",
    "https://acme.sentry.io/issues/=\n1/",
    f"{PAGE}?project=1&\nreferrer=slack",
    f"{PAGE}\nTypeError",
    "https://acme.sentry.io/issues/1\n12 events in the last hour",
    "https://acme.sentry.io/issues/1\nTypeError",
    f"<{PAGE}|SHOP-1Z>",
    f"<{PAGE}?project=3&amp;referrer=slack|TypeError: x &lt; y>",
    f":fire: <{PAGE}|SHOP-1Z: (odd) [words]> in *shop*",
    f"<{PAGE}|https://acme.sentry.io/issues/2/>",  # the target counts, not the words
    f"[SHOP-1Z]({PAGE})",
    f"See [the [odd] issue]({PAGE}).",
    f'[SHOP-1Z]({PAGE} "TypeError")',
    f"[SHOP-1Z](<{PAGE}>)",
    f"[https://acme.sentry.io/issues/2/]({PAGE})",
    f"**[SHOP-1Z]({PAGE})**, again",
    f"Please look at {PAGE}.",
    f"({PAGE})",
    f"`{PAGE}`",
    f"“{PAGE}”!",
    f"{PAGE} and {PAGE}",
    f"<{PAGE}|SHOP-1Z> by <https://acme.sentry.io/alerts/rules/shop/7/details/|High rate>",
    f"{PAGE} was filed as https://tracker.example/browse/OPS-7",
    "acme.sentry.io/issues/1",
]

WRAPPED = [
    "https://eur01.safelinks.protection.outlook.com/?url={}&data=05%7C01%7C&sdata=x&reserved=0",
    "https://nam02.safelinks.protection.outlook.com/?url={}&amp;data=05",
    "https://statics.teams.cdn.office.net/evergreen-assets/safelinks/1/atp-safelinks.html?url={}&locale=en",
    "https://slack-redir.net/link?url={}",
    "https://www.google.com/url?q={}&sa=D&source=editors",
    "https://l.workplace.com/l.php?u={}&h=AT0",
    "https://linkprotect.cudasvc.com/url?a={}&c=E,1,x",
    "https://secure-web.cisco.com/1a2b3c/{}",
    "https://urldefense.com/v3/__https://acme.sentry.io/issues/1/__;!!N11eV2iwtfs!x$",
    "https://urldefense.com/v3/__https:/acme.sentry.io/issues/1/__;!!N11eV2iwtfs!x$",
    "https://urldefense.proofpoint.com/v2/url?u=https-3A__acme.sentry.io_issues_1_-3Fproject-3D2&d=DwMF",
    "https://protect.checkpoint.com/v2/___https://acme.sentry.io/issues/1/___.YzJl",
    "https://href.li/?https://acme.sentry.io/issues/1/",
]
"""Services that check links, around the quoted link."""

AMONG_WORDS = [
    # as one id
    ("SHOP-1Z\u200b", IssueRef("SHOP-1Z")),
    ("\u2066SHOP-1Z\u2069", IssueRef("SHOP-1Z")),
    ("SHOP\u20111Z", IssueRef("SHOP-1Z")),
    ("SHOP\u20131Z", IssueRef("SHOP-1Z")),
    ("ＳＨＯＰ－１Ｚ", IssueRef("SHOP-1Z")),
    ("【SHOP-1Z】", IssueRef("SHOP-1Z")),
    ("_SHOP-1Z_", IssueRef("SHOP-1Z")),
    ("SHOP\\-1Z", IssueRef("SHOP-1Z")),
    ("{{SHOP-1Z}}", IssueRef("SHOP-1Z")),
    ("_INTERN-1Z", IssueRef("_INTERN-1Z")),
    ("> SHOP-1Z", IssueRef("SHOP-1Z")),
    ("1. SHOP-1Z", IssueRef("SHOP-1Z")),
    ("SHOP-1Z’s", IssueRef("SHOP-1Z")),
    ('["SHOP-1Z"]', IssueRef("SHOP-1Z")),
    ("SHOP-1Z, SHOP-1Z", IssueRef("SHOP-1Z")),
    ("sentry://issues/SHOP-1Z", IssueRef("SHOP-1Z")),
    ("acme/SHOP-1Z", IssueRef("SHOP-1Z", "acme")),
    ("acme/shop/shop-1z", IssueRef("SHOP-1Z", "acme")),
    ("/organizations/acme/issues/1/", IssueRef("1", "acme")),
    ("issues/SHOP-1Z/", IssueRef("SHOP-1Z")),
    # named
    ("issue 6114575469", IssueRef("6114575469")),
    ("issue.id:6114575469", IssueRef("6114575469")),
    ('{"issue_id": 6114575469}', IssueRef("6114575469")),
    ("id=6114575469", IssueRef("6114575469")),
    ("issue:shop-1z", IssueRef("SHOP-1Z")),
    ("fixes MCP-SERVER-EQE", IssueRef("MCP-SERVER-EQE")),
    ("MCP-SERVER-EQE: TypeError in the cart", IssueRef("MCP-SERVER-EQE")),
    ("Alert\nShort ID: SHOP-1Z\nRule: high-rate-1", IssueRef("SHOP-1Z")),
    # beside what only looks like one
    ("SHOP-1Z: utf-8 is no UTF-8, says ISO-8859-1", IssueRef("SHOP-1Z")),
    ("12 users of SHOP-1Z since 2026-11-20", IssueRef("SHOP-1Z")),
    ("UTF-8 in the cart", IssueRef("UTF-8")),
    ("3R-APP-1F: see UTF-8", IssueRef("3R-APP-1F")),
    # with an event
    (f"Issue SHOP-1Z, event {UUID}", IssueRef("SHOP-1Z", event=EVENT)),
    (f"shop:{EVENT}", IssueRef(EVENT, event=EVENT)),
    (f"{EVENT} (trace 0a1b2c3d4e5f60718293a4b5c6d7e8f9)", IssueRef(EVENT, event=EVENT)),
    ("SHOP-1Z.", IssueRef("SHOP-1Z")),
    ("(shop-1z)", IssueRef("SHOP-1Z")),
    ("`SHOP-1Z`", IssueRef("SHOP-1Z")),
    ("Issue SHOP-1Z: TypeError in the cart", IssueRef("SHOP-1Z")),
    (f"Event ID: {UUID}", IssueRef(EVENT, event=EVENT)),
]

SEVERAL = [
    ("SHOP-1Z or SHOP-2A", "SHOP-1Z, SHOP-2A"),
    ("SHOP-1Z,SHOP-2A", "SHOP-1Z, SHOP-2A"),
    ("SHOP-1Z;shop-2a", "SHOP-1Z, SHOP-2A"),
    ("SHOP-1Z/SHOP-2A", "SHOP-1Z, SHOP-2A"),
    ("SHOP-1Z\nSHOP-2A", "SHOP-1Z, SHOP-2A"),
    ("SHOP-1Z、SHOP-2A", "SHOP-1Z, SHOP-2A"),
    ('["SHOP-1Z","SHOP-2A"]', "SHOP-1Z, SHOP-2A"),
    ("Issue SHOP-1Z and SHOP-2A", "SHOP-1Z, SHOP-2A"),
    ("shop-eqe, shop-abc", "SHOP-EQE, SHOP-ABC"),
    ("6114575469, 6114575470", "6114575469, 6114575470"),
    (f"{EVENT} {EVENT[::-1]}", f"{EVENT}, {EVENT[::-1]}"),
    ("https://sentry.example.com/issues/1/ https://sentry.example.com/issues/2/", "1, 2"),
    ("<https://sentry.example.com/issues/1/|SHOP-1Z> <https://sentry.example.com/issues/2/|SHOP-1Z>", "1, 2"),
]

SAID = [
    ("https://sentry.example.com/issues/61145\n75469/", "it may be of issue 61145 or 6114575469"),
    (f"SHOP-1Z: {EVENT}, {EVENT[::-1]}", "several events of issue SHOP-1Z"),
    (f"trace {EVENT}", f"find_issues query=trace:{EVENT}"),
    (f"trace_id: {EVENT}", f"find_issues query=trace:{EVENT}"),
    (f"the replay id: {EVENT}", "it names no issue"),
    ("3f1c0d2a", "the beginning of an event's id"),
    ("https://grafana.example.com/d/abc/dash", "(it is of Grafana); nothing was sent"),
    ("https://acme.pagerduty.com/incidents/Q1", "Give the link of an issue at https://sentry.example.com"),
    ("http://sentry.example.com/issues/1/", "(its scheme or port differs)"),
    ("https://ungrafana.example.com/d/abc/dash", "Set SENTRY_URL for the other"),
    ("https://other-sentry.example.com/issues/1/", "Set SENTRY_URL for the other"),
    (f"https://{EVENT}@o4507.ingest.sentry.io/4508", "a DSN"),
]

OTHER_HOSTS = [
    (SAAS, "https://docs.sentry.io/issues/1/"),
    (SAAS, "https://status.sentry.io/issues/1/"),
    (SAAS, "https://o4507.ingest.us.sentry.io/issues/1/"),
    (SAAS, "https://evil.example/?url=https%3A%2F%2Facme.sentry.io%2Fissues%2F1%2F"),
    (SAAS, "https://google.com.evil.example/url?q=https%3A%2F%2Facme.sentry.io%2Fissues%2F1%2F"),
    (SAAS, "https://slack-redir.net/link?url=https%3A%2F%2Fevil.example%2Fissues%2F1%2F"),
    (SAAS, "https://slack-redir.net/link?url=nothing"),
    (SAAS, "https://sentry.io.evil.example/issues/1/"),
    (SAAS, "https://evilsentry.io/issues/1/"),
    (SAAS, "http://acme.sentry.io/issues/1/"),
    (SAAS, "https://acme.sentry.io:8443/issues/1/"),
    (SAAS, "https://user@acme.sentry.io/issues/1/"),
    (SAAS, "https://acme.sentry.io@evil.example/issues/1/"),
    (SAAS, "//evil.example/issues/1/"),
    (SAAS, "https:///issues/1/"),
    (OWN, "https://acme.sentry.io/issues/1/"),
    (OWN, "http://sentry.example.com/issues/1/"),
    (OWN, "https://sentry.example.com:444/issues/1/"),
    (OWN, "https://sentry.example.com./issues/1/"),
    (PREFIXED, "https://intern.example:8443/issues/1/"),
    (PREFIXED, "https://intern.example:8443/tools/sentry-other/issues/1/"),
    (SAAS, "file:///issues/1/"),
    (SAAS, "javascript://sentry.io/issues/1/"),
]

UNREADABLE = [
    "",
    " ",
    "shop",
    "SHOP-",
    "SHOP-1I",  # I, L, O and U are no digits of Crockford's
    "-1",
    "1/../2",
    "../1",
    "SHOP-1Z/../..",
    "1" * 21,
    "SHOP-1Z" * 30,
    "https://sentry.example.com/",
    "https://sentry.example.com/organizations/acme/issues/",
    "https://sentry.example.com/organizations/acme/issues/?query=is%3Aunresolved",
    "https://sentry.example.com/organizations/acme/issues/alerts/rules/",
    "https://sentry.example.com/organizations/acme/issues/1/events/nonsense/",
    "https://sentry.example.com/organizations/acme/issues/..%2f..%2fusers/",
    "https://sentry.example.com/organizations/../issues/1/",
    "https://sentry.example.com/organizations/a%2Fb/issues/1/",
    "https://sentry.example.com/acme/shop/events/latest/",
    "https://sentry.example.com/a/b/c/d/e/issues/1/",
    "no id in here, step-by-step",
    "null",
    "user id 42",
    "fixes 12 of them",
    "issue step-by-step",
    "the PRE-PAY step",
    "acme/shop",
    "src/utf-8/../1",
    "a.b-1",
    "https://sentry.example.com\\@evil.example/issues/1/",
    "https://[::1/issues/1/",
]


@pytest.mark.parametrize(("base", "pasted", "found"), READ, ids=[pasted.strip()[:70] for _, pasted, _ in READ])
def test_a_reference_is_read(base: str, pasted: str, found: IssueRef) -> None:
    assert parse_reference(pasted, base) == found


@pytest.mark.parametrize("pasted", IN_MARKUP)
def test_a_link_is_read_in_markup_and_among_words(pasted: str) -> None:
    assert parse_reference(pasted, SAAS) == IssueRef("1", "acme")


@pytest.mark.parametrize("service", WRAPPED)
@pytest.mark.parametrize("around", ["{}", "<{}|SHOP-1Z>", "see [SHOP-1Z]({})."])
def test_a_link_is_read_within_that_of_a_service_that_checks_it(service: str, around: str) -> None:
    wrapped = service.replace("{}", quote(f"{PAGE}?referrer=alert_email&notification_uuid=1", safe=""))
    assert parse_reference(around.format(wrapped), SAAS) == IssueRef("1", "acme")


def test_a_mail_filter_may_wrap_what_a_chat_has_wrapped() -> None:
    inner = f"https://slack-redir.net/link?url={quote(PAGE, safe='')}"
    outer = f"https://eur01.safelinks.protection.outlook.com/?url={quote(inner, safe='')}"
    assert parse_reference(outer, SAAS) == IssueRef("1", "acme")


def test_a_link_broken_before_its_event_is_read_with_it() -> None:
    pasted = f"> {PAGE}events/\n> {EVENT}/"
    assert parse_reference(pasted, SAAS) == IssueRef("1", "acme", EVENT)


@pytest.mark.parametrize("base", ["http://localhost:9000", "http://sentry.intern.example"])
def test_a_link_without_a_scheme_has_that_of_the_configured_sentry(base: str) -> None:
    pasted = f"{base.removeprefix('http://')}/organizations/acme/issues/1/"
    assert parse_reference(pasted, base) == IssueRef("1", "acme")


@pytest.mark.parametrize(("pasted", "names"), SEVERAL)
def test_several_issues_are_refused_by_name(pasted: str, names: str) -> None:
    with pytest.raises(BadInput, match="several issues") as caught:
        parse_reference(pasted, OWN)
    assert f"({names})" in caught.value.what


@pytest.mark.parametrize(("pasted", "said"), SAID)
def test_what_is_no_issue_is_said(pasted: str, said: str) -> None:
    with pytest.raises(BadInput) as caught:
        parse_reference(pasted, OWN)
    assert said in str(caught.value)


@pytest.mark.parametrize(("pasted", "found"), AMONG_WORDS)
def test_an_id_is_read_with_punctuation_and_among_words(pasted: str, found: IssueRef) -> None:
    assert parse_reference(pasted, SAAS) == found


def test_a_link_to_the_event_beside_one_to_its_issue_is_one_reference() -> None:
    event = f"https://sentry.io/api/0/projects/acme/shop/events/{EVENT}/"
    issue, whole = "https://sentry.io/api/0/issues/1/", f"{PAGE}events/{EVENT}/"
    assert parse_reference(f'{{"issue_url": "{issue}", "url": "{event}"}}', SAAS) == IssueRef("1", event=EVENT)
    assert parse_reference(f"{event} {whole}", SAAS) == IssueRef("1", "acme", EVENT)
    with pytest.raises(BadInput, match="several"):
        parse_reference(f"{event} {PAGE}events/{EVENT[::-1]}/", SAAS)


def test_of_two_links_to_one_issue_the_one_with_an_event_counts() -> None:
    pasted = f"{PAGE} {PAGE}events/{EVENT}/"
    assert parse_reference(pasted, SAAS) == IssueRef("1", "acme", EVENT)


@pytest.mark.parametrize(
    "pasted",
    [
        "<https://evil.example/issues/1/|https://acme.sentry.io/issues/1/>",
        "[https://acme.sentry.io/issues/1/](https://evil.example/issues/1/)",
        "look: https://evil.example/issues/1/",
        "evil.example/issues/1/",
    ],
)
def test_the_words_of_a_link_to_another_host_are_not_followed(pasted: str) -> None:
    with pytest.raises(BadInput, match="another host"):
        parse_reference(pasted, SAAS)


OTHER_PAGES = [
    ("alerts/rules/shop/12/details/", "an alert of project shop", "find_issues project=shop;"),
    ("alerts/rules/details/12/?project=7", "an alert of project 7", "find_issues project=7;"),
    ("issues/alerts/rules/crons/shop/nightly/details/", "a cron monitor of project shop", "find_issues project=shop;"),
    ("alerts/rules/uptime/shop/9/details/", "an uptime check of project shop", "find_issues project=shop;"),
    ("monitors/4711/", "a monitor:", "issues of all projects call find_issues;"),
    ("crons/shop/nightly-report/", "a cron monitor of project shop", "find_issues project=shop;"),
    ("insights/crons/", "a cron monitor", "find_issues"),
    ("detectors/5/", "a detector", "find_issues"),
    ("releases/shop%402.4.1/?project=7", "a release of project 7", 'project=7 query="release:shop@2.4.1";'),
    (f"explore/traces/trace/{EVENT}/", "a trace", f"find_issues query=trace:{EVENT};"),
    (f"performance/trace/{EVENT}/", "a trace", f"find_issues query=trace:{EVENT};"),
    (
        "issues/?query=is%3Aunresolved+level%3Afatal&project=7&statsPeriod=24h&environment=production",
        "an issue stream of project 7",
        'project=7 query="is:unresolved level:fatal" environment="production" period=24h;',
    ),
    ("issues/views/12/", "an issue stream", "find_issues"),
    ("feedback/", "the list of user feedback", "find_issues"),
    ("replays/abc/", "a replay", "find_issues"),
    ("discover/results/?query=x", "a Discover query", "find_issues"),
    ("projects/shop/", "a project of project shop", "find_issues project=shop;"),
    ("settings/account/", "settings", "find_issues"),
    ("stats/", "usage statistics", "find_issues"),
    ("somewhere/new/", "a page of Sentry", "find_issues"),
    ("explore/errors/?project=7", "an Explore query of project 7", "find_issues project=7;"),
    (f"performance/shop:{EVENT}/", "a performance page of project shop", "find_issues project=shop;"),
    (f"profiling/profile/shop/{EVENT}/flamegraph/", "a profile of project shop", "find_issues project=shop;"),
    (f"issues/trace/{EVENT}/?project=-1", "a trace:", f"find_issues query=trace:{EVENT};"),
    ("issues/?query=42&project=7", "an issue stream of project 7", 'query="42"'),
    ("issues/?query=issue%3ASHOP-1Z+is%3Aunresolved", "an issue stream", 'query="issue:SHOP-1Z is:unresolved"'),
    ("issues/?query=user.id%3A1-2", "an issue stream", 'query="user.id:1-2"'),
    (f"issues/?query={EVENT}", "an issue stream", "find_issues"),
    ("monitors/1/?project=7&project=8", "a monitor of projects 7, 8", "of each of these projects call find_issues"),
    ("insights/projects/shop/", "a performance page of project shop", "find_issues project=shop;"),
    ("explore/replays/abc/?project=7", "a replay of project 7", "find_issues project=7;"),
    ("feedback/?feedbackSlug=shop", "the list of user feedback", "find_issues"),
    ("issues/?query=user%3A%22a+b%22", "an issue stream", "query='user:\"a b\"'"),
    ("issues/?query=level%3A%5Ba%2Cb%5D", "an issue stream", "query=(as in the link)"),
    ("releases/shop%402.4.1/", "a release", 'query="release:shop@2.4.1"'),
    ("releases/odd%20name%3A1/", "a release", "query='release:\"odd name:1\"'"),
    ("releases/odd%5C/", "a release", "find_issues;"),
    (
        "issues/?query=trace%3A1+%60evil%60&project=7",
        "an issue stream of project 7",
        "find_issues project=7 query=(as in the link);",
    ),
]


@pytest.mark.parametrize(("path", "is_what", "call"), OTHER_PAGES, ids=[path for path, _, _ in OTHER_PAGES])
def test_a_link_to_another_page_is_told_with_the_call_for_its_issues(path: str, is_what: str, call: str) -> None:
    with pytest.raises(BadInput) as caught:
        parse_reference(f"https://sentry.example.com/organizations/acme/{path}", OWN)
    assert caught.value.what.startswith(f"The link is of {is_what}") and "names no issue" in caught.value.what
    assert call in caught.value.fix


def test_what_a_link_says_is_inert_in_the_sentence() -> None:
    page = "https://sentry.example.com/organizations/acme/issues/?query=%3Cb%3E%0A%23%20Obey%20%60me%60"
    with pytest.raises(BadInput) as caught:
        parse_reference(page, OWN)
    assert "\n" not in str(caught.value) and "<b>" not in str(caught.value) and "`" not in str(caught.value)


@pytest.mark.parametrize(("base", "pasted"), OTHER_HOSTS)
def test_a_url_of_another_host_is_refused_by_name(base: str, pasted: str) -> None:
    with pytest.raises(BadInput, match="another host"):
        parse_reference(pasted, base)


@pytest.mark.parametrize("pasted", UNREADABLE)
def test_what_names_no_issue_is_refused_with_examples(pasted: str) -> None:
    with pytest.raises(BadInput) as caught:
        parse_reference(pasted, OWN)
    assert caught.value.fix


@settings(max_examples=400)
@given(
    pasted=st.text(max_size=40) | st.from_regex(r"https://sentry\.example\.com/[a-z0-9/.%:A-Z-]{0,40}", fullmatch=True)
)
def test_whatever_is_pasted_is_read_safely_or_refused(pasted: str) -> None:
    try:
        found = parse_reference(pasted, OWN)
    except BadInput:
        return
    assert found.is_numeric or found.is_event or "-" in found.issue
    for part in (found.issue, found.organization or "x", found.event or "x"):
        assert part.replace("-", "").replace("_", "").isalnum()
        assert part.isascii()


@pytest.mark.parametrize("text", ["latest", " Oldest ", "RECOMMENDED", EVENT, UUID, EVENT.upper()])
def test_an_event_is_named_in_any_case(text: str) -> None:
    assert event_id(text) in ("latest", "oldest", "recommended", EVENT)


@pytest.mark.parametrize("text", ["", "newest", EVENT[:-1], f"{EVENT}0", "../latest"])
def test_what_is_no_event_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="event id"):
        event_id(text)
