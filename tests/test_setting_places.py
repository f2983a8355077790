"""A setting is one row of ``SETTINGS``: whatever else names settings equals the table, or fails here by name."""

import argparse
import ast
import json
import re
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from sentry_runbook.commands.arguments import EPILOG, parser
from sentry_runbook.settings import SETTINGS, Limits, Setting, Settings

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
MANIFEST = json.loads((ROOT / "manifest.json").read_text(encoding="utf-8"))
SERVER = json.loads((ROOT / "server.json").read_text(encoding="utf-8"))
DERIVED = {"limits", "warnings", "sources", "unread_files", "problem"}
"""Fields of the settings that no variable gives."""

BY_VARIABLE = {variable: row for row in SETTINGS for variable in row.environment}
OFFERED = {row.environment[0]: row for row in SETTINGS if row.is_offered}
LEFT_OUT = {
    "token_file": "the entry asks for the token itself",
    "keyring": "the entry asks for the token itself",
    "webhook_secret": "only a command reads webhooks",
    "http_token": "the entry starts the server over stdio",
}
"""Settings that the registry's entry does not name, with the reason."""
LISTED = {row.environment[0]: row for row in SETTINGS if row.name not in LEFT_OUT}
PATHS = {"policy_file": "file", "ca_bundle": "file", "prompts_dir": "directory", "state_dir": "directory"}
"""Settings that are a path, with the kind of picker that the form of a desktop host shows."""


def readme_rows() -> list[tuple[list[str], str]]:
    """Variables and default of each row of the README's table of settings."""
    table = README.split("\n## Settings\n", 1)[1].split("\n**", 1)[0]
    rows = []
    for line in table.splitlines():
        if line.startswith("| `"):
            variables, _, default = (cell.strip() for cell in line.strip("|").split("|"))
            names = [name.replace("…", "SENTRY_RUNBOOK") for name in re.findall(r"`([^`]+)`", variables)]
            rows.append((names, default.replace("`", "")))
    return rows


def test_every_row_fills_a_field_and_every_field_has_its_row() -> None:
    names = {row.name for row in SETTINGS} - {"token_file"}  # which fills `token`
    assert names == {field.name for kind in (Settings, Limits) for field in fields(kind)} - DERIVED - {
        "max_answer_bytes"  # a limit that no operator needs to move
    }
    assert len(BY_VARIABLE) == sum(len(row.environment) for row in SETTINGS), "two settings share a variable"


def test_every_setting_is_read_by_the_package() -> None:
    package = ROOT / "server" / "sentry_runbook"
    sources = [path for path in package.rglob("*.py") if not path.name.startswith("setting")]
    read = {
        node.attr
        for path in sources
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute)
    }
    names = {field.name for kind in (Settings, Limits) for field in fields(kind)}
    assert sorted(names - read - DERIVED) == [], "nobody reads these settings"


def test_no_module_reads_a_variable_of_sentry_past_the_table() -> None:
    package = ROOT / "server" / "sentry_runbook"
    past = re.compile(r"(?:environ|getenv)\b.*\bSENTRY_")
    assert [path.name for path in package.rglob("*.py") if past.search(path.read_text(encoding="utf-8"))] == []


def test_the_readme_has_every_variable_and_no_other() -> None:
    named = [name for names, _ in readme_rows() for name in names]
    assert sorted(set(BY_VARIABLE) - set(named)) == [], "not in the README's table"
    assert sorted(set(named) - set(BY_VARIABLE)) == [], "only in the README's table"
    assert len(named) == len(set(named))


def test_the_readme_has_the_defaults() -> None:
    for names, default in readme_rows():
        rows = dict.fromkeys(BY_VARIABLE[name] for name in names)
        assert default == ", ".join(dict.fromkeys(row.default for row in rows)), names


def test_the_bundle_asks_for_the_offered_settings() -> None:
    env: dict[str, str] = MANIFEST["server"]["mcp_config"]["env"]
    asked = {variable: value.removeprefix("${user_config.").removesuffix("}") for variable, value in env.items()}
    assert set(asked) == set(OFFERED)
    assert sorted(asked.values()) == sorted(MANIFEST["user_config"])
    for variable, key in asked.items():
        row, field = OFFERED[variable], MANIFEST["user_config"][key]
        assert field["type"] == PATHS.get(row.name, "string"), key
        assert field["required"] == (row.name == "token"), key
        # An empty text means "not given": a form has no other word for it.
        assert field.get("default", "") == ("" if row.unset else row.default), key
        assert_form(row, field, secret="sensitive")


def test_the_registry_entry_names_every_setting_of_a_server_over_stdio() -> None:
    (package,) = SERVER["packages"]
    asked: dict[str, dict[str, Any]] = {entry["name"]: entry for entry in package["environmentVariables"]}
    assert len(asked) == len(package["environmentVariables"]), "a variable stands twice"
    assert set(asked) == set(LISTED)
    for variable, entry in asked.items():
        row = LISTED[variable]
        kind = "filepath" if row.name in PATHS else "number" if row.name in Limits.__dataclass_fields__ else "string"
        assert entry.get("format", "string") == kind, variable
        assert entry.get("isRequired", False) == (row.name == "token"), variable
        assert tuple(entry.get("choices", ())) == row.choices, variable
        assert entry.get("default", row.unset) == row.default, variable
        assert_form(row, entry, secret="isSecret")


@pytest.mark.parametrize(
    "row", [row for row in LISTED.values() if row.name in Limits.__dataclass_fields__], ids=lambda row: row.name
)
def test_the_bounds_that_the_registry_entry_tells_are_those_of_the_setting(row: Setting) -> None:
    (package,) = SERVER["packages"]
    (told,) = (entry["description"] for entry in package["environmentVariables"] if entry["name"] in row.environment)
    bounds = re.search(r"(\d[\d.]*)(?: \(never\))? to (\d+)$", told)
    assert bounds, told
    low, high = bounds.groups()
    for inside in (low, high):
        row.parse(inside, [])
    for outside in (float(low) - 0.01, float(high) + 1):
        with pytest.raises(ValueError, match=f"from {low} to {high}"):
            row.parse(str(outside), [])


def assert_form(row: Setting, form: dict[str, Any], secret: str) -> None:
    """One entry of an installer's form hides what is secret, and says which words can be chosen."""
    assert form.get(secret, False) == (row.name == "token"), row.name
    for word in row.choices:
        assert word in form["description"], row.name


@pytest.mark.parametrize("row", [row for row in SETTINGS if row.choices], ids=lambda row: row.name)
def test_a_setting_takes_the_words_that_are_offered_and_no_other(row: Setting) -> None:
    for word in row.choices:
        row.parse(word, [])
    with pytest.raises(ValueError, match=" or "):
        row.parse("sometimes", [])


def flags_of(command: argparse.ArgumentParser) -> dict[str, argparse.Action]:
    return {flag: action for action in command._actions for flag in action.option_strings}


def commands() -> dict[str, argparse.ArgumentParser]:
    (sub,) = (action for action in parser()._actions if isinstance(action, argparse._SubParsersAction))
    return dict(sub.choices)


@pytest.mark.parametrize("row", [row for row in SETTINGS if row.flags], ids=lambda row: row.name)
def test_help_tells_a_settings_flags_variable_and_default(row: Setting) -> None:
    serve = flags_of(commands()["serve"])
    for flag in row.flags:
        assert flag in serve, f"serve --help has no {flag}"
        assert serve[flag].dest == row.name
        assert row.environment[0] in str(serve[flag].help)
        assert row.unset or row.default in f"{serve[flag].help} {serve[flag].metavar}"
    # Error messages name a flag after the setting.
    assert f"--{row.name.replace('_', '-')}" in row.flags
    assert row.environment[0] in EPILOG


def test_a_flag_that_several_commands_have_is_the_same_setting_in_all() -> None:
    by_flag = {flag: row.name for row in SETTINGS for flag in row.flags}
    for name, command in commands().items():
        for flag, action in flags_of(command).items():
            if flag in by_flag:
                assert action.dest == by_flag[flag], f"{name} {flag}"


def test_the_epilog_names_the_token_and_every_setting_that_has_a_flag() -> None:
    named = re.findall(r"SENTRY_[A-Z_]+", EPILOG)
    assert sorted(named) == sorted(row.environment[0] for row in SETTINGS if row.flags or row.name == "token")
