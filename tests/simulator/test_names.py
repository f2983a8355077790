"""A public class of the embedded Sentry shares its name with no other class of the package."""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path

import sentry_runbook

PACKAGE = Path(sentry_runbook.__file__).parent


def public_classes() -> dict[str, list[str]]:
    """Return the modules that define each public class."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                found[node.name].append(path.relative_to(PACKAGE).as_posix())
    return found


def test_a_class_of_the_simulator_is_the_only_one_of_its_name() -> None:
    named = public_classes()
    ours = {name: modules for name, modules in named.items() if any(m.startswith("simulator/") for m in modules)}
    assert len(ours) > 40
    assert {name: modules for name, modules in ours.items() if len(modules) > 1} == {}
