"""init changes one entry of a host's file: all else stays, a backup lies beside it, what is broken stays."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from sentry_runbook.commands import init_hosts
from sentry_runbook.setup import config_file
from sentry_runbook.setup.hosts import HOSTS, Machine
from tests.commands.init_support import (
    FILES,
    JSON_HOSTS,
    TABLES,
    backups,
    entry,
    flat,
    init,
    mode,
    put,
    said,
    written,
)
from tests.commands.support import TOKEN, Commands

pytestmark = pytest.mark.usefixtures("quiet_sentry")

OTHERS = {
    "claude-code": '{\n  "numStartups": 12,\n  "projects": {"/x": {"history": [1.0, 2e3, "\\u00e9"]}},\n'
    '  "mcpServers": {\n'
    '    "other": {"command": "true", "env": {"A": "1"}}\n  },\n  "zzz": null\n}\n',
    "claude-desktop": '{"globalShortcut": "x",\r\n\t"mcpServers": {}\r\n}',
    "cursor": '{\n    "mcpServers": {\n        "other": {\n'
    '            "url": "https://x.example/mcp"\n        }\n    }\n}',
    "vscode": '// mine\n{\n\t"inputs": [\n\t\t{ "type": "promptString", "id": "a" }, // first\n\t],\n\t"servers": {\n'
    '\t\t"other": { "command": "true" }, /* keep */\n\t},\n}\n',
    "codex": '# mine\nmodel = "m" # best\n\n[mcp_servers.other]\ncommand = "true"\n\n# the end\n',
    "gemini": '{\n  // colours\n  "ui": {"theme": "dark"},\n  "mcpServers": {\n'
    '    "other": {"command": "true"} // keep\n  }\n}\n',
}
"""Files with other servers, keys, numbers, comments and layouts, as each host allows them."""


def is_all_in(before: str, after: str) -> bool:
    """Whether every character of ``before`` is in ``after``, in its order."""
    rest = iter(after)
    return all(char in rest for char in before)


ALL = tuple(word for host in FILES for word in ("--host", host))


def test_what_stands_in_the_files_stays_as_it_is_and_a_backup_lies_beside_each(command: Commands, home: Path) -> None:
    paths = {host: put(home, host, OTHERS[host]) for host in FILES}
    output = init(command, *ALL)
    assert output.code == 0
    for host, path in paths.items():
        after = path.read_bytes().decode()
        assert is_all_in(OTHERS[host], after), host
        # A comma may have come behind the last value.
        lines = {line.replace(",", "") for line in after.splitlines()}
        assert [line for line in OTHERS[host].splitlines() if line.replace(",", "") not in lines] in ([], [EMPTY_TABLE])
        (backup,) = backups(path)
        assert backup.read_bytes() == OTHERS[host].encode()
        assert (mode(backup), mode(path)) == (0o600, 0o600), "it holds the token now"
        assert f"{path} written; what stood there before is in {backup.name} beside it." in output.out
        assert list(path.parent.glob(f".{path.name}.*")) == []


EMPTY_TABLE = '\t"mcpServers": {}'
"""The one line that is opened, to put the server in."""


def test_a_second_run_changes_nothing_and_says_so(command: Commands, home: Path) -> None:
    paths = [put(home, host, OTHERS[host]) for host in FILES]
    init(command, *ALL)
    before = [(path.read_bytes(), path.stat().st_mtime_ns) for path in paths]
    output = init(command, *ALL)
    assert output.code == 0
    assert [(path.read_bytes(), path.stat().st_mtime_ns) for path in paths] == before
    for path in paths:
        assert f"{path} says it already; nothing was changed." in output.out
        assert len(backups(path)) == 1


@pytest.mark.parametrize("text", ["", "\n"], ids=["empty", "a line"])
def test_empty_files_are_filled(text: str, command: Commands, home: Path) -> None:
    for host in FILES:
        put(home, host, text)
    assert init(command, *ALL).code == 0
    assert [entry(home, host)["env"]["SENTRY_AUTH_TOKEN"] for host in FILES] == [TOKEN] * len(FILES)


BROKEN = {
    "cut": '{"mcpServers": {',
    "no object": "[]",
    "other shape": '{"mcpServers": [], "servers": 1}',
    "entry of another shape": '{"mcpServers": {"sentry-runbook": 1}, "servers": {"sentry-runbook": 1}}',
    "another program": '{"mcpServers": {"sentry-runbook": {"command": "rm"}}, '
    '"servers": {"sentry-runbook": {"url": "x"}}}',
    "no text": "\udcff",
    "deep": "[" * 100_000,
    "a long number": '{"a": ' + "1" * 10_000 + "}",
    "comment without end": "/* {",
    "string without end": '{"a": "b\\"',
}


@pytest.mark.parametrize("kind", BROKEN)
def test_broken_json_files_are_named_and_left_alone_with_what_to_paste(
    kind: str, command: Commands, home: Path
) -> None:
    before = BROKEN[kind].encode("utf-8", "surrogateescape")
    paths = [put(home, host, "") for host in JSON_HOSTS]
    for path in paths:
        path.write_bytes(before)
    output = init(command, *ALL)
    assert output.code == 1
    assert output.out.count("It was left as it is.") == len(paths)
    assert output.out.count('"sentry-runbook": {') == len(paths)
    for path in paths:
        assert f"{path} " in output.out
        assert path.read_bytes() == before
        assert backups(path) == []
    # The others are written all the same, and the next step is theirs.
    assert entry(home, "codex")["env"]["SENTRY_ORG"] == "acme"
    assert output.out.rstrip().splitlines()[-1].startswith("Next: Start a new session of Codex")


@pytest.mark.parametrize(
    ("host", "text"),
    [
        ("cursor", '{"mcpServers": {"sentry-runbook": {\n// why\n"command": "sentry-runbook"}}}'),
        ("codex", '[mcp_servers.sentry-runbook]\ncommand = "sentry-runbook"\nargs = [ # why\n]\n'),
    ],
)
def test_comments_that_cannot_be_kept_are_not_thrown_away(host: str, text: str, command: Commands, home: Path) -> None:
    path = put(home, host, text)
    output = init(command, "--host", host)
    assert output.code == 1
    assert "comment" in output.out
    assert path.read_text() == text


@pytest.mark.parametrize(
    "text",
    [
        "a = ",
        'mcp_servers = {other = {command = "x"}}',
        'mcp_servers.sentry-runbook.command = "sentry-runbook"',
        "mcp_servers = 1",
        '[mcp_servers.sentry-runbook]\ncommand = "rm"\n',
        'a = """\n[mcp_servers.sentry-runbook]\n"""\n[mcp_servers.sentry-runbook]\ncommand = "sentry-runbook"\n',
        '[mcp_servers.sentry-runbook]\ncommand = "sentry-runbook"\nx = 1979-05-27\n',
    ],
)
def test_a_toml_file_that_cannot_be_changed_safely_is_left_alone(text: str, command: Commands, home: Path) -> None:
    path = put(home, "codex", text)
    output = init(command, "--host", "codex")
    assert output.code == 1
    assert "[mcp_servers.sentry-runbook]" in output.out
    assert path.read_text() == text


@pytest.mark.parametrize(
    ("host", "text"), [("claude-code", '{"a": 1} // x'), ("claude-desktop", '{"a": 1,}'), ("gemini", '{"a": 1,}')]
)
def test_what_a_host_does_not_read_is_broken_for_it(host: str, text: str, command: Commands, home: Path) -> None:
    path = put(home, host, text)
    assert init(command, "--host", host).code == 1
    assert path.read_text() == text


def test_read_only_files_are_left_alone(command: Commands, home: Path) -> None:
    paths = [put(home, host, "", mode=0o444) for host in FILES]
    output = init(command, *ALL)
    assert output.code == 1
    for path in paths:
        assert f"{path} is read-only" in output.out
        assert path.read_text() == ""


def test_links_stay_links_and_their_targets_are_written(command: Commands, home: Path) -> None:
    targets = {}
    for host in FILES:
        targets[host] = home / "dotfiles" / host
        targets[host].parent.mkdir(exist_ok=True)
        targets[host].write_bytes(OTHERS[host].encode())
        path = written(home, host)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.symlink_to(targets[host])
    assert init(command, *ALL).code == 0
    for host, target in targets.items():
        assert written(home, host).is_symlink()
        assert "sentry-runbook" in target.read_text()
        assert [backup.read_bytes() for backup in backups(target)] == [OTHERS[host].encode()]


def test_flags_keys_and_variables_of_entries_that_are_there_are_kept(command: Commands, home: Path) -> None:
    init(command, *ALL)
    for host in JSON_HOSTS:
        path, table = written(home, host), TABLES.get(host, "mcpServers")
        config = json.loads(path.read_text())
        ours = config[table]["sentry-runbook"]
        ours["args"], ours["tool_timeout_sec"] = (
            ["serve", "--url", "https://old.example", "--org=old", "--read-only"],
            90,
        )
        ours["env"] |= {"MINE": "1", "SENTRY_HOST": "x", "SENTRY_ORG": "old"}
        path.write_text(json.dumps(config))
    codex = written(home, "codex").read_text().replace('SENTRY_ORG = "acme"', 'SENTRY_ORG = "old"')
    codex = codex.replace(
        "args = []",
        'args = ["serve", "--base-url", "https://old.example", "--read-only"]\ntool_timeout_sec = 90 # slow',
    )
    written(home, "codex").write_text(f'{codex}MINE = "1"\nSENTRY_HOST = "x"\n')
    assert init(command, *ALL).code == 0
    for host in FILES:
        after = entry(home, host)
        # A server that could not write must not begin to; which Sentry it asks is what was checked.
        assert after["args"] == ["serve", "--read-only"]
        assert after["tool_timeout_sec"] == 90
        assert (after["env"]["MINE"], after["env"]["SENTRY_ORG"]) == ("1", "acme")
        assert "SENTRY_HOST" not in after["env"]


@pytest.mark.parametrize("other", ["1e999", r'"\ud83d"'], ids=["infinite number", "half a character"])
@pytest.mark.parametrize("host", JSON_HOSTS)
def test_a_value_beside_ours_that_cannot_be_written_again_is_left_alone(
    host: str, other: str, command: Commands, home: Path
) -> None:
    ours = f'{{"command": "sentry-runbook", "args": [], "other": {other}}}'
    path = put(home, host, f'{{"{TABLES.get(host, "mcpServers")}": {{"sentry-runbook": {ours}}}}}')
    before = path.read_bytes()
    outcome = init(command, "--host", host)
    assert outcome.code == 1
    assert "It was left as it is" in flat(outcome.out)
    assert path.read_bytes() == before


@pytest.mark.parametrize("host", FILES)
@pytest.mark.parametrize(
    "stronger",
    [
        ["--demo"],
        ["--url", "https://sentry.thief.example"],
        ["--base-url=https://sentry.thief.example"],
        ["--org", "old", "--project=old", "--organization", "old"],
        ["--writes", "direct"],
    ],
    ids=["demo", "server", "server in one word", "names", "writes"],
)
def test_no_flag_of_an_entry_that_is_there_wins_over_what_was_checked(
    host: str, stronger: list[str], command: Commands, home: Path
) -> None:
    flags = ("--host", host, "--project", "shop", "--read-only")
    init(command, *flags)
    path = written(home, host)
    args = '["serve", "--prompts", "/p", ' + ", ".join(json.dumps(word) for word in stronger) + "]"
    path.write_text(re.sub(r'("?args"? ?[=:] ?)\[[^\]]*\]', lambda found: found[1] + args, path.read_text()))
    assert entry(home, host)["args"][-1] == stronger[-1]
    assert init(command, *flags).code == 0
    assert entry(home, host)["args"] == ["serve", "--prompts", "/p"]
    assert entry(home, host)["env"]["SENTRY_RUNBOOK_WRITES"] == "off"


def test_comments_of_a_toml_table_that_is_replaced_are_kept(command: Commands, home: Path) -> None:
    ours = '[mcp_servers.sentry-runbook]\n# ours\ncommand = "sentry-runbook"\n'
    path = put(home, "codex", f'{ours}\n# of the next\n[mcp_servers.b]\ncommand = "true"\n')
    assert init(command, "--host", "codex").code == 0
    text = path.read_text()
    assert text.startswith("# ours\n[mcp_servers.sentry-runbook]\n")
    assert text.endswith('\n# of the next\n[mcp_servers.b]\ncommand = "true"\n')


def test_backups_of_the_same_second_do_not_overwrite_each_other(command: Commands, home: Path) -> None:
    path = put(home, "codex", "a = 1\n")
    init(command, "--host", "codex")
    path.write_text("a = 2\n")
    init(command, "--host", "codex")
    assert sorted(backup.read_text() for backup in backups(path)) == ["a = 1\n", "a = 2\n"]


def test_a_byte_order_mark_stays(command: Commands, home: Path) -> None:
    path = put(home, "claude-desktop", "\ufeff{}")
    assert init(command, "--host", "claude-desktop").code == 0
    assert path.read_text(encoding="utf-8").startswith("\ufeff{")


def test_a_file_that_changes_meanwhile_is_not_overwritten(
    command: Commands, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = put(home, "claude-code", "{}")
    write = config_file.write

    def after_the_host(*args: object) -> object:
        path.write_text('{"numStartups": 2}')
        return write(*args)  # type: ignore[arg-type]  # handed on as they are

    monkeypatch.setattr(init_hosts, "write", after_the_host)
    output = init(command, "--host", "claude-code")
    assert output.code == 1
    assert "was changed by another program" in flat(output.out)
    assert path.read_text() == '{"numStartups": 2}'
    assert list(home.glob("..claude.json*")) == []


def test_a_file_that_others_can_read_is_closed_even_where_its_text_is_right(command: Commands, home: Path) -> None:
    init(command, "--host", "codex")
    written(home, "codex").chmod(0o644)
    assert init(command, "--host", "codex").code == 0
    assert mode(written(home, "codex")) == 0o600


def test_vs_codes_question_for_the_token_stands_once_among_the_others(
    command: Commands, home: Path, folder: Path
) -> None:
    path = folder / ".vscode" / "mcp.json"
    path.parent.mkdir()
    path.write_text(OTHERS["vscode"])
    assert init(command, "--host", "vscode", "--scope", "project").code == 0
    text = path.read_text()
    assert '"id": "a" }, // first\n' in text
    assert text.count('"id": "sentry-auth-token"') == 1
    assert '"${input:sentry-auth-token}"' in text
    assert init(command, "--host", "vscode", "--scope", "project").code == 0
    assert path.read_text() == text


@pytest.mark.parametrize("host", ["claude-code", "cursor", "vscode"])
def test_a_shared_file_holds_no_token_and_stays_readable(host: str, command: Commands, folder: Path) -> None:
    output = init(command, "--host", host, "--scope", "project")
    (path,) = (path for path in folder.rglob("*") if path.is_file())
    assert output.code == 0
    assert TOKEN not in path.read_text()
    assert mode(path) == 0o644
    assert said(path)[TABLES.get(host, "mcpServers")]["sentry-runbook"]["env"]["SENTRY_AUTH_TOKEN"].startswith("${")


DOCUMENTED = {
    ("darwin", "claude-desktop"): "Library/Application Support/Claude/claude_desktop_config.json",
    ("darwin", "vscode"): "Library/Application Support/Code/User/mcp.json",
    ("darwin", "claude-code"): ".claude.json",
    ("win32", "claude-desktop"): "AppData/Roaming/Claude/claude_desktop_config.json",
    ("win32", "vscode"): "AppData/Roaming/Code/User/mcp.json",
    ("win32", "codex"): ".codex/config.toml",
    ("linux", "vscode"): ".config/Code/User/mcp.json",
    ("linux", "cursor"): ".cursor/mcp.json",
    ("linux", "gemini"): ".gemini/settings.json",
}
"""As the hosts' documentation says it."""


@pytest.mark.parametrize(("platform", "host"), DOCUMENTED)
def test_the_files_lie_where_the_hosts_say(
    platform: str, host: str, command: Commands, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.platform", platform)
    assert init(command, "--host", host).code == 0
    assert (home / DOCUMENTED[platform, host]).is_file()


MOVED: dict[str, tuple[str, str, Callable[[Path], Path]]] = {
    "claude-code": ("CLAUDE_CONFIG_DIR", "moved", lambda home: home / "moved" / ".claude.json"),
    "codex": ("CODEX_HOME", "moved", lambda home: home / "moved" / "config.toml"),
    "gemini": ("GEMINI_CLI_HOME", "moved", lambda home: home / "moved" / ".gemini" / "settings.json"),
    "vscode": ("XDG_CONFIG_HOME", "moved", lambda home: home / "moved" / "Code" / "User" / "mcp.json"),
}


@pytest.mark.parametrize("host", MOVED)
def test_a_variable_that_moves_a_hosts_folder_is_followed(
    host: str, command: Commands, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    variable, folder_name, file = MOVED[host]
    monkeypatch.setenv(variable, str(home / folder_name))
    assert init(command, "--host", host).code == 0
    assert file(home).is_file()


@pytest.mark.parametrize("host", HOSTS, ids=lambda host: host.name)
def test_a_host_is_found_by_its_folder_or_its_program(host: object, home: Path) -> None:
    assert host in HOSTS
    for known in HOSTS:
        bare = Machine(home, home, {}, "linux", lambda _: None)
        assert not known.is_installed(bare)
        if known.programs:
            assert known.is_installed(Machine(home, home, {}, "linux", lambda name: f"/bin/{name}"))


@pytest.mark.parametrize(
    ("proxy", "readers"), [("http://proxy.example:3128", 0o644), ("http://u:p@proxy.example", 0o600)]
)
def test_the_way_to_sentry_is_written_because_hosts_do_not_hand_it_on(
    proxy: str, readers: int, command: Commands, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "token").write_text(TOKEN)
    (home / "token").chmod(0o600)
    put(home, "cursor", "{}")
    monkeypatch.delenv("SENTRY_AUTH_TOKEN")
    monkeypatch.setenv("SENTRY_AUTH_TOKEN_FILE", str(home / "token"))
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    assert init(command, "--host", "cursor").code == 0
    env = entry(home, "cursor")["env"]
    assert (env["HTTPS_PROXY"], env["no_proxy"]) == (proxy, "127.0.0.1")
    assert mode(written(home, "cursor")) == readers, "a password of a proxy is its owner's, too"
