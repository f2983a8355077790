"""What a person reads of a result: the Markdown page, the terminal and a template say one thing."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from sentry_runbook.incident.incident import Incident
from sentry_runbook.incident.messages.content import MessageContent
from sentry_runbook.incident.model.evidence import Breakdown, Combination, Known, Totals, Unknown
from sentry_runbook.incident.model.results.triage import Triage
from sentry_runbook.incident.triage.triage import make_triage
from sentry_runbook.render.console import Screen
from sentry_runbook.render.severity import severity_page
from sentry_runbook.render.templates import load_templates
from sentry_runbook.render.terminal import show_criteria, show_impact, show_recovery, show_triage
from sentry_runbook.render.triage import triage_page
from tests.incident.builder import Seen, ago, burst, incident, known, read

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


# --- warnings ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", ["triage", "severity", "impact", "recovery"])
def test_every_page_of_the_terminal_says_what_limits_its_numbers_once(
    page: str, capsys: pytest.CaptureFixture[str]
) -> None:
    of = read(incident(burst(ago(hours=1), 50, MINUTE, 5), warnings=("All events are counted.",)))
    shown: dict[str, Callable[[], None]] = {
        "triage": lambda: show_triage(Screen(), make_triage(of)),
        "severity": lambda: show_criteria(Screen(), of.severity),
        "impact": lambda: show_impact(Screen(), of.impact),
        "recovery": lambda: show_recovery(Screen(), of.recovery),
    }
    shown[page]()
    assert capsys.readouterr().out.count("\n ! All events are counted.\n") == 1


# --- what is not exact ---------------------------------------------------------------------------------------------


def test_users_of_the_worst_hour_that_are_known_within_bounds_are_said_with_both(
    capsys: pytest.CaptureFixture[str],
) -> None:
    uncounted = Unknown(why="Discover answered 429")
    evidence = incident(
        burst(ago(minutes=30), 220, SECOND, 220),
        totals=known(Totals(events=5_000, users=4_487)),
        series=uncounted,
        users_per_hour=uncounted,
        rows=uncounted,
    )
    result = make_triage(read(evidence))
    assert "- **Users in the worst rolling hour:** 187 to 4487\n" in in_markdown(result)
    assert "187 to 4,487 users in the worst hour" in in_terminal(result, capsys)


def test_users_of_which_some_events_say_nothing_are_said_as_a_lower_bound(capsys: pytest.CaptureFixture[str]) -> None:
    silent = burst(ago(minutes=20), 30, SECOND, 0)
    named = make_triage(read(incident(burst(ago(minutes=30), 40, SECOND, 40))))
    some = make_triage(read(incident([*burst(ago(minutes=30), 40, SECOND, 40), *silent])))
    assert "- **Users:** 40\n" in in_markdown(named)
    assert "- **Users:** at least 40\n" in in_markdown(some)
    assert "At least 40 users" in in_terminal(some, capsys)


def test_a_severity_that_suspicious_events_may_have_made_is_said_with_what_it_would_be_without_them(
    capsys: pytest.CaptureFixture[str],
) -> None:
    flood = [Seen(at=ago(minutes=30) + MINUTE * number / 502, user="one") for number in range(501)]
    result = make_triage(read(incident(flood)))
    said = "Without the suspicious events P2"
    assert said in " ".join(in_terminal(result, capsys).split())
    assert said in in_markdown(result)
    others = [Seen(at=ago(minutes=30) + MINUTE * number / 1602, user="others") for number in range(1601)]
    same = make_triage(read(incident(flood, others=others)))
    assert same.severity.severity_without_suspects == same.severity.severity
    assert "Without the suspicious" not in in_terminal(same, capsys)


# --- criteria ------------------------------------------------------------------------------------------------------


def test_a_criterion_says_whether_it_is_met_or_not_or_unknown() -> None:
    failed = Unknown(why="Sentry answered 503")
    page = in_markdown(
        make_triage(read(incident(burst(ago(minutes=20), 101, SECOND, 101), sessions=failed, unhandled=failed)))
    )
    assert "- **users_per_hour:** met: 101, threshold more than 100" in page
    assert "- **edge_case:** not met: " in page
    assert "- **crash_free:** unknown: threshold below 95 %" in page


# --- shares --------------------------------------------------------------------------------------------------------


def on_releases(**events: int) -> Known[Breakdown]:
    return known(
        Breakdown(
            combinations=tuple(Combination(tags={"release": name}, events=count) for name, count in events.items())
        )
    )


@pytest.mark.parametrize(
    ("most", "few", "said"),
    [
        (998, 2, "99.8 %, 0.2 % before"),
        (9_996, 4, "99.96 %, 0.04 % before"),
    ],
    ids=["per_mille", "less"],
)
def test_a_share_reads_the_same_on_every_page_and_is_not_rounded_up_to_all_or_down_to_none(
    most: int, few: int, said: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    of = read(
        incident(
            burst(ago(hours=1), 50, MINUTE, 5),
            breakdown=on_releases(new=most, old=few),
            breakdown_before=on_releases(new=few, old=most),
        )
    )
    page, screen = in_markdown(make_triage(of)), in_terminal(make_triage(of), capsys)
    assert f'- **Where "release":** "new" {said}' in page
    assert f"{said.replace(',', ' release=new,')}" in screen
    for text in (page, screen):
        assert f'"release" "new": {said}' in text, "the checklist"
        assert WHOLE_NUMBER_OF_PERCENT.findall(text) == []
    row = "{% for row in impact.breakdown %}{{ row.share }}, {{ row.share_before }} before\n{% endfor %}"
    assert in_template(of, row, tmp_path) == f"{said}\n"


@pytest.mark.parametrize(("own", "others", "said"), [(2, 700, "0.3 %"), (1, 3000, "0.03 %")], ids=["some", "one"])
def test_the_share_of_the_projects_unhandled_events_is_the_one_that_the_reason_says(
    own: int, others: int, said: str, tmp_path: Path
) -> None:
    of = read(
        incident(burst(ago(hours=1), own, SECOND, own), others=burst(ago(hours=1), others, 30 * SECOND / others, 50))
    )
    assert f"this issue has {said} of its unhandled events" in in_markdown(make_triage(of))
    page = severity_page(of.severity).finish().prose
    assert f"- **This issue's share of the project's unhandled events:** {said}\n" in page
    assert in_template(of, "{{ severity.share_of_project }}", tmp_path) == f"{said}\n"
