"""Rows of the table of the evidence: whether there is a request to make is decided in one place."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from typing import Any, NoReturn

import pytest

from sentry_runbook.collect import Aspect
from sentry_runbook.collect.batch import RequestBatch
from sentry_runbook.collect.collection import Collection, Part
from sentry_runbook.collect.parts import PARTS
from sentry_runbook.collect.question import Question
from sentry_runbook.incident.model.evidence import Known, Unknown, Window
from sentry_runbook.incident.model.policy import Policy
from sentry_runbook.runtime import build_runtime
from sentry_runbook.safety.sanitizer import Sanitizer
from sentry_runbook.sentry.ids import IssueRef
from tests.incident.builder import NOW
from tests.tools.support import SETTINGS

RELEASE = {"version": "shop@1.0.0", "deployCount": 0}
ISSUE = {"id": "1", "firstRelease": RELEASE, "firstSeen": NOW.isoformat()}
SLOW = {**ISSUE, "issueCategory": "performance"}


def collection(issue: dict[str, Any], days: int, *aspects: Aspect) -> Collection:
    window = Window(start=NOW - timedelta(days=days), end=NOW)
    question = Question(reference=IssueRef(issue="SHOP-1"), window=window, aspects=frozenset(aspects))
    return Collection(build_runtime(SETTINGS).client(), question, Policy(), NOW, Sanitizer(), issue=issue)


def never(_: Collection) -> NoReturn:
    raise AssertionError("a part that is known was asked for")


@pytest.mark.parametrize(
    ("name", "issue", "days", "told"),
    [
        pytest.param("unhandled", ISSUE, 8, "up to 7 days only", id="a window too long for minutes"),
        pytest.param("project_unhandled", ISSUE, 8, "up to 7 days only", id="the same of the project"),
        pytest.param("latency", ISSUE, 1, "names its transaction", id="no transaction"),
        pytest.param("deploys", ISSUE, 1, "", id="the issue tells all deploys"),
        pytest.param("totals", SLOW, 1, "hold no error events", id="no error issue"),
    ],
)
def test_a_part_that_is_known_is_not_asked_for(name: str, issue: dict[str, Any], days: int, told: str) -> None:
    row: Part[Any] = next(part for part in PARTS if part.field == name)
    asked = collection(issue, days, *row.aspects)
    asked.add(dataclasses.replace(row, request=never), RequestBatch())
    part = asked.built[name]
    assert part.value == () if isinstance(part, Known) else told in part.why


@pytest.mark.parametrize("name", ["unhandled", "latency", "deploys"])
def test_a_part_that_the_question_does_not_want_is_neither_known_nor_asked_for(name: str) -> None:
    row: Part[Any] = next(part for part in PARTS if part.field == name)
    asked = collection(ISSUE, 8, Aspect.EVENT)
    asked.add(dataclasses.replace(row, request=never), RequestBatch())
    assert asked.built == {}
    unasked = row.build(asked)
    assert isinstance(unasked, Unknown) and not unasked.asked
