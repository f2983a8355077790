"""A situation that an alert asks for: what the alert is, is found out while the situation is being collected.

Somebody who was just paged gives an alert of this hour, and that hour is looked at anyway. So both are asked at once,
with what the text itself says of where and when; only an alert of another time, or of fewer projects, is collected for
anew: that costs its rounds and requests once more. A release or trace is of another time so often that it is asked
for first. The situation leaves room for the alert's own requests.
"""

from __future__ import annotations

from functools import partial

from sentry_runbook.collect.alert_target import most_requests, resolve_target, target_in_text
from sentry_runbook.collect.batch import RequestBatch
from sentry_runbook.collect.situation import collect_situation
from sentry_runbook.collect.situation_target import TargetScope, scope_of_target
from sentry_runbook.incident.model.evidence.alert_target import AlertTarget
from sentry_runbook.incident.model.evidence.situation import SituationEvidence
from sentry_runbook.progress import report_round
from sentry_runbook.runtime import Runtime


async def collect_situation_of_alert(
    run: Runtime,
    alert: str,
    *,
    project: str | None = None,
    environment: str | None = None,
    period: str | None = None,
    start: str | None = None,
    end: str | None = None,
) -> tuple[AlertTarget, SituationEvidence]:
    """What the alert is, and what is known of the errors where and when it says.

    Args:
        run: the runtime of the call.
        alert: as :func:`.resolve_target` takes it; the others are those of :func:`.collect_situation`, and win.
        project: slug or number.
        environment: separated by commas.
        period: up to now.
        start: in ISO 8601.
        end: now when left out.

    Raises:
        RunbookError: the alert cannot be resolved, an argument is invalid, or no list of issues could be read.
    """
    collect = partial(
        collect_situation,
        run,
        project=project,
        environment=environment,
        period=period,
        start=start,
        end=end,
        reserved=most_requests(run, alert),
    )
    said = target_in_text(run, alert)
    if said.kind in ("release", "trace"):
        report_round("the release or trace that the link names")
        target = await resolve_target(run, alert)
        return target, await collect(target=target)
    batch = RequestBatch()
    found = batch.add(partial(resolve_target, run, alert))
    evidence = batch.add(partial(collect, target=said))
    target = await batch.send_until(found)

    def chosen(scope: TargetScope) -> tuple[object, ...]:
        """What of the scope no argument overrides."""
        when = () if period or start or end else (scope.period, scope.start, scope.end)
        where = () if project else (scope.project,)
        return (*when, *where, () if environment else scope.environments, scope.query)

    now = run.shared_now()
    if chosen(scope_of_target(target, now)) != chosen(scope_of_target(said, now)):
        return target, await collect(target=target)
    if evidence.value is None:
        raise evidence.error or AssertionError("it was sent")
    return target, evidence.value
