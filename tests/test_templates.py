"""Templates: found, read, checked at start, filled; the shipped ones and a team's own."""

import re
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from sentry_runbook.errors import BadTemplate
from sentry_runbook.incident.causes.catalog import PATTERNS
from sentry_runbook.incident.messages.blank_content import BlankContent
from sentry_runbook.incident.messages.content import MessageContent
from sentry_runbook.incident.model.evidence import Unknown
from sentry_runbook.incident.model.policy import Policy, Production, Thresholds
from sentry_runbook.incident.model.results.messages import FORMS, Audience, Format
from sentry_runbook.incident.model.stated import Stated
from sentry_runbook.render.templates import Template, load_templates, shipped_folder
from sentry_runbook.render.templates.view import parts_of
from tests.incident.builder import ago, burst, incident, read
from tests.incident.golden import AUDIENCES, FORMATS, GOLDEN, POLICY, evidence_of, incident_of, templates
from tests.snapshots import check

SHIPPED = tuple(sorted(path.stem for path in shipped_folder().glob("*.md") if path.stem != "README"))
REQUIRED = {"initial_alert", "status_update", "resolution_notice", "postmortem", "triage"}
"""The forms that the draft tools fill, and the prompt that the instructions name."""
HEAD = "---\nname: own\ntitle: Own\ndescription: One of ours.\n---\n"
Writer = Callable[..., Path]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def write(folder: Path, text: str, name: str = "own.md") -> Path:
    (folder / name).write_bytes(text.encode("utf-8"))
    return folder


def own(folder: Path, body: str, head: str = HEAD) -> Template:
    return load_templates(write(folder, head + body))["own"]


def refused(folder: Path) -> str:
    with pytest.raises(BadTemplate) as caught:
        load_templates(folder)
    return str(caught.value)


# --- shipped -------------------------------------------------------------------------------------------------------


def test_every_shipped_file_is_a_template_of_its_name_in_order_and_the_forms_of_the_tools_are_there() -> None:
    assert tuple(template.name for template in load_templates()) == SHIPPED
    assert {*REQUIRED, *FORMS.values()} <= set(SHIPPED)


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_template_asks_only_for_facts_that_exist(name: str) -> None:
    templates()[name].check()


def fills(name: str, content: BlankContent, form: Format) -> None:
    """The template fills, and nothing of a program stands in its text."""
    filled = templates()[name].fill(content, form)
    assert filled.text.strip()
    match = re.search(r"\bNone\b(?! of)|Undefined|Fact\(|Unknown\(|Blank\(|\{\{|\n\n\n|datetime", filled.text)
    assert match is None, filled.text[max(0, match.start() - 80) : match.end() + 20]


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_template_fills_without_an_issue_and_with_every_golden_one(name: str) -> None:
    fills(name, BlankContent(POLICY), "markdown")
    for name_of in GOLDEN:
        fills(name, MessageContent(incident_of(name_of)), "markdown")


@pytest.mark.matrix
@pytest.mark.parametrize("name", SHIPPED)
@pytest.mark.parametrize("audience", AUDIENCES)
@pytest.mark.parametrize("form", FORMATS)
def test_a_shipped_template_fills_for_every_audience_and_format(name: str, audience: Audience, form: Format) -> None:
    fills(name, BlankContent(POLICY, audience=audience), form)
    for name_of in GOLDEN:
        fills(name, MessageContent(incident_of(name_of), audience=audience), form)


@pytest.mark.parametrize("name", ["triage", "severity_matrix", "root_cause_patterns", "triage_checklist"])
def test_the_prompts_that_are_no_drafts_read_as_they_were_reviewed(name: str) -> None:
    blank, filled = BlankContent(POLICY), MessageContent(incident_of("payment_spike"))
    text = f"{templates()[name].prompt(blank)}\n=== With an issue\n\n{templates()[name].prompt(filled)}"
    check(f"prompts/{name}.md", text)


def test_a_prompt_begins_with_its_instructions_and_ends_with_why_its_blanks_are_blank() -> None:
    text = templates()["initial_alert"].prompt(BlankContent(POLICY))
    assert text.startswith("Give the user this message to send.")
    assert "INCIDENT — [service name]" in text
    assert "Not known:\n\n- service name: only a person knows it" in text


def test_starting_with_the_shipped_templates_does_not_bring_in_jinja2() -> None:
    code = (
        "import sys; from sentry_runbook.render.templates import load_templates; load_templates(); "
        "assert 'jinja2' not in sys.modules, 'jinja2 came in'"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


# --- reference cards -----------------------------------------------------------------------------------------------


def card(name: str, policy: Policy = POLICY, content: BlankContent | None = None) -> str:
    return templates()[name].fill(content or BlankContent(policy)).text


def test_the_severity_matrix_shows_the_policy_in_force_and_no_threshold_of_its_own() -> None:
    strict = Policy(
        thresholds=Thresholds(
            crash_free_below_pct=99.1,
            unhandled_per_minute_above=777,
            users_per_hour_above=33,
            sessions_minimum=66,
            new_within_hours=11,
        )
    )
    text = card("severity_matrix", strict)
    for shown in ("99.1 %", "777", "33 unique users", "66 sessions", "11 hours"):
        assert shown in text
    for gone in ("95 %", "500", "100", "50 sessions"):
        assert gone not in text
    assert Policy().production.environments in text


def test_the_root_cause_card_gives_the_actions_of_the_code() -> None:
    text = card("root_cause_patterns")
    for pattern in PATTERNS:
        assert pattern.general_action
        assert pattern.general_action in text
    assert "rolls nothing back" in text


def test_the_cards_say_first_what_fits_the_issue_that_was_given() -> None:
    content = MessageContent(incident_of("payment_spike"))
    assert "SHOP-1Z](" in card("severity_matrix", content=content)
    assert "Deployment regression (confidence high)" in card("root_cause_patterns", content=content)
    assert "1. Open the issue from the alert**" in card("triage_checklist", content=content)


def test_what_the_severity_could_be_is_said_only_where_it_is_open() -> None:
    assert "could be P" not in card("severity_matrix", content=MessageContent(incident_of("payment_spike")))
    blind = incident(burst(ago(hours=3), 40, timedelta(minutes=4), 20), sessions=Unknown(why="Sentry answered 403"))
    assert "It could be P2 to P0." in card("severity_matrix", content=MessageContent(read(blind)))


def test_the_checklist_has_the_eleven_steps_without_an_issue_too() -> None:
    text = card("triage_checklist")
    assert [f"\n{number}. **" in text for number in range(1, 12)] == [True] * 11


def test_the_troubleshooting_card_has_the_rows_of_the_runbook_as_they_are_right_today() -> None:
    text = card("troubleshooting")
    rows = {line.split("|")[1].strip(): line for line in text.split("\n") if line.startswith("| **")}
    unauthorized = next(line for name, line in rows.items() if "401" in name)
    forbidden = next(line for name, line in rows.items() if "403" in name)
    assert "A missing scope is not 401 but 403" in unauthorized
    assert "`event:write` (older runbooks call it `issue:write`, which does not exist)" in forbidden
    for row, said in (
        ("Suspect commits", "sentry-cli releases set-commits VERSION --auto"),
        ("Breadcrumbs", "`breadcrumbsIntegration()`; Node takes"),
        ("regressing", "Resolve it in the next release"),
        ("Discover gives no data", "Widen the period to `7d`"),
        ("Alert fatigue", '"alerts/workflows"'),
        ("rollback", "Roll back with your own deploy system"),
    ):
        assert said in next(line for name, line in rows.items() if row in name)


# --- a team's own folder -------------------------------------------------------------------------------------------


def test_the_same_name_replaces_and_a_new_name_adds(folder: Path) -> None:
    write(folder, HEAD.replace("name: own", "name: initial_alert") + "FIRE — {{ service }}", "first.md")
    write(folder, HEAD + "{{ impact.users }} of us", "second.md")
    found = load_templates(folder)
    assert len(found) == len(SHIPPED) + 1
    assert found["initial_alert"].fill(BlankContent(POLICY)).text == "FIRE — [service name]\n"
    assert found["own"].fill(BlankContent(POLICY)).unknowns == ("number of users: no issue was given",)
    assert [one.name for one in found] == sorted(one.name for one in found)


def test_arguments_are_read_in_order_and_can_stand_in_the_body(folder: Path) -> None:
    head = (
        "---\nname: own\ntitle: 'Own: ours'\ndescription: x\n# a comment\narguments:\n"
        "  - name: issue\n    description: Which one\n    required: true\n  - name: items\n    description: More\n---\n"
    )
    template = own(folder, "{{ arguments.issue }} {{ arguments.items }}", head)
    assert template.title == "Own: ours"
    assert [(one.name, one.description, one.required) for one in template.arguments] == [
        ("issue", "Which one", True),
        ("items", "More", False),
    ]
    filled = template.fill(BlankContent(POLICY), arguments={"issue": "SHOP-1 @here {{ 1 }}"})
    assert filled.text == "SHOP-1 ＠here { { 1 }} [items]\n"
    assert filled.unknowns == ("items: not given",)


def test_a_file_of_windows_with_a_byte_order_mark_reads_the_same(folder: Path) -> None:
    text = "\ufeff" + (HEAD + "one\n\n{{ service }}\n").replace("\n", "\r\n")
    assert load_templates(write(folder, text))["own"].fill(BlankContent(POLICY)).text == "one\n\n[service name]\n"


def test_a_readme_and_other_files_in_the_folder_are_left_alone(folder: Path) -> None:
    write(folder, "# How we write", "README.md")
    write(folder, "x", "notes.txt")
    assert len(load_templates(folder)) == len(SHIPPED)


WRONG_BODIES = (
    ("{{ impact.evnts }}", 1, "impact has no fact 'evnts'"),
    ("ok\n\n{{ nonsense }}", 3, "there is no fact 'nonsense'"),
    ("{% if false %}\n{{ impact.nope }}\n{% endif %}", 2, "impact has no fact 'nope'"),
    ("{% if issue.nope %}x{% endif %}", 1, "issue has no fact 'nope'"),
    ("{% if given %}x{% elif issue.nope %}y{% endif %}", 1, "issue has no fact 'nope'"),
    ("{% if given %}x{% else %}\n{{ nope }}{% endif %}", 2, "no fact 'nope'"),
    ("{% for cause in causes %}\n{{ cause.nope }}\n{% endfor %}", 2, "cause has no fact 'nope'"),
    ("{% for cause in causes %}x{% else %}\n{{ cause.pattern }}{% endfor %}", 2, "no fact 'cause'"),
    ("{% for one in nope %}x{% endfor %}", 1, "no fact 'nope'"),
    ("{% for one in causes if one.nope %}x{% endfor %}", 1, "one has no fact 'nope'"),
    ("{{ impact.nope | upper }}", 1, "impact has no fact 'nope'"),
    ("{{ actions | join(impact.nope) }}", 1, "impact has no fact 'nope'"),
    ("{{ 'a' if impact.nope else 'b' }}", 1, "impact has no fact 'nope'"),
    ("{{ 'a' ~ lead }}", 1, "cannot use ~: a blank in it would not be listed. Write {{ a }}{{ b }}."),
    ("{% set x = 'a' ~ lead %}", 1, "cannot use ~"),
    ("{{ actions | join(service ~ ' ') }}", 1, "cannot use ~"),
    ("{% if 'a' ~ lead == 'ab' %}x{% endif %}", 1, "cannot use ~"),
    ("{% if severity.severity.text == impact.nope %}x{% endif %}", 1, "impact has no fact 'nope'"),
    ("{% set x = impact.nope %}", 1, "impact has no fact 'nope'"),
    ("{{ arguments.nope }}", 1, "arguments has no fact 'nope'"),
    ("{{ impact }}", 1, "impact cannot stand in a text"),
    ("{{ causes }}", 1, "causes cannot stand in a text"),
    ("{{ impact.events | nope }}", 1, "No filter named 'nope'"),
    ("{% if impact.events is nope %}x{% endif %}", 1, "cannot use test"),
    ("one\n{% if given %}", 2, "nd of"),
    ("one\n{{ impact.events", 2, ""),
    ("{{ impact.__class__ }}", 1, "impact has no fact '__class__'"),
    ("{{ service.text.format }}", 1, "has no fact 'format'"),
    ("{{ impact['events'] }}", 1, "cannot use […]"),
    ("{{ service.upper() }}", 1, "cannot use calls"),
    ("{% include 'x' %}", 1, "cannot use include"),
    ("{% macro x() %}{% endmacro %}", 1, "cannot use macro"),
    ("{% for a, b in causes %}x{% endfor %}", 1, "a for takes one name"),
    ("{% for x in impact.events %}x{% endfor %}", 1, "impact.events is not a list"),
    ("{% filter upper %}x{% endfilter %}", 1, "cannot use filterblock"),
    ("{{ actions | upper }}", 1, "upper takes a fact"),
    ("{{ service | join }}", 1, "join takes a list"),
    ("{{ actions | join(issue.title.text) }}", 1, "join takes words in quotes only. As join('; ')."),
    ("{{ actions | join(separator=service) }}", 1, "join takes words in quotes only"),
    ("{{ actions | join(2) }}", 1, "join takes words in quotes only"),
    ("{% set x = actions | join %}{{ x.text }}", 1, "x has no fact 'text'"),
)


@pytest.mark.parametrize(("body", "line", "said"), WRONG_BODIES)
def test_a_body_that_cannot_be_filled_fails_at_start_with_file_and_line(
    folder: Path, body: str, line: int, said: str
) -> None:
    message = refused(write(folder, HEAD + body))
    assert f"own.md, line {line + 5}: " in message
    assert said in message


DEEP = {
    "brackets": "{{ " + "(" * 300 + "issue" + ")" * 300 + " }}",
    "lists": "{{ " + "[" * 3_000 + " }}",
    "words": "{% if issue" + " and issue" * 5_000 + " %}{% endif %}",
    "filters": "{{ issue" + "|upper" * 5_000 + " }}",
    "parts": "{{ issue" + ".title" * 5_000 + " }}",
    "branches": "{% if issue %}" * 110 + "{% endif %}" * 110,
    "branches beside branches": "{% if issue %}" + "{% elif issue %}x" * 3_000 + "{% endif %}",
    "loops": "{% for step in checklist %}" * 25 + "{% endfor %}" * 25,
}


@pytest.mark.parametrize("kind", DEEP)
def test_a_body_that_is_nested_too_deeply_is_refused_and_no_crash(folder: Path, kind: str) -> None:
    assert "own.md, line 6: it is nested too deeply." in refused(write(folder, HEAD + DEEP[kind]))


def test_a_number_that_python_does_not_read_is_refused_and_no_crash(folder: Path) -> None:
    assert "it holds a number that is too long" in refused(write(folder, HEAD + "{{ " + "9" * 5_000 + " }}"))


def test_the_line_counts_from_the_top_of_the_file_past_empty_lines(folder: Path) -> None:
    assert "own.md, line 9: " in refused(write(folder, HEAD + "\n\n\n{{ nope }}"))


WRONG_HEADS = (
    ("Just text", 1, "does not begin with a line '---'"),
    ("---\nname: own\n", 1, "no closing line"),
    ("---\nname: own\ntitle: x\n---\n", 1, "does not give a description"),
    ("---\nname: own\ntitle: x\ndescription: y\nautor: me\n---\n", 5, "valid keys are name, title"),
    ("---\nname: own\nname: two\ntitle: x\ndescription: y\n---\n", 3, "name is given twice"),
    ("---\nname: Own Name\ntitle: x\ndescription: y\n---\n", 2, "a name is a lower-case letter"),
    ("---\nname: ../own\ntitle: x\ndescription: y\n---\n", 2, "a name is a lower-case letter"),
    ("---\nname: own\ntitle:\ndescription: y\n---\n", 3, "the value is empty"),
    ("---\nname: own\ntitle: 'x\ndescription: y\n---\n", 3, "a quote is not closed"),
    ("---\nname: own\ntitle: [x]\ndescription: y\n---\n", 3, "put it in quotes"),
    ("---\nname: own\ntitle: x\ndescription: y\u200bz\n---\n", 4, "one visible line"),
    ("---\nname: own\ntitle: x\ndescription: y\nlayout: fancy\n---\n", 5, "layout must be one of"),
    ("---\nname: own\ntitle: x\ndescription: y\narguments: issue\n---\n", 5, "arguments are a list"),
    ("---\nname: own\ntitle: x\ndescription: y\narguments:\n  - name: a\n---\n", 6, "no description"),
    (
        "---\nname: own\ntitle: x\ndescription: y\narguments:\n  - name: a\n    description: b\n    needed: yes\n---\n",
        8,
        "not a line of an argument",
    ),
    (
        "---\nname: own\ntitle: x\ndescription: y\narguments:\n  - name: a\n    description: b\n"
        "    required: yes\n---\n",
        6,
        "required must be true or false",
    ),
    (
        "---\nname: own\ntitle: x\ndescription: y\narguments:\n  - name: a\n    description: b\n"
        "  - name: a\n    description: b\n---\n",
        8,
        "given twice",
    ),
)


@pytest.mark.parametrize(("text", "line", "said"), WRONG_HEADS)
def test_a_head_that_is_wrong_fails_at_start_with_file_and_line(folder: Path, text: str, line: int, said: str) -> None:
    message = refused(write(folder, text))
    assert f"own.md, line {line}: " in message
    assert said in message


def test_two_files_of_one_name_fail_and_name_each_other(folder: Path) -> None:
    write(folder, HEAD + "a", "a.md")
    message = refused(write(folder, HEAD + "b", "b.md"))
    assert "b.md, line 2: the name own is taken by a.md" in message


def test_a_file_that_is_not_utf_8_fails_with_the_line_of_the_first_wrong_byte(folder: Path) -> None:
    (folder / "own.md").write_bytes(HEAD.encode() + b"\n\xff\n")
    assert "own.md, line 7: the file is not UTF-8" in refused(folder)


def test_a_file_that_is_too_large_fails(folder: Path) -> None:
    assert "more than 200,000 bytes" in refused(write(folder, HEAD + "x" * 200_000))


def test_a_folder_that_is_not_there_fails_and_names_the_setting(folder: Path) -> None:
    message = refused(folder / "nowhere")
    assert "nowhere" in message
    assert "SENTRY_RUNBOOK_PROMPTS" in message


def test_a_good_body_of_every_kind_of_sentence_passes_and_fills(folder: Path) -> None:
    body = (
        "{% set name = issue.name %}{{ name }}\n"
        "{% for cause in causes if cause.confidence.text != 'low' %}{{ loop.index }} {{ cause.pattern | upper }} "
        "{% for clue in cause.evidence_for %}{{ clue }}{% if not loop.last %}, {% endif %}{% endfor %}\n"
        "{% else %}none\n{% endfor %}"
        "{{ 'known' if impact.events and not impact.p95_ms else 'unknown' }} {{ actions | length }} "
        "{{ next_steps | first }} {{ format }}\n{{ actions | join('; ') }}"
    )
    content = MessageContent(incident_of("payment_spike"))
    text = own(folder, body).fill(content).text
    assert "1 DEPLOYMENT REGRESSION" in text
    assert "\nnone" in own(folder, body).fill(BlankContent(POLICY)).text


def test_a_blank_in_a_joined_list_is_marked_and_listed_beside_its_facts(folder: Path) -> None:
    unread = evidence_of("payment_spike").model_copy(update={"series": Unknown(why="Sentry answered 503")})
    content = MessageContent(read(unread), since=unread.collected_at - timedelta(minutes=15))
    filled = own(folder, "{% set news = changes | join(' + ') %}{{ news if news else 'no news' }}").fill(content)
    blank = "what changed since the last update"
    assert filled.text.startswith(f"[{blank}] + 2026-11-20 11:53 UTC: Alert ")
    assert filled.unknowns == (f"{blank}: the event series does not reach back to the last update",)
    assert own(folder, "{{ changes | join(' + ') | upper }}").fill(content).text == filled.text.upper()


def test_a_joined_list_is_false_in_an_if_without_a_known_fact_and_compares_with_plain_words(folder: Path) -> None:
    content = MessageContent(incident_of("payment_spike"))
    body = "{% set LIST = changes | join %}{{ 'known' if LIST else 'blank' }}"
    assert own(folder, body).fill(content).text == "blank\n"
    levels = "{{ 'yes' if policy.edge_case.levels | join(' or ') == 'info or debug' else 'no' }}"
    assert own(folder, levels).fill(content).text == "yes\n"


def test_the_readme_of_the_prompts_names_everything_that_a_body_can_ask_for() -> None:
    readme = (shipped_folder() / "README.md").read_text(encoding="utf-8")
    rows = [line.split(" | ")[0] for line in readme.split("\n") if line.startswith("| `")]
    assert sorted(name for row in rows for name in re.findall(r"`(\w+)`", row)) == sorted(parts_of(MessageContent))


def test_what_the_readme_of_the_prompts_shows_is_a_template_that_loads(folder: Path) -> None:
    readme = (shipped_folder() / "README.md").read_text(encoding="utf-8")
    example = "\n".join(line[4:] for line in readme.split("\n") if line.startswith("    "))
    template = load_templates(write(folder, example))["initial_alert"]
    assert template.fill(BlankContent(POLICY)).text == "INCIDENT — [service name]  \nImpact: [impact]\n"
    assert "issue, window, reading, events, users" in refused(write(folder, HEAD + "{{ impact.help }}", "help.md"))


# --- safety --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["{{ lead }}", "{% raw %}", "{# x #}", "{{ 7 * 7 }}", "{{ ''.__class__ }}"])
def test_a_value_is_never_read_as_a_template(folder: Path, text: str) -> None:
    stated = Stated(service=text, lead="SECRET")
    filled = own(folder, "{{ service }}").fill(BlankContent(POLICY, stated)).text
    assert "SECRET" not in filled
    assert "49" not in filled
    assert filled.startswith("{ ")


def test_the_operators_own_words_are_written_as_they_are_but_never_end_the_code_around_them(folder: Path) -> None:
    content = BlankContent(Policy(production=Production(environments="^(`prod`|live_*)$")))
    template = own(folder, "`{{ policy.production.environments }}`")
    assert [template.fill(content, form).text for form in FORMATS] == ["`^('prod'|live_*)$`\n"] * 2


def test_a_value_that_no_gate_has_seen_is_made_inert_when_it_is_put_in(folder: Path) -> None:
    raw = "# Head\n@here [x](https://evil.example.com) ![y](https://e.example/p.png) <script>`a`</script> <!channel>"
    content = BlankContent(POLICY, Stated(service=raw, lead="<email 1>"))
    template = own(folder, "{{ service }}|{{ lead }}")
    markdown, slack = (template.fill(content, form).text for form in FORMATS)
    for text in (markdown, slack):
        assert not any(one in text for one in ("@here", "](", "![", "<script", "<!", "https://", "\n#"))
    assert markdown.endswith("|<email 1>\n")
    assert slack.endswith("|&lt;email 1&gt;\n")
