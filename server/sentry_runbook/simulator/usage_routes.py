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


async def outcomes(request: Request) -> Response:
    """Answer ``stats_v2/``: how many errors were sent an interval, and whether they were stored or dropped."""
    query = request.query_params
    if query.getlist("groupBy") != ["outcome"]:
        raise bad("No groupBy provided" if not query.getlist("groupBy") else "The embedded Sentry groups by outcome.")
    if query.getlist("field") != ["sum(quantity)"]:
        raise bad('Request is missing a "field"')
    asked = scope(request)
    if not asked.projects:
        raise bad("No projects available")
    step = span_ms(query.get("interval", "1h")) or HOUR
    # The period is rounded outwards to whole intervals, and their sum is the total.
    begins = range(asked.start // step * step, asked.end, step)
    groups = [
        {
            "by": {"outcome": outcome},
            "totals": {"sum(quantity)": sum(sums)},
            "series": {"sum(quantity)": sums},
        }
        for outcome, sums in _sums(asked, begins, step).items()
        if sum(sums)
    ]
    return answer(
        {
            "start": iso(begins.start),
            "end": iso(begins[-1] + step if begins else begins.start),
            "intervals": [iso(at) for at in begins],
            "groups": groups,
        }
    )


def _sums(asked: Scope, begins: Sequence[int], step: int) -> Mapping[str, list[int]]:
    """Return the numbers of each outcome, one an interval, as far as they lie in the past."""
    accepted = [
        sum(project.events.count(at, min(at + step, asked.now + 1)) for project in asked.projects) for at in begins
    ]
    sums = {"accepted": accepted}
    for project in asked.projects:
        for described in project.scenario.dropped:
            before = sums.get(described.outcome, [0] * len(begins))
            more = [_dropped(described, project, at, min(at + step, asked.now + 1)) for at in begins]
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
