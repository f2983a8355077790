"""Recordings of a real GlitchTip and a real Sentry 9.1.2, where a checkout has them beside it, and a server of them.

They are not ours to ship: a test that needs them is skipped elsewhere, and says so.
"""

from __future__ import annotations

import json
import tarfile
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from sentry_runbook.sentry.messages import SentryResponse

ARCHIVE = Path("shared", "captures", "glitchtip-sentry91.tar.xz")
"""Relative to one of the folders above the checkout."""


@cache
def _archive() -> Path | None:
    return next((above / ARCHIVE for above in Path(__file__).parents if (above / ARCHIVE).is_file()), None)


needs_other_servers = pytest.mark.skipif(_archive() is None, reason=f"no {ARCHIVE} in a folder above the checkout")


def recorded(server: str) -> dict[str, dict[str, Any]]:
    """The recorded exchanges of ``glitchtip`` or ``sentry91`` by name, as ``issue_detail``.

    Each has ``request`` (``method``, ``path`` with its query, ``body``), ``status``, ``headers`` and ``body``.
    """
    if _archive() is None:
        pytest.skip(f"no recordings: no {ARCHIVE} in a folder above the checkout")
    return _all()[server]


@cache
def _all() -> dict[str, dict[str, dict[str, Any]]]:
    servers: dict[str, dict[str, dict[str, Any]]] = {"glitchtip": {}, "sentry91": {}}
    path = _archive()
    assert path is not None
    with tarfile.open(path) as opened:
        members = sorted((one for one in opened if one.name.endswith(".json")), key=lambda member: member.name)
        for member in members:
            file = opened.extractfile(member)
            server, name = Path(member.name).parent.name, Path(member.name).stem.partition("_")[2]
            if file is not None and server in servers:
                record = json.load(file)
                if "status" in record:
                    servers[server][name] = record
    return servers


def response_of(record: dict[str, Any]) -> SentryResponse:
    """A recorded answer as the client gets it."""
    body = record["body"]
    raw = body if isinstance(body, str) else json.dumps(body)
    return SentryResponse(
        record["status"], {key.lower(): value for key, value in record["headers"].items()}, raw.encode()
    )
