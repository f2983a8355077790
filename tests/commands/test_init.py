"""init: finds the Sentry and says where, takes a token that nobody sees, checks it, writes, ends with one next step."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from sentry_runbook.commands import runtime
from sentry_runbook.setup.launch import launch_command
from sentry_runbook.simulator.app import ALL_SCOPES, create_app
from sentry_runbook.simulator.catalog_routes import ORGANIZATION_ID
from sentry_runbook.simulator.scenarios import SCENARIOS
from sentry_runbook.simulator.world import World
from tests.commands.init_support import FILES, a_month_later, entry, flat, init, mode, said, written
from tests.commands.support import TOKEN, Commands, served

WORLD = World(SCENARIOS["payment-spike"], a_month_later())
PROJECT = WORLD.projects[0]
KEY = "0123456789abcdef0123456789abcdef"
SAAS_DSN = f"https://{KEY}@o{ORGANIZATION_ID}.ingest.us.sentry.io/{PROJECT.id}"


@pytest.fixture
def saas(monkeypatch: pytest.MonkeyPatch) -> None:
    """sentry.io is the embedded Sentry, and the environment holds a token for it."""
    app = runtime.embedded_sentry(WORLD)
    monkeypatch.setattr(runtime, "_http_transport", lambda _: app)
    monkeypatch.setattr(runtime, "utc_now", a_month_later())
    monkeypatch.setenv("SENTRY_AUTH_TOKEN", TOKEN)


@pytest.mark.usefixtures("quiet_sentry", "folder")
def test_who_has_told_claude_code_not_to_keep_the_tools_in_view_has_meant_it(command: Commands, home: Path) -> None:
    assert init(command, "--host", "claude-code").code == 0
    path = written(home, "claude-code")
    path.write_text(path.read_text().replace('"alwaysLoad": true', '"alwaysLoad": false'))
    assert init(command, "--host", "claude-code").code == 0
    assert entry(home, "claude-code")["alwaysLoad"] is False


@pytest.mark.usefixtures("quiet_sentry", "folder")
def test_a_project_flag_of_an_older_entry_does_not_outlive_the_checks_that_knew_of_none(
    command: Commands, home: Path
) -> None:
    assert init(command, "--host", "claude-code").code == 0
    path = written(home, "claude-code")
    path.write_text(path.read_text().replace('"args": []', '"args": ["--project", "old", "--read-only"]'))
    assert entry(home, "claude-code")["args"] == ["--project", "old", "--read-only"]
    assert init(command, "--host", "claude-code").code == 0
    assert entry(home, "claude-code")["args"] == ["--read-only"]


@pytest.mark.usefixtures("sentry")
def test_one_command_finds_checks_and_writes_and_says_where_from(
    command: Commands, home: Path, folder: Path, sentry: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SENTRY_ORG")
    (folder / ".sentryclirc").write_text("[defaults]\norg=acme\n")
    output = init(command, "--host", "claude-code")
    assert (output.code, output.err) == (0, "")
    said_flat = flat(output.out)
    assert f"server {sentry}, from SENTRY_URL" in said_flat
    assert "organization acme, from ./.sentryclirc" in said_flat
    assert "token, from SENTRY_AUTH_TOKEN" in said_flat
    assert "Triage works" in said_flat
    assert output.out.rstrip().splitlines()[-1].startswith("Next: Start a new session of Claude Code, and ask")
    assert said(written(home, "claude-code")) == {
        "mcpServers": {
            "sentry-runbook": {
                "type": "stdio",
                "alwaysLoad": True,
                "command": str(Path(sys.executable).with_name("sentry-runbook")),
                "args": [],
                "env": {"SENTRY_AUTH_TOKEN": TOKEN, "SENTRY_ORG": "acme", "SENTRY_URL": sentry},
            }
        }
    }


def test_what_it_wrote_starts_and_triages(command: Commands, home: Path, sentry_today: str) -> None:
    assert init(command, "--host", "cursor").code == 0
    wrote = entry(home, "cursor")
    assert Path(wrote["command"]).is_absolute(), "a host's PATH is short"
    assert wrote["env"]["SENTRY_URL"] == sentry_today
    # As a host starts it: the command as it stands there, a short PATH, and nothing else of the environment.
    run = subprocess.run(
        [wrote["command"], *wrote["args"], "triage", "SHOP-1Z", "--json"],
        env={"PATH": "/usr/bin:/bin", "HOME": str(home), **wrote["env"]},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout)["issue"]["short_id"] == "SHOP-1Z"


@pytest.mark.usefixtures("saas")
@pytest.mark.parametrize(
    ("name", "text"),
    [
        (".env", f'SENTRY_DSN="{SAAS_DSN}"\n'),
        (".env.local", f"NEXT_PUBLIC_SENTRY_DSN={SAAS_DSN}\n"),
        ("shop/settings.py", f"sentry_sdk.init(\n    dsn='{SAAS_DSN}',\n)\n"),
        ("sentry.client.config.ts", f'Sentry.init({{ dsn: "{SAAS_DSN}" }});\n'),
        ("web/src/instrument.mjs", f"Sentry.init({{dsn: `{SAAS_DSN}`}})"),
        ("src/main/resources/application.properties", f"sentry.dsn={SAAS_DSN}\n"),
        ("android/app/src/main/AndroidManifest.xml", f'<meta-data android:value="{SAAS_DSN}" />'),
        ("config/initializers/sentry.rb", f"config.dsn = '{SAAS_DSN}'"),
    ],
)
def test_a_dsn_in_the_project_names_server_organization_and_project(
    name: str, text: str, command: Commands, home: Path, folder: Path
) -> None:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text)
    output = init(command, "--host", "codex")
    assert output.code == 0
    said_flat = flat(output.out)
    assert f"server https://us.sentry.io, from the DSN in ./{name}" in said_flat
    assert f"organization acme, from number {ORGANIZATION_ID} in the DSN in ./{name}" in said_flat
    assert f"project {PROJECT.slug}, from number {PROJECT.id} in the DSN in ./{name}" in said_flat
    assert entry(home, "codex")["env"] == {
        "SENTRY_AUTH_TOKEN": TOKEN,
        "SENTRY_ORG": "acme",
        "SENTRY_URL": "https://us.sentry.io",
    }, "the project of one folder is no default for all of them"
    assert f"--project {PROJECT.slug}" in said_flat


@pytest.mark.usefixtures("saas")
def test_the_environments_dsn_is_stronger_than_the_files(
    command: Commands, home: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SENTRY_DSN", SAAS_DSN)
    (folder / ".env").write_text(f"SENTRY_DSN=https://{KEY}@sentry.other.example/77\n")
    assert init(command, "--host", "codex").code == 0
    assert entry(home, "codex")["env"]["SENTRY_URL"] == "https://us.sentry.io"
    assert entry(home, "codex")["env"]["SENTRY_PROJECT"] == PROJECT.slug


@pytest.mark.usefixtures("saas")
@pytest.mark.parametrize(
    "where", ["sentry.properties", "android/sentry.properties", "src/main/resources/sentry.properties"]
)
def test_sentry_properties_name_organization_and_project(
    where: str, command: Commands, home: Path, folder: Path
) -> None:
    (folder / where).parent.mkdir(parents=True, exist_ok=True)
    (folder / where).write_text(
        f"# by the wizard\ndefaults.url=https\\://sentry.io/\ndefaults.org = acme\ndefaults.project={PROJECT.slug}\n"
        "auth.token=sntrys_not_ours\n"
    )
    output = init(command, "--host", "claude-code", "--scope", "project")
    assert output.code == 0
    assert f"organization acme, from ./{where}" in flat(output.out)
    shared = said(folder / ".mcp.json")["mcpServers"]["sentry-runbook"]
    assert shared["env"] == {
        "SENTRY_AUTH_TOKEN": "${SENTRY_AUTH_TOKEN:-}",
        "SENTRY_ORG": "acme",
        "SENTRY_PROJECT": PROJECT.slug,
        "SENTRY_URL": "https://sentry.io",
    }
    assert "everyone needs uv" in flat(output.out)
    assert "everyone sets SENTRY_AUTH_TOKEN before starting Claude Code" in flat(output.out)
    assert (shared["command"], shared["args"]) == ("uvx", ["sentry-runbook"]), "no path of this machine"


@pytest.mark.usefixtures("saas")
def test_flags_win_over_all_that_was_found(command: Commands, home: Path, folder: Path) -> None:
    (folder / ".env").write_text(f"SENTRY_DSN=https://{KEY}@sentry.other.example/77\n")
    (folder / ".sentryclirc").write_text("[defaults]\norg=other\nproject=other\n")
    flags = ("--url", "https://sentry.io", "--org", "acme", "--project", PROJECT.slug)
    assert init(command, "--host", "gemini", *flags).code == 0
    assert entry(home, "gemini")["env"] == {
        "SENTRY_AUTH_TOKEN": TOKEN,
        "SENTRY_ORG": "acme",
        "SENTRY_PROJECT": PROJECT.slug,
        "SENTRY_URL": "https://sentry.io",
    }


@pytest.mark.usefixtures("saas")
def test_a_dsn_of_a_project_that_the_token_does_not_see_gives_no_project(
    command: Commands, home: Path, folder: Path
) -> None:
    (folder / ".env").write_text(f"SENTRY_DSN=https://{KEY}@o{ORGANIZATION_ID}.ingest.sentry.io/404\n")
    output = init(command, "--host", "codex")
    assert "No default project: the token sees no project number 404." in flat(output.out)
    assert "SENTRY_PROJECT" not in entry(home, "codex")["env"]


@pytest.mark.usefixtures("saas")
def test_dsns_of_several_projects_give_the_organization_and_no_default_project(
    command: Commands, home: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = World.of_all(a_month_later())
    app = runtime.embedded_sentry(other)
    monkeypatch.setattr(runtime, "_http_transport", lambda _: app)
    for number, project in enumerate(other.projects[:2]):
        (folder / f"part{number}").mkdir()
        text = f"SENTRY_DSN=https://{KEY}@o{ORGANIZATION_ID}.ingest.us.sentry.io/{project.id}\n"
        (folder / f"part{number}" / ".env").write_text(text)
    output = init(command, "--host", "codex", "--scope", "user")
    names = ", ".join(project.slug for project in other.projects[:2])
    assert f"No default project: the DSNs name several: {names}." in flat(output.out)
    assert entry(home, "codex")["env"]["SENTRY_ORG"] == "acme"


@pytest.mark.usefixtures("saas")
def test_dsns_of_several_servers_decide_nothing(command: Commands, home: Path, folder: Path) -> None:
    (folder / ".env").write_text(f"A={SAAS_DSN}\nB=https://{KEY}@sentry.other.example/77\n")
    output = init(command, "--host", "codex")
    assert output.code == 0
    assert "server https://sentry.io, from the default" in flat(output.out)


def test_the_number_in_a_dsn_chooses_among_several_organizations(
    command: Commands, home: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def root(_: Request) -> JSONResponse:
        return JSONResponse({"version": "0", "auth": {"scopes": ["event:read", "org:read", "project:read"]}})

    async def organizations(_: Request) -> JSONResponse:
        return JSONResponse([{"id": "1", "slug": "acme"}, {"id": "22", "slug": "umbrella"}])

    app = Starlette(routes=[Route("/api/0/", root), Route("/api/0/organizations/", organizations)])
    monkeypatch.setattr(runtime, "_http_transport", lambda _: httpx.ASGITransport(app=app))
    monkeypatch.setenv("SENTRY_AUTH_TOKEN", TOKEN)
    (folder / ".env").write_text(f"SENTRY_DSN=https://{KEY}@o22.ingest.us.sentry.io/5\n")
    output = init(command, "--host", "codex", "--force")
    assert "organization umbrella, from number 22 in the DSN in ./.env" in flat(output.out)
    assert entry(home, "codex")["env"]["SENTRY_ORG"] == "umbrella"


@pytest.mark.usefixtures("quiet_sentry")
def test_the_token_of_ones_own_sentryclirc_is_taken(
    command: Commands, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SENTRY_AUTH_TOKEN")
    monkeypatch.setenv("COLUMNS", "1000")
    (home / ".sentryclirc").write_text(f"[auth]\ntoken={TOKEN}\n")
    (home / ".sentryclirc").chmod(0o600)
    output = init(command, "--host", "codex")
    assert output.code == 0
    assert f"token, from {home / '.sentryclirc'}" in " ".join(output.out.split())
    assert entry(home, "codex")["env"]["SENTRY_AUTH_TOKEN"] == TOKEN


def test_without_token_and_terminal_it_says_what_to_do_and_ends_with_2(command: Commands, home: Path) -> None:
    output = init(command, "--host", "claude-code")
    assert output.code == 2
    for text in ("SENTRY_AUTH_TOKEN", "Issue & Event: Read", "Nothing was written."):
        assert text in output.err
    assert not written(home, "claude-code").exists()


@pytest.mark.parametrize("flag", [("--token", TOKEN), (f"--token={TOKEN}",), ("--token",), ("--auth-token", TOKEN)])
@pytest.mark.usefixtures("quiet_sentry")
def test_a_token_is_never_taken_as_an_argument(flag: tuple[str, ...], command: Commands, home: Path) -> None:
    output = init(command, "--host", "claude-code", *flag)
    assert output.code == 2
    assert "history" in output.err
    assert not written(home, "claude-code").exists()


@pytest.mark.usefixtures("quiet_sentry")
def test_a_token_file_is_named_and_its_token_is_not_copied(
    command: Commands, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "token").write_text(f"{TOKEN}\n")
    (home / "token").chmod(0o600)
    monkeypatch.delenv("SENTRY_AUTH_TOKEN")
    monkeypatch.setenv("SENTRY_AUTH_TOKEN_FILE", "~/token")
    assert init(command, "--host", "codex").code == 0
    assert TOKEN not in written(home, "codex").read_text()
    assert entry(home, "codex")["env"]["SENTRY_AUTH_TOKEN_FILE"] == str(home / "token")


@pytest.mark.usefixtures("quiet_sentry")
@pytest.mark.parametrize(("forced", "is_written"), [((), False), (("--force",), True)])
def test_a_token_that_cannot_read_issues_is_not_written_unless_forced(
    forced: tuple[str, ...], is_written: bool, command: Commands, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scopes = set(ALL_SCOPES) - {"event:read", "event:write", "event:admin"}
    with served(create_app(WORLD, token=TOKEN, scopes=scopes)) as url:
        monkeypatch.setenv("SENTRY_URL", url)
        output = init(command, "--host", "claude-code", *forced)
    assert output.code == 1
    assert "lacks event:read" in flat(output.out)
    assert written(home, "claude-code").exists() is is_written


@pytest.mark.usefixtures("quiet_sentry")
def test_a_setting_that_is_wrong_stops_it_before_anything_is_sent(
    command: Commands, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SENTRY_URL", "https://sentry.example.com?x=1")
    output = init(command, "--host", "claude-code")
    assert output.code == 2
    assert "SENTRY_URL" in output.err
    assert not written(home, "claude-code").exists()


@pytest.mark.usefixtures("quiet_sentry")
def test_the_settings_that_the_checks_ran_with_are_written_too(
    command: Commands, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "mine.toml").write_text('name = "mine"\n')
    monkeypatch.setenv("SENTRY_RUNBOOK_POLICY", "~/mine.toml")
    monkeypatch.setenv("SENTRY_RUNBOOK_CALL_TIMEOUT", "12")
    monkeypatch.setenv("SENTRY_RUNBOOK_MASK", "on")
    monkeypatch.setenv("SENTRY_RUNBOOK_HTTP_TOKEN", "secret-of-another-transport")
    assert init(command, "--host", "codex", "--read-only").code == 0
    env = entry(home, "codex")["env"]
    assert env["SENTRY_RUNBOOK_POLICY"] == str(home / "mine.toml")
    assert (env["SENTRY_RUNBOOK_CALL_TIMEOUT"], env["SENTRY_RUNBOOK_MASK"]) == ("12", "on")
    assert env["SENTRY_RUNBOOK_WRITES"] == "off"
    assert "SENTRY_RUNBOOK_HTTP_TOKEN" not in env


@pytest.mark.usefixtures("quiet_sentry")
def test_all_installed_hosts_are_configured_with_yes_and_named(command: Commands, home: Path) -> None:
    for folder_of_host in (".cursor", ".codex", ".config/Code/User"):
        (home / folder_of_host).mkdir(parents=True)
    output = init(command, "--yes")
    assert output.code == 0
    assert "Installed, and configured below: Cursor, VS Code, Codex." in flat(output.out)
    assert [host for host in FILES if written(home, host).exists()] == ["cursor", "vscode", "codex"]


@pytest.mark.usefixtures("quiet_sentry")
@pytest.mark.parametrize(
    ("argv", "installed", "says"),
    [
        ((), [".cursor"], "give --yes"),
        (("--yes",), [], "No host was found"),
        (("--scope", "project", "--host", "claude-desktop"), [], "Claude Desktop"),
        (("--host", "emacs"), [], "claude-code"),
    ],
)
def test_without_a_host_to_configure_nothing_is_sent_or_written(
    argv: tuple[str, ...], installed: list[str], says: str, command: Commands, home: Path
) -> None:
    for folder_of_host in installed:
        (home / folder_of_host).mkdir(parents=True)
    output = init(command, *argv)
    assert (output.code, output.out) == (2, "")
    assert says in output.err


@pytest.mark.usefixtures("quiet_sentry")
def test_print_shows_what_to_paste_without_the_token_and_writes_nothing(
    command: Commands, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://user:pass-word@proxy.example")
    before = sorted(home.rglob("*"))
    output = init(command, "--print")  # `command` refuses output with the token
    assert output.code == 0
    for host in FILES:
        assert str(written(home, host)) in output.out
    assert "paste the token" in output.out
    assert "pass-word" not in output.out
    assert '"${input:sentry-auth-token}"' in output.out
    assert sorted(home.rglob("*")) == before


def test_json_says_what_was_found_checked_and_written(command: Commands, home: Path, sentry: str) -> None:
    (home / ".codex").mkdir()
    output = init(command, "--yes", "--json")
    facts = json.loads(output.out)
    assert {"what": "server", "source": "SENTRY_URL", "value": sentry} in facts["found"]
    assert {"what": "token", "source": "SENTRY_AUTH_TOKEN"} in facts["found"]
    assert facts["ready"] is True
    assert any(check["what"].startswith("Triage works") for check in facts["checks"])
    (host,) = facts["hosts"]
    assert (host["host"], host["outcome"], host["file"]) == ("codex", "written", str(written(home, "codex")))
    assert host["next"].startswith("Start a new session of Codex")


@pytest.mark.usefixtures("quiet_sentry")
def test_json_of_a_set_up_that_is_not_ready_says_so_and_names_no_host(
    command: Commands, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SENTRY_ORG", "no-such-org")
    output = init(command, "--host", "codex", "--json")
    facts = json.loads(output.out)
    assert (output.code, facts["ready"], facts["hosts"]) == (1, False, [])
    assert any(check["fatal"] and "no-such-org" in check["what"] for check in facts["checks"])


@pytest.mark.usefixtures("quiet_sentry")
def test_a_file_with_a_token_is_its_owners_alone(command: Commands, home: Path) -> None:
    output = init(command, "--host", "codex")
    assert mode(written(home, "codex")) == 0o600
    assert "The token stands in these files" in flat(output.out)


@pytest.mark.parametrize(
    ("called", "python", "uvx", "is_there", "expected"),
    [
        ("/u/bin/sentry-runbook", "/u/venv/bin/python", None, ["bin/sentry-runbook"], ["bin/sentry-runbook"]),
        ("__main__.py", "/venv/bin/python", None, ["venv/bin/sentry-runbook"], ["venv/bin/sentry-runbook"]),
        ("__main__.py", "/venv/bin/python", None, [], ["venv/bin/python", "-P", "-m", "sentry_runbook"]),
        ("sentry-runbook", "/c/uv/archive-v0/x/bin/python", "bin/uvx", [], ["bin/uvx", "sentry-runbook"]),
    ],
    ids=["a link of pipx", "a virtual environment", "a module", "uvx"],
)
def test_the_command_is_a_whole_path_that_will_be_there_tomorrow(
    called: str, python: str, uvx: str | None, is_there: list[str], expected: list[str], tmp_path: Path
) -> None:
    for name in is_there:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    programs = {"uvx": str(tmp_path / uvx) if uvx else None, called: str(tmp_path / "bin" / "sentry-runbook")}
    command = launch_command(called, str(tmp_path) + python, programs.get, needs_keyring=False)
    assert list(command) == [str(tmp_path / expected[0]), *expected[1:]]


@pytest.mark.usefixtures("quiet_sentry")
@pytest.mark.parametrize(
    ("script", "says"),
    [
        ("#!/bin/sh\nexec python-of-my-shell x\n", "it ended with 127"),
        ("#!/no/such/python\n", "No such file"),
        ("#!/bin/sh\necho something else\n", "it ended with 0"),
        ('#!/bin/sh\n[ -n "$SENTRY_AUTH_TOKEN" ] || exit 3\n', "it ended with 3"),
    ],
    ids=["needs the shell's PATH", "a Python that is gone", "another program", "needs a variable"],
)
def test_a_command_that_no_host_could_start_is_not_written(
    script: str, says: str, command: Commands, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "bin" / "sentry-runbook"
    path.parent.mkdir()
    path.write_text(script)
    path.chmod(0o755)
    monkeypatch.setattr("sys.argv", [str(path)])
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    output = init(command, "--host", "codex")
    assert output.code == 1
    assert says in flat(output.out)
    assert not written(home, "codex").exists()


@pytest.mark.usefixtures("sentry", "home", "folder")
def test_each_of_several_hosts_gets_its_own_next_step(command: Commands) -> None:
    output = init(command, "--host", "claude-code", "--host", "gemini", "--host", "vscode")
    last = flat(output.out).rpartition("Next: ")[2]
    assert last.startswith("Start a new session of Claude Code")
    assert "Gemini CLI: Start Gemini CLI again, in a folder that it trusts" in last
    assert "VS Code: Run “MCP: List Servers”" in last
