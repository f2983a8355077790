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


def resource_of(record: dict[str, Any]) -> str:
    """The path below the organization, without ids and versions: ``issues/*/events/latest/``."""
    parts = unquote(record["path"]).removeprefix(ORG).removeprefix("/api/0/").strip("/").split("/")
    if parts[0] == "projects" and len(parts) > 2:
        parts[1:3] = ["*", "*"]
    return "/".join(_kind(parts, index) for index in range(len(parts))) + "/"


def _kind(parts: list[str], index: int) -> str:
    """``*`` for what stands behind the name of a collection and is no name of an endpoint itself."""
    after = {"issues", "events", "releases", "shortids", "eventids"}
    return "*" if index and parts[index - 1] in after and parts[index] not in NAMED_EVENTS else parts[index]


NAMED_EVENTS = {"latest", "oldest", "recommended"}


def recorded_gets() -> Iterator[tuple[int, dict[str, Any]]]:
    """All recorded GETs of data; the root of the API was asked too, to see whether the server runs."""
    for number, record in sorted(recordings().items()):
        if record["method"] == "GET":
            yield number, record
