"""The attack corpus: payloads as data, and where each of them goes.

A file of ``tests/corpus/attacks`` holds ``attacks``. Each has a ``name``; ``where`` it goes (one of :data:`PLACES`); a
``payload``: a string, or a recipe for what is too large or too invisible to be written down; ``finds``: the kinds of
findings that must be reported, at least; perhaps ``forbid``: strings that must not come out.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

CORPUS = Path(__file__).parents[1] / "corpus" / "attacks"
PLACES = frozenset(
    {
        *("title", "message", "exception_value", "release", "environment", "transaction", "note", "commit_message"),
        *("tag_key", "tag_value", "context_name", "context_key", "context_value", "extra_key", "extra_value"),
        *(
            "breadcrumb_message",
            "breadcrumb_category",
            "breadcrumb_url",
            "request_header",
            "request_url",
            "request_data",
        ),
        *("frame_function", "frame_file", "frame_source", "frame_variable", "user_id", "user_name"),
    }
)
Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]


@dataclass(frozen=True)
class Attack:
    """One payload."""

    name: str
    where: str
    recipe: Json
    finds: frozenset[str]
    forbid: tuple[str, ...] = ()

    @property
    def payload(self) -> Json:
        """What is sent; made anew each time, because some are large."""
        return made(self.recipe)

    @property
    def text(self) -> str | None:
        """The payload when it is text."""
        if isinstance(self.recipe, dict) and "nest" in self.recipe:
            return None  # thousands deep, and never text
        payload = self.payload
        return payload if isinstance(payload, str) else None


def made(recipe: Json) -> Json:
    """A payload from its recipe."""
    if not isinstance(recipe, dict):
        return recipe
    ((kind, argument),) = recipe.items()
    return _RECIPES[kind](argument)


def _repeat(argument: Json) -> Json:
    piece, times = _pair(argument)
    return piece * times


def _join(argument: Json) -> Json:
    assert isinstance(argument, list)
    return "".join(str(made(part)) for part in argument)


def _nest(argument: Json) -> Json:
    kind, depth = _pair(argument)
    value: Json = "# bottom"
    for _ in range(depth):
        value = [value] if kind == "list" else {"# k": value}
    return value


def _entries(argument: Json) -> Json:
    prefix, count = _pair(argument)
    return {f"{prefix}{number}": f"# {number}" for number in range(count)}


def _items(argument: Json) -> Json:
    item, count = _pair(argument)
    return [item] * count


def _integer(argument: Json) -> Json:
    assert isinstance(argument, int)
    return int(10**argument)


def _numbers(argument: Json) -> Json:
    assert isinstance(argument, list)
    return [float(str(number)) for number in argument]


def _pair(argument: Json) -> tuple[str, int]:
    assert isinstance(argument, list)
    first, second = argument
    assert isinstance(first, str)
    assert isinstance(second, int)
    return first, second


_RECIPES: dict[str, Callable[[Json], Json]] = {
    "repeat": _repeat,
    "join": _join,
    "tags": lambda text: "".join(chr(0xE0000 + ord(char)) for char in str(text)),
    "selectors": lambda text: "".join(chr(0xE0100 + ord(char) - 16) for char in str(text)),
    "nest": _nest,
    "entries": _entries,
    "items": _items,
    "integer": _integer,
    "numbers": _numbers,
}


@cache
def attacks() -> tuple[Attack, ...]:
    """All of them, file by file; the name is unique."""
    return tuple(
        Attack(
            name=f"{path.stem}/{entry['name']}",
            where=entry["where"],
            recipe=entry["payload"],
            finds=frozenset(entry["finds"]),
            forbid=tuple(entry.get("forbid", ())),
        )
        for path in sorted(CORPUS.glob("*.json"))
        for entry in json.loads(path.read_text(encoding="ascii"))["attacks"]
    )
