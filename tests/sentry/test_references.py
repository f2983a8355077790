"""What people paste, and what must not be read out of it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sentry_runbook.errors import BadInput
from sentry_runbook.sentry.references import IssueRef, event_id, parse_reference

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

AMONG_WORDS = [
    ("SHOP-1Z.", IssueRef("SHOP-1Z")),
    ("(shop-1z)", IssueRef("SHOP-1Z")),
    ("`SHOP-1Z`", IssueRef("SHOP-1Z")),
    ("Issue SHOP-1Z: TypeError in the cart", IssueRef("SHOP-1Z")),
    (f"Event ID: {UUID}", IssueRef(EVENT, event=EVENT)),
]

OTHER_HOSTS = [
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
    "https://sentry.example.com/issues/1\u200b/",
    "SHOP-1Z or SHOP-2A",
    "no id in here, step-by-step",
    "https://sentry.example.com/issues/1/ https://sentry.example.com/issues/2/",
    "https://sentry.example.com/organizations/acme/feedback/?feedbackSlug=shop",
    "https://sentry.example.com\\@evil.example/issues/1/",
    "https://[::1/issues/1/",
]


@pytest.mark.parametrize(("base", "pasted", "found"), READ, ids=[pasted.strip()[:70] for _, pasted, _ in READ])
def test_a_reference_is_read(base: str, pasted: str, found: IssueRef) -> None:
    assert parse_reference(pasted, base) == found


@pytest.mark.parametrize("pasted", IN_MARKUP)
def test_a_link_is_read_in_markup_and_among_words(pasted: str) -> None:
    assert parse_reference(pasted, SAAS) == IssueRef("1", "acme")


@pytest.mark.parametrize(("pasted", "found"), AMONG_WORDS)
def test_an_id_is_read_with_punctuation_and_among_words(pasted: str, found: IssueRef) -> None:
    assert parse_reference(pasted, SAAS) == found


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
    ("stats/", "a page of Sentry", "find_issues"),
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
