"""Links and ids in what people paste: chat messages and documents wrap them in markup, words and punctuation. Pure.

Of Slack's ``<url|words>`` and Markdown's ``[words](url)`` the target counts, not the words, which may show another URL.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

SLUG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,99}")
"""A project or organization in Sentry's URLs."""
SCHEME = r"[A-Za-z][A-Za-z0-9+.-]{0,20}://"
SLACK = re.compile(rf"<({SCHEME}[^\s<>|]+)(?:\|[^<>]*)?>")
MARKDOWN = re.compile(rf"\[[^\[\]]*\]\(\s*<?({SCHEME}[^\s<>()]+)>?[^()]*\)")
BARE = re.compile(rf"{SCHEME}[^\s<>|\"`]*")
WITHOUT_SCHEME = re.compile(r"[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+(?::\d+)?/\S*")
"""``acme.sentry.io/issues/1/``, as address bars show it."""
AFTER_LINK = ".,;:!?'\"”’»…*_~`)]}>"
AROUND_ID = AFTER_LINK.replace("_", "") + "<([{“‘«#"
"""What may stand before or after an id; the slug in a short id may begin with an underscore."""


def links_in(text: str) -> list[str]:
    """The targets of all links of a text, in its order and once each; empty when it holds none.

    Slack escapes ``&`` in what it gives to bots.
    """
    if text.startswith("//"):
        return [text]
    found = list(_targets(text))
    if not found and WITHOUT_SCHEME.fullmatch(bare := text.strip(AROUND_ID)):
        found = [f"https://{bare}"]
    return list(dict.fromkeys(link.replace("&amp;", "&").rstrip(AFTER_LINK) for link in found))


def _targets(text: str) -> Iterator[str]:
    for form in (SLACK, MARKDOWN):
        yield from (match[1] for match in form.finditer(text))
        text = form.sub(" ", text)
    yield from BARE.findall(text)


def words_of(text: str) -> list[str]:
    """The words of a text, each without the punctuation around it."""
    return [bare for word in text.split() if (bare := word.strip(AROUND_ID))]
