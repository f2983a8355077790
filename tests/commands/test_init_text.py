"""One entry put into a text of JSON or TOML, whatever its layout: the generator of the text knows what it must mean."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentry_runbook.setup import jsonc, toml_tables
from sentry_runbook.setup.refused import ConfigurationRefused

ENTRY = {"command": "/bin/x", "args": ["a", 'quote " and \\ '], "env": {"A": "é\n\u2028", "B": ""}}
KEYS = st.sampled_from(["a", "mcpServers", "sentry-runbook", "other", 'q"', "\\", "//", "/*", "{", "ü", ""])
SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8)
)
SERVERS = st.dictionaries(KEYS, st.dictionaries(KEYS, SCALARS, max_size=2), max_size=3)
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3))
FILES = st.dictionaries(KEYS.filter(lambda key: key != "mcpServers"), VALUES, max_size=4)
COMMENTS = ("", " ", "\n", "\t", "// x }\n", "/* , ] */", '/* " */ ', '// "\n')


def laid_out(value: Any, draw: Callable[[st.SearchStrategy[Any]], Any], *, commas: bool) -> str:
    """A JSONC text of the value, with comments and blanks anywhere."""

    def gap() -> str:
        return str(draw(st.sampled_from(COMMENTS)))

    def text(inner: Any) -> str:
        if not isinstance(inner, dict | list):
            return json.dumps(inner, ensure_ascii=draw(st.booleans()))
        if isinstance(inner, list):
            parts, braces = [f"{gap()}{text(entry)}{gap()}" for entry in inner], "[]"
        else:
            named = inner.items()
            parts = [f"{gap()}{json.dumps(key)}{gap()}:{gap()}{text(entry)}{gap()}" for key, entry in named]
            braces = "{}"
        end = "," if commas and parts and draw(st.booleans()) else ""
        return f"{braces[0]}{','.join(parts)}{end}{gap()}{braces[1]}"

    return f"{gap()}{text(value)}{gap()}"


@st.composite
def files(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """A text of JSONC and what it means."""
    value: dict[str, Any] = draw(FILES)
    if draw(st.booleans()):
        value["mcpServers"] = draw(SERVERS)
    layout = draw(st.sampled_from(["free", "plain", "indented", "tabs", "windows"]))
    if layout == "free":
        return laid_out(value, draw, commas=True), value
    indent = {"plain": None, "indented": draw(st.integers(1, 4)), "tabs": "\t", "windows": 2}[layout]
    text = json.dumps(value, indent=indent)
    return text.replace("\n", "\r\n") if layout == "windows" else text, value


def is_all_in(before: str, after: str) -> bool:
    """Whether every character but blanks is there, in its order."""
    rest = iter(after)
    return all(char in rest for char in before if not char.isspace())


@given(files())
def test_an_entry_put_into_json_changes_the_meaning_there_only(file: tuple[str, dict[str, Any]]) -> None:
    text, value = file
    try:
        after = jsonc.with_member(text, ("mcpServers", "sentry-runbook"), ENTRY)
    except ConfigurationRefused as exc:
        assert "comments in the entry" in str(exc)
        assert "sentry-runbook" in value["mcpServers"]
        return
    expected = {**value, "mcpServers": {**value.get("mcpServers", {}), "sentry-runbook": ENTRY}}
    assert jsonc.value(after) == expected
    if "sentry-runbook" not in value.get("mcpServers", {}):
        assert is_all_in(text, after)


@given(st.data())
def test_an_element_put_at_the_end_of_an_array_changes_nothing_else(data: st.DataObject) -> None:
    inputs = data.draw(st.lists(VALUES, max_size=3))
    value = {**data.draw(FILES), "inputs": inputs}
    text = laid_out(value, data.draw, commas=True)
    after = jsonc.with_element(text, "inputs", ENTRY)
    assert jsonc.value(after) == {**value, "inputs": [*inputs, ENTRY]}
    assert is_all_in(text, after)


@given(st.text(alphabet='{}[]:,"/*\\ \n1ae-', max_size=40))
def test_any_text_is_either_refused_or_json_that_is_right_afterwards(text: str) -> None:
    try:
        after = jsonc.with_member(text, ("mcpServers", "sentry-runbook"), ENTRY)
    except ConfigurationRefused:
        return
    value = jsonc.value(after)
    assert isinstance(value, dict)
    assert value["mcpServers"]["sentry-runbook"] == ENTRY


@given(files())
def test_what_has_no_trailing_comma_is_read_the_same_by_both_rules(file: tuple[str, dict[str, Any]]) -> None:
    text, value = file
    try:
        strict = jsonc.value(text, trailing_commas=False)
    except ConfigurationRefused:
        assert "," in text
        return
    assert strict == value == jsonc.value(text)


LINES = (
    "",
    "# comment [mcp_servers.sentry-runbook]",
    'model = "m" # [x]',
    "[other]",
    "[[list]]",
    "[mcp_servers.b]",
    'command = "[mcp_servers.sentry-runbook]"',
    "[mcp_servers.sentry-runbook]",
    "[mcp_servers.'sentry-runbook'.env]",
    '[ mcp_servers . "sentry-runbook" . env ]',
    "A = '1'",
    "list = [\n[1],\n]",
    'text = """\n[mcp_servers.sentry-runbook]\n"""',
    "[mcp_servers]",
    "mcp_servers.sentry-runbook.x = 1",
    "[mcp_servers.sentry-runbook-2]",
)


@given(st.lists(st.sampled_from(LINES), max_size=8), st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_a_table_put_into_toml_changes_the_meaning_there_only(lines: list[str], line_break: str, ends: bool) -> None:
    text = line_break.join(lines) + (line_break if ends else "")
    try:
        before = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        with pytest.raises(ConfigurationRefused):
            toml_tables.with_table(text, ("mcp_servers", "sentry-runbook"), ENTRY)
        return
    try:
        after = toml_tables.with_table(text, ("mcp_servers", "sentry-runbook"), ENTRY)
    except ConfigurationRefused:
        assert "mcp_servers.sentry-runbook.x" in text or '"""' in text or "[1]" in text
        return
    servers = {**before.get("mcp_servers", {}), "sentry-runbook": ENTRY}
    assert tomllib.loads(after) == {**before, "mcp_servers": servers}
    assert after.count("#") == text.count("#"), "a comment is gone"
    if "\r\n" in text and "[1]" not in text and '"""' not in text:
        assert after.count("\n") == after.count("\r\n")
    assert toml_tables.with_table(after, ("mcp_servers", "sentry-runbook"), ENTRY).rstrip() == after.rstrip()
