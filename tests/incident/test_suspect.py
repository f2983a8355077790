"""The suspect release of an old issue: by the events above usual, counted by force over the events, or by sessions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import pytest

from sentry_runbook.incident.model.evidence import Breakdown, Combination, Deploy, Evidence, Known, Release, TagCount
from sentry_runbook.incident.suspect import excess_of
from tests.corpus.planted.entries import planted_incidents
from tests.corpus.planted.score import play
from tests.incident.builder import HOUR, MINUTE, NOW, Seen, ago, burst, incident, known, read
from tests.incident.severity_cases import DEAD

NO_PARTS: Mapping[str, Any] = {}
OLD, NEW = "shop@1", "shop@2"
ONSET = ago(hours=1)


def steady(release: str, start: datetime, end: datetime, every: float = 3) -> list[Seen]:
    """An event in so many minutes."""
    return burst(start, int((end - start) / (every * MINUTE)), every * MINUTE, 50, release=release)


def rows(events: Sequence[Seen], *, complete: bool = True, left_out: int = 0) -> Known[Breakdown]:
    """The events by release; ``left_out`` of the new release are in combinations that the list does not have."""
    counts = Counter(event.release for event in events)
    counts[NEW] -= left_out
    combinations = tuple(
        Combination(tags={"release": name}, events=number) for name, number in counts.items() if number
    )
    return known(Breakdown(combinations=combinations, complete=complete))


def old_issue(
    extra: Sequence[Seen],
    *,
    deployed: datetime = ONSET - 3 * MINUTE,
    left_out: int = 0,
    usual: Sequence[Seen] | None = None,
    parts: Mapping[str, Any] = NO_PARTS,
) -> Evidence:
    """An issue with an event in three minutes for ten days, and these in addition."""
    usual = steady(OLD, ago(days=10), NOW) if usual is None else usual
    events = sorted([*usual, *extra], key=lambda event: event.at)
    now = [event for event in events if event.at >= ago(hours=24)]
    before = [event for event in events if ago(hours=48) <= event.at < ago(hours=24)]
    releases = (
        Release(version=NEW, created=deployed - 20 * MINUTE, deploys=(Deploy(version=NEW, finished=deployed),)),
        Release(version=OLD, created=ago(days=11), deploys=(Deploy(version=OLD, finished=ago(days=11)),)),
    )
    made = {
        "breakdown": rows(now, complete=not left_out, left_out=left_out),
        "breakdown_before": rows(before),
        "releases": known(releases),
        "issue": {"first_seen": ago(days=10)},
        **parts,
    }
    return incident(events, **made)


def test_of_an_old_issue_the_release_with_the_additional_events_is_suspect() -> None:
    extra = burst(ONSET, 300, 0.19 * MINUTE, 200, release=NEW)
    evidence = old_issue(extra)
    # Most events of the window are on the old release, as ever.
    assert 300 < 24 * 20
    excess = excess_of(evidence, NEW)
    assert excess is not None and (excess.events, excess.total, excess.counted) == (300, 780, True)
    assert excess.explains == pytest.approx(1.0)
    found = read(evidence)
    assert found.suspect == NEW
    assert [cause.pattern for cause in found.causes] == ["deployment_regression"]
    assert "100 % of the events above usual are on" in " ".join(found.causes[0].evidence_for)


def test_a_cut_list_is_completed_by_the_count_over_all_time() -> None:
    extra = burst(ONSET, 300, 0.19 * MINUTE, 200, release=NEW)
    tags = known((TagCount(key="release", total=5_100, values=((OLD, 4_800), (NEW, 300))),))
    evidence = old_issue(extra, left_out=220, parts={"tags": tags})
    excess = excess_of(evidence, NEW)
    assert excess is not None and (excess.events, excess.counted) == (300, True)
    (first, *_) = read(evidence).explanation
    assert [(value.tag, value.value) for value in first.values] == [("release", NEW)]
    assert (first.events, first.explains) == (300, 1.0) and first.share == pytest.approx(300 / 780, abs=0.001)
    # Without it the listed part is an estimate, and says so by a lower figure.
    guessed = excess_of(old_issue(extra, left_out=220), NEW)
    assert guessed is not None and not guessed.counted and guessed.events < 300


def test_a_takeover_without_more_events_than_usual_is_no_excess() -> None:
    usual = [*steady(OLD, ago(days=10), ONSET), *steady(NEW, ONSET, NOW)]
    evidence = old_issue((), usual=usual)
    assert excess_of(evidence, NEW) is None
    assert read(evidence).suspect is None


@pytest.mark.parametrize(("deployed", "is_suspect"), [(ONSET - 3 * MINUTE, True), (ONSET - 3 * HOUR, False)])
def test_only_a_release_deployed_at_the_onset_is_suspect(deployed: datetime, is_suspect: bool) -> None:
    extra = [*steady(NEW, deployed, ONSET, 30), *burst(ONSET, 300, 0.19 * MINUTE, 200, release=NEW)]
    assert (read(old_issue(extra, deployed=deployed)).suspect == NEW) is is_suspect


def test_what_rises_on_all_releases_is_no_releases_doing() -> None:
    extra = [
        *burst(ONSET, 220, 0.26 * MINUTE, 200, release=OLD),
        *burst(ONSET, 80, 0.7 * MINUTE, 70, release=NEW),
    ]
    found = read(old_issue(extra))
    assert found.suspect is None and found.causes == ()


@pytest.mark.parametrize("missing", ["totals", "breakdown_before", "series"])
def test_without_the_counts_nothing_is_an_excess(missing: str) -> None:
    extra = burst(ONSET, 300, 0.19 * MINUTE, 200, release=NEW)
    evidence = old_issue(extra, parts={missing: DEAD})
    assert excess_of(evidence, NEW) is None
    assert read(evidence).suspect is None


@pytest.mark.parametrize("seed", [172, 222, 573])
async def test_a_release_for_a_part_of_the_traffic_is_the_cause_of_an_old_issues_step(seed: int) -> None:
    scored = await play(next(entry for entry in planted_incidents() if entry.seed == seed))
    assert scored.misses == ()
    assert scored.answer["suspect_release"] == "shop@4.2.0"
    assert scored.answer["causes"][0]["pattern"] == "deployment_regression"
    assert scored.answer["explanation"][0]["explains"] > 0.85
