"""Release names as Sentry reads them: which are version numbers, and which of two is later.

Sentry orders a project's releases by version where they are named ``package@1.2.3`` (the package is required), and by
the date on which they were created elsewhere: bare numbers, hashes, dates. The package itself is not compared. A
pre-release is older than its release, a build is later than the same version without one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

ReleaseOrder = Literal["version", "date", "mixed"]
"""How Sentry compares releases; ``mixed``: some of them by version, those that name no package by date."""
Identifiers = tuple[tuple[bool, int, str], ...]
_IDENTIFIER = r"(?:0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*)"
_NUMBERS = r"([0-9]{1,18}(?:\.[0-9]{1,18}){0,3})"
_PRERELEASE = rf"((?:-|[a-z]){_IDENTIFIER}?(?:\.{_IDENTIFIER})*)?"
_BUILD = r"(?:\+([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?"
_VERSION = re.compile(rf"{_NUMBERS}{_PRERELEASE}{_BUILD}")
_RELEASE = re.compile(r"(@?[^@]+)@(.+)")
_BARE = re.compile(r"v?([0-9]+\..+)")
"""Without a package one number alone is no version, and a ``v`` may stand before it."""
_HASH = re.compile(r"[0-9a-fA-F]+")
_HASH_LENGTHS = (12, 16, 20, 32, 40, 64)
"""Hexadecimal digits of these lengths are a hash to Sentry, whatever they look like."""
NEWEST_FEW, NEWEST_MANY = 3, 10
LONGEST = 500
"""Characters of a name that are looked at: Sentry keeps 200."""
LEAST_NAMED = 3
"""Of the newest ten releases so many must name their package, and one of the newest three."""


@dataclass(frozen=True)
class Version:
    """A version number.

    Attributes:
        package: what stands before the ``@``; None for a bare number.
        numbers: major, minor, patch, revision; what is left out is 0.
        prerelease: as ``rc.1``, or ``rc1`` of ``1.2.3rc1``; None for a release.
        build: what stands after the ``+``.
    """

    package: str | None
    numbers: tuple[int, ...]
    prerelease: str | None
    build: str | None

    @property
    def line(self) -> tuple[int, ...]:
        """Major and minor: hotfixes stay in their line."""
        return self.numbers[:2]

    @property
    def precedence(self) -> tuple[object, ...]:
        """The sort key; packages do not count."""
        return self.numbers, self.prerelease is None, _identifiers(self.prerelease), _identifiers(self.build)


def _identifiers(text: str | None) -> Identifiers:
    parts = re.split(r"[.-]", text) if text else []
    return tuple((not part.isdecimal(), int(part) if part.isdecimal() else 0, part) for part in parts)


def version_of(name: str) -> Version | None:
    """A release's name as a version number; None when it is none."""
    # What was read is inert text, in which an @ may have become its twin.
    package, raw = _parts(unicodedata.normalize("NFKC", name[:LONGEST]))
    if raw is None or (len(raw) in _HASH_LENGTHS and _HASH.fullmatch(raw)):
        return None
    match = _VERSION.fullmatch(raw)
    if match is None:
        return None
    numbers = [int(part) for part in match[1].split(".")]
    prerelease = (match[2] or "").removeprefix("-") or None
    return Version(package, (*numbers, *[0] * (4 - len(numbers))), prerelease, match[3])


def _parts(name: str) -> tuple[str | None, str | None]:
    """Package and version of a name; no version in a bare name that is none."""
    named = _RELEASE.fullmatch(name)
    if named is not None:
        return named[1], named[2]
    bare = _BARE.fullmatch(name)
    return None, bare[1] if bare is not None else None


def same_release(version: str | None, other: str | None) -> bool:
    """Whether two names mean one release; what was read is inert text, in which an @ may have become its twin."""
    if version is None or other is None:
        return version is other
    return unicodedata.normalize("NFKC", version) == unicodedata.normalize("NFKC", other)


def is_later(name: str, than: str) -> bool:
    """Whether both are version numbers and the first is the later one."""
    first, second = version_of(name), version_of(than)
    return first is not None and second is not None and first.precedence > second.precedence


def latest_version(names: Iterable[str]) -> str | None:
    """The latest of the names that are version numbers."""
    numbered = [(version.precedence, name) for name in names if (version := version_of(name)) is not None]
    return max(numbered)[1] if numbered else None


def release_order(names: Sequence[str], newest: Sequence[str] = ()) -> ReleaseOrder | None:
    """How Sentry compares these releases of one project; None when there are none.

    Args:
        names: the releases in question.
        newest: the project's releases, the last created first; empty when they are not known.
    """
    if not names:
        return None
    named = sum(map(names_its_package, names))
    if named == 0 or (newest and not is_ordered_by_version(newest)):
        return "date"
    return "version" if named == len(names) else "mixed"


def names_its_package(name: str) -> bool:
    """Whether a release is a version number with a package: one that Sentry can compare by version."""
    version = version_of(name)
    return version is not None and version.package is not None


def is_ordered_by_version(newest: Sequence[str]) -> bool:
    """Whether Sentry orders a project by version, by its releases, the last created first.

    Of one or two the last decides, of less than ten one of the newest three; of ten at least three must name their
    package, too.
    """
    named = list(map(names_its_package, newest[:NEWEST_MANY]))
    if len(named) < NEWEST_FEW:
        return any(named[:1])
    return any(named[:NEWEST_FEW]) and (len(named) < NEWEST_MANY or sum(named) >= LEAST_NAMED)
