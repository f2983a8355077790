"""What was done on an incident, each act once: whose it was, what it says, and what it did to the event rate.

How to think about it: the activity log, the comments, deploy markers and the flag log each hold acts; what may have
ended the incident stands in the recovery's ``actions``, too, with the rates before and after. Here an act is taken from
where it was recorded, and the effect is laid beside it, so that none is told twice and none is lost between the two.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sentry_runbook.incident.causes.hypothesis import excerpt
from sentry_runbook.incident.formatting import moment
from sentry_runbook.incident.incident import Incident
from sentry_runbook.incident.model.evidence import Activity
from sentry_runbook.incident.model.results.impact import ActionKind, RecoveryAction
from sentry_runbook.incident.recovery.reading import effect_of
from sentry_runbook.incident.timeline.activity import AUTOMATION, HAVE_OWN_ROWS, LOG, activity_text
from sentry_runbook.incident.timeline.actors import is_automation
from sentry_runbook.incident.timeline.context import deployed
from sentry_runbook.incident.timeline.rows import DEPLOYS, FLAGS, deploy_text

NO_ACTS = ("First Seen of the issue", "Last Seen of the issue", "suspect commits of the event")
"""Sources of observed timeline rows that are no act and no news."""


@dataclass(frozen=True)
class RecordedAct:
    """Something that somebody or something did, once.

    Attributes:
        what: who did what, as a sentence without its point; text of others in it is quoted.
        effect: the rates before and after it, where it is one of those that may have ended the incident.
        is_automation: one row of what machines wrote by themselves.
    """

    at: datetime
    what: str
    effect: RecoveryAction | None = None
    is_automation: bool = False

    def told(self, now: datetime) -> str:
        """The act with its time and what it did; today's times without a date."""
        did = f": {effect_of(self.effect, now)}" if self.effect is not None else ""
        return f"{moment(self.at, now)}: {self.what}{did}"


def recorded_acts(incident: Incident) -> tuple[RecordedAct, ...]:
    """Every act of the incident and of the day before it, in order of time."""
    acts = [*_of_the_log(incident), *_deploys(incident), *_of_the_rows(incident), *_stated(incident)]
    return tuple(sorted(acts, key=lambda act: act.at))


def _of_the_log(incident: Incident) -> Iterator[RecordedAct]:
    for entry in incident.evidence.issue.activity:
        if entry.kind in HAVE_OWN_ROWS or is_automation(entry) or not incident.opens <= entry.at <= incident.read_at:
            continue
        whose = f"{entry.issue}: " if entry.issue is not None else ""
        yield RecordedAct(entry.at, f"{whose}{activity_text(entry)}", _effect(incident, _kind_of(entry), entry.at))


def _kind_of(entry: Activity) -> ActionKind | None:
    if entry.kind == "set_ignored":
        return "archive"
    return "resolve" if entry.kind.startswith("set_resolved") and entry.kind != "set_resolved_by_age" else None


def _deploys(incident: Incident) -> Iterator[RecordedAct]:
    for deploy in incident.deploys:
        at = deployed(deploy)
        if at is not None:
            came_with_it = deploy.version == incident.suspect and incident.is_live(deploy)
            meaning = ", the release that came with the incident" if came_with_it else ""
            yield RecordedAct(at, f"{deploy_text(deploy)}{meaning}", _effect(incident, "deploy", at))


def _of_the_rows(incident: Incident) -> Iterator[RecordedAct]:
    """Releases without a marker, flag changes, alerts, comments, and what automation wrote, as in the timeline."""
    for row in incident.timeline.rows:
        is_told = row.kind in ("observed", "human") and row.origin not in (LOG, DEPLOYS, *NO_ACTS)
        if is_told and not row.source.startswith("stated") and row.at <= incident.read_at:
            effect = _effect(incident, "flag", row.at) if row.origin == FLAGS else None
            yield RecordedAct(row.at, row.what, effect, is_automation=row.origin == AUTOMATION)


def _stated(incident: Incident) -> Iterator[RecordedAct]:
    """The fix that a person stated: Sentry knows nothing of it."""
    for action in incident.recovery.actions:
        if action.kind == "stated":
            fix = incident.stated.fix
            yield RecordedAct(action.at, f"Fix, as stated{f': {excerpt(fix)}' if fix else ''}", action)


def _effect(incident: Incident, kind: ActionKind | None, at: datetime) -> RecoveryAction | None:
    return next((action for action in incident.recovery.actions if (action.kind, action.at) == (kind, at)), None)
