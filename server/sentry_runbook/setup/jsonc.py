"""Changes one value in the text of a JSON file and leaves every other character where it stands. Pure.

Comments and trailing commas are allowed (JSONC, as VS Code reads it); a caller whose host reads less checks that
first. What a change gives is read again and compared with what it must mean, so a text that this module misreads is
refused and never damaged.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from sentry_runbook.setup.refused import ConfigurationRefused

TOKEN = re.compile(r'[{}\[\]:,]|[^\s{}\[\]:,"/]++')
"""Any but a string."""
IN_STRING = re.compile(r'["\\]')
BLANKS = re.compile(r"\s*+")
INDENT = re.compile(r"\n([ \t]++)\S")


class _Token(NamedTuple):
    """One token that is no comment: where it begins and ends, and its text."""

    start: int
    end: int
    text: str


@dataclass(frozen=True)
class _Object:
    """An object in a list of tokens, by their numbers in it.

    Attributes:
        opening: its brace.
        closing: its brace.
        members: of each key the first and last token of the value.
    """

    opening: int
    closing: int
    members: Mapping[str, tuple[int, int]]


def strict_value(text: str) -> object:
    """What a JSON text says.

    Raises:
        ConfigurationRefused: it is no JSON.
    """
    try:
        return json.loads(text)
    except json.JSONDecodeError as exc:
        raise ConfigurationRefused(f"is no valid JSON (line {exc.lineno}: {exc.msg})") from None
    except (ValueError, RecursionError) as exc:
        # A number of thousands of digits, or thousands of braces.
        raise ConfigurationRefused(f"cannot be read ({type(exc).__name__})") from None


def value(text: str, *, trailing_commas: bool = True) -> object:
    """What a JSONC text says.

    Args:
        text: the file's text.
        trailing_commas: whether a comma may stand before a closing brace: Gemini CLI allows comments alone.

    Raises:
        ConfigurationRefused: it is none.
    """
    with suppress(ValueError, RecursionError):
        # Most have neither comments nor such commas, and Claude Code's can be large.
        return json.loads(text)
    pieces, at = list[str](), 0
    for token, following in pairwise([*_tokens(text), _Token(len(text), len(text), "")]):
        # Errors name the line.
        pieces.append("\n" * text.count("\n", at, token.start) or " ")
        if not trailing_commas or token.text != "," or following.text not in ("}", "]"):
            pieces.append(token.text)
        at = token.end
    return strict_value("".join(pieces))


def with_member(text: str, path: Sequence[str], new: object) -> str:
    """The text with the value at this path of keys replaced or added, with the objects above it.

    Raises:
        ConfigurationRefused: the text is no JSONC, or something on the path is no object.
    """
    before = value(text)
    after = _with_member(text, tuple(path), new)
    if value(after) != _merged(before, path, new):
        raise ConfigurationRefused("has a form that cannot be changed safely")
    return after


def with_element(text: str, key: str, new: object) -> str:
    """The text with one element more at the end of the array under a key of the whole; an array of one where none is.

    Raises:
        ConfigurationRefused: as :func:`with_member`, or what stands there is no array.
    """
    before = value(text)
    known = before.get(key, []) if isinstance(before, dict) else None
    if not isinstance(before, dict) or not isinstance(known, list):
        raise ConfigurationRefused(f"holds something other than an array as {key}")
    if key not in before:
        return with_member(text, (key,), [new])
    tokens = list(_tokens(text))
    first, last = _object(tokens, 0).members[key]
    after = _added(text, tokens, first, last, _dumped(text, new, 2), 2)
    if value(after) != {**before, key: [*known, new]}:
        raise ConfigurationRefused("has a form that cannot be changed safely")
    return after


def _merged(whole: object, path: Sequence[str], new: object) -> object:
    if not path:
        return new
    if not isinstance(whole, dict):
        raise ConfigurationRefused("holds something other than an object where the servers stand")
    return {**whole, path[0]: _merged(whole.get(path[0], {}), path[1:], new)}


def _with_member(text: str, path: tuple[str, ...], new: object) -> str:
    tokens = list(_tokens(text))
    target, depth = _object(tokens, 0), 1
    while len(path) > 1 and path[0] in target.members:
        target, depth = _object(tokens, target.members[path[0]][0]), depth + 1
        path = path[1:]
    for key in reversed(path[1:]):
        new = {key: new}
    if path[0] in target.members:
        replaced = tokens[target.members[path[0]][0] : target.members[path[0]][1] + 1]
        if any(text[token.end : following.start].strip() for token, following in pairwise(replaced)):
            raise ConfigurationRefused("has comments in the entry that would be replaced")
        first, last = replaced[0], replaced[-1]
        return text[: first.start] + _dumped(text, new, depth) + text[last.end :]
    member = f"{json.dumps(path[0])}: {_dumped(text, new, depth)}"
    return _added(text, tokens, target.opening, target.closing, member, depth)


def _added(text: str, tokens: Sequence[_Token], opening: int, closing_at: int, member: str, depth: int) -> str:
    """The text with one more at the end of an object or array; comments behind the last one stay with it."""
    inside, closing = tokens[opening].end, tokens[closing_at].start
    end = inside + len(text[inside:closing].rstrip())
    last = tokens[closing_at - 1]
    # What is empty ends with its opening brace, the rest perhaps with a comma.
    is_empty = opening == closing_at - 1
    comma, comma_at = ("", end) if is_empty or last.text == "," else (",", last.end)
    line_break, unit = _layout(text)
    before, after = (line_break + unit * depth, line_break + unit * (depth - 1)) if line_break else ("", "")
    before = before or ("" if is_empty else " ")
    return f"{text[:comma_at]}{comma}{text[comma_at:end]}{before}{member}{after}{text[closing:]}"


def _dumped(text: str, new: object, depth: int) -> str:
    line_break, unit = _layout(text)
    try:
        dumped = json.dumps(new, indent=unit if line_break else None, ensure_ascii=False, allow_nan=False)
    except ValueError:
        # 1e999 is JSON, and as a number here infinite, which is none.
        raise ConfigurationRefused("has a number that cannot be written again") from None
    return dumped.replace("\n", line_break + unit * depth)


def _layout(text: str) -> tuple[str, str]:
    """Line break and one step of indentation, as the text has them; no break where all stands in one line."""
    body = text.strip()
    if "\n" not in body and body != "{}":
        return "", ""
    step = INDENT.search(text)
    return "\r\n" if "\r\n" in text else "\n", step[1] if step else "  "


def _tokens(text: str) -> Iterator[_Token]:
    """The tokens that are no comments.

    Raises:
        ConfigurationRefused: a comment or string without an end.
    """
    at = _behind_blanks(text, 0)
    while at < len(text):
        end = _end(text, at)
        if not text.startswith(("//", "/*"), at):
            yield _Token(at, end, text[at:end])
        at = _behind_blanks(text, end)


def _end(text: str, at: int) -> int:
    """Where the token or comment ends that begins here."""
    if text.startswith("//", at):
        found = text.find("\n", at)
        return len(text) if found < 0 else found
    if text.startswith("/*", at):
        found = text.find("*/", at + 2)
        end = found + 2 if found >= 0 else None
    elif text[at] == '"':
        end = _end_of_string(text, at)
    else:
        token = TOKEN.match(text, at)
        end = token.end() if token else None
    if end is None:
        raise ConfigurationRefused(f"is no valid JSON (line {text.count(chr(10), 0, at) + 1})")
    return end


def _end_of_string(text: str, at: int) -> int | None:
    at += 1
    while found := IN_STRING.search(text, at):
        if found[0] == '"':
            return found.end()
        at = found.end() + 1  # what is escaped
    return None


def _behind_blanks(text: str, at: int) -> int:
    blanks = BLANKS.match(text, at)
    return blanks.end() if blanks else at


def _object(tokens: Sequence[_Token], at: int) -> _Object:
    """The object whose opening brace is this token; the text is known to be valid."""
    if not tokens or tokens[at].text != "{":
        raise ConfigurationRefused("holds something other than an object where the servers stand")
    opening, members = at, dict[str, tuple[int, int]]()
    at += 1
    while tokens[at].text != "}":
        first = at + 2  # behind key and colon
        last = _last_of_value(tokens, first)
        members[json.loads(tokens[at].text)] = (first, last)
        at = last + 2 if tokens[last + 1].text == "," else last + 1
    return _Object(opening, at, members)


def _last_of_value(tokens: Sequence[_Token], at: int) -> int:
    depth = 0
    while True:
        depth += (tokens[at].text in ("{", "[")) - (tokens[at].text in ("}", "]"))
        if depth == 0:
            return at
        at += 1
