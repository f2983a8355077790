"""Evidence kept in a file, so that a draft can be made again after Sentry has deleted the events.

How to think about it: the file is the evidence model's own JSON, ``version`` first. Whoever sends one may be a
stranger, and its strings go into sentences, masked already. So reading is strict: a file that holds what the sanitizer
would not have let through is rejected, and so is one with numbers or times that no Sentry gives. What remains passes
the gate once more, its masks (of our kinds alone) left whole. Addresses are links in drafts: one that does not lead to
the configured Sentry is left out, and said.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta

from pydantic import ValidationError

from sentry_runbook.errors import BadEvidence
from sentry_runbook.incident.model.evidence import Evidence, Known
from sentry_runbook.incident.model.evidence.json_values import EARLIEST, LATEST
from sentry_runbook.safety.mask_kinds import mask, split_at_masks
from sentry_runbook.safety.text import inert_block

VERSION = 2
"""Of the evidence model: a file of another version is refused as such, not as damaged."""
MAX_CHARACTERS = 50_000_000
MOST_PROBLEMS = 3
WRITE_AGAIN = "Give a file that --save wrote, unedited."

ACTIVE = re.compile(
    "[<>`\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]"
    r"|\]\(|!\[|\{[{%#]|(?<![A-Za-z0-9])@(?=\w)"
)
LINK = re.compile(r"(?i)https?://")
LINE_BREAK = re.compile("[\t\n]")
BLOCKS = ("message", "whole_message", "context", "value", "whole", "other_errors")
"""Fields of several lines (an ``InertBlock``, ``BothEnds`` or ``Whole``); elsewhere a line break would begin a line of
a draft."""
BESIDE = ("began_with", "same_trace")
"""Parts that hold rows of issue lists."""
ADDRESSES = (
    *("evidence.server", "evidence.issue.url", "evidence.together.url"),
    *(f"evidence.{part}.value.issues.url" for part in BESIDE),
)
"""Fields that hold a URL of Sentry's own."""
PLACE = re.compile(r"\[\d+\]")
"""Of an item in a list, in a path."""
LARGEST = 2**53
"""A larger number is no count: JSON readers do not hold it exactly."""
LEFT_OUT = (
    "The evidence file links to another Sentry than the configured one: its links were left out. Set SENTRY_URL for it."
)


def dump_evidence(evidence: Evidence) -> str:
    """The evidence as the text of a file: JSON with its version, readable and diffable."""
    return evidence.model_dump_json(indent=1) + "\n"


def load_evidence(text: str, is_own: Callable[[str], bool] | None = None) -> Evidence:
    """Read what :func:`dump_evidence` wrote.

    Args:
        text: of the file.
        is_own: whether a URL leads to the configured Sentry; None leaves all in: the file is one's own, to be replaced.

    Returns:
        The evidence; links that lead elsewhere are left out, which its ``warnings`` say (:data:`LEFT_OUT`).

    Raises:
        BadEvidence: another kind of file, another version, damaged, or edited into text that is not safe to quote.
    """
    parsed = _parsed(text)
    _check_version(parsed)
    evidence = _validated(text)
    problems = [f"{path}: {what}" for path, what in _unsafe(evidence.model_dump(), "evidence")]
    if problems:
        more = f"; and {len(problems) - MOST_PROBLEMS} more" if len(problems) > MOST_PROBLEMS else ""
        raise BadEvidence(
            f"The evidence file was not written so by us: {'; '.join(problems[:MOST_PROBLEMS])}{more}.", WRITE_AGAIN
        )
    evidence = _validated(json.dumps(_gated(parsed, "evidence")))
    return evidence if is_own is None else _with_own_links(evidence, is_own)


def _validated(text: str) -> Evidence:
    try:
        return Evidence.model_validate_json(text, by_alias=False, by_name=True)
    except ValidationError as exc:
        raise BadEvidence(f"The evidence file is damaged: {_locations(exc)}.", WRITE_AGAIN) from exc


def _with_own_links(evidence: Evidence, is_own: Callable[[str], bool]) -> Evidence:
    """The evidence without addresses of another server."""
    pages = {name: part for name in BESIDE if isinstance(part := getattr(evidence, name), Known)}
    listed = (issue for page in pages.values() for issue in page.value.issues)
    addresses = (evidence.server, *(issue.url for issue in (evidence.issue, *evidence.together, *listed)))
    if all(map(is_own, addresses)):
        return evidence
    issue, *together = (each.model_copy(update={"url": ""}) for each in (evidence.issue, *evidence.together))
    without: dict[str, object] = {"issue": issue, "together": tuple(together), "server": ""}
    for name, page in pages.items():
        rows = tuple(row.model_copy(update={"url": ""}) for row in page.value.issues)
        without[name] = page.model_copy(update={"value": page.value.model_copy(update={"issues": rows})})
    return evidence.model_copy(update={**without, "warnings": (*evidence.warnings, LEFT_OUT)})


def _gated(value: object, path: str) -> object:
    """The file's JSON with every text through the gate once more; what we wrote does not change by that."""
    if isinstance(value, str):
        return value if path in ADDRESSES else _gate(value)
    if isinstance(value, dict):
        return {_gate(str(key)): _gated(inner, f"{path}.{key}") for key, inner in value.items()}
    if isinstance(value, list):
        return [_gated(inner, path) for inner in value]
    return value


def _gate(text: str) -> str:
    """The text through the gate, its masks left whole; beside a mask is no beginning and no end of a line."""
    pieces = split_at_masks().split(text)
    for index in range(0, len(pieces), 2):
        before, after = "›" * (index > 0), "‹" * (index < len(pieces) - 1)
        shown = inert_block(f"{before}{pieces[index]}{after}")
        pieces[index] = shown.removeprefix(before).removesuffix(after)
    return "".join(pieces)


def _parsed(text: str) -> Mapping[str, object]:
    if len(text) > MAX_CHARACTERS:
        raise BadEvidence(f"The evidence file has more than {MAX_CHARACTERS:,} characters.", WRITE_AGAIN)
    try:
        parsed = json.loads(text)
    except (ValueError, RecursionError) as exc:
        at = f" at line {exc.lineno}" if isinstance(exc, json.JSONDecodeError) else ""
        raise BadEvidence(f"The evidence file is not JSON{at}: cut off, or another file.", WRITE_AGAIN) from exc
    if not isinstance(parsed, dict):
        raise BadEvidence("The evidence file holds no evidence.", WRITE_AGAIN)
    return parsed


def _check_version(parsed: Mapping[str, object]) -> None:
    version = parsed.get("version")
    if version is None or "collected_at" not in parsed:
        raise BadEvidence(
            "The file is JSON, but no evidence: it says no version or no time of collection.", WRITE_AGAIN
        )
    if version != VERSION or isinstance(version, bool):
        shown = version if isinstance(version, int | float) else "another kind of value"
        raise BadEvidence(
            f"The evidence file has version {shown}; this program reads version {VERSION}.",
            "Read it with the release of sentry-runbook that wrote it, or collect the evidence again.",
        )


def _locations(exc: ValidationError) -> str:
    """Path and error of the first problems, without the values."""
    errors = exc.errors(include_url=False, include_context=False, include_input=False)
    # Both arms of "known or unknown" fail together; the longest path is of the arm that the file holds.
    errors = sorted(errors, key=lambda error: -len(error["loc"]))[:MOST_PROBLEMS]
    return "; ".join(f"{'.'.join(map(str, error['loc'])) or 'the file'}: {error['msg'].lower()}" for error in errors)


def _unsafe(value: object, path: str) -> Iterator[tuple[str, str]]:
    """Path and problem of values that types alone accept."""
    problem = _problem(value, path)
    if problem:
        yield path, problem
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _unsafe(key, f"{path} (a key)")
            yield from _unsafe(inner, f"{path}.{key}")
    elif isinstance(value, list | tuple):
        for index, inner in enumerate(value):
            yield from _unsafe(inner, f"{path}[{index}]")


def _problem(value: object, path: str) -> str:
    """What is wrong with one value itself; empty when nothing is."""
    if isinstance(value, str):
        return _problem_of_text(value, path)
    if isinstance(value, datetime):
        if value.utcoffset() != timedelta():
            return "a time that is not in UTC"
        return "" if EARLIEST <= value < LATEST else f"a time of the year {value.year}, before 1990 or after 2100"
    if isinstance(value, int | float):
        return "" if math.isfinite(value) and -LARGEST < value < LARGEST else "not a number of ours"
    if isinstance(value, dict):
        return _problem_of_stretch(value)
    return ""


def _problem_of_text(text: str, path: str) -> str:
    if ACTIVE.search(mask().sub("", text)) or (LINK.search(text) and PLACE.sub("", path) not in ADDRESSES):
        return "text with active or invisible characters"
    is_line = path.rpartition(".")[2].partition("[")[0] not in BLOCKS
    return "a line break in a text of one line" if is_line and LINE_BREAK.search(text) else ""


def _problem_of_stretch(values: Mapping[str, object]) -> str:
    start, end, step_s = values.get("start"), values.get("end"), values.get("step_s")
    if isinstance(step_s, int) and step_s < 1:
        return "buckets without a length"
    return (
        "it ends before its start" if isinstance(start, datetime) and isinstance(end, datetime) and end < start else ""
    )
