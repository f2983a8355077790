"""The fast forms of sums and peaks against the plain ones, on any series."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from sentry_runbook.incident.metrics.prefix_sums import PrefixSums
from sentry_runbook.incident.metrics.timeseries import (
    Peak,
    busiest_minute,
    fullest_hour,
    hour_sums,
    is_open,
    time_of,
)
from sentry_runbook.incident.model.evidence import Series
from tests.incident.builder import ago

COUNTS = st.lists(st.one_of(st.none(), st.integers(0, 9).map(float)), max_size=200)


def minutes(values: list[float | None], step_s: int = 60, complete: int = 0) -> Series:
    """A series whose first ``complete`` buckets can no longer grow."""
    start = ago(hours=5)
    return Series(
        start=start,
        step_s=step_s,
        values=tuple(values),
        complete_until=start + timedelta(seconds=step_s * complete + 1),
    )


@given(values=COUNTS, step_s=st.sampled_from((60, 300, 3600, 7200)))
def test_hour_sums_are_the_sums_of_every_stretch_of_an_hour(values: list[float | None], step_s: int) -> None:
    size = max(1, 3600 // step_s)
    plain = [
        sum(value or 0 for value in values[first : first + size]) for first in range(max(1, len(values) - size + 1))
    ]
    counted = minutes(values, step_s)
    assert list(hour_sums(counted)) == list(enumerate(plain))
    assert fullest_hour(counted) == (plain.index(max(plain)), max(plain))


@given(values=COUNTS, start=st.integers(-500, 15_000), length=st.integers(0, 10_000))
def test_prefix_sums_add_the_buckets_that_overlap(values: list[float | None], start: int, length: int) -> None:
    counted = minutes(values)
    first = int(counted.start.timestamp())
    overlapping = [
        value
        for index, value in enumerate(values)
        if first + index * 60 < first + start + length and first + (index + 1) * 60 > first + start
    ]
    bound = PrefixSums(counted).upper_bound(first + start, first + start + length)
    if start < 0 or None in overlapping:
        assert bound is None
    elif length:
        assert bound == sum(value or 0 for value in overlapping)


@given(values=COUNTS, complete=st.integers(0, 200), threshold=st.integers(0, 9))
def test_the_busiest_minute_is_the_first_highest_of_those_that_count(
    values: list[float | None], complete: int, threshold: int
) -> None:
    counted = minutes(values, complete=complete)
    best: tuple[int, float] | None = None
    for index, value in enumerate(values):
        if value is None or (is_open(counted, index) and value <= threshold):
            continue
        if best is None or value > best[1]:
            best = index, value
    peak = busiest_minute(counted, threshold)
    if best is None:
        assert peak is None
    else:
        assert peak == Peak(at=time_of(counted, best[0]), value=round(best[1]), complete=best[0] < complete)
