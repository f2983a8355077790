"""JSON schemas as they are published: slim inputs, and outputs that say what is on the wire.

Output schemas are made here from the result models' annotations. Pydantic would make the same from the built
validators of some sixty models, which the start would have to wait for (DESIGN §9); a test holds every answer against
what is published.
"""

from __future__ import annotations

import types
import typing
from datetime import datetime
from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic import BaseModel, JsonValue

PLAIN: dict[object, dict[str, JsonValue]] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    datetime: {"type": "string", "format": "date-time"},
}


def output_schema(model: type[BaseModel]) -> dict[str, JsonValue]:
    """The schema of a result model as it looks on the wire: no nulls, an unknown key is absent."""
    definitions: dict[str, JsonValue] = {}
    schema = _object(model, definitions)
    return {**schema, "$defs": definitions} if definitions else schema


def _object(model: type[BaseModel], definitions: dict[str, JsonValue]) -> dict[str, JsonValue]:
    fields = model.model_fields
    properties: dict[str, JsonValue] = {name: _schema(field.annotation, definitions) for name, field in fields.items()}
    required: list[JsonValue] = [name for name, field in fields.items() if field.is_required()]
    schema: dict[str, JsonValue] = {"type": "object", "properties": properties}
    return {**schema, "required": required} if required else schema


def _schema(hint: object, definitions: dict[str, JsonValue]) -> JsonValue:
    origin, arguments = get_origin(hint), get_args(hint)
    if hint in PLAIN:
        return dict(PLAIN[hint])
    if origin is Annotated:
        return _schema(arguments[0], definitions)
    if origin is Literal:
        return {"enum": list(arguments)}
    if origin in (typing.Union, types.UnionType):
        arms = [_schema(arm, definitions) for arm in arguments if arm is not types.NoneType]
        return arms[0] if len(arms) == 1 else {"anyOf": arms}
    if origin is tuple:
        return {"type": "array", "items": _schema(arguments[0], definitions)}
    return _object_or_map(hint, definitions)


def _object_or_map(hint: object, definitions: dict[str, JsonValue]) -> JsonValue:
    if get_origin(hint) is dict:
        return {"type": "object", "additionalProperties": _schema(get_args(hint)[1], definitions)}
    if not (isinstance(hint, type) and issubclass(hint, BaseModel)):
        raise TypeError(f"a result model uses {hint!r}, which has no published form")
    if hint.__name__ not in definitions:
        definitions[hint.__name__] = {}
        definitions[hint.__name__] = _object(hint, definitions)
    return {"$ref": f"#/$defs/{hint.__name__}"}


def slim(schema: Any, *, names: bool = False) -> Any:
    """An input schema without titles and null defaults, and without null arms but those of flags.

    An absent value is absent, never null. A flag keeps its null for clients whose schemas make every argument required:
    without it their models would have to answer true or false for a person who said neither (DESIGN §6).

    Bounds of lengths are checked and not published: they keep giants out, and no model has to know them.

    Args:
        schema: any part of a schema.
        names: the part is a map from property names to schemas, whose keys are names and no keywords.
    """
    if isinstance(schema, list):
        return [slim(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    if names:
        return {name: slim(part) for name, part in schema.items()}
    out = {
        key: slim(part, names=key in ("properties", "$defs"))
        for key, part in schema.items()
        if key != "maxLength"
        and not (key == "title" and isinstance(part, str))
        and not (key == "default" and part is None)
    }
    if "const" in out:
        # Some converters know no const.
        out["enum"] = [out.pop("const")]
    arms = out.get("anyOf")
    if isinstance(arms, list) and NULL in arms:
        rest = [arm for arm in arms if arm != NULL]
        out.pop("anyOf")
        out = _optional(rest, out)
    return out


NULL: dict[str, JsonValue] = {"type": "null"}
FLAG: dict[str, JsonValue] = {"type": "boolean"}


def _optional(arms: list[Any], others: dict[str, Any]) -> dict[str, Any]:
    """The schema of an argument that may be left out, of its arms without the null, and its other keywords."""
    if arms == [FLAG]:
        return {"type": ["boolean", "null"], **others}
    if FLAG in arms:
        # As one list of types: strict clients refuse anyOf (case 57 of the public ones), and no enum lacks its type.
        values = [value for arm in arms if arm != FLAG for value in arm["enum"]]
        return {"type": ["boolean", "string", "null"], "enum": [True, False, *values, None], **others}
    return {**arms[0], **others} if len(arms) == 1 else {**others, "anyOf": arms}
