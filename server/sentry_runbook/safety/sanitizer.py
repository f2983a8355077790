"""One answer's gate for untrusted text: detect, make inert, mask, cut."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import replace

from sentry_runbook.safety import findings, masking, text
from sentry_runbook.safety.findings import Finding
from sentry_runbook.safety.masking import count_masks

__all__ = ["Json", "Sanitizer", "count_masks"]

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]
MAX_FINDINGS = 50


class Sanitizer:
    """Everything a stranger wrote goes through one of these methods, once, on its way in.

    One object serves one answer: masks keep their numbers and users their stand-ins within it. Its output must not go
    through it again (it would break its own masks).

    Args:
        mask: False shows personal data and secrets; only the operator decides that.
    """

    def __init__(self, mask: bool = True) -> None:
        self._masker = masking.Masker() if mask else None
        self._findings: dict[Finding, None] = {}
        self._users: dict[tuple[str, str], int] = {}

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What was suspicious so far, in the order of reading."""
        return tuple(self._findings)

    def line(self, value: str | None, limit: int = 200, where: str = "") -> str:
        """One inert, masked line; empty for None."""
        if not value:
            return ""
        head, dropped = text.early_cut(value, limit)
        self._look(head, where)
        return text.cut(self._masked(text.inert_line(head)), limit, dropped)

    def block(self, value: str | None, limit: int = 2000, max_lines: int = 60, where: str = "") -> str:
        """Inert, masked lines, to stand inside a fence; empty for None."""
        if not value:
            return ""
        head, dropped = text.early_cut(value, limit)
        self._look(head, where)
        return text.cut(self._masked(text.inert_block(head)), limit, dropped, max_lines)

    def url(self, value: str | None, limit: int = 300, where: str = "") -> str:
        """A URL as one inert line, its credentials and sensitive query values masked."""
        return self.line(value, limit, where)

    def value(
        self, value: object, *, key: str = "", where: str = "", depth: int = 6, items: int = 50, limit: int = 500
    ) -> Json:
        """A JSON value made inert, masked and bounded in depth, items and characters; keys are treated like values."""
        if isinstance(value, bool) or value is None:
            return value
        if isinstance(value, int):
            return value
        if isinstance(value, float):
            return value if math.isfinite(value) else str(value)
        if isinstance(value, str):
            return self.line(value, limit, where)
        if isinstance(value, Mapping):
            return {
                self.line(str(k), 100, where): self.value(
                    v, key=str(k), where=where, depth=depth - 1, items=items, limit=limit
                )
                for k, v in list(value.items())[:items]
            }
        if isinstance(value, (list, tuple)):
            return [self.value(v, key=key, where=where, depth=depth - 1) for v in value[:items]]
        return self.line(str(value), limit, where)

    def mapping(
        self,
        pairs: Mapping[str, object] | Iterable[object] | None,
        *,
        where: str = "",
        items: int = 30,
        limit: int = 200,
    ) -> dict[str, str]:
        """Names and values as inert lines; nested values become one line of JSON. Also reads a list of pairs."""
        if pairs is None:
            return {}
        rows = pairs.items() if isinstance(pairs, Mapping) else [p for p in pairs if isinstance(p, (list, tuple))]
        found: dict[str, str] = {}
        for name, value in list(rows)[:items]:  # type: ignore[misc]  # first version
            safe = self.value(value, key=str(name), where=where, limit=limit)
            found[self.line(str(name), 100, where)] = text.cut(
                safe if isinstance(safe, str) else json.dumps(safe, ensure_ascii=False), limit
            )
        return found

    def user(
        self,
        id: str | None = None,  # noqa: A002  # Sentry's own names of a user's parts
        email: str | None = None,
        username: str | None = None,
        ip: str | None = None,
        name: str | None = None,
    ) -> str:
        """A user without personal data: the id where it has none, else ``user-1``, ``user-2`` …; empty without any."""
        for kind, part in (("id", id), ("email", email), ("username", username), ("ip", ip), ("name", name)):
            if part:
                return f"user-{self._users.setdefault((kind, part), len(self._users) + 1)}"
        return ""

    def _masked(self, inert: str) -> str:
        return self._masker.text(inert) if self._masker else inert

    def _look(self, raw: str, where: str) -> None:
        for finding in findings.detect(raw, where):
            if len(self._findings) < MAX_FINDINGS:
                self._findings[replace(finding, excerpt=self._masked(finding.excerpt))] = None
