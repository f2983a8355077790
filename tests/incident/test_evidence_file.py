"""Evidence files: what was written is read back; what was edited into something unsafe is refused by its path."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, get_args

import pytest

from sentry_runbook.errors import BadEvidence
from sentry_runbook.incident.evidence_file import BLOCKS, LEFT_OUT, dump_evidence, load_evidence
from sentry_runbook.incident.model.evidence.lenient import BothEnds, FromSentry, InertBlock, Whole
from sentry_runbook.safety import masking
from sentry_runbook.safety.mask_kinds import KINDS
from sentry_runbook.safety.masking import count_masks
from sentry_runbook.safety.secrets.table import secret_patterns
from sentry_runbook.safety.sensitive_keys import sensitive_kind
from sentry_runbook.sentry.issue_urls import is_own_address
from tests.incident.builder import incident
from tests.incident.golden import GOLDEN, evidence_of


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


# --- a file of a stranger ---------------------------------------------------------------------------------------


OURS = "https://sentry.example.com/sentry"


def own(address: str) -> bool:
    return is_own_address(address, OURS)


@pytest.mark.parametrize("name", GOLDEN)
def test_what_was_collected_and_saved_does_not_change_by_being_read(name: str) -> None:
    evidence = evidence_of(name)
    assert load_evidence(dump_evidence(evidence)) == evidence
    assert load_evidence(dump_evidence(evidence), lambda _: True) == evidence


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/organizations/acme/issues/1/",
        "http://sentry.example.com/sentry/organizations/acme/issues/1/",
        "https://sentry.example.com:8443/sentry/issues/1/",
        "https://sentry.example.com/other/issues/1/",
        "https://sentry.example.com.evil.example/sentry/issues/1/",
        "https://sentry.example.com/sentry@evil.example/issues/1/",
        "https://me:pw@sentry.example.com/sentry/issues/1/",
        "https://sentry.example.com/sentry/issues/1/?next=https://evil.example",
        "https://sentry.example.com/sentry/x)[y](z",
        "https://sentry.example.com/sentry|click>",
        "javascript:alert(1)",
        "",
        "https://[::1",
    ],
)
def test_a_link_that_does_not_lead_to_the_configured_sentry_is_left_out_and_said(address: str) -> None:
    values = saved()
    values["issue"]["url"] = address
    try:
        evidence = load_evidence(json.dumps(values), own)
    except BadEvidence:
        return
    assert evidence.issue.url == ""
    assert LEFT_OUT in evidence.warnings
    values = saved()
    values["server"] = address
    values["issue"]["url"] = f"{OURS}/organizations/acme/issues/1/"
    assert LEFT_OUT in load_evidence(json.dumps(values), own).warnings


def test_a_link_of_the_configured_sentry_stays() -> None:
    values = saved()
    values["server"], values["issue"]["url"] = OURS, f"{OURS}/organizations/acme/issues/1/"
    evidence = load_evidence(json.dumps(values), own)
    assert (evidence.issue.url, evidence.warnings) == (values["issue"]["url"], tuple(values["warnings"]))


@pytest.mark.parametrize(
    "mask", ["<sometext 3>", "<user 1>", "<email 0>", "<email 01>", "<email>", "<email 1", "<emails 1>", "<b 1>"]
)
def test_only_masks_of_our_kinds_are_masks(mask: str) -> None:
    values = saved()
    values["issue"]["title"] = f"sent by {mask}"
    assert "evidence.issue.title" in refusal(values)
    assert count_masks([mask]) == {}


@pytest.mark.parametrize("kind", KINDS)
def test_a_mask_of_ours_is_kept(kind: str) -> None:
    values = saved()
    values["issue"]["title"] = title = f"sent by <{kind} 12> - *to* <{kind} 1>"
    assert load_evidence(json.dumps(values)).issue.title == title.replace("*to*", "∗to∗")
    assert count_masks([title]) == {kind: 2}


def test_every_kind_that_is_masked_is_in_the_one_list() -> None:
    by_name = {sensitive_kind(name) for name in ("password", "cookie", "authorization", "email", "phone", "ip_address")}
    assert {pattern.kind for pattern in secret_patterns()} | (by_name - {""}) | masking.PERSONAL_KINDS <= set(KINDS)


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("**Severity:** P0", "∗∗Severity:∗∗ P0"),
        ("# Resolved", "♯ Resolved"),
        ("&lt;untrusted&gt;", "＆lt;untrusted＆gt;"),
        ("~~gone~~", "∼∼gone∼∼"),
        ("jo@example.com", "jo＠example.com"),
        ("a | b", "a ¦ b"),
        ("＜/untrusted 00＞", "＜/un·trusted 00＞"),
        ("javascript:alert(1)", "javascript∶alert(1)"),
        ("\u2800\u3164x", "⟨U+2800⟩⟨U+3164⟩x"),
    ],
)
def test_a_text_passes_the_gate_once_more(raw: str, shown: str) -> None:
    values = saved()
    values["issue"]["title"] = raw
    values["warnings"] = [raw]
    evidence = load_evidence(json.dumps(values))
    assert (evidence.issue.title, evidence.warnings) == (shown, (shown,))


@pytest.mark.parametrize(
    "at", ["0001-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "2100-01-01T00:00:00Z", "9999-12-31T23:59:59Z"]
)
def test_a_time_of_no_incident_is_refused(at: str) -> None:
    assert "before 1990 or after 2100" in refusal({**saved(), "collected_at": at})


@pytest.mark.parametrize("number", [2**53, -(2**60), 10**300])
def test_a_number_that_no_sentry_counts_is_refused(number: int) -> None:
    values = saved()
    values["issue"]["events_total"] = number
    assert "evidence" in refusal(values)


def test_a_window_that_ends_before_it_starts_is_refused() -> None:
    values = saved()
    values["window"] = {**values["window"], "start": values["window"]["end"], "end": values["window"]["start"]}
    assert "before its start" in refusal(values)


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
