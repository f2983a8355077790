"""One review of the alerts from the caller's arguments to the evidence.

How to think about it: round one lists what there is (alerts of every form, issues, counts by the hour); where a list
has more than a page, further rounds read on. Round two asks what follows from the lists: firings of the first fifty
alerts that fired, the counts that replays need, and what people did with the issues. Each further fifty alerts that
fired are a round of their own. Requests and time are bounded: what is left out for that is said in ``unread``.

The evidence is kept for ``cache_s`` seconds and shared by all who ask the same: pages of the answer are cut from it.
"""

from __future__ import annotations

from sentry_runbook.collect.alert_review_evidence import all_evidence
from sentry_runbook.collect.alert_review_parts import ReviewParts
from sentry_runbook.collect.alert_review_rounds import ReviewRounds
from sentry_runbook.collect.alert_review_scope import ReviewScope, find_project, named_project, review_window
from sentry_runbook.incident.model.evidence import Window
from sentry_runbook.incident.model.evidence.alert_review import AlertReviewEvidence
from sentry_runbook.incident.model.evidence.json_values import AHEAD
from sentry_runbook.runtime import Runtime
from sentry_runbook.safety.sanitizer import Sanitizer


async def collect_alert_review(
    run: Runtime,
    *,
    project: str | None = None,
    period: str | None = None,
    start: str | None = None,
    end: str | None = None,
) -> AlertReviewEvidence:
    """What is known of an organization's alerts and of the period; kept for whoever asks the same again.

    Args:
        run: the runtime of the call.
        project: slug or number; left out, all that the token may read.
        period: up to now, as ``14d``; fourteen days when no period is given, an hour at least, thirty days at most.
        start: its start in ISO 8601, instead of a period.
        end: its end; now when left out.

    Raises:
        RunbookError: an argument is invalid, the project does not exist, or no list of alerts could be read. All else
            that fails costs only its own part of the evidence.
    """
    named, window = named_project(project), review_window(run, period, start, end)

    async def collect() -> AlertReviewEvidence:
        async with run.client().call(run.settings.limits.call_s):
            return await _collect(run, named, window)

    return await run.answers.share(("alert_review", named, window), collect)


async def _collect(run: Runtime, named: str | None, window: Window) -> AlertReviewEvidence:
    began, client, now = run.elapsed(), run.client(), run.shared_now()
    sanitizer = Sanitizer(mask=run.settings.mask, latest=now + AHEAD)
    scope = ReviewScope(run, client, sanitizer, now, window, await find_project(client, named))
    parts = ReviewParts(scope)
    rounds = ReviewRounds(parts, began)
    await rounds.read_lists()
    await rounds.read_details()
    await rounds.read_further_firings()
    return all_evidence(parts)
