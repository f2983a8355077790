"""What a person reads of a result: the Markdown page, the terminal and a template say one thing."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest

from sentry_runbook.incident.incident import Incident
from sentry_runbook.incident.messages.content import MessageContent
from sentry_runbook.incident.model.evidence import Breakdown, Combination, Known
from sentry_runbook.incident.model.results.triage import Triage
from sentry_runbook.incident.triage.triage import make_triage
from sentry_runbook.render.console import Screen
from sentry_runbook.render.templates import load_templates
from sentry_runbook.render.terminal import show_triage
from sentry_runbook.render.triage import triage_page
from tests.incident.builder import ago, burst, incident, known, read

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
WHOLE_NUMBER_OF_PERCENT = re.compile(r"\d%")
"""How Python prints a rounded share; every number in percent of ours has a space."""


def in_markdown(result: Triage) -> str:
    return triage_page(result).finish().text("0" * 16)


def in_terminal(result: Triage, capsys: pytest.CaptureFixture[str]) -> str:
    """The page of the command, in one line."""
    capsys.readouterr()
    show_triage(Screen(), result)
    return " ".join(capsys.readouterr().out.split())


def in_template(of: Incident, body: str, folder: Path) -> str:
    """A body of a team's own, filled."""
    (folder / "own.md").write_text(f"---\nname: own\ntitle: Own\ndescription: One of ours.\n---\n{body}")
    return load_templates(folder)["own"].fill(MessageContent(of)).text


# --- shares --------------------------------------------------------------------------------------------------------


def on_releases(**events: int) -> Known[Breakdown]:
    return known(
        Breakdown(
            combinations=tuple(Combination(tags={"release": name}, events=count) for name, count in events.items())
        )
    )


def test_a_share_reads_the_same_on_every_page_and_is_not_rounded_up_to_all_or_down_to_none(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    evidence = incident(
        burst(ago(hours=1), 50, MINUTE, 5),
        breakdown=on_releases(new=998, old=2),
        breakdown_before=on_releases(new=3, old=997),
    )
    result = make_triage(read(evidence))
    page, screen = in_markdown(result), in_terminal(result, capsys)
    assert '- **Where "release":** "new" 99.8 %, 0.3 % before' in page
    assert "99.8 % release=new, 0.3 % before" in screen
    for text in (page, screen):
        assert '"release" "new": 99.8 %, 0.3 % before' in text, "the checklist"
        assert WHOLE_NUMBER_OF_PERCENT.findall(text) == []
    row = "{% for row in impact.breakdown %}{{ row.share }}, {{ row.share_before }} before\n{% endfor %}"
    assert in_template(read(evidence), row, tmp_path) == "99.8 %, 0.3 % before\n"


def test_the_share_of_the_projects_unhandled_events_is_the_one_that_the_reason_says(tmp_path: Path) -> None:
    others = burst(ago(hours=1), 700, SECOND / 20, 50)
    evidence = incident(burst(ago(hours=1), 2, SECOND, 2), others=others)
    page = in_markdown(make_triage(read(evidence)))
    assert "this issue has 0.3 % of its unhandled events" in page
    assert "- **This issue's share of the project's unhandled events:** 0.3 %\n" in page
    assert in_template(read(evidence), "{{ severity.share_of_project }}", tmp_path) == "0.3 %\n"
