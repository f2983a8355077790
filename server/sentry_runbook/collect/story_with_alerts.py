"""The evidence of a postmortem: the story of the issue, and beside it the review of its project's alerts.

Both are asked for at once. The review must know the project and so reads the issue itself: the same request as the
story's first one, which the client sends once. Whatever the alerts do, the story is told: a review that fails, or that
takes longer than the call may, is the reason why its part is unknown. What the alerts did is judged here, for the
evidence keeps the judgement and not all that it was made from: a file of it must stay small.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from sentry_runbook.collect.alert_review import collect_alert_review
from sentry_runbook.collect.batch import RequestBatch
from sentry_runbook.collect.behind_link import read_reference
from sentry_runbook.collect.investigation import collect_evidence, read_question
from sentry_runbook.collect.question import STORY
from sentry_runbook.collect.together import first_to_begin
from sentry_runbook.collect.windows import story_window
from sentry_runbook.incident.alerts.for_episode import IncidentEpisode, detection_of
from sentry_runbook.incident.formatting import span
from sentry_runbook.incident.incident import Incident
from sentry_runbook.incident.model.evidence import Evidence, Known, Unknown
from sentry_runbook.incident.model.evidence.alert_detection import AlertDetection
from sentry_runbook.incident.model.evidence.alert_review import AlertReviewEvidence
from sentry_runbook.incident.model.evidence.json_values import JsonObject, id_of, object_of, text_of
from sentry_runbook.incident.model.stated import Stated
from sentry_runbook.progress import reporting_beside
from sentry_runbook.runtime import Runtime
from sentry_runbook.sentry.ids import IssueRef

ELSEWHERE = Unknown(why="alerts are reviewed of the configured organization, and the issue is of another one")
NO_PROJECT = Unknown(why="Sentry does not tell the issue's project, whose alerts are looked for")
GLITCHTIP = Unknown(why="GlitchTip does not tell when its alerts fired")
MOST_UNREAD = 3
"""What could not be read that is named."""


async def collect_story(
    run: Runtime,
    issue: str,
    *,
    environment: str | None = None,
    beside: Sequence[str] = (),
    stated: Stated | None = None,
) -> Incident:
    """The incident of one issue, or of several together, whose evidence tells what the alerts of its project did.

    Args:
        run: the runtime of the call.
        issue: id, short id or URL; ``beside`` further ones of the same incident.
        environment: environments that the caller named, separated by commas.
        beside: as ``issue``.
        stated: what people said.

    Raises:
        RunbookError: an issue could not be read, or an argument is invalid.
    """
    batch = RequestBatch()
    story = batch.add(partial(_story, run, issue, environment, beside))
    review = batch.add(partial(_review, run, issue, beside))
    incident = run.incident(await batch.send_until(story), stated)
    if review.value is None:
        why = "it was not asked for" if review.error is None else review.error.what.rstrip(".")
        return incident.with_alert_detection(Unknown(why=why))
    return incident.with_alert_detection(_judged(run, incident, review.value))


def _judged(
    run: Runtime, incident: Incident, review: AlertReviewEvidence | Unknown
) -> Known[AlertDetection] | Unknown | None:
    """What the alerts did in the incident; None where its beginning is not known, which is said elsewhere."""
    if isinstance(review, Unknown):
        return review
    episode, evidence = incident.known_episode, incident.evidence
    if episode is None:
        return None
    issues, first = evidence.together or (evidence.issue,), episode.began_earliest
    known = IncidentEpisode(
        issues=tuple(issue.id for issue in issues),
        short_ids=tuple(issue.name for issue in issues),
        project=evidence.issue.project,
        began=episode.began,
        earliest=first,
        latest=episode.began_latest,
        ended=episode.ended,
        peak_per_hour=episode.peak_per_hour,
        is_new=any(issue.first_seen is not None and issue.first_seen >= first for issue in issues),
    )
    detection = detection_of(known, review, run.policy)
    if detection is None:
        return Unknown(why=f"the incident began before the period that was reviewed ({span(review.window)})")
    unread = [entry.what for entry in review.unread[:MOST_UNREAD]]
    note = f"not read: {', '.join(unread)}; review_alerts says why" if unread else ""
    source = f"alerts of the project, {span(review.window)}"
    return Known[AlertDetection](value=detection, source=source, note=note)


async def _story(run: Runtime, issue: str, environment: str | None, beside: Sequence[str]) -> Evidence:
    question = await read_question(
        run,
        issue,
        STORY,
        environment=environment,
        period=None,
        start=None,
        end=None,
        scope="production",
        which=None,
        release=None,
        organization=None,
        fresh=False,
        beside=beside,
    )
    with reporting_beside():
        return await collect_evidence(run, question, story_window)


async def _review(run: Runtime, issue: str, beside: Sequence[str]) -> AlertReviewEvidence | Unknown:
    """The review of the project in which the incident began.

    Raises:
        RunbookError: an issue could not be read, or no list of alerts.
    """
    # Its lists are read while the story's second round is under way, which the caller is told of.
    with reporting_beside(silent=1), run.client().deadline(run.settings.limits.call_s):
        references = [await read_reference(run, text) for text in (issue, *beside)]
        if any(ref.organization not in (None, run.settings.organization) for ref in references):
            return ELSEWHERE
        issues = await _issues(run, references)
        if run.client().server == "glitchtip":
            return GLITCHTIP
        project = object_of(issues[first_to_begin(issues, run.clock())].get("project"))
        named = id_of(project.get("id")) or text_of(project.get("slug"))
        return await collect_alert_review(run, project=named) if named else NO_PROJECT


async def _issues(run: Runtime, references: Sequence[IssueRef]) -> list[JsonObject]:
    client, batch = run.client(), RequestBatch()
    results = [batch.add(partial(client.issue, ref, owners=True)) for ref in references]
    await batch.send()
    for result in results:
        if result.error is not None:
            raise result.error
    return [result.value for result in results if result.value is not None]
