"""What cannot be meant is refused in one clear sentence, without a request."""

from __future__ import annotations

from typing import Any

import pytest

from tests.tools.contract import OF_ONE_ISSUE, TOOLS, call
from tests.tools.support import BASE, MODES, Mode, connected

ISSUE = "SHOP-1Z"
GIANT = "x" * 1_000_000
BAD_ISSUES: dict[str, object] = {
    "empty": "",
    "blank": "   ",
    "a path": "../x",
    "a path in an id": "1/../../2",
    "an encoded path": "SHOP-1Z%2F..%2F",
    "words": "the checkout one",
    "a control character": "SHOP-1Z\x00",
    "a line break in an id": "SHOP\r\n-1Z",
    "a letter that short ids never hold": "SHOP-IL0U",
    "a giant": GIANT,
    "a number too long": "9" * 40,
    "a negative number": "-5",
    "a fraction": 1.5,
    "a list": ["SHOP-1Z"],
    "an object": {"id": 1},
    "a boolean": True,
    "a URL of another host": "https://evil.example/organizations/acme/issues/1/",
    "a host that begins alike": "http://localhost.evil.example/organizations/acme/issues/1/",
    "a host before an at sign": "http://localhost@evil.example/organizations/acme/issues/1/",
    "userinfo": "http://user:secret@localhost/organizations/acme/issues/1/",
    "another scheme": "ftp://localhost/organizations/acme/issues/1/",
    "a scheme that runs code": "javascript://localhost/organizations/acme/issues/1/%0aalert(1)",
    "a file": "file:///etc/passwd",
    "another port": "http://localhost:8080/organizations/acme/issues/1/",
    "https where http is configured": "https://localhost/organizations/acme/issues/1/",
    "a backslash": "http://localhost\\@evil.example/issues/1/",
    "dots in a URL": f"{BASE}/organizations/../issues/1/",
    "an organization that is a path": f"{BASE}/organizations/a%2F..%2Fb/issues/1/",
    "an event id that is none": f"{BASE}/organizations/acme/issues/1/events/..%2F/",
}


@pytest.mark.parametrize("tool", ["triage_issue", "list_events", "resolve_issue", "add_note"])
async def test_a_reference_that_cannot_be_meant_is_refused_without_a_request(tool: str) -> None:
    async with connected("staging-only") as connection:
        for name, bad in BAD_ISSUES.items():
            arguments: dict[str, Any] = call(tool, ISSUE) | {"issue": bad}
            said = await connection.error(tool, **arguments)
            assert 20 < len(said) < 400 and said.endswith(".") and "\n" not in said, name
            assert "secret" not in said and GIANT[:100] not in said and "evil" not in said, name
            assert connection.upstream.requests == [], name


BAD: dict[str, tuple[tuple[str, dict[str, object]], ...]] = {
    "period": tuple(
        ("discover_impact", {"period": value})
        for value in ("yesterday", "0h", "-1h", "1y", "24", "h", "400d", "99999h", "1h; drop", "1h\n", "²h")
    ),
    "start and end": (
        ("discover_impact", {"start": "yesterday"}),
        ("discover_impact", {"end": "2026-11-20T10:00:00Z"}),
        ("discover_impact", {"start": "2026-11-20T10:00:00Z", "end": "2026-11-20T09:00:00Z"}),
        ("discover_impact", {"start": "2030-01-01T00:00:00Z"}),
        ("discover_impact", {"start": "2020-01-01T00:00:00Z"}),
        ("discover_impact", {"period": "1h", "start": "2026-11-20T10:00:00Z"}),
        ("discover_impact", {"start": "2026-11-20T10:00:00Z" + "0" * 100}),
        ("check_recovery", {"since": "when we fixed it"}),
        ("draft_update", {"since": "10:00"}),
        ("draft_postmortem", {"mitigated_at": "noon"}),
        ("draft_postmortem", {"detected_at": "2026-13-45T00:00:00Z"}),
        ("draft_postmortem", {"detected_at": "0001-01-01T00:00:00Z"}),
        ("check_recovery", {"since": "9999-12-31T23:59:59Z"}),
        ("draft_postmortem", {"acknowledged_at": "\x1b[31m"}),
    ),
    "limit": tuple(("list_events", {"limit": value}) for value in (0, -1, 101, 10**30, "many", 1.5, [1])),
    "cursor": tuple(("list_events", {"cursor": value}) for value in ("a\r\nb", "\x00", "c" * 201, 5)),
    "event": tuple(("get_issue", {"event": value}) for value in ("newest", "../../x", "g" * 32, "a" * 31, "a\n", 5)),
    "environment": tuple(
        ("triage_issue", {"environment": value}) for value in ("a\nb", "\x7f", "e" * 401, ["production"], 1)
    ),
    "release": tuple(("list_events", {"release": value}) for value in ("a\\*b", "a\\", "r\n", "r" * 251)),
    "query": (("list_events", {"query": "q" * 1001}), ("find_issues", {"query": "a\x00b"})),
    "project": tuple(("find_issues", {"project": value}) for value in ("../x", "a/b", "a b", "p" * 101, "shop?x=1")),
    "further issues": (
        ("check_recovery", {"issues": [["SHOP-1Z"]]}),
        ("check_recovery", {"issues": {}}),
        ("check_recovery", {"issues": 5}),
    ),
    "sort": (("find_issues", {"sort": "best"}), ("find_issues", {"sort": 1})),
    "flags": tuple(("classify_severity", {flag: "perhaps"}) for flag in ("workaround", "core_flow", "data_loss_risk")),
    "action": tuple(("resolve_issue", {"action": value}) for value in ("delete", "", "RESOLVE", 1)),
    "conditions": tuple(
        ("resolve_issue", {"action": "ignore", name: value})
        for name in ("ignore_count", "ignore_minutes", "ignore_users", "window_minutes")
        for value in (0, -1, "some")
    ),
    "text": tuple(("add_note", {"text": value}) for value in ("", "   ", "\n\t", "t" * 4001, "a\x1b]0;x\x07", 5)),
    "words of people": (
        ("draft_update", {"kind": "final"}),
        ("draft_update", {"audience": "everyone"}),
        ("draft_update", {"format": "html"}),
        ("draft_update", {"lead": "l" * 101}),
        ("draft_update", {"service": "a\nb"}),
        ("resolve_issue", {"action": "resolve", "reason": "r" * 301}),
    ),
}


async def test_a_value_that_cannot_be_meant_is_refused_without_a_request() -> None:
    async with connected("staging-only") as connection:
        for tool, bad in (case for cases in BAD.values() for case in cases):
            arguments: dict[str, Any] = call(tool, ISSUE) | bad
            said = await connection.error(tool, **arguments)
            assert 15 < len(said) < 500 and said.endswith(".") and "\n" not in said, (bad, said)
            assert connection.upstream.requests == [], (bad, said)


@pytest.mark.parametrize("tool", TOOLS)
async def test_unknown_arguments_are_refused_with_the_valid_ones(tool: str) -> None:
    async with connected("payment-spike") as connection:
        many: dict[str, Any] = {f"bogus{number}": 1 for number in range(2000)}
        said = await connection.error(tool, **call(tool, ISSUE), issue_ids=["SHOP-1Z"])
        flood = await connection.error(tool, **call(tool, ISSUE), **many)
        listed = {one.name: one for one in (await connection.client.list_tools()).tools}[tool]
        assert connection.upstream.requests == []
    valid = said.partition("Valid arguments: ")[2].rstrip(".").split(", ")
    assert valid == list(listed.input_schema["properties"])
    assert '"issue_ids"' in said and len(flood) < 600


@pytest.mark.parametrize("tool", OF_ONE_ISSUE)
async def test_issue_id_is_taken_for_issue(tool: str) -> None:
    async with connected("payment-spike") as connection:
        arguments = call(tool, ISSUE)
        await connection.call(
            tool, **{("issue_id" if name == "issue" else name): arguments[name] for name in arguments}
        )


async def test_the_issue_under_both_names_is_refused() -> None:
    async with connected("payment-spike") as connection:
        assert "Give it once" in await connection.error("get_issue", issue=ISSUE, issue_id=ISSUE)


@pytest.mark.parametrize("mode", MODES)
async def test_a_missing_issue_is_asked_for(mode: Mode) -> None:
    async with connected("payment-spike", mode=mode) as connection:
        said = await connection.error("triage_issue")
        assert said.startswith("triage_issue was not run: issue: field required")


GOOD: dict[str, tuple[tuple[str, dict[str, object]], ...]] = {
    "nulls mean left out": (
        ("triage_issue", {"environment": None, "workaround": None}),
        ("list_events", {"limit": None}),
    ),
    "empty words mean left out": (("get_issue", {"event": "", "environment": ""}), ("discover_impact", {"period": ""})),
    "numbers as text and text as numbers": (("list_events", {"limit": "5"}), ("triage_issue", {"workaround": "true"})),
    "an event id with dashes": (("get_issue", {"event": "00000000-0000-0000-0000-000000000000"}),),
    "blanks in a list": (("check_recovery", {"issues": ["", " ", "null"]}), ("check_recovery", {"issues": "null"})),
    "several environments": (("discover_impact", {"environment": " production , staging ,production"}),),
    "several lines in a note": (("add_note", {"text": "One.\nTwo.\tThree."}),),
}


LEFT_OUT: tuple[object, ...] = (None, "", "  ", "\n\t\u00a0", [], ["", None], "null", "None", "undefined", " nil ")


@pytest.mark.parametrize("nothing", LEFT_OUT, ids=repr)
async def test_every_optional_argument_may_be_left_out_in_words(nothing: object) -> None:
    async with connected("payment-spike") as connection:
        listed = {one.name: one.input_schema for one in (await connection.client.list_tools()).tools}
        for tool in TOOLS:
            given = call(tool, ISSUE)
            # A release and a search may be called so: what is left out there is the blank text alone.
            is_empty = not isinstance(nothing, str) or not nothing.strip()
            optional = [
                name
                for name in listed[tool]["properties"]
                if name not in listed[tool].get("required", ())
                and name not in given
                and (is_empty or name not in ("query", "release"))
            ]
            plain = await connection.call(tool, **given)
            answer = await connection.call(tool, **given, **dict.fromkeys(optional, nothing))
            for told in (plain, answer):
                told.pop("confirm_token", None)
            assert answer.keys() == plain.keys(), (tool, answer)


async def test_a_required_argument_is_not_left_out_by_a_word_and_a_fix_is_not_none() -> None:
    async with connected("payment-spike") as connection:
        assert "action" in await connection.error("resolve_issue", issue=ISSUE, action="null")
        noted = await connection.call("add_note", issue=ISSUE, text="none", dry_run=True)
        assert noted["outcome"] == "planned"
        plain = await connection.call("draft_update", issue=ISSUE, kind="update", audience="engineers")
        worded = await connection.call(
            "draft_update", issue=ISSUE, kind="update", audience="engineers", fix="None", root_cause="undefined"
        )
        assert worded["text"] == plain["text"]


async def test_what_takes_a_flag_or_a_word_is_refused_in_one_sentence_that_names_both() -> None:
    async with connected("payment-spike") as connection:
        said = await connection.error("triage_issue", issue=ISSUE, core_flow="blocked", period="x" * 30)
    assert said.count("core_flow:") == said.count("period:") == 1
    assert "boolean" in said and "(Stated: the core flow is hit: true, false or blocked_for_all)" in said


async def test_blanks_among_further_issues_are_none_of_them() -> None:
    async with connected("payment-spike", "typeerror-v2.4.1") as connection:
        plain = await connection.call("check_recovery", issue=ISSUE, issues=["WEB-7K"])
        blanks = await connection.call("check_recovery", issue=ISSUE, issues=["", "WEB-7K", " ", None])
    assert sorted(one["short_id"] for one in plain["issues"]) == [ISSUE, "WEB-7K"]
    assert blanks == plain


@pytest.mark.parametrize("word", ["undefined", "none"])
async def test_a_release_and_a_search_may_be_called_like_nothing(word: str) -> None:
    async with connected("payment-spike") as connection:
        assert (await connection.call("list_events", issue=ISSUE, release=word)).get("events", []) == []
        assert word in (await connection.call("find_issues", query=word))["scope"]["query"]


async def test_what_people_and_models_write_is_understood() -> None:
    async with connected("payment-spike") as connection:
        for tool, more in (case for cases in GOOD.values() for case in cases):
            arguments: dict[str, Any] = call(tool, ISSUE) | more
            await connection.call(tool, **arguments)


async def test_an_issue_is_found_under_every_form_that_people_paste() -> None:
    async with connected("payment-spike") as connection:
        number = connection.number(ISSUE)
        page = f"{BASE}/organizations/acme/issues/{number}/"
        forms: tuple[object, ...] = (
            int(number),
            number,
            f"  {number}\n",
            f'"{ISSUE}"',
            f"00{number}",
            ISSUE.lower(),
            "Shop-1z",
            f"<{page}?project=1&referrer=slack>",
            f"{page}events/latest/?environment=production&statsPeriod=24h#exception",
        )
        for form in forms:
            assert (await connection.call("get_issue", issue=form))["short_id"] == ISSUE, form
