"""Run by .ci/lowest: each dependency is at the release that its lower bound names, so the bound is what is tested."""

import tomllib
from importlib.metadata import version
from pathlib import Path

from packaging.requirements import Requirement
from packaging.version import Version

PROJECT = tomllib.loads((Path(__file__).parent.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]

wrong = {}
for text in (*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["dev"]):
    requirement = Requirement(text)
    (low,) = (Version(bound.version) for bound in requirement.specifier if bound.operator == ">=")
    # A bound names the first releases of a series where it says 8.3 for 8.3.0 or, where that was withdrawn, 8.3.1.
    if Version(version(requirement.name)).release[: len(low.release)] != low.release:
        wrong[text] = version(requirement.name)
if wrong:
    raise SystemExit(f"These lower bounds cannot be installed with the others; raise them: {wrong}")
print("every dependency is at its lower bound")
