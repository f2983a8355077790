"""Flags, environment, ``.sentryclirc`` → one frozen :class:`Settings`.

Flags win over the environment, the environment over ``.sentryclirc`` (project directory upwards, then home).
Nothing here reads the process: the caller hands over environment and folders, so tests need no patching.
"""

from __future__ import annotations

import configparser
import re
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from sentry_runbook.errors import SettingsError

Writes = Literal["off", "confirm", "direct"]

DEFAULT_URL = "https://sentry.io"
LOOPBACK = ("localhost", "127.0.0.1", "::1")
HOST = re.compile(r"[^\W_](?:[\w.-]{0,251}\w)?|[0-9a-fA-F:.]{2,45}")
"""A host name (also an international one) or an IPv6 address."""
PREFIX = re.compile(r"(?:/(?!\.{1,2}(?:/|$))[A-Za-z0-9._~-]+)*")
"""A path without empty parts, ``.``, ``..`` or anything that needs encoding."""
SLUG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}")


class Secret:
    """A token that shows itself only when asked: never in repr, str, format, pickle or a traceback."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The token itself; called in one place, where the request header is made."""
        return self._value

    def __repr__(self) -> str:
        return "Secret(…)"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return repr(self)

    def __reduce__(self) -> str:
        raise TypeError("a Secret is not copied out of the process")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)


@dataclass(frozen=True)
class Limits:
    """Deadlines, cache and concurrency towards Sentry."""

    connect_s: float = 3.0
    read_s: float = 8.0
    call_s: float = 18.0
    """One whole tool call; DESIGN §9 promises 20 s, the rest is ours for deciding and writing."""
    cache_s: float = 10.0
    """How long an answer may be reused; 0 turns the cache off."""
    concurrency: int = 12
    max_answer_bytes: int = 8_000_000


@dataclass(frozen=True)
class Settings:
    """All that the operator decides; made once at start."""

    token: Secret | None = None
    organization: str | None = None
    project: str | None = None
    base_url: str = DEFAULT_URL
    policy_file: Path | None = None
    prompts_dir: Path | None = None
    writes: Writes = "confirm"
    state_dir: Path | None = None
    """Where the audit file of writes lives; None: no audit file."""
    ca_bundle: Path | None = None
    mask: bool = True
    """Masking of personal data and secrets; only the operator can turn it off."""
    limits: Limits = field(default_factory=Limits)
    warnings: tuple[str, ...] = ()

    def missing_token(self) -> SettingsError:
        """What every tool answers while no token is set."""
        return SettingsError(
            "No Sentry auth token is set.",
            "Set SENTRY_AUTH_TOKEN (or SENTRY_AUTH_TOKEN_FILE) to a token with org:read, project:read and event:read; "
            "to try without one, start with --demo.",
        )


ENVIRONMENT: Mapping[str, tuple[str, ...]] = {
    "token": ("SENTRY_AUTH_TOKEN", "SENTRY_ACCESS_TOKEN"),
    "token_file": ("SENTRY_AUTH_TOKEN_FILE",),
    "organization": ("SENTRY_ORG",),
    "project": ("SENTRY_PROJECT",),
    "base_url": ("SENTRY_URL", "SENTRY_HOST"),
    "policy_file": ("SENTRY_RUNBOOK_POLICY",),
    "prompts_dir": ("SENTRY_RUNBOOK_PROMPTS",),
    "writes": ("SENTRY_RUNBOOK_WRITES",),
    "state_dir": ("SENTRY_RUNBOOK_STATE",),
    "ca_bundle": ("SENTRY_RUNBOOK_CA_BUNDLE",),
    "mask": ("SENTRY_RUNBOOK_MASK",),
    "connect_s": ("SENTRY_RUNBOOK_CONNECT_TIMEOUT",),
    "read_s": ("SENTRY_RUNBOOK_READ_TIMEOUT",),
    "call_s": ("SENTRY_RUNBOOK_CALL_TIMEOUT",),
    "cache_s": ("SENTRY_RUNBOOK_CACHE",),
    "concurrency": ("SENTRY_RUNBOOK_CONCURRENCY",),
}
"""Setting → the environment variables that give it, best first."""

RC_KEYS: Mapping[tuple[str, str], str] = {
    ("auth", "token"): "token",
    ("defaults", "url"): "base_url",
    ("defaults", "org"): "organization",
    ("defaults", "project"): "project",
}
"""``.sentryclirc`` (section, key) → setting."""


def load_settings(
    flags: Mapping[str, str],
    environment: Mapping[str, str],
    directory: Path,
    home: Path,
) -> Settings:
    """Put flags, environment and ``.sentryclirc`` together.

    Args:
        flags: setting → value, only those that were given.
        environment: the process's environment.
        directory: where the search for ``.sentryclirc`` starts; it goes upwards, then to ``home``.
        home: the user's home folder.

    Raises:
        SettingsError: with every problem found, not only the first.
    """
    problems: list[str] = []
    warnings: list[str] = []
    raw: dict[str, tuple[str, str]] = {}
    files = {path: _read_rc(path, warnings, problems) for path in _rc_files(directory, home)}
    for path, found in files.items():
        for setting, value in found.items():
            raw.setdefault(setting, (value, str(path)))
    for setting, names in ENVIRONMENT.items():
        given = next(((environment[n], n) for n in names if environment.get(n, "").strip()), None)
        if given:
            raw[setting] = given
    if "token_file" in raw:
        # Both can be there: a token variable beats a token file, which beats a .sentryclirc.
        raw.pop("token_file" if raw.get("token", ("", ""))[1] in ENVIRONMENT["token"] else "token", None)
    raw |= {setting: (value, f"--{setting.replace('_', '-')}") for setting, value in flags.items()}
    values = _clean(raw, problems)
    settings = _build(values, raw, problems, warnings)
    own = home / ".sentryclirc"
    strangers = [str(path) for path in files if path != own]
    if settings.token is not None and raw.get("base_url", ("", ""))[1] in strangers:
        _check_who_names_the_server(settings, raw, files.get(own, {}), problems)
    if problems:
        raise SettingsError("The settings cannot be used: " + " ".join(problems))
    return settings


def _check_who_names_the_server(
    settings: Settings, raw: Mapping[str, tuple[str, str]], own: Mapping[str, str], problems: list[str]
) -> None:
    """A token goes to no server that only a project's file names: a hostile repository would be sent it.

    Fine are the file that also holds the token, this machine, sentry.io, and a server that the user's own file names.
    """
    source = raw["base_url"][1]
    token_source = raw["token_file"][1] if "token_file" in raw else raw["token"][1]
    parts = urlsplit(settings.base_url)
    host = parts.hostname or ""
    saas = parts.scheme == "https" and (host == "sentry.io" or host.endswith(".sentry.io"))
    known = "base_url" in own and _base_url(own["base_url"], "", []) == settings.base_url
    if source != token_source and not saas and not known and not is_loopback(host):
        problems.append(
            f"{source} names the server {settings.base_url}, but the token comes from {token_source}: "
            f"set SENTRY_URL={settings.base_url} if your token may be sent there."
        )


def is_loopback(host: str) -> bool:
    """Whether a host name or address is this machine."""
    if host in LOOPBACK:
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _clean(raw: Mapping[str, tuple[str, str]], problems: list[str]) -> dict[str, str]:
    values = {}
    for setting, (value, source) in raw.items():
        text = value.strip()
        if text.startswith("${"):
            problems.append(f"{source} holds an unexpanded placeholder (it begins with '${{'): set the real value.")
        elif not text.isprintable():
            problems.append(f"{source} holds a line break or another invisible character.")
        elif text:
            values[setting] = text
    return values


def _build(
    values: Mapping[str, str],
    raw: Mapping[str, tuple[str, str]],
    problems: list[str],
    warnings: list[str],
) -> Settings:
    def source(setting: str) -> str:
        return raw[setting][1]

    token = values.get("token")
    if "token_file" in values:
        token = _read_token(Path(values["token_file"]), source("token_file"), problems, warnings)
    if token is not None and (not token.isascii() or not token.isprintable() or " " in token):
        named = source("token_file" if "token_file" in values else "token")
        problems.append(f"{named} is not a token: it has spaces or odd characters.")
        token = None
    writes = values.get("writes", "confirm").lower()
    if writes not in ("off", "confirm", "direct"):
        problems.append(f"{source('writes')} must be off, confirm or direct.")
        writes = "off"
    mask = values.get("mask", "on").lower()
    if mask not in ("on", "off"):
        problems.append(f"{source('mask')} must be on or off.")
    paths = {
        name: Path(values[name]).expanduser()
        for name in ("policy_file", "prompts_dir", "state_dir", "ca_bundle")
        if name in values
    }
    problems.extend(
        f"{source(name)} names {path}, which {'does not exist' if not path.exists() else 'is of the wrong kind'}."
        for name, path in paths.items()
        if name != "state_dir" and not (path.is_dir() if name == "prompts_dir" else path.is_file())
    )
    problems.extend(
        f"{source(name)} is not a slug such as the one in Sentry's URLs."
        for name in ("organization", "project")
        if name in values and not SLUG.fullmatch(values[name])
    )
    base_url = _base_url(values["base_url"], source("base_url"), problems) if "base_url" in values else DEFAULT_URL
    if base_url.startswith("http:") and not is_loopback(urlsplit(base_url).hostname or ""):
        warnings.append(f"{base_url} is not encrypted: the token and all data can be read on the way.")
    return Settings(
        token=Secret(token) if token else None,
        organization=values.get("organization"),
        project=values.get("project"),
        base_url=base_url,
        policy_file=paths.get("policy_file"),
        prompts_dir=paths.get("prompts_dir"),
        writes=writes,  # type: ignore[arg-type]  # checked against the three words above
        state_dir=paths.get("state_dir"),
        ca_bundle=paths.get("ca_bundle"),
        mask=mask == "on",
        limits=_limits(values, raw, problems),
        warnings=tuple(warnings),
    )


def _limits(values: Mapping[str, str], raw: Mapping[str, tuple[str, str]], problems: list[str]) -> Limits:
    defaults = Limits()
    numbers: dict[str, float] = {}
    for name, low, high in (
        ("connect_s", 0.05, 60.0),
        ("read_s", 0.05, 120.0),
        ("call_s", 0.1, 600.0),
        ("cache_s", 0.0, 300.0),
        ("concurrency", 1, 64),
    ):
        if name not in values:
            continue
        try:
            number = float(values[name])
        except ValueError:
            number = float("nan")
        if not low <= number <= high:
            problems.append(f"{raw[name][1]} must be a number from {low:g} to {high:g}.")
        else:
            numbers[name] = number
    return Limits(
        connect_s=numbers.get("connect_s", defaults.connect_s),
        read_s=numbers.get("read_s", defaults.read_s),
        call_s=numbers.get("call_s", defaults.call_s),
        cache_s=numbers.get("cache_s", defaults.cache_s),
        concurrency=int(numbers.get("concurrency", defaults.concurrency)),
    )


def _base_url(value: str, source: str, problems: list[str]) -> str:
    """The configured Sentry: scheme, host, port and path prefix, without a trailing slash."""
    with_scheme = value if "://" in value else f"https://{value}"
    try:
        parts = urlsplit(with_scheme)
        port = parts.port
    except ValueError:
        problems.append(f"{source} is not a URL.")
        return DEFAULT_URL
    if parts.scheme not in ("https", "http") or not HOST.fullmatch(parts.hostname or ""):
        problems.append(f"{source} must be an http(s) URL such as https://sentry.example.com.")
        return DEFAULT_URL
    if "@" in parts.netloc or parts.query or parts.fragment:
        problems.append(f"{source} must not carry a user, password, query or fragment.")
        return DEFAULT_URL
    prefix = parts.path.rstrip("/").removesuffix("/api/0").rstrip("/")
    if not PREFIX.fullmatch(prefix):
        problems.append(f"{source} has a path that cannot be a prefix.")
        return DEFAULT_URL
    hostname = parts.hostname or ""
    scheme = "http" if "://" not in value and is_loopback(hostname) else parts.scheme
    host = f"[{hostname}]" if ":" in hostname else hostname
    return f"{scheme}://{host}{f':{port}' if port else ''}{prefix}"


def _read_token(path: Path, source: str, problems: list[str], warnings: list[str]) -> str | None:
    path = path.expanduser()
    try:
        text = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as exc:
        problems.append(f"{source} names {path}, which cannot be read ({type(exc).__name__}).")
        return None
    _check_mode(path, warnings)
    if not text:
        problems.append(f"{source} names {path}, which is empty.")
        return None
    return text


def _check_mode(path: Path, warnings: list[str]) -> None:
    mode = path.stat().st_mode
    if mode & (stat.S_IRGRP | stat.S_IROTH):
        warnings.append(f"{path} holds a token and others on this machine can read it: chmod 600 {path}")


def _rc_files(directory: Path, home: Path) -> Iterator[Path]:
    folders = [directory, *directory.parents, home]
    seen: set[Path] = set()
    for folder in folders:
        path = folder / ".sentryclirc"
        if path not in seen and path.is_file():
            seen.add(path)
            yield path


def _read_rc(path: Path, warnings: list[str], problems: list[str]) -> dict[str, str]:
    """The settings that one ``.sentryclirc`` gives; a file that cannot be read is a problem, not a silence."""
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError, configparser.Error) as exc:
        problems.append(f"{path} cannot be read ({type(exc).__name__}).")
        return {}
    found = {setting: parser.get(*key) for key, setting in RC_KEYS.items() if parser.has_option(*key)}
    if "token" in found:
        _check_mode(path, warnings)
    return found
