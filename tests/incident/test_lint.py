"""The linter's own cases: each rule on both sides, and what it leaves alone."""

from __future__ import annotations

from typing import Any

import pytest

from sentry_runbook.incident.model.evidence import AffectedEndpoint, Evidence, Latency, Unknown
from sentry_runbook.incident.model.results.messages import LintFinding
from sentry_runbook.incident.postmortem.document import MOST_LINES, PostmortemText
from sentry_runbook.incident.postmortem.lint import RULES, lint_postmortem
from tests.incident.builder import MINUTE, ago, burst, incident, known, read

START = ago(hours=4)
FINE = f"""\
## Incident Postmortem: "TypeError: x"

### Summary

- Checkout answered with errors for half an hour.

### Timeline

**{START:%Y-%m-%d}**

- [{START:%H:%M}] First event — *observed*: First Seen of the issue
- [11:20] Rolled back — *human*: Dana Ortiz

### Impact (from Sentry Discover)

- **Duration:** 30 min
- **Total events:** 60
- **Unique users affected:** 20
- **p95 latency during incident:** 1,200 ms for "POST /checkout"

### Detection

- The alert reached the person on call after two minutes.

### Root Cause (5 Whys)

1. Why did the error occur? The field was renamed.
2. Why was that code path triggered? The checkout reads it.
3. Why was it not caught in testing? The contract between both services is not tested.
4. Why did the alert take 2 min? It waits for two minutes of data.
5. Why is this class of error possible? Both services are deployed on their own.

### Contributing Factors

- Two deploys within an hour.

### What Went Well

The rollback took four minutes.

### What Went Badly

The runbook of the service was out of date.

### Where We Were Lucky

It was a quiet hour.

### Action Items

- [ ] Add a contract test for the account response — Done when: it fails on the old name — Owner: Mina — Due: 2026-12-01
"""


def linted(text: str, evidence: Evidence | None = None) -> list[str]:
    return [one.rule for one in lint_postmortem(text, read(evidence) if evidence else None)]


def changed(old: str, new: str) -> str:
    assert old in FINE
    return FINE.replace(old, new)


def evidence(**parts: Any) -> Evidence:
    latency = Latency(endpoints=(AffectedEndpoint(transaction="POST /checkout", p95_ms=1200.0),), main="POST /checkout")
    return incident(burst(START, 60, MINUTE / 2, users=20), **{"latency": known(latency), **parts})


def test_a_good_postmortem_has_no_finding() -> None:
    assert lint_postmortem(FINE) == ()
    assert lint_postmortem(FINE, read(evidence())) == ()


def test_rules_have_unique_ids_and_all_of_them_are_tried_here() -> None:
    ids = [rule for rule, _ in RULES]
    assert len(set(ids)) == len(ids)


def test_a_finding_names_rule_line_message_and_suggestion() -> None:
    (found,) = lint_postmortem(changed("The rollback took four minutes.", "Bob was careless."))
    line = FINE.splitlines().index("The rollback took four minutes.") + 1
    assert (found.rule, found.line, found.message) == ("blame", line, '"careless" judges people.')
    assert found.suggestion.startswith("Say which conditions")


def test_findings_come_by_line_and_of_one_line_in_the_order_of_the_rules() -> None:
    text = changed("It was a quiet hour.", "Human error: Bob should have looked.\n\nIt was his fault.")
    assert linted(text) == ["human_error", "counterfactual", "blame"]


# --- words ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sentence", "rule"),
    [
        ("The cause was human error.", "human_error"),
        ("It was put down to an operator error.", "human_error"),
        ("The report blames the network team.", "blame"),
        ("It was Bob's fault.", "blame"),
        ("The team was negligent.", "blame"),
        ("A sloppy review let it through.", "blame"),
        ("They forgot to run the migration.", "blame"),
        ("The culprit was found.", "blame"),
        ("Somebody messed up the configuration.", "blame"),
        ("We should have tested this.", "counterfactual"),
        ("It could easily have been seen.", "counterfactual"),
        ("The engineer failed to notice the alert.", "counterfactual"),
        ("A second reviewer would have helped.", "counterfactual"),
        ("They shouldn't have merged it.", "counterfactual"),
        ("If only Dana had looked.", "counterfactual"),
        ("We ought to have known.", "counterfactual"),
        ("Dana failed to roll back.", "counterfactual"),
        ("The engineers deployed twice and failed to look.", "counterfactual"),
        ("The on-call, who was new, should have asked.", "counterfactual"),
        ("The on-call forgot the second region.", "blame"),
        ("He did not bother to check.", "blame"),
        ("He did not check the dashboard.", "counterfactual"),
        ("The on-call never read the runbook.", "counterfactual"),
        ("It was the mistake of the developer.", "blame"),
    ],
)
def test_words_that_judge_or_wish_are_found(sentence: str, rule: str) -> None:
    assert linted(changed("It was a quiet hour.", sentence)) == [rule]


@pytest.mark.parametrize(
    "sentence",
    [
        "This postmortem is blameless.",
        "The default of the segmentation fault handler was kept.",
        "The page fault rate doubled.",
        'The message was "user error: you should have known".',
        "The log says `failed to connect`.",
        "The service could not connect, and should answer within a second.",
        "See https://example.com/human-error-should-have.",
        "Errors of users were not retried.",
        "The failure toggled the breaker.",
        "The router failed to announce the prefix, and the service should have answered 503.",
        "Kafka failed to elect a leader. The cache forgot the key.",
        "The partition leader and the package manager failed to respond.",
        "If only the alert were louder.",
        "We did not notice until 14:10, and the probe never checked the standby.",
        "A developer ran a script which failed to check the environment.",
        "This was not the fault of the engineer, and no single person is to blame.",
        "The runbook, which the on-call followed, should have named the second cluster.",
        "The engineer's laptop failed to connect, and users failed to log in.",
        "This was not caused by human error; the user error rate rose to 31 %.",
    ],
)
def test_plain_words_and_what_others_said_are_left_alone(sentence: str) -> None:
    assert linted(changed("It was a quiet hour.", sentence)) == []


def test_code_blocks_are_not_read() -> None:
    assert linted(changed("It was a quiet hour.", "Quiet.\n```\nhuman error, should have\n```")) == []


# --- form ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "heading",
    [
        "### Summary",
        "### Timeline",
        "### Impact (from Sentry Discover)",
        "### Detection",
        "### Root Cause (5 Whys)",
        "### Contributing Factors",
        "### What Went Well",
        "### What Went Badly",
        "### Where We Were Lucky",
        "### Action Items",
    ],
)
def test_a_section_that_is_missing_is_named_at_the_last_line(heading: str) -> None:
    found = lint_postmortem(changed(heading, "### Something else"))
    missing = [one for one in found if one.rule == "missing_section"]
    assert len(missing) == 1
    assert missing[0].line == len(FINE.splitlines())
    assert missing[0].message.removeprefix("There is no section ").rstrip(".") in heading


def test_an_empty_text_lacks_everything() -> None:
    assert set(linted("")) == {"missing_section"}
    assert [one.line for one in lint_postmortem("")] == [1] * 11


def test_a_section_without_content_is_named() -> None:
    assert linted(changed("It was a quiet hour.\n", "")) == ["empty_section"]


def test_a_heading_that_quotes_event_text_is_no_section() -> None:
    text = changed('"TypeError: x"', '"Action Items and the Root Cause"')
    assert linted(text) == []


@pytest.mark.parametrize(
    ("row", "rules"),
    [
        ("- [11:20] Rolled back", ["unsourced_row"]),
        ("- 11:20 Rolled back — source: the deploy log", []),
        ("- [11:20] Rolled back ([log](https://ci.example/7))", []),
        ("- Rolled back — *human*: Dana Ortiz", ["row_without_time"]),
        ("- [HH:MM] Rolled back — *human*: Dana Ortiz", ["blank"]),
        ("- [10:40] Rolled back — *human*: Dana Ortiz", ["unordered_row"]),
        ("- [11:05] … no line for 45 min\n- [11:20] Rolled back — *human*: Dana Ortiz", []),
        ("\n**2026-11-24**\n\n- [00:10] Rolled back — *human*: Dana Ortiz", []),
    ],
)
def test_rows_of_the_timeline_have_a_time_an_order_and_a_source(row: str, rules: list[str]) -> None:
    assert linted(changed("- [11:20] Rolled back — *human*: Dana Ortiz", row)) == rules


def test_four_whys_are_too_few() -> None:
    fewer = changed("5. Why is this class of error possible? Both services are deployed on their own.\n", "")
    assert linted(fewer) == ["fewer_whys"]


ACTION = (
    "- [ ] Add a contract test for the account response — Done when: it fails on the old name — "
    "Owner: Mina — Due: 2026-12-01"
)


@pytest.mark.parametrize(
    ("action", "rules"),
    [
        (ACTION.replace(" — Owner: Mina", ""), ["unowned_action"]),
        (ACTION.replace("Owner: Mina", "Owner: [owner]"), ["unowned_action"]),
        (ACTION.replace("Owner: Mina", "Owner: @[name]"), ["unowned_action"]),
        (ACTION.replace("Owner: Mina", "Owner: @mina"), []),
        (ACTION.replace("Due: 2026-12-01", "Due: [due date]"), ["undated_action"]),
        (ACTION.replace("Due: 2026-12-01", "Due: TBD"), ["undated_action"]),
        (ACTION.replace(" — Done when: it fails on the old name", ""), ["action_without_done"]),
        (ACTION.replace("Add a contract test", "Improve the tests"), ["vague_action"]),
        (ACTION.replace("Add a contract test", "Be more careful with the fields"), ["vague_action"]),
        (ACTION.replace("Add a contract test", "Investigate a contract test"), ["vague_action"]),
        (ACTION.replace("Add a contract test for the account response", "Better tests"), ["vague_action"]),
        (ACTION.replace("Add a contract test for the account response", "Add contract tests"), ["vague_action"]),
        (ACTION.replace("Add a contract test for the account response", "Add two contract tests"), []),
        (ACTION.replace("[ ]", "[x]"), []),
    ],
)
def test_an_action_can_be_begun_finished_and_asked_about(action: str, rules: list[str]) -> None:
    assert linted(changed(ACTION, action)) == rules


@pytest.mark.parametrize(
    ("sentence", "rules"),
    [
        ("It was [how quiet it was].", ["blank"]),
        ("TBD", ["blank"]),
        ("See [the log](https://ci.example/7).", []),
        ('The event said "[object Object]".', []),
    ],
)
def test_a_blank_that_is_still_open_is_named(sentence: str, rules: list[str]) -> None:
    assert linted(changed("It was a quiet hour.", sentence)) == rules


# --- numbers -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("**Total events:** 60", "**Total events:** 61"),
        ("**Total events:** 60", "**Total events:** about 600"),
        ("**Unique users affected:** 20", "**Unique users affected:** 21"),
        ("**Duration:** 30 min", "**Duration:** 1 h 30 min"),
        ("**p95 latency during incident:** 1,200 ms", "**p95 latency during incident:** 12 s"),
        ("It was a quiet hour.", "Only 19 users were hit."),
        ("It was a quiet hour.", "It took 61 events until somebody looked."),
    ],
)
def test_a_number_that_the_evidence_does_not_have_is_found(old: str, new: str) -> None:
    assert linted(changed(old, new), evidence()) == ["number_differs"]
    assert linted(changed(old, new)) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("**Duration:** 30 min", "**Duration:** 0 hours 30 minutes"),
        ("**p95 latency during incident:** 1,200 ms", "**p95 latency during incident:** 1.2 s"),
        ("**Total events:** 60", "**Total events:** [count]"),
        ("It was a quiet hour.", "All 20 users and 60 events were in one hour."),
        ("It was a quiet hour.", "The team has 7 people and 3 services."),
        ("It was a quiet hour.", 'The ticket says "999 users".'),
    ],
)
def test_the_evidences_numbers_in_other_words_and_other_numbers_are_left_alone(old: str, new: str) -> None:
    assert "number_differs" not in linted(changed(old, new), evidence())


@pytest.mark.parametrize(
    ("measured", "shown", "near", "far"),
    [
        (1200.4, "1,200.4 ms", "1,206 ms", "1,207 ms"),
        (1200.4, "1,200.4 ms", "1,195 ms", "1,194 ms"),
        (0.5, "0.5 ms", "0.504 ms", "0.506 ms"),
    ],
)
def test_half_a_percent_off_is_rounding_and_below_one_half_a_hundredth(
    measured: float, shown: str, near: str, far: str
) -> None:
    latency = Latency(
        endpoints=(AffectedEndpoint(transaction="POST /checkout", p95_ms=measured),), main="POST /checkout"
    )
    slow = evidence(latency=known(latency))
    for text, rules in ((shown, []), (near, []), (far, ["number_differs"])):
        assert linted(changed("1,200 ms", text), slow) == rules


def test_a_number_in_place_of_an_unknown_one_is_found_with_the_reason() -> None:
    silent = evidence(totals=Unknown(why="Discover answered 429"))
    found = lint_postmortem(FINE, read(silent))
    assert "Total events: the evidence does not have it (Discover answered 429)." in [one.message for one in found]


def test_a_time_that_sentry_does_not_know_is_found_unless_a_person_vouches_for_it() -> None:
    invented = "- [11:20] Rolled back — *observed*: deploy marker in Sentry"
    row = "- [11:20] Rolled back — *human*: Dana Ortiz"
    text = FINE.replace('- [10:50] Release "shop@2.0.0" deployed — *observed*: deploy marker in Sentry\n', "")
    assert linted(text, evidence()) == []
    assert linted(text.replace(row, invented), evidence()) == ["time_differs"]


def test_the_same_text_gives_the_same_findings_and_a_long_one_ends() -> None:
    text = FINE + "It should have been, [x " * 20_000
    once: tuple[LintFinding, ...] = lint_postmortem(text, read(evidence()))
    assert once == lint_postmortem(text, read(evidence()))


def test_lines_without_text_are_not_kept_and_the_others_keep_their_numbers() -> None:
    document = PostmortemText("\n" * 900 + "It was human error.\n" + "\x1d" * 900 + "x\n" * 9_000)
    assert [line.number for line in document.lines[:2]] == [901, 1802]
    assert len(document.lines) < MOST_LINES


# --- another form ---------------------------------------------------------------------------------------------------

PROSE = """\
Checkout unavailable on 3 May

Between 14:02 and 14:49 UTC some 12 % of our customers could not pay. A certificate of the payment gateway had expired,
and the clients refused to connect because of it. The renewal job failed to write the new file, as its disk was full.

We should have seen the full disk earlier. We will alert on it from 80 % on, and the certificate is renewed two weeks
before it ends.
"""
TABLES = """\
INCIDENT REVIEW

CUSTOMER IMPACT

| Metric | Value |
|---|---|
| Failed orders | 3,100 orders |
| Duration | 47 min |

SEQUENCE OF EVENTS

| Time (UTC) | What | Who |
|---|---|---|
| 14:02 | Errors rise | monitoring |
| 14:49 | Certificate replaced | platform team |

WHAT WENT WRONG

The renewal job failed to write its file.

CORRECTIVE MEASURES

| Change | Assignee | Ticket |
|---|---|---|
| Alert on a disk of 80 % | Mina | OPS-12 |
"""


def any_form(text: str) -> list[str]:
    return [finding.rule for finding in lint_postmortem(text, style="any")]


@pytest.mark.parametrize("text", [FINE, PROSE, TABLES], ids=["ours", "prose", "tables"])
def test_a_good_postmortem_in_another_form_has_nothing_to_change(text: str) -> None:
    assert any_form(text) == []


@pytest.mark.parametrize(
    ("old", "new", "rules"),
    [
        ("3,100 orders", "some", []),
        ("47 min", "long", []),
        ("OPS-12", "none", ["open_actions"]),
        ("14:49", "later", ["no_times"]),
        ("The renewal job failed to write its file.", "The cause is probably the disk.", ["guess"]),
        ("The renewal job failed to write its file.", "TBD", ["placeholder"]),
        ("The renewal job failed to write its file.", "Bob failed to renew it.", ["counterfactual"]),
    ],
)
def test_in_any_form_what_is_missing_is_said_once(old: str, new: str, rules: list[str]) -> None:
    text = TABLES.replace("Mina", "") if old == "OPS-12" else TABLES
    text = text.replace("| Change | Assignee | Ticket |", "| Change | | |").replace("47 min", "long") if rules else text
    assert any_form(text.replace(old, new)) == rules


def test_a_text_without_anything_is_told_all_five_at_its_end() -> None:
    found = lint_postmortem("Sorry.\n\nIt was bad.", style="any")
    assert [finding.rule for finding in found] == ["no_impact", "no_times", "no_cause", "no_actions"]
    assert {finding.line for finding in found} == {3}


def test_what_a_team_says_of_itself_is_no_blame_in_another_form_only() -> None:
    assert "counterfactual" in linted("We should have tested this.")
    assert "counterfactual" not in any_form("We should have tested this.")
