"""Recordings of real servers, where a checkout has them beside it; tests that need them are skipped elsewhere."""

from __future__ import annotations

import json
import tarfile
from functools import cache
from pathlib import Path
from typing import Any

import pytest

ARCHIVE = Path("shared", "captures", "sentry-24.2.tar.xz")
"""Relative to one of the folders above the checkout."""


@cache
def recordings() -> dict[int, dict[str, Any]]:
    """All recorded exchanges with Sentry 24.2 by number, each with ``method``, ``path``, ``request_body``, ``body``."""
    path = next((above / ARCHIVE for above in Path(__file__).parents if (above / ARCHIVE).is_file()), None)
    if path is None:
        pytest.skip(f"no recordings: no {ARCHIVE} in a folder above the checkout")
    found: dict[int, dict[str, Any]] = {}
    with tarfile.open(path) as archive:
        for member in archive:
            file = archive.extractfile(member) if member.name.endswith(".json") else None
            if file is not None:
                record = json.load(file)
                found[record["n"]] = record
    return found
