"""Sanitizes the untrusted text of one answer: detect, neutralize, mask, cut.

Theory: every text that a third party wrote passes one :class:`Sanitizer` once, on its way in, and is safe wherever it
is put afterwards. The order of the steps matters:

1. Detection (:mod:`.findings`) reads the raw text, in which an attack is still complete. It has one budget for the
   whole answer, so that its cost does not grow with the number of texts; the other steps are never left out.
2. Hidden characters are written out and active constructs replaced (:mod:`.text`); no ``<`` of the text is left.
3. Masks such as ``<email 1>`` are inserted (:mod:`.masking`): the text cannot have forged one. Where one was inserted,
   emphasis is broken again, because it depends on the neighbouring characters.
4. The cut comes last, so that no half of a secret escapes its pattern. A very long text is also cut before step 1, to a
   small multiple of its limit.

Steps 1 to 3 do not depend on the limit, so the result of a short text without findings is remembered before step 4. A
text with findings is not: each of its places is counted.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from sentry_runbook.safety import findings, invisible_chars, masking, neutralize, pseudonyms, text
from sentry_runbook.safety.findings import SuspiciousText
from sentry_runbook.safety.json_walk import Json, JsonWalker
from sentry_runbook.safety.secrets.values import SCRUBBED, kind_of
from sentry_runbook.safety.sensitive_keys import is_owned_device, is_version_name, masks_all_below, sensitive_kind

MAX_FINDINGS = 40
"""Different findings of one answer that are listed; the rest is counted."""
MAX_NAME = 80
MAX_REMEMBERED = 500
"""Longest text, in characters, whose result is remembered: an answer repeats tags and titles a hundred times."""
VERSION_SHAPE = re.compile(
    r"(?:(?:(?=[\w.-]{0,20}[A-Z])[\w.-]{1,41}+|20\d\d|node|python|ruby|rails|php|go|deno|bun|java|jdk|dart|libc|linux"
    r"|android) ){0,5}v?\d{1,12}(?:\.\w{1,20}){0,8}(?:[+-][\w.]{1,40})?(?: \([\w .+-]{1,40}\)| build \w{1,20})?"
    r"|\S{1,200}(?: \([\w .+-]{1,40}\))?"
)
"""One token (``web@4.2.0.17``, ``141.0.0.0``), or names of a product and a number (``Mac OS X 10.15.7``); each may have
its build behind it (``4.2.0.17 (1234)``)."""
VERSION_FOLDER = re.compile(r"[\w)][/\\]\d{1,3}(?:\.\d{1,3}){3}[/\\]")
NO_PATH = re.compile(r"//|\A\\\\")
"""A URL, or the share of another machine: there four numbers with dots are an address."""
MAX_WHOLE = 16_000
"""Characters of a text that is read whole."""
CONTEXT = 4_096
"""Characters before the end of a long text that are read with it: a secret that begins there is known by its start."""

SHORT_NUMBER = 12
"""A number with fewer digits is inert and no card or phone number. A third of all texts are ids and counts."""


class Sanitizer:
    """Sanitizes all texts of one answer, within which masks and pseudonyms keep their numbers.

    Its output must not be sanitized again: that would break its own masks.

    Args:
        mask: False shows personal data and secrets; only the operator decides that.
        latest: a date after it is impossible and read as unknown; None: the clock does not matter here.
    """

    def __init__(self, mask: bool = True, *, latest: datetime | None = None) -> None:
        self.latest = latest
        self._masker = masking.Masker() if mask else None
        self._findings: dict[tuple[str, str, str], tuple[SuspiciousText, int]] = {}
        self._lines: dict[str, str] = {}
        self._versions: dict[str, str] = {}
        self._whole: tuple[str, int, str] = ("", 0, "")
        self._blocks: dict[str, str] = {}
        self._unlisted = 0
        self._budget = findings.Budget()
        self._pseudonyms = pseudonyms.Pseudonyms()

    @property
    def findings(self) -> tuple[SuspiciousText, ...]:
        """All findings so far, in the order of reading; equal findings are one, with the number of further places.

        What is not listed, and what was not even looked at, is counted in a last one.
        """
        listed = [
            replace(finding, where=f"{finding.where} and {times - 1:,} more places") if times > 1 else finding
            for finding, times in self._findings.values()
        ]
        rest = []
        if self._unlisted:
            rest.append(f"{self._unlisted:,} more findings are not listed.")
        if self._budget.skipped:
            rest.append(f"{self._budget.skipped:,} more texts were not looked at: the events hold too much to search.")
        if rest:
            listed.append(SuspiciousText("more", "", " ".join(rest)))
        return tuple(listed)

    def line(self, value: str | None, limit: int = 200, where: str = "") -> str:
        """One inert, masked line of at most ``limit`` characters; empty for None."""
        if not value:
            return ""
        if len(value) < SHORT_NUMBER and value.isascii() and value.isdecimal() and len(value) <= limit:
            return value
        safe = self._lines.get(value)
        if safe is not None:
            return safe if len(safe) <= limit else text.cut(safe, limit)
        head, dropped = text.early_cut(value, limit)
        harmless = self._look(head, where)
        safe = self._masked(text.inert_line(head))
        if harmless and len(value) <= MAX_REMEMBERED:  # too short for an early cut, whatever the limit is
            self._lines[value] = safe
        return text.cut(text.without_torn_end(safe) if dropped else safe, limit, dropped)

    def block(self, value: str | None, limit: int = 2000, max_lines: int = 60, where: str = "") -> str:
        """Inert, masked lines, to stand inside a fence; empty for None."""
        if not value:
            return ""
        safe = self._blocks.get(value)
        if safe is not None:
            return text.cut(safe, limit, max_lines=max_lines)
        head, dropped = text.early_cut(value, limit)
        harmless = self._look(head, where)
        safe = self._masked(text.inert_block(head))
        if harmless and len(value) <= MAX_REMEMBERED:
            self._blocks[value] = safe
        return text.cut(text.without_torn_end(safe) if dropped else safe, limit, dropped, max_lines)

    def whole(self, value: str | None, where: str = "", limit: int = MAX_WHOLE) -> str:
        """All of a text as inert, masked lines, for rules that look for words; of a very long one both ends."""
        if not value:
            return ""
        if self._whole[:2] != (value, limit):  # it is read twice in a row: to be judged, and to be shown
            self._look(text.both_ends(value, limit), where)
            inert = text.inert_block(value[:limit])
            # Hidden characters are nine times as long written out: of a text of them so much less is read.
            most = limit if len(inert) <= 2 * limit else limit * limit // len(inert)
            safe = self._masked(inert) if len(value) <= most else self._both_ends(value, most)
            self._whole = (value, limit, safe)
        return self._whole[2]

    def _both_ends(self, value: str, limit: int) -> str:
        """Beginning and end of a long text. The end is masked as a part of what stands before it."""
        start = len(value) - limit // 3
        head = self._masked(text.inert_block(value[: limit - limit // 3]))
        context = value[max(0, start - CONTEXT) : start]
        both = self._masked(text.inert_block(context + value[start:]))
        tail = text.behind(self._masked(text.inert_block(context)), both)
        return text.omitted(text.without_torn_end(head), tail, len(value) - limit)

    def version(self, value: str | None, limit: int = 120, where: str = "") -> str:
        """A release, or a product with its version, as one line: four numbers with dots are no address there.

        What is no version by its shape, but a sentence, is masked as any text.
        """
        if not value:
            return ""
        safe = self._versions.get(value)
        if safe is None:
            if not VERSION_SHAPE.fullmatch(value):
                return self.line(value, limit, where)
            harmless = self._look(value, where)
            safe = self._masked(text.inert_line(value), masking.PERSONAL_KINDS)
            if harmless:
                self._versions[value] = safe
        return text.cut(safe, limit)

    def path(self, value: str | None, limit: int = 200, where: str = "") -> str:
        """The path of a file as one line: a folder may be called by a version (``app/4.2.0.17/main.py``)."""
        if not value or not VERSION_FOLDER.search(value) or NO_PATH.search(value):
            return self.line(value, limit, where)
        head, dropped = text.early_cut(value, limit)
        self._look(head, where)
        safe = self._masked(text.inert_line(head), ("ip",))
        return text.cut(text.without_torn_end(safe) if dropped else safe, limit, dropped)

    def named(self, name: str, value: str | None, limit: int = 200, where: str = "") -> str:
        """The value of a tag, header or variable as one line: masked whole when its name is sensitive."""
        kind = kind_of(name, value) if self._masker and value else ""
        if value and kind and self._masker:
            mask = self._masker.mask(kind, value)
            self._look(text.early_cut(value, limit)[0], where, shown=mask)
            return mask
        if value in SCRUBBED and sensitive_kind(name):
            return value
        if value and self._masker and is_owned_device(name, value):
            return self._masker.mask("personal", value)
        if is_version_name(name):
            return self.version(value, limit, where)
        return self.line(value, limit, where)

    def value(
        self,
        value: object,
        *,
        key: str = "",
        where: str = "",
        depth: int = 6,
        items: int = 50,
        limit: int = 500,
        total: int = 20_000,
    ) -> Json:
        """A JSON value, inert and masked, its keys too; sensitive names mask all that is below them.

        Args:
            value: what JSON gave.
            key: its name.
            where: its path, for findings.
            depth: levels of nesting kept.
            items: entries of one list or object kept.
            limit: characters of one string.
            total: characters of all strings together, roughly.
        """
        return JsonWalker(self, items=items, limit=limit, left=total).read(value, key, where, depth)

    def mapping(
        self,
        pairs: Mapping[str, object] | Iterable[tuple[object, object]] | None,
        *,
        key: str = "",
        where: str = "",
        items: int = 30,
        limit: int = 200,
    ) -> dict[str, str]:
        """Names and values as inert lines; a nested value becomes one line of JSON. A cut shows as an entry ``…``.

        ``key`` is the name of the whole: a sensitive one masks all values.
        """
        rows = list(pairs.items() if isinstance(pairs, Mapping) else pairs or ())
        walk = JsonWalker(self, items=items, limit=limit, left=items * limit)
        above = key if masks_all_below(key) else ""
        cooked = walk.pairs(((str(name), value) for name, value in rows), len(rows), where, depth=4, above=above)
        return {name: text.cut(_as_line(value), limit) for name, value in cooked.items()}

    def user(
        self,
        id: str | None = None,  # noqa: A002  # Sentry's own name of this part
        email: str | None = None,
        username: str | None = None,
        ip: str | None = None,
        name: str | None = None,
    ) -> str:
        """A user without personal data: the id if it holds none, else ``user-1``, ``user-2`` …; empty without any part.

        The same first known part (id, email, username, ip, name: Sentry's own order) is the same user.
        """
        parts = {"id": id, "email": email, "username": username, "ip": ip, "name": name}
        # All parts are searched as one text: a page of events has a hundred users with up to five parts each.
        self._look("\n".join(text.early_cut(part, MAX_NAME)[0] for part in parts.values() if part), "user")
        shown = self._pseudonyms.pseudonym_of(parts, anyway=self._masker is None)
        # A pseudonym is no text of a third party.
        return self.line(shown, MAX_NAME) if shown in parts.values() else shown

    def user_tag(self, value: str | None) -> str:
        """As :meth:`user`, for the value of Sentry's tag ``user``: ``id:42``, ``email:…``, ``username:…``, ``ip:…``."""
        kind, colon, rest = (value or "").partition(":")
        if colon and kind in ("id", "email", "username", "ip"):
            return self.user(**{kind: rest})
        return self.user(id=value)

    def look_together(self, parts: Iterable[tuple[str, str]], where: str) -> None:
        """Record what names and values say only together: an order may be split, a part to each value.

        They are read in the order given and in the order of their names.
        """
        pairs = [(name, text.early_cut(value, MAX_NAME)[0]) for name, value in parts]
        orders = dict.fromkeys(" ".join(value for _, value in rows) for rows in (pairs, sorted(pairs)))
        suspicious = [joined for joined in orders if findings.detect(joined, budget=self._budget)]
        if suspicious:
            alone = {finding.why for _, value in pairs for finding in findings.detect(value, budget=self._budget)}
            for joined in suspicious:
                if not {finding.why for finding in findings.detect(joined, budget=self._budget)} <= alone:
                    self._look(joined, f"{where} (read together)")

    def _masked(self, inert: str, leave: Collection[str] = ()) -> str:
        masked = self._masker.mask_text(inert, leave=leave) if self._masker else inert
        # A mask may stand where a letter stood, and emphasis depends on its neighbours.
        return inert if masked is inert else neutralize.break_emphasis(masked)

    def _look(self, raw: str, where: str, shown: str = "") -> bool:
        """Record the findings in raw text; True when there are none. A mask ``shown`` in its place is its excerpt."""
        detected = findings.detect(raw, where, self._budget)
        if not detected:
            return True
        # Once a text, however many findings it has. Hidden characters, nine times as long written out, tear no word.
        inert = "" if shown else text.inert_line(invisible_chars.remove(raw))
        masked = self._masked(inert)
        for finding in detected:
            listed = replace(
                finding,
                # A path can contain the name of a tag or variable, which is untrusted too.
                where=text.cut(self._masked(text.inert_line(where[: 4 * MAX_NAME])), 2 * MAX_NAME),
                excerpt=shown
                or text.cut(text.intact(self._masked(finding.excerpt), inert, masked), 2 * findings.EXCERPT),
            )
            mark = (listed.kind, listed.why, listed.excerpt)
            first, times = self._findings.get(mark, (listed, 0))
            if times or len(self._findings) < MAX_FINDINGS:
                self._findings[mark] = (first, times + 1)
            else:
                self._unlisted += 1
        return False


def _as_line(value: Json) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, separators=(", ", ": "))
