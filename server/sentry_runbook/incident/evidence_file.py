"""Evidence kept in a file, so that a draft can be made again after Sentry has deleted the events.

How to think about it: the file is the evidence model's own JSON, ``version`` first. Its strings go into sentences
without passing the sanitizer again. So reading is strict: a file that holds what the sanitizer would not have let
through is rejected, and so is one with numbers that are not finite or times that are not UTC.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from pydantic import ValidationError

from sentry_runbook.errors import BadEvidence
from sentry_runbook.incident.model.evidence import Evidence
from sentry_runbook.incident.model.evidence.json_values import EARLIEST, LATEST

VERSION = 2
"""Of the evidence model: a file of another version is refused as such, not as damaged."""
MAX_CHARACTERS = 50_000_000
MOST_PROBLEMS = 3
WRITE_AGAIN = "Give a file that --save wrote, unedited."

MASK = re.compile(r"<[a-z][a-z ]{0,20} \d+>")
"""The only angle brackets that the sanitizer leaves: ``<email 1>``."""
ACTIVE = re.compile(
    "[<>`\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]"
    r"|\]\(|!\[|\{[{%#]|(?<![A-Za-z0-9])@(?=\w)"
)
LINK = re.compile(r"(?i)https?://")
LINE_BREAK = re.compile("[\t\n]")
BLOCKS = ("message", "whole_message", "context", "value", "whole", "other_errors")
"""Fields of several lines (an ``InertBlock``, ``BothEnds`` or ``Whole``); elsewhere a line break would begin a line of
a draft."""
ADDRESSES = ("url", "server")
"""Fields that hold a URL of Sentry's own."""


def dump_evidence(evidence: Evidence) -> str:
    """The evidence as the text of a file: JSON with its version, readable and diffable."""
    return evidence.model_dump_json(indent=1) + "\n"


def load_evidence(text: str) -> Evidence:
    """Read what :func:`dump_evidence` wrote.

    Raises:
        BadEvidence: another kind of file, another version, damaged, or edited into text that is not safe to quote.
    """
    _check_version(_parsed(text))
    try:
        evidence = Evidence.model_validate_json(text, by_alias=False, by_name=True)
    except ValidationError as exc:
        raise BadEvidence(f"The evidence file is damaged: {_locations(exc)}.", WRITE_AGAIN) from exc
    problems = [f"{path}: {what}" for path, what in _unsafe(evidence.model_dump(), "evidence")]
    if problems:
        more = f"; and {len(problems) - MOST_PROBLEMS} more" if len(problems) > MOST_PROBLEMS else ""
        raise BadEvidence(
            f"The evidence file was not written so by us: {'; '.join(problems[:MOST_PROBLEMS])}{more}.", WRITE_AGAIN
        )
    return evidence


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
    """Path and problem of values that types alone accept: active characters, times not in UTC, numbers not finite."""
    if isinstance(value, str):
        own = path.rpartition(".")[2] in ADDRESSES
        if ACTIVE.search(MASK.sub("", value)) or (LINK.search(value) and not own):
            yield path, "text with active or invisible characters"
        elif LINE_BREAK.search(value) and path.rpartition(".")[2].partition("[")[0] not in BLOCKS:
            yield path, "a line break in a text of one line"
    elif isinstance(value, datetime):
        yield from _unsafe_time(value, path)
    elif isinstance(value, float):
        if not math.isfinite(value):
            yield path, "not a finite number"
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _unsafe(key, f"{path} (a key)")
            yield from _unsafe(inner, f"{path}.{key}")
        if isinstance(value.get("step_s"), int) and value["step_s"] < 1:
            yield f"{path}.step_s", "buckets without a length"
    elif isinstance(value, list | tuple):
        for index, inner in enumerate(value):
            yield from _unsafe(inner, f"{path}[{index}]")


def _unsafe_time(at: datetime, path: str) -> Iterator[tuple[str, str]]:
    if at.utcoffset() != timedelta():
        yield path, "a time that is not in UTC"
    elif not EARLIEST <= at < LATEST:
        yield path, f"a time of the year {at.year}"
