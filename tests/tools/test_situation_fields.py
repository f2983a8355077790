"""Every field of a situation's evidence is filled by some world and read; every field of its answer is reached."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from pydantic import BaseModel

from sentry_runbook.incident.model.evidence import NOT_ASKED, situation
from sentry_runbook.incident.model.evidence.situation import SituationEvidence
from sentry_runbook.incident.model.results.situation import Situation
from sentry_runbook.simulator.clock import ManualClock
from sentry_runbook.simulator.world import World
from tests.collect.situation_worlds import SHOWN, asked_situation
from tests.collect.watched import company
from tests.test_evidence_fields import filled, name_of
from tests.tools.support import connected
from tests.tools.test_result_fields import fields, owner, reached

MODELS = tuple(
    model
    for model in vars(situation).values()
    if isinstance(model, type) and issubclass(model, BaseModel) and model.__module__ == situation.__name__
)
OWN = {f"{name_of(model)}.{name}" for model in MODELS for name in model.__annotations__ if name in model.model_fields}
"""Declared by the models of the situation; what they inherit is of an issue, and held there."""
NOT_FILLED: Mapping[str, str] = {
    "TagRow.project": "of what is related to one issue; tests/tools/test_related.py",
    "TagRows.complete": "of a cut list; tests/collect/test_situation.py",
    "IssuePage.complete": "of more than a hundred issues; tests/situations",
    "UsersTogether.is_lower_bound": "of events without a user; tests/collect/test_situation.py",
}
NOT_READ: Mapping[str, str] = {
    "IssuePage.total": "of more than a hundred new issues; tests/situations",
    "SituationEvidence.server": "says in a kept file which Sentry it came from",
    "SituationEvidence.server_kind": "as above: the warnings say what follows from it",
    "SituationEvidence.organization": "as above",
    "ProjectVolume.hours": "says of which hours the numbers are",
    "UsersTogether.window": "as above",
}
UNREACHED: Mapping[str, str] = {
    "Answer.masked": "no world here shows what is masked; tests/safety",
}
"""Why no world here shows it."""


async def test_every_field_of_the_evidence_is_filled_by_some_world() -> None:
    found: set[str] = set()
    for scenario, arguments, profile in SHOWN:
        given = {name: value for name, value in arguments.items() if name != "alert"}
        found.update(filled((await asked_situation(scenario, profile=profile, **given)).evidence))
    assert sorted(OWN - found - set(NOT_FILLED)) == [], "no world fills these"
    assert sorted(set(NOT_FILLED) & found) == [], "filled, though listed as not filled"


def recording(model: type[BaseModel], read: set[str]) -> Callable[[BaseModel, str], Any]:
    """Add ``Class.field`` to ``read`` whenever code asks the model for a field of its own."""
    names = frozenset(model.__annotations__) & frozenset(model.model_fields)

    def get(self: BaseModel, name: str) -> Any:
        if name in names:
            read.add(f"{name_of(model)}.{name}")
        return object.__getattribute__(self, name)

    return get


async def tell() -> Iterator[dict[str, Any]]:
    """What the tool tells of each world."""
    told = []
    for scenario, arguments, profile in SHOWN:
        clock = ManualClock()
        async with connected(world=World(scenario, clock), clock=clock, profile=profile) as connection:
            told.append(await connection.call("assess_situation", **arguments))
    async with connected(world=company(), clock=ManualClock()) as connection:
        # Monitors that are open, and an alert that is asked about by its name.
        told.append(await connection.call("assess_situation", alert="Payments fail"))
        told.append(await connection.call("assess_situation"))
    return iter(told)


async def test_every_field_of_the_evidence_is_read_and_every_field_of_the_answer_is_reached(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    read: set[str] = set()
    with monkeypatch.context() as patch:
        for model in MODELS:
            patch.setattr(model, "__getattribute__", recording(model, read), raising=False)
        answers = await tell()
    assert sorted(OWN - read - set(NOT_READ)) == [], "nothing reads these"
    assert sorted(set(NOT_READ) & read) == [], "read, though listed as not read"
    seen = {field for answer in answers for field in reached(Situation, answer)}
    known = {
        f"{owner(model, name)}.{name}"
        for model in fields(Situation, {})
        for name in model.model_fields
        if (owner(model, name), name) not in seen
    }
    assert sorted(known - set(UNREACHED)) == [], "reached by no call"


def test_every_part_may_be_unknown() -> None:
    parts = [name for name, field in SituationEvidence.model_fields.items() if field.default == NOT_ASKED]
    assert len(parts) >= 13
