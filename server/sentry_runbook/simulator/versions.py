"""Release names: which Sentry reads as semantic versions, and how it orders those.

Sentry reads ``package@1.2.3`` as a semantic version; the package is required. A project whose newest release has that
form is a *semver project* (see ``ProjectRecord.follows_semver``): there "newer" means a greater version, elsewhere it
means created later.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_VERSION = re.compile(r"(?:(@?[^@]+)@)?v?((\d+)\.(\d+)(?:\.(\d+))?(?:\.(\d+))?(?:-([^+]+))?(?:\+(.*))?)")


class Precedence(NamedTuple):
    """The sort key of a semantic version; a pre-release sorts before its release, a build after it."""

    numbers: tuple[int, ...]
    is_release: bool
    prerelease: tuple[tuple[bool, int, str], ...]
    build: tuple[tuple[bool, int, str], ...]


def is_semver(version: str) -> bool:
    """Return whether Sentry reads a release name as ``package@1.2.3``."""
    match = _VERSION.fullmatch(version)
    return match is not None and match[1] is not None


def precedence(version: str) -> Precedence | None:
    """Return the sort key of a version number, with or without a package; None for any other release name."""
    match = _VERSION.fullmatch(version)
    if match is None:
        return None
    return Precedence(
        tuple(int(match[part] or 0) for part in (3, 4, 5, 6)),
        not match[7],
        _identifiers(match[7]),
        _identifiers(match[8]),
    )


def _identifiers(text: str | None) -> tuple[tuple[bool, int, str], ...]:
    parts = re.split(r"[.-]", text) if text else []
    return tuple((not part.isdecimal(), int(part) if part.isdecimal() else 0, part) for part in parts)


def short_version(version: str) -> str:
    """Return the version without its package."""
    return version.rpartition("@")[2]


def version_info(version: str) -> dict[str, object] | None:
    """Return the parts of a version as releases carry them; None where Sentry cannot take it apart."""
    match = _VERSION.fullmatch(version)
    if not match:
        return None
    numbers = {"major": int(match[3]), "minor": int(match[4]), "patch": int(match[5] or 0)}
    return {
        "package": match[1],
        "version": {"raw": match[2], **numbers, "pre": match[7], "buildCode": match[8], "components": 3},
        "description": match[2],
        "buildHash": None,
    }
