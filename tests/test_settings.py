"""Settings: who wins, what is refused, and that a token is never shown or sent where a stranger's file says."""

import copy
import os
import pickle
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from sentry_runbook.errors import BadTemplate, SettingsError
from sentry_runbook.incident.policy_file import load_policy
from sentry_runbook.loopback import is_loopback
from sentry_runbook.render.templates import load_templates
from sentry_runbook.settings import DEFAULT_URL, SETTINGS, Secret, Settings
from sentry_runbook.settings_loader import load_settings

TOKEN = "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"
Load = Callable[..., Settings]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "home" / "work" / "shop"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def home(tmp_path: Path, project: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def load(project: Path, home: Path) -> Load:
    def loaded(flags: Mapping[str, str] | None = None, **environment: str) -> Settings:
        return load_settings(flags or {}, environment, project, home)

    return loaded


def rc(folder: Path, text: str) -> Path:
    path = folder / ".sentryclirc"
    path.write_text(text, encoding="utf-8")
    path.chmod(0o600)
    return path


def problems_of(load: Load, flags: Mapping[str, str] | None = None, **environment: str) -> str:
    with pytest.raises(SettingsError) as caught:
        load(flags, **environment)
    return caught.value.what


def revealed(settings: Settings) -> str | None:
    return settings.token.reveal() if settings.token else None


# --- who wins


def test_without_anything_the_defaults_hold_and_the_missing_token_says_what_to_set(load: Load) -> None:
    settings = load()
    assert (settings.token, settings.organization, settings.base_url, settings.writes) == (
        None,
        None,
        DEFAULT_URL,
        "confirm",
    )
    assert "SENTRY_AUTH_TOKEN" in settings.missing_token().fix


def test_flags_win_over_the_environment_and_it_over_the_file(load: Load, project: Path) -> None:
    rc(project, "[defaults]\norg = from-file\nproject = from-file\nurl = https://sentry.io/\n")
    settings = load({"organization": "from-flag"}, SENTRY_ORG="from-env", SENTRY_PROJECT="from-env")
    assert (settings.organization, settings.project) == ("from-flag", "from-env")
    assert load().organization == "from-file"


def test_the_nearest_file_wins_and_the_home_file_fills_in(load: Load, project: Path, home: Path) -> None:
    rc(project, "[defaults]\nproject = shop\n")
    rc(project.parent, "[defaults]\nproject = other\norg = acme\n")
    rc(home, f"[auth]\ntoken = {TOKEN}\n[defaults]\norg = private\n")
    settings = load()
    assert (settings.project, settings.organization, revealed(settings)) == ("shop", "acme", TOKEN)


def test_an_empty_variable_counts_as_unset(load: Load, home: Path) -> None:
    rc(home, "[defaults]\norg = acme\n")
    assert load(SENTRY_ORG="  ").organization == "acme"


def test_the_older_names_of_token_and_host_are_accepted_and_come_second(load: Load) -> None:
    settings = load(SENTRY_ACCESS_TOKEN="older", SENTRY_HOST="sentry.example.com")
    assert (revealed(settings), settings.base_url) == ("older", "https://sentry.example.com")
    settings = load(
        SENTRY_ACCESS_TOKEN="older", SENTRY_AUTH_TOKEN="newer", SENTRY_HOST="a.example", SENTRY_URL="https://b.example"
    )
    assert (revealed(settings), settings.base_url) == ("newer", "https://b.example")


def test_a_token_file_is_read_and_beats_the_rc_file_but_not_the_token_variable(load: Load, home: Path) -> None:
    rc(home, "[auth]\ntoken = from-rc\n")
    file = home / "token"
    file.write_text(f"{TOKEN}\n")
    file.chmod(0o600)
    assert revealed(load(SENTRY_AUTH_TOKEN_FILE=str(file))) == TOKEN
    assert revealed(load(SENTRY_AUTH_TOKEN_FILE=str(file), SENTRY_AUTH_TOKEN="from-env")) == "from-env"


def test_limits_are_numbers_within_bounds(load: Load) -> None:
    settings = load(SENTRY_RUNBOOK_CACHE="0", SENTRY_RUNBOOK_CONCURRENCY="64", SENTRY_RUNBOOK_CALL_TIMEOUT="0.1")
    assert (settings.limits.cache_s, settings.limits.concurrency, settings.limits.call_s) == (0, 64, 0.1)
    for name, value in (
        ("SENTRY_RUNBOOK_CACHE", "-1"),
        ("SENTRY_RUNBOOK_CONCURRENCY", "65"),
        ("SENTRY_RUNBOOK_CONCURRENCY", "0"),
        ("SENTRY_RUNBOOK_READ_TIMEOUT", "nan"),
        ("SENTRY_RUNBOOK_CONNECT_TIMEOUT", "soon"),
    ):
        assert name in problems_of(load, None, **{name: value})


# --- problems


def test_all_problems_are_named_at_once(load: Load, project: Path) -> None:
    said = problems_of(
        load,
        {"writes": "perhaps"},
        SENTRY_AUTH_TOKEN="${SENTRY_AUTH_TOKEN}",
        SENTRY_URL="ftp://sentry.example.com",
        SENTRY_RUNBOOK_POLICY=str(project / "none.toml"),
        SENTRY_RUNBOOK_CACHE="x",
        SENTRY_ORG="https://acme.sentry.io",
    )
    for name in (
        "--writes",
        "SENTRY_AUTH_TOKEN",
        "SENTRY_URL",
        "SENTRY_RUNBOOK_POLICY",
        "SENTRY_RUNBOOK_CACHE",
        "SENTRY_ORG",
    ):
        assert name in said


@pytest.mark.parametrize("name", [variable for row in SETTINGS for variable in row.environment])
def test_an_unexpanded_placeholder_is_refused_by_name_and_not_shown(load: Load, name: str) -> None:
    said = problems_of(load, None, **{name: "${SECRET_PLACE:-x}"})
    assert name in said
    assert "placeholder" in said
    assert "SECRET_PLACE" not in said


@pytest.mark.parametrize("name", ["SENTRY_AUTH_TOKEN", "SENTRY_RUNBOOK_HTTP_TOKEN"])
@pytest.mark.parametrize("value", ["a\nb", "a\x00b", "a\u202eb", "a b", "tökén"])
def test_a_token_with_odd_characters_is_refused_and_not_shown(load: Load, value: str, name: str) -> None:
    said = problems_of(load, None, **{name: value})
    assert name in said
    assert value not in said


@pytest.mark.parametrize("value", ['ab"cd', "'abcd", "<your token>", "SENTRY_AUTH_TOKEN=sntryu_1", "ab,", "{{token}}"])
def test_a_sentry_token_has_only_a_tokens_characters_else_it_is_refused_and_not_shown(load: Load, value: str) -> None:
    said = problems_of(load, None, SENTRY_AUTH_TOKEN=value)
    assert "SENTRY_AUTH_TOKEN is not a Sentry token" in said
    assert value not in said


@pytest.mark.parametrize("value", ["sntryi_0a", "0a" * 32, "sntrys_eyJpYXQiOjF9_ab+/cd==", "a.b~c-d"])
def test_every_kind_of_sentry_token_is_taken_as_it_is(load: Load, value: str) -> None:
    assert revealed(load(SENTRY_AUTH_TOKEN=value)) == value


PASTED = ['"{}"', "'{}'", "`{}`", "“{}”", "\ufeff{}\r\n", ' " {} " ', "\u200b{}\u00a0", '\ufeff"{}"\r\n', "\t'{}'\x00"]


@pytest.mark.parametrize("around", PASTED)
def test_what_pasting_puts_around_a_value_is_no_part_of_it(load: Load, around: str) -> None:
    settings = load(
        SENTRY_AUTH_TOKEN=around.format(TOKEN),
        SENTRY_ORG=around.format("acme"),
        SENTRY_PROJECT=around.format("shop"),
        SENTRY_URL=around.format("https://sentry.example.com"),
    )
    assert revealed(settings) == TOKEN
    assert (settings.organization, settings.project) == ("acme", "shop")
    assert settings.base_url == "https://sentry.example.com"


def test_quotes_around_nothing_count_as_unset_and_those_around_a_placeholder_hide_none(load: Load, home: Path) -> None:
    rc(home, "[defaults]\norg = acme\n")
    assert load(SENTRY_ORG='""').organization == "acme"
    assert "placeholder" in problems_of(load, None, SENTRY_ORG='"${ORG}"')


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be"])
@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_a_token_file_is_read_as_windows_writes_it(load: Load, home: Path, encoding: str, end: str) -> None:
    file = home / "token.txt"
    mark = "\ufeff" if encoding == "utf-16-be" else ""
    file.write_bytes(f"{mark}{TOKEN}{end}".encode(encoding))
    file.chmod(0o600)
    assert revealed(load(SENTRY_AUTH_TOKEN_FILE=str(file))) == TOKEN
    file.write_bytes(f'{mark}"{TOKEN}"{end}'.encode(encoding))
    assert revealed(load(SENTRY_AUTH_TOKEN_FILE=f'"{file}"')) == TOKEN


def test_an_rc_file_is_read_as_windows_writes_it(load: Load, project: Path) -> None:
    text = f'[auth]\r\ntoken = "{TOKEN}"\r\n[defaults]\r\norg=acme\r\n'
    for encoding in ("utf-8-sig", "utf-16"):
        (project / ".sentryclirc").write_bytes(text.encode(encoding))
        settings = load()
        assert (revealed(settings), settings.organization) == (TOKEN, "acme")


def test_a_token_file_that_holds_more_than_a_token_is_named_and_not_shown(load: Load, home: Path) -> None:
    file = home / "token"
    file.write_text(f"SENTRY_AUTH_TOKEN={TOKEN}\n")
    said = problems_of(load, None, SENTRY_AUTH_TOKEN_FILE=str(file))
    assert "SENTRY_AUTH_TOKEN_FILE" in said
    assert str(file) in said
    assert TOKEN not in said


def test_a_token_file_that_is_missing_or_empty_is_a_problem(load: Load, home: Path) -> None:
    empty = home / "empty"
    empty.write_text("\n")
    assert "empty" in problems_of(load, None, SENTRY_AUTH_TOKEN_FILE=str(empty))
    assert "cannot be read" in problems_of(load, None, SENTRY_AUTH_TOKEN_FILE=str(home / "none"))


# --- files of settings that cannot be used warn, and never stop or block


def make_fifo(path: Path) -> None:
    os.mkfifo(path)


def make_huge(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(2**30)  # a hole: it takes no room on the disk


def make_loop(path: Path) -> None:
    path.symlink_to(path)


BROKEN: dict[str, tuple[Callable[[Path], object], str]] = {
    "no section": (lambda path: path.write_text("token = x\n"), "MissingSectionHeaderError"),
    "no ini": (lambda path: path.write_text("[defaults]\norg\n"), "ParsingError"),
    "not UTF-8": (lambda path: path.write_bytes(b"[defaults]\norg = \xff\xfe\n"), "UnicodeDecodeError"),
    "half UTF-16": (lambda path: path.write_bytes(b"\xff\xfe[\x00d"), "UnicodeDecodeError"),
    "a FIFO": (make_fifo, "no regular file"),
    "a folder": (lambda path: path.mkdir(), "no regular file"),
    "a device": (lambda path: path.symlink_to("/dev/zero"), "no regular file"),
    "1 GB": (make_huge, "more than 20,000 bytes"),
    "a symlink to itself": (make_loop, "cannot be read"),
    # The INI parser of the standard library takes the square of its length for it.
    "a line without end": (lambda path: path.write_text("[a]\na" + " " * 10_000 + "b"), "line of more than 1,000"),
}


@pytest.mark.parametrize("kind", BROKEN)
@pytest.mark.parametrize("whose", ["the project's", "the user's own"])
def test_a_broken_rc_file_warns_and_the_rest_of_the_settings_holds(
    load: Load, project: Path, home: Path, kind: str, whose: str
) -> None:
    make, why = BROKEN[kind]
    path = (project if whose == "the project's" else home) / ".sentryclirc"
    make(path)
    settings = load(SENTRY_AUTH_TOKEN=TOKEN, SENTRY_ORG="acme")
    assert (settings.organization, revealed(settings)) == ("acme", TOKEN)
    (warning,) = settings.warnings
    assert str(path) in warning
    assert why in warning
    assert str(path) in load().missing_token().what


@pytest.mark.parametrize(
    "line", ["org = a b", "url = ftp://x", "url = ${URL}", "org = a\x00b", "project = a\n  b", "url = https://x/?a=1"]
)
def test_a_projects_file_with_an_invalid_value_is_left_out_as_a_whole(load: Load, project: Path, line: str) -> None:
    path = rc(project, f"[auth]\ntoken = {TOKEN}\n[defaults]\n{line}\n")
    settings = load()
    # Its token was meant for its own server: without that it would go to another one.
    assert settings.token is None
    (warning,) = settings.warnings
    assert f"{path} was left out: its defaults." in warning
    assert TOKEN not in warning


def test_an_invalid_server_in_the_users_own_file_is_a_problem_because_the_token_would_go_elsewhere(
    load: Load, home: Path
) -> None:
    path = rc(home, f"[auth]\ntoken = {TOKEN}\n[defaults]\nurl = htps://sentry.example.com\n")
    assert str(path) in problems_of(load)


def test_an_empty_value_of_a_file_or_flag_gives_nothing(load: Load, project: Path, home: Path) -> None:
    rc(project, '[defaults]\norg =\nproject = ""\n')
    rc(home, "[defaults]\norg = acme\nproject = shop\n")
    settings = load({"organization": "", "base_url": " "}, SENTRY_URL="https://sentry.example.com")
    assert (settings.organization, settings.project) == ("acme", "shop")
    assert settings.base_url == "https://sentry.example.com"


def test_a_symlinked_rc_file_is_read(load: Load, home: Path) -> None:
    target = home / "dotfiles"
    target.write_text("[defaults]\norg = acme\n")
    (home / ".sentryclirc").symlink_to(target)
    assert load().organization == "acme"


@pytest.mark.parametrize("kind", ["a FIFO", "a folder", "a device", "1 GB"])
def test_a_token_file_or_policy_of_an_odd_kind_is_a_problem_at_once(load: Load, home: Path, kind: str) -> None:
    path = home / "odd"
    BROKEN[kind][0](path)
    assert str(path) in problems_of(load, None, SENTRY_AUTH_TOKEN_FILE=str(path))
    with pytest.raises(SettingsError, match=r"no regular file|more than 200,000 bytes"):
        load_policy(path)
    folder = home / "templates"
    folder.mkdir()
    path.rename(folder / "own.md")
    with pytest.raises(BadTemplate, match=r"no regular file|more than 200,000 bytes"):
        load_templates(folder)


def test_a_home_folder_that_is_not_known_is_a_problem_of_that_setting(load: Load) -> None:
    for name in ("SENTRY_AUTH_TOKEN_FILE", "SENTRY_RUNBOOK_POLICY", "SENTRY_RUNBOOK_PROMPTS", "SENTRY_RUNBOOK_STATE"):
        assert "full path" in problems_of(load, None, **{name: "~no-such-user-here/x"})


# --- who named what


def test_every_setting_knows_who_gave_it(load: Load, project: Path, home: Path) -> None:
    path = rc(project, "[defaults]\norg = acme\n")
    own = rc(home, f"[auth]\ntoken = {TOKEN}\n[defaults]\nurl = https://sentry.example.com\n")
    settings = load({"project": "shop"}, SENTRY_RUNBOOK_WRITES="off")
    assert settings.sources == {
        "organization": str(path),
        "token": str(own),
        "base_url": str(own),
        "project": "--project",
        "writes": "SENTRY_RUNBOOK_WRITES",
    }
    assert settings.named_by("base_url") == f" (named by {own})"
    assert settings.named_by("policy_file") == ""
    assert TOKEN not in str(settings.sources)


def test_a_token_of_a_projects_file_is_told_of_with_its_server(load: Load, project: Path) -> None:
    path = rc(project, f"[auth]\ntoken = {TOKEN}\n[defaults]\nurl = https://sentry.example.com\n")
    (warning,) = load().warnings
    assert warning == f"The token comes from {path}, and goes to https://sentry.example.com (named by {path})."


def test_files_and_folders_of_the_wrong_kind_are_refused(load: Load, home: Path) -> None:
    file = home / "a-file"
    file.write_text("")
    assert "wrong kind" in problems_of(load, None, SENTRY_RUNBOOK_PROMPTS=str(file))
    assert "wrong kind" in problems_of(load, None, SENTRY_RUNBOOK_POLICY=str(home))
    assert load(SENTRY_RUNBOOK_PROMPTS=str(home), SENTRY_RUNBOOK_POLICY=str(file)).prompts_dir == home


# --- the base URL


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("https://sentry.io", "https://sentry.io"),
        ("https://sentry.io/api/0/", "https://sentry.io"),
        ("sentry.example.com", "https://sentry.example.com"),
        ("https://Sentry.Example.com:8443/", "https://sentry.example.com:8443"),
        ("https://example.com/tools/sentry/", "https://example.com/tools/sentry"),
        ("https://example.com/tools/api/0", "https://example.com/tools"),
        ("localhost:9000", "http://localhost:9000"),
        ("127.0.0.1:9000", "http://127.0.0.1:9000"),
        ("http://[::1]:9000/", "http://[::1]:9000"),
        ("http://sentry.internal", "http://sentry.internal"),
        ("sentry.io", "https://sentry.io"),
        ("https://acme.sentry.io/issues/?project=1#top", "https://sentry.io"),
        ("https://www.sentry.io/welcome/", "https://sentry.io"),
        ("https://de.sentry.io/organizations/acme/", "https://de.sentry.io"),
        ("https://sentry.io/organizations/acme/issues/123/?query=is%3Aunresolved", "https://sentry.io"),
        ("https://sentry.io/acme/shop/issues/123/", "https://sentry.io"),
        ("https://sentry.example.com/organizations/acme/issues/?project=1", "https://sentry.example.com"),
        ("https://sentry.example.com/sentry/api/0/", "https://sentry.example.com/sentry"),
        ("sentry.example.com/sentry/api/0/organizations/acme/", "https://sentry.example.com/sentry"),
        ("https://sentry.example.com/auth/login/acme/?next=/x", "https://sentry.example.com"),
        ("https://sentry.example.com/settings/acme/projects/", "https://sentry.example.com"),
    ],
)
def test_the_base_url_keeps_scheme_host_port_and_prefix(load: Load, given: str, meant: str) -> None:
    assert load(SENTRY_URL=given).base_url == meant


@pytest.mark.parametrize(
    "given",
    [
        "https://user:pw@sentry.example.com",
        "https://@sentry.example.com",
        "https://sentry.example.com/?a=1",
        "https://sentry.example.com/#x",
        "https://sentry.example.com:99999",
        "https://sentry.example.com/a/../b",
        "https://sentry.example.com//x",
        "https://sentry.example.com/%2e%2e",
        "https://sentry .example.com",
        "https://",
        "file:///etc/passwd",
        "https:/0a1b2c@sentry.example.com/34",
    ],
)
def test_a_url_that_is_more_or_less_than_a_base_is_refused(load: Load, given: str) -> None:
    assert "SENTRY_URL" in problems_of(load, None, SENTRY_URL=given)


@pytest.mark.parametrize(
    ("given", "right"),
    [
        ("https://0a1b2c@o12.ingest.us.sentry.io/34", "https://sentry.io"),
        ("https://0a1b2c@sentry.example.com/34", "https://sentry.example.com"),
        ("https://0a1b2c@sentry.example.com:8443/sentry/34", "https://sentry.example.com:8443/sentry"),
        ("https://docs.sentry.io/api/", "https://sentry.io"),
        ("https://sentry.example.com/acme/shop/issues/12/", "https://sentry.example.com"),
        ("https://sentry.example.com/?project=1", "https://sentry.example.com"),
        ("https:/sentry.example.com/sentry/", "https://sentry.example.com"),
        ("http:sentry.example.com:9000", "http://sentry.example.com:9000"),
        ("HTTPS//sentry.io", "https://sentry.io"),
    ],
)
def test_a_url_that_was_most_likely_mistaken_is_refused_with_the_right_value(
    load: Load, given: str, right: str
) -> None:
    said = problems_of(load, None, SENTRY_URL=given)
    assert said.endswith(f"set it to {right}.") or said.endswith(f"such as {right}.")
    assert "0a1b2c" not in said


@pytest.mark.parametrize(
    ("given", "organization"),
    [
        ("https://acme.sentry.io/issues/", "acme"),
        ("https://us.sentry.io/", None),
        ("https://sentry.io/organizations/acme/", "acme"),
        ("https://sentry.example.com/organizations/acme/issues/1/", "acme"),
        ("https://sentry.example.com/sentry/api/0/organizations/acme/", "acme"),
        ("https://sentry.example.com/sentry/api/0/projects/acme/shop/", None),
        ("https://sentry.example.com/settings/account/api/", None),
        ("https://sentry.example.com/settings/acme/", "acme"),
        ("https://sentry.example.com/organizations/new/", None),
        ("https://acme.example.com", None),
        ("https://sentry.example.com/organizations/", None),
    ],
)
def test_the_organization_of_a_pasted_page_is_taken_where_no_other_is_given(
    load: Load, home: Path, given: str, organization: str | None
) -> None:
    settings = load(SENTRY_URL=given)
    assert settings.organization == organization
    assert settings.sources.get("organization") == (organization and "SENTRY_URL")
    assert load(SENTRY_URL=given, SENTRY_ORG="mine").organization == "mine"
    rc(home, "[defaults]\norg = older\n")
    assert load(SENTRY_URL=given).organization == organization or "older"


def test_plain_http_beyond_this_machine_needs_the_url_to_say_so_and_warns(load: Load) -> None:
    settings = load(SENTRY_URL="http://sentry.internal")
    assert any("not encrypted" in warning for warning in settings.warnings)
    assert load(SENTRY_URL="sentry.internal").base_url.startswith("https://")
    for fine in ("http://localhost:9000", "http://127.0.0.5", "https://sentry.internal"):
        assert load(SENTRY_URL=fine).warnings == ()


def test_loopback_is_this_machine_only() -> None:
    assert all(is_loopback(host) for host in ("localhost", "127.0.0.1", "127.9.9.9", "::1"))
    assert not any(is_loopback(host) for host in ("localhost.evil.com", "10.0.0.1", "0.0.0.0", "127.0.0.1.evil.com"))


# --- a project's file must not choose where a token goes


def test_a_server_named_by_a_projects_file_is_refused_for_a_token_from_elsewhere(load: Load, project: Path) -> None:
    path = rc(project, "[defaults]\nurl = https://evil.example\n")
    said = problems_of(load, None, SENTRY_AUTH_TOKEN=TOKEN)
    assert str(path) in said
    assert "SENTRY_URL=https://evil.example" in said
    assert TOKEN not in said


def test_it_is_refused_too_when_the_token_is_in_the_home_file_or_a_token_file(
    load: Load, project: Path, home: Path
) -> None:
    rc(project, "[defaults]\nurl = http://evil.example\n")
    file = home / "token"
    file.write_text(TOKEN)
    file.chmod(0o600)
    assert "evil.example" in problems_of(load, None, SENTRY_AUTH_TOKEN_FILE=str(file))
    rc(home, f"[auth]\ntoken = {TOKEN}\n")
    assert "evil.example" in problems_of(load)


def test_a_look_alike_of_sentry_io_or_of_this_machine_is_refused(load: Load, project: Path) -> None:
    for host in ("https://sentry.io.evil.example", "https://notsentry.io", "http://us.sentry.io", "http://localhost.x"):
        rc(project, f"[defaults]\nurl = {host}\n")
        assert host in problems_of(load, None, SENTRY_AUTH_TOKEN=TOKEN)


def test_setting_sentry_url_confirms_the_server(load: Load, project: Path) -> None:
    rc(project, "[defaults]\nurl = https://sentry.example.com\n")
    settings = load(SENTRY_AUTH_TOKEN=TOKEN, SENTRY_URL="https://sentry.example.com")
    assert settings.base_url == "https://sentry.example.com"


def test_a_projects_server_is_fine_with_the_projects_token_or_without_any(load: Load, project: Path) -> None:
    rc(project, "[defaults]\nurl = https://sentry.example.com\n")
    assert load().base_url == "https://sentry.example.com"
    rc(project, f"[auth]\ntoken = {TOKEN}\n[defaults]\nurl = https://sentry.example.com\n")
    assert revealed(load()) == TOKEN


@pytest.mark.parametrize("url", ["https://sentry.io/", "https://us.sentry.io", "https://acme.sentry.io/issues/"])
def test_a_project_may_name_sentry_io_where_the_user_names_no_other(
    load: Load, project: Path, home: Path, url: str
) -> None:
    path = rc(project, f"[defaults]\nurl = {url}\n")
    assert revealed(load(SENTRY_AUTH_TOKEN=TOKEN)) == TOKEN
    rc(home, "[defaults]\nurl = https://sentry.example.com\n")
    assert str(path) in problems_of(load, None, SENTRY_AUTH_TOKEN=TOKEN)


@pytest.mark.parametrize("url", ["http://127.0.0.1:9000", "localhost:9000", "http://[::1]:9000"])
def test_a_project_may_not_name_this_machine_where_others_may_listen(load: Load, project: Path, url: str) -> None:
    path = rc(project, f"[defaults]\nurl = {url}\n")
    assert str(path) in problems_of(load, None, SENTRY_AUTH_TOKEN=TOKEN)
    assert load(SENTRY_AUTH_TOKEN=TOKEN, SENTRY_URL=url).token is not None


def test_the_token_of_one_projects_file_does_not_go_to_the_server_of_another(load: Load, project: Path) -> None:
    rc(project.parent, f"[auth]\ntoken = {TOKEN}\n[defaults]\nurl = https://sentry.example.com\n")
    path = rc(project, "[defaults]\nurl = https://evil.example\n")
    assert str(path) in problems_of(load)


def test_a_project_may_name_the_server_that_the_home_file_names(load: Load, project: Path, home: Path) -> None:
    rc(project, "[defaults]\nurl = https://sentry.example.com/\n")
    rc(home, f"[auth]\ntoken = {TOKEN}\n[defaults]\nurl = https://sentry.example.com\n")
    assert load().base_url == "https://sentry.example.com"


def test_the_home_file_may_name_any_server(load: Load, home: Path) -> None:
    rc(home, "[defaults]\nurl = https://sentry.example.com\n")
    assert load(SENTRY_AUTH_TOKEN=TOKEN).base_url == "https://sentry.example.com"


# --- the token is never shown


@pytest.mark.parametrize(("mode", "warned"), [(0o700, False), (0o770, False), (0o777, True), (0o1777, True)])
def test_a_state_folder_that_others_can_write_is_warned_about(load: Load, home: Path, mode: int, warned: bool) -> None:
    folder = home / "state"
    assert load(SENTRY_RUNBOOK_STATE=str(folder)).warnings == ()
    folder.mkdir()
    folder.chmod(mode)
    assert any("chmod o-w" in warning for warning in load(SENTRY_RUNBOOK_STATE=str(folder)).warnings) == warned


def test_a_token_that_others_can_read_is_warned_about(load: Load, home: Path) -> None:
    path = rc(home, f"[auth]\ntoken = {TOKEN}\n")
    assert load().warnings == ()
    path.chmod(0o644)
    (warning,) = load().warnings
    assert "chmod 600" in warning
    assert TOKEN not in warning


@pytest.mark.parametrize(
    ("name", "field"), [("SENTRY_AUTH_TOKEN", "token"), ("SENTRY_RUNBOOK_HTTP_TOKEN", "http_token")]
)
def test_a_token_shows_itself_only_when_asked(load: Load, name: str, field: str) -> None:
    settings = load(**{name: f" {TOKEN}\n"})
    token = getattr(settings, field)
    assert token.reveal() == TOKEN
    for shown in (repr(settings), str(settings), f"{token}", f"{token:>80}", str([token])):
        assert TOKEN not in shown
    for copier in (pickle.dumps, copy.deepcopy):
        with pytest.raises(TypeError) as caught:
            copier(token)
        assert TOKEN not in "".join(traceback.format_exception(caught.value))


def test_an_empty_http_token_counts_as_unset(load: Load) -> None:
    assert load(SENTRY_RUNBOOK_HTTP_TOKEN="  ").http_token is None


def test_secrets_compare_by_value() -> None:
    assert Secret("a") == Secret("a")
    assert Secret("a") != Secret("b")
    assert len({Secret("a"), Secret("a")}) == 1
