"""Links and words in what people paste: chat messages, mails and documents wrap them in markup and punctuation. Pure.

Of Slack's ``<url|words>`` and Markdown's ``[words](url)`` the target counts, not the words, which may show another URL.
What nobody sees (zero-width characters, directions, soft hyphens) is left out before anything is read: what is read is
what the person saw.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

SLUG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,99}")
"""A project or organization in Sentry's URLs."""
SCHEME = r"[A-Za-z][A-Za-z0-9+.-]{0,20}://"
WIDE = "（）「」『』【】《》〈〉、。，；！？｜"
"""Punctuation of wide scripts: no URL that a browser copies holds one as it is."""
SLACK = re.compile(rf"<({SCHEME}[^\s<>|]+)(?:\|[^<>]*)?>")
MARKDOWN = re.compile(rf"\[[^\[\]]*\]\(\s*<?({SCHEME}[^\s<>()]++)>?[^()]*+\)")
BARE = re.compile(rf"{SCHEME}[^\s<>|\"`{WIDE}]*")
WITHOUT_SCHEME = re.compile(
    r"(?<![\w./@:-])(?:localhost|[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+)(?::\d+)?/[^\s<>|\"`" + WIDE + "]*"
)
"""``acme.sentry.io/issues/1/``, as address bars show it."""
BREAK = re.compile(r"\r?\n[ \t>|]*(?P<rest>[A-Za-z0-9%/?=&#._-]+)(?=\s|$)(?P<more>[ \t]+\S)?")
"""The end of a line within a link, and what the next line begins with."""
ESCAPED_END = re.compile(r"&(?:gt|lt|quot|nbsp|#39|#34);")
"""What ends a link in text that was escaped for HTML."""
ESCAPED = re.compile(r"\\([-_.])")
"""A character as some chats' Markdown escapes it."""
AFTER_LINK = ".,;:!?'\"”’»…*_~`)]}>\\"
BETWEEN_WORDS = re.compile(r"[\s,;|:=\"'`´‘’“”„‚«»‹›()\[\]{}<>*~…、。「」『』【】《》〈〉!?&+#$@\\]+")
DASHES = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63", "-"))
"""What word processors make of a hyphen."""


@dataclass(frozen=True)
class Link:
    """A link in a text.

    Attributes:
        url: its target.
        joined: the same with the beginning of the next line, where the link may go on there.
        has_scheme: False of one that was written without.
    """

    url: str
    joined: str | None = None
    has_scheme: bool = True


def visible(text: str) -> str:
    """The text without the characters that nobody sees."""
    return "".join(char for char in text if unicodedata.category(char) != "Cf" and not "\ufe00" <= char <= "\ufe0f")


def links_in(text: str) -> list[Link]:
    """All links of a text, in its order and once each; empty when it holds none.

    Slack escapes ``&`` in what it gives to bots.
    """
    if text.startswith("//"):
        return [Link(text)]
    found = list(_links(text)) or [
        Link(_target(f"https://{match[0]}"), has_scheme=False) for match in WITHOUT_SCHEME.finditer(text)
    ]
    return list(dict.fromkeys(found))


def _links(text: str) -> Iterator[Link]:
    for form in (SLACK, MARKDOWN):
        yield from (Link(_target(match[1])) for match in form.finditer(text))
        text = form.sub(" ", text)
    for match in BARE.finditer(text):
        goes_on = BREAK.match(text, match.end())
        yield Link(_target(match[0]), _joined(match[0], goes_on) if goes_on is not None else None)


def _joined(url: str, goes_on: re.Match[str]) -> str | None:
    """The link with the next line's first word, where that is no word of a sentence; mails end such a line by ``=``."""
    rest = goes_on["rest"]
    return None if goes_on["more"] and not re.search(r"[/?=&]", rest) else _target(url.rstrip("=") + rest)


def _target(url: str) -> str:
    return ESCAPED_END.split(url, maxsplit=1)[0].replace("&amp;", "&").rstrip(AFTER_LINK)


def words_of(text: str) -> list[str]:
    """The words of a text, each without the punctuation around it; letters and dashes in their plain form."""
    # One character may become eighteen; no id is written in such.
    plain = ESCAPED.sub(r"\1", unicodedata.normalize("NFKC", text)[: 2 * len(text)].translate(DASHES))
    return [word for part in BETWEEN_WORDS.split(plain) if (word := _without_emphasis(part.rstrip(".")))]


def _without_emphasis(word: str) -> str:
    """Without the underscores of an emphasis; the slug in a short id may begin with one."""
    return word.strip("_") if word.startswith("_") and word.endswith("_") else word
