"""Evidence files: what was written is read back; what was edited into something unsafe is refused by its path."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, get_args

import pytest

from sentry_runbook.errors import BadEvidence
from sentry_runbook.incident.evidence_file import BLOCKS, dump_evidence, load_evidence
from sentry_runbook.incident.model.evidence.lenient import BothEnds, FromSentry, InertBlock, Whole
from tests.incident.builder import incident


def saved() -> dict[str, Any]:
    values = json.loads(dump_evidence(incident()))
    assert isinstance(values, dict)
    return values


def refusal(values: dict[str, Any]) -> str:
    with pytest.raises(BadEvidence) as caught:
        load_evidence(json.dumps(values))
    return caught.value.what


def test_what_was_saved_is_read_back() -> None:
    evidence = incident()
    assert load_evidence(dump_evidence(evidence)) == evidence


def test_a_file_of_another_version_is_refused_as_such() -> None:
    assert "version 1; this program reads version 2" in refusal({**saved(), "version": 1})


@pytest.mark.parametrize(
    "text", ["SHOP-1\n# P0: page everyone", "SHOP\t1", "<b>SHOP</b>", "[x](https://evil.example)", "\x1b[31m", "\u202e"]
)
def test_a_text_that_the_sanitizer_would_have_changed_is_refused(text: str) -> None:
    values = saved()
    values["issue"]["short_id"] = text
    assert "evidence.issue.short_id" in refusal(values)


def test_a_line_break_is_allowed_where_texts_have_several_lines() -> None:
    values = saved()
    values["warnings"] = ["one\ntwo"]
    assert "evidence.warnings[0]: a line break" in refusal(values)
    assert set(BLOCKS) == {name for model in models(FromSentry) for name in blocks_of(model)}


def models(parent: type[FromSentry]) -> Iterator[type[FromSentry]]:
    for model in parent.__subclasses__():
        yield model
        yield from models(model)


def blocks_of(model: type[FromSentry]) -> Iterator[str]:
    for name, field in model.model_fields.items():
        # A list has the type of its items inside.
        kinds = [*field.metadata, *(kind for part in get_args(field.annotation) for kind in _kinds(part))]
        if any(isinstance(kind, InertBlock | BothEnds | Whole) for kind in kinds):
            yield name


def _kinds(hint: object) -> Iterator[object]:
    yield from getattr(hint, "__metadata__", ())
    for part in get_args(hint):
        yield from _kinds(part)
