"""Which files of the project go where: what the ignore files of git, of bundles and of images leave."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

from pathspec import GitIgnoreSpec

ROOT = Path(__file__).parent.parent
MOST_BUNDLE_BYTES = 1_650_000
"""Of this the package's own source, 3.5 MB in 560 files, takes 1.3 MB; the tests would double it."""


def spec_of(ignore_file: str) -> GitIgnoreSpec:
    """The patterns of an ignore file; Docker's are of paths from the top, where git's without a slash are of names."""
    lines = (ROOT / ignore_file).read_text(encoding="utf-8").splitlines()
    if ignore_file == ".dockerignore":
        lines = [re.sub(r"^(!?)(?=[^!#/])(?!\*\*/)", r"\1/", line) for line in lines]
    return GitIgnoreSpec.from_lines(lines)


def kept(*ignore_files: str) -> set[str]:
    """The files of the project that no ignore file names, as paths from its top."""
    specs = [spec_of(name) for name in (".gitignore", *ignore_files)]
    found: set[str] = set()
    folders = [ROOT]
    while folders:
        for path in folders.pop().iterdir():
            name = path.relative_to(ROOT).as_posix()
            is_folder = path.is_dir()
            if name == ".git" or any(spec.match_file(name + "/" * is_folder) for spec in specs):
                continue
            if is_folder:
                folders.append(path)
            else:
                found.add(name)
    return found


def pack_bundle(to: Path) -> Path:
    """The bundle, as ``mcpb pack`` makes it: the files that ``.mcpbignore`` leaves, deflated."""
    with zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED) as bundle:
        for name in sorted(kept(".mcpbignore")):
            bundle.write(ROOT / name, name)
    return to
