"""Evidence kept in a file, so that a draft can be made again after Sentry has deleted the events.

How to think about it: the file is the model's own JSON, ``version`` first. What comes back out of it goes straight
into sentences, past the gate that made event text inert on its way in. So reading is strict: a file that was edited
into something the gate would not have let through is refused, and so is one whose numbers cannot be reckoned with.
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

VERSION = 1
MAX_CHARACTERS = 50_000_000
MOST_PROBLEMS = 3
AGAIN = "Give a file that --save wrote, unedited."

MASK = re.compile(r"<[a-z][a-z ]{0,20} \d+>")
"""The only angle brackets that the gate leaves: ``<email 1>``."""
ACTIVE = re.compile(
    "[<>`\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]"
    r"|\]\(|!\[|\{[{%#]|(?<![A-Za-z0-9])@(?=\w)"
)
LINK = re.compile(r"(?i)https?://")
ADDRESSES = ("url", "server")
"""Fields that hold an address of Sentry's own."""


def dump_evidence(evidence: Evidence) -> str:
    """The evidence as the text of a file: JSON with its version, readable and diffable."""
    return evidence.model_dump_json(indent=1) + "\n"


def load_evidence(text: str) -> Evidence:
    """Read what :func:`dump_evidence` wrote.

    Raises:
        BadEvidence: not our file, another version, damaged, or edited into what would not be safe to quote.
    """
    _check_version(_parsed(text))
    try:
        evidence = Evidence.model_validate_json(text, by_alias=False, by_name=True)
    except ValidationError as exc:
        raise BadEvidence(f"The evidence file is damaged: {_where(exc)}.", AGAIN) from exc
    problems = [f"{path}: {what}" for path, what in _unfit(evidence.model_dump(), "evidence")]
    if problems:
        more = f"; and {len(problems) - MOST_PROBLEMS} more" if len(problems) > MOST_PROBLEMS else ""
        raise BadEvidence(
            f"The evidence file was not written so by us: {'; '.join(problems[:MOST_PROBLEMS])}{more}.", AGAIN
        )
    return evidence


def _parsed(text: str) -> Mapping[str, object]:
    if len(text) > MAX_CHARACTERS:
        raise BadEvidence(f"The evidence file has more than {MAX_CHARACTERS:,} characters.", AGAIN)
    try:
        parsed = json.loads(text)
    except (ValueError, RecursionError) as exc:
        at = f" at line {exc.lineno}" if isinstance(exc, json.JSONDecodeError) else ""
        raise BadEvidence(f"The evidence file is not JSON{at}: cut off, or another file.", AGAIN) from exc
    if not isinstance(parsed, dict):
        raise BadEvidence("The evidence file holds no evidence.", AGAIN)
    return parsed


def _check_version(parsed: Mapping[str, object]) -> None:
    version = parsed.get("version")
    if version is None or "collected_at" not in parsed:
        raise BadEvidence("The file is JSON, but no evidence: it says no version or no time of collection.", AGAIN)
    if version != VERSION or isinstance(version, bool):
        shown = version if isinstance(version, int | float) else "another kind of value"
        raise BadEvidence(
            f"The evidence file has version {shown}; this program reads version {VERSION}.",
            "Read it with the release of sentry-runbook that wrote it, or collect the evidence again.",
        )


def _where(exc: ValidationError) -> str:
    """What is wrong and where, without the values themselves."""
    errors = exc.errors(include_url=False, include_context=False, include_input=False)
    # The arms of "known or unknown" fail together; the longest path is the one that was meant.
    errors = sorted(errors, key=lambda error: -len(error["loc"]))[:MOST_PROBLEMS]
    return "; ".join(f"{'.'.join(map(str, error['loc'])) or 'the file'}: {error['msg'].lower()}" for error in errors)


def _unfit(value: object, path: str) -> Iterator[tuple[str, str]]:
    """What types alone do not refuse: active characters, times that are not UTC, numbers that are none."""
    if isinstance(value, str):
        own = path.rpartition(".")[2] in ADDRESSES
        if ACTIVE.search(MASK.sub("", value)) or (LINK.search(value) and not own):
            yield path, "text with active or invisible characters"
    elif isinstance(value, datetime):
        if value.utcoffset() != timedelta():
            yield path, "a time that is not in UTC"
    elif isinstance(value, float):
        if not math.isfinite(value):
            yield path, "not a finite number"
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _unfit(key, f"{path} (a key)")
            yield from _unfit(inner, f"{path}.{key}")
        if isinstance(value.get("step_s"), int) and value["step_s"] < 1:
            yield f"{path}.step_s", "buckets without a length"
    elif isinstance(value, list | tuple):
        for index, inner in enumerate(value):
            yield from _unfit(inner, f"{path}[{index}]")
