"""Every regular expression of the product, found where it stands: in a module, behind a cached function, in a table."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from types import ModuleType
from typing import Any

import sentry_runbook

Found = Mapping[str, re.Pattern[Any]]
NOT_OURS = ("sentry_runbook.simulator", "sentry_runbook.__main__")
"""The embedded Sentry reads what we send."""
PATTERN_FUNCTIONS = frozenset(
    {"compile", "sub", "subn", "search", "match", "fullmatch", "split", "findall", "finditer"}
)
USES = frozenset(PATTERN_FUNCTIONS - {"compile"})
DEEPEST = 6


@dataclass(frozen=True)
class Site:
    """A call of the module ``re`` in the source.

    Attributes:
        place: module, line and function, for messages.
        source: the expression, where it is a literal; None where it is put together.
        flags: where they are literals, too.
        method: what is called.
        reached: whether the object walk finds what it compiles: in a module, a cached function, a cached property.
    """

    place: str
    source: str | bytes | None
    flags: int
    method: str
    reached: bool


@cache
def modules() -> tuple[ModuleType, ...]:
    """Every module that text of strangers may reach."""
    names = [info.name for info in pkgutil.walk_packages(sentry_runbook.__path__, "sentry_runbook.")]
    return tuple(importlib.import_module(name) for name in sorted(names) if not name.startswith(NOT_OURS))


@cache
def patterns() -> Found:
    """Name → pattern; the same pattern in two places stands once."""
    found: dict[str, re.Pattern[Any]] = {}
    seen: set[int] = set()
    for module in modules():
        short = module.__name__.removeprefix("sentry_runbook.")
        for name, value in list(vars(module).items()):
            for path, pattern in _held(value, f"{short}.{name}", module, seen, 0):
                found.setdefault(path, pattern)
    for site in sites():
        if site.source is not None and not site.reached:
            found[site.place] = re.compile(site.source, site.flags)
    unique = {(pattern.pattern, pattern.flags): name for name, pattern in reversed(found.items())}
    return {name: found[name] for name in sorted(unique.values())}


def _held(
    value: object, path: str, module: ModuleType, seen: set[int], depth: int
) -> Iterator[tuple[str, re.Pattern[Any]]]:
    """The patterns in a value, whatever holds them."""
    if isinstance(value, re.Pattern):
        yield path, value
        return
    if depth > DEEPEST or isinstance(value, str | bytes | int | float | ModuleType) or id(value) in seen:
        return
    seen.add(id(value))
    if isinstance(value, Mapping):
        inner = [(f"[{key!r}]"[:60], item) for key, item in value.items()]
    elif isinstance(value, tuple | list | frozenset | set):
        inner = [(f"[{index}]", item) for index, item in enumerate(value)]
    elif hasattr(value, "cache_info"):
        inner = [("()", value())] if callable(value) and _is_own(value, module) and not _parameters(value) else []
    elif not isinstance(value, type) and type(value).__module__.startswith("sentry_runbook."):
        inner = _attributes(value)
    elif inspect.isfunction(value) and value.__closure__ and _is_own(value, module):
        inner = [(f"<{name}>", held) for name, held in inspect.getclosurevars(value).nonlocals.items()]
    else:
        inner = []
    for name, item in inner:
        yield from _held(item, path + name, module, seen, depth + 1)


def _attributes(value: object) -> list[tuple[str, object]]:
    names = [name for name, held in vars(type(value)).items() if isinstance(held, cached_property)]
    names += [*getattr(type(value), "__slots__", ()), *getattr(value, "__dict__", {})]
    return [(f".{name}", getattr(value, name, None)) for name in dict.fromkeys(names)]


def _parameters(function: Callable[..., object]) -> Mapping[str, inspect.Parameter]:
    return inspect.signature(function).parameters


def _is_own(function: object, module: ModuleType) -> bool:
    return getattr(function, "__module__", "") == module.__name__


@cache
def _source() -> str:
    return "\n".join(Path(str(module.__file__)).read_text(encoding="utf-8") for module in modules())


def is_searched(name: str) -> bool:
    """Whether a pattern is searched for at every place of a text; else it is only matched at the beginning."""
    if name.rpartition(":")[2].isdigit():
        return next(site.method for site in sites() if site.place == name) not in ("match", "fullmatch")
    last = re.split(r"[.\[(]", name.removesuffix("()").removesuffix(".pattern"))[-1]
    used = re.findall(rf"\b{re.escape(last)}(?:\(\))?\.(\w+)\(", _source()) if last.isidentifier() else []
    methods = USES.intersection(used)
    return not methods or not methods <= {"match", "fullmatch"}


@cache
def sites() -> tuple[Site, ...]:
    """Every call of ``re`` in the modules' source."""
    return tuple(
        site
        for module in modules()
        for site in _sites(Path(str(module.__file__)), module.__name__.removeprefix("sentry_runbook."))
    )


def _sites(path: Path, module: str) -> Iterator[Site]:
    def walk(node: ast.AST, reached: bool, place: str) -> Iterator[Site]:
        for child in ast.iter_child_nodes(node):
            inside, name = reached, place
            if isinstance(child, ast.FunctionDef | ast.Lambda | ast.AsyncFunctionDef):
                inside = isinstance(child, ast.FunctionDef) and _is_cached(child)
                name = f"{place}.{getattr(child, 'name', 'lambda')}"
            if isinstance(child, ast.Call) and _is_of_re(child):
                yield _site(child, f"{name}:{child.lineno}", inside)
            yield from walk(child, inside, name)

    return walk(ast.parse(path.read_text(encoding="utf-8")), True, module)


def _is_cached(function: ast.FunctionDef) -> bool:
    names = {ast.unparse(decorator).partition("(")[0] for decorator in function.decorator_list}
    arguments = [one.arg for one in function.args.args]
    return (bool(names & {"cache", "lru_cache"}) and not arguments) or "cached_property" in names


def _is_of_re(call: ast.Call) -> bool:
    function = call.func
    return (
        isinstance(function, ast.Attribute)
        and isinstance(function.value, ast.Name)
        and function.value.id == "re"
        and function.attr in PATTERN_FUNCTIONS
    )


def _site(call: ast.Call, place: str, reached: bool) -> Site:
    method = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    given = [*call.args, *(keyword.value for keyword in call.keywords if keyword.arg == "flags")]
    flags = sum(
        int(flag)
        for one in given
        for part in ast.walk(one)
        if isinstance(part, ast.Attribute) and isinstance(flag := getattr(re, part.attr, None), re.RegexFlag)
    )
    first = call.args[0]
    source = first.value if isinstance(first, ast.Constant) and isinstance(first.value, str | bytes) else None
    return Site(place, source, flags, method, reached and method == "compile")
