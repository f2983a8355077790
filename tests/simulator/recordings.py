"""The recorded calls of a running Sentry 24.2; they are not ours to ship, so they are read beside the checkout."""

from __future__ import annotations

import json
import tarfile
from functools import cache
from pathlib import Path
from typing import Any

import pytest

ARCHIVE = Path(__file__).parents[2].parent / "shared" / "captures" / "sentry-24.2.tar.xz"
needs_recordings = pytest.mark.skipif(
    not ARCHIVE.exists(), reason="the recordings of Sentry 24.2 are not beside this checkout: nothing to compare with"
)


@cache
def recordings() -> dict[int, Any]:
    """Return the recorded calls by their number: method, path, query, request_body, status, body."""
    with tarfile.open(ARCHIVE) as archive:
        files = (archive.extractfile(member) for member in archive if member.name.endswith(".json"))
        calls = (json.load(file) for file in files if file is not None)
        return {call["n"]: call for call in calls}
