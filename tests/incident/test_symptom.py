"""What customers are told they notice: the policy's words, else what the events carry, else nothing."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import pytest

from sentry_runbook.incident.incident import Incident
from sentry_runbook.incident.messages.drafts import draft_update
from sentry_runbook.incident.model.evidence import Event, Evidence, Unknown
from sentry_runbook.incident.model.results.messages import FORMS
from sentry_runbook.incident.model.stated import Stated
from tests.incident.builder import MINUTE, POLICY, Seen, ago, burst, incident, known
from tests.incident.golden import incident_of, templates

ACCOUNT = {"/account": "opening the account page"}
TWO = {**ACCOUNT, "^POST /checkout": "paying"}
CALM = {"level": "warning", "unhandled": False}
BLANK = "[what users notice, in plain words]"


def going_on(transaction: str | None = "GET /account", count: int = 60, **fields: Any) -> list[Seen]:
    return burst(ago(minutes=20), count, MINUTE / 3, 30, transaction=transaction, **fields)


def event(**fields: Any) -> Any:
    return known(Event(id="e" * 32, **fields))


def told(evidence: Evidence, symptoms: Mapping[str, str] | None = None, **stated: Any) -> str:
    """The first line of the message to customers."""
    policy = POLICY.model_copy(update={"symptoms": MappingProxyType(dict(symptoms or {}))})
    read = Incident(evidence, Stated.model_validate(stated), policy, evidence.collected_at)
    draft = draft_update(read, form=templates()[FORMS["update"]], kind="update", audience="customers")
    return draft.text.split("\n")[0].strip()


@pytest.mark.parametrize(
    ("events", "symptoms", "line"),
    [
        (going_on(), ACCOUNT, "Some people may have trouble opening the account page."),
        (
            going_on(),
            {"(?i)/ACCOUNT$": "opening the account page"},
            "Some people may have trouble opening the account page.",
        ),
        (
            [*going_on("GET /account", 40), *going_on("POST /checkout", 80)],
            TWO,
            "Some people may have trouble paying or opening the account page.",
        ),
        ([*going_on("GET /account", 2), *going_on("POST /checkout", 80)], TWO, "Some people may have trouble paying."),
        (going_on(), {"/acc": "signing in", "/account": "signing in"}, "Some people may have trouble signing in."),
        (
            [*going_on("a", 30), *going_on("b", 31), *going_on("c", 32), *going_on("d", 33)],
            {"a": "reading", "b": "writing", "c": "paying", "d": "searching"},
            "Some people may have trouble searching, paying or writing.",
        ),
    ],
)
def test_the_policys_words_lead_the_text_the_most_frequent_first(
    events: list[Seen], symptoms: Mapping[str, str], line: str
) -> None:
    assert told(incident(events), symptoms) == line


def test_a_path_of_the_request_is_enough_and_neither_host_nor_query_is_one() -> None:
    page = event(transaction="AccountController", request_url="https://shop.example.com/account?from=%2Fcheckout")
    one = incident(going_on("AccountController"), event=page)
    assert told(one, ACCOUNT) == "Some people may have trouble opening the account page."
    for internal in ("shop.example.com", "checkout"):
        assert "trouble" not in told(one, {internal: "paying"})


def test_what_is_over_is_told_of_the_past() -> None:
    ended = incident(burst(ago(hours=6), 60, MINUTE / 3, 30, transaction="GET /account"))
    assert told(ended, ACCOUNT) == "Some people may have had trouble opening the account page."
    assert told(ended) == "Some people may have seen errors."


@pytest.mark.parametrize(
    ("fields", "issue", "line"),
    [
        pytest.param({"request_method": "POST"}, {}, "Some requests may fail.", id="a_request"),
        pytest.param({"transaction": "GET /x"}, {}, "Some requests may fail.", id="a_transaction_of_one"),
        pytest.param({"browser": "Firefox 140"}, {}, "Some people may see errors.", id="a_page"),
        pytest.param(
            {"browser": "Firefox 140", "request_method": "GET"}, {}, "Some requests may fail.", id="a_servers_visitor"
        ),
        pytest.param({}, {"platform": "cocoa"}, "Some people may see errors.", id="an_app"),
        pytest.param({"request_method": "GET"}, CALM, f"{BLANK}.", id="a_warning"),
        pytest.param(
            {"request_method": "GET"},
            {"level": "warning", "unhandled": True},
            "Some requests may fail.",
            id="unhandled",
        ),
    ],
)
def test_without_the_policys_words_only_what_the_events_carry_is_said(
    fields: dict[str, Any], issue: dict[str, Any], line: str
) -> None:
    assert told(incident(going_on("job"), issue=issue, event=event(**fields))) == line


def test_of_a_job_that_no_person_is_known_to_have_met_nothing_is_said() -> None:
    events = [dataclasses.replace(one, user=None) for one in going_on("nightly-report")]
    assert told(incident(events, event=event(transaction="nightly-report"))) == f"{BLANK}."
    assert told(incident(going_on("nightly-report"))) == "Some people may see errors."


def test_what_was_not_counted_is_a_blank_even_where_a_pattern_matches() -> None:
    unread = incident(going_on(), totals=Unknown(why="503"), series=Unknown(why="503"), history=Unknown(why="503"))
    assert told(unread, ACCOUNT) == f"{BLANK}."


def test_words_of_the_policy_have_no_power_in_a_message() -> None:
    hostile = {"/account": "<!channel> *paying* https://evil.example.com"}
    policy = POLICY.model_copy(update={"symptoms": MappingProxyType(hostile)})
    read = Incident(incident(going_on()), Stated(), policy, ago())
    draft = draft_update(read, form=templates()[FORMS["update"]], kind="update", audience="customers", format="slack")
    assert "<!" not in draft.text and "*paying*" not in draft.text


@pytest.mark.parametrize("pattern", [".*", "hostile", "(?s).+"])
def test_a_pattern_that_matches_everything_shows_its_words_and_never_what_it_matched(pattern: str) -> None:
    read = incident_of("hostile_text")
    policy = POLICY.model_copy(update={"symptoms": MappingProxyType({pattern: "using the shop"})})
    of = dataclasses.replace(read, policy=policy)
    text = draft_update(of, form=templates()[FORMS["initial"]], kind="initial", audience="customers").text
    assert text.startswith(("Some people may have trouble using the shop.", "Some people may see errors."))


def places(symptoms: Sequence[str]) -> dict[str, str]:
    return {name: f"word {number}" for number, name in enumerate(symptoms)}


def test_at_most_three_are_named_however_many_match() -> None:
    events = [seen for name in "abcdef" for seen in going_on(name, 20)]
    assert told(incident(events), places("abcdef")).count("word") == 3
