"""Constructs that a renderer would act on → inert look-alikes. Pure, linear, idempotent.

Each construct has its own substitution, whose result no other substitution changes. Look-alikes are chosen so that
a person still reads the text: ``‹`` for ``<``, ``‵`` for a backtick, ``¦`` for a pipe, ``hxxps://`` for a link. None
is a letter: a secret that stands beside one keeps its word boundary and is masked.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache

from sentry_runbook.safety.confusables import fold, folded_with_positions

_LOOKALIKES = (("<", "‹"), (">", "›"), ("`", "‵"), ("|", "¦"))
AT = "＠"

_SOURCE_SCHEMES = frozenset(
    ("app", "webpack", "webpack-internal", "turbopack", "ng", "metro", "node", "rsc", "hxxp", "hxxps", "hxxp+unix")
)
"""Schemes of source maps that no renderer links; stack traces are full of them. And what we wrote ourselves."""


def neutralized(text: str) -> str:
    """Break everything that Markdown, GFM, Slack, HTML or Jinja2 would act on, and our own markers."""
    if text.isascii() and not _may_be_active(text):
        return text
    for char, lookalike in _LOOKALIKES:
        if char in text:
            text = text.replace(char, lookalike)
    lowered = text.lower()
    for needed, pattern, replacement in inline_rules():
        if needed in lowered:
            text = pattern.sub(replacement, text)
    text = _schemes(text)
    return break_markers(break_emphasis(_line_starts(text)))


@cache
def _active() -> re.Pattern[str]:
    return re.compile(r"[<>`|&!\[\]{}~@*#\x00-\x1f]")


_FIRST = frozenset("-=_:+0123456789 ")


def _may_be_active(text: str) -> bool:
    """Whether any rule may change a text in ASCII: quick, and False for most words and many sentences."""
    return (
        _active().search(text) is not None
        or text[:1] in _FIRST  # of a list, a rule, an underline
        or "w." in text
        or "W." in text
        or (":" in text and text.count(":") != text.count(": "))  # what is no sentence may be an address
        or "( " in text  # of a marker
        or "(/" in text
        or "(\\" in text
        or ("_" in text and " " in text and text.count("_") > 1)
    )


@cache
def inline_rules() -> tuple[tuple[str, re.Pattern[str], str], ...]:
    """(needed, pattern, replacement): ``needed`` occurs, in lower case, in every text that the pattern matches."""
    rules = (
        ("&", r"&(?=#?[A-Za-z0-9]{1,32};)", "＆"),  # a character reference could spell any of the others
        ("![", r"!(?=\[)", "! "),
        ("](", r"\](?=\()", "] "),
        ("{", r"\{(?=[{%#])", "{ "),
        ("~~", r"~(?=~)|(?<=~)~", "∼"),
        ("@", r"(?<![A-Za-z0-9])@(?=\w)", AT),
        ("@", r"(?<=[\w.+-])@(?!v?\d+\.\d)(?=[\w-]+(?:\.[\w-]+)*\.[A-Za-z])", AT),  # GFM links bare e-mail addresses
        ("ms-", r"(?i)(\bms-[a-z]{1,20}(?:-[a-z]{1,20}){0,3}):(?=\S)", r"\1∶"),  # handlers of Windows, with arguments
        ("www.", r"(?i)(?<![A-Za-z0-9])(www)\.(?=[\w-])", r"\1[.]"),
    )
    return tuple((needed, re.compile(pattern), replacement) for needed, pattern, replacement in rules)


@cache
def _http() -> re.Pattern[str]:
    return re.compile(r"(?i)h(tt)(ps?:)(?=[/\\])")


_APPS = ("skype", "callto", "facetime", "facetime-audio", "bitcoin", "intent", "sip", "sips", "search-ms")
"""Schemes without ``//`` that start an application; names of values end like some of them (``payment_intent:``)."""


@cache
def _scheme() -> re.Pattern[str]:
    apps = "|".join(rf"(?<=[^\w-]{name}:)|(?<=\A{name}:)" for name in _APPS)
    return re.compile(
        # The colon stands first: a search stops at nothing else.
        r"(?i):(?=\S)(?:(?<=[a-z0-9+.-]:)(?=//)"
        r"|(?:(?<=javascript:)|(?<=vbscript:)|(?<=mailto:)|(?<=xmpp:)|(?<=view-source:))"
        r"|(?:(?<=tel:)|(?<=sms:))(?=[+\d])"
        r"|(?<=data:)(?=[a-z]+/[a-z]|[,;])"
        r"|(?:(?<=file:)|(?<=ftp:))(?=[/\\])"
        r"|(?<=magnet:)(?=\?)"
        rf"|(?:{apps}))"
    )


def _schemes(text: str) -> str:
    if ":" not in text:
        return text
    if ":/" in text or ":\\" in text:
        text = _http().sub(lambda m: m.group()[0] + ("XX" if m.group(1).isupper() else "xx") + m.group(2), text)
    return _scheme().sub(_colon, text)


def _colon(match: re.Match[str]) -> str:
    before = match.string[max(0, match.start() - 24) : match.start()].lower()
    name = re.search(r"(?<![a-z0-9+.-])[a-z0-9+.-]*+\Z", before)
    return ":" if name and name.group() in _SOURCE_SCHEMES else "∶"


def break_emphasis(text: str) -> str:
    """Break paired emphasis: ``*bold*``, ``~struck~`` and ``_several words_``; ``__init__`` and ``a * b`` stay."""
    for mark, lookalike in (("*", "∗"), ("~", "∼"), ("_", "＿")):
        if mark in text and text.count(mark) > 1:
            text = _unpair(text, mark, lookalike)
    return text


def _unpair(text: str, mark: str, lookalike: str) -> str:
    """Replace the runs of a mark that open or close emphasis by CommonMark's flanking rules, if any two pair up."""
    touching: list[tuple[int, int]] = []
    opened = paired = False
    spaced = mark != "_"  # one word between underscores is a name such as __init__
    for run in re.finditer(rf"{re.escape(mark)}+|\s" if mark == "_" else f"{re.escape(mark)}+", text):
        start, end = run.span()
        if text[start] != mark:
            spaced = True
            continue
        opens, closes = _flanks(text[start - 1 : start], text[end : end + 1], mark)
        paired = paired or (closes and opened and spaced)
        if opens or closes:
            touching.append((start, end))
        if opens:
            opened, spaced = True, mark != "_"
    if not paired:
        return text
    pieces: list[str] = []
    last = 0
    for start, end in touching:
        pieces += (text[last:start], lookalike * (end - start))
        last = end
    return "".join([*pieces, text[last:]])


@lru_cache(maxsize=1024)
def _flanks(before: str, after: str, mark: str) -> tuple[bool, bool]:
    """Whether a run of a mark between two characters can open and can close emphasis, wherever the text is placed."""
    blank_before, blank_after = not before or before.isspace(), not after or after.isspace()
    # Quotes or nothing may come to stand around the text, so its ends count as blank and as punctuation.
    soft_before, soft_after = not before or _is_punctuation(before), not after or _is_punctuation(after)
    left = (not after or not blank_after) and (not soft_after or blank_before or soft_before)
    right = (not before or not blank_before) and (not soft_before or blank_after or soft_after)
    if mark != "_":
        return left, right
    return left and (not right or soft_before), right and (not left or soft_after)


def _is_punctuation(char: str) -> bool:
    return unicodedata.category(char)[0] in "PS"


@cache
def _rule_line() -> re.Pattern[str]:
    # Only these characters on a line: setext underline, thematic break, table delimiter, front matter.
    return re.compile(r"(?m)^(?:[-=*_:+]|[^\S\n])++$")


@cache
def _start() -> re.Pattern[str]:
    return re.compile(r"(?m)^([^\S\n]*)(?:(#{1,6})|([-+*])|(\d{1,9})([.)]))(?=[^\S\n]|$)")


_RULES = str.maketrans({"-": "‐", "=": "═", "*": "∗", "_": "＿", "+": "＋"})
_STARTS = str.maketrans({"#": "♯", "-": "‐", "+": "＋", "*": "∗", ".": "․", ")": "❩"})


def _line_starts(text: str) -> str:
    """Headings, underlines, rules, lists and link definitions, however far the line is indented."""
    if "\n" not in text and not _begins_like_structure(text) and "]:" not in text:
        return text
    text = _rule_line().sub(lambda m: m.group().translate(_RULES), text)
    text = _start().sub(lambda m: m.group().translate(_STARTS), text)
    if "]:" in text:
        text = "\n".join(_definition(piece) for piece in text.split("\n"))
    return text


def _begins_like_structure(line: str) -> bool:
    """Whether a line may match :func:`_rule_line` or :func:`_start`, by its first character."""
    first = line.lstrip()[:1]
    if first.isdecimal():
        return "." in line or ")" in line
    return first in "-=*_:+#"


def _definition(text: str) -> str:
    """Break ``[label]: target``; the label may have begun on an earlier line."""
    stripped = text.lstrip()
    first_open, first_close = stripped.find("["), stripped.find("]:")
    if first_close >= 0 and (first_open == 0 or first_open < 0 or first_close < first_open):
        return text.replace("]:", "] :")
    return text


# --- our own markers -------------------------------------------------------------------------------------------


@cache
def _marker() -> re.Pattern[str]:
    """The beginning of a marker in folded text: an angle, or another bracket with a slash, then the word."""
    return re.compile(r"(?:<[^a-z0-9]{0,8}|[(\[{]\s{0,3}[/\\]\s{0,3})un(?=trusted)")


def break_markers(text: str) -> str:
    """Break ``<untrusted`` and all that looks like it, so that only this server opens or closes a fence."""
    if text.isascii() and "ntrusted" not in text.lower():
        return text
    if "untrusted" not in fold(text):
        return text
    folded, positions = folded_with_positions(text)
    pieces: list[str] = []
    last = 0
    for match in _marker().finditer(folded):
        at = positions[match.end()]
        pieces += (text[last:at], "·")
        last = at
    return "".join([*pieces, text[last:]])
