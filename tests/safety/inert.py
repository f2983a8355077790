"""The oracle: does a text do anything when Markdown, GFM, Slack, HTML or Jinja2 get hold of it?

It knows nothing of how the product defuses; it parses the result the way a renderer would.
"""

import re
from collections.abc import Iterator
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.token import Token

HARMLESS = {
    # Words on a line: text, soft and hard breaks, emphasis of a name such as __init__, and indented code, which
    # is as literal as text can be.
    *("paragraph_open", "paragraph_close", "inline", "text", "text_special", "softbreak", "hardbreak"),
    *("em_open", "em_close", "strong_open", "strong_close", "code_block"),
}
MASK = re.compile(r"<[a-z]+ \d+>")
AUTOLINK = re.compile(r"(?i)(?:https?|ftp)://|(?<![a-z0-9])(?:www\.\w|(?:mailto|xmpp|javascript|vbscript):\S)")
MENTION = re.compile(r"(?<![A-Za-z0-9])@\w")
REFERENCE = re.compile(r"&#?[A-Za-z0-9]+;")
INVISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\U000e0000-\U000e001f\ud800-\udfff]"
)
TEMPLATE = re.compile(r"\{\{|\{%|\{#")


@cache
def renderer() -> MarkdownIt:
    """CommonMark with the tables and strikethrough of GFM."""
    return MarkdownIt("commonmark").enable(["table", "strikethrough"])


def active_tokens(markdown: str) -> set[str]:
    """The token types a renderer would act on."""
    return {token.type for token in _flat(renderer().parse(markdown))} - HARMLESS


def _flat(tokens: list[Token]) -> Iterator[Token]:
    for token in tokens:
        yield token
        yield from _flat(token.children or [])


def problems(text: str) -> list[str]:
    """Everything active in an inert text; empty when it is inert. Our own masks are no problem."""
    bare = MASK.sub("mask", text)
    found = [f"markdown: {kind}" for kind in sorted(active_tokens(bare) | active_tokens(text))]
    found += [f"angle bracket at {bare.index(char)}" for char in "<>" if char in bare]
    found += [f"{char!r} stays" for char in ("`", "|", "~~") if char in bare]
    for name, pattern in (
        ("autolink", AUTOLINK),
        ("mention", MENTION),
        ("character reference", REFERENCE),
        ("invisible character", INVISIBLE),
        ("template", TEMPLATE),
    ):
        if match := pattern.search(bare):
            found.append(f"{name}: {match.group()!a} in {bare[max(0, match.start() - 20) : match.end() + 20]!a}")
    return found


def problems_everywhere(text: str) -> list[str]:
    """As :func:`problems`, alone and in the places where the product puts a value."""
    found = problems(text)
    for place in (
        'The issue "{}" came back.',
        "- message: {}\n- next: ok",
        "A title\n\n{}\n\nAfter it.",
        "Before it\n{}\nAfter it.",
    ):
        extra = active_tokens(place.replace("{}", text)) - active_tokens(place.replace("{}", "word"))
        found += [f"{kind} in {place!r}" for kind in sorted(extra)]
    return found
