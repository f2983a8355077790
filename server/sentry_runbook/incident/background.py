"""What stands behind an incident, as sentences for messages and postmortems: one fact each, and nothing twice.

How to think about it: engineers get the names (tag values, releases, hosts, issues), because they act on them.
Executives get the same facts without any: they decide by kind and size, and what they read is passed on. Customers get
none of it (see :mod:`.messages.redaction`). What is not known is not mentioned here; messages have their own blanks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta

from sentry_runbook.incident.explanation.tag_names import CUSTOMER, FLAG, HOST, is_single
from sentry_runbook.incident.explanation.wording import usually
from sentry_runbook.incident.formatting import duration, moment, percent_of
from sentry_runbook.incident.incident import Incident
from sentry_runbook.incident.model.evidence import quoted
from sentry_runbook.incident.model.results.explanation import Change, Dependency, DependencyKind, Explanation
from sentry_runbook.incident.release_health import described, relation, runs_beside
from sentry_runbook.incident.timeline.activity import sentence_start
from sentry_runbook.incident.together import reasons_of

DEPENDENCIES: Mapping[DependencyKind, str] = {
    "http": "a service",
    "database": "a database",
    "cache": "a cache",
    "queue": "a message queue",
    "dns": "the resolution of a name",
    "tls": "a certificate",
    "auth": "a key or password of ours",
    "model": "an AI model's provider",
    "storage": "a file store",
}
"""A failing dependency in plain words, without its name."""
CHANGES: Mapping[str, str] = {
    "deploy": "a release went live",
    "release": "a release was made",
    "flag": "a feature switch was changed",
    "alert_rule": "an alert was edited",
}
AT_THE_ONSET = 60
"""Minutes before the begin within which the nearest change is mentioned."""


def background(incident: Incident, *, by_name: bool, has_release: bool = False) -> Iterator[str]:
    """Sentences without a full stop: the leading issue, what explains it, releases, dependency, the nearest change.

    Args:
        incident: what is told.
        by_name: with the names of issues, tags, releases and hosts; without them for readers outside engineering.
        has_release: the message says already when the suspect release was deployed.
    """
    if by_name:
        yield from reasons_of(incident)
    yield from _leading(incident, by_name)
    yield from _explanation(incident, by_name)
    if by_name:
        yield from _releases(incident)
    yield from _dependency(incident.dependency, by_name)
    change = next((each for each in incident.changes if 0 <= each.minutes_before <= AT_THE_ONSET), None)
    if change is not None and not (has_release and _is_of_the_suspect(incident, change)):
        yield _nearest_change(change, by_name)


def whom_to_ask(incident: Incident) -> str | None:
    """The owners with the reasons, for engineers; None when nobody is named."""
    named = [f"{quoted(owner.who)} ({owner.why})" for owner in incident.owners]
    return "; ".join(named) or None


def _leading(incident: Incident, by_name: bool) -> Iterator[str]:
    leader, share = incident.leading_issue, incident.severity.share_of_project
    if leader is None:
        return
    own = "an unknown part" if share is None else percent_of(share)
    whole = leader.note or "of the project's unhandled errors"
    if by_name:
        have = "these issues have" if incident.evidence.together else "this issue has"
        yield f"{percent_of(leader.share)} {whole} come from {leader.name}; {have} {own}"
    else:
        whose = "of the failures that set this severity"
        yield f"Another problem causes {percent_of(leader.share)} {whose}; this one causes {own}"


def _explanation(incident: Incident, by_name: bool) -> Iterator[str]:
    if not incident.explanation:
        return
    best = incident.explanation[0]
    rivals = sum(entry.rank == best.rank for entry in incident.explanation) - 1
    usual = f" ({usually(best)})" if usually(best) else ""
    others = "; the data cannot tell it from others" if rivals else ""
    values = " and ".join(f"{quoted(value.tag)} {quoted(value.value)}" for value in best.values)
    if best.share is None:
        # A few events that were read are no share: the names help engineers to look, and tell others nothing.
        if by_name:
            yield f"Of the errors read {best.events} carry {values}{others}"
    elif by_name:
        yield f"{percent_of(best.share)} of the errors carry {values}{usual}{others}"
    elif kinds := _kinds(best):
        yield f"{percent_of(best.share)} of the errors have {kinds} in common{usual}{others}"


def _kinds(entry: Explanation) -> str:
    """The tags in plain words; empty where one has none."""
    words = [_plain(value.tag) for value in entry.values]
    return " and ".join(dict.fromkeys(filter(None, words))) if all(words) else ""


def _plain(tag: str) -> str:
    if tag == "schedule":
        return "a schedule"
    if tag in ("release", "dist", "app.version"):
        return "one release"
    # A flag may well be called "customer_variant", so flags come first.
    named = ((FLAG, "one feature switch"), (CUSTOMER, "one customer"), (HOST, "one server"))
    plain = next((words for pattern, words in named if pattern.fullmatch(tag)), "")
    return plain or ("one user" if is_single(tag) else "")


def _releases(incident: Incident) -> Iterator[str]:
    known = [row for row in incident.release_health if row.crash_free_pct is not None]
    suspect = next((row for row in known if row.suspect), None)
    other = next((row for row in known if not row.suspect and runs_beside(row)), None)
    if suspect is not None:
        beside = f"; {relation(other)} {described(other)}" if other is not None else ""
        yield f"Sessions of {described(suspect)}{beside}"


def _dependency(dependency: Dependency | None, by_name: bool) -> Iterator[str]:
    if dependency is None:
        return
    if by_name:
        yield dependency.why.rstrip(".")
        return
    whose = {True: " of our own", False: " of another company", None: ""}[dependency.internal]
    yield f"What fails is {DEPENDENCIES[dependency.kind]}{whose}"


def _is_of_the_suspect(incident: Incident, change: Change) -> bool:
    return incident.suspect is not None and change.kind != "flag" and quoted(incident.suspect) in change.what


def _nearest_change(change: Change, by_name: bool) -> str:
    when = f"{moment(change.at)}, {_before(change)}"
    return f"{sentence_start(change.what)}: {when}" if by_name else f"{sentence_start(CHANGES[change.kind])} {when}"


def _before(change: Change) -> str:
    if not change.minutes_before:
        return "in the minute in which it began"
    return f"{duration(timedelta(minutes=change.minutes_before))} before it began"
