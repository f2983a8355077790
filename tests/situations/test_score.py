"""The score tells right from wrong: by answers that are known to be one or the other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from tests.situations.play import minutes, produced
from tests.situations.raw import NOBODY, TOGETHER, Made, Situation, Suspect
from tests.situations.report import report
from tests.situations.score import Figures, Produced, Score, is_named, scored
from tests.situations.situations import situations
from tests.situations.truth import Counted

ALL = situations()


def right(situation: Situation, made: Made) -> Produced:
    """The right answer for one incident."""
    counted = Counted(situation.raw, made.issues)
    users = min(counted.users) if counted.users else None
    return Produced(made.issues, counted.severity.level, min(made.suspects), users, made.began)


def oracle(situation: Situation) -> list[Produced]:
    """The label itself, latecomers alone."""
    told = [right(situation, made) for made in situation.incidents]
    late = [Produced(frozenset({issue}), "P2", NOBODY) for made in situation.incidents for issue in sorted(made.loose)]
    return told + late


def figures(answer: Callable[[Situation], list[Produced]]) -> Figures:
    """Score a way to answer on all situations."""
    return scored(ALL, [answer(situation) for situation in ALL])


def by_time_alone(situation: Situation) -> list[Produced]:
    """Merge all news that begins within three minutes of the one before."""
    onsets = sorted((at, issue) for made in situation.incidents for issue, at in made.onsets.items())
    groups: list[list[tuple[float, str]]] = []
    for onset in onsets:
        if groups and onset[0] - groups[-1][-1][0] <= TOGETHER:
            groups[-1].append(onset)
        else:
            groups.append([onset])
    return [Produced(frozenset(issue for _, issue in group), "P2", NOBODY) for group in groups]


def each_alone(situation: Situation) -> list[Produced]:
    """Each issue an incident of its own."""
    return [replace(told, issues=frozenset({issue})) for told in oracle(situation) for issue in sorted(told.issues)]


def with_everything(situation: Situation) -> list[Produced]:
    """One incident that holds every issue there is."""
    return [Produced(frozenset(situation.raw.issues), "P0", NOBODY)]


def test_the_label_itself_is_right_in_everything() -> None:
    best = figures(oracle)
    assert best.is_good
    assert (best.precision, best.recall, best.f1, best.severity, best.suspect) == (1, 1, (1, 1), 1, 1)
    assert all(match.are_users_right and match.is_began_right for match in best.matches)
    assert "all that is asked is reached" in report(best) and "NOT" not in report(best)


def test_grouping_by_time_alone_merges_every_coincidence() -> None:
    naive = figures(by_time_alone)
    merged = {score.situation.name for score in naive.scores if score.false_merges}
    together = {
        score.situation.name for score in naive.scores if score.situation.coincidence and len(score.matches) > 1
    }
    assert merged == together and len(together) >= 15
    assert naive.recall == 1 and naive.coincidences_merged > 0 and not naive.is_good


def test_telling_each_issue_alone_finds_no_pair() -> None:
    split = figures(each_alone)
    assert split.recall == 0 and split.precision == 1 and not split.is_good


def test_telling_everything_as_one_incident_is_wrong_in_every_quiet_world() -> None:
    wild = figures(with_everything)
    assert not any(score.is_silence_right for score in wild.quiet)
    assert wild.recall == 1 and wild.precision < 0.6 and wild.macro_precision < 0.3
    assert "NOT all that is asked is reached" in report(wild)


def test_saying_nothing_is_right_where_nothing_is_wrong_alone() -> None:
    silent = figures(lambda _: [])
    assert all(score.is_silence_right for score in silent.quiet)
    assert silent.severity == silent.suspect == 0 and not silent.is_good


def test_one_wrong_severity_is_named_and_is_too_much() -> None:
    def answer(situation: Situation) -> list[Produced]:
        told = oracle(situation)
        wrong = situation.name == "a hundred users of two issues"
        return [replace(one, severity="P1") for one in told] if wrong else told

    told = figures(answer)
    assert not told.is_good
    assert "a hundred users of two issues: 100 users: P1 in place of P2 (default)" in report(told)


def test_one_false_merge_is_named_with_the_titles() -> None:
    def answer(situation: Situation) -> list[Produced]:
        told = oracle(situation)
        if situation.name != "two unrelated issues of two projects":
            return told
        return [replace(told[0], issues=told[0].issues | told[1].issues)]

    told = figures(answer)
    assert told.coincidences_merged == 1 and not told.is_good
    assert "false merge MEDIA-" in report(told) and "moov atom not found" in report(told)


def test_a_latecomer_may_be_told_alone_or_with_the_rest() -> None:
    situation = next(one for one in ALL if any(made.loose for made in one.made))
    (made,) = situation.made
    together = replace(right(situation, made), issues=made.issues | made.loose)
    for told in ([together], oracle(situation)):
        score = Score(situation, tuple(told))
        assert (score.false_merges, score.missed_pairs, score.unlisted) == (set(), set(), frozenset())
    assert Score(situation, (right(situation, made),)).unlisted == made.loose


def test_an_issue_that_may_be_left_out_may_be_told_alone_and_not_with_others() -> None:
    situation = next(one for one in ALL if one.name == "a new issue of one event")
    (made,) = situation.made
    assert Score(situation, (right(situation, made),)).is_silence_right
    assert Score(situation, ()).is_silence_right
    merged = replace(right(situation, made), issues=made.issues | {min(situation.quiet)})
    assert not Score(situation, (merged,)).is_silence_right


@pytest.mark.parametrize(
    ("users", "at_least", "is_right", "is_true"),
    [
        (101, False, True, True),
        (100, False, False, False),
        (102, False, False, False),
        (100, True, False, True),
        (102, True, False, False),
        (None, False, False, True),
    ],
)
def test_a_lower_bound_of_the_users_is_true_and_not_exact(
    users: int | None, at_least: bool, is_right: bool, is_true: bool
) -> None:
    situation = next(one for one in ALL if one.name == "a hundred and one users of two issues")
    told = replace(right(situation, situation.made[0]), users=users, users_at_least=at_least)
    (match,) = Score(situation, (told,)).matches
    assert (match.are_users_right, match.are_users_true) == (is_right, is_true)


@pytest.mark.parametrize(
    ("told", "is_right"),
    [
        (Suspect("dependency", "pg-main:5432"), True),
        (Suspect("dependency", "PG-MAIN"), True),
        (Suspect("dependency", "pg-users"), False),
        (Suspect("dependency", "pg"), False),
        (Suspect("release", "pg-main"), False),
        (NOBODY, False),
    ],
)
def test_a_dependency_may_be_told_with_its_port(told: Suspect, is_right: bool) -> None:
    assert is_named(Suspect("dependency", "pg-main"), told) is is_right


def test_a_release_must_be_told_exactly() -> None:
    assert is_named(Suspect("release", "shop@5.0.0"), Suspect("release", "shop@5.0.0"))
    assert not is_named(Suspect("release", "shop@5.0.0"), Suspect("release", "shop@5.0"))


def test_an_incident_of_the_answer_is_read_by_its_public_keys() -> None:
    now = datetime(2026, 11, 19, 14, 37, tzinfo=UTC)
    told = produced(
        {
            "id": "SHOP-1",
            "began": "2026-11-19T14:20:30Z",
            "severity": "P1",
            "issues": [{"short_id": "SHOP-1"}, {"short_id": "WEB-7"}],
            "users": 140,
            "suspect": {"kind": "release", "name": "shop@5.0.0"},
        },
        now,
    )
    assert told == Produced(frozenset({"SHOP-1", "WEB-7"}), "P1", Suspect("release", "shop@5.0.0"), 140, -16.5)
    bound = produced({"severity": "P2", "issues": [], "users": 3, "users_at_least": True}, now)
    assert (bound.users, bound.users_at_least) == (3, True)
    bare = produced({"severity": "P2", "issues": [{"short_id": "SHOP-1"}]}, now)
    assert bare == Produced(frozenset({"SHOP-1"}), "P2", NOBODY)
    assert minutes(None, now) is None
