"""What a triage calls related is right, and agrees with what a situation says: held over the labelled situations."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import httpx
import pytest

from sentry_runbook.collect import TRIAGE, investigate
from sentry_runbook.collect.situation import collect_situation
from sentry_runbook.incident.incident import Incident
from sentry_runbook.incident.model.evidence import Known
from sentry_runbook.incident.model.stated import Stated
from sentry_runbook.incident.situation.news import find_news, listed_issues
from sentry_runbook.incident.situation.related import Related
from sentry_runbook.incident.situation.situation import groups_of
from sentry_runbook.runtime import Runtime, build_runtime
from sentry_runbook.simulator.app import create_app
from sentry_runbook.simulator.clock import ManualClock
from tests.corpus.play import SETTINGS
from tests.situations.raw import Made, Situation
from tests.situations.situations import situations
from tests.situations.world import world

ALL = situations()
KINDS = tuple(dict.fromkeys(situation.kind for situation in ALL))
QUICK = ("coincidence", "tenant", "release")
MOST_ASKED = 6
"""Issues of one incident that are triaged: the first ones, and the last."""
of_each_kind = pytest.mark.parametrize(
    "kind", [kind if kind in QUICK else pytest.param(kind, marks=pytest.mark.matrix) for kind in KINDS]
)


@dataclass(frozen=True)
class Played:
    """An issue of an incident that was made, and what its triage calls related."""

    made: Made
    issue: str
    related: Related


def of_kind(kind: str) -> list[Situation]:
    return [situation for situation in ALL if situation.kind == kind]


def runtime_of(situation: Situation) -> Runtime:
    clock = ManualClock(situation.raw.now)
    transport = httpx.ASGITransport(create_app(world(situation.raw)))
    return build_runtime(SETTINGS, http_transport=transport, clock=clock)


def asked(made: Made) -> list[str]:
    """The issues of an incident that are triaged."""
    ordered = sorted(made.issues, key=lambda issue: made.onsets[issue])
    return ordered if len(ordered) <= MOST_ASKED else [*ordered[:2], ordered[-1]]


async def played(run: Runtime, situation: Situation) -> list[Played]:
    """The triages of a situation's incidents."""
    entries = []
    for made in situation.made:
        for issue in asked(made):
            evidence = await investigate(run, issue, TRIAGE)
            related = Incident(evidence, Stated(), run.policy, situation.raw.now).related
            entries.append(Played(made, issue, related))
    return entries


def strangers(entries: Iterable[Played]) -> list[tuple[str, str, list[str]]]:
    """Issues that are called related, and belong to another incident or to none."""
    wrong = ((entry, entry.related.names - entry.made.issues - entry.made.loose) for entry in entries)
    return [(entry.made.name, entry.issue, sorted(names)) for entry, names in wrong if names]


@of_each_kind
async def test_no_issue_is_called_related_that_is_of_another_incident(kind: str) -> None:
    for situation in of_kind(kind):
        run = runtime_of(situation)
        try:
            assert strangers(await played(run, situation)) == [], situation.name
        finally:
            await run.aclose()


@of_each_kind
async def test_what_is_related_is_one_incident_in_the_situation_too(kind: str) -> None:
    """As far as the situation lists both issues, and read what they have in common."""
    for situation in of_kind(kind):
        run = runtime_of(situation)
        try:
            evidence = await collect_situation(run)
            groups, _ = groups_of(evidence, run.policy, find_news(evidence, run.policy), listed_issues(evidence))
            group_of = {facts.name: group for group in groups for facts in group.issues}
            is_cut = not isinstance(evidence.builds, Known) or not evidence.builds.value.complete
            for entry in await played(run, situation):
                group = group_of.get(entry.issue)
                if group is None or (is_cut and len(group.issues) == 1):
                    continue
                together = {facts.name for facts in group.issues}
                assert entry.related.names & set(group_of) <= together, (situation.name, entry.issue)
                whole = entry.related.incident
                if whole is not None and whole.first is not None and group.first is not None:
                    assert whole.first == group.first.name, (situation.name, entry.issue)
        finally:
            await run.aclose()


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("cascade", "a cascade over six services"),
        ("dependency", "a shared database in the words of two drivers"),
        ("release", "a bad release deployed in two services at once"),
        ("tenant", "one tenant fails in two services"),
    ],
)
async def test_each_tie_that_a_triage_reads_finds_the_whole_incident(kind: str, name: str) -> None:
    situation = next(situation for situation in of_kind(kind) if situation.name == name)
    run = runtime_of(situation)
    try:
        for entry in await played(run, situation):
            assert entry.related.names == entry.made.issues - {entry.issue}
            assert entry.related.incident is not None
            assert entry.related.incident.issues == len(entry.made.issues)
    finally:
        await run.aclose()
