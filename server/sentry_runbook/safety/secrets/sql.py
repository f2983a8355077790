"""Secrets in statements of SQL: arguments of functions, clauses, values by the places of their columns."""

# ruff: noqa: E501  # tables of fragments

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from functools import cache

from sentry_runbook.safety.secrets.assignments import SecretSpan
from sentry_runbook.safety.secrets.commands import is_argument
from sentry_runbook.safety.secrets.pattern import SecretPattern
from sentry_runbook.safety.secrets.values import is_secret
from sentry_runbook.safety.sensitive_keys import sensitivity

_TEXT = r"[NE]?[\"'](?P<it>[^\"'\n<>]{1,400}+)"
_ARGUMENT = r"(?:'[^'\n]{0,400}+'|\"[^\"\n]{0,400}+\"|[^,()'\"\n]{1,200}+(?:\([^()\n]{0,100}+\))?)"
_COLUMN = r"(?:\w{0,20}_)?(?:password|passwd|pwd|pass|passphrase|secret|token|pin|api_?key)(?:_?(?:hash|digest))?"


def _clause(source: str, words: str) -> SecretPattern:
    return SecretPattern("credential", rf"(?i)(?<!\w){source}", tuple(words.split("|")), 9, is_argument)


SQL: tuple[SecretPattern, ...] = (
    # The secret is the first argument.
    _clause(
        rf"(?:crypt|(?:en|de)cryptbypassphrase|password_hash|old_password)\(\s{{0,3}}{_TEXT}",
        "crypt|password_hash(|old_password(",
    ),
    # The key is the second.
    _clause(
        rf"(?:pgp_sym_\w{{4,20}}|(?:aes|des|des3)_(?:en|de)crypt|hmac|(?:en|de)crypt(?:_iv|_raw)?)\(\s{{0,3}}{_ARGUMENT}\s{{0,3}},\s{{0,3}}{_TEXT}",
        "pgp_sym_|crypt(|crypt_|hmac(",
    ),
    # What a function makes of a password before it is stored or compared.
    _clause(
        rf"{_COLUMN}[\"'‵\]]?\s{{0,3}}=\s{{0,3}}(?:(?:md5|sha\d{{0,3}}|password|encrypt|encode|(?:un)?hex|digest|hash\w{{0,12}}|convert|to_base64|upper|lower|concat)\(\s{{0,3}}){{1,3}}{_TEXT}",
        "md5(|sha|password(|encrypt(|hex(|hash|digest(",
    ),
    _clause(
        rf"'(?P<it>[^'\n<>]{{1,200}}+)'\s{{1,3}}as\s{{1,3}}[\"‵\[]?{_COLUMN}\b",
        " as ",
    ),
    _clause(
        r"identified\s{1,3}by\s{1,3}(?:\"[^\"\n]{1,100}+\"|'[^'\n]{1,100}+'|[^\s\"']{1,100}+)\s{1,3}replace\s{1,3}[\"']?(?P<it>[^\s\"';<>]{1,200}+)",
        "identified",
    ),
    _clause(
        r"(?:user|role|connect\s{1,3}to)\s{1,3}\S{1,80}\s{1,3}identified\s{1,3}by\s{1,3}(?P<it>(?!password\b|values\b)[^\s\"';,()<>]{3,200}+)",
        "identified",
    ),
    _clause(rf"(?:pragma\s{{1,3}}(?:\w{{1,40}}\.)?(?:re|hex|hexre)?key\s{{0,3}}=\s{{0,3}})x?{_TEXT}", "pragma"),
    _clause(
        rf"attach\s{{1,3}}(?:database\s{{1,3}})?\S{{1,200}}\s{{1,3}}as\s{{1,3}}\w{{1,60}}\s{{1,3}}key\s{{1,3}}x?{_TEXT}",
        "attach",
    ),
    _clause(
        rf"sp_(?:addlogin|addapprole|setapprole|approlepassword|password)\s{{1,3}}(?:@\w{{1,40}}\s?=\s?)?{_ARGUMENT}\s{{0,3}},\s{{0,3}}"
        rf"(?:@\w{{1,40}}\s?=\s?)?{_TEXT}",
        "sp_",
    ),
)
"""Clauses and functions whose arguments are secret."""

# --- values by the places of their columns ---------------------------------------------------------------------------


@cache
def _insert() -> re.Pattern[str]:
    return re.compile(r"(?i)\binto\s[\w.\"'‵\[\]]{1,80}+\s?\((?P<names>[^()]{1,1000})\)\s{0,3}values\s?\(")


@cache
def _value() -> re.Pattern[str]:
    return re.compile(
        r"\s{0,3}(?:[bNE]?(?P<q>['\"])(?P<it>(?:''|\\.|(?!(?P=q))[^\n<>])*+)(?P=q)"
        r"|(?P<bare>[^,()'\"\[\]\n]{0,200}+)(?P<call>\([^()\n]{0,200}\))?)\s{0,3}(?P<comma>,)?"
    )


@cache
def _next_row() -> re.Pattern[str]:
    return re.compile(r"\s{0,3}\)\s{0,3},\s{0,3}\(")


_ROWS = 50
"""Rows of one statement that are read."""


def inserted(text: str) -> Iterator[SecretSpan]:
    """Values of sensitive columns of an INSERT, by their places, in each of its rows."""
    for match in _insert().finditer(text):
        columns = match["names"].split(",")
        position = match.end()
        for _ in range(_ROWS):
            position = yield from _of_row(text, position, columns)
            following = _next_row().match(text, position)
            if following is None:
                break
            position = following.end()


def _of_row(text: str, position: int, columns: list[str]) -> Generator[SecretSpan, None, int]:
    """The sensitive values of one row, and where it ends."""
    for name in columns:
        value = _value().match(text, position)
        if value is None:
            break
        of_name = sensitivity(name)
        group = "it" if value["it"] else "bare"
        it = (value[group] or "").strip()
        if of_name.kind and it and not value["call"] and is_secret(of_name, it):
            start = value.start(group) + len(value[group]) - len(value[group].lstrip())
            yield SecretSpan(start, start + len(it), of_name.kind)
        position = value.end()
        if not value["comma"]:
            break
    return position


@cache
def _bound() -> re.Pattern[str]:
    return re.compile(
        r"(?i)(?:\[?(?:parameters|params|args|bindings|binds|values)(?:\s?[:=]|\s)\s?|\bwith (?:args|params|values)\s)[(\[]"
    )


@cache
def _bind_marker() -> re.Pattern[str]:
    return re.compile(
        r"(?:(?<!\w)(?P<name>\w{1,60}+)[\"'‵\]]?\s{0,2}(?:=|[Ll][Ii][Kk][Ee])\s{0,2}(?:\w{1,20}\()?)?(?:\?(?!\w)|%s|\$\d{1,3}|:\d{1,3}|@p\d{1,3})"
    )


@cache
def _columns_of_insert() -> re.Pattern[str]:
    return re.compile(
        r"(?i)\binto\s[\w.\"'‵\[\]]{1,80}+\s?\((?P<names>[^()]{1,1000})\)\s{0,3}values\s?\((?=\s?(?:\?|%s|\$\d|:\d|@p))"
    )


def bound(text: str) -> Iterator[SecretSpan]:
    """Values that a list of parameters gives to the places of a statement: ``password=? … [parameters: ('x',)]``."""
    for match in _bound().finditer(text):
        statement = text[max(0, match.start() - 4000) : match.start()]
        insert = _columns_of_insert().search(statement)
        columns = (
            insert["names"].split(",")
            if insert
            else [place["name"] or "" for place in _bind_marker().finditer(statement)]
        )
        if any(sensitivity(name).kind for name in columns):
            yield from _of_row(text, match.end(), columns)


@cache
def _detail() -> re.Pattern[str]:
    return re.compile(
        r"Key \((?P<names>[\w\", ]{1,200})\)=\((?P<values>[^()\n<>]{1,1000}+)\)"
        r"|[Dd]uplicate entry '(?P<it>[^'\n<>]{1,400}+)' for key '(?:\w{1,60}\.)?(?P<name>\w{1,60})'"
        r"|set_config\(\s?'(?P<setting>[\w.]{1,80})'\s?,\s?'(?P<set>[^'\n<>]{1,400}+)'"
    )


def keys_in_details(text: str) -> Iterator[SecretSpan]:
    """Values of unique columns that a database repeats: ``Key (token)=(x) already exists``."""
    for match in _detail().finditer(text):
        if match["values"] is not None:
            yield from _of_row(text, match.start("values"), match["names"].replace('"', "").split(","))
            continue
        group = "it" if match["it"] else "set"
        of_name = sensitivity(_index().sub("", match["name"] or match["setting"]))
        if of_name.kind and is_secret(of_name, match[group]):
            yield SecretSpan(*match.span(group), of_name.kind)


@cache
def _index() -> re.Pattern[str]:
    return re.compile(r"(?i)\A(?:idx|uq|uk|uniq|ix|unique)_|_(?:idx|uq|uk|uniq|ix|unique|index|key)\Z")
