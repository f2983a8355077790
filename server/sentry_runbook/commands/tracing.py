"""OpenTelemetry's variables, where they name what is not installed here.

The MCP SDK imports OpenTelemetry's interface, which ends that import with an exception when its variables name a
propagator or a context that this environment does not have. People set them for other programs, so here they are left
out then, and that is said.
"""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping

GROUPS = {"OTEL_PROPAGATORS": "opentelemetry_propagator", "OTEL_PYTHON_CONTEXT": "opentelemetry_context"}
"""Variable → the group of entry points that its words are looked up in."""
NONE = "none"
"""A word of OpenTelemetry's own for no propagator."""


def leave_out_unknown(environment: MutableMapping[str, str]) -> Iterator[str]:
    """Take the variables out that cannot be used; a sentence for each."""
    for variable, group in GROUPS.items():
        words = {word.strip() for word in environment.get(variable, NONE).split(",")} - {NONE}
        if words and words - _installed(group):
            del environment[variable]
            yield f"{variable} names what is not installed here, and is left out."


def _installed(group: str) -> set[str]:
    """The names of a group of entry points; reads the metadata of every package."""
    from importlib.metadata import entry_points  # noqa: PLC0415  # only where a variable is set (DESIGN §9)

    return {entry.name for entry in entry_points(group=group)}
