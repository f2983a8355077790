"""Facts: known with their source, or a marked blank with a reason; for customers only what is named."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass

import pytest

from sentry_runbook.incident.incident import Incident
from sentry_runbook.incident.messages.context import gather, no_facts
from sentry_runbook.incident.messages.fields import Fact, Facts, ImpactFacts, Story, blank, made
from sentry_runbook.incident.messages.reference import minutes
from sentry_runbook.incident.model.evidence import Unknown
from sentry_runbook.incident.model.stated import Stated
from tests.incident.golden import GOLDEN, POLICY, evidence_of, templates

FOR_CUSTOMERS = {
    *("audience", "given", "since", "policy", "patterns", "service", "root_cause", "fix"),
    *("times.now", "times.started", "times.over", "times.duration", "times.so_far"),
    *("times.last_update", "times.postmortem_by", "impact.summary", "severity.next_update", "severity.next_update_by"),
    *("recovery.headline", "recovery.state", "recovery.reading", "recovery.over", "recovery.mitigated"),
}


def all_facts(group: object, path: str = "") -> Iterator[tuple[str, Fact]]:
    """Every fact below a group, by its path."""
    for one in fields(group):  # type: ignore[arg-type]  # only groups come here
        value, name = getattr(group, one.name), f"{path}{one.name}"
        if isinstance(value, Fact):
            yield name, value
        elif is_dataclass(value):
            yield from all_facts(value, f"{name}.")
        elif isinstance(value, tuple):
            for place, inner in enumerate(value):
                yield from [(name, inner)] if isinstance(inner, Fact) else all_facts(inner, f"{name}.{place}.")


def of(name: str, **more: object) -> Facts:
    evidence = evidence_of(name)
    return gather(Incident(evidence, GOLDEN[name].stated, POLICY, evidence.collected_at), **more)  # type: ignore[arg-type]


def test_a_fact_that_is_unknown_stands_as_a_marked_blank_and_is_false_in_an_if() -> None:
    unknown, known = blank("number of users", "Sentry answered 503"), Fact("40")
    assert (str(unknown), bool(unknown)) == ("[number of users]", False)
    assert (str(known), bool(known)) == ("40", True)


def test_an_unknown_value_keeps_the_fields_own_blank_and_its_own_reason() -> None:
    group = made(ImpactFacts, users=Unknown(why="Sentry answered 429"), events=Fact("7"))
    assert group.users == blank("number of users", "Sentry answered 429")
    assert group.events.text == "7"
    assert group.p95 == ImpactFacts().p95


@pytest.mark.parametrize("name", GOLDEN)
def test_every_unknown_fact_of_an_incident_says_what_is_missing_and_why(name: str) -> None:
    for path, fact in all_facts(of(name)):
        if not fact.known:
            assert fact.text, path
            assert fact.why, path
            assert fact.why != "no issue was given", path


def test_without_data_no_fact_of_the_impact_is_a_number() -> None:
    facts = of("almost_no_data")
    for path, fact in all_facts(facts.impact):
        if path not in ("window", "environments"):
            assert not fact.known, path
    assert not facts.times.started
    assert not facts.recovery.reading
    assert facts.causes == ()


def test_without_an_issue_everything_but_the_policy_is_a_blank() -> None:
    facts = no_facts(POLICY)
    known = {path.split(".")[0] for path, fact in all_facts(facts) if fact.known}
    assert known <= {"policy", "patterns", "story"}
    assert not facts.given


def test_what_a_person_states_stands_without_an_issue_too() -> None:
    facts = no_facts(POLICY, stated=Stated(service="Checkout", lead="Ada"))
    assert "INCIDENT — Checkout" in templates()["initial_alert"].fill(facts).text


@pytest.mark.parametrize("name", GOLDEN)
def test_for_customers_only_the_named_facts_are_known(name: str) -> None:
    for path, fact in all_facts(of(name, audience="customers")):
        named = path in FOR_CUSTOMERS or path.split(".")[0] in FOR_CUSTOMERS
        if path.split(".")[0] == "story":
            assert of(name, audience="customers").story == Story()
        elif fact.known:
            assert named, path


def test_a_template_for_customers_cannot_show_an_internal_fact_even_when_it_asks() -> None:
    filled = templates()["severity_matrix"].fill(of("payment_spike", audience="customers"))
    assert "SHOP-1Z" not in filled.text
    assert "internal: not for customers" in " ".join(filled.unknowns)


@pytest.mark.parametrize(
    ("value", "shown"), [(1, "1 minute"), (30, "30 minutes"), (60, "1 hour"), (480, "8 hours"), (20_160, "14 days")]
)
def test_minutes_are_said_in_the_largest_unit_that_divides_them(value: int, shown: str) -> None:
    assert minutes(value) == shown


def test_the_same_evidence_gives_the_same_facts() -> None:
    assert of("geocoding_503") == of("geocoding_503")
