"""A result model as the JSON values of ``structuredContent``: no nulls, and no empty list that only means unknown."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import BaseModel, JsonValue

EXTRAS = ("missing", "findings", "masked", "untrusted")
"""What the whole answer carries once; a part's own are left out when they are empty."""


def serialize(result: BaseModel) -> dict[str, JsonValue]:
    """The result as JSON values; what is unknown is absent, and so are the empty extras of its parts."""
    values: dict[str, JsonValue] = result.model_dump(mode="json", exclude_none=True, by_alias=True)
    missing = values.get("missing")
    slim = {key: _without_empty_extras(value) for key, value in values.items() if value or key not in EXTRAS}
    if isinstance(missing, list):
        slim["missing"] = missing
        _drop_unknown_lists(slim, missing)
    return slim


def _drop_unknown_lists(values: dict[str, JsonValue], missing: list[JsonValue]) -> None:
    """Take out empty lists that ``missing`` names: there an empty list would say "none", but it is unknown."""
    for entry in missing:
        what = entry.get("what") if isinstance(entry, dict) else None
        for path in what.split(", ") if isinstance(what, str) else ():
            *parents, last = path.split(".")
            parent: JsonValue = values
            for key in parents:
                parent = parent.get(key) if isinstance(parent, dict) else None
            if isinstance(parent, dict) and parent.get(last) == []:
                del parent[last]


def _without_empty_extras(value: JsonValue) -> JsonValue:
    if isinstance(value, dict):
        return {key: _without_empty_extras(inner) for key, inner in value.items() if inner or key not in EXTRAS}
    if isinstance(value, list):
        return [_without_empty_extras(inner) for inner in value]
    return value


def strings(value: JsonValue) -> Iterator[str]:
    """Every string in a JSON value, keys included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from strings(inner)
