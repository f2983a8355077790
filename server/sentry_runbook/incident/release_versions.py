"""Release names as Sentry reads them: which are version numbers, and which of two is later.

Sentry orders a project's releases by version where they are named ``package@1.2.3`` (the package is required), and by
the date on which they were created elsewhere: bare numbers, hashes, dates. A pre-release is older than its release, a
build is later than the same version without one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

ReleaseOrder = Literal["version", "date", "mixed"]
"""How Sentry compares releases; ``mixed``: by version only while one of the newest three names its package."""
Identifiers = tuple[tuple[bool, int, str], ...]
_VERSION = re.compile(r"(?:(@?[^@]+)@)?v?(\d{1,18}(?:\.\d{1,18}){1,3})(?:-([^+]+))?(?:\+(.+))?")


@dataclass(frozen=True)
class Version:
    """A version number.

    Attributes:
        package: what stands before the ``@``; None for a bare number.
        numbers: major, minor, patch, revision; what is left out is 0.
        prerelease: as ``rc.1``; None for a release.
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
    match = _VERSION.fullmatch(unicodedata.normalize("NFKC", name))
    if match is None:
        return None
    numbers = [int(part) for part in match[2].split(".")]
    return Version(match[1], (*numbers, *[0] * (4 - len(numbers))), match[3], match[4])


def is_later(name: str, than: str) -> bool:
    """Whether both are version numbers and the first is the later one."""
    first, second = version_of(name), version_of(than)
    return first is not None and second is not None and first.precedence > second.precedence


def latest_version(names: Iterable[str]) -> str | None:
    """The latest of the names that are version numbers."""
    numbered = [(version.precedence, name) for name in names if (version := version_of(name)) is not None]
    return max(numbered)[1] if numbered else None


def release_order(names: Sequence[str]) -> ReleaseOrder | None:
    """How Sentry compares these releases of one project; None when there are none."""
    if not names:
        return None
    packaged = sum(1 for name in names if (version := version_of(name)) is not None and version.package is not None)
    if packaged in (0, len(names)):
        return "version" if packaged else "date"
    return "mixed"
