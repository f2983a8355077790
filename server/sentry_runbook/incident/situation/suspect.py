"""What most likely brought an incident: a release, a flag, a dependency, or nothing that can be seen.

In this order: a dependency that errors of several projects name; a release that all events of the first issue are on,
deployed at the onset; a flag that its events carry and that was changed then; a dependency that the first issue names;
a flag changed in the ten minutes before, of which the events do not tell.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from datetime import timedelta

from sentry_runbook.incident.events.dependency import NAMELESS, FailedDependency
from sentry_runbook.incident.formatting import briefly, elapsed
from sentry_runbook.incident.model.evidence import FlagChange, Known, quoted
from sentry_runbook.incident.model.evidence.situation import SituationEvidence
from sentry_runbook.incident.model.results.situation import SuspectChange
from sentry_runbook.incident.releases import AFTER_FINISH, BEFORE_START
from sentry_runbook.incident.situation.around import flags_around
from sentry_runbook.incident.situation.facts import FLAG, RELEASE, IssueFacts
from sentry_runbook.incident.situation.grouping import IssueGroup
from sentry_runbook.incident.situation.ties import Surroundings

JUST_BEFORE = timedelta(minutes=10)


def suspect_of(group: IssueGroup, evidence: SituationEvidence, around: Surroundings) -> SuspectChange | None:
    """The suspect; None when no change and no dependency stands out."""
    began = group.issues[0].news.onset.at
    changed = {change.flag: change for change in reversed(flags_around(evidence, [began]))}
    finders: tuple[Callable[[], SuspectChange | None], ...] = (
        lambda: _dependency(group, fewest_projects=2),
        lambda: _release(group, around),
        lambda: _flag_of_events(group, changed),
        lambda: _dependency(group, fewest_projects=1),
        lambda: _flag_just_before(group, changed, is_read=isinstance(evidence.flagged, Known)),
    )
    return next((suspect for find in finders if (suspect := find()) is not None), None)


def _dependency(group: IssueGroup, fewest_projects: int) -> SuspectChange | None:
    """The dependency that most issues name; the first issue's where several are named as often."""
    called = {tie.value for pair in group.pairs for tie in pair.ties if tie.kind == "calls"}
    named = [(facts, facts.dependency) for facts in group.issues if _is_named(facts.dependency, called)]
    if not named:
        return None
    counts = Counter(dependency.result.name for _, dependency in named if dependency is not None)
    name = counts.most_common(1)[0][0]
    of_name = [(facts, dependency) for facts, dependency in named if dependency and dependency.result.name == name]
    projects = sorted({facts.project for facts, _ in of_name})
    if len(projects) < fewest_projects:
        return None
    facts, dependency = of_name[0]
    where = f"errors of {', '.join(map(quoted, projects))} name it" if len(projects) > 1 else f"{facts.name} names it"
    return SuspectChange(kind="dependency", name=name, why=f"{where}. {dependency.result.why}")


def _is_named(dependency: FailedDependency | None, called: Collection[str]) -> bool:
    """Whether it has a name, and is no project of the same incident: that one is hit itself."""
    if dependency is None or dependency.result.name in NAMELESS.values():
        return False
    label = dependency.result.name.lower().split(".")[0].split(":")[0]
    return not any(value == label or value.startswith(f"{label}/") for value in called)


def _release(group: IssueGroup, around: Surroundings) -> SuspectChange | None:
    for facts in group.issues:
        version = facts.values.get(RELEASE)
        start = around.release_starts.get(version) if version is not None else None
        began = facts.news.onset.at
        if version is None or start is None or not began - AFTER_FINISH <= start <= began + BEFORE_START:
            continue
        lead = f"{briefly(elapsed(start, began))} before {facts.name} began" if start <= began else "as it began"
        return SuspectChange(
            kind="release", name=version, at=start, why=f"it began to run {lead}, and all of its events are on it"
        )
    return None


def _flag_of_events(group: IssueGroup, changed: Mapping[str, FlagChange]) -> SuspectChange | None:
    for facts in group.issues:
        for tag, value in facts.values.items():
            change = changed.get(tag[len(FLAG) : -1]) if tag.startswith(FLAG) else None
            if change is not None:
                why = f"{_changed(change, facts)}, and all events of {facts.name} have it {quoted(value)}"
                return SuspectChange(kind="flag", name=change.flag, at=change.at, why=why)
    return None


def _flag_just_before(group: IssueGroup, changed: Mapping[str, FlagChange], *, is_read: bool) -> SuspectChange | None:
    """A flag that was changed then, where it was not read for which events it was on."""
    if is_read:
        return None
    facts = group.issues[0]
    near = [change for change in changed.values() if facts.news.onset.at - JUST_BEFORE <= change.at]
    if len(near) != 1:
        return None
    why = f"{_changed(near[0], facts)}; whether its events have it on was not read"
    return SuspectChange(kind="flag", name=near[0].flag, at=near[0].at, why=why)


def _changed(change: FlagChange, facts: IssueFacts) -> str:
    began, by = facts.news.onset.at, f" by {quoted(change.by)}" if change.by else ""
    lead = f"{briefly(elapsed(change.at, began))} before {facts.name} began" if change.at <= began else "as it began"
    return f"it was {change.action or 'changed'}{by} {lead}"
