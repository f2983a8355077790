"""Recordings of a real Sentry 24.2, where a checkout has them beside it.

They are not ours to ship: a test that needs them is skipped elsewhere (``needs_recordings`` for a whole module; else
:func:`recordings` skips the test that calls it).
"""

from __future__ import annotations

import json
import tarfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote

import pytest

ARCHIVE = Path("shared", "captures", "sentry-24.2.tar.xz")
"""Relative to one of the folders above the checkout."""
ORG = "/api/0/organizations/acme"


@cache
def archive() -> Path | None:
    """The archive, or None where it does not lie beside the checkout."""
    return next((above / ARCHIVE for above in Path(__file__).parents if (above / ARCHIVE).is_file()), None)


needs_recordings = pytest.mark.skipif(archive() is None, reason=f"no {ARCHIVE} in a folder above the checkout")


@cache
def recordings() -> dict[int, dict[str, Any]]:
    """All recorded exchanges by number.

    Each has ``method``, ``path``, ``query``, ``request_body``, ``status``, ``headers``, ``body``.
    """
    path = archive()
    if path is None:
        pytest.skip(f"no recordings: no {ARCHIVE} in a folder above the checkout")
    found: dict[int, dict[str, Any]] = {}
    with tarfile.open(path) as opened:
        for member in opened:
            file = opened.extractfile(member) if member.name.endswith(".json") else None
            if file is not None:
                record = json.load(file)
                found[record["n"]] = record
    return found


def status_of(record: dict[str, Any]) -> int:
    """The HTTP status of a recorded answer."""
    return int(record["status"][:3])


def params_of(record: dict[str, Any]) -> list[tuple[str, str]]:
    """The query parameters of a recorded request, in order."""
    return parse_qsl(record["query"], keep_blank_values=True)


NAMED_EVENTS = ("latest", "oldest", "recommended")


def resource_of(record: dict[str, Any]) -> str:
    """The path below the organization, without ids, slugs and versions: ``issues/*/events/latest/``."""
    path = unquote(record["path"]).removeprefix(ORG)
    parts = path.removeprefix("/api/0/").strip("/").split("/")
    if path == "/api/0/":
        return "the root of the API"
    if parts[0] == "projects" and len(parts) > 2:
        parts[1:3] = ["*", "*"]
    collections = ("issues", "events", "releases", "shortids", "eventids")
    for index, part in enumerate(parts[:-1]):
        if part in collections and parts[index + 1] not in NAMED_EVENTS:
            parts[index + 1] = "*"
    return "/".join(parts) + "/"


def recorded_gets() -> Iterator[tuple[int, dict[str, Any]]]:
    """All recorded GETs, by number."""
    return ((number, record) for number, record in sorted(recordings().items()) if record["method"] == "GET")
