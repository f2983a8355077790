"""One name, one thing: a reader who greps for a class finds one, and what a docstring refers to is there."""

from __future__ import annotations

import ast
import pkgutil
import re
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


def test_no_two_public_classes_share_a_name() -> None:
    named = public_classes()
    assert len(named) > 250
    assert {name: modules for name, modules in named.items() if len(modules) > 1} == {}


def test_what_a_docstring_names_in_full_is_there() -> None:
    text = "\n".join(path.read_text(encoding="utf-8") for path in sorted(PACKAGE.rglob("*.py")))
    names = sorted(set(re.findall(r":\w+:`~?(sentry_runbook\.[\w.]+)`", text)))
    assert len(names) >= 4
    assert [name for name in names if not resolves(name)] == []


def resolves(name: str) -> bool:
    try:
        pkgutil.resolve_name(name)
    except (ImportError, AttributeError):
        return False
    return True
