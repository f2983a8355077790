"""Whom to ask about an issue, and how it was ended before."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from sentry_runbook.incident.model.evidence import Activity, Commit, Deploy, Evidence, IssueOwner, Note, Release
from sentry_runbook.incident.model.results.explanation import EarlierEpisode
from tests.incident.builder import MINUTE, NOW, ago, burst, incident, known, read
from tests.incident.severity_cases import DEAD, crowd

BUMP = Commit(id="6b2c288dfdef", message="build: bump stripe", author="Robin Chen")


def entry(kind: str, hours_ago: float, who: str | None = None, **fields: Any) -> Activity:
    actor = fields.pop("actor", "person" if who else "sentry")
    return Activity(kind=kind, at=ago(hours=hours_ago), who=who, actor=actor, **fields)


def owned(*activity: Activity, commits: Sequence[Commit] = (), **issue: Any) -> Evidence:
    return incident(crowd(5), issue={"activity": activity, **issue}, suspect_commits=known(tuple(commits)))


def by(kind: str, who: str | None) -> IssueOwner:
    return IssueOwner(kind=kind, who=who)


# --- owners --------------------------------------------------------------------------------------------------------

COMMITTED = 'suspect commit "build: bump stripe"'
RESOLVED = "resolved it last, 2026-11-21 15:00 UTC"
OWNERS: Sequence[tuple[str, Evidence, list[tuple[str, str]]]] = [
    ("nobody is named", owned(), []),
    ("assigned", owned(assigned_to="payments"), [("payments", "assigned")]),
    ("owned by rules", owned(owners=(by("codeowners", "web"), by("ownershiprule", "team 12"))),
     [("team 12", "ownership rules"), ("web", "CODEOWNERS")]),
    ("an owner without a name", owned(owners=(by("ownershiprule", None),)), []),
    ("of a kind that is not known", owned(owners=(by("unknown", "web"),)), []),
    ("a suspect commit", owned(commits=[BUMP]), [("Robin Chen", COMMITTED)]),
    ("a suspect commit without a message", owned(commits=[Commit(id="abc", author="Robin Chen")]),
     [("Robin Chen", 'suspect commit "abc"')]),
    ("Sentry's owner and the author are one", owned(commits=[BUMP], owners=(by("suspectcommit", "robin chen"),)),
     [("robin chen", f"suspect commit; {COMMITTED}")]),
    ("a bot committed", owned(commits=[BUMP.model_copy(update={"author": "dependabot[bot]"})]), []),
    ("another bot", owned(commits=[BUMP.model_copy(update={"author": "Renovate Acme"})]), []),
    ("a proxy user of an integration", owned(assigned_to="runbook-0f8fad5b-d9cb-469f-a165-70867728950e"), []),
    ("the last to resolve it", owned(entry("set_resolved", 90, "Ana"), entry("set_resolved_in_release", 48, "Mina")),
     [("Mina", RESOLVED)]),
    ("an integration resolved it", owned(entry("set_resolved", 48, "Jira", actor="machine")), []),
    ("Sentry resolved it by age", owned(entry("set_resolved_by_age", 48, "Mina")), []),
    ("all reasons of one person", owned(entry("set_resolved", 48, "Robin Chen"), assigned_to="Robin Chen",
     commits=[BUMP], owners=(by("ownershiprule", "Robin Chen"),)),
     [("Robin Chen", f"assigned; ownership rules; {COMMITTED}; {RESOLVED}")]),
    ("four at most, the surest first", owned(entry("set_resolved", 48, "E"), assigned_to="A", commits=[BUMP],
     owners=(by("codeowners", "C"), by("ownershiprule", "B"), by("suspectcommit", "D"))),
     [("A", "assigned"), ("B", "ownership rules"), ("C", "CODEOWNERS"), ("D", "suspect commit")]),
]  # fmt: skip


@pytest.mark.parametrize(("evidence", "owners"), [pytest.param(*row[1:], id=row[0]) for row in OWNERS])
def test_owners_are_people_and_teams_with_their_reasons(evidence: Evidence, owners: list[tuple[str, str]]) -> None:
    assert [(owner.who, owner.why) for owner in read(evidence).owners] == owners


def test_unread_suspect_commits_name_nobody() -> None:
    assert read(incident(crowd(5), suspect_commits=DEAD)).owners == ()


# --- earlier episodes ----------------------------------------------------------------------------------------------

OLD = {"first_seen": ago(days=40), "last_seen": NOW - MINUTE}


def again(*activity: Activity, earlier: Sequence[int] = (), **parts: Any) -> Evidence:
    """An old issue that burns since two hours ago, and burned for an hour so many hours ago, too."""
    events = [seen for hours in (2, *earlier) for seen in burst(ago(hours=hours), 600, timedelta(seconds=6), 40)]
    return incident(events, issue={**OLD, "activity": activity}, **parts)


def last(evidence: Evidence) -> EarlierEpisode:
    history = read(evidence).earlier
    assert history is not None and history.last is not None
    return history.last


def test_an_issue_that_never_burned_before_has_no_history() -> None:
    assert read(again()).earlier is None
    assert read(incident(crowd(5))).earlier is None


def test_a_resolve_and_the_regression_after_it_are_an_earlier_episode() -> None:
    found = last(
        again(
            entry("set_resolved_in_release", 78, "Ana", version="shop@1.1.0"),
            entry("set_regression", 2, resolved_in="shop@1.1.0", version="shop@1.2.0"),
        )
    )
    assert (found.began, found.ended) == (ago(days=40), ago(hours=78))
    assert (found.ended_by, found.release, found.held) == ("Ana", "shop@1.1.0", "3 d 4 h")


def test_the_release_of_a_resolve_in_the_next_one_is_that_of_the_regression() -> None:
    entries = (entry("set_resolved_in_release", 78, "Ana"), entry("set_regression", 2, resolved_in="shop@1.1.0"))
    assert last(again(*entries)).release == "shop@1.1.0"


def test_how_long_an_end_held_is_the_difference_of_the_minutes_shown() -> None:
    resolve = entry("set_resolved", 78, "Ana").model_copy(update={"at": ago(hours=78) + timedelta(seconds=59)})
    back = entry("set_regression", 2).model_copy(update={"at": ago(hours=2, minutes=1) + timedelta(seconds=1)})
    assert last(again(resolve, back)).held == "3 d 3 h"


@pytest.mark.parametrize(
    ("resolve", "who"),
    [
        (entry("set_resolved", 78, "Ana"), "Ana"),
        (entry("set_resolved", 78, "Jira", actor="machine"), "Jira"),
        (entry("set_resolved", 78, None, actor="machine"), "an integration"),
        (entry("set_resolved", 78, None, actor="person"), "somebody"),
        (entry("set_resolved", 78), "Sentry"),
        (entry("set_resolved_by_age", 78), "Sentry, because of its age"),
    ],
)
def test_what_ended_it_is_who_resolved_it(resolve: Activity, who: str) -> None:
    assert last(again(resolve, entry("set_regression", 2))).ended_by == who


def test_every_pair_counts_and_a_second_resolve_of_the_same_does_not() -> None:
    found = read(
        again(
            entry("set_resolved", 300, "Ana"),
            entry("set_regression", 290),
            entry("set_resolved", 200, "Mina"),
            entry("set_resolved_in_release", 199, "Mina", version="shop@1.1.0"),
            entry("set_regression", 2),
        )
    ).earlier
    assert found is not None and found.last is not None
    assert (found.episodes, found.last.ended_by, found.last.began) == (2, "Mina", ago(hours=290))


def test_a_resolve_within_this_incident_ends_no_earlier_one() -> None:
    assert read(again(entry("set_resolved", 1, "Ana"), entry("set_regression", 0.5))).earlier is None


def test_bursts_that_nobody_resolved_are_earlier_episodes_and_nothing_is_said_of_who_ended_them() -> None:
    found = read(again(earlier=(50, 100))).earlier
    assert found is not None and found.last is not None
    assert found.episodes == 2
    assert found.last.began is not None and abs(found.last.began - ago(hours=50)) <= timedelta(hours=1)
    assert (found.last.ended_by, found.last.release) == (None, None)
    assert found.last.held in ("1 d 23 h", "47 h")


def test_a_burst_that_somebody_resolved_is_one_episode_and_not_two() -> None:
    found = read(again(entry("set_resolved", 48, "Ana"), entry("set_regression", 2), earlier=(50,))).earlier
    assert found is not None and found.last is not None
    assert (found.episodes, found.last.ended_by, found.last.ended) == (1, "Ana", ago(hours=48))
    assert found.last.began is not None and abs(found.last.began - ago(hours=50)) <= timedelta(hours=1)


def test_a_deploy_shortly_before_the_end_of_a_burst_stands_beside_it() -> None:
    def deployed(hours_ago: float, environment: str = "production") -> Any:
        deploy = Deploy(version="shop@0.9.0", environment=environment, finished=ago(hours=hours_ago))
        return known((Release(version="shop@0.9.0", deploys=(deploy,)),))

    near = again(earlier=(50,), releases=deployed(49.2))
    assert last(near).ended_by == "deploy of shop@0.9.0"
    assert last(again(earlier=(50,), releases=deployed(60))).ended_by is None


def test_what_people_noted_then_is_cut_to_one_short_line_and_what_machines_noted_is_not() -> None:
    pair = (entry("set_resolved", 78, "Ana"), entry("set_regression", 2))
    notes = (
        Note(at=ago(hours=80), who="Ana", text=f"the pool was\ntoo small {'x' * 200}"),
        Note(at=ago(hours=79), who="Jira", actor="machine", text="OPS-1 opened"),
        Note(at=ago(hours=1), who="Ana", text="of this incident"),
    )
    note = last(again(*pair, notes=known(notes))).note
    assert note is not None and note.startswith("the pool was too small xxx") and note.endswith("x…")
    assert len(note) == 120
    logged = (*pair, entry("note", 70, "Ana", text="raised the limit"))
    assert last(again(*sorted(logged, key=lambda each: each.at))).note == "raised the limit"
