"""JSON schemas as they are published: inputs that every host's converter takes, and outputs as they are on the wire.

Output schemas are made here from the result models' annotations. Pydantic would make the same from the built
validators of some sixty models, which the start would have to wait for (DESIGN §9); a test holds every answer against
what is published.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic import BaseModel, JsonValue

Schema = dict[str, JsonValue]

PLAIN: dict[object, Schema] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    datetime: {"type": "string", "format": "date-time"},
}


def output_schema(model: type[BaseModel]) -> Schema:
    """The schema of a result model as it looks on the wire: no nulls, an unknown key is absent."""
    definitions: Schema = {}
    schema = _object(model, definitions)
    return {**schema, "$defs": definitions} if definitions else schema


def _object(model: type[BaseModel], definitions: Schema) -> Schema:
    fields = model.model_fields
    properties: Schema = {name: _schema(field.annotation, definitions) for name, field in fields.items()}
    required: list[JsonValue] = [name for name, field in fields.items() if field.is_required()]
    schema: Schema = {"type": "object", "properties": properties}
    return {**schema, "required": required} if required else schema


def _schema(hint: object, definitions: Schema) -> Schema:
    origin, arguments = get_origin(hint), get_args(hint)
    if hint in PLAIN:
        return dict(PLAIN[hint])
    if origin is Annotated:
        return _schema(arguments[0], definitions)
    if origin is Literal:
        return {"type": "string", "enum": [str(word) for word in arguments]}
    if origin in (typing.Union, types.UnionType):
        return _union([_schema(arm, definitions) for arm in arguments if arm is not types.NoneType])
    if origin is tuple:
        return {"type": "array", "items": _schema(arguments[0], definitions)}
    return _object_or_map(hint, definitions)


def _object_or_map(hint: object, definitions: Schema) -> Schema:
    if get_origin(hint) is dict:
        return {"type": "object", "additionalProperties": _schema(get_args(hint)[1], definitions)}
    if not (isinstance(hint, type) and issubclass(hint, BaseModel)):
        raise TypeError(f"a result model uses {hint!r}, which has no published form")
    if hint.__name__ not in definitions:
        definitions[hint.__name__] = {}
        definitions[hint.__name__] = _object(hint, definitions)
    return {"$ref": f"#/$defs/{hint.__name__}"}


def _union(arms: Sequence[Schema]) -> Schema:
    """A value of one of several types: as a list of them, for strict clients refuse anyOf and an enum without a type.

    Raises:
        TypeError: a list of types cannot say it.
    """
    if len(arms) == 1:
        return arms[0]
    if any(arm.keys() - {"type", "enum"} for arm in arms):
        raise TypeError(f"{arms!r} has no published form: a list of types does not say it")
    schema: Schema = {"type": [arm["type"] for arm in arms]}
    if not any("enum" in arm for arm in arms):
        return schema
    values: list[JsonValue] = []
    for arm in arms:
        of_arm = [True, False] if arm == PLAIN[bool] else arm["enum"]
        values += of_arm if isinstance(of_arm, list) else ()
    return {**schema, "enum": values}


UNPUBLISHED = ("title", "default", "maxLength")
NULL: Schema = {"type": "null"}
WITH_NULL = ("boolean", "integer", "number")


def input_schema(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The schema of a tool's arguments, of what pydantic makes of its function's, in words that all converters know.

    Strict function schemas make every argument required, so that "not given" must be an answer to each: null for flags
    and numbers (DESIGN §6; without it a model has to say what no person said, and a P1 becomes a P2), the empty text,
    the empty list, and for a choice the word that holds when it is left out.

    Not published, though it holds: defaults, which some strict hosts refuse (descriptions say them in words); that
    unknown arguments are refused, for Google's converter of MCP tools crashes on it; and how long a text may be, which
    only keeps giants out.
    """
    required = parameters.get("required", [])
    properties = {
        name: _argument(schema) if name in required else _optional(_argument(schema))
        for name, schema in parameters["properties"].items()
    }
    return {"type": "object", "properties": properties, **({"required": required} if required else {})}


def _argument(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The schema of one argument, without its null."""
    out = {key: part for key, part in schema.items() if key not in UNPUBLISHED}
    if "items" in out:
        out["items"] = _argument(out["items"])
    if "const" in out:
        # Some converters know no const.
        out["enum"] = [out.pop("const")]
    arms = [_argument(arm) for arm in out.pop("anyOf", ()) if arm != NULL]
    if arms:
        out = {**_union(arms), **out}
    if not all(isinstance(word, str) for word in out.get("enum", ())):
        # Gemini knows enums of strings only, and refuses the whole list of tools for another one. The description
        # names the words, and the server refuses what is none of them.
        del out["enum"]
    return out


def _optional(schema: dict[str, Any]) -> dict[str, Any]:
    """The same for an argument that may be left out: a flag or a number may be null, for "not stated"."""
    named = schema["type"]
    several = named if isinstance(named, list) else [named]
    return {**schema, "type": [*several, "null"]} if any(name in WITH_NULL for name in several) else schema
