"""The messages: what they say, what they never say, and what they leave to people."""

import dataclasses
import re
from datetime import timedelta

import pytest

from sentry_runbook.incident.events.event_texts import whole_events
from sentry_runbook.incident.messages.drafts import draft_update
from sentry_runbook.incident.model.evidence import Evidence, FlagChange, Known
from sentry_runbook.incident.model.policy import Calendar
from sentry_runbook.incident.model.results.messages import Audience, Draft, Kind
from sentry_runbook.incident.model.stated import Stated
from tests.incident.builder import known
from tests.incident.golden import (
    AUDIENCES,
    FORMATS,
    GOLDEN,
    KINDS,
    OF_EVERY_AUDIENCE,
    POLICY,
    all_drafts,
    drafted,
    evidence_of,
    incident_of,
    templates,
)
from tests.safety.inert import problems
from tests.snapshots import check

BLANK = re.compile(r"(?<!\]\()\[([^\[\]]+)\](?!\()")
OPEN = ("payment_spike", "geocoding_503", "typeerror_v2_4_1", "data_corruption", "resource_exhaustion", "staging_only")


@pytest.mark.parametrize("name", GOLDEN)
def test_the_messages_of_a_golden_incident_are_those_that_people_read(name: str) -> None:
    parts = [f"# {name}\n"]
    for heading, draft in all_drafts(name):
        if draft.format == "slack" and draft.audience != "engineers":
            continue
        unknowns = "\n".join(f"- {one}" for one in draft.unknowns) or "- none"
        findings = "".join(f"- {one.kind}: {one.why}\n" for one in draft.findings)
        parts.append(f"## {heading}\n\n````\n{draft.text}````\n\nUnknown:\n{unknowns}\n\n")
        parts.append(f"Findings:\n{findings}\n" if findings else "")
        parts.append(f"Next update due: {draft.next_update_due or 'none'}\n")
    check(f"drafts/{name}.md", "\n".join(parts))


# --- the runbook's forms -------------------------------------------------------------------------------------------


def labels(draft: Draft) -> list[str]:
    """What the lines begin with."""
    return [found[1] for line in draft.text.split("\n") if (found := re.match(r"([A-Z][A-Za-z ]+?)(?: —|:)", line))]


def test_the_initial_alert_has_the_lines_of_the_runbook_in_its_order() -> None:
    draft = drafted("payment_spike", "initial")
    assert labels(draft)[:7] == [
        "INCIDENT",
        "Status",
        "Impact",
        "Started",
        "Sentry Issue",
        "Incident Lead",
        "Next update",
    ]
    assert "INCIDENT — Checkout" in draft.text
    assert draft.status == "identified"
    assert "Status: Identified" in draft.text
    assert "Next update: 30 minutes" in draft.text


def test_the_resolution_notice_has_the_lines_of_the_runbook_in_its_order() -> None:
    draft = drafted("payment_spike_resolved", "resolved")
    assert labels(draft)[:5] == ["RESOLVED", "Duration", "Root Cause", "Fix Applied", "Postmortem"]
    assert "due within 48 hours" in draft.text


def test_a_status_update_says_conditions_actions_needs_and_when_the_next_one_comes() -> None:
    draft = drafted("payment_spike", "update")
    order = [name for name in labels(draft) if name in ("Conditions", "Actions", "Needs", "Next update")]
    assert order == ["Conditions", "Actions", "Needs", "Next update"]


@pytest.mark.parametrize("kind", OF_EVERY_AUDIENCE)
def test_executives_read_the_effect_the_state_and_who_decides_what_by_when(kind: Kind) -> None:
    draft = drafted("payment_spike", kind, "executives")
    order = [name for name in labels(draft) if name in ("Effect", "Next decision", "Decides", "Next update")]
    assert order == ["Effect", "Next decision", "Decides", "Next update"]
    assert "State: Not over: 200 errors in the last hour" in draft.text
    assert "Next decision: whether to roll back the latest release (proposed; likely cause: a recent" in draft.text
    assert "Decides: Dana Ortiz, by 2026-11-20 12:15 UTC" in draft.text


@pytest.mark.parametrize(
    ("name", "fix", "decision"),
    [
        ("geocoding_503", None, "whether to switch to a fallback for an outside service (proposed"),
        ("quiet_without_a_fix", None, "whether the cause is fixed, so that it may be called resolved"),
        ("typeerror_v2_4_1", "a rollback", "whether the fix works: it is too early to say"),
        ("almost_no_data", None, "[what has to be decided next]"),
    ],
)
def test_the_next_decision_follows_from_the_next_step(name: str, fix: str | None, decision: str) -> None:
    assert f"Next decision: {decision}" in drafted(name, "update", "executives", fix=fix).text


def test_without_a_clock_time_a_decision_is_due_in_the_policys_words() -> None:
    text = drafted("geocoding_503", "update", "executives", lead="Ada").text
    assert "Decides: Ada, same business day" in text
    assert "Next decision" not in drafted("payment_spike_resolved", "update", "executives").text


def test_the_next_update_is_due_by_the_severity_of_the_policy() -> None:
    for name, minutes in (("payment_spike", 30), ("typeerror_v2_4_1", 60)):
        due = drafted(name, "update").next_update_due
        assert due == evidence_of(name).collected_at + timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("name", "level", "words"),
    [("geocoding_503", "P2", "when something changes"), ("staging_only", "P3", "none planned")],
)
def test_where_the_policy_has_no_minutes_the_next_update_is_said_in_words(name: str, level: str, words: str) -> None:
    draft = drafted(name, "update")
    assert f"Next update: {words}" in draft.text
    assert draft.next_update_due is None
    (reason,) = [one.why for one in draft.missing if one.what == "next_update_due"]
    assert reason == f"the policy gives {level} no time between updates: {words}"


def test_what_changed_since_the_last_message_is_counted_and_compared() -> None:
    text = drafted("payment_spike_just_fixed", "update").text
    assert "11 errors since the last update (2026-11-20 12:15 UTC), 225 in the 30 min before it" in text
    assert 'Release "shop@7.11.0" deployed to "production"' in text


def test_a_line_of_a_form_stays_a_line_of_its_own_where_markdown_is_rendered() -> None:
    lines = drafted("payment_spike", "initial").text.split("\n")
    assert all(line.endswith("  ") for line in lines[:6])
    assert not any(line.endswith(" ") for line in drafted("payment_spike", "initial", format="slack").text.split("\n"))


# --- resolved, or not ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("audience", AUDIENCES)
@pytest.mark.parametrize("name", OPEN)
def test_an_incident_that_goes_on_is_not_called_resolved(name: str, audience: Audience) -> None:
    draft = drafted(name, "resolved", audience, fix="a hotfix", root_cause="found")
    assert draft.status == "monitoring"
    if (name, audience) == ("staging_only", "customers"):
        assert draft.nothing_to_say is not None
        return
    assert draft.text.startswith("Some " if audience == "customers" else "NOT RESOLVED — ")
    assert "Status: Monitoring" in draft.text
    assert draft.unknowns[0].startswith("whether it is resolved: the evidence does not say so")
    assert "not_resolved" in [one.kind for one in draft.findings]
    minutes = POLICY.words(incident_of(name).severity.severity).next_update_minutes
    due = None if minutes is None else evidence_of(name).collected_at + timedelta(minutes=minutes)
    assert draft.next_update_due == due


@pytest.mark.parametrize("name", ["payment_spike_just_fixed", "quiet_without_a_fix"])
def test_quiet_for_too_short_a_time_or_without_a_fix_is_mitigated_not_resolved(name: str) -> None:
    draft = drafted(name, "resolved")
    assert draft.text.startswith("MITIGATED, NOT YET RESOLVED — ")
    assert "not_resolved" in [one.kind for one in draft.findings]


def test_where_sentry_cannot_tell_the_word_resolved_is_left_to_a_person() -> None:
    draft = drafted("almost_no_data", "resolved", fix="a hotfix")
    assert draft.text.startswith("[RESOLVED, once somebody has confirmed that it is over] — ")


def test_quiet_for_two_hours_with_a_fix_is_resolved_and_needs_no_further_update() -> None:
    for audience in AUDIENCES:
        draft = drafted("payment_spike_resolved", "resolved", audience)
        assert draft.status == "resolved"
        assert ("Status: Resolved" if audience == "customers" else "RESOLVED — Checkout") in draft.text
        assert draft.next_update_due is None
        assert "not_resolved" not in [one.kind for one in draft.findings]


def test_an_alert_for_what_is_quiet_already_says_so() -> None:
    assert "already_quiet" in [one.kind for one in drafted("quiet_without_a_fix", "initial").findings]


# --- blanks --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", GOLDEN)
def test_every_blank_of_a_text_is_explained_in_unknowns(name: str) -> None:
    if name == "hostile_text":
        return  # its stated text has brackets of its own
    for heading, draft in all_drafts(name):
        if draft.nothing_to_say:
            continue
        explained = {one.split(": ")[0] for one in draft.unknowns}
        for found in BLANK.findall(draft.text.split("Error:")[0]):
            assert any(one.startswith(found) for one in draft.unknowns), (heading, found, explained)


def test_almost_no_data_gives_no_number_but_the_policys() -> None:
    for _, draft in all_drafts("almost_no_data"):
        assert not re.search(r"(?<![\d:-])0 (?:error|event|user|min)", draft.text)
        blank = "[what users notice, in plain words]" if draft.audience == "customers" else "[impact]"
        assert blank in draft.text or draft.kind == "resolved"


def test_a_severity_that_unknown_inputs_could_raise_says_so() -> None:
    assert "P2 Minor, could be up to P0" in drafted("almost_no_data", "initial").text


def test_what_the_evidence_suggests_stands_in_the_reason_of_a_blank_and_never_in_its_place() -> None:
    draft = drafted("quiet_without_a_fix", "resolved")
    assert "Fix Applied: [what was changed: rollback, hotfix or configuration]" in draft.text
    assert any('Sentry suggests a deploy of "shop@7.11.0"' in one for one in draft.unknowns)
    assert any("the evidence points to deployment regression" in one for one in draft.unknowns)


# --- customers -----------------------------------------------------------------------------------------------------


def internal(evidence: Evidence) -> set[str]:
    """What of an incident customers must not read."""
    issue = evidence.issue
    names = {issue.id, issue.name, issue.title, issue.url, issue.culprit, issue.assigned_to, evidence.organization}
    for event in whole_events(evidence):
        names |= {event.id, event.trace_id, event.transaction, event.release, event.request_host, event.user}
        names |= {crumb.host for crumb in event.breadcrumbs}
        for thrown in event.exceptions:
            names |= {thrown.type, thrown.value}
            names |= {part for frame in thrown.frames for part in (frame.function, frame.file, frame.module)}
    if isinstance(evidence.suspect_commits, Known):
        for commit in evidence.suspect_commits.value:
            names |= {commit.id, commit.message, commit.author, commit.pull_request}
    if isinstance(evidence.releases, Known):
        names |= {release.version for release in evidence.releases.value}
    names |= {entry.who for entry in issue.activity}
    # A function may be called "process", and a word of our own sentences, too.
    return {name for name in names if name and len(name) > 3 and not name.isalpha()}


@pytest.mark.parametrize("name", GOLDEN)
def test_customers_read_no_host_id_release_person_or_name_of_the_code(name: str) -> None:
    for heading, draft in all_drafts(name):
        if draft.audience == "customers":
            leaked = [one for one in internal(evidence_of(name)) if one in draft.text]
            assert not leaked, (heading, leaked)
            assert "http" not in draft.text
            assert "Incident Lead" not in draft.text


@pytest.mark.parametrize(
    ("stated", "reason"),
    [
        ("shop@7.12.0 broke it", "a release or version"),
        ("v2.4.1 broke it", "a release or version"),
        ("api.stripe.com changed", "a host or an address"),
        ("10.0.0.7 was down", "a host or an address"),
        ("Dana Ortiz merged it", "a person"),
        ("see SHOP-1Z", "an id"),
        ("Payments by card", "the assigned person or team"),
        ("PaymentProcessingError in the worker", "the name of an error"),
        ("settlePayment() got null", "a name from the code"),
        ("our vendor is at fault", "blame"),
        ("it will be fixed by 15:00", "a promised time of repair"),
    ],
)
def test_a_stated_text_that_is_not_for_customers_is_held_back_whole_and_says_why(stated: str, reason: str) -> None:
    draft = drafted("payment_spike", "resolved", "customers", service=stated)
    assert "Affected" not in draft.text and stated not in draft.text
    (warning,) = [one for one in draft.warnings or () if "service" in one]
    assert reason in warning


@pytest.mark.parametrize("service", ["shop behind prices-by-zone", "the Prices-By-Zone shop"])
def test_the_name_of_a_flag_is_not_for_customers_either(service: str) -> None:
    evidence = evidence_of("payment_spike")
    change = FlagChange(at=evidence.collected_at, flag="prices-by-zone")
    evidence = evidence.model_copy(update={"flag_changes": known((change,))})
    of = dataclasses.replace(
        incident_of("payment_spike"), evidence=evidence, stated=Stated(service=service, lead="Dana Ortiz")
    )
    draft = draft_update(of, form=templates()["initial_alert"], kind="initial", audience="customers")
    assert "prices" not in draft.text.lower()
    assert "a feature flag" in str(draft.warnings)


def test_a_plain_stated_service_reaches_customers_word_for_word() -> None:
    draft = drafted("payment_spike", "initial", "customers", service="Online shop")
    assert "Affected: Online shop" in draft.text
    assert draft.warnings is None


@pytest.mark.parametrize(
    ("zone", "started", "due"),
    [
        ("", "2026-11-20 11:51 UTC", "2026-11-20 12:30 UTC"),
        ("Europe/Berlin", "2026-11-20 12:51 CET (UTC+1)", "2026-11-20 13:30 CET (UTC+1)"),
        ("America/New_York", "2026-11-20 06:51 EST (UTC-5)", "2026-11-20 07:30 EST (UTC-5)"),
        ("Europe/London", "2026-11-20 11:51 GMT", "2026-11-20 12:30 GMT"),
        ("Asia/Kathmandu", "2026-11-20 17:36 UTC+05:45", "2026-11-20 18:15 UTC+05:45"),
        ("Pacific/Auckland", "2026-11-21 00:51 NZDT (UTC+13)", "2026-11-21 01:30 NZDT (UTC+13)"),
        ("America/St_Johns", "2026-11-20 08:21 NST (UTC-03:30)", "2026-11-20 09:00 NST (UTC-03:30)"),
    ],
)
def test_customers_read_times_in_the_policys_time_zone_and_engineers_in_utc(zone: str, started: str, due: str) -> None:
    policy = POLICY.model_copy(update={"calendar": Calendar(time_zone=zone)})
    of = dataclasses.replace(incident_of("payment_spike"), policy=policy)
    public = draft_update(of, form=templates()["initial_alert"], kind="initial", audience="customers")
    assert f"Started: {started}  \nNext update: by {due}\n" in public.text
    assert str(public.next_update_due) == "2026-11-20 12:30:00+00:00"
    internal = draft_update(of, form=templates()["initial_alert"], kind="initial")
    assert "Started: 2026-11-20 11:51 UTC" in internal.text


@pytest.mark.parametrize("kind", OF_EVERY_AUDIENCE)
def test_customers_read_neither_the_cause_nor_the_fix_and_whoever_sends_it_is_told(kind: Kind) -> None:
    cause = "A partner changed the format of its messages"
    draft = drafted("payment_spike_resolved", kind, "customers", root_cause=cause, fix="we went back")
    assert cause not in draft.text and "went back" not in draft.text
    assert draft.warnings == ("The stated cause and fix set the status; customers do not read them.",)


# --- formats -------------------------------------------------------------------------------------------------------

SLACK_CONTROL = re.compile(r"<[^>]*>")
ACTIVE_SLACK = re.compile(r"(?<![`\w])@\w|<[!@#]")


def own_links_removed(draft: Draft, evidence: Evidence) -> str:
    """The text without the one link that is ours."""
    issue = evidence.issue
    ours = {"markdown": f"[{issue.name}]({issue.url})", "slack": f"<{issue.url}|{issue.name}>"}[draft.format]
    return draft.text.replace(ours, "the issue")


@pytest.mark.parametrize("name", ["hostile_text", "payment_spike"])
def test_only_our_own_link_is_a_link_and_nothing_mentions_people_or_loads_a_picture(name: str) -> None:
    evidence = evidence_of(name)
    for heading, draft in all_drafts(name):
        text = own_links_removed(draft, evidence)
        assert "http" not in text, heading
        assert "evil.example.com" not in text or draft.audience != "customers"
        if draft.format == "slack":
            assert not SLACK_CONTROL.search(text), heading
            outside = re.sub(r"`[^`\n]*`", "", text)
            assert not re.search(r"[\w-]\.(?:com|net|org|io|ts|py)\b", outside), heading
            assert not ACTIVE_SLACK.search(text), heading
        else:
            values = re.findall(r'"([^"\n]*)"', text)
            assert [one for value in values for one in problems(value)] == [], heading


def test_the_issue_is_a_real_link_in_the_syntax_of_each_format() -> None:
    url = evidence_of("payment_spike").issue.url
    assert f"Sentry Issue: [SHOP-1Z]({url})" in drafted("payment_spike", "initial").text
    assert f"Sentry Issue: <{url}|SHOP-1Z>" in drafted("payment_spike", "initial", format="slack").text


@pytest.mark.parametrize("form", FORMATS)
def test_a_stated_text_stays_readable_and_has_no_power(form: str) -> None:
    lead = "@here <!channel> Ada & Bo"
    draft = drafted("payment_spike", "initial", format=form, lead=lead)  # type: ignore[arg-type]  # one of two words
    line = next(line for line in draft.text.split("\n") if line.startswith("Incident Lead"))
    assert "here" in line
    assert "Ada &amp; Bo" in line if form == "slack" else "Ada & Bo" in line
    assert "@here" not in line
    assert "<!" not in line


def test_text_of_events_is_never_read_as_a_template() -> None:
    for _, draft in all_drafts("hostile_text"):
        assert "{{" not in draft.text
    text = drafted("payment_spike", "initial", lead="{{ 7 * 7 }} {% if 1 %}x{% endif %}").text
    assert "49" not in text.split("Incident Lead")[1].split("\n")[0]
    assert "7 ∗ 7" in text or "7 * 7" in text


def test_the_same_evidence_gives_the_same_message_and_one_for_each_form() -> None:
    for kind in KINDS:
        # With something stated every draft is of an incident that is computed anew.
        assert drafted("geocoding_503", kind, lead="Ada") == drafted("geocoding_503", kind, lead="Ada")
    assert POLICY.words("P0").next_update_minutes == 30
    assert len(templates()) >= 9
