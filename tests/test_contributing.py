"""CONTRIBUTING.md names only what is there: paths, modules of the package, names in them, and commands."""

from __future__ import annotations

import importlib.util
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.mutation.__main__ import TESTS as MUTATED

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "server" / "sentry_runbook"
GUIDE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
QUOTED = sorted(set(re.findall(r"`([^`]+)`", GUIDE)))
PATTERNS = {"incident/causes/patterns/pNN_name.py": "incident/causes/patterns/p[0-9][0-9]_*.py"}
"""A path that stands for several, as a file pattern."""


def is_path(text: str) -> bool:
    """Whether a quoted text is meant as a path: one word with a slash, or a file's name."""
    if " " in text or text.startswith(".venv/"):
        return False
    return "/" in text or re.fullmatch(r"[\w.]+\.(md|py|json|toml)", text) is not None


PATHS = [text for text in QUOTED if is_path(text)]
MODULES = sorted(set(re.findall(r"python -m ([\w.]+)", GUIDE)))


def files(text: str) -> Iterator[Path]:
    """The files that a path of the guide means: below the top when it begins there, else below the package."""
    path = PATTERNS.get(text, text)
    for base in (ROOT, PACKAGE):
        yield from base.glob(path.rstrip("/"))


def test_the_guide_is_read() -> None:
    assert len(PATHS) > 30 and len(MODULES) >= 4


@pytest.mark.parametrize("text", PATHS)
def test_a_path_of_the_guide_is_there(text: str) -> None:
    assert list(files(text)), text


@pytest.mark.parametrize("text", sorted(set(re.findall(r"\]\(([^)]+)\)", GUIDE))))
def test_a_link_of_the_guide_is_there(text: str) -> None:
    assert (ROOT / text).exists()


@pytest.mark.parametrize("name", MODULES)
def test_a_module_of_the_guide_can_be_run(name: str) -> None:
    spec = importlib.util.find_spec(name)
    assert spec is not None
    assert spec.submodule_search_locations is None or importlib.util.find_spec(f"{name}.__main__") is not None


@pytest.mark.parametrize("command", [text for text in QUOTED if "pytest tests" in text])
def test_a_test_of_the_guide_is_there(command: str) -> None:
    assert (ROOT / command.rsplit(maxsplit=1)[-1]).exists()


def test_the_names_in_capitals_are_names_of_the_code() -> None:
    sources = [path.read_text(encoding="utf-8") for top in (PACKAGE, ROOT / "tests") for path in top.rglob("*.py")]
    names = [text for text in QUOTED if re.fullmatch(r"[A-Z][A-Z_]+", text)]
    assert len(names) >= 8
    missing = [name for name in names if not any(re.search(rf"(?m)^\s*{name}\b.*=", source) for source in sources)]
    assert missing == []


def test_the_named_tools_are_installed_with_the_project_or_by_the_guide() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    installed = {re.split(r"[>=<]", name)[0] for name in project["project"]["optional-dependencies"]["dev"]}
    assert {"pytest", "ruff", "mypy"} <= installed
    (folders,) = re.findall(r"in each of (.*?), by", " ".join(GUIDE.split()))
    assert set(re.findall(r"`(\w+)`", folders)) == set(MUTATED)
