"""Untrusted text → text that is inert in Markdown, Slack mrkdwn, HTML and Jinja2 at the same time.

How to think about it: event text is written by third parties, and no one knows where it will be pasted. So it loses the
power to be structure here, once, on its way in: invisible characters are written out (:mod:`.invisible_chars`), what a
renderer would act on is replaced by look-alikes (:mod:`.neutralize`), and a cut is marked. Honest text stays as it is:
``TypeError: Cannot read properties of undefined (reading 'name')``, ``shop@2.4.1``, ``__init__``, ``/users/{id}``.

Both functions are pure, total for any ``str``, linear in time and idempotent. Text is cut to a small multiple of its
limit before anything looks at it, so that a string of 5 MB costs no more than a long one.
"""

from __future__ import annotations

import re
from functools import cache

from sentry_runbook.safety import invisible_chars, neutralize

NAME = 120
"""Characters of a short identifying value: release, environment, transaction, tag."""
SPARE = 512
"""Characters read beyond the multiple of a limit."""
TORN = 100
"""Characters dropped at an early cut: half an address or half a key would not be recognised as one, longer ones are."""
MIN_ENDS = 60
"""Characters of both ends together, below which only the beginning is kept."""


def line(text: str, limit: int) -> str:
    """Untrusted text as one inert line of at most ``limit`` characters; a line break shows as ``⏎``."""
    head, dropped = early_cut(text, limit)
    return cut(inert_line(head), limit, dropped)


def block(text: str, limit: int, max_lines: int) -> str:
    """Untrusted text as inert lines, to stand inside a fence; at most ``limit`` characters in ``max_lines`` lines."""
    head, dropped = early_cut(text, limit)
    return cut(inert_block(head), limit, dropped, max_lines)


def inert_line(text: str) -> str:
    """One inert line of any length: for callers that cut later."""
    return neutralize.neutralized(invisible_chars.write_out(_one_line(text)))


def inert_block(text: str) -> str:
    """Inert lines of any length: for callers that cut later."""
    normal = invisible_chars.write_out(text.replace("\r\n", "\n"))
    lines = [piece.rstrip(" \t") for piece in neutralize.neutralized(normal).split("\n")]
    return "\n".join(lines).strip("\n")


def whole_block(text: str) -> str:
    """All of a text as inert lines: nothing is cut or stripped. For what a person agrees to, see :func:`is_whole`."""
    return neutralize.neutralized(invisible_chars.write_out(text.replace("\r\n", "\n")))


def is_whole(shown: str) -> bool:
    """Whether every character of the text is seen in it: of many hidden ones in a row most are only counted."""
    return re.search(r"⟨\+[\d,]+ hidden⟩", shown) is None


def early_cut(text: str, limit: int) -> tuple[str, int]:
    """The part of a text worth looking at when ``limit`` characters will be shown, and how many were left out."""
    if len(text) <= SPARE:
        return text, 0  # most texts by far
    budget = 3 * max(limit, 0) + SPARE
    if len(text) <= budget:
        return text, 0
    head = text[: budget - TORN]
    torn = re.search(r"(?<!\S)\S{1,200}\Z", head[-200:])
    if torn and torn.start() > 0:
        head = head[: len(head) - len(torn.group())]
    return head, len(text) - len(head)


def cut(text: str, limit: int, dropped: int = 0, max_lines: int | None = None) -> str:
    """Cut inert text to ``limit`` characters and ``max_lines`` lines, and say so: ``…[+12,345 characters]``.

    Args:
        text: inert text.
        limit: characters the result may have, the note included; at least 1.
        dropped: characters that were left out before.
        max_lines: lines the result may have; None for any number.
    """
    if max_lines is None and not dropped and len(text) <= limit:
        return text  # most texts by far
    limit = max(limit, 1)
    kept = text
    if max_lines is not None:
        kept = "\n".join(text.split("\n", max(max_lines, 1))[: max(max_lines, 1)])
    if len(kept) <= limit and len(kept) == len(text) and not dropped:
        return text
    room = limit - len(_note(len(text) + dropped))
    if room < 0:
        return "…"
    kept = _whole_end(kept[:room])
    return kept + _note(len(text) - len(kept) + dropped)


def ends(text: str, limit: int, max_lines: int | None = None) -> str:
    """Inert text with both its ends: of what is too long the middle is left out, for reasons often stand last.

    Args:
        text: inert text.
        limit: characters the result may have, the note included.
        max_lines: lines the result may have; None for any number.
    """
    lines = text.split("\n") if max_lines is not None else []
    if len(text) <= limit and (max_lines is None or len(lines) <= max_lines):
        return text
    head, tail = text, text
    if max_lines is not None and len(lines) > max_lines:
        last = max_lines // 3
        head, tail = "\n".join(lines[: max_lines - last - 1]), "\n".join(lines[-last:])
    room = limit - len(_note(len(text))) - 2
    if room < MIN_ENDS:
        return cut(text, limit)
    tail = _whole_start(tail[-(room // 3) :])
    head = _whole_end(head[: room - len(tail)])
    return f"{head} {_note(len(text) - len(head) - len(tail))} {tail}"


def both_ends(text: str, limit: int) -> str:
    """A raw text of at most ``limit`` characters: of a longer one its beginning and its end, with a note between."""
    if len(text) <= limit:
        return text
    head, dropped = early_cut(text, (limit - limit // 3 - SPARE) // 3)
    tail = text[-(limit // 3) :]
    torn = _torn_start().match(tail, 0, 200)
    tail = tail[TORN:] if torn is None else tail[max(TORN, torn.end()) :]
    return f"{head} {_note(dropped - len(tail))} {tail}"


def without_torn_end(masked: str) -> str:
    """Drop the end of a masked text behind which the raw one was cut: masks shorten a text, so its end may be shown."""
    return _whole_end(masked[:-TORN])


def behind(before: str, whole: str) -> str:
    """What of a masked text stands behind another one that it begins with, as far as that shows.

    Where a secret stands across the place at which they part, the rest begins with its mask.
    """
    letters = enumerate(zip(before, whole, strict=False))
    shared = next((place for place, (one, other) in letters if one != other), len(before))
    return _whole_start(whole[max(shared, len(before) // 2) :])


def intact(excerpt: str, inert: str, masked: str) -> str:
    """A masked excerpt of a text without the words at its ends that were parts of a secret.

    Args:
        excerpt: inert and masked by itself, so that a secret that it cuts was not known.
        inert: the whole text, not masked.
        masked: the same, masked.
    """
    words = excerpt.split(" ")
    # Letters and digits: whether an @ became a look-alike depends on what follows, which the excerpt may not have.
    signs = _signs()
    inert, masked = signs.sub("", inert), signs.sub("", masked)
    bare = [word if "<" in word or ">" in word else signs.sub("", word) for word in words]  # those are of our masks
    torn = [word in inert and word not in masked for word in bare]
    first = next((place for place, is_torn in enumerate(torn) if not is_torn), len(words))
    last = next((place for place, is_torn in enumerate(reversed(torn)) if not is_torn), 0)
    return " ".join(words[first : len(words) - last])


def omitted(head: str, tail: str, left_out: int) -> str:
    """Both ends of a text, and how many characters were left out between them."""
    return f"{head} {_note(left_out)} {tail}"


def _note(count: int) -> str:
    return f"…[+{count:,} characters]"


@cache
def _signs() -> re.Pattern[str]:
    return re.compile(r"[^\w ]|_")


@cache
def _open_mask() -> re.Pattern[str]:
    return re.compile(r"(?:<[^<>\n]{0,24}|⟨[^⟨⟩\n]{0,24})\Z")


def _whole_end(text: str) -> str:
    """Drop a torn ``<email 1>`` or ``⟨U+202E⟩``, joiners that lost what they join, emphasis that lost its word."""
    while True:
        shorter = text.rstrip(" \t\n*_~:")
        torn = _open_mask().search(shorter, max(0, len(shorter) - 26))
        if torn:
            shorter = shorter[: torn.start()]
        end = len(shorter)
        while end and invisible_chars.is_hidden(shorter[end - 1]):
            end -= 1
        shorter = shorter[:end]
        if shorter == text:
            return text
        text = shorter


@cache
def _torn_start() -> re.Pattern[str]:
    return re.compile(r"\S{1,200}")


@cache
def _closed_mask() -> re.Pattern[str]:
    return re.compile(r"[^<>\n]{0,24}>|[^⟨⟩\n]{0,24}⟩")


def _whole_start(text: str) -> str:
    """Drop the rest of a torn mask, and joiners that lost what they join."""
    torn = _closed_mask().match(text)
    text = text[torn.end() :] if torn else text
    return text.lstrip(" \t\n*_~:" + "".join({char for char in text[:8] if invisible_chars.is_hidden(char)}))


def _one_line(text: str) -> str:
    if text.isprintable() and "  " not in text:  # no tab and no line break either
        return text.strip(" ")
    text = re.sub(r"[ \t]+", " ", text).strip(" \r\n")
    return re.sub(r" ?\r?\n[ \r\n]*", " ⏎ ", text) if "\n" in text else text
