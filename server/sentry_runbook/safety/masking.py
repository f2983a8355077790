"""Masks personal data and secrets as ``<email 1>``; the same value has the same number within one answer.

Masked by form (:mod:`.secrets.table`): private keys, credentials in URLs, headers and commands, JWTs, tokens of known
services, hashed passwords, cookies, e-mail addresses, IBANs, card numbers (Luhn), IP addresses of the internet,
telephone numbers, national ids. Masked by name (:mod:`.secrets.assignments`, :mod:`.secrets.containers`): values of
sensitive names in assignments, JSON, pairs, XML, SQL, query strings, variables, headers, options and tags.

Theory: masking runs over text that is already inert, so no ``<`` of the text is left and a mask cannot be forged. The
steps run in a fixed order, those that may contain others first: a JWT in a cookie is masked with the cookie, an
address in a password with the password. Most texts hold nothing: each step has a sign, quick to search, and each of
its patterns words and a length without which it cannot match. They are tests of the text as it is after each mask.

Not masked: release names (``shop@2.4.1``), UUIDs, event ids, hashes, commits, timestamps and plain numbers, addresses
of private networks (which database refused matters), names of files and machines (``icon@2x.png``), values that only
speak about a secret (``password: required``, ``token=null``, ``auth=basic``). Four numbers with dots are an address
unless ``v``, ``@``, ``-``, ``-beta`` or another dotted number touches them (``v1.2.3.4`` is a version), a word such as
``Version=`` or a product such as ``Edg/`` stands before them, or they end in ``.0`` (``Chrome/141.0.0.0``). In Sentry's
own fields for versions nothing is taken for an address (:func:`.is_version_name`). What Sentry scrubbed is shown so.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cache, cached_property, partial

from sentry_runbook.safety.any_of import any_of
from sentry_runbook.safety.mask_kinds import mask
from sentry_runbook.safety.secrets import assignments, names, table
from sentry_runbook.safety.secrets.checksums import is_ipv4
from sentry_runbook.safety.secrets.pattern import SecretPattern, fold
from sentry_runbook.safety.secrets.values import EMPTY, SCRUBBED, kind_of

PERSONAL_KINDS = frozenset(("email", "ip", "phone", "card", "iban"))
"""Kinds of personal data, by their form alone."""
GATED = 3
"""Characters of a word, below which it is in too many texts to tell whether a text has to be searched."""
SHORT = 15
"""Characters of a text below which one word can only be an IPv4 address."""


_KEY_END = "PRIVATE KEY-----"


@cache
def _last_line_of_key() -> re.Pattern[str]:
    return re.compile(r"-----END [A-Z0-9 ]{0,40}PRIVATE KEY-----")


@cache
def _line_of_key() -> re.Pattern[str]:
    return re.compile(r"[A-Za-z0-9+/=]{16,4096}+")


class Masker:
    """Masks of one answer: the same value has the same number everywhere.

    It remembers digests, not the values.
    """

    def __init__(self) -> None:
        self._numbers: dict[str, dict[bytes, int]] = {}

    def mask(self, kind: str, value: str) -> str:
        """The mask of a value: ``<kind N>``; scrubbed and empty values are returned unchanged."""
        if value in SCRUBBED or value.lower() in EMPTY:
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
        if len(text) < SHORT and text.count("-") < 2 and not text.isdecimal() and _short_word().fullmatch(text):
            # Most texts by far; the one form that fits into them has three dots.
            return self.mask("ip", text) if text.count(".") == 3 and "ip" not in leave and is_ipv4(text) else text
        if _KEY_END in text:
            text = self._mask_end_of_key(text)
        folded = fold(text)
        for step in steps():
            if step.finders and not step.any_stem(folded).search(folded):
                continue
            if not step.sign.search(text):
                continue
            for finder in step.finders:
                text = self.by_name(finder, text)
            for row in step.rows_for(len(text), folded):
                if row.kind not in leave:
                    masked = self.by_form(row, text)
                    if masked is not text:
                        text, folded = masked, fold(masked)
        # A masked user of a URL leaves its @ bare: it is no mention.
        return text.replace(">@", ">＠") if ">@" in text else text

    def _mask_end_of_key(self, text: str) -> str:
        """The rest of a private key whose beginning a cut has taken: what stands before its last line."""
        end = _last_line_of_key().search(text)
        if end is None or "-----BEGIN" in text[: end.start()]:
            return text
        start = end.start()
        for line in reversed(list(_line_of_key().finditer(text, 0, start))):
            if text[line.end() : start].strip(" \n⏎\\nr"):
                break
            start = line.start()
        return f"{text[:start]}{self.mask('key', text[start : end.start()])}{text[end.start() :]}"

    def named(self, name: str, value: str) -> str | None:
        """The mask of a whole value whose name is sensitive; None when it is no secret."""
        kind = kind_of(name, value)
        return self.mask(kind, value) if kind else None

    def by_form(self, row: SecretPattern, text: str) -> str:
        """The text with all matches of a row masked; the same object when there are none."""
        masked = row.pattern.sub(partial(self._mask_match, row), text)
        return text if masked == text else masked

    def by_name(self, finder: assignments.Finder, text: str) -> str:
        """The text with all spans masked that a finder finds."""
        pieces: list[str] = []
        done = 0
        for span in finder(text):
            if span.start >= done:
                pieces += (text[done : span.start], self.mask(span.kind, text[span.start : span.end]))
                done = span.end
        return "".join([*pieces, text[done:]]) if pieces else text

    def _mask_match(self, row: SecretPattern, match: re.Match[str]) -> str:
        whole = match.group()
        if not row.holds(match):
            return whole
        group = row.group(match)
        start, end = match.start(group) - match.start(), match.end(group) - match.start()
        return whole[:start] + self.mask(row.kind, match[group]) + whole[end:]


@dataclass(frozen=True, eq=False)
class Step:
    """Rows of the table, or readers of names, that are looked for together.

    Attributes:
        sign: found in every text in which the step masks anything, and quick to search.
        rows: of the table, applied in their order.
        gated: whether what they need is searched for at once, before each row is asked.
        stems: in every text, in lower case, that holds a sensitive name, one of these occurs.
        finders: read the values of sensitive names.
    """

    sign: re.Pattern[str]
    rows: tuple[SecretPattern, ...] = ()
    gated: bool = False
    stems: tuple[str, ...] = ()
    finders: tuple[assignments.Finder, ...] = ()

    def rows_for(self, length: int, folded: str) -> list[SecretPattern]:
        """The rows that may match a text, by its length and its lower case."""
        likely = self.rows if not self.gated or self._any_need.search(folded) else self._ungated
        rows = []
        for row in likely:
            if row.min_length <= length:
                for word in row.needs:  # a loop, because a generator for any() costs more than most patterns' words
                    if word in folded:
                        rows.append(row)
                        break
        return rows

    def any_stem(self, folded: str) -> re.Pattern[str]:
        """What is found in a text of this alphabet, in lower case, that may hold a sensitive name."""
        return self._any_ascii_stem if folded.isascii() else self._any_stem

    @cached_property
    def _any_need(self) -> re.Pattern[str]:
        return any_of(word for row in self.rows if row not in self._ungated for word in row.needs)

    @cached_property
    def _ungated(self) -> tuple[SecretPattern, ...]:
        """The rows that need so little that most texts hold it."""
        return tuple(row for row in self.rows if any(len(word) < GATED for word in row.needs))

    @cached_property
    def _any_stem(self) -> re.Pattern[str]:
        return any_of(self.stems)

    @cached_property
    def _any_ascii_stem(self) -> re.Pattern[str]:
        return any_of(stem for stem in self.stems if stem.isascii())


@cache
def steps() -> tuple[Step, ...]:
    """What is looked for, in this order."""
    named = re.compile(assignments.SIGN)
    return (
        Step(re.compile(r"[ :∶=$}/]|ey[Jj]|ZXlK|LS0t"), table.CREDENTIALS),
        Step(re.compile(r"[\w+/=~-]{15}|FlyV1|(?i:ssws)"), table.TOKENS, gated=True),
        Step(re.compile("[ :(=,]"), (*table.COMMANDS, *table.SQL, *table.ANNOUNCED), gated=True),
        Step(named, stems=names.SECRET_STEMS, finders=table.SECRET_FINDERS),
        Step(re.compile(r"\d.?\d|[\[({‹]\s?(?i:at|@|＠)\b| dot ", re.DOTALL), table.SPOKEN, gated=True),
        Step(
            re.compile(r"[ :\uff1a(=/,«「『„‹为為は是¦|│;]|\.\."),
            (*table.ECHOES, *table.PLACES, *table.CALLS),
            gated=True,
        ),
        Step(re.compile(r"[0-9@＠]"), (*table.PERSONAL, *table.NUMBERS)),
        Step(named, stems=names.PERSONAL_STEMS, finders=table.PERSONAL_FINDERS),
    )


@cache
def _short_word() -> re.Pattern[str]:
    return re.compile(r"[\w-]+(?:\.[\w-]+)?\.?|\d+(?:\.\d+){3}")


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
