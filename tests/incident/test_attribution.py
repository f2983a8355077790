"""Which tag values explain the events above usual (explanation/attribution)."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sentry_runbook.incident.explanation.attribution import MOST_SETS, RankedSet, rank_sets
from sentry_runbook.incident.model.evidence import Combination

Tags = Mapping[str, str | None]
WORLD: dict[str, tuple[tuple[str | None, float], ...]] = {
    "environment": (("production", 1.0),),
    "release": (("7.11.0", 0.6), ("7.12.0", 0.4)),
    "browser": (("Chrome", 0.5), ("Safari", 0.3), ("Firefox", 0.2)),
    "customer": (("acme", 0.2), ("globex", 0.3), ("initech", 0.3), ("umbrella", 0.2)),
    "host": (("web-1", 0.34), ("web-2", 0.33), ("web-3", 0.33)),
    "flag.checkout": (("on", 0.3), ("off", 0.7)),
    "country": ((None, 0.1), ("DE", 0.4), ("US", 0.5)),
}


def rows(*counts: tuple[Tags, int]) -> list[Combination]:
    return [Combination(tags=dict(tags), events=events) for tags, events in counts]


def drawn(events: int, seed: int, cause: Tags | None = None) -> list[dict[str, str | None]]:
    """Events with tags drawn independently by the shares of WORLD; of a cause all carry its values."""
    chance = random.Random(seed)  # noqa: S311  # repeatable test data, not a secret
    columns = [chance.choices(*zip(*values, strict=True), k=events) for values in WORLD.values()]
    return [dict(zip(WORLD, event, strict=True)) | dict(cause or {}) for event in zip(*columns, strict=True)]


def combined(events: Sequence[Tags], most: int = 100) -> list[Combination]:
    """The most frequent combinations, as Sentry counts them."""
    counts = Counter(tuple(event.items()) for event in events)
    return rows(*((dict(tags), count) for tags, count in counts.most_common(most)))


def values_of(ranked: Sequence[RankedSet]) -> list[dict[str, str]]:
    return [dict(row.values) for row in ranked]


def test_one_value_that_came_with_the_incident_is_first_with_its_figures() -> None:
    before = rows(({"host": "web-1", "os": "Linux"}, 100), ({"host": "web-2", "os": "Linux"}, 100))
    now = rows(({"host": "web-1", "os": "Linux"}, 110), ({"host": "web-2", "os": "Linux"}, 500))
    (best,) = rank_sets(now, before)
    assert best == RankedSet((("host", "web-2"),), 500, 500 / 610, 0.5, 400 / 410, 1)


def test_a_shorter_now_is_held_against_its_part_of_the_usual() -> None:
    before = rows(({"host": "web-1"}, 1000), ({"host": "web-2"}, 1000))
    now = rows(({"host": "web-1"}, 105), ({"host": "web-2"}, 200))
    (best,) = rank_sets(now, before, length_ratio=0.1)
    assert (best.values, best.usual_share) == ((("host", "web-2"),), 0.5)
    assert best.explains == pytest.approx(100 / 105)


@pytest.mark.parametrize(
    "cause",
    [
        {"release": "7.12.0"},
        {"customer": "acme"},
        {"host": "web-3", "release": "7.12.0"},
        {"browser": "Safari", "country": "DE"},
        {"customer": "acme", "flag.checkout": "on", "host": "web-2"},
    ],
)
def test_a_planted_cause_is_found_in_noise(cause: dict[str, str]) -> None:
    first = []
    for seed in range(10):
        now = combined([*drawn(300, seed), *drawn(600, 1000 + seed, cause)])
        ranked = rank_sets(now, combined(drawn(300, 2000 + seed)))
        first.append(values_of([row for row in ranked if row.rank == 1]))
    assert sum(answer == [cause] for answer in first) >= 9


@pytest.mark.parametrize("growth", [1, 3, 10])
def test_noise_is_explained_by_nothing(growth: int) -> None:
    claimed = [
        seed for seed in range(100) if rank_sets(combined(drawn(200 * growth, seed)), combined(drawn(200, 5000 + seed)))
    ]
    assert len(claimed) <= 2


def test_noise_without_a_time_before_is_explained_by_nothing() -> None:
    claimed = [seed for seed in range(100) if rank_sets(combined(drawn(200, seed)), None)]
    assert len(claimed) <= 2


def test_what_all_events_had_and_have_is_left_out() -> None:
    before = rows(({"environment": "production", "host": "a"}, 50), ({"environment": "production", "host": "b"}, 50))
    now = rows(({"environment": "production", "host": "a"}, 50), ({"environment": "production", "host": "b"}, 450))
    assert values_of(rank_sets(now, before)) == [{"host": "b"}]


def test_a_value_that_replaces_the_only_one_before_is_found() -> None:
    before, now = rows(({"release": "1"}, 40)), rows(({"release": "2"}, 400))
    assert values_of(rank_sets(now, before)) == [{"release": "2"}]


def test_tags_that_say_the_same_are_said_once() -> None:
    devices = [{"device": name, "device.family": name.upper()} for name in ("a", "b", "c")]
    before, now = rows(*((tags, 50) for tags in devices)), rows(*zip(devices, (50, 50, 900), strict=True))
    assert values_of(rank_sets(now, before)) == [{"device": "c"}]


def test_two_values_on_the_same_events_share_a_rank() -> None:
    before = rows(({"customer": "a", "flag": "on"}, 50), ({"customer": "b", "flag": "off"}, 50))
    now = rows(({"customer": "a", "flag": "on"}, 800), ({"customer": "b", "flag": "off"}, 50))
    ranked = rank_sets(now, before)
    assert [(dict(row.values), row.rank) for row in ranked] == [({"customer": "a"}, 1), ({"flag": "on"}, 1)]


def test_a_new_issue_shows_what_nearly_all_events_carry_where_others_are_possible() -> None:
    now = rows(({"customer": "acme", "os": "Linux"}, 97), ({"customer": "b", "os": "Linux"}, 3))
    (best,) = rank_sets(now, None)
    assert best == RankedSet((("customer", "acme"),), 97, 0.97, None, None, 1)


def test_a_usual_share_known_otherwise_is_used_where_nothing_was_before() -> None:
    now = rows(({"release": "2.0", "os": "Linux"}, 90))
    (best,) = rank_sets(now, None, usual_shares={("release", "2.0"): 0.3, ("os", "Linux"): 0.98})
    assert best == RankedSet((("release", "2.0"),), 90, 1.0, 0.3, None, 1)
    assert rank_sets(now, None, usual_shares={("release", "2.0"): 0.9}) == ()


@pytest.mark.parametrize("now", [[], rows(({"host": "a"}, 9)), rows(({}, 500)), rows(({"host": None}, 500))])
def test_too_few_events_or_no_tags_say_nothing(now: list[Combination]) -> None:
    assert rank_sets(now, None) == ()
    assert rank_sets(now, rows(({"host": "a"}, 50), ({"host": "b"}, 50))) == ()


tags = st.dictionaries(st.sampled_from("abcdef"), st.sampled_from([None, "1", "2", "3"]), max_size=6)
combinations = st.lists(st.builds(Combination, tags=tags, events=st.integers(1, 400)), max_size=12)


@settings(max_examples=200, deadline=None)
@given(combinations, st.none() | combinations, st.floats(0.01, 10))
def test_every_answer_is_bounded_and_counts_its_events(
    now: list[Combination], before: list[Combination] | None, ratio: float
) -> None:
    ranked = rank_sets(now, before, length_ratio=ratio)
    total = sum(row.events for row in now)
    assert len(ranked) <= MOST_SETS
    for row in ranked:
        assert row.events == sum(each.events for each in now if dict(row.values).items() <= each.tags.items())
        assert row.share == row.events / total
        assert 1 <= len(row.values) <= 3
        assert list(row.values) == sorted(row.values)
        assert row.explains is None or 0 <= row.explains <= 1
    assert [row.rank for row in ranked] == sorted(row.rank for row in ranked)


def test_two_values_of_one_tag_come_first_together_where_neither_explains_it_alone() -> None:
    shared = rows(({"release": "1", "path": "/a"}, 60), ({"release": "2", "path": "/b"}, 40))
    before = [*shared, *rows(({"release": "3", "path": "/a"}, 60), ({"release": "4", "path": "/b"}, 60))]
    now = [*shared, *rows(({"release": "3", "path": "/a"}, 900), ({"release": "4", "path": "/b"}, 700))]
    ranked = rank_sets(now, before)
    assert [(dict(row.values), row.rank) for row in ranked][:2] == [({"release": "3"}, 1), ({"release": "4"}, 2)]


def test_values_that_only_the_cut_at_a_hundred_rows_made_rare_are_not_found() -> None:
    """Ten times the events bring other rows above the cut; every value grew alike."""
    hosts = [f"web-{number}" for number in range(60)]
    before = rows(
        *(({"host": host, "plan": plan}, 3 if plan == "free" else 2) for host in hosts for plan in ("free", "paid"))
    )
    now = rows(
        *(({"host": host, "plan": plan}, 30 if plan == "free" else 20) for host in hosts for plan in ("free", "paid"))
    )
    assert rank_sets(sorted(now, key=lambda row: -row.events)[:100], before[:100]) == ()


def test_a_burst_of_one_visitor_is_told_from_many_events_by_how_uneven_the_rest_is() -> None:
    """Every row jumps by chance of bursts of thirty; the value with somewhat more of them is none that stands out."""
    bursts = [30, 60, 0, 90, 30, 0, 60, 30, 120, 0, 30, 60]
    before = rows(*(({"row": f"{n}", "half": "a" if n % 2 else "b"}, 30) for n in range(12)))
    now = rows(*(({"row": f"{n}", "half": "a" if n % 2 else "b"}, burst) for n, burst in enumerate(bursts) if burst))
    assert all("half" not in dict(row.values) for row in rank_sets(now, before))


def test_events_that_are_all_different_still_show_the_value_that_most_of_them_share() -> None:
    """Counted from events, every combination may be there once: none of them alone is above chance."""
    before = rows(*(({"customer": "ab"[n % 2], "path": f"/{n}"}, 1) for n in range(30)))
    now = rows(*(({"customer": "ab"[n % 10 == 0], "path": f"/{n}"}, 1) for n in range(30, 130) if n != 99))
    assert values_of(rank_sets(now, before)) == [{"customer": "a"}]


def test_long_complete_lists_are_merged_before_they_are_counted() -> None:
    """Two thousand combinations of four tags: counted once each, in groups of a few values."""
    tags = [{"host": f"web-{n % 4}", "path": f"/{n % 25}", "build": f"{n % 7}", "id": f"{n}"} for n in range(2_000)]
    before, now = (
        rows(*((each, 1) for each in tags)),
        rows(*((each, 6 if each["host"] == "web-2" else 1) for each in tags)),
    )
    (best, *_) = rank_sets(now, before)
    assert (dict(best.values), best.events) == ({"host": "web-2"}, 3_000)
