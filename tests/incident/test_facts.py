"""Facts for templates: results by their types, unknown ones as marked blanks; for customers only what is named."""

import dataclasses
import re
from collections.abc import Iterator
from datetime import timedelta

import pytest

from sentry_runbook.incident.messages.blank_content import BlankContent
from sentry_runbook.incident.messages.content import MessageContent
from sentry_runbook.incident.messages.redaction import READABLE_BY_CUSTOMERS
from sentry_runbook.incident.model.evidence import Unknown
from sentry_runbook.incident.model.policy import largest_unit
from sentry_runbook.incident.model.results.impact import Baseline, Impact, ImpactWindow
from sentry_runbook.incident.model.results.issue import IssueSummary
from sentry_runbook.incident.model.results.messages import NOT_STATED, ActionItem, Audience, Blank, Format
from sentry_runbook.incident.model.results.triage import CouldBe
from sentry_runbook.incident.model.stated import Stated
from sentry_runbook.incident.postmortem.content import PostmortemContent
from sentry_runbook.render.templates.fact import Fact
from sentry_runbook.render.templates.filling import ValueWriter
from sentry_runbook.render.templates.view import FactGroup, GroupOf, ListOf, facts_of, parts_of
from sentry_runbook.render.templates.wording import SENTENCES, TEXTS, WORDINGS
from tests.incident.builder import NOW, WINDOW
from tests.incident.golden import FORMATS, GOLDEN, POLICY, incident_of, templates

ACTIVE = ("\n", "@here", "@everyone", "<!channel", "<@U", "![", "](https://evil", "{{", "{%", "\u202e")
"""What would have power in Markdown, in Slack, in a template or on a screen."""


def all_facts(value: object, path: str = "", result: type = MessageContent) -> Iterator[tuple[str, Fact]]:
    """Every fact that a template can reach, by its path."""
    if isinstance(value, Fact):
        yield path, value
    elif isinstance(value, tuple):
        for inner in value:
            yield from all_facts(inner, path, result)
    elif isinstance(value, FactGroup):
        if value.fact is not None:
            yield path, value.fact
        for name, part in parts_of(result).items():
            kind = part.kind.of if isinstance(part.kind, ListOf) else part.kind
            inner = kind.result if isinstance(kind, GroupOf) else object
            yield from all_facts(value[name], f"{path}.{name}".lstrip("."), inner)


def of(name: str, audience: Audience = "engineers") -> list[tuple[str, Fact]]:
    return list(all_facts(facts_of(MessageContent(incident_of(name), audience=audience))))


# --- one fact ------------------------------------------------------------------------------------------------------


def test_a_fact_that_is_unknown_stands_as_a_marked_blank_and_is_false_in_an_if() -> None:
    unknown, known = Fact("number of users", known=False, why="Sentry answered 503"), Fact("40")
    assert (str(unknown), bool(unknown)) == ("[number of users]", False)
    assert (str(known), bool(known)) == ("40", True)


def test_a_fact_compares_with_words_and_an_unknown_one_equals_none() -> None:
    assert Fact("P0") == "P0"
    assert Fact("P0") != "P1"
    assert Fact("P0", known=False) != "P0"
    assert Fact("P0") == Fact("P0")
    assert Fact("P0") != Fact("P0", why="x")
    assert len({Fact("P0"), Fact("P0")}) == 1


# --- a result by its types -----------------------------------------------------------------------------------------

ISSUE = IssueSummary(id="7", url="https://sentry.example/7/", title='A "b"', first_seen=NOW, users_total=12_345)
BASELINE = Baseline(start=NOW, end=NOW, events=1_200, events_per_hour=50.25)


def impact(**values: object) -> FactGroup:
    window = ImpactWindow(start=WINDOW.start, end=WINDOW.end)
    return FactGroup(Impact, Impact.model_validate({"window": window, "reading": "x", **values}))


def test_a_value_reads_by_its_type_and_by_the_unit_that_its_name_ends_with() -> None:
    issue, numbers = FactGroup(IssueSummary, ISSUE), impact(p95_ms=1234.5, crash_free_sessions_pct=91.4)
    assert issue["first_seen"] == "2026-11-23 15:00 UTC"
    assert issue["users_total"] == "12,345"
    assert numbers["p95_ms"] == "1,234.5 ms"
    assert numbers["crash_free_sessions_pct"] == "91.40 %"


def test_event_text_is_quoted_and_our_sentences_are_not() -> None:
    assert FactGroup(IssueSummary, ISSUE)["title"] == "\"A 'b'\""
    item = ActionItem(action='Add a test for "b"', done_when="x", why="y")
    assert FactGroup(ActionItem, item)["action"] == 'Add a test for "b"'


def test_a_result_with_a_text_of_its_own_stands_in_a_sentence_and_gives_its_fields_too() -> None:
    baseline = impact(baseline=BASELINE)["baseline"]
    assert isinstance(baseline, FactGroup)
    assert baseline.fact == "1,200"
    assert baseline["events_per_hour"] == "50.25"
    assert TEXTS[CouldBe](CouldBe(lowest="P2", highest="P0")) == "P2 to P0"
    assert TEXTS[CouldBe](CouldBe(lowest="P2", highest="P2")) == "P2"


def test_the_name_of_the_issue_leads_to_it() -> None:
    name = FactGroup(IssueSummary, ISSUE)["name"]
    assert name == Fact("7", link="https://sentry.example/7/")


def test_an_unknown_number_has_the_words_of_its_field_and_the_reason_of_the_result() -> None:
    numbers = impact(missing=[{"what": "users", "why": "Sentry answered 429"}])
    assert numbers["users"] == Fact("number of users", known=False, why="Sentry answered 429")
    assert numbers["sessions"] == Fact("sessions", known=False, why="not measured")
    assert FactGroup(IssueSummary, ISSUE)["assigned_to"] == Fact(
        "who is assigned", known=False, why="no assignee is known"
    )


def test_the_blanks_of_a_result_that_is_not_known_have_its_reason() -> None:
    group = FactGroup(Impact, None, "Sentry answered 503")
    assert group["events"] == Fact("number of events", known=False, why="Sentry answered 503")
    assert group["breakdown"] == ()
    assert not group
    trend = group["trend"]
    assert isinstance(trend, FactGroup)
    assert trend["last_hour"] == Fact("last hour", known=False, why="Sentry answered 503")


def test_what_only_people_know_keeps_its_own_reason_without_an_issue() -> None:
    learned = FactGroup(PostmortemContent, None, "no issue was given")["learned"]
    assert isinstance(learned, Fact)
    assert learned.why == NOT_STATED


@pytest.mark.parametrize(
    ("minutes", "shown"),
    [(1, "1 minute"), (30, "30 minutes"), (60, "1 hour"), (480, "8 hours"), (20_160, "14 days"), (90, "90 minutes")],
)
def test_a_time_between_updates_is_in_the_largest_unit_that_divides_it(minutes: int, shown: str) -> None:
    assert largest_unit(timedelta(minutes=minutes)) == shown


def test_every_wording_is_of_a_field_that_exists_and_every_sentence_is_event_text() -> None:
    for result, name in WORDINGS:
        # What a message adds to the content of a blank form is declared there.
        assert name in parts_of(MessageContent if result is BlankContent else result), (result, name)
    for result, names in SENTENCES.items():
        assert names <= set(parts_of(result)), result


@pytest.mark.parametrize("form", FORMATS)
def test_whatever_fact_a_template_asks_for_event_text_has_no_power_in_it(form: Format) -> None:
    for path, fact in of("hostile_text"):
        text = ValueWriter(form).write(fact)
        assert [mark for mark in ACTIVE if mark in text] == [], (path, text)
        # What people stated stands without quotes; it is inert all the same.
        if path not in ("service", "root_cause", "fix"):
            assert "evil.example.com" not in re.sub(r'"[^"]*"|`[^`]*`', "", text), (path, text)


# --- of golden incidents -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", GOLDEN)
def test_every_unknown_fact_of_an_incident_says_what_is_missing_and_why(name: str) -> None:
    for path, fact in of(name):
        if not fact.known:
            assert fact.text, path
            assert fact.why, path
            assert fact.why != "no issue was given", path


def test_without_data_no_fact_of_the_impact_is_a_number() -> None:
    content = facts_of(MessageContent(incident_of("almost_no_data")))
    numbers = {path: fact for path, fact in all_facts(content["impact"], result=Impact) if fact.known}
    words = ("reading", "issue", "window", "missing", "warnings", "findings", "untrusted")
    assert [path for path in numbers if path and not path.startswith(words)] == []
    facts = dict(of("almost_no_data"))
    assert not facts["times.started"]
    assert not facts["status.reading"]
    assert content["causes"] == ()


def test_without_an_issue_everything_but_the_policy_is_a_blank() -> None:
    known = {path.split(".")[0] for path, fact in all_facts(facts_of(BlankContent(POLICY))) if fact.known}
    assert known == {"audience", "policy", "patterns"}


def test_what_a_person_states_stands_without_an_issue_too() -> None:
    content = BlankContent(POLICY, Stated(service="Checkout", lead="Ada"))
    assert "INCIDENT — Checkout" in templates()["initial_alert"].fill(content).text


@pytest.mark.parametrize("name", GOLDEN)
def test_for_customers_only_the_named_facts_are_known(name: str) -> None:
    named = {
        *("audience", "policy", "patterns", "service", "root_cause", "fix", "impact_summary"),
        *("times.now", "times.started", "times.over", "times.duration", "times.so_far", "times.last_update"),
        *("times.next_update", "times.update_every", "times.postmortem_by"),
        *("status.word", "status.headline", "status.state", "status.reading", "symptom"),
    }
    known = {path for path, fact in of(name, "customers") if fact.known}
    assert {path for path in known if path.split(".")[0] not in named} <= named


def test_the_names_that_customers_may_read_exist() -> None:
    assert set(parts_of(MessageContent)) > READABLE_BY_CUSTOMERS


def test_a_template_for_customers_cannot_show_an_internal_fact_even_when_it_asks() -> None:
    filled = templates()["severity_matrix"].fill(MessageContent(incident_of("payment_spike"), audience="customers"))
    assert "SHOP-1Z" not in filled.text
    assert "internal: not for customers" in " ".join(filled.unknowns)


def test_a_name_that_nobody_has_thought_of_is_withheld_from_customers() -> None:
    content = MessageContent(incident_of("payment_spike"), audience="customers")
    assert content.read("a_fact_of_tomorrow") == Unknown(why="internal: not for customers")
    assert isinstance(content.read("symptoms"), Blank)


def test_the_same_evidence_gives_the_same_facts() -> None:
    anew = MessageContent(dataclasses.replace(incident_of("geocoding_503")))
    assert list(all_facts(facts_of(anew))) == of("geocoding_503")
