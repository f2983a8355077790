"""Masks personal data and secrets as ``<email 1>``; the same value has the same number within one answer.

Masked by form (:mod:`.secret_patterns`): private keys, credentials in URLs and headers, JWTs, API keys of known
services, cookies, e-mail addresses, IBANs, card numbers (Luhn), IP addresses and phone numbers. Masked by name
(:mod:`.sensitive_keys`): values of sensitive names in assignments, JSON, query strings, variables, headers and tags.

Theory: masking runs over text that is already inert, so no ``<`` of the text is left and a mask cannot be forged. The
patterns run in a fixed order, those that may contain others first: a JWT in a cookie is masked with the cookie. Two
tests keep a pattern from texts that it cannot match: the text's length, and words that each match contains. They are
made anew after each change, because a mask shortens the text.

Not masked: release names (``shop@2.4.1``), UUIDs, event ids, hashes, commits, timestamps and plain numbers. Four
numbers with dots are an address unless ``v``, ``@``, ``-``, ``-beta`` or another dotted number touches them
(``v1.2.3.4`` is a version), a word such as ``Version=`` or a product such as ``Edg/`` stands before them, or they end
in ``.0.0`` (``Chrome/141.0.0.0``); loopback addresses identify no one. In Sentry's own fields for versions nothing is
taken for an address (:func:`.is_version_name`). What Sentry scrubbed is shown as scrubbed.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterable
from functools import cache, partial

from sentry_runbook.safety.mask_kinds import mask
from sentry_runbook.safety.secret_patterns import LONGEST_MINIMUM, SecretPattern, fold, patterns_for_length
from sentry_runbook.safety.sensitive_keys import sensitive_kind

SCRUBBED = frozenset(("[Filtered]", "[redacted]", "********", "[ip]", "[email]", "[creditcard]", "[REDACTED]", "****"))
"""What Sentry and its SDKs put in place of a secret: shown unchanged."""
PERSONAL = frozenset(("email", "ip", "phone", "card", "iban"))
"""Kinds of personal data, by their form alone."""
_EMPTY = frozenset(("none", "null", "undefined", "nil", "true", "false", "nan", "", "''", '""', "{}", "[]"))
_PROSE = re.compile(
    r"(?i)(?:must|is|was|are|not|has|have|cannot|can|does|required|missing|(?:in)?valid|(?:in)?correct|expired|wrong"
    r"|empty|(?:un)?expected|failed|denied|unauthorized|mismatch|rejected|needed|mandatory|too|should|may|and|or|the|an?"
    r"|for|of|in|on|at|to|from|with|by|authentication|authorization|validation|check|error|field|string|str|int|object"
    r"|dict|list|bytes|ok|unknown)[.!?]?"
)
"""Words after ``password:`` that belong to a sentence."""


class Masker:
    """Masks of one answer: the same value has the same number everywhere.

    It remembers digests, not the values.
    """

    def __init__(self) -> None:
        self._numbers: dict[str, dict[bytes, int]] = {}

    def mask(self, kind: str, value: str) -> str:
        """The mask of a value: ``<kind N>``; scrubbed and empty values are returned unchanged."""
        if value in SCRUBBED or value.lower() in _EMPTY:
            return value
        known = self._numbers.setdefault(kind, {})
        digest = hashlib.sha256(_normal(kind, value).encode("utf-8", "replace")).digest()
        return f"<{kind} {known.setdefault(digest, len(known) + 1)}>"

    def mask_text(self, text: str, *, leave: Collection[str] = ()) -> str:
        """Inert text with everything masked that a pattern or a sensitive name identifies.

        Args:
            text: inert text.
            leave: kinds that are not masked here: a version is no address and no telephone number.
        """
        if not _may_hold_secret().search(text):
            return text
        folded = fold(text)
        # The length before any mask counts: no pattern matches across the angle brackets of a mask, however long it is.
        for row in patterns_for_length(min(len(text), LONGEST_MINIMUM)):
            if row.kind in leave:
                continue
            for word in row.needs:  # a loop, because a generator for any() costs more than most patterns' words
                if word in folded:
                    break
            else:
                continue
            masked = row.pattern.sub(partial(self._mask_match, row), text)
            if masked is not text:
                text, folded = masked, fold(masked)
        if "=" in text or "%3" in text:
            text = self._mask_after(_parameter_name(), _parameter_value(), text, query=True)
        if "=" in text or ":" in text or "∶" in text:
            text = self._mask_after(_assigned_name(), _assigned_value(), text)
        return text.replace(">@", ">＠")  # a masked user of a URL leaves its @ bare: it is no mention

    def named(self, name: str, value: str) -> str | None:
        """The mask of a whole value whose name is sensitive; None when the name is not."""
        kind = sensitive_kind(name)
        return self.mask(kind, value) if kind else None

    def _mask_match(self, row: SecretPattern, match: re.Match[str]) -> str:
        whole = match.group()
        group = "it" if "it" in row.pattern.groupindex else 0
        value = match.group(group)
        if value in SCRUBBED or not row.is_valid(value):
            return whole
        start, end = match.start(group) - match.start(), match.end(group) - match.start()
        return whole[:start] + self.mask(row.kind, value) + whole[end:]

    def _mask_after(self, names: re.Pattern[str], values: re.Pattern[str], text: str, *, query: bool = False) -> str:
        """Mask the value after each sensitive name, also where the name is inside the value of a harmless name."""
        pieces: list[str] = []
        done = 0
        for name in names.finditer(text):
            if name.start() < done:  # inside a value that was just masked
                continue
            kind = sensitive_kind(_PERCENT.sub("_", name["name"]), query=query)
            value = values.match(text, name.end()) if kind else None
            if value is None or not (query or _is_value(name, value)):
                continue
            pieces += (text[done : value.start("it")], self.mask(kind, value["it"]))
            done = value.end("it")
        return "".join([*pieces, text[done:]])


_PERCENT = re.compile(r"%(?:5F|2D|5B|5D)", re.IGNORECASE)


@cache
def _may_hold_secret() -> re.Pattern[str]:
    """Occurs in every text that can be masked: a digit, a separator of name and value, a word before a credential."""
    return re.compile(r"[0-9@＠=:∶]|(?i:bearer|basic|digest|negotiate|private key|xox|hooks)")


@cache
def _parameter_name() -> re.Pattern[str]:
    return re.compile(r"(?i)(?:[?&;]|%3f|%26)(?P<name>[\w.\[\]-]{1,60}(?:%(?:5f|2d|5b|5d)\w{0,40}){0,4})(?:=|%3d)")


@cache
def _parameter_value() -> re.Pattern[str]:
    return re.compile(r"(?i)(?P<it>(?:(?!%26|%23)[^&;\s#<>\"')\\]){1,4096})")


@cache
def _assigned_name() -> re.Pattern[str]:
    return re.compile(
        r"(?<![\w-])(?P<name>[A-Za-z_][\w-]{1,100})(?P<close>\\{0,3}[\"']?\]?)(?P<sep>\s{0,3}(?:=[>›]|[:=∶])\s{0,3})(?!=)"
    )


@cache
def _assigned_value() -> re.Pattern[str]:
    return re.compile(
        r"(?:[uUrRbBfF]{0,2}(?P<q>\\{0,3}[\"']))?"
        r"(?P<it>(?(q)(?:(?!(?P=q))[^\n<>]){0,4096}|[^\s\"'`,;&<>(){}\[\]]{1,4096}))"
    )


def _is_value(name: re.Match[str], value: re.Match[str]) -> bool:
    """Whether what follows a sensitive name is its value, and not the rest of a sentence about it."""
    it = value["it"]
    if value["q"] is not None or "=" in name["sep"] or name["close"]:
        return bool(it)
    before = name.string[max(0, name.start() - 12) : name.start()].lower()
    if before.endswith(("unexpected ", "invalid ", "missing ", "expected ")) or _PROSE.fullmatch(it):
        return False
    if it.isdigit():
        return len(it) > 2
    in_sentence = re.match(r" [a-z]", name.string[value.end() : value.end() + 2])
    return any(char.isdigit() for char in it) or (len(it) > 3 and it[0].isalnum() and not in_sentence)


def _normal(kind: str, value: str) -> str:
    """The value in a canonical spelling, so that the same card or address written in two ways has one number."""
    if kind in ("card", "iban", "phone"):
        return re.sub(r"[^A-Za-z0-9]", "", value)
    if kind in ("email", "ip"):
        return value.lower().replace("＠", "@")
    return value


def count_masks(texts: Iterable[str]) -> dict[str, int]:
    """How many different values of each kind are masked in finished output: kind → count.

    Event text cannot add to the counts: the sanitizer replaces every ``<`` of it.
    """
    masks = {match.groups() for text in texts if "<" in text for match in mask().finditer(text)}
    kinds = sorted({kind for kind, _ in masks})
    return {kind: sum(1 for other, _ in masks if other == kind) for kind in kinds}
