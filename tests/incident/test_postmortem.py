"""Postmortems of the golden incidents: read by a person, traced to the evidence, and fit for the linter."""

from __future__ import annotations

import re
from datetime import timedelta
from functools import cache

import anyio
import pytest

from sentry_runbook.incident.evidence_file import dump_evidence, load_evidence
from sentry_runbook.incident.messages.blank_content import BlankContent
from sentry_runbook.incident.messages.drafts import draft_postmortem
from sentry_runbook.incident.model.evidence import Deploy, Evidence, Issue, Note, Release, Unknown
from sentry_runbook.incident.model.results.messages import Postmortem
from sentry_runbook.incident.model.stated import Stated
from sentry_runbook.incident.postmortem.content import MAX_LINES
from sentry_runbook.incident.postmortem.lint import lint_postmortem
from sentry_runbook.render.templates import load_templates
from sentry_runbook.safety.paste import inert_for_paste
from tests.incident.builder import MINUTE, NOW, POLICY, WINDOW, ago, burst, incident, known, read
from tests.incident.postmortem_cases import (
    CAME_BACK,
    HOSTILE,
    NEARLY_NOTHING,
    PAYMENT,
    STORIES,
    TYPE_ERROR,
    Story,
    lived,
)
from tests.incident.provenance import untraced
from tests.snapshots import check

SECOND = timedelta(seconds=1)
FOR_PEOPLE = frozenset({"blank", "unowned_action", "undated_action"})
"""Findings that a fresh draft of ours still has: the blanks that only people can fill."""
FORM = load_templates()["postmortem"]
HEADINGS = [
    "Summary",
    "Timeline",
    "Impact (from Sentry Discover)",
    "Detection",
    "Root Cause (5 Whys)",
    "Contributing Factors",
    "What Went Well",
    "What Went Badly",
    "Where We Were Lucky",
    "Action Items",
]
BLANK = re.compile(r"\[(?!\d\d:\d\d\]| \])([^\[\]]+)\](?!\()")
QUOTED = re.compile(r'"[^"]*"')

stories = pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)


@cache
def evidence_of(story: str) -> Evidence:
    """The evidence of a story, lived once for all tests."""
    return anyio.run(lived, next(entry for entry in STORIES if entry.name == story))


def drafted(evidence: Evidence, stated: Stated | None = None) -> Postmortem:
    return draft_postmortem(read(evidence, stated or Stated()), form=FORM)


@cache
def _of(name: str) -> Postmortem:
    story = next(each for each in STORIES if each.name == name)
    return drafted(evidence_of(name), story.stated)


def of(story: Story) -> Postmortem:
    """The postmortem of a story, drafted once for all tests."""
    return _of(story.name)


def headings(text: str) -> list[str]:
    return [line.lstrip("# ") for line in text.splitlines() if line.startswith("#")]


# --- golden incidents ----------------------------------------------------------------------------------------------


@stories
def test_a_postmortem_reads_as_it_was_reviewed(story: Story) -> None:
    check(f"postmortems/{story.name}.md", of(story).markdown)


@stories
def test_every_number_time_and_length_comes_from_the_evidence_or_a_declared_derivation(story: Story) -> None:
    evidence = evidence_of(story.name)
    assert untraced(of(story).markdown, evidence, story.stated) == []


def test_tracing_finds_what_is_invented() -> None:
    evidence, text = evidence_of(PAYMENT.name), of(PAYMENT).markdown
    for old, new in (
        ("**Total events:** 236", "**Total events:** 237"),
        ("**Duration:** 29 min", "**Duration:** 28 min 30 s"),
        ("[11:53]", "[11:58]"),
        ("92.15 %", "92.14 %"),
    ):
        assert old in text
        assert untraced(text.replace(old, new), evidence, PAYMENT.stated) != []


@stories
def test_our_own_draft_passes_the_linter_but_for_the_blanks_that_only_people_fill(story: Story) -> None:
    evidence = evidence_of(story.name)
    found = lint_postmortem(of(story).markdown, read(evidence))
    assert [entry for entry in found if entry.rule not in FOR_PEOPLE] == []
    assert {entry.rule for entry in found} == FOR_PEOPLE


@stories
def test_the_form_is_the_runbooks_and_event_text_adds_nothing_to_it(story: Story) -> None:
    text = of(story).markdown
    assert headings(text)[0].startswith("Incident Postmortem: ")
    # Where no Discover counted, the heading does not say so.
    own = "Impact (from the issue's events, hours and tags)"
    assert [HEADINGS[2] if heading == own else heading for heading in headings(text)[1:]] == HEADINGS
    assert (own in headings(text)) == (story.name == "almost_no_data")
    assert "".join(re.findall(r"(?m)^(\d)\. Why", text)) == "12345"
    assert text.count("- [ ] ") == len(of(story).action_items)


@stories
def test_every_blank_of_the_text_is_listed_as_unknown(story: Story) -> None:
    draft = of(story)
    blanks = {found for line in draft.markdown.splitlines() for found in BLANK.findall(QUOTED.sub("", line))} - {"X"}
    listed = {unknown.split(": ")[0] for unknown in draft.unknowns}
    assert {blank for blank in blanks if not any(blank.startswith(entry) for entry in listed)} == set()


@stories
def test_the_same_evidence_gives_the_same_text_also_from_a_file(story: Story) -> None:
    evidence = evidence_of(story.name)
    assert drafted(load_evidence(dump_evidence(evidence)), story.stated) == of(story)


@stories
def test_an_action_is_a_verb_with_an_object_and_says_when_it_is_done(story: Story) -> None:
    for item in of(story).action_items:
        assert re.match(r"(?:Add|Fix|Compare|Resolve|Route|Set|Update|Review|Record|Associate|Set up) \w", item.action)
        assert item.done_when
        assert item.why
        assert item.owner is None
        assert item.due is None


@stories
def test_structured_values_and_text_say_the_same(story: Story) -> None:
    draft = of(story)
    for item in draft.action_items:
        assert inert_for_paste(item.done_when) in draft.markdown
    for row in draft.timeline:
        assert f"- [{row.at:%H:%M}] {inert_for_paste(row.what)} — *{row.kind}*: " in draft.markdown
    for value in (draft.impact.events, draft.impact.users):
        assert value is None or f":** {value:,} — " in draft.markdown or f":** at least {value:,} — " in draft.markdown


# --- what only people know -----------------------------------------------------------------------------------------


def test_what_people_state_stands_in_the_text_and_is_no_blank() -> None:
    text = of(PAYMENT).markdown
    assert "- **Incident lead:** Dana Ortiz" in text
    assert "- Fix: rollback to shop@7.11.0" in text
    assert '1. Why did the error occur? "Stripe client 19 pins' in text
    assert not any("root cause" in unknown or "lead" in unknown for unknown in of(PAYMENT).unknowns)


def test_stated_times_that_contradict_each_other_are_reported_and_not_hidden() -> None:
    draft = of(CAME_BACK)
    assert len(draft.contradictions) == 2
    for entry in draft.contradictions:
        assert f"- {entry}" in draft.markdown
    assert "- **mitigated:** 2026-11-20 10:20 UTC — stated (mitigated_at)" in draft.markdown
    assert "[time to mitigate] — contradictory: mitigated" in draft.markdown


def test_the_author_of_the_suspect_commit_is_named_nowhere() -> None:
    assert "Renovate" not in of(PAYMENT).model_dump_json()


def test_a_name_stands_only_where_its_person_acted() -> None:
    lines = [line for line in of(TYPE_ERROR).markdown.splitlines() if "Jonas Weber" in line]
    assert all("assigned" in line for line in lines)


# --- little, nothing, hostile, much --------------------------------------------------------------------------------


def test_without_any_answer_there_are_blanks_and_reasons_and_no_zero() -> None:
    issue = Issue(id="1", url="https://sentry.example/issues/1/", title="x")
    down = Unknown(why="Sentry answered 503")
    parts = ("event", "totals", "series", "unhandled", "sessions", "latency", "releases", "alerts", "notes")
    evidence = Evidence(
        collected_at=NOW,
        server="https://sentry.example",
        organization="acme",
        window=WINDOW,
        issue=issue,
        **dict.fromkeys(parts, down),
    )
    draft = drafted(evidence)
    assert headings(draft.markdown)[1:] == HEADINGS
    assert untraced(draft.markdown, evidence, Stated()) == []
    assert not re.search(r":\*\* 0\b", draft.markdown)
    assert all(entry.at is None for entry in draft.milestones)
    assert "- **Total events:** [total events] — Sentry answered 503" in draft.markdown


def test_an_almost_empty_incident_names_what_is_missing() -> None:
    missing = {entry.what for entry in of(NEARLY_NOTHING).missing}
    assert {"impact.users", "timeline: alerts", "timeline: notes", "timeline: deploys"} <= missing


@pytest.mark.parametrize(("deploys", "asked"), [((), True), (None, False)], ids=["none recorded", "not told"])
def test_deploy_markers_are_asked_for_where_none_is_recorded(deploys: tuple[Deploy, ...] | None, asked: bool) -> None:
    suspect = Release(version="shop@2.0.0", created=ago(hours=2), deploys=deploys)
    events = burst(ago(hours=1), 60, MINUTE / 2, users=20, release=suspect.version)
    draft = drafted(incident(events, issue={"first_release": suspect}, releases=known((suspect,))))
    assert any(item.action.startswith("Record a deploy marker") for item in draft.action_items) is asked


def test_hostile_text_stays_in_quotes_and_makes_no_structure() -> None:
    text = of(HOSTILE).markdown
    own = QUOTED.sub("", text)
    for word in ("evil.example", "mallory", "human error", "channel", "9,999", "hunter2", "lead }}"):
        assert word not in own
    assert "https://evil" not in text
    assert "@mallory" not in text
    assert "](hxxps" not in text
    assert "</untrusted" not in text
    assert "\u202e" not in text
    assert not re.search(r"(?m)^- \[x\]", text)


def test_the_form_without_an_issue_is_the_runbooks_with_blanks() -> None:
    text = FORM.fill(BlankContent(POLICY)).text
    assert headings(text)[1:] == HEADINGS
    assert "- [HH:MM] On-call engineer acknowledged" in text
    assert text.count("- [ ] ") == 4


def test_a_very_long_timeline_is_cut_in_the_text_with_a_line_that_says_so() -> None:
    start, every = ago(hours=5), 90 * SECOND
    notes = tuple(Note(at=start + n * every, who="Dana", text=f"note {n}") for n in range(200))
    draft = drafted(incident(burst(start, 300, 60 * SECOND, users=20), notes=known(notes)))
    rows = [line for line in draft.markdown.splitlines() if re.match(r"- \[\d\d:\d\d\]", line)]
    assert len(rows) == MAX_LINES + 1
    assert len(draft.timeline) > 200
    left = re.search(r"… (\d+) lines left out here", draft.markdown)
    assert left is not None
    assert int(left[1]) + MAX_LINES == len(draft.timeline) + len(draft.gaps)


@pytest.mark.parametrize(("notes", "left_out"), [(44, 0), (45, 1)])
def test_forty_four_lines_of_the_timeline_are_printed_in_full(notes: int, left_out: int) -> None:
    # Nothing but notes: of an issue without events and without times there is no other row, and so no gap.
    lines = tuple(Note(at=ago(hours=2) + n * SECOND, who="Dana", text=f"note {n}") for n in range(notes))
    empty = incident([], issue={"first_seen": None, "last_seen": None}, notes=known(lines))
    draft = drafted(empty)
    assert len(draft.timeline) + len(draft.gaps) == notes
    assert draft.markdown.count("Note of") == notes - left_out
    assert ("1 line left out here" in draft.markdown) is bool(left_out)


def test_an_owner_that_is_given_stands_in_the_item_and_satisfies_the_linter() -> None:
    text = of(PAYMENT).markdown.replace("[owner]", "payments team").replace("[due date]", "2026-12-01")
    rules = {entry.rule for entry in lint_postmortem(text, read(evidence_of(PAYMENT.name)))}
    assert not rules & {"unowned_action", "undated_action"}
