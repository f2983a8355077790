"""What a whole answer of the server may be built of, learned from harmless answers and held against hostile ones.

Nothing here knows a wording. A harmless run of the same call teaches which headings, tokens and list starts are ours;
a hostile run must bring no other. Event text is looked at by the oracle of :mod:`.inert`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from tests.safety.inert import AUTOLINK, INVISIBLE, MASK, MENTION, REFERENCE, TEMPLATE, active_tokens, renderer

FENCE = re.compile(r"(?m)^<(/?)untrusted ([0-9a-f]{16,})>$")
QUOTED = re.compile(r'"[^"\n]*"|“[^”\n]*”')
CODE = re.compile(r"`[^`\n]+`")
OWN_LINKS = "https://docs.sentry.io"
SHORT_ID = re.compile(r"[A-Z]+-[0-9A-Z]+")
EVENT_ID = re.compile(r"\b[0-9a-f]{32}\b")
VARYING = re.compile(r"(?<=— )\w+$|(?<=\(confidence )\w+(?=\))")
SLACK_ACTIVE = re.compile(r"<(?:[!@#]|[a-z]+:|[^>\n]*\|)")


@dataclass
class Learned:
    """What harmless answers look like.

    Attributes:
        headings: of all channels, as they read without what varies.
        tokens: channel → kinds that a renderer acts on.
    """

    headings: set[str] = field(default_factory=set)
    tokens: dict[str, set[str]] = field(default_factory=dict)

    def learn(self, channel: str, markdown: str) -> None:
        """Take an answer for harmless."""
        outside, _ = split(markdown)
        self.headings |= set(headings(outside))
        self.tokens.setdefault(channel, set()).update(active_tokens(outside))


def split(markdown: str) -> tuple[str, str]:
    """What stands outside the fence and what inside; the markers belong to neither."""
    marks = list(FENCE.finditer(markdown))
    if not marks:
        return markdown, ""
    opening, closing = marks[0], marks[-1]
    return (
        markdown[: opening.start()] + "\n" + markdown[closing.end() :],
        markdown[opening.end() : closing.start()].strip("\n"),
    )


def headings(markdown: str) -> Iterator[str]:
    """The headings as a renderer finds them, without quoted values, ids and numbers."""
    tokens = renderer().parse(markdown)
    for token, following in pairwise(tokens):
        if token.type == "heading_open":
            plain = SHORT_ID.sub("X", EVENT_ID.sub("E", QUOTED.sub("Q", following.content)))
            yield re.sub(r"\d+", "0", VARYING.sub("", plain))


def document_problems(markdown: str, learned: Learned, channel: str, base: str, longest: int) -> list[str]:
    """Everything in a whole answer that is not ours; empty when there is nothing."""
    found = fence_problems(markdown)
    outside, inside = split(markdown)
    found += [f"heading {one!r}" for one in headings(outside) if one not in learned.headings]
    found += [f"token {one}" for one in sorted(active_tokens(outside) - learned.tokens[channel])]
    found += [f"token {one} inside the fence" for one in sorted(active_tokens(inside))]
    found += text_problems(outside, base)
    found += [f"{one} inside the fence" for one in text_problems(inside, base)]
    if len(markdown) > longest:
        found.append(f"{len(markdown)} characters")
    return found


def fence_problems(markdown: str) -> list[str]:
    """One fence, its two markers with one nonce, and no third; nothing that looks like one elsewhere."""
    marks = [(closing, nonce) for closing, nonce in FENCE.findall(markdown)]
    nonces = {nonce for _, nonce in marks}
    found = [] if [closing for closing, _ in marks] in ([], ["", "/"]) and len(nonces) <= 1 else [f"fences {marks}"]
    if markdown.lower().count("untrusted ") > len(marks) + markdown.count("·trusted "):
        rest = FENCE.sub("", markdown)
        found += [f"a marker {one!r}" for one in re.findall(r"(?i)[<‹＜]\s*/?\s*untrusted[^\n]{0,20}", rest)]
    return found


def text_problems(text: str, base: str) -> list[str]:
    """What acts without being Markdown's: our own links and masks are no problem."""
    text = re.sub(r"&lt;([a-z]+ \d+)&gt;", r"<\1>", text)  # a mask as Slack wants it
    bare = re.sub(rf"<{re.escape(base)}/[\w/-]*\|[\w-]+>", "our link", MASK.sub("mask", text))
    bare = bare.replace(base, "").replace(OWN_LINKS, "")
    found = []
    for name, pattern in (
        ("autolink", AUTOLINK),
        ("mention", MENTION),
        ("character reference", REFERENCE),
        ("invisible character", INVISIBLE),
        ("template", TEMPLATE),
        ("Slack control", SLACK_ACTIVE),
        ("angle bracket", re.compile(r"<(?!/?untrusted )")),
    ):
        if match := pattern.search(bare):
            found.append(f"{name}: {bare[max(0, match.start() - 30) : match.end() + 30]!a}")
    return found


def leaves(value: object, path: str = "") -> Iterator[tuple[str, str]]:
    """Every string of a structured answer with its path as ``untrusted`` writes it; a key has the path of its value."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, list):
        for item in value:
            yield from leaves(item, f"{path}[]")
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from leaves(item, f"{path}.{key}" if path else key)


def keys(value: object, path: str = "") -> Iterator[tuple[str, str]]:
    """Every key of a structured answer, with the path of what stands under it."""
    if isinstance(value, list):
        for item in value:
            yield from keys(item, f"{path}[]")
    elif isinstance(value, dict):
        for key, item in value.items():
            under = f"{path}.{key}" if path else key
            yield under, key
            yield from keys(item, under)


def marked(path: str, untrusted: set[str]) -> bool:
    """Whether a path is one of those in ``untrusted``; ``*`` there stands for any key."""
    return any(re.fullmatch(re.escape(one).replace(r"\*", r".+"), path) for one in untrusted)
