"""A result model as the JSON values of ``structuredContent``: no nulls, and no empty list that only means unknown."""

from __future__ import annotations

from pydantic import BaseModel, JsonValue

from sentry_runbook.incident.model.evidence import Answer

EXTRAS = ("untrusted", "missing", "findings", "masked")
"""What the whole answer carries once, in the order in which it follows the verdict; a part's own are left out when they
are empty."""


def serialize(result: BaseModel) -> dict[str, JsonValue]:
    """The result as JSON values; what is unknown is absent, and so are the empty extras of its parts."""
    values: dict[str, JsonValue] = result.model_dump(mode="json", exclude_none=True, by_alias=True)
    missing = values.get("missing")
    slim = {key: _without_empty_extras(value) for key, value in values.items() if value or key not in EXTRAS}
    if isinstance(missing, list):
        slim["missing"] = missing
        _drop_unknown_lists(slim, missing)
    return slim


def in_reading_order(values: dict[str, JsonValue], model: type[Answer]) -> dict[str, JsonValue]:
    """An answer's values in the order in which they are needed: its verdict, the extras, the rest as the model has it.

    Some hosts show a model nothing but these values, and a reader who stops early must have read the verdict, and what
    of it is a stranger's word or unknown (DESIGN §6).
    """
    order = (*model.FIRST, *EXTRAS, *values)
    return {key: values[key] for key in order if key in values}


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
    # Most values hold no others: they are not worth a call.
    if isinstance(value, dict):
        return {
            key: _without_empty_extras(inner) if isinstance(inner, dict | list) else inner
            for key, inner in value.items()
            if inner or key not in EXTRAS
        }
    if isinstance(value, list):
        return [_without_empty_extras(inner) if isinstance(inner, dict | list) else inner for inner in value]
    return value


def strings(value: JsonValue) -> list[str]:
    """Every string in a JSON value, keys included, in no order."""
    texts: list[str] = []
    rest: list[JsonValue] = [value]
    for inner in rest:  # which grows
        if isinstance(inner, str):
            texts.append(inner)
        elif isinstance(inner, dict):
            texts += inner
            rest += inner.values()
        elif isinstance(inner, list):
            rest += inner
    return texts
