"""Release names: which Sentry reads as semantic versions, and how it orders those.

Sentry reads ``package@1.2.3`` as a semantic version; the package is required. A project whose newest release has that
form is a *semver project* (see ``ProjectRecord.follows_semver``): there "newer" means a greater version, elsewhere it
means created later.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_IDENTIFIER = r"(?:0|[1-9]\d*|\d*[A-Za-z-][0-9A-Za-z-]*)"
_VERSION = re.compile(
    r"((\d+)(?:\.(\d+))?(?:\.(\d+))?(?:\.(\d+))?"
    rf"((?:-|[a-z]){_IDENTIFIER}?(?:\.{_IDENTIFIER})*)?"
    r"(?:\+([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?)",
    re.ASCII,
)
_RELEASE = re.compile(r"(@?[^@]+)@(.+)")
_HASH = re.compile(r"[0-9a-fA-F]{12}|[0-9a-fA-F]{16}|[0-9a-fA-F]{20}|[0-9a-fA-F]{32}|[0-9a-fA-F]{40}|[0-9a-fA-F]{64}")


def _parsed(version: str) -> tuple[str, re.Match[str]] | None:
    """Return the package and the parsed number of a release name; None where Sentry reads no version."""
    named = _RELEASE.fullmatch(version)
    if named is None or _HASH.fullmatch(named[2]):
        return None
    match = _VERSION.fullmatch(named[2])
    return (named[1], match) if match else None


class Precedence(NamedTuple):
    """The sort key of a semantic version; a pre-release sorts before its release, a build after it."""

    numbers: tuple[int, ...]
    is_release: bool
    prerelease: tuple[tuple[bool, int, str], ...]
    build: tuple[tuple[bool, int, str], ...]


def is_semver(version: str) -> bool:
    """Return whether Sentry reads a release name as ``package@1.2.3``."""
    return _parsed(version) is not None


def precedence(version: str) -> Precedence | None:
    """Return the sort key of ``package@1.2.3``, in which the package does not count; None for any other name."""
    parsed = _parsed(version)
    if parsed is None:
        return None
    match = parsed[1]
    return Precedence(
        tuple(int(match[part] or 0) for part in (2, 3, 4, 5)),
        not match[6],
        _identifiers((match[6] or "").removeprefix("-")),
        _identifiers(match[7]),
    )


def _identifiers(text: str | None) -> tuple[tuple[bool, int, str], ...]:
    parts = re.split(r"[.-]", text) if text else []
    return tuple((not part.isdecimal(), int(part) if part.isdecimal() else 0, part) for part in parts)


def short_version(version: str) -> str:
    """Return the version without its package."""
    return version.rpartition("@")[2]


def version_info(version: str) -> dict[str, object]:
    """Return the parts of a version as releases carry them: its raw text alone where Sentry reads no number in it."""
    parsed = _parsed(version)
    if parsed is None:
        named = _RELEASE.fullmatch(version)
        package, raw = (named[1], named[2]) if named is not None else (None, version)
        build_hash = raw if _HASH.fullmatch(raw) else None
        shown = build_hash[:12] if build_hash else version
        return {"package": package, "version": {"raw": raw}, "description": shown, "buildHash": build_hash}
    package, match = parsed
    numbers = {name: int(match[part] or 0) for name, part in (("major", 2), ("minor", 3), ("patch", 4))}
    prerelease = (match[6] or "").removeprefix("-") or None
    components = sum(match[part] is not None for part in (2, 3, 4, 5))
    return {
        "package": package,
        "version": {"raw": match[1], **numbers, "pre": prerelease, "buildCode": match[7], "components": components},
        "description": match[1],
        "buildHash": None,
    }
