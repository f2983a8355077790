"""The endpoints about what no event shows: the outcomes of what was sent, and the changes of feature flags."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from starlette.requests import Request
from starlette.responses import Response

from sentry_runbook.simulator.clock import iso
from sentry_runbook.simulator.params import Scope, answer, bad, page, period, scope, span_ms, world_of
from sentry_runbook.simulator.records import HOUR, MINUTE, ProjectRecord, number_id
from sentry_runbook.simulator.scenario import DroppedSpec, FlagChangeSpec
from sentry_runbook.simulator.world import World

_OUTCOME_GROUPS = ("project", "outcome", "category")
_QUANTITIES = ("sum(quantity)", "sum(times_seen)")
Key = tuple[str | int, ...]


async def outcomes(request: Request) -> Response:
    """Answer ``stats_v2/``: how many errors were sent an interval, and whether they were stored or dropped.

    Grouped by project there are totals alone, for the whole period: so Sentry's page of this endpoint says it.
    """
    query = request.query_params
    groups, fields = query.getlist("groupBy"), query.getlist("field")
    _check_outcomes(groups, fields)
    asked = scope(request)
    if not asked.projects:
        raise bad("No projects available")
    step = span_ms(query.get("interval", "1h")) or HOUR
    # The period is rounded outwards to whole intervals, and their sum is the total.
    begins = range(asked.start // step * step, asked.end, step)
    kept = frozenset(query.getlist("outcome"))
    is_error = query.getlist("category") in ([], ["error"])
    with_series = "project" not in groups
    body: dict[str, object] = {
        "start": iso(begins.start),
        "end": iso(begins[-1] + step if begins else begins.start),
        "groups": [
            _shown(dict(zip(groups, key, strict=True)), sums, fields, with_series=with_series)
            for key, sums in _by_group(groups, asked, begins, step, kept).items()
            if is_error and any(sums)
        ],
    }
    if with_series:
        body["intervals"] = [iso(at) for at in begins]
    return answer(body)


def _shown(by: dict[str, str | int], sums: list[int], fields: Sequence[str], *, with_series: bool) -> dict[str, object]:
    total = sum(sums)
    group: dict[str, object] = {"by": by, "totals": dict.fromkeys(fields, total)}
    return group | ({"series": dict.fromkeys(fields, sums)} if with_series else {})


def _check_outcomes(groups: Sequence[str], fields: Sequence[str]) -> None:
    if not groups:
        raise bad("No groupBy provided")
    for group in groups:
        if group not in _OUTCOME_GROUPS:
            raise bad(f'Invalid groupBy: "{group}"')
    if not fields:
        raise bad('Request is missing a "field"')
    for field in fields:
        if field not in _QUANTITIES:
            raise bad(f'Invalid field: "{field}"')


def _by_group(
    groups: Sequence[str], asked: Scope, begins: Sequence[int], step: int, kept: frozenset[str]
) -> dict[Key, list[int]]:
    """Return the numbers of each group, one an interval; ``kept``: of these outcomes alone (none: of all)."""
    grouped: dict[Key, list[int]] = {}
    for project in asked.projects:
        for outcome, sums in _sums(project, asked, begins, step).items():
            if kept and outcome not in kept:
                continue
            known: dict[str, str | int] = {"project": int(project.id), "outcome": outcome, "category": "error"}
            key = tuple(known[group] for group in groups)
            before = grouped.get(key)
            grouped[key] = sums if before is None else [one + other for one, other in zip(before, sums, strict=True)]
    return grouped


def _sums(project: ProjectRecord, asked: Scope, begins: Sequence[int], step: int) -> Mapping[str, list[int]]:
    """Return the numbers of each outcome of a project, one an interval, as far as they lie in the past."""
    ends = [min(at + step, asked.now + 1) for at in begins]
    sums = {"accepted": [project.events.count(at, end) for at, end in zip(begins, ends, strict=True)]}
    for described in project.scenario.dropped:
        before = sums.get(described.outcome, [0] * len(begins))
        more = [_dropped(described, project, at, end) for at, end in zip(begins, ends, strict=True)]
        sums[described.outcome] = [one + other for one, other in zip(before, more, strict=True)]
    return sums


def _dropped(described: DroppedSpec, project: ProjectRecord, start: int, end: int) -> int:
    """Return how many of the described events lie in an interval; every sum over adjoining intervals is exact."""
    first = project.origin + round(described.start * MINUTE)
    length = max(1, round((described.end - described.start) * MINUTE))

    def until(at: int) -> int:
        return described.count * min(max(at - first, 0), length) // length

    return max(0, until(end) - until(start))


# --- feature flags --------------------------------------------------------------------------------------------------


async def flag_list(request: Request) -> Response:
    """Answer with the changes of feature flags, the oldest first unless sorted otherwise; of all projects."""
    world = world_of(request)
    now = world.now_ms()
    # The log belongs to the organization: no project restricts it, and none has to be named.
    start, end = period(request, now) or (0, now + 1)
    changes = [
        (world.origin + round(change.at * MINUTE), change) for scenario in world.scenarios for change in scenario.flags
    ]
    seen = [(at, change) for at, change in changes if start <= at < min(end, now + 1)]
    is_newest_first = request.query_params.get("sort", "").startswith("-")
    seen.sort(key=lambda entry: entry[0], reverse=is_newest_first)
    rows, links = page(request, seen)
    return answer({"data": [_flag_change(at, change, world) for at, change in rows]}, links)


def _flag_change(at: int, change: FlagChangeSpec, world: World) -> dict[str, object]:
    return {
        "id": int(number_id("flag", change.flag, at - world.origin, digits=6)),
        "action": change.action,
        "createdAt": iso(at).replace("Z", "+00:00"),
        "createdBy": change.by,
        "createdByType": "email",
        "flag": change.flag,
        "provider": "launchdarkly",
        "tags": {},
    }
