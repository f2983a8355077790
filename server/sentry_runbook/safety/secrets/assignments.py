"""Values that stand after sensitive names in text: assignments, JSON, YAML, headers, query strings.

Theory: one pattern finds a name with what separates it from a value, another reads the value from there. So a name
inside the value of a harmless name is found too, and each place of the text is read a bounded number of times. Before
either runs, one search says whether any word of a sensitive name occurs in the text at all.
"""

# ruff: noqa: E501  # tables of fragments

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

from sentry_runbook.safety.secrets import names
from sentry_runbook.safety.secrets.pattern import QUOTE
from sentry_runbook.safety.secrets.values import (
    UNEXPECTED,
    is_announced,
    is_dotted_word,
    is_expression,
    is_path_of_shell,
    is_phrase,
    is_secret,
    is_word_of_sentence,
    looks_random,
    starts_sentence,
)
from sentry_runbook.safety.sensitive_keys import Sensitivity, sensitivity, words_of


@dataclass(frozen=True)
class SecretSpan:
    """A part of a text to be masked.

    Attributes:
        start: index of its first character.
        end: index after its last character.
        kind: of the mask.
    """

    start: int
    end: int
    kind: str


Finder = Callable[[str], Iterator[SecretSpan]]
SECRET_KINDS = frozenset(("secret", "cookie"))
"""Kinds that are masked by name before the forms of personal data are; the others after them."""
SIGN = (
    r"[=:∶：＝‹¦→%]|＆lt;|\A-|;s:|\s(?:[\"'‵-]|is |was |to |ist |lautet |est |es |[^\s\d]{0,60}\d)|\t"
    r"|[\"'‵] ?,|(?:ENV|ARG|[Ss][Ee][Tt]\w{0,4}|export) "
)
"""What stands between a name and its value, or before an option: every text that holds a named value has one."""


# --- a name, what separates, a value --------------------------------------------------------------------------------

_STOP = r"\s\"'‵,;&<>‹›(){}\[\]¦⏎"
_GOES_ON = r"(?=[A-Za-z0-9!#$%^*+_~@-])(?![\w.-]{1,60}+[\"']?\s?[=:])"
"""A bracket, comma or quotation mark inside a value: the value goes on after it, and no other name begins there."""
_BARE = rf"(?:[^{_STOP}]|[\"',;&(){{}}\[\]]{_GOES_ON}){{1,4096}}+"
FEWEST_DIGITS = 5
"""Digits of a date of birth, a telephone number or a national id that stands behind its name without a sign."""
_VARIABLE = (
    r"\$\{\{?[^{}\n]{0,80}\}\}?|\$\([^()\n]{0,80}\)|\{ ?\{[^{}\n]{0,80}\} ?\}|\{[^{}\n\"'=:]{1,200}\}(?=[;\s]|\Z)"
    r"|‹[^‹›\n]{0,60}›|\[\w{1,20}\](?!\w)"
)
_SEPARATOR = (
    r"\s{0,3}(?:(?P<sure>={1,3}[>›]?(?:\s?⏎\s?)?|:=|-[>›]|→|＝|%(?:25)?3[Dd])|(?P<colon>\\?[:∶：](?!:|//)(?:\s?[¦›][-+]?[\s⏎]{1,9})?|%(?:25)?3[Aa])|(?P<php>;s:\d{1,6}:)(?=[\\\"'])"
    r"|(?P<loose>¦|\t|[–—›]|-(?=\s)|;(?=\s))|(?<=\s)(?P<said>is|was|ist|lautet|est|es|=|is set to|set to|changed to|to|TO)(?=[\s:]))[\s:]{0,3}"
    r"|(?P<blank>\s{1,16})(?=[\"']|[\w$+/=!#@%^&*~.-]{0,40}\d)"
)


_IN_NAME = "%(?:5[BbDdFf]|2[Dd])"
"""A bracket, a line or a hyphen of a name, percent-encoded."""


@cache
def _name() -> re.Pattern[str]:
    return re.compile(
        rf"(?P<name>[\w$](?<![\w$]{{2}})(?<![\w$][.-][\w$])(?:[\w.$-]{{1,200}}+(?:{_IN_NAME}[\w.$-]{{0,60}}+){{0,6}}+|(?:{_IN_NAME}[\w.$-]{{0,60}}+){{1,6}}+))(?P<close>(?:\[\d{{0,4}}\])?(?:{QUOTE})?\s?\]?(?:(?<!\s)\s\([a-z][a-z -]{{1,15}}\)(?=:)|\s?:\s?&?(?:[Ss]tring|str|char|bytes|SecretStr)[?!]?(?=\s?=))?)(?:{_SEPARATOR})"
    )


@cache
def value_pattern() -> re.Pattern[str]:
    """One value, quoted or bare: its group ``it``, with the quotation marks as ``q`` or ``o``."""
    quote = r"\"{3}|'{3}|\\{0,7}[\"'‵]|＆(?:quot|apos|#0?3[49]);|\\{1,4}u002[27]|%(?:25)?2[27]"
    return re.compile(
        rf"(?:(?:!!str|&\w{{1,20}})\s{{1,2}})?(?:(?:(?i:string|str|secret|secretstr|some|just|optional|text|sensitive)\(\d{{0,6}}\)?\s?)?[uUrRbBfFLN@]{{0,2}}(?:(?P<q>{quote})|(?P<o>[“‘«])))?"
        r"(?P<it>(?(q)(?:(?!(?P=q))(?:\\{2,8}[\"']|\\.|[^\n<>])|''(?=\w)){0,4096}+"
        rf"|(?(o)[^”’»\n<>]{{0,4096}}+|(?:{_VARIABLE}|{_BARE}))))"
    )


@cache
def _open_list() -> re.Pattern[str]:
    return re.compile(r"[\[(]\s{0,2}(?=[bu]?\\{0,7}[\"'])")


@cache
def _next_in_list() -> re.Pattern[str]:
    return re.compile(rf"(?:{QUOTE})?\s{{0,2}},\s{{0,2}}(?=[bu]?\\{{0,7}}[\"'])")


@cache
def _next_bare() -> re.Pattern[str]:
    return re.compile(r",\s{1,2}(?=[\w$+/-]{0,40}\d)(?![\w.-]{1,60}+[\"']?\s?[=:])")


def assignments(text: str, kinds: frozenset[str]) -> Iterator[SecretSpan]:
    """Values after sensitive names of some kinds, in the order of the text."""
    done = 0
    for name in _name().finditer(text):
        if name.start() < done:  # inside a value that was just masked
            continue
        of_name = _sensitivity_at(name, text)
        if not of_name.kind or (of_name.kind in SECRET_KINDS) is not (kinds is SECRET_KINDS):
            continue
        for span in _values_after(name, of_name, text):
            done = span.end
            yield span


def _values_after(name: re.Match[str], of_name: Sensitivity, text: str) -> Iterator[SecretSpan]:
    opened = _open_list().match(text, name.end())
    position = opened.end() if opened else name.end()
    while True:
        value = value_pattern().match(text, position)
        if value is None or not _is_value(name, value, of_name):
            return
        yield SecretSpan(*value.span("it"), of_name.kind)
        following = (_next_in_list() if opened else _next_bare()).match(text, value.end())
        if following is None or not (opened or name["name"].endswith("s")):
            return
        position = following.end()


def _sensitivity_at(name: re.Match[str], text: str) -> Sensitivity:
    """What a name says, with the words before it when it has several: ``Date of birth``, ``mot de passe``."""
    word = name["name"]
    if text[name.start() - 1 : name.start()] == "%" and word[:2] in _ENCODED:  # a sign before the name
        word = word[4:] if word.startswith("25") else word[2:]
    if "%" in word:
        word = _PERCENT.sub("_", word)
    of_word = sensitivity(word)
    start = name.start()
    if (of_word.kind and not of_word.by_shape) or start < 2 or text[start - 1] not in " -":
        return of_word
    before = text[max(0, start - 40) : start].split()
    if len(before) > 1 and before[-1].lower() in _OF and before[-2].lower() in names.PASSWORDS:
        return sensitivity(before[-2])
    if word.lower() not in _ends_of_phrases():
        return of_word
    for count in (1, 2, 3):
        phrase = " ".join(words_of(" ".join([*before[-count:], word])))
        if phrase in names.SECRET_PAIRS or phrase in names.PERSONAL_PAIRS or phrase in names.CARD_PAIRS:
            return sensitivity(phrase)
    return of_word


@cache
def _ends_of_phrases() -> frozenset[str]:
    phrases = names.SECRET_PAIRS | names.PERSONAL_PAIRS | names.CARD_PAIRS
    return frozenset(phrase.split()[-1] for phrase in phrases)


_ENCODED = frozenset(("22", "27", "25", "2C", "2c", "20", "7B", "7b", "5B", "5b", "26", "3F", "3f", "0A", "0a"))
_OF = frozenset(["de", "di", "da", "do", "del", "des", "du", "of", "for", "für", "от", "для"])
"""Between a password and what it opens: ``clave de acceso``."""
_PERCENT = re.compile(r"%(?:5F|2D|5B|5D)", re.IGNORECASE)


def _is_value(name: re.Match[str], value: re.Match[str], of_name: Sensitivity) -> bool:
    """Whether what follows a sensitive name is its value, and not the rest of a sentence about it."""
    it = value["it"]
    is_quoted = value["q"] is not None or value["o"] is not None
    if not it or not is_secret(of_name, it) or (name["colon"] and _is_in_longer_name(name, it)):
        return False
    if name["blank"] is not None or name["loose"] or name["said"]:
        return _is_announced(name, it, of_name, is_quoted)
    before = name.string[max(0, name.start() - 12) : name.start()].lower()
    if before.endswith(UNEXPECTED) and name["name"].lower() in names.PASSWORDS and is_announced(of_name, it):
        before = ""  # the complaint repeats the password
    if is_quoted:
        opened = name.string[name.start() - 1 : name.start()].replace("‵", "'")
        if name["sure"] and not name["close"] and value["q"] == opened:  # the name itself is quoted, with its sign
            return False
        return not (name["colon"] and before.endswith(UNEXPECTED) and not looks_random(it))
    if _is_code(name, value):
        return False
    is_assigned = name["sure"] or name["php"] or name["close"].strip()
    return bool(is_assigned) or not starts_sentence(it, before, name.string[value.end() : value.end() + 2])


def _is_code(name: re.Match[str], value: re.Match[str]) -> bool:
    """Whether an unquoted value is an expression, a place of a shell, a dotted name, or a word of a sentence."""
    it, word = value["it"], name["name"]
    if it.replace(".", "_").isidentifier() and _call().match(name.string, value.end()):
        return True
    if is_expression(word, it) or is_path_of_shell(word, it) or is_dotted_word(word, it):
        return True
    return bool(name["colon"] and name["close"].strip()) and is_word_of_sentence(it)


@cache
def _call() -> re.Pattern[str]:
    return re.compile(r"\([^()\n]{0,200}\)")


def _is_announced(name: re.Match[str], it: str, of_name: Sensitivity, is_quoted: bool) -> bool:
    """Whether a value is one that stands behind its name without a sign: ``password is x``, ``token x``."""
    if of_name.kind == "personal" and sum(map(str.isdigit, it)) < FEWEST_DIGITS:
        return False  # the model in ``iPhone iPhone15,2`` is nobody's telephone number
    if name["said"]:
        if is_quoted and name["name"].lower() in names.PASSWORDS and is_phrase(it):
            return True
        return (of_name.kind != "secret" and any(map(str.isdigit, it))) or looks_random(it)
    if is_quoted and name["name"].lower() in names.PASSWORDS and it.count(" ") > 1 and is_phrase(it):
        return True
    return (
        (looks_random(it) and not of_name.is_loose)
        if is_quoted
        else (of_name.kind in SECRET_KINDS and is_announced(of_name, it))
    )


def _is_in_longer_name(name: re.Match[str], it: str) -> bool:
    """A part of a name that colons join: ``arn:aws:secretsmanager:…:secret:shop/db``."""
    before = name.string[max(0, name.start() - 2) : name.start()]
    return before[1:] == ":" and before[:1].isalnum() and it[:1].isalnum()


# --- parameters of URLs ----------------------------------------------------------------------------------------------


@cache
def _parameter() -> re.Pattern[str]:
    return re.compile(
        r"(?i)(?:[?&#]|(?P<semi>;)|%(?:25)?3f|%(?:25)?26|＆amp;|\\u0026)"
        r"(?P<name>[\w.\[\]-]{1,60}(?:%(?:5f|2d|5b|5d)\w{0,40}){0,4})(?:=|%(?:25)?3d)"
        r"(?P<it>(?:(?!%(?:25)?26|%(?:25)?23|＆amp;|\\u0026)(?(semi)[^&;\s<>‹›\"')\\]|[^&;\s#<>‹›\"')\\])){1,4096})"
    )


def parameters(text: str) -> Iterator[SecretSpan]:
    """Values of sensitive parameters."""
    for match in _parameter().finditer(text):
        of_name = sensitivity(_PERCENT.sub("_", match["name"]), query=True)
        if (
            of_name.kind
            and is_secret(of_name, match["it"])
            and not (of_name.by_shape and _offer().fullmatch(match["it"]))
        ):
            yield SecretSpan(*match.span("it"), of_name.kind)


@cache
def _offer() -> re.Pattern[str]:
    """``?code=sale10`` is a price, and no code of a sign-in."""
    return re.compile(r"[A-Za-z]{3,20}\d{1,4}")


def secret_assignments(text: str) -> Iterator[SecretSpan]:
    """Assignments to secret names."""
    return assignments(text, SECRET_KINDS)


def personal_assignments(text: str) -> Iterator[SecretSpan]:
    """Assignments to personal names."""
    return assignments(text, frozenset())
