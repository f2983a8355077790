"""The names of the root-cause patterns: those of the files in ``causes/patterns/``, in the order of their numbers.

The published schema of ``Cause.pattern`` lists the names when the server starts. The rules are not imported for that
(DESIGN section 9), so the names come from a listing of the folder. A file is called ``p<number>_<name>.py``; the
numbers give the runbook's order, which decides between causes of equal strength.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Literal

FOLDER = Path(__file__).parents[1] / "causes" / "patterns"
FILE_NAME = re.compile(r"(p(\d+)_([a-z_]+))\.pyc?")


def list_modules(folder: Path) -> dict[str, str]:
    """Pattern name → module name, ordered by the number in the file name."""
    files = [match for path in folder.iterdir() if (match := FILE_NAME.fullmatch(path.name))]
    return {match[3]: match[1] for match in sorted(files, key=lambda match: (int(match[2]), match[3]))}


PATTERN_MODULES: Mapping[str, str] = list_modules(FOLDER)

if TYPE_CHECKING:
    PatternName = str
else:
    # A type checker cannot follow a Literal that is built at run time; pydantic and the schema can.
    PatternName = Literal[tuple(PATTERN_MODULES)]
