"""Values beside sensitive names where no sign assigns them: pairs, tuples, XML, forms, options of commands."""

# ruff: noqa: E501  # tables of fragments

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from sentry_runbook.safety.secrets import names
from sentry_runbook.safety.secrets.assignments import SecretSpan, value_pattern
from sentry_runbook.safety.secrets.pattern import QUOTE
from sentry_runbook.safety.secrets.values import is_secret, looks_random, starts_sentence
from sentry_runbook.safety.sensitive_keys import sensitivity

# --- pairs of a name and a value ------------------------------------------------------------------------------------

_LABELS = rf"(?:{'|'.join(sorted(names.LABELS, key=len, reverse=True))})"
_CONTENTS = rf"(?:{'|'.join(sorted(names.CONTENTS, key=len, reverse=True))})"


@cache
def _labelled() -> re.Pattern[str]:
    equals = r"\s{0,2}(?:[:=]|=[>›])\s{0,2}"
    # Up to two other attributes may stand between the name and its value.
    other = (
        rf"(?:{QUOTE})?(?!(?:{_CONTENTS}|name|key|id|property)\b)[\w-]{{1,20}}(?:{QUOTE})?\s?[:=]\s?"
        r"[^\s,{}‹›]{1,40}[\s,]{1,4}"
    )
    return re.compile(
        rf"(?i:(?<![a-z]){_LABELS})(?:{QUOTE})?{equals}(?:{QUOTE})?(?P<name>[\w$.:-]{{1,60}}+(?: [\w$.:-]{{1,40}}+){{0,4}}?)(?:{QUOTE})?"
        rf"[\s,;⏎]{{1,8}}(?:[-‐]\s)?(?:{other}){{0,2}}"
        rf"(?:{QUOTE})?(?i:(?<![a-z]){_CONTENTS})(?:{QUOTE})?{equals}"
    )


@cache
def _labelled_after() -> re.Pattern[str]:
    return re.compile(
        rf"(?i:(?<![a-z]){_CONTENTS})(?:{QUOTE})?\s{{0,2}}[:=]\s{{0,2}}(?P<q>{QUOTE})(?P<it>(?:(?!(?P=q))[^\n<>]){{1,400}}+)(?P=q)"
        rf"[\s,;]{{1,4}}(?:{QUOTE})?(?i:{_LABELS})(?:{QUOTE})?\s{{0,2}}[:=]\s{{0,2}}(?:{QUOTE})?(?P<name>[\w.-]{{2,60}}+)"
    )


@cache
def _tuple() -> re.Pattern[str]:
    return re.compile(
        rf"[(\[{{]\s{{0,2}}[bu]?(?P<n>{QUOTE})(?P<name>[\w.-][\w .-]{{1,60}}?)(?P=n)\s{{0,2}}(?:,|=[>›]|:)\s{{0,2}}"
        rf"[bu]?(?P<q>{QUOTE})(?P<it>(?:(?!(?P=q))[^\n<>]){{1,4096}}+)(?P=q)\s{{0,2}},?\s{{0,2}}[)\]}}]"
    )


@cache
def _wrapped() -> re.Pattern[str]:
    return re.compile(
        r"(?<![\w$])(?P<name>[A-Za-z_][\w]{2,40}+)(?:(?P<call>\()| ?\{ ?(?:value|inner|secret|raw|data|string|0) ?: ?)"
        rf"[bu]?(?P<q>{QUOTE})(?P<it>(?:(?!(?P=q))[^\n<>]){{1,400}}+)(?P=q)"
    )


def wrapped(text: str) -> Iterator[SecretSpan]:
    """The content of a value that is shown with its type: ``Token { value: "x" }``, ``Secret("x")``.

    A call has arguments of all sorts (``getToken("name")``): there the content must look like a credential.
    """
    for match in _wrapped().finditer(text):
        of_name, it = sensitivity(match["name"]), match["it"]
        if of_name.kind and is_secret(of_name, it) and (match["call"] is None or looks_random(it)):
            yield SecretSpan(*match.span("it"), of_name.kind)


def pairs(text: str) -> Iterator[SecretSpan]:
    """Values beside their names: ``{"name": "password", "value": "x"}``, ``("password", "x")``, ``Key=…,Value=…``."""
    for match in _labelled().finditer(text):
        of_name = sensitivity(match["name"])
        value = value_pattern().match(text, match.end()) if of_name.kind else None
        if value and value["it"] and is_secret(of_name, value["it"]):
            yield SecretSpan(*value.span("it"), of_name.kind)


def reversed_pairs(text: str) -> Iterator[SecretSpan]:
    """As :func:`pairs`, with the value first."""
    return _named_groups(_labelled_after().finditer(text))


def tuples(text: str) -> Iterator[SecretSpan]:
    """Lists and tuples of a name and a value; two names of fields are none."""
    for match in _tuple().finditer(text):
        of_name = sensitivity(match["name"])
        it = match["it"]
        if of_name.kind and is_secret(of_name, it) and not sensitivity(it).kind:
            yield SecretSpan(*match.span("it"), of_name.kind)


# --- elements of XML -------------------------------------------------------------------------------------------------

_LESS, _GREATER = r"(?:‹|＆lt;)", r"(?:›|＆gt;)"


_HTML = r"(?:button|label|a|span|div|h\d|p|td|th|li|form|section|option|legend|summary|dt|dd|code|strong|em|b|i)"
"""Elements of a page: their ids are no names of their contents."""


@cache
def _element() -> re.Pattern[str]:
    named = r"[^‹›＆]{0,200}?\s(?:name|key|id|Name|Key)=[\"'](?P<attribute>[\w .:-]{2,60})[\"'][^‹›＆]{0,100}"
    return re.compile(
        rf"{_LESS}(?:key{_GREATER}(?P<key>[\w .:-]{{2,60}}){_LESS}/key{_GREATER}\s{{0,9}}{_LESS}string"
        rf"|(?!{_HTML}\b)\w{{1,20}}+{named}|(?P<name>[A-Za-z_][\w:.-]{{1,60}}+)(?:\s[^‹›]{{0,300}}+)?){_GREATER}"
        rf"(?:‹! ?\[CDATA\[)?(?P<it>[^‹›<>＆⏎]{{1,8192}}+)(?=[‹›＆…]|\Z)"
    )


def elements(text: str) -> Iterator[SecretSpan]:
    """Contents of elements with sensitive names, as ``‹password›x‹/password›`` in inert text."""
    for match in _element().finditer(text):
        name = match["name"] or match["attribute"] or match["key"] or ""
        of_name = sensitivity(name.rpartition(":")[2])
        it = match["it"].strip().removesuffix("]]")
        if of_name.kind and it and is_secret(of_name, it):
            start = match.start("it") + len(match["it"]) - len(match["it"].lstrip())
            yield SecretSpan(start, start + len(it), of_name.kind)


# --- options of command lines ---------------------------------------------------------------------------------------


@cache
def _option() -> re.Pattern[str]:
    return re.compile(r"(?<![\w-])--?(?P<name>[A-Za-z][\w-]{1,60}+)(?:\s{1,3}|[\"'‵],\s?(?=[\"'‵]))(?![-‹\[{¦])")


def options(text: str) -> Iterator[SecretSpan]:
    """Values of options: ``--password hunter2``, ``-Token abc``."""
    done = 0
    for match in _option().finditer(text):
        if match.start() < done:
            continue
        of_name = sensitivity(match["name"])
        value = value_pattern().match(text, match.end()) if of_name.kind else None
        if value is None or not is_secret(of_name, value["it"]):
            continue
        is_quoted = value["q"] is not None
        if is_quoted or not (_metavariable().fullmatch(value["it"]) or starts_sentence(value["it"], "", "")):
            done = value.end("it")
            yield SecretSpan(*value.span("it"), of_name.kind)


@cache
def _metavariable() -> re.Pattern[str]:
    return re.compile(r"[A-Z][A-Z_-]*|\w{1,4}|<.*")


@cache
def _setting() -> re.Pattern[str]:
    return re.compile(
        r"(?<![\w.-])(?:ENV|ARG|setx?|setenv|SetEnv|config(?:ure)?\sset|config:set|secrets?\sset|env\sadd|PassEnv|export)"
        r"\s{1,3}(?P<name>[A-Za-z_][\w.-]{1,80}+)\s{1,3}(?![-‹\[{¦=])"
    )


def settings(text: str) -> Iterator[SecretSpan]:
    """Values of settings that a command gives by name: ``ENV API_TOKEN abc``."""
    for match in _setting().finditer(text):
        of_name = sensitivity(match["name"])
        value = value_pattern().match(text, match.end()) if of_name.kind else None
        if value and is_secret(of_name, value["it"]) and not starts_sentence(value["it"], "", ""):
            yield SecretSpan(*value.span("it"), of_name.kind)


@cache
def _part_of_form() -> re.Pattern[str]:
    return re.compile(
        r"name=\\{0,3}\"(?P<name>[\w.\[\]-]{2,60}+)\\{0,3}\"\s?(?:\\{1,3}[rn]|[\r\n⏎])(?:\\{1,3}[rn]"
        r"|[\r\n⏎ ]){0,8}(?P<it>[^\\\r\n⏎<>]{1,400}+)"
    )


def parts_of_forms(text: str) -> Iterator[SecretSpan]:
    """Values of a multipart form."""
    for match in _part_of_form().finditer(text):
        of_name = sensitivity(match["name"])
        it = match["it"].rstrip()
        if of_name.kind and it and is_secret(of_name, it):
            yield SecretSpan(match.start("it"), match.start("it") + len(it), of_name.kind)


def _named_groups(matches: Iterator[re.Match[str]]) -> Iterator[SecretSpan]:
    for match in matches:
        of_name = sensitivity(match["name"])
        if of_name.kind and is_secret(of_name, match["it"]):
            yield SecretSpan(*match.span("it"), of_name.kind)
