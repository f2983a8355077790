"""What the operator decides: :class:`Settings`, and the table of where each of them comes from.

The rows of :data:`SETTINGS` are what everything else is derived from: the parsing (:mod:`.settings_loader`), the
command line's flags, and the tests of the README's table, ``manifest.json`` and ``server.json``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, get_args

from sentry_runbook import server_url
from sentry_runbook import setting_parsers as parsers
from sentry_runbook.errors import SettingsError

Writes = Literal["off", "confirm", "direct"]

DEFAULT_URL = "https://sentry.io"


class Secret:
    """A token that shows itself only when asked: never in repr, str, format, pickle or a traceback."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The token itself; called where a request's header is made, or compared with it."""
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


def _secret(parse: Callable[[str, list[str]], str]) -> parsers.Parser:
    """The parser of a setting whose value shows itself only when asked."""
    return lambda text, warnings: Secret(parse(text, warnings))


@dataclass(frozen=True)
class Limits:
    """Deadlines, cache and concurrency towards Sentry."""

    connect_s: float = 3.0
    read_s: float = 8.0
    call_s: float = 18.0
    """One whole tool call; DESIGN §9 promises 20 s, the rest is ours for deciding and writing."""
    cache_s: float = 10.0
    """How long an answer may be reused; 0 turns the cache off."""
    concurrency: int = 24
    """Requests in flight: one below Sentry's own limit for one token (sentry-api §2.1), so that an incident of twenty
    issues is not served one issue after the other."""
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
    keyring: bool = False
    """The token may come from the system's keyring (:mod:`.keyring_token`)."""
    http_token: Secret | None = None
    """What clients of the HTTP transport send as bearer token; None: it listens on the loopback address only."""
    webhook_secret: Secret | None = None
    """Client secret of the integration whose webhooks are read; None: their signatures are not checked."""
    limits: Limits = field(default_factory=Limits)
    warnings: tuple[str, ...] = ()
    sources: Mapping[str, str] = field(default_factory=dict)
    """Setting → the variable, flag or file that gave it; without those whose default holds."""
    unread_files: tuple[str, ...] = ()
    """Of each ``.sentryclirc`` that was left out, and of a keyring without a token, one sentence: which, and why."""
    problem: SettingsError | None = None
    """What is wrong with settings that were given. Those with one are good for listing tools, not for asking Sentry:
    a token may be there without the server that it belongs to."""

    def named_by(self, name: str) -> str:
        """Who gave a setting, in brackets, to be appended to its value; empty when its default holds."""
        return f" (named by {self.sources[name]})" if name in self.sources else ""

    def missing_token(self) -> SettingsError:
        """What every tool answers while no token is set."""
        return SettingsError(
            " ".join(("No Sentry auth token is set.", *self.unread_files)),
            "Set SENTRY_AUTH_TOKEN (or SENTRY_AUTH_TOKEN_FILE) to a token with org:read, project:read and event:read; "
            "to try without one, start with --demo.",
        )


@dataclass(frozen=True)
class Setting:
    """One setting: all that the parsing, ``--help``, the README's table and the installers' forms need to know.

    Attributes:
        name: the field of :class:`Settings` or :class:`Limits` that it fills.
        environment: the variables that give it, best first.
        parse: its text → its value (:mod:`.setting_parsers`).
        help: what it is, in words for ``--help``; empty without a flag.
        unset: what holds without it, in words, where :class:`Settings` has no default to show.
        flags: its command line flags, the short one first; error messages name the last.
        metavar: the placeholder of its value in ``--help``.
        choices: the words that it can be, where there are only some.
        rc: section and key of ``.sentryclirc``.
        is_offered: whether the form of a desktop host asks for it (``manifest.json``); ``server.json`` names all that
            a server over stdio reads.
    """

    name: str
    environment: tuple[str, ...]
    parse: parsers.Parser
    help: str = ""
    unset: str = ""
    flags: tuple[str, ...] = ()
    metavar: str | None = None
    choices: tuple[str, ...] = ()
    rc: tuple[str, str] | None = None
    is_offered: bool = False

    @property
    def default(self) -> str:
        """What holds when it is not given: a value as one would write it, or words."""
        owner = Limits() if self.name in Limits.__dataclass_fields__ else Settings()
        value = getattr(owner, self.name, None)
        if isinstance(value, bool):
            return "on" if value else "off"
        return self.unset if value is None else f"{value:g}" if isinstance(value, (int, float)) else str(value)


WRITES: tuple[Writes, ...] = get_args(Writes)
TOKEN_VARIABLES = ("SENTRY_AUTH_TOKEN", "SENTRY_ACCESS_TOKEN")
_UNSET_CREDENTIAL = "none: every tool says what to set"
_ORG_AND_PROJECT = "from a pasted link"
SETTINGS = (
    Setting(
        "token",
        TOKEN_VARIABLES,
        _secret(parsers.sentry_token),
        unset=_UNSET_CREDENTIAL,
        rc=("auth", "token"),
        is_offered=True,
    ),
    Setting(
        "token_file",
        ("SENTRY_AUTH_TOKEN_FILE",),
        _secret(parsers.token_in_file),
        unset=_UNSET_CREDENTIAL,
    ),
    Setting(
        "organization",
        ("SENTRY_ORG",),
        parsers.slug,
        "organization",
        unset=_ORG_AND_PROJECT,
        flags=("--org", "--organization"),
        metavar="SLUG",
        rc=("defaults", "org"),
        is_offered=True,
    ),
    Setting(
        "project",
        ("SENTRY_PROJECT",),
        parsers.slug,
        "default project",
        unset=_ORG_AND_PROJECT,
        flags=("--project",),
        metavar="SLUG",
        rc=("defaults", "project"),
        is_offered=True,
    ),
    Setting(
        "base_url",
        ("SENTRY_URL", "SENTRY_HOST"),
        server_url.base_url,
        "base URL",
        flags=("--url", "--base-url"),
        metavar="URL",
        rc=("defaults", "url"),
        is_offered=True,
    ),
    Setting(
        "policy_file",
        ("SENTRY_RUNBOOK_POLICY",),
        parsers.file,
        "TOML policy",
        unset="built in",
        flags=("--policy", "--policy-file"),
        metavar="FILE",
        is_offered=True,
    ),
    Setting(
        "prompts_dir",
        ("SENTRY_RUNBOOK_PROMPTS",),
        parsers.folder,
        "folder of your own templates",
        unset="shipped",
        flags=("--prompts", "--prompts-dir"),
        metavar="DIR",
        is_offered=True,
    ),
    Setting(
        "writes",
        ("SENTRY_RUNBOOK_WRITES",),
        parsers.choice(*WRITES),
        "changes in Sentry: no write tools, ask a person each time (default), or only where it is risky",
        flags=("--writes",),
        choices=WRITES,
        is_offered=True,
    ),
    Setting(
        "state_dir",
        ("SENTRY_RUNBOOK_STATE",),
        parsers.new_folder,
        "folder of the audit file of writes, which is kept only with it",
        unset="none: no audit file",
        flags=("--state-dir",),
        metavar="DIR",
        is_offered=True,
    ),
    Setting("keyring", ("SENTRY_RUNBOOK_KEYRING",), parsers.switch, choices=("on", "off")),
    Setting("mask", ("SENTRY_RUNBOOK_MASK",), parsers.switch, choices=("on", "off"), is_offered=True),
    Setting("ca_bundle", ("SENTRY_RUNBOOK_CA_BUNDLE",), parsers.file, unset="system", is_offered=True),
    Setting("call_s", ("SENTRY_RUNBOOK_CALL_TIMEOUT",), parsers.number(0.1, 600)),
    Setting("read_s", ("SENTRY_RUNBOOK_READ_TIMEOUT",), parsers.number(0.05, 120)),
    Setting("connect_s", ("SENTRY_RUNBOOK_CONNECT_TIMEOUT",), parsers.number(0.05, 60)),
    Setting("cache_s", ("SENTRY_RUNBOOK_CACHE",), parsers.number(0, 300)),
    Setting("concurrency", ("SENTRY_RUNBOOK_CONCURRENCY",), parsers.count(1, 64)),
    Setting("http_token", ("SENTRY_RUNBOOK_HTTP_TOKEN",), _secret(parsers.token), unset="none: loopback only"),
    Setting("webhook_secret", ("SENTRY_RUNBOOK_WEBHOOK_SECRET",), _secret(parsers.token), unset="none: not checked"),
)
"""All settings. A new one is a row here and a field above; tests name the places that do not follow by themselves."""
